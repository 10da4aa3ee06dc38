#include "config.h"

#include "base/turn.h"
#include "canvas-render.h"
#include "view.h"

#include <math.h>
#include <string.h>

/* Pictures that lie another way: eight of them, without a display. */

#define WIDTH 5
#define HEIGHT 3

/* ---- arithmetic ---- */

static void
assert_same (const WhyAffine *a, const WhyAffine *b)
{
  const double ones[6] = { a->xx, a->xy, a->yx, a->yy, a->x0, a->y0 };
  const double others[6] = { b->xx, b->xy, b->yx, b->yy, b->x0, b->y0 };

  for (int field = 0; field < 6; field++)
    g_assert_cmpfloat (ones[field], ==, others[field]);
}

/* A turn more is the map of the turn so far and then that of one turn; all small whole numbers, so exactly. */
static void
test_compose (void)
{
  for (WhyTurn turn = 0; turn < WHY_N_TURNS; turn++)
    {
      double width = WIDTH, height = HEIGHT;
      const WhyAffine so_far = why_turn_get_affine (turn, width, height);

      why_turn_size (turn, &width, &height);
      for (int quarters = -5; quarters <= 5; quarters++)
        {
          const WhyAffine more = why_turn_get_affine (quarters & 3, width, height);
          const WhyAffine expected = why_affine_compose (&so_far, &more);
          const WhyAffine found = why_turn_get_affine (why_turn_rotate (turn, quarters), WIDTH, HEIGHT);
          assert_same (&found, &expected);
        }
      const WhyAffine mirror = why_affine_scale_translate (-1, 1, width, 0);
      const WhyAffine expected = why_affine_compose (&so_far, &mirror);
      const WhyAffine found = why_turn_get_affine (why_turn_flip (turn), WIDTH, HEIGHT);
      assert_same (&found, &expected);
      const WhyAffine back = why_turn_get_affine (why_turn_invert (turn), width, height);
      const WhyAffine nothing = why_affine_compose (&so_far, &back);
      const WhyAffine identity = why_affine_identity ();
      assert_same (&nothing, &identity);
    }
  /* Clockwise: what was at the top comes to the right. */
  const WhyAffine quarter = why_turn_get_affine (1, WIDTH, HEIGHT);
  double x = 2.5, y = 0.0;
  why_affine_apply (&quarter, &x, &y);
  g_assert_cmpfloat (x, ==, HEIGHT);
  g_assert_cmpfloat (y, ==, 2.5);
}

static WhyTensor *
make_picture (void)
{
  static const gint64 dims[3] = { HEIGHT, WIDTH, 3 };
  WhyTensor *picture = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  guint8 *bytes = picture->data;

  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      {
        *bytes++ = (guint8) (10 + 40 * column);
        *bytes++ = (guint8) (20 + 60 * row);
        *bytes++ = (guint8) (7 * (row * WIDTH + column));
      }
  return picture;
}

static void
test_pixels (void)
{
  g_autoptr (WhyTensor) picture = make_picture ();
  guint32 pixels[WIDTH * HEIGHT];

  for (guint32 at = 0; at < WIDTH * HEIGHT; at++)
    pixels[at] = at;
  for (WhyTurn turn = 0; turn < WHY_N_TURNS; turn++)
    {
      const WhyAffine affine = why_turn_get_affine (turn, WIDTH, HEIGHT);
      double width = WIDTH, height = HEIGHT;
      guint32 turned[WIDTH * HEIGHT];
      g_autoptr (WhyTensor) shown = why_turn_tensor (turn, picture);

      why_turn_size (turn, &width, &height);
      g_assert_cmpint (shown->dims[0], ==, (gint64) height);
      g_assert_cmpint (shown->dims[1], ==, (gint64) width);
      why_turn_pixels (turn, pixels, WIDTH, HEIGHT, turned);
      for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++)
          {
            double x = column + 0.5, y = row + 0.5;

            why_affine_apply (&affine, &x, &y);
            const gint64 there_x = (gint64) floor (x), there_y = (gint64) floor (y);
            g_assert_cmpuint (turned[there_y * (gint64) width + there_x], ==, (guint32) (row * WIDTH + column));
            const guint8 *bytes = (const guint8 *) shown->data + there_y * shown->strides[0] + there_x * shown->strides[1];
            g_assert_cmpint (bytes[0], ==, 10 + 40 * column);
            g_assert_cmpint (bytes[1], ==, 20 + 60 * row);
          }
    }
}

