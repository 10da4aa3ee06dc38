#pragma once

#include "base/affine.h"
#include "base/tensor.h"
#include "image/resize.h"

G_BEGIN_DECLS

/* The preparation recipe: how source pixels become the network's input.
 *
 *   picture [H, W, C] -> channels -> resize -> crop or pad -> (pixel / scale - mean) / std -> layout
 *
 * Pixels count 0..255 whatever the depth of the file. JSON form:
 *
 *   {"version": 1, "size": [224, 224], "resize": "shortest-side", "shortest": 256, "crop": "center",
 *    "filter": "bilinear", "channels": "RGB", "scale": 255,
 *    "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
 *
 * Volumes [D, H, W] are resized likewise in all three axes, and then normalised. "normalise": "window" with "centre"
 * and "width" also says which values of a slice are 0 to 255 where a network takes pictures; else its file does.
 *
 * "size" is "any" for a network that takes pictures as they are. Further keys: "mpp" (micrometres per pixel, or
 * "spacing", of volumes, three lengths in mm along columns, rows and slices: what a pixel of the network's input was in
 * training), "normalise" (volumes), "pad" [r, g, b], "layout", "clip" [low, high] (after normalising), "note", "labels"
 * [..] or "labels_file" (a name in the same folder), "task", "layer". A key that is absent is assumed and
 * marked so; a key or value that is not known is an error. */

typedef enum
{
  WHY_RECIPE_RESIZE_STRETCH,       /* to the input size, aspect not kept */
  WHY_RECIPE_RESIZE_SHORTEST_SIDE, /* shorter side to `shortest`, then crop */
  WHY_RECIPE_RESIZE_FIT,           /* inside the input size, the rest filled with `pad` ("letterbox") */
} WhyRecipeResize;

typedef enum
{
  WHY_RECIPE_CROP_NONE,
  WHY_RECIPE_CROP_CENTER,
} WhyRecipeCrop;

typedef enum
{
  WHY_RECIPE_CHANNELS_RGB,
  WHY_RECIPE_CHANNELS_BGR,
  WHY_RECIPE_CHANNELS_GREY,
} WhyRecipeChannels;

typedef enum
{
  WHY_RECIPE_LAYOUT_NCHW,
  WHY_RECIPE_LAYOUT_NHWC,
} WhyRecipeLayout;

/* What a volume's values are divided into before scale, mean and std; pictures count 0..255 always. */
typedef enum
{
  WHY_RECIPE_NORMALISE_NONE,       /* as the file means them */
  WHY_RECIPE_NORMALISE_MIN_MAX,    /* lowest 0, highest 1 */
  WHY_RECIPE_NORMALISE_Z_SCORE,    /* mean 0, deviation 1 */
  WHY_RECIPE_NORMALISE_PERCENTILE, /* 1st percentile 0, 99th 1, clipped */
  WHY_RECIPE_NORMALISE_WINDOW,     /* centre - width / 2 is 0, centre + width / 2 is 1, clipped */
} WhyRecipeNormalise;

typedef enum
{
  WHY_RECIPE_TASK_UNKNOWN,
  WHY_RECIPE_TASK_SINGLE_LABEL,
  WHY_RECIPE_TASK_MULTI_LABEL,
  WHY_RECIPE_TASK_SEGMENTATION,
} WhyRecipeTask;

typedef enum
{
  WHY_RECIPE_SOURCE_ASSUMED,  /* guessed from the shape of the model's input */
  WHY_RECIPE_SOURCE_METADATA, /* in the ONNX file */
  WHY_RECIPE_SOURCE_FILE,     /* beside it */
} WhyRecipeSource;

/* Bits of WhyRecipe.assumed: fields nobody stated. */
typedef enum
{
  WHY_RECIPE_FIELD_SIZE = 1 << 0,
  WHY_RECIPE_FIELD_RESIZE = 1 << 1, /* with shortest and crop */
  WHY_RECIPE_FIELD_FILTER = 1 << 2,
  WHY_RECIPE_FIELD_CHANNELS = 1 << 3,
  WHY_RECIPE_FIELD_SCALE = 1 << 4,
  WHY_RECIPE_FIELD_MEAN = 1 << 5,
  WHY_RECIPE_FIELD_STD = 1 << 6,
  WHY_RECIPE_FIELD_LAYOUT = 1 << 7,
  WHY_RECIPE_FIELD_TASK = 1 << 8,
  WHY_RECIPE_FIELD_LABELS = 1 << 9,
  WHY_RECIPE_FIELD_PAD = 1 << 10,
  WHY_RECIPE_FIELD_NORMALISE = 1 << 11, /* of volumes only */
} WhyRecipeField;

