#include "config.h"

#include "annotation-private.h"
#include "check-private.h"
#include "image/occlude.h"
#include "service/slide.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* What a document measures about its map: checks in the compute thread, and in a thread for small work the overlap
 * with outlines, so that it stays alive while a long method runs. */

GListModel *
why_document_get_checks (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->checks);
}

static WhyCheck *
get_check (WhyDocument *self, int kind)
{
  /* The list keeps it. */
  g_autoptr (WhyCheck) check = g_list_model_get_item (G_LIST_MODEL (self->checks), (guint) kind);
  return check;
}

gboolean
why_document_is_checking (WhyDocument *self)
{
  return self->running_check >= 0;
}

const char *
why_document_checking_title (WhyDocument *self)
{
  return why_check_kind_title ((WhyCheckKind) self->running_check);
}

void
why_document_stop_checks (WhyDocument *self)
{
  if (self->running_check < 0)
    return;
  WhyCheck *check = get_check (self, self->running_check);
  why_runner_cancel (self->runner, self->check_view);
  self->running_check = -1;
  why_document_set_progress (self, 0);
  /* What an earlier run said stays, as far as it still holds. */
  const WhyCheckResult *old = why_check_get_result (check);
  const gboolean holds = old != NULL && self->result != NULL && old->request == self->result->request;
  why_check_set (check, old == NULL ? WHY_CHECK_NOT_RUN : holds ? WHY_CHECK_DONE : WHY_CHECK_OUTDATED, NULL, NULL);
  why_document_update_busy (self);
}

void
why_document_outdate_checks (WhyDocument *self)
{
  why_document_stop_checks (self);
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    if (why_check_get_state (get_check (self, kind)) == WHY_CHECK_DONE)
      why_check_set (get_check (self, kind), WHY_CHECK_OUTDATED, NULL, NULL);
}

void
why_document_forget_checks (WhyDocument *self)
{
  why_document_stop_checks (self);
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    why_check_set (get_check (self, kind), WHY_CHECK_NOT_RUN, NULL, "");
}

static void
on_check (WhyCheckResult *result, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  WhyCheck *check = get_check (self, self->running_check);

  g_object_freeze_notify (G_OBJECT (self));
  self->running_check = -1;
  why_document_set_progress (self, 0);
  if (result == NULL)
    why_check_set (check, WHY_CHECK_FAILED, NULL, error->message);
  else
    {
      WhyClassItem *other = why_document_get_class (self, result->controls.other_class);
      g_autofree char *sentence = why_check_result_describe (result, other != NULL ? why_class_item_get_label (other) : NULL);
      why_check_set (check, WHY_CHECK_DONE, result, sentence);
    }
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
on_check_progress (double done, gpointer data)
{
  WhyDocument *self = data;

  why_check_set_progress (get_check (self, self->running_check), done);
  why_document_set_progress (self, done);
}

/* Visible outlines, covered with the fill chosen. FALSE: fewer than two; what is covered is asked about then. */
static gboolean
take_outlines (WhyDocument *self, WhyCheckRequest *check)
{
  GArray *regions = why_cover_array_new ();
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint index = 0; index < self->state.annotations->len; index++)
    {
      const WhyAnnotationData *data = why_annotation_get_data (g_ptr_array_index (self->state.annotations, index));
      WhyCover cover = { .shape = data->shape, .seed = 1 };
      if (!data->visible || !why_occlude_fill_from_string (self->fill, &cover.fill))
        continue;
      why_area_ref (cover.shape);
      g_array_append_val (regions, cover);
      /* Translators: the number of an outline without a name */
      g_autofree char *number = g_strdup_printf (_ ("Outline %u"), index + 1);
      g_strv_builder_add (names, data->name != NULL && *data->name != '\0' ? data->name : number);
    }
  if (regions->len < 2)
    {
      g_array_unref (regions);
      return FALSE;
    }
  why_check_request_set_outlines (check, regions, g_strv_builder_end (names));
  return TRUE;
}

void
why_document_outdate_regions (WhyDocument *self)
{
  if (self->running_check == WHY_CHECK_REGIONS)
    why_document_stop_checks (self);
  if (why_check_get_state (get_check (self, WHY_CHECK_REGIONS)) == WHY_CHECK_DONE)
    why_check_set (get_check (self, WHY_CHECK_REGIONS), WHY_CHECK_OUTDATED, NULL, NULL);
}

