#include "config.h"

#include "presentation.h"

#include "canvas.h"
#include "show-slide.h"
#include "stage.h"
#include "words.h"

#include "service/compare.h"
#include "service/step.h"

#include <glib/gi18n.h>
#include <math.h>

#define FADE_MS 350
#define PLAY_MS 2000
#define POINTER_MS 2000
#define HINT_MS 6000

struct _WhyPresentation
{
  AdwBin parent_instance;

  /* Owned */
  WhyDocument *document;
  AdwAnimation *fade;

  /* In the tree */
  GtkGrid *grid;
  GtkWidget *picture_side;
  WhyCanvas *canvas;
  WhyStage *stage;
  GtkPicture *old;
  GtkRevealer *hint;
  GtkWidget *black;

  /* State */
  gboolean on;
  gboolean hinted;
  gboolean wants_play; /* once the answer is there */
  gboolean tall;
  guint pointer_id, hint_id, arrange_id;
  double pointer_x, pointer_y;
};

G_DEFINE_FINAL_TYPE (WhyPresentation, why_presentation, ADW_TYPE_BIN)

enum
{
  SIGNAL_LEAVE,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

static gboolean
has_animations (WhyPresentation *self)
{
  gboolean animations = TRUE;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &animations, NULL);
  return animations;
}

/* ---- from the document ---- */

typedef struct
{
  WhyClassItem *item;
  double weight;
} Candidate;

static int
by_weight (gconstpointer a, gconstpointer b)
{
  const Candidate *one = a;
  const Candidate *other = b;

  if (one->weight != other->weight)
    return one->weight < other->weight ? 1 : -1;
  return why_class_item_get_index (one->item) - why_class_item_get_index (other->item);
}

/* The class explained, then those that are likely with or without the covers: so that rows keep their places while the
 * covers grow. */
static gsize
choose_rows (WhyPresentation *self, const WhyTensor *playing, WhyStageRow *rows)
{
  GListModel *classes = why_document_get_classes (self->document);
  const guint n_classes = g_list_model_get_n_items (classes);
  const int shown = why_document_get_shown_class (self->document);
  g_autofree Candidate *candidates = g_new0 (Candidate, n_classes + 1);
  gsize n_rows = 0;

  for (guint index = 0; index < n_classes; index++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (classes, index); /* the document keeps it */
      const double before = why_class_item_get_probability_before (item);
      candidates[index] = (Candidate) { item, MAX (why_class_item_get_probability (item), before) };
      if ((int) index == shown)
        candidates[index].weight = 2;
    }
  qsort (candidates, n_classes, sizeof *candidates, by_weight);
  for (guint place = 0; place < MIN (n_classes, WHY_STAGE_ROWS) && candidates[place].weight >= 0; place++)
    {
      WhyClassItem *item = candidates[place].item;
      const guint index = (guint) why_class_item_get_index (item);
      const gboolean known = playing != NULL && index < why_tensor_count (playing);
      rows[n_rows++] = (WhyStageRow) {
        .label = why_class_item_get_label (item),
        .share = known ? why_tensor_get_f64 (playing, index) : why_class_item_get_probability (item),
        .before = why_class_item_get_probability_before (item),
      };
    }
  return n_rows;
}

static void
show_map (WhyPresentation *self, gboolean hidden)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  WhyMap *result = why_document_get_map (self->document);
  const gboolean shown = why_document_get_show_map (self->document) && !hidden;
  double lo;
  double hi;

  memset (&style, 0, sizeof style);
  if (result == NULL || result->values->rank != 2 || !why_document_get_overlay (self->document, &map, &style))
    {
      why_canvas_set_map (self->canvas, NULL, NULL);
      why_stage_set_legend (self->stage, NULL, 0, 0, NULL);
      return;
    }
  why_canvas_set_style (self->canvas, &style);
  why_canvas_set_map (self->canvas, result->values, &map.to_source);
  why_canvas_set_show_map (self->canvas, shown);
  why_overlay_limits (&map, &style, &lo, &hi);
  WhyClassItem *item = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  g_autofree char *caption = why_words_knows_class (result)
                                ? why_evidence_title (result->polarity, item != NULL ? why_class_item_get_label (item) : "")
                                /* For an audience: a sentence, and no names of methods. */
                                : g_strdup (_("Where it looks, whatever the class"));
  why_stage_set_legend (self->stage, shown ? &style : NULL, lo, hi, caption);
}

