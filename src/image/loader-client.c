#include "config.h"

#include "loader-client.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often a wait looks at the cancel token. */
#define TICK_MS 10

/* Variables the loader gets to see. Everything else in the environment (preloaded libraries, proxies,
 * secrets) is none of its business; nor is G_DEBUG, which would make a decoder's warning about a file fatal. */
static const char *const passed_variables[] = {
  "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE",
  "GCOV_PREFIX",  "GCOV_PREFIX_STRIP", "LD_LIBRARY_PATH",
};

static char **
loader_environment (void)
{
  g_auto (GStrv) all = g_get_environ ();
  GPtrArray *kept = g_ptr_array_new ();

  g_ptr_array_add (kept, g_strdup ("LC_ALL=C.UTF-8"));
  for (gsize v = 0; v < G_N_ELEMENTS (passed_variables); v++)
    {
      const char *value = g_environ_getenv (all, passed_variables[v]);

      if (value != NULL)
        g_ptr_array_add (kept, g_strdup_printf ("%s=%s", passed_variables[v], value));
    }
  for (gsize v = 0; all[v] != NULL; v++)
    {
      if (g_str_has_prefix (all[v], "WHYLIGHT_"))
        g_ptr_array_add (kept, g_strdup (all[v]));
    }
  g_ptr_array_add (kept, NULL);
  return (char **) g_ptr_array_free (kept, FALSE);
}

static char *
loader_program (void)
{
  static const char *const places[] = {
    WHY_LIBEXEC_DIR "/whylight-loader",
    WHY_BUILD_DIR "/src/loader/whylight-loader",
  };
  const char *forced = g_getenv ("WHYLIGHT_LOADER");

  if (forced != NULL && forced[0] != '\0')
    return g_strdup (forced);
  for (gsize p = 0; p < G_N_ELEMENTS (places); p++)
    {
      if (access (places[p], X_OK) == 0)
        return g_strdup (places[p]);
    }
  return g_strdup (places[0]);
}

gboolean
why_loader_client_start (WhyLoaderClient *client, const char *name, GError **error)
{
  g_autofree char *program = loader_program ();
  g_auto (GStrv) environment = loader_environment ();
  char *arguments[] = { (char *) "whylight-loader", NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int ends[2];
  int failure = 0;

  client->pid = 0;
  client->socket = -1;
  client->exit_status = 0;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot make a socket for the picture reader: %s",
                   name, g_strerror (errno));
      return FALSE;
    }

  /* posix_spawn() shares memory until exec and so is safe however many threads run here. */
  posix_spawn_file_actions_init (&actions);
  posix_spawnattr_init (&attributes);
  sigemptyset (&none);
  sigfillset (&all);
  sigdelset (&all, SIGKILL);
  sigdelset (&all, SIGSTOP);
  /* The socket first, because its number may be one of the three that follow. dup2 onto itself clears
   * close-on-exec too: POSIX says so for this action, and glibc does it. */
  failure = posix_spawn_file_actions_adddup2 (&actions, ends[1], WHY_LOADER_FD);
  if (failure == 0)
    failure = posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (failure == 0)
    failure = posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  /* What a captured decoder writes must not reach the user's terminal, except when asked for. */
  if (failure == 0 && g_getenv ("WHYLIGHT_LOADER_STDERR") == NULL)
    failure = posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (failure == 0)
    failure = posix_spawn_file_actions_addclosefrom_np (&actions, WHY_LOADER_FD + 1);
  if (failure == 0)
    failure = posix_spawnattr_setsigmask (&attributes, &none);
  if (failure == 0)
    failure = posix_spawnattr_setsigdefault (&attributes, &all);
  /* A group of its own: Ctrl+C in a terminal is for the program, which then ends the reader as it sees fit. */
  if (failure == 0)
    failure = posix_spawnattr_setpgroup (&attributes, 0);
  if (failure == 0)
    failure = posix_spawnattr_setflags (&attributes,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  if (failure == 0)
    failure = posix_spawn (&client->pid, program, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  close (ends[1]);

  if (failure != 0)
    {
      client->pid = 0;
      close (ends[0]);
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO,
                   "%s: cannot start the picture reader %s: %s; is the program installed completely?", name,
                   program, g_strerror (failure));
      return FALSE;
    }
  client->socket = ends[0];
  g_free (client->name);
  client->name = g_strdup (name);
  return TRUE;
}

