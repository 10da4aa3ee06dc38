#include "config.h"

#include "base/error.h"
#include "base/parallel.h"
#include "draw/network.h"
#include "service/document.h"
#include "service/layer-title.h"
#include "service/network.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Maps of all layers, walking through them, and which layer to choose. */

static char *folder;
static char *model_path;
static char *picture_path;

/* ---- names ---- */

static void
test_title (void)
{
  static const struct
  {
    const char *name, *op, *title;
  } cases[] = {
    { "/features/features.18/features.18.2/Clip_output_0", "Clip", "features.18.2" },
    { "/layer4/layer4.2/conv3/Conv_output_0", "Conv", "layer4.2/conv3" },
    { "/layer4/layer4.2/relu_2/Relu_output_0", "Relu", "layer4.2/relu_2" },
    { "/encoder/layer.3/attention/MatMul_output_0", "MatMul", "encoder/layer.3/attention/MatMul" },
    { "/encoder/layer.3/attention/MatMul_1_output_0", "MatMul", "encoder/layer.3/attention/MatMul_1" },
    { "/split/Split_output_1", "Split", "split/Split_output_1" },
    { "MobilenetV2/expanded_conv/Relu6:0", "Relu6", "MobilenetV2/expanded_conv/Relu6" },
    { "MobilenetV2/Conv_1/Relu6_MobilenetV2/Conv_1/add_fold_MobilenetV2/Conv_1/Conv2D_Fold/bias", "Clip",
      "MobilenetV2/Conv_1/Relu6" },
    { "relu2", "Relu", "relu2" },
    { "123", "Conv", "123" },
    { "/", "Conv", "/" },
    { "_output_0", "Conv", "_output_0" },
    { "Relu_output_0", "Relu", "Relu" },
  };

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autofree char *title = why_layer_title (cases[index].name, cases[index].op);
      g_assert_cmpstr (title, ==, cases[index].title);
    }
}

/* ---- maps of all layers ---- */

typedef struct
{
  WhyRunner *runner;
  WhyDocument *document;
  int n_updated;
  int n_changed;
} Fixture;

static void
on_updated (WhyDocument *document, gpointer data)
{
  ((Fixture *) data)->n_updated++;
}

static void
on_changed (WhyDocument *document, gpointer data)
{
  ((Fixture *) data)->n_changed++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->runner = why_runner_new ();
  fixture->document = why_document_new (fixture->runner);
  g_signal_connect (fixture->document, "updated", G_CALLBACK (on_updated), fixture);
  g_signal_connect (fixture->document, "layer-maps-changed", G_CALLBACK (on_changed), fixture);
  why_document_open (fixture->document, model_path);
  why_document_open (fixture->document, picture_path);
  spin_until_idle (fixture->document);
  g_assert_nonnull (why_document_get_map (fixture->document));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->document);
  why_runner_unref (fixture->runner);
}

static gboolean
is_complete (gpointer document)
{
  return why_document_get_layer_maps_state (document) == WHY_LAYER_MAPS_COMPLETE;
}

static void
assert_same_values (const WhyMap *a, const WhyMap *b)
{
  g_assert_cmpint (a->values->rank, ==, b->values->rank);
  g_assert_cmpmem (a->values->data, a->values->n_bytes, b->values->data, b->values->n_bytes);
  g_assert_cmpstr (a->layer, ==, b->layer);
  g_assert_cmpstr (a->polarity, ==, b->polarity);
  g_assert_cmpfloat (a->score, ==, b->score);
  g_assert_cmpmem (&a->to_input, sizeof a->to_input, &b->to_input, sizeof b->to_input);
}

static const char *const layers[] = { "conv1", "relu1", "conv2", "relu2" };

/* What a document that holds no maps computes for one layer: with a session that knows nothing else. */
static WhyMap *
map_alone (const char *layer, int target, const char *polarity, const char *method)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_set_polarity (document, polarity);
  why_document_set_method (document, method);
  why_document_open (document, model_path);
  spin_until_idle (document);
  why_document_set_layer (document, layer);
  why_document_set_target_class (document, target);
  why_document_open (document, picture_path);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  WhyMap *map = why_map_ref (why_document_get_map (document));
  g_assert_finalize_object (document);
  return map;
}

