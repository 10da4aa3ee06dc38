#include "config.h"

#include "state-measure.h"

#include "service/annotation.h"
#include "service/check.h"
#include "service/json.h"

static void
add_annotations (JsonBuilder *builder, WhyDocument *document)
{
  GListModel *annotations = why_document_get_annotations (document);

  json_builder_set_member_name (builder, "annotations");
  json_builder_begin_array (builder);
  for (guint index = 0; index < g_list_model_get_n_items (annotations); index++)
    {
      g_autoptr (WhyAnnotation) annotation = g_list_model_get_item (annotations, index);
      const WhyArea *shape = why_annotation_get_shape (annotation);
      g_autofree char *color = g_strdup_printf ("#%06x", why_annotation_get_color (annotation));
      WhyRect box;
      why_area_get_box (shape, &box);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", why_annotation_get_name (annotation));
      why_json_add_string (builder, "class", why_annotation_get_class_name (annotation));
      why_json_add_string (builder, "kind", why_area_kind_to_string (why_area_get_kind (shape)));
      why_json_add_string (builder, "color", color);
      why_json_add_boolean (builder, "visible", why_annotation_get_visible (annotation));
      why_json_add_double (builder, "x", box.x);
      why_json_add_double (builder, "y", box.y);
      why_json_add_double (builder, "w", box.width);
      why_json_add_double (builder, "h", box.height);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_int (builder, "selected_annotation", why_document_get_selected_annotation (document));
}

static void
add_overlap (JsonBuilder *builder, WhyDocument *document)
{
  const WhyOverlapResult *result = why_document_get_overlap (document);

  json_builder_set_member_name (builder, "overlap");
  if (result == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  why_overlap_add_json (&result->overlap, builder);
  if (!result->has_against)
    return;
  json_builder_set_member_name (builder, "overlap_against");
  why_overlap_add_json (&result->against, builder);
}

static void
add_checks (JsonBuilder *builder, WhyDocument *document)
{
  static const char *const states[] = { "not run", "running", "done", "outdated", "failed" };
  GListModel *checks = why_document_get_checks (document);

  json_builder_set_member_name (builder, "checks");
  json_builder_begin_object (builder);
  for (guint index = 0; index < g_list_model_get_n_items (checks); index++)
    {
      g_autoptr (WhyCheck) check = g_list_model_get_item (checks, index);
      json_builder_set_member_name (builder, why_check_kind_id (why_check_get_kind (check)));
      json_builder_begin_object (builder);
      why_json_add_string (builder, "state", states[why_check_get_state (check)]);
      why_json_add_string (builder, "sentence", why_check_get_sentence (check));
      if (why_check_get_result (check) != NULL)
        {
          json_builder_set_member_name (builder, "result");
          why_check_result_add_json (why_check_get_result (check), builder);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
add_resolution (JsonBuilder *builder, WhyDocument *document)
{
  WhyResolution resolution;

  json_builder_set_member_name (builder, "resolution");
  if (!why_document_get_resolution (document, &resolution))
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  why_json_add_double (builder, "cell_x", resolution.cell_x);
  why_json_add_double (builder, "cell_y", resolution.cell_y);
  why_json_add_double (builder, "field_x", resolution.field_x);
  why_json_add_double (builder, "field_y", resolution.field_y);
  why_json_add_double (builder, "smallest", resolution.smallest);
  why_json_add_int (builder, "columns", resolution.n_columns);
  why_json_add_int (builder, "rows", resolution.n_rows);
  json_builder_end_object (builder);
}

void
why_state_add_measures (JsonBuilder *builder, WhyDocument *document)
{
  add_annotations (builder, document);
  add_overlap (builder, document);
  add_checks (builder, document);
  add_resolution (builder, document);
}
