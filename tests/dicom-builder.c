#include "config.h"

#include "dicom-builder.h"

#include <string.h>
#include <zlib.h>

void
db_add16 (GByteArray *to, guint value, gboolean big)
{
  const guint8 bytes[2] = { (guint8) (big ? value >> 8 : value), (guint8) (big ? value : value >> 8) };
  g_byte_array_append (to, bytes, 2);
}

void
db_add32 (GByteArray *to, guint32 value, gboolean big)
{
  db_add16 (to, big ? value >> 16 : value & 0xffff, big);
  db_add16 (to, big ? value & 0xffff : value >> 16, big);
}

void
db_add_header (GByteArray *to, guint32 tag, const char *vr, guint32 length, gboolean typed, gboolean big)
{
  db_add16 (to, tag >> 16, big);
  db_add16 (to, tag & 0xffff, big);
  if (!typed)
    {
      db_add32 (to, length, big);
      return;
    }
  g_byte_array_append (to, (const guint8 *) vr, 2);
  if (strcmp (vr, "OB") == 0 || strcmp (vr, "OW") == 0 || strcmp (vr, "SQ") == 0 || strcmp (vr, "UN") == 0)
    {
      db_add16 (to, 0, big);
      db_add32 (to, length, big);
    }
  else
    db_add16 (to, length, big);
}

void
db_add_text (GByteArray *to, guint32 tag, const char *vr, const char *text, gboolean typed, gboolean big)
{
  const guint8 pad = strcmp (vr, "UI") == 0 ? 0 : ' ';

  if (text == NULL)
    return;
  const guint32 length = (guint32) strlen (text);
  db_add_header (to, tag, vr, length + (length & 1), typed, big);
  g_byte_array_append (to, (const guint8 *) text, length);
  if ((length & 1) != 0)
    g_byte_array_append (to, &pad, 1);
}

void
db_add_short (GByteArray *to, guint32 tag, int value, gboolean typed, gboolean big)
{
  db_add_header (to, tag, "US", 2, typed, big);
  db_add16 (to, (guint) value, big);
}

/* The stored number of a sample: also the lowest and the highest that fit. */
int
db_stored_value (const DicomSpec *spec, int sample)
{
  const int half = 1 << (spec->stored - 1);
  const int low = spec->is_signed ? -half : 0;
  const int high = spec->is_signed ? half - 1 : 2 * half - 1;

  if (sample % 7 == 3)
    return low;
  if (sample % 7 == 5)
    return high;
  return low + (sample * 37 + spec->offset) % (high - low + 1);
}

void
db_add_preamble (GByteArray *to, const char *syntax)
{
  const guint8 zeros[128] = { 0 };
  g_autoptr (GByteArray) meta = g_byte_array_new ();

  g_byte_array_append (to, zeros, sizeof zeros);
  g_byte_array_append (to, (const guint8 *) "DICM", 4);
  db_add_text (meta, 0x00020010, "UI", syntax, TRUE, FALSE);
  db_add_header (to, 0x00020000, "UL", 4, TRUE, FALSE);
  db_add32 (to, meta->len, FALSE);
  g_byte_array_append (to, meta->data, meta->len);
}

/* What a decoder cannot know: bits outside the stored ones hold something else. */
static void
add_samples (GByteArray *to, const DicomSpec *spec, int n_samples, gboolean big)
{
  const int shift = spec->high_bit + 1 - spec->stored;
  const guint mask = ((1u << spec->stored) - 1) << shift;

  for (int sample = 0; sample < n_samples; sample++)
    {
      const guint bits = ((guint) db_stored_value (spec, sample) << shift & mask) | (0x5a5a5a5au & ~mask);
      if (spec->allocated == 8)
        {
          const guint8 byte = (guint8) bits;
          g_byte_array_append (to, &byte, 1);
        }
      else
        db_add16 (to, bits & 0xffff, big);
    }
}

DicomSpec
db_complete (const DicomSpec *spec)
{
  DicomSpec full = *spec;

  full.syntax = full.syntax != NULL ? full.syntax : DICOM_EXPLICIT;
  full.allocated = full.allocated > 0 ? full.allocated : 16;
  full.stored = full.stored > 0 ? full.stored : full.allocated;
  full.high_bit = full.high_bit > 0 ? full.high_bit : full.stored - 1;
  full.photometric = full.photometric != NULL ? full.photometric : "MONOCHROME2";
  full.samples = MAX (full.samples, 1);
  full.n_frames = MAX (full.n_frames, 1);
  full.columns = full.columns > 0 ? full.columns : DICOM_COLUMNS;
  full.rows = full.rows > 0 ? full.rows : DICOM_ROWS;
  return full;
}

