#include "config.h"

#include "app-driver.h"

#include <string.h>

/* Every example of the first page, opened as its card opens it: the picture, the network, the class and the layer that the card
 * and the network's own card tell, and a map whose peak lies where the story says. A complaint of the toolkit ends the program,
 * and with it the test. */

typedef struct
{
  const char *id;
  const char *picture;
  const char *label;    /* explained */
  const char *answer;   /* the class with the highest score */
  const char *layer;
  const char *polarity;
  /* Around what the map points at, in pixels of the picture: of the boxes and masks in data/samples, half a cell more on each
   * side. No width: not known. */
  double x, y, width, height;
} Sample;

static const Sample expected[] = {
  { "wardrobe", "wardrobe-1.png", "bag", "bag", "block3.relu", "relu", 17, 20, 156, 200 },
  { "wardrobe-striped", "wardrobe-5.png", "dress", "sandal", "block3.relu", "relu", 149, 17, 127, 232 },
  { "lesion", "lesion-malignant.png", "malignant", "malignant", "block2.relu", "relu", 44, 74, 62, 63 },
  { "clever-hans", "lesion-malignant-marked.png", "malignant", "malignant", "block2.relu", "relu", 154, 7, 29, 32 },
  { "hippocampus", "hippocampus-left-anterior.nii.gz", "anterior hippocampus", "anterior hippocampus", "block2.relu", "relu", 0, 0,
    0, 0 },
  { "lesion-both", "lesion-both.png", "malignant", "benign", "block2.relu", "signed", 39, 51, 55, 54 },
  { "chest", "chest.png", "normal", "normal", "block2.relu", "relu", 0, 0, 0, 0 },
  { "tumour3d", "tumour3d-lesion.nii.gz", "lesion", "lesion", "block2.relu", "relu", 0, 0, 0, 0 },
  { "gland", "gland-tumour.png", "tumour", "tumour", "block2.relu", "relu", 0, 0, 0, 0 },
  { "forest", "forest-olinda.png", "forest", "not forest", "up1.relu", "relu", 0, 0, 0, 0 },
  { "clearing", "clearing.png", "felled tree", "forest", "up1.relu", "relu", 78, 29, 31, 178 },
  { "two-features", "two-features.png", "green", "green at the left", "features", "signed", 0, 0, 2, 2 },
};

static void
assert_shows (const Sample *sample, JsonNode *state)
{
  g_autofree char *picture = g_path_get_basename (state_string (state, "document.path"));

  g_assert_true (state_is_null (state, "error"));
  g_assert_cmpstr (picture, ==, sample->picture);
  g_assert_cmpstr (state_string (state, "class.label"), ==, sample->label);
  g_assert_cmpstr (state_string (state, "probabilities.0.label"), ==, sample->answer);
  g_assert_cmpstr (state_string (state, "model.assumed"), ==, "");
  g_assert_cmpstr (state_string (state, "map.method"), ==, "gradcam");
  g_assert_cmpstr (state_string (state, "map.layer"), ==, sample->layer);
  g_assert_cmpstr (state_string (state, "map.polarity"), ==, sample->polarity);
  g_assert_true (state_is_null (state, "map.reason"));
  g_assert_cmpfloat (state_number (state, "map.maximum"), >, 0);
  if (strcmp (sample->polarity, "signed") == 0)
    g_assert_cmpfloat (state_number (state, "map.minimum"), <, 0);
  if (sample->width <= 0)
    return;
  const double img_x = state_number (state, "map.peak_source.0"), img_y = state_number (state, "map.peak_source.1");
  g_test_message ("peak at %g, %g", img_x, img_y);
  g_assert_cmpfloat (img_x, >=, sample->x);
  g_assert_cmpfloat (img_x, <=, sample->x + sample->width);
  g_assert_cmpfloat (img_y, >=, sample->y);
  g_assert_cmpfloat (img_y, <=, sample->y + sample->height);
}

/* One after the other in one window, so that nothing of an example stays for the next. */
static void
test_every_sample (void)
{
  AppDriver *driver = app_driver_start (NULL, NULL);

  app_driver_wait_idle (driver);
  for (gsize index = 0; index < G_N_ELEMENTS (expected); index++)
    {
      const Sample *sample = &expected[index];
      g_autofree char *name = g_strconcat ("sample-", sample->id, NULL);

      g_test_message ("%s", sample->id);
      app_driver_app (driver, "sample", g_variant_new_string (sample->id));
      app_driver_wait_idle (driver);
      g_autoptr (JsonNode) state = app_driver_state (driver);
      assert_shows (sample, state);
      app_driver_screenshot (driver, name);
    }
  /* Whatever was asked in between: an example shows what its story tells. */
  app_driver_win (driver, "polarity", g_variant_new_string ("against"));
  app_driver_win (driver, "method", g_variant_new_string ("eigencam"));
  app_driver_wait_idle (driver);
  app_driver_app (driver, "sample", g_variant_new_string (expected[0].id));
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) state = app_driver_state (driver);
  assert_shows (&expected[0], state);
  app_driver_stop (driver);
}

/* What is on the first page is what is tested here, in the same order. */
static void
test_list (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "samples.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  JsonArray *samples = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpuint (json_array_get_length (samples), ==, G_N_ELEMENTS (expected));
  for (guint index = 0; index < json_array_get_length (samples); index++)
    {
      JsonObject *sample = json_array_get_object_element (samples, index);
      g_assert_cmpstr (json_object_get_string_member (sample, "id"), ==, expected[index].id);
      g_assert_cmpstr (json_object_get_string_member (sample, "picture"), ==, expected[index].picture);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/samples/list", test_list);
  g_test_add_func ("/app/samples/every", test_every_sample);
  return g_test_run ();
}
