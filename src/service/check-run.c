#include "config.h"

#include "check-private.h"

#include "base/error.h"
#include "explain/map-resize.h"
#include "measure/similarity.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdatomic.h>

WhyCheckRequest *
why_check_request_new (WhyCheckKind kind, const WhyResult *result)
{
  WhyCheckRequest *check = g_new0 (WhyCheckRequest, 1);

  check->kind = kind;
  check->request = why_request_ref (result->request);
  check->map = why_map_ref (result->map);
  check->target_class = result->target_class;
  check->regions = why_cover_array_new ();
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (gsize index = 0; kind == WHY_CHECK_REGIONS && index < check->request->n_covers; index++)
    {
      WhyCover cover;
      why_cover_copy (&check->request->covers[index], &cover);
      g_array_append_val (check->regions, cover);
      /* Translators: the number of a covered part */
      g_autofree char *name = g_strdup_printf (_ ("Part %u"), (guint) index + 1);
      g_strv_builder_add (names, name);
    }
  check->names = g_strv_builder_end (names);
  return check;
}

void
why_check_request_set_outlines (WhyCheckRequest *check, GArray *regions, char **names)
{
  g_array_unref (check->regions);
  g_strfreev (check->names);
  check->regions = regions;
  check->names = names;
  check->n_background = check->request->n_covers;
}

void
why_check_request_free (WhyCheckRequest *check)
{
  why_request_unref (check->request);
  why_map_unref (check->map);
  g_array_unref (check->regions);
  g_strfreev (check->names);
  g_free (check);
}

WhyCheckResult *
why_check_result_ref (WhyCheckResult *result)
{
  atomic_fetch_add (&result->ref_count, 1);
  return result;
}

void
why_check_result_unref (WhyCheckResult *result)
{
  if (result == NULL || atomic_fetch_sub (&result->ref_count, 1) != 1)
    return;
  why_request_unref (result->request);
  g_clear_pointer (&result->map, why_map_unref);
  g_clear_pointer (&result->sweep, why_map_unref);
  why_sanity_clear (&result->sanity);
  why_controls_clear (&result->controls);
  g_strfreev (result->regions.names);
  g_free (result);
}

/* The map's values at every position of the input; where it says nothing, NaN. */
static WhyTensor *
at_input (const WhyMap *map, const WhyTensor *input, WhyCancel *cancel, GError **error)
{
  if (map->values->rank == 2 && map->to_input.xx > 0 && map->to_input.yy > 0)
    return why_overlap_spread (map, &map->to_input, TRUE, input->dims[input->rank - 1], input->dims[input->rank - 2], cancel,
                               error);
  return why_map_resize (map->values, input->dims + 2, WHY_RESIZE_LINEAR, error);
}

/* Windows a seventh of the picture wide, half a window apart: about as fine as the last layer of most networks. */
static gboolean
sweep (const WhyCheckRequest *check, const WhyJob *job, WhyCheckResult *result, GError **error)
{
  WhyExplainRequest request = check->request->explain;
  gint64 shortest = G_MAXINT64;
  WhyExplainResult explained;

  for (int axis = 2; axis < job->input->rank; axis++)
    shortest = MIN (shortest, job->input->dims[axis]);
  const gint64 patch = MAX (shortest / 7, 2);
  g_autofree char *options =
    g_strdup_printf ("patch=%" G_GINT64_FORMAT ",stride=%" G_GINT64_FORMAT ",fill=mean", patch, MAX (patch / 2, 1));
  request.method = "occlusion";
  request.options = options;
  request.profile = NULL;
  request.more_layers = NULL;
  request.layer = NULL;
  request.polarity = WHY_POLARITY_SIGNED;
  request.target_class = check->target_class;
  if (!why_explain (&request, job, &explained, error))
    return FALSE;
  result->sweep = why_map_ref (explained.map);
  why_explain_result_clear (&explained);
  g_autoptr (WhyTensor) ours = at_input (check->map, job->input, job->cancel, error);
  g_autoptr (WhyTensor) theirs = ours != NULL ? at_input (result->sweep, job->input, job->cancel, error) : NULL;
  if (theirs == NULL)
    return FALSE;
  result->sweep_agreement = why_similarity_spearman (ours->data, theirs->data, why_tensor_count (ours), FALSE);
  return TRUE;
}

