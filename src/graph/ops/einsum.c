#include "config.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* Labels are numbered: A-Z, a-z, then the axes that an ellipsis stands for, counted from the last.
 */
#define N_LETTERS 52
#define N_LABELS (N_LETTERS + WHY_MAX_RANK)
#define TERM_MAX WHY_MAX_RANK

typedef struct
{
  int rank;
  int labels[TERM_MAX];
} Term;

/* A parsed equation with the sizes that it is applied to. */
typedef struct
{
  guint n_terms;
  Term *terms; /* one for each input */
  Term out;
  gint64 size[N_LABELS]; /* -1: not used */
} Equation;

static void
equation_clear (Equation *equation)
{
  g_clear_pointer (&equation->terms, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Equation, equation_clear)

static int
letter_label (char letter)
{
  if (letter >= 'A' && letter <= 'Z')
    return letter - 'A';
  return letter >= 'a' && letter <= 'z' ? letter - 'a' + 26 : -1;
}

static char
label_letter (int label)
{
  return (char) (label < 26 ? 'A' + label : 'a' + label - 26);
}

/* Reads one term. @n_ellipsis: how many axes an ellipsis in it stands for. */
static gboolean
parse_term (const WhyNode *node, const char *text, gsize length, int n_ellipsis,
            gboolean *has_ellipsis, Term *term, GError **error)
{
  term->rank = 0;
  *has_ellipsis = FALSE;
  for (gsize at = 0; at < length; at++)
    {
      int n_new = 1, label = letter_label (text[at]);
      if (text[at] == ' ')
        continue;
      if (text[at] == '.')
        {
          if (at + 2 >= length || text[at + 1] != '.' || text[at + 2] != '.' || *has_ellipsis)
            return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                                  "the equation's term '%.*s' has a stray point",
                                  (int) MIN (length, 100), text);
          *has_ellipsis = TRUE;
          at += 2;
          n_new = n_ellipsis;
          label = N_LETTERS + n_ellipsis - 1;
        }
      else if (label < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "the equation's term '%.*s' has a character that is no letter",
                              (int) MIN (length, 100), text);
      if (term->rank + n_new > TERM_MAX)
        return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                              "the equation has a term of more than %d dimensions", TERM_MAX);
      for (int each = 0; each < n_new; each++)
        term->labels[term->rank++] = label - each;
    }
  return TRUE;
}

/* The number of letters in a term; what the ellipsis leaves to them is the rest of the rank. */
static int
count_letters (const char *text, gsize length)
{
  int count = 0;
  for (gsize at = 0; at < length; at++)
    count += letter_label (text[at]) >= 0;
  return count;
}

static gboolean
add_sizes (const WhyNode *node, guint input, Equation *equation, GError **error)
{
  const WhyValue *value = node->inputs[input];
  const Term *term = &equation->terms[input];

  if (term->rank != value->rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "input %u has %d dimensions, its term in the equation %d", input,
                          value->rank, term->rank);
  for (int axis = 0; axis < value->rank; axis++)
    {
      gint64 *size = &equation->size[term->labels[axis]];
      if (*size < 0 || *size == 1)
        *size = value->dims[axis];
      else if (value->dims[axis] != 1 && value->dims[axis] != *size)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "axis %d of input %u has %" G_GINT64_FORMAT
                              " entries, the same label elsewhere %" G_GINT64_FORMAT,
                              axis, input, value->dims[axis], *size);
    }
  return TRUE;
}

/* Without "->": the ellipsis, then all labels that occur once, in alphabetical order. */
static gboolean
implicit_output (const WhyNode *node, Equation *equation, int n_ellipsis, GError **error)
{
  int uses[N_LABELS] = { 0 };

  for (guint input = 0; input < equation->n_terms; input++)
    {
      for (int axis = 0; axis < equation->terms[input].rank; axis++)
        uses[equation->terms[input].labels[axis]]++;
    }
  equation->out.rank = 0;
  for (int each = n_ellipsis - 1; each >= 0; each--)
    equation->out.labels[equation->out.rank++] = N_LETTERS + each;
  for (int label = 0; label < N_LETTERS; label++)
    {
      if (uses[label] != 1)
        continue;
      if (equation->out.rank == TERM_MAX)
        return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                              "its output has more than %d dimensions", TERM_MAX);
      equation->out.labels[equation->out.rank++] = label;
    }
  return TRUE;
}

