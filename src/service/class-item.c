#include "config.h"

#include "document-private.h"

#include <string.h>

struct _WhyClassItem
{
  GObject parent_instance;

  char *label;
  int index;
  double probability;
  double logit;
  double before;
  gboolean is_target;
  WhyClassRole role;
  char *folded; /* made when it is first searched for */
};

G_DEFINE_FINAL_TYPE (WhyClassItem, why_class_item, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_INDEX,
  PROP_LABEL,
  PROP_PROBABILITY,
  PROP_LOGIT,
  PROP_PROBABILITY_BEFORE,
  PROP_IS_TARGET,
  PROP_ROLE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_class_item_finalize (GObject *object)
{
  WhyClassItem *self = WHY_CLASS_ITEM (object);

  g_clear_pointer (&self->label, g_free);
  g_clear_pointer (&self->folded, g_free);
  G_OBJECT_CLASS (why_class_item_parent_class)->finalize (object);
}

static void
why_class_item_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyClassItem *self = WHY_CLASS_ITEM (object);

  switch (prop_id)
    {
    case PROP_INDEX:
      g_value_set_int (value, self->index);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    case PROP_PROBABILITY:
      g_value_set_double (value, self->probability);
      break;
    case PROP_LOGIT:
      g_value_set_double (value, self->logit);
      break;
    case PROP_PROBABILITY_BEFORE:
      g_value_set_double (value, self->before);
      break;
    case PROP_IS_TARGET:
      g_value_set_boolean (value, self->is_target);
      break;
    case PROP_ROLE:
      g_value_set_int (value, (int) self->role);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_class_item_class_init (WhyClassItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_class_item_finalize;
  object_class->get_property = why_class_item_get_property;
  props[PROP_INDEX] = g_param_spec_int ("index", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, flags);
  props[PROP_PROBABILITY] = g_param_spec_double ("probability", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_LOGIT] = g_param_spec_double ("logit", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_PROBABILITY_BEFORE] =
    g_param_spec_double ("probability-before", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, -1, flags);
  props[PROP_IS_TARGET] = g_param_spec_boolean ("is-target", NULL, NULL, FALSE, flags);
  props[PROP_ROLE] = g_param_spec_int ("role", NULL, NULL, WHY_CLASS_ROLE_NONE, WHY_CLASS_ROLE_ALSO, WHY_CLASS_ROLE_NONE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_class_item_init (WhyClassItem *self)
{
  self->before = -1;
}

WhyClassItem *
why_class_item_new (int index, const char *label)
{
  WhyClassItem *self = g_object_new (WHY_TYPE_CLASS_ITEM, NULL);

  self->index = index;
  self->label = g_strdup (label);
  return self;
}

static void
set_double (WhyClassItem *self, double *field, double value, int prop)
{
  if (*field == value)
    return;
  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

void
why_class_item_set (WhyClassItem *self, double probability, double logit, double before)
{
  set_double (self, &self->before, before, PROP_PROBABILITY_BEFORE);
  set_double (self, &self->logit, logit, PROP_LOGIT);
  set_double (self, &self->probability, probability, PROP_PROBABILITY);
}

void
why_class_item_set_is_target (WhyClassItem *self, gboolean is_target)
{
  if (self->is_target == is_target)
    return;
  self->is_target = is_target;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IS_TARGET]);
}

int
why_class_item_get_index (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), 0);
  return self->index;
}

const char *
why_class_item_get_label (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), NULL);
  return self->label;
}

double
why_class_item_get_probability (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), 0);
  return self->probability;
}

double
why_class_item_get_logit (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), 0);
  return self->logit;
}

double
why_class_item_get_probability_before (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), -1);
  return self->before;
}

gboolean
why_class_item_get_is_target (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), FALSE);
  return self->is_target;
}

void
why_class_item_set_role (WhyClassItem *self, WhyClassRole role)
{
  if (self->role == role)
    return;
  self->role = role;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ROLE]);
}

WhyClassRole
why_class_item_get_role (WhyClassItem *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self), WHY_CLASS_ROLE_NONE);
  return self->role;
}

/* Without case and accents; underscores of file formats are spaces to people. */
static char *
fold (const char *text)
{
  g_autofree char *decomposed = g_utf8_normalize (text, -1, G_NORMALIZE_ALL);
  g_autoptr (GString) plain = g_string_new (NULL);

  for (const char *at = decomposed != NULL ? decomposed : ""; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);

      if (!g_unichar_ismark (c))
        g_string_append_unichar (plain, c == '_' ? ' ' : c);
    }
  return g_utf8_casefold (plain->str, (gssize) plain->len);
}

gboolean
why_class_item_matches (WhyClassItem *self, const char *text)
{
  g_return_val_if_fail (WHY_IS_CLASS_ITEM (self) && text != NULL, FALSE);

  g_autofree char *wanted = fold (text);
  g_autofree char *number = g_strdup_printf ("%d", self->index);
  g_auto (GStrv) words = g_strsplit_set (wanted, " \t", -1);
  if (self->folded == NULL)
    self->folded = fold (self->label);
  for (char **word = words; *word != NULL; word++)
    {
      if (strstr (self->folded, *word) == NULL && strcmp (number, *word) != 0)
        return FALSE;
    }
  return TRUE;
}
