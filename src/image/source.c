#include "config.h"

#include "image/source.h"

#include "base/error.h"
#include "base/size.h"
#include "source-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 30000

/* Opens the picture; nothing but a regular file, and never waits (a FIFO would, a terminal might). */
static int
open_picture (const char *path, const char *name, GError **error)
{
  struct stat about;

  if (g_str_has_suffix (path, ".mrxs"))
    {
      g_autofree char *stem = g_strndup (name, strlen (name) - strlen (".mrxs"));

      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: the pixels of this MIRAX slide are in the folder %s/ beside it, which the confined picture "
                   "reader is not given; save the slide as SVS or as a TIFF pyramid", name, stem);
      return -1;
    }
  /* Looked at before opening as well, because opening a device can do things. */
  if (stat (path, &about) != 0)
    {
      const int code = errno;
      g_set_error (error, WHY_ERROR, code == ENOENT ? WHY_ERROR_NOT_FOUND : WHY_ERROR_IO, "%s: %s", name,
                   code == ENOENT ? "there is no such file" : g_strerror (code));
      return -1;
    }
  if (S_ISREG (about.st_mode))
    {
      const int fd = open (path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

      if (fd < 0 || fstat (fd, &about) != 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be opened: %s", name, g_strerror (errno));
          if (fd >= 0)
            close (fd);
          return -1;
        }
      if (S_ISREG (about.st_mode) && about.st_size > 0)
        return fd;
      close (fd);
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: %s", name,
               S_ISDIR (about.st_mode)   ? "is a folder, not a picture"
               : S_ISREG (about.st_mode) ? "is empty (0 bytes), not a picture"
                                         : "is not a regular file, so it is not read as a picture");
  return -1;
}

/* From fine to coarse, the first the picture itself. */
static gboolean
levels_make_sense (const WhyLoaderProperties *properties)
{
  if (properties->kind != WHY_LOADER_KIND_SLIDE)
    return properties->n_levels == 1;
  for (int level = 0; level < properties->n_levels; level++)
    {
      const double least = level == 0 ? 1.0 : properties->downsample[level - 1];

      if (!(properties->downsample[level] >= least) || !(properties->downsample[level] <= (double) WHY_LOADER_MAX_SIDE))
        return FALSE;
    }
  return properties->downsample[0] == 1.0;
}

