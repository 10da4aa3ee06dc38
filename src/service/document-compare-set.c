#include "config.h"

#include "document-compare.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* What people set of a comparison: each setter checks its value and makes one undoable change of the state. */

/* As many as can be told apart at a glance. */
#define N_PRESET 12
#define N_PRESET_ROWS 4
#define N_PRESET_CLASSES 6
#define N_PRESET_COLUMNS 3

/* ---- getters ---- */

WhyCompareMode
why_document_get_compare_mode (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), WHY_COMPARE_SINGLE);
  return self->state.comparison->mode;
}

const char *
why_document_get_compare (WhyDocument *self)
{
  return why_compare_mode_to_string (why_document_get_compare_mode (self));
}

GListModel *
why_document_get_variants (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->compare->variants);
}

guint
why_document_get_n_compared (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.comparison->others->len;
}

const char *
why_document_get_compared (WhyDocument *self, guint place, WhyDimension dimension)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  const GPtrArray *others = self->state.comparison->others;

  return place < others->len ? ((const WhyQuestion *) g_ptr_array_index (others, place))->values[dimension] : NULL;
}

gboolean
why_document_get_shared_limits (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.comparison->shared_limits;
}

double
why_document_get_curtain (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0.5);
  return self->state.curtain;
}

const char *
why_document_get_curtain_bare (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "none");
  return why_compare_bare_to_string (self->state.comparison->bare);
}

const WhyDifference *
why_document_get_difference (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->compare->difference;
}

guint
why_document_get_grid (WhyDocument *self, WhyDimension *row_dimension, const char *const **rows,
                       WhyDimension *column_dimension, const char *const **columns)
{
  const WhyComparison *comparison = self->state.comparison;

  *row_dimension = comparison->row_dimension;
  *rows = (const char *const *) comparison->rows;
  *column_dimension = comparison->column_dimension;
  *columns = (const char *const *) comparison->columns;
  return comparison->rows[0] != NULL ? g_strv_length (comparison->columns) : 0;
}

/* ---- changing ---- */

static void
fail_value (WhyDocument *self, const char *message)
{
  why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
}

/* @comparison: (transfer full) */
static void
commit (WhyDocument *self, WhyComparison *comparison)
{
  WhyDocumentState state = why_document_begin_change (self);

  why_comparison_unref (state.comparison);
  state.comparison = comparison;
  why_document_commit (self, &state, NULL);
}

/* Returns: (transfer full) (nullable): the value as it is kept; NULL with the error shown */
static char *
check_value (WhyDocument *self, WhyDimension dimension, const char *value, const WhyQuestion *with)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  const char *options;
  WhyPolarity polarity;

  switch (dimension)
    {
    case WHY_DIMENSION_LAYER:
      /* The layers of another model are known once it is loaded. */
      if (self->model == NULL || (with != NULL && with->values[WHY_DIMENSION_MODEL] != NULL) ||
          why_model_find_layer (self->model, value, &error) != NULL)
        return g_strdup (value);
      break;
    case WHY_DIMENSION_METHOD:
      id = why_compare_split_method (value, &options);
      if (why_explainer_lookup (id, &error) != NULL && why_options_check (why_explainer_lookup (id, NULL), options, &error))
        return g_strdup (value);
      break;
    case WHY_DIMENSION_CLASS:
      if (strcmp (value, "top") == 0 || strcmp (value, "next") == 0)
        return g_strdup (value);
      if (self->model == NULL)
        {
          fail_value (self, _ ("Open a model first: there are no classes to choose from yet"));
          return NULL;
        }
      const int class = why_model_find_class (self->model, value, &error);
      if (class >= 0)
        return g_strdup_printf ("%d", class);
      break;
    case WHY_DIMENSION_POLARITY:
      if (why_polarity_parse (value, &polarity, &error))
        return g_strdup (value);
      break;
    case WHY_DIMENSION_MODEL:
      return g_canonicalize_filename (value, NULL);
    case WHY_N_DIMENSIONS:
    default:
      g_return_val_if_reached (NULL);
    }
  fail_value (self, error->message);
  return NULL;
}

