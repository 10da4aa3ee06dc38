#include "config.h"

#include "base/cancel.h"
#include "base/error.h"
#include "explain/concepts.h"
#include "explain/explain.h"
#include "explain/features.h"
#include "net-check.h"

#include <math.h>
#include <string.h>

/* The methods at a layer, without any other program: a network worked out by hand, and what must
 * hold on every network. */

/* Hand-computed values are short decimal numbers, computed in float32 here. */
#define HAND_TOLERANCE 1e-6
/* The same sums in another order in float32, of networks with a few layers, relative to the largest
 * value. */
#define ORDER_TOLERANCE 2e-5

/* Two channels a of a 2 x 2 picture, as they are; their means are weighed by (4, -8), (-4, 4) and
 * (1, 1), so that the gradient of the first class is 1 in every cell of the first channel and -2 in
 * those of the second. */
#define TOY                                                                                        \
  "in x 1,2,2,2; f k 2,2,1,1 1,0,0,1; Conv x,k a; GlobalAveragePool a g; Flatten g r; "            \
  "f z 3,2 4,-8,-4,4,1,1; Gemm r,z logits transB=1; out logits"
static const float toy_input[] = { 1, 2, 3, 2, 0, 1, 0, 1 };

static const char *const methods[] = {
  "gradcam",          "cam",      "counterfactual", "hirescam",  "elementwise",  "gradcam++",
  "smooth-gradcam++", "xgradcam", "layercam",       "eigencam",  "eigengradcam", "seg-eigencam",
  "kpca-cam",         "fem",      "finercam",       "refinecam", "random",
};

typedef struct
{
  WhyOnnxModel *model;
  WhyJob job;
} Net;

static void
net_init (Net *net, const char *text, WhyBackend backend, WhyTensor *input)
{
  const WhySessionOptions options = { .backend = backend };
  g_autoptr (GError) error = NULL;

  net->model = net_load (text);
  net->job = (WhyJob){ .session = why_session_new (net->model, &options, &error), .input = input };
  g_assert_no_error (error);
}

static void
net_clear (Net *net)
{
  why_session_free (net->job.session);
  why_onnx_model_unref (net->model);
  why_tensor_unref (net->job.input);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Net, net_clear)

static WhyTensor *
tensor_of (int rank, const gint64 *dims, const float *values)
{
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, rank, dims, NULL);
  memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

static void
toy_init (Net *net)
{
  net_init (net, TOY, WHY_BACKEND_AUTO, tensor_of (4, (const gint64[]){ 1, 2, 2, 2 }, toy_input));
}

static WhyMap *
explain (const Net *net, const WhyExplainRequest *request)
{
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;

  why_explain (request, &net->job, &result, &error);
  if (error != NULL)
    g_error ("%s: %s", request->method, error->message);
  WhyMap *map = why_map_ref (result.map);
  why_explain_result_clear (&result);
  return map;
}

static void
expect_error (const Net *net, const WhyExplainRequest *request, WhyError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;

  g_assert_false (why_explain (request, &net->job, &result, &error));
  g_assert_error (error, WHY_ERROR, (int) code);
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' is not in: %s", words, error->message);
}

static void
expect_close (
  const char *what, const float *found, const float *expected, gsize n, double tolerance)
{
  double most = 0;

  for (gsize at = 0; at < n; at++)
    most = MAX (most, fabs ((double) expected[at]));
  for (gsize at = 0; at < n; at++)
    if (!(fabs ((double) found[at] - (double) expected[at]) <= tolerance * MAX (most, 1e-3)))
      g_error ("%s: value %" G_GSIZE_FORMAT " is %g, expected %g (largest %g)", what, at,
               (double) found[at], (double) expected[at], most);
}

/* ---- the toy by hand ---- */

