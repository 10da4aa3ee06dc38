#include "config.h"

#include "photo.h"

#include "base/error.h"
#include "base/size.h"
#include "resample.h"

#include <math.h>
#include <string.h>

#define MAX_PROFILE_BYTES (4u << 20)
/* Below this many pixels decoding the whole picture is quicker than anybody can notice. */
#define OVERVIEW_PIXELS (G_GINT64_CONSTANT (1) << 24)
/* Coarser than this a resolution is meant for print and says nothing about the object. */
#define LEAST_PIXELS_PER_MM 100.0

static WhySample
sample_of_format (VipsBandFormat format)
{
  return format == VIPS_FORMAT_UCHAR ? WHY_SAMPLE_U8 : format == VIPS_FORMAT_USHORT ? WHY_SAMPLE_U16 : WHY_SAMPLE_F32;
}

static WhySample
sample_of_properties (const WhyLoaderProperties *properties)
{
  return properties->bits == 8 ? WHY_SAMPLE_U8 : properties->bits == 16 ? WHY_SAMPLE_U16 : WHY_SAMPLE_F32;
}

/* "VipsJpeg: what is wrong": the part of the library that noticed is no news to anybody. */
static const char *
find_reason (const char *line)
{
  const char *colon = strstr (line, ": ");

  return colon != NULL && strcspn (line, " ") > (gsize) (colon - line) ? colon + 2 : line;
}

void
why_photo_set_vips_error (GError **error, const char *what)
{
  g_autofree char *text = g_strdup (vips_error_buffer ());

  vips_error_clear ();
  /* The first line is what went wrong; those after it are its consequences. */
  g_strdelimit (text, "\r\t", ' ');
  text[strcspn (text, "\n")] = '\0';
  g_strchomp (text);
  const char *reason = find_reason (text);
  if (reason[0] != '\0')
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: %s", what, reason);
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: it is damaged, or larger than its format allows", what);
}

/* libvips calls any surplus band alpha; in a file with six channels of a satellite it is not. */
static gboolean
has_alpha (const VipsImage *image)
{
  switch ((int) image->Type)
    {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
      return image->Bands == 2;
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_scRGB:
      return image->Bands == 4;
    case VIPS_INTERPRETATION_CMYK:
      return image->Bands == 5;
    default:
      return FALSE;
    }
}

static gboolean
is_grey (const VipsImage *image)
{
  return image->Bands - (has_alpha (image) ? 1 : 0) < 3;
}

/* A size of profile above the cap is as good as a broken one. */
static gboolean
has_usable_profile (const VipsImage *image, gboolean *present)
{
  const void *profile;
  size_t length = 0;

  *present = vips_image_get_typeof (image, VIPS_META_ICC_NAME) != 0;
  return *present && vips_image_get_blob (image, VIPS_META_ICC_NAME, &profile, &length) == 0 && length > 0 &&
         length <= MAX_PROFILE_BYTES;
}

void
why_photo_describe_size (const VipsImage *header, gboolean swapped, WhyLoaderProperties *properties)
{
  if (!(header->Xres >= LEAST_PIXELS_PER_MM && header->Yres >= LEAST_PIXELS_PER_MM) || !isfinite (header->Xres) ||
      !isfinite (header->Yres))
    return;
  properties->mpp_x = 1000.0 / (swapped ? header->Yres : header->Xres);
  properties->mpp_y = 1000.0 / (swapped ? header->Xres : header->Yres);
}

int
why_photo_count_bands (const VipsImage *header)
{
  return is_grey (header) ? 1 : 3;
}

gboolean
why_photo_has_alpha (const VipsImage *header)
{
  return has_alpha (header);
}

