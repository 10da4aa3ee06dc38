#include "config.h"

#include "service/surveyor.h"

#include "document-private.h"
#include "runner-private.h"
#include "service/document-look.h"
#include "service/percent.h"
#include "survey-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* A second of work says enough of how long the rest takes. */
#define LEFT_AFTER_US G_USEC_PER_SEC

struct _WhySurveyor
{
  GObject parent_instance;

  WhyDocument *document;
  WhyRunner *runner;
  guint view;

  WhySurvey *survey; /* nullable */
  const WhyPicture *picture; /* of the survey; only compared */
  const WhyOnnxModel *model; /* likewise */
  WhyTensor *map; /* nullable: of the class shown */
  int map_class;
  gint64 field; /* gone to last, -1 */
  gboolean running, shown;
  gint64 run_start;
  double run_from; /* progress at that time */
};

G_DEFINE_FINAL_TYPE (WhySurveyor, why_surveyor, G_TYPE_OBJECT)

static guint signal_changed;

static void submit (WhySurveyor *self);

/* ---- the map of the class ---- */

static void
drop_map (WhySurveyor *self)
{
  g_clear_pointer (&self->map, why_tensor_unref);
  self->field = -1;
}

/* Where the document has no map yet, the first class: there is always something to look at. */
static int
find_class (WhySurveyor *self)
{
  return MAX (0, why_document_get_shown_class (self->document));
}

static void
update_map (WhySurveyor *self)
{
  g_clear_pointer (&self->map, why_tensor_unref);
  if (self->survey == NULL)
    return;
  self->map_class = find_class (self);
  self->map = why_survey_dup_map (self->survey, self->map_class);
}

/* ---- running ---- */

double
why_surveyor_get_progress (WhySurveyor *self)
{
  WhySurveyCounts counts;

  g_return_val_if_fail (WHY_IS_SURVEYOR (self), 0);
  if (self->survey == NULL)
    return 0;
  why_survey_get_counts (self->survey, &counts);
  const gsize n_wanted = counts.n_fields - counts.n_glass;
  return n_wanted > 0 ? (double) (counts.n_answered + counts.n_unreadable) / (double) n_wanted : 1;
}

static void
on_part (const GError *error, gpointer data)
{
  WhySurveyor *self = data;

  self->running = FALSE;
  if (error != NULL)
    why_document_set_error (self->document, error->message);
  else if (!why_survey_is_complete (self->survey))
    submit (self);
  update_map (self);
  g_signal_emit (self, signal_changed, 0);
}

static void
submit (WhySurveyor *self)
{
  self->running = TRUE;
  why_runner_submit_survey (self->runner, self->view, self->survey, on_part, self);
}

static WhySurvey *
make_survey (WhySurveyor *self, const WhyRoi *area, GError **error)
{
  const WhyPicture *picture = why_document_get_source (self->document);
  WhyModel *model = why_document_get_model (self->document);
  WhyRecipe *recipe = why_model_get_recipe (model);
  const WhyExplainRequest explain = {
    .method = why_document_get_method (self->document),
    .target_class = -1,
    .multi_label = recipe->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };

  return why_survey_new (picture, why_model_get_onnx (model), recipe, &explain, (gsize) why_model_get_n_classes (model),
                         area, why_document_get_um_per_pixel (self->document), error);
}

double
why_surveyor_plan (WhySurveyor *self, gint64 *field_width, gint64 *field_height)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), 0);
  const WhyPicture *picture = why_document_get_source (self->document);
  WhyModel *model = why_document_get_model (self->document);

  if (picture == NULL || picture->is_volume || model == NULL || why_model_get_n_classes (model) == 0 ||
      why_model_get_onnx (model)->graph->n_inputs != 1)
    return 0;
  why_roi_field (why_model_get_recipe (model), why_document_get_um_per_pixel (self->document), field_width, field_height);
  return ceil ((double) picture->width / (double) *field_width) * ceil ((double) picture->height / (double) *field_height);
}

gboolean
why_surveyor_can_start (WhySurveyor *self)
{
  gint64 width, height;

  return why_surveyor_plan (self, &width, &height) > 1;
}

void
why_surveyor_start (WhySurveyor *self, const WhyRoi *area)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_SURVEYOR (self));
  if (self->running && area == NULL)
    return;
  if (!why_surveyor_can_start (self))
    {
      why_document_set_error (
        self->document, _ ("A survey needs a network and a picture that is larger than what the network sees at once"));
      return;
    }
  if (self->survey == NULL || area != NULL || why_survey_is_complete (self->survey))
    {
      WhySurvey *survey = make_survey (self, area, &error);
      if (survey == NULL)
        {
          why_document_set_error (self->document, error->message);
          return;
        }
      why_surveyor_forget (self);
      self->survey = survey;
      self->picture = why_document_get_source (self->document);
      self->model = why_model_get_onnx (why_document_get_model (self->document));
    }
  self->shown = TRUE;
  self->run_start = g_get_monotonic_time ();
  self->run_from = why_surveyor_get_progress (self);
  submit (self);
  update_map (self);
  g_signal_emit (self, signal_changed, 0);
}

