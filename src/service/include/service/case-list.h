#pragma once

#include <gio/gio.h>

#include "base/tensor.h"
#include "service/model.h"
#include "service/runner.h"

G_BEGIN_DECLS

/**
 * WhyCase:
 *
 * One picture among several. Properties (read-only): "path", "name" (s), "thumbnail" (WhyTensor: uint8 [H, W, 1 or 3];
 * %NULL until somebody wants it), "label" (s: the class the model finds most likely, "" until known), "probability" (d,
 * -1 until known), "has-map" (b: its map was made with the present model), "problem" (s, %NULL: none: why it cannot be shown).
 */
#define WHY_TYPE_CASE (why_case_get_type ())
G_DECLARE_FINAL_TYPE (WhyCase, why_case, WHY, CASE, GObject)

const char *why_case_get_path (WhyCase *self);
const char *why_case_get_name (WhyCase *self); /* for the eye, UTF-8 */
WhyTensor *why_case_get_thumbnail (WhyCase *self);
const char *why_case_get_label (WhyCase *self);
double why_case_get_probability (WhyCase *self);
gboolean why_case_get_has_map (WhyCase *self);
const char *why_case_get_problem (WhyCase *self);

typedef enum
{
  WHY_CASES_BY_NAME,
  WHY_CASES_BY_ANSWER,     /* by class, the surest first */
  WHY_CASES_BY_CONFIDENCE, /* the least sure first: those to look at */
} WhyCasesOrder;

/**
 * WhyCaseList:
 *
 * The pictures of a folder, or several that were opened together, as a GListModel of WhyCase: those that pass the filter, in
 * order. Main thread only; what takes long happens in a thread of its own at low priority: folders are listed, thumbnails are
 * made for the rows that want one, and the model is asked about every picture while the runner has nothing else to do.
 *
 * Properties (read-only): "current" (WhyCase), "n-all" (u: filter or not), "n-skipped" (u: files of the folder that are no
 * pictures), "title" (s: of the folder, or ""), "busy" (b).
 *
 * Signal "opened": another set of pictures is there.
 */
#define WHY_TYPE_CASE_LIST (why_case_list_get_type ())
G_DECLARE_FINAL_TYPE (WhyCaseList, why_case_list, WHY, CASE_LIST, GObject)

WhyCaseList *why_case_list_new (WhyRunner *runner) G_GNUC_WARN_UNUSED_RESULT;

/** why_case_list_set_paths: @paths: pictures that were chosen one by one; @current: (nullable): %NULL: the first */
void why_case_list_set_paths (WhyCaseList *self, const char *const *paths, const char *current);

/**
 * why_case_list_open_folder:
 * @current: (nullable): the picture of it that is shown already; then this is only its surroundings: the model is
 *   asked about the pictures that are looked at, not about all
 *
 * Lists the folder in the background; "opened" says when. Files that are no pictures and files that are hidden are
 * left out. An error is given to @failed (nullable) with a sentence.
 */
void why_case_list_open_folder (WhyCaseList *self, const char *folder, const char *current,
                                void (*failed) (const char *message, gpointer data), gpointer data);

guint why_case_list_get_n_all (WhyCaseList *self);
guint why_case_list_get_n_skipped (WhyCaseList *self);
const char *why_case_list_get_title (WhyCaseList *self);
gboolean why_case_list_get_busy (WhyCaseList *self);
/** why_case_list_is_opening: a folder or pictures that were chosen are being listed */
gboolean why_case_list_is_opening (WhyCaseList *self);
/** why_case_list_dup_paths: Returns: (transfer full) (array zero-terminated): all, by name */
char **why_case_list_dup_paths (WhyCaseList *self) G_GNUC_WARN_UNUSED_RESULT;
/** why_case_list_is_chosen: the pictures were opened, and are not only what lies beside one */
gboolean why_case_list_is_chosen (WhyCaseList *self);

/** why_case_list_find: Returns: (transfer none) (nullable) */
WhyCase *why_case_list_find (WhyCaseList *self, const char *path);
WhyCase *why_case_list_get_current (WhyCaseList *self);
void why_case_list_set_current (WhyCaseList *self, WhyCase *current);

/** why_case_list_step: Returns: (transfer none) (nullable): the next (@step 1) or previous (-1) one that can be
 *   shown; %NULL at the end */
WhyCase *why_case_list_step (WhyCaseList *self, int step);

const char *why_case_list_get_filter (WhyCaseList *self);
/** why_case_list_set_filter: shows those whose name or class has @text in it */
void why_case_list_set_filter (WhyCaseList *self, const char *text);
WhyCasesOrder why_case_list_get_order (WhyCaseList *self);
void why_case_list_set_order (WhyCaseList *self, WhyCasesOrder order);

/** why_case_list_want: the row of @wanted is on the screen (or not any more): make its thumbnail, ask about it first */
void why_case_list_want (WhyCaseList *self, WhyCase *wanted, gboolean on_screen);

/** why_case_list_set_model: @model: (nullable): asked about the pictures from now on */
void why_case_list_set_model (WhyCaseList *self, WhyModel *model);
/** why_case_list_set_paused: the runner is needed for something else */
void why_case_list_set_paused (WhyCaseList *self, gboolean paused);
/** why_case_list_set_predicts: whether the model is asked at all; thumbnails are made anyway */
void why_case_list_set_predicts (WhyCaseList *self, gboolean predicts);

/** why_case_list_take_answer: what is known from a map. @label: (nullable): only its @problem is */
void why_case_list_take_answer (WhyCaseList *self, const char *path, const char *label, double probability);
void why_case_list_take_problem (WhyCaseList *self, const char *path, const char *problem);

G_END_DECLS
