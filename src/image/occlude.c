#include "config.h"

#include "occlude-private.h"

#include "base/error.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* Rows a thread should have at least. */
#define ROW_GRAIN 32

static const char *const fill_names[] = {
  [WHY_OCCLUDE_MEAN] = "mean", [WHY_OCCLUDE_BLACK] = "black", [WHY_OCCLUDE_WHITE] = "white",
  [WHY_OCCLUDE_BLUR] = "blur", [WHY_OCCLUDE_NOISE] = "noise", [WHY_OCCLUDE_TEXTURE] = "texture",
};

const char *
why_occlude_fill_to_string (WhyOccludeFill fill)
{
  g_return_val_if_fail (fill < G_N_ELEMENTS (fill_names), "mean");

  return fill_names[fill];
}

gboolean
why_occlude_fill_from_string (const char *name, WhyOccludeFill *fill)
{
  for (gsize f = 0; f < G_N_ELEMENTS (fill_names); f++)
    {
      if (strcmp (name, fill_names[f]) == 0)
        {
          *fill = (WhyOccludeFill) f;
          return TRUE;
        }
    }
  return FALSE;
}

/* ---- plain fills ---- */

static void
sum_bytes (const guint8 *values, gsize n_pixels, gsize n_bands, double *sums)
{
  /* Row by row of some length, so that 32 bits hold the sum and the loop becomes wide. */
  for (gsize start = 0; start < n_pixels; start += 65536)
    {
      const gsize end = MIN (start + 65536, n_pixels);
      guint32 part[4] = { 0 };

      if (n_bands == 3)
        for (gsize pixel = start; pixel < end; pixel++)
          {
            part[0] += values[3 * pixel];
            part[1] += values[3 * pixel + 1];
            part[2] += values[3 * pixel + 2];
          }
      else
        for (gsize pixel = start; pixel < end; pixel++)
          for (gsize c = 0; c < n_bands; c++)
            part[c] += values[n_bands * pixel + c];
      for (gsize c = 0; c < n_bands; c++)
        sums[c] += part[c];
    }
}

static void
find_mean (const WhyTensor *pixels, double *mean)
{
  const gsize n_pixels = (gsize) (pixels->dims[0] * pixels->dims[1]);
  const gsize n_bands = (gsize) pixels->dims[2];

  if (pixels->dtype == WHY_DTYPE_UINT8)
    sum_bytes (pixels->data, n_pixels, n_bands, mean);
  else
    for (gsize pixel = 0; pixel < n_pixels; pixel++)
      for (gsize c = 0; c < n_bands; c++)
        mean[c] += why_occlude_get (pixels, pixel * n_bands + c);
  for (gsize c = 0; c < n_bands; c++)
    mean[c] /= (double) n_pixels;
}

