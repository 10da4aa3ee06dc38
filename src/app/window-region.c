#include "config.h"

#include "window-private.h"

#include "service/compare.h"

#include <glib/gi18n.h>
#include <math.h>

/* The part of a picture or slide that the network is shown. */

static void
activate_explain_region (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  double x, y, width, height;

  g_variant_get (parameter, "(dddd)", &x, &y, &width, &height);
  if (!(width > 0))
    {
      why_document_set_error (WHY_WINDOW (data)->document, _("A region is as wide and high as at least one pixel"));
      return;
    }
  why_document_set_roi (WHY_WINDOW (data)->document, x, y, width, height);
}

static void
activate_explain_view (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  WhyRect img;

  if (why_canvas_get_shown_part (self->canvas, &img))
    why_document_set_roi (self->document, img.x, img.y, img.width, img.height);
}

/* The network's field of view at the middle of what is visible. */
static void
activate_explain_here (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  WhyModel *model = why_document_get_model (self->document);
  gint64 width, height;
  WhyRect img;

  if (!why_canvas_get_shown_part (self->canvas, &img))
    return;
  why_roi_field (model != NULL ? why_model_get_recipe (model) : NULL, why_document_get_um_per_pixel (self->document), &width, &height);
  const WhyRoi roi = why_roi_around (img.x + img.width / 2, img.y + img.height / 2, width, height,
                                     why_document_get_picture_width (self->document), why_document_get_picture_height (self->document));
  why_document_set_roi (self->document, (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height);
}

static void
activate_explain_whole (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_set_roi (WHY_WINDOW (data)->document, 0, 0, 0, 0);
}

static void
activate_show_region (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  WhyRoi roi;

  if (!why_document_get_roi (self->document, &roi))
    return;
  /* With some of what lies around it. */
  const double margin = 0.15 * (double) MAX (roi.width, roi.height);
  const WhyRect part = { (double) roi.x - margin, (double) roi.y - margin, (double) roi.width + 2 * margin,
                         (double) roi.height + 2 * margin };
  why_canvas_show_part (self->canvas, &part);
}

void
why_window_explain_area (WhyWindow *self, WhyArea *area)
{
  WhyModel *model = why_document_get_model (self->document);
  WhyRect box;

  why_area_get_box (area, &box);
  /* A network that answers for every pixel is asked about those of the box; one that answers once sees the box. */
  if (model == NULL || !why_model_is_dense (model) || why_document_is_slide (self->document))
    {
      why_document_set_roi (self->document, box.x, box.y, box.width, box.height);
      return;
    }
  char numbers[4][G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_dtostr (numbers[0], sizeof numbers[0], box.x);
  g_ascii_dtostr (numbers[1], sizeof numbers[1], box.y);
  g_ascii_dtostr (numbers[2], sizeof numbers[2], box.width);
  g_ascii_dtostr (numbers[3], sizeof numbers[3], box.height);
  g_autofree char *region = g_strdup_printf ("box:%s,%s,%s,%s", numbers[0], numbers[1], numbers[2], numbers[3]);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.region", "s", region);
}

static const GActionEntry entries[] = {
  { "explain-region", activate_explain_region, "(dddd)", NULL, NULL, { 0 } },
  { "explain-view", activate_explain_view, NULL, NULL, NULL, { 0 } },
  { "explain-here", activate_explain_here, NULL, NULL, NULL, { 0 } },
  { "explain-whole", activate_explain_whole, NULL, NULL, NULL, { 0 } },
  { "show-region", activate_show_region, NULL, NULL, NULL, { 0 } },
};

static void
update (WhyWindow *self)
{
  const gboolean flat = why_document_get_picture (self->document) != NULL && !why_document_is_volume (self->document);
  WhyRoi roi = { 0 };
  const gboolean has_roi = flat && why_document_get_roi (self->document, &roi);
  WhyRect region = { 0 };
  const struct
  {
    const char *name;
    gboolean enabled;
  } states[] = {
    { "explain-region", flat },
    { "explain-view", flat },
    { "explain-here", flat },
    { "explain-whole", flat && why_document_has_chosen_roi (self->document) },
    { "show-region", has_roi },
  };

  for (gsize state = 0; state < G_N_ELEMENTS (states); state++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), states[state].name)),
                                 states[state].enabled);
  /* Framed is what the network really sees. */
  if (!why_document_get_seen (self->document, &region))
    region = (WhyRect){ (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height };
  why_canvas_set_region (self->canvas, has_roi ? &region : NULL);
  gtk_widget_set_visible (self->region_bar, has_roi && why_document_get_compare_mode (self->document) == WHY_COMPARE_SINGLE);
  why_window_place_corner (self);
}

void
why_window_init_region (WhyWindow *self)
{
  static const char *const changes[] = { "notify::picture",      "notify::model",   "notify::has-roi",
                                         "notify::um-per-pixel", "notify::compare", "updated" };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    g_signal_connect_object (self->document, changes[change], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
