#include "config.h"

#include "service/network.h"

#include "graph/composite.h"
#include "graph/op.h"
#include "input-size.h"
#include "service/layer-title.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define GAP 28.0
#define LEVEL_GAP 40.0
#define MAX_OPS 5

const char *
why_block_kind_title (WhyBlockKind kind)
{
  static const char *const titles[WHY_N_BLOCK_KINDS] = {
    [WHY_BLOCK_INPUT] = NC_ ("part of a network", "Input"),
    [WHY_BLOCK_CONVOLUTION] = NC_ ("part of a network", "Convolution"),
    [WHY_BLOCK_LINEAR] = NC_ ("part of a network", "Linear"),
    [WHY_BLOCK_ATTENTION] = NC_ ("part of a network", "Attention"),
    [WHY_BLOCK_NORMALISATION] = NC_ ("part of a network", "Normalisation"),
    [WHY_BLOCK_ACTIVATION] = NC_ ("part of a network", "Activation"),
    [WHY_BLOCK_POOLING] = NC_ ("part of a network", "Pooling"),
    [WHY_BLOCK_JOIN] = NC_ ("part of a network", "Join"),
    [WHY_BLOCK_SHAPE] = NC_ ("part of a network", "Shape"),
    [WHY_BLOCK_OTHER] = NC_ ("part of a network", "Other"),
    [WHY_BLOCK_OUTPUT] = NC_ ("part of a network", "Output"),
  };

  g_return_val_if_fail ((int) kind >= 0 && kind < WHY_N_BLOCK_KINDS, "");
  return g_dpgettext2 (GETTEXT_PACKAGE, "part of a network", titles[kind]);
}

/* Of one lightness, told apart by hue as by the words beside them (Okabe and Ito's palette). */
guint32
why_block_kind_color (WhyBlockKind kind)
{
  static const guint32 colors[WHY_N_BLOCK_KINDS] = {
    [WHY_BLOCK_INPUT] = 0x777777,     [WHY_BLOCK_CONVOLUTION] = 0x0072b2,   [WHY_BLOCK_LINEAR] = 0xd55e00,
    [WHY_BLOCK_ATTENTION] = 0xcc79a7, [WHY_BLOCK_NORMALISATION] = 0x56b4e9, [WHY_BLOCK_ACTIVATION] = 0xf0e442,
    [WHY_BLOCK_POOLING] = 0x009e73,   [WHY_BLOCK_JOIN] = 0xe69f00,          [WHY_BLOCK_SHAPE] = 0x999999,
    [WHY_BLOCK_OTHER] = 0x999999,     [WHY_BLOCK_OUTPUT] = 0x777777,
  };

  g_return_val_if_fail ((int) kind >= 0 && kind < WHY_N_BLOCK_KINDS, 0);
  return colors[kind];
}

/* ---- kinds of operators ---- */

static gboolean
is_one_of (const char *type, const char *const *types)
{
  return g_strv_contains (types, type);
}

static guint
n_data_inputs (const WhyNode *node)
{
  guint n = 0;

  for (guint input = 0; input < node->n_inputs; input++)
    n += node->inputs[input] != NULL && node->inputs[input]->constant == NULL;
  return n;
}

