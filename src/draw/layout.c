#include "config.h"

#include "draw/layout.h"

#include <math.h>
#include <string.h>

/* Sweeps over all levels; the best order of them is kept. */
#define ORDER_SWEEPS 12
#define PLACE_SWEEPS 16
/* A long edge is narrow, and straight before nodes are centred. */
#define BEND_WIDTH 10.0
#define BEND_WEIGHT 8.0

/* A node of the graph, or the place where an edge passes a level. */
typedef struct
{
  int level;
  int node; /* -1: a bend */
  double width;
  double x; /* middle */
  double key;
  guint rank; /* among its level */
} Place;

typedef struct
{
  guint from, to; /* places; one level apart */
  double weight;
} Link;

typedef struct
{
  WhyLayout *layout;
  GArray *places;    /* of Place; those of the nodes first */
  GArray *links;     /* of Link */
  GPtrArray *levels; /* of GArray of guint: places from left to right */
  guint *up, *down;  /* by place: first of its links in the lists below */
  guint *up_links, *down_links;
  GArray **chains;   /* by node: bends of its outgoing edges, one a level, or NULL */
  double gap;
} Drawing;

WhyLayout *
why_layout_new (gsize n_nodes, gsize n_edges)
{
  WhyLayout *layout = g_new0 (WhyLayout, 1);

  layout->nodes = g_new0 (WhyLayoutNode, n_nodes + 1);
  layout->n_nodes = n_nodes;
  layout->edges = g_new0 (WhyLayoutEdge, n_edges + 1);
  layout->n_edges = n_edges;
  return layout;
}

void
why_layout_free (WhyLayout *layout)
{
  for (gsize edge = 0; edge < layout->n_edges; edge++)
    g_free (layout->edges[edge].points);
  g_free (layout->edges);
  g_free (layout->nodes);
  g_free (layout);
}

static Place *
place_at (const Drawing *drawing, guint index)
{
  return &g_array_index (drawing->places, Place, index);
}

static Link *
link_at (const Drawing *drawing, guint index)
{
  return &g_array_index (drawing->links, Link, index);
}

/* ---- levels ---- */

/* Longest paths from the top; then what has nothing above it moves down to where it is needed. */
static void
find_levels (WhyLayout *layout)
{
  g_autofree int *below = g_new (int, layout->n_nodes + 1);
  g_autofree gboolean *fed = g_new0 (gboolean, layout->n_nodes + 1);
  gboolean changed = TRUE;

  for (gsize node = 0; node < layout->n_nodes; node++)
    layout->nodes[node].level = 0;
  /* Edges come in any order, so until nothing changes; in topological order of @from once is enough. */
  while (changed)
    {
      changed = FALSE;
      for (gsize edge = 0; edge < layout->n_edges; edge++)
        {
          const WhyLayoutEdge *at = &layout->edges[edge];
          const int level = layout->nodes[at->from].level + 1;
          fed[at->to] = TRUE;
          if (layout->nodes[at->to].level < level)
            {
              layout->nodes[at->to].level = level;
              changed = TRUE;
            }
        }
    }
  for (gsize node = 0; node < layout->n_nodes; node++)
    below[node] = G_MAXINT;
  for (gsize edge = 0; edge < layout->n_edges; edge++)
    below[layout->edges[edge].from] = MIN (below[layout->edges[edge].from], layout->nodes[layout->edges[edge].to].level);
  for (gsize node = 0; node < layout->n_nodes; node++)
    if (!fed[node] && below[node] != G_MAXINT)
      layout->nodes[node].level = below[node] - 1;
}

/* ---- places and links ---- */

static guint
add_place (Drawing *drawing, int level, int node, double width)
{
  const Place place = { .level = level, .node = node, .width = width };

  g_array_append_val (drawing->places, place);
  return drawing->places->len - 1;
}

static void
add_link (Drawing *drawing, guint from, guint to)
{
  const gboolean bends = place_at (drawing, from)->node < 0 && place_at (drawing, to)->node < 0;
  const Link link = { from, to, bends ? BEND_WEIGHT : 1.0 };

  g_array_append_val (drawing->links, link);
}

