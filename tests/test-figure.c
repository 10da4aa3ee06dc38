#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/npy.h"
#include "draw/figure.h"
#include "draw/overlay.h"
#include "draw/picture.h"

static char *
artefact (const char *name)
{
  return g_build_filename (g_test_get_dir (G_TEST_BUILT), name, NULL);
}

static char *
data_file (const char *name)
{
  const char *root = g_getenv ("WHYLIGHT_TEST_DATA");
  g_autofree char *base = root != NULL
                            ? g_strdup (root)
                            : g_build_filename (WHY_SOURCE_DIR, "..", "shared", "data", NULL);
  char *path = g_build_filename (base, name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *reason = g_strdup_printf ("no test data: %s is missing", path);
      g_test_skip (reason);
      g_clear_pointer (&path, g_free);
    }
  return path;
}

static WhyOverlayMap
make_map (const float *values, int width, int height, double cell)
{
  return (WhyOverlayMap){
    .values = values,
    .width = width,
    .height = height,
    .to_source = why_affine_scale_translate (cell, cell, 0, 0),
    .source_width = width * cell,
    .source_height = height * cell,
  };
}

static guint32 *
render (const WhyOverlayMap *map, const WhyOverlayStyle *style, WhyRect view, int width, int height)
{
  guint32 *pixels = g_new (guint32, width * height);

  memset (pixels, 0x5a, (gsize) width * height * 4);
  why_overlay_render (map, style, &view, width, height, pixels, (gsize) width * 4);
  return pixels;
}

static int
pixel_distance (guint32 a, guint32 b)
{
  int distance = 0;

  for (int shift = 0; shift <= 24; shift += 8)
    distance = MAX (distance, abs ((int) (a >> shift & 0xff) - (int) (b >> shift & 0xff)));
  return distance;
}

static WhyTensor *
make_picture (int width, int height, int n_channels)
{
  const gint64 dims[] = { height, width, n_channels };
  WhyTensor *picture = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  guint8 *data = picture->data;

  for (int h = 0; h < height; h++)
    for (int w = 0; w < width; w++)
      for (int c = 0; c < n_channels; c++)
        *data++ = (guint8) (c == 0   ? w * 255 / MAX (width - 1, 1)
                            : c == 1 ? h * 255 / MAX (height - 1, 1)
                                     : 90);
  return picture;
}

