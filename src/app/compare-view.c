#include "config.h"

#include "compare-view.h"

#include "compare-pane.h"
#include "curtain.h"
#include "pane-grid.h"
#include "service/annotation.h"
#include "words.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define SIDE_WIDTH 150
#define CELL_WIDTH 150
/* Panes are built one a frame, and brought up to date a few a frame: the window goes on moving. */
#define PANES_A_FRAME 3
/* Of more values one line is no longer read; each pane tells its own. */
#define MAX_IN_LINE 6

struct _WhyCompareView
{
  GtkWidget parent_instance;

  GtkWidget *numbers; /* of the difference */
  GtkWidget *stack;
  GtkWidget *scroller;
  GtkWidget *grid;
  GtkWidget *curtain;

  /* Owned */
  GPtrArray *panes; /* of WhyComparePane, borrowed from the grid */
  WhyDocument *document;

  guint selected;
  guint tick_id;
  guint next_pane;   /* to be brought up to date */
  gboolean leading;  /* a place or a probe is being passed on */
  gboolean has_place;
  WhyPlace place;
  WhyCanvas *probed; /* borrowed: the one under the pointer; NULL: none */
  gboolean has_probe;
  double probe_x, probe_y;
};

G_DEFINE_FINAL_TYPE (WhyCompareView, why_compare_view, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_PROBED,
  SIGNAL_ZOOM_CHANGED,
  SIGNAL_SLICE_STEPPED,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

/* ---- panes ---- */

static gboolean
shows_curtain (WhyCompareView *self)
{
  return why_document_get_compare_mode (self->document) == WHY_COMPARE_CURTAIN;
}

static guint
n_wanted (WhyCompareView *self)
{
  const guint n = g_list_model_get_n_items (why_document_get_variants (self->document));

  switch (why_document_get_compare_mode (self->document))
    {
    case WHY_COMPARE_SIDE:
      return n + 1;
    case WHY_COMPARE_GRID:
      return n;
    case WHY_COMPARE_DIFFERENCE:
      return 3;
    case WHY_COMPARE_CURTAIN:
    case WHY_COMPARE_SINGLE:
    default:
      return 0;
    }
}

static guint
n_panes (WhyCompareView *self)
{
  return shows_curtain (self) ? 2 : self->panes->len;
}

static WhyComparePane *
get_pane (WhyCompareView *self, guint place)
{
  if (shows_curtain (self))
    return why_curtain_get_pane (WHY_CURTAIN (self->curtain), place == 1);
  return g_ptr_array_index (self->panes, place);
}

static void
emit_probed (WhyCompareView *self)
{
  for (guint place = 0; place < n_panes (self); place++)
    why_compare_pane_update_value (get_pane (self, place));
  g_signal_emit (self, signals[SIGNAL_PROBED], 0);
}

static void
on_probed_cb (WhyCanvas *canvas, WhyCompareView *self)
{
  const WhyProbe *probe = why_canvas_get_probe (canvas);

  if (self->leading)
    return;
  /* One that follows has another value because it has another map. */
  if (!why_canvas_is_probed_by_hand (canvas) && canvas != self->probed)
    {
      emit_probed (self);
      return;
    }
  self->leading = TRUE;
  self->probed = probe->valid ? canvas : NULL;
  self->has_probe = probe->valid;
  self->probe_x = (double) probe->img_x + 0.5;
  self->probe_y = (double) probe->img_y + 0.5;
  for (guint place = 0; place < n_panes (self); place++)
    {
      WhyCanvas *other = why_compare_pane_get_canvas (get_pane (self, place));
      if (other != canvas)
        why_canvas_set_marker (other, probe->valid, self->probe_x, self->probe_y);
      else
        why_canvas_set_marker (other, FALSE, 0, 0);
    }
  self->leading = FALSE;
  emit_probed (self);
}

static void
on_place_cb (WhyCanvas *canvas, WhyCompareView *self)
{
  /* Canvases of their own sizes settle by themselves; only a hand moves the others. */
  if (self->leading || !gtk_widget_get_mapped (GTK_WIDGET (canvas)))
    return;
  self->leading = TRUE;
  why_canvas_get_place (canvas, &self->place);
  self->has_place = TRUE;
  for (guint place = 0; place < n_panes (self); place++)
    {
      WhyCanvas *other = why_compare_pane_get_canvas (get_pane (self, place));
      if (other != canvas)
        why_canvas_set_place (other, &self->place);
    }
  self->leading = FALSE;
  g_signal_emit (self, signals[SIGNAL_ZOOM_CHANGED], 0);
}

static void
on_slice_stepped_cb (WhyCanvas *canvas, int n_steps, WhyCompareView *self)
{
  g_signal_emit (self, signals[SIGNAL_SLICE_STEPPED], 0, n_steps);
}

static void
on_chosen_cb (WhyComparePane *pane, WhyCompareView *self)
{
  guint place = 0;

  if (why_compare_pane_get_kind (pane) != WHY_PANE_VARIANT || !g_ptr_array_find (self->panes, pane, &place))
    return;
  if (why_document_get_compare_mode (self->document) == WHY_COMPARE_GRID)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.compare-choose", "i", (int) place);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.compare-pane", "i", (int) place - 1);
}

