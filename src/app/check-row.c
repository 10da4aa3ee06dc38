#include "config.h"

#include "check-row.h"

#include "chart.h"

#include <glib/gi18n.h>
#include <math.h>

struct _WhyCheckRow
{
  GtkListBoxRow parent_instance;

  /* Template */
  GtkLabel *title;
  GtkLabel *about;
  GtkButton *button;
  GtkProgressBar *progress;
  GtkLabel *outdated;
  GtkLabel *sentence;
  WhyChart *chart;
  GtkLabel *key;
  GtkLabel *asked;

  WhyDocument *document;
  WhyCheck *check;
};

G_DEFINE_FINAL_TYPE (WhyCheckRow, why_check_row, GTK_TYPE_LIST_BOX_ROW)

static void
add_curve (WhyChart *chart, WhyChartLine line, const WhyCurve *curve)
{
  why_chart_add (chart, line, curve->fractions, curve->scores, curve->n, FALSE);
}

/* Returns: what the lines are */
static const char *
draw_faithfulness (WhyChart *chart, const WhyFaithfulness *faithfulness)
{
  add_curve (chart, WHY_CHART_CONTROL, &faithfulness->control_deletion);
  add_curve (chart, WHY_CHART_CONTROL, &faithfulness->control_insertion);
  add_curve (chart, WHY_CHART_SECOND, &faithfulness->deletion);
  add_curve (chart, WHY_CHART_MAIN, &faithfulness->insertion);
  /* Translators: the axes of a small chart */
  why_chart_set_labels (chart, _("Nothing changed"), _("Everything"), _("Confidence"));
  return _("Thick: the map's best places given back first. Thin: taken away first. Dashed: the same by random maps.");
}

static const char *
draw_sanity (WhyChart *chart, const WhySanity *sanity)
{
  double x[WHY_CHART_MAX_POINTS], likeness[WHY_CHART_MAX_POINTS], ssim[WHY_CHART_MAX_POINTS];
  const gsize n = MIN (sanity->n_steps + 1, WHY_CHART_MAX_POINTS);

  x[0] = 0;
  likeness[0] = ssim[0] = 1;
  for (gsize step = 1; step < n; step++)
    {
      const WhySanityStep *one = &sanity->steps[step - 1];
      x[step] = (double) one->n_layers / (double) sanity->n_weighted;
      likeness[step] = MAX (one->likeness.spearman, one->likeness.magnitude);
      ssim[step] = one->likeness.ssim;
    }
  if (n > 1 && isfinite (ssim[1]))
    why_chart_add (chart, WHY_CHART_CONTROL, x, ssim, n, FALSE);
  why_chart_add (chart, WHY_CHART_MAIN, x, likeness, n, TRUE);
  /* Translators: the axes of a small chart */
  why_chart_set_labels (chart, _("As trained"), _("All layers random"), _("Likeness to the map, 0 to 1"));
  return _("Thick: rank correlation. Dashed: structural similarity, which stays high for smooth maps.");
}

static void
show_chart (WhyCheckRow *self, const WhyCheckResult *result)
{
  const char *key = NULL;

  why_chart_clear (self->chart);
  if (result != NULL && result->kind == WHY_CHECK_FAITHFULNESS)
    key = draw_faithfulness (self->chart, &result->faithfulness);
  else if (result != NULL && result->kind == WHY_CHECK_RANDOMISATION)
    key = draw_sanity (self->chart, &result->sanity);
  gtk_widget_set_visible (GTK_WIDGET (self->chart), key != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->key), key != NULL);
  if (key == NULL)
    return;
  gtk_label_set_label (self->key, key);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->chart), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  why_check_kind_title (result->kind), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  why_check_get_sentence (self->check), -1);
}

static void
show_asked (WhyCheckRow *self, const WhyCheckResult *result)
{
  WhyClassItem *item = result != NULL ? why_document_get_class (self->document, result->target_class) : NULL;
  const WhyExplainerClass *method = result != NULL ? why_explainer_lookup (result->map->method, NULL) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->asked), item != NULL && method != NULL);
  if (item == NULL || method == NULL)
    return;
  g_autofree char *text = result->map->layer != NULL
                            /* Translators: what was checked: method, class, layer */
                            ? g_strdup_printf (_("%1$s, “%2$s”, at %3$s"), _(method->title), why_class_item_get_label (item),
                                               result->map->layer)
                            /* Translators: what was checked: method, class */
                            : g_strdup_printf (_("%1$s, “%2$s”"), _(method->title), why_class_item_get_label (item));
  gtk_label_set_label (self->asked, text);
}

static void
update (WhyCheckRow *self)
{
  const WhyCheckState state = why_check_get_state (self->check);
  const WhyCheckResult *result = why_check_get_result (self->check);
  const char *title = why_check_kind_title (why_check_get_kind (self->check));
  const char *sentence = why_check_get_sentence (self->check);
  const gboolean running = state == WHY_CHECK_RUNNING;
  /* Translators: of a check, which is named */
  g_autofree char *label = g_strdup_printf (running ? _("Stop: %s") : _("Run: %s"), title);

  gtk_button_set_label (self->button, running ? _("Stop") : result != NULL ? _("Run Again") : _("Run"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), running);
  gtk_widget_set_visible (GTK_WIDGET (self->outdated), state == WHY_CHECK_OUTDATED);
  gtk_widget_set_visible (GTK_WIDGET (self->sentence), *sentence != '\0' && !running);
  gtk_label_set_label (self->sentence, sentence);
  if (state == WHY_CHECK_FAILED)
    gtk_widget_add_css_class (GTK_WIDGET (self->sentence), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->sentence), "error");
  show_chart (self, running ? NULL : result);
  show_asked (self, running ? NULL : result);
}

static void
on_progress_cb (WhyCheckRow *self)
{
  gtk_progress_bar_set_fraction (self->progress, why_check_get_progress (self->check));
}

static void
on_clicked_cb (WhyCheckRow *self)
{
  const WhyCheckKind kind = why_check_get_kind (self->check);

  if (why_check_get_state (self->check) == WHY_CHECK_RUNNING)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.cancel", NULL);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.run-check", "s", why_check_kind_id (kind));
}

static void
why_check_row_dispose (GObject *object)
{
  WhyCheckRow *self = WHY_CHECK_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_CHECK_ROW);
  g_clear_object (&self->document);
  g_clear_object (&self->check);
  G_OBJECT_CLASS (why_check_row_parent_class)->dispose (object);
}

static void
why_check_row_class_init (WhyCheckRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_check_row_dispose;
  g_type_ensure (WHY_TYPE_CHART);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/check-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, title);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, about);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, button);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, progress);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, outdated);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, chart);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, key);
  gtk_widget_class_bind_template_child (widget_class, WhyCheckRow, asked);
}

static void
why_check_row_init (WhyCheckRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_swapped (self->button, "clicked", G_CALLBACK (on_clicked_cb), self);
}

GtkWidget *
why_check_row_new (WhyDocument *document, WhyCheck *check)
{
  WhyCheckRow *self = g_object_new (WHY_TYPE_CHECK_ROW, NULL);
  const WhyCheckKind kind = why_check_get_kind (check);

  self->document = g_object_ref (document);
  self->check = g_object_ref (check);
  gtk_label_set_label (self->title, why_check_kind_title (kind));
  gtk_label_set_label (self->about, why_check_kind_about (kind));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, why_check_kind_title (kind), -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, why_check_kind_title (kind), -1);
  g_signal_connect_object (check, "notify::state", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (check, "notify::sentence", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (check, "notify::progress", G_CALLBACK (on_progress_cb), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}
