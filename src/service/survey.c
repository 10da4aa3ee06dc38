#include "config.h"

#include "service/survey.h"

#include "base/error.h"
#include "service/slide.h"
#include "survey-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Numbers that are kept: 64 MiB. */
#define MAX_NUMBERS ((gsize) 1 << 24)
/* More would take days, and every map of them is felt. */
#define MAX_FIELDS ((gsize) 1 << 20)
/* The first pass takes every eighth field of every eighth row, each that follows half of that. */
#define FIRST_STRIDE 8
/* Fields that are read before they are asked about. */
#define AHEAD 4

struct _WhySurvey
{
  _Atomic int ref_count;

  /* never changed */
  WhyPicture *picture;
  WhyOnnxModel *model;
  WhyRecipe *recipe;
  WhyExplainRequest explain;
  gsize n_classes;
  WhyRoi area;
  gint64 field_width, field_height;
  gint64 columns, rows;

  /* Used by the thread that runs it only, and by the one that reads for it. */
  guint32 *order; /* of the fields with tissue; NULL: not looked for yet */
  gsize n_order;
  gsize next; /* in the order */

  pthread_mutex_t mutex;
  /* guarded by it */
  float *probabilities; /* field by field, where that is known */
  guint8 *known; /* a truth for each field */
  gsize n_glass, n_answered, n_unreadable;
  gboolean complete;
  char *problem;
};

/* ---- what is asked about ---- */

/* Whether no pixel of the overview that touches the field, nor one beside them, has colour. */
static gboolean
is_glass (const WhyPicture *picture, const WhyRoi *field)
{
  const WhyTensor *overview = picture->display;
  const gint64 height = overview->dims[0], width = overview->dims[1], bands = overview->dims[2];
  const double scale_x = (double) width / (double) picture->width, scale_y = (double) height / (double) picture->height;
  const gint64 left = MAX (0, (gint64) floor ((double) field->x * scale_x) - 1);
  const gint64 top = MAX (0, (gint64) floor ((double) field->y * scale_y) - 1);
  const gint64 right = MIN (width - 1, (gint64) ceil ((double) (field->x + field->width) * scale_x));
  const gint64 bottom = MIN (height - 1, (gint64) ceil ((double) (field->y + field->height) * scale_y));

  if (picture->slide == NULL || bands != 3)
    return FALSE;
  for (gint64 y = top; y <= bottom; y++)
    for (gint64 x = left; x <= right; x++)
      if (why_slide_is_tissue ((const guint8 *) overview->data + (y * width + x) * bands))
        return FALSE;
  return TRUE;
}

static void
add_to_order (WhySurvey *self, gint64 row, gint64 column)
{
  const gsize field = (gsize) (row * self->columns + column);
  WhyRoi roi;

  why_survey_get_field (self, field, &roi);
  if (!is_glass (self->picture, &roi))
    self->order[self->n_order++] = (guint32) field;
}

/* Every pass visits those on its grid that are not on the one before. Of many fields felt: not for the main thread. */
static void
find_order (WhySurvey *self)
{
  const gsize n_fields = (gsize) (self->columns * self->rows);

  self->order = g_new (guint32, n_fields);
  for (gint64 stride = FIRST_STRIDE; stride >= 1; stride /= 2)
    for (gint64 row = 0; row < self->rows; row += stride)
      for (gint64 column = 0; column < self->columns; column += stride)
        if (stride == FIRST_STRIDE || row % (2 * stride) != 0 || column % (2 * stride) != 0)
          add_to_order (self, row, column);
  pthread_mutex_lock (&self->mutex);
  self->n_glass = n_fields - self->n_order;
  pthread_mutex_unlock (&self->mutex);
}

