#include "config.h"

#include "base/error.h"
#include "base/size.h"
#include "base/slices.h"
#include "source-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* DICOM series: slices in files of their own. This side knows the folder and opens the files; one confined loader is
 * shown one after the other and tells of each which series it is of (a digest) and where it lies. */

/* More is hardly one folder of slices. */
#define MAX_FILES 8192
/* A file that ends its reader is of no series; many of them are a folder to be left alone. */
#define MAX_DEATHS 3

typedef struct
{
  char *path;
  WhyLoaderProperties properties;
} Slice;

static void
slice_free (gpointer data)
{
  Slice *slice = data;

  g_free (slice->path);
  g_free (slice);
}

/* ---- which files ---- */

/* DICOM files without a preamble are left to be opened by themselves. */
static gboolean
is_dicom (const char *path)
{
  char magic[4] = "";
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    return FALSE;
  const gboolean found = pread (fd, magic, sizeof magic, 128) == (ssize_t) sizeof magic &&
                         memcmp (magic, "DICM", 4) == 0;
  close (fd);
  return found;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* DICOM files of a folder by name; what is hidden is left out. */
static GPtrArray *
list_folder (const char *folder, WhyCancel *cancel, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) failure = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &failure);
  const char *name;

  if (dir == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: the folder cannot be read: %s", folder, failure->message);
      return NULL;
    }
  while ((name = g_dir_read_name (dir)) != NULL && paths->len < MAX_FILES)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!why_cancel_check (cancel, error))
        return NULL;
      if (name[0] != '.' && is_dicom (path))
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
  g_ptr_array_sort (paths, compare_names);
  return g_steal_pointer (&paths);
}

/* ---- what they are ---- */

/* Looks at one file of many; FALSE: it is none that can be read. */
static gboolean
look_at (WhyImageSource *source, const char *path, int *n_deaths, WhyCancel *cancel, WhyLoaderProperties *properties)
{
  if (*n_deaths >= MAX_DEATHS)
    return FALSE;
  if (why_image_source_show_file (source, path, cancel, properties, NULL))
    return TRUE;
  if (source->client.socket < 0 || source->client.pid == 0)
    ++*n_deaths;
  return FALSE;
}

static gboolean
same_series (const WhyLoaderProperties *one, const WhyLoaderProperties *other)
{
  return one->has_series && other->has_series && memcmp (one->series, other->series, sizeof one->series) == 0;
}

gboolean
why_image_sort_series (const char *const *paths, gsize n_paths, guint *series, WhyCancel *cancel)
{
  g_autoptr (WhyImageSource) source = why_image_source_new ("", NULL);
  g_autoptr (GArray) known = g_array_new (FALSE, FALSE, sizeof (WhyLoaderProperties));
  int n_deaths = 0;

  source->flags = WHY_LOADER_MANY;
  memset (series, 0, n_paths * sizeof *series);
  for (gsize which = 0; which < n_paths; which++)
    {
      WhyLoaderProperties properties;

      if (why_cancel_is_set (cancel))
        return FALSE;
      if (!is_dicom (paths[which]) || !look_at (source, paths[which], &n_deaths, cancel, &properties) ||
          !properties.has_series)
        continue;
      guint number = 0;
      while (number < known->len && !same_series (&g_array_index (known, WhyLoaderProperties, number), &properties))
        number++;
      if (number == known->len)
        g_array_append_val (known, properties);
      series[which] = number + 1;
    }
  return TRUE;
}

/* Slices of the series that the open file is of, itself among them. */
static GPtrArray *
find_slices (WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (source->path);
  g_autofree char *own = g_path_get_basename (source->path);
  g_autoptr (GPtrArray) paths = list_folder (folder, cancel, NULL);
  g_autoptr (GPtrArray) slices = g_ptr_array_new_with_free_func (slice_free);
  int n_deaths = 0;

  if (!why_cancel_check (cancel, error))
    return NULL;
  /* Whoever may read the file but not its folder sees the slice alone. */
  if (paths == NULL)
    return g_steal_pointer (&slices);
  for (guint which = 0; which < paths->len; which++)
    {
      const char *path = g_ptr_array_index (paths, which);
      g_autofree char *name = g_path_get_basename (path);
      WhyLoaderProperties properties;

      if (!why_cancel_check (cancel, error))
        return NULL;
      const gboolean is_own = strcmp (name, own) == 0;
      if (!is_own && (!look_at (source, path, &n_deaths, cancel, &properties) ||
                      !same_series (&properties, &source->properties)))
        continue;
      Slice *slice = g_new (Slice, 1);
      *slice = (Slice){ g_strdup (path), is_own ? source->properties : properties };
      g_ptr_array_add (slices, slice);
    }
  return g_steal_pointer (&slices);
}

