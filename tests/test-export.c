#include "config.h"

#include "base/error.h"
#include "base/npy.h"
#include "draw/picture.h"
#include "service/caption.h"
#include "service/document.h"
#include "service/export.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <tiffio.h>

/* Every kind of file is written and read back by somebody else: libtiff, cairo, the program's own reader of volumes,
 * poppler's tools. */

static char *folder;
static char *model_path;
static char *picture_path;

typedef struct
{
  WhyModel *model;
  WhyPicture *picture;
  WhyRequest *request;
  WhyResult *result;
  WhyExport what;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const WhyRect box = { 100, 60, 50.5, 80 };
  g_autoptr (WhyArea) shape = why_area_new_rectangle (&box, FALSE, NULL);
  const WhyCover cover = { .shape = shape, .fill = WHY_OCCLUDE_BLACK, .seed = 1 };
  const WhyExplainRequest explain = { .method = "gradcam", .layer = "relu2", .target_class = 1, .polarity = WHY_POLARITY_SIGNED };

  fixture->model = why_model_load (model_path, NULL, &error);
  g_assert_no_error (error);
  fixture->picture = why_picture_load (picture_path, NULL, &error);
  g_assert_no_error (error);
  fixture->request = why_request_new (why_model_get_onnx (fixture->model), why_model_get_recipe (fixture->model),
                                      fixture->picture->pixels, NULL, &explain);
  fixture->request->backend = WHY_BACKEND_REFERENCE;
  why_request_set_covers (fixture->request, &cover, 1, NULL);
  fixture->result = why_request_run (fixture->request, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  fixture->what = (WhyExport) {
    .model = fixture->model,
    .input_path = picture_path,
    .picture = fixture->result->covered,
    .source = fixture->picture,
    .result = fixture->result,
    .kind = WHY_FIGURE_SIDE_BY_SIDE,
  };
  why_overlay_style_init (&fixture->what.style, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  why_result_unref (fixture->result);
  why_request_unref (fixture->request);
  why_picture_free (fixture->picture);
  g_object_unref (fixture->model);
}

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static char *
write_file (const Fixture *fixture, WhyExportKind kind, const char *name)
{
  g_autoptr (GError) error = NULL;
  char *path = in_folder (name);

  why_export_write (&fixture->what, kind, path, NULL, &error);
  g_assert_no_error (error);
  return path;
}

static JsonObject *
read_json (const char *path, JsonNode **node)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  *node = json_from_string (text, &error);
  g_assert_no_error (error);
  return json_node_get_object (*node);
}

static void
test_kinds (void)
{
  static const struct
  {
    const char *name;
    WhyExportKind asked, is;
  } names[] = {
    { "a.PNG", WHY_EXPORT_AUTO, WHY_EXPORT_FIGURE },      { "a.pdf", WHY_EXPORT_SEEN, WHY_EXPORT_SEEN },
    { "a.nii.gz", WHY_EXPORT_AUTO, WHY_EXPORT_RAW },      { "a.tif", WHY_EXPORT_RAW_SOURCE, WHY_EXPORT_RAW_SOURCE },
    { "a.csv", WHY_EXPORT_AUTO, WHY_EXPORT_SCORES },      { "a.svg", WHY_EXPORT_OVERLAY, WHY_EXPORT_AUTO },
    { "a.png", WHY_EXPORT_RAW, WHY_EXPORT_AUTO },         { "a", WHY_EXPORT_AUTO, WHY_EXPORT_AUTO },
    { "png", WHY_EXPORT_FIGURE, WHY_EXPORT_AUTO },
  };
  WhyExportKind kind;

  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      g_autoptr (GError) error = NULL;
      kind = names[index].asked;
      const gboolean fits = why_export_kind_resolve (names[index].name, &kind, &error);
      g_assert_cmpint (fits, ==, names[index].is != WHY_EXPORT_AUTO);
      if (fits)
        g_assert_cmpint (kind, ==, names[index].is);
      else
        {
          g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
          g_assert_nonnull (strstr (error->message, names[index].name));
        }
    }
  g_autoptr (GError) error = NULL;
  g_assert_true (why_export_kind_parse ("raw-source", &kind, NULL));
  g_assert_cmpint (kind, ==, WHY_EXPORT_RAW_SOURCE);
  g_assert_false (why_export_kind_parse ("everything", &kind, &error));
  g_assert_nonnull (strstr (error->message, "overlay"));
}

