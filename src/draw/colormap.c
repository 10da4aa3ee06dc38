#include "config.h"

#include "draw/colormap.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/parallel.h"

/* Maps are kept as few control points (sRGB) and interpolated in OKLab, where a straight line looks
 * like an even step; 33 points follow the published tables within 1.3/255 (cividis, which has a kink
 * at its dark end, within 6/255).
 *
 * inferno, magma: Smith and van der Walt; viridis: Smith, van der Walt and Firing; 2015, CC0.
 * cividis: Nunez, Anderton and Renslow, PLOS ONE 13(7), 2018, CC0.
 * turbo: Mikhailov, Google 2019, Apache-2.0.
 * blue-red: own, two straight lines in OKLab from white with equal lightness on both sides.
 * jet: MATLAB's piecewise linear formula.
 * OKLab: Ottosson, "A perceptual color space for image processing", 2020. */

#define N_POINTS 33

/* Entries of the tables that lookups interpolate in; odd, so that 0.5 is one of them. */
#define N_ENTRIES 1025

struct _WhyColormap
{
  const char *id;
  const char *title;
  WhyColormapFlags flags;
  const guint32 *points; /* N_POINTS, or NULL when @formula makes it */
  void (*formula) (double t, double rgb[3]);
};

static const guint32 inferno_points[N_POINTS] = {
  0x000004, 0x040312, 0x0b0724, 0x150b37, 0x210c4a, 0x2e0a5a, 0x3c0965, 0x4a0c6b, 0x57106d,
  0x63146e, 0x70196e, 0x7d1e6d, 0x89226a, 0x962766, 0xa32b61, 0xaf315c, 0xbb3755, 0xc63e4d,
  0xd14644, 0xdb4f3b, 0xe35932, 0xeb6528, 0xf1711e, 0xf67f14, 0xf98d0a, 0xfb9c06, 0xfcab0f,
  0xfbba1f, 0xf9ca32, 0xf5d949, 0xf2e865, 0xf3f586, 0xfcffa4,
};
static const guint32 viridis_points[N_POINTS] = {
  0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b,
  0x375a8d, 0x33638d, 0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b,
  0x1f9f88, 0x21a685, 0x28ae80, 0x31b57b, 0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c,
  0x96d83f, 0xabdc32, 0xc0df24, 0xd5e21a, 0xeae51a, 0xfde725,
};
static const guint32 magma_points[N_POINTS] = {
  0x000004, 0x030311, 0x0a0822, 0x130d33, 0x1d1146, 0x28115a, 0x36106a, 0x430f76, 0x50127c,
  0x5d177f, 0x691c81, 0x762181, 0x822681, 0x8f2a81, 0x9c2e7f, 0xa9327d, 0xb63779, 0xc33b75,
  0xcf4170, 0xdb486a, 0xe65163, 0xee5c5e, 0xf5695c, 0xf9785d, 0xfb8761, 0xfd9668, 0xfea571,
  0xfeb47b, 0xfec387, 0xfed194, 0xfde0a2, 0xfceeb0, 0xfcfdbf,
};
static const guint32 cividis_points[N_POINTS] = {
  0x00224e, 0x00285b, 0x002e6a, 0x043371, 0x1a386f, 0x273e6e, 0x32436d, 0x3b496c, 0x434e6c,
  0x4b546c, 0x52596d, 0x5a5f6e, 0x61656f, 0x686a71, 0x6f7073, 0x757676, 0x7c7b78, 0x848179,
  0x8b8778, 0x938d78, 0x9b9376, 0xa39a75, 0xaba072, 0xb3a670, 0xbbad6c, 0xc3b469, 0xccba64,
  0xd4c15f, 0xddc958, 0xe6d051, 0xefd748, 0xf8df3c, 0xfee838,
};
static const guint32 turbo_points[N_POINTS] = {
  0x30123b, 0x392a73, 0x4040a1, 0x4456c7, 0x466be3, 0x467ff6, 0x4293ff, 0x37a7fa, 0x29bbec,
  0x1dcdd8, 0x18dcc3, 0x1ee8b0, 0x31f299, 0x4cf97e, 0x6bfd64, 0x8aff4d, 0xa3fd3c, 0xb8f735,
  0xcced34, 0xdee037, 0xedd03a, 0xf8c03a, 0xfdae35, 0xfe982c, 0xfb8022, 0xf56817, 0xec520f,
  0xe04009, 0xd23105, 0xc02302, 0xac1701, 0x950d01, 0x7a0403,
};