/* ---- one volume ---- */

static const char *
slice_name (const GPtrArray *slices, gsize which)
{
  const Slice *slice = g_ptr_array_index (slices, which);
  const char *slash = strrchr (slice->path, G_DIR_SEPARATOR);

  return slash != NULL ? slash + 1 : slice->path;
}

static gboolean
check_sizes (const WhyImageSource *source, const GPtrArray *slices, GError **error)
{
  const WhyLoaderProperties *first = &((const Slice *) g_ptr_array_index (slices, 0))->properties;
  gint64 n_voxels;

  for (guint which = 1; which < slices->len; which++)
    {
      const WhyLoaderProperties *other = &((const Slice *) g_ptr_array_index (slices, which))->properties;
      const char *what = NULL;

      if (other->width != first->width || other->height != first->height)
        what = "has another size";
      else if (fabs (other->mpp_x - first->mpp_x) > 1e-3 * first->mpp_x ||
               fabs (other->mpp_y - first->mpp_y) > 1e-3 * first->mpp_y)
        what = "has pixels of another size";
      else if (other->is_inverted != first->is_inverted || strcmp (other->unit, first->unit) != 0)
        what = "means its values differently";
      if (what != NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: %s than %s of the same series; they make no volume",
                       slice_name (slices, which), what, slice_name (slices, 0));
          return FALSE;
        }
    }
  if (!why_dim_mul (first->width, first->height, &n_voxels) || !why_dim_mul (n_voxels, slices->len, &n_voxels) ||
      (guint64) n_voxels > source->limits.max_pixels)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: its series of %u slices has more than the limit of %" G_GUINT64_FORMAT " voxels",
                   slice_name (slices, 0), slices->len, source->limits.max_pixels);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_places (const GPtrArray *slices, const WhySlices *places, GError **error)
{
  const gsize *order = places->order;

  if (places->turned >= 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: lies in another direction than %s of the same series; they make no volume",
                   slice_name (slices, (gsize) places->turned), slice_name (slices, 0));
      return FALSE;
    }
  if (places->same >= 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: lies in the same place as %s of the same series; put each pass through the body into a folder "
                   "of its own",
                   slice_name (slices, order[places->same]), slice_name (slices, order[places->same - 1]));
      return FALSE;
    }
  if (places->gap >= 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "%s: between it and %s of the same series a slice is missing (all others are %.2f mm apart)",
                   slice_name (slices, order[places->gap]), slice_name (slices, order[places->gap + 1]),
                   places->smallest);
      return FALSE;
    }
  return TRUE;
}

/* Fails where the slices have no places in space: there is no telling their order then. */
static gboolean
arrange (const GPtrArray *slices, WhySlices *places, GError **error)
{
  g_autofree double *positions = g_new (double, 3 * slices->len);
  g_autofree double *orientations = g_new (double, 6 * slices->len);

  for (guint which = 0; which < slices->len; which++)
    {
      const Slice *slice = g_ptr_array_index (slices, which);
      memcpy (positions + 3 * which, slice->properties.slice_position, 3 * sizeof (double));
      memcpy (orientations + 6 * which, slice->properties.slice_directions, 6 * sizeof (double));
    }
  const WhyLoaderProperties *about = &((const Slice *) g_ptr_array_index (slices, 0))->properties;
  if (isfinite (about->mpp_x) && isfinite (about->mpp_y) &&
      why_slices_arrange (positions, orientations, slices->len, places))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
               "%s: does not say where in space it lies, so its series makes no volume", slice_name (slices, 0));
  return FALSE;
}

/* The volume's properties; those that slices may differ in are of the middle one. */
static void
become_volume (WhyImageSource *source, const GPtrArray *slices, const WhySlices *places)
{
  const Slice *first = g_ptr_array_index (slices, places->order[0]);
  const Slice *middle = g_ptr_array_index (slices, places->order[slices->len / 2]);
  WhyLoaderProperties properties = middle->properties;
  g_autofree char *note = why_slices_dup_note (places);
  g_autofree char *own = g_path_get_basename (source->path);

  properties.kind = WHY_LOADER_KIND_VOLUME;
  properties.n_slices = slices->len;
  properties.mpp_z = places->spacing * 1000.0;
  properties.has_world = TRUE;
  why_slices_get_world (first->properties.slice_position, first->properties.slice_directions, properties.mpp_y / 1000.0,
                        properties.mpp_x / 1000.0, places->step, properties.voxel_to_world);
  g_strlcpy (properties.note, note, sizeof properties.note);
  source->slice_paths = g_new0 (char *, slices->len + 1);
  source->n_slice_paths = slices->len;
  source->own_slice = 0;
  for (guint which = 0; which < slices->len; which++)
    {
      const gsize slice = places->order[which];
      source->slice_paths[which] = g_strdup (((const Slice *) g_ptr_array_index (slices, slice))->path);
      if (strcmp (slice_name (slices, slice), own) == 0)
        source->own_slice = which;
    }
  why_image_source_adopt (source, &properties);
}

