#include "config.h"

#include "take-panel.h"

#include "service/annotation.h"
#include "step-row.h"
#include "wrap-buttons.h"

#include <glib/gi18n.h>
#include <math.h>

#define ICON_SIDE 128.0

struct _WhyTakePanel
{
  AdwBin parent_instance;

  /* Template */
  GtkPicture *preview;
  AdwComboRow *kind;
  AdwComboRow *text;
  GtkWidget *scale_row;
  GtkWidget *text_scale_row;
  GtkWidget *dark_row;
  GtkAdjustment *scale;
  GtkAdjustment *text_scale;
  GtkAdjustment *pixel_size;
  GtkWidget *pixel_row;
  GtkWidget *volume_row;
  GtkLabel *caption;
  GtkWidget *caption_box;
  GtkListBox *steps;
  GtkWidget *steps_frame;
  GtkWidget *command_box;
  GtkLabel *command;

  WhyDocument *document;
  gboolean updating; /* widgets are being set, nobody has chosen */
};

G_DEFINE_FINAL_TYPE (WhyTakePanel, why_take_panel, ADW_TYPE_BIN)

/* In the order of the lists in the .ui file. */
static const char *const kinds[] = { "figure", "seen", "overlay", "raw", "raw-source", "scores" };
static const char *const texts[] = { "lines", "caption", "none" };

/* ---- from the document ---- */

static void
update (WhyTakePanel *self)
{
  g_autofree char *command = why_document_dup_command_line (self->document);
  g_autofree char *caption = why_document_dup_caption (self->document);

  gtk_widget_set_visible (self->command_box, command != NULL);
  gtk_label_set_label (self->command, command != NULL ? command : "");
  gtk_widget_set_visible (self->caption_box, caption != NULL);
  gtk_label_set_label (self->caption, caption != NULL ? caption : "");
}

static void
update_pixel_size (WhyTakePanel *self)
{
  const gboolean is_volume = why_document_is_volume (self->document);
  const double um = why_document_get_um_per_pixel (self->document);

  self->updating = TRUE;
  gtk_widget_set_visible (self->pixel_row, !is_volume);
  gtk_widget_set_visible (self->volume_row, is_volume);
  gtk_adjustment_set_value (self->pixel_size, um);
  self->updating = FALSE;
  /* Translators: micrometres */
  g_autofree char *text = um > 0 ? g_strdup_printf (_("%.4g µm, as the file states it"), um) : g_strdup (_("Unknown: the file does not state it"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->volume_row), text);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->pixel_row),
                               um > 0 ? _("Micrometres; measures the scale bar") : _("Pixel size unknown: there is no scale bar"));
}

static void
place_rows (WhyTakePanel *self)
{
  const guint n_steps = g_list_model_get_n_items (why_document_get_steps (self->document));
  const int current = why_document_get_step (self->document);
  const gboolean mixed = why_document_get_steps_mix_pictures (self->document);

  for (guint index = 0; index < n_steps; index++)
    {
      WhyStepRow *row = WHY_STEP_ROW (gtk_list_box_get_row_at_index (self->steps, (int) index));
      why_step_row_set_place (row, index, n_steps, (int) index == current);
      why_step_row_set_shows_picture (row, mixed);
    }
  gtk_widget_set_visible (self->steps_frame, n_steps > 0);
}

static GtkWidget *
create_row (gpointer item, gpointer data)
{
  return why_step_row_new (item);
}

static void
on_row_activated_cb (WhyTakePanel *self, GtkListBoxRow *row)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.step-go", "i", (int) why_step_row_get_index (WHY_STEP_ROW (row)));
}

/* ---- choices ---- */

static void
on_kind_cb (WhyTakePanel *self)
{
  if (!self->updating)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.export-kind", "s", kinds[adw_combo_row_get_selected (self->kind)]);
}

static void
on_text_cb (WhyTakePanel *self)
{
  if (!self->updating)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.export-text", "s", texts[adw_combo_row_get_selected (self->text)]);
}

static void
on_scale_cb (WhyTakePanel *self)
{
  if (!self->updating)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.export-scale", "d", gtk_adjustment_get_value (self->scale));
}

static void
on_text_scale_cb (WhyTakePanel *self)
{
  if (!self->updating)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.export-text-scale", "d", gtk_adjustment_get_value (self->text_scale));
}

