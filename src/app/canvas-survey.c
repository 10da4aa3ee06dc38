#include "config.h"

#include "canvas-private.h"

#include "compat.h"
#include "draw/legend.h"

#include <math.h>
#include <string.h>

/* What a network says of every field, below the map of the one that is explained. */

#define LEGEND_MARGIN 12
#define LEGEND_GAP 8
#define LEGEND_LENGTH 160

void
why_canvas_set_survey (WhyCanvas *self, WhyTensor *values, const WhyAffine *to_source, const WhyOverlayStyle *style, const char *title)
{
  WhyCanvasSurvey *survey = &self->survey;

  g_return_if_fail (WHY_IS_CANVAS (self));
  g_return_if_fail (values == NULL || (values->dtype == WHY_DTYPE_FLOAT32 && values->rank == 2 && to_source != NULL && style != NULL));

  if (values == survey->values && g_strcmp0 (title, survey->title) == 0 &&
      (values == NULL || (memcmp (to_source, &survey->to_source, sizeof *to_source) == 0 &&
                          memcmp (style, &survey->style, sizeof *style) == 0)))
    return;
  if (values != NULL)
    why_tensor_ref (values);
  g_clear_pointer (&survey->values, why_tensor_unref);
  survey->values = values;
  if (values != NULL)
    {
      survey->to_source = *to_source;
      survey->style = *style;
    }
  else
    {
      g_clear_object (&survey->texture);
      g_clear_object (&survey->whole);
    }
  g_free (survey->title);
  survey->title = g_strdup (title);
  survey->serial++;
  self->legend_stale = TRUE;
  if (self->probe.valid)
    why_canvas_probe_at (self, self->probe.img_x + 0.5, self->probe.img_y + 0.5);
  why_canvas_view_changed (self, FALSE);
}

void
why_canvas_clear_survey (WhyCanvas *self)
{
  g_clear_pointer (&self->survey.values, why_tensor_unref);
  g_clear_object (&self->survey.texture);
  g_clear_object (&self->survey.whole);
  g_clear_pointer (&self->survey.legend, gsk_render_node_unref);
  g_clear_pointer (&self->survey.title, g_free);
}

/* ---- textures ---- */

/* Where the map of the field itself lies, the survey gives way. */
static WhyRect
find_hole (const WhyCanvas *self)
{
  const WhyRect none = { 0 };

  return self->map != NULL && self->show_map ? self->region : none;
}

