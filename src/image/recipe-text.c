#include "config.h"

#include "recipe-private.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LABELS 100000u

char *
why_recipe_read_text (const char *path, GError **error)
{
  g_autofree char *name = g_filename_display_basename (path);
  const int fd = open (path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct stat about;

  if (fd < 0)
    {
      const int code = errno;
      g_set_error (error, WHY_ERROR, code == ENOENT || code == ENOTDIR ? WHY_ERROR_NOT_FOUND : WHY_ERROR_IO,
                   "%s: cannot be opened: %s", name, g_strerror (code));
      return NULL;
    }
  if (fstat (fd, &about) != 0 || !S_ISREG (about.st_mode) || about.st_size > WHY_RECIPE_MAX_TEXT)
    {
      close (fd);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is not a text file of at most %u bytes", name,
                   WHY_RECIPE_MAX_TEXT);
      return NULL;
    }

  g_autofree char *text = g_malloc ((gsize) about.st_size + 1);
  gsize length = 0;
  while (length < (gsize) about.st_size)
    {
      const ssize_t n_read = read (fd, text + length, (gsize) about.st_size - length);

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read <= 0)
        break; /* shorter than a moment ago: what is there counts */
      length += (gsize) n_read;
    }
  close (fd);
  text[length] = '\0';
  if (!g_utf8_validate (text, (gssize) length, NULL))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is not UTF-8 text", name);
      return NULL;
    }
  if (g_str_has_prefix (text, "\xef\xbb\xbf"))
    memmove (text, text + 3, length - 2);
  return g_steal_pointer (&text);
}

/* The folder a path really lies in; NULL if it does not exist. */
static char *
real_folder (const char *path)
{
  g_autofree char *real = realpath (path, NULL);

  return real != NULL ? g_path_get_dirname (real) : NULL;
}

char *
why_recipe_read_beside (const char *folder, const char *anchor, const char *name, GError **error)
{
  if (name[0] == '\0' || strchr (name, '/') != NULL || strchr (name, '\\') != NULL || strcmp (name, ".") == 0 ||
      strcmp (name, "..") == 0 || strlen (name) > 255)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "\"%.80s\" is not a plain file name; only files in the same folder are read", name);
      return NULL;
    }

  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *inside = g_build_filename (folder, ".", NULL);
  char *real = realpath (path, NULL);
  char *real_inside = realpath (inside, NULL);
  g_autofree char *lies_in = real != NULL ? g_path_get_dirname (real) : NULL;
  g_autofree char *anchor_in = anchor != NULL ? real_folder (anchor) : NULL;
  char *text = NULL;

  if (real == NULL)
    g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: there is no such file in %s", name, folder);
  else if (g_strcmp0 (lies_in, real_inside) != 0 && g_strcmp0 (lies_in, anchor_in) != 0)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is a link out of the folder and is not followed", name);
  else
    text = why_recipe_read_text (real, error);
  free (real);
  free (real_inside);
  return text;
}

static char *
clean_label (const char *text, gsize length)
{
  char *label = g_strndup (text, length);

  for (char *at = label; *at != '\0'; at++)
    {
      if ((guchar) *at < 0x20 || *at == 0x7f)
        *at = ' ';
    }
  return g_strstrip (label);
}

static char **
split_labels (const char *text, char separator)
{
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);
  const char *at = text;

  for (;;)
    {
      const char *end = strchr (at, separator);
      const gsize length = end != NULL ? (gsize) (end - at) : strlen (at);

      g_ptr_array_add (labels, clean_label (at, length));
      if (end == NULL || labels->len > MAX_LABELS)
        break;
      at = end + 1;
    }
  /* Empty lines at the end are the end of the file, not classes. */
  while (labels->len > 0 && ((char *) g_ptr_array_index (labels, labels->len - 1))[0] == '\0')
    g_ptr_array_remove_index (labels, labels->len - 1);
  if (labels->len == 0 || labels->len > MAX_LABELS)
    {
      g_ptr_array_free (labels, TRUE);
      return NULL;
    }
  g_ptr_array_set_free_func (labels, NULL);
  g_ptr_array_add (labels, NULL);
  return (char **) g_ptr_array_free (labels, FALSE);
}

char **
why_recipe_parse_label_lines (const char *text)
{
  return split_labels (text, '\n');
}

static const char *
skip_space (const char *at)
{
  while (g_ascii_isspace (*at))
    at++;
  return at;
}