WhySurvey *
why_survey_new (const WhyPicture *picture, WhyOnnxModel *model, WhyRecipe *recipe, const WhyExplainRequest *explain,
                gsize n_classes, const WhyRoi *area, double um_per_pixel, GError **error)
{
  gint64 field_width, field_height;
  WhyRoi all = { 0, 0, picture->width, picture->height };

  g_return_val_if_fail (n_classes > 0, NULL);
  if (picture->is_volume)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           _ ("Pictures and slides can be surveyed, and this is a volume"));
      return NULL;
    }
  if (area != NULL && area->width > 0 &&
      !why_roi_from_numbers ((double) area->x, (double) area->y, (double) area->width, (double) area->height,
                             picture->width, picture->height, &all, error))
    return NULL;
  why_roi_field (recipe, um_per_pixel, &field_width, &field_height);
  field_width = MIN (field_width, picture->width);
  field_height = MIN (field_height, picture->height);
  const gint64 columns = (all.width + field_width - 1) / field_width,
               rows = (all.height + field_height - 1) / field_height;
  if ((gsize) columns > MIN (MAX_FIELDS, MAX_NUMBERS / n_classes) / (gsize) rows)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   _ ("%1$'.0f fields for each of %2$'.0f classes are too many: survey a smaller part of the picture"),
                   (double) columns * (double) rows, (double) n_classes);
      return NULL;
    }

  WhySurvey *self = g_new0 (WhySurvey, 1);
  self->ref_count = 1;
  self->picture = why_picture_copy (picture);
  self->model = why_onnx_model_ref (model);
  self->recipe = why_recipe_ref (recipe);
  why_explain_request_copy (explain, &self->explain);
  self->n_classes = n_classes;
  self->area = all;
  self->field_width = field_width;
  self->field_height = field_height;
  self->columns = columns;
  self->rows = rows;
  /* Large ones take memory as they are filled. */
  self->probabilities = g_new0 (float, (gsize) (columns * rows) * n_classes);
  self->known = g_new0 (guint8, (gsize) (columns * rows));
  pthread_mutex_init (&self->mutex, NULL);
  return self;
}

WhySurvey *
why_survey_ref (WhySurvey *self)
{
  atomic_fetch_add (&self->ref_count, 1);
  return self;
}

void
why_survey_unref (WhySurvey *self)
{
  if (atomic_fetch_sub (&self->ref_count, 1) != 1)
    return;
  why_picture_free (self->picture);
  why_onnx_model_unref (self->model);
  why_recipe_unref (self->recipe);
  why_explain_request_clear (&self->explain);
  pthread_mutex_destroy (&self->mutex);
  g_free (self->order);
  g_free (self->probabilities);
  g_free (self->known);
  g_free (self->problem);
  g_free (self);
}

/* ---- reading ahead ---- */

typedef struct
{
  WhyTensor *pixels; /* NULL: cannot be read, see the error */
  GError *error;
} Read;

/* Of a slide: reads the fields in order, a few more than were taken. */
typedef struct
{
  const WhySurvey *survey;
  WhyCancel *cancel;
  gsize next; /* the thread's own */
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t cond;
  /* guarded by it */
  Read ring[AHEAD];
  gsize n_read, n_taken;
  gboolean stop;
} Reader;

static void *
reader_main (void *data)
{
  Reader *reader = data;
  const WhySurvey *survey = reader->survey;

  for (; reader->next < survey->n_order; reader->next++)
    {
      Read read = { 0 };
      WhyRoi roi;

      pthread_mutex_lock (&reader->mutex);
      while (!reader->stop && reader->n_read - reader->n_taken == AHEAD)
        pthread_cond_wait (&reader->cond, &reader->mutex);
      const gboolean stop = reader->stop;
      pthread_mutex_unlock (&reader->mutex);
      if (stop)
        break;
      why_survey_get_field (survey, survey->order[reader->next], &roi);
      read.pixels = why_picture_read_roi (survey->picture, &roi, reader->cancel, &read.error);
      pthread_mutex_lock (&reader->mutex);
      reader->ring[reader->n_read++ % AHEAD] = read;
      pthread_cond_signal (&reader->cond);
      pthread_mutex_unlock (&reader->mutex);
    }
  return NULL;
}

