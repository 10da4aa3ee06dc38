#include "config.h"

#include "survey-box.h"

#include "words.h"
#include "wrap-buttons.h"

#include <glib/gi18n.h>
#include <math.h>

/* A photograph of a few fields is a picture, not something to be surveyed: there the box would only be in the way. */
#define FEWEST_FIELDS 9

struct _WhySurveyBox
{
  AdwBin parent_instance;

  /* Template */
  GtkWidget *show;
  GtkLabel *sentence;
  GtkWidget *running;
  GtkProgressBar *progress;
  GtkLabel *left;
  GtkWidget *start;
  GtkWidget *begin;
  GtkWidget *begin_view;
  GtkWidget *results;
  GtkLabel *rank;

  WhySurveyor *surveyor;
};

G_DEFINE_FINAL_TYPE (WhySurveyBox, why_survey_box, ADW_TYPE_BIN)

static void
show_progress (WhySurveyBox *self)
{
  const double done = why_surveyor_get_progress (self->surveyor);
  g_autofree char *left = why_words_time_left (why_surveyor_get_seconds_left (self->surveyor));
  WhySurveyCounts counts;

  why_survey_get_counts (why_surveyor_get_survey (self->surveyor), &counts);
  gtk_progress_bar_set_fraction (self->progress, done);
  /* Translators: fields that are known, and all */
  g_autofree char *text = g_strdup_printf (_("%1$'.0f of %2$'.0f fields"), (double) (counts.n_answered + counts.n_unreadable),
                                           (double) (counts.n_fields - counts.n_glass));
  g_autofree char *both = left != NULL && *left != '\0' ? g_strdup_printf ("%s · %s", text, left) : g_strdup (text);
  gtk_label_set_label (self->left, both);
}

static void
update (WhySurveyBox *self)
{
  WhySurvey *survey = why_surveyor_get_survey (self->surveyor);
  const gboolean running = why_surveyor_is_running (self->surveyor);
  gint64 width, height;
  const double n_planned = why_surveyor_plan (self->surveyor, &width, &height);
  const gboolean complete = survey != NULL && why_survey_is_complete (survey);
  /* What is known of a part is no answer for the rest. */
  const gboolean all = survey != NULL && (double) (why_survey_get_columns (survey) * why_survey_get_rows (survey)) >= n_planned;
  g_autofree char *sentence = why_surveyor_describe (self->surveyor);

  gtk_widget_set_visible (GTK_WIDGET (self), n_planned >= FEWEST_FIELDS || survey != NULL);
  gtk_label_set_label (self->sentence, sentence);
  gtk_widget_set_visible (self->show, survey != NULL);
  gtk_widget_set_visible (self->running, running);
  gtk_widget_set_visible (self->start, !running && !(complete && all));
  gtk_button_set_label (GTK_BUTTON (self->begin), survey != NULL && !complete ? _("_Go On") : _("_Survey All Fields"));
  gtk_widget_set_visible (self->begin_view, survey == NULL || complete);
  gtk_widget_set_visible (self->results, survey != NULL);
  if (running)
    show_progress (self);
  if (survey == NULL)
    return;
  WhySurveyCounts counts;
  why_survey_get_counts (survey, &counts);
  const int rank = why_surveyor_get_rank (self->surveyor);
  /* Translators: place of a field in the order of the class's probability, and how many fields there are */
  g_autofree char *place = rank >= 0 ? g_strdup_printf (_("%1$'d of %2$'.0f"), rank + 1, (double) counts.n_answered) : g_strdup ("");
  gtk_label_set_label (self->rank, place);
}

static void
why_survey_box_dispose (GObject *object)
{
  WhySurveyBox *self = WHY_SURVEY_BOX (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_SURVEY_BOX);
  g_clear_object (&self->surveyor);
  G_OBJECT_CLASS (why_survey_box_parent_class)->dispose (object);
}

static void
why_survey_box_class_init (WhySurveyBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_survey_box_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/survey-box.ui");
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, show);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, running);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, progress);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, left);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, start);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, begin);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, begin_view);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, results);
  gtk_widget_class_bind_template_child (widget_class, WhySurveyBox, rank);
}

static void
why_survey_box_init (WhySurveyBox *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  why_wrap_buttons (GTK_WIDGET (self));
}

void
why_survey_box_set_surveyor (WhySurveyBox *self, WhySurveyor *surveyor)
{
  g_return_if_fail (WHY_IS_SURVEY_BOX (self) && self->surveyor == NULL);

  self->surveyor = g_object_ref (surveyor);
  g_signal_connect_object (surveyor, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
