#include "config.h"

#include "explain/profile.h"

#include "base/error.h"
#include "explain/explain.h"
#include "methods.h"
#include "explain/map-resize.h"

#include <math.h>
#include <string.h>

static const WhyProfile profiles[] = {
  {
    .kind = WHY_PROFILE_PAPER,
    .id = "paper",
    .title = N_ ("The papers"),
    .version = "",
    .about = N_ ("The method as its paper states it; enlarged bilinearly, in units of the score."),
  },
  {
    .kind = WHY_PROFILE_PYTORCH_GRAD_CAM,
    .id = "pytorch-grad-cam",
    .title = "pytorch-grad-cam",
    .version = "1.5.7",
    .about =
      N_ ("Clipped at 0 and stretched to 0 to 1 before enlarging and after; layers are averaged."),
  },
  {
    .kind = WHY_PROFILE_CAPTUM,
    .id = "captum",
    .title = "Captum",
    .version = "0.9.0",
    .about = N_ ("Neither clipped nor normalised; enlarged to the nearest cell."),
  },
  {
    .kind = WHY_PROFILE_TORCHCAM,
    .id = "torchcam",
    .title = "TorchCAM",
    .version = "0.5.0",
    .about = N_ ("Clipped at 0 and stretched to 0 to 1; stays at the layer's size."),
  },
  {
    .kind = WHY_PROFILE_MONAI,
    .id = "monai",
    .title = "MONAI",
    .version = "1.6.1",
    .about =
      N_ ("Clipped at 0, enlarged linearly, stretched and turned round: 0 is the strongest."),
  },
  {
    .kind = WHY_PROFILE_TF_KERAS_VIS,
    .id = "tf-keras-vis",
    .title = "tf-keras-vis",
    .version = "0.8.7",
    .about = N_ ("Clipped at 0, enlarged linearly from corner to corner, stretched to 0 to 1."),
  },
};

const WhyProfile *
why_profile_lookup (const char *id, GError **error)
{
  const char *ids[WHY_N_PROFILES + 1] = { NULL };

  for (gsize index = 0; index < WHY_N_PROFILES; index++)
    {
      ids[index] = profiles[index].id;
      if (strcmp (id != NULL ? id : "paper", ids[index]) == 0)
        return &profiles[index];
    }
  g_autofree char *all = g_strjoinv (", ", (char **) ids);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "There is no profile '%s'; known are %s",
               id, all);
  return NULL;
}

const WhyProfile *
why_profile_list (gsize *n)
{
  *n = G_N_ELEMENTS (profiles);
  return profiles;
}

gboolean
why_profile_fits (const WhyProfile *profile, const WhyExplainerClass *method)
{
  return profile->kind == WHY_PROFILE_PAPER || (method->profiles & (1u << profile->kind)) != 0;
}

gboolean
why_profile_check (const WhyProfile *profile, const WhyExplainerClass *method, GError **error)
{
  g_autoptr (GString) fit = g_string_new (NULL);

  if (why_profile_fits (profile, method))
    return TRUE;
  for (gsize index = 0; index < WHY_N_PROFILES; index++)
    if (why_profile_fits (&profiles[index], method))
      g_string_append_printf (fit, "%s%s", fit->len > 0 ? ", " : "", profiles[index].id);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s has no method '%s', so there is no profile of it; profiles that fit: %s",
               profile->title, method->id, fit->str);
  return FALSE;
}

/* ---- chains ---- */

static void
clip (WhyTensor *map)
{
  float *values = map->data;
  const gsize count = why_tensor_count (map);

  for (gsize at = 0; at < count; at++)
    values[at] = values[at] < 0.0f ? 0.0f : values[at];
}

static void
get_range (const WhyTensor *map, double *lo, double *hi)
{
  const float *values = map->data;
  const gsize count = why_tensor_count (map);

  *lo = INFINITY;
  *hi = -INFINITY;
  for (gsize at = 0; at < count; at++)
    {
      *lo = fmin (*lo, (double) values[at]);
      *hi = fmax (*hi, (double) values[at]);
    }
}

/* To 0..1, with the library's small number in the denominator; a flat map without one to 0. */
static void
stretch (WhyTensor *map, double epsilon)
{
  float *values = map->data;
  const gsize count = why_tensor_count (map);
  double lo, hi;

  get_range (map, &lo, &hi);
  const double range = hi - lo + epsilon;
  for (gsize at = 0; at < count; at++)
    values[at] = range > 0 ? (float) (((double) values[at] - lo) / range) : 0.0f;
}

