#pragma once

#include "base/tensor.h"
#include "base/turn.h"
#include "draw/overlay.h"
#include "service/tiles.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Pictures and maps to textures, away from the main thread. */

/**
 * WhyRenderTask:
 * @picture: (nullable): to be drawn into @picture_texture
 * @tiles: (nullable): of a slide, drawn for @looker in place of @picture; with @patch (nullable) over it at @patch_img
 * @incomplete: result: finer tiles are on their way
 * @map: (nullable): to be drawn into @map_texture, with @to_source and @style
 * @img: the part of the source
 * @width, @height: of the textures
 * @base: (nullable): to be drawn as a whole, small, into @base_texture
 * @whole_map: the map is wanted as a whole, small, in @whole_map_texture, and not in @map_texture
 * @survey: (nullable): to be drawn into @survey_texture, with @survey_to_source and @survey_style; nothing in @survey_hole
 * @whole_survey: it is wanted as a whole, small
 * @picture_texture, @survey_texture, @map_texture, @base_texture, @whole_map_texture: (nullable): the result
 *
 * One piece of work: written by the main thread, handed over, written by the worker, handed back.
 */
typedef struct
{
  WhyTensor *picture;
  WhyTiles *tiles;
  gconstpointer looker;
  WhyTensor *patch;
  WhyRect patch_img;
  gboolean incomplete;
  WhyTensor *map;
  WhyTensor *base;
  WhyAffine to_source;
  double img_width, img_height;
  WhyOverlayStyle style; /* of pictures only the colour vision counts */
  double device_scale;   /* for the width of lines */
  WhyRect img;
  int width, height;
  guint64 picture_serial, map_serial;
  gboolean whole_map;
  WhyTensor *survey;
  WhyAffine survey_to_source;
  WhyOverlayStyle survey_style;
  WhyRect survey_hole;
  guint64 survey_serial;
  gboolean whole_survey;
  WhyTurn turn; /* textures are turned; all else here is not */

  GdkTexture *picture_texture;
  GdkTexture *survey_texture;
  GdkTexture *map_texture;
  GdkTexture *base_texture;
  GdkTexture *whole_map_texture;
} WhyRenderTask;

/** WhyRenderDone: called in the main thread; @task is freed afterwards. */
typedef void (*WhyRenderDone) (WhyRenderTask *task, gpointer owner);

WhyRenderTask *why_render_task_new (void) G_GNUC_WARN_UNUSED_RESULT;
void why_render_task_free (WhyRenderTask *task);

/**
 * why_render_task_start:
 * @task: (transfer full)
 * @owner: kept until @done was called
 *
 * One worker serves all; owners have at most one task under way, so nothing queues up.
 */
void why_render_task_start (WhyRenderTask *task, WhyRenderDone done, GObject *owner);

/**
 * why_render_append:
 * @widget: what is being drawn; realized
 * @texture: of a task
 * @bounds: where it lies, logical pixels
 *
 * Draws a task's texture. The renderer that draws with cairo would copy every texture for each frame, value by value
 * through floating point (GTK 4.8, gdk_memory_convert() has no short way between equal formats), so that one is given
 * the pixels themselves. Main thread.
 */
void why_render_append (GtkSnapshot *snapshot, GtkWidget *widget, GdkTexture *texture, const graphene_rect_t *bounds);

/**
 * why_render_replace:
 * @texture: (inout): of a task, or nothing; becomes @by
 * @by: of a task
 *
 * The old one goes some frames later. While a frame that shows it is kept by the toolkit, cairo would copy all of its
 * pixels for that frame before it let them go.
 */
void why_render_replace (GdkTexture **texture, GdkTexture *by);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyRenderTask, why_render_task_free)

G_END_DECLS
