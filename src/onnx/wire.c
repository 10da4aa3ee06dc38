#include "config.h"

#include "wire.h"

#include "base/error.h"

#include <string.h>

#define SHOWN_CHARS 80

void
why_wire_init (WhyWire *wire, WhyWireReader *reader, const WhyWireSchema *schema, const char *what)
{
  *wire = (WhyWire) {
    .reader = reader,
    .schema = schema,
    .what = what,
    .index = -1,
    .depth = 1,
    .start = reader->start,
    .at = reader->start,
    .end = reader->end,
  };
}

gboolean
why_wire_enter (WhyWire *inner, const WhyWire *outer, const WhyWireField *field, const WhyWireSchema *schema,
                const char *what, gssize index, GError **error)
{
  if (outer->depth >= WHY_WIRE_MAX_DEPTH)
    return why_wire_fail (outer, WHY_ERROR_BAD_MODEL, error, "messages are nested more than %d deep",
                          WHY_WIRE_MAX_DEPTH);
  *inner = (WhyWire) {
    .reader = outer->reader,
    .outer = outer,
    .schema = schema,
    .what = what,
    .index = index,
    .depth = outer->depth + 1,
    .subgraphs = outer->subgraphs,
    .start = field->bytes,
    .at = field->bytes,
    .end = field->bytes + field->n_bytes,
  };
  return TRUE;
}

void
why_wire_rewind (WhyWire *wire)
{
  wire->at = wire->start;
}

char *
why_wire_shown (const char *text)
{
  glong n_chars = g_utf8_strlen (text, -1);
  if (n_chars <= SHOWN_CHARS)
    return g_strdup (text);
  g_autofree char *start = g_utf8_substring (text, 0, SHOWN_CHARS);
  return g_strconcat (start, "...", NULL);
}

static void
append_place (GString *text, const WhyWire *wire)
{
  if (wire->outer != NULL)
    append_place (text, wire->outer); /* at most WHY_WIRE_MAX_DEPTH levels */
  if (wire->outer == NULL && wire->name == NULL)
    return;
  g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", wire->what);
  if (wire->index >= 0)
    g_string_append_printf (text, " %" G_GSSIZE_FORMAT, wire->index);
  if (wire->name != NULL && *wire->name != '\0')
    {
      g_autofree char *shown = why_wire_shown (wire->name);
      g_string_append_printf (text, " '%s'", shown);
    }
}

gboolean
why_wire_fail (const WhyWire *wire, int code, GError **error, const char *format, ...)
{
  g_autoptr (GString) place = g_string_new (NULL);
  va_list args;

  append_place (place, wire);
  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  if (place->len > 0)
    g_set_error (error, WHY_ERROR, code, "%s: %s: %s", wire->reader->name, place->str, message);
  else
    g_set_error (error, WHY_ERROR, code, "%s: %s", wire->reader->name, message);
  return FALSE;
}

static gsize
offset_of (const WhyWire *wire, const guint8 *at)
{
  return (gsize) (at - wire->reader->start);
}

/* The window ends before the value does: either the whole file does, or an inner length is a lie. */
static gboolean
fail_short (const WhyWire *wire, const guint8 *at, const char *what, guint64 missing, GError **error)
{
  if (wire->end == wire->reader->end)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          "the file ends inside %s at byte %" G_GSIZE_FORMAT ", at least %" G_GUINT64_FORMAT
                          " bytes early; perhaps it was not copied or downloaded whole",
                          what, offset_of (wire, wire->end), missing);
  return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                        "%s at byte %" G_GSIZE_FORMAT " claims %" G_GUINT64_FORMAT " bytes more than the %s holds",
                        what, offset_of (wire, at), missing, wire->what);
}

static gboolean
read_varint (const WhyWire *wire, const guint8 **at, const guint8 *end, const char *what, guint64 *value, GError **error)
{
  const guint8 *start = *at;
  guint64 result = 0;

  for (int shift = 0; shift < 70; shift += 7)
    {
      if (*at == end)
        return fail_short (wire, start, what, 1, error);
      guint8 byte = *(*at)++;
      /* The tenth byte holds bit 63 alone. */
      if (shift == 63 && byte > 1)
        break;
      result |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        {
          *value = result;
          return TRUE;
        }
    }
  return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "%s at byte %" G_GSIZE_FORMAT " is a number of more than 64 bits",
                        what, offset_of (wire, start));
}