static gboolean
explicit_output (const WhyNode *node, Equation *equation, const char *text, int n_ellipsis,
                 GError **error)
{
  gboolean has_ellipsis, seen[N_LABELS] = { FALSE };

  if (!parse_term (node, text, strlen (text), n_ellipsis, &has_ellipsis, &equation->out, error))
    return FALSE;
  for (int axis = 0; axis < equation->out.rank; axis++)
    {
      int label = equation->out.labels[axis];
      if (seen[label] || equation->size[label] < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "the equation's output '%.100s' has a label %s", text,
                              seen[label] ? "twice" : "that no input has");
      seen[label] = TRUE;
    }
  return TRUE;
}

static gboolean
equation_parse (Equation *equation, const WhyNode *node, GError **error)
{
  const char *text = why_node_string (node, "equation", NULL);
  int n_ellipsis = 0;
  gboolean has_ellipsis;

  memset (equation, 0, sizeof *equation);
  for (int label = 0; label < N_LABELS; label++)
    equation->size[label] = -1;
  if (text == NULL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "'equation' is missing");
  const char *arrow = strstr (text, "->");
  const char *end = arrow != NULL ? arrow : text + strlen (text);

  equation->terms = g_new0 (Term, node->n_inputs);
  for (const char *start = text; start <= end; equation->n_terms++)
    {
      const char *comma = memchr (start, ',', (gsize) (end - start));
      const char *stop = comma != NULL ? comma : end;
      if (equation->n_terms == node->n_inputs || node->inputs[equation->n_terms] == NULL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "the equation '%.100s' does not have a term for each of %u inputs",
                              text, node->n_inputs);
      int rest = node->inputs[equation->n_terms]->rank -
                 count_letters (start, (gsize) (stop - start));
      if (!parse_term (node, start, (gsize) (stop - start), MAX (rest, 0), &has_ellipsis,
                       &equation->terms[equation->n_terms], error) ||
          !add_sizes (node, equation->n_terms, equation, error))
        return FALSE;
      n_ellipsis = MAX (n_ellipsis, has_ellipsis ? rest : 0);
      start = stop + 1;
    }
  if (equation->n_terms != node->n_inputs)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "the equation '%.100s' does not have a term for each of %u inputs", text,
                          node->n_inputs);
  return arrow != NULL ? explicit_output (node, equation, arrow + 2, n_ellipsis, error)
                       : implicit_output (node, equation, n_ellipsis, error);
}

static gboolean
einsum_infer (WhyNode *node, GError **error)
{
  g_auto (Equation) equation = { 0 };
  const WhyValue *first = node->inputs[0];
  gint64 dims[TERM_MAX];

  if (!equation_parse (&equation, node, error))
    return FALSE;
  for (guint input = 1; input < node->n_inputs; input++)
    {
      if (node->inputs[input]->dtype != first->dtype)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input %u is %s, input 0 is %s",
                              input, why_dtype_name (node->inputs[input]->dtype),
                              why_dtype_name (first->dtype));
    }
  if (first->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "its inputs are bool, expected numbers");
  for (int axis = 0; axis < equation.out.rank; axis++)
    dims[axis] = equation.size[equation.out.labels[axis]];
  return why_node_set_output (node, 0, first->dtype, equation.out.rank, dims, error);
}

/* ---- eval: for every element of the output, the sum over all other labels of the product ---- */

/* Labels in the order of the loops, outermost first. */
typedef struct
{
  int n_out, n_all;
  gint64 size[N_LABELS];
  gint64 *strides; /* owned; N_LABELS for each operand */
} Loops;

