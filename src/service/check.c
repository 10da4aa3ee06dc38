#include "config.h"

#include "check-private.h"

#include "service/json.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

static const char *const kind_ids[] = { "faithfulness", "randomisation", "occlusion", "controls", "regions" };

const char *
why_check_kind_id (WhyCheckKind kind)
{
  g_return_val_if_fail (kind < WHY_N_CHECKS, NULL);
  return kind_ids[kind];
}

gboolean
why_check_kind_from_id (const char *id, WhyCheckKind *kind)
{
  for (int index = 0; index < WHY_N_CHECKS; index++)
    if (g_strcmp0 (id, kind_ids[index]) == 0)
      {
        *kind = (WhyCheckKind) index;
        return TRUE;
      }
  return FALSE;
}

const char *
why_check_kind_title (WhyCheckKind kind)
{
  static const char *const titles[] = {
    N_ ("Taking away and giving back"),
    N_ ("Random weights"),
    N_ ("Covering window by window"),
    N_ ("Another class, another picture"),
    N_ ("Shares of regions"),
  };

  g_return_val_if_fail (kind < WHY_N_CHECKS, NULL);
  return _ (titles[kind]);
}

const char *
why_check_kind_about (WhyCheckKind kind)
{
  static const char *const abouts[] = {
    N_ ("Does the confidence fall faster than by chance when what the map shows is blurred first?"),
    N_ ("Does the map change when the network forgets what it has learned, layer by layer?"),
    N_ ("Does a map made by covering, without looking inside the network, agree?"),
    N_ ("Is the map another one for another class, and for a picture with nothing in it?"),
    N_ ("How much of the answer rests on each of 2 to 8 outlined or covered regions? All combinations are tried."),
  };

  g_return_val_if_fail (kind < WHY_N_CHECKS, NULL);
  return _ (abouts[kind]);
}

/* ---- in words ---- */

static char *
describe_faithfulness (const WhyFaithfulness *result)
{
  const gboolean falls = result->deletion.auc < result->control_deletion_low;
  const gboolean rises = result->insertion.auc > result->control_insertion_high;
  const char *verdict = falls && rises ? _ ("The map finds what the network uses: better than random maps both ways.")
                        : falls        ? _ ("In part: blurring what it shows first hurts more than chance, giving it first does not help more.")
                        : rises        ? _ ("In part: giving what it shows first helps more than chance, blurring it first does not hurt more.")
                                       : _ ("The map does no better than random maps.");

  /* Translators: a sentence; then areas below curves: of the map, of random maps; least and largest of these */
  return g_strdup_printf (_ ("%1$s Deletion %2$.2f, random maps %3$.2f (%4$.2f–%5$.2f), lower is better. "
                             "Insertion %6$.2f, random maps %7$.2f (%8$.2f–%9$.2f), higher is better."),
                          verdict, result->deletion.auc, result->control_deletion.auc, result->control_deletion_low,
                          result->control_deletion_high, result->insertion.auc, result->control_insertion.auc,
                          result->control_insertion_low, result->control_insertion_high);
}

static char *
describe_sanity (const WhySanity *sanity)
{
  const guint n_layers = (guint) sanity->n_weighted;

  /* Translators: here and in the two that follow: the number of layers; a correlation from 0 to 1 */
  if (sanity->verdict == WHY_SANITY_PASSES)
    return g_strdup_printf (_ ("Passes: with the weights of all %1$u layers drawn anew the map is another one (correlation "
                               "%2$.2f). It depends on what the network has learned."),
                            n_layers, sanity->resemblance);
  if (sanity->verdict == WHY_SANITY_UNCLEAR)
    return g_strdup_printf (_ ("Unclear: with the weights of all %1$u layers drawn anew the map still resembles itself "
                               "(correlation %2$.2f). Compare with other methods."),
                            n_layers, sanity->resemblance);
  return g_strdup_printf (_ ("Fails: with the weights of all %1$u layers drawn anew the map stays much the same (correlation "
                             "%2$.2f). It shows the picture, not what the network has learned."),
                          n_layers, sanity->resemblance);
}