static gboolean
reader_start (Reader *reader, const WhySurvey *survey, WhyCancel *cancel, GError **error)
{
  *reader = (Reader) { .survey = survey, .cancel = cancel, .next = survey->next };
  pthread_mutex_init (&reader->mutex, NULL);
  pthread_cond_init (&reader->cond, NULL);
  if (pthread_create (&reader->thread, NULL, reader_main, reader) == 0)
    return TRUE;
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_FAILED, "No thread can be started to read the fields");
  pthread_cond_destroy (&reader->cond);
  pthread_mutex_destroy (&reader->mutex);
  return FALSE;
}

static Read
reader_take (Reader *reader)
{
  pthread_mutex_lock (&reader->mutex);
  while (reader->n_read == reader->n_taken)
    pthread_cond_wait (&reader->cond, &reader->mutex);
  const Read read = reader->ring[reader->n_taken++ % AHEAD];
  pthread_cond_signal (&reader->cond);
  pthread_mutex_unlock (&reader->mutex);
  return read;
}

static void
reader_finish (Reader *reader)
{
  pthread_mutex_lock (&reader->mutex);
  reader->stop = TRUE;
  pthread_cond_signal (&reader->cond);
  pthread_mutex_unlock (&reader->mutex);
  pthread_join (reader->thread, NULL);
  for (; reader->n_taken < reader->n_read; reader->n_taken++)
    {
      g_clear_pointer (&reader->ring[reader->n_taken % AHEAD].pixels, why_tensor_unref);
      g_clear_error (&reader->ring[reader->n_taken % AHEAD].error);
    }
  pthread_cond_destroy (&reader->cond);
  pthread_mutex_destroy (&reader->mutex);
}

/* ---- asking ---- */

static void
note_unreadable (WhySurvey *self, const GError *error)
{
  pthread_mutex_lock (&self->mutex);
  self->n_unreadable++;
  if (self->problem == NULL)
    self->problem = g_strdup (error->message);
  pthread_mutex_unlock (&self->mutex);
}

/* Asked as a preview is: what the state keeps of the picture shown stays true. */
static gboolean
ask (WhySurvey *self, WhyRunState *state, gsize field, WhyCancel *cancel, GError **error)
{
  WhyRoi roi;

  why_survey_get_field (self, field, &roi);
  g_autoptr (WhyRequest) request =
    why_request_new (self->model, self->recipe, self->picture->pixels, NULL, &self->explain);
  why_request_set_place (request, self->picture, &roi);
  request->predict_only = TRUE;
  request->preview = TRUE;
  g_autoptr (WhyResult) result = why_run_state_run (state, request, cancel, NULL, NULL, error);
  if (result == NULL)
    return FALSE;
  if (result->error != NULL || why_tensor_count (result->probabilities) != self->n_classes)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_FAILED,
                           result->error != NULL ? result->error->message
                                                 : _ ("The network answers with another number of classes"));
      return FALSE;
    }
  pthread_mutex_lock (&self->mutex);
  for (gsize k = 0; k < self->n_classes; k++)
    self->probabilities[field * self->n_classes + k] = (float) why_tensor_get_f64 (result->probabilities, k);
  self->known[field] = TRUE;
  self->n_answered++;
  pthread_mutex_unlock (&self->mutex);
  return TRUE;
}

/* Of a slide the field's pixels take the place of those asked about before. FALSE only if there is no sense in going on. */
static gboolean
take_field (WhySurvey *self, WhyRunState *state, Reader *reader, WhyCancel *cancel, GError **error)
{
  const gsize field = self->order[self->next];
  WhyRoi roi;

  if (self->picture->slide == NULL)
    return ask (self, state, field, cancel, error);
  Read read = reader_take (reader);
  if (read.pixels != NULL)
    {
      why_survey_get_field (self, field, &roi);
      why_picture_set_pixels (self->picture, &roi, read.pixels);
      return ask (self, state, field, cancel, error);
    }
  if (why_cancel_is_set (cancel))
    {
      g_propagate_error (error, read.error);
      return FALSE;
    }
  note_unreadable (self, read.error);
  g_error_free (read.error);
  return TRUE;
}