static WhyBlockKind
kind_of (const WhyNode *node)
{
  static const char *const convolutions[] = { "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", NULL };
  static const char *const linear[] = { "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum", NULL };
  static const char *const normalisations[] = { "BatchNormalization", "InstanceNormalization", "LayerNormalization",
                                                "GroupNormalization", "LRN", "LpNormalization",
                                                "MeanVarianceNormalization", "RMSNormalization", NULL };
  static const char *const activations[] = { "Relu", "LeakyRelu", "PRelu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish",
                                             "Tanh", "Elu", "Selu", "Celu", "Gelu", "Mish", "Softplus", "Softsign", "Erf",
                                             "Swish", "ThresholdedRelu", "Softmax", "LogSoftmax", NULL };
  static const char *const shapes[] = { "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast",
                                        "Slice", "Gather", "Split", "Pad", "Expand", "Tile", "DepthToSpace", "SpaceToDepth",
                                        "Dropout", "Resize", "Upsample", NULL };
  static const char *const joins[] = { "Add", "Sub", "Mul", "Div", "Concat", "Sum", "Max", "Min", "Mean", NULL };
  const char *type = node->klass->type;

  if (is_one_of (type, convolutions))
    return WHY_BLOCK_CONVOLUTION;
  if (strcmp (type, "Attention") == 0 || strcmp (type, "MultiHeadAttention") == 0)
    return WHY_BLOCK_ATTENTION;
  if (is_one_of (type, linear))
    return n_data_inputs (node) > 1 ? WHY_BLOCK_ATTENTION : WHY_BLOCK_LINEAR;
  if (is_one_of (type, normalisations))
    return WHY_BLOCK_NORMALISATION;
  if (is_one_of (type, activations))
    return WHY_BLOCK_ACTIVATION;
  if (strstr (type, "Pool") != NULL || g_str_has_prefix (type, "Reduce"))
    return WHY_BLOCK_POOLING;
  if (is_one_of (type, joins))
    return n_data_inputs (node) > 1 ? WHY_BLOCK_JOIN : WHY_BLOCK_NORMALISATION;
  return is_one_of (type, shapes) ? WHY_BLOCK_SHAPE : WHY_BLOCK_OTHER;
}

/* ---- which nodes make a block ---- */

typedef struct
{
  WhyGraph *graph;
  guint n_nodes;
  guint *group;   /* by node: the number of another node of its group, or its own: see find () */
  guint *n_uses;  /* by value */
  WhyBlockKind *kinds; /* by node */
} Grouping;

static guint
find (const Grouping *grouping, guint node)
{
  while (grouping->group[node] != node)
    node = grouping->group[node];
  return node;
}

/* A group goes by its last node. */
static void
join (Grouping *grouping, guint node, guint later)
{
  grouping->group[find (grouping, node)] = find (grouping, later);
}

static const WhyValue *
only_data_input (const WhyNode *node)
{
  const WhyValue *only = NULL;

  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value == NULL || value->constant != NULL)
        continue;
      if (only != NULL && only != value)
        return NULL;
      only = value;
    }
  return only;
}

/* x Sigmoid(x), written out: the two nodes and what makes x, if nobody else reads it. */
static gboolean
join_gate (Grouping *grouping, const WhyNode *node)
{
  if (strcmp (node->klass->type, "Mul") != 0 || node->n_inputs != 2)
    return FALSE;
  for (guint side = 0; side < 2; side++)
    {
      const WhyValue *gate = node->inputs[side];
      const WhyValue *value = node->inputs[1 - side];
      const WhyNode *maker = gate != NULL ? gate->producer : NULL;
      if (maker == NULL || value == NULL || value->constant != NULL ||
          grouping->kinds[maker->index] != WHY_BLOCK_ACTIVATION || only_data_input (maker) != value ||
          grouping->n_uses[gate->index] != 1)
        continue;
      join (grouping, maker->index, node->index);
      if (value->producer != NULL && grouping->n_uses[value->index] == 2)
        join (grouping, value->producer->index, node->index);
      return TRUE;
    }
  return FALSE;
}

static void
join_composites (Grouping *grouping)
{
  for (guint index = 0; index < grouping->n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (grouping->graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyNode *inside =
            node->outputs[output] != NULL ? why_graph_inside (grouping->graph, node->outputs[output]) : NULL;
          if (inside != NULL && inside->index > index)
            join (grouping, index, inside->index);
        }
      const WhyNode *composite = why_graph_composite (grouping->graph, node);
      if (composite != NULL)
        grouping->kinds[index] = kind_of (composite);
    }
}

