#include "config.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* GridSample: for every output position the grid says where to look, from -1 to 1 across the
 * picture; the value there is interpolated from its neighbours. */

#define SPATIAL_MAX 3
#define TAPS_MAX 4
#define CORNERS_MAX (TAPS_MAX * TAPS_MAX * TAPS_MAX)

typedef enum
{
  SAMPLE_LINEAR,
  SAMPLE_NEAREST,
  SAMPLE_CUBIC,
} SampleMode;

typedef enum
{
  OUTSIDE_ZEROS,
  OUTSIDE_BORDER,
  OUTSIDE_REFLECTION,
} SampleOutside;

typedef struct
{
  SampleMode mode;
  SampleOutside outside;
  gboolean align_corners;
} SampleParams;

/* What one axis contributes at one position. */
typedef struct
{
  int n;
  gint64 index[TAPS_MAX];
  double weight[TAPS_MAX];
  double slope[TAPS_MAX]; /* d(weight) / d(grid coordinate) */
} AxisTaps;

/* ---- weights ---- */

/* Folds @x back into @lo..@hi; @sign is -1 where it then runs the other way. */
static double
reflect (double x, double lo, double hi, double *sign)
{
  double range = hi - lo, over = x < lo ? lo - x : x - hi;

  *sign = 1;
  if (x >= lo && x <= hi)
    return x;
  if (range <= 0)
    {
      *sign = 0;
      return lo;
    }
  double turns = floor (over / range), rest = over - turns * range;
  gboolean mirrored = fmod (turns, 2) == 0;
  *sign = mirrored ? -1 : 1;
  return (x < lo) == mirrored ? lo + rest : hi - rest;
}

static void
cubic (double distance, double *weight, double *slope)
{
  const double a = -0.75;
  double x = fabs (distance), side = distance < 0 ? -1 : 1;

  if (x <= 1)
    {
      *weight = ((a + 2) * x - (a + 3)) * x * x + 1;
      *slope = side * (3 * (a + 2) * x - 2 * (a + 3)) * x;
    }
  else
    {
      *weight = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
      *slope = side * ((3 * a * x - 10 * a) * x + 8 * a);
    }
}

/* Adds the tap at @place unless it is outside and counts as zero. */
static void
add_tap (const SampleParams *params, AxisTaps *taps, gint64 size, double lo, double hi,
         double place, double weight, double slope)
{
  double sign;

  if (place < 0 || place > (double) (size - 1))
    {
      if (params->outside == OUTSIDE_ZEROS)
        return;
      if (params->outside == OUTSIDE_REFLECTION)
        place = reflect (place, lo, hi, &sign);
      place = CLAMP (place, 0, (double) (size - 1));
    }
  taps->index[taps->n] = (gint64) place;
  taps->weight[taps->n] = weight;
  taps->slope[taps->n] = slope;
  taps->n++;
}

static void
find_taps (const SampleParams *params, gint64 size, double coordinate, AxisTaps *taps)
{
  double n = (double) size, sign = 1;
  double x = params->align_corners ? (coordinate + 1) / 2 * (n - 1)
                                   : ((coordinate + 1) * n - 1) / 2;
  double per_unit = params->align_corners ? (n - 1) / 2 : n / 2;
  double lo = params->align_corners ? 0 : -0.5, hi = params->align_corners ? n - 1 : n - 0.5;

  taps->n = 0;
  if (params->mode == SAMPLE_NEAREST)
    x = rint (x);
  if (x < lo || x > hi)
    {
      if (params->outside == OUTSIDE_BORDER)
        {
          x = CLAMP (x, 0, n - 1);
          per_unit = 0;
        }
      else if (params->outside == OUTSIDE_REFLECTION)
        {
          x = reflect (x, lo, hi, &sign);
          per_unit *= sign;
        }
    }
  /* Not a number, or so far outside that everything around it is zero. */
  if (!(x > -3 && x < n + 2))
    return;

  double base = floor (x), part = x - base, weight, slope;
  switch (params->mode)
    {
    case SAMPLE_NEAREST: add_tap (params, taps, size, lo, hi, x, 1, 0); break;
    case SAMPLE_LINEAR:
      add_tap (params, taps, size, lo, hi, base, 1 - part, -per_unit);
      add_tap (params, taps, size, lo, hi, base + 1, part, per_unit);
      break;
    case SAMPLE_CUBIC:
      for (int place = -1; place <= 2; place++)
        {
          cubic (part - place, &weight, &slope);
          add_tap (params, taps, size, lo, hi, base + place, weight, slope * per_unit);
        }
      break;
    }
}

