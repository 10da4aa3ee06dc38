#include "config.h"

#include "annotation-private.h"

#include "base/error.h"
#include "service/picture.h"

#include <cairo.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* A mask with more different values than this is one outline: a drawing with soft edges, not a map of labels. */
#define MAX_LABELS 24
#define MAX_GEOJSON (64u << 20)
/* Sides of cairo's surfaces. */
#define MAX_SIDE 32767

/* ---- masks ---- */

/* What a pixel says: the number of a grey one, the colour of others; never more than 48 bits. */
static guint64
label_at (const WhyTensor *pixels, gsize position)
{
  const gsize n_channels = (gsize) pixels->dims[2];
  guint64 parts[3] = { 0 };

  for (gsize c = 0; c < MIN (n_channels, 3); c++)
    parts[c] = pixels->dtype == WHY_DTYPE_UINT16 ? ((const guint16 *) pixels->data)[position * n_channels + c]
                                                 : ((const guint8 *) pixels->data)[position * n_channels + c];
  if (n_channels < 3 || (parts[0] == parts[1] && parts[1] == parts[2]))
    return parts[0];
  return parts[0] << 32 | parts[1] << 16 | parts[2];
}

/* Returns: how many different labels there are, at most MAX_LABELS + 1; in order of their first pixel */
static guint
find_labels (const WhyTensor *pixels, guint64 *labels)
{
  const gsize n = (gsize) (pixels->dims[0] * pixels->dims[1]);
  guint64 last = 0;
  guint n_labels = 0;

  for (gsize at = 0; at < n && n_labels <= MAX_LABELS; at++)
    {
      const guint64 label = label_at (pixels, at);
      guint known = 0;
      if (label == 0 || label == last)
        continue;
      last = label;
      while (known < n_labels && labels[known] != label)
        known++;
      if (known == n_labels)
        labels[n_labels++] = label;
    }
  return n_labels;
}

/* The pixels of one label, or of all that are not 0, cut to the box around them. */
static WhyArea *
make_shape (const WhyTensor *pixels, gboolean all, guint64 label, double scale_x, double scale_y, GError **error)
{
  const gint64 height = pixels->dims[0], width = pixels->dims[1];
  gint64 left = width, right = -1, top = height, bottom = -1;

  for (gint64 row = 0; row < height; row++)
    for (gint64 column = 0; column < width; column++)
      {
        const guint64 found = label_at (pixels, (gsize) (row * width + column));
        if (all ? found == 0 : found != label)
          continue;
        left = MIN (left, column);
        right = MAX (right, column);
        top = MIN (top, row);
        bottom = MAX (bottom, row);
      }
  const gint64 dims[] = { bottom - top + 1, right - left + 1 };
  g_autoptr (WhyTensor) values = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, error);
  if (values == NULL)
    return NULL;
  for (gint64 row = 0; row < dims[0]; row++)
    for (gint64 column = 0; column < dims[1]; column++)
      {
        const guint64 found = label_at (pixels, (gsize) ((top + row) * width + left + column));
        ((guint8 *) values->data)[row * dims[1] + column] = (all ? found != 0 : found == label) ? 255 : 0;
      }
  const WhyRect box = { (double) left * scale_x, (double) top * scale_y, (double) dims[1] * scale_x, (double) dims[0] * scale_y };
  return why_area_new_mask (values, &box, FALSE, error);
}

static void
describe_label (WhyAnnotationData *data, guint64 label)
{
  if (label >> 16 == 0)
    {
      /* Translators: the name of an outline read from a mask, with the value of its pixels */
      data->name = g_strdup_printf (_ ("Label %u"), (guint) label);
      data->class_name = g_strdup_printf ("%u", (guint) label);
      return;
    }
  data->has_color = TRUE;
  data->color = (guint32) (label >> 16 & 0xff0000) | (guint32) (label >> 8 & 0xff00) | (guint32) (label & 0xff);
  /* Translators: the name of an outline read from a mask, with the colour of its pixels */
  data->name = g_strdup_printf (_ ("Colour #%06x"), data->color);
}

GArray *
why_mask_read (const WhyTensor *pixels, gint64 width, gint64 height, const char *name, char **warning, GError **error)
{
  g_autoptr (GArray) list = why_annotation_data_new ();
  guint64 labels[MAX_LABELS + 1];

  *warning = NULL;
  if (pixels->rank != 3 || (pixels->dtype != WHY_DTYPE_UINT8 && pixels->dtype != WHY_DTYPE_UINT16))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is no mask: pixels of 8 or 16 bits are needed");
      return NULL;
    }
  const guint n_labels = find_labels (pixels, labels);
  if (n_labels == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is an empty mask: all its pixels are 0");
      return NULL;
    }
  const double scale_x = (double) width / (double) pixels->dims[1], scale_y = (double) height / (double) pixels->dims[0];
  const gboolean single = n_labels == 1 || n_labels > MAX_LABELS;
  for (guint index = 0; index < (single ? 1 : n_labels); index++)
    {
      WhyAnnotationData data = { .visible = TRUE };
      data.shape = make_shape (pixels, single, labels[index], scale_x, scale_y, error);
      if (data.shape == NULL)
        return NULL;
      data.pattern = (WhyPattern) (index % WHY_N_PATTERNS);
      if (single)
        data.name = g_strdup (name);
      else
        describe_label (&data, labels[index]);
      g_array_append_val (list, data);
    }
  if (scale_x == 1 && scale_y == 1)
    return g_steal_pointer (&list);
  /* Translators: width and height of the mask, then of the picture */
  *warning = g_strdup_printf (fabs (scale_x / scale_y - 1) < 0.01
                                ? _ ("The mask has %d × %d pixels and the picture %d × %d: it was scaled")
                                : _ ("The mask has %d × %d pixels and the picture %d × %d: it was stretched to other "
                                     "proportions; check that it belongs to this picture"),
                              (int) pixels->dims[1], (int) pixels->dims[0], (int) width, (int) height);
  return g_steal_pointer (&list);
}

