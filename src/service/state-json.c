#include "config.h"

#include "service/state-json.h"

#include "service/document-look.h"
#include "service/compare.h"
#include "service/json.h"
#include "state-measure.h"
#include "service/step.h"

#include <math.h>

#define N_TOP 10

static void
add_class (JsonBuilder *builder, WhyClassItem *item)
{
  const double before = why_class_item_get_probability_before (item);

  json_builder_begin_object (builder);
  why_json_add_int (builder, "index", why_class_item_get_index (item));
  why_json_add_string (builder, "label", why_class_item_get_label (item));
  why_json_add_double (builder, "probability", why_class_item_get_probability (item));
  why_json_add_double (builder, "logit", why_class_item_get_logit (item));
  why_json_add_double (builder, "before", before < 0 ? NAN : before);
  json_builder_end_object (builder);
}

static int
by_probability (gconstpointer a, gconstpointer b, gpointer data)
{
  WhyClassItem *one = *(WhyClassItem *const *) a;
  WhyClassItem *other = *(WhyClassItem *const *) b;
  const double difference = why_class_item_get_probability (other) - why_class_item_get_probability (one);

  if (difference != 0)
    return difference > 0 ? 1 : -1;
  return why_class_item_get_index (one) - why_class_item_get_index (other);
}

static void
add_probabilities (JsonBuilder *builder, WhyDocument *document)
{
  GListModel *classes = why_document_get_classes (document);
  const guint n_classes = g_list_model_get_n_items (classes);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  json_builder_set_member_name (builder, "probabilities");
  if (why_document_get_probabilities (document) == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  for (guint index = 0; index < n_classes; index++)
    g_ptr_array_add (items, g_list_model_get_item (classes, index));
  g_ptr_array_sort_with_data (items, by_probability, NULL);

  json_builder_begin_array (builder);
  for (guint place = 0; place < items->len; place++)
    {
      WhyClassItem *item = g_ptr_array_index (items, place);
      if (place < N_TOP || why_class_item_get_is_target (item))
        add_class (builder, item);
    }
  json_builder_end_array (builder);
}

/* @to_source: (nullable) */
static void
add_one_map (JsonBuilder *builder, const WhyMap *map, const WhyAffine *to_source)
{
  json_builder_set_member_name (builder, "map");
  if (map == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }

  const float *values = map->values->data;
  const gsize count = why_tensor_count (map->values);
  const gint64 columns = map->values->dims[map->values->rank - 1];
  const gint64 rows = map->values->dims[map->values->rank - 2];
  double sum = 0;
  gsize peak = 0;
  gboolean has_peak = FALSE;
  for (gsize cell = 0; cell < count; cell++)
    {
      if (!isfinite (values[cell]))
        continue;
      sum += values[cell];
      if (!has_peak || values[cell] > values[peak])
        peak = cell;
      has_peak = TRUE;
    }
  const gint64 peak_column = columns > 0 ? (gint64) (peak % (gsize) columns) : 0;
  const gint64 peak_row = columns > 0 && rows > 0 ? (gint64) (peak / (gsize) columns % (gsize) rows) : 0;

  json_builder_begin_object (builder);
  why_json_add_string (builder, "method", map->method);
  why_json_add_string (builder, "layer", map->layer);
  why_json_add_string (builder, "polarity", map->polarity);
  why_json_add_string (builder, "profile", map->profile);
  why_json_add_string (builder, "options", map->options);
  why_json_add_int (builder, "contrast_class", map->contrast_class);
  why_json_add_int (builder, "class", map->target_class);
  why_json_add_string (builder, "score_kind", map->score_kind);
  why_json_add_double (builder, "score", map->score);
  why_json_add_int (builder, "width", columns);
  why_json_add_int (builder, "height", rows);
  why_json_add_double (builder, "minimum", map->minimum);
  why_json_add_double (builder, "maximum", map->maximum);
  why_json_add_double (builder, "mean", count > map->n_not_finite ? sum / (count - map->n_not_finite) : 0);
  why_json_add_double (builder, "sum", sum);
  json_builder_set_member_name (builder, "peak");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, peak_column);
  json_builder_add_int_value (builder, peak_row);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "peak_source");
  if (has_peak && to_source != NULL)
    {
      double x = peak_column + 0.5;
      double y = peak_row + 0.5;
      why_affine_apply (to_source, &x, &y);
      json_builder_begin_array (builder);
      json_builder_add_double_value (builder, x);
      json_builder_add_double_value (builder, y);
      json_builder_end_array (builder);
    }
  else
    json_builder_add_null_value (builder);
  why_json_add_int (builder, "not_finite", (gint64) map->n_not_finite);
  why_json_add_string (builder, "reason", map->reason);
  why_json_add_string (builder, "note", map->note);
  json_builder_end_object (builder);
}

