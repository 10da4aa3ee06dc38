#include "config.h"

#include "cli.h"
#include "json.h"

#include "base/error.h"

#include <string.h>

typedef struct
{
  char *rect;
  char *ellipse;
  char *polygon;
  char *shape;
  char *fill;
  char *class_text;
  gint64 seed;
  int n_top;
  gboolean inverse;
  gboolean json;
  WhyCover cover;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->rect);
  g_free (options->ellipse);
  g_free (options->polygon);
  g_free (options->shape);
  g_free (options->fill);
  g_free (options->class_text);
  why_cover_clear (&options->cover);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static WhyArea *
parse_polygon (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  const guint n_points = g_strv_length (parts) / 2;
  g_autofree double *numbers = g_new (double, MAX (2 * n_points, 2));
  g_autofree WhyPoint *points = g_new (WhyPoint, MAX (n_points, 1));

  if (n_points < 3 || g_strv_length (parts) % 2 != 0 || !cli_parse_numbers (text, (int) (2 * n_points), numbers))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "three or more points are needed");
      return NULL;
    }
  for (guint point = 0; point < n_points; point++)
    points[point] = (WhyPoint) { numbers[2 * point], numbers[2 * point + 1] };
  return why_area_new_polygon (points, n_points, FALSE, error);
}

static WhyArea *
parse_box (const char *text, gboolean ellipse, GError **error)
{
  double numbers[4];

  if (!cli_parse_numbers (text, 4, numbers))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "four numbers are needed");
      return NULL;
    }
  const WhyRect box = { numbers[0], numbers[1], numbers[2], numbers[3] };
  return ellipse ? why_area_new_ellipse (&box, FALSE, error) : why_area_new_rectangle (&box, FALSE, error);
}

/* JSON of a shape, or a file with it: of a cover there is more, and here are options for that. */
static WhyArea *
parse_shape (const char *text, GError **error)
{
  g_autofree char *json = NULL;
  gsize length = strlen (text);

  if (*text != '@')
    return why_area_from_json (text, (gssize) length, error);
  return g_file_get_contents (text + 1, &json, &length, error) ? why_area_from_json (json, (gssize) length, error) : NULL;
}

static gboolean
parse_cover (Options *options)
{
  const char *const texts[] = { options->rect, options->ellipse, options->polygon, options->shape };
  static const char *const forms[] = { "--rect takes X,Y,W,H", "--ellipse takes X,Y,W,H", "--polygon takes X,Y,X,Y,X,Y...",
                                       "--shape takes JSON or @FILE" };
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyArea) shape = NULL;
  int form = -1;

  for (int option = 0; option < (int) G_N_ELEMENTS (texts); option++)
    {
      if (texts[option] != NULL && form >= 0)
        {
          cli_fail_text (CLI_BAD_USAGE, "only one of --rect, --ellipse, --polygon and --shape can be given");
          return FALSE;
        }
      if (texts[option] != NULL)
        form = option;
    }
  if (form < 0)
    {
      cli_fail_text (CLI_BAD_USAGE, "--rect X,Y,W,H in source pixels is needed, or --ellipse, --polygon or --shape");
      return FALSE;
    }
  shape = form == 2 ? parse_polygon (texts[form], &error) : form == 3 ? parse_shape (texts[form], &error)
                                                                     : parse_box (texts[form], form == 1, &error);
  if (shape == NULL)
    {
      cli_fail_text (CLI_BAD_USAGE, "%s in source pixels, not %s: %s", forms[form], texts[form], error->message);
      return FALSE;
    }
  options->cover.shape = why_area_with_inverse (shape, options->inverse || why_area_get_inverse (shape));
  options->cover.fill = WHY_OCCLUDE_MEAN;
  options->cover.seed = (guint64) options->seed;
  if (options->fill != NULL && !why_occlude_fill_from_string (options->fill, &options->cover.fill))
    {
      cli_fail_text (CLI_BAD_USAGE, "there is no fill '%s'; choose one of " WHY_OCCLUDE_FILL_NAMES, options->fill);
      return FALSE;
    }
  return TRUE;
}

static double
value_of (const WhyTensor *tensor, int index)
{
  return why_tensor_get_f64 (tensor, (gsize) index);
}

/* The classes that were highest before, those that are now, and the one asked for, each once. */
static GArray *
choose_classes (const Options *options, const WhyResult *result, int target)
{
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (int));
  int n;
  g_autofree int *before = cli_top_classes (result->steps[0], options->n_top, &n);
  g_autofree int *after = cli_top_classes (result->probabilities, options->n_top, &n);
  const int *lists[] = { before, after, &target };
  const int lengths[] = { n, n, target >= 0 ? 1 : 0 };

  for (gsize list = 0; list < G_N_ELEMENTS (lists); list++)
    {
      for (int place = 0; place < lengths[list]; place++)
        {
          gboolean known = FALSE;
          for (guint index = 0; index < chosen->len; index++)
            known = known || g_array_index (chosen, int, index) == lists[list][place];
          if (!known)
            g_array_append_val (chosen, lists[list][place]);
        }
    }
  return chosen;
}