static WhyTensor *
enlarge (const WhyTensor *map, int rank, const gint64 *dims, WhyResizeKind kind, GError **error)
{
  /* A map whose space is not the input's (of a network that reshapes) is left as it is. */
  if (map->rank != rank - 2)
    return why_tensor_copy (map, error);
  return why_map_resize (map, dims + 2, kind, error);
}

#define PGC_EPSILON 1e-7
#define TORCHCAM_EPSILON 1e-8
#define TF_KERAS_VIS_EPSILON 1e-7

/* @map: (transfer full) (nullable) */
static gboolean
add_scaled (WhyTensor **sum, WhyTensor *map, double factor, GError **error)
{
  const gsize count = map != NULL ? why_tensor_count (map) : 0;

  if (map == NULL)
    return FALSE;
  if (*sum != NULL && !why_tensor_same_dims (*sum, map))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "The layers' maps have different numbers of dimensions and cannot be averaged");
      why_tensor_unref (map);
      return FALSE;
    }
  for (gsize at = 0; at < count; at++)
    {
      float *value = (float *) map->data + at;
      *value = (float) ((double) *value * factor);
      if (*sum != NULL)
        *value += ((float *) (*sum)->data)[at];
    }
  why_tensor_unref (*sum);
  *sum = map;
  return TRUE;
}

/* Parts as WhyMap has them: all layers of the first form, then of the next. */
static WhyTensor *
finish_pytorch_grad_cam (WhyTensor *const *parts,
                         gsize n_parts,
                         gsize n_layers,
                         int rank,
                         const gint64 *dims,
                         GError **error)
{
  /* OpenCV enlarges pictures, SciPy volumes. */
  const WhyResizeKind kind = rank == 5 ? WHY_RESIZE_CUBIC_CORNERS : WHY_RESIZE_LINEAR;
  g_autoptr (WhyTensor) all = NULL;
  const gsize n_forms = n_parts / n_layers;

  for (gsize form = 0; form < n_forms; form++)
    {
      g_autoptr (WhyTensor) sum = NULL;
      for (gsize layer = 0; layer < n_layers; layer++)
        {
          g_autoptr (WhyTensor) map = why_tensor_copy (parts[form * n_layers + layer], error);
          if (map == NULL)
            return NULL;
          clip (map);
          stretch (map, PGC_EPSILON);
          WhyTensor *full = enlarge (map, rank, dims, kind, error);
          if (full != NULL)
            clip (full);
          if (!add_scaled (&sum, full, 1.0 / (double) n_layers, error))
            return NULL;
        }
      stretch (sum, PGC_EPSILON);
      if (!add_scaled (&all, g_steal_pointer (&sum), 1.0 / (double) n_forms, error))
        return NULL;
    }
  return g_steal_pointer (&all);
}

/* RefineCAM multiplies what the library returns for each layer. */
static WhyTensor *
finish_product (
  WhyTensor *const *parts, gsize n_parts, int rank, const gint64 *dims, GError **error)
{
  g_autoptr (WhyTensor) product = NULL;

  for (gsize part = 0; part < n_parts; part++)
    {
      WhyTensor *map = finish_pytorch_grad_cam (&parts[part], 1, 1, rank, dims, error);
      const gsize count = map != NULL ? why_tensor_count (map) : 0;
      if (map == NULL)
        return NULL;
      for (gsize at = 0; product != NULL && at < count; at++)
        ((float *) map->data)[at] *= ((float *) product->data)[at];
      why_tensor_unref (product);
      product = map;
    }
  stretch (product, PGC_EPSILON);
  return g_steal_pointer (&product);
}

static WhyTensor *
finish_torchcam (const WhyMap *map, WhyTensor *const *parts, gsize n_parts, GError **error)
{
  const gboolean clipped = strcmp (map->method, "cam") != 0;
  g_autoptr (GPtrArray) maps = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);

  for (gsize part = 0; part < n_parts; part++)
    {
      WhyTensor *copy = why_tensor_copy (parts[part], error);
      if (copy == NULL)
        return NULL;
      if (clipped)
        clip (copy);
      stretch (copy, TORCHCAM_EPSILON);
      g_ptr_array_add (maps, copy);
    }
  if (n_parts == 1)
    return why_tensor_ref (g_ptr_array_index (maps, 0));
  if (strcmp (map->method, "refinecam") == 0)
    {
      WhyTensor *product =
        why_method_fuse ((WhyTensor *const *) maps->pdata, n_parts, "product", 0, error);
      if (product != NULL)
        stretch (product, TORCHCAM_EPSILON);
      return product;
    }
  return why_method_fuse ((WhyTensor *const *) maps->pdata, n_parts, "max",
                          strcmp (map->method, "layercam") == 0 ? 2.0 : 0.0, error);
}

