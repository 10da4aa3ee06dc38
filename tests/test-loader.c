#include "config.h"

#include "base/error.h"
#include "base/loader-protocol.h"
#include "base/tensor.h"
#include "image/source.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A loader that dies, hangs or lies, and the proof of the real one's confinement. For the lies this program is
 * its own fake loader: started as whylight-loader with WHYLIGHT_FAKE set, it answers as that says. */

#define FAKE_W 40
#define FAKE_H 30

static char *folder;
static char *picture; /* any file: fakes do not look at it */
static char *large;   /* a real one that takes a while */

/* ---- the fake ---- */

static gboolean
fake_receive (WhyLoaderRequest *request)
{
  char control[64];
  struct iovec part = { .iov_base = request, .iov_len = sizeof *request };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                            .msg_controllen = sizeof control };

  return recvmsg (WHY_LOADER_FD, &message, 0) == (ssize_t) sizeof *request;
}

static void
fake_send (const void *data, gsize length, const int *fds, int n_fds)
{
  struct iovec part = { .iov_base = (void *) data, .iov_len = length };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (8 * sizeof (int))];
  } control;

  if (n_fds > 0)
    {
      memset (&control, 0, sizeof control);
      message.msg_control = control.space;
      message.msg_controllen = CMSG_SPACE ((gsize) n_fds * sizeof (int));
      struct cmsghdr *header = CMSG_FIRSTHDR (&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN ((gsize) n_fds * sizeof (int));
      memcpy (CMSG_DATA (header), fds, (gsize) n_fds * sizeof (int));
    }
  if (sendmsg (WHY_LOADER_FD, &message, MSG_NOSIGNAL) < 0)
    _exit (9);
}

static int
fake_memory (gsize length, int seals)
{
  const int fd = memfd_create ("fake", MFD_ALLOW_SEALING);

  if (ftruncate (fd, (off_t) length) != 0 || (seals != 0 && fcntl (fd, F_ADD_SEALS, seals) != 0))
    _exit (8);
  return fd;
}

