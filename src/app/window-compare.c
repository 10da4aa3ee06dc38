#include "config.h"

#include "window-private.h"

#include "canvas-annotations.h"
#include "compare-bar.h"
#include "compare-view.h"
#include "compat.h"
#include "planes-view.h"

#include <glib/gi18n.h>

/* Several maps at once: the actions, and the view that takes the canvas's place. */

/* ---- the view ---- */

static gboolean
is_comparing (WhyWindow *self)
{
  return self->compare_view != NULL && why_document_get_compare_mode (self->document) != WHY_COMPARE_SINGLE &&
         why_document_get_picture (self->document) != NULL;
}

WhyCanvas *
why_window_get_canvas (WhyWindow *self)
{
  WhyCanvas *canvas = is_comparing (self)              ? why_compare_view_get_canvas (WHY_COMPARE_VIEW (self->compare_view))
                      : why_window_shows_planes (self) ? why_planes_view_get_canvas (WHY_PLANES_VIEW (self->planes_view), -1)
                                                       : NULL;

  return canvas != NULL ? canvas : self->canvas;
}

static void
on_probed_cb (WhyWindow *self)
{
  g_autofree char *text = why_compare_view_dup_probe (WHY_COMPARE_VIEW (self->compare_view));

  gtk_label_set_label (self->probe_label, text);
}

/* The canvas and what shows several take turns in the same place. Made when it is wanted first. */
GtkWidget *
why_window_get_view_stack (WhyWindow *self)
{
  GtkWidget *overlay = gtk_widget_get_parent (GTK_WIDGET (self->canvas));

  if (self->compare_stack != NULL)
    return self->compare_stack;
  self->compare_stack = gtk_stack_new ();
  g_object_ref (self->canvas);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), NULL);
  gtk_stack_add_named (GTK_STACK (self->compare_stack), GTK_WIDGET (self->canvas), "single");
  g_object_unref (self->canvas);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), self->compare_stack);
  return self->compare_stack;
}