/**
 * WhyRecipe:
 * @width: columns of the network's input, 0: whatever the resize rule gives (a model without fixed size)
 * @height: rows, 0 likewise (both or none)
 * @depth: slices of the network's input, for volumes; 0: as many as the volume has. Three numbers in
 *   "size": columns, rows, slices
 * @normalise: for volumes ("none", "min-max", "z-score", "percentile", "window")
 * @window_centre, @window_width: for "window", in the unit of the values (Hounsfield units). Also of pictures whose
 *   values mean something (a DICOM slice): what it shows is 0 to 255; pictures of bytes have nothing to be windowed
 * @shortest: length of the shorter side for %WHY_RECIPE_RESIZE_SHORTEST_SIDE
 * @pad: fill of letterbox and of crops larger than the picture; R, G, B in 0..255
 * @scale: the divisor of pixels, e.g. 255 or 1
 * @mean: in units after @scale, in the order of @channels (BGR: B first); grey uses [0]
 * @std: likewise
 * @has_clip: whether normalised values are clipped to @clip_low..@clip_high
 * @mpp: micrometres of specimen to a pixel of the network's input in training, 0: not stated
 * @spacing: likewise of volumes, millimetres along columns, rows and slices
 * @note: (nullable): remark of the recipe's author
 * @labels: (nullable) (array zero-terminated): class names
 * @layer: (nullable): the tensor to explain by default
 * @assumed: bits of WhyRecipeField
 * @origin: (nullable): where it comes from in words: file name or metadata key
 *
 * Reference counted; do not change one that is shared: why_recipe_copy() first, and
 * why_recipe_validate() after.
 */
typedef struct
{
  gint64 width, height, depth;
  WhyRecipeNormalise normalise;
  double window_centre, window_width;
  WhyRecipeResize resize;
  gint64 shortest;
  WhyRecipeCrop crop;
  WhyFilter filter;
  double pad[3];
  WhyRecipeChannels channels;
  WhyRecipeLayout layout;
  double scale;
  double mean[3];
  double std[3];
  gboolean has_clip;
  double clip_low, clip_high;
  double mpp;
  double spacing[3];
  WhyRecipeTask task;
  char *note;
  char **labels;
  char *layer;
  guint assumed;
  WhyRecipeSource source;
  char *origin;
  /*< private >*/
  _Atomic int ref_count;
} WhyRecipe;

/**
 * WhyRecipeHints:
 * @model_path: (nullable): recipe and label files are looked for beside it
 * @metadata: (nullable) (element-type utf8 utf8): the model's metadata_props
 * @rank: rank of the model's image input, -1 if unknown
 * @dims: (array length=rank) (nullable): its dimensions, -1 where free
 * @producer: (nullable): the program that wrote the model; tells the conventions of its framework
 */
typedef struct
{
  const char *model_path;
  const char *producer;
  GHashTable *metadata;
  int rank;
  const gint64 *dims;
} WhyRecipeHints;

/**
 * why_recipe_find:
 *
 * The recipe of a model, from the first of: metadata key "whylight.recipe"; STEM.recipe.json; STEM.json
 * (only if it has a "version"); else a guess from the input's shape (ImageNet mean and deviation for
 * three channels, division by 255 for one; the conventions of Caffe, TensorFlow or CNTK where the model
 * comes from there), corrected by the metadata keys of the ONNX image category
 * (Image.BitmapPixelFormat, Image.ColorSpaceGamma, Image.NominalPixelRange). Size, layout and channel
 * count always come from the model where it fixes them; a recipe that contradicts it is an error.
 *
 * Labels, if the recipe has none: metadata "whylight.labels", "names", "classes" or "labels" (JSON array,
 * JSON or Python dictionary by number, or a list separated by commas or lines), then STEM.labels.txt,
 * then labels.txt (one name a line) in the model's folder.
 *
 * Returns: (transfer full) (nullable): %WHY_ERROR_BAD_REQUEST with a sentence naming file or key
 */