/* ---- modes ---- */

/* What to compare with when nobody said: the class that nearly won. */
static WhyQuestion *
default_other (WhyDocument *self)
{
  WhyQuestion *question = why_question_new ();

  why_question_set (question, WHY_DIMENSION_CLASS, "next");
  return question;
}

static void make_preset (WhyDocument *self, const char *preset, WhyComparison *comparison);

static void
complete (WhyDocument *self, WhyComparison *comparison)
{
  if (comparison->mode == WHY_COMPARE_GRID)
    {
      if (comparison->columns[0] == NULL)
        make_preset (self, "layers", comparison);
    }
  else if (comparison->mode != WHY_COMPARE_SINGLE && comparison->others->len == 0)
    g_ptr_array_add (comparison->others, default_other (self));
}

void
why_document_set_compare (WhyDocument *self, const char *mode)
{
  WhyCompareMode parsed;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && mode != NULL);
  if (!why_compare_mode_from_string (mode, &parsed))
    {
      g_autofree char *message =
        g_strdup_printf (_ ("There is no comparison '%s'; choose single, side, curtain, grid or difference"), mode);
      fail_value (self, message);
      return;
    }
  if (parsed == self->state.comparison->mode)
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  next->mode = parsed;
  complete (self, next);
  commit (self, next);
}

void
why_document_set_shared_limits (WhyDocument *self, gboolean shared)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.comparison->shared_limits == !!shared)
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  next->shared_limits = !!shared;
  commit (self, next);
}

void
why_document_set_curtain (WhyDocument *self, double curtain)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (isnan (curtain) || self->state.curtain == CLAMP (curtain, 0, 1))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.curtain = CLAMP (curtain, 0, 1);
  why_document_commit (self, &state, "curtain");
}

void
why_document_set_curtain_bare (WhyDocument *self, const char *side)
{
  int bare;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && side != NULL);
  if (!why_compare_bare_from_string (side, &bare))
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no side '%s'; choose none, left or right"), side);
      fail_value (self, message);
      return;
    }
  if (bare == self->state.comparison->bare)
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  next->bare = bare;
  commit (self, next);
}

/* ---- the others ---- */

void
why_document_set_compared (WhyDocument *self, guint place, WhyDimension dimension, const char *value)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && dimension < WHY_N_DIMENSIONS);
  const GPtrArray *others = self->state.comparison->others;
  const WhyQuestion *old = place < others->len ? g_ptr_array_index (others, place) : NULL;

  if (value != NULL && *value == '\0')
    value = NULL;
  if (place > others->len || place >= WHY_MAX_OTHERS)
    {
      g_autofree char *message =
        g_strdup_printf (_ ("There is no map %u to compare with; there are %u, and at most %d"), place + 1, others->len, WHY_MAX_OTHERS);
      fail_value (self, message);
      return;
    }
  g_autofree char *kept = value != NULL ? check_value (self, dimension, value, old) : NULL;
  if ((value != NULL && kept == NULL) || (old != NULL && g_strcmp0 (old->values[dimension], kept) == 0))
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  if (place == others->len)
    g_ptr_array_add (next->others, why_question_new ());
  why_question_set (g_ptr_array_index (next->others, place), dimension, kept);
  /* Another model has other layers. */
  if (dimension == WHY_DIMENSION_MODEL)
    why_question_set (g_ptr_array_index (next->others, place), WHY_DIMENSION_LAYER, NULL);
  commit (self, next);
}

void
why_document_compare_with (WhyDocument *self, WhyDimension dimension, const char *value)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && value != NULL);
  g_autofree char *kept = check_value (self, dimension, value, NULL);

  if (kept == NULL)
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  WhyQuestion *question = why_question_new ();
  why_question_set (question, dimension, kept);
  if (next->others->len > 0)
    g_ptr_array_remove_index (next->others, 0);
  g_ptr_array_insert (next->others, 0, question);
  if (next->mode == WHY_COMPARE_SINGLE || next->mode == WHY_COMPARE_GRID)
    next->mode = WHY_COMPARE_SIDE;
  commit (self, next);
}

