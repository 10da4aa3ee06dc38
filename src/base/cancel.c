#include "config.h"

#include "base/cancel.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>

struct _WhyCancel
{
  _Atomic int ref_count;
  atomic_bool set;
};

WhyCancel *
why_cancel_new (void)
{
  WhyCancel *cancel = g_new0 (WhyCancel, 1);
  atomic_init (&cancel->ref_count, 1);
  atomic_init (&cancel->set, false);
  return cancel;
}

WhyCancel *
why_cancel_ref (WhyCancel *cancel)
{
  atomic_fetch_add_explicit (&cancel->ref_count, 1, memory_order_relaxed);
  return cancel;
}

void
why_cancel_unref (WhyCancel *cancel)
{
  if (cancel != NULL &&
      atomic_fetch_sub_explicit (&cancel->ref_count, 1, memory_order_acq_rel) == 1)
    g_free (cancel);
}

void
why_cancel_set (WhyCancel *cancel)
{
  if (cancel != NULL)
    atomic_store_explicit (&cancel->set, true, memory_order_release);
}

gboolean
why_cancel_is_set (const WhyCancel *cancel)
{
  return cancel != NULL &&
         atomic_load_explicit (&((WhyCancel *) cancel)->set, memory_order_acquire);
}

gboolean
why_cancel_check (const WhyCancel *cancel, GError **error)
{
  if (!why_cancel_is_set (cancel))
    return TRUE;
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "Stopped on request");
  return FALSE;
}
