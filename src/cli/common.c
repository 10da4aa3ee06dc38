#include "config.h"

#include "cli.h"

#include "base/error.h"
#include "base/npy.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* ---- options ---- */

void
cli_common_clear (CliCommon *common)
{
  g_clear_pointer (&common->backend_name, g_free);
  g_clear_pointer (&common->recipe, g_free);
  g_clear_pointer (&common->roi_text, g_free);
}

static gboolean
apply_common (CliCommon *common)
{
  g_autoptr (GError) error = NULL;

  common->backend = WHY_BACKEND_AUTO;
  if (common->backend_name != NULL && !why_backend_parse (common->backend_name, &common->backend, &error))
    {
      cli_fail (CLI_BAD_USAGE, error);
      return FALSE;
    }
  if (common->n_threads < 0 || common->n_threads > 1024)
    {
      cli_fail_text (CLI_BAD_USAGE, "--threads takes a number from 1 to 1024, or 0 for all cores");
      return FALSE;
    }
  if (common->roi_text != NULL && !why_roi_parse (common->roi_text, &common->roi, &error))
    {
      cli_fail_text (CLI_BAD_USAGE, "--roi: %s", error->message);
      return FALSE;
    }
  why_parallel_set_threads (common->n_threads);
  return TRUE;
}

gboolean
cli_parse (const CliCommand *command, const GOptionEntry *entries, CliCommon *common, int n_min, int n_max, int *argc,
           char ***argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (command->arguments);

  g_option_context_set_summary (context, command->summary);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  if (common != NULL)
    {
      const GOptionEntry common_entries[] = {
        { "backend", 0, 0, G_OPTION_ARG_STRING, &common->backend_name, "What computes: auto, onednn, reference", "NAME" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &common->n_threads, "Number of threads (0: all cores)", "N" },
        { NULL },
      };
      const GOptionEntry recipe_entries[] = {
        { "recipe", 0, 0, G_OPTION_ARG_FILENAME, &common->recipe, "How to prepare the picture, instead of the model's own", "FILE" },
        { "roi", 0, 0, G_OPTION_ARG_STRING, &common->roi_text,
          "Show the network this part of the picture or slide, in pixels of it", "X,Y,W,H" },
        { NULL },
      };
      g_option_context_add_main_entries (context, common_entries, NULL);
      if (!common->without_recipe)
        g_option_context_add_main_entries (context, recipe_entries, NULL);
    }
  g_autofree char *program = g_strdup_printf ("whylight-cli %s", command->name);
  g_set_prgname (program);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      cli_fail_text (CLI_BAD_USAGE, "%s; see %s --help", error->message, program);
      return FALSE;
    }

  /* "--" stays where it was. */
  if (*argc > 1 && strcmp ((*argv)[1], "--") == 0)
    {
      (*argv)++;
      (*argc)--;
    }
  const int n_arguments = *argc - 1;
  if (n_arguments < n_min || (n_max >= 0 && n_arguments > n_max))
    {
      cli_fail_text (CLI_BAD_USAGE, "wrong number of arguments: %s %s", program, command->arguments);
      return FALSE;
    }
  return common == NULL || apply_common (common);
}

gboolean
cli_parse_numbers (const char *text, int n, double *numbers)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  if (g_strv_length (parts) != (guint) n)
    return FALSE;
  for (int part = 0; part < n; part++)
    {
      char *end = NULL;
      const char *stripped = g_strstrip (parts[part]);
      numbers[part] = g_ascii_strtod (stripped, &end);
      if (end == stripped || *end != '\0' || !isfinite (numbers[part]))
        return FALSE;
    }
  return TRUE;
}

static void
output_free (gpointer data)
{
  CliOutput *output = data;

  g_free (output->name);
  g_free (output->path);
  g_free (output);
}

GPtrArray *
cli_parse_outputs (const char *option, char **texts)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func (output_free);

  for (char **text = texts; text != NULL && *text != NULL; text++)
    {
      const char *equals = strrchr (*text, '='); /* tensor names may hold "=", so the last one counts */
      if (equals == NULL || equals == *text || equals[1] == '\0')
        {
          cli_fail_text (CLI_BAD_USAGE, "%s takes NAME=FILE.npy, not '%s'", option, *text);
          return NULL;
        }
      CliOutput *output = g_new0 (CliOutput, 1);
      output->name = g_strndup (*text, equals - *text);
      output->path = g_strdup (equals + 1);
      g_ptr_array_add (outputs, output);
    }
  return g_steal_pointer (&outputs);
}

