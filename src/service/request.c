#include "config.h"

#include "request.h"

#include "base/error.h"
#include "layer-advice.h"
#include "layer-maps.h"

#include <stdatomic.h>
#include <string.h>

/* ---- requests and results ---- */

WhyRequest *
why_request_new (WhyOnnxModel *model, WhyRecipe *recipe, WhyTensor *pixels, WhyTensor *input,
                 const WhyExplainRequest *explain)
{
  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (input != NULL || (pixels != NULL && recipe != NULL), NULL);

  WhyRequest *request = g_new0 (WhyRequest, 1);
  request->ref_count = 1;
  request->pixels_to_source = why_affine_identity ();
  request->model = why_onnx_model_ref (model);
  request->recipe = recipe != NULL ? why_recipe_ref (recipe) : NULL;
  request->pixels = pixels != NULL ? why_tensor_ref (pixels) : NULL;
  request->input = input != NULL ? why_tensor_ref (input) : NULL;
  request->known = g_new0 (WhyTensor *, 1);
  why_explain_request_copy (explain, &request->explain);
  return request;
}

void
why_request_set_covers (WhyRequest *request, const WhyCover *covers, gsize n_covers, WhyTensor *const *known)
{
  g_return_if_fail (request->n_covers == 0 && request->covers == NULL);
  g_return_if_fail (n_covers == 0 || request->pixels != NULL);

  request->covers = g_new0 (WhyCover, MAX (n_covers, 1));
  request->n_covers = n_covers;
  for (gsize cover = 0; cover < n_covers; cover++)
    why_cover_copy (&covers[cover], &request->covers[cover]);
  g_free (request->known);
  request->known = g_new0 (WhyTensor *, n_covers + 1);
  for (gsize step = 0; known != NULL && step <= n_covers; step++)
    {
      if (known[step] != NULL)
        request->known[step] = why_tensor_ref (known[step]);
    }
}

void
why_request_set_layers (WhyRequest *request, const WhyLayer *const *layers, gsize n_layers)
{
  g_return_if_fail (request->layers == NULL);

  request->layers = g_new0 (char *, n_layers + 1);
  request->layer_cells = g_new0 (gsize, n_layers + 1);
  request->layer_numbers = g_new0 (gsize, n_layers + 1);
  for (gsize index = 0; index < n_layers; index++)
    {
      request->layers[index] = g_strdup (layers[index]->name);
      request->layer_cells[index] = 1;
      for (int axis = 0; axis < layers[index]->n_spatial; axis++)
        request->layer_cells[index] *= (gsize) layers[index]->grid[axis];
      request->layer_numbers[index] = request->layer_cells[index] * (gsize) layers[index]->channels;
    }
}

WhyMap *
why_request_take_partial (WhyRequest *request)
{
  return atomic_exchange (&request->partial, NULL);
}

WhyRequest *
why_request_ref (WhyRequest *request)
{
  atomic_fetch_add (&request->ref_count, 1);
  return request;
}

void
why_request_unref (WhyRequest *request)
{
  if (atomic_fetch_sub (&request->ref_count, 1) != 1)
    return;
  why_onnx_model_unref (request->model);
  g_clear_pointer (&request->recipe, why_recipe_unref);
  g_clear_pointer (&request->pixels, why_tensor_unref);
  g_clear_pointer (&request->input, why_tensor_unref);
  for (gsize step = 0; step <= request->n_covers; step++)
    g_clear_pointer (&request->known[step], why_tensor_unref);
  g_free (request->known);
  for (gsize cover = 0; cover < request->n_covers; cover++)
    why_cover_clear (&request->covers[cover]);
  g_free (request->covers);
  g_strfreev (request->layers);
  g_free (request->layer_cells);
  g_free (request->layer_numbers);
  g_free (request->preset_layer);
  why_explain_request_clear (&request->explain);
  why_map_unref (why_request_take_partial (request));
  g_free (request);
}

