#include "config.h"

#include "network-view.h"

#include "draw/network.h"
#include "service/layer-title.h"
#include "words.h"

#include <glib/gi18n.h>
#include <math.h>

#define ZOOM_MIN 0.02
#define ZOOM_MAX 3.0
#define ZOOM_STEP 1.3
/* Smaller text than this cannot be read. */
#define TEXT_ZOOM 0.42
#define EDGE_TEXT_ZOOM 0.7
#define MARGIN 24.0
#define STRIPE WHY_NETWORK_STRIPE
#define THUMB WHY_NETWORK_THUMB

struct _WhyNetworkView
{
  GtkWidget parent_instance;

  /* Owned */
  WhyNetwork *network;
  WhyDocument *document;
  WhyLayerThumbs *thumbs;
  PangoLayout **texts; /* three a block: title, operators, shape; made when first seen */
  char *wanted;        /* searched for; NULL: nothing */
  gboolean *matches;   /* by block */

  double zoom;
  double x, y; /* what of the drawing is in the widget's upper left corner */
  int chosen;  /* block of the layer that is explained */
  int cursor;
  gboolean fit; /* until somebody moves it */
  gboolean bring; /* the cursor, with the next size */
  double drag_x, drag_y;
  double pinch_zoom;
  double pointer_x, pointer_y;
};

G_DEFINE_FINAL_TYPE (WhyNetworkView, why_network_view, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_CURSOR_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* ---- where things are ---- */

static const WhyLayoutNode *
node_at (WhyNetworkView *self, int block)
{
  return &self->network->layout->nodes[block];
}

static int
block_at (WhyNetworkView *self, double x, double y)
{
  const double at_x = x / self->zoom + self->x;
  const double at_y = y / self->zoom + self->y;

  for (gsize block = 0; self->network != NULL && block < self->network->n_blocks; block++)
    {
      const WhyLayoutNode *node = node_at (self, (int) block);
      if (at_x >= node->x && at_x <= node->x + node->width && at_y >= node->y && at_y <= node->y + node->height)
        return (int) block;
    }
  return -1;
}

static double
fitting_zoom (WhyNetworkView *self)
{
  const double width = gtk_widget_get_width (GTK_WIDGET (self));
  const double height = gtk_widget_get_height (GTK_WIDGET (self));
  const WhyLayout *layout = self->network->layout;

  return CLAMP (MIN (width / (layout->width + 2 * MARGIN), height / (layout->height + 2 * MARGIN)), ZOOM_MIN, 1.0);
}

/* The drawing does not leave the widget. */
static void
keep_inside (WhyNetworkView *self)
{
  const double width = gtk_widget_get_width (GTK_WIDGET (self)) / self->zoom;
  const double height = gtk_widget_get_height (GTK_WIDGET (self)) / self->zoom;
  const WhyLayout *layout = self->network->layout;

  if (width >= layout->width + 2 * MARGIN)
    self->x = (layout->width - width) / 2;
  else
    self->x = CLAMP (self->x, -MARGIN, layout->width + MARGIN - width);
  if (height >= layout->height + 2 * MARGIN)
    self->y = (layout->height - height) / 2;
  else
    self->y = CLAMP (self->y, -MARGIN, layout->height + MARGIN - height);
}

static void
moved (WhyNetworkView *self)
{
  keep_inside (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
zoom_at (WhyNetworkView *self, double zoom, double x, double y)
{
  if (self->network == NULL)
    return;
  const double at_x = x / self->zoom + self->x;
  const double at_y = y / self->zoom + self->y;
  self->zoom = CLAMP (zoom, MIN (ZOOM_MIN, fitting_zoom (self)), ZOOM_MAX);
  self->x = at_x - x / self->zoom;
  self->y = at_y - y / self->zoom;
  self->fit = FALSE;
  moved (self);
}

void
why_network_view_zoom_fit (WhyNetworkView *self)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self));
  self->fit = TRUE;
  if (self->network == NULL)
    return;
  self->zoom = fitting_zoom (self);
  moved (self);
}

