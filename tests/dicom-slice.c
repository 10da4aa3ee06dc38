#include "config.h"

#include "dicom-slice.h"

#include <string.h>

static void
add_element (GByteArray *to, guint32 tag, const char *vr, gconstpointer value, guint length)
{
  const guint padded = length + (length & 1);
  const guint8 head[6] = { (guint8) (tag >> 16), (guint8) (tag >> 24), (guint8) tag,
                           (guint8) (tag >> 8),  (guint8) vr[0],       (guint8) vr[1] };
  const guint8 pad = strcmp (vr, "UI") == 0 ? 0 : ' ';

  g_byte_array_append (to, head, sizeof head);
  if (strcmp (vr, "OW") == 0)
    {
      const guint8 wide[6] = {
        0, 0, (guint8) padded, (guint8) (padded >> 8), (guint8) (padded >> 16), (guint8) (padded >> 24)
      };
      g_byte_array_append (to, wide, sizeof wide);
    }
  else
    {
      const guint8 narrow[2] = { (guint8) padded, (guint8) (padded >> 8) };
      g_byte_array_append (to, narrow, sizeof narrow);
    }
  g_byte_array_append (to, value, length);
  if (padded > length)
    g_byte_array_append (to, &pad, 1);
}

static void
add_text (GByteArray *to, guint32 tag, const char *vr, const char *text)
{
  if (text != NULL)
    add_element (to, tag, vr, text, (guint) strlen (text));
}

static void
add_short (GByteArray *to, guint32 tag, guint value)
{
  const guint8 bytes[2] = { (guint8) value, (guint8) (value >> 8) };

  add_element (to, tag, "US", bytes, sizeof bytes);
}

void
dicom_slice_write (const char *path, const char *series, double height, const gint16 *stored, int columns, int rows)
{
  static const guint8 preamble[128] = { 0 };
  static const char explicit_syntax[] = "1.2.840.10008.1.2.1";
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GByteArray) meta = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *position = g_strdup_printf ("0\\0\\%s", g_ascii_dtostr (number, sizeof number, height));

  add_text (meta, 0x00020010, "UI", explicit_syntax);
  const guint8 meta_length[4] = { (guint8) meta->len };
  g_byte_array_append (file, preamble, sizeof preamble);
  g_byte_array_append (file, (const guint8 *) "DICM", 4);
  add_element (file, 0x00020000, "UL", meta_length, sizeof meta_length);
  g_byte_array_append (file, meta->data, meta->len);
  add_text (file, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2");
  add_text (file, 0x00080060, "CS", "CT");
  add_text (file, 0x0020000e, "UI", series);
  add_text (file, 0x00200032, "DS", position);
  add_text (file, 0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  add_short (file, 0x00280002, 1);
  add_text (file, 0x00280004, "CS", "MONOCHROME2");
  add_short (file, 0x00280010, (guint) rows);
  add_short (file, 0x00280011, (guint) columns);
  add_text (file, 0x00280030, "DS", "0.5\\0.5");
  add_short (file, 0x00280100, 16);
  add_short (file, 0x00280101, 16);
  add_short (file, 0x00280102, 15);
  add_short (file, 0x00280103, 1);
  add_text (file, 0x00281052, "DS", "0");
  add_text (file, 0x00281053, "DS", "1");
  g_autoptr (GByteArray) pixels = g_byte_array_new ();
  for (int pixel = 0; pixel < columns * rows; pixel++)
    {
      const guint8 bytes[2] = { (guint8) stored[pixel], (guint8) ((guint16) stored[pixel] >> 8) };
      g_byte_array_append (pixels, bytes, sizeof bytes);
    }
  add_element (file, 0x7fe00010, "OW", pixels->data, pixels->len);
  g_file_set_contents (path, (const char *) file->data, (gssize) file->len, &error);
  g_assert_no_error (error);
}
