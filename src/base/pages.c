#include "config.h"

#include "base/pages.h"

#include "base/size.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LINE 64
#define LARGE_PAGE ((gsize) 2 << 20)

/* Small networks must not pay for large pages, which are cleared whole: chunks grow from one to the next. */
#define CHUNK_MIN ((gsize) 256 << 10)
#define CHUNK_MAX (4 * LARGE_PAGE)

gpointer
why_pages_alloc (gsize n_bytes)
{
  gpointer memory = NULL;
  gsize padded;

  if (n_bytes < LARGE_PAGE)
    return posix_memalign (&memory, LINE, MAX (n_bytes, 1)) == 0 ? memory : NULL;
  if (!why_size_add (n_bytes, LARGE_PAGE - 1, &padded) ||
      posix_memalign (&memory, LARGE_PAGE, n_bytes) != 0)
    return NULL;
  /* Whole pages only: memory that is not used must not be taken. Where the system has no large pages, all is
   * as before. */
  madvise (memory, n_bytes / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
  return memory;
}

/* A chunk is freed with the last piece in it. A piece begins one line behind its chunk's address. */
typedef struct
{
  gsize used, n_bytes;
  guint n_pieces;
  guint8 *memory;
  WhyPages *pages; /* borrowed */
} Chunk;

struct _WhyPages
{
  Chunk *current; /* has room, perhaps */
  guint n_chunks;
};

WhyPages *
why_pages_new (void)
{
  return g_new0 (WhyPages, 1);
}

void
why_pages_free (WhyPages *pages)
{
  g_assert (pages == NULL || pages->n_chunks == 0);
  g_free (pages);
}

static Chunk *
chunk_new (WhyPages *pages, gsize padded)
{
  const gsize usual = pages->current != NULL ? CLAMP (2 * pages->current->n_bytes, CHUNK_MIN, CHUNK_MAX) : CHUNK_MIN;
  Chunk *chunk = g_new0 (Chunk, 1);

  chunk->pages = pages;
  chunk->n_bytes = MAX (padded, usual);
  chunk->memory = why_pages_alloc (chunk->n_bytes);
  if (chunk->memory == NULL)
    {
      g_free (chunk);
      return NULL;
    }
  pages->n_chunks++;
  return chunk;
}

gpointer
why_pages_share (WhyPages *pages, gsize n_bytes)
{
  gsize padded;

  if (!why_size_add (n_bytes, 2 * LINE - 1, &padded))
    return NULL;
  padded = padded / LINE * LINE;
  Chunk *chunk = pages->current;
  if (chunk == NULL || chunk->n_bytes - chunk->used < padded)
    {
      chunk = chunk_new (pages, padded);
      if (chunk == NULL)
        return NULL;
      /* Go on with the one that has more room left. */
      if (pages->current == NULL || pages->current->n_bytes - pages->current->used < chunk->n_bytes - padded)
        pages->current = chunk;
    }
  guint8 *piece = chunk->memory + chunk->used;
  *(Chunk **) piece = chunk;
  chunk->used += padded;
  chunk->n_pieces++;
  return piece + LINE;
}

void
why_pages_unshare (gpointer memory)
{
  if (memory == NULL)
    return;
  Chunk *chunk = *(Chunk **) ((guint8 *) memory - LINE);
  if (--chunk->n_pieces > 0)
    return;
  if (chunk->pages->current == chunk)
    chunk->pages->current = NULL;
  chunk->pages->n_chunks--;
  free (chunk->memory);
  g_free (chunk);
}
