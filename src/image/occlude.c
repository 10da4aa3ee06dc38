#include "config.h"

#include "image/occlude.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static const char *const fill_names[] = {
  [WHY_OCCLUDE_MEAN] = "mean", [WHY_OCCLUDE_BLACK] = "black", [WHY_OCCLUDE_WHITE] = "white",
  [WHY_OCCLUDE_BLUR] = "blur", [WHY_OCCLUDE_NOISE] = "noise",
};

typedef struct
{
  gint64 left, top, right, bottom; /* one past the last */
} Box;

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

static double
get (const WhyTensor *pixels, gsize index)
{
  return pixels->dtype == WHY_DTYPE_UINT8    ? ((const guint8 *) pixels->data)[index]
         : pixels->dtype == WHY_DTYPE_UINT16 ? ((const guint16 *) pixels->data)[index]
                                             : (double) ((const float *) pixels->data)[index];
}

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

/* First and last-plus-one pixel whose centres lie in [start, start + length). */
static void
cover (double start, double length, gint64 n, gint64 *first, gint64 *end)
{
  /* Clamped while still doubles: far away rectangles do not fit into an integer. */
  *first = (gint64) CLAMP (ceil (start - 0.5), 0.0, (double) n);
  *end = (gint64) CLAMP (ceil (start + length - 0.5), 0.0, (double) n);
  if (*first >= *end)
    {
      const double middle = floor (start + length / 2.0);

      if (middle >= 0.0 && middle < (double) n)
        {
          *first = (gint64) middle;
          *end = *first + 1;
        }
    }
}

static gint64
mirror (gint64 at, gint64 n)
{
  const gint64 period = 2 * n;

  at %= period;
  if (at < 0)
    at += period;
  return at < n ? at : period - 1 - at;
}

/* A one-dimensional Gaussian. Small ones are summed up as they are; from sigma 3 on three running means take
 * their place (within 3 % of the kernel's height of a true Gaussian, and the time does not grow with sigma).
 * Source of the widths: P. Kovesi, "Fast Almost-Gaussian Filtering", DICTA 2010. */
typedef struct
{
  double sigma;
  gint64 reach; /* pixels needed on either side */
  gint64 widths[3]; /* odd; of the running means; 0: use weights */
  double weights[32]; /* from -reach on */
} Blur;

static void
blur_init (Blur *blur, double sigma)
{
  *blur = (Blur) { .sigma = sigma };
  if (sigma < 3.0)
    {
      double sum = 0.0;

      blur->reach = MAX (1, (gint64) ceil (3.0 * sigma));
      for (gint64 tap = -blur->reach; tap <= blur->reach; tap++)
        sum += blur->weights[tap + blur->reach] = exp (-0.5 * (double) (tap * tap) / (sigma * sigma));
      for (gint64 tap = 0; tap <= 2 * blur->reach; tap++)
        blur->weights[tap] /= sum;
      return;
    }

  gint64 lower = (gint64) floor (sqrt (4.0 * sigma * sigma + 1.0));
  lower -= lower % 2 == 0 ? 1 : 0;
  const double n = (double) lower;
  const double n_lower = round ((12.0 * sigma * sigma - 3.0 * n * n - 12.0 * n - 9.0) / (-4.0 * n - 4.0));
  for (int pass = 0; pass < 3; pass++)
    {
      blur->widths[pass] = pass < n_lower ? lower : lower + 2;
      blur->reach += blur->widths[pass] / 2;
    }
}

/* @line: @n + 2 reach values; @scratch: as many. The @n blurred values end up at the start of @line. */
static void
blur_line (const Blur *blur, double *line, double *scratch, gint64 n)
{
  if (blur->widths[0] == 0)
    {
      for (gint64 at = 0; at < n; at++)
        {
          double value = 0.0;

          for (gint64 tap = 0; tap <= 2 * blur->reach; tap++)
            value += blur->weights[tap] * line[at + tap];
          scratch[at] = value;
        }
      memcpy (line, scratch, (gsize) n * sizeof *line);
      return;
    }

  gint64 length = n + 2 * blur->reach;
  for (int pass = 0; pass < 3; pass++)
    {
      const gint64 width = blur->widths[pass];
      double sum = 0.0;

      for (gint64 at = 0; at < width; at++)
        sum += line[at];
      length -= width - 1;
      for (gint64 at = 0; at < length; at++)
        {
          scratch[at] = sum / (double) width;
          if (at + 1 < length)
            sum += line[at + width] - line[at];
        }
      memcpy (line, scratch, (gsize) length * sizeof *line);
    }
}

/* Gaussian of the box only, in two passes: along rows for the box's columns over all rows the second
 * pass can reach, then along columns. */
