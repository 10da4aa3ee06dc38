#include "config.h"

#include "image/recipe.h"

#include "base/error.h"
#include "base/json-text.h"
#include "recipe-private.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* json-glib's parser calls itself for every level, so a file of brackets would overflow the stack. */
#define MAX_DEPTH 8

static const char *const keys[] = {
  "version", "size", "resize", "shortest", "crop", "filter", "pad", "channels", "layout", "scale", "mean", "std",
  "clip", "normalise", "centre", "width", "mpp", "spacing", "note", "labels", "labels_file", "task", "layer",
};

static const char *const resize_names[] = { "stretch", "shortest-side", "fit" };
static const char *const crop_names[] = { "none", "center" };
static const char *const channels_names[] = { "RGB", "BGR", "grey" };
static const char *const layout_names[] = { "NCHW", "NHWC" };
static const char *const normalise_names[] = { "none", "min-max", "z-score", "percentile", "window" };
static const char *const task_names[] = { "unknown", "single-label", "multi-label", "segmentation" };

static gboolean
get_number (JsonNode *node, double *value)
{
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  type = json_node_get_value_type (node);
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *value = json_node_get_double (node);
  return isfinite (*value);
}

static gboolean
read_number (JsonObject *object, const char *key, double *value, GError **error)
{
  if (get_number (json_object_get_member (object, key), value))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: a number is needed", key);
  return FALSE;
}

/* An array of numbers; @n_least to @n_most of them. Returns how many, 0 on errors. */
static guint
read_numbers (JsonObject *object, const char *key, guint n_least, guint n_most, double *values, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);
  guint n_values = 0;

  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      n_values = json_array_get_length (array);
      for (guint v = 0; v < n_values && n_values <= n_most; v++)
        {
          if (!get_number (json_array_get_element (array, v), &values[v]))
            n_values = 0;
        }
    }
  if (n_values >= n_least && n_values > 0 && n_values <= n_most)
    return n_values;
  if (n_least == n_most)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: a list of %u numbers is needed", key, n_least);
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: a list of %u to %u numbers is needed%s", key, n_least,
                 n_most, strcmp (key, "size") == 0 ? ", or \"any\"" : "");
  return 0;
}

/* Three values, or one for all. */
static gboolean
read_channels (JsonObject *object, const char *key, double *values, GError **error)
{
  const guint n_values = read_numbers (object, key, 1, 3, values, error);

  if (n_values == 2)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: one or three numbers are needed, not two", key);
      return FALSE;
    }
  if (n_values == 1)
    values[1] = values[2] = values[0];
  return n_values > 0;
}

static gboolean
read_string (JsonObject *object, const char *key, const char **value, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      *value = json_node_get_string (node);
      return TRUE;
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: a string is needed", key);
  return FALSE;
}

static gboolean
is_text (JsonObject *object, const char *key, const char *text)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && g_strcmp0 (json_node_get_string (node), text) == 0;
}

static gboolean
read_choice (JsonObject *object, const char *key, const char *const *names, gsize n_names, int *choice, GError **error)
{
  g_autofree char *known = NULL;
  const char *value;

  if (!read_string (object, key, &value, error))
    return FALSE;
  for (gsize n = 0; n < n_names; n++)
    {
      if (strcmp (value, names[n]) == 0)
        {
          *choice = (int) n;
          return TRUE;
        }
    }
  GString *list = g_string_new (NULL);
  for (gsize n = 0; n < n_names; n++)
    g_string_append_printf (list, "%s\"%s\"", n > 0 ? ", " : "", names[n]);
  known = g_string_free (list, FALSE);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: \"%.40s\" is not known; there are %s", key, value, known);
  return FALSE;
}

static gboolean
read_side (const char *key, double value, gint64 *side, GError **error)
{
  if (value != floor (value) || value < 1.0 || value > 16384.0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %g is not a whole number from 1 to 16384", key, value);
      return FALSE;
    }
  *side = (gint64) value;
  return TRUE;
}

