#include "config.h"

#include "test-panel.h"

#include "annotation-box.h"
#include "checks-box.h"
#include "cover-box.h"

struct _WhyTestPanel
{
  AdwBin parent_instance;

  /* Template */
  WhyCoverBox *cover_box;
  WhyAnnotationBox *annotation_box;
  WhyChecksBox *checks_box;
};

G_DEFINE_FINAL_TYPE (WhyTestPanel, why_test_panel, ADW_TYPE_BIN)

static void
why_test_panel_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), WHY_TYPE_TEST_PANEL);
  G_OBJECT_CLASS (why_test_panel_parent_class)->dispose (object);
}

static void
why_test_panel_class_init (WhyTestPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_test_panel_dispose;
  g_type_ensure (WHY_TYPE_ANNOTATION_BOX);
  g_type_ensure (WHY_TYPE_CHECKS_BOX);
  g_type_ensure (WHY_TYPE_COVER_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/test-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, cover_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, annotation_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, checks_box);
}

static void
why_test_panel_init (WhyTestPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
why_test_panel_set_document (WhyTestPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_TEST_PANEL (self));

  why_cover_box_set_document (self->cover_box, document);
  why_annotation_box_set_document (self->annotation_box, document);
  why_checks_box_set_document (self->checks_box, document);
}
