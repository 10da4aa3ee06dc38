#include "config.h"

#include "methods.h"
#include "places.h"

#include "base/error.h"
#include "explain/map-resize.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* ---- runs ---- */

WhyProfileKind
why_method_profile (const WhyExplainRequest *request)
{
  const WhyProfile *profile = why_profile_lookup (request->profile, NULL);
  return profile != NULL ? profile->kind : WHY_PROFILE_PAPER;
}

gboolean
why_method_logits (const WhyTarget *target, const WhyJob *job, WhyTensor **logits, GError **error)
{
  WhyTensor *inputs[] = { job->input };
  const char *names[] = { target->logits->name };
  return why_session_run (job->session, inputs, 1, names, 1, logits, job->cancel, error);
}

/* Token layers become [1, C, grid...]: after this no method needs to know of them. On failure all
 * are freed. */
static gboolean
to_maps (
  WhyGraph *graph, const char *const *layers, gsize n_layers, WhyTensor **tensors, GError **error)
{
  const WhyPlaces *places = why_places_get (graph);
  gboolean done = TRUE;

  for (gsize index = 0; done && index < n_layers; index++)
    {
      const WhyValue *value = why_graph_find_value (graph, layers[index]);
      g_auto (WhyGrid) grid = { 0 };
      if (value == NULL || !why_grid_init (&grid, places, value) || grid.kind != WHY_GRID_TOKENS)
        continue;
      WhyTensor *map = why_grid_to_map (&grid, tensors[index], error);
      why_tensor_unref (tensors[index]);
      tensors[index] = map;
      done = map != NULL;
    }
  for (gsize index = 0; !done && index < n_layers; index++)
    g_clear_pointer (&tensors[index], why_tensor_unref);
  return done;
}

/* A gradient that comes out of a resize or a flattening can be in another layout than its tensor;
 * methods walk both with the same steps. */
static gboolean
lay_out_alike (WhyTensor *const *activations, WhyTensor **gradients, gsize n, GError **error)
{
  for (gsize index = 0; index < n; index++)
    {
      const gboolean last = why_tensor_is_channels_last (activations[index]);
      if (gradients[index]->rank < 3 || last == why_tensor_is_channels_last (gradients[index]))
        continue;
      WhyTensor *alike = last ? why_tensor_to_channels_last (gradients[index], error)
                              : why_tensor_to_dense (gradients[index], error);
      if (alike == NULL)
        return FALSE;
      why_tensor_unref (gradients[index]);
      gradients[index] = alike;
    }
  return TRUE;
}

gboolean
why_method_gradients_of (const WhyTarget *target,
                         const WhyJob *job,
                         WhyGradRule rule,
                         WhyTensor *seed,
                         const char *const *layers,
                         gsize n_layers,
                         WhyTensor **activations,
                         WhyTensor **gradients,
                         GError **error)
{
  WhyTensor *inputs[] = { job->input };

  if (!why_session_gradients (job->session, inputs, 1, target->logits->name, seed, layers, n_layers,
                              rule, activations, gradients, job->cancel, error))
    return FALSE;
  WhyGraph *graph = why_session_graph (job->session);
  if (to_maps (graph, layers, n_layers, activations, error) &&
      to_maps (graph, layers, n_layers, gradients, error) &&
      lay_out_alike (activations, gradients, n_layers, error))
    return TRUE;
  for (gsize index = 0; index < n_layers; index++)
    {
      g_clear_pointer (&activations[index], why_tensor_unref);
      g_clear_pointer (&gradients[index], why_tensor_unref);
    }
  return FALSE;
}

