#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/* Maps beside the map: the same picture asked with another class, layer, method, polarity or model.
 *
 * A comparison says only where each question differs from the document's own (the main question); what it does not say
 * follows that, so that "this layer beside that one" stays so while one goes through the classes. Maps are computed one
 * after the other, in order, when the main question is answered; with the same model they share its session, so that
 * the network is not run anew for another class or layer. The comparison is part of what can be undone and of sessions.
 * Main thread only. */

/**
 * WhyCompareMode: the others' ids on actions and in files: "single", "side", "curtain", "grid", "difference"
 */
typedef enum
{
  WHY_COMPARE_SINGLE,
  WHY_COMPARE_SIDE,
  WHY_COMPARE_CURTAIN,
  WHY_COMPARE_GRID,
  WHY_COMPARE_DIFFERENCE,
} WhyCompareMode;

/**
 * WhyDimension: in what questions may differ: "layer", "method", "class", "polarity", "model"
 *
 * Values are texts: a tensor's name; a method's id, with options "id:name=value,..."; a class's number, "top" or
 * "next" (the most likely one that is not the main question's); a polarity's id; the path of a model. Numbers of classes
 * are those of the document's model: another model is asked about its class of the same name.
 */
typedef enum
{
  WHY_DIMENSION_LAYER,
  WHY_DIMENSION_METHOD,
  WHY_DIMENSION_CLASS,
  WHY_DIMENSION_POLARITY,
  WHY_DIMENSION_MODEL,
  WHY_N_DIMENSIONS,
} WhyDimension;

const char *why_dimension_to_string (WhyDimension dimension);
gboolean why_dimension_from_string (const char *text, WhyDimension *dimension);

/** WHY_MAX_OTHERS: questions beside the main one, but for grids */
#define WHY_MAX_OTHERS 3
#define WHY_MAX_CELLS 36

typedef enum
{
  WHY_VARIANT_WAITING,
  WHY_VARIANT_RUNNING,
  WHY_VARIANT_DONE,
  WHY_VARIANT_FAILED,
} WhyVariantState;

/**
 * WhyVariant:
 *
 * One question beside the main one, with its answer. Properties (read-only): "title" (s: where it differs from what it
 * is shown with), "state" (i: WhyVariantState), "reason" (s, nullable: why it cannot be computed), "map" (WhyMap, as it
 * lies over what is shown; of the last answer while a new one is computed), "progress" (d).
 */
#define WHY_TYPE_VARIANT (why_variant_get_type ())
G_DECLARE_FINAL_TYPE (WhyVariant, why_variant, WHY, VARIANT, GObject)

/** why_variant_get_value: Returns: (nullable): where the question differs; %NULL: as the main one */
const char *why_variant_get_value (WhyVariant *self, WhyDimension dimension);
const char *why_variant_get_title (WhyVariant *self);
WhyVariantState why_variant_get_state (WhyVariant *self);
const char *why_variant_get_reason (WhyVariant *self); /* nullable */
WhyMap *why_variant_get_map (WhyVariant *self);        /* nullable */
WhyResult *why_variant_get_result (WhyVariant *self);  /* nullable */
WhyModel *why_variant_get_model (WhyVariant *self);    /* nullable: not loaded yet */
double why_variant_get_progress (WhyVariant *self);
/** why_variant_map_to_source: from map cells to pixels of the picture shown; %FALSE without a map */
gboolean why_variant_map_to_source (WhyVariant *self, WhyAffine *to_source);

/**
 * WhyDifference:
 * @values: float32 [h, w]: A / max |A| - B / max |B|, on the finer of the two grids, the other interpolated linearly;
 *   NaN where only one of them is
 * @to_source: from its cells to pixels of the picture
 * @pearson, @spearman: correlation of the two over the cells where both are; NaN if one is constant
 * @sign_agreement: share of these cells where both are above 0, both below or both 0
 * @n_cells: how many these are
 *
 * How two maps differ. Immutable.
 */
typedef struct
{
  WhyTensor *values;
  WhyAffine to_source;
  double pearson, spearman;
  double sign_agreement;
  gsize n_cells;
} WhyDifference;

void why_difference_free (WhyDifference *difference);

/**
 * why_difference_new:
 * @a, @b: of rank 2
 * @a_to_source, @b_to_source: from their cells to pixels of the same picture
 *
 * Any thread.
 */
WhyDifference *why_difference_new (const WhyMap *a, const WhyAffine *a_to_source, const WhyMap *b,
                                   const WhyAffine *b_to_source, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyDifference, why_difference_free)