static void
loops_clear (Loops *loops)
{
  g_clear_pointer (&loops->strides, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Loops, loops_clear)

static void
loops_init (Loops *loops, const Equation *equation, WhyTensor *const *inputs)
{
  int order[N_LABELS], n = 0;
  gboolean in_output[N_LABELS] = { FALSE };

  for (int axis = 0; axis < equation->out.rank; axis++)
    {
      order[n++] = equation->out.labels[axis];
      in_output[equation->out.labels[axis]] = TRUE;
    }
  loops->n_out = n;
  for (int label = 0; label < N_LABELS; label++)
    {
      if (equation->size[label] >= 0 && !in_output[label])
        order[n++] = label;
    }
  /* The longest sum runs innermost. */
  for (int place = loops->n_out; place < n - 1; place++)
    {
      if (equation->size[order[place]] > equation->size[order[n - 1]])
        {
          int label = order[place];
          order[place] = order[n - 1];
          order[n - 1] = label;
        }
    }
  loops->n_all = n;
  loops->strides = g_new0 (gint64, equation->n_terms * (gsize) N_LABELS);
  for (int place = 0; place < n; place++)
    loops->size[place] = equation->size[order[place]];
  for (guint input = 0; input < equation->n_terms; input++)
    {
      const Term *term = &equation->terms[input];
      gint64 dense[WHY_MAX_RANK];
      why_dims_dense_strides (term->rank, inputs[input]->dims, dense);
      for (int axis = 0; axis < term->rank; axis++)
        {
          for (int place = 0; place < n; place++)
            {
              /* A label twice in one term walks its diagonal; an axis of size 1 is broadcast. */
              if (order[place] == term->labels[axis] && inputs[input]->dims[axis] != 1)
                loops->strides[input * N_LABELS + (guint) place] += dense[axis];
            }
        }
    }
}

/* Moves to the next place of the labels @begin..@end; FALSE when all have been visited and offsets
 * are back at the start. */
static gboolean
loops_next (const Loops *loops, guint n_operands, int begin, int end, gint64 *index,
            gint64 *offsets)
{
  for (int place = end - 1; place >= begin; place--)
    {
      gboolean more = ++index[place] < loops->size[place];
      for (guint operand = 0; operand < n_operands; operand++)
        {
          gint64 stride = loops->strides[operand * N_LABELS + (guint) place];
          offsets[operand] += more ? stride : -stride * (loops->size[place] - 1);
        }
      if (more)
        return TRUE;
      index[place] = 0;
    }
  return FALSE;
}

#define DEFINE_SUM(NAME, TYPE, WIDE)                                                               \
  static WIDE sum_##NAME (const Loops *loops, guint n_operands, WhyTensor *const *operands,        \
                          gint64 *index, gint64 *offsets)                                          \
  {                                                                                                \
    int inner = loops->n_all > loops->n_out ? loops->n_all - 1 : -1;                               \
    gint64 count = inner >= 0 ? loops->size[inner] : 1;                                            \
    WIDE sum = 0;                                                                                  \
    do                                                                                             \
      {                                                                                            \
        if (n_operands == 2)                                                                       \
          {                                                                                        \
            const TYPE *a = (const TYPE *) operands[0]->data + offsets[0];                         \
            const TYPE *b = (const TYPE *) operands[1]->data + offsets[1];                         \
            gint64 step_a = inner >= 0 ? loops->strides[inner] : 0;                                \
            gint64 step_b = inner >= 0 ? loops->strides[N_LABELS + inner] : 0;                     \
            for (gint64 each = 0; each < count; each++)                                            \
              sum += (WIDE) a[each * step_a] * (WIDE) b[each * step_b];                            \
            continue;                                                                              \
          }                                                                                        \
        for (gint64 each = 0; each < count; each++)                                                \
          {                                                                                        \
            WIDE product = 1;                                                                      \
            for (guint operand = 0; operand < n_operands; operand++)                               \
              product *= (WIDE) ((const TYPE *) operands[operand]->data)                           \
                [offsets[operand] +                                                                \
                 each * (inner >= 0 ? loops->strides[operand * N_LABELS + (guint) inner] : 0)];    \
            sum += product;                                                                        \
          }                                                                                        \
      }                                                                                            \
    while (inner >= 0 && loops_next (loops, n_operands, loops->n_out, inner, index, offsets));     \
    return sum;                                                                                    \
  }

DEFINE_SUM (f32, float, double)
DEFINE_SUM (f64, double, double)
DEFINE_SUM (u64, guint64, guint64) /* two's complement: right for signed ones too, and it wraps */

