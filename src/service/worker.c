#include "config.h"

#include "worker.h"

#include "base/error.h"

#include <errno.h>
#include <gio/gio.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

/* Long enough that going through layers or pictures is not held up, short enough that a program left alone is small. */
#define REST_SECONDS 2

typedef struct _Job Job;

struct _Job
{
  Job *next;
  guint view;
  const WhyWorkerClass *klass;
  gpointer job;
  WhyCancel *cancel;
  WhyWorkerDone done;
  WhyWorkerProgress progress;
  gpointer data;
  WhyWorker *worker; /* borrowed: outlives its jobs */
  gboolean background;

  /* guarded by the worker's mutex */
  gboolean dropped;
  gboolean yields; /* stopped for another job */
  double share;
  gboolean share_is_new;

  /* written by the worker before the job is among the finished */
  gpointer result;
  GError *error;
};

typedef struct _Errand Errand;

struct _Errand
{
  Errand *next;
  void (*func) (gpointer data, guint view);
  gpointer data;
  guint view;
};

struct _WhyWorker
{
  _Atomic int ref_count;
  GMainContext *context;
  int niceness;
  void (*on_rest) (gpointer data); /* set before the first job */
  gpointer rest_data;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t cond;

  /* guarded by the mutex */
  Job *waiting; /* oldest first; at most one a view */
  Job *running;
  Job *finished;
  Errand *errands;
  GSource *wake; /* pending delivery, at most one */
  gboolean stop;

  gboolean joined; /* main thread only */
};

static void
job_free (Job *job)
{
  job->klass->free_job (job->job);
  if (job->result != NULL)
    job->klass->free_result (job->result);
  g_clear_error (&job->error);
  why_cancel_unref (job->cancel);
  g_free (job);
}

static void
job_list_free (Job *list)
{
  while (list != NULL)
    {
      Job *next = list->next;
      job_free (list);
      list = next;
    }
}

static void
job_list_append (Job **list, Job *job)
{
  job->next = NULL;
  while (*list != NULL)
    list = &(*list)->next;
  *list = job;
}

/* Moves the jobs of @view from @list to @removed. */
static void
job_list_take_view (Job **list, guint view, Job **removed)
{
  while (*list != NULL)
    {
      Job *job = *list;
      if (job->view == view)
        {
          *list = job->next;
          job->next = *removed;
          *removed = job;
        }
      else
        list = &job->next;
    }
}

static Job *
job_list_pop (Job **list)
{
  Job *job = *list;

  if (job != NULL)
    {
      *list = job->next;
      job->next = NULL;
    }
  return job;
}

/* The oldest one; those of the background after all others. */
static Job *
job_list_pop_next (Job **list)
{
  Job **at = list;

  while (*at != NULL && (*at)->background)
    at = &(*at)->next;
  return job_list_pop (*at != NULL ? at : list);
}

static gboolean
on_wake (gpointer data)
{
  /* A callback may drop the last reference from outside. */
  g_autoptr (WhyWorker) worker = why_worker_ref (data);
  WhyWorkerProgress progress = NULL;
  gpointer progress_data = NULL;
  gpointer progress_job = NULL;
  double share = 0;

  pthread_mutex_lock (&worker->mutex);
  g_clear_pointer (&worker->wake, g_source_unref);
  if (worker->running != NULL && !worker->running->dropped && worker->running->share_is_new)
    {
      worker->running->share_is_new = FALSE;
      share = worker->running->share;
      progress = worker->running->progress;
      progress_data = worker->running->data;
      progress_job = worker->running->job;
    }
  pthread_mutex_unlock (&worker->mutex);

  /* Jobs are dropped, and those not dropped are freed, on this thread only: what is current now stays so
   * until the call. */
  if (progress != NULL)
    progress (progress_job, share, progress_data);

  for (;;)
    {
      pthread_mutex_lock (&worker->mutex);
      Job *job = job_list_pop (&worker->finished);
      pthread_mutex_unlock (&worker->mutex);
      if (job == NULL)
        break;
      job->done (job->job, job->result, job->error, job->data);
      job_free (job);
    }
  return G_SOURCE_REMOVE;
}

/* With the mutex held. */
static void
wake_main (WhyWorker *worker)
{
  if (worker->wake != NULL || worker->stop)
    return;
  worker->wake = g_idle_source_new ();
  g_source_set_priority (worker->wake, G_PRIORITY_DEFAULT);
  g_source_set_callback (worker->wake, on_wake, worker, NULL);
  g_source_attach (worker->wake, worker->context);
}

