#include "config.h"

#include "../app-driver.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

/* Figures of the window: start, first map, main loop while the engine computes, stop, memory. Prints; judges nothing.
 *
 *   tests/with-display.sh BUILD/tests/bench-window start
 *   tests/with-display.sh BUILD/tests/bench-window loop MODEL PICTURE
 *   tests/with-display.sh BUILD/tests/bench-window samples ID...
 *   tests/with-display.sh BUILD/tests/bench-window memory PICTURE... MODEL.onnx...
 *
 * WHYLIGHT names the program; it is to be built without sanitizers and nothing else should run. */

#define STARTS 7
#define ROUNDS 5
#define STOPS 20
#define LOOP_SECONDS 10
#define OPENED_PICTURES 200
#define OPENED_MODELS 20

static int
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a;
  const double y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
print_row (const char *what, double *values, gsize n, const char *unit)
{
  qsort (values, n, sizeof *values, compare);
  g_print ("%s: median %.1f, longest %.1f %s (%" G_GSIZE_FORMAT ")\n", what, values[n / 2], values[n - 1], unit, n);
}

static double
first_frame_ms (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = app_driver_frame_stats (driver, "print");
  g_autoptr (JsonNode) stats = json_from_string (line, &error);

  g_assert_no_error (error);
  return (state_number (stats, "first_frame_us") - (double) app_driver_started (driver)) / 1000;
}

static void
bench_start (void)
{
  double window[STARTS];
  double map[STARTS];

  for (int round = 0; round < STARTS; round++)
    {
      AppDriver *driver = app_driver_start (NULL, NULL);
      app_driver_wait_idle (driver);
      window[round] = first_frame_ms (driver);
      const double before = app_driver_seconds (driver);
      app_driver_win (driver, "try-example", NULL);
      for (;;)
        {
          g_autoptr (JsonNode) state = app_driver_state (driver);
          if (!state_is_null (state, "map"))
            break;
        }
      map[round] = (app_driver_seconds (driver) - before) * 1000;
      app_driver_stop (driver);
    }
  print_row ("from start to the first frame", window, STARTS, "ms");
  print_row ("from the click on the example to its map", map, STARTS, "ms");
}

/* From the click on an example to its map on the canvas, each in a window that has shown nothing before. The state is asked
 * for again and again, which is answered between two frames: to what is printed one frame may be added. */
static void
bench_samples (char **ids)
{
  for (gsize sample = 0; ids[sample] != NULL; sample++)
    {
      double times[ROUNDS];

      for (int round = 0; round < ROUNDS; round++)
        {
          AppDriver *driver = app_driver_start (NULL, NULL);
          app_driver_wait_idle (driver);
          const double before = app_driver_seconds (driver);
          app_driver_app (driver, "sample", g_variant_new_string (ids[sample]));
          for (gboolean shown = FALSE; !shown;)
            {
              g_autoptr (JsonNode) state = app_driver_state (driver);
              g_assert_true (state_is_null (state, "error"));
              shown = !state_is_null (state, "map");
            }
          times[round] = (app_driver_seconds (driver) - before) * 1000;
          app_driver_stop (driver);
        }
      print_row (ids[sample], times, ROUNDS, "ms");
    }
}

static void
use_window (AppDriver *driver, double seconds)
{
  const double end = app_driver_seconds (driver) + seconds;

  for (int step = 0; app_driver_seconds (driver) < end; step++)
    {
      switch (step % 4)
        {
        case 0:
          app_driver_win (driver, "opacity", g_variant_new_double (0.3 + 0.05 * (step / 4 % 10)));
          break;
        case 1:
          app_driver_win (driver, "zoom-in", NULL);
          break;
        case 2:
          app_driver_win (driver, "threshold", g_variant_new_double (0.05 * (step / 4 % 10)));
          break;
        default:
          app_driver_win (driver, "zoom-fit", NULL);
        }
      g_usleep (50000);
    }
}

