#include "config.h"

#include "document-private.h"

#include "service/export.h"

#include "draw/colormap.h"

#include <math.h>
#include <string.h>

const char *
why_document_get_picture_path (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->picture != NULL ? self->picture->path : NULL;
}

WhyTensor *
why_document_get_picture (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->picture != NULL ? self->picture->display : NULL;
}

WhyTensor *
why_document_get_covered_picture (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  if (self->result != NULL && self->result->covered != NULL && !why_document_is_slide (self))
    return self->result->covered;
  return why_document_get_picture (self);
}

gint64
why_document_get_picture_width (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->picture != NULL ? self->picture->width : 0;
}

gint64
why_document_get_picture_height (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->picture != NULL ? self->picture->height : 0;
}

gboolean
why_document_is_volume (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->picture != NULL && self->picture->is_volume;
}

gboolean
why_document_has_planes (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->picture != NULL && why_picture_has_planes (self->picture);
}

WhyPlaneKind
why_document_get_plane (WhyDocument *self)
{
  return why_document_has_planes (self) ? self->picture->kind : WHY_PLANE_AXIAL;
}

gint64
why_document_get_slice (WhyDocument *self)
{
  return why_document_has_planes (self) ? self->picture->plane.index : 0;
}

gint64
why_document_get_n_slices (WhyDocument *self)
{
  return why_document_has_planes (self) ? why_picture_get_n_planes (self->picture, self->picture->kind) : 1;
}

const char *
why_document_get_picture_note (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  return self->picture != NULL && self->picture->note != NULL ? self->picture->note : "";
}

WhyModel *
why_document_get_model (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->model;
}

int
why_document_get_target_class (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->state.target_class;
}

int
why_document_get_contrast_class (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->state.contrast_class;
}

const char *
why_document_get_layer (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.layer;
}

const char *
why_document_get_method (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.method;
}

const char *
why_document_get_profile (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.profile;
}

const char *
why_document_get_method_options (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.method_options;
}

const char *
why_document_get_polarity (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.polarity;
}

gboolean
why_document_get_show_map (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.show_map;
}

double
why_document_get_opacity (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.opacity;
}

const char *
why_document_get_colormap (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.colormap;
}

const char *
why_document_get_limits (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.limits;
}

double
why_document_get_threshold (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.threshold;
}

gboolean
why_document_get_smooth (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.smooth;
}

const char *
why_document_get_fill (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->fill;
}

GListModel *
why_document_get_occlusions (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->occlusions);
}

GListModel *
why_document_get_layers (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->model != NULL ? why_model_get_layers (self->model) : G_LIST_MODEL (self->no_layers);
}

GListModel *
why_document_get_classes (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->classes);
}

WhyClassItem *
why_document_get_class (WhyDocument *self, int index)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  if (index < 0)
    return NULL;
  /* The list keeps it. */
  g_autoptr (WhyClassItem) item = g_list_model_get_item (G_LIST_MODEL (self->classes), (guint) index);
  return item;
}

int
why_document_get_shown_class (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->result != NULL ? self->result->target_class : -1;
}

WhyMap *
why_document_get_map (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->shown_map;
}

const char *
why_document_get_shown_layer (WhyDocument *self)
{
  const WhyMap *map = why_document_get_map (self);

  return map != NULL ? map->layer : NULL;
}

WhyTensor *
why_document_get_probabilities (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->result != NULL ? self->result->probabilities : NULL;
}

WhyResult *
why_document_get_result (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->result;
}

gboolean
why_document_map_to_source (WhyDocument *self, WhyAffine *map_to_source)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  if (self->shown_map == NULL)
    return FALSE;
  *map_to_source = self->shown_to_display;
  return TRUE;
}

void
why_document_make_style (WhyDocument *self, const WhyMap *shown, const WhyMap *whole, WhyOverlayStyle *style)
{
  why_overlay_style_init (style, g_strcmp0 (shown->polarity, "signed") == 0);
  style->opacity = self->state.opacity;
  style->threshold = self->state.threshold;
  style->kind = self->state.smooth ? WHY_RESAMPLE_BILINEAR : WHY_RESAMPLE_NEAREST;
  if (self->state.colormap != NULL)
    {
      /* One that rises has no neutral middle for a signed map, and one with a middle lies about the others. */
      const WhyColormapFlags unfit = style->centre_zero ? WHY_COLORMAP_SEQUENTIAL : WHY_COLORMAP_DIVERGING;
      const WhyColormap *wanted = why_colormap_find (self->state.colormap, NULL);
      if (wanted != NULL && !(why_colormap_get_flags (wanted) & unfit))
        style->colormap = wanted;
    }
  why_document_look_apply (&self->state.look, style);
  /* One scale for all planes of a volume. */
  why_export_share_limits (whole, style);
  if (strcmp (self->state.limits, "locked") == 0)
    {
      style->limits = WHY_LIMITS_LOCKED;
      style->lo = self->state.lo;
      style->hi = self->state.hi;
    }
}

/* @whole: what @shown was taken from: of a volume all planes */
static void
overlay_map (WhyDocument *self, const WhyMap *shown, const WhyMap *whole, WhyAffine to_source, WhyOverlayMap *map,
             WhyOverlayStyle *style)
{
  *map = (WhyOverlayMap) {
    .values = shown->values->data,
    .width = (int) shown->values->dims[1],
    .height = (int) shown->values->dims[0],
    .to_source = to_source,
    .source_width = (double) why_document_get_picture_width (self),
    .source_height = (double) why_document_get_picture_height (self),
  };
  why_document_make_style (self, shown, whole, style);
}

gboolean
why_document_get_overlay (WhyDocument *self, WhyOverlayMap *map, WhyOverlayStyle *style)
{
  const WhyMap *shown = why_document_get_map (self);
  WhyAffine to_source;

  if (shown == NULL || shown->values->rank != 2 || !why_document_map_to_source (self, &to_source))
    return FALSE;
  overlay_map (self, shown, self->partial != NULL ? self->partial : self->result->map, to_source, map, style);
  return TRUE;
}

WhyMap *
why_document_get_layer_overlay (WhyDocument *self, const char *layer, WhyOverlayMap *map, WhyOverlayStyle *style,
                                gboolean *is_current)
{
  const WhyMap *whole = why_document_get_layer_map (self, layer, is_current);
  WhyAffine to_source;
  g_autoptr (WhyMap) shown = NULL;

  if (whole == NULL || self->result == NULL)
    return NULL;
  shown = why_result_show_map (self->result, (WhyMap *) whole, self->picture, self->state.smooth, &to_source);
  if (shown == NULL || shown->values->rank != 2)
    return NULL;
  overlay_map (self, shown, whole, to_source, map, style);
  return g_steal_pointer (&shown);
}

/* Runs shorter than this are over before anybody has read how long they take. */
#define LEFT_AFTER_US (G_USEC_PER_SEC)

int
why_document_get_seconds_left (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  const gint64 spent = g_get_monotonic_time () - self->run_start;

  if (!self->running || self->progress <= 0 || spent < LEFT_AFTER_US)
    return -1;
  return (int) ceil ((double) spent / G_USEC_PER_SEC * (1 - self->progress) / self->progress);
}

double
why_document_get_progress (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->progress;
}

const char *
why_document_get_activity (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  return self->activity;
}

const char *
why_document_get_status (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  return self->status;
}

const char *
why_document_get_error_message (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->error_message;
}
