#include "config.h"

#include "service/layer-title.h"

#include <string.h>

/* "Clip_output_0" -> "Clip", "Relu6:0" -> "Relu6"; other outputs than the first keep their number. */
static void
cut_output (char *name)
{
  char *output = g_str_has_suffix (name, "_output_0") ? name + strlen (name) - strlen ("_output_0") : NULL;

  if (output == NULL && g_str_has_suffix (name, ":0"))
    output = name + strlen (name) - 2;
  if (output != NULL && output > name && output[-1] != '/')
    *output = '\0';
}

/* TensorFlow's converter joins the names of all that it folded into one: the first of them says where it is. */
static void
cut_folded (char *path)
{
  const char *slash = strchr (path, '/');
  if (slash == NULL)
    return;
  g_autofree char *again = g_strdup_printf ("_%.*s/", (int) (slash - path), path);
  char *second = strstr (slash, again);
  if (second != NULL)
    *second = '\0';
}

static gboolean
ends_in_number (const char *part)
{
  const gsize length = strlen (part);
  const char *dot = strrchr (part, '.');

  return length > 0 && g_ascii_isdigit (part[length - 1]) && dot != NULL;
}

/* Whether @part is told again by @next: "layer4" before "layer4.2". */
static gboolean
is_repeated (const char *part, const char *next)
{
  const gsize length = strlen (part);
  return strncmp (part, next, length) == 0 && (next[length] == '.' || next[length] == '\0');
}

/* "relu_2" and "conv3" say Relu and Conv themselves. */
static gboolean
tells_op (const char *part, const char *op)
{
  g_autofree char *lower_part = g_ascii_strdown (part, -1);
  g_autofree char *lower_op = g_ascii_strdown (op, -1);
  return strstr (lower_part, lower_op) != NULL;
}

char *
why_layer_title (const char *name, const char *op)
{
  g_return_val_if_fail (name != NULL, NULL);
  g_autofree char *path = g_strdup (*name == '/' ? name + 1 : name);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();

  cut_output (path);
  cut_folded (path);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  for (gsize part = 0; parts[part] != NULL; part++)
    if (*parts[part] != '\0' && (parts[part + 1] == NULL || !is_repeated (parts[part], parts[part + 1])))
      g_ptr_array_add (kept, parts[part]);
  if (kept->len > 1 && op != NULL)
    {
      const char *last = g_ptr_array_index (kept, kept->len - 1);
      const char *module = g_ptr_array_index (kept, kept->len - 2);
      if (strcmp (last, op) == 0 && (ends_in_number (module) || tells_op (module, op)))
        g_ptr_array_set_size (kept, (int) kept->len - 1);
    }
  if (kept->len == 0)
    return g_strdup (name);
  g_ptr_array_add (kept, NULL);
  return g_strjoinv ("/", (char **) kept->pdata);
}

char *
why_layer_shape_text (const char *shape)
{
  const char *start = shape;
  GString *text = g_string_new (NULL);

  if (g_str_has_prefix (start, "1x") && strchr (start + 2, 'x') != NULL)
    start += 2;
  for (const char *c = start; *c != '\0'; c++)
    {
      if (*c == 'x')
        g_string_append (text, " × ");
      else
        g_string_append_c (text, *c);
    }
  return g_string_free (text, FALSE);
}
