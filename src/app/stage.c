#include "config.h"

#include "stage.h"

#include "compat.h"
#include "service/percent.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

/* Sizes in units of the widget: see unit_of(). */
#define TITLE 2.5
#define NUMBER 4.6
#define SMALL 1.15
#define BAR 1.1
#define ROW 2.6
#define LEGEND 8.0
#define GAP 0.9

/* How much of the way to its value a bar goes in a second: most of it in a quarter. */
#define GLIDE 9.0

typedef struct
{
  char *label;
  double share;
  double before;
  double shown; /* gliding to share */
} Row;

struct _WhyStage
{
  GtkWidget parent_instance;

  Row rows[WHY_STAGE_ROWS];
  gsize n_rows;
  WhyOverlayStyle style;
  gboolean has_legend;
  double lo, hi;
  char *caption;
  char *position;
  guint tick_id;
  gint64 last_frame;
};

G_DEFINE_FINAL_TYPE (WhyStage, why_stage, GTK_TYPE_WIDGET)

static double
unit_of (WhyStage *self)
{
  return MAX (4, MIN (gtk_widget_get_height (GTK_WIDGET (self)) / 34.0, gtk_widget_get_width (GTK_WIDGET (self)) / 18.0));
}

/* ---- drawing ---- */

typedef struct
{
  WhyStage *self;
  cairo_t *cr;
  double unit, width, top;
  GdkRGBA text, accent;
  WhyTheme theme;
} Page;

static PangoLayout *
layout_text (const Page *page, const char *text, double size, gboolean bold, int n_lines)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (page->self), text);
  PangoFontDescription *font = pango_font_description_copy (pango_context_get_font_description (pango_layout_get_context (layout)));

  pango_font_description_set_absolute_size (font, size * page->unit * PANGO_SCALE);
  pango_font_description_set_weight (font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_width (layout, (int) (page->width * PANGO_SCALE));
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_height (layout, -n_lines);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  return layout;
}

static void
put_text (Page *page, const char *text, double size, gboolean bold, const GdkRGBA *color, double alpha, int n_lines)
{
  g_autoptr (PangoLayout) layout = layout_text (page, text, size, bold, n_lines);
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  cairo_set_source_rgba (page->cr, (double) color->red, (double) color->green, (double) color->blue, alpha);
  cairo_move_to (page->cr, 0, page->top);
  pango_cairo_show_layout (page->cr, layout);
  page->top += height;
}

/* A line that is made smaller where it does not fit. */
static void
put_line (Page *page, const char *text, double size, gboolean bold, const GdkRGBA *color)
{
  g_autoptr (PangoLayout) layout = layout_text (page, text, size, bold, 1);
  int width;

  pango_layout_set_width (layout, -1);
  pango_layout_get_pixel_size (layout, &width, NULL);
  put_text (page, text, width > page->width ? size * page->width / (width + 1) * 0.98 : size, bold, color, 1, 1);
}

static void
fill_bar (const Page *page, double height, double share, const GdkRGBA *color, double alpha)
{
  const double radius = height / 2;

  if (!(share > 0))
    return;
  cairo_save (page->cr);
  cairo_new_path (page->cr);
  cairo_arc (page->cr, radius, page->top + radius, radius, G_PI / 2, 3 * G_PI / 2);
  cairo_arc (page->cr, page->width - radius, page->top + radius, radius, -G_PI / 2, G_PI / 2);
  cairo_close_path (page->cr);
  cairo_clip (page->cr);
  cairo_rectangle (page->cr, 0, page->top, page->width * MIN (share, 1), height);
  cairo_set_source_rgba (page->cr, (double) color->red, (double) color->green, (double) color->blue, alpha);
  cairo_fill (page->cr);
  cairo_restore (page->cr);
}

/* The class that is explained. What the bar was before the covers stays to be seen behind it. */
static void
put_answer (Page *page, const Row *row)
{
  g_autofree char *percent = why_percent_text (row->shown > 0.9999 ? row->share : row->shown);

  put_text (page, row->label, TITLE, TRUE, &page->text, 1, 3);
  put_line (page, percent, NUMBER, TRUE, &page->accent);
  page->top += 0.3 * page->unit;
  fill_bar (page, BAR * page->unit, 1, &page->text, 0.13);
  if (row->before >= 0)
    fill_bar (page, BAR * page->unit, row->before, &page->accent, 0.35);
  fill_bar (page, BAR * page->unit, row->shown, &page->accent, 1);
  page->top += BAR * page->unit;
  if (row->before >= 0)
    {
      g_autofree char *before = why_percent_text (row->before);
      /* Translators: probability of the class before a part of the picture was covered */
      g_autofree char *text = g_strdup_printf (_("%s before covering"), before);
      page->top += 0.3 * page->unit;
      put_text (page, text, SMALL, FALSE, &page->text, 0.75, 1);
    }
  page->top += 1.6 * page->unit;
}

