#include "config.h"

#include "checksum.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

char *
why_checksum_file (const char *path, WhyCancel *cancel, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const gsize block_size = 1u << 20;
  g_autofree guint8 *block = g_malloc (block_size);
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  for (gssize n_read = 1; fd >= 0 && n_read > 0;)
    {
      n_read = read (fd, block, block_size);
      if (n_read < 0 && errno == EINTR)
        {
          n_read = 1;
          continue;
        }
      if (n_read < 0 || !why_cancel_check (cancel, error))
        {
          if (n_read < 0)
            g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be read: %s", path, g_strerror (errno));
          close (fd);
          return NULL;
        }
      g_checksum_update (checksum, block, n_read);
    }
  if (fd < 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be opened: %s", path, g_strerror (errno));
      return NULL;
    }
  close (fd);
  return g_strdup (g_checksum_get_string (checksum));
}
