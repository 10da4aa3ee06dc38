#include "config.h"

#include "action-catalogue.h"
#include "application.h"
#include "help-window.h"
#include "palette.h"
#include "recent.h"
#include "window.h"

#include <glib/gstdio.h>
#include <locale.h>

/* What lies around the document, in this process: the table of actions, the palette. Needs a display. */

static GtkApplication *application;

static WhyWindow *
make_window (void)
{
  g_action_group_activate_action (G_ACTION_GROUP (application), "open", g_variant_new_strv (NULL, 0));
  return WHY_WINDOW (gtk_application_get_active_window (application));
}

static gboolean
everything_is_idle (WhyWindow *window)
{
  return why_window_is_idle (window);
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
      quiet = everything_is_idle (window) ? quiet + 1 : 0;
    }
  g_assert_true (why_window_is_idle (window));
}

static void
close_window (WhyWindow *window)
{
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
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

/* ---- the table of actions ---- */

/* Where in the table, as "win.name"; also checks that what the table says can be parsed. */
static gboolean
is_in_catalogue (const char *prefix, const char *action)
{
  g_autofree char *wanted = g_strconcat (prefix, action, NULL);
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);

  for (gsize info = 0; info < n_infos; info++)
    {
      g_autofree char *name = infos[info].action != NULL ? why_action_info_dup_name (&infos[info]) : NULL;
      if (g_strcmp0 (name, wanted) == 0)
        return TRUE;
    }
  return FALSE;
}

static guint
count_missing (GActionGroup *group, const char *prefix)
{
  g_auto (GStrv) names = g_action_group_list_actions (group);
  guint n_missing = 0;

  for (gsize name = 0; names[name] != NULL; name++)
    {
      if (is_in_catalogue (prefix, names[name]))
        continue;
      g_test_message ("not in src/app/action-catalogue.c: %s%s", prefix, names[name]);
      n_missing++;
    }
  return n_missing;
}

static void
test_catalogue_is_whole (void)
{
  WhyWindow *window = make_window ();

  g_assert_cmpuint (count_missing (G_ACTION_GROUP (window), "win."), ==, 0);
  g_assert_cmpuint (count_missing (G_ACTION_GROUP (application), "app."), ==, 0);
  close_window (window);
}

/* Every row names an action that is there, with a value of its type. */
static void
test_catalogue_is_true (void)
{
  WhyWindow *window = make_window ();
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);

  for (gsize info = 0; info < n_infos; info++)
    {
      g_autofree char *name = NULL;
      g_autoptr (GVariant) target = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (infos[info].title);
      if (infos[info].action == NULL)
        {
          g_assert_nonnull (infos[info].keys);
          continue;
        }
      g_action_parse_detailed_name (infos[info].action, &name, &target, &error);
      g_assert_no_error (error);
      if (g_str_has_prefix (name, "window."))
        continue;
      GAction *action = g_action_map_lookup_action (
        g_str_has_prefix (name, "win.") ? G_ACTION_MAP (window) : G_ACTION_MAP (application), name + 4);
      if (action == NULL)
        g_error ("%s: there is no such action", infos[info].action);
      const GVariantType *type = g_action_get_parameter_type (action);
      if (target != NULL && (type == NULL || !g_variant_is_of_type (target, type)))
        g_error ("%s: the value does not fit", infos[info].action);
      if (target == NULL && type != NULL && infos[info].values == WHY_VALUES_NONE)
        g_error ("%s: needs a value", infos[info].action);
      if (type == NULL && infos[info].values != WHY_VALUES_NONE)
        g_error ("%s: takes no value", infos[info].action);
    }
  close_window (window);
}

static void
test_accelerators_are_unique (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);

  for (gsize info = 0; info < n_infos; info++)
    {
      for (gsize accel = 0; accel < G_N_ELEMENTS (infos[info].accels) && infos[info].accels[accel] != NULL; accel++)
        {
          guint key;
          GdkModifierType modifiers;
          if (!gtk_accelerator_parse (infos[info].accels[accel], &key, &modifiers))
            g_error ("%s is no accelerator", infos[info].accels[accel]);
          char *name = gtk_accelerator_name (key, modifiers);
          if (!g_hash_table_add (seen, name))
            g_error ("%s (of %s) is used twice", infos[info].accels[accel], infos[info].action);
        }
    }
  g_assert_cmpuint (g_hash_table_size (seen), >, 20);
}

/* ---- what was open lately ---- */

