#include "config.h"

#include "export-private.h"

#include "base/error.h"
#include "checksum.h"
#include "service/compare.h"
#include "service/document-look.h"
#include "service/caption.h"
#include "service/json.h"
#include "service/percent.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define N_FIGURE_CLASSES 5

/* ---- what made it ---- */

/* What a file that is written to @from says of where @path is. Without a name it is somewhere else. */
static char *
told_path (const WhyExport *what, const char *from, const char *path)
{
  if (what->full_paths || from == NULL)
    return g_strdup (path);
  if (*from == '\0')
    return g_path_get_basename (path);
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *full_from = g_canonicalize_filename (from, NULL);
  g_autofree char *folder = g_path_get_dirname (full_from);
  const gsize length = strlen (folder);

  if (strncmp (full, folder, length) == 0 && full[length] == G_DIR_SEPARATOR)
    return g_strdup (full + length + 1);
  return g_path_get_basename (path);
}

static gboolean
add_file (JsonBuilder *builder, const WhyExport *what, const char *from, const char *name, const char *path, WhyCancel *cancel,
          GError **error)
{
  g_autofree char *checksum = why_checksum_file (path, cancel, error);
  g_autofree char *told = told_path (what, from, path);
  g_autofree char *display = g_filename_display_name (told);

  if (checksum == NULL)
    return FALSE;
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  why_json_add_string (builder, "path", display);
  why_json_add_string (builder, "sha256", checksum);
  json_builder_end_object (builder);
  return TRUE;
}

void
why_export_share_limits (const WhyMap *map, WhyOverlayStyle *style)
{
  if (map->values->rank != 3 || style->limits == WHY_LIMITS_LOCKED)
    return;
  /* The ends are all that counts, and they are known: nobody wants to look at every voxel whenever a plane is drawn. */
  const float ends[2] = { (float) map->minimum, (float) map->maximum };
  WhyOverlayMap whole = { .values = ends, .width = 2, .height = 1 };
  if (style->outlier_share > 0)
    whole = (WhyOverlayMap) {
      .values = map->values->data,
      .width = (int) map->values->dims[2],
      .height = (int) (map->values->dims[0] * map->values->dims[1]),
    };
  why_overlay_limits (&whole, style, &style->lo, &style->hi);
  style->limits = WHY_LIMITS_LOCKED;
}

WhyMap *
why_export_shown_map (const WhyExport *what, WhyAffine *to_display, GError **error)
{
  const WhyMap *map = what->result->map;
  WhyMap *shown = why_result_show_map (what->result, what->result->map, what->source, what->style.kind != WHY_RESAMPLE_NEAREST, to_display);

  if (shown != NULL && what->framed)
    *to_display = why_affine_compose (to_display, &what->to_picture);
  if (shown != NULL)
    return shown;
  g_autofree char *dims = map != NULL ? why_dims_to_string (map->values->rank, map->values->dims) : g_strdup ("no");
  if (map != NULL && map->values->rank == 3 && what->source != NULL)
    g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "The network does not see this plane of the volume; choose another slice");
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "A figure needs a map with two dimensions, or the volume it is of; this is %s map", dims);
  return NULL;
}

WhyOverlayMap
why_export_overlay_map (const WhyExport *what, const WhyMap *shown, const WhyAffine *to_display)
{
  const WhyTensor *values = shown->values;

  return (WhyOverlayMap) {
    .values = values->data,
    .width = (int) values->dims[1],
    .height = (int) values->dims[0],
    .to_source = *to_display,
    .source_width = what->picture != NULL ? (double) what->picture->dims[1] : 0,
    .source_height = what->picture != NULL ? (double) what->picture->dims[0] : 0,
  };
}

