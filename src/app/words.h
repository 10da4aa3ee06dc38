#pragma once

#include "service/document.h"
#include "service/file-kind.h"

#include "canvas.h"

G_BEGIN_DECLS

/* Numbers and results in words: plain functions from values to text, for labels and screen readers. */

/** why_words_before_after: Returns: (transfer full): "98.2% → 12.0%" */
char *why_words_before_after (double before, double after) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_polarity: Returns: what the polarity shows: "evidence for the class" */
const char *why_words_polarity (const char *polarity);

/** why_words_polarity_sentence: what a map of that polarity leaves out */
const char *why_words_polarity_sentence (const char *polarity);

/** why_words_score: what is explained, in a sentence */
const char *why_words_score (WhyScoreKind score);

/** why_words_explained: "the logit in the whole picture" */
char *why_words_explained (WhyDocument *document, const WhyMap *map) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_cell_size: "7 × 7 cells of 32 × 32 pixels"; with the length of a cell where the size of a pixel is known */
char *why_words_cell_size (WhyDocument *document, const WhyMap *map) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_limits: what the colour bar leaves out or takes from elsewhere; "" if nothing */
char *why_words_limits (WhyDocument *document, const WhyMap *map) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_vision: Returns: (nullable): whose eyes the screen imitates; %NULL for all colours */
char *why_words_vision (const char *colour_vision) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_share_shown: how much of the picture reaches the threshold; "" without a map */
char *why_words_share_shown (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_plain_number: a number as people type or as why_words_number() writes it, for g_ascii_strtod() */
char *why_words_plain_number (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_question: Returns: (transfer full): the class of the map: "cat", "cat rather than dog" */
char *why_words_question (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_knows_class: whether the map is of a class, and not the same for all */
gboolean why_words_knows_class (const WhyMap *map);

/** why_words_time_left: Returns: (transfer full): "About 12 s left"; "" for -1 */
char *why_words_time_left (int seconds) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_fill: Returns: "Mean colour" for "mean" */
const char *why_words_fill (const char *fill);

/** why_words_area: Returns: what kind of shape: "Ellipse", "All but an ellipse" */
const char *why_words_area (const WhyArea *area);

/** why_words_number: Returns: (transfer full): four significant digits, locale's decimal mark, real minus */
char *why_words_number (double value) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_length: @um: micrometres; Returns: (transfer full): "1.35 mm", "12 µm" */
char *why_words_length (double um) G_GNUC_WARN_UNUSED_RESULT;
/** why_words_size: Returns: (transfer full): "1.2 × 0.8 mm"; both in the unit of the larger one */
char *why_words_size (double um_width, double um_height) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_words_probe:
 * @um_per_pixel: 0: unknown
 *
 * Returns: (transfer full): "x 123  y 45   #a0b1c2   map 0.123", with the place from the upper left corner in micrometres or
 *   millimetres where that is known; "" when nothing is probed
 */
char *why_words_probe (const WhyProbe *probe, double um_per_pixel) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_magnification: Returns: (transfer full) (nullable): "20×": the lens that shows as much at this zoom; of slides */
char *why_words_magnification (WhyDocument *document, double zoom) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_words_probe_volume:
 * @picture: (nullable): the volume as it is shown
 *
 * Returns: (transfer full): "voxel 90, 108, 72  (R 0.0  A 18.0  S 0.0 mm)   812   map 0.123"; "" when nothing is probed
 */
char *why_words_probe_volume (const WhyPicture *picture, const WhyProbe *probe) G_GNUC_WARN_UNUSED_RESULT;

/** why_words_plane: Returns: (transfer full): "Axial 73 / 181", "Maximum from front to back"; "" without a volume */
char *why_words_plane (const WhyPicture *picture) G_GNUC_WARN_UNUSED_RESULT;


/** why_words_map_size: Returns: (transfer full): "8 × 8 cells" */
char *why_words_map_size (WhyTensor *values) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_words_place:
 *
 * Returns: "upper left" for the ninth of the picture that (@x, @y) in 0..1 lies in
 */
const char *why_words_place (double x, double y);

/**
 * why_words_concentration:
 * @values: (array length=n): magnitudes count
 *
 * Returns: the least share of cells, 0..1, that together hold @part of the map; 0 for an empty map
 */
double why_words_concentration (const float *values, gsize n, double part);

/**
 * why_words_answer:
 *
 * Returns: (transfer full): what the network says: "It says “tabby” (83.2%).", of independent classes all
 *   that are more likely than not: "It sees coat, bag."
 */
char *why_words_answer (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_words_describe:
 *
 * Returns: (transfer full): the document's picture and map in words, for who cannot see it: "bag 98.2 %.
 *   Strongest evidence for the class: upper left; 12 % of the area holds 80 % of the map."
 */
char *why_words_describe (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_words_drop:
 * @names: file names; @kinds: what each looks like
 *
 * Returns: (transfer full): what will happen when they are dropped: "Look at “cat.jpg”"
 */
char *why_words_drop (const char *const *names, const WhyFileKind *kinds, gsize n) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
