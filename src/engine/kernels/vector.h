#pragma once

/* Loops marked with this are compiled for several generations of x86-64 and the best is chosen when
 * the program is loaded. Other processors, and builds with sanitizers (which cannot run the chooser
 * that early), get the plain version alone. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
  !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WHY_VECTOR __attribute__ ((target_clones ("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define WHY_VECTOR
#endif

#include <glib.h>
#include <math.h>
#include <string.h>

/* Elementary functions in plain arithmetic, so that loops over them vectorise; the library's are
 * called for one value at a time. Errors are a few units in the last place over the whole range
 * (tested against the library in double); results beyond float32's normal range are 0 and infinity.
 */

/* exp (x) = 2^n exp (r), r in [-ln 2 / 2, ln 2 / 2]; the polynomial is the Taylor series, whose
 * first neglected term is below 1e-8 there. ln 2 is subtracted in two parts to keep r exact. */
static inline float
why_vector_exp (float x)
{
  const float round_magic = 0x1.8p23f;
  float bounded = x > 88.8f ? 88.8f : (x < -87.4f ? -87.4f : x);
  float n = (bounded * 1.44269504088896341f + round_magic) - round_magic;
  float r = bounded - n * 0x1.62e4p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  /* 2^n in two factors: n may be 128, which no single one can say */
  gint32 whole = (gint32) n, half = whole / 2;
  gint32 bits_a = (half + 127) << 23, bits_b = (whole - half + 127) << 23;
  float a, b;
  memcpy (&a, &bits_a, sizeof a);
  memcpy (&b, &bits_b, sizeof b);
  float y = p * a * b;
  y = x > 88.8f ? INFINITY : y;
  y = x < -87.4f ? 0.0f : y;
  return x != x ? x : y;
}

/* 1 / (1 + exp (-x)). Beyond +-87 the result is 0 or 1 to within 1e-37, so that 2^n is always a normal
 * number, and one addition to the exponent of the polynomial makes it. */
static inline float
why_vector_sigmoid (float x)
{
  const float round_magic = 0x1.8p23f;
  float t = -x;
  t = t > 87.0f ? 87.0f : (t < -87.0f ? -87.0f : t);
  float shifted = t * 1.44269504088896341f + round_magic;
  float n = shifted - round_magic;
  float r = t - n * 0x1.62e4p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  guint32 bits, exponent;
  memcpy (&bits, &p, sizeof bits);
  memcpy (&exponent, &shifted, sizeof exponent);
  bits += exponent << 23; /* n; what the magic number adds is shifted out */
  memcpy (&p, &bits, sizeof p);
  float y = 1.0f / (1.0f + p);
  return x != x ? x : y;
}

/* Clamped to 0..1; NaN stays. */
static inline float
why_vector_unit (float x)
{
  return x < 0.0f ? 0.0f : (x > 1.0f ? 1.0f : x);
}

/* Near 0 the formula by exp loses digits: there the series takes over. */
static inline float
why_vector_tanh (float x)
{
  float square = x * x;
  float series =
    x + x * square *
          (-1.0f / 3.0f +
           square * (2.0f / 15.0f + square * (-17.0f / 315.0f + square * (62.0f / 2835.0f))));
  float size = x < 0.0f ? -x : x;
  float large = 1.0f - 2.0f / (why_vector_exp (2.0f * size) + 1.0f);
  large = x < 0.0f ? -large : large;
  return size < 0.25f ? series : large;
}

/* erf: for |x| < 1 its Maclaurin series; beyond, 1 - t (a1 + ...) exp (-x^2) with t = 1 / (1 + p
 * |x|), Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
static inline float
why_vector_erf (float x)
{
  float square = x * x, size = x < 0.0f ? -x : x;
  float series = -1.0f / 6894720.0f;
  series = series * square + 1.0f / 685440.0f;
  series = series * square - 1.0f / 75600.0f;
  series = series * square + 1.0f / 9360.0f;
  series = series * square - 1.0f / 1320.0f;
  series = series * square + 1.0f / 216.0f;
  series = series * square - 1.0f / 42.0f;
  series = series * square + 1.0f / 10.0f;
  series = series * square - 1.0f / 3.0f;
  series = 1.12837916709551257f * x * (series * square + 1.0f);
  float t = 1.0f / (1.0f + 0.3275911f * size);
  float tail =
    t * (0.254829592f +
         t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  float large = 1.0f - tail * why_vector_exp (-square);
  large = x < 0.0f ? -large : large;
  return size < 1.0f ? series : large;
}

/* Sums of a row in as many lanes as two of the widest registers hold: one running sum would wait for
 * every addition. Blocks are short enough for float32, and what they sum to is added in double.
 * EXPRESSION (at) is a term. */
#define WHY_LANES 32
#define WHY_LANES_BLOCK 2048
#define WHY_DEFINE_ROW_SUM(NAME, PARAMETERS, EXPRESSION)                                           \
  static inline __attribute__ ((always_inline)) double NAME (PARAMETERS, gsize n)                 \
  {                                                                                                \
    double sum = 0;                                                                                \
    for (gsize begin = 0; begin < n; begin += WHY_LANES_BLOCK)                                     \
      {                                                                                            \
        float lanes[WHY_LANES] = { 0 };                                                            \
        gsize end = MIN (begin + WHY_LANES_BLOCK, n), at = begin;                                  \
        for (; at + WHY_LANES <= end; at += WHY_LANES)                                             \
          for (gsize lane = 0; lane < WHY_LANES; lane++)                                           \
            lanes[lane] += EXPRESSION (at + lane);                                                 \
        for (; at < end; at++)                                                                     \
          lanes[at % WHY_LANES] += EXPRESSION (at);                                                \
        for (gsize half = WHY_LANES / 2; half > 0; half /= 2)                                      \
          for (gsize lane = 0; lane < half; lane++)                                                \
            lanes[lane] += lanes[lane + half];                                                     \
        sum += (double) lanes[0];                                                                  \
      }                                                                                            \
    return sum;                                                                                    \
  }

/* The largest value of a row; NaN are passed over, an empty row has -infinity. */
static inline __attribute__ ((always_inline)) float
why_vector_row_max (const float *x, gsize n)
{
  float lanes[WHY_LANES];
  gsize at = 0;

  for (gsize lane = 0; lane < WHY_LANES; lane++)
    lanes[lane] = -INFINITY;
  for (; at + WHY_LANES <= n; at += WHY_LANES)
    for (gsize lane = 0; lane < WHY_LANES; lane++)
      lanes[lane] = x[at + lane] > lanes[lane] ? x[at + lane] : lanes[lane];
  for (; at < n; at++)
    lanes[at % WHY_LANES] = x[at] > lanes[at % WHY_LANES] ? x[at] : lanes[at % WHY_LANES];
  for (gsize half = WHY_LANES / 2; half > 0; half /= 2)
    for (gsize lane = 0; lane < half; lane++)
      lanes[lane] = lanes[lane + half] > lanes[lane] ? lanes[lane + half] : lanes[lane];
  return lanes[0];
}
