#include "config.h"

#include "onnx-builder.h"

#include "base/error.h"
#include "onnx/model.h"

#include <glib/gstdio.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers ---- */

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *made = g_dir_make_tmp ("test-onnx-XXXXXX", &error);
  g_assert_no_error (error);
  /* The folder for temporary files may itself be reached by a link. */
  char *real = realpath (made, NULL);
  fixture->folder = g_strdup (real);
  free (real);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ob_remove_tree (fixture->folder);
  g_free (fixture->folder);
}

static char *
below (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

static void
put (const Fixture *fixture, const char *name, gconstpointer bytes, gsize n_bytes)
{
  g_autofree char *path = below (fixture, name);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (path, bytes, (gssize) n_bytes, &error);
  g_assert_no_error (error);
}

static const float weights[] = { 1, 2, 3, 4 };

static void
put_model (const Fixture *fixture, const char *name, GByteArray *tensor)
{
  g_autofree char *path = below (fixture, name);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  ob_init_proto (b, tensor);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  ob_write (b, path);
}

static void
assert_loads (const Fixture *fixture, const char *name, gsize n, const float *values)
{
  g_autofree char *path = below (fixture, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  const WhyTensor *tensor = model->graph->initializers[0].tensor;
  g_assert_cmpmem (tensor->data, tensor->n_bytes, values, n * sizeof *values);
  g_assert_true (why_onnx_model_check_files (model, &error));
}

static void
assert_fails (const Fixture *fixture, const char *name, int code, const char *text)
{
  g_autofree char *path = below (fixture, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  g_assert_null (model);
  g_assert_error (error, WHY_ERROR, code);
  g_assert_true (g_str_has_prefix (error->message, path));
  if (strstr (error->message, text) == NULL)
    g_error ("expected \"%s\" in: %s", text, error->message);
}

/* ---- companion files ---- */

static void
test_external (Fixture *fixture, gconstpointer data)
{
  put (fixture, "w.bin", weights, sizeof weights);
  put (fixture, "sub/dir/w.bin", weights + 1, 8);

  put_model (fixture, "whole.onnx", ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL));
  assert_loads (fixture, "whole.onnx", 4, weights);
  put_model (fixture, "part.onnx", ob_tensor_proto_external ("W", 1, "2", "w.bin", "8", "8"));
  assert_loads (fixture, "part.onnx", 2, weights + 2);
  put_model (fixture, "first.onnx", ob_tensor_proto_external ("W", 1, "1,2", "./w.bin", "0", NULL));
  assert_loads (fixture, "first.onnx", 2, weights);
  put_model (fixture, "deep.onnx", ob_tensor_proto_external ("W", 1, "2", "sub//dir/./w.bin", NULL, "8"));
  assert_loads (fixture, "deep.onnx", 2, weights + 1);
  put_model (fixture, "none.onnx", ob_tensor_proto_external ("W", 1, "0", "w.bin", "16", "0"));
  assert_loads (fixture, "none.onnx", 0, weights);
  /* misaligned: bytes 1 to 4 */
  put (fixture, "odd.bin", "\0\0\0\x80\x3f\0", 6);
  put_model (fixture, "odd.onnx", ob_tensor_proto_external ("W", 1, "1", "odd.bin", "1", "4"));
  assert_loads (fixture, "odd.onnx", 1, weights);

  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, (const guchar *) weights, sizeof weights);
  GByteArray *tensor = ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL);
  pb_entry (tensor, 13, "checksum", sum);
  put_model (fixture, "sum.onnx", tensor);
  assert_loads (fixture, "sum.onnx", 4, weights);
  sum[0] = sum[0] == '0' ? '1' : '0';
  tensor = ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL);
  pb_entry (tensor, 13, "checksum", sum);
  put_model (fixture, "wrong-sum.onnx", tensor);
  assert_fails (fixture, "wrong-sum.onnx", WHY_ERROR_BAD_MODEL, "SHA-1 checksum of \"w.bin\"");

  /* from memory: only with a folder */
  g_autofree char *path = below (fixture, "part.onnx");
  g_autoptr (GError) error = NULL;
  char *contents;
  gsize n_bytes;
  g_file_get_contents (path, &contents, &n_bytes, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = g_bytes_new_take (contents, n_bytes);
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "m", fixture->folder, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (why_tensor_get_f64 (model->graph->initializers[0].tensor, 0), ==, 3);
  g_assert_null (why_onnx_model_load_bytes (bytes, "m", NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
}

static void
test_external_paths (Fixture *fixture, gconstpointer data)
{
  g_autofree char *model_folder = below (fixture, "model");
  g_autofree char *absolute = below (fixture, "secret");
  g_autofree char *absolute_inside = below (fixture, "model/w.bin");
  g_autofree char *longest = g_strnfill (5000, 'a');
  g_autofree char *link = below (fixture, "model/link.bin");
  g_autofree char *link_dir = below (fixture, "model/link-dir");
  g_autofree char *link_inside = below (fixture, "model/link-sub");
  g_autofree char *dangling = below (fixture, "model/dangling");
  g_autofree char *loop = below (fixture, "model/loop");
  g_autofree char *magic = below (fixture, "model/magic");
  g_autofree char *proc = below (fixture, "model/proc");
  g_autofree char *fifo = below (fixture, "model/fifo");
  g_autofree char *device = below (fixture, "model/null");

  put (fixture, "secret", weights, sizeof weights);
  put (fixture, "other/secret", weights, sizeof weights);
  put (fixture, "model/w.bin", weights, sizeof weights);
  put (fixture, "model/sub/w.bin", weights, sizeof weights);
  put (fixture, "model/empty", "", 0);
  g_assert_cmpint (symlink ("../secret", link), ==, 0);
  g_assert_cmpint (symlink ("../other", link_dir), ==, 0);
  g_assert_cmpint (symlink ("sub/w.bin", link_inside), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  g_assert_cmpint (symlink ("loop", loop), ==, 0);
  g_assert_cmpint (symlink ("/proc/self/environ", magic), ==, 0);
  g_assert_cmpint (symlink ("/proc/self/cwd", proc), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("/dev/null", device), ==, 0);

  const struct { const char *location; int code; const char *text; } cases[] = {
    { "", WHY_ERROR_BAD_MODEL, "is empty" },
    { absolute, WHY_ERROR_BAD_MODEL, "absolute path" },
    { absolute_inside, WHY_ERROR_BAD_MODEL, "absolute path" },
    { "/etc/passwd", WHY_ERROR_BAD_MODEL, "absolute path" },
    { "//w.bin", WHY_ERROR_BAD_MODEL, "absolute path" },
    { "..", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { "../secret", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { "../model/w.bin", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { "sub/../w.bin", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { "sub/../../secret", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { "no/../../x/../secret", WHY_ERROR_BAD_MODEL, "\"..\"" },
    { longest, WHY_ERROR_BAD_MODEL, "longer than 4096" },
    { "link.bin", WHY_ERROR_IO, "symbolic link to" },
    { "link-dir/secret", WHY_ERROR_IO, "symbolic link to" },
    { "link-sub", WHY_ERROR_IO, "symbolic link to" },
    { "dangling", WHY_ERROR_NOT_FOUND, "leads nowhere" },
    { "loop", WHY_ERROR_NOT_FOUND, "leads nowhere" },
    { "magic", WHY_ERROR_IO, "symbolic link to" },
    { "proc/secret", WHY_ERROR_NOT_FOUND, "leads nowhere" },
    { "null", WHY_ERROR_IO, "symbolic link to" },
    { "fifo", WHY_ERROR_IO, "not a regular file" },
    { "sub", WHY_ERROR_IO, "not a regular file" },
    { ".", WHY_ERROR_IO, "not a regular file" },
    { "w.bin/", WHY_ERROR_IO, "not a regular file" },
    { "w.bin/x", WHY_ERROR_NOT_FOUND, "missing in the folder" },
    { "missing.bin", WHY_ERROR_NOT_FOUND, "a second file \"missing.bin\", which is missing in the folder" },
    { "empty", WHY_ERROR_BAD_MODEL, "has only 0 bytes" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      put_model (fixture, "model/m.onnx", ob_tensor_proto_external ("W", 1, "4", cases[index].location, NULL, NULL));
      assert_fails (fixture, "model/m.onnx", cases[index].code, cases[index].text);
      assert_fails (fixture, "model/m.onnx", cases[index].code, "'W'");
    }
  put_model (fixture, "model/m.onnx", ob_tensor_proto_external ("W", 1, "4", "missing.bin", NULL, NULL));
  assert_fails (fixture, "model/m.onnx", WHY_ERROR_NOT_FOUND, model_folder);
}

static void
test_external_numbers (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *offset, *length, *text; } cases[] = {
    { "0", "12", "have 12 bytes, but its shape and type need 16" },
    { "0", "17", "have 17 bytes" },
    { "1", NULL, "has only 16 bytes" },
    { "1", "16", "has only 16 bytes" },
    { "16", "16", "has only 16 bytes" },
    { "18446744073709551615", NULL, "has only 16 bytes" },
    { "18446744073709551600", "16", "has only 16 bytes" },
    { "18446744073709551616", NULL, "not a number" },
    { "99999999999999999999999", NULL, "not a number" },
    { "-1", NULL, "not a number" },
    { "-0", NULL, "not a number" },
    { "+0", NULL, "not a number" },
    { " 0", NULL, "not a number" },
    { "0x0", NULL, "not a number" },
    { "1e0", NULL, "not a number" },
    { "", NULL, "is empty" },
    { "0", "-16", "not a number" },
    { "0", "18446744073709551632", "not a number" },
  };
  put (fixture, "w.bin", weights, sizeof weights);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      put_model (fixture, "m.onnx", ob_tensor_proto_external ("W", 1, "4", "w.bin", cases[index].offset, cases[index].length));
      assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, cases[index].text);
    }

  GByteArray *tensor = ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL);
  pb_entry (tensor, 13, "basepath", "/etc");
  put_model (fixture, "m.onnx", tensor);
  assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, "unknown key \"basepath\"");

  tensor = ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL);
  pb_entry (tensor, 13, "location", "w.bin");
  put_model (fixture, "m.onnx", tensor);
  assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, "\"location\" is given twice");

  tensor = ob_tensor_proto ("W", 1, "4");
  pb_int (tensor, 14, 1);
  put_model (fixture, "m.onnx", tensor);
  assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, "no location");

  tensor = ob_tensor_proto ("W", 1, "4");
  pb_int (tensor, 14, 2);
  put_model (fixture, "m.onnx", tensor);
  assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, "data_location 2");

  tensor = ob_tensor_proto_external ("W", 1, "4", "w.bin", NULL, NULL);
  pb_bytes (tensor, 9, weights, sizeof weights);
  put_model (fixture, "m.onnx", tensor);
  assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, "it has raw_data, but its data should be in external_data");
}

