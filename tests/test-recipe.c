#include "config.h"

#include "image/recipe.h"

#include "base/affine.h"
#include "base/error.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The picture of all resizing tests: value (x 37 + y 91 + c 53 + (x y mod 17) 11) mod 256, 13 x 11 x 3. */
#define SRC_W 13
#define SRC_H 11

/* Expected values made once with Pillow 10.4.0 (Image.fromarray (p).resize (size, filter); "mixed" is 17 x 6,
 * red only; "shortest" is resize ((9, 8), BILINEAR).crop ((2, 1, 8, 7)), which is torchvision's Resize(8) and
 * CenterCrop(6); "grey" is convert ("L")). numpy_noaa: two-by-two interpolation at half-pixel centres
 * written out with numpy, 5 x 4, green only. */
static const guint8 pillow_nearest_down[] = {
  139, 192, 245, 235, 32, 85, 123, 176, 229, 11, 64, 117, 107, 160, 213, 189, 242, 39, 95, 148,
  201, 151, 204, 1, 207, 4, 57, 113, 166, 219, 137, 190, 243, 156, 209, 6, 22, 75, 128, 144,
  197, 250, 94, 147, 200, 187, 240, 37, 16, 69, 122, 50, 103, 156, 15, 68, 121, 100, 153, 206,
};
static const guint8 pillow_nearest_mixed[] = {
  0, 37, 37, 74, 111, 148, 148, 185, 222, 3, 40, 40, 77, 114, 151, 151, 188, 182, 241, 241,
  44, 103, 162, 162, 221, 24, 83, 142, 142, 14, 73, 132, 132, 191, 108, 189, 189, 14, 95, 176,
  176, 70, 151, 232, 57, 57, 207, 32, 113, 113, 194, 34, 137, 137, 240, 156, 3, 3, 106, 22,
  125, 228, 228, 144, 247, 94, 94, 10, 216, 85, 85, 210, 148, 17, 17, 211, 80, 18, 143, 143,
  81, 206, 144, 144, 13, 142, 33, 33, 249, 140, 100, 100, 247, 207, 167, 58, 58, 18, 165, 125,
  125, 85,
};
static const guint8 pillow_area_down[] = {
  111, 135, 131, 131, 142, 152, 123, 119, 115, 84, 94, 147, 130, 183, 122, 104, 157, 124, 147, 115,
  125, 151, 90, 115, 132, 100, 153, 141, 109, 134, 146, 113, 166, 81, 134, 123, 89, 142, 152, 168,
  93, 146, 118, 86, 139, 145, 113, 138, 107, 118, 171, 141, 108, 105, 75, 128, 181, 123, 119, 144,
};
static const guint8 pillow_area_mixed[] = {
  46, 88, 88, 131, 173, 88, 88, 130, 173, 87, 130, 130, 44, 87, 129, 129, 172, 100, 164, 164,
  101, 165, 102, 102, 166, 137, 74, 138, 138, 109, 46, 110, 110, 209, 108, 189, 189, 14, 95, 176,
  176, 70, 151, 232, 57, 57, 207, 32, 113, 113, 194, 117, 86, 86, 184, 188, 64, 64, 161, 37,
  169, 139, 139, 143, 240, 116, 116, 120, 171, 162, 162, 154, 86, 78, 78, 138, 130, 28, 182, 182,
  80, 106, 132, 132, 123, 97, 110, 110, 193, 78, 161, 161, 174, 129, 177, 97, 97, 17, 193, 113,
  113, 67,
};
static const guint8 pillow_bilinear_down[] = {
  115, 135, 141, 132, 133, 134, 126, 121, 130, 91, 106, 142, 124, 168, 123, 119, 146, 122, 130, 126,
  122, 134, 110, 122, 125, 92, 144, 135, 128, 143, 139, 121, 148, 118, 117, 139, 107, 114, 133, 139,
  101, 153, 129, 105, 154, 135, 128, 141, 129, 107, 157, 130, 116, 121, 106, 122, 136, 113, 121, 157,
};
static const guint8 pillow_bilinear_mixed[] = {
  55, 83, 107, 128, 161, 117, 118, 146, 163, 101, 105, 101, 46, 79, 113, 146, 174, 111, 150, 144,
  115, 163, 119, 126, 147, 118, 101, 125, 130, 78, 57, 88, 142, 196, 112, 121, 105, 90, 152, 140,
  126, 125, 146, 180, 127, 106, 182, 102, 101, 148, 211, 98, 120, 151, 172, 146, 88, 94, 112, 65,
  114, 155, 163, 132, 179, 144, 113, 118, 153, 154, 157, 148, 89, 90, 115, 133, 105, 68, 116, 140,
  74, 131, 134, 114, 91, 109, 105, 142, 178, 94, 128, 162, 169, 129, 154, 128, 76, 32, 162, 147,
  97, 63,
};
static const guint8 pillow_bicubic_down[] = {
  112, 133, 140, 133, 135, 136, 127, 123, 126, 82, 102, 147, 126, 178, 119, 116, 151, 119, 132, 125,
  117, 138, 108, 123, 124, 88, 145, 137, 127, 141, 143, 120, 150, 114, 117, 139, 101, 115, 135, 144,
  100, 155, 130, 99, 152, 136, 127, 142, 130, 103, 161, 135, 117, 116, 101, 125, 135, 112, 120, 157,
};
static const guint8 pillow_bicubic_mixed[] = {
  51, 78, 106, 129, 164, 112, 111, 148, 163, 96, 107, 105, 37, 79, 116, 148, 173, 107, 162, 153,
  110, 167, 112, 121, 153, 118, 91, 131, 144, 77, 43, 76, 145, 201, 113, 118, 95, 83, 160, 145,
  124, 123, 149, 199, 118, 89, 199, 102, 91, 151, 220, 99, 117, 154, 179, 149, 79, 93, 117, 59,
  115, 166, 168, 131, 191, 147, 109, 122, 155, 161, 166, 147, 80, 81, 113, 134, 107, 45, 119, 159,
  70, 126, 137, 114, 88, 105, 94, 144, 191, 90, 128, 174, 175, 128, 168, 137, 62, 22, 180, 161,
  89, 55,
};
static const guint8 pillow_lanczos_down[] = {
  112, 130, 139, 134, 136, 138, 129, 124, 124, 76, 100, 152, 124, 179, 118, 118, 153, 118, 133, 122,
  112, 141, 109, 124, 124, 86, 147, 137, 126, 141, 144, 119, 148, 114, 118, 142, 97, 114, 134, 148,
  99, 156, 131, 98, 152, 136, 127, 143, 130, 100, 162, 134, 120, 117, 100, 129, 133, 109, 116, 156,
};
static const guint8 pillow_lanczos_mixed[] = {
  57, 80, 106, 129, 162, 114, 109, 156, 155, 93, 114, 103, 29, 80, 121, 150, 171, 101, 169, 161,
  111, 167, 109, 109, 152, 120, 85, 138, 158, 73, 32, 62, 150, 200, 111, 113, 81, 87, 165, 152,
  122, 127, 152, 211, 103, 81, 210, 118, 77, 158, 221, 106, 117, 156, 180, 151, 74, 98, 121, 56,
  110, 178, 163, 127, 191, 153, 108, 130, 146, 164, 179, 139, 73, 75, 112, 130, 107, 31, 125, 170,
  67, 116, 141, 109, 86, 111, 83, 147, 195, 97, 119, 186, 176, 124, 169, 149, 42, 25, 186, 183,
  76, 50,
};
static const guint8 pillow_grey[] = {
  43, 80, 117, 154, 191, 199, 86, 46, 83, 120, 157, 165, 202, 134, 182, 201, 99, 70, 118, 166,
  185, 83, 54, 102, 150, 169, 196, 105, 87, 146, 176, 85, 67, 126, 185, 57, 116, 175, 205, 60,
  130, 171, 91, 84, 154, 114, 107, 177, 68, 61, 131, 91, 151, 203, 57, 138, 190, 113, 165, 96,
  100, 71, 75, 156, 208, 213, 78, 170, 83, 167, 80, 95, 77, 92, 184, 97, 181, 94, 77, 180,
  104, 170, 46, 149, 65, 168, 92, 187, 111, 137, 53, 168, 103, 140, 67, 181, 108, 193, 80, 84,
  121, 48, 162, 97, 80, 128, 74, 191, 60, 75, 123, 61, 186, 124, 70, 187, 56, 94, 201, 179,
  59, 85, 144, 93, 200, 178, 58, 84, 143, 92, 185, 76, 113, 183, 143, 111, 71, 181, 101, 61,
  179, 168, 128,
};
static const guint8 pillow_shortest[] = {
  140, 122, 123, 128, 108, 96, 96, 123, 153, 150, 146, 137, 62, 85, 138, 85, 138, 191, 147, 102,
  107, 109, 133, 142, 158, 93, 122, 108, 140, 193, 135, 66, 119, 66, 108, 161, 135, 125, 139, 139,
  140, 122, 138, 120, 80, 143, 65, 118, 139, 83, 136, 117, 108, 161, 147, 120, 82, 103, 104, 157,
  82, 98, 145, 157, 84, 137, 159, 135, 188, 181, 97, 150, 86, 125, 155, 97, 121, 174, 111, 154,
  106, 121, 79, 132, 117, 106, 159, 98, 100, 153, 106, 109, 162, 137, 62, 115, 90, 116, 147, 116,
  169, 159, 97, 111, 164, 169, 80, 133,
};
static const double numpy_noaa[] = {
  169.925000, 67.150000, 156.375000, 53.600000, 174.825000, 188.375000, 132.250000, 145.125000,
  57.275000, 157.975000, 130.025000, 138.350000, 133.875000, 112.150000, 135.225000, 199.675000,
  64.650000, 90.625000, 112.375000, 146.200000,
};

