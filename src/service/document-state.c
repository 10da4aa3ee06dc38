#include "config.h"

#include "comparison.h"
#include "document-private.h"

#include <string.h>

void
why_document_state_init (WhyDocumentState *state)
{
  *state = (WhyDocumentState) {
    .target_class = -1,
    .contrast_class = -1,
    .method = g_strdup ("gradcam"),
    .profile = g_strdup ("paper"),
    .polarity = g_strdup ("relu"),
    .limits = g_strdup ("own"),
    .opacity = 0.5,
    .show_map = TRUE,
    .smooth = TRUE,
    .occlusions = g_ptr_array_new_with_free_func (g_object_unref),
    .comparison = why_comparison_new (),
    .curtain = 0.5,
    .annotations = g_ptr_array_new_with_free_func (g_object_unref),
    .steps = g_ptr_array_new_with_free_func (g_object_unref),
  };
  why_document_target_init (&state->target);
  why_document_look_init (&state->look);
}

void
why_document_state_copy (const WhyDocumentState *from, WhyDocumentState *to)
{
  *to = *from;
  to->layer = g_strdup (from->layer);
  to->method = g_strdup (from->method);
  to->profile = g_strdup (from->profile);
  to->method_options = g_strdup (from->method_options);
  to->polarity = g_strdup (from->polarity);
  to->colormap = g_strdup (from->colormap);
  to->limits = g_strdup (from->limits);
  to->annotations = from->annotations != NULL ? g_ptr_array_ref (from->annotations) : NULL;
  to->occlusions = from->occlusions != NULL ? g_ptr_array_ref (from->occlusions) : NULL;
  to->steps = from->steps != NULL ? g_ptr_array_ref (from->steps) : NULL;
  why_document_target_copy (&from->target, &to->target);
  to->comparison = why_comparison_ref (from->comparison);
}

void
why_document_state_clear (WhyDocumentState *state)
{
  g_clear_pointer (&state->layer, g_free);
  g_clear_pointer (&state->method, g_free);
  g_clear_pointer (&state->profile, g_free);
  g_clear_pointer (&state->method_options, g_free);
  g_clear_pointer (&state->polarity, g_free);
  g_clear_pointer (&state->colormap, g_free);
  g_clear_pointer (&state->limits, g_free);
  g_clear_pointer (&state->occlusions, g_ptr_array_unref);
  g_clear_pointer (&state->annotations, g_ptr_array_unref);
  g_clear_pointer (&state->steps, g_ptr_array_unref);
  why_document_target_clear (&state->target);
  g_clear_pointer (&state->comparison, why_comparison_unref);
}

gboolean
why_document_state_asks_same (const WhyDocumentState *a, const WhyDocumentState *b)
{
  return a->target_class == b->target_class && a->contrast_class == b->contrast_class &&
         g_strcmp0 (a->layer, b->layer) == 0 && strcmp (a->method, b->method) == 0 &&
         strcmp (a->profile, b->profile) == 0 && g_strcmp0 (a->method_options, b->method_options) == 0 &&
         strcmp (a->polarity, b->polarity) == 0 && why_roi_equal (&a->roi, &b->roi) && a->occlusions == b->occlusions &&
         why_document_target_equal (&a->target, &b->target);
}

void
why_document_state_forget_picture (WhyDocumentState *state)
{
  g_ptr_array_unref (state->occlusions);
  state->occlusions = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_unref (state->annotations);
  state->annotations = g_ptr_array_new_with_free_func (g_object_unref);
  /* A place in one picture is none in another. */
  if (strchr (state->target.region, ':') != NULL)
    {
      g_free (state->target.region);
      state->target.region = g_strdup ("predicted");
    }
  /* It was said of the other picture, and that was turned. */
  state->um_per_pixel = 0;
  state->view.turn = 0;
  state->roi = (WhyRoi) { 0 };
}
