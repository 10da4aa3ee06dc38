#include "config.h"

#include "case-private.h"
#include "document-private.h"

#include <glib/gi18n-lib.h>

/* The pictures among which the one that is shown stands. */

WhyCaseList *
why_document_get_cases (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->cases;
}

static void
on_busy_cb (WhyDocument *self)
{
  why_document_update_busy (self);
}

/* Pictures that were chosen are shown from the first one on; what lies beside one is only known. */
static void
on_opened_cb (WhyDocument *self)
{
  WhyCase *current = why_case_list_get_current (self->cases);

  if (why_case_list_is_chosen (self->cases) && current != NULL &&
      g_strcmp0 (why_case_get_path (current), self->wanted_picture) != 0)
    why_document_show_case (self, current);
}

void
why_document_init_cases (WhyDocument *self)
{
  self->cases = why_case_list_new (self->runner);
  g_signal_connect_object (self->cases, "notify::busy", G_CALLBACK (on_busy_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->cases, "opened", G_CALLBACK (on_opened_cb), self, G_CONNECT_SWAPPED);
}

void
why_document_dispose_cases (WhyDocument *self)
{
  if (self->cases == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->cases, self);
  /* Others may hold it longer than the runner lives. */
  g_object_run_dispose (G_OBJECT (self->cases));
  g_clear_object (&self->cases);
}

void
why_document_show_case (WhyDocument *self, WhyCase *item)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && WHY_IS_CASE (item));

  self->stepping = 0;
  why_case_list_set_current (self->cases, item);
  why_document_open_picture (self, why_case_get_path (item));
}

gboolean
why_document_step_case (WhyDocument *self, int step)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  WhyCase *item = why_case_list_step (self->cases, step);

  if (item == NULL)
    return FALSE;
  why_document_show_case (self, item);
  self->stepping = step;
  return TRUE;
}

void
why_document_case_read (WhyDocument *self, const char *path, const char *error)
{
  const int step = self->stepping;
  WhyCase *item = why_case_list_find (self->cases, path);

  self->stepping = 0;
  if (error != NULL)
    {
      g_clear_pointer (&self->wanted_picture, g_free);
      why_case_list_take_problem (self->cases, path, error);
      if (step == 0 || item == NULL)
        return;
      /* Who pages through a folder wants the next picture, and to know why it is not this one. */
      (void) why_document_step_case (self, step);
      g_autofree char *message = g_strdup_printf (_ ("Skipped: %s"), error);
      why_document_fail (self, WHY_ERROR_KIND_OTHER, message);
      return;
    }
  if (item != NULL)
    {
      why_case_list_set_current (self->cases, item);
      return;
    }
  if (why_case_list_is_opening (self->cases) || self->pending != NULL)
    return;
  g_autofree char *folder = g_path_get_dirname (path);
  why_case_list_open_folder (self->cases, folder, path, NULL, NULL);
}

void
why_document_case_answered (WhyDocument *self)
{
  const WhyTensor *probabilities = self->result->probabilities;

  if (self->picture == NULL || self->result->map == NULL)
    return;
  /* With a part covered it is another picture. */
  if (self->result->request->n_covers > 0)
    probabilities = self->result->steps[0];
  const int top = why_case_find_top (self->model, probabilities);
  if (top >= 0)
    why_case_list_take_answer (self->cases, self->picture->path, why_model_get_class_label (self->model, top),
                               why_tensor_get_f64 (probabilities, (gsize) top));
}
