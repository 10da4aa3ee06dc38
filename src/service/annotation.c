#include "config.h"

#include "annotation-private.h"

#include <glib/gi18n-lib.h>

struct _WhyAnnotation
{
  GObject parent_instance;

  WhyAnnotationData data;
};

G_DEFINE_FINAL_TYPE (WhyAnnotation, why_annotation, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_CLASS_NAME,
  PROP_VISIBLE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

/* Okabe and Ito's colours, which people with any colour vision can tell apart, but black and the yellow that vanishes on
 * light pictures. */
static const guint32 colors[] = { 0x56b4e9, 0xe69f00, 0x009e73, 0xcc79a7, 0x0072b2, 0xd55e00 };

static const char *const pattern_ids[] = { "solid", "dashed", "dotted", "dash-dotted" };

const char *
why_pattern_id (WhyPattern pattern)
{
  return pattern_ids[pattern];
}

/* ---- data ---- */

static void
data_clear (gpointer pointer)
{
  WhyAnnotationData *data = pointer;

  g_clear_pointer (&data->shape, why_area_unref);
  g_clear_pointer (&data->name, g_free);
  g_clear_pointer (&data->class_name, g_free);
}

GArray *
why_annotation_data_new (void)
{
  GArray *data = g_array_new (FALSE, FALSE, sizeof (WhyAnnotationData));

  g_array_set_clear_func (data, data_clear);
  return data;
}

static WhyAnnotationData
data_copy (const WhyAnnotationData *data)
{
  WhyAnnotationData copy = *data;

  copy.shape = why_area_ref (data->shape);
  copy.name = g_strdup (data->name);
  copy.class_name = g_strdup (data->class_name);
  return copy;
}

GArray *
why_annotation_dup_data (const GPtrArray *annotations)
{
  GArray *list = why_annotation_data_new ();

  for (guint index = 0; index < annotations->len; index++)
    {
      const WhyAnnotationData copy = data_copy (why_annotation_get_data (g_ptr_array_index (annotations, index)));
      g_array_append_val (list, copy);
    }
  return list;
}

/* ---- the object ---- */

static void
why_annotation_finalize (GObject *object)
{
  data_clear (&WHY_ANNOTATION (object)->data);
  G_OBJECT_CLASS (why_annotation_parent_class)->finalize (object);
}

static void
why_annotation_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyAnnotation *self = WHY_ANNOTATION (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->data.name);
      break;
    case PROP_CLASS_NAME:
      g_value_set_string (value, self->data.class_name);
      break;
    case PROP_VISIBLE:
      g_value_set_boolean (value, self->data.visible);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_annotation_class_init (WhyAnnotationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_annotation_finalize;
  object_class->get_property = why_annotation_get_property;
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_CLASS_NAME] = g_param_spec_string ("class-name", NULL, NULL, NULL, flags);
  props[PROP_VISIBLE] = g_param_spec_boolean ("visible", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_annotation_init (WhyAnnotation *self)
{
}

WhyAnnotation *
why_annotation_new (const WhyAnnotationData *data, guint place)
{
  WhyAnnotation *self = g_object_new (WHY_TYPE_ANNOTATION, NULL);

  self->data = data_copy (data);
  if (!data->has_color)
    {
      self->data.has_color = TRUE;
      self->data.color = colors[place % G_N_ELEMENTS (colors)];
      self->data.pattern = (WhyPattern) (place % WHY_N_PATTERNS);
    }
  if (data->name == NULL || *data->name == '\0')
    {
      g_free (self->data.name);
      /* Translators: the name of an outline that has none, with its number */
      self->data.name = g_strdup_printf (_ ("Outline %u"), place + 1);
    }
  return self;
}

const WhyAnnotationData *
why_annotation_get_data (WhyAnnotation *self)
{
  return &self->data;
}

WhyArea *
why_annotation_get_shape (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), NULL);
  return self->data.shape;
}

const char *
why_annotation_get_name (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), NULL);
  return self->data.name;
}

const char *
why_annotation_get_class_name (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), NULL);
  return self->data.class_name;
}

guint32
why_annotation_get_color (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), 0);
  return self->data.color;
}

WhyPattern
why_annotation_get_pattern (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), WHY_PATTERN_SOLID);
  return self->data.pattern;
}

gboolean
why_annotation_get_visible (WhyAnnotation *self)
{
  g_return_val_if_fail (WHY_IS_ANNOTATION (self), FALSE);
  return self->data.visible;
}