static void
test_maps_equal (Fixture *fixture, gconstpointer method)
{
  WhyDocument *document = fixture->document;

  g_assert_null (why_document_get_layer_map (document, "conv1", NULL));
  why_document_set_method (document, method);
  why_document_set_target_class (document, 1);
  why_document_set_polarity (document, "signed");
  spin_until_idle (document);
  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  for (gsize index = 0; index < G_N_ELEMENTS (layers); index++)
    {
      gboolean current = FALSE;
      const WhyMap *map = why_document_get_layer_map (document, layers[index], &current);
      g_autoptr (WhyMap) alone = map_alone (layers[index], 1, "signed", method);
      g_assert_nonnull (map);
      g_assert_true (current);
      g_assert_null (why_document_get_layer_reason (document, layers[index]));
      assert_same_values (map, alone);
    }
  why_document_release_layer_maps (document);
}

static void
test_walk (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  for (gsize index = 0; index < G_N_ELEMENTS (layers); index++)
    {
      g_autoptr (WhyTensor) probabilities = why_tensor_ref (why_document_get_probabilities (document));
      fixture->n_updated = 0;
      why_document_set_layer (document, layers[index]);
      /* Before the main loop has turned once. */
      g_assert_false (why_document_get_busy (document));
      g_assert_cmpint (fixture->n_updated, ==, 1);
      g_assert_cmpstr (why_document_get_shown_layer (document), ==, layers[index]);
      g_assert_true (why_document_get_map (document) == why_document_get_layer_map (document, layers[index], NULL));
      g_assert_true (why_document_get_probabilities (document) == probabilities);
      g_assert_cmpstr (why_document_get_result (document)->request->explain.layer, ==, layers[index]);
    }
  /* The walk is one step back, and as quick; so is the way to a single layer. */
  why_document_undo (document);
  g_assert_false (why_document_get_busy (document));
  g_assert_cmpstr (why_document_get_layer (document), ==, NULL);
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu2");
  g_assert_false (why_document_get_can_undo (document));
  why_document_set_layer (document, "relu1");
  g_assert_false (why_document_get_busy (document));
  why_document_set_layer (document, NULL);
  g_assert_false (why_document_get_busy (document));
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu2");
  /* No maps are computed again for that. */
  spin_for (200);
  g_assert_true (is_complete (document));
  why_document_release_layer_maps (document);
}

static void
test_other_question (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  gboolean current = TRUE;

  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  const int other = why_document_get_shown_class (document) == 0 ? 1 : 0;
  g_autoptr (WhyMap) before = why_map_ref (why_document_get_layer_map (document, "conv1", &current));
  g_assert_true (current);

  why_document_set_target_class (document, other);
  /* The old one stays, and is not taken for the new one. */
  g_assert_true (why_document_get_layer_map (document, "conv1", &current) == before);
  g_assert_false (current);
  why_document_set_layer (document, "conv1");
  g_assert_true (why_document_get_busy (document));
  spin_until (is_complete, document);
  const WhyMap *after = why_document_get_layer_map (document, "conv1", &current);
  g_assert_true (current);
  g_assert_cmpint (after->target_class, ==, other);
  g_assert_true (memcmp (after->values->data, before->values->data, after->values->n_bytes) != 0);

  /* Covers belong to the question. */
  why_document_occlude (document, 0, 0, 200, 200);
  why_document_get_layer_map (document, "conv1", &current);
  g_assert_false (current);
  spin_until_idle (document);
  spin_until (is_complete, document);
  why_document_get_layer_map (document, "conv1", &current);
  g_assert_true (current);

  /* Another picture has nothing in common with this one. */
  why_document_release_layer_maps (document);
  why_document_open (document, picture_path);
  spin_until_idle (document);
  g_assert_null (why_document_get_layer_map (document, "conv2", NULL));
  g_assert_cmpint (why_document_get_layer_maps_state (document), ==, WHY_LAYER_MAPS_NONE);
}

/* The answer that people wait for comes first, and nobody who does not hold maps pays for them. */
static void
test_background (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  spin_for (150);
  g_assert_cmpint (why_document_get_layer_maps_state (document), ==, WHY_LAYER_MAPS_NONE);
  why_document_hold_layer_maps (document);
  g_assert_cmpint (why_document_get_layer_maps_state (document), ==, WHY_LAYER_MAPS_COMPUTING);
  g_assert_false (why_document_get_busy (document));
  for (int target = 0; target < 3; target++)
    {
      why_document_set_target_class (document, target);
      spin_until_idle (document);
      g_assert_cmpint (why_document_get_shown_class (document), ==, target);
    }
  spin_until (is_complete, document);
  g_assert_cmpint (why_document_get_layer_map (document, "conv1", NULL)->target_class, ==, 2);
  why_document_release_layer_maps (document);
  g_assert_true (is_complete (document));
  why_document_hold_layer_maps (document);
  g_assert_true (is_complete (document));
  why_document_release_layer_maps (document);
}

