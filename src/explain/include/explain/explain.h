#pragma once

#include "engine/session.h"
#include "explain/map.h"
#include "explain/target.h"

G_BEGIN_DECLS

typedef enum
{
  WHY_POLARITY_RELU,     /* evidence for the class */
  WHY_POLARITY_SIGNED,   /* evidence for and against */
  WHY_POLARITY_AGAINST,  /* evidence against, as positive values */
  WHY_POLARITY_ABSOLUTE, /* strength of evidence of either sign */
} WhyPolarity;

/** why_polarity_parse: "relu", "signed", "against", "absolute"; an error lists them */
gboolean why_polarity_parse (const char *text, WhyPolarity *polarity, GError **error);
const char *why_polarity_id (WhyPolarity polarity);

/* Which pixels of a dense output are summed into the score. */
typedef enum
{
  WHY_REGION_PREDICTED, /* those where the class wins */
  WHY_REGION_ALL,
  WHY_REGION_POINT, /* the one under a point */
  WHY_REGION_MASK,
} WhyRegionKind;

/**
 * WhyExplainRequest:
 * @method: method id, e.g. "gradcam"
 * @layer: (nullable): tensor name; %NULL: the default layer
 * @target_class: class index, -1: the class with the highest probability
 * @score: what is differentiated
 * @profile: (nullable): agreement profile id; %NULL: "paper"
 * @output: (nullable): which of the graph's outputs; %NULL: the first
 * @multi_label: see why_target_find()
 * @region, @point_x, @point_y, @mask: for dense outputs; the point in pixels of the network's
 * input, the mask float32 [h, w] of the output's size
 *
 * Everything needed to make one map. Immutable while a run reads it; strings are borrowed.
 */
typedef struct _WhyExplainRequest
{
  const char *method;
  const char *layer;
  int target_class;
  WhyPolarity polarity;
  WhyScoreKind score;
  const char *profile;
  const char *output;
  gboolean multi_label;
  WhyRegionKind region;
  double point_x, point_y;
  WhyTensor *mask;
} WhyExplainRequest;

/**
 * WhyJob:
 *
 * What a running explanation works with and reports to.
 */
typedef struct
{
  WhySession *session;
  WhyTensor *input;     /* float32, prepared */
  WhyCancel *cancel;    /* nullable */
  WhyProgress progress; /* nullable */
  gpointer progress_data;
} WhyJob;

/**
 * WhyExplainResult:
 * @map: the map
 * @probabilities, @logits: float32 [n_classes] of the same run
 *
 * Freed with why_explain_result_clear().
 */
typedef struct
{
  WhyMap *map;
  WhyTensor *probabilities;
  WhyTensor *logits;
  int target_class;
} WhyExplainResult;

void why_explain_result_clear (WhyExplainResult *result);

/* What a method needs; decides where it can run and what the window offers. */
#define WHY_NEEDS_LAYER (1u << 0)
#define WHY_NEEDS_GRADIENT (1u << 1)
#define WHY_NEEDS_MANY_RUNS (1u << 2)

typedef struct _WhyExplainerClass WhyExplainerClass;

/**
 * WhyExplainerClass:
 * @id: used in files and on the command line, never translated
 * @title: for people; marked for translation
 * @paper: where the method comes from
 * @combine: for methods that are a function of a layer's activation and gradient alone: Returns:
 *   (transfer full): the signed map, float32 [spatial...], dense. @activation and @gradient are
 *   [1, C, spatial...] in the engine's layout. Such methods make maps of many layers from one
 * backward run
 * @run: (nullable): for all others: makes the map; layer, target and class are looked up already
 */
struct _WhyExplainerClass
{
  const char *id;
  const char *title;
  const char *paper;
  guint needs;
  WhyTensor *(*combine) (const WhyExplainRequest *request,
                         const WhyTensor *activation,
                         const WhyTensor *gradient,
                         GError **error);
  WhyMap *(*run) (const WhyExplainRequest *request,
                  const WhyTarget *target,
                  const WhyJob *job,
                  GError **error);
};

/** why_explainer_lookup: an error offers the nearest ids */
const WhyExplainerClass *why_explainer_lookup (const char *id, GError **error);

/** why_explainer_list: Returns: (array length=n): all methods */
const WhyExplainerClass *const *why_explainer_list (gsize *n);

/**
 * why_explain:
 *
 * Runs the network on @job's input, finds the class, runs the method. Class and layer that do not
 * exist are errors with the nearest names.
 */
gboolean why_explain (const WhyExplainRequest *request,
                      const WhyJob *job,
                      WhyExplainResult *result,
                      GError **error);

/**
 * why_explain_layers:
 * @layers: (array length=n_layers): tensor names; @request's layer is not looked at
 * @maps: (out caller-allocates) (array length=n_layers) (transfer full): one map for each
 *
 * As why_explain() at many layers: methods that are a function of activation and gradient take one
 * backward run for all of them, and asking for one of these layers afterwards, for the same class
 * and picture, costs no run.
 * @result->map stays %NULL.
 */
gboolean why_explain_layers (const WhyExplainRequest *request,
                             const char *const *layers,
                             gsize n_layers,
                             const WhyJob *job,
                             WhyExplainResult *result,
                             WhyMap **maps,
                             GError **error);

/**
 * why_predict:
 * Just the network's answer. @probabilities, @logits: (out) (transfer full): float32 [n_classes]
 */
gboolean why_predict (const WhyJob *job,
                      const char *output,
                      gboolean multi_label,
                      WhyTensor **probabilities,
                      WhyTensor **logits,
                      GError **error);

G_END_DECLS
