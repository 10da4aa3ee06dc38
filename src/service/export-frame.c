#include "config.h"

#include "export-private.h"

#include "base/error.h"
#include "service/slide.h"

#include <math.h>

/* Of a whole slide, files show a part: the region that is explained, or what is on screen. It is read for the purpose, and
 * all that lies over it is brought to its pixels. */

/* Of what is drawn; a screen or a page holds no more. */
#define MAX_SIDE 4096.0

static WhyRect
choose_part (const WhyExport *what, WhyExportKind kind)
{
  WhyRoi roi;

  if (kind == WHY_EXPORT_SEEN && what->view.width > 0 && what->view.height > 0)
    return what->view;
  why_request_get_roi (what->result->request, &roi);
  return (WhyRect) { (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height };
}

/* Whole pixels along one axis, at least one. Numbers of a command line may be larger than an integer can be. */
static void
find_span (double from, double length, gint64 n_pixels, gint64 *first, gint64 *n)
{
  const double end = (double) n_pixels;

  *first = (gint64) CLAMP (floor (from), 0.0, end - 1);
  *n = (gint64) CLAMP (ceil (from + length), (double) *first + 1, end) - *first;
}

/* What is covered lies in the pixels that the network was given. */
static void
paste_covered (const WhyResult *result, WhyTensor *pixels, const WhyAffine *to_picture)
{
  const WhyTensor *covered = result->covered;
  WhyAffine to_source, to_covered;

  if (covered == NULL || covered->dims[2] != pixels->dims[2] || !why_affine_invert (to_picture, &to_source) ||
      !why_affine_invert (&result->request->pixels_to_source, &to_covered))
    return;
  const WhyAffine way = why_affine_compose (&to_source, &to_covered);
  const gint64 bands = pixels->dims[2];
  for (gint64 row = 0; row < pixels->dims[0]; row++)
    for (gint64 column = 0; column < pixels->dims[1]; column++)
      {
        double x = (double) column + 0.5, y = (double) row + 0.5;

        why_affine_apply (&way, &x, &y);
        if (!(x >= 0 && y >= 0 && x < (double) covered->dims[1] && y < (double) covered->dims[0]))
          continue;
        for (gint64 band = 0; band < bands; band++)
          ((guint8 *) pixels->data)[(row * pixels->dims[1] + column) * bands + band] =
            ((const guint8 *) covered->data)[((gint64) y * covered->dims[1] + (gint64) x) * bands + band];
      }
}

gboolean
why_export_frame_init (WhyExportFrame *frame, const WhyExport *what, WhyExportKind kind, WhyCancel *cancel,
                       GError **error)
{
  *frame = (WhyExportFrame) { .what = *what };
  if (what->framed || what->source == NULL || what->source->slide == NULL || kind == WHY_EXPORT_RAW ||
      kind == WHY_EXPORT_SCORES)
    return TRUE;

  const WhyRect part = choose_part (what, kind);
  const WhyPicture *source = what->source;
  gint64 x, y, w, h;
  find_span (part.x, part.width, source->width, &x, &w);
  find_span (part.y, part.height, source->height, &y, &h);
  const double wanted = kind == WHY_EXPORT_SEEN && what->width > 0 ? what->width * MAX (what->scale, 1.0) : MAX_SIDE;
  const double shrink = MIN (1.0, MIN (wanted / (double) w, MAX_SIDE / (double) MAX (w, h)));
  const gint64 out_w = MAX (1, (gint64) round ((double) w * shrink)),
               out_h = MAX (1, (gint64) round ((double) h * shrink));
  g_autoptr (WhyTensor) read = why_slide_read (source->slide, FALSE, x, y, w, h, out_w, out_h, cancel, error);
  frame->picture = read != NULL ? why_tensor_copy (read, error) : NULL;
  if (frame->picture == NULL)
    return FALSE;
  const double scale_x = (double) out_w / (double) w, scale_y = (double) out_h / (double) h;
  const WhyAffine to_picture =
    why_affine_scale_translate (scale_x, scale_y, -(double) x * scale_x, -(double) y * scale_y);
  paste_covered (what->result, frame->picture, &to_picture);
  frame->what.framed = TRUE;
  frame->what.to_picture = to_picture;
  frame->what.picture = frame->picture;
  frame->what.view = (WhyRect) { 0 };
  frame->what.um_per_pixel = what->um_per_pixel / scale_x;
  /* As large as it would be without having been read smaller. */
  if (kind == WHY_EXPORT_SEEN && !(what->width > 0))
    frame->what.width = (double) MIN (out_w, 1600);
  if (what->outlines != NULL)
    frame->what.outlines = frame->outlines = why_export_outlines_move (what->outlines, &to_picture);
  return TRUE;
}

void
why_export_frame_clear (WhyExportFrame *frame)
{
  g_clear_pointer (&frame->picture, why_tensor_unref);
  g_clear_pointer (&frame->outlines, g_array_unref);
}
