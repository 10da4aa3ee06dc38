#include "config.h"

#include "window-private.h"

#include "service/annotation.h"

#include <glib/gi18n.h>

/* Tools, and covering parts of the picture. */

typedef WhyWindow Window; /* short, for the handlers below */

#define LEAST_BRUSH 1.0

static void
change_tool (GSimpleAction *action, GVariant *value, gpointer data)
{
  Window *self = data;
  const char *name = g_variant_get_string (value, NULL);
  WhyTool tool;

  if (!why_tool_from_string (name, &tool))
    {
      g_autofree char *message =
        g_strdup_printf (_("There is no tool “%s”; there are: pan, rectangle, ellipse, polygon, brush, probe"), name);
      why_document_set_error (self->document, message);
      return;
    }
  why_canvas_set_tool (self->canvas, tool);
  /* The arrow keys shall move the cross hair at once. */
  if (tool != WHY_TOOL_PAN)
    gtk_widget_grab_focus (GTK_WIDGET (self->canvas));
  g_simple_action_set_state (action, value);
}

static void
change_tool_purpose (GSimpleAction *action, GVariant *value, gpointer data)
{
  Window *self = data;
  const char *name = g_variant_get_string (value, NULL);
  WhyPurpose purpose;

  if (!why_purpose_from_string (name, &purpose))
    {
      g_autofree char *message = g_strdup_printf (_("There is no purpose “%s”; there are: occlude, annotate, explain"), name);
      why_document_set_error (self->document, message);
      return;
    }
  why_canvas_set_purpose (self->canvas, purpose);
  g_simple_action_set_state (action, value);
}

static void
change_brush_size (GSimpleAction *action, GVariant *value, gpointer data)
{
  Window *self = data;
  const double size = g_variant_get_double (value);

  why_canvas_set_brush_size (self->canvas, size > 0 ? MAX (size, LEAST_BRUSH) : 0);
  g_simple_action_set_state (action, g_variant_new_double (why_canvas_get_brush_size (self->canvas)));
}

static void
change_cover_inverse (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_canvas_set_inverse (WHY_WINDOW (data)->canvas, g_variant_get_boolean (value));
  g_simple_action_set_state (action, value);
}

static void
activate_occlude (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  double x;
  double y;
  double w;
  double h;

  g_variant_get (parameter, "(dddd)", &x, &y, &w, &h);
  why_document_occlude (WHY_WINDOW (data)->document, x, y, w, h);
}

static WhyArea *
parse_area (Window *self, const char *json)
{
  g_autoptr (GError) error = NULL;
  WhyArea *area = why_area_from_json (json, -1, &error);

  if (area == NULL)
    why_document_set_error (self->document, error->message);
  return area;
}

static void
activate_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  g_autoptr (WhyArea) area = parse_area (self, g_variant_get_string (parameter, NULL));

  if (area != NULL)
    why_document_cover (self->document, area);
}

/* -1: the one that is chosen. */
static gboolean
find_cover (Window *self, gint32 wanted, guint *index)
{
  const int found = wanted >= 0 ? wanted : why_document_get_selected_cover (self->document);

  *index = (guint) MAX (found, 0);
  if (found < 0)
    why_document_set_error (self->document, _("Choose one of the covered parts first"));
  return found >= 0;
}

static void
activate_replace_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  gint32 wanted;
  const char *json;
  guint index;

  g_variant_get (parameter, "(i&s)", &wanted, &json);
  g_autoptr (WhyArea) area = parse_area (self, json);
  if (area != NULL && find_cover (self, wanted, &index))
    why_document_replace_cover (self->document, index, area);
}

static void
activate_refill_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  gint32 wanted;
  const char *fill;
  guint index;

  g_variant_get (parameter, "(i&s)", &wanted, &fill);
  if (find_cover (self, wanted, &index))
    why_document_refill_cover (self->document, index, fill);
}

