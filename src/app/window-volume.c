#include "config.h"

#include "window-private.h"

#include "planes-view.h"
#include "show-slide.h"
#include "service/compare.h"

#include <glib/gi18n.h>

/* How a picture lies on the screen; of volumes all planes at once, the cross hair in which they meet, and what is seen along an
 * axis. */

gboolean
why_window_shows_planes (WhyWindow *self)
{
  return self->planes_view != NULL && why_document_has_planes (self->document) &&
         why_document_get_three_planes (self->document) &&
         why_document_get_compare_mode (self->document) == WHY_COMPARE_SINGLE;
}

static void
on_probed_cb (WhyWindow *self)
{
  if (!why_window_shows_planes (self))
    return;
  g_autofree char *text = why_planes_view_dup_probe (WHY_PLANES_VIEW (self->planes_view));

  gtk_label_set_label (self->probe_label, text);
}

/* Made when it is wanted first. */
static void
ensure_view (WhyWindow *self)
{
  if (self->planes_view != NULL || !why_document_has_planes (self->document) || !why_document_get_three_planes (self->document))
    return;
  self->planes_view = why_planes_view_new (self->document);
  gtk_widget_add_css_class (self->planes_view, "planes");
  gtk_stack_add_named (GTK_STACK (why_window_get_view_stack (self)), self->planes_view, "planes");
  g_signal_connect_object (self->planes_view, "probed", G_CALLBACK (on_probed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->planes_view, "zoom-changed", G_CALLBACK (why_window_show_zoom), self, G_CONNECT_SWAPPED);
}

static void
set_toggle (WhyWindow *self, const char *name, gboolean enabled, gboolean active)
{
  GSimpleAction *action = G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name));

  g_simple_action_set_enabled (action, enabled);
  g_simple_action_set_state (action, g_variant_new_boolean (active));
}

static void
set_enabled (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
update (WhyWindow *self)
{
  WhyDocument *document = self->document;
  const gboolean is_volume = why_document_has_planes (document);
  const gboolean three = why_document_get_three_planes (document);
  const gboolean alone = why_document_get_compare_mode (document) == WHY_COMPARE_SINGLE;

  set_toggle (self, "planes", is_volume && alone, three);
  /* Beside the planes it is always shown. */
  set_toggle (self, "mip", is_volume && !(three && alone), why_document_get_projected (document));
  set_enabled (self, "cross-hair", is_volume);
  set_enabled (self, "rotate", why_document_get_picture (document) != NULL);
  set_enabled (self, "flip", why_document_get_picture (document) != NULL);
  why_show_sides (self->canvas, document);
  ensure_view (self);
  why_window_update_compare (self);
  why_window_show_legend (self);
}

static void
change_planes (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_three_planes (((WhyWindow *) data)->document, g_variant_get_boolean (value));
}

static void
change_mip (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_projected (((WhyWindow *) data)->document, g_variant_get_boolean (value));
}

static void
activate_rotate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;

  const int quarters = g_variant_get_int32 (parameter) & 3;

  why_document_set_turn (self->document, why_turn_rotate (why_document_get_turn (self->document), quarters));
}

static void
activate_flip (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;

  why_document_set_turn (self->document, why_turn_flip (why_document_get_turn (self->document)));
}

static void
activate_cross_hair (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gint32 column;
  gint32 row;
  gint32 slice;

  g_variant_get (parameter, "(iii)", &column, &row, &slice);
  const gint64 voxel[3] = { column, row, slice };
  why_document_set_cross_hair (((WhyWindow *) data)->document, voxel);
}

static const GActionEntry entries[] = {
  { "planes", NULL, NULL, "false", change_planes, { 0 } },
  { "mip", NULL, NULL, "false", change_mip, { 0 } },
  { "rotate", activate_rotate, "i", NULL, NULL, { 0 } },
  { "flip", activate_flip, NULL, NULL, NULL, { 0 } },
  { "cross-hair", activate_cross_hair, "(iii)", NULL, NULL, { 0 } },
};

void
why_window_add_volume_state (WhyWindow *self, JsonObject *window)
{
  const gboolean shown = why_window_shows_planes (self);

  json_object_set_int_member (window, "planes", shown ? why_planes_view_get_n_visible (WHY_PLANES_VIEW (self->planes_view)) : 1);
}

gboolean
why_window_volume_is_idle (WhyWindow *self)
{
  return self->planes_view == NULL || why_planes_view_is_settled (WHY_PLANES_VIEW (self->planes_view));
}

void
why_window_init_volume (WhyWindow *self)
{
  static const char *const changes[] = { "notify::picture", "notify::view", "compare-changed" };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    g_signal_connect_object (self->document, changes[change], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
