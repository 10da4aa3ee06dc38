#pragma once

#include "service/runner.h"
#include "worker.h"

G_BEGIN_DECLS

/** why_runner_loader: Returns: (transfer none): the thread that reads files; its views are those of the runner */
WhyWorker *why_runner_loader (WhyRunner *runner);

G_END_DECLS
