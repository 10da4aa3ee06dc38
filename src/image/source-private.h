#pragma once

#include "image/source.h"
#include "loader-client.h"

G_BEGIN_DECLS

/* source.c and series.c. */

struct _WhyImageSource
{
  char *path;
  char *name; /* for messages */
  WhyImageLimits limits;
  WhyLoaderProperties properties; /* all but the note never change once the source is open */
  char *format;
  const char *_Atomic note; /* interned, so that what a getter returned stays valid when the note grows */

  GMutex mutex; /* guards client, reopened, note; one request at a time */
  WhyLoaderClient client;
  gboolean reopened;
  int n_notes;

  /* Of a series (series.c): its files, and which of them the loader has open; -1: none, or not known. */
  char **slice_paths; /* nullable: in order along the normal */
  gint64 n_slice_paths;
  gint64 open_slice;
  gint64 own_slice; /* of the file that was opened */
  guint32 flags;    /* WhyLoaderFlags beside those of the limits */
  char *unit, *modality;

  _Atomic int ref_count;
};

/* A source for @path without a loader. */
WhyImageSource *why_image_source_new (const char *path, const WhyImageLimits *limits) G_GNUC_WARN_UNUSED_RESULT;

/* As why_image_source_open(). @flags: WhyLoaderFlags: WHY_LOADER_MANY where other files may be shown to the loader. */
WhyImageSource *why_image_source_open_flags (const char *path, guint32 flags, const WhyImageLimits *limits,
                                             WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets the loader, started if need be, look at a file: the first, or the next of many.
 * An error of the file leaves the loader of many running. Mutex held, or source not shared yet. */
gboolean why_image_source_show_file (WhyImageSource *source, const char *path, WhyCancel *cancel,
                                     WhyLoaderProperties *properties, GError **error);

/* Mutex held: the answer to a request about the file that is open. */
WhyTensor *why_image_source_ask (WhyImageSource *source, WhyLoaderRequest *request, WhyCancel *cancel, GError **error);

/* FALSE: cancelled. */
gboolean why_image_source_lock (WhyImageSource *source, WhyCancel *cancel, GError **error);

/* The properties are what they will stay. */
void why_image_source_adopt (WhyImageSource *source, const WhyLoaderProperties *properties);

/* series.c: finds the other slices of the series that the open file belongs to, beside it. TRUE if it stands alone now
 * or is a volume; @strict: what stands in the way of a volume is an error, else the slice stands alone and says why. */
gboolean why_image_source_gather (WhyImageSource *source, gboolean strict, WhyCancel *cancel, GError **error);
/* Opens the file of a slice, if it is not open. Mutex held. */
gboolean why_image_source_turn_to (WhyImageSource *source, gint64 slice, WhyCancel *cancel, GError **error);
/* All slices. */
WhyTensor *why_image_source_read_slices (WhyImageSource *source, WhyCancel *cancel, GError **error);

G_END_DECLS