void
why_network_view_zoom_by (WhyNetworkView *self, double factor)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self));
  zoom_at (self, self->zoom * factor, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0,
           gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

/* Into the middle, if it is not well in sight. */
static void
bring_into_sight (WhyNetworkView *self, int block)
{
  const double width = gtk_widget_get_width (GTK_WIDGET (self)) / self->zoom;
  const double height = gtk_widget_get_height (GTK_WIDGET (self)) / self->zoom;
  const WhyLayoutNode *node = node_at (self, block);

  if (width <= 0 || height <= 0)
    {
      self->bring = TRUE;
      return;
    }
  if (node->x < self->x || node->x + node->width > self->x + width)
    self->x = node->x + node->width / 2 - width / 2;
  if (node->y < self->y + MIN (40, height / 4) || node->y + node->height > self->y + height - MIN (40, height / 4))
    self->y = node->y + node->height / 2 - height / 2;
  moved (self);
}

/* ---- words ---- */

static void
append_neighbours (WhyNetworkView *self, GString *text, int block, gboolean after)
{
  const WhyLayout *layout = self->network->layout;
  guint n = 0;
  const char *name = NULL;

  for (gsize index = 0; index < layout->n_edges; index++)
    {
      const WhyLayoutEdge *edge = &layout->edges[index];
      if ((int) (after ? edge->from : edge->to) != block)
        continue;
      n++;
      name = self->network->blocks[after ? edge->to : edge->from].title;
    }
  if (n == 1)
    /* Translators: the neighbour of a block in the graph of a network */
    g_string_append_printf (text, after ? _(", leads to %s") : _(", follows %s"), name);
  else if (n > 1)
    g_string_append_printf (text, after ? ngettext (", leads to %u block", ", leads to %u blocks", n)
                                        : ngettext (", follows %u block", ", follows %u blocks", n), n);
}

char *
why_network_view_describe (WhyNetworkView *self, int block)
{
  g_return_val_if_fail (WHY_IS_NETWORK_VIEW (self), NULL);
  if (self->network == NULL || block < 0)
    return g_strdup ("");
  const WhyBlock *at = &self->network->blocks[block];
  g_autofree char *shape = why_layer_shape_text (at->shape);
  GString *text = g_string_new (NULL);
  g_string_append_printf (text, "%s, %s, %s", at->title, at->ops, shape);
  append_neighbours (self, text, block, FALSE);
  append_neighbours (self, text, block, TRUE);
  if (at->reason != NULL)
    g_string_append_printf (text, ". %s", at->reason);
  return g_string_free (text, FALSE);
}

static void
update_accessible (WhyNetworkView *self)
{
  g_autofree char *text = NULL;

  if (self->network == NULL)
    text = g_strdup (_("Graph of the network"));
  else
    {
      g_autofree char *block = why_network_view_describe (self, self->cursor);
      /* Translators: number of blocks, the block under the cursor */
      text = g_strdup_printf (_("Graph of the network, %1$u blocks. %2$s"), (guint) self->network->n_blocks, block);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
set_cursor (WhyNetworkView *self, int block)
{
  if (block < 0 || self->network == NULL)
    return;
  self->cursor = block;
  if (self->zoom < TEXT_ZOOM)
    {
      self->zoom = 0.8;
      self->fit = FALSE;
      self->x = node_at (self, block)->x;
    }
  bring_into_sight (self, block);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  update_accessible (self);
  g_signal_emit (self, signals[SIGNAL_CURSOR_CHANGED], 0);
}

static gboolean
choose (WhyNetworkView *self, int block)
{
  if (block < 0 || self->network == NULL)
    return FALSE;
  const WhyBlock *at = &self->network->blocks[block];
  if (at->layer != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.layer", "s", at->layer);
  else
    gtk_widget_error_bell (GTK_WIDGET (self));
  return at->layer != NULL;
}

/* ---- drawing ---- */

static GdkRGBA
color_of (WhyBlockKind kind)
{
  const guint32 color = why_block_kind_color (kind);

  return (GdkRGBA){ (float) (color >> 16) / 255, (float) ((color >> 8) & 0xff) / 255, (float) (color & 0xff) / 255, 1 };
}

static PangoLayout *
make_text (WhyNetworkView *self, const char *string, double width, double size, gboolean bold, PangoEllipsizeMode mode)
{
  PangoLayout *text = gtk_widget_create_pango_layout (GTK_WIDGET (self), string);
  g_autoptr (PangoFontDescription) font =
    pango_font_description_copy (pango_context_get_font_description (gtk_widget_get_pango_context (GTK_WIDGET (self))));

  pango_font_description_set_absolute_size (font, size * PANGO_SCALE);
  if (bold)
    pango_font_description_set_weight (font, PANGO_WEIGHT_SEMIBOLD);
  pango_layout_set_font_description (text, font);
  pango_layout_set_width (text, (int) (width * PANGO_SCALE));
  pango_layout_set_ellipsize (text, mode);
  pango_layout_set_single_paragraph_mode (text, TRUE);
  return text;
}

static PangoLayout *const *
texts_of (WhyNetworkView *self, int block, double width)
{
  PangoLayout **texts = self->texts + 3 * (gsize) block;
  const WhyBlock *at = &self->network->blocks[block];

  if (texts[0] == NULL)
    {
      g_autofree char *shape = why_layer_shape_text (at->shape);
      texts[0] = make_text (self, at->title, width, 12.5, TRUE, PANGO_ELLIPSIZE_MIDDLE);
      texts[1] = make_text (self, at->ops, width, 11, FALSE, PANGO_ELLIPSIZE_END);
      texts[2] = make_text (self, shape, width, 11, FALSE, PANGO_ELLIPSIZE_END);
    }
  return texts;
}

static void
snapshot_texts (WhyNetworkView *self, GtkSnapshot *snapshot, int block, double left, double width, const GdkRGBA *color)
{
  const WhyLayoutNode *node = node_at (self, block);
  PangoLayout *const *texts = texts_of (self, block, width);
  const double line = (node->height - 8) / 3;
  GdkRGBA pale = *color;

  pale.alpha *= 0.72f;
  for (int row = 0; row < 3; row++)
    {
      int height;
      pango_layout_get_pixel_size (texts[row], NULL, &height);
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) left, (float) (node->y + 4 + row * line + (line - height) / 2)));
      gtk_snapshot_append_layout (snapshot, texts[row], row == 0 ? color : &pale);
      gtk_snapshot_restore (snapshot);
    }
}

static void
snapshot_ring (GtkSnapshot *snapshot, const graphene_rect_t *bounds, double width, double gap, const GdkRGBA *color)
{
  graphene_rect_t outer = *bounds;
  GskRoundedRect ring;
  const float widths[4] = { (float) width, (float) width, (float) width, (float) width };
  const GdkRGBA colors[4] = { *color, *color, *color, *color };

  graphene_rect_inset (&outer, (float) -(gap + width), (float) -(gap + width));
  gsk_rounded_rect_init_from_rect (&ring, &outer, (float) (8 + gap));
  gtk_snapshot_append_border (snapshot, &ring, widths, colors);
}

static void
snapshot_block (WhyNetworkView *self, GtkSnapshot *snapshot, int block, const GdkRGBA *text, const GdkRGBA *accent,
                const GdkRGBA *ground)
{
  const WhyBlock *at = &self->network->blocks[block];
  const WhyLayoutNode *node = node_at (self, block);
  const graphene_rect_t bounds = GRAPHENE_RECT_INIT ((float) node->x, (float) node->y, (float) node->width, (float) node->height);
  const char *reason = at->layer != NULL ? why_document_get_layer_reason (self->document, at->layer) : at->reason;
  const gboolean pale = (self->matches != NULL && !self->matches[block]);
  const GdkRGBA kind = color_of (at->kind);
  const double line = MAX (1.0, 1.0 / self->zoom);
  GskRoundedRect outline;
  GdkRGBA fill = *ground;
  GdkRGBA edge = *text;
  double left = node->x + STRIPE + 8;

  if (pale)
    gtk_snapshot_push_opacity (snapshot, 0.25);
  gsk_rounded_rect_init_from_rect (&outline, &bounds, 8);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &fill, &bounds);
  fill = kind;
  fill.alpha = 0.16f;
  if (at->layer != NULL && reason == NULL)
    gtk_snapshot_append_color (snapshot, &fill, &bounds);
  gtk_snapshot_append_color (snapshot, &kind, &GRAPHENE_RECT_INIT ((float) node->x, (float) node->y, (float) STRIPE, (float) node->height));
  gtk_snapshot_pop (snapshot);
  edge.alpha = 0.28f;
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { (float) line, (float) line, (float) line, (float) line },
                              (GdkRGBA[4]) { edge, edge, edge, edge });
  if (at->layer != NULL)
    {
      gboolean current;
      GdkTexture *texture = why_layer_thumbs_get (self->thumbs, at->layer, &current);
      const double top = node->y + (node->height - THUMB) / 2;
      if (texture == NULL)
        {
          GdkRGBA room = *text;
          room.alpha = 0.06f;
          gtk_snapshot_append_color (snapshot, &room, &GRAPHENE_RECT_INIT ((float) left, (float) top, (float) THUMB, (float) THUMB));
        }
      else
        {
          const double width = gdk_texture_get_width (texture);
          const double height = gdk_texture_get_height (texture);
          const double scale = THUMB / MAX (width, height);
          const graphene_rect_t place = GRAPHENE_RECT_INIT ((float) (left + (THUMB - width * scale) / 2), (float) (top + (THUMB - height * scale) / 2),
                                                            (float) (width * scale), (float) (height * scale));
          if (!current)
            gtk_snapshot_push_opacity (snapshot, 0.4);
          gtk_snapshot_append_texture (snapshot, texture, &place);
          if (!current)
            gtk_snapshot_pop (snapshot);
        }
      left += THUMB + 8;
    }
  if (self->zoom >= TEXT_ZOOM)
    {
      GdkRGBA color = *text;
      /* What cannot be explained is grey; the tooltip says why. */
      if (reason != NULL)
        color.alpha *= 0.62f;
      snapshot_texts (self, snapshot, block, left, node->x + node->width - 8 - left, &color);
    }
  if (block == self->chosen)
    snapshot_ring (snapshot, &bounds, 3 * line, 0, accent);
  if (block == self->cursor && gtk_widget_has_visible_focus (GTK_WIDGET (self)))
    snapshot_ring (snapshot, &bounds, 2 * line, 3 * line, accent);
  if (pale)
    gtk_snapshot_pop (snapshot);
}

