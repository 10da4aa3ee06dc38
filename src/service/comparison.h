#pragma once

#include "service/compare.h"

G_BEGIN_DECLS

/* A comparison as a value: immutable once it is part of a state, shared by the states of the history. */

/** WhyQuestion: @values: (element-type nullable utf8): by dimension; %NULL: as the main question */
typedef struct
{
  char *values[WHY_N_DIMENSIONS];
} WhyQuestion;

WhyQuestion *why_question_new (void) G_GNUC_WARN_UNUSED_RESULT;
WhyQuestion *why_question_copy (const WhyQuestion *question) G_GNUC_WARN_UNUSED_RESULT;
void why_question_free (WhyQuestion *question);
gboolean why_question_equal (const WhyQuestion *a, const WhyQuestion *b);
void why_question_set (WhyQuestion *question, WhyDimension dimension, const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyQuestion, why_question_free)

/**
 * WhyComparison:
 * @others: (element-type WhyQuestion): B, C, D
 * @bare: which side of the curtain shows the picture only: 0 none, 1 left, 2 right
 * @rows, @columns: (array zero-terminated=1): never %NULL, may be empty
 */
typedef struct _WhyComparison
{
  int ref_count;
  WhyCompareMode mode;
  gboolean shared_limits;
  int bare;
  GPtrArray *others;
  WhyDimension row_dimension, column_dimension;
  char **rows;
  char **columns;
} WhyComparison;

WhyComparison *why_comparison_new (void) G_GNUC_WARN_UNUSED_RESULT;
/** why_comparison_copy: to be altered, before it is shared */
WhyComparison *why_comparison_copy (const WhyComparison *comparison) G_GNUC_WARN_UNUSED_RESULT;
WhyComparison *why_comparison_ref (WhyComparison *comparison);
void why_comparison_unref (WhyComparison *comparison);

/** why_comparison_list: Returns: (transfer full) (element-type WhyQuestion): those beside the main one in its mode */
GPtrArray *why_comparison_list (const WhyComparison *comparison) G_GNUC_WARN_UNUSED_RESULT;

const char *why_compare_mode_to_string (WhyCompareMode mode);
gboolean why_compare_mode_from_string (const char *text, WhyCompareMode *mode);
const char *why_compare_bare_to_string (int bare);
gboolean why_compare_bare_from_string (const char *text, int *bare);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyComparison, why_comparison_unref)

G_END_DECLS