static void
bench_loop (const char *model, const char *picture)
{
  const char *args[] = { model, picture, NULL };
  AppDriver *driver = app_driver_start (NULL, args);
  double stops[STOPS];

  app_driver_wait_idle (driver);
  app_driver_win (driver, "method", g_variant_new_string ("rise"));
  app_driver_win (driver, "method-options", g_variant_new_string ("masks=8000"));
  g_free (app_driver_frame_stats (driver, "reset"));
  g_usleep (LOOP_SECONDS * G_USEC_PER_SEC);
  g_autofree char *watched = app_driver_frame_stats (driver, "print");
  g_print ("watched while computing: %s\n", watched);
  g_free (app_driver_frame_stats (driver, "reset"));
  use_window (driver, LOOP_SECONDS);
  g_autofree char *used = app_driver_frame_stats (driver, "print");
  g_print ("used while computing: %s\n", used);
  for (int round = 0; round < STOPS; round++)
    {
      app_driver_win (driver, "method-options", g_variant_new_take_string (g_strdup_printf ("masks=%d", 7000 + round)));
      g_usleep (150000);
      const double before = app_driver_seconds (driver);
      app_driver_win (driver, "cancel", NULL);
      for (;;)
        {
          g_autoptr (JsonNode) state = app_driver_state (driver);
          if (!state_bool (state, "busy"))
            break;
        }
      stops[round] = (app_driver_seconds (driver) - before) * 1000;
    }
  print_row ("from cancel to not busy", stops, STOPS, "ms");
  app_driver_stop (driver);
}

/* What was freed goes back to the system when the program has had nothing to do for two seconds, and before that the
 * pictures beside the one shown are asked. */
static gsize
resident_at_rest (AppDriver *driver)
{
  g_usleep (14 * G_USEC_PER_SEC);
  return app_driver_memory (driver, "VmRSS");
}

/* Where the resident memory is: what was allocated, and pages of files (code that was used, networks). */
static void
print_kinds (AppDriver *driver, const char *when)
{
  static const char *const kinds[] = { "RssAnon", "RssFile", "RssShmem" };

  g_print ("%s:", when);
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    g_print ("%s %s %.1f", kind > 0 ? "," : "", kinds[kind], (double) app_driver_memory (driver, kinds[kind]) / 1e6);
  g_print (" MB\n");
}

static void
bench_memory (char **paths)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new ();
  g_autoptr (GPtrArray) models = g_ptr_array_new ();

  for (gsize k = 0; paths[k] != NULL; k++)
    g_ptr_array_add (g_str_has_suffix (paths[k], ".onnx") ? models : pictures, paths[k]);
  g_assert_cmpuint (pictures->len, >, 0);
  g_assert_cmpuint (models->len, >, 0);
  const char *picture = g_ptr_array_index (pictures, 0);
  const char *model = g_ptr_array_index (models, 0);
  const char *args[] = { model, picture, NULL };
  AppDriver *driver = app_driver_start (NULL, args);
  app_driver_wait_idle (driver);
  const gsize before = resident_at_rest (driver);
  print_kinds (driver, "before");
  for (guint n = 0; n < OPENED_PICTURES; n++)
    {
      app_driver_open (driver, g_ptr_array_index (pictures, n % pictures->len), NULL);
      app_driver_wait_idle (driver);
      if (n % (OPENED_PICTURES / OPENED_MODELS) == 0)
        {
          app_driver_open (driver, g_ptr_array_index (models, n / (OPENED_PICTURES / OPENED_MODELS) % models->len), NULL);
          app_driver_wait_idle (driver);
        }
    }
  const gsize most = app_driver_memory (driver, "VmRSS");
  app_driver_open (driver, model, picture, NULL);
  app_driver_wait_idle (driver);
  const gsize after = resident_at_rest (driver);
  print_kinds (driver, "after");
  g_print ("memory: %.1f MB at first, %.1f with the last of %d pictures, %.1f back at the first: %+.1f MB\n",
           (double) before / 1e6, (double) most / 1e6, OPENED_PICTURES, (double) after / 1e6,
           ((double) after - (double) before) / 1e6);
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "start") == 0)
    bench_start ();
  else if (argc > 2 && strcmp (argv[1], "samples") == 0)
    bench_samples (argv + 2);
  else if (argc == 4 && strcmp (argv[1], "loop") == 0)
    bench_loop (argv[2], argv[3]);
  else if (argc > 3 && strcmp (argv[1], "memory") == 0)
    bench_memory (argv + 2);
  else
    {
      g_printerr ("usage: bench-window start | samples ID... | loop MODEL PICTURE | memory PICTURE... MODEL.onnx...\n");
      return 2;
    }
  return 0;
}
