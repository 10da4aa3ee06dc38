#pragma once

#include "base/turn.h"
#include "runner-private.h"
#include "service/case-list.h"
#include "service/document.h"
#include "service/export.h"
#include "service/picture.h"
#include "service/tiles.h"

G_BEGIN_DECLS

/* ---- items ---- */

WhyClassItem *why_class_item_new (int index, const char *label) G_GNUC_WARN_UNUSED_RESULT;
/* @before: -1 while nothing is covered */
void why_class_item_set (WhyClassItem *self, double probability, double logit, double before);
void why_class_item_set_is_target (WhyClassItem *self, gboolean is_target);
void why_class_item_set_role (WhyClassItem *self, WhyClassRole role);

WhyOcclusion *why_occlusion_new (const WhyCover *cover) G_GNUC_WARN_UNUSED_RESULT;
const WhyCover *why_occlusion_get_cover (WhyOcclusion *self);
/* Probabilities of all classes without and with this rectangle; either may be NULL: not known. */
void why_occlusion_set_probabilities (WhyOcclusion *self, WhyTensor *before, WhyTensor *after);
WhyTensor *why_occlusion_get_after_probabilities (WhyOcclusion *self); /* nullable */
void why_occlusion_set_class (WhyOcclusion *self, int index, const char *label); /* -1: none */

/* ---- what can be undone ---- */

/* What is explained, beside the classes. */
typedef struct
{
  WhyScoreKind score;
  GArray *also_classes; /* of int, ascending; never changed, only replaced */
  char *region;         /* see why_document_get_region() */
} WhyDocumentTarget;

void why_document_target_init (WhyDocumentTarget *target);
void why_document_target_copy (const WhyDocumentTarget *from, WhyDocumentTarget *to);
void why_document_target_clear (WhyDocumentTarget *target);
gboolean why_document_target_equal (const WhyDocumentTarget *a, const WhyDocumentTarget *b);
/* Fills in a request; the classes are borrowed from @target. */
gboolean why_document_target_ask (const WhyDocumentTarget *target, const WhyRecipe *recipe, const WhyPicture *picture,
                                  const WhyRoi *roi, WhyExplainRequest *request, GError **error);

typedef enum
{
  WHY_DOCUMENT_ALPHA_AUTO, /* by the sign of the map */
  WHY_DOCUMENT_ALPHA_UNIFORM,
  WHY_DOCUMENT_ALPHA_VALUE,
} WhyDocumentAlpha;

/* How the map is drawn, beside colours, opacity, limits and threshold. A plain value. */
typedef struct
{
  double clip;
  gboolean contours;
  int contour_levels;
  gboolean contour_labels;
  WhyDocumentAlpha alpha;
  WhyVision vision;
} WhyDocumentLook;

void why_document_look_init (WhyDocumentLook *look);
gboolean why_document_look_equal (const WhyDocumentLook *a, const WhyDocumentLook *b);
void why_document_look_apply (const WhyDocumentLook *look, WhyOverlayStyle *style);
gboolean why_document_alpha_parse (const char *text, WhyDocumentAlpha *alpha);
const char *why_document_alpha_id (WhyDocumentAlpha alpha);

/* How picture and volume lie on the screen. A plain value. */
typedef struct
{
  gboolean three_planes; /* of a volume, at once */
  gboolean projected;    /* what is seen along the axis, instead of a slice */
  WhyTurn turn;
  WhyGreyWindow window;  /* of values that are more than a screen shows; width 0: the file's own */
} WhyDocumentView;

gboolean why_document_view_equal (const WhyDocumentView *a, const WhyDocumentView *b);

typedef struct
{
  int target_class;
  int contrast_class;
  char *layer;
  char *method;
  char *profile;
  char *method_options; /* nullable: as in WhyExplainRequest */
  char *polarity;
  char *colormap;
  char *limits;
  double lo;
  double hi;
  double opacity;
  double threshold;
  gboolean show_map;
  gboolean smooth;
  double um_per_pixel; /* of a picture, as somebody typed it; 0: unknown */
  WhyRoi roi;          /* without a width: none was chosen */
  GPtrArray *occlusions; /* of WhyOcclusion; never changed, only replaced */
  struct _WhyComparison *comparison; /* likewise */
  double curtain;
  GPtrArray *annotations; /* of WhyAnnotation; likewise */
  GPtrArray *steps;      /* of WhyStep; likewise */
  WhyDocumentTarget target;
  WhyDocumentLook look;
  WhyDocumentView view;
} WhyDocumentState;