/* What follows alone on one other and is no step of its own. */
static void
join_followers (Grouping *grouping)
{
  for (guint index = 0; index < grouping->n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (grouping->graph, index);
      const WhyBlockKind kind = grouping->kinds[index];
      if (find (grouping, index) != index || join_gate (grouping, node))
        continue;
      const WhyNode *composite = why_graph_composite (grouping->graph, node);
      const WhyValue *from = only_data_input (composite != NULL ? composite : node);
      if (from == NULL || from->producer == NULL || grouping->n_uses[from->index] != 1)
        continue;
      if (kind == WHY_BLOCK_NORMALISATION || kind == WHY_BLOCK_ACTIVATION || kind == WHY_BLOCK_SHAPE)
        join (grouping, from->producer->index, index);
    }
}

/* ---- blocks ---- */

typedef struct
{
  Grouping *grouping;
  WhyModel *model;
  GHashTable *layers; /* names that can be explained */
  GArray *blocks;     /* of WhyBlock */
  int *block_of;      /* by node */
  GHashTable *inputs; /* WhyValue -> block + 1 */
} Making;

static char *
dims_text (const WhyValue *value)
{
  return why_dims_to_string (value->rank, value->dims);
}

static gboolean
has_extent (const WhyValue *value)
{
  gint64 cells = 1;

  for (int axis = value->rank > 3 ? 2 : 1; axis < value->rank; axis++)
    cells *= value->dims[axis];
  return value->rank >= 3 && (value->rank == 3 || cells > 1);
}

static void
add_terminal (Making *making, const WhyValue *value, const char *name, WhyBlockKind kind)
{
  const WhyBlock block = {
    .kind = kind,
    .title = g_strdup (name),
    .ops = g_strdup (why_block_kind_title (kind)),
    .shape = dims_text (value),
    .tensor = g_strdup (value->name),
    .reason = g_strdup (kind == WHY_BLOCK_INPUT ? _ ("This is the picture itself; methods on the input explain it.")
                                                : _ ("This is the answer, which is explained.")),
    .tensors = g_new0 (char *, 1),
  };

  g_array_append_val (making->blocks, block);
}

static WhyBlockKind
main_kind (WhyBlockKind a, WhyBlockKind b)
{
  /* What computes counts for more than what only adjusts or moves. */
  static const WhyBlockKind order[] = { WHY_BLOCK_CONVOLUTION, WHY_BLOCK_ATTENTION, WHY_BLOCK_LINEAR,
                                        WHY_BLOCK_JOIN, WHY_BLOCK_POOLING, WHY_BLOCK_OTHER,
                                        WHY_BLOCK_NORMALISATION, WHY_BLOCK_ACTIVATION, WHY_BLOCK_SHAPE };

  for (gsize index = 0; index < G_N_ELEMENTS (order); index++)
    if (order[index] == a || order[index] == b)
      return order[index];
  return a;
}

static char *
ops_text (const GPtrArray *ops)
{
  GString *text = g_string_new (NULL);
  guint n = 0;

  for (guint index = 0; index < ops->len; index++)
    {
      const char *op = g_ptr_array_index (ops, index);
      if (index > 0 && strcmp (op, g_ptr_array_index (ops, index - 1)) == 0)
        continue;
      if (n++ == MAX_OPS)
        {
          g_string_append (text, " …");
          break;
        }
      g_string_append_printf (text, "%s%s", text->len > 0 ? " + " : "", op);
    }
  return g_string_free (text, FALSE);
}