WhyResult *
why_result_ref (WhyResult *result)
{
  atomic_fetch_add (&result->ref_count, 1);
  return result;
}

void
why_result_unref (WhyResult *result)
{
  if (atomic_fetch_sub (&result->ref_count, 1) != 1)
    return;
  for (gsize step = 0; step <= result->request->n_covers; step++)
    g_clear_pointer (&result->steps[step], why_tensor_unref);
  g_free (result->steps);
  for (gsize index = 0; result->maps != NULL && result->request->layers[index] != NULL; index++)
    {
      g_clear_pointer (&result->maps[index], why_map_unref);
      g_free (result->reasons[index]);
    }
  g_free (result->maps);
  g_free (result->reasons);
  g_clear_pointer (&result->advice, g_ptr_array_unref);
  g_clear_error (&result->error);
  g_clear_pointer (&result->map, why_map_unref);
  g_clear_pointer (&result->probabilities, why_tensor_unref);
  g_clear_pointer (&result->logits, why_tensor_unref);
  g_clear_pointer (&result->input, why_tensor_unref);
  g_clear_pointer (&result->covered, why_tensor_unref);
  why_request_unref (result->request);
  g_free (result);
}

void
why_request_set_advice (WhyRequest *request, const char *preset_layer)
{
  g_return_if_fail (request->layers != NULL && preset_layer != NULL);
  request->preset_layer = g_strdup (preset_layer);
}

static WhyTensor *
ref_or_null (WhyTensor *tensor)
{
  return tensor != NULL ? why_tensor_ref (tensor) : NULL;
}

WhyResult *
why_result_with_map (const WhyResult *result, WhyRequest *request, WhyMap *map)
{
  WhyResult *other = g_new0 (WhyResult, 1);

  g_return_val_if_fail (result->error == NULL && request->n_covers == result->request->n_covers, NULL);
  other->ref_count = 1;
  other->request = why_request_ref (request);
  other->map = why_map_ref (map);
  other->probabilities = ref_or_null (result->probabilities);
  other->logits = ref_or_null (result->logits);
  other->target_class = result->target_class;
  other->steps = g_new0 (WhyTensor *, request->n_covers + 1);
  for (gsize step = 0; step <= request->n_covers; step++)
    other->steps[step] = ref_or_null (result->steps[step]);
  other->input_to_source = result->input_to_source;
  other->depth_scale = result->depth_scale;
  other->depth_offset = result->depth_offset;
  other->input = ref_or_null (result->input);
  other->covered = ref_or_null (result->covered);
  return other;
}

/* One axis of the way from map cells to voxels of the source. */
static void
compose_axis (double *scale, double *offset, double next_scale, double next_offset)
{
  *scale *= next_scale;
  *offset = *offset * next_scale + next_offset;
}

WhyMap *
why_result_show_map (const WhyResult *result, WhyMap *map, const WhyPicture *picture, gboolean smooth,
                     WhyAffine *to_display)
{
  if (map == NULL || map->values->rank < 2)
    return NULL;
  if (map->values->rank == 2)
    {
      *to_display = why_affine_compose (&map->to_input, &result->input_to_source);
      return why_map_ref (map);
    }
  if (picture == NULL || !picture->is_volume)
    return NULL;

  const WhyPlane *plane = &picture->plane;
  const int row_axis = plane->axis == 0 ? 1 : 0;
  const int column_axis = plane->axis == 2 ? 1 : 2;
  double scales[3] = { map->depth_scale, map->to_input.yy, map->to_input.xx };
  double offsets[3] = { map->depth_offset, map->to_input.y0, map->to_input.x0 };
  compose_axis (&scales[0], &offsets[0], result->depth_scale, result->depth_offset);
  compose_axis (&scales[1], &offsets[1], result->input_to_source.yy, result->input_to_source.y0);
  compose_axis (&scales[2], &offsets[2], result->input_to_source.xx, result->input_to_source.x0);
  const double position = ((double) plane->index + 0.5 - offsets[plane->axis]) / scales[plane->axis];
  if (!picture->projected && !(position >= 0.0 && position <= (double) map->values->dims[plane->axis]))
    return NULL;
  const WhyAffine to_plane = why_affine_scale_translate (scales[column_axis], scales[row_axis], offsets[column_axis],
                                                         offsets[row_axis]);
  *to_display = why_affine_compose (&to_plane, &picture->plane_to_display);
  return picture->projected ? why_map_project (map, plane->axis) : why_map_plane (map, plane->axis, position, smooth);
}