static void
append_option (GString *command, const char *option, const char *value)
{
  g_autofree char *quoted = g_shell_quote (value);
  /* Plain words are easier to read without quotes. */
  const gsize plain = strspn (value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:%@=");

  if (option != NULL)
    g_string_append_printf (command, " %s", option);
  g_string_append_printf (command, " %s", *value != '\0' && value[plain] == '\0' ? value : quoted);
}

static void
append_number (GString *command, const char *option, double value)
{
  g_autofree char *text = why_format_number (value);

  append_option (command, option, text);
}

/* "=" so that a value that begins with a minus sign is not taken for an option. */
static void
append_joined (GString *command, const char *option, const char *value)
{
  g_autofree char *quoted = g_shell_quote (value);
  const gsize plain = strspn (value, "0123456789.,-+einfa bcdghklmnostuwxy");

  g_string_append_printf (command, " %s=%s", option, value[plain] == '\0' && strchr (value, ' ') == NULL ? value : quoted);
}

static void
append_covers (GString *command, const WhyRequest *request)
{
  for (gsize cover = 0; cover < request->n_covers; cover++)
    {
      g_autofree char *text = why_cover_to_text (&request->covers[cover]);

      append_joined (command, "--occlude", text);
    }
}

static void
append_roi (GString *command, const WhyRequest *request)
{
  WhyRoi roi;

  if (!why_request_get_roi (request, &roi))
    return;
  g_autofree char *text = why_roi_to_string (&roi);
  append_option (command, "--roi", text);
}

static void
append_region (GString *command, const WhyResult *result)
{
  g_autofree char *region = why_region_from_request (&result->request->explain, &result->input_to_source);

  if (region != NULL && strcmp (region, "predicted") != 0)
    append_option (command, "--region", region);
}

/* The file's own needs no words. */
static gboolean
has_other_window (const WhyPicture *source)
{
  return source != NULL && why_picture_has_window (source) &&
         (source->window.width != source->own_window.width || source->window.centre != source->own_window.centre);
}

static void
append_window (GString *command, const WhyPicture *source)
{
  if (!has_other_window (source))
    return;
  g_autofree char *width = why_format_number (source->window.width);
  g_autofree char *level = why_format_number (source->window.centre);
  g_autofree char *text = g_strdup_printf ("%s,%s", width, level);
  append_joined (command, "--window", text);
}

static gboolean
is_set (const WhyRect *rect)
{
  return rect->width > 0 && rect->height > 0;
}

/* What is written, as far as the file's ending does not tell it. */
static void
append_kind (GString *command, const WhyExport *what)
{
  const char *kind = why_export_kind_id (what->made_as);

  if (kind != NULL)
    append_option (command, "--kind", kind);
  if (what->made_as == WHY_EXPORT_SEEN && is_set (&what->view))
    {
      g_autofree char *x = why_format_number (what->view.x);
      g_autofree char *y = why_format_number (what->view.y);
      g_autofree char *width = why_format_number (what->view.width);
      g_autofree char *height = why_format_number (what->view.height);
      g_autofree char *text = g_strdup_printf ("%s,%s,%s,%s", x, y, width, height);
      append_joined (command, "--view", text);
    }
  if (what->made_as == WHY_EXPORT_SEEN && what->hide_map)
    g_string_append (command, " --hide-map");
  if ((what->made_as == WHY_EXPORT_SEEN || what->made_as == WHY_EXPORT_OVERLAY) && what->width > 0)
    append_number (command, "--width", what->width);
  if (what->scale > 0 && what->scale != 1)
    append_number (command, "--scale", what->scale);
  if (what->text_scale > 0 && what->text_scale != 1)
    append_number (command, "--text-scale", what->text_scale);
  if (what->um_per_pixel > 0)
    append_number (command, "--pixel-size", what->um_per_pixel);
  if (what->text == WHY_EXPORT_TEXT_CAPTION)
    g_string_append (command, " --caption");
  else if (what->text == WHY_EXPORT_TEXT_NONE)
    g_string_append (command, " --no-captions");
  if (what->theme == WHY_THEME_DARK)
    g_string_append (command, " --dark");
  if (what->full_paths)
    g_string_append (command, " --full-paths");
}

/* @from: (nullable): the file that the command will stand in */
static char *
make_command (const WhyExport *what, const char *figure_path, const char *from)
{
  g_autofree char *model_path = told_path (what, from, why_model_get_path (what->model));
  g_autofree char *input_path = what->input_path != NULL ? told_path (what, from, what->input_path) : g_strdup ("INPUT");
  g_autofree char *output_path = figure_path != NULL ? told_path (what, from, figure_path) : g_strdup ("FIGURE.png");
  const WhyMap *map = what->result->map;
  const WhyOverlayStyle *style = &what->style;
  g_autofree char *number = g_strdup_printf ("%d", what->result->target_class);
  GString *command = g_string_new ("whylight-cli explain");

  append_option (command, NULL, model_path);
  append_option (command, NULL, input_path);
  if (what->source != NULL && why_picture_has_planes (what->source))
    {
      g_string_append_printf (command, " --slice %s:", why_plane_kind_to_string (what->source->kind));
      if (what->source->projected)
        g_string_append (command, "max");
      else
        g_string_append_printf (command, "%" G_GINT64_FORMAT, what->source->plane.index);
    }
  append_window (command, what->source);
  if (why_turn_is_mirrored (what->turn))
    g_string_append (command, " --mirror");
  if (why_turn_get_quarters (what->turn) != 0)
    g_string_append_printf (command, " --rotate %d", 90 * why_turn_get_quarters (what->turn));
  if (why_model_get_recipe_path (what->model) != NULL)
    {
      g_autofree char *recipe_path = told_path (what, from, why_model_get_recipe_path (what->model));
      append_option (command, "--recipe", recipe_path);
    }
  append_option (command, "--method", map->method);
  if (map->layer != NULL)
    append_option (command, "--layer", map->layer);
  for (char **more = map->more_layers; more != NULL && map->layer != NULL && *more != NULL; more++)
    append_option (command, "--layer", *more);
  if (map->options != NULL)
    {
      g_auto (GStrv) entries = g_strsplit (map->options, ",", -1);
      for (char **entry = entries; *entry != NULL; entry++)
        append_option (command, "--option", *entry);
    }
  append_option (command, "--class", number);
  for (gsize also = 0; also < map->n_also_classes; also++)
    {
      g_autofree char *text = g_strdup_printf ("%d", map->also_classes[also]);
      append_option (command, "--also", text);
    }
  if (map->contrast_class >= 0)
    {
      g_autofree char *text = g_strdup_printf ("%d", map->contrast_class);
      append_option (command, "--contrast", text);
    }
  append_option (command, "--polarity", map->polarity);
  if (map->profile != NULL)
    append_option (command, "--profile", map->profile);
  append_option (command, "--score", map->score_kind != NULL ? map->score_kind : "logit");
  append_region (command, what->result);
  append_roi (command, what->result->request);
  append_covers (command, what->result->request);
  append_option (command, "--colormap", why_colormap_get_id (why_overlay_style_colormap (style)));
  append_number (command, "--opacity", style->opacity);
  if (style->threshold > 0)
    append_number (command, "--threshold", style->threshold);
  if (style->limits == WHY_LIMITS_LOCKED)
    {
      g_autofree char *lo = why_format_number (style->lo);
      g_autofree char *hi = why_format_number (style->hi);
      g_autofree char *limits = g_strdup_printf ("%s,%s", lo, hi);
      append_joined (command, "--limits", limits);
    }
  else if (style->outlier_share > 0)
    append_number (command, "--clip", style->outlier_share);
  if (style->alpha_by_value != (strcmp (map->polarity, "signed") == 0))
    append_option (command, "--alpha", style->alpha_by_value ? "value" : "uniform");
  if (style->n_contours > 0)
    g_string_append_printf (command, " --contours %d%s", style->n_contours, style->contour_labels ? "" : " --no-contour-labels");
  if (style->kind == WHY_RESAMPLE_NEAREST)
    g_string_append (command, " --cells");
  append_kind (command, what);
  append_option (command, "-o", output_path);
  return g_string_free (command, FALSE);
}

char *
why_export_command (const WhyExport *what, const char *figure_path)
{
  return make_command (what, figure_path, NULL);
}

char *
why_export_command_names (const WhyExport *what)
{
  return make_command (what, NULL, "");
}

static void
add_drawing (JsonBuilder *builder, const WhyExport *what, const WhyOverlayMap *map)
{
  double lo;
  double hi;

  why_overlay_limits (map, &what->style, &lo, &hi);
  json_builder_set_member_name (builder, "drawing");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "colormap", why_colormap_get_id (why_overlay_style_colormap (&what->style)));
  why_json_add_double (builder, "opacity", what->style.opacity);
  why_json_add_double (builder, "threshold", what->style.threshold);
  why_json_add_string (builder, "limits", what->style.limits == WHY_LIMITS_LOCKED ? "locked" : "own");
  why_json_add_double (builder, "lo", lo);
  why_json_add_double (builder, "hi", hi);
  why_json_add_string (builder, "interpolation", what->style.kind == WHY_RESAMPLE_NEAREST ? "cells" : "bilinear");
  why_json_add_double (builder, "clip", what->style.outlier_share);
  why_json_add_string (builder, "alpha", what->style.alpha_by_value ? "value" : "uniform");
  why_json_add_int (builder, "contours", what->style.n_contours);
  json_builder_end_object (builder);
}

