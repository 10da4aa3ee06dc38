#include "config.h"

#include "cli.h"
#include "export-options.h"
#include "json.h"
#include "overlap.h"

#include "base/error.h"
#include "base/npy.h"
#include "draw/colormap.h"
#include "service/document-look.h"
#include "service/caption.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *method;
  char **layers;
  char *class_text;
  char *contrast_text;
  char **also_texts;
  char **method_options;
  char *polarity;
  char *profile;
  char *score;
  char *reference;
  char *region;
  char *raw;
  char **tensor_texts;
  char *finished;
  char *slice;
  WhyPlaneKind plane_kind;
  gint64 plane_index;
  gboolean projected;
  char *figure;
  char *colormap;
  char *limits;
  char **covers;
  double opacity;
  double threshold;
  double clip;
  char *alpha;
  char *mask;
  WhyOverlapResult overlap; /* with @mask */
  int contours;
  gboolean no_contour_labels;
  gboolean cells;
  gboolean json;
  CliExport export;

  /* parsed */
  WhyExplainRequest request;
  char *option_text;
  GArray *also; /* of int */
  GPtrArray *tensors; /* of CliOutput */
  WhyOverlayStyle style;
  GArray *cover_list; /* of WhyCover */
  double place[4]; /* point or box of the region */
} Options;

static void
options_clear (Options *options)
{
  g_free (options->method);
  g_strfreev (options->layers);
  g_free (options->class_text);
  g_free (options->contrast_text);
  g_strfreev (options->also_texts);
  g_strfreev (options->method_options);
  g_free (options->option_text);
  g_clear_pointer (&options->also, g_array_unref);
  g_free (options->polarity);
  g_free (options->profile);
  g_free (options->score);
  g_free (options->reference);
  g_clear_pointer (&options->request.reference, why_tensor_unref);
  g_free (options->region);
  g_free (options->raw);
  g_strfreev (options->tensor_texts);
  g_clear_pointer (&options->tensors, g_ptr_array_unref);
  g_free (options->finished);
  g_free (options->figure);
  g_free (options->slice);
  g_free (options->colormap);
  g_free (options->limits);
  g_free (options->alpha);
  g_free (options->mask);
  g_strfreev (options->covers);
  cli_export_clear (&options->export);
  g_clear_pointer (&options->cover_list, g_array_unref);
  g_clear_pointer (&options->request.mask, why_tensor_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- what does not depend on the model: errors here are bad usage ---- */

static gboolean
parse_region (Options *options, GError **error)
{
  options->request.region = WHY_REGION_PREDICTED;
  return options->region == NULL || why_region_parse (options->region, &options->request.region, options->place, error);
}

static gboolean
parse_slice (Options *options, GError **error)
{
  g_auto (GStrv) parts = options->slice != NULL ? g_strsplit (options->slice, ":", -1) : NULL;

  if (parts == NULL)
    return TRUE;
  if (g_strv_length (parts) == 2 && why_plane_kind_from_string (parts[0], &options->plane_kind))
    {
      options->projected = strcmp (parts[1], "max") == 0;
      if (options->projected || g_ascii_string_to_signed (parts[1], 10, 0, G_MAXINT32, &options->plane_index, NULL))
        return TRUE;
    }
  g_set_error (
    error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
    "There is no slice '%s'; write axial:90, coronal:N or sagittal:N, N from 0, or axial:max for the maximum "
    "along that axis",
    options->slice);
  return FALSE;
}

static gboolean
parse_style (Options *options, GError **error)
{
  WhyOverlayStyle *style = &options->style;
  double limits[2];

  why_overlay_style_init (style, options->request.polarity == WHY_POLARITY_SIGNED);
  if (!(options->opacity >= 0 && options->opacity <= 1) || !(options->threshold >= 0 && options->threshold <= 1))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--opacity and --threshold take a number from 0 to 1");
      return FALSE;
    }
  if (!(options->clip >= 0 && options->clip <= 0.5) || options->contours < 0 || options->contours > WHY_MAX_CONTOURS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--clip takes a number from 0 to 0.5, --contours one from 0 to %d",
                   WHY_MAX_CONTOURS);
      return FALSE;
    }
  if (options->alpha != NULL && strcmp (options->alpha, "uniform") != 0 && strcmp (options->alpha, "value") != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "There is no --alpha '%s'; choose uniform or value", options->alpha);
      return FALSE;
    }
  style->opacity = options->opacity;
  style->threshold = options->threshold;
  style->outlier_share = options->clip;
  if (options->alpha != NULL)
    style->alpha_by_value = strcmp (options->alpha, "value") == 0;
  style->contour_labels = !options->no_contour_labels;
  why_overlay_style_set_contours (style, options->contours);
  style->kind = options->cells ? WHY_RESAMPLE_NEAREST : WHY_RESAMPLE_BILINEAR;
  if (options->colormap != NULL)
    {
      style->colormap = why_colormap_find (options->colormap, error);
      if (style->colormap == NULL)
        return FALSE;
    }
  if (options->limits != NULL)
    {
      if (!cli_parse_numbers (options->limits, 2, limits) || limits[0] > limits[1])
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--limits takes LOW,HIGH, not '%s'", options->limits);
          return FALSE;
        }
      style->limits = WHY_LIMITS_LOCKED;
      style->lo = limits[0];
      style->hi = limits[1];
    }
  return TRUE;
}