static void
show_position (WhyPresentation *self)
{
  const guint n_steps = g_list_model_get_n_items (why_document_get_steps (self->document));
  const int step = why_document_get_step (self->document);
  /* Translators: a step of a talk, of how many */
  g_autofree char *text = n_steps > 0 && step >= 0 ? g_strdup_printf (_("%d / %u"), step + 1, n_steps) : g_strdup ("");

  why_stage_set_position (self->stage, text);
}

static void
update (WhyPresentation *self)
{
  WhyStageRow rows[WHY_STAGE_ROWS];
  WhyTensor *playing = NULL;
  WhyTensor *picture = NULL;
  double share;

  if (!self->on)
    return;
  const gboolean plays = why_document_get_play (self->document, &share, &playing, &picture);
  if (!plays)
    picture = why_document_get_covered_picture (self->document);
  if (picture == NULL)
    picture = why_document_get_picture (self->document);
  if (!why_show_slide (self->canvas, self->document))
    why_canvas_set_picture (self->canvas, picture);
  why_canvas_set_turn (self->canvas, why_document_get_turn (self->document));
  why_show_sides (self->canvas, self->document);
  why_canvas_set_um_per_pixel (self->canvas, why_document_get_um_per_pixel (self->document));
  show_map (self, plays);
  const gsize n_rows = choose_rows (self, plays ? playing : NULL, rows);
  why_stage_set_rows (self->stage, rows, n_rows, plays);
  show_position (self);
}

/* Before the answer is there, covers cannot grow. */
static void
try_play (WhyPresentation *self)
{
  if (!self->on || !self->wants_play || why_document_get_busy (self->document))
    return;
  self->wants_play = FALSE;
  why_document_play_covers (self->document, PLAY_MS);
}

static void
on_updated_cb (WhyPresentation *self)
{
  update (self);
  try_play (self);
}

static void
on_step_shown_cb (WhyPresentation *self, int index)
{
  g_autoptr (WhyStep) step = g_list_model_get_item (why_document_get_steps (self->document), (guint) index);
  WhyRect part;

  if (!self->on || step == NULL)
    return;
  why_step_get_part (step, &part);
  update (self);
  why_canvas_show_part (self->canvas, &part);
  self->wants_play = why_step_get_n_covers (step) > 0 && has_animations (self);
  try_play (self);
}

/* ---- fading ---- */

static void
set_fade_cb (double value, gpointer data)
{
  gtk_widget_set_opacity (GTK_WIDGET (WHY_PRESENTATION (data)->old), 1 - value);
}

static void
on_faded_cb (WhyPresentation *self)
{
  gtk_picture_set_paintable (self->old, NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->old), FALSE);
}

/* What was there stays as a picture over what comes, and goes slowly. Without animations it would go at once. */
static void
begin_fade (WhyPresentation *self)
{
  g_autoptr (GdkPaintable) live = NULL;

  if (!has_animations (self) || !gtk_widget_get_mapped (GTK_WIDGET (self->canvas)))
    return;
  live = gtk_widget_paintable_new (GTK_WIDGET (self->canvas));
  g_autoptr (GdkPaintable) still = gdk_paintable_get_current_image (live);
  gtk_picture_set_paintable (self->old, still);
  gtk_widget_set_visible (GTK_WIDGET (self->old), TRUE);
  adw_animation_reset (self->fade);
  adw_animation_play (self->fade);
}

