#pragma once

#include <glib.h>

#include "base/cancel.h"
#include "engine/session.h"

G_BEGIN_DECLS

/* One thread with a queue in which the latest job of a view wins. What the thread hands back is
 * delivered on the main context; see service/runner.h for the rules. Everything but the run
 * function is called on the thread that iterates that context. */

typedef struct _WhyWorker WhyWorker;

/**
 * WhyWorkerClass:
 * @run: in the worker: does @job and returns a new result, or %NULL with @error
 * @free_job: whoever is last; any thread
 * @free_result: likewise
 */
typedef struct
{
  gpointer (*run) (gpointer job, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error);
  GDestroyNotify free_job;
  GDestroyNotify free_result;
} WhyWorkerClass;

/** WhyWorkerDone: @job: borrowed; @result: (nullable): borrowed; @error: (nullable): why there is none, never
 *   a cancellation */
typedef void (*WhyWorkerDone) (gpointer job, gpointer result, const GError *error, gpointer data);
typedef void (*WhyWorkerProgress) (gpointer job, double done, gpointer data);

/** why_worker_new: @name: at most 15 characters; @niceness: 0, or more for work that shall not slow the window */
WhyWorker *why_worker_new (const char *name, int niceness) G_GNUC_WARN_UNUSED_RESULT;
/** why_worker_set_rest: before the first job; @on_rest (@data) runs in the worker when there has been nothing to do for two
 *  seconds: the time to give up what can be made again */
void why_worker_set_rest (WhyWorker *worker, void (*on_rest) (gpointer data), gpointer data);
WhyWorker *why_worker_ref (WhyWorker *worker);
/** why_worker_stop: cancels all jobs, of which none is delivered any more, and joins the thread, whoever else still has a
 *  reference; what is submitted or posted afterwards is dropped. Main thread only. */
void why_worker_stop (WhyWorker *worker);
/** why_worker_unref: the last reference stops it */
void why_worker_unref (WhyWorker *worker);

/**
 * why_worker_submit:
 * @job: (transfer full)
 * @progress: (nullable)
 * @data: must live until @done, the next submit for @view or why_worker_cancel()
 */
void why_worker_submit (WhyWorker *worker, guint view, const WhyWorkerClass *klass, gpointer job,
                        WhyWorkerDone done, WhyWorkerProgress progress, gpointer data);

/**
 * why_worker_submit_background:
 *
 * As why_worker_submit(), for work that nobody waits for: it runs when nothing else does. A job of
 * why_worker_submit() of any view stops it; it then runs again from the start, once there is nothing
 * else to do.
 */
void why_worker_submit_background (WhyWorker *worker, guint view, const WhyWorkerClass *klass, gpointer job,
                                   WhyWorkerDone done, gpointer data);

/** why_worker_cancel: drops the waiting, the running and the undelivered job of @view */
void why_worker_cancel (WhyWorker *worker, guint view);

/** why_worker_post: runs @func (@data) in the worker, before the jobs that wait */
void why_worker_post (WhyWorker *worker, void (*func) (gpointer data, guint view), gpointer data, guint view);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyWorker, why_worker_unref)

G_END_DECLS
