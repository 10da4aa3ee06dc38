#include "config.h"

#include "cli-driver.h"
#include "dicom-slice.h"
#include "draw/png.h"
#include "small-models.h"

#include <glib/gstdio.h>
#include <string.h>
#include <vips/vips.h>

/* The command line on what has more values than a screen has greys: series of scans in folders, and windows. */

#define SIDE 40

/* Slice by slice brighter, with a box in the middle that stands out. */
static void
write_slice (const char *name, const char *series, int slice)
{
  g_autofree char *path = cli_path (name);
  gint16 values[SIDE * SIDE];

  for (int pixel = 0; pixel < SIDE * SIDE; pixel++)
    {
      const int x = pixel % SIDE, y = pixel / SIDE;
      const gboolean inside = x >= 10 && x < 25 && y >= 12 && y < 30;
      values[pixel] = (gint16) (-100 + 20 * slice + 3 * x + (inside ? 60 : 0));
    }
  dicom_slice_write (path, series, 2.5 * slice, values, SIDE, SIDE);
}

static void
write_deep_picture (const char *name)
{
  g_autofree char *path = cli_path (name);
  guint16 values[SIDE * SIDE];

  for (int pixel = 0; pixel < SIDE * SIDE; pixel++)
    values[pixel] = (guint16) (1000 + 20 * (pixel % SIDE) + 7 * (pixel / SIDE));
  VipsImage *image = vips_image_new_from_memory (values, sizeof values, SIDE, SIDE, 1, VIPS_FORMAT_USHORT);
  g_assert_nonnull (image);
  g_assert_cmpint (vips_pngsave (image, path, "bitdepth", 16, NULL), ==, 0);
  g_object_unref (image);
}

static double
mean_of (const char *name)
{
  g_autofree char *path = cli_path (name);
  VipsImage *image = vips_image_new_from_file (path, NULL);
  double mean;

  g_assert_nonnull (image);
  g_assert_cmpint (vips_avg (image, &mean, NULL), ==, 0);
  g_object_unref (image);
  return mean;
}

static void
make_files (void)
{
  g_autofree char *model = cli_path ("small.onnx");
  g_autofree char *series = cli_path ("series");

  small_write (small_model (), model);
  g_assert_cmpint (g_mkdir (series, 0700), ==, 0);
  for (int slice = 0; slice < 4; slice++)
    {
      g_autofree char *name = g_strdup_printf ("series/%c.dcm", 'd' - slice);
      write_slice (name, "1.2.3", slice);
    }
  write_slice ("alone.dcm", NULL, 1);
  write_deep_picture ("deep.png");
}

/* Makes a figure, and once more by the command that it carries: the same bytes. Returns: the command; (transfer full) */
static char *
make_twice (const char *line, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliRun) run G_GNUC_UNUSED = cli_fine (line);
  g_autofree char *figure = cli_path (name);
  g_autofree char *first = NULL, *second = NULL;
  gsize first_length, second_length;

  g_assert_true (g_file_get_contents (figure, &first, &first_length, NULL));
  g_autofree char *recipe = why_png_read_text (figure, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) node = json_from_string (recipe, NULL);
  const char *command = json_object_get_string_member (json_node_get_object (node), "command");
  g_assert_true (g_str_has_prefix (command, "whylight-cli "));
  g_remove (figure);
  g_auto (CliRun) again G_GNUC_UNUSED = cli_fine (command + strlen ("whylight-cli "));
  g_assert_true (g_file_get_contents (figure, &second, &second_length, NULL));
  g_assert_cmpmem (first, first_length, second, second_length);
  return g_strdup (command);
}

/* Slices in a folder are one input for every command, and a figure of them says by which file they are found again. */
static void
test_folder (void)
{
  g_autofree char *command =
    make_twice ("explain small.onnx series --slice axial:2 -o folder.png --full-paths", "folder.png");
  g_autoptr (JsonNode) of_folder = cli_json ("run small.onnx series --json");
  g_autoptr (JsonNode) of_file = cli_json ("run small.onnx series/a.dcm --json");

  g_assert_nonnull (strstr (command, "series/a.dcm"));
  g_assert_nonnull (strstr (command, "--slice axial:2"));
  g_assert_true (json_node_equal (json_object_get_member (json_node_get_object (of_folder), "top"),
                                  json_object_get_member (json_node_get_object (of_file), "top")));

  g_autofree char *empty = cli_path ("empty");
  g_assert_cmpint (g_mkdir (empty, 0700), ==, 0);
  static const char *const lines[] = { "run small.onnx empty", "explain small.onnx empty -o folder.png" };
  for (gsize line = 0; line < G_N_ELEMENTS (lines); line++)
    {
      g_auto (CliRun) refused = cli (lines[line]);
      g_assert_cmpint (refused.status, ==, 1);
      g_assert_nonnull (strstr (refused.err, "empty: is a folder without DICOM slices"));
    }
}

