#include "config.h"

#include "runner-private.h"

#include "check-private.h"
#include "request.h"
#include "survey-private.h"

#include <stdatomic.h>

struct _WhyRunner
{
  _Atomic int ref_count;
  WhyWorker *compute;
  WhyWorker *loader;
  WhyWorker *measurer;
  guint n_views;
  GHashTable *siblings; /* view -> the view whose state it works with */

  /* compute thread only: view -> WhyRunState */
  GHashTable *states;
};

typedef struct
{
  WhyRunner *runner; /* borrowed: the worker, and so the job, goes before it */
  guint view;
  guint state_view;
  WhyRequest *request;
  WhyResultFunc on_result;
  WhyProgressFunc on_progress;
} Job;

static void
state_free (gpointer data)
{
  why_run_state_clear (data);
  g_free (data);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  why_request_unref (job->request);
  g_free (job);
}

static WhyRunState *
get_state (WhyRunner *runner, guint view)
{
  WhyRunState *state = g_hash_table_lookup (runner->states, GUINT_TO_POINTER (view));

  if (state == NULL)
    {
      state = g_new0 (WhyRunState, 1);
      g_hash_table_insert (runner->states, GUINT_TO_POINTER (view), state);
    }
  return state;
}

static void
clear_passing (gpointer data)
{
  WhyRunner *runner = data;
  GHashTableIter iter;
  gpointer state;

  g_hash_table_iter_init (&iter, runner->states);
  while (g_hash_table_iter_next (&iter, NULL, &state))
    {
      if (((WhyRunState *) state)->passing)
        why_run_state_clear (state);
    }
}

static void
mark_passing (gpointer data, guint view)
{
  get_state (data, view)->passing = TRUE;
}

static gpointer
job_run (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  Job *job = data;

  return why_run_state_run (get_state (job->runner, job->state_view), job->request, cancel, progress, progress_data, error);
}

static void
result_free (gpointer data)
{
  why_result_unref (data);
}

static const WhyWorkerClass job_class = {
  .run = job_run,
  .free_job = job_free,
  .free_result = result_free,
};

WhyRunner *
why_runner_new (void)
{
  WhyRunner *runner = g_new0 (WhyRunner, 1);

  runner->ref_count = 1;
  runner->states = g_hash_table_new_full (NULL, NULL, NULL, state_free);
  runner->siblings = g_hash_table_new (NULL, NULL);
  /* Behind the interface, which so stays smooth on two cores. */
  runner->compute = why_worker_new ("why-compute", 5);
  why_worker_set_rest (runner->compute, clear_passing, runner);
  runner->loader = why_worker_new ("why-load", 0);
  runner->measurer = why_worker_new ("why-measure", 5);
  return runner;
}

WhyRunner *
why_runner_ref (WhyRunner *runner)
{
  atomic_fetch_add (&runner->ref_count, 1);
  return runner;
}

void
why_runner_stop (WhyRunner *runner)
{
  why_worker_stop (runner->loader);
  why_worker_stop (runner->measurer);
  why_worker_stop (runner->compute);
}

void
why_runner_unref (WhyRunner *runner)
{
  if (atomic_fetch_sub (&runner->ref_count, 1) != 1)
    return;
  why_worker_unref (runner->loader);
  why_worker_unref (runner->measurer);
  why_worker_unref (runner->compute);
  g_hash_table_unref (runner->states);
  g_hash_table_unref (runner->siblings);
  g_free (runner);
}

WhyWorker *
why_runner_loader (WhyRunner *runner)
{
  return runner->loader;
}

WhyWorker *
why_runner_measurer (WhyRunner *runner)
{
  return runner->measurer;
}

guint
why_runner_add_view (WhyRunner *runner)
{
  return ++runner->n_views;
}

guint
why_runner_add_passing_view (WhyRunner *runner)
{
  const guint view = why_runner_add_view (runner);

  why_worker_post (runner->compute, mark_passing, runner, view);
  return view;
}

guint
why_runner_add_sibling (WhyRunner *runner, guint view)
{
  const guint sibling = why_runner_add_view (runner);

  g_hash_table_insert (runner->siblings, GUINT_TO_POINTER (sibling), GUINT_TO_POINTER (view));
  return sibling;
}

static void
forget_view (gpointer data, guint view)
{
  WhyRunner *runner = data;

  g_hash_table_remove (runner->states, GUINT_TO_POINTER (view));
}

void
why_runner_remove_view (WhyRunner *runner, guint view)
{
  why_runner_cancel (runner, view);
  if (g_hash_table_remove (runner->siblings, GUINT_TO_POINTER (view)))
    return;
  why_worker_post (runner->compute, forget_view, runner, view);
}

static void
on_done (gpointer data, gpointer result, const GError *error, gpointer user_data)
{
  Job *job = data;

  /* Failures of the work are in the result; without one the run was cancelled by nobody we know. */
  if (result != NULL)
    job->on_result (result, user_data);
  else
    g_warning ("A run of view %u was cancelled from within: %s", job->view, error->message);
}

