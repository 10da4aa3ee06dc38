#include "config.h"

#include "overlap.h"

#include "base/error.h"
#include "json.h"

gboolean
cli_overlap_measure (const char *path, const WhyResult *result, const CliInput *input, double threshold, gboolean smooth,
                     WhyOverlapResult *overlap, GError **error)
{
  g_autofree char *warning = NULL;

  if (input->picture == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "--mask needs a picture: a prepared tensor does not say where its pixels were");
      return FALSE;
    }
  if (!why_overlap_of_file (path, result, input->picture, threshold, smooth, overlap, &warning, error))
    return FALSE;
  if (warning != NULL)
    g_printerr ("%s: %s\n", path, warning);
  return TRUE;
}

static void
print_one (const char *what, const WhyOverlap *overlap)
{
  g_print ("%s\n", what);
  g_print ("  IoU %.4f at threshold %.2f; best %.4f at %.2f\n", overlap->iou, overlap->threshold, overlap->best_iou,
           overlap->best_threshold);
  g_print ("  precision %.4f, recall %.4f\n", overlap->precision, overlap->recall);
  g_print ("  %.1f %% of the evidence is inside, %.1f %% of the picture\n", 100 * overlap->energy, 100 * overlap->expected);
  g_print ("  peak %s, at %.1f, %.1f\n", overlap->hit ? "inside" : "outside", overlap->peak_x, overlap->peak_y);
  g_print ("  ROC AUC %.4f, average precision %.4f, rank accuracy %.4f\n", overlap->roc_auc, overlap->average_precision,
           overlap->rank_accuracy);
  if (overlap->n_mask_unseen > 0)
    g_print ("  %" G_GSIZE_FORMAT " of the outline's %" G_GSIZE_FORMAT " pixels are not seen by the network\n",
             overlap->n_mask_unseen, overlap->n_mask);
}

void
cli_overlap_print (const WhyOverlapResult *overlap)
{
  print_one ("overlap", &overlap->overlap);
  if (overlap->has_against)
    print_one ("overlap of the evidence against", &overlap->against);
}

void
cli_overlap_add_json (JsonBuilder *builder, const WhyOverlapResult *overlap)
{
  json_builder_set_member_name (builder, "overlap");
  if (overlap == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  why_overlap_add_json (&overlap->overlap, builder);
  if (!overlap->has_against)
    return;
  json_builder_set_member_name (builder, "overlap_against");
  why_overlap_add_json (&overlap->against, builder);
}
