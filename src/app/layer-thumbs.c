#include "config.h"

#include "layer-thumbs.h"

#include "draw/picture.h"

#include <string.h>

/* All that the drawing depends on beside the map; without padding that means anything. */
typedef struct
{
  WhyOverlayStyle style;
  gconstpointer picture;
  gint64 slice;
  int plane;
} Look;

struct _WhyLayerThumbs
{
  GObject parent_instance;

  WhyDocument *document;  /* borrowed: it keeps this object */
  GHashTable *thumbs;     /* layer -> Thumb */
  WhyTensor *base_source; /* what @base shows */
  WhyAffine to_pixels;    /* from source pixels to its */
  GBytes *base;           /* the picture without a map, ARGB32; NULL: to be drawn */
  int width, height;      /* of all of them */
  Look look;
  guint serial;           /* of the look */
  guint n_under_way;
  guint changed_id;
};

G_DEFINE_FINAL_TYPE (WhyLayerThumbs, why_layer_thumbs, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

typedef struct
{
  GdkTexture *texture;
  WhyMap *drawn; /* what it shows; only to be compared */
  WhyMap *asked; /* what was last ordered, and for which look */
  guint asked_serial;
} Thumb;

/* One piece of work: written by the main thread, handed over, written by the worker, handed back. */
typedef struct
{
  WhyLayerThumbs *owner;
  char *layer;
  guint serial;
  WhyTensor *picture; /* nullable: to be drawn into @base first */
  GBytes *base;
  int width, height;
  double source_width, source_height;
  WhyMap *whole;
  WhyMap *held; /* what @map points into */
  WhyOverlayMap map;
  WhyOverlayStyle style;
  GdkTexture *texture;
} Work;

static void
thumb_free (gpointer data)
{
  Thumb *thumb = data;

  g_clear_object (&thumb->texture);
  g_clear_pointer (&thumb->drawn, why_map_unref);
  g_clear_pointer (&thumb->asked, why_map_unref);
  g_free (thumb);
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_object_unref (work->owner);
  g_free (work->layer);
  g_clear_pointer (&work->picture, why_tensor_unref);
  g_clear_pointer (&work->base, g_bytes_unref);
  g_clear_pointer (&work->held, why_map_unref);
  g_clear_pointer (&work->whole, why_map_unref);
  g_clear_object (&work->texture);
  g_free (work);
}

/* ---- in the worker ---- */

/* Premultiplied @over on opaque @under. */
static guint32
blend (guint32 under, guint32 over)
{
  const guint32 rest = 255 - (over >> 24);
  guint32 result = 0xff000000u;

  for (int shift = 0; shift < 24; shift += 8)
    {
      const guint32 value = ((over >> shift) & 0xff) + (((under >> shift) & 0xff) * rest + 127) / 255;
      result |= MIN (value, 255u) << shift;
    }
  return result;
}

static void
draw (Work *work)
{
  const gsize n_pixels = (gsize) work->width * (gsize) work->height;
  const gsize stride = (gsize) work->width * 4;
  const WhyRect all = { 0, 0, work->source_width, work->source_height };

  if (work->base == NULL)
    {
      guint32 *base = g_malloc0 (n_pixels * 4);
      why_picture_render (work->picture, &all, TRUE, work->width, work->height, base, stride);
      work->base = g_bytes_new_take (base, n_pixels * 4);
    }
  guint32 *pixels = g_malloc0 (n_pixels * 4);
  const guint32 *under = g_bytes_get_data (work->base, NULL);
  why_overlay_render (&work->map, &work->style, &all, work->width, work->height, pixels, stride);
  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    pixels[pixel] = blend (under[pixel], pixels[pixel]);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, n_pixels * 4);
  work->texture = gdk_memory_texture_new (work->width, work->height, GDK_MEMORY_DEFAULT, bytes, stride);
}

/* ---- back in the main thread ---- */

