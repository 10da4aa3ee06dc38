#include "config.h"

#include "canvas-render.h"

#include "draw/picture.h"

/* Enough to fill a window for the tenth of a second until the fine picture is there. */
#define BASE_SIDE 512

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
  g_clear_pointer (&task->map, why_tensor_unref);
  g_clear_pointer (&task->base, why_tensor_unref);
  g_clear_object (&task->picture_texture);
  g_clear_object (&task->map_texture);
  g_clear_object (&task->base_texture);
  g_free (task);
}

/* Textures are immutable and may be made in any thread. */
static GdkTexture *
texture_take (guint32 *pixels, int width, int height)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, (gsize) width * (gsize) height * 4);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, (gsize) width * 4);
}

static GdkTexture *
render_base (WhyTensor *picture)
{
  const double longer = (double) MAX (picture->dims[0], picture->dims[1]);
  const double factor = MIN (1.0, BASE_SIDE / longer);
  const int width = MAX (1, (int) ((double) picture->dims[1] * factor));
  const int height = MAX (1, (int) ((double) picture->dims[0] * factor));
  const WhyRect all = { 0, 0, (double) picture->dims[1], (double) picture->dims[0] };
  guint32 *pixels = g_try_malloc_n ((gsize) height, (gsize) width * 4);

  if (pixels == NULL)
    return NULL;
  why_picture_render (picture, &all, FALSE, width, height, pixels, (gsize) width * 4);
  return texture_take (pixels, width, height);
}

static void
render (WhyRenderTask *task)
{
  const gsize stride = (gsize) task->width * 4;

  if (task->base != NULL)
    task->base_texture = render_base (task->base);
  if (task->picture != NULL)
    {
      guint32 *pixels = g_try_malloc_n ((gsize) task->height, stride);
      if (pixels != NULL)
        {
          /* Above 100 % pixels are seen as pixels: blurring would show what is not in the picture. */
          why_picture_render (task->picture, &task->img, FALSE, task->width, task->height, pixels, stride);
          task->picture_texture = texture_take (pixels, task->width, task->height);
        }
    }
  if (task->map != NULL)
    {
      guint32 *pixels = g_try_malloc_n ((gsize) task->height, stride);
      const WhyOverlayMap map = {
        .values = task->map->data,
        .width = (int) task->map->dims[1],
        .height = (int) task->map->dims[0],
        .to_source = task->to_source,
        .source_width = task->img_width,
        .source_height = task->img_height,
      };
      if (pixels != NULL)
        {
          why_overlay_render (&map, &task->style, &task->img, task->width, task->height, pixels, stride);
          task->map_texture = texture_take (pixels, task->width, task->height);
        }
    }
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