gboolean
why_method_gradients (const WhyExplainRequest *request,
                      const WhyTarget *target,
                      const WhyJob *job,
                      WhyGradRule rule,
                      const char *const *layers,
                      gsize n_layers,
                      WhyTensor **activations,
                      WhyTensor **gradients,
                      double *score,
                      GError **error)
{
  g_autoptr (WhyTensor) logits = NULL;
  g_autoptr (WhyTensor) seed = NULL;
  gsize n_positions = 0;

  if (!why_method_logits (target, job, &logits, error))
    return FALSE;
  seed = why_target_seed (target, request, logits, job->input, score, &n_positions, error);
  if (seed == NULL)
    return FALSE;
  return why_method_gradients_of (target, job, rule, seed, layers, n_layers, activations, gradients,
                                  error);
}

gboolean
why_method_activations (const WhyJob *job,
                        const char *const *layers,
                        gsize n_layers,
                        WhyTensor **activations,
                        GError **error)
{
  WhyTensor *inputs[] = { job->input };
  return why_session_run (job->session, inputs, 1, layers, n_layers, activations, job->cancel,
                          error) &&
         to_maps (why_session_graph (job->session), layers, n_layers, activations, error);
}

/* Position axes first and joined, channel axes behind; then the cells in their order; then seen as
 * [1, C, grid...], which the engine's channels-last memory is already. */
WhyValue *
why_method_emit_grid (WhyMapBuilder *builder,
                      const WhyValue *layer,
                      WhyValue *value,
                      GError **error)
{
  WhyGraph *graph = why_map_builder_graph (builder);
  gint64 order[WHY_MAX_RANK], dims[WHY_MAX_RANK] = { 1 }, perm[WHY_MAX_RANK] = { 0 };
  const WhyAttr axis = { .name = "axis", .type = WHY_ATTR_INT, .i = 0 };
  g_auto (WhyGrid) grid = { 0 };
  gint64 n_positions = 1;
  int n = 0;

  if (!why_grid_init (&grid, why_places_get (graph), layer) || grid.kind == WHY_GRID_PLAIN)
    return value;
  for (int channels = 0; channels <= 1; channels++)
    for (int at = 0; at < layer->rank; at++)
      if (grid.is_position[at] == !channels)
        {
          order[n++] = at;
          n_positions *= channels ? 1 : layer->dims[at];
        }
  const gint64 matrix[] = { n_positions, grid.channels };
  WhyValue *rows = why_emit_reshape (graph, error, why_emit_transpose (graph, error, value, order),
                                     2, matrix);
  WhyValue *inputs[] = { rows, why_emit_i64 (graph, why_grid_n_cells (&grid), grid.positions) };
  WhyValue *cells = rows != NULL ? why_emit (graph, error, "Gather", 2, inputs, &axis, 1) : NULL;
  for (int at = 0; at < grid.n_spatial; at++)
    {
      dims[1 + at] = grid.cells[at];
      perm[2 + at] = 1 + at;
    }
  dims[1 + grid.n_spatial] = grid.channels;
  perm[1] = 1 + grid.n_spatial;
  return why_emit_transpose (
    graph, error, why_emit_reshape (graph, error, cells, 2 + grid.n_spatial, dims), perm);
}

/* ---- tensors of a layer ---- */

WhyWalk
why_walk (const WhyTensor *tensor)
{
  WhyWalk walk = { (gsize) tensor->dims[1], 1, 1, 1 };
  for (int axis = 2; axis < tensor->rank; axis++)
    walk.positions *= (gsize) tensor->dims[axis];
  if (why_tensor_is_channels_last (tensor))
    walk.position_step = walk.channels;
  else
    walk.channel_step = walk.positions;
  return walk;
}

void
why_method_channel_means (const WhyTensor *tensor, double *means)
{
  WhyWalk walk = why_walk (tensor);
  const float *values = tensor->data;
  memset (means, 0, walk.channels * sizeof *means);
  if (walk.channel_step == 1)
    for (gsize at = 0; at < walk.positions; at++)
      for (gsize c = 0; c < walk.channels; c++)
        means[c] += (double) values[at * walk.position_step + c];
  else
    for (gsize c = 0; c < walk.channels; c++)
      for (gsize at = 0; at < walk.positions; at++)
        means[c] += (double) values[c * walk.channel_step + at];
  for (gsize c = 0; c < walk.channels; c++)
    means[c] /= (double) walk.positions;
}

