#pragma once

#include "elementwise.h"

G_BEGIN_DECLS

/* A program: several element-wise operators, and the sums that end them, computed together for one
 * piece of memory after the other while it is in the first-level cache. All its tensors are
 * N x C x spatial... in channels last, so a piece is some rows of C numbers that lie one behind the
 * other. What lies between two operators of a program and is read by nobody else never reaches
 * memory. */

typedef struct _WhyProgram WhyProgram;

#define WHY_PROGRAM_OPS_MAX 32
#define WHY_PROGRAM_BUFFERS_MAX 24

typedef enum
{
  WHY_OPERAND_RESULT,  /* of operation @index */
  WHY_OPERAND_TENSOR,  /* input buffer @index: a whole tensor */
  WHY_OPERAND_CHANNEL, /* input buffer @index: one number a channel */
  WHY_OPERAND_IMAGE,   /* the same, for each image others */
  WHY_OPERAND_NUMBER,  /* input buffer @index: one number */
} WhyOperandKind;

typedef struct
{
  WhyOperandKind kind;
  guint index;
} WhyOperand;

typedef enum
{
  WHY_OPERATION_UNARY,    /* of a */
  WHY_OPERATION_GRADIENT, /* of a and b, which are tensors or results */
  WHY_OPERATION_BINARY,   /* of a and b */
  WHY_OPERATION_COLUMNS,  /* sum of a over positions, times a factor: one number a channel */
  WHY_OPERATION_ROWS,     /* sum over channels of a times b, which is one number a channel */
} WhyOperationKind;

/**
 * WhyOperation:
 * @to: output buffer the result goes to, -1: nowhere but to other operations. Sums have one always
 * @factor: of %WHY_OPERATION_COLUMNS
 * @unary, @loops: of the element-wise kinds
 */
typedef struct
{
  WhyOperationKind kind;
  WhyUnary unary;
  WhyBinaryLoops loops;
  WhyOperand a, b;
  int to;
  float factor;
} WhyOperation;

/**
 * why_program_add_step:
 * @domain: a value of the dims that all tensors of the program have
 * @operations: (array length=n_operations): in order; each reads only results of earlier ones
 *
 * Adds the step that computes them.
 */
void why_program_add_step (WhyPlan *plan,
                           const WhyNode *node,
                           const WhyValue *domain,
                           const WhyOperation *operations,
                           guint n_operations,
                           WhyBuffer *const *inputs,
                           guint n_inputs,
                           WhyBuffer *const *outputs,
                           guint n_outputs);

G_END_DECLS