static gboolean
einsum_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  g_auto (Equation) equation = { 0 };
  g_autoptr (GPtrArray)
    operands = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  WhyDType dtype = outputs[0]->dtype,
           wide = why_dtype_is_float (dtype) ? WHY_DTYPE_FLOAT64 : WHY_DTYPE_INT64;
  gsize count = why_tensor_count (outputs[0]);
  gint64 index[N_LABELS] = { 0 };
  gboolean empty = FALSE;

  if (!equation_parse (&equation, node, error))
    return FALSE;
  if (dtype == WHY_DTYPE_FLOAT32 || dtype == WHY_DTYPE_UINT64)
    wide = dtype;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      WhyTensor *operand = why_tensor_cast (inputs[input], wide, error);
      if (operand == NULL)
        return FALSE;
      g_ptr_array_add (operands, operand);
      empty |= why_tensor_count (operand) == 0;
    }
  if (empty)
    {
      memset (outputs[0]->data, 0, count * why_dtype_size (dtype));
      return TRUE;
    }

  g_auto (Loops) loops = { 0 };
  loops_init (&loops, &equation, inputs);
  g_autofree gint64 *offsets = g_new0 (gint64, node->n_inputs);
  WhyTensor *const *tensors = (WhyTensor *const *) operands->pdata;
  for (gsize element = 0; element < count; element++)
    {
      if (wide == WHY_DTYPE_FLOAT32)
        why_tensor_set_f64 (outputs[0], element,
                            sum_f32 (&loops, node->n_inputs, tensors, index, offsets));
      else if (wide == WHY_DTYPE_FLOAT64)
        why_tensor_set_f64 (outputs[0], element,
                            sum_f64 (&loops, node->n_inputs, tensors, index, offsets));
      else
        why_tensor_set_i64 (outputs[0], element,
                            (gint64) sum_u64 (&loops, node->n_inputs, tensors, index, offsets));
      loops_next (&loops, node->n_inputs, 0, loops.n_out, index, offsets);
    }
  return TRUE;
}

/* ---- gradient: again an Einsum, of the output's gradient and the other operands ---- */

typedef struct
{
  GString *text; /* the left side so far */
  GPtrArray *operands;
  char letters[N_LABELS]; /* of each label; 0: none yet */
  gboolean taken[N_LETTERS];
} Backward;

static char
fresh_letter (Backward *backward)
{
  for (int label = 0; label < N_LETTERS; label++)
    {
      if (backward->taken[label])
        continue;
      backward->taken[label] = TRUE;
      return label_letter (label);
    }
  return 0;
}

static gboolean
backward_init (Backward *backward, const Equation *equation)
{
  backward->text = g_string_new (NULL);
  backward->operands = g_ptr_array_new ();
  for (int label = 0; label < N_LETTERS; label++)
    {
      backward->taken[label] = equation->size[label] >= 0;
      backward->letters[label] = label_letter (label);
    }
  for (int label = N_LETTERS; label < N_LABELS; label++)
    {
      if (equation->size[label] >= 0 && (backward->letters[label] = fresh_letter (backward)) == 0)
        return FALSE;
    }
  return TRUE;
}

static void
backward_clear (Backward *backward)
{
  if (backward->text != NULL)
    g_string_free (backward->text, TRUE);
  g_clear_pointer (&backward->operands, g_ptr_array_unref);
}

static void
backward_add (Backward *backward, WhyValue *operand, const Term *term)
{
  if (backward->operands->len > 0)
    g_string_append_c (backward->text, ',');
  for (int axis = 0; axis < term->rank; axis++)
    g_string_append_c (backward->text, backward->letters[term->labels[axis]]);
  g_ptr_array_add (backward->operands, operand);
}

/* A label twice in one operand reads its diagonal, so the gradient lives on the diagonal: one more
 * operand, the identity matrix, puts it there. */
static char
backward_add_identity (Backward *backward, WhyGraph *graph, const WhyValue *like, char letter,
                       gint64 size)
{
  const gint64 dims[] = { size, size };
  char fresh = fresh_letter (backward);
  WhyTensor *identity = fresh != 0 ? why_tensor_new_zeros (like->dtype, 2, dims, NULL) : NULL;

  if (identity == NULL)
    return 0;
  for (gint64 place = 0; place < size; place++)
    why_tensor_set_f64 (identity, (gsize) (place * size + place), 1);
  g_ptr_array_add (backward->operands, why_graph_add_constant (graph, NULL, identity));
  g_string_append_printf (backward->text, ",%c%c", letter, fresh);
  return fresh;
}

