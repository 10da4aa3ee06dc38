#include "config.h"

#include "service/boxed.h"

G_DEFINE_BOXED_TYPE (WhyTensor, why_tensor, why_tensor_ref, why_tensor_unref)
G_DEFINE_BOXED_TYPE (WhyMap, why_map, why_map_ref, why_map_unref)