/* All neighbours of one output position, with the products of the axes' weights. Where @along is
 * not negative the slope of that axis takes the place of its weight. */
static int
find_corners (const AxisTaps *taps, int n_spatial, const gint64 *dims, int along, gint64 *offsets,
              double *weights)
{
  int n_corners = 1;

  offsets[0] = 0;
  weights[0] = 1;
  for (int axis = 0; axis < n_spatial; axis++)
    {
      /* From the back, so that each entry is read before it is overwritten. */
      for (int corner = n_corners; corner-- > 0;)
        {
          gint64 offset = offsets[corner] * dims[axis];
          double weight = weights[corner];
          for (int tap = taps[axis].n; tap-- > 0;)
            {
              offsets[corner * taps[axis].n + tap] = offset + taps[axis].index[tap];
              weights[corner * taps[axis].n + tap] = weight * (axis == along
                                                                 ? taps[axis].slope[tap]
                                                                 : taps[axis].weight[tap]);
            }
        }
      n_corners *= taps[axis].n;
    }
  return n_corners;
}

/* ---- GridSample ---- */

static gboolean
sample_infer_params (const WhyNode *node, GError **error)
{
  SampleParams *params = node->params;
  /* opset 16 names them for two dimensions, opset 20 for any number */
  const char *mode = why_node_string (node, "mode", "linear"),
             *outside = why_node_string (node, "padding_mode", "zeros");

  if (strcmp (mode, "linear") == 0 || strcmp (mode, "bilinear") == 0)
    params->mode = SAMPLE_LINEAR;
  else if (strcmp (mode, "nearest") == 0)
    params->mode = SAMPLE_NEAREST;
  else if (strcmp (mode, "cubic") == 0 || strcmp (mode, "bicubic") == 0)
    params->mode = SAMPLE_CUBIC;
  else
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "mode is '%s', expected linear, nearest or cubic", mode);

  if (strcmp (outside, "zeros") == 0)
    params->outside = OUTSIDE_ZEROS;
  else if (strcmp (outside, "border") == 0)
    params->outside = OUTSIDE_BORDER;
  else if (strcmp (outside, "reflection") == 0)
    params->outside = OUTSIDE_REFLECTION;
  else
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "padding_mode is '%s', expected zeros, border or reflection", outside);
  params->align_corners = why_node_int (node, "align_corners", 0) != 0;
  return TRUE;
}

static gboolean
sample_infer (WhyNode *node, GError **error)
{
  const WhyValue *data = node->inputs[0], *grid = node->inputs[1];
  gint64 dims[WHY_MAX_RANK];

  if (!sample_infer_params (node, error))
    return FALSE;
  if (data->rank < 3 || data->rank > 2 + SPATIAL_MAX)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "its input has %d dimensions, expected 3 to %d", data->rank,
                          2 + SPATIAL_MAX);
  if (grid->rank != data->rank || grid->dims[0] != data->dims[0] ||
      grid->dims[grid->rank - 1] != data->rank - 2)
    {
      g_autofree char *text = why_dims_to_string (grid->rank, grid->dims);
      g_autofree char *other = why_dims_to_string (data->rank, data->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                            "the grid is %s, which does not fit an input of %s", text, other);
    }
  if (!why_dtype_is_float (grid->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "the grid is %s, expected a floating type", why_dtype_name (grid->dtype));
  dims[0] = data->dims[0];
  dims[1] = data->dims[1];
  for (int axis = 2; axis < data->rank; axis++)
    {
      dims[axis] = grid->dims[axis - 1];
      if (data->dims[axis] == 0 && why_dims_product (grid->dims, 0, grid->rank) > 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "its input is empty");
    }
  return why_node_set_output (node, 0, data->dtype, data->rank, dims, error);
}

/* The way through all output positions, which GridSample and its two gradients share. */
typedef struct
{
  int n_spatial;
  gint64 n_batch, n_channels;
  gint64 n_positions;    /* in one picture of the output */
  gint64 n_pixels;       /* in one picture of the data */
  const gint64 *spatial; /* the data's dims */
} Walk;

static Walk
walk_of (const gint64 *data_dims, int rank, const WhyTensor *grid)
{
  return (Walk) {
    .n_spatial = rank - 2,
    .n_batch = data_dims[0],
    .n_channels = data_dims[1],
    .n_positions = why_dims_product (grid->dims, 1, rank - 1),
    .n_pixels = why_dims_product (data_dims, 2, rank),
    .spatial = data_dims + 2,
  };
}