static void
activate_remove_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  guint index;

  if (find_cover (self, g_variant_get_int32 (parameter), &index))
    why_document_remove_cover (self->document, index);
}

static void
activate_invert_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  guint index;

  if (!find_cover (self, g_variant_get_int32 (parameter), &index))
    return;
  g_autoptr (WhyOcclusion) cover = g_list_model_get_item (why_document_get_occlusions (self->document), index);
  if (cover == NULL)
    return;
  WhyArea *area = why_occlusion_get_area (cover);
  g_autoptr (WhyArea) inverse = why_area_with_inverse (area, !why_area_get_inverse (area));
  why_document_replace_cover (self->document, index, inverse);
}

static void
activate_nudge_cover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  WhyRect by;
  guint index;

  g_variant_get (parameter, "(dddd)", &by.x, &by.y, &by.width, &by.height);
  if (why_document_get_selected_cover (self->document) < 0 && why_document_get_selected_annotation (self->document) >= 0)
    why_document_nudge_annotation (self->document, (guint) why_document_get_selected_annotation (self->document), &by);
  else if (find_cover (self, -1, &index))
    why_document_nudge_cover (self->document, index, &by);
}

static void
change_select_cover (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_selected_cover (WHY_WINDOW (data)->document, g_variant_get_int32 (value));
}

static void
activate_cover_hottest (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;

  why_document_cover_hottest (self->document, g_variant_get_double (parameter), why_canvas_get_inverse (self->canvas));
}

static void
activate_clear_occlusions (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_clear_occlusions (WHY_WINDOW (data)->document);
}

static void
change_fill (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_fill (WHY_WINDOW (data)->document, g_variant_get_string (value, NULL));
}

static const GActionEntry entries[] = {
  { "tool", NULL, "s", "'pan'", change_tool, { 0 } },
  { "tool-purpose", NULL, "s", "'occlude'", change_tool_purpose, { 0 } },
  { "brush-size", NULL, "d", "1.0", change_brush_size, { 0 } },
  { "cover-inverse", NULL, NULL, "false", change_cover_inverse, { 0 } },
  { "occlude", activate_occlude, "(dddd)", NULL, NULL, { 0 } },
  { "cover", activate_cover, "s", NULL, NULL, { 0 } },
  { "cover-hottest", activate_cover_hottest, "d", NULL, NULL, { 0 } },
  { "select-cover", NULL, "i", "-1", change_select_cover, { 0 } },
  { "replace-cover", activate_replace_cover, "(is)", NULL, NULL, { 0 } },
  { "refill-cover", activate_refill_cover, "(is)", NULL, NULL, { 0 } },
  { "remove-cover", activate_remove_cover, "i", NULL, NULL, { 0 } },
  { "invert-cover", activate_invert_cover, "i", NULL, NULL, { 0 } },
  { "nudge-cover", activate_nudge_cover, "(dddd)", NULL, NULL, { 0 } },
  { "clear-occlusions", activate_clear_occlusions, NULL, NULL, NULL, { 0 } },
  { "fill", NULL, "s", "'mean'", change_fill, { 0 } },
};

static GSimpleAction *
find_action (Window *self, const char *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name));
}

static void
update (Window *self)
{
  static const char *const of_picture[] = { "tool", "brush-size", "cover-inverse", "occlude", "cover" };
  static const char *const of_covers[] = { "select-cover", "replace-cover", "refill-cover", "remove-cover",
                                           "invert-cover", "clear-occlusions" };
  WhyDocument *document = self->document;
  const gboolean has_picture = why_document_get_picture (document) != NULL;
  const gboolean covered = g_list_model_get_n_items (why_document_get_occlusions (document)) > 0;

  for (gsize name = 0; name < G_N_ELEMENTS (of_picture); name++)
    g_simple_action_set_enabled (find_action (self, of_picture[name]), has_picture);
  for (gsize name = 0; name < G_N_ELEMENTS (of_covers); name++)
    g_simple_action_set_enabled (find_action (self, of_covers[name]), covered);
  g_simple_action_set_enabled (find_action (self, "nudge-cover"),
                               covered || g_list_model_get_n_items (why_document_get_annotations (document)) > 0);
  g_simple_action_set_enabled (find_action (self, "cover-hottest"),
                               has_picture && !why_document_is_volume (document) && why_document_get_map (document) != NULL);
  g_simple_action_set_state (find_action (self, "fill"), g_variant_new_string (why_document_get_fill (document)));
  g_simple_action_set_state (find_action (self, "select-cover"),
                             g_variant_new_int32 (why_document_get_selected_cover (document)));
  g_simple_action_set_state (find_action (self, "brush-size"), g_variant_new_double (why_canvas_get_brush_size (self->canvas)));
}