/* A string in single or double quotes, with the escapes Python and JSON have in common and \u, \x. */
static char *
parse_string (const char **text)
{
  const char *at = *text;
  const char quote = *at;
  GString *value;

  if (quote != '"' && quote != '\'')
    return NULL;
  value = g_string_new (NULL);
  for (at++; *at != '\0' && *at != quote; at++)
    {
      if (*at != '\\')
        {
          g_string_append_c (value, *at);
          continue;
        }
      at++;
      if (*at == '\0')
        break;
      if (*at == 'u' || *at == 'x')
        {
          const int n_digits = *at == 'u' ? 4 : 2;
          gunichar c = 0;
          int digit = 0;

          for (; digit < n_digits && g_ascii_isxdigit (at[1 + digit]); digit++)
            c = c * 16 + (gunichar) g_ascii_xdigit_value (at[1 + digit]);
          at += digit;
          /* Half a surrogate pair, or nothing at all: a question mark is enough for a class name. */
          g_string_append_unichar (value, digit == n_digits && c != 0 && g_unichar_validate (c) ? c : '?');
        }
      else
        {
          g_string_append_c (value, *at == 'n' || *at == 't' || *at == 'r' ? ' ' : *at);
        }
    }
  if (*at != quote)
    {
      g_string_free (value, TRUE);
      return NULL;
    }
  *text = at + 1;
  return g_string_free (value, FALSE);
}

/* The number of a dictionary's key: 12, '12' or "12". */
static gboolean
parse_index (const char **text, guint64 *index)
{
  const char *at = *text;
  const char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
  char *end = NULL;

  if (!g_ascii_isdigit (*at))
    return FALSE;
  *index = g_ascii_strtoull (at, &end, 10);
  if (quote != '\0' && *end++ != quote)
    return FALSE;
  *text = end;
  return *index < MAX_LABELS;
}

static char **
parse_brackets (const char *text)
{
  const gboolean by_number = *text == '{';
  const char closing = by_number ? '}' : ']';
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);
  const char *at = skip_space (text + 1);
  gboolean good = TRUE;

  while (good && *at != closing)
    {
      guint64 index = labels->len;
      char *label;

      if (by_number)
        {
          good = parse_index (&at, &index);
          at = skip_space (at);
          good = good && *at == ':';
          if (good)
            at = skip_space (at + 1);
        }
      label = good ? parse_string (&at) : NULL;
      good = good && label != NULL && index < MAX_LABELS;
      if (!good)
        {
          g_free (label);
          break;
        }
      if (index >= labels->len)
        g_ptr_array_set_size (labels, (int) index + 1);
      g_free (g_ptr_array_index (labels, index));
      g_ptr_array_index (labels, index) = clean_label (label, strlen (label));
      g_free (label);
      at = skip_space (at);
      if (*at == ',')
        at = skip_space (at + 1);
      else
        good = *at == closing;
    }
  if (!good || *skip_space (at + 1) != '\0' || labels->len == 0)
    {
      g_ptr_array_free (labels, TRUE);
      return NULL;
    }
  /* Numbers that were left out have no name. */
  for (guint n = 0; n < labels->len; n++)
    {
      if (g_ptr_array_index (labels, n) == NULL)
        g_ptr_array_index (labels, n) = g_strdup ("");
    }
  g_ptr_array_set_free_func (labels, NULL);
  g_ptr_array_add (labels, NULL);
  return (char **) g_ptr_array_free (labels, FALSE);
}

char **
why_recipe_parse_label_list (const char *text)
{
  text = skip_space (text);
  if (strlen (text) > WHY_RECIPE_MAX_TEXT || !g_utf8_validate (text, -1, NULL))
    return NULL;
  if (*text == '[' || *text == '{')
    return parse_brackets (text);
  if (strchr (text, '\n') != NULL)
    return split_labels (text, '\n');
  return strchr (text, ',') != NULL ? split_labels (text, ',') : NULL;
}

char **
why_labels_read (const char *path, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *text = why_recipe_read_text (path, &failure);
  char **labels = NULL;

  if (text == NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&failure),
                                  strstr (failure->message, path) != NULL ? "" : "%s: ", path);
      return NULL;
    }
  const char *start = skip_space (text);
  if (*start == '[' || *start == '{')
    labels = why_recipe_parse_label_list (start);
  else
    labels = why_recipe_parse_label_lines (text);
  if (labels == NULL)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "%s: holds no names of classes; one a line or a JSON list is needed", path);
  return labels;
}
