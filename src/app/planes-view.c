#include "config.h"

#include "planes-view.h"

#include "plane-pane.h"
#include "words.h"

#define SPACING 6
/* Smaller panes show nothing. */
#define LEAST_SIDE 200
/* Planes of large volumes take a while: the rest follows with the next frame. */
#define FRAME_US 4000

enum
{
  PANE_PROJECTION = 3,
};

struct _WhyPlanesView
{
  GtkWidget parent_instance;

  GtkWidget *panes[WHY_N_PLANE_PANES];

  /* Owned */
  WhyDocument *document;

  gboolean dirty[WHY_N_PLANE_PANES];
  int first; /* to be brought up to date: the one that somebody looks at */
  guint tick_id;
  int probed;
  gboolean single;
  gboolean passing; /* a zoom on */
};

G_DEFINE_FINAL_TYPE (WhyPlanesView, why_planes_view, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_PROBED,
  SIGNAL_ZOOM_CHANGED,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

static WhyPlanePane *
get_pane (WhyPlanesView *self, int pane)
{
  return WHY_PLANE_PANE (self->panes[pane]);
}

static int
current_pane (WhyPlanesView *self)
{
  return (int) why_document_get_plane (self->document);
}

static int
find_pane (WhyPlanesView *self, WhyCanvas *canvas)
{
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      if (why_plane_pane_get_canvas (get_pane (self, pane)) == canvas)
        return pane;
    }
  return -1;
}

/* ---- from the document ---- */

/* The colour bar is shown once: over the projection, or where there is nothing else. */
static void
place_legend (WhyPlanesView *self)
{
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    why_canvas_set_with_legend (why_plane_pane_get_canvas (get_pane (self, pane)), self->single || pane == PANE_PROJECTION);
}

static void
show_current (WhyPlanesView *self)
{
  const int current = current_pane (self);

  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      why_plane_pane_set_current (get_pane (self, pane), pane == current);
      gtk_widget_set_child_visible (self->panes[pane], !self->single || pane == current);
    }
}

static gboolean
update_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyPlanesView *self = WHY_PLANES_VIEW (widget);
  const gint64 start = g_get_monotonic_time ();

  for (int turn = 0; turn < WHY_N_PLANE_PANES; turn++)
    {
      const int pane = (self->first + turn) % WHY_N_PLANE_PANES;

      if (!self->dirty[pane])
        continue;
      if (g_get_monotonic_time () - start > FRAME_US)
        return G_SOURCE_CONTINUE;
      self->dirty[pane] = FALSE;
      if (pane == PANE_PROJECTION)
        why_plane_pane_set (get_pane (self, pane), why_document_get_plane (self->document), TRUE);
      why_plane_pane_update (get_pane (self, pane));
      why_plane_pane_update_value (get_pane (self, pane));
    }
  self->tick_id = 0;
  g_signal_emit (self, signals[SIGNAL_PROBED], 0);
  return G_SOURCE_REMOVE;
}

static void
queue_update (WhyPlanesView *self)
{
  if (!why_document_get_three_planes (self->document))
    return;
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    self->dirty[pane] = TRUE;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), update_cb, NULL, NULL);
}

static void
on_plane_cb (WhyPlanesView *self)
{
  show_current (self);
  queue_update (self);
}

/* ---- from the panes ---- */

/* Slider and keys are for the plane that somebody works in. */
static void
make_current (WhyPlanesView *self, int pane)
{
  const WhyPlaneKind kind = why_plane_pane_get_plane (get_pane (self, pane));

  self->first = pane;
  if (kind != why_document_get_plane (self->document))
    why_document_set_slice (self->document, kind, why_document_get_slice_of (self->document, kind));
}

static void
on_cross_placed_cb (WhyCanvas *canvas, double x, double y, WhyPlanesView *self)
{
  const int pane = find_pane (self, canvas);
  const WhyPicture *picture = why_plane_pane_get_picture (get_pane (self, pane));
  gint64 voxel[3];

  if (picture == NULL || !why_picture_find_voxel (picture, x, y, voxel))
    return;
  make_current (self, pane);
  why_document_set_cross_hair (self->document, voxel);
}

static void
on_cross_stepped_cb (WhyCanvas *canvas, int right, int down, WhyPlanesView *self)
{
  const int pane = find_pane (self, canvas);
  const WhyPicture *picture = why_plane_pane_get_picture (get_pane (self, pane));
  gint64 voxel[3];

  if (picture == NULL || !why_document_get_cross_hair (self->document, voxel))
    return;
  why_picture_step (picture, right, down, voxel);
  make_current (self, pane);
  why_document_set_cross_hair (self->document, voxel);
}

