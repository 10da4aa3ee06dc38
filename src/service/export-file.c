#include "config.h"

#include "export-private.h"

#include "base/error.h"
#include "draw/seen.h"
#include "service/percent.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Which kinds of file there are, and those that are the picture or the map alone. */

/* Text over a picture, user units: as on a screen. */
#define SEEN_FONT_SIZE 15.0

/* ---- as seen, and the map alone ---- */

typedef struct
{
  WhyMap *map;
  WhyOverlayMap overlay;
  WhyOverlayMap survey;
  WhyOverlayStyle survey_style;
  char *title;
  char **lines;
  WhyExportOutlines outlines;
  WhyTensor *turned;
  WhySeen seen;
} SeenParts;

static void
seen_parts_clear (SeenParts *parts)
{
  g_clear_pointer (&parts->map, why_map_unref);
  g_free (parts->title);
  g_strfreev (parts->lines);
  why_export_outlines_clear (&parts->outlines);
  g_clear_pointer (&parts->turned, why_tensor_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SeenParts, seen_parts_clear)

WhyExportSurvey *
why_export_survey_copy (const WhyExportSurvey *survey)
{
  WhyExportSurvey *copy = g_memdup2 (survey, sizeof *survey);

  why_tensor_ref (copy->values);
  copy->title = g_strdup (survey->title);
  return copy;
}

void
why_export_survey_free (WhyExportSurvey *survey)
{
  why_tensor_unref (survey->values);
  g_free (survey->title);
  g_free (survey);
}

/* In the pixels of the panel's picture, before and after it is turned. */
static void
add_survey (const WhyExport *what, SeenParts *parts)
{
  const WhyExportSurvey *survey = what->survey;
  WhyPanel *panel = &parts->seen.panel;
  const double width = (double) what->picture->dims[1], height = (double) what->picture->dims[0];
  const WhyAffine turn = why_turn_get_affine (what->turn, width, height);
  WhyRoi roi;

  parts->survey = (WhyOverlayMap) {
    .values = survey->values->data,
    .width = (int) survey->values->dims[1],
    .height = (int) survey->values->dims[0],
    .to_source = what->framed ? why_affine_compose (&survey->to_source, &what->to_picture) : survey->to_source,
    .source_width = width,
    .source_height = height,
  };
  parts->survey_style = survey->style;
  parts->survey_style.vision = WHY_VISION_NORMAL;
  why_export_turn_map (what->turn, width, height, &parts->survey);
  panel->below = &parts->survey;
  panel->below_style = &parts->survey_style;
  parts->seen.below_title = what->text != WHY_EXPORT_TEXT_NONE ? survey->title : NULL;
  if (what->hide_map || !why_request_get_roi (what->result->request, &roi))
    return;
  WhyRect hole = { (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height };
  if (what->framed)
    {
      why_affine_apply (&what->to_picture, &hole.x, &hole.y);
      why_affine_apply_distance (&what->to_picture, &hole.width, &hole.height);
    }
  panel->below_hole = why_turn_rect (&turn, &hole);
}

static gboolean
describe_seen (const WhyExport *what, SeenParts *parts, WhyCancel *cancel, GError **error)
{
  WhyAffine to_display;

  parts->map = why_export_shown_map (what, &to_display, error);
  if (parts->map == NULL || !why_export_outlines_init (&parts->outlines, what, cancel, error))
    return FALSE;
  g_autofree char *percent =
    why_percent_text (why_tensor_get_f64 (what->result->probabilities, (gsize) what->result->target_class));
  parts->overlay = why_export_overlay_map (what, parts->map, &to_display);
  parts->title = g_strdup_printf ("%s · %s", why_model_get_class_label (what->model, what->result->target_class), percent);
  parts->lines = why_export_legend_lines (what, parts->map);
  parts->seen = (WhySeen) {
    .panel = {
      .picture = what->picture,
      .map = what->hide_map ? NULL : &parts->overlay,
      .style = &what->style,
      .view = what->view,
      .outlines = parts->outlines.panel,
      .n_outlines = parts->outlines.n,
      .um_per_pixel = why_export_get_um_per_pixel (what),
      .pixelated = TRUE,
    },
    .title = what->text != WHY_EXPORT_TEXT_NONE ? parts->title : NULL,
    .lines = (const char *const *) parts->lines,
    .mark = why_export_is_medical (what) ? _ ("Not a medical device") : NULL,
    .width = what->width,
    .scale = what->scale,
  };
  if (what->survey != NULL && what->picture != NULL)
    add_survey (what, parts);
  parts->turned = why_export_turn_panel (what->turn, &parts->seen.panel, &parts->overlay);
  double width, height;
  if (!why_seen_measure (&parts->seen, &width, &height, error))
    return FALSE;
  /* As large as on a screen, but a small picture is not to vanish below its legend. */
  parts->seen.font_size = MIN (SEEN_FONT_SIZE, width / 24) * (what->text_scale > 0 ? what->text_scale : 1);
  return TRUE;
}

guint32 *
why_export_render_seen (const WhyExport *what, int *width, int *height, GError **error)
{
  g_auto (SeenParts) parts = { 0 };
  g_auto (WhyExportFrame) frame = { 0 };

  return why_export_frame_init (&frame, what, WHY_EXPORT_SEEN, NULL, error) &&
             describe_seen (&frame.what, &parts, NULL, error)
           ? why_seen_render (&parts.seen, width, height, error)
           : NULL;
}

static gboolean
write_seen (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error)
{
  g_auto (SeenParts) parts = { 0 };
  g_auto (WhyExportTexts) texts = { 0 };

  return describe_seen (what, &parts, cancel, error) && why_export_texts_init (&texts, what, path, cancel, error) &&
         why_seen_write (&parts.seen, path, texts.entries, texts.n_entries, cancel, error);
}

static gboolean
write_overlay (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error)
{
  g_auto (WhyExportTexts) texts = { 0 };
  WhyAffine to_display;
  g_autoptr (WhyMap) map = why_export_shown_map (what, &to_display, error);

  if (map == NULL || !why_export_texts_init (&texts, what, path, cancel, error))
    return FALSE;
  const WhyOverlayMap overlay = why_export_overlay_map (what, map, &to_display);
  const WhyPanel panel = { .map = &overlay, .style = &what->style };
  return why_figure_write_overlay (&panel, (int) CLAMP (what->width, 0, WHY_MAX_SURFACE), path, texts.entries, texts.n_entries,
                                   cancel, error);
}

/* ---- which ---- */

static const struct
{
  WhyExportKind kind;
  const char *id;
  const char *const endings[6];
  gboolean by_ending; /* what these endings mean where no kind is named */
} kinds[] = {
  { WHY_EXPORT_FIGURE, "figure", { ".png", ".svg", ".pdf" }, TRUE },
  { WHY_EXPORT_SEEN, "seen", { ".png", ".svg", ".pdf" }, FALSE },
  { WHY_EXPORT_OVERLAY, "overlay", { ".png" }, FALSE },
  { WHY_EXPORT_RAW, "raw", { ".npy", ".tif", ".tiff", ".nii", ".nii.gz" }, TRUE },
  { WHY_EXPORT_RAW_SOURCE, "raw-source", { ".npy", ".tif", ".tiff" }, FALSE },
  { WHY_EXPORT_SCORES, "scores", { ".csv", ".json" }, TRUE },
};

const char *
why_export_kind_id (WhyExportKind kind)
{
  for (gsize index = 0; index < G_N_ELEMENTS (kinds); index++)
    {
      if (kinds[index].kind == kind)
        return kinds[index].by_ending ? NULL : kinds[index].id;
    }
  return NULL;
}

gboolean
why_export_kind_parse (const char *text, WhyExportKind *kind, GError **error)
{
  *kind = WHY_EXPORT_AUTO;
  if (text == NULL || *text == '\0' || strcmp (text, "auto") == 0)
    return TRUE;
  for (gsize index = 0; index < G_N_ELEMENTS (kinds); index++)
    {
      if (strcmp (text, kinds[index].id) == 0)
        {
          *kind = kinds[index].kind;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no kind of export '%s'; choose figure, seen, overlay, raw, raw-source or scores", text);
  return FALSE;
}

gboolean
why_export_kind_resolve (const char *path, WhyExportKind *kind, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  g_autoptr (GString) fitting = g_string_new (NULL);

  for (gsize index = 0; index < G_N_ELEMENTS (kinds); index++)
    {
      if (*kind != WHY_EXPORT_AUTO ? kinds[index].kind != *kind : !kinds[index].by_ending)
        continue;
      for (const char *const *ending = kinds[index].endings; *ending != NULL; ending++)
        {
          if (g_str_has_suffix (lower, *ending))
            {
              *kind = kinds[index].kind;
              return TRUE;
            }
          g_string_append_printf (fitting, "%s%s", fitting->len > 0 ? ", " : "", *ending);
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: give the file one of these endings: %s", path, fitting->str);
  return FALSE;
}

gboolean
why_export_write (const WhyExport *what, WhyExportKind kind, const char *path, WhyCancel *cancel, GError **error)
{
  g_auto (WhyExportFrame) frame = { 0 };

  g_return_val_if_fail (what->result != NULL && what->result->map != NULL && path != NULL, FALSE);

  if (!why_export_kind_resolve (path, &kind, error) || !why_export_frame_init (&frame, what, kind, cancel, error))
    return FALSE;
  WhyExport made = frame.what;
  made.made_as = kind;
  switch (kind)
    {
    case WHY_EXPORT_SEEN:
      return write_seen (&made, path, cancel, error);
    case WHY_EXPORT_OVERLAY:
      return write_overlay (&made, path, cancel, error);
    case WHY_EXPORT_RAW:
    case WHY_EXPORT_RAW_SOURCE:
      return why_export_raw (&made, kind == WHY_EXPORT_RAW_SOURCE, path, cancel, error);
    case WHY_EXPORT_SCORES:
      return why_export_scores (&made, path, cancel, error);
    case WHY_EXPORT_AUTO:
    case WHY_EXPORT_FIGURE:
    default:
      return why_export_figure (&made, path, cancel, error);
    }
}
