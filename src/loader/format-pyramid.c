#include "config.h"

#include "photo.h"
#include "pyramid.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Tiled TIFF with levels, by libvips: the levels are the pages that follow (as vips, ASAP and others write them), or
 * sub-directories of the first (OME-TIFF). Only the tiles that a region touches are decoded. */

#define TAG_TILE_WIDTH 322
/* Of the first directory; real ones have thirty. */
#define MAX_TAGS 4096
/* An XML that says how large a pixel is says so near its beginning. */
#define MAX_DESCRIPTION 65536

typedef struct
{
  WhyPyramid pyramid;
  gboolean in_subifds;
  int page[WHY_LOADER_MAX_LEVELS]; /* page or sub-directory; the first level is the page itself */
  VipsImage *images[WHY_LOADER_MAX_LEVELS]; /* opened as they are needed */
} TiffPyramid;

/* ---- is it one? ---- */

static guint64
get_number (const guint8 *bytes, int size, gboolean big_endian)
{
  guint64 value = 0;

  for (int byte = 0; byte < size; byte++)
    value |= (guint64) bytes[byte] << (8 * (big_endian ? size - 1 - byte : byte));
  return value;
}

/* Whether the first directory is in tiles; libvips reads files in strips from the beginning to the end. */
static gboolean
is_tiled (const WhyLoaderFile *file)
{
  guint8 head[16];
  guint8 entry[20];

  if (!why_loader_file_read_at (file, 0, head, sizeof head))
    return FALSE;
  const gboolean big_endian = head[0] == 'M';
  const gboolean large = get_number (head + 2, 2, big_endian) == 43;
  const int count_size = large ? 8 : 2, entry_size = large ? 20 : 12;
  const guint64 directory = large ? get_number (head + 8, 8, big_endian) : get_number (head + 4, 4, big_endian);

  if (!why_loader_file_read_at (file, directory, entry, (gsize) count_size))
    return FALSE;
  const guint64 n_tags = MIN (get_number (entry, count_size, big_endian), MAX_TAGS);
  for (guint64 tag = 0; tag < n_tags; tag++)
    {
      if (!why_loader_file_read_at (file, directory + (guint64) count_size + tag * (guint64) entry_size, entry,
                                    (gsize) entry_size))
        return FALSE;
      if (get_number (entry, 2, big_endian) == TAG_TILE_WIDTH)
        return TRUE;
    }
  return FALSE;
}

/* ---- levels ---- */

/* Each level has a position of its own in the file. */
typedef struct
{
  const WhyLoaderFile *file;
  guint64 position;
} Cursor;

static gint64
on_read_cb (VipsSourceCustom *source, void *buffer, gint64 length, gpointer data)
{
  Cursor *cursor = data;

  if (length < 0 || cursor->position >= cursor->file->size)
    return 0;
  const gsize n_bytes = (gsize) MIN ((guint64) length, cursor->file->size - cursor->position);
  if (!why_loader_file_read_at (cursor->file, cursor->position, buffer, n_bytes))
    return -1;
  cursor->position += n_bytes;
  return (gint64) n_bytes;
}

static gint64
on_seek_cb (VipsSourceCustom *source, gint64 offset, int whence, gpointer data)
{
  Cursor *cursor = data;
  const gint64 base = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (gint64) cursor->position
                                           : (gint64) cursor->file->size;

  if (offset < -base || offset > G_MAXINT64 - base)
    return -1;
  cursor->position = (guint64) (base + offset);
  return base + offset;
}

static void
free_cursor (gpointer data, GClosure *closure)
{
  g_free (data);
}

/* A page (@sub -1), or a sub-directory of the first one. */
static VipsImage *
open_level (const WhyLoaderFile *file, int page, int sub, GError **error)
{
  const gboolean allow = (file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) != 0;
  const VipsFailOn fail_on = allow ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_ERROR;
  VipsSourceCustom *source = vips_source_custom_new ();
  Cursor *cursor = g_new (Cursor, 1);
  VipsImage *image = NULL;

  *cursor = (Cursor) { .file = file };
  g_signal_connect_data (source, "read", G_CALLBACK (on_read_cb), cursor, free_cursor, 0);
  g_signal_connect (source, "seek", G_CALLBACK (on_seek_cb), cursor);
  const int failed = vips_tiffload_source (VIPS_SOURCE (source), &image, "page", page, "subifd", sub, "access",
                                           VIPS_ACCESS_RANDOM, "fail_on", fail_on, NULL);
  g_object_unref (source);
  if (failed)
    {
      why_photo_set_vips_error (error, "cannot be decoded");
      return NULL;
    }
  return image;
}