static gboolean
changed_cb (gpointer data)
{
  WhyLayerThumbs *self = data;

  self->changed_id = 0;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

/* Many come at once: they are told of together, before the next frame. */
static void
queue_changed (WhyLayerThumbs *self)
{
  if (self->changed_id == 0)
    self->changed_id = g_idle_add_full (GDK_PRIORITY_REDRAW - 1, changed_cb, self, NULL);
}

static gboolean
finish_cb (gpointer data)
{
  Work *work = data;
  WhyLayerThumbs *self = work->owner;
  Thumb *thumb = g_hash_table_lookup (self->thumbs, work->layer);

  self->n_under_way--;
  if (thumb != NULL)
    {
      g_set_object (&thumb->texture, work->texture);
      g_clear_pointer (&thumb->drawn, why_map_unref);
      thumb->drawn = why_map_ref (work->whole);
      if (self->base == NULL && work->picture == self->base_source)
        self->base = g_bytes_ref (work->base);
      queue_changed (self);
    }
  return G_SOURCE_REMOVE;
}

static void
run_cb (gpointer data, gpointer user_data)
{
  draw (data);
  /* Below drawing of the canvas, which people wait for. */
  g_idle_add_full (GDK_PRIORITY_REDRAW + 5, finish_cb, data, work_free);
}

static void
start (WhyLayerThumbs *self, Work *work)
{
  static GThreadPool *pool;

  if (pool == NULL)
    pool = g_thread_pool_new (run_cb, NULL, 1, FALSE, NULL);
  self->n_under_way++;
  g_thread_pool_push (pool, work, NULL);
}

/* ---- asking ---- */

static gboolean
ensure_size (WhyLayerThumbs *self)
{
  WhyTensor *picture = why_document_get_frame_picture (self->document, &self->to_pixels);

  if (picture == NULL)
    return FALSE;
  if (picture != self->base_source)
    {
      const double longer = (double) MAX (picture->dims[0], picture->dims[1]);
      g_clear_pointer (&self->base_source, why_tensor_unref);
      g_clear_pointer (&self->base, g_bytes_unref);
      self->base_source = why_tensor_ref (picture);
      self->width = MAX (1, (int) ((double) picture->dims[1] * WHY_LAYER_THUMB_SIDE / longer + 0.5));
      self->height = MAX (1, (int) ((double) picture->dims[0] * WHY_LAYER_THUMB_SIDE / longer + 0.5));
    }
  return TRUE;
}

static gboolean
order (WhyLayerThumbs *self, const char *layer, WhyMap *whole)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  g_autoptr (WhyMap) held = NULL;

  if (!ensure_size (self))
    return FALSE;
  held = why_document_get_layer_overlay (self->document, layer, &map, &style, NULL);
  if (held == NULL)
    return FALSE;
  map.to_source = why_affine_compose (&map.to_source, &self->to_pixels);
  Work *work = g_new0 (Work, 1);
  *work = (Work) {
    .owner = g_object_ref (self),
    .layer = g_strdup (layer),
    .serial = self->serial,
    .base = self->base != NULL ? g_bytes_ref (self->base) : NULL,
    .picture = self->base == NULL ? why_tensor_ref (self->base_source) : NULL,
    .width = self->width,
    .height = self->height,
    .source_width = (double) self->base_source->dims[1],
    .source_height = (double) self->base_source->dims[0],
    .whole = why_map_ref (whole),
    .held = g_steal_pointer (&held),
    .map = map,
    .style = style,
  };
  start (self, work);
  return TRUE;
}