void
why_document_add_compared (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  const GPtrArray *others = self->state.comparison->others;

  if (others->len >= WHY_MAX_OTHERS)
    {
      fail_value (self, _ ("Four maps fit side by side; show a grid to compare more"));
      return;
    }
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  /* Like the last one, to be changed where it shall differ. */
  g_ptr_array_add (next->others, others->len > 0 ? why_question_copy (g_ptr_array_index (others, others->len - 1))
                                                 : default_other (self));
  commit (self, next);
}

void
why_document_remove_compared (WhyDocument *self, guint place)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (place >= self->state.comparison->others->len)
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  g_ptr_array_remove_index (next->others, place);
  if (next->others->len == 0)
    next->mode = WHY_COMPARE_SINGLE;
  commit (self, next);
}

/* ---- making another question the main one ---- */

static void
set_text (char **field, const char *text)
{
  char *copy = g_strdup (text);

  g_free (*field);
  *field = copy;
}

/* Takes what @question says into the state, and what the state said before into @question. */
static void
swap_values (WhyDocument *self, WhyDocumentState *state, WhyQuestion *question, const WhyResult *result)
{
  const WhyDocumentState *old = &self->state;

  if (question->values[WHY_DIMENSION_LAYER] != NULL)
    {
      set_text (&state->layer, question->values[WHY_DIMENSION_LAYER]);
      why_question_set (question, WHY_DIMENSION_LAYER, old->layer != NULL ? old->layer : why_model_get_default_layer (self->model));
    }
  if (question->values[WHY_DIMENSION_METHOD] != NULL)
    {
      const char *options;
      g_autofree char *id = why_compare_split_method (question->values[WHY_DIMENSION_METHOD], &options);
      g_autofree char *was = old->method_options != NULL ? g_strdup_printf ("%s:%s", old->method, old->method_options)
                                                         : g_strdup (old->method);
      set_text (&state->method, id);
      set_text (&state->method_options, options);
      if (!why_profile_fits (why_profile_lookup (state->profile, NULL), why_explainer_lookup (id, NULL)))
        set_text (&state->profile, "paper");
      why_question_set (question, WHY_DIMENSION_METHOD, was);
    }
  if (question->values[WHY_DIMENSION_POLARITY] != NULL)
    {
      set_text (&state->polarity, question->values[WHY_DIMENSION_POLARITY]);
      why_question_set (question, WHY_DIMENSION_POLARITY, old->polarity);
    }
  if (question->values[WHY_DIMENSION_CLASS] != NULL && question->values[WHY_DIMENSION_MODEL] == NULL)
    {
      const int main_class = why_document_compare_main_class (self);
      g_autofree char *was = main_class >= 0 ? g_strdup_printf ("%d", main_class) : g_strdup ("top");
      state->target_class = g_strcmp0 (question->values[WHY_DIMENSION_CLASS], "top") == 0 || result == NULL
                              ? -1 : result->target_class;
      why_question_set (question, WHY_DIMENSION_CLASS, was);
    }
}

void
why_document_choose_variant (WhyDocument *self, guint place)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_autoptr (WhyVariant) variant = g_list_model_get_item (G_LIST_MODEL (self->compare->variants), place);

  if (variant == NULL || self->model == NULL)
    return;
  if (why_variant_get_state (variant) == WHY_VARIANT_FAILED)
    {
      fail_value (self, why_variant_get_reason (variant));
      return;
    }
  g_autoptr (WhyQuestion) question = why_question_copy (why_variant_get_question (variant));
  g_autofree char *path = g_strdup (question->values[WHY_DIMENSION_MODEL]);
  WhyDocumentState state = why_document_begin_change (self);
  swap_values (self, &state, question, why_variant_get_result (variant));
  if (path != NULL)
    {
      g_autofree char *own = g_canonicalize_filename (why_model_get_path (self->model), NULL);
      why_question_set (question, WHY_DIMENSION_MODEL, own);
    }
  if (state.comparison->mode != WHY_COMPARE_GRID)
    {
      WhyComparison *next = why_comparison_copy (state.comparison);
      why_question_free (g_ptr_array_index (next->others, place));
      g_ptr_array_index (next->others, place) = g_steal_pointer (&question);
      why_comparison_unref (state.comparison);
      state.comparison = next;
    }
  why_document_commit (self, &state, NULL);
  if (path != NULL)
    why_document_open_model (self, path);
}

