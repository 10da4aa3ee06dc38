#include "config.h"

#include "annotation-private.h"
#include "base/error.h"
#include "draw/png.h"
#include "image/outline.h"
#include "service/annotation.h"
#include "service/check.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Outlines: as files of other programs, in documents and sessions, and beside a map; and the checks of a map. */

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
write_text (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* 30 x 20 pixels, each the number that @label gives it, as grey. */
static void
write_picture (const char *path, int width, int height, guint8 (*label) (int x, int y))
{
  g_autofree guint32 *pixels = g_new (guint32, (gsize) width * (gsize) height);
  g_autoptr (GError) error = NULL;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      pixels[y * width + x] = 0xff000000u | 0x010101u * label (x, y);
  why_png_write (path, pixels, width, height, (gsize) width * sizeof *pixels, FALSE, NULL, 0, NULL, &error);
  g_assert_no_error (error);
}

static guint8
noisy (int x, int y)
{
  return (guint8) (x * 37 + y * 91 + x * y * 5);
}

static guint8
two_labels (int x, int y)
{
  return x >= 3 && x < 9 && y >= 2 && y < 7 ? 1 : x >= 20 && y >= 15 ? 2 : 0;
}

static guint8
half_size (int x, int y)
{
  return x < 5 && y < 5 ? 255 : 0;
}

static guint8
nothing (int x, int y)
{
  return 0;
}

static WhyDocument *
open_document (WhyRunner *runner)
{
  WhyDocument *document = why_document_new (runner);
  g_autofree char *model = in_folder ("small.onnx");
  g_autofree char *picture = in_folder ("picture.png");

  why_document_open_model (document, model);
  why_document_open_picture (document, picture);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_nonnull (why_document_get_map (document));
  return document;
}

static WhyArea *
rectangle (double x, double y, double w, double h)
{
  const WhyRect box = { x, y, w, h };
  g_autoptr (GError) error = NULL;
  WhyArea *area = why_area_new_rectangle (&box, FALSE, &error);

  g_assert_no_error (error);
  return area;
}

static guint
count (WhyDocument *document)
{
  return g_list_model_get_n_items (why_document_get_annotations (document));
}

static WhyAnnotation *
get (WhyDocument *document, guint index)
{
  g_autoptr (WhyAnnotation) annotation = g_list_model_get_item (why_document_get_annotations (document), index);
  return annotation;
}

/* ---- outlines as rings ---- */

static double
signed_area (const WhyRing *ring)
{
  double twice = 0;

  for (gsize at = 0; at < ring->n_points; at++)
    {
      const WhyPoint *a = &ring->points[at], *b = &ring->points[(at + 1) % ring->n_points];
      twice += a->x * b->y - b->x * a->y;
    }
  return twice / 2;
}

static void
test_trace (void)
{
  /* A frame with a hole, in the hole an island, and two pixels that touch at a corner. */
  static const char *const rows[] = { "#####..", "#...#..", "#.#.#..", "#...#..", "#####..", "......#", ".....#." };
  const gint64 dims[] = { 7, 7 };
  const WhyRect box = { 10, 20, 7, 7 };
  g_autoptr (WhyTensor) values = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, NULL);
  g_autoptr (GError) error = NULL;
  double total = 0, n_inside = 0;
  int n_holes = 0;

  for (int row = 0; row < 7; row++)
    for (int column = 0; column < 7; column++)
      {
        ((guint8 *) values->data)[row * 7 + column] = rows[row][column] == '#' ? 255 : 0;
        n_inside += rows[row][column] == '#';
      }
  g_autoptr (WhyArea) mask = why_area_new_mask (values, &box, FALSE, &error);
  g_assert_no_error (error);
  g_autoptr (GArray) rings = why_outline_of_shape (mask, 100, 100, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rings->len, ==, 5);
  for (guint index = 0; index < rings->len; index++)
    {
      const WhyRing *ring = &g_array_index (rings, WhyRing, index);
      total += fabs (signed_area (ring)) * (ring->parent < 0 ? 1 : -1);
      n_holes += ring->parent >= 0;
      if (ring->parent >= 0)
        g_assert_cmpint (ring->parent, <, (int) index);
    }
  g_assert_cmpint (n_holes, ==, 1);
  g_assert_cmpfloat (total, ==, n_inside);

  /* The same pixels again, as one polygon; and the same rings out of that. */
  guint8 first[40 * 30], second[40 * 30];
  g_autoptr (WhyArea) polygon = why_outline_to_shape ((const WhyRing *) rings->data, rings->len, &error);
  g_assert_no_error (error);
  why_area_rasterise (mask, 40, 30, first, 40);
  why_area_rasterise (polygon, 40, 30, second, 40);
  g_assert_cmpmem (first, sizeof first, second, sizeof second);
  g_autoptr (GArray) again = why_outline_of_shape (polygon, 100, 100, &error);
  g_assert_cmpuint (again->len, ==, rings->len);
}

