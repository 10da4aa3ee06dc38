#pragma once

#include "dicom.h"

G_BEGIN_DECLS

/* The elements that a data set is made of: headers, and short values. */

/* Of a value that is text: the longest that is looked at are six numbers of 16 characters. */
#define WHY_DICOM_MAX_TEXT 256
#define WHY_DICOM_WINDOW (1 << 16)

/* Elements, as group << 16 | element. */
enum
{
  TAG_TRANSFER_SYNTAX = 0x00020010,
  TAG_IMAGE_TYPE = 0x00080008,
  TAG_SOP_CLASS = 0x00080016,
  TAG_MODALITY = 0x00080060,
  TAG_THICKNESS = 0x00180050,
  TAG_ECHO = 0x00180086,
  TAG_SLICE_SPACING = 0x00180088,
  TAG_IMAGER_SPACING = 0x00181164,
  TAG_SERIES = 0x0020000e,
  TAG_POSITION = 0x00200032,
  TAG_ORIENTATION = 0x00200037,
  TAG_TEMPORAL = 0x00200100,
  TAG_PLANE_POSITIONS = 0x00209113,
  TAG_PLANE_ORIENTATIONS = 0x00209116,
  TAG_SAMPLES = 0x00280002,
  TAG_PHOTOMETRIC = 0x00280004,
  TAG_PLANAR = 0x00280006,
  TAG_N_FRAMES = 0x00280008,
  TAG_ROWS = 0x00280010,
  TAG_COLUMNS = 0x00280011,
  TAG_SPACING = 0x00280030,
  TAG_ALLOCATED = 0x00280100,
  TAG_STORED = 0x00280101,
  TAG_HIGH_BIT = 0x00280102,
  TAG_SIGNED = 0x00280103,
  TAG_CENTRE = 0x00281050,
  TAG_WIDTH = 0x00281051,
  TAG_INTERCEPT = 0x00281052,
  TAG_SLOPE = 0x00281053,
  TAG_RESCALE_TYPE = 0x00281054,
  TAG_WINDOW_FUNCTION = 0x00281056,
  TAG_PALETTE_FORM = 0x00281101, /* and the two after */
  TAG_PALETTE_DATA = 0x00281201,
  TAG_MODALITY_TABLES = 0x00283000,
  TAG_VOI_TABLES = 0x00283010,
  TAG_PIXEL_MEASURES = 0x00289110,
  TAG_FRAME_VOI = 0x00289132,
  TAG_PIXEL_VALUES = 0x00289145,
  TAG_UNITS = 0x00541001,
  TAG_SHARED_GROUPS = 0x52009229,
  TAG_FRAME_GROUPS = 0x52009230,
  TAG_FLOAT_PIXELS = 0x7fe00008,
  TAG_DOUBLE_PIXELS = 0x7fe00009,
  TAG_PIXELS = 0x7fe00010,
};
/* Above INT_MAX, so no enumerators. */
#define TAG_ITEM 0xfffee000u
#define TAG_ITEM_END 0xfffee00du
#define TAG_SEQUENCE_END 0xfffee0ddu

#define VR(a, b) ((guint) (a) << 8 | (guint) (b))

typedef struct
{
  guint32 tag;
  guint vr; /* 0 without explicit ones */
  guint32 length;
  guint64 value; /* its offset */
} WhyDicomElement;

/* Reads in order, mostly; the file is asked for a window at a time. */
typedef struct
{
  WhyDicom *dicom;
  guint8 window[WHY_DICOM_WINDOW];
  guint64 window_start;
  gsize window_length;
} WhyDicomReader;

/** why_dicom_peek: headers and short values, through a window that moves on; FALSE where they are not there */
gboolean why_dicom_peek (WhyDicomReader *reader, guint64 offset, void *buffer, gsize length);

guint32 why_dicom_get16 (const guint8 *bytes, gboolean big);
guint32 why_dicom_get32 (const guint8 *bytes, gboolean big);

/** why_dicom_fail_cut, why_dicom_fail_end: set @error; Returns: FALSE */
gboolean why_dicom_fail_cut (const WhyDicomElement *element, GError **error);
gboolean why_dicom_fail_end (GError **error);

/** why_dicom_read_element: the header of the element at @offset; its value follows at @element->value */
gboolean why_dicom_read_element (WhyDicomReader *reader, guint64 offset, gboolean explicit_vr, gboolean big,
                                 WhyDicomElement *element, GError **error);

/** why_dicom_get_text: without the blanks and zeros around it. Longer than can be meant: its beginning. */
void why_dicom_get_text (WhyDicomReader *reader, const WhyDicomElement *element, char *text, gsize size);

/** why_dicom_get_numbers: numbers as text, parted by backslashes; what is missing stays as it was */
void why_dicom_get_numbers (WhyDicomReader *reader, const WhyDicomElement *element, double *numbers, int count);

/** why_dicom_get_short: Returns: an unsigned number of 16 bits, or @otherwise */
int why_dicom_get_short (WhyDicomReader *reader, const WhyDicomElement *element, int otherwise);

/** why_dicom_get_code: capitals, digits, blanks and underscores; @code stays as it was where there is anything else */
void why_dicom_get_code (WhyDicomReader *reader, const WhyDicomElement *element, char *code, gsize size);

G_END_DECLS