/* The data set up to its pixels. */
void
db_add_description (GByteArray *to, const DicomSpec *spec, gboolean typed, gboolean big)
{
  db_add_text (to, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2", typed, big);
  db_add_text (to, 0x00080060, "CS", spec->modality, typed, big);
  db_add_text (to, 0x00100010, "PN", "Secret^Person", typed, big);
  db_add_text (to, 0x0020000e, "UI", spec->series, typed, big);
  db_add_text (to, 0x00200032, "DS", spec->position, typed, big);
  db_add_text (to, 0x00200037, "DS", spec->orientation, typed, big);
  db_add_short (to, 0x00280002, spec->samples, typed, big);
  db_add_text (to, 0x00280004, "CS", spec->photometric, typed, big);
  if (spec->samples > 1)
    db_add_short (to, 0x00280006, spec->planar, typed, big);
  if (spec->n_frames > 1)
    {
      g_autofree char *n_frames = g_strdup_printf ("%d", spec->n_frames);
      db_add_text (to, 0x00280008, "IS", n_frames, typed, big);
    }
  db_add_short (to, 0x00280010, spec->rows, typed, big);
  db_add_short (to, 0x00280011, spec->columns, typed, big);
  db_add_text (to, 0x00280030, "DS", spec->spacing, typed, big);
  db_add_short (to, 0x00280100, spec->allocated, typed, big);
  db_add_short (to, 0x00280101, spec->stored, typed, big);
  db_add_short (to, 0x00280102, spec->high_bit, typed, big);
  db_add_short (to, 0x00280103, spec->is_signed, typed, big);
  db_add_text (to, 0x00281050, "DS", spec->centre, typed, big);
  db_add_text (to, 0x00281051, "DS", spec->width, typed, big);
  db_add_text (to, 0x00281052, "DS", spec->intercept, typed, big);
  db_add_text (to, 0x00281053, "DS", spec->slope, typed, big);
  db_add_text (to, 0x00281056, "CS", spec->function, typed, big);
}

static void
add_deflated (GByteArray *to, const GByteArray *plain)
{
  z_stream stream = { 0 };
  g_autofree guint8 *bytes = g_malloc (plain->len + 100);

  g_assert_cmpint (deflateInit2 (&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  stream.next_in = plain->data;
  stream.avail_in = plain->len;
  stream.next_out = bytes;
  stream.avail_out = plain->len + 100;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  g_byte_array_append (to, bytes, plain->len + 100 - stream.avail_out);
  deflateEnd (&stream);
}

/* PS3.5 annex G: the high bytes of all samples, then the low ones, each as literal runs. */
static void
add_rle (GByteArray *to, const DicomSpec *spec)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  const int n_pixels = spec->rows * spec->columns;
  const guint8 zero = 0;
  guint32 starts[2] = { 64, 0 };

  add_samples (plain, spec, n_pixels, TRUE);
  g_byte_array_set_size (frame, 64);
  for (int byte = 0; byte < 2; byte++)
    {
      starts[byte] = frame->len;
      for (int pixel = 0; pixel < n_pixels; pixel++)
        {
          g_byte_array_append (frame, &zero, 1); /* a run of one */
          g_byte_array_append (frame, plain->data + 2 * pixel + byte, 1);
        }
    }
  memset (frame->data, 0, 64);
  frame->data[0] = 2;
  for (int segment = 0; segment < 2; segment++)
    for (int byte = 0; byte < 4; byte++)
      frame->data[4 + 4 * segment + byte] = (guint8) (starts[segment] >> 8 * byte);
  db_add_header (to, 0xfffee000, "", 0, FALSE, FALSE); /* no offsets */
  db_add_header (to, 0xfffee000, "", frame->len, FALSE, FALSE);
  g_byte_array_append (to, frame->data, frame->len);
  db_add_header (to, 0xfffee0dd, "", 0, FALSE, FALSE);
}

GByteArray *
db_file (const DicomSpec *short_spec)
{
  const DicomSpec spec = db_complete (short_spec);
  const gboolean big = strcmp (spec.syntax, DICOM_BIG_ENDIAN) == 0;
  const gboolean typed = strcmp (spec.syntax, DICOM_IMPLICIT) != 0;
  const int n_samples = spec.rows * spec.columns * spec.samples * spec.n_frames;
  GByteArray *file = g_byte_array_new ();
  g_autoptr (GByteArray) set = g_byte_array_new ();

  if (!spec.bare)
    db_add_preamble (file, spec.syntax);
  db_add_description (set, &spec, typed, big);
  if (strcmp (spec.syntax, DICOM_RLE) == 0)
    {
      db_add_header (set, 0x7fe00010, "OB", 0xffffffff, typed, big);
      add_rle (set, &spec);
    }
  else
    {
      db_add_header (set, 0x7fe00010, "OW", (guint32) (n_samples * spec.allocated / 8), typed, big);
      add_samples (set, &spec, n_samples, big);
    }
  if (strcmp (spec.syntax, DICOM_DEFLATED) == 0)
    add_deflated (file, set);
  else
    g_byte_array_append (file, set->data, set->len);
  return file;
}

GByteArray *
db_palette_file (int first, gboolean is_signed)
{
  const DicomSpec spec = db_complete (&(DicomSpec) { .allocated = 8, .is_signed = is_signed,
                                                     .photometric = "PALETTE COLOR" });
  GByteArray *file = g_byte_array_new ();

  db_add_preamble (file, DICOM_EXPLICIT);
  db_add_description (file, &spec, TRUE, FALSE);
  for (guint32 band = 0; band < 3; band++)
    {
      db_add_header (file, 0x00281101 + band, is_signed ? "SS" : "US", 6, TRUE, FALSE);
      db_add16 (file, DICOM_PALETTE, FALSE);
      db_add16 (file, (guint) first & 0xffff, FALSE);
      db_add16 (file, 16, FALSE);
    }
  for (guint32 band = 0; band < 3; band++)
    {
      db_add_header (file, 0x00281201 + band, "OW", 2 * DICOM_PALETTE, TRUE, FALSE);
      for (guint entry = 0; entry < DICOM_PALETTE; entry++)
        db_add16 (file, (0x10 * entry + band) << 8, FALSE);
    }
  db_add_header (file, 0x7fe00010, "OW", DICOM_PIXELS, TRUE, FALSE);
  for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
    {
      const guint8 value = (guint8) (first - 1 + pixel % (DICOM_PALETTE + 2));
      g_byte_array_append (file, &value, 1);
    }
  return file;
}

/* Every code is a zero bit, but for JPEG-LS: there zeros are runs to the end of each row, of twelve ones in all, and a
 * zero follows each 0xff. */
const DicomStream db_streams[DICOM_N_STREAMS] = {
  {
    "1.2.840.10008.1.2.4.50", 8, 141,
    {
      0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, /* a table of 64 ones */
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      0xff, 0xc0, 0, 11, 8, 0, 4, 0, 6, 1, 1, 0x11, 0,
      0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9,
    },
  },
  {
    "1.2.840.10008.1.2.4.70", 16, 52,
    {
      0xff, 0xd8, 0xff, 0xc3, 0, 11, 16, 0, 4, 0, 6, 1, 1, 0x11, 0,
      0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xd9,
    },
  },
  {
    "1.2.840.10008.1.2.4.80", 8, 29,
    {
      0xff, 0xd8, 0xff, 0xf7, 0, 11, 8, 0, 4, 0, 6, 1, 1, 0x11, 0,
      0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0xff, 0x78, 0xff, 0xd9,
    },
  },
  {
    "1.2.840.10008.1.2.4.90", 8, 82,
    {
      0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0, 0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 1, 1,
      0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, 1, 0xff, 0x5c, 0, 4, 0x40, 0x40,
      0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x93, 0, 0xff, 0xd9,
    },
  },
};

GByteArray *
db_stream_file (const DicomStream *stream)
{
  const DicomSpec spec = db_complete (&(DicomSpec) { .allocated = stream->allocated });
  const guint8 zero = 0;
  GByteArray *file = g_byte_array_new ();

  db_add_preamble (file, stream->syntax);
  db_add_description (file, &spec, TRUE, FALSE);
  db_add_header (file, 0x7fe00010, "OB", 0xffffffff, TRUE, FALSE);
  db_add_header (file, 0xfffee000, "", 4, FALSE, FALSE);
  db_add32 (file, 0, FALSE);
  db_add_header (file, 0xfffee000, "", stream->length + (stream->length & 1), FALSE, FALSE);
  g_byte_array_append (file, stream->bytes, stream->length);
  g_byte_array_append (file, &zero, stream->length & 1);
  db_add_header (file, 0xfffee0dd, "", 0, FALSE, FALSE);
  return file;
}
