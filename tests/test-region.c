#include "config.h"

#include "base/error.h"
#include "gland-slide.h"
#include "service/document.h"
#include "service/export.h"
#include "service/tiles.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <vips/vips.h>

/* The part of a slide or picture that the network is shown: its map must be the one of the same part cut out and saved as a
 * picture of its own, and lie where the part lies. The network is the project's own for glands. */

#define TILE GLAND_TILE
#define COLUMNS 7
#define ROWS 5
/* Where the tumour is, in pixels: not at a multiple of anything. */
#define TUMOUR_X 901
#define TUMOUR_Y 517

static char *folder;
static char *model_path;
static char *slide_path;
static char *plain_path;
static char *crop_path;

static void
write_files (void)
{
  VipsImage *slide, *crop = NULL;

  gland_slide_write (slide_path, plain_path, COLUMNS, ROWS, TUMOUR_X, TUMOUR_Y, 0);
  slide = vips_image_new_from_file (plain_path, NULL);
  g_assert_nonnull (slide);
  g_assert_cmpint (vips_extract_area (slide, &crop, TUMOUR_X, TUMOUR_Y, TILE, TILE, NULL), ==, 0);
  g_assert_cmpint (vips_pngsave (crop, crop_path, NULL), ==, 0);
  g_object_unref (crop);
  g_object_unref (slide);
}

static WhyDocument *
open_document (WhyRunner *runner, const char *picture)
{
  WhyDocument *document = why_document_new (runner);

  why_document_open_model (document, model_path);
  why_document_open_picture (document, picture);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  return document;
}

static WhyTensor *
dup_map (WhyDocument *document)
{
  WhyMap *map = why_document_get_map (document);

  g_assert_nonnull (map);
  return why_tensor_ref (map->values);
}

static void
assert_same_map (const WhyTensor *a, const WhyTensor *b)
{
  g_assert_true (why_tensor_same_dims (a, b));
  /* The same pixels through the same code: the same numbers. */
  g_assert_cmpmem (a->data, why_tensor_count (a) * sizeof (float), b->data, why_tensor_count (b) * sizeof (float));
}

static void
assert_place (WhyDocument *document, double x, double y, double width, double height)
{
  WhyMap *map = why_document_get_map (document);
  WhyAffine to_source;
  double left = 0, top = 0, right = (double) map->values->dims[1], bottom = (double) map->values->dims[0];

  g_assert_true (why_document_map_to_source (document, &to_source));
  why_affine_apply (&to_source, &left, &top);
  why_affine_apply (&to_source, &right, &bottom);
  /* Cells of 8 pixels fill 224 exactly. */
  g_assert_cmpfloat_with_epsilon (left, x, 1e-6);
  g_assert_cmpfloat_with_epsilon (top, y, 1e-6);
  g_assert_cmpfloat_with_epsilon (right, x + width, 1e-6);
  g_assert_cmpfloat_with_epsilon (bottom, y + height, 1e-6);
}

static void
check_region (const char *path, gboolean slide)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *crop = open_document (runner, crop_path);
  WhyDocument *document = open_document (runner, path);
  g_autoptr (WhyTensor) wanted = dup_map (crop);
  g_autoptr (WhyTensor) whole = dup_map (document);
  const double tumour = why_class_item_get_probability (why_document_get_class (crop, 1));
  WhyRoi roi;

  g_assert_cmpfloat (tumour, >, 0.9);
  g_assert_true (why_document_is_slide (document) == slide);
  g_assert_cmpint (why_document_get_picture_width (document), ==, TILE * COLUMNS);
  /* Of a slide the field of view, 224 pixels of half a micrometre; of a picture all. */
  g_assert_true (why_document_get_roi (document, &roi) == slide);
  g_assert_false (why_document_has_chosen_roi (document));
  if (slide)
    g_assert_cmpint (roi.width, ==, TILE);

  why_document_set_roi (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_autoptr (WhyTensor) found = dup_map (document);
  assert_same_map (found, wanted);
  g_assert_cmpfloat (why_class_item_get_probability (why_document_get_class (document, 1)), ==, tumour);
  assert_place (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);

  /* A part covered on the slide is the same part covered on the cut. */
  why_document_occlude (document, TUMOUR_X + 40, TUMOUR_Y + 60, 100, 80);
  why_document_occlude (crop, 40, 60, 100, 80);
  spin_until_idle (document);
  spin_until_idle (crop);
  if (slide)
    {
      /* The colour that fills it is the mean of what the network sees; of a picture that of all of it. */
      g_autoptr (WhyTensor) covered = dup_map (document);
      g_autoptr (WhyTensor) covered_crop = dup_map (crop);
      assert_same_map (covered, covered_crop);
      WhyTensor *patch = why_document_get_patch (document, &roi);
      g_assert_nonnull (patch);
      g_assert_cmpint (roi.x, ==, TUMOUR_X);
      g_assert_cmpint (patch->dims[1], ==, TILE);
    }

  /* Elsewhere nothing is covered that the network sees. */
  why_document_set_roi (document, 0, 0, TILE, TILE);
  spin_until_idle (document);
  g_assert_cmpfloat (why_class_item_get_probability (why_document_get_class (document, 1)), <, 0.5);
  assert_place (document, 0, 0, TILE, TILE);

  /* Back, step by step. */
  why_document_undo (document);
  why_document_undo (document);
  spin_until_idle (document);
  g_autoptr (WhyTensor) again = dup_map (document);
  assert_same_map (again, wanted);
  why_document_undo (document);
  spin_until_idle (document);
  g_assert_false (why_document_has_chosen_roi (document));
  g_autoptr (WhyTensor) first = dup_map (document);
  assert_same_map (first, whole);

  why_document_set_roi (document, 5000, 0, 10, 10);
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_finalize_object (document);
  g_assert_finalize_object (crop);
  why_runner_unref (runner);
}

