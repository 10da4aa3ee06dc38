#include "config.h"

#include "base/project.h"

#include <math.h>

/* Not-a-number compares as false, so it never wins. */
static inline float
higher (float best, float value)
{
  return value > best ? value : best;
}

static inline float
farther (float best, float value)
{
  return fabsf (value) > fabsf (best) ? value : best;
}

/* One row of the volume into the rows of the two projections that it is part of. Returns: what is seen along it. */
static float
project_row (const float *restrict row, gsize width, float *restrict down, float *restrict across, float start)
{
  float along = start;

  for (gsize w = 0; w < width; w++)
    {
      down[w] = higher (down[w], row[w]);
      across[w] = higher (across[w], row[w]);
      along = higher (along, row[w]);
    }
  return along;
}

static float
project_signed_row (const float *restrict row, gsize width, float *restrict down, float *restrict across)
{
  float along = 0.0f;

  for (gsize w = 0; w < width; w++)
    {
      down[w] = farther (down[w], row[w]);
      across[w] = farther (across[w], row[w]);
      along = farther (along, row[w]);
    }
  return along;
}

static void
fill (WhyTensor *tensor, float value)
{
  float *values = tensor->data;
  const gsize count = why_tensor_count (tensor);

  for (gsize at = 0; at < count; at++)
    values[at] = value;
}

static void
replace_nothing (WhyTensor *tensor)
{
  float *values = tensor->data;
  const gsize count = why_tensor_count (tensor);

  for (gsize at = 0; at < count; at++)
    {
      if (values[at] == -INFINITY)
        values[at] = 0.0f;
    }
}

gboolean
why_project_volume (const WhyTensor *volume, gboolean signed_values, WhyTensor **projections, GError **error)
{
  g_return_val_if_fail (volume->dtype == WHY_DTYPE_FLOAT32 && volume->rank >= 3 && why_tensor_is_dense (volume), FALSE);
  g_return_val_if_fail (volume->rank == 3 || (volume->rank == 4 && volume->dims[3] == 1), FALSE);

  const gint64 depth = volume->dims[0], height = volume->dims[1], width = volume->dims[2];
  const gint64 dims[3][2] = { { height, width }, { depth, width }, { depth, height } };
  const float *values = volume->data;

  for (int axis = 0; axis < 3; axis++)
    {
      projections[axis] = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims[axis], error);
      if (projections[axis] == NULL)
        {
          while (axis-- > 0)
            g_clear_pointer (&projections[axis], why_tensor_unref);
          return FALSE;
        }
      fill (projections[axis], signed_values ? 0.0f : -INFINITY);
    }
  float *along_depth = projections[0]->data, *along_height = projections[1]->data, *along_width = projections[2]->data;
  for (gint64 d = 0; d < depth; d++)
    for (gint64 h = 0; h < height; h++)
      {
        const float *row = values + (d * height + h) * width;
        float *down = along_depth + h * width;
        float *across = along_height + d * width;

        along_width[d * height + h] = signed_values ? project_signed_row (row, (gsize) width, down, across)
                                                    : project_row (row, (gsize) width, down, across, -INFINITY);
      }
  for (int axis = 0; axis < 3 && !signed_values; axis++)
    replace_nothing (projections[axis]);
  return TRUE;
}