static void
test_npy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_AUTO, "map.npy");
  g_autoptr (WhyTensor) read = why_npy_read (path, &error);
  const WhyTensor *values = fixture->result->map->values;

  g_assert_no_error (error);
  g_assert_cmpint (read->rank, ==, 2);
  g_assert_cmpmem (read->data, why_tensor_count (read) * 4, values->data, why_tensor_count (values) * 4);

  /* Where the cells lie is said beside it. */
  g_autofree char *beside = g_strconcat (path, ".json", NULL);
  JsonObject *whylight = json_object_get_object_member (read_json (beside, &node), "whylight");
  JsonArray *affine = json_object_get_array_member (whylight, "cells_to_source_pixels");
  const double cell = (double) fixture->picture->display->dims[1] / 8;
  g_assert_cmpint (values->dims[1], ==, 8);
  g_assert_cmpfloat_with_epsilon (json_array_get_double_element (affine, 0), cell, 1e-9);
  JsonObject *recipe = json_object_get_object_member (whylight, "recipe");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (recipe, "model"), "path"), ==, "small.onnx");
  /* What lies elsewhere is named without the way to it. */
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (recipe, "input"), "path"), ==, "wardrobe-1.png");
}

static TIFF *
open_tiff (const char *path, gint64 width, gint64 height)
{
  TIFF *tiff = TIFFOpen (path, "r");
  guint32 across = 0, down = 0;
  guint16 bits = 0, format = 0;

  g_assert_nonnull (tiff);
  g_assert_true (TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &across));
  g_assert_true (TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &down));
  g_assert_true (TIFFGetField (tiff, TIFFTAG_BITSPERSAMPLE, &bits));
  g_assert_true (TIFFGetField (tiff, TIFFTAG_SAMPLEFORMAT, &format));
  g_assert_cmpint (across, ==, width);
  g_assert_cmpint (down, ==, height);
  g_assert_cmpint (bits, ==, 32);
  g_assert_cmpint (format, ==, SAMPLEFORMAT_IEEEFP);
  return tiff;
}

static void
test_tiff (Fixture *fixture, gconstpointer data)
{
  const WhyTensor *values = fixture->result->map->values;
  const float *expected = values->data;
  float row[8];
  char *description = NULL;
  float resolution = 0;
  guint16 unit = 0;

  /* Nobody said how large a pixel is: no resolution is made up. */
  g_autofree char *plain = write_file (fixture, WHY_EXPORT_RAW, "plain.tiff");
  TIFF *tiff = open_tiff (plain, 8, 8);
  g_assert_false (TIFFGetField (tiff, TIFFTAG_XRESOLUTION, &resolution));
  TIFFClose (tiff);

  fixture->what.um_per_pixel = 0.5;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_RAW, "map.tif");
  tiff = open_tiff (path, 8, 8);
  for (guint32 h = 0; h < 8; h++)
    {
      g_assert_cmpint (TIFFReadScanline (tiff, row, h, 0), ==, 1);
      g_assert_cmpmem (row, sizeof row, expected + 8 * h, sizeof row);
    }
  g_assert_true (TIFFGetField (tiff, TIFFTAG_IMAGEDESCRIPTION, &description));
  g_autoptr (JsonNode) node = json_from_string (description, NULL);
  g_assert_nonnull (node);
  JsonObject *recipe =
    json_object_get_object_member (json_object_get_object_member (json_node_get_object (node), "whylight"), "recipe");
  g_assert_true (g_str_has_prefix (json_object_get_string_member (recipe, "command"), "whylight-cli explain small.onnx wardrobe-1.png "));
  g_assert_true (TIFFGetField (tiff, TIFFTAG_RESOLUTIONUNIT, &unit));
  g_assert_cmpint (unit, ==, RESUNIT_CENTIMETER);
  g_assert_true (TIFFGetField (tiff, TIFFTAG_XRESOLUTION, &resolution));
  /* A cell is an eighth of the picture, a pixel half a micrometre; stored as a fraction of 32-bit numbers. */
  const double cell_um = (double) fixture->picture->display->dims[1] / 8 * 0.5;
  g_assert_cmpfloat_with_epsilon (resolution, 1e4 / cell_um, 1e-4 * 1e4 / cell_um);
  TIFFClose (tiff);
}