static void
connect_pane (WhyCompareView *self, WhyComparePane *pane)
{
  WhyCanvas *canvas = why_compare_pane_get_canvas (pane);

  g_signal_connect_object (canvas, "probed", G_CALLBACK (on_probed_cb), self, 0);
  g_signal_connect_object (canvas, "place-changed", G_CALLBACK (on_place_cb), self, 0);
  g_signal_connect_object (canvas, "slice-stepped", G_CALLBACK (on_slice_stepped_cb), self, 0);
  g_signal_connect_object (pane, "chosen", G_CALLBACK (on_chosen_cb), self, 0);
}

/* Whether @pane asks just what the main question asks. */
static gboolean
is_current (WhyCompareView *self, WhyVariant *variant)
{
  WhyResult *main_result = why_document_get_result (self->document);
  WhyResult *result = variant != NULL ? why_variant_get_result (variant) : NULL;

  return result != NULL && main_result != NULL && why_request_same (result->request, main_result->request);
}

static void
show_pane (WhyCompareView *self, guint place)
{
  static const char *const letters[] = { "A", "B", "C", "D" };
  GListModel *variants = why_document_get_variants (self->document);
  const WhyCompareMode mode = why_document_get_compare_mode (self->document);
  const gboolean grid = mode == WHY_COMPARE_GRID;
  WhyComparePane *pane = get_pane (self, place);
  const gboolean difference = mode == WHY_COMPARE_DIFFERENCE && place == 2;
  const gboolean is_main = !grid && place == 0;
  g_autoptr (WhyVariant) variant = is_main || difference ? NULL : g_list_model_get_item (variants, grid ? place : place - 1);

  why_compare_pane_show (pane, difference ? WHY_PANE_DIFFERENCE : is_main ? WHY_PANE_MAIN : WHY_PANE_VARIANT, variant,
                         grid || difference || place >= G_N_ELEMENTS (letters) ? NULL : letters[place]);
  const gboolean marked = grid ? is_current (self, variant)
                               : mode == WHY_COMPARE_SIDE && n_wanted (self) > 2 && place == self->selected + 1;
  why_compare_pane_set_current (pane, marked);
  if (self->has_place)
    why_canvas_set_place (why_compare_pane_get_canvas (pane), &self->place);
}

/* To panes that are new, too; a canvas that is no longer shown is not probed. */
static void
pass_probe (WhyCompareView *self)
{
  gboolean found = FALSE;

  for (guint place = 0; place < n_panes (self); place++)
    found = found || why_compare_pane_get_canvas (get_pane (self, place)) == self->probed;
  if (!found)
    {
      const gboolean was = self->has_probe;
      self->probed = NULL;
      self->has_probe = FALSE;
      if (was && n_panes (self) > 0 &&
          why_canvas_probe (why_compare_view_get_canvas (self), self->probe_x, self->probe_y))
        return;
      emit_probed (self);
    }
  else
    on_probed_cb (self->probed, self);
}

