#include "config.h"

#include "area-private.h"

#include "base/error.h"
#include "base/json-text.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* An object holding a list is two levels; as part of a session it is read from a parsed tree. */
#define MAX_DEPTH 4
#define MAX_BYTES ((gsize) 32 << 20)

/* ---- writing ---- */

static void
add_number (JsonBuilder *builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_double_value (builder, value);
}

static char *
deflate_values (const WhyTensor *values)
{
  const gsize n_bytes = why_tensor_count (values);
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, -1));
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  gsize n_read = 0;
  GConverterResult state = G_CONVERTER_CONVERTED;

  while (state != G_CONVERTER_FINISHED)
    {
      guint8 buffer[16384];
      gsize n_taken = 0;
      gsize n_given = 0;

      /* Memory to memory with room to spare: nothing can fail that the text could speak of. */
      state = g_converter_convert (compressor, (const guint8 *) values->data + n_read, n_bytes - n_read, buffer,
                                   sizeof buffer, G_CONVERTER_INPUT_AT_END, &n_taken, &n_given, NULL);
      g_return_val_if_fail (state != G_CONVERTER_ERROR, g_strdup (""));
      g_byte_array_append (packed, buffer, (guint) n_given);
      n_read += n_taken;
    }
  return g_base64_encode (packed->data, packed->len);
}

void
why_area_write (const WhyArea *shape, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "kind");
  json_builder_add_string_value (builder, why_area_kind_to_string (shape->kind));
  if (shape->points != NULL)
    {
      json_builder_set_member_name (builder, "points");
      json_builder_begin_array (builder);
      for (gsize point = 0; point < shape->n_points; point++)
        {
          json_builder_add_double_value (builder, shape->points[point].x);
          json_builder_add_double_value (builder, shape->points[point].y);
        }
      json_builder_end_array (builder);
    }
  else
    {
      add_number (builder, "x", shape->box.x);
      add_number (builder, "y", shape->box.y);
      add_number (builder, "w", shape->box.width);
      add_number (builder, "h", shape->box.height);
    }
  if (shape->kind == WHY_AREA_BRUSH)
    add_number (builder, "radius", shape->radius);
  if (shape->kind == WHY_AREA_MASK)
    {
      g_autofree char *data = deflate_values (shape->values);

      json_builder_set_member_name (builder, "columns");
      json_builder_add_int_value (builder, shape->values->dims[1]);
      json_builder_set_member_name (builder, "rows");
      json_builder_add_int_value (builder, shape->values->dims[0]);
      json_builder_set_member_name (builder, "data");
      json_builder_add_string_value (builder, data);
    }
  if (shape->inverse)
    {
      json_builder_set_member_name (builder, "inverse");
      json_builder_add_boolean_value (builder, TRUE);
    }
  json_builder_end_object (builder);
}

char *
why_area_to_json (const WhyArea *shape)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  why_area_write (shape, builder);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* ---- reading ---- */

static gboolean
is_number (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  const GType type = json_node_get_value_type (node);
  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
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

  if (!is_number (node))
    return need (key, "a number", error);
  *value = json_node_get_double (node);
  return TRUE;
}

static gboolean
read_box (JsonObject *object, WhyRect *box, GError **error)
{
  return read_number (object, "x", &box->x, error) && read_number (object, "y", &box->y, error) &&
         read_number (object, "w", &box->width, error) && read_number (object, "h", &box->height, error);
}

static gboolean
read_count (JsonObject *object, const char *key, gint64 *count, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) < 1 || json_node_get_int (node) > WHY_AREA_MAX_CELLS)
    return need (key, "a whole number of cells above 0", error);
  *count = json_node_get_int (node);
  return TRUE;
}

