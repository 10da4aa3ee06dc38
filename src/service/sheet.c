#include "config.h"

#include "service/sheet.h"

#include "document-compare.h"
#include "export-private.h"
#include "service/export.h"
#include "service/json.h"

#include <glib/gi18n-lib.h>
#include <math.h>

typedef struct
{
  WhyTensor *values; /* nullable: nothing to draw */
  WhyOverlayMap map;
  WhyOverlayStyle style;
  char *heading;
  char *note;
  char *command;
} Cell;

struct _WhySheet
{
  WhyTensor *picture;
  GPtrArray *cells;  /* of Cell */
  GArray *outlines;  /* of WhyExportOutline, in pixels of the picture */
  WhyTurn turn;
  WhyPanel *panels;  /* point into the cells; filled up to whole rows */
  gsize n_rows, n_columns;
  char **row_headings; /* nullable */
  char **column_headings;
  char *title;
  char *subtitle;
  char **captions;
  gboolean shared_limits;
};

static void
cell_free (gpointer data)
{
  Cell *cell = data;

  g_clear_pointer (&cell->values, why_tensor_unref);
  g_free (cell->heading);
  g_free (cell->note);
  g_free (cell->command);
  g_free (cell);
}

void
why_sheet_free (WhySheet *sheet)
{
  g_clear_pointer (&sheet->picture, why_tensor_unref);
  g_ptr_array_unref (sheet->cells);
  g_clear_pointer (&sheet->outlines, g_array_unref);
  g_free (sheet->panels);
  g_strfreev (sheet->row_headings);
  g_strfreev (sheet->column_headings);
  g_free (sheet->title);
  g_free (sheet->subtitle);
  g_strfreev (sheet->captions);
  g_free (sheet);
}

/* ---- cells ---- */

static char *
make_command (WhyDocument *self, WhyModel *model, WhyResult *result, const WhyOverlayStyle *style)
{
  const WhyExport what = {
    .model = model,
    .input_path = self->picture->path,
    .picture = why_document_get_covered_picture (self),
    .source = self->picture,
    .result = result,
    .style = *style,
    .um_per_pixel = why_document_get_um_per_pixel (self),
    .turn = why_document_get_turn (self),
  };

  return why_export_command_names (&what);
}

/* @variant: (nullable): the main map */
static Cell *
make_cell (WhyDocument *self, WhyVariant *variant, const char *letter, gboolean titled, const WhyAffine *to_pixels)
{
  Cell *cell = g_new0 (Cell, 1);
  const char *title = variant != NULL ? why_variant_get_title (variant) : why_document_get_main_title (self);
  WhyMap *map = variant != NULL ? why_variant_get_map (variant) : why_document_get_map (self);

  if (titled)
    cell->heading = letter != NULL ? g_strdup_printf ("%s: %s", letter, title) : g_strdup (title);
  cell->note = g_strdup (variant != NULL ? why_variant_get_reason (variant) : NULL);
  if (map == NULL || !why_document_get_pane_overlay (self, variant, &cell->map, &cell->style))
    return cell;
  cell->values = why_tensor_ref (map->values);
  cell->map.to_source = why_affine_compose (&cell->map.to_source, to_pixels);
  cell->command = make_command (self, variant != NULL ? why_variant_get_model (variant) : self->model,
                                variant != NULL ? why_variant_get_result (variant) : self->result, &cell->style);
  return cell;
}

static Cell *
make_difference (WhyDocument *self, const WhyAffine *to_pixels)
{
  Cell *cell = g_new0 (Cell, 1);

  cell->heading = g_strdup (_ ("A − B"));
  if (why_document_get_difference_overlay (self, &cell->map, &cell->style))
    cell->values = why_tensor_ref (why_document_get_difference (self)->values);
  cell->map.to_source = why_affine_compose (&cell->map.to_source, to_pixels);
  return cell;
}

static void
add_cells (WhyDocument *self, WhySheet *sheet, const WhyAffine *to_pixels)
{
  static const char *const letters[] = { "A", "B", "C", "D" };
  GListModel *variants = why_document_get_variants (self);
  const WhyCompareMode mode = why_document_get_compare_mode (self);
  const gboolean grid = mode == WHY_COMPARE_GRID;

  if (!grid)
    g_ptr_array_add (sheet->cells, make_cell (self, NULL, letters[0], TRUE, to_pixels));
  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      g_ptr_array_add (sheet->cells, make_cell (self, variant, grid || place > 2 ? NULL : letters[place + 1],
                                                sheet->row_headings == NULL, to_pixels));
    }
  if (mode == WHY_COMPARE_DIFFERENCE)
    g_ptr_array_add (sheet->cells, make_difference (self, to_pixels));
}

