#pragma once

#include "base/cancel.h"
#include "image/recipe.h"
#include "image/source.h"
#include "image/volume.h"
#include "service/roi.h"

G_BEGIN_DECLS

/**
 * WhyGreyWindow:
 * @centre, @width: in the unit of the values ("level" and "window"); what lies at the ends is black and white
 *
 * Which values are told apart on the screen. @width 0: none.
 */
typedef struct
{
  double centre, width;
} WhyGreyWindow;

/**
 * WhyPicture:
 * @pixels: for the network, in the depth of the file: [H, W, C]; if @is_volume all of it, float32 [D, H, W, 1]; of a whole
 *   slide the region @pixels_roi, a small one amid the tissue to begin with
 * @display: uint8 [H, W, C] for the eye; of a volume the plane that is shown, stretched so that its pixels are
 *   square on the body; of a slide all of it, small
 * @slide: (nullable): a whole slide, which is never read as a whole; what follows is then valid
 * @width, @height: source pixels: of the display, or of the slide
 * @pixels_roi, @pixels_to_source: which region of the slide @pixels are, and where each of them lies
 * @centre_x, @centre_y: a place amid the tissue, source pixels
 * @um_per_pixel: of a picture or slide, as the file says; 0: it does not
 * @objective_power: of the scanner's lens; 0: unknown
 * @values: (nullable): float32 [D, H, W, 1] as the file means them: of a volume or of a grey picture whose values mean
 *   something (one slice)
 * @plane_values: (nullable): float32, as large as @display: the values that it shows
 * @note: what the reader wants to say, or ""
 * @unit: of @values: "HU", or ""
 * @modality: "CT", "MR", ..., or ""
 * @is_volume: whether the network sees a volume
 * @is_series: slices in several files; @path is the first's, or the one that was opened
 * @has_world: whether @voxel_to_world is valid
 * @voxel_to_world: see why_image_source_get_voxel_to_world()
 * @spacing: micrometres between voxels along D, H, W; NAN where unknown
 * @is_inverted: low values are shown white
 * @is_window_exact: see why_window_get_range()
 * @own_window: of the file, or of all values but the lowest and highest thousandth; @is_own_stated: the file's
 * @full_window: of all values: it hides nothing
 * @window: of the display
 * @network_window: of a picture with values: what the network sees as 0 to 255
 * @kind, @plane: what is shown
 * @projected: what is seen along the plane's axis is shown instead: the highest value on every ray
 * @projections: (nullable): of a volume, along each of its dimensions: see why_project_volume()
 * @plane_to_display: from continuous coordinates in the plane to those of @display
 *
 * An input file as everybody above the image library sees it.
 */
typedef struct
{
  char *path;
  WhyTensor *pixels;
  WhyTensor *display;
  WhyTensor *values;
  WhyTensor *plane_values;
  char *note;
  WhyImageSource *slide;
  gint64 width, height;
  WhyRoi pixels_roi;
  WhyAffine pixels_to_source;
  double centre_x, centre_y;
  double um_per_pixel;
  double objective_power;
  const char *unit;
  const char *modality;
  gboolean is_volume;
  gboolean is_series;
  gboolean has_world;
  double voxel_to_world[12];
  double spacing[3];
  gboolean is_inverted;
  gboolean is_window_exact;
  gboolean is_own_stated;
  gboolean is_network_stated; /* by the recipe, whose windows are exact */
  WhyGreyWindow own_window, full_window, window, network_window;
  WhyPlaneKind kind;
  WhyPlane plane;
  gboolean projected;
  WhyTensor *projections[3];
  WhyAffine plane_to_display;
} WhyPicture;

/**
 * why_picture_load:
 * @path: a file, or a folder of DICOM slices, of which the first by name becomes the path of the picture
 *
 * Reads a picture or a volume through the loader; of a volume the middle axial plane is shown, of slices in several files
 * the one that was opened. Blocks; any thread.
 */
