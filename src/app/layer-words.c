#include "config.h"

#include "layer-words.h"

#include "service/layer-title.h"
#include "words.h"

#include <glib/gi18n.h>
#include <math.h>

char *
why_layer_words_title (WhyLayerItem *item)
{
  return why_layer_title (why_layer_item_get_name (item), why_layer_item_get_op (item));
}

char *
why_layer_words_facts (WhyLayerItem *item)
{
  g_autofree char *shape = why_layer_shape_text (why_layer_item_get_shape (item));

  if (!why_layer_item_get_is_tokens (item))
    return g_strdup_printf ("%s · %s", why_layer_item_get_op (item), shape);
  g_autofree char *grid = why_layer_shape_text (why_layer_item_get_grid (item));
  /* Translators: operator, shape of the layer, arrangement of its tokens over the picture */
  return g_strdup_printf (_("%1$s · %2$s · %3$s tokens"), why_layer_item_get_op (item), shape, grid);
}

/* 45.7 -> "46", 4.57 -> "4.6": a size that people compare, not one they compute with. */
static char *
size_text (double width, double height)
{
  const int decimals = MIN (width, height) < 10 && (width != rint (width) || height != rint (height)) ? 1 : 0;

  if (fabs (width - height) < 0.005 * width)
    return g_strdup_printf ("%.*f", decimals, width);
  return g_strdup_printf ("%.*f × %.*f", decimals, width, decimals, height);
}

static char *
cell_text (WhyDocument *document, WhyLayerItem *item)
{
  double width;
  double height;
  double um_width;
  double um_height;

  if (!why_document_get_layer_cell (document, item, &width, &height, &um_width, &um_height))
    return NULL;
  g_autofree char *pixels = size_text (width, height);
  if (!(um_width > 0) || !(um_height > 0))
    /* Translators: size of a cell of the map in pixels of the picture */
    return g_strdup_printf (_("cell %s px"), pixels);
  const gboolean large = um_width >= 1000;
  g_autofree char *length = size_text (large ? um_width / 1000 : um_width, large ? um_height / 1000 : um_height);
  /* Translators: size of a cell of the map in pixels of the picture, and on the specimen or the body */
  return large ? g_strdup_printf (_("cell %1$s px, %2$s mm"), pixels, length)
               : g_strdup_printf (_("cell %1$s px, %2$s µm"), pixels, length);
}

char *
why_layer_words_geometry (WhyDocument *document, WhyLayerItem *item)
{
  const char *stride = why_layer_item_get_stride (item);
  g_autofree char *step = *stride != '\0' ? why_layer_shape_text (stride) : NULL;
  g_autofree char *cell = cell_text (document, item);

  if (step != NULL && cell != NULL)
    /* Translators: distance of a layer's cells in pixels of the network's input, size of a cell */
    return g_strdup_printf (_("stride %1$s · %2$s"), step, cell);
  if (step != NULL)
    return g_strdup_printf (_("stride %s"), step);
  return g_strdup (cell != NULL ? cell : "");
}

const char *
why_layer_words_reason (WhyDocument *document, WhyLayerItem *item)
{
  const char *reason = why_layer_item_get_reason (item);

  return reason != NULL ? reason : why_document_get_layer_reason (document, why_layer_item_get_name (item));
}

char *
why_layer_words_tooltip (WhyDocument *document, WhyLayerItem *item)
{
  const char *name = why_layer_item_get_name (item);
  const char *field = why_layer_item_get_receptive_field (item);
  const char *reason = why_layer_words_reason (document, item);
  const char *note = why_document_get_layer_maps_note (document);
  GString *text = g_string_new (name);

  if (*field != '\0')
    {
      g_autofree char *seen = why_layer_shape_text (field);
      g_string_append_c (text, '\n');
      g_string_append_printf (text, _("One cell sees %s pixels of the network’s input"), seen);
    }
  if (reason != NULL)
    g_string_append_printf (text, "\n%s", reason);
  else if (*note == '\0' && why_document_get_layer_maps_state (document) == WHY_LAYER_MAPS_COMPLETE &&
           why_document_get_layer_map (document, name, NULL) == NULL)
    g_string_append_printf (text, "\n%s",
                            _("Too large to be computed along with the others; choose it to see its map"));
  return g_string_free (text, FALSE);
}
