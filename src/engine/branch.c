#include "config.h"

#include "engine/branch.h"

#include "base/error.h"
#include "graph/branch.h"
#include "graph/composite.h"
#include "session-private.h"

#include <string.h>

struct _WhyBranch
{
  WhyGraph *single;   /* for one alternative: graphs for more are made from it */
  char *from;         /* its input 0 */
  WhyShape shape;     /* of @from for one picture */
  WhyTensor **inputs; /* (array length=n_inputs): of the graph; 0 is left open */
  gsize n_inputs;
  char **wanted; /* (array length=n_wanted): in the branch's graph */
  char **asked;  /* (array length=n_wanted): as they were asked for */
  gsize n_wanted;

  gint64 n, n_asked;
  WhySession *session; /* on the graph for n alternatives */
  WhyTensor *padded;   /* n alternatives, the first of which are @padded_of */
  WhyTensor *padded_of;
};

void
why_branch_free (WhyBranch *branch)
{
  if (branch == NULL)
    return;
  why_session_free (branch->session);
  why_tensor_unref (branch->padded);
  why_tensor_unref (branch->padded_of);
  for (gsize index = 1; index < branch->n_inputs; index++)
    why_tensor_unref (branch->inputs[index]);
  g_free (branch->inputs);
  for (gsize index = 0; index < branch->n_wanted; index++)
    g_free (branch->wanted[index]);
  g_free (branch->wanted);
  g_strfreev (branch->asked);
  g_free (branch->from);
  why_graph_free (branch->single);
  g_free (branch);
}

gint64
why_branch_n (const WhyBranch *branch)
{
  return branch->n;
}

const WhyShape *
why_branch_from (const WhyBranch *branch)
{
  return &branch->shape;
}

static gboolean
find_all (const WhySession *session,
          WhyGraph *graph,
          const char *const *names,
          gsize n_names,
          WhyValue **values,
          GError **error)
{
  for (gsize index = 0; index < n_names; index++)
    {
      values[index] = why_graph_require_value (graph, names[index], error);
      if (values[index] == NULL)
        {
          g_prefix_error (error, "%s: ", why_session_model (session)->path);
          return FALSE;
        }
    }
  return TRUE;
}

/* A session for @n alternatives in the place of the one there is. */
static gboolean
resize (WhyBranch *branch, const WhySession *like, gint64 n, GError **error)
{
  g_autofree WhyValue **wanted = g_new0 (WhyValue *, branch->n_wanted + 1);
  g_autoptr (GPtrArray) outside = g_ptr_array_new ();

  for (gsize index = 0; index < branch->n_wanted; index++)
    wanted[index] = why_graph_output (branch->single, (guint) index);
  WhyGraph *graph = why_graph_branch (branch->single, why_graph_input (branch->single, 0), n,
                                      wanted, (guint) branch->n_wanted, outside, error);
  if (graph == NULL)
    return FALSE;
  why_graph_find_composites (graph);
  WhySession *session = why_session_new_for_graph (like, graph);
  why_session_free (branch->session);
  branch->session = session;
  g_clear_pointer (&branch->padded, why_tensor_unref);
  g_clear_pointer (&branch->padded_of, why_tensor_unref);
  /* The order in which the single graph met them is that of its nodes, and so is this one's. */
  g_assert (outside->len + 1 == branch->n_inputs);
  for (guint index = 0; index < outside->len; index++)
    g_assert (g_ptr_array_index (outside, index) == why_graph_input (branch->single, index + 1));
  branch->n = n;
  return TRUE;
}

/* What the branch reads of the current picture. */
static gboolean
fetch_outside (WhyBranch *branch,
               WhySession *session,
               WhyTensor *const *inputs,
               gsize n_inputs,
               const GPtrArray *outside,
               WhyCancel *cancel,
               GError **error)
{
  g_autofree const char **names = g_new0 (const char *, outside->len + 1);

  for (guint index = 0; index < outside->len; index++)
    names[index] = ((const WhyValue *) g_ptr_array_index (outside, index))->name;
  branch->n_inputs = outside->len + 1;
  branch->inputs = g_new0 (WhyTensor *, branch->n_inputs);
  return outside->len == 0 || why_session_run (session, inputs, n_inputs, names, outside->len,
                                               branch->inputs + 1, cancel, error);
}