gboolean
cli_check_top (int n_top)
{
  if (n_top >= 1)
    return TRUE;
  cli_fail_text (CLI_BAD_USAGE, "--top takes a number from 1, not %d", n_top);
  return FALSE;
}

static void
print_line (const char *text)
{
  g_autofree char *line = g_strdup (text);

  /* Lists of nodes come on lines of their own; here everything is one line. */
  g_strdelimit (g_strchomp (line), "\n\r", ' ');
  g_printerr ("whylight-cli: %s\n", line);
}

int
cli_fail (int status, const GError *error)
{
  print_line (error != NULL ? error->message : "failed without saying why");
  return status;
}

int
cli_fail_text (int status, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  print_line (text);
  return status;
}

/* ---- inputs ---- */

void
cli_input_clear (CliInput *input)
{
  g_clear_pointer (&input->path, g_free);
  g_clear_pointer (&input->pixels, why_tensor_unref);
  g_clear_pointer (&input->picture, why_picture_free);
  g_clear_pointer (&input->tensor, why_tensor_unref);
}

static gboolean
is_tensor_file (const char *path)
{
  return g_str_has_suffix (path, ".npy") || g_str_has_suffix (path, ".pb");
}

static WhyTensor *
read_tensor (const char *path, GError **error)
{
  return g_str_has_suffix (path, ".pb") ? why_onnx_tensor_load (path, error) : why_npy_read (path, error);
}

WhyModel *
cli_model_load_for (const char *path, const char *recipe, const char *input_path, GError **error)
{
  /* What cannot be read is told of by cli_input_load(). */
  g_autoptr (WhyTensor) prepared = is_tensor_file (input_path) ? read_tensor (input_path, NULL) : NULL;
  return why_model_load_for (path, recipe, prepared, error);
}

static gboolean
check_shape (const char *path, WhyModel *model, const WhyTensor *tensor, GError **error)
{
  const WhyOnnxGraph *graph = why_model_get_onnx (model)->graph;
  const WhyOnnxValueInfo *info = graph->n_inputs > 0 ? &graph->inputs[0] : NULL;
  gboolean fits = info == NULL || info->rank < 0 || info->rank == tensor->rank;

  for (int axis = 0; info != NULL && info->rank >= 0 && fits && axis < tensor->rank; axis++)
    fits = info->dims[axis] < 0 || info->dims[axis] == tensor->dims[axis];
  if (fits)
    return TRUE;

  g_autofree char *found = why_dims_to_string (tensor->rank, tensor->dims);
  g_autoptr (GString) wanted = g_string_new (NULL);
  for (int axis = 0; axis < info->rank; axis++)
    {
      g_string_append (wanted, axis > 0 ? "x" : "");
      if (info->dims[axis] >= 0)
        g_string_append_printf (wanted, "%" G_GINT64_FORMAT, info->dims[axis]);
      else
        g_string_append (wanted, info->dim_params[axis] != NULL ? info->dim_params[axis] : "?");
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "%s: the tensor is %s, but input '%s' of %s is %s", path, found, info->name,
               why_model_get_path (model), wanted->str);
  return FALSE;
}

static gboolean
load_tensor (const char *path, WhyModel *model, CliInput *input, GError **error)
{
  const WhyOnnxGraph *graph = why_model_get_onnx (model)->graph;
  g_autoptr (WhyTensor) tensor = read_tensor (path, error);

  if (tensor == NULL || !check_shape (path, model, tensor, error))
    return FALSE;
  /* The engine computes in float32 unless the model asks for integers. */
  WhyDType dtype = WHY_DTYPE_FLOAT32;
  if (graph->n_inputs > 0 && graph->inputs[0].dtype != WHY_DTYPE_UNDEFINED && !why_dtype_is_float (graph->inputs[0].dtype))
    dtype = graph->inputs[0].dtype;
  input->tensor = why_tensor_cast (tensor, dtype, error);
  return input->tensor != NULL;
}

