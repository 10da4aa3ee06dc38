#include "config.h"

#include "session-compare.h"

#include "base/error.h"
#include "document-compare.h"
#include "service/json.h"
#include "session-file.h"

#include <math.h>
#include <string.h>

/* ---- writing ---- */

static void
add_value (JsonBuilder *builder, WhyDimension dimension, const char *value, const char *folder)
{
  g_autofree char *path = dimension == WHY_DIMENSION_MODEL ? why_session_relative_path (folder, value) : NULL;
  const char *text = path != NULL ? path : value;

  /* A name that is not UTF-8 cannot stand in JSON; the question then is asked of the main model. */
  if (g_utf8_validate (text, -1, NULL))
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

static void
add_list (JsonBuilder *builder, const char *name, WhyDimension dimension, char **values, const char *folder)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (char **value = values; *value != NULL; value++)
    add_value (builder, dimension, *value, folder);
  json_builder_end_array (builder);
}

void
why_session_compare_add (JsonBuilder *builder, const WhyComparison *comparison, double curtain, const char *folder)
{
  json_builder_set_member_name (builder, "compare");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "mode", why_compare_mode_to_string (comparison->mode));
  why_json_add_boolean (builder, "shared_limits", comparison->shared_limits);
  why_json_add_string (builder, "bare", why_compare_bare_to_string (comparison->bare));
  why_json_add_double (builder, "curtain", curtain);
  json_builder_set_member_name (builder, "others");
  json_builder_begin_array (builder);
  for (guint place = 0; place < comparison->others->len; place++)
    {
      const WhyQuestion *question = g_ptr_array_index (comparison->others, place);
      json_builder_begin_object (builder);
      for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
        {
          if (question->values[dimension] == NULL)
            continue;
          json_builder_set_member_name (builder, why_dimension_to_string ((WhyDimension) dimension));
          add_value (builder, (WhyDimension) dimension, question->values[dimension], folder);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_string (builder, "row_dimension", why_dimension_to_string (comparison->row_dimension));
  add_list (builder, "rows", comparison->row_dimension, comparison->rows, folder);
  why_json_add_string (builder, "column_dimension", why_dimension_to_string (comparison->column_dimension));
  add_list (builder, "columns", comparison->column_dimension, comparison->columns, folder);
  json_builder_end_object (builder);
}

/* ---- reading ---- */

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "compare: %s", what);
  return FALSE;
}

static gboolean
is_class (const char *value)
{
  if (strcmp (value, "top") == 0 || strcmp (value, "next") == 0)
    return TRUE;
  for (const char *digit = value; *digit != '\0'; digit++)
    {
      if (!g_ascii_isdigit (*digit))
        return FALSE;
    }
  return *value != '\0' && strlen (value) <= 9;
}

static gboolean
is_method (const char *value, GError **error)
{
  const char *options;
  g_autofree char *id = why_compare_split_method (value, &options);
  const WhyExplainerClass *method = why_explainer_lookup (id, error);

  return method != NULL && why_options_check (method, options, error);
}

/* Returns: (transfer full) (nullable): the value as it is kept */
static char *
take_value (JsonNode *node, WhyDimension dimension, const char *folder, GError **error)
{
  WhyPolarity polarity;
  const char *value = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
                        ? json_node_get_string (node) : NULL;

  if (value == NULL)
    {
      fail (error, "values are strings");
      return NULL;
    }
  if (dimension == WHY_DIMENSION_MODEL)
    return g_canonicalize_filename (value, folder);
  if (dimension == WHY_DIMENSION_CLASS && !is_class (value))
    {
      fail (error, "a class is a number, \"top\" or \"next\"");
      return NULL;
    }
  if ((dimension == WHY_DIMENSION_METHOD && !is_method (value, error)) ||
      (dimension == WHY_DIMENSION_POLARITY && !why_polarity_parse (value, &polarity, error)))
    {
      g_prefix_error_literal (error, "compare: ");
      return NULL;
    }
  return g_strdup (value);
}

static gboolean
take_other (JsonNode *node, const char *folder, WhyComparison *comparison, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autoptr (WhyQuestion) question = why_question_new ();
  g_autoptr (GList) members = NULL;

  if (object == NULL)
    return fail (error, "others: objects are needed");
  members = json_object_get_members (object);
  for (GList *member = members; member != NULL; member = member->next)
    {
      WhyDimension dimension;
      JsonNode *value = json_object_get_member (object, member->data);
      if (!why_dimension_from_string (member->data, &dimension))
        return fail (error, "others: there are layer, method, class, polarity and model");
      if (JSON_NODE_HOLDS_NULL (value))
        continue;
      g_autofree char *kept = take_value (value, dimension, folder, error);
      if (kept == NULL)
        return FALSE;
      why_question_set (question, dimension, kept);
    }
  g_ptr_array_add (comparison->others, g_steal_pointer (&question));
  return TRUE;
}

