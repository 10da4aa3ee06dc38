#include "config.h"

#include "dicom-elements.h"

#include "base/error.h"
#include "base/size.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

/* The data set is walked here and not by DCMTK, which would build a tree of all its elements first: what that takes and
 * how deep it goes is up to the file, and each private sequence of a hostile one would be parsed. Here memory is
 * bounded (a window of the file, a level for each of at most MAX_DEPTH sequences, a record for each of at most
 * MAX_FRAMES frames), nothing recurses, and what no picture needs is stepped over by its length, names of people
 * included. Pixels stay in the file: a decoder gets the bytes of one frame at a time (dicom-frame.c), in a data set of
 * our own making. */

/* Deeper nesting than any real file has: a structured report nests about ten. */
#define MAX_DEPTH 32
#define MAX_FRAMES 65536
#define MAX_FRAGMENTS (1 << 20)
#define UNDEFINED 0xffffffffu

typedef struct
{
  gboolean is_item; /* else a sequence */
  gboolean explicit_vr;
  guint32 tag;      /* of the sequence */
  gint64 index;     /* items so far, or of the item */
  guint64 end;      /* G_MAXUINT64: at its delimiter */
} Level;

typedef struct
{
  WhyDicomReader reader;
  Level levels[MAX_DEPTH + 1]; /* the first is the data set */
  int depth;
  gint64 n_frames_stated;
  GArray *frames;         /* WhyDicomFrame of the per-frame groups */
  WhyDicomFrame common; /* stated for the whole data set, or shared */
  GChecksum *belongs;     /* to which series */
} Parser;

/* ---- values ---- */

static void
frame_init (WhyDicomFrame *frame)
{
  double *const numbers[] = { frame->position, frame->orientation, frame->spacing };
  const int counts[] = { 3, 6, 2 };

  for (gsize field = 0; field < G_N_ELEMENTS (numbers); field++)
    for (int which = 0; which < counts[field]; which++)
      numbers[field][which] = NAN;
  frame->thickness = frame->slope = frame->intercept = frame->centre = frame->width = NAN;
}

/* What is stated for the whole data set, for all frames, or for one. */
static void
take_frame_value (Parser *parser, const WhyDicomElement *element, WhyDicomFrame *frame)
{
  switch (element->tag)
    {
    case TAG_POSITION:
      why_dicom_get_numbers (&parser->reader, element, frame->position, 3);
      break;
    case TAG_ORIENTATION:
      why_dicom_get_numbers (&parser->reader, element, frame->orientation, 6);
      break;
    case TAG_SPACING:
      why_dicom_get_numbers (&parser->reader, element, frame->spacing, 2);
      break;
    case TAG_THICKNESS:
      why_dicom_get_numbers (&parser->reader, element, &frame->thickness, 1);
      break;
    case TAG_SLOPE:
      why_dicom_get_numbers (&parser->reader, element, &frame->slope, 1);
      break;
    case TAG_INTERCEPT:
      why_dicom_get_numbers (&parser->reader, element, &frame->intercept, 1);
      break;
    case TAG_CENTRE:
      why_dicom_get_numbers (&parser->reader, element, &frame->centre, 1);
      break;
    case TAG_WIDTH:
      why_dicom_get_numbers (&parser->reader, element, &frame->width, 1);
      break;
    default:
      break;
    }
}

static void
take_palette (Parser *parser, const WhyDicomElement *element)
{
  WhyDicomPalette *palette = &parser->reader.dicom->palette[(element->tag & 0xff) - 1];
  guint8 bytes[6];

  if ((element->tag & 0xff00) == 0x1200)
    {
      palette->offset = element->value;
      palette->length = element->length;
      return;
    }
  if (element->length < 6 || !why_dicom_peek (&parser->reader, element->value, bytes, 6))
    return;
  const guint32 n_entries = why_dicom_get16 (bytes, parser->reader.dicom->big_endian);
  palette->n_entries = n_entries == 0 ? 65536 : n_entries;
  const guint32 first = why_dicom_get16 (bytes + 2, parser->reader.dicom->big_endian);
  palette->first = parser->reader.dicom->is_signed ? (gint16) first : (int) first;
  palette->bits = (int) why_dicom_get16 (bytes + 4, parser->reader.dicom->big_endian);
}

