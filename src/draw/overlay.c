#include "config.h"

#include "draw/overlay.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "draw/png.h"

#include "overlay-private.h"
#include "resampler.h"

/* Colours of one rendering, premultiplied; an even number of steps, so that zero has an entry. */
#define N_COLORS 2049

/* Rows a thread takes at least: about 64 K pixels. */
#define GRAIN_PIXELS 65536

void
why_map_stats (const float *values, gsize n_values, WhyMapStats *stats)
{
  double sum = 0;
  gsize n_finite = 0;

  *stats = (WhyMapStats){ .min = INFINITY, .max = -INFINITY, .n_values = n_values };
  for (gsize cell = 0; cell < n_values; cell++)
    {
      double value = values[cell];

      if (!isfinite (value))
        continue;
      n_finite++;
      sum += value;
      stats->min = MIN (stats->min, value);
      stats->max = MAX (stats->max, value);
    }
  stats->n_not_finite = n_values - n_finite;
  if (n_finite == 0)
    stats->min = stats->max = 0;
  stats->mean = n_finite > 0 ? sum / (double) n_finite : 0;
  stats->flat = stats->min >= stats->max;
  stats->all_zero = stats->min == 0 && stats->max == 0;
  stats->all_negative = n_finite > 0 && stats->max < 0;
  stats->has_negative = stats->min < 0;
}

void
why_overlay_style_init (WhyOverlayStyle *style, gboolean is_signed)
{
  *style = (WhyOverlayStyle){
    .opacity = is_signed ? 0.8 : 0.5,
    /* The neutral colour is white: it would lie over the picture like mist. */
    .alpha_by_value = is_signed,
    .limits = is_signed ? WHY_LIMITS_SYMMETRIC : WHY_LIMITS_ZERO_MAX,
    .centre_zero = is_signed,
    .kind = WHY_RESAMPLE_BILINEAR,
  };
}

const WhyColormap *
why_overlay_style_colormap (const WhyOverlayStyle *style)
{
  return style->colormap != NULL ? style->colormap : why_colormap_default (style->centre_zero);
}

gboolean
why_overlay_style_is_centred (const WhyOverlayStyle *style)
{
  return style->centre_zero || (why_colormap_get_flags (why_overlay_style_colormap (style)) &
                                WHY_COLORMAP_DIVERGING) != 0;
}

static int
compare_magnitudes (const void *a, const void *b)
{
  float left = *(const float *) a;
  float right = *(const float *) b;

  return (left > right) - (left < right);
}

/* The magnitude up to which the smallest values hold (1 - share) of the sum of magnitudes. */
static double
magnitude_limit (const float *values, gsize n_values, double share)
{
  g_autofree float *magnitudes = g_new (float, n_values);
  gsize n = 0;
  double sum = 0, part = 0;

  for (gsize cell = 0; cell < n_values; cell++)
    {
      if (isfinite (values[cell]))
        magnitudes[n++] = fabsf (values[cell]);
    }
  qsort (magnitudes, n, sizeof (float), compare_magnitudes);
  for (gsize cell = 0; cell < n; cell++)
    sum += magnitudes[cell];
  for (gsize cell = 0; cell < n; cell++)
    {
      part += magnitudes[cell];
      if (part >= sum * (1 - share))
        return magnitudes[cell];
    }
  return n > 0 ? magnitudes[n - 1] : 0;
}