static cairo_status_t
append_bytes (gpointer closure, const unsigned char *bytes, unsigned int n_bytes)
{
  g_byte_array_append (closure, bytes, n_bytes);
  return CAIRO_STATUS_SUCCESS;
}

static GByteArray *
write_mask (const GArray *data, gint64 width, gint64 height, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const gsize stride = (gsize) cairo_format_stride_for_width (CAIRO_FORMAT_A8, (int) MIN (width, MAX_SIDE));

  if (width > MAX_SIDE || height > MAX_SIDE || data->len > 255)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "A mask can have up to 255 outlines and %d pixels along a side; write GeoJSON instead", MAX_SIDE);
      return NULL;
    }
  g_autofree guint8 *labels = g_try_malloc0 (stride * (gsize) height);
  g_autofree guint8 *coverage = g_try_malloc (stride * (gsize) height);
  if (labels == NULL || coverage == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "There is no memory for a mask of the picture's size");
      return NULL;
    }
  for (guint index = 0; index < data->len; index++)
    {
      why_area_rasterise (g_array_index (data, WhyAnnotationData, index).shape, width, height, coverage, stride);
      for (gsize at = 0; at < stride * (gsize) height; at++)
        if (at % stride < (gsize) width && coverage[at] >= 128)
          labels[at] = data->len == 1 ? 255 : (guint8) (index + 1);
    }
  cairo_surface_t *surface =
    cairo_image_surface_create_for_data (labels, CAIRO_FORMAT_A8, (int) width, (int) height, (int) stride);
  const cairo_status_t status = cairo_surface_write_to_png_stream (surface, append_bytes, bytes);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return g_steal_pointer (&bytes);
  g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "The mask cannot be written: %s", cairo_status_to_string (status));
  return NULL;
}

/* ---- files of either kind ---- */

/* The first byte that is no blank. */
static int
first_character (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  char start[64];
  gsize n = 0;

  if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream), start, sizeof start, &n, NULL, error))
    return -1;
  gsize at = n >= 3 && memcmp (start, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  while (at < n && g_ascii_isspace (start[at]))
    at++;
  return at < n ? (guchar) start[at] : 0;
}

static GArray *
read_geojson_file (const char *path, char **warning, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 part[65536];
  gsize n = 0;

  do
    {
      if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream), part, sizeof part, &n, NULL, error))
        return NULL;
      g_byte_array_append (bytes, part, (guint) n);
    }
  while (n == sizeof part && bytes->len <= MAX_GEOJSON);
  if (bytes->len > MAX_GEOJSON)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "has more than %u MB", MAX_GEOJSON >> 20);
      return NULL;
    }
  const gsize skip = bytes->len >= 3 && memcmp (bytes->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  return why_geojson_read ((const char *) bytes->data + skip, bytes->len - skip, warning, error);
}

static GArray *
read_mask_file (const char *path, gint64 width, gint64 height, WhyCancel *cancel, char **warning, GError **error)
{
  g_autoptr (WhyPicture) picture = why_picture_load (path, cancel, error);
  g_autofree char *base = g_path_get_basename (path);
  char *dot = strrchr (base, '.');

  if (picture == NULL)
    return NULL;
  if (picture->values != NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "is a volume or a scan; outlines of pictures are read from pictures and GeoJSON");
      return NULL;
    }
  if (dot != NULL && dot != base)
    *dot = '\0';
  g_autofree char *name = g_filename_display_name (base);
  return why_mask_read (picture->pixels, width, height, name, warning, error);
}

GArray *
why_annotation_file_read (const char *path, gint64 width, gint64 height, WhyCancel *cancel, char **warning, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GArray *list = NULL;
  const int first = first_character (path, &failure);

  *warning = NULL;
  if (first == '{' || first == '[')
    list = read_geojson_file (path, warning, &failure);
  else if (failure == NULL)
    list = read_mask_file (path, width, height, cancel, warning, &failure);
  if (list != NULL)
    return list;
  if (failure->domain == WHY_ERROR && (failure->code == WHY_ERROR_CANCELLED || strstr (failure->message, path) != NULL))
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error (error, WHY_ERROR, failure->domain == WHY_ERROR ? failure->code : WHY_ERROR_IO, "%s: %s", path, failure->message);
  return NULL;
}

gboolean
why_annotation_file_write (const GArray *data, gint64 width, gint64 height, const char *path, GError **error)
{
  const GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE;
  g_autofree char *lower = g_ascii_strdown (path, -1);
  g_autoptr (GError) failure = NULL;
  gboolean done = FALSE;

  if (g_str_has_suffix (lower, ".png"))
    {
      g_autoptr (GByteArray) mask = write_mask (data, width, height, error);
      if (mask == NULL)
        return FALSE;
      done = g_file_set_contents_full (path, (const char *) mask->data, mask->len, flags, 0666, &failure);
    }
  else if (g_str_has_suffix (lower, ".geojson") || g_str_has_suffix (lower, ".json"))
    {
      g_autofree char *json = why_geojson_write (data, width, height, error);
      if (json == NULL)
        return FALSE;
      done = g_file_set_contents_full (path, json, -1, flags, 0666, &failure);
    }
  else
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: outlines are written as .geojson, or as a mask, .png", path);
      return FALSE;
    }
  if (!done)
    g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, failure->message);
  return done;
}
