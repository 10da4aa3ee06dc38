#include "config.h"

#include "base/npy.h"
#include "cli-driver.h"
#include "draw/png.h"
#include "small-models.h"

#include <math.h>
#include <string.h>

/* The command line from outside, as scripts see it: what it refuses, and what each command answers. */

/* ---- what must go wrong ---- */

static void
make_bad_files (void)
{
  g_autofree char *small = cli_path ("small.onnx");
  g_autofree char *contents = NULL;
  gsize length;

  small_write (small_model (), small);
  g_assert_true (g_file_get_contents (small, &contents, &length, NULL));
  cli_write ("truncated.onnx", contents, (gssize) length / 2);
  cli_write ("lfs.onnx",
              "version https://git-lfs.github.com/spec/v1\noid sha256:"
              "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
              -1);
  cli_write ("page.onnx", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", -1);
  cli_write ("page.png", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", -1);
  cli_write ("empty.onnx", "", 0);

  OnnxBuilder *volume = ob_new (7, 13);
  ob_input (volume, "scan", WHY_DTYPE_FLOAT32, "1,1,8,8,8");
  ob_node (volume, "Relu", "scan", "a", NULL);
  ob_node (volume, "GlobalAveragePool", "a", "logits", NULL);
  ob_output (volume, "logits", WHY_DTYPE_FLOAT32, NULL);
  g_autofree char *volume_path = cli_path ("volume.onnx");
  small_write (volume, volume_path);

  cli_write ("bad-recipe.json", "{\"version\": 1, \"size\": [16, 16], \"maen\": [0, 0, 0]}", -1);

  OnnxBuilder *strange = ob_new (7, 13);
  ob_input (strange, "x", WHY_DTYPE_FLOAT32, "1,3,8,8");
  ob_node_full (strange, "first", NULL, "Sparkle", "x", "a", NULL);
  ob_node_full (strange, "second", NULL, "Relu", "a", "b", NULL);
  ob_node_full (strange, "third", "com.example", "Twist", "b", "c", NULL);
  ob_node_full (strange, "fourth", NULL, "Sparkle", "c", "y", NULL);
  ob_output (strange, "y", WHY_DTYPE_FLOAT32, "1,3,8,8");
  g_autofree char *strange_path = cli_path ("strange.onnx");
  small_write (strange, strange_path);

  OnnxBuilder *outside = ob_new (7, 13);
  ob_input (outside, "x", WHY_DTYPE_FLOAT32, "1,3");
  ob_init_proto (outside, ob_tensor_proto_external ("w", WHY_DTYPE_FLOAT32, "3", "../../../../../etc/passwd", "0", "12"));
  ob_node (outside, "Add", "x,w", "y", NULL);
  ob_output (outside, "y", WHY_DTYPE_FLOAT32, "1,3");
  g_autofree char *outside_path = cli_path ("outside.onnx");
  small_write (outside, outside_path);

  OnnxBuilder *misfit = ob_new (7, 13);
  ob_input (misfit, "x", WHY_DTYPE_FLOAT32, "1,3,8,8");
  ob_init_random (misfit, "w", "4,5,3,3", 1, 1);
  ob_node_full (misfit, "narrow", NULL, "Conv", "x,w", "y", NULL);
  ob_output (misfit, "y", WHY_DTYPE_FLOAT32, NULL);
  g_autofree char *misfit_path = cli_path ("misfit.onnx");
  small_write (misfit, misfit_path);

  /* A bitmap that claims 40,000 x 40,000 pixels. */
  guint8 bomb[54 + 64] = { 'B', 'M' };
  bomb[10] = 54;
  bomb[14] = 40;
  bomb[18] = bomb[22] = 40000 & 0xff;
  bomb[19] = bomb[23] = 40000 >> 8;
  bomb[26] = 1;
  bomb[28] = 24;
  cli_write ("bomb.bmp", bomb, sizeof bomb);

  g_autoptr (WhyTensor) wrong = ob_random ("1,3,8,8", 1, 1);
  g_autofree char *wrong_path = cli_path ("wrong.npy");
  g_assert_true (why_npy_write (wrong, wrong_path, NULL));
  cli_write ("not.npy", "hello", -1);
}

typedef struct
{
  const char *line;
  int status;
  const char *said[5];
} Case;

static const Case bad_cases[] = {
  /* The file and the reason in one line. */
  { "layers strange.onnx", 1, { "strange.onnx", "Sparkle", "Twist", "first", "fourth" } },
  { "layers lfs.onnx", 1, { "lfs.onnx", "Git LFS pointer" } },
  { "layers page.onnx", 1, { "page.onnx", "web page" } },
  { "layers truncated.onnx", 1, { "truncated.onnx", "ends" } },
  { "layers empty.onnx", 1, { "empty.onnx", "empty" } },
  { "layers missing.onnx", 1, { "missing.onnx", "No such file" } },
  { "layers .", 1, { "folder" } },
  { "layers outside.onnx", 1, { "outside.onnx", "'w'", "passwd" } },
  { "layers misfit.onnx", 1, { "misfit.onnx", "narrow" } },
  { "run small.onnx bomb.bmp", 1, { "bomb.bmp", "40000x40000" } },
  { "run small.onnx page.png", 1, { "page.png", "web page" } },
  { "run small.onnx missing.png", 1, { "missing.png" } },
  { "run volume.onnx $P", 1, { "volume.onnx", "'scan'", "volumes, not pictures" } },
  { "run small.onnx wrong.npy", 1, { "wrong.npy", "1x3x8x8", "Nx3x16x16", "'x'" } },
  { "run small.onnx not.npy", 1, { "not.npy" } },
  { "run small.onnx $P --output relu=r.npy", 1, { "relu", "relu1" } },
  { "run small.onnx $P --output relu1=missing/r.npy", 1, { "missing/r.npy" } },
  { "run small.onnx $P --recipe bad-recipe.json", 1, { "bad-recipe.json", "maen" } },
  { "explain small.onnx $P --class 3", 1, { "small.onnx", "class 3", "0 to 2" } },
  { "explain small.onnx $P --class -7", 1, { "class -7" } },
  { "explain small.onnx $P --class greem", 1, { "greem", "green" } },
  { "explain small.onnx $P --layer relu3", 1, { "relu3", "relu1", "relu2" } },
  { "explain small.onnx $P --layer logits", 1, { "logits" } },
  { "explain small.onnx wrong.npy", 1, { "wrong.npy" } },
  { "explain small.onnx $P --region mask:missing.npy", 1, { "missing.npy" } },
  { "explain small.onnx $P -o missing/f.png", 1, { "missing/f.png" } },
  { "explain small.onnx $P --raw missing/r.npy", 1, { "missing/r.npy" } },
  { "explain small.onnx $P --region point:1,1", 1, { "one answer for the whole picture" } },
  { "explain small.onnx $P --region point:512,1", 1, { "point 512,1", "512x512" } },
  { "explain small.onnx $P --occlude 9000,0,10,10", 1, { "9000,0,10,10", "512x512" } },
  { "explain small.onnx $P --slice axial:0", 1, { "--slice", "no slices" } },
  { "explain small.onnx $P --slice oblique:0", 2, { "oblique:0", "axial:max" } },
  { "explain small.onnx $P --mask missing.geojson", 1, { "missing.geojson" } },
  { "check small.onnx $P --check magic", 2, { "magic", "faithfulness" } },
  { "check small.onnx $P --threshold 2", 2, { "--threshold" } },
  { "occlude small.onnx $P --rect 9000,0,10,10", 1, { "9000,0,10,10", "512x512" } },
  { "bench missing.onnx", 1, { "missing.onnx" } },
  { "bench small.onnx --layer nope", 1, { "nope" } },
  { "check-onnx missing", 1, { "missing" } },
  { "check-onnx .", 1, { "test_data_set_0" } },
  /* Bad usage. */
  { "", 2, { NULL } },
  { "explian small.onnx", 2, { "explian" } },
  { "explain small.onnx", 2, { "MODEL INPUT" } },
  { "explain small.onnx $P $P", 2, { "MODEL INPUT" } },
  { "explain small.onnx $P --clas 3", 2, { "--clas" } },
  { "explain small.onnx $P --method gradcan", 2, { "gradcan", "gradcam" } },
  { "explain small.onnx $P --method gradient --layer conv1", 2, { "gradient", "--layer" } },
  { "explain small.onnx $P --polarity up", 2, { "up", "signed" } },
  { "explain small.onnx $P --profile mine", 2, { "mine", "paper" } },
  { "explain small.onnx $P --method fem --profile captum", 2, { "Captum", "fem", "pytorch-grad-cam" } },
  { "explain small.onnx $P --option samples=3", 2, { "samples", "gradcam", "eigen-smooth" } },
  { "explain small.onnx $P --method fem --option k=many", 2, { "'k'", "0 to 100", "many" } },
  { "explain small.onnx $P --class 1 --contrast 1", 1, { "Class 1", "itself" } },
  { "explain small.onnx $P --contrast 3", 1, { "class 3", "0 to 2" } },
  { "explain small.onnx $P --also greem", 1, { "greem", "green" } },
  { "explain small.onnx $P --layer relu2 --layer relu3", 1, { "relu3", "relu1" } },
  { "explain small.onnx $P --method cam --layer relu1", 1, { "CAM", "'relu2'", "'relu1'" } },
  { "explain small.onnx $P --reference missing.npy", 1, { "missing.npy" } },
  { "explain small.onnx $P --reference wrong.npy", 1, { "192", "3" } },
  { "sheet small.onnx $P --method gradcan", 2, { "gradcan", "gradcam" } },
  { "sheet small.onnx $P -o sheet.gif", 2, { "sheet.gif", ".png" } },
  { "sheet small.onnx $P --columns -1", 2, { "--columns" } },
  { "sheet small.onnx $P --method cam --layer relu1", 1, { "none of the methods" } },
  { "features small.onnx $P --method eigencam", 1, { "eigencam", "gradcam" } },
  { "features small.onnx $P --option k=1", 2, { "'k'", "gradcam" } },
  { "features small.onnx $P --top 0", 2, { "--top" } },
  { "concepts small.onnx $P --count 7", 1, { "1 to 6", "7" } },
  { "concepts small.onnx $P --count 0", 2, { "--count" } },
  { "methods gradcan", 2, { "gradcan", "gradcam" } },
  { "explain small.onnx $P --score loss", 2, { "loss", "probability" } },
  { "explain small.onnx $P --region sea", 2, { "sea", "predicted" } },
  { "explain small.onnx $P -o figure.gif", 2, { "figure.gif", ".png" } },
  { "explain small.onnx $P --colormap virids", 2, { "virids", "viridis" } },
  { "explain small.onnx $P --opacity 2", 2, { "--opacity" } },
  { "explain small.onnx $P --limits 3", 2, { "LOW,HIGH" } },
  { "explain small.onnx $P --occlude 1,2,3", 2, { "X,Y,W,H" } },
  { "explain small.onnx $P --backend cuda", 2, { "cuda", "onednn" } },
  { "explain small.onnx $P --threads -2", 2, { "--threads" } },
  { "run small.onnx $P --top 0", 2, { "--top", "0" } },
  { "occlude small.onnx $P --rect 1,2,3,4 --top -1", 2, { "--top", "-1" } },
  { "check-onnx . --recipe x.json", 2, { "--recipe" } },
  { "run small.onnx $P --output relu1", 2, { "NAME=FILE" } },
  { "explain small.onnx $P --tensor relu1", 2, { "--tensor", "NAME=FILE" } },
  { "explain small.onnx $P --tensor relu=r.npy", 1, { "relu", "relu1" } },
  { "occlude small.onnx $P", 2, { "--rect" } },
  { "occlude small.onnx $P --rect 1,2,0,4", 2, { "1,2,0,4" } },
  { "occlude small.onnx $P --rect 1,2,3,nan", 2, { "nan" } },
  { "occlude small.onnx $P --rect 1,2,3,4 --fill pink", 2, { "pink", "blur" } },
  { "bench small.onnx --repeat 0", 2, { "--repeat" } },
  { "bench small.onnx --what nothing", 2, { "--what", "nothing" } },
  { "check-onnx", 2, { "DIR" } },
};

static void
test_bad_input (void)
{
  for (gsize index = 0; index < G_N_ELEMENTS (bad_cases); index++)
    {
      const Case *bad = &bad_cases[index];
      g_auto (CliRun) run = cli (bad->line);
      g_test_message ("%s -> %s", bad->line, g_strchomp (run.err));
      if (run.status != bad->status)
        g_error ("whylight-cli %s: status %d, expected %d: %s", bad->line, run.status, bad->status, run.err);
      if (*bad->line == '\0')
        continue;
      /* One line, and nothing that looks like an answer. */
      g_assert_true (g_str_has_prefix (run.err, "whylight-cli: "));
      g_assert_null (strchr (run.err, '\n'));
      g_assert_cmpstr (run.out, ==, "");
      for (gsize said = 0; said < G_N_ELEMENTS (bad->said) && bad->said[said] != NULL; said++)
        {
          if (strstr (run.err, bad->said[said]) == NULL)
            g_error ("whylight-cli %s: does not say '%s': %s", bad->line, bad->said[said], run.err);
        }
    }
}

/* ---- what must go right ---- */

/* The left half of the picture, against a map of which every value is known to be somewhere. */
static void
test_check (void)
{
  static const char half[] = "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[256,0],[256,512],[0,512],[0,0]]]}";

  cli_write ("half.geojson", half, -1);
  g_autoptr (JsonNode) node = cli_json ("explain small.onnx $P --polarity absolute --mask half.geojson --json");
  JsonObject *overlap = json_object_get_object_member (json_node_get_object (node), "overlap");
  g_assert_cmpint (json_object_get_int_member (overlap, "outline_pixels"), ==, 256 * 512);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (overlap, "energy_expected"), 0.5, 1e-9);
  /* At threshold 0 all of the map's pixels are over it: half of them are inside. */
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (overlap, "iou"), 0.5, 0.02);
  g_auto (CliRun) text = cli_fine ("explain small.onnx $P --mask half.geojson");
  g_assert_nonnull (strstr (text.out, "IoU"));

  g_autoptr (JsonNode) checks = cli_json ("check small.onnx $P --check controls --check faithfulness --json");
  JsonArray *list = json_object_get_array_member (json_node_get_object (checks), "checks");
  g_assert_cmpuint (json_array_get_length (list), ==, 2);
  JsonObject *curves = json_array_get_object_element (list, 0);
  g_assert_cmpstr (json_object_get_string_member (curves, "check"), ==, "faithfulness");
  JsonArray *points = json_object_get_array_member (json_object_get_object_member (curves, "deletion"), "points");
  g_assert_cmpuint (json_array_get_length (points), ==, 21);
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (list, 1), "check"), ==, "controls");
}