static void
test_reasons (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  /* CAM reads the weights of the last linear layer: before the mean only. */
  why_document_set_method (document, "cam");
  spin_until_idle (document);
  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  g_assert_cmpstr (why_document_get_layer_maps_note (document), ==, "");
  g_assert_nonnull (why_document_get_layer_map (document, "relu2", NULL));
  g_assert_null (why_document_get_layer_reason (document, "relu2"));
  g_assert_null (why_document_get_layer_map (document, "conv1", NULL));
  g_assert_nonnull (strstr (why_document_get_layer_reason (document, "conv1"), "conv1"));

  /* Runs of its own for each layer: maps of those that were looked at. */
  why_document_set_method (document, "scorecam");
  spin_until_idle (document);
  spin_until (is_complete, document);
  g_assert_cmpstr (why_document_get_layer_maps_note (document), !=, "");
  g_assert_nonnull (why_document_get_layer_map (document, "relu2", NULL));
  g_assert_null (why_document_get_layer_map (document, "conv1", NULL));
  g_assert_null (why_document_get_layer_reason (document, "conv1"));
  why_document_set_layer (document, "conv1");
  g_assert_true (why_document_get_busy (document));
  spin_until_idle (document);
  why_document_set_layer (document, "relu2");
  g_assert_false (why_document_get_busy (document));

  /* None at all at layers. */
  why_document_set_method (document, "gradient");
  spin_until_idle (document);
  spin_for (200);
  g_assert_cmpint (why_document_get_layer_maps_state (document), ==, WHY_LAYER_MAPS_NONE);
  g_assert_cmpstr (why_document_get_layer_maps_note (document), !=, "");
  why_document_release_layer_maps (document);
}

static void
test_cells (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  double width;
  double height;
  double um_width;
  double um_height;
  g_autoptr (WhyLayerItem) item = g_list_model_get_item (why_document_get_layers (document), 3);

  /* 8 cells on 512 pixels. */
  g_assert_true (why_document_get_layer_cell (document, item, &width, &height, &um_width, &um_height));
  g_assert_cmpfloat_with_epsilon (width, 64, 1e-9);
  g_assert_cmpfloat_with_epsilon (height, 64, 1e-9);
  g_assert_cmpfloat (um_width, ==, 0);
}

/* ---- which layer? ---- */

static gboolean
has_advice (gpointer document)
{
  return why_document_get_layer_advice (document) != NULL;
}

static void
test_advice (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  g_assert_null (why_document_get_layer_advice (document));
  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  why_document_set_wants_layer_advice (document, TRUE);
  spin_until (has_advice, document);
  g_assert_true (is_complete (document));
  /* Two sizes of maps: the last layer of each that has a map with anything in it. */
  const char *early = why_document_get_layer_map (document, "relu1", NULL)->maximum > 0 ? "relu1" : "conv1";
  const GPtrArray *advices = why_document_get_layer_advice (document);
  g_assert_cmpuint (advices->len, ==, 2);
  for (guint index = 0; index < advices->len; index++)
    {
      const WhyLayerAdvice *advice = g_ptr_array_index (advices, index);
      const gboolean late = g_strcmp0 (advice->layer, "relu2") == 0;
      if (!late)
        g_assert_cmpstr (advice->layer, ==, early);
      g_assert_cmpstr (advice->grid, ==, late ? "8x8" : "16x16");
      g_assert_cmpuint (advice->cells, ==, late ? 64 : 256);
      g_assert_true (advice->is_last == late);
      g_assert_cmpfloat (advice->score, >=, 0);
      g_assert_cmpfloat (advice->score, <=, 1 + 1e-9);
      g_assert_cmpfloat (advice->concentration, >, 0);
      g_assert_cmpfloat (advice->concentration, <=, 1);
      if (!isnan (advice->agreement))
        g_assert_cmpfloat (fabs (advice->agreement), <=, 1 + 1e-9);
      g_assert_cmpfloat_with_epsilon (advice->before,
                                      why_tensor_get_f64 (why_document_get_probabilities (document),
                                                          (gsize) why_document_get_shown_class (document)), 1e-6);
      g_assert_nonnull (strstr (advice->reason, late ? "8 × 8" : "16 × 16"));
    }
  g_assert_cmpfloat (((WhyLayerAdvice *) g_ptr_array_index (advices, 0))->score, >=,
                     ((WhyLayerAdvice *) g_ptr_array_index (advices, 1))->score);
  /* It belongs to the question. */
  why_document_set_target_class (document, why_document_get_shown_class (document) == 0 ? 1 : 0);
  g_assert_null (why_document_get_layer_advice (document));
  spin_until (has_advice, document);
  /* The map that is shown is none of a covered picture. */
  why_document_set_layer (document, "relu1");
  g_assert_false (why_document_get_busy (document));
  why_document_set_wants_layer_advice (document, FALSE);
  g_assert_null (why_document_get_layer_advice (document));
  why_document_release_layer_maps (document);
}

