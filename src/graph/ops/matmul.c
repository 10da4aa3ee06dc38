#include "config.h"

#include "graph/matmul.h"

#include "base/error.h"

#include "families.h"

#include <string.h>

/* ---- MatMul: NumPy's rule ---- */

/* Promotes a vector to a matrix: a row on the left, a column on the right. */
static int
as_matrix (const WhyValue *value, gboolean left, gint64 *dims)
{
  if (value->rank == 1)
    {
      dims[0] = left ? 1 : value->dims[0];
      dims[1] = left ? value->dims[0] : 1;
      return 2;
    }
  memcpy (dims, value->dims, (gsize) value->rank * sizeof *dims);
  return value->rank;
}

static gboolean
matmul_infer (WhyNode *node, GError **error)
{
  const WhyValue *a = node->inputs[0], *b = node->inputs[1];
  gint64 dims_a[WHY_MAX_RANK], dims_b[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int rank;

  g_autofree char *text_a = why_dims_to_string (a->rank, a->dims),
                  *text_b = why_dims_to_string (b->rank, b->dims);
  if (a->dtype != b->dtype)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "inputs are %s and %s",
                          why_dtype_name (a->dtype), why_dtype_name (b->dtype));
  if (a->rank < 1 || b->rank < 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "a scalar cannot be multiplied as a matrix");
  int rank_a = as_matrix (a, TRUE, dims_a), rank_b = as_matrix (b, FALSE, dims_b);
  if (dims_a[rank_a - 1] != dims_b[rank_b - 2] ||
      !why_dims_broadcast (rank_a - 2, dims_a, rank_b - 2, dims_b, &rank, dims))
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s and %s do not fit", text_a, text_b);
  if (a->rank > 1)
    dims[rank++] = dims_a[rank_a - 2];
  if (b->rank > 1)
    dims[rank++] = dims_b[rank_b - 1];
  return why_node_set_output (node, 0, a->dtype, rank, dims, error);
}

/* Sums in double, or in 64-bit integers: the reference. */
static void
multiply (const WhyTensor *a,
          gsize at_a,
          const WhyTensor *b,
          gsize at_b,
          WhyTensor *y,
          gsize at_y,
          gint64 rows,
          gint64 inner,
          gint64 cols)
{
  gboolean floats = why_dtype_is_float (y->dtype);
  for (gint64 row = 0; row < rows; row++)
    for (gint64 col = 0; col < cols; col++)
      {
        gsize to = at_y + (gsize) (row * cols + col);
        if (floats)
          {
            double sum = 0;
            for (gint64 k = 0; k < inner; k++)
              sum += why_tensor_get_f64 (a, at_a + (gsize) (row * inner + k)) *
                     why_tensor_get_f64 (b, at_b + (gsize) (k * cols + col));
            why_tensor_set_f64 (y, to, sum);
          }
        else
          {
            guint64 sum = 0; /* wraps, as the types themselves do */
            for (gint64 k = 0; k < inner; k++)
              sum += (guint64) why_tensor_get_i64 (a, at_a + (gsize) (row * inner + k)) *
                     (guint64) why_tensor_get_i64 (b, at_b + (gsize) (k * cols + col));
            why_tensor_set_i64 (y, to, (gint64) sum);
          }
      }
}

static gboolean
matmul_eval (const WhyNode *node,
             WhyTensor *const *inputs,
             WhyTensor *const *outputs,
             GError **error)
{
  gint64 dims_a[WHY_MAX_RANK], dims_b[WHY_MAX_RANK], batch[WHY_MAX_RANK], step_a[WHY_MAX_RANK],
    step_b[WHY_MAX_RANK];
  gint64 index[WHY_MAX_RANK] = { 0 };
  int rank;
  int rank_a = as_matrix (node->inputs[0], TRUE, dims_a),
      rank_b = as_matrix (node->inputs[1], FALSE, dims_b);
  gint64 rows = dims_a[rank_a - 2], inner = dims_a[rank_a - 1], cols = dims_b[rank_b - 1];

  why_dims_broadcast (rank_a - 2, dims_a, rank_b - 2, dims_b, &rank, batch);
  why_broadcast_strides (rank_a - 2, dims_a, rank, batch, step_a);
  why_broadcast_strides (rank_b - 2, dims_b, rank, batch, step_b);
  gsize n_batches = 1;
  for (int axis = 0; axis < rank; axis++)
    n_batches *= (gsize) batch[axis];
  for (gsize done = 0; done < n_batches; done++)
    {
      gint64 at_a = 0, at_b = 0;
      for (int axis = 0; axis < rank; axis++)
        {
          at_a += index[axis] * step_a[axis];
          at_b += index[axis] * step_b[axis];
        }
      multiply (inputs[0], (gsize) (at_a * rows * inner), inputs[1], (gsize) (at_b * inner * cols),
                outputs[0], done * (gsize) (rows * cols), rows, inner, cols);
      for (int axis = rank - 1; axis >= 0 && ++index[axis] == batch[axis]; axis--)
        index[axis] = 0;
    }
  return TRUE;
}