void
why_overlay_limits (const WhyOverlayMap *map, const WhyOverlayStyle *style, double *lo, double *hi)
{
  gsize n_values = (gsize) map->width * (gsize) map->height;
  gboolean centred = why_overlay_style_is_centred (style);

  if (style->limits == WHY_LIMITS_LOCKED)
    {
      *lo = isfinite (style->lo) ? style->lo : 0;
      *hi = isfinite (style->hi) ? style->hi : 0;
      if (*lo > *hi)
        {
          double swap = *lo;
          *lo = *hi;
          *hi = swap;
        }
    }
  else
    {
      WhyMapStats stats;

      why_map_stats (map->values, n_values, &stats);
      *lo = stats.min;
      *hi = stats.max;
      if (style->limits == WHY_LIMITS_ZERO_MAX)
        {
          *lo = MIN (*lo, 0);
          *hi = MAX (*hi, 0);
        }
      if (style->outlier_share > 0)
        {
          double limit = magnitude_limit (map->values, n_values, MIN (style->outlier_share, 0.5));

          *lo = MAX (*lo, -limit);
          *hi = MIN (*hi, limit);
          *lo = MIN (*lo, *hi); /* all values beyond the limit on one side */
        }
    }
  if (centred || style->limits == WHY_LIMITS_SYMMETRIC)
    {
      *hi = MAX (fabs (*lo), fabs (*hi));
      *lo = -*hi;
    }
}

double
why_overlay_position (double value, double lo, double hi, gboolean centre_zero)
{
  double range = hi - lo;

  if (isnan (value))
    return value;
  if (!(range > 0))
    return centre_zero ? 0.5 : 0;
  /* Halved, so that the range of the greatest floats is a number. */
  return CLAMP ((value / 2 - lo / 2) / (hi / 2 - lo / 2), 0, 1);
}

/* How strong a position on the colour map is, 0..1: what threshold and alpha-by-value go by. */
static double
strength_of (double position, gboolean centred)
{
  return centred ? fabs (2 * position - 1) : position;
}

gboolean
why_overlay_shows (const WhyOverlayStyle *style, double value, double lo, double hi)
{
  const gboolean centred = why_overlay_style_is_centred (style);

  if (isnan (value))
    return FALSE;
  if (!(style->threshold > 0))
    return TRUE;
  if (!(hi > lo))
    return FALSE; /* a flat map has no strength */
  return strength_of (why_overlay_position (value, lo, hi, centred), centred) >= MIN (style->threshold, 1);
}

void
why_overlay_style_set_contours (WhyOverlayStyle *style, int n_levels)
{
  style->n_contours = CLAMP (n_levels, 0, WHY_MAX_CONTOURS);
  for (int level = 0; level < style->n_contours; level++)
    style->contours[level] = (level + 1.0) / (style->n_contours + 1.0);
}

static guint32
premultiply (const double rgb[3], double alpha)
{
  return (guint32) lrint (255 * alpha) << 24 | (guint32) lrint (255 * alpha * rgb[0]) << 16 |
         (guint32) lrint (255 * alpha * rgb[1]) << 8 | (guint32) lrint (255 * alpha * rgb[2]);
}

guint32
why_overlay_style_color (const WhyOverlayStyle *style, double position)
{
  double rgb[3];
  double alpha = CLAMP (style->opacity, 0, 1);

  why_colormap_lookup (why_overlay_style_colormap (style), position, rgb);
  why_vision_simulate (style->vision, 1, rgb, rgb);
  if (style->alpha_by_value)
    alpha *= strength_of (position, why_overlay_style_is_centred (style));
  return premultiply (rgb, alpha);
}

typedef struct
{
  WhyResampler resampler;
  guint32 colors[N_COLORS];
  guint32 hatch[2];
  float lo;    /* value at colors[base] */
  float steps; /* colors to a unit of value */
  float base;
  float keep_above; /* drawn: value >= keep_above or value <= keep_below */
  float keep_below;
  int hatch_x;
  int hatch_y;
  int out_width;
  int clip_left; /* outputs inside the source picture */
  int clip_right;
  int clip_top;
  int clip_bottom;
  guint8 *pixels;
  gsize stride;
} RenderTask;

static void
paint_row (const RenderTask *task, const float *restrict values, guint32 *restrict pixels,
           int begin, int end)
{
  const float lo = task->lo, steps = task->steps, base = task->base + 0.5f;
  const float above = task->keep_above, below = task->keep_below;

  for (int w = begin; w < end; w++)
    {
      float position = (values[w] - lo) * steps + base;
      int color;

      position = position > 0 ? position : 0;
      position = position < N_COLORS - 1 ? position : N_COLORS - 1;
      color = (int) position;
      pixels[w] = ((values[w] >= above) | (values[w] <= below)) ? task->colors[color] : 0;
    }
}

