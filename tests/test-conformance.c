#include "config.h"

#include "graph/conformance.h"

#include <string.h>

/* ONNX's own test data, which Debian packages as libonnx-testdata. The minimum of passes keeps the
 * test honest: "nothing failed" would also be true of a program that knows no operator. */

#define DATA "/usr/share/libonnx-testdata/data"

/* The input 'like' of these is declared 3x4 and stored with one element: broken data. */
static const char *const broken[] = {
  "test_castlike_BFLOAT16_to_FLOAT",
  "test_castlike_BFLOAT16_to_FLOAT_expanded",
  "test_castlike_FLOAT_to_BFLOAT16",
  "test_castlike_FLOAT_to_BFLOAT16_expanded",
  NULL,
};

typedef struct
{
  const char *suite;
  guint min_passes;
} Suite;

static void
test_suite (gconstpointer data)
{
  const Suite *suite = data;
  g_autofree char *path = g_build_filename (DATA, suite->suite, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) folders = NULL;
  guint totals[3] = { 0 };

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_test_skip (DATA " is not there (Debian package libonnx-testdata)");
      return;
    }
  folders = why_conformance_find (path, &error);
  g_assert_no_error (error);
  for (guint index = 0; index < folders->len; index++)
    {
      const char *folder = g_ptr_array_index (folders, index);
      g_autofree char *name = g_path_get_basename (folder);
      g_autofree char *why = NULL;
      if (g_strv_contains (broken, name))
        continue;
      WhyConformance outcome = why_conformance_run (folder, why_conformance_evaluate, NULL, WHY_CONFORMANCE_RTOL,
                                                    WHY_CONFORMANCE_ATOL, &why);
      totals[outcome]++;
      if (outcome != WHY_CONFORMANCE_PASS)
        g_test_message ("%s %s: %s", why_conformance_to_string (outcome), name, why);
    }
  g_test_message ("%s: %u pass, %u fail, %u unsupported", suite->suite, totals[WHY_CONFORMANCE_PASS],
                  totals[WHY_CONFORMANCE_FAIL], totals[WHY_CONFORMANCE_UNSUPPORTED]);
  g_assert_cmpuint (totals[WHY_CONFORMANCE_FAIL], ==, 0);
  g_assert_cmpuint (totals[WHY_CONFORMANCE_PASS], >=, suite->min_passes);
}

static void
test_compare (void)
{
  const float values[] = { 1.0f, -2.0f, 1.0f / 0.0f };
  const gint64 dims[] = { 3 };
  g_autoptr (WhyTensor) a = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 1, dims, NULL);
  g_autoptr (WhyTensor) b = NULL;
  g_autoptr (WhyTensor) other = why_tensor_new_zeros (WHY_DTYPE_INT64, 1, dims, NULL);
  g_autofree char *why = NULL;

  memcpy (a->data, values, sizeof values);
  b = why_tensor_copy (a, NULL);
  g_assert_true (why_conformance_compare (a, b, WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why));
  ((float *) b->data)[1] = -2.0015f;
  g_assert_true (why_conformance_compare (a, b, WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why));
  ((float *) b->data)[1] = -2.01f;
  g_assert_false (why_conformance_compare (a, b, WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why));
  g_assert_cmpstr (why, ==, "element 1 is -2, expected -2.00999999");
  g_clear_pointer (&why, g_free);
  ((float *) b->data)[1] = -2.0f;
  ((float *) b->data)[2] = 1e30f;
  g_assert_false (why_conformance_compare (a, b, WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why));
  g_clear_pointer (&why, g_free);
  g_assert_false (why_conformance_compare (a, other, WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why));
  g_assert_cmpstr (why, ==, "type is float32, expected int64");
}

int
main (int argc, char **argv)
{
  static const Suite suites[] = {
    { "node", 727 },
    { "simple", 7 },
    { "pytorch-operator", 35 },
    { "pytorch-converted", 82 },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conformance/compare", test_compare);
  for (gsize index = 0; index < G_N_ELEMENTS (suites); index++)
    {
      g_autofree char *path = g_strconcat ("/conformance/", suites[index].suite, NULL);
      g_test_add_data_func (path, &suites[index], test_suite);
    }
  return g_test_run ();
}
