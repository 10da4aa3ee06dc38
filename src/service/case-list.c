#include "config.h"

#include "case-private.h"

#include <string.h>

/* Answers come many a second: the list is put in order again at most so often. */
#define SORT_MS 400

enum
{
  PROP_0,
  PROP_CURRENT,
  PROP_N_ALL,
  PROP_N_SKIPPED,
  PROP_TITLE,
  PROP_BUSY,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];
static guint opened_signal;

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (WhyCaseList, why_case_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* ---- the list model ---- */

static GType
get_item_type (GListModel *model)
{
  return WHY_TYPE_CASE;
}

static guint
get_n_items (GListModel *model)
{
  return WHY_CASE_LIST (model)->shown->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  WhyCaseList *self = WHY_CASE_LIST (model);

  return position < self->shown->len ? g_object_ref (g_ptr_array_index (self->shown, position)) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* ---- order ---- */

static gint
compare_cases (gconstpointer first, gconstpointer second, gpointer data)
{
  const WhyCase *a = *(WhyCase *const *) first;
  const WhyCase *b = *(WhyCase *const *) second;
  const WhyCasesOrder order = ((WhyCaseList *) data)->order;
  gint answer = 0;

  if (order != WHY_CASES_BY_NAME)
    {
      /* What is not known yet comes last. */
      if ((a->probability < 0) != (b->probability < 0))
        return a->probability < 0 ? 1 : -1;
      if (order == WHY_CASES_BY_ANSWER)
        {
          answer = strcmp (a->label_key, b->label_key);
          if (answer == 0 && a->probability != b->probability)
            answer = a->probability > b->probability ? -1 : 1;
        }
      else if (a->probability != b->probability)
        answer = a->probability < b->probability ? -1 : 1;
    }
  if (answer == 0)
    answer = strcmp (a->name_key, b->name_key);
  return answer != 0 ? answer : strcmp (a->path, b->path);
}

/* Filters and sorts; whoever shows the list hears only of the part that is different. */
static void
update_shown (WhyCaseList *self)
{
  GPtrArray *shown = g_ptr_array_new ();
  GPtrArray *old = self->shown;
  guint same_start = 0;
  guint same_end = 0;

  g_clear_handle_id (&self->sort_id, g_source_remove);
  for (guint index = 0; index < self->all->len; index++)
    {
      WhyCase *item = g_ptr_array_index (self->all, index);
      if (self->filter_key == NULL || why_case_matches (item, self->filter_key))
        g_ptr_array_add (shown, item);
    }
  if (self->order != WHY_CASES_BY_NAME)
    g_ptr_array_sort_with_data (shown, compare_cases, self);

  while (same_start < MIN (old->len, shown->len) && old->pdata[same_start] == shown->pdata[same_start])
    same_start++;
  while (same_end < MIN (old->len, shown->len) - same_start &&
         old->pdata[old->len - 1 - same_end] == shown->pdata[shown->len - 1 - same_end])
    same_end++;
  self->shown = shown;
  const guint n_removed = old->len - same_start - same_end;
  const guint n_added = shown->len - same_start - same_end;
  g_ptr_array_unref (old);
  if (n_removed > 0 || n_added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), same_start, n_removed, n_added);
}

static gboolean
sort_cb (gpointer data)
{
  WhyCaseList *self = data;

  self->sort_id = 0;
  update_shown (self);
  return G_SOURCE_REMOVE;
}

void
why_case_list_queue_sort (WhyCaseList *self)
{
  if (self->sort_id == 0 && (self->order != WHY_CASES_BY_NAME || self->filter_key != NULL))
    self->sort_id = g_timeout_add (SORT_MS, sort_cb, self);
}

const char *
why_case_list_get_filter (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  return self->filter;
}

void
why_case_list_set_filter (WhyCaseList *self, const char *text)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (strcmp (self->filter, text != NULL ? text : "") == 0)
    return;
  g_free (self->filter);
  g_clear_pointer (&self->filter_key, g_free);
  self->filter = g_strdup (text != NULL ? text : "");
  g_autofree char *folded = g_utf8_casefold (self->filter, -1);
  if (*g_strstrip (folded) != '\0')
    self->filter_key = g_steal_pointer (&folded);
  update_shown (self);
}

WhyCasesOrder
why_case_list_get_order (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), WHY_CASES_BY_NAME);
  return self->order;
}

void
why_case_list_set_order (WhyCaseList *self, WhyCasesOrder order)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (self->order == order)
    return;
  self->order = order;
  update_shown (self);
}