static WhyTensor *
make_picture (WhyDType dtype, gint64 width, gint64 height, gint64 bands)
{
  WhyTensor *picture = why_tensor_new (dtype, 3, (gint64[3]) { height, width, bands }, NULL);

  for (gint64 h = 0; h < height; h++)
    for (gint64 w = 0; w < width; w++)
      for (gint64 c = 0; c < bands; c++)
        {
          const gint64 value = (w * 37 + h * 91 + c * 53 + w * h % 17 * 11) % 256;
          why_tensor_set_f64 (picture, (gsize) ((h * width + w) * bands + c), (double) value * (dtype == WHY_DTYPE_UINT16 ? 257 : 1));
        }
  return picture;
}

static void
test_resize_pillow (void)
{
  static const struct
  {
    WhyFilter filter;
    const guint8 *down, *mixed;
  } cases[] = {
    { WHY_FILTER_NEAREST, pillow_nearest_down, pillow_nearest_mixed },
    { WHY_FILTER_AREA, pillow_area_down, pillow_area_mixed },
    { WHY_FILTER_BILINEAR, pillow_bilinear_down, pillow_bilinear_mixed },
    { WHY_FILTER_BICUBIC, pillow_bicubic_down, pillow_bicubic_mixed },
    { WHY_FILTER_LANCZOS, pillow_lanczos_down, pillow_lanczos_mixed },
  };
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, SRC_W, SRC_H, 3);

  for (gsize f = 0; f < G_N_ELEMENTS (cases); f++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyTensor) down = why_resize (picture, 5, 4, 0, 0, 5, 4, cases[f].filter, &error);
      g_assert_no_error (error);
      g_autoptr (WhyTensor) mixed = why_resize (picture, 17, 6, 0, 0, 17, 6, cases[f].filter, &error);
      g_assert_no_error (error);
      g_autoptr (WhyTensor) window = why_resize (picture, 17, 6, 3, 1, 9, 4, cases[f].filter, &error);
      g_assert_no_error (error);

      g_test_message ("filter %s", why_filter_to_string (cases[f].filter));
      g_assert_cmpmem (down->data, down->n_bytes, cases[f].down, 5 * 4 * 3);
      for (gsize at = 0; at < 17 * 6; at++)
        g_assert_cmpint (((guint8 *) mixed->data)[at * 3], ==, cases[f].mixed[at]);
      for (gsize h = 0; h < 4; h++)
        g_assert_cmpmem ((guint8 *) window->data + h * 27, 27, (guint8 *) mixed->data + ((h + 1) * 17 + 3) * 3, 27);
    }
}