/* Out of those that are added. */
void why_document_take_out_class (WhyDocumentState *state, int class_index);

void why_document_state_init (WhyDocumentState *state);
void why_document_state_copy (const WhyDocumentState *from, WhyDocumentState *to);
void why_document_state_clear (WhyDocumentState *state);
/* What was said of one picture holds for no other. */
void why_document_state_forget_picture (WhyDocumentState *state);
/* Whether a map made for one also holds for the other. */
gboolean why_document_state_asks_same (const WhyDocumentState *a, const WhyDocumentState *b);

/* ---- files ---- */

typedef enum
{
  WHY_LOAD_MODEL,
  WHY_LOAD_PICTURE,
  WHY_LOAD_EXPORT,
  WHY_LOAD_SESSION,
  WHY_LOAD_SAVE,
  WHY_LOAD_HOTTEST,
  WHY_LOAD_LABELS,
  WHY_LOAD_ANNOTATIONS,
  WHY_LOAD_THUMBNAIL,
  WHY_LOAD_REGION,
  WHY_LOAD_WINDOW,
  WHY_N_LOADS,
} WhyLoad;

typedef enum
{
  WHY_ERROR_KIND_NONE,
  WHY_ERROR_KIND_MODEL,
  WHY_ERROR_KIND_PICTURE,
  WHY_ERROR_KIND_VALUE,
  WHY_ERROR_KIND_RUN,
  WHY_ERROR_KIND_EXPORT,
  WHY_ERROR_KIND_OTHER,
} WhyErrorKind;

/* Maps of all layers, for the question last answered (document-layers.c). */
typedef struct
{
  GHashTable *maps;    /* layer -> map and round */
  GHashTable *reasons; /* layer -> why there is no map */
  gboolean has_question;
  WhyDocumentState question; /* its layer means nothing */
  guint round;
  guint n_holds;
  guint settle_id;
  guint view;
  gboolean running;
  gboolean complete;
  gboolean wants_advice;
  GPtrArray *advice; /* of WhyLayerAdvice, for the question last answered; NULL: not asked for, or not there yet */
} WhyDocumentLayers;
/* Covers that grow. */
typedef struct
{
  gint64 start, duration; /* microseconds */
  double share;           /* 0..1: what the running request covers */
  guint n_answers;
  WhyResult *result; /* nullable: the latest */
} WhyDocumentPlay;

struct _WhyDocument
{
  GObject parent_instance;

  /* owned */
  WhyRunner *runner;
  WhyModel *model;
  WhyPicture *picture;
  WhyTiles *tiles; /* nullable: of a slide, for the eye */
  WhyResult *result;
  WhyRequest *asked;  /* what runs */
  WhyMap *partial;    /* of what runs; NULL: nothing yet */
  WhyMap *shown_map;  /* the partial one, or the result's, as it lies over the display: of a volume the plane shown */
  WhyAffine shown_to_display;
  WhyTensor *base_probabilities; /* of the uncovered picture by this model */
  GListStore *classes;
  GListStore *occlusions; /* shows state.occlusions */
  GListStore *annotations; /* shows state.annotations */
  GListStore *checks;      /* of WhyCheck, one of each kind */
  struct _WhyOverlapResult *overlap; /* nullable */
  gpointer overlap_key; /* what it is of, or what is being measured */
  GListStore *steps; /* shows state.steps */
  GListStore *no_layers;
  WhyDocumentPlay *play; /* nullable */
  char *fill;
  char *error_message;
  char *status;
  char *activity;
  GTask *export_task;
  struct _WhySessionFile *pending; /* opened, its files not all there yet */
  struct _WhyDocumentCompare *compare;
  struct _WhySessionFile *incomplete; /* opened, and a file of it is missing */
  WhyCaseList *cases;
  char *labels_path; /* nullable: class names that were opened for the model */

  /* what is asked and shown, and what it was before */
  WhyDocumentState state;
  GPtrArray *undo; /* of WhyDocumentState */
  GPtrArray *redo;
  const char *last_change; /* static string: which slider moved last; NULL: the next change stands alone */
  gint64 last_change_time;

