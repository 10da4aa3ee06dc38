#include "config.h"

#include "app-driver.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

/* Actions of the window in an order that nobody would choose, with good and senseless parameters, while work is under way, and
 * clicks and keys between them. The program must not crash or hang, and must say nothing critical and no warning.
 *
 * The same seed gives the same actions: WHYLIGHT_RANDOM_SEED chooses another one, WHYLIGHT_RANDOM_STEPS more of them. */

#define SEED 20
#define STEPS 150

typedef struct
{
  const char *action;
  const char *words; /* of which one is chosen, separated by blanks */
} Words;

/* What the parameters of strings can be; the last ones of each mean nothing. */
static const Words known_words[] = {
  { "alpha", "uniform value x" },
  { "cases-filter", "a zzz" },
  { "cases-order", "name answer confidence x" },
  { "colormap", "viridis inferno turbo gray x" },
  { "colour-vision", "normal protan deutan tritan x" },
  { "compare", "single side curtain grid difference single x" },
  { "compare-bare", "none main other map x" },
  { "compare-grid", "layers methods classes x" },
  { "cover",
    "rectangle:10,10,50,50 {\"kind\":\"rectangle\",\"x\":1,\"y\":2,\"w\":30,\"h\":30} "
    "{\"kind\":\"ellipse\",\"x\":10,\"y\":20,\"w\":30,\"h\":30} {\"kind\":\"brush\",\"points\":[16,15,19,19],\"radius\":4} {} x" },
  { "annotate",
    "{\"kind\":\"rectangle\",\"x\":1,\"y\":2,\"w\":60,\"h\":60} {\"kind\":\"polygon\",\"points\":[0,0,30,0,30,30]} {} x" },
  { "edit-limit", "lower upper" },
  { "export-kind", "figure seen overlay raw scores x" },
  { "export-text", "lines caption none x" },
  { "fill", "mean black white blur noise texture x" },
  { "interpolation", "smooth nearest x" },
  { "layer-view", "list graph thumbs x" },
  { "limits", "own locked shared x" },
  { "method",
    "gradcam gradcam++ cam hirescam layercam eigencam rise scorecam ablationcam occlusion smoothgrad integrated-gradients x" },
  { "method-options", "samples=2 samples=x x=3" },
  { "page", "answer look test take x" },
  { "polarity", "relu against signed absolute x" },
  { "profile", "paper captum torchcam monai x" },
  { "region", "predicted all point:3,4 box:1,1,20,20 point:-5,99999 x" },
  { "run-check", "faithfulness randomisation occlusion controls regions x" },
  { "score", "logit probability log-probability x" },
  { "slice", "axial coronal sagittal x" },
  { "step-add", "one" },
  { "tool", "pan rectangle ellipse polygon brush region probe x" },
  { "tool-purpose", "occlude annotate explain x" },
  { "window-preset", "brain bone lung auto own model file x" },
};

/* They ask for files or write them, leave the program or open what is not its own. */
static const char *const left_out[] = {
  "model", "export", "export-as", "save-session", "open-session", "locate", "import-annotations", "export-annotations", "close",
};

static const char *const other_words = "coronal axial sagittal class layer method model 0 1 gradcam layercam x";

static char *folder;

static char *
choose_word (GRand *random, const char *action)
{
  const char *words = other_words;

  for (gsize k = 0; k < G_N_ELEMENTS (known_words); k++)
    {
      if (strcmp (known_words[k].action, action) == 0)
        words = known_words[k].words;
    }
  g_auto (GStrv) split = g_strsplit (words, " ", -1);
  return g_strdup (split[g_rand_int_range (random, 0, (gint32) g_strv_length (split))]);
}