void
why_document_run_check (WhyDocument *self, WhyCheckKind kind)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && kind < WHY_N_CHECKS);

  if (self->result == NULL || self->result->map == NULL || self->running)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE,
                         self->running ? _ ("Wait until the map is finished: it is what shall be checked")
                                       : _ ("There is no map yet that could be checked"));
      return;
    }
  WhyCheckRequest *request = why_check_request_new (kind, self->result);
  if (kind == WHY_CHECK_REGIONS && !take_outlines (self, request) && !why_check_regions_possible (request->regions))
    {
      why_check_request_free (request);
      why_document_fail (
        self, WHY_ERROR_KIND_VALUE,
        _ ("Outline or cover 2 to 8 regions first; then it can be said what each of them contributes"));
      return;
    }
  why_document_stop_checks (self);
  why_document_succeed (self, WHY_ERROR_KIND_VALUE);
  self->running_check = (int) kind;
  self->run_start = g_get_monotonic_time ();
  why_check_set (get_check (self, (int) kind), WHY_CHECK_RUNNING, NULL, NULL);
  why_runner_submit_check (self->runner, self->check_view, self->view, request, on_check, on_check_progress,
                           self);
  why_document_update_busy (self);
}

gboolean
why_document_get_resolution (WhyDocument *self, WhyResolution *resolution)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  const WhyMap *map = self->result != NULL ? self->result->map : NULL;

  if (map == NULL || map->layer == NULL || self->model == NULL || map->values->rank != 2)
    return FALSE;
  WhyLayerItem *item = why_model_find_layer (self->model, map->layer, NULL);
  const WhyLayer *layer = item != NULL ? why_layer_item_get_layer (item) : NULL;
  return layer != NULL && why_resolution_of_layer (layer, &self->result->input_to_source, resolution);
}

/* ---- overlap ---- */

typedef struct
{
  WhyMap *map;
  WhyAffine to_display;
  gboolean smooth;
  gboolean is_signed;
  gint64 width, height; /* of the frame, in pixels that are compared */
  WhyAffine to_frame;   /* from source pixels to those */
  GPtrArray *areas;
  WhyOverlapOptions options;
} OverlapJob;

static void
overlap_job_free (gpointer data)
{
  OverlapJob *job = data;

  g_clear_pointer (&job->map, why_map_unref);
  g_clear_pointer (&job->areas, g_ptr_array_unref);
  g_free (job);
}

static gpointer
run_overlap (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const OverlapJob *job = data;

  if (job->to_frame.x0 == 0 && job->to_frame.y0 == 0 && job->to_frame.xx == 1)
    return why_overlap_of_areas (job->map, &job->to_display, job->smooth, job->is_signed, job->areas, job->width,
                                 job->height, &job->options, cancel, error);
  /* The same in the pixels of the frame; an outline without extent there is nowhere in it. */
  const WhyAffine to_frame = why_affine_compose (&job->to_display, &job->to_frame);
  g_autoptr (GPtrArray) areas = g_ptr_array_new_with_free_func ((GDestroyNotify) why_area_unref);
  for (guint index = 0; index < job->areas->len; index++)
    {
      WhyRect box;

      why_area_get_box (g_ptr_array_index (job->areas, index), &box);
      why_affine_apply (&job->to_frame, &box.x, &box.y);
      why_affine_apply_distance (&job->to_frame, &box.width, &box.height);
      WhyArea *area = why_area_fit (g_ptr_array_index (job->areas, index), &box, NULL);
      if (area != NULL)
        g_ptr_array_add (areas, area);
    }
  return why_overlap_of_areas (job->map, &to_frame, job->smooth, job->is_signed, areas, job->width, job->height,
                               &job->options, cancel, error);
}

static const WhyWorkerClass overlap_class = {
  .run = run_overlap,
  .free_job = overlap_job_free,
  .free_result = g_free,
};

static void
on_overlap (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  self->measuring = FALSE;
  g_clear_pointer (&self->overlap, g_free);
  if (result != NULL)
    self->overlap = g_memdup2 (result, sizeof (WhyOverlapResult));
  else
    why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
  why_document_emit_overlap_changed (self);
  why_document_update_busy (self);
}

