#include "config.h"

#include "step-private.h"

G_DEFINE_FINAL_TYPE (WhyStep, why_step, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_THUMBNAIL,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_step_finalize (GObject *object)
{
  WhyStep *self = WHY_STEP (object);

  g_free (self->name);
  g_free (self->picture);
  why_document_state_clear (&self->state);
  g_clear_pointer (&self->result, why_result_unref);
  g_clear_pointer (&self->thumbnail, why_tensor_unref);
  G_OBJECT_CLASS (why_step_parent_class)->finalize (object);
}

static void
why_step_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyStep *self = WHY_STEP (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_THUMBNAIL:
      g_value_set_boxed (value, self->thumbnail);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_step_class_init (WhyStepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_step_finalize;
  object_class->get_property = why_step_get_property;
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_THUMBNAIL] = g_param_spec_boxed ("thumbnail", NULL, NULL, WHY_TYPE_TENSOR, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_step_init (WhyStep *self)
{
  self->slice = -1;
}

WhyStep *
why_step_new (const char *name, const WhyDocumentState *state)
{
  WhyStep *self = g_object_new (WHY_TYPE_STEP, NULL);

  self->name = g_strdup (name);
  why_document_state_copy (state, &self->state);
  g_clear_pointer (&self->state.steps, g_ptr_array_unref);
  return self;
}

WhyStep *
why_step_renamed (WhyStep *step, const char *name)
{
  WhyStep *self = why_step_new (name, &step->state);

  self->plane = step->plane;
  self->slice = step->slice;
  self->part = step->part;
  self->picture = g_strdup (step->picture);
  self->picture_width = step->picture_width;
  self->picture_height = step->picture_height;
  self->result = step->result != NULL ? why_result_ref (step->result) : NULL;
  self->thumbnail = step->thumbnail != NULL ? why_tensor_ref (step->thumbnail) : NULL;
  return self;
}

void
why_step_take_thumbnail (WhyStep *step, WhyTensor *thumbnail)
{
  g_clear_pointer (&step->thumbnail, why_tensor_unref);
  step->thumbnail = thumbnail;
  g_object_notify_by_pspec (G_OBJECT (step), props[PROP_THUMBNAIL]);
}

const char *
why_step_get_name (WhyStep *self)
{
  g_return_val_if_fail (WHY_IS_STEP (self), NULL);
  return self->name;
}

const char *
why_step_get_picture (WhyStep *self)
{
  g_return_val_if_fail (WHY_IS_STEP (self), NULL);
  return self->picture;
}

WhyTensor *
why_step_get_thumbnail (WhyStep *self)
{
  g_return_val_if_fail (WHY_IS_STEP (self), NULL);
  return self->thumbnail;
}

guint
why_step_get_n_covers (WhyStep *self)
{
  g_return_val_if_fail (WHY_IS_STEP (self), 0);
  return self->state.occlusions->len;
}

void
why_step_get_part (WhyStep *self, WhyRect *part)
{
  g_return_if_fail (WHY_IS_STEP (self) && part != NULL);
  *part = self->part;
}

gboolean
why_step_get_is_known (WhyStep *self)
{
  g_return_val_if_fail (WHY_IS_STEP (self), FALSE);
  return self->result != NULL;
}
