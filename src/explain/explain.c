#include "config.h"

#include "explain/explain.h"

#include "base/error.h"
#include "methods.h"
#include "places.h"

#include <math.h>
#include <string.h>

void
why_explain_result_clear (WhyExplainResult *result)
{
  g_clear_pointer (&result->map, why_map_unref);
  g_clear_pointer (&result->probabilities, why_tensor_unref);
  g_clear_pointer (&result->logits, why_tensor_unref);
}

/* ---- targets, classes and layers ---- */

static gboolean
find_target (
  const WhyJob *job, const char *output, gboolean multi_label, WhyTarget *target, GError **error)
{
  WhyShape shape = { .rank = job->input->rank };
  memcpy (shape.dims, job->input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (job->session, &shape, 1, error);
  return graph != NULL && why_target_find (graph, output, multi_label, target, error);
}

static gboolean
predict (const WhyTarget *target,
         const WhyJob *job,
         WhyTensor **probabilities,
         WhyTensor **class_logits,
         GError **error)
{
  g_autoptr (WhyTensor) logits = NULL;

  if (!why_method_logits (target, job, &logits, error))
    return FALSE;
  *probabilities = why_target_probabilities (target, logits, error);
  *class_logits = *probabilities != NULL ? why_target_class_logits (target, logits, error) : NULL;
  if (*class_logits != NULL)
    return TRUE;
  g_clear_pointer (probabilities, why_tensor_unref);
  return FALSE;
}

gboolean
why_predict (const WhyJob *job,
             const char *output,
             gboolean multi_label,
             WhyTensor **probabilities,
             WhyTensor **logits,
             GError **error)
{
  WhyTarget target;
  return find_target (job, output, multi_label, &target, error) &&
         predict (&target, job, probabilities, logits, error);
}

static gboolean
choose_class (WhyExplainRequest *request,
              const WhyTarget *target,
              const WhyTensor *probabilities,
              GError **error)
{
  const float *values = probabilities->data;
  if (request->target_class >= target->n_classes || request->target_class < -1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                   "There is no class %d; the network has classes 0 to %" G_GINT64_FORMAT,
                   request->target_class, target->n_classes - 1);
      return FALSE;
    }
  if (request->target_class >= 0)
    return TRUE;
  request->target_class = 0;
  for (gint64 k = 1; k < target->n_classes; k++)
    {
      if (values[k] > values[request->target_class] || isnan (values[request->target_class]))
        request->target_class = (int) k;
    }
  return TRUE;
}

/* Whether there can be a map at a tensor. */
static gboolean
check_layer (WhyGraph *graph, const char *name, GError **error)
{
  const WhyValue *value = why_graph_require_value (graph, name, error);
  g_auto (WhyGrid) grid = { 0 };
  if (value == NULL)
    return FALSE;
  if (why_grid_init (&grid, why_places_get (graph), value) && value->dtype == WHY_DTYPE_FLOAT32)
    return TRUE;
  g_autofree char *dims = why_dims_to_string (value->rank, value->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "Tensor '%s' is %s: it has no spatial extent, so there is no map at it; the layers "
               "command lists those that have",
               value->name, dims);
  return FALSE;
}

static gboolean
choose_layer (WhyExplainRequest *request, const WhyTarget *target, WhyGraph *graph, GError **error)
{
  if (request->layer != NULL)
    return check_layer (graph, request->layer, error);
  const WhyValue *preset = why_layers_preset (graph, target->logits);
  if (preset != NULL)
    {
      request->layer = preset->name;
      return TRUE;
    }
  g_set_error_literal (
    error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
    "The network has no layer with spatial extent to explain; use a method on the input");
  return FALSE;
}

