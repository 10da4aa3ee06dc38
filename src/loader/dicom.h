#pragma once

#include "format.h"

G_BEGIN_DECLS

/* The data set of a DICOM file (PS3.5, PS3.10), read without recursion and without a dictionary: only the
 * elements that a picture needs are looked at, everything else is stepped over by its length. */

typedef enum
{
  WHY_DICOM_NATIVE,
  WHY_DICOM_RLE,
  WHY_DICOM_JPEG,      /* baseline, extended, lossless */
  WHY_DICOM_JPEG_LS,
  WHY_DICOM_JPEG_2000,
} WhyDicomCompression;

/* What may differ from frame to frame; NAN: not stated. */
typedef struct
{
  double position[3];     /* millimetres; left, posterior, superior are positive, as DICOM has it */
  double orientation[6];  /* directions of growing columns, then of growing rows */
  double spacing[2];      /* millimetres between rows, between columns */
  double thickness;
  double slope, intercept;
  double centre, width;   /* the window for showing */
} WhyDicomFrame;

/* A run of compressed bytes in the file. */
typedef struct
{
  guint64 offset;
  guint32 length;
} WhyDicomFragment;

typedef struct
{
  guint n_entries;
  int first;          /* the value that the first entry is for */
  int bits;           /* 8 or 16 */
  guint64 offset;     /* of its data */
  guint64 length;
} WhyDicomPalette;

/**
 * WhyDicom:
 *
 * @memory: (nullable): the data set of a deflated file; offsets mean this then, and the file otherwise
 * @series: a digest of what makes slices belong together; the identifiers themselves are not kept
 * @frames: one for each frame
 */
typedef struct
{
  const WhyLoaderFile *file;
  guint8 *memory;
  guint64 size;

  WhyDicomCompression compression;
  char syntax[65]; /* transfer syntax UID */
  gboolean explicit_vr;
  gboolean big_endian;

  char photometric[17];
  char modality[17];
  char units[17];
  gboolean is_hounsfield;
  gboolean is_linear_exact;
  gboolean is_sigmoid;
  gboolean has_modality_table;
  gboolean has_voi_table;
  gboolean is_slide;
  gint64 rows, columns, n_frames;
  int samples, bits_allocated, bits_stored, high_bit, planar;
  gboolean is_signed;
  gboolean is_float; /* float or double pixel data */
  gboolean is_packed; /* one bit a pixel in the file; frames are given out as bytes */
  WhyDicomPalette palette[3];
  double slice_spacing; /* as stated, millimetres; NAN */
  double imager_spacing[2];
  gboolean has_series;
  guint8 series[16];

  gboolean has_pixels;
  guint64 pixels_offset;
  guint64 pixels_length; /* native */
  GArray *fragments;     /* WhyDicomFragment, the offset table left out */
  GArray *offsets;       /* guint32: the basic offset table */

  WhyDicomFrame *frames;
} WhyDicom;

/** why_dicom_sniff: with its preamble, or a data set that begins at the first byte */
gboolean why_dicom_sniff (const guint8 *head, gsize length);

/**
 * why_dicom_parse:
 *
 * Returns: (transfer full) (nullable): the description of a picture; %NULL with a sentence where the file is cut
 *   off, lies about a length, nests deeper than 32 sequences or holds no picture
 */
WhyDicom *why_dicom_parse (const WhyLoaderFile *file, GError **error);
void why_dicom_free (WhyDicom *dicom);

/** why_dicom_read_at: bytes of the data set, from the file or from what was inflated */
gboolean why_dicom_read_at (const WhyDicom *dicom, guint64 offset, void *buffer, gsize length);

/** why_dicom_frame_bytes: of a frame that is not compressed; 0: more than can be counted */
gsize why_dicom_frame_bytes (const WhyDicom *dicom);

/**
 * why_dicom_decode_frame:
 * @bytes: (out caller-allocates): why_dicom_frame_bytes() bytes and one more: samples in the byte order of this machine
 * @photometric: (out caller-allocates): 17 bytes: how the decoded samples mean colours
 * @planar: (out): whether each colour is a plane of its own
 *
 * The bytes of one frame, decompressed.
 */
gboolean why_dicom_decode_frame (const WhyDicom *dicom, gint64 frame, guint8 *bytes, char *photometric, int *planar,
                                 GError **error);

/** why_dicom_rle_decode: (dicom-rle.c): the samples of a pixel follow one another */
gboolean why_dicom_rle_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes, gsize n_bytes,
                               GError **error);

/**
 * why_dicom_jpeg_check: (dicom-jpeg.c)
 *
 * Returns: whether the JPEG or JPEG-LS stream is a picture of the size and depth that @dicom states
 */
gboolean why_dicom_jpeg_check (const WhyDicom *dicom, const guint8 *stream, gsize length, GError **error);

/**
 * why_dicom_codec_decode: (dicom-codec.cc)
 * @stream, @length: the compressed bytes of one frame
 *
 * JPEG and JPEG-LS by DCMTK. As why_dicom_decode_frame(); @bytes has room for an even number.
 */
gboolean why_dicom_codec_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes,
                                 gsize n_bytes, char *photometric, GError **error);

/** why_dicom_jpeg2000_decode: (dicom-jpeg2000.c): likewise JPEG 2000 by OpenJPEG */
gboolean why_dicom_jpeg2000_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes,
                                    gsize n_bytes, char *photometric, GError **error);

G_END_DECLS
