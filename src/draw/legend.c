#include "config.h"

#include "draw/legend.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "overlay-private.h"
#include "text.h"
#include "theme.h"

/* In parts of the font size. */
#define PADDING 0.7
#define RADIUS 0.5
#define BAR_THICKNESS 1.1
#define TICK_LENGTH 0.35
#define SMALL_TEXT 0.86
#define LABEL_GAP 0.3 /* between tick and number */
#define ROW_GAP 0.35

#define N_STOPS 128

int
why_ticks (double lo, double hi, int max_ticks, double *ticks, double *step)
{
  double range = hi - lo;
  double distance, power, first, last;
  int n = 0;

  max_ticks = CLAMP (max_ticks, 2, WHY_MAX_TICKS);
  if (step != NULL)
    *step = 0;
  if (!isfinite (lo) || !isfinite (hi) || !isfinite (range))
    return 0;
  if (!(range > 0))
    {
      ticks[0] = lo;
      return 1;
    }
  power = pow (10, floor (log10 (range / max_ticks)));
  for (int decade = 0; decade < 3; decade++, power *= 10)
    {
      for (int digit = 0; digit < 3; digit++)
        {
          const double digits[] = { 1, 2, 5 };

          distance = digits[digit] * power;
          first = ceil (lo / distance - 1e-9);
          last = floor (hi / distance + 1e-9);
          if (!(distance > 0) || last - first + 1 > max_ticks)
            continue;
          for (double tick = first; tick <= last && n < max_ticks; tick++)
            ticks[n++] = tick == 0 ? 0 : tick * distance; /* no -0 */
          if (step != NULL)
            *step = distance;
          return n;
        }
    }
  return 0;
}

int
why_tick_exponent (double lo, double hi)
{
  double magnitude = MAX (fabs (lo), fabs (hi));

  if (!isfinite (magnitude) || magnitude <= 0 || (magnitude >= 0.01 && magnitude < 1e5))
    return 0;
  return (int) floor (log10 (magnitude) + 1e-9);
}