static void
on_progress (double done, gpointer data)
{
  Job *job = data;
  WhyWorker *worker = job->worker;

  pthread_mutex_lock (&worker->mutex);
  if (!job->dropped && job->progress != NULL)
    {
      job->share = CLAMP (done, 0.0, 1.0);
      job->share_is_new = TRUE;
      wake_main (worker);
    }
  pthread_mutex_unlock (&worker->mutex);
}

static void
check_contract (Job *job)
{
  if (job->result == NULL && job->error == NULL)
    g_set_error (&job->error, WHY_ERROR, WHY_ERROR_FAILED, "The run failed without saying why");
  else if (job->result != NULL && job->error != NULL)
    {
      g_warning ("A run succeeded and reported an error: %s", job->error->message);
      g_clear_error (&job->error);
    }
}

/* With the mutex held. After a while without work what nobody needs is given up, and what was freed goes back to the system: between the blocks that are
 * still in use the allocator would keep it. */
static void
wait_for_work (WhyWorker *worker, gboolean *rested)
{
  struct timespec until;

  if (*rested)
    {
      pthread_cond_wait (&worker->cond, &worker->mutex);
      return;
    }
  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_sec += REST_SECONDS;
  if (pthread_cond_timedwait (&worker->cond, &worker->mutex, &until) != ETIMEDOUT)
    return;
  *rested = TRUE;
  pthread_mutex_unlock (&worker->mutex);
  if (worker->on_rest != NULL)
    worker->on_rest (worker->rest_data);
  malloc_trim (0);
  pthread_mutex_lock (&worker->mutex);
}

/* With the mutex held. A job that had to yield waits again, with a cancel token of its own. */
static gboolean
wait_again (WhyWorker *worker, Job *job)
{
  if (!job->yields || job->dropped || job->result != NULL)
    return FALSE;
  job->yields = FALSE;
  g_clear_error (&job->error);
  why_cancel_unref (job->cancel);
  job->cancel = why_cancel_new ();
  job->next = worker->waiting;
  worker->waiting = job;
  return TRUE;
}

static void *
worker_main (void *data)
{
  WhyWorker *worker = data;
  gboolean rested = TRUE;

  /* Linux keeps niceness by thread, and the threads that a library starts from here inherit it. Failing
   * is no harm. */
  if (worker->niceness != 0)
    (void) setpriority (PRIO_PROCESS, 0, worker->niceness);

  pthread_mutex_lock (&worker->mutex);
  for (;;)
    {
      if (worker->errands != NULL)
        {
          Errand *errand = worker->errands;
          worker->errands = errand->next;
          rested = FALSE;
          pthread_mutex_unlock (&worker->mutex);
          errand->func (errand->data, errand->view);
          g_free (errand);
          pthread_mutex_lock (&worker->mutex);
          continue;
        }
      if (worker->stop)
        break;
      if (worker->waiting == NULL)
        {
          wait_for_work (worker, &rested);
          continue;
        }

      rested = FALSE;
      Job *job = job_list_pop_next (&worker->waiting);
      worker->running = job;
      pthread_mutex_unlock (&worker->mutex);

      job->result = job->klass->run (job->job, job->cancel, on_progress, job, &job->error);

      pthread_mutex_lock (&worker->mutex);
      worker->running = NULL;
      if (wait_again (worker, job))
        continue;
      if (job->dropped)
        {
          pthread_mutex_unlock (&worker->mutex);
          job_free (job);
          pthread_mutex_lock (&worker->mutex);
        }
      else
        {
          check_contract (job);
          job_list_append (&worker->finished, job);
          wake_main (worker);
        }
    }
  pthread_mutex_unlock (&worker->mutex);
  return NULL;
}

WhyWorker *
why_worker_new (const char *name, int niceness)
{
  WhyWorker *worker = g_new0 (WhyWorker, 1);
  pthread_attr_t attr;

  worker->ref_count = 1;
  worker->niceness = niceness;
  worker->context = g_main_context_ref_thread_default ();
  pthread_mutex_init (&worker->mutex, NULL);
  pthread_cond_init (&worker->cond, NULL);
  pthread_attr_init (&attr);
  /* As the main thread's usual one: convolution kernels and decoders keep small arrays on the stack. */
  pthread_attr_setstacksize (&attr, 8u << 20);
  if (pthread_create (&worker->thread, &attr, worker_main, worker) != 0)
    g_error ("No thread can be started for %s", name);
  pthread_attr_destroy (&attr);
  pthread_setname_np (worker->thread, name);
  return worker;
}

