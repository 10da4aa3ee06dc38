#include "config.h"

#include "random-net.h"

/* A growing list of values N x C x H x W; each new node reads old ones, mostly late ones, so that
 * there are both chains to fuse and values that many read. */

#define VALUES_MAX 64

typedef struct
{
  int n, c, h, w;
} Dims;

typedef struct
{
  GString *text;
  GRand *rand;
  Dims dims[VALUES_MAX];
  int n_values;
  int n_names;
} Maker;

static int
pick (Maker *maker, int below)
{
  return (int) g_rand_int_range (maker->rand, 0, below);
}

/* An old value: half of the time the last one. */
static int
old_value (Maker *maker)
{
  return pick (maker, 2) == 0 ? maker->n_values - 1 : pick (maker, maker->n_values);
}

static int
add_value (Maker *maker, Dims dims)
{
  maker->dims[maker->n_values] = dims;
  return maker->n_values++;
}

static void
conv (Maker *maker, int x)
{
  static const int channels[] = { 2, 4, 8, 16 };
  Dims d = maker->dims[x];
  int kernel = d.h >= 3 && d.w >= 3 && pick (maker, 2) == 0 ? 3 : 1,
      stride = d.h > 4 && d.w > 4 && pick (maker, 4) == 0 ? 2 : 1;
  gboolean depthwise = pick (maker, 4) == 0, padded = pick (maker, 3) > 0;
  int out = depthwise ? d.c : channels[pick (maker, G_N_ELEMENTS (channels))],
      pad = kernel == 3 && padded ? 1 : 0;
  int name = maker->n_names++;
  Dims y = { d.n, out, (d.h + 2 * pad - kernel) / stride + 1,
             (d.w + 2 * pad - kernel) / stride + 1 };

  g_string_append_printf (maker->text, "w k%d %d,%d,%d,%d 0.5; w b%d %d; ", name, out,
                          depthwise ? 1 : d.c, kernel, kernel, name, out);
  g_string_append_printf (
    maker->text, "Conv v%d,k%d%s v%d group=%d strides=[%d,%d] pads=[%d,%d,%d,%d]; ", x, name, "",
    add_value (maker, y), depthwise ? d.c : 1, stride, stride, pad, pad, pad, pad);
}

static void
norm (Maker *maker, int x)
{
  int name = maker->n_names++, c = maker->dims[x].c;
  g_string_append_printf (maker->text, "w s%d %d; w t%d %d; w m%d %d; p p%d %d; ", name, c, name, c,
                          name, c, name, c);
  g_string_append_printf (maker->text, "BatchNormalization v%d,s%d,t%d,m%d,p%d v%d; ", x, name,
                          name, name, name, add_value (maker, maker->dims[x]));
}

static void
unary (Maker *maker, int x)
{
  static const char *const types[] = { "Relu",      "Sigmoid", "Tanh", "HardSwish",
                                       "LeakyRelu", "Neg",     "Abs",  "Relu" };
  g_string_append_printf (maker->text, "%s v%d v%d; ", types[pick (maker, G_N_ELEMENTS (types))], x,
                          add_value (maker, maker->dims[x]));
}

static int
same_dims (Maker *maker, int x)
{
  const Dims *d = &maker->dims[x];
  for (int tries = 0; tries < 8; tries++)
    {
      int other = pick (maker, maker->n_values);
      const Dims *e = &maker->dims[other];
      if (e->n == d->n && e->c == d->c && e->h == d->h && e->w == d->w)
        return other;
    }
  return x;
}

static void
binary (Maker *maker, int x)
{
  static const char *const types[] = { "Add", "Add", "Sub", "Mul", "Max" };
  int z = same_dims (maker, x);
  const char *type = types[pick (maker, G_N_ELEMENTS (types))];
  if (pick (maker, 2) == 0)
    g_string_append_printf (maker->text, "%s v%d,v%d v%d; ", type, x, z,
                            add_value (maker, maker->dims[x]));
  else
    g_string_append_printf (maker->text, "%s v%d,v%d v%d; ", type, z, x,
                            add_value (maker, maker->dims[x]));
}

static void
constant (Maker *maker, int x)
{
  int name = maker->n_names++;
  const Dims *d = &maker->dims[x];
  switch (pick (maker, 3))
    {
    case 0:
      g_string_append_printf (maker->text, "w c%d %d,1,1; ", name, d->c);
      break;
    case 1:
      g_string_append_printf (maker->text, "w c%d 1,1,%d,%d; ", name, d->h, d->w);
      break;
    default:
      g_string_append_printf (maker->text, "f c%d - 0.5; ", name);
      break;
    }
  g_string_append_printf (maker->text, "%s v%d,c%d v%d; ", pick (maker, 2) == 0 ? "Mul" : "Add", x,
                          name, add_value (maker, *d));
}

