#include "config.h"

#include "base/slices.h"

#include <math.h>
#include <string.h>

/* Directions are rounded in files; a slice that is turned by more than this (cosine) is of another stack. */
#define SAME_DIRECTION 0.9995
#define SAME_PLACE 1e-3 /* millimetres */

static double
dot (const double *a, const double *b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static gboolean
find_normal (const double *orientation, double *normal)
{
  const double *rows = orientation, *columns = orientation + 3;

  normal[0] = rows[1] * columns[2] - rows[2] * columns[1];
  normal[1] = rows[2] * columns[0] - rows[0] * columns[2];
  normal[2] = rows[0] * columns[1] - rows[1] * columns[0];
  const double length = sqrt (dot (normal, normal));
  /* Two unit vectors at right angles. */
  if (!isfinite (length) || fabs (length - 1.0) > 0.1 || fabs (dot (rows, rows) - 1.0) > 0.1)
    return FALSE;
  for (int axis = 0; axis < 3; axis++)
    normal[axis] /= length;
  return TRUE;
}

typedef struct
{
  double place;
  gsize slice;
} Place;

static int
compare_places (const void *a, const void *b)
{
  const Place *one = a, *other = b;

  if (one->place != other->place)
    return one->place < other->place ? -1 : 1;
  return one->slice < other->slice ? -1 : one->slice > other->slice;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double one = *(const double *) a, other = *(const double *) b;

  return one < other ? -1 : one > other;
}

/* Where the gap is a multiple of what it is nearly everywhere else, a slice is missing; where several distances occur
 * often, the series was taken like that. */
static void
judge_gaps (const double *gaps, gsize n_gaps, WhySlices *slices)
{
  g_autofree double *sorted = g_memdup2 (gaps, n_gaps * sizeof *gaps);
  gsize n_usual = 0;

  qsort (sorted, n_gaps, sizeof *sorted, compare_doubles);
  const double usual = sorted[n_gaps / 2];
  const double slack = MAX (0.01 * usual, 0.01);
  slices->smallest = sorted[0];
  slices->largest = sorted[n_gaps - 1];
  slices->is_even = slices->largest - slices->smallest <= slack;
  for (gsize which = 0; which < n_gaps; which++)
    n_usual += fabs (gaps[which] - usual) <= slack;
  if (slices->is_even || n_usual * 4 < n_gaps * 3)
    return;
  for (gsize which = 0; which < n_gaps && slices->gap < 0; which++)
    {
      const double times = round (gaps[which] / usual);
      if (times >= 2.0 && fabs (gaps[which] - times * usual) <= 0.05 * usual)
        slices->gap = (gint64) which;
    }
}

gboolean
why_slices_arrange (const double *positions, const double *orientations, gsize count, WhySlices *slices)
{
  double normal[3];
  g_autofree Place *places = g_new (Place, MAX (count, 1));

  *slices = (WhySlices){ .spacing = NAN, .is_even = TRUE, .same = -1, .gap = -1, .turned = -1 };
  if (!find_normal (orientations, normal))
    return FALSE;
  for (gsize slice = 0; slice < count; slice++)
    {
      const double *position = positions + 3 * slice;
      const double *directions = orientations + 6 * slice;

      if (!isfinite (dot (position, position)) || !isfinite (dot (directions, directions)))
        return FALSE;
      places[slice] = (Place){ dot (position, normal), slice };
      if (slices->turned < 0 && (dot (directions, orientations) < SAME_DIRECTION ||
                                 dot (directions + 3, orientations + 3) < SAME_DIRECTION))
        slices->turned = (gint64) slice;
    }
  qsort (places, count, sizeof *places, compare_places);
  slices->order = g_new (gsize, count);
  for (gsize which = 0; which < count; which++)
    slices->order[which] = places[which].slice;
  if (count < 2)
    return TRUE;

  g_autofree double *gaps = g_new (double, count - 1);
  for (gsize which = 0; which + 1 < count; which++)
    {
      gaps[which] = places[which + 1].place - places[which].place;
      if (gaps[which] < SAME_PLACE && slices->same < 0)
        slices->same = (gint64) which + 1;
    }
  judge_gaps (gaps, count - 1, slices);
  const double *first = positions + 3 * slices->order[0];
  const double *last = positions + 3 * slices->order[count - 1];
  for (int axis = 0; axis < 3; axis++)
    slices->step[axis] = (last[axis] - first[axis]) / (double) (count - 1);
  slices->spacing = dot (slices->step, normal);
  const double length = sqrt (dot (slices->step, slices->step));
  const double degrees = length > 0.0 ? acos (CLAMP (slices->spacing / length, -1.0, 1.0)) * 180.0 / G_PI : 0.0;
  slices->tilt = degrees >= 0.5 ? degrees : 0.0;
  return TRUE;
}

void
why_slices_clear (WhySlices *slices)
{
  g_clear_pointer (&slices->order, g_free);
}

char *
why_slices_dup_note (const WhySlices *slices)
{
  GString *note = g_string_new (NULL);

  if (!slices->is_even)
    g_string_append_printf (note,
                            "the slices are %.2f to %.2f mm apart, and are taken for %.2f mm apart in planes across "
                            "them and by networks",
                            slices->smallest, slices->largest, slices->spacing);
  if (slices->tilt > 0.0)
    g_string_append_printf (note,
                            "%sthe stack leans by %.1f degrees (a tilted gantry), and planes across the slices are "
                            "sheared by that much",
                            note->len > 0 ? "; " : "", slices->tilt);
  return g_string_free (note, FALSE);
}

void
why_slices_get_world (const double *position, const double *orientation, double between_rows, double between_columns,
                      const double *step, double *world)
{
  for (int axis = 0; axis < 3; axis++)
    {
      const double sign = axis < 2 ? -1.0 : 1.0;

      world[4 * axis] = sign * orientation[axis] * between_columns;
      world[4 * axis + 1] = sign * orientation[3 + axis] * between_rows;
      world[4 * axis + 2] = sign * step[axis];
      world[4 * axis + 3] = sign * position[axis];
    }
  /* Minus nothing is nothing. */
  for (int entry = 0; entry < 12; entry++)
    world[entry] += 0.0;
}
