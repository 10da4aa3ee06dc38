#pragma once

#include "engine/session.h"
#include "explain/explain.h"
#include "input-size.h"
#include "service/model.h"

G_BEGIN_DECLS

struct _WhyModel
{
  GObject parent_instance;

  char *path;
  char *recipe_path; /* nullable */
  char *title;
  char *summary;
  char *producer;
  char *recipe_text;
  char *assumed_text;
  char *limitation;
  WhyOnnxModel *onnx;
  WhyRecipe *recipe;
  GListStore *layers;
  char **labels; /* n_classes of them */
  int n_classes;
  char *default_layer;
  GPtrArray *method_limits; /* as why_explainer_check_all() has them; NULL: no classes */
  const char *ends_in;
  gboolean multi_label;
  gboolean dense;
  gint64 opset;
  guint n_nodes;
  guint64 n_parameters;
  WhyShape input;
};

/* Text from a file made fit to be shown: valid, without control characters (bidirectional ones included), not endless. */
char *why_model_clean_text (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* One without a map; @shape: as why_dims_to_string() has it. Its layer has a name and an operator only. */
WhyLayerItem *why_layer_item_new_without_map (const char *name, const char *op, const char *shape,
                                              const char *reason) G_GNUC_WARN_UNUSED_RESULT;

/* Names for the classes, from the recipe; what is wrong with them goes with what was assumed. */
void why_model_make_labels (WhyModel *self);

/**
 * why_model_copy_with_labels:
 * @labels: (array zero-terminated)
 *
 * Returns: (transfer full): the same network with other names for its classes
 */
WhyModel *why_model_copy_with_labels (WhyModel *self, char **labels) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