GdkTexture *
why_layer_thumbs_get (WhyLayerThumbs *self, const char *layer, gboolean *is_current)
{
  g_return_val_if_fail (WHY_IS_LAYER_THUMBS (self) && layer != NULL, NULL);
  gboolean current = FALSE;
  WhyMap *map = self->document != NULL ? why_document_get_layer_map (self->document, layer, &current) : NULL;

  *is_current = FALSE;
  if (map == NULL)
    {
      g_hash_table_remove (self->thumbs, layer);
      return NULL;
    }
  Thumb *thumb = g_hash_table_lookup (self->thumbs, layer);
  if (thumb == NULL)
    {
      thumb = g_new0 (Thumb, 1);
      g_hash_table_insert (self->thumbs, g_strdup (layer), thumb);
    }
  /* An old map needs no new drawing: it will be replaced. */
  if ((thumb->asked != map || thumb->asked_serial != self->serial) && (current || thumb->texture == NULL))
    {
      g_clear_pointer (&thumb->asked, why_map_unref);
      thumb->asked = why_map_ref (map);
      thumb->asked_serial = self->serial;
      if (!order (self, layer, map))
        g_clear_object (&thumb->texture);
    }
  *is_current = current && thumb->drawn == map;
  return thumb->texture;
}

gboolean
why_layer_thumbs_is_idle (WhyLayerThumbs *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_THUMBS (self), TRUE);
  return self->n_under_way == 0 && self->changed_id == 0;
}

/* ---- life ---- */

/* Told of with every change of the map or of how it is drawn; walking through the layers is none here. */
static void
on_redraw_cb (WhyLayerThumbs *self)
{
  Look look;
  WhyOverlayMap map;

  memset (&look, 0, sizeof look);
  if (!why_document_get_overlay (self->document, &map, &look.style))
    return;
  /* Limits of its own are those of each map. */
  if (strcmp (why_document_get_limits (self->document), "own") == 0)
    look.style.lo = look.style.hi = 0;
  WhyAffine to_pixels;
  look.picture = why_document_get_frame_picture (self->document, &to_pixels);
  look.slice = why_document_get_slice (self->document);
  look.plane = (int) why_document_get_plane (self->document);
  if (memcmp (&look, &self->look, sizeof look) == 0)
    return;
  self->look = look;
  self->serial++;
  queue_changed (self);
}

static gboolean
is_gone (gpointer layer, gpointer thumb, gpointer document)
{
  return why_document_get_layer_map (document, layer, NULL) == NULL;
}

static void
on_maps_cb (WhyLayerThumbs *self)
{
  g_hash_table_foreach_remove (self->thumbs, is_gone, self->document);
  queue_changed (self);
}

static void
why_layer_thumbs_finalize (GObject *object)
{
  WhyLayerThumbs *self = WHY_LAYER_THUMBS (object);

  if (self->document != NULL)
    g_object_remove_weak_pointer (G_OBJECT (self->document), (gpointer *) &self->document);
  g_clear_handle_id (&self->changed_id, g_source_remove);
  g_clear_pointer (&self->thumbs, g_hash_table_unref);
  g_clear_pointer (&self->base_source, why_tensor_unref);
  g_clear_pointer (&self->base, g_bytes_unref);
  G_OBJECT_CLASS (why_layer_thumbs_parent_class)->finalize (object);
}

static void
why_layer_thumbs_class_init (WhyLayerThumbsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = why_layer_thumbs_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
}

static void
why_layer_thumbs_init (WhyLayerThumbs *self)
{
  self->thumbs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, thumb_free);
  self->serial = 1;
}

WhyLayerThumbs *
why_layer_thumbs_for (WhyDocument *document)
{
  static GQuark key;

  g_return_val_if_fail (WHY_IS_DOCUMENT (document), NULL);
  if (key == 0)
    key = g_quark_from_static_string ("why-layer-thumbs");
  WhyLayerThumbs *self = g_object_get_qdata (G_OBJECT (document), key);
  if (self != NULL)
    return g_object_ref (self);
  self = g_object_new (WHY_TYPE_LAYER_THUMBS, NULL);
  self->document = document;
  g_object_add_weak_pointer (G_OBJECT (document), (gpointer *) &self->document);
  g_object_set_qdata_full (G_OBJECT (document), key, g_object_ref (self), g_object_unref);
  g_signal_connect_object (document, "layer-maps-changed", G_CALLBACK (on_maps_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (on_redraw_cb), self, G_CONNECT_SWAPPED);
  return self;
}
