#include "config.h"

#include "engine/session.h"

#include "base/error.h"
#include "maps.h"
#include "plan.h"
#include "session-private.h"
#ifdef HAVE_ONEDNN
#include "kernels/dnnl.h"
#endif

#include <string.h>
#include <unistd.h>

/* The backward direction from one tensor by one rule. */
typedef struct
{
  WhyValue *of;
  WhyValue *seed;
  WhyGradRule rule;
  guint n_forward; /* values with a lower index were there before: the forward ones */
  guint n_nodes;   /* likewise, nodes */
  WhyGradients *gradients;
  GPtrArray *backwards; /* owned Backward, the one used last at the end */
  GPtrArray *map_sets;  /* owned MapSet */
} Direction;

/* Maps of some layers that were asked for together, as nodes of the graph. */
typedef struct
{
  WhyMapEmit emit;
  GPtrArray *layers;   /* WhyValue */
  GPtrArray *maps;     /* WhyValue, one for each layer */
  GPtrArray *required; /* WhyValue: what the forward plan has to keep */
  guint first_node;    /* of the maps */
} MapSet;

/* A plan for some gradients, and what its values belong to. */
typedef struct
{
  WhyPlan *plan;
  GPtrArray *wanted; /* WhyValue: the gradients it was made for */
  WhyTensor *seed;   /* of its last run; NULL: none */
  guint64 serial;    /* of the forward run that it followed */
} Backward;

/* People click through layers: plans for the last ones are kept, not for all that were ever looked
 * at. */
#define BACKWARDS_MAX 8

struct _WhySession
{
  WhyOnnxModel *model;
  WhySessionOptions options;
  const WhyBackendClass *backend;
  gsize memory_budget;
  gboolean fixed; /* made for one graph: there are no other shapes */
  gpointer kept;  /* nullable: see why_session_keep() */
  GDestroyNotify kept_free;

  /* For the current shapes */
  WhyGraph *graph;
  WhyShape *shapes;
  gsize n_shapes;
  GHashTable *packed;
  WhyPages *pages;
  GHashTable *protected_values; /* WhyValue: wanted once although a fused step would hide them */

  /* For the current graph: the forward plan and what it was run on */
  WhyPlan *forward;
  WhyTensor **inputs; /* what the forward plan's values belong to; NULL: nothing has been run */
  guint64 serial;     /* of the forward run */

  GPtrArray *directions; /* owned Direction: backward from a tensor, by a rule */
};

static gsize
default_budget (void)
{
  long pages = sysconf (_SC_PHYS_PAGES), page = sysconf (_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (gsize) pages / 4 * 3 * (gsize) page : (gsize) 4 << 30;
}

WhySession *
why_session_new (WhyOnnxModel *model, const WhySessionOptions *options, GError **error)
{
  static const WhySessionOptions defaults = { .backend = WHY_BACKEND_AUTO };
  const WhyBackendClass *backend = why_backend_fast ();

  options = options != NULL ? options : &defaults;
  if (options->backend == WHY_BACKEND_REFERENCE ||
      (options->backend == WHY_BACKEND_AUTO && backend == NULL))
    backend = why_backend_reference ();
  if (backend == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "This build has no oneDNN; use the reference backend");
      return NULL;
    }
  if (!why_graph_check_operators (model, error))
    return NULL;

  WhySession *session = g_new0 (WhySession, 1);
  session->model = why_onnx_model_ref (model);
  session->options = *options;
  session->backend = backend;
  session->memory_budget = options->memory_budget > 0 ? options->memory_budget : default_budget ();
  return session;
}

static void
packed_free (WhyPacked *packed)
{
  packed->free_data (packed->data);
  g_free (packed);
}

static void
forget_inputs (WhySession *session)
{
  for (gsize index = 0; session->inputs != NULL && index < session->n_shapes; index++)
    why_tensor_unref (session->inputs[index]);
  g_clear_pointer (&session->inputs, g_free);
}