static void
add_target (JsonBuilder *builder, WhyDocument *document)
{
  gsize n_also;
  const int *also = why_document_get_also_classes (document, &n_also);

  why_json_add_string (builder, "score", why_document_get_score (document));
  why_json_add_string (builder, "region", why_document_get_region (document));
  json_builder_set_member_name (builder, "also_classes");
  json_builder_begin_array (builder);
  for (gsize index = 0; index < n_also; index++)
    json_builder_add_int_value (builder, also[index]);
  json_builder_end_array (builder);
}

static void
add_map (JsonBuilder *builder, WhyDocument *document)
{
  WhyAffine to_source;
  const gboolean lies = why_document_map_to_source (document, &to_source);

  add_one_map (builder, why_document_get_map (document), lies ? &to_source : NULL);
}

/* ---- what it is compared with ---- */

static void
add_values (JsonBuilder *builder, const char *name, const char *const *values)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (const char *const *value = values; *value != NULL; value++)
    json_builder_add_string_value (builder, *value);
  json_builder_end_array (builder);
}

static void
add_limits (JsonBuilder *builder, WhyDocument *document, WhyVariant *variant)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  double lo = NAN;
  double hi = NAN;

  if (why_document_get_pane_overlay (document, variant, &map, &style))
    why_overlay_limits (&map, &style, &lo, &hi);
  why_json_add_double (builder, "lo", lo);
  why_json_add_double (builder, "hi", hi);
}

static void
add_variant (JsonBuilder *builder, WhyDocument *document, WhyVariant *variant)
{
  static const char *const states[] = { "waiting", "running", "done", "failed" };
  WhyAffine to_source;
  const gboolean lies = why_variant_map_to_source (variant, &to_source);

  json_builder_begin_object (builder);
  why_json_add_string (builder, "title", why_variant_get_title (variant));
  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    why_json_add_string (builder, why_dimension_to_string ((WhyDimension) dimension),
                         why_variant_get_value (variant, (WhyDimension) dimension));
  why_json_add_string (builder, "state", states[why_variant_get_state (variant)]);
  why_json_add_string (builder, "reason", why_variant_get_reason (variant));
  add_limits (builder, document, variant);
  add_one_map (builder, why_variant_get_map (variant), lies ? &to_source : NULL);
  json_builder_end_object (builder);
}

static void
add_layer_maps (JsonBuilder *builder, WhyDocument *document)
{
  static const char *const states[] = { "none", "computing", "complete" };
  const GPtrArray *advice = why_document_get_layer_advice (document);
  GListModel *layers = why_document_get_layers (document);
  gint64 n_current = 0;
  gint64 n_cannot = 0;

  for (guint index = 0; index < g_list_model_get_n_items (layers); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      gboolean current = FALSE;
      why_document_get_layer_map (document, why_layer_item_get_name (item), &current);
      n_current += current;
      n_cannot += why_document_get_layer_reason (document, why_layer_item_get_name (item)) != NULL;
    }
  json_builder_set_member_name (builder, "layer_maps");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "state", states[why_document_get_layer_maps_state (document)]);
  why_json_add_int (builder, "n_current", n_current);
  why_json_add_int (builder, "n_cannot", n_cannot);
  why_json_add_string (builder, "note", why_document_get_layer_maps_note (document));
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "layer_advice");
  if (advice == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_array (builder);
  for (guint index = 0; index < advice->len; index++)
    why_layer_advice_to_json (builder, g_ptr_array_index (advice, index));
  json_builder_end_array (builder);
}

