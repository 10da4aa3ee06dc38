#include "config.h"

#include "words.h"

#include "service/compare.h"
#include "service/document-look.h"
#include "service/percent.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <math.h>

char *
why_words_before_after (double before, double after)
{
  g_autofree char *from = why_percent_text (before);
  g_autofree char *to = why_percent_text (after);

  /* Isolated, so that the arrow points the same way in text that runs from right to left. */
  return g_strdup_printf ("\u2066%s → %s\u2069", from, to);
}

const char *
why_words_polarity (const char *polarity)
{
  return why_polarity_title (polarity);
}

const char *
why_words_polarity_sentence (const char *polarity)
{
  if (g_strcmp0 (polarity, "signed") == 0)
    return _("What speaks for the class in one colour, what speaks against it in another.");
  if (g_strcmp0 (polarity, "against") == 0)
    return _("Only what speaks against the class.");
  if (g_strcmp0 (polarity, "absolute") == 0)
    return _("How strongly each place counts, for the class or against it.");
  return _("Only what speaks for the class; what speaks against it is left out.");
}

const char *
why_words_score (WhyScoreKind score)
{
  if (score == WHY_SCORE_PROBABILITY)
    /* xgettext:no-c-format */
    return _("The probability after the last layer: what changes it, other classes' evidence included. Near 0% and 100% little does.");
  if (score == WHY_SCORE_REST)
    return _("The logit plus the logarithm of the probability: what puts the class ahead of all others, without fading where the network is sure.");
  if (score == WHY_SCORE_SIMILARITY)
    return _("The likeness of the network's output to that for another picture.");
  return _("The class's own score before probabilities are made: what speaks for it, whatever the other classes do.");
}

char *
why_words_explained (WhyDocument *document, const WhyMap *map)
{
  const char *region = why_document_get_region (document);
  const char *what = g_strcmp0 (map->score_kind, "probability") == 0 ? _("the probability")
                     : g_strcmp0 (map->score_kind, "rest") == 0      ? _("logit plus log probability")
                                                                     : _("the logit");

  if (g_str_has_prefix (region, "all"))
    /* Translators: "the logit" */
    return g_strdup_printf (_("%s in the whole picture"), what);
  if (g_str_has_prefix (region, "point:"))
    return g_strdup_printf (_("%s at one pixel"), what);
  if (g_str_has_prefix (region, "box:"))
    return g_strdup_printf (_("%s in a rectangle"), what);
  return g_strdup (what);
}

/* Three digits, and no exponent: "1234" stays as it is. */
static char *
three_digits (double value)
{
  const double size = fabs (value);
  const int decimals = size == 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;

  return g_strdup_printf ("%.*f", value == rint (value) ? 0 : decimals, value);
}

/* Units are written alike in all languages. */
static char *
describe_lengths (double um_first, const char *between, double um_second)
{
  const gboolean large = fmax (um_first, um_second) >= 1000;
  g_autofree char *first = three_digits (large ? um_first / 1000 : um_first);
  g_autofree char *second = three_digits (large ? um_second / 1000 : um_second);

  return g_strconcat (first, between, second, large ? " mm" : " µm", NULL);
}

char *
why_words_length (double um)
{
  const gboolean large = um >= 1000;
  g_autofree char *number = three_digits (large ? um / 1000 : um);

  return g_strconcat (number, large ? " mm" : " µm", NULL);
}

char *
why_words_size (double um_width, double um_height)
{
  return describe_lengths (um_width, " × ", um_height);
}

