#include "config.h"

#include "base/error.h"
#include "base/parallel.h"
#include "engine/hessian.h"
#include "explain/explain.h"
#include "graph/branch.h"
#include "graph/hessian.h"
#include "net-check.h"

#include <math.h>
#include <string.h>

/* Methods with many runs and methods on the input: networks small enough to compute by hand,
 * sums that must come out, chance that must repeat, and stopping half-way. */

/* float32 sums of some hundred products. */
#define SUM_TOLERANCE 2e-5

static const char classifier[] =
  "in x 1,3,12,12; w a 6,3,3,3 0.5; w ab 6 0.5; Conv x,a,ab c1 pads=[1,1,1,1]; w s 6; w t 6 0.5; w "
  "m 6 0.2; p v 6;"
  "BatchNormalization c1,s,t,m,v n1; Relu n1 r1; MaxPool r1 p1 kernel_shape=[2,2] strides=[2,2]; "
  "w b 8,6,3,3 0.4; w bb 8 0.5; Conv p1,b,bb c2 pads=[1,1,1,1]; f lo - 0; f hi - 0.4; Clip "
  "c2,lo,hi r2; "
  "w e 8,8,1,1; Conv r2,e c3; w shift 1,8,1,1 0.3; Add c3,shift d3; Relu d3 r3; GlobalAveragePool "
  "r3 g; "
  "Flatten g flat; w head 8,5; w hb 5; Gemm flat,head,hb logits; Softmax logits out1 axis=1; out "
  "out1";

/* Two channels, one that speaks for class 0 and one against it: c = 2 x and -x of the one input
 * channel, mean, then a head of 1, -3 / -1, 1. */
static const char toy[] =
  "in x 1,1,2,2; f k 2,1,1,1 2,-1; Conv x,k layer; GlobalAveragePool layer g; Flatten g f0; "
  "f head 2,2 1,-1,-3,1; MatMul f0,head logits; out logits";

typedef struct
{
  WhyOnnxModel *model;
  WhySession *session;
  WhyTensor *input;
} Net;

static void
open_net (Net *net, const char *text, WhyBackend backend, guint32 seed)
{
  const WhySessionOptions options = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = net_inputs (text, seed);

  net->model = net_load (text);
  net->session = why_session_new (net->model, &options, &error);
  g_assert_no_error (error);
  net->input = why_tensor_ref (g_ptr_array_index (inputs, 0));
}

static void
close_net (Net *net)
{
  why_session_free (net->session);
  why_onnx_model_unref (net->model);
  why_tensor_unref (net->input);
}

static WhyMap *
explain_with (const Net *net, const WhyExplainRequest *request, const WhyJob *extra)
{
  g_autoptr (GError) error = NULL;
  WhyJob job = extra != NULL ? *extra : (WhyJob){ 0 };
  WhyExplainResult result;

  job.session = net->session;
  job.input = net->input;
  if (!why_explain (request, &job, &result, &error))
    g_error ("%s: %s", request->method, error->message);
  WhyMap *map = why_map_ref (result.map);
  why_explain_result_clear (&result);
  return map;
}

static WhyMap *
explain (const Net *net, const char *method, const char *layer, const char *options)
{
  const WhyExplainRequest request = {
    .method = method,
    .layer = layer,
    .target_class = 0,
    .polarity = WHY_POLARITY_SIGNED,
    .options = options,
  };
  return explain_with (net, &request, NULL);
}

static double
sum_of (const WhyTensor *tensor)
{
  double sum = 0;
  for (gsize at = 0; at < why_tensor_count (tensor); at++)
    sum += (double) ((const float *) tensor->data)[at];
  return sum;
}

static void
set_values (Net *net, const float *values)
{
  memcpy (net->input->data, values, net->input->n_bytes);
}

static void
expect_values (const WhyMap *map, const double *values, gsize n)
{
  g_assert_cmpuint (why_tensor_count (map->values), ==, n);
  for (gsize at = 0; at < n; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) map->values->data)[at], values[at], 1e-5);
}

static double
score_of (const Net *net, WhyTensor *input, int k)
{
  g_autoptr (GError) error = NULL;
  const char *name = "logits";
  WhyTensor *logits = NULL;

  why_session_run (net->session, &input, 1, &name, 1, &logits, NULL, &error);
  g_assert_no_error (error);
  double score = why_tensor_get_f64 (logits, (gsize) k);
  why_tensor_unref (logits);
  return score;
}

/* ---- by hand ---- */

/* x = 1 2 / 3 6: mean 3. layer: 2 x and -x; means 6 and -3; logit 0 = 6 + 9 = 15. */
static const float toy_input[] = { 1, 2, 3, 6 };