static gboolean
place_makes_sense (const WhyLoaderProperties *properties)
{
  for (int entry = 0; properties->has_world && entry < 12; entry++)
    {
      if (!isfinite (properties->voxel_to_world[entry]))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_properties (WhyImageSource *source, WhyLoaderProperties *properties, GError **error)
{
  const guint64 max_pixels = source->limits.max_pixels;
  const char *what = NULL;
  gint64 n_pixels;

  properties->format[sizeof properties->format - 1] = '\0';
  properties->note[sizeof properties->note - 1] = '\0';
  properties->unit[sizeof properties->unit - 1] = '\0';
  properties->modality[sizeof properties->modality - 1] = '\0';
  if (properties->width < 1 || properties->height < 1 || properties->width > WHY_LOADER_MAX_SIDE ||
      properties->height > WHY_LOADER_MAX_SIDE ||
      !why_dim_mul (properties->width, properties->height, &n_pixels) ||
      (properties->kind == WHY_LOADER_KIND_PHOTO && (guint64) n_pixels > max_pixels))
    what = "the picture's size";
  else if (properties->kind > WHY_LOADER_KIND_VOLUME)
    what = "the kind of picture";
  else if (properties->bands != 1 && properties->bands != 3)
    what = "the number of bands";
  else if (properties->bits != 8 && properties->bits != 16 && properties->bits != 32)
    what = "the depth";
  else if (properties->orientation < 1 || properties->orientation > 8)
    what = "the orientation";
  else if (properties->n_frames < 1 || properties->n_slices < 1 || properties->n_levels < 1 ||
           properties->n_levels > WHY_LOADER_MAX_LEVELS || properties->n_slices > WHY_LOADER_MAX_SIDE)
    what = "the number of pages";
  else if (!levels_make_sense (properties))
    what = "the levels of the slide";
  else if (properties->has_values && (properties->bands != 1 || !properties->is_float || properties->bits != 32))
    what = "the values of its pixels";
  else if (properties->kind != WHY_LOADER_KIND_VOLUME && properties->n_slices != 1)
    what = "the number of slices";
  else if (!place_makes_sense (properties))
    what = "the volume's place in space";
  else if (properties->kind == WHY_LOADER_KIND_VOLUME &&
           (properties->bands != 1 || !why_dim_mul (n_pixels, properties->n_slices, &n_pixels) ||
            (guint64) n_pixels > max_pixels))
    what = "the volume's size";
  return what == NULL || why_loader_client_reject (&source->client, what, error);
}

gboolean
why_image_source_show_file (WhyImageSource *source, const char *path, WhyCancel *cancel,
                            WhyLoaderProperties *properties, GError **error)
{
  g_autofree char *name = g_filename_display_basename (path);
  const int picture = open_picture (path, name, error);
  WhyLoaderRequest request = { .kind = WHY_LOADER_OPEN };
  g_autofree WhyLoaderReply *reply = g_new0 (WhyLoaderReply, 1);
  int received;

  /* Whatever comes of it, this is no slice that was turned to. */
  source->open_slice = -1;
  if (picture < 0)
    return FALSE;
  if (source->client.socket < 0 && !why_loader_client_start (&source->client, name, error))
    {
      close (picture);
      return FALSE;
    }
  g_free (source->client.name);
  source->client.name = g_steal_pointer (&name);
  request.max_pixels = source->limits.max_pixels;
  request.max_memory = source->limits.max_memory;
  request.timeout_ms = source->limits.timeout_ms;
  request.flags = source->flags | (source->limits.allow_truncated ? WHY_LOADER_ALLOW_TRUNCATED : 0) |
                  (source->limits.background == WHY_IMAGE_BACKGROUND_BLACK ? WHY_LOADER_BLACK_BACKGROUND : 0);
  const gboolean answered = why_loader_client_call (&source->client, &request, picture, source->limits.timeout_ms,
                                                    cancel, reply, &received, error);
  close (picture);
  if (received >= 0)
    close (received);
  if (!answered || !check_properties (source, &reply->properties, error))
    return FALSE;
  *properties = reply->properties;
  return TRUE;
}

/* Starts a loader and lets it look at the file. Mutex held, or source not shared yet. */
static gboolean
open_loader (WhyImageSource *source, WhyCancel *cancel, WhyLoaderProperties *properties, GError **error)
{
  const gboolean opened = why_image_source_show_file (source, source->path, cancel, properties, error);

  if (!opened)
    why_loader_client_stop (&source->client);
  return opened;
}

static void
set_note (WhyImageSource *source, const WhyLoaderProperties *properties)
{
  g_autofree char *note = why_loader_client_clean_text (properties->note, sizeof properties->note);

  /* A reader has a few things to say, not one for every request: interned strings live forever. */
  if (g_strcmp0 (note, source->note) != 0 && source->n_notes++ < 8)
    atomic_store (&source->note, g_intern_string (note));
}

void
why_image_source_adopt (WhyImageSource *source, const WhyLoaderProperties *properties)
{
  source->properties = *properties;
  g_free (source->format);
  g_free (source->unit);
  g_free (source->modality);
  source->format = why_loader_client_clean_text (properties->format, sizeof properties->format);
  source->unit = why_loader_client_clean_text (properties->unit, sizeof properties->unit);
  source->modality = why_loader_client_clean_text (properties->modality, sizeof properties->modality);
  set_note (source, properties);
}

WhyImageSource *
why_image_source_new (const char *path, const WhyImageLimits *limits)
{
  WhyImageSource *source = g_new0 (WhyImageSource, 1);

  atomic_init (&source->ref_count, 1);
  g_mutex_init (&source->mutex);
  source->client.socket = -1;
  source->path = g_strdup (path);
  source->name = g_filename_display_basename (path);
  if (limits != NULL)
    source->limits = *limits;
  if (source->limits.max_pixels == 0)
    source->limits.max_pixels = WHY_LOADER_DEFAULT_PIXELS;
  if (source->limits.max_memory == 0)
    source->limits.max_memory = WHY_LOADER_DEFAULT_MEMORY;
  if (source->limits.timeout_ms == 0)
    source->limits.timeout_ms = DEFAULT_TIMEOUT_MS;
  return source;
}

WhyImageSource *
why_image_source_open (const char *path, const WhyImageLimits *limits, WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);
  return why_image_source_open_flags (path, 0, limits, cancel, error);
}

WhyImageSource *
why_image_source_open_flags (const char *path, guint32 flags, const WhyImageLimits *limits, WhyCancel *cancel,
                             GError **error)
{
  g_autoptr (WhyImageSource) source = why_image_source_new (path, limits);
  WhyLoaderProperties properties;

  source->flags = flags;
  if (!open_loader (source, cancel, &properties, error))
    return NULL;
  why_image_source_adopt (source, &properties);
  return g_steal_pointer (&source);
}

WhyImageSource *
why_image_source_ref (WhyImageSource *source)
{
  atomic_fetch_add_explicit (&source->ref_count, 1, memory_order_relaxed);
  return source;
}

void
why_image_source_unref (WhyImageSource *source)
{
  if (atomic_fetch_sub_explicit (&source->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  why_loader_client_stop (&source->client);
  g_free (source->client.name);
  g_mutex_clear (&source->mutex);
  g_free (source->path);
  g_free (source->name);
  g_free (source->format);
  g_free (source->unit);
  g_free (source->modality);
  g_strfreev (source->slice_paths);
  g_free (source);
}

const char *
why_image_source_get_path (const WhyImageSource *source)
{
  return source->path;
}

const char *
why_image_source_get_format (const WhyImageSource *source)
{
  return source->format;
}

gint64
why_image_source_get_width (const WhyImageSource *source)
{
  return source->properties.width;
}

gint64
why_image_source_get_height (const WhyImageSource *source)
{
  return source->properties.height;
}

int
why_image_source_get_bands (const WhyImageSource *source)
{
  return source->properties.bands;
}

int
why_image_source_get_bits (const WhyImageSource *source)
{
  return source->properties.bits;
}

gboolean
why_image_source_is_float (const WhyImageSource *source)
{
  return source->properties.is_float != 0;
}

gboolean
why_image_source_has_alpha (const WhyImageSource *source)
{
  return source->properties.has_alpha != 0;
}

gboolean
why_image_source_has_icc (const WhyImageSource *source)
{
  return source->properties.has_icc != 0;
}

int
why_image_source_get_orientation (const WhyImageSource *source)
{
  return source->properties.orientation;
}

gint64
why_image_source_get_n_frames (const WhyImageSource *source)
{
  return source->properties.n_frames;
}

/* A length that makes sense, or NAN: the number comes from the file. */
static double
micrometres (double value)
{
  return isfinite (value) && value > 0.0 ? value : NAN;
}

double
why_image_source_get_mpp_x (const WhyImageSource *source)
{
  return micrometres (source->properties.mpp_x);
}

double
why_image_source_get_mpp_y (const WhyImageSource *source)
{
  return micrometres (source->properties.mpp_y);
}

double
why_image_source_get_mpp_z (const WhyImageSource *source)
{
  return micrometres (source->properties.mpp_z);
}

gboolean
why_image_source_is_slide (const WhyImageSource *source)
{
  return source->properties.kind == WHY_LOADER_KIND_SLIDE;
}

int
why_image_source_get_n_levels (const WhyImageSource *source)
{
  return source->properties.n_levels;
}

double
why_image_source_get_downsample (const WhyImageSource *source, int level)
{
  g_return_val_if_fail (level >= 0 && level < source->properties.n_levels, 1.0);
  return source->properties.downsample[level];
}

double
why_image_source_get_objective_power (const WhyImageSource *source)
{
  const double power = source->properties.objective_power;

  return isfinite (power) && power > 0.0 && power < 1000.0 ? power : 0.0;
}

gboolean
why_image_source_is_volume (const WhyImageSource *source)
{
  return source->properties.kind == WHY_LOADER_KIND_VOLUME;
}

gint64
why_image_source_get_own_slice (const WhyImageSource *source)
{
  return source->slice_paths != NULL ? source->own_slice : source->properties.n_slices / 2;
}

gint64
why_image_source_get_n_slices (const WhyImageSource *source)
{
  return source->properties.n_slices;
}

const double *
why_image_source_get_voxel_to_world (const WhyImageSource *source)
{
  return source->properties.has_world ? source->properties.voxel_to_world : NULL;
}

gboolean
why_image_source_has_values (const WhyImageSource *source)
{
  return source->properties.kind == WHY_LOADER_KIND_VOLUME || source->properties.has_values != 0;
}

gboolean
why_image_source_is_inverted (const WhyImageSource *source)
{
  return source->properties.is_inverted != 0;
}

gboolean
why_image_source_is_window_exact (const WhyImageSource *source)
{
  return source->properties.has_values == 0 || source->properties.is_window_exact != 0;
}

gboolean
why_image_source_get_window (const WhyImageSource *source, double *centre, double *width)
{
  *centre = source->properties.window_centre;
  *width = source->properties.window_width;
  return isfinite (*centre) && isfinite (*width) && *width > 0.0;
}

const char *
why_image_source_get_unit (const WhyImageSource *source)
{
  return source->unit;
}

const char *
why_image_source_get_modality (const WhyImageSource *source)
{
  return source->modality;
}

gboolean
why_image_source_is_series (const WhyImageSource *source)
{
  return source->slice_paths != NULL;
}

const char *
why_image_source_get_note (const WhyImageSource *source)
{
  return atomic_load (&source->note);
}

typedef struct
{
  void *data;
  gsize length;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->data, mapping->length);
  g_free (mapping);
}

/* What a request is answered with. */
static WhyDType
expected_type (const WhyImageSource *source, guint32 depth)
{
  if (depth == WHY_LOADER_DEPTH_RAW)
    return WHY_DTYPE_FLOAT32;
  if (depth == WHY_LOADER_DEPTH_8 || source->properties.bits == 8)
    return WHY_DTYPE_UINT8;
  return source->properties.bits == 16 ? WHY_DTYPE_UINT16 : WHY_DTYPE_FLOAT32;
}

/* Checks what the loader sent against what was asked for and against the memory file itself. Takes @fd. */
static WhyTensor *
adopt_pixels (WhyImageSource *source, const WhyLoaderRequest *request, const WhyLoaderReply *reply, int fd,
              GError **error)
{
  const int needed_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const gint64 rows = request->out_h * MAX (request->n_slices, 1);
  const gint64 dims[3] = { rows, request->out_w, source->properties.bands };
  const WhyDType expected = expected_type (source, request->depth);
  struct stat about;
  gsize n_bytes;
  const char *what = NULL;
  WhyTensor *pixels = NULL;

  if (fd < 0)
    what = "no pixels came with it";
  else if (reply->dtype != (gint32) expected || reply->bands != source->properties.bands ||
           reply->width != request->out_w || reply->height != rows)
    what = "it has other pixels than were asked for";
  else if (!why_dims_count (dims, 3, &n_bytes) || !why_size_mul (n_bytes, why_dtype_size (expected), &n_bytes) ||
           reply->n_bytes != n_bytes)
    what = "the number of bytes";
  /* Only a memory file knows seals, and only a sealed one cannot be cut short under our feet (which
   * would be a bus error at the next access) or change after it was looked at. */
  else if ((fcntl (fd, F_GET_SEALS) & needed_seals) != needed_seals || fcntl (fd, F_GET_SEALS) < 0)
    what = "the pixels are not in a sealed memory file";
  else if (fstat (fd, &about) != 0 || !S_ISREG (about.st_mode) || (guint64) about.st_size != n_bytes)
    what = "the memory file has another size";

  if (what != NULL)
    {
      why_loader_client_reject (&source->client, what, error);
    }
  else
    {
      void *data = mmap (NULL, n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);

      if (data == MAP_FAILED)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: no room for %" G_GSIZE_FORMAT " bytes of pixels: %s",
                       source->name, n_bytes, g_strerror (errno));
        }
      else
        {
          Mapping *mapping = g_new (Mapping, 1);
          *mapping = (Mapping) { .data = data, .length = n_bytes };
          pixels = why_tensor_new_view (expected, 3, dims, NULL, data, mapping, mapping_free);
        }
    }
  if (fd >= 0)
    close (fd);
  return pixels;
}