static void
add_covers (JsonBuilder *builder, const WhyRequest *request)
{
  json_builder_set_member_name (builder, "occlusions");
  json_builder_begin_array (builder);
  for (gsize cover = 0; cover < request->n_covers; cover++)
    why_cover_write (&request->covers[cover], builder);
  json_builder_end_array (builder);
}

const char *
why_export_profile_version (const WhyMap *map)
{
  const WhyProfile *profile = why_profile_lookup (map->profile, NULL);
  return profile != NULL ? profile->version : "";
}

/* What goes with layer and class where there is more than one. */
static void
add_more (JsonBuilder *builder, const WhyMap *map)
{
  json_builder_set_member_name (builder, "more_layers");
  json_builder_begin_array (builder);
  for (char **more = map->more_layers; more != NULL && *more != NULL; more++)
    json_builder_add_string_value (builder, *more);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "also_classes");
  json_builder_begin_array (builder);
  for (gsize also = 0; also < map->n_also_classes; also++)
    json_builder_add_int_value (builder, map->also_classes[also]);
  json_builder_end_array (builder);
  why_json_add_int (builder, "contrast_class", map->contrast_class);
  why_json_add_string (builder, "note", map->note);
}

char *
why_export_recipe (const WhyExport *what, const char *figure_path, WhyCancel *cancel, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const WhyMap *map = what->result->map;
  g_autofree char *command = NULL;
  g_autofree char *preparation = NULL;
  g_autofree char *region = why_region_from_request (&what->result->request->explain, &what->result->input_to_source);
  WhyAffine to_display;
  g_autoptr (WhyMap) shown = why_export_shown_map (what, &to_display, error);

  if (shown == NULL)
    return NULL;
  const WhyOverlayMap overlay = why_export_overlay_map (what, shown, &to_display);
  command = make_command (what, figure_path, figure_path);
  json_builder_begin_object (builder);
  why_json_add_string (builder, "program", "whylight");
  why_json_add_string (builder, "version", WHY_VERSION);
  if (!add_file (builder, what, figure_path, "model", why_model_get_path (what->model), cancel, error) ||
      (what->input_path != NULL && !add_file (builder, what, figure_path, "input", what->input_path, cancel, error)))
    return NULL;
  if (what->result->request->pixels != NULL)
    {
      preparation = why_recipe_to_json (what->result->request->recipe);
      g_autoptr (JsonNode) node = json_from_string (preparation, NULL);
      json_builder_set_member_name (builder, "preparation");
      if (node != NULL)
        json_builder_add_value (builder, g_steal_pointer (&node));
      else
        json_builder_add_null_value (builder);
      why_json_add_string (builder, "assumed", why_model_get_assumed_text (what->model));
    }
  why_json_add_string (builder, "method", map->method);
  why_json_add_string (builder, "profile", map->profile);
  why_json_add_string (builder, "profile_version", why_export_profile_version (map));
  why_json_add_string (builder, "options", map->options);
  why_json_add_string (builder, "layer", map->layer);
  add_more (builder, map);
  why_json_add_int (builder, "class", what->result->target_class);
  why_json_add_string (builder, "label", why_model_get_class_label (what->model, what->result->target_class));
  why_json_add_double (builder, "probability",
                       why_tensor_get_f64 (what->result->probabilities, (gsize) what->result->target_class));
  why_json_add_string (builder, "polarity", map->polarity);
  why_json_add_string (builder, "score_kind", map->score_kind);
  why_json_add_double (builder, "score", map->score);
  why_json_add_string (builder, "region", region);
  WhyRoi roi;
  g_autofree char *roi_text = why_request_get_roi (what->result->request, &roi) ? why_roi_to_string (&roi) : NULL;
  why_json_add_string (builder, "roi", roi_text);
  why_json_add_double (builder, "minimum", map->minimum);
  why_json_add_double (builder, "maximum", map->maximum);
  why_json_add_int (builder, "not_finite", (gint64) map->n_not_finite);
  add_covers (builder, what->result->request);
  add_drawing (builder, what, &overlay);
  why_json_add_string (builder, "command", command);
  json_builder_end_object (builder);
  return why_json_finish (builder);
}

