#include "config.h"

#include "base/error.h"
#include "base/npy.h"
#include "base/parallel.h"
#include "explain/explain.h"
#include "explain/layer.h"
#include "net-check.h"

#include <math.h>
#include <string.h>

/* Targets, layers and Grad-CAM on networks small enough to be worked out by hand, and on real ones
 * beside the results of other programs. */

/* Hand-computed values are short decimal numbers, computed in float32 here. */
#define HAND_TOLERANCE 1e-6
/* Central differences in double of functions of size 1. */
#define DIFFERENCE_TOLERANCE 1e-7
/* Two float32 programs that sum in different orders, relative to the largest value. */
#define OTHERS_TOLERANCE 1e-4

/* Two channels of a 2 x 3 picture: x and 1 - x; four classes whose weights on the channels' means
 * are (1, -2), (-1, -1), (1, 1) and none. The gradient of a class's logit by every cell of a
 * channel is its weight / 6. */
#define TOY                                                                                        \
  "in x 1,1,2,3; f k 2,1,1,1 1,-1; f kb 2 0,1; Conv x,k,kb a; GlobalAveragePool a g; Flatten g "   \
  "r; "                                                                                            \
  "f z 4,2 1,-2,-1,-1,1,1,0,0; Gemm r,z logits transB=1; "
static const float toy_input[] = { 0, 0.25f, 0.5f, 0.75f, 1, 0.5f };
/* (1 x - 2 (1 - x)) / 6 = (3 x - 2) / 6 */
static const float toy_signed[] = {
  -2 / 6.0f, -1.25f / 6, -0.5f / 6, 0.25f / 6, 1 / 6.0f, -0.5f / 6
};

typedef struct
{
  WhyOnnxModel *model;
  WhyJob job;
} Toy;

static WhyTensor *
picture (const float *values)
{
  const gint64 dims[] = { 1, 1, 2, 3 };
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, 4, dims, NULL);
  memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

static void
toy_init (Toy *toy, const char *text, WhyTensor *input)
{
  g_autoptr (GError) error = NULL;
  toy->model = net_load (text);
  toy->job = (WhyJob){ .session = why_session_new (toy->model, NULL, &error), .input = input };
  g_assert_no_error (error);
}

static void
toy_clear (Toy *toy)
{
  why_session_free (toy->job.session);
  why_onnx_model_unref (toy->model);
  why_tensor_unref (toy->job.input);
}

static WhyGraph *
toy_graph (Toy *toy)
{
  g_autoptr (GError) error = NULL;
  WhyShape shape = { .rank = toy->job.input->rank };
  memcpy (shape.dims, toy->job.input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (toy->job.session, &shape, 1, &error);
  g_assert_no_error (error);
  return graph;
}

static void
explain (const Toy *toy, const WhyExplainRequest *request, WhyExplainResult *result)
{
  g_autoptr (GError) error = NULL;
  why_explain (request, &toy->job, result, &error);
  g_assert_no_error (error);
}

static void
expect_values (const WhyTensor *tensor, gsize n, const float *expected)
{
  g_assert_cmpuint (why_tensor_count (tensor), ==, n);
  for (gsize at = 0; at < n; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) tensor->data)[at], expected[at],
                                    HAND_TOLERANCE);
}

/* ---- Grad-CAM by hand ---- */

static void
test_polarities (void)
{
  Toy toy;
  toy_init (&toy, TOY "out logits", picture (toy_input));
  for (WhyPolarity polarity = WHY_POLARITY_RELU; polarity <= WHY_POLARITY_ABSOLUTE; polarity++)
    {
      const WhyExplainRequest request = {
        .method = "gradcam", .layer = "a", .target_class = 0, .polarity = polarity
      };
      WhyExplainResult result;
      float expected[6];
      explain (&toy, &request, &result);
      for (gsize at = 0; at < 6; at++)
        {
          float value = toy_signed[at];
          expected[at] = polarity == WHY_POLARITY_RELU      ? MAX (value, 0)
                         : polarity == WHY_POLARITY_AGAINST ? MAX (-value, 0)
                         : polarity == WHY_POLARITY_SIGNED  ? value
                                                            : fabsf (value);
        }
      expect_values (result.map->values, 6, expected);
      g_assert_cmpint (result.map->values->rank, ==, 2);
      g_assert_cmpint (result.map->values->dims[0], ==, 2);
      g_assert_cmpstr (result.map->method, ==, "gradcam");
      g_assert_cmpstr (result.map->layer, ==, "a");
      g_assert_cmpstr (result.map->polarity, ==, why_polarity_id (polarity));
      g_assert_cmpstr (result.map->profile, ==, "paper");
      g_assert_cmpstr (result.map->score_kind, ==, "logit");
      g_assert_cmpint (result.map->target_class, ==, 0);
      /* The means of the channels are 1/2 and 1/2: 1/2 - 2/2. */
      g_assert_cmpfloat_with_epsilon (result.map->score, -0.5, HAND_TOLERANCE);
      g_assert_cmpfloat (result.map->to_input.xx, ==, 1.0);
      g_assert_null (result.map->reason);
      g_assert_cmpuint (result.map->n_not_finite, ==, 0);
      float most = 0, least = G_MAXFLOAT;
      for (gsize at = 0; at < 6; at++)
        {
          most = at == 0 ? expected[at] : MAX (most, expected[at]);
          least = MIN (least, expected[at]);
        }
      g_assert_cmpfloat_with_epsilon (result.map->maximum, most, HAND_TOLERANCE);
      g_assert_cmpfloat_with_epsilon (result.map->minimum, least, HAND_TOLERANCE);
      why_explain_result_clear (&result);
    }
  toy_clear (&toy);
}

