#include "config.h"

#include "document-compare.h"
#include "document-private.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* So much may pixels be larger or smaller than those that a network was trained with. */
#define MAX_DIFFERENCE 0.1
/* What a network leaves away, of an area: less is rounding to whole pixels. */
#define MIN_CUT 0.01

/* Which part of a picture the network is shown. Of a slide its pixels are read in the loader thread, and the question is
 * asked when they are there. */

gboolean
why_document_is_slide (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->picture != NULL && self->picture->slide != NULL;
}

WhyTiles *
why_document_get_tiles (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->tiles;
}

double
why_document_get_objective_power (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->picture != NULL ? self->picture->objective_power : 0;
}

gboolean
why_document_get_roi (WhyDocument *self, WhyRoi *roi)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && roi != NULL, FALSE);

  *roi = (WhyRoi) { 0 };
  if (self->picture != NULL)
    *roi = why_picture_find_roi (self->picture, self->model != NULL ? why_model_get_recipe (self->model) : NULL, &self->state.roi,
                                 why_document_get_um_per_pixel (self));
  return roi->width > 0;
}

double
why_document_get_shown_mpp (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);

  if (self->picture == NULL || self->picture->is_volume || self->result == NULL)
    return 0;
  return fabs (self->result->input_to_source.xx) * why_document_get_um_per_pixel (self);
}

char *
why_document_dup_scale_warning (WhyDocument *self)
{
  const double shown = why_document_get_shown_mpp (self);
  const double trained = self->model != NULL ? why_model_get_recipe (self->model)->mpp : 0;

  if (!(shown > 0) || !(trained > 0) || fabs (shown / trained - 1) <= MAX_DIFFERENCE)
    return NULL;
  /* Translators: two sizes of a pixel in micrometres */
  return g_strdup_printf (_ ("The network was trained at %1$.3g µm a pixel and is shown %2$.3g µm a pixel: its answer "
                             "may be wrong."),
                          trained, shown);
}

gboolean
why_document_get_seen (WhyDocument *self, WhyRect *seen)
{
  WhyRoi roi;
  WhyRoi asked;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && seen != NULL, FALSE);
  if (!why_document_get_roi (self, &roi) || self->result == NULL || self->picture->is_volume ||
      !why_request_get_roi (self->result->request, &asked) || memcmp (&roi, &asked, sizeof roi) != 0)
    return FALSE;
  const WhyRecipe *recipe = self->result->request->recipe;
  double left = 0, top = 0, right = (double) recipe->width, bottom = (double) recipe->height;

  why_affine_apply (&self->result->input_to_source, &left, &top);
  why_affine_apply (&self->result->input_to_source, &right, &bottom);
  left = MAX (left, (double) roi.x);
  top = MAX (top, (double) roi.y);
  right = MIN (right, (double) (roi.x + roi.width));
  bottom = MIN (bottom, (double) (roi.y + roi.height));
  *seen = (WhyRect) { left, top, right - left, bottom - top };
  return seen->width > 0 && seen->height > 0 &&
         seen->width * seen->height < (1 - MIN_CUT) * (double) roi.width * (double) roi.height;
}

char *
why_document_dup_crop_note (WhyDocument *self)
{
  WhyRoi roi;
  WhyRect seen;

  if (!why_document_get_seen (self, &seen) || !why_document_get_roi (self, &roi))
    return NULL;
  /* Translators: width and height of a region, and of the part of it that the network sees */
  return g_strdup_printf (_ ("The network crops what it is shown: of the region of %1$.0f × %2$.0f pixels it sees the middle, "
                             "%3$.0f × %4$.0f, which is framed."),
                          (double) roi.width, (double) roi.height, seen.width, seen.height);
}

gboolean
why_document_has_chosen_roi (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.roi.width > 0;
}

void
why_document_set_roi (WhyDocument *self, double x, double y, double width, double height)
{
  WhyRoi roi = { 0 };
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->picture == NULL || self->picture->is_volume)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE,
                         self->picture == NULL ? _ ("Open a picture first: there is nothing to explain a part of yet")
                                               : _ ("Regions are chosen on pictures and slides, and this is a volume"));
      return;
    }
  if (width != 0 &&
      !why_roi_from_numbers (x, y, width, height, self->picture->width, self->picture->height, &roi, &error))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
      return;
    }
  if (why_roi_equal (&roi, &self->state.roi))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.roi = roi;
  why_document_commit (self, &state, NULL);
}

WhyTensor *
why_document_get_patch (WhyDocument *self, WhyRoi *roi)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && roi != NULL, NULL);

  if (!why_document_is_slide (self) || self->result == NULL || self->result->covered == NULL ||
      self->result->request->pixels != self->picture->pixels)
    return NULL;
  *roi = self->picture->pixels_roi;
  return self->result->covered;
}