static void
test_png_round_trip (void)
{
  const guint32 pixels[] = { 0xff102030, 0x80402010, 0, 0x01010000 };
  const WhyTextEntry texts[] = {
    { "whylight:recipe", "{\"class\": \"Größe – 猫\"}" },
    { "Software", "Whylight" },
  };
  g_autofree char *path = artefact ("round-trip.png");
  g_autoptr (GError) error = NULL;

  g_assert_true (why_png_write (path, pixels, 4, 1, 16, TRUE, texts, 2, NULL, &error));
  g_assert_no_error (error);
  g_autofree char *recipe = why_png_read_text (path, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (recipe, ==, texts[0].text);
  g_assert_null (why_png_read_text (path, "Comment", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_clear_error (&error);

  /* cairo reads and premultiplies again: what came in comes out. */
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  const guint32 *read = (const guint32 *) (gconstpointer) cairo_image_surface_get_data (surface);
  for (int w = 0; w < 4; w++)
    g_assert_cmpint (pixel_distance (read[w], pixels[w]), <=, 1);
  cairo_surface_destroy (surface);

  g_assert_false (why_png_write (path, pixels, 40000, 1, 160000, TRUE, NULL, 0, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
}

/* Without waiting for the disk, hundreds of times. */
static void
write_plainly (const char *path, const void *bytes, gsize length)
{
  g_remove (path); /* written over, a longer file would keep its end */
  g_assert_true (
    g_file_set_contents_full (path, bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0666, NULL));
}

/* tEXt in Latin-1 and zTXt, made by hand; and files cut short at every byte. */
static void
test_png_read (void)
{
  /* 1 x 1 grey; tEXt "Author" = "M\xfcller"; checksums by zlib's crc32. */
  static const guint8 file[] = {
    0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0,   0,   0,    13,   'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,   1,   8,    0,    0,    0,
    0,    0x3a, 0x7e, 0x9b, 0x55, 0,    0,    0,    13,  't', 'E',  'X',  't',  'A',
    'u',  't',  'h',  'o',  'r',  0,    'M',  0xfc, 'l', 'l', 'e',  'r',  0xad, 0x8f,
    0x75, 0x42, 0,    0,    0,    0,    'I',  'E',  'N', 'D', 0xae, 0x42, 0x60, 0x82,
  };
  g_autofree char *path = artefact ("text.png");
  g_autoptr (GError) error = NULL;

  for (gsize length = 0; length <= sizeof file; length++)
    {
      write_plainly (path, file, length);
      g_autofree char *text = why_png_read_text (path, "Author", &error);
      if (length >= sizeof file - 12) /* IEND may be missing */
        g_assert_cmpstr (text, ==, "Müller");
      else
        g_assert_nonnull (error);
      g_clear_error (&error);
    }
  g_assert_null (why_png_read_text ("/nonexistent/file.png", "Author", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (why_png_read_text (g_test_get_dir (G_TEST_BUILT), "Author", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
}

/* Whatever is damaged, reading ends with a text or with an error. */
static void
test_png_read_damaged (void)
{
  const guint32 pixel = 0xff000000;
  const WhyTextEntry texts[] = { { "whylight:recipe", "{}" } };
  g_autofree char *path = artefact ("damaged.png");
  g_autofree char *bytes = NULL;
  gsize length;
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  g_assert_true (why_png_write (path, &pixel, 1, 1, 4, FALSE, texts, 1, NULL, NULL));
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (int run = 0; run < 500; run++)
    {
      g_autofree char *copy = g_memdup2 (bytes, length);
      g_autoptr (GError) error = NULL;

      for (int change = 0; change < 3; change++)
        copy[g_rand_int_range (rand, 8, (gint32) length)] = (char) g_rand_int (rand);
      write_plainly (path, copy, length);
      g_autofree char *text = why_png_read_text (path, "whylight:recipe", &error);
      g_assert_true ((text != NULL) == (error == NULL));
    }
}

/* A map with one warm spot, so that tests need no data. */
typedef struct
{
  float values[49];
  WhyOverlayMap map;
  WhyOverlayStyle style;
  WhyTensor *picture;
  WhyFigure figure;
} Example;

static const WhyFigureClass classes[] = {
  { "bull mastiff", "41.2%", 0.412, TRUE },
  { "tiger cat", "23.0%", 0.2301, FALSE },
  { "a class with quite a long name, as in ImageNet: soft-coated wheaten terrier", "8.0%", 0.08, FALSE },
  { "boxer", "< 0.1%", 0.0002, FALSE },
};
static const char *const captions[] = {
  "Model: mobilenet_v2_1.0_224.onnx (1000 classes)",
  "Grad-CAM at features.18.2, profile paper, signed; limits from this map",
  "One cell of the map is 32 × 32 pixels of the input",
  NULL,
};

static void
example_init (Example *example, gboolean is_signed)
{
  *example = (Example){ .picture = make_picture (224, 224, 3) };
  for (int h = 0; h < 7; h++)
    for (int w = 0; w < 7; w++)
      example->values[h * 7 + w] = (float) (0.0734 * exp (-(pow (w - 4, 2) + pow (h - 2, 2)) / 4) -
                                            (is_signed
                                               ? 0.05 * exp (-(pow (w - 1, 2) + pow (h - 5, 2)) / 3)
                                               : 0));
  example->map = make_map (example->values, 7, 7, 32);
  why_overlay_style_init (&example->style, is_signed);
  example->figure = (WhyFigure){
    .panel = { .picture = example->picture,
               .map = &example->map,
               .style = &example->style,
               .um_per_pixel = 0.5 },
    .title = "bull mastiff",
    .title_value = "41.2 %",
    .subtitle = "Grad-CAM at features.18.2",
    .classes = classes,
    .n_classes = G_N_ELEMENTS (classes),
    .captions = captions,
    .unit = "logit",
  };
}

static void
example_clear (Example *example)
{
  why_tensor_unref (example->picture);
}

static void
test_figure_files (void)
{
  const WhyTextEntry texts[] = {
    { "Title", "bull mastiff <41 %>" },
    { "whylight:recipe", "{\"method\": \"gradcam\", \"model\": \"a&b\"}" },
  };
  const char *const endings[] = { "png", "svg", "pdf" };
  Example example;
  g_autoptr (GError) error = NULL;

  example_init (&example, FALSE);
  for (gsize ending = 0; ending < G_N_ELEMENTS (endings); ending++)
    {
      g_autofree char *name = g_strconcat ("figure.", endings[ending], NULL);
      g_autofree char *path = artefact (name);
      g_autofree char *bytes = NULL;
      gsize length;

      g_remove (path);
      g_assert_true (why_figure_write (&example.figure, path, texts, 2, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
      if (ending == 0)
        {
          g_autofree char *recipe = why_png_read_text (path, "whylight:recipe", &error);
          g_assert_cmpstr (recipe, ==, texts[1].text);
        }
      else if (ending == 1)
        {
          g_assert_nonnull (strstr (bytes, "<title>bull mastiff &lt;41 %&gt;</title>"));
          g_assert_nonnull (strstr (bytes, "a&amp;b"));
          g_autoptr (GMarkupParseContext)
            parser = g_markup_parse_context_new (&(GMarkupParser){ NULL }, 0, NULL, NULL);
          g_assert_true (g_markup_parse_context_parse (parser, bytes, (gssize) length, &error));
          g_assert_true (g_markup_parse_context_end_parse (parser, &error));
        }
      else
        g_assert_cmpmem (bytes, 5, "%PDF-", 5);
    }

  g_autofree char *other = artefact ("figure.gif");
  g_assert_false (why_figure_write (&example.figure, other, NULL, 0, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  example_clear (&example);
}

/* A write that fails or is cancelled leaves the old file and nothing beside it. */
static void
test_figure_atomic (void)
{
  const char *const names[] = { "old.png", "old.svg", "old.pdf" };
  g_autofree char *folder = artefact ("atomic");
  Example example;
  g_autoptr (WhyCancel) cancel = why_cancel_new ();

  example_init (&example, FALSE);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0777), ==, 0);
  why_cancel_set (cancel);
  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *path = g_build_filename (folder, names[name], NULL);
      g_autofree char *bytes = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) width_error = NULL;

      g_assert_true (g_file_set_contents (path, "old", 3, NULL));
      g_assert_false (why_figure_write (&example.figure, path, NULL, 0, cancel, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
      example.figure.width = -5;
      g_assert_false (why_figure_write (&example.figure, path, NULL, 0, NULL, &width_error));
      g_assert_error (width_error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
      example.figure.width = 0;
      g_assert_true (g_file_get_contents (path, &bytes, NULL, NULL));
      g_assert_cmpstr (bytes, ==, "old");
      g_remove (path);
    }
  g_autoptr (GDir) left = g_dir_open (folder, 0, NULL);
  g_assert_null (g_dir_read_name (left));

  g_autoptr (GError) error = NULL;
  g_assert_false (why_figure_write (&example.figure, "/nonexistent/x.png", NULL, 0, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
  g_clear_error (&error);
  /* Cairo's limit is told before anything is allocated. */
  example.figure.width = 40000;
  g_autofree char *huge = g_build_filename (folder, "huge.png", NULL);
  g_assert_false (why_figure_write (&example.figure, huge, NULL, 0, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "32767"));
  g_assert_false (g_file_test (huge, G_FILE_TEST_EXISTS));
  example_clear (&example);
}

static void
test_figure_bad_panels (void)
{
  Example example;
  WhyFigure figure;
  double width, height;
  g_autoptr (GError) error = NULL;

  example_init (&example, FALSE);
#define ASSERT_REFUSED()                                                                           \
  g_assert_false (why_figure_measure (&figure, &width, &height, &error));                          \
  g_assert_nonnull (error);                                                                        \
  g_clear_error (&error)
  figure = example.figure;
  figure.panel.picture = NULL;
  figure.panel.map = NULL;
  ASSERT_REFUSED ();
  figure = example.figure;
  figure.panel.style = NULL;
  ASSERT_REFUSED ();
  figure = example.figure;
  figure.panel.view = (WhyRect){ 0, 0, NAN, 10 };
  ASSERT_REFUSED ();
  figure = example.figure;
  figure.panel.view = (WhyRect){ 0, 0, -4, 10 };
  ASSERT_REFUSED ();
  example_clear (&example);
}

/* What the screen draws is what the file holds: the overlay file equals a direct rendering, and a
 * bare figure equals picture and overlay painted one over the other. */
static void
test_figure_same_pixels (void)
{
  Example example;
  g_autofree char *path = artefact ("overlay.png");
  g_autofree char *bare_path = artefact ("bare.png");
  g_autoptr (GError) error = NULL;

  example_init (&example, TRUE);
  example.style.opacity = 0.5;
  example.style.alpha_by_value = FALSE;
  g_assert_true (why_figure_write_overlay (&example.figure.panel, 0, path, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  g_autofree guint32 *direct = render (&example.map, &example.style, (WhyRect){ 0, 0, 224, 224 },
                                       224, 224);
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 224);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 224);
  for (int h = 0; h < 224; h++)
    for (int w = 0; w < 224; w++)
      {
        const guint32 *row = (const guint32 *) (gconstpointer) (cairo_image_surface_get_data (
                                                                  surface) +
                                                                h * cairo_image_surface_get_stride (
                                                                      surface));

        /* Rounded to straight alpha and back: at alpha 128 one step each way. */
        g_assert_cmpint (pixel_distance (row[w], direct[h * 224 + w]), <=, 1);
      }
  cairo_surface_destroy (surface);

  example.figure.kind = WHY_FIGURE_BARE;
  g_assert_true (why_figure_write (&example.figure, bare_path, NULL, 0, NULL, &error));
  surface = cairo_image_surface_create_from_png (bare_path);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 224);
  const guint8 *rgb = (const guint8 *) example.picture->data + (100 * 224 + 60) * 3;
  guint32 over = direct[100 * 224 + 60];
  guint32 pixel = ((
    const guint32 *) (gconstpointer) (cairo_image_surface_get_data (surface) +
                                      100 * cairo_image_surface_get_stride (surface)))[60];
  for (int c = 0; c < 3; c++)
    {
      int expected = (int) (over >> (16 - 8 * c) & 0xff) +
                     rgb[c] * (255 - (int) (over >> 24)) / 255;

      g_assert_cmpint (abs (expected - (int) (pixel >> (16 - 8 * c) & 0xff)), <=, 1);
    }
  cairo_surface_destroy (surface);
  example_clear (&example);
}

/* Height follows the content; a figure twice as wide is the same figure twice as large. */
static void
test_figure_sizes (void)
{
  Example example;
  double width, height, wide, high;

  example_init (&example, FALSE);
  g_assert_true (why_figure_measure (&example.figure, &width, &height, NULL));
  g_assert_cmpfloat (width, ==, 1600);
  example.figure.width = 3200;
  g_assert_true (why_figure_measure (&example.figure, &wide, &high, NULL));
  g_assert_cmpfloat (wide, ==, 3200);
  /* Unhinted text scales, within rounding to font units and a full unit. */
  g_assert_cmpfloat_with_epsilon (high, 2 * height, 4);
  example.figure.width = 60;
  g_assert_true (why_figure_measure (&example.figure, &wide, &high, NULL));
  example_clear (&example);
}

/* ---- pictures to look at ---- */

static WhyTensor *
load_picture (const char *name)
{
  g_autofree char *path = data_file (name);
  cairo_surface_t *surface;
  WhyTensor *picture;

  if (path == NULL)
    return NULL;
  surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  int width = cairo_image_surface_get_width (surface);
  int height = cairo_image_surface_get_height (surface);
  picture = why_tensor_new (WHY_DTYPE_UINT8, 3, (const gint64[]){ height, width, 3 }, NULL);
  for (int h = 0; h < height; h++)
    {
      const guint32 *row = (const guint32 *) (gconstpointer) (cairo_image_surface_get_data (
                                                                surface) +
                                                              h * cairo_image_surface_get_stride (
                                                                    surface));

      for (int w = 0; w < width; w++)
        for (int c = 0; c < 3; c++)
          ((guint8 *) picture->data)[(h * width + w) * 3 + c] = (guint8) (row[w] >> (16 - 8 * c));
    }
  cairo_surface_destroy (surface);
  return picture;
}

static void
write_look (const WhyFigure *figure, const char *name)
{
  g_autofree char *path = artefact (name);
  g_autoptr (GError) error = NULL;

  why_figure_write (figure, path, NULL, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
write_looks_of (const WhyTensor *picture, const float *dog, const float *cat)
{
  WhyOverlayMap maps[2] = { make_map (dog, 7, 7, 32), make_map (cat, 7, 7, 32) };
  WhyOverlayStyle styles[2];
  WhyPanel panels[8];
  Example example;
  const char *const long_captions[] = {
    "Model: "
    "/a/very/long/folder/name/that/goes/on/"
    "mobilenet_v2_1.0_224_finetuned_on_some_wardrobe_pictures.onnx, "
    "opset 11, 3.5 million parameters, exported from PyTorch 2.4.0 on some day by somebody with a "
    "long name",
    "Kurzer Text – 短い – قصير",
    NULL,
  };
  const char *const rows[] = { "bull mastiff",
                               "tiger cat in a very long row heading that cannot fit" };
  const char *const columns[] = { "features.18.2", "features.14.conv.2", "cells",
                                  "contours and a long heading" };

  example_init (&example, FALSE);
  for (int is_signed = 0; is_signed < 2; is_signed++)
    why_overlay_style_init (&styles[is_signed], is_signed);
  example.figure.panel.picture = picture;
  example.figure.panel.map = &maps[0];
  example.figure.panel.style = &styles[0];
  write_look (&example.figure, "look-light.png");
  write_look (&example.figure, "look-light.pdf");
  write_look (&example.figure, "look-light.svg");
  example.figure.theme = WHY_THEME_DARK;
  example.figure.panel.style = &styles[1];
  example.figure.panel.heading = "Signed map, against in blue";
  write_look (&example.figure, "look-dark-signed.png");

  styles[1].alpha_by_value = TRUE;
  styles[1].opacity = 0.9;
  styles[1].threshold = 0.15;
  styles[1].n_contours = 2;
  styles[1].contours[0] = 0.3;
  styles[1].contours[1] = 0.6;
  styles[1].contour_labels = TRUE;
  example.figure.kind = WHY_FIGURE_OVERLAY;
  example.figure.title =
    "A class with a name that is far too long for any line on any slide whatsoever, soft-coated "
    "wheaten terrier";
  example.figure.captions = long_captions;
  example.figure.n_classes = 0;
  write_look (&example.figure, "look-dark-long.png");
  example.figure.width = 320;
  write_look (&example.figure, "look-tiny.png");
  example.figure.width = 0;
  example.figure.scale = 2;
  example.figure.theme = WHY_THEME_LIGHT;
  example.figure.n_classes = G_N_ELEMENTS (classes);
  write_look (&example.figure, "look-huge.png");
  example.figure.scale = 0;
  example.figure.kind = WHY_FIGURE_SIDE_BY_SIDE;
  example.figure.panel.view = (WhyRect){ 0, 90, 224, 30 };
  write_look (&example.figure, "look-flat.png");
  example.figure.panel.view = (WhyRect){ 90, 0, 40, 224 };
  write_look (&example.figure, "look-tall.png");

  WhyOverlayStyle variants[4] = { styles[0], styles[0], styles[0], styles[0] };
  variants[1].colormap = why_colormap_find ("viridis", NULL);
  variants[2].kind = WHY_RESAMPLE_NEAREST;
  variants[3].n_contours = 3;
  for (int level = 0; level < 3; level++)
    variants[3].contours[level] = 0.25 * (level + 1);
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 4; column++)
      panels[row * 4 + column] = (WhyPanel){
        .picture = picture,
        .map = &maps[row],
        .style = &variants[column],
        .note = column == 1 ? "a note that is a little longer" : NULL,
      };
  panels[6] = (WhyPanel){ NULL };
  for (int shared = 0; shared < 2; shared++)
    {
      WhyGrid grid = {
        .panels = panels,
        .n_rows = 2,
        .n_columns = 4,
        .row_headings = rows,
        .column_headings = columns,
        .title = "Layers and classes",
        .subtitle = "MobileNetV2, Grad-CAM",
        .captions = captions,
        .unit = "logit",
        .shared_limits = shared,
        .theme = shared ? WHY_THEME_DARK : WHY_THEME_LIGHT,
      };
      g_autofree char *path = artefact (shared ? "look-grid-shared.png" : "look-grid.png");
      g_autoptr (GError) error = NULL;

      if (shared)
        for (int column = 0; column < 4; column++)
          {
            variants[column].limits = WHY_LIMITS_LOCKED;
            variants[column].hi = 3.2e-5;
          }
      why_grid_write (&grid, path, NULL, 0, NULL, &error);
      g_assert_no_error (error);
    }
  example_clear (&example);
}

/* Legends as the canvas shows them, over the picture. */
static void
write_legend_look (const WhyTensor *picture, const float *values)
{
  WhyOverlayMap map = make_map (values, 7, 7, 32);
  WhyOverlayStyle style;
  const char *const lines[] = { "features.18.2 (7 × 7), bull mastiff",
                                "signed; limits from this map", NULL };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 900, 900);
  cairo_t *cr = cairo_create (surface);
  WhyColorBar bar = {
    .style = &style,
    .title = "Grad-CAM",
    .lines = lines,
    .unit = "logit per activation",
    .length = 260,
    .font_size = 15,
    .theme = WHY_THEME_ON_PICTURE,
  };
  double width, height;
  WhyRect view = { 0, 0, 224, 224 };
  WhyRect target = { 0, 0, 900, 900 };
  g_autofree char *path = artefact ("look-legends.png");

  why_overlay_style_init (&style, TRUE);
  why_picture_paint (cr, picture, &view, TRUE, &target, 1);
  why_overlay_paint (cr, &map, &style, &view, &target, 1);
  why_overlay_limits (&map, &style, &bar.lo, &bar.hi);
  why_color_bar_measure (cr, &bar, 320, &width, &height);
  why_color_bar_draw (cr, &bar, 900 - width - 16, 900 - height - 16, 320);
  bar.vertical = TRUE;
  style.alpha_by_value = TRUE;
  style.threshold = 0.2;
  why_color_bar_draw (cr, &bar, 16, 16, 320);
  bar.lo = bar.hi = 0;
  bar.vertical = FALSE;
  why_color_bar_draw (cr, &bar, 450, 16, 320);
  why_scale_bar_draw (cr, 0.5 * 224 / 900, 180, 15, 16, 884);
  cairo_destroy (cr);
  g_assert_cmpint (cairo_surface_write_to_png (surface, path), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

/* Every kind of figure is written, into the build folder, for people to look at: with real maps
 * where the data is there, else with those of the example. */
static void
test_figure_looks (void)
{
  g_autoptr (WhyTensor) picture = load_picture ("images/both_dog_cat.png");
  g_autofree char *dog_path = data_file (
    "reference/cam/mobilenet_v2_1.0_224__both_dog_cat__class244.npy");
  g_autofree char *cat_path = data_file (
    "reference/cam/mobilenet_v2_1.0_224__both_dog_cat__class283.npy");
  g_autoptr (GError) error = NULL;

  if (picture == NULL || dog_path == NULL || cat_path == NULL)
    return;
  g_autoptr (WhyTensor) dog = why_npy_read (dog_path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) cat = why_npy_read (cat_path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (why_tensor_count (dog), ==, 49);
  g_assert_cmpuint (why_tensor_count (cat), ==, 49);
  write_looks_of (picture, dog->data, cat->data);
  write_legend_look (picture, cat->data);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/figure/png/round-trip", test_png_round_trip);
  g_test_add_func ("/figure/png/read", test_png_read);
  g_test_add_func ("/figure/png/read-damaged", test_png_read_damaged);
  g_test_add_func ("/figure/files", test_figure_files);
  g_test_add_func ("/figure/atomic", test_figure_atomic);
  g_test_add_func ("/figure/bad-panels", test_figure_bad_panels);
  g_test_add_func ("/figure/same-pixels", test_figure_same_pixels);
  g_test_add_func ("/figure/sizes", test_figure_sizes);
  g_test_add_func ("/figure/looks", test_figure_looks);
  return g_test_run ();
}