static void
backward_free (Backward *backward)
{
  why_plan_free (backward->plan);
  why_tensor_unref (backward->seed);
  g_ptr_array_unref (backward->wanted);
  g_free (backward);
}

static void
map_set_free (MapSet *set)
{
  g_ptr_array_unref (set->layers);
  g_ptr_array_unref (set->maps);
  g_clear_pointer (&set->required, g_ptr_array_unref);
  g_free (set);
}

static void
direction_free (Direction *direction)
{
  g_ptr_array_unref (direction->backwards);
  g_ptr_array_unref (direction->map_sets);
  why_gradients_free (direction->gradients);
  g_free (direction);
}

/* Plans for gradients read the forward plan's memory, so they go with it. */
static void
drop_plans (WhySession *session)
{
  for (guint index = 0; session->directions != NULL && index < session->directions->len; index++)
    g_ptr_array_set_size (((Direction *) g_ptr_array_index (session->directions, index))->backwards,
                          0);
  g_clear_pointer (&session->forward, why_plan_free);
  forget_inputs (session);
}

static void
drop_graph (WhySession *session)
{
  why_session_keep (session, NULL, NULL);
  drop_plans (session);
  g_clear_pointer (&session->directions, g_ptr_array_unref);
  g_clear_pointer (&session->protected_values, g_hash_table_unref);
  g_clear_pointer (&session->packed, g_hash_table_unref);
  g_clear_pointer (&session->pages, why_pages_free);
  g_clear_pointer (&session->graph, why_graph_free);
  g_clear_pointer (&session->shapes, g_free);
  session->n_shapes = 0;
}

void
why_session_free (WhySession *session)
{
  if (session == NULL)
    return;
  drop_graph (session);
  why_onnx_model_unref (session->model);
  g_free (session);
#ifdef HAVE_ONEDNN
  /* A program that goes from model to model would keep the code that was generated for all of them. */
  why_dnnl_forget ();
#endif
}

WhyOnnxModel *
why_session_model (const WhySession *session)
{
  return session->model;
}

const char *
why_session_backend_name (const WhySession *session)
{
  return session->backend->name;
}

void
why_session_keep (WhySession *session, gpointer data, GDestroyNotify free_data)
{
  if (session->kept != NULL)
    session->kept_free (session->kept);
  session->kept = data;
  session->kept_free = free_data;
}

gpointer
why_session_kept (const WhySession *session)
{
  return session->kept;
}

WhyGraph *
why_session_graph (const WhySession *session)
{
  return session->graph;
}

/* @graph, @shapes: (transfer full) */
static void
take_graph (WhySession *session, WhyGraph *graph, WhyShape *shapes, gsize n_shapes)
{
  session->graph = graph;
  session->shapes = shapes;
  session->n_shapes = n_shapes;
  session->packed = g_hash_table_new_full (
    g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, (GDestroyNotify) packed_free);
  session->pages = why_pages_new ();
  session->protected_values = g_hash_table_new (NULL, NULL);
  session->directions = g_ptr_array_new_with_free_func ((GDestroyNotify) direction_free);
}

WhySession *
why_session_new_for_graph (const WhySession *like, WhyGraph *graph)
{
  WhySession *session = g_new0 (WhySession, 1);
  gsize n_shapes = why_graph_n_inputs (graph);
  WhyShape *shapes = g_new0 (WhyShape, n_shapes + 1);

  session->model = why_onnx_model_ref (like->model);
  session->options = like->options;
  session->backend = like->backend;
  session->memory_budget = like->memory_budget;
  session->fixed = TRUE;
  for (gsize index = 0; index < n_shapes; index++)
    {
      const WhyValue *input = why_graph_input (graph, (guint) index);
      shapes[index].rank = input->rank;
      memcpy (shapes[index].dims, input->dims, sizeof shapes[index].dims);
    }
  take_graph (session, graph, shapes, n_shapes);
  return session;
}