static gboolean
check_keys (JsonObject *object, GError **error)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member != NULL; member = member->next)
    {
      gboolean known = FALSE;

      for (gsize k = 0; k < G_N_ELEMENTS (keys) && !known; k++)
        known = strcmp (member->data, keys[k]) == 0;
      if (!known)
        {
          g_autofree char *nearest = why_error_nearest (member->data, keys, G_N_ELEMENTS (keys));
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "key \"%.60s\" is not known%s", (char *) member->data,
                       nearest);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
read_geometry (WhyRecipe *recipe, JsonObject *object, GError **error)
{
  double numbers[3];
  int choice;

  if (is_text (object, "size", "any"))
    {
      recipe->width = recipe->height = recipe->depth = 0;
      recipe->assumed &= ~WHY_RECIPE_FIELD_SIZE;
    }
  else if (json_object_has_member (object, "size"))
    {
      const guint n_sides = read_numbers (object, "size", 2, 3, numbers, error);
      if (n_sides == 0 || !read_side ("size", numbers[0], &recipe->width, error) ||
          !read_side ("size", numbers[1], &recipe->height, error) ||
          (n_sides == 3 && !read_side ("size", numbers[2], &recipe->depth, error)))
        return FALSE;
      recipe->assumed &= ~WHY_RECIPE_FIELD_SIZE;
    }
  if (json_object_has_member (object, "resize"))
    {
      if (!read_choice (object, "resize", resize_names, G_N_ELEMENTS (resize_names), &choice, error))
        return FALSE;
      recipe->resize = (WhyRecipeResize) choice;
      recipe->assumed &= ~WHY_RECIPE_FIELD_RESIZE;
    }
  if (json_object_has_member (object, "shortest"))
    {
      if (!read_number (object, "shortest", &numbers[0], error) ||
          !read_side ("shortest", numbers[0], &recipe->shortest, error))
        return FALSE;
      if (recipe->resize != WHY_RECIPE_RESIZE_SHORTEST_SIDE)
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                               "shortest: has a meaning only with resize \"shortest-side\"");
          return FALSE;
        }
    }
  else if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE)
    {
      recipe->shortest = MAX (recipe->width, recipe->height); /* 0: up to the model's input */
    }
  if (json_object_has_member (object, "crop"))
    {
      if (!read_choice (object, "crop", crop_names, G_N_ELEMENTS (crop_names), &choice, error))
        return FALSE;
      recipe->crop = (WhyRecipeCrop) choice;
    }
  else
    {
      recipe->crop =
        recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE ? WHY_RECIPE_CROP_CENTER : WHY_RECIPE_CROP_NONE;
    }
  if (json_object_has_member (object, "filter"))
    {
      const char *name;

      if (!read_string (object, "filter", &name, error))
        return FALSE;
      if (!why_filter_from_string (name, &recipe->filter))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "filter: \"%.40s\" is not known; there are \"nearest\", \"area\", \"bilinear\", \"bicubic\", "
                       "\"lanczos\", \"bilinear-noaa\"",
                       name);
          return FALSE;
        }
      recipe->assumed &= ~WHY_RECIPE_FIELD_FILTER;
    }
  if (json_object_has_member (object, "pad"))
    {
      if (!read_channels (object, "pad", recipe->pad, error))
        return FALSE;
      recipe->assumed &= ~WHY_RECIPE_FIELD_PAD;
    }
  return TRUE;
}

/* Both or none, and only with "normalise": "window". */
static gboolean
read_window (WhyRecipe *recipe, JsonObject *object, GError **error)
{
  const gboolean has_centre = json_object_has_member (object, "centre");
  const gboolean has_width = json_object_has_member (object, "width");
  const gboolean wanted = recipe->normalise == WHY_RECIPE_NORMALISE_WINDOW;

  if (has_centre != wanted || has_width != wanted)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "normalise: \"window\" needs the two numbers centre and width, and nothing else has them");
      return FALSE;
    }
  return !wanted || (read_number (object, "centre", &recipe->window_centre, error) &&
                     read_number (object, "width", &recipe->window_width, error));
}