static WhyValue *
transpose_last (WhyGraph *graph, GError **error, WhyValue *value)
{
  gint64 perm[WHY_MAX_RANK];
  if (value == NULL)
    return NULL;
  for (int axis = 0; axis < value->rank; axis++)
    perm[axis] = axis;
  perm[value->rank - 2] = value->rank - 1;
  perm[value->rank - 1] = value->rank - 2;
  return why_emit_transpose (graph, error, value, perm);
}

/* dA = dY B^T, dB = A^T dY, summed over broadcast batch dimensions. Vectors are matrices meanwhile.
 */
static gboolean
matmul_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *a = node->inputs[0], *b = node->inputs[1], *dy = why_grad_output (builder, node, 0);
  gint64 dims_a[WHY_MAX_RANK], dims_b[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int rank;
  int rank_a = as_matrix (a, TRUE, dims_a), rank_b = as_matrix (b, FALSE, dims_b);

  why_dims_broadcast (rank_a - 2, dims_a, rank_b - 2, dims_b, &rank, dims);
  dims[rank++] = dims_a[rank_a - 2];
  dims[rank++] = dims_b[rank_b - 1];
  WhyValue *full_dy = why_emit_reshape (graph, error, dy, rank, dims);
  if (why_grad_wanted (builder, node, 0))
    {
      WhyValue *other =
        transpose_last (graph, error, why_emit_reshape (graph, error, b, rank_b, dims_b));
      WhyValue *da = why_emit2 (graph, error, "MatMul", full_dy, other);
      da = why_emit_sum_to (graph, error, da, rank_a, dims_a);
      if (!why_grad_add (builder, node, 0, why_emit_reshape (graph, error, da, a->rank, a->dims)))
        return FALSE;
    }
  if (why_grad_wanted (builder, node, 1))
    {
      WhyValue *other =
        transpose_last (graph, error, why_emit_reshape (graph, error, a, rank_a, dims_a));
      WhyValue *db = why_emit2 (graph, error, "MatMul", other, full_dy);
      db = why_emit_sum_to (graph, error, db, rank_b, dims_b);
      if (!why_grad_add (builder, node, 1, why_emit_reshape (graph, error, db, b->rank, b->dims)))
        return FALSE;
    }
  return TRUE;
}

/* ---- Gemm ---- */

static gboolean
gemm_infer (WhyNode *node, GError **error)
{
  WhyGemmParams *params = node->params;
  const WhyValue *a = node->inputs[0], *b = node->inputs[1], *c = why_node_input (node, 2);
  gint64 dims[2], both[WHY_MAX_RANK];
  int rank;

  params->alpha = why_node_float (node, "alpha", 1.0);
  params->beta = why_node_float (node, "beta", 1.0);
  params->trans_a = why_node_int (node, "transA", 0) != 0;
  params->trans_b = why_node_int (node, "transB", 0) != 0;
  g_autofree char *text_a = why_dims_to_string (a->rank, a->dims),
                  *text_b = why_dims_to_string (b->rank, b->dims);
  if (a->dtype != b->dtype || (c != NULL && c->dtype != a->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "its inputs are of different types");
  if (a->rank != 2 || b->rank != 2 ||
      a->dims[params->trans_a ? 0 : 1] != b->dims[params->trans_b ? 1 : 0])
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s%s and %s%s do not fit", text_a,
                          params->trans_a ? " transposed" : "", text_b,
                          params->trans_b ? " transposed" : "");
  dims[0] = a->dims[params->trans_a ? 1 : 0];
  dims[1] = b->dims[params->trans_b ? 0 : 1];
  if (c != NULL && (!why_dims_broadcast (c->rank, c->dims, 2, dims, &rank, both) || rank != 2 ||
                    both[0] != dims[0] || both[1] != dims[1]))
    {
      g_autofree char *text_c = why_dims_to_string (c->rank, c->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                            "C is %s, the product %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, text_c,
                            dims[0], dims[1]);
    }
  return why_node_set_output (node, 0, a->dtype, 2, dims, error);
}