static void
make_view (WhyWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->compare_bar = why_compare_bar_new (self->document);
  self->compare_view = why_compare_view_new (self->document);
  gtk_box_append (GTK_BOX (box), self->compare_bar);
  gtk_box_append (GTK_BOX (box), self->compare_view);
  gtk_widget_add_css_class (box, "compare");
  gtk_stack_add_named (GTK_STACK (why_window_get_view_stack (self)), box, "compare");
  g_signal_connect_object (self->compare_view, "probed", G_CALLBACK (on_probed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->compare_view, "zoom-changed", G_CALLBACK (why_window_show_zoom), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->compare_view, "slice-stepped", G_CALLBACK (why_window_step_slice), self, G_CONNECT_SWAPPED);
}

/* ---- actions ---- */

static void
fail_place (WhyWindow *self, const char *dimension)
{
  g_autofree char *message =
    g_strdup_printf (_("There is no “%s” to compare in; there are: layer, method, class, polarity, model"), dimension);

  why_document_set_error (self->document, message);
}

static void
change_compare (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_compare (((WhyWindow *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_curtain (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_curtain (((WhyWindow *) data)->document, g_variant_get_double (value));
}

static void
change_bare (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_curtain_bare (((WhyWindow *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_shared_limits (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_shared_limits (((WhyWindow *) data)->document, g_variant_get_boolean (value));
}

static void
activate_with (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const char *name;
  const char *value;
  WhyDimension dimension;

  g_variant_get (parameter, "(&s&s)", &name, &value);
  if (why_dimension_from_string (name, &dimension))
    why_document_compare_with (self->document, dimension, value);
  else
    fail_place (self, name);
}

static void
activate_value (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  gint32 place;
  const char *name;
  const char *value;
  WhyDimension dimension;

  g_variant_get (parameter, "(i&s&s)", &place, &name, &value);
  if (!why_dimension_from_string (name, &dimension))
    fail_place (self, name);
  else if (place >= 0)
    why_document_set_compared (self->document, (guint) place, dimension, value);
}

static void
activate_grid_value (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const char *name;
  const char *value;
  gboolean add;
  WhyDimension dimension;

  g_variant_get (parameter, "(&s&sb)", &name, &value, &add);
  if (why_dimension_from_string (name, &dimension))
    why_document_change_grid (self->document, dimension, value, add);
  else
    fail_place (self, name);
}

static void
activate_grid (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_preset_grid (((WhyWindow *) data)->document, g_variant_get_string (parameter, NULL));
}

static void
activate_cells (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const char *row_name;
  const char *column_name;
  g_autofree const char **rows = NULL;
  g_autofree const char **columns = NULL;
  WhyDimension row_dimension = WHY_DIMENSION_CLASS;
  WhyDimension column_dimension;

  g_variant_get (parameter, "(&s^a&s&s^a&s)", &row_name, &rows, &column_name, &columns);
  if (*row_name != '\0' && !why_dimension_from_string (row_name, &row_dimension))
    fail_place (self, row_name);
  else if (!why_dimension_from_string (column_name, &column_dimension))
    fail_place (self, column_name);
  else
    why_document_set_grid (self->document, row_dimension, rows, column_dimension, columns);
}

static void
activate_add (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_add_compared (((WhyWindow *) data)->document);
}

static void
activate_remove (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const gint32 place = g_variant_get_int32 (parameter);

  if (place >= 0)
    why_document_remove_compared (((WhyWindow *) data)->document, (guint) place);
}

static void
activate_choose (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const gint32 place = g_variant_get_int32 (parameter);

  if (place >= 0)
    why_document_choose_variant (((WhyWindow *) data)->document, (guint) place);
}

static void
change_pane (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;

  if (self->compare_view == NULL || g_variant_get_int32 (value) < 0)
    return;
  why_compare_view_set_selected (WHY_COMPARE_VIEW (self->compare_view), (guint) g_variant_get_int32 (value));
  why_window_update_compare (self);
}

/* Of the map that was clicked last, or of the grid. */
static void
activate_change (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;

  if (!is_comparing (self))
    why_document_set_compare (self->document, "side");
  if (self->compare_bar == NULL)
    return;
  const gboolean grid = why_document_get_compare_mode (self->document) == WHY_COMPARE_GRID;
  why_compare_bar_open (WHY_COMPARE_BAR (self->compare_bar),
                        grid ? -1 : (int) why_compare_view_get_selected (WHY_COMPARE_VIEW (self->compare_view)));
}

static void
activate_probe (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  double img_x;
  double img_y;

  g_variant_get (parameter, "(dd)", &img_x, &img_y);
  const gboolean probed = is_comparing (self) ? why_compare_view_probe (WHY_COMPARE_VIEW (self->compare_view), img_x, img_y)
                                              : why_canvas_probe (self->canvas, img_x, img_y);
  if (!probed)
    why_document_set_error (self->document, _("The cross hair would lie outside of the picture"));
}

static void
on_model_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (source);
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  const int place = GPOINTER_TO_INT (data);

  if (path == NULL)
    return;
  if (place < 0)
    why_document_change_grid (self->document, WHY_DIMENSION_MODEL, path, TRUE);
  else
    why_document_set_compared (self->document, (guint) place, WHY_DIMENSION_MODEL, path);
}

static void
activate_model_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) models = gtk_file_filter_new ();

  gtk_file_filter_set_name (models, _("Models (ONNX)"));
  gtk_file_filter_add_suffix (models, "onnx");
  g_list_store_append (filters, models);
  const WhyFileDialog dialog = {
    .title = _("Open a Model to Compare With"),
    .accept = _("_Open"),
    .folder = self->last_folder,
    .filters = G_LIST_MODEL (filters),
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_model_response_cb, GINT_TO_POINTER (g_variant_get_int32 (parameter)));
}

static const GActionEntry entries[] = {
  { "compare", NULL, "s", "'single'", change_compare, { 0 } },
  { "curtain", NULL, "d", "0.5", change_curtain, { 0 } },
  { "compare-bare", NULL, "s", "'none'", change_bare, { 0 } },
  { "compare-shared-limits", NULL, NULL, "false", change_shared_limits, { 0 } },
  { "compare-with", activate_with, "(ss)", NULL, NULL, { 0 } },
  { "compare-value", activate_value, "(iss)", NULL, NULL, { 0 } },
  { "compare-grid", activate_grid, "s", NULL, NULL, { 0 } },
  { "compare-grid-value", activate_grid_value, "(ssb)", NULL, NULL, { 0 } },
  { "compare-cells", activate_cells, "(sassas)", NULL, NULL, { 0 } },
  { "compare-add", activate_add, NULL, NULL, NULL, { 0 } },
  { "compare-remove", activate_remove, "i", NULL, NULL, { 0 } },
  { "compare-choose", activate_choose, "i", NULL, NULL, { 0 } },
  { "compare-pane", NULL, "i", "0", change_pane, { 0 } },
  { "compare-change", activate_change, NULL, NULL, NULL, { 0 } },
  { "compare-model-dialog", activate_model_dialog, "i", NULL, NULL, { 0 } },
  { "probe-at", activate_probe, "(dd)", NULL, NULL, { 0 } },
};

static void
set_enabled (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
set_state (WhyWindow *self, const char *name, GVariant *value)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), value);
}

void
why_window_update_compare (WhyWindow *self)
{
  static const char *const need_both[] = {
    "compare", "curtain", "compare-bare", "compare-shared-limits", "compare-with", "compare-value", "compare-grid",
    "compare-grid-value", "compare-cells", "compare-add", "compare-remove", "compare-choose", "compare-pane", "compare-change",
    "compare-model-dialog",
  };
  WhyDocument *document = self->document;
  const gboolean has_picture = why_document_get_picture (document) != NULL;
  const gboolean has_both = has_picture && why_document_get_model (document) != NULL;
  const gboolean wanted = has_picture && why_document_get_compare_mode (document) != WHY_COMPARE_SINGLE;
  const char *page = wanted ? "compare" : why_window_shows_planes (self) ? "planes" : "single";

  for (gsize name = 0; name < G_N_ELEMENTS (need_both); name++)
    set_enabled (self, need_both[name], has_both);
  set_enabled (self, "probe-at", has_picture);
  set_state (self, "compare", g_variant_new_string (why_document_get_compare (document)));
  set_state (self, "curtain", g_variant_new_double (why_document_get_curtain (document)));
  set_state (self, "compare-bare", g_variant_new_string (why_document_get_curtain_bare (document)));
  set_state (self, "compare-shared-limits", g_variant_new_boolean (why_document_get_shared_limits (document)));
  if (self->compare_view == NULL && wanted)
    make_view (self);
  if (self->compare_stack == NULL)
    return;
  if (self->compare_view != NULL)
    set_state (self, "compare-pane",
               g_variant_new_int32 ((gint32) why_compare_view_get_selected (WHY_COMPARE_VIEW (self->compare_view))));
  const gboolean turns = g_strcmp0 (gtk_stack_get_visible_child_name (GTK_STACK (self->compare_stack)), page) != 0;
  gtk_stack_set_visible_child_name (GTK_STACK (self->compare_stack), page);
  gtk_widget_set_visible (self->tool_bar, g_str_equal (page, "single"));
  if (turns)
    why_window_show_zoom (self);
}

/* How many outlines are drawn, of each pane. */
static JsonArray *
list_outlines (WhyWindow *self)
{
  WhyCompareView *view = is_comparing (self) ? WHY_COMPARE_VIEW (self->compare_view) : NULL;
  const guint n = view != NULL ? why_compare_view_get_n_panes (view) : 1;
  JsonArray *outlines = json_array_new ();

  for (guint place = 0; place < n; place++)
    json_array_add_int_element (outlines, why_canvas_get_n_annotations (
                                            view != NULL ? why_compare_view_get_pane_canvas (view, place) : self->canvas));
  return outlines;
}

void
why_window_add_compare_state (WhyWindow *self, JsonObject *window)
{
  WhyCompareView *view = self->compare_view != NULL ? WHY_COMPARE_VIEW (self->compare_view) : NULL;
  const gboolean comparing = is_comparing (self);
  WhyCanvas *canvas = why_window_get_canvas (self);
  WhyPlace place;

  why_canvas_get_place (canvas, &place);
  json_object_set_string_member (window, "compare", why_document_get_compare (self->document));
  json_object_set_double_member (window, "curtain", why_document_get_curtain (self->document));
  json_object_set_int_member (window, "panes", comparing ? why_compare_view_get_n_panes (view) : 1);
  json_object_set_int_member (window, "pane_columns", comparing ? why_compare_view_get_n_columns (view) : 1);
  json_object_set_int_member (window, "panes_probed", comparing ? why_compare_view_get_n_probed (view)
                                                                : why_canvas_get_probe (self->canvas)->valid);
  json_object_set_array_member (window, "pane_outlines", list_outlines (self));
  json_object_set_int_member (window, "pane_selected", comparing ? why_compare_view_get_selected (view) : 0);
  json_object_set_double_member (window, "center_x", place.center_x);
  json_object_set_double_member (window, "center_y", place.center_y);
  json_object_set_string_member (window, "probe", gtk_label_get_label (self->probe_label));
}

gboolean
why_window_compare_is_idle (WhyWindow *self)
{
  return self->compare_stack == NULL ||
         ((self->compare_view == NULL || why_compare_view_is_settled (WHY_COMPARE_VIEW (self->compare_view))) &&
          !gtk_stack_get_transition_running (GTK_STACK (self->compare_stack)));
}

void
why_window_set_bare (WhyWindow *self, gboolean bare)
{
  why_canvas_set_bare (self->canvas, bare);
  if (self->compare_view != NULL)
    why_compare_view_set_bare (WHY_COMPARE_VIEW (self->compare_view), bare);
  if (self->planes_view != NULL)
    why_planes_view_set_bare (WHY_PLANES_VIEW (self->planes_view), bare);
}

gboolean
why_window_compare_escape (WhyWindow *self)
{
  return is_comparing (self) && why_compare_view_cancel (WHY_COMPARE_VIEW (self->compare_view));
}

void
why_window_init_compare (WhyWindow *self)
{
  static const char *const changes[] = { "notify::picture", "notify::model", "notify::curtain", "compare-changed" };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    g_signal_connect_object (self->document, changes[change], G_CALLBACK (why_window_update_compare), self, G_CONNECT_SWAPPED);
  why_window_update_compare (self);
}
