#include "config.h"

#include "export-private.h"

#include "base/error.h"
#include "base/npy.h"
#include "nifti.h"
#include "service/json.h"
#include "tiff.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* Numbers rather than drawings: the map's values, and the scores. */

#define MAX_SOURCE_VALUES (G_GINT64_CONSTANT (1) << 28)

static gboolean
write_text (const char *path, const char *text, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &failure))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, failure->message);
  return FALSE;
}

static void
add_affine (JsonBuilder *builder, const char *name, const WhyAffine *affine)
{
  const double numbers[] = { affine->xx, affine->xy, affine->x0, affine->yx, affine->yy, affine->y0 };

  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize number = 0; number < G_N_ELEMENTS (numbers); number++)
    json_builder_add_double_value (builder, numbers[number]);
  json_builder_end_array (builder);
}

/* The recipe with what the numbers of the file are, and where they lie. */
static char *
describe (const WhyExport *what, const WhyTensor *values, const WhyAffine *to_source, const char *path, WhyCancel *cancel,
          GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *recipe = why_export_recipe (what, path, cancel, error);

  if (recipe == NULL)
    return NULL;
  g_autoptr (JsonNode) node = json_from_string (recipe, NULL);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "whylight");
  json_builder_begin_object (builder);
  why_json_add_string (builder, "values", "raw, float32, never normalised");
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (int axis = 0; axis < values->rank; axis++)
    json_builder_add_int_value (builder, values->dims[axis]);
  json_builder_end_array (builder);
  /* x' = a x + b y + c, y' = d x + e y + f; corners of cells and pixels are whole numbers. */
  if (to_source != NULL)
    add_affine (builder, "cells_to_source_pixels", to_source);
  why_json_add_double (builder, "um_per_source_pixel", why_export_get_um_per_pixel (what) > 0 ? why_export_get_um_per_pixel (what) : NAN);
  json_builder_set_member_name (builder, "recipe");
  json_builder_add_value (builder, g_steal_pointer (&node));
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  return why_json_finish (builder);
}

/* The values at the pixels of the display. */
static WhyTensor *
resample (const WhyExport *what, const WhyMap *shown, const WhyAffine *to_display, GError **error)
{
  const WhyTensor *values = shown->values;
  const gint64 dims[] = { what->picture->dims[0], what->picture->dims[1] };
  WhyAffine to_map;

  if (dims[0] > MAX_SOURCE_VALUES / dims[1] || !why_affine_invert (to_display, &to_map))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "A map of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " pixels is too large; write the raw map instead", dims[1], dims[0]);
      return NULL;
    }
  WhyTensor *wide = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 2, dims, error);
  if (wide != NULL)
    why_resample_affine (values->data, (int) values->dims[1], (int) values->dims[0], what->style.kind, &to_map, NAN, wide->data,
                         (int) dims[1], (int) dims[0]);
  return wide;
}

static gboolean
write_npy (WhyTensor *values, const char *path, const char *description, GError **error)
{
  g_autofree char *beside = g_strconcat (path, ".json", NULL);
  g_autofree char *line = g_strconcat (description, "\n", NULL);

  return why_npy_write (values, path, error) && write_text (beside, line, error);
}

static gboolean
write_tiff (const WhyExport *what, const WhyTensor *values, const WhyAffine *to_source, const char *path, const char *description,
            WhyCancel *cancel, GError **error)
{
  const gboolean deep = values->rank == 3;
  const double um = why_export_get_um_per_pixel (what);
  WhyTiffPlace place = { 0 };

  /* One resolution holds for maps that lie straight. */
  if (!deep && to_source != NULL && to_source->xy == 0 && to_source->yx == 0)
    place = (WhyTiffPlace) { um * fabs (to_source->xx), um * fabs (to_source->yy) };
  return why_tiff_write (path, values->data, values->dims[deep ? 2 : 1], values->dims[deep ? 1 : 0], deep ? values->dims[0] : 1,
                         &place, description, cancel, error);
}

/* From cells (column, row, slice) of the map, by their centres, to millimetres. */
static gboolean
find_world (const WhyExport *what, const WhyMap *map, double *world)
{
  const WhyResult *result = what->result;
  const WhyAffine to_source = why_affine_compose (&map->to_input, &result->input_to_source);
  const double depth = map->depth_scale * result->depth_scale;
  const double depth_start = map->depth_offset * result->depth_scale + result->depth_offset;
  /* A voxel's centre has a whole number in the file and a half here. */
  const double cell_to_voxel[3][4] = {
    { to_source.xx, to_source.xy, 0, 0.5 * (to_source.xx + to_source.xy) + to_source.x0 - 0.5 },
    { to_source.yx, to_source.yy, 0, 0.5 * (to_source.yx + to_source.yy) + to_source.y0 - 0.5 },
    { 0, 0, depth, 0.5 * depth + depth_start - 0.5 },
  };

  if (!what->source->has_world)
    return FALSE;
  for (int row = 0; row < 3; row++)
    {
      const double *to_world = what->source->voxel_to_world + 4 * row;
      for (int column = 0; column < 4; column++)
        {
          world[4 * row + column] = column == 3 ? to_world[3] : 0;
          for (int axis = 0; axis < 3; axis++)
            world[4 * row + column] += to_world[axis] * cell_to_voxel[axis][column];
        }
    }
  return TRUE;
}

static gboolean
write_nifti (const WhyExport *what, const char *path, const char *description, WhyCancel *cancel, GError **error)
{
  const WhyMap *map = what->result->map;
  g_autofree char *beside = g_strconcat (path, ".json", NULL);
  g_autofree char *line = g_strconcat (description, "\n", NULL);
  double world[12];

  if (map->values->rank != 3 || !why_export_is_medical (what))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: NIfTI files hold volumes; write this map as .npy or .tif", path);
      return FALSE;
    }
  return why_nifti_write (path, map->values->data, map->values->dims, find_world (what, map, world) ? world : NULL, cancel, error) &&
         write_text (beside, line, error);
}

