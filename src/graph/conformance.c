#include "config.h"

#include "graph/conformance.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Folders nested deeper than this are no test data. */
#define MAX_DEPTH 16

const char *
why_conformance_to_string (WhyConformance outcome)
{
  static const char *const names[] = { "pass", "fail", "unsupported" };

  return names[outcome];
}

/* ---- comparing ---- */

static gboolean
same_float (double found, double wanted, double rtol, double atol)
{
  if (found == wanted || (isnan (found) && isnan (wanted)))
    return TRUE;
  return isfinite (found) && isfinite (wanted) && fabs (found - wanted) <= atol + rtol * fabs (wanted);
}

gboolean
why_conformance_compare (const WhyTensor *actual, const WhyTensor *expected, double rtol, double atol, char **why)
{
  const gsize count = why_tensor_count (expected);

  *why = NULL;
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
      g_autofree char *found = why_dims_to_string (actual->rank, actual->dims);
      g_autofree char *wanted = why_dims_to_string (expected->rank, expected->dims);
      *why = g_strdup_printf ("shape is %s, expected %s", found, wanted);
      return FALSE;
    }
  for (gsize index = 0; index < count; index++)
    {
      if (!why_dtype_is_float (expected->dtype))
        {
          /* Not as doubles, which 64-bit integers do not fit. */
          const gint64 found = why_tensor_get_i64 (actual, index);
          const gint64 wanted = why_tensor_get_i64 (expected, index);
          if (found == wanted)
            continue;
          *why = g_strdup_printf ("element %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT, index,
                                  found, wanted);
          return FALSE;
        }
      const double found = why_tensor_get_f64 (actual, index);
      const double wanted = why_tensor_get_f64 (expected, index);
      if (same_float (found, wanted, rtol, atol))
        continue;
      *why = g_strdup_printf ("element %" G_GSIZE_FORMAT " is %.9g, expected %.9g", index, found, wanted);
      return FALSE;
    }
  return TRUE;
}

/* ---- running by the plain definitions ---- */

/* Which inputs become constants: none if that works; else what an exporter would have made constant
 * (axes, sizes, everything but the first); else all. */
typedef enum
{
  BIND_NONE,
  BIND_ALL_BUT_FIRST,
  BIND_ALL,
} Binding;

static gboolean
is_bound (Binding binding, gsize index)
{
  return binding == BIND_ALL || (binding == BIND_ALL_BUT_FIRST && index > 0);
}

static gboolean
evaluate_bound (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs, Binding binding, WhyTensor **results,
                gsize n_results, GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);
  g_autofree WhyTensor **values = g_new0 (WhyTensor *, n_inputs + 1);
  g_autofree WhyTensor **feeds = g_new0 (WhyTensor *, n_inputs + 1);
  g_autofree WhyValue **wanted = g_new0 (WhyValue *, n_results + 1);
  gsize n_feeds = 0;

  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
      if (is_bound (binding, index))
        values[index] = inputs[index];
      else
        feeds[n_feeds++] = inputs[index];
    }
  g_autoptr (WhyGraph) graph = why_graph_new_with_values (model, shapes, values, n_inputs, NULL, error);
  if (graph == NULL)
    return FALSE;
  for (gsize index = 0; index < n_results; index++)
    wanted[index] = why_graph_output (graph, (guint) index);
  return why_graph_evaluate (graph, feeds, wanted, (guint) n_results, results, NULL, error);
}

gboolean
why_conformance_needs_constants (const GError *error)
{
  return error != NULL && strstr (error->message, "only a constant") != NULL;
}

gboolean
why_conformance_evaluate (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs, WhyTensor **results,
                          gsize n_results, gpointer data, GError **error)
{
  for (Binding binding = BIND_NONE;; binding++)
    {
      GError *local_error = NULL;
      if (evaluate_bound (model, inputs, n_inputs, binding, results, n_results, &local_error))
        return TRUE;
      if (binding == BIND_ALL || !why_conformance_needs_constants (local_error))
        {
          g_propagate_error (error, local_error);
          return FALSE;
        }
      g_error_free (local_error);
    }
}

/* ---- folders ---- */

/* Older data sets hold bfloat16 as the uint16 of the same bits. */
static WhyTensor *
as_declared (WhyTensor *tensor, const WhyOnnxValueInfo *infos, gsize n_infos, guint index)
{
  if (index >= n_infos || infos[index].dtype != WHY_DTYPE_BFLOAT16 || tensor->dtype != WHY_DTYPE_UINT16)
    return tensor;
  return why_tensor_new_view (WHY_DTYPE_BFLOAT16, tensor->rank, tensor->dims, NULL, tensor->data, tensor,
                              (GDestroyNotify) why_tensor_unref);
}

