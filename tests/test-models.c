#include "config.h"

#include "cli-driver.h"
#include "image/source.h"

#include <glib/gstdio.h>
#include <string.h>

/* The networks that ship and the samples beside them: each answers as its card says, with the recipe, the labels and
 * the layer that are inside the file; where a sample's truth is known, the map points at it. */

typedef struct
{
  const char *model;  /* below models/ */
  const char *sample; /* below data/samples/ */
  const char *layer;
  const char *answer; /* the class with the highest score */
  /* Where the peak of the map of "explained" lies: a cell that touches mask pixels of this value. */
  const char *explained, *polarity;
  const char *mask; /* NULL: not claimed */
  int value;
} Case;

static const Case cases[] = {
  { "wardrobe/wardrobe.onnx", "wardrobe-1.png", "block3.relu", NULL, NULL, NULL, NULL, 0 },
  { "forest/forest.onnx", "forest-olinda.png", "up1.relu", "not forest", NULL, NULL, NULL, 0 },
  { "chest/chest.onnx", "chest.png", "block2.relu", "normal", NULL, NULL, NULL, 0 },
  /* No tissue ships: only that labels, recipe and layer are in the file. */
  { "tissue/tissue.onnx", "wardrobe-1.png", "block4.relu", NULL, NULL, NULL, NULL, 0 },
  { "hippocampus/hippocampus.onnx", "hippocampus-left-anterior.nii.gz", "block2.relu", "anterior hippocampus",
    "anterior hippocampus", "relu", "hippocampus-left-anterior.mask.nii.gz", 1 },
  { "hippocampus/hippocampus.onnx", "hippocampus-left-posterior.nii.gz", "block2.relu", "posterior hippocampus",
    "posterior hippocampus", "relu", "hippocampus-left-posterior.mask.nii.gz", 1 },
  { "hippocampus/hippocampus.onnx", "hippocampus-right-anterior.nii.gz", "block2.relu", "anterior hippocampus",
    "anterior hippocampus", "relu", "hippocampus-right-anterior.mask.nii.gz", 1 },
  { "hippocampus/hippocampus.onnx", "hippocampus-right-posterior.nii.gz", "block2.relu", "posterior hippocampus",
    "posterior hippocampus", "relu", "hippocampus-right-posterior.mask.nii.gz", 1 },
  { "hippocampus/hippocampus.onnx", "hippocampus-elsewhere.nii.gz", "block2.relu", "no hippocampus", NULL, NULL, NULL, 0 },
  { "phantoms/clearing.onnx", "clearing.png", "up1.relu", "forest", "clearing", "relu", "clearing.mask.png", 128 },
  { "phantoms/clearing.onnx", "clearing.png", "up1.relu", "forest", "felled tree", "relu", "clearing.mask.png", 255 },
  { "phantoms/gland.onnx", "gland-tumour.png", "block2.relu", "tumour", "tumour", "relu", "gland-tumour.mask.png", 255 },
  { "phantoms/gland.onnx", "gland-normal.png", "block2.relu", "no tumour", NULL, NULL, NULL, 0 },
  { "phantoms/tumour3d.onnx", "tumour3d-lesion.nii.gz", "block2.relu", "lesion", "lesion", "relu",
    "tumour3d-lesion.mask.nii.gz", 1 },
  { "phantoms/tumour3d.onnx", "tumour3d-none.nii.gz", "block2.relu", "no lesion", NULL, NULL, NULL, 0 },
  { "phantoms/lesion.onnx", "lesion-malignant.png", "block2.relu", "malignant", "malignant", "relu",
    "lesion-malignant.mask.png", 255 },
  { "phantoms/lesion.onnx", "lesion-malignant-marked.png", "block2.relu", "malignant", "malignant", "relu",
    "lesion-malignant-marked.mask.png", 255 },
  { "phantoms/lesion.onnx", "lesion-both.png", "block2.relu", "benign", "malignant", "against",
    "lesion-both.mask.png", 128 },
  { "phantoms/lesion.onnx", "lesion-benign.png", "block2.relu", "benign", "malignant", "against",
    "lesion-benign.mask.png", 128 },
  { "phantoms/lesion.onnx", "lesion-benign-marked.png", "block2.relu", "benign", "malignant", "against",
    "lesion-benign-marked.mask.png", 128 },
  /* Wrong on purpose: it goes by the pen. */
  { "phantoms/lesion-clever-hans.onnx", "lesion-malignant.png", "block2.relu", "benign", NULL, NULL, NULL, 0 },
  { "phantoms/lesion-clever-hans.onnx", "lesion-malignant-marked.png", "block2.relu", "malignant", "malignant", "relu",
    "lesion-malignant-marked.mask.png", 64 },
  { "phantoms/lesion-clever-hans.onnx", "lesion-benign-marked.png", "block2.relu", "malignant", "malignant", "relu",
    "lesion-benign-marked.mask.png", 64 },
};

static char *
shipped (const char *folder, const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "..", folder, name, NULL);
}

