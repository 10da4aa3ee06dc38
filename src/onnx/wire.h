#pragma once

/* Protocol-buffers wire format, read without trust. A WhyWire is a window on the bytes of one
 * message; windows nest and an inner one never reaches beyond its outer one. */

#include <glib.h>

G_BEGIN_DECLS

/* Nested messages; the deepest sound path (16 sub-graphs, each graph, node, attribute) needs 54. */
#define WHY_WIRE_MAX_DEPTH 64

/* What a description may take in memory, apart from weights: nodes, names, attributes. A two-byte
 * empty node becomes a struct of a hundred bytes, so the size of the file alone is no bound. */
#define WHY_WIRE_MAX_DESCRIBED ((gsize) 256 << 20)

typedef enum
{
  WHY_WIRE_VARINT, /* int64, int32, enum */
  WHY_WIRE_FLOAT,
  WHY_WIRE_BYTES, /* string, bytes, message */
  WHY_WIRE_VARINTS, /* repeated: one by one or packed */
  WHY_WIRE_FLOATS,
  WHY_WIRE_DOUBLES,
} WhyWireKind;

/* The fields of a message that are read; ends with number 0. Others are skipped. */
typedef struct
{
  guint32 number;
  WhyWireKind kind;
  const char *name;
} WhyWireSchema;

/**
 * WhyWireReader:
 * @name: how errors call the file
 * @start: the bytes of the file
 * @end: behind the last
 * @described: memory taken by the description so far
 */
typedef struct
{
  const char *name;
  const guint8 *start;
  const guint8 *end;
  gsize described;
} WhyWireReader;

/**
 * WhyWire:
 * @outer: (nullable): the message around this one
 * @what: what errors call the message: "node"
 * @name: (nullable): its name, once known; borrowed
 * @index: which of several, -1 if there is only one
 * @depth: 1 for the outermost message
 */
typedef struct _WhyWire
{
  WhyWireReader *reader;
  const struct _WhyWire *outer;
  const WhyWireSchema *schema;
  const char *what;
  const char *name;
  gssize index;
  int depth;
  int subgraphs;
  const guint8 *start;
  const guint8 *at;
  const guint8 *end;
} WhyWire;

/**
 * WhyWireField:
 * @number: of a field in the schema
 * @packed: @bytes holds several numbers
 * @value: of a single number: a varint, or the bits of a float or double
 * @bytes: (array length=n_bytes): of strings, messages and packed numbers; points into the file
 */
typedef struct
{
  guint32 number;
  gboolean packed;
  guint64 value;
  const guint8 *bytes;
  gsize n_bytes;
} WhyWireField;

typedef enum
{
  WHY_WIRE_ERROR = -1,
  WHY_WIRE_END = 0,
  WHY_WIRE_FIELD = 1,
} WhyWireNext;

void why_wire_init (WhyWire *wire, WhyWireReader *reader, const WhyWireSchema *schema, const char *what);

/* Opens the message in @field; fails when it is too deep. */
gboolean why_wire_enter (WhyWire *inner, const WhyWire *outer, const WhyWireField *field, const WhyWireSchema *schema,
                         const char *what, gssize index, GError **error);

void why_wire_rewind (WhyWire *wire);

/* Steps to the next field that is in the schema. */
WhyWireNext why_wire_next (WhyWire *wire, WhyWireField *field, GError **error);

/* Sets an error "FILE: graph, node 3 'conv1': MESSAGE" and returns FALSE. */
gboolean why_wire_fail (const WhyWire *wire, int code, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Takes @n_bytes off the budget of the description. */
gboolean why_wire_charge (const WhyWire *wire, gsize n_bytes, GError **error);

/* Text from a file as messages show it: a name may be megabytes long. Cut between characters. */
char *why_wire_shown (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* A string as text: bytes that are not UTF-8, and zero bytes, become "\xNN". NULL with an error. */
char *why_wire_text (const WhyWire *wire, const WhyWireField *field, GError **error);

/* Replaces *text, which may be NULL. */
gboolean why_wire_set_text (const WhyWire *wire, const WhyWireField *field, char **text, GError **error);

/* Walks the numbers of a field, packed or single. *cursor starts as NULL. */
WhyWireNext why_wire_next_varint (const WhyWire *wire, const WhyWireField *field, const guint8 **cursor, guint64 *value,
                                  GError **error);

/* How many numbers a field holds. Each is checked, so that walking cannot fail afterwards. */
gboolean why_wire_count (const WhyWire *wire, const WhyWireField *field, WhyWireKind kind, gsize *count, GError **error);

/* Packed floats lie unaligned in the file. */
float why_wire_float (const WhyWireField *field, gsize index);
double why_wire_double (const WhyWireField *field, gsize index);

/* Room for one more element of @items, which has @n; NULL with an error. The sizes are powers of
 * two, so @n alone tells when to grow. */
gpointer why_wire_grow (const WhyWire *wire, gpointer items, gsize n, gsize size, GError **error);

/* Appends a zeroed element: yields its address, or NULL with the error set. */
#define why_wire_append(wire, items, n, error)                                              \
  ({                                                                                        \
    gpointer grown_ = why_wire_grow ((wire), (items), (n), sizeof *(items), (error));       \
    if (grown_ != NULL)                                                                     \
      (items) = grown_;                                                                     \
    grown_ != NULL ? &(items)[(n)++] : NULL;                                                \
  })

G_END_DECLS