/* Two files of one name are told apart, an underline is no mnemonic, and a session that is open is not opened twice. */
static void
test_recent (void)
{
  g_autofree char *folder = g_dir_make_tmp ("whylight-recent-XXXXXX", NULL);
  g_autofree char *session = g_build_filename (folder, "my_talk.whylight", NULL);
  g_autoptr (GMenu) menu = g_menu_new ();
  WhyWindow *window = make_window ();
  WhyDocument *document = why_window_get_document (window);
  g_autofree char *label = NULL;

  load_sample (window);
  g_assert_null (why_document_get_session_path (document));
  why_document_save_session (document, session);
  spin_until_idle (window);
  g_assert_cmpstr (why_document_get_session_path (document), ==, session);
  why_recent_fill_menu (menu);
  g_assert_cmpint (g_menu_model_get_n_items (G_MENU_MODEL (menu)), ==, 1);
  g_autoptr (GMenuModel) section = g_menu_model_get_item_link (G_MENU_MODEL (menu), 0, G_MENU_LINK_SECTION);
  g_menu_model_get_item_attribute (section, 0, G_MENU_ATTRIBUTE_LABEL, "s", &label);
  g_assert_cmpstr (label, ==, "my__talk.whylight");

  /* The window that was used last is another one. */
  g_action_group_activate_action (G_ACTION_GROUP (application), "new-window", NULL);
  WhyWindow *second = NULL;
  for (GList *link = gtk_application_get_windows (application); link != NULL; link = link->next)
    if (WHY_IS_WINDOW (link->data) && link->data != window)
      second = link->data;
  g_assert_nonnull (second);
  const char *paths[] = { session, NULL };
  g_action_group_activate_action (G_ACTION_GROUP (application), "open", g_variant_new_strv (paths, 1));
  spin_until_idle (window);
  spin_until_idle (second);
  g_assert_null (why_document_get_picture (why_window_get_document (second)));
  close_window (second);

  /* Something else is opened: it is not that session any more. */
  load_sample (window);
  g_assert_null (why_document_get_session_path (document));
  close_window (window);
  g_assert_cmpint (g_remove (session), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* ---- help ---- */

static void
test_help (void)
{
  WhyHelpWindow *help = WHY_HELP_WINDOW (why_help_window_new ());

  gtk_window_present (GTK_WINDOW (help));
  g_assert_cmpstr (why_help_window_get_page (help), ==, "index");
  g_assert_true (why_help_window_show_page (help, "trust"));
  g_assert_false (why_help_window_show_page (help, "no-such-page"));
  g_assert_cmpstr (why_help_window_get_page (help), ==, "trust");
  g_assert_true (why_help_window_go_back (help));
  g_assert_cmpstr (why_help_window_get_page (help), ==, "index");
  const guint n_all = why_help_window_search (help, "");
  const guint n_found = why_help_window_search (help, "NIfTI");
  g_assert_cmpuint (n_found, >, 0);
  g_assert_cmpuint (n_found, <, n_all);
  g_assert_cmpuint (why_help_window_search (help, "qqqq"), ==, 0);
  gtk_window_destroy (GTK_WINDOW (help));
}

/* ---- the palette ---- */

static void
settle (WhyPalette *palette)
{
  while (!why_palette_is_settled (palette))
    g_main_context_iteration (NULL, FALSE);
}

static void
run_in_palette (WhyWindow *window, const char *text, const char *expected)
{
  WhyPalette *palette = WHY_PALETTE (why_palette_new (window));

  gtk_window_present (GTK_WINDOW (palette));
  why_palette_set_text (palette, text);
  settle (palette);
  g_assert_cmpuint (why_palette_get_n_found (palette), >, 0);
  g_assert_cmpstr (why_palette_get_title (palette, 0), ==, expected);
  why_palette_run (palette);
  spin_until_idle (window);
}

static void
test_palette (void)
{
  WhyWindow *window = make_window ();
  WhyDocument *document = why_window_get_document (window);

  load_sample (window);
  run_in_palette (window, "class trou", "Class: trousers");
  WhyClassItem *item = why_document_get_class (document, why_document_get_target_class (document));
  g_assert_nonnull (item);
  g_assert_cmpstr (why_class_item_get_label (item), ==, "trousers");
  run_in_palette (window, "HIRESCAM", "Method: HiResCAM");
  g_assert_cmpstr (why_document_get_method (document), ==, "hirescam");
  run_in_palette (window, "evidence against", "Evidence against the class");
  g_assert_cmpstr (why_document_get_polarity (document), ==, "against");
  run_in_palette (window, "opac 75", "Opacity: 75%");
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.75);

  /* Nothing typed: the latest first. And nonsense finds nothing. */
  WhyPalette *palette = WHY_PALETTE (why_palette_new (window));
  settle (palette);
  g_assert_cmpstr (why_palette_get_title (palette, 0), ==, "Opacity: 75%");
  g_assert_cmpstr (why_palette_get_title (palette, 1), ==, "Evidence against the class");
  why_palette_set_text (palette, "qqqqq");
  settle (palette);
  g_assert_cmpuint (why_palette_get_n_found (palette), ==, 0);
  gtk_window_destroy (GTK_WINDOW (palette));
  close_window (window);
}

/* Without a model there is no class to choose, and no map to save. */
static void
test_palette_offers_what_can_be_done (void)
{
  WhyWindow *window = make_window ();
  WhyPalette *palette = WHY_PALETTE (why_palette_new (window));

  settle (palette);
  for (guint position = 0; position < why_palette_get_n_found (palette); position++)
    {
      g_assert_cmpstr (why_palette_get_title (palette, position), !=, "Save figure");
      g_assert_false (g_str_has_prefix (why_palette_get_title (palette, position), "Class:"));
    }
  g_assert_cmpuint (why_palette_get_n_found (palette), >, 5);
  gtk_window_destroy (GTK_WINDOW (palette));
  close_window (window);
}

static int
end_at_once (void)
{
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (WhyApplication) program = NULL;

  setlocale (LC_ALL, "C.UTF-8");
  gtk_test_init (&argc, &argv, NULL);
  program = why_application_new ();
  application = GTK_APPLICATION (program);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_application_hold (G_APPLICATION (application));
  g_test_add_func ("/catalogue/whole", test_catalogue_is_whole);
  g_test_add_func ("/catalogue/true", test_catalogue_is_true);
  g_test_add_func ("/catalogue/accelerators", test_accelerators_are_unique);
  g_test_add_func ("/help/window", test_help);
  g_test_add_func ("/palette/runs", test_palette);
  g_test_add_func ("/palette/enabled", test_palette_offers_what_can_be_done);
  g_test_add_func ("/desk/recent", test_recent);
  const int status = g_test_run ();
  /* Only here does a GApplication shut down, and with it the threads that work for it. */
  g_signal_connect (program, "handle-local-options", G_CALLBACK (end_at_once), NULL);
  g_application_release (G_APPLICATION (program));
  g_assert_cmpint (g_application_run (G_APPLICATION (program), 0, NULL), ==, 0);
  return status;
}
