#include "config.h"

#include "case-private.h"

#include "base/error.h"
#include "image/source.h"
#include "service/file-kind.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a list of cases does in the background: listing a folder, thumbnails, and asking the model. */

/* A row's picture on a screen with twice the pixels. */
#define THUMBNAIL_WIDTH 144
#define THUMBNAIL_HEIGHT 112
/* About 16 MB of them. */
#define MAX_THUMBNAILS 340
#define MAX_CASES 100000

WhyWorker *
why_case_list_get_worker (WhyCaseList *self)
{
  if (self->worker == NULL)
    self->worker = why_worker_new ("why-cases", 10);
  return self->worker;
}

/* ---- listing ---- */

typedef struct
{
  char *folder; /* nullable */
  char **paths; /* nullable */
  char *current;
} ListJob;

typedef struct
{
  GPtrArray *cases;
  guint n_skipped;
} Listed;

static void
list_job_free (gpointer data)
{
  ListJob *job = data;

  g_free (job->folder);
  g_strfreev (job->paths);
  g_free (job->current);
  g_free (job);
}

static void
listed_free (gpointer data)
{
  Listed *listed = data;

  g_clear_pointer (&listed->cases, g_ptr_array_unref);
  g_free (listed);
}

static gint
compare_names (gconstpointer first, gconstpointer second)
{
  const WhyCase *a = *(WhyCase *const *) first;
  const WhyCase *b = *(WhyCase *const *) second;
  const gint names = strcmp (a->name_key, b->name_key);

  return names != 0 ? names : strcmp (a->path, b->path);
}

static gboolean
list_folder (const char *folder, Listed *listed, WhyCancel *cancel, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &failure);
  const char *name;

  if (dir == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: the folder cannot be read: %s", folder, failure->message);
      return FALSE;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (!why_cancel_check (cancel, error))
        return FALSE;
      /* Hidden, or a mask that belongs to the picture of its name. */
      if (*name == '.' || strstr (name, ".mask.") != NULL)
        continue;
      /* Names first: files on a slow disk are not all opened. */
      WhyFileKind kind = why_file_kind_from (name, NULL, 0);
      if (kind == WHY_FILE_OTHER)
        kind = why_file_kind_of (path);
      if (!why_file_kind_is_shown (kind))
        {
          /* What is open beside pictures by its nature is not missed among them. */
          listed->n_skipped += kind == WHY_FILE_OTHER ? 1 : 0;
          continue;
        }
      if (listed->cases->len >= MAX_CASES)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: has more than %d pictures; open a part of them", folder,
                       MAX_CASES);
          return FALSE;
        }
      g_ptr_array_add (listed->cases, why_case_new (path));
    }
  return TRUE;
}

static void
list_paths (char **paths, Listed *listed)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize index = 0; paths[index] != NULL && listed->cases->len < MAX_CASES; index++)
    {
      if (g_hash_table_add (seen, paths[index]))
        g_ptr_array_add (listed->cases, why_case_new (paths[index]));
    }
}

/* Slices of one series are one case: the one that is shown, or the first by name. */
static gboolean
join_series (GPtrArray *cases, const char *current, WhyCancel *cancel, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autofree guint *series = g_new (guint, MAX (cases->len, 1));
  g_autoptr (GHashTable) kept = g_hash_table_new (NULL, NULL);

  for (guint index = 0; index < cases->len; index++)
    g_ptr_array_add (paths, (char *) why_case_get_path (g_ptr_array_index (cases, index)));
  if (!why_image_sort_series ((const char *const *) paths->pdata, paths->len, series, cancel))
    return why_cancel_check (cancel, error);
  for (guint index = 0; index < cases->len; index++)
    {
      const gboolean is_current = g_strcmp0 (g_ptr_array_index (paths, index), current) == 0;
      if (series[index] > 0 && (is_current || !g_hash_table_contains (kept, GUINT_TO_POINTER (series[index]))))
        g_hash_table_insert (kept, GUINT_TO_POINTER (series[index]), g_ptr_array_index (paths, index));
    }
  for (guint index = cases->len; index-- > 0;)
    {
      if (series[index] > 0 &&
          g_hash_table_lookup (kept, GUINT_TO_POINTER (series[index])) != g_ptr_array_index (paths, index))
        g_ptr_array_remove_index (cases, index);
    }
  return TRUE;
}

static gpointer
run_list (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const ListJob *job = data;
  Listed *listed = g_new0 (Listed, 1);

  listed->cases = g_ptr_array_new_with_free_func (g_object_unref);
  if (job->folder != NULL && !list_folder (job->folder, listed, cancel, error))
    {
      listed_free (listed);
      return NULL;
    }
  if (job->paths != NULL)
    list_paths (job->paths, listed);
  if (listed->cases->len == 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, _ ("%s: there are no pictures in this folder"),
                   job->folder != NULL ? job->folder : "");
      listed_free (listed);
      return NULL;
    }
  g_ptr_array_sort (listed->cases, compare_names);
  if (!join_series (listed->cases, job->current, cancel, error))
    {
      listed_free (listed);
      return NULL;
    }
  return listed;
}

