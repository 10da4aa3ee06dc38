#include "config.h"

#include "base/error.h"
#include "spin.h"
#include "worker.h"

#include <stdatomic.h>

/* The queue of jobs: the latest of a view wins, and nothing is delivered or freed twice. */

typedef struct
{
  _Atomic int started;
  _Atomic int go_on;
  _Atomic int ended;
  _Atomic int n_freed_jobs;
  _Atomic int n_freed_results;
  int n_done;
  int last_number;
  int n_progress;
  double last_progress;
} Probe;

typedef struct
{
  Probe *probe;
  int number;
  gboolean fails;
} ProbeJob;

/* Runs until it is told to go on or to stop. */
static gpointer
probe_run (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  ProbeJob *job = data;
  Probe *probe = job->probe;

  atomic_fetch_add (&probe->started, 1);
  progress (0.25, progress_data);
  progress (0.5, progress_data);
  while (!atomic_load (&probe->go_on) && !why_cancel_is_set (cancel))
    g_usleep (100);
  atomic_fetch_add (&probe->ended, 1);
  if (!why_cancel_check (cancel, error))
    return NULL;
  if (job->fails)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "number %d failed", job->number);
      return NULL;
    }
  return g_memdup2 (job, sizeof *job);
}

static void
probe_free_job (gpointer data)
{
  atomic_fetch_add (&((ProbeJob *) data)->probe->n_freed_jobs, 1);
  g_free (data);
}

static void
probe_free_result (gpointer data)
{
  atomic_fetch_add (&((ProbeJob *) data)->probe->n_freed_results, 1);
  g_free (data);
}

static const WhyWorkerClass probe_class = { probe_run, probe_free_job, probe_free_result };

static void
on_probe_done (gpointer job, gpointer result, const GError *error, gpointer data)
{
  Probe *probe = data;

  probe->n_done++;
  probe->last_number = ((ProbeJob *) job)->number;
  if (((ProbeJob *) job)->fails)
    {
      g_assert_null (result);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_FAILED);
    }
  else
    g_assert_no_error (error);
}

static void
on_probe_progress (gpointer job, double done, gpointer data)
{
  Probe *probe = data;

  probe->n_progress++;
  probe->last_progress = done;
}

static void
probe_submit (WhyWorker *worker, guint view, Probe *probe, int number, gboolean fails)
{
  ProbeJob *job = g_new0 (ProbeJob, 1);

  job->probe = probe;
  job->number = number;
  job->fails = fails;
  why_worker_submit (worker, view, &probe_class, job, on_probe_done, on_probe_progress, probe);
}

static gboolean
has_started (gpointer probe)
{
  return atomic_load (&((Probe *) probe)->started) > 0;
}

static void
test_worker_latest_wins (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe probe = { 0 };

  probe_submit (worker, 1, &probe, 1, FALSE);
  spin_until (has_started, &probe);
  for (int number = 2; number <= 9; number++)
    probe_submit (worker, 1, &probe, number, FALSE);
  atomic_store (&probe.go_on, 1);
  spin_until (is_nonzero, &probe.n_done);
  spin_for (20);
  /* The first was running and was stopped, those between never ran. */
  g_assert_cmpint (probe.n_done, ==, 1);
  g_assert_cmpint (probe.last_number, ==, 9);
  g_assert_cmpint (atomic_load (&probe.started), ==, 2);
  g_assert_cmpint (atomic_load (&probe.n_freed_jobs), ==, 9);
  g_assert_cmpint (atomic_load (&probe.n_freed_results), ==, 1);
}

static void
test_worker_views (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe one = { .go_on = 1 };
  Probe other = { .go_on = 1 };

  probe_submit (worker, 1, &one, 1, FALSE);
  probe_submit (worker, 2, &other, 2, TRUE);
  spin_until (is_nonzero, &other.n_done);
  g_assert_cmpint (one.n_done, ==, 1);
  g_assert_cmpint (other.n_done, ==, 1);
}

static gboolean
has_ended (gpointer probe)
{
  return atomic_load (&((Probe *) probe)->ended) > 0;
}

static void
test_worker_stale (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe probe = { .go_on = 1 };
  const gint64 end = g_get_monotonic_time () + PATIENCE_US;

  /* Finished, but not delivered as the main loop does not turn; then overtaken. */
  probe_submit (worker, 1, &probe, 1, FALSE);
  while (!has_ended (&probe) && g_get_monotonic_time () < end)
    g_usleep (100);
  g_usleep (20000);
  probe_submit (worker, 1, &probe, 2, FALSE);
  spin_until (is_nonzero, &probe.n_done);
  spin_for (20);
  g_assert_cmpint (probe.n_done, ==, 1);
  g_assert_cmpint (probe.last_number, ==, 2);
  g_assert_cmpint (atomic_load (&probe.n_freed_results), ==, 2);
}

static void
test_worker_cancel (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe probe = { 0 };

  probe_submit (worker, 1, &probe, 1, FALSE);
  spin_until (has_started, &probe);
  why_worker_cancel (worker, 1);
  spin_until (has_ended, &probe);
  spin_for (20);
  g_assert_cmpint (probe.n_done, ==, 0);
  /* It goes on with the next. */
  atomic_store (&probe.go_on, 1);
  probe_submit (worker, 1, &probe, 2, FALSE);
  spin_until (is_nonzero, &probe.n_done);
  g_assert_cmpint (probe.last_number, ==, 2);
}

