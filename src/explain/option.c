#include "config.h"

#include "explain/option.h"

#include "base/error.h"
#include "methods.h"

#include <math.h>
#include <string.h>

/* ---- tables ---- */

static const char *const fusions[] = { "max", "mean", "product", NULL };

static const WhyOptionClass option_fusion = {
  .id = "fusion",
  .title = N_ ("Several layers"),
  .kind = WHY_OPTION_CHOICE,
  .choices = fusions,
  .several_layers = TRUE,
  .by_profile = { { WHY_PROFILE_PYTORCH_GRAD_CAM, 1 } },
};

static const WhyOptionClass option_eigen_smooth = {
  .id = "eigen-smooth",
  .title = N_ ("Keep the first principal component only"),
  .kind = WHY_OPTION_BOOLEAN,
};

static const WhyOptionClass option_aug_smooth = {
  .id = "aug-smooth",
  .title = N_ ("Average over flips and brightness"),
  .kind = WHY_OPTION_BOOLEAN,
};

GPtrArray *
why_options_list (const WhyExplainerClass *method)
{
  GPtrArray *list = g_ptr_array_new ();

  for (gsize index = 0; index < method->n_options; index++)
    g_ptr_array_add (list, (gpointer) &method->options[index]);
  if (method->weights != NULL || method->contribute != NULL)
    g_ptr_array_add (list, (gpointer) &option_eigen_smooth);
  if ((method->needs & WHY_NEEDS_LAYER) != 0 && (method->needs & WHY_NEEDS_SEVERAL_LAYERS) == 0)
    {
      g_ptr_array_add (list, (gpointer) &option_aug_smooth);
      g_ptr_array_add (list, (gpointer) &option_fusion);
    }
  return list;
}

static const WhyOptionClass *
find_option (const WhyExplainerClass *method, const char *id, gsize n)
{
  g_autoptr (GPtrArray) list = why_options_list (method);

  for (guint index = 0; index < list->len; index++)
    {
      const WhyOptionClass *option = g_ptr_array_index (list, index);
      if (strlen (option->id) == n && strncmp (option->id, id, n) == 0)
        return option;
    }
  return NULL;
}

double
why_option_preset (const WhyOptionClass *option, WhyProfileKind profile)
{
  for (gsize index = 0;
       index < WHY_OPTION_MAX_PRESETS && option->by_profile[index].profile != WHY_PROFILE_PAPER;
       index++)
    {
      if (option->by_profile[index].profile == profile)
        return option->by_profile[index].preset;
    }
  return option->preset;
}

/* ---- values ---- */

static gboolean
parse_value (const WhyOptionClass *option, const char *text, double *value)
{
  char *end = NULL;

  switch (option->kind)
    {
    case WHY_OPTION_BOOLEAN:
      *value = strcmp (text, "yes") == 0;
      return *value != 0 || strcmp (text, "no") == 0;
    case WHY_OPTION_CHOICE:
      for (gsize choice = 0; option->choices[choice] != NULL; choice++)
        {
          *value = (double) choice;
          if (strcmp (option->choices[choice], text) == 0)
            return TRUE;
        }
      return FALSE;
    case WHY_OPTION_INTEGER:
    case WHY_OPTION_REAL:
      break;
    }
  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*value) && *value >= option->minimum &&
         *value <= option->maximum && (option->kind == WHY_OPTION_REAL || *value == floor (*value));
}

static char *
describe_values (const WhyOptionClass *option)
{
  switch (option->kind)
    {
    case WHY_OPTION_BOOLEAN:
      return g_strdup ("yes or no");
    case WHY_OPTION_CHOICE:
      {
        g_autofree char *all = g_strjoinv (", ", (char **) option->choices);
        return g_strdup_printf ("one of %s", all);
      }
    case WHY_OPTION_INTEGER:
      return g_strdup_printf ("a whole number from %.0f to %.0f", option->minimum, option->maximum);
    case WHY_OPTION_REAL:
      break;
    }
  return g_strdup_printf ("a number from %g to %g", option->minimum, option->maximum);
}