/* The place on the level above @to from which the edge comes. All edges of a node share its chain of bends. */
static guint
reach (Drawing *drawing, guint from, int level)
{
  const int first = drawing->layout->nodes[from].level + 1;
  guint last = from;

  if (level < first)
    return from;
  if (drawing->chains[from] == NULL)
    drawing->chains[from] = g_array_new (FALSE, FALSE, sizeof (guint));
  GArray *chain = drawing->chains[from];
  for (int at = first; at <= level; at++)
    {
      if ((guint) (at - first) == chain->len)
        {
          const guint bend = add_place (drawing, at, -1, BEND_WIDTH);
          add_link (drawing, last, bend);
          g_array_append_val (chain, bend);
        }
      last = g_array_index (chain, guint, at - first);
    }
  return last;
}

/* Lists of links by place, as offsets into one array. */
static void
index_links (const Drawing *drawing, gboolean up, guint **first, guint **list)
{
  const guint n_places = drawing->places->len;
  guint sum = 0;

  *first = g_new0 (guint, n_places + 2);
  *list = g_new0 (guint, drawing->links->len + 1);
  for (guint index = 0; index < drawing->links->len; index++)
    (*first)[up ? link_at (drawing, index)->to : link_at (drawing, index)->from]++;
  for (guint place = 0; place <= n_places; place++)
    {
      const guint count = (*first)[place];
      (*first)[place] = sum;
      sum += count;
    }
  g_autofree guint *next = g_memdup2 (*first, (n_places + 2) * sizeof **first);
  for (guint index = 0; index < drawing->links->len; index++)
    (*list)[next[up ? link_at (drawing, index)->to : link_at (drawing, index)->from]++] = index;
}

static void
build (Drawing *drawing)
{
  WhyLayout *layout = drawing->layout;
  int n_levels = 0;

  for (gsize node = 0; node < layout->n_nodes; node++)
    {
      add_place (drawing, layout->nodes[node].level, (int) node, layout->nodes[node].width);
      n_levels = MAX (n_levels, layout->nodes[node].level + 1);
    }
  for (gsize edge = 0; edge < layout->n_edges; edge++)
    {
      const WhyLayoutEdge *at = &layout->edges[edge];
      add_link (drawing, reach (drawing, at->from, layout->nodes[at->to].level - 1), at->to);
    }
  for (int level = 0; level < n_levels; level++)
    g_ptr_array_add (drawing->levels, g_array_new (FALSE, FALSE, sizeof (guint)));
  for (guint index = 0; index < drawing->places->len; index++)
    {
      GArray *level = g_ptr_array_index (drawing->levels, place_at (drawing, index)->level);
      place_at (drawing, index)->rank = level->len;
      g_array_append_val (level, index);
    }
  index_links (drawing, TRUE, &drawing->up, &drawing->up_links);
  index_links (drawing, FALSE, &drawing->down, &drawing->down_links);
}

/* ---- order ---- */

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer data)
{
  const Drawing *drawing = data;
  const Place *first = place_at (drawing, *(const guint *) a);
  const Place *second = place_at (drawing, *(const guint *) b);

  if (first->key != second->key)
    return first->key < second->key ? -1 : 1;
  /* The order so far decides, so that sorting does not depend on how it is done. */
  return first->rank < second->rank ? -1 : first->rank > second->rank;
}

static void
sort_level (Drawing *drawing, GArray *level, gboolean by_upper)
{
  const guint *first = by_upper ? drawing->up : drawing->down;
  const guint *list = by_upper ? drawing->up_links : drawing->down_links;

  for (guint at = 0; at < level->len; at++)
    {
      const guint index = g_array_index (level, guint, at);
      Place *place = place_at (drawing, index);
      const guint n = first[index + 1] - first[index];
      double sum = 0;
      for (guint link = first[index]; link < first[index + 1]; link++)
        {
          const Link *to = link_at (drawing, list[link]);
          sum += place_at (drawing, by_upper ? to->from : to->to)->rank;
        }
      place->key = n > 0 ? sum / n : place->rank;
    }
  g_array_sort_with_data (level, compare_keys, drawing);
  for (guint at = 0; at < level->len; at++)
    place_at (drawing, g_array_index (level, guint, at))->rank = at;
}

