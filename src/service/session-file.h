#pragma once

#include "base/cancel.h"
#include "document-private.h"

G_BEGIN_DECLS

/* What a document shows, as a file: JSON,
 *
 *   {"whylight": "session", "version": 1, "program": "0.1.0",
 *    "model": {"path": "../nets/a.onnx", "sha256": "..."}, "picture": {"path": "b.png", "sha256": "..."},
 *    "labels": {"path": "names.txt", "sha256": "..."}, "cases": ["b.png", "c.png"],
 *    "target_class": 3, "contrast_class": -1, "layer": "...", "method": "gradcam", "profile": "paper",
 *    "method_options": null, "polarity": "relu", "colormap": null, "limits": "own", "lo": 0, "hi": 0,
 *    "opacity": 0.5, "threshold": 0, "show_map": true, "smooth": true, "um_per_pixel": 0, "roi": "x,y,w,h", "fill": "mean",
 *    "plane": "axial", "slice": 90, "cross_hair": [column, row, slice], "planes": "one", "projection": "none",
 *    "mirrored": false, "rotation": 0 (degrees clockwise, after that),
 *    "window_width": 400, "window_level": 40,
 *    "occlusions": [{"x", "y", "w", "h", "fill", "seed"}],
 *    "score": "logit", "region": "predicted", "also_classes": [], "clip": 0, "contours": false, "contour_levels": 3,
 *    "contour_labels": true, "alpha": "auto", "colour_vision": "normal",
 *    "compare": see session-compare.h,
 *    "steps": [{"name": "...", "part": [x, y, width, height], "plane", "slice", "picture", "picture_width", "picture_height",
 *    and what is asked and drawn as above}]}
 *
 * Paths are relative to the session's folder, so that a folder can be moved or given away; "model" or "picture"
 * may be null. A key that is absent keeps what a new document has; one that is not known is an error. Of
 * versions to come nothing is guessed. */

#define WHY_SESSION_FILE_START "{\"whylight\":\"session\""

typedef enum
{
  WHY_SESSION_MODEL,
  WHY_SESSION_PICTURE,
  WHY_SESSION_LABELS,
  WHY_SESSION_N_SOURCES,
} WhySessionSource;
/* A step of a talk; see step-private.h. */
typedef struct
{
  char *name; /* nullable */
  WhyDocumentState state; /* without occlusions and steps */
  GArray *covers;         /* of WhyCover */
  WhyPlaneKind plane;
  gint64 slice; /* -1: not stated */
  WhyRect part;
  char *picture; /* nullable */
  gint64 picture_width, picture_height;
} WhySessionStep;

WhySessionStep *why_session_step_new (void) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *why_session_steps_new (void) G_GNUC_WARN_UNUSED_RESULT; /* of WhySessionStep */

/**
 * WhySessionFile:
 * @model_path, @picture_path: (nullable): absolute
 * @labels_path: (nullable): class names that were opened for the model
 * @checksums: (nullable): as the file states them
 * @missing: bits, 1 << WhySessionSource: there is no such file
 * @cases: (nullable): absolute paths of all pictures
 * @without_checksums: to be written without them: large models need not be read
 * @class_name: (nullable): instead of the state's target class, where its number is not known yet; never in a file
 * @state: without its occlusions: those are objects of the main thread
 * @covers: (element-type WhyCover): what is covered instead
 * @annotations: (element-type WhyAnnotationData): the outlines likewise
 * @plane, @slice: of a volume; slice -1: not stated
 * @cross: its cross hair; the first -1: not stated
 * @warning: (nullable): a sentence about files that are not what they were
 */
typedef struct _WhySessionFile
{
  char *model_path;
  char *picture_path;
  char *labels_path;
  char *checksums[WHY_SESSION_N_SOURCES];
  guint missing;
  char **cases;
  gboolean without_checksums;
  char *class_name;
  WhyDocumentState state;
  GArray *covers;
  GArray *annotations;
  GPtrArray *steps; /* of WhySessionStep */
  char *fill;
  WhyPlaneKind plane;
  gint64 slice;
  gint64 cross[3];
  char *warning;
} WhySessionFile;

void why_session_file_free (WhySessionFile *session);

/** why_session_relative_path: @path, absolute, as it is found from @folder; on another root it stays absolute */
char *why_session_relative_path (const char *folder, const char *path) G_GNUC_WARN_UNUSED_RESULT;
/** why_session_file_get_path: Returns: (nullable): of one of its files */
const char *why_session_file_get_path (const WhySessionFile *session, WhySessionSource source);
void why_session_file_set_path (WhySessionFile *session, WhySessionSource source, const char *path);

/** why_session_file_found: one of its files has @checksum: no longer missing, and said if it is another one */
void why_session_file_found (WhySessionFile *session, WhySessionSource source, const char *path, const char *checksum);

/**
 * why_session_file_write:
 *
 * Reads model and picture once for their checksums and writes @path in one step: a file that was there is there in
 * full until the new one is. Blocks; any thread.
 */
gboolean why_session_file_write (const WhySessionFile *session, const char *path, WhyCancel *cancel, GError **error);

/**
 * why_session_file_read:
 *
 * Checks form and values as far as that goes without the model. Files that are not there are marked as missing. Blocks;
 * any thread. The caller looks at methods, classes and layers.
 *
 * Returns: (transfer full) (nullable): %NULL with a sentence that names the file and the key
 */
WhySessionFile *why_session_file_read (const char *path, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhySessionFile, why_session_file_free)

G_END_DECLS
