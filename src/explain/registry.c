#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <string.h>

/* One line a method; the method's file holds the rest. */
static const WhyExplainerClass *const classes[] = {
  &why_gradcam, &why_hirescam, &why_elementwise, &why_eigencam, &why_gradient,
};

const WhyExplainerClass *const *
why_explainer_list (gsize *n)
{
  *n = G_N_ELEMENTS (classes);
  return classes;
}

const WhyExplainerClass *
why_explainer_lookup (const char *id, GError **error)
{
  const char *ids[G_N_ELEMENTS (classes)];
  for (gsize index = 0; index < G_N_ELEMENTS (classes); index++)
    {
      ids[index] = classes[index]->id;
      if (strcmp (classes[index]->id, id) == 0)
        return classes[index];
    }
  g_autofree char *near = why_error_nearest (id, ids, G_N_ELEMENTS (ids));
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "There is no method '%s'%s", id, near);
  return NULL;
}
