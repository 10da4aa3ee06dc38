#pragma once

#include "document-private.h"
#include "service/step.h"

G_BEGIN_DECLS

struct _WhyStep
{
  GObject parent_instance;

  char *name;
  WhyDocumentState state; /* without steps */
  WhyPlaneKind plane;
  gint64 slice; /* -1: of a picture */
  WhyRect part;
  char *picture;                        /* nullable: name of the file that it was made of, without its folder */
  gint64 picture_width, picture_height; /* that the covers and the part are of; 0: not known */
  WhyResult *result;                    /* nullable: the answer, if it is known */
  WhyTensor *thumbnail;                 /* nullable */
};

/* @state: copied, without its steps */
WhyStep *why_step_new (const char *name, const WhyDocumentState *state) G_GNUC_WARN_UNUSED_RESULT;
/* The same under another name. */
WhyStep *why_step_renamed (WhyStep *step, const char *name) G_GNUC_WARN_UNUSED_RESULT;
void why_step_take_thumbnail (WhyStep *step, WhyTensor *thumbnail);

G_END_DECLS