static WhyPoint *
read_points (JsonObject *object, gsize *n_points, GError **error)
{
  JsonNode *node = json_object_get_member (object, "points");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n_numbers = array != NULL ? json_array_get_length (array) : 0;

  if (array == NULL || n_numbers % 2 != 0)
    {
      need ("points", "a list of x, y, x, y...", error);
      return NULL;
    }
  if (n_numbers / 2 > WHY_AREA_MAX_POINTS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "points: %u of them; at most %d are possible", n_numbers / 2,
                   WHY_AREA_MAX_POINTS);
      return NULL;
    }
  g_autofree WhyPoint *points = g_new (WhyPoint, MAX (n_numbers / 2, 1));
  for (guint point = 0; point < n_numbers / 2; point++)
    {
      JsonNode *x = json_array_get_element (array, 2 * point);
      JsonNode *y = json_array_get_element (array, 2 * point + 1);

      if (!is_number (x) || !is_number (y))
        {
          need ("points", "a list of numbers", error);
          return NULL;
        }
      points[point] = (WhyPoint) { json_node_get_double (x), json_node_get_double (y) };
    }
  *n_points = n_numbers / 2;
  return g_steal_pointer (&points);
}

/* Fills the tensor exactly, and never writes beyond it whatever the text says. */
static gboolean
inflate_values (const char *text, WhyTensor *values, GError **error)
{
  const gsize n_bytes = why_tensor_count (values);
  g_autoptr (GConverter) decompressor = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  gsize n_packed = 0;
  g_autofree guchar *packed = g_base64_decode (text, &n_packed);
  gsize n_read = 0;
  gsize n_written = 0;

  while (n_packed > 0)
    {
      guint8 beyond;
      const gboolean full = n_written == n_bytes;
      gsize n_taken = 0;
      gsize n_given = 0;
      /* The end may still be to be read when the last value is there; anything more is one value too many. */
      const GConverterResult state =
        g_converter_convert (decompressor, packed + n_read, n_packed - n_read,
                             full ? &beyond : (guint8 *) values->data + n_written, full ? 1 : n_bytes - n_written,
                             G_CONVERTER_INPUT_AT_END, &n_taken, &n_given, NULL);

      if (state == G_CONVERTER_ERROR || (full && n_given > 0))
        break;
      n_read += n_taken;
      n_written += n_given;
      if (state == G_CONVERTER_FINISHED)
        {
          if (n_written == n_bytes)
            return TRUE;
          break;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "data: does not hold %" G_GSIZE_FORMAT " values in zlib's format as base64", n_bytes);
  return FALSE;
}

static WhyArea *
read_mask (JsonObject *object, gboolean inverse, GError **error)
{
  JsonNode *data = json_object_get_member (object, "data");
  WhyRect box;
  gint64 dims[2];

  if (!read_box (object, &box, error) || !read_count (object, "columns", &dims[1], error) ||
      !read_count (object, "rows", &dims[0], error))
    return NULL;
  if (dims[0] > WHY_AREA_MAX_CELLS / dims[1])
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "columns: a mask of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " cells; at most %" G_GINT64_FORMAT
                   " are possible",
                   dims[1], dims[0], WHY_AREA_MAX_CELLS);
      return NULL;
    }
  if (data == NULL || !JSON_NODE_HOLDS_VALUE (data) || json_node_get_value_type (data) != G_TYPE_STRING)
    {
      need ("data", "a string", error);
      return NULL;
    }
  g_autoptr (WhyTensor) values = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, error);
  if (values == NULL || !inflate_values (json_node_get_string (data), values, error))
    return NULL;
  return why_area_new_mask (values, &box, inverse, error);
}

