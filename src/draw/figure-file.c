#include "config.h"

#include "draw/figure.h"

#include <math.h>
#include <string.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include "base/error.h"

#include "figure-private.h"

/* Pixels to a unit for the pictures inside vector files. */
#define VECTOR_DEVICE_SCALE 1.5

static cairo_status_t
append_bytes (void *data, const unsigned char *bytes, unsigned int length)
{
  GByteArray *out = data;

  if (length > G_MAXINT - out->len)
    return CAIRO_STATUS_WRITE_ERROR;
  g_byte_array_append (out, bytes, length);
  return CAIRO_STATUS_SUCCESS;
}

static const char *
find_text (const WhyTextEntry *texts, gsize n_texts, const char *key)
{
  for (gsize text = 0; text < n_texts; text++)
    {
      if (g_ascii_strcasecmp (texts[text].key, key) == 0)
        return texts[text].text;
    }
  return NULL;
}

static gboolean
write_bytes (const char *path, const GByteArray *out, const WhyCancel *cancel, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!why_cancel_check (cancel, error))
    return FALSE;
  if (g_file_set_contents_full (path, (const char *) out->data, (gssize) out->len,
                                G_FILE_SET_CONTENTS_CONSISTENT, 0666, &local))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, local->message);
  return FALSE;
}

static gboolean
check_status (cairo_status_t status, const char *path, GError **error)
{
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, WHY_ERROR,
               status == CAIRO_STATUS_NO_MEMORY ? WHY_ERROR_TOO_LARGE : WHY_ERROR_FAILED,
               "%s: the figure cannot be drawn: %s", path, cairo_status_to_string (status));
  return FALSE;
}

/* Checks the size in pixels before anything is allocated. */
static gboolean
check_pixels (double width, double height, const char *path, GError **error)
{
  if (width >= 1 && height >= 1 && width <= WHY_MAX_SURFACE && height <= WHY_MAX_SURFACE)
    return TRUE;
  g_set_error (
    error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
    "%s: a figure of %.0f x %.0f pixels is asked for, at most %d on a side can be written; "
    "choose a smaller width, or PDF or SVG",
    path, width, height, WHY_MAX_SURFACE);
  return FALSE;
}

static gboolean
write_surface (cairo_surface_t *surface, const char *path, gboolean with_alpha,
               const WhyTextEntry *texts, gsize n_texts, const WhyCancel *cancel, GError **error)
{
  if (!check_status (cairo_surface_status (surface), path, error))
    return FALSE;
  cairo_surface_flush (surface);
  return why_png_write (path,
                        (const guint32 *) (gconstpointer) cairo_image_surface_get_data (surface),
                        cairo_image_surface_get_width (surface),
                        cairo_image_surface_get_height (surface),
                        (gsize) cairo_image_surface_get_stride (surface), with_alpha, texts,
                        n_texts, cancel, error);
}

static gboolean
write_png (const WhyDrawing *drawing, double scale, const char *path, const WhyTextEntry *texts,
           gsize n_texts, const WhyCancel *cancel, GError **error)
{
  double width, height;
  gboolean ok;

  if (!why_drawing_measure (drawing, &width, &height, error) ||
      !check_pixels (ceil (width * scale), ceil (height * scale), path, error))
    return FALSE;

  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24,
                                                         (int) ceil (width * scale),
                                                         (int) ceil (height * scale));
  cairo_t *cr = cairo_create (surface);
  cairo_scale (cr, scale, scale);
  ok = why_drawing_draw (cr, drawing, scale, error) &&
       check_status (cairo_status (cr), path, error) && why_cancel_check (cancel, error);
  cairo_destroy (cr);
  ok = ok && write_surface (surface, path, FALSE, texts, n_texts, cancel, error);
  cairo_surface_destroy (surface);
  return ok;
}

static void
set_pdf_metadata (cairo_surface_t *surface, const WhyTextEntry *texts, gsize n_texts)
{
  static const struct
  {
    const char *key;
    cairo_pdf_metadata_t field;
  } fields[] = {
    { "Title", CAIRO_PDF_METADATA_TITLE },
    { "Author", CAIRO_PDF_METADATA_AUTHOR },
    { "Comment", CAIRO_PDF_METADATA_SUBJECT },
    { "whylight:recipe", CAIRO_PDF_METADATA_KEYWORDS },
  };

  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATOR, "Whylight " WHY_VERSION);
  for (gsize field = 0; field < G_N_ELEMENTS (fields); field++)
    {
      const char *text = find_text (texts, n_texts, fields[field].key);

      if (text != NULL)
        cairo_pdf_surface_set_metadata (surface, fields[field].field, text);
    }
}

/* Characters that XML cannot hold, not even escaped, become spaces. */
static char *
xml_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (char *at = valid; *at != '\0'; at++)
    {
      if ((guchar) *at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r')
        *at = ' ';
    }
  return g_markup_escape_text (valid, -1);
}

