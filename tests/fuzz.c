#include "config.h"

#include "fuzz.h"

#include <string.h>

/* With limits: the time is what the whole test suite can afford, and a slow machine does less. */
#define SECONDS 2
#define MAX_BYTES (1 << 16)

static void
add_seed_files (GPtrArray *seeds)
{
  const char *folder = g_getenv ("WHYLIGHT_FUZZ_SEEDS");
  g_autoptr (GDir) dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *contents;
      gsize n_bytes;
      if (g_file_get_contents (path, &contents, &n_bytes, NULL))
        g_ptr_array_add (seeds, g_byte_array_new_take ((guint8 *) contents, MIN (n_bytes, MAX_BYTES)));
    }
}

static guint
random_below (gsize limit)
{
  return limit <= 1 ? 0 : (guint) g_test_rand_int_range (0, (gint32) limit);
}

static void
insert (GByteArray *bytes, gsize at, const guint8 *piece, gsize n_bytes)
{
  if (bytes->len + n_bytes > MAX_BYTES || n_bytes == 0)
    return;
  gsize tail = bytes->len - at;
  g_byte_array_set_size (bytes, (guint) (bytes->len + n_bytes));
  memmove (bytes->data + at + n_bytes, bytes->data + at, tail);
  memcpy (bytes->data + at, piece, n_bytes);
}

static void
mutate (GByteArray *bytes, const GByteArray *other)
{
  static const guint8 edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x3a, 0x22 };
  static const guint32 lengths[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
  static const guint8 huge[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
  if (bytes->len == 0)
    return;
  gsize at = random_below (bytes->len), some = 1 + random_below (64);
  switch (random_below (9))
    {
    case 0: bytes->data[at] ^= (guint8) (1u << random_below (8)); break;
    case 1: bytes->data[at] = (guint8) random_below (256); break;
    case 2: bytes->data[at] = edges[random_below (G_N_ELEMENTS (edges))]; break;
    case 3: g_byte_array_remove_range (bytes, (guint) at, (guint) MIN (bytes->len - at, some)); break;
    case 4: insert (bytes, at, huge, 1 + random_below (sizeof huge)); break;
    case 5:
      {
        gsize from = random_below (other->len);
        insert (bytes, at, other->data + from, MIN (other->len - from, some));
        break;
      }
    case 6:
      {
        /* a message into itself: nesting */
        gsize n_bytes = MIN (bytes->len - at, some);
        g_autofree guint8 *piece = g_memdup2 (bytes->data + at, n_bytes);
        insert (bytes, random_below (bytes->len), piece, n_bytes);
        break;
      }
    case 7:
      {
        /* a count or a length of four bytes */
        const gsize n_bytes = MIN (bytes->len - at, sizeof (guint32));
        memcpy (bytes->data + at, &lengths[random_below (G_N_ELEMENTS (lengths))], n_bytes);
        break;
      }
    default: g_byte_array_set_size (bytes, (guint) at); break;
    }
}

static void
write_corpus (const GPtrArray *seeds, const char *folder)
{
  for (guint seed = 0; folder != NULL && seed < seeds->len; seed++)
    {
      const GByteArray *bytes = g_ptr_array_index (seeds, seed);
      g_autofree char *name = g_strdup_printf ("seed-%02u", seed);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_assert_true (g_file_set_contents (path, (const char *) bytes->data, bytes->len, NULL));
    }
}

void
fuzz_mutations (GPtrArray *seeds)
{
  write_corpus (seeds, g_getenv ("WHYLIGHT_FUZZ_CORPUS"));
  add_seed_files (seeds);
  g_autoptr (GTimer) timer = g_timer_new ();
  guint64 n_runs = 0;

  for (guint seed = 0; seed < seeds->len; seed++)
    {
      const GByteArray *bytes = g_ptr_array_index (seeds, seed);
      LLVMFuzzerTestOneInput (bytes->data, bytes->len);
    }
  while (g_timer_elapsed (timer, NULL) < SECONDS)
    {
      const GByteArray *seed = g_ptr_array_index (seeds, random_below (seeds->len));
      const GByteArray *other = g_ptr_array_index (seeds, random_below (seeds->len));
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_byte_array_append (bytes, seed->data, seed->len);
      for (guint n = 1 + random_below (4); n > 0; n--)
        mutate (bytes, other);
      LLVMFuzzerTestOneInput (bytes->data, bytes->len);
      n_runs++;
    }
  g_test_message ("%" G_GUINT64_FORMAT " mutations of %u seeds", n_runs, seeds->len);
  g_assert_cmpuint (n_runs, >, 0);
}
