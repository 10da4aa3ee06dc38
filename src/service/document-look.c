#include "config.h"

#include "service/document-look.h"

#include "document-private.h"
#include "service/json.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Positions along each side of the picture at which the threshold is looked at. */
#define N_SAMPLES 128

static const char *const alpha_ids[] = { "auto", "uniform", "value" };

/* ---- the structs ---- */

void
why_document_target_init (WhyDocumentTarget *target)
{
  *target = (WhyDocumentTarget) {
    .score = WHY_SCORE_LOGIT,
    .also_classes = g_array_new (FALSE, FALSE, sizeof (int)),
    .region = g_strdup ("predicted"),
  };
}

void
why_document_target_copy (const WhyDocumentTarget *from, WhyDocumentTarget *to)
{
  *to = *from;
  to->also_classes = g_array_ref (from->also_classes);
  to->region = g_strdup (from->region);
}

void
why_document_target_clear (WhyDocumentTarget *target)
{
  g_clear_pointer (&target->also_classes, g_array_unref);
  g_clear_pointer (&target->region, g_free);
}

gboolean
why_document_target_equal (const WhyDocumentTarget *a, const WhyDocumentTarget *b)
{
  return a->score == b->score && strcmp (a->region, b->region) == 0 && a->also_classes->len == b->also_classes->len &&
         (a->also_classes->len == 0 ||
          memcmp (a->also_classes->data, b->also_classes->data, a->also_classes->len * sizeof (int)) == 0);
}

void
why_document_look_init (WhyDocumentLook *look)
{
  *look = (WhyDocumentLook) { .contour_levels = 3, .contour_labels = TRUE };
}

gboolean
why_document_look_equal (const WhyDocumentLook *a, const WhyDocumentLook *b)
{
  return a->clip == b->clip && a->contours == b->contours && a->contour_levels == b->contour_levels &&
         a->contour_labels == b->contour_labels && a->alpha == b->alpha && a->vision == b->vision;
}

void
why_document_look_apply (const WhyDocumentLook *look, WhyOverlayStyle *style)
{
  if (look->alpha != WHY_DOCUMENT_ALPHA_AUTO)
    style->alpha_by_value = look->alpha == WHY_DOCUMENT_ALPHA_VALUE;
  style->outlier_share = look->clip;
  style->vision = look->vision;
  style->contour_labels = look->contour_labels;
  if (look->contours)
    why_overlay_style_set_contours (style, look->contour_levels);
}

gboolean
why_document_alpha_parse (const char *text, WhyDocumentAlpha *alpha)
{
  for (gsize index = 0; index < G_N_ELEMENTS (alpha_ids); index++)
    {
      if (strcmp (text, alpha_ids[index]) == 0)
        {
          *alpha = (WhyDocumentAlpha) index;
          return TRUE;
        }
    }
  return FALSE;
}

const char *
why_document_alpha_id (WhyDocumentAlpha alpha)
{
  return alpha_ids[alpha];
}

/* ---- what is explained ---- */

static void
fail_value (WhyDocument *self, const char *message)
{
  why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
}

const char *
why_document_get_score (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return why_score_id (self->state.target.score);
}

void
why_document_set_score (WhyDocument *self, const char *score)
{
  g_autoptr (GError) error = NULL;
  WhyScoreKind kind;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && score != NULL);
  if (!why_score_parse (score, &kind, &error))
    {
      fail_value (self, error->message);
      return;
    }
  if (kind == WHY_SCORE_SIMILARITY)
    {
      fail_value (self, _ ("The similarity to another picture is explained on the command line: whylight-cli explain --reference"));
      return;
    }
  if (self->state.target.score == kind)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.target.score = kind;
  why_document_commit (self, &state, NULL);
}

const int *
why_document_get_also_classes (WhyDocument *self, gsize *n)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && n != NULL, NULL);
  *n = self->state.target.also_classes->len;
  return (const int *) self->state.target.also_classes->data;
}

