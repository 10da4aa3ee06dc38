#pragma once

#include "cli.h"

#include "explain/explain.h"

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

/**
 * TruthRow:
 * @n_maps: maps made; @n_for, @n_against, @n_marked: of them counted for what follows
 * @pointing ... @mark_expected_pointing: sums over those, of what WhyTruthScore has
 * @sign_right: how many have the right sign on what speaks against
 * @n_randomised, @n_passed, @resemblance: random weights; the last is a sum
 * @reason: (nullable): why there is nothing, or not all
 *
 * What one method showed on one phantom.
 */
typedef struct
{
  const TruthPhantom *phantom;
  const WhyExplainerClass *method;
  guint n_maps, n_for, n_against, n_marked;
  double pointing, energy, iou, expected, expected_pointing, sign_right;
  double mark_pointing, mark_energy, mark_expected, mark_expected_pointing;
  guint n_randomised, n_passed;
  double resemblance;
  double seconds;
  char *reason;
} TruthRow;

void truth_row_free (gpointer row);

/** truth_row_is_revealing: of a network that looks at the mark: whether the map's highest point lies on the mark in more than
 * half of the cases, and more often than by chance (the interval of 95 % lies above it) */
gboolean truth_row_is_revealing (const TruthRow *row);

/** truth_table_print: @rows: (element-type TruthRow): those from number @from are of one phantom; prints a table in Markdown */
void truth_table_print (const GPtrArray *rows, guint from, gboolean verbose);

/** truth_table_print_json: all of @rows */
void truth_table_print_json (const GPtrArray *rows, int seed, double limit);

G_END_DECLS