static void
test_ablation_toy (void)
{
  Net net;

  open_net (&net, toy, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  g_autoptr (WhyMap) map = explain (&net, "ablationcam", "layer", NULL);
  /* Without channel 0 the logit is 9, without channel 1 it is 6: weights 6/15 and 9/15; the map is
   * (6 * 2 - 9) / 15 x = x / 5. */
  expect_values (map, (const double[]){ 0.2, 0.4, 0.6, 1.2 }, 4);
  close_net (&net);
}

static void
test_recipro_toy (void)
{
  Net net;

  open_net (&net, toy, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  /* One position alone has the mean 2 x / 4 and -x / 4: logit (2 + 3) x / 4. */
  g_autoptr (WhyMap) single = explain (&net, "reciprocam", "layer", "mask=single");
  expect_values (single, (const double[]){ 1.25, 2.5, 3.75, 7.5 }, 4);
  /* With 1/4 of itself, 1/8 of the two beside, 1/16 of the one across: first (1/4 + 2/8 + 3/8 +
   * 6/16) = 1.25 times 5/4. */
  g_autoptr (WhyMap) gaussian = explain (&net, "reciprocam", "layer", NULL);
  const double sums[] = { 0.25 + 0.25 + 0.375 + 0.375, 0.125 + 0.5 + 0.1875 + 0.75,
                          0.125 + 0.125 + 0.75 + 0.75, 0.0625 + 0.25 + 0.375 + 1.5 };
  expect_values (gaussian,
                 (const double[]){ 1.25 * sums[0], 1.25 * sums[1], 1.25 * sums[2], 1.25 * sums[3] },
                 4);
  close_net (&net);
}

static void
test_score_toy (void)
{
  Net net;

  open_net (&net, toy, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  /* Masks (layer and input have the same size): (x - 1) / 5 = 0 .2 .4 1 and (6 - x) / 5 = 1 .8 .6
   * 0. Masked pictures 0 .4 1.2 6 and 1 1.6 1.8 0: means 1.9 and 1.1, logits 5 times that. */
  const double z[] = { 9.5, 5.5 };
  const double w = 1 / (1 + exp (z[1] - z[0]));
  g_autoptr (WhyMap) map = explain (&net, "scorecam", "layer", NULL);
  for (gsize at = 0; at < 4; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) map->values->data)[at],
                                    (w * 2 - (1 - w)) * (double) toy_input[at], 1e-5);
  g_autoptr (WhyMap) plain = explain (&net, "scorecam", "layer", "weights=score");
  for (gsize at = 0; at < 4; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) plain->values->data)[at],
                                    (z[0] * 2 - z[1]) * (double) toy_input[at], 1e-4);
  /* Channel 0 varies most. */
  g_autoptr (WhyMap) top = explain (&net, "scorecam", "layer", "weights=score,top=1");
  for (gsize at = 0; at < 4; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) top->values->data)[at],
                                    z[0] * 2 * (double) toy_input[at], 1e-4);
  close_net (&net);
}

static void
test_occlusion_toy (void)
{
  Net net;

  open_net (&net, toy, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  /* Covering one pixel takes (2 + 3) x / 4 from the logit. */
  g_autoptr (WhyMap) map = explain (&net, "occlusion", NULL, "patch=1,stride=1");
  expect_values (map, (const double[]){ 1.25, 2.5, 3.75, 7.5 }, 4);
  /* Covered with the mean 3: what is below it gains. */
  g_autoptr (WhyMap) mean = explain (&net, "occlusion", NULL, "patch=1,stride=1,fill=mean");
  expect_values (mean, (const double[]){ -2.5, -1.25, 0, 3.75 }, 4);
  /* A window as large as the picture. */
  g_autoptr (WhyMap) all = explain (&net, "occlusion", NULL, "patch=2,stride=1");
  expect_values (all, (const double[]){ 15, 15, 15, 15 }, 4);
  close_net (&net);
}

/* Windows that overlap and are cut at the border, against a plain loop. */
static void
test_occlusion_windows (void)
{
  Net net;
  double sum[144] = { 0 }, times[144] = { 0 };

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  const double whole = score_of (&net, net.input, 0);
  for (int y = 0; y < 12; y += 3)
    for (int x = 0; x < 12; x += 3)
      {
        /* 12 - 5 = 7: windows begin at 0, 3, 6 and 9. */
        g_autoptr (WhyTensor) covered = why_tensor_copy (net.input, NULL);
        for (int c = 0; c < 3; c++)
          for (int h = y; h < MIN (y + 5, 12); h++)
            for (int w = x; w < MIN (x + 5, 12); w++)
              ((float *) covered->data)[(c * 12 + h) * 12 + w] = 0;
        const double fall = whole - score_of (&net, covered, 0);
        for (int h = y; h < MIN (y + 5, 12); h++)
          for (int w = x; w < MIN (x + 5, 12); w++)
            {
              sum[h * 12 + w] += fall;
              times[h * 12 + w]++;
            }
      }
  g_autoptr (WhyMap) map = explain (&net, "occlusion", NULL, "patch=5,stride=3");
  for (gsize at = 0; at < 144; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) map->values->data)[at], sum[at] / times[at],
                                    1e-4);
  close_net (&net);
}

/* A linear network: with masks of mean p the expected map is that of the logit's parts. With all
 * cells open every mask is 1 and the map the logit itself. */
static void
test_rise_toy (void)
{
  Net net;

  open_net (&net, toy, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  g_autoptr (WhyMap) open = explain (&net, "rise", NULL, "masks=3,open=1");
  expect_values (open, (const double[]){ 15, 15, 15, 15 }, 4);
  /* The mean over all 16 grids of two by two cells, which are enlarged to three pixels, of which
   * two are cut out: the first cell, the mean of both. A sum of 20000 random ones has a deviation
   * of about 0.07. */
  double expected[4] = { 0 };
  for (guint grid = 0; grid < 16; grid++)
    {
      const double c[] = { grid & 1, grid >> 1 & 1, grid >> 2 & 1, grid >> 3 & 1 };
      const double mask[] = { c[0], (c[0] + c[1]) / 2, (c[0] + c[2]) / 2,
                              (c[0] + c[1] + c[2] + c[3]) / 4 };
      double score = 0;
      for (gsize at = 0; at < 4; at++)
        score += 1.25 * (double) toy_input[at] * mask[at];
      for (gsize at = 0; at < 4; at++)
        expected[at] += score * mask[at] / (16 * 0.5);
    }
  g_autoptr (WhyMap) map = explain (&net, "rise", NULL, "masks=20000,cells=2,seed=5");
  for (gsize at = 0; at < 4; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) map->values->data)[at], expected[at], 0.35);
  close_net (&net);
}