static void
test_help (void)
{
  static const char *const commands[] = { "layers", "run", "explain", "sheet", "features", "concepts", "occlude", "check", "check-onnx", "bench", "methods" };
  g_auto (CliRun) help = cli_fine ("--help");
  g_auto (CliRun) version = cli_fine ("--version");
  g_auto (CliRun) methods = cli_fine ("methods");

  g_assert_cmpstr (version.out, ==, "whylight-cli " WHY_VERSION "\n");
  g_assert_true (g_str_has_prefix (methods.out, "id "));
  g_assert_nonnull (strstr (methods.out, "\ngradcam "));
  for (gsize command = 0; command < G_N_ELEMENTS (commands); command++)
    {
      g_autofree char *line = g_strdup_printf ("%s --help", commands[command]);
      g_auto (CliRun) own = cli_fine (line);
      g_assert_nonnull (strstr (help.out, commands[command]));
      g_assert_nonnull (strstr (own.out, commands[command]));
    }
}

static void
test_layers (void)
{
  g_autoptr (JsonNode) node = cli_json ("layers small.onnx --json");
  JsonArray *layers = json_object_get_array_member (json_node_get_object (node), "layers");
  g_auto (CliRun) table = cli_fine ("layers small.onnx");

  g_assert_cmpuint (json_array_get_length (layers), ==, 4);
  JsonObject *last = json_array_get_object_element (layers, 3);
  g_assert_cmpstr (json_object_get_string_member (last, "name"), ==, "relu2");
  g_assert_cmpstr (json_object_get_string_member (last, "op"), ==, "Relu");
  g_assert_true (json_object_get_boolean_member (last, "default"));
  g_assert_cmpint (json_array_get_int_element (json_object_get_array_member (last, "shape"), 1), ==, 6);
  g_assert_cmpfloat (json_array_get_double_element (json_object_get_array_member (last, "stride"), 0), ==, 2);
  g_assert_cmpfloat (json_array_get_double_element (json_object_get_array_member (last, "receptive_field"), 0), ==, 5);
  g_assert_nonnull (strstr (table.out, "1x6x8x8"));
}

