#include "config.h"

#include "canvas.h"
#include "class-list.h"
#include "share-bar.h"
#include "window.h"

#include <locale.h>

/* Widgets in this process: names for screen readers, sizes, life and death. Needs a display. */

static AdwApplication *application;
static WhyRunner *runner;

static WhyWindow *
make_window (void)
{
  WhyWindow *window = WHY_WINDOW (why_window_new (application, runner));

  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
spin_until_idle (WhyWindow *window)
{
  const gint64 deadline = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  int quiet = 0;

  while (quiet < 5 && g_get_monotonic_time () < deadline)
    {
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_usleep (2000);
      quiet = why_window_is_idle (window) ? quiet + 1 : 0;
    }
  g_assert_true (why_window_is_idle (window));
}

static void
load_sample (WhyWindow *window)
{
  g_autofree char *model = g_build_filename (WHY_SOURCE_DIR, "models", "wardrobe", "wardrobe.onnx", NULL);
  g_autofree char *picture = g_build_filename (WHY_SOURCE_DIR, "data", "samples", "wardrobe-1.png", NULL);
  const char *paths[] = { picture, model, NULL };

  why_window_open (window, paths);
  spin_until_idle (window);
  g_assert_null (why_document_get_error_message (why_window_get_document (window)));
}

static GtkWidget *
find_type (GtkWidget *root, GType type)
{
  if (g_type_is_a (G_OBJECT_TYPE (root), type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_type (child, type);
      if (found != NULL)
        return found;
    }
  return NULL;
}

/* ---- narrow enough for a telephone ---- */

static void
report_wide (GtkWidget *widget, int depth, int limit)
{
  int minimum;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  if (minimum <= limit)
    return;
  g_test_message ("%*s%s (%s): %d", depth * 2, "", G_OBJECT_TYPE_NAME (widget), gtk_widget_get_css_name (widget), minimum);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    report_wide (child, depth + 1, limit);
}

static void
test_narrow (void)
{
  WhyWindow *window = make_window ();
  int minimum;

  load_sample (window);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.occlude", "(dddd)", 10.0, 10.0, 200.0, 200.0);
  gtk_window_set_default_size (GTK_WINDOW (window), 360, 640);
  spin_until_idle (window);
  gtk_widget_measure (gtk_widget_get_first_child (GTK_WIDGET (window)), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL,
                      NULL);
  report_wide (GTK_WIDGET (window), 0, 360);
  g_assert_cmpint (minimum, <=, 360);

  /* A page that scrolls by itself is not cut off by a scrolled window around it, whose end the wheel would never reach. */
  GtkWidget *pages = find_type (GTK_WIDGET (window), ADW_TYPE_VIEW_STACK);
  GtkWidget *around = gtk_widget_get_ancestor (pages, GTK_TYPE_SCROLLED_WINDOW);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.page", "s", "take");
  spin_until_idle (window);
  GtkAdjustment *range = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (around));
  const gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  while (gtk_adjustment_get_upper (range) > gtk_adjustment_get_page_size (range) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpfloat (gtk_adjustment_get_page_size (range), >, 100);
  g_assert_cmpfloat (gtk_adjustment_get_upper (range), ==, gtk_adjustment_get_page_size (range));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* ---- names ---- */

static gboolean
has_name (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);

  if (gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL) ||
      gtk_test_accessible_has_relation (accessible, GTK_ACCESSIBLE_RELATION_LABELLED_BY))
    return TRUE;
  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)) != NULL)
    return TRUE;
  /* The text of a label inside is the name, as in a button with an icon and a word. */
  GtkWidget *label = find_type (widget, GTK_TYPE_LABEL);
  return label != NULL && *gtk_label_get_text (GTK_LABEL (label)) != '\0';
}

static guint
count_nameless (GtkWidget *widget)
{
  guint n = 0;

  /* What the toolkit puts together inside (the arrow of a menu button, the entry of a search entry) is
   * named by its owner. */
  const gboolean control = GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_SCALE (widget) ||
                           GTK_IS_DROP_DOWN (widget) || GTK_IS_SEARCH_ENTRY (widget) || GTK_IS_LIST_VIEW (widget) ||
                           GTK_IS_PROGRESS_BAR (widget) || WHY_IS_CANVAS (widget);
  if (GTK_IS_WINDOW_CONTROLS (widget))
    return 0;
  if (control && !has_name (widget))
    {
      g_test_message ("no name: %s, tooltip %s, in %s", G_OBJECT_TYPE_NAME (widget),
                      gtk_widget_get_tooltip_text (widget), G_OBJECT_TYPE_NAME (gtk_widget_get_parent (widget)));
      n++;
    }
  if (GTK_IS_MENU_BUTTON (widget) || GTK_IS_DROP_DOWN (widget) || GTK_IS_SEARCH_ENTRY (widget))
    return n;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += count_nameless (child);
  return n;
}