/* ---- grids ---- */

static gboolean
check_list (WhyDocument *self, WhyDimension dimension, const char *const *values, GPtrArray *kept)
{
  for (gsize place = 0; values != NULL && values[place] != NULL; place++)
    {
      char *value = check_value (self, dimension, values[place], NULL);
      if (value == NULL)
        return FALSE;
      g_ptr_array_add (kept, value);
    }
  g_ptr_array_add (kept, NULL);
  return TRUE;
}

static char **
take_list (GPtrArray *list)
{
  return (char **) g_ptr_array_steal (list, NULL);
}

static gboolean
check_size (WhyDocument *self, gsize n_rows, gsize n_columns)
{
  if (MAX (n_rows, 1) * MAX (n_columns, 1) <= WHY_MAX_CELLS)
    return TRUE;
  g_autofree char *message =
    g_strdup_printf (_ ("A grid has at most %d maps, and these would be %u"), WHY_MAX_CELLS, (guint) (MAX (n_rows, 1) * MAX (n_columns, 1)));
  fail_value (self, message);
  return FALSE;
}

void
why_document_set_grid (WhyDocument *self, WhyDimension row_dimension, const char *const *rows,
                       WhyDimension column_dimension, const char *const *columns)
{
  g_autoptr (GPtrArray) row_list = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) column_list = g_ptr_array_new_with_free_func (g_free);

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (row_dimension < WHY_N_DIMENSIONS && column_dimension < WHY_N_DIMENSIONS);
  if (rows != NULL && rows[0] != NULL && row_dimension == column_dimension)
    {
      fail_value (self, _ ("The rows of a grid differ in something else than its columns"));
      return;
    }
  if (!check_list (self, row_dimension, rows, row_list) || !check_list (self, column_dimension, columns, column_list) ||
      !check_size (self, row_list->len - 1, column_list->len - 1))
    return;
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  g_strfreev (next->rows);
  g_strfreev (next->columns);
  next->row_dimension = row_dimension;
  next->column_dimension = column_dimension;
  next->rows = take_list (row_list);
  next->columns = take_list (column_list);
  next->mode = WHY_COMPARE_GRID;
  complete (self, next);
  commit (self, next);
}

void
why_document_change_grid (WhyDocument *self, WhyDimension dimension, const char *value, gboolean add)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && dimension < WHY_N_DIMENSIONS && value != NULL);
  const WhyComparison *old = self->state.comparison;
  const gboolean in_rows = old->rows[0] != NULL && dimension == old->row_dimension;
  const gboolean new_rows = !in_rows && dimension != old->column_dimension;
  char **values = in_rows || new_rows ? old->rows : old->columns;
  g_autofree char *kept = check_value (self, dimension, value, NULL);

  if (kept == NULL)
    return;
  if (new_rows && old->rows[0] != NULL)
    {
      fail_value (self, _ ("A grid has two dimensions; both are in use"));
      return;
    }
  const gboolean there = g_strv_contains ((const char *const *) values, kept);
  if (there == add)
    return;
  if (add && !check_size (self, g_strv_length (old->rows) + (in_rows || new_rows),
                          g_strv_length (old->columns) + !(in_rows || new_rows)))
    return;
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  for (gsize place = 0; values[place] != NULL; place++)
    {
      if (add || strcmp (values[place], kept) != 0)
        g_ptr_array_add (list, g_strdup (values[place]));
    }
  if (add)
    g_ptr_array_add (list, g_steal_pointer (&kept));
  /* The last column stays: a grid of nothing is no grid. */
  if (list->len == 0 && !in_rows)
    return;
  g_ptr_array_add (list, NULL);
  WhyComparison *next = why_comparison_copy (old);
  char ***field = in_rows || new_rows ? &next->rows : &next->columns;
  g_strfreev (*field);
  *field = take_list (list);
  if (new_rows)
    next->row_dimension = dimension;
  commit (self, next);
}