/* PREFIX_0.pb, PREFIX_1.pb, ... until one is missing. */
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

/* Some published data sets contradict their model, which says nothing about whoever runs it. */
static gboolean
check_inputs (const WhyOnnxGraph *graph, const GPtrArray *inputs, GError **error)
{
  for (guint index = 0; index < inputs->len && index < graph->n_inputs; index++)
    {
      const WhyTensor *tensor = g_ptr_array_index (inputs, index);
      const WhyOnnxValueInfo *info = &graph->inputs[index];
      gboolean fits = info->rank < 0 || info->rank == tensor->rank;
      for (int axis = 0; fits && axis < info->rank; axis++)
        fits = info->dims[axis] < 0 || info->dims[axis] == tensor->dims[axis];
      if (fits)
        continue;
      g_autofree char *found = why_dims_to_string (tensor->rank, tensor->dims);
      g_autofree char *declared = why_dims_to_string (info->rank, info->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP, "the test's data contradict its model: input '%s' is %s, declared %s",
                   info->name, found, declared);
      return FALSE;
    }
  return TRUE;
}

static gboolean
run_data_set (WhyOnnxModel *model, const char *folder, WhyConformanceRun run, gpointer data, double rtol, double atol,
              GError **error)
{
  const WhyOnnxGraph *graph = model->graph;
  g_autoptr (GPtrArray) inputs = load_tensors (folder, "input", graph->inputs, graph->n_inputs, error);
  g_autoptr (GPtrArray) expected =
    inputs != NULL ? load_tensors (folder, "output", graph->outputs, graph->n_outputs, error) : NULL;
  gboolean same = TRUE;

  if (expected == NULL || !check_inputs (graph, inputs, error))
    return FALSE;
  if (expected->len > graph->n_outputs)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "%u outputs are expected, the model has %" G_GSIZE_FORMAT, expected->len,
                   graph->n_outputs);
      return FALSE;
    }
  g_autofree WhyTensor **results = g_new0 (WhyTensor *, expected->len + 1);
  if (!run (model, (WhyTensor *const *) inputs->pdata, inputs->len, results, expected->len, data, error))
    return FALSE;
  for (guint index = 0; index < expected->len; index++)
    {
      g_autofree char *why = NULL;
      if (same && !why_conformance_compare (results[index], g_ptr_array_index (expected, index), rtol, atol, &why))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "output '%s': %s", graph->outputs[index].name, why);
          same = FALSE;
        }
      why_tensor_unref (results[index]);
    }
  return same;
}

WhyConformance
why_conformance_run (const char *folder, WhyConformanceRun run, gpointer data, double rtol, double atol, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  gboolean passed = model != NULL;

  *why = NULL;
  for (guint number = 0; passed; number++)
    {
      g_autofree char *name = g_strdup_printf ("test_data_set_%u", number);
      g_autofree char *data_set = g_build_filename (folder, name, NULL);
      if (!g_file_test (data_set, G_FILE_TEST_IS_DIR))
        {
          if (number == 0)
            g_set_error (&error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "there is no test_data_set_0");
          passed = number > 0;
          break;
        }
      passed = run_data_set (model, data_set, run, data, rtol, atol, &error);
    }
  if (passed)
    return WHY_CONFORMANCE_PASS;
  *why = g_strdelimit (g_strdup (error->message), "\n\r", ' ');
  return g_error_matches (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP) ? WHY_CONFORMANCE_UNSUPPORTED : WHY_CONFORMANCE_FAIL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static gboolean
find_below (const char *folder, int depth, GPtrArray *found, GError **error)
{
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *data_set = g_build_filename (folder, "test_data_set_0", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *name;

  if (dir == NULL)
    {
      /* Only the folder that was asked for must be readable; a locked one somewhere below holds no test. */
      if (depth == 0)
        return FALSE;
      g_clear_error (error);
      return TRUE;
    }
  if (g_file_test (model, G_FILE_TEST_IS_REGULAR) && g_file_test (data_set, G_FILE_TEST_IS_DIR))
    {
      g_ptr_array_add (found, g_strdup (folder));
      return TRUE;
    }
  while (depth < MAX_DEPTH && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK) &&
          !find_below (path, depth + 1, found, error))
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
why_conformance_find (const char *folder, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  if (!find_below (folder, 0, found, error))
    return NULL;
  g_ptr_array_sort (found, compare_names);
  return g_steal_pointer (&found);
}
