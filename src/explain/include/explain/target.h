#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

struct _WhyExplainRequest;

typedef enum
{
  WHY_SCORE_LOGIT,       /* z of the class */
  WHY_SCORE_PROBABILITY, /* its softmax or sigmoid p */
  WHY_SCORE_REST,       /* z + log p: does not saturate as p does, and is no linear function of z */
  WHY_SCORE_SIMILARITY, /* cosine of the angle between the output and a reference */
} WhyScoreKind;

/** why_score_parse: "logit", "probability", "rest", "similarity"; an error lists them */
gboolean why_score_parse (const char *text, WhyScoreKind *score, GError **error);
const char *why_score_id (WhyScoreKind score);

typedef enum
{
  WHY_OUTPUT_SOFTMAX, /* one of the classes: probabilities sum to 1 */
  WHY_OUTPUT_SIGMOID, /* any number of the classes: each has a probability of its own */
} WhyOutputKind;

/**
 * WhyTarget:
 * @logits: the tensor of scores before the last Softmax or Sigmoid
 * @output: the graph's output (the probabilities where the graph ends in one of those, else
 * @logits)
 * @has_activation: whether the graph itself ends in Softmax or Sigmoid
 * @kind: how logits become probabilities
 * @class_axis: the dimension of @logits that counts classes
 * @n_classes: its size
 * @dense: there is a class for every pixel: segmentation
 *
 * Where in a graph the classes are.
 */
typedef struct
{
  WhyValue *logits;
  WhyValue *output;
  gboolean has_activation;
  WhyOutputKind kind;
  int class_axis;
  gint64 n_classes;
  gboolean dense;
} WhyTarget;

/**
 * why_target_find:
 * @output_name: (nullable): the output to explain; %NULL: the first
 * @multi_label: the recipe says that classes are independent (logits then become probabilities by
 * the sigmoid); where the graph ends in Softmax or Sigmoid, that decides
 *
 * Finds the logits: walks back from the output over Softmax, LogSoftmax or Sigmoid, and over
 * operators that only reshape.
 */
gboolean why_target_find (WhyGraph *graph,
                          const char *output_name,
                          gboolean multi_label,
                          WhyTarget *target,
                          GError **error);

/**
 * why_target_probabilities:
 * @logits: values of @target->logits, dense
 *
 * Returns: (transfer full): float32 [n_classes]: of one picture; for dense outputs the share of the
 *   pixels in which the class wins (one sigmoid class: in which it is over one half)
 */
WhyTensor *why_target_probabilities (const WhyTarget *target,
                                     WhyTensor *logits,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_target_class_logits: float32 [n_classes]; for dense outputs the mean over pixels */
WhyTensor *why_target_class_logits (const WhyTarget *target,
                                    WhyTensor *logits,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_target_seed:
 * @logits: values of @target->logits, dense
 * @input: the prepared picture: its size gives points their meaning
 * @score: (out): value of the score
 * @n_positions: (out): pixels that went into the score; 0: the region is empty and so is the
 * gradient
 *
 * Returns: (transfer full): the weights of the logits whose sum has the score's gradient: one-hot
 * for a class's logit, the derivative of the softmax or sigmoid for its probability, with a minus
 * for the contrast class; for dense outputs at every pixel of the region. %WHY_ERROR_BAD_REQUEST
 * where a point or mask is given and the output is not dense, %WHY_ERROR_BAD_SHAPE where the mask
 * has another number of positions than the output
 */
WhyTensor *why_target_seed (const WhyTarget *target,
                            const struct _WhyExplainRequest *request,
                            WhyTensor *logits,
                            const WhyTensor *input,
                            double *score,
                            gsize *n_positions,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_target_scores:
 * @logits: dense values of @target->logits for a batch: [B, ...] where the graph has [1, ...]
 * @input: as for why_target_seed()
 * @scores: (out caller-allocates) (array length=B): the request's score of each picture
 *
 * For runs without a gradient. The region of a dense output is judged anew for each picture; fix it
 * with why_target_region() where that is not meant.
 */
gboolean why_target_scores (const WhyTarget *target,
                            const struct _WhyExplainRequest *request,
                            WhyTensor *logits,
                            const WhyTensor *input,
                            double *scores,
                            GError **error);

/**
 * why_target_region:
 * @logits: of the picture whose region is meant
 * @mask: (out) (transfer full) (nullable): for a request with %WHY_REGION_MASK: 1 where the region
 * is; %NULL where the output is not dense
 */
gboolean why_target_region (const WhyTarget *target,
                            const struct _WhyExplainRequest *request,
                            WhyTensor *logits,
                            const WhyTensor *input,
                            WhyTensor **mask,
                            GError **error);

G_END_DECLS
