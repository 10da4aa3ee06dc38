#pragma once

#include "base/cancel.h"
#include "base/tensor.h"
#include "engine/session.h"

G_BEGIN_DECLS

/* ONNX's backend tests: folders with model.onnx and test_data_set_N/{input,output}_M.pb. */

/* What ONNX's own runner allows. */
#define WHY_CONFORMANCE_RTOL 1e-3
#define WHY_CONFORMANCE_ATOL 1e-7

/**
 * why_conformance_compare:
 * @why: (out) (transfer full): if they differ: what was expected, what was found, and where
 *
 * Types and dims must agree. Floats: |actual - expected| <= atol + rtol |expected|, NaN equals NaN, infinities must be
 * equal; all others exactly.
 */
gboolean why_conformance_compare (WhyTensor *actual, WhyTensor *expected, double rtol, double atol, char **why);

typedef enum
{
  WHY_CONFORMANCE_PASS,
  WHY_CONFORMANCE_FAIL,
  WHY_CONFORMANCE_UNSUPPORTED, /* an operator, or a type of the test's data, that is not known here */
} WhyConformance;

const char *why_conformance_to_string (WhyConformance outcome); /* "pass", "fail", "unsupported" */

/**
 * why_conformance_run:
 * @folder: with a model.onnx
 * @why: (out) (transfer full) (nullable): reason, %NULL for a pass
 *
 * Runs all data sets of the folder. Types of the model are kept: nothing is promoted to float32.
 */
WhyConformance why_conformance_run (const char *folder, WhyBackend backend, char **why);

/**
 * why_conformance_find:
 *
 * Returns: (transfer full) (element-type filename): all folders at or below @folder that hold a model.onnx and a
 *   test_data_set_*, sorted; symbolic links to folders are not followed below the first
 */
GPtrArray *why_conformance_find (const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
