#include "config.h"

#include "image/recipe.h"

#include "base/error.h"
#include "recipe-private.h"

#include <math.h>
#include <string.h>

/* Side of the input where a model leaves it open: what ImageNet networks are trained with. */
#define USUAL_SIDE 224

static const double imagenet_mean[3] = { 0.485, 0.456, 0.406 };
static const double imagenet_std[3] = { 0.229, 0.224, 0.225 };

/* What the shape of a model's input says. 0: it does not say. */
typedef struct
{
  gint64 width, height;
  gint64 depth; /* of volumes with a fixed size */
  gboolean is_volume;
  int n_channels;
  gboolean has_layout;
  WhyRecipeLayout layout;
} Shape;

static gint64
square_side (gint64 count)
{
  const gint64 side = count > 0 ? (gint64) (sqrt ((double) count) + 0.5) : 0;

  return side > 0 && side * side == count ? side : 0;
}

static Shape
read_shape (int rank, const gint64 *dims)
{
  Shape shape = { 0 };

  if (dims == NULL || rank < 2 || rank > 5)
    return shape;
  if (rank == 5)
    {
      shape = (Shape) { .width = dims[4], .height = dims[3], .depth = dims[2], .is_volume = TRUE, .has_layout = TRUE,
                        .n_channels = dims[1] == 3 ? 3 : 1, .layout = WHY_RECIPE_LAYOUT_NCHW };
      if (shape.width <= 0 || shape.height <= 0 || shape.depth <= 0)
        shape.width = shape.height = shape.depth = 0;
      return shape;
    }
  if (rank == 2)
    {
      /* Pixels in a row, as the oldest digit networks want them. */
      const gint64 grey = square_side (dims[1]);
      const gint64 colour = dims[1] > 0 && dims[1] % 3 == 0 ? square_side (dims[1] / 3) : 0;

      shape.n_channels = grey > 0 ? 1 : colour > 0 ? 3 : 0;
      shape.width = shape.height = grey > 0 ? grey : colour;
      return shape;
    }
  const gint64 *last = dims + rank - 3;
  if (last[0] == 1 || last[0] == 3)
    shape = (Shape) { .width = last[2], .height = last[1], .n_channels = (int) last[0], .has_layout = TRUE,
                      .layout = WHY_RECIPE_LAYOUT_NCHW };
  else if (last[2] == 1 || last[2] == 3)
    shape = (Shape) { .width = last[1], .height = last[0], .n_channels = (int) last[2], .has_layout = TRUE,
                      .layout = WHY_RECIPE_LAYOUT_NHWC };
  else if (last[0] <= 0)
    shape = (Shape) { .width = last[2], .height = last[1] };
  if (shape.width <= 0 || shape.height <= 0)
    shape.width = shape.height = 0;
  return shape;
}

static void
set_imagenet (WhyRecipe *recipe)
{
  memcpy (recipe->mean, imagenet_mean, sizeof recipe->mean);
  memcpy (recipe->std, imagenet_std, sizeof recipe->std);
}

/* Volumes as they are, or stretched to the input, lowest value 0 and highest 1: scanners' values have no
 * scale that two of them share. */
static WhyRecipe *
guess_volume (WhyRecipe *recipe, const Shape *shape)
{
  if (shape->depth > 0 && MAX (MAX (shape->width, shape->height), shape->depth) <= 16384)
    {
      recipe->width = shape->width;
      recipe->height = shape->height;
      recipe->depth = shape->depth;
    }
  recipe->channels = shape->n_channels == 1 ? WHY_RECIPE_CHANNELS_GREY : WHY_RECIPE_CHANNELS_RGB;
  recipe->normalise = WHY_RECIPE_NORMALISE_MIN_MAX;
  recipe->scale = 1.0;
  recipe->assumed |= WHY_RECIPE_FIELD_NORMALISE;
  recipe->assumed &= ~(WHY_RECIPE_FIELD_LAYOUT | WHY_RECIPE_FIELD_SIZE | WHY_RECIPE_FIELD_CHANNELS);
  recipe->origin = g_strdup ("guessed from the model's input");
  return recipe;
}

