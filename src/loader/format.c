#include "config.h"

#include "format.h"

#include "base/error.h"

#include <string.h>

static const WhyLoaderFormat *const formats[] = {
  /* First: before its mark a DICOM file may begin like another picture, mostly a TIFF. */
  &why_format_dicom,
  &why_format_slide, &why_format_pyramid, /* before plain TIFF: they are TIFF too */
  &why_format_png, &why_format_jpeg, &why_format_tiff, &why_format_webp, &why_format_gif, &why_format_bmp,
  &why_format_nifti,
};

/* What people open by mistake, or hoped for. */
static const struct
{
  gsize offset;
  gsize length;
  const char *bytes;
  const char *sentence;
} strangers[] = {
  { 0, 20, "version https://git-", "is a Git LFS pointer, not a picture; fetch the file itself (git lfs pull)" },
  { 0, 5, "%PDF-", "is a PDF document, not a picture" },
  { 0, 4, "PK\003\004", "is a ZIP archive, not a picture" },
  { 0, 2, "\037\213", "is gzip-compressed data, not a picture" },
  { 0, 4, "GGUF", "is a GGUF language model, not a picture" },
  { 0, 6, "\x93NUMPY", "is a NumPy array, not a picture" },
  { 0, 8, "\x89HDF\r\n\032\n", "is an HDF5 file, not a picture" },
  { 0, 4, "\x7f" "ELF", "is a program, not a picture" },
  { 4, 8, "ftypheic", "is a HEIC photograph, which this version does not read; save it as JPEG or PNG" },
  { 4, 8, "ftypavif", "is an AVIF picture, which this version does not read; save it as PNG" },
  { 0, 12, "\0\0\0\014jP  \r\n\x87\n", "is a JPEG 2000 picture, which this version does not read" },
  { 0, 4, "\xff\x4f\xff\x51", "is a JPEG 2000 picture, which this version does not read" },
  { 0, 2, "\xff\x0a", "is a JPEG XL picture, which this version does not read" },
  { 0, 4, "8BPS", "is a Photoshop document, which is not read; save it as PNG or TIFF" },
};

static const char *
skip_space (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return text;
}

/* An ONNX file is a protobuf message whose first fields are ir_version (varint) and the producer's name
 * (string). */
static gboolean
looks_like_onnx (const guint8 *head, gsize length)
{
  return length > 8 && head[0] == 0x08 && head[1] >= 1 && head[1] <= 20 &&
         (head[2] == 0x12 || head[2] == 0x1a || head[2] == 0x3a);
}

static const char *
describe_stranger (const guint8 *head, gsize length)
{
  for (gsize s = 0; s < G_N_ELEMENTS (strangers); s++)
    {
      if (length >= strangers[s].offset + strangers[s].length &&
          memcmp (head + strangers[s].offset, strangers[s].bytes, strangers[s].length) == 0)
        return strangers[s].sentence;
    }
  if (looks_like_onnx (head, length))
    return "is an ONNX model, not a picture; open it as the model";

  gboolean is_text = length > 0;
  for (gsize b = 0; b < length && is_text; b++)
    is_text = head[b] >= 0x20 || (head[b] >= 0x08 && head[b] <= 0x0d) || head[b] == 0x1b;
  if (is_text)
    {
      g_autofree char *text = g_strndup ((const char *) head, length);
      const char *start = skip_space (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text);

      if (g_ascii_strncasecmp (start, "<!doctype html", 14) == 0 || g_ascii_strncasecmp (start, "<html", 5) == 0)
        return "is a web page, not a picture; the download has probably gone wrong";
      if (g_str_has_prefix (start, "<svg") || strstr (start, "<svg") != NULL)
        return "is an SVG drawing, which is not read; export it as PNG";
      if (*start == '{' || *start == '[')
        return "is JSON text, not a picture";
      return "is text, not a picture";
    }
  return "is not a picture in a format that is read here (PNG, JPEG, TIFF, WebP, GIF, BMP, NIfTI, DICOM)";
}

const WhyLoaderFormat *
why_loader_find_format (WhyLoaderFile *file, const guint8 *head, gsize length, GError **error)
{
  for (gsize f = 0; f < G_N_ELEMENTS (formats); f++)
    {
      if (formats[f]->sniff (head, length) && (formats[f]->probe == NULL || formats[f]->probe (file)))
        return formats[f];
    }
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, describe_stranger (head, length));
  return NULL;
}
