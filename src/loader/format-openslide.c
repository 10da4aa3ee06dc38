#include "config.h"

#include "pyramid.h"

#include "base/error.h"

#include <dlfcn.h>
#include <math.h>
#include <openslide.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The scanners' own formats, by OpenSlide. It wants a path and opens it again and again while it reads; there is none,
 * for nothing of the file system can be reached from here. So the one path it is told is opened by open_file() below,
 * in place of fopen(): it gives the file that this process was handed, each time with a position of its own. All else
 * it may look for beside the slide is not there. Labels and overview photographs of the glass, where names of patients
 * are written, are never read. */

#define SLIDE_PATH "/whylight/slide"

/* Generic TIFF is read by libvips, which knows colour profiles and more ways to keep levels. Sakura's and MIRAX's files
 * are several, or data bases. */
static const struct
{
  const char *vendor;
  const char *name;
} known_vendors[] = {
  { "aperio", "Aperio SVS" },   { "hamamatsu", "Hamamatsu NDPI" }, { "leica", "Leica SCN" },
  { "ventana", "Ventana BIF" }, { "philips", "Philips TIFF" },     { "trestle", "Trestle TIFF" },
};

typedef struct
{
  WhyPyramid pyramid;
  openslide_t *slide;
  int level_index[WHY_LOADER_MAX_LEVELS]; /* OpenSlide's number */
  guint8 background[3];
} Slide;

/* ---- the one file there is ---- */

static const WhyLoaderFile *slide_file;

typedef struct
{
  guint64 position;
} Cursor;

static ssize_t
cursor_read (void *cookie, char *buffer, size_t length)
{
  Cursor *cursor = cookie;

  if (cursor->position >= slide_file->size)
    return 0;
  length = MIN (length, slide_file->size - cursor->position);
  if (!why_loader_file_read_at (slide_file, cursor->position, buffer, length))
    return -1;
  cursor->position += length;
  return (ssize_t) length;
}

static int
cursor_seek (void *cookie, off64_t *offset, int whence)
{
  Cursor *cursor = cookie;
  const gint64 base = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (gint64) cursor->position
                                           : (gint64) slide_file->size;

  if (*offset < -base || *offset > G_MAXINT64 - base)
    return -1;
  cursor->position = (guint64) (base + *offset);
  *offset = (off64_t) cursor->position;
  return 0;
}

static int
cursor_close (void *cookie)
{
  g_free (cookie);
  return 0;
}

/* In place of the C library's for all libraries of this process: a program's symbol comes before theirs. By its name as
 * libraries know it, which with large files is not the one that the header gives it here. */
FILE *open_file (const char *path, const char *mode) __asm__ ("fopen");

FILE *
open_file (const char *path, const char *mode)
{
  static FILE *(*next) (const char *, const char *);
  static const cookie_io_functions_t functions = { cursor_read, NULL, cursor_seek, cursor_close };

  if (slide_file != NULL && strcmp (path, SLIDE_PATH) == 0)
    return fopencookie (g_new0 (Cursor, 1), "r", functions);
  if (next == NULL)
    next = (FILE * (*) (const char *, const char *)) dlsym (RTLD_NEXT, "fopen");
  return next != NULL ? next (path, mode) : NULL;
}

/* ---- the slide ---- */

static const char *
find_vendor (const char *id)
{
  for (gsize v = 0; id != NULL && v < G_N_ELEMENTS (known_vendors); v++)
    {
      if (strcmp (id, known_vendors[v].vendor) == 0)
        return known_vendors[v].name;
    }
  return NULL;
}

static gboolean
sniff_slide (const guint8 *head, gsize length)
{
  return why_format_tiff.sniff (head, length);
}

static gboolean
probe_slide (WhyLoaderFile *file)
{
  slide_file = file;
  return find_vendor (openslide_detect_vendor (SLIDE_PATH)) != NULL;
}

static void
set_slide_error (const Slide *slide, GError **error)
{
  const char *reason = slide->slide != NULL ? openslide_get_error (slide->slide) : NULL;
  g_autoptr (GString) sentence = g_string_new (reason != NULL ? reason : "it cannot be opened");

  /* The name that only this process knows it by. */
  g_string_replace (sentence, ": " SLIDE_PATH, "", 0);
  g_string_replace (sentence, SLIDE_PATH, "the file", 0);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged or cut off: %s", sentence->str);
}

static void
close_slide (gpointer state)
{
  Slide *slide = state;

  g_clear_pointer (&slide->slide, openslide_close);
  g_free (slide);
}