/* Maps of many layers by a method whose maps the engine makes. */
static gboolean
emit_layers (const WhyExplainerClass *klass,
             const WhyExplainRequest *request,
             const WhyTarget *target,
             const WhyJob *job,
             const char *const *layers,
             gsize n_layers,
             WhyMap **maps,
             GError **error)
{
  g_autofree WhyTensor **values = g_new0 (WhyTensor *, n_layers + 1);
  g_autoptr (WhyTensor) logits = NULL;
  WhyTensor *inputs[] = { job->input };
  gsize n_positions = 0;
  double score = 0;

  if (!why_method_logits (target, job, &logits, error))
    return FALSE;
  g_autoptr (WhyTensor) seed =
    why_target_seed (target, request, logits, job->input, &score, &n_positions, error);
  if (seed == NULL ||
      !why_session_maps (job->session, inputs, 1, target->logits->name, seed, layers, n_layers,
                         WHY_GRAD_RULE_GRADIENT, klass->emit, values, job->cancel, error))
    return FALSE;
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      one.layer = layers[index];
      WhyTensor *map =
        why_tensor_reshape (values[index], values[index]->rank - 2, values[index]->dims + 2);
      why_tensor_unref (values[index]);
      maps[index] = why_method_new_map (&one, job, map, score);
    }
  return TRUE;
}

/* Maps of many layers by a method that is a function of activation and gradient. */
static gboolean
combine_layers (const WhyExplainerClass *klass,
                const WhyExplainRequest *request,
                const WhyTarget *target,
                const WhyJob *job,
                const char *const *layers,
                gsize n_layers,
                WhyMap **maps,
                GError **error)
{
  g_autofree WhyTensor **activations = g_new0 (WhyTensor *, n_layers + 1);
  g_autofree WhyTensor **gradients = g_new0 (WhyTensor *, n_layers + 1);
  double score = 0;
  gboolean done;

  if ((klass->needs & WHY_NEEDS_GRADIENT) != 0)
    done = why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, layers, n_layers,
                                 activations, gradients, &score, error);
  else
    done = why_method_activations (job, layers, n_layers, activations, error);
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      one.layer = layers[index];
      WhyTensor *values =
        done ? why_method_signed_map (klass, &one, activations[index], gradients[index], error)
             : NULL;
      maps[index] = values != NULL ? why_method_new_map (&one, job, values, score) : NULL;
      done = maps[index] != NULL;
      why_tensor_unref (activations[index]);
      why_tensor_unref (gradients[index]);
    }
  for (gsize index = 0; !done && index < n_layers; index++)
    g_clear_pointer (&maps[index], why_map_unref);
  return done;
}

static gboolean
make_maps (const WhyExplainerClass *klass,
           const WhyExplainRequest *request,
           const WhyTarget *target,
           const WhyJob *job,
           const char *const *layers,
           gsize n_layers,
           WhyMap **maps,
           GError **error)
{
  if (klass->emit != NULL && !why_option_boolean (request, "eigen-smooth"))
    return emit_layers (klass, request, target, job, layers, n_layers, maps, error);
  if (klass->run == NULL)
    return combine_layers (klass, request, target, job, layers, n_layers, maps, error);
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      one.layer = (klass->needs & WHY_NEEDS_LAYER) != 0 ? layers[index] : NULL;
      maps[index] = klass->run (&one, target, job, error);
      if (maps[index] == NULL)
        {
          while (index-- > 0)
            g_clear_pointer (&maps[index], why_map_unref);
          return FALSE;
        }
    }
  return TRUE;
}

/* ---- maps made of several ---- */

/* Forms of the picture whose maps the option "aug-smooth" averages: as it is and mirrored, each
 * darker, as it is and brighter (pytorch-grad-cam). */
#define N_FORMS 6
static const double form_factors[] = { 0.9, 1.0, 1.1 };

/* Along the last axis. @factor on every number. */
static WhyTensor *
alter (const WhyTensor *tensor, gboolean mirrored, double factor, GError **error)
{
  WhyTensor *result = why_tensor_new (WHY_DTYPE_FLOAT32, tensor->rank, tensor->dims, error);
  const gsize count = why_tensor_count (tensor), width = (gsize) tensor->dims[tensor->rank - 1];

  for (gsize at = 0; result != NULL && at < count; at++)
    {
      const gsize w = at % width;
      const gsize from = mirrored ? at - w + (width - 1 - w) : at;
      ((float *) result->data)[at] = (float) (((const float *) tensor->data)[from] * factor);
    }
  return result;
}