static void
test_tiff_source (Fixture *fixture, gconstpointer data)
{
  const gint64 width = fixture->picture->display->dims[1];
  const gint64 height = fixture->picture->display->dims[0];
  const float *expected = fixture->result->map->values->data;
  g_autofree float *row = g_new (float, (gsize) width);

  fixture->what.style.kind = WHY_RESAMPLE_NEAREST;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_RAW_SOURCE, "wide.tif");
  TIFF *tiff = open_tiff (path, width, height);
  for (guint32 h = 0; h < (guint32) height; h++)
    {
      g_assert_cmpint (TIFFReadScanline (tiff, row, h, 0), ==, 1);
      for (gint64 w = 0; w < width; w++)
        g_assert_cmpfloat (row[w], ==, expected[(h * 8 / height) * 8 + w * 8 / width]);
    }
  TIFFClose (tiff);
}

static guint32
pixel_at (cairo_surface_t *surface, int x, int y)
{
  const guchar *row = cairo_image_surface_get_data (surface) + (gsize) y * (gsize) cairo_image_surface_get_stride (surface);

  return ((const guint32 *) (gconstpointer) row)[x];
}

static void
test_overlay (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const WhyTensor *values = fixture->result->map->values;
  const float *cells = values->data;

  fixture->what.style.kind = WHY_RESAMPLE_NEAREST;
  fixture->what.style.opacity = 0.75;
  fixture->what.style.threshold = 0.5;
  fixture->what.style.alpha_by_value = FALSE;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_OVERLAY, "overlay.png");
  g_autofree char *recipe = why_png_read_text (path, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (recipe, "--kind overlay"));
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  g_assert_cmpint (cairo_image_surface_get_format (surface), ==, CAIRO_FORMAT_ARGB32);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, fixture->picture->display->dims[1]);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, fixture->picture->display->dims[0]);
  /* Above the threshold as opaque as asked for, below nothing. */
  const double most = MAX (fabs (fixture->result->map->maximum), fabs (fixture->result->map->minimum));
  for (int cell = 0; cell < 64; cell++)
    {
      const double share = fabs ((double) cells[cell]) / most;
      const int x = (int) (((double) (cell % 8) + 0.5) / 8 * cairo_image_surface_get_width (surface));
      const int y = (int) (((double) (cell / 8) + 0.5) / 8 * cairo_image_surface_get_height (surface));
      const int alpha = (int) (pixel_at (surface, x, y) >> 24);
      if (share > 0.51)
        g_assert_cmpint (ABS (alpha - 191), <=, 1);
      else if (share < 0.49)
        g_assert_cmpint (alpha, ==, 0);
    }
  cairo_surface_destroy (surface);
}

static void
test_seen (Fixture *fixture, gconstpointer data)
{
  const WhyTensor *picture = fixture->result->covered;
  const guint8 *bytes = picture->data;

  /* Without the map it is the picture as covered, pixel by pixel. */
  fixture->what.view = (WhyRect) { 90, 50, 120, 90 };
  fixture->what.hide_map = TRUE;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_SEEN, "seen.png");
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 120);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 90);
  for (int y = 0; y < 90; y++)
    {
      for (int x = 0; x < 120; x++)
        {
          const guint8 *here = bytes + (y + 50) * picture->strides[0] + (x + 90) * picture->strides[1];
          const guint32 expected = (guint32) here[0] << 16 | (guint32) here[1] << 8 | here[2];
          g_assert_cmphex (pixel_at (surface, x, y) & 0xffffff, ==, expected);
        }
    }
  cairo_surface_destroy (surface);

  /* With it, twice as fine, and with a scale bar where the size is known. */
  fixture->what.hide_map = FALSE;
  fixture->what.width = 480;
  fixture->what.scale = 2;
  g_autofree char *without = write_file (fixture, WHY_EXPORT_SEEN, "seen-2.png");
  fixture->what.um_per_pixel = 1;
  g_autofree char *with = write_file (fixture, WHY_EXPORT_SEEN, "seen-3.png");
  cairo_surface_t *one = cairo_image_surface_create_from_png (without);
  cairo_surface_t *other = cairo_image_surface_create_from_png (with);
  g_assert_cmpint (cairo_image_surface_get_width (one), ==, 960);
  g_assert_cmpint (cairo_image_surface_get_height (one), ==, 720);
  int n_different = 0;
  for (int y = 0; y < 720; y++)
    {
      for (int x = 0; x < 960; x++)
        {
          const gboolean different = pixel_at (one, x, y) != pixel_at (other, x, y);
          n_different += different;
          /* Low at the right, and nowhere else. */
          if (different)
            g_assert_true (x > 480 && y > 540);
        }
    }
  g_assert_cmpint (n_different, >, 500);
  cairo_surface_destroy (one);
  cairo_surface_destroy (other);
}