static gboolean
edge_is_seen (const WhyLayoutEdge *edge, const graphene_rect_t *seen)
{
  double left = edge->points[0];
  double right = left;

  if (edge->points[1] > seen->origin.y + seen->size.height || edge->points[2 * edge->n_points - 1] < seen->origin.y)
    return FALSE;
  for (gsize point = 1; point < edge->n_points; point++)
    {
      left = MIN (left, edge->points[2 * point]);
      right = MAX (right, edge->points[2 * point]);
    }
  return left <= seen->origin.x + seen->size.width && right >= seen->origin.x;
}

static void
snapshot_edges (WhyNetworkView *self, GtkSnapshot *snapshot, const graphene_rect_t *seen, const GdkRGBA *text, const GdkRGBA *accent)
{
  const WhyLayout *layout = self->network->layout;
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, seen);

  for (int pass = 0; pass < 2; pass++)
    {
      /* Those of the cursor's block over the others. */
      for (gsize index = 0; index < layout->n_edges; index++)
        {
          const WhyLayoutEdge *edge = &layout->edges[index];
          const gboolean near = (int) edge->from == self->cursor || (int) edge->to == self->cursor;
          if (near != (pass == 1) || !edge_is_seen (edge, seen))
            continue;
          GdkRGBA color = near ? *accent : *text;
          if (!near)
            color.alpha = 0.45f;
          gdk_cairo_set_source_rgba (cr, &color);
          cairo_set_line_width (cr, MAX (near ? 2.0 : 1.2, 0.8 / self->zoom));
          why_network_trace_edge (cr, edge);
          cairo_stroke (cr);
          if (self->zoom >= TEXT_ZOOM / 2)
            why_network_draw_arrow (cr, edge);
        }
    }
  cairo_destroy (cr);
}

