#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* KPCA-CAM: Karmani et al., arXiv 2410.00267: the first component of kernel PCA of the layer's
 * centred activations, one row a position. With n positions a matrix of n x n kernel values is
 * decomposed; the map is the first eigenvector of the centred matrix times the root of its
 * eigenvalue. The kernels are scikit-learn's: sigmoid tanh (gamma x y + 1), radial exp (-gamma |x -
 * y|^2); gamma is one over the number of channels unless stated. */

/* The decomposition takes the third power of the number of positions: this is some seconds. */
#define POSITIONS_MAX 4096

static gboolean
check_size (const WhyWalk *walk, GError **error)
{
  if (walk->positions <= POSITIONS_MAX)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
               "KPCA-CAM compares all positions of the layer with each other: it takes at most %d "
               "positions, here are %" G_GSIZE_FORMAT ". Choose a later layer, or eigencam",
               POSITIONS_MAX, walk->positions);
  return FALSE;
}

static void
centre_rows (double *rows, gsize n, gsize n_columns)
{
  for (gsize c = 0; c < n_columns; c++)
    {
      double sum = 0;
      for (gsize at = 0; at < n; at++)
        sum += rows[at * n_columns + c];
      for (gsize at = 0; at < n; at++)
        rows[at * n_columns + c] -= sum / (double) n;
    }
}

/* @products: x y of all pairs, upper triangle; becomes the full centred kernel matrix. */
static void
make_kernel (double *products, gsize n, double gamma, gboolean radial)
{
  g_autofree double *squares = g_new (double, MAX (n, 1)), *means = g_new0 (double, MAX (n, 1));
  double mean = 0;

  for (gsize row = 0; row < n; row++)
    squares[row] = products[row * n + row];
  for (gsize row = 0; row < n; row++)
    for (gsize column = row; column < n; column++)
      {
        const double product = products[row * n + column];
        const double value =
          radial ? exp (-gamma * fmax (squares[row] + squares[column] - 2 * product, 0))
                 : tanh (gamma * product + 1);
        products[row * n + column] = products[column * n + row] = value;
      }
  for (gsize row = 0; row < n; row++)
    {
      for (gsize column = 0; column < n; column++)
        means[row] += products[row * n + column] / (double) n;
      mean += means[row] / (double) n;
    }
  for (gsize row = 0; row < n; row++)
    for (gsize column = 0; column < n; column++)
      products[row * n + column] += mean - means[row] - means[column];
}

static WhyTensor *
combine (const WhyExplainRequest *request,
         const WhyTensor *activation,
         const WhyTensor *gradient,
         GError **error)
{
  const WhyWalk walk = why_walk (activation);
  const gsize n = walk.positions;
  const gboolean radial = strcmp (why_option_choice (request, "kernel"), "radial") == 0;
  double gamma = why_option_real (request, "gamma"), value = 0;

  if (!check_size (&walk, error))
    return NULL;
  if (gamma == 0)
    gamma = 1.0 / (double) MAX (walk.channels, 1);
  g_autofree double *rows = why_method_rows (activation);
  g_autofree double *kernel = g_new0 (double, MAX (n * n, 1)),
                    *vector = g_new0 (double, MAX (n, 1));
  centre_rows (rows, n, walk.channels);
  cblas_dsyrk (CblasRowMajor, CblasUpper, CblasNoTrans, (int) n, (int) walk.channels, 1, rows,
               (int) walk.channels, 0, kernel, (int) n);
  make_kernel (kernel, n, gamma, radial);
  if (!why_method_top_eigenvector (kernel, n, vector, &value, error))
    return NULL;
  gsize most = 0;
  for (gsize at = 1; at < n; at++)
    most = fabs (vector[at]) > fabs (vector[most]) * (1 + 1e-9) ? at : most;
  const double factor = (vector[most] < 0 ? -1 : 1) * sqrt (fmax (value, 0));
  for (gsize at = 0; at < n; at++)
    vector[at] *= factor;
  return why_method_new_values (activation, vector, error);
}

static const char *const kernels[] = { "sigmoid", "radial", NULL };

static const WhyOptionClass options[] = {
  {
    .id = "kernel",
    .title = N_ ("Kernel"),
    .kind = WHY_OPTION_CHOICE,
    .choices = kernels,
  },
  {
    .id = "gamma",
    .title = N_ ("Kernel's width; 0: one over the number of channels"),
    .kind = WHY_OPTION_REAL,
    .minimum = 0,
    .maximum = 1e6,
  },
};

const WhyExplainerClass why_kpcacam = {
  .id = "kpca-cam",
  .title = N_ ("KPCA-CAM"),
  .paper = "Karmani et al., arXiv 2410.00267, 2024",
  .about = N_ ("Eigen-CAM with a kernel: the strongest pattern, also a curved one."),
  .note = N_ ("The sign of a principal component is free: the value of largest magnitude is made "
              "positive."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_NO_CLASS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .combine = combine,
};
