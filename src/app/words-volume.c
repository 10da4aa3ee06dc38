#include "config.h"

#include "words.h"

#include <glib/gi18n.h>
#include <math.h>

/* What is said of places in a volume. */

/* Millimetres towards one side of the body or the other. */
static char *
describe_side (double mm, const char *towards, const char *away)
{
  /* So that what rounds to nothing is not on the other side. */
  return g_strdup_printf ("%s %.1f", mm < -0.05 ? away : towards, fabs (mm));
}

char *
why_words_probe_volume (const WhyPicture *picture, const WhyProbe *probe)
{
  gint64 voxel[3];
  double mm[3];

  if (picture == NULL || !probe->valid ||
      !why_picture_find_voxel (picture, (double) probe->img_x + 0.5, (double) probe->img_y + 0.5, voxel))
    return g_strdup ("");
  g_autofree char *bare = why_words_number (why_picture_get_value (picture, voxel));
  g_autofree char *number = picture->unit != NULL && *picture->unit != '\0' ? g_strdup_printf ("%s %s", bare, picture->unit)
                                                                              : g_strdup (bare);
  GString *line = g_string_new (NULL);
  /* Translators: column, row and slice of a place in a volume; of a maximum intensity projection the place that is seen there */
  g_string_append_printf (line, picture->projected ? _("brightest at %d, %d, %d") : _("voxel %d, %d, %d"), (int) voxel[0],
                          (int) voxel[1], (int) voxel[2]);
  if (why_picture_get_world (picture, voxel, mm))
    {
      /* The letters are those at the edges of the picture. */
      g_autofree char *across = describe_side (mm[0], "R", "L");
      g_autofree char *along = describe_side (mm[1], "A", "P");
      g_autofree char *up = describe_side (mm[2], "S", "I");
      g_string_append_printf (line, "  (%s  %s  %s mm)", across, along, up);
    }
  /* Translators: %s is the value of a voxel */
  g_string_append_printf (line, "   %s", number);
  if (probe->has_map)
    {
      g_autofree char *value = why_words_number ((double) probe->value);
      g_autofree char *before = g_string_free (g_steal_pointer (&line), FALSE);
      /* Translators: %1$s is a position and a colour, %2$s the value of the map there */
      return g_strdup_printf (picture->projected ? _("%1$s   highest of the map %2$s") : _("%1$s   map %2$s"), before, value);
    }
  return g_string_free (line, FALSE);
}

char *
why_words_plane (const WhyPicture *picture)
{
  static const char *const slices[] = { N_("Axial %1$d / %2$d"), N_("Coronal %1$d / %2$d"), N_("Sagittal %1$d / %2$d") };
  static const char *const along[] = { N_("Maximum from top to bottom"), N_("Maximum from front to back"),
                                       N_("Maximum from side to side") };

  if (picture == NULL || !why_picture_has_planes (picture))
    return g_strdup ("");
  if (picture->projected)
    return g_strdup (_(along[picture->kind]));
  /* Counted from one, as on the console of a scanner. */
  return g_strdup_printf (_(slices[picture->kind]), (int) picture->plane.index + 1,
                          (int) why_picture_get_n_planes (picture, picture->kind));
}