/* The parts of one form: all layers; their mirrored maps are turned back. */
static gboolean
make_form (const WhyExplainerClass *klass,
           const WhyExplainRequest *request,
           const WhyTarget *target,
           const WhyJob *job,
           const char *const *layers,
           gsize n_layers,
           gboolean mirrored,
           double factor,
           WhyTensor **parts,
           WhyMap **maps,
           GError **error)
{
  g_autoptr (WhyTensor) input = alter (job->input, mirrored, factor, error);
  WhyJob altered = *job;

  altered.input = input;
  altered.partial = NULL;
  if (input == NULL || !make_maps (klass, request, target, &altered, layers, n_layers, maps, error))
    return FALSE;
  for (gsize index = 0; index < n_layers; index++)
    {
      parts[index] = alter (maps[index]->values, mirrored, 1.0, error);
      if (parts[index] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* Shares of one job's progress. */
typedef struct
{
  const WhyJob *job;
  double from, share;
} Stage;

static void
on_stage (double done, gpointer data)
{
  const Stage *stage = data;
  stage->job->progress (stage->from + stage->share * done, stage->job->progress_data);
}

static gboolean
has_option (const WhyExplainerClass *klass, const char *id)
{
  g_autoptr (GPtrArray) list = why_options_list (klass);
  for (guint index = 0; index < list->len; index++)
    if (strcmp (((const WhyOptionClass *) g_ptr_array_index (list, index))->id, id) == 0)
      return TRUE;
  return FALSE;
}

/* One value a position from the parts of one form. */
static WhyTensor *
fuse_form (const WhyExplainerClass *klass,
           const WhyExplainRequest *request,
           WhyTensor *const *parts,
           gsize n_layers,
           GError **error)
{
  const gboolean sharpen = n_layers > 1 && has_option (klass, "gamma");
  if (n_layers == 1)
    return why_tensor_copy (parts[0], error);
  return why_method_fuse (parts, n_layers, why_option_choice (request, "fusion"),
                          sharpen ? why_option_real (request, "gamma") : 0, error);
}

static WhyTensor *
fuse_forms (const WhyExplainerClass *klass,
            const WhyExplainRequest *request,
            WhyTensor *const *parts,
            gsize n_forms,
            gsize n_layers,
            GError **error)
{
  g_autoptr (WhyTensor) sum = NULL;

  for (gsize form = 0; form < n_forms; form++)
    {
      WhyTensor *fused = fuse_form (klass, request, parts + form * n_layers, n_layers, error);
      if (fused == NULL)
        return NULL;
      const gsize count = why_tensor_count (fused);
      for (gsize at = 0; at < count; at++)
        {
          float *value = (float *) fused->data + at;
          *value /= (float) n_forms;
          if (sum != NULL)
            *value += ((float *) sum->data)[at];
        }
      why_tensor_unref (sum);
      sum = fused;
    }
  return g_steal_pointer (&sum);
}

static WhyMap *
make_composite (const WhyExplainerClass *klass,
                const WhyExplainRequest *request,
                const WhyTarget *target,
                const WhyJob *job,
                const char *const *layers,
                gsize n_layers,
                gboolean forms,
                GError **error)
{
  const gsize n_forms = forms ? N_FORMS : 1;
  g_autoptr (GPtrArray) maps = g_ptr_array_new_with_free_func ((GDestroyNotify) why_map_unref);
  WhyTensor **parts = g_new0 (WhyTensor *, n_forms * n_layers);
  WhyMap *result = NULL;
  gboolean done = TRUE;

  g_ptr_array_set_size (maps, (int) (n_forms * n_layers));
  for (gsize form = 0; done && form < n_forms; form++)
    {
      Stage stage = { job, (double) form / (double) n_forms, 1.0 / (double) n_forms };
      WhyJob part = *job;
      part.progress = job->progress != NULL ? on_stage : NULL;
      part.progress_data = &stage;
      const gboolean mirrored = forms && form >= N_FORMS / 2;
      const double factor = forms ? form_factors[form % G_N_ELEMENTS (form_factors)] : 1.0;
      done = make_form (klass, request, target, &part, layers, n_layers, mirrored, factor,
                        parts + form * n_layers, (WhyMap **) maps->pdata + form * n_layers, error);
      if (job->progress != NULL)
        on_stage (1.0, &stage);
    }
  WhyTensor *values = done ? fuse_forms (klass, request, parts, n_forms, n_layers, error) : NULL;
  if (values != NULL)
    {
      /* The polarity is in the values already. */
      const WhyMap *first = g_ptr_array_index (maps, 0);
      WhyExplainRequest as_is = *request;
      as_is.polarity = WHY_POLARITY_SIGNED;
      result = why_method_new_map (&as_is, job, values, first->score);
      g_free (result->polarity);
      result->polarity = g_strdup (first->polarity);
      g_free (result->reason);
      result->reason = result->maximum > 0 || result->minimum < 0 ? NULL : g_strdup (first->reason);
      result->parts = g_steal_pointer (&parts);
      result->n_parts = n_forms * n_layers;
      result->n_part_layers = n_layers;
      result->more_layers = g_strdupv ((char **) request->more_layers);
    }
  for (gsize part = 0; parts != NULL && part < n_forms * n_layers; part++)
    why_tensor_unref (parts[part]);
  g_free (parts);
  return result;
}

/* ---- what every run begins with: the network's answer and the class ---- */

static gboolean
check_classes (const WhyExplainRequest *request, const WhyTarget *target, GError **error)
{
  gint64 wrong = -1;

  for (gsize also = 0; also < request->n_also_classes; also++)
    if (request->also_classes[also] < 0 || request->also_classes[also] >= target->n_classes)
      wrong = request->also_classes[also];
  if (request->has_contrast &&
      (request->contrast_class < 0 || request->contrast_class >= target->n_classes))
    wrong = request->contrast_class;
  else if (request->has_contrast && request->contrast_class == request->target_class)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Class %d is compared with itself; choose another class to compare it with",
                   request->target_class);
      return FALSE;
    }
  if (wrong == -1)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
               "There is no class %" G_GINT64_FORMAT
               "; the network has classes 0 to %" G_GINT64_FORMAT,
               wrong, target->n_classes - 1);
  return FALSE;
}