/* Where there is one edge only, below the block it comes from: the block says it too where there are several. */
static void
snapshot_edge_texts (WhyNetworkView *self, GtkSnapshot *snapshot, const graphene_rect_t *seen, const GdkRGBA *text)
{
  const WhyLayout *layout = self->network->layout;
  GdkRGBA color = *text;

  color.alpha *= 0.62f;
  for (gsize index = 0; index < layout->n_edges; index++)
    {
      const WhyLayoutEdge *edge = &layout->edges[index];
      if (edge->n_points != 2 || edge->points[0] != edge->points[2] || !edge_is_seen (edge, seen))
        continue;
      g_autofree char *shape = why_layer_shape_text (self->network->edge_shapes[index]);
      g_autoptr (PangoLayout) layout_text = make_text (self, shape, 160, 10, FALSE, PANGO_ELLIPSIZE_END);
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (edge->points[0] + 6),
                                                              (float) ((edge->points[1] + edge->points[3]) / 2 - 9)));
      gtk_snapshot_append_layout (snapshot, layout_text, &color);
      gtk_snapshot_restore (snapshot);
    }
}

static void
lookup (GtkWidget *widget, const char *name, const char *otherwise, GdkRGBA *color)
{
  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), name, color))
    gdk_rgba_parse (color, otherwise);
}