WhyPhoto *
why_photo_new (WhyLoaderFile *file, VipsImage *header, gboolean can_shrink, WhyPhotoLoad load, gpointer decoder,
               GDestroyNotify decoder_free, WhyLoaderProperties *properties, GError **error)
{
  const VipsBandFormat format = vips_image_get_format (header);
  const int n_bands = vips_image_get_bands (header);
  const int orientation = CLAMP (vips_image_get_orientation (header), 1, 8);
  const WhySample sample = sample_of_format (format);
  gboolean has_profile;
  WhyPhoto *photo;

  if (vips_band_format_iscomplex (format))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "has complex numbers for pixels, which cannot be shown");
      decoder_free (decoder);
      return NULL;
    }
  if (!why_loader_check_size (file, vips_image_get_width (header), vips_image_get_height (header), n_bands, 1, error))
    {
      decoder_free (decoder);
      return NULL;
    }
  has_usable_profile (header, &has_profile);

  photo = g_new0 (WhyPhoto, 1);
  photo->file = file;
  photo->load = load;
  photo->decoder = decoder;
  photo->decoder_free = decoder_free;
  photo->can_shrink = can_shrink;
  photo->stored_w = vips_image_get_width (header);
  photo->stored_h = vips_image_get_height (header);
  photo->bands = is_grey (header) ? 1 : 3;
  photo->orientation = orientation;
  /* What will be kept, in the depth it is kept in. */
  if (!why_loader_check_size (file, photo->stored_w, photo->stored_h, photo->bands, why_sample_size (sample), error))
    {
      why_photo_free (photo);
      return NULL;
    }

  properties->kind = WHY_LOADER_KIND_PHOTO;
  properties->bands = photo->bands;
  properties->bits = sample == WHY_SAMPLE_U8 ? 8 : sample == WHY_SAMPLE_U16 ? 16 : 32;
  properties->is_float = sample == WHY_SAMPLE_F32;
  properties->has_alpha = has_alpha (header);
  properties->has_icc = has_profile;
  properties->orientation = orientation;
  properties->width = orientation >= 5 ? photo->stored_h : photo->stored_w;
  properties->height = orientation >= 5 ? photo->stored_w : photo->stored_h;
  properties->n_frames = MAX (1, vips_image_get_n_pages (header));
  why_photo_describe_size (header, orientation >= 5, properties);
  if (photo->bands == 3 && n_bands - (properties->has_alpha ? 1 : 0) > 3 && header->Type != VIPS_INTERPRETATION_CMYK)
    {
      g_autofree char *sentence =
        g_strdup_printf ("the file has %d bands; the first three are shown as red, green and blue", n_bands);
      why_loader_add_note (properties, sentence);
    }
  if (properties->n_frames > 1)
    why_loader_add_note (properties, "the file has several pages; the first is shown");
  return photo;
}

void
why_photo_free (gpointer state)
{
  WhyPhoto *photo = state;

  g_free (photo->pixels);
  g_free (photo->overview);
  photo->decoder_free (photo->decoder);
  g_free (photo);
}

/* Replaces *@image by @next. */
static void
advance (VipsImage **image, VipsImage *next)
{
  g_object_unref (*image);
  *image = next;
}

