#include "config.h"

#include "base/error.h"
#include "explain/noise.h"
#include "measure/faithfulness.h"
#include "measure/overlap.h"
#include "measure/resolution.h"
#include "measure/sanity.h"
#include "measure/shapley.h"
#include "measure/similarity.h"
#include "measure/truth.h"
#include "net-text.h"

#include <math.h>
#include <string.h>

/* Measures against their definitions, written out plainly here, and against examples worked by hand. */

static const char classifier[] =
  "in x 1,3,48,48; w a 6,3,3,3 0.5; w ab 6 0.5; Conv x,a,ab c1 pads=[1,1,1,1]; w s 6; w t 6 0.5; w m 6 0.2; p v 6;"
  "BatchNormalization c1,s,t,m,v n1; Relu n1 r1; MaxPool r1 p1 kernel_shape=[2,2] strides=[2,2]; "
  "w b 8,6,3,3 0.4; w bb 8 0.5; Conv p1,b,bb c2 pads=[1,1,1,1] strides=[2,2]; Relu c2 r2; GlobalAveragePool r2 g; "
  "Flatten g flat; w head 8,5; w hb 5; Gemm flat,head,hb logits; Softmax logits out1 axis=1; out out1";

/* The probability of class 0 is the sigmoid of eight times the picture's mean. */
static const char mean_net[] = "in x 1,1,2,2; GlobalAveragePool x g; Flatten g f0; f head 1,2 4,-4; MatMul f0,head logits; "
                               "Softmax logits p axis=1; out p";

static WhyTensor *
tensor_2d (gint64 height, gint64 width, const float *values)
{
  const gint64 dims[] = { height, width };
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);

  memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

static WhyTensor *
mask_2d (gint64 height, gint64 width, const guint8 *values)
{
  const gint64 dims[] = { height, width };
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, NULL);

  memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

static WhyTensor *
noise_2d (gint64 height, gint64 width, guint32 seed)
{
  const gint64 dims[] = { height, width };
  return net_random (seed, 2, dims);
}

static WhyMap *
map_of (gint64 height, gint64 width, const float *values)
{
  const WhyAffine identity = why_affine_identity ();
  return why_map_new (tensor_2d (height, width, values), &identity, "gradcam", NULL, "relu", "paper");
}

/* ---- similarity ---- */

static void
test_rank_correlation (void)
{
  /* Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5, variances 4.5 and 5. */
  const float a[] = { 1, 2, 2, 30 }, b[] = { 10, 12, 11, 13 };
  const float falling[] = { 9, 5, 4, 1 }, rising[] = { 1, 2, 3, 4 }, same[] = { 7, 7, 7, 7 };
  const float gap[] = { 1, NAN, 3, 4 }, mirrored[] = { -1, 2, -3, 4 };

  g_assert_cmpfloat_with_epsilon (why_similarity_spearman (a, b, 4, FALSE), 4.5 / sqrt (22.5), 1e-12);
  g_assert_cmpfloat_with_epsilon (why_similarity_spearman (rising, falling, 4, FALSE), -1, 1e-12);
  g_assert_cmpfloat_with_epsilon (why_similarity_spearman (rising, gap, 4, FALSE), 1, 1e-12);
  g_assert_true (isnan (why_similarity_spearman (rising, same, 4, FALSE)));
  g_assert_cmpfloat (why_similarity_spearman (rising, mirrored, 4, FALSE), <, 0.9);
  g_assert_cmpfloat_with_epsilon (why_similarity_spearman (rising, mirrored, 4, TRUE), 1, 1e-12);
  /* Means 2.5 and 4.75, covariance -12.5, variances 5 and 32.75. */
  g_assert_cmpfloat_with_epsilon (why_similarity_pearson (rising, falling, 4), -12.5 / sqrt (5 * 32.75), 1e-12);
}

static double
plain_ssim (const WhyTensor *a, const WhyTensor *b, double range)
{
  const double c1 = 1e-4 * range * range, c2 = 9e-4 * range * range;
  const gint64 width = a->dims[1];
  double total = 0, count = 0;

  for (gint64 row = 3; row < a->dims[0] - 3; row++)
    for (gint64 column = 3; column < width - 3; column++)
      {
        double mean_a = 0, mean_b = 0, var_a = 0, var_b = 0, cov = 0;
        for (gint64 h = row - 3; h <= row + 3; h++)
          for (gint64 w = column - 3; w <= column + 3; w++)
            {
              mean_a += (double) ((float *) a->data)[h * width + w] / 49;
              mean_b += (double) ((float *) b->data)[h * width + w] / 49;
            }
        for (gint64 h = row - 3; h <= row + 3; h++)
          for (gint64 w = column - 3; w <= column + 3; w++)
            {
              const double da = (double) ((float *) a->data)[h * width + w] - mean_a;
              const double db = (double) ((float *) b->data)[h * width + w] - mean_b;
              var_a += da * da / 48;
              var_b += db * db / 48;
              cov += da * db / 48;
            }
        total += (2 * mean_a * mean_b + c1) * (2 * cov + c2) /
                 ((mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2));
        count++;
      }
  return total / count;
}

