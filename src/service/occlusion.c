#include "config.h"

#include "document-private.h"

struct _WhyOcclusion
{
  GObject parent_instance;

  WhyCover cover;
  WhyTensor *before_all; /* nullable */
  WhyTensor *after_all;  /* nullable */
  int class_index;
  char *class_label;
  double before;
  double after;
};

G_DEFINE_FINAL_TYPE (WhyOcclusion, why_occlusion, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_X,
  PROP_Y,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_FILL,
  PROP_CLASS_INDEX,
  PROP_CLASS_LABEL,
  PROP_BEFORE,
  PROP_AFTER,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_occlusion_finalize (GObject *object)
{
  WhyOcclusion *self = WHY_OCCLUSION (object);

  why_cover_clear (&self->cover);
  g_clear_pointer (&self->before_all, why_tensor_unref);
  g_clear_pointer (&self->after_all, why_tensor_unref);
  g_clear_pointer (&self->class_label, g_free);
  G_OBJECT_CLASS (why_occlusion_parent_class)->finalize (object);
}

static void
why_occlusion_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyOcclusion *self = WHY_OCCLUSION (object);
  WhyRect box;

  why_area_get_box (self->cover.shape, &box);
  switch (prop_id)
    {
    case PROP_X:
      g_value_set_double (value, box.x);
      break;
    case PROP_Y:
      g_value_set_double (value, box.y);
      break;
    case PROP_WIDTH:
      g_value_set_double (value, box.width);
      break;
    case PROP_HEIGHT:
      g_value_set_double (value, box.height);
      break;
    case PROP_FILL:
      g_value_set_string (value, why_occlude_fill_to_string (self->cover.fill));
      break;
    case PROP_CLASS_INDEX:
      g_value_set_int (value, self->class_index);
      break;
    case PROP_CLASS_LABEL:
      g_value_set_string (value, self->class_label);
      break;
    case PROP_BEFORE:
      g_value_set_double (value, self->before);
      break;
    case PROP_AFTER:
      g_value_set_double (value, self->after);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_occlusion_class_init (WhyOcclusionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_occlusion_finalize;
  object_class->get_property = why_occlusion_get_property;
  props[PROP_X] = g_param_spec_double ("x", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_Y] = g_param_spec_double ("y", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_WIDTH] = g_param_spec_double ("width", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  props[PROP_HEIGHT] = g_param_spec_double ("height", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  props[PROP_FILL] = g_param_spec_string ("fill", NULL, NULL, NULL, flags);
  props[PROP_CLASS_INDEX] = g_param_spec_int ("class-index", NULL, NULL, -1, G_MAXINT, -1, flags);
  props[PROP_CLASS_LABEL] = g_param_spec_string ("class-label", NULL, NULL, NULL, flags);
  props[PROP_BEFORE] = g_param_spec_double ("before", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, -1, flags);
  props[PROP_AFTER] = g_param_spec_double ("after", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, -1, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_occlusion_init (WhyOcclusion *self)
{
  self->class_index = -1;
  self->class_label = g_strdup ("");
  self->before = -1;
  self->after = -1;
}

WhyOcclusion *
why_occlusion_new (const WhyCover *cover)
{
  WhyOcclusion *self = g_object_new (WHY_TYPE_OCCLUSION, NULL);

  why_cover_copy (cover, &self->cover);
  return self;
}

const WhyCover *
why_occlusion_get_cover (WhyOcclusion *self)
{
  return &self->cover;
}

static double
value_of (const WhyTensor *probabilities, int index)
{
  if (probabilities == NULL || index < 0 || (gsize) index >= why_tensor_count (probabilities))
    return -1;
  return why_tensor_get_f64 (probabilities, (gsize) index);
}

static void
update_values (WhyOcclusion *self)
{
  const double before = value_of (self->before_all, self->class_index);
  const double after = value_of (self->after_all, self->class_index);

  if (self->before != before)
    {
      self->before = before;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BEFORE]);
    }
  if (self->after != after)
    {
      self->after = after;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_AFTER]);
    }
}

/* @tensor may be the one that is there. */
static void
replace (WhyTensor **field, WhyTensor *tensor)
{
  if (tensor != NULL)
    why_tensor_ref (tensor);
  g_clear_pointer (field, why_tensor_unref);
  *field = tensor;
}

void
why_occlusion_set_probabilities (WhyOcclusion *self, WhyTensor *before, WhyTensor *after)
{
  replace (&self->before_all, before);
  replace (&self->after_all, after);
  update_values (self);
}

WhyTensor *
why_occlusion_get_after_probabilities (WhyOcclusion *self)
{
  return self->after_all;
}

void
why_occlusion_set_class (WhyOcclusion *self, int index, const char *label)
{
  if (self->class_index != index)
    {
      self->class_index = index;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLASS_INDEX]);
    }
  if (g_strcmp0 (self->class_label, label) != 0)
    {
      g_free (self->class_label);
      self->class_label = g_strdup (label);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLASS_LABEL]);
    }
  update_values (self);
}

void
why_occlusion_get_rect (WhyOcclusion *self, WhyRect *rect)
{
  g_return_if_fail (WHY_IS_OCCLUSION (self));
  why_area_get_box (self->cover.shape, rect);
}

WhyArea *
why_occlusion_get_area (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), NULL);
  return self->cover.shape;
}

const char *
why_occlusion_get_fill (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), NULL);
  return why_occlude_fill_to_string (self->cover.fill);
}

int
why_occlusion_get_class_index (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), -1);
  return self->class_index;
}

const char *
why_occlusion_get_class_label (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), NULL);
  return self->class_label;
}

double
why_occlusion_get_before (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), -1);
  return self->before;
}

double
why_occlusion_get_after (WhyOcclusion *self)
{
  g_return_val_if_fail (WHY_IS_OCCLUSION (self), -1);
  return self->after;
}
