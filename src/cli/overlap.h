#pragma once

#include "cli.h"

#include "service/check.h"

G_BEGIN_DECLS

/** cli_overlap_measure: of the result's map with what is in the file @path; remarks on that go to standard error */
gboolean cli_overlap_measure (const char *path, const WhyResult *result, const CliInput *input, double threshold,
                              gboolean smooth, WhyOverlapResult *overlap, GError **error);
void cli_overlap_print (const WhyOverlapResult *overlap);
/** cli_overlap_add_json: "overlap" and "overlap_against"; @overlap: (nullable): null */
void cli_overlap_add_json (JsonBuilder *builder, const WhyOverlapResult *overlap);

G_END_DECLS
