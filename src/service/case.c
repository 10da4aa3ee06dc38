#include "config.h"

#include "case-private.h"
#include "service/boxed.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (WhyCase, why_case, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_PATH,
  PROP_NAME,
  PROP_THUMBNAIL,
  PROP_LABEL,
  PROP_PROBABILITY,
  PROP_HAS_MAP,
  PROP_PROBLEM,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_case_finalize (GObject *object)
{
  WhyCase *self = WHY_CASE (object);

  g_free (self->path);
  g_free (self->name);
  g_free (self->name_key);
  g_free (self->search_key);
  g_clear_pointer (&self->thumbnail, why_tensor_unref);
  g_free (self->label);
  g_free (self->label_key);
  g_free (self->problem);
  G_OBJECT_CLASS (why_case_parent_class)->finalize (object);
}

static void
why_case_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyCase *self = WHY_CASE (object);

  switch (prop_id)
    {
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_THUMBNAIL:
      g_value_set_boxed (value, self->thumbnail);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    case PROP_PROBABILITY:
      g_value_set_double (value, self->probability);
      break;
    case PROP_HAS_MAP:
      g_value_set_boolean (value, self->has_map);
      break;
    case PROP_PROBLEM:
      g_value_set_string (value, self->problem);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_case_class_init (WhyCaseClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = why_case_finalize;
  object_class->get_property = why_case_get_property;
  props[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, ro);
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, ro);
  props[PROP_THUMBNAIL] = g_param_spec_boxed ("thumbnail", NULL, NULL, WHY_TYPE_TENSOR, ro);
  props[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, ro);
  props[PROP_PROBABILITY] = g_param_spec_double ("probability", NULL, NULL, -1, 1, -1, ro);
  props[PROP_HAS_MAP] = g_param_spec_boolean ("has-map", NULL, NULL, FALSE, ro);
  props[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, ro);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_case_init (WhyCase *self)
{
  self->label = g_strdup ("");
  self->label_key = g_strdup ("");
  self->probability = -1;
}

/* Called in the thread that lists: what takes time is done here. */
WhyCase *
why_case_new (const char *path)
{
  WhyCase *self = g_object_new (WHY_TYPE_CASE, NULL);

  self->path = g_strdup (path);
  self->name = g_filename_display_basename (path);
  self->name_key = g_utf8_collate_key_for_filename (self->name, -1);
  self->search_key = g_utf8_casefold (self->name, -1);
  return self;
}

void
why_case_set_thumbnail (WhyCase *self, WhyTensor *thumbnail)
{
  if (self->thumbnail == thumbnail)
    return;
  g_clear_pointer (&self->thumbnail, why_tensor_unref);
  self->thumbnail = thumbnail != NULL ? why_tensor_ref (thumbnail) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_THUMBNAIL]);
}

void
why_case_set_answer (WhyCase *self, const char *label, double probability, gboolean has_map)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (strcmp (self->label, label != NULL ? label : "") != 0)
    {
      g_free (self->label);
      g_free (self->label_key);
      self->label = g_strdup (label != NULL ? label : "");
      self->label_key = g_utf8_casefold (self->label, -1);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LABEL]);
    }
  probability = label != NULL ? CLAMP (probability, 0.0, 1.0) : -1;
  if (self->probability != probability)
    {
      self->probability = probability;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROBABILITY]);
    }
  if (self->has_map != has_map)
    {
      self->has_map = has_map;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HAS_MAP]);
    }
  self->predicted = label != NULL;
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_case_set_problem (WhyCase *self, const char *problem)
{
  if (g_strcmp0 (self->problem, problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROBLEM]);
}

int
why_case_find_top (WhyModel *model, const WhyTensor *probabilities)
{
  const gsize n_classes = probabilities != NULL ? why_tensor_count (probabilities) : 0;
  gsize top = 0;

  for (gsize class_index = 1; class_index < n_classes; class_index++)
    {
      if (why_tensor_get_f64 (probabilities, class_index) > why_tensor_get_f64 (probabilities, top))
        top = class_index;
    }
  return n_classes > 0 && top < (gsize) why_model_get_n_classes (model) ? (int) top : -1;
}

gboolean
why_case_matches (WhyCase *self, const char *key)
{
  return strstr (self->search_key, key) != NULL || strstr (self->label_key, key) != NULL;
}

const char *
why_case_get_path (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), NULL);
  return self->path;
}

const char *
why_case_get_name (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), NULL);
  return self->name;
}

WhyTensor *
why_case_get_thumbnail (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), NULL);
  return self->thumbnail;
}

const char *
why_case_get_label (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), NULL);
  return self->label;
}

double
why_case_get_probability (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), -1);
  return self->probability;
}

gboolean
why_case_get_has_map (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), FALSE);
  return self->has_map;
}

const char *
why_case_get_problem (WhyCase *self)
{
  g_return_val_if_fail (WHY_IS_CASE (self), NULL);
  return self->problem;
}
