#include "config.h"

#include "window-private.h"

#include "planes-view.h"
#include "show-slide.h"
#include "tooltip.h"
#include "words.h"

#include "service/compare.h"
#include "service/document-look.h"
#include "service/percent.h"

#include <glib/gi18n.h>
#include <math.h>

/* Work shorter than this is not announced and does not dim the map: it would only flicker. */
#define BUSY_DELAY_MS 200

/* ---- canvas ---- */

static void
show_map (WhyWindow *self)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  WhyMap *result = why_document_get_map (self->document);

  memset (&style, 0, sizeof style);
  if (result != NULL && result->values->rank == 2 && why_document_get_overlay (self->document, &map, &style))
    {
      why_canvas_set_style (self->canvas, &style);
      why_canvas_set_map (self->canvas, result->values, &map.to_source);
    }
  else
    why_canvas_set_map (self->canvas, NULL, NULL);
  why_canvas_set_show_map (self->canvas, why_document_get_show_map (self->document));
}

static void
show_picture (WhyWindow *self)
{
  WhyTensor *picture = why_document_get_covered_picture (self->document);

  if (picture == NULL)
    picture = why_document_get_picture (self->document);
  why_canvas_set_steps_slices (self->canvas, why_document_has_planes (self->document));
  why_canvas_set_turn (self->canvas, why_document_get_turn (self->document));
  if (why_show_slide (self->canvas, self->document))
    return;
  why_canvas_set_picture (self->canvas, picture);
}

static const char *
method_title (const char *id)
{
  const WhyExplainerClass *method = why_explainer_lookup (id, NULL);

  return method != NULL ? _(method->title) : id;
}

/* What is explained, how, where: always beside the map. */
static void
set_legend (WhyWindow *self, const char *title, const char *const *lines)
{
  why_canvas_set_legend (self->canvas, title, lines, NULL);
  if (self->planes_view != NULL)
    why_planes_view_set_legend (WHY_PLANES_VIEW (self->planes_view), title, lines);
}

void
why_window_show_legend (WhyWindow *self)
{
  WhyMap *map = why_document_get_map (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));

  if (map == NULL || shown == NULL || map->values->rank != 2)
    {
      set_legend (self, NULL, NULL);
      return;
    }
  g_autofree char *percent = why_percent_text (why_class_item_get_probability (shown));
  g_autofree char *question = why_words_question (self->document);
  g_autofree char *evidence = why_words_knows_class (map) ? why_evidence_title (map->polarity, question) : g_strdup (question);
  g_autofree char *title = g_strdup_printf ("%s · %s", evidence, percent);
  g_autofree char *kind = why_words_explained (self->document, map);
  /* Translators: "Grad-CAM", "the logit" */
  g_autofree char *what = why_words_knows_class (map)
                            ? g_strdup_printf (_("%1$s of %2$s"), method_title (map->method), kind)
                            /* Translators: method */
                            : g_strdup_printf (_("%s, the same for every class"), method_title (map->method));
  g_autofree char *size = why_words_cell_size (self->document, map);
  g_autofree char *where = map->layer != NULL ? g_strdup_printf ("%s · %s", size, map->layer) : g_strdup (size);
  g_autofree char *how = why_words_limits (self->document, map);
  g_autofree char *along = why_document_has_planes (self->document) && why_document_get_projected (self->document)
                             ? why_words_plane (why_document_get_source (self->document))
                             : NULL;
  const char *lines[] = { what, where, NULL, NULL, NULL };
  gsize n_lines = 2;

  if (*how != '\0')
    lines[n_lines++] = how;
  lines[n_lines] = along;
  set_legend (self, title, lines);
}

/* So that nobody takes what others would see for the colours of the picture. */
static void
show_vision (WhyWindow *self)
{
  g_autofree char *text = why_words_vision (why_document_get_colour_vision (self->document));

  if (text != NULL)
    gtk_button_set_label (self->vision_mark, text);
  gtk_widget_set_visible (GTK_WIDGET (self->vision_mark), text != NULL);
}