void
why_loader_client_stop (WhyLoaderClient *client)
{
  if (client->socket >= 0)
    close (client->socket);
  client->socket = -1;
  if (client->pid > 0)
    {
      kill (client->pid, SIGKILL);
      while (waitpid (client->pid, &client->exit_status, 0) < 0 && errno == EINTR)
        ;
    }
  client->pid = 0;
}

/* The loader has closed its end: find out why, for the message. */
static gboolean
fail_dead (WhyLoaderClient *client, GError **error)
{
  int status = 0;
  pid_t reaped = 0;

  /* The socket may be gone a moment before the process is. */
  for (int tick = 0; tick < 50 && reaped == 0; tick++)
    {
      reaped = waitpid (client->pid, &status, WNOHANG);
      if (reaped == 0)
        g_usleep (2000);
    }
  if (reaped != 0) /* or never ours to wait for, where somebody ignores SIGCHLD */
    client->pid = 0;
  why_loader_client_stop (client);
  client->exit_status = status;

  if (reaped <= 0)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "%s: the picture reader closed the connection; the file may be damaged", client->name);
  else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGXCPU)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "%s: the picture reader used up its processor time; the file may be damaged", client->name);
  else if (WIFSIGNALED (status))
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "%s: the picture reader was ended by signal %d (%s); the file may be damaged", client->name,
                 WTERMSIG (status), strsignal (WTERMSIG (status)));
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "%s: the picture reader stopped with status %d; the file may be damaged", client->name,
                 WEXITSTATUS (status));
  return FALSE;
}

gboolean
why_loader_client_reject (WhyLoaderClient *client, const char *what, GError **error)
{
  why_loader_client_stop (client);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
               "%s: the picture reader gave an answer that makes no sense (%s) and was ended", client->name,
               what);
  return FALSE;
}

/* Whether the peer still listens. A full socket buffer (it holds dozens of requests, all given up) means
 * a loader that has stopped reading. */
static gboolean
send_request (WhyLoaderClient *client, const WhyLoaderRequest *request, int attached)
{
  struct iovec part = { .iov_base = (void *) request, .iov_len = sizeof *request };
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
    sent = sendmsg (client->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent == (ssize_t) sizeof *request;
}

/* Receives one packet. Returns its length, 0 at the end, -1 on error (errno). All attached descriptors
 * but the first are closed; a truncated list too. */
static gssize
receive_reply (int socket, WhyLoaderReply *reply, int *received)
{
  struct iovec part = { .iov_base = reply, .iov_len = sizeof *reply };
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (8 * sizeof (int))];
  } control;
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
  };
  ssize_t n_read;

  *received = -1;
  do
    n_read = recvmsg (socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (n_read < 0 && errno == EINTR);
  if (n_read < 0)
    return -1;

  for (struct cmsghdr *header = CMSG_FIRSTHDR (&message); header != NULL; header = CMSG_NXTHDR (&message, header))
    {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        continue;
      const gsize n_fds = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);
      for (gsize f = 0; f < n_fds; f++)
        {
          int fd;
          memcpy (&fd, CMSG_DATA (header) + f * sizeof (int), sizeof fd);
          if (*received < 0)
            *received = fd;
          else
            close (fd);
        }
    }
  /* MSG_TRUNC: longer than a reply. Report a length that fits nothing. */
  return (message.msg_flags & MSG_TRUNC) != 0 ? (gssize) sizeof *reply + 1 : n_read;
}

static WhyError
error_of_status (guint32 status)
{
  switch (status)
    {
    case WHY_LOADER_BAD_IMAGE:
      return WHY_ERROR_BAD_IMAGE;
    case WHY_LOADER_TOO_LARGE:
      return WHY_ERROR_TOO_LARGE;
    case WHY_LOADER_CANCELLED:
      return WHY_ERROR_CANCELLED;
    case WHY_LOADER_BAD_REQUEST:
      return WHY_ERROR_BAD_REQUEST;
    default:
      return WHY_ERROR_FAILED;
    }
}