static void
test_by_hand (void)
{
  /* Of X = (1 0, 2 1, 3 0, 2 1) the larger eigenvalue of X^T X = (18 4, 4 2) is 10 + sqrt 80, its
   * vector goes with (4, sqrt 80 - 8). */
  const double tilt = sqrt (80) - 8, length = sqrt (16 + tilt * tilt);
  const float eigen[] = { (float) (4 / length), (float) ((8 + tilt) / length),
                          (float) (12 / length), (float) ((8 + tilt) / length) };
  const struct
  {
    const char *method;
    const char *options;
    float expected[4];
  } cases[] = {
    /* 1 a0 - 2 a1 */
    { "gradcam", NULL, { 1, 0, 3, 0 } },
    { "counterfactual", NULL, { -1, 0, -3, 0 } },
    { "cam", NULL, { 4, 0, 12, 0 } },
    { "hirescam", NULL, { 1, 0, 3, 0 } },
    { "xgradcam", NULL, { 1, 0, 3, 0 } },
    /* what is positive of 1 a0 and -2 a1 */
    { "elementwise", NULL, { 1, 2, 3, 2 } },
    { "layercam", NULL, { 1, 2, 3, 2 } },
    /* alpha of the first channel 1 / (2 + 8), four cells; the second one's gradient is negative */
    { "gradcam++", NULL, { 0.4f, 0.8f, 1.2f, 0.8f } },
    /* the gradient is the same for every picture */
    { "smooth-gradcam++", NULL, { 0.4f, 0.8f, 1.2f, 0.8f } },
    { "smooth-gradcam++", "samples=7,noise=3,seed=5", { 0.4f, 0.8f, 1.2f, 0.8f } },
    { "eigencam", NULL, { eigen[0], eigen[1], eigen[2], eigen[3] } },
    /* centred the columns are at right angles and the first is longer */
    { "eigencam", "centre=yes", { -1, 0, 1, 0 } },
    /* G a = (1 0, 2 -2, 3 0, 2 -2): the second column is longer, and goes with the sum */
    { "eigengradcam", NULL, { 1, -1, 1, -1 } },
    { "hirescam", "eigen-smooth=yes", { 1, -1, 1, -1 } },
    { "gradcam", "eigen-smooth=yes", { 1, -1, 1, -1 } },
    /* |G| a likewise; it reaches as far up as down */
    { "seg-eigencam", NULL, { 1, -1, 1, -1 } },
    /* means 2 and 1/2, deviations sqrt (1/2) and 1/2: nothing is two deviations above */
    { "fem", NULL, { 0, 0, 0, 0 } },
    /* one cell of the first and two of the second are half a deviation above */
    { "fem", "k=0.5", { 0.25f, 1, 0.75f, 1 } },
    /* logits 2 * 4 - 0.5 * 8 = 4, -6, 2.5: told apart by 0.6 of the mean of both others */
    { "finercam", NULL, { 1 * 1.225f, 1 * 2.45f - 2.375f, 3 * 1.225f, 2 * 1.225f - 2.375f } },
    { "finercam", "references=1,strength=1", { 0.75f, -0.75f, 2.25f, -0.75f } },
    /* one resolution: Grad-CAM++ over its largest value */
    { "refinecam", NULL, { 1 / 3.0f, 2 / 3.0f, 1, 2 / 3.0f } },
  };
  Net net;
  toy_init (&net);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const WhyExplainRequest request = { .method = cases[index].method,
                                          .options = cases[index].options,
                                          .layer = "a",
                                          .target_class = 0,
                                          .polarity = WHY_POLARITY_SIGNED };
      g_autoptr (WhyMap) map = explain (&net, &request);
      g_assert_cmpint (map->values->rank, ==, 2);
      expect_close (cases[index].method, map->values->data, cases[index].expected, 4,
                    HAND_TOLERANCE);
      g_assert_cmpstr (map->options, ==, cases[index].options);
    }
  net_clear (&net);
}

/* Kernel PCA by power iteration on the same 4 x 4 matrix. */
static void
test_kernel_by_hand (void)
{
  static const double x[4][2] = { { -1, -0.5 }, { 0, 0.5 }, { 1, -0.5 }, { 0, 0.5 } };
  double kernel[4][4], means[4] = { 0 }, mean = 0, v[4] = { 1, 0.3, -0.2, 0.7 }, value = 0;
  float expected[4];
  const WhyExplainRequest request = { .method = "kpca-cam",
                                      .layer = "a",
                                      .polarity = WHY_POLARITY_SIGNED };
  Net net;

  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 4; column++)
      {
        kernel[row][column] = tanh ((x[row][0] * x[column][0] + x[row][1] * x[column][1]) / 2 + 1);
        means[row] += kernel[row][column] / 4;
        mean += kernel[row][column] / 16;
      }
  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 4; column++)
      kernel[row][column] += mean - means[row] - means[column];
  for (int step = 0; step < 2000; step++)
    {
      double next[4] = { 0 }, length = 0;
      for (int row = 0; row < 4; row++)
        {
          for (int column = 0; column < 4; column++)
            next[row] += kernel[row][column] * v[column];
          length += next[row] * next[row];
        }
      value = sqrt (length);
      for (int row = 0; row < 4; row++)
        v[row] = next[row] / value;
    }
  int most = 0;
  for (int row = 1; row < 4; row++)
    most = fabs (v[row]) > fabs (v[most]) * (1 + 1e-9) ? row : most;
  for (int row = 0; row < 4; row++)
    expected[row] = (float) (sqrt (value) * v[row] * (v[most] < 0 ? -1 : 1));
  toy_init (&net);
  g_autoptr (WhyMap) map = explain (&net, &request);
  expect_close ("kpca-cam", map->values->data, expected, 4, HAND_TOLERANCE);
  net_clear (&net);
}