static int
compare_classes (gconstpointer a, gconstpointer b)
{
  const int first = *(const int *) a;
  const int second = *(const int *) b;

  return (first > second) - (first < second);
}

static void
replace_also (WhyDocumentState *state, GArray *also)
{
  g_array_unref (state->target.also_classes);
  state->target.also_classes = also;
}

void
why_document_take_out_class (WhyDocumentState *state, int class_index)
{
  const GArray *old = state->target.also_classes;
  GArray *also = g_array_new (FALSE, FALSE, sizeof (int));

  for (guint index = 0; index < old->len; index++)
    {
      if (g_array_index (old, int, index) != class_index)
        g_array_append_val (also, g_array_index (old, int, index));
    }
  replace_also (state, also);
}

void
why_document_toggle_also_class (WhyDocument *self, int class_index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->model == NULL || class_index < 0 || class_index >= why_model_get_n_classes (self->model))
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no class %d"), class_index);
      fail_value (self, message);
      return;
    }
  const int target = self->state.target_class >= 0 ? self->state.target_class : why_document_get_shown_class (self);
  if (class_index == target || class_index == self->state.contrast_class)
    {
      fail_value (self, class_index == target ? _ ("This class is the one explained; another can be added to it")
                                              : _ ("The class that is compared with cannot be added as well"));
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  const guint n_before = state.target.also_classes->len;
  why_document_take_out_class (&state, class_index);
  if (state.target.also_classes->len == n_before)
    {
      g_array_append_val (state.target.also_classes, class_index);
      g_array_sort (state.target.also_classes, compare_classes);
      /* A sum that changes its first class with the picture would be hard to understand. */
      if (state.target_class < 0)
        state.target_class = target;
    }
  why_document_commit (self, &state, NULL);
}

void
why_document_clear_also_classes (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.target.also_classes->len == 0)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  replace_also (&state, g_array_new (FALSE, FALSE, sizeof (int)));
  why_document_commit (self, &state, NULL);
}

const char *
why_document_get_region (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->state.target.region;
}

/* %FALSE, with the error message set, if the region cannot be asked for here. */
static gboolean
check_region (WhyDocument *self, WhyRegionKind kind, const double numbers[4])
{
  const double width = (double) why_document_get_picture_width (self);
  const double height = (double) why_document_get_picture_height (self);

  if (kind == WHY_REGION_PREDICTED)
    return TRUE;
  if (self->model == NULL || !why_model_is_dense (self->model))
    {
      fail_value (self, _ ("Regions are for networks with an answer for every pixel; this one has one answer for the whole picture"));
      return FALSE;
    }
  if (kind == WHY_REGION_ALL)
    return TRUE;
  if (kind == WHY_REGION_MASK)
    {
      fail_value (self, _ ("Masks are given on the command line: whylight-cli explain --region mask:FILE.npy"));
      return FALSE;
    }
  if (self->picture == NULL || self->picture->is_volume)
    {
      fail_value (self, _ ("Points and boxes are regions of pictures; open one first"));
      return FALSE;
    }
  const double right = kind == WHY_REGION_BOX ? numbers[0] + numbers[2] : numbers[0];
  const double bottom = kind == WHY_REGION_BOX ? numbers[1] + numbers[3] : numbers[1];
  if (numbers[0] >= width || numbers[1] >= height || right < 0 || bottom < 0)
    {
      fail_value (self, _ ("The region lies outside the picture"));
      return FALSE;
    }
  return TRUE;
}

void
why_document_set_region (WhyDocument *self, const char *region)
{
  g_autoptr (GError) error = NULL;
  WhyRegionKind kind;
  double numbers[4];

  g_return_if_fail (WHY_IS_DOCUMENT (self) && region != NULL);
  if (strcmp (self->state.target.region, region) == 0)
    return;
  if (!why_region_parse (region, &kind, numbers, &error))
    {
      fail_value (self, error->message);
      return;
    }
  if (!check_region (self, kind, numbers))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  g_free (state.target.region);
  state.target.region = g_strdup (region);
  why_document_commit (self, &state, "region");
}

