#include "config.h"

#include "annotation-private.h"

#include "base/error.h"
#include "base/json-text.h"
#include "image/outline.h"
#include "service/json.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* GeoJSON (RFC 7946) as QuPath writes and reads it: coordinates are pixels of the full picture, the origin its top left corner; a
 * Feature for each outline, with
 *
 *   "properties": {"objectType": "annotation", "name": "left one",
 *                  "classification": {"name": "Tumor", "color": [200, 0, 0]}} */

/* Objects and lists within each other: QuPath's measurements are three deep, a MultiPolygon eight. */
#define MAX_DEPTH 24
#define MAX_NAME 200

/* ---- reading ---- */

typedef struct
{
  GArray *data;
  guint n_skipped; /* things that enclose nothing */
} Reader;

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

static JsonObject *
object_of (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
array_of (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static const char *
text_of (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

static char *
dup_name (const char *text)
{
  if (text == NULL)
    return NULL;
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  return g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), MAX_NAME));
}

static gboolean
read_number (JsonArray *array, guint index, double *number)
{
  JsonNode *node = index < json_array_get_length (array) ? json_array_get_element (array, index) : NULL;
  const GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
    return FALSE;
  *number = json_node_get_double (node);
  return isfinite (*number) && fabs (*number) <= WHY_AREA_MAX_COORDINATE;
}

static gboolean
read_ring (JsonArray *array, GArray *rings, GError **error)
{
  const guint n_points = array != NULL ? json_array_get_length (array) : 0;

  if (n_points < 4 || n_points > WHY_AREA_MAX_POINTS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a ring has %u points; it needs 4, the last of them the first again, and at most %d",
                   n_points, WHY_AREA_MAX_POINTS);
      return FALSE;
    }
  WhyRing ring = { g_new (WhyPoint, n_points), n_points, -1 };
  for (guint at = 0; at < n_points; at++)
    {
      JsonArray *pair = array_of (json_array_get_element (array, at));
      if (pair == NULL || !read_number (pair, 0, &ring.points[at].x) || !read_number (pair, 1, &ring.points[at].y))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "point %u of a ring is not two numbers", at + 1);
          g_free (ring.points);
          return FALSE;
        }
    }
  if (ring.points[0].x == ring.points[n_points - 1].x && ring.points[0].y == ring.points[n_points - 1].y)
    ring.n_points--;
  g_array_append_val (rings, ring);
  return TRUE;
}

static gboolean
read_polygon (JsonArray *array, GArray *rings, GError **error)
{
  const guint n_rings = array != NULL ? json_array_get_length (array) : 0;

  if (n_rings == 0 || rings->len + n_rings > WHY_OUTLINE_MAX_RINGS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a Polygon needs a list of 1 to %d rings", WHY_OUTLINE_MAX_RINGS);
      return FALSE;
    }
  for (guint ring = 0; ring < n_rings; ring++)
    if (!read_ring (array_of (json_array_get_element (array, ring)), rings, error))
      return FALSE;
  return TRUE;
}

/* @rings: stays empty for what has no inside. */
static gboolean
read_geometry (JsonObject *geometry, GArray *rings, GError **error)
{
  const char *type = text_of (member (geometry, "type"));
  JsonArray *coordinates = array_of (member (geometry, "coordinates"));

  if (g_strcmp0 (type, "Polygon") == 0)
    return read_polygon (coordinates, rings, error);
  if (g_strcmp0 (type, "MultiPolygon") != 0)
    return TRUE;
  for (guint part = 0; coordinates != NULL && part < json_array_get_length (coordinates); part++)
    if (!read_polygon (array_of (json_array_get_element (coordinates, part)), rings, error))
      return FALSE;
  return TRUE;
}

/* QuPath's today, [r, g, b], and of earlier days, one number with alpha on top. */
static void
read_color (JsonObject *class, WhyAnnotationData *data)
{
  JsonArray *parts = array_of (member (class, "color"));
  JsonNode *packed = member (class, "colorRGB");
  double rgb[3];

  if (parts != NULL && read_number (parts, 0, &rgb[0]) && read_number (parts, 1, &rgb[1]) && read_number (parts, 2, &rgb[2]))
    {
      data->has_color = TRUE;
      data->color = (guint32) CLAMP (rgb[0], 0, 255) << 16 | (guint32) CLAMP (rgb[1], 0, 255) << 8 | (guint32) CLAMP (rgb[2], 0, 255);
    }
  else if (packed != NULL && JSON_NODE_HOLDS_VALUE (packed) && json_node_get_value_type (packed) == G_TYPE_INT64)
    {
      data->has_color = TRUE;
      data->color = (guint32) json_node_get_int (packed) & 0xffffff;
    }
}

static gboolean
read_feature (Reader *reader, JsonObject *feature, GError **error)
{
  /* A bare geometry is a feature without properties. */
  JsonObject *geometry = member (feature, "geometry") != NULL ? object_of (member (feature, "geometry")) : feature;
  JsonObject *properties = object_of (member (feature, "properties"));
  JsonObject *class = object_of (member (properties, "classification"));
  g_autoptr (GArray) rings = why_outline_new ();
  WhyAnnotationData data = { .visible = TRUE };

  if (!read_geometry (geometry, rings, error))
    return FALSE;
  if (rings->len == 0)
    {
      reader->n_skipped++;
      return TRUE;
    }
  data.shape = why_outline_to_shape ((const WhyRing *) rings->data, rings->len, error);
  if (data.shape == NULL)
    return FALSE;
  data.name = dup_name (text_of (member (properties, "name")));
  data.class_name = dup_name (text_of (member (class, "name")));
  read_color (class, &data);
  /* Lines are told apart by more than their colour here too. */
  data.pattern = (WhyPattern) (reader->data->len % WHY_N_PATTERNS);
  g_array_append_val (reader->data, data);
  return TRUE;
}