static void
test_ssim (void)
{
  g_autoptr (WhyTensor) a = noise_2d (19, 23, 1);
  g_autoptr (WhyTensor) b = noise_2d (19, 23, 2);
  g_autoptr (WhyTensor) small_a = noise_2d (6, 23, 1);

  for (gsize at = 0; at < why_tensor_count (b); at++)
    ((float *) b->data)[at] = 0.5f * ((float *) b->data)[at] + 0.5f * ((float *) a->data)[at];
  /* The sums of a window are carried along a row: rounding of some hundred additions in double. */
  g_assert_cmpfloat_with_epsilon (why_similarity_ssim (a, b, 2), plain_ssim (a, b, 2), 1e-9);
  g_assert_cmpfloat_with_epsilon (why_similarity_ssim (a, a, 2), 1, 1e-9);
  g_assert_true (isnan (why_similarity_ssim (small_a, small_a, 2)));
}

static void
test_hog (void)
{
  const gint64 dims[] = { 80, 80 };
  g_autoptr (WhyTensor) ramp = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);
  g_autoptr (WhyTensor) turned = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);
  gsize n;

  for (gint64 row = 0; row < 80; row++)
    for (gint64 column = 0; column < 80; column++)
      {
        ((float *) ramp->data)[row * 80 + column] = (float) (3 * column);
        ((float *) turned->data)[row * 80 + column] = (float) (3 * row);
      }
  /* 5 x 5 cells make 3 x 3 blocks. All nine cells of the middle one are alike: 1/3 each, clipped to 0.2, and 1/3 again when
   * that is normalised. To the right is orientation 0; downwards, 90 degrees, the fifth of nine. */
  g_autofree float *hog = why_similarity_hog (ramp, 16, &n);
  g_assert_cmpuint (n, ==, 9 * 81);
  for (int number = 0; number < 81; number++)
    g_assert_cmpfloat_with_epsilon (hog[4 * 81 + number], number % 9 == 0 ? 1.0 / 3 : 0.0, 1e-6);
  g_autofree float *down = why_similarity_hog (turned, 16, &n);
  for (int number = 0; number < 81; number++)
    g_assert_cmpfloat_with_epsilon (down[4 * 81 + number], number % 9 == 4 ? 1.0 / 3 : 0.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (why_similarity_hogs (ramp, ramp), 1, 1e-12);
  g_assert_cmpfloat (why_similarity_hogs (ramp, turned), <, 0);
  g_assert_null (why_similarity_hog (ramp, 32, &n));
}

/* ---- truth ---- */

static const gint64 truth_side = 4;
static const guint8 truth_inside[] = { 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0 };