static void
test_names (void)
{
  WhyWindow *window = make_window ();

  load_sample (window);
  GtkWidget *canvas = find_type (GTK_WIDGET (window), WHY_TYPE_CANVAS);
  g_assert_nonnull (canvas);
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (canvas), GTK_ACCESSIBLE_ROLE_IMG);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, "Picture with map");
  g_assert_true (gtk_test_accessible_has_property (GTK_ACCESSIBLE (canvas), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
  g_assert_cmpuint (count_nameless (GTK_WIDGET (window)), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* ---- canvas ---- */

static void
on_area_drawn_cb (WhyCanvas *canvas, WhyArea *area, int index, int *n_drawn)
{
  ++*n_drawn;
}

static void
test_canvas_alone (void)
{
  GtkWidget *window = gtk_window_new ();
  WhyCanvas *canvas = WHY_CANVAS (why_canvas_new ());
  const gint64 dims[] = { 40, 60, 3 };
  const gint64 map_dims[] = { 4, 6 };
  g_autoptr (WhyTensor) picture = why_tensor_new_zeros (WHY_DTYPE_UINT8, 3, dims, NULL);
  g_autoptr (WhyTensor) map = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 2, map_dims, NULL);
  const WhyAffine to_source = why_affine_scale_translate (10, 10, 0, 0);
  int n_drawn = 0;
  const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  ((float *) map->data)[5] = 2.0f;
  g_signal_connect (canvas, "area-drawn", G_CALLBACK (on_area_drawn_cb), &n_drawn);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (canvas));
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 300);
  gtk_window_present (GTK_WINDOW (window));
  why_canvas_set_picture (canvas, picture);
  why_canvas_set_map (canvas, map, &to_source);
  why_canvas_set_tool (canvas, WHY_TOOL_RECTANGLE);
  do
    g_main_context_iteration (NULL, FALSE);
  while ((!gtk_widget_get_mapped (GTK_WIDGET (canvas)) || !why_canvas_is_settled (canvas)) &&
         g_get_monotonic_time () < deadline);
  g_assert_true (why_canvas_is_settled (canvas));
  /* Settled and left alone it does not draw for nothing. */
  for (int k = 0; k < 50; k++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_assert_true (why_canvas_is_settled (canvas));
    }
  why_canvas_zoom_to (canvas, 2.0);
  g_assert_false (why_canvas_is_settled (canvas));
  g_assert_cmpfloat (why_canvas_get_zoom (canvas), ==, 2.0);
  why_canvas_set_map (canvas, NULL, NULL);
  why_canvas_set_picture (canvas, NULL);
  g_assert_cmpint (n_drawn, ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* ---- lists ---- */

static void
on_items_cb (GListModel *items, guint position, guint removed, guint added, guint *n_changes)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint place = 0; place < g_list_model_get_n_items (items); place++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (items, place);
      g_assert_true (g_hash_table_add (seen, item));
    }
  ++*n_changes;
}

/* Rows come a few at a time; while they change places none is there twice, which lists of GTK do not know how to show. */
static void
test_classes (void)
{
  WhyWindow *window = make_window ();
  guint n_changes = 0;

  load_sample (window);
  GtkWidget *classes = find_type (GTK_WIDGET (window), WHY_TYPE_CLASS_LIST);
  g_assert_nonnull (classes);
  GtkSelectionModel *items = gtk_list_view_get_model (GTK_LIST_VIEW (find_type (classes, GTK_TYPE_LIST_VIEW)));
  const gulong handler = g_signal_connect (items, "items-changed", G_CALLBACK (on_items_cb), &n_changes);
  for (int sample = 2; sample <= 6; sample++)
    {
      g_autofree char *path = g_strdup_printf ("%s/data/samples/wardrobe-%d.png", WHY_SOURCE_DIR, sample);
      why_window_open (window, (const char *[]){ path, NULL });
      spin_until_idle (window);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (items)), ==, 10);
    }
  g_assert_cmpuint (n_changes, >, 5);
  g_signal_handler_disconnect (items, handler);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* ---- popovers ---- */

static GtkWidget *
find_open_popover (GtkWidget *root)
{
  if (GTK_IS_POPOVER (root) && gtk_widget_get_mapped (root))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_open_popover (child);
      if (found != NULL)
        return found;
    }
  return NULL;
}

/* A popover does not stay open when its button is scrolled away: GTK would look in vain for the screen that it is on. */
static void
test_popover (void)
{
  WhyWindow *window = make_window ();
  const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  load_sample (window);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.show-methods", NULL);
  while (find_open_popover (GTK_WIDGET (window)) == NULL && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (find_open_popover (GTK_WIDGET (window)));
  gtk_widget_activate_action (GTK_WIDGET (window), "win.edit-limit", "s", "lower");
  spin_until_idle (window);
  g_assert_null (find_open_popover (GTK_WIDGET (window)));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Opening and closing windows gives everything back. */
static void
test_life (void)
{
  for (int k = 0; k < 3; k++)
    {
      WhyWindow *window = make_window ();
      WhyDocument *document = why_window_get_document (window);
      gpointer weak_window = window;
      gpointer weak_document = document;

      g_object_add_weak_pointer (G_OBJECT (window), &weak_window);
      g_object_add_weak_pointer (G_OBJECT (document), &weak_document);
      load_sample (window);
      /* The last time in the middle of work. */
      if (k == 2)
        gtk_widget_activate_action (GTK_WIDGET (window), "win.target-class", "i", 3);
      gtk_window_destroy (GTK_WINDOW (window));
      const gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
      while ((weak_window != NULL || weak_document != NULL) && g_get_monotonic_time () < deadline)
        g_main_context_iteration (NULL, FALSE);
      g_assert_null (weak_window);
      g_assert_null (weak_document);
    }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  application = g_object_new (ADW_TYPE_APPLICATION, "application-id", WHY_APP_ID, "flags", G_APPLICATION_NON_UNIQUE,
                              "resource-base-path", "/io/github/whylight/Whylight", NULL);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  runner = why_runner_new ();
  g_test_add_func ("/window/narrow", test_narrow);
  g_test_add_func ("/window/names", test_names);
  g_test_add_func ("/window/classes", test_classes);
  g_test_add_func ("/window/popover", test_popover);
  g_test_add_func ("/window/life", test_life);
  g_test_add_func ("/canvas/alone", test_canvas_alone);
  const int status = g_test_run ();
  g_clear_object (&application);
  g_clear_pointer (&runner, why_runner_unref);
  return status;
}
