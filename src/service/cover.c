#include "config.h"

#include "service/cover.h"

#include "base/error.h"
#include "base/json-text.h"
#include "service/json.h"

#include <gio/gio.h>
#include <string.h>

/* A shape and a list of points within a cover; a file is no longer than a session. */
#define MAX_DEPTH 4
#define MAX_BYTES ((gsize) 8 << 20)

void
why_cover_copy (const WhyCover *from, WhyCover *to)
{
  *to = *from;
  why_area_ref (to->shape);
}

void
why_cover_clear (WhyCover *cover)
{
  g_clear_pointer (&cover->shape, why_area_unref);
}

gboolean
why_cover_equal (const WhyCover *a, const WhyCover *b)
{
  return a->fill == b->fill && a->seed == b->seed && why_area_equal (a->shape, b->shape);
}

static void
clear_cover (gpointer cover)
{
  why_cover_clear (cover);
}

GArray *
why_cover_array_new (void)
{
  GArray *covers = g_array_new (FALSE, FALSE, sizeof (WhyCover));

  g_array_set_clear_func (covers, clear_cover);
  return covers;
}

/* ---- JSON ---- */

static gboolean
is_plain (const WhyArea *shape)
{
  return why_area_get_kind (shape) == WHY_AREA_RECTANGLE && !why_area_get_inverse (shape);
}

void
why_cover_write (const WhyCover *cover, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  if (is_plain (cover->shape))
    {
      WhyRect box;

      why_area_get_box (cover->shape, &box);
      why_json_add_double (builder, "x", box.x);
      why_json_add_double (builder, "y", box.y);
      why_json_add_double (builder, "w", box.width);
      why_json_add_double (builder, "h", box.height);
    }
  else
    {
      json_builder_set_member_name (builder, "shape");
      why_area_write (cover->shape, builder);
    }
  why_json_add_string (builder, "fill", why_occlude_fill_to_string (cover->fill));
  why_json_add_int (builder, "seed", (gint64) cover->seed);
  json_builder_end_object (builder);
}

static gboolean
need (const char *key, const char *what, GError **error)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %s is needed", key, what);
  return FALSE;
}