/* ---- sums that must come out ---- */

static void
test_integrated_complete (gconstpointer options)
{
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  g_autoptr (WhyMap) map = explain (&net, "integrated-gradients", NULL, options);
  g_autoptr (WhyTensor) zero = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 4, net.input->dims, NULL);
  const double difference = score_of (&net, net.input, 0) - score_of (&net, zero, 0);

  g_assert_true (map->has_residual);
  g_assert_nonnull (strstr (map->note, "add up to"));
  /* A path through kinks: the error of either rule falls with the distance of nodes, here 1 / 1000,
   * times the jumps of the gradient. */
  g_assert_cmpfloat_with_epsilon (sum_of (map->attribution), difference, 5e-3 * fabs (difference));
  g_assert_cmpfloat_with_epsilon (map->residual, sum_of (map->attribution) - difference, 1e-4);
  close_net (&net);
}

/* Smooth networks are integrated exactly by few nodes. */
static void
test_integrated_smooth (void)
{
  static const char smooth[] =
    "in x 1,2,4,4; w a 3,2,3,3 0.3; Conv x,a c1; Tanh c1 t; w b 4,3,1,1; Conv t,b c2; "
    "Sigmoid c2 s; GlobalAveragePool s g; Flatten g logits; out logits";
  Net net;

  open_net (&net, smooth, WHY_BACKEND_AUTO, 3);
  g_autoptr (WhyMap) map = explain (&net, "integrated-gradients", NULL, "steps=12");
  g_assert_cmpfloat (fabs (map->residual), <, 1e-6);
  /* The trapezoid rule is of second order: a quarter of the error with twice the steps. */
  g_autoptr (WhyMap) few = explain (&net, "integrated-gradients", NULL, "rule=trapezoid,steps=5");
  g_autoptr (WhyMap) more = explain (&net, "integrated-gradients", NULL, "rule=trapezoid,steps=9");
  g_assert_cmpfloat (fabs (few->residual), >, 3.0 * fabs (more->residual));
  close_net (&net);
}

static void
test_fullgrad_complete (gconstpointer backend)
{
  Net net;

  for (guint32 seed = 1; seed <= 5; seed++)
    {
      open_net (&net, classifier, (WhyBackend) GPOINTER_TO_INT (backend), seed);
      g_autoptr (WhyMap) map = explain (&net, "fullgrad", NULL, NULL);
      const double score = score_of (&net, net.input, 0);
      g_assert_true (map->has_residual);
      g_assert_cmpfloat_with_epsilon (map->residual, 0, SUM_TOLERANCE * MAX (fabs (score), 1));
      g_assert_cmpfloat (map->minimum, >=, 0);
      close_net (&net);
    }
}

/* A gate is no bias: the residual says how much it leaves over. */
static void
test_fullgrad_gate (void)
{
  static const char gated[] =
    "in x 1,2,4,4; w a 3,2,3,3; w ab 3; Conv x,a,ab c1; Sigmoid c1 s; Mul c1,s m; "
    "GlobalAveragePool m g; Flatten g logits; out logits";
  Net net;

  open_net (&net, gated, WHY_BACKEND_AUTO, 2);
  g_autoptr (WhyMap) map = explain (&net, "fullgrad", NULL, NULL);
  g_assert_cmpfloat (fabs (map->residual), >, 1e-3);
  close_net (&net);
}

/* The map by hand: y = mean (x + b): x dy/dx = x / 4 and b dy/db = b / 4 at all four places. */
static void
test_fullgrad_toy (void)
{
  static const char one[] = "in x 1,1,2,2; f k 1,1,1,1 1; f kb 1 2; Conv x,k,kb layer; "
                            "GlobalAveragePool layer g; Flatten g logits; out logits";
  Net net;

  open_net (&net, one, WHY_BACKEND_AUTO, 1);
  set_values (&net, toy_input);
  g_autoptr (WhyMap) map = explain (&net, "fullgrad", NULL, NULL);
  /* psi of x / 4: (x - 1) / 5 (1e-6 / 1.25 less); of the flat bias: 0. */
  expect_values (map, (const double[]){ 0, 0.2, 0.4, 1.0 }, 4);
  g_assert_cmpfloat_with_epsilon (map->residual, 0, 1e-6);
  close_net (&net);
}

/* ---- gradients of other kinds ---- */

static void
test_gradient_x_input (void)
{
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  g_autoptr (WhyMap) gradient = explain (&net, "gradient", NULL, NULL);
  g_autoptr (WhyMap) product = explain (&net, "gradient-x-input", NULL, NULL);
  const float *g = gradient->attribution->data, *p = product->attribution->data,
              *x = net.input->data;
  for (gsize at = 0; at < why_tensor_count (net.input); at++)
    g_assert_cmpfloat (p[at], ==, g[at] * x[at]);
  g_assert_null (product->layer);
  close_net (&net);
}

/* relu (x) - 2 relu (-x), x = 1 -1 2 -3 at logit 0 = sum: guided passes 1 where x > 0; the branch
 * with a negative weight gets nothing. Deconvnet passes whatever the input's sign was. */
