#pragma once

#include "base/turn.h"
#include "draw/overlay.h"
#include "service/picture.h"
#include "service/boxed.h"
#include "service/case-list.h"
#include "service/export.h"
#include "service/layer-advice.h"
#include "service/model.h"
#include "service/runner.h"
#include "service/samples.h"
#include "service/tiles.h"

G_BEGIN_DECLS

/**
 * WhyClassItem:
 *
 * One class as a row of a list; the document keeps the objects and changes them. Properties (read-only):
 * "index" (i), "label" (s), "probability" (d, 0..1, -1: not known yet), "logit" (d), "probability-before" (d: of the uncovered
 * picture; -1 while nothing is covered), "is-target" (b), "role" (i, WhyClassRole).
 */
#define WHY_TYPE_CLASS_ITEM (why_class_item_get_type ())
G_DECLARE_FINAL_TYPE (WhyClassItem, why_class_item, WHY, CLASS_ITEM, GObject)

int why_class_item_get_index (WhyClassItem *self);
const char *why_class_item_get_label (WhyClassItem *self);
double why_class_item_get_probability (WhyClassItem *self);
double why_class_item_get_logit (WhyClassItem *self);
double why_class_item_get_probability_before (WhyClassItem *self);
gboolean why_class_item_get_is_target (WhyClassItem *self);

/* What else a class is in the question. */
typedef enum
{
  WHY_CLASS_ROLE_NONE,
  WHY_CLASS_ROLE_CONTRAST, /* compared with */
  WHY_CLASS_ROLE_ALSO,     /* added */
} WhyClassRole;

WhyClassRole why_class_item_get_role (WhyClassItem *self);
/** why_class_item_matches: whether all words of @text are found in the label, whatever case and accents, or are the
 *  class's number; so an empty text is found everywhere */
gboolean why_class_item_matches (WhyClassItem *self, const char *text);

/**
 * WhyOcclusion:
 *
 * One covered part. Properties (read-only): "x", "y", "width", "height" (d, source pixels: the box around it), "fill" (s),
 * "class-index" (i), "class-label" (s), "before", "after" (d: probability of that class without and with this
 * part covered, all earlier ones being there; -1 until known). The class follows the document's target.
 */
#define WHY_TYPE_OCCLUSION (why_occlusion_get_type ())
G_DECLARE_FINAL_TYPE (WhyOcclusion, why_occlusion, WHY, OCCLUSION, GObject)

void why_occlusion_get_rect (WhyOcclusion *self, WhyRect *rect);
WhyArea *why_occlusion_get_area (WhyOcclusion *self); /* borrowed */
const char *why_occlusion_get_fill (WhyOcclusion *self);
int why_occlusion_get_class_index (WhyOcclusion *self);
const char *why_occlusion_get_class_label (WhyOcclusion *self);
double why_occlusion_get_before (WhyOcclusion *self);
double why_occlusion_get_after (WhyOcclusion *self);

/**
 * WhyDocument:
 *
 * A picture, a model, and the question asked of them, with the latest answer. Main thread only.
 *
 * Whenever picture and model are both there, and whenever something changes that the map depends on (class,
 * layer, method, polarity, occlusions), a request goes to the runner; the old map stays until the new one is
 * there. Opacity, colours, limits and threshold only change how the map is drawn.
 *
 * A value that does not exist (a class, layer, method, colour map...) changes nothing and becomes the
 * document's "error-message".
 *
 * Read-write properties: "target-class", "contrast-class" (i, -1: the top class / none), "layer" (s, NULL:
 * the default), "method", "profile", "method-options" (s, NULL: none), "polarity", "colormap" (s; NULL, or one that does not fit the sign of the map: by the sign), "limits" ("own", "locked"),
 * "fill" ("mean", "black", "white", "blur", "noise", "texture") (s), "opacity", "threshold" (d, 0..1), "show-map",
 * "smooth" (b), "um-per-pixel" (d, 0: unknown).
 * Read-only: "picture-path" (s), "picture" (WhyTensor), "picture-width", "picture-height" (i64), "plane" (s: "axial",
 * "coronal", "sagittal"), "slice" (i64), "cross-hair" (s: "column row slice"), "view" (s), "model"
 * (WhyModel), "layers", "classes", "occlusions" (GListModel), "step" (i), "shown-class" (i), "shown-layer" (s), "map" (WhyMap),
 * "probabilities" (WhyTensor), "busy" (b), "progress" (d), "activity", "status", "error-message" (s), "can-undo",
 * "can-redo" (b), "selected-annotation" (i).
 *
 * Signals: "updated": after a result came and all properties have changed; "redraw": the map or how it is
 * drawn changed (queue a draw); "previewed": why_document_preview() has something new, or ended;
 * "cover-selected"; "layer-maps-changed": see why_document_hold_layer_maps();
 * "overlap-changed": see service/check.h;
 * "step-shown" (i): a step was gone to, its part of the picture shall be shown; "played": see why_document_play_covers().
 */