/* ---- the document's comparison. Signal "compare-changed" of the document: anything of what follows; properties
 *      "compare" (s) and "curtain" (d) ---- */

const char *why_document_get_compare (WhyDocument *self);
WhyCompareMode why_document_get_compare_mode (WhyDocument *self);
/** why_document_set_compare: with nothing chosen yet the other map is that of the next class, and the grid is of layers */
void why_document_set_compare (WhyDocument *self, const char *mode);

/** why_document_get_variants: Returns: (transfer none) (element-type WhyVariant): the questions shown in the present mode
 *   beside the main one; of a grid all cells, row by row. Empty in single mode. */
GListModel *why_document_get_variants (WhyDocument *self);

/** why_document_set_compared: what map @place (0: B) is. @value: (nullable): as the main question. @place may be the next
 *   free one: a map is added */
void why_document_set_compared (WhyDocument *self, guint place, WhyDimension dimension, const char *value);
const char *why_document_get_compared (WhyDocument *self, guint place, WhyDimension dimension); /* nullable */
guint why_document_get_n_compared (WhyDocument *self);
/** why_document_compare_with: compares with just that value; shows it side by side if nothing else is compared yet */
void why_document_compare_with (WhyDocument *self, WhyDimension dimension, const char *value);
void why_document_add_compared (WhyDocument *self);
void why_document_remove_compared (WhyDocument *self, guint place);
/** why_document_choose_variant: makes it the main question; side by side the main question takes its place */
void why_document_choose_variant (WhyDocument *self, guint place);

/**
 * why_document_set_grid:
 * @rows, @columns: (nullable) (array zero-terminated=1): with no @rows the cells flow into as many rows as are needed
 */
void why_document_set_grid (WhyDocument *self, WhyDimension row_dimension, const char *const *rows,
                            WhyDimension column_dimension, const char *const *columns);
/** why_document_preset_grid: "methods", "layers", "classes", or two of them: "layers-classes", "methods-classes",
 *   "layers-methods"; shows the grid */
void why_document_preset_grid (WhyDocument *self, const char *preset);
/** why_document_change_grid: adds a row or column, or takes it out */
void why_document_change_grid (WhyDocument *self, WhyDimension dimension, const char *value, gboolean add);
/** why_document_get_grid: (out) the dimensions and values; @rows may be empty. Returns: columns, 0: as many as fit */
guint why_document_get_grid (WhyDocument *self, WhyDimension *row_dimension, const char *const **rows,
                             WhyDimension *column_dimension, const char *const **columns);

/** Whether all maps are drawn with the same limits; else each has its own (or the locked ones). */
gboolean why_document_get_shared_limits (WhyDocument *self);
void why_document_set_shared_limits (WhyDocument *self, gboolean shared);

double why_document_get_curtain (WhyDocument *self); /* where the divider is, 0..1 of the picture's width */
void why_document_set_curtain (WhyDocument *self, double curtain);
const char *why_document_get_curtain_bare (WhyDocument *self); /* which side shows the picture only: "none", "left", "right" */
void why_document_set_curtain_bare (WhyDocument *self, const char *side);

/** why_document_get_difference: Returns: (nullable): in difference mode, once both maps are there */
const WhyDifference *why_document_get_difference (WhyDocument *self);
/** why_document_get_difference_overlay: as why_document_get_overlay(), from -1 to 1 around the greatest magnitude */
gboolean why_document_get_difference_overlay (WhyDocument *self, WhyOverlayMap *map, WhyOverlayStyle *style);

/** why_document_get_main_title: where the main question differs from those it is shown with */
const char *why_document_get_main_title (WhyDocument *self);
/** why_document_get_common_title: what all maps shown have in common */
const char *why_document_get_common_title (WhyDocument *self);
/** why_document_get_pane_overlay: @variant: (nullable): the main map. As why_document_get_overlay(), with the limits of
 *   the comparison */
gboolean why_document_get_pane_overlay (WhyDocument *self, WhyVariant *variant, WhyOverlayMap *map, WhyOverlayStyle *style);

/** why_document_dup_value_title: Returns: (transfer full): a value for people: a class's name, a method's title... */
char *why_document_dup_value_title (WhyDocument *self, WhyDimension dimension, const char *value) G_GNUC_WARN_UNUSED_RESULT;

/** why_polarity_title: Returns: "evidence for" for "relu" */
const char *why_polarity_title (const char *polarity);

/** why_evidence_title: Returns: (transfer full): what a map of the class @label shows: "Evidence for “cat”" for "relu" */
char *why_evidence_title (const char *polarity, const char *label) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