static void
on_progress (gpointer data, double done, gpointer user_data)
{
  Job *job = data;

  job->on_progress (done, user_data);
}

/* With whose state a view works. */
static guint
base_view (WhyRunner *runner, guint view)
{
  const guint base = GPOINTER_TO_UINT (g_hash_table_lookup (runner->siblings, GUINT_TO_POINTER (view)));

  return base != 0 ? base : view;
}

static Job *
job_new (WhyRunner *runner, guint view, WhyRequest *request, WhyResultFunc on_result)
{
  Job *job = g_new0 (Job, 1);

  job->runner = runner;
  job->view = view;
  job->state_view = base_view (runner, view);
  job->request = why_request_ref (request);
  job->on_result = on_result;
  return job;
}

void
why_runner_submit_background (WhyRunner *runner, guint view, WhyRequest *request, WhyResultFunc on_result, gpointer data)
{
  g_return_if_fail (on_result != NULL);
  why_worker_submit_background (runner->compute, view, &job_class, job_new (runner, view, request, on_result), on_done,
                                data);
}

void
why_runner_submit (WhyRunner *runner, guint view, WhyRequest *request, WhyResultFunc on_result,
                   WhyProgressFunc progress, gpointer data)
{
  g_return_if_fail (on_result != NULL);
  Job *job = job_new (runner, view, request, on_result);
  job->on_progress = progress;
  why_worker_submit (runner->compute, view, &job_class, job, on_done, progress != NULL ? on_progress : NULL, data);
}

void
why_runner_cancel (WhyRunner *runner, guint view)
{
  why_worker_cancel (runner->compute, view);
}

/* ---- checks ---- */

typedef struct
{
  WhyRunner *runner; /* borrowed, as in Job */
  guint state_view;
  WhyCheckRequest *check;
  WhyCheckFunc on_result;
  WhyProgressFunc on_progress;
} CheckJob;

static void
check_job_free (gpointer data)
{
  CheckJob *job = data;

  why_check_request_free (job->check);
  g_free (job);
}

static gpointer
check_job_run (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  CheckJob *job = data;

  return why_run_state_check (get_state (job->runner, job->state_view), job->check, cancel, progress, progress_data, error);
}

static void
check_result_free (gpointer data)
{
  why_check_result_unref (data);
}

static const WhyWorkerClass check_job_class = {
  .run = check_job_run,
  .free_job = check_job_free,
  .free_result = check_result_free,
};

static void
on_check_done (gpointer data, gpointer result, const GError *error, gpointer user_data)
{
  CheckJob *job = data;

  job->on_result (result, error, user_data);
}

static void
on_check_progress (gpointer data, double done, gpointer user_data)
{
  CheckJob *job = data;

  job->on_progress (done, user_data);
}

void
why_runner_submit_check (WhyRunner *runner, guint view, guint state_view, WhyCheckRequest *check, WhyCheckFunc on_result,
                         WhyProgressFunc progress, gpointer data)
{
  CheckJob *job = g_new0 (CheckJob, 1);

  job->runner = runner;
  job->state_view = state_view;
  job->check = check;
  job->on_result = on_result;
  job->on_progress = progress;
  why_worker_submit (runner->compute, view, &check_job_class, job, on_check_done, on_check_progress, data);
}

/* ---- surveys ---- */

/* Long enough that beginning costs nothing, short enough that thumbnails of layers do not wait. */
#define SURVEY_PART_US (400 * 1000)

typedef struct
{
  WhyRunner *runner; /* borrowed, as in Job */
  guint state_view;
  WhySurvey *survey;
  WhySurveyFunc on_part;
} SurveyJob;

static void
survey_job_free (gpointer data)
{
  SurveyJob *job = data;

  why_survey_unref (job->survey);
  g_free (job);
}

static gpointer
survey_job_run (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  SurveyJob *job = data;

  return why_survey_run_in (job->survey, get_state (job->runner, job->state_view), SURVEY_PART_US, cancel, NULL, NULL,
                            error)
           ? why_survey_ref (job->survey)
           : NULL;
}

static void
survey_free (gpointer data)
{
  why_survey_unref (data);
}

static const WhyWorkerClass survey_job_class = {
  .run = survey_job_run,
  .free_job = survey_job_free,
  .free_result = survey_free,
};

static void
on_survey_done (gpointer data, gpointer result, const GError *error, gpointer user_data)
{
  SurveyJob *job = data;

  job->on_part (error, user_data);
}

void
why_runner_submit_survey (WhyRunner *runner, guint view, WhySurvey *survey, WhySurveyFunc on_part, gpointer data)
{
  SurveyJob *job = g_new0 (SurveyJob, 1);

  *job = (SurveyJob) { .runner = runner, .state_view = base_view (runner, view), .survey = why_survey_ref (survey), .on_part = on_part };
  why_worker_submit_background (runner->compute, view, &survey_job_class, job, on_survey_done, data);
}