/* Squeeze and excitation: channels weighted by a function of their means. */
static void
gate (Maker *maker, int x)
{
  Dims d = maker->dims[x], small = { d.n, d.c, 1, 1 };
  int name = maker->n_names++;
  g_string_append_printf (maker->text, "w k%d %d,%d,1,1; ", name, d.c, d.c);
  int mean = add_value (maker, small), mixed = add_value (maker, small),
      share = add_value (maker, small);
  g_string_append_printf (maker->text,
                          "GlobalAveragePool v%d v%d; Conv v%d,k%d v%d; Sigmoid v%d v%d; ", x, mean,
                          mean, name, mixed, mixed, share);
  g_string_append_printf (maker->text, "Mul v%d,v%d v%d; ", x, share, add_value (maker, d));
}

static void
pool (Maker *maker, int x)
{
  Dims d = maker->dims[x];
  if (d.h < 2 || d.w < 2)
    {
      unary (maker, x);
      return;
    }
  Dims y = { d.n, d.c, d.h / 2, d.w / 2 };
  g_string_append_printf (maker->text, "%s v%d v%d kernel_shape=[2,2] strides=[2,2]; ",
                          pick (maker, 2) == 0 ? "MaxPool" : "AveragePool", x,
                          add_value (maker, y));
}

static void
join (Maker *maker, int x)
{
  int z = same_dims (maker, x);
  Dims y = maker->dims[x];
  y.c += maker->dims[z].c;
  if (y.c > 64)
    binary (maker, x);
  else
    g_string_append_printf (maker->text, "Concat v%d,v%d v%d axis=1; ", x, z, add_value (maker, y));
}

static void
cut (Maker *maker, int x)
{
  Dims y = maker->dims[x];
  if (y.c % 2 != 0)
    {
      unary (maker, x);
      return;
    }
  y.c /= 2;
  int first = add_value (maker, y), second = add_value (maker, y);
  if (pick (maker, 2) == 0)
    g_string_append_printf (maker->text, "Split v%d v%d,v%d axis=1; ", x, first, second);
  else
    {
      int name = maker->n_names++;
      g_string_append_printf (maker->text, "i i%d 0; i j%d %d; i e%d %d; i a%d 1; ", name, name,
                              y.c, name, 2 * y.c, name);
      g_string_append_printf (maker->text, "Slice v%d,i%d,j%d,a%d v%d; Slice v%d,j%d,e%d,a%d v%d; ",
                              x, name, name, name, first, x, name, name, name, second);
    }
}

/* Through other orders and shapes and back again. */
static void
detour (Maker *maker, int x)
{
  const Dims d = maker->dims[x];
  int name = maker->n_names++, y;
  switch (pick (maker, 3))
    {
    case 0:
      g_string_append_printf (maker->text, "Transpose v%d t%d perm=[0,2,3,1]; Tanh t%d u%d; ", x,
                              name, name, name);
      y = add_value (maker, d);
      g_string_append_printf (maker->text, "Transpose u%d v%d perm=[0,3,1,2]; ", name, y);
      break;
    case 1:
      g_string_append_printf (maker->text, "i r%d %d,%d,%d; i q%d %d,%d,%d,%d; ", name, d.n, d.c,
                              d.h * d.w, name, d.n, d.c, d.h, d.w);
      g_string_append_printf (maker->text, "Reshape v%d,r%d t%d; Softmax t%d u%d axis=1; ", x, name,
                              name, name, name);
      y = add_value (maker, d);
      g_string_append_printf (maker->text, "Reshape u%d,q%d v%d; ", name, name, y);
      break;
    default:
      g_string_append_printf (maker->text, "ReduceMean v%d t%d axes=[1]; ", x, name);
      y = add_value (maker, d);
      g_string_append_printf (maker->text, "Sub v%d,t%d v%d; ", x, name, y);
      break;
    }
}

char *
random_net (guint32 seed)
{
  typedef void (*Step) (Maker *, int);
  static const Step steps[] = { conv,   conv,     conv, norm, norm, unary, unary, binary,
                                binary, constant, gate, pool, join, cut,   detour };
  Maker maker = { .text = g_string_new ("in v0 "), .rand = g_rand_new_with_seed (seed) };
  Dims picture = { 1 + pick (&maker, 2), 3, 5 + pick (&maker, 5), 5 + pick (&maker, 5) };
  int length = 3 + pick (&maker, 14);

  g_string_append_printf (maker.text, "%d,%d,%d,%d; ", picture.n, picture.c, picture.h, picture.w);
  add_value (&maker, picture);
  conv (&maker, 0);
  for (int step = 0; step < length && maker.n_values + 4 < VALUES_MAX; step++)
    steps[pick (&maker, G_N_ELEMENTS (steps))](&maker, old_value (&maker));
  g_string_append_printf (maker.text, "out v%d; ", maker.n_values - 1);
  if (pick (&maker, 2) == 0)
    g_string_append_printf (maker.text, "out v%d", 1 + pick (&maker, maker.n_values - 1));
  g_rand_free (maker.rand);
  return g_string_free (maker.text, FALSE);
}
