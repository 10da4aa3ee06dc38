#include "config.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/npy.h"
#include "base/pages.h"
#include "base/parallel.h"
#include "base/size.h"
#include "base/tensor.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void
test_size_overflow (void)
{
  gsize count;
  const gint64 fits[] = { 3, 0, 5 }, over[] = { G_MAXINT64, 4 }, negative[] = { 2, -1 };

  g_assert_true (why_dims_count (fits, 3, &count));
  g_assert_cmpuint (count, ==, 0);
  g_assert_true (why_dims_count (NULL, 0, &count));
  g_assert_cmpuint (count, ==, 1);
  g_assert_false (why_dims_count (over, 2, &count));
  g_assert_false (why_dims_count (negative, 2, &count));
}

static void
test_tensor_too_large (void)
{
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { G_MAXINT32, G_MAXINT32, 8 };
  g_assert_null (why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
}

static void
test_tensor_layouts (void)
{
  const gint64 dims[] = { 2, 3, 4, 5 };
  g_autoptr (WhyTensor) dense = why_tensor_new (WHY_DTYPE_FLOAT32, 4, dims, NULL);
  for (gsize index = 0; index < why_tensor_count (dense); index++)
    ((float *) dense->data)[index] = (float) index;

  g_autoptr (WhyTensor) last = why_tensor_to_channels_last (dense, NULL);
  g_assert_true (why_tensor_is_channels_last (last));
  g_assert_false (why_tensor_is_dense (last));
  /* n=1, c=2, h=3, w=4 */
  g_assert_cmpfloat (((float *) last->data)[((1 * 4 + 3) * 5 + 4) * 3 + 2], ==, ((1 * 3 + 2) * 4 + 3) * 5 + 4);

  g_autoptr (WhyTensor) back = why_tensor_to_dense (last, NULL);
  g_assert_cmpmem (back->data, back->n_bytes, dense->data, dense->n_bytes);
}

static void
test_half_round_trip (void)
{
  for (guint bits = 0; bits < 0x10000; bits++)
    {
      float value = why_half_to_float ((guint16) bits);
      if (isnan (value))
        g_assert_true (isnan (why_half_to_float (why_float_to_half (value))));
      else
        g_assert_cmphex (why_float_to_half (value), ==, bits);
    }
  g_assert_cmphex (why_float_to_half (65519.996f), ==, 0x7bff);
  g_assert_cmphex (why_float_to_half (65520.0f), ==, 0x7c00);
  g_assert_cmphex (why_float_to_half (1.0f + 0x1p-11f), ==, 0x3c00); /* tie to even */
  g_assert_cmphex (why_float_to_half (1.0f + 3 * 0x1p-11f), ==, 0x3c02);
}

static void
test_cast (void)
{
  const gint64 dims[] = { 4 };
  g_autoptr (WhyTensor) from = why_tensor_new (WHY_DTYPE_FLOAT64, 1, dims, NULL);
  const double values[] = { -1.9, 0.0, 2.9, 1e30 };
  memcpy (from->data, values, sizeof values);
  g_autoptr (WhyTensor) to_int = why_tensor_cast (from, WHY_DTYPE_INT64, NULL);
  g_assert_cmpint (why_tensor_get_i64 (to_int, 0), ==, -1);
  g_assert_cmpint (why_tensor_get_i64 (to_int, 2), ==, 2);
  g_assert_cmpint (why_tensor_get_i64 (to_int, 3), ==, G_MAXINT64);
  g_autoptr (WhyTensor) to_bool = why_tensor_cast (from, WHY_DTYPE_BOOL, NULL);
  g_assert_cmpint (why_tensor_get_i64 (to_bool, 0), ==, 1);
  g_assert_cmpint (why_tensor_get_i64 (to_bool, 1), ==, 0);
}

static void
test_npy_round_trip (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "whylight-test-base.npy", NULL);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 2, 3 };
  g_autoptr (WhyTensor) tensor = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);
  for (gsize index = 0; index < 6; index++)
    ((float *) tensor->data)[index] = (float) index / 7.0f;
  g_assert_true (why_npy_write (tensor, path, &error));
  g_assert_no_error (error);
  g_autoptr (WhyTensor) read = why_npy_read (path, &error);
  g_assert_no_error (error);
  g_assert_true (why_tensor_same_dims (tensor, read));
  g_assert_cmpmem (read->data, read->n_bytes, tensor->data, tensor->n_bytes);

  /* cut at every byte: never a crash, always a sentence that names the file */
  g_autofree char *contents = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize cut = 0; cut < length; cut++)
    {
      g_autoptr (GError) cut_error = NULL;
      g_assert_true (g_file_set_contents (path, contents, (gssize) cut, NULL));
      g_assert_null (why_npy_read (path, &cut_error));
      g_assert_error (cut_error, WHY_ERROR, WHY_ERROR_IO);
      g_assert_nonnull (strstr (cut_error->message, path));
    }
  g_unlink (path);
}

