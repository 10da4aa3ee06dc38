#include "config.h"

#include "graph/op.h"

#include "families.h"

static const WhyOpClass *const families[] = {
  why_ops_activation,  why_ops_arithmetic, why_ops_cast,      why_ops_channel,   why_ops_concat,
  why_ops_conv,        why_ops_einsum,     why_ops_gather,    why_ops_generate,
  why_ops_grid_sample, why_ops_logic,      why_ops_matmul,    why_ops_normalization,
  why_ops_pad,         why_ops_pool,       why_ops_quantize,  why_ops_quantized,
  why_ops_reduce,      why_ops_resize,     why_ops_select,    why_ops_shape,
  why_ops_slice,       why_ops_softmax,    why_ops_transpose,
};

/* type -> GPtrArray of WhyOpClass, one for every range of opsets */
static GHashTable *
class_table (void)
{
  static GHashTable *table = NULL;
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      table = g_hash_table_new (g_str_hash, g_str_equal);
      for (gsize family = 0; family < G_N_ELEMENTS (families); family++)
        {
          for (const WhyOpClass *klass = families[family]; klass->type != NULL; klass++)
            {
              GPtrArray *classes = g_hash_table_lookup (table, klass->type);
              if (classes == NULL)
                {
                  classes = g_ptr_array_new ();
                  g_hash_table_insert (table, (gpointer) klass->type, classes);
                }
              g_ptr_array_add (classes, (gpointer) klass);
            }
        }
      g_once_init_leave (&once, 1);
    }
  return table;
}

const WhyOpClass *
why_op_lookup (const char *type, gint64 opset, gboolean internal)
{
  const GPtrArray *classes = g_hash_table_lookup (class_table (), type);
  for (guint index = 0; classes != NULL && index < classes->len; index++)
    {
      const WhyOpClass *klass = g_ptr_array_index (classes, index);
      if (!internal && (klass->flags & WHY_OP_INTERNAL) != 0)
        continue;
      if (opset >= klass->since && (klass->until == 0 || opset <= klass->until))
        return klass;
    }
  return NULL;
}

