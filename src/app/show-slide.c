#include "config.h"

#include "show-slide.h"

gboolean
why_show_slide (WhyCanvas *canvas, WhyDocument *document)
{
  WhyTiles *tiles = why_document_get_tiles (document);
  WhyRoi roi = { 0 };

  if (tiles == NULL)
    return FALSE;
  WhyTensor *patch = why_document_get_patch (document, &roi);
  const WhyRect place = { (double) roi.x, (double) roi.y, (double) roi.width, (double) roi.height };
  why_canvas_set_slide (canvas, tiles, patch, &place);
  return TRUE;
}

void
why_show_sides (WhyCanvas *canvas, WhyDocument *document)
{
  const WhyPicture *source = why_document_get_source (document);
  char sides[4];

  why_canvas_set_sides (canvas, source != NULL && why_picture_get_sides (source, sides) ? sides : NULL);
}