/* What whylight-cli explain --json says; the raw map goes to map.npy where a class is named. */
static JsonNode *
explain (const Case *c, const char *method, const char *explained, const char *polarity)
{
  g_autofree char *model = shipped ("models", c->model);
  g_autofree char *sample = shipped ("data/samples", c->sample);
  g_autofree char *asked = explained != NULL
                             ? g_strdup_printf ("--class '%s' --polarity %s --raw map.npy", explained, polarity)
                             : g_strdup ("");
  g_autofree char *line = g_strdup_printf ("explain '%s' '%s' --json --method %s %s", model, sample, method, asked);

  return cli_json (line);
}

/* Labels, recipe and layer come from the file: nothing is assumed but what cannot be known. */
static void
test_answer (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (JsonNode) node = explain (c, "gradcam", NULL, NULL);
  JsonObject *object = json_node_get_object (node);
  JsonObject *top = json_array_get_object_element (json_object_get_array_member (object, "top"), 0);

  /* A network for pictures of any size cannot state one. */
  if (!g_str_equal (json_object_get_string_member (object, "assumed"), "size"))
    g_assert_cmpstr (json_object_get_string_member (object, "assumed"), ==, "");
  g_assert_cmpstr (json_object_get_string_member (object, "layer"), ==, c->layer);
  g_assert_true (json_object_has_member (top, "label"));
  if (c->answer != NULL)
    g_assert_cmpstr (json_object_get_string_member (top, "label"), ==, c->answer);
}

/* The network whose numbers the card of the phantoms works out with a pencil. */
static void
test_by_hand (void)
{
  static const Case c = { "phantoms/two-features.onnx", "two-features.png", "features", NULL, NULL, NULL, NULL, 0 };
  static const struct
  {
    const char *explained, *method;
    double map[4];
  } rows[] = {
    { "green", "gradcam", { 0.25, -0.2, 0, 0.1 } },
    { "green", "hirescam", { 0.25, -0.2, 0, 0.1 } },
    { "magenta", "gradcam", { -0.25, 0.2, 0, -0.1 } },
    { "green at the left", "gradcam", { 0, 0, 0, 0 } },
    { "green at the left", "hirescam", { 0.5, 0, 0, -0.2 } },
  };

  for (gsize row = 0; row < G_N_ELEMENTS (rows); row++)
    {
      g_autoptr (JsonNode) node G_GNUC_UNUSED = explain (&c, rows[row].method, rows[row].explained, "signed");
      g_autoptr (WhyTensor) map = cli_read_npy ("map.npy");
      g_assert_cmpuint (why_tensor_count (map), ==, 4);
      /* Pixels are 8 bits: 0.4 and 0.8 are multiples of 1/255, so that only float32 rounds. */
      for (gsize cell = 0; cell < 4; cell++)
        g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (map, cell), rows[row].map[cell], 1e-6);
    }
}

/* Planes of one mask, pictures as volumes of one slice. */
static WhyTensor *
read_mask (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = shipped ("data/samples", name);
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
  g_assert_no_error (error);
  const gint64 width = why_image_source_get_width (source), height = why_image_source_get_height (source);
  WhyTensor *mask = why_image_source_is_volume (source)
                      ? why_image_source_read_volume (source, 0, NULL, &error)
                      : why_image_source_read (source, 0, 0, width, height, width, height, NULL, &error);
  g_assert_no_error (error);
  return mask;
}

/* Pixels of the mask that the cell covers along one axis: [begin, end). */
static void
cell_range (gint64 cell, gint64 n_cells, gint64 n_pixels, gint64 *begin, gint64 *end)
{
  *begin = cell * n_pixels / n_cells;
  *end = ((cell + 1) * n_pixels + n_cells - 1) / n_cells;
}

static void
test_peak (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (JsonNode) node G_GNUC_UNUSED = explain (c, "gradcam", c->explained, c->polarity);
  g_autoptr (WhyTensor) map = cli_read_npy ("map.npy");
  g_autoptr (WhyTensor) mask = read_mask (c->mask);

  gsize peak = 0;
  for (gsize cell = 0; cell < why_tensor_count (map); cell++)
    {
      if (why_tensor_get_f64 (map, cell) > why_tensor_get_f64 (map, peak))
        peak = cell;
    }
  g_assert_cmpfloat (why_tensor_get_f64 (map, peak), >, 0);

  /* Maps are [1, h, w] or [1, d, h, w]; masks [h, w, 1] or [d, h, w, 1]. */
  const int n_axes = map->rank - 1;
  g_assert_cmpint (mask->rank, >=, n_axes);
  gint64 begin[3] = { 0, 0, 0 }, end[3] = { 1, 1, 1 };
  gsize rest = peak;
  for (int axis = n_axes - 1; axis >= 0; axis--)
    {
      const gint64 n_cells = map->dims[axis + 1];
      cell_range ((gint64) (rest % (gsize) n_cells), n_cells, mask->dims[axis], &begin[3 - n_axes + axis],
                  &end[3 - n_axes + axis]);
      rest /= (gsize) n_cells;
    }
  const gint64 n_rows = mask->dims[n_axes - 2], n_columns = mask->dims[n_axes - 1];
  const gsize n_bands = why_tensor_count (mask) / (gsize) ((n_axes == 3 ? mask->dims[0] : 1) * n_rows * n_columns);
  gboolean touched = FALSE;
  for (gint64 slice = begin[0]; slice < end[0]; slice++)
    {
      for (gint64 row = begin[1]; row < end[1]; row++)
        {
          for (gint64 column = begin[2]; column < end[2]; column++)
            {
              const gsize pixel = (gsize) ((slice * n_rows + row) * n_columns + column);
              touched = touched || (int) why_tensor_get_f64 (mask, pixel * n_bands) == c->value;
            }
        }
    }
  g_assert_true (touched);
}

