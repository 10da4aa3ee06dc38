#include "config.h"

#include "share-bar.h"

#include "compat.h"

#define HEIGHT 6

struct _WhyShareBar
{
  GtkWidget parent_instance;

  double share;
  double before;
  gboolean strong;
};

G_DEFINE_FINAL_TYPE (WhyShareBar, why_share_bar, GTK_TYPE_WIDGET)

static void
append_part (GtkSnapshot *snapshot, double from, double to, int width, int height, gboolean rtl,
             const GdkRGBA *color)
{
  const float left = (float) ((rtl ? 1 - to : from) * width);
  const float length = (float) ((to - from) * width);

  if (length > 0)
    gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (left, 0, length, (float) height));
}

static void
why_share_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyShareBar *self = WHY_SHARE_BAR (widget);
  const int width = gtk_widget_get_width (widget);
  const int height = gtk_widget_get_height (widget);
  const gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  GskRoundedRect clip;
  GdkRGBA text;
  GdkRGBA solid;

  why_compat_get_color (widget, &text);
  if (self->strong)
    why_compat_get_accent (widget, &solid);
  else
    {
      solid = text;
      solid.alpha *= 0.45f;
    }
  GdkRGBA trough = text;
  trough.alpha *= 0.10f;
  GdkRGBA earlier = self->strong ? solid : text;
  earlier.alpha *= self->strong ? 0.40f : 0.22f;

  gsk_rounded_rect_init_from_rect (&clip, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height),
                                   (float) height / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &clip);
  append_part (snapshot, 0, 1, width, height, rtl, &trough);
  if (self->before > self->share)
    append_part (snapshot, self->share, self->before, width, height, rtl, &earlier);
  append_part (snapshot, 0, self->share, width, height, rtl, &solid);
  gtk_snapshot_pop (snapshot);
  /* Where it was before, when it grew: a tick in the solid part. */
  if (self->before >= 0.005 && self->before < self->share - 0.005)
    {
      const float x = (float) ((rtl ? 1 - self->before : self->before) * width);
      gtk_snapshot_append_color (snapshot, &text, &GRAPHENE_RECT_INIT (x - 1, 0, 2, (float) height));
    }
}

static void
why_share_bar_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                       int *minimum_baseline, int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 40 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 120 : HEIGHT;
}

static void
why_share_bar_class_init (WhyShareBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = why_share_bar_snapshot;
  widget_class->measure = why_share_bar_measure;
  gtk_widget_class_set_css_name (widget_class, "sharebar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
why_share_bar_init (WhyShareBar *self)
{
  self->before = -1;
}

void
why_share_bar_set_shares (WhyShareBar *self, double share, double before, gboolean strong)
{
  g_return_if_fail (WHY_IS_SHARE_BAR (self));

  share = share > 0 ? MIN (share, 1) : 0;
  before = before >= 0 ? MIN (before, 1) : -1;
  if (share == self->share && before == self->before && strong == self->strong)
    return;
  self->share = share;
  self->before = before;
  self->strong = strong;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