/* ---- steps ---- */

gboolean
why_presentation_go (WhyPresentation *self, int step)
{
  g_return_val_if_fail (WHY_IS_PRESENTATION (self), FALSE);

  if (step < 0 || step >= (int) g_list_model_get_n_items (why_document_get_steps (self->document)))
    return FALSE;
  if (self->on)
    begin_fade (self);
  return why_document_go_step (self->document, step);
}

void
why_presentation_move (WhyPresentation *self, int n_steps)
{
  const int n_all = (int) g_list_model_get_n_items (why_document_get_steps (self->document));
  const int now = why_document_get_step (self->document);

  g_return_if_fail (WHY_IS_PRESENTATION (self));

  /* A remote that was pressed while the screen was black was pressed to see something. */
  why_presentation_set_blank (self, FALSE);
  if (n_all == 0)
    return;
  const int wanted = CLAMP (now + n_steps, 0, n_all - 1);
  if (wanted != now)
    why_presentation_go (self, wanted);
}

void
why_presentation_set_blank (WhyPresentation *self, gboolean blank)
{
  g_return_if_fail (WHY_IS_PRESENTATION (self));

  gtk_widget_set_visible (self->black, blank);
}

gboolean
why_presentation_get_blank (WhyPresentation *self)
{
  g_return_val_if_fail (WHY_IS_PRESENTATION (self), FALSE);

  return gtk_widget_get_visible (self->black);
}

/* ---- pointer and keys ---- */

static gboolean
hide_pointer_cb (gpointer data)
{
  WhyPresentation *self = data;

  self->pointer_id = 0;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "none");
  return G_SOURCE_REMOVE;
}

static void
show_pointer (WhyPresentation *self)
{
  g_clear_handle_id (&self->pointer_id, g_source_remove);
  gtk_widget_set_cursor (GTK_WIDGET (self), NULL);
  if (self->on)
    self->pointer_id = g_timeout_add (POINTER_MS, hide_pointer_cb, self);
}

