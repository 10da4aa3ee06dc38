#include "config.h"

#include "field.h"

#include <string.h>

/* More spans than this are not followed: the pixels of large pictures under every channel. */
#define SPANS_MAX ((gint64) 1 << 21)

static gint64
product (const gint64 *dims, int begin, int end)
{
  gint64 count = 1;
  for (int axis = begin; axis < end; axis++)
    count *= dims[axis];
  return count;
}

gsize
why_field_count (const WhyField *field)
{
  return (gsize) product (field->extents, 0, field->rank);
}

WhyField *
why_field_new (int rank, const gint64 *extents)
{
  WhyField *field = g_new0 (WhyField, 1);

  g_assert (rank <= WHY_FIELD_RANK);
  field->rank = rank;
  for (int axis = 0; axis < rank; axis++)
    field->extents[axis] = MAX (extents[axis], 1);
  field->spans = g_new0 (WhySpan, why_field_count (field));
  return field;
}

WhyField *
why_field_new_uniform (int rank, WhySpan span)
{
  gint64 extents[WHY_FIELD_RANK];
  for (int axis = 0; axis < rank; axis++)
    extents[axis] = 1;
  WhyField *field = why_field_new (rank, extents);
  field->spans[0] = span;
  return field;
}

WhyField *
why_field_copy (const WhyField *field)
{
  WhyField *copy = g_memdup2 (field, sizeof *field);
  copy->spans = g_memdup2 (field->spans, why_field_count (field) * sizeof *field->spans);
  return copy;
}

void
why_field_free (WhyField *field)
{
  if (field == NULL)
    return;
  g_free (field->spans);
  g_free (field);
}

gboolean
why_field_varies (const WhyField *field, int axis)
{
  return field->extents[axis] > 1;
}

gboolean
why_field_is_uniform (const WhyField *field)
{
  return why_field_count (field) == 1;
}

static gboolean
is_nothing (WhySpan span)
{
  return span.hi <= span.lo;
}

static WhySpan
cover (WhySpan a, WhySpan b)
{
  if (is_nothing (a))
    return b;
  if (is_nothing (b))
    return a;
  return (WhySpan){ MIN (a.lo, b.lo), MAX (a.hi, b.hi) };
}

static gboolean
lies_in (WhySpan a, WhySpan b)
{
  return a.lo >= b.lo && a.hi <= b.hi;
}

static WhySpan
combine (WhySpan a, WhySpan b, WhyFieldRule rule)
{
  if (rule == WHY_FIELD_FINER && !is_nothing (a) && !is_nothing (b))
    {
      if (lies_in (a, b))
        return a;
      if (lies_in (b, a))
        return b;
    }
  return cover (a, b);
}

/* A field seen as outer x n x inner around one axis. */
typedef struct
{
  gint64 outer, n, inner;
} Around;

static Around
around (const WhyField *field, int axis)
{
  return (Around){ product (field->extents, 0, axis), field->extents[axis],
                   product (field->extents, axis + 1, field->rank) };
}

static gboolean
differs_along (const WhyField *field, int axis)
{
  Around at = around (field, axis);
  for (gint64 outer = 0; outer < at.outer; outer++)
    {
      const WhySpan *first = field->spans + outer * at.n * at.inner;
      for (gint64 n = 1; n < at.n; n++)
        {
          if (memcmp (first, first + n * at.inner, (gsize) at.inner * sizeof *first) != 0)
            return TRUE;
        }
    }
  return FALSE;
}

void
why_field_squeeze (WhyField *field)
{
  for (int axis = 0; axis < field->rank; axis++)
    {
      if (field->extents[axis] > 1 && !differs_along (field, axis))
        why_field_merge (field, axis);
    }
}

void
why_field_merge (WhyField *field, int axis)
{
  Around at = around (field, axis);
  if (at.n == 1)
    return;
  for (gint64 outer = 0; outer < at.outer; outer++)
    for (gint64 inner = 0; inner < at.inner; inner++)
      {
        WhySpan all = { 0, 0 };
        for (gint64 n = 0; n < at.n; n++)
          all = cover (all, field->spans[(outer * at.n + n) * at.inner + inner]);
        field->spans[outer * at.inner + inner] = all; /* never ahead of what is still read */
      }
  field->extents[axis] = 1;
}

