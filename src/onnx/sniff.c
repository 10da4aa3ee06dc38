#include "config.h"

#include "sniff.h"

#include <string.h>

#define PICTURE "this is a picture, not a model; open it as the image to explain"
/* Bytes, to tell a text. */
#define LOOKED_AT 4096

#define EXPORT "export the network to ONNX with torch.onnx.export"

static const struct
{
  gsize offset;
  gsize n_bytes;
  const char *magic;
  const char *sentence;
} kinds[] = {
#define MAGIC(offset, text, sentence) { offset, sizeof text - 1, text, sentence }
  MAGIC (0, "version https://git-lfs", "this is a Git LFS pointer, not the model itself; run \"git lfs pull\" in its folder"),
  MAGIC (0, "PK\3\4",
         "this is a ZIP archive: perhaps a PyTorch checkpoint or a Keras model (" EXPORT
         " or tf2onnx), perhaps a packed ONNX model (unpack it first)"),
  MAGIC (0, "\200\2", "this is a Python pickle, probably a PyTorch checkpoint; " EXPORT),
  MAGIC (0, "\200\3", "this is a Python pickle, probably a PyTorch checkpoint; " EXPORT),
  MAGIC (0, "\200\4", "this is a Python pickle, probably a PyTorch checkpoint; " EXPORT),
  MAGIC (0, "\200\5", "this is a Python pickle, probably a PyTorch checkpoint; " EXPORT),
  MAGIC (4, "TFL3", "this is a TensorFlow Lite model; convert it to ONNX with tf2onnx (--tflite)"),
  MAGIC (4, "ORTM", "this is a model in ONNX Runtime's own format; open the .onnx file it was made from"),
  MAGIC (0, "\211HDF\r\n\032\n", "this is an HDF5 file, probably a Keras model; convert it to ONNX with tf2onnx (--keras)"),
  MAGIC (8, "{\"", "this is a safetensors file: weights without a network; " EXPORT),
  MAGIC (0, "GGUF", "this is a GGUF file of a language model, not an ONNX model"),
  MAGIC (0, "\223NUMPY", "this is a NumPy array, not a model"),
  MAGIC (0, "\037\213", "this file is compressed with gzip; unpack it with gunzip first"),
  MAGIC (0, "\375" "7zXZ", "this file is compressed with xz; unpack it with unxz first"),
  MAGIC (0, "(\265/\375", "this file is compressed with zstd; unpack it with unzstd first"),
  MAGIC (0, "7z\274\257", "this is a 7-Zip archive; unpack it first"),
  MAGIC (257, "ustar", "this is a tar archive; unpack it first"),
  MAGIC (0, "\211PNG\r\n", PICTURE),
  MAGIC (0, "\377\330\377", PICTURE),
  MAGIC (0, "GIF8", PICTURE),
  MAGIC (0, "BM", PICTURE),
  MAGIC (0, "II*\0", PICTURE),
  MAGIC (0, "MM\0*", PICTURE),
  MAGIC (8, "WEBP", PICTURE),
  MAGIC (128, "DICM", PICTURE),
  MAGIC (0, "%PDF-", "this is a PDF document, not a model"),
#undef MAGIC
};

static gboolean
starts_with_ignoring_case (const guint8 *data, gsize n_bytes, const char *text)
{
  return n_bytes >= strlen (text) && g_ascii_strncasecmp ((const char *) data, text, strlen (text)) == 0;
}

/* No control characters but those of texts, which a network has within its first bytes, and nothing that is not UTF-8, but for
 * a character that is cut off at the end. */
static gboolean
is_text (const guint8 *data, gsize n_bytes)
{
  const char *end;

  for (gsize at = 0; at < n_bytes; at++)
    {
      if ((data[at] < 0x20 && !g_ascii_isspace (data[at])) || data[at] == 0x7f)
        return FALSE;
    }
  g_utf8_validate_len ((const char *) data, n_bytes, &end);
  const gsize rest = n_bytes - (gsize) (end - (const char *) data);
  return rest == 0 || (n_bytes == LOOKED_AT && rest < 4);
}

const char *
why_onnx_sniff (const guint8 *data, gsize n_bytes)
{
  if (n_bytes == 0)
    return "the file is empty; perhaps the download or the export failed";

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      gsize offset = kinds[kind].offset;
      if (n_bytes >= offset + kinds[kind].n_bytes &&
          memcmp (data + offset, kinds[kind].magic, kinds[kind].n_bytes) == 0)
        return kinds[kind].sentence;
    }

  const guint8 *text = data;
  gsize left = n_bytes;
  if (left >= 3 && memcmp (text, "\357\273\277", 3) == 0)
    {
      text += 3;
      left -= 3;
    }
  while (left > 0 && g_ascii_isspace (*text))
    {
      text++;
      left--;
    }
  if (left == 0)
    return "the file holds nothing but blanks; perhaps the download or the export failed";
  if (starts_with_ignoring_case (text, left, "<!doctype html") || starts_with_ignoring_case (text, left, "<html") ||
      starts_with_ignoring_case (text, left, "<head"))
    return "this is a web page, not a model; download the file itself (on code hosting sites the \"raw\" or \"download\" link)";
  if (starts_with_ignoring_case (text, left, "<?xml") || starts_with_ignoring_case (text, left, "<net"))
    return "this is an XML file, perhaps the description of an OpenVINO model; open the ONNX file it was made from";
  if (*text == '{' || *text == '[')
    return "this is a JSON text, not a model";

  if (is_text (data, MIN (n_bytes, LOOKED_AT)))
    return "this is text, not an ONNX network";

  gsize zeros = 0;
  while (zeros < n_bytes && data[zeros] == 0)
    zeros++;
  if (zeros == n_bytes)
    return "the file holds nothing but zero bytes; perhaps the disk was full or the download broke off";
  if (data[0] == 0x0a)
    return "this looks like a TensorFlow graph or a Caffe model; convert it to ONNX first (tf2onnx does so for TensorFlow)";
  return NULL;
}
