#include "config.h"

#include "app-driver.h"

#include <glib/gstdio.h>
#include <string.h>

/* The layers in the window: thumbnails, walking with keys, the graph of the network. */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start (NULL, NULL);

  app_driver_win (driver, "try-example", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "page", g_variant_new_string ("look"));
  app_driver_wait_idle (driver);
  return driver;
}

/* Waits until the shown layer is, or is not, @layer. */
static JsonNode *
wait_for_layer (AppDriver *driver, const char *layer, gboolean equal)
{
  const gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  for (;;)
    {
      JsonNode *state = app_driver_state (driver);
      if (g_str_equal (state_string (state, "shown_layer"), layer) == equal)
        return state;
      json_node_unref (state);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (20000);
    }
}

static void
test_thumbnails (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) state = app_driver_state (driver);

  g_assert_cmpstr (state_string (state, "layer_maps.state"), ==, "complete");
  g_assert_cmpfloat (state_number (state, "layer_maps.n_current"), ==, state_number (state, "model.n_layers"));
  app_driver_resize (driver, 1280, 800);
  app_driver_wait_idle (driver);
  app_driver_screenshot (driver, "layers-list");
  json_node_unref (g_steal_pointer (&state));
  state = app_driver_state (driver);
  /* What has no map is listed too; and of the list there is as much as the page has room for. */
  g_assert_cmpfloat (state_number (state, "window.layer_list.n_rows"), ==,
                     state_number (state, "model.n_layers") + state_number (state, "window.layer_list.n_cannot"));
  g_assert_cmpfloat (state_number (state, "window.layer_list.n_cannot"), >=, 1);
  g_assert_cmpfloat (state_number (state, "window.layer_list.n_seen"), >=, 5);

  /* Another class: other maps, of all layers again. */
  app_driver_win (driver, "target-class", g_variant_new_int32 (0));
  app_driver_wait_idle (driver);
  json_node_unref (g_steal_pointer (&state));
  state = app_driver_state (driver);
  g_assert_cmpfloat (state_number (state, "layer_maps.n_current"), ==, state_number (state, "model.n_layers"));

  /* A method that has a run for each layer says so. */
  app_driver_win (driver, "method", g_variant_new_string ("occlusion"));
  app_driver_wait_idle (driver);
  json_node_unref (g_steal_pointer (&state));
  state = app_driver_state (driver);
  g_assert_cmpstr (state_string (state, "layer_maps.note"), !=, "");
  app_driver_screenshot (driver, "layers-note");

  /* Nobody looks: nobody computes. */
  app_driver_win (driver, "method", g_variant_new_string ("gradcam"));
  app_driver_win (driver, "page", g_variant_new_string ("answer"));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "target-class", g_variant_new_int32 (1));
  app_driver_wait_idle (driver);
  json_node_unref (g_steal_pointer (&state));
  state = app_driver_state (driver);
  g_assert_cmpstr (state_string (state, "layer_maps.state"), ==, "none");
  app_driver_stop (driver);
}

static void
test_walk (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) first = app_driver_state (driver);
  const char *preset = state_string (first, "shown_layer");

  app_driver_win (driver, "layer-step", g_variant_new_int32 (-1));
  g_autoptr (JsonNode) second = app_driver_state (driver);
  /* No run, and no waiting: the answer to the very next question is the new layer. */
  g_assert_false (state_bool (second, "busy"));
  g_assert_cmpstr (state_string (second, "shown_layer"), !=, preset);
  g_assert_cmpstr (state_string (second, "map.layer"), ==, state_string (second, "shown_layer"));
  if (hand_is_there ())
    hand ("key --clearmodifiers alt+Down");
  else
    app_driver_win (driver, "layer-step", g_variant_new_int32 (1));
  g_autoptr (JsonNode) third = wait_for_layer (driver, preset, TRUE);
  g_assert_cmpstr (state_string (third, "map.layer"), ==, preset);
  /* Past the last and the first there is none. */
  app_driver_win (driver, "layer-step", g_variant_new_int32 (1));
  app_driver_win (driver, "layer-step", g_variant_new_int32 (-1));
  g_autoptr (JsonNode) fourth = app_driver_state (driver);
  g_assert_cmpstr (state_string (fourth, "shown_layer"), ==, state_string (second, "shown_layer"));
  app_driver_win (driver, "layer-step", g_variant_new_int32 (-1000));
  g_autoptr (JsonNode) fifth = app_driver_state (driver);
  app_driver_win (driver, "layer-step", g_variant_new_int32 (-1));
  g_autoptr (JsonNode) sixth = app_driver_state (driver);
  g_assert_cmpstr (state_string (fifth, "shown_layer"), !=, state_string (fourth, "shown_layer"));
  g_assert_cmpstr (state_string (sixth, "shown_layer"), ==, state_string (fifth, "shown_layer"));
  app_driver_stop (driver);
}

static void
test_graph (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "layer-view", g_variant_new_string ("graph"));
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) state = app_driver_state (driver);
  const char *preset = state_string (state, "shown_layer");
  g_assert_cmpstr (state_string (state, "window.layer_view"), ==, "graph");
  g_assert_cmpfloat (state_number (state, "window.network.n_blocks"), >, 5);
  g_assert_false (state_is_null (state, "window.network.cursor"));
  app_driver_screenshot (driver, "layers-graph");

  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "whylight-graph.svg", NULL);
  app_driver_win (driver, "export-graph", g_variant_new_string (path));
  app_driver_wait_idle (driver);
  g_autofree char *svg = NULL;
  g_assert_true (g_file_get_contents (path, &svg, NULL, NULL));
  g_assert_nonnull (strstr (svg, "<title>"));
  g_assert_cmpint (g_unlink (path), ==, 0);

  /* Up along the edge and Enter: the block before is explained. */
  app_driver_win (driver, "search-network", g_variant_new_string ("conv"));
  app_driver_wait_idle (driver);
  app_driver_screenshot (driver, "layers-graph-search");
  app_driver_win (driver, "search-network", g_variant_new_string (""));
  app_driver_win (driver, "layer-step", g_variant_new_int32 (-3));
  g_autoptr (JsonNode) walked = wait_for_layer (driver, preset, FALSE);
  g_assert_cmpstr (state_string (walked, "window.network.cursor"), !=, state_string (state, "window.network.cursor"));

  app_driver_resize (driver, 360, 640);
  app_driver_wait_idle (driver);
  app_driver_screenshot (driver, "layers-graph-narrow");
  app_driver_win (driver, "layer-view", g_variant_new_string ("list"));
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) list = app_driver_state (driver);
  g_assert_cmpstr (state_string (list, "window.layer_view"), ==, "list");
  app_driver_stop (driver);
}

static void
test_suggest (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "suggest-layer", NULL);
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) state = app_driver_state (driver);
  g_assert_cmpuint (state_length (state, "layer_advice"), >=, 2);
  g_assert_cmpfloat (state_number (state, "layer_advice.0.score"), >=, state_number (state, "layer_advice.1.score"));
  g_assert_cmpuint (strlen (state_string (state, "layer_advice.0.reason")), >, 20);
  app_driver_screenshot (driver, "layers-advice");
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/layers/thumbnails", test_thumbnails);
  g_test_add_func ("/layers/walk", test_walk);
  g_test_add_func ("/layers/graph", test_graph);
  g_test_add_func ("/layers/suggest", test_suggest);
  return g_test_run ();
}