static char *
describe_sweep (double agreement)
{
  if (isnan (agreement))
    return g_strdup (_ ("One of the two maps is flat, so they cannot be compared."));
  const char *verdict = agreement >= 0.5   ? _ ("Agrees: covering finds the same places.")
                        : agreement >= 0.2 ? _ ("Agrees in part.")
                                           : _ ("Does not agree: where the map is strong, covering changes little, or the other way round.");
  /* Translators: a sentence; a correlation from -1 to 1 */
  return g_strdup_printf (_ ("%1$s Rank correlation %2$.2f."), verdict, agreement);
}

static char *
describe_controls (const WhyControls *controls, const char *other_name)
{
  const double by_class = controls->by_class.spearman, by_input = controls->by_input.spearman;
  const gboolean blind = fabs (by_input) >= 0.7;

  if (controls->other_class < 0)
    /* Translators: a correlation; a sentence */
    return g_strdup_printf (_ ("With the picture's pixels shuffled: correlation %1$.2f. %2$s"), by_input,
                            blind ? _ ("The map hardly depends on the picture.") : _ ("The map depends on the picture."));
  const char *verdict = blind             ? _ ("The map hardly depends on the picture.")
                        : by_class >= 0.7 ? _ ("The map shows what is in the picture rather than why it is this class.")
                                          : _ ("The map depends on the class and on the picture.");
  /* Translators: a sentence; a class; two correlations */
  return g_strdup_printf (_ ("%1$s For %2$s, chosen by chance: correlation %3$.2f. With the picture's pixels shuffled: %4$.2f."),
                          verdict, other_name != NULL ? other_name : "?", by_class, by_input);
}

char *
why_check_result_describe (const WhyCheckResult *result, const char *other_name)
{
  switch (result->kind)
    {
    case WHY_CHECK_FAITHFULNESS:
      return describe_faithfulness (&result->faithfulness);
    case WHY_CHECK_RANDOMISATION:
      return describe_sanity (&result->sanity);
    case WHY_CHECK_OCCLUSION:
      return describe_sweep (result->sweep_agreement);
    case WHY_CHECK_CONTROLS:
      return describe_controls (&result->controls, other_name);
    case WHY_CHECK_REGIONS:
      return why_check_describe_regions (&result->regions);
    case WHY_N_CHECKS:
    default:
      g_return_val_if_reached (NULL);
    }
}

/* ---- in numbers ---- */