static void
test_controls (void)
{
  static const gint64 dims[] = { 1, 1, 3, 3 };
  static const float ramp[] = { 0, 1, 2, 0, 1, 2, 0, 1, 2 };
  /* 1 2 1 down, neighbours' difference across; at the edges the neighbour is the edge itself */
  static const float edges[] = { 4, 8, 4, 4, 8, 4, 4, 8, 4 };
  WhyExplainRequest request = { .method = "random", .layer = "a", .polarity = WHY_POLARITY_SIGNED };
  const WhyExplainRequest sobel = { .method = "sobel" };
  Net net, flat;

  toy_init (&net);
  g_autoptr (WhyMap) one = explain (&net, &request);
  g_autoptr (WhyMap) again = explain (&net, &request);
  request.options = "seed=1";
  g_autoptr (WhyMap) other = explain (&net, &request);
  g_assert_cmpmem (one->values->data, one->values->n_bytes, again->values->data,
                   again->values->n_bytes);
  g_assert_cmpint (memcmp (one->values->data, other->values->data, one->values->n_bytes), !=, 0);
  /* The first cell is a weight itself. */
  g_assert_cmpfloat (fabs ((double) ((float *) one->values->data)[0]), <, 1);
  net_clear (&net);

  net_init (&flat, "in x 1,1,3,3; GlobalAveragePool x g; Flatten g logits; out logits",
            WHY_BACKEND_AUTO, tensor_of (4, dims, ramp));
  g_autoptr (WhyMap) map = explain (&flat, &sobel);
  expect_close ("sobel", map->values->data, edges, 9, HAND_TOLERANCE);
  g_assert_null (map->layer);
  net_clear (&flat);
}

/* ---- what holds on every network ---- */

/* Every operator but the last sees left and right alike. @volume: the same with a depth of one. */
static const char plain[] =
  "in x 1,3,9,8; w k 6,3,1,1; w kb 6; Conv x,k,kb c; Relu c d; "
  "AveragePool d e kernel_shape=[3,3] pads=[1,1,1,1]; w m 8,6,1,1; w mb 8; Conv e,m,mb f; "
  "Relu f b; MaxPool b h kernel_shape=[3,3] strides=[1,1] pads=[1,1,1,1]; GlobalAveragePool h g; "
  "Flatten g r; w z 4,8; w zb 4; Gemm r,z,zb logits transB=1; out logits";
static const char volume[] =
  "in x 1,3,1,9,8; w k 6,3,1,1,1; w kb 6; Conv x,k,kb c; Relu c d; "
  "AveragePool d e kernel_shape=[1,3,3] pads=[0,1,1,0,1,1]; w m 8,6,1,1,1; w mb 8; Conv e,m,mb f; "
  "Relu f b; MaxPool b h kernel_shape=[1,3,3] strides=[1,1,1] pads=[0,1,1,0,1,1]; "
  "GlobalAveragePool h g; Flatten g r; w z 4,8; w zb 4; Gemm r,z,zb logits transB=1; out logits";

static WhyTensor *
random_input (const char *text)
{
  g_autoptr (GPtrArray) inputs = net_inputs (text, 11);
  return why_tensor_ref (g_ptr_array_index (inputs, 0));
}

/* CAM's layer is the one that is averaged, the others look before the last pool, where the gradient
 * differs from cell to cell. */
static WhyExplainRequest
request_for (const char *method)
{
  return (WhyExplainRequest){ .method = method,
                              .layer = strcmp (method, "cam") == 0 ? "h" : "b",
                              .target_class = 2,
                              .polarity = WHY_POLARITY_SIGNED };
}

static WhyTensor *
mirror (const WhyTensor *tensor)
{
  WhyTensor *result = why_tensor_copy (tensor, NULL);
  const gsize width = (gsize) tensor->dims[tensor->rank - 1];

  for (gsize at = 0; at < why_tensor_count (tensor); at++)
    ((float *) result->data)[at] =
      ((const float *) tensor->data)[at - at % width + width - 1 - at % width];
  return result;
}

static void
test_mirrored (void)
{
  g_auto (Net) net = { 0 }, mirrored = { 0 };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  net_init (&mirrored, plain, WHY_BACKEND_AUTO, mirror (net.job.input));
  for (gsize index = 0; index < G_N_ELEMENTS (methods); index++)
    {
      WhyExplainRequest request = request_for (methods[index]);
      /* Noise is not mirrored. */
      request.options = strcmp (methods[index], "smooth-gradcam++") == 0 ? "noise=0" : NULL;
      g_autoptr (WhyMap) one = explain (&net, &request);
      g_autoptr (WhyMap) other = explain (&mirrored, &request);
      g_autoptr (WhyTensor) back = mirror (other->values);
      expect_close (methods[index], back->data, one->values->data, why_tensor_count (back),
                    ORDER_TOLERANCE);
      g_assert_cmpfloat (one->maximum, >, one->minimum);
    }
}

static void
test_depth_of_one (void)
{
  g_auto (Net) flat = { 0 }, deep = { 0 };

  net_init (&flat, plain, WHY_BACKEND_AUTO, random_input (plain));
  net_init (&deep, volume, WHY_BACKEND_AUTO, random_input (volume));
  g_assert_cmpmem (flat.job.input->data, flat.job.input->n_bytes, deep.job.input->data,
                   deep.job.input->n_bytes);
  for (gsize index = 0; index < G_N_ELEMENTS (methods); index++)
    {
      WhyExplainRequest request = request_for (methods[index]);
      g_autoptr (WhyMap) one = explain (&flat, &request);
      g_autoptr (WhyMap) other = explain (&deep, &request);
      g_assert_cmpint (other->values->rank, ==, 3);
      expect_close (methods[index], other->values->data, one->values->data,
                    why_tensor_count (one->values), ORDER_TOLERANCE);
    }
}

