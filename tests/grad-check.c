#include "config.h"

#include "grad-check.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KINK_MARGIN 0.05

static int
parse_dims (const char *text, gint64 *dims)
{
  int rank = 0;
  while (*text != '\0')
    {
      char *end;
      g_assert_cmpint (rank, <, WHY_MAX_RANK);
      dims[rank++] = g_ascii_strtoll (text, &end, 10);
      g_assert (end != text);
      text = *end == 'x' ? end + 1 : end;
    }
  return rank;
}

static WhyTensor *
new_tensor (WhyDType dtype, const char *dims_text)
{
  g_autoptr (GError) error = NULL;
  gint64 dims[WHY_MAX_RANK];
  int rank = parse_dims (dims_text, dims);
  WhyTensor *tensor = why_tensor_new (dtype, rank, dims, &error);
  g_assert_no_error (error);
  return tensor;
}

WhyTensor *
check_tensor (WhyDType dtype, const char *dims, ...)
{
  WhyTensor *tensor = new_tensor (dtype, dims);
  gsize count = why_tensor_count (tensor);
  va_list args;

  va_start (args, dims);
  for (gsize index = 0; index < count; index++)
    {
      if (why_dtype_is_float (dtype))
        why_tensor_set_f64 (tensor, index, va_arg (args, double));
      else
        why_tensor_set_i64 (tensor, index, va_arg (args, int));
    }
  va_end (args);
  return tensor;
}

WhyTensor *
check_random (guint32 seed, double low, double high, const char *dims)
{
  return check_random_away (seed, low, high, NULL, 0, dims);
}

WhyTensor *
check_random_away (guint32 seed, double low, double high, const double *kinks, gsize n_kinks, const char *dims)
{
  WhyTensor *tensor = new_tensor (WHY_DTYPE_FLOAT64, dims);
  gsize count = why_tensor_count (tensor);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize index = 0; index < count; index++)
    {
      double value;
      gboolean near;
      do
        {
          value = g_rand_double_range (rand, low, high);
          near = FALSE;
          for (gsize kink = 0; kink < n_kinks; kink++)
            near |= fabs (value - kinks[kink]) < KINK_MARGIN;
        }
      while (near);
      ((double *) tensor->data)[index] = value;
    }
  return tensor;
}

WhyTensor *
check_distinct (guint32 seed, double step, const char *dims)
{
  WhyTensor *tensor = new_tensor (WHY_DTYPE_FLOAT64, dims);
  gsize count = why_tensor_count (tensor);
  double *values = tensor->data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize index = 0; index < count; index++)
    values[index] = step * ((double) index - (double) count / 2.0 + 0.25);
  for (gsize index = count; index > 1; index--)
    {
      gsize other = (gsize) g_rand_int_range (rand, 0, (gint32) index);
      double held = values[index - 1];
      values[index - 1] = values[other];
      values[other] = held;
    }
  return tensor;
}

static WhyValue **
add_node (WhyGraph *graph, const char *type, gint64 opset, WhyTensor *const *inputs, guint n_inputs, guint variable,
          const WhyAttr *attrs, guint n_attrs, guint n_outputs, WhyValue **values, GError **error)
{
  for (guint input = 0; input < n_inputs; input++)
    {
      if (inputs[input] == NULL)
        values[input] = NULL;
      else if ((variable & 1u << input) != 0)
        {
          char name[16];
          g_snprintf (name, sizeof name, "in%u", input);
          values[input] = why_graph_add_input (graph, name, inputs[input]->dtype, inputs[input]->rank, inputs[input]->dims);
        }
      else
        values[input] = why_graph_add_constant (graph, NULL, why_tensor_ref (inputs[input]));
    }
  return why_graph_add_node (graph, type, opset, "it", values, n_inputs, NULL, n_outputs, attrs, n_attrs, error);
}

