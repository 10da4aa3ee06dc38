#pragma once

#include "base/cancel.h"
#include "base/tensor.h"

G_BEGIN_DECLS

/* A picture file, read through a process of its own.
 *
 * No decoder runs in this process. why_image_source_open() starts whylight-loader, hands it the open
 * file (never a path), and from then on only fixed-size messages (base/loader-protocol.h) and sealed
 * memory files with pixels cross the socket. Whatever the loader says is checked here; a loader that
 * dies, hangs, or lies ends in one sentence that names the file.
 *
 * Where a new kind of file goes: one src/loader/format-NAME.c with one const WhyLoaderFormat (sniff,
 * open, properties, read) named in the table in loader/format.c. Nothing changes on this side as long as
 * the file has a width, a height and regions at a scale; a volume's slices and a slide's levels have
 * their fields in the messages already.
 *
 * Threads: a source may be shared; its requests run one after the other, getters never block. */
typedef struct _WhyImageSource WhyImageSource;

/* What shows through transparent pixels. */
typedef enum
{
  WHY_IMAGE_BACKGROUND_WHITE,
  WHY_IMAGE_BACKGROUND_BLACK,
} WhyImageBackground;

/**
 * WhyImageLimits:
 * @max_pixels: width x height of one page, refused before it is decoded, of a slide of what is decoded at a time;
 *   0: 2^28
 * @max_memory: bytes of address space the loader may use; 0: 2 GiB
 * @timeout_ms: longest wait for one answer; 0: 30,000
 * @allow_truncated: show what is readable of a damaged file (the rest is whatever the decoder leaves,
 *   mostly black or grey); by default damage is an error
 * @background: what alpha is flattened over
 *
 * Zero-initialise for the defaults.
 */
typedef struct
{
  guint64 max_pixels;
  guint64 max_memory;
  guint timeout_ms;
  gboolean allow_truncated;
  WhyImageBackground background;
} WhyImageLimits;

/**
 * why_image_source_open:
 * @path: a PNG, JPEG, TIFF, WebP, GIF or BMP picture, a NIfTI volume, a DICOM file, or a whole slide: a tiled TIFF with
 *   levels (OME-TIFF too), or a scanner's own (SVS, NDPI, SCN, BIF, Philips and Trestle TIFF); a regular file or a link
 *   to one
 * @limits: (nullable): %NULL for the defaults
 * @cancel: (nullable): wakes the wait within about 20 ms and ends the loader
 *
 * Reads the header, not yet the pixels.
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_BAD_IMAGE (not a picture, damaged),
 *   %WHY_ERROR_TOO_LARGE (over a budget), %WHY_ERROR_IO, %WHY_ERROR_NOT_FOUND (no such file) or
 *   %WHY_ERROR_CANCELLED. The message begins with the file's name.
 */