WhyTensor *
why_method_weighted_sum (const WhyTensor *activation, const double *weights, GError **error)
{
  WhyWalk walk = why_walk (activation);
  const float *values = activation->data;
  WhyTensor *map =
    why_tensor_new (WHY_DTYPE_FLOAT32, activation->rank - 2, activation->dims + 2, error);
  g_autofree double *sums = g_new0 (double, MAX (walk.positions, 1));

  if (map == NULL)
    return NULL;
  if (walk.channel_step == 1)
    for (gsize at = 0; at < walk.positions; at++)
      {
        double sum = 0;
        for (gsize c = 0; c < walk.channels; c++)
          sum += weights[c] * (double) values[at * walk.position_step + c];
        sums[at] = sum;
      }
  else
    for (gsize c = 0; c < walk.channels; c++)
      for (gsize at = 0; at < walk.positions; at++)
        sums[at] += weights[c] * (double) values[c * walk.channel_step + at];
  for (gsize at = 0; at < walk.positions; at++)
    ((float *) map->data)[at] = (float) sums[at];
  return map;
}

WhyTensor *
why_method_channel_sum (const WhyTensor *tensor, GError **error)
{
  g_autofree double *ones = g_new (double, (gsize) MAX (tensor->dims[1], 1));

  for (gint64 c = 0; c < tensor->dims[1]; c++)
    ones[c] = 1;
  return why_method_weighted_sum (tensor, ones, error);
}

WhyTensor *
why_method_new_like (const WhyTensor *tensor, GError **error)
{
  if (why_tensor_is_channels_last (tensor))
    return why_tensor_new_channels_last (WHY_DTYPE_FLOAT32, tensor->rank, tensor->dims, error);
  return why_tensor_new (WHY_DTYPE_FLOAT32, tensor->rank, tensor->dims, error);
}

WhyTensor *
why_method_new_values (const WhyTensor *activation, const double *values, GError **error)
{
  WhyTensor *map =
    why_tensor_new (WHY_DTYPE_FLOAT32, activation->rank - 2, activation->dims + 2, error);
  const gsize count = map != NULL ? why_tensor_count (map) : 0;

  for (gsize at = 0; at < count; at++)
    ((float *) map->data)[at] = (float) values[at];
  return map;
}

double *
why_method_rows (const WhyTensor *tensor)
{
  const WhyWalk walk = why_walk (tensor);
  const float *values = tensor->data;
  double *rows = g_new (double, MAX (walk.positions * walk.channels, 1));

  for (gsize at = 0; at < walk.positions; at++)
    for (gsize c = 0; c < walk.channels; c++)
      {
        float value = values[at * walk.position_step + c * walk.channel_step];
        rows[at * walk.channels + c] = isfinite (value) ? (double) value : 0;
      }
  return rows;
}

/* ---- principal components ---- */

/* LAPACK, which OpenBLAS brings along; Debian's package has no header for it. All are pointers, the
 * lengths of the strings come last. */
extern void dsyevr_ (const char *jobz,
                     const char *range,
                     const char *uplo,
                     const int *n,
                     double *a,
                     const int *lda,
                     const double *vl,
                     const double *vu,
                     const int *il,
                     const int *iu,
                     const double *abstol,
                     int *m,
                     double *w,
                     double *z,
                     const int *ldz,
                     int *isuppz,
                     double *work,
                     const int *lwork,
                     int *iwork,
                     const int *liwork,
                     int *info,
                     gsize,
                     gsize,
                     gsize);

extern void dgesdd_ (const char *jobz,
                     const int *m,
                     const int *n,
                     double *a,
                     const int *lda,
                     double *s,
                     double *u,
                     const int *ldu,
                     double *vt,
                     const int *ldvt,
                     double *work,
                     const int *lwork,
                     int *iwork,
                     int *info,
                     gsize);