/* ---- where things are in the widget ---- */

static void
test_view (void)
{
  for (WhyTurn turn = 0; turn < WHY_N_TURNS; turn++)
    {
      WhyView view;
      double x;
      double y;
      double img_x;
      double img_y;
      WhyRect img;
      WhyRect target;

      why_view_init (&view);
      why_view_set_picture (&view, 300, 200);
      why_view_set_size (&view, 500, 400, 1);
      why_view_set_turn (&view, turn);
      /* Shown as a whole, as large as fits. */
      const double expected = why_turn_is_sideways (turn) ? (400 - 48) / 300.0 : (500 - 48) / 300.0;
      g_assert_cmpfloat_with_epsilon (view.zoom, expected, 1e-9);
      const WhyRect all = { 0, 0, 300, 200 };
      const WhyRect shown = why_view_rect_from_image (&view, &all);
      g_assert_cmpfloat_with_epsilon (shown.width, (why_turn_is_sideways (turn) ? 200 : 300) * expected, 1e-9);

      for (int zoomed = 0; zoomed < 3; zoomed++)
        {
          if (zoomed > 0)
            {
              /* The place under the pointer stays there. */
              why_view_to_image (&view, 200, 150, &img_x, &img_y);
              why_view_zoom_at (&view, zoomed * 4.3, 200, 150);
              why_view_from_image (&view, img_x, img_y, &x, &y);
              /* Its corner is on a whole pixel of the screen. */
              g_assert_cmpfloat_with_epsilon (x, 200, 1.0);
              g_assert_cmpfloat_with_epsilon (y, 150, 1.0);
            }
          for (int step = 0; step < 50; step++)
            {
              const double from_x = 17 + 9.3 * step, from_y = 3 + 7.7 * step;

              why_view_to_image (&view, from_x, from_y, &img_x, &img_y);
              why_view_from_image (&view, img_x, img_y, &x, &y);
              g_assert_cmpfloat_with_epsilon (x, from_x, 1e-9);
              g_assert_cmpfloat_with_epsilon (y, from_y, 1e-9);
            }
          g_assert_true (why_view_visible (&view, &img, &target));
          const WhyRect back = why_view_rect_from_image (&view, &img);
          g_assert_cmpfloat_with_epsilon (back.x, target.x, 1e-9);
          g_assert_cmpfloat_with_epsilon (back.y, target.y, 1e-9);
          g_assert_cmpfloat_with_epsilon (back.width, target.width, 1e-9);
          g_assert_cmpfloat_with_epsilon (back.height, target.height, 1e-9);
        }
      /* Dragged to the right, what is shown moves to the right. */
      double before_x;
      double before_y;
      why_view_from_image (&view, 150, 100, &before_x, &before_y);
      why_view_pan (&view, 12, -5);
      why_view_from_image (&view, 150, 100, &x, &y);
      g_assert_cmpfloat_with_epsilon (x - before_x, 12, 1.0);
      g_assert_cmpfloat_with_epsilon (y - before_y, -5, 1.0);
      why_view_show (&view, &(WhyRect) { 100, 50, 60, 30 });
      g_assert_true (why_view_visible (&view, &img, &target));
      /* But for the part of a pixel of the screen that its corner is moved by. */
      const double slack = 1 / view.zoom;
      g_assert_cmpfloat (img.x, <=, 100 + slack);
      g_assert_cmpfloat (img.y, <=, 50 + slack);
      g_assert_cmpfloat (img.x + img.width, >=, 160 - slack);
      g_assert_cmpfloat (img.y + img.height, >=, 80 - slack);
    }
}

/* ---- what is drawn ---- */