WhyRecipe *
why_recipe_guess (int rank, const gint64 *dims)
{
  const Shape shape = read_shape (rank, dims);
  WhyRecipe *recipe = why_recipe_new ();

  if (shape.is_volume)
    return guess_volume (recipe, &shape);
  recipe->width = recipe->height = USUAL_SIDE;
  if (shape.width > 0 && shape.width <= 16384 && shape.height <= 16384)
    {
      recipe->width = shape.width;
      recipe->height = shape.height;
      recipe->assumed &= ~WHY_RECIPE_FIELD_SIZE;
    }
  if (shape.n_channels == 1)
    recipe->channels = WHY_RECIPE_CHANNELS_GREY;
  else
    set_imagenet (recipe);
  if (shape.has_layout)
    {
      recipe->layout = shape.layout;
      recipe->assumed &= ~WHY_RECIPE_FIELD_LAYOUT;
    }
  if (recipe->width == recipe->height)
    {
      /* Aspect kept, as little as possible cut off. */
      recipe->resize = WHY_RECIPE_RESIZE_SHORTEST_SIDE;
      recipe->shortest = recipe->width;
      recipe->crop = WHY_RECIPE_CROP_CENTER;
    }
  recipe->origin = g_strdup ("guessed from the model's input");
  return recipe;
}

/* Fills what the recipe leaves open from the model, and refuses what contradicts it. */
static gboolean
fit_to_shape (WhyRecipe *recipe, int rank, const gint64 *dims, GError **error)
{
  const Shape shape = read_shape (rank, dims);

  if (shape.width > 0)
    {
      if ((recipe->assumed & WHY_RECIPE_FIELD_SIZE) != 0)
        {
          recipe->width = shape.width;
          recipe->height = shape.height;
          recipe->depth = shape.depth;
          recipe->assumed &= ~WHY_RECIPE_FIELD_SIZE;
        }
      else if (recipe->width != shape.width || recipe->height != shape.height || recipe->depth != shape.depth)
        {
          const gint64 stated[3] = { recipe->width, recipe->height, recipe->depth };
          const gint64 fixed[3] = { shape.width, shape.height, shape.depth };
          g_autofree char *stated_text =
            recipe->width > 0 ? why_dims_to_string (recipe->depth > 0 ? 3 : 2, stated) : g_strdup ("\"any\"");
          g_autofree char *fixed_text = why_dims_to_string (shape.depth > 0 ? 3 : 2, fixed);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: size is %s, but the model's input is %s",
                       recipe->origin, stated_text, fixed_text);
          return FALSE;
        }
    }
  if (shape.n_channels > 0)
    {
      if ((recipe->assumed & WHY_RECIPE_FIELD_CHANNELS) != 0)
        {
          if (why_recipe_get_n_channels (recipe) != shape.n_channels)
            recipe->channels = shape.n_channels == 1 ? WHY_RECIPE_CHANNELS_GREY : WHY_RECIPE_CHANNELS_RGB;
        }
      else if (why_recipe_get_n_channels (recipe) != shape.n_channels)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "%s: channels make %d of a pixel, but the model's input has %d", recipe->origin,
                       why_recipe_get_n_channels (recipe), shape.n_channels);
          return FALSE;
        }
    }
  if (shape.has_layout)
    {
      if ((recipe->assumed & WHY_RECIPE_FIELD_LAYOUT) != 0)
        {
          recipe->layout = shape.layout;
          recipe->assumed &= ~WHY_RECIPE_FIELD_LAYOUT;
        }
      else if (recipe->layout != shape.layout)
        {
          g_autofree char *text = why_dims_to_string (rank, dims);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: the layout does not fit the model's input %s",
                       recipe->origin, text);
          return FALSE;
        }
    }
  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE && recipe->shortest == 0)
    recipe->shortest = MAX (recipe->width, recipe->height);
  if (!why_recipe_validate (recipe, error))
    {
      g_prefix_error (error, "%s: ", recipe->origin);
      return FALSE;
    }
  return TRUE;
}

static const char *
lookup (const WhyRecipeHints *hints, const char *key)
{
  return hints->metadata != NULL ? g_hash_table_lookup (hints->metadata, key) : NULL;
}

static void
add_note (WhyRecipe *recipe, const char *sentence)
{
  g_autofree char *old = recipe->note;

  recipe->note = old != NULL ? g_strdup_printf ("%s; %s", old, sentence) : g_strdup (sentence);
}

static void
set_range (WhyRecipe *recipe, double scale, double mean, double std)
{
  recipe->scale = scale;
  for (int c = 0; c < 3; c++)
    {
      recipe->mean[c] = mean;
      recipe->std[c] = std;
    }
  recipe->assumed &= ~(WHY_RECIPE_FIELD_SCALE | WHY_RECIPE_FIELD_MEAN | WHY_RECIPE_FIELD_STD);
  recipe->source = WHY_RECIPE_SOURCE_METADATA;
}