gboolean
why_survey_run_in (WhySurvey *self, WhyRunState *state, gint64 budget, WhyCancel *cancel, WhyProgress progress,
                   gpointer progress_data, GError **error)
{
  const gint64 end = g_get_monotonic_time () + budget;

  if (self->order == NULL)
    find_order (self);
  const gboolean reads = self->picture->slide != NULL && self->next < self->n_order;
  gboolean good = TRUE;
  Reader reader;

  if (reads && !reader_start (&reader, self, cancel, error))
    return FALSE;
  while (self->next < self->n_order && (budget == 0 || g_get_monotonic_time () < end))
    {
      good = why_cancel_check (cancel, error) && take_field (self, state, &reader, cancel, error);
      if (!good)
        break;
      self->next++;
      if (progress != NULL)
        progress ((double) self->next / (double) self->n_order, progress_data);
    }
  if (reads)
    reader_finish (&reader);
  if (!good || self->next < self->n_order)
    return good;
  pthread_mutex_lock (&self->mutex);
  self->complete = TRUE;
  if (self->n_answered == 0 && self->n_unreadable > 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, self->problem);
      good = FALSE;
    }
  pthread_mutex_unlock (&self->mutex);
  return good;
}

gboolean
why_survey_run (WhySurvey *self, WhySession *session, WhyCancel *cancel, WhyProgress progress, gpointer progress_data,
                GError **error)
{
  WhyRunState state = { 0 };

  if (session != NULL)
    {
      state.session = session;
      state.model = why_onnx_model_ref (self->model);
    }
  const gboolean good = why_survey_run_in (self, &state, 0, cancel, progress, progress_data, error);
  if (session != NULL)
    state.session = NULL;
  why_run_state_clear (&state);
  return good;
}

/* ---- what it says ---- */

/* With the mutex held. */
static float
get_number (const WhySurvey *self, gsize field, int class_index)
{
  return self->known[field] ? self->probabilities[field * self->n_classes + (gsize) class_index] : NAN;
}

void
why_survey_get_counts (WhySurvey *self, WhySurveyCounts *counts)
{
  pthread_mutex_lock (&self->mutex);
  *counts = (WhySurveyCounts) {
    .n_fields = (gsize) (self->columns * self->rows),
    .n_glass = self->n_glass,
    .n_answered = self->n_answered,
    .n_unreadable = self->n_unreadable,
  };
  pthread_mutex_unlock (&self->mutex);
}

gboolean
why_survey_is_complete (WhySurvey *self)
{
  pthread_mutex_lock (&self->mutex);
  const gboolean complete = self->complete;
  pthread_mutex_unlock (&self->mutex);
  return complete;
}

char *
why_survey_dup_problem (WhySurvey *self)
{
  pthread_mutex_lock (&self->mutex);
  char *problem = g_strdup (self->problem);
  pthread_mutex_unlock (&self->mutex);
  return problem;
}

gint64
why_survey_get_columns (const WhySurvey *self)
{
  return self->columns;
}

gint64
why_survey_get_rows (const WhySurvey *self)
{
  return self->rows;
}

gsize
why_survey_get_n_classes (const WhySurvey *self)
{
  return self->n_classes;
}

void
why_survey_get_field (const WhySurvey *self, gsize field, WhyRoi *roi)
{
  const gint64 column = (gint64) field % self->columns, row = (gint64) field / self->columns;

  *roi = (WhyRoi) {
    .x = MIN (self->area.x + column * self->field_width, self->picture->width - self->field_width),
    .y = MIN (self->area.y + row * self->field_height, self->picture->height - self->field_height),
    .width = self->field_width,
    .height = self->field_height,
  };
}