static guint32 *
download (GdkTexture *texture)
{
  const int width = gdk_texture_get_width (texture);
  guint32 *pixels = g_new0 (guint32, (gsize) width * (gsize) gdk_texture_get_height (texture));

  gdk_texture_download (texture, (guchar *) pixels, (gsize) width * 4);
  return pixels;
}

static GdkTexture *picture_texture;
static GdkTexture *map_texture;

static void
done_cb (WhyRenderTask *task, gpointer owner)
{
  g_set_object (&picture_texture, task->picture_texture);
  g_set_object (&map_texture, task->map_texture);
  g_object_set_data (owner, "done", GINT_TO_POINTER (1));
}

#define SCALE 8

static void
render (WhyTensor *picture, WhyTensor *map, WhyTurn turn)
{
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  WhyRenderTask *task = why_render_task_new ();

  task->picture = why_tensor_ref (picture);
  task->map = why_tensor_ref (map);
  task->to_source = why_affine_scale_translate (WIDTH / 2.0, HEIGHT / 2.0, 0, 0);
  task->img_width = WIDTH;
  task->img_height = HEIGHT;
  task->img = (WhyRect) { 0, 0, WIDTH, HEIGHT };
  task->width = SCALE * WIDTH;
  task->height = SCALE * HEIGHT;
  task->device_scale = 1;
  task->turn = turn;
  why_overlay_style_init (&task->style, FALSE);
  task->style.kind = WHY_RESAMPLE_NEAREST;
  why_render_task_start (task, done_cb, owner);
  while (g_object_get_data (owner, "done") == NULL)
    g_main_context_iteration (NULL, TRUE);
  /* The task lets go of it after that. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_rendered (void)
{
  static const gint64 dims[2] = { 2, 2 };
  g_autoptr (WhyTensor) picture = make_picture ();
  g_autoptr (WhyTensor) map = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);

  memcpy (map->data, (const float[4]) { 0.1f, 0.4f, 0.7f, 1.0f }, 4 * sizeof (float));
  render (picture, map, 0);
  g_autofree guint32 *straight = download (picture_texture);
  g_autofree guint32 *straight_map = download (map_texture);
  for (WhyTurn turn = 0; turn < WHY_N_TURNS; turn++)
    {
      const WhyAffine affine = why_turn_get_affine (turn, SCALE * WIDTH, SCALE * HEIGHT);

      render (picture, map, turn);
      const int width = gdk_texture_get_width (picture_texture);
      g_assert_cmpint (width, ==, why_turn_is_sideways (turn) ? SCALE * HEIGHT : SCALE * WIDTH);
      g_assert_cmpint (gdk_texture_get_height (picture_texture), ==, why_turn_is_sideways (turn) ? SCALE * WIDTH : SCALE * HEIGHT);
      g_autofree guint32 *turned = download (picture_texture);
      g_autofree guint32 *turned_map = download (map_texture);
      for (int row = 0; row < SCALE * HEIGHT; row++)
        for (int column = 0; column < SCALE * WIDTH; column++)
          {
            double x = column + 0.5, y = row + 0.5;

            why_affine_apply (&affine, &x, &y);
            const gint64 there = (gint64) floor (y) * width + (gint64) floor (x);
            g_assert_cmphex (turned[there], ==, straight[row * SCALE * WIDTH + column]);
            g_assert_cmphex (turned_map[there], ==, straight_map[row * SCALE * WIDTH + column]);
            /* And against the picture itself: the colour of the pixel this one belongs to. */
            g_assert_cmpint ((turned[there] >> 16) & 0xff, ==, 10 + 40 * (column / SCALE));
            g_assert_cmpint ((turned[there] >> 8) & 0xff, ==, 20 + 60 * (row / SCALE));
          }
    }
  g_clear_object (&picture_texture);
  g_clear_object (&map_texture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turn/compose", test_compose);
  g_test_add_func ("/turn/pixels", test_pixels);
  g_test_add_func ("/turn/view", test_view);
  g_test_add_func ("/turn/rendered", test_rendered);
  return g_test_run ();
}
