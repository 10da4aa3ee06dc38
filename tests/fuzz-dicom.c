#include "config.h"

/* Feeds damaged DICOM files to the reader (see fuzz.h), in this process and without the sandbox, so that sanitizers see
 * what they do to it. The outcome must be a description that is within its limits and pixels of which every byte was
 * written, or an error of our domain; anything else ends the process. */

#include "dicom-builder.h"
#include "format.h"
#include "fuzz.h"

#include "base/error.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Little enough for thousands of files a second. */
#define MAX_PIXELS (1 << 18)
#define MAX_MEMORY (1 << 28)
#define MOST_SLICES 3

static int memory_file = -1;
static volatile guint64 sink;

static void
assert_error (const GError *error)
{
  g_assert_true (error != NULL && error->domain == WHY_ERROR);
  g_assert_true (*error->message != '\0' && g_utf8_validate (error->message, -1, NULL));
}

static void
check_properties (const WhyLoaderProperties *about)
{
  gint64 n_pixels = about->width * about->height;

  g_assert_true (about->width >= 1 && about->width <= G_MAXUINT16 && about->height >= 1 &&
                 about->height <= G_MAXUINT16);
  g_assert_true (about->bands == 1 || about->bands == 3);
  g_assert_true (about->kind == WHY_LOADER_KIND_VOLUME ? about->n_slices > 1 : about->n_slices == 1);
  g_assert_true (about->n_frames >= 1);
  g_assert_cmpint (n_pixels * about->n_slices, <=, MAX_PIXELS);
  g_assert_true (memchr (about->note, '\0', sizeof about->note) != NULL);
  g_assert_true (memchr (about->unit, '\0', sizeof about->unit) != NULL);
  g_assert_true (memchr (about->modality, '\0', sizeof about->modality) != NULL);
  g_assert_true (!(about->window_width <= 0.0));
  for (int entry = 0; about->has_world != 0 && entry < 12; entry++)
    g_assert_true (isfinite (about->voxel_to_world[entry]));
}

/* One request, the size of whose pixels is known. */
static gboolean
read_pixels (gpointer picture, WhyLoaderRequest *request, gsize n_bytes, WhyLoaderProperties *about)
{
  g_autofree guint8 *pixels = g_malloc (n_bytes);
  g_autoptr (GError) error = NULL;

  if (!why_format_dicom.read (picture, request, pixels, about, &error))
    {
      assert_error (error);
      return FALSE;
    }
  g_assert_no_error (error);
  for (gsize byte = 0; byte < n_bytes; byte++)
    sink += pixels[byte];
  return TRUE;
}

/* As it is shown, and as numbers. */
static gboolean
read_picture (gpointer picture, WhyLoaderProperties *about)
{
  const gint64 last = about->n_slices - 1;
  WhyLoaderRequest shown = { .depth = WHY_LOADER_DEPTH_8, .slice = last, .w = about->width, .h = about->height,
                             .out_w = MIN (about->width, 32), .out_h = MIN (about->height, 32) };
  WhyLoaderRequest raw = { .depth = WHY_LOADER_DEPTH_RAW, .w = about->width, .h = about->height, .out_w = about->width,
                           .out_h = about->height, .n_slices = MIN (about->n_slices, MOST_SLICES) };
  gboolean read = read_pixels (picture, &shown, (gsize) (shown.out_w * shown.out_h * about->bands), about);

  if (about->has_values != 0)
    read = read_pixels (picture, &raw, (gsize) (raw.n_slices * raw.w * raw.h) * sizeof (float), about) && read;
  return read;
}

/* Whether it was read. */
static gboolean
feed (const guint8 *data, gsize n_bytes)
{
  static const WhyLoaderRequest options = { .max_pixels = MAX_PIXELS, .max_memory = MAX_MEMORY };
  WhyLoaderProperties about = { .n_levels = 1, .n_slices = 1, .n_frames = 1, .window_centre = NAN,
                                .window_width = NAN };
  g_autoptr (GError) error = NULL;
  gboolean read = FALSE;

  if (memory_file < 0)
    memory_file = memfd_create ("fuzz-dicom", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (memory_file, 0), ==, 0);
  g_assert_cmpint (pwrite (memory_file, data, n_bytes, 0), ==, n_bytes);
  WhyLoaderFile file = { .fd = memory_file, .size = n_bytes, .options = &options };

  if (!why_format_dicom.sniff (data, MIN (n_bytes, 512)))
    return FALSE;
  gpointer picture = why_format_dicom.open (&file, &about, &error);
  if (picture == NULL)
    {
      assert_error (error);
      return FALSE;
    }
  g_assert_no_error (error);
  check_properties (&about);
  read = read_picture (picture, &about);
  why_format_dicom.close (picture);
  return read;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n_bytes)
{
  feed (data, n_bytes);
  return 0;
}

#ifndef WHY_LIBFUZZER

static void
begin_item (GByteArray *to, guint32 sequence)
{
  if (sequence != 0)
    db_add_header (to, sequence, "SQ", 0xffffffff, TRUE, FALSE);
  db_add_header (to, 0xfffee000, "", 0xffffffff, FALSE, FALSE);
}

static void
end_item (GByteArray *to, gboolean is_last)
{
  db_add_header (to, 0xfffee00d, "", 0, FALSE, FALSE);
  if (is_last)
    db_add_header (to, 0xfffee0dd, "", 0, FALSE, FALSE);
}

