#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/* Folders of ONNX's backend tests, run by the plain definitions of the operators. */

typedef enum
{
  CONFORMANCE_PASS,
  CONFORMANCE_FAIL,
  CONFORMANCE_UNSUPPORTED, /* an operator, or a type of the test's data, that is not known here */
} Conformance;

/* What ONNX's own runner allows. */
#define CONFORMANCE_RTOL 1e-3
#define CONFORMANCE_ATOL 1e-7

/** conformance_compare: type, dims and values: floats |actual - expected| <= atol + rtol |expected| (NaN
 * equals NaN, infinities must be equal), all others exactly. @why: (out) (transfer full) if FALSE */
gboolean conformance_compare (const WhyTensor *actual, const WhyTensor *expected, double rtol, double atol, char **why);

/**
 * conformance_run:
 * @folder: with model.onnx and test_data_set_N/{input,output}_M.pb
 * @rtol, @atol: for floats
 * @why: (out) (transfer full) (nullable): the reason, %NULL for a pass
 */
Conformance conformance_run (const char *folder, double rtol, double atol, char **why);

G_END_DECLS