void
why_worker_set_rest (WhyWorker *worker, void (*on_rest) (gpointer data), gpointer data)
{
  pthread_mutex_lock (&worker->mutex);
  worker->on_rest = on_rest;
  worker->rest_data = data;
  pthread_mutex_unlock (&worker->mutex);
}

WhyWorker *
why_worker_ref (WhyWorker *worker)
{
  atomic_fetch_add (&worker->ref_count, 1);
  return worker;
}

void
why_worker_stop (WhyWorker *worker)
{
  if (worker->joined)
    return;
  pthread_mutex_lock (&worker->mutex);
  worker->stop = TRUE;
  if (worker->running != NULL)
    {
      worker->running->dropped = TRUE;
      why_cancel_set (worker->running->cancel);
    }
  pthread_cond_signal (&worker->cond);
  pthread_mutex_unlock (&worker->mutex);
  pthread_join (worker->thread, NULL);
  worker->joined = TRUE;

  if (worker->wake != NULL)
    {
      g_source_destroy (worker->wake);
      g_clear_pointer (&worker->wake, g_source_unref);
    }
  job_list_free (g_steal_pointer (&worker->waiting));
  job_list_free (g_steal_pointer (&worker->finished));
}

void
why_worker_unref (WhyWorker *worker)
{
  if (atomic_fetch_sub (&worker->ref_count, 1) != 1)
    return;

  why_worker_stop (worker);
  pthread_cond_destroy (&worker->cond);
  pthread_mutex_destroy (&worker->mutex);
  g_main_context_unref (worker->context);
  g_free (worker);
}

/* With the mutex held: all jobs of @view become @removed, or run on unheard. */
static void
drop_view (WhyWorker *worker, guint view, Job **removed)
{
  job_list_take_view (&worker->waiting, view, removed);
  job_list_take_view (&worker->finished, view, removed);
  if (worker->running != NULL && worker->running->view == view)
    {
      worker->running->dropped = TRUE;
      why_cancel_set (worker->running->cancel);
    }
}

static void
submit (WhyWorker *worker, guint view, const WhyWorkerClass *klass, gpointer payload, WhyWorkerDone done,
        WhyWorkerProgress progress, gpointer data, gboolean background)
{
  Job *job = g_new0 (Job, 1);
  Job *removed = NULL;

  job->view = view;
  job->klass = klass;
  job->job = payload;
  job->cancel = why_cancel_new ();
  job->done = done;
  job->progress = progress;
  job->data = data;
  job->worker = worker;
  job->background = background;

  if (worker->joined)
    {
      job_free (job);
      return;
    }
  pthread_mutex_lock (&worker->mutex);
  drop_view (worker, view, &removed);
  if (!background && worker->running != NULL && worker->running->background && !worker->running->dropped)
    {
      worker->running->yields = TRUE;
      why_cancel_set (worker->running->cancel);
    }
  job_list_append (&worker->waiting, job);
  pthread_cond_signal (&worker->cond);
  pthread_mutex_unlock (&worker->mutex);
  job_list_free (removed);
}

void
why_worker_submit (WhyWorker *worker, guint view, const WhyWorkerClass *klass, gpointer payload,
                   WhyWorkerDone done, WhyWorkerProgress progress, gpointer data)
{
  submit (worker, view, klass, payload, done, progress, data, FALSE);
}

void
why_worker_submit_background (WhyWorker *worker, guint view, const WhyWorkerClass *klass, gpointer payload,
                              WhyWorkerDone done, gpointer data)
{
  submit (worker, view, klass, payload, done, NULL, data, TRUE);
}

void
why_worker_cancel (WhyWorker *worker, guint view)
{
  Job *removed = NULL;

  pthread_mutex_lock (&worker->mutex);
  drop_view (worker, view, &removed);
  pthread_mutex_unlock (&worker->mutex);
  job_list_free (removed);
}

void
why_worker_post (WhyWorker *worker, void (*func) (gpointer data, guint view), gpointer data, guint view)
{
  if (worker->joined)
    return;
  Errand *errand = g_new0 (Errand, 1);

  errand->func = func;
  errand->data = data;
  errand->view = view;
  pthread_mutex_lock (&worker->mutex);
  Errand **end = &worker->errands;
  while (*end != NULL)
    end = &(*end)->next;
  *end = errand;
  pthread_cond_signal (&worker->cond);
  pthread_mutex_unlock (&worker->mutex);
}