/* ---- GeoJSON ---- */

static const char qupath[] =
  "{\"type\":\"FeatureCollection\",\"features\":["
  "{\"type\":\"Feature\",\"id\":\"6d3a\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
  "[[[2,2],[12,2],[12,12],[2,12],[2,2]],[[4,4],[8,4],[8,8],[4,8],[4,4]]]},"
  "\"properties\":{\"objectType\":\"annotation\",\"name\":\"left\","
  "\"classification\":{\"name\":\"Tumor\",\"color\":[200,0,10]},\"measurements\":{\"a\":{\"b\":[1]}}}},"
  "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":{}},"
  "{\"type\":\"Feature\",\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":"
  "[[[[20,1],[25,1],[25,6],[20,1]]],[[[20,10],[25,10],[25,15],[20,15],[20,10]]]]},"
  "\"properties\":{\"classification\":{\"name\":\"Stroma\",\"colorRGB\":-3670016}}}]}";

static void
test_geojson (void)
{
  g_autofree char *warning = NULL;
  g_autoptr (GError) error = NULL;
  guint8 pixels[30 * 20], again_pixels[30 * 20];
  int n_inside = 0;

  g_autoptr (GArray) data = why_geojson_read (qupath, sizeof qupath - 1, &warning, &error);
  g_assert_no_error (error);
  g_assert_nonnull (warning);
  g_assert_cmpuint (data->len, ==, 2);
  const WhyAnnotationData *left = &g_array_index (data, WhyAnnotationData, 0), *right = left + 1;
  g_assert_cmpstr (left->name, ==, "left");
  g_assert_cmpstr (left->class_name, ==, "Tumor");
  g_assert_cmphex (left->color, ==, 0xc8000a);
  g_assert_cmpstr (right->class_name, ==, "Stroma");
  g_assert_cmphex (right->color, ==, 0xc80000);
  /* 10 x 10 less a hole of 4 x 4. */
  why_area_rasterise (left->shape, 30, 20, pixels, 30);
  for (gsize at = 0; at < sizeof pixels; at++)
    n_inside += pixels[at] == 255;
  g_assert_cmpint (n_inside, ==, 84);
  g_assert_cmpint (pixels[5 * 30 + 5], ==, 0);

  /* What is written is read again, holes and parts and all. */
  g_autofree char *text = why_geojson_write (data, 30, 20, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "\"MultiPolygon\""));
  g_assert_nonnull (strstr (text, "\"objectType\":\"annotation\""));
  g_autofree char *none = NULL;
  g_autoptr (GArray) again = why_geojson_read (text, strlen (text), &none, &error);
  g_assert_no_error (error);
  g_assert_null (none);
  g_assert_cmpuint (again->len, ==, 2);
  for (guint index = 0; index < 2; index++)
    {
      why_area_rasterise (g_array_index (data, WhyAnnotationData, index).shape, 30, 20, pixels, 30);
      why_area_rasterise (g_array_index (again, WhyAnnotationData, index).shape, 30, 20, again_pixels, 30);
      g_assert_cmpmem (pixels, sizeof pixels, again_pixels, sizeof again_pixels);
      g_assert_cmphex (g_array_index (again, WhyAnnotationData, index).color, ==,
                       g_array_index (data, WhyAnnotationData, index).color);
    }
}