/* ---- running ---- */

static void
forget_input (WhyRunState *state)
{
  g_clear_pointer (&state->recipe, why_recipe_unref);
  g_clear_pointer (&state->pixels, why_tensor_unref);
  for (gsize cover = 0; cover < state->n_covers; cover++)
    why_cover_clear (&state->covers[cover]);
  g_clear_pointer (&state->covers, g_free);
  state->n_covers = 0;
  g_clear_pointer (&state->covered, why_tensor_unref);
  g_clear_pointer (&state->prepared, why_tensor_unref);
}

void
why_run_state_clear (WhyRunState *state)
{
  forget_input (state);
  g_clear_pointer (&state->layer_checks, why_layer_checks_free);
  g_clear_pointer (&state->session, why_session_free);
  g_clear_pointer (&state->model, why_onnx_model_unref);
}

static gboolean
same_covers (const WhyCover *a, const WhyCover *b, gsize n_covers)
{
  for (gsize cover = 0; cover < n_covers; cover++)
    {
      if (!why_cover_equal (&a[cover], &b[cover]))
        return FALSE;
    }
  return TRUE;
}

gboolean
why_request_same (const WhyRequest *a, const WhyRequest *b)
{
  const WhyExplainRequest *one = &a->explain;
  const WhyExplainRequest *other = &b->explain;

  return a->model == b->model && a->recipe == b->recipe && a->pixels == b->pixels && why_roi_equal (&a->roi, &b->roi) &&
         a->input == b->input && a->predict_only == b->predict_only && a->backend == b->backend &&
         a->n_covers == b->n_covers && same_covers (a->covers, b->covers, a->n_covers) &&
         g_strcmp0 (one->method, other->method) == 0 && g_strcmp0 (one->layer, other->layer) == 0 &&
         g_strcmp0 (one->profile, other->profile) == 0 && g_strcmp0 (one->options, other->options) == 0 &&
         one->target_class == other->target_class && one->polarity == other->polarity &&
         one->has_contrast == other->has_contrast &&
         (!one->has_contrast || one->contrast_class == other->contrast_class) && one->score == other->score &&
         one->n_also_classes == other->n_also_classes &&
         (one->n_also_classes == 0 ||
          memcmp (one->also_classes, other->also_classes, one->n_also_classes * sizeof *one->also_classes) == 0) &&
         one->region == other->region && one->point_x == other->point_x && one->point_y == other->point_y &&
         one->box_width == other->box_width && one->box_height == other->box_height && one->mask == other->mask;
}

static _Atomic gsize memory_budget;

void
why_runner_set_memory_budget (gsize bytes)
{
  atomic_store (&memory_budget, bytes);
}

static gboolean
ensure_session (WhyRunState *state, const WhyRequest *request, GError **error)
{
  if (state->session != NULL && state->model == request->model && state->backend == request->backend)
    {
      /* Weights may be mapped from a file that somebody shortened since. */
      return why_onnx_model_check_files (state->model, error);
    }

  why_run_state_clear (state);
  const WhySessionOptions options = { .backend = request->backend, .memory_budget = atomic_load (&memory_budget) };
  state->session = why_session_new (request->model, &options, error);
  if (state->session == NULL)
    return FALSE;
  state->model = why_onnx_model_ref (request->model);
  state->backend = request->backend;
  return TRUE;
}