static guint64
read_fixed (const guint8 *bytes, int n_bytes)
{
  guint64 value = 0;
  for (int byte = n_bytes - 1; byte >= 0; byte--)
    value = value << 8 | bytes[byte];
  return value;
}

static const WhyWireSchema *
find_schema (const WhyWire *wire, guint64 number)
{
  for (const WhyWireSchema *schema = wire->schema; schema->number != 0; schema++)
    {
      if (schema->number == number)
        return schema;
    }
  return NULL;
}

enum
{
  TYPE_VARINT = 0,
  TYPE_FIXED64 = 1,
  TYPE_BYTES = 2,
  TYPE_FIXED32 = 5,
};

static gboolean
type_fits (WhyWireKind kind, int type, gboolean *packed)
{
  *packed = FALSE;
  switch (kind)
    {
    case WHY_WIRE_VARINT: return type == TYPE_VARINT;
    case WHY_WIRE_FLOAT: return type == TYPE_FIXED32;
    case WHY_WIRE_BYTES: return type == TYPE_BYTES;
    case WHY_WIRE_VARINTS: *packed = type == TYPE_BYTES; return *packed || type == TYPE_VARINT;
    case WHY_WIRE_FLOATS: *packed = type == TYPE_BYTES; return *packed || type == TYPE_FIXED32;
    case WHY_WIRE_DOUBLES: *packed = type == TYPE_BYTES; return *packed || type == TYPE_FIXED64;
    }
  return FALSE;
}

WhyWireNext
why_wire_next (WhyWire *wire, WhyWireField *field, GError **error)
{
  while (wire->at < wire->end)
    {
      const guint8 *start = wire->at;
      guint64 tag;
      if (!read_varint (wire, &wire->at, wire->end, "a field's tag", &tag, error))
        return WHY_WIRE_ERROR;

      guint64 number = tag >> 3;
      int type = (int) (tag & 7);
      if (number == 0 || tag > G_MAXUINT32 || type == 3 || type == 4 || type > 5)
        {
          why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                         "byte %" G_GSIZE_FORMAT " does not begin a field as ONNX files have them", offset_of (wire, start));
          return WHY_WIRE_ERROR;
        }

      const WhyWireSchema *schema = find_schema (wire, number);
      const char *what = schema != NULL ? schema->name : "an unknown field";
      *field = (WhyWireField) { .number = (guint32) number };
      guint64 n_bytes = 0;
      switch (type)
        {
        case TYPE_VARINT:
          if (!read_varint (wire, &wire->at, wire->end, what, &field->value, error))
            return WHY_WIRE_ERROR;
          break;
        case TYPE_BYTES:
          if (!read_varint (wire, &wire->at, wire->end, what, &n_bytes, error))
            return WHY_WIRE_ERROR;
          break;
        case TYPE_FIXED64: n_bytes = 8; break;
        case TYPE_FIXED32: n_bytes = 4; break;
        default: g_assert_not_reached ();
        }
      gsize left = (gsize) (wire->end - wire->at);
      if (n_bytes > left)
        {
          fail_short (wire, start, what, n_bytes - left, error);
          return WHY_WIRE_ERROR;
        }
      if (type == TYPE_BYTES)
        {
          field->bytes = wire->at;
          field->n_bytes = (gsize) n_bytes;
        }
      else if (type != TYPE_VARINT)
        field->value = read_fixed (wire->at, (int) n_bytes);
      wire->at += n_bytes;

      if (schema == NULL)
        continue;
      if (!type_fits (schema->kind, type, &field->packed))
        {
          why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                         "%s at byte %" G_GSIZE_FORMAT " is stored as another kind of value than ONNX says", what,
                         offset_of (wire, start));
          return WHY_WIRE_ERROR;
        }
      return WHY_WIRE_FIELD;
    }
  return WHY_WIRE_END;
}

gboolean
why_wire_charge (const WhyWire *wire, gsize n_bytes, GError **error)
{
  gsize left = WHY_WIRE_MAX_DESCRIBED - wire->reader->described;
  if (n_bytes > left)
    return why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error,
                          "the description of the graph, without weights, takes more than %" G_GSIZE_FORMAT " MB of memory",
                          WHY_WIRE_MAX_DESCRIBED >> 20);
  wire->reader->described += n_bytes;
  return TRUE;
}

