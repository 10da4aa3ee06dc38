#include "config.h"

#include "many.h"

#include "base/parallel.h"
#include "explain/map-resize.h"
#include "explain/noise.h"

#include <string.h>

/* RISE: Petsiuk, Das and Saenko, BMVC 2018: the mean of random masks, weighted with the score of
 * the picture behind each: S = sum_i f(x * M_i) M_i / (N p) (equation 6). A mask is a grid of
 * cells, each open with probability p, enlarged bilinearly to one cell more than the input and
 * shifted at random by less than a cell. Mask number i depends on the seed and on i alone. The
 * paper takes the probability as score; a logit works as well, but lifts the whole map by its mean.
 */

typedef struct
{
  const WhyTensor *input;
  gsize pixels;
  guint64 seed;
  double open;
  gint64 cells;
  double *sum;  /* (array length=pixels) */
  float *masks; /* of the alternatives that are being run */
  gsize n_masks;
  float *rows;
  gsize first;
} Rise;

/* Copies the part of @large that begins at @shift. */
static void
cut (const WhyTensor *large, const gint64 *shift, const WhyTensor *input, float *mask)
{
  const int n = input->rank - 2;
  const gint64 *dims = input->dims + 2, width = dims[n - 1];
  const gsize n_lines = why_tensor_count (input) / (gsize) (input->dims[1] * width);

  for (gsize line = 0; line < n_lines; line++)
    {
      gsize rest = line, at = (gsize) shift[n - 1], step = (gsize) large->dims[n - 1];
      for (int axis = n - 2; axis >= 0; axis--)
        {
          at += (rest % (gsize) dims[axis] + (gsize) shift[axis]) * step;
          rest /= (gsize) dims[axis];
          step *= (gsize) large->dims[axis];
        }
      memcpy (mask + line * (gsize) width, (const float *) large->data + at,
              (gsize) width * sizeof *mask);
    }
}

static gboolean
make_mask (const Rise *rise, gsize index, float *mask)
{
  const int n = rise->input->rank - 2;
  const gint64 *dims = rise->input->dims + 2;
  gint64 cells[WHY_MAX_RANK], large[WHY_MAX_RANK], shift[WHY_MAX_RANK];
  gsize n_cells = 1;

  for (int axis = 0; axis < n; axis++)
    {
      cells[axis] = MIN (rise->cells, dims[axis]);
      n_cells *= (gsize) cells[axis];
    }
  /* Of the seed's sequence, each mask has a part of its own: the shifts, then the cells. */
  const guint64 begin = (guint64) index * (n_cells + (gsize) n);
  for (int axis = 0; axis < n; axis++)
    {
      const gint64 cell = (dims[axis] + cells[axis] - 1) / cells[axis];
      large[axis] = (cells[axis] + 1) * cell;
      shift[axis] = (gint64) (why_noise_uniform (rise->seed, begin + (guint) axis) * (double) cell);
    }
  g_autoptr (WhyTensor) grid = why_tensor_new (WHY_DTYPE_FLOAT32, n, cells, NULL);
  for (gsize at = 0; grid != NULL && at < n_cells; at++)
    ((float *) grid->data)[at] =
      why_noise_uniform (rise->seed, begin + (gsize) n + at) < rise->open ? 1.0f : 0.0f;
  g_autoptr (WhyTensor) enlarged =
    grid != NULL ? why_map_resize (grid, large, WHY_RESIZE_LINEAR, NULL) : NULL;
  if (enlarged != NULL)
    cut (enlarged, shift, rise->input, mask);
  return enlarged != NULL;
}

static void
make_rows (gsize begin, gsize end, gpointer data)
{
  const Rise *rise = data;
  const float *picture = rise->input->data;
  const gsize n_channels = (gsize) rise->input->dims[1];

  for (gsize row = begin; row < end; row++)
    {
      float *mask = rise->masks + row * rise->pixels;
      float *out = rise->rows + row * n_channels * rise->pixels;
      if (!make_mask (rise, rise->first + row, mask))
        memset (mask, 0, rise->pixels * sizeof *mask);
      for (gsize c = 0; c < n_channels; c++)
        for (gsize at = 0; at < rise->pixels; at++)
          out[c * rise->pixels + at] = picture[c * rise->pixels + at] * mask[at];
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Rise *rise = data;

  if (n > rise->n_masks)
    {
      rise->masks = g_renew (float, rise->masks, n * rise->pixels);
      rise->n_masks = n;
    }
  rise->rows = rows;
  rise->first = first;
  why_parallel_for (n, 1, make_rows, rise);
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Rise *rise = data;

  for (gsize row = 0; row < n; row++)
    for (gsize at = 0; at < rise->pixels; at++)
      rise->sum[at] += scores[row] * (double) rise->masks[row * rise->pixels + at];
  return TRUE;
}

static WhyTensor *
divide (gsize done, gpointer data, GError **error)
{
  const Rise *rise = data;
  WhyTensor *values =
    why_tensor_new (WHY_DTYPE_FLOAT32, rise->input->rank - 2, rise->input->dims + 2, error);

  for (gsize at = 0; values != NULL && at < rise->pixels; at++)
    ((float *) values->data)[at] = (float) (rise->sum[at] / ((double) done * rise->open));
  return values;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_auto (WhyFixed) fixed = { 0 };
  Rise rise = {
    .input = job->input,
    .pixels = why_tensor_count (job->input) / (gsize) MAX (job->input->dims[1], 1),
    .seed = (guint64) why_option_integer (request, "seed"),
    .open = why_option_real (request, "open"),
    .cells = why_option_integer (request, "cells"),
  };
  const WhyMany many = {
    .from = why_input_name (job),
    .n = (gsize) why_option_integer (request, "masks"),
    .make = make,
    .take = take,
    .sketch = divide,
    .data = &rise,
  };

  if (!why_fixed_init (&fixed, request, target, job, error))
    return NULL;
  rise.sum = g_new0 (double, rise.pixels + 1);
  WhyTensor *values =
    why_many_run (&many, &fixed, target, job, error) ? divide (many.n, &rise, error) : NULL;
  g_free (rise.sum);
  g_free (rise.masks);
  return values != NULL ? why_method_new_map (request, job, values, fixed.score) : NULL;
}

static const WhyOptionClass options[] = {
  {
    .id = "masks",
    .title = N_ ("Masks"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 4000,
    .minimum = 1,
    .maximum = 1e6,
  },
  {
    .id = "cells",
    .title = N_ ("Cells of a mask along each axis"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 7,
    .minimum = 1,
    .maximum = 1000,
  },
  {
    .id = "open",
    .title = N_ ("Share of open cells"),
    .kind = WHY_OPTION_REAL,
    .preset = 0.5,
    .minimum = 0.01,
    .maximum = 1,
  },
  {
    .id = "seed",
    .title = N_ ("Seed"),
    .kind = WHY_OPTION_INTEGER,
    .maximum = 2147483647,
  },
};

const WhyExplainerClass why_rise = {
  .id = "rise",
  .title = N_ ("RISE"),
  .paper = "Petsiuk, Das and Saenko, BMVC 2018",
  .about = N_ ("Random masks, weighted with what the network says of the picture behind each."),
  .needs = WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