/* To sRGB (or grey), by the embedded profile where there is one that works. */
static gboolean
convert_colour (VipsImage **image, WhyLoaderProperties *properties, GError **error)
{
  const gboolean is_cmyk = (*image)->Type == VIPS_INTERPRETATION_CMYK;
  const int depth = (*image)->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8;
  const gboolean has_depth = (*image)->BandFmt == VIPS_FORMAT_UCHAR || (*image)->BandFmt == VIPS_FORMAT_USHORT;
  gboolean present;
  const gboolean usable = has_usable_profile (*image, &present);
  VipsImage *next = NULL;

  if (usable && has_depth)
    {
      if (vips_icc_transform (*image, &next, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE,
                              "black_point_compensation", TRUE, "depth", depth, NULL) == 0)
        {
          advance (image, next);
          return TRUE;
        }
      vips_error_clear ();
    }
  if (present)
    why_loader_add_note (properties, "the embedded colour profile is damaged or does not fit and was ignored");
  if (is_cmyk)
    {
      if (vips_icc_transform (*image, &next, "srgb", "embedded", FALSE, "input_profile", "cmyk", "intent",
                              VIPS_INTENT_RELATIVE, "depth", depth, NULL) != 0)
        {
          why_photo_set_vips_error (error, "cannot be converted from CMYK");
          return FALSE;
        }
      advance (image, next);
      return TRUE;
    }
  switch ((int) (*image)->Type)
    {
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_LCH:
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_YXY:
    case VIPS_INTERPRETATION_HSV:
      if (vips_colourspace (*image, &next, VIPS_INTERPRETATION_sRGB, NULL) != 0)
        {
          why_photo_set_vips_error (error, "cannot be converted to sRGB");
          return FALSE;
        }
      advance (image, next);
      break;
    default:
      break;
    }
  return TRUE;
}

/* The bands that are shown, alpha flattened. */
static gboolean
pick_bands (VipsImage **image, const WhyLoaderFile *file, int bands, WhyLoaderProperties *properties, GError **error)
{
  const gboolean has_depth = (*image)->BandFmt == VIPS_FORMAT_UCHAR || (*image)->BandFmt == VIPS_FORMAT_USHORT;
  VipsImage *next = NULL;

  if (properties->has_alpha && has_alpha (*image))
    {
      if (has_depth)
        {
          const gboolean black = (file->options->flags & WHY_LOADER_BLACK_BACKGROUND) != 0;
          const double full = (*image)->BandFmt == VIPS_FORMAT_USHORT ? 65535.0 : 255.0;
          VipsArrayDouble *background = vips_array_double_newv (1, black ? 0.0 : full);
          const int failed = vips_flatten (*image, &next, "background", background, "max_alpha", full, NULL);

          vips_area_unref (VIPS_AREA (background));
          if (failed)
            {
              why_photo_set_vips_error (error, "cannot be flattened");
              return FALSE;
            }
          advance (image, next);
        }
      else
        {
          why_loader_add_note (properties, "transparency of a picture with such pixels is ignored");
        }
    }
  if ((*image)->Bands < bands)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: %d colour bands where %d were announced",
                   (*image)->Bands, bands);
      return FALSE;
    }
  if ((*image)->Bands > bands)
    {
      /* Grey that a profile made into sRGB: the three are equal but for rounding; green is the one
       * that carries the luminance. */
      const int first = bands == 1 && (*image)->Type == VIPS_INTERPRETATION_sRGB ? 1
                        : bands == 1 && (*image)->Type == VIPS_INTERPRETATION_RGB16 ? 1 : 0;

      if (vips_extract_band (*image, &next, MIN (first, (*image)->Bands - bands), "n", bands, NULL) != 0)
        {
          why_photo_set_vips_error (error, "cannot be taken apart");
          return FALSE;
        }
      advance (image, next);
    }
  return TRUE;
}

gboolean
why_photo_convert (VipsImage **image, const WhyLoaderFile *file, int bands, WhyLoaderProperties *properties,
                   GError **error)
{
  return convert_colour (image, properties, error) && pick_bands (image, file, bands, properties, error);
}

