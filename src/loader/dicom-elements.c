#include "config.h"

#include "dicom-elements.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ---- bytes ---- */

gboolean
why_dicom_read_at (const WhyDicom *dicom, guint64 offset, void *buffer, gsize length)
{
  if (dicom->memory == NULL)
    return why_loader_file_read_at (dicom->file, offset, buffer, length);
  if (offset > dicom->size || length > dicom->size - offset)
    return FALSE;
  memcpy (buffer, dicom->memory + offset, length);
  return TRUE;
}

/* Headers and short values, through a window that moves on. */
gboolean
why_dicom_peek (WhyDicomReader *reader, guint64 offset, void *buffer, gsize length)
{
  if (length > WHY_DICOM_WINDOW)
    return FALSE;
  if (offset < reader->window_start || offset + length > reader->window_start + reader->window_length)
    {
      const guint64 left = reader->dicom->size - MIN (offset, reader->dicom->size);

      reader->window_start = offset;
      reader->window_length = (gsize) MIN ((guint64) WHY_DICOM_WINDOW, left);
      if (reader->window_length < length || !why_dicom_read_at (reader->dicom, offset, reader->window,
                                                                reader->window_length))
        {
          reader->window_length = 0;
          return FALSE;
        }
    }
  memcpy (buffer, reader->window + (offset - reader->window_start), length);
  return TRUE;
}

guint32
why_dicom_get16 (const guint8 *bytes, gboolean big)
{
  return big ? (guint32) bytes[0] << 8 | bytes[1] : (guint32) bytes[1] << 8 | bytes[0];
}

guint32
why_dicom_get32 (const guint8 *bytes, gboolean big)
{
  const guint32 first = why_dicom_get16 (bytes, big), second = why_dicom_get16 (bytes + 2, big);

  return big ? first << 16 | second : second << 16 | first;
}

gboolean
why_dicom_fail_cut (const WhyDicomElement *element, GError **error)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
               "is cut off or damaged: element (%04x,%04x) says it has %u bytes, which are not there",
               element->tag >> 16, element->tag & 0xffff, element->length);
  return FALSE;
}

gboolean
why_dicom_fail_end (GError **error)
{
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is cut off: it ends in the middle of an element");
  return FALSE;
}

/* Reads the header of the element at @offset; its value follows at @element->value. */
gboolean
why_dicom_read_element (WhyDicomReader *reader, guint64 offset, gboolean explicit_vr, gboolean big,
                        WhyDicomElement *element, GError **error)
{
  guint8 bytes[12];

  if (!why_dicom_peek (reader, offset, bytes, 8))
    return why_dicom_fail_end (error);
  element->tag = why_dicom_get16 (bytes, big) << 16 | why_dicom_get16 (bytes + 2, big);
  element->vr = 0;
  element->value = offset + 8;
  if (!explicit_vr || element->tag >> 16 == 0xfffe)
    {
      element->length = why_dicom_get32 (bytes + 4, big);
      return TRUE;
    }
  element->vr = VR (bytes[4], bytes[5]);
  if (!g_ascii_isupper (bytes[4]) || !g_ascii_isupper (bytes[5]))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: element (%04x,%04x) has no type",
                   element->tag >> 16, element->tag & 0xffff);
      return FALSE;
    }
  switch (element->vr)
    {
    case VR ('O', 'B'):
    case VR ('O', 'W'):
    case VR ('O', 'F'):
    case VR ('O', 'D'):
    case VR ('O', 'L'):
    case VR ('O', 'V'):
    case VR ('S', 'Q'):
    case VR ('S', 'V'):
    case VR ('U', 'C'):
    case VR ('U', 'R'):
    case VR ('U', 'T'):
    case VR ('U', 'N'):
    case VR ('U', 'V'):
      if (!why_dicom_peek (reader, offset, bytes, 12))
        return why_dicom_fail_end (error);
      element->length = why_dicom_get32 (bytes + 8, big);
      element->value = offset + 12;
      break;
    default:
      element->length = why_dicom_get16 (bytes + 6, big);
      break;
    }
  return TRUE;
}

/* ---- values ---- */

/* Text without the blanks and zeros around it. Longer than can be meant: its beginning. */
void
why_dicom_get_text (WhyDicomReader *reader, const WhyDicomElement *element, char *text, gsize size)
{
  const gsize length = MIN (element->length, size - 1);

  text[0] = '\0';
  if (!why_dicom_peek (reader, element->value, text, length))
    return;
  text[length] = '\0';
  g_strstrip (text);
}

/* Numbers as text, parted by backslashes; what is missing stays as it was. */
void
why_dicom_get_numbers (WhyDicomReader *reader, const WhyDicomElement *element, double *numbers, int count)
{
  char text[WHY_DICOM_MAX_TEXT];
  const char *at = text;

  why_dicom_get_text (reader, element, text, sizeof text);
  for (int which = 0; which < count; which++)
    {
      char *end;
      const double number = g_ascii_strtod (at, &end);

      if (end == at)
        return;
      if (isfinite (number))
        numbers[which] = number;
      at = end;
      while (*at == ' ')
        at++;
      if (*at != '\\')
        return;
      at++;
    }
}

int
why_dicom_get_short (WhyDicomReader *reader, const WhyDicomElement *element, int otherwise)
{
  guint8 bytes[2];

  if (element->length < 2 || !why_dicom_peek (reader, element->value, bytes, 2))
    return otherwise;
  return (int) why_dicom_get16 (bytes, reader->dicom->big_endian);
}

/* Code strings are capitals, digits, blanks and underscores; anything else is nothing that could be shown. */
void
why_dicom_get_code (WhyDicomReader *reader, const WhyDicomElement *element, char *code, gsize size)
{
  char text[WHY_DICOM_MAX_TEXT];

  why_dicom_get_text (reader, element, text, sizeof text);
  char *end = strchr (text, '\\');
  if (end != NULL)
    *end = '\0';
  for (const char *c = text; *c != '\0'; c++)
    {
      if (!g_ascii_isupper (*c) && !g_ascii_isdigit (*c) && *c != '_' && *c != ' ')
        return;
    }
  g_strlcpy (code, text, size);
}