char *
why_words_cell_size (WhyDocument *document, const WhyMap *map)
{
  g_autofree char *cells = why_words_map_size (map->values);
  WhyAffine to_source;

  if (!why_document_map_to_source (document, &to_source))
    return g_steal_pointer (&cells);
  const double width = hypot (to_source.xx, to_source.yx);
  const double height = hypot (to_source.xy, to_source.yy);
  const double um = why_document_get_um_per_pixel (document);
  /* Translators: "8 × 8 cells", width and height of one in pixels of the picture */
  g_autofree char *in_pixels = g_strdup_printf (_("%1$s of %2$.3g × %3$.3g pixels"), cells, width, height);
  if (!(um > 0))
    return g_steal_pointer (&in_pixels);
  g_autofree char *size = why_words_size (width * um, height * um);
  return g_strdup_printf ("%s (%s)", in_pixels, size);
}

char *
why_words_limits (WhyDocument *document, const WhyMap *map)
{
  const gboolean locked = g_strcmp0 (why_document_get_limits (document), "locked") == 0;
  const WhyProfile *profile = why_profile_lookup (map->profile, NULL);
  const double clip = why_document_get_clip (document);
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (locked)
    g_ptr_array_add (parts, g_strdup (_("Limits locked")));
  else if (clip > 0)
    /* Translators: a share in per cent of the sum of magnitudes */
    g_ptr_array_add (parts, g_strdup_printf (_("Limits without the highest %.3g%%"), clip * 100));
  if (why_document_get_threshold (document) > 0)
    g_ptr_array_add (parts, g_strdup_printf (_("hidden below %.0f%%"), why_document_get_threshold (document) * 100));
  if (profile != NULL && g_strcmp0 (map->profile, "paper") != 0)
    /* Translators: a library */
    g_ptr_array_add (parts, g_strdup_printf (_("as in %s"), profile->title));
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (" · ", (char **) parts->pdata);
}

char *
why_words_vision (const char *colour_vision)
{
  const char *name = g_strcmp0 (colour_vision, "protanopia") == 0      ? _("protanopia")
                     : g_strcmp0 (colour_vision, "deuteranopia") == 0  ? _("deuteranopia")
                     : g_strcmp0 (colour_vision, "tritanopia") == 0    ? _("tritanopia")
                     : g_strcmp0 (colour_vision, "achromatopsia") == 0 ? _("achromatopsia")
                                                                       : NULL;

  /* Translators: a kind of colour blindness; the button ends it */
  return name != NULL ? g_strdup_printf (_("As seen with %s ✕"), name) : NULL;
}

char *
why_words_share_shown (WhyDocument *document)
{
  const double share = why_document_get_share_shown (document);

  if (share < 0)
    return g_strdup ("");
  if (!(why_document_get_threshold (document) > 0))
    return g_strdup (_("The whole map is shown."));
  if (share == 0)
    return g_strdup (_("Nothing in the picture reaches it."));
  if (share < 0.01)
    /* xgettext:no-c-format */
    return g_strdup (_("Less than 1% of the picture reaches it."));
  /* Translators: share of the picture where the map is as high as the threshold */
  return g_strdup_printf (_("%.0f%% of the picture reach it."), share * 100);
}

char *
why_words_plain_number (const char *text)
{
  const char *point = localeconv ()->decimal_point;
  g_autoptr (GString) plain = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);

      if (c == 0x2212 || c == '-')
        g_string_append_c (plain, '-');
      else if (c == '.' || (*point != '\0' && g_str_has_prefix (at, point)))
        g_string_append_c (plain, '.');
      else
        g_string_append_unichar (plain, c);
    }
  return g_string_free (g_steal_pointer (&plain), FALSE);
}

char *
why_words_question (WhyDocument *document)
{
  WhyMap *map = why_document_get_map (document);
  WhyClassItem *shown = why_document_get_class (document, why_document_get_shown_class (document));
  WhyClassItem *other = map != NULL ? why_document_get_class (document, map->contrast_class) : NULL;

  if (shown == NULL)
    return g_strdup ("");
  if (other == NULL)
    return g_strdup (why_class_item_get_label (shown));
  /* Translators: two classes: the map shows what tells the first from the second */
  return g_strdup_printf (_("%1$s rather than %2$s"), why_class_item_get_label (shown), why_class_item_get_label (other));
}