/* ---- canvas ---- */

void
why_window_show_covers (WhyWindow *self)
{
  GListModel *occlusions = why_document_get_occlusions (self->document);
  const guint n_covers = g_list_model_get_n_items (occlusions);
  g_autofree WhyArea **areas = g_new0 (WhyArea *, MAX (n_covers, 1));

  for (guint index = 0; index < n_covers; index++)
    {
      g_autoptr (WhyOcclusion) occlusion = g_list_model_get_item (occlusions, index);
      areas[index] = why_occlusion_get_area (occlusion);
    }
  why_canvas_set_covers (self->canvas, areas, n_covers, why_document_get_selected_cover (self->document));
}

static void
on_area_drawing_cb (WhyCanvas *canvas, WhyArea *area, int index, Window *self)
{
  /* What an outline becomes is no question to the network. */
  if (index >= WHY_CANVAS_FIRST_OUTLINE)
    return;
  if (area == NULL || index >= 0 || why_canvas_get_purpose (canvas) == WHY_PURPOSE_OCCLUDE)
    why_document_preview (self->document, area, index);
}

static void
on_area_drawn_cb (WhyCanvas *canvas, WhyArea *area, int index, Window *self)
{
  if (index >= WHY_CANVAS_FIRST_OUTLINE)
    why_document_reshape_annotation (self->document, (guint) (index - WHY_CANVAS_FIRST_OUTLINE), area);
  else if (index >= 0)
    why_document_replace_cover (self->document, (guint) index, area);
  else if (why_canvas_get_purpose (canvas) == WHY_PURPOSE_OCCLUDE)
    why_document_cover (self->document, area);
  else if (why_canvas_get_purpose (canvas) == WHY_PURPOSE_ANNOTATE)
    why_document_annotate (self->document, area, NULL, NULL);
  else if (why_canvas_get_purpose (canvas) == WHY_PURPOSE_EXPLAIN)
    why_window_explain_area (self, area);
}

static void
on_cover_picked_cb (WhyCanvas *canvas, int index, Window *self)
{
  const gboolean outline = index >= WHY_CANVAS_FIRST_OUTLINE;

  why_document_set_selected_cover (self->document, outline ? -1 : index);
  why_document_select_annotation (self->document, outline ? index - WHY_CANVAS_FIRST_OUTLINE : -1);
}

static void
on_selected_cb (Window *self)
{
  why_window_show_covers (self);
  update (self);
}

void
why_window_init_cover (WhyWindow *self)
{
  static const char *const changes[] = { "notify::picture", "notify::map", "notify::fill", "updated", "cover-selected" };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    g_signal_connect_object (self->document, changes[change], G_CALLBACK (on_selected_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_occlusions (self->document), "items-changed", G_CALLBACK (on_selected_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_annotations (self->document), "items-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->canvas, "area-drawing", G_CALLBACK (on_area_drawing_cb), self, 0);
  g_signal_connect_object (self->canvas, "area-drawn", G_CALLBACK (on_area_drawn_cb), self, 0);
  g_signal_connect_object (self->canvas, "cover-picked", G_CALLBACK (on_cover_picked_cb), self, 0);
  update (self);
}