static double
linear_from_srgb (double value)
{
  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static double
srgb_from_linear (double value)
{
  value = CLAMP (value, 0, 1);
  return value <= 0.0031308 ? value * 12.92 : 1.055 * pow (value, 1 / 2.4) - 0.055;
}

static void
oklab_from_srgb (const double rgb[3], double lab[3])
{
  double r = linear_from_srgb (rgb[0]);
  double g = linear_from_srgb (rgb[1]);
  double b = linear_from_srgb (rgb[2]);
  double l = cbrt (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  double m = cbrt (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  double s = cbrt (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);

  lab[0] = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
  lab[1] = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s;
  lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s;
}

static void
srgb_from_oklab (const double lab[3], double rgb[3])
{
  double l = lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2];
  double m = lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2];
  double s = lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2];

  l = l * l * l;
  m = m * m * m;
  s = s * s * s;
  rgb[0] = srgb_from_linear (4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  rgb[1] = srgb_from_linear (-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  rgb[2] = srgb_from_linear (-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
}

static void
formula_blue_red (double t, double rgb[3])
{
  const double centre_lightness = 0.97;
  const double end_lightness = 0.42;
  double distance = fabs (2 * t - 1);
  double hue = (t < 0.5 ? 258 : 27) * G_PI / 180;
  double chroma = (t < 0.5 ? 0.150 : 0.158) * distance; /* the most that stays inside sRGB */
  double lab[3] = {
    centre_lightness + (end_lightness - centre_lightness) * distance,
    chroma * cos (hue),
    chroma * sin (hue),
  };

  srgb_from_oklab (lab, rgb);
  if (distance <= 0)
    rgb[1] = rgb[2] = rgb[0]; /* exactly grey: the matrices are rounded */
}

static void
formula_grey (double t, double rgb[3])
{
  const double lab[3] = { t, 0, 0 };

  srgb_from_oklab (lab, rgb);
  rgb[1] = rgb[2] = rgb[0];
}

static void
formula_jet (double t, double rgb[3])
{
  for (int c = 0; c < 3; c++)
    rgb[c] = CLAMP (1.5 - fabs (4 * t - (3 - c)), 0, 1);
}

static const WhyColormap inferno = {
  "inferno", N_ ("Inferno"), WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_PERCEPTUAL, inferno_points, NULL,
};
static const WhyColormap viridis = {
  "viridis", N_ ("Viridis"), WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_PERCEPTUAL, viridis_points, NULL,
};
static const WhyColormap magma = {
  "magma", N_ ("Magma"), WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_PERCEPTUAL, magma_points, NULL,
};
static const WhyColormap cividis = {
  "cividis", N_ ("Cividis"), WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_PERCEPTUAL, cividis_points, NULL,
};
static const WhyColormap grey = {
  "grey", N_ ("Grey"), WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_PERCEPTUAL, NULL, formula_grey,
};
static const WhyColormap blue_red = {
  "blue-red", N_ ("Blue–white–red"), WHY_COLORMAP_DIVERGING | WHY_COLORMAP_PERCEPTUAL, NULL,
  formula_blue_red,
};
static const WhyColormap turbo = {
  "turbo", N_ ("Turbo (rainbow, misleading)"), 0, turbo_points, NULL,
};
static const WhyColormap jet = {
  "jet", N_ ("Jet (rainbow, misleading)"), 0, NULL, formula_jet,
};

static const WhyColormap *const colormaps[] = {
  &inferno, &viridis, &magma, &cividis, &grey, &blue_red, &turbo, &jet,
};

static double tables[G_N_ELEMENTS (colormaps)][N_ENTRIES][3];

static void
rgb_from_hex (guint32 hex, double rgb[3])
{
  for (int c = 0; c < 3; c++)
    rgb[c] = ((hex >> (16 - 8 * c)) & 0xff) / 255.0;
}

/* Catmull-Rom through the control points, in OKLab. */
static void
interpolate_points (const guint32 *points, double t, double rgb[3])
{
  double position = t * (N_POINTS - 1);
  int k = MIN ((int) position, N_POINTS - 2);
  double f = position - k;
  double lab[4][3], mixed[3];

  if (f <= 0 || f >= 1)
    {
      rgb_from_hex (points[f <= 0 ? k : k + 1], rgb);
      return;
    }
  for (int p = 0; p < 4; p++)
    {
      rgb_from_hex (points[CLAMP (k - 1 + p, 0, N_POINTS - 1)], rgb);
      oklab_from_srgb (rgb, lab[p]);
    }
  for (int c = 0; c < 3; c++)
    {
      double p0 = k > 0 ? lab[0][c] : 2 * lab[1][c] - lab[2][c];
      double p1 = lab[1][c];
      double p2 = lab[2][c];
      double p3 = k + 2 < N_POINTS ? lab[3][c] : 2 * lab[2][c] - lab[1][c];

      mixed[c] = p1 + 0.5 * f * (p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0)));
    }
  srgb_from_oklab (mixed, rgb);
}

static const double (*get_table (const WhyColormap *colormap))[3]
{
  static gsize ready = 0;

  if (g_once_init_enter (&ready))
    {
      for (gsize map = 0; map < G_N_ELEMENTS (colormaps); map++)
        {
          for (int entry = 0; entry < N_ENTRIES; entry++)
            {
              double t = entry / (double) (N_ENTRIES - 1);

              if (colormaps[map]->formula != NULL)
                colormaps[map]->formula (t, tables[map][entry]);
              else
                interpolate_points (colormaps[map]->points, t, tables[map][entry]);
            }
        }
      g_once_init_leave (&ready, 1);
    }
  for (gsize map = 0; map < G_N_ELEMENTS (colormaps); map++)
    {
      if (colormaps[map] == colormap)
        return (const double (*)[3]) tables[map];
    }
  g_return_val_if_reached ((const double (*)[3]) tables[0]);
}

const WhyColormap *const *
why_colormap_list (gsize *n)
{
  *n = G_N_ELEMENTS (colormaps);
  return colormaps;
}

const WhyColormap *
why_colormap_find (const char *id, GError **error)
{
  const char *ids[G_N_ELEMENTS (colormaps)];

  g_return_val_if_fail (id != NULL, NULL);

  for (gsize map = 0; map < G_N_ELEMENTS (colormaps); map++)
    {
      ids[map] = colormaps[map]->id;
      if (strcmp (id, ids[map]) == 0)
        return colormaps[map];
    }
  g_autofree char *nearest = why_error_nearest (id, ids, G_N_ELEMENTS (ids));
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "There is no colour map '%s'%s", id, nearest);
  return NULL;
}