static gboolean
check_entry (const WhyExplainerClass *method, const char *entry, GError **error)
{
  const char *equals = strchr (entry, '=');
  gsize n = equals != NULL ? (gsize) (equals - entry) : strlen (entry);
  const WhyOptionClass *option = find_option (method, entry, n);
  double value;

  if (option == NULL)
    {
      g_autoptr (GPtrArray) list = why_options_list (method);
      g_autoptr (GString) ids = g_string_new (list->len == 0 ? "none" : NULL);
      for (guint index = 0; index < list->len; index++)
        g_string_append_printf (ids, "%s%s", index > 0 ? ", " : "",
                                ((const WhyOptionClass *) g_ptr_array_index (list, index))->id);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "The method '%s' has no option '%.*s'; it has %s", method->id, (int) n, entry,
                   ids->str);
      return FALSE;
    }
  if (equals != NULL && parse_value (option, equals + 1, &value))
    return TRUE;
  g_autofree char *values = describe_values (option);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "The option '%s' of the method '%s' takes %s, not '%s'", option->id, method->id,
               values, equals != NULL ? equals + 1 : "");
  return FALSE;
}

gboolean
why_options_check (const WhyExplainerClass *method, const char *text, GError **error)
{
  g_auto (GStrv) entries = g_strsplit (text != NULL ? text : "", ",", -1);

  for (char **entry = entries; *entry != NULL; entry++)
    {
      if (!check_entry (method, *entry, error))
        return FALSE;
    }
  return TRUE;
}

double
why_options_get (const WhyExplainerClass *method,
                 WhyProfileKind profile,
                 const char *text,
                 const char *id)
{
  const WhyOptionClass *option = find_option (method, id, strlen (id));
  g_auto (GStrv) entries = g_strsplit (text != NULL ? text : "", ",", -1);

  g_return_val_if_fail (option != NULL, 0);
  double value = why_option_preset (option, profile);
  for (char **entry = entries; *entry != NULL; entry++)
    {
      const char *equals = strchr (*entry, '=');
      double given;
      if (equals != NULL && strlen (id) == (gsize) (equals - *entry) &&
          strncmp (*entry, id, strlen (id)) == 0 && parse_value (option, equals + 1, &given))
        value = given;
    }
  return value;
}

char *
why_options_replace (const char *text, const char *id, const char *value)
{
  g_auto (GStrv) entries = g_strsplit (text != NULL ? text : "", ",", -1);
  g_autoptr (GString) result = g_string_new (NULL);

  for (char **entry = entries; *entry != NULL; entry++)
    {
      if (g_str_has_prefix (*entry, id) && (*entry)[strlen (id)] == '=')
        continue;
      g_string_append_printf (result, "%s%s", result->len > 0 ? "," : "", *entry);
    }
  if (value != NULL)
    g_string_append_printf (result, "%s%s=%s", result->len > 0 ? "," : "", id, value);
  return result->len > 0 ? g_string_free (g_steal_pointer (&result), FALSE) : NULL;
}

/* ---- for methods ---- */

static double
get (const WhyExplainRequest *request, const char *id)
{
  const WhyExplainerClass *method = why_explainer_lookup (request->method, NULL);

  g_return_val_if_fail (method != NULL, 0);
  return why_options_get (method, why_method_profile (request), request->options, id);
}

double
why_option_real (const WhyExplainRequest *request, const char *id)
{
  return get (request, id);
}

int
why_option_integer (const WhyExplainRequest *request, const char *id)
{
  return (int) get (request, id);
}

gboolean
why_option_boolean (const WhyExplainRequest *request, const char *id)
{
  return get (request, id) != 0;
}

const char *
why_option_choice (const WhyExplainRequest *request, const char *id)
{
  const WhyExplainerClass *method = why_explainer_lookup (request->method, NULL);
  const WhyOptionClass *option = method != NULL ? find_option (method, id, strlen (id)) : NULL;

  g_return_val_if_fail (option != NULL && option->kind == WHY_OPTION_CHOICE, NULL);
  return option->choices[(gsize) get (request, id)];
}