/* With the first covers: what the state holds, the source itself, or a copy on which the rest is covered. */
static WhyTensor *
covered_pixels (WhyRunState *state, const WhyRequest *request, gsize n_covers, GError **error)
{
  WhyTensor *from = request->pixels;
  gsize done = 0;

  if (state->covered != NULL && state->pixels == request->pixels && state->n_covers <= n_covers &&
      same_covers (state->covers, request->covers, state->n_covers))
    {
      from = state->covered;
      done = state->n_covers;
    }
  if (done == n_covers)
    return why_tensor_ref (from);
  g_autoptr (WhyTensor) pixels = why_tensor_copy (from, error);
  for (; pixels != NULL && done < n_covers; done++)
    {
      const WhyCover *cover = &request->covers[done];

      if (!why_request_occlude (request, pixels, cover, error))
        return NULL;
    }
  return g_steal_pointer (&pixels);
}

/* Brings the last input up to what the request shows; the same one if nothing changed. */
static gboolean
ensure_input (WhyRunState *state, const WhyRequest *request, GError **error)
{
  if (request->input != NULL)
    {
      if (state->prepared != request->input)
        {
          forget_input (state);
          state->prepared = why_tensor_ref (request->input);
        }
      return TRUE;
    }

  if (state->prepared != NULL && state->pixels == request->pixels && why_roi_equal (&state->roi, &request->roi) &&
      state->recipe == request->recipe && state->n_covers == request->n_covers &&
      same_covers (state->covers, request->covers, request->n_covers))
    return TRUE;

  g_autoptr (WhyTensor) covered = covered_pixels (state, request, request->n_covers, error);
  if (covered == NULL)
    return FALSE;
  g_autoptr (WhyTensor) prepared = why_request_prepare (request, covered, error);
  if (prepared == NULL)
    return FALSE;

  forget_input (state);
  state->recipe = why_recipe_ref (request->recipe);
  state->pixels = why_tensor_ref (request->pixels);
  state->roi = request->roi;
  state->covers = g_new0 (WhyCover, MAX (request->n_covers, 1));
  state->n_covers = request->n_covers;
  for (gsize cover = 0; cover < request->n_covers; cover++)
    why_cover_copy (&request->covers[cover], &state->covers[cover]);
  state->covered = g_steal_pointer (&covered);
  state->prepared = g_steal_pointer (&prepared);
  return TRUE;
}

/* Pixels for the eye: 8 bits of whatever depth the network is given. */
static WhyTensor *
to_display (WhyTensor *pixels, GError **error)
{
  if (pixels->dtype == WHY_DTYPE_UINT8)
    return why_tensor_ref (pixels);

  g_autoptr (WhyTensor) display = why_tensor_new (WHY_DTYPE_UINT8, pixels->rank, pixels->dims, error);
  if (display == NULL)
    return NULL;
  const gsize count = why_tensor_count (pixels);
  guint8 *bytes = display->data;
  if (pixels->dtype == WHY_DTYPE_UINT16)
    {
      const guint16 *samples = pixels->data;
      for (gsize sample = 0; sample < count; sample++)
        bytes[sample] = (guint8) ((samples[sample] + 128u) / 257u);
    }
  else
    {
      const float *samples = pixels->data;
      for (gsize sample = 0; sample < count; sample++)
        bytes[sample] = samples[sample] >= 0 ? (guint8) (MIN (samples[sample], 255.0f) + 0.5f) : 0;
    }
  return g_steal_pointer (&display);
}

typedef struct
{
  WhyProgress progress;
  gpointer data;
  double from;
  double share;
} Stage;

static void
on_stage (double done, gpointer data)
{
  const Stage *stage = data;

  stage->progress (stage->from + stage->share * done, stage->data);
}

/* Only the newest one is kept. */
static void
on_partial (WhyMap *map, gpointer data)
{
  WhyRequest *request = data;

  why_map_unref (atomic_exchange (&request->partial, why_map_ref (map)));
}