void
why_document_get_frame (WhyDocument *self, WhyRect *frame)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && frame != NULL);

  *frame = (WhyRect) { 0, 0, (double) why_document_get_picture_width (self), (double) why_document_get_picture_height (self) };
  if (why_document_is_slide (self))
    {
      const WhyRoi *roi = &self->picture->pixels_roi;
      *frame = (WhyRect) { (double) roi->x, (double) roi->y, (double) roi->width, (double) roi->height };
    }
}

WhyTensor *
why_document_get_frame_picture (WhyDocument *self, WhyAffine *to_pixels)
{
  WhyRoi roi;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && to_pixels != NULL, NULL);

  *to_pixels = why_affine_identity ();
  if (!why_document_is_slide (self))
    return why_document_get_covered_picture (self);
  WhyTensor *covered = why_document_get_patch (self, &roi);
  WhyTensor *pixels = covered != NULL ? covered : self->picture->pixels;
  if (pixels->dtype == WHY_DTYPE_UINT8 && why_affine_invert (&self->picture->pixels_to_source, to_pixels))
    return pixels;
  /* Deeper pixels are not for the eye. */
  *to_pixels =
    why_affine_scale_translate ((double) self->picture->display->dims[1] / (double) self->picture->width,
                                (double) self->picture->display->dims[0] / (double) self->picture->height, 0, 0);
  return self->picture->display;
}

void
why_document_forget_region (WhyDocument *self)
{
  g_clear_pointer (&self->base_probabilities, why_tensor_unref);
  for (guint index = 0; index < self->state.occlusions->len; index++)
    why_occlusion_set_probabilities (g_ptr_array_index (self->state.occlusions, index), NULL, NULL);
}

/* ---- reading ---- */

typedef struct
{
  WhyPicture *picture;
  WhyRoi roi;
} RegionJob;

static void
region_job_free (gpointer data)
{
  RegionJob *job = data;

  why_picture_free (job->picture);
  g_free (job);
}

static gpointer
read_region (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const RegionJob *job = data;

  return why_picture_read_roi (job->picture, &job->roi, cancel, error);
}

static void
tensor_free (gpointer tensor)
{
  why_tensor_unref (tensor);
}

static const WhyWorkerClass region_class = {
  .run = read_region,
  .free_job = region_job_free,
  .free_result = tensor_free,
};

static void
on_region (gpointer data, gpointer result, const GError *error, gpointer user_data)
{
  const RegionJob *job = data;
  WhyDocument *self = user_data;

  g_object_freeze_notify (G_OBJECT (self));
  why_document_set_loading (self, WHY_LOAD_REGION, NULL);
  if (result == NULL)
    why_document_fail (self, WHY_ERROR_KIND_RUN, error->message);
  else
    {
      why_picture_set_pixels (self->picture, &job->roi, why_tensor_ref (result));
      why_document_forget_region (self);
      why_document_ask (self);
      why_document_compare_sync (self);
    }
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
}

gboolean
why_document_ensure_region (WhyDocument *self)
{
  WhyWorker *loader = why_runner_loader (self->runner);
  WhyRoi roi;

  why_document_get_roi (self, &roi);
  if (self->picture->slide == NULL || why_roi_equal (&roi, &self->picture->pixels_roi))
    {
      if (self->loading[WHY_LOAD_REGION])
        {
          why_worker_cancel (loader, self->loads[WHY_LOAD_REGION]);
          why_document_set_loading (self, WHY_LOAD_REGION, NULL);
        }
      return TRUE;
    }
  RegionJob *job = g_new0 (RegionJob, 1);
  job->picture = why_picture_copy (self->picture);
  job->roi = roi;
  why_document_stop_preview (self);
  why_document_drop_partial (self);
  why_document_compare_pause (self);
  why_runner_cancel (self->runner, self->view);
  self->running = FALSE;
  why_worker_submit (loader, self->loads[WHY_LOAD_REGION], &region_class, job, on_region, NULL, self);
  why_document_set_loading (self, WHY_LOAD_REGION, self->picture->path);
  return FALSE;
}

/* ---- another picture ---- */

/* Of a damaged slide parts may be missing, which is then drawn coarsely. */
static void
on_tiles_loaded_cb (WhyDocument *self)
{
  g_autofree char *message = why_tiles_take_error (self->tiles);

  if (message != NULL)
    why_document_fail (self, WHY_ERROR_KIND_OTHER, message);
}

void
why_document_take_slide (WhyDocument *self)
{
  g_clear_object (&self->tiles);
  if (self->picture->slide != NULL)
    {
      self->tiles = why_tiles_new (self->picture->slide, self->picture->display);
      g_signal_connect_object (self->tiles, "loaded", G_CALLBACK (on_tiles_loaded_cb), self, G_CONNECT_SWAPPED);
    }
  why_worker_cancel (why_runner_loader (self->runner), self->loads[WHY_LOAD_REGION]);
  why_document_set_loading (self, WHY_LOAD_REGION, NULL);
}