static GVariant *
make_value (GRand *random, const char *action, const GVariantType *type)
{
  static const gint32 integers[] = { -1, 0, 0, 1, 1, 2, 3, 5, 9, 99999, G_MININT32, G_MAXINT32 };
  static const double doubles[] = { 0, 0.05, 0.3, 0.5, 0.9, 1, 2, 10, 50, -3, 1e9, -1e300 };

  if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING))
    return g_variant_new_take_string (choose_word (random, action));
  if (g_variant_type_equal (type, G_VARIANT_TYPE_INT32))
    return g_variant_new_int32 (integers[g_rand_int_range (random, 0, G_N_ELEMENTS (integers))]);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_DOUBLE))
    return g_variant_new_double (doubles[g_rand_int_range (random, 0, G_N_ELEMENTS (doubles))]);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    return g_variant_new_boolean (g_rand_boolean (random));

  GVariantBuilder builder;
  g_variant_builder_init (&builder, type);
  if (g_variant_type_is_array (type))
    {
      for (int item = g_rand_int_range (random, 0, 4); item > 0; item--)
        g_variant_builder_add_value (&builder, make_value (random, action, g_variant_type_element (type)));
    }
  else
    {
      g_assert_true (g_variant_type_is_tuple (type));
      for (const GVariantType *member = g_variant_type_first (type); member != NULL; member = g_variant_type_next (member))
        g_variant_builder_add_value (&builder, make_value (random, action, member));
    }
  return g_variant_builder_end (&builder);
}

static gint
compare_names (gconstpointer first, gconstpointer second)
{
  return strcmp (*(const char *const *) first, *(const char *const *) second);
}

/* Names of the actions in a fixed order, each with the type of its parameter. */
static GPtrArray *
list_actions (AppDriver *driver, GHashTable *types)
{
  g_autoptr (GVariant) actions = app_driver_describe (driver);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *name, *signature;

  g_variant_iter_init (&iter, actions);
  while (g_variant_iter_next (&iter, "{&s(b&g@av)}", &name, NULL, &signature, NULL))
    {
      gboolean out = g_str_has_suffix (name, "-dialog");
      for (gsize k = 0; k < G_N_ELEMENTS (left_out); k++)
        out = out || strcmp (name, left_out[k]) == 0;
      if (out)
        continue;
      g_ptr_array_add (names, g_strdup (name));
      g_hash_table_insert (types, g_strdup (name), g_strdup (signature));
    }
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Anywhere in the window below its title, whose buttons would close it. */
static void
use_hand (GRand *random)
{
  static const char *const keys[] = { "Tab", "Down", "Up", "space", "Escape", "Return", "Page_Down", "Delete", "ctrl+z", "ctrl+k" };

  if (g_rand_boolean (random))
    {
      const int x = g_rand_int_range (random, 0, 1180), y = g_rand_int_range (random, 60, 760);
      g_autofree char *words = g_strdup_printf ("mousemove %d %d click 1", x, y);
      hand (words);
    }
  else
    {
      g_autofree char *words = g_strdup_printf ("key %s", keys[g_rand_int_range (random, 0, G_N_ELEMENTS (keys))]);
      hand (words);
    }
}

/* What GTK 4.8 says where the focus jumps and no window manager tells which window is active; and seldom, on a busy machine, of
 * a widget that waits for the lay-out of the next frame, and is drawn with that. */
static void
check_messages (AppDriver *driver)
{
  static const char *const harmless[] = {
    "GtkText - did not receive a focus-out event", "GtkText - unexpected blinking selection",
    "Broken accounting of active state for widget", "without a current allocation",
  };
  g_autofree char *messages = app_driver_messages (driver);
  g_auto (GStrv) lines = g_strsplit (messages, "\n", -1);

  for (gsize line = 0; lines[line] != NULL; line++)
    {
      gboolean excused = strstr (lines[line], "-WARNING **") == NULL && strstr (lines[line], "-CRITICAL **") == NULL &&
                         strstr (lines[line], "runtime error:") == NULL;
      for (gsize k = 0; k < G_N_ELEMENTS (harmless); k++)
        excused = excused || strstr (lines[line], harmless[k]) != NULL;
      if (!excused)
        g_error ("the program says:\n%s", messages);
    }
}

static guint32
number_of (const char *name, guint32 otherwise)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint32) g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
shake (const char *model, const char *file)
{
  const guint32 seed = number_of ("WHYLIGHT_RANDOM_SEED", SEED);
  const guint32 n_steps = number_of ("WHYLIGHT_RANDOM_STEPS", STEPS);
  g_autofree char *program = g_find_program_in_path ("xdotool");
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GHashTable) types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  AppDriver *driver = app_driver_start_strict ((const char *[]){ model, file, NULL });

  g_test_message ("WHYLIGHT_RANDOM_SEED=%u WHYLIGHT_RANDOM_STEPS=%u", seed, n_steps);
  app_driver_wait_idle (driver);
  g_autoptr (GPtrArray) names = list_actions (driver, types);
  g_assert_cmpuint (names->len, >, 100);
  for (guint32 step = 0; step < n_steps; step++)
    {
      const char *name = g_ptr_array_index (names, (guint) g_rand_int_range (random, 0, (gint32) names->len));
      const char *signature = g_hash_table_lookup (types, name);
      g_autoptr (GVariant) value =
        *signature != '\0' ? g_variant_ref_sink (make_value (random, name, G_VARIANT_TYPE (signature))) : NULL;
      g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : g_strdup ("");

      g_test_message ("%u: %s %s", step, name, text);
      const gboolean taken = app_driver_try_win (driver, name, value);
      if (!taken)
        g_test_message ("refused");
      if (step % 7 == 6 && program != NULL)
        use_hand (random);
      if (step % 10 == 9 || !taken)
        json_node_unref (app_driver_state (driver));
      if (step % 100 == 99)
        app_driver_wait_idle (driver);
    }
  app_driver_win (driver, "cancel", NULL);
  app_driver_wait_idle (driver);
  json_node_unref (app_driver_state (driver));
  check_messages (driver);
  app_driver_stop (driver);
}