char *
why_loader_client_clean_text (const char *text, gsize size)
{
  g_autofree char *copy = g_strndup (text, size);
  g_autofree char *valid = g_utf8_make_valid (copy, -1);
  GString *clean = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      const GUnicodeType type = g_unichar_type (c);
      const gboolean harmless = type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
                                type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR;

      g_string_append_unichar (clean, harmless ? c : ' ');
    }
  return g_strchomp (g_string_free (clean, FALSE));
}

typedef enum
{
  ANSWER_NONE, /* nothing there, or only the answer to a request that was given up */
  ANSWER_GOOD,
  ANSWER_BAD, /* the error is set */
} Answer;

static Answer
take_answer (WhyLoaderClient *client, WhyLoaderReply *reply, int *received, GError **error)
{
  const gssize length = receive_reply (client->socket, reply, received);
  const char *nonsense = NULL;

  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return ANSWER_NONE;
  if (length > 0 && length != (gssize) sizeof *reply)
    nonsense = "its length is wrong";
  else if (length > 0 && (reply->magic != WHY_LOADER_MAGIC || reply->version != WHY_LOADER_VERSION))
    nonsense = "it is of another version";
  else if (length > 0 && (reply->serial > client->serial || reply->serial == 0))
    nonsense = "it answers a question nobody asked";

  const gboolean ours = length > 0 && nonsense == NULL && reply->serial == client->serial;
  if (ours && reply->status == WHY_LOADER_OK)
    return ANSWER_GOOD;

  if (*received >= 0)
    close (*received);
  *received = -1;
  if (length <= 0)
    {
      fail_dead (client, error);
      return ANSWER_BAD;
    }
  if (nonsense != NULL)
    {
      why_loader_client_reject (client, nonsense, error);
      return ANSWER_BAD;
    }
  if (!ours)
    return ANSWER_NONE;

  g_autofree char *sentence = why_loader_client_clean_text (reply->message, sizeof reply->message);
  g_set_error (error, WHY_ERROR, error_of_status (reply->status), "%s: %s", client->name,
               sentence[0] != '\0' ? sentence : "the picture reader gave no reason");
  return ANSWER_BAD;
}

gboolean
why_loader_client_call (WhyLoaderClient *client,
                        WhyLoaderRequest *request,
                        int attached,
                        guint timeout_ms,
                        WhyCancel *cancel,
                        WhyLoaderReply *reply,
                        int *received,
                        GError **error)
{
  const gint64 deadline = g_get_monotonic_time () + (gint64) timeout_ms * 1000;

  *received = -1;
  if (client->socket < 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: its reader has stopped; open the file again", client->name);
      return FALSE;
    }
  request->magic = WHY_LOADER_MAGIC;
  request->version = WHY_LOADER_VERSION;
  request->serial = ++client->serial;
  if (why_cancel_is_set (cancel))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_CANCELLED, "%s: reading was cancelled", client->name);
      return FALSE;
    }
  /* A request that cannot be sent: the loader has gone, or it has stopped reading and hangs. */
  if (!send_request (client, request, attached))
    return fail_dead (client, error);

  for (;;)
    {
      struct pollfd waiting = { .fd = client->socket, .events = POLLIN };
      const int n_ready = poll (&waiting, 1, TICK_MS);

      const Answer answer = n_ready > 0 ? take_answer (client, reply, received, error) : ANSWER_NONE;

      if (answer != ANSWER_NONE)
        return answer == ANSWER_GOOD;

      /* Also after an answer that was thrown away: a stream of those is no way to keep us here. */
      if (why_cancel_is_set (cancel))
        {
          if (request->kind == WHY_LOADER_READ)
            {
              const WhyLoaderRequest stop = {
                .magic = WHY_LOADER_MAGIC, .version = WHY_LOADER_VERSION,
                .kind = WHY_LOADER_CANCEL, .serial = request->serial,
              };
              send_request (client, &stop, -1); /* best effort: the answer is thrown away in any case */
            }
          else
            {
              why_loader_client_stop (client);
            }
          g_set_error (error, WHY_ERROR, WHY_ERROR_CANCELLED, "%s: reading was cancelled", client->name);
          return FALSE;
        }
      if (g_get_monotonic_time () >= deadline)
        {
          why_loader_client_stop (client);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "%s: the picture reader gave no answer within %.1f s and was ended; the file may be "
                       "damaged or too demanding",
                       client->name, timeout_ms / 1000.0);
          return FALSE;
        }
    }
}
