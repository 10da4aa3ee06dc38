#include "config.h"

#include "frame-stats.h"

#include <stdlib.h>

/* Of more dispatches than this the first are forgotten for the percentile, not for the maximum. */
#define MAX_SAMPLES 65536

static struct
{
  gint64 woken; /* 0: waiting */
  gint64 longest;
  gint64 first_frame; /* 0: not yet */
  guint64 n;
  guint32 samples[MAX_SAMPLES]; /* microseconds */
} stats;

static gboolean
prepare (GSource *source, int *timeout)
{
  const gint64 now = g_get_monotonic_time ();

  if (stats.woken != 0)
    {
      const gint64 length = now - stats.woken;
      stats.samples[stats.n++ % MAX_SAMPLES] = (guint32) MIN (length, G_MAXUINT32);
      stats.longest = MAX (stats.longest, length);
      stats.woken = 0;
    }
  *timeout = -1;
  return FALSE;
}

static gboolean
check (GSource *source)
{
  stats.woken = g_get_monotonic_time ();
  return FALSE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
why_frame_stats_start (void)
{
  static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };
  GSource *source = g_source_new (&functions, sizeof (GSource));

  /* First of all, or the sources before it would hide it when they are ready. */
  g_source_set_priority (source, G_MININT);
  g_source_set_static_name (source, "frame statistics");
  g_source_attach (source, NULL);
  g_source_unref (source);
}

void
why_frame_stats_reset (void)
{
  stats.longest = 0;
  stats.n = 0;
  stats.woken = 0;
}

void
why_frame_stats_note_frame (void)
{
  if (stats.first_frame == 0)
    stats.first_frame = g_get_monotonic_time ();
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const guint32 x = *(const guint32 *) a;
  const guint32 y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

char *
why_frame_stats_dup_json (void)
{
  const gsize n = MIN (stats.n, MAX_SAMPLES);
  g_autofree guint32 *sorted = g_memdup2 (stats.samples, MAX (n, 1) * sizeof *sorted);
  char longest[G_ASCII_DTOSTR_BUF_SIZE];
  char p99[G_ASCII_DTOSTR_BUF_SIZE];
  char median[G_ASCII_DTOSTR_BUF_SIZE];

  qsort (sorted, n, sizeof *sorted, compare);
  g_ascii_formatd (longest, sizeof longest, "%.3f", (double) stats.longest / 1000);
  g_ascii_formatd (p99, sizeof p99, "%.3f", n > 0 ? sorted[(n - 1) * 99 / 100] / 1000.0 : 0.0);
  g_ascii_formatd (median, sizeof median, "%.3f", n > 0 ? sorted[n / 2] / 1000.0 : 0.0);
  return g_strdup_printf ("{\"dispatches\":%" G_GUINT64_FORMAT ",\"longest_ms\":%s,\"p99_ms\":%s,\"median_ms\":%s,"
                          "\"first_frame_us\":%" G_GINT64_FORMAT "}",
                          stats.n, longest, p99, median, stats.first_frame);
}
