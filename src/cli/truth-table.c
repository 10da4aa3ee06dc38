#include "config.h"

#include "truth.h"

#include "json.h"

#include "measure/truth.h"

#include <math.h>
#include <string.h>

void
truth_row_free (gpointer data)
{
  g_free (((TruthRow *) data)->reason);
  g_free (data);
}

static double
mean (double sum, guint n)
{
  return n > 0 ? sum / n : NAN;
}

gboolean
truth_row_is_revealing (const TruthRow *row)
{
  const double share = mean (row->mark_pointing, row->n_marked);
  double low, high;

  why_truth_interval (share, row->n_marked, &low, &high);
  return row->n_marked > 0 && share > 0.5 && low > mean (row->mark_expected_pointing, row->n_marked);
}

/* ---- for people ---- */

/* What a column tells of a row: a number, or the mean of a sum over so many, or words. A cell is NULL where there is nothing
 * to tell, and a column that has nothing to count in any row is left out. */
typedef struct
{
  const char *heading;
  gsize n;                               /* offset of a number; 0: told in any case */
  gsize sum;                             /* offset of a sum over so many; 0: the number itself is told */
  char *(*words) (const TruthRow *row); /* nullable: told instead */
} Column;

static char *
maps_words (const TruthRow *row)
{
  return g_strdup_printf ("%u", row->n_maps);
}

/* Of a network that does not look at the mark there is nothing to reveal. */
static char *
revealed_words (const TruthRow *row)
{
  if (!row->phantom->clever_hans || row->n_marked == 0)
    return NULL;
  return g_strdup (truth_row_is_revealing (row) ? "yes" : "no");
}

static char *
random_words (const TruthRow *row)
{
  return row->n_randomised > 0 ? g_strdup_printf ("%u of %u", row->n_passed, row->n_randomised) : NULL;
}

static char *
seconds_words (const TruthRow *row)
{
  return row->n_maps > 0 ? g_strdup_printf ("%.3f", row->seconds / row->n_maps) : NULL;
}

#define AT(member) G_STRUCT_OFFSET (TruthRow, member)

static const Column columns[] = {
  { "maps", 0, 0, maps_words },
  { "for", AT (n_for), 0, NULL },
  { "pointing", AT (n_for), AT (pointing), NULL },
  { "by chance", AT (n_for), AT (expected_pointing), NULL },
  { "energy", AT (n_for), AT (energy), NULL },
  { "best IoU", AT (n_for), AT (iou), NULL },
  { "against", AT (n_against), 0, NULL },
  { "sign", AT (n_against), AT (sign_right), NULL },
  { "marked", AT (n_marked), 0, NULL },
  { "pen peak", AT (n_marked), AT (mark_pointing), NULL },
  { "by chance", AT (n_marked), AT (mark_expected_pointing), NULL },
  { "pen energy", AT (n_marked), AT (mark_energy), NULL },
  { "revealed", 0, 0, revealed_words },
  { "random", AT (n_randomised), 0, random_words },
  { "s a map", 0, 0, seconds_words },
};

static char *
make_cell (const Column *column, const TruthRow *row)
{
  if (column->words != NULL)
    return column->words (row);
  const guint n = G_STRUCT_MEMBER (guint, row, column->n);
  if (column->sum == 0)
    return g_strdup_printf ("%u", n);
  return n > 0 ? g_strdup_printf ("%.2f", G_STRUCT_MEMBER (double, row, column->sum) / n) : NULL;
}

static gboolean
is_told (const Column *column, const GPtrArray *rows, guint from)
{
  for (guint index = from; index < rows->len; index++)
    {
      const TruthRow *row = rows->pdata[index];
      if (column->words == revealed_words ? row->phantom->clever_hans
                                          : column->n == 0 || G_STRUCT_MEMBER (guint, row, column->n) > 0)
        return TRUE;
    }
  return FALSE;
}

static void
print_heading (const GPtrArray *rows, guint from)
{
  const TruthRow *best = rows->pdata[from];

  for (guint index = from; index < rows->len; index++)
    {
      const TruthRow *row = rows->pdata[index];
      if (row->n_maps > best->n_maps || (row->n_maps == best->n_maps && row->n_for > best->n_for))
        best = row;
    }
  g_print ("\n%s, class %s: %u cases", best->phantom->id, best->phantom->class_name, best->n_maps);
  if (best->n_for > 0)
    g_print ("; the truth covers %.3f of the picture, which is energy and best IoU by chance",
             mean (best->expected, best->n_for));
  if (best->n_marked > 0)
    g_print ("; the pen covers %.3f", mean (best->mark_expected, best->n_marked));
  g_print ("%s\n\n", best->phantom->clever_hans ? "; the network looks at the pen" : "");
}