static gboolean
read_values (WhyRecipe *recipe, JsonObject *object, GError **error)
{
  double numbers[3];
  int choice;

  if (json_object_has_member (object, "channels"))
    {
      if (!read_choice (object, "channels", channels_names, G_N_ELEMENTS (channels_names), &choice, error))
        return FALSE;
      recipe->channels = (WhyRecipeChannels) choice;
      recipe->assumed &= ~WHY_RECIPE_FIELD_CHANNELS;
    }
  if (json_object_has_member (object, "layout"))
    {
      if (!read_choice (object, "layout", layout_names, G_N_ELEMENTS (layout_names), &choice, error))
        return FALSE;
      recipe->layout = (WhyRecipeLayout) choice;
      recipe->assumed &= ~WHY_RECIPE_FIELD_LAYOUT;
    }
  if (json_object_has_member (object, "mean"))
    {
      if (!read_channels (object, "mean", recipe->mean, error))
        return FALSE;
      recipe->assumed &= ~WHY_RECIPE_FIELD_MEAN;
    }
  if (json_object_has_member (object, "std"))
    {
      if (!read_channels (object, "std", recipe->std, error))
        return FALSE;
      recipe->assumed &= ~WHY_RECIPE_FIELD_STD;
    }
  if (json_object_has_member (object, "scale"))
    {
      if (!read_number (object, "scale", &recipe->scale, error))
        return FALSE;
      recipe->assumed &= ~WHY_RECIPE_FIELD_SCALE;
    }
  else
    {
      /* Means in the hundreds are means of bytes. */
      const double largest = MAX (MAX (fabs (recipe->mean[0]), fabs (recipe->mean[1])), fabs (recipe->mean[2]));
      /* Volumes that are normalised have no bytes to be divided. */
      const gboolean is_volume = json_object_has_member (object, "normalise") &&
                                 (recipe->depth > 0 || recipe->width == 0);
      recipe->scale = largest > 1.5 || is_volume ? 1.0 : 255.0;
    }
  if (json_object_has_member (object, "normalise"))
    {
      if (!read_choice (object, "normalise", normalise_names, G_N_ELEMENTS (normalise_names), &choice, error))
        return FALSE;
      recipe->normalise = (WhyRecipeNormalise) choice;
      recipe->assumed &= ~WHY_RECIPE_FIELD_NORMALISE;
    }
  if (!read_window (recipe, object, error))
    return FALSE;
  if (json_object_has_member (object, "clip"))
    {
      if (read_numbers (object, "clip", 2, 2, numbers, error) == 0)
        return FALSE;
      recipe->has_clip = TRUE;
      recipe->clip_low = numbers[0];
      recipe->clip_high = numbers[1];
    }
  return TRUE;
}

static gboolean
read_labels (WhyRecipe *recipe, JsonObject *object, const char *folder, const char *anchor, GError **error)
{
  const gboolean has_list = json_object_has_member (object, "labels");
  const gboolean has_file = json_object_has_member (object, "labels_file");

  if (has_list && has_file)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "labels and labels_file exclude each other");
      return FALSE;
    }
  if (has_list)
    {
      JsonNode *node = json_object_get_member (object, "labels");
      JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
      const guint n_labels = array != NULL ? json_array_get_length (array) : 0;
      GStrvBuilder *builder = g_strv_builder_new ();

      for (guint label = 0; label < n_labels; label++)
        {
          JsonNode *element = json_array_get_element (array, label);

          if (JSON_NODE_HOLDS_VALUE (element) && json_node_get_value_type (element) == G_TYPE_STRING)
            g_strv_builder_add (builder, json_node_get_string (element));
        }
      recipe->labels = g_strv_builder_end (builder);
      g_strv_builder_unref (builder);
      if (n_labels == 0 || g_strv_length (recipe->labels) != n_labels)
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "labels: a list of strings is needed");
          return FALSE;
        }
      recipe->assumed &= ~WHY_RECIPE_FIELD_LABELS;
    }
  if (has_file)
    {
      const char *name;

      if (!read_string (object, "labels_file", &name, error))
        return FALSE;
      if (folder == NULL)
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "labels_file: there is no folder to look in");
          return FALSE;
        }
      g_autofree char *text = why_recipe_read_beside (folder, anchor, name, error);
      if (text == NULL)
        {
          g_prefix_error_literal (error, "labels_file: ");
          return FALSE;
        }
      recipe->labels = why_recipe_parse_label_lines (text);
      if (recipe->labels == NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "labels_file: %s holds no names", name);
          return FALSE;
        }
      recipe->assumed &= ~WHY_RECIPE_FIELD_LABELS;
    }
  return TRUE;
}