gboolean
why_words_knows_class (const WhyMap *map)
{
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);

  return method == NULL || (method->needs & WHY_NEEDS_NO_CLASS) == 0;
}

char *
why_words_time_left (int seconds)
{
  if (seconds < 0)
    return g_strdup ("");
  if (seconds < 90)
    return g_strdup_printf (_("About %d s left"), seconds);
  return g_strdup_printf (_("About %d min left"), (seconds + 30) / 60);
}

const char *
why_words_fill (const char *fill)
{
  if (g_strcmp0 (fill, "black") == 0)
    return _("Black");
  if (g_strcmp0 (fill, "white") == 0)
    return _("White");
  if (g_strcmp0 (fill, "blur") == 0)
    return _("Blur");
  if (g_strcmp0 (fill, "noise") == 0)
    return _("Noise");
  if (g_strcmp0 (fill, "texture") == 0)
    return _("Texture");
  return _("Mean colour");
}

const char *
why_words_area (const WhyArea *area)
{
  const gboolean inverse = why_area_get_inverse (area);

  switch (why_area_get_kind (area))
    {
    case WHY_AREA_ELLIPSE:
      return inverse ? _("All but an ellipse") : _("Ellipse");
    case WHY_AREA_POLYGON:
      return inverse ? _("All but a polygon") : _("Polygon");
    case WHY_AREA_BRUSH:
      return inverse ? _("All but a stroke") : _("Stroke");
    case WHY_AREA_MASK:
      return inverse ? _("All but the hottest part") : _("Hottest part");
    case WHY_AREA_RECTANGLE:
    default:
      return inverse ? _("All but a rectangle") : _("Rectangle");
    }
}

char *
why_words_number (double value)
{
  char text[32];

  if (!isfinite (value))
    return g_strdup (_("not a number"));
  g_snprintf (text, sizeof text, "%.4g", value == 0 ? 0.0 : fabs (value));
  return value < 0 ? g_strconcat ("−", text, NULL) : g_strdup (text);
}

/* A lens of 10x is taken to show a micrometre on a pixel, as scanners do. */
#define UM_AT_10 1.0

char *
why_words_magnification (WhyDocument *document, double zoom)
{
  const double um = why_document_get_um_per_pixel (document);
  double power = why_document_get_objective_power (document);

  if (!why_document_is_slide (document) || (!(power > 0) && !(um > 0)))
    return NULL;
  if (!(power > 0))
    power = 10.0 * UM_AT_10 / um;
  power *= zoom;
  return g_strdup_printf (power >= 9.95 ? "%.0f×" : power >= 0.95 ? "%.1f×" : "%.2f×", power);
}

char *
why_words_probe (const WhyProbe *probe, double um_per_pixel)
{
  if (!probe->valid)
    return g_strdup ("");
  g_autofree char *length = um_per_pixel > 0 ? describe_lengths ((double) probe->img_x * um_per_pixel, ", ",
                                                                 (double) probe->img_y * um_per_pixel) : NULL;
  g_autofree char *place =
    g_strdup_printf ("x %" G_GINT64_FORMAT "  y %" G_GINT64_FORMAT "%s%s%s   #%02x%02x%02x", probe->img_x, probe->img_y,
                     length != NULL ? "  (" : "", length != NULL ? length : "", length != NULL ? ")" : "", probe->rgb[0],
                     probe->rgb[1], probe->rgb[2]);
  if (probe->has_survey && !probe->has_map)
    {
      g_autofree char *percent = why_percent_text ((double) probe->survey);
      /* Translators: %1$s is a position and a colour, %2$s the probability of the class in the field of a survey there */
      return g_strdup_printf (_("%1$s   field %2$s"), place, percent);
    }
  if (!probe->has_map)
    return g_steal_pointer (&place);
  g_autofree char *value = why_words_number (probe->value);
  /* Translators: %1$s is a position and a colour, %2$s the value of the map there */
  return g_strdup_printf (_("%1$s   map %2$s"), place, value);
}