static void
walk_taps (const Walk *walk, const SampleParams *params, const WhyTensor *grid, gint64 n,
           gint64 position, AxisTaps *taps)
{
  gint64 at = (n * walk->n_positions + position) * walk->n_spatial;
  /* The grid counts axes from the last: x, y, z. */
  for (int axis = 0; axis < walk->n_spatial; axis++)
    find_taps (params, walk->spatial[axis],
               why_tensor_get_f64 (grid, (gsize) (at + walk->n_spatial - 1 - axis)), &taps[axis]);
}

static gboolean
sample_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  const SampleParams *params = node->params;
  const WhyTensor *data = inputs[0], *grid = inputs[1];
  Walk walk = walk_of (data->dims, data->rank, grid);
  AxisTaps taps[SPATIAL_MAX];
  gint64 offsets[CORNERS_MAX];
  double weights[CORNERS_MAX];

  for (gint64 n = 0; n < walk.n_batch; n++)
    for (gint64 position = 0; position < walk.n_positions; position++)
      {
        walk_taps (&walk, params, grid, n, position, taps);
        int n_corners = find_corners (taps, walk.n_spatial, walk.spatial, -1, offsets, weights);
        for (gint64 c = 0; c < walk.n_channels; c++)
          {
            gint64 picture = n * walk.n_channels + c;
            gsize to = (gsize) (picture * walk.n_positions + position);
            if (params->mode == SAMPLE_NEAREST && n_corners == 1)
              {
                memcpy (why_tensor_at (outputs[0], (gint64) to),
                        why_tensor_at (data, picture * walk.n_pixels + offsets[0]),
                        why_dtype_size (data->dtype));
                continue;
              }
            double sum = 0;
            for (int corner = 0; corner < n_corners; corner++)
              sum += weights[corner] *
                     why_tensor_get_f64 (data, (gsize) (picture * walk.n_pixels + offsets[corner]));
            why_tensor_set_f64 (outputs[0], to, sum);
          }
      }
  return TRUE;
}

static gboolean
emit_gradients (WhyGradBuilder *builder, const WhyNode *node, WhyValue *upstream, WhyValue *data,
                WhyValue *grid, gboolean of_data, guint data_input, guint grid_input,
                GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_STRING ("mode", why_node_string (node, "mode", "linear")),
    WHY_ATTR_OF_STRING ("padding_mode", why_node_string (node, "padding_mode", "zeros")),
    WHY_ATTR_OF_INT ("align_corners", why_node_int (node, "align_corners", 0)),
    WHY_ATTR_OF_INTS ("dims", data->dims, data->rank),
  };

  if (of_data && why_grad_wanted (builder, node, data_input))
    {
      WhyValue *inputs[] = { upstream, grid };
      if (!why_grad_add (builder, node, data_input,
                         why_emit (graph, error, "GridSampleGrad", 2, inputs, attrs, 4)))
        return FALSE;
    }
  if (why_grad_wanted (builder, node, grid_input))
    {
      WhyValue *inputs[] = { upstream, data, grid };
      return why_grad_add (builder, node, grid_input,
                           why_emit (graph, error, "GridSampleGridGrad", 3, inputs, attrs, 3));
    }
  return TRUE;
}

static gboolean
sample_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return emit_gradients (builder, node, why_grad_output (builder, node, 0), node->inputs[0],
                         node->inputs[1], TRUE, 0, 1, error);
}

static void
sample_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  in->lo[0] = out->lo[0];
  in->hi[0] = out->hi[0];
  if (input == 0)
    {
      /* The grid may look anywhere. */
      in->lo[1] = out->lo[1];
      in->hi[1] = out->hi[1];
      return;
    }
  for (int axis = 2; axis < out->rank; axis++)
    {
      in->lo[axis - 1] = out->lo[axis];
      in->hi[axis - 1] = out->hi[axis];
    }
}

/* ---- GridSampleGrad: gradient of the output and grid -> gradient of the data ---- */