static gboolean
same_shapes (const WhySession *session, const WhyShape *shapes, gsize n_shapes)
{
  if (session->graph == NULL || session->n_shapes != n_shapes)
    return FALSE;
  for (gsize index = 0; index < n_shapes; index++)
    {
      if (session->shapes[index].rank != shapes[index].rank ||
          memcmp (session->shapes[index].dims, shapes[index].dims,
                  (gsize) shapes[index].rank * sizeof (gint64)) != 0)
        return FALSE;
    }
  return TRUE;
}

WhyGraph *
why_session_prepare (WhySession *session, const WhyShape *shapes, gsize n_shapes, GError **error)
{
  const WhyGraphOptions options = { .promote_floats = !session->options.keep_types };

  if (same_shapes (session, shapes, n_shapes))
    return session->graph;
  if (session->fixed)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "%s: this part of the network was prepared for inputs of other dimensions",
                   session->model->path);
      return NULL;
    }
  WhyGraph *graph = why_graph_new (session->model, shapes, n_shapes, &options, error);
  if (graph == NULL)
    return NULL;
  drop_graph (session);
  take_graph (session, graph, g_memdup2 (shapes, n_shapes * sizeof *shapes), n_shapes);
  return graph;
}

static gboolean
prepare_for (WhySession *session, WhyTensor *const *inputs, gsize n_inputs, GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);
  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
    }
  return why_session_prepare (session, shapes, n_inputs, error) != NULL;
}

/* ---- memory ---- */

static gboolean
is_unused (gpointer key, gpointer packed, gpointer data)
{
  return ((const WhyPacked *) packed)->n_users == 0;
}

/* Weights that were packed for plans that are gone. They are kept until the next plan has been made: it
 * mostly wants the same ones. */
static void
drop_unused_packed (const WhySession *session)
{
  g_hash_table_foreach_remove (session->packed, is_unused, NULL);
}

/* Makes a plan; where the budget does not allow it, gives up what nobody needs now: weights of plans that
 * are gone, then the plans of gradients asked for before. */
static WhyPlan *
new_plan (const WhySession *session, WhyPlanOptions *options, GError **error)
{
  options->memory_budget = session->memory_budget;
  for (;;)
    {
      g_autoptr (GError) local = NULL;
      options->taken = why_session_plan_bytes (session);
      WhyPlan *plan = why_plan_new (session->graph, options, &local);
      if (plan != NULL)
        {
          drop_unused_packed (session);
          return plan;
        }
      gboolean is_tight = g_error_matches (local, WHY_ERROR, WHY_ERROR_TOO_LARGE);
      if (is_tight && g_hash_table_foreach_remove (session->packed, is_unused, NULL) > 0)
        continue;
      Direction *crowded = NULL;
      for (guint index = 0; is_tight && index < session->directions->len; index++)
        {
          Direction *direction = g_ptr_array_index (session->directions, index);
          if (direction->backwards->len > 0)
            crowded = direction;
        }
      if (crowded == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      g_ptr_array_remove_index (crowded->backwards, 0);
    }
}

/* ---- forward ---- */

static gboolean
build_forward (WhySession *session, GError **error)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  for (guint index = 0; index < why_graph_n_outputs (session->graph); index++)
    g_ptr_array_add (keep, why_graph_output (session->graph, index));
  g_hash_table_iter_init (&iter, session->protected_values);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    g_ptr_array_add (keep, value);
  WhyPlanOptions options = {
    .backend = session->backend,
    .keep = keep,
    .packed = session->packed,
    .pages = session->pages,
  };
  session->forward = new_plan (session, &options, error);
  if (session->forward == NULL)
    g_prefix_error (error, "%s: ", session->model->path);
  return session->forward != NULL;
}

gboolean
why_session_plan (WhySession *session, const WhyShape *shapes, gsize n_shapes, GError **error)
{
  return why_session_prepare (session, shapes, n_shapes, error) != NULL &&
         (session->forward != NULL || build_forward (session, error));
}

