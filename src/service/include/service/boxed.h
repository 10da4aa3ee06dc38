#pragma once

#include <glib-object.h>

#include "base/affine.h"
#include "explain/map.h"

G_BEGIN_DECLS

/* Boxed types for the counted structs of the layers below, so that they can be properties. Copying is
 * taking a reference: all of them are immutable once shared. */

#define WHY_TYPE_TENSOR (why_tensor_get_type ())
#define WHY_TYPE_MAP (why_map_get_type ())

GType why_tensor_get_type (void); /* WhyTensor */
GType why_map_get_type (void);    /* WhyMap */

G_END_DECLS