void
why_surveyor_stop (WhySurveyor *self)
{
  g_return_if_fail (WHY_IS_SURVEYOR (self));
  if (!self->running)
    return;
  why_runner_cancel (self->runner, self->view);
  self->running = FALSE;
  update_map (self);
  g_signal_emit (self, signal_changed, 0);
}

void
why_surveyor_forget (WhySurveyor *self)
{
  g_return_if_fail (WHY_IS_SURVEYOR (self));
  if (self->survey == NULL)
    return;
  why_runner_cancel (self->runner, self->view);
  self->running = FALSE;
  drop_map (self);
  g_clear_pointer (&self->survey, why_survey_unref);
  g_signal_emit (self, signal_changed, 0);
}

gboolean
why_surveyor_is_running (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  return self->running;
}

int
why_surveyor_get_seconds_left (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), -1);
  const gint64 spent = g_get_monotonic_time () - self->run_start;
  const double done = why_surveyor_get_progress (self);

  if (!self->running || done <= self->run_from || spent < LEFT_AFTER_US)
    return -1;
  return (int) ceil ((double) spent / G_USEC_PER_SEC * (1 - done) / (done - self->run_from));
}

WhySurvey *
why_surveyor_get_survey (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), NULL);
  return self->survey;
}

/* ---- showing ---- */

gboolean
why_surveyor_get_shown (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  return self->shown;
}

void
why_surveyor_set_shown (WhySurveyor *self, gboolean shown)
{
  g_return_if_fail (WHY_IS_SURVEYOR (self));
  if (self->shown == shown)
    return;
  self->shown = shown;
  g_signal_emit (self, signal_changed, 0);
}

/* Not in the colours of the map of the field that is explained, beside which it lies. */
static const WhyColormap *
find_colormap (WhySurveyor *self)
{
  const gboolean taken = g_strcmp0 (why_document_get_colormap (self->document), "viridis") == 0;

  return why_colormap_find (taken ? "inferno" : "viridis", NULL);
}

WhyTensor *
why_surveyor_get_overlay (WhySurveyor *self, WhyAffine *to_source, WhyOverlayStyle *style)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self) && to_source != NULL && style != NULL, NULL);

  if (!self->shown || self->map == NULL)
    return NULL;
  why_survey_get_to_source (self->survey, to_source);
  why_overlay_style_init (style, FALSE);
  style->colormap = find_colormap (self);
  style->opacity = why_document_get_opacity (self->document);
  style->threshold = why_document_get_threshold (self->document);
  style->alpha_by_value = self->document->state.look.alpha == WHY_DOCUMENT_ALPHA_VALUE;
  style->kind = WHY_RESAMPLE_NEAREST;
  style->blank_gaps = TRUE;
  style->limits = WHY_LIMITS_LOCKED;
  style->lo = 0;
  style->hi = 1;
  style->vision = self->document->state.look.vision;
  return self->map;
}

int
why_surveyor_get_class (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), -1);
  return self->survey != NULL ? self->map_class : -1;
}

/* ---- going through it ---- */

/* The order in which fields are gone through: the higher first, of equal ones the upper left. @a, @b: known */
static gboolean
is_before (const float *values, gint64 a, gint64 b)
{
  return values[a] != values[b] ? values[a] > values[b] : a < b;
}

/* The field that comes next after @from, or before it; -1: there is none. @from: -1: before the first. A pass over all, which
 * is less than to sort them for one step while they change. */
static gint64
find_neighbour (const WhyTensor *map, gint64 from, gboolean forward)
{
  const float *values = map->data;
  gint64 found = -1;

  for (gint64 field = 0; field < (gint64) why_tensor_count (map); field++)
    {
      if (!isfinite (values[field]) || field == from)
        continue;
      if (from >= 0 && is_before (values, from, field) != forward)
        continue;
      if (found < 0 || is_before (values, field, found) == forward)
        found = field;
    }
  return found;
}

static gboolean
is_known (WhySurveyor *self, gint64 field)
{
  return field >= 0 && self->map != NULL && isfinite (((const float *) self->map->data)[field]);
}

/* The class whose probabilities are shown stays the one that is explained. */
static void
explain_field (WhySurveyor *self, gint64 field)
{
  WhyRoi roi;

  if (why_document_get_target_class (self->document) < 0)
    why_document_set_target_class (self->document, self->map_class);
  self->field = field;
  why_survey_get_field (self->survey, (gsize) field, &roi);
  why_document_set_roi (self->document, (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height);
  g_signal_emit (self, signal_changed, 0);
}

gboolean
why_surveyor_step (WhySurveyor *self, gboolean forward)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  const gint64 from = is_known (self, self->field) ? self->field : -1;

  if (self->map == NULL || (from < 0 && !forward))
    return FALSE;
  const gint64 found = find_neighbour (self->map, from, forward);
  if (found >= 0)
    explain_field (self, found);
  return found >= 0;
}

