#include "config.h"

#include "service/tiles.h"

#include "base/error.h"
#include "draw/picture.h"
#include "service/slide.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define DEFAULT_BUDGET ((gsize) 160 << 20)
/* Coarser ones than this no picture needs: 512 * 2^20 is more than a side may have. */
#define MAX_SCALE 20

typedef struct
{
  guint64 key;
  WhyTensor *pixels; /* uint8 [h, w, C]; NULL: cannot be read */
  GList *used;       /* in the list, most recent first */
} Tile;

/* What somebody looks at. */
typedef struct
{
  GArray *wanted; /* of guint64: keys that are missing, the most urgent last */
  GHashTable *drawn; /* of guint64 */
} Looker;

struct _WhyTiles
{
  GObject parent_instance;

  /* never changed */
  WhyImageSource *source;
  WhyTensor *overview;
  gint64 width, height;
  int bands;
  int n_scales;
  GMainContext *context;
  pthread_t thread;

  pthread_mutex_t mutex;
  pthread_cond_t cond;
  /* guarded by it */
  GHashTable *tiles; /* guint64 -> Tile */
  GQueue used;       /* of Tile */
  gsize bytes, budget;
  GHashTable *lookers; /* pointer -> Looker */
  gconstpointer last_looker;
  char *error;
  gboolean told; /* that tiles cannot be read */
  GWeakRef *itself; /* in a counted box: for calls that come when nobody has it any more */
  GSource *wake;
  gboolean stop;
  WhyCancel *cancel;
};

G_DEFINE_FINAL_TYPE (WhyTiles, why_tiles, G_TYPE_OBJECT)

static guint signal_loaded;

/* ---- keys ---- */

static guint64
make_key (int scale, gint64 column, gint64 row)
{
  return ((guint64) scale << 56) | ((guint64) row << 28) | (guint64) column;
}

static int
key_scale (guint64 key)
{
  return (int) (key >> 56);
}

static gint64
key_row (guint64 key)
{
  return (gint64) ((key >> 28) & 0xfffffff);
}

static gint64
key_column (guint64 key)
{
  return (gint64) (key & 0xfffffff);
}

/* ---- the cache; with the mutex held ---- */

static void
tile_free (gpointer data)
{
  Tile *tile = data;

  g_clear_pointer (&tile->pixels, why_tensor_unref);
  g_free (tile);
}

static void
looker_free (gpointer data)
{
  Looker *looker = data;

  g_array_unref (looker->wanted);
  g_hash_table_unref (looker->drawn);
  g_free (looker);
}

static gsize
tile_bytes (const Tile *tile)
{
  return tile->pixels != NULL ? why_tensor_count (tile->pixels) : 0;
}

static Tile *
look_up (WhyTiles *self, guint64 key)
{
  return g_hash_table_lookup (self->tiles, &key);
}

static void
touch (WhyTiles *self, Tile *tile)
{
  g_queue_unlink (&self->used, tile->used);
  g_queue_push_head_link (&self->used, tile->used);
}

static gboolean
is_drawn (WhyTiles *self, guint64 key)
{
  GHashTableIter iter;
  gpointer looker;

  g_hash_table_iter_init (&iter, self->lookers);
  while (g_hash_table_iter_next (&iter, NULL, &looker))
    {
      if (g_hash_table_contains (((Looker *) looker)->drawn, &key))
        return TRUE;
    }
  return FALSE;
}

/* What was used longest ago goes, but nothing that is on a screen. */
static void
make_room (WhyTiles *self)
{
  GList *link = self->used.tail;

  while (self->bytes > self->budget && link != NULL)
    {
      GList *before = link->prev;
      Tile *tile = link->data;

      if (!is_drawn (self, tile->key))
        {
          self->bytes -= tile_bytes (tile);
          g_queue_delete_link (&self->used, link);
          g_hash_table_remove (self->tiles, &tile->key);
        }
      link = before;
    }
}

static void
insert (WhyTiles *self, guint64 key, WhyTensor *pixels)
{
  Tile *tile = g_new0 (Tile, 1);

  if (look_up (self, key) != NULL)
    {
      g_clear_pointer (&pixels, why_tensor_unref);
      g_free (tile);
      return;
    }
  tile->key = key;
  tile->pixels = pixels;
  g_queue_push_head (&self->used, tile);
  tile->used = self->used.head;
  self->bytes += tile_bytes (tile);
  g_hash_table_insert (self->tiles, &tile->key, tile);
  make_room (self);
}