/* Image.fromarray (ramp).resize ((96, 1), Image.NEAREST) of Pillow 9.4 for a ramp of 512: every third centre falls on a border,
 * and rounding decides. */
static void
test_resize_nearest_ties (void)
{
  static const int expected[96] = {
    2, 8, 13, 18, 23, 29, 34, 40, 45, 50, 56, 61, 66, 72, 77, 82, 87, 93, 98, 103, 109, 114, 119, 125,
    130, 135, 141, 146, 152, 157, 162, 168, 173, 178, 184, 189, 194, 200, 205, 210, 216, 221, 226, 232, 237, 242, 248, 253,
    258, 264, 269, 274, 280, 285, 290, 296, 301, 306, 312, 317, 322, 327, 333, 338, 343, 349, 354, 359, 365, 370, 375, 381,
    386, 391, 397, 402, 407, 413, 418, 423, 429, 434, 439, 445, 450, 455, 461, 466, 471, 477, 482, 487, 493, 498, 503, 509,
  };
  const gint64 dims[] = { 1, 512, 1 };
  g_autoptr (WhyTensor) ramp = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, NULL);
  g_autoptr (GError) error = NULL;

  for (int column = 0; column < 512; column++)
    ((float *) ramp->data)[column] = (float) column;
  g_autoptr (WhyTensor) whole = why_resize (ramp, 96, 1, 0, 0, 96, 1, WHY_FILTER_NEAREST, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) window = why_resize (ramp, 96, 1, 40, 0, 56, 1, WHY_FILTER_NEAREST, &error);
  g_assert_no_error (error);
  for (int column = 0; column < 96; column++)
    g_assert_cmpint ((int) ((float *) whole->data)[column], ==, expected[column]);
  for (int column = 0; column < 56; column++)
    g_assert_cmpint ((int) ((float *) window->data)[column], ==, expected[40 + column]);
}

/* Floats go the same way without the rounding to bytes: at most one level apart for filters that do not
 * overshoot (half a level for each of the two passes). */
static void
test_resize_float (void)
{
  const WhyDType types[] = { WHY_DTYPE_FLOAT32, WHY_DTYPE_UINT16 };

  for (gsize t = 0; t < G_N_ELEMENTS (types); t++)
    {
      const double unit = types[t] == WHY_DTYPE_UINT16 ? 257.0 : 1.0;
      g_autoptr (WhyTensor) picture = make_picture (types[t], SRC_W, SRC_H, 3);
      g_autoptr (WhyTensor) down = why_resize (picture, 5, 4, 0, 0, 5, 4, WHY_FILTER_BILINEAR, NULL);
      g_assert_cmpint (down->dtype, ==, WHY_DTYPE_FLOAT32);
      for (gsize at = 0; at < 60; at++)
        g_assert_cmpfloat (fabs (why_tensor_get_f64 (down, at) / unit - pillow_bilinear_down[at]), <=, 1.0);
      g_autoptr (WhyTensor) plain = why_resize (picture, 5, 4, 0, 0, 5, 4, WHY_FILTER_BILINEAR_NOAA, NULL);
      for (gsize at = 0; at < 20; at++)
        g_assert_cmpfloat (fabs (why_tensor_get_f64 (plain, at * 3 + 1) / unit - numpy_noaa[at]), <=, 1e-3);
    }
}

