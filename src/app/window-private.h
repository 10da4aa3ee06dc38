#pragma once

#include "window.h"

#include "canvas.h"
#include "service/autosave.h"
#include "service/surveyor.h"

#include "service/export.h"
#include "service/step.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* window.c: life and lay-out; window-actions.c: actions; window-show.c: from the document to the
 * widgets; window-open.c: dialogs, drag and drop. */

typedef struct _WhyWindowTake WhyWindowTake;

struct _WhyWindow
{
  AdwApplicationWindow parent_instance;

  /* Template */
  AdwWindowTitle *title;
  GtkButton *open_button;
  GtkWidget *map_button;
  GtkRevealer *error_revealer;
  GtkLabel *error_label;
  GtkLabel *error_details;
  AdwToastOverlay *toasts;
  GtkOverlay *drop_overlay;
  GtkStack *stack;
  AdwStatusPage *error_page;
  GtkSpinner *loading_spinner;
  AdwFlap *flap;
  GtkWidget *cases_panel;
  GtkWidget *cases_button;
  GtkWidget *locate_button;
  GtkWidget *start_page;
  GMenu *recent_menu;
  GMenu *narrow_section; /* of the main menu */
  GMenuModel *compare_menu;
  GtkMenuButton *menu_button; /* of the main menu */
  gboolean flap_folds;
  guint fold_id; /* idle that folds the list of cases */
  GtkWidget *restore_bar; /* nullable */
  GtkPaned *paned;
  WhyCanvas *canvas;
  GtkWidget *slice_bar;
  GtkWidget *slim;
  GtkWidget *compare_button;
  GtkWidget *tool_bar;
  GtkWidget *region_bar;
  GtkWidget *more_tools;
  GtkLabel *zoom_label;
  GtkRevealer *hint_revealer;
  GtkLabel *hint_label;
  GtkButton *vision_mark;
  GtkButton *hint_button;
  GtkWidget *inspector;
  AdwViewStack *pages;
  GtkWidget *answer_panel;
  GtkWidget *look_panel;
  GtkWidget *test_panel;
  GtkWidget *take_panel;
  GtkRevealer *drop_revealer;
  GtkLabel *drop_label;
  GtkWidget *bottom_line;
  GtkLabel *status_label;
  GtkWidget *progress_box;
  GtkProgressBar *progress_bar;
  GtkLabel *probe_label;

  /* Made when they are wanted first; owned by the tree of widgets */
  GtkWidget *compare_stack;
  GtkWidget *compare_bar;
  GtkWidget *compare_view;
  GtkWidget *planes_view;
  GtkWidget *layer_paned; /* graph of the network | picture */
  GtkWidget *network_pane;

  /* Owned */
  GSettings *settings;
  WhyDocument *document;
  WhySurveyor *surveyor;
  WhyExportSurvey *export_survey; /* nullable: see why_window_get_export_survey() */
  char *last_folder;
  WhyWindowTake *take;
  WhyAutosave *autosave; /* nullable */

  /* State */
  gboolean show_inspector;
  guint place_graph_id; /* idle that makes room for the graph */
  guint n_graph_files;  /* that wait for the graph */
  gboolean holds_layer_maps; /* since somebody walked through the layers */
  gboolean narrow;
  gboolean few_tools;
  gboolean had_picture;
  GtkWidget *focus_popover; /* weak: that the focus is in */
  guint narrow_id; /* idle that changes the lay-out */
  guint divider_id; /* tick callback that places the divider after that */
  int divider_frames;
  guint busy_id;   /* timeout before work is announced */
  gboolean busy_shown;
};

void why_window_init_actions (WhyWindow *self);
void why_window_update_actions (WhyWindow *self);