WhyTensor *
why_image_source_ask (WhyImageSource *source, WhyLoaderRequest *request, WhyCancel *cancel, GError **error)
{
  g_autofree WhyLoaderReply *reply = g_new0 (WhyLoaderReply, 1);
  int received = -1;

  if (!why_loader_client_call (&source->client, request, -1, source->limits.timeout_ms, cancel, reply, &received,
                               error))
    return NULL;
  WhyTensor *pixels = adopt_pixels (source, request, reply, received, error);
  if (pixels != NULL && source->slice_paths == NULL)
    set_note (source, &reply->properties);
  return pixels;
}

gboolean
why_image_source_lock (WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  /* Another reader may hold the lock for long; waiting for it must end with the cancel token too. */
  while (!g_mutex_trylock (&source->mutex))
    {
      if (!why_cancel_check (cancel, error))
        return FALSE;
      g_usleep (2000);
    }
  return TRUE;
}

/* Sends a request that was checked and takes what comes. */
static WhyTensor *
fetch (WhyImageSource *source, WhyLoaderRequest *request, WhyCancel *cancel, GError **error)
{
  WhyTensor *pixels = NULL;

  if (!why_image_source_lock (source, cancel, error))
    return NULL;
  /* Each slice of a series is the only one of its file. */
  if (source->slice_paths == NULL || why_image_source_turn_to (source, request->slice, cancel, error))
    {
      if (source->slice_paths != NULL)
        request->slice = 0;
      pixels = why_image_source_ask (source, request, cancel, error);
    }
  g_mutex_unlock (&source->mutex);
  return pixels;
}