/* ---- the figure ---- */

static int
by_probability (gconstpointer a, gconstpointer b, gpointer data)
{
  const WhyTensor *probabilities = data;
  const int one = *(const int *) a;
  const int other = *(const int *) b;
  const double difference = why_tensor_get_f64 (probabilities, (gsize) other) - why_tensor_get_f64 (probabilities, (gsize) one);

  if (difference != 0)
    return difference > 0 ? 1 : -1;
  return one - other;
}

/* The highest classes, and the one explained. @values owns the texts of the numbers. Returns how many. */
static gsize
choose_classes (const WhyExport *what, WhyFigureClass *classes, GPtrArray *values)
{
  WhyTensor *probabilities = what->result->probabilities;
  const int n_classes = (int) MIN (why_tensor_count (probabilities), (gsize) why_model_get_n_classes (what->model));
  g_autofree int *order = g_new (int, MAX (n_classes, 1));
  const int target = what->result->target_class;
  gsize n_shown = 0;

  for (int index = 0; index < n_classes; index++)
    order[index] = index;
  g_qsort_with_data (order, n_classes, sizeof *order, by_probability, probabilities);
  for (int place = 0; place < n_classes; place++)
    {
      if (place >= N_FIGURE_CLASSES && order[place] != target)
        continue;
      const double probability = why_tensor_get_f64 (probabilities, (gsize) order[place]);
      char *value = why_percent_text (probability);
      g_ptr_array_add (values, value);
      classes[n_shown++] = (WhyFigureClass) {
        .label = why_model_get_class_label (what->model, order[place]),
        .value = value,
        .probability = probability,
        .target = order[place] == target,
      };
    }
  return n_shown;
}

