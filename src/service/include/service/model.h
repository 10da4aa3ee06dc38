#pragma once

#include <gio/gio.h>

#include "explain/layer.h"
#include "image/recipe.h"
#include "onnx/model.h"
#include "service/picture.h"

G_BEGIN_DECLS

/**
 * WhyLayerItem:
 *
 * A tensor that can be explained, or one that cannot and why, as a row of a list. Immutable. Properties (read-only): "name" (s), "op" (s),
 * "shape" (s, e.g. "1x512x14x14"), "stride" (s, e.g. "16", "16x8", "" if unknown), "receptive-field" (s),
 * "n-channels" (i64), "is-default" (b).
 */
#define WHY_TYPE_LAYER_ITEM (why_layer_item_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerItem, why_layer_item, WHY, LAYER_ITEM, GObject)

const WhyLayer *why_layer_item_get_layer (WhyLayerItem *self);    /* numbers; borrowed */
const char *why_layer_item_get_name (WhyLayerItem *self);         /* the ONNX tensor name */
const char *why_layer_item_get_op (WhyLayerItem *self);           /* operator type */
const char *why_layer_item_get_shape (WhyLayerItem *self);
const char *why_layer_item_get_grid (WhyLayerItem *self);            /* cells, "14x14" */
gboolean why_layer_item_get_is_tokens (WhyLayerItem *self);          /* a list or windows of tokens, not a picture */
const char *why_layer_item_get_stride (WhyLayerItem *self);          /* pixels of the network's input */
const char *why_layer_item_get_receptive_field (WhyLayerItem *self); /* likewise */
gint64 why_layer_item_get_n_channels (WhyLayerItem *self);
gboolean why_layer_item_get_is_default (WhyLayerItem *self); /* used when no layer is named */
const char *why_layer_item_get_reason (WhyLayerItem *self);  /* nullable: why no method has a map of it, a sentence */

/**
 * WhyModel:
 *
 * A model file that was read and understood: graph, recipe, labels, layers. Immutable after loading; may be
 * loaded in a worker and read from any thread. Properties (read-only): "path", "title", "summary", "recipe-text",
 * "assumed-text" (s), "n-classes" (i), "layers" (GListModel).
 */
#define WHY_TYPE_MODEL (why_model_get_type ())
G_DECLARE_FINAL_TYPE (WhyModel, why_model, WHY, MODEL, GObject)

/**
 * why_model_load:
 * @path: an ONNX file
 * @recipe_path: (nullable): a recipe to use instead of the one that would be found
 *
 * Reads the file, checks that every operator is known, finds the recipe, builds the graph for the recipe's
 * input size and lists the layers. Blocks; any thread.
 *
 * Returns: (transfer full) (nullable): %NULL with one sentence that names the file (and the nodes)
 */
WhyModel *why_model_load (const char *path, const char *recipe_path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_model_load_for: the same for a tensor that is prepared already and will be given to it: where the file leaves sizes
 * open, @prepared (nullable) decides them */
WhyModel *why_model_load_for (const char *path, const char *recipe_path, const WhyTensor *prepared,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

void why_model_load_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/** why_model_load_finish: Returns: (transfer full) (nullable). A cancelled load is %G_IO_ERROR_CANCELLED. */
WhyModel *why_model_load_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

const char *why_model_get_path (WhyModel *self);
const char *why_model_get_recipe_path (WhyModel *self); /* nullable: as given to why_model_load() */
const char *why_model_get_title (WhyModel *self); /* file name without ".onnx" */
WhyOnnxModel *why_model_get_onnx (WhyModel *self);
WhyRecipe *why_model_get_recipe (WhyModel *self);

/** why_model_get_recipe_text: one line for people: "224x224, RGB, mean 0.485 0.456 0.406, ..." */
const char *why_model_get_recipe_text (WhyModel *self);

/** why_model_get_assumed_text: "" or the fields of the recipe that nobody stated: "mean, std, filter" */
const char *why_model_get_assumed_text (WhyModel *self);

/** why_model_get_summary: one line: producer, opset, number of nodes, number of parameters */
const char *why_model_get_summary (WhyModel *self);
const char *why_model_get_producer (WhyModel *self); /* "" if the file does not say */
gint64 why_model_get_opset (WhyModel *self);
guint why_model_get_n_nodes (WhyModel *self); /* in the file */
guint64 why_model_get_n_parameters (WhyModel *self);

/** why_model_get_n_classes: 0 for a network without classes; see why_model_get_limitation() */
int why_model_get_n_classes (WhyModel *self);
/** why_model_is_multi_label: each class has a probability of its own */
gboolean why_model_is_multi_label (WhyModel *self);
/** why_model_ends_in: Returns: (nullable): "Softmax", "Sigmoid" when the graph ends in one (then the logit
 *   before it is explained by default) */
const char *why_model_ends_in (WhyModel *self);
gboolean why_model_is_dense (WhyModel *self); /* segmentation: classes for every pixel */

/** why_model_get_limitation: Returns: (nullable): why this model can be run but not explained, a sentence */
const char *why_model_get_limitation (WhyModel *self);

/** why_model_get_method_limitation: @method: id. Returns: (nullable): why the method cannot run on this model at
 *   its default layer, and what could, a sentence */
const char *why_model_get_method_limitation (WhyModel *self, const char *method);

/** why_model_fit_picture: makes its pixels what this network is to see: why_picture_fit(), and whether that can be its input */
gboolean why_model_fit_picture (WhyModel *self, WhyPicture *picture, GError **error);
/** why_model_check_picture: %WHY_ERROR_BAD_REQUEST if a prepared picture (or volume) cannot be the model's input */
gboolean why_model_check_picture (WhyModel *self, gboolean is_volume, GError **error);

/** why_model_get_class_label: Returns: (transfer none): the label of class @index, or "class 8". Valid as long as @self. */
const char *why_model_get_class_label (WhyModel *self, int index);

/**
 * why_model_find_class:
 * @text: a number or a label (case does not matter; the whole label, or one of its comma-separated names)
 *
 * Returns: the class, or -1 with %WHY_ERROR_NOT_FOUND and the nearest names
 */
int why_model_find_class (WhyModel *self, const char *text, GError **error);

/** why_model_get_layers: (element-type WhyLayerItem): in topological order */
GListModel *why_model_get_layers (WhyModel *self);
guint why_model_get_n_layers (WhyModel *self);
/** why_model_find_layer: Returns: (transfer none) (nullable): with the nearest names in @error. %NULL @name: the default */
WhyLayerItem *why_model_find_layer (WhyModel *self, const char *name, GError **error);
/** why_model_get_default_layer: Returns: (nullable): the tensor explained when none is named: the recipe's, else the last */
const char *why_model_get_default_layer (WhyModel *self);

/** why_model_get_input_shape: Returns: (array length=rank): the first input's dims, free ones filled in */
const gint64 *why_model_get_input_shape (WhyModel *self, int *rank);

G_END_DECLS
