#pragma once

#include "service/runner.h"
#include "worker.h"

G_BEGIN_DECLS

/** why_runner_loader: Returns: (transfer none): the thread that reads files; its views are those of the runner */
WhyWorker *why_runner_loader (WhyRunner *runner);

/** why_runner_measurer: Returns: (transfer none): the thread for small work on maps, done while a long method runs; likewise */
WhyWorker *why_runner_measurer (WhyRunner *runner);

G_END_DECLS
