#include "config.h"

#include "answer-panel.h"

#include "class-list.h"
#include "survey-box.h"
#include "tooltip.h"
#include "service/layer-title.h"
#include "words.h"

#include "service/document-look.h"

#include <glib/gi18n.h>
#include <string.h>

struct _WhyAnswerPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  GtkWidget *contrast_box;
  GtkLabel *contrast;
  GtkWidget *also_box;
  GtkLabel *also;
  WhyClassList *class_list;
  WhySurveyBox *survey_box;
  GtkWidget *card;
  GtkDropDown *score;
  GtkLabel *score_sentence;
  GtkWidget *region_label;
  GtkDropDown *region;
  AdwExpanderRow *model_row;
  AdwActionRow *file_row;
  AdwActionRow *input_row;
  AdwActionRow *recipe_row;
  AdwActionRow *scale_row;
  AdwActionRow *assumed_row;
  AdwActionRow *labels_row;
  GtkWidget *assumed;

  /* Owned */
  WhyDocument *document;

  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyAnswerPanel, why_answer_panel, ADW_TYPE_BIN)

/* ---- the answer in words ---- */

static void
update_sentence (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  g_autofree char *text = NULL;

  if (model == NULL)
    text = g_strdup (_("Open a model (an ONNX file) to ask it about the picture."));
  else if (why_model_get_limitation (model) != NULL)
    text = g_strdup (why_model_get_limitation (model));
  else if (why_document_get_picture (self->document) == NULL)
    text = g_strdup (_("Open a picture to see what the model says about it."));
  else if (shown == NULL)
    text = g_strdup (_("Choose a class to see the evidence for it."));
  else
    text = why_words_answer (self->document);
  gtk_label_set_label (self->sentence, text);
}

/* ---- the question ---- */

static const char *
label_of (WhyAnswerPanel *self, int index)
{
  WhyClassItem *item = why_document_get_class (self->document, index);

  return item != NULL ? why_class_item_get_label (item) : "";
}

static void
update_question (WhyAnswerPanel *self)
{
  const int contrast = why_document_get_contrast_class (self->document);
  const WhyExplainerClass *method = why_explainer_lookup (why_document_get_method (self->document), NULL);
  const gboolean knows_class = method == NULL || (method->needs & WHY_NEEDS_NO_CLASS) == 0;
  g_autoptr (GString) names = g_string_new (NULL);
  gsize n_also;
  const int *also = why_document_get_also_classes (self->document, &n_also);

  gtk_widget_set_visible (self->contrast_box, contrast >= 0);
  if (contrast >= 0)
    {
      g_autofree char *text = knows_class
                                /* Translators: a class */
                                ? g_strdup_printf (_("Why not “%s”? The map shows what tells the two apart."), label_of (self, contrast))
                                : g_strdup_printf (_("The method does not look at classes: it cannot compare with “%s”."), label_of (self, contrast));
      gtk_label_set_label (self->contrast, text);
    }
  for (gsize place = 0; place < n_also; place++)
    g_string_append_printf (names, "%s%s", place > 0 ? _(", ") : "", label_of (self, also[place]));
  gtk_widget_set_visible (self->also_box, n_also > 0);
  if (n_also > 0)
    {
      /* Translators: a list of classes */
      g_autofree char *text = g_strdup_printf (_("Together with: %s"), names->str);
      gtk_label_set_label (self->also, text);
      why_tooltip_set (GTK_WIDGET (self->also), text);
    }
}

static guint
region_place (const char *region)
{
  static const char *const starts[] = { "predicted", "all", "point:", "box:" };

  for (guint place = 0; place < G_N_ELEMENTS (starts); place++)
    {
      if (g_str_has_prefix (region, starts[place]))
        return place;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
update_target (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);
  const gboolean dense = model != NULL && why_model_is_dense (model);
  WhyScoreKind score = WHY_SCORE_LOGIT;

  if (!why_score_parse (why_document_get_score (self->document), &score, NULL))
    g_return_if_reached ();
  self->syncing = TRUE;
  gtk_drop_down_set_selected (self->score, (guint) score);
  gtk_drop_down_set_selected (self->region, region_place (why_document_get_region (self->document)));
  self->syncing = FALSE;
  gtk_label_set_label (self->score_sentence, why_words_score (score));
  gtk_widget_set_visible (self->region_label, dense);
  gtk_widget_set_visible (GTK_WIDGET (self->region), dense);
  update_question (self);
}

static void
on_score_cb (WhyAnswerPanel *self)
{
  const guint place = gtk_drop_down_get_selected (self->score);

  if (!self->syncing && place != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.score", "s", why_score_id ((WhyScoreKind) place));
}

static void
on_region_cb (WhyAnswerPanel *self)
{
  static const char *const actions[] = { "win.region", "win.region", "win.region-here", "win.region-covered" };
  const guint place = gtk_drop_down_get_selected (self->region);

  if (self->syncing || place >= G_N_ELEMENTS (actions))
    return;
  if (place < 2)
    gtk_widget_activate_action (GTK_WIDGET (self), actions[place], "s", place == 0 ? "predicted" : "all");
  else
    gtk_widget_activate_action (GTK_WIDGET (self), actions[place], NULL);
  /* What could not be had is not shown as chosen. */
  update_target (self);
}

/* ---- the model's card ---- */

static void
set_row (AdwActionRow *row, const char *text)
{
  adw_action_row_set_subtitle (row, text);
  why_tooltip_set (GTK_WIDGET (row), text);
}

/* The size of a pixel that it was trained with, and a word where it is shown another. */
static void
update_scale (WhyAnswerPanel *self, WhyModel *model)
{
  const WhyRecipe *recipe = why_model_get_recipe (model);
  g_autofree char *warning = why_document_dup_scale_warning (self->document);
  g_autofree char *text = NULL;

  if (warning != NULL)
    text = g_strdup (warning);
  else if (recipe->mpp > 0)
    text = g_strdup_printf (_("Trained at %.3g µm a pixel"), recipe->mpp);
  else if (recipe->spacing[0] > 0)
    text = g_strdup_printf (_("Trained at %1$.3g × %2$.3g × %3$.3g mm a voxel"), recipe->spacing[0], recipe->spacing[1],
                            recipe->spacing[2]);
  gtk_widget_set_visible (GTK_WIDGET (self->scale_row), text != NULL);
  if (text != NULL)
    set_row (self->scale_row, text);
  if (warning != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->scale_row), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->scale_row), "warning");
}

