#include "config.h"

#include "service/fuzzy.h"

#include <string.h>

/* One word, found in the ways that people type; the distances are so large that the length of a text never
 * turns two of them around. */
#define AT_START 100.0
#define AT_WORD 80.0
#define INSIDE 60.0
#define SCATTERED 30.0
#define WORST_GAP 20.0
#define MAX_LENGTH_PENALTY 5.0
/* Several words as they stand in the text. */
#define PHRASE_BONUS 15.0

/* Lower case without accents, as UCS-4. */
static gunichar *
plain (const char *text, glong *length)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  g_autofree char *apart = g_utf8_normalize (folded, -1, G_NORMALIZE_ALL);
  gunichar *letters = g_utf8_to_ucs4_fast (apart != NULL ? apart : folded, -1, length);
  glong kept = 0;

  for (glong at = 0; at < *length; at++)
    {
      if (!g_unichar_ismark (letters[at]))
        letters[kept++] = letters[at];
    }
  letters[kept] = 0;
  *length = kept;
  return letters;
}

static gboolean
begins_word (const gunichar *text, glong at)
{
  return at == 0 || (g_unichar_isalnum (text[at]) && !g_unichar_isalnum (text[at - 1]));
}

static double
score_together (const gunichar *word, glong n_word, const gunichar *text, glong n_text)
{
  double best = -1;

  for (glong at = 0; at + n_word <= n_text; at++)
    {
      if (memcmp (text + at, word, (gsize) n_word * sizeof *word) != 0)
        continue;
      best = MAX (best, at == 0 ? AT_START : begins_word (text, at) ? AT_WORD : INSIDE);
    }
  return best;
}

static double
score_scattered (const gunichar *word, glong n_word, const gunichar *text, glong n_text)
{
  glong at = 0;
  double gaps = 0;

  for (glong letter = 0; letter < n_word; letter++)
    {
      glong from = at;
      while (at < n_text && text[at] != word[letter])
        at++;
      if (at == n_text)
        return -1;
      /* A jump to the beginning of a word is how abbreviations are made, and costs nothing. */
      if (letter > 0 && !begins_word (text, at))
        gaps += (double) (at - from);
      at++;
    }
  return SCATTERED - MIN (gaps, WORST_GAP);
}

double
why_fuzzy_score (const char *pattern, const char *text)
{
  glong n_text = 0;
  double total = 0;

  g_return_val_if_fail (pattern != NULL && text != NULL, -1);
  g_autofree gunichar *letters = plain (text, &n_text);
  g_auto (GStrv) words = g_strsplit_set (pattern, " \t", -1);
  for (gsize word = 0; words[word] != NULL; word++)
    {
      glong n_word = 0;
      g_autofree gunichar *wanted = plain (words[word], &n_word);
      if (n_word == 0)
        continue;
      double score = score_together (wanted, n_word, letters, n_text);
      if (score < 0)
        score = score_scattered (wanted, n_word, letters, n_text);
      if (score < 0)
        return -1;
      total += score;
    }
  if (words[0] != NULL && words[1] != NULL)
    {
      glong n_phrase = 0;
      g_autofree gunichar *phrase = plain (pattern, &n_phrase);
      if (score_together (phrase, n_phrase, letters, n_text) > 0)
        total += PHRASE_BONUS;
    }
  return total > 0 ? total - MIN ((double) n_text * 0.05, MAX_LENGTH_PENALTY) : 0;
}