WhyPicture *why_picture_load (const char *path, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_picture_find_roi:
 * @recipe: (nullable): of the network that is asked
 * @wanted: maybe none
 * @um_per_pixel: of the picture, 0: unknown
 *
 * What the network is shown: @wanted as far as it lies in the picture; without one all of a picture, and of a slide a field
 * of view amid the tissue.
 *
 * Returns: a region, with width 0 for all of an ordinary picture
 */
WhyRoi why_picture_find_roi (const WhyPicture *picture, const WhyRecipe *recipe, const WhyRoi *wanted,
                             double um_per_pixel);

/** why_picture_read_roi: pixels of a region of a slide, for the network: see why_slide_size_to_read(). Blocks; any thread. */
WhyTensor *why_picture_read_roi (const WhyPicture *picture, const WhyRoi *roi, WhyCancel *cancel,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_picture_get_shown: (out): size of what of a picture is prepared for the network, and where its pixels lie in the source */
void why_picture_get_shown (const WhyPicture *picture, const WhyRoi *roi, gint64 *width, gint64 *height,
                            WhyAffine *to_source);

/**
 * why_picture_look_at:
 * @wanted: maybe none
 * @roi: (out): what it became, see why_picture_find_roi()
 *
 * Reads that region of a slide, unless it is there. Blocks; any thread.
 */
gboolean why_picture_look_at (WhyPicture *picture, const WhyRecipe *recipe, const WhyRoi *wanted, double um_per_pixel,
                              WhyRoi *roi, WhyCancel *cancel, GError **error);

/** why_picture_set_pixels: @pixels: (transfer full): what was read of @roi */
void why_picture_set_pixels (WhyPicture *picture, const WhyRoi *roi, WhyTensor *pixels);

/** why_picture_copy: shares the pixels. */
WhyPicture *why_picture_copy (const WhyPicture *picture) G_GNUC_WARN_UNUSED_RESULT;
void why_picture_free (WhyPicture *picture);

/**
 * why_picture_fit:
 * @takes_volumes: whether the network does; else it sees the plane that is shown, if there are several
 * @recipe: (nullable): its "window" says what of the values is 0 to 255; without one it is the picture's own
 *
 * Makes @pixels what this network is to see. Pictures without values stay as they are.
 */
gboolean why_picture_fit (WhyPicture *picture, gboolean takes_volumes, const WhyRecipe *recipe, GError **error);

/** why_picture_has_planes: whether another plane can be shown */
gboolean why_picture_has_planes (const WhyPicture *picture);

/** why_picture_get_n_planes: how many there are of @kind; 1 for pictures */
gint64 why_picture_get_n_planes (const WhyPicture *picture, WhyPlaneKind kind);

/** why_picture_get_um_per_pixel: Returns: micrometres that a pixel of the display shows, as the file states; 0: unknown */
double why_picture_get_um_per_pixel (const WhyPicture *picture);

/**
 * why_picture_set_plane:
 * @index: in file order; brought into range
 *
 * Shows another plane of a volume. Where the network sees that plane, @pixels are others then.
 */
gboolean why_picture_set_plane (WhyPicture *picture, WhyPlaneKind kind, gint64 index, GError **error);

/** why_picture_set_projected: of a volume: whether what is seen along the plane's axis is shown instead of the plane */
gboolean why_picture_set_projected (WhyPicture *picture, gboolean projected, GError **error);

/* ---- picture-volume.c: voxels. (array fixed-size=3): column, row, slice: the order of the file's own indices ---- */

/** why_picture_get_voxels: how many there are along columns, rows, slices */
void why_picture_get_voxels (const WhyPicture *picture, gint64 *count);

/** why_picture_get_plane_axis: Returns: which of column, row, slice (0, 1, 2) planes of @kind are counted along */
int why_picture_get_plane_axis (const WhyPicture *picture, WhyPlaneKind kind);

/** why_picture_find_voxel: what lies at a place of the display. Of a projection the voxel that is seen there: the brightest
 *  on the ray. Returns: %FALSE outside */
gboolean why_picture_find_voxel (const WhyPicture *picture, double x, double y, gint64 *voxel);

/** why_picture_find_place: where in the display a voxel's centre lies, on its plane or not */
void why_picture_find_place (const WhyPicture *picture, const gint64 *voxel, double *x, double *y);

/** why_picture_step: @voxel: (inout): moved by so many voxels right and down on the display; nothing is brought into range */
void why_picture_step (const WhyPicture *picture, int right, int down, gint64 *voxel);

/** why_picture_get_value: the voxel's value in the file's own unit; NAN outside */
double why_picture_get_value (const WhyPicture *picture, const gint64 *voxel);

/** why_picture_get_world: @mm: (out) (array fixed-size=3): towards right, front and top. Returns: %FALSE: the file does not say */
gboolean why_picture_get_world (const WhyPicture *picture, const gint64 *voxel, double *mm);

/** why_picture_get_sides: @sides: (out) (array fixed-size=4): towards which side of the body the display's left, right, top and
 *  bottom lie: R, L, A, P, S, I. Returns: %FALSE: the file does not say */
gboolean why_picture_get_sides (const WhyPicture *picture, char *sides);

/** why_picture_has_window: whether there is more to be told apart than a screen shows at once */
gboolean why_picture_has_window (const WhyPicture *picture);

/** why_picture_set_window: @window: with a width of 0 the picture's own. Changes the display only. */
gboolean why_picture_set_window (WhyPicture *picture, WhyGreyWindow window, GError **error);

/* The same in two halves, where drawing a large picture must not be waited for: why_picture_choose_window() here,
 * why_picture_draw() of a copy in another thread, and why_picture_take_display(), which takes it over if the copy shows the
 * same place through the same window still. */
void why_picture_choose_window (WhyPicture *picture, WhyGreyWindow window);
gboolean why_picture_draw (WhyPicture *picture, GError **error);
gboolean why_picture_take_display (WhyPicture *picture, const WhyPicture *drawn);

/** why_picture_get_pixel_value: the value under a pixel of the display; NAN: outside, or none */
double why_picture_get_pixel_value (const WhyPicture *picture, gint64 x, gint64 y);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyPicture, why_picture_free)

G_END_DECLS