gboolean
why_export_knows_class (const WhyMap *map)
{
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);

  return method == NULL || (method->needs & WHY_NEEDS_NO_CLASS) == 0;
}

const char *
why_export_polarity_text (const WhyMap *map)
{
  return why_export_knows_class (map) ? why_polarity_title (map->polarity) : _ ("the same for every class");
}

/* Which side of the body lies at the left of what is shown. */
static const char *
left_text (const WhyPicture *source, WhyTurn turn)
{
  char sides[4];

  if (!why_picture_get_sides (source, sides))
    return _ ("the file does not say how the body lies");
  for (int side = 0; side < 4; side++)
    {
      double across = side == 0 ? -1 : side == 1 ? 1 : 0;
      double down = side == 2 ? -1 : side == 3 ? 1 : 0;

      why_turn_distance (turn, &across, &down);
      if (across > -0.5)
        continue;
      switch (sides[side])
        {
        case 'R':
          return _ ("the patient's right is at the left");
        case 'L':
          return _ ("the patient's left is at the left");
        case 'A':
          return _ ("the front is at the left");
        case 'P':
          return _ ("the back is at the left");
        case 'S':
          return _ ("the top is at the left");
        default:
          return _ ("the bottom is at the left");
        }
    }
  return "";
}

char *
why_export_plane_text (const WhyPicture *source, WhyTurn turn)
{
  static const char *const planes[] = { N_ ("Axial plane"), N_ ("Coronal plane"), N_ ("Sagittal plane") };
  /* What a projection shows lies nowhere beside what it lies on in the picture: it must be said. */
  static const char *const projections[] = {
    N_ ("Maximum of the picture and of the map from top to bottom (maximum intensity projection)"),
    N_ ("Maximum of the picture and of the map from front to back (maximum intensity projection)"),
    N_ ("Maximum of the picture and of the map from side to side (maximum intensity projection)"),
  };
  const char *left = left_text (source, turn);

  if (source->projected)
    return g_strdup_printf ("%s; %s", _ (projections[source->kind]), left);
  /* Translators: plane, slice, number of slices, which side of the body is at the left */
  return g_strdup_printf (_ ("%1$s, slice %2$" PRId64 " of %3$" PRId64 "; %4$s"), _ (planes[source->kind]),
                          source->plane.index + 1, why_picture_get_n_planes (source, source->kind), left);
}