static void
why_network_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyNetworkView *self = WHY_NETWORK_VIEW (widget);
  const double width = gtk_widget_get_width (widget) / self->zoom;
  const double height = gtk_widget_get_height (widget) / self->zoom;
  const graphene_rect_t seen = GRAPHENE_RECT_INIT ((float) self->x, (float) self->y, (float) width, (float) height);
  GdkRGBA text;
  GdkRGBA accent;
  GdkRGBA ground;

  if (self->network == NULL || self->document == NULL)
    return;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &text);
  lookup (widget, "accent_color", "#1c71d8", &accent);
  lookup (widget, "card_bg_color", "#ffffff", &ground);
  /* Cards are translucent in the dark scheme; edges shall not show through. */
  if (ground.alpha < 1)
    lookup (widget, "window_bg_color", "#242424", &ground);
  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget), (float) gtk_widget_get_height (widget)));
  gtk_snapshot_scale (snapshot, (float) self->zoom, (float) self->zoom);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) -self->x, (float) -self->y));
  snapshot_edges (self, snapshot, &seen, &text, &accent);
  if (self->zoom >= EDGE_TEXT_ZOOM)
    snapshot_edge_texts (self, snapshot, &seen, &text);
  for (gsize block = 0; block < self->network->n_blocks; block++)
    {
      const WhyLayoutNode *node = node_at (self, (int) block);
      if (node->x <= self->x + width && node->x + node->width >= self->x && node->y <= self->y + height &&
          node->y + node->height >= self->y)
        snapshot_block (self, snapshot, (int) block, &text, &accent, &ground);
    }
  gtk_snapshot_pop (snapshot);
}

/* ---- pointer ---- */

static void
on_pressed_cb (WhyNetworkView *self, int n_press, double x, double y)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
on_released_cb (WhyNetworkView *self, int n_press, double x, double y)
{
  const int block = block_at (self, x, y);

  if (block < 0)
    return;
  self->cursor = block;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, signals[SIGNAL_CURSOR_CHANGED], 0);
  if (self->network->blocks[block].layer != NULL)
    choose (self, block);
}

static void
on_drag_begin_cb (WhyNetworkView *self)
{
  self->drag_x = self->x;
  self->drag_y = self->y;
}

static void
on_drag_update_cb (WhyNetworkView *self, double dx, double dy, GtkGesture *drag)
{
  if (self->network == NULL || (fabs (dx) < 4 && fabs (dy) < 4))
    return;
  gtk_gesture_set_state (drag, GTK_EVENT_SEQUENCE_CLAIMED);
  self->x = self->drag_x - dx / self->zoom;
  self->y = self->drag_y - dy / self->zoom;
  self->fit = FALSE;
  moved (self);
}

static gboolean
on_scroll_cb (WhyNetworkView *self, double dx, double dy, GtkEventController *scroll)
{
  const GdkModifierType state = gtk_event_controller_get_current_event_state (scroll);

  if (self->network == NULL)
    return FALSE;
  if ((state & GDK_CONTROL_MASK) != 0)
    {
      zoom_at (self, self->zoom * pow (ZOOM_STEP, -dy), self->pointer_x, self->pointer_y);
      return TRUE;
    }
  if ((state & GDK_SHIFT_MASK) != 0 && dx == 0)
    {
      dx = dy;
      dy = 0;
    }
  self->x += dx * 60 / self->zoom;
  self->y += dy * 60 / self->zoom;
  self->fit = FALSE;
  moved (self);
  return TRUE;
}

static void
on_motion_cb (WhyNetworkView *self, double x, double y)
{
  self->pointer_x = x;
  self->pointer_y = y;
  const int block = block_at (self, x, y);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), block >= 0 && self->network->blocks[block].layer != NULL ? "pointer" : NULL);
}

static void
on_pinch_begin_cb (WhyNetworkView *self)
{
  self->pinch_zoom = self->zoom;
}

static void
on_pinch_cb (WhyNetworkView *self, double scale, GtkGesture *pinch)
{
  double x = 0;
  double y = 0;

  if (gtk_gesture_get_bounding_box_center (pinch, &x, &y))
    zoom_at (self, self->pinch_zoom * scale, x, y);
}

