#include "config.h"

#include "program.h"

#include "base/parallel.h"
#include "vector.h"

#include <string.h>

/* Numbers in a piece: some operands of this size fit into a first-level cache together. */
#define PIECE 2048
#define ROWS_MIN 4
/* Below this many channels, rows are too short for a loop of their own: numbers a channel are
 * repeated to the length of a piece. */
#define CHANNELS_SHORT 128
/* Numbers worth a thread of its own. */
#define GRAIN 16384
#define NO_PLACE G_MAXUINT

struct _WhyProgram
{
  gsize images, positions, channels;
  gsize piece_rows;
  guint n_operations, n_places, n_repeated, n_columns;
  WhyOperation operations[WHY_PROGRAM_OPS_MAX];
  guint place[WHY_PROGRAM_OPS_MAX];        /* of a result in a thread's memory */
  guint column[WHY_PROGRAM_OPS_MAX];       /* which column sum an operation is */
  guint repeated[WHY_PROGRAM_BUFFERS_MAX]; /* place of an input's repetition */
  int max_parts;
  gsize part_bytes;
};

/* ---- sums ---- */

WHY_VECTOR static void
add_rows (const float *x, gsize rows, gsize width, float *part)
{
  gsize first = 0;
  for (; first + 64 <= width; first += 64)
    {
      float sum[64];
      memcpy (sum, x + first, sizeof sum);
      for (gsize row = 1; row < rows; row++)
        for (gsize at = 0; at < 64; at++)
          sum[at] += x[row * width + first + at];
      memcpy (part + first, sum, sizeof sum);
    }
  for (; first + 16 <= width; first += 16)
    {
      float sum[16];
      memcpy (sum, x + first, sizeof sum);
      for (gsize row = 1; row < rows; row++)
        for (gsize at = 0; at < 16; at++)
          sum[at] += x[row * width + first + at];
      memcpy (part + first, sum, sizeof sum);
    }
  for (; first < width; first++)
    {
      float sum = x[first];
      for (gsize row = 1; row < rows; row++)
        sum += x[row * width + first];
      part[first] = sum;
    }
}

WHY_VECTOR static void
add_double (const float *part, double *sums, gsize n)
{
  for (gsize at = 0; at < n; at++)
    sums[at] += (double) part[at];
}

/* Sums of the columns of one piece in float32, added to those of all pieces in double. Short rows
 * are taken several at a time. */
static void
sum_columns (const float *x, gsize rows, gsize channels, float *part, double *sums)
{
  gsize fold = 1;
  while (channels * fold < 64 && rows % (fold * 2) == 0)
    fold *= 2;
  add_rows (x, rows / fold, channels * fold, part);
  for (gsize at = 0; at < fold; at++)
    add_double (part + at * channels, sums, channels);
}

WHY_VECTOR static void
sum_rows (const float *x, const float *weights, gsize rows, gsize channels, float *y)
{
  gsize row = 0;
  for (; row + 4 <= rows; row += 4)
    {
      const float *x0 = x + row * channels, *x1 = x0 + channels, *x2 = x1 + channels,
                  *x3 = x2 + channels;
      float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3)
      for (gsize c = 0; c < channels; c++)
        {
          sum0 += x0[c] * weights[c];
          sum1 += x1[c] * weights[c];
          sum2 += x2[c] * weights[c];
          sum3 += x3[c] * weights[c];
        }
      y[row] = sum0;
      y[row + 1] = sum1;
      y[row + 2] = sum2;
      y[row + 3] = sum3;
    }
  for (; row < rows; row++)
    {
      const float *x0 = x + row * channels;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (gsize c = 0; c < channels; c++)
        sum += x0[c] * weights[c];
      y[row] = sum;
    }
}

/* ---- running ---- */

typedef struct
{
  const WhyProgram *program;
  const WhyStep *step;
  gsize image;
  int n_parts;
  guint8 *memory; /* of all parts */
} Run;

/* A thread's memory: column sums in double, one piece's column sums, then places of a piece each.
 */
static double *
part_sums (const Run *run, gsize part)
{
  return (double *) (run->memory + part * run->program->part_bytes);
}