gboolean
why_region_to_input (WhyExplainRequest *request, const double numbers[4], const WhyRecipe *recipe, gint64 width, gint64 height,
                     GError **error)
{
  WhyAffine to_source;
  WhyAffine to_input;

  request->point_x = numbers[0];
  request->point_y = numbers[1];
  if (request->region != WHY_REGION_POINT && request->region != WHY_REGION_BOX)
    return TRUE;
  if (!why_recipe_get_affine (recipe, width, height, &to_source, error))
    return FALSE;
  if (!why_affine_invert (&to_source, &to_input))
    return TRUE;
  why_affine_apply (&to_input, &request->point_x, &request->point_y);
  /* Preparation stretches and cuts, it does not turn. */
  request->box_width = numbers[2] * to_input.xx;
  request->box_height = numbers[3] * to_input.yy;
  return TRUE;
}

gboolean
why_region_to_shown (WhyExplainRequest *request, const double numbers[4], const WhyRecipe *recipe,
                     const WhyPicture *picture, const WhyRoi *roi, GError **error)
{
  double shown[4] = { numbers[0], numbers[1], numbers[2], numbers[3] };
  gint64 width, height;
  WhyAffine to_source, to_shown;

  why_picture_get_shown (picture, roi, &width, &height, &to_source);
  if (why_affine_invert (&to_source, &to_shown))
    {
      why_affine_apply (&to_shown, &shown[0], &shown[1]);
      why_affine_apply_distance (&to_shown, &shown[2], &shown[3]);
    }
  return why_region_to_input (request, shown, recipe, width, height, error);
}

char *
why_region_from_request (const WhyExplainRequest *request, const WhyAffine *input_to_source)
{
  double x = request->point_x;
  double y = request->point_y;

  if (request->region == WHY_REGION_MASK)
    return NULL;
  if (request->region == WHY_REGION_PREDICTED || request->region == WHY_REGION_ALL)
    return g_strdup (request->region == WHY_REGION_ALL ? "all" : "predicted");
  why_affine_apply (input_to_source, &x, &y);
  g_autofree char *left = why_format_number (x);
  g_autofree char *top = why_format_number (y);
  if (request->region == WHY_REGION_POINT)
    return g_strdup_printf ("point:%s,%s", left, top);
  g_autofree char *width = why_format_number (request->box_width * input_to_source->xx);
  g_autofree char *height = why_format_number (request->box_height * input_to_source->yy);
  return g_strdup_printf ("box:%s,%s,%s,%s", left, top, width, height);
}

gboolean
why_document_target_ask (const WhyDocumentTarget *target, const WhyRecipe *recipe, const WhyPicture *picture,
                         const WhyRoi *roi, WhyExplainRequest *request, GError **error)
{
  double numbers[4];

  request->score = target->score;
  request->also_classes = (const int *) target->also_classes->data;
  request->n_also_classes = target->also_classes->len;
  return why_region_parse (target->region, &request->region, numbers, error) &&
         (picture->is_volume || why_region_to_shown (request, numbers, recipe, picture, roi, error));
}

/* ---- how the map is drawn ---- */

gboolean
why_document_get_limits_range (WhyDocument *self, double *lo, double *hi)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && lo != NULL && hi != NULL, FALSE);
  if (!why_document_get_overlay (self, &map, &style))
    return FALSE;
  why_overlay_limits (&map, &style, lo, hi);
  return TRUE;
}

void
why_document_set_limits_range (WhyDocument *self, double lo, double hi)
{
  const WhyDocumentState *now = &self->state;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!isfinite (lo) || !isfinite (hi) || !(lo < hi))
    {
      g_autofree char *message = g_strdup_printf (_ ("The lower limit must be below the upper one; these are %g and %g"), lo, hi);
      fail_value (self, message);
      return;
    }
  if (strcmp (now->limits, "locked") == 0 && now->lo == lo && now->hi == hi)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  g_free (state.limits);
  state.limits = g_strdup ("locked");
  state.lo = lo;
  state.hi = hi;
  why_document_commit (self, &state, "limits-range");
}

