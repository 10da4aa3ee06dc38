#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define WHY_TYPE_APPLICATION (why_application_get_type ())
G_DECLARE_FINAL_TYPE (WhyApplication, why_application, WHY, APPLICATION, AdwApplication)

WhyApplication *why_application_new (void);

G_END_DECLS
