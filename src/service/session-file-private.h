#pragma once

#include "session-file.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Shared by session-file.c and session-steps.c. */

typedef enum
{
  WHY_SESSION_TEXT,
  WHY_SESSION_TEXT_OR_NULL,
  WHY_SESSION_NUMBER,
  WHY_SESSION_WHOLE,
  WHY_SESSION_TRUTH,
} WhySessionKind;

/* Sets @target (char **, double *, gint64 * or gboolean *) from a member, if it is there. */
gboolean why_session_take (JsonObject *object, const char *name, WhySessionKind kind, gpointer target, GError **error);
/* An error names a key that is not among @known. */
gboolean why_session_check_keys (JsonObject *object, const char *const *known, gsize n_known, GError **error);

/* What is asked and shown, with its covers (of WhyCover). */
void why_session_add_state (JsonBuilder *builder, const WhyDocumentState *state, const GArray *covers);
gboolean why_session_take_state (JsonObject *object, WhyDocumentState *state, GArray *covers, GError **error);

/* session-view.c. @voxel: (array fixed-size=3): stays what it is where the file says nothing. */
void why_session_add_view (JsonBuilder *builder, const WhyDocumentView *view);
gboolean why_session_take_view (JsonObject *object, WhyDocumentView *view, GError **error);
void why_session_add_cross_hair (JsonBuilder *builder, const gint64 *voxel);
gboolean why_session_take_cross_hair (JsonObject *object, gint64 *voxel, GError **error);

void why_session_add_steps (JsonBuilder *builder, const GPtrArray *steps, const char *folder);
gboolean why_session_take_steps (JsonObject *object, const char *folder, GPtrArray *steps, GError **error);

G_END_DECLS
