#pragma once

#include "comparison.h"

G_BEGIN_DECLS

/* What only the document changes of a variant. */

WhyVariant *why_variant_new (const WhyQuestion *question) G_GNUC_WARN_UNUSED_RESULT;
const WhyQuestion *why_variant_get_question (WhyVariant *self);
void why_variant_set_title (WhyVariant *self, const char *title);
/** why_variant_set_model: @model: (nullable): which will be asked */
void why_variant_set_model (WhyVariant *self, WhyModel *model);
/** why_variant_set_state: @reason: (nullable): with %WHY_VARIANT_FAILED */
void why_variant_set_state (WhyVariant *self, WhyVariantState state, const char *reason);
void why_variant_set_progress (WhyVariant *self, double progress);
/** why_variant_set_asked: (nullable): what its map shall answer; the map stays until there is another */
void why_variant_set_asked (WhyVariant *self, WhyRequest *asked);
WhyRequest *why_variant_get_asked (WhyVariant *self); /* nullable */
/** why_variant_set_result: (nullable) */
void why_variant_set_result (WhyVariant *self, WhyResult *result);
/** why_variant_show: takes the map shown from the result, for another plane or interpolation too. @picture: (nullable) */
void why_variant_show (WhyVariant *self, const WhyPicture *picture, gboolean smooth);

G_END_DECLS