static void
on_slice_stepped_cb (WhyCanvas *canvas, int n_steps, WhyPlanesView *self)
{
  const int pane = find_pane (self, canvas);
  const WhyPlaneKind kind = why_plane_pane_get_plane (get_pane (self, pane));

  make_current (self, pane);
  why_document_set_slice (self->document, kind, why_document_get_slice_of (self->document, kind) + n_steps);
}

static void
on_probed_cb (WhyCanvas *canvas, WhyPlanesView *self)
{
  const int pane = find_pane (self, canvas);

  if (pane < 0)
    return;
  if (why_canvas_is_probed_by_hand (canvas))
    self->probed = pane;
  else if (self->probed == pane)
    self->probed = -1;
  why_plane_pane_update_value (get_pane (self, pane));
  g_signal_emit (self, signals[SIGNAL_PROBED], 0);
}

/* The others keep the cross hair in their middle, at the same scale on the body. */
static void
on_place_cb (WhyCanvas *canvas, WhyPlanesView *self)
{
  const int lead = find_pane (self, canvas);
  const WhyPicture *picture = lead >= 0 ? why_plane_pane_get_picture (get_pane (self, lead)) : NULL;
  const double um = picture != NULL ? why_picture_get_um_per_pixel (picture) : 0;
  gint64 voxel[3];
  WhyPlace place;

  if (self->passing || picture == NULL || !gtk_widget_get_mapped (GTK_WIDGET (canvas)) ||
      !why_document_get_cross_hair (self->document, voxel))
    return;
  why_canvas_get_place (canvas, &place);
  self->passing = TRUE;
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      const WhyPicture *other = why_plane_pane_get_picture (get_pane (self, pane));
      WhyPlace there = { .fit = place.fit, .zoom = place.zoom };

      if (pane == lead || other == NULL)
        continue;
      if (um > 0)
        there.zoom *= why_picture_get_um_per_pixel (other) / um;
      why_picture_find_place (other, voxel, &there.center_x, &there.center_y);
      why_canvas_set_place (why_plane_pane_get_canvas (get_pane (self, pane)), &there);
    }
  self->passing = FALSE;
  g_signal_emit (self, signals[SIGNAL_ZOOM_CHANGED], 0);
}

static void
on_focus_cb (GtkEventControllerFocus *controller, WhyPlanesView *self)
{
  const int pane = find_pane (self, WHY_CANVAS (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller))));

  if (pane >= 0 && pane != PANE_PROJECTION)
    make_current (self, pane);
}

/* ---- lay-out ---- */

static void
why_planes_view_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                         int *minimum_baseline, int *natural_baseline)
{
  WhyPlanesView *self = WHY_PLANES_VIEW (widget);

  *minimum = 0;
  *natural = 2 * LEAST_SIDE + SPACING;
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      int least;

      gtk_widget_measure (self->panes[pane], orientation, -1, &least, NULL, NULL, NULL);
      *minimum = MAX (*minimum, least);
    }
}

/* From left to right in every language: the axial plane stands above the sagittal one as in other programs. */
static void
why_planes_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyPlanesView *self = WHY_PLANES_VIEW (widget);
  const gboolean single = width < 2 * LEAST_SIDE + SPACING || height < 2 * LEAST_SIDE + SPACING;
  const int left = (width - SPACING) / 2;
  const int top = (height - SPACING) / 2;

  if (single != self->single)
    {
      self->single = single;
      place_legend (self);
      show_current (self);
    }
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      const int x = pane % 2 == 0 ? 0 : left + SPACING;
      const int y = pane / 2 == 0 ? 0 : top + SPACING;
      const GtkAllocation quarter = { x, y, pane % 2 == 0 ? left : width - x, pane / 2 == 0 ? top : height - y };
      const GtkAllocation all = { 0, 0, width, height };

      if (gtk_widget_get_child_visible (self->panes[pane]))
        gtk_widget_size_allocate (self->panes[pane], single ? &all : &quarter, -1);
    }
}

/* ---- life ---- */

static void
why_planes_view_dispose (GObject *object)
{
  WhyPlanesView *self = WHY_PLANES_VIEW (object);

  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    g_clear_pointer (&self->panes[pane], gtk_widget_unparent);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_planes_view_parent_class)->dispose (object);
}