gboolean
cli_input_load (const char *path, const CliCommon *common, WhyModel *model, CliInput *input, GError **error)
{
  const WhyRoi none = { 0 };
  const WhyRoi *wanted = common != NULL ? &common->roi : &none;
  const guint64 n_inputs = why_model_get_onnx (model)->graph->n_inputs;

  if (n_inputs != 1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: the model has %" G_GUINT64_FORMAT " inputs; one can be given",
                   why_model_get_path (model), n_inputs);
      return FALSE;
    }
  input->path = g_strdup (path);
  if (is_tensor_file (path) && wanted->width > 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: --roi needs a picture; this tensor is prepared already", path);
      return FALSE;
    }
  if (is_tensor_file (path))
    return load_tensor (path, model, input, error);
  input->picture = why_picture_load (path, NULL, error);
  if (input->picture == NULL || !why_model_fit_picture (model, input->picture, error))
    return FALSE;
  if (wanted->width > 0 && input->picture->is_volume)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: --roi is for pictures and slides, and this is a volume", path);
      return FALSE;
    }
  if (wanted->width > 0 &&
      (wanted->x + wanted->width > input->picture->width || wanted->y + wanted->height > input->picture->height))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: the region %s does not lie in the picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels",
                   path, common->roi_text, input->picture->width, input->picture->height);
      return FALSE;
    }
  if (!why_picture_look_at (input->picture, why_model_get_recipe (model), wanted, input->picture->um_per_pixel,
                            &input->roi, NULL, error))
    return FALSE;
  input->pixels = why_tensor_ref (input->picture->pixels);
  return TRUE;
}

WhyRequest *
cli_input_ask (const CliInput *input, WhyModel *model, const WhyExplainRequest *explain)
{
  WhyRequest *request =
    why_request_new (why_model_get_onnx (model), why_model_get_recipe (model), input->pixels, input->tensor, explain);

  if (input->picture != NULL)
    why_request_set_place (request, input->picture, &input->roi);
  return request;
}

gboolean
cli_check_cover (const WhyCover *cover, const CliInput *input, GError **error)
{
  if (input->pixels == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: covering needs a picture; this tensor is prepared already",
                   input->path);
      return FALSE;
    }
  if (input->picture->is_volume)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: parts are covered on pictures, and this is a volume",
                   input->path);
      return FALSE;
    }
  const gint64 height = input->picture->height;
  const gint64 width = input->picture->width;
  WhyPixelBox pixels;
  WhyRect box;
  if (why_area_get_pixels (cover->shape, width, height, &pixels))
    return TRUE;
  why_area_get_box (cover->shape, &box);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s: the %s %g,%g,%g,%g lies outside the picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels", input->path,
               why_area_kind_to_string (why_area_get_kind (cover->shape)), box.x, box.y, box.width, box.height, width, height);
  return FALSE;
}

WhyTensor *
cli_input_prepare (const CliInput *input, WhyModel *model, GError **error)
{
  const WhyExplainRequest nothing = { .method = "gradcam" };

  if (input->tensor != NULL)
    return why_tensor_ref (input->tensor);
  g_autoptr (WhyRequest) request = cli_input_ask (input, model, &nothing);
  return why_request_prepare (request, input->pixels, error);
}

/* ---- output ---- */

static int
by_value (gconstpointer a, gconstpointer b, gpointer data)
{
  const double one = why_tensor_get_f64 (data, (gsize) * (const int *) a);
  const double other = why_tensor_get_f64 (data, (gsize) * (const int *) b);

  if (one != other)
    return one < other ? 1 : -1;
  return *(const int *) a - *(const int *) b;
}

int *
cli_top_classes (const WhyTensor *probabilities, int n_wanted, int *n)
{
  const int n_classes = (int) MIN (why_tensor_count (probabilities), (gsize) G_MAXINT);
  int *order = g_new (int, MAX (n_classes, 1));

  for (int index = 0; index < n_classes; index++)
    order[index] = index;
  g_qsort_with_data (order, n_classes, sizeof *order, by_value, (gpointer) probabilities);
  *n = MIN (n_wanted, n_classes);
  return order;
}

void
cli_print_assumed (WhyModel *model, const CliInput *input)
{
  const char *assumed = why_model_get_assumed_text (model);

  if (input->tensor == NULL && *assumed != '\0')
    g_print ("assumed    %s (the model does not say; --recipe FILE tells)\n", assumed);
}

gboolean
cli_check_explainable (WhyModel *model, GError **error)
{
  const char *limitation = why_model_get_limitation (model);

  if (limitation == NULL)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: %s", why_model_get_path (model), limitation);
  return FALSE;
}