static void
commit_look (WhyDocument *self, const WhyDocumentLook *look, const char *slider)
{
  if (why_document_look_equal (look, &self->state.look))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.look = *look;
  why_document_commit (self, &state, slider);
}

double
why_document_get_clip (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.look.clip;
}

void
why_document_set_clip (WhyDocument *self, double clip)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (isnan (clip))
    return;
  WhyDocumentLook look = self->state.look;
  look.clip = CLAMP (clip, 0, 0.5);
  commit_look (self, &look, "clip");
}

gboolean
why_document_get_contours (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.look.contours;
}

void
why_document_set_contours (WhyDocument *self, gboolean contours)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhyDocumentLook look = self->state.look;
  look.contours = !!contours;
  commit_look (self, &look, NULL);
}

int
why_document_get_contour_levels (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.look.contour_levels;
}

void
why_document_set_contour_levels (WhyDocument *self, int levels)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhyDocumentLook look = self->state.look;
  look.contour_levels = CLAMP (levels, 1, WHY_MAX_CONTOURS);
  commit_look (self, &look, "contour-levels");
}

gboolean
why_document_get_contour_labels (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.look.contour_labels;
}

void
why_document_set_contour_labels (WhyDocument *self, gboolean labels)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhyDocumentLook look = self->state.look;
  look.contour_labels = !!labels;
  commit_look (self, &look, NULL);
}

const char *
why_document_get_alpha (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return why_document_alpha_id (self->state.look.alpha);
}

const char *
why_document_get_effective_alpha (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  if (self->state.look.alpha != WHY_DOCUMENT_ALPHA_AUTO)
    return why_document_get_alpha (self);
  return strcmp (self->state.polarity, "signed") == 0 ? "value" : "uniform";
}

void
why_document_set_alpha (WhyDocument *self, const char *alpha)
{
  WhyDocumentLook look;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && alpha != NULL);
  look = self->state.look;
  if (!why_document_alpha_parse (alpha, &look.alpha))
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no transparency '%s'; choose auto, uniform or value"), alpha);
      fail_value (self, message);
      return;
    }
  commit_look (self, &look, NULL);
}

const char *
why_document_get_colour_vision (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return why_vision_id (self->state.look.vision);
}

void
why_document_set_colour_vision (WhyDocument *self, const char *colour_vision)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && colour_vision != NULL);
  WhyDocumentLook look = self->state.look;
  if (!why_vision_parse (colour_vision, &look.vision, &error))
    {
      fail_value (self, error->message);
      return;
    }
  commit_look (self, &look, NULL);
}

/* A grid of places in the picture, as they are drawn; so that what lies beyond the map, or beyond the picture, does
 * not count. */
double
why_document_get_share_shown (WhyDocument *self)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  WhyAffine to_map;
  WhyRect frame;
  double lo;
  double hi;
  guint n_shown = 0;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  if (!why_document_get_overlay (self, &map, &style) || !why_affine_invert (&map.to_source, &to_map))
    return -1;
  why_overlay_limits (&map, &style, &lo, &hi);
  why_document_get_frame (self, &frame);
  for (int row = 0; row < N_SAMPLES; row++)
    {
      for (int column = 0; column < N_SAMPLES; column++)
        {
          double x = frame.x + (column + 0.5) / N_SAMPLES * frame.width;
          double y = frame.y + (row + 0.5) / N_SAMPLES * frame.height;

          why_affine_apply (&to_map, &x, &y);
          n_shown += why_overlay_shows (&style, why_resample_at (map.values, map.width, map.height, style.kind, x, y), lo, hi);
        }
    }
  return (double) n_shown / (N_SAMPLES * N_SAMPLES);
}
