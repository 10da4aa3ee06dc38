#include "config.h"

#include "export-private.h"

#include "image/outline.h"

static void
clear_outline (gpointer data)
{
  g_clear_pointer (&((WhyExportOutline *) data)->shape, why_area_unref);
}

GArray *
why_export_outlines_new (void)
{
  GArray *outlines = g_array_new (FALSE, TRUE, sizeof (WhyExportOutline));

  g_array_set_clear_func (outlines, clear_outline);
  return outlines;
}

GArray *
why_export_outlines_move (const GArray *outlines, const WhyAffine *to_picture)
{
  GArray *moved = why_export_outlines_new ();

  for (guint index = 0; index < outlines->len; index++)
    {
      WhyExportOutline outline = g_array_index (outlines, WhyExportOutline, index);
      WhyRect box;

      why_area_get_box (outline.shape, &box);
      why_affine_apply (to_picture, &box.x, &box.y);
      why_affine_apply_distance (to_picture, &box.width, &box.height);
      outline.shape = why_area_fit (outline.shape, &box, NULL);
      if (outline.shape != NULL)
        g_array_append_val (moved, outline);
    }
  return moved;
}

static void
add_rings (WhyExportOutlines *outlines, const GArray *rings)
{
  for (guint index = 0; index < rings->len; index++)
    {
      const WhyRing *ring = &g_array_index (rings, WhyRing, index);
      for (gsize at = 0; at < ring->n_points; at++)
        {
          const double place[2] = { ring->points[at].x, ring->points[at].y };
          g_array_append_vals (outlines->points, place, 2);
        }
      g_array_append_val (outlines->sizes, ring->n_points);
    }
}

static void
turn_points (GArray *points, const WhyExport *what)
{
  if (what->turn == 0 || what->picture == NULL)
    return;
  const WhyAffine turn =
    why_turn_get_affine (what->turn, (double) what->picture->dims[1], (double) what->picture->dims[0]);
  for (guint point = 0; point + 1 < points->len; point += 2)
    why_affine_apply (&turn, &g_array_index (points, double, point), &g_array_index (points, double, point + 1));
}

void
why_export_turn_map (WhyTurn turn, double width, double height, WhyOverlayMap *map)
{
  const WhyAffine affine = why_turn_get_affine (turn, width, height);

  map->to_source = why_affine_compose (&map->to_source, &affine);
  why_turn_size (turn, &map->source_width, &map->source_height);
}

WhyTensor *
why_export_turn_panel (WhyTurn turn, WhyPanel *panel, WhyOverlayMap *map)
{
  if (turn == 0 || panel->picture == NULL)
    return NULL;
  const double width = (double) panel->picture->dims[1], height = (double) panel->picture->dims[0];
  const WhyAffine affine = why_turn_get_affine (turn, width, height);
  WhyTensor *turned = why_turn_tensor (turn, (WhyTensor *) panel->picture);
  panel->picture = turned;
  if (panel->view.width > 0)
    panel->view = why_turn_rect (&affine, &panel->view);
  why_export_turn_map (turn, width, height, map);
  return turned;
}

gboolean
why_export_outlines_init (WhyExportOutlines *outlines, const WhyExport *what, const WhyCancel *cancel, GError **error)
{
  const guint n = what->outlines != NULL && what->picture != NULL ? what->outlines->len : 0;
  gsize point = 0;
  gsize ring = 0;

  *outlines = (WhyExportOutlines) {
    .panel = g_new0 (WhyPanelOutline, MAX (n, 1)),
    .points = g_array_new (FALSE, FALSE, sizeof (double)),
    .sizes = g_array_new (FALSE, FALSE, sizeof (gsize)),
  };
  for (guint index = 0; index < n; index++)
    {
      const WhyExportOutline *outline = &g_array_index (what->outlines, WhyExportOutline, index);
      const guint n_before = outlines->sizes->len;
      if (!why_cancel_check (cancel, error))
        return FALSE;
      g_autoptr (GArray) rings =
        why_outline_of_shape (outline->shape, what->picture->dims[1], what->picture->dims[0], error);
      if (rings == NULL)
        return FALSE;
      add_rings (outlines, rings);
      outlines->panel[index] = (WhyPanelOutline) {
        .n_rings = outlines->sizes->len - n_before,
        .color = outline->color,
        .pattern = outline->pattern,
      };
    }
  outlines->n = n;
  turn_points (outlines->points, what);
  /* Only now do the arrays stay where they are. */
  for (guint index = 0; index < n; index++)
    {
      WhyPanelOutline *panel = &outlines->panel[index];
      panel->points = (const double *) (gpointer) outlines->points->data + 2 * point;
      panel->ring_sizes = (const gsize *) (gpointer) outlines->sizes->data + ring;
      for (gsize own = 0; own < panel->n_rings; own++)
        point += panel->ring_sizes[own];
      ring += panel->n_rings;
    }
  return TRUE;
}

void
why_export_outlines_clear (WhyExportOutlines *outlines)
{
  g_free (outlines->panel);
  g_clear_pointer (&outlines->points, g_array_unref);
  g_clear_pointer (&outlines->sizes, g_array_unref);
}
