#include "config.h"

#include "families.h"
#include "rows.h"

#include "base/error.h"
#include "onnx/model.h"

#include <string.h>

static gboolean
cast_to (WhyNode *node, gint64 type, GError **error)
{
  /* The names of types that cannot be held (strings, float8, ...) are the reader's. */
  if (type < 0 || type > G_MAXINT || why_dtype_size ((WhyDType) type) == 0)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP, "casting to %s is not supported",
                          why_onnx_elem_type_name ((int) CLAMP (type, 0, G_MAXINT)));
  return why_node_set_output_like (node, 0, (WhyDType) type, node->inputs[0], error);
}

static gboolean
cast_infer (WhyNode *node, GError **error)
{
  if (!why_node_has_attr (node, "to"))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "attribute 'to' is missing");
  return cast_to (node, why_node_int (node, "to", 0), error);
}

static gboolean
cast_like_infer (WhyNode *node, GError **error)
{
  return cast_to (node, node->inputs[1]->dtype, error);
}

static void
copy_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  memcpy (out, in, n * sizeof in->u[0]);
}

static gboolean
cast_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  if (inputs[0]->dtype == outputs[0]->dtype)
    memcpy (outputs[0]->data, inputs[0]->data, outputs[0]->n_bytes);
  else
    {
      WhyWide wide = why_wide_of (inputs[0]->dtype);
      why_rows_map (inputs, 1, outputs[0], wide, wide, copy_rows, NULL);
    }
  return TRUE;
}

static gboolean
cast_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  return why_grad_add (builder, node, 0, why_emit_cast (why_grad_graph (builder), error, dy, node->inputs[0]));
}

static gboolean
identity_infer (WhyNode *node, GError **error)
{
  return why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
identity_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  memcpy (outputs[0]->data, inputs[0]->data, outputs[0]->n_bytes);
  return TRUE;
}

static gboolean
identity_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  return dy == NULL || why_grad_add (builder, node, 0, dy);
}

/* Dropout is the identity but in training, which is random and refused. (Before opset 7 a file could
 * leave 'is_test' at its default of training; what is meant is inference all the same.) */
static gboolean
dropout_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];

  if (why_node_input (node, 2) != NULL)
    {
      const WhyTensor *training = why_node_need_constant (node, 2, "training_mode", error);
      if (training == NULL)
        return FALSE;
      if (why_tensor_count (training) != 1)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "training_mode must be a scalar");
      if (why_tensor_get_i64 (training, 0) != 0)
        {
          const WhyTensor *ratio = why_node_input (node, 1) != NULL ? why_node_need_constant (node, 1, "ratio", error) : NULL;
          if (why_node_input (node, 1) != NULL && ratio == NULL)
            return FALSE;
          if (ratio == NULL || why_tensor_count (ratio) != 1 || why_tensor_get_f64 (ratio, 0) != 0.0)
            return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                                  "is in training mode, which is random; export the model for inference");
        }
    }
  return why_node_set_output_like (node, 0, x->dtype, x, error) &&
         (node->n_outputs < 2 ||
          why_node_set_output_like (node, 1, node->opset < 10 ? x->dtype : WHY_DTYPE_BOOL, x, error));
}

static void
one_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->f[k] = 1.0;
}

static gboolean
dropout_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  if (outputs[0] != NULL)
    memcpy (outputs[0]->data, inputs[0]->data, outputs[0]->n_bytes);
  if (node->n_outputs > 1 && outputs[1] != NULL)
    why_rows_map (NULL, 0, outputs[1], WHY_WIDE_F64, WHY_WIDE_F64, one_rows, NULL);
  return TRUE;
}

const WhyOpClass why_ops_cast[] = {
  { .type = "Cast", .since = 6, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .flags = WHY_OP_ELEMENTWISE,
    .infer = cast_infer, .eval = cast_eval, .gradient = cast_gradient },
  { .type = "CastLike", .since = 15, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .infer = cast_like_infer, .eval = cast_eval, .gradient = cast_gradient },
  { .type = "Identity", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .flags = WHY_OP_ELEMENTWISE,
    .infer = identity_infer, .eval = identity_eval, .gradient = identity_gradient },
  { .type = "Dropout", .since = 1, .until = 11, .min_inputs = 1, .max_inputs = 1, .max_outputs = 2,
    .flags = WHY_OP_ELEMENTWISE, .infer = dropout_infer, .eval = dropout_eval, .gradient = identity_gradient },
  { .type = "Dropout", .since = 12, .min_inputs = 1, .max_inputs = 3, .max_outputs = 2,
    .flags = WHY_OP_ELEMENTWISE, .infer = dropout_infer, .eval = dropout_eval, .gradient = identity_gradient },
  { NULL },
};