/* Frames that each have a place and a slope of their own; the distance of their pixels is stated for all of them. */
static GByteArray *
make_groups (void)
{
  const DicomSpec spec = db_complete (&(DicomSpec) { .n_frames = 2 });
  GByteArray *file = g_byte_array_new ();

  db_add_preamble (file, DICOM_EXPLICIT);
  db_add_description (file, &spec, TRUE, FALSE);
  begin_item (file, 0x52009229);
  begin_item (file, 0x00209116);
  db_add_text (file, 0x00200037, "DS", "1\\0\\0\\0\\1\\0", TRUE, FALSE);
  end_item (file, TRUE);
  begin_item (file, 0x00289110);
  db_add_text (file, 0x00280030, "DS", "0.5\\0.5", TRUE, FALSE);
  end_item (file, TRUE);
  end_item (file, TRUE);
  for (int frame = 0; frame < 2; frame++)
    {
      begin_item (file, frame == 0 ? 0x52009230 : 0);
      begin_item (file, 0x00209113);
      db_add_text (file, 0x00200032, "DS", frame == 0 ? "0\\0\\4" : "0\\0\\2", TRUE, FALSE);
      end_item (file, TRUE);
      begin_item (file, 0x00289145);
      db_add_text (file, 0x00281053, "DS", frame == 0 ? "2" : "3", TRUE, FALSE);
      end_item (file, TRUE);
      end_item (file, frame == 1);
    }
  db_add_header (file, 0x7fe00010, "OW", 2 * DICOM_PIXELS * 2, TRUE, FALSE);
  g_byte_array_set_size (file, file->len + 2 * DICOM_PIXELS * 2);
  memset (file->data + file->len - 2 * DICOM_PIXELS * 2, 7, 2 * DICOM_PIXELS * 2);
  return file;
}

/* Numbers with a fraction, or one bit a pixel: only the last element differs from what the builder writes. */
static GByteArray *
make_odd (guint32 pixels, int allocated)
{
  const DicomSpec spec = db_complete (&(DicomSpec) { .allocated = allocated });
  const guint n_bytes = (guint) (DICOM_PIXELS * allocated / 8 + 1) / 2 * 2;
  GByteArray *file = g_byte_array_new ();

  db_add_preamble (file, DICOM_EXPLICIT);
  db_add_description (file, &spec, TRUE, FALSE);
  db_add_header (file, pixels, "OW", n_bytes, TRUE, FALSE);
  for (guint byte = 0; byte < n_bytes; byte += 2)
    db_add16 (file, 0x3f80 + byte, FALSE);
  return file;
}

static GPtrArray *
make_seeds (void)
{
  static const DicomSpec specs[] = {
    { .stored = 12, .is_signed = TRUE, .slope = "2.5", .intercept = "-1024", .centre = "40\\7", .width = "400\\9" },
    { .syntax = DICOM_IMPLICIT, .bare = TRUE, .modality = "CT", .position = "1\\2\\3",
      .orientation = "1\\0\\0\\0\\1\\0", .spacing = "0.75\\0.5", .series = "1.2.3" },
    { .syntax = DICOM_BIG_ENDIAN, .n_frames = 3 },
    { .syntax = DICOM_DEFLATED, .stored = 12 },
    { .syntax = DICOM_RLE },
    { .allocated = 8, .samples = 3, .planar = 1, .photometric = "RGB" },
    { .allocated = 8, .samples = 3, .photometric = "YBR_FULL_422" },
  };
  GPtrArray *seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  for (gsize which = 0; which < G_N_ELEMENTS (specs); which++)
    g_ptr_array_add (seeds, db_file (&specs[which]));
  g_ptr_array_add (seeds, make_groups ());
  g_ptr_array_add (seeds, db_palette_file (10, FALSE));
  g_ptr_array_add (seeds, make_odd (0x7fe00010, 1));
  g_ptr_array_add (seeds, make_odd (0x7fe00008, 32));
  g_ptr_array_add (seeds, make_odd (0x7fe00009, 64));
  for (gsize which = 0; which < DICOM_N_STREAMS; which++)
    g_ptr_array_add (seeds, db_stream_file (&db_streams[which]));
  return seeds;
}

/* Mutations of files that are refused from the start would show nothing. */
static void
test_seeds (void)
{
  g_autoptr (GPtrArray) seeds = make_seeds ();

  for (guint seed = 0; seed < seeds->len; seed++)
    {
      const GByteArray *bytes = g_ptr_array_index (seeds, seed);

      if (!feed (bytes->data, bytes->len))
        g_error ("seed %u is not read", seed);
    }
}

/* Any marker, with lengths that lie, before the header of the frame: some have kept a search for it from ending. */
static void
test_markers (void)
{
  static const guint lengths[] = { 0, 1, 2, 0xfffe, 0xffff };

  for (gsize which = 0; which < DICOM_N_STREAMS; which++)
    for (guint marker = 0; marker < 256; marker++)
      for (gsize length = 0; length < G_N_ELEMENTS (lengths); length++)
        {
          const guint8 segment[4] = { 0xff, (guint8) marker, (guint8) (lengths[length] >> 8),
                                      (guint8) lengths[length] };
          DicomStream stream = db_streams[which];

          memmove (stream.bytes + 6, stream.bytes + 2, stream.length - 2);
          memcpy (stream.bytes + 2, segment, sizeof segment);
          stream.length += sizeof segment;
          g_autoptr (GByteArray) file = db_stream_file (&stream);
          feed (file->data, file->len);
        }
}

static void
test_mutations (void)
{
  g_autoptr (GPtrArray) seeds = make_seeds ();

  fuzz_mutations (seeds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dicom/fuzz/seeds", test_seeds);
  g_test_add_func ("/dicom/fuzz/markers", test_markers);
  g_test_add_func ("/dicom/fuzz/mutations", test_mutations);
  const int status = g_test_run ();
  close (memory_file);
  return status;
}

#endif