static WhyTruthScore
truth_of (const float *values, double reach)
{
  g_autoptr (WhyTensor) map = tensor_2d (truth_side, truth_side, values);
  g_autoptr (WhyTensor) mask = mask_2d (truth_side, truth_side, truth_inside);
  const double both[] = { reach, reach };
  g_autoptr (GError) error = NULL;
  WhyTruthScore score;

  g_assert_true (why_truth_score (map, mask, both, &score, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (score.n_inside, ==, 4);
  g_assert_cmpfloat_with_epsilon (score.expected, 0.25, 1e-12);
  return score;
}

static void
test_truth_maps (void)
{
  float perfect[16], inverted[16], blank[16] = { 0 }, flat[16], corner[16] = { 0 };

  for (int cell = 0; cell < 16; cell++)
    {
      perfect[cell] = truth_inside[cell] != 0 ? 2 : 0;
      inverted[cell] = -perfect[cell];
      flat[cell] = 1;
    }
  corner[0] = 3;
  corner[5] = 1;

  WhyTruthScore score = truth_of (perfect, 0);
  g_assert_cmpfloat_with_epsilon (score.pointing, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.energy, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.best_iou, 1, 1e-12);
  g_assert_false (why_truth_sign_is_right (&score));

  score = truth_of (inverted, 0);
  g_assert_false (score.has_evidence);
  g_assert_cmpfloat_with_epsilon (score.pointing + score.energy + score.best_iou, 0, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.mean_inside, -2, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.mean_outside, 0, 1e-12);
  g_assert_true (why_truth_sign_is_right (&score));

  score = truth_of (blank, 0);
  g_assert_false (score.has_evidence);
  g_assert_cmpfloat_with_epsilon (score.pointing + score.energy + score.best_iou, 0, 1e-12);
  g_assert_false (why_truth_sign_is_right (&score));

  /* A map that says nothing points as well as chance does, and a negative one knows of no sign. */
  score = truth_of (flat, 0);
  g_assert_cmpfloat_with_epsilon (score.pointing, 0.25, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.energy, 0.25, 1e-12);
  for (int cell = 0; cell < 16; cell++)
    flat[cell] = -1;
  score = truth_of (flat, 0);
  g_assert_false (why_truth_sign_is_right (&score));

  /* The peak lies at the corner of the structure: outside, and within a reach of one. */
  score = truth_of (corner, 0.9);
  g_assert_cmpfloat_with_epsilon (score.pointing, 0, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.energy, 0.25, 1e-12);
  score = truth_of (corner, 1);
  g_assert_cmpfloat_with_epsilon (score.pointing, 1, 1e-12);
}

/* Cells of 2 x 2 x 2 voxels; the peak of one lies in the second slice and nowhere in the first. */
static void
test_truth_volume (void)
{
  const gint64 cells[] = { 2, 1, 1 }, dims[] = { 4, 2, 2 };
  const WhyAffine cell = why_affine_scale_translate (2, 2, 0, 0);
  const double reach[] = { 0, 0, 0 };
  g_autoptr (GError) error = NULL;
  WhyTensor *values = why_tensor_new (WHY_DTYPE_FLOAT32, 3, cells, NULL);
  g_autoptr (WhyTensor) mask = why_tensor_new_zeros (WHY_DTYPE_UINT8, 3, dims, NULL);
  WhyTruthScore score;

  ((float *) values->data)[0] = -1;
  ((float *) values->data)[1] = 3;
  g_autoptr (WhyMap) map = why_map_new (values, &cell, "gradcam", "layer", "signed", "paper");
  g_autoptr (WhyTensor) spread = why_truth_spread (map, &cell, 2, 0, 3, dims, NULL, &error);
  g_assert_no_error (error);
  /* Linear between the centres at depth 1 and 3; the value beyond them is that of the last cell. */
  const double expected[] = { -1, 0, 2, 3 };
  for (gsize voxel = 0; voxel < 16; voxel++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (spread, voxel), expected[voxel / 4], 1e-6);

  memset ((guint8 *) mask->data + 12, 1, 4);
  g_assert_true (why_truth_score (spread, mask, reach, &score, NULL, &error));
  g_assert_cmpfloat_with_epsilon (score.pointing, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.energy, 0.6, 1e-6);
  memset (mask->data, 0, 16);
  memset (mask->data, 1, 4);
  g_assert_true (why_truth_score (spread, mask, reach, &score, NULL, &error));
  g_assert_cmpfloat_with_epsilon (score.pointing, 0, 1e-12);
  g_assert_true (why_truth_sign_is_right (&score));
  g_assert_null (why_truth_spread (map, &cell, 2, 0, 2, dims, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
}

/* By hand. The mask is the block of 2 x 2 in the middle of 4 x 4. Sums: inside 1 + 2 + 0 + 0, outside 3 + 4 - 5: of the positive
 * values 3 of 10 lie inside. Of thresholds, at most 1 leaves {1, 2, 3, 4}: 2 of a union of 6; above 1 and at most 2 leaves {2, 3,
 * 4}: 1 of 6. */
static void
test_truth_by_hand (void)
{
  const float values[] = { 3, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, -5, 0, 4 };
  WhyTruthScore score = truth_of (values, 0);

  g_assert_true (score.has_evidence);
  g_assert_cmpfloat_with_epsilon (score.pointing, 0, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.expected_pointing, 0.25, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.energy, 0.3, 1e-6);
  g_assert_cmpfloat_with_epsilon (score.best_iou, 2.0 / 6, 1e-6);
  g_assert_cmpfloat_with_epsilon (score.mean_inside, 0.75, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.mean_outside, 2.0 / 12, 1e-12);
  g_assert_false (why_truth_sign_is_right (&score));

  /* One pixel further is the whole picture, in which the peak lies as well. */
  score = truth_of (values, 1);
  g_assert_cmpfloat_with_epsilon (score.pointing, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.expected_pointing, 1, 1e-12);

  /* Two peaks, one inside: half. Where the network does not see, chance has no place either. */
  float seen[16] = { 0 };
  seen[0] = seen[5] = 7;
  for (int column = 0; column < 4; column++)
    seen[12 + column] = NAN;
  g_autoptr (WhyTensor) map = tensor_2d (truth_side, truth_side, seen);
  g_autoptr (WhyTensor) mask = mask_2d (truth_side, truth_side, truth_inside);
  const double reach[] = { 0, 0 };
  g_assert_true (why_truth_score (map, mask, reach, &score, NULL, NULL));
  g_assert_cmpfloat_with_epsilon (score.pointing, 0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (score.expected_pointing, 4.0 / 12, 1e-12);
}

/* Of a line with one position set, a reach along this axis alone: slices, rows and columns are told apart. */
static void
test_truth_reach (void)
{
  const gint64 dims[] = { 3, 5, 7 };
  g_autoptr (GError) error = NULL;
  WhyTruthScore score;

  for (int axis = 0; axis < 3; axis++)
    {
      g_autoptr (WhyTensor) map = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 3, dims, NULL);
      g_autoptr (WhyTensor) mask = why_tensor_new_zeros (WHY_DTYPE_UINT8, 3, dims, NULL);
      double reach[] = { 0, 0, 0 };
      const gsize steps[] = { 35, 7, 1 };
      const gsize middle = 35 + 2 * 7 + 3;
      ((guint8 *) mask->data)[middle] = 1;
      ((float *) map->data)[middle + steps[axis]] = 1;

      g_assert_true (why_truth_score (map, mask, reach, &score, NULL, &error));
      g_assert_cmpfloat_with_epsilon (score.pointing, 0, 1e-12);
      reach[axis] = 1;
      g_assert_true (why_truth_score (map, mask, reach, &score, NULL, &error));
      g_assert_cmpfloat_with_epsilon (score.pointing, 1, 1e-12);
      g_assert_cmpfloat_with_epsilon (score.expected_pointing, 3.0 / 105, 1e-12);
      reach[axis] = 0;
      reach[(axis + 1) % 3] = 1;
      g_assert_true (why_truth_score (map, mask, reach, &score, NULL, &error));
      g_assert_cmpfloat_with_epsilon (score.pointing, 0, 1e-12);
    }
  g_assert_no_error (error);
}

/* Wilson's interval with z = 1.96: of 9 in 10 (0.9 + 0.192 -+ sqrt (0.09 * 0.384 + 0.192^2)) / 1.384; of 10 in 10 from 1 / 1.384. */
static void
test_truth_interval (void)
{
  double low, high;

  why_truth_interval (0.9, 10, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, 0.5958, 1e-3);
  g_assert_cmpfloat_with_epsilon (high, 0.9821, 1e-3);
  why_truth_interval (1, 10, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, 0.7225, 1e-3);
  g_assert_cmpfloat_with_epsilon (high, 1, 1e-12);
  why_truth_interval (NAN, 0, &low, &high);
  g_assert_cmpfloat (low, ==, 0);
  g_assert_cmpfloat (high, ==, 1);
}

/* ---- overlap ---- */

static void
test_overlap_by_hand (void)
{
  const float values[] = { 8, 6, 0, 0, 4, 2, 0, -2, 0, 0, 0, 0 };
  const guint8 inside[] = { 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0 };
  g_autoptr (WhyTensor) map = tensor_2d (3, 4, values);
  g_autoptr (WhyTensor) mask = mask_2d (3, 4, inside);
  WhyOverlapOptions options = { .threshold = 0.5 };
  WhyOverlap overlap;
  g_autoptr (GError) error = NULL;

  g_assert_true (why_overlap_measure (map, mask, &options, &overlap, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (overlap.n_mask, ==, 3);
  /* At least 4: 8, 6, 4; of these 8 and 4 inside; the union has 6 too, and the pixel of -2. */
  g_assert_cmpfloat_with_epsilon (overlap.iou, 2.0 / 4, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.precision, 2.0 / 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.recall, 2.0 / 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.area, 3.0 / 12, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.energy, 12.0 / 20, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.expected, 3.0 / 12, 1e-12);
  g_assert_true (overlap.hit);
  g_assert_cmpfloat (overlap.peak_x, ==, 0.5);
  g_assert_cmpfloat (overlap.peak_y, ==, 0.5);
  /* 8 alone: 1/3; with 6: 1/4; with 4: 2/4; with 2: 2/5. Best from a threshold above 2/8 on. */
  g_assert_cmpfloat_with_epsilon (overlap.curve[100], 1.0 / 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.curve[75], 1.0 / 4, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.curve[25], 2.0 / 5, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.curve[0], 2.0 / 5, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.best_iou, 0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (overlap.best_threshold, 0.26, 1e-12);
  /* Three largest are 8, 6, 4. */
  g_assert_cmpfloat_with_epsilon (overlap.rank_accuracy, 2.0 / 3, 1e-12);

  /* Against: the only evidence against is at the pixel of -2, which is inside. */
  options.against = TRUE;
  g_assert_true (why_overlap_measure (map, mask, &options, &overlap, NULL, &error));
  g_assert_cmpfloat (overlap.energy, ==, 1);
  g_assert_cmpfloat_with_epsilon (overlap.iou, 1.0 / 3, 1e-12);
  g_assert_true (overlap.hit);
}

static void
test_overlap_peak (void)
{
  const float values[] = { 0, 0, 5, 0, 0, NAN, -1, 0 };
  const guint8 inside[] = { 1, 0, 0, 0, 0, 1, 0, 0 };
  const float below[] = { -1, -2, -3, -1, -1, -1, -1, -1 };
  g_autoptr (WhyTensor) map = tensor_2d (1, 8, values);
  g_autoptr (WhyTensor) mask = mask_2d (1, 8, inside);
  g_autoptr (WhyTensor) negative = tensor_2d (1, 8, below);
  g_autoptr (WhyTensor) other = tensor_2d (2, 4, values);
  WhyOverlapOptions options = { .tolerance = 1 };
  WhyOverlap overlap;
  g_autoptr (GError) error = NULL;

  g_assert_true (why_overlap_measure (map, mask, &options, &overlap, NULL, NULL));
  g_assert_false (overlap.hit);
  g_assert_cmpuint (overlap.n_mask_unseen, ==, 1);
  g_assert_cmpuint (overlap.n_pixels, ==, 7);
  options.tolerance = 2;
  g_assert_true (why_overlap_measure (map, mask, &options, &overlap, NULL, NULL));
  g_assert_true (overlap.hit);
  g_assert_true (why_overlap_measure (negative, mask, &options, &overlap, NULL, NULL));
  g_assert_false (overlap.has_evidence);
  g_assert_false (overlap.hit);
  g_assert_true (isnan (overlap.energy));
  g_assert_cmpfloat (overlap.best_iou, ==, 0);
  g_assert_false (why_overlap_measure (other, mask, &options, &overlap, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
}

/* Values with many ties; every figure from its definition. */
static void
test_overlap_by_definition (void)
{
  const gint64 n = 21 * 17;
  g_autoptr (WhyTensor) map = noise_2d (21, 17, 5);
  guint8 inside[21 * 17];
  float *values = map->data;
  const WhyOverlapOptions options = { .threshold = 0.37 };
  WhyOverlap overlap;

  for (gint64 at = 0; at < n; at++)
    {
      values[at] = roundf (20 * values[at]);
      inside[at] = (guint8) (why_noise_uniform (3, (guint64) at) * 20 + (double) values[at] > 15 ? 3 : 0);
    }
  g_autoptr (WhyTensor) mask = mask_2d (21, 17, inside);
  g_assert_true (why_overlap_measure (map, mask, &options, &overlap, NULL, NULL));

  double top = 0, pairs = 0, right = 0, precision = 0, n_mask = 0;
  for (gint64 at = 0; at < n; at++)
    {
      top = MAX (top, (double) values[at]);
      n_mask += inside[at] != 0;
    }
  for (gint64 step = 0; step <= WHY_OVERLAP_STEPS; step++)
    {
      double both = 0, either = 0;
      for (gint64 at = 0; at < n; at++)
        {
          const gboolean over = values[at] > 0 && (double) values[at] >= top * (double) step / WHY_OVERLAP_STEPS;
          both += over && inside[at] != 0;
          either += over || inside[at] != 0;
        }
      g_assert_cmpfloat_with_epsilon (overlap.curve[step], both / either, 1e-12);
    }
  g_assert_cmpfloat_with_epsilon (overlap.iou, overlap.curve[37], 1e-12);
  for (gint64 at = 0; at < n; at++)
    {
      double above = 0, above_inside = 0;
      for (gint64 other = 0; inside[at] != 0 && other < n; other++)
        {
          pairs += inside[other] == 0;
          if (inside[other] == 0)
            right += values[at] > values[other] ? 1 : values[at] == values[other] ? 0.5 : 0;
          above += values[other] >= values[at];
          above_inside += values[other] >= values[at] && inside[other] != 0;
        }
      precision += inside[at] != 0 ? above_inside / above / n_mask : 0;
    }
  g_assert_cmpfloat_with_epsilon (overlap.roc_auc, right / pairs, 1e-9);
  g_assert_cmpfloat_with_epsilon (overlap.average_precision, precision, 1e-9);
}

static void
test_spread (void)
{
  const float values[] = { 0, 4, 8, 12 };
  g_autoptr (WhyMap) map = map_of (2, 2, values);
  const WhyAffine to_source = why_affine_scale_translate (4, 4, 2, 0);
  g_autoptr (WhyTensor) smooth = why_overlap_spread (map, &to_source, TRUE, 12, 8, NULL, NULL);
  g_autoptr (WhyTensor) cells = why_overlap_spread (map, &to_source, FALSE, 12, 8, NULL, NULL);
  const float *pixels = smooth->data, *blocks = cells->data;

  /* Columns 0, 1, 10 and 11 lie beside the map. Column 4 has its centre at 2.5 / 4 cells, row 2 likewise. */
  g_assert_true (isnan (pixels[0]) && isnan (pixels[1]) && isnan (pixels[10]) && isnan (pixels[11]));
  g_assert_cmpfloat (pixels[2], ==, 0);
  g_assert_cmpfloat_with_epsilon (pixels[4], 4 * 0.125, 1e-6);
  g_assert_cmpfloat_with_epsilon (pixels[2 * 12 + 4], 4 * 0.125 + 8 * 0.125, 1e-6);
  g_assert_cmpfloat (pixels[7 * 12 + 9], ==, 12);
  g_assert_cmpfloat (blocks[3 * 12 + 5], ==, 0);
  g_assert_cmpfloat (blocks[3 * 12 + 6], ==, 4);
  g_assert_cmpfloat (blocks[4 * 12 + 5], ==, 8);
}

/* ---- faithfulness ---- */

static void
test_imputation (void)
{
  float plane[2 * 12 * 14], out[2 * 12 * 14];
  guint8 removed[12 * 14] = { 0 };
  g_autoptr (GError) error = NULL;

  /* A plane meets the equations wherever no neighbour is missing. */
  for (int at = 0; at < 12 * 14; at++)
    {
      const int row = at / 14, column = at % 14;
      plane[at] = (float) (2 * row + 3 * column);
      plane[12 * 14 + at] = 1;
      removed[at] = row > 2 && row < 9 && column > 0 && column < 12;
    }
  g_assert_true (why_impute_linear (plane, 2, 12, 14, removed, 0, 0, out, NULL, &error));
  for (int at = 0; at < 2 * 12 * 14; at++)
    g_assert_cmpfloat_with_epsilon (out[at], plane[at], 1e-2); /* the residual is 1e-4 of values up to 63 */
  /* At the border the weights of those that exist are divided by their sum. */
  const float line[] = { 6, 0, 3 };
  const guint8 end[] = { 0, 1, 0 };
  g_assert_true (why_impute_linear (line, 1, 1, 3, end, 0, 0, out, NULL, &error));
  g_assert_cmpfloat_with_epsilon (out[1], 4.5, 1e-4);
  /* Nothing left to go by: the mean. */
  const guint8 all[] = { 1, 1, 1 };
  g_assert_true (why_impute_linear (line, 1, 1, 3, all, 0, 0, out, NULL, &error));
  g_assert_cmpfloat_with_epsilon (out[2], 3, 1e-6);
}

static double
sigmoid (double z)
{
  return 1 / (1 + exp (-z));
}

static void
test_deletion_and_insertion (void)
{
  const float picture[] = { 0.1f, 0.4f, -0.2f, 0.3f }, order[] = { 2, 4, -1, 3 };
  g_autoptr (WhyOnnxModel) model = net_load (mean_net);
  g_autoptr (WhySession) session = why_session_new (model, NULL, NULL);
  g_autoptr (GPtrArray) inputs = net_inputs (mean_net, 1);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  g_autoptr (WhyMap) map = map_of (2, 2, order);
  const WhyExplainRequest request = { .method = "gradcam", .target_class = 0 };
  const WhyFaithfulnessOptions options = { .removal = WHY_REMOVAL_ZERO, .n_steps = 4, .n_controls = 2, .seed = 7 };
  WhyJob job = { .session = session, .input = input };
  WhyFaithfulness first, second;
  g_autoptr (GError) error = NULL;

  memcpy (input->data, picture, sizeof picture);
  g_assert_true (why_faithfulness_measure (&request, &job, map, &options, &first, &error));
  g_assert_no_error (error);
  /* Taken away 0.4, 0.3, 0.1, -0.2, in this order; the score is sigmoid (2 * sum). */
  const double left[] = { 0.6, 0.2, -0.1, -0.2, 0 }, given[] = { 0, 0.4, 0.7, 0.8, 0.6 };
  double area = 0;
  g_assert_cmpuint (first.deletion.n, ==, 5);
  for (int step = 0; step < 5; step++)
    {
      g_assert_cmpfloat_with_epsilon (first.deletion.fractions[step], step / 4.0, 1e-12);
      g_assert_cmpfloat_with_epsilon (first.deletion.scores[step], sigmoid (2 * left[step]), 1e-5);
      g_assert_cmpfloat_with_epsilon (first.insertion.scores[step], sigmoid (2 * given[step]), 1e-5);
      area += (step == 0 || step == 4 ? 0.125 : 0.25) * sigmoid (2 * left[step]);
    }
  g_assert_cmpfloat_with_epsilon (first.deletion.auc, area, 1e-5);
  /* This map is the best order there is, which chance cannot beat. */
  g_assert_cmpfloat (first.control_deletion_low, >=, first.deletion.auc - 1e-6);
  g_assert_cmpfloat (first.control_insertion_high, <=, first.insertion.auc + 1e-6);
  g_assert_true (why_faithfulness_measure (&request, &job, map, &options, &second, &error));
  g_assert_cmpmem (&first, sizeof first, &second, sizeof second);

  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  why_cancel_set (cancel);
  job.cancel = cancel;
  g_assert_false (why_faithfulness_measure (&request, &job, map, &options, &second, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
}

static void
test_road (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (classifier);
  g_autoptr (WhySession) session = why_session_new (model, NULL, NULL);
  g_autoptr (GPtrArray) inputs = net_inputs (classifier, 3);
  const WhyJob job = { .session = session, .input = g_ptr_array_index (inputs, 0) };
  WhyExplainRequest request = { .method = "gradcam", .layer = "r2", .target_class = 2, .polarity = WHY_POLARITY_SIGNED };
  WhyExplainResult result;
  WhyRoad road, turned;
  g_autoptr (GError) error = NULL;

  g_assert_true (why_explain (&request, &job, &result, &error));
  g_assert_true (why_faithfulness_road (&request, &job, result.map, 1, &road, &error));
  g_assert_no_error (error);
  for (gsize cell = 0; cell < why_tensor_count (result.map->values); cell++)
    ((float *) result.map->values->data)[cell] *= -1;
  g_assert_true (why_faithfulness_road (&request, &job, result.map, 1, &turned, &error));
  why_explain_result_clear (&result);
  /* Most relevant first by the one is least relevant first by the other. */
  for (int step = 0; step < WHY_ROAD_STEPS; step++)
    g_assert_cmpfloat_with_epsilon (road.most[step], turned.least[step], 1e-4);
  g_assert_cmpfloat_with_epsilon (road.combined, -turned.combined, 1e-4);
  g_assert_cmpfloat (fabs (road.combined), >, 0);
  request.target_class = 9;
  g_autoptr (WhyMap) map = map_of (2, 2, (const float[]){ 1, 2, 3, 4 });
  g_assert_false (why_faithfulness_road (&request, &job, map, 1, &road, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
}

/* ---- Shapley ---- */

static gboolean
gloves (guint players, double *value, gpointer data, GError **error)
{
  *value = (players & 1) != 0 && (players & 6) != 0 ? 1 : 0;
  return TRUE;
}

static gboolean
weigh_and_boost (guint players, double *value, gpointer data, GError **error)
{
  *value = 5 + 1 * (players & 1) + 2 * (players >> 1 & 1) + ((players & 3) == 3 ? 4 : 0);
  return TRUE;
}

static void
test_shapley (void)
{
  double shares[3], none, all;
  g_autoptr (GError) error = NULL;

  /* One left glove and two right ones: 2/3, 1/6, 1/6. */
  g_assert_true (why_shapley_exact (3, gloves, NULL, shares, &none, &all, NULL, NULL, NULL, &error));
  g_assert_cmpfloat_with_epsilon (shares[0], 2.0 / 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (shares[1], 1.0 / 6, 1e-12);
  g_assert_cmpfloat_with_epsilon (shares[2], 1.0 / 6, 1e-12);
  g_assert_cmpfloat (none, ==, 0);
  g_assert_cmpfloat (all, ==, 1);
  /* What two achieve only together is halved between them; who does nothing gets nothing. */
  g_assert_true (why_shapley_exact (3, weigh_and_boost, NULL, shares, &none, &all, NULL, NULL, NULL, &error));
  g_assert_cmpfloat_with_epsilon (shares[0], 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (shares[1], 4, 1e-12);
  g_assert_cmpfloat_with_epsilon (shares[2], 0, 1e-12);
  g_assert_false (why_shapley_exact (13, gloves, NULL, shares, NULL, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
}

/* ---- other weights ---- */

static WhyTensor *
weights_named (const WhyOnnxModel *model, const char *name)
{
  for (gsize index = 0; index < model->graph->n_initializers; index++)
    if (strcmp (model->graph->initializers[index].name, name) == 0)
      return model->graph->initializers[index].tensor;
  g_assert_not_reached ();
}

static int
compare_floats (const void *a, const void *b)
{
  const float x = *(const float *) a, y = *(const float *) b;
  return (x > y) - (x < y);
}

static void
expect_permuted (WhyTensor *a, WhyTensor *b)
{
  g_autoptr (WhyTensor) x = why_tensor_copy (a, NULL);
  g_autoptr (WhyTensor) y = why_tensor_copy (b, NULL);

  g_assert_false (memcmp (x->data, y->data, x->n_bytes) == 0);
  qsort (x->data, why_tensor_count (x), sizeof (float), compare_floats);
  qsort (y->data, why_tensor_count (y), sizeof (float), compare_floats);
  g_assert_cmpmem (x->data, x->n_bytes, y->data, y->n_bytes);
}

static void
test_redraw (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (classifier);
  g_autoptr (WhyWeights) weights = why_weights_find (model, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (why_weights_n_layers (weights), ==, 3);
  g_autoptr (WhyOnnxModel) top = why_weights_redraw (weights, 1, WHY_REDRAW_PERMUTE, 4, &error);
  g_autoptr (WhyOnnxModel) again = why_weights_redraw (weights, 1, WHY_REDRAW_PERMUTE, 4, &error);
  g_autoptr (WhyOnnxModel) all = why_weights_redraw (weights, 3, WHY_REDRAW_GAUSSIAN, 4, &error);
  g_assert_no_error (error);
  expect_permuted (weights_named (model, "head"), weights_named (top, "head"));
  expect_permuted (weights_named (model, "hb"), weights_named (top, "hb"));
  g_assert_true (weights_named (model, "b") == weights_named (top, "b"));
  g_assert_true (weights_named (model, "a") == weights_named (top, "a"));
  const WhyTensor *one = weights_named (top, "head"), *other = weights_named (again, "head");
  g_assert_cmpmem (one->data, one->n_bytes, other->data, other->n_bytes);
  /* Normalisation goes with the convolution below it, and its variances stay positive. */
  expect_permuted (weights_named (model, "v"), weights_named (all, "v"));
  g_assert_false (weights_named (model, "a") == weights_named (all, "a"));

  /* 432 normal numbers: mean and deviation within four standard errors of the tensor's. */
  const WhyTensor *old = weights_named (model, "b"), *drawn = weights_named (all, "b");
  double mean[2] = { 0 }, square[2] = { 0 };
  for (gsize at = 0; at < 432; at++)
    {
      mean[0] += (double) ((float *) old->data)[at] / 432;
      mean[1] += (double) ((float *) drawn->data)[at] / 432;
    }
  for (gsize at = 0; at < 432; at++)
    {
      square[0] += pow ((double) ((float *) old->data)[at] - mean[0], 2) / 432;
      square[1] += pow ((double) ((float *) drawn->data)[at] - mean[1], 2) / 432;
    }
  g_assert_cmpfloat_with_epsilon (mean[1], mean[0], 4 * sqrt (square[0] / 432));
  g_assert_cmpfloat_with_epsilon (sqrt (square[1] / square[0]), 1, 4 / sqrt (2 * 432.0));

  const WhyOnnxReplacement unknown = { "nothing", weights_named (model, "b") };
  const WhyOnnxReplacement wrong = { "head", weights_named (model, "b") };
  g_assert_null (why_onnx_model_replace (model, &unknown, 1, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (why_onnx_model_replace (model, &wrong, 1, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
}

static void
test_no_weights (void)
{
  g_autoptr (WhyOnnxModel) model = net_load ("in x 1,2,4,4; Relu x r; GlobalAveragePool r g; Flatten g logits; out logits");
  g_autoptr (GError) error = NULL;

  g_assert_null (why_weights_find (model, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
}

static void
test_sanity (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (classifier);
  g_autoptr (WhySession) session = why_session_new (model, NULL, NULL);
  g_autoptr (GPtrArray) inputs = net_inputs (classifier, 3);
  WhyJob job = { .session = session, .input = g_ptr_array_index (inputs, 0) };
  WhyExplainRequest request = { .method = "gradcam", .layer = "r2", .target_class = 2 };
  const WhySanityOptions options = { .n_steps = 3, .n_draws = 2, .seed = 1 };
  g_auto (WhySanity) learned = { 0 };
  g_auto (WhySanity) edges = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (why_sanity_measure (&request, &job, &options, &learned, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (learned.n_steps, ==, 3);
  g_assert_cmpuint (learned.n_weighted, ==, 3);
  g_assert_cmpuint (learned.steps[0].n_layers, ==, 1);
  g_assert_cmpuint (learned.steps[2].n_layers, ==, 3);
  g_assert_nonnull (learned.random_map);

  /* Edges of the picture do not depend on any weight: the check has to find that out. */
  request.method = "sobel";
  request.layer = NULL;
  g_assert_true (why_sanity_measure (&request, &job, &options, &edges, &error));
  g_assert_no_error (error);
  for (gsize step = 0; step < 3; step++)
    {
      g_assert_cmpfloat_with_epsilon (edges.steps[step].likeness.spearman, 1, 1e-9);
      g_assert_cmpfloat_with_epsilon (edges.steps[step].likeness.ssim, 1, 1e-6);
    }
  g_assert_cmpint (edges.verdict, ==, WHY_SANITY_FAILS);
  g_assert_cmpfloat (learned.resemblance, <, edges.resemblance - 0.1);

  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_auto (WhySanity) none = { 0 };
  why_cancel_set (cancel);
  job.cancel = cancel;
  g_assert_false (why_sanity_measure (&request, &job, &options, &none, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
}

static void
test_controls (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (classifier);
  g_autoptr (WhySession) session = why_session_new (model, NULL, NULL);
  g_autoptr (GPtrArray) inputs = net_inputs (classifier, 3);
  const WhyJob job = { .session = session, .input = g_ptr_array_index (inputs, 0) };
  WhyExplainRequest request = { .method = "gradcam", .layer = "r2", .target_class = 2 };
  g_auto (WhyControls) by_class = { 0 };
  g_auto (WhyControls) blind = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (why_controls_measure (&request, &job, 5, &by_class, &error));
  g_assert_no_error (error);
  g_assert_cmpint (by_class.other_class, !=, 2);
  g_assert_cmpint (by_class.other_class, >=, 0);
  g_assert_cmpint (by_class.other_class, <, 5);
  g_assert_cmpfloat (fabs (by_class.by_class.spearman), <, 0.999);
  /* A method that knows no class gives the same map for each. */
  request.method = "eigencam";
  g_assert_true (why_controls_measure (&request, &job, 5, &blind, &error));
  g_assert_cmpfloat_with_epsilon (blind.by_class.spearman, 1, 1e-9);
  g_assert_cmpfloat (fabs (blind.by_input.spearman), <, 0.999);
}

/* ---- resolution ---- */

static void
test_resolution (void)
{
  const WhyLayer layer = {
    .n_spatial = 2,
    .grid = { 7, 9 },
    .stride = { 32, 32 },
    .receptive_field = { 200, 300 },
    .to_input = why_affine_scale_translate (32, 32, 0, 0),
  };
  const WhyLayer volume = { .n_spatial = 3 };
  const WhyAffine input_to_source = why_affine_scale_translate (2, 3, 10, 20);
  WhyResolution resolution;

  g_assert_true (why_resolution_of_layer (&layer, &input_to_source, &resolution));
  g_assert_cmpfloat (resolution.cell_x, ==, 64);
  g_assert_cmpfloat (resolution.cell_y, ==, 96);
  g_assert_cmpfloat (resolution.field_x, ==, 600);
  g_assert_cmpfloat (resolution.field_y, ==, 600);
  g_assert_cmpfloat (resolution.smallest, ==, 192);
  g_assert_cmpfloat (resolution.grid_to_source.x0, ==, 10);
  g_assert_cmpint (resolution.n_columns, ==, 9);
  g_assert_false (why_resolution_of_layer (&volume, &input_to_source, &resolution));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/measure/similarity/ranks", test_rank_correlation);
  g_test_add_func ("/measure/similarity/ssim", test_ssim);
  g_test_add_func ("/measure/similarity/hog", test_hog);
  g_test_add_func ("/measure/truth/maps", test_truth_maps);
  g_test_add_func ("/measure/truth/volume", test_truth_volume);
  g_test_add_func ("/measure/truth/by-hand", test_truth_by_hand);
  g_test_add_func ("/measure/truth/reach", test_truth_reach);
  g_test_add_func ("/measure/truth/interval", test_truth_interval);
  g_test_add_func ("/measure/overlap/by-hand", test_overlap_by_hand);
  g_test_add_func ("/measure/overlap/peak", test_overlap_peak);
  g_test_add_func ("/measure/overlap/by-definition", test_overlap_by_definition);
  g_test_add_func ("/measure/overlap/spread", test_spread);
  g_test_add_func ("/measure/faithfulness/imputation", test_imputation);
  g_test_add_func ("/measure/faithfulness/curves", test_deletion_and_insertion);
  g_test_add_func ("/measure/faithfulness/road", test_road);
  g_test_add_func ("/measure/shapley", test_shapley);
  g_test_add_func ("/measure/redraw", test_redraw);
  g_test_add_func ("/measure/redraw/no-weights", test_no_weights);
  g_test_add_func ("/measure/sanity", test_sanity);
  g_test_add_func ("/measure/controls", test_controls);
  g_test_add_func ("/measure/resolution", test_resolution);
  return g_test_run ();
}
