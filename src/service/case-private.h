#pragma once

#include "runner-private.h"
#include "service/case-list.h"

G_BEGIN_DECLS

struct _WhyCase
{
  GObject parent_instance;

  char *path;
  char *name;
  char *name_key;   /* for sorting: 2 before 10 */
  char *search_key; /* lower case */
  WhyTensor *thumbnail;
  char *label;
  char *label_key;
  double probability;
  gboolean has_map;
  char *problem;

  /* of the list */
  guint n_wanted;      /* rows on the screen */
  gboolean queued;     /* its thumbnail is among those to be made */
  gboolean predicted;  /* or tried */
  GList *in_cache;     /* link of the list of thumbnails, latest first; NULL: none */
};

WhyCase *why_case_new (const char *path) G_GNUC_WARN_UNUSED_RESULT;
void why_case_set_thumbnail (WhyCase *self, WhyTensor *thumbnail); /* nullable */
void why_case_set_answer (WhyCase *self, const char *label, double probability, gboolean has_map); /* NULL label: none */
void why_case_set_problem (WhyCase *self, const char *problem);
/* Whether the name or the class has it. @key: lower case */
gboolean why_case_matches (WhyCase *self, const char *key);

struct _WhyCaseList
{
  GObject parent_instance;

  /* owned */
  WhyRunner *runner;
  WhyWorker *worker; /* made when it is needed first */
  WhyModel *model;
  GPtrArray *all;   /* of WhyCase, by name */
  GHashTable *by_path; /* borrowed keys and cases */
  GPtrArray *shown; /* of borrowed WhyCase, filtered and in order */
  WhyCase *current;
  char *title;
  char *filter;
  char *filter_key;
  GQueue thumbnails; /* of borrowed WhyCase that have one, used last first */
  GQueue wanted;     /* of borrowed WhyCase: thumbnails to be made */

  WhyCasesOrder order;
  guint n_skipped;
  gboolean chosen;
  gboolean paused;
  gboolean predicts;
  gboolean asked;   /* @asking waits for the runner */
  guint next_prediction; /* index in all of the next to be asked about, if nothing on the screen is */
  guint sort_id;

  void (*failed) (const char *message, gpointer data);
  gpointer failed_data;

  /* views of the worker, and of the runner; what each is about */
  guint list_view;
  guint thumbnail_view;
  guint input_view;
  guint answer_view;
  gboolean listing;
  WhyCase *making;    /* owned: its thumbnail is being made */
  WhyCase *preparing; /* owned: its input is being prepared */
  WhyCase *asking;    /* owned: the model is being asked */
  WhyTensor *input;   /* of @asking: kept, as the question may be interrupted */
};

/* The class of the highest probability; -1 if there is none among the model's. @probabilities: (nullable) */
int why_case_find_top (WhyModel *model, const WhyTensor *probabilities);

/* case-jobs.c */
WhyWorker *why_case_list_get_worker (WhyCaseList *self);
/* @folder: (nullable): else @paths: (nullable) */
void why_case_list_start_listing (WhyCaseList *self, const char *folder, const char *const *paths, const char *current);
/* Starts whatever is to be done next. */
void why_case_list_go_on (WhyCaseList *self);
void why_case_list_stop (WhyCaseList *self);
void why_case_list_drop_predictions (WhyCaseList *self);

/* case-list.c */
/* @cases: (transfer full) (element-type WhyCase): by name, none twice; @title: of the folder */
void why_case_list_take (WhyCaseList *self, GPtrArray *cases, guint n_skipped, const char *title, const char *current);
void why_case_list_notify_busy (WhyCaseList *self);
/* The order may depend on what has just become known. */
void why_case_list_queue_sort (WhyCaseList *self);

G_END_DECLS
