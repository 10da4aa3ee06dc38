#include "config.h"

#include "engine/hessian.h"

#include "base/error.h"
#include "graph/branch.h"
#include "graph/hessian.h"
#include "session-private.h"

#include <string.h>

/* The values that the branch's graph reads, in the order of its inputs: @at, the tensors from
 * outside, the vector. */
static gboolean
read_inputs (WhySession *session,
             WhyTensor *const *inputs,
             gsize n_inputs,
             const char *at,
             const GPtrArray *outside,
             WhyTensor *vector,
             GPtrArray *values,
             WhyCancel *cancel,
             GError **error)
{
  g_autofree const char **names = g_new0 (const char *, outside->len + 2);
  g_autofree WhyTensor **held = g_new0 (WhyTensor *, outside->len + 2);
  const gsize n = outside->len + 1;

  names[0] = at;
  for (guint index = 0; index < outside->len; index++)
    names[index + 1] = ((const WhyValue *) g_ptr_array_index (outside, index))->name;
  if (!why_session_run (session, inputs, n_inputs, names, n, held, cancel, error))
    return FALSE;
  for (gsize index = 0; index < n; index++)
    g_ptr_array_add (values, held[index]);
  g_ptr_array_add (values, why_tensor_ref (vector != NULL ? vector : held[0]));
  return TRUE;
}

/* @graph: (transfer full) */
static gboolean
compute (const WhySession *like,
         WhyGraph *graph,
         const GPtrArray *values,
         const char *gradient_name,
         const char *product_name,
         WhyTensor **gradient,
         WhyTensor **product,
         WhyCancel *cancel,
         GError **error)
{
  g_autoptr (WhySession) session = why_session_new_for_graph (like, graph);
  const char *names[] = { gradient_name, product_name };
  WhyTensor *results[2] = { NULL, NULL };

  if (!why_session_run (session, (WhyTensor *const *) values->pdata, values->len, names, 2, results,
                        cancel, error))
    return FALSE;
  *product = results[1];
  if (gradient != NULL)
    *gradient = results[0];
  else
    why_tensor_unref (results[0]);
  return TRUE;
}

gboolean
why_session_hessian_product (WhySession *session,
                             WhyTensor *const *inputs,
                             gsize n_inputs,
                             const char *of,
                             WhyScoreFunc score,
                             gpointer data,
                             const char *at,
                             WhyTensor *vector,
                             WhyTensor **gradient,
                             WhyTensor **product,
                             WhyCancel *cancel,
                             GError **error)
{
  g_autoptr (GPtrArray) outside = g_ptr_array_new ();
  g_autoptr (GPtrArray) values =
    g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);
  WhyValue *gradient_value = NULL, *product_value = NULL;

  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
    }
  WhyGraph *whole = why_session_prepare (session, shapes, n_inputs, error);
  WhyValue *at_value = whole != NULL ? why_graph_require_value (whole, at, error) : NULL;
  WhyValue *of_value = at_value != NULL ? why_graph_require_value (whole, of, error) : NULL;
  g_autoptr (WhyGraph) graph =
    of_value != NULL ? why_graph_branch (whole, at_value, 1, &of_value, 1, outside, error) : NULL;
  if (graph == NULL)
    return FALSE;

  WhyValue *score_value = score (graph, why_graph_output (graph, 0), data, error);
  WhyValue *here = why_graph_input (graph, 0);
  WhyValue *direction = why_graph_add_input (graph, NULL, here->dtype, here->rank, here->dims);
  if (score_value == NULL ||
      !why_graph_hessian_product (graph, score_value, here, direction, &gradient_value,
                                  &product_value, error))
    {
      g_prefix_error (error, "%s: ", why_session_model (session)->path);
      return FALSE;
    }
  g_autofree char *gradient_name = g_strdup (gradient_value->name);
  g_autofree char *product_name = g_strdup (product_value->name);
  return read_inputs (session, inputs, n_inputs, at, outside, vector, values, cancel, error) &&
         compute (session, g_steal_pointer (&graph), values, gradient_name, product_name, gradient,
                  product, cancel, error);
}