char *
why_words_map_size (WhyTensor *values)
{
  const gint64 height = values->dims[values->rank - 2];
  const gint64 width = values->dims[values->rank - 1];

  /* Translators: columns and rows of a map */
  return g_strdup_printf (_("%d × %d cells"), (int) width, (int) height);
}

const char *
why_words_place (double x, double y)
{
  const char *const places[3][3] = {
    { _("upper left"), _("top"), _("upper right") },
    { _("left"), _("centre"), _("right") },
    { _("lower left"), _("bottom"), _("lower right") },
  };
  const int column = CLAMP ((int) floor (x * 3), 0, 2);
  const int row = CLAMP ((int) floor (y * 3), 0, 2);

  return places[row][column];
}

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a;
  const double y = *(const double *) b;

  return (x < y) - (x > y);
}

double
why_words_concentration (const float *values, gsize n, double part)
{
  g_autofree double *sorted = g_new (double, MAX (n, 1));
  double total = 0;
  double sum = 0;
  gsize needed = 0;

  for (gsize k = 0; k < n; k++)
    {
      sorted[k] = isfinite (values[k]) ? fabs ((double) values[k]) : 0;
      total += sorted[k];
    }
  if (!(total > 0))
    return 0;
  qsort (sorted, n, sizeof *sorted, compare_descending);
  while (needed < n && sum < part * total)
    sum += sorted[needed++];
  return (double) needed / (double) n;
}

static char *
describe_map (WhyDocument *document, WhyMap *map)
{
  WhyAffine to_source;
  const gint64 height = map->values->dims[map->values->rank - 2];
  const gint64 width = map->values->dims[map->values->rank - 1];
  const float *values = map->values->data;
  gint64 peak_h = 0;
  gint64 peak_w = 0;
  double peak = 0;

  for (gint64 h = 0; h < height; h++)
    {
      for (gint64 w = 0; w < width; w++)
        {
          const double value = fabs ((double) values[h * width + w]);
          if (isfinite (value) && value > peak)
            {
              peak = value;
              peak_h = h;
              peak_w = w;
            }
        }
    }
  if (peak == 0)
    return g_strdup (map->reason != NULL ? map->reason : _("The map is empty."));
  double x = (double) peak_w + 0.5;
  double y = (double) peak_h + 0.5;
  if (why_document_map_to_source (document, &to_source))
    why_affine_apply (&to_source, &x, &y);
  const double share = why_words_concentration (values, (gsize) (width * height), 0.8);
  /* Translators: read to people who cannot see the map. %1$s: "evidence for", %2$s: "upper left" */
  return g_strdup_printf (_("Strongest %1$s: %2$s. %3$d%% of the area holds 80%% of the map."),
                          why_words_polarity (map->polarity),
                          why_words_place (x / (double) MAX (why_document_get_picture_width (document), 1),
                                           y / (double) MAX (why_document_get_picture_height (document), 1)),
                          (int) lround (share * 100));
}

/* More than these are not read in a sentence. */
#define MAX_NAMED 5

static int
compare_probability (gconstpointer a, gconstpointer b)
{
  const double x = why_class_item_get_probability (*(WhyClassItem *const *) a);
  const double y = why_class_item_get_probability (*(WhyClassItem *const *) b);

  return (x < y) - (x > y);
}