/* A layer that would be ignored is a mistake to be told of. */
static gboolean
check_layer_needed (const WhyExplainerClass *method, const char *layer, GError **error)
{
  if (method == NULL)
    return FALSE;
  if (layer == NULL || (method->needs & WHY_NEEDS_LAYER) != 0)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "The method '%s' explains the input: leave --layer out", method->id);
  return FALSE;
}

/* What the window and scripts can name besides the method. */
static gboolean
check_names (const WhyExplainRequest *request, GError **error)
{
  const WhyExplainerClass *method = why_explainer_lookup (request->method, error);
  const WhyProfile *profile = method != NULL ? why_profile_lookup (request->profile, error) : NULL;

  return profile != NULL && why_profile_check (profile, method, error) &&
         why_options_check (method, request->options, error);
}

static gboolean
parse_options (Options *options, GError **error)
{
  WhyExplainRequest *request = &options->request;

  request->method = options->method != NULL ? options->method : "gradcam";
  if (options->layers != NULL && options->layers[0] != NULL)
    {
      request->layer = options->layers[0];
      request->more_layers = options->layers[1] != NULL ? (const char *const *) options->layers + 1 : NULL;
    }
  options->option_text = options->method_options != NULL ? g_strjoinv (",", options->method_options) : NULL;
  request->options = options->option_text;
  request->profile = options->profile;
  request->polarity = WHY_POLARITY_RELU;
  if (!check_layer_needed (why_explainer_lookup (request->method, error), request->layer, error) ||
      (options->polarity != NULL && !why_polarity_parse (options->polarity, &request->polarity, error)) ||
      (options->score != NULL && !why_score_parse (options->score, &request->score, error)) ||
      !parse_region (options, error) || !parse_slice (options, error) || !parse_style (options, error) ||
      !check_names (request, error) || !cli_export_parse (&options->export, options->figure, error))
    return FALSE;
  options->cover_list = why_cover_array_new ();
  for (char **text = options->covers; text != NULL && *text != NULL; text++)
    {
      WhyCover cover;
      if (!why_cover_parse (*text, &cover, error))
        {
          g_prefix_error_literal (error, "--occlude: ");
          return FALSE;
        }
      g_array_append_val (options->cover_list, cover);
    }
  return TRUE;
}

/* ---- what does ---- */

