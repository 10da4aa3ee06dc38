#include "config.h"

#include "annotation-box.h"

#include "annotation-row.h"
#include "chart.h"
#include "service/check.h"
#include "service/percent.h"
#include "wrap-buttons.h"

#include <glib/gi18n.h>
#include <math.h>

struct _WhyAnnotationBox
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  GtkListBox *list;
  GtkWidget *results;
  GtkLabel *iou;
  GtkLabel *best;
  GtkLabel *best_where;
  GtkLabel *inside;
  GtkLabel *inside_expected;
  WhyChart *chart;
  GtkLabel *facts;

  WhyDocument *document;
};

G_DEFINE_FINAL_TYPE (WhyAnnotationBox, why_annotation_box, ADW_TYPE_BIN)

static GtkWidget *
make_row_cb (gpointer item, gpointer data)
{
  WhyAnnotationBox *self = data;

  return why_annotation_row_new (self->document, item);
}

/* ---- what was measured ---- */

static char *
say_peak (const WhyOverlap *overlap)
{
  if (!overlap->has_evidence)
    return g_strdup (_("The map shows no evidence for the class."));
  return g_strdup (overlap->hit ? _("The strongest place is inside the outline.")
                                : _("The strongest place is outside the outline."));
}

static void
show_result (WhyAnnotationBox *self, const WhyOverlapResult *result)
{
  const WhyOverlap *overlap = &result->overlap;
  double x[WHY_OVERLAP_STEPS + 1];
  g_autofree char *iou = g_strdup_printf ("%.2f", overlap->iou);
  g_autofree char *best = g_strdup_printf ("%.2f", overlap->best_iou);
  g_autofree char *threshold = why_percent_text (overlap->best_threshold);
  /* Translators: a percentage of the map's range */
  g_autofree char *where = g_strdup_printf (_("Best, at threshold %s"), threshold);
  g_autofree char *inside = overlap->has_evidence ? why_percent_text (overlap->energy) : g_strdup ("–");
  g_autofree char *expected = why_percent_text (overlap->expected);
  /* Translators: the part of the picture that is outlined: what chance would give */
  g_autofree char *by_chance = g_strdup_printf (_("Of the map inside; by chance %s"), expected);
  g_autofree char *peak = say_peak (overlap);
  /* Translators: a sentence; two shares from 0 to 1; two areas under curves */
  g_autofree char *facts = g_strdup_printf (_("%1$s Precision %2$.2f, recall %3$.2f, ROC area %4$.2f."), peak,
                                            isnan (overlap->precision) ? 0 : overlap->precision,
                                            isnan (overlap->recall) ? 0 : overlap->recall,
                                            isnan (overlap->roc_auc) ? 0.5 : overlap->roc_auc);
  g_autoptr (GString) text = g_string_new (facts);

  if (overlap->n_mask_unseen > 0)
    {
      g_autofree char *part = why_percent_text ((double) overlap->n_mask_unseen / (double) overlap->n_mask);
      g_string_append_c (text, ' ');
      /* Translators: a percentage */
      g_string_append_printf (text, _("%s of the outline lies where the network does not see the picture."), part);
    }
  if (result->has_against && result->against.has_evidence)
    {
      g_autofree char *against = why_percent_text (result->against.energy);
      g_string_append_c (text, ' ');
      /* Translators: a percentage */
      g_string_append_printf (text, _("Of the evidence against, %s is inside."), against);
    }
  gtk_label_set_label (self->iou, iou);
  gtk_label_set_label (self->best, best);
  gtk_label_set_label (self->best_where, where);
  gtk_label_set_label (self->inside, inside);
  gtk_label_set_label (self->inside_expected, by_chance);
  gtk_label_set_label (self->facts, text->str);

  for (int step = 0; step <= WHY_OVERLAP_STEPS; step++)
    x[step] = (double) step / WHY_OVERLAP_STEPS;
  why_chart_clear (self->chart);
  why_chart_add (self->chart, WHY_CHART_MAIN, x, overlap->curve, WHY_OVERLAP_STEPS + 1, FALSE);
  why_chart_set_mark (self->chart, overlap->best_threshold);
  why_chart_set_handle (self->chart, overlap->threshold);
  /* Translators: two overlaps (IoU) and a threshold in per cent */
  g_autofree char *spoken = g_strdup_printf (_("Overlap %1$s at the present threshold; at most %2$s, at %3$s"), iou, best, threshold);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->chart), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Threshold"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, spoken, GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, iou, -1);
}