static gboolean
gemm_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyGemmParams *params = node->params;
  const WhyTensor *a = inputs[0], *b = inputs[1], *c = node->n_inputs > 2 ? inputs[2] : NULL;
  gint64 rows = outputs[0]->dims[0], cols = outputs[0]->dims[1],
         inner = a->dims[params->trans_a ? 0 : 1];
  gint64 step_c[2] = { 0, 0 };

  if (c != NULL)
    why_broadcast_strides (c->rank, c->dims, 2, outputs[0]->dims, step_c);
  for (gint64 row = 0; row < rows; row++)
    for (gint64 col = 0; col < cols; col++)
      {
        double sum = 0;
        for (gint64 k = 0; k < inner; k++)
          sum +=
            why_tensor_get_f64 (a, (gsize) (params->trans_a ? k * rows + row : row * inner + k)) *
            why_tensor_get_f64 (b, (gsize) (params->trans_b ? col * inner + k : k * cols + col));
        sum *= params->alpha;
        if (c != NULL)
          sum += params->beta * why_tensor_get_f64 (c, (gsize) (row * step_c[0] + col * step_c[1]));
        why_tensor_set_f64 (outputs[0], (gsize) (row * cols + col), sum);
      }
  return TRUE;
}

static WhyValue *
emit_gemm (WhyGraph *graph,
           GError **error,
           WhyValue *a,
           WhyValue *b,
           double alpha,
           gboolean trans_a,
           gboolean trans_b)
{
  const WhyAttr attrs[] = {
    { .name = "alpha", .type = WHY_ATTR_FLOAT, .f = alpha },
    { .name = "transA", .type = WHY_ATTR_INT, .i = trans_a },
    { .name = "transB", .type = WHY_ATTR_INT, .i = trans_b },
  };
  WhyValue *inputs[] = { a, b };
  return why_emit (graph, error, "Gemm", 2, inputs, attrs, G_N_ELEMENTS (attrs));
}

static gboolean
gemm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyGemmParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *a = node->inputs[0], *b = node->inputs[1], *dy = why_grad_output (builder, node, 0);

  if (why_grad_wanted (builder, node, 0))
    {
      /* A' = dY B^T; if A is used transposed, its gradient is the transpose of that: B dY^T. */
      WhyValue *da = params->trans_a
                       ? emit_gemm (graph, error, b, dy, params->alpha, params->trans_b, TRUE)
                       : emit_gemm (graph, error, dy, b, params->alpha, FALSE, !params->trans_b);
      if (!why_grad_add (builder, node, 0, da))
        return FALSE;
    }
  if (why_grad_wanted (builder, node, 1))
    {
      WhyValue *db = params->trans_b
                       ? emit_gemm (graph, error, dy, a, params->alpha, TRUE, params->trans_a)
                       : emit_gemm (graph, error, a, dy, params->alpha, !params->trans_a, FALSE);
      if (!why_grad_add (builder, node, 1, db))
        return FALSE;
    }
  if (!why_grad_wanted (builder, node, 2))
    return TRUE;
  WhyValue *c = node->inputs[2];
  WhyValue *dc =
    why_emit2 (graph, error, "Mul", why_emit_sum_to (graph, error, dy, c->rank, c->dims),
               why_emit_scalar (graph, c, params->beta));
  return why_grad_add (builder, node, 2, dc);
}

/* Rows stay rows; everything else is mixed. */
static void
matmul_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyValue *a = node->inputs[0];
  if (input != 0 || a->rank < 2 || a->rank != out->rank)
    return;
  for (int axis = 0; axis < a->rank - 1; axis++)
    {
      if (a->dims[axis] == 1)
        continue;
      in->lo[axis] = out->lo[axis];
      in->hi[axis] = out->hi[axis];
    }
}

const WhyOpClass why_ops_matmul[] = {
  { "MatMul", 1, 0, 2, 2, 1, 0, 0, matmul_infer, matmul_eval, matmul_gradient, matmul_region },
  { "Gemm", 6, 0, 2, 3, 1, 0, sizeof (WhyGemmParams), gemm_infer, gemm_eval, gemm_gradient, NULL },
  { NULL },
};