static gboolean
read_features (Reader *reader, JsonArray *features, GError **error)
{
  if (features == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "has no list of features");
      return FALSE;
    }
  for (guint index = 0; index < json_array_get_length (features); index++)
    {
      JsonObject *feature = object_of (json_array_get_element (features, index));
      if (feature == NULL || reader->data->len >= WHY_MAX_ANNOTATIONS)
        {
          if (feature == NULL)
            g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "feature %u is no object", index + 1);
          else
            g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "has more than %d outlines", WHY_MAX_ANNOTATIONS);
          return FALSE;
        }
      if (!read_feature (reader, feature, error))
        {
          g_prefix_error (error, "feature %u: ", index + 1);
          return FALSE;
        }
    }
  return TRUE;
}

GArray *
why_geojson_read (const char *text, gsize length, char **warning, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GArray) data = why_annotation_data_new ();
  Reader reader = { .data = data };
  gboolean fine = TRUE;

  *warning = NULL;
  if (!g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not UTF-8 text");
      return NULL;
    }
  if (!why_json_text_check (text, length, MAX_DEPTH, error))
    return NULL;
  g_autoptr (GError) failure = NULL;
  if (!json_parser_load_from_data (parser, text, (gssize) length, &failure))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not JSON: %s", failure->message);
      return NULL;
    }
  JsonNode *root = json_parser_get_root (parser);
  JsonObject *object = object_of (root);
  if (array_of (root) != NULL)
    fine = read_features (&reader, array_of (root), error);
  else if (g_strcmp0 (text_of (member (object, "type")), "FeatureCollection") == 0)
    fine = read_features (&reader, array_of (member (object, "features")), error);
  else if (object != NULL)
    fine = read_feature (&reader, object, error);
  if (!fine)
    return NULL;
  if (data->len == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "has no Polygon or MultiPolygon, so nothing to compare a map with");
      return NULL;
    }
  if (reader.n_skipped > 0)
    *warning = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u point or line was left out: it encloses nothing",
                                             "%u points or lines were left out: they enclose nothing", reader.n_skipped),
                                reader.n_skipped);
  return g_steal_pointer (&data);
}

/* ---- writing ---- */

static void
add_ring (JsonBuilder *builder, const WhyRing *ring)
{
  json_builder_begin_array (builder);
  for (gsize at = 0; at <= ring->n_points; at++)
    {
      const WhyPoint *point = &ring->points[at % ring->n_points];
      json_builder_begin_array (builder);
      json_builder_add_double_value (builder, point->x);
      json_builder_add_double_value (builder, point->y);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
}

static void
add_geometry (JsonBuilder *builder, const GArray *rings)
{
  guint n_parts = 0;

  for (guint index = 0; index < rings->len; index++)
    n_parts += g_array_index (rings, WhyRing, index).parent < 0;
  json_builder_set_member_name (builder, "geometry");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "type", n_parts == 1 ? "Polygon" : "MultiPolygon");
  json_builder_set_member_name (builder, "coordinates");
  if (n_parts != 1)
    json_builder_begin_array (builder);
  /* Each ring comes before its holes. */
  for (guint index = 0; index < rings->len; index++)
    {
      const WhyRing *ring = &g_array_index (rings, WhyRing, index);
      if (ring->parent < 0)
        json_builder_begin_array (builder);
      add_ring (builder, ring);
      if (index + 1 == rings->len || g_array_index (rings, WhyRing, index + 1).parent < 0)
        json_builder_end_array (builder);
    }
  if (n_parts != 1)
    json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
add_properties (JsonBuilder *builder, const WhyAnnotationData *data)
{
  json_builder_set_member_name (builder, "properties");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "objectType", "annotation");
  if (data->name != NULL)
    why_json_add_string (builder, "name", data->name);
  if (data->class_name != NULL && *data->class_name != '\0')
    {
      json_builder_set_member_name (builder, "classification");
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", data->class_name);
      json_builder_set_member_name (builder, "color");
      json_builder_begin_array (builder);
      for (int shift = 16; shift >= 0; shift -= 8)
        json_builder_add_int_value (builder, data->color >> shift & 0xff);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

char *
why_geojson_write (const GArray *data, gint64 width, gint64 height, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_string (builder, "type", "FeatureCollection");
  json_builder_set_member_name (builder, "features");
  json_builder_begin_array (builder);
  for (guint index = 0; index < data->len; index++)
    {
      const WhyAnnotationData *annotation = &g_array_index (data, WhyAnnotationData, index);
      g_autoptr (GArray) rings = why_outline_of_shape (annotation->shape, width, height, error);
      if (rings == NULL)
        {
          g_prefix_error (error, "%s: ", annotation->name != NULL ? annotation->name : "");
          return NULL;
        }
      /* A brush beside the picture covers nothing. */
      if (rings->len == 0)
        continue;
      json_builder_begin_object (builder);
      why_json_add_string (builder, "type", "Feature");
      add_geometry (builder, rings);
      add_properties (builder, annotation);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return why_json_finish (builder);
}
