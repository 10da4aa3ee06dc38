#include "config.h"

#include "dnnl.h"

#include "base/error.h"
#include "graph/matmul.h"
#include "view.h"

#include <string.h>

/* Matrix products. A stack of matrices times one matrix is a single product of all rows. */

typedef struct
{
  int rank;
  gint64 a_dims[WHY_MAX_RANK], a_strides[WHY_MAX_RANK];
  gint64 b_dims[WHY_MAX_RANK], b_strides[WHY_MAX_RANK];
  gint64 y_dims[WHY_MAX_RANK], y_strides[WHY_MAX_RANK];
} Product;

static dnnl_primitive_desc_t
product_pd (const Product *product,
            const dnnl_memory_desc_t *b,
            const dnnl_memory_desc_t *bias,
            double alpha,
            WhyPostOps *post)
{
  dnnl_memory_desc_t a, y;
  dnnl_matmul_desc_t desc;
  dnnl_primitive_desc_t pd = NULL;

  if (!why_dnnl_md_strides (product->rank, product->a_dims, product->a_strides, &a) ||
      !why_dnnl_md_strides (product->rank, product->y_dims, product->y_strides, &y) ||
      dnnl_matmul_desc_init (&desc, &a, b, bias, &y) != dnnl_success)
    return NULL;
  dnnl_primitive_attr_t attr = why_dnnl_attr ();
  const float scale = (float) alpha;
  if (alpha != 1.0)
    dnnl_primitive_attr_set_output_scales (attr, 1, 0, &scale);
  if (post != NULL)
    dnnl_primitive_attr_set_post_ops (attr, post->ops);
  if (dnnl_primitive_desc_create (&pd, &desc, attr, why_dnnl_engine (), NULL) != dnnl_success)
    pd = NULL;
  dnnl_primitive_attr_destroy (attr);
  return pd;
}

/* If all that reads the product is the addition of one constant per column, that is the bias. */
static const WhyValue *
take_bias (WhyPlan *plan, WhyValue **tail)
{
  const WhyNode *reader = why_plan_only_reader (plan, *tail);
  if (reader == NULL || strcmp (reader->klass->type, "Add") != 0 ||
      reader->inputs[0] == reader->inputs[1])
    return NULL;
  const WhyValue *other = reader->inputs[0] == *tail ? reader->inputs[1] : reader->inputs[0];
  int rank = (*tail)->rank;
  if (reader->outputs[0]->rank != rank ||
      !why_channel_constant (other, rank, rank - 1, (*tail)->dims[rank - 1]) ||
      why_tensor_count (other->constant) != (gsize) (*tail)->dims[rank - 1])
    return NULL;
  why_plan_absorb (plan, reader);
  *tail = reader->outputs[0];
  return other;
}