static VipsImage *
open_index (const TiffPyramid *tiff, int index, GError **error)
{
  return tiff->in_subifds && index > 0 ? open_level (tiff->pyramid.file, 0, tiff->page[index], error)
                                       : open_level (tiff->pyramid.file, tiff->page[index], -1, error);
}

static void
close_pyramid (gpointer state)
{
  TiffPyramid *tiff = state;

  for (int level = 0; level < WHY_LOADER_MAX_LEVELS; level++)
    g_clear_object (&tiff->images[level]);
  g_free (tiff);
}

static void *read_level (gpointer data, int level, gint64 x, gint64 y, gint64 w, gint64 h,
                         WhyLoaderProperties *properties, GError **error);

/* The levels of @file; NULL without an error: it is no pyramid. */
static TiffPyramid *
find_levels (WhyLoaderFile *file)
{
  VipsImage *first = open_level (file, 0, -1, NULL);
  TiffPyramid *tiff;

  if (first == NULL)
    return NULL;
  const VipsBandFormat format = vips_image_get_format (first);
  const int bands = vips_image_get_bands (first);
  if ((format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT) || bands > WHY_LOADER_MAX_FILE_BANDS ||
      vips_image_get_orientation (first) != 1)
    {
      g_object_unref (first);
      return NULL;
    }
  tiff = g_new0 (TiffPyramid, 1);
  tiff->pyramid = (WhyPyramid) {
    .file = file,
    .bands = why_photo_count_bands (first),
    .sample = format == VIPS_FORMAT_UCHAR ? WHY_SAMPLE_U8 : WHY_SAMPLE_U16,
    .read = read_level,
    .data = tiff,
  };
  tiff->images[0] = first;
  why_pyramid_add_level (&tiff->pyramid, vips_image_get_width (first), vips_image_get_height (first));
  const int n_subs = vips_image_get_n_subifds (first);
  tiff->in_subifds = n_subs > 0;
  const int n_more = MIN (tiff->in_subifds ? n_subs : vips_image_get_n_pages (first) - 1, WHY_LOADER_MAX_LEVELS - 1);
  for (int more = 0; more < n_more; more++)
    {
      const int place = tiff->in_subifds ? more : more + 1;
      const int index = tiff->pyramid.n_levels;
      VipsImage *level;

      tiff->page[index] = place;
      level = open_index (tiff, index, NULL);
      if (level == NULL)
        break;
      /* Labels and the like have another shape, planes of a stack the same size. */
      const gboolean fits = vips_image_get_bands (level) == bands && vips_image_get_format (level) == format &&
                            why_pyramid_add_level (&tiff->pyramid, vips_image_get_width (level),
                                                   vips_image_get_height (level));
      g_object_unref (level);
      if (!fits && !tiff->in_subifds && more == 0)
        break;
    }
  if (tiff->pyramid.n_levels < 2)
    {
      close_pyramid (tiff);
      return NULL;
    }
  return tiff;
}

static gboolean
sniff_pyramid (const guint8 *head, gsize length)
{
  return why_format_tiff.sniff (head, length);
}

static gboolean
probe_pyramid (WhyLoaderFile *file)
{
  if (!is_tiled (file))
    return FALSE;
  TiffPyramid *tiff = find_levels (file);
  vips_error_clear ();
  if (tiff == NULL)
    return FALSE;
  close_pyramid (tiff);
  return TRUE;
}

/* ---- what it says ---- */

/* The value of an attribute anywhere in XML text; NAN if there is none. */
static double
find_attribute (const char *xml, const char *name)
{
  g_autofree char *start = g_strdup_printf (" %s=\"", name);
  const char *at = strstr (xml, start);
  const double value = at != NULL ? g_ascii_strtod (at + strlen (start), NULL) : NAN;

  return isfinite (value) && value > 0 ? value : NAN;
}

