#include "config.h"

#include "image/recipe.h"

#include "base/error.h"
#include "base/size.h"
#include "recipe-private.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Larger inputs than any network has; keeps every size computed from a recipe small. */
#define MAX_INPUT_SIDE 16384
#define MAX_RESIZED_SIDE WHY_RECIPE_MAX_SIDE

WhyRecipe *
why_recipe_new (void)
{
  WhyRecipe *recipe = g_new0 (WhyRecipe, 1);

  atomic_init (&recipe->ref_count, 1);
  recipe->resize = WHY_RECIPE_RESIZE_STRETCH;
  recipe->filter = WHY_FILTER_BILINEAR;
  recipe->scale = 255.0;
  for (int c = 0; c < 3; c++)
    recipe->std[c] = 1.0;
  recipe->assumed = WHY_RECIPE_FIELD_SIZE | WHY_RECIPE_FIELD_RESIZE | WHY_RECIPE_FIELD_FILTER |
                    WHY_RECIPE_FIELD_CHANNELS | WHY_RECIPE_FIELD_SCALE | WHY_RECIPE_FIELD_MEAN |
                    WHY_RECIPE_FIELD_STD | WHY_RECIPE_FIELD_LAYOUT | WHY_RECIPE_FIELD_TASK |
                    WHY_RECIPE_FIELD_LABELS | WHY_RECIPE_FIELD_PAD;
  recipe->source = WHY_RECIPE_SOURCE_ASSUMED;
  return recipe;
}

WhyRecipe *
why_recipe_ref (WhyRecipe *recipe)
{
  atomic_fetch_add_explicit (&recipe->ref_count, 1, memory_order_relaxed);
  return recipe;
}

void
why_recipe_unref (WhyRecipe *recipe)
{
  if (atomic_fetch_sub_explicit (&recipe->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_free (recipe->note);
  g_strfreev (recipe->labels);
  g_free (recipe->layer);
  g_free (recipe->origin);
  g_free (recipe);
}

WhyRecipe *
why_recipe_copy (const WhyRecipe *recipe)
{
  WhyRecipe *copy = why_recipe_new ();

  copy->width = recipe->width;
  copy->height = recipe->height;
  copy->depth = recipe->depth;
  copy->normalise = recipe->normalise;
  copy->window_centre = recipe->window_centre;
  copy->window_width = recipe->window_width;
  copy->resize = recipe->resize;
  copy->shortest = recipe->shortest;
  copy->crop = recipe->crop;
  copy->filter = recipe->filter;
  memcpy (copy->pad, recipe->pad, sizeof copy->pad);
  copy->channels = recipe->channels;
  copy->layout = recipe->layout;
  copy->scale = recipe->scale;
  memcpy (copy->mean, recipe->mean, sizeof copy->mean);
  memcpy (copy->std, recipe->std, sizeof copy->std);
  copy->has_clip = recipe->has_clip;
  copy->clip_low = recipe->clip_low;
  copy->clip_high = recipe->clip_high;
  copy->mpp = recipe->mpp;
  memcpy (copy->spacing, recipe->spacing, sizeof copy->spacing);
  copy->task = recipe->task;
  copy->note = g_strdup (recipe->note);
  copy->labels = g_strdupv (recipe->labels);
  copy->layer = g_strdup (recipe->layer);
  copy->assumed = recipe->assumed;
  copy->source = recipe->source;
  copy->origin = g_strdup (recipe->origin);
  return copy;
}

static gboolean
fail_field (GError **error, const char *sentence)
{
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, sentence);
  return FALSE;
}

gboolean
why_recipe_validate (const WhyRecipe *recipe, GError **error)
{
  if (recipe->width < 0 || recipe->height < 0 || recipe->width > MAX_INPUT_SIDE || recipe->height > MAX_INPUT_SIDE ||
      (recipe->width == 0) != (recipe->height == 0))
    return fail_field (error, "size: two numbers from 1 to 16384 are needed");
  if (recipe->depth < 0 || recipe->depth > MAX_INPUT_SIDE || (recipe->depth > 0 && recipe->width == 0))
    return fail_field (error, "size: three numbers from 1 to 16384 are needed for volumes");
  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE &&
      (recipe->shortest < 1 || recipe->shortest > MAX_INPUT_SIDE))
    return fail_field (error, "shortest: a number from 1 to 16384 is needed with resize \"shortest-side\"");
  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE && recipe->crop == WHY_RECIPE_CROP_NONE && recipe->width > 0)
    return fail_field (error, "crop: \"none\" leaves a picture that is not square larger than size; use \"center\"");
  if (recipe->resize == WHY_RECIPE_RESIZE_FIT && recipe->width == 0)
    return fail_field (error, "size: is needed with resize \"fit\"");
  if (!isfinite (recipe->scale) || recipe->scale == 0.0)
    return fail_field (error, "scale: a number other than 0 is needed");
  for (int c = 0; c < 3; c++)
    {
      if (!isfinite (recipe->mean[c]))
        return fail_field (error, "mean: is not finite");
      if (!isfinite (recipe->std[c]) || recipe->std[c] == 0.0)
        return fail_field (error, "std: numbers other than 0 are needed");
      if (!(recipe->pad[c] >= 0.0 && recipe->pad[c] <= 255.0))
        return fail_field (error, "pad: numbers from 0 to 255 are needed");
    }
  if (recipe->normalise == WHY_RECIPE_NORMALISE_WINDOW &&
      !(isfinite (recipe->window_centre) && isfinite (recipe->window_width) && recipe->window_width > 0.0))
    return fail_field (error, "width: a number above 0 is needed");
  if (recipe->has_clip && !(isfinite (recipe->clip_low) && isfinite (recipe->clip_high) &&
                            recipe->clip_low < recipe->clip_high))
    return fail_field (error, "clip: a lower and a higher number are needed");
  return TRUE;
}