static int
fake_main (const char *mode)
{
  static WhyLoaderReply reply;
  WhyLoaderRequest request;
  WhyLoaderProperties *about = &reply.properties;
  const int sealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

  if (strcmp (mode, "exit-at-once") == 0)
    return 3;
  if (strcmp (mode, "silent") == 0)
    for (;;)
      pause ();
  if (!fake_receive (&request))
    return 4;

  reply.magic = WHY_LOADER_MAGIC;
  reply.version = WHY_LOADER_VERSION;
  reply.serial = request.serial;
  about->width = FAKE_W;
  about->height = FAKE_H;
  about->bands = 3;
  about->bits = 8;
  about->orientation = 1;
  about->n_frames = about->n_levels = about->n_slices = 1;
  strcpy (about->format, "FAKE");

  if (strcmp (mode, "exit-on-open") == 0)
    return 5;
  if (strcmp (mode, "crash-on-open") == 0)
    {
      signal (SIGSEGV, SIG_DFL);
      raise (SIGSEGV);
    }
  if (strcmp (mode, "garbage") == 0)
    memset (&reply, 0xa5, sizeof reply);
  if (strcmp (mode, "version") == 0)
    reply.version = 99;
  if (strcmp (mode, "serial") == 0)
    reply.serial = 77;
  if (strcmp (mode, "zero-width") == 0)
    about->width = 0;
  if (strcmp (mode, "negative") == 0)
    about->height = G_MININT64;
  if (strcmp (mode, "huge") == 0)
    about->width = about->height = G_MAXINT64;
  if (strcmp (mode, "over-budget") == 0)
    about->width = about->height = 1000000;
  if (strcmp (mode, "bands") == 0)
    about->bands = 4;
  if (strcmp (mode, "bits") == 0)
    about->bits = 7;
  if (strcmp (mode, "orientation") == 0)
    about->orientation = 9;
  if (strcmp (mode, "unterminated") == 0)
    {
      memset (about->format, 'F', sizeof about->format);
      memset (about->note, 0x1b, sizeof about->note);
      memset (about->unit, 'U', sizeof about->unit);
      memset (about->modality, 'M', sizeof about->modality);
    }
  if (strcmp (mode, "slide-slices") == 0)
    {
      about->kind = WHY_LOADER_KIND_SLIDE;
      about->downsample[0] = 1.0;
      about->n_slices = 2;
    }
  if (strcmp (mode, "nowhere") == 0)
    {
      about->has_world = TRUE;
      about->voxel_to_world[11] = NAN;
    }
  if (strcmp (mode, "rude") == 0)
    {
      reply.status = WHY_LOADER_BAD_IMAGE;
      memset (reply.message, '\n', sizeof reply.message);
      memcpy (reply.message, "\x1b[31m\xff<b>\xe2\x80\xae", 12);
    }
  if (strcmp (mode, "status") == 0)
    reply.status = 12345;
  if (strcmp (mode, "short") == 0)
    fake_send (&reply, 16, NULL, 0);
  else if (strcmp (mode, "long") == 0)
    {
      static char more[sizeof reply + 100];
      memcpy (more, &reply, sizeof reply);
      fake_send (more, sizeof more, NULL, 0);
    }
  else if (strcmp (mode, "stale-flood") == 0)
    {
      reply.serial = 0;
      for (;;)
        {
          reply.serial = 1;
          fake_send (&reply, sizeof reply, NULL, 0);
        }
    }
  else if (strcmp (mode, "fds-on-open") == 0)
    {
      const int fds[4] = { fake_memory (10, 0), fake_memory (10, 0), fake_memory (10, 0), fake_memory (10, 0) };
      fake_send (&reply, sizeof reply, fds, 4);
    }
  else
    fake_send (&reply, sizeof reply, NULL, 0);

  while (fake_receive (&request))
    {
      const gsize n_bytes = (gsize) (request.out_w * request.out_h * 3);
      int fds[3] = { -1, -1, -1 };
      int n_fds = 1;

      reply.serial = request.serial;
      reply.dtype = WHY_DTYPE_UINT8;
      reply.bands = 3;
      reply.width = request.out_w;
      reply.height = request.out_h;
      reply.n_bytes = n_bytes;
      if (strcmp (mode, "exit-on-read") == 0)
        return 6;
      if (strcmp (mode, "hang-on-read") == 0)
        continue;
      if (strcmp (mode, "small-memory") == 0)
        fds[0] = fake_memory (n_bytes / 2, sealed);
      else if (strcmp (mode, "empty-memory") == 0)
        fds[0] = fake_memory (0, sealed);
      else if (strcmp (mode, "unsealed") == 0)
        fds[0] = fake_memory (n_bytes, 0);
      else if (strcmp (mode, "half-sealed") == 0)
        fds[0] = fake_memory (n_bytes, F_SEAL_GROW);
      else if (strcmp (mode, "plain-file") == 0)
        fds[0] = open ("/proc/self/exe", O_RDONLY);
      else if (strcmp (mode, "socket") == 0)
        fds[0] = dup (WHY_LOADER_FD);
      else if (strcmp (mode, "many") == 0)
        {
          n_fds = 3;
          for (int f = 0; f < 3; f++)
            fds[f] = fake_memory (n_bytes, sealed);
        }
      else
        fds[0] = fake_memory (n_bytes, sealed);
      if (strcmp (mode, "no-memory") == 0)
        n_fds = 0;
      if (strcmp (mode, "wrong-size") == 0)
        reply.width = request.out_w + 1;
      if (strcmp (mode, "wrong-type") == 0)
        reply.dtype = WHY_DTYPE_FLOAT32;
      if (strcmp (mode, "wrong-bytes") == 0)
        reply.n_bytes = G_MAXUINT64;
      fake_send (&reply, sizeof reply, fds, n_fds);
      for (int f = 0; f < 3; f++)
        {
          if (fds[f] >= 0)
            close (fds[f]);
        }
    }
  return 0;
}

/* ---- the tests ---- */

static int
count_fds (void)
{
  GDir *dir = g_dir_open ("/proc/self/fd", 0, NULL);
  int n_fds = 0;

  while (g_dir_read_name (dir) != NULL)
    n_fds++;
  g_dir_close (dir);
  return n_fds;
}

static int
count_children (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/children", getpid ());
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  g_auto (GStrv) words = g_strsplit_set (g_strstrip (text), " ", -1);
  return text[0] == '\0' ? 0 : (int) g_strv_length (words);
}