static void
update_card (WhyAnswerPanel *self, WhyModel *model)
{
  const char *assumed = why_model_get_assumed_text (model);
  const gboolean names_assumed = (why_model_get_recipe (model)->assumed & WHY_RECIPE_FIELD_LABELS) != 0;
  const int n_classes = why_model_get_n_classes (model);
  int rank = 0;
  const gint64 *dims = why_model_get_input_shape (model, &rank);
  g_autofree char *shape = why_dims_to_string (rank, dims);
  g_autofree char *input = why_layer_shape_text (shape);
  g_autofree char *file = g_strdup_printf ("%s\n%s", why_model_get_path (model), why_model_get_summary (model));
  g_autofree char *classes =
      g_strdup_printf (why_model_is_multi_label (model)
                           /* Translators: several of the classes may be true at once */
                           ? ngettext ("%d class, any number at once", "%d classes, any number at once", (gulong) n_classes)
                           : ngettext ("%d class", "%d classes", (gulong) n_classes),
                       n_classes);
  g_autofree char *subtitle =
      why_model_is_dense (model)
          /* Translators: "21 classes" */
          ? g_strdup_printf (_("%s, for every pixel"), classes)
          : g_strdup (classes);
  g_autofree char *caution =
      g_strdup_printf (_("Neither the model nor a file beside it says: %s. The usual values are taken; if the network was trained with "
                         "others, its answers are wrong. A file %s.recipe.json beside the model states them."),
                       assumed, why_model_get_title (model));
  g_autofree char *names =
      names_assumed ? g_strdup_printf (_("Not known: classes have numbers only. A file %s.labels.txt beside the model, one name a line, names them."),
                                       why_model_get_title (model))
                    : g_strdup (_("As the model, its recipe or a file beside it says."));

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->model_row), why_model_get_title (model));
  adw_expander_row_set_subtitle (self->model_row, subtitle);
  set_row (self->file_row, file);
  set_row (self->input_row, input);
  set_row (self->recipe_row, why_model_get_recipe_text (model));
  update_scale (self, model);
  set_row (self->assumed_row, caution);
  set_row (self->labels_row, names);
  gtk_widget_set_visible (GTK_WIDGET (self->assumed_row), *assumed != '\0');
  gtk_widget_set_visible (self->assumed, *assumed != '\0');
  why_tooltip_set (self->assumed, caution);
}

static void
update_model (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);

  gtk_widget_set_visible (self->card, model != NULL);
  if (model != NULL)
    update_card (self, model);
  update_target (self);
  update_sentence (self);
}

static void
on_updated_cb (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);

  update_sentence (self);
  if (model != NULL)
    update_scale (self, model);
}

/* ---- widget ---- */

static void
why_answer_panel_dispose (GObject *object)
{
  WhyAnswerPanel *self = WHY_ANSWER_PANEL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_ANSWER_PANEL);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_answer_panel_parent_class)->dispose (object);
}

static void
why_answer_panel_class_init (WhyAnswerPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_answer_panel_dispose;
  g_type_ensure (WHY_TYPE_CLASS_LIST);
  g_type_ensure (WHY_TYPE_SURVEY_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/answer-panel.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, name)
  CHILD (sentence);
  CHILD (contrast_box);
  CHILD (contrast);
  CHILD (also_box);
  CHILD (also);
  CHILD (class_list);
  CHILD (survey_box);
  CHILD (card);
  CHILD (score);
  CHILD (score_sentence);
  CHILD (region_label);
  CHILD (region);
  CHILD (model_row);
  CHILD (file_row);
  CHILD (input_row);
  CHILD (recipe_row);
  CHILD (scale_row);
  CHILD (assumed_row);
  CHILD (labels_row);
  CHILD (assumed);
#undef CHILD
}

static void
why_answer_panel_init (WhyAnswerPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->score, "notify::selected", G_CALLBACK (on_score_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->region, "notify::selected", G_CALLBACK (on_region_cb), self, G_CONNECT_SWAPPED);
}

void
why_answer_panel_set_document (WhyAnswerPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_ANSWER_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  why_class_list_set_document (self->class_list, document);
  g_signal_connect_object (document, "updated", G_CALLBACK (on_updated_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::model", G_CALLBACK (update_model), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::picture", G_CALLBACK (update_sentence), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::contrast-class", G_CALLBACK (update_question), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method", G_CALLBACK (update_question), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::target-kind", G_CALLBACK (update_target), self, G_CONNECT_SWAPPED);
  update_model (self);
}

void
why_answer_panel_set_surveyor (WhyAnswerPanel *self, WhySurveyor *surveyor)
{
  g_return_if_fail (WHY_IS_ANSWER_PANEL (self));
  why_survey_box_set_surveyor (self->survey_box, surveyor);
}