static WhyBlock
make_block (Making *making, const GArray *members)
{
  const Grouping *grouping = making->grouping;
  g_autoptr (GPtrArray) ops = g_ptr_array_new ();
  g_autoptr (GPtrArray) tensors = g_ptr_array_new ();
  const WhyNode *last = why_graph_node (grouping->graph, g_array_index (members, guint, members->len - 1));
  const WhyValue *result = last->outputs[0];
  const char *layer_op = last->klass->type;
  /* The last one is never inside of a composite. */
  WhyBlock block = { .kind = grouping->kinds[last->index] };
  const char *layer = NULL;

  for (guint member = 0; member < members->len; member++)
    {
      const WhyNode *node = why_graph_node (grouping->graph, g_array_index (members, guint, member));
      const WhyNode *composite = why_graph_composite (grouping->graph, node);
      gboolean inside = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          if (value == NULL)
            continue;
          inside = inside || why_graph_inside (grouping->graph, value) != NULL;
          g_ptr_array_add (tensors, g_strdup (value->name));
          if (g_hash_table_contains (making->layers, value->name))
            {
              layer = value->name;
              layer_op = node->klass->type;
            }
        }
      if (inside)
        continue;
      block.kind = main_kind (block.kind, grouping->kinds[node->index]);
      g_ptr_array_add (ops, (gpointer) (composite != NULL ? composite : node)->klass->type);
    }
  g_ptr_array_add (tensors, NULL);
  for (guint output = 0; result == NULL && output < last->n_outputs; output++)
    result = last->outputs[output];
  block.title = why_layer_title (layer != NULL ? layer : result->name, layer_op);
  block.ops = ops_text (ops);
  block.shape = dims_text (result);
  block.tensor = g_strdup (result->name);
  block.layer = g_strdup (layer);
  block.tensors = (char **) g_ptr_array_steal (tensors, NULL);
  if (layer == NULL)
    block.reason = g_strdup (has_extent (result)
                               ? _ ("The score of a class does not depend on its cells, or they are no places in the picture.")
                               : _ ("It has no spatial extent, so there is no map of it."));
  return block;
}

static void
make_blocks (Making *making)
{
  const Grouping *grouping = making->grouping;
  WhyGraph *graph = grouping->graph;
  g_autofree GArray **members = g_new0 (GArray *, grouping->n_nodes + 1);

  for (guint input = 0; input < why_graph_n_inputs (graph); input++)
    {
      WhyValue *value = why_graph_input (graph, input);
      add_terminal (making, value, value->name, WHY_BLOCK_INPUT);
      g_hash_table_insert (making->inputs, value, GUINT_TO_POINTER (making->blocks->len));
    }
  for (guint node = 0; node < grouping->n_nodes; node++)
    {
      const guint last = find (grouping, node);
      if (members[last] == NULL)
        members[last] = g_array_new (FALSE, FALSE, sizeof (guint));
      g_array_append_val (members[last], node);
    }
  /* By their last nodes: whatever a block reads was computed by an earlier one. */
  for (guint node = 0; node < grouping->n_nodes; node++)
    {
      if (members[node] == NULL)
        continue;
      const WhyBlock block = make_block (making, members[node]);
      for (guint member = 0; member < members[node]->len; member++)
        making->block_of[g_array_index (members[node], guint, member)] = (int) making->blocks->len;
      g_array_append_val (making->blocks, block);
      g_array_unref (members[node]);
    }
}

static int
maker_of (const Making *making, const WhyValue *value)
{
  if (value == NULL || value->constant != NULL)
    return -1;
  if (value->producer != NULL)
    return making->block_of[value->producer->index];
  return (int) GPOINTER_TO_UINT (g_hash_table_lookup (making->inputs, value)) - 1;
}

typedef struct
{
  guint from, to;
  const WhyValue *value;
} Edge;

static void
add_edge (GArray *edges, GHashTable *known, int from, int to, const WhyValue *value)
{
  if (from < 0 || from == to)
    return;
  const Edge edge = { (guint) from, (guint) to, value };
  gint64 *key = g_new (gint64, 1);
  *key = ((gint64) from << 32) | to;
  if (g_hash_table_add (known, key))
    g_array_append_val (edges, edge);
}