static void
use_fake (const char *mode)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  g_setenv ("WHYLIGHT_LOADER", self, TRUE);
  g_setenv ("WHYLIGHT_FAKE", mode, TRUE);
}

static char *real_loader;

static void
use_real (void)
{
  g_unsetenv ("WHYLIGHT_FAKE");
  if (real_loader != NULL)
    g_setenv ("WHYLIGHT_LOADER", real_loader, TRUE);
  else
    g_unsetenv ("WHYLIGHT_LOADER");
}

static void
test_lies (void)
{
  static const struct
  {
    const char *mode;
    gboolean opens, reads;
  } cases[] = {
    { "exit-at-once", FALSE, FALSE }, { "exit-on-open", FALSE, FALSE }, { "crash-on-open", FALSE, FALSE },
    { "garbage", FALSE, FALSE },      { "version", FALSE, FALSE },      { "serial", FALSE, FALSE },
    { "zero-width", FALSE, FALSE },   { "negative", FALSE, FALSE },     { "huge", FALSE, FALSE },
    { "over-budget", FALSE, FALSE },  { "bands", FALSE, FALSE },        { "bits", FALSE, FALSE },
    { "orientation", FALSE, FALSE },  { "short", FALSE, FALSE },        { "long", FALSE, FALSE },
    { "rude", FALSE, FALSE },         { "status", FALSE, FALSE },       { "fds-on-open", TRUE, TRUE },
    { "slide-slices", FALSE, FALSE }, { "nowhere", FALSE, FALSE },
    { "unterminated", TRUE, TRUE },   { "exit-on-read", TRUE, FALSE },  { "small-memory", TRUE, FALSE },
    { "empty-memory", TRUE, FALSE },  { "unsealed", TRUE, FALSE },      { "half-sealed", TRUE, FALSE },
    { "plain-file", TRUE, FALSE },    { "socket", TRUE, FALSE },        { "many", TRUE, TRUE },
    { "no-memory", TRUE, FALSE },     { "wrong-size", TRUE, FALSE },    { "wrong-type", TRUE, FALSE },
    { "wrong-bytes", TRUE, FALSE },   { "honest", TRUE, TRUE },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const int fds_before = count_fds ();
      g_autoptr (GError) error = NULL;

      use_fake (cases[k].mode);
      WhyImageSource *source = why_image_source_open (picture, NULL, NULL, &error);
      g_test_message ("%s: %s", cases[k].mode, error != NULL ? error->message : "opened");
      g_assert_cmpint (source != NULL, ==, cases[k].opens);
      if (source != NULL)
        {
          g_assert_true (g_utf8_validate (why_image_source_get_format (source), -1, NULL));
          g_assert_null (strchr (why_image_source_get_note (source), 0x1b));
          g_assert_cmpuint (strlen (why_image_source_get_unit (source)), <,
                            sizeof ((WhyLoaderProperties *) NULL)->unit);
          g_assert_cmpuint (strlen (why_image_source_get_modality (source)), <,
                            sizeof ((WhyLoaderProperties *) NULL)->modality);
          WhyTensor *pixels = why_image_source_read (source, 1, 2, 8, 6, 4, 3, NULL, &error);
          g_assert_cmpint (pixels != NULL, ==, cases[k].reads);
          if (pixels != NULL)
            {
              g_assert_cmpint (pixels->n_bytes, ==, 36);
              g_assert_cmpint (((guint8 *) pixels->data)[35], ==, 0);
              why_tensor_unref (pixels);
            }
          g_assert_cmpint (why_image_source_is_alive (source), ==, cases[k].reads);
        }
      if (!cases[k].opens || !cases[k].reads)
        {
          g_assert_nonnull (error);
          g_assert_true (g_str_has_prefix (error->message, "picture.dat: "));
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
          g_assert_null (strpbrk (error->message, "\x1b\n"));
        }
      g_clear_pointer (&source, why_image_source_unref);
      g_assert_cmpint (count_fds (), ==, fds_before);
      g_assert_cmpint (count_children (), ==, 0);
    }
  use_real ();
}

