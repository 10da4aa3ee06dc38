#include "config.h"

#include "service/autosave.h"

#include "base/error.h"
#include "document-private.h"
#include "session-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_NAME "lock"
#define SUFFIX ".whylight"

/* ---- folders ---- */

struct _WhyAutosaveFolder
{
  char *all;
  char *own;
  int lock;
  guint n_documents;
  GArray *lost_locks; /* of int: of folders that were taken over */
  GPtrArray *lost;    /* of char *: those folders */
};

char *
why_autosave_get_default_folder (void)
{
  return g_build_filename (g_get_user_state_dir (), "whylight", "open", NULL);
}

/* Returns: a descriptor that holds the lock, -1: somebody else has it, or it cannot be made. */
static int
take_lock (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, LOCK_NAME, NULL);
  const int lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (lock >= 0 && flock (lock, LOCK_EX | LOCK_NB) == 0)
    return lock;
  if (lock >= 0)
    close (lock);
  return -1;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_unlink (path);
    }
  g_rmdir (folder);
}

WhyAutosaveFolder *
why_autosave_folder_new (const char *state_folder, GError **error)
{
  g_autofree char *own = NULL;

  g_return_val_if_fail (state_folder != NULL, NULL);
  if (g_mkdir_with_parents (state_folder, 0700) == 0)
    own = g_mkdtemp (g_build_filename (state_folder, "XXXXXX", NULL));
  const int lock = own != NULL ? take_lock (own) : -1;
  if (lock < 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: no folder for what is open can be made: %s", state_folder,
                   g_strerror (errno));
      return NULL;
    }
  WhyAutosaveFolder *folder = g_new0 (WhyAutosaveFolder, 1);
  folder->all = g_strdup (state_folder);
  folder->own = g_steal_pointer (&own);
  folder->lock = lock;
  folder->lost = g_ptr_array_new_with_free_func (g_free);
  folder->lost_locks = g_array_new (FALSE, FALSE, sizeof (int));
  return folder;
}

static void
add_sessions (GStrvBuilder *builder, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      /* Not what was being written when the end came. */
      if (!g_str_has_suffix (name, SUFFIX))
        continue;
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_strv_builder_add (builder, path);
    }
}

char **
why_autosave_folder_find_lost (WhyAutosaveFolder *folder)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GDir) dir = g_dir_open (folder->all, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder->all, name, NULL);
      if (strcmp (path, folder->own) == 0 || !g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      const int lock = take_lock (path);
      if (lock < 0)
        continue;
      add_sessions (builder, path);
      g_array_append_val (folder->lost_locks, lock);
      g_ptr_array_add (folder->lost, g_steal_pointer (&path));
    }
  char **lost = g_strv_builder_end (builder);
  /* Only empty folders: nobody need be asked. */
  if (lost[0] == NULL)
    why_autosave_folder_forget_lost (folder);
  return lost;
}

void
why_autosave_folder_forget_lost (WhyAutosaveFolder *folder)
{
  for (guint index = 0; index < folder->lost->len; index++)
    {
      remove_folder (g_ptr_array_index (folder->lost, index));
      close (g_array_index (folder->lost_locks, int, index));
    }
  g_ptr_array_set_size (folder->lost, 0);
  g_array_set_size (folder->lost_locks, 0);
}

void
why_autosave_folder_free (WhyAutosaveFolder *folder)
{
  why_autosave_folder_forget_lost (folder);
  remove_folder (folder->own);
  close (folder->lock);
  g_ptr_array_unref (folder->lost);
  g_array_unref (folder->lost_locks);
  g_free (folder->own);
  g_free (folder->all);
  g_free (folder);
}

/* ---- one document ---- */

struct _WhyAutosave
{
  GObject parent_instance;

  WhyDocument *document; /* owned */
  char *path;
  guint delay_ms;
  guint timeout_id;
  gboolean writing;
};

G_DEFINE_FINAL_TYPE (WhyAutosave, why_autosave, G_TYPE_OBJECT)

typedef struct
{
  WhySessionFile *session;
  char *path;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  why_session_file_free (job->session);
  g_free (job->path);
  g_free (job);
}