static void
unref_all (WhyTensor *const *tensors, guint n)
{
  for (guint index = 0; index < n; index++)
    g_clear_pointer (&((WhyTensor **) tensors)[index], why_tensor_unref);
}

WhyTensor *
check_eval (const char *type, gint64 opset, WhyTensor *const *inputs, guint n_inputs, const WhyAttr *attrs,
            guint n_attrs, guint n_outputs, guint output)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  WhyValue *values[CHECK_MAX_INPUTS];

  g_assert_cmpuint (n_inputs, <=, CHECK_MAX_INPUTS);
  WhyValue **outputs = add_node (graph, type, opset, inputs, n_inputs, 0, attrs, n_attrs, n_outputs, values, &error);
  g_assert_no_error (error);
  g_assert_nonnull (outputs);
  g_assert_nonnull (outputs[output]->constant);
  WhyTensor *result = why_tensor_ref (outputs[output]->constant);
  unref_all (inputs, n_inputs);
  return result;
}

void
check_fails (const char *type, gint64 opset, WhyTensor *const *inputs, guint n_inputs, guint variable,
             const WhyAttr *attrs, guint n_attrs, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  WhyValue *values[CHECK_MAX_INPUTS];

  WhyValue **outputs = add_node (graph, type, opset, inputs, n_inputs, variable, attrs, n_attrs, 1, values, &error);
  if (outputs != NULL)
    g_error ("%s was accepted; expected to fail with '%s'", type, part);
  g_assert_nonnull (error);
  if (strstr (error->message, part) == NULL)
    g_error ("%s: expected '%s' in the message '%s'", type, part, error->message);
  unref_all (inputs, n_inputs);
}

void
check_dims (const WhyTensor *tensor, const char *dims)
{
  gint64 expected[WHY_MAX_RANK];
  int rank = parse_dims (dims, expected);
  g_autofree char *actual_text = why_dims_to_string (tensor->rank, tensor->dims);
  g_autofree char *expected_text = why_dims_to_string (rank, expected);
  g_assert_cmpstr (actual_text, ==, expected_text);
}

void
check_equal (WhyTensor *actual, WhyTensor *expected, double tolerance)
{
  g_autofree char *actual_text = why_dims_to_string (actual->rank, actual->dims);
  g_autofree char *expected_text = why_dims_to_string (expected->rank, expected->dims);
  gsize count = why_tensor_count (expected);

  g_assert_cmpstr (actual_text, ==, expected_text);
  g_assert_cmpstr (why_dtype_name (actual->dtype), ==, why_dtype_name (expected->dtype));
  for (gsize index = 0; index < count; index++)
    {
      if (!why_dtype_is_float (actual->dtype))
        {
          if (why_tensor_get_i64 (actual, index) != why_tensor_get_i64 (expected, index))
            g_error ("element %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT, index,
                     why_tensor_get_i64 (actual, index), why_tensor_get_i64 (expected, index));
          continue;
        }
      double is = why_tensor_get_f64 (actual, index), wanted = why_tensor_get_f64 (expected, index);
      gboolean same = is == wanted || (isnan (is) && isnan (wanted)) || fabs (is - wanted) <= tolerance;
      if (!same)
        g_error ("element %" G_GSIZE_FORMAT " is %.9g, expected %.9g", index, is, wanted);
    }
  why_tensor_unref (actual);
  why_tensor_unref (expected);
}

/* ---- gradients ---- */

/* The node under test in a graph of its own, with a weighted sum of its output and the gradients. */
typedef struct
{
  const GradCheck *check;
  WhyGraph *graph;
  WhyGradients *gradients;
  WhyGradients *second;
  WhyValue *values[CHECK_MAX_INPUTS];
  WhyValue *output;
  guint differentiated; /* bits */
  GPtrArray *feeds;  /* WhyTensor, one a graph input: the variable inputs, then the seeds */
} Rig;