static gboolean
build_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyCompareView *self = WHY_COMPARE_VIEW (widget);
  const guint n = shows_curtain (self) ? 2 : n_wanted (self);

  for (int made = 0; made < PANES_A_FRAME && self->next_pane < n; made++)
    {
      if (!shows_curtain (self) && self->next_pane == self->panes->len)
        {
          GtkWidget *pane = why_compare_pane_new (self->document);
          g_ptr_array_add (self->panes, pane);
          why_pane_grid_append (WHY_PANE_GRID (self->grid), pane);
          connect_pane (self, WHY_COMPARE_PANE (pane));
          made = PANES_A_FRAME;
        }
      show_pane (self, self->next_pane++);
    }
  if (self->next_pane < n)
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  pass_probe (self);
  g_signal_emit (self, signals[SIGNAL_ZOOM_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

static char *
correlation (double value)
{
  /* Translators: there is no correlation with a map that is the same everywhere */
  return isfinite (value) ? g_strdup_printf ("%s%.2f", value < 0 ? "−" : "", fabs (value)) : g_strdup (_("none"));
}

static void
show_numbers (WhyCompareView *self)
{
  const WhyDifference *difference = why_document_get_difference (self->document);

  gtk_widget_set_visible (self->numbers, why_document_get_compare_mode (self->document) == WHY_COMPARE_DIFFERENCE);
  if (difference == NULL)
    {
      gtk_label_set_label (GTK_LABEL (self->numbers), "");
      return;
    }
  g_autofree char *spearman = correlation (difference->spearman);
  g_autofree char *pearson = correlation (difference->pearson);
  /* Translators: how much two maps agree: rank correlation, correlation, share of cells where the sign is the same. "A" and
   * "B" are the maps, each divided by its greatest magnitude */
  g_autofree char *text = g_strdup_printf (_("Rank correlation (Spearman) %1$s · Correlation (Pearson) %2$s · Same sign in %3$.0f%% of "
                                             "%4$d × %5$d cells. Each map is divided by its greatest magnitude; the coarser one is "
                                             "interpolated linearly."),
                                           spearman, pearson, difference->sign_agreement * 100,
                                           (int) difference->values->dims[1], (int) difference->values->dims[0]);
  gtk_label_set_label (GTK_LABEL (self->numbers), text);
}

static void
on_changed_cb (WhyCompareView *self)
{
  const WhyCompareMode mode = why_document_get_compare_mode (self->document);
  WhyDimension row_dimension;
  WhyDimension column_dimension;
  const char *const *rows;
  const char *const *columns;

  if (mode == WHY_COMPARE_SINGLE)
    return;
  const guint n_columns = why_document_get_grid (self->document, &row_dimension, &rows, &column_dimension, &columns);
  const double width = (double) MAX (why_document_get_picture_width (self->document), 1);
  const double aspect = (double) why_document_get_picture_height (self->document) / width;
  gtk_stack_set_visible_child (GTK_STACK (self->stack), shows_curtain (self) ? self->curtain : self->scroller);
  if (shows_curtain (self))
    {
      why_curtain_set_position (WHY_CURTAIN (self->curtain), why_document_get_curtain (self->document));
      why_curtain_set_bare (WHY_CURTAIN (self->curtain), why_document_get_curtain_bare (self->document));
    }
  else
    {
      while (self->panes->len > n_wanted (self))
        {
          WhyComparePane *last = g_ptr_array_index (self->panes, self->panes->len - 1);
          if (why_compare_pane_get_canvas (last) == self->probed)
            self->probed = NULL;
          g_ptr_array_set_size (self->panes, (int) self->panes->len - 1);
          why_pane_grid_remove_last (WHY_PANE_GRID (self->grid));
        }
      why_pane_grid_set_layout (WHY_PANE_GRID (self->grid), mode == WHY_COMPARE_GRID ? n_columns : 0,
                                mode == WHY_COMPARE_GRID ? CELL_WIDTH : SIDE_WIDTH,
                                /* A few shall be seen at once, however small. */
                                mode == WHY_COMPARE_GRID ? CLAMP (aspect, 0.4, 2) : 0);
    }
  self->selected = MIN (self->selected, MAX (why_document_get_n_compared (self->document), 1) - 1);
  show_numbers (self);
  self->next_pane = 0;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), build_cb, NULL, NULL);
}