static const WhyWorkerClass list_class = {
  .run = run_list,
  .free_job = list_job_free,
  .free_result = listed_free,
};

static void
on_listed (gpointer data, gpointer result, const GError *error, gpointer user_data)
{
  WhyCaseList *self = user_data;
  const ListJob *job = data;
  Listed *listed = result;

  self->listing = FALSE;
  if (listed == NULL)
    {
      if (self->failed != NULL)
        self->failed (error->message, self->failed_data);
      why_case_list_notify_busy (self);
      return;
    }
  g_autofree char *title = job->folder != NULL ? g_filename_display_basename (job->folder) : g_strdup ("");
  why_case_list_take (self, g_steal_pointer (&listed->cases), listed->n_skipped, title, job->current);
}

void
why_case_list_start_listing (WhyCaseList *self, const char *folder, const char *const *paths, const char *current)
{
  ListJob *job = g_new0 (ListJob, 1);

  job->folder = folder != NULL ? g_canonicalize_filename (folder, NULL) : NULL;
  job->paths = g_strdupv ((char **) paths);
  job->current = g_strdup (current);
  self->listing = TRUE;
  why_worker_submit (why_case_list_get_worker (self), self->list_view, &list_class, job, on_listed, NULL, self);
  why_case_list_notify_busy (self);
}

/* ---- thumbnails ---- */

static gpointer
run_thumbnail (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, cancel, error);

  if (source == NULL)
    return NULL;
  const gint64 width = why_image_source_get_width (source);
  const gint64 height = why_image_source_get_height (source);
  const double scale = MIN (1.0, MIN (THUMBNAIL_WIDTH / (double) width, THUMBNAIL_HEIGHT / (double) height));

  return why_image_source_read (source, 0, 0, width, height, MAX (1, (gint64) (scale * (double) width)),
                                MAX (1, (gint64) (scale * (double) height)), cancel, error);
}

static void
tensor_free (gpointer tensor)
{
  why_tensor_unref (tensor);
}

static const WhyWorkerClass thumbnail_class = {
  .run = run_thumbnail,
  .free_job = g_free,
  .free_result = tensor_free,
};

static void
keep_thumbnail (WhyCaseList *self, WhyCase *item, WhyTensor *thumbnail)
{
  why_case_set_thumbnail (item, thumbnail);
  g_queue_push_head (&self->thumbnails, item);
  item->in_cache = self->thumbnails.head;
  while (self->thumbnails.length > MAX_THUMBNAILS)
    {
      WhyCase *oldest = g_queue_pop_tail (&self->thumbnails);
      oldest->in_cache = NULL;
      why_case_set_thumbnail (oldest, NULL);
    }
}

static void
on_thumbnail (gpointer job, gpointer result, const GError *error, gpointer user_data)
{
  WhyCaseList *self = user_data;
  g_autoptr (WhyCase) item = g_steal_pointer (&self->making);

  /* The list may be another one by now. */
  if (why_case_list_find (self, item->path) == item)
    {
      if (result != NULL)
        keep_thumbnail (self, item, result);
      else
        why_case_set_problem (item, error->message);
    }
  why_case_list_go_on (self);
}

/* The row that came last is looked at; one that has gone from the screen since need not be made. */
static WhyCase *
pop_wanted (WhyCaseList *self)
{
  WhyCase *item;

  while ((item = g_queue_pop_tail (&self->wanted)) != NULL)
    {
      item->queued = FALSE;
      if (item->n_wanted > 0 && item->in_cache == NULL)
        return item;
    }
  return NULL;
}

static void
make_next_thumbnail (WhyCaseList *self)
{
  WhyCase *item = self->making == NULL ? pop_wanted (self) : NULL;

  if (item == NULL)
    return;
  self->making = g_object_ref (item);
  why_worker_submit (why_case_list_get_worker (self), self->thumbnail_view, &thumbnail_class, g_strdup (item->path),
                     on_thumbnail, NULL, self);
}

/* ---- asking the model ---- */

typedef struct
{
  char *path;
  WhyModel *model;
} InputJob;

static void
input_job_free (gpointer data)
{
  InputJob *job = data;

  g_free (job->path);
  g_object_unref (job->model);
  g_free (job);
}

static gpointer
run_input (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const InputJob *job = data;
  g_autoptr (WhyPicture) picture = why_picture_load (job->path, cancel, error);

  const WhyRoi none = { 0 };
  WhyRoi roi;
  if (picture == NULL || !why_model_fit_picture (job->model, picture, error) ||
      !why_picture_look_at (picture, why_model_get_recipe (job->model), &none, picture->um_per_pixel, &roi, cancel,
                            error))
    return NULL;
  return why_recipe_prepare (why_model_get_recipe (job->model), picture->pixels, error);
}

static const WhyWorkerClass input_class = {
  .run = run_input,
  .free_job = input_job_free,
  .free_result = tensor_free,
};