static JsonArray *
get_array (JsonObject *object, const char *name, guint most, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL || json_array_get_length (array) > most)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "compare: %s: a list of at most %u is needed", name, most);
      return NULL;
    }
  return array;
}

static gboolean
take_list (JsonObject *object, const char *name, WhyDimension dimension, const char *folder, char ***values, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array;

  if (!json_object_has_member (object, name))
    return TRUE;
  array = get_array (object, name, WHY_MAX_CELLS, error);
  if (array == NULL)
    return FALSE;
  for (guint place = 0; place < json_array_get_length (array); place++)
    {
      char *value = take_value (json_array_get_element (array, place), dimension, folder, error);
      if (value == NULL)
        return FALSE;
      g_ptr_array_add (list, value);
    }
  g_ptr_array_add (list, NULL);
  g_strfreev (*values);
  *values = (char **) g_ptr_array_steal (list, NULL);
  return TRUE;
}

static const char *
get_text (JsonObject *object, const char *name, const char *preset)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return preset;
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";
}

static gboolean
take_lists (JsonObject *object, const char *folder, WhyComparison *comparison, GError **error)
{
  if (json_object_has_member (object, "others"))
    {
      JsonArray *others = get_array (object, "others", WHY_MAX_OTHERS, error);
      for (guint place = 0; others != NULL && place < json_array_get_length (others); place++)
        {
          if (!take_other (json_array_get_element (others, place), folder, comparison, error))
            return FALSE;
        }
      if (others == NULL)
        return FALSE;
    }
  if (!take_list (object, "rows", comparison->row_dimension, folder, &comparison->rows, error) ||
      !take_list (object, "columns", comparison->column_dimension, folder, &comparison->columns, error))
    return FALSE;
  if (MAX (g_strv_length (comparison->rows), 1) * g_strv_length (comparison->columns) > WHY_MAX_CELLS)
    return fail (error, "the grid has too many maps");
  if (comparison->rows[0] != NULL && comparison->row_dimension == comparison->column_dimension)
    return fail (error, "rows and columns have the same dimension");
  return TRUE;
}

gboolean
why_session_compare_take (JsonObject *object, const char *folder, WhyComparison **comparison, double *curtain, GError **error)
{
  static const char *const known[] = { "mode", "shared_limits", "bare", "curtain", "others", "row_dimension", "rows",
                                       "column_dimension", "columns", NULL };
  JsonNode *node = json_object_get_member (object, "compare");
  g_autoptr (WhyComparison) taken = why_comparison_new ();
  g_autoptr (GList) members = NULL;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "an object is needed");
  JsonObject *compare = json_node_get_object (node);
  members = json_object_get_members (compare);
  for (GList *member = members; member != NULL; member = member->next)
    {
      if (!g_strv_contains (known, member->data))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "compare: key \"%.60s\" is not known", (char *) member->data);
          return FALSE;
        }
    }
  if (!why_compare_mode_from_string (get_text (compare, "mode", "single"), &taken->mode))
    return fail (error, "mode: there are single, side, curtain, grid and difference");
  if (!why_compare_bare_from_string (get_text (compare, "bare", "none"), &taken->bare))
    return fail (error, "bare: there are none, left and right");
  if (!why_dimension_from_string (get_text (compare, "row_dimension", "class"), &taken->row_dimension) ||
      !why_dimension_from_string (get_text (compare, "column_dimension", "layer"), &taken->column_dimension))
    return fail (error, "dimensions are layer, method, class, polarity and model");
  JsonNode *shared = json_object_get_member (compare, "shared_limits");
  if (shared != NULL && (!JSON_NODE_HOLDS_VALUE (shared) || json_node_get_value_type (shared) != G_TYPE_BOOLEAN))
    return fail (error, "shared_limits: true or false is needed");
  taken->shared_limits = shared != NULL && json_node_get_boolean (shared);
  JsonNode *place = json_object_get_member (compare, "curtain");
  if (place != NULL)
    {
      const GType type = JSON_NODE_HOLDS_VALUE (place) ? json_node_get_value_type (place) : G_TYPE_INVALID;
      const double wanted = type == G_TYPE_DOUBLE || type == G_TYPE_INT64 ? json_node_get_double (place) : NAN;
      if (!isfinite (wanted))
        return fail (error, "curtain: a number is needed");
      *curtain = CLAMP (wanted, 0.0, 1.0);
    }
  if (!take_lists (compare, folder, taken, error))
    return FALSE;
  why_comparison_unref (*comparison);
  *comparison = g_steal_pointer (&taken);
  return TRUE;
}
