#include "config.h"

#include "service/file-kind.h"

#include "session-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Enough for where NIfTI has its mark, 344 bytes in. */
#define SNIFF_BYTES 352

typedef struct
{
  gsize offset;
  const char *bytes;
  gsize length;
  WhyFileKind kind;
} Magic;

static const Magic magics[] = {
  { 0, "\x89PNG", 4, WHY_FILE_PICTURE },     { 0, "\xff\xd8\xff", 3, WHY_FILE_PICTURE },
  { 0, "II*\0", 4, WHY_FILE_PICTURE },       { 0, "MM\0*", 4, WHY_FILE_PICTURE },
  { 0, "II+\0", 4, WHY_FILE_PICTURE },       { 0, "MM\0+", 4, WHY_FILE_PICTURE },
  { 0, "GIF8", 4, WHY_FILE_PICTURE },        { 0, "BM", 2, WHY_FILE_PICTURE },
  { 8, "WEBP", 4, WHY_FILE_PICTURE },        { 344, "n+1\0", 4, WHY_FILE_VOLUME },
  { 4, "n+2\0", 4, WHY_FILE_VOLUME },
  { 128, "DICM", 4, WHY_FILE_VOLUME },
};

static const struct
{
  const char *suffix;
  WhyFileKind kind;
} suffixes[] = {
  { ".png", WHY_FILE_PICTURE },  { ".jpg", WHY_FILE_PICTURE },  { ".jpeg", WHY_FILE_PICTURE },
  { ".jpe", WHY_FILE_PICTURE },  { ".jfif", WHY_FILE_PICTURE }, { ".tif", WHY_FILE_PICTURE },
  { ".tiff", WHY_FILE_PICTURE }, { ".webp", WHY_FILE_PICTURE }, { ".gif", WHY_FILE_PICTURE },
  { ".svs", WHY_FILE_PICTURE },  { ".ndpi", WHY_FILE_PICTURE }, { ".scn", WHY_FILE_PICTURE },
  { ".bif", WHY_FILE_PICTURE },  { ".mrxs", WHY_FILE_PICTURE },
  { ".bmp", WHY_FILE_PICTURE },  { ".nii", WHY_FILE_VOLUME },   { ".nii.gz", WHY_FILE_VOLUME },
  { ".dcm", WHY_FILE_VOLUME },   { ".dicom", WHY_FILE_VOLUME },
  { ".onnx", WHY_FILE_MODEL },   { ".txt", WHY_FILE_LABELS },   { ".whylight", WHY_FILE_SESSION },
};

/* A JSON list of names. */
static gboolean
begins_like_list (const guint8 *bytes, gsize n_bytes)
{
  gsize at = 0;

  while (at < n_bytes && g_ascii_isspace ((char) bytes[at]))
    at++;
  return at < n_bytes && bytes[at] == '[';
}

WhyFileKind
why_file_kind_from (const char *path, const guint8 *bytes, gsize n_bytes)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (gsize magic = 0; magic < G_N_ELEMENTS (magics); magic++)
    {
      if (n_bytes >= magics[magic].offset + magics[magic].length &&
          memcmp (bytes + magics[magic].offset, magics[magic].bytes, magics[magic].length) == 0)
        return magics[magic].kind;
    }
  if (n_bytes >= strlen (WHY_SESSION_FILE_START) &&
      memcmp (bytes, WHY_SESSION_FILE_START, strlen (WHY_SESSION_FILE_START)) == 0)
    return WHY_FILE_SESSION;
  if (g_str_has_suffix (lower, ".json") && begins_like_list (bytes, n_bytes))
    return WHY_FILE_LABELS;
  for (gsize suffix = 0; suffix < G_N_ELEMENTS (suffixes); suffix++)
    {
      if (g_str_has_suffix (lower, suffixes[suffix].suffix))
        return suffixes[suffix].kind;
    }
  return WHY_FILE_OTHER;
}

WhyFileKind
why_file_kind_of (const char *path)
{
  guint8 bytes[SNIFF_BYTES];
  struct stat status;
  gssize n_bytes = 0;
  gboolean is_folder = FALSE;
  /* Not blocking: the file may be a pipe that nobody writes to. */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd >= 0)
    {
      if (fstat (fd, &status) == 0)
        {
          is_folder = S_ISDIR (status.st_mode);
          if (S_ISREG (status.st_mode))
            {
              do
                n_bytes = read (fd, bytes, sizeof bytes);
              while (n_bytes < 0 && errno == EINTR);
            }
        }
      close (fd);
    }
  return is_folder ? WHY_FILE_FOLDER : why_file_kind_from (path, bytes, (gsize) MAX (n_bytes, 0));
}

gboolean
why_file_kind_is_shown (WhyFileKind kind)
{
  return kind == WHY_FILE_PICTURE || kind == WHY_FILE_VOLUME;
}