char *
why_export_turn_text (WhyTurn turn)
{
  const int degrees = 90 * why_turn_get_quarters (turn);

  if (!why_turn_is_mirrored (turn))
    /* Translators: the picture in a figure lies another way than in the file */
    return g_strdup_printf (_ ("Shown turned by %d° clockwise"), degrees);
  return degrees == 0 ? g_strdup (_ ("Shown mirrored"))
                      : g_strdup_printf (_ ("Shown mirrored, then turned by %d° clockwise"), degrees);
}

char *
why_export_region_text (const WhyExport *what)
{
  const double um = what->framed ? what->um_per_pixel * what->to_picture.xx : what->um_per_pixel;
  WhyRoi roi;

  if (!why_request_get_roi (what->result->request, &roi))
    return NULL;
  g_autofree char *size =
    um > 0 ? g_strdup_printf (" (%.4g × %.4g µm)", (double) roi.width * um, (double) roi.height * um) : g_strdup ("");
  /* Translators: width and height of the part that the network was shown, its size in micrometres in brackets or nothing,
   * left and top */
  return g_strdup_printf (_ ("The network was shown a region of %1$" PRId64 " × %2$" PRId64
                             " pixels%3$s of the picture, at %4$" PRId64 ", %5$" PRId64),
                          roi.width, roi.height, size, roi.x, roi.y);
}

char *
why_export_window_text (const WhyPicture *source)
{
  if (source == NULL || !why_picture_has_window (source) || (source->values == NULL && !has_other_window (source)))
    return NULL;
  /* Translators: width and level of the window of a scan, as radiologists state it; a unit ("HU") or nothing */
  return g_strdup_printf (_ ("Window %1$.6g, level %2$.6g%3$s%4$s"), source->window.width, source->window.centre,
                          source->unit != NULL && *source->unit != '\0' ? " " : "",
                          source->unit != NULL ? source->unit : "");
}

char *
why_export_score_text (const WhyExport *what, const WhyMap *map)
{
  const char *ends_in = why_model_ends_in (what->model);

  if (g_strcmp0 (map->score_kind, "rest") == 0)
    return g_strdup_printf (_ ("Logit plus logarithm of the probability is explained: %.4g"), map->score);
  if (g_strcmp0 (map->score_kind, "similarity") == 0)
    return g_strdup_printf (_ ("The similarity of the output to another picture's is explained: %.4g"), map->score);
  if (ends_in != NULL && g_strcmp0 (map->score_kind, "probability") != 0)
    return g_strdup_printf (_ ("The logit before the final %s is explained: %.4g"), ends_in, map->score);
  if (g_strcmp0 (map->score_kind, "probability") == 0)
    return g_strdup_printf (_ ("The probability is explained: %.4g"), map->score);
  return g_strdup_printf (_ ("The logit is explained: %.4g"), map->score);
}

const char *
why_export_method_title (const WhyMap *map)
{
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);

  return method != NULL ? _ (method->title) : map->method;
}