/* ---- presets ---- */

static char **
some_layers (WhyDocument *self, guint n_wanted)
{
  GPtrArray *list = g_ptr_array_new ();
  const guint n_layers = self->model != NULL ? why_model_get_n_layers (self->model) : 0;
  const guint n = MIN (n_wanted, n_layers);

  for (guint place = 0; place < n; place++)
    {
      const guint index = n > 1 ? (guint) (((guint64) place * (n_layers - 1) + (n - 1) / 2) / (n - 1)) : n_layers - 1;
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (why_model_get_layers (self->model), index);
      g_ptr_array_add (list, g_strdup (why_layer_item_get_name (item)));
    }
  g_ptr_array_add (list, NULL);
  return (char **) g_ptr_array_free (list, FALSE);
}

/* Those that work at a layer and answer at once. */
static char **
some_methods (WhyDocument *self, guint n_wanted)
{
  GPtrArray *list = g_ptr_array_new ();
  gsize n;
  const WhyExplainerClass *const *all = why_explainer_list (&n);

  for (gsize index = 0; index < n && list->len < n_wanted; index++)
    {
      const guint needs = all[index]->needs;
      if ((needs & WHY_NEEDS_LAYER) != 0 && (needs & (WHY_NEEDS_MANY_RUNS | WHY_IS_CONTROL | WHY_NEEDS_SEVERAL_LAYERS)) == 0 &&
          (self->model == NULL || why_model_get_method_limitation (self->model, all[index]->id) == NULL))
        g_ptr_array_add (list, g_strdup (all[index]->id));
    }
  g_ptr_array_add (list, NULL);
  return (char **) g_ptr_array_free (list, FALSE);
}

static int
by_probability (gconstpointer a, gconstpointer b, gpointer data)
{
  const double one = why_tensor_get_f64 (data, (gsize) *(const int *) a);
  const double other = why_tensor_get_f64 (data, (gsize) *(const int *) b);

  if (one != other)
    return one < other ? 1 : -1;
  return *(const int *) a - *(const int *) b;
}

static char **
some_classes (WhyDocument *self, guint n_wanted)
{
  GPtrArray *list = g_ptr_array_new ();
  WhyTensor *probabilities = self->result != NULL ? self->result->probabilities : NULL;
  const guint n_classes = probabilities != NULL ? (guint) why_tensor_count (probabilities) : 0;
  g_autofree int *order = g_new (int, MAX (n_classes, 1));

  for (guint class = 0; class < n_classes; class++)
    order[class] = (int) class;
  if (n_classes > 0)
    g_qsort_with_data (order, (int) n_classes, sizeof *order, by_probability, probabilities);
  for (guint place = 0; place < MIN (n_wanted, n_classes); place++)
    g_ptr_array_add (list, g_strdup_printf ("%d", order[place]));
  if (n_classes == 0)
    {
      g_ptr_array_add (list, g_strdup ("top"));
      g_ptr_array_add (list, g_strdup ("next"));
    }
  g_ptr_array_add (list, NULL);
  return (char **) g_ptr_array_free (list, FALSE);
}

static char **
some (WhyDocument *self, WhyDimension dimension, guint n_wanted)
{
  if (dimension == WHY_DIMENSION_LAYER)
    return some_layers (self, n_wanted);
  if (dimension == WHY_DIMENSION_METHOD)
    return some_methods (self, n_wanted);
  return some_classes (self, n_wanted);
}