/* One backend keeps channels last, the other channel after channel. */
static void
test_layouts (void)
{
  g_auto (Net) fast = { 0 }, reference = { 0 };

  net_init (&fast, plain, WHY_BACKEND_AUTO, random_input (plain));
  net_init (&reference, plain, WHY_BACKEND_REFERENCE, random_input (plain));
  for (gsize index = 0; index < G_N_ELEMENTS (methods); index++)
    {
      WhyExplainRequest request = request_for (methods[index]);
      g_autoptr (WhyMap) one = explain (&fast, &request);
      g_autoptr (WhyMap) other = explain (&reference, &request);
      expect_close (methods[index], other->values->data, one->values->data,
                    why_tensor_count (one->values), ORDER_TOLERANCE);
    }
}

static void
test_polarities (void)
{
  g_auto (Net) net = { 0 };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  for (gsize index = 0; index < G_N_ELEMENTS (methods); index++)
    {
      WhyExplainRequest request = request_for (methods[index]);
      g_autoptr (WhyMap) with_sign = explain (&net, &request);
      const float *values = with_sign->values->data;
      /* RefineCAM multiplies what the polarity has left of each layer's map. */
      if (strcmp (methods[index], "refinecam") == 0)
        continue;
      for (WhyPolarity polarity = WHY_POLARITY_RELU; polarity <= WHY_POLARITY_ABSOLUTE; polarity++)
        {
          request.polarity = polarity;
          g_autoptr (WhyMap) map = explain (&net, &request);
          for (gsize at = 0; at < why_tensor_count (map->values); at++)
            {
              const float found = ((float *) map->values->data)[at];
              const float expected = polarity == WHY_POLARITY_RELU      ? MAX (values[at], 0)
                                     : polarity == WHY_POLARITY_AGAINST ? MAX (-values[at], 0)
                                     : polarity == WHY_POLARITY_SIGNED  ? values[at]
                                                                        : fabsf (values[at]);
              g_assert_cmpfloat (found, ==, expected);
            }
        }
    }
}

/* Before global average pooling and a linear layer CAM, Grad-CAM, HiResCAM and XGrad-CAM are one
 * method up to the number of cells. */
static void
test_before_pooling (void)
{
  static const char *const alike[] = { "hirescam", "xgradcam", "cam" };
  g_auto (Net) net = { 0 };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  WhyExplainRequest request = request_for ("cam");
  request.method = "gradcam";
  g_autoptr (WhyMap) gradcam = explain (&net, &request);
  const gsize n = why_tensor_count (gradcam->values);
  for (gsize index = 0; index < G_N_ELEMENTS (alike); index++)
    {
      request.method = alike[index];
      g_autoptr (WhyMap) map = explain (&net, &request);
      g_autoptr (WhyTensor) scaled = why_tensor_copy (map->values, NULL);
      for (gsize at = 0; index == 2 && at < n; at++)
        ((float *) scaled->data)[at] /= (float) n;
      expect_close (alike[index], scaled->data, gradcam->values->data, n, ORDER_TOLERANCE);
    }
}

/* Classes that are added and subtracted are so in the maps of methods that are linear in the
 * gradient. */
static void
test_linear_in_the_class (void)
{
  static const char *const linear[] = { "gradcam", "cam", "counterfactual", "hirescam",
                                        "xgradcam" };
  static const int also[] = { 3, 1 };
  g_auto (Net) net = { 0 };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  for (gsize index = 0; index < G_N_ELEMENTS (linear); index++)
    {
      WhyExplainRequest request = request_for (linear[index]);
      g_autoptr (WhyTensor) sum = NULL;
      double score = 0;
      for (int k = 0; k < 4; k++)
        {
          request.target_class = k;
          g_autoptr (WhyMap) map = explain (&net, &request);
          const double sign = k == 0 ? -1 : 1;
          score += sign * map->score;
          if (sum == NULL)
            sum = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 2, map->values->dims, NULL);
          for (gsize at = 0; at < why_tensor_count (sum); at++)
            ((float *) sum->data)[at] += (float) sign * ((float *) map->values->data)[at];
        }
      request.target_class = 2;
      request.also_classes = also;
      request.n_also_classes = 2;
      request.has_contrast = TRUE;
      request.contrast_class = 0;
      g_autoptr (WhyMap) map = explain (&net, &request);
      expect_close (linear[index], map->values->data, sum->data, why_tensor_count (sum),
                    ORDER_TOLERANCE);
      g_assert_cmpfloat_with_epsilon (map->score, score, 1e-5);
      g_assert_cmpint (map->contrast_class, ==, 0);
      g_assert_cmpint (map->n_also_classes, ==, 2);
    }
}

/* A network of zeros has nothing to show: no NaN, and a sentence. */
static void
test_flat (void)
{
  g_auto (Net) net = { 0 };
  const float zeros[8] = { 0 };

  net_init (&net, TOY, WHY_BACKEND_AUTO, tensor_of (4, (const gint64[]){ 1, 2, 2, 2 }, zeros));
  for (gsize index = 0; index < G_N_ELEMENTS (methods); index++)
    {
      WhyExplainRequest request = { .method = methods[index], .layer = "a" };
      /* With noise the last pictures are not flat, but the clean one is. */
      g_autoptr (WhyMap) map = explain (&net, &request);
      g_assert_cmpuint (map->n_not_finite, ==, 0);
      g_assert_cmpfloat (map->maximum, ==, 0);
      g_assert_cmpfloat (map->minimum, ==, 0);
      g_assert_nonnull (map->reason);
    }
}

