#pragma once

#include <json-glib/json-glib.h>

#include "service/document.h"

G_BEGIN_DECLS

/** why_state_add_measures: "annotations", "selected_annotation", "overlap", "checks" and "resolution" of why_state_to_json() */
void why_state_add_measures (JsonBuilder *builder, WhyDocument *document);

G_END_DECLS