/* What huggingface_hub makes: snapshots of links, and the files themselves side by side. */
static void
test_download_cache (Fixture *fixture, gconstpointer data)
{
  static const char *const links[][2] = {
    { "../../blobs/aaaa", "snapshots/main/model.onnx" },
    { "../../blobs/bbbb", "snapshots/main/model.onnx_data" },
    { "../../../blobs/aaaa", "snapshots/main/onnx/model.onnx" },
    { "../../../blobs/bbbb", "snapshots/main/onnx/model.onnx_data" },
    { "../../blobs/aaaa", "snapshots/evil/model.onnx" },
    { "../../private/key", "snapshots/evil/model.onnx_data" },
    { "../../blobs/aaaa", "snapshots/fifo/model.onnx" },
    { "../../blobs/pipe", "snapshots/fifo/model.onnx_data" },
  };
  put_model (fixture, "blobs/aaaa", ob_tensor_proto_external ("W", 1, "4", "model.onnx_data", "0", "16"));
  put (fixture, "blobs/bbbb", weights, sizeof weights);
  put (fixture, "private/key", weights, sizeof weights);
  g_autofree char *pipe = below (fixture, "blobs/pipe");
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (gsize index = 0; index < G_N_ELEMENTS (links); index++)
    {
      g_autofree char *path = below (fixture, links[index][1]);
      g_autofree char *folder = g_path_get_dirname (path);
      g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
      g_assert_cmpint (symlink (links[index][0], path), ==, 0);
    }
  assert_loads (fixture, "snapshots/main/model.onnx", 4, weights);
  assert_loads (fixture, "snapshots/main/onnx/model.onnx", 4, weights);
  assert_fails (fixture, "snapshots/evil/model.onnx", WHY_ERROR_IO, "symbolic link to");
  assert_fails (fixture, "snapshots/fifo/model.onnx", WHY_ERROR_IO, "not a regular file");
}

