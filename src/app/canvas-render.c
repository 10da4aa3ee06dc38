#include "config.h"

#include "canvas-render.h"

#include "draw/picture.h"

#include <stdlib.h>
#include <string.h>

/* Enough to fill a window for the tenth of a second until the fine picture is there. */
#define BASE_SIDE 512
/* Twice as fine as the overview is large, for screens that are. */
#define WHOLE_MAP_SIDE 296.0

/* Of the white line; the black one around it is twice as wide. Logical pixels. */
#define CONTOUR_WIDTH 1.5

typedef struct
{
  WhyRenderTask *task;
  WhyRenderDone done;
  GObject *owner;
} Job;

WhyRenderTask *
why_render_task_new (void)
{
  return g_new0 (WhyRenderTask, 1);
}

void
why_render_task_free (WhyRenderTask *task)
{
  if (task == NULL)
    return;
  g_clear_pointer (&task->picture, why_tensor_unref);
  g_clear_object (&task->tiles);
  g_clear_pointer (&task->patch, why_tensor_unref);
  g_clear_pointer (&task->map, why_tensor_unref);
  g_clear_pointer (&task->survey, why_tensor_unref);
  g_clear_pointer (&task->base, why_tensor_unref);
  g_clear_object (&task->picture_texture);
  g_clear_object (&task->survey_texture);
  g_clear_object (&task->map_texture);
  g_clear_object (&task->base_texture);
  g_clear_object (&task->whole_map_texture);
  g_free (task);
}

/* The surface that has a texture's pixels, and the node that drew it last. */
static const char surface_key[] = "why-surface";
static const char node_key[] = "why-node";

/* A few frames. */
#define RETIRE_MS 100

/* Memory of surfaces that have gone, for the next ones, which mostly have the same size: to get megabytes from the system
 * and to give them back takes longer than to draw them, and the latter would often be the main thread's. */
#define SPARES_MAX 6
#define SPARES_SECONDS 2

typedef struct
{
  gsize n_bytes; /* 0: none */
  guchar *memory;
} Spare;

static GMutex spares_lock;
static Spare spares[SPARES_MAX];
static guint spares_id;
static const cairo_user_data_key_t memory_key;

static gboolean
drop_spares_cb (gpointer data)
{
  g_mutex_lock (&spares_lock);
  for (guint spare = 0; spare < SPARES_MAX; spare++)
    {
      free (spares[spare].memory);
      spares[spare] = (Spare) { 0 };
    }
  spares_id = 0;
  g_mutex_unlock (&spares_lock);
  return G_SOURCE_REMOVE;
}

/* Set to nothing, as surfaces begin. */
static Spare *
memory_new (gsize n_bytes)
{
  guchar *memory = NULL;

  g_mutex_lock (&spares_lock);
  for (guint spare = 0; spare < SPARES_MAX && memory == NULL; spare++)
    {
      if (spares[spare].n_bytes != n_bytes)
        continue;
      memory = spares[spare].memory;
      spares[spare] = (Spare) { 0 };
    }
  g_mutex_unlock (&spares_lock);
  if (memory != NULL)
    memset (memory, 0, n_bytes);
  else
    memory = calloc (n_bytes, 1);
  if (memory == NULL)
    return NULL;
  Spare *taken = g_new (Spare, 1);
  *taken = (Spare) { n_bytes, memory };
  return taken;
}

static void
memory_free (gpointer data)
{
  Spare *taken = data;
  guint spare = 0;

  g_mutex_lock (&spares_lock);
  while (spare < SPARES_MAX && spares[spare].n_bytes != 0)
    spare++;
  if (spare < SPARES_MAX)
    {
      spares[spare] = *taken;
      taken->memory = NULL;
    }
  if (spares_id == 0)
    spares_id = g_timeout_add_seconds (SPARES_SECONDS, drop_spares_cb, NULL);
  g_mutex_unlock (&spares_lock);
  free (taken->memory);
  g_free (taken);
}

