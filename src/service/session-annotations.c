#include "config.h"

#include "annotation-private.h"

#include "base/error.h"
#include "service/json.h"

#include <string.h>

/* Outlines in a session:
 *
 *   "annotations": [{"name": "...", "class": "..." or null, "color": "#56b4e9", "pattern": "solid", "visible": true,
 *                    "shape": {...}}]
 *
 * with shapes as image/area.h writes them. */

void
why_session_add_annotations (JsonBuilder *builder, const GArray *data)
{
  json_builder_set_member_name (builder, "annotations");
  json_builder_begin_array (builder);
  for (guint index = 0; index < data->len; index++)
    {
      const WhyAnnotationData *annotation = &g_array_index (data, WhyAnnotationData, index);
      g_autofree char *color = g_strdup_printf ("#%06x", annotation->color);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", annotation->name);
      why_json_add_string (builder, "class", annotation->class_name);
      why_json_add_string (builder, "color", color);
      why_json_add_string (builder, "pattern", why_pattern_id (annotation->pattern));
      why_json_add_boolean (builder, "visible", annotation->visible);
      json_builder_set_member_name (builder, "shape");
      why_area_write (annotation->shape, builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static gboolean
fail (GError **error, const char *key, const char *wanted)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %s is needed", key, wanted);
  return FALSE;
}

static gboolean
take_text (JsonObject *object, const char *key, char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return fail (error, key, "a string");
  *text = json_node_dup_string (node);
  return TRUE;
}

static gboolean
take_color (JsonObject *object, WhyAnnotationData *data, GError **error)
{
  g_autofree char *text = NULL;

  if (!take_text (object, "color", &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  gboolean fine = strlen (text) == 7 && *text == '#';
  for (int at = 1; fine && at < 7; at++)
    fine = g_ascii_isxdigit (text[at]);
  if (!fine)
    return fail (error, "color", "a colour such as \"#56b4e9\"");
  data->has_color = TRUE;
  data->color = (guint32) g_ascii_strtoull (text + 1, NULL, 16);
  return TRUE;
}

static gboolean
take_pattern (JsonObject *object, WhyAnnotationData *data, GError **error)
{
  g_autofree char *text = NULL;

  if (!take_text (object, "pattern", &text, error))
    return FALSE;
  for (int pattern = 0; text != NULL && pattern < WHY_N_PATTERNS; pattern++)
    if (strcmp (text, why_pattern_id ((WhyPattern) pattern)) == 0)
      {
        data->pattern = (WhyPattern) pattern;
        return TRUE;
      }
  return text == NULL || fail (error, "pattern", "solid, dashed, dotted or dash-dotted");
}

/* @data: filled as far as it goes, also on failure */
static gboolean
take_annotation (JsonObject *object, WhyAnnotationData *data, GError **error)
{
  JsonNode *visible = json_object_get_member (object, "visible");
  JsonNode *shape = json_object_get_member (object, "shape");

  if (!take_text (object, "name", &data->name, error) || !take_text (object, "class", &data->class_name, error) ||
      !take_color (object, data, error) || !take_pattern (object, data, error))
    return FALSE;
  if (visible != NULL && (!JSON_NODE_HOLDS_VALUE (visible) || json_node_get_value_type (visible) != G_TYPE_BOOLEAN))
    return fail (error, "visible", "true or false");
  data->visible = visible == NULL || json_node_get_boolean (visible);
  if (shape == NULL)
    return fail (error, "shape", "a shape");
  data->shape = why_area_read (shape, error);
  return data->shape != NULL;
}

gboolean
why_session_take_annotations (JsonObject *object, GArray *data, GError **error)
{
  JsonNode *node = json_object_get_member (object, "annotations");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return TRUE;
  if (array == NULL || json_array_get_length (array) > WHY_MAX_ANNOTATIONS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "annotations: a list of at most %d is needed", WHY_MAX_ANNOTATIONS);
      return FALSE;
    }
  for (guint index = 0; index < json_array_get_length (array); index++)
    {
      JsonNode *element = json_array_get_element (array, index);
      WhyAnnotationData annotation = { 0 };
      const gboolean fine = JSON_NODE_HOLDS_OBJECT (element)
                              ? take_annotation (json_node_get_object (element), &annotation, error)
                              : fail (error, "each", "an object");
      if (!fine)
        {
          g_clear_pointer (&annotation.name, g_free);
          g_clear_pointer (&annotation.class_name, g_free);
          g_prefix_error (error, "annotations: number %u: ", index + 1);
          return FALSE;
        }
      g_array_append_val (data, annotation);
    }
  return TRUE;
}
