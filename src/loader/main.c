#include "config.h"

#include "format.h"
#include "sandbox.h"

#include "base/error.h"
#include "base/size.h"
#include "base/tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

/* whylight-loader: decodes one picture, or the slices of one series, for the program that started it, and can do
 * nothing else. See base/loader-protocol.h for the conversation and sandbox.h for what is given up before the first
 * byte of the picture is looked at.
 *
 * It ends by _exit() everywhere: its memory goes with it, and a leak check at exit would want rights
 * that are gone. */

typedef struct
{
  WhyLoaderFile file;
  WhyLoaderRequest options;
  const WhyLoaderFormat *format;
  gpointer state;
  WhyLoaderReply reply;
} Loader;

/* First warning of a decoder about the request at hand; the picture is shown, but with a word about it. */
static GMutex warning_mutex;
static char first_warning[256];

static void
on_warning_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  g_mutex_lock (&warning_mutex);
  /* Private tags of TIFF files (GeoTIFF and the like) are nothing to warn about. */
  if (first_warning[0] == '\0' && !g_str_has_prefix (message, "Unknown field with tag"))
    {
      g_strlcpy (first_warning, message, sizeof first_warning);
      g_strdelimit (first_warning, "\r\n\t", ' ');
    }
  g_mutex_unlock (&warning_mutex);
  fprintf (stderr, "whylight-loader: %s\n", message);
}

/* Ends this process when the program that started it has gone, even in the middle of a decoder's loop.
 * Not PR_SET_PDEATHSIG: that fires when the *thread* that started us ends, and pictures are opened from
 * pool threads. */
static gpointer
watch_parent (gpointer data)
{
  struct pollfd hangup = { .fd = WHY_LOADER_FD, .events = 0 };

  for (;;)
    {
      if (poll (&hangup, 1, -1) > 0 && (hangup.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        _exit (0);
    }
  return NULL;
}

/* Waits for the next request; FALSE when there will be none. */
static gboolean
receive_request (WhyLoaderRequest *request, int *attached)
{
  struct iovec part = { .iov_base = request, .iov_len = sizeof *request };
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control;
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
  };
  ssize_t length;

  *attached = -1;
  do
    length = recvmsg (WHY_LOADER_FD, &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);

  if (length > 0)
    {
      struct cmsghdr *header = CMSG_FIRSTHDR (&message);
      if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy (attached, CMSG_DATA (header), sizeof *attached);
    }
  return length == (ssize_t) sizeof *request && request->magic == WHY_LOADER_MAGIC &&
         request->version == WHY_LOADER_VERSION;
}

static gboolean
send_reply (WhyLoaderReply *reply, int attached)
{
  struct iovec part = { .iov_base = reply, .iov_len = sizeof *reply };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control;
  ssize_t sent;

  if (attached >= 0)
    {
      memset (&control, 0, sizeof control);
      message.msg_control = control.space;
      message.msg_controllen = sizeof control.space;
      struct cmsghdr *header = CMSG_FIRSTHDR (&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (header), &attached, sizeof attached);
    }
  do
    sent = sendmsg (WHY_LOADER_FD, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == (ssize_t) sizeof *reply;
}

static void
set_failure (WhyLoaderReply *reply, const GError *error)
{
  switch (error->code)
    {
    case WHY_ERROR_BAD_IMAGE:
      reply->status = WHY_LOADER_BAD_IMAGE;
      break;
    case WHY_ERROR_TOO_LARGE:
      reply->status = WHY_LOADER_TOO_LARGE;
      break;
    case WHY_ERROR_CANCELLED:
      reply->status = WHY_LOADER_CANCELLED;
      break;
    case WHY_ERROR_BAD_REQUEST:
      reply->status = WHY_LOADER_BAD_REQUEST;
      break;
    default:
      reply->status = WHY_LOADER_FAILED;
      break;
    }
  g_strlcpy (reply->message, error->message, sizeof reply->message);
}

static gboolean
open_picture (Loader *loader, GError **error)
{
  WhyLoaderProperties *properties = &loader->reply.properties;
  guint8 head[512];
  gsize length;
  struct stat about;

  if (fstat (loader->file.fd, &about) != 0 || !S_ISREG (about.st_mode))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is not a regular file");
      return FALSE;
    }
  loader->file.size = (guint64) about.st_size;
  length = MIN (sizeof head, loader->file.size);
  if (!why_loader_file_read_at (&loader->file, 0, head, length))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "cannot be read");
      return FALSE;
    }
  loader->format = why_loader_find_format (&loader->file, head, length, error);
  if (loader->format == NULL)
    return FALSE;

  properties->n_levels = 1;
  properties->n_slices = 1;
  properties->n_frames = 1;
  properties->orientation = 1;
  properties->downsample[0] = 1.0;
  properties->mpp_x = properties->mpp_y = properties->mpp_z = NAN;
  g_strlcpy (properties->format, loader->format->name, sizeof properties->format);
  properties->window_centre = properties->window_width = NAN;
  for (int axis = 0; axis < 3; axis++)
    properties->slice_position[axis] = NAN;
  for (int axis = 0; axis < 6; axis++)
    properties->slice_directions[axis] = NAN;
  loader->state = loader->format->open (&loader->file, properties, error);
  if (loader->state == NULL)
    g_prefix_error (error, "the %s file ", loader->format->name);
  return loader->state != NULL;
}