/* ---- around them ---- */

static char **
make_headings (WhyDocument *self, WhyDimension dimension, const char *const *values)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (; *values != NULL; values++)
    {
      g_autofree char *title = why_document_dup_value_title (self, dimension, *values);
      g_strv_builder_add (builder, title);
    }
  return g_strv_builder_end (builder);
}

static void
lay_out (WhyDocument *self, WhySheet *sheet)
{
  WhyDimension row_dimension;
  WhyDimension column_dimension;
  const char *const *rows;
  const char *const *columns;
  const guint n_columns = why_document_get_grid (self, &row_dimension, &rows, &column_dimension, &columns);

  if (why_document_get_compare_mode (self) == WHY_COMPARE_GRID && n_columns > 0)
    {
      sheet->row_headings = make_headings (self, row_dimension, rows);
      sheet->column_headings = make_headings (self, column_dimension, columns);
      sheet->n_columns = n_columns;
    }
}

static char **
make_captions (WhyDocument *self)
{
  const WhyDifference *difference = why_document_get_difference (self);
  g_autofree char *name = g_filename_display_basename (self->picture->path);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *what = g_strdup_printf (_ ("Picture %1$s, model %2$s (%3$s)"), name, why_model_get_title (self->model),
                                           why_model_get_summary (self->model));

  g_strv_builder_add (builder, what);
  g_strv_builder_add (builder, why_document_get_shared_limits (self) ? _ ("All maps have the same scale")
                               : g_strcmp0 (why_document_get_limits (self), "locked") == 0
                                 ? _ ("All maps have the same, locked scale")
                                 : _ ("Each map has a scale of its own: their colours cannot be compared"));
  if (difference != NULL && why_document_get_compare_mode (self) == WHY_COMPARE_DIFFERENCE)
    {
      g_autofree char *numbers =
        g_strdup_printf (_ ("A − B: each map divided by its greatest magnitude, the coarser one interpolated linearly. Rank "
                            "correlation (Spearman) %1$.3f, correlation (Pearson) %2$.3f, same sign in %3$.1f%% of the cells"),
                         difference->spearman, difference->pearson, difference->sign_agreement * 100);
      g_strv_builder_add (builder, numbers);
    }
  if (*why_model_get_assumed_text (self->model) != '\0')
    {
      g_autofree char *assumed = g_strdup_printf (_ ("Assumed, as the model does not say: %s"), why_model_get_assumed_text (self->model));
      g_strv_builder_add (builder, assumed);
    }
  return g_strv_builder_end (builder);
}

static void
make_panels (WhySheet *sheet)
{
  const gsize n = sheet->cells->len;

  if (sheet->n_columns == 0)
    sheet->n_columns = n <= 3 ? MAX (n, 1) : (gsize) ceil (sqrt ((double) n));
  sheet->n_rows = (n + sheet->n_columns - 1) / sheet->n_columns;
  sheet->panels = g_new0 (WhyPanel, MAX (sheet->n_rows * sheet->n_columns, 1));
  for (gsize place = 0; place < n; place++)
    {
      const Cell *cell = g_ptr_array_index (sheet->cells, place);
      sheet->panels[place] = (WhyPanel) {
        .picture = sheet->picture,
        .map = cell->values != NULL ? &cell->map : NULL,
        .style = cell->values != NULL ? &cell->style : NULL,
        .heading = cell->heading,
        .note = cell->note,
      };
    }
}

WhySheet *
why_sheet_new (WhyDocument *document)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (document), NULL);
  if (why_document_get_compare_mode (document) == WHY_COMPARE_SINGLE || document->picture == NULL || document->model == NULL)
    return NULL;

  g_autoptr (WhySheet) sheet = g_new0 (WhySheet, 1);
  gboolean any = FALSE;
  sheet->cells = g_ptr_array_new_with_free_func (cell_free);
  WhyAffine to_pixels;
  sheet->picture = why_tensor_ref (why_document_get_frame_picture (document, &to_pixels));
  sheet->turn = why_document_get_turn (document);
  lay_out (document, sheet);
  add_cells (document, sheet, &to_pixels);
  for (guint place = 0; place < sheet->cells->len; place++)
    any = any || ((const Cell *) g_ptr_array_index (sheet->cells, place))->values != NULL;
  if (!any)
    return NULL;
  make_panels (sheet);
  g_autoptr (GArray) outlines = why_document_dup_outlines (document);
  sheet->outlines = why_export_outlines_move (outlines, &to_pixels);
  sheet->title = g_filename_display_basename (document->picture->path);
  sheet->subtitle = g_strdup (why_document_get_common_title (document));
  sheet->captions = make_captions (document);
  /* The difference has a scale of its own in any case. */
  sheet->shared_limits = why_document_get_shared_limits (document) &&
                         why_document_get_compare_mode (document) != WHY_COMPARE_DIFFERENCE;
  return g_steal_pointer (&sheet);
}