static void
test_rules (void)
{
  static const char net_text[] =
    "opset 12; in x 1,1,2,2; Relu x r; Neg x n; Relu n q; f two - -2; Mul q,two m; Add r,m s; "
    "ReduceSum s z axes=[2,3] keepdims=0; f head 1,2 1,1; MatMul z,head logits; out logits";
  static const float values[] = { 1, -1, 2, -3 };
  Net net;

  open_net (&net, net_text, WHY_BACKEND_AUTO, 1);
  set_values (&net, values);
  g_autoptr (WhyMap) plain = explain (&net, "gradient", NULL, NULL);
  expect_values (plain, (const double[]){ 1, 2, 1, 2 }, 4);
  g_autoptr (WhyMap) guided = explain (&net, "guided-backprop", NULL, NULL);
  expect_values (guided, (const double[]){ 1, 0, 1, 0 }, 4);
  g_autoptr (WhyMap) deconv = explain (&net, "deconvnet", NULL, NULL);
  expect_values (deconv, (const double[]){ 1, 1, 1, 1 }, 4);
  close_net (&net);
}

static void
test_guided_gradcam (void)
{
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  /* At a layer of the input's size nothing is enlarged. */
  WhyExplainRequest request = { .method = "gradcam", .layer = "r1", .polarity = WHY_POLARITY_RELU };
  g_autoptr (WhyMap) cam = explain_with (&net, &request, NULL);
  g_autoptr (WhyMap) guided = explain (&net, "guided-backprop", NULL, NULL);
  g_autoptr (WhyMap) both = explain (&net, "guided-gradcam", "r1", NULL);
  for (gsize at = 0; at < 3 * 144; at++)
    g_assert_cmpfloat_with_epsilon (((const float *) both->attribution->data)[at],
                                    ((const float *) guided->attribution->data)[at] *
                                      ((const float *) cam->values->data)[at % 144],
                                    1e-6);
  g_assert_cmpstr (both->layer, ==, "r1");
  close_net (&net);
}

/* Without noise the mean is the gradient and the variance 0; with noise both are those of the very
 * samples, whichever way they are put together. */
static void
test_noisy (void)
{
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  g_autoptr (WhyMap) gradient = explain (&net, "gradient", NULL, NULL);
  g_autoptr (WhyMap) still = explain (&net, "smoothgrad", NULL, "noise=0,samples=7");
  g_assert_cmpfloat (net_distance (still->attribution, gradient->attribution, 1e-6), <,
                     SUM_TOLERANCE);
  g_autoptr (WhyMap) flat = explain (&net, "vargrad", NULL, "noise=0,samples=7");
  g_assert_cmpfloat (flat->maximum, <, 1e-9);
  g_assert_nonnull (flat->values);

  g_autoptr (WhyMap) mean = explain (&net, "smoothgrad", NULL, "samples=9,seed=3");
  g_autoptr (WhyMap) square = explain (&net, "smoothgrad", NULL, "samples=9,seed=3,square=yes");
  g_autoptr (WhyMap) variance = explain (&net, "vargrad", NULL, "samples=9,seed=3");
  const float *m = mean->attribution->data, *s = square->attribution->data,
              *v = variance->attribution->data;
  double most = 0;
  for (gsize at = 0; at < 3 * 144; at++)
    {
      most = MAX (most, (double) v[at]);
      g_assert_cmpfloat_with_epsilon (v[at], s[at] - m[at] * m[at], 1e-5);
    }
  g_assert_cmpfloat (most, >, 1e-4);
  close_net (&net);
}

/* ---- second order ---- */

typedef struct
{
  const char *text;
  WhyScoreKind score;
  const char *layer;
  gboolean flat; /* there is no second order */
} Second;

static const char smooth_net[] =
  "in x 1,2,5,5; w a 4,2,3,3 0.5; Conv x,a c1; Tanh c1 t1; w b 5,4,1,1; Conv t1,b c2; Sigmoid c2 "
  "s; Mul c2,s m; "
  "GlobalAveragePool m g; Flatten g f0; w head 5,4; w hb 4; Gemm f0,head,hb logits; out logits";
static const char relu_net[] =
  "in x 1,2,5,5; w a 4,2,3,3 0.5; Conv x,a c1; Relu c1 t1; w b 5,4,1,1; Conv t1,b c2; "
  "Relu c2 m; MaxPool m mp kernel_shape=[2,2] strides=[1,1]; GlobalAveragePool mp g; "
  "Flatten g f0; w head 5,4; w hb 4; Gemm f0,head,hb logits; out logits";
static const char attention_net[] = "in x 1,4,6; w q 6,6; w k 6,6; w v 6,6; f half - 0.4; MatMul "
                                    "x,q q0; MatMul x,k k0; MatMul x,v v0; "
                                    "Transpose k0 k1 perm=[0,2,1]; MatMul q0,k1 s; Mul s,half s1; "
                                    "Softmax s1 p axis=-1; MatMul p,v0 t1; "
                                    "Add t1,x r; w ls 6; w lb 6; LayerNormalization r,ls,lb n; "
                                    "ReduceMean n f0 axes=[1] keepdims=0; w head 6,4; "
                                    "w hb 4; Gemm f0,head,hb logits; out logits";

static const Second seconds[] = {
  { smooth_net, WHY_SCORE_LOGIT, "t1", FALSE },
  { smooth_net, WHY_SCORE_PROBABILITY, "c1", FALSE },
  { smooth_net, WHY_SCORE_REST, "x", FALSE },
  { relu_net, WHY_SCORE_LOGIT, "t1", TRUE },
  { relu_net, WHY_SCORE_PROBABILITY, "t1", FALSE },
  { relu_net, WHY_SCORE_REST, "c1", FALSE },
  { attention_net, WHY_SCORE_LOGIT, "x", FALSE },
  { attention_net, WHY_SCORE_REST, "t1", FALSE },
};