static gboolean
fit_to_model (Options *options, WhyModel *model, const CliInput *input, GError **error)
{
  WhyExplainRequest *request = &options->request;
  const WhyRecipe *recipe = why_model_get_recipe (model);

  request->multi_label = recipe->task == WHY_RECIPE_TASK_MULTI_LABEL;
  request->target_class = -1;
  if (options->class_text != NULL)
    {
      request->target_class = why_model_find_class (model, options->class_text, error);
      if (request->target_class < 0)
        return FALSE;
    }
  if (options->reference != NULL)
    {
      request->score = WHY_SCORE_SIMILARITY;
      g_autoptr (WhyTensor) reference = why_npy_read (options->reference, error);
      request->reference = reference != NULL ? why_tensor_cast (reference, WHY_DTYPE_FLOAT32, error) : NULL;
      if (request->reference == NULL)
        return FALSE;
    }
  if (options->contrast_text != NULL)
    {
      request->has_contrast = TRUE;
      request->contrast_class = why_model_find_class (model, options->contrast_text, error);
      if (request->contrast_class < 0)
        return FALSE;
    }
  options->also = g_array_new (FALSE, FALSE, sizeof (int));
  for (char **text = options->also_texts; text != NULL && *text != NULL; text++)
    {
      const int also = why_model_find_class (model, *text, error);
      if (also < 0)
        return FALSE;
      g_array_append_val (options->also, also);
    }
  request->also_classes = (const int *) options->also->data;
  request->n_also_classes = options->also->len;
  for (const char *const *more = request->more_layers; more != NULL && *more != NULL; more++)
    {
      if (why_model_find_layer (model, *more, error) == NULL)
        return FALSE;
    }
  if (request->layer != NULL && why_model_find_layer (model, request->layer, error) == NULL)
    return FALSE;
  if (request->layer == NULL && (why_explainer_lookup (request->method, NULL)->needs & WHY_NEEDS_LAYER) != 0)
    request->layer = why_model_get_default_layer (model);
  for (guint index = 0; index < options->cover_list->len; index++)
    {
      if (!cli_check_cover (&g_array_index (options->cover_list, WhyCover, index), input, error))
        return FALSE;
    }
  if (request->region == WHY_REGION_MASK)
    {
      g_autoptr (WhyTensor) mask = why_npy_read (options->region + strlen ("mask:"), error);
      request->mask = mask != NULL ? why_tensor_cast (mask, WHY_DTYPE_FLOAT32, error) : NULL;
      return request->mask != NULL;
    }
  request->point_x = options->place[0];
  request->point_y = options->place[1];
  request->box_width = options->place[2];
  request->box_height = options->place[3];
  if (input->pixels == NULL || input->pixels->rank != 3)
    return TRUE;
  if (request->region == WHY_REGION_POINT &&
      !(request->point_x >= 0 && request->point_y >= 0 && request->point_x < (double) input->picture->width &&
        request->point_y < (double) input->picture->height))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "%s: the point %g,%g lies outside the picture of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels",
                   input->path, request->point_x, request->point_y, input->picture->width, input->picture->height);
      return FALSE;
    }
  return why_region_to_shown (request, options->place, recipe, input->picture, &input->roi, error);
}

static gboolean
write_raw (const WhyMap *map, const char *path, GError **error)
{
  gint64 dims[WHY_MAX_RANK] = { 1 };

  if (map->attribution != NULL)
    return why_npy_write (map->attribution, path, error);
  for (int axis = 0; axis < map->values->rank && axis + 1 < WHY_MAX_RANK; axis++)
    dims[axis + 1] = map->values->dims[axis];
  g_autoptr (WhyTensor) raw = why_tensor_reshape (map->values, map->values->rank + 1, dims);
  return why_npy_write (raw, path, error);
}

static gboolean
write_finished (const WhyResult *result, const char *path, GError **error)
{
  const WhyProfile *profile = why_profile_lookup (result->map->profile, error);
  g_autoptr (WhyTensor) finished =
    profile != NULL ? why_profile_finish (profile, result->map, result->input->rank, result->input->dims, error) : NULL;

  return finished != NULL && why_npy_write (finished, path, error);
}

