#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_sandbox_limit:
 * @max_memory: bytes of address space
 *
 * Sets the resource limits and no_new_privs. Before the first byte of the picture is looked at. In a
 * build with AddressSanitizer the address space is not limited, because its shadow needs terabytes.
 */
void why_sandbox_limit (guint64 max_memory);

/** why_sandbox_allow_cpu_ms: lets this process use that much more processor time from now on. */
void why_sandbox_allow_cpu_ms (guint64 milliseconds);

/**
 * why_sandbox_enter:
 *
 * Gives up, for good and for all threads started later: the file system (Landlock, nothing allowed), and
 * every system call that decoding does not need (seccomp): no open, socket, exec, ptrace, kill of
 * others, new process. Refused calls return EPERM. Where the kernel or the build lacks one of the two it goes
 * on with the other and says so on standard error.
 *
 * Returns: how many of the two are in force
 */
int why_sandbox_enter (void);

G_END_DECLS