static WhyValue *
emit_score (WhyGraph *graph, WhyValue *logits, WhyScoreKind kind, GError **error)
{
  const WhyAttr axis = { .name = "axis", .type = WHY_ATTR_INT, .i = 1 };
  const WhyAttr pick = { .name = "axis", .type = WHY_ATTR_INT, .i = 1 };
  WhyValue *of = logits;

  if (kind == WHY_SCORE_PROBABILITY)
    of = why_emit (graph, error, "Softmax", 1, &logits, &axis, 1);
  else if (kind == WHY_SCORE_REST)
    of = why_emit2 (graph, error, "Add", logits,
                    why_emit (graph, error, "LogSoftmax", 1, &logits, &axis, 1));
  WhyValue *inputs[] = { of, why_emit_i64 (graph, 1, (const gint64[]){ 1 }) };
  return why_emit (graph, error, "Gather", 2, inputs, &pick, 1);
}

static WhyTensor *
evaluate (WhyGraph *graph, WhyTensor *const *inputs, WhyValue *value)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;

  why_graph_evaluate (graph, inputs, &value, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

/* In float64, from the network's input: the product against central differences of the gradient
 * along the vector. The step is near the cube root of float64's precision, so the differences are
 * right to about 1e-9. */
static void
test_second_differences (gconstpointer data)
{
  const Second *second = data;
  g_autoptr (WhyOnnxModel) model = net_load (second->text);
  g_autoptr (GPtrArray) inputs = net_inputs (second->text, 11);
  g_autoptr (GError) error = NULL;
  WhyTensor *x32 = g_ptr_array_index (inputs, 0);
  WhyShape shape = { .rank = x32->rank };
  const WhyGraphOptions options = { .force_float64 = TRUE };
  WhyValue *gradient = NULL, *product = NULL;
  const double step = 1e-5;

  memcpy (shape.dims, x32->dims, sizeof shape.dims);
  g_autoptr (WhyGraph) graph = why_graph_new (model, &shape, 1, &options, &error);
  g_assert_no_error (error);
  WhyValue *input = why_graph_input (graph, 0);
  WhyValue *vector = why_graph_add_input (graph, NULL, input->dtype, input->rank, input->dims);
  WhyValue *score = emit_score (graph, why_graph_output (graph, 0), second->score, &error);
  g_assert_no_error (error);
  why_graph_hessian_product (graph, score, input, vector, &gradient, &product, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) x = why_tensor_cast (x32, WHY_DTYPE_FLOAT64, NULL);
  g_autoptr (WhyTensor) direction32 = net_random (77, x->rank, x->dims);
  g_autoptr (WhyTensor) direction = why_tensor_cast (direction32, WHY_DTYPE_FLOAT64, NULL);
  WhyTensor *feeds[] = { x, direction };
  g_autoptr (WhyTensor) actual = evaluate (graph, feeds, product);
  WhyTensor *ahead[2] = { why_tensor_copy (x, NULL), direction };
  WhyTensor *behind[2] = { why_tensor_copy (x, NULL), direction };
  for (gsize at = 0; at < why_tensor_count (x); at++)
    {
      const double by = step * why_tensor_get_f64 (direction, at);
      why_tensor_set_f64 (ahead[0], at, why_tensor_get_f64 (x, at) + by);
      why_tensor_set_f64 (behind[0], at, why_tensor_get_f64 (x, at) - by);
    }
  g_autoptr (WhyTensor) plus = evaluate (graph, ahead, gradient);
  g_autoptr (WhyTensor) minus = evaluate (graph, behind, gradient);
  double most = 0;
  for (gsize at = 0; at < why_tensor_count (x); at++)
    {
      const double expected =
        (why_tensor_get_f64 (plus, at) - why_tensor_get_f64 (minus, at)) / (2 * step);
      most = MAX (most, fabs (expected));
      g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (actual, at), expected, 1e-7);
    }
  if (second->flat)
    g_assert_cmpfloat (most, <, 1e-9);
  else
    g_assert_cmpfloat (most, >, 1e-4);
  why_tensor_unref (ahead[0]);
  why_tensor_unref (behind[0]);
}

static WhyValue *
on_score (WhyGraph *graph, WhyValue *of, gpointer data, GError **error)
{
  return emit_score (graph, of, ((const Second *) data)->score, error);
}

/* d(score) / d(layer) at the layer's values times @factor, in float64: the graph of what follows
 * the layer, by the operators' plain definitions. */
static WhyTensor *
gradient_at (const Second *second, const Net *net, double factor)
{
  g_autoptr (GError) error = NULL;
  WhyShape shape = { .rank = net->input->rank };
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (GPtrArray) outside = g_ptr_array_new ();
  WhyValue *gradient = NULL, *product = NULL;

  memcpy (shape.dims, net->input->dims, sizeof shape.dims);
  g_autoptr (WhyGraph) whole = why_graph_new (net->model, &shape, 1, &options, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) wide = why_tensor_cast (net->input, WHY_DTYPE_FLOAT64, NULL);
  WhyValue *at = why_graph_find_value (whole, second->layer), *out = why_graph_output (whole, 0);
  g_autoptr (WhyGraph) part = why_graph_branch (whole, at, 1, &out, 1, outside, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) values =
    at->producer != NULL ? evaluate (whole, &wide, at) : why_tensor_copy (wide, NULL);
  for (gsize index = 0; index < why_tensor_count (values); index++)
    why_tensor_set_f64 (values, index, factor * why_tensor_get_f64 (values, index));
  g_autoptr (GPtrArray) feeds = g_ptr_array_new ();
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_ptr_array_add (feeds, values);
  for (guint index = 0; index < outside->len; index++)
    {
      WhyValue *value = g_ptr_array_index (outside, index);
      WhyTensor *other =
        value->producer != NULL ? evaluate (whole, &wide, value) : why_tensor_ref (wide);
      g_ptr_array_add (owned, other);
      g_ptr_array_add (feeds, other);
    }
  WhyValue *score = emit_score (part, why_graph_output (part, 0), second->score, &error);
  WhyValue *here = why_graph_input (part, 0);
  why_graph_hessian_product (part, score, here, here, &gradient, &product, &error);
  g_assert_no_error (error);
  return evaluate (part, (WhyTensor *const *) feeds->pdata, gradient);
}