gboolean
why_method_top_eigenvector (double *matrix, gsize n, double *vector, double *value, GError **error)
{
  const int order = (int) n;
  const double none = 0;
  int found = 0, support[2], info = 0, want = -1, want_int = -1, n_int = 0;
  double size = 0;
  g_autofree double *values = g_new0 (double, MAX (n, 1));

  /* The first call asks how much room is needed. */
  dsyevr_ ("V", "I", "L", &order, matrix, &order, &none, &none, &order, &order, &none, &found,
           values, vector, &order, support, &size, &want, &n_int, &want_int, &info, 1, 1, 1);
  if (info == 0)
    {
      want = (int) size;
      want_int = n_int;
      g_autofree double *work = g_new (double, (gsize) MAX (want, 1));
      g_autofree int *work_int = g_new (int, (gsize) MAX (want_int, 1));
      dsyevr_ ("V", "I", "L", &order, matrix, &order, &none, &none, &order, &order, &none, &found,
               values, vector, &order, support, work, &want, work_int, &want_int, &info, 1, 1, 1);
    }
  *value = values[0];
  if (info == 0 && found == 1)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED,
               "The principal component of a %" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT
               " matrix was not found (LAPACK's dsyevr: %d)",
               n, n, info);
  return FALSE;
}

static void
centre_columns (double *rows, gsize n_rows, gsize n_columns)
{
  g_autofree double *means = g_new0 (double, MAX (n_columns, 1));

  for (gsize at = 0; at < n_rows; at++)
    for (gsize c = 0; c < n_columns; c++)
      means[c] += rows[at * n_columns + c];
  for (gsize at = 0; at < n_rows; at++)
    for (gsize c = 0; c < n_columns; c++)
      rows[at * n_columns + c] -= means[c] / (double) n_rows;
}

static void
negate (double *values, gsize n)
{
  for (gsize at = 0; at < n; at++)
    values[at] = 0.0 - values[at];
}

/* The sign that LAPACK's singular value decomposition gives: -1 or 1, against @projection. NumPy hands
 * it floats in double precision, and the one in single precision does give other signs. */
static gboolean
lapack_sign (const double *rows,
             gsize n_rows,
             gsize n_columns,
             const double *projection,
             double *sign,
             GError **error)
{
  const int m = (int) n_rows, n = (int) n_columns, least = MIN (m, n);
  g_autofree double *by_columns = g_new (double, MAX (n_rows * n_columns, 1));
  g_autofree double *singular = g_new (double, (gsize) least), *vt = NULL, *u = NULL;
  g_autofree int *work_int = g_new (int, (gsize) least * 8);
  int info = 0, want = -1;
  double size = 0;

  for (gsize at = 0; at < n_rows; at++)
    for (gsize c = 0; c < n_columns; c++)
      by_columns[c * n_rows + at] = (double) (float) rows[at * n_columns + c];
  u = g_new (double, (gsize) m *(gsize) least);
  vt = g_new (double, (gsize) least *(gsize) n);
  dgesdd_ ("S", &m, &n, by_columns, &m, singular, u, &m, vt, &least, &size, &want, work_int, &info,
           1);
  if (info == 0)
    {
      want = (int) size;
      g_autofree double *work = g_new (double, (gsize) MAX (want, 1));
      dgesdd_ ("S", &m, &n, by_columns, &m, singular, u, &m, vt, &least, work, &want, work_int,
               &info, 1);
    }
  if (info != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED,
                   "The singular values of a %dx%d matrix were not found (LAPACK's dgesdd: %d)", m,
                   n, info);
      return FALSE;
    }
  /* u of the first singular value points the way of the projection. */
  double along = 0;
  for (gsize at = 0; at < n_rows; at++)
    along += u[at] * projection[at];
  *sign = along < 0 ? -1 : 1;
  return TRUE;
}

