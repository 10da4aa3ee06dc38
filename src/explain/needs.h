#pragma once

#include "places.h"

G_BEGIN_DECLS

/* Which elements of each tensor a score depends on: places followed backwards. After the last
 * attention of a ViT only the class token is read on; the gradient by all other tokens of what
 * comes after it is zero, and so would be every map of it. */

typedef struct _WhyNeeds WhyNeeds;

/** why_needs_new: @of: the value that scores are made of */
WhyNeeds *why_needs_new (WhyGraph *graph, const WhyValue *of) G_GNUC_WARN_UNUSED_RESULT;
void why_needs_free (WhyNeeds *needs);

/** why_needs_any: whether the score depends on @value at all */
gboolean why_needs_any (const WhyNeeds *needs, const WhyValue *value);

/** why_needs_count: on how many cells of the grid that @value is */
gsize why_needs_count (const WhyNeeds *needs, const WhyValue *value, const WhyGrid *grid);

/**
 * why_needs_trunk:
 *
 * Returns: (nullable) (transfer none): the last tensor that is a grid of tokens, of which the score
 *   depends on every cell, and that the way to the score leads through: of a network that attends a
 *   last time, what that attention reads (its normalised input, before queries, keys and values
 *   part); of one that takes a mean, what it takes the mean of. %NULL where the last such grid is
 *   plain, or there is none
 */
const WhyValue *why_needs_trunk (const WhyNeeds *needs, WhyGraph *graph);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyNeeds, why_needs_free)

G_END_DECLS