int
why_recipe_get_n_channels (const WhyRecipe *recipe)
{
  return recipe->channels == WHY_RECIPE_CHANNELS_GREY ? 1 : 3;
}

const char *
why_recipe_source_to_string (WhyRecipeSource source)
{
  return source == WHY_RECIPE_SOURCE_METADATA ? "metadata" : source == WHY_RECIPE_SOURCE_FILE ? "file" : "assumed";
}

char *
why_recipe_assumed_to_string (const WhyRecipe *recipe)
{
  static const struct
  {
    guint bit;
    const char *name;
  } fields[] = {
    { WHY_RECIPE_FIELD_SIZE, "size" },   { WHY_RECIPE_FIELD_RESIZE, "resize" },
    { WHY_RECIPE_FIELD_FILTER, "filter" }, { WHY_RECIPE_FIELD_CHANNELS, "channels" },
    { WHY_RECIPE_FIELD_SCALE, "scale" }, { WHY_RECIPE_FIELD_MEAN, "mean" },
    { WHY_RECIPE_FIELD_STD, "std" },     { WHY_RECIPE_FIELD_LAYOUT, "layout" },
    { WHY_RECIPE_FIELD_TASK, "task" },   { WHY_RECIPE_FIELD_LABELS, "labels" },
    { WHY_RECIPE_FIELD_NORMALISE, "normalise" },
  };
  GString *names = g_string_new (NULL);

  for (gsize f = 0; f < G_N_ELEMENTS (fields); f++)
    {
      if ((recipe->assumed & fields[f].bit) != 0)
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", fields[f].name);
    }
  return g_string_free (names, FALSE);
}

/* As Python's round(difference / 2.0), which is what torchvision's centre crop does: half to even. */
static gint64
half_to_even (gint64 difference)
{
  const gint64 half = difference / 2;

  return difference % 2 == 0 ? half : half + (half % 2 != 0 ? 1 : 0);
}

void
why_recipe_place_axis (gint64 full, gint64 input, gint64 *win, gint64 *n_win, gint64 *put)
{
  if (full >= input)
    {
      *win = half_to_even (full - input);
      *n_win = input;
      *put = 0;
    }
  else
    {
      *win = 0;
      *n_win = full;
      *put = (input - full) / 2;
    }
}

