#pragma once

#include "service/document.h"
#include "service/network.h"

G_BEGIN_DECLS

/**
 * WhyNetworkExport:
 *
 * All that goes into a file of the graph: the network, the maps of its layers as they are drawn, what is explained. Immutable.
 */
typedef struct _WhyNetworkExport WhyNetworkExport;

/** why_network_export_new: @network: of the document's model. Main thread. */
WhyNetworkExport *why_network_export_new (WhyDocument *document, WhyNetwork *network, const WhyExportOptions *options)
  G_GNUC_WARN_UNUSED_RESULT;
void why_network_export_free (WhyNetworkExport *self);

/** why_network_export_write: see why_network_figure_write(). Any thread. */
gboolean why_network_export_write (const WhyNetworkExport *self, const char *path, const WhyCancel *cancel,
                                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyNetworkExport, why_network_export_free)

G_END_DECLS