/* Many tensors on the same misaligned bytes would each be a copy. */
static void
test_external_bomb (Fixture *fixture, gconstpointer data)
{
  g_autofree char *zeros = g_malloc0 (1 << 20);
  g_autofree char *path = below (fixture, "m.onnx");
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  put (fixture, "w.bin", zeros, 1 << 20);
  for (int index = 0; index < 1000; index++)
    {
      g_autofree char *name = g_strdup_printf ("W%d", index);
      ob_init_proto (b, ob_tensor_proto_external (name, 1, "262143", "w.bin", "1", NULL));
    }
  ob_write (b, path);
  assert_fails (fixture, "m.onnx", WHY_ERROR_TOO_LARGE, "share the same bytes");
}

/* ---- files that are no models, and files that change ---- */

static void
test_not_a_model (Fixture *fixture, gconstpointer data)
{
#define BYTES(text) text, sizeof text - 1
  static const struct { const char *bytes; gsize n_bytes; const char *text; } cases[] = {
    { "", 0, "the file is empty" },
    { BYTES ("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 9\n"), "git lfs pull" },
    { BYTES ("\n<!DOCTYPE html><html><body>404"), "web page" },
    { BYTES ("<html lang=en>"), "web page" },
    { BYTES ("PK\3\4\24\0\0\0\0\0\0\0archive/data.pkl"), "torch.onnx.export" },
    { BYTES ("\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19."), "pickle" },
    { BYTES ("\x1c\0\0\0TFL3\x14\0 \0"), "TensorFlow Lite" },
    { BYTES ("\x89HDF\r\n\x1a\n\0\0\0\0\0"), "HDF5" },
    { BYTES ("\x40\0\0\0\0\0\0\0{\"weight\":{\"dtype\":\"F32\"}}"), "safetensors" },
    { BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "picture" },
    { BYTES ("\xff\xd8\xff\xe0\0\x10JFIF\0"), "picture" },
    { BYTES ("GIF89a"), "picture" },
    { BYTES ("# Read me\n\nThe network is elsewhere."), "this is text" },
    { BYTES ("Gr\xc3\xb6\xc3\x9f" "e"), "this is text" },
    { BYTES ("{\"format\": \"graph-model\"}"), "JSON" },
    { BYTES ("<?xml version=\"1.0\"?><net name=\"x\">"), "OpenVINO" },
    { BYTES ("\x1f\x8b\x08\0\0\0\0\0"), "gunzip" },
    { BYTES ("\x93NUMPY\1\0v\0"), "NumPy" },
    { BYTES ("\0\0\0\0\0\0\0\0"), "nothing but zero" },
    { BYTES ("  \n\t"), "nothing but blanks" },
    { BYTES ("\x0a\x0c\x0a\x01x\x12\x07" "Const..\"\2\x08\1"), "TensorFlow graph" },
  };
#undef BYTES
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      put (fixture, "m.onnx", cases[index].bytes, cases[index].n_bytes);
      assert_fails (fixture, "m.onnx", WHY_ERROR_BAD_MODEL, cases[index].text);
    }
  /* A sound model is not judged by its looks: this one has "TFL3" at byte 4. */
  put (fixture, "m.onnx", "\x08\x07\x12\x04TFL3\x3a\0", 10);
  g_autofree char *path = below (fixture, "m.onnx");
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (model->producer_name, ==, "TFL3");

  assert_fails (fixture, "nothing.onnx", WHY_ERROR_NOT_FOUND, "cannot be opened");
  assert_fails (fixture, "", WHY_ERROR_IO, "this is a folder");
  g_autofree char *fifo = below (fixture, "fifo");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  assert_fails (fixture, "fifo", WHY_ERROR_IO, "pipe, socket or device");
}

