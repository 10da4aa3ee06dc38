#pragma once

#include <adwaita.h>

#include "service/document.h"

G_BEGIN_DECLS

/**
 * WhyMethodBox:
 *
 * Which method explains, and how: a button with the list of methods, those that cannot run on the model
 * greyed with the reason, and a button with profile, contrast class and the method's options.
 */
#define WHY_TYPE_METHOD_BOX (why_method_box_get_type ())
G_DECLARE_FINAL_TYPE (WhyMethodBox, why_method_box, WHY, METHOD_BOX, AdwBin)

/** why_method_box_set_document: once */
void why_method_box_set_document (WhyMethodBox *self, WhyDocument *document);

/** why_method_box_show: opens the list of methods, or the options */
void why_method_box_show (WhyMethodBox *self, gboolean options);

G_END_DECLS