static void
take_belonging (Parser *parser, const WhyDicomElement *element)
{
  char text[WHY_DICOM_MAX_TEXT];

  why_dicom_get_text (&parser->reader, element, text, sizeof text);
  /* Of the type of picture, which projection it is; what was added to it (value 4 and on) parts no series. */
  if (element->tag == TAG_IMAGE_TYPE)
    {
      char *end = text;
      for (int value = 0; value < 3 && end != NULL; value++)
        end = strchr (value > 0 ? end + 1 : end, '\\');
      if (end != NULL)
        *end = '\0';
    }
  parser->reader.dicom->has_series = parser->reader.dicom->has_series ||
                                     (element->tag == TAG_SERIES && text[0] != '\0');
  g_checksum_update (parser->belongs, (const guchar *) &element->tag, sizeof element->tag);
  g_checksum_update (parser->belongs, (const guchar *) text, -1);
}

/* An element of the data set itself. */
static void
take_value (Parser *parser, const WhyDicomElement *element)
{
  WhyDicom *dicom = parser->reader.dicom;
  char text[WHY_DICOM_MAX_TEXT];

  switch (element->tag)
    {
    case TAG_SERIES:
    case TAG_IMAGE_TYPE:
    case TAG_ECHO:
    case TAG_TEMPORAL:
      take_belonging (parser, element);
      break;
    case TAG_SOP_CLASS:
      why_dicom_get_text (&parser->reader, element, text, sizeof text);
      dicom->is_slide = strcmp (text, "1.2.840.10008.5.1.4.1.1.77.1.6") == 0;
      break;
    case TAG_MODALITY:
      why_dicom_get_code (&parser->reader, element, dicom->modality, sizeof dicom->modality);
      break;
    case TAG_SLICE_SPACING:
      why_dicom_get_numbers (&parser->reader, element, &dicom->slice_spacing, 1);
      break;
    case TAG_IMAGER_SPACING:
      why_dicom_get_numbers (&parser->reader, element, dicom->imager_spacing, 2);
      break;
    case TAG_SAMPLES:
      dicom->samples = why_dicom_get_short (&parser->reader, element, 1);
      break;
    case TAG_PHOTOMETRIC:
      why_dicom_get_code (&parser->reader, element, dicom->photometric, sizeof dicom->photometric);
      break;
    case TAG_PLANAR:
      dicom->planar = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_N_FRAMES:
      {
        double n_frames = 1.0;
        why_dicom_get_numbers (&parser->reader, element, &n_frames, 1);
        parser->n_frames_stated = (gint64) CLAMP (n_frames, -1.0, 1e9);
        break;
      }
    case TAG_ROWS:
      dicom->rows = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_COLUMNS:
      dicom->columns = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_ALLOCATED:
      dicom->bits_allocated = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_STORED:
      dicom->bits_stored = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_HIGH_BIT:
      dicom->high_bit = why_dicom_get_short (&parser->reader, element, 0);
      break;
    case TAG_SIGNED:
      dicom->is_signed = why_dicom_get_short (&parser->reader, element, 0) == 1;
      break;
    case TAG_RESCALE_TYPE:
      why_dicom_get_text (&parser->reader, element, text, sizeof text);
      dicom->is_hounsfield = strcmp (text, "HU") == 0;
      break;
    case TAG_WINDOW_FUNCTION:
      why_dicom_get_text (&parser->reader, element, text, sizeof text);
      dicom->is_linear_exact = strcmp (text, "LINEAR_EXACT") == 0;
      dicom->is_sigmoid = strcmp (text, "SIGMOID") == 0;
      break;
    case TAG_UNITS:
      why_dicom_get_code (&parser->reader, element, dicom->units, sizeof dicom->units);
      break;
    case TAG_MODALITY_TABLES:
      dicom->has_modality_table = element->length != 0;
      break;
    case TAG_VOI_TABLES:
      dicom->has_voi_table = element->length != 0;
      break;
    default:
      if (element->tag >= TAG_PALETTE_FORM && element->tag < TAG_PALETTE_FORM + 3)
        take_palette (parser, element);
      else if (element->tag >= TAG_PALETTE_DATA && element->tag < TAG_PALETTE_DATA + 3)
        take_palette (parser, element);
      else
        take_frame_value (parser, element, &parser->common);
      break;
    }
}