static WhyPlan *
last_backward (const WhySession *session)
{
  const Direction *direction =
    session->directions != NULL && session->directions->len > 0
      ? g_ptr_array_index (session->directions, session->directions->len - 1)
      : NULL;
  if (direction == NULL || direction->backwards->len == 0)
    return NULL;
  return ((Backward *) g_ptr_array_index (direction->backwards, direction->backwards->len - 1))->plan;
}

void
why_session_time_steps (WhySession *session)
{
  WhyPlan *backward = last_backward (session);
  if (session->forward != NULL)
    why_plan_time_steps (session->forward);
  if (backward != NULL)
    why_plan_time_steps (backward);
}

guint
why_session_n_steps (const WhySession *session)
{
  const WhyPlan *backward = last_backward (session);
  return (session->forward != NULL ? why_plan_n_steps (session->forward) : 0) +
         (backward != NULL ? why_plan_n_steps (backward) : 0);
}

double
why_session_step_ms (const WhySession *session, guint index, const WhyNode **node)
{
  const WhyPlan *plan = session->forward;
  if (index >= why_plan_n_steps (plan))
    {
      index -= why_plan_n_steps (plan);
      plan = last_backward (session);
    }
  *node = why_plan_step (plan, index)->node;
  return why_plan_step_ms (plan, index);
}

/* Makes sure that the forward plan holds @values: one that a fused step hides, or whose memory is
 * used again, is kept from now on. */
static gboolean
protect (WhySession *session, WhyValue *const *values, gsize n_values)
{
  gboolean all_held = session->forward != NULL;
  for (gsize index = 0; index < n_values; index++)
    {
      WhyValue *value = values[index];
      if (value->constant != NULL ||
          (session->forward != NULL && why_plan_holds (session->forward, value)))
        continue;
      g_hash_table_add (session->protected_values, value);
      all_held = FALSE;
    }
  return all_held;
}

static gboolean
run_forward (WhySession *session,
             WhyTensor *const *inputs,
             gsize n_inputs,
             WhyValue *const *wanted,
             gsize n_wanted,
             WhyCancel *cancel,
             GError **error)
{
  gboolean known = session->inputs != NULL;

  if (!protect (session, wanted, n_wanted))
    {
      drop_plans (session);
      known = FALSE;
      if (!build_forward (session, error))
        return FALSE;
    }
  for (gsize index = 0; known && index < n_inputs; index++)
    known = session->inputs[index] == inputs[index];
  if (known)
    return TRUE;

  forget_inputs (session);
  for (guint index = 0; index < n_inputs; index++)
    {
      if (!why_plan_set_input (session->forward, why_graph_input (session->graph, index),
                               inputs[index], error))
        return FALSE;
    }
  session->serial++;
  if (!why_plan_run (session->forward, cancel, error))
    return FALSE;
  session->inputs = g_new0 (WhyTensor *, n_inputs + 1);
  for (gsize index = 0; index < n_inputs; index++)
    session->inputs[index] = why_tensor_ref (inputs[index]);
  return TRUE;
}

static gboolean
find_values (
  WhySession *session, const char *const *names, gsize n_names, WhyValue **values, GError **error)
{
  for (gsize index = 0; index < n_names; index++)
    {
      values[index] = why_graph_require_value (session->graph, names[index], error);
      if (values[index] == NULL)
        {
          g_prefix_error (error, "%s: ", session->model->path);
          return FALSE;
        }
    }
  return TRUE;
}

static void
clear_results (WhyTensor **results, gsize n_results)
{
  for (gsize index = 0; results != NULL && index < n_results; index++)
    g_clear_pointer (&results[index], why_tensor_unref);
}

