#include "config.h"

#include "picture-files.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that are no pictures, are cut off, changed or lie about their size: a sentence that says so, or pixels. */

static void
assert_refused (const char *name, const char *data, gsize length, const char *message)
{
  g_autofree char *path = pf_path (name);
  g_autoptr (GError) error = NULL;

  if (data != NULL)
    g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
  g_assert_null (source);
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, WHY_ERROR);
  g_assert_true (g_str_has_prefix (error->message, name));
  if (!g_pattern_match_simple (message, error->message))
    g_error ("unexpected message: %s", error->message);
}

static void
test_strangers (void)
{
  static const char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
  static const char onnx[] = "\x08\x07\x12\x07pytorch\x1a\x03" "1.0:\x10";
  static const char html[] = "\n<!DOCTYPE html><html><body>404</body></html>";

  assert_refused ("a.png", lfs, sizeof lfs - 1, "*Git LFS pointer*");
  assert_refused ("b.png", onnx, sizeof onnx - 1, "*ONNX model*");
  assert_refused ("c.png", html, sizeof html - 1, "*web page*");
  assert_refused ("d.png", "hello", 5, "*is text*");
  assert_refused ("e.png", "", 0, "*empty*");
  assert_refused ("f.png", "\x01\x02\x03", 3, "*not a picture*");
  assert_refused ("g.pdf", "%PDF-1.4 x", 10, "*PDF*");
  assert_refused ("h.svg", "<?xml version='1.0'?><svg/>", 27, "*SVG*");
  assert_refused ("i.png", "\x89PNG\r\n\x1a\n", 8, "*PNG file*");
  assert_refused ("j.jpg", "\xff\xd8\xff", 3, "*JPEG file*");
  assert_refused ("k.bmp", "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18, "*BMP file*cut off*");
  assert_refused ("l.tif", "II*\0\xff\xff\xff\xff", 8, "*TIFF file*");
  assert_refused ("none.png", NULL, 0, "*no such file*");

  g_autofree char *fifo = pf_path ("fifo.png");
  g_autofree char *directory = pf_path ("folder.png");
  g_autofree char *dangling = pf_path ("dangling.png");
  g_assert_cmpint (mknod (fifo, S_IFIFO | 0600, 0), ==, 0);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  assert_refused ("fifo.png", NULL, 0, "*not a regular file*");
  assert_refused ("folder.png", NULL, 0, "*folder*");
  assert_refused ("dangling.png", NULL, 0, "*no such file*");

  /* A link to a picture is a picture. */
  g_autofree char *path = pf_path ("real.png");
  g_autofree char *link = pf_path ("link.png");
  VipsImage *image = pf_make_pattern (3, 3, 1, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
  g_assert_cmpint (vips_pngsave (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_cmpint (symlink ("real.png", link), ==, 0);
  g_autoptr (WhyImageSource) source = pf_open (link, NULL);
  g_assert_cmpint (why_image_source_get_width (source), ==, 3);
}

static const char *const damaged_names[] = { "damage.png", "damage.jpg", "damage.tif", "damage.webp", "damage.bmp" };

static void
make_damage_file (const char *name, char **data, gsize *length)
{
  g_autofree char *path = pf_path (name);

  if (g_str_has_suffix (name, ".bmp"))
    {
      GByteArray *file = pf_bitmap (64, 48, 24, 0, 0, 0);
      for (int at = 0; at < 64 * 48 * 3; at++)
        g_byte_array_append (file, &(guint8) { (guint8) (at * 7) }, 1);
      *length = file->len;
      *data = (char *) g_byte_array_free (file, FALSE);
      return;
    }
  VipsImage *image = pf_make_pattern (64, 48, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_true (g_file_get_contents (path, data, length, NULL));
}

static void
test_truncated (void)
{
  for (gsize k = 0; k < G_N_ELEMENTS (damaged_names); k++)
    {
      g_autofree char *data = NULL;
      g_autofree char *path = pf_path (damaged_names[k]);
      gsize length;

      make_damage_file (damaged_names[k], &data, &length);
      for (int tenth = 1; tenth < 10; tenth++)
        {
          g_autoptr (GError) error = NULL;

          g_assert_true (g_file_set_contents (path, data, (gssize) (length * (gsize) tenth / 10), NULL));
          g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
          if (source != NULL)
            {
              g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 64, 48, 64, 48, NULL, &error);
              g_assert_null (pixels);
            }
          g_test_message ("%s", error->message);
          g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
          g_assert_true (g_str_has_prefix (error->message, damaged_names[k]));
          g_assert_null (strstr (error->message, "Vips"));
        }
    }

  /* What is readable, when that is asked for */
  g_autofree char *data = NULL;
  g_autofree char *path = pf_path ("damage.bmp");
  gsize length;
  make_damage_file ("damage.bmp", &data, &length);
  g_assert_true (g_file_set_contents (path, data, (gssize) length / 2, NULL));
  g_autoptr (WhyImageSource) source = pf_open (path, &(WhyImageLimits) { .allow_truncated = TRUE });
  g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
  g_assert_cmpint (((guint8 *) pixels->data)[47 * 64 * 3 + 2], ==, 0); /* first stored byte: blue of the last row */
  g_assert_cmpint (((guint8 *) pixels->data)[47 * 64 * 3 + 1], ==, 7);
  g_assert_cmpint (((guint8 *) pixels->data)[0], ==, 0);
}

/* Any change of bytes ends in pixels of the announced size or in a sentence. */
static void
test_flipped (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  const int n_runs = g_test_thorough () ? 1000 : 20;

  for (gsize k = 0; k < G_N_ELEMENTS (damaged_names); k++)
    {
      g_autofree char *data = NULL;
      g_autofree char *path = pf_path (damaged_names[k]);
      gsize length;

      make_damage_file (damaged_names[k], &data, &length);
      for (int run = 0; run < n_runs; run++)
        {
          g_autofree char *changed = g_memdup2 (data, length);
          g_autoptr (GError) error = NULL;
          WhyTensor *pixels = NULL;

          for (int flip = 0; flip < 1 + run % 4; flip++)
            {
              /* half of them in the header, where the sizes are */
              const gint32 end = run % 2 == 0 ? MIN (200, (gint32) length) : (gint32) length;
              changed[g_rand_int_range (random, 0, end)] = (char) g_rand_int_range (random, 0, 256);
            }
          g_assert_true (g_file_set_contents (path, changed, (gssize) length, NULL));
          WhyImageSource *source = why_image_source_open (path, &(WhyImageLimits) { .timeout_ms = 20000 }, NULL,
                                                          &error);
          if (source != NULL)
            {
              const gint64 width = why_image_source_get_width (source);
              const gint64 height = why_image_source_get_height (source);
              pixels = why_image_source_read (source, 0, 0, width, height, MIN (width, 64), MIN (height, 64), NULL,
                                              &error);
            }
          g_assert_true ((pixels != NULL) == (error == NULL));
          if (error != NULL)
            {
              g_assert_true (g_str_has_prefix (error->message, damaged_names[k]));
              /* Contained as a crash would be, there is none here: not in our code and, with this seed, not
               * in the decoders. */
              if (strstr (error->message, "the picture reader") != NULL)
                g_error ("run %d: %s", run, error->message);
            }
          /* every page is really there */
          guint sum = 0;
          for (gsize at = 0; pixels != NULL && at < pixels->n_bytes; at++)
            sum += ((guint8 *) pixels->data)[at];
          g_assert_cmpuint (sum, <, G_MAXUINT);
          g_clear_pointer (&pixels, why_tensor_unref);
          g_clear_pointer (&source, why_image_source_unref);
        }
    }
}

static void
test_bombs (void)
{
  g_autofree char *jpeg = NULL;
  g_autofree char *bomb_path = pf_path ("bomb.jpg");
  gsize length, frame;
  g_autoptr (GError) error = NULL;

  /* A small JPEG whose frame header says 65,500 x 65,500 */
  make_damage_file ("damage.jpg", &jpeg, &length);
  for (frame = 0; frame + 9 < length && !((guint8) jpeg[frame] == 0xff && (guint8) jpeg[frame + 1] == 0xc0); frame++)
    ;
  g_assert_cmpuint (frame + 9, <, length);
  for (int at = 5; at <= 7; at += 2)
    {
      jpeg[frame + at] = (char) 0xff;
      jpeg[frame + at + 1] = (char) 0xdc;
    }
  g_assert_true (g_file_set_contents (bomb_path, jpeg, 2000 < length ? 2000 : (gssize) length, NULL));
  g_assert_null (why_image_source_open (bomb_path, NULL, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "65500x65500"));
  g_clear_error (&error);

  /* Within the budget of pixels (16,000 x 16,000), but there is nothing behind the header. */
  for (int at = 5; at <= 7; at += 2)
    {
      jpeg[frame + at] = (char) 0x3e;
      jpeg[frame + at + 1] = (char) 0x80;
    }
  g_assert_true (g_file_set_contents (bomb_path, jpeg, (gssize) length, NULL));
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (WhyImageSource) source = why_image_source_open (bomb_path, NULL, NULL, &error);
  if (source != NULL)
    {
      g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 16000, 16000, 10, 10, NULL, &error);
      g_assert_null (pixels);
    }
  g_test_message ("%s", error->message);
  g_assert_true (g_error_matches (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE) ||
                 g_error_matches (error, WHY_ERROR, WHY_ERROR_TOO_LARGE));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_TIME_SPAN_SECOND);
  g_clear_error (&error);

  /* The pixel budget is the caller's */
  g_autofree char *path = pf_path ("budget.png");
  VipsImage *image = pf_make_pattern (PF_W, PF_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_assert_cmpint (vips_pngsave (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_null (why_image_source_open (path, &(WhyImageLimits) { .max_pixels = PF_W * PF_H - 1 }, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_autoptr (WhyImageSource) exact = pf_open (path, &(WhyImageLimits) { .max_pixels = PF_W * PF_H });
  g_assert_nonnull (exact);

  /* Bitmaps that lie about their size */
  static const int sizes[][2] = { { 0, 5 }, { 5, 0 }, { G_MAXINT, G_MAXINT }, { G_MININT, 1 }, { 1, G_MININT },
                                  { 20000, 20000 } };
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      GByteArray *file = pf_bitmap (sizes[s][0], sizes[s][1], 24, 0, 0, 0);
      assert_refused ("liar.bmp", (const char *) file->data, file->len, "liar.bmp: *");
      g_byte_array_unref (file);
    }
}

int
main (int argc, char **argv)
{
  pf_begin (&argc, &argv);
  g_test_add_func ("/image/source/strangers", test_strangers);
  g_test_add_func ("/image/source/truncated", test_truncated);
  g_test_add_func ("/image/source/flipped", test_flipped);
  g_test_add_func ("/image/source/bombs", test_bombs);
  return pf_end ();
}