static void
on_redraw_cb (WhyCompareView *self)
{
  if (why_document_get_compare_mode (self->document) == WHY_COMPARE_SINGLE)
    return;
  if (shows_curtain (self))
    why_curtain_set_position (WHY_CURTAIN (self->curtain), why_document_get_curtain (self->document));
  self->next_pane = 0;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), build_cb, NULL, NULL);
}

static void
on_moved_cb (WhyCompareView *self, double position)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.curtain", "d", position);
}

/* ---- life ---- */

static void
why_compare_view_dispose (GObject *object)
{
  WhyCompareView *self = WHY_COMPARE_VIEW (object);
  GtkWidget *child;

  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
  self->probed = NULL;
  g_clear_pointer (&self->panes, g_ptr_array_unref);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_compare_view_parent_class)->dispose (object);
}

static void
why_compare_view_class_init (WhyCompareViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_compare_view_dispose;
  signals[SIGNAL_PROBED] = g_signal_new ("probed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  signals[SIGNAL_ZOOM_CHANGED] = g_signal_new ("zoom-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                               NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_SLICE_STEPPED] = g_signal_new ("slice-stepped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "compareview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
why_compare_view_init (WhyCompareView *self)
{
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_orientable_set_orientation (GTK_ORIENTABLE (gtk_widget_get_layout_manager (GTK_WIDGET (self))), GTK_ORIENTATION_VERTICAL);
  self->panes = g_ptr_array_new ();
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_widget_set_hexpand (self->stack, TRUE);
  self->grid = why_pane_grid_new ();
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->grid);
  gtk_stack_add_child (GTK_STACK (self->stack), self->scroller);
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
  self->numbers = gtk_label_new ("");
  gtk_label_set_wrap (GTK_LABEL (self->numbers), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->numbers), 0);
  gtk_widget_add_css_class (self->numbers, "pane-note");
  gtk_widget_set_visible (self->numbers, FALSE);
  gtk_widget_set_parent (self->numbers, GTK_WIDGET (self));
}

GtkWidget *
why_compare_view_new (WhyDocument *document)
{
  WhyCompareView *self = g_object_new (WHY_TYPE_COMPARE_VIEW, NULL);
  static const char *const redraws[] = { "redraw", "updated", "notify::show-map", "notify::picture", "notify::busy" };

  self->document = g_object_ref (document);
  self->curtain = why_curtain_new (document);
  gtk_stack_add_child (GTK_STACK (self->stack), self->curtain);
  for (int side = 0; side < 2; side++)
    connect_pane (self, why_curtain_get_pane (WHY_CURTAIN (self->curtain), side == 1));
  g_signal_connect_object (self->curtain, "moved", G_CALLBACK (on_moved_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "compare-changed", G_CALLBACK (on_changed_cb), self, G_CONNECT_SWAPPED);
  for (gsize redraw = 0; redraw < G_N_ELEMENTS (redraws); redraw++)
    g_signal_connect_object (document, redraws[redraw], G_CALLBACK (on_redraw_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_annotations (document), "items-changed", G_CALLBACK (on_redraw_cb), self,
                           G_CONNECT_SWAPPED);
  on_changed_cb (self);
  return GTK_WIDGET (self);
}

/* ---- for the window ---- */

WhyCanvas *
why_compare_view_get_canvas (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), NULL);
  return n_panes (self) > 0 ? why_compare_pane_get_canvas (get_pane (self, shows_curtain (self) ? 1 : 0)) : NULL;
}

guint
why_compare_view_get_n_panes (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), 0);
  return n_panes (self);
}

WhyCanvas *
why_compare_view_get_pane_canvas (WhyCompareView *self, guint place)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), NULL);
  g_return_val_if_fail (place < n_panes (self), NULL);
  return why_compare_pane_get_canvas (get_pane (self, place));
}