static const char *
explained (WhyModel *model, const WhyMap *map)
{
  const char *ends_in = why_model_ends_in (model);

  if (g_strcmp0 (map->score_kind, "probability") == 0)
    return "the probability";
  if (g_strcmp0 (map->score_kind, "rest") == 0)
    return "the logit plus the logarithm of the probability";
  if (ends_in == NULL)
    return "the logit";
  return strcmp (ends_in, "Sigmoid") == 0 ? "the logit before the final Sigmoid" : "the logit before the final Softmax";
}

static double
of_target (const WhyTensor *values, const WhyResult *result)
{
  return why_tensor_get_f64 (values, (gsize) result->target_class);
}

static WhyExport
describe (WhyModel *model, const CliInput *input, const Options *options, WhyResult *result)
{
  WhyExport what = {
    .model = model,
    .input_path = input->picture != NULL ? input->picture->path : input->path,
    .picture = result->covered != NULL && input->picture->slide == NULL ? result->covered
               : input->picture != NULL                                 ? input->picture->display
                                                                        : NULL,
    .source = input->picture,
    .result = result,
    .style = options->style,
    .kind = input->picture != NULL ? WHY_FIGURE_SIDE_BY_SIDE : WHY_FIGURE_OVERLAY,
  };

  /* A plane without evidence shall look like one. */
  why_export_share_limits (result->map, &what.style);
  cli_export_apply (&options->export, &what);
  if (!(what.um_per_pixel > 0) && input->picture != NULL)
    what.um_per_pixel = input->picture->um_per_pixel;
  return what;
}

static void
print_text (WhyModel *model, const CliInput *input, const Options *options, WhyResult *result, const char *backend)
{
  const WhyMap *map = result->map;
  WhyLayerItem *layer = map->layer != NULL ? why_model_find_layer (model, map->layer, NULL) : NULL;
  g_autofree char *dims = why_dims_to_string (map->values->rank, map->values->dims);

  g_print ("model      %s: %s\n", why_model_get_path (model), why_model_get_summary (model));
  g_print ("class      %d %s\n", result->target_class, why_model_get_class_label (model, result->target_class));
  g_print ("answer     probability %.6f, logit %.6g\n", of_target (result->probabilities, result), of_target (result->logits, result));
  if (layer != NULL)
    g_print ("layer      %s (%s, %s, stride %s, receptive field %s)\n", map->layer, why_layer_item_get_op (layer),
             why_layer_item_get_shape (layer), why_layer_item_get_stride (layer), why_layer_item_get_receptive_field (layer));
  else if (map->layer != NULL)
    g_print ("layer      %s\n", map->layer);
  g_print ("method     %s, polarity %s, profile %s\n", map->method, map->polarity, map->profile);
  if (map->options != NULL)
    g_print ("options    %s\n", map->options);
  if (map->contrast_class >= 0)
    g_print ("not        %d %s\n", map->contrast_class, why_model_get_class_label (model, map->contrast_class));
  g_print ("explained  %s\n", explained (model, map));
  g_print ("map        %s, %.6g to %.6g\n", dims, map->minimum, map->maximum);
  if (map->n_not_finite > 0)
    g_print ("not finite %" G_GSIZE_FORMAT " values of the map\n", map->n_not_finite);
  if (map->reason != NULL)
    g_print ("note       %s\n", map->reason);
  if (map->note != NULL)
    g_print ("note       %s\n", map->note);
  cli_print_assumed (model, input);
  g_print ("computed   in %.1f ms by %s\n", result->milliseconds, backend);
  if (options->mask != NULL)
    cli_overlap_print (&options->overlap);
  if (options->raw != NULL)
    g_print ("written    %s\n", options->raw);
  if (options->finished != NULL)
    g_print ("written    %s\n", options->finished);
  if (options->figure != NULL)
    g_print ("written    %s\n", options->figure);
  if (options->export.caption)
    {
      const WhyExport what = describe (model, input, options, result);
      g_autofree char *caption = why_caption_text (&what);
      g_print ("\n%s\n", caption);
    }
}