static gboolean
check_names (const WhyExplainerClass *klass, const WhyExplainRequest *request, GError **error)
{
  const WhyProfile *profile = why_profile_lookup (request->profile, error);
  return profile != NULL && why_profile_check (profile, klass, error) &&
         why_options_check (klass, request->options, error);
}

static gboolean
begin (const WhyExplainerClass *klass,
       WhyExplainRequest *request,
       const WhyJob *job,
       WhyTarget *target,
       WhyExplainResult *result,
       GError **error)
{
  if (klass == NULL || !check_names (klass, request, error) ||
      !find_target (job, request->output, request->multi_label, target, error) ||
      !predict (target, job, &result->probabilities, &result->logits, error) ||
      !choose_class (request, target, result->probabilities, error) ||
      !check_classes (request, target, error))
    return FALSE;
  result->target_class = request->target_class;
  return TRUE;
}

/* ---- what can run ---- */

static char *
list_gradient_free (void)
{
  gsize n;
  const WhyExplainerClass *const *classes = why_explainer_list (&n);
  g_autoptr (GString) ids = g_string_new (NULL);

  for (gsize index = 0; index < n; index++)
    if ((classes[index]->needs & (WHY_NEEDS_GRADIENT | WHY_IS_CONTROL)) == 0)
      g_string_append_printf (ids, "%s%s", ids->len > 0 ? ", " : "", classes[index]->id);
  return g_string_free (g_steal_pointer (&ids), FALSE);
}

/* Whether the score's gradient reaches a value. @gradients: (nullable): %NULL with @blocked if
 * there are none */
static gboolean
check_gradient (WhyGradients *gradients, const GError *blocked, const WhyValue *at, GError **error)
{
  g_autoptr (GError) reason = blocked != NULL ? g_error_copy (blocked) : NULL;

  if (gradients != NULL && why_gradients_get (gradients, at, &reason) != NULL)
    return TRUE;
  g_autofree char *others = list_gradient_free ();
  g_set_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT, "%s. Methods without a gradient: %s",
               reason != NULL ? reason->message : "There is no gradient", others);
  return FALSE;
}

