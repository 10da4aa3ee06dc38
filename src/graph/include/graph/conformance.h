#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/* ONNX's backend tests: folders with model.onnx and test_data_set_N/{input,output}_M.pb. */

/* What ONNX's own runner allows. */
#define WHY_CONFORMANCE_RTOL 1e-3
#define WHY_CONFORMANCE_ATOL 1e-7

typedef enum
{
  WHY_CONFORMANCE_PASS,
  WHY_CONFORMANCE_FAIL,
  WHY_CONFORMANCE_UNSUPPORTED, /* an operator, or a type of the test's data, that is not known here */
} WhyConformance;

const char *why_conformance_to_string (WhyConformance outcome); /* "pass", "fail", "unsupported" */

/**
 * why_conformance_compare:
 * @actual, @expected: dense
 * @why: (out) (transfer full): if they differ: what was expected, what was found, and where
 *
 * Types and dims must agree. Floats: |actual - expected| <= atol + rtol |expected|, NaN equals NaN, infinities must
 * be equal; all others exactly.
 */
gboolean why_conformance_compare (const WhyTensor *actual, const WhyTensor *expected, double rtol, double atol, char **why);

/**
 * WhyConformanceRun:
 * @inputs: (array length=n_inputs)
 * @results: (out caller-allocates) (array length=n_results) (transfer full): the first outputs of the model
 *
 * Runs @model with its types as they are. %WHY_ERROR_UNSUPPORTED_OP makes the test "unsupported".
 */
typedef gboolean (*WhyConformanceRun) (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs,
                                       WhyTensor **results, gsize n_results, gpointer data, GError **error);

/**
 * why_conformance_evaluate:
 *
 * A #WhyConformanceRun by the operators' plain definitions. Inputs that decide shapes (axes, sizes) are bound as
 * constants, as they would be in an exported network; @data is not used.
 */
gboolean why_conformance_evaluate (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs, WhyTensor **results,
                                   gsize n_results, gpointer data, GError **error);

/** why_conformance_needs_constants: whether @error says that an input has to be a constant */
gboolean why_conformance_needs_constants (const GError *error);

/**
 * why_conformance_run:
 * @folder: with a model.onnx
 * @run: what computes, e.g. why_conformance_evaluate()
 * @why: (out) (transfer full) (nullable): the reason on one line, %NULL for a pass
 *
 * Runs all data sets of the folder.
 */
WhyConformance why_conformance_run (const char *folder, WhyConformanceRun run, gpointer data, double rtol, double atol,
                                    char **why);

/**
 * why_conformance_find:
 *
 * Returns: (transfer full) (element-type filename): @folder and all folders below it that hold a model.onnx and a
 *   test_data_set_0, sorted by name; links to folders are followed only where @folder is one itself
 */
GPtrArray *why_conformance_find (const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