#define WHY_TYPE_DOCUMENT (why_document_get_type ())
G_DECLARE_FINAL_TYPE (WhyDocument, why_document, WHY, DOCUMENT, GObject)

/** why_document_new: @runner: shared by all documents */
WhyDocument *why_document_new (WhyRunner *runner) G_GNUC_WARN_UNUSED_RESULT;

/* ---- files ---- */

/** why_document_open_picture: loads in the background; the old picture stays if that fails. Covers are dropped. */
void why_document_open_picture (WhyDocument *self, const char *path);
/** why_document_open_model: likewise; class and layer return to their defaults */
void why_document_open_model (WhyDocument *self, const char *path);
/** why_document_open: one file or folder: see why_document_open_paths() */
void why_document_open (WhyDocument *self, const char *path);
/**
 * why_document_open_paths:
 * @paths: (array zero-terminated): pictures, volumes, models, sessions, label files and folders in any order
 *
 * What each is is decided by its content (service/file-kind.h). Of models and sessions the last counts; one picture is shown,
 * several become the cases, and so do those of a folder; a list of names gives the classes theirs.
 */
void why_document_open_paths (WhyDocument *self, const char *const *paths);
/** why_document_reload: reads model and picture once more and asks the same of them */
void why_document_reload (WhyDocument *self);
/** why_document_get_labels_path: Returns: (nullable): the list of class names that was opened for the model */
const char *why_document_get_labels_path (WhyDocument *self);

/* ---- several pictures ---- */

/** why_document_get_cases: Returns: (transfer none): those that were opened together, or lie beside the one that was */
WhyCaseList *why_document_get_cases (WhyDocument *self);
/** why_document_show_case: opens the picture; model, class, layer, method and colours stay */
void why_document_show_case (WhyDocument *self, WhyCase *item);
/** why_document_step_case: the next (1) or previous (-1); what cannot be shown is skipped and named. %FALSE at the end */
gboolean why_document_step_case (WhyDocument *self, int step);
/** why_document_open_sample: the example that ships: both. %FALSE, with error-message set, if it is not installed. */
gboolean why_document_open_sample (WhyDocument *self);
/** why_document_show_sample: likewise with its class, layer and method */
void why_document_show_sample (WhyDocument *self, const WhySample *sample);

const char *why_document_get_picture_path (WhyDocument *self); /* nullable */
WhyTensor *why_document_get_picture (WhyDocument *self); /* nullable; uint8 [H, W, 1 or 3] at full resolution, without covers */
WhyTensor *why_document_get_covered_picture (WhyDocument *self); /* nullable; the same with the covers drawn in: what the network is shown */
gint64 why_document_get_picture_width (WhyDocument *self);
gint64 why_document_get_picture_height (WhyDocument *self);
/* Volumes: which plane is shown, counted in the file's order; pictures have one slice. */
gboolean why_document_is_volume (WhyDocument *self); /* the network sees all of it */
/** why_document_has_window: whether there is more in the picture than a screen tells apart: scans, volumes, 16 bits and floats */
gboolean why_document_has_window (WhyDocument *self);
/** why_document_get_window: what is shown between black and white, in the unit of the values; %FALSE: no window */
gboolean why_document_get_window (WhyDocument *self, double *width, double *centre);
/** why_document_set_window: @width: 0: the file's own, or all values but the lowest and highest thousandth. Of the display
 *  only: what the network sees is its recipe's business. Undoable, a stream of them in one step */