/* Floats without a stated white: see why_image_source_read_full(). */
static void
map_range (float *values, gsize n_values, WhyLoaderProperties *properties)
{
  float low = INFINITY;
  float high = -INFINITY;
  gsize n_bad = 0;
  double scale, offset = 0.0;

  for (gsize v = 0; v < n_values; v++)
    {
      if (!isfinite (values[v]))
        {
          n_bad++;
          continue;
        }
      low = MIN (low, values[v]);
      high = MAX (high, values[v]);
    }
  if (n_bad == n_values)
    low = high = 0.0f;
  if (low >= 0.0f && high <= 1.0f)
    scale = 255.0;
  else if (low >= 0.0f && high <= 255.0f)
    scale = 1.0;
  else if (low >= 0.0f && high <= 65535.0f)
    scale = 1.0 / 257.0;
  else
    {
      scale = high > low ? 255.0 / ((double) high - (double) low) : 0.0;
      offset = low;
    }
  for (gsize v = 0; v < n_values; v++)
    values[v] = isfinite (values[v]) ? (float) (((double) values[v] - offset) * scale) : 0.0f;

  g_autofree char *sentence =
    g_strdup_printf ("values %g to %g are shown as %g to %g of 255", low, high, (low - offset) * scale,
                     (high - offset) * scale);
  why_loader_add_note (properties, sentence);
  if (n_bad > 0)
    {
      g_autofree char *count = g_strdup_printf ("%" G_GSIZE_FORMAT " values are not numbers and shown as 0", n_bad);
      why_loader_add_note (properties, count);
    }
}

/* libjpeg goes on after damage in the middle, or an early end that is marked as one, and fills up with grey;
 * libvips keeps the words in its error buffer and calls it a success. Not here. Stray bytes between
 * segments are common and harmless. */
static gboolean
check_silent_damage (const WhyPhoto *photo, WhyLoaderProperties *properties, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (vips_error_buffer (), "\n", 16);

  vips_error_clear ();
  for (gsize line = 0; lines[line] != NULL; line++)
    {
      if (strstr (lines[line], "Corrupt JPEG data") == NULL || strstr (lines[line], "extraneous bytes") != NULL)
        continue;
      if ((photo->file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) == 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged or cut off: %s", find_reason (lines[line]));
          return FALSE;
        }
      why_loader_add_note (properties, "the file is damaged; part of the picture is missing");
    }
  return TRUE;
}

static void
on_eval_cb (VipsImage *image, VipsProgress *progress, gpointer data)
{
  if (why_loader_file_cancelled (data))
    vips_image_set_kill (image, TRUE);
}

/* Decodes the file, whole or shrunk. Returns the pixels: rows of @width x photo->bands samples. */
static void *
decode (WhyPhoto *photo, int shrink, gint64 *width, gint64 *height, WhyLoaderProperties *properties, GError **error)
{
  const WhySample sample = sample_of_properties (properties);
  VipsImage *image;
  void *pixels = NULL;
  gsize length = 0;

  vips_error_clear ();
  image = photo->load (photo->decoder, shrink, error);
  if (image == NULL)
    return NULL;
  if (shrink == 1 && (vips_image_get_width (image) != photo->stored_w ||
                      vips_image_get_height (image) != photo->stored_h))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "changed its size while it was read");
      g_object_unref (image);
      return NULL;
    }
  if (!why_photo_convert (&image, photo->file, photo->bands, properties, error))
    {
      g_object_unref (image);
      return NULL;
    }

  const VipsBandFormat wanted = sample == WHY_SAMPLE_U8    ? VIPS_FORMAT_UCHAR
                                : sample == WHY_SAMPLE_U16 ? VIPS_FORMAT_USHORT
                                                           : VIPS_FORMAT_FLOAT;
  if (image->BandFmt != wanted)
    {
      VipsImage *next = NULL;

      if (vips_cast (image, &next, wanted, NULL) != 0)
        {
          why_photo_set_vips_error (error, "cannot be converted");
          g_object_unref (image);
          return NULL;
        }
      advance (&image, next);
    }

  vips_image_set_progress (image, TRUE);
  g_signal_connect (image, "eval", G_CALLBACK (on_eval_cb), photo->file);
  *width = vips_image_get_width (image);
  *height = vips_image_get_height (image);
  pixels = vips_image_write_to_memory (image, &length);
  if (pixels == NULL)
    {
      if (why_loader_file_cancelled (photo->file))
        g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
      else
        why_photo_set_vips_error (error, "is damaged or cut off");
    }
  else if (!check_silent_damage (photo, properties, error))
    {
      g_clear_pointer (&pixels, g_free);
    }
  else if (sample == WHY_SAMPLE_F32)
    {
      map_range (pixels, length / sizeof (float), properties);
    }
  g_object_unref (image);
  return pixels;
}