/* The engine's float32 from a layer on, with the layer's own values A as vector: against
 * differences of the gradient at A (1 + e) and A (1 - e). */
static void
test_second_engine (gconstpointer data)
{
  const Second *second = data;
  Net net;
  g_autoptr (GError) error = NULL;
  WhyTensor *gradient = NULL, *product = NULL;
  const double step = 1e-5;

  open_net (&net, second->text, WHY_BACKEND_AUTO, 11);
  why_session_hessian_product (net.session, &net.input, 1, "logits", on_score, (gpointer) second,
                               second->layer, NULL, &gradient, &product, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) own = gradient_at (second, &net, 1);
  g_autoptr (WhyTensor) plus = gradient_at (second, &net, 1 + step);
  g_autoptr (WhyTensor) minus = gradient_at (second, &net, 1 - step);
  g_assert_cmpfloat (net_distance (gradient, own, 1e-3), <, 1e-4);
  double most = 0;
  for (gsize at = 0; at < why_tensor_count (plus); at++)
    {
      const double expected =
        (why_tensor_get_f64 (plus, at) - why_tensor_get_f64 (minus, at)) / (2 * step);
      most = MAX (most, fabs (expected));
      why_tensor_set_f64 (plus, at, expected);
    }
  g_assert_cmpfloat (net_distance (product, plus, 1e-3), <, 1e-4);
  if (second->flat)
    g_assert_cmpfloat (most, <, 1e-9);
  else
    g_assert_cmpfloat (most, >, 1e-5);
  why_tensor_unref (gradient);
  why_tensor_unref (product);
  close_net (&net);
}

/* With a score that is linear behind the layer this is Grad-CAM, and says so; with another it is
 * not. */
static void
test_shapley (void)
{
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  g_autoptr (WhyMap) cam = explain (&net, "gradcam", "r3", NULL);
  g_autoptr (WhyMap) linear = explain (&net, "shapleycam", "r3", NULL);
  g_assert_cmpfloat (net_distance (linear->values, cam->values, 1e-6), <, SUM_TOLERANCE);
  g_assert_nonnull (strstr (linear->note, "Grad-CAM"));
  for (WhyScoreKind kind = WHY_SCORE_PROBABILITY; kind <= WHY_SCORE_REST; kind++)
    {
      WhyExplainRequest request = {
        .method = "shapleycam",
        .layer = "r3",
        .score = kind,
        .polarity = WHY_POLARITY_SIGNED,
      };
      g_autoptr (WhyMap) curved = explain_with (&net, &request, NULL);
      request.method = "gradcam";
      g_autoptr (WhyMap) plain = explain_with (&net, &request, NULL);
      g_assert_cmpfloat (net_distance (curved->values, plain->values, 1e-6), >, 1e-3);
      g_assert_cmpfloat_with_epsilon (curved->score, plain->score, 1e-6);
    }
  close_net (&net);
}

/* ---- chance, threads, backends ---- */

static const struct
{
  const char *method;
  const char *layer;
  const char *options;
} all[] = {
  { "scorecam", "r2", NULL },
  { "ablationcam", "r2", NULL },
  { "reciprocam", "r2", NULL },
  { "rise", NULL, "masks=20,cells=4,seed=9" },
  { "occlusion", NULL, "patch=4,stride=3" },
  { "smoothgrad", NULL, "samples=6,seed=9" },
  { "vargrad", NULL, "samples=6,seed=9" },
  { "integrated-gradients", NULL, "steps=9" },
  { "guided-backprop", NULL, NULL },
  { "deconvnet", NULL, NULL },
  { "guided-gradcam", "r2", NULL },
  { "fullgrad", NULL, NULL },
  { "shapleycam", "r2", NULL },
  { "gradient-x-input", NULL, NULL },
};

static void
test_repeatable (void)
{
  for (gsize at = 0; at < G_N_ELEMENTS (all); at++)
    {
      Net net, again, reference;
      open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
      open_net (&again, classifier, WHY_BACKEND_AUTO, 3);
      open_net (&reference, classifier, WHY_BACKEND_REFERENCE, 3);
      g_autoptr (WhyMap) first = explain (&net, all[at].method, all[at].layer, all[at].options);
      g_autoptr (WhyMap) other = explain (&again, all[at].method, all[at].layer, all[at].options);
      g_autoptr (WhyMap) second = explain (&net, all[at].method, all[at].layer, all[at].options);
      g_autoptr (WhyMap) plain =
        explain (&reference, all[at].method, all[at].layer, all[at].options);
      g_assert_true (net_same_bits (first->values, second->values));
      g_assert_true (net_same_bits (first->values, other->values));
      double distance = net_distance (first->values, plain->values, 1e-6);
      if (!(distance < 1e-4))
        g_error ("%s: backends differ by %g", all[at].method, distance);
      close_net (&net);
      close_net (&again);
      close_net (&reference);
    }
}

