#pragma once

#include "explain/explain.h"

G_BEGIN_DECLS

/**
 * WhyFeature:
 * @channel: of the layer
 * @weight: the method's; NaN for methods that weigh every cell on its own
 * @sum: what the channel adds to the map, summed over its cells, signed
 * @share: the magnitude of what it adds, cell by cell, as a part of that of all channels: 0 to 1
 * @activation: float32 [spatial...]: the channel itself
 * @contribution: float32 [spatial...]: what it adds to each cell of the signed map
 */
typedef struct
{
  gint64 channel;
  double weight;
  double sum;
  double share;
  WhyTensor *activation;
  WhyTensor *contribution;
} WhyFeature;

/**
 * WhyFeatureSheet:
 * @map: the map that the channels make up
 * @features: (array length=n_features): those with the largest shares, largest first
 * @n_channels: of the layer
 * @covered: the shares of @features together
 *
 * Which channels of a layer a map is made of.
 */
typedef struct
{
  WhyMap *map;
  WhyFeature *features;
  gsize n_features;
  gint64 n_channels;
  double covered;
} WhyFeatureSheet;

/**
 * why_features_make:
 * @request: with a method whose map is a sum over channels; others are %WHY_ERROR_BAD_REQUEST. Of
 *   several layers only the first is looked at
 * @n_wanted: how many channels at most
 */
gboolean why_features_make (const WhyExplainRequest *request,
                            const WhyJob *job,
                            gsize n_wanted,
                            WhyFeatureSheet *sheet,
                            GError **error);

void why_feature_sheet_clear (WhyFeatureSheet *sheet);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyFeatureSheet, why_feature_sheet_clear)

G_END_DECLS