/* Class activation mapping (Zhou et al. 2016) is the weighted sum of the last feature maps by the
 * classifier's weights; behind global average pooling Grad-CAM is that divided by the number of
 * cells. */
static void
test_is_cam (void)
{
  static const char text[] =
    "in x 1,3,12,12; w k 6,3,3,3; Conv x,k c strides=[2,2]; Relu c a; GlobalAveragePool a g; "
    "Flatten g r; w z 4,6; w zb 4; Gemm r,z,zb logits transB=1; out logits";
  g_autoptr (GPtrArray) inputs = net_inputs (text, 8);
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  const char *name = "a";
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) activation = NULL;
  why_session_run (toy.job.session, &toy.job.input, 1, &name, 1, &activation, NULL, &error);
  g_assert_no_error (error);
  WhyTensor *weights = why_graph_find_value (toy_graph (&toy), "z")->constant;
  gsize positions = (gsize) (activation->dims[2] * activation->dims[3]);
  for (int k = 0; k < 4; k++)
    {
      const WhyExplainRequest request = { .method = "gradcam",
                                          .target_class = k,
                                          .polarity = WHY_POLARITY_SIGNED };
      WhyExplainResult result;
      g_autofree float *expected = g_new0 (float, positions);
      for (gsize c = 0; c < 6; c++)
        for (gsize at = 0; at < positions; at++)
          expected[at] += ((float *) activation->data)[c * positions + at] *
                          ((float *) weights->data)[(gsize) k * 6 + c] / (float) positions;
      explain (&toy, &request, &result);
      g_assert_cmpstr (result.map->layer, ==, "a");
      expect_values (result.map->values, positions, expected);
      g_assert_cmpfloat_with_epsilon (result.map->to_input.xx, 12.0 / 5.0, 1e-12);
      why_explain_result_clear (&result);
    }
  toy_clear (&toy);
}

/* ---- the input's gradient by hand ---- */

/* The channel means of a 2 x 3 picture, weighed by 1 and -3: the gradient is 1/6 everywhere in the
 * first channel and -3/6 in the second, so the sum over channels is -2/6 and the largest magnitude
 * 3/6. */
static void
test_gradient (void)
{
  static const struct
  {
    WhyPolarity polarity;
    float expected;
  } cases[] = {
    { WHY_POLARITY_RELU, 0 },
    { WHY_POLARITY_SIGNED, -2 / 6.0f },
    { WHY_POLARITY_AGAINST, 2 / 6.0f },
    { WHY_POLARITY_ABSOLUTE, 3 / 6.0f },
  };
  static const char text[] = "in x 1,2,2,3; f k 2,2,1,1 1,-3,0,0; Conv x,k a; GlobalAveragePool a "
                             "g; Flatten g logits; out logits";
  g_autoptr (GPtrArray) inputs = net_inputs (text, 3);
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      /* The layer does not matter to a method on the input. */
      const WhyExplainRequest request = {
        .method = "gradient", .layer = "a", .target_class = 0, .polarity = cases[index].polarity
      };
      WhyExplainResult result;
      explain (&toy, &request, &result);
      const WhyMap *map = result.map;
      const float *each = map->attribution->data;
      g_assert_true (why_tensor_same_dims (map->attribution, toy.job.input));
      g_assert_true (why_tensor_is_dense (map->attribution));
      for (gsize at = 0; at < 12; at++)
        g_assert_cmpfloat_with_epsilon (each[at], at < 6 ? 1 / 6.0f : -3 / 6.0f, HAND_TOLERANCE);
      g_assert_cmpint (map->values->rank, ==, 2);
      g_assert_cmpint (map->values->dims[1], ==, 3);
      for (gsize at = 0; at < 6; at++)
        g_assert_cmpfloat_with_epsilon (((float *) map->values->data)[at], cases[index].expected,
                                        HAND_TOLERANCE);
      g_assert_null (map->layer);
      g_assert_cmpstr (map->method, ==, "gradient");
      g_assert_cmpfloat (map->to_input.xx, ==, 1.0);
      why_explain_result_clear (&result);
    }
  toy_clear (&toy);
}