static gboolean
sample_grad_infer (WhyNode *node, GError **error)
{
  gint64 dims[WHY_MAX_RANK];
  int rank;

  return sample_infer_params (node, error) &&
         why_infer_attr_ints (node, "dims", WHY_MAX_RANK, dims, &rank, error) &&
         why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
sample_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                  GError **error)
{
  const WhyTensor *upstream = inputs[0], *grid = inputs[1];
  Walk walk = walk_of (outputs[0]->dims, outputs[0]->rank, grid);
  AxisTaps taps[SPATIAL_MAX];
  gint64 offsets[CORNERS_MAX];
  double weights[CORNERS_MAX];
  gsize count = why_tensor_count (outputs[0]);
  g_autofree double *sums = g_try_new0 (double, count + 1);

  if (sums == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory");
  for (gint64 n = 0; n < walk.n_batch; n++)
    for (gint64 position = 0; position < walk.n_positions; position++)
      {
        walk_taps (&walk, node->params, grid, n, position, taps);
        int n_corners = find_corners (taps, walk.n_spatial, walk.spatial, -1, offsets, weights);
        for (gint64 c = 0; c < walk.n_channels; c++)
          {
            gint64 picture = n * walk.n_channels + c;
            double flow = why_tensor_get_f64 (upstream,
                                              (gsize) (picture * walk.n_positions + position));
            for (int corner = 0; corner < n_corners; corner++)
              sums[picture * walk.n_pixels + offsets[corner]] += weights[corner] * flow;
          }
      }
  for (gsize element = 0; element < count; element++)
    why_tensor_set_f64 (outputs[0], element, sums[element]);
  return TRUE;
}

static gboolean
sample_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *upstream = why_grad_output (builder, node, 0);
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_STRING ("mode", why_node_string (node, "mode", "linear")),
    WHY_ATTR_OF_STRING ("padding_mode", why_node_string (node, "padding_mode", "zeros")),
    WHY_ATTR_OF_INT ("align_corners", why_node_int (node, "align_corners", 0)),
  };

  /* <GridSampleGrad (a, grid), v> = <a, GridSample (v, grid)>: both derivatives are known. */
  if (why_grad_wanted (builder, node, 0) &&
      !why_grad_add (builder, node, 0,
                     why_emit (graph, error, "GridSample", 2,
                               (WhyValue *[]) { upstream, node->inputs[1] }, attrs, 3)))
    return FALSE;
  return emit_gradients (builder, node, node->inputs[0], upstream, node->inputs[1], FALSE, 0, 1,
                         error);
}

/* ---- GridSampleGridGrad: gradient of the output, data and grid -> gradient of the grid ---- */

static gboolean
sample_grid_grad_infer (WhyNode *node, GError **error)
{
  return sample_infer_params (node, error) &&
         why_node_set_output_like (node, 0, node->inputs[2]->dtype, node->inputs[2], error);
}

static gboolean
sample_grid_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                       GError **error)
{
  const WhyTensor *upstream = inputs[0], *data = inputs[1], *grid = inputs[2];
  Walk walk = walk_of (data->dims, data->rank, grid);
  AxisTaps taps[SPATIAL_MAX];
  gint64 offsets[CORNERS_MAX];
  double weights[CORNERS_MAX];

  for (gint64 n = 0; n < walk.n_batch; n++)
    for (gint64 position = 0; position < walk.n_positions; position++)
      {
        walk_taps (&walk, node->params, grid, n, position, taps);
        for (int axis = 0; axis < walk.n_spatial; axis++)
          {
            int n_corners = find_corners (taps, walk.n_spatial, walk.spatial, axis, offsets,
                                          weights);
            double sum = 0;
            for (gint64 c = 0; c < walk.n_channels; c++)
              {
                gint64 picture = n * walk.n_channels + c;
                double slope = 0;
                for (int corner = 0; corner < n_corners; corner++)
                  slope += weights[corner] *
                           why_tensor_get_f64 (data,
                                               (gsize) (picture * walk.n_pixels + offsets[corner]));
                sum += slope * why_tensor_get_f64 (upstream,
                                                   (gsize) (picture * walk.n_positions + position));
              }
            gint64 to = (n * walk.n_positions + position) * walk.n_spatial + walk.n_spatial - 1 -
                        axis;
            why_tensor_set_f64 (outputs[0], (gsize) to, sum);
          }
      }
  return TRUE;
}

/* clang-format off */
const WhyOpClass why_ops_grid_sample[] = {
  { .type = "GridSample", .since = 16, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .params_size = sizeof (SampleParams), .infer = sample_infer, .eval = sample_eval,
    .gradient = sample_gradient, .region = sample_region },
  { .type = "GridSampleGrad", .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (SampleParams), .infer = sample_grad_infer,
    .eval = sample_grad_eval, .gradient = sample_grad_gradient },
  { .type = "GridSampleGridGrad", .since = 1, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (SampleParams),
    .infer = sample_grid_grad_infer, .eval = sample_grid_grad_eval },
  { .type = NULL },
};
/* clang-format on */