static void
why_planes_view_class_init (WhyPlanesViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_planes_view_dispose;
  widget_class->measure = why_planes_view_measure;
  widget_class->size_allocate = why_planes_view_size_allocate;
  signals[SIGNAL_PROBED] = g_signal_new ("probed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  signals[SIGNAL_ZOOM_CHANGED] = g_signal_new ("zoom-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                               NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_css_name (widget_class, "planesview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
why_planes_view_init (WhyPlanesView *self)
{
  self->probed = -1;
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
}

static void
add_pane (WhyPlanesView *self, int pane)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->panes[pane] = why_plane_pane_new (self->document);
  gtk_widget_set_parent (self->panes[pane], GTK_WIDGET (self));
  if (pane != PANE_PROJECTION)
    why_plane_pane_set (get_pane (self, pane), (WhyPlaneKind) pane, FALSE);
  WhyCanvas *canvas = why_plane_pane_get_canvas (get_pane (self, pane));
  g_signal_connect_object (canvas, "cross-placed", G_CALLBACK (on_cross_placed_cb), self, 0);
  g_signal_connect_object (canvas, "cross-stepped", G_CALLBACK (on_cross_stepped_cb), self, 0);
  g_signal_connect_object (canvas, "slice-stepped", G_CALLBACK (on_slice_stepped_cb), self, 0);
  g_signal_connect_object (canvas, "probed", G_CALLBACK (on_probed_cb), self, 0);
  g_signal_connect_object (canvas, "place-changed", G_CALLBACK (on_place_cb), self, 0);
  g_signal_connect_object (focus, "enter", G_CALLBACK (on_focus_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (canvas), focus);
}

GtkWidget *
why_planes_view_new (WhyDocument *document)
{
  static const char *const redraws[] = { "redraw", "updated", "notify::show-map", "notify::picture", "notify::cross-hair",
                                         "notify::view" };
  WhyPlanesView *self = g_object_new (WHY_TYPE_PLANES_VIEW, NULL);

  self->document = g_object_ref (document);
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    add_pane (self, pane);
  for (gsize redraw = 0; redraw < G_N_ELEMENTS (redraws); redraw++)
    g_signal_connect_object (document, redraws[redraw], G_CALLBACK (queue_update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::plane", G_CALLBACK (on_plane_cb), self, G_CONNECT_SWAPPED);
  place_legend (self);
  show_current (self);
  queue_update (self);
  return GTK_WIDGET (self);
}

/* ---- for the window ---- */

WhyCanvas *
why_planes_view_get_canvas (WhyPlanesView *self, int pane)
{
  g_return_val_if_fail (WHY_IS_PLANES_VIEW (self) && pane < WHY_N_PLANE_PANES, NULL);
  return why_plane_pane_get_canvas (get_pane (self, pane < 0 ? current_pane (self) : pane));
}

guint
why_planes_view_get_n_visible (WhyPlanesView *self)
{
  g_return_val_if_fail (WHY_IS_PLANES_VIEW (self), 0);
  return self->single ? 1 : WHY_N_PLANE_PANES;
}

gboolean
why_planes_view_is_settled (WhyPlanesView *self)
{
  g_return_val_if_fail (WHY_IS_PLANES_VIEW (self), TRUE);
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return TRUE;
  if (self->tick_id != 0)
    return FALSE;
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    {
      WhyCanvas *canvas = why_plane_pane_get_canvas (get_pane (self, pane));
      if (gtk_widget_get_mapped (GTK_WIDGET (canvas)) && !why_canvas_is_settled (canvas))
        return FALSE;
    }
  return TRUE;
}

void
why_planes_view_set_bare (WhyPlanesView *self, gboolean bare)
{
  g_return_if_fail (WHY_IS_PLANES_VIEW (self));
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    why_canvas_set_bare (why_plane_pane_get_canvas (get_pane (self, pane)), bare);
}

void
why_planes_view_set_outdated (WhyPlanesView *self, gboolean outdated)
{
  g_return_if_fail (WHY_IS_PLANES_VIEW (self));
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    why_canvas_set_outdated (why_plane_pane_get_canvas (get_pane (self, pane)), outdated);
}

void
why_planes_view_set_legend (WhyPlanesView *self, const char *title, const char *const *lines)
{
  g_return_if_fail (WHY_IS_PLANES_VIEW (self));
  for (int pane = 0; pane < WHY_N_PLANE_PANES; pane++)
    why_canvas_set_legend (why_plane_pane_get_canvas (get_pane (self, pane)), title, lines, NULL);
}

char *
why_planes_view_dup_probe (WhyPlanesView *self)
{
  g_return_val_if_fail (WHY_IS_PLANES_VIEW (self), NULL);
  const int pane = self->probed >= 0 ? self->probed : current_pane (self);

  return why_words_probe_volume (why_plane_pane_get_picture (get_pane (self, pane)),
                                 why_canvas_get_probe (why_plane_pane_get_canvas (get_pane (self, pane))));
}