gboolean
why_export_raw (const WhyExport *what, gboolean of_source, const char *path, WhyCancel *cancel, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  WhyAffine to_source = why_affine_identity ();
  g_autoptr (WhyTensor) values = NULL;
  gboolean flat = TRUE;

  if (of_source && what->picture == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: there is no picture to take the size of; write the raw map", path);
      return FALSE;
    }
  if (of_source)
    {
      WhyAffine to_display;
      g_autoptr (WhyMap) shown = why_export_shown_map (what, &to_display, error);
      values = shown != NULL ? resample (what, shown, &to_display, error) : NULL;
      if (what->framed && !why_affine_invert (&what->to_picture, &to_source))
        return FALSE;
    }
  else
    {
      const WhyMap *map = what->result->map;
      to_source = why_affine_compose (&map->to_input, &what->result->input_to_source);
      flat = map->values->rank == 2;
      values = why_tensor_ref (map->values);
    }
  if (values == NULL)
    return FALSE;
  g_autofree char *description = describe (what, values, flat ? &to_source : NULL, path, cancel, error);
  if (description == NULL)
    return FALSE;
  if (g_str_has_suffix (lower, ".npy"))
    return write_npy (values, path, description, error);
  if (g_str_has_suffix (lower, ".nii") || g_str_has_suffix (lower, ".nii.gz"))
    return write_nifti (what, path, description, cancel, error);
  return write_tiff (what, values, flat ? &to_source : NULL, path, description, cancel, error);
}

/* ---- scores ---- */

static double
value_at (const WhyTensor *values, int index)
{
  return values != NULL && (gsize) index < why_tensor_count (values) ? why_tensor_get_f64 (values, (gsize) index) : NAN;
}

static void
append_field (GString *text, const char *field)
{
  if (strpbrk (field, ",\"\r\n") == NULL)
    {
      g_string_append (text, field);
      return;
    }
  g_string_append_c (text, '"');
  for (const char *at = field; *at != '\0'; at++)
    g_string_append_printf (text, *at == '"' ? "\"\"" : "%c", *at);
  g_string_append_c (text, '"');
}

static void
append_value (GString *text, double value)
{
  g_autofree char *number = isfinite (value) ? why_format_number (value) : g_strdup ("");

  g_string_append_printf (text, ",%s", number);
}

/* Comma-separated values by RFC 4180, numbers with a point: a table for any program. */
static gboolean
write_csv (const WhyExport *what, int n_classes, const char *path, WhyCancel *cancel, GError **error)
{
  const WhyResult *result = what->result;
  const gsize n_covers = result->request->n_covers;
  g_autoptr (GString) text = g_string_new ("index,label,probability,logit,explained");

  if (n_covers > 0)
    g_string_append (text, ",probability_uncovered");
  g_string_append (text, "\r\n");
  for (int index = 0; index < n_classes; index++)
    {
      g_string_append_printf (text, "%d,", index);
      append_field (text, why_model_get_class_label (what->model, index));
      append_value (text, value_at (result->probabilities, index));
      append_value (text, value_at (result->logits, index));
      g_string_append_printf (text, ",%d", index == result->target_class);
      if (n_covers > 0)
        append_value (text, value_at (result->steps[0], index));
      g_string_append (text, "\r\n");
    }
  g_autofree char *recipe = why_export_recipe (what, path, cancel, error);
  g_autofree char *beside = g_strconcat (path, ".json", NULL);
  g_autofree char *line = recipe != NULL ? g_strconcat (recipe, "\n", NULL) : NULL;
  return recipe != NULL && write_text (path, text->str, error) && write_text (beside, line, error);
}

static gboolean
write_json (const WhyExport *what, int n_classes, const char *path, WhyCancel *cancel, GError **error)
{
  const WhyResult *result = what->result;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *recipe = why_export_recipe (what, path, cancel, error);

  if (recipe == NULL)
    return FALSE;
  g_autoptr (JsonNode) node = json_from_string (recipe, NULL);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "classes");
  json_builder_begin_array (builder);
  for (int index = 0; index < n_classes; index++)
    {
      json_builder_begin_object (builder);
      why_json_add_int (builder, "index", index);
      why_json_add_string (builder, "label", why_model_get_class_label (what->model, index));
      why_json_add_double (builder, "probability", value_at (result->probabilities, index));
      why_json_add_double (builder, "logit", value_at (result->logits, index));
      why_json_add_boolean (builder, "explained", index == result->target_class);
      /* With the first cover, the first two, and so on; the first number is of the uncovered picture. */
      json_builder_set_member_name (builder, "probability_by_covers");
      json_builder_begin_array (builder);
      for (gsize step = 0; step <= result->request->n_covers; step++)
        {
          const double value = value_at (result->steps[step], index);
          if (isfinite (value))
            json_builder_add_double_value (builder, value);
          else
            json_builder_add_null_value (builder);
        }
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "recipe");
  json_builder_add_value (builder, g_steal_pointer (&node));
  json_builder_end_object (builder);
  g_autofree char *json = why_json_finish (builder);
  g_autofree char *line = g_strconcat (json, "\n", NULL);
  return write_text (path, line, error);
}

gboolean
why_export_scores (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  const int n_classes = (int) MIN (why_tensor_count (what->result->probabilities), (gsize) why_model_get_n_classes (what->model));

  if (g_str_has_suffix (lower, ".csv"))
    return write_csv (what, n_classes, path, cancel, error);
  return write_json (what, n_classes, path, cancel, error);
}