gboolean
why_export_is_medical (const WhyExport *what)
{
  return what->source != NULL && what->source->values != NULL;
}

/* Of a volume the display is stretched until its pixels are square: they are as wide as the narrower voxel. */
double
why_export_get_um_per_pixel (const WhyExport *what)
{
  const WhyPicture *source = what->source;
  const double stated = source != NULL ? why_picture_get_um_per_pixel (source) : 0;

  if (stated > 0 || (source != NULL && source->is_volume))
    return stated;
  return what->um_per_pixel > 0 && isfinite (what->um_per_pixel) ? what->um_per_pixel : 0;
}

char **
why_export_legend_lines (const WhyExport *what, const WhyMap *shown)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *how = g_strdup_printf ("%s, %s", why_export_method_title (shown), why_export_polarity_text (shown));
  /* Translators: columns, rows of a map; the layer it is of follows */
  g_autofree char *where = g_strdup_printf (_ ("%" PRId64 " × %" PRId64 " cells%s%s"), shown->values->dims[1], shown->values->dims[0],
                                            shown->layer != NULL ? ", " : "", shown->layer != NULL ? shown->layer : "");

  g_strv_builder_add (builder, how);
  g_strv_builder_add (builder, where);
  return g_strv_builder_end (builder);
}

static GPtrArray *
make_captions (const WhyExport *what, const char *method_title, const WhyMap *map, const WhyAffine *to_display)
{
  GPtrArray *captions = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (captions, g_strdup_printf (_ ("Model: %s (%s)"), why_model_get_title (what->model),
                                              why_model_get_summary (what->model)));
  g_ptr_array_add (captions,
                   g_strdup_printf (_ ("%s, %s; %" PRId64 " × %" PRId64
                                       " cells, one cell is %.4g × %.4g pixels of the picture"),
                                    method_title, why_export_polarity_text (map), map->values->dims[1], map->values->dims[0],
                                    hypot (to_display->xx, to_display->yx) / (what->framed ? what->to_picture.xx : 1),
                                    hypot (to_display->xy, to_display->yy) / (what->framed ? what->to_picture.yy : 1)));
  char *region = why_export_region_text (what);
  if (region != NULL)
    g_ptr_array_add (captions, region);
  if (what->source != NULL && why_picture_has_planes (what->source))
    g_ptr_array_add (captions, why_export_plane_text (what->source, what->turn));
  else if (what->turn != 0)
    g_ptr_array_add (captions, why_export_turn_text (what->turn));
  char *window = why_export_window_text (what->source);
  if (window != NULL)
    g_ptr_array_add (captions, window);
  if (why_export_knows_class (map))
    g_ptr_array_add (captions, why_export_score_text (what, map));
  if (what->result->request->n_covers > 0)
    g_ptr_array_add (captions, g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u rectangle is covered", "%u rectangles are covered",
                                                             (gulong) what->result->request->n_covers),
                                                (guint) what->result->request->n_covers));
  if (map->contrast_class >= 0)
    g_ptr_array_add (captions, g_strdup_printf (_ ("Compared with “%s”"),
                                                why_model_get_class_label (what->model, map->contrast_class)));
  if (g_strcmp0 (map->profile, "paper") != 0 || map->options != NULL)
    g_ptr_array_add (captions, g_strdup_printf (_ ("Profile %s %s, options: %s"), map->profile, why_export_profile_version (map),
                                                map->options != NULL ? map->options : _ ("none")));
  if (map->reason != NULL)
    g_ptr_array_add (captions, g_strdup (map->reason));
  if (map->note != NULL)
    g_ptr_array_add (captions, g_strdup (_ (map->note)));
  if (what->result->request->pixels != NULL && *why_model_get_assumed_text (what->model) != '\0')
    g_ptr_array_add (captions, g_strdup_printf (_ ("Assumed, as the model does not say: %s"),
                                                why_model_get_assumed_text (what->model)));
  g_ptr_array_add (captions, NULL);
  return captions;
}