static void
test_bad_geojson (void)
{
  static const struct
  {
    const char *text;
    const char *sentence;
  } cases[] = {
    { "{\"type\":\"FeatureCollection\"}", "has no list of features" },
    { "{\"type\":\"FeatureCollection\",\"features\":[3]}", "feature 1 is no object" },
    { "{\"type\":\"FeatureCollection\",\"features\":[]}", "has no Polygon or MultiPolygon" },
    { "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,0]]]}", "a ring has 3 points" },
    { "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,\"x\"],[1,1],[0,0]]]}", "point 2 of a ring is not two numbers" },
    { "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1e300],[1,1],[0,0]]]}", "point 2 of a ring is not two numbers" },
    { "{\"type\":\"Polygon\",\"coordinates\":[]}", "a Polygon needs a list" },
    { "{\"type\":\"Polygon\",\"coordinates\":{}}", "a Polygon needs a list" },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]", "is nested deeper than 24 levels" },
    { "[{\"type\":", "is not JSON" },
    { "\"\xff\"", "is not UTF-8 text" },
  };

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autofree char *warning = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GArray) data = why_geojson_read (cases[index].text, strlen (cases[index].text), &warning, &error);
      g_assert_null (data);
      g_assert_nonnull (error);
      if (strstr (error->message, cases[index].sentence) == NULL)
        g_error ("\"%s\" gave \"%s\"", cases[index].text, error->message);
    }
}

/* ---- masks ---- */