/* ---- reading ---- */

static void
clear_weak (gpointer ref)
{
  g_weak_ref_clear (ref);
}

static void
release_weak (gpointer ref)
{
  g_atomic_rc_box_release_full (ref, clear_weak);
}

/* The last reference may be dropped by another thread at any time: one that draws holds one. */
static gboolean
on_wake (gpointer ref)
{
  g_autoptr (WhyTiles) self = g_weak_ref_get (ref);

  if (self == NULL)
    return G_SOURCE_REMOVE;
  pthread_mutex_lock (&self->mutex);
  g_clear_pointer (&self->wake, g_source_unref);
  pthread_mutex_unlock (&self->mutex);
  g_signal_emit (self, signal_loaded, 0);
  return G_SOURCE_REMOVE;
}

/* With the mutex held. */
static void
wake_main (WhyTiles *self)
{
  if (self->wake != NULL || self->stop)
    return;
  self->wake = g_idle_source_new ();
  g_source_set_priority (self->wake, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->wake, on_wake, g_atomic_rc_box_acquire (self->itself), release_weak);
  g_source_attach (self->wake, self->context);
}

/* With the mutex held: of what is missing for the one who drew last, or for anybody. */
static gboolean
pop_from (WhyTiles *self, Looker *looker, guint64 *key)
{
  while (looker != NULL && looker->wanted->len > 0)
    {
      *key = g_array_index (looker->wanted, guint64, looker->wanted->len - 1);
      g_array_set_size (looker->wanted, looker->wanted->len - 1);
      if (look_up (self, *key) == NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
pop_wanted (WhyTiles *self, guint64 *key)
{
  GHashTableIter iter;
  gpointer looker;

  if (pop_from (self, g_hash_table_lookup (self->lookers, self->last_looker), key))
    return TRUE;
  g_hash_table_iter_init (&iter, self->lookers);
  while (g_hash_table_iter_next (&iter, NULL, &looker))
    {
      if (pop_from (self, looker, key))
        return TRUE;
    }
  return FALSE;
}

static WhyTensor *
read_tile (WhyTiles *self, guint64 key, GError **error)
{
  const int scale = key_scale (key);
  const gint64 side = (gint64) WHY_TILE_SIDE << scale, step = (gint64) 1 << scale;
  const gint64 x = key_column (key) * side, y = key_row (key) * side;
  const gint64 w = MIN (side, self->width - x), h = MIN (side, self->height - y);
  /* Whole pixels of the scale; what is left at an edge is less than one and looks like its neighbour. */
  const gint64 out_w = MAX (1, w / step), out_h = MAX (1, h / step);

  return why_slide_read (self->source, FALSE, x, y, MIN (w, out_w * step), MIN (h, out_h * step), out_w, out_h,
                         self->cancel, error);
}

static void *
tiles_main (void *data)
{
  WhyTiles *self = data;
  guint64 key;

  pthread_mutex_lock (&self->mutex);
  while (!self->stop)
    {
      if (!pop_wanted (self, &key))
        {
          pthread_cond_wait (&self->cond, &self->mutex);
          continue;
        }
      pthread_mutex_unlock (&self->mutex);
      g_autoptr (GError) error = NULL;
      WhyTensor *pixels = read_tile (self, key, &error);
      pthread_mutex_lock (&self->mutex);
      if (pixels == NULL && g_error_matches (error, WHY_ERROR, WHY_ERROR_CANCELLED))
        continue;
      if (pixels == NULL && !self->told)
        self->error = g_strdup (error->message);
      self->told = self->told || pixels == NULL;
      /* One that cannot be read is not tried again and again. */
      insert (self, key, pixels);
      wake_main (self);
    }
  pthread_mutex_unlock (&self->mutex);
  return NULL;
}

/* ---- drawing ---- */

/* The finest scale that is not finer than the screen needs. */
static int
choose_scale (WhyTiles *self, double img_per_pixel)
{
  int scale = 0;

  while (scale < self->n_scales - 1 && (double) ((gint64) 1 << (scale + 1)) <= img_per_pixel * 1.001)
    scale++;
  return scale;
}

/* A picture of part of one scale, put together of tiles. */
typedef struct
{
  int scale;
  gint64 left, top, width, height; /* pixels of the scale */
  guint8 *pixels;
} Mosaic;

/* Fills a box of the mosaic, by nearest pixels, from a picture that lies in the plane of the source at (@x, @y) with
 * @step source pixels to one of its. */
static void
fill (const WhyTiles *self, Mosaic *mosaic, gint64 left, gint64 top, gint64 right, gint64 bottom, const WhyTensor *from,
      double x, double y, double step_x, double step_y)
{
  const double scale = (double) ((gint64) 1 << mosaic->scale);
  const int bands = self->bands;
  const gint64 rows = from->dims[0], columns = from->dims[1];
  g_autofree gint64 *at_x = g_new (gint64, (gsize) MAX (right - left, 1));

  for (gint64 column = left; column < right; column++)
    at_x[column - left] = CLAMP ((gint64) floor ((((double) column + 0.5) * scale - x) / step_x), 0, columns - 1);
  /* Beyond the last whole pixel of an edge that one is repeated. */
  const gboolean same =
    step_x == scale && step_y == scale && right > left && at_x[right - left - 1] - at_x[0] == right - left - 1;
  for (gint64 row = top; row < bottom; row++)
    {
      const gint64 at_y = CLAMP ((gint64) floor ((((double) row + 0.5) * scale - y) / step_y), 0, rows - 1);
      const guint8 *source = (const guint8 *) from->data + at_y * columns * bands;
      guint8 *target = mosaic->pixels + ((row - mosaic->top) * mosaic->width + left - mosaic->left) * bands;

      if (same)
        memcpy (target, source + at_x[0] * bands, (gsize) ((right - left) * bands));
      else
        for (gint64 column = 0; column < right - left; column++)
          memcpy (target + column * bands, source + at_x[column] * bands, (gsize) bands);
    }
}

/* With the mutex held: the tile, or the finest one that covers it; (transfer full) (nullable) */
static WhyTensor *
find_pixels (WhyTiles *self, guint64 key, int *scale)
{
  gint64 column = key_column (key), row = key_row (key);

  for (*scale = key_scale (key); *scale < self->n_scales; (*scale)++, column /= 2, row /= 2)
    {
      Tile *tile = look_up (self, make_key (*scale, column, row));
      if (tile != NULL && tile->pixels != NULL)
        {
          touch (self, tile);
          return why_tensor_ref (tile->pixels);
        }
    }
  return NULL;
}

/* What one tile of a mosaic is drawn from. */
typedef struct
{
  gint64 column, row;
  WhyTensor *pixels; /* nullable: the overview */
  int scale;         /* of @pixels */
} Piece;

static void
piece_clear (gpointer data)
{
  g_clear_pointer (&((Piece *) data)->pixels, why_tensor_unref);
}

/* With the mutex held: notes what is there and what is missing. */
static void
collect (WhyTiles *self, const Mosaic *mosaic, Looker *looker, gint64 column, gint64 row, GArray *pieces,
         GArray *missing)
{
  const guint64 key = make_key (mosaic->scale, column, row);
  Piece piece = { .column = column, .row = row };

  g_hash_table_add (looker->drawn, g_memdup2 (&key, sizeof key));
  piece.pixels = find_pixels (self, key, &piece.scale);
  g_array_append_val (pieces, piece);
  if (look_up (self, key) == NULL)
    g_array_append_val (missing, key);
}

static void
draw_piece (const WhyTiles *self, Mosaic *mosaic, const Piece *piece)
{
  const gint64 left = MAX (piece->column * WHY_TILE_SIDE, mosaic->left),
               top = MAX (piece->row * WHY_TILE_SIDE, mosaic->top);
  const gint64 right = MIN ((piece->column + 1) * WHY_TILE_SIDE, mosaic->left + mosaic->width);
  const gint64 bottom = MIN ((piece->row + 1) * WHY_TILE_SIDE, mosaic->top + mosaic->height);
  const int coarser = piece->scale - mosaic->scale;
  const double side = (double) ((gint64) WHY_TILE_SIDE << piece->scale), step = (double) ((gint64) 1 << piece->scale);

  if (piece->pixels == NULL)
    fill (self, mosaic, left, top, right, bottom, self->overview, 0, 0,
          (double) self->width / (double) self->overview->dims[1],
          (double) self->height / (double) self->overview->dims[0]);
  else
    fill (self, mosaic, left, top, right, bottom, piece->pixels, (double) (piece->column >> coarser) * side,
          (double) (piece->row >> coarser) * side, step, step);
}

/* In the order in which they are to be read: from the middle outwards, the first last. */
static int
by_distance (gconstpointer a, gconstpointer b, gpointer data)
{
  const guint64 one = *(const guint64 *) a, other = *(const guint64 *) b;
  const double *middle = data;
  const double d_one = hypot ((double) key_column (one) + 0.5 - middle[0], (double) key_row (one) + 0.5 - middle[1]);
  const double d_other =
    hypot ((double) key_column (other) + 0.5 - middle[0], (double) key_row (other) + 0.5 - middle[1]);

  return d_one < d_other ? 1 : d_one > d_other ? -1 : 0;
}

static Looker *
get_looker (WhyTiles *self, gconstpointer pointer)
{
  Looker *looker = g_hash_table_lookup (self->lookers, pointer);

  if (looker == NULL)
    {
      looker = g_new0 (Looker, 1);
      looker->wanted = g_array_new (FALSE, FALSE, sizeof (guint64));
      looker->drawn = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
      g_hash_table_insert (self->lookers, (gpointer) pointer, looker);
    }
  self->last_looker = pointer;
  return looker;
}

gboolean
why_tiles_render (WhyTiles *self, gconstpointer looker_pointer, const WhyRect *img, int width, int height,
                  guint32 *pixels, gsize stride)
{
  const int scale = choose_scale (self, MIN (img->width / width, img->height / height));
  const double step = (double) ((gint64) 1 << scale);
  const gint64 all_w = (gint64) ceil ((double) self->width / step),
               all_h = (gint64) ceil ((double) self->height / step);
  Mosaic mosaic = { .scale = scale };

  mosaic.left = CLAMP ((gint64) floor (img->x / step), 0, all_w - 1);
  mosaic.top = CLAMP ((gint64) floor (img->y / step), 0, all_h - 1);
  mosaic.width = CLAMP ((gint64) ceil ((img->x + img->width) / step), mosaic.left + 1, all_w) - mosaic.left;
  mosaic.height = CLAMP ((gint64) ceil ((img->y + img->height) / step), mosaic.top + 1, all_h) - mosaic.top;
  const gint64 dims[] = { mosaic.height, mosaic.width, self->bands };
  g_autoptr (WhyTensor) put_together = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  if (put_together == NULL)
    return TRUE;
  mosaic.pixels = put_together->data;

  pthread_mutex_lock (&self->mutex);
  Looker *looker = get_looker (self, looker_pointer);
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  g_array_set_clear_func (pieces, piece_clear);
  g_hash_table_remove_all (looker->drawn);
  for (gint64 row = mosaic.top / WHY_TILE_SIDE; row <= (mosaic.top + mosaic.height - 1) / WHY_TILE_SIDE; row++)
    for (gint64 column = mosaic.left / WHY_TILE_SIDE; column <= (mosaic.left + mosaic.width - 1) / WHY_TILE_SIDE;
         column++)
      collect (self, &mosaic, looker, column, row, pieces, missing);
  double middle[] = { (img->x + img->width / 2) / step / WHY_TILE_SIDE,
                      (img->y + img->height / 2) / step / WHY_TILE_SIDE };
  g_array_sort_with_data (missing, by_distance, middle);
  g_array_set_size (looker->wanted, 0);
  g_array_append_vals (looker->wanted, missing->data, missing->len);
  if (missing->len > 0)
    pthread_cond_signal (&self->cond);
  pthread_mutex_unlock (&self->mutex);

  for (guint index = 0; index < pieces->len; index++)
    draw_piece (self, &mosaic, &g_array_index (pieces, Piece, index));
  /* The last pixel may reach beyond the edge of the slide: what is beyond is cut off. */
  const WhyRect view = { img->x / step - (double) mosaic.left, img->y / step - (double) mosaic.top, img->width / step,
                         img->height / step };
  why_picture_render (put_together, &view, FALSE, width, height, pixels, stride);
  return missing->len == 0;
}

void
why_tiles_forget (WhyTiles *self, gconstpointer looker)
{
  g_return_if_fail (WHY_IS_TILES (self));

  pthread_mutex_lock (&self->mutex);
  g_hash_table_remove (self->lookers, looker);
  make_room (self);
  pthread_mutex_unlock (&self->mutex);
}

gboolean
why_tiles_probe (WhyTiles *self, gint64 x, gint64 y, guint8 rgb[3])
{
  int scale;

  g_return_val_if_fail (WHY_IS_TILES (self), FALSE);
  if (x < 0 || y < 0 || x >= self->width || y >= self->height)
    return FALSE;
  pthread_mutex_lock (&self->mutex);
  g_autoptr (WhyTensor) pixels = find_pixels (self, make_key (0, x / WHY_TILE_SIDE, y / WHY_TILE_SIDE), &scale);
  pthread_mutex_unlock (&self->mutex);
  const WhyTensor *from = pixels != NULL ? pixels : self->overview;
  const gint64 side = (gint64) WHY_TILE_SIDE << scale;
  const gint64 column = pixels != NULL ? x % side >> scale : x * from->dims[1] / self->width;
  const gint64 row = pixels != NULL ? y % side >> scale : y * from->dims[0] / self->height;
  const guint8 *value = (const guint8 *) from->data +
                        (MIN (row, from->dims[0] - 1) * from->dims[1] + MIN (column, from->dims[1] - 1)) * self->bands;
  for (int band = 0; band < 3; band++)
    rgb[band] = value[self->bands == 3 ? band : 0];
  return TRUE;
}

char *
why_tiles_take_error (WhyTiles *self)
{
  g_return_val_if_fail (WHY_IS_TILES (self), NULL);

  pthread_mutex_lock (&self->mutex);
  char *error = g_steal_pointer (&self->error);
  pthread_mutex_unlock (&self->mutex);
  return error;
}

gint64
why_tiles_get_width (WhyTiles *self)
{
  return self->width;
}

gint64
why_tiles_get_height (WhyTiles *self)
{
  return self->height;
}

WhyTensor *
why_tiles_get_overview (WhyTiles *self)
{
  return self->overview;
}

void
why_tiles_set_budget (WhyTiles *self, gsize bytes)
{
  g_return_if_fail (WHY_IS_TILES (self));

  pthread_mutex_lock (&self->mutex);
  self->budget = bytes;
  make_room (self);
  pthread_mutex_unlock (&self->mutex);
}

/* ---- the object ---- */

WhyTiles *
why_tiles_new (WhyImageSource *source, WhyTensor *overview)
{
  g_return_val_if_fail (overview != NULL && overview->rank == 3 && overview->dtype == WHY_DTYPE_UINT8, NULL);

  WhyTiles *self = g_object_new (WHY_TYPE_TILES, NULL);
  self->source = why_image_source_ref (source);
  self->overview = why_tensor_ref (overview);
  self->width = why_image_source_get_width (source);
  self->height = why_image_source_get_height (source);
  self->bands = (int) overview->dims[2];
  while (self->n_scales < MAX_SCALE && MAX (self->width, self->height) > ((gint64) WHY_TILE_SIDE << self->n_scales))
    self->n_scales++;
  self->n_scales++;
  self->context = g_main_context_ref_thread_default ();
  self->itself = g_atomic_rc_box_new0 (GWeakRef);
  g_weak_ref_init (self->itself, self);
  if (pthread_create (&self->thread, NULL, tiles_main, self) != 0)
    g_error ("No thread can be started for the tiles of a slide");
  pthread_setname_np (self->thread, "tiles");
  return self;
}

static void
why_tiles_finalize (GObject *object)
{
  WhyTiles *self = WHY_TILES (object);

  pthread_mutex_lock (&self->mutex);
  self->stop = TRUE;
  why_cancel_set (self->cancel);
  pthread_cond_signal (&self->cond);
  pthread_mutex_unlock (&self->mutex);
  if (self->source != NULL)
    pthread_join (self->thread, NULL);
  if (self->wake != NULL)
    {
      g_source_destroy (self->wake);
      g_source_unref (self->wake);
    }
  g_clear_pointer (&self->itself, release_weak);
  g_queue_clear (&self->used);
  g_hash_table_unref (self->tiles);
  g_hash_table_unref (self->lookers);
  g_clear_pointer (&self->overview, why_tensor_unref);
  g_clear_pointer (&self->source, why_image_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  why_cancel_unref (self->cancel);
  g_free (self->error);
  pthread_mutex_destroy (&self->mutex);
  pthread_cond_destroy (&self->cond);
  G_OBJECT_CLASS (why_tiles_parent_class)->finalize (object);
}

static void
why_tiles_class_init (WhyTilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = why_tiles_finalize;
  signal_loaded = g_signal_new ("loaded", WHY_TYPE_TILES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
why_tiles_init (WhyTiles *self)
{
  pthread_mutex_init (&self->mutex, NULL);
  pthread_cond_init (&self->cond, NULL);
  self->tiles = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, tile_free);
  self->lookers = g_hash_table_new_full (NULL, NULL, NULL, looker_free);
  self->budget = DEFAULT_BUDGET;
  self->cancel = why_cancel_new ();
}
