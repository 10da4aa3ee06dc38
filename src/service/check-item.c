#include "config.h"

#include "check-private.h"

struct _WhyCheck
{
  GObject parent_instance;

  WhyCheckKind kind;
  WhyCheckState state;
  double progress;
  char *sentence;
  WhyCheckResult *result;
};

G_DEFINE_FINAL_TYPE (WhyCheck, why_check, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_KIND,
  PROP_STATE,
  PROP_PROGRESS,
  PROP_SENTENCE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_check_finalize (GObject *object)
{
  WhyCheck *self = WHY_CHECK (object);

  g_free (self->sentence);
  why_check_result_unref (self->result);
  G_OBJECT_CLASS (why_check_parent_class)->finalize (object);
}

static void
why_check_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyCheck *self = WHY_CHECK (object);

  switch (prop_id)
    {
    case PROP_KIND:
      g_value_set_int (value, (int) self->kind);
      break;
    case PROP_STATE:
      g_value_set_int (value, (int) self->state);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, self->progress);
      break;
    case PROP_SENTENCE:
      g_value_set_string (value, self->sentence);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_check_class_init (WhyCheckClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_check_finalize;
  object_class->get_property = why_check_get_property;
  props[PROP_KIND] = g_param_spec_int ("kind", NULL, NULL, 0, WHY_N_CHECKS, 0, flags);
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, WHY_CHECK_FAILED, 0, flags);
  props[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);
  props[PROP_SENTENCE] = g_param_spec_string ("sentence", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_check_init (WhyCheck *self)
{
  self->sentence = g_strdup ("");
}

WhyCheck *
why_check_new (WhyCheckKind kind)
{
  WhyCheck *self = g_object_new (WHY_TYPE_CHECK, NULL);

  self->kind = kind;
  return self;
}

void
why_check_set (WhyCheck *self, WhyCheckState state, WhyCheckResult *result, const char *sentence)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (result != NULL || state == WHY_CHECK_NOT_RUN || state == WHY_CHECK_FAILED)
    {
      g_clear_pointer (&self->result, why_check_result_unref);
      self->result = result != NULL ? why_check_result_ref (result) : NULL;
    }
  if (sentence != NULL)
    {
      g_free (self->sentence);
      self->sentence = g_strdup (sentence);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SENTENCE]);
    }
  self->progress = 0;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_check_set_progress (WhyCheck *self, double progress)
{
  self->progress = CLAMP (progress, 0.0, 1.0);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
}

WhyCheckKind
why_check_get_kind (WhyCheck *self)
{
  g_return_val_if_fail (WHY_IS_CHECK (self), WHY_CHECK_FAITHFULNESS);
  return self->kind;
}

WhyCheckState
why_check_get_state (WhyCheck *self)
{
  g_return_val_if_fail (WHY_IS_CHECK (self), WHY_CHECK_NOT_RUN);
  return self->state;
}

double
why_check_get_progress (WhyCheck *self)
{
  g_return_val_if_fail (WHY_IS_CHECK (self), 0);
  return self->progress;
}

const char *
why_check_get_sentence (WhyCheck *self)
{
  g_return_val_if_fail (WHY_IS_CHECK (self), "");
  return self->sentence;
}

WhyCheckResult *
why_check_get_result (WhyCheck *self)
{
  g_return_val_if_fail (WHY_IS_CHECK (self), NULL);
  return self->result;
}