/* Colour on the line, the picture as it was within and around; of a hidden map, so that nothing else is there. */
static void
test_outlines (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    int x, y;
    gboolean on_line;
  } places[] = { { 60, 25, TRUE }, { 20, 50, TRUE }, { 60, 75, TRUE }, { 60, 50, FALSE }, { 5, 5, FALSE }, { 115, 85, FALSE } };
  const WhyRect box = { 110, 75, 80, 50 };
  WhyExportOutline outline = { .color = 0xff00ff, .pattern = WHY_PATTERN_SOLID };

  fixture->what.view = (WhyRect) { 90, 50, 120, 90 };
  fixture->what.hide_map = TRUE;
  g_autofree char *without = write_file (fixture, WHY_EXPORT_SEEN, "plain.png");
  fixture->what.outlines = why_export_outlines_new ();
  outline.shape = why_area_new_rectangle (&box, FALSE, NULL);
  g_array_append_val (fixture->what.outlines, outline);
  g_autofree char *with = write_file (fixture, WHY_EXPORT_SEEN, "outlined.png");
  cairo_surface_t *plain = cairo_image_surface_create_from_png (without);
  cairo_surface_t *outlined = cairo_image_surface_create_from_png (with);
  for (gsize place = 0; place < G_N_ELEMENTS (places); place++)
    {
      const guint32 pixel = pixel_at (outlined, places[place].x, places[place].y);
      if (places[place].on_line)
        {
          /* The line is wider than a pixel and lies on its edge: at least half of the colour is there. */
          g_assert_cmpint (pixel >> 16 & 0xff, >, 120);
          g_assert_cmpint (pixel & 0xff, >, 120);
          g_assert_cmpint (pixel >> 8 & 0xff, <, 100);
        }
      else
        g_assert_cmphex (pixel, ==, pixel_at (plain, places[place].x, places[place].y));
    }
  cairo_surface_destroy (plain);
  cairo_surface_destroy (outlined);

  /* In the figure too, whatever is below it. */
  fixture->what.hide_map = FALSE;
  g_autofree char *figure_with = write_file (fixture, WHY_EXPORT_FIGURE, "figure-outlined.png");
  g_clear_pointer (&fixture->what.outlines, g_array_unref);
  g_autofree char *figure_without = write_file (fixture, WHY_EXPORT_FIGURE, "figure-plain.png");
  cairo_surface_t *figure = cairo_image_surface_create_from_png (figure_with);
  cairo_surface_t *bare = cairo_image_surface_create_from_png (figure_without);
  int n_magenta = 0;
  for (int y = 0; y < cairo_image_surface_get_height (figure); y++)
    for (int x = 0; x < cairo_image_surface_get_width (figure); x++)
      {
        n_magenta += (pixel_at (figure, x, y) & 0xffffff) == 0xff00ff;
        g_assert_cmphex (pixel_at (bare, x, y) & 0xffffff, !=, 0xff00ff);
      }
  g_assert_cmpint (n_magenta, >, 200);
  cairo_surface_destroy (figure);
  cairo_surface_destroy (bare);
}

static char *
run_tool (const char *tool, const char *path, const char *last)
{
  g_autoptr (GError) error = NULL;
  char *out = NULL;
  const char *argv[] = { tool, path, last, NULL };
  int status = 0;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  return out;
}

