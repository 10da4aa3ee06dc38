#include "config.h"

#include "draw/png.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <png.h>

#include "base/error.h"

/* Bounds for reading: as hardened as libpng's own, stated here so that they do not depend on its
 * build. */
#define MAX_CHUNK_BYTES (8 * 1024 * 1024)
#define MAX_CHUNKS 100000

/* Level 6 takes about twice as long for figures that are 3 % smaller. */
#define COMPRESSION_LEVEL 4

#define WARNINGS_SHOWN 200

/* What libpng's callbacks see. */
typedef struct
{
  GByteArray *out; /* writing */
  FILE *in;        /* reading */
  char message[WARNINGS_SHOWN];
} PngState;

static void
on_png_error (png_structp png, png_const_charp message)
{
  PngState *state = png_get_error_ptr (png);

  g_strlcpy (state->message, message, sizeof state->message);
  png_longjmp (png, 1);
}

static void
on_png_warning (png_structp png, png_const_charp message)
{
  g_debug ("libpng: %s", message);
}

static void
on_png_write (png_structp png, png_bytep data, size_t length)
{
  PngState *state = png_get_io_ptr (png);

  if (length > G_MAXINT - (gsize) state->out->len)
    png_error (png, "the file would be longer than 2 GB");
  g_byte_array_append (state->out, data, (guint) length);
}

static void
on_png_flush (png_structp png)
{
}

static void
on_png_read (png_structp png, png_bytep data, size_t length)
{
  PngState *state = png_get_io_ptr (png);

  if (fread (data, 1, length, state->in) != length)
    png_error (png, "the file ends too early");
}

/* PNG wants straight alpha. */
static void
convert_row (const guint32 *pixels, int width, gboolean with_alpha, guint8 *row)
{
  for (int w = 0; w < width; w++)
    {
      guint32 alpha = with_alpha ? pixels[w] >> 24 : 255;

      for (int c = 0; c < 3; c++)
        {
          guint32 value = pixels[w] >> (16 - 8 * c) & 0xff;

          *row++ = (guint8) (alpha == 0 ? 0 : MIN (255, (value * 255 + alpha / 2) / alpha));
        }
      if (with_alpha)
        *row++ = (guint8) alpha;
    }
}

/* No automatic variable that needs cleaning up lives here: libpng leaves by longjmp. */
static gboolean
encode (png_structp png, png_infop info, PngState *state, const guint32 *pixels, int width,
        int height, gsize stride, gboolean with_alpha, png_text *chunks, gsize n_chunks,
        guint8 *row, const WhyCancel *cancel)
{
  if (setjmp (png_jmpbuf (png)))
    return FALSE;
  png_set_write_fn (png, state, on_png_write, on_png_flush);
  png_set_user_limits (png, WHY_MAX_SURFACE, WHY_MAX_SURFACE);
  png_set_IHDR (png, info, (png_uint_32) width, (png_uint_32) height, 8,
                with_alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level (png, COMPRESSION_LEVEL);
  png_set_sRGB (png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (n_chunks > 0)
    png_set_text (png, info, chunks, (int) n_chunks);
  png_write_info (png, info);
  for (int h = 0; h < height; h++)
    {
      if (why_cancel_is_set (cancel))
        return FALSE;
      convert_row ((const guint32 *) ((const guint8 *) pixels + (gsize) h * stride), width,
                   with_alpha, row);
      png_write_row (png, row);
    }
  png_write_end (png, NULL);
  return TRUE;
}

gboolean
why_png_write (const char *path, const guint32 *pixels, int width, int height, gsize stride,
               gboolean with_alpha, const WhyTextEntry *texts, gsize n_texts,
               const WhyCancel *cancel, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) local = NULL;
  PngState state = { .out = out };

  g_return_val_if_fail (path != NULL && pixels != NULL && width > 0 && height > 0, FALSE);
  g_return_val_if_fail (n_texts == 0 || texts != NULL, FALSE);

  if (width > WHY_MAX_SURFACE || height > WHY_MAX_SURFACE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: a PNG of %d x %d pixels is asked for, at most %d on a side can be written",
                   path, width, height, WHY_MAX_SURFACE);
      return FALSE;
    }

  g_autofree guint8 *row = g_malloc ((gsize) width * 4);
  g_autofree png_text *chunks = g_new0 (png_text, n_texts + 1);
  for (gsize text = 0; text < n_texts; text++)
    {
      chunks[text].compression = PNG_ITXT_COMPRESSION_NONE;
      chunks[text].key = (char *) texts[text].key;
      chunks[text].text = (char *) texts[text].text;
      chunks[text].itxt_length = strlen (texts[text].text);
    }

  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, &state, on_png_error,
                                             on_png_warning);
  png_infop info = png != NULL ? png_create_info_struct (png) : NULL;
  gboolean encoded = info != NULL && encode (png, info, &state, pixels, width, height, stride,
                                             with_alpha, chunks, n_texts, row, cancel);
  png_destroy_write_struct (&png, &info);
  if (!why_cancel_check (cancel, error))
    return FALSE;
  if (!encoded)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "%s: cannot be made: %s", path,
                   state.message[0] != '\0' ? state.message : "no memory");
      return FALSE;
    }
  if (!g_file_set_contents_full (path, (const char *) out->data, (gssize) out->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0666, &local))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path,
                   local->message);
      return FALSE;
    }
  return TRUE;
}

