#include "config.h"

#include "test-actions.h"

#include "frame-stats.h"
#include "window.h"

#include <stdio.h>

#define POLL_MS 5
#define SHOT_TRIES 400

/* Answers are read through a pipe: every line goes out at once. */
static void
answer (const char *line)
{
  fputs (line, stdout);
  fputc ('\n', stdout);
  fflush (stdout);
}

static WhyWindow *
get_window (gpointer application)
{
  for (GList *link = gtk_application_get_windows (application); link != NULL; link = link->next)
    {
      if (WHY_IS_WINDOW (link->data))
        return link->data;
    }
  return NULL;
}

static void
dump_state (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  WhyWindow *window = get_window (application);
  g_autofree char *state = window != NULL ? why_window_dup_state (window) : NULL;

  answer (state != NULL ? state : "{}");
}

/* The window, or a dialog over it. */
static GtkWindow *
front_window (void)
{
  GListModel *windows = gtk_window_get_toplevels ();
  GtkWindow *front = NULL;

  for (guint k = 0; k < g_list_model_get_n_items (windows); k++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, k);
      if (gtk_widget_get_mapped (GTK_WIDGET (window)) && (front == NULL || !WHY_IS_WINDOW (window)))
        front = window;
    }
  return front;
}

static gboolean
save_screenshot (GtkWindow *window, const char *path)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (window));
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  GskRenderer *renderer = gtk_native_get_renderer (GTK_NATIVE (window));
  const int width = gdk_paintable_get_intrinsic_width (paintable);
  const int height = gdk_paintable_get_intrinsic_height (paintable);

  if (width <= 0 || height <= 0)
    return FALSE;
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  g_autoptr (GskRenderNode) node = gtk_snapshot_free_to_node (g_steal_pointer (&snapshot));
  if (node == NULL || renderer == NULL)
    return FALSE;
  g_autoptr (GdkTexture) texture =
      gsk_renderer_render_texture (renderer, node, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  return gdk_texture_save_to_png (texture, path);
}

typedef struct
{
  char *path;
  int tries;
} Shot;

static void
shot_free (gpointer data)
{
  Shot *shot = data;

  g_free (shot->path);
  g_free (shot);
}

/* A window that was opened just now has nothing to show before its first frame. */
static gboolean
shot_cb (gpointer data)
{
  Shot *shot = data;
  GtkWindow *window = front_window ();
  const gboolean saved = window != NULL && save_screenshot (window, shot->path);

  if (!saved && ++shot->tries < SHOT_TRIES)
    return G_SOURCE_CONTINUE;
  g_autofree char *line = g_strdup_printf ("screenshot %s %s", saved ? "saved" : "failed", shot->path);
  answer (line);
  return G_SOURCE_REMOVE;
}

static void
screenshot (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  Shot *shot = g_new0 (Shot, 1);

  shot->path = g_variant_dup_string (parameter, NULL);
  g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, POLL_MS, shot_cb, shot, shot_free);
}

/* Idle means: nothing to do twice in a row with a frame in between, so that what the last result has
 * changed is on the screen too. */
typedef struct
{
  GApplication *application;
  gint64 frame;
  int quiet;
} Wait;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_application_release (wait->application);
  g_object_unref (wait->application);
  g_free (wait);
}

static gboolean
wait_cb (gpointer data)
{
  Wait *wait = data;
  WhyWindow *window = get_window (wait->application);

  if (window == NULL)
    {
      answer ("idle");
      return G_SOURCE_REMOVE;
    }
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (window));
  const gint64 frame = clock != NULL ? gdk_frame_clock_get_frame_counter (clock) : 0;
  if (!why_window_is_idle (window) || clock == NULL)
    {
      wait->quiet = 0;
      return G_SOURCE_CONTINUE;
    }
  if (wait->quiet == 0 || frame == wait->frame)
    {
      if (wait->quiet == 0)
        wait->frame = frame;
      wait->quiet = 1;
      gtk_widget_queue_draw (GTK_WIDGET (window));
      return G_SOURCE_CONTINUE;
    }
  answer ("idle");
  return G_SOURCE_REMOVE;
}

static void
wait_idle (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->application = g_object_ref (application);
  g_application_hold (application);
  g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, POLL_MS, wait_cb, wait, wait_free);
}

static void
frame_stats (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  const char *what = g_variant_get_string (parameter, NULL);

  if (strcmp (what, "reset") == 0)
    {
      why_frame_stats_reset ();
      answer ("frame-stats reset");
    }
  else
    {
      g_autofree char *json = why_frame_stats_dup_json ();
      answer (json);
    }
}

/* So that a script sees the window in another size without a window manager. */
static void
resize (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  WhyWindow *window = get_window (application);
  int width;
  int height;

  g_variant_get (parameter, "(ii)", &width, &height);
  if (window != NULL)
    gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  answer ("resized");
}

static void
on_painted_cb (GdkFrameClock *clock, gpointer data)
{
  why_frame_stats_note_frame ();
  g_signal_handlers_disconnect_by_func (clock, on_painted_cb, data);
}

static void
on_realize_cb (GtkWidget *window, gpointer data)
{
  g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint", G_CALLBACK (on_painted_cb), NULL);
}

static void
on_window_added_cb (GtkApplication *application, GtkWindow *window, gpointer data)
{
  g_signal_connect (window, "realize", G_CALLBACK (on_realize_cb), NULL);
}

void
why_test_actions_add (AdwApplication *application)
{
  static const GActionEntry entries[] = {
    { "dump-state", dump_state, NULL, NULL, NULL, { 0 } },
    { "screenshot", screenshot, "s", NULL, NULL, { 0 } },
    { "wait-idle", wait_idle, NULL, NULL, NULL, { 0 } },
    { "frame-stats", frame_stats, "s", NULL, NULL, { 0 } },
    { "resize", resize, "(ii)", NULL, NULL, { 0 } },
  };

  if (g_strcmp0 (g_getenv ("WHYLIGHT_TEST"), "1") != 0)
    return;
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries), application);
  g_signal_connect (application, "window-added", G_CALLBACK (on_window_added_cb), NULL);
  why_frame_stats_start ();
}
