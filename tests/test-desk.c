#include "config.h"

#include "service/fuzzy.h"

/* The parts of the desk that need no display. */

static void
test_fuzzy_fits (void)
{
  g_assert_cmpfloat (why_fuzzy_score ("", "Zoom in"), ==, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zoom", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("in zoom", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zmin", "Zoom in"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("zoom out", "Zoom in"), ==, -1);
  g_assert_cmpfloat (why_fuzzy_score ("gcpp", "Grad-CAM++"), ==, -1);
  g_assert_cmpfloat (why_fuzzy_score ("gc++", "Grad-CAM++"), >, 0);
  /* Accents and case of any script. */
  g_assert_cmpfloat (why_fuzzy_score ("uber", "Über"), >, 0);
  g_assert_cmpfloat (why_fuzzy_score ("ОТКР", "Открыть"), >, 0);
}

static void
test_fuzzy_order (void)
{
  const char *const best_first[] = { "map", "map in cells", "Show or hide the map", "Colormap", "Make a plan" };

  for (gsize text = 1; text < G_N_ELEMENTS (best_first); text++)
    g_assert_cmpfloat (why_fuzzy_score ("map", best_first[text - 1]), >, why_fuzzy_score ("map", best_first[text]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fuzzy/fits", test_fuzzy_fits);
  g_test_add_func ("/fuzzy/order", test_fuzzy_order);
  return g_test_run ();
}
