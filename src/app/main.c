#include "config.h"

#include "application.h"

#include <glib/gi18n.h>
#include <locale.h>

/* From the build folder translations are found there: LOCPATH-like for gettext, set by ./run. */
static const char *
locale_dir (void)
{
  const char *dir = g_getenv ("WHYLIGHT_LOCALE_DIR");

  return dir != NULL ? dir : WHY_LOCALE_DIR;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir ());
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  g_autoptr (WhyApplication) application = why_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