/* ---- contents ---- */

void
why_case_list_notify_busy (WhyCaseList *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

void
why_case_list_take (WhyCaseList *self, GPtrArray *cases, guint n_skipped, const char *title, const char *current)
{
  why_case_list_drop_predictions (self);
  g_queue_clear (&self->thumbnails);
  g_queue_clear (&self->wanted);
  g_clear_handle_id (&self->sort_id, g_source_remove);
  g_hash_table_remove_all (self->by_path);
  g_clear_object (&self->current);

  const guint n_gone = self->shown->len;
  g_autoptr (GPtrArray) old = self->all;
  self->all = cases;
  /* The old ones go before those who show them hear of it, and live until then. */
  g_ptr_array_set_size (self->shown, 0);
  if (n_gone > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n_gone, 0);
  for (guint index = 0; index < cases->len; index++)
    {
      WhyCase *item = g_ptr_array_index (cases, index);
      g_hash_table_insert (self->by_path, item->path, item);
    }
  self->n_skipped = n_skipped;
  g_free (self->title);
  self->title = g_strdup (title);
  update_shown (self);
  WhyCase *chosen = current != NULL ? why_case_list_find (self, current) : NULL;
  if (chosen == NULL && self->shown->len > 0)
    chosen = g_ptr_array_index (self->shown, 0);
  why_case_list_set_current (self, chosen);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_ALL]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_SKIPPED]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
  g_signal_emit (self, opened_signal, 0);
  why_case_list_go_on (self);
}

void
why_case_list_set_paths (WhyCaseList *self, const char *const *paths, const char *current)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  self->chosen = TRUE;
  self->failed = NULL;
  why_case_list_start_listing (self, NULL, paths, current != NULL ? current : paths[0]);
}

void
why_case_list_open_folder (WhyCaseList *self, const char *folder, const char *current,
                           void (*failed) (const char *message, gpointer data), gpointer data)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));
  g_return_if_fail (folder != NULL);

  self->chosen = current == NULL;
  self->failed = failed;
  self->failed_data = data;
  why_case_list_start_listing (self, folder, NULL, current);
}

char **
why_case_list_dup_paths (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  char **paths = g_new0 (char *, self->all->len + 1);

  for (guint index = 0; index < self->all->len; index++)
    paths[index] = g_strdup (((WhyCase *) g_ptr_array_index (self->all, index))->path);
  return paths;
}

gboolean
why_case_list_is_chosen (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), FALSE);
  return self->chosen && self->all->len > 0;
}

guint
why_case_list_get_n_all (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), 0);
  return self->all->len;
}

guint
why_case_list_get_n_skipped (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), 0);
  return self->n_skipped;
}

const char *
why_case_list_get_title (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  return self->title;
}

gboolean
why_case_list_get_busy (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), FALSE);
  return self->listing || self->making != NULL || self->preparing != NULL || self->asking != NULL;
}

gboolean
why_case_list_is_opening (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), FALSE);
  return self->listing && self->chosen;
}

WhyCase *
why_case_list_find (WhyCaseList *self, const char *path)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  return g_hash_table_lookup (self->by_path, path);
}

/* ---- where one is ---- */

WhyCase *
why_case_list_get_current (WhyCaseList *self)
{
  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  return self->current;
}

void
why_case_list_set_current (WhyCaseList *self, WhyCase *current)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (g_set_object (&self->current, current))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CURRENT]);
}

WhyCase *
why_case_list_step (WhyCaseList *self, int step)
{
  guint at = 0;

  g_return_val_if_fail (WHY_IS_CASE_LIST (self), NULL);
  /* One that the filter hides stands before the first. */
  gint64 position = -1;
  if (self->current != NULL && g_ptr_array_find (self->shown, self->current, &at))
    position = at;
  for (position += step; position >= 0 && position < self->shown->len; position += step)
    {
      WhyCase *item = g_ptr_array_index (self->shown, (guint) position);
      if (item->problem == NULL)
        return item;
    }
  return NULL;
}

/* ---- what is known ---- */

