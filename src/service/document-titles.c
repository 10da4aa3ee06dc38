#include "config.h"

#include "document-compare.h"

#include "service/export.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Words of a comparison: what differs goes into the title of each map, what all have in common is said once. And the
 * limits they are drawn with. */

/* Short ones first, which are read first and never cut off: where models differ, the layers, with long names, do too. */
static const WhyDimension word_order[WHY_N_DIMENSIONS] = {
  WHY_DIMENSION_MODEL, WHY_DIMENSION_CLASS, WHY_DIMENSION_METHOD, WHY_DIMENSION_LAYER, WHY_DIMENSION_POLARITY,
};

typedef struct
{
  char *words[WHY_N_DIMENSIONS]; /* NULL: says nothing, as the layer of a method that needs none */
} Words;

static void
words_free (gpointer data)
{
  Words *words = data;

  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    g_free (words->words[dimension]);
  g_free (words);
}

static char *
method_words (const char *id, const char *options)
{
  const WhyExplainerClass *method = why_explainer_lookup (id, NULL);
  const char *title = method != NULL ? _ (method->title) : id;

  return options != NULL ? g_strdup_printf ("%s (%s)", title, options) : g_strdup (title);
}

char *
why_document_dup_value_title (WhyDocument *self, WhyDimension dimension, const char *value)
{
  const char *options;
  g_autofree char *id = NULL;
  int class;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && value != NULL, NULL);
  switch (dimension)
    {
    case WHY_DIMENSION_METHOD:
      id = why_compare_split_method (value, &options);
      return method_words (id, options);
    case WHY_DIMENSION_CLASS:
      if (strcmp (value, "top") == 0)
        return g_strdup (_ ("Top class"));
      class = strcmp (value, "next") == 0 ? why_document_compare_next_class (self) : (int) g_ascii_strtoll (value, NULL, 10);
      if (self->model == NULL || class < 0 || class >= why_model_get_n_classes (self->model))
        return g_strdup (_ ("Next class"));
      return g_strdup (why_model_get_class_label (self->model, class));
    case WHY_DIMENSION_POLARITY:
      return g_strdup (why_polarity_title (value));
    case WHY_DIMENSION_MODEL:
      id = g_filename_display_basename (value);
      if (g_str_has_suffix (id, ".onnx"))
        id[strlen (id) - strlen (".onnx")] = '\0';
      return g_steal_pointer (&id);
    case WHY_DIMENSION_LAYER:
    case WHY_N_DIMENSIONS:
    default:
      return g_strdup (value);
    }
}

/* @question: (nullable): the main one */
static Words *
find_words (WhyDocument *self, WhyVariant *variant)
{
  Words *words = g_new0 (Words, 1);
  const WhyQuestion *question = variant != NULL ? why_variant_get_question (variant) : NULL;
  const WhyResult *result = variant != NULL ? why_variant_get_result (variant) : self->result;
  WhyModel *model = variant != NULL ? why_variant_get_model (variant) : self->model;
  const char *options = self->state.method_options;
  const char *method_value = question != NULL ? question->values[WHY_DIMENSION_METHOD] : NULL;
  g_autofree char *id = method_value != NULL ? why_compare_split_method (method_value, &options) : g_strdup (self->state.method);
  const WhyExplainerClass *method = why_explainer_lookup (id, NULL);
  const guint needs = method != NULL ? method->needs : WHY_NEEDS_LAYER;
  const char *layer = question != NULL ? question->values[WHY_DIMENSION_LAYER] : NULL;
  const char *class = question != NULL ? question->values[WHY_DIMENSION_CLASS] : NULL;
  const char *polarity = question != NULL ? question->values[WHY_DIMENSION_POLARITY] : NULL;
  const char *path = question != NULL ? question->values[WHY_DIMENSION_MODEL] : NULL;

  words->words[WHY_DIMENSION_METHOD] = method_words (id, options);
  if (layer == NULL && path == NULL)
    layer = self->state.layer;
  if (layer == NULL && model != NULL)
    layer = why_model_get_default_layer (model);
  if ((needs & WHY_NEEDS_LAYER) != 0)
    words->words[WHY_DIMENSION_LAYER] = g_strdup (layer);
  words->words[WHY_DIMENSION_POLARITY] = g_strdup (why_polarity_title (polarity != NULL ? polarity : self->state.polarity));
  if (path != NULL)
    words->words[WHY_DIMENSION_MODEL] = why_document_dup_value_title (self, WHY_DIMENSION_MODEL, path);
  else if (self->model != NULL)
    words->words[WHY_DIMENSION_MODEL] = g_strdup (why_model_get_title (self->model));
  if ((needs & WHY_NEEDS_NO_CLASS) != 0)
    return words;
  const int main_class = why_document_compare_main_class (self);
  if (g_strcmp0 (class, "top") == 0 && result != NULL && model != NULL && result->target_class >= 0)
    words->words[WHY_DIMENSION_CLASS] = g_strdup (why_model_get_class_label (model, result->target_class));
  else if (class != NULL)
    words->words[WHY_DIMENSION_CLASS] = why_document_dup_value_title (self, WHY_DIMENSION_CLASS, class);
  else if (self->model != NULL && main_class >= 0)
    words->words[WHY_DIMENSION_CLASS] = g_strdup (why_model_get_class_label (self->model, main_class));
  return words;
}

