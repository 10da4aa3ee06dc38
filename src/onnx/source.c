#include "config.h"

#include "source.h"
#include "wire.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to here a file is read instead of mapped: cheap, and nobody can shorten it under us. */
#define READ_LIMIT ((gsize) 16 << 20)

#define ALIGNMENT 64

/* So much of a mapped file is in memory at a time while weights are copied out of it. */
#define COPY_PART ((gsize) 8 << 20)

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static WhyOnnxSource *
source_new (const char *path)
{
  WhyOnnxSource *source = g_new0 (WhyOnnxSource, 1);
  atomic_init (&source->ref_count, 1);
  source->path = g_strdup (path);
  return source;
}

WhyOnnxSource *
why_onnx_source_ref (WhyOnnxSource *source)
{
  atomic_fetch_add_explicit (&source->ref_count, 1, memory_order_relaxed);
  return source;
}

void
why_onnx_source_unref (WhyOnnxSource *source)
{
  if (source == NULL || atomic_fetch_sub_explicit (&source->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_clear_pointer (&source->map, g_mapped_file_unref);
  g_clear_pointer (&source->bytes, g_bytes_unref);
  free (source->heap);
  g_free (source->sha1);
  g_free (source->path);
  g_free (source);
}

static int
code_of_errno (int number)
{
  return number == ENOENT || number == ENOTDIR ? WHY_ERROR_NOT_FOUND : WHY_ERROR_IO;
}

static gboolean
read_all (WhyOnnxSource *source, int fd, gsize n_bytes, const char *prefix, GError **error)
{
  gsize done = 0;
  if (posix_memalign (&source->heap, ALIGNMENT, n_bytes + ALIGNMENT) != 0)
    {
      source->heap = NULL;
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: there is no memory to read it", prefix);
      return FALSE;
    }
  while (done < n_bytes)
    {
      ssize_t got = pread (fd, (char *) source->heap + done, n_bytes - done, (off_t) done);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: reading failed: %s", prefix, g_strerror (errno));
          return FALSE;
        }
      if (got == 0)
        break;
      done += (gsize) got;
    }
  source->data = source->heap;
  source->n_bytes = done;
  return TRUE;
}

/* Takes the bytes of an open file; @fd stays the caller's. */
static WhyOnnxSource *
source_from_fd (int fd, const char *path, const char *prefix, GError **error)
{
  struct stat info;
  if (fstat (fd, &info) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: %s", prefix, g_strerror (errno));
      return NULL;
    }
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: this is a %s, not a file", prefix,
                   S_ISDIR (info.st_mode) ? "folder" : "pipe, socket or device");
      return NULL;
    }

  g_autoptr (WhyOnnxSource) source = source_new (path);
  source->device = info.st_dev;
  source->inode = info.st_ino;
  source->mtime_s = info.st_mtim.tv_sec;
  source->mtime_ns = info.st_mtim.tv_nsec;
  if ((guint64) info.st_size <= READ_LIMIT)
    return read_all (source, fd, (gsize) info.st_size, prefix, error) ? g_steal_pointer (&source) : NULL;

  g_autoptr (GError) local = NULL;
  source->map = g_mapped_file_new_from_fd (fd, FALSE, &local);
  if (source->map == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be mapped into memory: %s", prefix, local->message);
      return NULL;
    }
  source->data = (const guint8 *) g_mapped_file_get_contents (source->map);
  source->n_bytes = g_mapped_file_get_length (source->map);
  return g_steal_pointer (&source);
}

WhyOnnxSource *
why_onnx_source_open (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  int fd = open (path, OPEN_FLAGS);
  if (fd < 0)
    {
      int number = errno;
      g_set_error (error, WHY_ERROR, code_of_errno (number), "%s: cannot be opened: %s", shown, g_strerror (number));
      return NULL;
    }
  WhyOnnxSource *source = source_from_fd (fd, path, shown, error);
  close (fd);
  return source;
}