static void
test_layers_of_tokens (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "distilled", "net.onnx", NULL);
  g_autofree char *as_json = g_strdup_printf ("layers %s --json", path);
  g_autofree char *as_table = g_strdup_printf ("layers %s", path);
  g_autoptr (JsonNode) node = cli_json (as_json);
  JsonObject *model = json_node_get_object (node);
  JsonArray *layers = json_object_get_array_member (model, "layers");
  g_auto (CliRun) table = cli_fine (as_table);

  g_assert_cmpstr (json_object_get_string_member (model, "default"), ==, "tap1");
  for (guint index = 0; index < json_array_get_length (layers); index++)
    {
      JsonObject *layer = json_array_get_object_element (layers, index);
      if (strcmp (json_object_get_string_member (layer, "name"), "tap1") != 0)
        continue;
      JsonArray *grid = json_object_get_array_member (layer, "grid");
      g_assert_true (json_object_get_boolean_member (layer, "tokens"));
      g_assert_true (json_object_get_boolean_member (layer, "default"));
      g_assert_cmpint (json_array_get_int_element (grid, 0), ==, 3);
      g_assert_cmpint (json_array_get_int_element (grid, 1), ==, 5);
      g_assert_cmpint (json_object_get_int_member (layer, "channels"), ==, 12);
      g_assert_cmpint (json_object_get_int_member (layer, "other_tokens"), ==, 2);
    }
  g_assert_nonnull (strstr (table.out, "3x5 tokens + 2"));
}