/* SplitMix64, the value of a place instead of the next one: tiny, good enough for noise, the same everywhere. */
static double
random_at (guint64 seed, guint64 place)
{
  guint64 z = seed + (place + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return (double) ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* ---- writing ---- */

typedef struct
{
  WhyTensor *target;
  const WhyOccludePart *part;
  const float *values; /* of the box; NULL: a colour or noise */
  double colour[4];
  gboolean noise;
  double white;
  guint64 seed;
} Writing;

static void
put (WhyTensor *pixels, gsize index, double value)
{
  if (pixels->dtype == WHY_DTYPE_UINT8)
    ((guint8 *) pixels->data)[index] = (guint8) (CLAMP (value, 0.0, 255.0) + 0.5);
  else if (pixels->dtype == WHY_DTYPE_UINT16)
    ((guint16 *) pixels->data)[index] = (guint16) (CLAMP (value, 0.0, 65535.0) + 0.5);
  else
    ((float *) pixels->data)[index] = (float) value;
}

static void
write_rows (gsize begin, gsize end, gpointer data)
{
  const Writing *writing = data;
  const WhyPixelBox *box = &writing->part->box;
  WhyTensor *target = writing->target;
  const gsize n_bands = (gsize) target->dims[2];
  const gsize n_columns = (gsize) (box->right - box->left);

  for (gsize row = begin; row < end; row++)
    {
      const guint8 *coverage = writing->part->coverage + row * n_columns;
      const gsize first = (gsize) ((box->top + (gint64) row) * target->dims[1] + box->left) * n_bands;

      for (gsize column = 0; column < n_columns; column++)
        {
          const double share = coverage[column] / 255.0;

          if (coverage[column] == 0)
            continue;
          for (gsize c = 0; c < n_bands; c++)
            {
              const gsize at = first + column * n_bands + c;
              const double value = writing->values != NULL
                                     ? (double) writing->values[(row * n_columns + column) * n_bands + c]
                                   : writing->noise ? random_at (writing->seed, at) * writing->white
                                                    : writing->colour[c];

              put (target, at,
                   coverage[column] == 255 ? value
                                           : share * value + (1.0 - share) * why_occlude_get (target, at));
            }
        }
    }
}

gboolean
why_occlude_in_place (WhyTensor *pixels, const WhyArea *shape, WhyOccludeFill fill, guint64 seed, GError **error)
{
  g_return_val_if_fail (pixels != NULL && pixels->rank == 3 && why_tensor_is_dense (pixels), FALSE);
  g_return_val_if_fail (pixels->dtype == WHY_DTYPE_UINT8 || pixels->dtype == WHY_DTYPE_UINT16 ||
                        pixels->dtype == WHY_DTYPE_FLOAT32, FALSE);
  g_return_val_if_fail (pixels->dims[2] >= 1 && pixels->dims[2] <= 4, FALSE);
  g_return_val_if_fail (fill < G_N_ELEMENTS (fill_names), FALSE);

  WhyOccludePart part = { .pixels = pixels };
  g_autofree float *values = NULL;

  if (!why_area_get_pixels (shape, pixels->dims[1], pixels->dims[0], &part.box))
    return TRUE;
  const gint64 box_w = part.box.right - part.box.left;
  const gint64 box_h = part.box.bottom - part.box.top;
  g_autofree guint8 *coverage = g_try_malloc ((gsize) (box_w * box_h));
  if (coverage != NULL)
    {
      why_area_rasterise_part (shape, &part.box, coverage, (gsize) box_w);
      part.coverage = coverage;
      if (fill == WHY_OCCLUDE_BLUR)
        /* Of what is covered: a shape that mostly lies outside is not blurred more for it. */
        values = why_occlude_blur (&part, MAX (0.5, (double) MAX (box_w, box_h) / 4.0));
      else if (fill == WHY_OCCLUDE_TEXTURE)
        values = why_occlude_texture (&part);
    }
  if (coverage == NULL || (values == NULL && (fill == WHY_OCCLUDE_BLUR || fill == WHY_OCCLUDE_TEXTURE)))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "not enough memory to cover %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " pixels", box_w, box_h);
      return FALSE;
    }

  Writing writing = {
    .target = pixels, .part = &part, .values = values, .noise = fill == WHY_OCCLUDE_NOISE, .seed = seed,
    .white = pixels->dtype == WHY_DTYPE_UINT16 ? 65535.0 : 255.0,
  };
  if (fill == WHY_OCCLUDE_MEAN)
    find_mean (pixels, writing.colour);
  for (int c = 0; fill == WHY_OCCLUDE_WHITE && c < 4; c++)
    writing.colour[c] = writing.white;
  why_parallel_for ((gsize) box_h, ROW_GRAIN, write_rows, &writing);
  return TRUE;
}

WhyTensor *
why_occlude_area (const WhyTensor *pixels, const WhyArea *shape, WhyOccludeFill fill, guint64 seed, GError **error)
{
  g_autoptr (WhyTensor) result = why_tensor_copy (pixels, error);

  if (result == NULL || !why_occlude_in_place (result, shape, fill, seed, error))
    return NULL;
  return g_steal_pointer (&result);
}