/* Whether @label runs over its full size in the output or in an operand other than @input. */
static gboolean
runs_elsewhere (const WhyNode *node, const Equation *equation, guint input, int label)
{
  for (int axis = 0; axis < equation->out.rank; axis++)
    {
      if (equation->out.labels[axis] == label)
        return TRUE;
    }
  for (guint other = 0; other < equation->n_terms; other++)
    {
      for (int axis = 0; other != input && axis < equation->terms[other].rank; axis++)
        {
          if (equation->terms[other].labels[axis] == label &&
              node->inputs[other]->dims[axis] == equation->size[label])
            return TRUE;
        }
    }
  return FALSE;
}

static WhyValue *
input_gradient (WhyGraph *graph, Backward *backward, const WhyNode *node, const Equation *equation,
                guint input, WhyValue *upstream, GError **error)
{
  const WhyValue *value = node->inputs[input];
  const Term *term = &equation->terms[input];
  g_autoptr (GString) target = g_string_new ("->");
  gint64 dims[WHY_MAX_RANK];
  gboolean expand = FALSE;

  backward_add (backward, upstream, &equation->out);
  for (guint other = 0; other < equation->n_terms; other++)
    {
      if (other != input)
        backward_add (backward, node->inputs[other], &equation->terms[other]);
    }
  for (int axis = 0; axis < term->rank; axis++)
    {
      int label = term->labels[axis], before = 0, repeats = 0;
      for (int each = 0; each < term->rank; each++)
        {
          gboolean same = term->labels[each] == label && value->dims[each] == value->dims[axis];
          before += same && each < axis;
          repeats += same;
        }
      dims[axis] = 1;
      if (value->dims[axis] == 1)
        continue; /* broadcast: summed */
      char letter = backward->letters[label];
      if (before > 0)
        letter = backward_add_identity (backward, graph, value, letter, value->dims[axis]);
      else if (repeats == 1 && !runs_elsewhere (node, equation, input, label))
        {
          expand = TRUE; /* summed alone: the gradient is the same all along */
          continue;
        }
      if (letter == 0)
        {
          why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                         "the equation has no letter left for its gradient");
          return NULL;
        }
      dims[axis] = value->dims[axis];
      g_string_append_c (target, letter);
    }
  g_string_append (backward->text, target->str);
  const WhyAttr attr = WHY_ATTR_OF_STRING ("equation", backward->text->str);
  WhyValue *gradient = why_emit (graph, error, "Einsum", backward->operands->len,
                                 (WhyValue *const *) backward->operands->pdata, &attr, 1);
  gradient = why_emit_reshape (graph, error, gradient, value->rank, dims);
  if (expand)
    gradient = why_emit2 (graph, error, "Expand", gradient,
                          why_emit_i64 (graph, (gsize) value->rank, value->dims));
  return gradient;
}

static gboolean
einsum_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  g_auto (Equation) equation = { 0 };

  if (!equation_parse (&equation, node, error))
    return FALSE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (!why_grad_wanted (builder, node, input))
        continue;
      Backward backward = { 0 };
      WhyValue *gradient = NULL;
      if (backward_init (&backward, &equation))
        gradient = input_gradient (why_grad_graph (builder), &backward, node, &equation, input,
                                   why_grad_output (builder, node, 0), error);
      else
        why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                       "the equation has no letter left for its gradient");
      backward_clear (&backward);
      if (!why_grad_add (builder, node, input, gradient))
        return FALSE;
    }
  return TRUE;
}

/* ---- region: a label in the output runs over the same range in the inputs ---- */

static void
einsum_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  g_auto (Equation) equation = { 0 };

  if (!equation_parse (&equation, node, NULL))
    return;
  for (int axis = 0; axis < in->rank; axis++)
    {
      for (int out_axis = 0; out_axis < equation.out.rank; out_axis++)
        {
          if (equation.out.labels[out_axis] != equation.terms[input].labels[axis] ||
              node->inputs[input]->dims[axis] == 1)
            continue;
          in->lo[axis] = out->lo[out_axis];
          in->hi[axis] = out->hi[out_axis];
        }
    }
}

/* clang-format off */
const WhyOpClass why_ops_einsum[] = {
  { .type = "Einsum", .since = 12, .min_inputs = 1, .max_inputs = G_MAXUINT, .max_outputs = 1,
    .infer = einsum_infer, .eval = einsum_eval, .gradient = einsum_gradient,
    .region = einsum_region },
  { .type = NULL },
};
/* clang-format on */