static void
add_curve (JsonBuilder *builder, const char *name, const WhyCurve *curve)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  why_json_add_double (builder, "auc", curve->auc);
  json_builder_set_member_name (builder, "points");
  json_builder_begin_array (builder);
  for (gsize at = 0; at < curve->n; at++)
    {
      json_builder_begin_array (builder);
      json_builder_add_double_value (builder, curve->fractions[at]);
      json_builder_add_double_value (builder, curve->scores[at]);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
add_likeness (JsonBuilder *builder, const WhyLikeness *likeness)
{
  why_json_add_double (builder, "spearman", likeness->spearman);
  why_json_add_double (builder, "spearman_magnitude", likeness->magnitude);
  why_json_add_double (builder, "ssim", likeness->ssim);
  why_json_add_double (builder, "hog", likeness->hog);
}

static void
add_sanity (JsonBuilder *builder, const WhySanity *sanity)
{
  static const char *const verdicts[] = { "passes", "unclear", "fails" };

  why_json_add_string (builder, "verdict", verdicts[sanity->verdict]);
  why_json_add_double (builder, "resemblance", sanity->resemblance);
  why_json_add_int (builder, "layers", (gint64) sanity->n_weighted);
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (gsize step = 0; step < sanity->n_steps; step++)
    {
      json_builder_begin_object (builder);
      why_json_add_string (builder, "down_to", sanity->steps[step].layer);
      why_json_add_int (builder, "layers", (gint64) sanity->steps[step].n_layers);
      add_likeness (builder, &sanity->steps[step].likeness);
      why_json_add_double (builder, "largest", sanity->steps[step].worst);
      why_json_add_int (builder, "flat", sanity->steps[step].n_flat);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_faithfulness (JsonBuilder *builder, const WhyCheckResult *result)
{
  const WhyFaithfulness *faithfulness = &result->faithfulness;

  add_curve (builder, "deletion", &faithfulness->deletion);
  add_curve (builder, "insertion", &faithfulness->insertion);
  add_curve (builder, "random_deletion", &faithfulness->control_deletion);
  add_curve (builder, "random_insertion", &faithfulness->control_insertion);
  why_json_add_double (builder, "random_deletion_low", faithfulness->control_deletion_low);
  why_json_add_double (builder, "random_deletion_high", faithfulness->control_deletion_high);
  why_json_add_double (builder, "random_insertion_low", faithfulness->control_insertion_low);
  why_json_add_double (builder, "random_insertion_high", faithfulness->control_insertion_high);
  why_json_add_string (builder, "removal", why_removal_id (WHY_REMOVAL_BLUR));
  if (result->has_road)
    why_json_add_double (builder, "road", result->road.combined);
}

static void
add_regions (JsonBuilder *builder, const WhyRegions *regions)
{
  why_json_add_double (builder, "all_covered", regions->none);
  why_json_add_double (builder, "none_covered", regions->all);
  json_builder_set_member_name (builder, "regions");
  json_builder_begin_array (builder);
  for (guint region = 0; region < regions->n; region++)
    {
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", regions->names[region]);
      why_json_add_double (builder, "share", regions->shares[region]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

void
why_check_result_add_json (const WhyCheckResult *result, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  why_json_add_string (builder, "check", why_check_kind_id (result->kind));
  why_json_add_string (builder, "method", result->map->method);
  why_json_add_string (builder, "layer", result->map->layer);
  why_json_add_int (builder, "class", result->target_class);
  if (result->kind == WHY_CHECK_FAITHFULNESS)
    add_faithfulness (builder, result);
  else if (result->kind == WHY_CHECK_RANDOMISATION)
    add_sanity (builder, &result->sanity);
  else if (result->kind == WHY_CHECK_OCCLUSION)
    why_json_add_double (builder, "spearman", result->sweep_agreement);
  else if (result->kind == WHY_CHECK_REGIONS)
    add_regions (builder, &result->regions);
  else
    {
      why_json_add_int (builder, "other_class", result->controls.other_class);
      json_builder_set_member_name (builder, "by_class");
      json_builder_begin_object (builder);
      add_likeness (builder, &result->controls.by_class);
      json_builder_end_object (builder);
      json_builder_set_member_name (builder, "by_input");
      json_builder_begin_object (builder);
      add_likeness (builder, &result->controls.by_input);
      json_builder_end_object (builder);
    }
  why_json_add_double (builder, "milliseconds", result->milliseconds);
  json_builder_end_object (builder);
}

void
why_overlap_add_json (const WhyOverlap *overlap, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  why_json_add_double (builder, "threshold", overlap->threshold);
  why_json_add_double (builder, "iou", overlap->iou);
  why_json_add_double (builder, "best_iou", overlap->best_iou);
  why_json_add_double (builder, "best_threshold", overlap->best_threshold);
  why_json_add_double (builder, "precision", overlap->precision);
  why_json_add_double (builder, "recall", overlap->recall);
  why_json_add_double (builder, "area", overlap->area);
  why_json_add_boolean (builder, "peak_inside", overlap->hit);
  why_json_add_double (builder, "energy_inside", overlap->energy);
  why_json_add_double (builder, "energy_expected", overlap->expected);
  why_json_add_double (builder, "roc_auc", overlap->roc_auc);
  why_json_add_double (builder, "average_precision", overlap->average_precision);
  why_json_add_double (builder, "rank_accuracy", overlap->rank_accuracy);
  why_json_add_int (builder, "outline_pixels", (gint64) overlap->n_mask);
  why_json_add_int (builder, "outline_pixels_not_seen", (gint64) overlap->n_mask_unseen);
  json_builder_set_member_name (builder, "curve");
  json_builder_begin_array (builder);
  for (int step = 0; step <= WHY_OVERLAP_STEPS; step++)
    json_builder_add_double_value (builder, overlap->curve[step]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}
