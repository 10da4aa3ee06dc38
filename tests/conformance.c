#include "config.h"

#include "conformance.h"

#include "base/error.h"
#include "graph/graph.h"

#include <math.h>
#include <string.h>

gboolean
conformance_compare (const WhyTensor *actual, const WhyTensor *expected, double rtol, double atol, char **why)
{
  gsize count = why_tensor_count (expected);

  /* ONNX rounds to the nearest bfloat16; the data of its releases before 1.13 were truncated, which
   * can be one unit in the last of 8 bits away. */
  if (expected->dtype == WHY_DTYPE_BFLOAT16)
    rtol = MAX (rtol, 0x1p-7);
  if (actual->dtype != expected->dtype)
    {
      *why = g_strdup_printf ("type is %s, expected %s", why_dtype_name (actual->dtype), why_dtype_name (expected->dtype));
      return FALSE;
    }
  if (!why_tensor_same_dims (actual, expected))
    {
      g_autofree char *is = why_dims_to_string (actual->rank, actual->dims);
      g_autofree char *wanted = why_dims_to_string (expected->rank, expected->dims);
      *why = g_strdup_printf ("shape is %s, expected %s", is, wanted);
      return FALSE;
    }
  for (gsize index = 0; index < count; index++)
    {
      if (!why_dtype_is_float (expected->dtype))
        {
          gint64 is = why_tensor_get_i64 (actual, index), wanted = why_tensor_get_i64 (expected, index);
          if (is != wanted)
            {
              *why = g_strdup_printf ("element %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT,
                                      index, is, wanted);
              return FALSE;
            }
          continue;
        }
      double is = why_tensor_get_f64 (actual, index), wanted = why_tensor_get_f64 (expected, index);
      gboolean same = is == wanted || (isnan (is) && isnan (wanted)) ||
                      (isfinite (is) && isfinite (wanted) && fabs (is - wanted) <= atol + rtol * fabs (wanted));
      if (!same)
        {
          *why = g_strdup_printf ("element %" G_GSIZE_FORMAT " is %.9g, expected %.9g", index, is, wanted);
          return FALSE;
        }
    }
  return TRUE;
}

/* Older data sets hold bfloat16 as the uint16 of the same bits. */
static WhyTensor *
as_declared (WhyTensor *tensor, const WhyOnnxValueInfo *infos, gsize n_infos, guint index)
{
  if (index >= n_infos || infos[index].dtype != WHY_DTYPE_BFLOAT16 || tensor->dtype != WHY_DTYPE_UINT16)
    return tensor;
  return why_tensor_new_view (WHY_DTYPE_BFLOAT16, tensor->rank, tensor->dims, NULL, tensor->data, tensor,
                              (GDestroyNotify) why_tensor_unref);
}

/* Loads PREFIX_0.pb, PREFIX_1.pb, ... Absent optional inputs are empty files or gaps: never in the
 * data seen, so a missing file ends the list. */
static GPtrArray *
load_tensors (const char *folder, const char *prefix, const WhyOnnxValueInfo *infos, gsize n_infos, GError **error)
{
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);

  for (guint number = 0;; number++)
    {
      g_autofree char *name = g_strdup_printf ("%s_%u.pb", prefix, number);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&tensors);
      WhyTensor *tensor = why_onnx_tensor_load (path, error);
      if (tensor == NULL)
        return NULL;
      g_ptr_array_add (tensors, as_declared (tensor, infos, n_infos, number));
    }
}

/* Which inputs become constants: none if that works; else what an exporter would have made constant
 * (axes, sizes, everything but the first); else all. */
typedef enum
{
  BIND_NONE,
  BIND_ALL_BUT_FIRST,
  BIND_ALL,
} Binding;

static WhyGraph *
build (WhyOnnxModel *model, const GPtrArray *inputs, Binding binding, GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, inputs->len + 1);
  g_autofree WhyTensor **values = g_new0 (WhyTensor *, inputs->len + 1);

  for (guint index = 0; index < inputs->len; index++)
    {
      const WhyTensor *tensor = g_ptr_array_index (inputs, index);
      shapes[index].rank = tensor->rank;
      for (int axis = 0; axis < tensor->rank; axis++)
        shapes[index].dims[axis] = tensor->dims[axis];
      if (binding == BIND_ALL || (binding == BIND_ALL_BUT_FIRST && index > 0))
        values[index] = g_ptr_array_index (inputs, index);
    }
  return why_graph_new_with_values (model, shapes, values, inputs->len, NULL, error);
}