static gboolean
read_number (JsonObject *object, const char *key, double *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      (json_node_get_value_type (node) != G_TYPE_INT64 && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return need (key, "a number", error);
  *value = json_node_get_double (node);
  return TRUE;
}

static WhyArea *
read_rectangle (JsonObject *object, GError **error)
{
  WhyRect box;

  if (!read_number (object, "x", &box.x, error) || !read_number (object, "y", &box.y, error) ||
      !read_number (object, "w", &box.width, error) || !read_number (object, "h", &box.height, error))
    return NULL;
  return why_area_new_rectangle (&box, FALSE, error);
}

static gboolean
check_keys (JsonObject *object, GError **error)
{
  static const char *const known[] = { "fill", "seed", "shape", "x", "y", "w", "h" };
  const gsize n_known = json_object_has_member (object, "shape") ? 3 : G_N_ELEMENTS (known);
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member != NULL; member = member->next)
    {
      gboolean found = FALSE;

      for (gsize key = 0; key < n_known && !found; key++)
        found = strcmp (member->data, known[key]) == 0;
      if (!found)
        {
          g_autofree char *nearest = why_error_nearest (member->data, known, n_known);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "key \"%.60s\" is not known%s", (char *) member->data, nearest);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
why_cover_read (JsonNode *node, WhyCover *cover, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *fill = object != NULL ? json_object_get_member (object, "fill") : NULL;
  JsonNode *seed = object != NULL ? json_object_get_member (object, "seed") : NULL;
  WhyCover read = { .fill = WHY_OCCLUDE_MEAN, .seed = 1 };

  if (object == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "objects are needed");
      return FALSE;
    }
  if (!check_keys (object, error))
    return FALSE;
  if (fill != NULL && (!JSON_NODE_HOLDS_VALUE (fill) || json_node_get_value_type (fill) != G_TYPE_STRING ||
                       !why_occlude_fill_from_string (json_node_get_string (fill), &read.fill)))
    return need ("fill", "one of " WHY_OCCLUDE_FILL_NAMES, error);
  if (seed != NULL && (!JSON_NODE_HOLDS_VALUE (seed) || json_node_get_value_type (seed) != G_TYPE_INT64))
    return need ("seed", "a whole number", error);
  if (seed != NULL)
    read.seed = (guint64) json_node_get_int (seed);
  if (json_object_has_member (object, "shape"))
    {
      read.shape = why_area_read (json_object_get_member (object, "shape"), error);
      if (read.shape == NULL)
        g_prefix_error_literal (error, "shape: ");
    }
  else
    read.shape = read_rectangle (object, error);
  if (read.shape == NULL)
    return FALSE;
  *cover = read;
  return TRUE;
}

/* ---- command lines ---- */

static gboolean
parse_json (const char *json, gsize length, WhyCover *cover, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) failure = NULL;

  if (!g_utf8_validate_len (json, length, NULL))
    g_set_error_literal (&failure, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not UTF-8 text");
  else if (why_json_text_check (json, length, MAX_DEPTH, &failure) &&
           json_parser_load_from_data (parser, json, (gssize) length, &failure))
    {
      JsonNode *root = json_parser_get_root (parser);

      if (root != NULL && why_cover_read (root, cover, &failure))
        return TRUE;
      if (root == NULL)
        g_set_error_literal (&failure, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is empty");
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "what to cover: %s", failure->message);
  return FALSE;
}

static gboolean
parse_file (const char *path, WhyCover *cover, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) failure = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &failure);
  g_autofree char *json = g_malloc (MAX_BYTES + 1);
  gsize length = 0;

  if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream), json, MAX_BYTES + 1, &length, NULL, &failure))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be read: %s", path, failure->message);
      return FALSE;
    }
  if (length > MAX_BYTES)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: is larger than %" G_GSIZE_FORMAT " MB", path, MAX_BYTES >> 20);
      return FALSE;
    }
  if (parse_json (json, length, cover, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

static gboolean
parse_numbers (const char *text, WhyCover *cover, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  const guint n_parts = g_strv_length (parts);
  WhyCover read = { .fill = WHY_OCCLUDE_MEAN, .seed = 1 };
  gboolean fine = n_parts >= 4 && n_parts <= 6;
  double numbers[4] = { 0 };

  for (guint part = 0; fine && part < 4; part++)
    {
      char *end = parts[part];

      numbers[part] = g_ascii_strtod (parts[part], &end);
      fine = end != parts[part] && *end == '\0';
    }
  if (fine && n_parts > 4)
    fine = why_occlude_fill_from_string (parts[4], &read.fill);
  if (fine && n_parts > 5)
    fine = g_ascii_string_to_unsigned (parts[5], 10, 0, G_MAXUINT64, &read.seed, NULL);
  if (fine)
    read.shape = why_area_new_rectangle (&(WhyRect) { numbers[0], numbers[1], numbers[2], numbers[3] }, FALSE, NULL);
  if (read.shape == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "X,Y,W,H[,FILL[,SEED]] in source pixels, JSON or @FILE is needed, not '%s'; fills are " WHY_OCCLUDE_FILL_NAMES,
                   text);
      return FALSE;
    }
  *cover = read;
  return TRUE;
}

gboolean
why_cover_parse (const char *text, WhyCover *cover, GError **error)
{
  if (*text == '@')
    return parse_file (text + 1, cover, error);
  if (*text == '{')
    return parse_json (text, strlen (text), cover, error);
  return parse_numbers (text, cover, error);
}

char *
why_cover_to_text (const WhyCover *cover)
{
  if (is_plain (cover->shape))
    {
      WhyRect box;

      why_area_get_box (cover->shape, &box);
      g_autofree char *x = why_format_number (box.x);
      g_autofree char *y = why_format_number (box.y);
      g_autofree char *w = why_format_number (box.width);
      g_autofree char *h = why_format_number (box.height);
      return g_strdup_printf ("%s,%s,%s,%s,%s,%" G_GUINT64_FORMAT, x, y, w, h, why_occlude_fill_to_string (cover->fill),
                              cover->seed);
    }
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  why_cover_write (cover, builder);
  return why_json_finish (builder);
}