static void
test_pdf (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tool = g_find_program_in_path ("pdftotext");

  if (tool == NULL)
    {
      g_test_skip ("pdftotext (poppler-utils) is not installed");
      return;
    }
  fixture->what.text = WHY_EXPORT_TEXT_CAPTION;
  fixture->what.um_per_pixel = 2;
  g_autofree char *path = write_file (fixture, WHY_EXPORT_AUTO, "figure.pdf");
  g_autofree char *text = run_tool ("pdftotext", path, "-");
  /* Text, not pictures of text: label, caption, notice. */
  g_assert_nonnull (strstr (text, "green"));
  g_assert_nonnull (strstr (text, "Grad-CAM"));
  g_assert_nonnull (strstr (text, "not a medical device"));
  g_assert_nonnull (strstr (text, "Selvaraju"));
  g_assert_nonnull (strstr (text, "µm"));
  g_autofree char *info = run_tool ("pdfinfo", path, NULL);
  g_assert_nonnull (strstr (info, "whylight-cli explain small.onnx wardrobe-1.png"));
  /* As seen: the legend's text too. */
  g_autofree char *seen = write_file (fixture, WHY_EXPORT_SEEN, "seen.pdf");
  g_autofree char *seen_text = run_tool ("pdftotext", seen, "-");
  g_assert_nonnull (strstr (seen_text, "green"));
  g_assert_nonnull (strstr (seen_text, "relu2"));
}

static void
test_scores (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = write_file (fixture, WHY_EXPORT_SCORES, "scores.csv");
  g_autofree char *text = NULL;
  double sum = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_assert_cmpstr (lines[0], ==, "index,label,probability,logit,explained,probability_uncovered");
  g_assert_cmpint (g_strv_length (lines), ==, 5); /* header, three classes, the end */
  for (int index = 0; index < 3; index++)
    {
      /* The third label has a comma in it, and stands in quotes. */
      g_autofree char *plain = g_strdup (lines[index + 1]);
      char *quoted = strstr (plain, "\"blue, azure\"");
      g_assert_cmpint (quoted != NULL, ==, index == 2);
      if (quoted != NULL)
        quoted[5] = ';';
      g_auto (GStrv) fields = g_strsplit (plain, ",", -1);
      g_assert_cmpint (g_strv_length (fields), ==, 6);
      g_assert_cmpfloat (g_ascii_strtod (fields[2], NULL), ==, why_tensor_get_f64 (fixture->result->probabilities, (gsize) index));
      g_assert_cmpfloat (g_ascii_strtod (fields[5], NULL), ==, why_tensor_get_f64 (fixture->result->steps[0], (gsize) index));
      g_assert_cmpstr (fields[4], ==, index == 1 ? "1" : "0");
      sum += g_ascii_strtod (fields[2], NULL);
    }
  /* Three float32 of a softmax. */
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-6);

  g_autoptr (JsonNode) node = NULL;
  g_autofree char *json = write_file (fixture, WHY_EXPORT_AUTO, "scores.json");
  JsonArray *classes = json_object_get_array_member (read_json (json, &node), "classes");
  g_assert_cmpint (json_array_get_length (classes), ==, 3);
  JsonArray *steps = json_object_get_array_member (json_array_get_object_element (classes, 2), "probability_by_covers");
  g_assert_cmpint (json_array_get_length (steps), ==, 2);
  g_assert_cmpfloat (json_array_get_double_element (steps, 0), ==, why_tensor_get_f64 (fixture->result->steps[0], 2));
}

static gboolean
contains (const char *path, const char *needle)
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  return memmem (contents, length, needle, strlen (needle)) != NULL;
}

/* Where somebody keeps things is in no file, unless asked for. */
static void
test_private (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    WhyExportKind kind;
    const char *name;
    const char *beside;
  } files[] = {
    { WHY_EXPORT_FIGURE, "private.png", NULL }, { WHY_EXPORT_FIGURE, "private.svg", NULL },  { WHY_EXPORT_FIGURE, "private.pdf", NULL },
    { WHY_EXPORT_SEEN, "private-2.png", NULL }, { WHY_EXPORT_OVERLAY, "private-3.png", NULL }, { WHY_EXPORT_RAW, "private.tif", NULL },
    { WHY_EXPORT_RAW, "private.npy", "private.npy.json" }, { WHY_EXPORT_SCORES, "private.csv", "private.csv.json" },
    { WHY_EXPORT_SCORES, "private.json", NULL },
  };
  g_autofree char *way = g_path_get_dirname (picture_path);

  for (gsize file = 0; file < G_N_ELEMENTS (files); file++)
    {
      fixture->what.full_paths = FALSE;
      g_autofree char *path = write_file (fixture, files[file].kind, files[file].name);
      g_autofree char *told = in_folder (files[file].beside != NULL ? files[file].beside : files[file].name);
      g_assert_false (contains (path, way));
      g_assert_false (contains (path, folder));
      g_assert_false (contains (told, way));
      g_assert_false (contains (told, folder));
      if (g_str_has_suffix (path, ".pdf")) /* its strings are written otherwise */
        continue;
      g_assert_true (contains (told, "wardrobe-1.png"));
      fixture->what.full_paths = TRUE;
      g_free (write_file (fixture, files[file].kind, files[file].name));
      g_assert_true (contains (told, way));
    }
}

