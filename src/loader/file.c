#include "config.h"

#include "format.h"

#include "base/error.h"
#include "base/size.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What all formats need of the file, of its limits and of the description that is made of it. */

gboolean
why_loader_file_read_at (const WhyLoaderFile *file, guint64 offset, void *buffer, gsize length)
{
  guint8 *target = buffer;
  gsize n_done = 0;

  if (offset > file->size || length > file->size - offset)
    return FALSE;
  while (n_done < length)
    {
      const ssize_t n_read = pread (file->fd, target + n_done, length - n_done, (off_t) (offset + n_done));

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read <= 0)
        return FALSE;
      n_done += (gsize) n_read;
    }
  return TRUE;
}

gboolean
why_loader_file_cancelled (const WhyLoaderFile *file)
{
  WhyLoaderRequest next;
  const ssize_t length = recv (WHY_LOADER_FD, &next, sizeof next, MSG_PEEK | MSG_DONTWAIT);

  return length == 0 || (length == (ssize_t) sizeof next && next.kind == WHY_LOADER_CANCEL &&
                         next.serial == file->serial);
}

gboolean
why_loader_check_size (const WhyLoaderFile *file, gint64 width, gint64 height, gint64 bands, gsize bytes_per_sample,
                       GError **error)
{
  const gint64 dims[3] = { height, width, bands };
  gsize n_pixels, n_bytes;

  if (width < 1 || height < 1 || bands < 1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "is damaged: it says it has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels", width, height);
      return FALSE;
    }
  if (width > WHY_LOADER_MAX_SIDE || height > WHY_LOADER_MAX_SIDE || bands > WHY_LOADER_MAX_FILE_BANDS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels with %" G_GINT64_FORMAT
                   " bands; at most %" G_GINT64_FORMAT " a side and %d bands are read",
                   width, height, bands, WHY_LOADER_MAX_SIDE, WHY_LOADER_MAX_FILE_BANDS);
      return FALSE;
    }
  if (!why_dims_count (dims, 2, &n_pixels) || n_pixels > file->options->max_pixels)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels; the limit is %" G_GUINT64_FORMAT
                   " pixels in all",
                   width, height, file->options->max_pixels);
      return FALSE;
    }
  /* What is left of the budget goes to libraries, stacks and the rows in flight. */
  if (!why_dims_count (dims, 3, &n_bytes) || !why_size_mul (n_bytes, bytes_per_sample, &n_bytes) ||
      n_bytes > file->options->max_memory / 8 * 6)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels with %" G_GINT64_FORMAT
                   " bands, which is more than fits into the %" G_GUINT64_FORMAT " MB it may use",
                   width, height, bands, file->options->max_memory >> 20);
      return FALSE;
    }
  return TRUE;
}

void
why_loader_add_note (WhyLoaderProperties *properties, const char *sentence)
{
  if (sentence[0] == '\0' || strstr (properties->note, sentence) != NULL)
    return;
  if (properties->note[0] != '\0')
    g_strlcat (properties->note, "; ", sizeof properties->note);
  g_strlcat (properties->note, sentence, sizeof properties->note);
}