/* A file of more than 2 GiB is refused before it is read. It is sparse: no such space is needed. */
static void
test_huge_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = below (fixture, "huge.onnx");
  int fd = open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  gboolean made = ftruncate (fd, (off_t) 1 << 36) == 0;
  close (fd);
  if (made)
    assert_fails (fixture, "huge.onnx", WHY_ERROR_TOO_LARGE, "less than 2048");
  else
    g_test_skip ("this file system makes no sparse files of 64 GB");
}

static void
test_changed_file (Fixture *fixture, gconstpointer data)
{
  enum { COUNT = 5 << 20 }; /* 20 MiB: mapped */
  g_autofree float *values = g_new (float, COUNT);
  g_autofree char *weights_path = below (fixture, "w.bin");
  g_autofree char *path = below (fixture, "m.onnx");
  g_autoptr (GError) error = NULL;

  for (gsize index = 0; index < COUNT; index++)
    values[index] = (float) index;
  put (fixture, "w.bin", values, COUNT * sizeof *values);
  put_model (fixture, "m.onnx", ob_tensor_proto_external ("W", 1, "5242880", "w.bin", NULL, NULL));

  WhyOnnxModel *model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) tensor = why_tensor_ref (model->graph->initializers[0].tensor);
  g_assert_cmpmem (tensor->data, tensor->n_bytes, values, COUNT * sizeof *values);
  g_assert_true (why_onnx_model_check_files (model, &error));

  /* replaced by another file: the old one is still there for us */
  put (fixture, "new.bin", "x", 1);
  g_autofree char *new_path = below (fixture, "new.bin");
  g_assert_cmpint (g_rename (new_path, weights_path), ==, 0);
  g_assert_true (why_onnx_model_check_files (model, &error));
  g_assert_cmpfloat (why_tensor_get_f64 (tensor, COUNT - 1), ==, COUNT - 1);
  why_onnx_model_unref (model);

  /* changed in place: cut short, though with the old time; and of the old size, but written to */
  for (int cut = 0; cut < 2; cut++)
    {
      struct stat info;
      put (fixture, "w.bin", values, COUNT * sizeof *values);
      model = why_onnx_model_load (path, &error);
      g_assert_no_error (error);
      g_assert_cmpint (stat (weights_path, &info), ==, 0);
      g_assert_cmpint (truncate (weights_path, cut ? 1000 : info.st_size), ==, 0);
      const struct timespec times[2] = { info.st_atim, { info.st_mtim.tv_sec + !cut, info.st_mtim.tv_nsec } };
      g_assert_cmpint (utimensat (AT_FDCWD, weights_path, times, 0), ==, 0);
      g_assert_false (why_onnx_model_check_files (model, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
      g_assert_nonnull (strstr (error->message, "w.bin: the file was changed"));
      g_clear_error (&error);
      why_onnx_model_unref (model);
    }
}

/* ---- single tensors ---- */

static void
assert_tensor_fails (const char *path, int code, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) tensor = why_onnx_tensor_load (path, &error);
  g_assert_null (tensor);
  g_assert_error (error, WHY_ERROR, code);
  g_assert_true (g_str_has_prefix (error->message, path));
  if (strstr (error->message, text) == NULL)
    g_error ("expected \"%s\" in: %s", text, error->message);
}