/* How much the projection goes with the sums of the rows, less their mean. */
static double
along_sum (const double *rows, gsize n_rows, gsize n_columns, const double *projection)
{
  g_autofree double *sums = g_new0 (double, MAX (n_rows, 1));
  double mean = 0, along = 0, length = 0;

  for (gsize at = 0; at < n_rows; at++)
    {
      for (gsize c = 0; c < n_columns; c++)
        sums[at] += rows[at * n_columns + c];
      mean += sums[at] / (double) n_rows;
    }
  for (gsize at = 0; at < n_rows; at++)
    {
      along += projection[at] * (sums[at] - mean);
      length += fabs (projection[at] * (sums[at] - mean));
    }
  /* Rounding must not decide. */
  return fabs (along) > 1e-9 * length ? along : 0;
}

static gboolean
fix_sign (const double *rows,
          gsize n_rows,
          gsize n_columns,
          WhySign sign,
          double *projection,
          GError **error)
{
  gsize most = 0;
  double lo = 0, hi = 0, factor = 1;

  for (gsize at = 0; at < n_rows; at++)
    {
      /* Rounding must not decide between magnitudes that are equal. */
      if (fabs (projection[at]) > fabs (projection[most]) * (1 + 1e-9))
        most = at;
      lo = fmin (lo, projection[at]);
      hi = fmax (hi, projection[at]);
    }
  switch (sign)
    {
    case WHY_SIGN_LARGEST:
      factor = projection[most];
      break;
    case WHY_SIGN_SUM:
      factor = along_sum (rows, n_rows, n_columns, projection);
      if (factor == 0)
        factor = projection[most];
      break;
    case WHY_SIGN_REACH:
      /* As far both ways: the first of the largest decides, not rounding. */
      factor = fabs (hi + lo) <= 1e-9 * hi ? projection[most] : hi + lo;
      break;
    case WHY_SIGN_LAPACK:
      if (!lapack_sign (rows, n_rows, n_columns, projection, &factor, error))
        return FALSE;
      break;
    }
  if (factor < 0)
    negate (projection, n_rows);
  return TRUE;
}

/* Of the two products of the rows with themselves the smaller one is decomposed: its first
 * eigenvector is the right singular vector v, or u, from which the projection follows as s u. */
gboolean
why_method_principal (double *rows,
                      gsize n_rows,
                      gsize n_columns,
                      gboolean centre,
                      WhySign sign,
                      double *projection,
                      GError **error)
{
  const gboolean tall = n_rows >= n_columns;
  const gsize n = MIN (n_rows, n_columns);
  g_autofree double *product = g_new0 (double, MAX (n * n, 1)),
                    *vector = g_new0 (double, MAX (n, 1));
  double value = 0;

  memset (projection, 0, n_rows * sizeof *projection);
  if (n == 0)
    return TRUE;
  if (centre)
    centre_columns (rows, n_rows, n_columns);
  cblas_dsyrk (CblasRowMajor, CblasUpper, tall ? CblasTrans : CblasNoTrans, (int) n,
               (int) (tall ? n_rows : n_columns), 1, rows, (int) n_columns, 0, product, (int) n);
  /* The upper triangle by rows is the lower one by columns, as LAPACK counts. */
  if (!why_method_top_eigenvector (product, n, vector, &value, error))
    return FALSE;
  if (value <= 0)
    return TRUE;
  if (tall)
    cblas_dgemv (CblasRowMajor, CblasNoTrans, (int) n_rows, (int) n_columns, 1, rows,
                 (int) n_columns, vector, 1, 0, projection, 1);
  else
    for (gsize at = 0; at < n_rows; at++)
      projection[at] = sqrt (value) * vector[at];
  return fix_sign (rows, n_rows, n_columns, sign, projection, error);
}

/* ---- maps ---- */

