#include "config.h"

#include "base/npy.h"
#include "explain/agreement.h"
#include "explain/explain.h"

#include <math.h>
#include <string.h>

/* What other libraries said of small networks (golden/agreement.py), beside what we say under the
 * profile of each. The table that is published (explain/agreement.h) has to be what comes out
 * here. */

/* Of a map's range: what is promised where a profile follows its library. */
#define TOLERANCE 1e-4
/* Both round to float32; below this a difference is only noise, and other processors make other
 * noise: the published bound of it need not be tight. */
#define NOISE 1e-6
#define NOISE_FACTOR 20.0
/* A difference that is explained is published with two digits. */
#define ROUNDING 0.06
/* Where a library's own answer changes when it rounds otherwise, ours may be that far off, and our
 * roundings are others than those that were tried. */
#define UNSTEADY_FACTOR 10.0

typedef struct
{
  double largest;
  guint n_compared;
  guint n_too_far; /* of what is ill-conditioned */
  char *where;
} Measured;

/* "library|method|compared" -> Measured; filled by the tests in turn, judged by the last. */
static GHashTable *measured;
static guint n_tests, n_tests_run;

static void
measured_free (gpointer data)
{
  Measured *entry = data;
  g_free (entry->where);
  g_free (entry);
}

typedef struct
{
  const char *net;
  const char *library;
  WhyOnnxModel *model;
  WhySession *session;
  WhyTensor *input;
  WhyTensor *mask;
  WhyTensor *values;
} Subject;

static WhyTensor *
read_npy (const Subject *subject, const char *file)
{
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "golden", "agreement", subject->net, file, NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  WhyTensor *tensor = why_npy_read (path, &error);
  g_assert_no_error (error);
  return tensor;
}

static void
subject_init (Subject *subject, const char *net, const char *library)
{
  const WhySessionOptions options = { .backend = WHY_BACKEND_AUTO };
  g_autofree char *values = g_strconcat (library, ".npy", NULL);
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "golden", "agreement", net, "net.onnx", NULL);
  g_autoptr (GError) error = NULL;

  subject->net = net;
  subject->library = library;
  subject->model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  subject->session = why_session_new (subject->model, &options, &error);
  g_assert_no_error (error);
  subject->input = read_npy (subject, "input.npy");
  subject->mask = read_npy (subject, "mask.npy");
  subject->values = read_npy (subject, values);
  g_assert_nonnull (subject->input);
  g_assert_nonnull (subject->values);
}

static void
subject_clear (Subject *subject)
{
  why_session_free (subject->session);
  why_onnx_model_unref (subject->model);
  why_tensor_unref (subject->input);
  why_tensor_unref (subject->mask);
  why_tensor_unref (subject->values);
}

/* ---- one line of the index ---- */

typedef struct
{
  GHashTable *words;
  WhyTensor *expected;
} Golden;

static const char *
word (const Golden *golden, const char *key)
{
  return g_hash_table_lookup (golden->words, key);
}

static void
golden_init (Golden *golden, const Subject *subject, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  gint64 dims[WHY_MAX_RANK];

  golden->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (char **each = words; *each != NULL; each++)
    {
      const char *equals = strchr (*each, '=');
      g_assert_nonnull (equals);
      g_hash_table_insert (golden->words, g_strndup (*each, (gsize) (equals - *each)),
                           g_strdup (equals + 1));
    }
  g_auto (GStrv) sizes = g_strsplit (word (golden, "dims"), "x", -1);
  const int rank = (int) g_strv_length (sizes);
  g_assert_cmpint (rank, <=, WHY_MAX_RANK);
  for (int axis = 0; axis < rank; axis++)
    dims[axis] = g_ascii_strtoll (sizes[axis], NULL, 10);
  const gsize offset = (gsize) g_ascii_strtoull (word (golden, "offset"), NULL, 10);
  golden->expected = why_tensor_new (WHY_DTYPE_FLOAT32, rank, dims, NULL);
  const gsize count = why_tensor_count (golden->expected);
  g_assert_cmpuint (offset + count, <=, why_tensor_count (subject->values));
  memcpy (golden->expected->data, (const float *) subject->values->data + offset,
          count * sizeof (float));
}

static void
golden_clear (Golden *golden)
{
  g_hash_table_unref (golden->words);
  why_tensor_unref (golden->expected);
}

/* ---- asking ---- */

/* Attributions are signed whatever the polarity. */
static WhyTensor *
dup_attribution (const WhyMap *map, gboolean absolute)
{
  WhyTensor *copy = why_tensor_copy (map->attribution, NULL);

  for (gsize at = 0; absolute && at < why_tensor_count (copy); at++)
    ((float *) copy->data)[at] = fabsf (((float *) copy->data)[at]);
  return copy;
}

