#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * WhyCancel:
 *
 * A one-way flag shared between the thread that asks for work and the thread that does it. Plain C11
 * atomics, so that it needs no Gio and ThreadSanitizer sees it. Once set it stays set: a new request
 * gets a fresh token.
 */
typedef struct _WhyCancel WhyCancel;

WhyCancel *why_cancel_new (void) G_GNUC_WARN_UNUSED_RESULT;
WhyCancel *why_cancel_ref (WhyCancel *cancel);
void why_cancel_unref (WhyCancel *cancel);

/** why_cancel_set: asks the work to stop; any thread. @cancel: (nullable) */
void why_cancel_set (WhyCancel *cancel);

/** why_cancel_is_set: @cancel: (nullable): %NULL is never set. Any thread; cheap. */
gboolean why_cancel_is_set (const WhyCancel *cancel);

/** why_cancel_check: sets %WHY_ERROR_CANCELLED and returns %FALSE once the token is set. */
gboolean why_cancel_check (const WhyCancel *cancel, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyCancel, why_cancel_unref)

G_END_DECLS
