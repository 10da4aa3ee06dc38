#include "config.h"

#include "export-options.h"

#include "cli.h"

#include "base/error.h"

#include <math.h>

void
cli_export_clear (CliExport *options)
{
  g_free (options->kind_text);
  g_free (options->view_text);
  g_free (options->window_text);
}

static gboolean
check_number (const char *option, double value, double most, GError **error)
{
  if (value == 0 || (value > 0 && value <= most))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s takes a number above 0 and at most %g, not %g", option, most, value);
  return FALSE;
}

gboolean
cli_export_parse (CliExport *options, const char *path, GError **error)
{
  double view[4];
  double window[2];

  if (!why_export_kind_parse (options->kind_text, &options->kind, error))
    return FALSE;
  if (options->overlay_only && options->kind != WHY_EXPORT_AUTO && options->kind != WHY_EXPORT_OVERLAY)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--overlay-only and --kind %s contradict each other", options->kind_text);
      return FALSE;
    }
  if (options->overlay_only)
    options->kind = WHY_EXPORT_OVERLAY;
  if (options->caption && options->no_captions)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--caption and --no-captions contradict each other");
      return FALSE;
    }
  if (options->view_text != NULL)
    {
      if (!cli_parse_numbers (options->view_text, 4, view) || !(view[2] > 0) || !(view[3] > 0))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--view takes X,Y,WIDTH,HEIGHT in source pixels, not '%s'",
                       options->view_text);
          return FALSE;
        }
      options->view = (WhyRect) { view[0], view[1], view[2], view[3] };
    }
  if (options->window_text != NULL)
    {
      if (!cli_parse_numbers (options->window_text, 2, window) || !(window[0] > 0))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "--window takes WIDTH,LEVEL in values of the file, the width above 0, not '%s'",
                       options->window_text);
          return FALSE;
        }
      options->window = (WhyGreyWindow) { .width = window[0], .centre = window[1] };
    }
  if (options->rotate % 90 != 0 || options->rotate < 0 || options->rotate > 270)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--rotate takes 0, 90, 180 or 270 degrees, not %d",
                   options->rotate);
      return FALSE;
    }
  return check_number ("--width", options->width, 32767, error) && check_number ("--scale", options->scale, 32, error) &&
         check_number ("--text-scale", options->text_scale, 4, error) &&
         check_number ("--pixel-size", options->um_per_pixel, 1e9, error) &&
         (path == NULL || why_export_kind_resolve (path, &options->kind, error));
}

gboolean
cli_export_show (const CliExport *options, WhyPicture *picture, const char *path, GError **error)
{
  if (!(options->window.width > 0))
    return TRUE;
  if (picture != NULL && why_picture_has_window (picture))
    return why_picture_set_window (picture, options->window, error);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s: --window is for scans, volumes and pictures of more than 8 bits; this is shown as it is", path);
  return FALSE;
}

void
cli_export_apply (const CliExport *options, WhyExport *what)
{
  what->view = options->view;
  what->hide_map = options->hide_map;
  what->width = options->width;
  what->scale = options->scale;
  what->text_scale = options->text_scale;
  what->um_per_pixel = options->um_per_pixel;
  what->turn = why_turn_rotate (options->mirror ? why_turn_flip (0) : 0, options->rotate / 90);
  what->full_paths = options->full_paths;
  what->theme = options->dark ? WHY_THEME_DARK : WHY_THEME_LIGHT;
  what->text = options->caption       ? WHY_EXPORT_TEXT_CAPTION
               : options->no_captions ? WHY_EXPORT_TEXT_NONE
                                      : WHY_EXPORT_TEXT_LINES;
}