static cairo_surface_t *
surface_new (int width, int height)
{
  const int stride = cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  Spare *memory = stride > 0 ? memory_new ((gsize) stride * (gsize) height) : NULL;

  if (memory == NULL)
    return NULL;
  cairo_surface_t *surface = cairo_image_surface_create_for_data (memory->memory, CAIRO_FORMAT_ARGB32, width, height, stride);
  if (cairo_surface_set_user_data (surface, &memory_key, memory, memory_free) == CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_destroy (surface);
  memory_free (memory);
  return NULL;
}

/* Textures are immutable and may be made in any thread. */
static GdkTexture *
texture_take (cairo_surface_t *surface)
{
  const int width = cairo_image_surface_get_width (surface);
  const int height = cairo_image_surface_get_height (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);

  cairo_surface_mark_dirty (surface);
  g_autoptr (GBytes) bytes =
    g_bytes_new_with_free_func (cairo_image_surface_get_data (surface), stride * (gsize) height,
                                (GDestroyNotify) cairo_surface_destroy, surface);
  GdkTexture *texture = gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
  g_object_set_data_full (G_OBJECT (texture), surface_key, cairo_surface_reference (surface),
                          (GDestroyNotify) cairo_surface_destroy);
  return texture;
}

/* @surface: (transfer full). Returns: (transfer full) (nullable): what the screen shows of it */
static cairo_surface_t *
turn_surface (cairo_surface_t *surface, WhyTurn turn)
{
  const int width = cairo_image_surface_get_width (surface);
  const int height = cairo_image_surface_get_height (surface);
  const gboolean sideways = why_turn_is_sideways (turn);

  if (turn == 0)
    return surface;
  cairo_surface_t *turned = surface_new (sideways ? height : width, sideways ? width : height);
  cairo_surface_flush (surface);
  /* Rows of 32-bit surfaces are dense. */
  if (turned != NULL)
    why_turn_pixels (turn, (const guint32 *) (const void *) cairo_image_surface_get_data (surface), width, height,
                     (guint32 *) (void *) cairo_image_surface_get_data (turned));
  cairo_surface_destroy (surface);
  return turned;
}

static GskRenderNode *
cairo_node_new (cairo_surface_t *surface, const graphene_rect_t *bounds)
{
  GskRenderNode *node = gsk_cairo_node_new (bounds);
  cairo_t *cr = gsk_cairo_node_get_draw_context (node);
  const double scale_x = (double) bounds->size.width / cairo_image_surface_get_width (surface);
  const double scale_y = (double) bounds->size.height / cairo_image_surface_get_height (surface);

  cairo_translate (cr, bounds->origin.x, bounds->origin.y);
  cairo_scale (cr, scale_x, scale_y);
  cairo_set_source_surface (cr, surface, 0, 0);
  /* Where a pixel is not a pixel of the screen it is for the moment until the right texture is there. */
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_BILINEAR);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_rectangle (cr, 0, 0, cairo_image_surface_get_width (surface), cairo_image_surface_get_height (surface));
  cairo_fill (cr);
  cairo_destroy (cr);
  return node;
}

void
why_render_append (GtkSnapshot *snapshot, GtkWidget *widget, GdkTexture *texture, const graphene_rect_t *bounds)
{
  cairo_surface_t *surface = g_object_get_data (G_OBJECT (texture), surface_key);
  GskRenderer *renderer = gtk_native_get_renderer (gtk_widget_get_native (widget));

  if (surface == NULL || !GSK_IS_CAIRO_RENDERER (renderer))
    {
      gtk_snapshot_append_texture (snapshot, texture, bounds);
      return;
    }
  GskRenderNode *node = g_object_get_data (G_OBJECT (texture), node_key);
  graphene_rect_t last;
  if (node != NULL)
    gsk_render_node_get_bounds (node, &last);
  if (node == NULL || !graphene_rect_equal (&last, bounds))
    {
      node = cairo_node_new (surface, bounds);
      g_object_set_data_full (G_OBJECT (texture), node_key, node, (GDestroyNotify) gsk_render_node_unref);
    }
  gtk_snapshot_append_node (snapshot, node);
}

/* Picture and map are each shown as such eyes see them, and laid over each other after that. */
static void
see_as (cairo_surface_t *surface, WhyVision vision)
{
  why_vision_simulate_pixels (vision, 1, (guint32 *) (void *) cairo_image_surface_get_data (surface),
                              cairo_image_surface_get_width (surface), cairo_image_surface_get_height (surface),
                              (gsize) cairo_image_surface_get_stride (surface));
}

static GdkTexture *
render_base (WhyTensor *picture, WhyVision vision, WhyTurn turn)
{
  const double longer = (double) MAX (picture->dims[0], picture->dims[1]);
  const double factor = MIN (1.0, BASE_SIDE / longer);
  const int width = MAX (1, (int) ((double) picture->dims[1] * factor));
  const int height = MAX (1, (int) ((double) picture->dims[0] * factor));
  const WhyRect all = { 0, 0, (double) picture->dims[1], (double) picture->dims[0] };
  cairo_surface_t *surface = surface_new (width, height);

  if (surface == NULL)
    return NULL;
  why_picture_render (picture, &all, FALSE, width, height, (guint32 *) (void *) cairo_image_surface_get_data (surface),
                      (gsize) cairo_image_surface_get_stride (surface));
  see_as (surface, vision);
  surface = turn_surface (surface, turn);
  return surface != NULL ? texture_take (surface) : NULL;
}