const WhyColormap *
why_colormap_default (gboolean is_signed)
{
  return is_signed ? &blue_red : &inferno;
}

const char *
why_colormap_get_id (const WhyColormap *colormap)
{
  return colormap->id;
}

const char *
why_colormap_get_title (const WhyColormap *colormap)
{
  return _ (colormap->title);
}

WhyColormapFlags
why_colormap_get_flags (const WhyColormap *colormap)
{
  return colormap->flags;
}

void
why_colormap_lookup (const WhyColormap *colormap, double t, double rgb[3])
{
  const double (*table)[3] = get_table (colormap);
  double position = isnan (t) ? (N_ENTRIES - 1) / 2 : CLAMP (t, 0, 1) * (N_ENTRIES - 1);
  int entry = MIN ((int) position, N_ENTRIES - 2);
  double f = position - entry;

  for (int c = 0; c < 3; c++)
    rgb[c] = table[entry][c] * (1 - f) + table[entry + 1][c] * f;
}

guint32
why_colormap_lookup_rgb8 (const WhyColormap *colormap, double t)
{
  double rgb[3];

  why_colormap_lookup (colormap, t, rgb);
  return (guint32) lrint (rgb[0] * 255) << 16 | (guint32) lrint (rgb[1] * 255) << 8 |
         (guint32) lrint (rgb[2] * 255);
}

double
why_color_lightness (const double rgb[3])
{
  double lab[3];

  oklab_from_srgb (rgb, lab);
  return lab[0];
}

