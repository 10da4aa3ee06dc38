#pragma once

#include "base/affine.h"
#include "explain/explain.h"
#include "explain/layer.h"
#include "image/recipe.h"
#include "service/cover.h"
#include "service/picture.h"

G_BEGIN_DECLS

/* The one compute thread.
 *
 * A view (a document) submits immutable requests; the latest wins: a new request of a view replaces the
 * one that waits and cancels the one that runs, which stops at the next node of the network. The thread
 * owns one session per view and the view's last prepared input, so that another class or layer of the
 * same picture costs no second forward run. Results come back on the main context the runner was made in;
 * one that a newer request has overtaken, or whose view was cancelled, is dropped and never delivered.
 *
 * The queue uses pthread primitives, as ThreadSanitizer cannot see GLib's. */

typedef struct _WhyRunner WhyRunner;

/**
 * WhyRequest:
 * @model: what to run
 * @recipe: how to prepare @pixels
 * @pixels: (nullable): the source picture [H, W, C] or volume [D, H, W, 1]; %NULL: @input is used
 * @pixels_to_source: where they lie in the picture, which @covers and all answers are about; identity but for slides
 * @of_slide: they are a region of a slide
 * @roi: the part of @pixels that the network is shown; without a width all
 * @input: (nullable): a tensor that is prepared already
 * @covers: (array length=n_covers): covered one after the other
 * @known: (array length=n_covers+1) (element-type nullable WhyTensor): probabilities with the first k covers,
 *   where they are known from earlier results; the others are computed
 * @explain: method, layer, class...; its strings are owned by the request
 * @predict_only: only probabilities, no map
 * @preview: and fast: no steps in between, no covered picture; what the runner keeps of the last full request stays
 * @layers: (nullable) (array zero-terminated=1): maps of these layers are wanted instead of the one of @explain's layer
 * @preset_layer: (nullable): with @layers: which of them to choose is wanted as well; the network's own choice
 * @layer_cells, @layer_numbers: (array): of each of them: cells of its map, numbers in its tensor
 * @backend: what computes
 *
 * Made by why_request_new(), filled, then immutable: the worker reads it while the main thread goes on.
 */
typedef struct
{
  WhyOnnxModel *model;
  WhyRecipe *recipe;
  WhyTensor *pixels;
  WhyAffine pixels_to_source;
  gboolean of_slide;
  WhyRoi roi;
  WhyTensor *input;
  WhyCover *covers;
  gsize n_covers;
  WhyTensor **known;
  WhyExplainRequest explain;
  gboolean predict_only;
  gboolean preview;
  char **layers;
  char *preset_layer;
  gsize *layer_cells;
  gsize *layer_numbers;
  WhyBackend backend;
  /*< private >*/
  _Atomic (WhyMap *) partial;
  _Atomic int ref_count;
} WhyRequest;

/**
 * why_request_new:
 * @model: a reference is taken, as of all that follow
 * @explain: copied deeply
 */
WhyRequest *why_request_new (WhyOnnxModel *model, WhyRecipe *recipe, WhyTensor *pixels, WhyTensor *input,
                             const WhyExplainRequest *explain) G_GNUC_WARN_UNUSED_RESULT;