  gint64 cross[3]; /* of a volume: column, row, slice where all planes meet; the plane shown goes through it */
  int step; /* that was gone to last, -1 */
  guint view;
  guint check_view;
  int running_check; /* -1: none */
  int selected_annotation; /* -1: none */
  gboolean measuring;      /* the overlap */
  guint loads[WHY_N_LOADS]; /* views of the loader thread */
  GArray *sniffs;           /* likewise, of files whose kind is not known yet */
  char *load_names[WHY_N_LOADS];
  gboolean loading[WHY_N_LOADS];
  gboolean running;
  gboolean busy_shown;
  char *session_path;   /* nullable: opened or saved, with nothing else opened since */
  char *wanted_picture; /* nullable: opened last, read or not */
  int stepping; /* through the cases: +1, -1; 0: not */
  guint autosave_view;
  gboolean stopped;
  double progress;
  gint64 run_start; /* monotonic, microseconds */
  WhyErrorKind error_kind;
  guint64 n_covers_made; /* seeds for noise */
  int selected_cover;

  /* document-preview.c */
  WhyResult *preview;       /* shown in place of the result's probabilities */
  WhyArea *preview_wanted; /* the next one */
  int preview_index;
  guint n_previews;
  gboolean previewing; /* somebody is drawing */
  gboolean preview_runs;
  gboolean preview_interrupts; /* a map that has to be asked for again */
  WhyDocumentLayers layers;
};

/* document.c */
/* A copy of the state, to be altered and given to commit: one step of undo. @slider: (nullable): static string
 * for changes that come in streams. */
WhyDocumentState why_document_begin_change (WhyDocument *self);
void why_document_commit (WhyDocument *self, WhyDocumentState *state, const char *slider);
void why_document_take_model (WhyDocument *self, WhyModel *model);
/* @model: the same network with other names for its classes. */
void why_document_rename_classes (WhyDocument *self, WhyModel *model);
void why_document_take_picture (WhyDocument *self, WhyPicture *picture);
/* Another picture, model or plane: nothing of the last answer is true of it. */
void why_document_forget_answer (WhyDocument *self);
/* Nothing can be undone any more. */
void why_document_forget_history (WhyDocument *self);
void why_document_fail (WhyDocument *self, WhyErrorKind kind, const char *message);
void why_document_succeed (WhyDocument *self, WhyErrorKind kind);
void why_document_update_busy (WhyDocument *self);
void why_document_set_progress (WhyDocument *self, double progress);

/* document-session.c */
/* Shows what a session that was opened says, once its files are there. */
void why_document_apply_session (WhyDocument *self);
/* What is opened from here on is not of the session that was opened or saved. */
void why_document_leave_session (WhyDocument *self);

