#pragma once

#include "service/runner.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * WhyLayerAdvice:
 * @layer: tensor name
 * @is_last: the last layer before the answer that has places in the picture: what papers explain
 * @cells: of its map
 * @grid: likewise, "14x14"
 * @before, @after: probability of the class, and with the hottest tenth of the map covered with the mean colour
 * @elsewhere: and with the same shape covered, moved by half the picture: covering by itself does harm, the more the
 *   finer the shape
 * @logit_drop: what the hottest tenth takes from its logit beyond that
 * @concentration: least share of cells that hold 80 % of the map, 0 to 1
 * @agreement: correlation of the map with that of the layers before and after it, of the same size; NAN: there are none
 * @score: 0 to 1: what it is ranked by
 * @reason: one sentence with these numbers; translated
 *
 * What speaks for a layer, in figures. No judgement of taste: the ranking weighs the drop of the logit, in parts of
 * the largest one (0.6), agreement (0.2) and the number of cells, in parts of the largest one's logarithm (0.2).
 */
typedef struct
{
  char *layer;
  gboolean is_last;
  gsize cells;
  char *grid;
  double before, after, elsewhere;
  double logit_drop;
  double concentration;
  double agreement;
  double score;
  char *reason;
} WhyLayerAdvice;

void why_layer_advice_free (WhyLayerAdvice *advice);

/** why_layer_advice_to_json: adds an object with all figures and the sentence */
void why_layer_advice_to_json (JsonBuilder *builder, const WhyLayerAdvice *advice);

G_END_DECLS