void why_window_init_cover (WhyWindow *self); /* window-cover.c: tools and covers */
void why_window_show_covers (WhyWindow *self);
void why_window_init_region (WhyWindow *self); /* window-region.c: what the network is shown */
/* A part that was drawn to be explained. */
void why_window_explain_area (WhyWindow *self, WhyArea *area);
/* window-survey.c: what the network says of every field */
void why_window_init_survey (WhyWindow *self);
void why_window_dispose_survey (WhyWindow *self);
/* As it is shown now, for figures: owned by the window until the next call; NULL: it is not shown. */
const WhyExportSurvey *why_window_get_export_survey (WhyWindow *self);
void why_window_add_survey_state (WhyWindow *self, JsonObject *window);
void why_window_init_look (WhyWindow *self); /* window-look.c: more actions of target and map */
void why_window_init_measure (WhyWindow *self); /* window-measure.c: outlines, grid, checks */
/* Whether @path is a file of outlines, which is then read. */
gboolean why_window_takes_outlines (WhyWindow *self, const char *path);
void why_window_init_desk (WhyWindow *self); /* window-desk.c: palette, shortcuts, cases */
void why_window_desk_allocated (WhyWindow *self, int width);
void why_window_add_desk_state (WhyWindow *self, JsonObject *window);
/* Left and Right on the picture, where they do not move it. */
gboolean why_window_key_steps_case (WhyWindow *self, guint keyval);

/* window-compare.c: several maps at once */
void why_window_init_compare (WhyWindow *self);
void why_window_update_compare (WhyWindow *self);
void why_window_add_compare_state (WhyWindow *self, JsonObject *window);
gboolean why_window_compare_is_idle (WhyWindow *self);
gboolean why_window_compare_escape (WhyWindow *self); /* whether there was something to leave */
void why_window_set_bare (WhyWindow *self, gboolean bare);
WhyCanvas *why_window_get_canvas (WhyWindow *self); /* the one that is zoomed */

/* window-grey.c: window and level */
void why_window_init_grey (WhyWindow *self);

/* window-volume.c: planes of volumes */
void why_window_init_volume (WhyWindow *self);
gboolean why_window_shows_planes (WhyWindow *self);
void why_window_add_volume_state (WhyWindow *self, JsonObject *window);
gboolean why_window_volume_is_idle (WhyWindow *self);
GtkWidget *why_window_get_view_stack (WhyWindow *self); /* where canvas, compared maps and planes take turns */
void why_window_show_legend (WhyWindow *self);

void why_window_init_show (WhyWindow *self); /* connects to the document */
void why_window_dispose_show (WhyWindow *self);
void why_window_show_zoom (WhyWindow *self);
/* Called when what lies in the upper left corner of the canvas comes or goes. */
void why_window_place_corner (WhyWindow *self);

void why_window_init_open (WhyWindow *self); /* drop target */
void why_window_open_dialog (WhyWindow *self);
void why_window_export_dialog (WhyWindow *self);
char *why_window_dup_export_name (WhyWindow *self, const char *ending) G_GNUC_WARN_UNUSED_RESULT;
void why_window_show_title (WhyWindow *self);

/* window-take.c: exports, clipboard, steps, presentation */
void why_window_init_take (WhyWindow *self);
void why_window_dispose_take (WhyWindow *self);
void why_window_export (WhyWindow *self, const char *path); /* by the ending */
const WhyExportOptions *why_window_get_export_options (WhyWindow *self); /* as chosen on the page */
/* Says how an export ended. @data: (transfer full): the window */
void why_window_exported_cb (GObject *document, GAsyncResult *result, gpointer data);
void why_window_export_chosen (WhyWindow *self, const char *path); /* as chosen on the page */
WhyExportKind why_window_get_export_kind (WhyWindow *self);
gboolean why_window_is_presenting (WhyWindow *self);
gboolean why_window_take_is_idle (WhyWindow *self);
void why_window_take_add_state (WhyWindow *self, JsonObject *window);
/* FALSE while nothing is presented */
gboolean why_window_step_presentation (WhyWindow *self, int n_steps);

void why_window_init_layers (WhyWindow *self);
void why_window_init_graph (WhyWindow *self); /* window-graph.c: the graph in a file */
void why_window_dispose_layers (WhyWindow *self);
gboolean why_window_layers_are_idle (WhyWindow *self);
void why_window_dump_layers (WhyWindow *self, JsonObject *window);

void why_window_set_show_inspector (WhyWindow *self, gboolean show_inspector);
void why_window_toast (WhyWindow *self, const char *text);

void why_window_save_session_dialog (WhyWindow *self);

/* Moves through a volume. */
void why_window_step_slice (WhyWindow *self, int n_steps);

G_END_DECLS