static void
print_json (WhyModel *model, const CliInput *input, const Options *options, WhyResult *result, const char *backend)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const WhyMap *map = result->map;

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (model));
  why_json_add_string (builder, "input", input->path);
  why_json_add_string (builder, "backend", backend);
  why_json_add_string (builder, "method", map->method);
  why_json_add_string (builder, "layer", map->layer);
  why_json_add_string (builder, "polarity", map->polarity);
  why_json_add_string (builder, "profile", map->profile);
  why_json_add_string (builder, "options", map->options);
  why_json_add_int (builder, "class", result->target_class);
  why_json_add_string (builder, "label", why_model_get_class_label (model, result->target_class));
  why_json_add_int (builder, "contrast_class", map->contrast_class);
  why_json_add_double (builder, "probability", of_target (result->probabilities, result));
  why_json_add_double (builder, "logit", of_target (result->logits, result));
  why_json_add_string (builder, "score_kind", map->score_kind);
  why_json_add_double (builder, "score", map->score);
  why_json_add_string (builder, "ends_in", why_model_ends_in (model));
  why_json_add_string (builder, "explained", explained (model, map));
  json_builder_set_member_name (builder, "map");
  json_builder_begin_object (builder);
  cli_json_dims (builder, "shape", map->values->rank, map->values->dims);
  why_json_add_double (builder, "minimum", map->minimum);
  why_json_add_double (builder, "maximum", map->maximum);
  why_json_add_int (builder, "not_finite", (gint64) map->n_not_finite);
  why_json_add_string (builder, "reason", map->reason);
  why_json_add_string (builder, "note", map->note);
  json_builder_end_object (builder);
  cli_json_top (builder, model, result->probabilities, result->logits, 5);
  why_json_add_string (builder, "assumed", input->tensor == NULL ? why_model_get_assumed_text (model) : "");
  cli_overlap_add_json (builder, options->mask != NULL ? &options->overlap : NULL);
  why_json_add_double (builder, "milliseconds", result->milliseconds);
  why_json_add_string (builder, "raw", options->raw);
  why_json_add_string (builder, "finished", options->finished);
  why_json_add_string (builder, "figure", options->figure);
  if (options->export.caption)
    {
      const WhyExport what = describe (model, input, options, result);
      g_autofree char *caption = why_caption_text (&what);
      why_json_add_string (builder, "caption", caption);
    }
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static gboolean
take_plane (WhyPicture *picture, const Options *options, GError **error)
{
  const gint64 n_planes = why_picture_get_n_planes (picture, options->plane_kind);

  if (!options->projected && options->plane_index >= n_planes)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "--slice %s: the volume has %" G_GINT64_FORMAT " slices of this kind, 0 to %" G_GINT64_FORMAT,
                   options->slice, n_planes, n_planes - 1);
      return FALSE;
    }
  return why_picture_set_plane (picture, options->plane_kind, options->plane_index, error) &&
         (!options->projected || why_picture_set_projected (picture, TRUE, error));
}

/* The plane of the figure: as asked for, else the axial one through the map's highest value. */
static gboolean
choose_plane (WhyPicture *picture, const Options *options, const WhyResult *result, GError **error)
{
  if (options->slice != NULL)
    return take_plane (picture, options, error);

  const WhyMap *map = result->map;
  const float *values = map->values->data;
  const gsize count = why_tensor_count (map->values);
  const gint64 *dims = map->values->dims;
  gsize peak = 0;
  for (gsize cell = 1; cell < count; cell++)
    {
      if (values[cell] > values[peak] || isnan (values[peak]))
        peak = cell;
    }
  if (map->values->rank != 3)
    return TRUE;
  const double at[3] = {
    ((double) (peak / (gsize) (dims[1] * dims[2])) + 0.5) * map->depth_scale + map->depth_offset,
    ((double) (peak / (gsize) dims[2] % (gsize) dims[1]) + 0.5) * map->to_input.yy + map->to_input.y0,
    ((double) (peak % (gsize) dims[2]) + 0.5) * map->to_input.xx + map->to_input.x0,
  };
  const double source[3] = {
    at[0] * result->depth_scale + result->depth_offset,
    at[1] * result->input_to_source.yy + result->input_to_source.y0,
    at[2] * result->input_to_source.xx + result->input_to_source.x0,
  };
  return why_picture_set_plane (picture, WHY_PLANE_AXIAL, (gint64) floor (source[picture->plane.axis]), error);
}

