#include "config.h"

#include "explain/explain.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ---- names ---- */

static const char *const polarity_ids[] = { "relu", "signed", "against", "absolute" };
static const char *const score_ids[] = { "logit", "probability", "rest", "similarity" };

gboolean
why_polarity_parse (const char *text, WhyPolarity *polarity, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (polarity_ids); index++)
    {
      if (strcmp (text, polarity_ids[index]) == 0)
        {
          *polarity = (WhyPolarity) index;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no polarity '%s'; known are relu, signed, against and absolute", text);
  return FALSE;
}

const char *
why_polarity_id (WhyPolarity polarity)
{
  return polarity_ids[polarity];
}

gboolean
why_score_parse (const char *text, WhyScoreKind *score, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (score_ids); index++)
    {
      if (strcmp (text, score_ids[index]) == 0)
        {
          *score = (WhyScoreKind) index;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no score '%s'; choose logit, probability, rest or similarity", text);
  return FALSE;
}

const char *
why_score_id (WhyScoreKind score)
{
  return score_ids[score];
}

gboolean
why_region_parse (const char *text, WhyRegionKind *kind, double numbers[4], GError **error)
{
  static const struct
  {
    const char *start;
    int n_numbers;
    WhyRegionKind kind;
  } placed[] = { { "point:", 2, WHY_REGION_POINT }, { "box:", 4, WHY_REGION_BOX } };

  memset (numbers, 0, 4 * sizeof *numbers);
  if (strcmp (text, "predicted") == 0 || strcmp (text, "all") == 0)
    {
      *kind = *text == 'a' ? WHY_REGION_ALL : WHY_REGION_PREDICTED;
      return TRUE;
    }
  if (g_str_has_prefix (text, "mask:") && text[strlen ("mask:")] != '\0')
    {
      *kind = WHY_REGION_MASK;
      return TRUE;
    }
  for (gsize place = 0; place < G_N_ELEMENTS (placed); place++)
    {
      const char *rest = text + strlen (placed[place].start);
      gboolean fine = g_str_has_prefix (text, placed[place].start);

      for (int number = 0; fine && number < placed[place].n_numbers; number++)
        {
          char *end = NULL;

          numbers[number] = g_ascii_strtod (rest, &end);
          fine = end != rest && isfinite (numbers[number]) &&
                 *end == (number + 1 < placed[place].n_numbers ? ',' : '\0');
          rest = end + 1;
        }
      if (fine && (placed[place].n_numbers == 2 || (numbers[2] > 0 && numbers[3] > 0)))
        {
          *kind = placed[place].kind;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no region '%s'; choose all, predicted, point:X,Y, box:X,Y,W,H or mask:FILE.npy",
               text);
  return FALSE;
}

/* ---- copies ---- */

void
why_explain_request_copy (const WhyExplainRequest *request, WhyExplainRequest *copy)
{
  *copy = *request;
  copy->method = g_strdup (request->method);
  copy->layer = g_strdup (request->layer);
  copy->more_layers = (const char *const *) g_strdupv ((char **) request->more_layers);
  copy->also_classes =
    g_memdup2 (request->also_classes, request->n_also_classes * sizeof *request->also_classes);
  copy->reference = request->reference != NULL ? why_tensor_ref (request->reference) : NULL;
  copy->profile = g_strdup (request->profile);
  copy->options = g_strdup (request->options);
  copy->output = g_strdup (request->output);
  copy->mask = request->mask != NULL ? why_tensor_ref (request->mask) : NULL;
}

void
why_explain_request_clear (WhyExplainRequest *copy)
{
  g_free ((char *) copy->method);
  g_free ((char *) copy->layer);
  g_strfreev ((char **) copy->more_layers);
  g_free ((int *) copy->also_classes);
  why_tensor_unref (copy->reference);
  g_free ((char *) copy->profile);
  g_free ((char *) copy->options);
  g_free ((char *) copy->output);
  why_tensor_unref (copy->mask);
  memset (copy, 0, sizeof *copy);
}
