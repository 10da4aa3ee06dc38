#include "config.h"

#include "session-file-private.h"
#include "session-compare.h"

#include "base/error.h"
#include "service/json.h"

#include <math.h>

/* The steps of a talk in a session file: each as the session itself, with a name and a part of the picture. */

#define MAX_STEPS 1000

static void
step_free (gpointer data)
{
  WhySessionStep *step = data;

  g_free (step->name);
  g_free (step->picture);
  why_document_state_clear (&step->state);
  g_clear_pointer (&step->covers, g_array_unref);
  g_free (step);
}

GPtrArray *
why_session_steps_new (void)
{
  return g_ptr_array_new_with_free_func (step_free);
}

WhySessionStep *
why_session_step_new (void)
{
  WhySessionStep *step = g_new0 (WhySessionStep, 1);

  step->covers = why_cover_array_new ();
  step->slice = -1;
  return step;
}

void
why_session_add_steps (JsonBuilder *builder, const GPtrArray *steps, const char *folder)
{
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint index = 0; steps != NULL && index < steps->len; index++)
    {
      const WhySessionStep *step = g_ptr_array_index (steps, index);
      const double part[] = { step->part.x, step->part.y, step->part.width, step->part.height };

      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", step->name);
      if (step->slice >= 0)
        {
          why_json_add_string (builder, "plane", why_plane_kind_to_string (step->plane));
          why_json_add_int (builder, "slice", step->slice);
        }
      json_builder_set_member_name (builder, "part");
      json_builder_begin_array (builder);
      for (gsize number = 0; number < G_N_ELEMENTS (part); number++)
        json_builder_add_double_value (builder, part[number]);
      json_builder_end_array (builder);
      if (step->picture != NULL)
        why_json_add_string (builder, "picture", step->picture);
      why_json_add_int (builder, "picture_width", step->picture_width);
      why_json_add_int (builder, "picture_height", step->picture_height);
      why_session_add_state (builder, &step->state, step->covers);
      why_session_compare_add (builder, step->state.comparison, step->state.curtain, folder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static gboolean
take_part (JsonObject *object, WhyRect *part, GError **error)
{
  JsonNode *node = json_object_get_member (object, "part");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  double numbers[4];

  if (node == NULL)
    return TRUE;
  gboolean fine = array != NULL && json_array_get_length (array) == 4;
  for (guint number = 0; fine && number < 4; number++)
    {
      JsonNode *element = json_array_get_element (array, number);
      const GType type = JSON_NODE_HOLDS_VALUE (element) ? json_node_get_value_type (element) : G_TYPE_INVALID;
      fine = type == G_TYPE_DOUBLE || type == G_TYPE_INT64;
      numbers[number] = fine ? json_node_get_double (element) : 0;
      fine = fine && isfinite (numbers[number]);
    }
  if (!fine || numbers[2] < 0 || numbers[3] < 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "part: a list of x, y, width and height is needed");
      return FALSE;
    }
  *part = (WhyRect) { numbers[0], numbers[1], numbers[2], numbers[3] };
  return TRUE;
}

static gboolean
take_step (JsonNode *node, const char *folder, WhySessionStep *step, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autofree char *plane = NULL;

  why_document_state_init (&step->state);
  if (object == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "objects are needed");
      return FALSE;
    }
  /* Keys are not checked here: what is not known is another version's, and the session around it says so. */
  if (!why_session_take (object, "name", WHY_SESSION_TEXT, &step->name, error) ||
      !why_session_take (object, "plane", WHY_SESSION_TEXT, &plane, error) ||
      !why_session_take (object, "slice", WHY_SESSION_WHOLE, &step->slice, error) ||
      !why_session_take (object, "picture", WHY_SESSION_TEXT, &step->picture, error) ||
      !why_session_take (object, "picture_width", WHY_SESSION_WHOLE, &step->picture_width, error) ||
      !why_session_take (object, "picture_height", WHY_SESSION_WHOLE, &step->picture_height, error) ||
      !take_part (object, &step->part, error) || !why_session_take_state (object, &step->state, step->covers, error) ||
      !why_session_compare_take (object, folder, &step->state.comparison, &step->state.curtain, error))
    return FALSE;
  if (plane != NULL && !why_plane_kind_from_string (plane, &step->plane))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "plane: \"%.40s\" is not known; there are axial, coronal and sagittal", plane);
      return FALSE;
    }
  return TRUE;
}

gboolean
why_session_take_steps (JsonObject *object, const char *folder, GPtrArray *steps, GError **error)
{
  JsonNode *node = json_object_get_member (object, "steps");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return TRUE;
  if (array == NULL || json_array_get_length (array) > MAX_STEPS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "steps: a list of at most %d is needed", MAX_STEPS);
      return FALSE;
    }
  for (guint index = 0; index < json_array_get_length (array); index++)
    {
      WhySessionStep *step = why_session_step_new ();
      g_ptr_array_add (steps, step);
      if (!take_step (json_array_get_element (array, index), folder, step, error))
        {
          g_prefix_error (error, "steps: number %u: ", index + 1);
          return FALSE;
        }
    }
  return TRUE;
}