static void
test_run (void)
{
  g_autoptr (JsonNode) node = cli_json ("run small.onnx $P --json --output relu1=relu1.npy --output probabilities=p.npy");
  JsonObject *top = json_array_get_object_element (json_object_get_array_member (json_node_get_object (node), "top"), 0);
  g_autoptr (WhyTensor) relu1 = cli_read_npy ("relu1.npy");
  g_autoptr (WhyTensor) probabilities = cli_read_npy ("p.npy");

  g_assert_cmpint (relu1->dims[1], ==, 4);
  g_assert_cmpint (relu1->dims[3], ==, 16);
  const int k = (int) json_object_get_int_member (top, "class");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (top, "probability"), why_tensor_get_f64 (probabilities, k), 1e-6);
  for (int other = 0; other < 3; other++)
    g_assert_cmpfloat (why_tensor_get_f64 (probabilities, other), <=, why_tensor_get_f64 (probabilities, k));

  /* The backends agree, within float32's rounding over some hundred products. */
  g_auto (CliRun) reference G_GNUC_UNUSED =
    cli_fine ("run small.onnx $P --backend reference --output relu1=reference.npy");
  g_autoptr (WhyTensor) wanted = cli_read_npy ("reference.npy");
  for (gsize index = 0; index < why_tensor_count (wanted); index++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (relu1, index), why_tensor_get_f64 (wanted, index), 1e-4);
}

/* Tensors of the map's own run: what the map is when it is computed from them. */
static void
test_explain_tensors (void)
{
  g_auto (CliRun) run G_GNUC_UNUSED = cli_fine ("run small.onnx $P --output relu1=run.npy");
  g_auto (CliRun) plain G_GNUC_UNUSED =
    cli_fine ("explain small.onnx $P --layer relu1 --class 1 --polarity signed --raw plain.npy");
  g_auto (CliRun) both G_GNUC_UNUSED =
    cli_fine ("explain small.onnx $P --layer relu1 --class 1 --polarity signed --raw both.npy "
              "--tensor relu1=seen.npy --tensor logits=logits.npy");
  g_autoptr (WhyTensor) wanted = cli_read_npy ("run.npy");
  g_autoptr (WhyTensor) seen = cli_read_npy ("seen.npy");
  g_autoptr (WhyTensor) logits = cli_read_npy ("logits.npy");
  g_autoptr (WhyTensor) plain_map = cli_read_npy ("plain.npy");
  g_autoptr (WhyTensor) map = cli_read_npy ("both.npy");

  g_assert_cmpint (logits->dims[1], ==, 3);
  g_assert_cmpuint (why_tensor_count (seen), ==, why_tensor_count (wanted));
  for (gsize index = 0; index < why_tensor_count (seen); index++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (seen, index), why_tensor_get_f64 (wanted, index), 1e-5);
  for (gsize index = 0; index < why_tensor_count (map); index++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (map, index), why_tensor_get_f64 (plain_map, index), 1e-5);
}