/* "layers", "methods" or "classes" */
static gboolean
parse_plural (const char *text, WhyDimension *dimension)
{
  static const struct
  {
    const char *text;
    WhyDimension dimension;
  } plurals[] = {
    { "layers", WHY_DIMENSION_LAYER }, { "methods", WHY_DIMENSION_METHOD }, { "classes", WHY_DIMENSION_CLASS },
  };

  for (gsize plural = 0; plural < G_N_ELEMENTS (plurals); plural++)
    {
      if (strcmp (text, plurals[plural].text) == 0)
        {
          *dimension = plurals[plural].dimension;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
parse_preset (const char *preset, gboolean *two, WhyDimension *rows, WhyDimension *columns)
{
  g_auto (GStrv) parts = g_strsplit (preset, "-", 3);
  const guint n_parts = g_strv_length (parts);

  *two = n_parts == 2;
  if (n_parts == 1)
    return parse_plural (parts[0], columns);
  return n_parts == 2 && parse_plural (parts[0], rows) && parse_plural (parts[1], columns) && *rows != *columns;
}

static void
make_preset (WhyDocument *self, const char *preset, WhyComparison *comparison)
{
  gboolean two;

  if (!parse_preset (preset, &two, &comparison->row_dimension, &comparison->column_dimension))
    return;
  const gboolean classes = comparison->column_dimension == WHY_DIMENSION_CLASS;
  g_strfreev (comparison->rows);
  g_strfreev (comparison->columns);
  comparison->rows = two ? some (self, comparison->row_dimension, N_PRESET_ROWS) : g_new0 (char *, 1);
  comparison->columns = some (self, comparison->column_dimension, two ? N_PRESET_COLUMNS : classes ? N_PRESET_CLASSES : N_PRESET);
}

void
why_document_preset_grid (WhyDocument *self, const char *preset)
{
  WhyDimension rows;
  WhyDimension columns;
  gboolean two;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && preset != NULL);
  if (!parse_preset (preset, &two, &rows, &columns))
    {
      g_autofree char *message =
        g_strdup_printf (_ ("There is no grid '%s'; choose methods, layers, classes, or two of them, as in layers-classes"), preset);
      fail_value (self, message);
      return;
    }
  WhyComparison *next = why_comparison_copy (self->state.comparison);
  make_preset (self, preset, next);
  next->mode = WHY_COMPARE_GRID;
  commit (self, next);
}

/* ---- another model ---- */

static gboolean
is_number (const char *value)
{
  return value != NULL && g_ascii_isdigit (*value);
}

static void
fit_list (WhyDocument *self, WhyDimension dimension, char ***values, guint n_preset)
{
  gboolean fits = **values != NULL || n_preset == 0;

  for (char **value = *values; *value != NULL && fits; value++)
    {
      if (dimension == WHY_DIMENSION_LAYER)
        fits = why_model_find_layer (self->model, *value, NULL) != NULL;
      else if (dimension == WHY_DIMENSION_CLASS)
        fits = !is_number (*value);
    }
  if (fits)
    return;
  g_strfreev (*values);
  *values = some (self, dimension, n_preset);
}

void
why_document_compare_fit (WhyDocument *self, WhyComparison *comparison)
{
  for (guint place = 0; place < comparison->others->len; place++)
    {
      WhyQuestion *question = g_ptr_array_index (comparison->others, place);
      const char *layer = question->values[WHY_DIMENSION_LAYER];
      if (layer != NULL && question->values[WHY_DIMENSION_MODEL] == NULL && why_model_find_layer (self->model, layer, NULL) == NULL)
        why_question_set (question, WHY_DIMENSION_LAYER, NULL);
      if (is_number (question->values[WHY_DIMENSION_CLASS]))
        why_question_set (question, WHY_DIMENSION_CLASS, "next");
    }
  if (comparison->columns[0] != NULL)
    fit_list (self, comparison->column_dimension, &comparison->columns,
              MAX (g_strv_length (comparison->columns), 2));
  if (comparison->rows[0] != NULL)
    fit_list (self, comparison->row_dimension, &comparison->rows, MAX (g_strv_length (comparison->rows), 2));
}