static gboolean
check_dimensions (const WhyExplainerClass *klass,
                  WhyGraph *graph,
                  const WhyValue *value,
                  GError **error)
{
  g_auto (WhyGrid) grid = { 0 };
  const int n =
    why_grid_init (&grid, why_places_get (graph), value) ? grid.n_spatial : value->rank - 2;

  if (n >= klass->min_dimensions && n <= klass->max_dimensions)
    return TRUE;
  g_autofree char *dims = why_dims_to_string (value->rank, value->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "The method '%s' works in %d to %d dimensions of space; '%s' is %s", klass->id,
               klass->min_dimensions, klass->max_dimensions, value->name, dims);
  return FALSE;
}

static gboolean
check_method (const WhyExplainerClass *klass,
              const WhyExplainRequest *request,
              const WhyTarget *target,
              WhyGraph *graph,
              GError **error)
{
  const WhyValue *at = (klass->needs & WHY_NEEDS_LAYER) != 0
                         ? why_graph_require_value (graph, request->layer, error)
                         : why_graph_input (graph, 0);
  return at != NULL && check_dimensions (klass, graph, at, error) &&
         (klass->check == NULL || klass->check (request, target, graph, error));
}

static WhyGradients *
differentiate (WhyGraph *graph, const WhyTarget *target, GError **error)
{
  WhyValue *logits = target->logits;
  WhyValue *seed = why_graph_add_input (graph, "~seed", logits->dtype, logits->rank, logits->dims);
  return why_graph_differentiate (graph, logits, seed, WHY_GRAD_RULE_GRADIENT, error);
}

static gboolean
check_one (const WhyExplainerClass *klass,
           const WhyExplainRequest *request,
           const WhyTarget *target,
           WhyGraph *graph,
           WhyGradients *gradients,
           const GError *blocked,
           GError **error)
{
  WhyExplainRequest resolved = *request;
  const gboolean at_layer = (klass->needs & WHY_NEEDS_LAYER) != 0;

  if (!check_names (klass, request, error) ||
      (at_layer && !choose_layer (&resolved, target, graph, error)) ||
      !check_method (klass, &resolved, target, graph, error))
    return FALSE;
  const WhyValue *at =
    at_layer ? why_graph_find_value (graph, resolved.layer) : why_graph_input (graph, 0);
  return (klass->needs & WHY_NEEDS_GRADIENT) == 0 || check_gradient (gradients, blocked, at, error);
}

gboolean
why_explainer_check (const WhyExplainRequest *request, WhyGraph *graph, GError **error)
{
  WhyTarget target;
  g_autoptr (GError) blocked = NULL;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);

  if (klass == NULL ||
      !why_target_find (graph, request->output, request->multi_label, &target, error))
    return FALSE;
  g_autoptr (WhyGradients) gradients = differentiate (graph, &target, &blocked);
  return check_one (klass, request, &target, graph, gradients, blocked, error);
}

GPtrArray *
why_explainer_check_all (const WhyExplainRequest *request, WhyGraph *graph)
{
  GPtrArray *reasons = g_ptr_array_new_with_free_func (g_free);
  gsize n;
  const WhyExplainerClass *const *classes = why_explainer_list (&n);
  WhyTarget target;
  g_autoptr (GError) none = NULL;
  g_autoptr (GError) blocked = NULL;
  const gboolean found =
    why_target_find (graph, request->output, request->multi_label, &target, &none);
  g_autoptr (WhyGradients) gradients = found ? differentiate (graph, &target, &blocked) : NULL;

  for (gsize index = 0; index < n; index++)
    {
      WhyExplainRequest one = *request;
      g_autoptr (GError) error = NULL;
      one.method = classes[index]->id;
      if (!found)
        g_ptr_array_add (reasons, g_strdup (none->message));
      else if (check_one (classes[index], &one, &target, graph, gradients, blocked, &error))
        g_ptr_array_add (reasons, NULL);
      else
        g_ptr_array_add (reasons, g_strdup (error->message));
    }
  return reasons;
}

