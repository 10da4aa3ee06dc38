#include "config.h"

#include "service/samples.h"

#include "base/error.h"
#include "base/json-text.h"
#include "data-files.h"

#include <json-glib/json-glib.h>

#define MAX_DEPTH 4
#define SAMPLES_FOLDER "data" G_DIR_SEPARATOR_S "samples"

void
why_sample_free (WhySample *sample)
{
  g_free (sample->id);
  g_free (sample->title);
  g_free (sample->story);
  g_free (sample->picture);
  g_free (sample->model);
  g_free (sample->class_name);
  g_free (sample->layer);
  g_free (sample->method);
  g_free (sample->polarity);
  g_free (sample);
}

static void
sample_free (gpointer sample)
{
  why_sample_free (sample);
}

static char *
take_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_dup_string (node)
           : NULL;
}

static WhySample *
take_sample (JsonObject *object, GError **error)
{
  g_autoptr (WhySample) sample = g_new0 (WhySample, 1);
  g_autofree char *picture = take_text (object, "picture");
  g_autofree char *model = take_text (object, "model");

  sample->id = take_text (object, "id");
  sample->title = take_text (object, "title");
  sample->story = take_text (object, "story");
  sample->class_name = take_text (object, "class");
  sample->layer = take_text (object, "layer");
  sample->method = take_text (object, "method");
  sample->polarity = take_text (object, "polarity");
  if (sample->id == NULL || sample->title == NULL || sample->story == NULL || picture == NULL || model == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "samples.json: an example needs id, title, story, picture and model");
      return NULL;
    }
  sample->picture = why_data_file_find ("samples", picture, SAMPLES_FOLDER, error);
  sample->model = sample->picture != NULL ? why_data_file_find ("models", model, "models", error) : NULL;
  return sample->model != NULL ? g_steal_pointer (&sample) : NULL;
}

GPtrArray *
why_samples_list (GError **error)
{
  g_autofree char *path = why_data_file_find ("samples", "samples.json", SAMPLES_FOLDER, error);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GPtrArray) samples = g_ptr_array_new_with_free_func (sample_free);
  g_autoptr (GError) failure = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  if (path == NULL || !g_file_get_contents (path, &text, &length, error) ||
      !why_json_text_check (text, length, MAX_DEPTH, error) ||
      !json_parser_load_from_data (parser, text, (gssize) length, error))
    return NULL;
  JsonNode *root = json_parser_get_root (parser);
  JsonArray *array = root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;
  for (guint index = 0; array != NULL && index < json_array_get_length (array); index++)
    {
      JsonNode *node = json_array_get_element (array, index);
      g_clear_error (&failure);
      WhySample *sample = JSON_NODE_HOLDS_OBJECT (node) ? take_sample (json_node_get_object (node), &failure) : NULL;
      if (sample != NULL)
        g_ptr_array_add (samples, sample);
    }
  if (samples->len > 0)
    return g_steal_pointer (&samples);
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "No example is installed%s%s", failure != NULL ? ": " : "",
               failure != NULL ? failure->message : "");
  return NULL;
}

WhySample *
why_samples_find (const char *id, GError **error)
{
  g_autoptr (GPtrArray) samples = why_samples_list (error);

  for (guint index = 0; samples != NULL && index < samples->len; index++)
    {
      const WhySample *sample = g_ptr_array_index (samples, index);
      if (id == NULL || g_str_equal (sample->id, id))
        {
          g_ptr_array_set_free_func (samples, NULL);
          for (guint other = 0; other < samples->len; other++)
            {
              if (other != index)
                why_sample_free (g_ptr_array_index (samples, other));
            }
          return g_ptr_array_index (samples, index);
        }
    }
  if (samples != NULL)
    g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "There is no example “%s”", id);
  return NULL;
}

char *
why_samples_model (GError **error)
{
  g_autoptr (WhySample) sample = why_samples_find (NULL, error);

  return sample != NULL ? g_strdup (sample->model) : NULL;
}

char *
why_samples_picture (GError **error)
{
  g_autoptr (WhySample) sample = why_samples_find (NULL, error);

  return sample != NULL ? g_strdup (sample->picture) : NULL;
}
