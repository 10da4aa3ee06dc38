#include "config.h"

#include "draw/png.h"
#include "hottest.h"
#include "service/document.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Covers of a document: previews say what covering will do, and the hottest part is that of the map. */

static char *folder;
static char *model_path;
static char *picture_path;

static gboolean
has_preview (gpointer data)
{
  return why_document_get_n_previews (data) > 0;
}

static WhyDocument *
open_both (WhyRunner *runner)
{
  WhyDocument *document = why_document_new (runner);

  why_document_open (document, model_path);
  why_document_open (document, picture_path);
  spin_until (is_idle, document);
  why_document_set_target_class (document, 1);
  spin_until (is_idle, document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_nonnull (why_document_get_map (document));
  return document;
}

static void
test_preview (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = open_both (runner);
  WhyClassItem *item = why_document_get_class (document, 1);
  const double plain = why_class_item_get_probability (item);
  g_autoptr (WhyArea) area = why_area_new_ellipse (&(WhyRect) { 3, 2, 17, 12 }, FALSE, NULL);
  g_autoptr (WhyArea) other = why_area_new_rectangle (&(WhyRect) { 9, 8, 12, 9 }, TRUE, NULL);
  double before;
  double now;

  why_document_set_fill (document, "noise");
  /* Of those that come while one is computed only the last is. */
  why_document_preview (document, other, -1);
  for (int move = 0; move < 20; move++)
    why_document_preview (document, other, -1);
  why_document_preview (document, area, -1);
  spin_until (has_preview, document);
  const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  while (why_document_get_n_previews (document) < 2 && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (why_document_get_n_previews (document), ==, 2);
  g_assert_true (why_document_is_previewing (document));
  why_document_get_preview (document, 1, &before, &now);
  g_assert_cmpfloat (before, ==, plain);
  g_assert_cmpfloat (now, !=, plain);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, now);
  g_assert_cmpfloat (why_class_item_get_probability_before (item), ==, plain);
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 0);

  /* The end of it: as it was. Then for good: as it was shown. */
  why_document_preview (document, NULL, -1);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, plain);
  why_document_cover (document, area);
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, now);
  g_autoptr (WhyOcclusion) cover = g_list_model_get_item (why_document_get_occlusions (document), 0);
  g_assert_true (why_occlusion_get_area (cover) == area);
  g_assert_cmpint (why_document_get_selected_cover (document), ==, 0);

  why_document_replace_cover (document, 0, other);
  why_document_remove_cover (document, 7);
  g_assert_nonnull (why_document_get_error_message (document));
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), !=, now);
  why_document_undo (document);
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, now);
  why_document_remove_cover (document, 0);
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, plain);
  g_clear_object (&cover);
  g_assert_finalize_object (document);
}

/* Against sorting all values. */
static void
test_hottest (void)
{
  float values[6 * 5];
  g_autoptr (GRand) random = g_rand_new_with_seed (12);
  const WhyOverlayMap map = { .values = values, .width = 6, .height = 5, .source_width = 60, .source_height = 50,
                              .to_source = why_affine_scale_translate (10, 10, 0, 0) };
  g_autoptr (GError) error = NULL;

  for (gsize value = 0; value < G_N_ELEMENTS (values); value++)
    values[value] = (float) g_rand_double (random);
  for (int percent = 5; percent <= 60; percent += 11)
    {
      g_autoptr (WhyArea) area = why_hottest_area (&map, WHY_RESAMPLE_BILINEAR, percent / 100.0, FALSE, &error);
      guint8 coverage[60 * 50];
      float least = INFINITY;
      float most = -INFINITY;
      guint n_inside = 0;

      g_assert_no_error (error);
      why_area_rasterise (area, 60, 50, coverage, 60);
      for (int h = 0; h < 50; h++)
        for (int w = 0; w < 60; w++)
          {
            const float value = why_resample_at (values, 6, 5, WHY_RESAMPLE_BILINEAR, (w + 0.5) / 10, (h + 0.5) / 10);

            if (coverage[h * 60 + w] != 0)
              least = MIN (least, value);
            else
              most = MAX (most, value);
            n_inside += coverage[h * 60 + w] != 0;
          }
      /* The two ways of interpolating may differ by a rounding. */
      g_assert_cmpfloat (least, >=, most - 1e-5f);
      g_assert_cmpuint (n_inside, >=, 3000u * (guint) percent / 100 - 1);
      g_assert_cmpuint (n_inside, <=, 3000u * (guint) percent / 100 + 20);
    }
  memset (values, 0, sizeof values);
  g_autoptr (WhyArea) none = why_hottest_area (&map, WHY_RESAMPLE_NEAREST, 0.5, FALSE, &error);
  g_assert_null (none);
  g_assert_nonnull (error);
}

/* Text of a cover and back. */
static void
test_text (void)
{
  static const char *const good[] = { "1,2,3,4", "1,2,3.5,4,blur", "1,2,3,4,noise,77",
                                      "{\"shape\":{\"kind\":\"brush\",\"points\":[1,2,3,4],\"radius\":2,\"inverse\":true},\"fill\":\"texture\"}" };
  static const char *const bad[] = { "", "1,2,3", "1,2,3,4,pink", "{\"shape\":{}}", "{\"x\":1}", "@/nowhere/at-all.json", "{\"fill\":3}" };

  for (gsize text = 0; text < G_N_ELEMENTS (good); text++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (WhyCover) cover = { 0 };
      g_auto (WhyCover) again = { 0 };

      g_assert_true (why_cover_parse (good[text], &cover, &error));
      g_autofree char *written = why_cover_to_text (&cover);
      g_assert_true (why_cover_parse (written, &again, &error));
      g_assert_no_error (error);
      g_assert_true (why_cover_equal (&cover, &again));
    }
  for (gsize text = 0; text < G_N_ELEMENTS (bad); text++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (WhyCover) cover = { 0 };

      g_assert_false (why_cover_parse (bad[text], &cover, &error));
      g_assert_nonnull (error);
    }
}

int
main (int argc, char **argv)
{
  guint32 pixels[32 * 24];
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cover-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.onnx", NULL);
  picture_path = g_build_filename (folder, "picture.png", NULL);
  small_write (small_model (), model_path);
  for (guint32 pixel = 0; pixel < 32 * 24; pixel++)
    pixels[pixel] = 0xff000000u | pixel * 0x070b0du % 0x1000000u;
  why_png_write (picture_path, pixels, 32, 24, 32 * sizeof *pixels, FALSE, NULL, 0, NULL, &error);
  g_assert_no_error (error);
  g_test_add_func ("/cover/preview", test_preview);
  g_test_add_func ("/cover/hottest", test_hottest);
  g_test_add_func ("/cover/text", test_text);
  const int status = g_test_run ();
  g_remove (model_path);
  g_remove (picture_path);
  g_rmdir (folder);
  return status;
}