static void
test_resize_bad (void)
{
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, 4, 4, 1);
  const gint64 bad[][6] = {
    { 0, 4, 0, 0, 1, 1 }, { 4, -1, 0, 0, 1, 1 }, { 4, 4, 0, 0, 5, 4 }, { 4, 4, 1, 0, 4, 4 }, { 4, 4, -1, 0, 2, 2 },
    { G_MAXINT64, 4, 0, 0, 1, 1 }, { 4, 4, G_MAXINT64, 0, 2, 2 }, { 4, 4, 0, 0, 0, 4 },
  };

  for (gsize b = 0; b < G_N_ELEMENTS (bad); b++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (why_resize (picture, bad[b][0], bad[b][1], bad[b][2], bad[b][3], bad[b][4], bad[b][5],
                                 WHY_FILTER_BILINEAR, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
    }
}

#define FULL_RECIPE                                                                                                  \
  "{\"version\":1,\"size\":[6,6],\"resize\":\"shortest-side\",\"shortest\":8,\"crop\":\"center\","                     \
  "\"filter\":\"bilinear\",\"channels\":\"%s\",\"layout\":\"%s\",\"scale\":255,\"mean\":[0.485,0.456,0.406],"        \
  "\"std\":[0.229,0.224,0.225]}"

static void
test_prepare (void)
{
  static const double mean[3] = { 0.485, 0.456, 0.406 };
  static const double std[3] = { 0.229, 0.224, 0.225 };
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, SRC_W, SRC_H, 3);

  for (int variant = 0; variant < 4; variant++)
    {
      const gboolean bgr = (variant & 1) != 0;
      const gboolean nhwc = (variant & 2) != 0;
      g_autoptr (GError) error = NULL;
      g_autofree char *json = g_strdup_printf (FULL_RECIPE, bgr ? "BGR" : "RGB", nhwc ? "NHWC" : "NCHW");
      g_autoptr (WhyRecipe) recipe = why_recipe_parse (json, -1, "test", NULL, &error);
      g_assert_no_error (error);
      g_autoptr (WhyTensor) input = why_recipe_prepare (recipe, picture, &error);
      g_assert_no_error (error);
      g_assert_cmpint (input->rank, ==, 4);
      g_assert_cmpint (input->dims[nhwc ? 3 : 1], ==, 3);
      g_assert_cmpint (input->dims[2], ==, 6);
      for (gsize h = 0; h < 6; h++)
        for (gsize w = 0; w < 6; w++)
          for (gsize c = 0; c < 3; c++)
            {
              const double pixel = pillow_shortest[(h * 6 + w) * 3 + (bgr ? 2 - c : c)];
              const double expected = (pixel / 255.0 - mean[c]) / std[c];
              const gsize at = nhwc ? (h * 6 + w) * 3 + c : (c * 6 + h) * 6 + w;
              /* float32 of numbers up to 3 */
              g_assert_cmpfloat (fabs (why_tensor_get_f64 (input, at) - expected), <=, 1e-6);
            }
    }
}

static void
test_prepare_depths (void)
{
  g_autoptr (WhyRecipe) recipe = why_recipe_parse ("{\"version\":1,\"scale\":1,\"channels\":\"grey\"}", -1, "t", NULL, NULL);
  g_autoptr (WhyTensor) bytes = make_picture (WHY_DTYPE_UINT8, SRC_W, SRC_H, 3);
  g_autoptr (WhyTensor) words = make_picture (WHY_DTYPE_UINT16, SRC_W, SRC_H, 3);
  g_autoptr (WhyTensor) floats = make_picture (WHY_DTYPE_FLOAT32, SRC_W, SRC_H, 3);
  g_autoptr (WhyTensor) from_bytes = why_recipe_prepare (recipe, bytes, NULL);
  g_autoptr (WhyTensor) from_words = why_recipe_prepare (recipe, words, NULL);
  g_autoptr (WhyTensor) from_floats = why_recipe_prepare (recipe, floats, NULL);

  g_assert_cmpint (from_bytes->dims[1], ==, 1);
  g_assert_cmpint (from_bytes->dims[2], ==, SRC_H);
  for (gsize at = 0; at < SRC_W * SRC_H; at++)
    {
      g_assert_cmpfloat (why_tensor_get_f64 (from_bytes, at), ==, pillow_grey[at]);
      /* Not rounded to whole levels; the weights of Pillow are 16-bit fractions. */
      g_assert_cmpfloat (fabs (why_tensor_get_f64 (from_words, at) - pillow_grey[at]), <=, 0.51);
      g_assert_cmpfloat (fabs (why_tensor_get_f64 (from_floats, at) - pillow_grey[at]), <=, 0.51);
    }

  /* Grey pictures for colour networks are repeated. */
  g_autoptr (WhyRecipe) colour = why_recipe_parse ("{\"version\":1,\"scale\":1}", -1, "t", NULL, NULL);
  g_autoptr (WhyTensor) grey = make_picture (WHY_DTYPE_UINT8, 3, 2, 1);
  g_autoptr (WhyTensor) input = why_recipe_prepare (colour, grey, NULL);
  for (gsize c = 0; c < 3; c++)
    for (gsize at = 0; at < 6; at++)
      g_assert_cmpfloat (why_tensor_get_f64 (input, c * 6 + at), ==, ((guint8 *) grey->data)[at]);
}

static void
test_letterbox (void)
{
  g_autoptr (WhyRecipe) recipe = why_recipe_parse (
    "{\"version\":1,\"size\":[8,8],\"resize\":\"fit\",\"filter\":\"nearest\",\"scale\":1,\"pad\":[10,20,30],\"clip\":[0,100]}", -1,
    "t", NULL, NULL);
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, 4, 2, 3);
  g_autoptr (WhyTensor) input = why_recipe_prepare (recipe, picture, NULL);
  WhyAffine back;

  /* 4 x 2 becomes 8 x 4 in rows 2..5. */
  for (gsize c = 0; c < 3; c++)
    for (gsize h = 0; h < 8; h++)
      for (gsize w = 0; w < 8; w++)
        {
          const double pixel = h < 2 || h >= 6 ? 10.0 * (double) (c + 1)
                                               : ((guint8 *) picture->data)[((h - 2) / 2 * 4 + w / 2) * 3 + c];
          g_assert_cmpfloat (why_tensor_get_f64 (input, (c * 8 + h) * 8 + w), ==, MIN (pixel, 100.0));
        }
  g_assert_true (why_recipe_get_affine (recipe, 4, 2, &back, NULL));
  double x = 8.0, y = 6.0;
  why_affine_apply (&back, &x, &y);
  g_assert_cmpfloat (x, ==, 4.0);
  g_assert_cmpfloat (y, ==, 2.0);
}