static void
test_seeds (void)
{
  static const char *const methods[] = { "rise", "smoothgrad", "vargrad" };
  Net net;

  open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
  for (gsize at = 0; at < G_N_ELEMENTS (methods); at++)
    {
      g_autofree char *one = at == 0 ? g_strdup_printf ("masks=10,seed=%d", 1)
                                     : g_strdup_printf ("samples=5,seed=%d", 1);
      g_autofree char *two = at == 0 ? g_strdup_printf ("masks=10,seed=%d", 2)
                                     : g_strdup_printf ("samples=5,seed=%d", 2);
      g_autoptr (WhyMap) a = explain (&net, methods[at], NULL, one);
      g_autoptr (WhyMap) b = explain (&net, methods[at], NULL, two);
      g_assert_cmpfloat (net_distance (a->values, b->values, 1e-6), >, 1e-3);
    }
  close_net (&net);
}

/* ---- progress, maps so far, cancel ---- */

typedef struct
{
  double last;
  guint n_calls;
  guint stop_at; /* 0: never */
  WhyCancel *cancel;
} Watch;

static void
on_progress (double done, gpointer data)
{
  Watch *watch = data;
  g_assert_cmpfloat (done, >, watch->last);
  g_assert_cmpfloat (done, <=, 1);
  watch->last = done;
  watch->n_calls++;
  if (watch->n_calls == watch->stop_at)
    why_cancel_set (watch->cancel);
}

static void
test_progress_and_cancel (void)
{
  for (gsize at = 0; at < G_N_ELEMENTS (all); at++)
    {
      g_autoptr (GError) error = NULL;
      const WhyExplainerClass *klass = why_explainer_lookup (all[at].method, &error);
      if ((klass->needs & WHY_NEEDS_MANY_RUNS) == 0)
        continue;
      Net net;
      open_net (&net, classifier, WHY_BACKEND_AUTO, 3);
      Watch watch = { 0 };
      WhyJob job = { .progress = on_progress, .progress_data = &watch };
      /* So many that they are not all computed at once. */
      const gboolean samples = strstr (all[at].method, "grad") != NULL;
      const char *options = strcmp (all[at].method, "rise") == 0        ? "masks=200"
                            : strcmp (all[at].method, "occlusion") == 0 ? "patch=1,stride=1"
                            : strcmp (all[at].method, "integrated-gradients") == 0 ? "steps=150"
                            : samples                                              ? "samples=150"
                                                                                   : NULL;
      const WhyExplainRequest request = { .method = all[at].method,
                                          .layer = all[at].layer,
                                          .options = options };
      g_autoptr (WhyMap) map = explain_with (&net, &request, &job);
      g_assert_cmpfloat (watch.last, ==, 1);
      if (options != NULL)
        g_assert_cmpuint (watch.n_calls, >, 1);

      g_autoptr (WhyCancel) cancel = why_cancel_new ();
      Watch stopped = { .stop_at = 1, .cancel = cancel };
      WhyExplainResult result;
      job.session = net.session;
      job.input = net.input;
      job.cancel = cancel;
      job.progress_data = &stopped;
      if (options != NULL)
        {
          g_assert_false (why_explain (&request, &job, &result, &error));
          g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
          g_assert_cmpuint (stopped.n_calls, ==, 1);
          g_assert_null (result.map);
        }
      /* The session is as good as new. */
      g_autoptr (WhyMap) again = explain_with (&net, &request, NULL);
      g_assert_true (net_same_bits (map->values, again->values));
      close_net (&net);
    }
}

typedef struct
{
  guint n;
  double last;
} Sketches;

static void
on_partial (WhyMap *map, gpointer data)
{
  Sketches *sketches = data;
  g_assert_cmpint (map->values->rank, ==, 2);
  g_assert_cmpstr (map->method, ==, "rise");
  sketches->last = map->maximum;
  sketches->n++;
}

static void
test_partial (void)
{
  Net net;
  Sketches sketches = { 0 };
  const WhyJob job = { .partial = on_partial, .partial_data = &sketches };
  /* Long enough for some: they come a few times a second. */
  WhyExplainRequest request = { .method = "rise", .options = "masks=2000" };
  const gint64 begin = g_get_monotonic_time ();

  open_net (&net, classifier, WHY_BACKEND_REFERENCE, 3);
  for (guint round = 0; sketches.n == 0 && round < 6; round++)
    {
      g_autoptr (WhyMap) map = explain_with (&net, &request, &job);
      g_assert_cmpfloat (map->maximum, >, 0);
      request.options = round == 0 ? "masks=20000" : "masks=100000";
      if (g_get_monotonic_time () - begin > 20 * G_USEC_PER_SEC)
        break;
    }
  g_assert_cmpuint (sketches.n, >, 0);
  g_assert_cmpfloat (sketches.last, >, 0);
  close_net (&net);
}

/* ---- dense outputs, volumes, lines ---- */

/* The region that was predicted on the whole picture stays the question when the picture is
 * covered. */
static void
test_region_stays (void)
{
  /* A pixel is class 0 where x > 0; class 1 is -x. The score of class 0 is the sum of the positive
   * ones. */
  static const char dense[] = "in x 1,1,2,2; f k 2,1,1,1 1,-1; Conv x,k logits; out logits";
  static const float values[] = { 1, -2, 3, 4 };
  Net net;

  open_net (&net, dense, WHY_BACKEND_AUTO, 1);
  set_values (&net, values);
  g_autoptr (WhyMap) map = explain (&net, "occlusion", NULL, "patch=1,stride=1");
  expect_values (map, (const double[]){ 1, 0, 3, 4 }, 4);
  g_assert_cmpfloat_with_epsilon (map->score, 8, 1e-6);
  close_net (&net);
}