static gboolean
fill_blur (WhyTensor *result, const WhyTensor *pixels, const Box *box, double sigma)
{
  const gint64 n_rows = pixels->dims[0];
  const gint64 n_columns = pixels->dims[1];
  const gint64 n_bands = pixels->dims[2];
  const gint64 box_w = box->right - box->left;
  const gint64 box_h = box->bottom - box->top;
  Blur blur;

  blur_init (&blur, sigma);
  /* Rows kept in the middle: all rows if the kernel is taller than the picture, else those in reach. Mirrored
   * rows of a reach that ends inside the picture are in reach themselves. */
  const gint64 middle_h = box_h + 2 * blur.reach;
  const gboolean all_rows = middle_h >= n_rows;
  const gint64 first_row = all_rows ? 0 : CLAMP (box->top - blur.reach, 0, n_rows - middle_h);
  const gint64 kept_rows = all_rows ? n_rows : middle_h;
  const gsize line_length = (gsize) (MAX (box_w, box_h) + 2 * blur.reach);
  g_autofree double *line = g_try_new (double, line_length);
  g_autofree double *scratch = g_try_new (double, line_length);
  g_autofree float *middle = g_try_new (float, (gsize) (kept_rows * box_w * n_bands));

  if (line == NULL || scratch == NULL || middle == NULL)
    return FALSE;
  for (gint64 h = 0; h < kept_rows; h++)
    for (gint64 c = 0; c < n_bands; c++)
      {
        for (gint64 at = 0; at < box_w + 2 * blur.reach; at++)
          {
            const gint64 column = mirror (box->left + at - blur.reach, n_columns);
            line[at] = get (pixels, (gsize) (((first_row + h) * n_columns + column) * n_bands + c));
          }
        blur_line (&blur, line, scratch, box_w);
        for (gint64 w = 0; w < box_w; w++)
          middle[(h * box_w + w) * n_bands + c] = (float) line[w];
      }
  for (gint64 w = 0; w < box_w; w++)
    for (gint64 c = 0; c < n_bands; c++)
      {
        for (gint64 at = 0; at < box_h + 2 * blur.reach; at++)
          {
            const gint64 row = mirror (box->top + at - blur.reach, n_rows) - first_row;
            line[at] = (double) middle[(row * box_w + w) * n_bands + c];
          }
        blur_line (&blur, line, scratch, box_h);
        for (gint64 h = 0; h < box_h; h++)
          put (result, (gsize) (((box->top + h) * n_columns + box->left + w) * n_bands + c), line[h]);
      }
  return TRUE;
}

/* SplitMix64: tiny, good enough for noise, the same everywhere. */
static guint64
next_random (guint64 *state)
{
  guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void
fill_plain (WhyTensor *result, const Box *box, WhyOccludeFill fill, const double *mean, guint64 seed)
{
  const gint64 n_columns = result->dims[1];
  const gint64 n_bands = result->dims[2];
  const double white = result->dtype == WHY_DTYPE_UINT16 ? 65535.0 : 255.0;
  guint64 state = seed;

  for (gint64 h = box->top; h < box->bottom; h++)
    for (gint64 w = box->left; w < box->right; w++)
      for (gint64 c = 0; c < n_bands; c++)
        {
          const double value = fill == WHY_OCCLUDE_MEAN    ? mean[c]
                               : fill == WHY_OCCLUDE_WHITE ? white
                               : fill == WHY_OCCLUDE_NOISE ? (double) (next_random (&state) >> 11) * 0x1p-53 * white
                                                           : 0.0;

          put (result, (gsize) ((h * n_columns + w) * n_bands + c), value);
        }
}

WhyTensor *
why_occlude_rect (const WhyTensor *pixels, double x, double y, double w, double h, WhyOccludeFill fill, guint64 seed,
                  GError **error)
{
  g_return_val_if_fail (pixels != NULL && pixels->rank == 3 && why_tensor_is_dense (pixels), NULL);
  g_return_val_if_fail (pixels->dtype == WHY_DTYPE_UINT8 || pixels->dtype == WHY_DTYPE_UINT16 ||
                        pixels->dtype == WHY_DTYPE_FLOAT32, NULL);
  g_return_val_if_fail (fill < G_N_ELEMENTS (fill_names), NULL);

  const gint64 n_bands = pixels->dims[2];
  Box box;

  if (!isfinite (x) || !isfinite (y) || !isfinite (w) || !isfinite (h) || w < 0.0 || h < 0.0 || n_bands < 1 ||
      n_bands > 4)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "a rectangle of %gx%g at %g,%g cannot be covered", w, h, x, y);
      return NULL;
    }
  g_autoptr (WhyTensor) result = why_tensor_copy (pixels, error);
  if (result == NULL)
    return NULL;
  cover (x, w, pixels->dims[1], &box.left, &box.right);
  cover (y, h, pixels->dims[0], &box.top, &box.bottom);
  if (box.left >= box.right || box.top >= box.bottom)
    return g_steal_pointer (&result);

  if (fill == WHY_OCCLUDE_BLUR)
    {
      /* Of what is covered: a rectangle that mostly lies outside is not blurred more for it. */
      const double sigma = MAX (0.5, (double) MAX (box.right - box.left, box.bottom - box.top) / 4.0);

      if (!fill_blur (result, pixels, &box, sigma))
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "not enough memory to blur the rectangle");
          return NULL;
        }
      return g_steal_pointer (&result);
    }

  double mean[4] = { 0.0 };
  if (fill == WHY_OCCLUDE_MEAN)
    {
      const gsize n_pixels = (gsize) (pixels->dims[0] * pixels->dims[1]);

      for (gsize at = 0; at < n_pixels; at++)
        for (gint64 c = 0; c < n_bands; c++)
          mean[c] += get (pixels, at * (gsize) n_bands + (gsize) c);
      for (gint64 c = 0; c < n_bands; c++)
        mean[c] /= (double) n_pixels;
    }
  fill_plain (result, &box, fill, mean, seed);
  return g_steal_pointer (&result);
}
