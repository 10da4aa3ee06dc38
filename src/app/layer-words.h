#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/* Layers in words: for rows, for the graph and for screen readers. */

/** why_layer_words_title: Returns: (transfer full): the name without what repeats; see why_layer_title() */
char *why_layer_words_title (WhyLayerItem *item) G_GNUC_WARN_UNUSED_RESULT;

/** why_layer_words_facts: Returns: (transfer full): "Relu · 512 × 14 × 14" */
char *why_layer_words_facts (WhyLayerItem *item) G_GNUC_WARN_UNUSED_RESULT;

/** why_layer_words_geometry: Returns: (transfer full): "stride 16 · cell 29 × 29 px", with what is known of it */
char *why_layer_words_geometry (WhyDocument *document, WhyLayerItem *item) G_GNUC_WARN_UNUSED_RESULT;

/** why_layer_words_reason: Returns: (nullable): why there is no map of it, by this method or by any, a sentence */
const char *why_layer_words_reason (WhyDocument *document, WhyLayerItem *item);

/** why_layer_words_tooltip: Returns: (transfer full): the whole name, what a cell sees, why there is no map */
char *why_layer_words_tooltip (WhyDocument *document, WhyLayerItem *item) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