gboolean
why_recipe_place (const WhyRecipe *recipe, gint64 src_w, gint64 src_h, WhyPlacement *placement, GError **error)
{
  WhyPlacement p = { 0 };

  if (!why_recipe_validate (recipe, error))
    return FALSE;
  if (src_w < 1 || src_h < 1 || src_w > MAX_RESIZED_SIDE || src_h > MAX_RESIZED_SIDE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "a picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels cannot be prepared", src_w, src_h);
      return FALSE;
    }

  if (recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE)
    {
      /* The longer side is cut off to a whole number, as torchvision does. */
      const gint64 shorter = MIN (src_w, src_h);

      p.full_w = src_w <= src_h ? recipe->shortest : recipe->shortest * src_w / shorter;
      p.full_h = src_w <= src_h ? recipe->shortest * src_h / shorter : recipe->shortest;
    }
  else if (recipe->resize == WHY_RECIPE_RESIZE_FIT)
    {
      const double ratio =
        MIN ((double) recipe->width / (double) src_w, (double) recipe->height / (double) src_h);

      p.full_w = CLAMP ((gint64) round ((double) src_w * ratio), 1, recipe->width);
      p.full_h = CLAMP ((gint64) round ((double) src_h * ratio), 1, recipe->height);
    }
  else
    {
      p.full_w = recipe->width > 0 ? recipe->width : src_w;
      p.full_h = recipe->height > 0 ? recipe->height : src_h;
    }

  p.input_w = recipe->width > 0 ? recipe->width : p.full_w;
  p.input_h = recipe->height > 0 ? recipe->height : p.full_h;
  if (recipe->width == 0 && recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE && recipe->crop == WHY_RECIPE_CROP_CENTER)
    p.input_w = p.input_h = recipe->shortest;
  if (p.full_w > MAX_RESIZED_SIDE || p.full_h > MAX_RESIZED_SIDE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "the picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
                   " pixels is too long and thin: its longer side would be resized to %" G_GINT64_FORMAT,
                   src_w, src_h, MAX (p.full_w, p.full_h));
      return FALSE;
    }
  if (p.input_w > MAX_INPUT_SIDE || p.input_h > MAX_INPUT_SIDE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "the network's input would be %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
                   "; at most %d a side can be prepared: state a size in the recipe",
                   p.input_w, p.input_h, MAX_INPUT_SIDE);
      return FALSE;
    }
  if (recipe->resize == WHY_RECIPE_RESIZE_FIT)
    {
      p.win_w = p.full_w;
      p.win_h = p.full_h;
      p.put_x = (p.input_w - p.full_w) / 2;
      p.put_y = (p.input_h - p.full_h) / 2;
    }
  else
    {
      why_recipe_place_axis (p.full_w, p.input_w, &p.win_x, &p.win_w, &p.put_x);
      why_recipe_place_axis (p.full_h, p.input_h, &p.win_y, &p.win_h, &p.put_y);
    }
  *placement = p;
  return TRUE;
}

gboolean
why_recipe_get_input_size (const WhyRecipe *recipe, gint64 src_w, gint64 src_h, gint64 *input_w, gint64 *input_h,
                           GError **error)
{
  WhyPlacement p;

  if (!why_recipe_place (recipe, src_w, src_h, &p, error))
    return FALSE;
  *input_w = p.input_w;
  *input_h = p.input_h;
  return TRUE;
}

gboolean
why_recipe_get_affine (const WhyRecipe *recipe, gint64 src_w, gint64 src_h, WhyAffine *input_to_source, GError **error)
{
  WhyPlacement p;

  if (!why_recipe_place (recipe, src_w, src_h, &p, error))
    return FALSE;
  const double step_x = (double) src_w / (double) p.full_w;
  const double step_y = (double) src_h / (double) p.full_h;
  *input_to_source = why_affine_scale_translate (step_x, step_y, (double) (p.win_x - p.put_x) * step_x,
                                                 (double) (p.win_y - p.put_y) * step_y);
  return TRUE;
}

/* To grey, ITU-R 601, as Pillow's convert("L") for bytes. */
static WhyTensor *
make_grey (const WhyTensor *pixels, GError **error)
{
  const gint64 dims[3] = { pixels->dims[0], pixels->dims[1], 1 };
  const gsize n_pixels = (gsize) (dims[0] * dims[1]);
  WhyTensor *grey = why_tensor_new (pixels->dtype, 3, dims, error);

  if (grey == NULL)
    return NULL;
  if (pixels->dtype == WHY_DTYPE_FLOAT32)
    {
      const float *rgb = pixels->data;
      float *target = grey->data;
      for (gsize at = 0; at < n_pixels; at++)
        target[at] = 0.299f * rgb[3 * at] + 0.587f * rgb[3 * at + 1] + 0.114f * rgb[3 * at + 2];
    }
  else if (pixels->dtype == WHY_DTYPE_UINT16)
    {
      const guint16 *rgb = pixels->data;
      guint16 *target = grey->data;
      for (gsize at = 0; at < n_pixels; at++)
        target[at] = (guint16) ((rgb[3 * at] * G_GUINT64_CONSTANT (19595) +
                                 rgb[3 * at + 1] * G_GUINT64_CONSTANT (38470) +
                                 rgb[3 * at + 2] * G_GUINT64_CONSTANT (7471) + 0x8000) >> 16);
    }
  else
    {
      const guint8 *rgb = pixels->data;
      guint8 *target = grey->data;
      for (gsize at = 0; at < n_pixels; at++)
        target[at] =
          (guint8) ((rgb[3 * at] * 19595u + rgb[3 * at + 1] * 38470u + rgb[3 * at + 2] * 7471u + 0x8000u) >> 16);
    }
  return grey;
}

