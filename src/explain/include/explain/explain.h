#pragma once

#include "engine/session.h"
#include "explain/map.h"
#include "explain/option.h"
#include "explain/profile.h"
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
  WHY_REGION_BOX, /* those with their centre in a rectangle */
} WhyRegionKind;

/**
 * why_region_parse:
 * @text: "predicted", "all", "point:X,Y", "box:X,Y,W,H" or "mask:FILE"
 * @numbers: (out caller-allocates) (array fixed-size=4): of a point or a box, in the unit of @text; finite,
 *   W and H positive
 *
 * Returns: %FALSE with an error that lists what there is
 */
gboolean why_region_parse (const char *text,
                           WhyRegionKind *kind,
                           double numbers[4],
                           GError **error);

/**
 * WhyExplainRequest:
 * @method: method id, e.g. "gradcam"
 * @layer: (nullable): tensor name; %NULL: the default layer
 * @more_layers: (nullable) (array zero-terminated=1): further layers whose maps are fused with that
 *   of @layer, as the option "fusion" says
 * @target_class: class index, -1: the class with the highest probability
 * @also_classes: (nullable) (array length=n_also_classes): classes whose scores are added
 * @has_contrast, @contrast_class: a class whose score is subtracted: why this and not that
 * @score: what is differentiated
 * @reference: (nullable): for %WHY_SCORE_SIMILARITY: what the network says of the other picture:
 *   as many numbers as the output has
 * @profile: (nullable): agreement profile id; %NULL: "paper"
 * @options: (nullable): of the method, see option.h
 * @output: (nullable): which of the graph's outputs; %NULL: the first
 * @multi_label: see why_target_find()
 * @region, @point_x, @point_y, @box_width, @box_height, @mask: for dense outputs; the point in pixels
 * of the network's input, of a box its left upper corner; the mask float32 [h, w] of the output's size
 *
 * Everything needed to make one map. Immutable while a run reads it; strings, lists and tensors are
 * borrowed unless why_explain_request_copy() made it.
 */
typedef struct _WhyExplainRequest
{
  const char *method;
  const char *layer;
  const char *const *more_layers;
  int target_class;
  const int *also_classes;
  gsize n_also_classes;
  gboolean has_contrast;
  int contrast_class;
  WhyPolarity polarity;
  WhyScoreKind score;
  WhyTensor *reference;
  const char *profile;
  const char *options;
  const char *output;
  gboolean multi_label;
  WhyRegionKind region;
  double point_x, point_y;
  double box_width, box_height;
  WhyTensor *mask;
} WhyExplainRequest;

/** why_explain_request_copy: @copy: (out caller-allocates): owns all it points to; see
 * why_explain_request_clear() */
void why_explain_request_copy (const WhyExplainRequest *request, WhyExplainRequest *copy);

/** why_explain_request_clear: of a copy */
void why_explain_request_clear (WhyExplainRequest *copy);

/** WhyPartial: @map: borrowed: what is known of the map so far, as the finished one but coarse or
 * noisy. Called from the running thread, a few times a second at most. */
typedef void (*WhyPartial) (WhyMap *map, gpointer data);

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
  WhyPartial partial; /* nullable: for methods with many runs */
  gpointer partial_data;
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
#define WHY_NEEDS_MANY_RUNS (1u << 2)      /* progress and partial maps are worth showing */
#define WHY_NEEDS_SEVERAL_LAYERS (1u << 3) /* looks at many layers by itself */
#define WHY_NEEDS_RELU_RULES (1u << 4)     /* another rule for the gradient of ReLU */
#define WHY_NEEDS_SECOND_GRADIENT (1u << 5)
#define WHY_NEEDS_NO_CLASS (1u << 6)    /* the map is the same for every class */
#define WHY_NEEDS_POOLED_HEAD (1u << 7) /* averaging over space, then one linear layer */
#define WHY_IS_CONTROL (1u << 8) /* no explanation: what explanations are to be compared with */

typedef struct _WhyExplainerClass WhyExplainerClass;