/* What cannot be written leaves what was there. */
static void
test_failures (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    WhyExportKind kind;
    const char *name;
  } files[] = {
    { WHY_EXPORT_FIGURE, "missing/a.png" },  { WHY_EXPORT_SEEN, "missing/a.svg" }, { WHY_EXPORT_OVERLAY, "missing/a.png" },
    { WHY_EXPORT_RAW, "missing/a.tif" },     { WHY_EXPORT_RAW, "missing/a.npy" },  { WHY_EXPORT_RAW, "flat.nii" },
    { WHY_EXPORT_SCORES, "missing/a.csv" },  { WHY_EXPORT_SCORES, "missing/a.json" },
  };
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (GError) error = NULL;

  for (gsize file = 0; file < G_N_ELEMENTS (files); file++)
    {
      g_autofree char *path = in_folder (files[file].name);
      g_assert_false (why_export_write (&fixture->what, files[file].kind, path, NULL, &error));
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, files[file].name));
      g_clear_error (&error);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  g_autofree char *kept = in_folder ("kept.tif");
  g_assert_true (g_file_set_contents (kept, "as it was", -1, NULL));
  why_cancel_set (cancel);
  g_assert_false (why_export_write (&fixture->what, WHY_EXPORT_RAW, kept, cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
  g_assert_true (contains (kept, "as it was"));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_false (g_str_has_prefix (name, "kept.tif."));
}

/* A map of a volume lies in the body where the volume does: the bright voxel is where it was. */
static void
test_nifti (void)
{
  static const gint64 dims[3] = { 7, 6, 5 };
  static const float spacing[3] = { 1.0f, 1.0f, 2.0f };
  static const float world[12] = { -1, 0, 0, 3, 0, 0, 2, -7, 0, -1, 0, 11 };
  g_autoptr (GError) error = NULL;
  g_autofree char *volume_path = in_folder ("volume.nii");
  g_autofree char *net_path = in_folder ("volume.onnx");
  float values[7 * 6 * 5] = { 0 };

  values[(3 * 6 + 4) * 7 + 1] = 80;
  small_volume (volume_path, dims, values, spacing, world);
  small_write (volume_model (), net_path);
  g_autoptr (WhyModel) model = why_model_load (net_path, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyPicture) picture = why_picture_load (volume_path, NULL, &error);
  g_assert_no_error (error);
  const WhyExplainRequest explain = { .method = "gradcam", .layer = "relu1", .target_class = 0 };
  g_autoptr (WhyRequest) request =
    why_request_new (why_model_get_onnx (model), why_model_get_recipe (model), picture->pixels, NULL, &explain);
  g_autoptr (WhyResult) result = why_request_run (request, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  WhyExport what = {
    .model = model, .input_path = volume_path, .picture = picture->display, .source = picture, .result = result,
  };
  why_overlay_style_init (&what.style, FALSE);
  g_assert_cmpfloat_with_epsilon (why_export_get_um_per_pixel (&what), 1000, 1e-6);

  static const char *const names[] = { "map.nii", "map.nii.gz" };
  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *path = in_folder (names[name]);
      why_export_write (&what, WHY_EXPORT_AUTO, path, NULL, &error);
      g_assert_no_error (error);
      g_autoptr (WhyPicture) read = why_picture_load (path, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (read->has_world);
      for (int number = 0; number < 12; number++)
        g_assert_cmpfloat_with_epsilon (read->voxel_to_world[number], (double) world[number], 1e-6);
      g_assert_cmpint (why_tensor_count (read->pixels), ==, 210);
      g_assert_cmpmem (read->pixels->data, 210 * 4, result->map->values->data, 210 * 4);
      g_assert_cmpfloat (((const float *) read->pixels->data)[(3 * 6 + 4) * 7 + 1], >, 0);
    }

  /* Pictures of patients say what this is not. */
  g_autofree char *seen = in_folder ("volume.png");
  g_assert_true (why_export_write (&what, WHY_EXPORT_SEEN, seen, NULL, &error));
  g_autofree char *comment = why_png_read_text (seen, "Comment", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (comment, "Not a medical device"));

  /* Several pages. */
  g_autofree char *pages = in_folder ("volume.tif");
  g_assert_true (why_export_write (&what, WHY_EXPORT_RAW, pages, NULL, &error));
  TIFF *tiff = open_tiff (pages, 7, 6);
  g_assert_cmpint (TIFFNumberOfDirectories (tiff), ==, 5);
  TIFFClose (tiff);
}

static void
test_caption (Fixture *fixture, gconstpointer data)
{
  static const char *const said[] = { "Grad-CAM", "Selvaraju", "green", "small", "relu2", "8 × 8 cells", "1 region", "wardrobe-1.png",
                                      "logit before the final Softmax", WHY_VERSION };
  g_autofree char *plain = why_caption_text (&fixture->what);

  g_assert_null (strchr (plain, '\n'));
  g_assert_null (strstr (plain, "µm"));
  for (gsize words = 0; words < G_N_ELEMENTS (said); words++)
    {
      if (strstr (plain, said[words]) == NULL)
        g_error ("'%s' is missing in: %s", said[words], plain);
    }
  fixture->what.um_per_pixel = 0.25;
  fixture->what.style.threshold = 0.2;
  g_autofree char *more = why_caption_text (&fixture->what);
  g_assert_nonnull (strstr (more, "µm"));
  g_assert_nonnull (strstr (more, "20%"));
}

/* Every method that comes from a paper cites one, in braces that close. */
static void
test_citations (void)
{
  gsize n;
  const WhyExplainerClass *const *methods = why_explainer_list (&n);

  for (gsize index = 0; index < n; index++)
    {
      g_autofree char *entry = why_caption_citation (methods[index]->id);
      int depth = 0;

      if ((methods[index]->needs & WHY_IS_CONTROL) != 0 || strchr (methods[index]->paper, ',') == NULL)
        {
          g_assert_null (entry);
          continue;
        }
      g_assert_true (g_str_has_prefix (entry, "@"));
      for (const char *at = entry; *at != '\0'; at++)
        {
          depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
          g_assert_cmpint (depth, >=, 0);
        }
      g_assert_cmpint (depth, ==, 0);
      /* The year that the method itself states. */
      const char *year = strstr (methods[index]->paper, "20");
      g_autofree char *digits = NULL;
      for (; year != NULL; year = strstr (year + 1, "20"))
        {
          if (strspn (year, "0123456789") == 4 && (year == methods[index]->paper || year[-1] == ' '))
            digits = g_strndup (year, 4);
          if (digits != NULL)
            break;
        }
      if (digits != NULL && strstr (entry, digits) == NULL)
        g_error ("%s: the year %s is missing in %s", methods[index]->id, digits, entry);
    }
  g_autofree char *gradcam = why_caption_citation ("gradcam");
  g_assert_nonnull (strstr (gradcam, "Selvaraju"));
  g_assert_null (why_caption_citation ("nothing"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
  folder = g_dir_make_tmp ("test-export-XXXXXX", NULL);
  model_path = in_folder ("small.onnx");
  picture_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
  small_write (small_model (), model_path);

#define EXPORT(path, function) g_test_add ("/export/" path, Fixture, NULL, set_up, function, tear_down)
  g_test_add_func ("/export/kinds", test_kinds);
  EXPORT ("npy", test_npy);
  EXPORT ("tiff", test_tiff);
  EXPORT ("tiff-source", test_tiff_source);
  EXPORT ("overlay", test_overlay);
  EXPORT ("seen", test_seen);
  EXPORT ("outlines", test_outlines);
  EXPORT ("pdf", test_pdf);
  EXPORT ("scores", test_scores);
  EXPORT ("private", test_private);
  EXPORT ("failures", test_failures);
  g_test_add_func ("/export/nifti", test_nifti);
  EXPORT ("caption", test_caption);
  g_test_add_func ("/export/citations", test_citations);
  const int status = g_test_run ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = in_folder (name);
      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
  g_free (model_path);
  g_free (picture_path);
  return status;
}