static void
test_slide (void)
{
  check_region (slide_path, TRUE);
}

static void
test_picture (void)
{
  check_region (plain_path, FALSE);
}

/* Twice as many pixels a side are twice as coarse for the network, and it says so. */
static void
test_scale (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);

  g_assert_cmpfloat_with_epsilon (why_document_get_um_per_pixel (document), 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon (why_document_get_shown_mpp (document), 0.5, 1e-6);
  g_autofree char *none = why_document_dup_scale_warning (document);
  g_assert_null (none);
  why_document_set_roi (document, 100, 100, 2 * TILE, 2 * TILE);
  spin_until_idle (document);
  g_autofree char *warning = why_document_dup_scale_warning (document);
  g_assert_nonnull (warning);
  g_assert_nonnull (strstr (why_document_get_status (document), warning));
  /* Half the size on the specimen: the field of view is twice as many pixels. */
  why_document_set_roi (document, 0, 0, 0, 0);
  why_document_set_um_per_pixel (document, 0.25);
  spin_until_idle (document);
  WhyRoi roi;
  g_assert_true (why_document_get_roi (document, &roi));
  g_assert_cmpint (roi.width, ==, 2 * TILE);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* A network that crops sees the middle of a region that is no square, and it is said and framed. */
static void
test_crop (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, plain_path);
  WhyRect seen;

  why_document_set_roi (document, 100, 80, TILE, TILE);
  spin_until_idle (document);
  g_assert_false (why_document_get_seen (document, &seen));
  g_autofree char *none = why_document_dup_crop_note (document);
  g_assert_null (none);

  why_document_set_roi (document, 100, 80, 2 * TILE, TILE);
  /* Not before its answer is there. */
  g_assert_false (why_document_get_seen (document, &seen));
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_true (why_document_get_seen (document, &seen));
  /* The shorter side is the network's already: of the longer one its middle. */
  g_assert_cmpfloat_with_epsilon (seen.x, 100 + TILE / 2.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (seen.y, 80, 1e-6);
  g_assert_cmpfloat_with_epsilon (seen.width, TILE, 1e-6);
  g_assert_cmpfloat_with_epsilon (seen.height, TILE, 1e-6);
  g_autofree char *note = why_document_dup_crop_note (document);
  g_assert_nonnull (strstr (note, "224 × 224"));
  g_assert_nonnull (strstr (note, "448 × 224"));
  g_assert_nonnull (strstr (why_document_get_status (document), note));
  /* Without a region there is no frame. */
  why_document_set_roi (document, 0, 0, 0, 0);
  spin_until_idle (document);
  g_assert_false (why_document_get_seen (document, &seen));
  g_assert_null (strstr (why_document_get_status (document), note));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

static void
test_session (void)
{
  g_autofree char *path = g_build_filename (folder, "region.whylight", NULL);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);

  why_document_set_roi (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);
  spin_until_idle (document);
  g_autoptr (WhyTensor) wanted = dup_map (document);
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_assert_finalize_object (document);

  document = why_document_new (runner);
  why_document_open (document, path);
  spin_until_idle (document);
  WhyRoi roi;
  g_assert_true (why_document_get_roi (document, &roi));
  g_assert_true (why_document_has_chosen_roi (document));
  g_assert_cmpint (roi.x, ==, TUMOUR_X);
  g_assert_cmpint (roi.height, ==, TILE);
  g_autoptr (WhyTensor) found = dup_map (document);
  assert_same_map (found, wanted);
  g_autofree char *command = why_document_dup_command_line (document);
  g_autofree char *option = g_strdup_printf ("--roi %d,%d,%d,%d", TUMOUR_X, TUMOUR_Y, TILE, TILE);
  g_assert_nonnull (strstr (command, option));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

static void
on_loaded_cb (WhyTiles *tiles, guint *n_loaded)
{
  (*n_loaded)++;
}

/* Drawn from tiles at any scale: below 1:1 a mean, above it pixels; and never more than there is room for. */
static void
test_tiles (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyImageSource) source = why_image_source_open (slide_path, NULL, NULL, &error);
  g_assert_no_error (error);
  const gint64 width = why_image_source_get_width (source), height = why_image_source_get_height (source);
  g_autoptr (WhyTensor) overview =
    why_image_source_read (source, 0, 0, width, height, width / 16, height / 16, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) all = why_image_source_read (source, 0, 0, width, height, width, height, NULL, &error);
  g_assert_no_error (error);
  WhyTiles *tiles = why_tiles_new (source, overview);
  g_autofree guint32 *pixels = g_new (guint32, 300 * 200);
  guint n_loaded = 0;
  const WhyRect parts[] = {
    { 0, 0, (double) width, (double) height },
    { 480, 400, 300, 200 },
    { TUMOUR_X, TUMOUR_Y, 30, 20 },
    { (double) width - 600, (double) height - 400, 600, 400 },
    { (double) width - 300, (double) height - 200, 300, 200 },
  };

  g_signal_connect (tiles, "loaded", G_CALLBACK (on_loaded_cb), &n_loaded);
  why_tiles_set_budget (tiles, 1 << 20);
  for (gsize part = 0; part < G_N_ELEMENTS (parts); part++)
    {
      const WhyRect *img = &parts[part];
      const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

      while (!why_tiles_render (tiles, &n_loaded, img, 300, 200, pixels, 300 * 4))
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
          g_main_context_iteration (NULL, TRUE);
        }
      const double step_x = img->width / 300, step_y = img->height / 200;
      for (int row = 3; row < 197; row += 7)
        for (int column = 3; column < 297; column += 7)
          {
            const guint32 found = pixels[row * 300 + column];
            double sum = 0;
            guint n = 0;

            for (gint64 y = (gint64) floor (img->y + row * step_y);
                 y < MAX ((gint64) (img->y + (row + 1) * step_y), (gint64) floor (img->y + row * step_y) + 1); y++)
              for (gint64 x = (gint64) floor (img->x + column * step_x);
                   x < MAX ((gint64) (img->x + (column + 1) * step_x), (gint64) floor (img->x + column * step_x) + 1);
                   x++, n++)
                sum += ((const guint8 *) all->data)[(y * width + x) * 3 + 1];
            /* In its own size and enlarged the pixels themselves; smaller, a mean of rounded means over an area that this
             * loop takes in whole pixels: cells are dark and small. */
            g_assert_cmpfloat_with_epsilon ((double) (found >> 8 & 255), sum / n, step_x <= 1 ? 0.5 : 40.0);
          }
    }
  g_assert_cmpuint (n_loaded, >, 0);
  guint8 rgb[3];
  g_assert_true (why_tiles_probe (tiles, width - 1, height - 1, rgb));
  g_assert_cmpint (rgb[1], ==, ((const guint8 *) all->data)[(height * width - 1) * 3 + 1]);
  g_assert_false (why_tiles_probe (tiles, width, 0, rgb));
  g_autofree char *failure = why_tiles_take_error (tiles);
  g_assert_null (failure);
  why_tiles_forget (tiles, &n_loaded);
  g_assert_finalize_object (tiles);
}