static void
test_gradient_errors (void)
{
  static const char text[] = "in x 1,6; w z 4,6; Gemm x,z logits transB=1; out logits";
  const WhyExplainRequest request = { .method = "gradient", .target_class = 0 };
  g_autoptr (GPtrArray) inputs = net_inputs (text, 3);
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  g_assert_false (why_explain (&request, &toy.job, &result, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (error->message, "'x' is"));
  toy_clear (&toy);
}

/* ---- sentences ---- */

static void
test_reasons (void)
{
  static const struct
  {
    int target_class;
    WhyPolarity polarity;
    const char *reason;
  } cases[] = {
    { 1, WHY_POLARITY_RELU,
      "The map is empty: all evidence at this layer speaks against this class." },
    { 1, WHY_POLARITY_SIGNED, NULL },
    { 1, WHY_POLARITY_AGAINST, NULL },
    { 2, WHY_POLARITY_AGAINST,
      "The map is empty: no evidence at this layer speaks against this class." },
    { 2, WHY_POLARITY_RELU, NULL },
    { 3, WHY_POLARITY_SIGNED, "The map is empty: at this layer nothing changes the score." },
  };
  Toy toy;
  toy_init (&toy, TOY "out logits", picture (toy_input));
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const WhyExplainRequest request = { .method = "gradcam",
                                          .target_class = cases[index].target_class,
                                          .polarity = cases[index].polarity };
      WhyExplainResult result;
      explain (&toy, &request, &result);
      if (cases[index].reason == NULL)
        g_assert_null (result.map->reason);
      else
        g_assert_true (result.map->reason != NULL &&
                       g_str_has_prefix (result.map->reason, cases[index].reason));
      why_explain_result_clear (&result);
    }
  toy_clear (&toy);
}

static void
test_not_finite (void)
{
  const float values[] = { 0, NAN, 0.5f, 0.75f, 1, 0.5f };
  const WhyExplainRequest request = { .method = "gradcam",
                                      .target_class = 0,
                                      .polarity = WHY_POLARITY_RELU };
  Toy toy;
  WhyExplainResult result;
  toy_init (&toy, TOY "out logits", picture (values));
  explain (&toy, &request, &result);
  g_assert_cmpuint (result.map->n_not_finite, ==, 1);
  g_assert_true (isnan (((float *) result.map->values->data)[1]));
  g_assert_cmpfloat_with_epsilon (result.map->maximum, 1 / 6.0, HAND_TOLERANCE);
  g_assert_true (g_str_has_prefix (result.map->reason, "1 of 6 values of the map are not finite"));
  why_explain_result_clear (&result);
  /* A class of its own choice does not crash over probabilities that are no numbers. */
  const WhyExplainRequest any = { .method = "gradcam", .target_class = -1 };
  explain (&toy, &any, &result);
  why_explain_result_clear (&result);
  toy_clear (&toy);
}

/* ---- targets ---- */