/* ---- the graph ---- */

static void
test_network (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyModel) model = why_model_load (model_path, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyNetwork) network = why_network_new (model, &error);
  g_assert_no_error (error);

  /* Input, two convolutions each with its activation, mean, linear layer, softmax, output: conv1 and relu1 are one block. */
  const int first = why_network_find (network, "conv1");
  const int second = why_network_find (network, "relu2");
  g_assert_cmpint (first, >, 0);
  g_assert_cmpint (why_network_find (network, "relu1"), ==, first);
  g_assert_cmpint (why_network_find (network, "conv2"), ==, second);
  g_assert_cmpint (why_network_find (network, "nowhere"), ==, -1);
  g_assert_cmpint (network->blocks[0].kind, ==, WHY_BLOCK_INPUT);
  g_assert_cmpint (network->blocks[network->n_blocks - 1].kind, ==, WHY_BLOCK_OUTPUT);
  g_assert_cmpint (network->blocks[first].kind, ==, WHY_BLOCK_CONVOLUTION);
  g_assert_cmpstr (network->blocks[first].ops, ==, "Conv + Relu");
  g_assert_cmpstr (network->blocks[first].layer, ==, "relu1");
  g_assert_null (network->blocks[first].reason);
  g_assert_cmpstr (network->blocks[second].shape, ==, "1x6x8x8");
  /* What comes after the mean over space has no map, and says so. */
  const int logits = why_network_find (network, "logits");
  g_assert_null (network->blocks[logits].layer);
  g_assert_cmpstr (network->blocks[logits].reason, !=, NULL);

  /* From the picture to the answer by following the edges, and back. */
  int at = 0;
  guint steps = 0;
  for (int next = 0; (next = why_network_neighbour (network, at, 1)) >= 0; at = next, steps++)
    {
      g_assert_cmpint (next, >, at);
      g_assert_cmpint (why_network_neighbour (network, next, -1), ==, at);
      g_assert_cmpint (network->layout->nodes[next].level, >, network->layout->nodes[at].level);
    }
  g_assert_cmpint (at, ==, (int) network->n_blocks - 1);
  g_assert_cmpuint (steps, ==, network->n_blocks - 1);
  g_assert_cmpint (why_network_beside (network, first, 1), ==, -1);
  g_assert_true (why_network_matches (network, first, "CONV"));
  g_assert_true (why_network_matches (network, first, "relu1"));
  g_assert_false (why_network_matches (network, first, "softmax"));
  g_assert_cmpuint (network->layout->n_edges, ==, network->n_blocks - 1);
  g_assert_cmpstr (network->edge_shapes[0], ==, "1x3x16x16");
}

static void
on_network_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  WhyNetwork **network = data;

  *network = why_network_of_model_finish (result, &error);
  g_assert_no_error (error);
}

static void
on_no_network_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (why_network_of_model_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) data = TRUE;
}

static gboolean
has_network (gpointer network)
{
  return *(WhyNetwork **) network != NULL;
}