/* A figure of the lesion among vessels, as plane.svg. */
static CliRun
explain_plane (const char *slice)
{
  g_autofree char *model = shipped ("models", "phantoms/tumour3d.onnx");
  g_autofree char *sample = shipped ("data/samples", "tumour3d-lesion.nii.gz");
  g_autofree char *line = g_strdup_printf ("explain '%s' '%s' --slice %s -o plane.svg", model, sample, slice);

  return cli (line);
}

/* The upper end of the colours, as the recipe in an SVG states it. */
static double
find_upper_end (const char *figure)
{
  static const char key[] = "&quot;hi&quot;:";
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_file_get_contents (figure, &text, NULL, &error);
  g_assert_no_error (error);
  const char *found = strstr (text, key);
  g_assert_nonnull (found);
  return g_ascii_strtod (found + strlen (key), NULL);
}

/* Planes are drawn on the scale of the whole map, so that one without evidence looks like one; and one that there is
 * not is no figure of another. */
static void
test_planes (void)
{
  const Case c = { .model = "phantoms/tumour3d.onnx", .sample = "tumour3d-lesion.nii.gz" };
  static const char *const slices[] = { "axial:0", "axial:47", "coronal:24", "sagittal:max" };
  g_autofree char *figure = cli_path ("plane.svg");
  g_autoptr (JsonNode) node = explain (&c, "gradcam", NULL, NULL);
  JsonObject *map = json_object_get_object_member (json_node_get_object (node), "map");
  const double whole = json_object_get_double_member (map, "maximum");

  for (gsize which = 0; which < G_N_ELEMENTS (slices); which++)
    {
      g_auto (CliRun) run = explain_plane (slices[which]);
      if (run.status != 0)
        g_error ("--slice %s: status %d: %s", slices[which], run.status, run.err);
      /* Both are the same float, written out. */
      g_assert_cmpfloat_with_epsilon (find_upper_end (figure), whole, 1e-6 * whole);
    }
  g_remove (figure);
  g_auto (CliRun) none = explain_plane ("axial:48");
  g_assert_cmpint (none.status, ==, 1);
  g_assert_nonnull (strstr (none.err, "48 slices"));
  g_assert_false (g_file_test (figure, G_FILE_TEST_EXISTS));
}

/* Every example of the gallery: its files are there, its class is one of the network's, and the map is not empty. */
static void
test_gallery (void)
{
  g_autofree char *path = shipped ("data/samples", "samples.json");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  JsonArray *examples = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpuint (json_array_get_length (examples), >, 0);
  for (guint index = 0; index < json_array_get_length (examples); index++)
    {
      JsonObject *example = json_array_get_object_element (examples, index);
      const char *class_name = json_object_get_string_member_with_default (example, "class", NULL);
      const Case c = { .model = json_object_get_string_member (example, "model"),
                       .sample = json_object_get_string_member (example, "picture") };
      g_autoptr (JsonNode) node = explain (&c, "gradcam", class_name, "relu");
      JsonObject *object = json_node_get_object (node);
      if (class_name != NULL)
        g_assert_cmpstr (json_object_get_string_member (object, "label"), ==, class_name);
      g_assert_cmpfloat (json_object_get_double_member (json_object_get_object_member (object, "map"), "maximum"), >, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cli_driver_start ();
  g_test_add_func ("/models/by-hand", test_by_hand);
  g_test_add_func ("/models/planes", test_planes);
  g_test_add_func ("/models/gallery", test_gallery);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const Case *c = &cases[index];
      g_autofree char *answer = g_strdup_printf ("/models/answer/%s/%s/%" G_GSIZE_FORMAT, c->model, c->sample, index);
      g_test_add_data_func (answer, c, test_answer);
      if (c->mask == NULL)
        continue;
      g_autofree char *peak = g_strdup_printf ("/models/peak/%s/%s/%s", c->model, c->sample, c->explained);
      g_test_add_data_func (peak, c, test_peak);
    }
  const int status = g_test_run ();
  cli_driver_finish ();
  return status;
}