static void
test_find_logits (void)
{
  static const struct
  {
    const char *tail;
    gboolean has_activation;
    WhyOutputKind kind;
    const char *logits;
  } cases[] = {
    { "out logits", FALSE, WHY_OUTPUT_SOFTMAX, "logits" },
    { "Softmax logits p axis=1; out p", TRUE, WHY_OUTPUT_SOFTMAX, "logits" },
    { "LogSoftmax logits p axis=1; out p", TRUE, WHY_OUTPUT_SOFTMAX, "logits" },
    { "Sigmoid logits p; out p", TRUE, WHY_OUTPUT_SIGMOID, "logits" },
    { "Softmax logits s axis=1; i shape 4; Reshape s,shape p; out p", TRUE, WHY_OUTPUT_SOFTMAX,
      "logits" },
    { "i shape 1,4,1,1; Reshape logits,shape l4; Softmax l4 s axis=1; Flatten s f; Identity f p; "
      "out p",
      TRUE, WHY_OUTPUT_SOFTMAX, "l4" },
    { "Softmax logits s axis=1; Mul s,s p; out p", FALSE, WHY_OUTPUT_SOFTMAX, "p" },
    { "Relu logits p; out p", FALSE, WHY_OUTPUT_SOFTMAX, "p" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autofree char *text = g_strconcat (TOY, cases[index].tail, NULL);
      g_autoptr (GError) error = NULL;
      WhyTarget target;
      Toy toy;
      toy_init (&toy, text, picture (toy_input));
      why_target_find (toy_graph (&toy), NULL, FALSE, &target, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (target.logits->name, ==, cases[index].logits);
      g_assert_cmpint (target.has_activation, ==, cases[index].has_activation);
      g_assert_cmpint (target.kind, ==, cases[index].kind);
      g_assert_cmpint (target.n_classes, ==, 4);
      g_assert_false (target.dense);
      /* Whatever stands behind the logit, its map is the same. */
      if (strcmp (target.logits->name, "p") != 0)
        {
          const WhyExplainRequest request = {
            .method = "gradcam", .layer = "a", .target_class = 0, .polarity = WHY_POLARITY_SIGNED
          };
          WhyExplainResult result;
          explain (&toy, &request, &result);
          expect_values (result.map->values, 6, toy_signed);
          why_explain_result_clear (&result);
        }
      toy_clear (&toy);
    }
}

static void
test_predict (void)
{
  /* Logits of the toy: -0.5, -1, 1, 0. */
  const double z[] = { -0.5, -1, 1, 0 };
  double sum = 0;
  for (int k = 0; k < 4; k++)
    sum += exp (z[k]);
  for (int multi_label = 0; multi_label < 2; multi_label++)
    {
      Toy toy;
      g_autoptr (WhyTensor) probabilities = NULL;
      g_autoptr (WhyTensor) logits = NULL;
      g_autoptr (GError) error = NULL;
      float expected[4], expected_logits[4];
      toy_init (&toy, TOY "out logits", picture (toy_input));
      why_predict (&toy.job, NULL, multi_label, &probabilities, &logits, &error);
      g_assert_no_error (error);
      for (int k = 0; k < 4; k++)
        {
          expected[k] = (float) (multi_label ? 1 / (1 + exp (-z[k])) : exp (z[k]) / sum);
          expected_logits[k] = (float) z[k];
        }
      expect_values (probabilities, 4, expected);
      expect_values (logits, 4, expected_logits);
      const WhyExplainRequest request = { .method = "gradcam", .target_class = -1 };
      WhyExplainResult result;
      explain (&toy, &request, &result);
      g_assert_cmpint (result.target_class, ==, 2);
      why_explain_result_clear (&result);
      toy_clear (&toy);
    }
}

/* The weights of the logits for a probability are its derivative by them. */
static void
test_probability_seed (void)
{
  const double step = 1e-6;
  for (int multi_label = 0; multi_label < 2; multi_label++)
    for (int c = 0; c < 4; c++)
      {
        const WhyExplainRequest request = { .method = "gradcam",
                                            .target_class = c,
                                            .score = WHY_SCORE_PROBABILITY };
        g_autoptr (GError) error = NULL;
        g_autoptr (WhyTensor) logits = NULL;
        WhyTarget target;
        Toy toy;
        double score;
        gsize n_positions;
        const char *name = "logits";
        toy_init (&toy, TOY "out logits", picture (toy_input));
        why_target_find (toy_graph (&toy), NULL, multi_label, &target, &error);
        g_assert_no_error (error);
        why_session_run (toy.job.session, &toy.job.input, 1, &name, 1, &logits, NULL, &error);
        g_assert_no_error (error);
        g_autoptr (WhyTensor) seed =
          why_target_seed (&target, &request, logits, toy.job.input, &score, &n_positions, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (n_positions, ==, 1);
        for (int k = 0; k < 4; k++)
          {
            double p[2];
            for (int side = 0; side < 2; side++)
              {
                double z[4], sum = 0;
                for (int other = 0; other < 4; other++)
                  {
                    z[other] = (double) ((float *) logits->data)[other] +
                               (other == k ? (side == 0 ? -step : step) : 0);
                    sum += exp (z[other]);
                  }
                p[side] = multi_label ? 1 / (1 + exp (-z[c])) : exp (z[c]) / sum;
              }
            /* The seed is float32. */
            g_assert_cmpfloat_with_epsilon (((float *) seed->data)[k], (p[1] - p[0]) / (2 * step),
                                            DIFFERENCE_TOLERANCE);
            if (k == c)
              g_assert_cmpfloat_with_epsilon (score, (p[1] + p[0]) / 2, DIFFERENCE_TOLERANCE);
          }
        toy_clear (&toy);
      }
}

/* The map of a probability is the sum of the logits' maps, weighted by its derivatives by the
 * logits. */
static void
test_probability_map (void)
{
  const double z[] = { -0.5, -1, 1, 0 },
               weights[][2] = { { 1, -2 }, { -1, -1 }, { 1, 1 }, { 0, 0 } };
  const WhyExplainRequest request = { .method = "gradcam",
                                      .target_class = 0,
                                      .polarity = WHY_POLARITY_SIGNED,
                                      .score = WHY_SCORE_PROBABILITY };
  WhyExplainResult result;
  Toy toy;
  double p[4], sum = 0;
  float expected[6] = { 0 };
  for (int k = 0; k < 4; k++)
    sum += p[k] = exp (z[k]);
  for (int k = 0; k < 4; k++)
    for (int at = 0; at < 6; at++)
      {
        double x = (double) toy_input[at], share = p[0] / sum * ((k == 0) - p[k] / sum);
        expected[at] += (float) (share * (weights[k][0] * x + weights[k][1] * (1 - x)) / 6);
      }
  toy_init (&toy, TOY "Softmax logits probabilities axis=1; out probabilities",
            picture (toy_input));
  explain (&toy, &request, &result);
  expect_values (result.map->values, 6, expected);
  g_assert_cmpstr (result.map->score_kind, ==, "probability");
  g_assert_cmpfloat_with_epsilon (result.map->score, p[0] / sum, HAND_TOLERANCE);
  why_explain_result_clear (&result);
  toy_clear (&toy);
}

/* ---- dense outputs ---- */

/* Class 0 has the score x, class 1 the score 0.5 everywhere. */
#define DENSE                                                                                      \
  "in x 1,1,2,3; f k 1,1,1,1 2; Conv x,k a; f l 2,1,1,1 0.5,0; f lb 2 0,0.5; Conv a,l,lb logits; "

static void
test_dense (void)
{
  const gint64 mask_dims[] = { 2, 3 };
  g_autoptr (WhyTensor) mask = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 2, mask_dims, NULL);
  ((float *) mask->data)[1] = ((float *) mask->data)[4] = 1;
  static const struct
  {
    WhyRegionKind region;
    double x, y;
    double score;
    /* The gradient of the score by a cell of the layer is 1/2 inside; its mean over the six cells
     * is the weight of the one channel, which is 2 x: (n / 12) 2 x. */
    int n;
  } cases[] = {
    { WHY_REGION_ALL, 0, 0, 3.0, 6 },
    { WHY_REGION_PREDICTED, 0, 0, 2.75, 4 }, /* 0.5, 0.75, 1, 0.5: a tie is won by both */
    { WHY_REGION_POINT, 1.5, 1.5, 1.0, 1 },
    { WHY_REGION_POINT, 0.0, 1.999, 0.75, 1 },
    { WHY_REGION_POINT, 3.5, 0.5, 0.0, 0 }, /* outside */
    { WHY_REGION_POINT, -0.1, 0.5, 0.0, 0 },
    { WHY_REGION_MASK, 0, 0, 1.25, 2 },
  };
  static const char *const tails[] = {
    "out logits", "Softmax logits p axis=1; out p",
    "Transpose logits nhwc perm=[0,2,3,1]; Softmax nhwc p axis=3; out p"
  };
  for (gsize tail = 0; tail < G_N_ELEMENTS (tails); tail++)
    {
      g_autofree char *text = g_strconcat (DENSE, tails[tail], NULL);
      Toy toy;
      toy_init (&toy, text, picture (toy_input));
      for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
        {
          const WhyExplainRequest request = { .method = "gradcam",
                                              .layer = "a",
                                              .target_class = 0,
                                              .polarity = WHY_POLARITY_SIGNED,
                                              .region = cases[index].region,
                                              .point_x = cases[index].x,
                                              .point_y = cases[index].y,
                                              .mask = mask };
          WhyExplainResult result;
          float expected[6];
          explain (&toy, &request, &result);
          for (int at = 0; at < 6; at++)
            expected[at] = (float) cases[index].n / 12 * 2 * toy_input[at];
          expect_values (result.map->values, 6, expected);
          g_assert_cmpfloat_with_epsilon (result.map->score, cases[index].score, HAND_TOLERANCE);
          g_assert_cmpint (result.map->reason != NULL, ==, cases[index].n == 0);
          /* Class 0 wins two pixels and ties on two, which the first class wins. */
          const float shares[] = { 4 / 6.0f, 2 / 6.0f }, means[] = { 0.5f, 0.5f };
          expect_values (result.probabilities, 2, shares);
          expect_values (result.logits, 2, means);
          why_explain_result_clear (&result);
        }
      toy_clear (&toy);
    }
}

static void
test_dense_sigmoid (void)
{
  const WhyExplainRequest request = {
    .method = "gradcam", .layer = "a", .target_class = 0, .polarity = WHY_POLARITY_SIGNED
  };
  WhyExplainResult result;
  Toy toy;
  /* One class, x - 0.6: over one half in two pixels. */
  toy_init (&toy,
            "in x 1,1,2,3; f k 1,1,1,1 2; Conv x,k a; f l 1,1,1,1 0.5; f lb 1 -0.6; Conv a,l,lb "
            "logits; Sigmoid logits p; out p",
            picture (toy_input));
  explain (&toy, &request, &result);
  const float share[] = { 2 / 6.0f };
  expect_values (result.probabilities, 1, share);
  g_assert_cmpfloat_with_epsilon (result.map->score, 0.15 + 0.4, HAND_TOLERANCE);
  why_explain_result_clear (&result);
  toy_clear (&toy);
}

/* ---- layers ---- */

static void
test_layers (void)
{
  static const char text[] = "in x 1,1,48,64; w k 4,1,3,3; Conv x,k a pads=[1,1,1,1]; Relu a b; "
                             "MaxPool b c kernel_shape=[2,2] strides=[2,2]; "
                             "Split c half,q axis=1; w l 4,2,3,3; Conv q,l d pads=[1,1,1,1]; "
                             "w m 4,4,3,3; Conv d,m e "
                             "pads=[2,2,2,2] dilations=[2,2]; Add d,e h; "
                             "w n 4,4,1,5; Conv h,n j strides=[1,2] pads=[0,2,0,2]; "
                             "GlobalAveragePool j g; Flatten g r; w z 4,3; MatMul r,z logits; "
                             "Sigmoid a unused; out logits; out unused";
  static const struct
  {
    const char *name, *op;
    double stride[2], field[2];
  } expected[] = {
    { "a", "Conv", { 1, 1 }, { 3, 3 } },
    { "b", "Relu", { 1, 1 }, { 3, 3 } },
    { "c", "MaxPool", { 2, 2 }, { 4, 4 } },
    { "q", "Split", { 2, 2 }, { 4, 4 } },
    { "d", "Conv", { 2, 2 }, { 8, 8 } },   /* 4 + 2 x 2 */
    { "e", "Conv", { 2, 2 }, { 16, 16 } }, /* 8 + 4 x 2 */
    { "h", "Add", { 2, 2 }, { 16, 16 } },
    { "j", "Conv", { 2, 4 }, { 16, 24 } }, /* along the width 16 + 4 x 2 */
  };
  g_autoptr (GPtrArray) inputs = net_inputs (text, 8);
  Toy toy;
  WhyTarget target;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  g_assert_true (why_target_find (toy_graph (&toy), NULL, FALSE, &target, NULL));
  g_autoptr (GPtrArray) layers = why_layers_list (toy_graph (&toy), target.logits);
  g_assert_cmpuint (layers->len, ==, G_N_ELEMENTS (expected));
  for (guint index = 0; index < layers->len; index++)
    {
      const WhyLayer *layer = g_ptr_array_index (layers, index);
      g_assert_cmpstr (layer->name, ==, expected[index].name);
      g_assert_cmpstr (layer->op, ==, expected[index].op);
      g_assert_cmpint (layer->n_spatial, ==, 2);
      for (int axis = 0; axis < 2; axis++)
        {
          g_assert_cmpfloat_with_epsilon (layer->stride[axis], expected[index].stride[axis], 1e-9);
          g_assert_cmpfloat_with_epsilon (layer->receptive_field[axis], expected[index].field[axis],
                                          1e-9);
        }
      g_assert_cmpfloat_with_epsilon (layer->to_input.xx, 64.0 / (double) layer->dims[3], 1e-9);
      g_assert_cmpfloat_with_epsilon (layer->to_input.yy, 48.0 / (double) layer->dims[2], 1e-9);
    }
  g_assert_cmpstr (why_layers_preset (toy_graph (&toy), target.logits)->name, ==, "j");
  const WhyExplainRequest request = { .method = "gradcam", .target_class = 0 };
  WhyExplainResult result;
  explain (&toy, &request, &result);
  g_assert_cmpstr (result.map->layer, ==, "j");
  why_explain_result_clear (&result);
  toy_clear (&toy);
}

static void
test_layers_3d (void)
{
  static const char text[] =
    "in x 1,1,12,16,20; w k 2,1,3,3,3; Conv x,k a; AveragePool a b kernel_shape=[2,2,2] "
    "strides=[2,2,2]; "
    "GlobalAveragePool b g; Flatten g r; w z 2,3; MatMul r,z logits; out logits";
  g_autoptr (GPtrArray) inputs = net_inputs (text, 8);
  const WhyExplainRequest request = { .method = "gradcam",
                                      .target_class = 1,
                                      .polarity = WHY_POLARITY_SIGNED };
  WhyExplainResult result;
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  explain (&toy, &request, &result);
  g_assert_cmpint (result.map->values->rank, ==, 3);
  g_assert_cmpint (result.map->values->dims[0], ==, 5);
  g_assert_cmpfloat_with_epsilon (result.map->depth_scale, 12.0 / 5.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (result.map->to_input.xx, 20.0 / 9.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (result.map->to_input.yy, 16.0 / 7.0, 1e-9);
  why_explain_result_clear (&result);
  WhyTarget target;
  g_assert_true (why_target_find (toy_graph (&toy), NULL, FALSE, &target, NULL));
  g_autoptr (GPtrArray) layers = why_layers_list (toy_graph (&toy), target.logits);
  g_assert_cmpuint (layers->len, ==, 2);
  const WhyLayer *last = g_ptr_array_index (layers, 1);
  for (int axis = 0; axis < 3; axis++)
    {
      g_assert_cmpfloat_with_epsilon (last->stride[axis], 2, 1e-9);
      g_assert_cmpfloat_with_epsilon (last->receptive_field[axis], 4, 1e-9);
    }
  toy_clear (&toy);
}

/* Many layers at once are what one at a time gives. */
static void
test_many_layers (void)
{
  static const char *const names[] = { "a", "b", "c" };
  static const char text[] = "in x 1,3,16,16; w k 4,3,3,3; Conv x,k a; Relu a b; w l 5,4,3,3; Conv "
                             "b,l c strides=[2,2]; GlobalAveragePool c g; "
                             "Flatten g r; w z 5,3; MatMul r,z logits; out logits";
  g_autoptr (GPtrArray) inputs = net_inputs (text, 9);
  const WhyExplainRequest request = { .method = "gradcam",
                                      .target_class = 1,
                                      .polarity = WHY_POLARITY_SIGNED };
  g_autoptr (GError) error = NULL;
  WhyExplainResult all;
  WhyMap *maps[3] = { NULL };
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  why_explain_layers (&request, names, 3, &toy.job, &all, maps, &error);
  g_assert_no_error (error);
  g_assert_null (all.map);
  why_explain_result_clear (&all);
  for (int index = 0; index < 3; index++)
    {
      WhyExplainRequest one = request;
      WhyExplainResult result;
      Toy fresh;
      one.layer = names[index];
      toy_init (&fresh, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
      explain (&fresh, &one, &result);
      g_assert_cmpstr (maps[index]->layer, ==, names[index]);
      g_assert_cmpfloat (net_distance (maps[index]->values, result.map->values, 1e-6), <=,
                         OTHERS_TOLERANCE);
      why_explain_result_clear (&result);
      why_map_unref (maps[index]);
      toy_clear (&fresh);
    }
  toy_clear (&toy);
}

/* ---- errors ---- */

static void
expect_error (const char *text, const WhyExplainRequest *request, int code, const char *message)
{
  g_autoptr (GPtrArray) inputs = net_inputs (text, 8);
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;
  Toy toy;
  toy_init (&toy, text, why_tensor_ref (g_ptr_array_index (inputs, 0)));
  g_assert_false (why_explain (request, &toy.job, &result, &error));
  g_assert_error (error, WHY_ERROR, code);
  if (strstr (error->message, message) == NULL)
    g_error ("no '%s' in '%s'", message, error->message);
  g_assert_null (result.map);
  g_assert_null (result.probabilities);
  toy_clear (&toy);
}

static void
test_errors (void)
{
  const WhyExplainRequest plain = { .method = "gradcam", .target_class = 0 };
  WhyExplainRequest request = plain;
  WhyPolarity polarity;
  g_autoptr (GError) error = NULL;

  request.target_class = 4;
  expect_error (TOY "out logits", &request, WHY_ERROR_NOT_FOUND,
                "There is no class 4; the network has classes 0 to 3");
  request.target_class = -2;
  expect_error (TOY "out logits", &request, WHY_ERROR_NOT_FOUND,
                "There is no class -2; the network has classes 0 to 3");
  request = plain;
  request.layer = "logit";
  expect_error (TOY "out logits", &request, WHY_ERROR_NOT_FOUND,
                "The network has no tensor 'logit'; nearest names: ");
  request.layer = "logits";
  expect_error (TOY "out logits", &request, WHY_ERROR_BAD_REQUEST,
                "Tensor 'logits' is 1x4: it has no spatial extent");
  request.layer = "k";
  expect_error (TOY "out logits", &request, WHY_ERROR_BAD_REQUEST, "Tensor 'k' is 2x1x1x1");
  request = plain;
  request.output = "prob";
  expect_error (TOY "out logits", &request, WHY_ERROR_NOT_FOUND,
                "The network has no tensor 'prob'");
  request = plain;
  request.method = "gradcan";
  expect_error (TOY "out logits", &request, WHY_ERROR_NOT_FOUND,
                "There is no method 'gradcan'; nearest names: 'gradcam'");
  expect_error (TOY "ArgMax logits best axis=1; out best", &plain, WHY_ERROR_BAD_REQUEST,
                "Output 'best' (1x1, int64) holds no class scores; choose another output");
  expect_error ("in x 2,3; w k 3,4; MatMul x,k y; out y", &plain, WHY_ERROR_BAD_REQUEST,
                "Output 'y' is 2x4; expected the scores of one picture");
  expect_error ("in x 1,3; w k 3,4; MatMul x,k y; out y", &plain, WHY_ERROR_BAD_REQUEST,
                "The network has no layer with spatial extent to explain");
  /* Regions that do not fit the output, an empty mask included. */
  request = plain;
  request.region = WHY_REGION_POINT;
  expect_error (TOY "out logits", &request, WHY_ERROR_BAD_REQUEST,
                "Output 'logits' is one answer for the whole picture");
  const gint64 mask_dims[] = { 0, 3 };
  g_autoptr (WhyTensor) empty = why_tensor_new (WHY_DTYPE_FLOAT32, 2, mask_dims, NULL);
  g_autoptr (WhyTensor) small = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 1, mask_dims + 1, NULL);
  request.region = WHY_REGION_MASK;
  request.mask = empty;
  expect_error (DENSE "out logits", &request, WHY_ERROR_BAD_SHAPE,
                "The mask is 0x3: it has 0 values, but 'logits' (1x2x2x3) has 6 positions");
  request.mask = small;
  expect_error (DENSE "out logits", &request, WHY_ERROR_BAD_SHAPE, "The mask is 3: it has 3 values");
  request.mask = NULL;
  expect_error (DENSE "out logits", &request, WHY_ERROR_BAD_SHAPE, "The mask is none");
  request = plain;
  /* A gradient that an operator does not have names it. */
  request.method = "gradcam";
  request.layer = "a";
  expect_error (
    "in x 1,1,4,4; f k 2,1,1,1 1,-1; Conv x,k a; ArgMax a b axis=1; Cast b y to=1; out y", &request,
    WHY_ERROR_NO_GRADIENT,
    "ArgMax 'b': its result is of whole numbers, which have no gradient: "
    "no gradient reaches 'a'");
  g_assert_false (why_polarity_parse ("up", &polarity, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_assert_cmpstr (error->message, ==,
                   "There is no polarity 'up'; known are relu, signed, against and absolute");
}

/* ---- real networks ---- */

static char *
data_folder (void)
{
  const char *given = g_getenv ("WHYLIGHT_TEST_DATA");
  return given != NULL ? g_strdup (given)
                       : g_build_filename (
                           g_getenv ("G_TEST_SRCDIR") != NULL ? g_getenv ("G_TEST_SRCDIR") : ".",
                           "..", "..", "shared", "data", NULL);
}

static char *
data_file (const char *folder, const char *name, const char *file)
{
  g_autofree char *data = data_folder ();
  return g_build_filename (data, folder, name, file, NULL);
}

static void
test_real (gconstpointer data)
{
  const char *name = data;
  g_autofree char *file = g_strconcat (name, ".onnx", NULL);
  g_autofree char *path = data_file ("models", file, NULL);
  g_autofree char *input_path = data_file ("reference", name, "input_0.pb");
  g_autofree char *output_path = data_file ("reference", name, "output_0.pb");
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test data are not there (WHYLIGHT_TEST_DATA)");
      return;
    }
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) input = why_onnx_tensor_load (input_path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) expected = why_onnx_tensor_load (output_path, &error);
  g_assert_no_error (error);
  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      const WhySessionOptions options = { .backend = backend };
      g_autoptr (WhySession) session = why_session_new (model, &options, &error);
      WhyShape shape = { .rank = input->rank };
      memcpy (shape.dims, input->dims, sizeof shape.dims);
      WhyGraph *graph = why_session_prepare (session, &shape, 1, &error);
      g_assert_no_error (error);
      const char *output = why_graph_output (graph, 0)->name;
      g_autoptr (WhyTensor) result = NULL;
      gint64 start = g_get_monotonic_time ();
      why_session_run (session, &input, 1, &output, 1, &result, NULL, &error);
      g_assert_no_error (error);
      double distance = net_distance (result, expected, 1e-30);
      g_test_message ("%s: off by %.2g of the maximum, %.2f s with planning",
                      why_session_backend_name (session), distance,
                      (double) (g_get_monotonic_time () - start) * 1e-6);
      g_assert_cmpfloat (distance, <=, OTHERS_TOLERANCE);
    }
}

typedef struct
{
  const char *image;
  int target_class;
} Cam;

static void
test_real_cam (gconstpointer data)
{
  const Cam *cam = data;
  g_autofree char *path = data_file ("models", "mobilenet_v2_1.0_224.onnx", NULL);
  g_autofree char *input_name = g_strdup_printf ("input__%s.npy", cam->image);
  g_autofree char *map_name =
    g_strdup_printf ("mobilenet_v2_1.0_224__%s__class%d.npy", cam->image, cam->target_class);
  g_autofree char *input_path = data_file ("reference", "cam", input_name);
  g_autofree char *map_path = data_file ("reference", "cam", map_name);
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test data are not there (WHYLIGHT_TEST_DATA)");
      return;
    }
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) input = why_npy_read (input_path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) expected = why_npy_read (map_path, &error);
  g_assert_no_error (error);
  g_autoptr (WhySession) session = why_session_new (model, NULL, &error);
  g_assert_no_error (error);
  const WhyExplainRequest request = { .method = "gradcam",
                                      .target_class = cam->target_class,
                                      .polarity = WHY_POLARITY_RELU };
  const WhyJob job = { .session = session, .input = input };
  WhyExplainResult result;
  why_explain (&request, &job, &result, &error);
  g_assert_no_error (error);
  double distance = net_distance (result.map->values, expected, 1e-30);
  g_test_message ("off by %.2g of the maximum", distance);
  g_assert_cmpfloat (distance, <=, OTHERS_TOLERANCE);
  why_explain_result_clear (&result);
}

int
main (int argc, char **argv)
{
  static const char *const reals[] = {
    "brainchop_tissue_gwm_11ch",
    "brainchop_tissue_gwm_light",
    "cifar10_resnet20",
    "cifar10_resnet20_simplified",
    "lwnet_vessels",
    "mediapipe_selfie_segmentation",
    "mlperf_tiny_person_vww_96",
    "mlperf_tiny_resnet8_cifar10",
    "mnist_cntk",
    "mobilenet_v1_0.25_128",
    "mobilenet_v2_1.0_224",
    "pytorch_tutorial_cifar10",
    "retina_unet_drive",
    "squeezenet1.1_fp32",
    "vit_cifar10_small",
  };
  static const Cam cams[] = {
    { "dog_cat", 208 },      { "dog_cat", 286 },  { "both_dog_cat", 244 },
    { "both_dog_cat", 283 }, { "two_dogs", 172 }, { "two_dogs", 196 },
  };
  g_test_init (&argc, &argv, NULL);
  /* Most networks here are too small to share out, and waiting for another thread takes longer than
   * they do. */
  why_parallel_set_threads (1);
  g_test_add_func ("/explain/gradcam/polarities", test_polarities);
  g_test_add_func ("/explain/gradcam/is-cam", test_is_cam);
  g_test_add_func ("/explain/gradcam/reasons", test_reasons);
  g_test_add_func ("/explain/gradcam/not-finite", test_not_finite);
  g_test_add_func ("/explain/gradcam/many-layers", test_many_layers);
  g_test_add_func ("/explain/gradient/polarities", test_gradient);
  g_test_add_func ("/explain/gradient/errors", test_gradient_errors);
  g_test_add_func ("/explain/target/logits", test_find_logits);
  g_test_add_func ("/explain/target/predict", test_predict);
  g_test_add_func ("/explain/target/probability-seed", test_probability_seed);
  g_test_add_func ("/explain/target/probability-map", test_probability_map);
  g_test_add_func ("/explain/target/dense", test_dense);
  g_test_add_func ("/explain/target/dense-sigmoid", test_dense_sigmoid);
  g_test_add_func ("/explain/layers/2d", test_layers);
  g_test_add_func ("/explain/layers/3d", test_layers_3d);
  g_test_add_func ("/explain/errors", test_errors);
  for (gsize index = 0; index < G_N_ELEMENTS (reals); index++)
    {
      g_autofree char *path = g_strconcat ("/explain/real/", reals[index], NULL);
      g_test_add_data_func (path, reals[index], test_real);
    }
  for (gsize index = 0; index < G_N_ELEMENTS (cams); index++)
    {
      g_autofree char *path =
        g_strdup_printf ("/explain/cam/%s/%d", cams[index].image, cams[index].target_class);
      g_test_add_data_func (path, &cams[index], test_real_cam);
    }
  return g_test_run ();
}