const WhyOverlapResult *
why_document_get_overlap (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->overlap;
}

static gboolean
same_areas (const GPtrArray *a, const GPtrArray *b)
{
  if (a == NULL || a->len != b->len)
    return FALSE;
  for (guint index = 0; index < a->len; index++)
    if (g_ptr_array_index (a, index) != g_ptr_array_index (b, index))
      return FALSE;
  return TRUE;
}

static gboolean
same_job (const OverlapJob *a, const OverlapJob *b)
{
  return a->map == b->map && a->to_display.xx == b->to_display.xx && a->to_display.yy == b->to_display.yy &&
         a->to_display.x0 == b->to_display.x0 && a->to_display.y0 == b->to_display.y0 && a->smooth == b->smooth &&
         a->is_signed == b->is_signed && a->width == b->width && a->height == b->height &&
         memcmp (&a->to_frame, &b->to_frame, sizeof a->to_frame) == 0 &&
         a->options.low == b->options.low && a->options.high == b->options.high &&
         a->options.threshold == b->options.threshold && same_areas (a->areas, b->areas);
}

static OverlapJob *
make_job (WhyDocument *self, GPtrArray *areas)
{
  WhyOverlayMap shown;
  WhyOverlayStyle style;
  OverlapJob *job = g_new0 (OverlapJob, 1);

  job->areas = g_ptr_array_ref (areas);
  if (!why_document_get_overlay (self, &shown, &style))
    return job;
  job->map = why_map_ref (self->shown_map);
  job->to_display = shown.to_source;
  job->smooth = self->state.smooth;
  job->is_signed = style.centre_zero;
  WhyRect frame;
  why_document_get_frame (self, &frame);
  why_slide_size_to_read ((gint64) frame.width, (gint64) frame.height, &job->width, &job->height);
  if (!why_document_is_slide (self))
    {
      job->width = (gint64) frame.width;
      job->height = (gint64) frame.height;
    }
  const double scale_x = (double) job->width / MAX (frame.width, 1),
               scale_y = (double) job->height / MAX (frame.height, 1);
  job->to_frame = why_affine_scale_translate (scale_x, scale_y, -frame.x * scale_x, -frame.y * scale_y);
  why_overlay_limits (&shown, &style, &job->options.low, &job->options.high);
  /* What the threshold hides of a signed map goes by magnitude. */
  if (style.centre_zero)
    job->options.low = 0;
  job->options.threshold = self->state.threshold;
  return job;
}

void
why_document_update_overlap (WhyDocument *self)
{
  /* Called for every change of what is drawn; mostly there is nothing to compare with. */
  if (self->runner == NULL || (self->state.annotations->len == 0 && self->overlap_key == NULL))
    return;

  g_autoptr (GPtrArray) areas = why_document_dup_outline_areas (self);
  OverlapJob *job = make_job (self, areas);
  const gboolean possible = job->map != NULL && areas->len > 0 && job->to_display.xy == 0 && job->to_display.yx == 0 &&
                            job->to_display.xx > 0 && job->to_display.yy > 0;

  if (self->overlap_key != NULL && same_job (self->overlap_key, job))
    {
      overlap_job_free (job);
      return;
    }
  g_clear_pointer (&self->overlap_key, overlap_job_free);
  self->overlap_key = job;
  if (!possible)
    {
      why_worker_cancel (why_runner_measurer (self->runner), self->view);
      self->measuring = FALSE;
      if (self->overlap != NULL)
        {
          g_clear_pointer (&self->overlap, g_free);
          why_document_emit_overlap_changed (self);
        }
      why_document_update_busy (self);
      return;
    }
  OverlapJob *copy = g_memdup2 (job, sizeof *job);
  copy->map = why_map_ref (job->map);
  copy->areas = g_ptr_array_ref (areas);
  why_worker_submit (why_runner_measurer (self->runner), self->view, &overlap_class, copy, on_overlap, NULL, self);
  self->measuring = TRUE;
  why_document_update_busy (self);
}

void
why_document_dispose_checks (WhyDocument *self)
{
  why_worker_cancel (why_runner_measurer (self->runner), self->view);
  why_runner_remove_view (self->runner, self->check_view);
  self->running_check = -1;
  g_clear_pointer (&self->overlap, g_free);
  g_clear_pointer (&self->overlap_key, overlap_job_free);
}