/* Copies into @to what each of its elements finds in @from at @strides (0: the same for all). */
static void
copy_strided (const WhyField *from, const gint64 *strides, WhyField *to)
{
  gint64 at[WHY_FIELD_RANK] = { 0 }, place = 0;
  gsize count = why_field_count (to);

  for (gsize index = 0; index < count; index++)
    {
      to->spans[index] = from->spans[place];
      for (int axis = to->rank - 1; axis >= 0; axis--)
        {
          place += strides[axis];
          if (++at[axis] < to->extents[axis])
            break;
          place -= strides[axis] * to->extents[axis];
          at[axis] = 0;
        }
    }
}

static void
find_strides (const WhyField *field, gint64 *strides)
{
  gint64 step = 1;
  for (int axis = field->rank - 1; axis >= 0; axis--)
    {
      strides[axis] = field->extents[axis] > 1 ? step : 0;
      step *= field->extents[axis];
    }
}

WhyField *
why_field_arrange (const WhyField *field, int rank, const int *from)
{
  g_autoptr (WhyField) merged = why_field_copy (field);
  gboolean taken[WHY_FIELD_RANK] = { FALSE };
  gint64 extents[WHY_FIELD_RANK], own[WHY_FIELD_RANK], strides[WHY_FIELD_RANK];

  for (int axis = 0; axis < rank; axis++)
    {
      if (from[axis] >= 0)
        taken[from[axis]] = TRUE;
    }
  for (int axis = 0; axis < field->rank; axis++)
    {
      if (!taken[axis])
        why_field_merge (merged, axis);
    }
  find_strides (merged, own);
  for (int axis = 0; axis < rank; axis++)
    {
      extents[axis] = from[axis] >= 0 ? merged->extents[from[axis]] : 1;
      strides[axis] = from[axis] >= 0 ? own[from[axis]] : 0;
    }
  WhyField *result = why_field_new (rank, extents);
  copy_strided (merged, strides, result);
  return result;
}

/* @field with @extents, which are its own or larger where it does not differ. */
static WhyField *
widen (const WhyField *field, const gint64 *extents)
{
  gint64 strides[WHY_FIELD_RANK];
  WhyField *result = why_field_new (field->rank, extents);
  find_strides (field, strides);
  copy_strided (field, strides, result);
  return result;
}

static void
widen_both (const WhyField *a, const WhyField *b, WhyField **wide_a, WhyField **wide_b)
{
  gint64 extents[WHY_FIELD_RANK];
  for (int axis = 0; axis < a->rank; axis++)
    extents[axis] = MAX (a->extents[axis], b->extents[axis]);
  *wide_a = widen (a, extents);
  *wide_b = widen (b, extents);
}

WhyField *
why_field_combine (const WhyField *a, const WhyField *b, WhyFieldRule rule)
{
  WhyField *result;
  g_autoptr (WhyField) other = NULL;

  widen_both (a, b, &result, &other);
  gsize count = why_field_count (result);
  for (gsize index = 0; index < count; index++)
    result->spans[index] = combine (result->spans[index], other->spans[index], rule);
  why_field_squeeze (result);
  return result;
}

gboolean
why_field_nested (const WhyField *a, const WhyField *b)
{
  g_autoptr (WhyField) wide_a = NULL;
  g_autoptr (WhyField) wide_b = NULL;

  widen_both (a, b, &wide_a, &wide_b);
  gsize count = why_field_count (wide_a);
  for (gsize index = 0; index < count; index++)
    {
      WhySpan one = wide_a->spans[index], other = wide_b->spans[index];
      if (is_nothing (one) != is_nothing (other) || (!lies_in (one, other) && !lies_in (other, one)))
        return FALSE;
    }
  return TRUE;
}

