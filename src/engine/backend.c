#include "config.h"

#include "engine/session.h"

#include "base/error.h"
#include "plan.h"

#include "kernels/elementwise.h"
#include "kernels/generic.h"
#include "kernels/gemm.h"
#include "kernels/view.h"
#ifdef HAVE_ONEDNN
#include "kernels/dnnl.h"
#endif

#include <string.h>

/* Tables are tried in order; the first kernel that accepts a node makes its steps. A new kernel is
 * a line in its family's table; a new family a file under kernels/ and a line here. */

#ifdef HAVE_ONEDNN
static const WhyKernel *const fast_tables[] = {
  why_dnnl_conv_kernels, why_dnnl_matmul_kernels,   why_view_kernels, why_elementwise_kernels, why_pool_kernels,
  why_movement_kernels,  why_normalization_kernels, why_reduce_kernels,
  why_layer_norm_kernels, why_channel_kernels,
};
#endif

/* The reference computes products with OpenBLAS and everything else by the plain definitions, in
 * plain layouts: it shares no kernel with the fast backend. */
static const WhyKernel *const reference_tables[] = { why_gemm_kernels };

static gboolean
compile_from (const WhyKernel *const *tables,
              gsize n_tables,
              WhyPlan *plan,
              WhyNode *node,
              gboolean *done,
              GError **error)
{
  *done = FALSE;
  for (gsize table = 0; table < n_tables; table++)
    {
      for (const WhyKernel *kernel = tables[table]; kernel->type != NULL; kernel++)
        {
          if (strcmp (kernel->type, node->klass->type) != 0)
            continue;
          if (!kernel->compile (plan, node, done, error))
            return FALSE;
          if (*done)
            return TRUE;
        }
    }
  return TRUE;
}

static gboolean
compile_reference (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  return compile_from (reference_tables, G_N_ELEMENTS (reference_tables), plan, node, done, error);
}

static const WhyBackendClass reference_class = { "reference", compile_reference, FALSE, FALSE };

const WhyBackendClass *
why_backend_reference (void)
{
  return &reference_class;
}

#ifdef HAVE_ONEDNN
static gboolean
compile_fast (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  if (!why_view_compile_reshape (plan, node, done, error) || *done)
    return *done;
  /* What only looks at memory differently needs no kernel, and must not be copied by one. */
  if (!why_generic_compile_alias (plan, node, done, error) || *done)
    return *done;
  return compile_from (fast_tables, G_N_ELEMENTS (fast_tables), plan, node, done, error);
}

const WhyBackendClass *
why_backend_fast (void)
{
  static char name[32];
  static WhyBackendClass klass = { name, compile_fast, TRUE, TRUE };
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      const dnnl_version_t *version = dnnl_version ();
      g_snprintf (name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor,
                  version->patch);
      g_once_init_leave (&once, 1);
    }
  return &klass;
}
#else
const WhyBackendClass *
why_backend_fast (void)
{
  return NULL;
}
#endif

gboolean
why_backend_parse (const char *text, WhyBackend *backend, GError **error)
{
  static const char *const names[] = { "auto", "onednn", "reference" };
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      if (strcmp (text, names[index]) == 0)
        {
          *backend = (WhyBackend) index;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no backend '%s'; known are auto, onednn and reference", text);
  return FALSE;
}