static gboolean
read_values (const WhyPlan *plan,
             WhyValue *const *values,
             gsize n_values,
             gboolean dense,
             WhyTensor **results,
             GError **error)
{
  for (gsize index = 0; index < n_values; index++)
    results[index] = NULL;
  for (gsize index = 0; index < n_values; index++)
    {
      g_autoptr (WhyTensor) held = why_plan_read (plan, values[index], error);
      if (held != NULL)
        results[index] = dense ? why_tensor_to_dense (held, error) : why_tensor_ref (held);
      if (results[index] == NULL)
        {
          clear_results (results, n_values);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
why_session_run (WhySession *session,
                 WhyTensor *const *inputs,
                 gsize n_inputs,
                 const char *const *wanted,
                 gsize n_wanted,
                 WhyTensor **results,
                 WhyCancel *cancel,
                 GError **error)
{
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_wanted + 1);

  return prepare_for (session, inputs, n_inputs, error) &&
         find_values (session, wanted, n_wanted, values, error) &&
         run_forward (session, inputs, n_inputs, values, n_wanted, cancel, error) &&
         read_values (session->forward, values, n_wanted, TRUE, results, error);
}

/* ---- gradients ---- */

/* The backward direction from @of by @rule, made once for a graph. */
static Direction *
find_direction (WhySession *session, WhyValue *of, WhyGradRule rule, GError **error)
{
  for (guint index = 0; index < session->directions->len; index++)
    {
      Direction *direction = g_ptr_array_index (session->directions, index);
      if (direction->of == of && direction->rule == rule)
        return direction;
    }
  Direction *direction = g_new0 (Direction, 1);
  direction->of = of;
  direction->rule = rule;
  direction->backwards = g_ptr_array_new_with_free_func ((GDestroyNotify) backward_free);
  direction->map_sets = g_ptr_array_new_with_free_func ((GDestroyNotify) map_set_free);
  direction->n_forward = why_graph_n_values (session->graph);
  direction->n_nodes = why_graph_n_nodes (session->graph);
  direction->seed = why_graph_add_input (session->graph, NULL, of->dtype, of->rank, of->dims);
  direction->gradients = why_graph_differentiate (session->graph, of, direction->seed, rule, error);
  if (direction->gradients == NULL)
    {
      direction_free (direction);
      return NULL;
    }
  g_ptr_array_add (session->directions, direction);
  return direction;
}

/* Adds to @required the forward values that the nodes behind @gradients read: the activations that
 * a gradient cannot do without. The forward plan keeps these and the wanted ones, and is free to
 * fuse and to overwrite everything else. */
static void
collect_required (const WhySession *session,
                  const Direction *direction,
                  WhyValue *const *gradients,
                  gsize n_gradients,
                  GPtrArray *required)
{
  g_autofree gboolean *seen = g_new0 (gboolean, why_graph_n_values (session->graph) + 1);
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  for (gsize index = 0; index < n_gradients; index++)
    g_ptr_array_add (stack, gradients[index]);
  while (stack->len > 0)
    {
      WhyValue *value = g_ptr_array_steal_index_fast (stack, stack->len - 1);
      if (seen[value->index] || value->constant != NULL || value == direction->seed)
        continue;
      seen[value->index] = TRUE;
      if (value->index < direction->n_forward)
        {
          g_ptr_array_add (required, value);
          continue;
        }
      for (guint input = 0; value->producer != NULL && input < value->producer->n_inputs; input++)
        {
          if (value->producer->inputs[input] != NULL)
            g_ptr_array_add (stack, value->producer->inputs[input]);
        }
    }
}

static gboolean
holds_all (const Backward *backward, WhyValue *const *gradients, gsize n_gradients)
{
  for (gsize index = 0; index < n_gradients; index++)
    {
      if (!why_plan_holds (backward->plan, gradients[index]) && gradients[index]->constant == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_current (const WhySession *session, const Backward *backward, const WhyTensor *seed)
{
  return backward->seed != NULL && backward->serial == session->serial &&
         backward->seed->n_bytes == seed->n_bytes &&
         memcmp (backward->seed->data, seed->data, seed->n_bytes) == 0;
}

/* The plan for these gradients: one that has just computed them, perhaps among others; one made for
 * exactly these; or a new one. */
static Backward *
find_backward (const WhySession *session,
               Direction *direction,
               const WhyTensor *seed,
               WhyValue *const *gradients,
               gsize n_gradients,
               guint first_map,
               GError **error)
{
  Backward *exact = NULL;

  for (guint index = direction->backwards->len; index-- > 0;)
    {
      Backward *backward = g_ptr_array_index (direction->backwards, index);
      if (!holds_all (backward, gradients, n_gradients))
        continue;
      if (is_current (session, backward, seed))
        return backward;
      if (backward->wanted->len == n_gradients)
        exact = backward;
    }
  if (exact != NULL)
    {
      guint index = 0;
      g_ptr_array_find (direction->backwards, exact, &index);
      g_ptr_array_add (direction->backwards, g_ptr_array_steal_index (direction->backwards, index));
      return exact;
    }

  g_autoptr (GPtrArray) wanted = g_ptr_array_new ();
  for (gsize index = 0; index < n_gradients; index++)
    g_ptr_array_add (wanted, gradients[index]);
  WhyPlanOptions options = {
    .backend = session->backend,
    .keep = wanted,
    .parent = session->forward,
    .packed = session->packed,
    .pages = session->pages,
    .first_backward = direction->n_nodes,
    .first_map = first_map,
  };
  WhyPlan *plan = new_plan (session, &options, error);
  if (plan == NULL)
    return NULL;
  Backward *backward = g_new0 (Backward, 1);
  backward->plan = plan;
  backward->wanted = g_steal_pointer (&wanted);
  if (direction->backwards->len == BACKWARDS_MAX)
    g_ptr_array_remove_index (direction->backwards, 0);
  g_ptr_array_add (direction->backwards, backward);
  return backward;
}

static gboolean
run_backward (const WhySession *session,
              const Direction *direction,
              Backward *backward,
              WhyTensor *seed,
              WhyCancel *cancel,
              GError **error)
{
  if (is_current (session, backward, seed))
    return TRUE;
  g_clear_pointer (&backward->seed, why_tensor_unref);
  if (!why_plan_set_input (backward->plan, direction->seed, seed, error) ||
      !why_plan_run (backward->plan, cancel, error))
    return FALSE;
  backward->serial = session->serial;
  backward->seed = why_tensor_copy (seed, error);
  return backward->seed != NULL;
}

/* Checks what both kinds of request begin with and finds the direction. */
static Direction *
begin_backward (
  WhySession *session, const char *of, const WhyTensor *seed, WhyGradRule rule, GError **error)
{
  WhyValue *of_value = why_graph_require_value (session->graph, of, error);
  if (of_value == NULL)
    return NULL;
  if (seed->rank != of_value->rank ||
      memcmp (seed->dims, of_value->dims, (gsize) seed->rank * sizeof *seed->dims) != 0)
    {
      g_autofree char *expected = why_dims_to_string (of_value->rank, of_value->dims);
      g_autofree char *found = why_dims_to_string (seed->rank, seed->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "The weights of the score are %s, '%s' is %s", found, of, expected);
      return NULL;
    }
  Direction *direction = find_direction (session, of_value, rule, error);
  if (direction == NULL)
    g_prefix_error (error, "%s: ", session->model->path);
  return direction;
}

static gboolean
find_gradients (const WhySession *session,
                const Direction *direction,
                WhyValue *const *values,
                gsize n_values,
                WhyValue **gradients,
                GError **error)
{
  for (gsize index = 0; index < n_values; index++)
    {
      gradients[index] = why_gradients_get (direction->gradients, values[index], error);
      if (gradients[index] == NULL)
        {
          g_prefix_error (error, "%s: ", session->model->path);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
why_session_gradients (WhySession *session,
                       WhyTensor *const *inputs,
                       gsize n_inputs,
                       const char *of,
                       WhyTensor *seed,
                       const char *const *wanted,
                       gsize n_wanted,
                       WhyGradRule rule,
                       WhyTensor **activations,
                       WhyTensor **gradients,
                       WhyCancel *cancel,
                       GError **error)
{
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_wanted + 1);
  g_autofree WhyValue **gradient_values = g_new0 (WhyValue *, n_wanted + 1);
  g_autoptr (GPtrArray) required = g_ptr_array_new ();

  if (!prepare_for (session, inputs, n_inputs, error) ||
      !find_values (session, wanted, n_wanted, values, error))
    return FALSE;
  Direction *direction = begin_backward (session, of, seed, rule, error);
  if (direction == NULL ||
      !find_gradients (session, direction, values, n_wanted, gradient_values, error))
    return FALSE;
  for (gsize index = 0; activations != NULL && index < n_wanted; index++)
    g_ptr_array_add (required, values[index]);
  collect_required (session, direction, gradient_values, n_wanted, required);
  if (!run_forward (session, inputs, n_inputs, (WhyValue *const *) required->pdata, required->len,
                    cancel, error))
    return FALSE;
  g_autoptr (WhyTensor) dense_seed = why_tensor_to_dense (seed, error);
  if (dense_seed == NULL)
    return FALSE;
  Backward *backward =
    find_backward (session, direction, dense_seed, gradient_values, n_wanted, G_MAXUINT, error);
  if (backward == NULL || !run_backward (session, direction, backward, dense_seed, cancel, error))
    return FALSE;
  if (activations != NULL &&
      !read_values (session->forward, values, n_wanted, FALSE, activations, error))
    return FALSE;
  if (read_values (backward->plan, gradient_values, n_wanted, FALSE, gradients, error))
    return TRUE;
  clear_results (activations, n_wanted);
  return FALSE;
}

/* ---- maps ---- */

static gboolean
covers (const MapSet *set, WhyMapEmit emit, WhyValue *const *layers, gsize n_layers)
{
  for (gsize index = 0; set->emit == emit && index < n_layers; index++)
    {
      if (!g_ptr_array_find (set->layers, layers[index], NULL))
        return FALSE;
    }
  return set->emit == emit;
}

/* Whether the maps of @set have just been computed, for these inputs and this seed. */
static gboolean
is_computed (const WhySession *session,
             const Direction *direction,
             const MapSet *set,
             const WhyTensor *seed)
{
  for (guint index = 0; index < direction->backwards->len; index++)
    {
      const Backward *backward = g_ptr_array_index (direction->backwards, index);
      if (is_current (session, backward, seed) &&
          holds_all (backward, (WhyValue *const *) set->maps->pdata, set->maps->len))
        return TRUE;
    }
  return FALSE;
}

static gboolean
same_inputs (const WhySession *session, WhyTensor *const *inputs, gsize n_inputs)
{
  gboolean same = session->inputs != NULL;
  for (gsize index = 0; same && index < n_inputs; index++)
    same = session->inputs[index] == inputs[index];
  return same;
}

/* The nodes for the maps of these layers, made by @emit in the order of the graph. */
static MapSet *
new_map_set (WhySession *session,
             Direction *direction,
             WhyMapEmit emit,
             WhyValue *const *layers,
             WhyValue *const *gradients,
             gsize n_layers,
             GError **error)
{
  MapSet *set = g_new0 (MapSet, 1);
  WhyMapBuilder *builder = why_map_builder_new (session->graph, session->forward,
                                                direction->n_forward, direction->n_nodes);

  set->emit = emit;
  set->layers = g_ptr_array_new ();
  set->maps = g_ptr_array_new ();
  set->first_node = why_graph_n_nodes (session->graph);
  for (gsize index = 0; index < n_layers; index++)
    why_map_builder_need (builder, gradients[index]);
  why_map_builder_settle (builder);
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyValue *map = emit (builder, layers[index], gradients[index], error);
      if (map == NULL)
        {
          why_map_builder_free (builder);
          map_set_free (set);
          return NULL;
        }
      g_ptr_array_add (set->layers, layers[index]);
      g_ptr_array_add (set->maps, map);
      why_map_builder_need (builder, map);
    }
  why_map_builder_settle (builder);
  set->required = why_map_builder_kept (builder);
  why_map_builder_free (builder);
  g_ptr_array_add (direction->map_sets, set);
  return set;
}

static MapSet *
find_map_set (WhySession *session,
              Direction *direction,
              gboolean known,
              const WhyTensor *seed,
              WhyMapEmit emit,
              WhyValue *const *layers,
              WhyValue *const *gradients,
              gsize n_layers,
              GError **error)
{
  MapSet *exact = NULL;
  for (guint index = 0; index < direction->map_sets->len; index++)
    {
      MapSet *set = g_ptr_array_index (direction->map_sets, index);
      if (!covers (set, emit, layers, n_layers))
        continue;
      if (known && is_computed (session, direction, set, seed))
        return set;
      if (set->layers->len == n_layers)
        exact = set;
    }
  return exact != NULL ? exact
                       : new_map_set (session, direction, emit, layers, gradients, n_layers, error);
}

static gboolean
read_maps (const WhyPlan *plan,
           const MapSet *set,
           WhyValue *const *layers,
           gsize n_layers,
           WhyTensor **maps,
           GError **error)
{
  for (gsize index = 0; index < n_layers; index++)
    {
      guint at = 0;
      g_ptr_array_find (set->layers, layers[index], &at);
      g_autoptr (WhyTensor) held = why_plan_read (plan, g_ptr_array_index (set->maps, at), error);
      maps[index] = held != NULL ? why_tensor_to_dense (held, error) : NULL;
      if (maps[index] == NULL)
        {
          clear_results (maps, index);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
why_session_maps (WhySession *session,
                  WhyTensor *const *inputs,
                  gsize n_inputs,
                  const char *of,
                  WhyTensor *seed,
                  const char *const *layers,
                  gsize n_layers,
                  WhyGradRule rule,
                  WhyMapEmit emit,
                  WhyTensor **maps,
                  WhyCancel *cancel,
                  GError **error)
{
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_layers + 1);
  g_autofree WhyValue **gradients = g_new0 (WhyValue *, n_layers + 1);

  if (!prepare_for (session, inputs, n_inputs, error) ||
      !find_values (session, layers, n_layers, values, error))
    return FALSE;
  Direction *direction = begin_backward (session, of, seed, rule, error);
  if (direction == NULL || !find_gradients (session, direction, values, n_layers, gradients, error))
    return FALSE;
  g_autoptr (WhyTensor) dense_seed = why_tensor_to_dense (seed, error);
  if (dense_seed == NULL)
    return FALSE;
  MapSet *set = find_map_set (session, direction, same_inputs (session, inputs, n_inputs),
                              dense_seed, emit, values, gradients, n_layers, error);
  if (set == NULL ||
      !run_forward (session, inputs, n_inputs, (WhyValue *const *) set->required->pdata,
                    set->required->len, cancel, error))
    return FALSE;
  Backward *backward =
    find_backward (session, direction, dense_seed, (WhyValue *const *) set->maps->pdata,
                   set->maps->len, set->first_node, error);
  return backward != NULL &&
         run_backward (session, direction, backward, dense_seed, cancel, error) &&
         read_maps (backward->plan, set, values, n_layers, maps, error);
}

gsize
why_session_plan_bytes (const WhySession *session)
{
  gsize n_bytes = session->forward != NULL ? why_plan_bytes (session->forward) : 0;
  GHashTableIter iter;
  gpointer entry;

  for (guint index = 0; session->directions != NULL && index < session->directions->len; index++)
    {
      const GPtrArray *backwards =
        ((Direction *) g_ptr_array_index (session->directions, index))->backwards;
      for (guint at = 0; at < backwards->len; at++)
        n_bytes += why_plan_bytes (((const Backward *) g_ptr_array_index (backwards, at))->plan);
    }
  if (session->packed != NULL)
    {
      g_hash_table_iter_init (&iter, session->packed);
      while (g_hash_table_iter_next (&iter, NULL, &entry))
        n_bytes += ((const WhyPacked *) entry)->n_bytes;
    }
  return n_bytes;
}