static void
on_motion_cb (GtkEventControllerMotion *controller, double x, double y, WhyPresentation *self)
{
  /* Events come without a movement too, when what lies below the pointer changes. */
  if (x == self->pointer_x && y == self->pointer_y)
    return;
  self->pointer_x = x;
  self->pointer_y = y;
  show_pointer (self);
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, WhyPresentation *self)
{
  const int last = (int) g_list_model_get_n_items (why_document_get_steps (self->document)) - 1;

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK | GDK_META_MASK)) != 0)
    return FALSE;
  switch (keyval)
    {
    case GDK_KEY_Page_Down:
    case GDK_KEY_KP_Page_Down:
    case GDK_KEY_Right:
    case GDK_KEY_Down:
    case GDK_KEY_space:
    case GDK_KEY_Return:
      why_presentation_move (self, 1);
      return TRUE;
    case GDK_KEY_Page_Up:
    case GDK_KEY_KP_Page_Up:
    case GDK_KEY_Left:
    case GDK_KEY_Up:
    case GDK_KEY_BackSpace:
      why_presentation_move (self, -1);
      return TRUE;
    case GDK_KEY_Home:
      why_presentation_move (self, -last - 1);
      return TRUE;
    case GDK_KEY_End:
      why_presentation_move (self, last + 1);
      return TRUE;
    case GDK_KEY_b:
    case GDK_KEY_B:
    case GDK_KEY_period:
      why_presentation_set_blank (self, !why_presentation_get_blank (self));
      return TRUE;
    case GDK_KEY_Escape:
      g_signal_emit (self, signals[SIGNAL_LEAVE], 0);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
hide_hint_cb (gpointer data)
{
  WhyPresentation *self = data;

  self->hint_id = 0;
  gtk_revealer_set_reveal_child (self->hint, FALSE);
  return G_SOURCE_REMOVE;
}

/* ---- life ---- */

void
why_presentation_enter (WhyPresentation *self, const WhyRect *part)
{
  g_return_if_fail (WHY_IS_PRESENTATION (self));

  self->on = TRUE;
  why_presentation_set_blank (self, FALSE);
  update (self);
  why_canvas_show_part (self->canvas, part);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  show_pointer (self);
  if (self->hinted)
    return;
  self->hinted = TRUE;
  gtk_revealer_set_reveal_child (self->hint, TRUE);
  self->hint_id = g_timeout_add (HINT_MS, hide_hint_cb, self);
}

void
why_presentation_leave (WhyPresentation *self)
{
  g_return_if_fail (WHY_IS_PRESENTATION (self));

  self->on = FALSE;
  self->wants_play = FALSE;
  adw_animation_skip (self->fade);
  g_clear_handle_id (&self->hint_id, g_source_remove);
  gtk_revealer_set_reveal_child (self->hint, FALSE);
  show_pointer (self);
  /* Nothing is drawn for nobody. */
  why_canvas_set_map (self->canvas, NULL, NULL);
  why_canvas_set_picture (self->canvas, NULL);
}

gboolean
why_presentation_is_settled (WhyPresentation *self)
{
  WhyTensor *tensor;
  double share;

  g_return_val_if_fail (WHY_IS_PRESENTATION (self), TRUE);

  return adw_animation_get_state (self->fade) != ADW_ANIMATION_PLAYING && !self->wants_play &&
         !why_document_get_play (self->document, &share, &tensor, &tensor) &&
         (!gtk_widget_get_mapped (GTK_WIDGET (self->canvas)) || why_canvas_is_settled (self->canvas));
}

char *
why_presentation_dup_text (WhyPresentation *self)
{
  g_return_val_if_fail (WHY_IS_PRESENTATION (self), NULL);

  return why_presentation_get_blank (self) ? g_strdup ("") : why_stage_dup_text (self->stage);
}

/* Beside the picture where there is room, below it where there is not; a third of the screen either way. */
static void
arrange (WhyPresentation *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self->grid));
  GtkLayoutChild *picture = gtk_layout_manager_get_layout_child (layout, self->picture_side);
  GtkLayoutChild *stage = gtk_layout_manager_get_layout_child (layout, GTK_WIDGET (self->stage));

  g_object_set (picture, "column-span", self->tall ? 1 : 2, "row-span", self->tall ? 2 : 1, NULL);
  g_object_set (stage, "column", self->tall ? 0 : 2, "row", self->tall ? 2 : 0, NULL);
}

static gboolean
arrange_cb (gpointer data)
{
  WhyPresentation *self = data;

  self->arrange_id = 0;
  arrange (self);
  return G_SOURCE_REMOVE;
}

static void
why_presentation_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyPresentation *self = WHY_PRESENTATION (widget);
  const gboolean tall = height > width;

  GTK_WIDGET_CLASS (why_presentation_parent_class)->size_allocate (widget, width, height, baseline);
  /* Sizes are being handed out just now: change the lay-out afterwards. */
  if (tall != self->tall)
    {
      self->tall = tall;
      if (self->arrange_id == 0)
        self->arrange_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, arrange_cb, self, NULL);
    }
}

static void
why_presentation_dispose (GObject *object)
{
  WhyPresentation *self = WHY_PRESENTATION (object);

  g_clear_handle_id (&self->pointer_id, g_source_remove);
  g_clear_handle_id (&self->hint_id, g_source_remove);
  g_clear_handle_id (&self->arrange_id, g_source_remove);
  if (self->fade != NULL)
    adw_animation_skip (self->fade);
  g_clear_object (&self->fade);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_presentation_parent_class)->dispose (object);
}

