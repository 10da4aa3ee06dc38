#pragma once

#include "base/tensor.h"
#include "service/json.h"
#include "service/model.h"

G_BEGIN_DECLS

/* What service/json.h does not have. */

void cli_json_dims (JsonBuilder *builder, const char *name, int rank, const gint64 *dims);

/** cli_json_top: "top": an array of {class, label, probability, logit} */
void cli_json_top (JsonBuilder *builder, WhyModel *model, const WhyTensor *probabilities, const WhyTensor *logits, int n_wanted);

/** cli_json_print: writes the text and a line feed */
void cli_json_print (JsonBuilder *builder);

G_END_DECLS
