#include "config.h"

#include "variant.h"

struct _WhyVariant
{
  GObject parent_instance;

  WhyQuestion *question;
  char *title;
  char *reason;
  WhyModel *model;
  WhyRequest *asked;
  WhyResult *result;
  WhyMap *map;
  WhyAffine to_source;
  WhyVariantState state;
  double progress;
};

G_DEFINE_FINAL_TYPE (WhyVariant, why_variant, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_TITLE,
  PROP_STATE,
  PROP_REASON,
  PROP_MAP,
  PROP_PROGRESS,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_variant_finalize (GObject *object)
{
  WhyVariant *self = WHY_VARIANT (object);

  g_clear_pointer (&self->question, why_question_free);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->reason, g_free);
  g_clear_object (&self->model);
  g_clear_pointer (&self->asked, why_request_unref);
  g_clear_pointer (&self->result, why_result_unref);
  g_clear_pointer (&self->map, why_map_unref);
  G_OBJECT_CLASS (why_variant_parent_class)->finalize (object);
}

static void
why_variant_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyVariant *self = WHY_VARIANT (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_STATE:
      g_value_set_int (value, (int) self->state);
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_MAP:
      g_value_set_boxed (value, self->map);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, self->progress);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_variant_class_init (WhyVariantClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_variant_finalize;
  object_class->get_property = why_variant_get_property;
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, WHY_VARIANT_FAILED, 0, flags);
  props[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);
  props[PROP_MAP] = g_param_spec_boxed ("map", NULL, NULL, WHY_TYPE_MAP, flags);
  props[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_variant_init (WhyVariant *self)
{
  self->title = g_strdup ("");
}

WhyVariant *
why_variant_new (const WhyQuestion *question)
{
  WhyVariant *self = g_object_new (WHY_TYPE_VARIANT, NULL);

  self->question = why_question_copy (question);
  return self;
}

/* ---- for everybody ---- */

const char *
why_variant_get_value (WhyVariant *self, WhyDimension dimension)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), NULL);
  return self->question->values[dimension];
}

const char *
why_variant_get_title (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), "");
  return self->title;
}

WhyVariantState
why_variant_get_state (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), WHY_VARIANT_FAILED);
  return self->state;
}

const char *
why_variant_get_reason (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), NULL);
  return self->reason;
}

WhyMap *
why_variant_get_map (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), NULL);
  return self->map;
}

WhyResult *
why_variant_get_result (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), NULL);
  return self->result;
}

WhyModel *
why_variant_get_model (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), NULL);
  return self->model;
}

double
why_variant_get_progress (WhyVariant *self)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), 0);
  return self->progress;
}

gboolean
why_variant_map_to_source (WhyVariant *self, WhyAffine *to_source)
{
  g_return_val_if_fail (WHY_IS_VARIANT (self), FALSE);
  if (self->map == NULL)
    return FALSE;
  *to_source = self->to_source;
  return TRUE;
}

/* ---- for the document ---- */

const WhyQuestion *
why_variant_get_question (WhyVariant *self)
{
  return self->question;
}

void
why_variant_set_title (WhyVariant *self, const char *title)
{
  if (g_strcmp0 (self->title, title) == 0)
    return;
  g_free (self->title);
  self->title = g_strdup (title);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
}

void
why_variant_set_model (WhyVariant *self, WhyModel *model)
{
  g_set_object (&self->model, model);
}

void
why_variant_set_state (WhyVariant *self, WhyVariantState state, const char *reason)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (g_strcmp0 (self->reason, reason) != 0)
    {
      g_free (self->reason);
      self->reason = g_strdup (reason);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REASON]);
    }
  if (self->state != state)
    {
      self->state = state;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_variant_set_progress (WhyVariant *self, double progress)
{
  if (self->progress == progress)
    return;
  self->progress = progress;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
}

void
why_variant_set_asked (WhyVariant *self, WhyRequest *asked)
{
  WhyRequest *old = self->asked;

  self->asked = asked != NULL ? why_request_ref (asked) : NULL;
  g_clear_pointer (&old, why_request_unref);
}

WhyRequest *
why_variant_get_asked (WhyVariant *self)
{
  return self->asked;
}

void
why_variant_set_result (WhyVariant *self, WhyResult *result)
{
  WhyResult *old = self->result;

  self->result = result != NULL ? why_result_ref (result) : NULL;
  g_clear_pointer (&old, why_result_unref);
}

void
why_variant_show (WhyVariant *self, const WhyPicture *picture, gboolean smooth)
{
  WhyMap *old = g_steal_pointer (&self->map);

  if (self->result != NULL)
    self->map = why_result_show_map (self->result, self->result->map, picture, smooth, &self->to_source);
  if (self->map != old)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MAP]);
  g_clear_pointer (&old, why_map_unref);
}