static void
test_tensor_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = below (fixture, "input_0.pb");
  g_autoptr (WhyTensor) wanted = ob_f32 ("2,2", weights);
  g_autoptr (GByteArray) proto = ob_tensor_proto_of ("x", wanted);
  g_autoptr (GError) error = NULL;

  put (fixture, "input_0.pb", proto->data, proto->len);
  WhyTensor *tensor = why_onnx_tensor_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (why_tensor_same_dims (tensor, wanted));
  g_assert_cmpmem (tensor->data, tensor->n_bytes, weights, sizeof weights);
  why_tensor_unref (tensor);

  put (fixture, "input_0.pb", proto->data, proto->len - 1);
  assert_tensor_fails (path, WHY_ERROR_BAD_MODEL, "the file ends inside raw_data");

  /* SequenceProto and OptionalProto: name, kind, tensors */
  g_autoptr (GByteArray) sequence = pb_new ();
  pb_string (sequence, 1, "seq");
  pb_int (sequence, 2, 1);
  pb_bytes (sequence, 3, proto->data, proto->len);
  put (fixture, "input_0.pb", sequence->data, sequence->len);
  assert_tensor_fails (path, WHY_ERROR_UNSUPPORTED_OP, "a sequence or an optional value");
  g_autoptr (GByteArray) optional = pb_new ();
  pb_string (optional, 1, "opt");
  pb_int (optional, 2, 3);
  pb_bytes (optional, 5, sequence->data, sequence->len);
  put (fixture, "input_0.pb", optional->data, optional->len);
  assert_tensor_fails (path, WHY_ERROR_UNSUPPORTED_OP, "a sequence or an optional value");

  g_autoptr (GByteArray) words = ob_tensor_proto ("words", WHY_DTYPE_STRING, "1");
  pb_string (words, 6, "hello");
  put (fixture, "input_0.pb", words->data, words->len);
  assert_tensor_fails (path, WHY_ERROR_UNSUPPORTED_OP, "string tensor 'words' is not supported");

  put (fixture, "input_0.pb", "", 0);
  assert_tensor_fails (path, WHY_ERROR_BAD_MODEL, "empty");
}