gsize
why_sheet_get_n_panels (const WhySheet *sheet)
{
  return sheet->cells->len;
}

gsize
why_sheet_get_n_columns (const WhySheet *sheet)
{
  return sheet->n_columns;
}

const WhyPanel *
why_sheet_get_panel (const WhySheet *sheet, gsize place)
{
  g_return_val_if_fail (place < sheet->cells->len, NULL);
  return &sheet->panels[place];
}

/* ---- writing ---- */

static char *
make_recipe (const WhySheet *sheet)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_string (builder, "program", "whylight");
  why_json_add_string (builder, "version", WHY_VERSION);
  json_builder_set_member_name (builder, "maps");
  json_builder_begin_array (builder);
  for (guint place = 0; place < sheet->cells->len; place++)
    {
      const Cell *cell = g_ptr_array_index (sheet->cells, place);
      const gsize row = place / sheet->n_columns;
      const gsize column = place % sheet->n_columns;
      g_autofree char *title = cell->heading != NULL ? g_strdup (cell->heading)
                                                     : g_strdup_printf ("%s · %s", sheet->row_headings[row],
                                                                        sheet->column_headings[column]);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "title", title);
      why_json_add_string (builder, "command", cell->command);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return why_json_finish (builder);
}

/* @panels, @maps: of all places, turned like the document. Returns: (nullable): the picture that they borrow. In the thread
 * that writes: a large picture takes its time. */
static WhyTensor *
turn_panels (const WhySheet *sheet, WhyPanel *panels, WhyOverlayMap *maps)
{
  if (sheet->turn == 0)
    return NULL;
  const double width = (double) sheet->picture->dims[1], height = (double) sheet->picture->dims[0];
  WhyTensor *turned = why_turn_tensor (sheet->turn, sheet->picture);
  for (guint place = 0; place < sheet->cells->len; place++)
    {
      maps[place] = ((const Cell *) g_ptr_array_index (sheet->cells, place))->map;
      why_export_turn_map (sheet->turn, width, height, &maps[place]);
      panels[place].picture = turned;
      panels[place].map = panels[place].map != NULL ? &maps[place] : NULL;
    }
  return turned;
}

gboolean
why_sheet_write (const WhySheet *sheet, const char *path, WhyTheme theme, const WhyCancel *cancel, GError **error)
{
  g_autofree char *recipe = make_recipe (sheet);
  g_autofree char *author = g_strdup_printf ("Whylight %s", WHY_VERSION);
  const WhyTextEntry texts[] = {
    { "Title", sheet->title },
    { "Software", author },
    { "Author", author },
    { "whylight:recipe", recipe },
  };
  /* Only now, as following the edge of a mask takes its time. */
  const WhyExport what = { .picture = sheet->picture, .outlines = sheet->outlines, .turn = sheet->turn };
  g_auto (WhyExportOutlines) outlines = { 0 };
  if (!why_export_outlines_init (&outlines, &what, cancel, error))
    return FALSE;
  const gsize n_places = MAX (sheet->n_rows * sheet->n_columns, 1);
  g_autofree WhyPanel *panels = g_memdup2 (sheet->panels, n_places * sizeof *panels);
  g_autofree WhyOverlayMap *maps = g_new0 (WhyOverlayMap, n_places);
  g_autoptr (WhyTensor) turned G_GNUC_UNUSED = turn_panels (sheet, panels, maps);
  for (guint place = 0; place < sheet->cells->len; place++)
    {
      panels[place].outlines = outlines.panel;
      panels[place].n_outlines = outlines.n;
    }
  const WhyGrid grid = {
    .panels = panels,
    .n_rows = sheet->n_rows,
    .n_columns = sheet->n_columns,
    .row_headings = (const char *const *) sheet->row_headings,
    .column_headings = (const char *const *) sheet->column_headings,
    .title = sheet->title,
    .subtitle = sheet->subtitle,
    .captions = (const char *const *) sheet->captions,
    .shared_limits = sheet->shared_limits,
    .theme = theme,
    .width = MAX (1600.0, 330.0 * (double) sheet->n_columns),
  };

  return why_grid_write (&grid, path, texts, G_N_ELEMENTS (texts), cancel, error);
}