static float *
part_columns (const Run *run, gsize part)
{
  return (float *) (part_sums (run, part) + run->program->n_columns * run->program->channels);
}

static float *
part_place (const Run *run, gsize part, guint place)
{
  const WhyProgram *program = run->program;
  gsize width = MAX (program->channels, 64) * 2;
  return part_columns (run, part) + width + place * program->piece_rows * program->channels;
}

static const float *
operand_at (const Run *run, gsize part, const WhyOperand *operand, gsize row)
{
  const WhyProgram *program = run->program;
  const float *data;

  switch (operand->kind)
    {
    case WHY_OPERAND_RESULT:
      if (program->operations[operand->index].to >= 0)
        return (const float *) run->step->outputs[program->operations[operand->index].to]->data +
               (run->image * program->positions + row) * program->channels;
      return part_place (run, part, program->place[operand->index]);
    case WHY_OPERAND_TENSOR:
      return (const float *) run->step->inputs[operand->index]->data +
             (run->image * program->positions + row) * program->channels;
    case WHY_OPERAND_CHANNEL:
    case WHY_OPERAND_IMAGE:
      if (program->repeated[operand->index] != NO_PLACE)
        return part_place (run, part, program->repeated[operand->index]);
      data = run->step->inputs[operand->index]->data;
      return operand->kind == WHY_OPERAND_IMAGE ? data + run->image * program->channels : data;
    case WHY_OPERAND_NUMBER:
    default:
      return run->step->inputs[operand->index]->data;
    }
}

static gboolean
is_channel (const WhyOperand *operand)
{
  return operand->kind == WHY_OPERAND_CHANNEL || operand->kind == WHY_OPERAND_IMAGE;
}

static void
compute_binary (const WhyProgram *program,
                const WhyOperation *operation,
                const float *a,
                const float *b,
                float *y,
                gsize rows)
{
  const WhyOperand *left = &operation->a, *right = &operation->b;
  gsize channels = program->channels, n = rows * channels;
  gboolean a_row = is_channel (left) && program->repeated[left->index] == NO_PLACE,
           b_row = is_channel (right) && program->repeated[right->index] == NO_PLACE;

  if (left->kind == WHY_OPERAND_NUMBER)
    operation->loops.a_fixed (a, b, y, n);
  else if (right->kind == WHY_OPERAND_NUMBER && !a_row)
    operation->loops.b_fixed (a, b, y, n);
  else if (!a_row && !b_row)
    operation->loops.both (a, b, y, n);
  else
    for (gsize row = 0; row < rows; row++)
      {
        const float *from = a_row ? a : a + row * channels;
        if (right->kind == WHY_OPERAND_NUMBER)
          operation->loops.b_fixed (from, b, y + row * channels, channels);
        else
          operation->loops.both (from, b_row ? b : b + row * channels, y + row * channels,
                                 channels);
      }
}

static void
compute_piece (const Run *run, gsize part, gsize row, gsize rows)
{
  const WhyProgram *program = run->program;
  gsize channels = program->channels;

  for (guint index = 0; index < program->n_operations; index++)
    {
      const WhyOperation *operation = &program->operations[index];
      const WhyOperand result = { WHY_OPERAND_RESULT, index };
      const float *a = operand_at (run, part, &operation->a, row), *b;
      switch (operation->kind)
        {
        case WHY_OPERATION_UNARY:
          operation->unary.loop (&operation->unary, a, NULL,
                                 (float *) operand_at (run, part, &result, row), rows * channels);
          break;
        case WHY_OPERATION_GRADIENT:
          b = operand_at (run, part, &operation->b, row);
          operation->unary.loop (&operation->unary, a, b,
                                 (float *) operand_at (run, part, &result, row), rows * channels);
          break;
        case WHY_OPERATION_BINARY:
          b = operand_at (run, part, &operation->b, row);
          compute_binary (program, operation, a, b, (float *) operand_at (run, part, &result, row),
                          rows);
          break;
        case WHY_OPERATION_COLUMNS:
          sum_columns (a, rows, channels, part_columns (run, part),
                       part_sums (run, part) + program->column[index] * channels);
          break;
        case WHY_OPERATION_ROWS:
          b = operand_at (run, part, &operation->b, row);
          sum_rows (a, b, rows, channels,
                    (float *) run->step->outputs[operation->to]->data +
                      run->image * program->positions + row);
          break;
        default:
          g_assert_not_reached ();
        }
    }
}