void
truth_table_print (const GPtrArray *rows, guint from, gboolean verbose)
{
  gboolean told[G_N_ELEMENTS (columns)], any_reason = FALSE;

  if (from >= rows->len)
    return;
  print_heading (rows, from);
  g_print ("| %-20s |", "method");
  for (gsize column = 0; column < G_N_ELEMENTS (columns); column++)
    {
      told[column] = is_told (&columns[column], rows, from);
      if (told[column])
        g_print (" %10s |", columns[column].heading);
    }
  g_print ("\n|:---------------------|");
  for (gsize column = 0; column < G_N_ELEMENTS (columns); column++)
    g_print ("%s", told[column] ? "-----------:|" : "");
  g_print ("\n");
  for (guint index = from; index < rows->len; index++)
    {
      const TruthRow *row = rows->pdata[index];
      any_reason = any_reason || row->reason != NULL;
      g_print ("| %-20s |", row->method->id);
      for (gsize column = 0; column < G_N_ELEMENTS (columns); column++)
        {
          g_autofree char *cell = told[column] ? make_cell (&columns[column], row) : NULL;
          if (told[column])
            g_print (" %10s |", cell != NULL ? cell : "-");
        }
      g_print ("\n");
    }
  if (any_reason && !verbose)
    g_print ("\n-: not run, stopped or nothing to count; --verbose tells why\n");
  for (guint index = from; verbose && index < rows->len; index++)
    {
      const TruthRow *row = rows->pdata[index];
      if (row->reason != NULL)
        g_print ("\n%s, %s: %s", row->phantom->id, row->method->id, row->reason);
    }
  g_print ("%s", any_reason && verbose ? "\n" : "");
}

/* ---- for programs ---- */

static void
add_number (JsonBuilder *builder, const char *name, double sum, guint n)
{
  if (n > 0)
    why_json_add_double (builder, name, mean (sum, n));
  else
    json_builder_add_null_value (json_builder_set_member_name (builder, name));
}

static void
add_share (JsonBuilder *builder, const char *name, double sum, guint n)
{
  g_autofree char *interval = g_strconcat (name, "_interval", NULL);
  double low, high;

  add_number (builder, name, sum, n);
  why_truth_interval (mean (sum, n), n, &low, &high);
  json_builder_set_member_name (builder, interval);
  json_builder_begin_array (builder);
  json_builder_add_double_value (builder, low);
  json_builder_add_double_value (builder, high);
  json_builder_end_array (builder);
}

static void
add_row (JsonBuilder *builder, const TruthRow *row)
{
  json_builder_begin_object (builder);
  why_json_add_string (builder, "network", row->phantom->id);
  why_json_add_string (builder, "class", row->phantom->class_name);
  why_json_add_string (builder, "method", row->method->id);
  why_json_add_int (builder, "maps", row->n_maps);
  why_json_add_int (builder, "cases_for", row->n_for);
  add_share (builder, "pointing", row->pointing, row->n_for);
  add_number (builder, "expected_pointing", row->expected_pointing, row->n_for);
  add_number (builder, "energy", row->energy, row->n_for);
  add_number (builder, "best_iou", row->iou, row->n_for);
  add_number (builder, "expected", row->expected, row->n_for);
  why_json_add_int (builder, "cases_against", row->n_against);
  add_share (builder, "sign_right", row->sign_right, row->n_against);
  why_json_add_int (builder, "cases_marked", row->n_marked);
  add_share (builder, "mark_peak", row->mark_pointing, row->n_marked);
  add_number (builder, "mark_expected_pointing", row->mark_expected_pointing, row->n_marked);
  add_number (builder, "mark_energy", row->mark_energy, row->n_marked);
  add_number (builder, "mark_expected", row->mark_expected, row->n_marked);
  if (row->phantom->clever_hans && row->n_marked > 0)
    why_json_add_boolean (builder, "revealed", truth_row_is_revealing (row));
  why_json_add_int (builder, "randomised", row->n_randomised);
  why_json_add_int (builder, "randomisation_passed", row->n_passed);
  add_number (builder, "resemblance", row->resemblance, row->n_randomised);
  add_number (builder, "seconds", row->seconds, row->n_maps);
  why_json_add_string (builder, "reason", row->reason);
  json_builder_end_object (builder);
}

void
truth_table_print_json (const GPtrArray *rows, int seed, double limit)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_int (builder, "seed", seed);
  why_json_add_double (builder, "limit", limit);
  json_builder_set_member_name (builder, "rows");
  json_builder_begin_array (builder);
  for (guint index = 0; index < rows->len; index++)
    add_row (builder, rows->pdata[index]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_json_print (builder);
}