static gboolean
run_steps (WhyRunState *state, WhyRequest *request, WhyResult *result, WhyJob *job, Stage *stage, gsize n_runs,
           GError **error)
{
  gsize run = 0;

  for (gsize step = 0; step < request->n_covers; step++)
    {
      if (request->known[step] != NULL)
        {
          result->steps[step] = why_tensor_ref (request->known[step]);
          continue;
        }
      g_autoptr (WhyTensor) pixels = covered_pixels (state, request, step, error);
      g_autoptr (WhyTensor) prepared = pixels != NULL ? why_request_prepare (request, pixels, error) : NULL;
      g_autoptr (WhyTensor) logits = NULL;
      if (prepared == NULL)
        return FALSE;
      stage->from = (double) run++ / n_runs;
      job->input = prepared;
      if (!why_predict (job, request->explain.output, request->explain.multi_label, &result->steps[step], &logits,
                        error))
        return FALSE;
    }
  stage->from = (double) run / n_runs;
  return TRUE;
}

static gboolean
find_way_to_source (const WhyRequest *request, WhyResult *result, GError **error)
{
  gint64 depth, width, height;
  WhyAffine to_source;

  why_request_get_shown (request, &width, &height, &to_source);
  if (request->pixels->rank == 4)
    why_recipe_get_depth (request->recipe, request->pixels->dims[0], &depth, &result->depth_scale,
                          &result->depth_offset);
  if (!why_recipe_get_affine (request->recipe, width, height, &result->input_to_source, error))
    return FALSE;
  result->input_to_source = why_affine_compose (&result->input_to_source, &to_source);
  return TRUE;
}

/* Probabilities only, as often as somebody moves the pointer: the covered picture lives as long as the run. */
static gboolean
run_preview (WhyRunState *state, WhyRequest *request, WhyResult *result, WhyCancel *cancel, GError **error)
{
  if (!why_cancel_check (cancel, error) || !ensure_session (state, request, error))
    return FALSE;
  g_autoptr (WhyTensor) covered = covered_pixels (state, request, request->n_covers, error);
  g_autoptr (WhyTensor) prepared = covered != NULL ? why_request_prepare (request, covered, error) : NULL;
  WhyJob job = { .session = state->session, .cancel = cancel, .input = prepared };

  if (prepared == NULL || !why_predict (&job, request->explain.output, request->explain.multi_label, &result->probabilities,
                                        &result->logits, error))
    return FALSE;
  for (gsize step = 0; step < request->n_covers; step++)
    result->steps[step] = request->known[step] != NULL ? why_tensor_ref (request->known[step]) : NULL;
  result->steps[request->n_covers] = why_tensor_ref (result->probabilities);
  result->target_class = request->explain.target_class;
  return TRUE;
}

static gboolean
make_layers (WhyRunState *state, const WhyRequest *request, const WhyJob *job, WhyResult *result, GError **error)
{
  if (!why_layer_maps_make (&state->layer_checks, request, job, result, error))
    return FALSE;
  if (request->preset_layer == NULL || result->probabilities == NULL)
    return TRUE;
  result->advice = why_layer_advice_make (request, job, result, error);
  return result->advice != NULL;
}