static GArray *
find_edges (Making *making)
{
  WhyGraph *graph = making->grouping->graph;
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint index = 0; index < making->grouping->n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint input = 0; input < node->n_inputs; input++)
        add_edge (edges, known, maker_of (making, node->inputs[input]), making->block_of[index], node->inputs[input]);
    }
  for (guint output = 0; output < why_graph_n_outputs (graph); output++)
    {
      const WhyValue *value = why_graph_output (graph, output);
      if (maker_of (making, value) < 0)
        continue;
      add_terminal (making, value, why_graph_output_name (graph, output), WHY_BLOCK_OUTPUT);
      add_edge (edges, known, maker_of (making, value), (int) making->blocks->len - 1, value);
    }
  return edges;
}

/* ---- the network ---- */

static void
group_nodes (Grouping *grouping, WhyGraph *graph)
{
  grouping->graph = graph;
  grouping->n_nodes = why_graph_n_nodes (graph);
  grouping->group = g_new (guint, grouping->n_nodes + 1);
  grouping->kinds = g_new (WhyBlockKind, grouping->n_nodes + 1);
  grouping->n_uses = g_new0 (guint, why_graph_n_values (graph) + 1);
  for (guint index = 0; index < grouping->n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      grouping->group[index] = index;
      grouping->kinds[index] = kind_of (node);
      for (guint input = 0; input < node->n_inputs; input++)
        if (node->inputs[input] != NULL)
          grouping->n_uses[node->inputs[input]->index]++;
    }
  /* An output is read by whoever asked. */
  for (guint output = 0; output < why_graph_n_outputs (graph); output++)
    grouping->n_uses[why_graph_output (graph, output)->index]++;
  join_composites (grouping);
  join_followers (grouping);
}

static void
place_blocks (WhyNetwork *network, const GArray *edges)
{
  network->layout = why_layout_new (network->n_blocks, edges->len);
  network->edge_shapes = g_new0 (char *, edges->len + 1);
  for (gsize block = 0; block < network->n_blocks; block++)
    {
      const gboolean has_map = network->blocks[block].layer != NULL;
      network->layout->nodes[block].width = has_map ? WHY_BLOCK_WIDTH : WHY_BLOCK_PLAIN_WIDTH;
      network->layout->nodes[block].height = has_map ? WHY_BLOCK_HEIGHT : WHY_BLOCK_PLAIN_HEIGHT;
    }
  for (guint index = 0; index < edges->len; index++)
    {
      const Edge *edge = &g_array_index (edges, Edge, index);
      network->layout->edges[index].from = edge->from;
      network->layout->edges[index].to = edge->to;
      network->edge_shapes[index] = dims_text (edge->value);
    }
  why_layout_run (network->layout, GAP, LEVEL_GAP);
}

WhyNetwork *
why_network_new (WhyModel *model, GError **error)
{
  WhyOnnxModel *onnx = why_model_get_onnx (model);
  g_autofree WhyShape *shapes = g_new0 (WhyShape, onnx->graph->n_inputs + 1);
  int rank;
  const gint64 *dims = why_model_get_input_shape (model, &rank);
  WhyShape prepared = { .rank = rank };
  Grouping grouping = { 0 };

  memcpy (prepared.dims, dims, (gsize) rank * sizeof *dims);
  /* The recipe has the size that fits since the model was loaded; a copy all the same, as this may be any thread. */
  g_autoptr (WhyRecipe) recipe = why_recipe_copy (why_model_get_recipe (model));
  g_autoptr (WhyGraph) graph = why_input_graph (onnx, recipe, &prepared, shapes, error);
  if (graph == NULL)
    return NULL;
  group_nodes (&grouping, graph);
  Making making = {
    .grouping = &grouping,
    .model = model,
    .layers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .blocks = g_array_new (FALSE, FALSE, sizeof (WhyBlock)),
    .block_of = g_new0 (int, grouping.n_nodes + 1),
    .inputs = g_hash_table_new (NULL, NULL),
  };
  for (guint index = 0; index < why_model_get_n_layers (model); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (why_model_get_layers (model), index);
      g_hash_table_add (making.layers, g_strdup (why_layer_item_get_name (item)));
    }
  make_blocks (&making);
  g_autoptr (GArray) edges = find_edges (&making);

  WhyNetwork *network = g_new0 (WhyNetwork, 1);
  network->ref_count = 1;
  network->n_blocks = making.blocks->len;
  network->blocks = (WhyBlock *) (gpointer) g_array_free (making.blocks, FALSE);
  place_blocks (network, edges);
  g_hash_table_unref (making.layers);
  g_hash_table_unref (making.inputs);
  g_free (making.block_of);
  g_free (grouping.group);
  g_free (grouping.kinds);
  g_free (grouping.n_uses);
  return network;
}

