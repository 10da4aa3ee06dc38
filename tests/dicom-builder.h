#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* DICOM files written byte by byte as PS3.5 and PS3.10 lay them out. */

/* The usual size of a picture. */
#define DICOM_COLUMNS 6
#define DICOM_ROWS 4
#define DICOM_PIXELS (DICOM_COLUMNS * DICOM_ROWS)

#define DICOM_IMPLICIT "1.2.840.10008.1.2"
#define DICOM_EXPLICIT "1.2.840.10008.1.2.1"
#define DICOM_DEFLATED "1.2.840.10008.1.2.1.99"
#define DICOM_BIG_ENDIAN "1.2.840.10008.1.2.2"
#define DICOM_RLE "1.2.840.10008.1.2.5"

typedef struct
{
  const char *syntax; /* NULL: explicit */
  gboolean bare;      /* without preamble and group 0002 */
  int allocated, stored, high_bit;
  gboolean is_signed;
  const char *photometric;
  int samples, planar, n_frames;
  const char *slope, *intercept, *centre, *width, *function;
  const char *position, *orientation, *spacing, *series;
  const char *modality;
  int columns, rows; /* 0: the usual */
  int offset;        /* added to every stored value */
} DicomSpec;

/** db_complete: with what @spec leaves out */
DicomSpec db_complete (const DicomSpec *spec);

/** db_stored_value: the number of a sample in the file: also the lowest and the highest that fit. @spec: complete */
int db_stored_value (const DicomSpec *spec, int sample);

/** db_file: the whole file */
GByteArray *db_file (const DicomSpec *spec);

/* The smallest compressed streams that there are, of the usual size, whose pixels are all alike. */
typedef struct
{
  const char *syntax;
  int allocated; /* bits */
  guint length;
  guint8 bytes[256];
} DicomStream;

#define DICOM_N_STREAMS 4
/* JPEG, lossless JPEG, JPEG-LS, JPEG 2000 */
extern const DicomStream db_streams[DICOM_N_STREAMS];

/** db_stream_file: a file with one frame of that */
GByteArray *db_stream_file (const DicomStream *stream);

#define DICOM_PALETTE 4
/**
 * db_palette_file:
 * @first: the number of the table's first entry
 *
 * Pixels count from one before the table of colours to one behind it, again and again. Entry e is 16 e in red, 16 e + 1
 * in green, 16 e + 2 in blue.
 */
GByteArray *db_palette_file (int first, gboolean is_signed);

/* Parts of it, for files that are not as they should be. @typed: with explicit types; @big: big endian */
void db_add16 (GByteArray *to, guint value, gboolean big);
void db_add32 (GByteArray *to, guint32 value, gboolean big);
void db_add_header (GByteArray *to, guint32 tag, const char *vr, guint32 length, gboolean typed, gboolean big);
void db_add_text (GByteArray *to, guint32 tag, const char *vr, const char *text, gboolean typed, gboolean big);
void db_add_short (GByteArray *to, guint32 tag, int value, gboolean typed, gboolean big);
void db_add_preamble (GByteArray *to, const char *syntax);

/** db_add_description: the data set up to its pixels. @spec: complete */
void db_add_description (GByteArray *to, const DicomSpec *spec, gboolean typed, gboolean big);

G_END_DECLS