static void
rig_add_seed (Rig *rig, const char *name, const WhyValue *like, guint32 seed, WhyTensor *given, WhyValue **value)
{
  WhyTensor *tensor = given;
  if (tensor == NULL)
    {
      g_autofree char *dims = why_dims_to_string (like->rank, like->dims);
      tensor = check_random (seed, -1.0, 1.0, like->rank > 0 ? dims : "");
    }
  *value = why_graph_add_input (rig->graph, name, like->dtype, like->rank, like->dims);
  g_ptr_array_add (rig->feeds, tensor);
}

static void
rig_init (Rig *rig, const GradCheck *check, WhyTensor *given_seed)
{
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (GError) error = NULL;
  guint variable = ~check->constant;
  WhyValue *seed;

  *rig = (Rig) { .check = check, .graph = why_graph_new_empty (&options) };
  rig->feeds = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  WhyValue **outputs = add_node (rig->graph, check->type, check->opset, check->inputs, check->n_inputs, variable,
                                 check->attrs, check->n_attrs, MAX (check->n_outputs, 1), rig->values, &error);
  g_assert_no_error (error);
  g_assert_nonnull (outputs);
  rig->output = outputs[check->output];
  for (guint input = 0; input < check->n_inputs; input++)
    {
      const WhyTensor *tensor = check->inputs[input];
      if (tensor == NULL || (check->constant & 1u << input) != 0)
        continue;
      /* The differences step through the memory: a copy, as tests may share their inputs. */
      g_ptr_array_add (rig->feeds, why_tensor_copy (tensor, &error));
      g_assert_no_error (error);
      if (why_dtype_is_float (tensor->dtype))
        rig->differentiated |= 1u << input;
    }
  rig_add_seed (rig, "seed", rig->output, 4711, given_seed, &seed);
  rig->gradients = why_graph_differentiate (rig->graph, rig->output, seed, check->rule, &error);
  g_assert_no_error (error);
}

static void
rig_clear (Rig *rig)
{
  g_clear_pointer (&rig->second, why_gradients_free);
  g_clear_pointer (&rig->gradients, why_gradients_free);
  g_clear_pointer (&rig->graph, why_graph_free);
  g_clear_pointer (&rig->feeds, g_ptr_array_unref);
}