/** why_request_set_place: which part of @picture is shown, as why_picture_find_roi() tells. Before the request is shared. */
void why_request_set_place (WhyRequest *request, const WhyPicture *picture, const WhyRoi *roi);
/** why_request_get_shown: (out): size of what is prepared for the network, and where its pixels lie in the source */
void why_request_get_shown (const WhyRequest *request, gint64 *width, gint64 *height, WhyAffine *to_source);
/** why_request_get_roi: @roi: (out): what the network is shown, source pixels. Returns: %FALSE if that is all of the picture */
gboolean why_request_get_roi (const WhyRequest *request, WhyRoi *roi);
/** why_request_prepare: @pixels: those of the request, maybe with covers */
WhyTensor *why_request_prepare (const WhyRequest *request, WhyTensor *pixels, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_request_occlude: covers a part of a copy of the request's pixels */
gboolean why_request_occlude (const WhyRequest *request, WhyTensor *pixels, const WhyCover *cover, GError **error);
/** why_request_set_covers: @covers: copied; @known: (nullable): see WhyRequest. Before the request is shared. */
void why_request_set_covers (WhyRequest *request, const WhyCover *covers, gsize n_covers, WhyTensor *const *known);
/** why_request_same: whether the same answer is asked for, of the same objects */
gboolean why_request_same (const WhyRequest *a, const WhyRequest *b);
/** why_request_set_layers: @layers: (array length=n_layers): see WhyRequest. Before the request is shared. */
void why_request_set_layers (WhyRequest *request, const WhyLayer *const *layers, gsize n_layers);
/** why_request_set_advice: asks for advice too, see WhyRequest. Before the request is shared. */
void why_request_set_advice (WhyRequest *request, const char *preset_layer);
/** why_request_take_partial: Returns: (transfer full) (nullable): the newest map of a request that
 *   runs, if there is one that was not taken yet. Any thread; progress tells when to look. */
WhyMap *why_request_take_partial (WhyRequest *request) G_GNUC_WARN_UNUSED_RESULT;
WhyRequest *why_request_ref (WhyRequest *request);
void why_request_unref (WhyRequest *request);

/**
 * WhyResult:
 * @request: what it answers
 * @error: (nullable): a sentence; then all that follows may be %NULL. Never a cancellation
 * @map: (nullable): the explanation
 * @probabilities, @logits: float32 [n_classes] of the picture as covered
 * @target_class: the class explained
 * @maps: (array) (element-type nullable WhyMap): for a request with layers: one for each of them
 * @reasons: (array) (element-type nullable utf8): likewise: why there cannot be a map, a sentence;
 *   with neither, the map is too large to be made along with the others
 * @advice: (nullable) (element-type WhyLayerAdvice): for a request for it: best first
 * @steps: (array length=n_covers+1) (element-type nullable WhyTensor): probabilities with the first k covers; the last is
 *   @probabilities; of a preview there are only that and those that were known
 * @input_to_source: from pixels of the network's input to source pixels; identity for @request->input
 * @depth_scale, @depth_offset: of volumes: from slices of the network's input to those of the source
 * @input: the prepared tensor
 * @covered: (nullable): the picture with its covers, uint8, for the eye; %NULL without covers
 * @milliseconds: time the worker took
 *
 * One answer. Immutable.
 */
typedef struct
{
  WhyRequest *request;
  GError *error;
  WhyMap *map;
  WhyTensor *probabilities;
  WhyTensor *logits;
  int target_class;
  WhyMap **maps;
  char **reasons;
  GPtrArray *advice;
  WhyTensor **steps;
  WhyAffine input_to_source;
  double depth_scale, depth_offset;
  WhyTensor *input;
  WhyTensor *covered;
  double milliseconds;
  /*< private >*/
  _Atomic int ref_count;
} WhyResult;

/**
 * why_result_with_map:
 * @request: asks what @result answers, but for the layer
 * @map: at that layer
 *
 * Returns: (transfer full): the answer to @request, from what is known already
 */
WhyResult *why_result_with_map (const WhyResult *result, WhyRequest *request, WhyMap *map) G_GNUC_WARN_UNUSED_RESULT;

WhyResult *why_result_ref (WhyResult *result);
void why_result_unref (WhyResult *result);

/**
 * why_result_show_map:
 * @map: (nullable): the result's, or a partial one of the same picture
 * @picture: (nullable): what the request's pixels are of
 * @smooth: see why_map_plane()
 * @to_display: (out): from map cells to pixels of the picture's display; for no picture, to source pixels
 *
 * The map as it lies over what is shown: itself, or of a volume the plane that @picture shows.
 *
 * Returns: (transfer full) (nullable): of rank 2; %NULL without a map, or where the network does not see the
 *   plane, or if the map has three dimensions and there is no picture
 */
WhyMap *why_result_show_map (const WhyResult *result, WhyMap *map, const WhyPicture *picture, gboolean smooth,
                             WhyAffine *to_display) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_runner_new:
 * Starts the thread. Results are delivered on the thread-default main context of the caller.
 */
WhyRunner *why_runner_new (void) G_GNUC_WARN_UNUSED_RESULT;
/** why_runner_set_memory_budget: @bytes that a network may take, in sessions that are made from now on; 0: decided by what is
 *  free. Any thread. */
void why_runner_set_memory_budget (gsize bytes);
WhyRunner *why_runner_ref (WhyRunner *runner);
/**
 * why_runner_stop:
 *
 * Cancels everything and joins the threads while others may still have references, whose requests then
 * get no answer. The end of a program: a thread that still frees a session while the process runs its
 * exit handlers finds oneDNN's own data gone. Main thread only.
 */
void why_runner_stop (WhyRunner *runner);
/** why_runner_unref: the last reference cancels everything and joins the thread. Main thread only. */
void why_runner_unref (WhyRunner *runner);

/** why_runner_add_view: Returns: a number for a new view */
guint why_runner_add_view (WhyRunner *runner);
/** why_runner_add_passing_view: Returns: a number for a view whose session is given up when nothing has run for two seconds */
guint why_runner_add_passing_view (WhyRunner *runner);
/** why_runner_add_sibling: Returns: a number for a view with a queue of its own that works with the session and the
 *   prepared input of @view, which is to be removed after it */
guint why_runner_add_sibling (WhyRunner *runner, guint view);
/** why_runner_remove_view: cancels its work and frees its session; nothing more is delivered for it */
void why_runner_remove_view (WhyRunner *runner, guint view);

/** WhyResultFunc: @result: borrowed; on the main context */
typedef void (*WhyResultFunc) (WhyResult *result, gpointer data);
/** WhyProgressFunc: @done: 0..1; on the main context */
typedef void (*WhyProgressFunc) (double done, gpointer data);

/**
 * why_runner_submit:
 * @on_progress: (nullable): at most once a main-loop turn
 * @data: must stay until the result came, another request of the view was submitted, or the view was
 *   cancelled or removed
 */
void why_runner_submit (WhyRunner *runner, guint view, WhyRequest *request, WhyResultFunc on_result,
                        WhyProgressFunc on_progress, gpointer data);

/**
 * why_runner_submit_background:
 *
 * A request that nobody waits for: requests of why_runner_submit() go before it and stop it; it then
 * runs again, from the start.
 */
void why_runner_submit_background (WhyRunner *runner, guint view, WhyRequest *request, WhyResultFunc on_result,
                                   gpointer data);

/** why_runner_cancel: drops what waits and stops what runs for @view; neither is delivered */
void why_runner_cancel (WhyRunner *runner, guint view);

/**
 * why_request_run:
 * @session: (nullable): one to use; %NULL: made for the run
 *
 * The same work in the calling thread, for the command line. A cancelled run is %WHY_ERROR_CANCELLED.
 */
WhyResult *why_request_run (WhyRequest *request, WhySession *session, WhyCancel *cancel, WhyProgress progress,
                            gpointer progress_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyRequest, why_request_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyResult, why_result_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyRunner, why_runner_unref)

G_END_DECLS