/* ---- several layers, several forms ---- */

static void
test_several_layers (void)
{
  static const char *const more[] = { "d", NULL };
  g_auto (Net) net = { 0 };
  WhyExplainRequest request = { .method = "layercam", .layer = "b", .target_class = 2 };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  g_autoptr (WhyMap) late = explain (&net, &request);
  request.layer = "d";
  g_autoptr (WhyMap) early = explain (&net, &request);
  request.layer = "b";
  request.more_layers = more;
  g_autoptr (WhyMap) both = explain (&net, &request);
  g_assert_cmpuint (both->n_parts, ==, 2);
  g_assert_cmpuint (both->n_part_layers, ==, 2);
  g_assert_cmpstr (both->more_layers[0], ==, "d");
  for (gsize at = 0; at < why_tensor_count (both->values); at++)
    {
      const double one = tanh (2 * (double) ((float *) late->values->data)[at] / late->maximum);
      const double other = tanh (2 * (double) ((float *) early->values->data)[at] / early->maximum);
      g_assert_cmpfloat_with_epsilon (((float *) both->values->data)[at], MAX (one, other), 1e-6);
    }
  request.options = "fusion=mean,gamma=0";
  g_autoptr (WhyMap) mean = explain (&net, &request);
  for (gsize at = 0; at < why_tensor_count (mean->values); at++)
    g_assert_cmpfloat_with_epsilon (
      ((float *) mean->values->data)[at],
      ((double) ((float *) late->values->data)[at] / late->maximum +
       (double) ((float *) early->values->data)[at] / early->maximum) /
        2,
      1e-6);
}

static void
test_several_forms (void)
{
  g_auto (Net) net = { 0 };
  WhyExplainRequest request = { .method = "gradcam",
                                .layer = "b",
                                .target_class = 2,
                                .polarity = WHY_POLARITY_SIGNED,
                                .options = "aug-smooth=yes" };

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  g_autoptr (WhyMap) map = explain (&net, &request);
  g_assert_cmpuint (map->n_parts, ==, 6);
  request.options = NULL;
  g_autoptr (WhyMap) as_is = explain (&net, &request);
  /* The network does not mind being mirrored: turned back the second half is the first. */
  for (gsize form = 0; form < 3; form++)
    expect_close ("mirrored", map->parts[form + 3]->data, map->parts[form]->data,
                  why_tensor_count (as_is->values), ORDER_TOLERANCE);
  expect_close ("as it is", map->parts[1]->data, as_is->values->data,
                why_tensor_count (as_is->values), ORDER_TOLERANCE);
  for (gsize at = 0; at < why_tensor_count (map->values); at++)
    {
      double sum = 0;
      for (gsize form = 0; form < 6; form++)
        sum += (double) ((float *) map->parts[form]->data)[at];
      g_assert_cmpfloat_with_epsilon (((float *) map->values->data)[at], sum / 6,
                                      1e-6 * MAX (map->maximum, -map->minimum));
    }
}

/* ---- scores ---- */

/* The derivative of every score against differences, and a batch against its pictures. */
static void
test_scores (void)
{
  static const double z[] = { 1.5, -0.3, 0.8, 0.1 };
  static const float reference[] = { 0.2f, 1, -0.5f, 0.7f };
  static const int also[] = { 3 };
  static const gint64 dims[] = { 1, 4 }, batch_dims[] = { 8, 4 };
  const double step = 1e-4;
  g_autoptr (WhyTensor) other = tensor_of (2, dims, reference);

  for (int sigmoid = 0; sigmoid < 2; sigmoid++)
    for (WhyScoreKind kind = WHY_SCORE_LOGIT; kind <= WHY_SCORE_SIMILARITY; kind++)
      {
        const WhyExplainRequest request = { .score = kind,
                                            .target_class = 2,
                                            .also_classes = also,
                                            .n_also_classes = 1,
                                            .has_contrast = TRUE,
                                            .contrast_class = 0,
                                            .reference = other };
        const WhyValue logits_value = { .rank = 2, .dims = { 1, 4 } };
        const WhyTarget target = { .logits = (WhyValue *) &logits_value,
                                   .output = (WhyValue *) &logits_value,
                                   .kind = sigmoid ? WHY_OUTPUT_SIGMOID : WHY_OUTPUT_SOFTMAX,
                                   .class_axis = 1,
                                   .n_classes = 4 };
        g_autoptr (GError) error = NULL;
        g_autoptr (WhyTensor) logits = why_tensor_new (WHY_DTYPE_FLOAT64, 2, dims, NULL);
        g_autoptr (WhyTensor) batch = why_tensor_new (WHY_DTYPE_FLOAT64, 2, batch_dims, NULL);
        double score, scores[8];
        gsize n_positions;
        memcpy (logits->data, z, sizeof z);
        for (gsize at = 0; at < 32; at++)
          ((double *) batch->data)[at] =
            z[at % 4] + (at / 8 == at % 4 ? (at / 4 % 2 == 0 ? step : -step) : 0);
        g_autoptr (WhyTensor) seed =
          why_target_seed (&target, &request, logits, logits, &score, &n_positions, &error);
        g_assert_no_error (error);
        g_assert_true (why_target_scores (&target, &request, batch, logits, scores, &error));
        for (int k = 0; k < 4; k++)
          g_assert_cmpfloat_with_epsilon (((float *) seed->data)[k],
                                          (scores[2 * k] - scores[2 * k + 1]) / (2 * step), 1e-6);
      }
}

