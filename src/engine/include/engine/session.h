#pragma once

#include "graph/differentiate.h"
#include "graph/graph.h"
#include "onnx/model.h"

G_BEGIN_DECLS

/* The engine: runs a model and its gradients on given inputs.
 *
 * A session binds a model to concrete input shapes (anew, when inputs of other shapes come). It
 * plans once and then runs. The forward plan keeps the activations of the current input that the
 * wanted gradients read, so another class costs one short backward run. What nobody has asked for
 * is fused away or overwritten; asking for it later makes a new plan and runs forward once more, so
 * who will want many layers should ask for all of them at once.
 *
 * A session belongs to one thread at a time. Tensors that it returns are the caller's: they are
 * never overwritten by later runs. */

typedef struct _WhySession WhySession;

typedef enum
{
  WHY_BACKEND_AUTO, /* oneDNN where the build has it */
  WHY_BACKEND_ONEDNN,
  WHY_BACKEND_REFERENCE, /* OpenBLAS (im2col + sgemm) and plain definitions */
} WhyBackend;

/** why_backend_parse: "auto", "onednn", "reference"; an error lists them */
gboolean why_backend_parse (const char *text, WhyBackend *backend, GError **error);

/**
 * WhySessionOptions:
 * @memory_budget: bytes that all plans of the session and its packed weights may take together, 0 for
 *   three quarters of the machine's memory. A model that needs more is refused with the figure before
 *   anything is allocated
 * @keep_types: compute in the types the model states instead of float32 throughout; for conformance
 * tests
 */
typedef struct
{
  WhyBackend backend;
  gsize memory_budget;
  gboolean keep_types;
} WhySessionOptions;

