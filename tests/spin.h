#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/* Waiting for what comes on the main context, in tests. */

/* Longest wait for something that must come; only reached when it does not. */
#define PATIENCE_US (60 * G_USEC_PER_SEC)

static inline void
spin_until (gboolean (*done) (gpointer data), gpointer data)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_US;

  while (!done (data))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (200);
    }
}

/* For what must not come. */
static inline void
spin_for (guint milliseconds)
{
  const gint64 end = g_get_monotonic_time () + milliseconds * 1000;

  while (g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (500);
    }
}

static inline gboolean
is_idle (gpointer document)
{
  return !why_document_get_busy (document);
}

static inline void
spin_until_idle (WhyDocument *document)
{
  spin_until (is_idle, document);
}

static inline gboolean
is_nonzero (gpointer number)
{
  return *(int *) number != 0;
}

G_END_DECLS