/* ---- profiles ---- */

/* The toy's Grad-CAM (1 0, 3 0) at 2 x 2, and what libraries make of it at 2 x 2: nothing is
 * enlarged, so only clipping, scaling and turning round show. */
static void
test_profiles (void)
{
  static const struct
  {
    const char *profile;
    float expected[4];
  } cases[] = {
    { "paper", { 1, 0, 3, 0 } },
    { "captum", { 1, 0, 3, 0 } },
    { "pytorch-grad-cam", { 1 / 3.0f, 0, 1, 0 } },
    { "torchcam", { 1 / 3.0f, 0, 1, 0 } },
    { "monai", { 2 / 3.0f, 1, 0, 1 } },
    { "tf-keras-vis", { 1 / 3.0f, 0, 1, 0 } },
  };
  static const gint64 wide[] = { 1, 2, 2, 4 };
  Net net;

  toy_init (&net);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const WhyExplainRequest request = { .method = "gradcam",
                                          .layer = "a",
                                          .profile = cases[index].profile };
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyMap) map = explain (&net, &request);
      const WhyProfile *profile = why_profile_lookup (map->profile, NULL);
      g_autoptr (WhyTensor) same =
        why_profile_finish (profile, map, 4, net.job.input->dims, &error);
      g_assert_no_error (error);
      expect_close (cases[index].profile, same->data, cases[index].expected, 4, HAND_TOLERANCE);
      if (profile->kind == WHY_PROFILE_TORCHCAM)
        continue;
      /* Twice as wide: half-pixel centres lie at -1/4, 1/4, 3/4 and 5/4 of a cell, corners at 0,
       * 1/3, 2/3 and 1, the nearest cell twice. */
      g_autoptr (WhyTensor) full = why_profile_finish (profile, map, 4, wide, &error);
      const float at[] = { 0, 0.25f, 0.75f, 1 }, corner[] = { 0, 1 / 3.0f, 2 / 3.0f, 1 },
                  nearest[] = { 0, 0, 1, 1 };
      const float *where = profile->kind == WHY_PROFILE_CAPTUM         ? nearest
                           : profile->kind == WHY_PROFILE_TF_KERAS_VIS ? corner
                                                                       : at;
      float expected[8];
      for (int place = 0; place < 8; place++)
        {
          const float *row = cases[index].expected + place / 4 * 2;
          expected[place] = row[0] + where[place % 4] * (row[1] - row[0]);
        }
      expect_close (cases[index].profile, full->data, expected, 8, HAND_TOLERANCE);
    }
  net_clear (&net);
}

static void
test_profile_of_methods (void)
{
  /* Grad-CAM++ of the toy in the first channel, gradient 1, sum of activations 8. */
  static const struct
  {
    const char *method, *profile, *options;
    double first; /* value of the first cell, where the channel is 1 */
  } cases[] = {
    { "gradcam++", "pytorch-grad-cam", NULL, 4 / (10 + 1e-6) },
    /* alpha stays the squared gradient */
    { "gradcam++", "torchcam", NULL, 4 },
    { "gradcam++", "monai", NULL, 4 / (10 + 1e-7) },
    /* alphas sum to 1 */
    { "gradcam++", "tf-keras-vis", NULL, 1 },
    { "xgradcam", "torchcam", NULL, 8 / (8 + 1e-8) },
    { "finercam", "torchcam", "references=1", 1 - 0.6 * 0.25 },
  };
  Net net;

  toy_init (&net);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const WhyExplainRequest request = { .method = cases[index].method,
                                          .profile = cases[index].profile,
                                          .options = cases[index].options,
                                          .layer = "a",
                                          .polarity = WHY_POLARITY_SIGNED };
      g_autoptr (WhyMap) map = explain (&net, &request);
      g_assert_cmpfloat_with_epsilon (((float *) map->values->data)[0], cases[index].first, 1e-6);
    }
  net_clear (&net);
}

/* ---- sentences ---- */