static gpointer
run_write (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const Job *job = data;

  return why_session_file_write (job->session, job->path, cancel, error) ? g_strdup (job->path) : NULL;
}

static const WhyWorkerClass write_class = {
  .run = run_write,
  .free_job = job_free,
  .free_result = g_free,
};

static void
on_written (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyAutosave *self = data;

  self->writing = FALSE;
  /* Nobody asked for it, so nobody is bothered. */
  if (result == NULL)
    g_debug ("autosave: %s", error->message);
}

static gboolean
write_cb (gpointer data)
{
  WhyAutosave *self = data;

  self->timeout_id = 0;
  if (why_document_get_model (self->document) == NULL && why_document_get_picture (self->document) == NULL)
    return G_SOURCE_REMOVE;
  Job *job = g_new0 (Job, 1);
  job->session = why_document_make_session (self->document);
  job->session->without_checksums = TRUE;
  job->path = g_strdup (self->path);
  self->writing = TRUE;
  why_worker_submit (why_runner_loader (self->document->runner), self->document->autosave_view, &write_class, job, on_written,
                     NULL, self);
  return G_SOURCE_REMOVE;
}

static void
on_notify_cb (WhyAutosave *self, GParamSpec *pspec)
{
  static const char *const fleeting[] = { "busy", "progress", "activity", "status", "error-message", "map", "probabilities" };

  for (gsize name = 0; name < G_N_ELEMENTS (fleeting); name++)
    {
      if (strcmp (pspec->name, fleeting[name]) == 0)
        return;
    }
  /* Not put off by every further change: who draws for a minute shall not lose that minute. */
  if (self->timeout_id == 0)
    self->timeout_id = g_timeout_add (self->delay_ms, write_cb, self);
}

static void
on_redraw_cb (WhyAutosave *self)
{
  if (self->timeout_id == 0 && why_document_get_can_undo (self->document))
    self->timeout_id = g_timeout_add (self->delay_ms, write_cb, self);
}

WhyAutosave *
why_autosave_new (WhyAutosaveFolder *folder, WhyDocument *document, guint delay_ms)
{
  g_return_val_if_fail (folder != NULL && WHY_IS_DOCUMENT (document), NULL);

  WhyAutosave *self = g_object_new (WHY_TYPE_AUTOSAVE, NULL);
  g_autofree char *name = g_strdup_printf ("%u" SUFFIX, ++folder->n_documents);
  self->document = g_object_ref (document);
  self->path = g_build_filename (folder->own, name, NULL);
  self->delay_ms = delay_ms;
  g_signal_connect_object (document, "notify", G_CALLBACK (on_notify_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (on_redraw_cb), self, G_CONNECT_SWAPPED);
  /* It may hold something already. */
  self->timeout_id = g_timeout_add (self->delay_ms, write_cb, self);
  return self;
}

const char *
why_autosave_get_path (WhyAutosave *self)
{
  g_return_val_if_fail (WHY_IS_AUTOSAVE (self), NULL);
  return self->path;
}

gboolean
why_autosave_is_settled (WhyAutosave *self)
{
  g_return_val_if_fail (WHY_IS_AUTOSAVE (self), TRUE);
  return self->timeout_id == 0 && !self->writing;
}

static void
why_autosave_dispose (GObject *object)
{
  WhyAutosave *self = WHY_AUTOSAVE (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->document != NULL && self->document->runner != NULL)
    why_worker_cancel (why_runner_loader (self->document->runner), self->document->autosave_view);
  g_clear_object (&self->document);
  if (self->path != NULL)
    g_unlink (self->path);
  G_OBJECT_CLASS (why_autosave_parent_class)->dispose (object);
}

static void
why_autosave_finalize (GObject *object)
{
  g_free (WHY_AUTOSAVE (object)->path);
  G_OBJECT_CLASS (why_autosave_parent_class)->finalize (object);
}

static void
why_autosave_class_init (WhyAutosaveClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = why_autosave_dispose;
  G_OBJECT_CLASS (klass)->finalize = why_autosave_finalize;
}

static void
why_autosave_init (WhyAutosave *self)
{
}