/* The region in the coordinates of the stored picture. */
static void
stored_region (const WhyPhoto *photo, const WhyLoaderRequest *request, gint64 *x, gint64 *y, gint64 *w, gint64 *h,
               gint64 *out_w, gint64 *out_h)
{
  const int orientation = photo->orientation;
  const gboolean swapped = orientation >= 5;

  *x = swapped ? request->y : request->x;
  *y = swapped ? request->x : request->y;
  *w = swapped ? request->h : request->w;
  *h = swapped ? request->w : request->h;
  *out_w = swapped ? request->out_h : request->out_w;
  *out_h = swapped ? request->out_w : request->out_h;
  if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
    *x = photo->stored_w - *x - *w;
  if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
    *y = photo->stored_h - *y - *h;
}

/* How far the file may be shrunk while decoding without anybody seeing it; 1 for not at all. */
static int
choose_shrink (const WhyPhoto *photo, gint64 w, gint64 h, gint64 out_w, gint64 out_h)
{
  if (!photo->can_shrink || photo->pixels != NULL || photo->stored_w * photo->stored_h < OVERVIEW_PIXELS)
    return 1;
  for (int shrink = 8; shrink >= 2; shrink /= 2)
    {
      if (w / shrink >= out_w && h / shrink >= out_h)
        return shrink;
    }
  return 1;
}

gboolean
why_photo_read (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
                GError **error)
{
  WhyPhoto *photo = state;
  const WhySample kept = sample_of_properties (properties);
  const WhySample wanted = request->depth == WHY_LOADER_DEPTH_FULL ? kept : WHY_SAMPLE_U8;
  gint64 x, y, w, h, out_w, out_h;

  stored_region (photo, request, &x, &y, &w, &h, &out_w, &out_h);
  const int shrink = choose_shrink (photo, w, h, out_w, out_h);
  if (shrink > 1 && (photo->overview == NULL || photo->overview_shrink > shrink))
    {
      g_clear_pointer (&photo->overview, g_free);
      photo->overview = decode (photo, shrink, &photo->overview_w, &photo->overview_h, properties, error);
      photo->overview_shrink = shrink;
      if (photo->overview == NULL)
        return FALSE;
    }
  if (shrink == 1 && photo->pixels == NULL)
    {
      gint64 width, height;

      g_clear_pointer (&photo->overview, g_free);
      photo->pixels = decode (photo, 1, &width, &height, properties, error);
      if (photo->pixels == NULL)
        return FALSE;
    }

  const void *source = shrink > 1 ? photo->overview : photo->pixels;
  const gint64 source_w = shrink > 1 ? photo->overview_w : photo->stored_w;
  const gint64 source_h = shrink > 1 ? photo->overview_h : photo->stored_h;
  /* A shrunk picture's pixels are blocks of the stored one, the last one perhaps cut short. */
  const double factor = shrink > 1 ? photo->overview_shrink : 1.0;
  const gsize pixel_size = (gsize) photo->bands * why_sample_size (wanted);
  g_autofree void *turned = NULL;
  void *target = pixels;

  if (photo->orientation > 1)
    {
      turned = g_try_malloc ((gsize) out_w * (gsize) out_h * pixel_size);
      target = turned;
    }
  if (target == NULL || !why_resample (source, kept, source_w, source_h, photo->bands, (double) x / factor,
                                       (double) y / factor, (double) w / factor, (double) h / factor, target,
                                       wanted, out_w, out_h))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
      return FALSE;
    }
  if (photo->orientation > 1)
    why_reorient (turned, out_w, out_h, pixel_size, photo->orientation, pixels);
  return TRUE;
}