/* @b_buffer: NULL where B is a constant, which is packed */
static gboolean
add_product (WhyPlan *plan,
             WhyNode *node,
             const Product *product,
             WhyBuffer *a_buffer,
             WhyBuffer *b_buffer,
             double alpha,
             const WhyValue *bias_value,
             gboolean *done,
             GError **error)
{
  WhyValue *b = node->inputs[1], *tail = node->outputs[0];
  dnnl_memory_desc_t a_md, b_md, b_any, y_md, bias_md;
  WhyPostOps post = { 0 };
  WhyBuffer *inputs[8];
  guint n_inputs = 0;
  gint64 bias_dims[WHY_MAX_RANK], bias_strides[WHY_MAX_RANK];
  gboolean packed = b->constant != NULL;

  *done = FALSE;
  if (!why_dnnl_md_strides (product->rank, product->a_dims, product->a_strides, &a_md) ||
      !why_dnnl_md_strides (product->rank, product->b_dims, product->b_strides, &b_md) ||
      !why_dnnl_md_any (product->rank, product->b_dims, &b_any) ||
      !why_dnnl_md_strides (product->rank, product->y_dims, product->y_strides, &y_md))
    return TRUE;
  for (int axis = 0; axis < product->rank; axis++)
    bias_dims[axis] = axis == product->rank - 1 ? product->y_dims[axis] : 1;
  why_dims_dense_strides (product->rank, bias_dims, bias_strides);
  dnnl_primitive_desc_t pd = product_pd (product, packed ? &b_any : &b_md, NULL, alpha, NULL);
  if (pd == NULL || !why_dnnl_md_strides (product->rank, bias_dims, bias_strides, &bias_md))
    return TRUE;
  dnnl_primitive_desc_destroy (pd);

  if (bias_value == NULL && alpha == 1.0)
    bias_value = take_bias (plan, &tail);
  if (!why_dnnl_collect_post_ops (plan, &tail, WHY_LAYOUT_PLAIN, &y_md, &post, error))
    goto fail;
  pd = product_pd (product, packed ? &b_any : &b_md, bias_value != NULL ? &bias_md : NULL, alpha,
                   &post);
  WhyPrimitive *primitive = pd != NULL ? why_dnnl_primitive_new (pd) : NULL;
  if (primitive == NULL)
    {
      why_node_fail (node, error, WHY_ERROR_FAILED, "oneDNN has no matrix product of this form");
      goto fail;
    }
  const gpointer key[] = { node, tail };
  inputs[n_inputs++] = a_buffer;
  gboolean bound = TRUE;
  if (bound && packed)
    bound = why_dnnl_bind_packed (primitive, plan, DNNL_ARG_WEIGHTS, key, sizeof key, &b_md,
                                  b->constant->data, why_dnnl_weights_md (primitive), error);
  else if (bound)
    {
      why_dnnl_bind (primitive, DNNL_ARG_WEIGHTS, &b_md, b_buffer);
      inputs[n_inputs++] = b_buffer;
    }
  if (bound && bias_value != NULL)
    bound = why_dnnl_bind_packed (primitive, plan, DNNL_ARG_BIAS, key, sizeof key, &bias_md,
                                  bias_value->constant->data, &bias_md, error);
  if (!bound)
    {
      why_dnnl_primitive_free (primitive);
      goto fail;
    }
  WhyBuffer *output = why_plan_output (plan, tail, WHY_LAYOUT_PLAIN);
  why_dnnl_bind (primitive, DNNL_ARG_SRC, &a_md, inputs[0]);
  why_dnnl_bind (primitive, DNNL_ARG_DST, &y_md, output);
  why_dnnl_bind_post_ops (primitive, &post, inputs, &n_inputs);
  why_dnnl_add_step (plan, node, primitive, inputs, n_inputs, output);
  dnnl_post_ops_destroy (post.ops);
  *done = TRUE;
  return TRUE;

fail:
  if (post.ops != NULL)
    dnnl_post_ops_destroy (post.ops);
  return FALSE;
}

static gboolean
all_float32 (const WhyNode *node)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (node->inputs[input] != NULL && node->inputs[input]->dtype != WHY_DTYPE_FLOAT32)
        return FALSE;
    }
  for (int axis = 0; axis < node->outputs[0]->rank; axis++)
    {
      if (node->outputs[0]->dims[axis] == 0)
        return FALSE;
    }
  return node->inputs[0]->rank >= 2 && node->inputs[1]->rank >= 2;
}

/* The matrices of an operand of a product of @rank dimensions, of which it may have fewer. */
static WhyBuffer *
read_matrices (
  WhyPlan *plan, WhyValue *value, int rank, const gint64 *dims, gint64 *strides, GError **error)
{
  gint64 own[WHY_MAX_RANK];
  int extra = rank - value->rank;
  WhyBuffer *buffer = why_view_matrices (plan, value, own, error);

  why_dims_dense_strides (rank, dims, strides);
  memcpy (strides + extra, own, (gsize) value->rank * sizeof *own);
  return buffer;
}