static void
test_sentences (void)
{
  Net net;
  WhyExplainRequest request = { .method = "gradcam", .layer = "a" };

  toy_init (&net);
  request.options = "samples=3";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST,
                "has no option 'samples'; it has eigen-smooth");
  request.options = "eigen-smooth";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "takes yes or no");
  request.method = "fem";
  request.options = "k=101";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "takes a number from 0 to 100, not '101'");
  request.method = "smooth-gradcam++";
  request.options = "samples=1.5";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "a whole number from 1 to 10000");
  request.options = NULL;
  request.profile = "captum";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "profiles that fit: paper, torchcam");
  request.profile = "nobody";
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "There is no profile 'nobody'");
  request = (WhyExplainRequest){ .method = "gradcam", .has_contrast = TRUE };
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "compared with itself");
  request.contrast_class = 7;
  expect_error (&net, &request, WHY_ERROR_NOT_FOUND, "There is no class 7");
  request = (WhyExplainRequest){ .method = "cam", .layer = "x" };
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "CAM works at the layer that is averaged");
  request = (WhyExplainRequest){ .method = "gradcam", .score = WHY_SCORE_SIMILARITY };
  expect_error (&net, &request, WHY_ERROR_BAD_SHAPE, "the output has 3");
  net_clear (&net);

  static const char head[] = "in x 1,2,2,2; f k 2,2,1,1 1,0,0,1; Conv x,k a; Flatten a r; w z 3,8; "
                             "Gemm r,z logits transB=1; out logits";
  net_init (&net, head, WHY_BACKEND_AUTO, tensor_of (4, (const gint64[]){ 1, 2, 2, 2 }, toy_input));
  request = (WhyExplainRequest){ .method = "cam" };
  expect_error (&net, &request, WHY_ERROR_BAD_REQUEST, "gradcam is the same idea for any network");
  net_clear (&net);
}