/* What has no map is listed where it is computed; the layers stay what they are, in their order. */
static void
test_list_with_reasons (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyModel) model = why_model_load (model_path, NULL, &error);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (WhyNetwork) first = NULL;
  g_autoptr (WhyNetwork) second = NULL;
  g_autoptr (WhyNetwork) third = NULL;
  gboolean was_cancelled = FALSE;

  g_assert_no_error (error);
  /* All who ask get the same one, whether it is being made or there. */
  why_network_of_model_async (model, NULL, on_network_cb, &first);
  why_network_of_model_async (model, cancellable, on_no_network_cb, &was_cancelled);
  why_network_of_model_async (model, NULL, on_network_cb, &second);
  g_cancellable_cancel (cancellable);
  spin_until (has_network, &second);
  spin_until (has_network, &first);
  why_network_of_model_async (model, NULL, on_network_cb, &third);
  spin_until (has_network, &third);
  g_assert_true (first == second && first == third);
  g_assert_true (was_cancelled);

  GListModel *of_model = why_model_get_layers (model);
  g_autoptr (GListModel) all = why_network_list_layers (first, of_model);
  guint layer = 0;
  guint n_cannot = 0;
  for (guint index = 0; index < g_list_model_get_n_items (all); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (all, index);
      if (why_layer_item_get_reason (item) == NULL)
        {
          g_autoptr (WhyLayerItem) same = g_list_model_get_item (of_model, layer++);
          g_assert_true (item == same);
          continue;
        }
      n_cannot++;
      /* Mean, linear layer and softmax come after everything that has a place. */
      g_assert_cmpuint (layer, ==, g_list_model_get_n_items (of_model));
      g_assert_null (why_model_find_layer (model, why_layer_item_get_name (item), NULL));
      g_assert_cmpint (why_network_find (first, why_layer_item_get_name (item)), >=, 0);
      g_assert_cmpstr (why_layer_item_get_shape (item), !=, "");
    }
  g_assert_cmpuint (layer, ==, g_list_model_get_n_items (of_model));
  g_assert_cmpuint (n_cannot, >=, 1);
  g_assert_finalize_object (g_steal_pointer (&all));
}

/* ---- the graph in a file ---- */

static void
on_written_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (why_document_export_finish (WHY_DOCUMENT (source), result, &error));
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

/* 0xRRGGBB in the middle of a rectangle of the layout; the margin is 24. */
static guint32
pixel_at (cairo_surface_t *surface, double x, double y)
{
  const guchar *row = cairo_image_surface_get_data (surface) + (gsize) (y + 24) * (gsize) cairo_image_surface_get_stride (surface);

  return ((const guint32 *) (gconstpointer) row)[(gsize) (x + 24)] & 0xffffff;
}

static cairo_surface_t *
write_graph (WhyDocument *document, WhyNetwork *network, const char *path)
{
  const WhyExportOptions options = { 0 };
  gboolean written = FALSE;

  why_document_export_network (document, network, path, &options, on_written_cb, &written);
  g_assert_true (why_document_get_busy (document));
  spin_until (is_true, &written);
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  /* All of it, with its margin. */
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, (int) ceil (network->layout->width + 48));
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, (int) ceil (network->layout->height + 48));
  return surface;
}

static void
test_write_graph (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyNetwork) network = why_network_new (why_document_get_model (document), &error);
  g_autofree char *path = g_build_filename (folder, "graph.png", NULL);

  g_assert_no_error (error);
  /* Not the layer that is explained: of that one there is a map without asking. */
  const WhyLayoutNode *node = &network->layout->nodes[why_network_find (network, "relu1")];
  const double left = node->x + WHY_NETWORK_STRIPE + 8;
  const double top = node->y + (node->height - WHY_NETWORK_THUMB) / 2;
  cairo_surface_t *without = write_graph (document, network, path);
  why_document_hold_layer_maps (document);
  spin_until (is_complete, document);
  cairo_surface_t *with = write_graph (document, network, path);
  why_document_release_layer_maps (document);
  g_assert_cmphex (pixel_at (with, node->x + 2, node->y + node->height / 2), ==, why_block_kind_color (WHY_BLOCK_CONVOLUTION));
  /* Room for a map is of one colour; a map on a picture is not. */
  guint n_other = 0;
  for (int cell = 1; cell < 12; cell++)
    {
      const double x = left + 4 * cell;
      const double y = top + 4 * cell;
      g_assert_cmphex (pixel_at (without, x, y), ==, pixel_at (without, left + 2, top + 2));
      n_other += pixel_at (with, x, y) != pixel_at (without, x, y);
    }
  g_assert_cmpuint (n_other, >, 8);
  cairo_surface_destroy (without);
  cairo_surface_destroy (with);
  g_autofree char *title = why_png_read_text (path, "Title", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (title, why_model_get_title (why_document_get_model (document))));
  g_assert_null (strchr (title, '/'));
  g_unlink (path);
}

