#include "config.h"

#include "document-private.h"

#include "base/error.h"
#include "draw/colormap.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* What people set: each setter checks its value and makes one undoable change of the state. */

static void
fail_value (WhyDocument *self, const GError *error)
{
  why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
}

/* ---- the question ---- */

/* Choosing once more what was chosen asks again where the first time came to nothing. */
static void
retry (WhyDocument *self)
{
  if (self->stopped || self->error_kind == WHY_ERROR_KIND_RUN)
    why_document_ask (self);
}

static gboolean
check_class (WhyDocument *self, int index)
{
  if (index == -1)
    return TRUE;
  if (self->model == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Open a model first: there are no classes to choose from yet"));
      return FALSE;
    }
  g_autoptr (GError) error = NULL;
  g_autofree char *number = g_strdup_printf ("%d", index);
  if (why_model_find_class (self->model, number, &error) < 0)
    {
      fail_value (self, error);
      return FALSE;
    }
  return TRUE;
}

void
why_document_set_target_class (WhyDocument *self, int target_class)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.target_class == target_class)
    {
      retry (self);
      return;
    }
  if (!check_class (self, target_class))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.target_class = target_class;
  why_document_take_out_class (&state, target_class);
  why_document_commit (self, &state, NULL);
}

void
why_document_set_contrast_class (WhyDocument *self, int contrast_class)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.contrast_class == contrast_class || !check_class (self, contrast_class))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.contrast_class = contrast_class;
  why_document_take_out_class (&state, contrast_class);
  why_document_commit (self, &state, NULL);
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

void
why_document_set_layer (WhyDocument *self, const char *layer)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (layer != NULL && *layer == '\0')
    layer = NULL;
  if (g_strcmp0 (self->state.layer, layer) == 0)
    {
      retry (self);
      return;
    }
  if (layer != NULL && self->model == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Open a model first: there are no layers to choose from yet"));
      return;
    }
  if (layer != NULL && why_model_find_layer (self->model, layer, &error) == NULL)
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.layer, layer);
  /* Walking through them is one step. */
  why_document_commit (self, &state, "layer");
}

void
why_document_set_method (WhyDocument *self, const char *method)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && method != NULL);
  if (strcmp (self->state.method, method) == 0)
    {
      retry (self);
      return;
    }
  if (why_explainer_lookup (method, &error) == NULL)
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.method, method);
  /* Options belong to the method, and so does the list of libraries that have it. */
  replace (&state.method_options, NULL);
  if (!why_profile_fits (why_profile_lookup (state.profile, NULL), why_explainer_lookup (method, NULL)))
    replace (&state.profile, "paper");
  why_document_commit (self, &state, NULL);
}

void
why_document_set_profile (WhyDocument *self, const char *profile)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && profile != NULL);
  if (strcmp (self->state.profile, profile) == 0)
    {
      retry (self);
      return;
    }
  const WhyProfile *found = why_profile_lookup (profile, &error);
  if (found == NULL || !why_profile_check (found, why_explainer_lookup (self->state.method, NULL), &error))
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.profile, profile);
  why_document_commit (self, &state, NULL);
}

void
why_document_set_method_options (WhyDocument *self, const char *options)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (options != NULL && *options == '\0')
    options = NULL;
  if (g_strcmp0 (self->state.method_options, options) == 0)
    {
      retry (self);
      return;
    }
  if (!why_options_check (why_explainer_lookup (self->state.method, NULL), options, &error))
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.method_options, options);
  why_document_commit (self, &state, "method-options");
}

void
why_document_set_polarity (WhyDocument *self, const char *polarity)
{
  g_autoptr (GError) error = NULL;
  WhyPolarity parsed;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && polarity != NULL);
  if (strcmp (self->state.polarity, polarity) == 0)
    {
      retry (self);
      return;
    }
  if (!why_polarity_parse (polarity, &parsed, &error))
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.polarity, polarity);
  why_document_commit (self, &state, NULL);
}

/* ---- how it is drawn ---- */

void
why_document_set_show_map (WhyDocument *self, gboolean show_map)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.show_map == !!show_map)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.show_map = !!show_map;
  why_document_commit (self, &state, NULL);
}

void
why_document_set_smooth (WhyDocument *self, gboolean smooth)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.smooth == !!smooth)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.smooth = !!smooth;
  why_document_commit (self, &state, NULL);
}

void
why_document_set_opacity (WhyDocument *self, double opacity)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (isnan (opacity) || self->state.opacity == CLAMP (opacity, 0, 1))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.opacity = CLAMP (opacity, 0, 1);
  why_document_commit (self, &state, "opacity");
}

void
why_document_set_threshold (WhyDocument *self, double threshold)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (isnan (threshold) || self->state.threshold == CLAMP (threshold, 0, 1))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.threshold = CLAMP (threshold, 0, 1);
  why_document_commit (self, &state, "threshold");
}

void
why_document_set_colormap (WhyDocument *self, const char *colormap)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (colormap != NULL && *colormap == '\0')
    colormap = NULL;
  if (g_strcmp0 (self->state.colormap, colormap) == 0)
    return;
  if (colormap != NULL && why_colormap_find (colormap, &error) == NULL)
    {
      fail_value (self, error);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  replace (&state.colormap, colormap);
  why_document_commit (self, &state, NULL);
}

void
why_document_set_limits (WhyDocument *self, const char *limits)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && limits != NULL);
  if (strcmp (self->state.limits, limits) == 0)
    return;
  if (strcmp (limits, "own") != 0 && strcmp (limits, "locked") != 0)
    {
      g_autofree char *message = g_strdup_printf (_ ("There are no limits '%s'; choose own or locked"), limits);
      why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
      return;
    }
  WhyDocumentState state = why_document_begin_change (self);
  if (strcmp (limits, "locked") == 0)
    {
      if (!why_document_get_overlay (self, &map, &style))
        {
          why_document_state_clear (&state);
          why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("There is no map yet whose limits could be locked"));
          return;
        }
      why_overlay_limits (&map, &style, &state.lo, &state.hi);
    }
  replace (&state.limits, limits);
  why_document_commit (self, &state, NULL);
}

/* ---- covering ---- */

void
why_document_fail_fill (WhyDocument *self, const char *fill)
{
  g_autofree char *message =
    g_strdup_printf (_ ("There is no fill '%s'; choose mean, black, white, blur, noise or texture"), fill);

  why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
}

void
why_document_set_fill (WhyDocument *self, const char *fill)
{
  WhyOccludeFill parsed;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && fill != NULL);
  if (strcmp (self->fill, fill) == 0)
    return;
  if (!why_occlude_fill_from_string (fill, &parsed))
    {
      why_document_fail_fill (self, fill);
      return;
    }
  why_document_succeed (self, WHY_ERROR_KIND_VALUE);
  replace (&self->fill, fill);
  why_document_notify (self, WHY_DOCUMENT_PROP_FILL);
}
