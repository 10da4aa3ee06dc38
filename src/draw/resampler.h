#pragma once

#include "draw/resample.h"

G_BEGIN_DECLS

/* Which inputs make up each output along one axis, and how much: n_taps neighbours from start[out] on.
 * Outputs from begin to end (exclusive) have their centre on the map. */
typedef struct
{
  int n_in;
  int n_out;
  int begin;
  int end;
  int n_taps;
  int *start;
  float *weights;
} WhyAxis;

/** why_axis_init: output centre out + 0.5 lies at @scale * (out + 0.5) + @offset on the input. */
void why_axis_init (WhyAxis *axis, WhyResample kind, int n_in, int n_out, double scale, double offset);
void why_axis_clear (WhyAxis *axis);

/** why_axis_touched: the inputs, *@from to *@to (exclusive), that the outputs on the map are made of. */
void why_axis_touched (const WhyAxis *axis, int *from, int *to);

/* A map prepared for being sampled row by row; immutable once made, so rows may be done in parallel. */
typedef struct
{
  const float *values;
  int width;
  int height;
  float *turned; /* owned copy with axes swapped, for turns by 90 degrees */
  gboolean separable;
  gboolean has_bad; /* a value that is not finite may be touched */
  gboolean skip_bad;
  WhyResample kind;
  WhyAffine out_to_map;
  int out_width;
  WhyAxis across;
  WhyAxis down;
  int column_begin; /* of the map, what the rows touch */
  int column_end;
} WhyResampler;

/**
 * why_resampler_init:
 * @shrink_by_area: take %WHY_RESAMPLE_AREA along an axis on which outputs are wider than cells
 * @skip_bad: values that are not finite: an output inside such a cell gets that value, others are made
 *   of their finite neighbours. %FALSE: they spread as arithmetic has it
 */
void why_resampler_init (WhyResampler *resampler, const float *values, int width, int height,
                         WhyResample kind, const WhyAffine *out_to_map, int out_width, int out_height,
                         gboolean shrink_by_area, gboolean skip_bad);
void why_resampler_clear (WhyResampler *resampler);

/* Floats of scratch memory that why_resampler_row() needs. */
gsize why_resampler_scratch (const WhyResampler *resampler);

/**
 * why_resampler_row:
 * @row: (out): written from *@begin to *@end, the outputs that lie on the map
 */
void why_resampler_row (const WhyResampler *resampler, int out_y, float *scratch, float *row, int *begin,
                        int *end);

G_END_DECLS