static WhyTensor *
read_region (WhyImageSource *source, WhyLoaderDepth depth,
             gint64 x, gint64 y, gint64 w, gint64 h, gint64 out_w, gint64 out_h,
             WhyCancel *cancel, GError **error)
{
  WhyLoaderRequest request = {
    .kind = WHY_LOADER_READ, .depth = depth, .x = x, .y = y, .w = w, .h = h, .out_w = out_w, .out_h = out_h,
    .slice = source->properties.n_slices / 2,
  };
  const WhyLoaderProperties *about = &source->properties;
  const gint64 dims[3] = { out_h, out_w, about->bands };
  gsize n_values;

  if (x < 0 || y < 0 || w < 1 || h < 1 || w > about->width || h > about->height || x > about->width - w ||
      y > about->height - h)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: the region %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " at %" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
                   " is not inside the picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels",
                   source->name, w, h, x, y, about->width, about->height);
      return NULL;
    }
  if (out_w < 1 || out_h < 1 || out_w > WHY_LOADER_MAX_SIDE || out_h > WHY_LOADER_MAX_SIDE ||
      !why_dims_count (dims, 3, &n_values) || n_values / about->bands > source->limits.max_pixels)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels were asked for; from 1 to %" G_GUINT64_FORMAT
                   " can be read at a time",
                   source->name, out_w, out_h, source->limits.max_pixels);
      return NULL;
    }

  return fetch (source, &request, cancel, error);
}

