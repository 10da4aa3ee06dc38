#pragma once

#include "base/cancel.h"
#include "base/loader-protocol.h"

G_BEGIN_DECLS

/* One loader process and the socket to it. Not thread-safe: source.c holds its mutex. */
typedef struct
{
  pid_t pid;       /* 0: none */
  int socket;      /* -1: none */
  guint64 serial;  /* of the last request */
  char *name;      /* of the file, for messages */
  int exit_status; /* as of waitpid(), once it has died */
} WhyLoaderClient;

/* Starts the program; nothing is sent yet. */
gboolean why_loader_client_start (WhyLoaderClient *client, const char *name, GError **error);

/* Ends the program, if there is one, and forgets it. Never blocks for long: SIGKILL. */
void why_loader_client_stop (WhyLoaderClient *client);

/**
 * why_loader_client_call:
 * @request: serial, magic and version are filled in here
 * @attached: a descriptor to send along, or -1
 * @received: (out): the descriptor that came with the answer, or -1
 *
 * Sends a request and waits for its answer, skipping answers to requests that were given up. A loader
 * that dies, hangs past @timeout_ms or answers nonsense is ended and the error says so. Being
 * cancelled leaves the loader running if @kind is READ.
 *
 * Returns: whether @reply holds an answer with status OK; other statuses become errors.
 */
gboolean why_loader_client_call (WhyLoaderClient *client,
                                 WhyLoaderRequest *request,
                                 int attached,
                                 guint timeout_ms,
                                 WhyCancel *cancel,
                                 WhyLoaderReply *reply,
                                 int *received,
                                 GError **error);

/* Ends the program because @what of its answer is impossible; sets the error; returns FALSE. */
gboolean why_loader_client_reject (WhyLoaderClient *client, const char *what, GError **error);

/* Text of an untrusted process on its way to the screen: UTF-8, no control characters, bounded. */
char *why_loader_client_clean_text (const char *text, gsize size) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
