#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/* A field: one interval for every element of a tensor, stored only along the axes where it differs.
 *
 * What a graph does to the places of a picture is followed by such fields (tokens.h): "which rows of
 * the picture is this element about". Nearly always that depends on one or two axes of a tensor, so
 * a field of a [1, 197, 768] tensor holds 197 intervals and not 151,296. */

/* Products and sums look at the axes of both operands together. */
#define WHY_FIELD_RANK (2 * WHY_MAX_RANK)

/** WhySpan: from @lo up to, not including, @hi; nothing where @hi is not above @lo */
typedef struct
{
  gint32 lo, hi;
} WhySpan;

/**
 * WhyField:
 * @rank: of the tensor
 * @extents: its dimensions, or 1 along the axes where the spans do not differ
 * @spans: (array): one for each element of @extents, the last axis fastest
 */
typedef struct
{
  int rank;
  gint64 extents[WHY_FIELD_RANK];
  WhySpan *spans;
} WhyField;

/* How two spans for the same element become one. */
typedef enum
{
  WHY_FIELD_UNION, /* what covers both */
  WHY_FIELD_FINER, /* the one that lies in the other, and what covers both where neither does */
} WhyFieldRule;

WhyField *why_field_new (int rank, const gint64 *extents) G_GNUC_WARN_UNUSED_RESULT; /* of nothing */
WhyField *why_field_new_uniform (int rank, WhySpan span) G_GNUC_WARN_UNUSED_RESULT;
WhyField *why_field_copy (const WhyField *field) G_GNUC_WARN_UNUSED_RESULT;
void why_field_free (WhyField *field);

gsize why_field_count (const WhyField *field);

/** why_field_varies: whether spans differ along @axis */
gboolean why_field_varies (const WhyField *field, int axis);
gboolean why_field_is_uniform (const WhyField *field);

/** why_field_squeeze: forgets axes along which nothing differs, in place */
void why_field_squeeze (WhyField *field);

/**
 * why_field_arrange:
 * @from: (array length=rank): for each axis of the result the axis of @field it is, or -1 for a new
 *   one, along which nothing differs
 *
 * Axes of @field that nothing takes are merged by union first.
 */
WhyField *why_field_arrange (const WhyField *field, int rank, const int *from) G_GNUC_WARN_UNUSED_RESULT;

/** why_field_merge: the union over one axis, in place, which stays with nothing differing along it */
void why_field_merge (WhyField *field, int axis);

/** why_field_combine: two fields of the same rank, element by element */
WhyField *why_field_combine (const WhyField *a, const WhyField *b, WhyFieldRule rule) G_GNUC_WARN_UNUSED_RESULT;

/** why_field_nested: whether of every two spans for the same element one lies in the other */
gboolean why_field_nested (const WhyField *a, const WhyField *b);

/**
 * why_field_take:
 * @sources: (array length=n): for each place along @axis of the result the place it copies, -1: none
 */
WhyField *why_field_take (const WhyField *field, int axis, const gint64 *sources, gint64 n) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_field_put:
 * @sources: (array length=n): as for why_field_take(), of which this is the adjoint: spans go to the
 *   place they came from, by union, in a field that is @extent long along @axis
 */
WhyField *why_field_put (const WhyField *field, int axis, const gint64 *sources, gint64 n,
                         gint64 extent) G_GNUC_WARN_UNUSED_RESULT;

/** why_field_concat: @sizes: (array length=n): of the pieces along @axis */
WhyField *why_field_concat (const WhyField *const *fields, const gint64 *sizes, guint n,
                            int axis) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_field_reshape:
 * @dims, @new_dims: of the tensor before and after, with the same number of elements
 *
 * Returns: (nullable): %NULL where it would have to hold an unreasonable number of spans
 */
WhyField *why_field_reshape (const WhyField *field, const gint64 *dims, int new_rank,
                             const gint64 *new_dims) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyField, why_field_free)

G_END_DECLS
