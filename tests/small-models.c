#include "config.h"

#include "small-models.h"

#include <string.h>

OnnxBuilder *
small_model (void)
{
  OnnxBuilder *b = ob_new (7, 13);

  ob_producer (b, "small-models", "1");
  ob_metadata (b, "whylight.recipe",
               "{\"version\": 1, \"size\": [16, 16], \"resize\": \"stretch\", \"crop\": \"none\", \"filter\": \"bilinear\","
               " \"channels\": \"RGB\", \"layout\": \"NCHW\", \"scale\": 255, \"mean\": [0.5, 0.5, 0.5], \"std\": [0.25, 0.25, 0.25],"
               " \"pad\": [0, 0, 0], \"task\": \"single-label\", \"labels\": [\"red\", \"green\", \"blue, azure\"]}");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "N,3,16,16");
  ob_init_random (b, "w1", "4,3,3,3", 11, 0.5f);
  ob_init_random (b, "b1", "4", 12, 0.5f);
  ob_init_random (b, "w2", "6,4,3,3", 13, 0.5f);
  ob_init_random (b, "b2", "6", 14, 0.5f);
  ob_init_random (b, "w3", "6,3", 15, 2.0f);
  ob_node (b, "Conv", "x,w1,b1", "conv1", ob_ints ("pads", 1, 1, 1, 1), NULL);
  ob_node (b, "Relu", "conv1", "relu1", NULL);
  ob_node (b, "Conv", "relu1,w2,b2", "conv2", ob_ints ("pads", 1, 1, 1, 1), ob_ints ("strides", 2, 2), NULL);
  ob_node (b, "Relu", "conv2", "relu2", NULL);
  ob_node (b, "GlobalAveragePool", "relu2", "pooled", NULL);
  ob_node (b, "Flatten", "pooled", "flat", NULL);
  ob_node (b, "MatMul", "flat,w3", "logits", NULL);
  ob_node (b, "Softmax", "logits", "probabilities", ob_int ("axis", 1), NULL);
  ob_output (b, "probabilities", WHY_DTYPE_FLOAT32, "N,3");
  return b;
}

OnnxBuilder *
slow_model (void)
{
  OnnxBuilder *b = ob_new (7, 13);

  ob_metadata (b, "whylight.recipe", "{\"version\": 1, \"size\": [160, 160], \"resize\": \"stretch\", \"crop\": \"none\"}");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "1,3,160,160");
  ob_init_random (b, "w0", "32,3,3,3", 1, 0.2f);
  ob_node (b, "Conv", "x,w0", "t0", ob_ints ("pads", 1, 1, 1, 1), NULL);
  ob_init_random (b, "w", "32,32,3,3", 2, 0.05f);
  for (int step = 0; step < 16; step++)
    {
      g_autofree char *inputs = g_strdup_printf ("t%d,w", step);
      g_autofree char *output = g_strdup_printf ("t%d", step + 1);
      ob_node (b, "Conv", inputs, output, ob_ints ("pads", 1, 1, 1, 1), NULL);
    }
  ob_node (b, "GlobalAveragePool", "t16", "pooled", NULL);
  ob_node (b, "Flatten", "pooled", "logits", NULL);
  ob_output (b, "logits", WHY_DTYPE_FLOAT32, "1,32");
  return b;
}

OnnxBuilder *
volume_model (void)
{
  OnnxBuilder *b = ob_new (7, 13);
  const float one = 1.0f;
  const float both[2] = { 1.0f, -1.0f };

  ob_metadata (b, "whylight.recipe",
               "{\"version\": 1, \"channels\": \"grey\", \"normalise\": \"min-max\", \"task\": \"single-label\","
               " \"labels\": [\"bright\", \"dark\"]}");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "1,1,D,H,W");
  ob_init_f32 (b, "w1", "1,1,1,1,1", &one);
  ob_init_f32 (b, "w2", "1,2", both);
  ob_node (b, "Conv", "x,w1", "conv1", NULL);
  ob_node (b, "Relu", "conv1", "relu1", NULL);
  ob_node (b, "GlobalAveragePool", "relu1", "pooled", NULL);
  ob_node (b, "Flatten", "pooled", "flat", NULL);
  ob_node (b, "MatMul", "flat,w2", "logits", NULL);
  ob_output (b, "logits", WHY_DTYPE_FLOAT32, "1,2");
  return b;
}

void
small_volume (const char *path, const gint64 *dims, const float *values, const float *spacing, const float *world)
{
  const gsize n_voxels = (gsize) (dims[0] * dims[1] * dims[2]);
  const gsize length = 352 + n_voxels * sizeof (float);
  g_autofree char *bytes = g_malloc0 (length);
  const gint32 header_size = 348;
  const gint16 counts[8] = { 3, (gint16) dims[0], (gint16) dims[1], (gint16) dims[2], 1, 1, 1, 1 };
  const gint16 type[2] = { 16, 32 };
  const gint16 sform = 1;
  const float offset = 352.0f;

  memcpy (bytes, &header_size, sizeof header_size);
  memcpy (bytes + 40, counts, sizeof counts);
  memcpy (bytes + 70, type, sizeof type);
  memcpy (bytes + 80, spacing, 3 * sizeof *spacing);
  memcpy (bytes + 108, &offset, sizeof offset);
  bytes[123] = 2; /* millimetres */
  memcpy (bytes + 254, &sform, sizeof sform);
  memcpy (bytes + 280, world, 12 * sizeof *world);
  memcpy (bytes + 344, "n+1", 4);
  memcpy (bytes + 352, values, n_voxels * sizeof *values);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

void
small_write (OnnxBuilder *model, const char *path)
{
  ob_write (model, path);
  ob_free (model);
}