/* A network for pictures sees the plane of a volume that was asked for. */
static gboolean
look_at_plane (CliInput *input, const Options *options, GError **error)
{
  WhyPicture *picture = input->picture;

  if (options->slice == NULL)
    return TRUE;
  if (picture == NULL || !why_picture_has_planes (picture))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: --slice is for volumes, and this has no slices",
                   input->path);
      return FALSE;
    }
  if (picture->is_volume)
    return TRUE;
  if (!take_plane (picture, options, error))
    return FALSE;
  why_tensor_unref (input->pixels);
  input->pixels = why_tensor_ref (picture->pixels);
  return TRUE;
}

static gboolean
write_files (WhyModel *model, const CliInput *input, const Options *options, WhyResult *result, GError **error)
{
  if (options->raw != NULL && !write_raw (result->map, options->raw, error))
    return FALSE;
  if (options->finished != NULL && !write_finished (result, options->finished, error))
    return FALSE;
  if (options->figure == NULL && !options->export.caption)
    return TRUE;
  if (input->picture != NULL && input->picture->is_volume && !choose_plane (input->picture, options, result, error))
    return FALSE;
  const WhyExport what = describe (model, input, options, result);
  return options->figure == NULL || why_export_write (&what, options->export.kind, options->figure, NULL, error);
}

static void
free_tensors (WhyTensor **tensors)
{
  for (WhyTensor **tensor = tensors; *tensor != NULL; tensor++)
    why_tensor_unref (*tensor);
  g_free (tensors);
}

/* @outputs: of CliOutput */
static gboolean
write_tensors (WhySession *session, WhyTensor *input, const GPtrArray *outputs, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, outputs->len + 1);
  WhyTensor **values = g_new0 (WhyTensor *, outputs->len + 1);
  gboolean done;

  for (guint index = 0; index < outputs->len; index++)
    names[index] = ((CliOutput *) g_ptr_array_index (outputs, index))->name;
  done = why_session_run (session, &input, 1, names, outputs->len, values, NULL, error);
  for (guint index = 0; done && index < outputs->len; index++)
    done = why_npy_write (values[index], ((CliOutput *) g_ptr_array_index (outputs, index))->path, error);
  free_tensors (values);
  return done;
}

/* Tensors are asked for after the map, so that its plan stays as it was if it holds them. If not, there is
 * another plan now, which may round otherwise: the map is made once more, and they are read from that run. */
static WhyResult *
explain (WhyRequest *request, WhySession *session, const GPtrArray *tensors, GError **error)
{
  g_autoptr (WhyResult) first = why_request_run (request, session, NULL, NULL, NULL, error);

  if (first == NULL || tensors->len == 0)
    return g_steal_pointer (&first);
  if (!write_tensors (session, first->input, tensors, error))
    return NULL;
  g_autoptr (WhyResult) second = why_request_run (request, session, NULL, NULL, NULL, error);
  if (second == NULL || !write_tensors (session, second->input, tensors, error))
    return NULL;
  return g_steal_pointer (&second);
}