static gboolean
takes_many (const Loader *loader)
{
  return (loader->options.flags & WHY_LOADER_MANY) != 0;
}

/* The first file, or the next of many: nothing of the one before is left. */
static gboolean
open_next (Loader *loader, int attached, GError **error)
{
  if (loader->state != NULL && loader->format->close != NULL)
    loader->format->close (loader->state);
  loader->state = NULL;
  if (loader->file.fd >= 0 && loader->file.fd != attached)
    close (loader->file.fd);
  loader->file.fd = attached;
  memset (&loader->reply.properties, 0, sizeof loader->reply.properties);
  g_mutex_lock (&warning_mutex);
  first_warning[0] = '\0';
  g_mutex_unlock (&warning_mutex);
  return open_picture (loader, error);
}

/* Pixels in a sealed memory file; -1 with an error. */
static int
read_pixels (Loader *loader, const WhyLoaderRequest *request, GError **error)
{
  WhyLoaderReply *reply = &loader->reply;
  WhyLoaderProperties *properties = &reply->properties;
  const gboolean raw = request->depth == WHY_LOADER_DEPTH_RAW;
  const gboolean full = request->depth == WHY_LOADER_DEPTH_FULL;
  const gboolean volume = properties->kind == WHY_LOADER_KIND_VOLUME;
  const gint64 n_slices = MAX (request->n_slices, 1);
  const WhyDType dtype = raw                               ? WHY_DTYPE_FLOAT32
                         : !full || properties->bits == 8 ? WHY_DTYPE_UINT8
                         : properties->bits == 16         ? WHY_DTYPE_UINT16
                                                          : WHY_DTYPE_FLOAT32;
  const gint64 dims[4] = { n_slices, request->out_h, request->out_w, properties->bands };
  gsize n_bytes;

  if (loader->state == NULL || request->depth > WHY_LOADER_DEPTH_RAW || request->slice < 0 ||
      n_slices > properties->n_slices || request->slice > properties->n_slices - n_slices ||
      (!volume && (request->frame != 0 || (raw && !properties->has_values))) ||
      (gint64) request->frame >= properties->n_frames || (n_slices > 1 && !raw) ||
      (raw && (request->x != 0 || request->y != 0 || request->w != properties->width ||
               request->h != properties->height || request->out_w != request->w || request->out_h != request->h)) ||
      request->x < 0 || request->y < 0 ||
      request->w < 1 || request->h < 1 || request->w > properties->width || request->h > properties->height ||
      request->x > properties->width - request->w || request->y > properties->height - request->h ||
      request->out_w < 1 || request->out_h < 1 || request->out_w > WHY_LOADER_MAX_SIDE ||
      request->out_h > WHY_LOADER_MAX_SIDE || !why_dims_count (dims, 4, &n_bytes) ||
      !why_size_mul (n_bytes, why_dtype_size (dtype), &n_bytes))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "the region is not inside the picture");
      return -1;
    }

  const int fd = memfd_create ("pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate (fd, (off_t) n_bytes) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "no room for %" G_GSIZE_FORMAT " bytes of pixels: %s",
                   n_bytes, g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return -1;
    }
  void *pixels = mmap (NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pixels == MAP_FAILED)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "no room for %" G_GSIZE_FORMAT " bytes of pixels: %s",
                   n_bytes, g_strerror (errno));
      close (fd);
      return -1;
    }
  gboolean done = loader->format->read (loader->state, request, pixels, properties, error);
  munmap (pixels, n_bytes);
  if (done && fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "cannot seal the pixels: %s", g_strerror (errno));
      done = FALSE;
    }
  if (!done)
    {
      close (fd);
      return -1;
    }
  reply->dtype = dtype;
  reply->bands = properties->bands;
  reply->width = request->out_w;
  reply->height = request->out_h * n_slices;
  reply->n_bytes = n_bytes;
  return fd;
}

