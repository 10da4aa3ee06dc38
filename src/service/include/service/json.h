#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of the object being built. JSON has neither NaN nor infinity: those become null. */

void why_json_add_string (JsonBuilder *builder, const char *name, const char *value); /* NULL: null */
void why_json_add_int (JsonBuilder *builder, const char *name, gint64 value);
void why_json_add_double (JsonBuilder *builder, const char *name, double value);
void why_json_add_boolean (JsonBuilder *builder, const char *name, gboolean value);

/** why_json_finish: Returns: (transfer full): the text on one line */
char *why_json_finish (JsonBuilder *builder) G_GNUC_WARN_UNUSED_RESULT;

/** why_format_number: Returns: (transfer full): the shortest text that reads back as the same double, C locale */
char *why_format_number (double value) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