/* ---- collections of real files ---- */

typedef struct
{
  guint models, tensors, refused;
} Tally;

/* Every file loads or is refused with a sentence; which are expected to be refused is up to the
 * caller. */
static void
load_all (const char *folder, Tally *tally)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr (GError) error = NULL;
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        load_all (path, tally);
      else if (g_str_has_suffix (name, ".onnx"))
        {
          g_autoptr (WhyOnnxModel) model = why_onnx_model_load (path, &error);
          g_assert_no_error (error);
          g_assert_cmpuint (model->graph->n_outputs, >, 0);
          tally->models++;
        }
      else if (g_str_has_suffix (name, ".pb"))
        {
          g_autoptr (WhyTensor) tensor = why_onnx_tensor_load (path, &error);
          if (tensor != NULL)
            tally->tensors++;
          else
            {
              /* Nothing but strings, sequences and optional values. */
              g_assert_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP);
              tally->refused++;
            }
        }
    }
}

static void
test_conformance_models (void)
{
  static const char folder[] = "/usr/share/libonnx-testdata/data";
  Tally tally = { 0 };
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("the package libonnx-testdata is not installed");
      return;
    }
  load_all (folder, &tally);
  g_test_message ("%u models, %u tensors, %u values that are no tensors of numbers", tally.models, tally.tensors, tally.refused);
  g_assert_cmpuint (tally.models, >, 0);
  g_assert_cmpuint (tally.tensors, >, tally.refused);
}

static void
test_real_models (void)
{
  const char *root = g_getenv ("WHYLIGHT_TEST_DATA");
  g_autofree char *folder = root != NULL ? g_build_filename (root, "models", NULL)
                                         : g_build_filename (WHY_SOURCE_DIR, "..", "shared", "data", "models", NULL);
  Tally tally = { 0 };
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("there is no folder of real models; set WHYLIGHT_TEST_DATA");
      return;
    }
  load_all (folder, &tally);
  g_assert_cmpuint (tally.models, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/onnx/external/sound", test_external);
  ADD ("/onnx/external/paths", test_external_paths);
  ADD ("/onnx/external/numbers", test_external_numbers);
  ADD ("/onnx/external/download-cache", test_download_cache);
  ADD ("/onnx/external/bomb", test_external_bomb);
  ADD ("/onnx/file/not-a-model", test_not_a_model);
  ADD ("/onnx/file/huge", test_huge_file);
  ADD ("/onnx/file/changed", test_changed_file);
  ADD ("/onnx/file/tensor", test_tensor_file);
#undef ADD
  g_test_add_func ("/onnx/real/conformance-models", test_conformance_models);
  g_test_add_func ("/onnx/real/models", test_real_models);
  return g_test_run ();
}