WhyTensor *
why_method_first_component (const WhyExplainRequest *request,
                            const WhyTensor *tensor,
                            gboolean centre,
                            GError **error)
{
  const WhySign sign =
    why_method_profile (request) == WHY_PROFILE_PYTORCH_GRAD_CAM ? WHY_SIGN_LAPACK : WHY_SIGN_SUM;
  const WhyWalk walk = why_walk (tensor);
  g_autofree double *rows = why_method_rows (tensor);
  g_autofree double *projection = g_new (double, MAX (walk.positions, 1));

  if (!why_method_principal (rows, walk.positions, walk.channels, centre, sign, projection, error))
    return NULL;
  return why_method_new_values (tensor, projection, error);
}

static WhyTensor *
weighted (const WhyTensor *activation, const double *weights, GError **error)
{
  const WhyWalk walk = why_walk (activation);
  WhyTensor *result = why_method_new_like (activation, error);

  for (gsize at = 0; result != NULL && at < walk.positions; at++)
    for (gsize c = 0; c < walk.channels; c++)
      {
        const gsize place = at * walk.position_step + c * walk.channel_step;
        ((float *) result->data)[place] =
          (float) (weights[c] * (double) ((const float *) activation->data)[place]);
      }
  return result;
}

WhyTensor *
why_method_signed_map (const WhyExplainerClass *klass,
                       const WhyExplainRequest *request,
                       const WhyTensor *activation,
                       const WhyTensor *gradient,
                       GError **error)
{
  if (klass->combine != NULL)
    return klass->combine (request, activation, gradient, error);

  const gboolean smooth = why_option_boolean (request, "eigen-smooth");
  g_autoptr (WhyTensor) sum = NULL;
  if (klass->weights != NULL)
    {
      g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
      if (!klass->weights (request, activation, gradient, weights, error))
        return NULL;
      if (!smooth)
        return why_method_weighted_sum (activation, weights, error);
      sum = weighted (activation, weights, error);
    }
  else
    {
      sum = why_method_new_like (activation, error);
      if (sum != NULL && !klass->contribute (request, activation, gradient, sum, error))
        return NULL;
    }
  if (sum == NULL)
    return NULL;
  return smooth ? why_method_first_component (request, sum, TRUE, error)
                : why_method_channel_sum (sum, error);
}

void
why_method_apply_polarity (WhyTensor *map, WhyPolarity polarity)
{
  float *values = map->data;
  gsize count = why_tensor_count (map);
  for (gsize at = 0; at < count; at++)
    {
      float value = values[at];
      /* NaN stays NaN: comparisons with it are false. */
      if (polarity == WHY_POLARITY_RELU)
        values[at] = value < 0.0f ? 0.0f : value;
      else if (polarity == WHY_POLARITY_AGAINST)
        values[at] = value > 0.0f ? 0.0f : 0.0f - value;
      else if (polarity == WHY_POLARITY_ABSOLUTE)
        values[at] = fabsf (value);
    }
}

/* One sentence for a map that shows nothing, judged by the signed map it was made from. */
static char *
explain_empty (const WhyExplainRequest *request, const WhyTensor *values)
{
  const float *at = values->data;
  gsize count = why_tensor_count (values), n_positive = 0, n_negative = 0, n_bad = 0;
  for (gsize index = 0; index < count; index++)
    {
      n_positive += at[index] > 0.0f;
      n_negative += at[index] < 0.0f;
      n_bad += !isfinite (at[index]);
    }
  if (n_bad > 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                            " values of the map are not finite: the network or its input holds "
                            "infinite or undefined numbers. Check the preparation of the picture.",
                            n_bad, count);
  if (n_positive == 0 && n_negative == 0)
    return g_strdup ("The map is empty: at this layer nothing changes the score. Choose another "
                     "layer, or the logit if the "
                     "probability is close to 0 or 1.");
  if (n_positive == 0 && request->polarity == WHY_POLARITY_RELU)
    return g_strdup ("The map is empty: all evidence at this layer speaks against this class. Show "
                     "the signed map or the "
                     "evidence against.");
  if (n_negative == 0 && request->polarity == WHY_POLARITY_AGAINST)
    return g_strdup ("The map is empty: no evidence at this layer speaks against this class. Show "
                     "the evidence for it.");
  return NULL;
}