/* The greys of a figure follow the window, its numbers do not; and it is made again with the same window. */
static void
test_window (void)
{
  static const struct
  {
    const char *input, *window, *said;
  } cases[] = {
    { "series --slice axial:2", "80,-40.5", "Window 80, level -40.5 HU" },
    { "series --slice coronal:max", "80,-40.5", "Window 80, level -40.5 HU" },
    { "alone.dcm", "120,10", "Window 120, level 10 HU" },
    { "deep.png", "900,1500", "Window 900, level 1500" },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (cases); which++)
    {
      g_autofree char *plain = g_strdup_printf (
        "explain small.onnx %s --class 1 -o own.png --raw own.npy --full-paths --scale 0.5", cases[which].input);
      g_autofree char *other =
        g_strdup_printf ("explain small.onnx %s --class 1 --window=%s -o window.png --raw window.npy "
                         "--full-paths --scale 0.5",
                         cases[which].input, cases[which].window);
      g_autofree char *captioned = g_strdup_printf ("explain small.onnx %s --class 1 --window=%s --caption",
                                                    cases[which].input, cases[which].window);
      g_autofree char *option = g_strdup_printf (" --window=%s ", cases[which].window);
      g_autofree char *own_command = make_twice (plain, "own.png");
      g_autofree char *command = make_twice (other, "window.png");

      g_assert_null (strstr (own_command, "--window"));
      g_assert_nonnull (strstr (command, option));
      g_auto (CliRun) text = cli_fine (captioned);
      if (strstr (text.out, cases[which].said) == NULL)
        g_error ("%s: \"%s\" is not in: %s", captioned, cases[which].said, text.out);
      g_autoptr (WhyTensor) own = cli_read_npy ("own.npy");
      g_autoptr (WhyTensor) map = cli_read_npy ("window.npy");
      g_assert_cmpmem (own->data, why_tensor_count (own) * sizeof (float), map->data,
                       why_tensor_count (map) * sizeof (float));

      g_autofree char *seen_own =
        g_strdup_printf ("explain small.onnx %s -o own.png --kind seen --hide-map", cases[which].input);
      g_autofree char *seen = g_strdup_printf ("explain small.onnx %s --window=%s -o window.png --kind seen --hide-map",
                                               cases[which].input, cases[which].window);
      g_auto (CliRun) one G_GNUC_UNUSED = cli_fine (seen_own);
      g_auto (CliRun) two G_GNUC_UNUSED = cli_fine (seen);
      /* Every window above is much narrower than the file's own or lies elsewhere: the picture is another one. */
      g_assert_cmpfloat (ABS (mean_of ("own.png") - mean_of ("window.png")), >, 5);
    }
}

static void
test_window_refused (void)
{
  static const struct
  {
    const char *line;
    int status;
    const char *said;
  } cases[] = {
    { "explain small.onnx $P --window=80,40 -o no.png", 1, "pictures of more than 8 bits" },
    { "explain small.onnx deep.png --window=0,40 -o no.png", 2, "WIDTH,LEVEL" },
    { "explain small.onnx deep.png --window=-5,40 -o no.png", 2, "WIDTH,LEVEL" },
    { "explain small.onnx deep.png --window=80 -o no.png", 2, "WIDTH,LEVEL" },
    { "explain small.onnx deep.png --window=nan,40 -o no.png", 2, "WIDTH,LEVEL" },
    { "explain small.onnx deep.png --window=inf,40 -o no.png", 2, "WIDTH,LEVEL" },
    { "explain small.onnx deep.png --window=lung -o no.png", 2, "WIDTH,LEVEL" },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (cases); which++)
    {
      g_auto (CliRun) run = cli (cases[which].line);
      if (run.status != cases[which].status || strstr (run.err, cases[which].said) == NULL)
        g_error ("whylight-cli %s: status %d: %s", cases[which].line, run.status, run.err);
    }
  g_autofree char *figure = cli_path ("no.png");
  g_assert_false (g_file_test (figure, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips does not start");
  cli_driver_start ();
  make_files ();
  g_test_add_func ("/cli-volumes/folder", test_folder);
  g_test_add_func ("/cli-volumes/window", test_window);
  g_test_add_func ("/cli-volumes/window/refused", test_window_refused);
  const int status = g_test_run ();
  cli_driver_finish ();
  vips_shutdown ();
  return status;
}