static void
why_presentation_class_init (WhyPresentationClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_presentation_dispose;
  widget_class->size_allocate = why_presentation_size_allocate;
  signals[SIGNAL_LEAVE] =
      g_signal_new ("leave", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_css_name (widget_class, "presentation");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static GtkWidget *
make_hint (WhyPresentation *self)
{
  GtkWidget *label = gtk_label_new (_("Page Down: next step   ·   B: black screen   ·   Escape: end"));

  self->hint = GTK_REVEALER (gtk_revealer_new ());
  gtk_widget_add_css_class (label, "osd");
  gtk_widget_add_css_class (label, "presentation-hint");
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_revealer_set_transition_type (self->hint, GTK_REVEALER_TRANSITION_TYPE_CROSSFADE);
  gtk_revealer_set_child (self->hint, label);
  gtk_widget_set_halign (GTK_WIDGET (self->hint), GTK_ALIGN_CENTER);
  gtk_widget_set_valign (GTK_WIDGET (self->hint), GTK_ALIGN_START);
  gtk_widget_set_can_target (GTK_WIDGET (self->hint), FALSE);
  return GTK_WIDGET (self->hint);
}

static void
why_presentation_init (WhyPresentation *self)
{
  GtkWidget *all = gtk_overlay_new ();
  GtkWidget *over_canvas = gtk_overlay_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  self->grid = GTK_GRID (gtk_grid_new ());
  self->picture_side = over_canvas;
  gtk_grid_set_column_homogeneous (self->grid, TRUE);
  gtk_grid_set_row_homogeneous (self->grid, TRUE);
  self->canvas = WHY_CANVAS (why_canvas_new ());
  self->stage = WHY_STAGE (why_stage_new ());
  self->old = GTK_PICTURE (gtk_picture_new ());
  self->black = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  /* Looked at, not worked with: what is to be seen is said by the stage and by the legend in it. */
  gtk_widget_set_can_target (GTK_WIDGET (self->canvas), FALSE);
  gtk_widget_set_focusable (GTK_WIDGET (self->canvas), FALSE);
  why_canvas_set_with_overview (self->canvas, FALSE);
  why_canvas_set_with_legend (self->canvas, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture with map"), -1);
  gtk_widget_set_hexpand (GTK_WIDGET (self->canvas), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self->canvas), TRUE);
  gtk_overlay_set_child (GTK_OVERLAY (over_canvas), GTK_WIDGET (self->canvas));
  gtk_picture_set_content_fit (self->old, GTK_CONTENT_FIT_FILL);
  gtk_picture_set_can_shrink (self->old, TRUE);
  gtk_widget_set_can_target (GTK_WIDGET (self->old), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->old), FALSE);
  gtk_overlay_add_overlay (GTK_OVERLAY (over_canvas), GTK_WIDGET (self->old));
  gtk_grid_attach (self->grid, over_canvas, 0, 0, 2, 1);
  gtk_grid_attach (self->grid, GTK_WIDGET (self->stage), 2, 0, 1, 1);
  gtk_overlay_set_child (GTK_OVERLAY (all), GTK_WIDGET (self->grid));
  gtk_overlay_add_overlay (GTK_OVERLAY (all), make_hint (self));
  gtk_widget_add_css_class (self->black, "presentation-black");
  gtk_widget_set_visible (self->black, FALSE);
  gtk_overlay_add_overlay (GTK_OVERLAY (all), self->black);
  adw_bin_set_child (ADW_BIN (self), all);

  self->fade = adw_timed_animation_new (GTK_WIDGET (self), 0, 1, FADE_MS,
                                        adw_callback_animation_target_new (set_fade_cb, self, NULL));
  g_signal_connect_object (self->fade, "done", G_CALLBACK (on_faded_cb), self, G_CONNECT_SWAPPED);

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Presentation"), -1);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
}

GtkWidget *
why_presentation_new (WhyDocument *document)
{
  WhyPresentation *self = g_object_new (WHY_TYPE_PRESENTATION, NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (on_updated_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "played", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "step-shown", G_CALLBACK (on_step_shown_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::show-map", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::slice", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::busy", G_CALLBACK (try_play), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