static WhyTensor *
ask (const Subject *subject, const Golden *golden, GError **error)
{
  const WhyJob job = { .session = subject->session, .input = subject->input };
  const char *kind = word (golden, "kind");
  const char *layer = word (golden, "layer");
  const char *region = word (golden, "region");
  g_auto (GStrv) layers = g_strsplit (layer != NULL ? layer : "", "+", -1);
  WhyExplainResult result = { 0 };
  WhyTensor *actual = NULL;
  WhyExplainRequest request = {
    .method = word (golden, "method"),
    .layer = layers[0],
    .more_layers = layers[0] != NULL ? (const char *const *) layers + 1 : NULL,
    .target_class = (int) g_ascii_strtoll (word (golden, "class"), NULL, 10),
    .polarity = strcmp (kind, "clipped") == 0 ? WHY_POLARITY_RELU : WHY_POLARITY_SIGNED,
    .profile = word (golden, "profile") != NULL ? word (golden, "profile") : subject->library,
    .options = word (golden, "options"),
    .region = region != NULL && strcmp (region, "mask") == 0 ? WHY_REGION_MASK : WHY_REGION_ALL,
  };

  if (request.region == WHY_REGION_MASK)
    request.mask = subject->mask;
  if (word (golden, "score") != NULL &&
      !why_score_parse (word (golden, "score"), &request.score, error))
    return NULL;
  if (!why_explain (&request, &job, &result, error))
    return NULL;
  if (strcmp (kind, "input") == 0)
    actual = dup_attribution (result.map, word (golden, "polarity") != NULL);
  else if (strcmp (kind, "finished") == 0)
    actual = why_profile_finish (why_profile_lookup (subject->library, NULL), result.map,
                                 subject->input->rank, subject->input->dims, error);
  else
    actual = why_tensor_ref (result.map->values);
  why_explain_result_clear (&result);
  return actual;
}

/* The largest difference of @sign times the map over the range of what is expected. A flat map has
 * no range: nothing less than the same is the same. */
static double
distance_signed (const WhyTensor *actual, const WhyTensor *expected, double sign)
{
  const gsize count = why_tensor_count (expected);
  double lo = INFINITY, hi = -INFINITY, largest = 0;

  if (actual == NULL || why_tensor_count (actual) != count)
    return INFINITY;
  for (int axis = 1; axis <= expected->rank; axis++)
    if (actual->dims[actual->rank - axis] != expected->dims[expected->rank - axis])
      return INFINITY;
  g_autoptr (WhyTensor) dense = why_tensor_to_dense ((WhyTensor *) actual, NULL);
  for (gsize at = 0; at < count; at++)
    {
      const double value = why_tensor_get_f64 (expected, at);
      const double difference = fabs (sign * why_tensor_get_f64 (dense, at) - value);
      lo = fmin (lo, value);
      hi = fmax (hi, value);
      largest = isnan (difference) ? INFINITY : fmax (largest, difference);
    }
  if (hi > lo)
    return largest / (hi - lo);
  return largest > 0 ? INFINITY : 0;
}

static const char *
describe (const char *kind)
{
  if (strcmp (kind, "input") == 0)
    return "attribution";
  return strcmp (kind, "finished") == 0 ? "finished map" : "raw map";
}

static double
distance (const Golden *golden, const WhyTensor *actual)
{
  const double same = distance_signed (actual, golden->expected, 1);

  if (word (golden, "sign") == NULL)
    return same;
  return fmin (same, distance_signed (actual, golden->expected, -1));
}

/* Seg-Grad-CAM's authors clip after enlarging, and divide by the maximum. */
static void
finish_seg_grad_cam (WhyTensor *map)
{
  float *values = map->data;
  const gsize count = why_tensor_count (map);
  float most = 0;

  for (gsize at = 0; at < count; at++)
    most = fmaxf (most, values[at]);
  g_assert_cmpfloat (most, >, 0);
  for (gsize at = 0; at < count; at++)
    values[at] = fmaxf (values[at], 0) / most;
}

/* What the rows of the table tell apart. */
static char *
name_row (const Subject *subject, const Golden *golden)
{
  const char *row = word (golden, "row");
  const char *marked = word (golden, "unsteady") != NULL ? ", ill-conditioned"
                       : word (golden, "sign") != NULL   ? ", up to its sign"
                                                         : "";

  return g_strconcat (subject->library, "|", word (golden, "method"), "|",
                      describe (word (golden, "kind")), row != NULL ? ", " : "",
                      row != NULL ? row : "", marked, NULL);
}

