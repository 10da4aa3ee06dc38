#include "config.h"

#include "model-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Texts from files are cut where nobody could read them anyway. */
#define MAX_TEXT 4096

char *
why_model_clean_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) strnlen (text, MAX_TEXT));
  GString *clean = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar character = g_utf8_get_char (at);
      const GUnicodeType type = g_unichar_type (character);
      if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR ||
          type == G_UNICODE_PARAGRAPH_SEPARATOR)
        g_string_append_c (clean, ' ');
      else
        g_string_append_unichar (clean, character);
    }
  g_strstrip (clean->str);
  return g_string_free (clean, FALSE);
}

void
why_model_make_labels (WhyModel *self)
{
  const guint n_labels = self->recipe->labels != NULL ? g_strv_length (self->recipe->labels) : 0;
  g_autofree char *assumed = why_recipe_assumed_to_string (self->recipe);

  self->labels = g_new0 (char *, (gsize) self->n_classes + 1);
  for (int label = 0; label < self->n_classes; label++)
    {
      if ((guint) label < n_labels)
        self->labels[label] = why_model_clean_text (self->recipe->labels[label]);
      if (self->labels[label] == NULL || *self->labels[label] == '\0')
        {
          g_free (self->labels[label]);
          self->labels[label] = g_strdup_printf (_ ("class %d"), label);
        }
    }
  /* A list that does not fit probably shifts the names: that must be seen. */
  if (n_labels > 0 && self->n_classes > 0 && n_labels != (guint) self->n_classes)
    self->assumed_text = g_strdup_printf (_ ("%s%slabels (%u for %d classes)"), assumed, *assumed != '\0' ? ", " : "",
                                          n_labels, self->n_classes);
  else
    self->assumed_text = g_steal_pointer (&assumed);
}

WhyModel *
why_model_copy_with_labels (WhyModel *self, char **labels)
{
  WhyModel *copy = g_object_new (WHY_TYPE_MODEL, NULL);

  copy->path = g_strdup (self->path);
  copy->recipe_path = g_strdup (self->recipe_path);
  copy->title = g_strdup (self->title);
  copy->summary = g_strdup (self->summary);
  copy->producer = g_strdup (self->producer);
  copy->recipe_text = g_strdup (self->recipe_text);
  copy->limitation = g_strdup (self->limitation);
  copy->onnx = why_onnx_model_ref (self->onnx);
  copy->recipe = why_recipe_copy (self->recipe);
  g_set_object (&copy->layers, self->layers);
  copy->n_classes = self->n_classes;
  copy->default_layer = g_strdup (self->default_layer);
  copy->method_limits = self->method_limits != NULL ? g_ptr_array_ref (self->method_limits) : NULL;
  copy->ends_in = self->ends_in;
  copy->multi_label = self->multi_label;
  copy->dense = self->dense;
  copy->opset = self->opset;
  copy->n_nodes = self->n_nodes;
  copy->n_parameters = self->n_parameters;
  copy->input = self->input;

  g_strfreev (copy->recipe->labels);
  copy->recipe->labels = g_strdupv (labels);
  copy->recipe->assumed &= ~(guint) WHY_RECIPE_FIELD_LABELS;
  why_model_make_labels (copy);
  return copy;
}
