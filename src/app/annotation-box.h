#pragma once

#include "service/annotation.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Outlines, and how far the map agrees with them. */

#define WHY_TYPE_ANNOTATION_BOX (why_annotation_box_get_type ())
G_DECLARE_FINAL_TYPE (WhyAnnotationBox, why_annotation_box, WHY, ANNOTATION_BOX, AdwBin)

void why_annotation_box_set_document (WhyAnnotationBox *self, WhyDocument *document);

G_END_DECLS