/* The lines of a map in pixels of the surface, over its colours; where that is turned their numbers stay upright. */
static void
render_contours (const WhyRenderTask *task, const WhyOverlayMap *map, cairo_surface_t *surface)
{
  const WhyRect target = { 0, 0, cairo_image_surface_get_width (surface), cairo_image_surface_get_height (surface) };
  const WhyAffine turn = why_turn_get_affine (task->turn, task->img_width, task->img_height);
  const WhyRect img = why_turn_rect (&turn, &task->img);
  WhyOverlayMap turned = *map;
  cairo_t *cr;

  if (task->style.n_contours == 0)
    return;
  cairo_surface_mark_dirty (surface);
  cr = cairo_create (surface);
  turned.to_source = why_affine_compose (&map->to_source, &turn);
  why_turn_size (task->turn, &turned.source_width, &turned.source_height);
  why_overlay_paint_contours (cr, &turned, &task->style, &img, &target, CONTOUR_WIDTH * task->device_scale);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
}

/* @with_contours: the part of the task, at its size; else a small map, whose lines would hide it */
static GdkTexture *
render_map (const WhyRenderTask *task, const WhyRect *img, int width, int height, gboolean with_contours)
{
  cairo_surface_t *surface = surface_new (width, height);
  const WhyOverlayMap map = {
    .values = task->map->data,
    .width = (int) task->map->dims[1],
    .height = (int) task->map->dims[0],
    .to_source = task->to_source,
    .source_width = task->img_width,
    .source_height = task->img_height,
  };

  if (surface == NULL)
    return NULL;
  why_overlay_render (&map, &task->style, img, width, height, (guint32 *) (void *) cairo_image_surface_get_data (surface),
                      (gsize) cairo_image_surface_get_stride (surface));
  surface = turn_surface (surface, task->turn);
  if (surface == NULL)
    return NULL;
  if (with_contours)
    render_contours (task, &map, surface);
  return texture_take (surface);
}

static double
whole_shrink (const WhyRenderTask *task)
{
  return MIN (1.0, WHOLE_MAP_SIDE / MAX (task->img_width, task->img_height));
}

/* Cells from edge to edge, but for the region that has a map of its own. */
static GdkTexture *
render_survey (const WhyRenderTask *task, const WhyRect *img, int width, int height)
{
  cairo_surface_t *surface = surface_new (width, height);
  const WhyOverlayMap map = {
    .values = task->survey->data,
    .width = (int) task->survey->dims[1],
    .height = (int) task->survey->dims[0],
    .to_source = task->survey_to_source,
    .source_width = task->img_width,
    .source_height = task->img_height,
  };
  const WhyRect *hole = &task->survey_hole;
  const double scale_x = width / img->width, scale_y = height / img->height;
  const int left = (int) CLAMP (round ((hole->x - img->x) * scale_x), 0, width);
  const int right = (int) CLAMP (round ((hole->x + hole->width - img->x) * scale_x), 0, width);
  const int top = (int) CLAMP (round ((hole->y - img->y) * scale_y), 0, height);
  const int bottom = (int) CLAMP (round ((hole->y + hole->height - img->y) * scale_y), 0, height);

  if (surface == NULL)
    return NULL;
  guint32 *pixels = (guint32 *) (void *) cairo_image_surface_get_data (surface);
  why_overlay_render (&map, &task->survey_style, img, width, height, pixels, (gsize) cairo_image_surface_get_stride (surface));
  /* Rows of 32-bit surfaces are dense. */
  for (int y = top; y < bottom; y++)
    memset (pixels + (gsize) y * (gsize) width + left, 0, (gsize) (right - left) * sizeof *pixels);
  surface = turn_surface (surface, task->turn);
  return surface != NULL ? texture_take (surface) : NULL;
}

