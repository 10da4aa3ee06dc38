#include "config.h"

#include "plane-pane.h"

#include "words.h"

#include <glib/gi18n.h>

struct _WhyPlanePane
{
  GtkWidget parent_instance;

  GtkWidget *title;
  GtkWidget *value;
  GtkWidget *canvas;

  /* Owned */
  WhyPlaneImage image;

  /* Borrowed: outlives its panes */
  WhyDocument *document;

  WhyPlaneKind kind;
  gboolean projected;
};

G_DEFINE_FINAL_TYPE (WhyPlanePane, why_plane_pane, GTK_TYPE_WIDGET)

/* ---- life ---- */

static void
why_plane_pane_dispose (GObject *object)
{
  WhyPlanePane *self = WHY_PLANE_PANE (object);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  why_plane_image_clear (&self->image);
  G_OBJECT_CLASS (why_plane_pane_parent_class)->dispose (object);
}

static void
why_plane_pane_class_init (WhyPlanePaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_plane_pane_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "pane");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
why_plane_pane_init (WhyPlanePane *self)
{
  GtkWidget *header = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *frame = gtk_overlay_new ();

  gtk_orientable_set_orientation (GTK_ORIENTABLE (gtk_widget_get_layout_manager (GTK_WIDGET (self))), GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_widget_add_css_class (header, "pane-header");
  self->title = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->title), 0);
  gtk_widget_set_hexpand (self->title, TRUE);
  gtk_widget_add_css_class (self->title, "heading");
  gtk_widget_add_css_class (self->title, "numeric");
  gtk_box_append (GTK_BOX (header), self->title);
  self->value = gtk_label_new ("");
  gtk_widget_add_css_class (self->value, "numeric");
  gtk_box_append (GTK_BOX (header), self->value);
  gtk_widget_set_parent (header, GTK_WIDGET (self));

  self->canvas = why_canvas_new ();
  why_canvas_set_meets (WHY_CANVAS (self->canvas), TRUE);
  why_canvas_set_steps_slices (WHY_CANVAS (self->canvas), TRUE);
  why_canvas_set_with_overview (WHY_CANVAS (self->canvas), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture with map"), -1);
  gtk_widget_add_css_class (frame, "canvas-frame");
  gtk_widget_set_vexpand (frame, TRUE);
  gtk_widget_set_hexpand (frame, TRUE);
  gtk_overlay_set_child (GTK_OVERLAY (frame), self->canvas);
  gtk_widget_set_parent (frame, GTK_WIDGET (self));
}

GtkWidget *
why_plane_pane_new (WhyDocument *document)
{
  WhyPlanePane *self = g_object_new (WHY_TYPE_PLANE_PANE, NULL);

  self->document = document;
  return GTK_WIDGET (self);
}

/* ---- getters ---- */

WhyPlaneKind
why_plane_pane_get_plane (WhyPlanePane *self)
{
  g_return_val_if_fail (WHY_IS_PLANE_PANE (self), WHY_PLANE_AXIAL);
  return self->kind;
}

gboolean
why_plane_pane_get_projected (WhyPlanePane *self)
{
  g_return_val_if_fail (WHY_IS_PLANE_PANE (self), FALSE);
  return self->projected;
}

WhyCanvas *
why_plane_pane_get_canvas (WhyPlanePane *self)
{
  g_return_val_if_fail (WHY_IS_PLANE_PANE (self), NULL);
  return WHY_CANVAS (self->canvas);
}

const WhyPicture *
why_plane_pane_get_picture (WhyPlanePane *self)
{
  g_return_val_if_fail (WHY_IS_PLANE_PANE (self), NULL);
  return self->image.picture;
}

/* ---- what it shows ---- */

static void
update_title (WhyPlanePane *self)
{
  g_autofree char *title = why_words_plane (self->image.picture);

  gtk_label_set_label (GTK_LABEL (self->title), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  _("Arrow keys move the cross hair in all planes, Page Up and Page Down show other slices."), -1);
}

void
why_plane_pane_update (WhyPlanePane *self)
{
  WhyCanvas *canvas = WHY_CANVAS (self->canvas);
  WhyPlaneImage *image = &self->image;
  gint64 voxel[3];
  char sides[4];
  double x;
  double y;

  g_return_if_fail (WHY_IS_PLANE_PANE (self));
  if (!why_document_show_plane (self->document, self->kind, self->projected, image) ||
      !why_document_get_cross_hair (self->document, voxel))
    {
      why_canvas_set_marker (canvas, FALSE, 0, 0);
      why_canvas_set_map (canvas, NULL, NULL);
      why_canvas_set_picture (canvas, NULL);
      return;
    }
  why_canvas_set_picture (canvas, image->picture->display);
  why_canvas_set_turn (canvas, why_document_get_turn (self->document));
  if (image->map != NULL)
    {
      why_canvas_set_style (canvas, &image->style);
      why_canvas_set_map (canvas, image->map->values, &image->overlay.to_source);
    }
  else
    why_canvas_set_map (canvas, NULL, NULL);
  why_canvas_set_show_map (canvas, why_document_get_show_map (self->document));
  why_canvas_set_um_per_pixel (canvas, why_picture_get_um_per_pixel (image->picture));
  why_canvas_set_sides (canvas, why_picture_get_sides (image->picture, sides) ? sides : NULL);
  why_picture_find_place (image->picture, voxel, &x, &y);
  why_canvas_set_marker (canvas, TRUE, x, y);
  update_title (self);
}

void
why_plane_pane_update_value (WhyPlanePane *self)
{
  const WhyProbe *probe = why_canvas_get_probe (WHY_CANVAS (self->canvas));
  g_autofree char *text = probe->valid && probe->has_map ? why_words_number ((double) probe->value) : g_strdup ("");

  gtk_label_set_label (GTK_LABEL (self->value), text);
}

void
why_plane_pane_set (WhyPlanePane *self, WhyPlaneKind kind, gboolean projected)
{
  g_return_if_fail (WHY_IS_PLANE_PANE (self));
  self->kind = kind;
  self->projected = projected;
}

void
why_plane_pane_set_current (WhyPlanePane *self, gboolean current)
{
  g_return_if_fail (WHY_IS_PLANE_PANE (self));
  if (current)
    gtk_widget_add_css_class (GTK_WIDGET (self), "current");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "current");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_SELECTED, current, -1);
}