static void
shake_sample (const char *model, const char *file)
{
  g_autofree char *model_path = g_build_filename (WHY_SOURCE_DIR, model, NULL);
  g_autofree char *file_path = g_build_filename (WHY_SOURCE_DIR, file, NULL);

  shake (model_path, file_path);
}

static void
test_picture (void)
{
  shake_sample ("models/wardrobe/wardrobe.onnx", "data/samples/wardrobe-2.png");
}

static void
test_volume (void)
{
  shake_sample ("models/hippocampus/hippocampus.onnx", "data/samples/hippocampus-left-anterior.nii.gz");
}

static void
test_slide (void)
{
  g_autofree char *sample = g_build_filename (WHY_SOURCE_DIR, "data/samples/gland-normal.png", NULL);
  g_autofree char *model = g_build_filename (WHY_SOURCE_DIR, "models/phantoms/gland.onnx", NULL);
  g_autofree char *path = g_build_filename (folder, "slide.tif", NULL);
  VipsImage *tile, *image;

  g_assert_cmpint (vips_pngload (sample, &tile, NULL), ==, 0);
  g_assert_cmpint (vips_replicate (tile, &image, 12, 10, NULL), ==, 0);
  g_assert_cmpint (vips_tiffsave (image, path, "tile", TRUE, "tile_width", 256, "tile_height", 256, "pyramid", TRUE, "compression",
                                  VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, NULL), ==, 0);
  g_object_unref (image);
  g_object_unref (tile);
  shake (model, path);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips: %s", vips_error_buffer ());
  folder = g_dir_make_tmp ("whylight-random-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/random/picture", test_picture);
  g_test_add_func ("/random/volume", test_volume);
  g_test_add_func ("/random/slide", test_slide);
  const int status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  vips_shutdown ();
  return status;
}