int
why_surveyor_get_rank (WhySurveyor *self)
{
  int rank = 0;

  g_return_val_if_fail (WHY_IS_SURVEYOR (self), -1);
  if (!is_known (self, self->field))
    return -1;
  const float *values = self->map->data;
  for (gint64 field = 0; field < (gint64) why_tensor_count (self->map); field++)
    rank += isfinite (values[field]) && is_before (values, field, self->field);
  return rank;
}

gboolean
why_surveyor_explain_at (WhySurveyor *self, double x, double y)
{
  WhyAffine to_source, to_cell;

  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  if (self->survey == NULL)
    return FALSE;
  why_survey_get_to_source (self->survey, &to_source);
  if (!why_affine_invert (&to_source, &to_cell))
    return FALSE;
  why_affine_apply (&to_cell, &x, &y);
  const gint64 columns = why_survey_get_columns (self->survey), rows = why_survey_get_rows (self->survey);
  if (!(x >= 0 && y >= 0 && x < (double) columns && y < (double) rows))
    return FALSE;
  explain_field (self, (gint64) y * columns + (gint64) x);
  return TRUE;
}

/* ---- in words and numbers ---- */

static void
summarise (WhySurveyor *self, double *highest, gsize *n_over_half)
{
  const float *values = self->map != NULL ? self->map->data : NULL;

  *highest = NAN;
  *n_over_half = 0;
  for (gsize field = 0; values != NULL && field < why_tensor_count (self->map); field++)
    {
      const double value = (double) values[field];
      if (!isfinite (value))
        continue;
      *highest = isfinite (*highest) ? MAX (*highest, value) : value;
      *n_over_half += value > 0.5;
    }
}

static char *
describe_plan (WhySurveyor *self)
{
  gint64 width, height;
  const double n_fields = why_surveyor_plan (self, &width, &height);

  if (n_fields <= 1)
    return g_strdup ("");
  /* Translators: pixels; number of fields */
  return g_strdup_printf (_ ("The network sees %1$.0f × %2$.0f pixels at once: %3$'.0f such fields cover the picture."),
                          (double) width, (double) height, n_fields);
}