static void
test_timeout (void)
{
  static const char *const modes[] = { "silent", "hang-on-read", "stale-flood" };
  const WhyImageLimits limits = { .timeout_ms = 300 };

  for (gsize m = 0; m < G_N_ELEMENTS (modes); m++)
    {
      const gint64 start = g_get_monotonic_time ();
      g_autoptr (GError) error = NULL;

      use_fake (modes[m]);
      g_autoptr (WhyImageSource) source = why_image_source_open (picture, &limits, NULL, &error);
      g_assert_cmpint (source != NULL, ==, m != 0);
      if (source != NULL)
        g_assert_null (why_image_source_read (source, 0, 0, 4, 4, 4, 4, NULL, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
      g_assert_nonnull (strstr (error->message, "no answer within 0.3 s"));
      /* generous: the machine may be busy; without the limit it would be for ever */
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_TIME_SPAN_SECOND);
    }
  use_real ();
}

typedef struct
{
  WhyCancel *cancel;
  int pid;
  int signal;
  gulong delay_us;
  _Atomic gint64 fired;
} Strike;

static gpointer
strike_thread (gpointer data)
{
  Strike *strike = data;

  g_usleep (strike->delay_us);
  atomic_store (&strike->fired, g_get_monotonic_time ());
  if (strike->cancel != NULL)
    why_cancel_set (strike->cancel);
  else
    kill (strike->pid, strike->signal);
  return NULL;
}

static void
test_cancel (void)
{
  /* "silent": while opening; "hang-on-read": while reading */
  for (int reading = 0; reading < 2; reading++)
    {
      g_autoptr (WhyCancel) cancel = why_cancel_new ();
      Strike strike = { .cancel = cancel, .delay_us = 100000 };
      g_autoptr (GError) error = NULL;
      WhyImageSource *source = NULL;

      use_fake (reading ? "hang-on-read" : "silent");
      if (reading)
        {
          source = why_image_source_open (picture, NULL, NULL, &error);
          g_assert_no_error (error);
        }
      GThread *thread = g_thread_new ("cancel", strike_thread, &strike);
      if (reading)
        g_assert_null (why_image_source_read (source, 0, 0, 4, 4, 4, 4, cancel, &error));
      else
        g_assert_null (why_image_source_open (picture, NULL, cancel, &error));
      const gint64 delay = g_get_monotonic_time () - atomic_load (&strike.fired);
      g_thread_join (thread);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
      /* promised within about 20 ms; more where the test shares two cores */
      g_assert_cmpint (delay, <, 300 * 1000);
      if (reading)
        g_assert_true (why_image_source_is_alive (source));
      g_clear_pointer (&source, why_image_source_unref);
    }
  use_real ();

  /* A set token: nothing is started. */
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (GError) error = NULL;
  why_cancel_set (cancel);
  g_assert_null (why_image_source_open (large, NULL, cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);

  /* The real loader stops decoding and answers the next request. */
  g_autoptr (GError) reading_error = NULL;
  g_autoptr (WhyCancel) later = why_cancel_new ();
  g_autoptr (WhyImageSource) source = why_image_source_open (large, NULL, NULL, &reading_error);
  g_assert_no_error (reading_error);
  const gint64 width = why_image_source_get_width (source);
  const gint64 height = why_image_source_get_height (source);
  Strike strike = { .cancel = later, .delay_us = 20000 };
  GThread *thread = g_thread_new ("cancel", strike_thread, &strike);
  WhyTensor *pixels = why_image_source_read (source, 0, 0, width, height, 64, 64, later, &reading_error);
  g_thread_join (thread);
  if (pixels == NULL)
    g_assert_error (reading_error, WHY_ERROR, WHY_ERROR_CANCELLED);
  else
    g_test_message ("this machine had it before the cancel came");
  g_clear_pointer (&pixels, why_tensor_unref);
  g_clear_error (&reading_error);
  pixels = why_image_source_read (source, 0, 0, width, height, 64, 64, NULL, &reading_error);
  g_assert_no_error (reading_error);
  g_assert_nonnull (pixels);
  why_tensor_unref (pixels);
}

/* Killed at any moment: an error or a whole picture. Never a hang, never SIGPIPE. */
static void
test_killed (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  int n_failed = 0;

  for (int run = 0; run < 25; run++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyImageSource) source = why_image_source_open (large, NULL, NULL, &error);
      g_assert_no_error (error);
      const gint64 width = why_image_source_get_width (source);
      const gint64 height = why_image_source_get_height (source);
      Strike strike = {
        .pid = why_image_source_get_loader_pid (source), .signal = SIGKILL,
        .delay_us = (gulong) g_rand_int_range (random, 0, 120000),
      };
      GThread *thread = g_thread_new ("kill", strike_thread, &strike);
      for (int read = 0; read < 40 && error == NULL; read++)
        {
          g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, width, height, 50, 50, NULL, &error);

          g_assert_true ((pixels != NULL) == (error == NULL));
          if (pixels != NULL)
            g_usleep (3000);
        }
      g_thread_join (thread);
      if (error == NULL)
        {
          g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, width, height, 50, 50, NULL, &error);
          g_assert_null (pixels);
        }
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
      g_assert_true (g_str_has_prefix (error->message, "large.ppm.png: "));
      g_assert_nonnull (strstr (error->message, "signal 9"));
      g_assert_false (why_image_source_is_alive (source));
      n_failed++;
      g_clear_error (&error);

      /* Dead stays dead until somebody says otherwise, and that works once. */
      g_assert_null (why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, &error));
      g_assert_nonnull (strstr (error->message, "open the file again"));
      g_clear_error (&error);
      if (run > 2)
        continue;
      g_assert_true (why_image_source_reopen (source, NULL, &error));
      g_assert_no_error (error);
      g_autoptr (WhyTensor) again = why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, &error);
      g_assert_no_error (error);
      kill (why_image_source_get_loader_pid (source), SIGKILL);
      g_assert_null (why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, NULL));
      g_assert_false (why_image_source_reopen (source, NULL, &error));
      g_assert_nonnull (strstr (error->message, "twice"));
      /* What was read before stays readable. */
      guint sum = 0;
      for (gsize at = 0; at < again->n_bytes; at++)
        sum += ((guint8 *) again->data)[at];
      g_assert_cmpuint (sum, >, 0);
    }
  g_assert_cmpint (n_failed, ==, 25);
  g_assert_cmpint (count_children (), ==, 0);
}

