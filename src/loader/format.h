#pragma once

#include "base/loader-protocol.h"

G_BEGIN_DECLS

/* The picture's file. Formats see a descriptor and a length, never a path. */
typedef struct
{
  int fd;
  guint64 size;
  const WhyLoaderRequest *options; /* the OPEN request: limits and flags */
  guint64 serial;                  /* of the request being worked on */
} WhyLoaderFile;

/** why_loader_file_read_at: reads exactly @length bytes; FALSE at the end of the file or on errors. */
gboolean why_loader_file_read_at (const WhyLoaderFile *file, guint64 offset, void *buffer, gsize length);

/** why_loader_file_cancelled: whether the program gave up the request being worked on; cheap enough for
 *  every few rows. */
gboolean why_loader_file_cancelled (const WhyLoaderFile *file);

/**
 * WhyLoaderFormat:
 * @name: as shown to the user
 * @sniff: whether the first bytes look like this format; @length may be short
 * @probe: (nullable): called if they do, where they do not tell: whether the file is one of these
 * @open: (transfer full): looks at the header and fills @properties (zeroed before, with neutral values
 *   for counts and mpp); checks sizes against the limits before anything is decoded
 * @read: writes the pixels of @request, whose region was checked to lie inside the picture, to
 *   @pixels: rows from the top, samples interleaved, type by the depth of the request. May amend
 *   the note in @properties.
 * @close: (nullable)
 *
 * A new format is a file format-NAME.c with one of these, named in the table in format.c.
 */
typedef struct
{
  const char *name;
  gboolean (*sniff) (const guint8 *head, gsize length);
  gboolean (*probe) (WhyLoaderFile *file);
  gpointer (*open) (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error);
  gboolean (*read) (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
                    GError **error);
  void (*close) (gpointer state);
} WhyLoaderFormat;

extern const WhyLoaderFormat why_format_slide;
extern const WhyLoaderFormat why_format_pyramid;
extern const WhyLoaderFormat why_format_png;
extern const WhyLoaderFormat why_format_jpeg;
extern const WhyLoaderFormat why_format_tiff;
extern const WhyLoaderFormat why_format_webp;
extern const WhyLoaderFormat why_format_gif;
extern const WhyLoaderFormat why_format_bmp;
extern const WhyLoaderFormat why_format_nifti;
extern const WhyLoaderFormat why_format_dicom;

/** why_loader_find_format: NULL with a sentence that says what the file is instead. */
const WhyLoaderFormat *why_loader_find_format (WhyLoaderFile *file, const guint8 *head, gsize length, GError **error);

/** why_loader_check_size: (shared by formats) sides, bands and pixels against the limits of @file. */
gboolean why_loader_check_size (const WhyLoaderFile *file, gint64 width, gint64 height, gint64 bands,
                                gsize bytes_per_sample, GError **error);

/** why_loader_add_note: appends a sentence to the note, once; an empty one is none */
void why_loader_add_note (WhyLoaderProperties *properties, const char *sentence);

G_END_DECLS
