#include "config.h"

#include "tiff.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#define ROWS_A_STRIP 64
#define MAX_SIDE 1000000
/* Of uncompressed values; classic TIFF ends at 4 GB. */
#define MAX_BYTES (G_GUINT64_CONSTANT (2) << 30)

typedef struct
{
  char message[200];
} State;

/* The library's own way would print to standard error. */
static int
on_error (TIFF *tiff, void *data, const char *module, const char *format, va_list args)
{
  State *state = data;

  g_vsnprintf (state->message, sizeof state->message, format, args);
  return 1;
}

static int
on_warning (TIFF *tiff, void *data, const char *module, const char *format, va_list args)
{
  return 1;
}

static void
set_tags (TIFF *tiff, gint64 width, gint64 height, const WhyTiffPlace *place)
{
  TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, (guint32) width);
  TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, (guint32) height);
  TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 32);
  TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField (tiff, TIFFTAG_PREDICTOR, PREDICTOR_NONE);
  TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, (guint32) MIN (height, ROWS_A_STRIP));
  TIFFSetField (tiff, TIFFTAG_SOFTWARE, "Whylight " WHY_VERSION);
  if (place == NULL || !(place->um_x > 0) || !(place->um_y > 0) || !isfinite (place->um_x) || !isfinite (place->um_y))
    return;
  TIFFSetField (tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  TIFFSetField (tiff, TIFFTAG_XRESOLUTION, 1e4 / place->um_x);
  TIFFSetField (tiff, TIFFTAG_YRESOLUTION, 1e4 / place->um_y);
}

static gboolean
write_page (TIFF *tiff, const float *values, gint64 width, gint64 height, const WhyCancel *cancel)
{
  for (gint64 row = 0; row < height; row += ROWS_A_STRIP)
    {
      const gint64 n_rows = MIN (ROWS_A_STRIP, height - row);

      if (why_cancel_is_set (cancel))
        return FALSE;
      /* The library does not change what it is given when it need not swap bytes, but does not say so in its type. */
      if (TIFFWriteEncodedStrip (tiff, (guint32) (row / ROWS_A_STRIP), (gpointer) (values + row * width),
                                 (tmsize_t) (n_rows * width * (gint64) sizeof *values)) < 0)
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_pages (int fd, const char *path, const float *values, gint64 width, gint64 height, gint64 n_pages,
             const WhyTiffPlace *place, const char *description, const WhyCancel *cancel, State *state)
{
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc ();
  gboolean done = TRUE;

  TIFFOpenOptionsSetErrorHandlerExtR (options, on_error, state);
  TIFFOpenOptionsSetWarningHandlerExtR (options, on_warning, state);
  TIFF *tiff = TIFFFdOpenExt (fd, path, "w", options);
  TIFFOpenOptionsFree (options);
  if (tiff == NULL)
    return FALSE;
  for (gint64 page = 0; done && page < n_pages; page++)
    {
      set_tags (tiff, width, height, place);
      if (page == 0)
        TIFFSetField (tiff, TIFFTAG_IMAGEDESCRIPTION, description);
      if (n_pages > 1)
        TIFFSetField (tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
      done = write_page (tiff, values + page * width * height, width, height, cancel) && TIFFWriteDirectory (tiff) != 0;
    }
  done = done && TIFFFlush (tiff) != 0;
  /* Without closing the descriptor: it is looked at once more. */
  TIFFCleanup (tiff);
  return done;
}

gboolean
why_tiff_write (const char *path, const float *values, gint64 width, gint64 height, gint64 n_pages,
                const WhyTiffPlace *place, const char *description, const WhyCancel *cancel, GError **error)
{
  State state = { 0 };

  g_return_val_if_fail (path != NULL && values != NULL && width > 0 && height > 0 && n_pages > 0, FALSE);

  if (width > MAX_SIDE || height > MAX_SIDE || n_pages > MAX_SIDE ||
      (guint64) width * (guint64) height > MAX_BYTES / sizeof (float) / (guint64) n_pages)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                   " values are more than a TIFF file can hold (2 GB); write .npy or .nii",
                   path, width, height, n_pages);
      return FALSE;
    }
  g_autofree char *half = g_strdup_printf ("%s.XXXXXX", path);
  const int fd = g_mkstemp_full (half, O_RDWR | O_CLOEXEC, 0666);
  if (fd < 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, g_strerror (errno));
      return FALSE;
    }
  gboolean done = write_pages (fd, path, values, width, height, n_pages, place, description, cancel, &state);
  const gboolean kept = fsync (fd) == 0;
  if (close (fd) != 0 || !kept)
    done = FALSE;
  if (done && g_rename (half, path) == 0)
    return TRUE;
  g_unlink (half);
  if (why_cancel_check (cancel, error))
    g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path,
                 state.message[0] != '\0' ? state.message : g_strerror (errno));
  return FALSE;
}
