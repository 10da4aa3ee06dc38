#include "config.h"

#include "truth.h"

#include "base/error.h"

#include <string.h>

const TruthPhantom truth_phantoms[TRUTH_N_PHANTOMS] = {
  { "lesion", "lesion.onnx", "lesion", "malignant", 255, 128, 64, 0, FALSE, FALSE },
  { "lesion-clever-hans", "lesion-clever-hans.onnx", "lesion", "malignant", 255, 128, 64, 0, TRUE, FALSE },
  { "tumour3d", "tumour3d.onnx", "tumour3d", "lesion", 1, 0, 0, 2, FALSE, FALSE },
  { "gland", "gland.onnx", "gland", "tumour", 255, 0, 0, 0, FALSE, FALSE },
  { "clearing", "clearing.onnx", "clearing", "clearing", 128, 0, 0, 255, FALSE, FALSE },
  { "felled-tree", "clearing.onnx", "clearing", "felled tree", 255, 0, 0, 128, FALSE, FALSE },
  { "two-features", "two-features.onnx", "two-features", "green", 255, 128, 0, 0, FALSE, TRUE },
};

static void
case_free (gpointer data)
{
  TruthCase *one = data;

  g_free (one->name);
  cli_input_clear (&one->input);
  g_clear_pointer (&one->labels, why_tensor_unref);
  g_free (one);
}

/* Longest first: ".gz" alone is none. */
static const char *
ending_of (const char *name)
{
  static const char *const endings[] = { ".nii.gz", ".nii", ".png" };

  for (gsize ending = 0; ending < G_N_ELEMENTS (endings); ending++)
    {
      if (g_str_has_suffix (name, endings[ending]))
        return endings[ending];
    }
  return NULL;
}

static gboolean
is_case (const char *name, const char *prefix)
{
  const gsize length = strlen (prefix);
  const char *ending = ending_of (name);

  if (ending == NULL || strncmp (name, prefix, length) != 0 || (name[length] != '-' && name[length] != '.'))
    return FALSE;
  g_autofree char *mask_ending = g_strconcat (".mask", ending, NULL);
  return !g_str_has_suffix (name, mask_ending);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
list_names (const char *folder, const char *prefix, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    return NULL;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (is_case (name, prefix))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, by_name);
  return g_steal_pointer (&names);
}

/* Of [H, W, C] the first channel: masks are grey. */
static WhyTensor *
take_labels (const WhyTensor *pixels, gboolean is_volume, const char *path, const TruthPhantom *phantom, GError **error)
{
  const int known[] = { 0, phantom->for_value, phantom->against_value, phantom->mark_value, phantom->other_value };
  const int rank = is_volume ? 3 : 2;
  g_autoptr (WhyTensor) labels = why_tensor_new (WHY_DTYPE_UINT8, rank, pixels->dims, error);
  const gsize n_channels = pixels->rank > rank ? (gsize) pixels->dims[rank] : 1;
  const gsize n = labels != NULL ? why_tensor_count (labels) : 0;

  if (labels == NULL)
    return NULL;
  for (gsize at = 0; at < n; at++)
    {
      const double value = why_tensor_get_f64 (pixels, at * n_channels);
      gboolean fine = FALSE;
      for (gsize index = 0; index < G_N_ELEMENTS (known); index++)
        fine = fine || value == known[index];
      if (!fine)
        {
          g_autoptr (GString) wanted = g_string_new ("0");
          for (gsize index = 1; index < G_N_ELEMENTS (known); index++)
            if (known[index] > 0)
              g_string_append_printf (wanted, ", %d", known[index]);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "%s: the mask holds the value %g; a mask of '%s' holds %s", path, value, phantom->id,
                       wanted->str);
          return NULL;
        }
      ((guint8 *) labels->data)[at] = (guint8) value;
    }
  return g_steal_pointer (&labels);
}

static gboolean
load_mask (TruthCase *one, const char *folder, const TruthPhantom *phantom, GError **error)
{
  const char *ending = ending_of (one->name);
  g_autofree char *stem = g_strndup (one->name, strlen (one->name) - strlen (ending));
  g_autofree char *name = g_strconcat (stem, ".mask", ending, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const WhyTensor *pixels = one->input.pixels;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: there is no mask %s beside it", one->input.path, name);
      return FALSE;
    }
  g_autoptr (WhyPicture) mask = why_picture_load (path, NULL, error);
  if (mask == NULL)
    return FALSE;
  const gboolean is_volume = one->input.picture->is_volume;
  gboolean same = mask->is_volume == is_volume;
  for (int axis = 0; same && axis < (is_volume ? 3 : 2); axis++)
    same = mask->pixels->dims[axis] == pixels->dims[axis];
  if (!same)
    {
      g_autofree char *found = why_dims_to_string (mask->pixels->rank, mask->pixels->dims);
      g_autofree char *wanted = why_dims_to_string (pixels->rank, pixels->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "%s: the mask is %s, what it belongs to %s", path, found,
                   wanted);
      return FALSE;
    }
  g_autoptr (WhyTensor) dense = why_tensor_to_dense (mask->pixels, error);
  one->labels = dense != NULL ? take_labels (dense, is_volume, path, phantom, error) : NULL;
  return one->labels != NULL;
}

GPtrArray *
truth_cases_load (const TruthPhantom *phantom, const char *folder, guint n_max, WhyModel *model, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (folder, phantom->prefix, error);
  g_autoptr (GPtrArray) cases = g_ptr_array_new_with_free_func (case_free);

  for (guint index = 0; names != NULL && index < MIN (names->len, n_max); index++)
    {
      TruthCase *one = g_new0 (TruthCase, 1);
      g_ptr_array_add (cases, one);
      one->name = g_strdup (names->pdata[index]);
      g_autofree char *path = g_build_filename (folder, one->name, NULL);
      if (!cli_input_load (path, NULL, model, &one->input, error) || !load_mask (one, folder, phantom, error))
        return NULL;
    }
  return names != NULL ? g_steal_pointer (&cases) : NULL;
}

WhyTensor *
truth_case_mask (const TruthCase *one, int value, gsize *n, GError **error)
{
  g_autoptr (WhyTensor) mask = why_tensor_new_zeros (WHY_DTYPE_UINT8, one->labels->rank, one->labels->dims, error);
  const guint8 *labels = one->labels->data;

  *n = 0;
  for (gsize at = 0; mask != NULL && value != 0 && at < why_tensor_count (mask); at++)
    {
      ((guint8 *) mask->data)[at] = labels[at] == value;
      *n += labels[at] == value;
    }
  return g_steal_pointer (&mask);
}
