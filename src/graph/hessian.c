#include "config.h"

#include "graph/hessian.h"

#include "graph/differentiate.h"

static WhyValue *
add_filled (WhyGraph *graph, const WhyValue *like, double number, GError **error)
{
  WhyTensor *tensor = why_tensor_new (like->dtype, like->rank, like->dims, error);
  gsize count = tensor != NULL ? why_tensor_count (tensor) : 0;

  for (gsize at = 0; at < count; at++)
    why_tensor_set_f64 (tensor, at, number);
  return tensor != NULL ? why_graph_add_constant (graph, NULL, tensor) : NULL;
}

gboolean
why_graph_hessian_product (WhyGraph *graph,
                           WhyValue *score,
                           WhyValue *at,
                           WhyValue *vector,
                           WhyValue **gradient,
                           WhyValue **product,
                           GError **error)
{
  g_autoptr (WhyGradients) second = NULL;
  WhyValue *ones = add_filled (graph, score, 1.0, error);
  g_autoptr (WhyGradients) first =
    ones != NULL ? why_graph_differentiate (graph, score, ones, WHY_GRAD_RULE_GRADIENT, error)
                 : NULL;

  *gradient = first != NULL ? why_gradients_get (first, at, error) : NULL;
  if (*gradient == NULL)
    return FALSE;
  if ((*gradient)->constant == NULL)
    {
      second = why_graph_differentiate (graph, *gradient, vector, WHY_GRAD_RULE_GRADIENT, error);
      if (second == NULL)
        return FALSE;
    }
  *product = second == NULL || why_gradients_is_zero (second, at)
               ? add_filled (graph, at, 0.0, error)
               : why_gradients_get (second, at, error);
  return *product != NULL;
}