static gboolean
why_network_view_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  WhyNetworkView *self = WHY_NETWORK_VIEW (widget);
  const int block = keyboard ? self->cursor : block_at (self, x, y);

  if (block < 0 || self->network == NULL)
    return FALSE;
  const WhyBlock *at = &self->network->blocks[block];
  const WhyLayoutNode *node = node_at (self, block);
  const char *reason = at->layer != NULL ? why_document_get_layer_reason (self->document, at->layer) : at->reason;
  g_autofree char *shape = why_layer_shape_text (at->shape);
  GString *text = g_string_new (NULL);
  g_string_append_printf (text, "%s\n%s: %s\n%s", at->layer != NULL ? at->layer : at->tensor,
                          why_block_kind_title (at->kind), at->ops, shape);
  if (reason != NULL)
    g_string_append_printf (text, "\n%s", reason);
  const GdkRectangle area = { (int) ((node->x - self->x) * self->zoom), (int) ((node->y - self->y) * self->zoom),
                              (int) (node->width * self->zoom), (int) (node->height * self->zoom) };
  gtk_tooltip_set_tip_area (tooltip, &area);
  gtk_tooltip_set_text (tooltip, text->str);
  g_string_free (text, TRUE);
  return TRUE;
}

/* ---- keys ---- */

static gboolean
on_key_cb (WhyNetworkView *self, guint keyval, guint keycode, GdkModifierType state)
{
  if (self->network == NULL || (state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return FALSE;
  const int from = self->cursor >= 0 ? self->cursor : MAX (self->chosen, 0);
  switch (keyval)
    {
    case GDK_KEY_Down:
      set_cursor (self, why_network_neighbour (self->network, from, 1));
      return TRUE;
    case GDK_KEY_Up:
      set_cursor (self, why_network_neighbour (self->network, from, -1));
      return TRUE;
    case GDK_KEY_Left:
      set_cursor (self, why_network_beside (self->network, from, -1));
      return TRUE;
    case GDK_KEY_Right:
      set_cursor (self, why_network_beside (self->network, from, 1));
      return TRUE;
    case GDK_KEY_Home:
      set_cursor (self, 0);
      return TRUE;
    case GDK_KEY_End:
      set_cursor (self, (int) self->network->n_blocks - 1);
      return TRUE;
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
    case GDK_KEY_space:
      choose (self, from);
      return TRUE;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      why_network_view_zoom_by (self, ZOOM_STEP);
      return TRUE;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      why_network_view_zoom_by (self, 1 / ZOOM_STEP);
      return TRUE;
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
      why_network_view_zoom_fit (self);
      return TRUE;
    default:
      return FALSE;
    }
}

/* ---- from outside ---- */

static void
forget_texts (WhyNetworkView *self)
{
  for (gsize text = 0; self->texts != NULL && text < 3 * self->network->n_blocks; text++)
    g_clear_object (&self->texts[text]);
}

static void
drop_network (WhyNetworkView *self)
{
  forget_texts (self);
  g_clear_pointer (&self->texts, g_free);
  g_clear_pointer (&self->matches, g_free);
  g_clear_pointer (&self->wanted, g_free);
  g_clear_pointer (&self->network, why_network_unref);
  self->chosen = -1;
  self->cursor = -1;
}

void
why_network_view_set_network (WhyNetworkView *self, WhyNetwork *network)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self));

  if (network == self->network)
    return;
  drop_network (self);
  if (network != NULL)
    {
      self->network = why_network_ref (network);
      self->texts = g_new0 (PangoLayout *, 3 * network->n_blocks + 1);
    }
  self->zoom = 1;
  self->x = 0;
  self->y = 0;
  self->fit = FALSE;
  if (network != NULL)
    {
      /* Wide networks show their top, in a size that can be read. */
      self->x = network->n_blocks > 0 ? node_at (self, 0)->x - 120 : 0;
      moved (self);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
  update_accessible (self);
}

void
why_network_view_set_document (WhyNetworkView *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self) && self->document == NULL);

  self->document = g_object_ref (document);
  self->thumbs = why_layer_thumbs_for (document);
  g_signal_connect_object (self->thumbs, "changed", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
}