static gboolean
same_rect (const WhyRect *a, const WhyRect *b)
{
  return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

gboolean
why_canvas_survey_is_stale (WhyCanvas *self, const WhyRect *img)
{
  const WhyCanvasSurvey *survey = &self->survey;
  const WhyRect hole = find_hole (self);

  return survey->values != NULL && (survey->texture == NULL || survey->texture_serial != survey->serial ||
                                    !same_rect (&survey->hole, &hole) || !same_rect (&survey->img, img));
}

gboolean
why_canvas_survey_wants_whole (WhyCanvas *self)
{
  const WhyCanvasSurvey *survey = &self->survey;

  return survey->values != NULL && !self->view.fit && self->with_overview &&
         (survey->whole == NULL || survey->whole_serial != survey->serial);
}

void
why_canvas_survey_ask (WhyCanvas *self, WhyRenderTask *task, gboolean whole)
{
  task->survey = why_tensor_ref (self->survey.values);
  task->survey_to_source = self->survey.to_source;
  task->survey_style = self->survey.style;
  task->survey_hole = find_hole (self);
  task->survey_serial = self->survey.serial;
  task->whole_survey = whole;
}

void
why_canvas_survey_take (WhyCanvas *self, const WhyRenderTask *task)
{
  WhyCanvasSurvey *survey = &self->survey;

  if (survey->values == NULL || task->picture_serial != self->picture_serial)
    return;
  if (task->survey_texture != NULL && task->whole_survey)
    {
      why_render_replace (&survey->whole, task->survey_texture);
      survey->whole_serial = task->survey_serial;
    }
  else if (task->survey_texture != NULL)
    {
      why_render_replace (&survey->texture, task->survey_texture);
      survey->img = task->img;
      survey->hole = task->survey_hole;
      survey->texture_serial = task->survey_serial;
    }
}

/* ---- the probe ---- */

void
why_canvas_probe_survey (WhyCanvas *self, double img_x, double img_y, WhyProbe *probe)
{
  const WhyCanvasSurvey *survey = &self->survey;
  WhyAffine to_cell;

  if (survey->values == NULL || !why_affine_invert (&survey->to_source, &to_cell))
    return;
  const int width = (int) survey->values->dims[1], height = (int) survey->values->dims[0];
  why_affine_apply (&to_cell, &img_x, &img_y);
  if (!(img_x >= 0 && img_y >= 0 && img_x < width && img_y < height))
    return;
  probe->survey = ((const float *) survey->values->data)[(gsize) img_y * (gsize) width + (gsize) img_x];
  probe->has_survey = isfinite (probe->survey);
}

/* ---- the colour bar ---- */

static gboolean
has_main_legend (const WhyCanvas *self)
{
  return self->legend_node != NULL && !self->no_legend && self->map != NULL && self->show_map;
}

static gboolean
has_legend (const WhyCanvas *self)
{
  return self->survey.legend != NULL && self->survey.values != NULL && !self->no_legend && !self->bare;
}

void
why_canvas_update_survey_legend (WhyCanvas *self, double scale)
{
  WhyCanvasSurvey *survey = &self->survey;

  g_clear_pointer (&survey->legend, gsk_render_node_unref);
  if (survey->values == NULL || survey->title == NULL || self->view.view_width < 240 || self->view.view_height < 400)
    return;
  const WhyColorBar bar = {
    .style = &survey->style,
    .lo = survey->style.lo,
    .hi = survey->style.hi,
    .title = survey->title,
    .length = MIN (LEGEND_LENGTH * scale, self->view.view_width - 4 * LEGEND_MARGIN),
    .font_size = why_compat_get_font_size (GTK_WIDGET (self)) * scale * (self->view.view_width < 480 ? 0.85 : 1),
    .theme = WHY_THEME_ON_PICTURE,
  };
  const double max_width = MIN (self->view.view_width - 2 * LEGEND_MARGIN, 380 * scale);
  cairo_surface_t *scratch = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *measure = cairo_create (scratch);
  why_color_bar_measure (measure, &bar, max_width, &survey->legend_width, &survey->legend_height);
  cairo_destroy (measure);
  cairo_surface_destroy (scratch);

  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  cairo_t *cr = gtk_snapshot_append_cairo (
    snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) ceil (survey->legend_width), (float) ceil (survey->legend_height)));
  why_color_bar_draw (cr, &bar, 0, 0, max_width);
  cairo_destroy (cr);
  survey->legend = gtk_snapshot_to_node (snapshot);
}

double
why_canvas_get_survey_lift (WhyCanvas *self)
{
  return has_legend (self) ? self->survey.legend_height + LEGEND_GAP : 0;
}

/* Above the other one, or below it where that lies at the top. */
static void
append_legend (WhyCanvas *self, GtkSnapshot *snapshot)
{
  double x = LEGEND_MARGIN, y = floor (self->view.view_height - LEGEND_MARGIN - self->survey.legend_height);

  if (has_main_legend (self))
    {
      const gboolean low = self->legend_y > self->view.view_height / 2;
      x = self->legend_x;
      y = low ? floor (self->legend_y - LEGEND_GAP - self->survey.legend_height) : ceil (self->legend_y + self->legend_height + LEGEND_GAP);
    }
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_node (snapshot, self->survey.legend);
  gtk_snapshot_restore (snapshot);
}

void
why_canvas_append_survey_legend (WhyCanvas *self, GtkSnapshot *snapshot)
{
  if (has_legend (self))
    append_legend (self, snapshot);
}
