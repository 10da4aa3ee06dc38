#pragma once

#include "explain/explain.h"

G_BEGIN_DECLS

/* Whether the places that a map shows matter to the network: they are taken away, or given, in the map's
 * order, and the probability of the class is watched. */

typedef enum
{
  WHY_REMOVAL_MEAN,   /* the mean of each channel of this picture */
  WHY_REMOVAL_ZERO,   /* 0 of the prepared input: for most recipes the mean colour of the training pictures */
  WHY_REMOVAL_BLUR,   /* Gaussian, sigma 1/22.4 of the shorter side (10 pixels of 224) */
  WHY_REMOVAL_LINEAR, /* noisy linear imputation, see why_impute_linear(); pictures only */
} WhyRemoval;

/** why_removal_parse: "mean", "zero", "blur", "linear"; an error lists them */
gboolean why_removal_parse (const char *text, WhyRemoval *removal, GError **error);
const char *why_removal_id (WhyRemoval removal);

/**
 * why_impute_linear:
 * @pixels: (array length=n_channels*height*width): a picture, planes one after the other
 * @removed: (array length=height*width): not 0: to be replaced
 * @sigma: of the noise that is added, 0.01 in the paper
 * @out: (array length=n_channels*height*width): all pixels, the removed ones replaced
 *
 * Every removed pixel becomes the weighted mean of its neighbours, 1/6 those at its sides and 1/12 those at its corners,
 * divided by the sum of the weights of those that exist: a system of linear equations in all removed pixels at once (Rong et
 * al., ICML 2022, ROAD), solved by conjugate gradients to
 * 1e-4 of the right side, which is less than the noise. With no pixel left the picture's means
 * are taken.
 */
gboolean why_impute_linear (const float *pixels,
                            gsize n_channels,
                            gint64 height,
                            gint64 width,
                            const guint8 *removed,
                            double sigma,
                            guint64 seed,
                            float *out,
                            WhyCancel *cancel,
                            GError **error);

#define WHY_CURVE_MAX 101

/**
 * WhyCurve:
 * @fractions: (array length=n): of the picture's positions taken away or given
 * @scores: (array length=n): probability of the class then
 * @auc: area below, by trapezoids
 */
typedef struct
{
  gsize n;
  double fractions[WHY_CURVE_MAX];
  double scores[WHY_CURVE_MAX];
  double auc;
} WhyCurve;

/**
 * WhyFaithfulnessOptions:
 * @n_steps: points of a curve after the first, 1 to 100; 0: 20
 * @n_controls: random maps to compare with; 0: 3
 * @seed: of the order among equal values, of the random maps and of noise
 */
typedef struct
{
  WhyRemoval removal;
  guint n_steps;
  guint n_controls;
  guint64 seed;
} WhyFaithfulnessOptions;

/**
 * WhyFaithfulness:
 * @deletion: positions with the largest values are taken away first: the sooner the class falls, the smaller its
 *   area, the better
 * @insertion: they are given first, to a picture of which all was taken away: the larger the area the better
 * @control_deletion, @control_insertion: means of the same with random maps: noise on as many cells, spread over the
 *   picture the same way, so that what is taken away is in pieces of the same size
 * @control_deletion_low, ..._high: smallest and largest area among the controls; likewise for insertion
 */
typedef struct
{
  WhyCurve deletion, insertion;
  WhyCurve control_deletion, control_insertion;
  double control_deletion_low, control_deletion_high;
  double control_insertion_low, control_insertion_high;
} WhyFaithfulness;

/**
 * why_faithfulness_measure:
 * @request: its output, classes and task; the class must be stated
 * @job: partial maps are not made
 * @map: of @job's input
 *
 * Deletion and insertion (Petsiuk, Das and Saenko, BMVC 2018). Values that are equal, such as the zeros that a ReLU
 * leaves, are ordered by chance, not line by line; positions the map says nothing about come last.
 */
gboolean why_faithfulness_measure (const WhyExplainRequest *request,
                                   const WhyJob *job,
                                   const WhyMap *map,
                                   const WhyFaithfulnessOptions *options,
                                   WhyFaithfulness *result,
                                   GError **error);

#define WHY_ROAD_STEPS 9

/**
 * WhyRoad:
 * @most, @least: probability of the class with k / 10 of the picture removed, the most and the least relevant first
 * @combined: the mean of (@least - @most) / 2: above 0 where the map knows what matters
 */
typedef struct
{
  double most[WHY_ROAD_STEPS], least[WHY_ROAD_STEPS];
  double combined;
} WhyRoad;

/** why_faithfulness_road: ROAD (Rong et al., ICML 2022), percentiles 10 to 90; arguments as for
 * why_faithfulness_measure(); pictures only */
gboolean why_faithfulness_road (const WhyExplainRequest *request,
                                const WhyJob *job,
                                const WhyMap *map,
                                guint64 seed,
                                WhyRoad *road,
                                GError **error);

G_END_DECLS