/* tf-keras-vis, of attributions: the largest magnitude among the channels, stretched. */
static WhyTensor *
finish_saliency (const WhyTensor *attribution, GError **error)
{
  g_autoptr (WhyTensor) dense = why_tensor_to_dense ((WhyTensor *) attribution, error);
  WhyTensor *map = dense != NULL ? why_tensor_new_zeros (WHY_DTYPE_FLOAT32, dense->rank - 2,
                                                         dense->dims + 2, error)
                                 : NULL;
  const gsize count = map != NULL ? why_tensor_count (map) : 0;

  for (gsize at = 0; at < count * (gsize) attribution->dims[1]; at++)
    {
      float *most = (float *) map->data + at % count;
      *most = MAX (*most, fabsf (((const float *) dense->data)[at]));
    }
  if (map != NULL)
    stretch (map, TF_KERAS_VIS_EPSILON);
  return map;
}

static WhyTensor *
finish_one (
  const WhyProfile *profile, const WhyMap *map, int rank, const gint64 *dims, GError **error)
{
  g_autoptr (WhyTensor) values = why_tensor_copy (map->values, error);
  WhyTensor *full = NULL;
  double lo, hi;

  if (values == NULL)
    return NULL;
  switch (profile->kind)
    {
    case WHY_PROFILE_CAPTUM:
      return enlarge (values, rank, dims, WHY_RESIZE_NEAREST, error);
    case WHY_PROFILE_MONAI:
      if (strcmp (map->method, "cam") != 0)
        clip (values);
      full = enlarge (values, rank, dims, WHY_RESIZE_LINEAR, error);
      if (full == NULL)
        return NULL;
      get_range (full, &lo, &hi);
      for (gsize at = 0; hi > lo && at < why_tensor_count (full); at++)
        ((float *) full->data)[at] =
          (float) (1.0 - ((double) ((float *) full->data)[at] - lo) / (hi - lo));
      return full;
    case WHY_PROFILE_TF_KERAS_VIS:
      if (map->attribution != NULL)
        return finish_saliency (map->attribution, error);
      clip (values);
      full = enlarge (values, rank, dims, WHY_RESIZE_LINEAR_CORNERS, error);
      if (full != NULL)
        stretch (full, TF_KERAS_VIS_EPSILON);
      return full;
    case WHY_PROFILE_PAPER:
    case WHY_PROFILE_PYTORCH_GRAD_CAM:
    case WHY_PROFILE_TORCHCAM:
    case WHY_N_PROFILES:
      break;
    }
  return enlarge (values, rank, dims, WHY_RESIZE_LINEAR, error);
}

WhyTensor *
why_profile_finish (
  const WhyProfile *profile, const WhyMap *map, int rank, const gint64 *dims, GError **error)
{
  WhyTensor *const *parts = map->n_parts > 0 ? map->parts : (WhyTensor *const *) &map->values;
  const gsize n_parts = MAX (map->n_parts, 1);

  g_return_val_if_fail (rank >= 3 && rank <= 5, NULL);
  /* Captum and MONAI return attributions of the input as they are. */
  if (map->attribution != NULL &&
      (profile->kind == WHY_PROFILE_CAPTUM || profile->kind == WHY_PROFILE_MONAI))
    return why_tensor_copy (map->attribution, error);
  if (profile->kind == WHY_PROFILE_PYTORCH_GRAD_CAM && strcmp (map->method, "refinecam") == 0)
    return finish_product (parts, n_parts, rank, dims, error);
  if (profile->kind == WHY_PROFILE_PYTORCH_GRAD_CAM)
    return finish_pytorch_grad_cam (parts, n_parts, MAX (map->n_part_layers, 1), rank, dims, error);
  if (profile->kind == WHY_PROFILE_TORCHCAM)
    return finish_torchcam (map, parts, n_parts, error);
  return finish_one (profile, map, rank, dims, error);
}