char *
why_wire_text (const WhyWire *wire, const WhyWireField *field, GError **error)
{
  const char *bytes = (const char *) field->bytes, *end = bytes + field->n_bytes;
  /* What malloc takes for a string besides its bytes. */
  if (!why_wire_charge (wire, field->n_bytes + 24, error))
    return NULL;
  if (field->n_bytes == 0)
    return g_strdup ("");
  if (g_utf8_validate_len (bytes, field->n_bytes, NULL))
    return g_strndup (bytes, field->n_bytes);

  /* Each byte may become four characters. */
  if (field->n_bytes > G_MAXSIZE / 4 || !why_wire_charge (wire, field->n_bytes * 3, error))
    return NULL;
  GString *text = g_string_new (NULL);
  while (bytes < end)
    {
      const char *bad;
      g_utf8_validate_len (bytes, (gsize) (end - bytes), &bad);
      g_string_append_len (text, bytes, bad - bytes);
      if (bad < end)
        g_string_append_printf (text, "\\x%02x", (guint8) *bad++);
      bytes = bad;
    }
  return g_string_free (text, FALSE);
}

gboolean
why_wire_set_text (const WhyWire *wire, const WhyWireField *field, char **text, GError **error)
{
  char *fresh = why_wire_text (wire, field, error);
  if (fresh == NULL)
    return FALSE;
  g_free (*text);
  *text = fresh;
  return TRUE;
}

WhyWireNext
why_wire_next_varint (const WhyWire *wire, const WhyWireField *field, const guint8 **cursor, guint64 *value,
                      GError **error)
{
  if (!field->packed)
    {
      if (*cursor != NULL)
        return WHY_WIRE_END;
      *cursor = wire->at;
      *value = field->value;
      return WHY_WIRE_FIELD;
    }
  const guint8 *end = field->bytes + field->n_bytes;
  if (*cursor == NULL)
    *cursor = field->bytes;
  if (*cursor == end)
    return WHY_WIRE_END;
  return read_varint (wire, cursor, end, "a packed number", value, error) ? WHY_WIRE_FIELD : WHY_WIRE_ERROR;
}

gboolean
why_wire_count (const WhyWire *wire, const WhyWireField *field, WhyWireKind kind, gsize *count, GError **error)
{
  *count = 1;
  if (!field->packed)
    return TRUE;

  gsize size = kind == WHY_WIRE_FLOATS ? 4 : kind == WHY_WIRE_DOUBLES ? 8 : 0;
  if (size > 0)
    {
      if (field->n_bytes % size != 0)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                              "packed numbers at byte %" G_GSIZE_FORMAT " have %" G_GSIZE_FORMAT
                              " bytes, which is no multiple of %" G_GSIZE_FORMAT,
                              offset_of (wire, field->bytes), field->n_bytes, size);
      *count = field->n_bytes / size;
      return TRUE;
    }
  const guint8 *cursor = NULL;
  guint64 value;
  WhyWireNext next;
  *count = 0;
  while ((next = why_wire_next_varint (wire, field, &cursor, &value, error)) == WHY_WIRE_FIELD)
    (*count)++;
  return next == WHY_WIRE_END;
}

float
why_wire_float (const WhyWireField *field, gsize index)
{
  union { guint32 bits; float value; } out;
  out.bits = (guint32) (field->packed ? read_fixed (field->bytes + index * 4, 4) : field->value);
  return out.value;
}

double
why_wire_double (const WhyWireField *field, gsize index)
{
  union { guint64 bits; double value; } out;
  out.bits = field->packed ? read_fixed (field->bytes + index * 8, 8) : field->value;
  return out.value;
}

gpointer
why_wire_grow (const WhyWire *wire, gpointer items, gsize n, gsize size, GError **error)
{
  /* Twice, because up to half of the room may be spare. */
  if (!why_wire_charge (wire, size * 2, error))
    return NULL;
  if ((n & (n - 1)) == 0)
    {
      gpointer grown = g_try_realloc_n (items, n == 0 ? 1 : n * 2, size);
      if (grown == NULL)
        {
          why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error, "there is no memory for the description of the graph");
          return NULL;
        }
      items = grown;
    }
  memset ((char *) items + n * size, 0, size);
  return items;
}