/* The metadata of the ONNX "Image Category Definition", MetadataProps.md. */
static void
apply_image_metadata (WhyRecipe *recipe, const WhyRecipeHints *hints)
{
  const char *format = lookup (hints, "Image.BitmapPixelFormat");
  const char *range = lookup (hints, "Image.NominalPixelRange");
  const char *gamma = lookup (hints, "Image.ColorSpaceGamma");
  const int n_channels = read_shape (hints->rank, hints->dims).n_channels;

  if (format != NULL)
    {
      const gboolean grey = g_ascii_strncasecmp (format, "Gray", 4) == 0;
      const gboolean bgr = g_ascii_strncasecmp (format, "Bgr", 3) == 0;
      const gboolean rgb = g_ascii_strncasecmp (format, "Rgb", 3) == 0;

      if ((grey && n_channels != 3) || ((bgr || rgb) && n_channels != 1))
        {
          recipe->channels = grey  ? WHY_RECIPE_CHANNELS_GREY
                             : bgr ? WHY_RECIPE_CHANNELS_BGR
                                   : WHY_RECIPE_CHANNELS_RGB;
          recipe->assumed &= ~WHY_RECIPE_FIELD_CHANNELS;
          recipe->source = WHY_RECIPE_SOURCE_METADATA;
          /* Guessed means follow the order of the channels. */
          if (bgr && (recipe->assumed & WHY_RECIPE_FIELD_MEAN) != 0)
            {
              for (int c = 0; c < 3; c++)
                {
                  recipe->mean[c] = imagenet_mean[2 - c];
                  recipe->std[c] = imagenet_std[2 - c];
                }
            }
        }
    }
  if (range != NULL)
    {
      if (g_ascii_strcasecmp (range, "NominalRange_0_255") == 0)
        set_range (recipe, 1.0, 0.0, 1.0);
      else if (g_ascii_strcasecmp (range, "Normalized_0_1") == 0)
        set_range (recipe, 255.0, 0.0, 1.0);
      else if (g_ascii_strcasecmp (range, "Normalized_1_1") == 0)
        set_range (recipe, 255.0, 0.5, 0.5);
      else if (g_ascii_strcasecmp (range, "NominalRange_16_235") == 0)
        set_range (recipe, 1.0, -16.0 * 255.0 / 219.0, 255.0 / 219.0); /* 16 + pixel 219/255 */
      else
        add_note (recipe, "the model states a range of pixel values that is not known here");
    }
  if (gamma != NULL && g_ascii_strcasecmp (gamma, "Linear") == 0)
    add_note (recipe, "the model states that it wants linear light; it gets sRGB values");
  if (recipe->source == WHY_RECIPE_SOURCE_METADATA)
    {
      g_free (recipe->origin);
      recipe->origin = g_strdup ("the model's Image metadata");
    }
}

