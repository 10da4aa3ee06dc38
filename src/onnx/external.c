#include "config.h"

#include "reader.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

enum
{
  TENSOR_EXTERNAL_DATA = 13,
  ENTRY_KEY = 1,
  ENTRY_VALUE = 2,
};

static const WhyWireSchema entry_schema[] = {
  { ENTRY_KEY, WHY_WIRE_BYTES, "key" },
  { ENTRY_VALUE, WHY_WIRE_BYTES, "value" },
  { 0 },
};

typedef struct
{
  char *location;
  char *offset;
  char *length;
  char *checksum;
} External;

static void
external_clear (External *external)
{
  g_free (external->location);
  g_free (external->offset);
  g_free (external->length);
  g_free (external->checksum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (External, external_clear)

static gboolean
read_entry (WhyWire *entry, External *external, GError **error)
{
  WhyWireField field;
  WhyWireNext next;
  g_autofree char *key = NULL, *value = NULL;

  while ((next = why_wire_next (entry, &field, error)) == WHY_WIRE_FIELD)
    {
      if (!why_wire_set_text (entry, &field, field.number == ENTRY_KEY ? &key : &value, error))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;

  char **place = g_strcmp0 (key, "location") == 0   ? &external->location
                 : g_strcmp0 (key, "offset") == 0   ? &external->offset
                 : g_strcmp0 (key, "length") == 0   ? &external->length
                 : g_strcmp0 (key, "checksum") == 0 ? &external->checksum
                                                    : NULL;
  if (place == NULL)
    {
      g_autofree char *shown = why_wire_shown (key != NULL ? key : "");
      return why_wire_fail (entry, WHY_ERROR_BAD_MODEL, error,
                            "unknown key \"%s\"; ONNX has location, offset, length and checksum", shown);
    }
  if (*place != NULL)
    return why_wire_fail (entry, WHY_ERROR_BAD_MODEL, error, "the key \"%s\" is given twice", key);
  *place = value != NULL ? g_steal_pointer (&value) : g_strdup ("");
  return TRUE;
}

/* Plain decimal digits: no sign, no blanks, no overflow. */
static gboolean
read_number (const WhyWire *wire, const char *key, const char *text, gsize *number, GError **error)
{
  gsize result = 0;
  g_autofree char *shown = why_wire_shown (text);
  if (*text == '\0')
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "the %s of its external data is empty", key);
  for (const char *digit = text; *digit != '\0'; digit++)
    {
      if (!g_ascii_isdigit (*digit) || !why_size_mul (result, 10, &result) ||
          !why_size_add (result, (gsize) (*digit - '0'), &result))
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                              "the %s \"%s\" of its external data is not a number of bytes from 0 to 2^64 - 1", key, shown);
    }
  *number = result;
  return TRUE;
}

static WhyOnnxSource *
open_location (WhyOnnxReader *reader, const WhyWire *wire, const char *location, GError **error)
{
  WhyOnnxSource *source = reader->externals != NULL ? g_hash_table_lookup (reader->externals, location) : NULL;
  if (source != NULL)
    return source;

  g_autofree char *tensor_shown = why_wire_shown (wire->name != NULL ? wire->name : "");
  g_autofree char *prefix = g_strdup_printf ("%s: tensor '%s'", reader->wire.name, tensor_shown);
  if (reader->folder == NULL)
    {
      g_autofree char *shown = why_wire_shown (location);
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                   "%s: its data are in a second file \"%s\", and this model was not read from a folder", prefix, shown);
      return NULL;
    }
  source = why_onnx_source_open_external (reader->folder, reader->real_folder, location, prefix, error);
  if (source == NULL)
    return NULL;
  if (reader->externals == NULL)
    reader->externals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_ptr_array_add (reader->sources, source);
  g_hash_table_insert (reader->externals, g_strdup (location), source);
  return source;
}

gboolean
why_onnx_read_external (WhyWire *wire, gsize n_bytes, WhyOnnxSource **source, gsize *offset, GError **error)
{
  WhyOnnxReader *reader = (WhyOnnxReader *) wire->reader;
  g_auto (External) external = { 0 };
  WhyWireField field;
  WhyWireNext next;
  gsize end, length = n_bytes;

  why_wire_rewind (wire);
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire entry;
      if (field.number == TENSOR_EXTERNAL_DATA &&
          (!why_wire_enter (&entry, wire, &field, entry_schema, "external data", -1, error) ||
           !read_entry (&entry, &external, error)))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;

  if (external.location == NULL)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "its data are external, but no location is given");
  *offset = 0;
  if (external.offset != NULL && !read_number (wire, "offset", external.offset, offset, error))
    return FALSE;
  if (external.length != NULL && !read_number (wire, "length", external.length, &length, error))
    return FALSE;
  if (length != n_bytes)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          "its external data have %" G_GSIZE_FORMAT " bytes, but its shape and type need %" G_GSIZE_FORMAT,
                          length, n_bytes);
  g_autofree char *shown = why_wire_shown (external.location);
  *source = open_location (reader, wire, external.location, error);
  if (*source == NULL)
    return FALSE;
  if (!why_size_add (*offset, length, &end) || end > (*source)->n_bytes)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          "its data would be %" G_GSIZE_FORMAT " bytes from byte %" G_GSIZE_FORMAT
                          " on of \"%s\", but that file has only %" G_GSIZE_FORMAT
                          " bytes; it belongs to another model or was not copied whole",
                          length, *offset, shown, (*source)->n_bytes);
  if (external.checksum != NULL && *external.checksum != '\0' &&
      g_ascii_strcasecmp (external.checksum, why_onnx_source_sha1 (*source)) != 0)
    {
      g_autofree char *wanted = why_wire_shown (external.checksum);
      return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                            "the SHA-1 checksum of \"%s\" is %s, but the model says %s; the file was changed or damaged", shown,
                            why_onnx_source_sha1 (*source), wanted);
    }
  return TRUE;
}