static void
paint_row_with_bad (const RenderTask *task, const float *values, guint32 *pixels, int begin,
                    int end, int h)
{
  for (int w = begin; w < end; w++)
    {
      if (isfinite (values[w]))
        paint_row (task, values, pixels, w, w + 1);
      else
        pixels[w] = task->hatch[((task->hatch_x + w + task->hatch_y + h) & 7) < 3];
    }
}

static void
render_rows (gsize begin, gsize end, gpointer data)
{
  const RenderTask *task = data;
  g_autofree float *scratch = g_new (float, why_resampler_scratch (&task->resampler));
  g_autofree float *values = g_new (float, task->out_width);

  for (gsize h = begin; h < end; h++)
    {
      guint32 *pixels = (guint32 *) (task->pixels + h * task->stride);
      int from = 0, to = 0;

      if ((int) h >= task->clip_top && (int) h < task->clip_bottom)
        why_resampler_row (&task->resampler, (int) h, scratch, values, &from, &to);
      from = MAX (from, task->clip_left);
      to = MAX (MIN (to, task->clip_right), from);
      from = MIN (from, to);
      memset (pixels, 0, (gsize) from * 4);
      if (task->resampler.has_bad)
        paint_row_with_bad (task, values, pixels, from, to, (int) h);
      else
        paint_row (task, values, pixels, from, to);
      memset (pixels + to, 0, (gsize) (task->out_width - to) * 4);
    }
}

/* Outputs from *@begin to *@end have their centre in 0..@size of the source; all when unknown. */
static void
clip_axis (double view_start, double view_step, double size, int n_out, int *begin, int *end)
{
  *begin = 0;
  *end = n_out;
  if (!(size > 0))
    return;
  *begin = (int) CLAMP (ceil ((0 - view_start) / view_step - 0.5 - 1e-9), 0, n_out);
  *end = (int) CLAMP (floor ((size - view_start) / view_step - 0.5 + 1e-9) + 1, 0, n_out);
  *end = MAX (*begin, *end);
}

static void
prepare_colors (RenderTask *task, const WhyOverlayMap *map, const WhyOverlayStyle *style)
{
  gboolean centred = why_overlay_style_is_centred (style);
  double alpha = CLAMP (style->opacity, 0, 1);
  double lo, hi, range;

  why_overlay_limits (map, style, &lo, &hi);
  for (int color = 0; color < N_COLORS; color++)
    task->colors[color] = why_overlay_style_color (style, color / (N_COLORS - 1.0));
  const double hatch_alpha = style->blank_gaps ? 0 : alpha * 0.8;
  task->hatch[0] = premultiply ((const double[3]){ 0.62, 0.62, 0.62 }, hatch_alpha);
  task->hatch[1] = premultiply ((const double[3]){ 0.28, 0.28, 0.28 }, hatch_alpha);

  /* Centred: counted from zero in the middle, so that 0 is neutral to the last bit. */
  range = hi - lo;
  task->lo = centred ? 0 : (float) lo;
  task->base = centred ? (N_COLORS - 1) / 2 : 0;
  task->steps = range > 0 ? (float) MIN ((N_COLORS - 1) / range, FLT_MAX) : 0;
  task->keep_above = -INFINITY;
  task->keep_below = -INFINITY;
  if (style->threshold > 0)
    {
      double threshold = MIN (style->threshold, 1);

      task->keep_above = (float) (centred ? threshold * hi : lo + threshold * range);
      if (centred)
        task->keep_below = -task->keep_above;
      if (!(range > 0))
        task->keep_above = INFINITY; /* a flat map has no strength */
    }
}