static void
add_difference (JsonBuilder *builder, const WhyDifference *difference)
{
  WhyMapStats stats;

  json_builder_set_member_name (builder, "difference");
  if (difference == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  why_map_stats (difference->values->data, why_tensor_count (difference->values), &stats);
  json_builder_begin_object (builder);
  why_json_add_int (builder, "width", difference->values->dims[1]);
  why_json_add_int (builder, "height", difference->values->dims[0]);
  why_json_add_double (builder, "minimum", stats.min);
  why_json_add_double (builder, "maximum", stats.max);
  why_json_add_double (builder, "pearson", difference->pearson);
  why_json_add_double (builder, "spearman", difference->spearman);
  why_json_add_double (builder, "sign_agreement", difference->sign_agreement);
  why_json_add_int (builder, "n_cells", (gint64) difference->n_cells);
  json_builder_end_object (builder);
}

static void
add_compare (JsonBuilder *builder, WhyDocument *document)
{
  GListModel *variants = why_document_get_variants (document);
  WhyDimension row_dimension;
  WhyDimension column_dimension;
  const char *const *rows;
  const char *const *columns;

  why_document_get_grid (document, &row_dimension, &rows, &column_dimension, &columns);
  json_builder_set_member_name (builder, "compare");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "mode", why_document_get_compare (document));
  why_json_add_boolean (builder, "shared_limits", why_document_get_shared_limits (document));
  why_json_add_double (builder, "curtain", why_document_get_curtain (document));
  why_json_add_string (builder, "bare", why_document_get_curtain_bare (document));
  why_json_add_string (builder, "row_dimension", why_dimension_to_string (row_dimension));
  add_values (builder, "rows", rows);
  why_json_add_string (builder, "column_dimension", why_dimension_to_string (column_dimension));
  add_values (builder, "columns", columns);
  why_json_add_int (builder, "n_compared", why_document_get_n_compared (document));
  why_json_add_string (builder, "main_title", why_document_get_main_title (document));
  why_json_add_string (builder, "common_title", why_document_get_common_title (document));
  add_limits (builder, document, NULL);
  json_builder_set_member_name (builder, "variants");
  json_builder_begin_array (builder);
  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      add_variant (builder, document, variant);
    }
  json_builder_end_array (builder);
  add_difference (builder, why_document_get_difference (document));
  json_builder_end_object (builder);
}

static void
add_display (JsonBuilder *builder, WhyDocument *document)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  double lo = NAN;
  double hi = NAN;
  const char *colormap = why_document_get_colormap (document);
  const double share_shown = why_document_get_share_shown (document);

  if (why_document_get_overlay (document, &map, &style))
    {
      why_overlay_limits (&map, &style, &lo, &hi);
      colormap = why_colormap_get_id (why_overlay_style_colormap (&style));
    }
  json_builder_set_member_name (builder, "display");
  json_builder_begin_object (builder);
  why_json_add_boolean (builder, "show_map", why_document_get_show_map (document));
  why_json_add_double (builder, "opacity", why_document_get_opacity (document));
  why_json_add_string (builder, "colormap", colormap);
  why_json_add_string (builder, "limits", why_document_get_limits (document));
  why_json_add_double (builder, "lo", lo);
  why_json_add_double (builder, "hi", hi);
  why_json_add_double (builder, "threshold", why_document_get_threshold (document));
  why_json_add_boolean (builder, "smooth", why_document_get_smooth (document));
  why_json_add_double (builder, "clip", why_document_get_clip (document));
  why_json_add_boolean (builder, "contours", why_document_get_contours (document));
  why_json_add_int (builder, "contour_levels", why_document_get_contour_levels (document));
  why_json_add_boolean (builder, "contour_labels", why_document_get_contour_labels (document));
  why_json_add_string (builder, "alpha", why_document_get_effective_alpha (document));
  why_json_add_string (builder, "colour_vision", why_document_get_colour_vision (document));
  why_json_add_double (builder, "share_shown", share_shown < 0 ? NAN : share_shown);
  why_json_add_double (builder, "um_per_pixel", why_document_get_um_per_pixel (document));
  why_json_add_boolean (builder, "three_planes", why_document_get_three_planes (document));
  why_json_add_boolean (builder, "projected", why_document_get_projected (document));
  why_json_add_boolean (builder, "mirrored", why_turn_is_mirrored (why_document_get_turn (document)));
  why_json_add_int (builder, "rotation", 90 * why_turn_get_quarters (why_document_get_turn (document)));
  json_builder_end_object (builder);
}

