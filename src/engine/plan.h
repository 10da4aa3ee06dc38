#pragma once

#include "base/cancel.h"
#include "base/pages.h"
#include "graph/op.h"

G_BEGIN_DECLS

/* A plan: the steps that compute chosen values of a graph, with their memory laid out.
 *
 * Values live in buffers. A buffer is a value in one of two layouts: plain (dense in ONNX order) or
 * channels last. Kernels ask for their inputs in the layout they want, and a reorder step is put in
 * where it is needed. What looks like a reshape shares its input's memory.
 *
 * A backend turns each node into steps; it may look ahead and make one step of several nodes when
 * nobody else wants what lies between. Memory is laid out when all steps are known: buffers whose
 * lives do not overlap share the arena, kept ones have it to themselves.
 *
 * A plan for gradients has the forward plan as its parent and reads what that one has kept. */

typedef struct _WhyPlan WhyPlan;
typedef struct _WhyBuffer WhyBuffer;
typedef struct _WhyStep WhyStep;
typedef struct _WhyBackendClass WhyBackendClass;
typedef struct _WhyPacked WhyPacked;

typedef enum
{
  WHY_LAYOUT_PLAIN,
  WHY_LAYOUT_CHANNELS_LAST,
} WhyLayout;

/**
 * WhyBuffer:
 * @value: (nullable): what it holds; %NULL for scratch memory
 * @n_bytes: its size
 * @data: valid once the plan is complete
 * @root: itself, or the buffer whose memory it shares
 */
struct _WhyBuffer
{
  const WhyValue *value;
  WhyLayout layout;
  gsize n_bytes;
  gpointer data;
  WhyBuffer *root;
  /*< private >*/
  gsize offset;      /* in the arena */
  guint first, last; /* steps between which it is alive; of roots */
  gboolean outside;  /* memory is not of the arena: constants and the parent's buffers */
  gboolean kept;
  WhyTensor *constant; /* owned: a constant in this buffer's layout */
};

/**
 * WhyStep:
 * @run: computes; called from one thread, may use the team of threads
 * @node: what it is for, in messages and profiles
 * @inputs, @outputs: buffers read and written; borrowed from the plan
 * @scratch: (nullable): memory for the time of the step
 * @in_place: output 0 may share the memory of input 0 or 1 (the run function reads each element
 * before it writes it)
 * @adds_to: (nullable): one of the inputs, whose values must be in output 0 before the step runs; the memory
 * is the same where it can be, else run copies
 * @data: the kernel's own
 */
struct _WhyStep
{
  gboolean (*run) (const WhyStep *step, WhyCancel *cancel, GError **error);
  const WhyNode *node;
  guint n_inputs, n_outputs;
  WhyBuffer **inputs;
  WhyBuffer **outputs;
  WhyBuffer *scratch;
  gboolean in_place;
  WhyBuffer *adds_to;
  gpointer data;
  GDestroyNotify free_data;
};

/**
 * WhyView:
 * @base: memory that it is read from
 * @start: element of @base
 * @strides: in elements, along each axis of the value (of the box, if it is placed)
 * @placed: the value is zero except for a box of @box_dims, whose index k along an axis is the value's index
 *   @at + k * @step; else the box is all of the value
 *
 * A value that is only another look at memory, or lies among zeros: it is copied when somebody asks for
 * it in a layout, and not at all by those who can read it as it lies.
 */
typedef struct
{
  WhyBuffer *base;
  gint64 start;
  gint64 strides[WHY_MAX_RANK];
  gboolean placed;
  gint64 box_dims[WHY_MAX_RANK];
  gint64 at[WHY_MAX_RANK];
  gint64 step[WHY_MAX_RANK];
} WhyView;

typedef gboolean (*WhyStepFunc) (const WhyStep *step, WhyCancel *cancel, GError **error);

/**
 * WhyPlanOptions:
 * @backend: which kernels
 * @keep: (nullable) (element-type WhyValue): values that must be there at the end
 * @parent: (nullable): plan whose kept values may be read
 * @memory_budget: bytes that all may take together: this plan, what is @taken, and packed weights
 * @taken: bytes that other plans of the session and the packed weights there are have taken
 * @packed: cache of packed weights, shared by a session's plans
 * @pages: where they lie
 * @first_backward: with a parent: the first node of the backward direction; earlier ones compute
 *   forward values again that the parent has not kept
 * @first_map: with a parent: the first node that computes maps from activations and gradients
 */
