#include "config.h"

#include "json.h"

#include "cli.h"

void
cli_json_dims (JsonBuilder *builder, const char *name, int rank, const gint64 *dims)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (int axis = 0; axis < rank; axis++)
    json_builder_add_int_value (builder, dims[axis]);
  json_builder_end_array (builder);
}

void
cli_json_top (JsonBuilder *builder, WhyModel *model, const WhyTensor *probabilities, const WhyTensor *logits, int n_wanted)
{
  int n;
  g_autofree int *top = cli_top_classes (probabilities, n_wanted, &n);

  json_builder_set_member_name (builder, "top");
  json_builder_begin_array (builder);
  for (int place = 0; place < n; place++)
    {
      json_builder_begin_object (builder);
      why_json_add_int (builder, "class", top[place]);
      why_json_add_string (builder, "label", why_model_get_class_label (model, top[place]));
      why_json_add_double (builder, "probability", why_tensor_get_f64 (probabilities, (gsize) top[place]));
      why_json_add_double (builder, "logit", why_tensor_get_f64 (logits, (gsize) top[place]));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

void
cli_json_print (JsonBuilder *builder)
{
  g_autofree char *text = why_json_finish (builder);

  g_print ("%s\n", text);
}
