#include "config.h"

#include "service/network.h"

#include "model-private.h"

/* The network of a model, kept with it, and its layers with what else it computes. */

/* ---- one for all who ask ---- */

static GQuark
network_quark (void)
{
  return g_quark_from_static_string ("why-network");
}

static GQuark
waiting_quark (void)
{
  return g_quark_from_static_string ("why-network-waiting");
}

static void
make_in_thread (GTask *task, gpointer model, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  WhyNetwork *network = why_network_new (model, &error);

  if (network != NULL)
    g_task_return_pointer (task, network, (GDestroyNotify) why_network_unref);
  else
    g_task_return_error (task, error);
}

static void
return_network (GTask *task, WhyNetwork *network)
{
  g_task_return_pointer (task, why_network_ref (network), (GDestroyNotify) why_network_unref);
}

static void
on_made_cb (GObject *model, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyNetwork) network = g_task_propagate_pointer (G_TASK (result), &error);
  g_autoptr (GPtrArray) waiting = g_object_steal_qdata (model, waiting_quark ());

  if (network != NULL)
    g_object_set_qdata_full (model, network_quark (), why_network_ref (network), (GDestroyNotify) why_network_unref);
  for (guint index = 0; index < waiting->len; index++)
    {
      if (network != NULL)
        return_network (g_ptr_array_index (waiting, index), network);
      else
        g_task_return_error (g_ptr_array_index (waiting, index), g_error_copy (error));
    }
}

void
why_network_of_model_async (WhyModel *model, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (WHY_IS_MODEL (model));
  g_autoptr (GTask) task = g_task_new (model, cancellable, callback, data);
  WhyNetwork *network = g_object_get_qdata (G_OBJECT (model), network_quark ());
  GPtrArray *waiting = g_object_get_qdata (G_OBJECT (model), waiting_quark ());

  g_task_set_source_tag (task, why_network_of_model_async);
  if (network != NULL)
    {
      return_network (task, network);
      return;
    }
  if (waiting == NULL)
    {
      g_autoptr (GTask) making = g_task_new (model, NULL, on_made_cb, NULL);
      waiting = g_ptr_array_new_with_free_func (g_object_unref);
      g_object_set_qdata_full (G_OBJECT (model), waiting_quark (), waiting, (GDestroyNotify) g_ptr_array_unref);
      g_task_run_in_thread (making, make_in_thread);
    }
  g_ptr_array_add (waiting, g_steal_pointer (&task));
}

WhyNetwork *
why_network_of_model_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (G_IS_TASK (result), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- layers, and what has no map ---- */

/* Blocks without a layer up to (not with) block @end. */
static void
add_blocks (const WhyNetwork *network, GListStore *list, gsize *next, gsize end)
{
  for (; *next < end; (*next)++)
    {
      const WhyBlock *block = &network->blocks[*next];
      if (block->layer != NULL || block->kind == WHY_BLOCK_INPUT || block->kind == WHY_BLOCK_OUTPUT)
        continue;
      g_autoptr (WhyLayerItem) item =
        why_layer_item_new_without_map (block->tensor, block->ops, block->shape, block->reason);
      g_list_store_append (list, item);
    }
}

GListModel *
why_network_list_layers (const WhyNetwork *network, GListModel *layers)
{
  GListStore *list = g_list_store_new (WHY_TYPE_LAYER_ITEM);
  g_autoptr (GHashTable) block_of = g_hash_table_new (g_str_hash, g_str_equal);
  gsize next = 0;

  for (gsize block = 0; block < network->n_blocks; block++)
    for (gsize tensor = 0; network->blocks[block].tensors[tensor] != NULL; tensor++)
      g_hash_table_insert (block_of, network->blocks[block].tensors[tensor], GSIZE_TO_POINTER (block));
  for (guint index = 0; index < g_list_model_get_n_items (layers); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      const gpointer block = g_hash_table_lookup (block_of, why_layer_item_get_name (item));
      add_blocks (network, list, &next, GPOINTER_TO_SIZE (block));
      g_list_store_append (list, item);
    }
  add_blocks (network, list, &next, network->n_blocks);
  return G_LIST_MODEL (list);
}
