#include "config.h"

#include "input-size.h"

#include <string.h>

/* Concrete dims for an input: free ones from the recipe, as a picture of the recipe's own size would
 * give them. */
static void
fill_shape (const WhyOnnxValueInfo *info, const WhyRecipe *recipe, WhyShape *shape)
{
  const gint64 width = recipe->width > 0 ? recipe->width : 224;
  const gint64 height = recipe->height > 0 ? recipe->height : 224;
  const gboolean nhwc = recipe->layout == WHY_RECIPE_LAYOUT_NHWC;
  const gint64 nchw_dims[] = { 1, why_recipe_get_n_channels (recipe), height, width };
  const gint64 nhwc_dims[] = { 1, height, width, why_recipe_get_n_channels (recipe) };

  if (info->rank < 0)
    {
      shape->rank = 4;
      memcpy (shape->dims, nhwc ? nhwc_dims : nchw_dims, sizeof nchw_dims);
      return;
    }
  shape->rank = info->rank;
  for (int axis = 0; axis < info->rank; axis++)
    {
      if (info->dims[axis] >= 0)
        shape->dims[axis] = info->dims[axis];
      else if (info->rank == 4)
        shape->dims[axis] = nhwc ? nhwc_dims[axis] : nchw_dims[axis];
      else
        /* Batch and channels 1; signals and volumes of a size that any stack of strides leaves something of. */
        shape->dims[axis] = axis < 2 ? 1 : 64;
    }
}

/* Whether @shape leaves every number that the model states as it is. */
static gboolean
fits_declared (const WhyOnnxValueInfo *info, const WhyShape *shape)
{
  for (int axis = 0; axis < info->rank; axis++)
    {
      if (shape->rank != info->rank || (info->dims[axis] >= 0 && info->dims[axis] != shape->dims[axis]))
        return FALSE;
    }
  return TRUE;
}

static WhyGraph *
build (WhyOnnxModel *onnx, const WhyShape *shapes, GError **error)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  return why_graph_new (onnx, shapes, onnx->graph->n_inputs, &options, error);
}

/* Tried first, the rounder ones before the others: a network of patches also takes what is a little
 * larger than its own size, and leaves the rest of the picture out. */
static const int usual_sizes[] = { 224, 256, 384, 192, 128, 96,  64,  32,  512, 320,
                                   448, 640, 288, 160, 240, 336, 112, 299, 28,  518 };
#define SIZE_STEP 4
#define SIZE_MAX 1024
/* Nobody should wait for a guess. */
#define SEARCH_MICROSECONDS (2 * G_USEC_PER_SEC)

static int
first_spatial_axis (const WhyRecipe *recipe)
{
  return recipe->layout == WHY_RECIPE_LAYOUT_NHWC ? 1 : 2;
}

static WhyGraph *
try_size (WhyOnnxModel *onnx, const WhyRecipe *recipe, WhyShape *shapes, int size)
{
  const WhyOnnxValueInfo *info = &onnx->graph->inputs[0];
  const int first = first_spatial_axis (recipe);

  for (int axis = first; axis < first + 2; axis++)
    shapes[0].dims[axis] = info->rank < 0 || info->dims[axis] < 0 ? size : info->dims[axis];
  return build (onnx, shapes, NULL);
}

/* The graph at a size that works; @shapes has it then. */
static WhyGraph *
search_size (WhyOnnxModel *onnx, const WhyRecipe *recipe, WhyShape *shapes)
{
  const gint64 end = g_get_monotonic_time () + SEARCH_MICROSECONDS;
  const WhyOnnxValueInfo *info = &onnx->graph->inputs[0];
  const int first = first_spatial_axis (recipe);
  WhyGraph *graph = NULL;

  if (shapes[0].rank != 4 || (info->rank >= 0 && info->dims[first] >= 0 && info->dims[first + 1] >= 0))
    return NULL;
  for (gsize index = 0; graph == NULL && index < G_N_ELEMENTS (usual_sizes); index++)
    graph = try_size (onnx, recipe, shapes, usual_sizes[index]);
  for (int size = SIZE_STEP; graph == NULL && size <= SIZE_MAX && g_get_monotonic_time () < end; size += SIZE_STEP)
    graph = try_size (onnx, recipe, shapes, size);
  return graph;
}

static void
take_size (WhyRecipe *recipe, const WhyShape *shape)
{
  const int first = first_spatial_axis (recipe);

  recipe->height = (int) shape->dims[first];
  recipe->width = (int) shape->dims[first + 1];
  recipe->assumed &= ~(guint) WHY_RECIPE_FIELD_SIZE;
  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE)
    recipe->shortest = MAX (recipe->height, recipe->width);
}

WhyGraph *
why_input_graph (WhyOnnxModel *onnx, WhyRecipe *recipe, const WhyShape *prepared, WhyShape *shapes, GError **error)
{
  GError *local_error = NULL;

  for (gsize input = 0; input < onnx->graph->n_inputs; input++)
    fill_shape (&onnx->graph->inputs[input], recipe, &shapes[input]);
  const gboolean is_prepared = prepared != NULL && onnx->graph->n_inputs > 0 && fits_declared (&onnx->graph->inputs[0], prepared);
  if (is_prepared)
    shapes[0] = *prepared;
  const WhyShape asked = shapes[0];
  WhyGraph *graph = build (onnx, shapes, &local_error);
  if (graph != NULL)
    return graph;
  if (onnx->graph->n_inputs > 0)
    graph = search_size (onnx, recipe, shapes);
  if (graph == NULL)
    {
      g_propagate_error (error, local_error);
      return NULL;
    }
  if (!is_prepared && (recipe->assumed & WHY_RECIPE_FIELD_SIZE) != 0)
    {
      take_size (recipe, &shapes[0]);
      g_error_free (local_error);
      return graph;
    }
  g_autofree char *wrong = why_dims_to_string (asked.rank, asked.dims);
  g_autofree char *right = why_dims_to_string (shapes[0].rank, shapes[0].dims);
  why_graph_free (graph);
  g_propagate_prefixed_error (error, local_error, "an input of %s does not fit the network, which takes %s: ", wrong,
                              right);
  return NULL;
}
