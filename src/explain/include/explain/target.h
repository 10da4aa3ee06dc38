#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

typedef enum
{
  WHY_SCORE_LOGIT,
  WHY_SCORE_PROBABILITY,
} WhyScoreKind;

typedef enum
{
  WHY_OUTPUT_SOFTMAX,  /* one of the classes: probabilities sum to 1 */
  WHY_OUTPUT_SIGMOID,  /* any number of the classes: each has a probability of its own */
} WhyOutputKind;

/**
 * WhyTarget:
 * @logits: the tensor of scores before the last Softmax or Sigmoid
 * @output: the graph's output (the probabilities where the graph ends in one of those, else @logits)
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
 * @multi_label: the recipe says that classes are independent (logits then become probabilities by the
 *   sigmoid); where the graph ends in Softmax or Sigmoid, that decides
 *
 * Finds the logits: walks back from the output over Softmax, LogSoftmax or Sigmoid, and over operators
 * that only reshape.
 */
gboolean why_target_find (WhyGraph *graph, const char *output_name, gboolean multi_label, WhyTarget *target, GError **error);

/**
 * why_target_probabilities:
 * @logits: values of @target->logits, dense
 *
 * Returns: (transfer full): float32 [n_classes]: of one picture; for dense outputs the share of the
 *   pixels in which the class wins (one sigmoid class: in which it is over one half)
 */
WhyTensor *why_target_probabilities (const WhyTarget *target, WhyTensor *logits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_target_class_logits: float32 [n_classes]; for dense outputs the mean over pixels */
WhyTensor *why_target_class_logits (const WhyTarget *target, WhyTensor *logits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
