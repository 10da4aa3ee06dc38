#include "config.h"

#include "image/resize.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

#define MAX_SIDE (G_GINT64_CONSTANT (1) << 24)
/* Pillow's fixed point: eight bits for the pixel, two for overshoot. */
#define PRECISION_BITS (32 - 8 - 2)
/* Rows a thread should have at least. */
#define ROW_GRAIN 16

typedef struct
{
  const char *name;
  double support;
  double (*weight) (double distance);
} Kernel;

static double
weight_box (double distance)
{
  return distance > -0.5 && distance <= 0.5 ? 1.0 : 0.0;
}

static double
weight_triangle (double distance)
{
  distance = fabs (distance);
  return distance < 1.0 ? 1.0 - distance : 0.0;
}

static double
weight_cubic (double distance)
{
  const double a = -0.5;

  distance = fabs (distance);
  if (distance < 1.0)
    return ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0;
  if (distance < 2.0)
    return (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a;
  return 0.0;
}

static double
sinc (double distance)
{
  return distance == 0.0 ? 1.0 : sin (distance * G_PI) / (distance * G_PI);
}

static double
weight_lanczos (double distance)
{
  return distance >= -3.0 && distance < 3.0 ? sinc (distance) * sinc (distance / 3.0) : 0.0;
}

static const Kernel kernels[] = {
  [WHY_FILTER_NEAREST] = { "nearest", 0.0, NULL },
  [WHY_FILTER_AREA] = { "area", 0.5, weight_box },
  [WHY_FILTER_BILINEAR] = { "bilinear", 1.0, weight_triangle },
  [WHY_FILTER_BICUBIC] = { "bicubic", 2.0, weight_cubic },
  [WHY_FILTER_LANCZOS] = { "lanczos", 3.0, weight_lanczos },
  [WHY_FILTER_BILINEAR_NOAA] = { "bilinear-noaa", 1.0, NULL },
};

const char *
why_filter_to_string (WhyFilter filter)
{
  g_return_val_if_fail (filter < G_N_ELEMENTS (kernels), "bilinear");

  return kernels[filter].name;
}

gboolean
why_filter_from_string (const char *name, WhyFilter *filter)
{
  for (gsize f = 0; f < G_N_ELEMENTS (kernels); f++)
    {
      if (strcmp (name, kernels[f].name) == 0)
        {
          *filter = (WhyFilter) f;
          return TRUE;
        }
    }
  return FALSE;
}

/* For every index of a window of the result: which inputs, with which weights. */
typedef struct
{
  gint64 n;        /* indices in the window */
  gint64 stride;   /* weights reserved for each */
  gint64 *first;
  gint64 *count;
  double *weights;
  gint32 *fixed; /* the weights in Pillow's fixed point; NULL for float */
  gboolean identity;
} Taps;

static void
taps_clear (Taps *taps)
{
  g_free (taps->first);
  g_free (taps->count);
  g_free (taps->weights);
  g_free (taps->fixed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Taps, taps_clear)

/* The two neighbours of half-pixel bilinear interpolation, the edge repeated. */
static void
fill_two_taps (Taps *taps, gint64 index, gint64 n_in, double centre)
{
  const double at = centre - 0.5;
  const gint64 low = (gint64) floor (at);
  const double fraction = at - (double) low;
  double *weights = taps->weights + index * taps->stride;

  taps->first[index] = CLAMP (low, 0, n_in - 1);
  if (low < 0 || low + 1 > n_in - 1)
    {
      taps->count[index] = 1;
      weights[0] = 1.0;
    }
  else
    {
      taps->count[index] = 2;
      weights[0] = 1.0 - fraction;
      weights[1] = fraction;
    }
}

static gboolean
make_taps (Taps *taps, gint64 n_in, gint64 n_full, gint64 win, gint64 n_win, WhyFilter filter, gboolean fixed)
{
  const Kernel *kernel = &kernels[filter];
  const double scale = (double) n_in / (double) n_full;
  const double stretch = MAX (scale, 1.0);
  const double support = kernel->support * stretch;
  gsize n_weights;

  taps->n = n_win;
  taps->identity = n_in == n_full;
  taps->stride = kernel->weight == NULL ? 2 : (gint64) ceil (support) * 2 + 1;
  taps->first = g_try_new (gint64, (gsize) n_win);
  taps->count = g_try_new (gint64, (gsize) n_win);
  if (!why_size_mul ((gsize) n_win, (gsize) taps->stride, &n_weights))
    return FALSE;
  taps->weights = g_try_new (double, n_weights);
  taps->fixed = fixed ? g_try_new (gint32, n_weights) : NULL;
  if (taps->first == NULL || taps->count == NULL || taps->weights == NULL || (fixed && taps->fixed == NULL))
    return FALSE;

  /* Pillow adds step by step. Where the step is no binary fraction and a centre falls on a border between two pixels,
   * the rounding of the sums decides for one of them: 17 of 96 pixels made of 512 would be others. */
  double sums = 0.5 * scale;
  for (gint64 before = 0; before < win && filter == WHY_FILTER_NEAREST; before++)
    sums += scale;

  for (gint64 index = 0; index < n_win; index++)
    {
      const double centre = ((double) (win + index) + 0.5) * scale;
      double *weights = taps->weights + index * taps->stride;
      double sum = 0.0;

      if (taps->identity || filter == WHY_FILTER_NEAREST)
        {
          taps->first[index] = taps->identity ? win + index : CLAMP ((gint64) sums, 0, n_in - 1);
          sums += scale;
          taps->count[index] = 1;
          weights[0] = 1.0;
        }
      else if (filter == WHY_FILTER_BILINEAR_NOAA)
        {
          fill_two_taps (taps, index, n_in, centre);
        }
      else
        {
          /* Conversion towards zero and the half are Pillow's; they decide which pixels take part. */
          const gint64 from = MAX ((gint64) (centre - support + 0.5), 0);
          const gint64 to = MIN ((gint64) (centre + support + 0.5), n_in);

          taps->first[index] = from;
          taps->count[index] = to - from;
          for (gint64 tap = 0; tap < to - from; tap++)
            {
              weights[tap] = kernel->weight (((double) (tap + from) - centre + 0.5) / stretch);
              sum += weights[tap];
            }
          for (gint64 tap = 0; tap < to - from && sum != 0.0; tap++)
            weights[tap] /= sum;
        }
      for (gint64 tap = 0; fixed && tap < taps->count[index]; tap++)
        {
          const double scaled = weights[tap] * (double) (1 << PRECISION_BITS);

          taps->fixed[index * taps->stride + tap] = (gint32) (scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
        }
    }
  return TRUE;
}

/* One pass. Along rows: each target row comes from the source row of the same number. Along columns: each
 * target row is a weighted sum of source rows. */
typedef struct
{
  const Taps *taps;
  const void *source;
  WhyDType source_type;
  gsize source_row;   /* values in a row of the source */
  gint64 first_row;   /* of the source; row 0 of the target (pass along rows), or of tap 0 (along columns) */
  void *target;
  gsize target_row;   /* values in a row of the target */
  gsize n_bands;
} Pass;

static float
get_value (const void *values, WhyDType type, gsize index)
{
  return type == WHY_DTYPE_UINT8    ? (float) ((const guint8 *) values)[index]
         : type == WHY_DTYPE_UINT16 ? (float) ((const guint16 *) values)[index]
                                    : ((const float *) values)[index];
}

static guint8
clip_fixed (gint32 sum)
{
  return (guint8) CLAMP (sum >> PRECISION_BITS, 0, 255);
}

static void
rows_fixed (gsize begin, gsize end, gpointer data)
{
  const Pass *pass = data;
  const Taps *taps = pass->taps;

  for (gsize h = begin; h < end; h++)
    {
      const guint8 *source = (const guint8 *) pass->source + ((gsize) pass->first_row + h) * pass->source_row;
      guint8 *target = (guint8 *) pass->target + h * pass->target_row;

      for (gint64 w = 0; w < taps->n; w++)
        {
          const gint32 *weights = taps->fixed + w * taps->stride;

          for (gsize c = 0; c < pass->n_bands; c++)
            {
              const guint8 *values = source + (gsize) taps->first[w] * pass->n_bands + c;
              gint32 sum = 1 << (PRECISION_BITS - 1);

              for (gint64 tap = 0; tap < taps->count[w]; tap++)
                sum += values[(gsize) tap * pass->n_bands] * weights[tap];
              target[(gsize) w * pass->n_bands + c] = clip_fixed (sum);
            }
        }
    }
}

static void
columns_fixed (gsize begin, gsize end, gpointer data)
{
  const Pass *pass = data;
  const Taps *taps = pass->taps;

  for (gsize h = begin; h < end; h++)
    {
      const gint32 *weights = taps->fixed + (gint64) h * taps->stride;
      const guint8 *source =
        (const guint8 *) pass->source + (gsize) (taps->first[h] - pass->first_row) * pass->source_row;
      guint8 *target = (guint8 *) pass->target + h * pass->target_row;

      for (gsize value = 0; value < pass->target_row; value++)
        {
          gint32 sum = 1 << (PRECISION_BITS - 1);

          for (gint64 tap = 0; tap < taps->count[h]; tap++)
            sum += source[(gsize) tap * pass->source_row + value] * weights[tap];
          target[value] = clip_fixed (sum);
        }
    }
}

static void
rows_float (gsize begin, gsize end, gpointer data)
{
  const Pass *pass = data;
  const Taps *taps = pass->taps;

  for (gsize h = begin; h < end; h++)
    {
      const gsize source = ((gsize) pass->first_row + h) * pass->source_row;
      float *target = (float *) pass->target + h * pass->target_row;

      for (gint64 w = 0; w < taps->n; w++)
        {
          const double *weights = taps->weights + w * taps->stride;

          for (gsize c = 0; c < pass->n_bands; c++)
            {
              const gsize at = source + (gsize) taps->first[w] * pass->n_bands + c;
              double sum = 0.0;

              for (gint64 tap = 0; tap < taps->count[w]; tap++)
                sum += (double) get_value (pass->source, pass->source_type,
                                           at + (gsize) tap * pass->n_bands) * weights[tap];
              target[(gsize) w * pass->n_bands + c] = (float) sum;
            }
        }
    }
}

static void
columns_float (gsize begin, gsize end, gpointer data)
{
  const Pass *pass = data;
  const Taps *taps = pass->taps;

  for (gsize h = begin; h < end; h++)
    {
      const double *weights = taps->weights + (gint64) h * taps->stride;
      const float *source =
        (const float *) pass->source + (gsize) (taps->first[h] - pass->first_row) * pass->source_row;
      float *target = (float *) pass->target + h * pass->target_row;

      for (gsize value = 0; value < pass->target_row; value++)
        {
          double sum = 0.0;

          for (gint64 tap = 0; tap < taps->count[h]; tap++)
            sum += (double) source[(gsize) tap * pass->source_row + value] * weights[tap];
          target[value] = (float) sum;
        }
    }
}

WhyTensor *
why_resize (const WhyTensor *pixels, gint64 full_w, gint64 full_h, gint64 win_x, gint64 win_y, gint64 win_w,
            gint64 win_h, WhyFilter filter, GError **error)
{
  g_return_val_if_fail (pixels != NULL && pixels->rank == 3 && why_tensor_is_dense (pixels), NULL);
  g_return_val_if_fail (pixels->dtype == WHY_DTYPE_UINT8 || pixels->dtype == WHY_DTYPE_UINT16 ||
                        pixels->dtype == WHY_DTYPE_FLOAT32, NULL);
  g_return_val_if_fail (filter < G_N_ELEMENTS (kernels), NULL);

  const gint64 n_rows = pixels->dims[0];
  const gint64 n_columns = pixels->dims[1];
  const gint64 n_bands = pixels->dims[2];
  const gboolean fixed = pixels->dtype == WHY_DTYPE_UINT8 && filter != WHY_FILTER_BILINEAR_NOAA;
  const WhyDType dtype = fixed ? WHY_DTYPE_UINT8 : WHY_DTYPE_FLOAT32;
  g_auto (Taps) across = { 0 };
  g_auto (Taps) down = { 0 };

  if (n_rows < 1 || n_columns < 1 || n_bands < 1 || full_w < 1 || full_h < 1 || full_w > MAX_SIDE ||
      full_h > MAX_SIDE || win_x < 0 || win_y < 0 || win_w < 1 || win_h < 1 || win_w > full_w || win_h > full_h ||
      win_x > full_w - win_w || win_y > full_h - win_h)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "cannot resize %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels to %" G_GINT64_FORMAT
                   "x%" G_GINT64_FORMAT,
                   n_columns, n_rows, full_w, full_h);
      return NULL;
    }
  if (!make_taps (&across, n_columns, full_w, win_x, win_w, filter, fixed) ||
      !make_taps (&down, n_rows, full_h, win_y, win_h, filter, fixed))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "not enough memory to resize %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels", n_columns, n_rows);
      return NULL;
    }

  /* Only source rows that some row of the window needs go through the first pass. */
  gint64 first_row = G_MAXINT64;
  gint64 end_row = 0;
  for (gint64 h = 0; h < win_h; h++)
    {
      first_row = MIN (first_row, down.first[h]);
      end_row = MAX (end_row, down.first[h] + down.count[h]);
    }

  const gint64 middle_dims[3] = { end_row - first_row, win_w, n_bands };
  const gint64 result_dims[3] = { win_h, win_w, n_bands };
  g_autoptr (WhyTensor) middle = why_tensor_new (dtype, 3, middle_dims, error);
  if (middle == NULL)
    return NULL;
  g_autoptr (WhyTensor) result = why_tensor_new (dtype, 3, result_dims, error);
  if (result == NULL)
    return NULL;

  Pass pass = {
    .taps = &across, .source = pixels->data, .source_type = pixels->dtype,
    .source_row = (gsize) (n_columns * n_bands), .first_row = first_row,
    .target = middle->data, .target_row = (gsize) (win_w * n_bands), .n_bands = (gsize) n_bands,
  };
  why_parallel_for ((gsize) middle_dims[0], ROW_GRAIN, fixed ? rows_fixed : rows_float, &pass);

  pass.taps = &down;
  pass.source = middle->data;
  pass.source_type = dtype;
  pass.source_row = pass.target_row;
  pass.target = result->data;
  why_parallel_for ((gsize) win_h, ROW_GRAIN, fixed ? columns_fixed : columns_float, &pass);
  return g_steal_pointer (&result);
}
