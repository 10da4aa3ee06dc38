#include "config.h"

#include "session-file-private.h"

#include "base/error.h"
#include "service/json.h"

#include <string.h>

/* How picture and volume lie on the screen, and where a volume's planes meet. */

void
why_session_add_view (JsonBuilder *builder, const WhyDocumentView *view)
{
  why_json_add_string (builder, "planes", view->three_planes ? "three" : "one");
  why_json_add_string (builder, "projection", view->projected ? "maximum" : "none");
  why_json_add_boolean (builder, "mirrored", why_turn_is_mirrored (view->turn));
  why_json_add_int (builder, "rotation", 90 * why_turn_get_quarters (view->turn));
  if (view->window.width > 0.0)
    {
      why_json_add_double (builder, "window_width", view->window.width);
      why_json_add_double (builder, "window_level", view->window.centre);
    }
}

/* One of two words; none: @value stays. */
static gboolean
take_word (JsonObject *object, const char *name, const char *no, const char *yes, gboolean *value, GError **error)
{
  g_autofree char *word = NULL;

  if (!why_session_take (object, name, WHY_SESSION_TEXT, &word, error))
    return FALSE;
  if (word == NULL)
    return TRUE;
  if (strcmp (word, no) != 0 && strcmp (word, yes) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: \"%.40s\" is not known; there are %s and %s", name,
                   word, no, yes);
      return FALSE;
    }
  *value = strcmp (word, yes) == 0;
  return TRUE;
}

gboolean
why_session_take_view (JsonObject *object, WhyDocumentView *view, GError **error)
{
  gboolean mirrored = FALSE;
  gint64 rotation = 0;

  if (!take_word (object, "planes", "one", "three", &view->three_planes, error) ||
      !take_word (object, "projection", "none", "maximum", &view->projected, error) ||
      !why_session_take (object, "mirrored", WHY_SESSION_TRUTH, &mirrored, error) ||
      !why_session_take (object, "rotation", WHY_SESSION_WHOLE, &rotation, error) ||
      !why_session_take (object, "window_width", WHY_SESSION_NUMBER, &view->window.width, error) ||
      !why_session_take (object, "window_level", WHY_SESSION_NUMBER, &view->window.centre, error))
    return FALSE;
  view->window.width = MAX (view->window.width, 0.0);
  if (rotation % 90 != 0 || rotation < 0 || rotation > 270)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "rotation: %" G_GINT64_FORMAT " is not known; there are 0, 90, 180 and 270", rotation);
      return FALSE;
    }
  view->turn = (mirrored ? 4 : 0) | (int) (rotation / 90);
  return TRUE;
}

void
why_session_add_cross_hair (JsonBuilder *builder, const gint64 *voxel)
{
  json_builder_set_member_name (builder, "cross_hair");
  json_builder_begin_array (builder);
  for (int axis = 0; axis < 3; axis++)
    json_builder_add_int_value (builder, voxel[axis]);
  json_builder_end_array (builder);
}

gboolean
why_session_take_cross_hair (JsonObject *object, gint64 *voxel, GError **error)
{
  JsonNode *node = json_object_get_member (object, "cross_hair");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  gboolean fine = array != NULL && json_array_get_length (array) == 3;

  if (node == NULL)
    return TRUE;
  for (guint axis = 0; fine && axis < 3; axis++)
    {
      JsonNode *element = json_array_get_element (array, axis);
      fine = JSON_NODE_HOLDS_VALUE (element) && json_node_get_value_type (element) == G_TYPE_INT64 &&
             json_node_get_int (element) >= 0;
      voxel[axis] = fine ? json_node_get_int (element) : -1;
    }
  if (!fine)
    g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                         "cross_hair: a list of column, row and slice is needed");
  return fine;
}