static gboolean
compile_matmul (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyValue *a = node->inputs[0], *b = node->inputs[1], *y = node->outputs[0];
  gint64 inner = a->rank > 0 ? a->dims[a->rank - 1] : 0;
  WhyBuffer *a_buffer = NULL, *b_buffer = NULL;
  Product product = { 0 };

  *done = FALSE;
  if (!all_float32 (node) || inner == 0)
    return TRUE;
  if (b->rank == 2)
    {
      gint64 rows = 1;
      for (int axis = 0; axis < a->rank - 1; axis++)
        rows *= a->dims[axis];
      product.rank = 2;
      product.a_dims[0] = product.y_dims[0] = rows;
      product.a_dims[1] = product.b_dims[0] = inner;
      product.b_dims[1] = product.y_dims[1] = b->dims[1];
    }
  else
    {
      int rank = product.rank = y->rank;
      if (rank > 5 || a->rank > rank || b->rank > rank)
        return TRUE;
      for (int axis = 0; axis < rank; axis++)
        {
          product.y_dims[axis] = y->dims[axis];
          product.a_dims[axis] = axis < rank - a->rank ? 1 : a->dims[axis - (rank - a->rank)];
          product.b_dims[axis] = axis < rank - b->rank ? 1 : b->dims[axis - (rank - b->rank)];
        }
    }
  why_dims_dense_strides (product.rank, product.b_dims, product.b_strides);
  why_dims_dense_strides (product.rank, product.y_dims, product.y_strides);
  if (b->constant == NULL)
    {
      b_buffer = read_matrices (plan, b, product.rank, product.b_dims, product.b_strides, error);
      if (b_buffer == NULL)
        return FALSE;
    }
  /* Many matrices times one are read as one tall matrix: its rows must lie one after the other. */
  if (product.rank == a->rank)
    a_buffer = read_matrices (plan, a, product.rank, product.a_dims, product.a_strides, error);
  else
    {
      a_buffer = why_plan_input (plan, a, WHY_LAYOUT_PLAIN, error);
      why_dims_dense_strides (product.rank, product.a_dims, product.a_strides);
    }
  if (a_buffer == NULL)
    return FALSE;
  return add_product (plan, node, &product, a_buffer, b_buffer, 1.0, NULL, done, error);
}

static gboolean
compile_gemm (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyGemmParams *params = node->params;
  const WhyValue *a = node->inputs[0], *c = why_node_input (node, 2), *y = node->outputs[0];
  gint64 inner = a->dims[params->trans_a ? 0 : 1];

  *done = FALSE;
  if (!all_float32 (node) || inner == 0)
    return TRUE;
  /* C is the bias where it is one number a column; other forms are rare and left to the definition.
   */
  if (c != NULL &&
      (params->beta != 1.0 || params->alpha != 1.0 || !why_channel_constant (c, 2, 1, y->dims[1]) ||
       why_tensor_count (c->constant) != (gsize) y->dims[1]))
    return TRUE;
  Product product = {
    .rank = 2,
    .a_dims = { y->dims[0], inner },
    .a_strides = { params->trans_a ? 1 : inner, params->trans_a ? y->dims[0] : 1 },
    .b_dims = { inner, y->dims[1] },
    .b_strides = { params->trans_b ? 1 : y->dims[1], params->trans_b ? inner : 1 },
    .y_dims = { y->dims[0], y->dims[1] },
    .y_strides = { y->dims[1], 1 },
  };
  WhyBuffer *a_buffer = why_plan_input (plan, node->inputs[0], WHY_LAYOUT_PLAIN, error), *b_buffer = NULL;
  if (a_buffer != NULL && node->inputs[1]->constant == NULL)
    b_buffer = why_plan_input (plan, node->inputs[1], WHY_LAYOUT_PLAIN, error);
  if (a_buffer == NULL || (b_buffer == NULL && node->inputs[1]->constant == NULL))
    return FALSE;
  return add_product (plan, node, &product, a_buffer, b_buffer, params->alpha, c, done, error);
}

const WhyKernel why_dnnl_matmul_kernels[] = {
  { "MatMul", compile_matmul },
  { "Gemm", compile_gemm },
  { NULL, NULL },
};