/* Opening a pipe would wait for its other end. */
static FILE *
open_regular (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  FILE *file = NULL;
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0 && !S_ISREG (info.st_mode))
    errno = S_ISDIR (info.st_mode) ? EISDIR : EINVAL;
  else if (fd >= 0)
    file = fdopen (fd, "rb");
  if (file == NULL)
    {
      int code = errno;

      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be opened: %s", path,
                   g_strerror (code));
      if (fd >= 0)
        close (fd);
    }
  return file;
}

/* Chunks are walked over here, by the plain layout of the format (length, type, data, CRC), and
 * libpng is given a small file that holds only the text asked for: its own reader would decode the
 * whole picture to get at texts behind it, and unpack every text on the way. */
static gboolean
collect_text_chunk (FILE *in, GByteArray *small, const char *path, const char *key, GError **error)
{
  static const guint8 signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  /* One grey pixel, so that what libpng sees is a complete file. */
  static const guint8 pixel[] = {
    0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55,
  };
  static const guint8 idat[] = {
    0,    0, 0, 10, 'I', 'D', 'A', 'T',  0x78, 0x9c, 0x63,
    0x60, 0, 0, 0,  2,   0,   1,   0x48, 0xaf, 0xa4, 0x71,
  };
  static const guint8 iend[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
  guint8 head[8];

  if (fread (head, 1, 8, in) != 8 || memcmp (head, signature, 8) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: is not a PNG file", path);
      return FALSE;
    }
  g_byte_array_append (small, signature, sizeof signature);
  g_byte_array_append (small, pixel, sizeof pixel);
  for (int chunk = 0; chunk < MAX_CHUNKS; chunk++)
    {
      guint32 length;

      if (fread (head, 1, 8, in) != 8)
        break; /* a damaged end does not take away what was found */
      length = (guint32) head[0] << 24 | (guint32) head[1] << 16 | (guint32) head[2] << 8 | head[3];
      if (length > G_MAXINT32 || memcmp (head + 4, "IEND", 4) == 0)
        break;
      if (memcmp (head + 4, "tEXt", 4) != 0 && memcmp (head + 4, "zTXt", 4) != 0 &&
          memcmp (head + 4, "iTXt", 4) != 0)
        {
          if (fseeko (in, (off_t) length + 4, SEEK_CUR) != 0)
            break;
          continue;
        }
      if (length > MAX_CHUNK_BYTES)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                       "%s: a text of %u bytes; texts of more than %d bytes are not read", path,
                       length, MAX_CHUNK_BYTES);
          return FALSE;
        }
      g_autofree guint8 *body = g_malloc ((gsize) length + 4);
      if (fread (body, 1, (gsize) length + 4, in) != (gsize) length + 4)
        break;
      if (length <= strlen (key) || memcmp (body, key, strlen (key) + 1) != 0)
        continue;
      g_byte_array_append (small, head, 8);
      g_byte_array_append (small, body, length + 4);
      break;
    }
  g_byte_array_append (small, idat, sizeof idat);
  g_byte_array_append (small, iend, sizeof iend);
  return TRUE;
}

static gboolean
decode (png_structp png, png_infop info, PngState *state)
{
  if (setjmp (png_jmpbuf (png)))
    return FALSE;
  png_set_read_fn (png, state, on_png_read);
  png_set_user_limits (png, 1, 1);
  png_set_chunk_malloc_max (png, MAX_CHUNK_BYTES);
  png_set_crc_action (png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
  png_read_info (png, info);
  return TRUE;
}

char *
why_png_read_text (const char *path, const char *key, GError **error)
{
  g_autoptr (GByteArray) small = g_byte_array_new ();
  PngState state = { NULL };
  png_textp texts = NULL;
  int n_texts = 0;
  char *found = NULL;
  gboolean ok;

  g_return_val_if_fail (path != NULL && key != NULL, NULL);

  FILE *file = open_regular (path, error);
  if (file == NULL)
    return NULL;
  ok = collect_text_chunk (file, small, path, key, error);
  fclose (file);
  if (!ok)
    return NULL;

  state.in = fmemopen (small->data, small->len, "rb");
  png_structp png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &state, on_png_error,
                                            on_png_warning);
  png_infop info = png != NULL ? png_create_info_struct (png) : NULL;
  ok = state.in != NULL && info != NULL && decode (png, info, &state);
  if (ok)
    png_get_text (png, info, &texts, &n_texts);
  for (int text = 0; text < n_texts && found == NULL; text++)
    {
      if (strcmp (texts[text].key, key) != 0 || texts[text].text == NULL)
        continue;
      if (texts[text].compression >= PNG_ITXT_COMPRESSION_NONE)
        found = g_utf8_make_valid (texts[text].text, -1);
      else
        found = g_convert (texts[text].text, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    }
  png_destroy_read_struct (&png, &info, NULL);
  if (state.in != NULL)
    fclose (state.in);
  if (!ok)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: damaged texts: %s", path,
                 state.message[0] != '\0' ? state.message : "no memory");
  else if (found == NULL)
    g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: holds no text '%s'", path, key);
  return found;
}