static void
update (WhyAnnotationBox *self)
{
  const WhyOverlapResult *result = why_document_get_overlap (self->document);
  const guint n = g_list_model_get_n_items (why_document_get_annotations (self->document));
  const int selected = why_document_get_selected_annotation (self->document);

  gtk_widget_set_visible (GTK_WIDGET (self->list), n > 0);
  gtk_widget_set_visible (self->results, result != NULL);
  if (result != NULL)
    show_result (self, result);
  if (why_document_is_volume (self->document))
    gtk_label_set_label (self->sentence, _("Outlines are for pictures; this is a volume."));
  else if (n == 0)
    gtk_label_set_label (self->sentence, _("Outline what the network should look at, or import an outline, and see how much of the map lies there."));
  else if (result == NULL)
    gtk_label_set_label (self->sentence, why_document_get_map (self->document) == NULL ? _("There is no map to compare with.")
                                                                                       : _("All outlines are hidden."));
  else
    gtk_label_set_label (self->sentence, selected >= 0 ? _("The map against the chosen outline.")
                                                       : _("The map against all outlines that are shown."));
}

static void
on_picked_cb (WhyAnnotationBox *self, double threshold)
{
  why_document_set_threshold (self->document, threshold);
}

/* ---- which one ---- */

static void
follow_selection (WhyAnnotationBox *self)
{
  const int selected = why_document_get_selected_annotation (self->document);

  if (selected < 0)
    gtk_list_box_unselect_all (self->list);
  else
    gtk_list_box_select_row (self->list, gtk_list_box_get_row_at_index (self->list, selected));
  update (self);
}

static void
on_row_activated_cb (WhyAnnotationBox *self, GtkListBoxRow *row)
{
  const int index = gtk_list_box_row_get_index (row);

  /* Once more: all of them again. */
  why_document_select_annotation (self->document,
                                  why_document_get_selected_annotation (self->document) == index ? -1 : index);
  follow_selection (self);
}

static gboolean
on_drop_cb (WhyAnnotationBox *self, const GValue *value)
{
  g_autoptr (GSList) files = G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST) ? gdk_file_list_get_files (g_value_get_boxed (value)) : NULL;

  for (GSList *link = files; link != NULL; link = link->next)
    {
      g_autofree char *path = g_file_get_path (link->data);
      if (path != NULL)
        why_document_import_annotations (self->document, path);
    }
  return files != NULL;
}

static void
why_annotation_box_dispose (GObject *object)
{
  WhyAnnotationBox *self = WHY_ANNOTATION_BOX (object);

  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_ANNOTATION_BOX);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_annotation_box_parent_class)->dispose (object);
}

static void
why_annotation_box_class_init (WhyAnnotationBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_annotation_box_dispose;
  g_type_ensure (WHY_TYPE_CHART);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/annotation-box.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, list);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, results);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, iou);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, best);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, best_where);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, inside);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, inside_expected);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, chart);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationBox, facts);
}

static void
why_annotation_box_init (WhyAnnotationBox *self)
{
  GtkDropTarget *target;

  gtk_widget_init_template (GTK_WIDGET (self));
  why_wrap_buttons (GTK_WIDGET (self));
  /* Here a picture is a mask; elsewhere in the window it is a picture. */
  target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (on_drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
  /* Translators: the axis of a small chart: threshold from 0 to 100 per cent */
  why_chart_set_labels (self->chart, _("Threshold 0%"), _("100%"), _("Overlap, 0 to 1"));
  g_signal_connect_swapped (self->chart, "picked", G_CALLBACK (on_picked_cb), self);
  g_signal_connect_swapped (self->list, "row-activated", G_CALLBACK (on_row_activated_cb), self);
}

void
why_annotation_box_set_document (WhyAnnotationBox *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_ANNOTATION_BOX (self) && self->document == NULL);

  self->document = g_object_ref (document);
  gtk_list_box_bind_model (self->list, why_document_get_annotations (document), make_row_cb, self, NULL);
  /* After the list box's own handler, so that its rows are there. */
  g_signal_connect_object (why_document_get_annotations (document), "items-changed", G_CALLBACK (follow_selection), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (document, "notify::selected-annotation", G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::picture", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "overlap-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