void
why_overlay_render (const WhyOverlayMap *map, const WhyOverlayStyle *style, const WhyRect *view,
                    int out_width, int out_height, guint32 *pixels, gsize stride)
{
  WhyAffine source_to_map;

  g_return_if_fail (map != NULL && map->values != NULL && map->width > 0 && map->height > 0);
  g_return_if_fail (style != NULL && view != NULL && pixels != NULL);
  g_return_if_fail (out_width > 0 && out_height > 0 && stride >= (gsize) out_width * 4 &&
                    stride % 4 == 0);

  double step_x = view->width / out_width;
  double step_y = view->height / out_height;
  WhyAffine out_to_source = why_affine_scale_translate (step_x, step_y, view->x, view->y);

  if (!(step_x > 0) || !(step_y > 0) || !isfinite (view->x + step_x) ||
      !isfinite (view->y + step_y) || !why_affine_invert (&map->to_source, &source_to_map))
    {
      for (int h = 0; h < out_height; h++)
        memset ((guint8 *) pixels + (gsize) h * stride, 0, (gsize) out_width * 4);
      return;
    }

  WhyAffine out_to_map = why_affine_compose (&out_to_source, &source_to_map);
  g_autofree RenderTask *task = g_new0 (RenderTask, 1);
  task->out_width = out_width;
  task->pixels = (guint8 *) pixels;
  task->stride = stride;
  /* The hatch hangs on the source, so that tiles of one zoom continue it. */
  task->hatch_x = (int) ((gint64) CLAMP (floor (view->x / step_x + 0.5), -1e9, 1e9) & 7);
  task->hatch_y = (int) ((gint64) CLAMP (floor (view->y / step_y + 0.5), -1e9, 1e9) & 7);
  clip_axis (view->x, step_x, map->source_width, out_width, &task->clip_left, &task->clip_right);
  clip_axis (view->y, step_y, map->source_height, out_height, &task->clip_top, &task->clip_bottom);
  prepare_colors (task, map, style);
  why_resampler_init (&task->resampler, map->values, map->width, map->height, style->kind,
                      &out_to_map, out_width, out_height, TRUE, TRUE);
  why_parallel_for ((gsize) out_height, MAX (1, GRAIN_PIXELS / (gsize) out_width), render_rows,
                    task);
  why_resampler_clear (&task->resampler);
}

void
why_overlay_paint (cairo_t *cr, const WhyOverlayMap *map, const WhyOverlayStyle *style,
                   const WhyRect *view, const WhyRect *target, double device_scale)
{
  g_return_if_fail (cr != NULL && view != NULL && target != NULL);

  if (!(target->width > 0 && target->height > 0 && view->width > 0 && view->height > 0))
    return;

  int width = (int) CLAMP (ceil (target->width * device_scale - 1e-6), 1, WHY_MAX_SURFACE);
  int height = (int) CLAMP (ceil (target->height * device_scale - 1e-6), 1, WHY_MAX_SURFACE);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);

  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    {
      why_overlay_render (map, style, view, width, height,
                          (guint32 *) (gpointer) cairo_image_surface_get_data (surface),
                          (gsize) cairo_image_surface_get_stride (surface));
      cairo_surface_mark_dirty (surface);
      cairo_save (cr);
      cairo_translate (cr, target->x, target->y);
      cairo_scale (cr, target->width / width, target->height / height);
      cairo_set_source_surface (cr, surface, 0, 0);
      cairo_pattern_set_filter (cairo_get_source (cr), style->kind == WHY_RESAMPLE_NEAREST
                                                         ? CAIRO_FILTER_NEAREST
                                                         : CAIRO_FILTER_GOOD);
      /* Without this the border fades into nothing where a vector device resamples. */
      cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
      cairo_rectangle (cr, 0, 0, width, height);
      cairo_fill (cr);
      cairo_restore (cr);
    }
  cairo_surface_destroy (surface);
  if (style->n_contours > 0)
    why_overlay_paint_contours (cr, map, style, view, target, 1.25);
}