static const char volume_net[] = "in x 1,2,4,6,6; w a 4,2,3,3,3; w ab 4; Conv x,a,ab c1 "
                                 "pads=[1,1,1,1,1,1]; Relu c1 r2; GlobalAveragePool r2 g; "
                                 "Flatten g f0; w head 4,3; MatMul f0,head logits; out logits";
static const char line_net[] =
  "in x 1,2,16; w a 4,2,3; w ab 4; Conv x,a,ab c1 pads=[1,1]; Relu c1 r2; "
  "GlobalAveragePool r2 g; Flatten g f0; w head 4,3; MatMul f0,head logits; out logits";

static void
test_other_ranks (gconstpointer text)
{
  Net net;

  open_net (&net, text, WHY_BACKEND_AUTO, 3);
  for (gsize at = 0; at < G_N_ELEMENTS (all); at++)
    {
      g_autoptr (WhyMap) map = explain (&net, all[at].method, all[at].layer, all[at].options);
      g_assert_cmpint (map->values->rank, ==, net.input->rank - 2);
      g_assert_cmpuint (map->n_not_finite, ==, 0);
      if (strcmp (all[at].method, "integrated-gradients") != 0 && map->has_residual)
        g_assert_cmpfloat (fabs (map->residual), <, SUM_TOLERANCE);
    }
  close_net (&net);
}

/* ---- what cannot run ---- */

static void
expect_failure (
  const char *text, const char *method, const char *layer, const char *options, const char *part)
{
  Net net;
  g_autoptr (GError) error = NULL;
  WhyExplainResult result;

  open_net (&net, text, WHY_BACKEND_AUTO, 3);
  const WhyExplainRequest request = { .method = method, .layer = layer, .options = options };
  const WhyJob job = { .session = net.session, .input = net.input };
  g_assert_false (why_explain (&request, &job, &result, &error));
  if (strstr (error->message, part) == NULL)
    g_error ("expected '%s' in: %s", part, error->message);
  close_net (&net);
}

static void
test_errors (void)
{
  expect_failure (smooth_net, "guided-backprop", NULL, NULL,
                  "changes the gradient of ReLU, and this network has none (it has Tanh)");
  expect_failure (smooth_net, "deconvnet", NULL, NULL, "integrated-gradients can be used instead");
  expect_failure (smooth_net, "guided-gradcam", "t1", NULL, "this network has none");
  expect_failure (classifier, "occlusion", NULL, "patch=2,stride=3",
                  "Windows of 2 pixels that lie 3 apart leave gaps");
  expect_failure (classifier, "rise", NULL, "masks=0", "takes a whole number from 1 to 1000000");
  expect_failure (classifier, "smoothgrad", NULL, "sample=3", "has no option 'sample'");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  why_parallel_set_threads (1);
  g_test_add_func ("/many/toy/ablation", test_ablation_toy);
  g_test_add_func ("/many/toy/recipro", test_recipro_toy);
  g_test_add_func ("/many/toy/score", test_score_toy);
  g_test_add_func ("/many/toy/occlusion", test_occlusion_toy);
  g_test_add_func ("/many/toy/rise", test_rise_toy);
  g_test_add_func ("/many/toy/fullgrad", test_fullgrad_toy);
  g_test_add_func ("/many/occlusion/windows", test_occlusion_windows);
  g_test_add_data_func ("/many/integrated/gauss", "steps=1000", test_integrated_complete);
  g_test_add_data_func ("/many/integrated/trapezoid", "steps=1000,rule=trapezoid",
                        test_integrated_complete);
  g_test_add_func ("/many/integrated/smooth", test_integrated_smooth);
  g_test_add_data_func ("/many/fullgrad/complete", GINT_TO_POINTER (WHY_BACKEND_AUTO),
                        test_fullgrad_complete);
  g_test_add_data_func ("/many/fullgrad/complete-reference",
                        GINT_TO_POINTER (WHY_BACKEND_REFERENCE), test_fullgrad_complete);
  g_test_add_func ("/many/fullgrad/gate", test_fullgrad_gate);
  g_test_add_func ("/many/gradient-x-input", test_gradient_x_input);
  g_test_add_func ("/many/rules", test_rules);
  g_test_add_func ("/many/guided-gradcam", test_guided_gradcam);
  g_test_add_func ("/many/noisy", test_noisy);
  for (gsize at = 0; at < G_N_ELEMENTS (seconds); at++)
    {
      g_autofree char *differences = g_strdup_printf ("/many/second/differences/%zu", at);
      g_autofree char *engine = g_strdup_printf ("/many/second/engine/%zu", at);
      g_test_add_data_func (differences, &seconds[at], test_second_differences);
      g_test_add_data_func (engine, &seconds[at], test_second_engine);
    }
  g_test_add_func ("/many/shapley", test_shapley);
  g_test_add_func ("/many/repeatable", test_repeatable);
  g_test_add_func ("/many/seeds", test_seeds);
  g_test_add_func ("/many/progress-and-cancel", test_progress_and_cancel);
  g_test_add_func ("/many/partial", test_partial);
  g_test_add_func ("/many/region-stays", test_region_stays);
  g_test_add_data_func ("/many/ranks/volume", volume_net, test_other_ranks);
  g_test_add_data_func ("/many/ranks/line", line_net, test_other_ranks);
  g_test_add_func ("/many/errors", test_errors);
  return g_test_run ();
}