/* cairo writes no metadata into an SVG: it goes behind the opening tag. */
static void
insert_svg_metadata (GByteArray *out, const WhyTextEntry *texts, gsize n_texts)
{
  g_autoptr (GString) added = g_string_new (NULL);
  const char *title = find_text (texts, n_texts, "Title");
  const char *tag = g_strstr_len ((const char *) out->data, out->len, "<svg");
  const char *end = tag != NULL
                      ? memchr (tag, '>', out->len - (gsize) (tag - (const char *) out->data))
                      : NULL;

  if (end == NULL || n_texts == 0)
    return;
  if (title != NULL)
    {
      g_autofree char *escaped = xml_text (title);
      g_string_append_printf (added, "\n<title>%s</title>", escaped);
    }
  g_string_append (added, "\n<metadata>\n");
  for (gsize text = 0; text < n_texts; text++)
    {
      g_autofree char *key = xml_text (texts[text].key);
      g_autofree char *value = xml_text (texts[text].text);

      g_string_append_printf (added, "<text xmlns=\"urn:whylight:figure\" key=\"%s\">%s</text>\n",
                              key, value);
    }
  g_string_append (added, "</metadata>");

  gsize head = (gsize) (end + 1 - (const char *) out->data);
  g_autoptr (GByteArray) tail = g_byte_array_new ();
  g_byte_array_append (tail, out->data + head, (guint) (out->len - head));
  g_byte_array_set_size (out, (guint) head);
  g_byte_array_append (out, (const guint8 *) added->str, (guint) added->len);
  g_byte_array_append (out, tail->data, tail->len);
}

static gboolean
write_vector (const WhyDrawing *drawing, gboolean pdf, const char *path, const WhyTextEntry *texts,
              gsize n_texts, const WhyCancel *cancel, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  cairo_surface_t *surface;
  double width, height;
  gboolean ok;

  if (!why_drawing_measure (drawing, &width, &height, error))
    return FALSE;
  if (pdf)
    {
      surface = cairo_pdf_surface_create_for_stream (append_bytes, out, width, height);
      set_pdf_metadata (surface, texts, n_texts);
    }
  else
    {
      surface = cairo_svg_surface_create_for_stream (append_bytes, out, width, height);
      cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
    }
  cairo_t *cr = cairo_create (surface);
  ok = why_drawing_draw (cr, drawing, VECTOR_DEVICE_SCALE, error) &&
       why_cancel_check (cancel, error);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  ok = ok && check_status (cairo_surface_status (surface), path, error);
  cairo_surface_destroy (surface);
  if (!ok)
    return FALSE;
  if (!pdf)
    insert_svg_metadata (out, texts, n_texts);
  return write_bytes (path, out, cancel, error);
}

gboolean
why_drawing_write (const WhyDrawing *drawing, double scale, const char *path, const WhyTextEntry *texts,
                   gsize n_texts, const WhyCancel *cancel, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (!why_cancel_check (cancel, error))
    return FALSE;
  if (g_str_has_suffix (lower, ".png"))
    {
      scale = scale == 0 ? 1 : scale;
      if (isfinite (scale) && scale > 0)
        return write_png (drawing, scale, path, texts, n_texts, cancel, error);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: a figure cannot be drawn at scale %g", path, scale);
      return FALSE;
    }
  if (g_str_has_suffix (lower, ".pdf") || g_str_has_suffix (lower, ".svg"))
    return write_vector (drawing, g_str_has_suffix (lower, ".pdf"), path, texts, n_texts, cancel,
                         error);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s: a figure is written as .png, .svg or .pdf; give the file one of these endings",
               path);
  return FALSE;
}

gboolean
why_figure_write (const WhyFigure *figure, const char *path, const WhyTextEntry *texts,
                  gsize n_texts, const WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (figure != NULL && path != NULL && (texts != NULL || n_texts == 0), FALSE);

  return why_drawing_write (&(WhyDrawing){ .figure = figure }, figure->scale, path, texts, n_texts,
                        cancel, error);
}

gboolean
why_grid_write (const WhyGrid *grid, const char *path, const WhyTextEntry *texts, gsize n_texts,
                const WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (grid != NULL && path != NULL && (texts != NULL || n_texts == 0), FALSE);

  return why_drawing_write (&(WhyDrawing){ .grid = grid }, grid->scale, path, texts, n_texts, cancel,
                        error);
}

gboolean
why_seen_write (const WhySeen *seen, const char *path, const WhyTextEntry *texts, gsize n_texts,
                const WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (seen != NULL && path != NULL && (texts != NULL || n_texts == 0), FALSE);

  return why_drawing_write (&(WhyDrawing){ .seen = seen }, seen->scale, path, texts, n_texts, cancel, error);
}

gboolean
why_figure_write_overlay (const WhyPanel *panel, int width, const char *path,
                          const WhyTextEntry *texts, gsize n_texts, const WhyCancel *cancel,
                          GError **error)
{
  WhyRect view;
  double pixels_across, pixels_down;

  g_return_val_if_fail (panel != NULL && path != NULL && (texts != NULL || n_texts == 0), FALSE);

  if (!why_panel_resolve (panel, &view, error))
    return FALSE;
  if (panel->map == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: there is no map to write", path);
      return FALSE;
    }
  pixels_across = width > 0 ? width : MAX (1, round (view.width));
  pixels_down = MAX (1, round (pixels_across * view.height / view.width));
  if (!check_pixels (pixels_across, pixels_down, path, error) || !why_cancel_check (cancel, error))
    return FALSE;

  cairo_surface_t *surface = why_panel_render_overlay (panel, &view, (int) pixels_across,
                                                       (int) pixels_down);
  gboolean ok = write_surface (surface, path, TRUE, texts, n_texts, cancel, error);
  cairo_surface_destroy (surface);
  return ok;
}