WhyRecipe *why_recipe_find (const WhyRecipeHints *hints, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_recipe_parse:
 * @json: the JSON form; @length: bytes, -1 if zero-terminated
 * @what: names the text in errors: a file name or "metadata key whylight.recipe"
 * @folder: (nullable): where a "labels_file" may be; %NULL: that key is an error
 */
WhyRecipe *why_recipe_parse (const char *json, gssize length, const char *what, const char *folder,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_recipe_load: why_recipe_parse() of a file. */
WhyRecipe *why_recipe_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_recipe_guess:
 * @rank: 4 (NCHW or NHWC), 3, 2, or -1 if unknown; @dims: (array length=rank) (nullable): -1 where free
 *
 * Returns: (transfer full): all fields marked assumed, except those the shape fixes
 */
WhyRecipe *why_recipe_guess (int rank, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;

WhyRecipe *why_recipe_ref (WhyRecipe *recipe);
void why_recipe_unref (WhyRecipe *recipe);
WhyRecipe *why_recipe_copy (const WhyRecipe *recipe) G_GNUC_WARN_UNUSED_RESULT;
gboolean why_recipe_validate (const WhyRecipe *recipe, GError **error);

/** why_recipe_to_json: Returns: (transfer full): the JSON form, one line, numbers in the C locale. */
char *why_recipe_to_json (const WhyRecipe *recipe) G_GNUC_WARN_UNUSED_RESULT;

const char *why_recipe_source_to_string (WhyRecipeSource source); /* "assumed", "metadata", "file" */
/** why_recipe_assumed_to_string: Returns: (transfer full): "mean, std, filter", or "" */
char *why_recipe_assumed_to_string (const WhyRecipe *recipe) G_GNUC_WARN_UNUSED_RESULT;

int why_recipe_get_n_channels (const WhyRecipe *recipe); /* 1 or 3 */

/**
 * why_recipe_get_input_size:
 *
 * The size of the network's input for a picture of @src_w x @src_h.
 */
gboolean why_recipe_get_input_size (const WhyRecipe *recipe, gint64 src_w, gint64 src_h,
                                    gint64 *input_w, gint64 *input_h, GError **error);

/**
 * why_labels_read:
 * @path: one class name a line, or a JSON list of strings; at most 1 MB of UTF-8
 *
 * Blocks; any thread.
 *
 * Returns: (transfer full) (nullable): names without control characters; an error names the file
 */
char **why_labels_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_recipe_get_affine:
 * @input_to_source: (out): from pixels of the network's input to pixels of the source picture (pixel
 *   centres at +0.5); why_affine_invert() for the way there
 */
gboolean why_recipe_get_affine (const WhyRecipe *recipe, gint64 src_w, gint64 src_h,
                                WhyAffine *input_to_source, GError **error);

/**
 * why_recipe_get_depth:
 * @input_depth: (out): slices of the network's input for a volume of @n_slices
 * @scale, @offset: (out): from its slices to the volume's: volume = scale * input + offset, slice centres
 *   at +0.5
 */
void why_recipe_get_depth (const WhyRecipe *recipe, gint64 n_slices, gint64 *input_depth, double *scale,
                           double *offset);

/**
 * why_recipe_prepare:
 * @pixels: [H, W, C], C = 1 or 3 (RGB), uint8 (0..255), uint16 (0..65535) or float32 (0..255), dense; the
 *   whole picture at full resolution, so that the resize is the one the network was trained with
 *
 * RGB becomes grey by ITU-R 601 weights before resizing (Pillow's convert("L")); grey is repeated for
 * a colour network. Thread-safe.
 *
 * A volume is [D, H, W, 1], float32 as the file means it.
 *
 * Returns: (transfer full) (nullable): float32 [1, C, h, w] (or [1, h, w, C]), dense; of a volume
 *   [1, C, d, h, w]
 */
WhyTensor *why_recipe_prepare (const WhyRecipe *recipe, const WhyTensor *pixels,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyRecipe, why_recipe_unref)

G_END_DECLS
