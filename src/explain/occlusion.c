#include "config.h"

#include "many.h"

#include "base/error.h"

#include <string.h>

/* Occlusion: Zeiler and Fergus, ECCV 2014: how much the score falls when a window of the prepared
 * input is covered. Windows lie a stride apart, the last ones are cut off at the border, and where
 * windows overlap the mean of their falls is shown (Captum). Covered with 0, which for inputs with
 * the mean subtracted is the mean colour of the training pictures, or with the mean of each channel
 * of this one. Covering parts of the picture itself by hand is another matter, in source pixels. */

static const char *const fills[] = { "zero", "mean", NULL };

typedef struct
{
  const WhyTensor *input;
  int n_axes;
  gint64 patch, stride;
  gint64 windows[WHY_MAX_RANK]; /* along each axis */
  gsize pixels;
  float *fill; /* (array length=C) */
  double score;
  double *sum;  /* (array length=pixels): of falls */
  guint *times; /* (array length=pixels) */
} Occlusion;

typedef void (*OnLine) (Occlusion *occlusion, gsize begin, gsize n, gpointer data);

/* Calls @func for every line of window number @index; @begin counts pixels. */
static void
for_each_line (Occlusion *occlusion, gsize index, OnLine func, gpointer data)
{
  const int n = occlusion->n_axes;
  const gint64 *dims = occlusion->input->dims + 2;
  gint64 lo[WHY_MAX_RANK], size[WHY_MAX_RANK];
  gsize n_lines = 1;

  for (int axis = n - 1; axis >= 0; axis--)
    {
      lo[axis] = (gint64) (index % (gsize) occlusion->windows[axis]) * occlusion->stride;
      size[axis] = MIN (occlusion->patch, dims[axis] - lo[axis]);
      index /= (gsize) occlusion->windows[axis];
      n_lines *= axis < n - 1 ? (gsize) size[axis] : 1;
    }
  for (gsize line = 0; line < n_lines; line++)
    {
      gsize rest = line, begin = (gsize) lo[n - 1], step = (gsize) dims[n - 1];
      for (int axis = n - 2; axis >= 0; axis--)
        {
          begin += (gsize) (lo[axis] + (gint64) (rest % (gsize) size[axis])) * step;
          rest /= (gsize) size[axis];
          step *= (gsize) dims[axis];
        }
      func (occlusion, begin, (gsize) size[n - 1], data);
    }
}

static void
cover_line (Occlusion *occlusion, gsize begin, gsize n, gpointer data)
{
  float *row = data;

  for (gsize c = 0; c < (gsize) occlusion->input->dims[1]; c++)
    for (gsize at = begin; at < begin + n; at++)
      row[c * occlusion->pixels + at] = occlusion->fill[c];
}

static void
add_line (Occlusion *occlusion, gsize begin, gsize n, gpointer data)
{
  const double *fall = data;

  for (gsize at = begin; at < begin + n; at++)
    {
      occlusion->sum[at] += *fall;
      occlusion->times[at]++;
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Occlusion *occlusion = data;
  const gsize count = why_tensor_count (occlusion->input);

  for (gsize row = 0; row < n; row++)
    {
      memcpy (rows + row * count, occlusion->input->data, count * sizeof *rows);
      for_each_line (occlusion, first + row, cover_line, rows + row * count);
    }
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Occlusion *occlusion = data;

  for (gsize row = 0; row < n; row++)
    {
      double fall = occlusion->score - scores[row];
      for_each_line (occlusion, first + row, add_line, &fall);
    }
  return TRUE;
}

static WhyTensor *
average (gsize done, gpointer data, GError **error)
{
  const Occlusion *occlusion = data;
  WhyTensor *values =
    why_tensor_new (WHY_DTYPE_FLOAT32, occlusion->n_axes, occlusion->input->dims + 2, error);

  for (gsize at = 0; values != NULL && at < occlusion->pixels; at++)
    ((float *) values->data)[at] =
      occlusion->times[at] > 0 ? (float) (occlusion->sum[at] / occlusion->times[at]) : 0.0f;
  return values;
}

/* Sets the number of windows along each axis. Returns: how many there are in all */
static gsize
count_windows (Occlusion *occlusion)
{
  gsize n = 1;

  for (int axis = 0; axis < occlusion->n_axes; axis++)
    {
      const gint64 rest = MAX (occlusion->input->dims[axis + 2] - occlusion->patch, 0);
      occlusion->windows[axis] = (rest + occlusion->stride - 1) / occlusion->stride + 1;
      n *= (gsize) occlusion->windows[axis];
    }
  return n;
}

static void
choose_fill (Occlusion *occlusion, gboolean mean)
{
  occlusion->fill = g_new0 (float, (gsize) occlusion->input->dims[1] + 1);
  for (gsize c = 0; mean && c < (gsize) occlusion->input->dims[1]; c++)
    {
      const float *values = (const float *) occlusion->input->data + c * occlusion->pixels;
      double sum = 0;
      for (gsize at = 0; at < occlusion->pixels; at++)
        sum += (double) values[at];
      occlusion->fill[c] = (float) (sum / (double) MAX (occlusion->pixels, 1));
    }
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_auto (WhyFixed) fixed = { 0 };
  Occlusion occlusion = {
    .input = job->input,
    .n_axes = job->input->rank - 2,
    .patch = why_option_integer (request, "patch"),
    .stride = why_option_integer (request, "stride"),
    .pixels = why_tensor_count (job->input) / (gsize) MAX (job->input->dims[1], 1),
  };

  if (occlusion.stride > occlusion.patch)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Windows of %" G_GINT64_FORMAT " pixels that lie %" G_GINT64_FORMAT
                   " apart leave gaps; choose a stride of at most the window's size",
                   occlusion.patch, occlusion.stride);
      return NULL;
    }
  if (!why_fixed_init (&fixed, request, target, job, error))
    return NULL;
  const WhyMany many = {
    .from = why_input_name (job),
    .n = count_windows (&occlusion),
    .make = make,
    .take = take,
    .sketch = average,
    .data = &occlusion,
  };
  occlusion.score = fixed.score;
  occlusion.sum = g_new0 (double, occlusion.pixels + 1);
  occlusion.times = g_new0 (guint, occlusion.pixels + 1);
  choose_fill (&occlusion, strcmp (why_option_choice (request, "fill"), "mean") == 0);
  WhyTensor *values =
    why_many_run (&many, &fixed, target, job, error) ? average (many.n, &occlusion, error) : NULL;
  g_free (occlusion.fill);
  g_free (occlusion.sum);
  g_free (occlusion.times);
  return values != NULL ? why_method_new_map (request, job, values, fixed.score) : NULL;
}

static const WhyOptionClass options[] = {
  {
    .id = "patch",
    .title = N_ ("Size of the window in pixels of the input"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 16,
    .minimum = 1,
    .maximum = 4096,
  },
  {
    .id = "stride",
    .title = N_ ("Distance of neighbouring windows"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 8,
    .minimum = 1,
    .maximum = 4096,
  },
  {
    .id = "fill",
    .title = N_ ("Covered with"),
    .kind = WHY_OPTION_CHOICE,
    .choices = fills,
  },
};

const WhyExplainerClass why_occlusion = {
  .id = "occlusion",
  .title = N_ ("Occlusion"),
  .paper = "Zeiler and Fergus, ECCV 2014",
  .about = N_ ("How much the score falls when a window of the picture is covered."),
  .needs = WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