static WhyTensor *
rig_evaluate (Rig *rig, WhyValue *value)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  why_graph_evaluate (rig->graph, (WhyTensor *const *) rig->feeds->pdata, &value, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

/* sum (seed * value); @seed_feed is which feed is the seed */
static double
rig_score (Rig *rig, WhyValue *value, guint seed_feed)
{
  g_autoptr (WhyTensor) tensor = rig_evaluate (rig, value);
  const WhyTensor *seed = g_ptr_array_index (rig->feeds, seed_feed);
  gsize count = why_tensor_count (tensor);
  double sum = 0.0;
  for (gsize index = 0; index < count; index++)
    sum += why_tensor_get_f64 (tensor, index) * why_tensor_get_f64 (seed, index);
  return sum;
}

/* Compares @gradient with differences of the score of @of when the feed is moved. */
static void
compare_feed (Rig *rig, const char *what, guint feed, WhyValue *of, guint seed_feed, WhyValue *gradient)
{
  double step = rig->check->step > 0.0 ? rig->check->step : 1e-5;
  double tolerance = rig->check->tolerance > 0.0 ? rig->check->tolerance : 1e-6;
  WhyTensor *moved = g_ptr_array_index (rig->feeds, feed);
  g_autoptr (WhyTensor) analytic = rig_evaluate (rig, gradient);
  gsize count = why_tensor_count (moved);

  g_assert_true (why_tensor_same_dims (moved, analytic));
  for (gsize index = 0; index < count; index++)
    {
      double held = why_tensor_get_f64 (moved, index);
      why_tensor_set_f64 (moved, index, held + step);
      double above = rig_score (rig, of, seed_feed);
      why_tensor_set_f64 (moved, index, held - step);
      double below = rig_score (rig, of, seed_feed);
      why_tensor_set_f64 (moved, index, held);
      double numeric = (above - below) / (2.0 * step);
      double value = why_tensor_get_f64 (analytic, index);
      if (!(fabs (numeric - value) <= tolerance * (1.0 + fabs (numeric))))
        g_error ("%s: %s of input %u, element %" G_GSIZE_FORMAT ": gradient %.9g, differences %.9g", rig->check->type,
                 what, feed, index, value, numeric);
    }
}

/* Differentiates the gradient of every differentiated input once more. */
static void
check_second (const GradCheck *check)
{
  for (guint input = 0; input < check->n_inputs; input++)
    {
      g_autoptr (GError) error = NULL;
      Rig rig;
      WhyValue *seed;

      rig_init (&rig, check, NULL);
      if ((rig.differentiated & 1u << input) != 0)
        {
          guint feed = 0, seed_feed = rig.feeds->len;
          WhyValue *first = why_gradients_get (rig.gradients, rig.values[input], &error);
          g_assert_no_error (error);
          rig_add_seed (&rig, "seed2", first, 4712, NULL, &seed);
          rig.second = why_graph_differentiate (rig.graph, first, seed, WHY_GRAD_RULE_GRADIENT, &error);
          g_assert_no_error (error);
          for (guint other = 0; other < check->n_inputs; other++)
            {
              if (check->inputs[other] == NULL || (check->constant & 1u << other) != 0)
                continue;
              g_autoptr (GError) none = NULL;
              WhyValue *gradient = (rig.differentiated & 1u << other) != 0
                                     ? why_gradients_get (rig.second, rig.values[other], &none)
                                     : NULL;
              /* No influence, or only through a mask: the differences must be zero too. */
              if (gradient == NULL && (rig.differentiated & 1u << other) != 0)
                {
                  g_assert_true (strstr (none->message, "no influence") != NULL ||
                                 strstr (none->message, "whole numbers") != NULL);
                  gradient = why_graph_add_constant (rig.graph, NULL,
                                                     why_tensor_new_zeros (WHY_DTYPE_FLOAT64, check->inputs[other]->rank,
                                                                           check->inputs[other]->dims, NULL));
                }
              if (gradient != NULL)
                compare_feed (&rig, "second gradient", feed, first, seed_feed, gradient);
              feed++;
            }
        }
      rig_clear (&rig);
    }
}

void
grad_check (const GradCheck *check)
{
  Rig rig;
  guint feed = 0;

  rig_init (&rig, check, NULL);
  g_assert_cmpuint (rig.differentiated, !=, 0);
  guint seed_feed = rig.feeds->len - 1;
  for (guint input = 0; input < check->n_inputs; input++)
    {
      g_autoptr (GError) error = NULL;
      if (check->inputs[input] == NULL || (check->constant & 1u << input) != 0)
        continue;
      if ((rig.differentiated & 1u << input) != 0)
        {
          WhyValue *gradient = why_gradients_get (rig.gradients, rig.values[input], &error);
          g_assert_no_error (error);
          compare_feed (&rig, "gradient", feed, rig.output, seed_feed, gradient);
        }
      feed++;
    }
  rig_clear (&rig);
  if (check->second)
    check_second (check);
  unref_all (check->inputs, check->n_inputs);
}

WhyTensor *
grad_check_values (const GradCheck *check, guint input, WhyTensor *seed)
{
  g_autoptr (GError) error = NULL;
  Rig rig;

  rig_init (&rig, check, seed);
  WhyValue *gradient = why_gradients_get (rig.gradients, rig.values[input], &error);
  g_assert_no_error (error);
  WhyTensor *result = rig_evaluate (&rig, gradient);
  rig_clear (&rig);
  unref_all (check->inputs, check->n_inputs);
  return result;
}