char *
why_words_answer (WhyDocument *document)
{
  WhyModel *model = why_document_get_model (document);
  GListModel *classes = why_document_get_classes (document);
  const guint n = g_list_model_get_n_items (classes);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint k = 0; k < n; k++)
    g_ptr_array_add (items, g_list_model_get_item (classes, k));
  if (model == NULL || n == 0)
    return g_strdup ("");
  g_ptr_array_sort (items, compare_probability);
  WhyClassItem *top = g_ptr_array_index (items, 0);
  if (!why_model_is_multi_label (model))
    {
      g_autofree char *percent = why_percent_text (why_class_item_get_probability (top));
      /* Translators: class, probability */
      return g_strdup_printf (_("It says “%1$s” (%2$s)."), why_class_item_get_label (top), percent);
    }
  for (guint k = 0; k < n && k <= MAX_NAMED; k++)
    {
      WhyClassItem *item = g_ptr_array_index (items, k);
      if (why_class_item_get_probability (item) < 0.5)
        break;
      if (k == MAX_NAMED)
        {
          g_string_append (names, " …");
          break;
        }
      if (k > 0)
        /* Translators: between the names of a list */
        g_string_append (names, _(", "));
      g_string_append (names, why_class_item_get_label (item));
    }
  if (names->len == 0)
    return g_strdup (_("It sees none of its classes."));
  /* Translators: a list of classes */
  return g_strdup_printf (_("It sees: %s."), names->str);
}

char *
why_words_describe (WhyDocument *document)
{
  const char *path = why_document_get_picture_path (document);
  WhyMap *map = why_document_get_map (document);
  WhyClassItem *shown = why_document_get_class (document, why_document_get_shown_class (document));

  if (path == NULL)
    return g_strdup (_("No picture is open."));
  g_autofree char *name = g_path_get_basename (path);
  if (map == NULL || shown == NULL)
    return g_strdup_printf (_("Picture %s, not explained yet."), name);
  g_autofree char *percent = why_percent_text (why_class_item_get_probability (shown));
  g_autofree char *words = map->values->rank == 2 ? describe_map (document, map) : g_strdup ("");
  /* Translators: picture, class, probability, then sentences about the map */
  return g_strdup_printf (_("Picture %1$s. Class %2$s, %3$s. %4$s"), name, why_class_item_get_label (shown), percent,
                          words);
}

char *
why_words_drop (const char *const *names, const WhyFileKind *kinds, gsize n)
{
  const char *last[WHY_FILE_FOLDER + 1] = { NULL };
  gsize n_pictures = 0;

  for (gsize k = 0; k < n; k++)
    {
      const WhyFileKind kind = kinds[k] == WHY_FILE_OTHER ? WHY_FILE_MODEL : kinds[k];
      last[kind == WHY_FILE_VOLUME ? WHY_FILE_PICTURE : kind] = names[k];
      n_pictures += why_file_kind_is_shown (kind) ? 1 : 0;
    }
  const char *picture = last[WHY_FILE_PICTURE];
  const char *model = last[WHY_FILE_MODEL];

  if (last[WHY_FILE_SESSION] != NULL)
    return g_strdup_printf (_("Go on with the session “%s”"), last[WHY_FILE_SESSION]);
  if (n_pictures > 1 && model != NULL)
    return g_strdup_printf (g_dngettext (NULL, "Ask “%2$s” about %1$u picture", "Ask “%2$s” about %1$u pictures", n_pictures),
                            (guint) n_pictures, model);
  if (n_pictures > 1)
    return g_strdup_printf (g_dngettext (NULL, "Look at %u picture", "Look at %u pictures", n_pictures), (guint) n_pictures);
  if (picture != NULL && model != NULL)
    return g_strdup_printf (_("Ask “%1$s” about “%2$s”"), model, picture);
  if (picture != NULL)
    return g_strdup_printf (_("Look at “%s”"), picture);
  if (last[WHY_FILE_FOLDER] != NULL)
    return g_strdup_printf (_("Look at the pictures in “%s”"), last[WHY_FILE_FOLDER]);
  if (last[WHY_FILE_LABELS] != NULL && model == NULL)
    return g_strdup_printf (_("Name the classes as “%s” does"), last[WHY_FILE_LABELS]);
  if (model != NULL)
    return g_strdup_printf (_("Ask the model “%s”"), model);
  return g_strdup (_("Drop pictures, a model, a session, a folder or class names"));
}
