#include "config.h"

#include "conformance.h"

#include <string.h>

/* ONNX's own test data, which Debian packages as libonnx-testdata. The minimum of passes keeps the
 * test honest: "nothing failed" would also be true of a program that knows no operator. */

#define DATA "/usr/share/libonnx-testdata/data"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
list_folders (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *model = g_build_filename (path, name, "model.onnx", NULL);
      if (g_file_test (model, G_FILE_TEST_EXISTS))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, compare_names);
  return names;
}

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
  g_autoptr (GPtrArray) names = list_folders (path);
  guint totals[3] = { 0 };

  if (names == NULL)
    {
      g_test_skip (DATA " is not there (Debian package libonnx-testdata)");
      return;
    }
  for (guint index = 0; index < names->len; index++)
    {
      const char *name = g_ptr_array_index (names, index);
      g_autofree char *folder = g_build_filename (path, name, NULL);
      g_autofree char *why = NULL;
      if (g_strv_contains (broken, name))
        continue;
      Conformance outcome = conformance_run (folder, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why);
      totals[outcome]++;
      if (outcome == CONFORMANCE_FAIL)
        g_test_message ("fail %s: %s", name, why);
      else if (outcome == CONFORMANCE_UNSUPPORTED)
        g_test_message ("unsupported %s: %s", name, why);
    }
  g_test_message ("%s: %u pass, %u fail, %u unsupported", suite->suite, totals[CONFORMANCE_PASS],
                  totals[CONFORMANCE_FAIL], totals[CONFORMANCE_UNSUPPORTED]);
  g_assert_cmpuint (totals[CONFORMANCE_FAIL], ==, 0);
  g_assert_cmpuint (totals[CONFORMANCE_PASS], >=, suite->min_passes);
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
  g_assert_true (conformance_compare (a, b, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why));
  ((float *) b->data)[1] = -2.0015f;
  g_assert_true (conformance_compare (a, b, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why));
  ((float *) b->data)[1] = -2.01f;
  g_assert_false (conformance_compare (a, b, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why));
  g_assert_cmpstr (why, ==, "element 1 is -2, expected -2.00999999");
  g_clear_pointer (&why, g_free);
  ((float *) b->data)[1] = -2.0f;
  ((float *) b->data)[2] = 1e30f;
  g_assert_false (conformance_compare (a, b, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why));
  g_clear_pointer (&why, g_free);
  g_assert_false (conformance_compare (a, other, CONFORMANCE_RTOL, CONFORMANCE_ATOL, &why));
  g_assert_cmpstr (why, ==, "type is float32, expected int64");
}

int
main (int argc, char **argv)
{
  static const Suite suites[] = {
    { "node", 625 },
    { "simple", 7 },
    { "pytorch-operator", 31 },
    { "pytorch-converted", 75 },
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
