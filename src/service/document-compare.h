#pragma once

#include "document-private.h"
#include "variant.h"

G_BEGIN_DECLS

/* The running side of a document's comparison: document-compare.c computes, document-compare-set.c sets, document-titles.c
 * names. The document calls these. */

typedef struct _WhyDocumentCompare
{
  GListStore *variants; /* of WhyVariant */
  GHashTable *models;   /* path -> OtherModel */
  WhyVariant *running;  /* owned; nullable */
  WhyDifference *difference;
  char *main_title;
  char *common_title;
  guint view;            /* shares the session of the document's own */
  guint difference_view; /* of the loader thread */
  gboolean differing;
  gboolean stopped;
} WhyDocumentCompare;

void why_document_compare_init (WhyDocument *self); /* once there is a runner */
void why_document_compare_dispose (WhyDocument *self);

/* Brings variants, titles and difference up to what the state says, and computes what is missing. After the state, a
 * file or the main answer has changed. */
void why_document_compare_sync (WhyDocument *self);
/* What is shown of the maps: after plane or interpolation changed. */
void why_document_compare_show (WhyDocument *self);
/* Lets the main question go first. */
void why_document_compare_pause (WhyDocument *self);
void why_document_compare_cancel (WhyDocument *self);
/* Values that mean nothing to another model go. @comparison: not shared yet */
void why_document_compare_fit (WhyDocument *self, WhyComparison *comparison);

gboolean why_document_compare_is_busy (WhyDocument *self);
/* Returns: (transfer full) (nullable): for the bottom line */
char *why_document_compare_dup_activity (WhyDocument *self);

/* The class of the main question as far as it is known; -1 */
int why_document_compare_main_class (WhyDocument *self);
/* The likeliest class that is not the main question's; -1: not known */
int why_document_compare_next_class (WhyDocument *self);
void why_document_compare_update_titles (WhyDocument *self);

/* A method's value "id:options": @options: (out) (nullable): points into @value. Returns: (transfer full): the id */
char *why_compare_split_method (const char *value, const char **options) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