WhyImageSource *why_image_source_open (const char *path,
                                       const WhyImageLimits *limits,
                                       WhyCancel *cancel,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_image_source_open_series:
 * @path: as for why_image_source_open(), or a folder of slices
 *
 * Like why_image_source_open(); but of a DICOM slice whose folder holds others of the same series (SeriesInstanceUID,
 * kind, echo and point in time are the same) all become one volume: sorted by their places along the normal, at
 * distances found from their places. What stands in the way of that (a slice that is missing, that lies where another
 * one does, that is of another size or turned) is an error if @path is a folder; otherwise the slice is a picture of
 * its own, and the note says why.
 *
 * One loader reads all slices, one after the other; it never sees the folder.
 */
WhyImageSource *why_image_source_open_series (const char *path,
                                              const WhyImageLimits *limits,
                                              WhyCancel *cancel,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_image_sort_series:
 * @paths: (array length=n_paths): files of any kind
 * @series: (out caller-allocates) (array length=n_paths): equal numbers from 1 on for slices of the same series; 0: of
 * none
 *
 * Blocks; one loader for all. A file that cannot be read is of no series.
 *
 * Returns: %FALSE if cancelled
 */
gboolean why_image_sort_series (const char *const *paths, gsize n_paths, guint *series, WhyCancel *cancel);

WhyImageSource *why_image_source_ref (WhyImageSource *source);
/* The last reference ends the loader. Tensors that were read stay valid. */
void why_image_source_unref (WhyImageSource *source);

const char *why_image_source_get_path (const WhyImageSource *source);
const char *why_image_source_get_format (const WhyImageSource *source); /* "PNG", "JPEG", ... */
gint64 why_image_source_get_width (const WhyImageSource *source);       /* pixels, orientation applied */
gint64 why_image_source_get_height (const WhyImageSource *source);
int why_image_source_get_bands (const WhyImageSource *source); /* of what is read: 1 (grey) or 3 (sRGB) */
/* Depth of the samples in the file: 8 (also for 1, 2, 4 bits), 16, or 32 with is_float. */
int why_image_source_get_bits (const WhyImageSource *source);
gboolean why_image_source_is_float (const WhyImageSource *source);
gboolean why_image_source_has_alpha (const WhyImageSource *source);
gboolean why_image_source_has_icc (const WhyImageSource *source);
int why_image_source_get_orientation (const WhyImageSource *source); /* EXIF 1..8 that was undone; 1: upright */
/* Pages of a TIFF or frames of an animation; the first is the one that is read. */
gint64 why_image_source_get_n_frames (const WhyImageSource *source);
/* Micrometres a pixel, NAN where unknown. Resolutions meant for print (coarser than 10 um) do not count. */
double why_image_source_get_mpp_x (const WhyImageSource *source);
double why_image_source_get_mpp_y (const WhyImageSource *source);
/* Whole slides: pyramids of which only what is asked for is read. Their size is limited by that of what is read at a
 * time, not by all their pixels. */
gboolean why_image_source_is_slide (const WhyImageSource *source);
int why_image_source_get_n_levels (const WhyImageSource *source); /* 1 for pictures and volumes */
/* How many source pixels lie along the side of a pixel of a level, 1 for the first. */
double why_image_source_get_downsample (const WhyImageSource *source, int level);
/* Of the scanner's lens (20, 40); 0: unknown. */
double why_image_source_get_objective_power (const WhyImageSource *source);
/* Volumes: whether it is one; its slices (1 for pictures), along the third axis of the file; the distance
 * between them. */
gboolean why_image_source_is_volume (const WhyImageSource *source);
gint64 why_image_source_get_n_slices (const WhyImageSource *source);
double why_image_source_get_mpp_z (const WhyImageSource *source);
/**
 * why_image_source_get_voxel_to_world:
 * Returns: (nullable) (array fixed-size=12): three rows of four: voxel indices (column, row, slice) to
 *   millimetres; right, anterior and superior are positive. %NULL where the file does not say
 */
const double *why_image_source_get_voxel_to_world (const WhyImageSource *source);
/* Grey pictures whose values mean something, and volumes: why_image_source_read_volume() gives them. */
gboolean why_image_source_has_values (const WhyImageSource *source);
/* Low values are shown white (MONOCHROME1). */
gboolean why_image_source_is_inverted (const WhyImageSource *source);
/* See why_window_get_range(). */
gboolean why_image_source_is_window_exact (const WhyImageSource *source);
/** why_image_source_get_window: what the file wants to be seen; %FALSE: it does not say */
gboolean why_image_source_get_window (const WhyImageSource *source, double *centre, double *width);
const char *why_image_source_get_unit (const WhyImageSource *source);     /* of the values: "HU", ..., or "" */
const char *why_image_source_get_modality (const WhyImageSource *source); /* "CT", "MR", ..., or "" */
gboolean why_image_source_is_series (const WhyImageSource *source);       /* of slices in several files */
/* Of a series the slice whose file was opened, of other volumes the middle one. */
gint64 why_image_source_get_own_slice (const WhyImageSource *source);
/* What the reader wants to say ("the colour profile is damaged and was ignored"), or "". */
const char *why_image_source_get_note (const WhyImageSource *source);

/**
 * why_image_source_read:
 * @x: left edge of the region in source pixels; the region must lie inside the picture
 * @y: top edge
 * @w: width of the region, at least 1
 * @h: height of the region, at least 1
 * @out_w: columns wanted, at least 1; @out_h: rows wanted. Equal to @w, @h for the pixels themselves,
 *   exactly; fewer: each result is the average over the area it covers; more: the nearest pixel
 * @cancel: (nullable): wakes the wait within about 20 ms; the source stays usable
 *
 * Any thread; blocks. The first read decodes the file, of a slide each read the tiles it touches. What is asked for
 * smaller than the next level of a slide is averaged from the nearest finer level, not from all its pixels; levels are
 * what the scanner or writer made of the level before, mostly by averaging too. Values are sRGB-encoded, alpha
 * flattened over the background of the limits (white by default). Deeper files are brought to 8 bits: 16-bit values
 * are divided by 257 and rounded; float files see why_image_source_read_full().
 *
 * Returns: (transfer full) (nullable): uint8, dims [out_h, out_w, bands], dense; read-only memory.
 *   Errors as in why_image_source_open(); after the loader has died every read fails until
 *   why_image_source_reopen().
 */
WhyTensor *why_image_source_read (WhyImageSource *source,
                                  gint64 x, gint64 y, gint64 w, gint64 h,
                                  gint64 out_w, gint64 out_h,
                                  WhyCancel *cancel,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_image_source_read_full:
 *
 * As why_image_source_read(), in the depth of the file:
 * - 8-bit files: uint8 0..255;
 * - 16-bit files: uint16 0..65535, sRGB-encoded;
 * - float and 32-bit files: float32 in the range 0..255. A file says nowhere what its white is, so the
 *   finite values decide: within 0..1 they are multiplied by 255, within 0..255 kept, within 0..65535
 *   divided by 257, else stretched from smallest to largest. Not-a-number becomes 0. The note says so.
 *
 * why_recipe_prepare() takes all three.
 */
WhyTensor *why_image_source_read_full (WhyImageSource *source,
                                       gint64 x, gint64 y, gint64 w, gint64 h,
                                       gint64 out_w, gint64 out_h,
                                       WhyCancel *cancel,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_image_source_read_volume:
 * @frame: of a series in time; 0 for the first or only one
 * @cancel: (nullable): as above
 *
 * All voxels as the file means them (after its slope and intercept), also of a picture that has values: one slice. Of
 * volumes the functions above show the middle slice, between the ends of the file's window or, where it states none, of
 * all values but the lowest and highest thousandth.
 *
 * Returns: (transfer full) (nullable): float32 [slices, rows, columns] in the order of the file, dense;
 *   read-only memory
 */
WhyTensor *why_image_source_read_volume (WhyImageSource *source,
                                         gint64 frame,
                                         WhyCancel *cancel,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_image_source_is_alive: %FALSE once the loader is known to have died. Any thread. */
gboolean why_image_source_is_alive (WhyImageSource *source);

/**
 * why_image_source_reopen:
 *
 * Starts a new loader for a source whose loader died; once in the life of a source, because a file that
 * kills its reader twice will do so again. The file must still have the properties it had.
 */
gboolean why_image_source_reopen (WhyImageSource *source, WhyCancel *cancel, GError **error);

/** why_image_source_get_loader_pid: the process, 0 when there is none. Any thread; waits for a request that is under way. */
int why_image_source_get_loader_pid (WhyImageSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyImageSource, why_image_source_unref)

G_END_DECLS
