#pragma once

#include "many.h"

G_BEGIN_DECLS

/* Gradients at noisy pictures: what SmoothGrad averages and VarGrad spreads. */

typedef enum
{
  WHY_NOISY_MEAN,     /* of the gradients */
  WHY_NOISY_SQUARES,  /* mean of their squares */
  WHY_NOISY_VARIANCE, /* mean of their squared distances from the mean */
} WhyNoisyKind;

/**
 * why_noisy_map:
 *
 * Options of the request: "samples", "noise" (deviation of the normal noise, as a share of the
 * range of the input's values, or with "absolute" in units of the input), "magnitude" (of each
 * gradient, before they are averaged) and "seed". Sample number k depends on the seed and on k
 * alone.
 */
WhyMap *why_noisy_map (const WhyExplainRequest *request,
                       const WhyTarget *target,
                       const WhyJob *job,
                       WhyNoisyKind kind,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The options, for the methods' tables. */
#define WHY_NOISY_OPTIONS                                                                          \
  {                                                                                                \
    .id = "samples",                                                                               \
    .title = N_ ("Noisy pictures"),                                                                \
    .kind = WHY_OPTION_INTEGER,                                                                    \
    .preset = 25,                                                                                  \
    .minimum = 1,                                                                                  \
    .maximum = 100000,                                                                             \
    .by_profile = { { WHY_PROFILE_CAPTUM, 5 }, { WHY_PROFILE_TF_KERAS_VIS, 20 } },                 \
  },                                                                                               \
    {                                                                                              \
      .id = "noise",                                                                               \
      .title = N_ ("Deviation of the noise"),                                                      \
      .kind = WHY_OPTION_REAL,                                                                     \
      .preset = 0.15,                                                                              \
      .maximum = 100,                                                                              \
      .by_profile = { { WHY_PROFILE_CAPTUM, 1.0 }, { WHY_PROFILE_TF_KERAS_VIS, 0.2 } },            \
    },                                                                                             \
    {                                                                                              \
      .id = "absolute",                                                                            \
      .title = N_ ("Noise in units of the input, not as a share of its range"),                    \
      .kind = WHY_OPTION_BOOLEAN,                                                                  \
      .by_profile = { { WHY_PROFILE_CAPTUM, 1 } },                                                 \
    },                                                                                             \
    {                                                                                              \
      .id = "magnitude",                                                                           \
      .title = N_ ("Leave out the sign of each gradient"),                                         \
      .kind = WHY_OPTION_BOOLEAN,                                                                  \
      .by_profile = { { WHY_PROFILE_CAPTUM, 1 }, { WHY_PROFILE_TF_KERAS_VIS, 1 } },                \
    },                                                                                             \
  {                                                                                                \
    .id = "seed", .title = N_ ("Seed"), .kind = WHY_OPTION_INTEGER, .maximum = 2147483647,         \
  }

G_END_DECLS