static void
note_warning (WhyLoaderProperties *properties)
{
  g_mutex_lock (&warning_mutex);
  if (first_warning[0] != '\0' && strstr (properties->note, first_warning) == NULL &&
      strlen (properties->note) + strlen (first_warning) + 32 < sizeof properties->note)
    {
      if (properties->note[0] != '\0')
        g_strlcat (properties->note, "; ", sizeof properties->note);
      g_strlcat (properties->note, "the decoder warns: ", sizeof properties->note);
      g_strlcat (properties->note, first_warning, sizeof properties->note);
    }
  g_mutex_unlock (&warning_mutex);
}

/* Answers one request; FALSE ends the conversation. */
static gboolean
serve (Loader *loader, const WhyLoaderRequest *request, int attached)
{
  WhyLoaderReply *reply = &loader->reply;
  g_autoptr (GError) error = NULL;
  int pixels = -1;

  loader->file.serial = request->serial;
  reply->serial = request->serial;
  reply->status = WHY_LOADER_OK;
  reply->message[0] = '\0';
  reply->dtype = 0;
  reply->n_bytes = 0;
  /* More than the program waits would be of no use to anybody; two threads decode. */
  why_sandbox_allow_cpu_ms ((guint64) loader->options.timeout_ms * 3);

  if (request->kind == WHY_LOADER_OPEN)
    open_next (loader, attached, &error);
  else if (request->kind == WHY_LOADER_READ)
    pixels = read_pixels (loader, request, &error);
  else
    return FALSE;

  if (error != NULL)
    set_failure (reply, error);
  else
    note_warning (&reply->properties);
  const gboolean sent = send_reply (reply, pixels);
  if (pixels >= 0)
    close (pixels);
  return sent && (request->kind == WHY_LOADER_READ || error == NULL || takes_many (loader));
}

int
main (int argc, char **argv)
{
  static Loader loader;
  WhyLoaderRequest request;
  struct stat about;
  int attached;

  if (fstat (WHY_LOADER_FD, &about) != 0 || !S_ISSOCK (about.st_mode))
    {
      fprintf (stderr, "whylight-loader is started by whylight to read pictures; it does nothing on its own\n");
      return 2;
    }
  /* An arena for each thread would take 128 MB of the address space each. */
  mallopt (M_ARENA_MAX, 1);
  /* Out of nowhere, so that libvips finds no modules (ImageMagick, poppler, OpenSlide) to load: less code,
   * quicker start. And never a temporary file: there will be no file system. */
  g_setenv ("VIPSHOME", "/nonexistent", TRUE);
  g_setenv ("VIPS_DISC_THRESHOLD", "1000g", TRUE);

  if (!receive_request (&request, &attached) || request.kind != WHY_LOADER_OPEN || attached < 0)
    _exit (2);
  loader.options = request;
  loader.file.fd = attached;
  loader.file.options = &loader.options;
  loader.reply.magic = WHY_LOADER_MAGIC;
  loader.reply.version = WHY_LOADER_VERSION;

  why_sandbox_limit (request.max_memory);
  if (VIPS_INIT ("whylight-loader") != 0)
    {
      fprintf (stderr, "whylight-loader: %s\n", vips_error_buffer ());
      _exit (3);
    }
  vips_block_untrusted_set (TRUE);
  vips_concurrency_set (2);
  vips_cache_set_max (0);
  g_log_set_handler ("VIPS", G_LOG_LEVEL_WARNING, on_warning_cb, NULL);
  why_sandbox_enter ();
  g_thread_unref (g_thread_new ("watch", watch_parent, NULL));

  while (serve (&loader, &request, attached))
    {
      /* Nothing to stop any more: the request it names has been answered. */
      do
        {
          if (!receive_request (&request, &attached))
            _exit (0);
          const gboolean next = request.kind == WHY_LOADER_OPEN && attached >= 0 && takes_many (&loader);
          if (request.kind == WHY_LOADER_OPEN && !next)
            _exit (2);
          if (attached >= 0 && !next)
            close (attached);
        }
      while (request.kind == WHY_LOADER_CANCEL);
    }
  _exit (0);
}