WhyMap *
why_method_new_map (const WhyExplainRequest *request,
                    const WhyJob *job,
                    WhyTensor *values,
                    double score)
{
  const int rank = values->rank;
  const WhyTensor *input = job->input;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, NULL);
  char *reason = explain_empty (request, values);
  double scale_x = (double) input->dims[input->rank - 1] / (double) values->dims[rank - 1];
  double scale_y =
    rank >= 2 ? (double) input->dims[input->rank - 2] / (double) values->dims[rank - 2] : 1.0;
  WhyAffine to_input = why_affine_scale_translate (scale_x, scale_y, 0.0, 0.0);

  why_method_apply_polarity (values, request->polarity);
  WhyMap *map = why_map_new (values, &to_input, request->method, request->layer,
                             why_polarity_id (request->polarity),
                             request->profile != NULL ? request->profile : "paper");
  if (rank == 3)
    map->depth_scale = (double) input->dims[input->rank - 3] / (double) values->dims[0];
  map->options = g_strdup (request->options);
  map->target_class = request->target_class;
  map->contrast_class = request->has_contrast ? request->contrast_class : -1;
  map->also_classes =
    g_memdup2 (request->also_classes, request->n_also_classes * sizeof *request->also_classes);
  map->n_also_classes = request->n_also_classes;
  g_free (map->score_kind);
  map->score_kind = g_strdup (why_score_id (request->score));
  map->score = score;
  map->reason = reason;
  map->note = klass != NULL ? g_strdup (klass->note) : NULL;
  return map;
}

/* ---- several layers ---- */

static double
magnitude (const WhyTensor *map)
{
  const gsize count = why_tensor_count (map);
  double most = 0;

  for (gsize at = 0; at < count; at++)
    {
      const float value = ((const float *) map->data)[at];
      most = isfinite (value) ? MAX (most, fabs ((double) value)) : most;
    }
  return most;
}

WhyTensor *
why_method_fuse (
  WhyTensor *const *parts, gsize n_parts, const char *fusion, double gamma, GError **error)
{
  const WhyTensor *finest = parts[0];
  const gboolean mean = strcmp (fusion, "mean") == 0, product = strcmp (fusion, "product") == 0;

  for (gsize part = 1; part < n_parts; part++)
    if (why_tensor_count (parts[part]) > why_tensor_count (finest))
      finest = parts[part];
  WhyTensor *result = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, finest->rank, finest->dims, error);
  const gsize count = why_tensor_count (finest);
  for (gsize part = 0; result != NULL && part < n_parts; part++)
    {
      const double most = magnitude (parts[part]);
      g_autoptr (WhyTensor) scaled = why_tensor_copy (parts[part], error);
      for (gsize at = 0; scaled != NULL && at < why_tensor_count (scaled); at++)
        {
          float *value = (float *) scaled->data + at;
          const double share = most > 0 ? (double) *value / most : (double) *value;
          *value = (float) (gamma > 0 ? tanh (gamma * share) : share);
        }
      g_autoptr (WhyTensor) full =
        scaled != NULL ? why_map_resize (scaled, finest->dims, WHY_RESIZE_LINEAR, error) : NULL;
      if (full == NULL)
        {
          why_tensor_unref (result);
          return NULL;
        }
      for (gsize at = 0; at < count; at++)
        {
          const float value = ((float *) full->data)[at];
          float *fused = (float *) result->data + at;
          if (mean)
            *fused += value / (float) n_parts;
          else if (product)
            *fused = part == 0 ? value : *fused * value;
          else if (part == 0 || fabsf (value) > fabsf (*fused) || isnan (value))
            *fused = value;
        }
    }
  return result;
}