/* The part of the patch that is visible, on the pixels of the surface that it covers. */
static void
render_patch (const WhyRenderTask *task, guint32 *pixels, gsize stride)
{
  const WhyRect *place = &task->patch_img;
  const double scale_x = task->width / task->img.width, scale_y = task->height / task->img.height;
  const int left = (int) CLAMP (round ((place->x - task->img.x) * scale_x), 0, task->width);
  const int top = (int) CLAMP (round ((place->y - task->img.y) * scale_y), 0, task->height);
  const int right = (int) CLAMP (round ((place->x + place->width - task->img.x) * scale_x), 0, task->width);
  const int bottom = (int) CLAMP (round ((place->y + place->height - task->img.y) * scale_y), 0, task->height);
  const double step_x = (double) task->patch->dims[1] / place->width, step_y = (double) task->patch->dims[0] / place->height;

  if (right <= left || bottom <= top)
    return;
  const WhyRect view = {
    (task->img.x + left / scale_x - place->x) * step_x, (task->img.y + top / scale_y - place->y) * step_y,
    (right - left) / scale_x * step_x, (bottom - top) / scale_y * step_y,
  };
  why_picture_render (task->patch, &view, FALSE, right - left, bottom - top,
                      (guint32 *) (void *) ((guint8 *) pixels + (gsize) top * stride) + left, stride);
}

static void
render (WhyRenderTask *task)
{
  if (task->base != NULL)
    task->base_texture = render_base (task->base, task->style.vision, task->turn);
  if (task->picture != NULL)
    {
      cairo_surface_t *surface = surface_new (task->width, task->height);
      if (surface != NULL)
        {
          /* Above 100 % pixels are seen as pixels: blurring would show what is not in the picture. */
          guint32 *pixels = (guint32 *) (void *) cairo_image_surface_get_data (surface);
          const gsize stride = (gsize) cairo_image_surface_get_stride (surface);
          if (task->tiles != NULL)
            task->incomplete = !why_tiles_render (task->tiles, task->looker, &task->img, task->width, task->height, pixels, stride);
          else
            why_picture_render (task->picture, &task->img, FALSE, task->width, task->height, pixels, stride);
          if (task->patch != NULL)
            render_patch (task, pixels, stride);
          see_as (surface, task->style.vision);
          surface = turn_surface (surface, task->turn);
          task->picture_texture = surface != NULL ? texture_take (surface) : NULL;
        }
    }
  if (task->map != NULL && task->whole_map)
    {
      const WhyRect all = { 0, 0, task->img_width, task->img_height };
      const double shrink = whole_shrink (task);
      task->whole_map_texture = render_map (task, &all, MAX (1, (int) (task->img_width * shrink)),
                                            MAX (1, (int) (task->img_height * shrink)), FALSE);
    }
  else if (task->map != NULL)
    task->map_texture = render_map (task, &task->img, task->width, task->height, TRUE);
  if (task->survey != NULL && task->whole_survey)
    {
      const WhyRect all = { 0, 0, task->img_width, task->img_height };
      const double shrink = whole_shrink (task);
      task->survey_texture = render_survey (task, &all, MAX (1, (int) (task->img_width * shrink)),
                                            MAX (1, (int) (task->img_height * shrink)));
    }
  else if (task->survey != NULL)
    task->survey_texture = render_survey (task, &task->img, task->width, task->height);
}

static gboolean
finish_cb (gpointer data)
{
  Job *job = data;

  job->done (job->task, job->owner);
  return G_SOURCE_REMOVE;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  why_render_task_free (job->task);
  g_object_unref (job->owner);
  g_free (job);
}

static void
work (gpointer data, gpointer user_data)
{
  Job *job = data;

  render (job->task);
  /* Above redraw: the frame that is about to be drawn shall have it. */
  g_idle_add_full (GDK_PRIORITY_REDRAW - 5, finish_cb, job, job_free);
}

void
why_render_task_start (WhyRenderTask *task, WhyRenderDone done, GObject *owner)
{
  static GThreadPool *pool;
  Job *job = g_new0 (Job, 1);

  if (pool == NULL)
    pool = g_thread_pool_new (work, NULL, 1, FALSE, NULL);
  *job = (Job) { .task = task, .done = done, .owner = g_object_ref (owner) };
  g_thread_pool_push (pool, job, NULL);
}

static gboolean
retire_cb (gpointer texture)
{
  return G_SOURCE_REMOVE;
}

void
why_render_replace (GdkTexture **texture, GdkTexture *by)
{
  if (*texture == by)
    return;
  if (*texture != NULL)
    g_timeout_add_full (G_PRIORITY_LOW, RETIRE_MS, retire_cb, *texture, g_object_unref);
  *texture = g_object_ref (by);
}