/* Name and number over a bar of the whole width: a long name keeps its end. */
static void
put_row (Page *page, const Row *row)
{
  g_autofree char *percent = why_percent_text (row->shown > 0.9999 ? row->share : row->shown);
  g_autoptr (PangoLayout) number = layout_text (page, percent, SMALL, FALSE, 1);
  g_autoptr (PangoLayout) name = layout_text (page, row->label, SMALL, FALSE, 1);
  int width;
  int height;

  pango_layout_get_pixel_size (number, &width, &height);
  pango_layout_set_width (name, (int) (MAX (page->width - width - page->unit, 1) * PANGO_SCALE));
  cairo_set_source_rgb (page->cr, (double) page->text.red, (double) page->text.green, (double) page->text.blue);
  cairo_move_to (page->cr, 0, page->top);
  pango_cairo_show_layout (page->cr, name);
  cairo_move_to (page->cr, page->width - width, page->top);
  pango_cairo_show_layout (page->cr, number);
  page->top += height + 0.1 * page->unit;
  fill_bar (page, 0.45 * page->unit, 1, &page->text, 0.13);
  fill_bar (page, 0.45 * page->unit, row->shown, &page->text, 0.6);
  page->top += 1.1 * page->unit;
}

static void
put_legend (Page *page, double bottom)
{
  WhyStage *self = page->self;
  WhyColorBar bar = {
    .style = &self->style,
    .lo = self->lo,
    .hi = self->hi,
    .font_size = SMALL * page->unit,
    .theme = page->theme,
    .length = page->width * 0.9,
  };
  double width;
  double height;
  int text_height;

  g_autoptr (PangoLayout) layout = layout_text (page, self->caption, SMALL, FALSE, 2);
  pango_layout_get_pixel_size (layout, NULL, &text_height);
  why_color_bar_measure (page->cr, &bar, page->width, &width, &height);
  page->top = MAX (page->top, bottom - height - text_height - GAP * page->unit);
  put_text (page, self->caption, SMALL, FALSE, &page->text, 1, 2);
  why_color_bar_draw (page->cr, &bar, 0, page->top + 0.3 * page->unit, page->width);
  page->top += height;
}

static void
why_stage_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyStage *self = WHY_STAGE (widget);
  const int width = gtk_widget_get_width (widget);
  const int height = gtk_widget_get_height (widget);
  const double unit = unit_of (self);
  Page page = {
    .self = self,
    .unit = unit,
    .width = MAX (width - 2 * unit, 1),
    .theme = adw_style_manager_get_dark (adw_style_manager_get_default ()) ? WHY_THEME_DARK : WHY_THEME_LIGHT,
  };
  double bottom = height - 2 * unit;

  if (width < 8 || height < 8)
    return;
  why_compat_get_color (widget, &page.text);
  why_compat_get_accent (widget, &page.accent);
  page.cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  cairo_translate (page.cr, unit, 2 * unit);
  bottom -= 2 * unit;
  if (self->n_rows > 0)
    put_answer (&page, &self->rows[0]);
  for (gsize row = 1; row < self->n_rows && page.top + ROW * unit < bottom - (self->has_legend ? LEGEND : 3) * unit; row++)
    put_row (&page, &self->rows[row]);
  if (*self->position != '\0')
    {
      const double kept = page.top;
      page.top = bottom - SMALL * unit;
      put_text (&page, self->position, SMALL, FALSE, &page.text, 0.6, 1);
      page.top = kept;
      bottom -= 2.2 * unit;
    }
  if (self->has_legend)
    put_legend (&page, bottom);
  cairo_destroy (page.cr);
}

/* ---- bars that glide ---- */

static gboolean
glide_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyStage *self = WHY_STAGE (widget);
  const gint64 now = gdk_frame_clock_get_frame_time (clock);
  const double seconds = self->last_frame > 0 ? (double) (now - self->last_frame) / G_USEC_PER_SEC : 0;
  const double step = 1 - exp (-GLIDE * seconds);
  gboolean moves = FALSE;

  self->last_frame = now;
  for (gsize row = 0; row < self->n_rows; row++)
    {
      Row *here = &self->rows[row];
      here->shown += (here->share - here->shown) * step;
      if (fabs (here->shown - here->share) < 0.002)
        here->shown = here->share;
      moves = moves || here->shown != here->share;
    }
  gtk_widget_queue_draw (widget);
  if (moves)
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