static void
repeat_channels (const Run *run, gsize part)
{
  const WhyProgram *program = run->program;
  for (guint input = 0; program->n_repeated > 0 && input < run->step->n_inputs; input++)
    {
      const WhyBuffer *buffer = run->step->inputs[input];
      if (program->repeated[input] == NO_PLACE)
        continue;
      gboolean by_image = buffer->n_bytes > program->channels * sizeof (float);
      const float *from =
        (const float *) buffer->data + (by_image ? run->image * program->channels : 0);
      float *to = part_place (run, part, program->repeated[input]);
      for (gsize row = 0; row < program->piece_rows; row++)
        memcpy (to + row * program->channels, from, program->channels * sizeof *to);
    }
}

static void
run_parts (gsize begin, gsize end, gpointer data)
{
  const Run *run = data;
  const WhyProgram *program = run->program;
  gsize pieces = (program->positions + program->piece_rows - 1) / program->piece_rows;

  for (gsize part = begin; part < end; part++)
    {
      memset (part_sums (run, part), 0, program->n_columns * program->channels * sizeof (double));
      repeat_channels (run, part);
      for (gsize piece = pieces * part / (gsize) run->n_parts;
           piece < pieces * (part + 1) / (gsize) run->n_parts; piece++)
        {
          gsize row = piece * program->piece_rows;
          compute_piece (run, part, row, MIN (program->piece_rows, program->positions - row));
        }
    }
}

/* Pieces are the same whatever the number of threads, so only sums in double depend on it. */
static void
finish_columns (const Run *run)
{
  const WhyProgram *program = run->program;
  for (guint index = 0; program->n_columns > 0 && index < program->n_operations; index++)
    {
      const WhyOperation *operation = &program->operations[index];
      if (operation->kind != WHY_OPERATION_COLUMNS)
        continue;
      float *to =
        (float *) run->step->outputs[operation->to]->data + run->image * program->channels;
      for (gsize c = 0; c < program->channels; c++)
        {
          double sum = 0;
          for (gsize part = 0; part < (gsize) run->n_parts; part++)
            sum += part_sums (run, part)[program->column[index] * program->channels + c];
          to[c] = (float) (sum * (double) operation->factor);
        }
    }
}

static gboolean
run_program (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyProgram *program = step->data;
  gsize pieces = (program->positions + program->piece_rows - 1) / program->piece_rows;
  gsize worth = 1 + program->positions * program->channels * program->n_operations / (2 * GRAIN);
  Run run = { .program = program, .step = step, .memory = step->scratch->data };

  run.n_parts = (int) MIN (MIN (worth, pieces), (gsize) program->max_parts);
  run.n_parts = MAX (MIN (run.n_parts, why_parallel_get_threads ()), 1);
  for (run.image = 0; run.image < program->images; run.image++)
    {
      why_parallel_for ((gsize) run.n_parts, 1, run_parts, &run);
      finish_columns (&run);
    }
  return TRUE;
}

/* ---- building ---- */

static gboolean
has_second (const WhyOperation *operation)
{
  return operation->kind != WHY_OPERATION_UNARY && operation->kind != WHY_OPERATION_COLUMNS;
}

/* Gives every result that stays inside a place, which is free again after its last reader. */
static void
assign_places (WhyProgram *program)
{
  guint last[WHY_PROGRAM_OPS_MAX] = { 0 }, free_from[WHY_PROGRAM_OPS_MAX + 1] = { 0 };

  for (guint index = 0; index < program->n_operations; index++)
    {
      const WhyOperation *operation = &program->operations[index];
      last[index] = index;
      if (operation->a.kind == WHY_OPERAND_RESULT)
        last[operation->a.index] = index;
      if (operation->b.kind == WHY_OPERAND_RESULT && has_second (operation))
        last[operation->b.index] = index;
    }
  for (guint index = 0; index < program->n_operations; index++)
    {
      guint place = 0;
      program->place[index] = NO_PLACE;
      if (program->operations[index].to >= 0)
        continue;
      while (free_from[place] > index)
        place++;
      program->place[index] = place;
      free_from[place] = last[index] + 1;
      program->n_places = MAX (program->n_places, place + 1);
    }
}

