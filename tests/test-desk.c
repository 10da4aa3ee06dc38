#include "config.h"

#include "draw/png.h"
#include "service/autosave.h"
#include "service/case-list.h"
#include "service/file-kind.h"
#include "service/fuzzy.h"
#include "service/help.h"
#include "small-models.h"
#include "spin.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

/* What lies around a document, without a display: finding commands, opening anything, cases, what is kept for after a
 * crash. */

static char *root;

static char *
in_root (const char *name)
{
  return g_build_filename (root, name, NULL);
}

static char *
make_folder (const char *name)
{
  char *path = in_root (name);

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  return path;
}

static void
write_picture (const char *folder, const char *name, guint8 level)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  guint32 pixels[20 * 30];

  for (guint32 pixel = 0; pixel < 20 * 30; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x070b0du + level * 0x010203u) % 0x1000000u;
  why_png_write (path, pixels, 30, 20, 30 * sizeof *pixels, FALSE, NULL, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
write_text (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

/* ---- finding commands ---- */

static void
test_fuzzy_fits (void)
{
  g_assert_cmpfloat (why_fuzzy_score ("", "Zoom in"), ==, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zoom", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("in zoom", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zmin", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zoom out", "Zoom in"), ==, -1);
  g_assert_cmpfloat (why_fuzzy_score ("gcpp", "Grad-CAM++"), ==, -1);
  g_assert_cmpfloat (why_fuzzy_score ("gc++", "Grad-CAM++"), >, 0);
  /* Accents and case of any script. */
  g_assert_cmpfloat (why_fuzzy_score ("uber", "Über"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("ОТКР", "Открыть"), >, 0);
}

static void
test_fuzzy_order (void)
{
  const char *const best_first[] = { "map", "map in cells", "Show or hide the map", "Colormap", "Make a plan" };

  for (gsize text = 1; text < G_N_ELEMENTS (best_first); text++)
    g_assert_cmpfloat (why_fuzzy_score ("map", best_first[text - 1]), >, why_fuzzy_score ("map", best_first[text]));
  g_assert_cmpfloat (why_fuzzy_score ("evidence against", "Evidence against the class"), >,
                     why_fuzzy_score ("evidence against", "Evidence for and against"));
}

/* ---- what a file is ---- */

static void
test_kinds (void)
{
  static const struct
  {
    const char *name;
    const char *bytes;
    gsize n_bytes;
    WhyFileKind kind;
  } files[] = {
    { "a.dat", "\x89PNG\r\n\x1a\n", 8, WHY_FILE_PICTURE },
    { "net.onnx", "\x89PNG\r\n\x1a\n", 8, WHY_FILE_PICTURE }, /* the content counts more than the name */
    { "x", "RIFF\0\0\0\0WEBP", 12, WHY_FILE_PICTURE },
    { "x", "RIFF\0\0\0\0WEB", 11, WHY_FILE_OTHER },
    { "broken.png", "", 0, WHY_FILE_PICTURE },
    { "brain.nii.gz", "\x1f\x8b", 2, WHY_FILE_VOLUME },
    { "x.json", "{\"whylight\":\"session\"", 21, WHY_FILE_SESSION },
    { "names.json", " [\"cat\"]", 8, WHY_FILE_LABELS },
    { "recipe.json", "{\"size\": [1, 1]}", 16, WHY_FILE_OTHER },
    { "names.txt", "cat\ndog\n", 8, WHY_FILE_LABELS },
    { "net.onnx", "\x08\x08", 2, WHY_FILE_MODEL },
    { "net", "\x08\x08", 2, WHY_FILE_OTHER },
  };

  for (gsize file = 0; file < G_N_ELEMENTS (files); file++)
    g_assert_cmpint (why_file_kind_from (files[file].name, (const guint8 *) files[file].bytes, files[file].n_bytes), ==,
                     files[file].kind);
  g_assert_cmpint (why_file_kind_of (root), ==, WHY_FILE_FOLDER);
  g_autofree char *nothing = in_root ("nothing.png");
  g_assert_cmpint (why_file_kind_of (nothing), ==, WHY_FILE_PICTURE);
}

/* ---- cases ---- */

static gboolean
list_is_idle (gpointer list)
{
  return !why_case_list_get_busy (list);
}

static void
assert_names (WhyCaseList *list, const char *expected)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint position = 0; position < g_list_model_get_n_items (G_LIST_MODEL (list)); position++)
    {
      g_autoptr (WhyCase) item = g_list_model_get_item (G_LIST_MODEL (list), position);
      g_string_append_printf (names, "%s%s", position > 0 ? " " : "", why_case_get_name (item));
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
on_failed (const char *message, gpointer data)
{
  char **kept = data;

  g_free (*kept);
  *kept = g_strdup (message);
}

static char *
make_case_folder (const char *name)
{
  char *folder = make_folder (name);

  write_picture (folder, "c10.png", 1);
  write_picture (folder, "c9.png", 2);
  write_picture (folder, "a.png", 3);
  write_picture (folder, ".hidden.png", 4);
  write_text (folder, "bad.png", "no picture");
  write_text (folder, "notes.odt", "text");
  write_text (folder, "names.txt", "zero\none\n");
  return folder;
}

static void
test_folder (void)
{
  g_autofree char *folder = make_case_folder ("cases");
  g_autofree char *failed = NULL;
  g_autofree char *nowhere = in_root ("nowhere");
  WhyRunner *runner = why_runner_new ();
  WhyCaseList *list = why_case_list_new (runner);

  why_case_list_open_folder (list, folder, NULL, on_failed, &failed);
  g_assert_true (why_case_list_is_opening (list));
  spin_until (list_is_idle, list);
  g_assert_null (failed);
  /* By name, as people count. */
  assert_names (list, "a.png bad.png c9.png c10.png");
  g_assert_cmpuint (why_case_list_get_n_skipped (list), ==, 1);
  g_assert_cmpstr (why_case_list_get_title (list), ==, "cases");
  g_assert_cmpstr (why_case_get_name (why_case_list_get_current (list)), ==, "a.png");

  why_case_list_set_filter (list, "C1");
  assert_names (list, "c10.png");
  g_assert_cmpuint (why_case_list_get_n_all (list), ==, 4);
  why_case_list_set_filter (list, "");
  assert_names (list, "a.png bad.png c9.png c10.png");

  why_case_list_open_folder (list, nowhere, NULL, on_failed, &failed);
  spin_until (list_is_idle, list);
  g_assert_nonnull (failed);
  g_assert_nonnull (strstr (failed, nowhere));
  /* What was there stays. */
  g_assert_cmpuint (why_case_list_get_n_all (list), ==, 4);
  g_assert_finalize_object (list);
  why_runner_unref (runner);
}

/* A thumbnail is made for who looks, not for the others; one that cannot be read says why. */
static void
test_thumbnails (void)
{
  g_autofree char *folder = make_case_folder ("thumbnails");
  WhyRunner *runner = why_runner_new ();
  WhyCaseList *list = why_case_list_new (runner);

  why_case_list_open_folder (list, folder, NULL, NULL, NULL);
  spin_until (list_is_idle, list);
  g_autoptr (WhyCase) first = g_list_model_get_item (G_LIST_MODEL (list), 0);
  g_autoptr (WhyCase) bad = g_list_model_get_item (G_LIST_MODEL (list), 1);
  g_autoptr (WhyCase) third = g_list_model_get_item (G_LIST_MODEL (list), 2);
  why_case_list_want (list, first, TRUE);
  why_case_list_want (list, bad, TRUE);
  spin_until (list_is_idle, list);
  WhyTensor *thumbnail = why_case_get_thumbnail (first);
  g_assert_nonnull (thumbnail);
  g_assert_cmpint (thumbnail->dims[0], ==, 20);
  g_assert_cmpint (thumbnail->dims[1], ==, 30);
  g_assert_null (why_case_get_thumbnail (bad));
  g_assert_nonnull (strstr (why_case_get_problem (bad), "bad.png"));
  g_assert_null (why_case_get_thumbnail (third));

  /* Steps go over what cannot be shown. */
  why_case_list_set_current (list, first);
  g_assert_true (why_case_list_step (list, 1) == third);
  g_assert_null (why_case_list_step (list, -1));
  why_case_list_set_current (list, third);
  g_assert_true (why_case_list_step (list, -1) == first);
  g_assert_finalize_object (list);
  why_runner_unref (runner);
}

static WhyDocument *
open_in_document (WhyRunner *runner, const char *folder, const char *model)
{
  WhyDocument *document = why_document_new (runner);
  const char *paths[] = { folder, model, NULL };

  why_document_open_paths (document, paths);
  spin_until_idle (document);
  return document;
}

static gboolean
all_answered (gpointer data)
{
  GListModel *list = data;

  for (guint position = 0; position < g_list_model_get_n_items (list); position++)
    {
      g_autoptr (WhyCase) item = g_list_model_get_item (list, position);
      if (why_case_get_probability (item) < 0 && why_case_get_problem (item) == NULL)
        return FALSE;
    }
  return TRUE;
}

/* The model is asked about all of them by itself; the answers are those that opening each one gives. */
static void
test_answers (void)
{
  g_autofree char *folder = make_case_folder ("answers");
  g_autofree char *model = in_root ("small.onnx");
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_in_document (runner, folder, model);
  WhyCaseList *list = why_document_get_cases (document);

  g_assert_null (why_document_get_error_message (document));
  g_assert_true (g_str_has_suffix (why_document_get_picture_path (document), "a.png"));
  spin_until (all_answered, list);
  g_autoptr (WhyCase) first = g_list_model_get_item (G_LIST_MODEL (list), 0);
  g_autoptr (WhyCase) third = g_list_model_get_item (G_LIST_MODEL (list), 2);
  g_assert_true (why_case_get_has_map (first));
  g_assert_false (why_case_get_has_map (third));
  const double before = why_case_get_probability (third);
  g_autofree char *label = g_strdup (why_case_get_label (third));

  /* Stepping keeps the question, and comes to the same answer. */
  why_document_set_target_class (document, 1);
  why_document_set_layer (document, "relu1");
  why_document_set_opacity (document, 0.25);
  g_assert_true (why_document_step_case (document, 1));
  spin_until_idle (document);
  g_assert_true (g_str_has_suffix (why_document_get_picture_path (document), "c9.png"));
  g_assert_cmpint (why_document_get_target_class (document), ==, 1);
  g_assert_cmpstr (why_document_get_layer (document), ==, "relu1");
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.25);
  g_assert_true (why_case_get_has_map (third));
  g_assert_cmpstr (why_case_get_label (third), ==, label);
  /* The same network on the same pixels by another session: the last bits may differ by the order of sums. */
  g_assert_cmpfloat_with_epsilon (why_case_get_probability (third), before, 1e-5);
  g_assert_true (why_document_step_case (document, 1));
  spin_until_idle (document);
  g_assert_false (why_document_step_case (document, 1));

  why_case_list_set_order (list, WHY_CASES_BY_CONFIDENCE);
  for (guint position = 1; position + 1 < g_list_model_get_n_items (G_LIST_MODEL (list)); position++)
    {
      g_autoptr (WhyCase) less = g_list_model_get_item (G_LIST_MODEL (list), position - 1);
      g_autoptr (WhyCase) more = g_list_model_get_item (G_LIST_MODEL (list), position);
      g_assert_cmpfloat (why_case_get_probability (less), <=, why_case_get_probability (more));
    }
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* What turns out to be no picture only when it is its turn is gone over, and named. */
static void
test_skipping (void)
{
  g_autofree char *folder = make_case_folder ("skipping");
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_in_document (runner, folder, NULL);

  g_assert_true (g_str_has_suffix (why_document_get_picture_path (document), "a.png"));
  g_assert_true (why_document_step_case (document, 1));
  spin_until_idle (document);
  g_assert_true (g_str_has_suffix (why_document_get_picture_path (document), "c9.png"));
  g_assert_nonnull (strstr (why_document_get_error_message (document), "bad.png"));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* A folder of thousands: the list is there at once, and nothing but its names was looked at. */
static void
test_thousands (void)
{
  g_autofree char *folder = make_folder ("thousands");
  WhyRunner *runner = why_runner_new ();
  WhyCaseList *list = why_case_list_new (runner);

  for (guint number = 0; number < 3000; number++)
    {
      g_autofree char *name = g_strdup_printf ("p%u.png", number);
      write_text (folder, name, "");
    }
  why_case_list_open_folder (list, folder, NULL, NULL, NULL);
  spin_until (list_is_idle, list);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 3000);
  g_autoptr (WhyCase) last = g_list_model_get_item (G_LIST_MODEL (list), 2999);
  g_assert_cmpstr (why_case_get_name (last), ==, "p2999.png");
  g_assert_finalize_object (list);
  why_runner_unref (runner);
}

/* ---- class names ---- */

static void
test_labels (void)
{
  g_autofree char *folder = make_case_folder ("labels");
  g_autofree char *model = in_root ("small.onnx");
  g_autofree char *names = g_build_filename (folder, "names.txt", NULL);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_open (document, names);
  spin_until_idle (document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "names of classes"));
  why_document_open (document, model);
  spin_until_idle (document);
  why_document_set_layer (document, "relu1");
  why_document_open (document, names);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_cmpstr (why_class_item_get_label (why_document_get_class (document, 1)), ==, "one");
  /* The question is the same as before. */
  g_assert_cmpstr (why_document_get_layer (document), ==, "relu1");
  g_assert_cmpstr (why_document_get_labels_path (document), ==, names);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* ---- help ---- */

/* Every page can be read, and every link leads to one. */
static void
test_help_pages (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) ids = why_help_list (&error);
  g_autofree char *folder = g_build_filename (WHY_SOURCE_DIR, "help", "C", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n_files = 0;

  g_assert_no_error (error);
  for (gsize index = 0; ids[index] != NULL; index++)
    {
      g_autoptr (WhyHelpPage) page = why_help_load (ids[index], &error);
      g_assert_no_error (error);
      g_assert_cmpuint (page->blocks->len, >, 1);
      g_assert_nonnull (page->description);
      for (guint link = 0; link < page->links->len; link++)
        {
          if (!g_strv_contains ((const char *const *) ids, g_ptr_array_index (page->links, link)))
            g_error ("%s: there is no page %s", ids[index], (char *) g_ptr_array_index (page->links, link));
        }
      for (guint block = 0; block < page->blocks->len; block++)
        {
          const char *markup = ((WhyHelpBlock *) g_ptr_array_index (page->blocks, block))->markup;
          g_assert_cmpstr (markup, !=, "");
          /* What the writer's shorthand left over. */
          g_assert_null (strstr (markup, "**"));
          g_assert_null (strstr (markup, "[["));
        }
    }
  /* No page that nobody finds. */
  while ((name = g_dir_read_name (dir)) != NULL)
    n_files += g_str_has_suffix (name, ".page") ? 1 : 0;
  g_assert_cmpuint (n_files, ==, g_strv_length (ids));

  g_autoptr (WhyHelpPage) trust = why_help_load ("trust", &error);
  g_assert_true (why_help_matches (trust, "saturation GRADIENT"));
  g_assert_false (why_help_matches (trust, "saturation nifti"));
}

/* Every page of every language can be read, belongs to one in English, and leads to pages that there are. A page that
 * is not translated is shown in English. */
static void
test_help_translations (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) ids = why_help_list (&error);
  g_autofree char *all = g_build_filename (WHY_SOURCE_DIR, "help", NULL);
  g_autoptr (GDir) languages = g_dir_open (all, 0, NULL);
  const char *language;
  guint n_languages = 0;

  g_assert_no_error (error);
  while ((language = g_dir_read_name (languages)) != NULL)
    {
      g_autofree char *folder = g_build_filename (all, language, NULL);
      g_autoptr (GDir) pages = g_dir_open (folder, 0, NULL);
      const char *name;
      guint n_pages = 0;

      g_assert_nonnull (pages);
      while ((name = g_dir_read_name (pages)) != NULL)
        {
          g_autofree char *id = g_strndup (name, strlen (name) - strlen (".page"));
          g_autofree char *path = g_build_filename (folder, name, NULL);
          g_autofree char *text = NULL;

          g_assert_true (g_str_has_suffix (name, ".page"));
          g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
          g_autoptr (WhyHelpPage) page = why_help_parse (id, text, &error);
          if (page == NULL)
            g_error ("%s: %s", path, error->message);
          if (!g_strv_contains ((const char *const *) ids, id))
            g_error ("%s: there is no such page in English", path);
          g_assert_nonnull (page->description);
          for (guint link = 0; link < page->links->len; link++)
            {
              if (!g_strv_contains ((const char *const *) ids, g_ptr_array_index (page->links, link)))
                g_error ("%s: there is no page %s", path, (char *) g_ptr_array_index (page->links, link));
            }
          n_pages++;
        }
      g_assert_cmpuint (n_pages, >, 0);
      n_languages++;
    }
  g_assert_cmpuint (n_languages, >, 1);
}

static void
test_help_parser (void)
{
  static const struct
  {
    const char *text;
    const char *part;
  } bad[] = {
    { "<page><p>text</p></page>", "no title" },
    { "<page><title>A</title><table/></page>", "<table>" },
    { "<page><title>A</title><p>a <blink>b</blink></p></page>", "<blink>" },
    { "<page><title>A</title>loose</page>", "outside" },
    { "<page><title>A</title>", "help page x" },
  };
  g_autoptr (GError) none = NULL;

  for (gsize index = 0; index < G_N_ELEMENTS (bad); index++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (why_help_parse ("x", bad[index].text, &error));
      g_assert_nonnull (strstr (error->message, bad[index].part));
    }
  g_autoptr (WhyHelpPage) page = why_help_parse (
    "x",
    "<page><info><desc>D</desc></info><title>A &amp; B</title><p>a <em>b</em>\n  <keyseq><key>Ctrl</key> <key>K</key></keyseq> "
    "<link xref=\"y\">c</link></p><section><title>S</title><steps><item><p>one</p></item><item><p>two</p></item></steps>"
    "</section></page>",
    &none);
  g_assert_no_error (none);
  g_assert_cmpstr (page->title, ==, "A & B");
  g_assert_cmpstr (page->description, ==, "D");
  const WhyHelpBlock *text = g_ptr_array_index (page->blocks, 1);
  g_assert_cmpstr (text->markup, ==, "a <i>b</i> <tt>Ctrl</tt>+<tt>K</tt> <a href=\"page:y\">c</a>");
  const WhyHelpBlock *last = g_ptr_array_index (page->blocks, page->blocks->len - 1);
  g_assert_cmpint (last->kind, ==, WHY_HELP_STEP);
  g_assert_cmpint (last->number, ==, 2);
}

/* ---- after a crash ---- */

static gboolean
is_settled (gpointer autosave)
{
  return why_autosave_is_settled (autosave);
}

static void
test_autosave (void)
{
  g_autofree char *state = in_root ("state");
  g_autofree char *pictures = make_case_folder ("kept");
  g_autofree char *picture = g_build_filename (pictures, "a.png", NULL);
  g_autoptr (GError) error = NULL;
  WhyRunner *runner = why_runner_new ();
  WhyAutosaveFolder *folder = why_autosave_folder_new (state, &error);

  g_assert_no_error (error);
  WhyDocument *document = why_document_new (runner);
  WhyAutosave *autosave = why_autosave_new (folder, document, 10);
  g_autofree char *path = g_strdup (why_autosave_get_path (autosave));
  spin_until (is_settled, autosave);
  /* Nothing is open: nothing to keep. */
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  why_document_open (document, picture);
  spin_until_idle (document);
  spin_until (is_settled, autosave);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  why_document_set_opacity (document, 0.125);
  g_assert_false (why_autosave_is_settled (autosave));
  spin_until (is_settled, autosave);
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"opacity\":0.125"));
  g_assert_null (why_document_get_error_message (document));

  /* The clean end. */
  g_assert_finalize_object (autosave);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  why_autosave_folder_free (folder);
  g_autofree char *own = g_path_get_dirname (path);
  g_assert_false (g_file_test (own, G_FILE_TEST_EXISTS));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* A process that ends without cleaning up: what it kept is found once, by one. */
static void
test_lost (void)
{
  g_autofree char *state = in_root ("lost-state");
  g_autoptr (GError) error = NULL;
  int ready[2];
  char byte;

  g_assert_cmpint (pipe (ready), ==, 0);
  const pid_t child = fork ();
  if (child == 0)
    {
      /* As the program does, with what is safe after a fork: a folder with a lock and a file. */
      g_autofree char *own = g_build_filename (state, "abcdef", NULL);
      g_autofree char *lock_path = g_build_filename (own, "lock", NULL);
      g_autofree char *file = g_build_filename (own, "1.whylight", NULL);
      g_mkdir_with_parents (own, 0700);
      const int lock = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (lock < 0 || flock (lock, LOCK_EX) != 0 || !g_file_set_contents (file, "{}", -1, NULL) ||
          write (ready[1], "x", 1) != 1)
        _exit (1);
      pause ();
      _exit (2);
    }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_autoptr (WhyAutosaveFolder) folder = why_autosave_folder_new (state, &error);
  g_assert_no_error (error);
  /* It lives: what it has open is its own. */
  g_auto (GStrv) living = why_autosave_folder_find_lost (folder);
  g_assert_cmpuint (g_strv_length (living), ==, 0);

  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  g_auto (GStrv) lost = why_autosave_folder_find_lost (folder);
  g_assert_cmpuint (g_strv_length (lost), ==, 1);
  g_assert_true (g_str_has_suffix (lost[0], "1.whylight"));
  /* Another process that starts now does not offer it too. */
  g_autoptr (WhyAutosaveFolder) other = why_autosave_folder_new (state, &error);
  g_auto (GStrv) again = why_autosave_folder_find_lost (other);
  g_assert_cmpuint (g_strv_length (again), ==, 0);
  /* Declined: nothing is kept. */
  why_autosave_folder_forget_lost (folder);
  g_assert_false (g_file_test (lost[0], G_FILE_TEST_EXISTS));
  close (ready[0]);
  close (ready[1]);
}

int
main (int argc, char **argv)
{
  g_autofree char *model = NULL;

  g_test_init (&argc, &argv, NULL);
  root = g_dir_make_tmp ("whylight-desk-XXXXXX", NULL);
  g_assert_nonnull (root);
  model = in_root ("small.onnx");
  small_write (small_model (), model);
  g_test_add_func ("/fuzzy/fits", test_fuzzy_fits);
  g_test_add_func ("/fuzzy/order", test_fuzzy_order);
  g_test_add_func ("/open/kinds", test_kinds);
  g_test_add_func ("/open/labels", test_labels);
  g_test_add_func ("/cases/folder", test_folder);
  g_test_add_func ("/cases/thumbnails", test_thumbnails);
  g_test_add_func ("/cases/answers", test_answers);
  g_test_add_func ("/cases/skipping", test_skipping);
  g_test_add_func ("/cases/thousands", test_thousands);
  g_test_add_func ("/help/pages", test_help_pages);
  g_test_add_func ("/help/translations", test_help_translations);
  g_test_add_func ("/help/parser", test_help_parser);
  g_test_add_func ("/autosave/document", test_autosave);
  g_test_add_func ("/autosave/lost", test_lost);
  const int status = g_test_run ();
  remove_tree (root);
  g_free (root);
  return status;
}
