#include "config.h"

#include "thumbnail.h"

GdkTexture *
why_thumbnail_texture (WhyTensor *pixels)
{
  if (pixels == NULL || pixels->rank != 3 || pixels->dtype != WHY_DTYPE_UINT8)
    return NULL;
  const gsize height = (gsize) pixels->dims[0];
  const gsize width = (gsize) pixels->dims[1];
  const gsize bands = (gsize) pixels->dims[2];
  const guint8 *from = pixels->data;
  guint8 *rgb = g_malloc_n (width * height, 3);

  for (gsize pixel = 0; pixel < width * height; pixel++)
    {
      for (gsize band = 0; band < 3; band++)
        rgb[pixel * 3 + band] = from[pixel * bands + (bands == 3 ? band : 0)];
    }
  g_autoptr (GBytes) bytes = g_bytes_new_take (rgb, width * height * 3);
  return gdk_memory_texture_new ((int) width, (int) height, GDK_MEMORY_R8G8B8, bytes, width * 3);
}
