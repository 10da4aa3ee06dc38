#pragma once

#include "service/export.h"

G_BEGIN_DECLS

/* What "explain" says about the file it writes. Strings are those of the option parser, to be freed by clear. */
typedef struct
{
  char *kind_text;
  char *view_text;
  char *window_text;
  gboolean overlay_only;
  gboolean hide_map;
  gboolean caption;
  gboolean no_captions;
  gboolean full_paths;
  gboolean dark;
  double width;
  double scale;
  double text_scale;
  double um_per_pixel;
  int rotate; /* degrees clockwise */
  gboolean mirror;

  /* parsed */
  WhyExportKind kind;
  WhyRect view;
  WhyGreyWindow window; /* width 0: the file's own */
} CliExport;

void cli_export_clear (CliExport *options);

/** cli_export_parse: @path: (nullable): the file to be written; errors are bad usage */
gboolean cli_export_parse (CliExport *options, const char *path, GError **error);

/** cli_export_show: shows @picture (nullable: there is none) through the window wanted; fails where it has no values */
gboolean cli_export_show (const CliExport *options, WhyPicture *picture, const char *path, GError **error);

/** cli_export_apply: puts the options into a description */
void cli_export_apply (const CliExport *options, WhyExport *what);

G_END_DECLS
