#include "config.h"

#include "window-private.h"

#include "look-panel.h"

#include "service/document-look.h"
#include "service/json.h"

#include <glib/gi18n.h>

#include <string.h>

/* Actions of what is explained and of how the map is drawn, beyond those every window has had from the start. */

static void
change_score (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_score (WHY_WINDOW (data)->document, g_variant_get_string (value, NULL));
}

static void
activate_also_class (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_toggle_also_class (WHY_WINDOW (data)->document, g_variant_get_int32 (parameter));
}

static void
activate_clear_also_classes (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_clear_also_classes (WHY_WINDOW (data)->document);
}

static void
change_region (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_region (WHY_WINDOW (data)->document, g_variant_get_string (value, NULL));
}

static void
set_place (WhyWindow *self, const char *kind, const WhyRect *place)
{
  g_autofree char *x = why_format_number (place->x);
  g_autofree char *y = why_format_number (place->y);
  g_autofree char *w = why_format_number (place->width);
  g_autofree char *h = why_format_number (place->height);
  g_autofree char *region =
      place->width > 0 ? g_strdup_printf ("%s:%s,%s,%s,%s", kind, x, y, w, h) : g_strdup_printf ("%s:%s,%s", kind, x, y);

  why_document_set_region (self->document, region);
}

/* The pixel at the cross hair, or where the pointer is; without either the middle. */
static void
activate_region_here (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const WhyProbe *probe = why_canvas_get_probe (self->canvas);
  WhyRect place = { 0 };

  if (probe->valid)
    place = (WhyRect) { (double) probe->img_x + 0.5, (double) probe->img_y + 0.5, 0, 0 };
  else
    place = (WhyRect) { (double) why_document_get_picture_width (self->document) / 2,
                        (double) why_document_get_picture_height (self->document) / 2, 0, 0 };
  set_place (self, "point", &place);
}

static void
activate_region_covered (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  GListModel *occlusions = why_document_get_occlusions (self->document);
  const guint n = g_list_model_get_n_items (occlusions);
  WhyRect place;

  if (n == 0)
    {
      why_document_set_error (self->document, _("Cover a rectangle first: that becomes the region"));
      return;
    }
  g_autoptr (WhyOcclusion) last = g_list_model_get_item (occlusions, n - 1);
  why_occlusion_get_rect (last, &place);
  set_place (self, "box", &place);
}

/* Away from the comparison with the least effort. */
static void
activate_clear_contrast (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_set_contrast_class (WHY_WINDOW (data)->document, -1);
}

/* The same class once more ends the comparison. */
static void
activate_toggle_contrast (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyDocument *document = WHY_WINDOW (data)->document;
  const int class_index = g_variant_get_int32 (parameter);

  why_document_set_contrast_class (document, why_document_get_contrast_class (document) == class_index ? -1 : class_index);
}

static void
activate_limits_range (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  double lo;
  double hi;

  g_variant_get (parameter, "(dd)", &lo, &hi);
  why_document_set_limits_range (WHY_WINDOW (data)->document, lo, hi);
}

static void
change_clip (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_clip (WHY_WINDOW (data)->document, g_variant_get_double (value));
}

static void
change_contours (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_contours (WHY_WINDOW (data)->document, g_variant_get_boolean (value));
}

static void
change_contour_levels (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_contour_levels (WHY_WINDOW (data)->document, g_variant_get_int32 (value));
}

static void
change_contour_labels (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_contour_labels (WHY_WINDOW (data)->document, g_variant_get_boolean (value));
}

static void
change_alpha (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_alpha (WHY_WINDOW (data)->document, g_variant_get_string (value, NULL));
}

static void
change_colour_vision (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_colour_vision (WHY_WINDOW (data)->document, g_variant_get_string (value, NULL));
}

/* The entries lie on a page that may be out of sight. */
static void
activate_edit_limit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;

  adw_view_stack_set_visible_child_name (self->pages, "look");
  if (!self->show_inspector)
    why_window_set_show_inspector (self, TRUE);
  why_look_panel_edit_limit (WHY_LOOK_PANEL (self->look_panel), strcmp (g_variant_get_string (parameter, NULL), "upper") == 0);
}

static const GActionEntry entries[] = {
  { "score", NULL, "s", "'logit'", change_score, { 0 } },
  { "also-class", activate_also_class, "i", NULL, NULL, { 0 } },
  { "clear-also-classes", activate_clear_also_classes, NULL, NULL, NULL, { 0 } },
  { "region", NULL, "s", "'predicted'", change_region, { 0 } },
  { "region-here", activate_region_here, NULL, NULL, NULL, { 0 } },
  { "region-covered", activate_region_covered, NULL, NULL, NULL, { 0 } },
  { "clear-contrast", activate_clear_contrast, NULL, NULL, NULL, { 0 } },
  { "toggle-contrast", activate_toggle_contrast, "i", NULL, NULL, { 0 } },
  { "limits-range", activate_limits_range, "(dd)", NULL, NULL, { 0 } },
  { "edit-limit", activate_edit_limit, "s", NULL, NULL, { 0 } },
  { "clip", NULL, "d", "0.0", change_clip, { 0 } },
  { "contours", NULL, NULL, "false", change_contours, { 0 } },
  { "contour-levels", NULL, "i", "3", change_contour_levels, { 0 } },
  { "contour-labels", NULL, NULL, "true", change_contour_labels, { 0 } },
  { "alpha", NULL, "s", "'uniform'", change_alpha, { 0 } },
  { "colour-vision", NULL, "s", "'normal'", change_colour_vision, { 0 } },
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

static void
update (WhyWindow *self)
{
  WhyDocument *document = self->document;
  WhyModel *model = why_document_get_model (document);
  gsize n_also;

  why_document_get_also_classes (document, &n_also);
  set_enabled (self, "also-class", model != NULL);
  set_enabled (self, "toggle-contrast", model != NULL);
  set_enabled (self, "clear-also-classes", n_also > 0);
  set_enabled (self, "clear-contrast", why_document_get_contrast_class (document) >= 0);
  set_enabled (self, "region", model != NULL && why_model_is_dense (model));
  set_enabled (self, "region-here", model != NULL && why_model_is_dense (model));
  set_enabled (self, "region-covered", model != NULL && why_model_is_dense (model));
  set_enabled (self, "limits-range", why_document_get_map (document) != NULL);
  set_enabled (self, "edit-limit", why_document_get_map (document) != NULL);
  set_state (self, "score", g_variant_new_string (why_document_get_score (document)));
  set_state (self, "region", g_variant_new_string (why_document_get_region (document)));
  set_state (self, "clip", g_variant_new_double (why_document_get_clip (document)));
  set_state (self, "contours", g_variant_new_boolean (why_document_get_contours (document)));
  set_state (self, "contour-levels", g_variant_new_int32 (why_document_get_contour_levels (document)));
  set_state (self, "contour-labels", g_variant_new_boolean (why_document_get_contour_labels (document)));
  set_state (self, "alpha", g_variant_new_string (why_document_get_effective_alpha (document)));
  set_state (self, "colour-vision", g_variant_new_string (why_document_get_colour_vision (document)));
}

void
why_window_init_look (WhyWindow *self)
{
  static const char *const changes[] = {
    "notify::target-kind", "notify::look", "notify::polarity", "notify::contrast-class", "notify::model", "notify::map",
  };

  g_autoptr (GAction) more = why_look_panel_new_more_action (WHY_LOOK_PANEL (self->look_panel));

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_action_map_add_action (G_ACTION_MAP (self), more);
  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    g_signal_connect_object (self->document, changes[change], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