/* Numbers a channel that element-wise operations take are repeated where rows are short. */
static void
assign_repeated (WhyProgram *program)
{
  for (guint input = 0; input < WHY_PROGRAM_BUFFERS_MAX; input++)
    program->repeated[input] = NO_PLACE;
  for (guint index = 0; program->channels < CHANNELS_SHORT && index < program->n_operations;
       index++)
    {
      const WhyOperation *operation = &program->operations[index];
      const WhyOperand *operands[] = { &operation->a, &operation->b };
      for (guint side = 0; operation->kind == WHY_OPERATION_BINARY && side < 2; side++)
        {
          if (is_channel (operands[side]) && program->repeated[operands[side]->index] == NO_PLACE)
            {
              program->repeated[operands[side]->index] = program->n_places++;
              program->n_repeated++;
            }
        }
    }
}

static gboolean
reads (const WhyOperation *operation, guint input)
{
  return (operation->a.kind == WHY_OPERAND_TENSOR && operation->a.index == input) ||
         (operation->b.kind == WHY_OPERAND_TENSOR && operation->b.index == input &&
          has_second (operation));
}

/* Output 0 may lie where one of the first two inputs does if nothing reads that input after the
 * operation that writes the output, and nothing else is written before. */
static gboolean
may_share (const WhyProgram *program)
{
  gboolean written = FALSE;
  for (guint index = 0; index < program->n_operations; index++)
    {
      const WhyOperation *operation = &program->operations[index];
      if (written && (reads (operation, 0) || reads (operation, 1)))
        return FALSE;
      written |= operation->to == 0 && operation->kind <= WHY_OPERATION_BINARY;
    }
  return written;
}

void
why_program_add_step (WhyPlan *plan,
                      const WhyNode *node,
                      const WhyValue *domain,
                      const WhyOperation *operations,
                      guint n_operations,
                      WhyBuffer *const *inputs,
                      guint n_inputs,
                      WhyBuffer *const *outputs,
                      guint n_outputs)
{
  WhyProgram *program = g_new0 (WhyProgram, 1);

  g_assert (n_operations <= WHY_PROGRAM_OPS_MAX && n_inputs <= WHY_PROGRAM_BUFFERS_MAX);
  program->images = (gsize) domain->dims[0];
  program->channels = (gsize) domain->dims[1];
  program->positions = 1;
  for (int axis = 2; axis < domain->rank; axis++)
    program->positions *= (gsize) domain->dims[axis];
  /* A multiple of 8 where it can be, so that short rows may be folded. */
  program->piece_rows = MAX (PIECE / program->channels / 8 * 8, ROWS_MIN);
  program->n_operations = n_operations;
  memcpy (program->operations, operations, n_operations * sizeof *operations);
  for (guint index = 0; index < n_operations; index++)
    {
      if (operations[index].kind == WHY_OPERATION_COLUMNS)
        program->column[index] = program->n_columns++;
    }
  assign_places (program);
  assign_repeated (program);
  program->max_parts = why_parallel_get_threads ();
  program->part_bytes = program->n_columns * program->channels * sizeof (double) +
                        (MAX (program->channels, 64) * 2 +
                         program->n_places * program->piece_rows * program->channels) *
                          sizeof (float);
  program->part_bytes = (program->part_bytes + 63) / 64 * 64;
  WhyBuffer *scratch = why_plan_scratch (plan, program->part_bytes * (gsize) program->max_parts);
  WhyStep *step = why_plan_add_step (plan, node, run_program, inputs, n_inputs, outputs, n_outputs,
                                     program, g_free);
  step->scratch = scratch;
  step->in_place = may_share (program);
}
