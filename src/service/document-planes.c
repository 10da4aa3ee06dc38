#include "config.h"

#include "document-compare.h"
#include "document-private.h"

/* Planes of a volume as pictures: what a network that takes pictures sees. */

/* What covers did to another plane. */
static void
forget_covers_effect (GPtrArray *occlusions)
{
  for (guint index = 0; index < occlusions->len; index++)
    why_occlusion_set_probabilities (g_ptr_array_index (occlusions, index), NULL, NULL);
}

/* Covers and outlines stay in their places from plane to plane, as a hand that lies on a stack of films. */
void
why_document_ask_of_plane (WhyDocument *self)
{
  GPtrArray *const histories[2] = { self->undo, self->redo };

  why_document_forget_answer (self);
  forget_covers_effect (self->state.occlusions);
  for (gsize history = 0; history < G_N_ELEMENTS (histories); history++)
    for (guint step = 0; step < histories[history]->len; step++)
      forget_covers_effect (((WhyDocumentState *) g_ptr_array_index (histories[history], step))->occlusions);
  why_document_update_classes (self);
  why_document_update_occlusions (self);
  why_document_ask (self);
  why_document_compare_sync (self);
  why_document_update_status (self);
  why_document_update_busy (self);
}