static gboolean
has_ended_twice (gpointer probe)
{
  return atomic_load (&((Probe *) probe)->ended) == 2;
}

/* Work that nobody waits for yields, to jobs of other views as well, and is done afterwards. */
static void
test_worker_background (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe behind = { 0 };
  Probe before = { 0 };
  ProbeJob *job = g_new (ProbeJob, 1);

  *job = (ProbeJob) { &behind, 1, FALSE };
  why_worker_submit_background (worker, 1, &probe_class, job, on_probe_done, &behind);
  spin_until (has_started, &behind);
  atomic_store (&before.go_on, 1);
  probe_submit (worker, 2, &before, 2, FALSE);
  spin_until (is_nonzero, &before.n_done);
  g_assert_cmpint (behind.n_done, ==, 0);
  g_assert_cmpint (atomic_load (&behind.n_freed_jobs), ==, 0);
  atomic_store (&behind.go_on, 1);
  spin_until (is_nonzero, &behind.n_done);
  g_assert_true (has_ended_twice (&behind));
  g_assert_cmpint (behind.n_done, ==, 1);

  /* One that waits goes after jobs that came later. */
  Probe holding = { 0 };
  Probe waiting = { 0 };
  probe_submit (worker, 2, &holding, 3, FALSE);
  spin_until (has_started, &holding);
  job = g_new (ProbeJob, 1);
  *job = (ProbeJob) { &waiting, 4, FALSE };
  why_worker_submit_background (worker, 1, &probe_class, job, on_probe_done, &waiting);
  Probe later = { 0 };
  probe_submit (worker, 3, &later, 5, FALSE);
  atomic_store (&holding.go_on, 1);
  spin_until (has_started, &later);
  g_assert_cmpint (atomic_load (&waiting.started), ==, 0);
  /* Given up while it waits, and while it yields. */
  why_worker_cancel (worker, 1);
  atomic_store (&later.go_on, 1);
  spin_until (is_nonzero, &later.n_done);
  spin_for (5);
  g_assert_cmpint (atomic_load (&waiting.started), ==, 0);
  g_assert_cmpint (waiting.n_done, ==, 0);
  g_assert_cmpint (atomic_load (&waiting.n_freed_jobs), ==, 1);
}

static gboolean
has_progress (gpointer probe)
{
  return ((Probe *) probe)->n_progress > 0;
}

static void
test_worker_progress (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe probe = { 0 };

  probe_submit (worker, 1, &probe, 1, FALSE);
  spin_until (has_started, &probe);
  g_usleep (5000);
  spin_until (has_progress, &probe);
  g_assert_cmpfloat (probe.last_progress, ==, 0.5);
  atomic_store (&probe.go_on, 1);
  spin_until (is_nonzero, &probe.n_done);
}

static void
test_worker_unref_while_running (void)
{
  WhyWorker *worker = why_worker_new ("test", 0);
  Probe probe = { 0 };

  probe_submit (worker, 1, &probe, 1, FALSE);
  probe_submit (worker, 2, &probe, 2, FALSE);
  spin_until (has_started, &probe);
  why_worker_unref (worker);
  spin_for (5);
  g_assert_cmpint (probe.n_done, ==, 0);
  g_assert_cmpint (atomic_load (&probe.n_freed_jobs), ==, 2);
}

/* Stopped while others hold it: the thread is gone, nothing is delivered, and what comes later is freed unrun. */
static void
test_worker_stop (void)
{
  g_autoptr (WhyWorker) worker = why_worker_new ("test", 0);
  Probe finished = { .go_on = 1 };
  Probe running = { 0 };
  Probe later = { .go_on = 1 };
  const gint64 end = g_get_monotonic_time () + PATIENCE_US;

  probe_submit (worker, 1, &finished, 1, FALSE);
  while (!has_ended (&finished) && g_get_monotonic_time () < end)
    g_usleep (100);
  probe_submit (worker, 2, &running, 2, FALSE);
  while (!has_started (&running) && g_get_monotonic_time () < end)
    g_usleep (100);
  why_worker_stop (worker);
  g_assert_cmpint (atomic_load (&running.ended), ==, 1);
  probe_submit (worker, 3, &later, 3, FALSE);
  spin_for (5);
  g_assert_cmpint (finished.n_done + running.n_done + later.n_done, ==, 0);
  g_assert_cmpint (atomic_load (&later.started), ==, 0);
  g_assert_cmpint (atomic_load (&finished.n_freed_jobs), ==, 1);
  g_assert_cmpint (atomic_load (&running.n_freed_jobs), ==, 1);
  g_assert_cmpint (atomic_load (&later.n_freed_jobs), ==, 1);
  why_worker_cancel (worker, 3);
  why_worker_stop (worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/latest-wins", test_worker_latest_wins);
  g_test_add_func ("/worker/views", test_worker_views);
  g_test_add_func ("/worker/stale", test_worker_stale);
  g_test_add_func ("/worker/cancel", test_worker_cancel);
  g_test_add_func ("/worker/background", test_worker_background);
  g_test_add_func ("/worker/progress", test_worker_progress);
  g_test_add_func ("/worker/unref-while-running", test_worker_unref_while_running);
  g_test_add_func ("/worker/stop", test_worker_stop);
  return g_test_run ();
}