/* The reader of a slide that is open dies: the next region is read by a new one, to the same answer. A second time it is left
 * alone, with a sentence. */
static void
test_reader_dies (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  WhyImageSource *slide = why_document_get_source (document)->slide;

  why_document_set_roi (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);
  spin_until_idle (document);
  const double tumour = why_class_item_get_probability (why_document_get_class (document, 1));
  why_document_set_roi (document, 0, 0, TILE, TILE);
  spin_until_idle (document);
  g_assert_cmpint (kill (why_image_source_get_loader_pid (slide), SIGKILL), ==, 0);
  why_document_set_roi (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_cmpfloat (why_class_item_get_probability (why_document_get_class (document, 1)), ==, tumour);

  g_assert_cmpint (kill (why_image_source_get_loader_pid (slide), SIGKILL), ==, 0);
  why_document_set_roi (document, 0, 0, TILE, TILE);
  spin_until_idle (document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "signal 9"));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* A figure of a slide is of its region. */
static void
test_figure (void)
{
  g_autofree char *figure = g_build_filename (folder, "overlay.png", NULL);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  const WhyExportOptions options = { .kind = WHY_EXPORT_OVERLAY };

  why_document_set_roi (document, TUMOUR_X, TUMOUR_Y, TILE, TILE);
  spin_until_idle (document);
  why_document_export (document, figure, &options, NULL, NULL);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  VipsImage *image = vips_image_new_from_file (figure, NULL);
  g_assert_nonnull (image);
  g_assert_cmpint (vips_image_get_width (image), ==, TILE);
  g_assert_cmpint (vips_image_get_height (image), ==, TILE);
  g_object_unref (image);
  g_autofree char *caption = why_document_dup_caption (document);
  g_assert_nonnull (strstr (caption, "901"));

  /* A part that is larger than any number of pixels is all of the slide, one that lies beyond it its last pixels. */
  const WhyRect parts[] = { { -1e300, -1e300, 2e300, 2e300 }, { 1e300, 1e300, 5, 5 } };
  for (gsize part = 0; part < G_N_ELEMENTS (parts); part++)
    {
      const WhyExportOptions seen = { .kind = WHY_EXPORT_SEEN, .view = parts[part], .width = 300 };
      /* libvips remembers what was in a file of the same name. */
      g_autofree char *name = g_strdup_printf ("seen-%" G_GSIZE_FORMAT ".png", part);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      why_document_export (document, path, &seen, NULL, NULL);
      spin_until_idle (document);
      g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
      image = vips_image_new_from_file (path, NULL);
      g_assert_nonnull (image);
      const double share = (double) vips_image_get_height (image) / vips_image_get_width (image);
      g_assert_cmpfloat_with_epsilon (share, part == 0 ? (double) ROWS / COLUMNS : 1.0, 0.01);
      g_object_unref (image);
      g_remove (path);
    }
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* What scripts and files may say: numbers that are none, and those that no picture has. */
static void
test_numbers (void)
{
  static const struct
  {
    double x, y, width, height;
    WhyRoi roi; /* width 0: refused */
  } cases[] = {
    { 10, 20, 30, 25, { 10, 20, 30, 25 } },
    { 9.5, 19.5, 30, 25, { 9, 19, 31, 26 } },
    { -5, -5, 20, 20, { 0, 0, 15, 15 } },
    { 90, 40, 1e300, 1e300, { 90, 40, 10, 10 } },
    { -1e300, 0, 10, 10, { 0 } },
    { 1e300, 0, 10, 10, { 0 } },
    { 0, 0, -10, 10, { 0 } },
    { 0, 0, 10, 0, { 0 } },
    { 100, 0, 10, 10, { 0 } },
    { NAN, 0, 10, 10, { 0 } },
    { 0, NAN, 10, 10, { 0 } },
    { 0, 0, NAN, 10, { 0 } },
    { 0, 0, 10, NAN, { 0 } },
    { INFINITY, 0, 10, 10, { 0 } },
    { -INFINITY, 0, INFINITY, 10, { 0 } },
    { 0, 0, INFINITY, 10, { 0 } },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (cases); which++)
    {
      g_autoptr (GError) error = NULL;
      WhyRoi roi = { 0 };

      if (why_roi_from_numbers (cases[which].x, cases[which].y, cases[which].width, cases[which].height, 100, 50, &roi,
                                &error))
        g_assert_no_error (error);
      else
        g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
      if (!why_roi_equal (&roi, &cases[which].roi))
        g_error ("%g,%g,%g,%g becomes %" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT,
                 cases[which].x, cases[which].y, cases[which].width, cases[which].height, roi.x, roi.y, roi.width,
                 roi.height);
    }

  /* A pixel size that is next to nothing asks for all there is, not for a single pixel. */
  const WhyRecipe recipe = { .width = 224, .height = 224, .mpp = 0.5 };
  gint64 width, height;
  why_roi_field (&recipe, 1e-300, &width, &height);
  const WhyRoi all = why_roi_around (50, 25, width, height, 100, 50);
  g_assert_true (why_roi_equal (&all, &(WhyRoi){ 0, 0, 100, 50 }));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips: %s", vips_error_buffer ());
  folder = g_dir_make_tmp ("whylight-region-XXXXXX", NULL);
  g_assert_nonnull (folder);
  model_path = gland_slide_model ();
  slide_path = g_build_filename (folder, "slide.tif", NULL);
  plain_path = g_build_filename (folder, "plain.png", NULL);
  crop_path = g_build_filename (folder, "crop.png", NULL);
  write_files ();
  g_test_add_func ("/region/numbers", test_numbers);
  g_test_add_func ("/region/slide", test_slide);
  g_test_add_func ("/region/picture", test_picture);
  g_test_add_func ("/region/scale", test_scale);
  g_test_add_func ("/region/crop", test_crop);
  g_test_add_func ("/region/session", test_session);
  g_test_add_func ("/region/tiles", test_tiles);
  g_test_add_func ("/region/reader-dies", test_reader_dies);
  g_test_add_func ("/region/figure", test_figure);
  const int status = g_test_run ();

  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
  g_free (model_path);
  g_free (slide_path);
  g_free (plain_path);
  g_free (crop_path);
  vips_shutdown ();
  return status;
}