/* A bright dot must be found again where the affine map says it is. */
static void
test_affine_finds_dot (void)
{
  static const char *const recipes[] = {
    "{\"version\":1,\"size\":[32,32],\"scale\":1}",
    "{\"version\":1,\"size\":[32,32],\"resize\":\"shortest-side\",\"shortest\":40,\"scale\":1}",
    "{\"version\":1,\"size\":[48,32],\"resize\":\"fit\",\"scale\":1}",
    "{\"version\":1,\"size\":[64,64],\"resize\":\"shortest-side\",\"shortest\":50,\"scale\":1}",
  };

  for (gsize r = 0; r < G_N_ELEMENTS (recipes); r++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyRecipe) recipe = why_recipe_parse (recipes[r], -1, "t", NULL, &error);
      g_assert_no_error (error);
      g_autoptr (WhyTensor) picture = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 3, (gint64[3]) { 100, 160, 1 }, NULL);
      WhyAffine to_source = why_affine_identity ();
      WhyAffine to_input = why_affine_identity ();
      double sum = 0.0, sum_x = 0.0, sum_y = 0.0;

      /* 8 x 8 pixels with their middle at (84, 44) */
      for (gsize h = 40; h < 48; h++)
        for (gsize w = 80; w < 88; w++)
          ((float *) picture->data)[h * 160 + w] = 255.0f;
      recipe->channels = WHY_RECIPE_CHANNELS_GREY;
      g_autoptr (WhyTensor) input = why_recipe_prepare (recipe, picture, &error);
      g_assert_no_error (error);
      for (gint64 h = 0; h < input->dims[2]; h++)
        for (gint64 w = 0; w < input->dims[3]; w++)
          {
            const double value = why_tensor_get_f64 (input, (gsize) (h * input->dims[3] + w));
            sum += value;
            sum_x += value * ((double) w + 0.5);
            sum_y += value * ((double) h + 0.5);
          }
      double x = sum_x / sum, y = sum_y / sum;
      g_assert_true (why_recipe_get_affine (recipe, 160, 100, &to_source, NULL));
      why_affine_apply (&to_source, &x, &y);
      /* The antialiasing kernel is symmetric, but sampled: a quarter of a source pixel is what its
       * discreteness costs here; a missing half-pixel would cost 1.5 to 2.5. */
      g_assert_cmpfloat (fabs (x - 84.0), <=, 0.25);
      g_assert_cmpfloat (fabs (y - 44.0), <=, 0.25);

      g_assert_true (why_affine_invert (&to_source, &to_input));
      const WhyAffine round_trip = why_affine_compose (&to_source, &to_input);
      x = 12.25, y = 7.5;
      why_affine_apply (&round_trip, &x, &y);
      g_assert_cmpfloat (fabs (x - 12.25) + fabs (y - 7.5), <=, 1e-12);
    }
  g_assert_false (why_affine_invert (&(WhyAffine) { .xx = 1.0 }, &(WhyAffine) { 0 }));
}