static char *
join (const Words *words, const gboolean *wanted)
{
  GString *text = g_string_new (NULL);

  for (int place = 0; place < WHY_N_DIMENSIONS; place++)
    {
      const char *word = words->words[word_order[place]];
      if (!wanted[word_order[place]] || word == NULL)
        continue;
      if (text->len > 0)
        g_string_append (text, " · ");
      g_string_append (text, word);
    }
  return g_string_free (text, FALSE);
}

/* Of class and polarity, where all maps have both in common, one phrase; then the rest. */
static char *
join_common (const WhyDocument *self, const Words *words, gboolean *wanted)
{
  const char *label = words->words[WHY_DIMENSION_CLASS];

  if (label == NULL || !wanted[WHY_DIMENSION_CLASS] || !wanted[WHY_DIMENSION_POLARITY])
    return join (words, wanted);
  wanted[WHY_DIMENSION_CLASS] = wanted[WHY_DIMENSION_POLARITY] = FALSE;
  g_autofree char *evidence = why_evidence_title (self->state.polarity, label);
  g_autofree char *rest = join (words, wanted);
  return *rest != '\0' ? g_strdup_printf ("%s · %s", evidence, rest) : g_steal_pointer (&evidence);
}

static gboolean
differ (const GPtrArray *all, WhyDimension dimension)
{
  const char *first = NULL;

  for (guint place = 0; place < all->len; place++)
    {
      const Words *words = g_ptr_array_index (all, place);
      const char *word = words->words[dimension];
      if (word == NULL)
        continue;
      if (first != NULL && strcmp (first, word) != 0)
        return TRUE;
      first = word;
    }
  return FALSE;
}

/* How much of the layers' names all of them begin with, up to a separator: it says nothing. */
static gsize
common_start (const GPtrArray *all)
{
  const char *first = NULL;
  gsize length = 0;

  for (guint place = 0; place < all->len; place++)
    {
      const char *name = ((const Words *) g_ptr_array_index (all, place))->words[WHY_DIMENSION_LAYER];
      gsize same = 0;
      if (name == NULL)
        continue;
      if (first == NULL)
        {
          first = name;
          length = strlen (name);
          continue;
        }
      while (same < length && name[same] == first[same])
        same++;
      length = same;
    }
  while (length > 0 && strchr ("/.:", first[length - 1]) == NULL)
    length--;
  return length;
}

/* Names of layers can be as long as the story of their making; what tells them apart is enough in a title. */
static void
shorten_layers (GPtrArray *all)
{
  const gsize start = common_start (all);

  for (guint place = 0; place < all->len; place++)
    {
      char **name = &((Words *) g_ptr_array_index (all, place))->words[WHY_DIMENSION_LAYER];
      if (*name != NULL && strlen (*name) > start)
        memmove (*name, *name + start, strlen (*name) - start + 1);
    }
}

static void
replace (char **field, char *text)
{
  g_free (*field);
  *field = text;
}