typedef struct
{
  const WhyBackendClass *backend;
  const GPtrArray *keep;
  WhyPlan *parent;
  gsize memory_budget;
  gsize taken;
  GHashTable *packed;
  WhyPages *pages;
  guint first_backward, first_map;
} WhyPlanOptions;

/** why_plan_new: Returns: (transfer full) (nullable): a plan that computes @options->keep, ready to
 * run */
WhyPlan *why_plan_new (WhyGraph *graph,
                       const WhyPlanOptions *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void why_plan_free (WhyPlan *plan);

/** why_plan_set_input: copies a dense tensor into the plan's memory. */
gboolean
why_plan_set_input (WhyPlan *plan, const WhyValue *value, WhyTensor *tensor, GError **error);

/** why_plan_run: all steps in order; looks at @cancel before each. */
gboolean why_plan_run (WhyPlan *plan, WhyCancel *cancel, GError **error);

/**
 * why_plan_time_steps: from now on every run notes how long each step takes
 *
 * why_plan_step_ms: Returns: the least time of a step over the runs since then, in milliseconds
 */
void why_plan_time_steps (WhyPlan *plan);
double why_plan_step_ms (const WhyPlan *plan, guint index);

/** why_plan_holds: whether @value is there after a run */
gboolean why_plan_holds (const WhyPlan *plan, const WhyValue *value);

/** why_plan_read: Returns: (transfer full): a copy of a held value, in the layout it is in; %NULL
 * on error */
WhyTensor *why_plan_read (const WhyPlan *plan,
                          const WhyValue *value,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

gsize why_plan_bytes (
  const WhyPlan *plan); /* arena and own copies of constants, without packed weights */
guint why_plan_n_steps (const WhyPlan *plan);
const WhyStep *why_plan_step (const WhyPlan *plan, guint index);

/* ---- for kernels while compiling ---- */

const WhyPlanOptions *why_plan_options (const WhyPlan *plan);

WhyGraph *why_plan_graph (const WhyPlan *plan);

/** why_plan_node: the node that is computed in place number @index: the graph's own or its composite */
WhyNode *why_plan_node (const WhyPlan *plan, guint index);

/** why_plan_needs: whether @node has to run in this plan */
gboolean why_plan_needs (const WhyPlan *plan, const WhyNode *node);

/** why_plan_keeps: whether @value must be there at the end */
gboolean why_plan_keeps (const WhyPlan *plan, const WhyValue *value);

/** why_plan_compile_node: adds the steps for one node */
gboolean why_plan_compile_node (WhyPlan *plan, WhyNode *node, GError **error);

/** why_plan_constant: a buffer with numbers that are no value of the graph; @tensor: dense */
WhyBuffer *why_plan_constant (WhyPlan *plan, WhyTensor *tensor);

/** why_plan_layout: the layout that @value is computed in (constants: plain) */
WhyLayout why_plan_layout (const WhyPlan *plan, const WhyValue *value);

/** why_layout_same: both layouts are the same memory for this shape */
gboolean why_layout_same (const WhyValue *value);

/** why_plan_input: the buffer of @value in @layout; adds a reorder step if it is only in the other
 */
WhyBuffer *why_plan_input (WhyPlan *plan, WhyValue *value, WhyLayout layout, GError **error);

/** why_plan_output: a new buffer for @value, which the step to be added will write */
WhyBuffer *why_plan_output (WhyPlan *plan, WhyValue *value, WhyLayout layout);

/** why_plan_alias: @value is the memory of @buffer seen with other dims, as if in @layout */
void why_plan_alias (WhyPlan *plan, WhyValue *value, WhyLayout layout, WhyBuffer *buffer);

/** why_plan_defer: @value, which is not to be kept, is only a view so far; @view is copied */
void why_plan_defer (WhyPlan *plan, const WhyValue *value, const WhyView *view);

/** why_plan_view: Returns: (nullable): what @value is a view of, while it has no memory of its own */
const WhyView *why_plan_view (const WhyPlan *plan, const WhyValue *value);

/** why_plan_scratch: memory for one step */
WhyBuffer *why_plan_scratch (WhyPlan *plan, gsize n_bytes);

/**
 * why_plan_add_step:
 * @data: (transfer full): freed with @free_data
 */
WhyStep *why_plan_add_step (WhyPlan *plan,
                            const WhyNode *node,
                            WhyStepFunc run,
                            WhyBuffer *const *inputs,
                            guint n_inputs,
                            WhyBuffer *const *outputs,
                            guint n_outputs,
                            gpointer data,
                            GDestroyNotify free_data);

/**
 * why_plan_only_reader:
 *
 * Returns: (nullable): the one node that reads @value, if there is just one, that node reads it
 * once, is part of this plan and nothing wants @value itself: then the two may be fused
 */
const WhyNode *why_plan_only_reader (const WhyPlan *plan, const WhyValue *value);

/**
 * why_plan_gated:
 * @gate: (out): the activation
 *
 * Returns: (nullable): the node that multiplies @value by an activation of itself, if that is all that becomes
 *   of @value and nobody wants the gate: x * sigmoid (x) is written as two nodes
 */
const WhyNode *
why_plan_gated (const WhyPlan *plan, const WhyValue *value, const WhyNode **gate);

/** why_plan_wants: whether @value is kept or read by a node of this plan */
gboolean why_plan_wants (const WhyPlan *plan, const WhyValue *value);

/**
 * why_plan_last_read:
 *
 * Returns: whether nothing reads @value once the step for @node, in which @reader takes part, has run: its
 *   memory may become that step's result
 */
gboolean
why_plan_last_read (const WhyPlan *plan, const WhyValue *value, const WhyNode *node, const WhyNode *reader);

/** why_plan_has: whether the buffer of @value exists already (computed by an earlier step) */
gboolean why_plan_has (const WhyPlan *plan, const WhyValue *value);

/** why_plan_absorb: @node has been made part of another step: it is not compiled itself */
void why_plan_absorb (WhyPlan *plan, const WhyNode *node);

/** why_plan_absorbed: whether @node is part of another step already */
gboolean why_plan_is_absorbed (const WhyPlan *plan, const WhyNode *node);

/**
 * WhyBackendClass:
 * @name: such as "oneDNN 2.6.3"
 * @compile: adds the steps for @node; sets *@done to %FALSE, without an error, where it has no
 * kernel: then the plain definition of the operator is used
 * @composites: whether groups of nodes are compiled as the operator that they amount to
 * @gathers: element-wise operators of plans for gradients are made into programs
 */
struct _WhyBackendClass
{
  const char *name;
  gboolean (*compile) (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error);
  gboolean composites;
  gboolean gathers;
};

/** why_backend_fast: Returns: (nullable): the oneDNN backend, if the build has it */
const WhyBackendClass *why_backend_fast (void);
const WhyBackendClass *why_backend_reference (void);

/**
 * WhyPacked:
 *
 * A constant in the layout that a kernel wants, made once and shared by a session's plans: the
 * values of WhyPlanOptions.packed, whose keys are GBytes.
 */
struct _WhyPacked
{
  gpointer data;
  GDestroyNotify free_data;
  gsize n_bytes;
  guint n_users; /* plans */
};

/** why_plan_use_packed: @packed, an entry of the session's cache, is used as long as @plan lives */
void why_plan_use_packed (WhyPlan *plan, WhyPacked *packed);

/**
 * why_plan_only_measures:
 * @n_bytes: of a packed constant that is not in the cache
 *
 * Returns: whether the plan is made only to know how much memory it will take: then the constant is counted
 *   and must not be packed, and steps are never run
 */
gboolean why_plan_only_measures (WhyPlan *plan, gsize n_bytes);

/* A kernel: compiles one node, or says that it cannot (*done = FALSE). */
typedef gboolean (*WhyCompileFunc) (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error);

typedef struct
{
  const char *type; /* operator; NULL ends a table */
  WhyCompileFunc compile;
} WhyKernel;

G_END_DECLS