/* OME-TIFF: micrometres unless it says otherwise, and it hardly ever does. */
static void
read_ome (const VipsImage *header, WhyLoaderProperties *properties)
{
  const char *text = NULL;

  if (vips_image_get_typeof (header, VIPS_META_IMAGEDESCRIPTION) == 0 ||
      vips_image_get_string (header, VIPS_META_IMAGEDESCRIPTION, &text) != 0 || text == NULL)
    return;
  g_autofree char *xml = g_strndup (text, MAX_DESCRIPTION);
  if (strstr (xml, "<OME") == NULL)
    return;
  g_strlcpy (properties->format, "OME-TIFF", sizeof properties->format);
  const double power = find_attribute (xml, "NominalMagnification");
  if (isfinite (power))
    properties->objective_power = power;
  const char *unit = strstr (xml, " PhysicalSizeXUnit=\"");
  if (unit != NULL && !g_str_has_prefix (unit + strlen (" PhysicalSizeXUnit=\""), "\xc2\xb5m") &&
      !g_str_has_prefix (unit + strlen (" PhysicalSizeXUnit=\""), "um"))
    return;
  const double x = find_attribute (xml, "PhysicalSizeX"), y = find_attribute (xml, "PhysicalSizeY");
  if (isfinite (x) && isfinite (y))
    {
      properties->mpp_x = x;
      properties->mpp_y = y;
    }
}

static gpointer
open_pyramid (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  TiffPyramid *tiff = find_levels (file);

  vips_error_clear ();
  if (tiff == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: its levels cannot be read");
      return NULL;
    }
  properties->has_alpha = why_photo_has_alpha (tiff->images[0]);
  properties->has_icc = vips_image_get_typeof (tiff->images[0], VIPS_META_ICC_NAME) != 0;
  why_photo_describe_size (tiff->images[0], FALSE, properties);
  read_ome (tiff->images[0], properties);
  if (!why_pyramid_describe (&tiff->pyramid, properties, error))
    {
      close_pyramid (tiff);
      return NULL;
    }
  return tiff;
}

/* ---- reading ---- */

static void
on_eval_cb (VipsImage *image, VipsProgress *progress, gpointer data)
{
  if (why_loader_file_cancelled (data))
    vips_image_set_kill (image, TRUE);
}

static void *
read_level (gpointer data, int level, gint64 x, gint64 y, gint64 w, gint64 h, WhyLoaderProperties *properties,
            GError **error)
{
  TiffPyramid *tiff = data;
  const WhyPyramid *pyramid = &tiff->pyramid;
  VipsImage *part = NULL;
  gsize length = 0;

  vips_error_clear ();
  if (tiff->images[level] == NULL)
    tiff->images[level] = open_index (tiff, level, error);
  if (tiff->images[level] == NULL)
    return NULL;
  if (vips_image_get_width (tiff->images[level]) != pyramid->levels[level].width ||
      vips_image_get_height (tiff->images[level]) != pyramid->levels[level].height)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "changed its size while it was read");
      return NULL;
    }
  if (vips_extract_area (tiff->images[level], &part, (int) x, (int) y, (int) w, (int) h, NULL) != 0)
    {
      why_photo_set_vips_error (error, "cannot be decoded");
      return NULL;
    }
  if (!why_photo_convert (&part, pyramid->file, pyramid->bands, properties, error))
    {
      g_object_unref (part);
      return NULL;
    }
  vips_image_set_progress (part, TRUE);
  g_signal_connect (part, "eval", G_CALLBACK (on_eval_cb), pyramid->file);
  void *pixels = vips_image_write_to_memory (part, &length);
  const gboolean right_size =
    length == (gsize) w * (gsize) h * (gsize) pyramid->bands * why_sample_size (pyramid->sample);
  g_object_unref (part);
  if (pixels != NULL && right_size)
    return pixels;
  g_free (pixels);
  /* What failed once is remembered by what is open. */
  g_clear_object (&tiff->images[level]);
  if (why_loader_file_cancelled (pyramid->file))
    g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
  else
    why_photo_set_vips_error (error, "is damaged or cut off");
  return NULL;
}

static gboolean
read_pyramid (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
              GError **error)
{
  const TiffPyramid *tiff = state;

  return why_pyramid_read (&tiff->pyramid, request, pixels, properties, error);
}

const WhyLoaderFormat why_format_pyramid = {
  .name = "TIFF pyramid",
  .sniff = sniff_pyramid,
  .probe = probe_pyramid,
  .open = open_pyramid,
  .read = read_pyramid,
  .close = close_pyramid,
};
