#include "config.h"

#include "service/conformance.h"

#include <string.h>

static gboolean
run (WhySession *session, WhyTensor *const *inputs, gsize n_inputs, WhyTensor **results, gsize n_results, GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);
  g_autofree const char **names = g_new0 (const char *, n_results + 1);

  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
    }
  WhyGraph *graph = why_session_prepare (session, shapes, n_inputs, error);
  if (graph == NULL)
    return FALSE;
  for (gsize index = 0; index < n_results; index++)
    names[index] = why_graph_output (graph, (guint) index)->name;
  return why_session_run (session, inputs, n_inputs, names, n_results, results, NULL, error);
}

gboolean
why_conformance_run_session (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs, WhyTensor **results,
                             gsize n_results, gpointer data, GError **error)
{
  const WhyBackend *backend = data;
  const WhySessionOptions options = { .backend = *backend, .keep_types = TRUE };
  g_autoptr (WhySession) session = why_session_new (model, &options, error);
  GError *local_error = NULL;

  if (session == NULL)
    return FALSE;
  if (run (session, inputs, n_inputs, results, n_results, &local_error))
    return TRUE;
  if (why_conformance_needs_constants (local_error))
    {
      g_error_free (local_error);
      return why_conformance_evaluate (model, inputs, n_inputs, results, n_results, NULL, error);
    }
  g_propagate_error (error, local_error);
  return FALSE;
}