/* What a pixel of the input was in training. */
static gboolean
read_lengths (WhyRecipe *recipe, JsonObject *object, GError **error)
{
  if (json_object_has_member (object, "mpp"))
    {
      if (!read_number (object, "mpp", &recipe->mpp, error))
        return FALSE;
      if (!(recipe->mpp > 0.0) || recipe->mpp > 1e6)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "mpp: %g is no number of micrometres per pixel",
                       recipe->mpp);
          return FALSE;
        }
    }
  if (json_object_has_member (object, "spacing"))
    {
      if (read_numbers (object, "spacing", 3, 3, recipe->spacing, error) == 0)
        return FALSE;
      for (int axis = 0; axis < 3; axis++)
        {
          if (recipe->spacing[axis] > 0.0 && recipe->spacing[axis] <= 1e6)
            continue;
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "spacing: %g is no number of millimetres",
                       recipe->spacing[axis]);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
read_object (WhyRecipe *recipe, JsonObject *object, const char *folder, const char *anchor, GError **error)
{
  const char *text;
  double version;
  int choice;

  if (!check_keys (object, error))
    return FALSE;
  if (!json_object_has_member (object, "version"))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "version: is missing; it must be 1");
      return FALSE;
    }
  if (!read_number (object, "version", &version, error))
    return FALSE;
  if (version != 1.0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "version: %g is not known here, only 1", version);
      return FALSE;
    }
  if (!read_geometry (recipe, object, error) || !read_values (recipe, object, error) ||
      !read_lengths (recipe, object, error) || !read_labels (recipe, object, folder, anchor, error))
    return FALSE;
  if (json_object_has_member (object, "task"))
    {
      if (!read_choice (object, "task", task_names, G_N_ELEMENTS (task_names), &choice, error))
        return FALSE;
      recipe->task = (WhyRecipeTask) choice;
      recipe->assumed &= ~WHY_RECIPE_FIELD_TASK;
    }
  if (json_object_has_member (object, "layer"))
    {
      if (!read_string (object, "layer", &text, error))
        return FALSE;
      recipe->layer = g_strdup (text);
    }
  if (json_object_has_member (object, "note"))
    {
      if (!read_string (object, "note", &text, error))
        return FALSE;
      recipe->note = g_strdup (text);
    }
  return TRUE;
}

WhyRecipe *
why_recipe_parse_beside (const char *json, gssize length, const char *what, const char *folder, const char *anchor,
                         GError **error)
{
  const gsize n_bytes = length < 0 ? strlen (json) : (gsize) length;
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (WhyRecipe) recipe = why_recipe_new ();
  g_autoptr (GError) parse_error = NULL;

  if (n_bytes > WHY_RECIPE_MAX_TEXT)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: is larger than %u bytes", what, WHY_RECIPE_MAX_TEXT);
      return NULL;
    }
  if (!g_utf8_validate_len (json, n_bytes, NULL))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is not UTF-8 text", what);
      return NULL;
    }
  if (!why_json_text_check (json, n_bytes, MAX_DEPTH, error))
    {
      g_prefix_error (error, "%s: ", what);
      return NULL;
    }
  if (!json_parser_load_from_data (parser, json, (gssize) n_bytes, &parse_error))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is not JSON: %s", what, parse_error->message);
      return NULL;
    }
  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is not a JSON object", what);
      return NULL;
    }
  if (!read_object (recipe, json_node_get_object (root), folder, anchor, error))
    {
      g_prefix_error (error, "%s: ", what);
      return NULL;
    }
  recipe->source = WHY_RECIPE_SOURCE_FILE;
  recipe->origin = g_strdup (what);
  return g_steal_pointer (&recipe);
}

/* Without a model to fill in what is open, the recipe must do on its own. Takes @recipe. */
static WhyRecipe *
check_alone (WhyRecipe *recipe, GError **error)
{
  if (recipe != NULL && !why_recipe_validate (recipe, error))
    {
      g_prefix_error (error, "%s: ", recipe->origin);
      g_clear_pointer (&recipe, why_recipe_unref);
    }
  return recipe;
}

WhyRecipe *
why_recipe_parse (const char *json, gssize length, const char *what, const char *folder, GError **error)
{
  return check_alone (why_recipe_parse_beside (json, length, what, folder, NULL, error), error);
}