/* Severity 1 of Machado et al., table 1; they act on linear RGB. */
static const double vision_matrices[4][3][3] = {
  { { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 }, { -0.003882, -0.048116, 1.051998 } },
  { { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } },
  { { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 }, { 0.004733, 0.691367, 0.303900 } },
  /* Not theirs: the relative luminance of ITU-R BT.709-6, item 3.2. */
  { { 0.2126, 0.7152, 0.0722 }, { 0.2126, 0.7152, 0.0722 }, { 0.2126, 0.7152, 0.0722 } },
};

static void
simulate_linear (WhyVision vision, double severity, const double linear[3], double seen[3])
{
  const double (*matrix)[3] = vision_matrices[vision - WHY_VISION_PROTAN];

  for (int c = 0; c < 3; c++)
    {
      double full = matrix[c][0] * linear[0] + matrix[c][1] * linear[1] + matrix[c][2] * linear[2];

      seen[c] = linear[c] + severity * (full - linear[c]);
    }
}

void
why_vision_simulate (WhyVision vision, double severity, const double rgb[3], double seen[3])
{
  double linear[3], seen_linear[3];

  if (vision == WHY_VISION_NORMAL)
    {
      memmove (seen, rgb, 3 * sizeof (double));
      return;
    }
  for (int c = 0; c < 3; c++)
    linear[c] = linear_from_srgb (rgb[c]);
  simulate_linear (vision, CLAMP (severity, 0, 1), linear, seen_linear);
  for (int c = 0; c < 3; c++)
    seen[c] = srgb_from_linear (seen_linear[c]);
}

typedef struct
{
  float matrix[3][3];
  float to_linear[256];
  guint8 to_srgb[4097];
  guint8 *pixels;
  int width;
  gsize stride;
} VisionTask;

static void
simulate_rows (gsize begin, gsize end, gpointer data)
{
  const VisionTask *task = data;

  for (gsize h = begin; h < end; h++)
    {
      guint32 *row = (guint32 *) (gpointer) (task->pixels + h * task->stride);

      for (int w = 0; w < task->width; w++)
        {
          const float red = task->to_linear[row[w] >> 16 & 0xff];
          const float green = task->to_linear[row[w] >> 8 & 0xff];
          const float blue = task->to_linear[row[w] & 0xff];
          guint32 pixel = row[w] & 0xff000000;

          for (int c = 0; c < 3; c++)
            {
              const float seen = task->matrix[c][0] * red + task->matrix[c][1] * green + task->matrix[c][2] * blue;
              pixel |= (guint32) task->to_srgb[(int) (CLAMP (seen, 0.0f, 1.0f) * 4096 + 0.5f)] << (16 - 8 * c);
            }
          row[w] = pixel;
        }
    }
}

void
why_vision_simulate_pixels (WhyVision vision, double severity, guint32 *pixels, int width, int height,
                            gsize stride)
{
  g_autofree VisionTask *task = NULL;

  if (vision == WHY_VISION_NORMAL)
    return;
  task = g_new (VisionTask, 1);
  *task = (VisionTask) { .pixels = (guint8 *) pixels, .width = width, .stride = stride };
  severity = CLAMP (severity, 0, 1);
  for (int row = 0; row < 3; row++)
    {
      for (int column = 0; column < 3; column++)
        task->matrix[row][column] = (float) (severity * vision_matrices[vision - WHY_VISION_PROTAN][row][column] +
                                             (1 - severity) * (row == column));
    }
  for (int value = 0; value < 256; value++)
    task->to_linear[value] = (float) linear_from_srgb (value / 255.0);
  for (int value = 0; value <= 4096; value++)
    task->to_srgb[value] = (guint8) lrint (255 * srgb_from_linear (value / 4096.0));
  why_parallel_for ((gsize) height, (gsize) MAX (1, 65536 / MAX (width, 1)), simulate_rows, task);
}

static const char *const vision_ids[] = { "normal", "protanopia", "deuteranopia", "tritanopia", "achromatopsia" };

gboolean
why_vision_parse (const char *text, WhyVision *vision, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (vision_ids); index++)
    {
      if (strcmp (text, vision_ids[index]) == 0)
        {
          *vision = (WhyVision) index;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no colour vision '%s'; choose normal, protanopia, deuteranopia, tritanopia or achromatopsia",
               text);
  return FALSE;
}

const char *
why_vision_id (WhyVision vision)
{
  return vision_ids[vision];
}