/* The file leaves the size open, the layer behind the Flatten does not: 96 to 103 fit. */
static void
test_size_fixed_inside (void)
{
  static const char *const dims[] = { "1,3,96,96", "1,3,100,100", "1,3,64,64" };
  g_autofree char *path = cli_path ("inside.onnx");
  OnnxBuilder *b = ob_new (7, 13);

  ob_input (b, "x", WHY_DTYPE_FLOAT32, "N,3,H,W");
  ob_init_random (b, "w1", "2,3,8,8", 11, 0.5f);
  ob_init_random (b, "w2", "288,3", 12, 0.5f);
  ob_node (b, "Conv", "x,w1", "conv", ob_ints ("strides", 8, 8), NULL);
  ob_node (b, "Flatten", "conv", "flat", NULL);
  ob_node (b, "MatMul", "flat,w2", "logits", NULL);
  ob_output (b, "logits", WHY_DTYPE_FLOAT32, "N,3");
  small_write (b, path);
  for (gsize index = 0; index < G_N_ELEMENTS (dims); index++)
    {
      const gint64 size = g_ascii_strtoll (dims[index] + strlen ("1,3,"), NULL, 10);
      const gint64 shape[] = { 1, 3, size, size };
      g_autoptr (WhyTensor) tensor = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 4, shape, NULL);
      g_autofree char *input = cli_path ("inside.npy");
      g_assert_true (why_npy_write (tensor, input, NULL));
      if (size >= 96)
        {
          g_auto (CliRun) fine = cli_fine ("run inside.onnx inside.npy");
          g_assert_nonnull (strstr (fine.out, "1x3"));
          continue;
        }
      g_auto (CliRun) bad = cli ("run inside.onnx inside.npy");
      g_assert_cmpint (bad.status, ==, 1);
      g_assert_nonnull (strstr (bad.err, "an input of 1x3x64x64 does not fit the network, which takes 1x3x96x96"));
    }
  /* A picture is brought to the size that works. */
  g_auto (CliRun) layers = cli_fine ("layers inside.onnx");
  g_assert_nonnull (strstr (layers.out, "1x2x12x12"));
  g_auto (CliRun) of_picture G_GNUC_UNUSED = cli_fine ("run inside.onnx $P");
}

static void
test_explain (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = cli_json ("explain small.onnx $P --class azure --layer conv1 --polarity signed --raw raw.npy "
                                        "-o figure.png --full-paths --json");
  JsonObject *object = json_node_get_object (node);
  g_autoptr (WhyTensor) raw = cli_read_npy ("raw.npy");

  g_assert_cmpint (json_object_get_int_member (object, "class"), ==, 2);
  g_assert_cmpstr (json_object_get_string_member (object, "layer"), ==, "conv1");
  g_assert_cmpstr (json_object_get_string_member (object, "ends_in"), ==, "Softmax");
  g_assert_cmpstr (json_object_get_string_member (object, "explained"), ==, "the logit before the final Softmax");
  g_assert_cmpstr (json_object_get_string_member (object, "assumed"), ==, "");
  g_assert_cmpint (raw->dtype, ==, WHY_DTYPE_FLOAT32);
  g_assert_cmpint (raw->rank, ==, 3);
  g_assert_cmpint (raw->dims[0], ==, 1);
  g_assert_cmpint (raw->dims[1], ==, 16);
  double maximum = -INFINITY;
  for (gsize index = 0; index < why_tensor_count (raw); index++)
    maximum = MAX (maximum, why_tensor_get_f64 (raw, index));
  g_assert_cmpfloat_with_epsilon (maximum, json_object_get_double_member (json_object_get_object_member (object, "map"), "maximum"), 1e-9);

  /* The figure carries the command that makes it again. */
  g_autofree char *figure = cli_path ("figure.png");
  g_autofree char *recipe = why_png_read_text (figure, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) recipe_node = json_from_string (recipe, NULL);
  const char *command = json_object_get_string_member (json_node_get_object (recipe_node), "command");
  g_assert_true (g_str_has_prefix (command, "whylight-cli "));
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  gsize first_length;
  gsize second_length;
  g_assert_true (g_file_get_contents (figure, &first, &first_length, NULL));
  g_auto (CliRun) again G_GNUC_UNUSED = cli_fine (command + strlen ("whylight-cli "));
  g_assert_true (g_file_get_contents (figure, &second, &second_length, NULL));
  g_assert_cmpmem (first, first_length, second, second_length);

  g_auto (CliRun) text = cli_fine ("explain small.onnx $P -o figure.svg --occlude=10,10,100,100,black");
  g_assert_nonnull (strstr (text.out, "the logit before the final Softmax"));
  g_assert_nonnull (strstr (text.out, "relu2"));
  g_auto (CliRun) other = cli_fine ("explain small.onnx $P -o figure.pdf --score probability --cells --limits=-1,1");
  g_assert_nonnull (strstr (other.out, "the probability"));
}

