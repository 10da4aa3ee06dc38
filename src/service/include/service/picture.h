#pragma once

#include "base/cancel.h"
#include "image/volume.h"

G_BEGIN_DECLS

/**
 * WhyPicture:
 * @pixels: for the network, in the depth of the file: [H, W, C]; of a volume all of it, float32 [D, H, W, 1]
 * @display: uint8 [H, W, C] for the eye; of a volume the plane that is shown, stretched so that its pixels are
 *   square on the body
 * @note: what the reader wants to say, or ""
 * @is_volume: whether the fields below mean something
 * @voxel_to_world: see why_image_source_get_voxel_to_world(); valid if @has_world
 * @spacing: micrometres between voxels along D, H, W; NAN where unknown
 * @low, @high: black and white of the display
 * @kind, @plane: what is shown
 * @plane_to_display: from continuous coordinates in the plane to those of @display
 *
 * An input file as everybody above the image library sees it.
 */
typedef struct
{
  char *path;
  WhyTensor *pixels;
  WhyTensor *display;
  char *note;
  gboolean is_volume;
  gboolean has_world;
  double voxel_to_world[12];
  double spacing[3];
  double low, high;
  WhyPlaneKind kind;
  WhyPlane plane;
  WhyAffine plane_to_display;
} WhyPicture;

/**
 * why_picture_load:
 *
 * Reads a picture or a volume through the loader; of a volume the middle axial plane is shown. Blocks; any
 * thread.
 */
WhyPicture *why_picture_load (const char *path, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_picture_copy: shares the pixels. */
WhyPicture *why_picture_copy (const WhyPicture *picture) G_GNUC_WARN_UNUSED_RESULT;
void why_picture_free (WhyPicture *picture);

/** why_picture_get_n_planes: how many there are of @kind; 1 for pictures */
gint64 why_picture_get_n_planes (const WhyPicture *picture, WhyPlaneKind kind);

/** why_picture_get_um_per_pixel: Returns: micrometres that a pixel of a volume's display shows; 0: unknown, and of pictures */
double why_picture_get_um_per_pixel (const WhyPicture *picture);

/**
 * why_picture_set_plane:
 * @index: in file order; brought into range
 *
 * Shows another plane of a volume.
 */
gboolean why_picture_set_plane (WhyPicture *picture, WhyPlaneKind kind, gint64 index, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyPicture, why_picture_free)

G_END_DECLS