static void
on_answer (WhyResult *result, gpointer data)
{
  WhyCaseList *self = data;
  g_autoptr (WhyCase) item = g_steal_pointer (&self->asking);
  const int top = result->error == NULL ? why_case_find_top (self->model, result->probabilities) : -1;

  self->asked = FALSE;
  g_clear_pointer (&self->input, why_tensor_unref);
  item->predicted = TRUE;
  if (top >= 0)
    why_case_set_answer (item, why_model_get_class_label (self->model, top),
                         why_tensor_get_f64 (result->probabilities, (gsize) top), item->has_map);
  why_case_list_queue_sort (self);
  why_case_list_go_on (self);
}

static void
ask (WhyCaseList *self)
{
  WhyRecipe *recipe = why_model_get_recipe (self->model);
  const WhyExplainRequest explain = {
    .method = "gradcam",
    .target_class = -1,
    .polarity = WHY_POLARITY_RELU,
    .score = WHY_SCORE_LOGIT,
    .multi_label = recipe->task == WHY_RECIPE_TASK_MULTI_LABEL,
    .region = WHY_REGION_PREDICTED,
  };
  g_autoptr (WhyRequest) request =
    why_request_new (why_model_get_onnx (self->model), recipe, NULL, self->input, &explain);

  request->predict_only = TRUE;
  self->asked = TRUE;
  why_runner_submit (self->runner, self->answer_view, request, on_answer, NULL, self);
}

static void
on_input (gpointer job, gpointer result, const GError *error, gpointer user_data)
{
  WhyCaseList *self = user_data;
  g_autoptr (WhyCase) item = g_steal_pointer (&self->preparing);

  item->predicted = TRUE;
  if (result != NULL)
    {
      self->asking = g_steal_pointer (&item);
      self->input = why_tensor_ref (result);
    }
  else if (!g_error_matches (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST))
    why_case_set_problem (item, error->message);
  why_case_list_go_on (self);
}

static gboolean
is_open_question (const WhyCase *item)
{
  return !item->predicted && item->problem == NULL;
}

/* What is on the screen first; then, of pictures that were chosen, the rest. */
static WhyCase *
find_question (WhyCaseList *self)
{
  for (guint index = 0; index < self->all->len; index++)
    {
      WhyCase *item = g_ptr_array_index (self->all, index);
      if (item->n_wanted > 0 && is_open_question (item))
        return item;
    }
  for (; self->chosen && self->next_prediction < self->all->len; self->next_prediction++)
    {
      WhyCase *item = g_ptr_array_index (self->all, self->next_prediction);
      if (is_open_question (item))
        return item;
    }
  return NULL;
}

static void
ask_next (WhyCaseList *self)
{
  const gboolean can_answer = self->model != NULL && why_model_get_n_classes (self->model) > 0 &&
                              why_model_get_onnx (self->model)->graph->n_inputs == 1;

  if (self->paused || !self->predicts || !can_answer || self->all->len < 2)
    return;
  if (self->asking != NULL)
    {
      if (!self->asked)
        ask (self);
      return;
    }
  WhyCase *item = self->preparing == NULL && self->making == NULL ? find_question (self) : NULL;
  if (item == NULL)
    return;
  InputJob *job = g_new0 (InputJob, 1);
  job->path = g_strdup (item->path);
  job->model = g_object_ref (self->model);
  self->preparing = g_object_ref (item);
  why_worker_submit (why_case_list_get_worker (self), self->input_view, &input_class, job, on_input, NULL, self);
}

void
why_case_list_drop_predictions (WhyCaseList *self)
{
  if (self->worker != NULL)
    why_worker_cancel (self->worker, self->input_view);
  why_runner_cancel (self->runner, self->answer_view);
  if (self->preparing != NULL)
    self->preparing->predicted = FALSE;
  if (self->asking != NULL)
    self->asking->predicted = FALSE;
  g_clear_object (&self->preparing);
  g_clear_object (&self->asking);
  g_clear_pointer (&self->input, why_tensor_unref);
  self->asked = FALSE;
  self->next_prediction = 0;
}

void
why_case_list_set_paused (WhyCaseList *self, gboolean paused)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (self->paused == paused)
    return;
  self->paused = paused;
  if (paused && self->asked)
    {
      /* Asked again afterwards. */
      why_runner_cancel (self->runner, self->answer_view);
      self->asked = FALSE;
    }
  why_case_list_go_on (self);
}

void
why_case_list_set_predicts (WhyCaseList *self, gboolean predicts)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (self->predicts == predicts)
    return;
  self->predicts = predicts;
  if (!predicts)
    why_case_list_drop_predictions (self);
  why_case_list_go_on (self);
}

void
why_case_list_go_on (WhyCaseList *self)
{
  make_next_thumbnail (self);
  ask_next (self);
  why_case_list_notify_busy (self);
}

void
why_case_list_stop (WhyCaseList *self)
{
  if (self->runner != NULL)
    {
      why_case_list_drop_predictions (self);
      why_runner_remove_view (self->runner, self->answer_view);
      g_clear_pointer (&self->runner, why_runner_unref);
    }
  /* Ends its jobs and waits for the one that runs. */
  g_clear_pointer (&self->worker, why_worker_unref);
  g_clear_object (&self->making);
}
