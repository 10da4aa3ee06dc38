#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

struct _WhyGraph
{
  WhyGraphOptions options;
  WhyOnnxModel *model;     /* keeps mapped weights alive; nullable */
  GPtrArray *values;       /* owned WhyValue */
  GPtrArray *nodes;        /* owned WhyNode, topological order */
  GPtrArray *inputs;       /* borrowed */
  GPtrArray *outputs;      /* borrowed */
  GPtrArray *output_names; /* owned strings: what the file calls the outputs */
  GHashTable *by_name;     /* name (owned) -> WhyValue; several names may lead to one value */
  GPtrArray *last_outputs; /* what why_graph_add_node() returned last */
  GPtrArray *composites;   /* by index of the last node: owned WhyNode or NULL; see composite.h */
  GPtrArray *inside;       /* by value index: the composite that it lies inside of, or NULL */
  guint n_made_up;
  gpointer data; /* of the layer above */
  GDestroyNotify free_data;
  gsize folded_bytes; /* of all constants computed while building */
};

WhyValue *why_graph_new_value (WhyGraph *graph, const char *name);
void why_graph_alias (WhyGraph *graph, const char *name, WhyValue *value);
void why_node_free (WhyNode *node);

/** why_graph_make_composite: Returns: (transfer full) (nullable): a node that is in no list, with the index,
 * name and output of @last; %NULL if the operator does not accept its inputs */
WhyNode *why_graph_make_composite (WhyGraph *graph, const char *type, const WhyNode *last, WhyValue *const *inputs,
                                   guint n_inputs, const WhyAttr *attrs, guint n_attrs);

G_END_DECLS