static void
on_pixel_size_cb (WhyTakePanel *self)
{
  if (!self->updating)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.pixel-size", "d", gtk_adjustment_get_value (self->pixel_size));
}

void
why_take_panel_set_options (WhyTakePanel *self, const WhyExportOptions *options)
{
  const guint kind = options->kind == WHY_EXPORT_AUTO ? 0 : options->kind - WHY_EXPORT_FIGURE;
  const gboolean drawn = options->kind <= WHY_EXPORT_SEEN;

  g_return_if_fail (WHY_IS_TAKE_PANEL (self));

  self->updating = TRUE;
  adw_combo_row_set_selected (self->kind, kind);
  adw_combo_row_set_selected (self->text, (guint) options->text);
  gtk_adjustment_set_value (self->scale, options->scale);
  gtk_adjustment_set_value (self->text_scale, options->text_scale);
  self->updating = FALSE;
  /* Numbers have neither. */
  gtk_widget_set_visible (GTK_WIDGET (self->text), options->kind <= WHY_EXPORT_FIGURE);
  gtk_widget_set_visible (self->dark_row, options->kind <= WHY_EXPORT_FIGURE);
  gtk_widget_set_visible (self->scale_row, drawn);
  gtk_widget_set_visible (self->text_scale_row, drawn);
}

/* ---- preview ---- */

void
why_take_panel_set_canvas (WhyTakePanel *self, GtkWidget *canvas, GtkEventController *drag)
{
  g_autoptr (GdkPaintable) live = gtk_widget_paintable_new (canvas);

  g_return_if_fail (WHY_IS_TAKE_PANEL (self));

  gtk_picture_set_paintable (self->preview, live);
  gtk_widget_add_controller (GTK_WIDGET (self->preview), drag);
}

GdkPaintable *
why_take_panel_dup_icon (WhyTakePanel *self)
{
  g_return_val_if_fail (WHY_IS_TAKE_PANEL (self), NULL);

  GdkPaintable *live = gtk_picture_get_paintable (self->preview);
  const double width = live != NULL ? gdk_paintable_get_intrinsic_width (live) : 0;
  const double height = live != NULL ? gdk_paintable_get_intrinsic_height (live) : 0;
  if (width <= 0 || height <= 0)
    return NULL;
  const double shrink = MIN (1, ICON_SIDE / MAX (width, height));
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  const graphene_size_t size = GRAPHENE_SIZE_INIT ((float) ceil (width * shrink), (float) ceil (height * shrink));
  gdk_paintable_snapshot (live, snapshot, (double) size.width, (double) size.height);
  return gtk_snapshot_free_to_paintable (g_steal_pointer (&snapshot), &size);
}

/* ---- life ---- */

static void
why_take_panel_dispose (GObject *object)
{
  WhyTakePanel *self = WHY_TAKE_PANEL (object);

  if (self->steps != NULL)
    gtk_list_box_bind_model (self->steps, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_TAKE_PANEL);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_take_panel_parent_class)->dispose (object);
}

static void
why_take_panel_class_init (WhyTakePanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_take_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/take-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, preview);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, kind);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, text);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, scale_row);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, text_scale_row);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, dark_row);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, scale);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, text_scale);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, pixel_size);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, pixel_row);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, volume_row);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, caption);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, caption_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, steps);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, steps_frame);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, command_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, command);
  gtk_widget_class_bind_template_callback (widget_class, on_kind_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_text_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_scale_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_text_scale_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_pixel_size_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated_cb);
}

static void
why_take_panel_init (WhyTakePanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  why_wrap_buttons (GTK_WIDGET (self));
}

void
why_take_panel_set_document (WhyTakePanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_TAKE_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  gtk_list_box_bind_model (self->steps, why_document_get_steps (document), create_row, NULL, NULL);
  g_signal_connect_object (why_document_get_steps (document), "items-changed", G_CALLBACK (place_rows), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (document, "notify::step", G_CALLBACK (place_rows), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::um-per-pixel", G_CALLBACK (update_pixel_size), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::picture", G_CALLBACK (update_pixel_size), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::picture", G_CALLBACK (place_rows), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "updated", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_annotations (document), "items-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  update_pixel_size (self);
  place_rows (self);
}
