#include "config.h"

#include "service/surveyor.h"

#include "document-private.h"
#include "runner-private.h"
#include "service/document-look.h"
#include "service/percent.h"
#include "survey-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

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
  GArray *ranked; /* nullable: likewise, once it was gone through */
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
  g_clear_pointer (&self->ranked, g_array_unref);
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
  g_clear_pointer (&self->ranked, g_array_unref);
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

gboolean
why_surveyor_can_start (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  const WhyPicture *picture = why_document_get_source (self->document);
  WhyModel *model = why_document_get_model (self->document);
  gint64 width, height;

  if (picture == NULL || picture->is_volume || model == NULL || why_model_get_n_classes (model) == 0 ||
      why_model_get_onnx (model)->graph->n_inputs != 1)
    return FALSE;
  why_roi_field (why_model_get_recipe (model), why_document_get_um_per_pixel (self->document), &width, &height);
  return picture->width > width || picture->height > height;
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

static void
explain_field (WhySurveyor *self, gsize field)
{
  WhyRoi roi;

  why_survey_get_field (self->survey, field, &roi);
  why_document_set_roi (self->document, (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height);
}

gboolean
why_surveyor_step (WhySurveyor *self, int n_steps)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), FALSE);
  if (self->survey == NULL)
    return FALSE;
  const int rank = why_surveyor_get_rank (self) + n_steps;
  if (rank < 0 || rank >= (int) self->ranked->len)
    return FALSE;
  /* The class that the fields are ranked by stays the one explained. */
  if (why_document_get_target_class (self->document) < 0)
    why_document_set_target_class (self->document, self->map_class);
  self->field = g_array_index (self->ranked, guint32, rank);
  explain_field (self, (gsize) self->field);
  g_signal_emit (self, signal_changed, 0);
  return TRUE;
}

int
why_surveyor_get_rank (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), -1);
  if (self->survey == NULL)
    return -1;
  if (self->ranked == NULL)
    self->ranked = why_survey_rank (self->survey, self->map_class);
  for (guint rank = 0; self->field >= 0 && rank < self->ranked->len; rank++)
    if (g_array_index (self->ranked, guint32, rank) == self->field)
      return (int) rank;
  return -1;
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
  self->field = (gint64) y * columns + (gint64) x;
  explain_field (self, (gsize) self->field);
  g_signal_emit (self, signal_changed, 0);
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

  if (!why_surveyor_can_start (self))
    return g_strdup ("");
  const WhyPicture *picture = why_document_get_source (self->document);
  why_roi_field (why_model_get_recipe (self->document->model), why_document_get_um_per_pixel (self->document), &width,
                 &height);
  const double columns = ceil ((double) picture->width / (double) width),
               rows = ceil ((double) picture->height / (double) height);
  /* Translators: pixels; number of fields */
  return g_strdup_printf (_ ("The network sees %1$.0f × %2$.0f pixels at once: %3$'.0f such fields cover the picture."),
                          (double) width, (double) height, columns * rows);
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

char *
why_surveyor_dup_csv (WhySurveyor *self)
{
  g_return_val_if_fail (WHY_IS_SURVEYOR (self), NULL);
  if (self->survey == NULL)
    return NULL;
  const gsize n_classes = why_survey_get_n_classes (self->survey);
  g_autofree const char **labels = g_new0 (const char *, n_classes + 1);

  for (gsize k = 0; k < n_classes; k++)
    labels[k] = why_model_get_class_label (self->document->model, (int) k);
  return why_survey_to_csv (self->survey, labels);
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
