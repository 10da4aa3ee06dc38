#pragma once

#include "engine/branch.h"
#include "methods.h"
#include "places.h"

G_BEGIN_DECLS

/* What methods with many runs and methods on the input share, and these methods. */

/* ---- the score that runs are compared by ---- */

/**
 * WhyFixed:
 * @request: the method's, with the region of a dense output fixed: what is predicted elsewhere
 *   changes when the picture is covered, but the question stays
 * @score: of the picture as it is
 */
typedef struct
{
  WhyExplainRequest request;
  double score;
  /*< private >*/
  WhyTensor *mask;
} WhyFixed;

gboolean why_fixed_init (WhyFixed *fixed,
                         const WhyExplainRequest *request,
                         const WhyTarget *target,
                         const WhyJob *job,
                         GError **error);
void why_fixed_clear (WhyFixed *fixed);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyFixed, why_fixed_clear)

/* ---- many runs ---- */

/**
 * WhyMany:
 * @from: name of the tensor that alternatives are given for
 * @n: how many there are
 * @make: writes alternatives number @first to @first + @n - 1, one after the other, each dense in
 *   the tensor's dims. Called in order
 * @take: gets their scores (array length=n) and, with @gradients, their gradients by the
 *   alternatives in the layout of @make, which may be written over. Called in order
 * @sketch: (nullable): Returns: (transfer full): the signed map as far as it is known after @done
 *   of the alternatives
 * @layer: (nullable): of maps made by @sketch, as in WhyMap
 * @gradients: whether gradients are wanted, by @rule
 *
 * A run over alternatives of a tensor. Several are computed at once where that pays.
 */
typedef struct
{
  const char *from;
  gsize n;
  gboolean (*make) (gsize first, gsize n, float *rows, gpointer data, GError **error);
  gboolean (*take) (
    gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error);
  WhyTensor *(*sketch) (gsize done, gpointer data, GError **error);
  const char *layer;
  gboolean gradients;
  WhyGradRule rule;
  gpointer data;
} WhyMany;

/** why_many_run: reports progress and maps so far to @job, and stops within one run of the network
 * when it is cancelled */
gboolean why_many_run (const WhyMany *many,
                       const WhyFixed *fixed,
                       const WhyTarget *target,
                       const WhyJob *job,
                       GError **error);

/** why_many_at_once: how many alternatives of @count numbers each to compute at once */
gint64 why_many_at_once (gsize count, gsize n);

/* ---- a layer to be altered ---- */

/**
 * WhyAltered:
 * @map: the layer as [1, C, grid...], dense
 * @positions: of its grid
 *
 * A layer's values, to make alternatives of. Token layers are seen as maps; tokens that have no place
 * in the picture keep their values.
 */
typedef struct
{
  WhyTensor *map;
  gsize positions;
  /*< private >*/
  WhyGrid grid;
  WhyTensor *tensor;
  WhyTensor *scratch;
} WhyAltered;

gboolean
why_altered_init (WhyAltered *altered, const char *layer, const WhyJob *job, GError **error);
void why_altered_clear (WhyAltered *altered);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyAltered, why_altered_clear)

/** why_altered_size: how many numbers one alternative has, for WhyMany.make */
gsize why_altered_size (const WhyAltered *altered);

/** why_altered_begin: Returns: where to write the altered map [1, C, grid...] of which @row is to be
 *   the tensor */
float *why_altered_begin (WhyAltered *altered, float *row);

/** why_altered_end: puts the map written since why_altered_begin() in its places of @row */
gboolean why_altered_end (WhyAltered *altered, float *row, GError **error);

/* ---- maps of the input ---- */

/** why_input_name: Returns: (transfer none): of the graph's first input */
const char *why_input_name (const WhyJob *job);

/**
 * why_input_summary:
 * @attribution: in the input's dims [1, C, spatial...], dense
 *
 * Returns: (transfer full): float32 [spatial...]: the sum over channels, or for the polarity
 *   "absolute" the largest magnitude among them
 */
WhyTensor *why_input_summary (const WhyExplainRequest *request,
                              const WhyTensor *attribution,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_input_map: Returns: (transfer full): a map with this attribution. @attribution: (transfer
 * full) */
WhyMap *why_input_map (const WhyExplainRequest *request,
                       const WhyJob *job,
                       WhyTensor *attribution,
                       double score,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_input_gradient: Returns: (transfer full): d(score) / d(input), dense, in the input's dims */
WhyTensor *why_input_gradient (const WhyExplainRequest *request,
                               const WhyTarget *target,
                               const WhyJob *job,
                               WhyGradRule rule,
                               double *score,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_map_add_residual: notes on a map whose attributions must add up to @expected what they do
 * add up to */
void why_map_add_residual (WhyMap *map, double expected, double sum, const char *what);

/* ---- networks and methods ---- */

/** why_check_rectifiers: that the network has operators whose gradient guided backpropagation and
 * deconvnet change */
gboolean why_check_rectifiers (const WhyExplainRequest *request,
                               const WhyTarget *target,
                               WhyGraph *graph,
                               GError **error);

extern const WhyExplainerClass why_ablationcam;
extern const WhyExplainerClass why_deconvnet;
extern const WhyExplainerClass why_fullgrad;
extern const WhyExplainerClass why_gradient_x_input;
extern const WhyExplainerClass why_guided_backprop;
extern const WhyExplainerClass why_guided_gradcam;
extern const WhyExplainerClass why_integrated_gradients;
extern const WhyExplainerClass why_occlusion;
extern const WhyExplainerClass why_reciprocam;
extern const WhyExplainerClass why_rise;
extern const WhyExplainerClass why_scorecam;
extern const WhyExplainerClass why_shapleycam;
extern const WhyExplainerClass why_smoothgrad;
extern const WhyExplainerClass why_vargrad;

G_END_DECLS