static void
test_masks (void)
{
  g_autofree char *path = in_folder ("mask.png");
  g_autofree char *written = in_folder ("written.png");
  g_autofree char *warning = NULL;
  g_autoptr (GError) error = NULL;
  guint8 pixels[30 * 20];

  write_picture (path, 30, 20, two_labels);
  g_autoptr (GArray) data = why_annotation_file_read (path, 30, 20, NULL, &warning, &error);
  g_assert_no_error (error);
  g_assert_null (warning);
  g_assert_cmpuint (data->len, ==, 2);
  for (guint index = 0; index < 2; index++)
    {
      why_area_rasterise (g_array_index (data, WhyAnnotationData, index).shape, 30, 20, pixels, 30);
      for (int at = 0; at < 30 * 20; at++)
        g_assert_cmpint (pixels[at] != 0, ==, two_labels (at % 30, at / 30) == (int) index + 1);
    }
  /* Written with the same numbers, and read again. */
  g_assert_true (why_annotation_file_write (data, 30, 20, written, &error));
  g_autoptr (GArray) again = why_annotation_file_read (written, 30, 20, NULL, &warning, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, 2);
  g_assert_cmpstr (g_array_index (again, WhyAnnotationData, 1).class_name, ==, "2");

  /* Half the size: a cell is 2 x 2 pixels, and that is said. */
  write_picture (path, 15, 10, half_size);
  g_autoptr (GArray) scaled = why_annotation_file_read (path, 30, 20, NULL, &warning, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (warning, "15"));
  g_assert_cmpuint (scaled->len, ==, 1);
  why_area_rasterise (g_array_index (scaled, WhyAnnotationData, 0).shape, 30, 20, pixels, 30);
  for (int at = 0; at < 30 * 20; at++)
    g_assert_cmpint (pixels[at] != 0, ==, at % 30 < 10 && at / 30 < 10);

  g_autofree char *none = NULL;
  write_picture (path, 30, 20, nothing);
  g_assert_null (why_annotation_file_read (path, 30, 20, NULL, &none, &error));
  g_assert_nonnull (strstr (error->message, "is an empty mask"));
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_false (why_annotation_file_write (data, 30, 20, "/nowhere/mask.png", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (why_annotation_file_write (data, 30, 20, "mask.xyz", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
}

/* ---- in a document ---- */

static void
test_document (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_document (runner);
  g_autoptr (WhyArea) area = rectangle (3, 4, 10, 8);

  why_document_annotate (document, area, NULL, NULL);
  why_document_annotate (document, area, "lesion", "Tumor");
  g_assert_cmpuint (count (document), ==, 2);
  g_assert_cmpint (why_document_get_selected_annotation (document), ==, 1);
  g_assert_cmpstr (why_annotation_get_name (get (document, 0)), ==, "Outline 1");
  g_assert_cmpstr (why_annotation_get_class_name (get (document, 1)), ==, "Tumor");
  g_assert_cmphex (why_annotation_get_color (get (document, 0)), !=, why_annotation_get_color (get (document, 1)));
  g_assert_cmpint (why_annotation_get_pattern (get (document, 0)), !=, why_annotation_get_pattern (get (document, 1)));
  why_document_rename_annotation (document, 0, "other", NULL);
  why_document_show_annotation (document, 1, FALSE);
  g_assert_false (why_annotation_get_visible (get (document, 1)));
  why_document_remove_annotation (document, 0);
  g_assert_cmpuint (count (document), ==, 1);

  why_document_undo (document);
  g_assert_cmpstr (why_annotation_get_name (get (document, 0)), ==, "other");
  why_document_undo (document);
  g_assert_true (why_annotation_get_visible (get (document, 1)));
  why_document_undo (document);
  g_assert_cmpstr (why_annotation_get_name (get (document, 0)), ==, "Outline 1");
  why_document_undo (document);
  why_document_undo (document);
  g_assert_cmpuint (count (document), ==, 0);
  why_document_redo (document);
  g_assert_cmpuint (count (document), ==, 1);

  /* Beyond the list nothing happens. */
  why_document_remove_annotation (document, 9);
  why_document_rename_annotation (document, 9, "x", NULL);
  g_assert_cmpuint (count (document), ==, 1);
  spin_until_idle (document);
  g_assert_finalize_object (document);
}

static void
test_import_and_session (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_document (runner);
  g_autofree char *geojson = in_folder ("outlines.geojson");
  g_autofree char *exported = in_folder ("exported.geojson");
  g_autofree char *session = in_folder ("s.whylight");
  g_autofree char *contents = NULL;

  write_text (geojson, qupath);
  why_document_import_annotations (document, geojson);
  g_assert_true (why_document_get_busy (document));
  spin_until_idle (document);
  g_assert_cmpuint (count (document), ==, 2);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "left out"));
  why_document_show_annotation (document, 1, FALSE);
  why_document_export_annotations (document, exported);
  spin_until_idle (document);
  g_assert_true (g_file_get_contents (exported, &contents, NULL, NULL));
  g_assert_nonnull (strstr (contents, "Tumor"));
  g_assert_null (strstr (contents, "Stroma"));

  why_document_save_session (document, session);
  spin_until_idle (document);
  WhyDocument *again = why_document_new (runner);
  why_document_open (again, session);
  spin_until_idle (again);
  g_assert_null (why_document_get_error_message (again));
  g_assert_cmpuint (count (again), ==, 2);
  for (guint index = 0; index < 2; index++)
    {
      WhyAnnotation *a = get (document, index), *b = get (again, index);
      g_assert_cmpstr (why_annotation_get_name (a), ==, why_annotation_get_name (b));
      g_assert_cmpstr (why_annotation_get_class_name (a), ==, why_annotation_get_class_name (b));
      g_assert_cmphex (why_annotation_get_color (a), ==, why_annotation_get_color (b));
      g_assert_cmpint (why_annotation_get_pattern (a), ==, why_annotation_get_pattern (b));
      g_assert_cmpint (why_annotation_get_visible (a), ==, why_annotation_get_visible (b));
      g_assert_true (why_area_equal (why_annotation_get_shape (a), why_annotation_get_shape (b)));
    }
  /* Another picture has no outlines of this one. */
  g_autofree char *other = in_folder ("other.png");
  write_picture (other, 16, 16, noisy);
  why_document_open_picture (again, other);
  spin_until_idle (again);
  g_assert_cmpuint (count (again), ==, 0);
  g_autofree char *missing = in_folder ("missing.geojson");
  why_document_import_annotations (again, missing);
  spin_until_idle (again);
  g_assert_nonnull (strstr (why_document_get_error_message (again), "missing.geojson"));
  g_assert_finalize_object (again);
  g_assert_finalize_object (document);
}

/* Against pixels counted here. */
static void
test_overlap (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_document (runner);
  g_autoptr (WhyArea) left = rectangle (0, 0, 15, 20);
  g_autoptr (WhyArea) top = rectangle (0, 0, 30, 5);
  WhyAffine to_source;
  double both = 0, either = 0;

  why_document_set_smooth (document, FALSE);
  why_document_set_threshold (document, 0.3);
  why_document_set_polarity (document, "absolute");
  spin_until_idle (document);
  g_assert_null (why_document_get_overlap (document));
  why_document_annotate (document, left, NULL, NULL);
  spin_until_idle (document);
  const WhyOverlapResult *result = why_document_get_overlap (document);
  g_assert_nonnull (result);
  g_assert_cmpuint (result->n_outlines, ==, 1);
  const WhyMap *map = why_document_get_map (document);
  g_assert_true (why_document_map_to_source (document, &to_source));
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 30; x++)
      {
        const gint64 column = (gint64) ((x + 0.5 - to_source.x0) / to_source.xx);
        const gint64 row = (gint64) ((y + 0.5 - to_source.y0) / to_source.yy);
        const double value = (double) ((float *) map->values->data)[row * map->values->dims[1] + column];
        const gboolean over = value > 0 && value >= 0.3 * map->maximum;
        both += over && x < 15;
        either += over || x < 15;
      }
  g_assert_cmpfloat (both, >, 0);
  g_assert_cmpfloat_with_epsilon (result->overlap.iou, both / either, 1e-9);

  /* The selected one alone; without one all that are visible. */
  why_document_annotate (document, top, NULL, NULL);
  spin_until_idle (document);
  g_assert_cmpuint (why_document_get_overlap (document)->n_outlines, ==, 1);
  g_assert_cmpuint (why_document_get_overlap (document)->overlap.n_mask, ==, 150);
  why_document_select_annotation (document, -1);
  spin_until_idle (document);
  g_assert_cmpuint (why_document_get_overlap (document)->n_outlines, ==, 2);
  g_assert_cmpuint (why_document_get_overlap (document)->overlap.n_mask, ==, 300 + 75);
  const double before = why_document_get_overlap (document)->overlap.iou;
  why_document_set_threshold (document, 0.9);
  spin_until_idle (document);
  g_assert_cmpfloat (why_document_get_overlap (document)->overlap.threshold, ==, 0.9);
  g_assert_cmpfloat (why_document_get_overlap (document)->overlap.iou, !=, before);
  why_document_set_polarity (document, "signed");
  spin_until_idle (document);
  g_assert_true (why_document_get_overlap (document)->has_against);
  why_document_clear_annotations (document);
  spin_until_idle (document);
  g_assert_null (why_document_get_overlap (document));
  g_assert_finalize_object (document);
}

/* ---- checks ---- */

static WhyCheck *
check_of (WhyDocument *document, WhyCheckKind kind)
{
  g_autoptr (WhyCheck) check = g_list_model_get_item (why_document_get_checks (document), (guint) kind);
  return check;
}

static void
test_checks (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_run_check (document, WHY_CHECK_CONTROLS);
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_finalize_object (document);
  document = open_document (runner);
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    {
      WhyCheck *check = check_of (document, (WhyCheckKind) kind);
      if (kind == WHY_CHECK_REGIONS) /* below */
        continue;
      g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_NOT_RUN);
      why_document_run_check (document, (WhyCheckKind) kind);
      g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_RUNNING);
      g_assert_true (why_document_get_busy (document));
      spin_until_idle (document);
      if (why_check_get_state (check) != WHY_CHECK_DONE)
        g_error ("%s: %s", why_check_kind_id ((WhyCheckKind) kind), why_check_get_sentence (check));
      g_assert_cmpstr (why_check_get_sentence (check), !=, "");
      g_assert_nonnull (why_check_get_result (check));
      g_assert_cmpstr (why_check_get_result (check)->map->method, ==, "gradcam");
    }
  const WhyCheckResult *curves = why_check_get_result (check_of (document, WHY_CHECK_FAITHFULNESS));
  const WhyTensor *probabilities = why_document_get_probabilities (document);
  /* Nothing taken away is the answer itself, and so is everything given. */
  const double answer = why_tensor_get_f64 (probabilities, (gsize) curves->target_class);
  g_assert_cmpfloat_with_epsilon (curves->faithfulness.deletion.scores[0], answer, 1e-5);
  g_assert_cmpfloat_with_epsilon (curves->faithfulness.insertion.scores[20], answer, 1e-5);
  g_assert_cmpuint (why_check_get_result (check_of (document, WHY_CHECK_RANDOMISATION))->sanity.n_weighted, ==, 3);

  /* The map that is there stays what the checks were of, until the question is another. */
  why_document_set_threshold (document, 0.5);
  g_assert_cmpint (why_check_get_state (check_of (document, WHY_CHECK_CONTROLS)), ==, WHY_CHECK_DONE);
  why_document_set_method (document, "hirescam");
  g_assert_cmpint (why_check_get_state (check_of (document, WHY_CHECK_CONTROLS)), ==, WHY_CHECK_OUTDATED);
  spin_until_idle (document);
  why_document_run_check (document, WHY_CHECK_CONTROLS);
  spin_until_idle (document);
  g_assert_cmpint (why_check_get_state (check_of (document, WHY_CHECK_CONTROLS)), ==, WHY_CHECK_DONE);
  g_assert_cmpstr (why_check_get_result (check_of (document, WHY_CHECK_CONTROLS))->map->method, ==, "hirescam");
  g_autofree char *state = why_state_to_json (document);
  g_assert_nonnull (strstr (state, "\"by_input\""));
  g_assert_finalize_object (document);
}

