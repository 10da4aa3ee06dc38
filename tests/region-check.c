#include "config.h"

#include "region-check.h"

#include <stdlib.h>
#include <string.h>

static int
parse_list (const char *text, gint64 *values)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  int n = 0;
  for (; parts[n] != NULL; n++)
    values[n] = g_ascii_strtoll (parts[n], NULL, 10);
  return n;
}

/* Whether the element with flat index @element is in the box. */
static gboolean
in_box (const WhyTensor *tensor, gsize element, const WhyBox *box)
{
  gboolean inside = TRUE;
  for (int axis = tensor->rank - 1; axis >= 0; axis--)
    {
      gint64 at = (gint64) (element % (gsize) tensor->dims[axis]);
      inside &= at >= box->lo[axis] && at < box->hi[axis];
      element /= (gsize) tensor->dims[axis];
    }
  return inside;
}

static WhyTensor *
evaluate (WhyGraph *graph, WhyTensor *input, WhyValue *wanted)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  why_graph_evaluate (graph, &input, &wanted, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

void
region_check_of (const char *type, WhyTensor *const *inputs, guint n_inputs, const WhyAttr *attrs,
              guint n_attrs, guint n_outputs, guint number, const char *lo, const char *hi,
              const char *expected)
{
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) first = inputs[0];
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_inputs);
  WhyBox out = { 0 }, in;

  values[0] = why_graph_add_input (graph, "x", first->dtype, first->rank, first->dims);
  for (guint input = 1; input < n_inputs; input++)
    values[input] = inputs[input] != NULL ? why_graph_add_constant (graph, NULL, inputs[input])
                                          : NULL;
  WhyValue **outputs = why_graph_add_node (graph, type, 0, "it", values, n_inputs, NULL, n_outputs,
                                           attrs, n_attrs, &error);
  g_assert_no_error (error);
  WhyValue *output = outputs[number];

  out.rank = parse_list (lo, out.lo);
  g_assert_cmpint (parse_list (hi, out.hi), ==, out.rank);
  g_assert_cmpint (out.rank, ==, output->rank);
  why_op_region (output->producer, number, 0, &out, &in);
  g_autoptr (GString) actual = g_string_new (NULL);
  for (int axis = 0; axis < in.rank; axis++)
    g_string_append_printf (actual, "%s%" G_GINT64_FORMAT "..%" G_GINT64_FORMAT,
                            axis > 0 ? "," : "", in.lo[axis], in.hi[axis]);
  g_assert_cmpstr (actual->str, ==, expected);

  g_autoptr (WhyTensor) before = evaluate (graph, first, output);
  g_autoptr (WhyTensor) changed = why_tensor_copy (first, &error);
  gsize count = why_tensor_count (changed);
  for (gsize element = 0; element < count; element++)
    {
      if (!in_box (changed, element, &in))
        why_tensor_set_f64 (changed, element, 1000 + (double) element);
    }
  g_autoptr (WhyTensor) after = evaluate (graph, changed, output);
  count = why_tensor_count (before);
  for (gsize element = 0; element < count; element++)
    {
      if (in_box (before, element, &out))
        g_assert_cmpfloat (why_tensor_get_f64 (before, element), ==,
                           why_tensor_get_f64 (after, element));
    }
}

void
region_check (const char *type, WhyTensor *const *inputs, guint n_inputs, const WhyAttr *attrs,
              guint n_attrs, const char *lo, const char *hi, const char *expected)
{
  region_check_of (type, inputs, n_inputs, attrs, n_attrs, 1, 0, lo, hi, expected);
}