/* A value of the resized picture in 0..255. */
static double
level (const WhyTensor *resized, WhyDType source_type, gsize index)
{
  if (resized->dtype == WHY_DTYPE_UINT8)
    return ((const guint8 *) resized->data)[index];
  const double value = (double) ((const float *) resized->data)[index];
  return source_type == WHY_DTYPE_UINT16 ? value / 257.0 : value;
}

WhyTensor *
why_recipe_prepare (const WhyRecipe *recipe, const WhyTensor *pixels, GError **error)
{
  g_return_val_if_fail (pixels != NULL && why_tensor_is_dense (pixels), NULL);
  if (pixels->rank == 4)
    return why_recipe_prepare_volume (recipe, pixels, error);
  g_return_val_if_fail (pixels->rank == 3, NULL);
  g_return_val_if_fail (pixels->dtype == WHY_DTYPE_UINT8 || pixels->dtype == WHY_DTYPE_UINT16 ||
                        pixels->dtype == WHY_DTYPE_FLOAT32, NULL);
  g_return_val_if_fail (pixels->dims[2] == 1 || pixels->dims[2] == 3, NULL);

  const int n_channels = why_recipe_get_n_channels (recipe);
  g_autoptr (WhyTensor) grey = NULL;
  WhyPlacement p;

  if (!why_recipe_place (recipe, pixels->dims[1], pixels->dims[0], &p, error))
    return NULL;
  if (n_channels == 1 && pixels->dims[2] == 3)
    {
      grey = make_grey (pixels, error);
      if (grey == NULL)
        return NULL;
    }
  const WhyTensor *source = grey != NULL ? grey : pixels;
  g_autoptr (WhyTensor) resized =
    why_resize (source, p.full_w, p.full_h, p.win_x, p.win_y, p.win_w, p.win_h, recipe->filter, error);
  if (resized == NULL)
    return NULL;

  const gboolean nhwc = recipe->layout == WHY_RECIPE_LAYOUT_NHWC;
  const gint64 dims_nchw[4] = { 1, n_channels, p.input_h, p.input_w };
  const gint64 dims_nhwc[4] = { 1, p.input_h, p.input_w, n_channels };
  WhyTensor *input = why_tensor_new (WHY_DTYPE_FLOAT32, 4, nhwc ? dims_nhwc : dims_nchw, error);
  if (input == NULL)
    return NULL;

  const gint64 n_bands = source->dims[2];
  for (int c = 0; c < n_channels; c++)
    {
      /* Of the picture, which is R, G, B; the recipe's mean and std are in the network's order. */
      const int rgb = recipe->channels == WHY_RECIPE_CHANNELS_BGR ? 2 - c : c;
      const gint64 band = n_bands == 1 ? 0 : rgb;
      const double pad = n_channels == 1 ? 0.299 * recipe->pad[0] + 0.587 * recipe->pad[1] + 0.114 * recipe->pad[2]
                                         : recipe->pad[rgb];

      for (gint64 h = 0; h < p.input_h; h++)
        for (gint64 w = 0; w < p.input_w; w++)
          {
            const gint64 from_h = h - p.put_y;
            const gint64 from_w = w - p.put_x;
            const gboolean inside = from_h >= 0 && from_h < p.win_h && from_w >= 0 && from_w < p.win_w;
            const double pixel =
              inside ? level (resized, source->dtype, (gsize) ((from_h * p.win_w + from_w) * n_bands + band)) : pad;
            double value = (pixel / recipe->scale - recipe->mean[c]) / recipe->std[c];

            if (recipe->has_clip)
              value = CLAMP (value, recipe->clip_low, recipe->clip_high);
            const gint64 at = nhwc ? (h * p.input_w + w) * n_channels + c : (c * p.input_h + h) * p.input_w + w;
            ((float *) input->data)[at] = (float) value;
          }
    }
  return input;
}