gboolean
why_image_source_gather (WhyImageSource *source, gboolean strict, WhyCancel *cancel, GError **error)
{
  g_autoptr (GError) reason = NULL;
  WhySlices places = { 0 };

  if (!source->properties.has_series)
    return TRUE;
  g_autoptr (GPtrArray) slices = find_slices (source, cancel, error);
  if (slices == NULL)
    return FALSE;
  if (slices->len > 1)
    {
      if (check_sizes (source, slices, &reason) && arrange (slices, &places, &reason) &&
          check_places (slices, &places, &reason))
        become_volume (source, slices, &places);
      why_slices_clear (&places);
    }
  if (reason != NULL && strict)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (source->slice_paths != NULL)
    return TRUE;

  /* By itself: the loader has looked at others meanwhile. */
  WhyLoaderProperties properties;
  if (!why_image_source_show_file (source, source->path, cancel, &properties, error))
    return FALSE;
  if (reason != NULL)
    {
      if (properties.note[0] != '\0')
        g_strlcat (properties.note, "; ", sizeof properties.note);
      g_strlcat (properties.note, "this slice is shown alone: ", sizeof properties.note);
      g_strlcat (properties.note, reason->message, sizeof properties.note);
    }
  why_image_source_adopt (source, &properties);
  return TRUE;
}

gboolean
why_image_source_turn_to (WhyImageSource *source, gint64 slice, WhyCancel *cancel, GError **error)
{
  WhyLoaderProperties properties;

  if (source->open_slice == slice && source->client.socket >= 0)
    return TRUE;
  if (!why_image_source_show_file (source, source->slice_paths[slice], cancel, &properties, error))
    return FALSE;
  if (properties.width != source->properties.width || properties.height != source->properties.height ||
      !properties.has_values)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s: has changed since the series was opened; open it again",
                   source->client.name);
      return FALSE;
    }
  source->open_slice = slice;
  return TRUE;
}

WhyTensor *
why_image_source_read_slices (WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  const WhyLoaderProperties *about = &source->properties;
  const gint64 dims[3] = { about->n_slices, about->height, about->width };
  g_autoptr (WhyTensor) volume = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, error);
  gboolean complete = volume != NULL;

  if (!complete || !why_image_source_lock (source, cancel, error))
    return NULL;
  for (gint64 slice = 0; complete && slice < about->n_slices; slice++)
    {
      WhyLoaderRequest request = {
        .kind = WHY_LOADER_READ, .depth = WHY_LOADER_DEPTH_RAW, .w = about->width, .h = about->height,
        .out_w = about->width, .out_h = about->height, .n_slices = 1,
      };
      complete = why_image_source_turn_to (source, slice, cancel, error);
      g_autoptr (WhyTensor) values = complete ? why_image_source_ask (source, &request, cancel, error) : NULL;
      complete = values != NULL;
      if (complete)
        memcpy ((float *) volume->data + (gsize) slice * (gsize) (dims[1] * dims[2]), values->data,
                (gsize) (dims[1] * dims[2]) * sizeof (float));
    }
  g_mutex_unlock (&source->mutex);
  return complete ? g_steal_pointer (&volume) : NULL;
}

WhyImageSource *
why_image_source_open_series (const char *path, const WhyImageLimits *limits, WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  const gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *first = NULL;

  if (is_folder)
    {
      g_autoptr (GPtrArray) paths = list_folder (path, cancel, error);
      if (paths == NULL)
        return NULL;
      if (paths->len == 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "%s: is a folder without DICOM slices, which would make a volume; name one of its pictures "
                       "instead", path);
          return NULL;
        }
      first = g_strdup (g_ptr_array_index (paths, 0));
    }
  g_autoptr (WhyImageSource) source = why_image_source_open_flags (first != NULL ? first : path, WHY_LOADER_MANY,
                                                                   limits, cancel, error);
  if (source == NULL || !why_image_source_gather (source, is_folder, cancel, error))
    return NULL;
  return g_steal_pointer (&source);
}
