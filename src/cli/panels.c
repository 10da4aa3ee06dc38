#include "config.h"

#include "panels.h"

#include "base/error.h"

/* ---- the run ---- */

gboolean
cli_job_open (CliJob *job, const CliCommon *common, const char *model_path, const char *input_path, GError **error)
{
  const WhySessionOptions options = { .backend = common->backend };

  job->to_source = why_affine_identity ();
  job->model = why_model_load (model_path, common->recipe, error);
  if (job->model == NULL || !cli_check_explainable (job->model, error) ||
      !cli_input_load (input_path, common, job->model, &job->input, error))
    return FALSE;
  job->session = why_session_new (why_model_get_onnx (job->model), &options, error);
  job->prepared = job->session != NULL ? cli_input_prepare (&job->input, job->model, error) : NULL;
  if (job->prepared == NULL)
    return FALSE;
  job->job = (WhyJob) { .session = job->session, .input = job->prepared };
  const WhyPicture *picture = job->input.picture;
  gint64 width, height;
  WhyAffine to_source;
  if (picture == NULL || picture->is_volume)
    return TRUE;
  why_picture_get_shown (picture, &job->input.roi, &width, &height, &to_source);
  if (!why_recipe_get_affine (why_model_get_recipe (job->model), width, height, &job->to_source, error))
    return FALSE;
  /* Of a slide the region alone is drawn. */
  if (picture->slide == NULL)
    job->to_source = why_affine_compose (&job->to_source, &to_source);
  return TRUE;
}

void
cli_job_clear (CliJob *job)
{
  g_clear_pointer (&job->prepared, why_tensor_unref);
  g_clear_pointer (&job->session, why_session_free);
  cli_input_clear (&job->input);
  g_clear_object (&job->model);
}

/* ---- the figure ---- */

typedef struct
{
  WhyTensor *picture;
  WhyTensor *values;
  WhyOverlayMap map;
  WhyOverlayStyle style;
  char *heading;
  char *note;
} Entry;

struct _CliPanels
{
  const CliJob *job;
  GPtrArray *entries; /* of Entry, owned */
  const char *const *rows;
  const char *const *columns;
  double width; /* 0: by the number of columns */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->picture, why_tensor_unref);
  g_clear_pointer (&entry->values, why_tensor_unref);
  g_free (entry->heading);
  g_free (entry->note);
  g_free (entry);
}

/* Tensors that are prepared already have none, and maps of volumes are not flat. */
static WhyTensor *
shown_picture (const CliJob *job)
{
  const WhyPicture *picture = job->input.picture;

  if (picture == NULL || picture->is_volume)
    return NULL;
  if (picture->slide == NULL)
    return picture->display;
  return picture->pixels->dtype == WHY_DTYPE_UINT8 ? picture->pixels : NULL;
}

CliPanels *
cli_panels_new (const CliJob *job)
{
  CliPanels *panels = g_new0 (CliPanels, 1);

  panels->job = job;
  panels->entries = g_ptr_array_new_with_free_func (entry_free);
  return panels;
}

void
cli_panels_free (CliPanels *panels)
{
  g_ptr_array_unref (panels->entries);
  g_free (panels);
}

void
cli_panels_add_on (CliPanels *panels, WhyTensor *picture, WhyTensor *values, const WhyAffine *to_source,
                   gboolean is_signed, const char *heading, const char *note)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->picture = picture != NULL ? why_tensor_ref (picture) : NULL;
  if (values != NULL)
    {
      entry->values = why_tensor_ref (values);
      entry->map = (WhyOverlayMap) {
        .values = values->data,
        .width = (int) values->dims[1],
        .height = (int) values->dims[0],
        .to_source = *to_source,
        .source_width = picture != NULL ? (double) picture->dims[1] : 0,
        .source_height = picture != NULL ? (double) picture->dims[0] : 0,
      };
    }
  why_overlay_style_init (&entry->style, is_signed);
  entry->heading = g_strdup (heading);
  entry->note = g_strdup (note);
  g_ptr_array_add (panels->entries, entry);
}

void
cli_panels_set_headings (CliPanels *panels, const char *const *rows, const char *const *columns)
{
  panels->rows = rows;
  panels->columns = columns;
}

void
cli_panels_turn (CliPanels *panels, gsize n_rows)
{
  const gsize n = panels->entries->len, n_columns = n_rows > 0 ? n / n_rows : 0;
  g_autofree gpointer *old = n > 0 ? g_memdup2 (panels->entries->pdata, n * sizeof (gpointer)) : NULL;

  g_return_if_fail (n_columns * n_rows == n);
  for (gsize column = 0; column < n_columns; column++)
    for (gsize row = 0; row < n_rows; row++)
      panels->entries->pdata[row * n_columns + column] = old[column * n_rows + row];
}

void
cli_panels_set_width (CliPanels *panels, double width)
{
  panels->width = width;
}

gboolean
cli_panels_add (CliPanels *panels, WhyTensor *values, const WhyAffine *to_input, gboolean is_signed, const char *heading,
                const char *note, GError **error)
{
  const WhyTensor *input = panels->job->prepared;

  if (values->rank != 2)
    {
      g_autofree char *dims = why_dims_to_string (values->rank, values->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "A figure needs maps with two dimensions; this one is %s", dims);
      return FALSE;
    }
  const WhyAffine all = why_affine_scale_translate ((double) input->dims[input->rank - 1] / (double) values->dims[1],
                                                    (double) input->dims[input->rank - 2] / (double) values->dims[0], 0, 0);
  const WhyAffine to_source = why_affine_compose (to_input != NULL ? to_input : &all, &panels->job->to_source);
  cli_panels_add_on (panels, shown_picture (panels->job), values, &to_source, is_signed, heading, note);
  return TRUE;
}

gboolean
cli_panels_write (CliPanels *panels, gsize n_columns, const char *title, const char *subtitle, const char *const *captions,
                  const char *path, GError **error)
{
  const gsize n = panels->entries->len;
  const gsize columns = CLAMP (n_columns, 1, MAX (n, 1));
  const gsize rows = (n + columns - 1) / columns;
  g_autofree WhyPanel *cells = g_new0 (WhyPanel, MAX (rows * columns, 1));
  g_autofree char *author = g_strdup_printf ("Whylight %s", WHY_VERSION);
  const WhyTextEntry texts[] = { { "Title", title }, { "Software", author }, { "Author", author } };

  for (gsize place = 0; place < n; place++)
    {
      const Entry *entry = g_ptr_array_index (panels->entries, place);
      cells[place] = (WhyPanel) {
        .picture = entry->picture,
        .map = entry->values != NULL ? &entry->map : NULL,
        .style = &entry->style,
        .heading = entry->heading,
        .note = entry->note,
      };
    }
  const WhyGrid grid = {
    .panels = cells,
    .n_rows = rows,
    .n_columns = columns,
    .row_headings = panels->rows,
    .column_headings = panels->columns,
    .title = title,
    .subtitle = subtitle,
    .captions = captions,
    .theme = WHY_THEME_LIGHT,
    .width = panels->width > 0 ? panels->width : MAX (1600.0, 330.0 * (double) columns),
  };
  return why_grid_write (&grid, path, texts, G_N_ELEMENTS (texts), NULL, error);
}

gboolean
cli_check_figure_name (const char *path, GError **error)
{
  if (path == NULL || g_str_has_suffix (path, ".png") || g_str_has_suffix (path, ".svg") || g_str_has_suffix (path, ".pdf"))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: a figure's name ends in .png, .svg or .pdf", path);
  return FALSE;
}