/* ---- the walk ---- */

static gboolean
is_macro (guint32 tag)
{
  return tag == TAG_PLANE_POSITIONS || tag == TAG_PLANE_ORIENTATIONS || tag == TAG_PIXEL_MEASURES ||
         tag == TAG_FRAME_VOI || tag == TAG_PIXEL_VALUES;
}

/* Frames of which the levels above say something; NULL: elsewhere. Groups are: the data set, their sequence, its item,
 * a macro's sequence, its item. */
static WhyDicomFrame *
current_frame (Parser *parser)
{
  const Level *levels = parser->levels;

  if (parser->depth != 4 || !is_macro (levels[3].tag))
    return NULL;
  if (levels[1].tag == TAG_SHARED_GROUPS)
    return &parser->common;
  if (levels[1].tag != TAG_FRAME_GROUPS || levels[2].index >= MAX_FRAMES)
    return NULL;
  while ((gint64) parser->frames->len <= levels[2].index)
    {
      WhyDicomFrame frame;
      frame_init (&frame);
      g_array_append_val (parser->frames, frame);
    }
  return &g_array_index (parser->frames, WhyDicomFrame, levels[2].index);
}

static gboolean
push (Parser *parser, const Level *level, GError **error)
{
  if (parser->depth >= MAX_DEPTH)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "nests sequences deeper than %d; such a file is damaged or means harm", MAX_DEPTH / 2);
      return FALSE;
    }
  parser->levels[++parser->depth] = *level;
  return TRUE;
}

/* Compressed frames: an offset table and fragments. */
static gboolean
take_fragments (Parser *parser, guint64 offset, GError **error)
{
  WhyDicom *dicom = parser->reader.dicom;
  gboolean is_table = TRUE;

  dicom->fragments = g_array_new (FALSE, FALSE, sizeof (WhyDicomFragment));
  dicom->offsets = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (;;)
    {
      WhyDicomElement item;

      if (offset == dicom->size && dicom->fragments->len > 0)
        return TRUE; /* old writers leave the last delimiter out */
      if (!why_dicom_read_element (&parser->reader, offset, FALSE, dicom->big_endian, &item, error))
        return FALSE;
      if (item.tag == TAG_SEQUENCE_END)
        return TRUE;
      if (item.tag != TAG_ITEM)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "is damaged: (%04x,%04x) stands among the fragments of its pixels", item.tag >> 16,
                       item.tag & 0xffff);
          return FALSE;
        }
      if (item.length == UNDEFINED || item.length > dicom->size - item.value)
        return why_dicom_fail_cut (&item, error);
      if (is_table)
        {
          for (guint32 at = 0; at + 4 <= item.length && at / 4 < MAX_FRAMES; at += 4)
            {
              guint8 bytes[4];
              if (!why_dicom_peek (&parser->reader, item.value + at, bytes, 4))
                return why_dicom_fail_end (error);
              const guint32 start = why_dicom_get32 (bytes, dicom->big_endian);
              g_array_append_val (dicom->offsets, start);
            }
          is_table = FALSE;
        }
      else
        {
          const WhyDicomFragment fragment = { item.value, item.length };
          if (dicom->fragments->len >= MAX_FRAGMENTS)
            {
              g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "has its pixels in more than %d fragments",
                           MAX_FRAGMENTS);
              return FALSE;
            }
          g_array_append_val (dicom->fragments, fragment);
        }
      offset = item.value + item.length;
    }
}

