#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/* Convolutions have up to this many spatial dimensions; fewer are padded in front with ones. */
#define WHY_CONV_SPATIAL 3

/**
 * WhyConvParams:
 * @n_spatial: spatial dimensions of the tensors, 1 to 3
 * @groups: number of groups
 * @kernel, @stride, @dilation, @pad_begin, @pad_end: for depth, height, width; dimensions that the
 *   tensors lack have kernel 1, stride 1, dilation 1, no padding
 *
 * Geometry of a window over spatial dimensions: of Conv, and of pools. Padding may be asymmetric.
 */
typedef struct
{
  int n_spatial;
  gint64 groups;
  gint64 kernel[WHY_CONV_SPATIAL];
  gint64 stride[WHY_CONV_SPATIAL];
  gint64 dilation[WHY_CONV_SPATIAL];
  gint64 pad_begin[WHY_CONV_SPATIAL];
  gint64 pad_end[WHY_CONV_SPATIAL];
  gboolean ceil_mode;         /* pools */
  gboolean count_include_pad; /* average pools */
  gint64 p;                   /* LpPool */
} WhyConvParams;

/**
 * why_conv_parse:
 * @node: Conv or one of its kin
 * @x: the input, N x C x spatial...
 * @w: the weight, M x C/groups x kernel...
 * @params: (out)
 * @out_dims: (out): N x M x spatial..., %WHY_MAX_RANK entries
 *
 * Reads and checks attributes and shapes.
 */
gboolean why_conv_parse (const WhyNode *node, const WhyValue *x, const WhyValue *w, WhyConvParams *params,
                         gint64 *out_dims, GError **error);

/** why_conv_region: the box of the input that the box @out of the output depends on. */
void why_conv_region (const WhyConvParams *params, const WhyBox *out, WhyBox *in);

/** why_conv_spatial: spatial dims of a tensor N x C x ..., padded in front to three */
void why_conv_spatial (int rank, const gint64 *dims, gint64 *spatial);

/** why_window_parse: kernel, strides, dilations, pads, auto_pad of a window over the spatial dims of @x,
 *   for which @params->kernel (n_spatial of them, in front-padded places) is set already; gives the
 *   output's spatial dims (front-padded) */
gboolean why_window_parse (const WhyNode *node, const WhyValue *x, WhyConvParams *params, gint64 *out_spatial, GError **error);

G_END_DECLS
