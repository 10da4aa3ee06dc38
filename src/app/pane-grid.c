#include "config.h"

#include "pane-grid.h"

#include <math.h>

#define SPACING 6
/* Title and colour bar. */
#define CHROME 60
#define MAX_LEAST_HEIGHT 300
#define LEAST_HEIGHT 150

struct _WhyPaneGrid
{
  GtkWidget parent_instance;

  guint n_panes;
  guint n_columns; /* 0: by width */
  int min_width;
  double aspect;
};

G_DEFINE_FINAL_TYPE (WhyPaneGrid, why_pane_grid, GTK_TYPE_WIDGET)

/* For a field somewhat wider than high; then as even as it goes. */
static guint
find_columns (WhyPaneGrid *self, int width)
{
  const guint n = MAX (self->n_panes, 1);
  const guint fitting = (guint) MAX (1, (width + SPACING) / (self->min_width + SPACING));

  if (self->n_columns != 0)
    return MIN (self->n_columns, n);
  const guint wanted = n <= 3 ? MIN (n, fitting) : CLAMP ((guint) lround (sqrt ((double) n * 1.2)), 1, MIN (fitting, n));
  const guint n_rows = (n + wanted - 1) / wanted;
  return (n + n_rows - 1) / n_rows;
}

/* Beside each other or below, whichever leaves the pictures more room. */
static guint
find_best_columns (WhyPaneGrid *self, int width, int height)
{
  const guint most = find_columns (self, width);
  guint best = most;
  int best_side = 0;

  if (self->n_columns != 0)
    return most;
  for (guint n_columns = most; n_columns >= 1; n_columns--)
    {
      const int n_rows = (int) ((MAX (self->n_panes, 1) + n_columns - 1) / n_columns);
      const int pane_width = (width + SPACING) / (int) n_columns - SPACING;
      const int pane_height = (height + SPACING) / n_rows - SPACING;
      const int side = MIN (pane_width, pane_height - CHROME);

      if (side > best_side)
        {
          best = n_columns;
          best_side = side;
        }
    }
  return best;
}

static GtkSizeRequestMode
why_pane_grid_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
why_pane_grid_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                       int *minimum_baseline, int *natural_baseline)
{
  WhyPaneGrid *self = WHY_PANE_GRID (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      const int n_columns = (int) MAX (self->n_columns, 1);
      *minimum = n_columns * self->min_width + (n_columns - 1) * SPACING;
      *natural = *minimum;
      return;
    }
  const int width = for_size > 0 ? for_size : self->min_width;
  const int n_columns = (int) find_columns (self, width);
  const int n_rows = ((int) MAX (self->n_panes, 1) + n_columns - 1) / n_columns;
  const int pane_width = (width - (n_columns - 1) * SPACING) / n_columns;
  const int height = n_rows == 1 ? LEAST_HEIGHT
                                 : CLAMP ((int) (pane_width * self->aspect) + CHROME, LEAST_HEIGHT, MAX_LEAST_HEIGHT);
  *minimum = *natural = n_rows * height + (n_rows - 1) * SPACING;
}

static void
why_pane_grid_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyPaneGrid *self = WHY_PANE_GRID (widget);
  const int n_columns = (int) find_best_columns (self, width, height);
  const int n_rows = ((int) MAX (self->n_panes, 1) + n_columns - 1) / n_columns;
  const gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int place = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      const int row = place / n_columns;
      const int column = mirrored ? n_columns - 1 - place % n_columns : place % n_columns;
      /* Whole pixels, all of them used. */
      const int left = column * (width + SPACING) / n_columns;
      const int right = (column + 1) * (width + SPACING) / n_columns - SPACING;
      const int top = row * (height + SPACING) / n_rows;
      const int bottom = (row + 1) * (height + SPACING) / n_rows - SPACING;
      int least;
      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
      gtk_widget_size_allocate (child, &(GtkAllocation) { left, top, MAX (right - left, least), MAX (bottom - top, 1) }, -1);
      place++;
    }
}

static void
why_pane_grid_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (why_pane_grid_parent_class)->dispose (object);
}

static void
why_pane_grid_class_init (WhyPaneGridClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_pane_grid_dispose;
  widget_class->get_request_mode = why_pane_grid_get_request_mode;
  widget_class->measure = why_pane_grid_measure;
  widget_class->size_allocate = why_pane_grid_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "panegrid");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
why_pane_grid_init (WhyPaneGrid *self)
{
  self->min_width = 150;
  self->aspect = 1;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
why_pane_grid_new (void)
{
  return g_object_new (WHY_TYPE_PANE_GRID, NULL);
}

void
why_pane_grid_append (WhyPaneGrid *self, GtkWidget *pane)
{
  g_return_if_fail (WHY_IS_PANE_GRID (self));
  gtk_widget_set_parent (pane, GTK_WIDGET (self));
  self->n_panes++;
}

void
why_pane_grid_remove_last (WhyPaneGrid *self)
{
  g_return_if_fail (WHY_IS_PANE_GRID (self));
  GtkWidget *last = gtk_widget_get_last_child (GTK_WIDGET (self));

  if (last == NULL)
    return;
  gtk_widget_unparent (last);
  self->n_panes--;
}

void
why_pane_grid_set_layout (WhyPaneGrid *self, guint n_columns, int min_width, double aspect)
{
  g_return_if_fail (WHY_IS_PANE_GRID (self));
  if (self->n_columns == n_columns && self->min_width == min_width && self->aspect == aspect)
    return;
  self->n_columns = n_columns;
  self->min_width = min_width;
  self->aspect = aspect;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