static void
test_stopped (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyImageSource) source = why_image_source_open (large, &(WhyImageLimits) { .timeout_ms = 15000 }, NULL,
                                                             &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (pixels);
  why_image_source_unref (g_steal_pointer (&source));

  source = why_image_source_open (large, &(WhyImageLimits) { .timeout_ms = 2000 }, NULL, &error);
  g_assert_no_error (error);
  const int pid = why_image_source_get_loader_pid (source);
  g_assert_cmpint (kill (pid, SIGSTOP), ==, 0);
  g_assert_null (why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
  g_assert_nonnull (strstr (error->message, "no answer within 2.0 s"));
  /* gone, not merely forgotten */
  g_assert_cmpint (kill (pid, 0), ==, -1);
}

/* The loader goes when the program goes, even in the middle of work. */
static void
test_orphan (void)
{
  int ends[2];
  g_assert_cmpint (pipe (ends), ==, 0);
  const pid_t child = fork ();

  if (child == 0)
    {
      WhyImageSource *source = why_image_source_open (large, NULL, NULL, NULL);
      const int pid = source != NULL ? why_image_source_get_loader_pid (source) : -1;

      if (write (ends[1], &pid, sizeof pid) != (ssize_t) sizeof pid)
        _exit (1);
      _exit (0); /* without closing anything */
    }
  int pid = -1;
  g_assert_cmpint (read (ends[0], &pid, sizeof pid), ==, sizeof pid);
  g_assert_cmpint (pid, >, 0);
  waitpid (child, NULL, 0);
  close (ends[0]);
  close (ends[1]);
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  for (int tick = 0; tick < 500; tick++)
    {
      g_autofree char *text = NULL;

      if (!g_file_get_contents (path, &text, NULL, NULL) || strstr (text, ") Z ") != NULL)
        return;
      g_usleep (10000);
    }
  g_test_fail_printf ("loader %d still runs", pid);
}

static gpointer
read_thread (gpointer data)
{
  WhyImageSource *source = data;

  for (int read = 0; read < 20; read++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyTensor) pixels = why_image_source_read (source, read, read, 40, 30, 20, 15, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (pixels->dims[0], ==, 15);
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (WhyImageSource) source = why_image_source_open (large, NULL, NULL, NULL);
  GThread *threads[4];

  for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
    threads[t] = g_thread_new ("read", read_thread, source);
  for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
    g_thread_join (threads[t]);
}

/* The thread that opened the picture ends, as pool threads do: the loader must not go with it. */
static gpointer
open_thread (gpointer data)
{
  return why_image_source_open (large, NULL, NULL, NULL);
}

static void
test_thread_ends (void)
{
  g_autoptr (WhyImageSource) source = g_thread_join (g_thread_new ("open", open_thread, NULL));
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (source);
  g_usleep (50000);
  g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 8, 8, 8, 8, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (pixels);
}

static void
test_missing_loader (void)
{
  g_autoptr (GError) error = NULL;

  g_setenv ("WHYLIGHT_LOADER", "/nonexistent/whylight-loader", TRUE);
  g_assert_null (why_image_source_open (picture, NULL, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/whylight-loader"));
  use_real ();
}

/* ---- the sandbox ---- */

/* Each returns TRUE if the thing was refused. They run in a child that has entered the sandbox. */
static gboolean
refuse_open_read (void)
{
  return open ("/etc/passwd", O_RDONLY) < 0;
}

static gboolean
refuse_open_write (void)
{
  return open ("/tmp/whylight-sandbox-test", O_WRONLY | O_CREAT, 0600) < 0;
}

static gboolean
refuse_tcp (void)
{
  return socket (AF_INET, SOCK_STREAM, 0) < 0;
}

static gboolean
refuse_unix (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0) < 0;
}

static gboolean
refuse_exec (void)
{
  char *arguments[] = { (char *) "true", NULL };
  return execv ("/bin/true", arguments) < 0;
}

static gboolean
refuse_fork (void)
{
  const long pid = syscall (SYS_fork);

  if (pid == 0)
    _exit (0);
  return pid < 0;
}

static gboolean
refuse_ptrace (void)
{
  return ptrace (PTRACE_ATTACH, getppid (), NULL, NULL) < 0;
}

static gboolean
refuse_kill (void)
{
  return kill (getppid (), 0) < 0;
}

static gboolean
refuse_unlink (void)
{
  return unlink (picture) < 0;
}

static gboolean
refuse_chmod (void)
{
  return chmod (picture, 0777) < 0;
}

static gboolean
refuse_write_other (void)
{
  return write (STDOUT_FILENO, "", 0) < 0;
}

static gboolean
refuse_code (void)
{
  return mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static gboolean
refuse_limit (void)
{
  struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
  return setrlimit (RLIMIT_AS, &limit) < 0;
}

static gboolean
refuse_setuid (void)
{
  return syscall (SYS_setuid, 0) < 0;
}

static gboolean
refuse_bpf (void)
{
  return syscall (SYS_bpf, 0, NULL, 0) < 0 && errno == EPERM;
}

/* And what must still work. */
static gpointer
nothing_thread (gpointer data)
{
  return data;
}

static gboolean
allow_work (void)
{
  g_autofree char *memory = g_malloc (1 << 20);
  const int fd = memfd_create ("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  memory[5] = 1;
  return fd >= 0 && ftruncate (fd, 4096) == 0 && fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0 &&
         g_thread_join (g_thread_new ("t", nothing_thread, memory)) == memory;
}

static void
test_sandbox (void)
{
  static const struct
  {
    const char *name;
    gboolean (*probe) (void);
  } probes[] = {
    { "open for reading", refuse_open_read }, { "open for writing", refuse_open_write },
    { "TCP socket", refuse_tcp },             { "Unix socket", refuse_unix },
    { "exec", refuse_exec },                  { "fork", refuse_fork },
    { "ptrace", refuse_ptrace },              { "kill", refuse_kill },
    { "unlink", refuse_unlink },              { "chmod", refuse_chmod },
    { "write elsewhere", refuse_write_other }, { "executable memory", refuse_code },
    { "raise limits", refuse_limit },         { "setuid", refuse_setuid },
    { "bpf", refuse_bpf },                    { "(allowed) memory, threads, memory files", allow_work },
  };

  /* All of them work without: otherwise being refused would prove nothing. */
  g_assert_false (refuse_open_read ());
  g_assert_false (refuse_tcp ());
  g_assert_false (refuse_fork ());

  for (gsize p = 0; p < G_N_ELEMENTS (probes); p++)
    {
      const pid_t child = fork ();
      int status;

      if (child == 0)
        {
          why_sandbox_limit (G_GUINT64_CONSTANT (1) << 31);
          const int in_force = why_sandbox_enter ();
          if (in_force < 2)
            _exit (10 + in_force);
          _exit (probes[p].probe () ? 0 : 1);
        }
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      if (WIFEXITED (status) && WEXITSTATUS (status) >= 10)
        {
          g_test_skip_printf ("%d of 2 protections here: the kernel or the build lacks Landlock or seccomp",
                              WEXITSTATUS (status) - 10);
          return;
        }
      g_test_message ("%s", probes[p].name);
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
    }
}

/* What the kernel says about the real one. */
static void
test_loader_status (void)
{
  g_autoptr (WhyImageSource) source = why_image_source_open (large, NULL, NULL, NULL);
  g_autofree char *status_path = g_strdup_printf ("/proc/%d/status", why_image_source_get_loader_pid (source));
  g_autofree char *fd_path = g_strdup_printf ("/proc/%d/fd", why_image_source_get_loader_pid (source));
  g_autofree char *status = NULL;
  GDir *dir;
  int n_fds = 0;

  if (!g_file_get_contents (status_path, &status, NULL, NULL))
    {
      g_test_skip ("no /proc here");
      return;
    }
  g_assert_nonnull (strstr (status, "NoNewPrivs:\t1"));
#ifdef HAVE_SECCOMP
  g_assert_nonnull (strstr (status, "Seccomp:\t2"));
#endif
  dir = g_dir_open (fd_path, 0, NULL);
  if (dir == NULL)
    {
      g_test_skip ("only root may look at the loader's descriptors");
      return;
    }
  /* The three standard ones, the socket, the picture, and two of libvips' and GLib's own */
  while (g_dir_read_name (dir) != NULL)
    n_fds++;
  g_dir_close (dir);
  g_assert_cmpint (n_fds, <=, 8);
}

static void
make_files (void)
{
  GString *file = g_string_new (NULL);

  folder = g_dir_make_tmp ("why-loader-XXXXXX", NULL);
  picture = g_build_filename (folder, "picture.dat", NULL);
  large = g_build_filename (folder, "large.ppm.png", NULL);
  g_assert_true (g_file_set_contents (picture, "nothing in particular", -1, NULL));

  /* 3000 x 2000 pixels as a bitmap under a misleading name, which nobody may mind: 24 bits, 18 MB */
  const guint32 header[] = { 40, 3000, 2000, 1 | 24 << 16, 0, 0, 0, 0, 0, 0 };
  g_string_append_len (file, "BM\0\0\0\0\0\0\0\0\x36\0\0\0", 14);
  g_string_append_len (file, (const char *) header, sizeof header);
  for (int at = 0; at < 3000 * 2000 * 3; at++)
    g_string_append_c (file, (char) (at * 7));
  g_assert_true (g_file_set_contents (large, file->str, (gssize) file->len, NULL));
  g_string_free (file, TRUE);
}

int
main (int argc, char **argv)
{
  const char *fake = g_getenv ("WHYLIGHT_FAKE");

  if (fake != NULL && strcmp (argv[0], "whylight-loader") == 0)
    _exit (fake_main (fake));

  g_test_init (&argc, &argv, NULL);
  real_loader = g_strdup (g_getenv ("WHYLIGHT_LOADER"));
  make_files ();
  g_test_add_func ("/loader/lies", test_lies);
  g_test_add_func ("/loader/timeout", test_timeout);
  g_test_add_func ("/loader/cancel", test_cancel);
  g_test_add_func ("/loader/killed", test_killed);
  g_test_add_func ("/loader/stopped", test_stopped);
  g_test_add_func ("/loader/orphan", test_orphan);
  g_test_add_func ("/loader/threads", test_threads);
  g_test_add_func ("/loader/thread-ends", test_thread_ends);
  g_test_add_func ("/loader/missing", test_missing_loader);
  g_test_add_func ("/loader/sandbox", test_sandbox);
  g_test_add_func ("/loader/status", test_loader_status);
  const int status = g_test_run ();
  g_remove (picture);
  g_remove (large);
  g_rmdir (folder);
  g_free (picture);
  g_free (large);
  g_free (folder);
  g_free (real_loader);
  return status;
}