/* The probability of the class with some of two rectangles covered, by the document's own covers. */
static double
covered_probability (WhyRunner *runner, int target, gboolean left, gboolean right)
{
  WhyDocument *document = open_document (runner);

  if (left)
    why_document_occlude (document, 2, 2, 10, 15);
  if (right)
    why_document_occlude (document, 16, 3, 10, 14);
  spin_until_idle (document);
  const double probability = why_tensor_get_f64 (why_document_get_probabilities (document), (gsize) target);
  g_assert_finalize_object (document);
  return probability;
}

/* With two players the formula is short enough to be written out: half of what each does alone and half of what it does last. */
static void
test_regions (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_document (runner);
  WhyCheck *check = check_of (document, WHY_CHECK_REGIONS);
  g_autoptr (WhyArea) left = rectangle (2, 2, 10, 15);
  g_autoptr (WhyArea) right = rectangle (16, 3, 10, 14);

  why_document_run_check (document, WHY_CHECK_REGIONS);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "2 to 8"));
  why_document_annotate (document, left, "west", NULL);
  why_document_run_check (document, WHY_CHECK_REGIONS);
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_NOT_RUN);
  why_document_annotate (document, right, NULL, NULL);
  why_document_run_check (document, WHY_CHECK_REGIONS);
  g_assert_null (why_document_get_error_message (document));
  spin_until_idle (document);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_DONE);
  const WhyCheckResult *result = why_check_get_result (check);
  const int target = result->target_class;
  const double neither = covered_probability (runner, target, TRUE, TRUE);
  const double both = covered_probability (runner, target, FALSE, FALSE);
  const double only_west = covered_probability (runner, target, FALSE, TRUE);
  const double only_other = covered_probability (runner, target, TRUE, FALSE);
  g_assert_cmpuint (result->regions.n, ==, 2);
  /* float32 probabilities of the same runs */
  g_assert_cmpfloat_with_epsilon (result->regions.none, neither, 1e-6);
  g_assert_cmpfloat_with_epsilon (result->regions.all, both, 1e-6);
  g_assert_cmpfloat_with_epsilon (result->regions.shares[0], ((only_west - neither) + (both - only_other)) / 2, 1e-6);
  g_assert_cmpfloat_with_epsilon (result->regions.shares[1], ((only_other - neither) + (both - only_west)) / 2, 1e-6);
  g_assert_cmpfloat (fabs (result->regions.shares[0]) + fabs (result->regions.shares[1]), >, 1e-4);
  g_assert_nonnull (strstr (why_check_get_sentence (check), "west"));
  g_assert_nonnull (strstr (why_check_get_sentence (check), "Outline 2"));
  g_autofree char *state = why_state_to_json (document);
  g_assert_nonnull (strstr (state, "\"none_covered\""));

  /* Other outlines: another question. */
  why_document_show_annotation (document, 1, FALSE);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_OUTDATED);
  /* What is covered, where fewer than two outlines are shown; the same regions give the same shares. */
  const double west = result->regions.shares[0];
  why_document_occlude (document, 2, 2, 10, 15);
  why_document_occlude (document, 16, 3, 10, 14);
  why_document_set_target_class (document, target);
  spin_until_idle (document);
  why_document_run_check (document, WHY_CHECK_REGIONS);
  spin_until_idle (document);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_DONE);
  g_assert_cmpfloat_with_epsilon (why_check_get_result (check)->regions.shares[0], west, 1e-6);
  g_assert_cmpstr (why_check_get_result (check)->regions.names[1], ==, "Part 2");

  /* Outlines again; meanwhile more stays covered than there are bits to count regions with. */
  why_document_show_annotation (document, 1, TRUE);
  for (int cover = 0; cover < 40; cover++)
    why_document_occlude (document, 2 + cover % 10, 2, 10, 15);
  why_document_set_target_class (document, target);
  spin_until_idle (document);
  why_document_run_check (document, WHY_CHECK_REGIONS);
  spin_until_idle (document);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_DONE);
  const double with_covers = why_class_item_get_probability (why_document_get_class (document, target));
  g_assert_cmpfloat_with_epsilon (why_check_get_result (check)->regions.all, with_covers, 1e-6);
  g_assert_finalize_object (document);
}

