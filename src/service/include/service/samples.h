#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The example that ships. Looked for under $WHYLIGHT_DATA, then, for a program run from its build folder, in
 * the source tree, then where it is installed. */

/** why_samples_model: Returns: (transfer full) (nullable): path of the model, %WHY_ERROR_NOT_FOUND naming the places */
char *why_samples_model (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_samples_picture: Returns: (transfer full) (nullable): path of the first sample picture */
char *why_samples_picture (GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
