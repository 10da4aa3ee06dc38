#include "config.h"

#include "comparison.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* ---- ids ---- */

static const char *const modes[] = { "single", "side", "curtain", "grid", "difference" };
static const char *const dimensions[WHY_N_DIMENSIONS] = { "layer", "method", "class", "polarity", "model" };
static const char *const bares[] = { "none", "left", "right" };

static gboolean
find (const char *const *ids, gsize n_ids, const char *text, int *found)
{
  for (gsize id = 0; id < n_ids; id++)
    {
      if (g_strcmp0 (text, ids[id]) == 0)
        {
          *found = (int) id;
          return TRUE;
        }
    }
  return FALSE;
}

const char *
why_compare_mode_to_string (WhyCompareMode mode)
{
  return modes[mode];
}

gboolean
why_compare_mode_from_string (const char *text, WhyCompareMode *mode)
{
  int found;

  if (!find (modes, G_N_ELEMENTS (modes), text, &found))
    return FALSE;
  *mode = (WhyCompareMode) found;
  return TRUE;
}

const char *
why_dimension_to_string (WhyDimension dimension)
{
  return dimensions[dimension];
}

gboolean
why_dimension_from_string (const char *text, WhyDimension *dimension)
{
  int found;

  if (!find (dimensions, G_N_ELEMENTS (dimensions), text, &found))
    return FALSE;
  *dimension = (WhyDimension) found;
  return TRUE;
}

const char *
why_compare_bare_to_string (int bare)
{
  return bares[bare];
}

gboolean
why_compare_bare_from_string (const char *text, int *bare)
{
  return find (bares, G_N_ELEMENTS (bares), text, bare);
}

const char *
why_polarity_title (const char *polarity)
{
  if (g_strcmp0 (polarity, "signed") == 0)
    return _ ("evidence for and against");
  if (g_strcmp0 (polarity, "against") == 0)
    return _ ("evidence against");
  if (g_strcmp0 (polarity, "absolute") == 0)
    return _ ("strength of evidence");
  return _ ("evidence for");
}

char *
why_evidence_title (const char *polarity, const char *label)
{
  g_return_val_if_fail (label != NULL, NULL);

  if (g_strcmp0 (polarity, "against") == 0)
    return g_strdup_printf (_ ("Evidence against “%s”"), label);
  if (g_strcmp0 (polarity, "signed") == 0)
    return g_strdup_printf (_ ("Evidence for and against “%s”"), label);
  if (g_strcmp0 (polarity, "absolute") == 0)
    return g_strdup_printf (_ ("Strength of the evidence on “%s”"), label);
  return g_strdup_printf (_ ("Evidence for “%s”"), label);
}

/* ---- questions ---- */

WhyQuestion *
why_question_new (void)
{
  return g_new0 (WhyQuestion, 1);
}

WhyQuestion *
why_question_copy (const WhyQuestion *question)
{
  WhyQuestion *copy = why_question_new ();

  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    copy->values[dimension] = g_strdup (question->values[dimension]);
  return copy;
}

void
why_question_free (WhyQuestion *question)
{
  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    g_free (question->values[dimension]);
  g_free (question);
}

gboolean
why_question_equal (const WhyQuestion *a, const WhyQuestion *b)
{
  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    {
      if (g_strcmp0 (a->values[dimension], b->values[dimension]) != 0)
        return FALSE;
    }
  return TRUE;
}

void
why_question_set (WhyQuestion *question, WhyDimension dimension, const char *value)
{
  char *copy = g_strdup (value);

  g_free (question->values[dimension]);
  question->values[dimension] = copy;
}

/* ---- comparisons ---- */

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) why_question_free);
}

WhyComparison *
why_comparison_new (void)
{
  WhyComparison *comparison = g_new0 (WhyComparison, 1);

  comparison->ref_count = 1;
  comparison->others = new_list ();
  comparison->row_dimension = WHY_DIMENSION_CLASS;
  comparison->column_dimension = WHY_DIMENSION_LAYER;
  comparison->rows = g_new0 (char *, 1);
  comparison->columns = g_new0 (char *, 1);
  return comparison;
}

WhyComparison *
why_comparison_copy (const WhyComparison *comparison)
{
  WhyComparison *copy = g_new0 (WhyComparison, 1);

  *copy = *comparison;
  copy->ref_count = 1;
  copy->others = new_list ();
  for (guint place = 0; place < comparison->others->len; place++)
    g_ptr_array_add (copy->others, why_question_copy (g_ptr_array_index (comparison->others, place)));
  copy->rows = g_strdupv (comparison->rows);
  copy->columns = g_strdupv (comparison->columns);
  return copy;
}

WhyComparison *
why_comparison_ref (WhyComparison *comparison)
{
  g_atomic_int_inc (&comparison->ref_count);
  return comparison;
}

void
why_comparison_unref (WhyComparison *comparison)
{
  if (!g_atomic_int_dec_and_test (&comparison->ref_count))
    return;
  g_ptr_array_unref (comparison->others);
  g_strfreev (comparison->rows);
  g_strfreev (comparison->columns);
  g_free (comparison);
}

static void
add_cell (GPtrArray *list, const WhyComparison *comparison, const char *row, const char *column)
{
  WhyQuestion *question = why_question_new ();

  if (row != NULL)
    why_question_set (question, comparison->row_dimension, row);
  if (column != NULL)
    why_question_set (question, comparison->column_dimension, column);
  g_ptr_array_add (list, question);
}

GPtrArray *
why_comparison_list (const WhyComparison *comparison)
{
  GPtrArray *list = new_list ();

  if (comparison->mode == WHY_COMPARE_GRID)
    {
      const gsize n_rows = g_strv_length (comparison->rows);
      const gsize n_columns = g_strv_length (comparison->columns);
      if (n_rows == 0 && n_columns == 0)
        return list;
      for (gsize row = 0; row < MAX (n_rows, 1); row++)
        for (gsize column = 0; column < MAX (n_columns, 1) && list->len < WHY_MAX_CELLS; column++)
          add_cell (list, comparison, comparison->rows[row], comparison->columns[column]);
    }
  else if (comparison->mode != WHY_COMPARE_SINGLE)
    {
      /* A curtain has two sides, and a difference two terms. */
      const guint n = comparison->mode == WHY_COMPARE_SIDE ? comparison->others->len : MIN (comparison->others->len, 1);
      for (guint place = 0; place < n; place++)
        g_ptr_array_add (list, why_question_copy (g_ptr_array_index (comparison->others, place)));
    }
  return list;
}
