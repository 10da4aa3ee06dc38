#include "config.h"

#include "base/npy.h"
#include "cli-driver.h"
#include "onnx/model.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* The command line on what ships, networks and samples, and on real networks where there are any. */

static void
test_sample (void)
{
  g_autofree char *model = g_test_build_filename (G_TEST_DIST, "..", "models", "wardrobe", "wardrobe.onnx", NULL);

  if (!g_file_test (model, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("models/wardrobe/wardrobe.onnx is not there");
      return;
    }
  /* The bag of the first scene: the map's peak lies in the box of data/samples/wardrobe-1.json, and covering the box
   * takes the answer away. */
  g_autofree char *boxes_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_assert_true (json_parser_load_from_file (parser, boxes_path, NULL));
  JsonObject *scene = json_node_get_object (json_parser_get_root (parser));
  JsonArray *boxes = json_object_get_array_member (scene, "boxes");
  double box[4] = { 0 };
  for (guint index = 0; index < json_array_get_length (boxes); index++)
    {
      JsonObject *item = json_array_get_object_element (boxes, index);
      if (strcmp (json_object_get_string_member (item, "label"), "bag") == 0)
        for (guint number = 0; number < 4; number++)
          box[number] = json_array_get_double_element (json_object_get_array_member (item, "box"), number);
    }
  g_assert_cmpfloat (box[2], >, 0);

  g_autofree char *quoted = g_shell_quote (model);
  g_autofree char *line = g_strdup_printf ("explain %s $P --class bag --raw bag.npy", quoted);
  g_auto (CliRun) run G_GNUC_UNUSED = cli_fine (line);
  g_autoptr (WhyTensor) raw = cli_read_npy ("bag.npy");
  gsize peak = 0;
  for (gsize index = 0; index < why_tensor_count (raw); index++)
    {
      if (why_tensor_get_f64 (raw, index) > why_tensor_get_f64 (raw, peak))
        peak = index;
    }
  const double x = (double) (peak % (gsize) raw->dims[2]) + 0.5;
  const double y = (double) (peak / (gsize) raw->dims[2]) + 0.5;
  g_assert_cmpfloat (x * 512 / raw->dims[2], >=, box[0]);
  g_assert_cmpfloat (x * 512 / raw->dims[2], <=, box[0] + box[2]);
  g_assert_cmpfloat (y * 512 / raw->dims[1], >=, box[1]);
  g_assert_cmpfloat (y * 512 / raw->dims[1], <=, box[1] + box[3]);

  g_autofree char *cover =
    g_strdup_printf ("occlude %s $P --rect %g,%g,%g,%g --class bag --json", quoted, box[0], box[1], box[2], box[3]);
  g_autoptr (JsonNode) node = cli_json (cover);
  JsonArray *classes = json_object_get_array_member (json_node_get_object (node), "classes");
  gboolean found = FALSE;
  for (guint index = 0; index < json_array_get_length (classes); index++)
    {
      JsonObject *item = json_array_get_object_element (classes, index);
      if (strcmp (json_object_get_string_member (item, "label"), "bag") != 0)
        continue;
      found = TRUE;
      g_assert_cmpfloat (json_object_get_double_member (item, "after"), <,
                         json_object_get_double_member (item, "before") / 2);
    }
  g_assert_true (found);
}

/* The benchmark on the samples that ship: the honest network's map points into the core, that of the other at the pen; a map of
 * edges depends on no weights. A folder is read by names, sizes and values. */
static void
test_truth (void)
{
  g_autofree char *data = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", NULL);
  g_autofree char *models = g_test_build_filename (G_TEST_DIST, "..", "models", "phantoms", NULL);
  g_autofree char *line =
    g_strdup_printf ("truth --network lesion --network lesion-clever-hans --method gradcam --method sobel "
                     "--randomised 1 --json --output truth.png --data '%s' --models '%s'",
                     data, models);
  g_autoptr (JsonNode) node = cli_json (line);
  JsonArray *rows = json_object_get_array_member (json_node_get_object (node), "rows");

  g_assert_cmpuint (json_array_get_length (rows), ==, 4);
  JsonObject *honest = json_array_get_object_element (rows, 0), *hans = json_array_get_object_element (rows, 2);
  g_assert_cmpstr (json_object_get_string_member (honest, "method"), ==, "gradcam");
  g_assert_cmpint (json_object_get_int_member (honest, "maps"), ==, 5);
  g_assert_cmpfloat (json_object_get_double_member (honest, "pointing"), ==, 1);
  g_assert_cmpfloat (json_object_get_double_member (honest, "mark_peak"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (honest, "randomisation_passed"), ==, 1);
  g_assert_true (json_object_get_boolean_member (hans, "revealed"));
  g_assert_cmpfloat (json_object_get_double_member (hans, "pointing"), ==, 0);
  JsonObject *edges = json_array_get_object_element (rows, 1);
  g_assert_cmpint (json_object_get_int_member (edges, "randomised"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (edges, "randomisation_passed"), ==, 0);
  g_autofree char *figure = cli_path ("truth.png");
  g_assert_true (g_file_test (figure, G_FILE_TEST_IS_REGULAR));

  g_autofree char *cases = cli_path ("truth-cases");
  g_assert_cmpint (g_mkdir (cases, 0700), ==, 0);
  g_autofree char *alone = g_build_filename (cases, "gland-1.png", NULL);
  g_autofree char *mask = g_build_filename (cases, "gland-1.mask.png", NULL);
  g_autofree char *shipped = g_build_filename (data, "gland-tumour.png", NULL);
  g_autofree char *other = g_build_filename (data, "lesion-both.mask.png", NULL);
  g_autofree char *command =
    g_strdup_printf ("truth --network gland --method gradcam --data truth-cases --models '%s'", models);
  char *bytes;
  gsize length;

  g_auto (CliRun) empty = cli (command);
  g_assert_cmpint (empty.status, ==, 1);
  g_assert_nonnull (strstr (empty.err, "no cases gland-*"));
  g_assert_true (g_file_get_contents (shipped, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (alone, bytes, (gssize) length, NULL));
  g_free (bytes);
  g_auto (CliRun) without = cli (command);
  g_assert_cmpint (without.status, ==, 1);
  g_assert_nonnull (strstr (without.err, "no mask gland-1.mask.png"));
  g_assert_true (g_file_get_contents (other, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (mask, bytes, (gssize) length, NULL));
  g_free (bytes);
  g_auto (CliRun) size = cli (command);
  g_assert_cmpint (size.status, ==, 1);
  g_assert_nonnull (strstr (size.err, "the mask is 192x192"));
  /* Of the right size, but of other values than the phantom has. */
  g_autofree char *values = g_build_filename (data, "gland-normal.png", NULL);
  g_assert_true (g_file_get_contents (values, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (mask, bytes, (gssize) length, NULL));
  g_free (bytes);
  g_auto (CliRun) strange = cli (command);
  g_assert_cmpint (strange.status, ==, 1);
  g_assert_nonnull (strstr (strange.err, "gland-1.mask.png: the mask holds the value"));
  g_assert_nonnull (strstr (strange.err, "a mask of 'gland' holds 0, 255"));
  g_assert_true (g_file_set_contents (mask, "no picture", -1, NULL));
  g_auto (CliRun) broken = cli (command);
  g_assert_cmpint (broken.status, ==, 1);
  g_auto (CliRun) unknown = cli ("truth --network nothing");
  g_assert_cmpint (unknown.status, ==, 2);
  g_remove (alone);
  g_remove (mask);
  g_rmdir (cases);
  g_remove (figure);
}

/* For people: columns without anything to tell are left out, of the samples that ship it is said that they are few, and of a
 * network that looks at the mark which methods reveal it. */
static void
test_truth_table (void)
{
  g_auto (CliRun) hans = cli ("truth --network lesion-clever-hans --method gradcam --method sobel --randomised 0");
  g_assert_cmpint (hans.status, ==, 0);
  g_assert_nonnull (strstr (hans.out, "lesion-clever-hans, class malignant: 5 cases"));
  g_assert_nonnull (strstr (hans.out, "revealed |"));
  g_assert_null (strstr (hans.out, "random |"));
  g_assert_nonnull (strstr (hans.out, "       yes |"));
  g_assert_nonnull (strstr (hans.out, "        no |"));
  g_assert_nonnull (strstr (hans.out, "train.py cases CASES"));

  g_autofree char *data = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", NULL);
  g_autofree char *line =
    g_strdup_printf ("truth --network gland --network two-features --method gradcam --data '%s'", data);
  g_auto (CliRun) others = cli (line);
  g_assert_cmpint (others.status, ==, 0);
  char *second = strstr (others.out, "two-features, class green");
  g_assert_nonnull (second);
  g_assert_nonnull (strstr (second, "sign |"));
  *second = '\0';
  g_assert_null (strstr (others.out, "sign |"));
  g_assert_null (strstr (others.out, "revealed |"));
  g_assert_nonnull (strstr (others.out, "by chance |"));
}

/* The folder of real models and reference values, or NULL with the test skipped. */
static char *
test_data (void)
{
  const char *given = g_getenv ("WHYLIGHT_TEST_DATA");
  g_autofree char *path =
    given != NULL ? g_strdup (given) : g_test_build_filename (G_TEST_DIST, "..", "..", "shared", "data", NULL);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&path);
  g_test_skip ("no real models: WHYLIGHT_TEST_DATA is not set and ../shared/data is not there");
  return NULL;
}

static double
largest (const WhyTensor *tensor)
{
  double value = 0;

  for (gsize index = 0; index < why_tensor_count (tensor); index++)
    value = MAX (value, fabs (why_tensor_get_f64 (tensor, index)));
  return value;
}

/* Within 1e-4 of the largest value: the same network in another order of float32 sums. */
static void
assert_near (const WhyTensor *actual, const WhyTensor *expected)
{
  const double allowed = 1e-4 * largest (expected);

  g_assert_cmpuint (why_tensor_count (actual), ==, why_tensor_count (expected));
  for (gsize index = 0; index < why_tensor_count (expected); index++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (actual, index), why_tensor_get_f64 (expected, index), allowed);
}

static void
test_reference_outputs (void)
{
  static const struct
  {
    const char *model;
    const char *output;
  } models[] = {
    { "squeezenet1.1_fp32", "softmaxout_1" },
    { "mobilenet_v2_1.0_224", "MobilenetV2/Predictions/Softmax" },
    { "mobilenet_v1_0.25_128", "MobilenetV1/Predictions/Reshape_1" },
  };
  g_autofree char *data = test_data ();

  for (gsize index = 0; data != NULL && index < G_N_ELEMENTS (models); index++)
    {
      g_autofree char *expected_path = g_build_filename (data, "reference", models[index].model, "output_0.pb", NULL);
      g_autofree char *line =
        g_strdup_printf ("run '%s/models/%s.onnx' '%s/reference/%s/input_0.pb' --output %s=out.npy", data,
                         models[index].model, data, models[index].model, models[index].output);
      g_auto (CliRun) run G_GNUC_UNUSED = cli_fine (line);
      g_autoptr (WhyTensor) actual = cli_read_npy ("out.npy");
      g_autoptr (WhyTensor) expected = why_onnx_tensor_load (expected_path, NULL);
      g_assert_nonnull (expected);
      assert_near (actual, expected);
    }
}

static void
test_reference_maps (void)
{
  static const char *const classes[] = { "244", "283" };
  g_autofree char *data = test_data ();

  for (gsize index = 0; data != NULL && index < G_N_ELEMENTS (classes); index++)
    {
      g_autofree char *name = g_strdup_printf ("mobilenet_v2_1.0_224__both_dog_cat__class%s.npy", classes[index]);
      g_autofree char *expected_path = g_build_filename (data, "reference", "cam", name, NULL);
      g_autofree char *line =
        g_strdup_printf ("explain '%s/models/mobilenet_v2_1.0_224.onnx' '%s/reference/cam/input__both_dog_cat.npy' "
                         "--class %s --raw cam.npy",
                         data, data, classes[index]);
      g_auto (CliRun) run G_GNUC_UNUSED = cli_fine (line);
      g_autoptr (WhyTensor) actual = cli_read_npy ("cam.npy");
      g_autoptr (WhyTensor) expected = why_npy_read (expected_path, NULL);
      g_assert_nonnull (expected);
      assert_near (actual, expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cli_driver_start ();

  g_test_add_func ("/cli/sample", test_sample);
  g_test_add_func ("/cli/truth", test_truth);
  g_test_add_func ("/cli/truth-table", test_truth_table);
  g_test_add_func ("/cli/reference/outputs", test_reference_outputs);
  g_test_add_func ("/cli/reference/maps", test_reference_maps);

  const int status = g_test_run ();
  cli_driver_finish ();
  return status;
}