/* Everything that a request can say comes back in the answer, in the figure's recipe and in the command
 * that makes it again. */
static void
test_explain_more (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = cli_json ("explain small.onnx $P --method layercam --layer relu2 --layer relu1 --class red --also blue "
                                        "--contrast green --option gamma=3 --option fusion=mean --profile pytorch-grad-cam "
                                        "--score rest --finished done.npy -o more.png --full-paths --json");
  JsonObject *object = json_node_get_object (node);
  g_autoptr (WhyTensor) finished = cli_read_npy ("done.npy");

  g_assert_cmpstr (json_object_get_string_member (object, "options"), ==, "gamma=3,fusion=mean");
  g_assert_cmpint (json_object_get_int_member (object, "contrast_class"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (object, "score_kind"), ==, "rest");
  g_assert_cmpint (finished->rank, ==, 2);
  g_assert_cmpint (finished->dims[0], ==, 16);
  double maximum = 0;
  for (gsize index = 0; index < why_tensor_count (finished); index++)
    maximum = MAX (maximum, why_tensor_get_f64 (finished, index));
  g_assert_cmpfloat_with_epsilon (maximum, 1, 1e-4);

  g_autofree char *figure = cli_path ("more.png");
  g_autofree char *recipe = why_png_read_text (figure, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) recipe_node = json_from_string (recipe, NULL);
  JsonObject *made = json_node_get_object (recipe_node);
  g_assert_cmpstr (json_object_get_string_member (made, "profile_version"), ==, "1.5.7");
  g_assert_cmpstr (json_array_get_string_element (json_object_get_array_member (made, "more_layers"), 0), ==, "relu1");
  g_assert_cmpint (json_array_get_int_element (json_object_get_array_member (made, "also_classes"), 0), ==, 2);
  const char *command = json_object_get_string_member (made, "command");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  gsize first_length;
  gsize second_length;
  g_assert_true (g_file_get_contents (figure, &first, &first_length, NULL));
  g_auto (CliRun) again G_GNUC_UNUSED = cli_fine (command + strlen ("whylight-cli "));
  g_assert_true (g_file_get_contents (figure, &second, &second_length, NULL));
  g_assert_cmpmem (first, first_length, second, second_length);
}

/* Like itself more than like anything else: the picture's own answer as the reference. */
static void
test_similarity (void)
{
  g_auto (CliRun) run G_GNUC_UNUSED = cli_fine ("run small.onnx $P --output logits=own.npy");
  g_autoptr (JsonNode) node = cli_json ("explain small.onnx $P --reference own.npy --json");
  JsonObject *object = json_node_get_object (node);

  g_assert_cmpstr (json_object_get_string_member (object, "score_kind"), ==, "similarity");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "score"), 1, 1e-6);
}

static void
test_sheet (void)
{
  g_autoptr (JsonNode) node = cli_json ("sheet small.onnx $P --class red --class blue --json -o sheet.png");
  JsonArray *maps = json_object_get_array_member (json_node_get_object (node), "maps");
  g_autofree char *path = cli_path ("sheet.png");
  guint n_fine = 0;

  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  for (guint index = 0; index < json_array_get_length (maps); index++)
    n_fine += json_object_get_null_member (json_array_get_object_element (maps, index), "error");
  /* Those of the CAM family at least, for two classes each. */
  g_assert_cmpuint (n_fine, >=, 34);
}

static void
test_features (void)
{
  g_autoptr (JsonNode) node = cli_json ("features small.onnx $P --class red --top 6 --json -o features.png");
  JsonObject *object = json_node_get_object (node);
  JsonArray *features = json_object_get_array_member (object, "features");
  double before = 1;

  g_assert_cmpuint (json_array_get_length (features), ==, 6);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "covered"), 1, 1e-6);
  for (guint place = 0; place < 6; place++)
    {
      const double share = json_object_get_double_member (json_array_get_object_element (features, place), "share");
      g_assert_cmpfloat (share, <=, before);
      before = share;
    }
  g_auto (CliRun) text = cli_fine ("features small.onnx $P --class red --top 2");
  g_assert_nonnull (strstr (text.out, "channel"));
}

static void
test_concepts (void)
{
  g_autoptr (JsonNode) one = cli_json ("concepts small.onnx $P --count 3 --json -o concepts.png");
  g_autoptr (JsonNode) again = cli_json ("concepts small.onnx $P --count 3 --json -o concepts.png");
  g_autoptr (JsonNode) more = cli_json ("concepts small.onnx $P --count 6 --json");

  g_assert_true (json_node_equal (one, again));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (one), "concepts")), ==, 3);
  g_assert_cmpfloat (json_object_get_double_member (json_node_get_object (more), "unexplained"), <,
                     json_object_get_double_member (json_node_get_object (one), "unexplained"));
}