WhyOnnxSource *
why_onnx_source_new_bytes (GBytes *bytes, const char *name)
{
  WhyOnnxSource *source = source_new (name);
  source->bytes = g_bytes_ref (bytes);
  source->data = g_bytes_get_data (bytes, &source->n_bytes);
  return source;
}

gboolean
why_onnx_source_check (const WhyOnnxSource *source, GError **error)
{
  struct stat info;
  /* A file that is gone or replaced by another stays whole behind its map. */
  if (source->map == NULL || stat (source->path, &info) != 0 || info.st_dev != source->device ||
      info.st_ino != source->inode)
    return TRUE;
  if ((guint64) info.st_size == source->n_bytes && info.st_mtim.tv_sec == source->mtime_s &&
      info.st_mtim.tv_nsec == source->mtime_ns)
    return TRUE;
  g_autofree char *shown = g_filename_display_name (source->path);
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO,
               "%s: the file was changed while the model was open; open the model again", shown);
  return FALSE;
}

void
why_onnx_source_copy (const WhyOnnxSource *source, const guint8 *from, guint8 *to, gsize n_bytes)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);

  for (gsize done = 0, part; done < n_bytes; done += part)
    {
      part = MIN (n_bytes - done, COPY_PART);
      memcpy (to + done, from + done, part);
      if (source->map == NULL)
        continue;
      /* Whole pages of this part alone; if one is read again, it comes from the file again. */
      guintptr begin = ((guintptr) (from + done) + page - 1) / page * page,
               end = (guintptr) (from + done + part) / page * page;
      if (begin < end)
        madvise ((gpointer) begin, end - begin, MADV_DONTNEED);
    }
}

const char *
why_onnx_source_sha1 (WhyOnnxSource *source)
{
  if (source->sha1 == NULL)
    source->sha1 = g_compute_checksum_for_data (G_CHECKSUM_SHA1, source->data, source->n_bytes);
  return source->sha1;
}

/* What a walk from a folder down to a file met. */
typedef enum
{
  WALK_FOUND,
  WALK_MISSING,
  WALK_LINK,
  WALK_OTHER, /* not a regular file */
  WALK_FAILED, /* errno */
} Walk;

/* Opens @location under @folder_fd component by component, so that the check and the use are of the
 * same thing: no component may be a symbolic link, and ".." was refused before. The same as
 * openat2() with RESOLVE_BENEATH, NO_SYMLINKS and NO_MAGICLINKS, but it also works where a kernel or
 * a sandbox lacks that call, and it never opens a device or pipe, only looks at it. */
static Walk
walk_beneath (int folder_fd, const char *location, int *fd)
{
  g_auto (GStrv) parts = g_strsplit (location, "/", -1);
  int here = folder_fd;
  Walk walk = WALK_OTHER;

  *fd = -1;
  for (gsize part = 0; parts[part] != NULL; part++)
    {
      struct stat info;
      if (*parts[part] == '\0' || strcmp (parts[part], ".") == 0)
        continue;
      int next = openat (here, parts[part], O_PATH | O_NOFOLLOW | O_CLOEXEC);
      int number = errno;
      if (next >= 0 && fstat (next, &info) != 0)
        {
          number = errno;
          close (next);
          next = -1;
        }
      if (next < 0)
        {
          walk = number == ENOENT || number == ENOTDIR ? WALK_MISSING : WALK_FAILED;
          errno = number;
          break;
        }
      walk = S_ISLNK (info.st_mode) ? WALK_LINK : S_ISREG (info.st_mode) ? WALK_FOUND : WALK_OTHER;
      if (walk == WALK_FOUND && parts[part + 1] == NULL)
        {
          /* The name may mean another file by now, but never a link; source_from_fd() looks again. */
          *fd = openat (here, parts[part], OPEN_FLAGS | O_NOFOLLOW);
          if (*fd < 0)
            walk = WALK_FAILED;
        }
      int saved = errno;
      if (here != folder_fd)
        close (here);
      here = next;
      errno = saved;
      if (walk == WALK_LINK || walk == WALK_FAILED)
        break;
    }
  int saved = errno;
  if (here != folder_fd)
    close (here);
  errno = saved;
  /* "weights.bin/" names no file. */
  if (walk == WALK_FOUND && *fd < 0)
    walk = WALK_OTHER;
  return walk;
}