/* A file that may be there or not; FALSE with an error only if it is there and cannot be used. */
static gboolean
read_optional (const char *folder, const char *anchor, const char *name, char **text, GError **error)
{
  g_autoptr (GError) reason = NULL;

  *text = why_recipe_read_beside (folder, anchor, name, &reason);
  if (*text != NULL || g_error_matches (reason, WHY_ERROR, WHY_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* "dir/resnet.onnx" -> "resnet" */
static char *
stem_of (const char *path)
{
  char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  return name;
}

/* *recipe stays NULL where nothing is found. */
static gboolean
find_stated (const WhyRecipeHints *hints, const char *folder, const char *stem, WhyRecipe **recipe, GError **error)
{
  const char *stated = lookup (hints, "whylight.recipe");
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;

  if (stated != NULL)
    {
      *recipe = why_recipe_parse_beside (stated, -1, "metadata key whylight.recipe", folder, hints->model_path, error);
      if (*recipe == NULL)
        return FALSE;
      (*recipe)->source = WHY_RECIPE_SOURCE_METADATA;
      return TRUE;
    }
  if (folder == NULL)
    return TRUE;

  name = g_strconcat (stem, ".recipe.json", NULL);
  if (!read_optional (folder, hints->model_path, name, &text, error))
    return FALSE;
  if (text == NULL)
    {
      g_autoptr (GError) ignored = NULL;

      /* Under this name it may be anybody's: only one that says it is a recipe counts. */
      g_free (name);
      name = g_strconcat (stem, ".json", NULL);
      if (!read_optional (folder, hints->model_path, name, &text, &ignored) ||
          (text != NULL && strstr (text, "\"version\"") == NULL))
        g_clear_pointer (&text, g_free);
    }
  if (text == NULL)
    return TRUE;
  *recipe = why_recipe_parse_beside (text, -1, name, folder, hints->model_path, error);
  return *recipe != NULL;
}

static gboolean
find_labels (WhyRecipe *recipe, const WhyRecipeHints *hints, const char *folder, const char *stem, GError **error)
{
  static const char *const metadata_keys[] = { "whylight.labels", "names", "classes", "labels" };

  for (gsize k = 0; recipe->labels == NULL && k < G_N_ELEMENTS (metadata_keys); k++)
    {
      const char *text = lookup (hints, metadata_keys[k]);

      if (text == NULL)
        continue;
      recipe->labels = why_recipe_parse_label_list (text);
      if (recipe->labels == NULL && k == 0)
        {
          /* The key is ours, so it must be right; the others may mean anything. */
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                               "metadata key whylight.labels: is not a JSON list of strings");
          return FALSE;
        }
    }
  if (recipe->labels == NULL && folder != NULL)
    {
      g_autofree char *own = g_strconcat (stem, ".labels.txt", NULL);
      const char *const names[] = { own, "labels.txt" };

      for (gsize n = 0; recipe->labels == NULL && n < G_N_ELEMENTS (names); n++)
        {
          g_autofree char *text = NULL;
          g_autoptr (GError) reason = NULL;

          /* Only the one with the model's name must be right; a labels.txt may be another model's. */
          if (!read_optional (folder, hints->model_path, names[n], &text, &reason) && n == 0)
            {
              g_propagate_error (error, g_steal_pointer (&reason));
              return FALSE;
            }
          if (text != NULL)
            recipe->labels = why_recipe_parse_label_lines (text);
        }
    }
  if (recipe->labels != NULL)
    recipe->assumed &= ~WHY_RECIPE_FIELD_LABELS;
  return TRUE;
}

/* What most networks of a framework were trained with, if the writer of the file names the framework. Still
 * a guess, and marked as one. */
static void
apply_producer (WhyRecipe *recipe, const char *producer)
{
  g_autofree char *name = producer != NULL ? g_ascii_strdown (producer, -1) : g_strdup ("");
  const gboolean colour = recipe->channels != WHY_RECIPE_CHANNELS_GREY;

  if (strstr (name, "caffe") != NULL && colour)
    {
      /* Caffe's reference networks: blue first, 0 to 255, less the mean colour of ImageNet */
      static const double mean[] = { 104.0, 117.0, 123.0 };
      recipe->channels = WHY_RECIPE_CHANNELS_BGR;
      recipe->scale = 1.0;
      for (int channel = 0; channel < 3; channel++)
        {
          recipe->mean[channel] = mean[channel];
          recipe->std[channel] = 1.0;
        }
    }
  else if ((strstr (name, "tf2onnx") != NULL || strstr (name, "tfl2onnx") != NULL ||
            strstr (name, "keras2onnx") != NULL) &&
           colour && recipe->width >= 128)
    {
      /* TensorFlow's image networks: -1 to 1 */
      for (int channel = 0; channel < 3; channel++)
        recipe->mean[channel] = recipe->std[channel] = 0.5;
    }
  else if (strstr (name, "cntk") != NULL && !colour)
    recipe->scale = 1.0;
}

WhyRecipe *
why_recipe_find (const WhyRecipeHints *hints, GError **error)
{
  g_autofree char *folder = hints->model_path != NULL ? g_path_get_dirname (hints->model_path) : NULL;
  g_autofree char *stem = hints->model_path != NULL ? stem_of (hints->model_path) : NULL;
  g_autoptr (WhyRecipe) recipe = NULL;

  if (!find_stated (hints, folder, stem, &recipe, error))
    return NULL;
  if (recipe == NULL)
    {
      recipe = why_recipe_guess (hints->rank, hints->dims);
      apply_producer (recipe, hints->producer);
      apply_image_metadata (recipe, hints);
    }
  if (!fit_to_shape (recipe, hints->rank, hints->dims, error) || !find_labels (recipe, hints, folder, stem, error))
    return NULL;
  return g_steal_pointer (&recipe);
}