/* After an error OpenSlide reads nothing more from what it has open. */
static gboolean
ensure_open (Slide *slide, GError **error)
{
  if (slide->slide != NULL && openslide_get_error (slide->slide) != NULL)
    g_clear_pointer (&slide->slide, openslide_close);
  if (slide->slide == NULL)
    slide->slide = openslide_open (SLIDE_PATH);
  if (slide->slide != NULL && openslide_get_error (slide->slide) == NULL)
    return TRUE;
  set_slide_error (slide, error);
  return FALSE;
}

static void *
read_level (gpointer data, int level, gint64 x, gint64 y, gint64 w, gint64 h, WhyLoaderProperties *properties,
            GError **error)
{
  Slide *slide = data;
  const gsize n_pixels = (gsize) w * (gsize) h;

  if (!ensure_open (slide, error))
    return NULL;
  g_autofree guint32 *read = g_try_new (guint32, n_pixels);
  g_autofree guint8 *rgb = g_try_new (guint8, n_pixels * 3);
  if (read == NULL || rgb == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
      return NULL;
    }
  const int index = slide->level_index[level];
  const double downsample = openslide_get_level_downsample (slide->slide, index);
  openslide_read_region (slide->slide, read, (gint64) round ((double) x * downsample),
                         (gint64) round ((double) y * downsample), index, w, h);
  if (openslide_get_error (slide->slide) != NULL)
    {
      set_slide_error (slide, error);
      return NULL;
    }
  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    {
      /* Premultiplied: what the scanner left out is glass. */
      const guint32 value = read[pixel], clear = 255u - (value >> 24);

      for (int channel = 0; channel < 3; channel++)
        rgb[pixel * 3 + (gsize) channel] =
          (guint8) MIN (255u,
                        ((value >> (16 - 8 * channel)) & 255u) + (clear * slide->background[channel] + 127u) / 255u);
    }
  return g_steal_pointer (&rgb);
}

static double
get_number (openslide_t *slide, const char *name)
{
  const char *text = openslide_get_property_value (slide, name);
  const double value = text != NULL ? g_ascii_strtod (text, NULL) : 0;

  return isfinite (value) && value > 0 ? value : NAN;
}

static void
describe (Slide *slide, WhyLoaderProperties *properties)
{
  const char *background = openslide_get_property_value (slide->slide, OPENSLIDE_PROPERTY_NAME_BACKGROUND_COLOR);
  const char *vendor = find_vendor (openslide_get_property_value (slide->slide, OPENSLIDE_PROPERTY_NAME_VENDOR));
  const double power = get_number (slide->slide, OPENSLIDE_PROPERTY_NAME_OBJECTIVE_POWER);

  memset (slide->background, 255, sizeof slide->background);
  if (background != NULL && strlen (background) == 6)
    {
      const guint64 color = g_ascii_strtoull (background, NULL, 16);

      for (int channel = 0; channel < 3; channel++)
        slide->background[channel] = (guint8) (color >> (16 - 8 * channel));
    }
  if (vendor != NULL)
    g_strlcpy (properties->format, vendor, sizeof properties->format);
  properties->mpp_x = get_number (slide->slide, OPENSLIDE_PROPERTY_NAME_MPP_X);
  properties->mpp_y = get_number (slide->slide, OPENSLIDE_PROPERTY_NAME_MPP_Y);
  properties->objective_power = isfinite (power) ? power : 0.0;
}

static gpointer
open_slide (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  Slide *slide = g_new0 (Slide, 1);

  slide->pyramid = (WhyPyramid) { .file = file, .bands = 3, .sample = WHY_SAMPLE_U8, .read = read_level,
                                  .data = slide };
  if (!ensure_open (slide, error))
    {
      close_slide (slide);
      return NULL;
    }
  for (int level = 0; level < openslide_get_level_count (slide->slide); level++)
    {
      int64_t width = 0, height = 0;

      openslide_get_level_dimensions (slide->slide, level, &width, &height);
      if (why_pyramid_add_level (&slide->pyramid, width, height))
        slide->level_index[slide->pyramid.n_levels - 1] = level;
    }
  if (slide->pyramid.n_levels == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: it has no pixels");
      close_slide (slide);
      return NULL;
    }
  describe (slide, properties);
  if (!why_pyramid_describe (&slide->pyramid, properties, error))
    {
      close_slide (slide);
      return NULL;
    }
  return slide;
}

static gboolean
read_slide (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
            GError **error)
{
  const Slide *slide = state;

  return why_pyramid_read (&slide->pyramid, request, pixels, properties, error);
}

const WhyLoaderFormat why_format_slide = {
  .name = "slide", .sniff = sniff_slide, .probe = probe_slide, .open = open_slide, .read = read_slide,
    .close = close_slide,
};