static int
compare_ends (gconstpointer a, gconstpointer b)
{
  const guint *first = a;
  const guint *second = b;

  if (first[0] != second[0])
    return first[0] < second[0] ? -1 : 1;
  return first[1] < second[1] ? -1 : first[1] > second[1];
}

/* Crossings between @level and the next: inversions of the lower ends sorted by upper ends, counted with a binary
 * indexed tree (Barth, Jünger, Mutzel: "Simple and efficient bilayer cross counting", 2002). */
static guint64
crossings_below (const Drawing *drawing, guint level)
{
  const GArray *upper = g_ptr_array_index (drawing->levels, level);
  const GArray *lower = g_ptr_array_index (drawing->levels, level + 1);
  g_autoptr (GArray) ends = g_array_new (FALSE, FALSE, 2 * sizeof (guint));
  g_autofree guint *tree = g_new0 (guint, lower->len + 1);
  guint64 crossings = 0;

  for (guint at = 0; at < upper->len; at++)
    {
      const guint index = g_array_index (upper, guint, at);
      for (guint link = drawing->down[index]; link < drawing->down[index + 1]; link++)
        {
          const guint pair[2] = { at, place_at (drawing, link_at (drawing, drawing->down_links[link])->to)->rank };
          g_array_append_val (ends, pair);
        }
    }
  g_array_sort (ends, compare_ends);
  for (guint at = 0; at < ends->len; at++)
    {
      const guint end = ((const guint *) (gpointer) ends->data)[2 * at + 1];
      guint not_beyond = 0;
      for (guint node = end + 1; node > 0; node -= node & -node)
        not_beyond += tree[node];
      crossings += at - not_beyond;
      for (guint node = end + 1; node <= lower->len; node += node & -node)
        tree[node]++;
    }
  return crossings;
}

static guint64
count_crossings (const Drawing *drawing)
{
  guint64 crossings = 0;

  for (guint level = 0; level + 1 < drawing->levels->len; level++)
    crossings += crossings_below (drawing, level);
  return crossings;
}

static void
find_order (Drawing *drawing)
{
  const guint n_levels = drawing->levels->len;
  g_autofree guint *best = g_new (guint, drawing->places->len + 1);
  guint64 fewest = G_MAXUINT64;

  for (int sweep = 0; sweep <= ORDER_SWEEPS && fewest > 0; sweep++)
    {
      for (guint step = 1; sweep > 0 && step < n_levels; step++)
        {
          const gboolean down = sweep % 2 == 1;
          sort_level (drawing, g_ptr_array_index (drawing->levels, down ? step : n_levels - 1 - step), down);
        }
      const guint64 crossings = count_crossings (drawing);
      if (crossings < fewest)
        {
          fewest = crossings;
          for (guint index = 0; index < drawing->places->len; index++)
            best[index] = place_at (drawing, index)->rank;
        }
    }
  for (guint level = 0; level < n_levels; level++)
    {
      GArray *places = g_ptr_array_index (drawing->levels, level);
      g_autofree guint *sorted = g_new (guint, places->len + 1);
      for (guint at = 0; at < places->len; at++)
        sorted[best[g_array_index (places, guint, at)]] = g_array_index (places, guint, at);
      for (guint at = 0; at < places->len; at++)
        {
          g_array_index (places, guint, at) = sorted[at];
          place_at (drawing, sorted[at])->rank = at;
        }
    }
}

/* ---- positions ---- */

/* Least squares to the wishes under the distances that order and widths ask for: neighbours that would come too close
 * move together, to the weighted mean (pool adjacent violators). */
