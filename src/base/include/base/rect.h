#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** WhyRect: a rectangle in continuous coordinates of whatever space is named where it is used. */
typedef struct
{
  double x, y, width, height;
} WhyRect;

G_END_DECLS