/* What is shown, to be written or shown again. */
struct _WhySessionFile *why_document_make_session (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;
/* Opens the files it names, and then shows the rest; the session that is open stays the one it is. @session: (transfer full) */
void why_document_show_session (WhyDocument *self, struct _WhySessionFile *session);

/* document-cases.c */
void why_document_init_cases (WhyDocument *self);
void why_document_dispose_cases (WhyDocument *self);
/* A picture was read, or not: @error is its message. */
void why_document_case_read (WhyDocument *self, const char *path, const char *error);
void why_document_case_answered (WhyDocument *self);

/* document-open.c */
/* @path: class names for the model that is there, or is being loaded. */
void why_document_open_labels (WhyDocument *self, const char *path);
/* document-annotations.c */
void why_document_update_annotations (WhyDocument *self);

/* document-checks.c */
/* Measures anew if anything has changed that the overlap depends on; cheap if not. */
void why_document_update_overlap (WhyDocument *self);
void why_document_dispose_checks (WhyDocument *self);
/* Stops what runs; results of another question are marked. */
void why_document_outdate_checks (WhyDocument *self);
/* The outlines are others. */
void why_document_outdate_regions (WhyDocument *self);
/* New files: there is nothing left that results could be of. */
void why_document_forget_checks (WhyDocument *self);
void why_document_stop_checks (WhyDocument *self);
gboolean why_document_is_checking (WhyDocument *self);
const char *why_document_checking_title (WhyDocument *self);

/* document-planes.c */
/* The picture is drawn with the window that the state says. */
void why_document_update_window (WhyDocument *self);
/* What a thread was to draw is drawn here and now: for who takes the picture along, or stops all threads. */
void why_document_finish_window (WhyDocument *self);
/* Whether a window that was chosen for one picture means the same for another. */
gboolean why_document_keeps_window (const WhyPicture *old, const WhyPicture *picture);
/* The network sees the plane that is shown, and that has become another one. */
void why_document_ask_of_plane (WhyDocument *self);

/* document-files.c */
/* @path: (nullable): what is read or written; NULL: no more */
void why_document_set_loading (WhyDocument *self, WhyLoad load, const char *path);
void why_document_cancel_loads (WhyDocument *self);

/* document-volume.c */
/* A volume was opened: the cross hair to its middle, and it is shown as volumes are. */
void why_document_init_volume (WhyDocument *self);
/* The picture as it is displayed is another one. */
void why_document_notify_display (WhyDocument *self);
/* Shows a slice, or what is seen along the axis, as the state has it. */
void why_document_update_projected (WhyDocument *self);

/* document-settings.c */
/* The sentence about a fill that does not exist. */
void why_document_fail_fill (WhyDocument *self, const char *fill);

/* document-preview.c */
/* No more of it is computed, without asking for what it interrupted: the caller asks. What it showed stays until there is
 * a new answer, so that bars do not jump back and forth. */
void why_document_stop_preview (WhyDocument *self);
/* Likewise, and the last answer shows again. */
void why_document_drop_preview (WhyDocument *self);
/* document-export.c */
void why_document_cancel_export (WhyDocument *self);
/* Those that are shown. Returns: (transfer full) (element-type WhyExportOutline) */
GArray *why_document_dup_outlines (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;
/* What is shown, with references to all of it, for another thread. NULL without a map. */
typedef struct _WhyDocumentExport WhyDocumentExport;
WhyDocumentExport *why_document_describe_export (WhyDocument *self, const WhyExportOptions *options);
const WhyExport *why_document_export_get (const WhyDocumentExport *described);
void why_document_export_free (WhyDocumentExport *described);

/* document-steps.c */
/* The answer to the present question where a step has it; borrowed. */
WhyResult *why_document_find_known (WhyDocument *self);
/* Steps that ask what is answered now keep the answer. */
void why_document_steps_take_result (WhyDocument *self);
/* Another picture or model. */
void why_document_steps_forget_answers (WhyDocument *self);
void why_document_update_steps (WhyDocument *self);
void why_document_set_step (WhyDocument *self, int step);
void why_document_emit_step_shown (WhyDocument *self, int step);

/* document-play.c */
void why_document_stop_play (WhyDocument *self);
void why_document_emit_played (WhyDocument *self);

/* document-roi.c */
/* Whether the pixels that the network is to be shown are there. If not, they are being read, and the question is asked
 * when they are. */
gboolean why_document_ensure_region (WhyDocument *self);
/* Another picture: its tiles, and nothing of the last one is read any more. */
void why_document_take_slide (WhyDocument *self);
/* The region has changed: what is known of the last one is not known of this one. */
void why_document_forget_region (WhyDocument *self);

/* document-run.c */
/* The question without covers. Returns: (transfer full) (nullable) */
WhyRequest *why_document_make_uncovered_request (WhyDocument *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void why_document_ask (WhyDocument *self);
/* A request about the picture with its covers. @model: the document's or another one */
WhyRequest *why_document_make_request (WhyDocument *self, WhyModel *model, const WhyExplainRequest *explain) G_GNUC_WARN_UNUSED_RESULT;
/* What is asked now. */
WhyRequest *why_document_make_own_request (WhyDocument *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Shows the answer to what is asked now. */
void why_document_take_result (WhyDocument *self, WhyResult *result);
/* What is known of a map that will not be finished goes; the last finished one shows again. */
void why_document_drop_partial (WhyDocument *self);
void why_document_update_status (WhyDocument *self);
void why_document_update_classes (WhyDocument *self);
void why_document_update_occlusions (WhyDocument *self);
/* Takes the map to be shown from the result, after the result, the plane or the interpolation changed. */
void why_document_update_shown_map (WhyDocument *self);
/* document-getters.c */
/* How @shown is drawn. @whole: the map it is a plane of, or itself */
void why_document_make_style (WhyDocument *self, const WhyMap *shown, const WhyMap *whole, WhyOverlayStyle *style);
/* Forgets the answer. */
void why_document_drop_result (WhyDocument *self);

/* document-layers.c */
void why_document_layers_init (WhyDocument *self);
void why_document_layers_finalize (WhyDocument *self);
void why_document_layers_stop (WhyDocument *self);
/* With another picture or model nothing of the old maps is worth showing. */
void why_document_layers_forget (WhyDocument *self);
void why_document_layers_question_changed (WhyDocument *self);
void why_document_layers_take_answer (WhyDocument *self);
/* FALSE if the map that is asked for has to be computed */
gboolean why_document_layers_show_ready (WhyDocument *self);

/* Properties, notified from several files. */
typedef enum
{
  WHY_DOCUMENT_PROP_0,
  WHY_DOCUMENT_PROP_PICTURE_PATH,
  WHY_DOCUMENT_PROP_SESSION_PATH,
  WHY_DOCUMENT_PROP_PICTURE,
  WHY_DOCUMENT_PROP_PICTURE_WIDTH,
  WHY_DOCUMENT_PROP_PICTURE_HEIGHT,
  WHY_DOCUMENT_PROP_PLANE,
  WHY_DOCUMENT_PROP_SLICE,
  WHY_DOCUMENT_PROP_CROSS_HAIR,
  WHY_DOCUMENT_PROP_VIEW,
  WHY_DOCUMENT_PROP_MODEL,
  WHY_DOCUMENT_PROP_LAYERS,
  WHY_DOCUMENT_PROP_CLASSES,
  WHY_DOCUMENT_PROP_OCCLUSIONS,
  WHY_DOCUMENT_PROP_TARGET_CLASS,
  WHY_DOCUMENT_PROP_CONTRAST_CLASS,
  WHY_DOCUMENT_PROP_LAYER,
  WHY_DOCUMENT_PROP_METHOD,
  WHY_DOCUMENT_PROP_PROFILE,
  WHY_DOCUMENT_PROP_METHOD_OPTIONS,
  WHY_DOCUMENT_PROP_POLARITY,
  WHY_DOCUMENT_PROP_COLORMAP,
  WHY_DOCUMENT_PROP_LIMITS,
  WHY_DOCUMENT_PROP_FILL,
  WHY_DOCUMENT_PROP_OPACITY,
  WHY_DOCUMENT_PROP_THRESHOLD,
  WHY_DOCUMENT_PROP_SHOW_MAP,
  WHY_DOCUMENT_PROP_SMOOTH,
  WHY_DOCUMENT_PROP_TARGET_KIND,
  WHY_DOCUMENT_PROP_LOOK,
  WHY_DOCUMENT_PROP_COMPARE,
  WHY_DOCUMENT_PROP_CURTAIN,
  WHY_DOCUMENT_PROP_SELECTED_ANNOTATION,
  WHY_DOCUMENT_PROP_UM_PER_PIXEL,
  WHY_DOCUMENT_PROP_ROI,
  WHY_DOCUMENT_PROP_STEP,
  WHY_DOCUMENT_PROP_SHOWN_CLASS,
  WHY_DOCUMENT_PROP_SHOWN_LAYER,
  WHY_DOCUMENT_PROP_MAP,
  WHY_DOCUMENT_PROP_PROBABILITIES,
  WHY_DOCUMENT_PROP_BUSY,
  WHY_DOCUMENT_PROP_PROGRESS,
  WHY_DOCUMENT_PROP_ACTIVITY,
  WHY_DOCUMENT_PROP_STATUS,
  WHY_DOCUMENT_PROP_ERROR_MESSAGE,
  WHY_DOCUMENT_PROP_CAN_UNDO,
  WHY_DOCUMENT_PROP_CAN_REDO,
  WHY_DOCUMENT_N_PROPS,
} WhyDocumentProp;

void why_document_notify (WhyDocument *self, WhyDocumentProp prop);
void why_document_emit_updated (WhyDocument *self);
void why_document_emit_redraw (WhyDocument *self);
void why_document_emit_compare_changed (WhyDocument *self);
void why_document_emit_previewed (WhyDocument *self);
void why_document_emit_cover_selected (WhyDocument *self);
void why_document_emit_layer_maps_changed (WhyDocument *self);
void why_document_emit_overlap_changed (WhyDocument *self);
void why_document_emit_session_saved (WhyDocument *self, const char *path);

G_END_DECLS