static void
settle_level (const Drawing *drawing, const GArray *level, const double *wish, const double *weight)
{
  typedef struct
  {
    double mean, weight;
    guint first;
  } Block;
  g_autofree Block *blocks = g_new (Block, level->len + 1);
  g_autofree double *offset = g_new0 (double, level->len + 1);
  guint n_blocks = 0;

  for (guint at = 0; at < level->len; at++)
    {
      const Place *place = place_at (drawing, g_array_index (level, guint, at));
      if (at > 0)
        {
          const Place *before = place_at (drawing, g_array_index (level, guint, at - 1));
          offset[at] = offset[at - 1] + (before->width + place->width) / 2 + drawing->gap;
        }
      blocks[n_blocks++] = (Block) { wish[at] - offset[at], weight[at], at };
      while (n_blocks > 1 && blocks[n_blocks - 2].mean > blocks[n_blocks - 1].mean)
        {
          Block *into = &blocks[n_blocks - 2];
          const Block *from = &blocks[n_blocks - 1];
          into->mean = (into->mean * into->weight + from->mean * from->weight) / (into->weight + from->weight);
          into->weight += from->weight;
          n_blocks--;
        }
    }
  for (guint block = 0; block < n_blocks; block++)
    {
      const guint end = block + 1 < n_blocks ? blocks[block + 1].first : level->len;
      for (guint at = blocks[block].first; at < end; at++)
        place_at (drawing, g_array_index (level, guint, at))->x = blocks[block].mean + offset[at];
    }
}

static void
add_wishes (const Drawing *drawing, guint index, gboolean by_upper, double *sum, double *weight)
{
  const guint *first = by_upper ? drawing->up : drawing->down;
  const guint *list = by_upper ? drawing->up_links : drawing->down_links;

  for (guint at = first[index]; at < first[index + 1]; at++)
    {
      const Link *link = link_at (drawing, list[at]);
      *sum += link->weight * place_at (drawing, by_upper ? link->from : link->to)->x;
      *weight += link->weight;
    }
}

static void
place_level (const Drawing *drawing, const GArray *level, gboolean upper, gboolean lower)
{
  g_autofree double *wish = g_new (double, level->len + 1);
  g_autofree double *weights = g_new (double, level->len + 1);

  for (guint at = 0; at < level->len; at++)
    {
      const guint index = g_array_index (level, guint, at);
      double sum = 0;
      double weight = 0;
      if (upper)
        add_wishes (drawing, index, TRUE, &sum, &weight);
      if (lower)
        add_wishes (drawing, index, FALSE, &sum, &weight);
      wish[at] = weight > 0 ? sum / weight : place_at (drawing, index)->x;
      weights[at] = weight > 0 ? weight : 0.01;
    }
  settle_level (drawing, level, wish, weights);
}

static void
find_positions (Drawing *drawing)
{
  const guint n_levels = drawing->levels->len;

  for (guint level = 0; level < n_levels; level++)
    place_level (drawing, g_ptr_array_index (drawing->levels, level), FALSE, FALSE);
  for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++)
    {
      const gboolean down = sweep % 2 == 0;
      /* First each level after the one before it, then after both, which is smoother. */
      const gboolean both = sweep >= PLACE_SWEEPS / 2;
      for (guint step = 0; step < n_levels; step++)
        place_level (drawing, g_ptr_array_index (drawing->levels, down ? step : n_levels - 1 - step), down || both,
                     !down || both);
    }
}

/* ---- the result ---- */