WhyField *
why_field_take (const WhyField *field, int axis, const gint64 *sources, gint64 n)
{
  Around at = around (field, axis);
  gint64 extents[WHY_FIELD_RANK];
  gboolean any_none = FALSE;

  for (gint64 place = 0; place < n; place++)
    any_none |= sources[place] < 0;
  if (at.n == 1 && !any_none)
    return why_field_copy (field);
  memcpy (extents, field->extents, sizeof extents);
  extents[axis] = n;
  WhyField *result = why_field_new (field->rank, extents);
  for (gint64 outer = 0; outer < at.outer; outer++)
    for (gint64 place = 0; place < n; place++)
      {
        gint64 source = at.n == 1 ? MIN (sources[place], 0) : sources[place];
        if (source >= 0)
          memcpy (result->spans + (outer * n + place) * at.inner,
                  field->spans + (outer * at.n + source) * at.inner,
                  (gsize) at.inner * sizeof (WhySpan));
      }
  why_field_squeeze (result);
  return result;
}

WhyField *
why_field_put (const WhyField *field, int axis, const gint64 *sources, gint64 n, gint64 extent)
{
  Around at = around (field, axis);
  gint64 extents[WHY_FIELD_RANK];

  memcpy (extents, field->extents, sizeof extents);
  extents[axis] = extent;
  WhyField *result = why_field_new (field->rank, extents);
  for (gint64 outer = 0; outer < at.outer; outer++)
    for (gint64 place = 0; place < n; place++)
      for (gint64 inner = 0; sources[place] >= 0 && inner < at.inner; inner++)
        {
          WhySpan *to = &result->spans[(outer * extent + sources[place]) * at.inner + inner];
          gint64 from = (outer * at.n + (at.n == 1 ? 0 : place)) * at.inner + inner;
          *to = cover (*to, field->spans[from]);
        }
  why_field_squeeze (result);
  return result;
}

WhyField *
why_field_concat (const WhyField *const *fields, const gint64 *sizes, guint n, int axis)
{
  gint64 extents[WHY_FIELD_RANK], total = 0, offset = 0;

  memcpy (extents, fields[0]->extents, sizeof extents);
  for (guint piece = 0; piece < n; piece++)
    {
      total += sizes[piece];
      for (int each = 0; each < fields[0]->rank; each++)
        extents[each] = MAX (extents[each], fields[piece]->extents[each]);
    }
  extents[axis] = total;
  WhyField *result = why_field_new (fields[0]->rank, extents);
  Around at = around (result, axis);
  for (guint piece = 0; piece < n; piece++)
    {
      extents[axis] = sizes[piece];
      g_autoptr (WhyField) wide = widen (fields[piece], extents);
      for (gint64 outer = 0; outer < at.outer; outer++)
        memcpy (result->spans + (outer * at.n + offset) * at.inner,
                wide->spans + outer * sizes[piece] * at.inner,
                (gsize) (sizes[piece] * at.inner) * sizeof (WhySpan));
      offset += sizes[piece];
    }
  why_field_squeeze (result);
  return result;
}

WhyField *
why_field_reshape (const WhyField *field, const gint64 *dims, int new_rank, const gint64 *new_dims)
{
  gint64 wide[WHY_FIELD_RANK], extents[WHY_FIELD_RANK], count = 1;
  int axis = 0, new_axis = 0;

  if (product (dims, 0, field->rank) == 0)
    return NULL;
  /* Runs of axes that hold the same elements before and after. */
  while (axis < field->rank || new_axis < new_rank)
    {
      int begin = axis, new_begin = new_axis;
      gboolean differs = FALSE;
      gint64 size = axis < field->rank ? dims[axis++] : 1;
      gint64 new_size = new_axis < new_rank ? new_dims[new_axis++] : 1;
      while (size != new_size)
        {
          if (size < new_size)
            size *= dims[axis++];
          else
            new_size *= new_dims[new_axis++];
        }
      for (int each = begin; each < axis; each++)
        differs |= field->extents[each] > 1;
      for (int each = begin; each < axis; each++)
        wide[each] = differs ? dims[each] : 1;
      for (int each = new_begin; each < new_axis; each++)
        extents[each] = differs ? new_dims[each] : 1;
      count *= differs ? size : 1;
      if (count > SPANS_MAX)
        return NULL;
    }
  WhyField *result = widen (field, wide);
  result->rank = new_rank;
  memcpy (result->extents, extents, sizeof extents);
  why_field_squeeze (result);
  return result;
}