void
why_window_show_zoom (WhyWindow *self)
{
  const double zoom = why_canvas_get_zoom (why_window_get_canvas (self));
  /* Translators: zoom in per cent; the second is for little ones */
  g_autofree char *percent = g_strdup_printf (zoom >= 0.1 ? _("%.0f%%") : _("%.1f%%"), zoom * 100);
  g_autofree char *power = why_words_magnification (self->document, zoom);
  /* Translators: zoom, and what lens of a microscope would show it so: "50% · 20×" */
  g_autofree char *text = power != NULL ? g_strdup_printf (_("%1$s · %2$s"), percent, power) : g_strdup (percent);
  g_autofree char *spoken = g_strdup_printf (_("Zoom %s, fit into the window"), text);

  gtk_label_set_label (self->zoom_label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (GTK_WIDGET (self->zoom_label))),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

/* ---- texts around it ---- */

void
why_window_show_title (WhyWindow *self)
{
  const char *path = why_document_get_picture_path (self->document);
  WhyModel *model = why_document_get_model (self->document);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;
  g_autofree char *title = NULL;

  if (name == NULL)
    name = model != NULL ? g_strdup (why_model_get_title (model)) : g_strdup ("Whylight");
  adw_window_title_set_title (self->title, name);
  if (path != NULL && model != NULL)
    adw_window_title_set_subtitle (self->title, why_model_get_title (model));
  else if (model != NULL)
    adw_window_title_set_subtitle (self->title, _("No picture yet"));
  else
    adw_window_title_set_subtitle (self->title, path != NULL ? _("No model yet") : "");
  title = path != NULL && model != NULL ? g_strdup_printf ("%s · %s", name, why_model_get_title (model)) : g_strdup (name);
  if (!why_window_is_presenting (self))
    gtk_window_set_title (GTK_WINDOW (self), title);
}

/* Name and target are set one after the other, and must fit each other at any moment. */
static void
set_hint_action (WhyWindow *self, const char *name, GVariant *target)
{
  GtkActionable *button = GTK_ACTIONABLE (self->hint_button);

  gtk_actionable_set_action_name (button, NULL);
  gtk_actionable_set_action_target_value (button, target);
  gtk_actionable_set_action_name (button, name);
}

static void
show_hint (WhyWindow *self)
{
  WhyMap *map = why_document_get_map (self->document);
  const gboolean has_picture = why_document_get_picture (self->document) != NULL;
  WhyModel *model = why_document_get_model (self->document);
  const char *text = NULL;
  const char *button = NULL;
  const gboolean busy = why_document_get_busy (self->document);

  if (has_picture && model == NULL && !busy)
    {
      text = _("Open or drop a model (an ONNX file) to ask it about this picture.");
      button = _("_Open…");
      set_hint_action (self, "win.open-dialog", NULL);
    }
  else if (!has_picture && model != NULL && !busy)
    {
      text = _("Open or drop a picture to show it to the model.");
      button = _("_Open…");
      set_hint_action (self, "win.open-dialog", NULL);
    }
  else if (has_picture && model != NULL && why_model_get_limitation (model) != NULL)
    text = why_model_get_limitation (model);
  else if (map != NULL && map->reason != NULL)
    {
      text = map->reason;
      if (g_strcmp0 (map->polarity, "relu") == 0 || g_strcmp0 (map->polarity, "against") == 0)
        {
          button = _("_Show the Signed Map");
          set_hint_action (self, "win.polarity", g_variant_new_string ("signed"));
        }
    }
  if (text != NULL)
    gtk_label_set_label (self->hint_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->hint_button), button != NULL);
  if (button != NULL)
    {
      gtk_button_set_label (self->hint_button, button);
      gtk_button_set_use_underline (self->hint_button, TRUE);
    }
  gtk_revealer_set_reveal_child (self->hint_revealer, text != NULL);
  gtk_widget_set_can_target (GTK_WIDGET (self->hint_revealer), text != NULL);
}

static void
show_status (WhyWindow *self)
{
  const char *activity = why_document_get_activity (self->document);
  const char *status = why_document_get_status (self->document);
  g_autofree char *left = why_words_time_left (why_document_get_seconds_left (self->document));
  const char *text = status;

  if (self->busy_shown && *left != '\0')
    text = left;
  else if (self->busy_shown && *activity != '\0')
    text = activity;

  gtk_label_set_label (self->status_label, text);
  why_tooltip_set (GTK_WIDGET (self->status_label), *text != '\0' ? text : NULL);
}

/* Keys are for the picture as soon as there is one: left and right step through the folder. Not while somebody types. */
static void
focus_picture (WhyWindow *self)
{
  const gboolean has_picture = why_document_get_picture (self->document) != NULL;
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (has_picture && !self->had_picture && (focus == NULL || !GTK_IS_EDITABLE (focus)))
    gtk_widget_grab_focus (GTK_WIDGET (self->canvas));
  self->had_picture = has_picture;
}

static void
show_page (WhyWindow *self)
{
  const gboolean has_something =
      why_document_get_picture (self->document) != NULL || why_document_get_model (self->document) != NULL;
  const char *page = "empty";

  if (has_something)
    page = "document";
  else if (why_document_get_busy (self->document))
    page = "loading";
  else if (why_document_get_error_message (self->document) != NULL)
    page = "error";
  gtk_stack_set_visible_child_name (self->stack, page);
  gtk_spinner_set_spinning (self->loading_spinner, g_str_equal (page, "loading"));
  gtk_widget_set_visible (self->bottom_line, has_something);
  gtk_widget_set_sensitive (self->compare_button, has_something);
  focus_picture (self);
}

static void
show_error (WhyWindow *self)
{
  const char *message = why_document_get_error_message (self->document);

  if (message != NULL)
    {
      g_autofree char *escaped = g_markup_escape_text (message, -1);
      gtk_label_set_label (self->error_label, message);
      gtk_label_set_label (self->error_details, message);
      adw_status_page_set_description (self->error_page, escaped);
    }
  show_page (self);
  /* The page says it already where there is nothing else to show. */
  gtk_revealer_set_reveal_child (self->error_revealer,
                                 message != NULL && g_str_equal (gtk_stack_get_visible_child_name (self->stack), "document"));
}