static gboolean
check_keys (JsonObject *object, WhyAreaKind kind, GError **error)
{
  static const char *const of_boxes[] = { "kind", "inverse", "x", "y", "w", "h" };
  static const char *const of_polygons[] = { "kind", "inverse", "points" };
  static const char *const of_brushes[] = { "kind", "inverse", "points", "radius" };
  static const char *const of_masks[] = { "kind", "inverse", "x", "y", "w", "h", "columns", "rows", "data" };
  const char *const *known = kind == WHY_AREA_POLYGON ? of_polygons
                             : kind == WHY_AREA_BRUSH ? of_brushes
                             : kind == WHY_AREA_MASK  ? of_masks
                                                       : of_boxes;
  const gsize n_known = kind == WHY_AREA_POLYGON ? G_N_ELEMENTS (of_polygons)
                        : kind == WHY_AREA_BRUSH ? G_N_ELEMENTS (of_brushes)
                        : kind == WHY_AREA_MASK  ? G_N_ELEMENTS (of_masks)
                                                  : G_N_ELEMENTS (of_boxes);
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member != NULL; member = member->next)
    {
      gboolean found = FALSE;

      for (gsize key = 0; key < n_known && !found; key++)
        found = strcmp (member->data, known[key]) == 0;
      if (!found)
        {
          g_autofree char *nearest = why_error_nearest (member->data, known, n_known);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "key \"%.60s\" is not known of a %s%s",
                       (char *) member->data, why_area_kind_to_string (kind), nearest);
          return FALSE;
        }
    }
  return TRUE;
}

WhyArea *
why_area_read (JsonNode *node, GError **error)
{
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *kind_node = object != NULL ? json_object_get_member (object, "kind") : NULL;
  JsonNode *inverse_node = object != NULL ? json_object_get_member (object, "inverse") : NULL;
  g_autofree WhyPoint *points = NULL;
  gsize n_points = 0;
  WhyAreaKind kind;
  WhyRect box;
  double radius;

  if (object == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a shape must be a JSON object");
      return NULL;
    }
  if (kind_node == NULL || !JSON_NODE_HOLDS_VALUE (kind_node) ||
      json_node_get_value_type (kind_node) != G_TYPE_STRING ||
      !why_area_kind_from_string (json_node_get_string (kind_node), &kind))
    {
      need ("kind", "one of rectangle, ellipse, polygon, brush, mask", error);
      return NULL;
    }
  if (inverse_node != NULL && (!JSON_NODE_HOLDS_VALUE (inverse_node) ||
                               json_node_get_value_type (inverse_node) != G_TYPE_BOOLEAN))
    {
      need ("inverse", "true or false", error);
      return NULL;
    }
  if (!check_keys (object, kind, error))
    return NULL;
  const gboolean inverse = inverse_node != NULL && json_node_get_boolean (inverse_node);
  switch (kind)
    {
    case WHY_AREA_RECTANGLE:
      return read_box (object, &box, error) ? why_area_new_rectangle (&box, inverse, error) : NULL;
    case WHY_AREA_ELLIPSE:
      return read_box (object, &box, error) ? why_area_new_ellipse (&box, inverse, error) : NULL;
    case WHY_AREA_MASK:
      return read_mask (object, inverse, error);
    case WHY_AREA_POLYGON:
      points = read_points (object, &n_points, error);
      return points != NULL ? why_area_new_polygon (points, n_points, inverse, error) : NULL;
    case WHY_AREA_BRUSH:
    default:
      points = read_points (object, &n_points, error);
      if (points == NULL || !read_number (object, "radius", &radius, error))
        return NULL;
      return why_area_new_brush (points, n_points, radius, inverse, error);
    }
}

WhyArea *
why_area_from_json (const char *json, gssize length, GError **error)
{
  const gsize n_bytes = length < 0 ? strlen (json) : (gsize) length;
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) failure = NULL;

  if (n_bytes > MAX_BYTES)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "a shape of %" G_GSIZE_FORMAT " bytes; at most %" G_GSIZE_FORMAT
                   " MB can be read", n_bytes, MAX_BYTES >> 20);
      return NULL;
    }
  if (!g_utf8_validate_len (json, n_bytes, NULL))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a shape must be UTF-8 text");
      return NULL;
    }
  if (!why_json_text_check (json, n_bytes, MAX_DEPTH, &failure) ||
      !json_parser_load_from_data (parser, json, (gssize) n_bytes, &failure))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a shape cannot be read: %s", failure->message);
      return NULL;
    }
  return why_area_read (json_parser_get_root (parser), error);
}