void
why_document_compare_update_titles (WhyDocument *self)
{
  GListModel *variants = G_LIST_MODEL (self->compare->variants);
  const guint n = g_list_model_get_n_items (variants);
  const gboolean with_main = self->state.comparison->mode != WHY_COMPARE_GRID;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (words_free);
  gboolean differing[WHY_N_DIMENSIONS];
  gboolean common[WHY_N_DIMENSIONS];
  gboolean any = FALSE;

  g_ptr_array_add (all, find_words (self, NULL));
  for (guint place = 0; place < n; place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      g_ptr_array_add (all, find_words (self, variant));
    }
  Words *first = g_ptr_array_index (all, with_main || n == 0 ? 0 : 1);
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();
  for (guint place = with_main ? 0 : 1; place < all->len; place++)
    g_ptr_array_add (shown, g_ptr_array_index (all, place));
  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    {
      differing[dimension] = differ (shown, (WhyDimension) dimension);
      any = any || differing[dimension];
    }
  if (differing[WHY_DIMENSION_LAYER])
    shorten_layers (shown);
  /* The model stands in the window's title. */
  for (int dimension = 0; dimension < WHY_N_DIMENSIONS; dimension++)
    common[dimension] = !differing[dimension] && dimension != WHY_DIMENSION_MODEL;
  /* Nothing differs: a name is better than none. */
  if (!any)
    differing[WHY_DIMENSION_CLASS] = TRUE;

  replace (&self->compare->main_title, join (g_ptr_array_index (all, 0), differing));
  replace (&self->compare->common_title, join_common (self, first, common));
  for (guint place = 0; place < n; place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      g_autofree char *title = join (g_ptr_array_index (all, place + 1), differing);
      why_variant_set_title (variant, title);
    }
}

const char *
why_document_get_main_title (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  return self->compare->main_title;
}

const char *
why_document_get_common_title (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  return self->compare->common_title;
}

/* ---- limits ---- */

/* The limits a map would have for itself, from what is known of it: not every value is looked at again for every pane. */
static void
widen (const WhyMap *map, double *lo, double *hi)
{
  double map_lo = MIN (map->minimum, 0);
  double map_hi = MAX (map->maximum, 0);

  if (g_strcmp0 (map->polarity, "signed") == 0)
    {
      map_hi = MAX (map_hi, -map_lo);
      map_lo = -map_hi;
    }
  *lo = MIN (*lo, map_lo);
  *hi = MAX (*hi, map_hi);
}

static void
share_limits (WhyDocument *self, WhyOverlayStyle *style)
{
  GListModel *variants = G_LIST_MODEL (self->compare->variants);
  double lo = 0;
  double hi = 0;

  if (self->state.comparison->mode != WHY_COMPARE_GRID && self->shown_map != NULL)
    widen (self->shown_map, &lo, &hi);
  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      if (why_variant_get_map (variant) != NULL)
        widen (why_variant_get_map (variant), &lo, &hi);
    }
  style->limits = WHY_LIMITS_LOCKED;
  style->lo = lo;
  style->hi = hi;
}

static gboolean
describe (WhyDocument *self, WhyMap *map, const WhyAffine *to_source, WhyOverlayMap *overlay)
{
  if (map == NULL || map->values->rank != 2)
    return FALSE;
  *overlay = (WhyOverlayMap) {
    .values = map->values->data,
    .width = (int) map->values->dims[1],
    .height = (int) map->values->dims[0],
    .to_source = *to_source,
    .source_width = (double) why_document_get_picture_width (self),
    .source_height = (double) why_document_get_picture_height (self),
  };
  return TRUE;
}

gboolean
why_document_get_pane_overlay (WhyDocument *self, WhyVariant *variant, WhyOverlayMap *map, WhyOverlayStyle *style)
{
  WhyAffine to_source;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  if (variant == NULL)
    {
      if (!why_document_get_overlay (self, map, style))
        return FALSE;
    }
  else
    {
      WhyMap *shown = why_variant_get_map (variant);
      if (!why_variant_map_to_source (variant, &to_source) || !describe (self, shown, &to_source, map))
        return FALSE;
      why_document_make_style (self, shown, why_variant_get_result (variant)->map, style);
    }
  if (self->state.comparison->shared_limits && style->limits != WHY_LIMITS_LOCKED)
    share_limits (self, style);
  return TRUE;
}

gboolean
why_document_get_difference_overlay (WhyDocument *self, WhyOverlayMap *map, WhyOverlayStyle *style)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  const WhyDifference *difference = self->compare->difference;

  if (difference == NULL)
    return FALSE;
  *map = (WhyOverlayMap) {
    .values = difference->values->data,
    .width = (int) difference->values->dims[1],
    .height = (int) difference->values->dims[0],
    .to_source = difference->to_source,
    .source_width = (double) why_document_get_picture_width (self),
    .source_height = (double) why_document_get_picture_height (self),
  };
  why_overlay_style_init (style, TRUE);
  style->kind = self->state.smooth ? WHY_RESAMPLE_BILINEAR : WHY_RESAMPLE_NEAREST;
  style->threshold = self->state.threshold;
  return TRUE;
}