/* ---- work ---- */

static void
set_busy_shown (WhyWindow *self, gboolean busy_shown)
{
  self->busy_shown = busy_shown;
  why_canvas_set_outdated (self->canvas, busy_shown);
  if (self->planes_view != NULL)
    why_planes_view_set_outdated (WHY_PLANES_VIEW (self->planes_view), busy_shown);
  gtk_widget_set_visible (self->progress_box, busy_shown);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_STATE_BUSY, busy_shown, -1);
  show_status (self);
}

static gboolean
busy_cb (gpointer data)
{
  WhyWindow *self = data;

  self->busy_id = 0;
  set_busy_shown (self, TRUE);
  return G_SOURCE_REMOVE;
}

static void
on_busy_cb (WhyWindow *self)
{
  if (why_document_get_busy (self->document))
    {
      if (self->busy_id == 0 && !self->busy_shown)
        self->busy_id = g_timeout_add (BUSY_DELAY_MS, busy_cb, self);
    }
  else
    {
      g_clear_handle_id (&self->busy_id, g_source_remove);
      if (self->busy_shown)
        set_busy_shown (self, FALSE);
    }
  show_page (self);
  show_error (self);
  show_hint (self);
}

static void
on_progress_cb (WhyWindow *self)
{
  const double progress = why_document_get_progress (self->document);

  gtk_progress_bar_set_fraction (self->progress_bar, CLAMP (progress, 0, 1));
  show_status (self);
}

/* ---- from the document ---- */

static void
on_updated_cb (WhyWindow *self)
{
  g_autofree char *words = why_words_describe (self->document);

  show_picture (self);
  show_map (self);
  why_window_show_covers (self);
  why_window_show_legend (self);
  why_window_show_title (self);
  show_hint (self);
  show_status (self);
  show_error (self);
  why_window_update_actions (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture with map"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

static void
on_covers_cb (WhyWindow *self)
{
  show_picture (self);
  why_window_show_covers (self);
}

static void
on_files_cb (WhyWindow *self)
{
  show_picture (self);
  show_map (self);
  why_window_show_title (self);
  show_page (self);
  show_error (self);
  why_window_show_legend (self);
  show_hint (self);
  show_status (self);
}

/* ---- from the canvas ---- */

void
why_window_step_slice (WhyWindow *self, int n_steps)
{
  why_document_set_slice (self->document, why_document_get_plane (self->document),
                          why_document_get_slice (self->document) + n_steps);
}

static void
on_probed_cb (WhyWindow *self)
{
  const WhyProbe *probe = why_canvas_get_probe (self->canvas);
  g_autofree char *text = why_document_has_planes (self->document)
                            ? why_words_probe_volume (why_document_get_source (self->document), probe)
                            : why_words_probe (probe, why_document_get_um_per_pixel (self->document));
  const WhyPicture *source = why_document_get_source (self->document);
  const double value = source != NULL && source->values != NULL && !why_document_has_planes (self->document) && probe->valid
                         ? why_picture_get_pixel_value (source, probe->img_x, probe->img_y)
                         : NAN;

  if (isfinite (value))
    {
      g_autofree char *number = why_words_number (value);
      g_autofree char *line = g_strdup_printf ("%s   %s %s", text, number, source->unit);
      gtk_label_set_label (self->probe_label, line);
      return;
    }

  gtk_label_set_label (self->probe_label, text);
}

void
why_window_init_show (WhyWindow *self)
{
  static const char *const files[] = { "notify::picture", "notify::picture-path", "notify::model", "notify::view" };

  g_signal_connect_object (self->document, "updated", G_CALLBACK (on_updated_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "redraw", G_CALLBACK (show_map), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::limits", G_CALLBACK (why_window_show_legend), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::threshold", G_CALLBACK (why_window_show_legend), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::look", G_CALLBACK (why_window_show_legend), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::um-per-pixel", G_CALLBACK (why_window_show_legend), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::um-per-pixel", G_CALLBACK (on_probed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::um-per-pixel", G_CALLBACK (why_window_show_zoom), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::look", G_CALLBACK (show_vision), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::show-map", G_CALLBACK (show_map), self, G_CONNECT_SWAPPED);
  for (gsize k = 0; k < G_N_ELEMENTS (files); k++)
    g_signal_connect_object (self->document, files[k], G_CALLBACK (on_files_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_occlusions (self->document), "items-changed", G_CALLBACK (on_covers_cb),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::busy", G_CALLBACK (on_busy_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::progress", G_CALLBACK (on_progress_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::activity", G_CALLBACK (show_status), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::status", G_CALLBACK (show_status), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::error-message", G_CALLBACK (show_error), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->canvas, "slice-stepped", G_CALLBACK (why_window_step_slice), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->canvas, "probed", G_CALLBACK (on_probed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->canvas, "zoom-changed", G_CALLBACK (why_window_show_zoom), self, G_CONNECT_SWAPPED);
  on_updated_cb (self);
  why_window_show_zoom (self);
}

void
why_window_dispose_show (WhyWindow *self)
{
  g_clear_handle_id (&self->busy_id, g_source_remove);
}