void
why_survey_get_to_source (const WhySurvey *self, WhyAffine *to_source)
{
  *to_source = why_affine_scale_translate ((double) self->field_width, (double) self->field_height, (double) self->area.x,
                                           (double) self->area.y);
}

double
why_survey_get_probability (WhySurvey *self, gsize field, int class_index)
{
  g_return_val_if_fail (field < (gsize) (self->columns * self->rows), NAN);
  if (class_index < 0 || (gsize) class_index >= self->n_classes)
    return NAN;
  pthread_mutex_lock (&self->mutex);
  const double probability = (double) get_number (self, field, class_index);
  pthread_mutex_unlock (&self->mutex);
  return probability;
}

WhyTensor *
why_survey_dup_map (WhySurvey *self, int class_index)
{
  const gint64 dims[] = { self->rows, self->columns };

  if (class_index < 0 || (gsize) class_index >= self->n_classes)
    return NULL;
  WhyTensor *map = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);
  if (map == NULL)
    return NULL;
  float *values = map->data;
  pthread_mutex_lock (&self->mutex);
  for (gsize field = 0; field < (gsize) (self->columns * self->rows); field++)
    values[field] = get_number (self, field, class_index);
  pthread_mutex_unlock (&self->mutex);
  return map;
}

static int
compare_fields (gconstpointer a, gconstpointer b, gpointer values)
{
  const guint32 first = *(const guint32 *) a, second = *(const guint32 *) b;
  const float one = ((const float *) values)[first], other = ((const float *) values)[second];

  return one != other ? (one < other) - (one > other) : (first > second) - (first < second);
}

GArray *
why_survey_rank (WhySurvey *self, int class_index)
{
  GArray *ranked = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (WhyTensor) map = why_survey_dup_map (self, class_index);

  for (guint32 field = 0; map != NULL && field < (guint32) why_tensor_count (map); field++)
    if (isfinite (((const float *) map->data)[field]))
      g_array_append_val (ranked, field);
  if (map != NULL)
    g_array_sort_with_data (ranked, compare_fields, map->data);
  return ranked;
}

/* As a field of a table: in quotes, which are doubled inside. */
static void
append_quoted (GString *text, const char *label)
{
  g_string_append_c (text, '"');
  for (const char *at = label; *at != '\0'; at++)
    {
      if (*at == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *at);
    }
  g_string_append_c (text, '"');
}

/* A copy, so that whoever fills it waits for no more than that. Returns: whether it is known */
static gboolean
copy_numbers (WhySurvey *self, gsize field, float *numbers)
{
  pthread_mutex_lock (&self->mutex);
  const gboolean known = self->known[field];
  if (known)
    memcpy (numbers, self->probabilities + field * self->n_classes, self->n_classes * sizeof *numbers);
  pthread_mutex_unlock (&self->mutex);
  return known;
}

char *
why_survey_to_csv (WhySurvey *self, const char *const *labels)
{
  GString *text = g_string_new ("x,y,width,height,class");
  g_autofree float *numbers = g_new (float, self->n_classes);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize k = 0; k < self->n_classes; k++)
    {
      g_string_append_c (text, ',');
      append_quoted (text, labels[k]);
    }
  g_string_append (text, "\n");
  for (gsize field = 0; field < (gsize) (self->columns * self->rows); field++)
    {
      gsize top = 0;
      WhyRoi roi;

      if (!copy_numbers (self, field, numbers) || !isfinite (numbers[0]))
        continue;
      for (gsize k = 1; k < self->n_classes; k++)
        if (numbers[k] > numbers[top])
          top = k;
      why_survey_get_field (self, field, &roi);
      g_autofree char *place = why_roi_to_string (&roi);
      g_string_append_printf (text, "%s,", place);
      append_quoted (text, labels[top]);
      for (gsize k = 0; k < self->n_classes; k++)
        g_string_append_printf (text, ",%s", g_ascii_formatd (number, sizeof number, "%.9g", (double) numbers[k]));
      g_string_append (text, "\n");
    }
  return g_string_free (text, FALSE);
}
