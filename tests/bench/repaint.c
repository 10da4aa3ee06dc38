#include "config.h"

#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How long a change of the map's look takes until it is on a large screen.
 *
 *   repaint [WIDTH HEIGHT]      3840 2160 unless stated; needs a display of at least that size
 *
 * First a widget of that size that is one colour, and then another: what the toolkit and the display need by themselves.
 *
 * A canvas of that size shows a picture of that size with a map over it. One thing is changed, and the clock stops
 * when the frame that shows it has been painted. Prints medians and maxima as lines of JSON. */

#define N_REPEATS 11

typedef struct
{
  GtkWidget *window;
  WhyCanvas *canvas;
  gint64 painted; /* when the last frame was ready */
} Bench;

static WhyTensor *
make_picture (gint64 width, gint64 height)
{
  const gint64 dims[] = { height, width, 3 };
  WhyTensor *picture = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  guint8 *bytes = picture->data;

  for (gint64 row = 0; row < height; row++)
    {
      for (gint64 byte = 0; byte < width * 3; byte++)
        bytes[row * width * 3 + byte] = (guint8) ((row * 7 + byte * 13) ^ (byte * row >> 8));
    }
  return picture;
}

static WhyTensor *
make_map (gint64 side)
{
  const gint64 dims[] = { side, side };
  WhyTensor *map = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);
  float *values = map->data;

  for (gint64 row = 0; row < side; row++)
    {
      for (gint64 column = 0; column < side; column++)
        values[row * side + column] = sinf (7.0f * (float) column / (float) side) * cosf (5.0f * (float) row / (float) side);
    }
  return map;
}

/* ---- a widget of one colour ---- */

typedef struct
{
  GtkWidget parent_instance;
  GdkRGBA color;
} OneColor;

typedef GtkWidgetClass OneColorClass;

static GType one_color_get_type (void);
G_DEFINE_FINAL_TYPE (OneColor, one_color, GTK_TYPE_WIDGET)

static void
one_color_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  gtk_snapshot_append_color (snapshot, &((OneColor *) widget)->color,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget), (float) gtk_widget_get_height (widget)));
}

static void
one_color_class_init (OneColorClass *klass)
{
  klass->snapshot = one_color_snapshot;
}

static void
one_color_init (OneColor *self)
{
  self->color.alpha = 1;
}

/* ---- the clock ---- */

/* The first frame that shows all that was asked for. */
static void
on_painted_cb (Bench *bench)
{
  if (bench->painted == 0 && (bench->canvas == NULL || why_canvas_is_settled (bench->canvas)))
    bench->painted = g_get_monotonic_time ();
}

static void
wait_for_frame (Bench *bench)
{
  const gint64 give_up = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (bench->painted == 0)
    {
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (50);
      g_assert (g_get_monotonic_time () < give_up);
    }
}

static void
change (WhyOverlayStyle *style, const char *what, int repeat)
{
  const double share = (repeat % 16) / 20.0;

  if (strcmp (what, "opacity") == 0)
    style->opacity = 0.2 + share;
  else if (strcmp (what, "threshold") == 0)
    style->threshold = 0.1 + share;
  else if (strcmp (what, "colours") == 0)
    style->colormap = why_colormap_find (repeat % 2 == 0 ? "viridis" : "inferno", NULL);
  else if (strcmp (what, "limits") == 0)
    {
      style->limits = WHY_LIMITS_LOCKED;
      style->lo = -1;
      style->hi = 1 + share;
    }
  else if (strcmp (what, "alpha") == 0)
    style->alpha_by_value = repeat % 2 == 0;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a;
  const double y = *(const double *) b;

  return (x > y) - (x < y);
}

/* A frame clock that has just ticked waits for its next turn: changes come when it is at rest. */
static void
rest (void)
{
  const gint64 end = g_get_monotonic_time () + 20000;

  while (g_get_monotonic_time () < end)
    {
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (500);
    }
}

