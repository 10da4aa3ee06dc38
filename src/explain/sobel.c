#include "config.h"

#include "methods.h"

#include <math.h>

/* A control: edges of the prepared picture, without any network. Sobel's operator along each axis
 * (difference of the neighbours, smoothed 1 2 1 across), edges of the picture repeated; the map is
 * the length of this gradient, averaged over channels. A map that looks like this one may be an
 * edge detector: Adebayo et al., NeurIPS 2018. */

typedef struct
{
  gint64 dims[3];
  int n;
} Space;

static double
sobel_at (const float *values, const Space *space, const gint64 *at, int along)
{
  double sum = 0;
  int n_taps = 1;

  for (int axis = 0; axis < space->n; axis++)
    n_taps *= 3;
  for (int tap = 0; tap < n_taps; tap++)
    {
      double weight = 1;
      gint64 place = 0;
      for (int axis = 0, rest = tap; axis < space->n; axis++, rest /= 3)
        {
          const int offset = rest % 3 - 1;
          weight *= axis == along ? offset : 2 - ABS (offset);
          place = place * space->dims[axis] +
                  CLAMP (at[axis] + offset, (gint64) 0, space->dims[axis] - 1);
        }
      if (weight != 0)
        sum += weight * (double) values[place];
    }
  return sum;
}

static double
length_at (const float *values, const Space *space, gsize position)
{
  gint64 at[3] = { 0 };
  double squares = 0;

  for (int axis = space->n; axis-- > 0; position /= (gsize) space->dims[axis])
    at[axis] = (gint64) (position % (gsize) space->dims[axis]);
  for (int axis = 0; axis < space->n; axis++)
    {
      const double slope = sobel_at (values, space, at, axis);
      squares += slope * slope;
    }
  return sqrt (squares);
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const WhyTensor *input = job->input;
  WhyExplainRequest on_input = *request;
  WhyTensor *map = why_tensor_new (WHY_DTYPE_FLOAT32, input->rank - 2, input->dims + 2, error);
  Space space = { .n = input->rank - 2 };
  const gsize count = map != NULL ? why_tensor_count (map) : 0;

  for (int axis = 0; axis < space.n; axis++)
    space.dims[axis] = input->dims[axis + 2];
  for (gsize at = 0; at < count; at++)
    {
      double sum = 0;
      for (gint64 c = 0; c < input->dims[1]; c++)
        sum += length_at ((const float *) input->data + (gsize) c * count, &space, at);
      ((float *) map->data)[at] = (float) (sum / (double) input->dims[1]);
    }
  on_input.layer = NULL;
  return map != NULL ? why_method_new_map (&on_input, job, map, 0) : NULL;
}

const WhyExplainerClass why_sobel = {
  .id = "sobel",
  .title = N_ ("Edges of the picture (control)"),
  .paper = "Sobel and Feldman, 1968",
  .about =
    N_ ("Edges, found without the network: what a map looks like that only follows outlines."),
  .needs = WHY_NEEDS_NO_CLASS | WHY_IS_CONTROL,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .run = run,
};