WhyTensor *
why_image_source_read (WhyImageSource *source, gint64 x, gint64 y, gint64 w, gint64 h, gint64 out_w, gint64 out_h,
                       WhyCancel *cancel, GError **error)
{
  return read_region (source, WHY_LOADER_DEPTH_8, x, y, w, h, out_w, out_h, cancel, error);
}

WhyTensor *
why_image_source_read_full (WhyImageSource *source, gint64 x, gint64 y, gint64 w, gint64 h, gint64 out_w,
                            gint64 out_h, WhyCancel *cancel, GError **error)
{
  return read_region (source, WHY_LOADER_DEPTH_FULL, x, y, w, h, out_w, out_h, cancel, error);
}

WhyTensor *
why_image_source_read_volume (WhyImageSource *source, gint64 frame, WhyCancel *cancel, GError **error)
{
  const WhyLoaderProperties *about = &source->properties;
  const gint64 dims[3] = { about->n_slices, about->height, about->width };
  WhyLoaderRequest request = {
    .kind = WHY_LOADER_READ, .depth = WHY_LOADER_DEPTH_RAW, .frame = (guint32) frame, .w = about->width,
    .h = about->height, .out_w = about->width, .out_h = about->height, .n_slices = about->n_slices,
  };

  if (!why_image_source_has_values (source))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: is a %s picture, not a volume", source->name,
                   source->format);
      return NULL;
    }
  if (source->slice_paths != NULL)
    return why_image_source_read_slices (source, cancel, error);
  if (frame < 0 || frame >= about->n_frames)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: there is no frame %" G_GINT64_FORMAT "; it has frames 0 to %" G_GINT64_FORMAT, source->name,
                   frame, about->n_frames - 1);
      return NULL;
    }
  g_autoptr (WhyTensor) rows = fetch (source, &request, cancel, error);
  return rows != NULL ? why_tensor_reshape (rows, 3, dims) : NULL;
}

