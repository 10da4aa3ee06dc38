#include "config.h"

#include "service/caption.h"

#include "export-private.h"
#include "service/percent.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>

/* Sentences are put together whole, never of words: each can be translated as it stands. */

static char *
picture_name (const WhyExport *what)
{
  return what->input_path != NULL ? g_filename_display_basename (what->input_path) : g_strdup (_ ("a prepared input"));
}

static void
add_subject (GString *text, const WhyExport *what, const WhyMap *map)
{
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);
  const char *label = why_model_get_class_label (what->model, what->result->target_class);
  g_autofree char *percent =
    why_percent_text (why_tensor_get_f64 (what->result->probabilities, (gsize) what->result->target_class));
  g_autofree char *picture = picture_name (what);
  g_autofree char *how = method != NULL && method->paper != NULL ? g_strdup_printf ("%s (%s)", why_export_method_title (map), method->paper)
                                                                 : g_strdup (why_export_method_title (map));

  if (!why_export_knows_class (map))
    /* Translators: method, picture, model, class, probability */
    g_string_append_printf (text, _ ("%1$s of %2$s in the network %3$s, the same for every class; the network answers “%4$s” (%5$s)."),
                            how, picture, why_model_get_title (what->model), label, percent);
  else if (map->contrast_class >= 0)
    /* Translators: method, class, other class, picture, model, class, probability */
    g_string_append_printf (text, _ ("%1$s for “%2$s” rather than “%3$s” in %4$s, as answered by the network %5$s (“%6$s”: %7$s)."), how,
                            label, why_model_get_class_label (what->model, map->contrast_class), picture,
                            why_model_get_title (what->model), label, percent);
  else
    /* Translators: method, class, picture, model, probability */
    g_string_append_printf (text, _ ("%1$s for “%2$s” in %3$s, to which the network %4$s gives a probability of %5$s."), how, label,
                            picture, why_model_get_title (what->model), percent);
  if (why_export_knows_class (map))
    {
      g_autofree char *score = why_export_score_text (what, map);
      g_string_append_printf (text, " %s.", score);
    }
}

static void
add_place (GString *text, const WhyExport *what, const WhyMap *map, const WhyAffine *to_display)
{
  const double across = hypot (to_display->xx, to_display->yx) / (what->framed ? what->to_picture.xx : 1);
  const double down = hypot (to_display->xy, to_display->yy) / (what->framed ? what->to_picture.yy : 1);
  const double um = why_export_get_um_per_pixel (what) * (what->framed ? what->to_picture.xx : 1);
  WhyLayerItem *layer = map->layer != NULL ? why_model_find_layer (what->model, map->layer, NULL) : NULL;

  if (layer != NULL)
    /* Translators: layer, columns, rows, stride, width and height of a cell */
    g_string_append_printf (text,
                            _ (" Layer %1$s has %2$" PRId64 " × %3$" PRId64
                               " cells (stride %4$s); one cell covers %5$.4g × %6$.4g pixels of the picture"),
                            map->layer, map->values->dims[1], map->values->dims[0], why_layer_item_get_stride (layer), across, down);
  else
    g_string_append_printf (text, _ (" The map has %1$" PRId64 " × %2$" PRId64 " cells; one covers %3$.4g × %4$.4g pixels of the picture"),
                            map->values->dims[1], map->values->dims[0], across, down);
  if (um > 0)
    g_string_append_printf (text, _ (" (%1$.4g × %2$.4g µm)"), across * um, down * um);
  g_string_append_c (text, '.');
  g_autofree char *region = why_export_region_text (what);
  if (region != NULL)
    g_string_append_printf (text, " %s.", region);
  if (what->source != NULL && why_picture_has_planes (what->source))
    {
      g_autofree char *plane = why_export_plane_text (what->source, what->turn);
      g_string_append_printf (text, " %s.", plane);
    }
  else if (what->turn != 0)
    {
      g_autofree char *turned = why_export_turn_text (what->turn);
      g_string_append_printf (text, " %s.", turned);
    }
  g_autofree char *window = why_export_window_text (what->source);
  if (window != NULL)
    g_string_append_printf (text, " %s.", window);
}

static void
add_drawing (GString *text, const WhyExport *what, const WhyOverlayMap *overlay)
{
  const WhyOverlayStyle *style = &what->style;
  double lo, hi;

  if (what->hide_map)
    {
      g_string_append (text, _ (" The map is not shown."));
      return;
    }
  why_overlay_limits (overlay, style, &lo, &hi);
  /* Translators: colour map, lower end, upper end, opacity */
  g_string_append_printf (text, style->limits == WHY_LIMITS_LOCKED ? _ (" Colours (%1$s) run from %2$.4g to %3$.4g, fixed; opacity %4$.0f%%.")
                                                                   : _ (" Colours (%1$s) run from %2$.4g to %3$.4g, the map's own limits; opacity %4$.0f%%."),
                          why_colormap_get_id (why_overlay_style_colormap (style)), lo, hi, style->opacity * 100);
  if (style->threshold > 0)
    g_string_append_printf (text, _ (" Values below %.0f%% of the range are not shown."), style->threshold * 100);
  g_string_append (text, style->kind == WHY_RESAMPLE_NEAREST ? _ (" Cells are shown as they are.") : _ (" Values are interpolated between cells."));
}

char *
why_caption_text (const WhyExport *what)
{
  GString *text = g_string_new (NULL);
  WhyAffine to_display = why_affine_identity ();
  g_autoptr (WhyMap) shown = why_export_shown_map (what, &to_display, NULL);
  const WhyMap *map = shown != NULL ? shown : what->result->map;
  const gulong n_covers = what->result->request->n_covers;

  add_subject (text, what, map);
  if (shown != NULL)
    {
      const WhyOverlayMap overlay = why_export_overlay_map (what, shown, &to_display);

      /* Translators: "evidence for", "evidence against", "evidence for and against" */
      if (why_export_knows_class (map))
        g_string_append_printf (text, _ (" Shown is %s the class."), why_export_polarity_text (map));
      add_place (text, what, shown, &to_display);
      add_drawing (text, what, &overlay);
    }
  if (n_covers > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (text, g_dngettext (GETTEXT_PACKAGE, "%lu region of the picture is covered.", "%lu regions of the picture are covered.", n_covers),
                              n_covers);
    }
  if (g_strcmp0 (map->profile, "paper") != 0 || map->options != NULL)
    g_string_append_printf (text, _ (" Profile %1$s, options: %2$s."), map->profile, map->options != NULL ? map->options : _ ("none"));
  if (what->result->request->pixels != NULL && *why_model_get_assumed_text (what->model) != '\0')
    g_string_append_printf (text, _ (" Assumed, as the model does not say: %s."), why_model_get_assumed_text (what->model));
  /* Translators: version */
  g_string_append_printf (text, _ (" Made with Whylight %s."), WHY_VERSION);
  return g_string_free (text, FALSE);
}