static gboolean
take_pixels (Parser *parser, const WhyDicomElement *element, GError **error)
{
  WhyDicom *dicom = parser->reader.dicom;

  dicom->has_pixels = TRUE;
  dicom->is_float = element->tag != TAG_PIXELS;
  if (element->length == UNDEFINED)
    {
      if (dicom->compression != WHY_DICOM_NATIVE)
        return take_fragments (parser, element->value, error);
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is damaged: its pixels are said to be not compressed, but come in fragments");
      return FALSE;
    }
  if (dicom->compression != WHY_DICOM_NATIVE)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is damaged: its pixels are said to be compressed, but come in one piece");
      return FALSE;
    }
  dicom->pixels_offset = element->value;
  dicom->pixels_length = element->length;
  /* Whether all of it is there is checked where it is read. */
  return TRUE;
}

/* Steps into sequences that matter or whose end has to be found. */
static gboolean
enter (Parser *parser, const WhyDicomElement *element, guint64 *offset, GError **error)
{
  const Level *top = &parser->levels[parser->depth];
  const gboolean groups = parser->depth == 0 && (element->tag == TAG_SHARED_GROUPS || element->tag == TAG_FRAME_GROUPS);
  const gboolean macro = parser->depth == 2 && is_macro (element->tag) &&
                         (parser->levels[1].tag == TAG_SHARED_GROUPS || parser->levels[1].tag == TAG_FRAME_GROUPS);

  *offset = element->value;
  if (element->length != UNDEFINED && !groups && !macro)
    {
      *offset += element->length;
      return TRUE;
    }
  const Level sequence = {
    .tag = element->tag,
    /* A sequence whose type is not known is written without types (CP-246). */
    .explicit_vr = top->explicit_vr && element->vr != VR ('U', 'N'),
    .end = element->length == UNDEFINED ? G_MAXUINT64 : element->value + element->length,
  };
  return push (parser, &sequence, error);
}

/* One step inside a sequence: an item begins, or it ends. */
static gboolean
step_sequence (Parser *parser, guint64 *offset, GError **error)
{
  Level *sequence = &parser->levels[parser->depth];
  WhyDicomElement item;

  if (!why_dicom_read_element (&parser->reader, *offset, sequence->explicit_vr, parser->reader.dicom->big_endian, &item,
                               error))
    return FALSE;
  *offset = item.value;
  if (item.tag == TAG_SEQUENCE_END && sequence->end == G_MAXUINT64)
    {
      parser->depth--;
      return TRUE;
    }
  if (item.tag != TAG_ITEM)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "is damaged: (%04x,%04x) stands where an item of a sequence begins",
                   item.tag >> 16, item.tag & 0xffff);
      return FALSE;
    }
  const guint64 end = MIN (parser->reader.dicom->size, sequence->end);
  if (item.value > end || (item.length != UNDEFINED && item.length > end - item.value))
    return why_dicom_fail_cut (&item, error);
  const Level level = {
    .is_item = TRUE,
    .explicit_vr = sequence->explicit_vr,
    .tag = sequence->tag,
    .index = sequence->index++,
    .end = item.length == UNDEFINED ? G_MAXUINT64 : item.value + item.length,
  };
  return push (parser, &level, error);
}

