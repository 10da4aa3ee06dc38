#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/** why_test_actions_add: with WHYLIGHT_TEST=1: app.dump-state, app.screenshot, app.wait-idle and
 *   app.frame-stats, which answer with one line on standard output */
void why_test_actions_add (AdwApplication *application);

G_END_DECLS