static void
print_times (const char *map_name, const char *what, double times[N_REPEATS])
{
  qsort (times, N_REPEATS, sizeof *times, compare);
  g_print ("{\"map\":\"%s\",\"change\":\"%s\",\"median_ms\":%.1f,\"longest_ms\":%.1f}\n", map_name, what, times[N_REPEATS / 2],
           times[N_REPEATS - 1]);
}

static void
measure_one_color (Bench *bench, OneColor *widget)
{
  double times[N_REPEATS];

  bench->painted = 0;
  gtk_widget_queue_draw (GTK_WIDGET (widget));
  wait_for_frame (bench);
  for (int repeat = -2; repeat < N_REPEATS; repeat++)
    {
      rest ();
      bench->painted = 0;
      const gint64 start = g_get_monotonic_time ();
      widget->color.red = (repeat & 1) != 0 ? 1 : 0;
      gtk_widget_queue_draw (GTK_WIDGET (widget));
      wait_for_frame (bench);
      if (repeat >= 0)
        times[repeat] = (double) (bench->painted - start) / 1000;
    }
  print_times ("none", "one colour", times);
}

static void
measure (Bench *bench, const char *map_name, const char *what, WhyOverlayStyle style)
{
  double times[N_REPEATS];

  for (int repeat = -2; repeat < N_REPEATS; repeat++)
    {
      change (&style, what, repeat + 2);
      rest ();
      bench->painted = 0;
      const gint64 start = g_get_monotonic_time ();
      why_canvas_set_style (bench->canvas, &style);
      wait_for_frame (bench);
      if (repeat >= 0)
        times[repeat] = (double) (bench->painted - start) / 1000;
    }
  print_times (map_name, what, times);
}

int
main (int argc, char **argv)
{
  static const char *const changes[] = { "opacity", "threshold", "colours", "limits", "alpha" };
  static const gint64 sides[] = { 7, 224 };
  const int width = argc > 2 ? atoi (argv[1]) : 3840;
  const int height = argc > 2 ? atoi (argv[2]) : 2160;
  Bench bench = { 0 };

  gtk_init ();
  g_autoptr (WhyTensor) picture = make_picture (width, height);
  bench.window = gtk_window_new ();
  GtkWidget *one_color = g_object_new (one_color_get_type (), NULL);
  gtk_window_set_decorated (GTK_WINDOW (bench.window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (bench.window), width, height);
  gtk_window_set_child (GTK_WINDOW (bench.window), one_color);
  gtk_window_present (GTK_WINDOW (bench.window));
  g_signal_connect_swapped (gtk_widget_get_frame_clock (bench.window), "after-paint", G_CALLBACK (on_painted_cb), &bench);
  measure_one_color (&bench, (OneColor *) one_color);
  bench.canvas = WHY_CANVAS (why_canvas_new ());
  gtk_window_set_child (GTK_WINDOW (bench.window), GTK_WIDGET (bench.canvas));
  why_canvas_set_picture (bench.canvas, picture);
  for (gsize side = 0; side < G_N_ELEMENTS (sides); side++)
    {
      g_autofree char *name = g_strdup_printf ("%dx%d", (int) sides[side], (int) sides[side]);
      g_autoptr (WhyTensor) map = make_map (sides[side]);
      const WhyAffine to_source = why_affine_scale_translate ((double) width / (double) sides[side], (double) height / (double) sides[side], 0, 0);
      WhyOverlayStyle style;

      why_overlay_style_init (&style, FALSE);
      bench.painted = 0;
      why_canvas_set_style (bench.canvas, &style);
      why_canvas_set_map (bench.canvas, map, &to_source);
      why_canvas_set_legend (bench.canvas, "class", NULL, NULL);
      why_canvas_zoom_to (bench.canvas, 1.0);
      wait_for_frame (&bench);
      g_print ("{\"canvas\":\"%dx%d\"}\n", gtk_widget_get_width (GTK_WIDGET (bench.canvas)),
               gtk_widget_get_height (GTK_WIDGET (bench.canvas)));
      for (gsize what = 0; what < G_N_ELEMENTS (changes); what++)
        measure (&bench, name, changes[what], style);
    }
  gtk_window_destroy (GTK_WINDOW (bench.window));
  return 0;
}