/* One paragraph, facts line by line, or nothing. */
static GPtrArray *
choose_captions (const WhyExport *what, const char *method_title, const WhyMap *map, const WhyAffine *to_display)
{
  if (what->text == WHY_EXPORT_TEXT_LINES)
    return make_captions (what, method_title, map, to_display);
  GPtrArray *captions = g_ptr_array_new_with_free_func (g_free);
  if (what->text == WHY_EXPORT_TEXT_CAPTION)
    g_ptr_array_add (captions, why_caption_text (what));
  g_ptr_array_add (captions, NULL);
  return captions;
}

gboolean
why_export_texts_init (WhyExportTexts *texts, const WhyExport *what, const char *path, WhyCancel *cancel, GError **error)
{
  const WhyMap *map = what->result->map;

  *texts = (WhyExportTexts) { 0 };
  texts->recipe = why_export_recipe (what, path, cancel, error);
  if (texts->recipe == NULL)
    return FALSE;
  texts->title = g_strdup_printf ("%s: %s%s%s", why_model_get_class_label (what->model, what->result->target_class),
                                  why_export_method_title (map), map->layer != NULL ? ", " : "",
                                  map->layer != NULL ? map->layer : "");
  texts->comment = g_strdup_printf ("%s %s", why_export_is_medical (what) ? _ ("Not a medical device.") : "",
                                    _ ("For research and teaching."));
  g_strstrip (texts->comment);
  texts->entries[texts->n_entries++] = (WhyTextEntry) { "Title", texts->title };
  texts->entries[texts->n_entries++] = (WhyTextEntry) { "Software", "Whylight " WHY_VERSION };
  texts->entries[texts->n_entries++] = (WhyTextEntry) { "Author", "Whylight " WHY_VERSION };
  texts->entries[texts->n_entries++] = (WhyTextEntry) { "Comment", texts->comment };
  texts->entries[texts->n_entries++] = (WhyTextEntry) { "whylight:recipe", texts->recipe };
  return TRUE;
}

void
why_export_texts_clear (WhyExportTexts *texts)
{
  g_free (texts->title);
  g_free (texts->recipe);
  g_free (texts->comment);
}

gboolean
why_export_figure (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error)
{
  WhyFigureClass classes[N_FIGURE_CLASSES + 1];
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  g_auto (WhyExportTexts) texts = { 0 };
  WhyAffine to_display;

  g_autoptr (WhyMap) map = why_export_shown_map (what, &to_display, error);
  if (map == NULL || !why_export_texts_init (&texts, what, path, cancel, error))
    return FALSE;

  g_auto (WhyExportOutlines) outlines = { 0 };
  if (!why_export_outlines_init (&outlines, what, cancel, error))
    return FALSE;
  WhyOverlayMap overlay = why_export_overlay_map (what, map, &to_display);
  const char *method_title = why_export_method_title (map);
  const char *label = why_model_get_class_label (what->model, what->result->target_class);
  const double probability = why_tensor_get_f64 (what->result->probabilities, (gsize) what->result->target_class);
  g_autoptr (GPtrArray) captions = choose_captions (what, method_title, map, &to_display);
  g_autofree char *subtitle =
    map->layer != NULL ? g_strdup_printf (_ ("%s at %s"), method_title, map->layer) : g_strdup (method_title);
  g_autofree char *percent = why_percent_text (probability);
  WhyFigure figure = {
    .kind = what->kind,
    .panel = {
      .picture = what->picture,
      .map = &overlay,
      .style = &what->style,
      .outlines = outlines.panel,
      .n_outlines = outlines.n,
      .um_per_pixel = why_export_get_um_per_pixel (what),
    },
    .title = label,
    .title_value = percent,
    .subtitle = subtitle,
    .classes = classes,
    .n_classes = choose_classes (what, classes, values),
    .captions = (const char *const *) captions->pdata,
    .theme = what->theme,
    .scale = what->scale,
    .text_scale = what->text_scale,
  };
  g_autoptr (WhyTensor) turned = why_export_turn_panel (what->turn, &figure.panel, &overlay);
  return why_figure_write (&figure, path, texts.entries, texts.n_entries, cancel, error);
}