GPtrArray *
why_explainer_check_layers (const WhyExplainRequest *request,
                            WhyGraph *graph,
                            const char *const *layers,
                            gsize n_layers)
{
  GPtrArray *reasons = g_ptr_array_new_with_free_func (g_free);
  WhyTarget target;
  g_autoptr (GError) none = NULL;
  g_autoptr (GError) blocked = NULL;
  g_autoptr (WhyGradients) gradients = NULL;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, &none);
  const gboolean found =
    klass != NULL && why_target_find (graph, request->output, request->multi_label, &target, &none);

  if (found && (klass->needs & WHY_NEEDS_GRADIENT) != 0)
    gradients = differentiate (graph, &target, &blocked);
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      g_autoptr (GError) error = NULL;
      one.layer = layers[index];
      if (!found)
        g_ptr_array_add (reasons, g_strdup (none->message));
      else if (check_layer (graph, one.layer, &error) &&
               check_one (klass, &one, &target, graph, gradients, blocked, &error))
        g_ptr_array_add (reasons, NULL);
      else
        g_ptr_array_add (reasons, g_strdup (error->message));
    }
  return reasons;
}

/* ---- the run ---- */

static WhyMap *
make_map (const WhyExplainerClass *klass,
          WhyExplainRequest *request,
          const WhyTarget *target,
          const WhyJob *job,
          GError **error)
{
  WhyGraph *graph = why_session_graph (job->session);
  const gboolean at_layer = (klass->needs & WHY_NEEDS_LAYER) != 0;
  const guint n_more =
    at_layer && request->more_layers != NULL ? g_strv_length ((char **) request->more_layers) : 0;
  g_autofree const char **layers = g_new0 (const char *, n_more + 2);
  WhyMap *map = NULL;

  if ((at_layer && !choose_layer (request, target, graph, error)) ||
      !check_method (klass, request, target, graph, error))
    return NULL;
  layers[0] = request->layer;
  for (guint more = 0; more < n_more; more++)
    {
      WhyExplainRequest one = *request;
      one.layer = layers[more + 1] = request->more_layers[more];
      if (!check_layer (graph, one.layer, error) ||
          !check_method (klass, &one, target, graph, error))
        return NULL;
    }
  const gboolean forms =
    has_option (klass, "aug-smooth") && why_option_boolean (request, "aug-smooth");
  if ((n_more > 0 || forms) && (klass->needs & WHY_NEEDS_SEVERAL_LAYERS) == 0)
    return make_composite (klass, request, target, job, layers, n_more + 1, forms, error);
  if (!make_maps (klass, request, target, job, layers, 1, &map, error))
    return NULL;
  return map;
}

gboolean
why_explainer_shares_runs (const WhyExplainerClass *klass, const char *options)
{
  const guint dear = WHY_NEEDS_MANY_RUNS | WHY_NEEDS_SEVERAL_LAYERS | WHY_NEEDS_SECOND_GRADIENT;
  const WhyExplainRequest request = { .method = klass->id, .options = options };

  return (klass->needs & WHY_NEEDS_LAYER) != 0 && (klass->needs & dear) == 0 &&
         klass->run == NULL && !(has_option (klass, "aug-smooth") && why_option_boolean (&request, "aug-smooth"));
}

gboolean
why_explain (const WhyExplainRequest *request,
             const WhyJob *job,
             WhyExplainResult *result,
             GError **error)
{
  WhyExplainRequest resolved = *request;
  WhyTarget target;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);

  memset (result, 0, sizeof *result);
  if (begin (klass, &resolved, job, &target, result, error))
    result->map = make_map (klass, &resolved, &target, job, error);
  if (result->map != NULL)
    return TRUE;
  why_explain_result_clear (result);
  return FALSE;
}

gboolean
why_explain_layers (const WhyExplainRequest *request,
                    const char *const *layers,
                    gsize n_layers,
                    const WhyJob *job,
                    WhyExplainResult *result,
                    WhyMap **maps,
                    GError **error)
{
  WhyExplainRequest resolved = *request;
  WhyTarget target;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);

  memset (result, 0, sizeof *result);
  gboolean done = begin (klass, &resolved, job, &target, result, error);
  for (gsize index = 0; done && index < n_layers; index++)
    {
      WhyGraph *graph = why_session_graph (job->session);
      resolved.layer = layers[index];
      done = check_layer (graph, layers[index], error) &&
             ((klass->needs & WHY_NEEDS_LAYER) == 0 ||
              check_method (klass, &resolved, &target, graph, error));
    }
  if (done && make_maps (klass, &resolved, &target, job, layers, n_layers, maps, error))
    return TRUE;
  why_explain_result_clear (result);
  return FALSE;
}