WhyBranch *
why_branch_new (WhySession *session,
                WhyTensor *const *inputs,
                gsize n_inputs,
                const char *from,
                const char *const *wanted,
                gsize n_wanted,
                gint64 n,
                WhyCancel *cancel,
                GError **error)
{
  g_autoptr (WhyBranch) branch = g_new0 (WhyBranch, 1);
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_wanted + 1);
  g_autoptr (GPtrArray) outside = g_ptr_array_new ();
  WhyValue *from_value = NULL;

  g_return_val_if_fail (n >= 1 && n_wanted >= 1, NULL);
  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
    }
  WhyGraph *graph = why_session_prepare (session, shapes, n_inputs, error);
  if (graph == NULL || !find_all (session, graph, &from, 1, &from_value, error) ||
      !find_all (session, graph, wanted, n_wanted, values, error))
    return NULL;
  branch->single =
    why_graph_branch (graph, from_value, 1, values, (guint) n_wanted, outside, error);
  if (branch->single == NULL ||
      !fetch_outside (branch, session, inputs, n_inputs, outside, cancel, error))
    return NULL;
  branch->from = g_strdup (from);
  branch->shape.rank = from_value->rank;
  memcpy (branch->shape.dims, from_value->dims, sizeof branch->shape.dims);
  branch->wanted = g_new0 (char *, n_wanted + 1);
  branch->n_wanted = n_wanted;
  branch->asked = g_new0 (char *, n_wanted + 1);
  branch->n_asked = n;
  for (gsize index = 0; index < n_wanted; index++)
    branch->asked[index] = g_strdup (wanted[index]);
  for (gsize index = 0; index < n_wanted; index++)
    branch->wanted[index] = g_strdup (why_graph_output (branch->single, (guint) index)->name);

  g_autoptr (GError) mixed = NULL;
  if (resize (branch, session, n, &mixed))
    return g_steal_pointer (&branch);
  if (n > 1 && g_error_matches (mixed, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP))
    return resize (branch, session, 1, error) ? g_steal_pointer (&branch) : NULL;
  g_propagate_error (error, g_steal_pointer (&mixed));
  return NULL;
}

static gboolean
is_same (
  const WhyBranch *branch, const char *from, const char *const *wanted, gsize n_wanted, gint64 n)
{
  gboolean same =
    strcmp (branch->from, from) == 0 && branch->n_wanted == n_wanted && branch->n_asked == n;
  for (gsize index = 0; same && index < n_wanted; index++)
    same = strcmp (branch->asked[index], wanted[index]) == 0;
  return same;
}

/* What the branch reads of another picture. */
static gboolean
read_again (WhyBranch *branch,
            WhySession *session,
            WhyTensor *const *inputs,
            gsize n_inputs,
            WhyCancel *cancel,
            GError **error)
{
  const gsize n = branch->n_inputs - 1;
  g_autofree const char **names = g_new0 (const char *, n + 1);
  g_autofree WhyTensor **values = g_new0 (WhyTensor *, n + 1);

  for (gsize index = 0; index < n; index++)
    names[index] = why_graph_input (branch->single, (guint) index + 1)->name;
  if (n > 0 && !why_session_run (session, inputs, n_inputs, names, n, values, cancel, error))
    return FALSE;
  for (gsize index = 0; index < n; index++)
    {
      why_tensor_unref (branch->inputs[index + 1]);
      branch->inputs[index + 1] = values[index];
    }
  return TRUE;
}

WhyBranch *
why_branch_get (WhySession *session,
                WhyTensor *const *inputs,
                gsize n_inputs,
                const char *from,
                const char *const *wanted,
                gsize n_wanted,
                gint64 n,
                WhyCancel *cancel,
                GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, n_inputs + 1);

  for (gsize index = 0; index < n_inputs; index++)
    {
      shapes[index].rank = inputs[index]->rank;
      memcpy (shapes[index].dims, inputs[index]->dims, sizeof shapes[index].dims);
    }
  if (why_session_prepare (session, shapes, n_inputs, error) == NULL)
    return NULL;
  WhyBranch *branch = why_session_kept (session);
  if (branch != NULL && is_same (branch, from, wanted, n_wanted, n))
    return read_again (branch, session, inputs, n_inputs, cancel, error) ? branch : NULL;
  /* The old one's memory first. */
  why_session_keep (session, NULL, NULL);
  branch = why_branch_new (session, inputs, n_inputs, from, wanted, n_wanted, n, cancel, error);
  why_session_keep (session, branch, (GDestroyNotify) why_branch_free);
  return branch;
}

