#pragma once

#include "explain/explain.h"

G_BEGIN_DECLS

/**
 * WhyConcept:
 * @map: float32 [spatial...]: how much of the concept is in each cell, at least 0
 * @share: of the layer's (shifted) activations, 0 to 1, in magnitude; of all concepts together 1
 * @direction: (array length=n_channels): the concept as activations of the layer's channels
 * @channels: (array length=n_channels): channel numbers, the strongest in the concept first
 */
typedef struct
{
  WhyTensor *map;
  double share;
  double *direction;
  gint64 *channels;
} WhyConcept;

/**
 * WhyConcepts:
 * @concepts: (array length=n_concepts): largest share first
 * @layer: where
 * @n_channels: of the layer
 * @error: what the factors leave unexplained, as a part of the activations' length (Frobenius
 * norms)
 * @n_iterations: until it changed no more
 *
 * The activations of one picture at one layer as a product of few concepts: where each is, and what
 * it is made of.
 */
typedef struct
{
  WhyConcept *concepts;
  gsize n_concepts;
  char *layer;
  gint64 n_channels;
  double error;
  guint n_iterations;
} WhyConcepts;

/**
 * why_concepts_make:
 * @layer: (nullable): %NULL: the default one
 * @n_wanted: number of concepts, 1 to 50 and at most as many as positions or channels
 * @seed: of the start: the same seed gives the same concepts
 *
 * Deep feature factorisation: Collins, Achanta and Suesstrunk, ECCV 2018: non-negative matrix
 * factorisation of the layer's activations. Channels with negative values are shifted by their
 * minimum first, as pytorch-grad-cam does. Coordinate descent in a fixed order, so results do not
 * depend on threads.
 */
gboolean why_concepts_make (const WhyJob *job,
                            const char *layer,
                            gboolean multi_label,
                            gsize n_wanted,
                            guint64 seed,
                            WhyConcepts *concepts,
                            GError **error);

void why_concepts_clear (WhyConcepts *concepts);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyConcepts, why_concepts_clear)

G_END_DECLS