static void
compare (const Subject *subject, const char *line)
{
  Golden golden;
  g_autoptr (GError) error = NULL;

  golden_init (&golden, subject, line);
  g_autoptr (WhyTensor) actual = ask (subject, &golden, &error);
  if (actual != NULL && g_strcmp0 (word (&golden, "row"), "as-seg-grad-cam") == 0)
    finish_seg_grad_cam (actual);
  const double off = distance (&golden, actual);
  g_autofree char *key = name_row (subject, &golden);
  const char *unsteady = word (&golden, "unsteady");
  g_test_message ("%s: %s: %s: %g%s%s", subject->net, subject->library, line, off,
                  error != NULL ? " " : "", error != NULL ? error->message : "");
  Measured *entry = g_hash_table_lookup (measured, key);
  if (entry == NULL)
    {
      entry = g_new0 (Measured, 1);
      entry->largest = -1;
      g_hash_table_insert (measured, g_steal_pointer (&key), entry);
    }
  entry->n_compared++;
  if (unsteady != NULL &&
      !(off <= fmax (TOLERANCE, UNSTEADY_FACTOR * g_ascii_strtod (unsteady, NULL))))
    entry->n_too_far++;
  if (off > entry->largest)
    {
      entry->largest = off;
      g_free (entry->where);
      entry->where = g_strconcat (subject->net, ": ", line, NULL);
    }
  golden_clear (&golden);
}

static void
test_library (gconstpointer data)
{
  g_auto (GStrv) names = g_strsplit (data, "/", 2);
  g_autofree char *file = g_strconcat (names[1], ".txt", NULL);
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "golden", "agreement", names[0], file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  Subject subject = { 0 };

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_strchomp (text);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  subject_init (&subject, names[0], names[1]);
  for (char **line = lines; *line != NULL; line++)
    compare (&subject, *line);
  subject_clear (&subject);
  n_tests_run++;
}

/* ---- the table ---- */

static gboolean
within_rounding (const WhyAgreement *row, const Measured *entry)
{
  const double largest = entry->largest;

  if (row->verdict == WHY_AGREEMENT_DIFFERS)
    return fabs (largest - row->largest) <= ROUNDING * row->largest;
  return largest <= row->largest && entry->n_too_far == 0 &&
         (row->largest <= TOLERANCE || row->verdict == WHY_AGREEMENT_ILL_CONDITIONED) &&
         (row->largest <= NOISE || row->largest <= NOISE_FACTOR * largest);
}

static void
test_table (void)
{
  gsize n;
  const WhyAgreement *rows = why_agreement_list (&n);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key, value;
  guint n_wrong = 0;

  if (n_tests_run < n_tests)
    {
      g_test_skip ("the table is about all libraries and networks, and not all were run");
      return;
    }
  for (gsize index = 0; index < n; index++)
    {
      g_autofree char *name = g_strconcat (rows[index].library, "|", rows[index].method, "|",
                                           rows[index].compared, NULL);
      const Measured *entry = g_hash_table_lookup (measured, name);
      if (entry == NULL || entry->n_compared != rows[index].n_compared ||
          !within_rounding (&rows[index], entry))
        {
          g_test_message ("WRONG %s: the table says %g of %u, found were %g of %u, at %s", name,
                          rows[index].largest, rows[index].n_compared,
                          entry != NULL ? entry->largest : NAN,
                          entry != NULL ? entry->n_compared : 0,
                          entry != NULL ? entry->where : "no golden");
          n_wrong++;
        }
      g_hash_table_add (known, g_steal_pointer (&name));
    }
  g_hash_table_iter_init (&iter, measured);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Measured *entry = value;
      if (g_hash_table_contains (known, key))
        continue;
      g_test_message ("MISSING %s: %g of %u, at %s", (const char *) key, entry->largest,
                      entry->n_compared, entry->where);
      n_wrong++;
    }
  g_assert_cmpuint (n_wrong, ==, 0);
}

int
main (int argc, char **argv)
{
  static const char *const names[] = {
    "plain/pytorch-grad-cam",   "plain/captum",    "plain/torchcam",    "plain/monai",
    "plain/tf-keras-vis",       "plain/paper",     "residual/captum",   "residual/torchcam",
    "residual/pytorch-grad-cam", "residual/monai", "residual/paper",    "residual/tf-keras-vis",
    "mobile/pytorch-grad-cam",  "mobile/captum",   "mobile/torchcam",   "mobile/monai",
    "mobile/tf-keras-vis",      "mobile/paper",    "dense/captum",      "dense/torchcam",
    "dense/pytorch-grad-cam",   "dense/monai",     "dense/paper",       "dense/tf-keras-vis",
    "volume/pytorch-grad-cam",  "volume/captum",   "volume/torchcam",   "volume/monai",
    "volume/paper",             "segment/captum",  "segment/torchcam",  "segment/monai",
    "segment/pytorch-grad-cam", "segment/paper",
  };

  g_test_init (&argc, &argv, NULL);
  measured = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, measured_free);
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      g_autofree char *path = g_strconcat ("/agreement/", names[index], NULL);
      g_test_add_data_func (path, names[index], test_library);
      n_tests++;
    }
  g_test_add_func ("/table/agreement", test_table);
  const int status = g_test_run ();
  g_hash_table_unref (measured);
  return status;
}
