#include "config.h"

#include "start-page.h"

#include "recent.h"
#include "thumbnail.h"

#include "image/source.h"
#include "service/samples.h"

#include <glib/gi18n.h>

#define CARD_WIDTH 168
#define CARD_HEIGHT 112

struct _WhyStartPage
{
  AdwBin parent_instance;

  GtkBox *box;        /* borrowed */
  GtkFlowBox *recent; /* borrowed */
};

G_DEFINE_FINAL_TYPE (WhyStartPage, why_start_page, ADW_TYPE_BIN)

/* ---- examples ---- */

static void
read_thumbnail (GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyImageSource) image = why_image_source_open (path, NULL, NULL, &error);
  WhyTensor *pixels = NULL;

  if (image != NULL)
    {
      const gint64 width = why_image_source_get_width (image);
      const gint64 height = why_image_source_get_height (image);
      /* Small ones stay as they are, in their pixels. */
      const double scale = MIN (1.0, MIN (2.0 * CARD_WIDTH / (double) width, 2.0 * CARD_HEIGHT / (double) height));
      pixels = why_image_source_read (image, 0, 0, width, height, MAX (1, (gint64) (scale * (double) width)),
                                      MAX (1, (gint64) (scale * (double) height)), NULL, &error);
    }
  g_task_return_pointer (task, pixels, (GDestroyNotify) why_tensor_unref);
}

static void
on_thumbnail_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (WhyTensor) pixels = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autoptr (GdkTexture) texture = why_thumbnail_texture (pixels);

  gtk_picture_set_paintable (GTK_PICTURE (source), GDK_PAINTABLE (texture));
}

static GtkWidget *
new_text (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 22);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static GtkWidget *
new_card (const WhySample *sample)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *picture = gtk_picture_new ();
  GtkWidget *clamp = adw_clamp_new ();
  g_autoptr (GTask) task = g_task_new (picture, NULL, on_thumbnail_cb, NULL);

  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_CONTAIN);
  gtk_widget_set_size_request (picture, CARD_WIDTH, CARD_HEIGHT);
  gtk_widget_add_css_class (picture, "thumbnail");
  /* Of one height whatever its own is and however long the story beside it. */
  gtk_orientable_set_orientation (GTK_ORIENTABLE (clamp), GTK_ORIENTATION_VERTICAL);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), CARD_HEIGHT);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), CARD_HEIGHT);
  adw_clamp_set_child (ADW_CLAMP (clamp), picture);
  gtk_box_append (GTK_BOX (box), clamp);
  gtk_box_append (GTK_BOX (box), new_text (_(sample->title), "heading"));
  gtk_box_append (GTK_BOX (box), new_text (_(sample->story), "caption"));
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_add_css_class (button, "card");
  gtk_widget_add_css_class (button, "sample-card");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "app.sample");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", sample->id);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _(sample->title),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, _(sample->story), -1);
  g_task_set_task_data (task, g_strdup (sample->picture), g_free);
  g_task_run_in_thread (task, read_thumbnail);
  return button;
}

static GtkWidget *
new_flow (void)
{
  GtkWidget *flow = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_homogeneous (GTK_FLOW_BOX (flow), TRUE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 3);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), 9);
  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (flow), 9);
  gtk_widget_set_halign (flow, GTK_ALIGN_FILL);
  gtk_widget_add_css_class (flow, "gallery");
  return flow;
}

static void
add_to_flow (GtkFlowBox *flow, GtkWidget *child)
{
  gtk_flow_box_insert (flow, child, -1);
  /* The card itself takes the focus. */
  gtk_widget_set_focusable (gtk_widget_get_parent (child), FALSE);
}

static void
add_examples (WhyStartPage *self)
{
  g_autoptr (GPtrArray) samples = why_samples_list (NULL);

  if (samples == NULL)
    return;
  GtkWidget *title = new_text (_("Examples"), "heading");
  GtkWidget *flow = new_flow ();
  gtk_widget_set_halign (title, GTK_ALIGN_CENTER);
  for (guint index = 0; index < samples->len; index++)
    add_to_flow (GTK_FLOW_BOX (flow), new_card (g_ptr_array_index (samples, index)));
  gtk_box_append (self->box, title);
  gtk_box_append (self->box, flow);
}

/* ---- what was open lately ---- */

static void
add_recent (WhyStartPage *self, const char *title, WhyFileKind kind)
{
  g_auto (GStrv) paths = why_recent_list (kind);

  if (paths[0] == NULL)
    return;
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *heading = new_text (title, "heading");
  gtk_widget_set_margin_start (heading, 9);
  gtk_box_append (GTK_BOX (column), heading);
  for (gsize index = 0; paths[index] != NULL; index++)
    {
      g_autofree char *name = g_filename_display_basename (paths[index]);
      const char *one[] = { paths[index], NULL };
      GtkWidget *button = gtk_button_new ();
      GtkWidget *label = gtk_label_new (name);
      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
      gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
      gtk_button_set_child (GTK_BUTTON (button), label);
      gtk_widget_set_tooltip_text (button, paths[index]);
      gtk_widget_add_css_class (button, "flat");
      if (g_utf8_validate (paths[index], -1, NULL))
        {
          gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "app.open");
          gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), g_variant_new_strv (one, 1));
          gtk_box_append (GTK_BOX (column), button);
        }
      else
        g_object_ref_sink (button), g_object_unref (button);
    }
  add_to_flow (self->recent, column);
}

void
why_start_page_refresh (WhyStartPage *self)
{
  GtkWidget *child;

  g_return_if_fail (WHY_IS_START_PAGE (self));
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->recent))) != NULL)
    gtk_flow_box_remove (self->recent, child);
  add_recent (self, _("Recent Pictures"), WHY_FILE_PICTURE);
  add_recent (self, _("Recent Models"), WHY_FILE_MODEL);
  add_recent (self, _("Recent Sessions"), WHY_FILE_SESSION);
  gtk_widget_set_visible (GTK_WIDGET (self->recent), gtk_widget_get_first_child (GTK_WIDGET (self->recent)) != NULL);
}

static void
why_start_page_class_init (WhyStartPageClass *klass)
{
}

static void
why_start_page_init (WhyStartPage *self)
{
  self->box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 12));
  gtk_widget_set_margin_top (GTK_WIDGET (self->box), 18);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->box));
  add_examples (self);
  self->recent = GTK_FLOW_BOX (new_flow ());
  gtk_box_append (self->box, GTK_WIDGET (self->recent));
  gtk_box_append (self->box, new_text (_("For research and teaching; not a medical device."), "dim-label"));
  gtk_widget_set_halign (gtk_widget_get_last_child (GTK_WIDGET (self->box)), GTK_ALIGN_CENTER);
  why_start_page_refresh (self);
}