static gboolean
walk (Parser *parser, guint64 offset, GError **error)
{
  WhyDicom *dicom = parser->reader.dicom;

  while (offset < dicom->size || parser->depth > 0)
    {
      Level *top = &parser->levels[parser->depth];
      WhyDicomElement element;

      if (offset >= top->end)
        {
          if (offset > top->end)
            {
              g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                                   "is damaged: an element reaches beyond the sequence it is in");
              return FALSE;
            }
          parser->depth--;
          continue;
        }
      if (parser->depth > 0 && !top->is_item)
        {
          if (!step_sequence (parser, &offset, error))
            return FALSE;
          continue;
        }
      /* Zeros behind the last element, to a whole block. */
      if (parser->depth == 0 && dicom->size - offset < 8)
        return TRUE;
      if (!why_dicom_read_element (&parser->reader, offset, top->explicit_vr, dicom->big_endian, &element, error))
        return FALSE;
      if (element.tag == TAG_ITEM_END && top->end == G_MAXUINT64 && parser->depth > 0)
        {
          offset = element.value;
          parser->depth--;
          continue;
        }
      if (parser->depth == 0 && (element.tag == TAG_PIXELS || element.tag == TAG_FLOAT_PIXELS ||
                                 element.tag == TAG_DOUBLE_PIXELS))
        return take_pixels (parser, &element, error);
      if (element.length != UNDEFINED && element.length > dicom->size - element.value)
        return why_dicom_fail_cut (&element, error);
      if (parser->depth == 0)
        {
          take_value (parser, &element);
        }
      else
        {
          WhyDicomFrame *frame = current_frame (parser);
          if (frame != NULL)
            take_frame_value (parser, &element, frame);
        }
      if (!enter (parser, &element, &offset, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- the beginning ---- */

static gboolean
has_preamble (const guint8 *head, gsize length)
{
  return length >= 132 && memcmp (head + 128, "DICM", 4) == 0;
}

/* A data set without preamble begins with its group 0002 or 0008: a length, or a name of characters, or what kind of
 * object it is. With types, or with a length that such a value can have. */
static gboolean
begins_with_element (const guint8 *head, gsize length, gboolean *explicit_vr)
{
  if (length < 16 || head[1] != 0 || head[3] != 0 || (head[0] != 2 && head[0] != 8))
    return FALSE;
  if (head[2] != 0 && head[2] != 1 && head[2] != 5 && head[2] != 8 && head[2] != 0x10 && head[2] != 0x12 &&
      head[2] != 0x16)
    return FALSE;
  *explicit_vr = g_ascii_isupper (head[4]) && g_ascii_isupper (head[5]);
  if (*explicit_vr)
    {
      static const char types[] = "UL OB CS UI DA TM SH LO";
      const char type[3] = { (char) head[4], (char) head[5], '\0' };
      return strstr (types, type) != NULL;
    }
  return head[5] == 0 && head[6] == 0 && head[7] == 0 && head[4] <= 128 && (head[4] & 1) == 0 && head[0] == 8;
}

gboolean
why_dicom_sniff (const guint8 *head, gsize length)
{
  gboolean explicit_vr;

  return has_preamble (head, length) || begins_with_element (head, length, &explicit_vr);
}

static const struct
{
  const char *uid;
  WhyDicomCompression compression;
} syntaxes[] = {
  { "1.2.840.10008.1.2", WHY_DICOM_NATIVE },           /* implicit types */
  { "1.2.840.10008.1.2.1", WHY_DICOM_NATIVE },
  { "1.2.840.10008.1.2.1.99", WHY_DICOM_NATIVE },      /* deflated */
  { "1.2.840.10008.1.2.2", WHY_DICOM_NATIVE },         /* big endian */
  { "1.2.840.10008.1.2.4.50", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.51", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.53", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.55", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.57", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.70", WHY_DICOM_JPEG },
  { "1.2.840.10008.1.2.4.80", WHY_DICOM_JPEG_LS },
  { "1.2.840.10008.1.2.4.81", WHY_DICOM_JPEG_LS },
  { "1.2.840.10008.1.2.4.90", WHY_DICOM_JPEG_2000 },
  { "1.2.840.10008.1.2.4.91", WHY_DICOM_JPEG_2000 },
  { "1.2.840.10008.1.2.5", WHY_DICOM_RLE },
};

static gboolean
take_syntax (WhyDicom *dicom, const char *uid, GError **error)
{
  for (gsize which = 0; which < G_N_ELEMENTS (syntaxes); which++)
    {
      if (strcmp (uid, syntaxes[which].uid) == 0)
        {
          g_strlcpy (dicom->syntax, uid, sizeof dicom->syntax);
          dicom->compression = syntaxes[which].compression;
          dicom->explicit_vr = strcmp (uid, "1.2.840.10008.1.2") != 0;
          dicom->big_endian = strcmp (uid, "1.2.840.10008.1.2.2") == 0;
          return TRUE;
        }
    }
  if (*uid == '\0')
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is cut off or damaged: it does not say how it is written");
      return FALSE;
    }
  g_autofree char *shown = g_strcanon (g_strndup (uid, 64), "0123456789.", '?');
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
               "is written in transfer syntax %s, which is not read (films, and pictures behind a link, are among "
               "those); save it as explicit little endian",
               shown);
  return FALSE;
}

/* The deflated rest of the file, at most as much as the budget leaves. */
static gboolean
inflate_rest (WhyDicom *dicom, guint64 offset, GError **error)
{
  const guint64 most = dicom->file->options->max_memory / 4;
  z_stream inflater = { 0 };
  g_autofree guint8 *chunk = g_malloc (WHY_DICOM_WINDOW);
  g_autofree guint8 *memory = NULL;
  gsize capacity = 0, length = 0;
  int status = Z_OK;

  if (inflateInit2 (&inflater, -MAX_WBITS) != Z_OK)
    return why_dicom_fail_end (error);
  while (status == Z_OK)
    {
      if (inflater.avail_in == 0)
        {
          const gsize n_bytes = (gsize) MIN ((guint64) WHY_DICOM_WINDOW, dicom->file->size - offset);

          if (n_bytes == 0 || !why_loader_file_read_at (dicom->file, offset, chunk, n_bytes))
            break;
          offset += n_bytes;
          inflater.next_in = chunk;
          inflater.avail_in = (uInt) n_bytes;
        }
      if (capacity - length < WHY_DICOM_WINDOW)
        {
          capacity = MAX (2 * capacity, (gsize) 1 << 20);
          guint8 *grown = capacity <= most ? g_try_realloc (memory, capacity) : NULL;
          if (grown == NULL)
            {
              inflateEnd (&inflater);
              g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                           "inflates to more than the %" G_GUINT64_FORMAT " MB it may use", most >> 20);
              return FALSE;
            }
          memory = grown;
        }
      inflater.next_out = memory + length;
      inflater.avail_out = WHY_DICOM_WINDOW;
      status = inflate (&inflater, Z_NO_FLUSH);
      length += WHY_DICOM_WINDOW - inflater.avail_out;
    }
  inflateEnd (&inflater);
  if (length == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: its compressed part cannot be inflated");
      return FALSE;
    }
  /* Where it is cut off the elements that are missing will tell. */
  dicom->memory = g_steal_pointer (&memory);
  dicom->size = length;
  return TRUE;
}

/* Group 0002, always with types and little endian. @offset: (inout) */
static gboolean
read_meta (Parser *parser, guint64 *offset, GError **error)
{
  char uid[65] = "";
  WhyDicomElement element;

  while (*offset + 8 <= parser->reader.dicom->size)
    {
      guint8 group[2];

      if (!why_dicom_peek (&parser->reader, *offset, group, 2) || why_dicom_get16 (group, FALSE) != 2)
        break;
      if (!why_dicom_read_element (&parser->reader, *offset, TRUE, FALSE, &element, error))
        return FALSE;
      if (element.length > parser->reader.dicom->size - element.value)
        return why_dicom_fail_cut (&element, error);
      if (element.tag == TAG_TRANSFER_SYNTAX)
        why_dicom_get_text (&parser->reader, &element, uid, sizeof uid);
      *offset = element.value + element.length;
    }
  if (uid[0] == '\0')
    {
      guint8 head[16];
      gboolean explicit_vr;

      if (why_dicom_peek (&parser->reader, *offset, head, sizeof head) &&
          begins_with_element (head, sizeof head, &explicit_vr))
        g_strlcpy (uid, explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2", sizeof uid);
    }
  return take_syntax (parser->reader.dicom, uid, error);
}

static gboolean
read_beginning (Parser *parser, guint64 *offset, GError **error)
{
  WhyDicom *dicom = parser->reader.dicom;
  guint8 head[132];
  const gsize length = (gsize) MIN ((guint64) sizeof head, dicom->size);
  gboolean explicit_vr = FALSE;

  if (!why_dicom_peek (&parser->reader, 0, head, length))
    return why_dicom_fail_end (error);
  if (has_preamble (head, length))
    *offset = 132;
  else if (begins_with_element (head, length, &explicit_vr) && head[0] == 8)
    return take_syntax (dicom, explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2", error);
  if (!read_meta (parser, offset, error))
    return FALSE;
  if (strcmp (dicom->syntax, "1.2.840.10008.1.2.1.99") == 0)
    {
      if (!inflate_rest (dicom, *offset, error))
        return FALSE;
      parser->reader.window_length = 0;
      *offset = 0;
    }
  return TRUE;
}

/* ---- what it comes to ---- */

#define OTHERWISE(value, other) ((value) = isnan (value) ? (other) : (value))

static void
inherit (WhyDicomFrame *frame, const WhyDicomFrame *common)
{
  for (int axis = 0; axis < 3; axis++)
    OTHERWISE (frame->position[axis], common->position[axis]);
  for (int axis = 0; axis < 6; axis++)
    OTHERWISE (frame->orientation[axis], common->orientation[axis]);
  for (int axis = 0; axis < 2; axis++)
    OTHERWISE (frame->spacing[axis], common->spacing[axis]);
  OTHERWISE (frame->thickness, common->thickness);
  OTHERWISE (frame->slope, common->slope);
  OTHERWISE (frame->intercept, common->intercept);
  OTHERWISE (frame->centre, common->centre);
  OTHERWISE (frame->width, common->width);
  OTHERWISE (frame->slope, 1.0);
  OTHERWISE (frame->intercept, 0.0);
}

static gboolean
check (WhyDicom *dicom, GError **error)
{
  const char *what = NULL;

  if (!dicom->has_pixels)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "holds no picture (perhaps a report, a plan or the directory of a disc)");
      return FALSE;
    }
  if (dicom->is_slide)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is a whole slide in tiles, which is not read as DICOM; convert it to a pyramid TIFF");
      return FALSE;
    }
  if (dicom->rows < 1 || dicom->columns < 1)
    what = "the number of its rows or columns";
  else if (dicom->samples != 1 && dicom->samples != 3)
    what = "the number of samples a pixel";
  else if (!dicom->is_float && dicom->bits_allocated != 8 && dicom->bits_allocated != 16 && dicom->bits_allocated != 32)
    what = "the number of bits a sample takes (8, 16 or 32 are read)";
  else if (dicom->is_float && (dicom->samples != 1 || dicom->compression != WHY_DICOM_NATIVE))
    what = "how its numbers with a fraction are stored";
  else if (dicom->bits_stored < 1 || dicom->bits_stored > dicom->bits_allocated ||
           dicom->high_bit >= dicom->bits_allocated || dicom->high_bit < dicom->bits_stored - 1)
    what = "which bits of a sample are used";
  else if (dicom->samples == 3 && (dicom->bits_allocated != 8 || dicom->is_signed))
    what = "the depth of its colours (8 bits are read)";
  else if (dicom->compression != WHY_DICOM_NATIVE && dicom->bits_allocated > 16)
    what = "its depth (compressed pixels of 8 or 16 bits are read)";
  if (what == NULL)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "states something that is not read, or nothing: %s", what);
  return FALSE;
}