static void
write_nodes (Drawing *drawing, double level_gap, double *tops, double *bottoms)
{
  WhyLayout *layout = drawing->layout;
  double left = 0;
  double right = 0;
  double y = 0;

  for (guint index = 0; index < drawing->places->len; index++)
    {
      const Place *place = place_at (drawing, index);
      left = index == 0 ? place->x - place->width / 2 : MIN (left, place->x - place->width / 2);
      right = index == 0 ? place->x + place->width / 2 : MAX (right, place->x + place->width / 2);
    }
  for (guint level = 0; level < drawing->levels->len; level++)
    {
      const GArray *places = g_ptr_array_index (drawing->levels, level);
      double height = 0;
      double reach_x = 0;
      for (guint at = 0; at < places->len; at++)
        {
          const guint index = g_array_index (places, guint, at);
          Place *place = place_at (drawing, index);
          place->x -= left;
          if (place->node >= 0)
            height = MAX (height, layout->nodes[place->node].height);
          for (guint link = drawing->up[index]; link < drawing->up[index + 1]; link++)
            reach_x = MAX (reach_x, fabs (place->x - place_at (drawing, link_at (drawing, drawing->up_links[link])->from)->x));
        }
      /* Links that go far aside need room, or they run along the level. */
      if (level > 0)
        y += level_gap + MIN (reach_x / 12, 3 * level_gap);
      tops[level] = y;
      bottoms[level] = y + height;
      for (guint at = 0; at < places->len; at++)
        {
          const Place *place = place_at (drawing, g_array_index (places, guint, at));
          if (place->node < 0)
            continue;
          WhyLayoutNode *node = &layout->nodes[place->node];
          node->x = place->x - node->width / 2;
          node->y = y + (height - node->height) / 2;
        }
      y += height;
    }
  layout->width = right - left;
  layout->height = y;
}

static void
write_edges (Drawing *drawing, const double *tops, const double *bottoms)
{
  WhyLayout *layout = drawing->layout;

  for (gsize edge = 0; edge < layout->n_edges; edge++)
    {
      WhyLayoutEdge *at = &layout->edges[edge];
      const WhyLayoutNode *from = &layout->nodes[at->from];
      const WhyLayoutNode *to = &layout->nodes[at->to];
      const gsize n_bends = (gsize) MAX (to->level - from->level - 1, 0);
      gsize n = 0;
      /* A bend is the whole height of its level, so that the edge passes beside the nodes there. */
      at->n_points = 2 + 2 * n_bends;
      at->points = g_new (double, 2 * at->n_points);
      at->points[n++] = from->x + from->width / 2;
      at->points[n++] = from->y + from->height;
      for (gsize bend = 0; bend < n_bends; bend++)
        {
          const double x = place_at (drawing, g_array_index (drawing->chains[at->from], guint, bend))->x;
          const int level = from->level + 1 + (int) bend;
          at->points[n++] = x;
          at->points[n++] = tops[level];
          at->points[n++] = x;
          at->points[n++] = bottoms[level];
        }
      at->points[n++] = to->x + to->width / 2;
      at->points[n++] = to->y;
    }
}

void
why_layout_run (WhyLayout *layout, double gap, double level_gap)
{
  Drawing drawing = { .layout = layout, .gap = gap };

  g_return_if_fail (layout != NULL);
  for (gsize edge = 0; edge < layout->n_edges; edge++)
    {
      g_return_if_fail (layout->edges[edge].from < layout->edges[edge].to && layout->edges[edge].to < layout->n_nodes);
      g_clear_pointer (&layout->edges[edge].points, g_free);
    }
  find_levels (layout);
  drawing.places = g_array_new (FALSE, FALSE, sizeof (Place));
  drawing.links = g_array_new (FALSE, FALSE, sizeof (Link));
  drawing.levels = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  drawing.chains = g_new0 (GArray *, layout->n_nodes + 1);
  build (&drawing);
  find_order (&drawing);
  find_positions (&drawing);

  g_autofree double *tops = g_new0 (double, drawing.levels->len + 1);
  g_autofree double *bottoms = g_new0 (double, drawing.levels->len + 1);
  write_nodes (&drawing, level_gap, tops, bottoms);
  write_edges (&drawing, tops, bottoms);
  for (gsize node = 0; node < layout->n_nodes; node++)
    g_clear_pointer (&drawing.chains[node], g_array_unref);
  g_free (drawing.chains);
  g_free (drawing.up);
  g_free (drawing.down);
  g_free (drawing.up_links);
  g_free (drawing.down_links);
  g_ptr_array_unref (drawing.levels);
  g_array_unref (drawing.links);
  g_array_unref (drawing.places);
}