static void
start_gliding (WhyStage *self, gboolean at_once)
{
  gboolean animations = TRUE;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &animations, NULL);
  if (at_once || !animations || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      for (gsize row = 0; row < self->n_rows; row++)
        self->rows[row].shown = self->rows[row].share;
    }
  else if (self->tick_id == 0)
    {
      self->last_frame = 0;
      self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), glide_cb, NULL, NULL);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- setters ---- */

static void
tell (WhyStage *self)
{
  g_autofree char *text = why_stage_dup_text (self);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Answer of the network"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

void
why_stage_set_rows (WhyStage *self, const WhyStageRow *rows, gsize n_rows, gboolean at_once)
{
  g_return_if_fail (WHY_IS_STAGE (self));

  n_rows = MIN (n_rows, WHY_STAGE_ROWS);
  for (gsize row = 0; row < WHY_STAGE_ROWS; row++)
    {
      Row *here = &self->rows[row];
      const gboolean same = row < n_rows && row < self->n_rows && g_strcmp0 (here->label, rows[row].label) == 0;

      if (!same)
        {
          g_free (here->label);
          here->label = row < n_rows ? g_strdup (rows[row].label) : NULL;
          /* Another class's bar is no beginning: it grows from nothing. */
          here->shown = 0;
        }
      if (row < n_rows)
        {
          here->share = CLAMP (rows[row].share, 0, 1);
          here->before = rows[row].before;
        }
    }
  self->n_rows = n_rows;
  start_gliding (self, at_once);
  tell (self);
}

void
why_stage_set_legend (WhyStage *self, const WhyOverlayStyle *style, double lo, double hi, const char *caption)
{
  g_return_if_fail (WHY_IS_STAGE (self));

  self->has_legend = style != NULL;
  if (style != NULL)
    self->style = *style;
  self->lo = lo;
  self->hi = hi;
  g_free (self->caption);
  self->caption = g_strdup (caption != NULL ? caption : "");
  gtk_widget_queue_draw (GTK_WIDGET (self));
  tell (self);
}

void
why_stage_set_position (WhyStage *self, const char *position)
{
  g_return_if_fail (WHY_IS_STAGE (self));

  g_free (self->position);
  self->position = g_strdup (position);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

char *
why_stage_dup_text (WhyStage *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (WHY_IS_STAGE (self), NULL);

  for (gsize row = 0; row < self->n_rows; row++)
    {
      g_autofree char *percent = why_percent_text (self->rows[row].share);
      g_string_append_printf (text, "%s%s %s", row > 0 ? ", " : "", self->rows[row].label, percent);
      if (self->rows[row].before < 0)
        continue;
      g_autofree char *before = why_percent_text (self->rows[row].before);
      g_string_append_c (text, ' ');
      /* Translators: a probability before something was covered */
      g_string_append_printf (text, _("(before: %s)"), before);
    }
  if (self->has_legend)
    g_string_append_printf (text, ". %s", self->caption);
  if (*self->position != '\0')
    g_string_append_printf (text, ". %s", self->position);
  return g_string_free (text, FALSE);
}

/* ---- widget ---- */

static void
why_stage_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural, int *minimum_baseline,
                   int *natural_baseline)
{
  *minimum = 120;
  *natural = 360;
}

static void
why_stage_finalize (GObject *object)
{
  WhyStage *self = WHY_STAGE (object);

  for (gsize row = 0; row < WHY_STAGE_ROWS; row++)
    g_free (self->rows[row].label);
  g_free (self->caption);
  g_free (self->position);
  G_OBJECT_CLASS (why_stage_parent_class)->finalize (object);
}

static void
why_stage_class_init (WhyStageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = why_stage_finalize;
  widget_class->snapshot = why_stage_snapshot;
  widget_class->measure = why_stage_measure;
  gtk_widget_class_set_css_name (widget_class, "stage");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
why_stage_init (WhyStage *self)
{
  self->caption = g_strdup ("");
  self->position = g_strdup ("");
  /* Bars are read from left to right in every language. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
}

GtkWidget *
why_stage_new (void)
{
  return g_object_new (WHY_TYPE_STAGE, NULL);
}
