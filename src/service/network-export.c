#include "config.h"

#include "network-export.h"

#include "draw/network.h"
#include "service/layer-title.h"

#include <glib/gi18n-lib.h>

/* One of the blocks; owns what it and the figure's block point to. */
typedef struct
{
  char *shape;
  WhyMap *held; /* nullable */
  WhyOverlayMap map;
  WhyOverlayStyle style;
} Block;

struct _WhyNetworkExport
{
  WhyNetwork *network;
  WhyTensor *picture; /* nullable */
  char *title;
  Block *blocks;
  WhyNetworkFigureBlock *drawn;
  char **edge_texts;
  WhyTheme theme;
  double scale;
};

static void
describe_block (WhyNetworkExport *self, WhyDocument *document, gsize index, int chosen, const WhyAffine *to_pixels)
{
  const WhyBlock *of = &self->network->blocks[index];
  Block *block = &self->blocks[index];

  block->shape = why_layer_shape_text (of->shape);
  const char *reason = of->layer != NULL ? why_document_get_layer_reason (document, of->layer) : of->reason;
  if (of->layer != NULL && reason == NULL && self->picture != NULL)
    block->held = why_document_get_layer_overlay (document, of->layer, &block->map, &block->style, NULL);
  if (block->held != NULL)
    {
      block->map.to_source = why_affine_compose (&block->map.to_source, to_pixels);
      /* What others see is tried out on the screen; a figure has the true colours. */
      block->style.vision = WHY_VISION_NORMAL;
    }
  self->drawn[index] = (WhyNetworkFigureBlock) {
    .title = of->title,
    .ops = of->ops,
    .shape = block->shape,
    .color = why_block_kind_color (of->kind),
    .has_room = of->layer != NULL,
    .map = block->held != NULL ? &block->map : NULL,
    .style = &block->style,
    .pale = reason != NULL,
    .chosen = (int) index == chosen,
  };
}

WhyNetworkExport *
why_network_export_new (WhyDocument *document, WhyNetwork *network, const WhyExportOptions *options)
{
  WhyNetworkExport *self = g_new0 (WhyNetworkExport, 1);
  const char *layer = why_document_get_layer (document);
  const gsize n_edges = network->layout->n_edges;
  WhyAffine to_pixels;

  if (layer == NULL)
    layer = why_document_get_shown_layer (document);
  const int chosen = layer != NULL ? why_network_find (network, layer) : -1;
  WhyTensor *picture = why_document_get_frame_picture (document, &to_pixels);
  self->network = why_network_ref (network);
  self->picture = picture != NULL ? why_tensor_ref (picture) : NULL;
  /* Translators: name of a network's file */
  self->title = g_strdup_printf (_ ("Graph of %s"), why_model_get_title (why_document_get_model (document)));
  self->theme = options->dark ? WHY_THEME_DARK : WHY_THEME_LIGHT;
  self->scale = options->scale;
  self->blocks = g_new0 (Block, network->n_blocks + 1);
  self->drawn = g_new0 (WhyNetworkFigureBlock, network->n_blocks + 1);
  self->edge_texts = g_new0 (char *, n_edges + 1);
  for (gsize block = 0; block < network->n_blocks; block++)
    describe_block (self, document, block, chosen, &to_pixels);
  for (gsize edge = 0; edge < n_edges; edge++)
    self->edge_texts[edge] = why_layer_shape_text (network->edge_shapes[edge]);
  return self;
}

void
why_network_export_free (WhyNetworkExport *self)
{
  for (gsize block = 0; block < self->network->n_blocks; block++)
    {
      g_free (self->blocks[block].shape);
      g_clear_pointer (&self->blocks[block].held, why_map_unref);
    }
  g_strfreev (self->edge_texts);
  g_free (self->drawn);
  g_free (self->blocks);
  g_free (self->title);
  g_clear_pointer (&self->picture, why_tensor_unref);
  why_network_unref (self->network);
  g_free (self);
}

gboolean
why_network_export_write (const WhyNetworkExport *self, const char *path, const WhyCancel *cancel, GError **error)
{
  const WhyNetworkFigure figure = {
    .layout = self->network->layout,
    .blocks = self->drawn,
    .edge_texts = (const char *const *) self->edge_texts,
    .picture = self->picture,
    .theme = self->theme,
    .scale = self->scale,
  };
  /* As people read it; where the files lie is nobody's business. */
  const WhyTextEntry texts[] = { { "Title", self->title }, { "Software", "Whylight " WHY_VERSION } };

  return why_network_figure_write (&figure, path, texts, G_N_ELEMENTS (texts), cancel, error);
}
