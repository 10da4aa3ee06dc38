#include "config.h"

#include "draw/picture.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "draw/png.h"

#include "resampler.h"

gboolean
why_picture_check (const WhyTensor *picture, GError **error)
{
  if (picture->dtype == WHY_DTYPE_UINT8 && picture->rank == 3 && picture->dims[0] > 0 &&
      picture->dims[1] > 0 && picture->dims[0] <= G_MAXINT && picture->dims[1] <= G_MAXINT &&
      (picture->dims[2] == 3 || picture->dims[2] == 1))
    return TRUE;

  g_autofree char *dims = why_dims_to_string (picture->rank, picture->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
               "A picture to draw must be uint8 of height x width x 3 (or 1), not %s of %s",
               why_dtype_name (picture->dtype), dims);
  return FALSE;
}

typedef struct
{
  const WhyTensor *picture;
  int n_channels;
  WhyAxis across;
  WhyAxis down;
  int column_begin;
  int column_end;
  guint8 *pixels;
  gsize stride;
  int out_width;
} PictureTask;

/* Sums the rows that make up output row @out_y into @sums, for the columns touched. */
static void
sum_rows (const PictureTask *task, int out_y, float *restrict sums)
{
  const WhyTensor *picture = task->picture;
  const WhyAxis *down = &task->down;
  gsize first = (gsize) task->column_begin * (gsize) task->n_channels;
  gsize last = (gsize) task->column_end * (gsize) task->n_channels;

  memset (sums + first, 0, (last - first) * sizeof (float));
  for (int tap = 0; tap < down->n_taps; tap++)
    {
      float weight = down->weights[(gsize) out_y * (gsize) down->n_taps + (gsize) tap];
      const guint8 *row = (const guint8 *) picture->data +
                          (down->start[out_y] + tap) * picture->strides[0];

      if (weight == 0)
        continue;
      if (picture->strides[2] == 1 && picture->strides[1] == task->n_channels)
        {
          for (gsize sample = first; sample < last; sample++)
            sums[sample] += weight * row[sample];
          continue;
        }
      for (int w = task->column_begin; w < task->column_end; w++)
        for (int c = 0; c < task->n_channels; c++)
          sums[w * task->n_channels + c] += weight *
                                            row[w * picture->strides[1] + c * picture->strides[2]];
    }
}

static void
render_picture_rows (gsize begin, gsize end, gpointer data)
{
  const PictureTask *task = data;
  const WhyAxis *across = &task->across;
  int n_channels = task->n_channels;
  g_autofree float *sums = g_new (float, (gsize) task->column_end * (gsize) n_channels + 1);

  for (gsize h = begin; h < end; h++)
    {
      guint32 *pixels = (guint32 *) (task->pixels + h * task->stride);

      memset (pixels, 0, (gsize) task->out_width * 4);
      if ((int) h < task->down.begin || (int) h >= task->down.end)
        continue;
      sum_rows (task, (int) h, sums);
      for (int out = across->begin; out < across->end; out++)
        {
          const float *weights = across->weights + (gsize) out * (gsize) across->n_taps;
          const float *source = sums + (gsize) across->start[out] * (gsize) n_channels;
          float rgb[3] = { 0.5f, 0.5f, 0.5f }; /* rounds */

          for (int tap = 0; tap < across->n_taps; tap++)
            for (int c = 0; c < n_channels; c++)
              rgb[c] += weights[tap] * source[tap * n_channels + c];
          if (n_channels == 1)
            rgb[1] = rgb[2] = rgb[0];
          pixels[out] = 0xff000000u | (guint32) CLAMP (rgb[0], 0, 255) << 16 |
                        (guint32) CLAMP (rgb[1], 0, 255) << 8 | (guint32) CLAMP (rgb[2], 0, 255);
        }
    }
}

void
why_picture_render (const WhyTensor *picture, const WhyRect *view, gboolean smooth, int out_width,
                    int out_height, guint32 *pixels, gsize stride)
{
  g_return_if_fail (picture != NULL && view != NULL && pixels != NULL &&
                    why_picture_check (picture, NULL));
  g_return_if_fail (out_width > 0 && out_height > 0 && stride >= (gsize) out_width * 4 &&
                    stride % 4 == 0);

  PictureTask task = {
    .picture = picture,
    .n_channels = (int) picture->dims[2],
    .pixels = (guint8 *) pixels,
    .stride = stride,
    .out_width = out_width,
  };
  double step_x = view->width / out_width;
  double step_y = view->height / out_height;
  WhyResample up = smooth ? WHY_RESAMPLE_BILINEAR : WHY_RESAMPLE_NEAREST;

  if (!(step_x > 0) || !(step_y > 0) || !isfinite (view->x) || !isfinite (view->y))
    {
      for (int h = 0; h < out_height; h++)
        memset ((guint8 *) pixels + (gsize) h * stride, 0, (gsize) out_width * 4);
      return;
    }
  why_axis_init (&task.across, step_x > 1 + 1e-6 ? WHY_RESAMPLE_AREA : up, (int) picture->dims[1],
                 out_width, step_x, view->x);
  why_axis_init (&task.down, step_y > 1 + 1e-6 ? WHY_RESAMPLE_AREA : up, (int) picture->dims[0],
                 out_height, step_y, view->y);
  why_axis_touched (&task.across, &task.column_begin, &task.column_end);
  why_parallel_for ((gsize) out_height, MAX (1, 65536 / (gsize) out_width), render_picture_rows,
                    &task);
  why_axis_clear (&task.across);
  why_axis_clear (&task.down);
}

void
why_picture_paint (cairo_t *cr, const WhyTensor *picture, const WhyRect *view, gboolean smooth,
                   const WhyRect *target, double device_scale)
{
  g_return_if_fail (cr != NULL && view != NULL && target != NULL);

  if (!(target->width > 0 && target->height > 0 && view->width > 0 && view->height > 0))
    return;

  int width = (int) CLAMP (ceil (target->width * device_scale - 1e-6), 1, WHY_MAX_SURFACE);
  int height = (int) CLAMP (ceil (target->height * device_scale - 1e-6), 1, WHY_MAX_SURFACE);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);

  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    {
      why_picture_render (picture, view, smooth, width, height,
                          (guint32 *) (gpointer) cairo_image_surface_get_data (surface),
                          (gsize) cairo_image_surface_get_stride (surface));
      cairo_surface_mark_dirty (surface);
      cairo_save (cr);
      cairo_translate (cr, target->x, target->y);
      cairo_scale (cr, target->width / width, target->height / height);
      cairo_set_source_surface (cr, surface, 0, 0);
      cairo_pattern_set_filter (cairo_get_source (cr),
                                smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
      cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
      cairo_rectangle (cr, 0, 0, width, height);
      cairo_fill (cr);
      cairo_restore (cr);
    }
  cairo_surface_destroy (surface);
}