static void
test_stopped_check (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);
  g_autofree char *model = in_folder ("slow.onnx");
  g_autofree char *picture = in_folder ("picture.png");
  WhyCheck *check = check_of (document, WHY_CHECK_FAITHFULNESS);

  small_write (slow_model (), model);
  why_document_open_model (document, model);
  why_document_open_picture (document, picture);
  spin_until_idle (document);
  g_assert_nonnull (why_document_get_map (document));
  why_document_run_check (document, WHY_CHECK_FAITHFULNESS);
  spin_for (50);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_RUNNING);
  why_document_cancel (document);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_NOT_RUN);
  spin_until_idle (document);

  /* A new question ends it as well. */
  why_document_run_check (document, WHY_CHECK_FAITHFULNESS);
  why_document_set_target_class (document, 1);
  g_assert_cmpint (why_check_get_state (check), ==, WHY_CHECK_NOT_RUN);
  spin_until_idle (document);
  g_assert_cmpint (why_document_get_shown_class (document), ==, 1);
  g_assert_finalize_object (document);
}

static void
test_resolution (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_document (runner);
  WhyResolution resolution;

  /* relu2 has 8 x 8 cells on 16 x 16 pixels, which are 30 x 20 of the picture. */
  why_document_set_layer (document, "relu2");
  spin_until_idle (document);
  g_assert_true (why_document_get_resolution (document, &resolution));
  g_assert_cmpfloat_with_epsilon (resolution.cell_x, 30.0 / 8, 1e-6);
  g_assert_cmpfloat_with_epsilon (resolution.cell_y, 20.0 / 8, 1e-6);
  g_assert_cmpfloat_with_epsilon (resolution.smallest, 2 * 30.0 / 8, 1e-6);
  g_assert_finalize_object (document);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("whylight-annotations-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *model = in_folder ("small.onnx");
  g_autofree char *picture = in_folder ("picture.png");
  small_write (small_model (), model);
  write_picture (picture, 30, 20, noisy);
  g_test_add_func ("/annotations/trace", test_trace);
  g_test_add_func ("/annotations/geojson", test_geojson);
  g_test_add_func ("/annotations/geojson/bad", test_bad_geojson);
  g_test_add_func ("/annotations/masks", test_masks);
  g_test_add_func ("/annotations/document", test_document);
  g_test_add_func ("/annotations/files", test_import_and_session);
  g_test_add_func ("/annotations/overlap", test_overlap);
  g_test_add_func ("/checks/run", test_checks);
  g_test_add_func ("/checks/regions", test_regions);
  g_test_add_func ("/checks/stopped", test_stopped_check);
  g_test_add_func ("/checks/resolution", test_resolution);
  const int status = g_test_run ();
  ob_remove_tree (folder);
  g_free (folder);
  return status;
}
