#pragma once

#include "service/export.h"

G_BEGIN_DECLS

/**
 * why_caption_text:
 *
 * Returns: (transfer full): one paragraph for a paper, in the language of the program: what is shown, of which
 *   picture, by which model and method, where, how it is drawn, what is covered
 */
char *why_caption_text (const WhyExport *what) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_caption_citation:
 * @method: id
 *
 * Returns: (transfer full) (nullable): the BibTeX entry of the paper that the method is from; %NULL for methods that
 *   are no publication of their own, and controls
 */
char *why_caption_citation (const char *method) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
