#include "config.h"

#include "drag-figure.h"

#include <glib/gstdio.h>
#include <string.h>

struct _WhyDragFigure
{
  GdkContentProvider parent_instance;

  char *folder; /* nullable: of the file's own */
  char *path;
  GError *error;
  gboolean written;
  GPtrArray *waiting; /* of GTask: drops that came before the file was there */
};

G_DEFINE_FINAL_TYPE (WhyDragFigure, why_drag_figure, GDK_TYPE_CONTENT_PROVIDER)

typedef struct
{
  char *mime_type;
  GOutputStream *stream;
  int io_priority;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->mime_type);
  g_object_unref (wish->stream);
  g_free (wish);
}

static void
on_bytes_written_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_spliced_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) >= 0)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_read_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Wish *wish = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read_finish (G_FILE (source), result, &error);

  if (stream == NULL)
    g_task_return_error (task, error);
  else
    g_output_stream_splice_async (wish->stream, G_INPUT_STREAM (stream), G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, wish->io_priority,
                                  g_task_get_cancellable (task), on_spliced_cb, g_steal_pointer (&task));
}

static void
answer (WhyDragFigure *self, GTask *task)
{
  Wish *wish = g_task_get_task_data (task);
  g_autoptr (GFile) file = g_file_new_for_path (self->path);

  if (self->error != NULL)
    {
      g_task_return_error (task, g_error_copy (self->error));
      g_object_unref (task);
    }
  else if (strcmp (wish->mime_type, "text/uri-list") == 0)
    {
      g_autofree char *uri = g_file_get_uri (file);
      char *line = g_strconcat (uri, "\r\n", NULL);
      /* Kept as long as the task. */
      g_object_set_data_full (G_OBJECT (task), "line", line, g_free);
      g_output_stream_write_all_async (wish->stream, line, strlen (line), wish->io_priority, g_task_get_cancellable (task),
                                       on_bytes_written_cb, task);
    }
  else
    g_file_read_async (file, wish->io_priority, g_task_get_cancellable (task), on_read_cb, task);
}

static void
on_exported_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (WhyDragFigure) self = data;

  self->written = TRUE;
  why_document_export_finish (WHY_DOCUMENT (source), result, &self->error);
  for (guint index = 0; index < self->waiting->len; index++)
    answer (self, g_object_ref (g_ptr_array_index (self->waiting, index)));
  g_ptr_array_set_size (self->waiting, 0);
}

static GdkContentFormats *
why_drag_figure_ref_formats (GdkContentProvider *provider)
{
  static const char *mime_types[] = { "text/uri-list", "image/png" };

  return gdk_content_formats_new (mime_types, G_N_ELEMENTS (mime_types));
}

static void
why_drag_figure_write (GdkContentProvider *provider, const char *mime_type, GOutputStream *stream, int io_priority,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  WhyDragFigure *self = WHY_DRAG_FIGURE (provider);
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Wish *wish = g_new0 (Wish, 1);

  *wish = (Wish) { g_strdup (mime_type), g_object_ref (stream), io_priority };
  g_task_set_task_data (task, wish, wish_free);
  if (self->written)
    answer (self, task);
  else
    g_ptr_array_add (self->waiting, task);
}

static gboolean
why_drag_figure_write_finish (GdkContentProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
why_drag_figure_finalize (GObject *object)
{
  WhyDragFigure *self = WHY_DRAG_FIGURE (object);

  /* The file stays: who took its name may read it later; the system empties its folder. */
  g_free (self->folder);
  g_free (self->path);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->waiting);
  G_OBJECT_CLASS (why_drag_figure_parent_class)->finalize (object);
}

static void
why_drag_figure_class_init (WhyDragFigureClass *klass)
{
  GdkContentProviderClass *provider_class = GDK_CONTENT_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = why_drag_figure_finalize;
  provider_class->ref_formats = why_drag_figure_ref_formats;
  provider_class->write_mime_type_async = why_drag_figure_write;
  provider_class->write_mime_type_finish = why_drag_figure_write_finish;
}

static void
why_drag_figure_init (WhyDragFigure *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
}

GdkContentProvider *
why_drag_figure_new (WhyDocument *document, const WhyExportOptions *options, const char *name)
{
  WhyDragFigure *self = g_object_new (WHY_TYPE_DRAG_FIGURE, NULL);

  self->folder = g_dir_make_tmp ("whylight-XXXXXX", &self->error);
  self->path = g_build_filename (self->folder != NULL ? self->folder : g_get_tmp_dir (), name, NULL);
  if (self->folder == NULL)
    self->written = TRUE;
  else
    why_document_export (document, self->path, options, on_exported_cb, g_object_ref (self));
  return GDK_CONTENT_PROVIDER (self);
}