static void
print_text (WhyModel *model, const CliInput *input, const WhyResult *result, const GArray *classes)
{
  g_print (" before    after   change  class\n");
  for (guint index = 0; index < classes->len; index++)
    {
      const int k = g_array_index (classes, int, index);
      const double before = value_of (result->steps[0], k);
      const double after = value_of (result->probabilities, k);
      g_print ("%7.4f  %7.4f  %+7.4f  %d %s\n", before, after, after - before, k, why_model_get_class_label (model, k));
    }
  cli_print_assumed (model, input);
}

static void
print_json (WhyModel *model, const CliInput *input, const Options *options, const WhyResult *result, const GArray *classes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const WhyCover *cover = &options->cover;

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (model));
  why_json_add_string (builder, "input", input->path);
  WhyRect box;
  why_area_get_box (cover->shape, &box);
  json_builder_set_member_name (builder, "rect");
  json_builder_begin_array (builder);
  json_builder_add_double_value (builder, box.x);
  json_builder_add_double_value (builder, box.y);
  json_builder_add_double_value (builder, box.width);
  json_builder_add_double_value (builder, box.height);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "shape");
  why_area_write (cover->shape, builder);
  why_json_add_string (builder, "fill", why_occlude_fill_to_string (cover->fill));
  json_builder_set_member_name (builder, "classes");
  json_builder_begin_array (builder);
  for (guint index = 0; index < classes->len; index++)
    {
      const int k = g_array_index (classes, int, index);
      json_builder_begin_object (builder);
      why_json_add_int (builder, "class", k);
      why_json_add_string (builder, "label", why_model_get_class_label (model, k));
      why_json_add_double (builder, "before", value_of (result->steps[0], k));
      why_json_add_double (builder, "after", value_of (result->probabilities, k));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_string (builder, "assumed", why_model_get_assumed_text (model));
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (CliInput) input = { 0 };
  g_auto (Options) options = { .n_top = 5, .seed = 1 };
  int target = -1;
  const GOptionEntry entries[] = {
    { "rect", 0, 0, G_OPTION_ARG_STRING, &options.rect, "What to cover, in source pixels", "X,Y,W,H" },
    { "ellipse", 0, 0, G_OPTION_ARG_STRING, &options.ellipse, "An ellipse by its box instead", "X,Y,W,H" },
    { "polygon", 0, 0, G_OPTION_ARG_STRING, &options.polygon, "A polygon instead", "X,Y,X,Y..." },
    { "shape", 0, 0, G_OPTION_ARG_STRING, &options.shape, "Any shape instead, as sessions have it", "JSON|@FILE" },
    { "inverse", 0, 0, G_OPTION_ARG_NONE, &options.inverse, "Cover everything else", NULL },
    { "fill", 0, 0, G_OPTION_ARG_STRING, &options.fill, "mean, black, white, blur, noise or texture (mean)", "NAME" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "For noise (1)", "N" },
    { "class", 0, 0, G_OPTION_ARG_STRING, &options.class_text, "A class to show besides the highest, by number or label", "K" },
    { "top", 0, 0, G_OPTION_ARG_INT, &options.n_top, "How many classes (5)", "K" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_occlude, entries, &common, 2, 2, &argc, &argv) || !cli_check_top (options.n_top) || !parse_cover (&options))
    return CLI_BAD_USAGE;
  g_autoptr (WhyModel) model = why_model_load (argv[1], common.recipe, &error);
  if (model == NULL || !cli_input_load (argv[2], &common, model, &input, &error) ||
      !cli_check_cover (&options.cover, &input, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  if (why_model_get_n_classes (model) == 0)
    return cli_fail_text (CLI_BAD_INPUT, "%s: %s", argv[1], why_model_get_limitation (model));
  if (options.class_text != NULL)
    {
      target = why_model_find_class (model, options.class_text, &error);
      if (target < 0)
        return cli_fail (CLI_BAD_INPUT, error);
    }

  const WhyExplainRequest explain = {
    .method = "gradcam",
    .target_class = -1,
    .multi_label = why_model_get_recipe (model)->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };
  g_autoptr (WhyRequest) request =
    cli_input_ask (&input, model, &explain);
  request->backend = common.backend;
  request->predict_only = TRUE;
  why_request_set_covers (request, &options.cover, 1, NULL);
  g_autoptr (WhyResult) result = why_request_run (request, NULL, NULL, NULL, NULL, &error);
  if (result == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  g_autoptr (GArray) classes = choose_classes (&options, result, target);
  if (options.json)
    print_json (model, &input, &options, result, classes);
  else
    print_text (model, &input, result, classes);
  return CLI_OK;
}

const CliCommand cli_occlude = { "occlude", "MODEL INPUT --rect X,Y,W,H", "Cover a part and see the confidence change", run };