static void
add_occlusions (JsonBuilder *builder, WhyDocument *document)
{
  GListModel *occlusions = why_document_get_occlusions (document);

  json_builder_set_member_name (builder, "occlusions");
  json_builder_begin_array (builder);
  for (guint index = 0; index < g_list_model_get_n_items (occlusions); index++)
    {
      g_autoptr (WhyOcclusion) occlusion = g_list_model_get_item (occlusions, index);
      const double before = why_occlusion_get_before (occlusion);
      const double after = why_occlusion_get_after (occlusion);
      WhyRect rect;
      why_occlusion_get_rect (occlusion, &rect);
      json_builder_begin_object (builder);
      why_json_add_double (builder, "x", rect.x);
      why_json_add_double (builder, "y", rect.y);
      why_json_add_double (builder, "w", rect.width);
      why_json_add_double (builder, "h", rect.height);
      WhyArea *shape = why_occlusion_get_area (occlusion);
      why_json_add_string (builder, "kind", why_area_kind_to_string (why_area_get_kind (shape)));
      why_json_add_boolean (builder, "inverse", why_area_get_inverse (shape));
      /* The values of a mask would be longer than all the rest. */
      if (why_area_get_kind (shape) != WHY_AREA_MASK)
        {
          json_builder_set_member_name (builder, "shape");
          why_area_write (shape, builder);
        }
      why_json_add_string (builder, "fill", why_occlusion_get_fill (occlusion));
      why_json_add_int (builder, "class", why_occlusion_get_class_index (occlusion));
      why_json_add_string (builder, "label", why_occlusion_get_class_label (occlusion));
      why_json_add_double (builder, "before", before < 0 ? NAN : before);
      why_json_add_double (builder, "after", after < 0 ? NAN : after);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_steps (JsonBuilder *builder, WhyDocument *document)
{
  GListModel *steps = why_document_get_steps (document);
  WhyTensor *probabilities;
  WhyTensor *picture;
  double share;

  why_json_add_int (builder, "step", why_document_get_step (document));
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint index = 0; index < g_list_model_get_n_items (steps); index++)
    {
      g_autoptr (WhyStep) step = g_list_model_get_item (steps, index);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", why_step_get_name (step));
      why_json_add_string (builder, "picture", why_step_get_picture (step));
      why_json_add_boolean (builder, "known", why_step_get_is_known (step));
      why_json_add_boolean (builder, "thumbnail", why_step_get_thumbnail (step) != NULL);
      why_json_add_int (builder, "covers", why_step_get_n_covers (step));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_double (builder, "playing", why_document_get_play (document, &share, &probabilities, &picture) ? share : NAN);
}

static void
add_roi (JsonBuilder *builder, WhyDocument *document)
{
  WhyRoi roi;
  g_autofree char *text = why_document_get_roi (document, &roi) ? why_roi_to_string (&roi) : NULL;

  why_json_add_boolean (builder, "slide", why_document_is_slide (document));
  why_json_add_string (builder, "roi", text);
  WhyRect seen;
  if (why_document_get_seen (document, &seen))
    {
      g_autofree char *part = g_strdup_printf ("%.0f,%.0f,%.0f,%.0f", seen.x, seen.y, seen.width, seen.height);
      why_json_add_string (builder, "seen", part);
    }
  else
    why_json_add_string (builder, "seen", NULL);
  why_json_add_boolean (builder, "roi_chosen", why_document_has_chosen_roi (document));
}

static void
add_files (JsonBuilder *builder, WhyDocument *document)
{
  WhyModel *model = why_document_get_model (document);

  json_builder_set_member_name (builder, "document");
  if (why_document_get_picture (document) == NULL)
    json_builder_add_null_value (builder);
  else
    {
      json_builder_begin_object (builder);
      why_json_add_string (builder, "path", why_document_get_picture_path (document));
      why_json_add_int (builder, "width", why_document_get_picture_width (document));
      why_json_add_int (builder, "height", why_document_get_picture_height (document));
      double width, centre;
      if (why_document_get_window (document, &width, &centre))
        {
          why_json_add_double (builder, "window_width", width);
          why_json_add_double (builder, "window_level", centre);
        }
      if (why_document_has_planes (document))
        {
          why_json_add_string (builder, "plane", why_plane_kind_to_string (why_document_get_plane (document)));
          why_json_add_int (builder, "slice", why_document_get_slice (document));
          why_json_add_int (builder, "n_slices", why_document_get_n_slices (document));
          g_autofree char *cross_hair = why_document_dup_cross_hair (document);
          why_json_add_string (builder, "cross_hair", cross_hair);
        }
      if (!why_document_is_volume (document))
        add_roi (builder, document);
      json_builder_end_object (builder);
    }
  json_builder_set_member_name (builder, "model");
  if (model == NULL)
    json_builder_add_null_value (builder);
  else
    {
      json_builder_begin_object (builder);
      why_json_add_string (builder, "path", why_model_get_path (model));
      why_json_add_string (builder, "title", why_model_get_title (model));
      why_json_add_int (builder, "n_classes", why_model_get_n_classes (model));
      why_json_add_int (builder, "n_layers", why_model_get_n_layers (model));
      why_json_add_string (builder, "assumed", why_model_get_assumed_text (model));
      json_builder_end_object (builder);
    }
}

char *
why_state_to_json (WhyDocument *document)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const int target = why_document_get_target_class (document);
  const int shown = why_document_get_shown_class (document);

  g_return_val_if_fail (WHY_IS_DOCUMENT (document), NULL);
  WhyClassItem *item = why_document_get_class (document, target >= 0 ? target : shown);

  json_builder_begin_object (builder);
  add_files (builder, document);
  json_builder_set_member_name (builder, "class");
  json_builder_begin_object (builder);
  why_json_add_int (builder, "target", target);
  why_json_add_int (builder, "shown", shown);
  why_json_add_string (builder, "label", item != NULL ? why_class_item_get_label (item) : NULL);
  json_builder_end_object (builder);
  why_json_add_int (builder, "contrast_class", why_document_get_contrast_class (document));
  add_target (builder, document);
  why_json_add_string (builder, "layer", why_document_get_layer (document));
  why_json_add_string (builder, "shown_layer", why_document_get_shown_layer (document));
  add_layer_maps (builder, document);
  why_json_add_string (builder, "method", why_document_get_method (document));
  why_json_add_string (builder, "profile", why_document_get_profile (document));
  why_json_add_string (builder, "method_options", why_document_get_method_options (document));
  why_json_add_string (builder, "polarity", why_document_get_polarity (document));
  why_json_add_string (builder, "fill", why_document_get_fill (document));
  why_json_add_boolean (builder, "busy", why_document_get_busy (document));
  why_json_add_string (builder, "activity", why_document_get_activity (document));
  why_json_add_double (builder, "progress", why_document_get_progress (document));
  add_probabilities (builder, document);
  add_map (builder, document);
  add_compare (builder, document);
  add_display (builder, document);
  add_occlusions (builder, document);
  why_json_add_int (builder, "selected_cover", why_document_get_selected_cover (document));
  why_json_add_int (builder, "previews", why_document_get_n_previews (document));
  why_json_add_boolean (builder, "previewing", why_document_is_previewing (document));
  why_state_add_measures (builder, document);
  add_steps (builder, document);
  why_json_add_boolean (builder, "can_undo", why_document_get_can_undo (document));
  why_json_add_boolean (builder, "can_redo", why_document_get_can_redo (document));
  why_json_add_string (builder, "status", why_document_get_status (document));
  why_json_add_string (builder, "error", why_document_get_error_message (document));
  json_builder_end_object (builder);
  return why_json_finish (builder);
}