static gboolean
run (WhyRunState *state, WhyRequest *request, WhyResult *result, WhyCancel *cancel, WhyProgress progress,
     gpointer progress_data, GError **error)
{
  if (!why_cancel_check (cancel, error) || !ensure_session (state, request, error))
    return FALSE;

  gsize n_runs = 1;
  for (gsize step = 0; step < request->n_covers; step++)
    n_runs += request->known[step] == NULL;
  Stage stage = { progress, progress_data, 0.0, 1.0 / n_runs };
  WhyJob job = {
    .session = state->session,
    .cancel = cancel,
    .progress = progress != NULL ? on_stage : NULL,
    .progress_data = &stage,
    .partial = progress != NULL ? on_partial : NULL,
    .partial_data = request,
  };

  if (request->layers != NULL)
    {
      if (!ensure_input (state, request, error))
        return FALSE;
      job.input = state->prepared;
      return make_layers (state, request, &job, result, error);
    }
  /* Earlier steps first, so that the session is left with the activations of the picture shown. */
  if (!run_steps (state, request, result, &job, &stage, n_runs, error) || !ensure_input (state, request, error))
    return FALSE;
  job.input = state->prepared;
  result->input = why_tensor_ref (state->prepared);
  if (request->pixels != NULL && request->input == NULL && !find_way_to_source (request, result, error))
    return FALSE;
  if (request->n_covers > 0)
    {
      result->covered = to_display (state->covered, error);
      if (result->covered == NULL)
        return FALSE;
    }

  if (request->predict_only)
    {
      if (!why_predict (&job, request->explain.output, request->explain.multi_label, &result->probabilities,
                        &result->logits, error))
        return FALSE;
      result->target_class = request->explain.target_class;
    }
  else
    {
      WhyExplainResult explained = { 0 };
      if (!why_explain (&request->explain, &job, &explained, error))
        return FALSE;
      result->map = g_steal_pointer (&explained.map);
      /* Not on the main thread, where a large map would be felt. */
      why_map_prepare_projections (result->map);
      result->probabilities = g_steal_pointer (&explained.probabilities);
      result->logits = g_steal_pointer (&explained.logits);
      result->target_class = explained.target_class;
      why_explain_result_clear (&explained);
    }
  result->steps[request->n_covers] = why_tensor_ref (result->probabilities);
  return TRUE;
}

gboolean
why_run_state_prepare (WhyRunState *state, const WhyRequest *request, WhyCancel *cancel, GError **error)
{
  return why_cancel_check (cancel, error) && ensure_session (state, request, error) && ensure_input (state, request, error);
}

WhyResult *
why_run_state_run (WhyRunState *state, WhyRequest *request, WhyCancel *cancel, WhyProgress progress,
                   gpointer progress_data, GError **error)
{
  g_autoptr (WhyResult) result = g_new0 (WhyResult, 1);
  const gint64 start = g_get_monotonic_time ();
  GError *failure = NULL;

  result->ref_count = 1;
  result->request = why_request_ref (request);
  result->steps = g_new0 (WhyTensor *, request->n_covers + 1);
  result->input_to_source = why_affine_identity ();
  result->depth_scale = 1.0;
  result->target_class = -1;

  if (!(request->preview ? run_preview (state, request, result, cancel, &failure)
                         : run (state, request, result, cancel, progress, progress_data, &failure)))
    {
      if (failure == NULL)
        failure = g_error_new (WHY_ERROR, WHY_ERROR_FAILED, "The run failed without saying why");
      if (g_error_matches (failure, WHY_ERROR, WHY_ERROR_CANCELLED))
        {
          g_propagate_error (error, failure);
          return NULL;
        }
      result->error = failure;
    }
  result->milliseconds = (g_get_monotonic_time () - start) / 1000.0;
  return g_steal_pointer (&result);
}

WhyResult *
why_request_run (WhyRequest *request, WhySession *session, WhyCancel *cancel, WhyProgress progress,
                 gpointer progress_data, GError **error)
{
  WhyRunState state = { 0 };

  if (session != NULL)
    {
      state.session = session;
      state.model = why_onnx_model_ref (request->model);
      state.backend = request->backend;
    }
  WhyResult *result = why_run_state_run (&state, request, cancel, progress, progress_data, error);
  if (session != NULL)
    state.session = NULL;
  why_run_state_clear (&state);
  if (result != NULL && result->error != NULL)
    {
      g_propagate_error (error, g_error_copy (result->error));
      g_clear_pointer (&result, why_result_unref);
    }
  return result;
}