void
why_case_list_want (WhyCaseList *self, WhyCase *wanted, gboolean on_screen)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self) && WHY_IS_CASE (wanted));

  if (!on_screen)
    {
      wanted->n_wanted -= wanted->n_wanted > 0 ? 1 : 0;
      return;
    }
  wanted->n_wanted++;
  if (wanted->in_cache != NULL)
    {
      g_queue_unlink (&self->thumbnails, wanted->in_cache);
      g_queue_push_head_link (&self->thumbnails, wanted->in_cache);
    }
  else if (!wanted->queued && wanted->problem == NULL && wanted != self->making &&
           g_hash_table_lookup (self->by_path, wanted->path) == wanted)
    {
      wanted->queued = TRUE;
      g_queue_push_tail (&self->wanted, wanted);
    }
  why_case_list_go_on (self);
}

void
why_case_list_set_model (WhyCaseList *self, WhyModel *model)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));

  if (self->model == model)
    return;
  why_case_list_drop_predictions (self);
  g_set_object (&self->model, model);
  for (guint index = 0; index < self->all->len; index++)
    why_case_set_answer (g_ptr_array_index (self->all, index), NULL, -1, FALSE);
  why_case_list_queue_sort (self);
  why_case_list_go_on (self);
}

void
why_case_list_take_answer (WhyCaseList *self, const char *path, const char *label, double probability)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));
  WhyCase *item = path != NULL ? why_case_list_find (self, path) : NULL;

  if (item == NULL)
    return;
  why_case_set_problem (item, NULL);
  why_case_set_answer (item, label, probability, TRUE);
  why_case_list_queue_sort (self);
}

void
why_case_list_take_problem (WhyCaseList *self, const char *path, const char *problem)
{
  g_return_if_fail (WHY_IS_CASE_LIST (self));
  WhyCase *item = path != NULL ? why_case_list_find (self, path) : NULL;

  if (item != NULL)
    why_case_set_problem (item, problem);
}

/* ---- the object ---- */

WhyCaseList *
why_case_list_new (WhyRunner *runner)
{
  WhyCaseList *self = g_object_new (WHY_TYPE_CASE_LIST, NULL);

  self->runner = why_runner_ref (runner);
  self->list_view = why_runner_add_view (runner);
  self->thumbnail_view = why_runner_add_view (runner);
  self->input_view = why_runner_add_view (runner);
  self->answer_view = why_runner_add_passing_view (runner);
  return self;
}

static void
why_case_list_dispose (GObject *object)
{
  WhyCaseList *self = WHY_CASE_LIST (object);

  g_clear_handle_id (&self->sort_id, g_source_remove);
  why_case_list_stop (self);
  G_OBJECT_CLASS (why_case_list_parent_class)->dispose (object);
}

static void
why_case_list_finalize (GObject *object)
{
  WhyCaseList *self = WHY_CASE_LIST (object);

  g_clear_object (&self->model);
  g_clear_object (&self->current);
  g_queue_clear (&self->thumbnails);
  g_queue_clear (&self->wanted);
  g_hash_table_unref (self->by_path);
  g_ptr_array_unref (self->shown);
  g_ptr_array_unref (self->all);
  g_free (self->title);
  g_free (self->filter);
  g_free (self->filter_key);
  G_OBJECT_CLASS (why_case_list_parent_class)->finalize (object);
}

static void
why_case_list_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyCaseList *self = WHY_CASE_LIST (object);

  switch (prop_id)
    {
    case PROP_CURRENT:
      g_value_set_object (value, self->current);
      break;
    case PROP_N_ALL:
      g_value_set_uint (value, self->all->len);
      break;
    case PROP_N_SKIPPED:
      g_value_set_uint (value, self->n_skipped);
      break;
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, why_case_list_get_busy (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_case_list_class_init (WhyCaseListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = why_case_list_dispose;
  object_class->finalize = why_case_list_finalize;
  object_class->get_property = why_case_list_get_property;
  props[PROP_CURRENT] = g_param_spec_object ("current", NULL, NULL, WHY_TYPE_CASE, ro);
  props[PROP_N_ALL] = g_param_spec_uint ("n-all", NULL, NULL, 0, G_MAXUINT, 0, ro);
  props[PROP_N_SKIPPED] = g_param_spec_uint ("n-skipped", NULL, NULL, 0, G_MAXUINT, 0, ro);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", ro);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, ro);
  g_object_class_install_properties (object_class, N_PROPS, props);
  opened_signal = g_signal_new ("opened", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
why_case_list_init (WhyCaseList *self)
{
  self->all = g_ptr_array_new_with_free_func (g_object_unref);
  self->shown = g_ptr_array_new ();
  self->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  self->title = g_strdup ("");
  self->filter = g_strdup ("");
  self->predicts = TRUE;
  g_queue_init (&self->thumbnails);
  g_queue_init (&self->wanted);
}
