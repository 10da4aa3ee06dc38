#pragma once

#include "draw/layout.h"
#include "service/document.h"

G_BEGIN_DECLS

typedef enum
{
  WHY_BLOCK_INPUT,
  WHY_BLOCK_CONVOLUTION,
  WHY_BLOCK_LINEAR,
  WHY_BLOCK_ATTENTION, /* products of what the network computes, and their shares */
  WHY_BLOCK_NORMALISATION,
  WHY_BLOCK_ACTIVATION,
  WHY_BLOCK_POOLING,
  WHY_BLOCK_JOIN, /* of several ways: sum, product, concatenation */
  WHY_BLOCK_SHAPE, /* moves numbers, computes none */
  WHY_BLOCK_OTHER,
  WHY_BLOCK_OUTPUT,
  WHY_N_BLOCK_KINDS,
} WhyBlockKind;

/** why_block_kind_title: Returns: for people, translated: "Convolution" */
const char *why_block_kind_title (WhyBlockKind kind);
/** why_block_kind_color: Returns: 0xRRGGBB */
guint32 why_block_kind_color (WhyBlockKind kind);

/**
 * WhyBlock:
 * @title: where it is in the network: "layer4.2/conv3"
 * @ops: its operators: "Conv + Relu"
 * @shape: of its result, e.g. "1x512x7x7"
 * @tensor: the result's ONNX name
 * @layer: (nullable): the tensor to be explained when somebody chooses the block: the last one in it that can be
 * @reason: (nullable): without a layer: why there is none; translated
 * @tensors: (array zero-terminated=1): all that it computes
 *
 * Operators that belong together: a convolution with its normalisation and activation, a layer normalisation that is
 * written out.
 */
typedef struct
{
  WhyBlockKind kind;
  char *title;
  char *ops;
  char *shape;
  char *tensor;
  char *layer;
  char *reason;
  char **tensors;
} WhyBlock;

/**
 * WhyNetwork:
 * @blocks: (array length=n_blocks): in topological order
 * @layout: its nodes are the blocks; edges as @edge_shapes
 * @edge_shapes: (array): of each edge: what goes along it, "1x64x56x56"
 *
 * The graph of a network as people draw it. Immutable.
 */
typedef struct
{
  WhyBlock *blocks;
  gsize n_blocks;
  WhyLayout *layout;
  char **edge_shapes;
  /*< private >*/
  _Atomic int ref_count;
} WhyNetwork;

/* Size of a block, in user units: one with a map has room for it. */
#define WHY_BLOCK_WIDTH 216.0
#define WHY_BLOCK_HEIGHT 64.0
#define WHY_BLOCK_PLAIN_WIDTH 168.0
#define WHY_BLOCK_PLAIN_HEIGHT 52.0

/**
 * why_network_new:
 *
 * Groups the operators of a model and places them. Some milliseconds for a hundred operators; any thread.
 */
WhyNetwork *why_network_new (WhyModel *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
WhyNetwork *why_network_ref (WhyNetwork *network);
void why_network_unref (WhyNetwork *network);

/**
 * why_network_of_model_async:
 *
 * The network of a model, made in a thread for the first who asks and kept with the model. Main thread.
 */
void why_network_of_model_async (WhyModel *model, GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer data);
/** why_network_of_model_finish: Returns: (transfer full) (nullable). Cancelled meanwhile: %G_IO_ERROR_CANCELLED */
WhyNetwork *why_network_of_model_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_network_list_layers:
 * @layers: (element-type WhyLayerItem): of the same model
 *
 * Returns: (transfer full) (element-type WhyLayerItem): @layers in their order, and among them, where they are computed, the
 *   blocks without a layer, which say why (why_layer_item_get_reason()); neither input nor outputs
 */
GListModel *why_network_list_layers (const WhyNetwork *network, GListModel *layers) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_document_export_network:
 * @network: of the document's model
 * @path: ends in .png, .svg or .pdf
 * @options: ground and scale count
 *
 * Writes all of the graph, with the maps of its layers that are there, in the background ("busy"). Ends as
 * why_document_export() does: why_document_export_finish().
 */
void why_document_export_network (WhyDocument *self, WhyNetwork *network, const char *path,
                                  const WhyExportOptions *options, GAsyncReadyCallback callback, gpointer data);

/** why_network_find: Returns: the block that computes @tensor, or -1 */
int why_network_find (const WhyNetwork *network, const char *tensor);

/**
 * why_network_neighbour:
 * @direction: 1: what follows, -1: what comes before
 *
 * Returns: of several the one most straight below (above), -1 if there is none
 */
int why_network_neighbour (const WhyNetwork *network, int block, int direction);

/** why_network_beside: Returns: the next block of the same level to the left (-1) or right (1); of a level where it is alone,
 *   one of the levels close by; or -1 */
int why_network_beside (const WhyNetwork *network, int block, int direction);

/** why_network_matches: whether name, operators or shape of a block contain @text; case does not matter */
gboolean why_network_matches (const WhyNetwork *network, int block, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyNetwork, why_network_unref)

G_END_DECLS