static Walk
open_in_folder (const char *folder, const char *location, int *fd)
{
  *fd = -1;
  int folder_fd = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0)
    return WALK_FAILED;
  Walk walk = walk_beneath (folder_fd, location, fd);
  int saved = errno;
  close (folder_fd);
  errno = saved;
  return walk;
}

/* NULL if the path is fine, else what is wrong with it. */
static const char *
location_fault (const char *location)
{
  if (*location == '\0')
    return "is empty";
  if (*location == '/')
    return "is an absolute path; only files beside the model are read";
  if (strlen (location) > 4096)
    return "is longer than 4096 bytes";
  g_auto (GStrv) parts = g_strsplit (location, "/", -1);
  for (gsize part = 0; parts[part] != NULL; part++)
    {
      if (strcmp (parts[part], "..") == 0)
        return "leads out of the model's folder by \"..\"; only files in that folder are read";
    }
  return NULL;
}

WhyOnnxSource *
why_onnx_source_open_external (const char *folder, const char *real_folder, const char *location, const char *prefix,
                               GError **error)
{
  int fd;
  g_autofree char *shown = why_wire_shown (location);
  g_autofree char *folder_shown = g_filename_display_name (folder);
  const char *fault = location_fault (location);
  if (fault != NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "%s: the location \"%s\" of its data %s", prefix, shown, fault);
      return NULL;
    }

  g_autofree char *path = g_build_filename (folder, location, NULL);
  Walk walk = open_in_folder (folder, location, &fd);
  int number = errno;
  if (walk == WALK_LINK)
    {
      char *resolved = realpath (path, NULL); /* malloc'ed by the C library */
      g_autofree char *target = g_strdup (resolved);
      free (resolved);
      if (target == NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                       "%s: its data file \"%s\" is a symbolic link that leads nowhere (in %s)", prefix, shown, folder_shown);
          return NULL;
        }
      g_autofree char *target_folder = g_path_get_dirname (target);
      g_autofree char *target_name = g_path_get_basename (target);
      if (real_folder != NULL && strcmp (target_folder, real_folder) == 0)
        {
          walk = open_in_folder (real_folder, target_name, &fd);
          number = errno;
        }
      if (walk == WALK_LINK)
        {
          g_autofree char *target_shown = g_filename_display_name (target);
          g_set_error (error, WHY_ERROR, WHY_ERROR_IO,
                       "%s: its data file \"%s\" is a symbolic link to %s, outside the model's folder; if you trust the "
                       "model, put the file itself into %s",
                       prefix, shown, target_shown, folder_shown);
          return NULL;
        }
    }
  switch (walk)
    {
    case WALK_FOUND:
      {
        g_autofree char *inner = g_strdup_printf ("%s: its data file \"%s\"", prefix, shown);
        WhyOnnxSource *source = source_from_fd (fd, path, inner, error);
        close (fd);
        return source;
      }
    case WALK_MISSING:
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                   "%s: its data are in a second file \"%s\", which is missing in the folder %s; put it there beside the model",
                   prefix, shown, folder_shown);
      return NULL;
    case WALK_OTHER:
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: its data file \"%s\" is not a regular file (in %s)", prefix,
                   shown, folder_shown);
      return NULL;
    case WALK_LINK:
    case WALK_FAILED: break;
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: its data file \"%s\" in %s cannot be opened: %s", prefix, shown,
               folder_shown, g_strerror (number));
  return NULL;
}