typedef struct
{
  WhyProgress progress;
  gpointer data;
  double from, share;
} Stage;

static void
on_stage (double done, gpointer data)
{
  const Stage *stage = data;

  stage->progress (stage->from + stage->share * done, stage->data);
}

static gboolean
measure_faithfulness (const WhyExplainRequest *request, const WhyCheckRequest *check, const WhyJob *job, WhyCheckResult *result,
                      GError **error)
{
  const WhyFaithfulnessOptions options = { .removal = WHY_REMOVAL_BLUR, .seed = 1 };
  Stage stage = { job->progress, job->progress_data, 0, 0.7 };
  WhyJob part = *job;

  part.progress = job->progress != NULL ? on_stage : NULL;
  part.progress_data = &stage;
  if (!why_faithfulness_measure (request, &part, check->map, &options, &result->faithfulness, error))
    return FALSE;
  result->has_road = job->input->rank == 4;
  stage.from = 0.7;
  stage.share = 0.3;
  return !result->has_road || why_faithfulness_road (request, &part, check->map, options.seed, &result->road, error);
}

WhyCheckResult *
why_run_state_check (WhyRunState *state, const WhyCheckRequest *check, WhyCancel *cancel, WhyProgress progress,
                     gpointer progress_data, GError **error)
{
  g_autoptr (WhyCheckResult) result = g_new0 (WhyCheckResult, 1);
  const gint64 start = g_get_monotonic_time ();
  WhyExplainRequest request = check->request->explain;
  const WhySanityOptions sanity = { .session = { .backend = check->request->backend }, .seed = 1 };
  gboolean done = FALSE;

  result->ref_count = 1;
  result->kind = check->kind;
  result->request = why_request_ref (check->request);
  result->target_class = check->target_class;
  result->map = why_map_ref (check->map);
  result->sweep_agreement = NAN;
  if (!why_run_state_prepare (state, check->request, cancel, error))
    return NULL;
  const WhyJob job = {
    .session = state->session,
    .input = state->prepared,
    .cancel = cancel,
    .progress = progress,
    .progress_data = progress_data,
  };
  request.target_class = check->target_class;
  switch (check->kind)
    {
    case WHY_CHECK_FAITHFULNESS:
      done = measure_faithfulness (&request, check, &job, result, error);
      break;
    case WHY_CHECK_RANDOMISATION:
      done = why_sanity_measure (&request, &job, &sanity, &result->sanity, error);
      break;
    case WHY_CHECK_OCCLUSION:
      done = sweep (check, &job, result, error);
      break;
    case WHY_CHECK_CONTROLS:
      done = why_controls_measure (&request, &job, 1, &result->controls, error);
      break;
    case WHY_CHECK_REGIONS:
      done = why_check_run_regions (check, &job, &result->regions, error);
      break;
    case WHY_N_CHECKS:
    default:
      g_return_val_if_reached (NULL);
    }
  result->milliseconds = (double) (g_get_monotonic_time () - start) / 1000.0;
  return done ? g_steal_pointer (&result) : NULL;
}

WhyCheckResult *
why_check_run (WhyCheckKind kind, const WhyResult *result, WhySession *session, WhyCancel *cancel, WhyProgress progress,
               gpointer progress_data, GError **error)
{
  WhyRunState state = { 0 };

  if (result->map == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "There is no map to check");
      return NULL;
    }
  if (session != NULL)
    {
      state.session = session;
      state.model = why_onnx_model_ref (result->request->model);
      state.backend = result->request->backend;
    }
  WhyCheckRequest *check = why_check_request_new (kind, result);
  WhyCheckResult *answer = why_run_state_check (&state, check, cancel, progress, progress_data, error);
  why_check_request_free (check);
  if (session != NULL)
    state.session = NULL;
  why_run_state_clear (&state);
  return answer;
}