/** why_session_new: @options: (nullable): defaults: auto, automatic budget, float32 */
WhySession *why_session_new (WhyOnnxModel *model,
                             const WhySessionOptions *options,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void why_session_free (WhySession *session);

WhyOnnxModel *why_session_model (const WhySession *session);      /* borrowed */
const char *why_session_backend_name (const WhySession *session); /* "oneDNN 2.6.3", "reference" */

/**
 * why_session_prepare:
 * @shapes: (array length=n_shapes): of the inputs, in order
 *
 * Builds the graph for these shapes (cheap if they are the current ones). Called by the functions
 * below; call it yourself to look at the graph before the first run.
 *
 * Returns: (transfer none) (nullable): the graph; valid until inputs of other shapes come
 */
WhyGraph *
why_session_prepare (WhySession *session, const WhyShape *shapes, gsize n_shapes, GError **error);

/**
 * why_session_plan:
 * @shapes: (array length=n_shapes): of the inputs, in order
 *
 * Plans the forward run for these shapes, weights laid out and memory taken, as the first run would.
 */
gboolean
why_session_plan (WhySession *session, const WhyShape *shapes, gsize n_shapes, GError **error);

/**
 * why_session_time_steps: from now on the forward run, and the backward run made last, note how long
 *   each step takes
 *
 * why_session_n_steps: how many steps the two have, once they are planned; forward ones come first
 *
 * why_session_step_ms:
 * @node: (out) (nullable) (transfer none): what the step computes, with what is fused into it; %NULL for
 *   a change of layout
 *
 * Returns: the least time of a step over the runs since then, in milliseconds
 */
void why_session_time_steps (WhySession *session);
guint why_session_n_steps (const WhySession *session);
double why_session_step_ms (const WhySession *session, guint index, const WhyNode **node);

/** why_session_graph: Returns: (nullable) (transfer none): the current graph, if there is one */
WhyGraph *why_session_graph (const WhySession *session);

/**
 * WhyProgress:
 * @done: 0..1
 *
 * Called from the running thread, at most some hundred times a run.
 */
typedef void (*WhyProgress) (double done, gpointer data);

/**
 * why_session_run:
 * @inputs: (array length=n_inputs): dense float32 (or as the model declares), one for each input
 * @wanted: (array length=n_wanted): names of tensors
 * @results: (out caller-allocates) (array length=n_wanted) (transfer full): dense in ONNX order
 *
 * Runs forward. If @inputs are the very same tensors (same pointers) as in the last run, what is
 * known already is not computed again.
 */
gboolean why_session_run (WhySession *session,
                          WhyTensor *const *inputs,
                          gsize n_inputs,
                          const char *const *wanted,
                          gsize n_wanted,
                          WhyTensor **results,
                          WhyCancel *cancel,
                          GError **error);

/**
 * why_session_gradients:
 * @inputs: (array length=n_inputs): as for why_session_run()
 * @of: name of the tensor whose weighted sum is the score
 * @seed: dense float32 weights with the dims of @of (one-hot for one class)
 * @wanted: (array length=n_wanted): names of tensors
 * @activations: (nullable) (out caller-allocates) (array length=n_wanted) (transfer full): their
 * values
 * @gradients: (out caller-allocates) (array length=n_wanted) (transfer full): d(score)/d(tensor)
 * @rule: gradient, guided backpropagation or deconvnet
 *
 * Both come as float32 in the layout the engine computes in: dense, or channels last (ask
 * why_tensor_is_channels_last()); dims are in ONNX order. Runs forward only if the inputs are new;
 * backward only from the score down to the lowest of the wanted tensors.
 */
gboolean why_session_gradients (WhySession *session,
                                WhyTensor *const *inputs,
                                gsize n_inputs,
                                const char *of,
                                WhyTensor *seed,
                                const char *const *wanted,
                                gsize n_wanted,
                                WhyGradRule rule,
                                WhyTensor **activations,
                                WhyTensor **gradients,
                                WhyCancel *cancel,
                                GError **error);

/* ---- maps ---- */

typedef struct _WhyMapBuilder WhyMapBuilder;

/**
 * WhyMapEmit:
 * @activation: a layer's value, [N, C, spatial...]
 * @gradient: d(score)/d(@activation)
 *
 * Adds the nodes that make a map of the two to the graph. As they are known before anything runs, no
 * tensor has to be there that they do not read: gradients are reduced as they are made, and
 * activations that can be computed from others are not kept.
 *
 * Returns: (transfer none) (nullable): the map, float32 [N, 1, spatial...]; %NULL on error
 */
typedef WhyValue *(*WhyMapEmit) (WhyMapBuilder *builder,
                                 WhyValue *activation,
                                 WhyValue *gradient,
                                 GError **error);

WhyGraph *why_map_builder_graph (const WhyMapBuilder *builder);

/** why_map_channel_means: [N, C, 1...]: the means of @gradient over space */
WhyValue *why_map_channel_means (WhyMapBuilder *builder, WhyValue *gradient, GError **error);

/** why_map_weighted_sum: [N, 1, spatial...]: the sum over channels of @weights, [N, C, 1...], times
 * @activation */
WhyValue *why_map_weighted_sum (WhyMapBuilder *builder,
                                WhyValue *activation,
                                WhyValue *weights,
                                GError **error);

/**
 * why_session_maps:
 * @layers: (array length=n_layers): names of tensors
 * @maps: (out caller-allocates) (array length=n_layers) (transfer full): dense float32
 *   [N, 1, spatial...]
 *
 * Maps of layers by @emit; all else as for why_session_gradients(). Asking again for some of the
 * layers, for the same inputs and seed, runs nothing.
 */
gboolean why_session_maps (WhySession *session,
                           WhyTensor *const *inputs,
                           gsize n_inputs,
                           const char *of,
                           WhyTensor *seed,
                           const char *const *layers,
                           gsize n_layers,
                           WhyGradRule rule,
                           WhyMapEmit emit,
                           WhyTensor **maps,
                           WhyCancel *cancel,
                           GError **error);

/** why_session_plan_bytes: memory of the current plans: arenas, kept activations and packed
 * weights. */
gsize why_session_plan_bytes (const WhySession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhySession, why_session_free)

G_END_DECLS
