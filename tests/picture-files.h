#pragma once

#include "image/source.h"

#include <vips/vips.h>

G_BEGIN_DECLS

/* Picture files made with libvips' savers or byte by byte, with pixels known beforehand, and read through the real
 * loader process. */

/** pf_begin: the test framework, libvips, and a folder for the files */
void pf_begin (int *argc, char ***argv);
/** pf_end: runs the tests and removes the folder. Returns: what main() does */
int pf_end (void) G_GNUC_WARN_UNUSED_RESULT;

/** pf_path: Returns: (transfer full): of a file in the folder */
char *pf_path (const char *name);

WhyImageSource *pf_open (const char *path, const WhyImageLimits *limits);
/** pf_read_all: 1:1. @full: in the depth of the file */
WhyTensor *pf_read_all (WhyImageSource *source, gboolean full);

#define PF_W 23
#define PF_H 17

/** pf_pattern: a value that names place and band */
guint pf_pattern (int w, int h, int c);
VipsImage *pf_make_pattern (int width, int height, int bands, VipsBandFormat format, VipsInterpretation meaning);

void pf_put_u16 (GByteArray *file, guint value);
void pf_put_u32 (GByteArray *file, guint32 value);
/** pf_bitmap: the header of one; palette and masks are appended by the caller */
GByteArray *pf_bitmap (int width, int height, int bits, guint32 compression, guint32 n_extra, guint32 n_colours);

G_END_DECLS