static void
test_bad_json (void)
{
  static const struct
  {
    const char *json, *message;
  } cases[] = {
    { "", "*" },
    { "[]", "*not a JSON object*" },
    { "{}", "*version: is missing*" },
    { "{\"version\":2}", "*version: 2 is not known*" },
    { "{\"version\":\"1\"}", "*version: a number*" },
    { "{\"version\":1,\"menas\":[0]}", "*key \"menas\" is not known*mean*" },
    { "{\"version\":1,\"filter\":\"cubic\"}", "*filter: \"cubic\" is not known*bicubic*" },
    { "{\"version\":1,\"resize\":\"squash\"}", "*resize: \"squash\" is not known; there are \"stretch\"*" },
    { "{\"version\":1,\"size\":[0,5]}", "*size: 0 is not a whole number*" },
    { "{\"version\":1,\"size\":[1e9,5]}", "*size:*" },
    { "{\"version\":1,\"size\":[224]}", "*size: a list of 2 to 3 numbers*" },
    { "{\"version\":1,\"size\":\"all\"}", "*size: a list of 2 to 3 numbers is needed, or \"any\"*" },
    { "{\"version\":1,\"size\":224}", "*size: a list of 2 to 3 numbers*" },
    { "{\"version\":1,\"std\":[0,1,1]}", "*std: numbers other than 0*" },
    { "{\"version\":1,\"mean\":[0.5,0.5]}", "*mean: one or three*" },
    { "{\"version\":1,\"mean\":[1,2,3,4]}", "*mean: a list of 1 to 3 numbers*" },
    { "{\"version\":1,\"mean\":[\"a\"]}", "*mean:*" },
    { "{\"version\":1,\"mean\":null}", "*mean:*" },
    { "{\"version\":1,\"scale\":0}", "*scale:*" },
    { "{\"version\":1,\"resize\":\"fit\"}", "*size: is needed*" },
    { "{\"version\":1,\"resize\":\"shortest-side\"}", "*shortest:*" },
    { "{\"version\":1,\"shortest\":256}", "*shortest: has a meaning only*" },
    { "{\"version\":1,\"clip\":[1,0]}", "*clip:*" },
    { "{\"version\":1,\"pad\":[300,0,0]}", "*pad:*" },
    { "{\"version\":1,\"labels\":[1]}", "*labels: a list of strings*" },
    { "{\"version\":1,\"labels\":\"a\"}", "*labels: a list of strings*" },
    { "{\"version\":1,\"labels_file\":\"x.txt\"}", "*no folder*" },
    { "{\"version\":1,\"task\":\"regression\"}", "*task:*" },
    { "{\"version\":1,\"note\":3}", "*note: a string*" },
    { "{\"version\":1,\"note\":[[[[[[[[[[1]]]]]]]]]]}", "*nested deeper*" },
    { "{\"version\":1,/*\"*/\"mean\":[0]}", "*outside a string*" },
    { "{\"version\":1", "*not JSON*" },
    { "\xff\xfe", "*not UTF-8*" },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = g_strescape (cases[c].json, NULL);
      g_test_message ("%s", shown);
      g_assert_null (why_recipe_parse (cases[c].json, -1, "bad.json", NULL, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
      g_assert_true (g_str_has_prefix (error->message, "bad.json: "));
      if (!g_pattern_match_simple (cases[c].message, error->message))
        g_error ("unexpected message: %s", error->message);
    }

  /* A million brackets: json-glib alone would overflow the stack. */
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autoptr (GError) error = NULL;
  g_assert_null (why_recipe_parse (deep, -1, "deep.json", NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
}

/* Every prefix and many one-byte changes of a good recipe: an error or a valid recipe, nothing else. */
static void
test_mutated_json (void)
{
  g_autofree char *good = g_strdup_printf (FULL_RECIPE, "RGB", "NCHW");
  const gsize length = strlen (good);
  g_autoptr (GRand) random = g_rand_new_with_seed (17);

  for (gsize cut = 0; cut < length; cut++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (why_recipe_parse (good, (gssize) cut, "cut", NULL, &error));
      g_assert_nonnull (error);
    }
  for (int run = 0; run < 3000; run++)
    {
      g_autofree char *changed = g_strdup (good);
      g_autoptr (GError) error = NULL;

      changed[g_rand_int_range (random, 0, (gint32) length)] = (char) g_rand_int_range (random, 1, 256);
      g_autoptr (WhyRecipe) recipe = why_recipe_parse (changed, -1, "changed", NULL, &error);
      g_assert_true ((recipe != NULL) == (error == NULL));
      if (recipe != NULL)
        g_assert_true (why_recipe_validate (recipe, NULL));
    }
}

static void
test_round_trip (void)
{
  g_autofree char *json = g_strdup_printf (FULL_RECIPE, "BGR", "NHWC");
  g_autoptr (WhyRecipe) recipe = why_recipe_parse (json, -1, "a", NULL, NULL);
  g_autoptr (GError) error = NULL;

  recipe->layer = g_strdup ("conv \"5\"\n");
  recipe->labels = g_strsplit ("cat,d\"og,b\\ird", ",", -1);
  recipe->task = WHY_RECIPE_TASK_MULTI_LABEL;
  recipe->normalise = WHY_RECIPE_NORMALISE_WINDOW;
  recipe->window_centre = 40.0;
  recipe->window_width = 400.0;
  recipe->mpp = 0.25;
  memcpy (recipe->spacing, (double[3]) { 0.5, 0.75, 2.5 }, sizeof recipe->spacing);
  g_autofree char *first = why_recipe_to_json (recipe);
  g_autoptr (WhyRecipe) again = why_recipe_parse (first, -1, "b", NULL, &error);
  g_assert_no_error (error);
  g_autofree char *second = why_recipe_to_json (again);
  g_assert_cmpstr (first, ==, second);
  g_assert_nonnull (strstr (first, "0.485,0.456,0.406"));
  g_assert_cmpstr (again->layer, ==, "conv \"5\"\n");
  g_assert_cmpstr (again->labels[1], ==, "d\"og");
  g_autoptr (WhyRecipe) copy = why_recipe_copy (again);
  g_autofree char *third = why_recipe_to_json (copy);
  g_assert_cmpstr (third, ==, second);
}

static void
test_guess (void)
{
  const struct
  {
    int rank;
    gint64 dims[4];
    gint64 width, height;
    int n_channels;
    WhyRecipeLayout layout;
  } cases[] = {
    { 4, { 1, 3, 224, 224 }, 224, 224, 3, WHY_RECIPE_LAYOUT_NCHW },
    { 4, { -1, 3, -1, -1 }, 224, 224, 3, WHY_RECIPE_LAYOUT_NCHW },
    { 4, { 1, 96, 128, 3 }, 128, 96, 3, WHY_RECIPE_LAYOUT_NHWC },
    { 4, { 1, 1, 28, 28 }, 28, 28, 1, WHY_RECIPE_LAYOUT_NCHW },
    { 3, { 3, 32, 48 }, 48, 32, 3, WHY_RECIPE_LAYOUT_NCHW },
    { 2, { 1, 784 }, 28, 28, 1, WHY_RECIPE_LAYOUT_NCHW },
    { 2, { 1, 3072 }, 32, 32, 3, WHY_RECIPE_LAYOUT_NCHW },
    { -1, { 0 }, 224, 224, 3, WHY_RECIPE_LAYOUT_NCHW },
    { 4, { 1, 3, G_MAXINT64, 5 }, 224, 224, 3, WHY_RECIPE_LAYOUT_NCHW },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autoptr (WhyRecipe) recipe = why_recipe_guess (cases[c].rank, cases[c].dims);

      g_assert_cmpint (recipe->width, ==, cases[c].width);
      g_assert_cmpint (recipe->height, ==, cases[c].height);
      g_assert_cmpint (why_recipe_get_n_channels (recipe), ==, cases[c].n_channels);
      g_assert_cmpint (recipe->layout, ==, cases[c].layout);
      g_assert_cmpint (recipe->source, ==, WHY_RECIPE_SOURCE_ASSUMED);
      g_assert_true ((recipe->assumed & WHY_RECIPE_FIELD_MEAN) != 0);
      g_assert_cmpfloat (recipe->mean[0], ==, cases[c].n_channels == 3 ? 0.485 : 0.0);
      g_assert_true (why_recipe_validate (recipe, NULL));
    }
}

/* The values of Caffe's, TensorFlow's and CNTK's own examples. */
static void
test_guess_by_producer (void)
{
  static const gint64 colour[] = { 1, 3, 224, 224 }, small[] = { 1, 3, 32, 32 }, digit[] = { 1, 1, 28, 28 };
  static const struct
  {
    const char *producer;
    const gint64 *dims;
    WhyRecipeChannels channels;
    double scale, mean, std;
  } cases[] = {
    { "onnx-caffe2", colour, WHY_RECIPE_CHANNELS_BGR, 1.0, 104.0, 1.0 },
    { "tf2onnx", colour, WHY_RECIPE_CHANNELS_RGB, 255.0, 0.5, 0.5 },
    { "tf2onnx", small, WHY_RECIPE_CHANNELS_RGB, 255.0, 0.485, 0.229 },
    { "CNTK", digit, WHY_RECIPE_CHANNELS_GREY, 1.0, 0.0, 1.0 },
    { "pytorch", colour, WHY_RECIPE_CHANNELS_RGB, 255.0, 0.485, 0.229 },
    { NULL, digit, WHY_RECIPE_CHANNELS_GREY, 255.0, 0.0, 1.0 },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      const WhyRecipeHints hints = { .producer = cases[c].producer, .rank = 4, .dims = cases[c].dims };
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyRecipe) recipe = why_recipe_find (&hints, &error);

      g_assert_no_error (error);
      g_assert_cmpint (recipe->channels, ==, cases[c].channels);
      g_assert_cmpfloat (recipe->scale, ==, cases[c].scale);
      g_assert_cmpfloat (recipe->mean[0], ==, cases[c].mean);
      g_assert_cmpfloat (recipe->std[0], ==, cases[c].std);
      g_assert_true ((recipe->assumed & WHY_RECIPE_FIELD_MEAN) != 0);
    }
}

typedef struct
{
  char *folder;
  char *model;
} Folder;

static void
folder_write (const Folder *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder->folder, name, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
folder_init (Folder *folder)
{
  folder->folder = g_dir_make_tmp ("why-recipe-XXXXXX", NULL);
  folder->model = g_build_filename (folder->folder, "net.onnx", NULL);
  folder_write (folder, "net.onnx", "model");
}

static void
folder_clear (Folder *folder)
{
  GDir *dir = g_dir_open (folder->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder->folder, name, NULL);
      g_remove (path);
    }
  g_dir_close (dir);
  g_assert_cmpint (g_rmdir (folder->folder), ==, 0);
  g_free (folder->folder);
  g_free (folder->model);
}

static void
test_find (void)
{
  const gint64 dims[4] = { 1, 3, 32, 32 };
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  Folder folder;

  folder_init (&folder);
  WhyRecipeHints hints = { .model_path = folder.model, .metadata = metadata, .rank = 4, .dims = dims };

  /* Somebody else's net.json, then one that is meant. */
  folder_write (&folder, "net.json", "{\"hello\": 1}");
  g_autoptr (WhyRecipe) guessed = why_recipe_find (&hints, &error);
  g_assert_no_error (error);
  g_assert_cmpint (guessed->source, ==, WHY_RECIPE_SOURCE_ASSUMED);
  folder_write (&folder, "net.json", "{\"version\":1,\"mean\":[104,117,123],\"channels\":\"BGR\"}");
  folder_write (&folder, "labels.txt", "cat\ndog\r\n\n");
  g_autoptr (WhyRecipe) plain = why_recipe_find (&hints, &error);
  g_assert_no_error (error);
  g_assert_cmpint (plain->source, ==, WHY_RECIPE_SOURCE_FILE);
  g_assert_cmpfloat (plain->scale, ==, 1.0); /* means of bytes */
  g_assert_cmpint (plain->width, ==, 32);
  g_assert_cmpuint (g_strv_length (plain->labels), ==, 2);
  g_assert_cmpstr (plain->labels[1], ==, "dog");

  folder_write (&folder, "net.recipe.json", "{\"version\":1,\"size\":[32,32],\"labels_file\":\"names.txt\"}");
  folder_write (&folder, "names.txt", "\xef\xbb\xbf" "one\ntwo\nthree");
  g_autoptr (WhyRecipe) beside = why_recipe_find (&hints, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (beside->labels[0], ==, "one");
  g_assert_cmpuint (g_strv_length (beside->labels), ==, 3);

  g_hash_table_insert (metadata, (char *) "whylight.recipe", (char *) "{\"version\":1,\"resize\":\"shortest-side\"}");
  g_hash_table_insert (metadata, (char *) "names", (char *) "{0: 'per\\'son', 2: \"car\"}");
  g_autoptr (WhyRecipe) inside = why_recipe_find (&hints, &error);
  g_assert_no_error (error);
  g_assert_cmpint (inside->source, ==, WHY_RECIPE_SOURCE_METADATA);
  g_assert_cmpint (inside->shortest, ==, 32);
  g_assert_cmpstr (inside->labels[0], ==, "per'son");
  g_assert_cmpstr (inside->labels[1], ==, "");
  g_assert_cmpstr (inside->labels[2], ==, "car");

  /* What contradicts the model */
  g_hash_table_insert (metadata, (char *) "whylight.recipe", (char *) "{\"version\":1,\"size\":[64,64]}");
  g_assert_null (why_recipe_find (&hints, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (error->message, "64x64"));
  g_assert_nonnull (strstr (error->message, "32x32"));
  g_clear_error (&error);
  g_hash_table_insert (metadata, (char *) "whylight.recipe", (char *) "{\"version\":1,\"channels\":\"grey\"}");
  g_assert_null (why_recipe_find (&hints, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  folder_clear (&folder);
}

/* A network of free size that says so: nothing is assumed. One of fixed size contradicts it. */
static void
test_any_size (void)
{
  const char *json = "{\"version\":1,\"size\":\"any\",\"resize\":\"stretch\",\"filter\":\"bilinear\",\"channels\":\"RGB\","
                     "\"scale\":255,\"mean\":[0,0,0],\"std\":[1,1,1],\"task\":\"segmentation\"}";
  const gint64 dims[] = { 1, 3, -1, -1 }, fixed[] = { 1, 3, 224, 224 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  WhyRecipeHints hints = { .model_path = "/nowhere/net.onnx", .metadata = metadata, .rank = 4, .dims = dims };

  g_hash_table_insert (metadata, (char *) "whylight.recipe", (char *) json);

  g_autoptr (WhyRecipe) recipe = why_recipe_find (&hints, &error);
  g_assert_no_error (error);
  g_assert_cmpint (recipe->width, ==, 0);
  g_assert_cmpuint (recipe->assumed & WHY_RECIPE_FIELD_SIZE, ==, 0);
  hints.dims = fixed;
  g_assert_null (why_recipe_find (&hints, &error));
  g_assert_nonnull (strstr (error->message, "size is \"any\", but the model's input is 224x224"));
}

static void
test_image_metadata (void)
{
  const gint64 dims[4] = { 1, 3, 416, 416 };
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  const WhyRecipeHints hints = { .metadata = metadata, .rank = 4, .dims = dims };

  g_hash_table_insert (metadata, (char *) "Image.BitmapPixelFormat", (char *) "Bgr8");
  g_hash_table_insert (metadata, (char *) "Image.NominalPixelRange", (char *) "Normalized_1_1");
  g_autoptr (WhyRecipe) recipe = why_recipe_find (&hints, NULL);
  g_assert_cmpint (recipe->channels, ==, WHY_RECIPE_CHANNELS_BGR);
  g_assert_cmpfloat (recipe->mean[1], ==, 0.5);
  g_assert_cmpfloat (recipe->std[1], ==, 0.5);
  g_assert_cmpint (recipe->source, ==, WHY_RECIPE_SOURCE_METADATA);
  g_hash_table_insert (metadata, (char *) "Image.NominalPixelRange", (char *) "NominalRange_16_235");
  g_autoptr (WhyRecipe) video = why_recipe_find (&hints, NULL);
  g_assert_cmpfloat (fabs ((255.0 - video->mean[0]) / video->std[0] - 235.0), <=, 1e-9);
  g_assert_cmpfloat (fabs ((0.0 - video->mean[0]) / video->std[0] - 16.0), <=, 1e-9);
}

static void
test_confined (void)
{
  static const char *const names[] = {
    "../secret.txt", "/etc/passwd", "a/b.txt", "..", ".", "", "link.txt", "..\\x", "fifo.txt", "gone.txt",
  };
  Folder folder, other;

  folder_init (&folder);
  folder_init (&other);
  folder_write (&other, "secret.txt", "secret");
  g_autofree char *secret = g_build_filename (other.folder, "secret.txt", NULL);
  g_autofree char *link = g_build_filename (folder.folder, "link.txt", NULL);
  g_autofree char *fifo = g_build_filename (folder.folder, "fifo.txt", NULL);
  g_autofree char *recipe_path = g_build_filename (folder.folder, "r.json", NULL);
  g_assert_cmpint (symlink (secret, link), ==, 0);
  g_assert_cmpint (mknod (fifo, S_IFIFO | 0600, 0), ==, 0);
  for (gsize n = 0; n < G_N_ELEMENTS (names); n++)
    {
      g_autofree char *escaped = g_strescape (names[n], NULL);
      g_autofree char *json = g_strdup_printf ("{\"version\":1,\"labels_file\":\"%s\"}", escaped);
      g_autoptr (GError) error = NULL;

      folder_write (&folder, "r.json", json);
      g_assert_null (why_recipe_load (recipe_path, &error));
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, "labels_file"));
    }
  folder_clear (&folder);
  folder_clear (&other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/resize/pillow", test_resize_pillow);
  g_test_add_func ("/image/resize/nearest-ties", test_resize_nearest_ties);
  g_test_add_func ("/image/resize/float", test_resize_float);
  g_test_add_func ("/image/resize/bad", test_resize_bad);
  g_test_add_func ("/image/recipe/prepare", test_prepare);
  g_test_add_func ("/image/recipe/depths", test_prepare_depths);
  g_test_add_func ("/image/recipe/letterbox", test_letterbox);
  g_test_add_func ("/image/recipe/affine", test_affine_finds_dot);
  g_test_add_func ("/image/recipe/bad-json", test_bad_json);
  g_test_add_func ("/image/recipe/mutated-json", test_mutated_json);
  g_test_add_func ("/image/recipe/round-trip", test_round_trip);
  g_test_add_func ("/image/recipe/guess", test_guess);
  g_test_add_func ("/image/recipe/guess-by-producer", test_guess_by_producer);
  g_test_add_func ("/image/recipe/find", test_find);
  g_test_add_func ("/image/recipe/any-size", test_any_size);
  g_test_add_func ("/image/recipe/image-metadata", test_image_metadata);
  g_test_add_func ("/image/recipe/confined", test_confined);
  return g_test_run ();
}