WhyRecipe *
why_recipe_load (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_filename_display_basename (path);
  g_autofree char *text = why_recipe_read_text (path, error);

  return text != NULL ? check_alone (why_recipe_parse_beside (text, -1, name, folder, path, error), error) : NULL;
}

/* Shortest decimal that reads back as the same double. */
static void
append_number (GString *json, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int digits = 6; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", digits);
      g_ascii_formatd (text, sizeof text, format, value);
      if (g_ascii_strtod (text, NULL) == value)
        break;
    }
  g_string_append (json, text);
}

static void
append_numbers (GString *json, const char *key, const double *values, guint n_values)
{
  g_string_append_printf (json, ",\"%s\":[", key);
  for (guint v = 0; v < n_values; v++)
    {
      if (v > 0)
        g_string_append_c (json, ',');
      append_number (json, values[v]);
    }
  g_string_append_c (json, ']');
}

static void
append_string (GString *json, const char *text)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *quoted = NULL;

  json_node_init_string (node, text);
  quoted = json_to_string (node, FALSE);
  g_string_append (json, quoted);
}

char *
why_recipe_to_json (const WhyRecipe *recipe)
{
  const guint n_channels = (guint) why_recipe_get_n_channels (recipe);
  GString *json = g_string_new ("{\"version\":1");

  if (recipe->width > 0)
    g_string_append_printf (json, ",\"size\":[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT, recipe->width, recipe->height);
  if (recipe->width > 0 && recipe->depth > 0)
    g_string_append_printf (json, ",%" G_GINT64_FORMAT, recipe->depth);
  if (recipe->width > 0)
    g_string_append_c (json, ']');
  if (recipe->normalise != WHY_RECIPE_NORMALISE_NONE)
    g_string_append_printf (json, ",\"normalise\":\"%s\"", normalise_names[recipe->normalise]);
  if (recipe->normalise == WHY_RECIPE_NORMALISE_WINDOW)
    {
      g_string_append (json, ",\"centre\":");
      append_number (json, recipe->window_centre);
      g_string_append (json, ",\"width\":");
      append_number (json, recipe->window_width);
    }
  g_string_append_printf (json, ",\"resize\":\"%s\"", resize_names[recipe->resize]);
  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE)
    g_string_append_printf (json, ",\"shortest\":%" G_GINT64_FORMAT, recipe->shortest);
  g_string_append_printf (json, ",\"crop\":\"%s\",\"filter\":\"%s\",\"channels\":\"%s\",\"layout\":\"%s\"",
                          crop_names[recipe->crop], why_filter_to_string (recipe->filter),
                          channels_names[recipe->channels], layout_names[recipe->layout]);
  append_numbers (json, "pad", recipe->pad, 3);
  g_string_append (json, ",\"scale\":");
  append_number (json, recipe->scale);
  append_numbers (json, "mean", recipe->mean, n_channels);
  append_numbers (json, "std", recipe->std, n_channels);
  if (recipe->has_clip)
    append_numbers (json, "clip", (double[2]) { recipe->clip_low, recipe->clip_high }, 2);
  if (recipe->mpp > 0.0)
    {
      g_string_append (json, ",\"mpp\":");
      append_number (json, recipe->mpp);
    }
  if (recipe->spacing[0] > 0.0)
    append_numbers (json, "spacing", recipe->spacing, 3);
  if (recipe->task != WHY_RECIPE_TASK_UNKNOWN)
    g_string_append_printf (json, ",\"task\":\"%s\"", task_names[recipe->task]);
  if (recipe->layer != NULL)
    {
      g_string_append (json, ",\"layer\":");
      append_string (json, recipe->layer);
    }
  if (recipe->note != NULL)
    {
      g_string_append (json, ",\"note\":");
      append_string (json, recipe->note);
    }
  if (recipe->labels != NULL && recipe->labels[0] != NULL)
    {
      g_string_append (json, ",\"labels\":[");
      for (gsize label = 0; recipe->labels[label] != NULL; label++)
        {
          if (label > 0)
            g_string_append_c (json, ',');
          append_string (json, recipe->labels[label]);
        }
      g_string_append_c (json, ']');
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}