static void
test_methods (void)
{
  g_autoptr (JsonNode) all = cli_json ("methods --json");
  g_auto (CliRun) one = cli_fine ("methods fem");
  g_auto (CliRun) agreement = cli_fine ("methods --agreement ablationcam");
  g_autoptr (JsonNode) rows = cli_json ("methods --agreement --json");

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (all), "methods")), >=, 19);
  g_assert_nonnull (strstr (agreement.out, "pytorch-grad-cam"));
  g_assert_nonnull (strstr (agreement.out, "1e7"));
  g_assert_null (strstr (agreement.out, "torchcam"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (rows), "agreement")), >=, 100);
  g_assert_nonnull (strstr (one.out, "option     k=2 (0..100)"));
  g_assert_nonnull (strstr (one.out, "profiles   paper pytorch-grad-cam"));
}

/* A method on the input writes what it found in the input's shape, and its figure can be made again. */
static void
test_explain_input (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliRun) run = cli_fine (
    "explain small.onnx $P --method gradient --polarity absolute --raw gradient.npy -o gradient.png --full-paths");
  g_autofree char *path = cli_path ("gradient.npy");
  g_autofree char *figure = cli_path ("gradient.png");
  g_autoptr (WhyTensor) raw = why_npy_read (path, &error);
  double least = INFINITY;

  g_assert_no_error (error);
  g_assert_cmpint (raw->rank, ==, 4);
  g_assert_cmpint (raw->dims[1], ==, 3);
  g_assert_cmpint (raw->dims[3], ==, 16);
  for (gsize index = 0; index < why_tensor_count (raw); index++)
    least = MIN (least, why_tensor_get_f64 (raw, index));
  g_assert_cmpfloat (least, <, 0);
  g_assert_null (strstr (run.out, "layer "));
  g_assert_nonnull (strstr (run.out, "16x16"));
  g_autofree char *recipe = why_png_read_text (figure, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) recipe_node = json_from_string (recipe, NULL);
  const char *command = json_object_get_string_member (json_node_get_object (recipe_node), "command");
  g_auto (CliRun) again G_GNUC_UNUSED = cli_fine (command + strlen ("whylight-cli "));
}

/* The polarities are the signed map, cut as their names say. */
static void
test_polarities (void)
{
  static const char *const names[] = { "signed", "relu", "against", "absolute" };
  g_autoptr (GPtrArray) maps = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);

  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *line = g_strdup_printf ("explain small.onnx $P --class 0 --polarity %s --raw %s.npy", names[name], names[name]);
      g_autofree char *file = g_strdup_printf ("%s.npy", names[name]);
      g_auto (CliRun) run G_GNUC_UNUSED = cli_fine (line);
      g_ptr_array_add (maps, cli_read_npy (file));
    }
  for (gsize index = 0; index < why_tensor_count (maps->pdata[0]); index++)
    {
      const double value = why_tensor_get_f64 (maps->pdata[0], index);
      g_assert_cmpfloat (why_tensor_get_f64 (maps->pdata[1], index), ==, MAX (value, 0));
      g_assert_cmpfloat (why_tensor_get_f64 (maps->pdata[2], index), ==, MAX (-value, 0));
      g_assert_cmpfloat (why_tensor_get_f64 (maps->pdata[3], index), ==, fabs (value));
    }
}

static void
test_assumed (void)
{
  OnnxBuilder *b = ob_new (7, 13);
  g_autofree char *path = cli_path ("plain.onnx");

  ob_input (b, "x", WHY_DTYPE_FLOAT32, "1,3,8,8");
  ob_init_random (b, "w", "2,3,3,3", 1, 1);
  ob_node (b, "Conv", "x,w", "c", NULL);
  ob_node (b, "GlobalAveragePool", "c", "p", NULL);
  ob_node (b, "Flatten", "p", "y", NULL);
  ob_output (b, "y", WHY_DTYPE_FLOAT32, "1,2");
  small_write (b, path);
  g_auto (CliRun) run = cli_fine ("explain plain.onnx $P --class 1");
  g_assert_nonnull (strstr (run.out, "assumed"));
  g_assert_nonnull (strstr (run.out, "mean"));
  g_assert_nonnull (strstr (run.out, "1 class 1"));
}

/* Covering everything with black must give what a black picture gives. */
static void
test_occlude (void)
{
  g_autoptr (JsonNode) node = cli_json ("occlude small.onnx $P --rect 0,0,512,512 --fill black --top 3 --json");
  JsonArray *classes = json_object_get_array_member (json_node_get_object (node), "classes");
  g_autoptr (WhyTensor) black = ob_random ("1,3,16,16", 1, 0);
  g_autofree char *path = cli_path ("black.npy");

  for (gsize index = 0; index < why_tensor_count (black); index++)
    why_tensor_set_f64 (black, index, (0 - 0.5) / 0.25);
  g_assert_true (why_npy_write (black, path, NULL));
  g_auto (CliRun) run G_GNUC_UNUSED = cli_fine ("run small.onnx black.npy --output probabilities=black-p.npy");
  g_autoptr (WhyTensor) wanted = cli_read_npy ("black-p.npy");
  g_auto (CliRun) plain G_GNUC_UNUSED = cli_fine ("run small.onnx $P --output probabilities=plain-p.npy");
  g_autoptr (WhyTensor) before = cli_read_npy ("plain-p.npy");
  g_assert_cmpuint (json_array_get_length (classes), ==, 3);
  for (guint index = 0; index < 3; index++)
    {
      JsonObject *item = json_array_get_object_element (classes, index);
      const gsize k = (gsize) json_object_get_int_member (item, "class");
      g_assert_cmpfloat_with_epsilon (json_object_get_double_member (item, "after"), why_tensor_get_f64 (wanted, k), 1e-6);
      g_assert_cmpfloat_with_epsilon (json_object_get_double_member (item, "before"), why_tensor_get_f64 (before, k), 1e-6);
    }
}