guint
why_compare_view_get_n_columns (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), 0);
  guint n_columns = 0;
  int top = 0;

  if (shows_curtain (self))
    return 1;
  for (guint place = 0; place < self->panes->len; place++)
    {
      graphene_point_t point;
      if (!gtk_widget_compute_point (g_ptr_array_index (self->panes, place), self->grid, &GRAPHENE_POINT_INIT (0, 0), &point) ||
          (place > 0 && (int) point.y != top))
        break;
      top = (int) point.y;
      n_columns++;
    }
  return n_columns;
}

guint
why_compare_view_get_n_probed (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), 0);
  guint n = 0;

  for (guint place = 0; place < n_panes (self); place++)
    n += why_canvas_get_probe (why_compare_pane_get_canvas (get_pane (self, place)))->valid ? 1 : 0;
  return n;
}

guint
why_compare_view_get_selected (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), 0);
  return self->selected;
}

void
why_compare_view_set_selected (WhyCompareView *self, guint selected)
{
  g_return_if_fail (WHY_IS_COMPARE_VIEW (self));
  self->selected = MIN (selected, MAX (why_document_get_n_compared (self->document), 1) - 1);
  on_redraw_cb (self);
}

gboolean
why_compare_view_is_settled (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), TRUE);

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return TRUE;
  if (self->tick_id != 0)
    return FALSE;
  for (guint place = 0; place < n_panes (self); place++)
    {
      WhyCanvas *canvas = why_compare_pane_get_canvas (get_pane (self, place));
      if (gtk_widget_get_mapped (GTK_WIDGET (canvas)) && !why_canvas_is_settled (canvas))
        return FALSE;
    }
  return TRUE;
}

void
why_compare_view_set_bare (WhyCompareView *self, gboolean bare)
{
  g_return_if_fail (WHY_IS_COMPARE_VIEW (self));
  if (shows_curtain (self) && !bare)
    {
      why_curtain_set_bare (WHY_CURTAIN (self->curtain), why_document_get_curtain_bare (self->document));
      return;
    }
  for (guint place = 0; place < n_panes (self); place++)
    why_canvas_set_bare (why_compare_pane_get_canvas (get_pane (self, place)), bare);
}

gboolean
why_compare_view_cancel (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), FALSE);
  gboolean cancelled = FALSE;

  for (guint place = 0; place < n_panes (self); place++)
    cancelled = why_canvas_cancel_drag (why_compare_pane_get_canvas (get_pane (self, place))) || cancelled;
  return cancelled;
}

gboolean
why_compare_view_probe (WhyCompareView *self, double img_x, double img_y)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), FALSE);
  WhyCanvas *canvas = why_compare_view_get_canvas (self);

  return canvas != NULL && why_canvas_probe (canvas, img_x, img_y);
}

char *
why_compare_view_dup_probe (WhyCompareView *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_VIEW (self), NULL);
  const WhyProbe *probe = self->probed != NULL ? why_canvas_get_probe (self->probed) : NULL;
  const guint n = n_panes (self);
  GString *line;

  if (probe == NULL || !probe->valid)
    return g_strdup ("");
  line = g_string_new (NULL);
  if (why_document_has_planes (self->document))
    {
      WhyProbe place_only = *probe;
      place_only.has_map = FALSE;
      g_autofree char *voxel = why_words_probe_volume (why_document_get_source (self->document), &place_only);
      g_string_append (line, voxel);
    }
  else
    g_string_append_printf (line, "x %" G_GINT64_FORMAT "  y %" G_GINT64_FORMAT "   #%02x%02x%02x", probe->img_x, probe->img_y,
                            probe->rgb[0], probe->rgb[1], probe->rgb[2]);
  for (guint place = 0; place < n && n <= MAX_IN_LINE; place++)
    {
      WhyComparePane *pane = get_pane (self, place);
      const WhyProbe *value = why_canvas_get_probe (why_compare_pane_get_canvas (pane));
      const char *letter = why_compare_pane_get_letter (pane);
      if (!value->valid || !value->has_map)
        continue;
      g_autofree char *number = why_words_number ((double) value->value);
      g_string_append_printf (line, "   %s %s", *letter != '\0' ? letter : why_compare_pane_get_title (pane), number);
    }
  return g_string_free (line, FALSE);
}