static gboolean
take_frames (Parser *parser, GError **error)
{
  WhyDicom *dicom = parser->reader.dicom;

  dicom->n_frames = parser->n_frames_stated;
  if (dicom->n_frames < 1 || dicom->n_frames > MAX_FRAMES)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "is damaged: it says it has %" G_GINT64_FORMAT " frames; 1 to %d are read",
                   dicom->n_frames, MAX_FRAMES);
      return FALSE;
    }
  dicom->frames = g_new (WhyDicomFrame, (gsize) dicom->n_frames);
  for (gint64 frame = 0; frame < dicom->n_frames; frame++)
    {
      frame_init (&dicom->frames[frame]);
      if (frame < (gint64) parser->frames->len)
        dicom->frames[frame] = g_array_index (parser->frames, WhyDicomFrame, frame);
      inherit (&dicom->frames[frame], &parser->common);
    }
  return TRUE;
}

/* What the pixels mean where the file leaves it out. */
static void
complete (Parser *parser)
{
  WhyDicom *dicom = parser->reader.dicom;
  gsize length = sizeof dicom->series;
  guint8 digest[32];

  if (dicom->bits_allocated == 1 && dicom->samples == 1 && dicom->compression == WHY_DICOM_NATIVE)
    {
      dicom->is_packed = TRUE;
      dicom->bits_allocated = 8;
      dicom->bits_stored = 1;
    }
  if (dicom->bits_stored == 0)
    dicom->bits_stored = dicom->bits_allocated;
  if (dicom->high_bit == 0)
    dicom->high_bit = dicom->bits_stored - 1;
  if (dicom->is_float)
    {
      dicom->bits_stored = dicom->bits_allocated;
      dicom->high_bit = dicom->bits_allocated - 1;
    }
  if (dicom->photometric[0] == '\0')
    g_strlcpy (dicom->photometric, dicom->samples == 3 ? "RGB" : "MONOCHROME2", sizeof dicom->photometric);
  length = sizeof digest;
  g_checksum_get_digest (parser->belongs, digest, &length);
  memcpy (dicom->series, digest, sizeof dicom->series);
}