gboolean
why_image_source_is_alive (WhyImageSource *source)
{
  struct pollfd waiting = { .events = 0 };
  gboolean alive;

  if (!g_mutex_trylock (&source->mutex))
    return TRUE; /* a request is under way; it will say */
  waiting.fd = source->client.socket;
  alive = waiting.fd >= 0 && poll (&waiting, 1, 0) == 0;
  g_mutex_unlock (&source->mutex);
  return alive;
}

gboolean
why_image_source_reopen (WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  WhyLoaderProperties properties;
  const WhyLoaderProperties *old = &source->properties;
  gboolean opened = FALSE;

  g_mutex_lock (&source->mutex);
  if (source->reopened)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: its reader has stopped twice; the file is left alone now", source->name);
    }
  else
    {
      source->reopened = TRUE;
      why_loader_client_stop (&source->client);
      opened = open_loader (source, cancel, &properties, error);
      if (opened && (properties.width != old->width || properties.height != old->height ||
                     properties.bands != old->bands || properties.bits != old->bits ||
                     properties.is_float != old->is_float || properties.orientation != old->orientation ||
                     properties.n_frames != old->n_frames))
        {
          why_loader_client_stop (&source->client);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "%s: has changed since it was opened; open it as a new picture", source->name);
          opened = FALSE;
        }
    }
  g_mutex_unlock (&source->mutex);
  return opened;
}

int
why_image_source_get_loader_pid (WhyImageSource *source)
{
  g_mutex_lock (&source->mutex);
  const int pid = source->client.pid;
  g_mutex_unlock (&source->mutex);
  return pid;
}
