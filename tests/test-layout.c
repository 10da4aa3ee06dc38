#include "config.h"

#include "draw/layout.h"

#include <math.h>
#include <string.h>

#define GAP 16.0
#define LEVEL_GAP 30.0

/* ---- what must hold for every drawing ---- */

static gboolean
overlap (const WhyLayoutNode *a, const WhyLayoutNode *b)
{
  return a->x < b->x + b->width - 1e-6 && b->x < a->x + a->width - 1e-6 && a->y < b->y + b->height - 1e-6 &&
         b->y < a->y + a->height - 1e-6;
}

static int
compare_tops (gconstpointer a, gconstpointer b)
{
  const WhyLayoutNode *first = *(const WhyLayoutNode *const *) a;
  const WhyLayoutNode *second = *(const WhyLayoutNode *const *) b;
  return first->y < second->y ? -1 : first->y > second->y;
}

static void
assert_no_overlap (const WhyLayout *layout)
{
  g_autofree const WhyLayoutNode **sorted = g_new (const WhyLayoutNode *, layout->n_nodes + 1);

  for (gsize node = 0; node < layout->n_nodes; node++)
    sorted[node] = &layout->nodes[node];
  qsort (sorted, layout->n_nodes, sizeof *sorted, compare_tops);
  for (gsize node = 0; node < layout->n_nodes; node++)
    for (gsize other = node + 1; other < layout->n_nodes && sorted[other]->y < sorted[node]->y + sorted[node]->height; other++)
      g_assert_false (overlap (sorted[node], sorted[other]));
}

/* Whether a segment that stands upright runs through the inside of a node. */
static gboolean
crosses (const WhyLayoutNode *node, double x, double top, double bottom)
{
  return x > node->x && x < node->x + node->width && top < node->y + node->height && bottom > node->y;
}

static void
assert_drawn (const WhyLayout *layout)
{
  assert_no_overlap (layout);
  for (gsize node = 0; node < layout->n_nodes; node++)
    {
      const WhyLayoutNode *at = &layout->nodes[node];
      g_assert_cmpfloat (at->x, >=, -1e-6);
      g_assert_cmpfloat (at->x + at->width, <=, layout->width + 1e-6);
      g_assert_cmpfloat (at->y, >=, 0);
      g_assert_cmpfloat (at->y + at->height, <=, layout->height + 1e-6);
    }
  for (gsize edge = 0; edge < layout->n_edges; edge++)
    {
      const WhyLayoutEdge *at = &layout->edges[edge];
      const WhyLayoutNode *from = &layout->nodes[at->from];
      const WhyLayoutNode *to = &layout->nodes[at->to];
      g_assert_cmpint (from->level, <, to->level);
      g_assert_cmpfloat (from->y + from->height, <, to->y);
      g_assert_cmpuint (at->n_points, >=, 2);
      /* From one to the other, never upwards. */
      g_assert_cmpfloat_with_epsilon (at->points[0], from->x + from->width / 2, 1e-6);
      g_assert_cmpfloat_with_epsilon (at->points[1], from->y + from->height, 1e-6);
      g_assert_cmpfloat_with_epsilon (at->points[2 * at->n_points - 2], to->x + to->width / 2, 1e-6);
      g_assert_cmpfloat_with_epsilon (at->points[2 * at->n_points - 1], to->y, 1e-6);
      for (gsize point = 1; point < at->n_points; point++)
        g_assert_cmpfloat (at->points[2 * point + 1], >=, at->points[2 * point - 1] - 1e-6);
      /* Beside the nodes of the levels that it passes. */
      for (gsize bend = 1; bend + 1 < at->n_points; bend += 2)
        {
          g_assert_cmpfloat (at->points[2 * bend], ==, at->points[2 * bend + 2]);
          for (gsize node = 0; node < layout->n_nodes; node++)
            g_assert_false (crosses (&layout->nodes[node], at->points[2 * bend], at->points[2 * bend + 1],
                                     at->points[2 * bend + 3]));
        }
    }
}

static void
set_size (WhyLayout *layout, guint node, double width, double height)
{
  layout->nodes[node].width = width;
  layout->nodes[node].height = height;
}

static void
set_edge (WhyLayout *layout, gsize edge, guint from, guint to)
{
  layout->edges[edge].from = from;
  layout->edges[edge].to = to;
}

/* ---- tests ---- */

static void
test_empty (void)
{
  g_autoptr (WhyLayout) none = why_layout_new (0, 0);
  g_autoptr (WhyLayout) one = why_layout_new (1, 0);

  why_layout_run (none, GAP, LEVEL_GAP);
  g_assert_cmpfloat (none->width, ==, 0);
  set_size (one, 0, 100, 40);
  why_layout_run (one, GAP, LEVEL_GAP);
  g_assert_cmpfloat (one->width, ==, 100);
  g_assert_cmpfloat (one->height, ==, 40);
  g_assert_cmpfloat (one->nodes[0].x, ==, 0);
  g_assert_cmpfloat (one->nodes[0].y, ==, 0);
}