WhyDicom *
why_dicom_parse (const WhyLoaderFile *file, GError **error)
{
  WhyDicom *dicom = g_new0 (WhyDicom, 1);
  g_autofree Parser *parser = g_new0 (Parser, 1);
  guint64 offset = 0;

  dicom->file = file;
  dicom->size = file->size;
  dicom->samples = 1;
  dicom->slice_spacing = dicom->imager_spacing[0] = dicom->imager_spacing[1] = NAN;
  parser->reader.dicom = dicom;
  parser->n_frames_stated = 1;
  parser->frames = g_array_new (FALSE, FALSE, sizeof (WhyDicomFrame));
  parser->belongs = g_checksum_new (G_CHECKSUM_SHA256);
  frame_init (&parser->common);

  gboolean parsed = read_beginning (parser, &offset, error);
  if (parsed)
    {
      parser->levels[0] = (Level){ .is_item = TRUE, .explicit_vr = dicom->explicit_vr, .end = G_MAXUINT64 };
      parsed = walk (parser, offset, error);
    }
  if (parsed)
    {
      if (dicom->is_float && dicom->bits_allocated != 32 && dicom->bits_allocated != 64)
        dicom->bits_allocated = 0;
      complete (parser);
      parsed = check (dicom, error) && take_frames (parser, error);
    }
  g_array_unref (parser->frames);
  g_checksum_free (parser->belongs);
  if (!parsed)
    {
      why_dicom_free (dicom);
      return NULL;
    }
  return dicom;
}

void
why_dicom_free (WhyDicom *dicom)
{
  g_free (dicom->memory);
  g_clear_pointer (&dicom->fragments, g_array_unref);
  g_clear_pointer (&dicom->offsets, g_array_unref);
  g_free (dicom->frames);
  g_free (dicom);
}