/**
 * WhyExplainerClass:
 * @id: used in files and on the command line, never translated
 * @title: for people; marked for translation
 * @paper: where the method comes from
 * @about: one sentence for the window: what the map shows; marked for translation
 * @note: (nullable): a sentence that goes with every map, e.g. which sign was chosen; likewise
 * @min_dimensions, @max_dimensions: of space: 1 to 3
 * @profiles: which libraries have the method: WHY_FITS_...
 * @options: (array length=n_options): the method's own; see also why_options_list()
 * @check: (nullable): sets an error if the method cannot run at @layer (nullable) of @graph; the
 *   sentence says why and what could instead. What @needs tells is checked already
 *
 * @emit: (nullable): makes the map of nodes of the graph, for the engine to compute: the cheapest way,
 *   at many layers above all, as neither activations nor gradients are handed out. Beside @weights,
 *   which serves where the weighted channels themselves are asked for
 *
 * Then one of the following, the first that fits:
 *
 * @weights: the map is a weighted sum of the layer's channels. Fills @weights (array length=C)
 * @contribute: the map is a sum over channels of something. Fills @sum, float32 with the dims and
 *   the layout of @activation, with what each cell of each channel adds
 * @combine: any other function of a layer's activation and gradient. Returns: (transfer full): the
 *   signed map, float32 [spatial...], dense
 * @run: all other methods: makes the map; layer, target and class are looked up already
 *
 * For the first three @activation and @gradient are [1, C, spatial...] float32 in the engine's
 * layout, dense or channels last; without %WHY_NEEDS_GRADIENT the gradient is %NULL. Such methods
 * make maps of many layers from one backward run.
 */
struct _WhyExplainerClass
{
  const char *id;
  const char *title;
  const char *paper;
  const char *about;
  const char *note;
  guint needs;
  int min_dimensions, max_dimensions;
  guint profiles;
  const WhyOptionClass *options;
  gsize n_options;
  gboolean (*check) (const WhyExplainRequest *request,
                     const WhyTarget *target,
                     WhyGraph *graph,
                     GError **error);
  gboolean (*weights) (const WhyExplainRequest *request,
                       const WhyTensor *activation,
                       const WhyTensor *gradient,
                       double *weights,
                       GError **error);
  gboolean (*contribute) (const WhyExplainRequest *request,
                          const WhyTensor *activation,
                          const WhyTensor *gradient,
                          WhyTensor *sum,
                          GError **error);
  WhyMapEmit emit;
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
 * why_explainer_check:
 * @request: method, layer (%NULL: the default one), output
 * @graph: for concrete shapes; backward nodes may be added to it
 *
 * Whether the method can run on a network, without running anything.
 *
 * Returns: %FALSE with one sentence that says why not, and what could instead
 */
gboolean why_explainer_check (const WhyExplainRequest *request, WhyGraph *graph, GError **error);

/**
 * why_explainer_check_all:
 * @request: as for why_explainer_check(); its method is not looked at
 *
 * Returns: (transfer full) (element-type utf8): for each of why_explainer_list() %NULL, or the sentence
 *   that says why it cannot run. The graph is differentiated once.
 */
GPtrArray *why_explainer_check_all (const WhyExplainRequest *request,
                                    WhyGraph *graph) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_explainer_check_layers:
 * @request: as for why_explainer_check(); its layer is not looked at
 * @layers: (array length=n_layers): tensor names
 *
 * Returns: (transfer full) (element-type utf8): for each layer %NULL, or the sentence that says why the
 *   method cannot run there. The graph is differentiated once.
 */
GPtrArray *why_explainer_check_layers (const WhyExplainRequest *request,
                                       WhyGraph *graph,
                                       const char *const *layers,
                                       gsize n_layers) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_explainer_shares_runs:
 * @options: (nullable): of the method
 *
 * Whether maps of many layers come from one backward run, or from none; see why_explain_layers().
 */
gboolean why_explainer_shares_runs (const WhyExplainerClass *klass, const char *options);

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