static Conformance
run_bound (WhyOnnxModel *model, const GPtrArray *inputs, const GPtrArray *expected, Binding binding, double rtol,
           double atol, GError **error)
{
  g_autoptr (WhyGraph) graph = build (model, inputs, binding, error);
  g_autoptr (GPtrArray) feeds = g_ptr_array_new ();
  Conformance outcome = CONFORMANCE_PASS;

  if (graph == NULL)
    return g_error_matches (*error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP) ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_FAIL;
  guint n_outputs = why_graph_n_outputs (graph);
  if (expected->len > n_outputs)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "%u outputs are expected, the model has %u", expected->len, n_outputs);
      return CONFORMANCE_FAIL;
    }
  for (guint index = 0; index < inputs->len; index++)
    {
      if (binding == BIND_NONE || (binding == BIND_ALL_BUT_FIRST && index == 0))
        g_ptr_array_add (feeds, g_ptr_array_index (inputs, index));
    }
  g_autofree WhyValue **wanted = g_new0 (WhyValue *, n_outputs + 1);
  g_autofree WhyTensor **results = g_new0 (WhyTensor *, n_outputs + 1);
  for (guint index = 0; index < n_outputs; index++)
    wanted[index] = why_graph_output (graph, index);
  if (!why_graph_evaluate (graph, (WhyTensor *const *) feeds->pdata, wanted, n_outputs, results, NULL, error))
    return g_error_matches (*error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP) ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_FAIL;
  for (guint index = 0; index < n_outputs; index++)
    {
      g_autofree char *why = NULL;
      if (outcome == CONFORMANCE_PASS && index < expected->len &&
          !conformance_compare (results[index], g_ptr_array_index (expected, index), rtol, atol, &why))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "output '%s': %s", why_graph_output_name (graph, index), why);
          outcome = CONFORMANCE_FAIL;
        }
      why_tensor_unref (results[index]);
    }
  return outcome;
}

static Conformance
run_data_set (WhyOnnxModel *model, const char *folder, double rtol, double atol, GError **error)
{
  g_autoptr (GPtrArray) inputs = load_tensors (folder, "input", model->graph->inputs, model->graph->n_inputs, error);
  g_autoptr (GPtrArray) expected = NULL;
  Conformance outcome = CONFORMANCE_FAIL;

  if (inputs != NULL)
    expected = load_tensors (folder, "output", model->graph->outputs, model->graph->n_outputs, error);
  if (expected == NULL)
    return g_error_matches (*error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP) ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_FAIL;
  for (Binding binding = BIND_NONE; binding <= BIND_ALL; binding++)
    {
      g_clear_error (error);
      outcome = run_bound (model, inputs, expected, binding, rtol, atol, error);
      if (outcome == CONFORMANCE_PASS || strstr ((*error)->message, "only a constant") == NULL)
        break;
    }
  return outcome;
}

Conformance
conformance_run (const char *folder, double rtol, double atol, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  Conformance outcome = CONFORMANCE_FAIL;

  *why = NULL;
  if (model == NULL)
    outcome = g_error_matches (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP) ? CONFORMANCE_UNSUPPORTED : CONFORMANCE_FAIL;
  for (guint number = 0; model != NULL; number++)
    {
      g_autofree char *name = g_strdup_printf ("test_data_set_%u", number);
      g_autofree char *data_set = g_build_filename (folder, name, NULL);
      if (!g_file_test (data_set, G_FILE_TEST_IS_DIR))
        {
          if (number == 0)
            g_set_error (&error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "there is no test_data_set_0");
          break;
        }
      outcome = run_data_set (model, data_set, rtol, atol, &error);
      if (outcome != CONFORMANCE_PASS)
        break;
    }
  if (outcome != CONFORMANCE_PASS && error != NULL)
    *why = g_strdup (error->message);
  return outcome;
}
