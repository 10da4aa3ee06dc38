#include "config.h"

#include "base/error.h"

#include <string.h>

G_DEFINE_QUARK (why - error - quark, why_error)

/* Levenshtein distance of two short strings; anything over the cap is as good as unrelated. */
static guint
edit_distance (const char *a, const char *b)
{
  enum
  {
    CAP = 128
  };
  gsize len_a = MIN (strlen (a), CAP), len_b = MIN (strlen (b), CAP);
  guint row[CAP + 1];

  for (gsize col = 0; col <= len_b; col++)
    row[col] = (guint) col;
  for (gsize line = 1; line <= len_a; line++)
    {
      guint diagonal = row[0];
      row[0] = (guint) line;
      for (gsize col = 1; col <= len_b; col++)
        {
          guint above = row[col];
          guint cost = g_ascii_tolower (a[line - 1]) == g_ascii_tolower (b[col - 1]) ? 0 : 1;
          row[col] = MIN (MIN (above + 1, row[col - 1] + 1), diagonal + cost);
          diagonal = above;
        }
    }
  return row[len_b];
}

char *
why_error_nearest (const char *wanted, const char *const *names, gsize n_names)
{
  enum
  {
    SHOWN = 3
  };
  gsize best[SHOWN];
  guint score[SHOWN];
  int n_best = 0;

  g_return_val_if_fail (wanted != NULL, g_strdup (""));

  for (gsize name = 0; name < n_names; name++)
    {
      guint distance = edit_distance (wanted, names[name]);
      if (*wanted != '\0' &&
          (strstr (names[name], wanted) != NULL || strstr (wanted, names[name]) != NULL))
        distance = distance / 4;
      int place = n_best;
      while (place > 0 && score[place - 1] > distance)
        place--;
      if (place >= SHOWN)
        continue;
      for (int move = MIN (n_best, SHOWN - 1); move > place; move--)
        {
          best[move] = best[move - 1];
          score[move] = score[move - 1];
        }
      best[place] = name;
      score[place] = distance;
      n_best = MIN (n_best + 1, SHOWN);
    }
  if (n_best == 0)
    return g_strdup ("");

  GString *text = g_string_new ("; nearest names: ");
  for (int place = 0; place < n_best; place++)
    g_string_append_printf (text, "%s'%s'", place > 0 ? ", " : "", names[best[place]]);
  return g_string_free (text, FALSE);
}
