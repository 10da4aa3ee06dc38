#include "config.h"

#include "show-outlines.h"

#include "canvas-annotations.h"
#include "service/annotation.h"

/* Outlines with more points are taken apart in a thread. */
#define POINTS_AT_ONCE 2000

/* Of an annotation, which never changes and stays with one picture: the lines it is drawn as, or the task that makes them. */
static const char rings_key[] = "why-rings";
static const char task_key[] = "why-rings-task";

typedef struct
{
  WhyAnnotation *annotation;
  WhyArea *area;
  GWeakRef document; /* a document must not end in a thread */
  gint64 width, height;
} RingsJob;

static void
rings_job_free (gpointer data)
{
  RingsJob *job = data;

  g_object_unref (job->annotation);
  why_area_unref (job->area);
  g_weak_ref_clear (&job->document);
  g_free (job);
}

static void
unref_rings (gpointer rings)
{
  g_array_unref (rings);
}

/* An outline that cannot be drawn, of more parts than there are pixels to see them, is drawn as its box. */
static GArray *
make_rings (const WhyArea *area, gint64 width, gint64 height)
{
  GArray *rings = why_outline_of_shape (area, width, height, NULL);
  WhyRect box;

  if (rings != NULL)
    return rings;
  why_area_get_box (area, &box);
  g_autoptr (WhyArea) around = why_area_new_rectangle (&box, FALSE, NULL);
  return around != NULL ? why_outline_of_shape (around, width, height, NULL) : why_outline_new ();
}

static void
rings_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const RingsJob *job = data;

  g_task_return_pointer (task, make_rings (job->area, job->width, job->height), unref_rings);
}

static void
on_rings_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  const RingsJob *job = g_task_get_task_data (G_TASK (result));
  GArray *rings = g_task_propagate_pointer (G_TASK (result), NULL);

  if (rings != NULL)
    g_object_set_data_full (G_OBJECT (job->annotation), rings_key, rings, unref_rings);
  g_object_set_data (G_OBJECT (job->annotation), task_key, NULL);
}

/* After on_rings_cb(). */
static void
on_task_completed_cb (WhyCanvas *canvas, GParamSpec *property, GTask *task)
{
  RingsJob *job = g_task_get_task_data (task);
  g_autoptr (WhyDocument) document = g_weak_ref_get (&job->document);

  if (document != NULL)
    why_show_outlines (canvas, document);
}

static gboolean
is_simple (const WhyArea *area)
{
  const WhyAreaKind kind = why_area_get_kind (area);
  gsize n_points = 0;

  if (why_area_get_inverse (area) || kind == WHY_AREA_MASK || kind == WHY_AREA_BRUSH)
    return FALSE;
  why_area_get_points (area, &n_points);
  return n_points <= POINTS_AT_ONCE;
}

/* Returns: (transfer none): that makes the rings of @annotation; begun if it is the first to be asked for */
static GTask *
get_task (WhyDocument *document, WhyAnnotation *annotation)
{
  GTask *task = g_object_get_data (G_OBJECT (annotation), task_key);

  if (task != NULL)
    return task;
  RingsJob *job = g_new0 (RingsJob, 1);
  job->annotation = g_object_ref (annotation);
  job->area = why_area_ref (why_annotation_get_shape (annotation));
  g_weak_ref_init (&job->document, document);
  job->width = why_document_get_picture_width (document);
  job->height = why_document_get_picture_height (document);
  task = g_task_new (NULL, NULL, on_rings_cb, NULL);
  g_task_set_task_data (task, job, rings_job_free);
  g_object_set_data_full (G_OBJECT (annotation), task_key, task, g_object_unref);
  g_task_run_in_thread (task, rings_thread);
  return task;
}

/* Returns: (nullable) (transfer none): NULL: they come later */
static GArray *
get_rings (WhyCanvas *canvas, WhyDocument *document, WhyAnnotation *annotation)
{
  GArray *rings = g_object_get_data (G_OBJECT (annotation), rings_key);
  const WhyArea *area = why_annotation_get_shape (annotation);

  if (rings != NULL)
    return rings;
  if (is_simple (area))
    {
      rings = make_rings (area, why_document_get_picture_width (document), why_document_get_picture_height (document));
      g_object_set_data_full (G_OBJECT (annotation), rings_key, rings, unref_rings);
      return rings;
    }
  GTask *task = get_task (document, annotation);
  g_signal_handlers_disconnect_by_func (task, on_task_completed_cb, canvas);
  g_signal_connect_object (task, "notify::completed", G_CALLBACK (on_task_completed_cb), canvas, G_CONNECT_SWAPPED);
  return NULL;
}

void
why_show_outlines (WhyCanvas *canvas, WhyDocument *document)
{
  GListModel *annotations = why_document_get_annotations (document);
  const int selected = why_document_get_selected_annotation (document);
  const guint n = g_list_model_get_n_items (annotations);
  g_autofree WhyCanvasOutline *outlines = g_new0 (WhyCanvasOutline, n + 1);
  gsize n_shown = 0;

  for (guint index = 0; index < n; index++)
    {
      g_autoptr (WhyAnnotation) annotation = g_list_model_get_item (annotations, index);
      if (!why_annotation_get_visible (annotation) && (int) index != selected)
        continue;
      GArray *rings = get_rings (canvas, document, annotation);
      if (rings == NULL)
        continue;
      outlines[n_shown++] = (WhyCanvasOutline) {
        .rings = rings,
        .color = why_annotation_get_color (annotation),
        .pattern = why_annotation_get_pattern (annotation),
        .current = (int) index == selected,
      };
    }
  why_canvas_set_annotations (canvas, outlines, n_shown);
}