static void
test_npy_fortran (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "whylight-test-fortran.npy", NULL);
  GByteArray *bytes = g_byte_array_new ();
  char header[118];
  memset (header, ' ', sizeof header);
  const char *dict = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }";
  memcpy (header, dict, strlen (dict));
  header[sizeof header - 1] = '\n';
  const guint8 start[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, sizeof header, 0 };
  const gint32 values[] = { 0, 10, 1, 11, 2, 12 };
  g_byte_array_append (bytes, start, sizeof start);
  g_byte_array_append (bytes, (const guint8 *) header, sizeof header);
  g_byte_array_append (bytes, (const guint8 *) values, sizeof values);
  g_assert_true (g_file_set_contents (path, (const char *) bytes->data, bytes->len, NULL));
  g_byte_array_unref (bytes);

  g_autoptr (WhyTensor) tensor = why_npy_read (path, NULL);
  g_assert_nonnull (tensor);
  g_assert_cmpint (why_tensor_get_i64 (tensor, 1), ==, 1);
  g_assert_cmpint (why_tensor_get_i64 (tensor, 5), ==, 12);
  g_unlink (path);
}

static void
test_cancel (void)
{
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (GError) error = NULL;
  g_assert_true (why_cancel_check (NULL, &error));
  g_assert_true (why_cancel_check (cancel, &error));
  why_cancel_set (cancel);
  g_assert_false (why_cancel_check (cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
}

static void
count_range (gsize begin, gsize end, gpointer data)
{
  guint8 *seen = data;
  for (gsize index = begin; index < end; index++)
    seen[index]++;
}

static void
test_parallel_covers_once (void)
{
  const gsize sizes[] = { 0, 1, 7, 1000, 1023 };
  for (gsize size = 0; size < G_N_ELEMENTS (sizes); size++)
    {
      g_autofree guint8 *seen = g_malloc0 (sizes[size] + 1);
      why_parallel_for (sizes[size], 3, count_range, seen);
      for (gsize index = 0; index < sizes[size]; index++)
        g_assert_cmpint (seen[index], ==, 1);
    }
}

static void
test_nearest_names (void)
{
  const char *const names[] = { "conv1", "layer4.relu", "fc", "layer4.conv" };
  g_autofree char *text = why_error_nearest ("layer4", names, G_N_ELEMENTS (names));
  g_assert_true (g_str_has_prefix (text, "; nearest names: 'layer4"));
}

/* Pieces of all sizes, the first freed while later ones live: none overlaps another, none moves. */
static void
test_pages_share (void)
{
  WhyPages *pages = why_pages_new ();
  guint8 *pieces[40];
  const gsize sizes[] = { 1, 64, 65, 5000, 3 << 20, 9 << 20, 0, 700000 };

  for (guint piece = 0; piece < G_N_ELEMENTS (pieces); piece++)
    {
      gsize n_bytes = sizes[piece % G_N_ELEMENTS (sizes)];
      pieces[piece] = why_pages_share (pages, n_bytes);
      g_assert_nonnull (pieces[piece]);
      g_assert_cmpuint ((guintptr) pieces[piece] % 64, ==, 0);
      memset (pieces[piece], (int) piece, n_bytes);
      if (piece % 3 == 2)
        g_clear_pointer (&pieces[piece - 2], why_pages_unshare);
    }
  for (guint piece = 0; piece < G_N_ELEMENTS (pieces); piece++)
    {
      gsize n_bytes = sizes[piece % G_N_ELEMENTS (sizes)];
      for (gsize byte = 0; pieces[piece] != NULL && byte < n_bytes; byte++)
        {
          if (pieces[piece][byte] != piece)
            g_error ("piece %u was written over", piece);
        }
      why_pages_unshare (pieces[piece]);
    }
  g_assert_null (why_pages_share (pages, G_MAXSIZE - 64));
  g_assert_null (why_pages_alloc (G_MAXSIZE - 64));
  /* Whether all of it was given back. */
  why_pages_free (pages);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/size/overflow", test_size_overflow);
  g_test_add_func ("/base/tensor/too-large", test_tensor_too_large);
  g_test_add_func ("/base/tensor/layouts", test_tensor_layouts);
  g_test_add_func ("/base/tensor/half", test_half_round_trip);
  g_test_add_func ("/base/tensor/cast", test_cast);
  g_test_add_func ("/base/npy/round-trip-and-truncation", test_npy_round_trip);
  g_test_add_func ("/base/npy/fortran-order", test_npy_fortran);
  g_test_add_func ("/base/cancel", test_cancel);
  g_test_add_func ("/base/pages/share", test_pages_share);
  g_test_add_func ("/base/parallel/covers-once", test_parallel_covers_once);
  g_test_add_func ("/base/error/nearest-names", test_nearest_names);
  return g_test_run ();
}