char *
why_surveyor_describe (WhySurveyor *self)
{
  WhySurveyCounts counts;
  double highest;
  gsize n_over_half;

  g_return_val_if_fail (WHY_IS_SURVEYOR (self), NULL);
  if (self->survey == NULL)
    return describe_plan (self);
  why_survey_get_counts (self->survey, &counts);
  summarise (self, &highest, &n_over_half);
  g_autoptr (GString) text = g_string_new (NULL);
  if (counts.n_answered == 0)
    g_string_append (text, counts.n_glass == counts.n_fields ? _ ("There is no tissue in the part that was surveyed.")
                                                             : _ ("No field is known yet."));
  else
    {
      g_autofree char *percent = why_percent_text (highest);
      /* Translators: numbers of fields, name of a class, probability */
      g_string_append_printf (text, _ ("%1$'.0f of %2$'.0f fields are more than half “%3$s”; the surest is %4$s."),
                              (double) n_over_half, (double) counts.n_answered,
                              why_model_get_class_label (self->document->model, self->map_class), percent);
    }
  if (counts.n_glass > 0 && counts.n_glass < counts.n_fields)
    {
      g_string_append_c (text, ' ');
      /* Translators: how many fields of a slide are glass */
      g_string_append_printf (text, _ ("%'.0f without tissue were left out."), (double) counts.n_glass);
    }
  if (counts.n_unreadable > 0)
    {
      g_autofree char *problem = why_survey_dup_problem (self->survey);
      g_string_append_c (text, ' ');
      /* Translators: number of fields; what is wrong with the first */
      g_string_append_printf (text, _ ("%1$'.0f cannot be read: %2$s"), (double) counts.n_unreadable, problem);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

typedef struct
{
  WhySurvey *survey;
  GFile *file;
  char **labels;
} Saving;

static void
saving_free (gpointer data)
{
  Saving *saving = data;

  why_survey_unref (saving->survey);
  g_object_unref (saving->file);
  g_strfreev (saving->labels);
  g_free (saving);
}

static void
save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Saving *saving = data;
  g_autofree char *csv = why_survey_to_csv (saving->survey, (const char *const *) saving->labels);
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents (saving->file, csv, strlen (csv), NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
why_surveyor_save (WhySurveyor *self, GFile *file, GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (WHY_IS_SURVEYOR (self) && self->survey != NULL);
  const gsize n_classes = why_survey_get_n_classes (self->survey);
  Saving *saving = g_new0 (Saving, 1);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);

  saving->survey = why_survey_ref (self->survey);
  saving->file = g_object_ref (file);
  saving->labels = g_new0 (char *, n_classes + 1);
  for (gsize k = 0; k < n_classes; k++)
    saving->labels[k] = g_strdup (why_model_get_class_label (self->document->model, (int) k));
  g_task_set_task_data (task, saving, saving_free);
  g_task_run_in_thread (task, save);
}

gboolean
why_surveyor_save_finish (WhySurveyor *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

JsonObject *
why_surveyor_to_json (WhySurveyor *self)
{
  WhySurveyCounts counts;
  double highest;
  gsize n_over_half;

  g_return_val_if_fail (WHY_IS_SURVEYOR (self), NULL);
  if (self->survey == NULL)
    return NULL;
  JsonObject *object = json_object_new ();
  why_survey_get_counts (self->survey, &counts);
  summarise (self, &highest, &n_over_half);
  json_object_set_boolean_member (object, "running", self->running);
  json_object_set_boolean_member (object, "complete", why_survey_is_complete (self->survey));
  json_object_set_boolean_member (object, "shown", self->shown);
  json_object_set_int_member (object, "columns", why_survey_get_columns (self->survey));
  json_object_set_int_member (object, "rows", why_survey_get_rows (self->survey));
  json_object_set_int_member (object, "fields", (gint64) counts.n_fields);
  json_object_set_int_member (object, "glass", (gint64) counts.n_glass);
  json_object_set_int_member (object, "answered", (gint64) counts.n_answered);
  json_object_set_int_member (object, "unreadable", (gint64) counts.n_unreadable);
  json_object_set_int_member (object, "class", self->map_class);
  json_object_set_int_member (object, "rank", why_surveyor_get_rank (self));
  json_object_set_int_member (object, "over_half", (gint64) n_over_half);
  if (isfinite (highest))
    json_object_set_double_member (object, "highest", highest);
  else
    json_object_set_null_member (object, "highest");
  return object;
}

/* ---- the object ---- */

/* Another picture or network: what was found is not of it. Another class: the same answers, seen otherwise. */
static void
on_document_changed (WhySurveyor *self)
{
  WhyModel *model = why_document_get_model (self->document);

  if (self->survey == NULL)
    g_signal_emit (self, signal_changed, 0);
  else if (why_document_get_source (self->document) != self->picture || model == NULL ||
           why_model_get_onnx (model) != self->model)
    why_surveyor_forget (self);
  else if (find_class (self) != self->map_class)
    {
      drop_map (self);
      update_map (self);
      g_signal_emit (self, signal_changed, 0);
    }
}

static void
on_look_changed (WhySurveyor *self)
{
  if (self->survey != NULL)
    g_signal_emit (self, signal_changed, 0);
}

static void
why_surveyor_dispose (GObject *object)
{
  WhySurveyor *self = WHY_SURVEYOR (object);

  if (self->runner != NULL)
    {
      why_runner_cancel (self->runner, self->view);
      why_runner_remove_view (self->runner, self->view);
      g_clear_pointer (&self->runner, why_runner_unref);
    }
  drop_map (self);
  g_clear_pointer (&self->survey, why_survey_unref);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_surveyor_parent_class)->dispose (object);
}

static void
why_surveyor_class_init (WhySurveyorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = why_surveyor_dispose;
  signal_changed =
    g_signal_new ("changed", WHY_TYPE_SURVEYOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
why_surveyor_init (WhySurveyor *self)
{
  self->field = -1;
  self->shown = TRUE;
}

WhySurveyor *
why_surveyor_new (WhyDocument *document)
{
  static const char *const questions[] = { "notify::picture", "notify::model", "notify::target-class", "updated" };
  static const char *const looks[] = { "notify::opacity", "notify::threshold", "notify::colormap", "notify::look" };

  g_return_val_if_fail (WHY_IS_DOCUMENT (document), NULL);
  WhySurveyor *self = g_object_new (WHY_TYPE_SURVEYOR, NULL);
  self->document = g_object_ref (document);
  self->runner = why_runner_ref (document->runner);
  self->view = why_runner_add_sibling (self->runner, document->view);
  for (gsize signal = 0; signal < G_N_ELEMENTS (questions); signal++)
    g_signal_connect_object (document, questions[signal], G_CALLBACK (on_document_changed), self, G_CONNECT_SWAPPED);
  for (gsize signal = 0; signal < G_N_ELEMENTS (looks); signal++)
    g_signal_connect_object (document, looks[signal], G_CALLBACK (on_look_changed), self, G_CONNECT_SWAPPED);
  return self;
}