static int
compute (Options *options, const CliCommon *common, const char *model_path, const char *input_path)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliInput) input = { 0 };
  g_autoptr (WhyModel) model = cli_model_load_for (model_path, common->recipe, input_path, &error);

  if (model == NULL || !cli_check_explainable (model, &error) ||
      !cli_input_load (input_path, common, model, &input, &error) ||
      !cli_export_show (&options->export, input.picture, input_path, &error) ||
      !look_at_plane (&input, options, &error) || !fit_to_model (options, model, &input, &error))
    return cli_fail (CLI_BAD_INPUT, error);

  const WhySessionOptions session_options = { .backend = common->backend };
  g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &session_options, &error);
  if (session == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  g_autoptr (WhyRequest) request = cli_input_ask (&input, model, &options->request);
  request->backend = common->backend;
  if (options->cover_list->len > 0)
    why_request_set_covers (request, (const WhyCover *) options->cover_list->data, options->cover_list->len, NULL);
  g_autoptr (WhyResult) result = explain (request, session, options->tensors, &error);
  if (result == NULL || !write_files (model, &input, options, result, &error) ||
      (options->mask != NULL && !cli_overlap_measure (options->mask, result, &input, options->threshold, !options->cells,
                                                      &options->overlap, &error)))
    return cli_fail (CLI_BAD_INPUT, error);

  if (options->json)
    print_json (model, &input, options, result, why_session_backend_name (session));
  else
    print_text (model, &input, options, result, why_session_backend_name (session));
  return CLI_OK;
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (Options) options = { .opacity = 0.5 };
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING, &options.method, "Method of explanation (gradcam); whylight-cli methods lists them", "ID" },
    { "option", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.method_options, "An option of the method (may be repeated); whylight-cli methods ID tells them", "NAME=VALUE" },
    { "layer", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.layers, "Tensor to explain at; whylight-cli layers lists them. Several are fused", "TENSOR" },
    { "class", 0, 0, G_OPTION_ARG_STRING, &options.class_text, "Class to explain, by number or label (the top class)", "K" },
    { "also", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.also_texts, "Another class, explained together with it (may be repeated)", "K" },
    { "contrast", 0, 0, G_OPTION_ARG_STRING, &options.contrast_text, "Class it is compared with: why this and not that", "K" },
    { "polarity", 0, 0, G_OPTION_ARG_STRING, &options.polarity, "relu, signed, against or absolute", "NAME" },
    { "profile", 0, 0, G_OPTION_ARG_STRING, &options.profile, "Whose definition of the method to follow (paper)", "ID" },
    { "score", 0, 0, G_OPTION_ARG_STRING, &options.score, "What is differentiated: logit, probability or rest (logit + log probability)", "KIND" },
    { "reference", 0, 0, G_OPTION_ARG_FILENAME, &options.reference, "Explain the similarity of the output to these numbers", "FILE.npy" },
    { "region", 0, 0, G_OPTION_ARG_STRING, &options.region, "Dense output: all, predicted, point:X,Y, box:X,Y,W,H or mask:FILE.npy", "REGION" },
    { "occlude", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.covers, "Cover a part of the picture first (may be repeated); other shapes than rectangles as JSON", "X,Y,W,H[,FILL[,SEED]]|JSON|@FILE" },
    { "raw", 0, 0, G_OPTION_ARG_FILENAME, &options.raw, "Write the raw map", "FILE.npy" },
    { "tensor", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.tensor_texts, "Write a tensor of the run that the map was made from (may be repeated)", "NAME=FILE.npy" },
    { "finished", 0, 0, G_OPTION_ARG_FILENAME, &options.finished, "Write the map as the profile's library returns it", "FILE.npy" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.figure, "Write a figure (.png, .svg, .pdf), raw values (.npy, .tif, .nii, .nii.gz) or scores (.csv, .json)", "FILE" },
    { "kind", 0, 0, G_OPTION_ARG_STRING, &options.export.kind_text, "What is written: figure, seen, overlay, raw, raw-source or scores (by the ending)", "KIND" },
    { "overlay-only", 0, 0, G_OPTION_ARG_NONE, &options.export.overlay_only, "Write only the map, translucent, in the size of the picture", NULL },
    { "view", 0, 0, G_OPTION_ARG_STRING, &options.export.view_text, "Part of the picture, for --kind seen", "X,Y,W,H" },
    { "window", 0, 0, G_OPTION_ARG_STRING, &options.export.window_text, "What of a scan is black to white in the figure (the file's own window); the network sees what it always sees", "WIDTH,LEVEL" },
    { "hide-map", 0, 0, G_OPTION_ARG_NONE, &options.export.hide_map, "Leave the map away, for --kind seen", NULL },
    { "width", 0, 0, G_OPTION_ARG_DOUBLE, &options.export.width, "Width, for seen and overlay (that of the picture)", "PIXELS" },
    { "scale", 0, 0, G_OPTION_ARG_DOUBLE, &options.export.scale, "Pixels to a unit of a figure (1)", "X" },
    { "text-scale", 0, 0, G_OPTION_ARG_DOUBLE, &options.export.text_scale, "Size of the text in a figure (1)", "X" },
    { "rotate", 0, 0, G_OPTION_ARG_INT, &options.export.rotate, "Turn picture and map in the figure clockwise; the network sees the file as it is", "90|180|270" },
    { "mirror", 0, 0, G_OPTION_ARG_NONE, &options.export.mirror, "Exchange left and right in the figure, before --rotate", NULL },
    { "pixel-size", 0, 0, G_OPTION_ARG_DOUBLE, &options.export.um_per_pixel, "Micrometres of a pixel of the picture, for the scale bar", "UM" },
    { "caption", 0, 0, G_OPTION_ARG_NONE, &options.export.caption, "Print a caption for a paper, and put it into the figure", NULL },
    { "no-captions", 0, 0, G_OPTION_ARG_NONE, &options.export.no_captions, "No text below the figure", NULL },
    { "dark", 0, 0, G_OPTION_ARG_NONE, &options.export.dark, "A figure on dark ground", NULL },
    { "full-paths", 0, 0, G_OPTION_ARG_NONE, &options.export.full_paths, "Keep whole paths in the file, not only names", NULL },
    { "slice", 0, 0, G_OPTION_ARG_STRING, &options.slice, "Plane of the figure, for volumes: axial, coronal or sagittal, and the slice or max, the maximum along that axis (axial through the peak)", "PLANE:INDEX" },
    { "colormap", 0, 0, G_OPTION_ARG_STRING, &options.colormap, "Colours of the figure's map", "ID" },
    { "opacity", 0, 0, G_OPTION_ARG_DOUBLE, &options.opacity, "Opacity of the map, 0 to 1 (0.5)", "X" },
    { "threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold, "Hide the map below this share of its range (0)", "X" },
    { "limits", 0, 0, G_OPTION_ARG_STRING, &options.limits, "Ends of the colour bar, instead of the map's own", "LOW,HIGH" },
    { "clip", 0, 0, G_OPTION_ARG_DOUBLE, &options.clip, "Leave this share of the sum of magnitudes beyond the map's own limits, 0 to 0.5 (0)", "X" },
    { "alpha", 0, 0, G_OPTION_ARG_STRING, &options.alpha, "Opacity everywhere the same, or growing with the value: uniform or value (by the polarity)", "NAME" },
    { "contours", 0, 0, G_OPTION_ARG_INT, &options.contours, "Draw so many contour lines, 1 to 8 (0)", "N" },
    { "mask", 0, 0, G_OPTION_ARG_FILENAME, &options.mask, "Print the overlap with an outline: a mask or GeoJSON", "FILE" },
    { "no-contour-labels", 0, 0, G_OPTION_ARG_NONE, &options.no_contour_labels, "Draw them without their values", NULL },
    { "cells", 0, 0, G_OPTION_ARG_NONE, &options.cells, "Show the map's cells instead of interpolating", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_explain, entries, &common, 2, 2, &argc, &argv))
    return CLI_BAD_USAGE;
  options.tensors = cli_parse_outputs ("--tensor", options.tensor_texts);
  if (options.tensors == NULL)
    return CLI_BAD_USAGE;
  if (!parse_options (&options, &error))
    return cli_fail (CLI_BAD_USAGE, error);
  return compute (&options, &common, argv[1], argv[2]);
}

const CliCommand cli_explain = { "explain", "MODEL INPUT", "Make the map of one class", run };