/* An operator without a gradient stands in the way of some methods only. */
static void
test_check_all (void)
{
  static const char text[] =
    "in x 1,2,4,4; w k 3,2,1,1; Conv x,k a; ArgMax a b axis=1; Cast b c to=1; "
                             "GlobalAveragePool c "
    "g; Flatten g logits; out logits";
  g_auto (Net) net = { 0 };
  g_autoptr (GError) error = NULL;
  const WhyExplainRequest any = { .layer = "a" };
  gsize n;
  const WhyExplainerClass *const *all = why_explainer_list (&n);

  net_init (&net, text, WHY_BACKEND_AUTO, random_input (text));
  WhyShape shape = { .rank = 4 };
  memcpy (shape.dims, net.job.input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (net.job.session, &shape, 1, &error);
  g_assert_no_error (error);
  g_autoptr (GPtrArray) reasons = why_explainer_check_all (&any, graph);
  g_assert_cmpuint (reasons->len, ==, n);
  for (gsize index = 0; index < n; index++)
    {
      const char *reason = g_ptr_array_index (reasons, index);
      if ((all[index]->needs & WHY_NEEDS_GRADIENT) != 0)
        g_assert_nonnull (reason);
      if (strcmp (all[index]->id, "gradcam") == 0)
        g_assert_true (strstr (reason, "ArgMax") != NULL && strstr (reason, "eigencam") != NULL);
      if (strcmp (all[index]->id, "fem") == 0 || strcmp (all[index]->id, "eigencam") == 0)
        g_assert_null (reason);
    }
}

static void
test_cancel (void)
{
  g_auto (Net) net = { 0 };
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  const WhyExplainRequest request = { .method = "smooth-gradcam++", .layer = "b" };
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;

  net_init (&net, plain, WHY_BACKEND_AUTO, random_input (plain));
  why_cancel_set (cancel);
  net.job.cancel = cancel;
  g_assert_false (why_explain (&request, &net.job, &result, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
}

/* Tables of options and methods hold together. */
static void
test_tables (void)
{
  gsize n;
  const WhyExplainerClass *const *all = why_explainer_list (&n);

  for (gsize index = 0; index < n; index++)
    {
      g_autoptr (GPtrArray) options = why_options_list (all[index]);
      g_assert_nonnull (all[index]->about);
      g_assert_cmpint (all[index]->min_dimensions, <=, all[index]->max_dimensions);
      for (guint place = 0; place < options->len; place++)
        {
          const WhyOptionClass *option = g_ptr_array_index (options, place);
          g_assert_nonnull (option->title);
          if (option->kind == WHY_OPTION_INTEGER || option->kind == WHY_OPTION_REAL)
            g_assert_true (option->preset >= option->minimum && option->preset <= option->maximum);
          for (guint other = 0; other < place; other++)
            g_assert_cmpstr (((const WhyOptionClass *) g_ptr_array_index (options, other))->id, !=,
                             option->id);
        }
    }
  g_autofree char *one = why_options_replace (NULL, "k", "3");
  g_autofree char *two = why_options_replace (one, "eigen-smooth", "yes");
  g_autofree char *three = why_options_replace (two, "k", "4");
  g_autofree char *none = why_options_replace ("k=4", "k", NULL);
  g_assert_cmpstr (two, ==, "k=3,eigen-smooth=yes");
  g_assert_cmpstr (three, ==, "eigen-smooth=yes,k=4");
  g_assert_null (none);
}

/* ---- features and concepts ---- */

static void
test_features (void)
{
  const WhyExplainRequest request = { .method = "gradcam",
                                      .layer = "a",
                                      .polarity = WHY_POLARITY_SIGNED };
  const WhyExplainRequest eigen = { .method = "eigencam", .layer = "a" };
  g_auto (WhyFeatureSheet) sheet = { 0 };
  g_autoptr (GError) error = NULL;
  Net net;

  /* a0 adds 1 2 3 2, a1 0 -2 0 -2: 8 and 4 of 12. */
  toy_init (&net);
  g_assert_true (why_features_make (&request, &net.job, 1, &sheet, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (sheet.n_features, ==, 1);
  g_assert_cmpint (sheet.n_channels, ==, 2);
  g_assert_cmpint (sheet.features[0].channel, ==, 0);
  g_assert_cmpfloat_with_epsilon (sheet.features[0].weight, 1, HAND_TOLERANCE);
  g_assert_cmpfloat_with_epsilon (sheet.features[0].share, 8 / 12.0, HAND_TOLERANCE);
  g_assert_cmpfloat_with_epsilon (sheet.features[0].sum, 8, HAND_TOLERANCE);
  expect_close ("channel", sheet.features[0].activation->data, toy_input, 4, HAND_TOLERANCE);
  why_feature_sheet_clear (&sheet);
  g_assert_true (why_features_make (&request, &net.job, 9, &sheet, &error));
  g_assert_cmpuint (sheet.n_features, ==, 2);
  g_assert_cmpfloat_with_epsilon (sheet.covered, 1, HAND_TOLERANCE);
  g_assert_cmpfloat_with_epsilon (sheet.features[1].sum, -4, HAND_TOLERANCE);
  why_feature_sheet_clear (&sheet);
  g_assert_false (why_features_make (&eigen, &net.job, 9, &sheet, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  net_clear (&net);
}

/* Activations that are two patterns in two disjoint places fall apart into just these. */
static void
test_concepts (void)
{
  static const char text[] = "in x 1,3,2,2; f k 3,3,1,1 1,0,0,0,1,0,0,0,1; Conv x,k a; "
                             "GlobalAveragePool a g; Flatten g logits; out logits";
  /* The left column is 1 and 2 times (1, 3, 0), the right one 1 and 1 times (0, 0, 2). */
  static const float values[] = { 1, 0, 2, 0, 3, 0, 6, 0, 0, 2, 0, 2 };
  g_auto (WhyConcepts) concepts = { 0 };
  g_auto (WhyConcepts) again = { 0 };
  g_autoptr (GError) error = NULL;
  Net net;

  net_init (&net, text, WHY_BACKEND_AUTO, tensor_of (4, (const gint64[]){ 1, 3, 2, 2 }, values));
  g_assert_true (why_concepts_make (&net.job, "a", FALSE, 2, 0, &concepts, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (concepts.error, <, 1e-4);
  g_assert_cmpint (concepts.concepts[0].channels[0], ==, 1);
  g_assert_cmpint (concepts.concepts[1].channels[0], ==, 2);
  const float *left = concepts.concepts[0].map->data, *right = concepts.concepts[1].map->data;
  const double length = sqrt (10);
  const float expected[] = { (float) length, 0, (float) (2 * length), 0 };
  const float other[] = { 0, 2, 0, 2 };
  /* Convergence is stopped at the change of the error, not at float32's precision. */
  expect_close ("left", left, expected, 4, 1e-3);
  expect_close ("right", right, other, 4, 1e-3);
  g_assert_cmpfloat_with_epsilon (concepts.concepts[0].share, 3 * length / (3 * length + 4), 1e-3);
  g_assert_true (why_concepts_make (&net.job, "a", FALSE, 2, 0, &again, &error));
  g_assert_cmpmem (left, 16, again.concepts[0].map->data, 16);
  why_concepts_clear (&again);
  g_assert_false (why_concepts_make (&net.job, "a", FALSE, 4, 0, &again, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (error->message, "1 to 3 concepts"));
  net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/methods/hand/all", test_by_hand);
  g_test_add_func ("/methods/hand/kernel", test_kernel_by_hand);
  g_test_add_func ("/methods/hand/controls", test_controls);
  g_test_add_func ("/methods/nets/mirrored", test_mirrored);
  g_test_add_func ("/methods/nets/depth-of-one", test_depth_of_one);
  g_test_add_func ("/methods/nets/layouts", test_layouts);
  g_test_add_func ("/methods/nets/polarities", test_polarities);
  g_test_add_func ("/methods/nets/before-pooling", test_before_pooling);
  g_test_add_func ("/methods/nets/linear-in-the-class", test_linear_in_the_class);
  g_test_add_func ("/methods/nets/flat", test_flat);
  g_test_add_func ("/methods/several/layers", test_several_layers);
  g_test_add_func ("/methods/several/forms", test_several_forms);
  g_test_add_func ("/methods/scores", test_scores);
  g_test_add_func ("/methods/profiles/finish", test_profiles);
  g_test_add_func ("/methods/profiles/methods", test_profile_of_methods);
  g_test_add_func ("/methods/sentences/requests", test_sentences);
  g_test_add_func ("/methods/sentences/check-all", test_check_all);
  g_test_add_func ("/methods/cancel", test_cancel);
  g_test_add_func ("/methods/tables", test_tables);
  g_test_add_func ("/methods/features", test_features);
  g_test_add_func ("/methods/concepts", test_concepts);
  return g_test_run ();
}