WhyNetwork *
why_network_ref (WhyNetwork *network)
{
  atomic_fetch_add (&network->ref_count, 1);
  return network;
}

void
why_network_unref (WhyNetwork *network)
{
  if (atomic_fetch_sub (&network->ref_count, 1) != 1)
    return;
  for (gsize index = 0; index < network->n_blocks; index++)
    {
      WhyBlock *block = &network->blocks[index];
      g_free (block->title);
      g_free (block->ops);
      g_free (block->shape);
      g_free (block->tensor);
      g_free (block->layer);
      g_free (block->reason);
      g_strfreev (block->tensors);
    }
  for (gsize edge = 0; edge < network->layout->n_edges; edge++)
    g_free (network->edge_shapes[edge]);
  g_free (network->edge_shapes);
  g_free (network->blocks);
  why_layout_free (network->layout);
  g_free (network);
}

/* ---- finding one's way ---- */

int
why_network_find (const WhyNetwork *network, const char *tensor)
{
  for (gsize block = 0; block < network->n_blocks; block++)
    if (g_strv_contains ((const char *const *) network->blocks[block].tensors, tensor))
      return (int) block;
  return -1;
}

static double
middle (const WhyNetwork *network, int block)
{
  return network->layout->nodes[block].x + network->layout->nodes[block].width / 2;
}

int
why_network_neighbour (const WhyNetwork *network, int block, int direction)
{
  int best = -1;
  double best_distance = 0;

  for (gsize index = 0; index < network->layout->n_edges; index++)
    {
      const WhyLayoutEdge *edge = &network->layout->edges[index];
      if ((int) (direction > 0 ? edge->from : edge->to) != block)
        continue;
      const int other = (int) (direction > 0 ? edge->to : edge->from);
      /* Near levels first: the long way round is reached by walking sideways. */
      const double distance = fabs (middle (network, other) - middle (network, block)) +
                              10.0 * fabs (network->layout->nodes[other].y - network->layout->nodes[block].y);
      if (best < 0 || distance < best_distance)
        {
          best = other;
          best_distance = distance;
        }
    }
  return best;
}

int
why_network_beside (const WhyNetwork *network, int block, int direction)
{
  const WhyLayoutNode *from = &network->layout->nodes[block];
  int best = -1;
  double best_distance = 0;

  for (gsize index = 0; index < network->n_blocks; index++)
    {
      const WhyLayoutNode *to = &network->layout->nodes[index];
      const double aside = (middle (network, (int) index) - middle (network, block)) * direction;
      const int levels = ABS (to->level - from->level);
      if ((int) index == block || aside < MIN (from->width, to->width) / 2 || levels > 3)
        continue;
      const double distance = aside + 1000.0 * levels;
      if (best < 0 || distance < best_distance)
        {
          best = (int) index;
          best_distance = distance;
        }
    }
  return best;
}

gboolean
why_network_matches (const WhyNetwork *network, int block, const char *text)
{
  const WhyBlock *at = &network->blocks[block];
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *names = g_strjoinv (" ", at->tensors);
  g_autofree char *facts =
    g_strdup_printf ("%s %s %s %s %s %s", at->title, at->ops, at->shape, at->tensor, why_block_kind_title (at->kind), names);
  g_autofree char *folded = g_utf8_casefold (facts, -1);

  return strstr (folded, wanted) != NULL;
}