char *
why_tick_factor (int exponent)
{
  static const char *const digits[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *plain = NULL;

  if (exponent == 0)
    return g_strdup ("");
  plain = g_strdup_printf ("%d", ABS (exponent));
  g_string_append (text, exponent < 0 ? " ×10⁻" : " ×10");
  for (const char *digit = plain; *digit != '\0'; digit++)
    g_string_append (text, digits[*digit - '0']);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
why_tick_label (double value, double step, int exponent)
{
  int decimals = 0;

  /* By division: 10^-320 is not a number to multiply with. */
  if (exponent != 0)
    {
      value = value / pow (10, exponent / 2) / pow (10, exponent - exponent / 2);
      step = step / pow (10, exponent / 2) / pow (10, exponent - exponent / 2);
    }
  if (step > 0 && isfinite (step))
    decimals = (int) CLAMP (-floor (log10 (step) + 1e-9), 0, 9);
  if (fabs (value) < 0.5 * pow (10, -decimals) && (value == 0 || step > 0))
    return g_strdup ("0"); /* neither "-0" nor "0.000" */

  g_autofree char *number = g_strdup_printf ("%.*f", decimals, fabs (value));
  return g_strconcat (value < 0 ? "−" : "", number, NULL);
}

typedef struct
{
  double value;
  PangoLayout *text;
  double width;
  double height;
  double at; /* along the bar, from its low end */
  gboolean shown;
} Tick;

/* The numbers beside a bar: both limits, and round numbers where they leave room. */
typedef struct
{
  Tick ticks[WHY_MAX_TICKS + 2];
  int n_ticks;
  double widest;
  double tallest;
  int exponent;
} Scale;

static double
bar_place (const WhyColorBar *bar, double value)
{
  return why_overlay_position (value, bar->lo, bar->hi, why_overlay_style_is_centred (bar->style)) *
         bar->length;
}

static gboolean
has_room (const Scale *scale, const Tick *tick, const WhyColorBar *bar)
{
  double gap = bar->font_size * 0.6;

  for (int other = 0; other < scale->n_ticks; other++)
    {
      const Tick *placed = &scale->ticks[other];
      double reach = bar->vertical ? (placed->height + tick->height) * 0.6
                                   : (placed->width + tick->width) / 2 + gap;

      if (placed->shown && fabs (placed->at - tick->at) < reach)
        return FALSE;
    }
  return TRUE;
}

static void
add_tick (cairo_t *cr, Scale *scale, const WhyColorBar *bar, double value, double step,
          gboolean always)
{
  Tick *tick = &scale->ticks[scale->n_ticks];
  gboolean marked = value == 0 && bar->lo < 0 && bar->hi > 0;
  g_autofree char *text = why_tick_label (value, step, scale->exponent);

  *tick = (Tick){ .value = value, .at = bar_place (bar, value) };
  tick->text = why_text_layout (cr, text, bar->font_size * SMALL_TEXT, marked, 0);
  why_text_size (tick->text, &tick->width, &tick->height);
  tick->shown = always || has_room (scale, tick, bar);
  scale->n_ticks++;
  if (tick->shown)
    {
      scale->widest = MAX (scale->widest, tick->width);
      scale->tallest = MAX (scale->tallest, tick->height);
    }
}

static void
make_scale (cairo_t *cr, const WhyColorBar *bar, Scale *scale)
{
  double values[WHY_MAX_TICKS], step;
  double wanted = bar->length / (bar->font_size * (bar->vertical ? 3 : 5));
  int n_values = why_ticks (bar->lo, bar->hi, (int) CLAMP (wanted, 2, 9), values, &step);

  *scale = (Scale){ .exponent = why_tick_exponent (bar->lo, bar->hi) };
  add_tick (cr, scale, bar, bar->lo, (bar->hi - bar->lo) / 100, TRUE);
  if (bar->hi > bar->lo)
    add_tick (cr, scale, bar, bar->hi, (bar->hi - bar->lo) / 100, TRUE);
  if (bar->lo < 0 && bar->hi > 0)
    add_tick (cr, scale, bar, 0, step, FALSE); /* before the others, so that it wins */
  for (int tick = 0; tick < n_values && scale->n_ticks < (int) G_N_ELEMENTS (scale->ticks); tick++)
    {
      if (values[tick] > bar->lo && values[tick] < bar->hi && (values[tick] != 0 || bar->lo >= 0))
        add_tick (cr, scale, bar, values[tick], step, FALSE);
    }
}

static void
clear_scale (Scale *scale)
{
  for (int tick = 0; tick < scale->n_ticks; tick++)
    g_clear_object (&scale->ticks[tick].text);
}

static void
draw_checks (cairo_t *cr, double x, double y, double width, double height, double size)
{
  cairo_save (cr);
  cairo_rectangle (cr, x, y, width, height);
  cairo_clip (cr);
  cairo_set_source_rgb (cr, 0.78, 0.78, 0.78);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, 0.55, 0.55, 0.55);
  for (int row = 0; row * size < height; row++)
    for (int column = row % 2; column * size < width; column += 2)
      cairo_rectangle (cr, x + column * size, y + row * size, size, size);
  cairo_fill (cr);
  cairo_restore (cr);
}

void
why_color_strip_draw (cairo_t *cr, const WhyOverlayStyle *style, gboolean vertical,
                      const WhyRect *strip, double line_width)
{
  WhyOverlayStyle opaque = *style;
  gboolean centred = why_overlay_style_is_centred (style);
  double threshold = CLAMP (style->threshold, 0, 1);
  cairo_pattern_t *colors = vertical ? cairo_pattern_create_linear (0, strip->y + strip->height, 0,
                                                                    strip->y)
                                     : cairo_pattern_create_linear (strip->x, 0,
                                                                    strip->x + strip->width, 0);

  /* The bar names colours; how much picture shines through is to be seen in the picture. */
  opaque.opacity = 1;
  for (int stop = 0; stop <= N_STOPS; stop++)
    {
      double position = stop / (double) N_STOPS;
      guint32 color = why_overlay_style_color (&opaque, position);
      double alpha = (color >> 24) / 255.0;
      double divide = alpha > 0 ? 255 * alpha : 1;

      cairo_pattern_add_color_stop_rgba (colors, position, MIN (1, (color >> 16 & 0xff) / divide),
                                         MIN (1, (color >> 8 & 0xff) / divide),
                                         MIN (1, (color & 0xff) / divide), alpha);
    }
  if (style->alpha_by_value || threshold > 0)
    draw_checks (cr, strip->x, strip->y, strip->width, strip->height,
                 MIN (strip->width, strip->height) / 3);
  cairo_save (cr);
  if (threshold > 0)
    {
      /* The part of the bar that is shown in the picture. */
      double from[2] = { centred ? 0 : threshold, (1 + threshold) / 2 };
      double to[2] = { centred ? (1 - threshold) / 2 : 1, 1 };

      for (int part = 0; part < (centred ? 2 : 1); part++)
        {
          if (vertical)
            cairo_rectangle (cr, strip->x, strip->y + strip->height * (1 - to[part]), strip->width,
                             strip->height * (to[part] - from[part]));
          else
            cairo_rectangle (cr, strip->x + strip->width * from[part], strip->y,
                             strip->width * (to[part] - from[part]), strip->height);
        }
      cairo_clip (cr);
    }
  cairo_rectangle (cr, strip->x, strip->y, strip->width, strip->height);
  cairo_set_source (cr, colors);
  cairo_fill (cr);
  cairo_restore (cr);
  cairo_pattern_destroy (colors);
  cairo_rectangle (cr, strip->x, strip->y, strip->width, strip->height);
  cairo_set_source_rgba (cr, 0.5, 0.5, 0.5, 0.9);
  cairo_set_line_width (cr, line_width);
  cairo_stroke (cr);
}

/* Where the contour lines are: a tick across the strip, white within black as the lines are; below zero dashed. */
static void
draw_contour_marks (cairo_t *cr, const WhyOverlayStyle *style, gboolean vertical, const WhyRect *strip, double line_width)
{
  const gboolean centred = why_overlay_style_is_centred (style);

  for (int level = 0; level < style->n_contours; level++)
    {
      for (int side = 0; side < (centred ? 2 : 1); side++)
        {
          const double share = CLAMP (style->contours[level], 0, 1);
          const double position = !centred ? share : side == 0 ? (1 + share) / 2 : (1 - share) / 2;

          if (vertical)
            {
              cairo_move_to (cr, strip->x, strip->y + strip->height * (1 - position));
              cairo_rel_line_to (cr, strip->width, 0);
            }
          else
            {
              cairo_move_to (cr, strip->x + strip->width * position, strip->y);
              cairo_rel_line_to (cr, 0, strip->height);
            }
          cairo_set_source_rgba (cr, 0, 0, 0, 0.8);
          cairo_set_line_width (cr, 2.2 * line_width);
          cairo_stroke_preserve (cr);
          if (side == 1)
            cairo_set_dash (cr, (const double[]){ 2 * line_width, 2 * line_width }, 2, 0);
          cairo_set_source_rgb (cr, 1, 1, 1);
          cairo_set_line_width (cr, line_width);
          cairo_stroke (cr);
          cairo_set_dash (cr, NULL, 0, 0);
        }
    }
}

static void
draw_scale (cairo_t *cr, const WhyColorBar *bar, const Scale *scale, const WhyRect *strip)
{
  const WhyThemeColors *colors = why_theme_colors (bar->theme);
  double font = bar->font_size;

  for (int index = 0; index < scale->n_ticks; index++)
    {
      const Tick *tick = &scale->ticks[index];
      gboolean marked = tick->value == 0 && bar->lo < 0 && bar->hi > 0;
      double along = bar->vertical ? strip->y + strip->height - tick->at : strip->x + tick->at;

      if (!tick->shown)
        continue;
      why_theme_set_source (cr, &colors->text);
      cairo_set_line_width (cr, font * (marked ? 0.14 : 0.09));
      if (bar->vertical)
        {
          double y = CLAMP (along - tick->height / 2, strip->y - tick->height / 2,
                            strip->y + strip->height - tick->height / 2);

          cairo_move_to (cr, strip->x + strip->width, along);
          cairo_rel_line_to (cr, font * TICK_LENGTH, 0);
          why_text_draw (cr, tick->text, strip->x + strip->width + font * (TICK_LENGTH + LABEL_GAP),
                         y);
        }
      else
        {
          double x = CLAMP (along - tick->width / 2, strip->x - scale->ticks[0].width / 2,
                            strip->x + strip->width + scale->widest / 2 - tick->width);

          cairo_move_to (cr, along, strip->y + strip->height);
          cairo_rel_line_to (cr, 0, font * TICK_LENGTH);
          why_text_draw (cr, tick->text, x,
                         strip->y + strip->height + font * (TICK_LENGTH + LABEL_GAP * 0.3));
        }
      why_theme_set_source (cr, &colors->text);
      cairo_stroke (cr);
      if (marked)
        {
          /* Across the strip, dark on the neutral colour. */
          cairo_set_source_rgba (cr, 0, 0, 0, 0.75);
          if (bar->vertical)
            {
              cairo_move_to (cr, strip->x, along);
              cairo_rel_line_to (cr, strip->width, 0);
            }
          else
            {
              cairo_move_to (cr, along, strip->y);
              cairo_rel_line_to (cr, 0, strip->height);
            }
          cairo_stroke (cr);
        }
    }
}

/* The next row of text at *@top, which moves below it. */
static void
put_row (cairo_t *cr, PangoLayout *row, const WhyColor *color, double x, double gap, gboolean draw,
         double *top)
{
  double width, height;

  why_text_size (row, &width, &height);
  if (draw)
    {
      why_theme_set_source (cr, color);
      why_text_draw (cr, row, x, *top);
    }
  *top += height + gap;
}

/* One walk over the parts, top to bottom, for measuring and for drawing. */
static void
lay_out_bar (cairo_t *cr, const WhyColorBar *bar, double x, double y, double max_width,
             gboolean draw, double *width, double *height)
{
  const WhyThemeColors *colors = why_theme_colors (bar->theme);
  double font = bar->font_size;
  double padding = bar->theme == WHY_THEME_ON_PICTURE ? font * PADDING : 0;
  double left_reach = 0, bar_width, bar_height;
  double top = y + padding;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (PangoLayout) unit = NULL;
  Scale scale;

  make_scale (cr, bar, &scale);
  if (bar->vertical)
    {
      bar_width = font * (BAR_THICKNESS + TICK_LENGTH + LABEL_GAP) + scale.widest;
      bar_height = bar->length + scale.tallest; /* half a number beyond each end */
    }
  else
    {
      left_reach = scale.ticks[0].width / 2;
      bar_width = left_reach + bar->length + scale.widest / 2;
      bar_height = font * (BAR_THICKNESS + TICK_LENGTH + LABEL_GAP * 0.3) + scale.tallest;
    }

  /* Text may be wider than the bar, up to @max_width. */
  double room = MAX (max_width - 2 * padding, bar_width);
  double inner_width = bar_width;
  if (bar->title != NULL && bar->title[0] != '\0')
    g_ptr_array_add (rows, why_text_layout (cr, bar->title, font, TRUE, room));
  for (gsize line = 0; bar->lines != NULL && bar->lines[line] != NULL; line++)
    g_ptr_array_add (rows, why_text_layout (cr, bar->lines[line], font * SMALL_TEXT, FALSE, room));
  g_autofree char *factor = why_tick_factor (scale.exponent);
  if (bar->unit != NULL || factor[0] != '\0')
    {
      g_autofree char *text = g_strconcat (bar->unit != NULL ? bar->unit : "", factor, NULL);

      unit = why_text_layout (cr, g_strstrip (text), font * SMALL_TEXT, FALSE, room);
    }
  for (guint row = 0; row < rows->len + (unit != NULL ? 1 : 0); row++)
    {
      double row_width, row_height;

      why_text_size (row < rows->len ? rows->pdata[row] : unit, &row_width, &row_height);
      inner_width = MAX (inner_width, MIN (row_width, room));
    }

  if (draw && bar->theme == WHY_THEME_ON_PICTURE)
    {
      double panel_width, panel_height;

      lay_out_bar (cr, bar, x, y, max_width, FALSE, &panel_width, &panel_height);
      why_theme_rounded (cr, x, y, panel_width, panel_height, font * RADIUS);
      why_theme_set_source (cr, &colors->ground);
      cairo_fill (cr);
    }
  for (guint row = 0; row < rows->len; row++)
    put_row (cr, rows->pdata[row], row == 0 && bar->title != NULL ? &colors->text : &colors->dim,
             x + padding, row + 1 == rows->len ? font * ROW_GAP : 0, draw, &top);
  /* The unit stands above the numbers of an upright bar, below those of a lying one. */
  if (unit != NULL && bar->vertical)
    put_row (cr, unit, &colors->dim, x + padding, font * ROW_GAP * 0.5, draw, &top);
  if (draw)
    {
      WhyRect strip = { x + padding + left_reach, top, bar->length, font * BAR_THICKNESS };

      if (bar->vertical)
        strip = (WhyRect){ x + padding, top + scale.tallest / 2, font * BAR_THICKNESS,
                           bar->length };
      why_color_strip_draw (cr, bar->style, bar->vertical, &strip, font * 0.06);
      draw_contour_marks (cr, bar->style, bar->vertical, &strip, font * 0.1);
      draw_scale (cr, bar, &scale, &strip);
    }
  top += bar_height;
  if (unit != NULL && !bar->vertical)
    {
      top += font * ROW_GAP * 0.5;
      put_row (cr, unit, &colors->dim, x + padding + left_reach, 0, draw, &top);
    }
  clear_scale (&scale);
  *width = inner_width + 2 * padding;
  *height = top - y + padding;
}

void
why_color_bar_measure (cairo_t *cr, const WhyColorBar *bar, double max_width, double *width,
                       double *height)
{
  g_return_if_fail (cr != NULL && bar != NULL && bar->style != NULL && bar->font_size > 0 &&
                    bar->length > 0);

  lay_out_bar (cr, bar, 0, 0, max_width, FALSE, width, height);
}

void
why_color_bar_draw (cairo_t *cr, const WhyColorBar *bar, double x, double y, double max_width)
{
  double width, height;

  g_return_if_fail (cr != NULL && bar != NULL && bar->style != NULL && bar->font_size > 0 &&
                    bar->length > 0);

  cairo_save (cr);
  cairo_new_path (cr);
  lay_out_bar (cr, bar, x, y, max_width, TRUE, &width, &height);
  cairo_restore (cr);
}

gboolean
why_scale_bar_choose (double um_per_unit, double max_length, double *length, char **label)
{
  double most = um_per_unit * max_length;
  double power, um = 0;

  if (!(um_per_unit > 0) || !isfinite (um_per_unit) || !(max_length > 0) || !(most >= 1e-9) ||
      !(most < 1e15))
    return FALSE;
  power = pow (10, floor (log10 (most)));
  for (int digit = 0; digit < 4; digit++)
    {
      const double digits[] = { 1, 2, 5, 10 };

      if (digits[digit] * power <= most * (1 + 1e-9))
        um = digits[digit] * power;
    }
  if (!(um > 0))
    um = power;
  *length = um / um_per_unit;
  if (um < 0.9999)
    *label = g_strdup_printf ("%g nm", round (um * 1e9) / 1e6);
  else if (um < 999.9)
    *label = g_strdup_printf ("%g µm", um);
  else if (um < 999.9e3)
    *label = g_strdup_printf ("%g mm", um / 1e3);
  else if (um < 999.9e6)
    *label = g_strdup_printf ("%g m", um / 1e6);
  else
    *label = g_strdup_printf ("%g km", um / 1e9);
  return TRUE;
}

void
why_scale_bar_draw (cairo_t *cr, double um_per_unit, double max_length, double font_size, double x,
                    double y)
{
  const WhyThemeColors *colors = why_theme_colors (WHY_THEME_ON_PICTURE);
  double length, text_width, text_height;
  double padding = font_size * 0.5;
  double thickness = font_size * 0.24;
  g_autofree char *label = NULL;

  if (!why_scale_bar_choose (um_per_unit, max_length, &length, &label))
    return;

  g_autoptr (PangoLayout) text = why_text_layout (cr, label, font_size, TRUE, 0);
  why_text_size (text, &text_width, &text_height);
  double width = MAX (length, text_width);
  double height = text_height + thickness * 1.6;

  cairo_save (cr);
  cairo_new_path (cr);
  why_theme_rounded (cr, x, y - height - 2 * padding, width + 2 * padding, height + 2 * padding,
                     font_size * RADIUS);
  why_theme_set_source (cr, &colors->ground);
  cairo_fill (cr);
  why_theme_set_source (cr, &colors->text);
  why_text_draw (cr, text, x + padding + (width - text_width) / 2, y - padding - height);
  cairo_rectangle (cr, x + padding + (width - length) / 2, y - padding - thickness, length,
                   thickness);
  cairo_fill (cr);
  cairo_restore (cr);
}

void
why_bar_row_draw (cairo_t *cr, const char *label, const char *value, double share, gboolean highlight,
                  WhyTheme theme, double font_size, const WhyRect *row)
{
  const WhyThemeColors *colors = why_theme_colors (theme);
  g_autoptr (PangoLayout) number = why_text_layout (cr, value, font_size, highlight, 0);
  /* All rows leave room for the widest number, so that the bars line up. */
  g_autoptr (PangoLayout) widest = why_text_layout (cr, "> 99.9 %", font_size, TRUE, 0);
  double gap = font_size * 0.6;
  double number_width, number_height, widest_width, widest_height, label_width, label_height;

  why_text_size (number, &number_width, &number_height);
  why_text_size (widest, &widest_width, &widest_height);
  double room = MAX (row->width - widest_width - 2 * gap, 1);
  double label_room = room * 0.52;
  double bar_x = row->x + label_room + gap;
  double bar_width = MAX (room - label_room, 0);
  double bar_height = MIN (font_size * 0.62, row->height);
  double bar_y = row->y + (row->height - bar_height) / 2;
  g_autoptr (PangoLayout) name = why_text_layout (cr, label, font_size, highlight, label_room);

  why_text_size (name, &label_width, &label_height);
  cairo_save (cr);
  cairo_new_path (cr);
  why_theme_set_source (cr, highlight ? &colors->highlight : &colors->text);
  why_text_draw (cr, name, row->x, row->y + (row->height - label_height) / 2);
  why_text_draw (cr, number, row->x + row->width - number_width,
                 row->y + (row->height - number_height) / 2);
  why_theme_rounded (cr, bar_x, bar_y, bar_width, bar_height, bar_height / 2);
  cairo_clip_preserve (cr);
  why_theme_set_source (cr, &colors->track);
  cairo_fill (cr);
  if (share > 0)
    {
      cairo_rectangle (cr, bar_x, bar_y, bar_width * MIN (share, 1), bar_height);
      why_theme_set_source (cr, highlight ? &colors->highlight : &colors->bar);
      cairo_fill (cr);
    }
  cairo_restore (cr);
}