/* ---- running ---- */

static gsize
part_bytes (const WhyTensor *tensor, gint64 n)
{
  return n > 0 ? why_tensor_count (tensor) / (gsize) n * why_dtype_size (tensor->dtype) : 0;
}

/* @n rows of @tensor (which has @n_all) from row @first on, filled up with copies of the last to
 * @n_padded. */
static WhyTensor *
take_part (WhyTensor *tensor, gint64 n_all, gint64 first, gint64 n, gint64 n_padded, GError **error)
{
  gint64 dims[WHY_MAX_RANK];
  gsize n_bytes = part_bytes (tensor, n_all);

  if (first == 0 && n == n_all && n == n_padded)
    return why_tensor_ref (tensor);
  memcpy (dims, tensor->dims, sizeof dims);
  dims[0] = dims[0] / n_all * n_padded;
  WhyTensor *part = why_tensor_new (tensor->dtype, tensor->rank, dims, error);
  for (gint64 row = 0; part != NULL && n_bytes > 0 && row < n_padded; row++)
    memcpy ((guint8 *) part->data + (gsize) row * n_bytes,
            (const guint8 *) tensor->data + (gsize) (first + MIN (row, n - 1)) * n_bytes, n_bytes);
  return part;
}

/* The same tensor again if the same alternatives come again: then the session sees that it has run
 * them. */
static WhyTensor *
take_alternatives (
  WhyBranch *branch, WhyTensor *alternatives, gint64 n_all, gint64 first, gint64 n, GError **error)
{
  if (branch->padded_of == alternatives && first == 0 && n == n_all)
    return why_tensor_ref (branch->padded);
  WhyTensor *part = take_part (alternatives, n_all, first, n, branch->n, error);
  if (part != NULL && part != alternatives && n == n_all)
    {
      why_tensor_unref (branch->padded);
      why_tensor_unref (branch->padded_of);
      branch->padded = why_tensor_ref (part);
      branch->padded_of = why_tensor_ref (alternatives);
    }
  return part;
}

/* Puts the results of @n alternatives (of @n_run computed) where they belong among @n_all. */
static gboolean
put_part (WhyTensor **all,
          gint64 n_all,
          gint64 first,
          gint64 n,
          WhyTensor *part,
          gint64 n_run,
          GError **error)
{
  gsize n_bytes = part_bytes (part, n_run);

  if (n == n_all && n == n_run)
    {
      *all = why_tensor_ref (part);
      return TRUE;
    }
  if (*all == NULL)
    {
      gint64 dims[WHY_MAX_RANK];
      memcpy (dims, part->dims, sizeof dims);
      dims[0] = dims[0] / n_run * n_all;
      *all = why_tensor_new (part->dtype, part->rank, dims, error);
    }
  if (*all == NULL)
    return FALSE;
  if (n_bytes > 0)
    memcpy ((guint8 *) (*all)->data + (gsize) first * n_bytes, part->data, (gsize) n * n_bytes);
  return TRUE;
}

/* What is computed for some of the alternatives: @seed %NULL: the wanted tensors, else the
 * gradient. */
typedef struct
{
  WhyTensor *seed;
  WhyGradRule rule;
} Task;

static gboolean
compute (WhyBranch *branch,
         const Task *task,
         WhyTensor *alternatives,
         WhyTensor *seed,
         WhyTensor **results,
         WhyCancel *cancel,
         GError **error)
{
  g_autofree WhyTensor **inputs = g_memdup2 (branch->inputs, branch->n_inputs * sizeof *inputs);
  const char *from = branch->from;

  inputs[0] = alternatives;
  if (seed == NULL)
    return why_session_run (branch->session, inputs, branch->n_inputs,
                            (const char *const *) branch->wanted, branch->n_wanted, results, cancel,
                            error);
  g_autoptr (WhyTensor) gradient = NULL;
  if (!why_session_gradients (branch->session, inputs, branch->n_inputs, branch->wanted[0], seed,
                              &from, 1, task->rule, NULL, &gradient, cancel, error))
    return FALSE;
  results[0] = why_tensor_to_dense (gradient, error);
  return results[0] != NULL;
}