void why_document_set_window (WhyDocument *self, double width, double centre);
/** why_document_set_window_preset: @preset: "brain", "lung", "bone", "abdomen", "full", "file" */
void why_document_set_window_preset (WhyDocument *self, const char *preset);
/** why_document_has_planes: a volume whose planes can be shown one by one; a network for pictures sees the one that is shown */
gboolean why_document_has_planes (WhyDocument *self);
WhyPlaneKind why_document_get_plane (WhyDocument *self);
gint64 why_document_get_slice (WhyDocument *self);
gint64 why_document_get_n_slices (WhyDocument *self);
/** why_document_get_slice_of: the slice of @plane that goes through the cross hair */
gint64 why_document_get_slice_of (WhyDocument *self, WhyPlaneKind plane);
/** why_document_set_slice: shows another plane; @slice is brought into range. Nothing happens with a picture. */
void why_document_set_slice (WhyDocument *self, WhyPlaneKind plane, gint64 slice);

/* Where the three planes of a volume meet: column, row and slice in the order of the file (array fixed-size=3). The plane that
 * is shown goes through it: moving it shows another slice, and another slice moves it. Nothing to be undone. */
gboolean why_document_get_cross_hair (WhyDocument *self, gint64 *voxel); /* %FALSE: no volume */
/** why_document_set_cross_hair: brought into range. Nothing happens with a picture. */
void why_document_set_cross_hair (WhyDocument *self, const gint64 *voxel);
char *why_document_dup_cross_hair (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT; /* "90 108 72", or "" */

/** why_document_dup_view: Returns: (transfer full): "one", "three" (all planes of a volume), each with " maximum" (see below), and with
 *  how the picture is turned: " 90" or " mirrored 90" */
char *why_document_dup_view (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;
/** why_document_set_three_planes: of a volume, at once, beside its projection; undoable */
gboolean why_document_get_three_planes (WhyDocument *self);
void why_document_set_three_planes (WhyDocument *self, gboolean three_planes);
/** why_document_set_projected: of a volume: instead of a slice what is seen along the plane's axis: of the picture and of the map
 *  the highest value, of a signed map the one farthest from zero (maximum intensity projection); undoable */
gboolean why_document_get_projected (WhyDocument *self);
void why_document_set_projected (WhyDocument *self, gboolean projected);

/** why_document_set_turn: how the picture lies on the screen and in figures; the network sees it as it is in the file, and all
 *  positions are those of the file. Undoable; another picture is shown as it is */
WhyTurn why_document_get_turn (WhyDocument *self);
void why_document_set_turn (WhyDocument *self, WhyTurn turn);

/** why_document_get_source: Returns: (nullable): the file as it is read; for planes and voxels. Until the next change */
const WhyPicture *why_document_get_source (WhyDocument *self);

/**
 * WhyPlaneImage:
 * @picture: (nullable): the volume with the plane shown
 * @map: (nullable): what of the map lies on it
 * @overlay, @style: how it is drawn; valid with a map
 *
 * A plane of the volume beside the one that the document shows. Zero-initialise; only what changed is made anew.
 */
typedef struct
{
  WhyPicture *picture;
  WhyMap *map;
  WhyOverlayMap overlay;
  WhyOverlayStyle style;
  /*< private >*/
  WhyMap *whole; /* what the map was taken from, and how */
  gboolean smooth;
} WhyPlaneImage;

/** why_document_show_plane: @image: brought up to date: the plane of @kind through the cross hair, or what is seen along its
 *  axis. Returns: %FALSE, and an empty image, if there is no volume */
gboolean why_document_show_plane (WhyDocument *self, WhyPlaneKind kind, gboolean projected, WhyPlaneImage *image);
void why_plane_image_clear (WhyPlaneImage *image);
const char *why_document_get_picture_note (WhyDocument *self); /* what the reader remarks on the file, or "" */
WhyModel *why_document_get_model (WhyDocument *self); /* nullable */

/* ---- the question ---- */

int why_document_get_target_class (WhyDocument *self);
void why_document_set_target_class (WhyDocument *self, int target_class);
int why_document_get_contrast_class (WhyDocument *self);
void why_document_set_contrast_class (WhyDocument *self, int contrast_class);
const char *why_document_get_layer (WhyDocument *self);
void why_document_set_layer (WhyDocument *self, const char *layer);
const char *why_document_get_method (WhyDocument *self);
/** why_document_set_method: with its preset options; the profile stays if it fits the method */
void why_document_set_method (WhyDocument *self, const char *method);
const char *why_document_get_profile (WhyDocument *self);
void why_document_set_profile (WhyDocument *self, const char *profile);
const char *why_document_get_method_options (WhyDocument *self); /* nullable: as in WhyExplainRequest */
void why_document_set_method_options (WhyDocument *self, const char *options);
const char *why_document_get_polarity (WhyDocument *self);
void why_document_set_polarity (WhyDocument *self, const char *polarity);

/* ---- how it is drawn ---- */

gboolean why_document_get_show_map (WhyDocument *self);
void why_document_set_show_map (WhyDocument *self, gboolean show_map);
double why_document_get_opacity (WhyDocument *self);
void why_document_set_opacity (WhyDocument *self, double opacity);
const char *why_document_get_colormap (WhyDocument *self);
void why_document_set_colormap (WhyDocument *self, const char *colormap);
const char *why_document_get_limits (WhyDocument *self);
/** why_document_set_limits: "locked" keeps the limits that the present map has */
void why_document_set_limits (WhyDocument *self, const char *limits);
double why_document_get_threshold (WhyDocument *self);
void why_document_set_threshold (WhyDocument *self, double threshold);
gboolean why_document_get_smooth (WhyDocument *self); /* bilinear, else cells */
void why_document_set_smooth (WhyDocument *self, gboolean smooth);

/* ---- covering ---- */

const char *why_document_get_fill (WhyDocument *self);
void why_document_set_fill (WhyDocument *self, const char *fill);
/** why_document_occlude: covers a rectangle, in source pixels, with the present fill; clipped to the picture. The top
 *  class, if that is the target, becomes the target by its number, so that before and after are of one class. */
void why_document_occlude (WhyDocument *self, double x, double y, double w, double h);
/** why_document_cover: likewise any shape; what lies outside the picture is kept as it is */
void why_document_cover (WhyDocument *self, WhyArea *shape);
/** why_document_replace_cover: moves or reshapes what is covered already; one step of undo. @index: in the order of the list */
void why_document_replace_cover (WhyDocument *self, guint index, WhyArea *shape);
/** why_document_nudge_cover: moves its box by x, y and stretches it by width, height; one step of undo for a stream of them */
void why_document_nudge_cover (WhyDocument *self, guint index, const WhyRect *by);
/** why_document_refill_cover: gives the cover another fill */
void why_document_refill_cover (WhyDocument *self, guint index, const char *fill);
void why_document_remove_cover (WhyDocument *self, guint index);
/** why_document_cover_hottest: covers the share (0..1) of the picture on which the map that is shown is highest, at the
 *  map's own interpolation, in the background ("busy"); an error message where the map has no such part */
void why_document_cover_hottest (WhyDocument *self, double share, gboolean inverse);
/** why_document_get_selected_cover: -1: none. What is selected is no part of the state: undo leaves it. */
int why_document_get_selected_cover (WhyDocument *self);
void why_document_set_selected_cover (WhyDocument *self, int index);

/**
 * why_document_preview:
 * @shape: (nullable): what would be covered; %NULL: the end of it, the last answer shows again
 * @index: the cover that @shape stands for, -1: a new one
 *
 * Shows in the classes ("previewed") what a cover would do, as fast as the network runs: of shapes that come while one is
 * computed only the last is. The state does not change. A map that is being computed waits until the end.
 */
void why_document_preview (WhyDocument *self, WhyArea *shape, int index);
gboolean why_document_is_previewing (WhyDocument *self);
guint why_document_get_n_previews (WhyDocument *self); /* computed so far */
/** why_document_get_preview: (out): probabilities of class @index without any cover, and now; -1: not known */
void why_document_get_preview (WhyDocument *self, int class_index, double *before, double *now);

/** why_document_clear_occlusions: uncovers everything, undoable */
void why_document_clear_occlusions (WhyDocument *self);
GListModel *why_document_get_occlusions (WhyDocument *self); /* of WhyOcclusion, in order; borrowed */

void why_document_undo (WhyDocument *self);
void why_document_redo (WhyDocument *self);
gboolean why_document_get_can_undo (WhyDocument *self);
gboolean why_document_get_can_redo (WhyDocument *self);

/* ---- the steps of a talk ---- */

/** why_document_get_steps: (element-type WhyStep): always the same object */
GListModel *why_document_get_steps (WhyDocument *self);
/** why_document_get_steps_mix_pictures: whether the steps, or they and what is open, are of pictures of several names */
gboolean why_document_get_steps_mix_pictures (WhyDocument *self);
int why_document_get_step (WhyDocument *self); /* that was gone to last; -1: none */
/** why_document_add_step: what is shown now, as the last step. @name: (nullable): %NULL: one is made; @part: (nullable):
 *  what of the picture is shown, source pixels. This and all that follows can be undone. */
void why_document_add_step (WhyDocument *self, const char *name, const WhyRect *part);
void why_document_remove_step (WhyDocument *self, int index);
void why_document_move_step (WhyDocument *self, int from, int to);
void why_document_rename_step (WhyDocument *self, int index, const char *name);
/** why_document_go_step: asks and shows what the step did; at once where the answer is known. %FALSE with an error message
 *  if there is no such step, or it is of another model */
gboolean why_document_go_step (WhyDocument *self, int index);

/**
 * why_document_play_covers:
 *
 * Takes the covers away and lets them grow again within so many milliseconds, one after the other, while the network answers
 * as often as it can: "played" tells that why_document_get_play() has something new, or that it is over. Any change ends it.
 *
 * Returns: %FALSE if nothing is covered or nothing is answered yet
 */
gboolean why_document_play_covers (WhyDocument *self, guint milliseconds);
/** why_document_end_play: if one is going on; what is shown is what was there before */
void why_document_end_play (WhyDocument *self);
/** why_document_get_play: @share: (out): 0..1; @probabilities, @picture: (out) (transfer none): as covered so far.
 *  Returns: %FALSE while nothing plays */
gboolean why_document_get_play (WhyDocument *self, double *share, WhyTensor **probabilities, WhyTensor **picture);

/* ---- the answer ---- */

GListModel *why_document_get_layers (WhyDocument *self);  /* of WhyLayerItem; empty without a model; another object for another model */
GListModel *why_document_get_classes (WhyDocument *self); /* of WhyClassItem, by index; always the same object */
/** why_document_get_class: Returns: (transfer none) (nullable) */
WhyClassItem *why_document_get_class (WhyDocument *self, int index);
int why_document_get_shown_class (WhyDocument *self);          /* the class of the present map; -1: none */
const char *why_document_get_shown_layer (WhyDocument *self);  /* nullable: the layer of the present map */
WhyMap *why_document_get_map (WhyDocument *self);              /* nullable; while a long method runs, what is known so far */
WhyTensor *why_document_get_probabilities (WhyDocument *self); /* nullable */
WhyResult *why_document_get_result (WhyDocument *self);        /* nullable: the present result */

/** why_document_map_to_source: from map cells to source pixels; %FALSE without a map */
gboolean why_document_map_to_source (WhyDocument *self, WhyAffine *map_to_source);

/**
 * why_document_get_overlay:
 * @map: (out caller-allocates): points into the present WhyMap: hold a reference to that, or use it at once
 * @style: (out caller-allocates)
 *
 * What to draw and how; screen and figure files use the same.
 *
 * Returns: %FALSE without a map
 */
gboolean why_document_get_overlay (WhyDocument *self, WhyOverlayMap *map, WhyOverlayStyle *style);

/* ---- all layers ---- */

typedef enum
{
  WHY_LAYER_MAPS_NONE, /* nobody wants them, or the method has none for all layers */
  WHY_LAYER_MAPS_COMPUTING,
  WHY_LAYER_MAPS_COMPLETE,
} WhyLayerMapsState;

/**
 * why_document_hold_layer_maps:
 *
 * As long as somebody holds them, maps of all layers are computed for every question, after its answer and behind
 * everything else; "layer-maps-changed" tells of any change. A layer whose map is there is shown at once.
 */
void why_document_hold_layer_maps (WhyDocument *self);
void why_document_release_layer_maps (WhyDocument *self);
WhyLayerMapsState why_document_get_layer_maps_state (WhyDocument *self);
/** why_document_get_layer_maps_note: "" or why the present method has no maps of all layers, a sentence */
const char *why_document_get_layer_maps_note (WhyDocument *self);
/** why_document_get_layer_map: @is_current: (out) (optional): %FALSE: of an earlier question. Returns: (transfer none)
 *   (nullable) */
WhyMap *why_document_get_layer_map (WhyDocument *self, const char *layer, gboolean *is_current);
/** why_document_get_layer_overlay: as why_document_get_overlay() for that map. Returns: (transfer full) (nullable): what
 *   @map points into; %NULL: there is none, or nothing of it lies on the plane of the volume that is shown */
WhyMap *why_document_get_layer_overlay (WhyDocument *self, const char *layer, WhyOverlayMap *map, WhyOverlayStyle *style,
                                        gboolean *is_current) G_GNUC_WARN_UNUSED_RESULT;
/** why_document_get_layer_reason: Returns: (nullable): why there cannot be a map of the layer by this method, a sentence */
const char *why_document_get_layer_reason (WhyDocument *self, const char *layer);
/**
 * why_document_set_wants_layer_advice:
 *
 * Whether the question which layer to choose is asked too, after the maps of all layers, as long as somebody holds
 * those. Nothing to be undone.
 */
void why_document_set_wants_layer_advice (WhyDocument *self, gboolean wants);
gboolean why_document_get_wants_layer_advice (WhyDocument *self);
/** why_document_get_layer_advice: Returns: (nullable) (element-type WhyLayerAdvice): best first; %NULL: not there yet */
const GPtrArray *why_document_get_layer_advice (WhyDocument *self);
/** why_document_get_layer_cell: @width, @height: (out): of a cell of the layer's map, in pixels (voxels) of the source;
 *   @um_width, @um_height: (out): in micrometres; 0 where they are not known. Returns: %FALSE before the first answer, or
 *   without two dimensions of space */
gboolean why_document_get_layer_cell (WhyDocument *self, WhyLayerItem *item, double *width, double *height,
                                      double *um_width, double *um_height);

/** why_document_get_busy: something loads or runs, or waits for it */
gboolean why_document_get_busy (WhyDocument *self);
double why_document_get_progress (WhyDocument *self);      /* 0..1 */
int why_document_get_seconds_left (WhyDocument *self);     /* of a run, estimated; -1: not known, or about to end */
const char *why_document_get_activity (WhyDocument *self); /* "" or what it is doing: "Reading cat.jpg" */
/** why_document_get_status: "" or one sentence to go with the map: why it is empty, what was assumed */
const char *why_document_get_status (WhyDocument *self);
/** why_document_get_error_message: Returns: (nullable): of the last thing that went wrong, until dismissed or the
 *   next success of the same kind */
const char *why_document_get_error_message (WhyDocument *self);
void why_document_dismiss_error (WhyDocument *self);
/** why_document_set_error: shows a sentence of the caller's in the same place. @message: (nullable) */
void why_document_set_error (WhyDocument *self, const char *message);

/** why_document_cancel: stops what runs or loads; the last map stays */
void why_document_cancel (WhyDocument *self);

/* ---- taking it along ---- */

/**
 * why_document_export:
 * @path: see WhyExportKind for the endings
 * @options: (nullable): %NULL: by the ending, as designed
 *
 * Writes a file with everything that is needed to make it again, in the background ("busy"). While maps are compared figures
 * and views show all of them.
 */
void why_document_export (WhyDocument *self, const char *path, const WhyExportOptions *options, GAsyncReadyCallback callback,
                          gpointer data);
gboolean why_document_export_finish (WhyDocument *self, GAsyncResult *result, GError **error);

/**
 * why_document_save_session:
 *
 * Writes what is shown to a session file, in the background ("busy"); "session-saved" (s: path) says when it is
 * done, the error message when it cannot be.
 */
void why_document_save_session (WhyDocument *self, const char *path);

/**
 * why_document_open_session:
 *
 * Opens the files that a session names and asks what it asked. What is not there any more becomes the error
 * message; the rest is shown. why_document_open() knows sessions too.
 */
void why_document_open_session (WhyDocument *self, const char *path);
/** why_document_get_session_path: Returns: (nullable): of the session that was opened or saved last, until another picture or
 *   model is opened; "notify::session-path" */
const char *why_document_get_session_path (WhyDocument *self);

/**
 * why_document_get_missing_path:
 *
 * Returns: (nullable): a file that a session names and that is not there. What else it names is shown.
 */
const char *why_document_get_missing_path (WhyDocument *self);

/**
 * why_document_locate:
 * @path: where the file that is missing is now
 *
 * Goes on with the session. Another one of its files that is missing is looked for in the same place. A file with
 * other contents than when the session was saved is shown, and that is said.
 */
void why_document_locate (WhyDocument *self, const char *path);

/** why_document_dup_command_line: Returns: (transfer full) (nullable): the whylight-cli command that makes this map */
char *why_document_dup_command_line (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;

/** why_document_dup_caption: Returns: (transfer full) (nullable): see why_caption_text() */
char *why_document_dup_caption (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;

/* ---- which part the network is shown ---- */

/** why_document_is_slide: whether the picture is a whole slide, of which the network is shown a region */
gboolean why_document_is_slide (WhyDocument *self);
/** why_document_get_tiles: Returns: (transfer none) (nullable): of a slide, what is needed to draw it */
WhyTiles *why_document_get_tiles (WhyDocument *self);
/** why_document_get_objective_power: of the lens a slide was scanned with; 0: unknown */
double why_document_get_objective_power (WhyDocument *self);
/**
 * why_document_get_roi:
 * @roi: (out): what is explained, source pixels
 *
 * Returns: %FALSE if that is all of the picture; the width is then 0
 */
gboolean why_document_get_roi (WhyDocument *self, WhyRoi *roi);
/**
 * why_document_get_shown_mpp:
 *
 * Returns: micrometres of specimen to a pixel of the network's input, as it was shown; 0: not known, or no answer yet
 */
double why_document_get_shown_mpp (WhyDocument *self);
/** why_document_dup_scale_warning: Returns: (transfer full) (nullable): a sentence, where that differs by more than a tenth from
 *  what the network was trained at, as its recipe says */
char *why_document_dup_scale_warning (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;
/**
 * why_document_get_seen:
 * @seen: (out): source pixels
 *
 * Returns: whether the network leaves a part of the region away that the answer is about, as its recipe crops; @seen is what is
 *   left. %FALSE as long as the answer is to another region
 */
gboolean why_document_get_seen (WhyDocument *self, WhyRect *seen);
/** why_document_dup_crop_note: Returns: (transfer full) (nullable): a sentence about that */
char *why_document_dup_crop_note (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;
/** why_document_has_chosen_roi: whether it is one that somebody chose ("has-roi" is notified whenever it changes) */
gboolean why_document_has_chosen_roi (WhyDocument *self);
/** why_document_set_roi: rounded outwards and cut to the picture; undoable. @width 0: none, which is all of an ordinary
 *  picture, and of a slide a field of view amid the tissue */
void why_document_set_roi (WhyDocument *self, double x, double y, double width, double height);
/**
 * why_document_get_frame:
 * @frame: (out): the part of the picture that shares and overlaps are about, source pixels: of a slide the region, else all
 */
void why_document_get_frame (WhyDocument *self, WhyRect *frame);
/**
 * why_document_get_frame_picture:
 * @to_pixels: (out): from source pixels to its
 *
 * Returns: (transfer none) (nullable): uint8 [H, W, C] of that part, with what is covered, for small pictures of it
 */
WhyTensor *why_document_get_frame_picture (WhyDocument *self, WhyAffine *to_pixels);
/**
 * why_document_get_patch:
 * @roi: (out): where it lies
 *
 * Returns: (transfer none) (nullable): of a slide with covers, uint8: the region as it is with them, to be drawn over it
 */
WhyTensor *why_document_get_patch (WhyDocument *self, WhyRoi *roi);

/** why_document_get_um_per_pixel: size of a pixel of what is shown, micrometres; 0: unknown. As typed; else as a slide,
 *  a volume or a picture from a microscope states it: resolutions meant for printers are not believed. */
double why_document_get_um_per_pixel (WhyDocument *self);
/** why_document_set_um_per_pixel: as somebody types it, for this picture; undoable */
void why_document_set_um_per_pixel (WhyDocument *self, double um_per_pixel);

G_END_DECLS
