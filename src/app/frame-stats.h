#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long the main loop is away from polling: the time in which a window cannot answer. Measured with
 * a source whose prepare and check functions see the beginning and the end of every wait. For tests. */

void why_frame_stats_start (void); /* once; main thread */
void why_frame_stats_reset (void);

/** why_frame_stats_note_frame: a window was painted; the first one is remembered */
void why_frame_stats_note_frame (void);

/** why_frame_stats_dup_json: Returns: (transfer full): {"dispatches":…,"longest_ms":…,"p99_ms":…,"median_ms":…,
 *  "first_frame_us":… (monotonic clock, shared by all processes; 0: nothing painted yet)} */
char *why_frame_stats_dup_json (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