static void
test_bench (void)
{
  static const char *const keys[] = { "forward_ms", "explain_ms",      "all_layers_ms", "class_change_ms",
                                      "layer_change_ms", "load_ms", "peak_mb",       "peak_all_mb" };
  g_autoptr (JsonNode) node = cli_json ("bench small.onnx --repeat 3 --threads 1 --json");

  for (gsize key = 0; key < G_N_ELEMENTS (keys); key++)
    g_assert_cmpfloat (json_object_get_double_member (json_node_get_object (node), keys[key]), >, 0);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "threads"), ==, 1);

  g_autoptr (JsonNode) alone = cli_json ("bench small.onnx --repeat 3 --what forward --json");
  g_assert_cmpfloat (json_object_get_double_member (json_node_get_object (alone), "forward_ms"), >, 0);
  g_assert_true (json_object_get_null_member (json_node_get_object (alone), "explain_ms"));
}

static void
write_case (const char *name, float expected, const char *op)
{
  g_autofree char *set = g_strdup_printf ("cases/%s/test_data_set_0", name);
  g_autofree char *set_path = cli_path (set);
  g_autofree char *model_name = g_strdup_printf ("cases/%s/model.onnx", name);
  g_autofree char *model_path = cli_path (model_name);
  g_autofree char *input_path = g_build_filename (set_path, "input_0.pb", NULL);
  g_autofree char *output_path = g_build_filename (set_path, "output_0.pb", NULL);
  const float input_values[] = { -1, 2 };
  const float output_values[] = { 0, expected };
  g_autoptr (WhyTensor) input = ob_f32 ("2", input_values);
  g_autoptr (WhyTensor) output = ob_f32 ("2", output_values);
  g_autoptr (GByteArray) input_bytes = ob_tensor_proto_of ("x", input);
  g_autoptr (GByteArray) output_bytes = ob_tensor_proto_of ("y", output);

  g_assert_cmpint (g_mkdir_with_parents (set_path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (input_path, (char *) input_bytes->data, input_bytes->len, NULL));
  g_assert_true (g_file_set_contents (output_path, (char *) output_bytes->data, output_bytes->len, NULL));
  OnnxBuilder *b = ob_new (7, 13);
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "2");
  ob_node (b, op, "x", "y", NULL);
  ob_output (b, "y", WHY_DTYPE_FLOAT32, "2");
  small_write (b, model_path);
}

static void
test_check_onnx (void)
{
  write_case ("deep/relu", 2.0f, "Relu");
  write_case ("sparkle", 2.0f, "Sparkle");
  g_auto (CliRun) fine = cli_fine ("check-onnx cases");
  g_assert_nonnull (strstr (fine.out, "pass cases/deep/relu\n"));
  g_assert_nonnull (strstr (fine.out, "unsupported cases/sparkle: "));
  g_assert_true (g_str_has_suffix (fine.out, "\n1 passed, 0 failed, 1 unsupported\n"));

  /* 1e-3 of 2 is allowed, 3e-3 is not. */
  write_case ("near", 2.0015f, "Relu");
  write_case ("wrong", 2.006f, "Relu");
  g_auto (CliRun) run = cli ("check-onnx cases --backend reference");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_nonnull (strstr (run.out, "pass cases/near\n"));
  g_assert_nonnull (strstr (run.out, "fail cases/wrong: "));
  g_assert_true (g_str_has_suffix (run.out, "\n2 passed, 1 failed, 1 unsupported\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cli_driver_start ();
  make_bad_files ();

  g_test_add_func ("/cli/help", test_help);
  g_test_add_func ("/cli/bad-input", test_bad_input);
  g_test_add_func ("/cli/layers", test_layers);
  g_test_add_func ("/cli/layers-of-tokens", test_layers_of_tokens);
  g_test_add_func ("/cli/size-fixed-inside", test_size_fixed_inside);
  g_test_add_func ("/cli/run", test_run);
  g_test_add_func ("/cli/explain-tensors", test_explain_tensors);
  g_test_add_func ("/cli/explain", test_explain);
  g_test_add_func ("/cli/explain-input", test_explain_input);
  g_test_add_func ("/cli/explain-more", test_explain_more);
  g_test_add_func ("/cli/similarity", test_similarity);
  g_test_add_func ("/cli/sheet", test_sheet);
  g_test_add_func ("/cli/features", test_features);
  g_test_add_func ("/cli/concepts", test_concepts);
  g_test_add_func ("/cli/methods", test_methods);
  g_test_add_func ("/cli/polarities", test_polarities);
  g_test_add_func ("/cli/assumed", test_assumed);
  g_test_add_func ("/cli/occlude", test_occlude);
  g_test_add_func ("/cli/bench", test_bench);
  g_test_add_func ("/cli/check-onnx", test_check_onnx);
  g_test_add_func ("/cli/check", test_check);

  const int status = g_test_run ();
  cli_driver_finish ();
  return status;
}
