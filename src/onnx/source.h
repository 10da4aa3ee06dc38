#pragma once

/* Bytes of files: the model itself and its companions. */

#include <glib.h>

#include <sys/types.h>

G_BEGIN_DECLS

/**
 * WhyOnnxSource:
 * @path: for messages
 * @data: (array length=n_bytes)
 * @copied: bytes of weights copied out of it so far; several tensors may name the same bytes
 *
 * Reference counted (thread-safe), because tensors point into it.
 */
typedef struct
{
  _Atomic int ref_count;
  char *path;
  const guint8 *data;
  gsize n_bytes;
  gsize copied;
  GMappedFile *map;
  gpointer heap;
  GBytes *bytes;
  char *sha1;
  /* what was mapped, to find changes */
  dev_t device;
  ino_t inode;
  gint64 mtime_s, mtime_ns;
} WhyOnnxSource;

/* Opens a regular file. Follows symbolic links. */
WhyOnnxSource *why_onnx_source_open (const char *path, GError **error);

WhyOnnxSource *why_onnx_source_new_bytes (GBytes *bytes, const char *name);

WhyOnnxSource *why_onnx_source_ref (WhyOnnxSource *source);
void why_onnx_source_unref (WhyOnnxSource *source);

/* FALSE with an error if the file was changed in place since it was mapped. */
gboolean why_onnx_source_check (const WhyOnnxSource *source, GError **error);

/* Copies bytes of the source, and gives back the memory in which a mapped file was read for it: weights of a
 * large model need not be there twice. */
void why_onnx_source_copy (const WhyOnnxSource *source, const guint8 *from, guint8 *to, gsize n_bytes);

/* SHA-1 of all bytes, lower-case hexadecimal; computed once. */
const char *why_onnx_source_sha1 (WhyOnnxSource *source);

/**
 * why_onnx_source_open_external:
 * @folder: of the model, as the user named it
 * @real_folder: (nullable): where the model's file really is, symbolic links resolved
 * @location: as the model gives it
 * @prefix: goes before the error message
 *
 * Opens a companion file. @location must be a plain relative path without "..", and must lead to a
 * regular file without any symbolic link. One exception: where there is a link, its target may be a
 * file directly in @real_folder (download caches keep links in one folder, and the model's file and
 * its companions side by side in another). Hard links are like any file: whoever made one had the
 * file itself.
 */
WhyOnnxSource *why_onnx_source_open_external (const char *folder, const char *real_folder, const char *location,
                                              const char *prefix, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyOnnxSource, why_onnx_source_unref)

G_END_DECLS
