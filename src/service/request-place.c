#include "config.h"

#include "request.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* What of a picture a request is about: the part that the network is shown, and where it lies. */

void
why_request_set_place (WhyRequest *request, const WhyPicture *picture, const WhyRoi *roi)
{
  g_return_if_fail (request->pixels == picture->pixels);

  request->pixels_to_source = picture->pixels_to_source;
  request->of_slide = picture->slide != NULL;
  /* Of a slide no more than the region was read. */
  if (picture->slide == NULL && !picture->is_volume)
    request->roi = *roi;
}

void
why_request_get_shown (const WhyRequest *request, gint64 *width, gint64 *height, WhyAffine *to_source)
{
  const gint64 *dims = request->pixels->dims + (request->pixels->rank == 4 ? 1 : 0);
  const gboolean all = request->roi.width == 0;
  const WhyAffine shift =
    why_affine_scale_translate (1, 1, all ? 0 : (double) request->roi.x, all ? 0 : (double) request->roi.y);

  *width = all ? dims[1] : request->roi.width;
  *height = all ? dims[0] : request->roi.height;
  *to_source = why_affine_compose (&shift, &request->pixels_to_source);
}

gboolean
why_request_get_roi (const WhyRequest *request, WhyRoi *roi)
{
  const WhyAffine *place = &request->pixels_to_source;

  *roi = request->roi;
  if (request->of_slide)
    *roi = (WhyRoi) { (gint64) round (place->x0), (gint64) round (place->y0),
                      (gint64) round (place->xx * (double) request->pixels->dims[1]),
                      (gint64) round (place->yy * (double) request->pixels->dims[0]) };
  return roi->width > 0;
}

WhyTensor *
why_request_prepare (const WhyRequest *request, WhyTensor *pixels, GError **error)
{
  const WhyRoi *roi = &request->roi;

  if (roi->width == 0)
    return why_recipe_prepare (request->recipe, pixels, error);
  if (pixels->rank != 3 || roi->x < 0 || roi->y < 0 || roi->height < 1 || roi->width > pixels->dims[1] - roi->x ||
      roi->height > pixels->dims[0] - roi->y)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "The region %" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
                   " does not lie in the picture of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " pixels",
                   roi->x, roi->y, roi->width, roi->height, pixels->dims[1], pixels->dims[0]);
      return NULL;
    }
  const gint64 bands = pixels->dims[2];
  const gint64 dims[] = { roi->height, roi->width, bands };
  const gsize size = why_dtype_size (pixels->dtype);
  const gsize row = (gsize) (roi->width * bands) * size;
  g_autoptr (WhyTensor) part = why_tensor_new (pixels->dtype, 3, dims, error);
  if (part == NULL)
    return NULL;
  for (gint64 y = 0; y < roi->height; y++)
    memcpy ((guint8 *) part->data + (gsize) y * row,
            (const guint8 *) pixels->data + (gsize) (((roi->y + y) * pixels->dims[1] + roi->x) * bands) * size, row);
  return why_recipe_prepare (request->recipe, part, error);
}

gboolean
why_request_occlude (const WhyRequest *request, WhyTensor *pixels, const WhyCover *cover, GError **error)
{
  const WhyAffine identity = why_affine_identity ();
  WhyAffine to_pixels;
  WhyRect box;

  WhyPixelBox touched;

  if (memcmp (&request->pixels_to_source, &identity, sizeof identity) == 0 ||
      !why_affine_invert (&request->pixels_to_source, &to_pixels))
    return why_occlude_in_place (pixels, cover->shape, cover->fill, cover->seed, error);
  why_area_get_box (cover->shape, &box);
  why_affine_apply (&to_pixels, &box.x, &box.y);
  why_affine_apply_distance (&to_pixels, &box.width, &box.height);
  g_autoptr (WhyArea) shape = why_area_fit (cover->shape, &box, error);
  /* Covers elsewhere on the slide are none here. */
  if (shape != NULL && !why_area_get_pixels (shape, pixels->dims[1], pixels->dims[0], &touched))
    return TRUE;
  return shape != NULL && why_occlude_in_place (pixels, shape, cover->fill, cover->seed, error);
}