static gboolean
compute_part (WhyBranch *branch,
              const Task *task,
              WhyTensor *alternatives,
              gint64 n_all,
              gint64 first,
              gint64 n,
              WhyTensor **results,
              gsize n_results,
              WhyCancel *cancel,
              GError **error)
{
  g_autofree WhyTensor **parts = g_new0 (WhyTensor *, n_results + 1);
  g_autoptr (WhyTensor) some = take_alternatives (branch, alternatives, n_all, first, n, error);
  g_autoptr (WhyTensor) seed = some != NULL && task->seed != NULL
                                 ? take_part (task->seed, n_all, first, n, branch->n, error)
                                 : NULL;
  gboolean done = some != NULL && (seed != NULL || task->seed == NULL) &&
                  compute (branch, task, some, seed, parts, cancel, error);

  for (gsize index = 0; index < n_results; index++)
    {
      done = done && put_part (&results[index], n_all, first, n, parts[index], branch->n, error);
      why_tensor_unref (parts[index]);
    }
  return done;
}

static gboolean
compute_all (WhyBranch *branch,
             const Task *task,
             WhyTensor *alternatives,
             gint64 n_all,
             WhyTensor **results,
             gsize n_results,
             WhyCancel *cancel,
             GError **error)
{
  gint64 n = 0;

  memset (results, 0, n_results * sizeof *results);
  for (gint64 first = 0; first < n_all; first += n)
    {
      g_autoptr (GError) local = NULL;
      n = MIN (branch->n, n_all - first);
      if (compute_part (branch, task, alternatives, n_all, first, n, results, n_results, cancel,
                        &local))
        continue;
      if (branch->n > 1 && g_error_matches (local, WHY_ERROR, WHY_ERROR_TOO_LARGE) &&
          resize (branch, branch->session, branch->n / 2, error))
        {
          n = 0;
          continue;
        }
      for (gsize index = 0; index < n_results; index++)
        g_clear_pointer (&results[index], why_tensor_unref);
      if (error == NULL || *error == NULL)
        g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_alternatives (const WhyBranch *branch,
                    const WhyTensor *alternatives,
                    gint64 n,
                    GError **error)
{
  const WhyShape *shape = &branch->shape;
  gboolean fits = alternatives->rank == shape->rank && n >= 1 &&
                  alternatives->dims[0] / n == shape->dims[0] && alternatives->dims[0] % n == 0 &&
                  why_tensor_is_dense (alternatives);

  for (int axis = 1; fits && axis < shape->rank; axis++)
    fits = alternatives->dims[axis] == shape->dims[axis];
  if (fits)
    return TRUE;
  g_autofree char *found = why_dims_to_string (alternatives->rank, alternatives->dims);
  g_autofree char *expected = why_dims_to_string (shape->rank, shape->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
               "%" G_GINT64_FORMAT " alternatives of '%s' (%s) were given as %s", n, branch->from,
               expected, found);
  return FALSE;
}

gboolean
why_branch_run (WhyBranch *branch,
                WhyTensor *alternatives,
                gint64 n_alternatives,
                WhyTensor **results,
                WhyCancel *cancel,
                GError **error)
{
  const Task task = { NULL, WHY_GRAD_RULE_GRADIENT };
  return check_alternatives (branch, alternatives, n_alternatives, error) &&
         compute_all (branch, &task, alternatives, n_alternatives, results, branch->n_wanted,
                      cancel, error);
}

gboolean
why_branch_gradients (WhyBranch *branch,
                      WhyTensor *alternatives,
                      gint64 n_alternatives,
                      WhyTensor *seed,
                      WhyGradRule rule,
                      WhyTensor **gradients,
                      WhyCancel *cancel,
                      GError **error)
{
  const Task task = { seed, rule };
  return check_alternatives (branch, alternatives, n_alternatives, error) &&
         compute_all (branch, &task, alternatives, n_alternatives, gradients, 1, cancel, error);
}