/* A chain stands straight, at the distances asked for. */
static void
test_chain (void)
{
  g_autoptr (WhyLayout) layout = why_layout_new (20, 19);

  for (guint node = 0; node < 20; node++)
    set_size (layout, node, node % 3 == 0 ? 140 : 90, 40);
  for (guint edge = 0; edge < 19; edge++)
    set_edge (layout, edge, edge, edge + 1);
  why_layout_run (layout, GAP, LEVEL_GAP);
  assert_drawn (layout);
  for (guint node = 0; node < 20; node++)
    {
      g_assert_cmpfloat_with_epsilon (layout->nodes[node].x + layout->nodes[node].width / 2, 70, 1e-6);
      g_assert_cmpfloat_with_epsilon (layout->nodes[node].y, node * (40 + LEVEL_GAP), 1e-6);
      g_assert_cmpint (layout->nodes[node].level, ==, node);
    }
}

/* Two chains that are listed the wrong way round must not be drawn across each other. */
static void
test_uncrossed (void)
{
  g_autoptr (WhyLayout) layout = why_layout_new (6, 6);

  for (guint node = 0; node < 6; node++)
    set_size (layout, node, 80, 30);
  set_edge (layout, 0, 0, 1);
  set_edge (layout, 1, 0, 2);
  set_edge (layout, 2, 1, 4);
  set_edge (layout, 3, 2, 3);
  set_edge (layout, 4, 3, 5);
  set_edge (layout, 5, 4, 5);
  why_layout_run (layout, GAP, LEVEL_GAP);
  assert_drawn (layout);
  g_assert_true ((layout->nodes[1].x < layout->nodes[2].x) == (layout->nodes[4].x < layout->nodes[3].x));
}

/* A shortcut passes beside the blocks that it skips, and what feeds late stands late. */
static void
test_shortcut (void)
{
  g_autoptr (WhyLayout) layout = why_layout_new (6, 6);

  for (guint node = 0; node < 6; node++)
    set_size (layout, node, 120, 40);
  for (guint edge = 0; edge < 3; edge++)
    set_edge (layout, edge, edge, edge + 1);
  set_edge (layout, 3, 0, 3);
  set_edge (layout, 4, 3, 5);
  set_edge (layout, 5, 4, 5);
  why_layout_run (layout, GAP, LEVEL_GAP);
  assert_drawn (layout);
  g_assert_cmpuint (layout->edges[3].n_points, ==, 6);
  g_assert_cmpint (layout->nodes[4].level, ==, 3);
}

static guint32
next (guint32 *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static WhyLayout *
random_layout (guint32 seed, guint n_nodes, guint n_edges)
{
  WhyLayout *layout = why_layout_new (n_nodes, n_edges);

  for (guint node = 0; node < n_nodes; node++)
    set_size (layout, node, 60 + next (&seed) % 120, 30 + next (&seed) % 60);
  for (guint edge = 0; edge < n_edges; edge++)
    {
      const guint to = 1 + next (&seed) % (n_nodes - 1);
      set_edge (layout, edge, to > 12 && next (&seed) % 4 != 0 ? to - 1 - next (&seed) % 12 : next (&seed) % to, to);
    }
  return layout;
}

static void
test_random (void)
{
  for (guint32 seed = 1; seed <= 40; seed++)
    {
      g_autoptr (WhyLayout) layout = random_layout (seed, 2 + seed * 3, seed * 4);
      g_autoptr (WhyLayout) again = random_layout (seed, 2 + seed * 3, seed * 4);
      why_layout_run (layout, GAP, LEVEL_GAP);
      assert_drawn (layout);
      why_layout_run (again, GAP, LEVEL_GAP);
      g_assert_cmpmem (layout->nodes, layout->n_nodes * sizeof *layout->nodes, again->nodes,
                       again->n_nodes * sizeof *again->nodes);
    }
}

/* As DenseNet is connected: each block of two convolutions reads all blocks before it. */
static void
test_dense (void)
{
  static const guint sizes[] = { 6, 12, 24, 16 };
  guint n_nodes = 1;
  gsize n_edges = 0;

  for (guint stage = 0; stage < G_N_ELEMENTS (sizes); stage++)
    {
      n_nodes += 3 * sizes[stage] + 1;
      n_edges += sizes[stage] * (sizes[stage] + 1) / 2 + 2 * sizes[stage] + sizes[stage] + 1;
    }
  g_autoptr (WhyLayout) layout = why_layout_new (n_nodes, n_edges);
  guint node = 0;
  gsize edge = 0;
  for (guint each = 0; each < n_nodes; each++)
    set_size (layout, each, 150, 44);
  for (guint stage = 0; stage < G_N_ELEMENTS (sizes); stage++)
    {
      const guint input = node;
      for (guint block = 0; block < sizes[stage]; block++)
        {
          const guint join = input + 3 * block + 1;
          set_edge (layout, edge++, input, join);
          for (guint before = 0; before < block; before++)
            set_edge (layout, edge++, input + 3 * before + 3, join);
          set_edge (layout, edge++, join, join + 1);
          set_edge (layout, edge++, join + 1, join + 2);
        }
      node = input + 3 * sizes[stage] + 1;
      set_edge (layout, edge++, input, node);
      for (guint block = 0; block < sizes[stage]; block++)
        set_edge (layout, edge++, input + 3 * block + 3, node);
    }
  g_assert_cmpuint (edge, ==, n_edges);
  why_layout_run (layout, GAP, LEVEL_GAP);
  assert_drawn (layout);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/layout/empty", test_empty);
  g_test_add_func ("/layout/chain", test_chain);
  g_test_add_func ("/layout/uncrossed", test_uncrossed);
  g_test_add_func ("/layout/shortcut", test_shortcut);
  g_test_add_func ("/layout/random", test_random);
  g_test_add_func ("/layout/dense", test_dense);
  return g_test_run ();
}