/* Two blocks far from each other: more than a PNG can have, and more than can be read in one. */
static void
test_large_graph (void)
{
  g_autoptr (WhyLayout) layout = why_layout_new (2, 0);
  const WhyNetworkFigureBlock blocks[2] = { { .title = "a", .ops = "A", .shape = "1" }, { .title = "b", .ops = "B", .shape = "1" } };
  const WhyNetworkFigure figure = { .layout = layout, .blocks = blocks, .theme = WHY_THEME_LIGHT };
  g_autofree char *png = g_build_filename (folder, "large.png", NULL);
  g_autofree char *pdf = g_build_filename (folder, "large.pdf", NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize node = 0; node < 2; node++)
    layout->nodes[node] = (WhyLayoutNode){ .width = 200, .height = 60 };
  layout->width = 200;
  layout->height = 50000;
  layout->nodes[1].y = 49940;
  g_assert_true (why_network_figure_write (&figure, png, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  cairo_surface_t *surface = cairo_image_surface_create_from_png (png);
  g_assert_cmpint (cairo_image_surface_get_height (surface), <=, WHY_MAX_SURFACE);
  g_assert_cmpint (cairo_image_surface_get_height (surface), >, WHY_MAX_SURFACE - 100);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, (int) ceil (248 * (WHY_MAX_SURFACE - 1) / 50048.0));
  cairo_surface_destroy (surface);
  g_unlink (png);

  layout->height = 200000;
  layout->nodes[1].y = 199940;
  g_assert_false (why_network_figure_write (&figure, png, NULL, 0, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "SVG"));
  g_clear_error (&error);
  g_assert_false (g_file_test (png, G_FILE_TEST_EXISTS));
  g_assert_true (why_network_figure_write (&figure, pdf, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  gsize length;
  g_assert_true (g_file_get_contents (pdf, &content, &length, NULL));
  const char *box = memmem (content, length, "/MediaBox", strlen ("/MediaBox"));
  g_assert_nonnull (box);
  /* [ left lower right upper ] */
  g_auto (GStrv) sides = g_strsplit (strchr (box, '[') + 1, " ", 7);
  guint n_large = 0;
  for (guint side = 0; side < 6; side++)
    {
      g_assert_cmpfloat (g_ascii_strtod (sides[side], NULL), <, 14400.5);
      n_large += g_ascii_strtod (sides[side], NULL) > 14399.5;
    }
  g_assert_cmpuint (n_large, ==, 1);
  g_unlink (pdf);
}

static void
test_dispose_while_computing (void)
{
  Fixture fixture = { 0 };

  set_up (&fixture, NULL);
  why_document_hold_layer_maps (fixture.document);
  spin_for (90);
  tear_down (&fixture, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
#ifdef __SANITIZE_THREAD__
  /* The sanitizer does not see OpenMP's barriers. */
  why_parallel_set_threads (1);
#endif
  folder = g_dir_make_tmp ("whylight-layers-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.onnx", NULL);
  small_write (small_model (), model_path);
  picture_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);

  g_test_add_func ("/layers/title", test_title);
#define ADD(path, data, func) g_test_add ("/layers/" path, Fixture, data, set_up, func, tear_down)
  ADD ("maps/gradcam", "gradcam", test_maps_equal);
  ADD ("maps/layercam", "layercam", test_maps_equal);
  ADD ("maps/eigencam", "eigencam", test_maps_equal);
  ADD ("walk", NULL, test_walk);
  ADD ("other-question", NULL, test_other_question);
  ADD ("background", NULL, test_background);
  ADD ("reasons", NULL, test_reasons);
  ADD ("cells", NULL, test_cells);
  ADD ("advice", NULL, test_advice);
  ADD ("network/file", NULL, test_write_graph);
#undef ADD
  g_test_add_func ("/layers/network/large", test_large_graph);
  g_test_add_func ("/layers/network", test_network);
  g_test_add_func ("/layers/network/list", test_list_with_reasons);
  g_test_add_func ("/layers/dispose-while-computing", test_dispose_while_computing);
  const int status = g_test_run ();
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (folder);
  g_free (model_path);
  g_free (picture_path);
  return status;
}
