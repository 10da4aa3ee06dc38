#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Memory for weights and activations. What is read from end to end for every picture is faster in pages of
 * 2 MB than of 4 KB: less time goes into finding out where pages are. */

/**
 * why_pages_alloc:
 *
 * Returns: (nullable): @n_bytes aligned to a cache line at least, and to a large page where there is room for one;
 *   not set to anything; to be freed with free()
 */
gpointer why_pages_alloc (gsize n_bytes) G_GNUC_WARN_UNUSED_RESULT;

/* Pages for pieces that come and go together: a page is free when its last piece is, so what lives longer must not
 * lie among them. */
typedef struct _WhyPages WhyPages;

WhyPages *why_pages_new (void) G_GNUC_WARN_UNUSED_RESULT;
/** why_pages_free: @pages: (nullable): all pieces of it have gone before */
void why_pages_free (WhyPages *pages);

/**
 * why_pages_share:
 *
 * Like why_pages_alloc(), but small pieces share large pages. One thread at a time.
 *
 * Returns: (nullable): to be freed with why_pages_unshare()
 */
gpointer why_pages_share (WhyPages *pages, gsize n_bytes) G_GNUC_WARN_UNUSED_RESULT;
/** why_pages_unshare: @memory: (nullable) */
void why_pages_unshare (gpointer memory);

G_END_DECLS