void
why_network_view_show_layer (WhyNetworkView *self, const char *layer)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self));
  const int block = self->network != NULL && layer != NULL ? why_network_find (self->network, layer) : -1;

  if (block == self->chosen)
    return;
  self->chosen = block;
  if (block >= 0)
    {
      self->cursor = block;
      bring_into_sight (self, block);
      update_accessible (self);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
why_network_view_search (WhyNetworkView *self, const char *text)
{
  guint n = 0;

  g_return_val_if_fail (WHY_IS_NETWORK_VIEW (self), 0);
  g_clear_pointer (&self->matches, g_free);
  if (self->network == NULL || *text == '\0')
    {
      gtk_widget_queue_draw (GTK_WIDGET (self));
      return 0;
    }
  self->matches = g_new0 (gboolean, self->network->n_blocks + 1);
  for (gsize block = 0; block < self->network->n_blocks; block++)
    {
      self->matches[block] = why_network_matches (self->network, (int) block, text);
      n += self->matches[block];
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return n;
}

void
why_network_view_next_match (WhyNetworkView *self, int direction)
{
  g_return_if_fail (WHY_IS_NETWORK_VIEW (self));
  if (self->matches == NULL)
    return;
  const int n = (int) self->network->n_blocks;
  for (int step = 1; step <= n; step++)
    {
      const int block = (MAX (self->cursor, 0) + direction * step + 2 * n) % n;
      if (self->matches[block])
        {
          set_cursor (self, block);
          return;
        }
    }
}

int
why_network_view_get_cursor (WhyNetworkView *self)
{
  g_return_val_if_fail (WHY_IS_NETWORK_VIEW (self), -1);
  return self->cursor;
}

double
why_network_view_get_zoom (WhyNetworkView *self)
{
  g_return_val_if_fail (WHY_IS_NETWORK_VIEW (self), 1);
  return self->zoom;
}

/* ---- widget ---- */

static void
why_network_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyNetworkView *self = WHY_NETWORK_VIEW (widget);

  if (self->network == NULL)
    return;
  if (self->fit)
    self->zoom = fitting_zoom (self);
  keep_inside (self);
  if (self->bring && self->cursor >= 0)
    {
      self->bring = FALSE;
      bring_into_sight (self, self->cursor);
    }
}

static void
why_network_view_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                          int *minimum_baseline, int *natural_baseline)
{
  *minimum = 60;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 480;
  *minimum_baseline = *natural_baseline = -1;
}

/* Other fonts, other text. */
static void
why_network_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  WhyNetworkView *self = WHY_NETWORK_VIEW (widget);

  GTK_WIDGET_CLASS (why_network_view_parent_class)->css_changed (widget, change);
  if (self->network != NULL)
    forget_texts (self);
}

static void
why_network_view_dispose (GObject *object)
{
  WhyNetworkView *self = WHY_NETWORK_VIEW (object);

  if (self->network != NULL)
    drop_network (self);
  g_clear_object (&self->thumbs);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_network_view_parent_class)->dispose (object);
}

static void
why_network_view_class_init (WhyNetworkViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_network_view_dispose;
  widget_class->snapshot = why_network_view_snapshot;
  widget_class->measure = why_network_view_measure;
  widget_class->size_allocate = why_network_view_size_allocate;
  widget_class->query_tooltip = why_network_view_query_tooltip;
  widget_class->css_changed = why_network_view_css_changed;
  gtk_widget_class_set_css_name (widget_class, "networkview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  signals[SIGNAL_CURSOR_CHANGED] = g_signal_new ("cursor-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
add_controller (WhyNetworkView *self, GtkEventController *controller)
{
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

static void
why_network_view_init (WhyNetworkView *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *pinch = gtk_gesture_zoom_new ();

  self->zoom = 1;
  self->chosen = -1;
  self->cursor = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_key_cb), self);
  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (on_scroll_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (on_motion_cb), self);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (on_pressed_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (on_released_cb), self);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  g_signal_connect_swapped (pinch, "begin", G_CALLBACK (on_pinch_begin_cb), self);
  g_signal_connect_swapped (pinch, "scale-changed", G_CALLBACK (on_pinch_cb), self);
  add_controller (self, keys);
  add_controller (self, scroll);
  add_controller (self, motion);
  add_controller (self, GTK_EVENT_CONTROLLER (drag));
  add_controller (self, GTK_EVENT_CONTROLLER (click));
  add_controller (self, GTK_EVENT_CONTROLLER (pinch));
  update_accessible (self);
}
