#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* The phantoms that `whylight-cli truth` knows, and the cases it reads. */

/**
 * TruthPhantom:
 * @id: for people and --network
 * @model: file below the folder of networks
 * @prefix: how the names of its cases begin
 * @class_name: the class explained
 * @for_value, @against_value, @mark_value: of a mask: what speaks for the class, against it, a mark that says nothing; 0: none
 * @other_value: of a mask: something else that may be there; 0: none
 * @clever_hans: the network is known to look at the mark
 * @counts_always: a case counts though the network prefers another class
 */
typedef struct
{
  const char *id;
  const char *model;
  const char *prefix;
  const char *class_name;
  int for_value, against_value, mark_value, other_value;
  gboolean clever_hans;
  gboolean counts_always;
} TruthPhantom;

#define TRUTH_N_PHANTOMS 7

extern const TruthPhantom truth_phantoms[TRUTH_N_PHANTOMS];

/**
 * TruthCase:
 * @input: the picture or volume
 * @labels: uint8 [H, W] or [D, H, W]: values of its mask
 */
typedef struct
{
  char *name;
  CliInput input;
  WhyTensor *labels;
} TruthCase;

/**
 * truth_cases_load:
 * @n_max: at most so many, in the order of their names
 *
 * Reads PREFIX*.png, .nii and .nii.gz in @folder, each with NAME.mask.ENDING beside it: same size, only values that the phantom
 * has. A picture without a mask is an error.
 *
 * Returns: (transfer full) (nullable) (element-type TruthCase): may be empty
 */
GPtrArray *truth_cases_load (const TruthPhantom *phantom, const char *folder, guint n_max, WhyModel *model,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** truth_case_mask: Returns: (transfer full) (nullable): uint8: where the labels have @value; @n: (out): how many */
WhyTensor *truth_case_mask (const TruthCase *one, int value, gsize *n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
