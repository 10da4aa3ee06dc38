#include "config.h"

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <linux/landlock.h>
#include <seccomp.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define WHY_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WHY_HAS_ASAN 1
#endif
#endif

static void
set_limit (int resource, const char *what, guint64 soft, guint64 hard)
{
  struct rlimit now;
  struct rlimit wanted = { .rlim_cur = soft, .rlim_max = hard };

  /* Never above what we were given. */
  if (getrlimit (resource, &now) == 0)
    {
      wanted.rlim_max = MIN (wanted.rlim_max, now.rlim_max);
      wanted.rlim_cur = MIN (wanted.rlim_cur, wanted.rlim_max);
    }
  if (setrlimit (resource, &wanted) != 0)
    fprintf (stderr, "whylight-loader: cannot limit %s: %s\n", what, strerror (errno));
}

void
why_sandbox_limit (guint64 max_memory)
{
  set_limit (RLIMIT_CORE, "core dumps", 0, 0);
  set_limit (RLIMIT_NOFILE, "open files", 64, 64);
  /* Memory files count as files; a signal for the limit would look like a crash. */
  set_limit (RLIMIT_FSIZE, "file size", max_memory, max_memory);
  signal (SIGXFSZ, SIG_IGN);
#ifndef WHY_HAS_ASAN
  set_limit (RLIMIT_AS, "address space", max_memory, max_memory);
#endif
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    fprintf (stderr, "whylight-loader: no_new_privs: %s\n", strerror (errno));
  /* Nobody but root may look into this process or attach to it. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void
why_sandbox_allow_cpu_ms (guint64 milliseconds)
{
  struct rusage used;
  struct rlimit limit;

  if (getrusage (RUSAGE_SELF, &used) != 0 || getrlimit (RLIMIT_CPU, &limit) != 0)
    return;
  const guint64 seconds = (guint64) used.ru_utime.tv_sec + (guint64) used.ru_stime.tv_sec + milliseconds / 1000 + 2;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? seconds : MIN (seconds, limit.rlim_max);
  setrlimit (RLIMIT_CPU, &limit);
}

#ifdef HAVE_SECCOMP

/* struct landlock_ruleset_attr as of ABI 6; Debian 12's header knows the first member only. The kernel
 * takes the size it is told, so older ABIs get less. */
typedef struct
{
  guint64 handled_access_fs;
  guint64 handled_access_net;
  guint64 scoped;
} LandlockRules;

static gboolean
enter_landlock (void)
{
  const long abi = syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  LandlockRules rules = { 0 };
  gsize size = sizeof rules.handled_access_fs;

  if (abi < 1)
    {
      fprintf (stderr, "whylight-loader: this kernel has no Landlock: %s\n", strerror (errno));
      return FALSE;
    }
  /* 13 rights to begin with (execute ... make symlink), then one each with ABI 2, 3 and 5. */
  rules.handled_access_fs = (G_GUINT64_CONSTANT (1) << 13) - 1;
  if (abi >= 2)
    rules.handled_access_fs |= G_GUINT64_CONSTANT (1) << 13; /* refer */
  if (abi >= 3)
    rules.handled_access_fs |= G_GUINT64_CONSTANT (1) << 14; /* truncate */
  if (abi >= 5)
    rules.handled_access_fs |= G_GUINT64_CONSTANT (1) << 15; /* device ioctl */
  if (abi >= 4)
    {
      rules.handled_access_net = 3; /* bind and connect TCP */
      size = 2 * sizeof (guint64);
    }
  if (abi >= 6)
    {
      rules.scoped = 3; /* abstract sockets and signals out of this domain */
      size = 3 * sizeof (guint64);
    }

  const int ruleset = (int) syscall (SYS_landlock_create_ruleset, &rules, size, 0);
  if (ruleset < 0)
    {
      fprintf (stderr, "whylight-loader: Landlock: %s\n", strerror (errno));
      return FALSE;
    }
  /* No rule is added: nothing of the file system is allowed. */
  const gboolean entered = syscall (SYS_landlock_restrict_self, ruleset, 0) == 0;
  if (!entered)
    fprintf (stderr, "whylight-loader: Landlock: %s\n", strerror (errno));
  close (ruleset);
  return entered;
}

/* Allowed whatever their arguments. Read, memory, threads, time; nothing that takes a path. */
static const int allowed_calls[] = {
  SCMP_SYS (read), SCMP_SYS (pread64), SCMP_SYS (readv), SCMP_SYS (lseek), SCMP_SYS (fstat),
  SCMP_SYS (close), SCMP_SYS (dup), SCMP_SYS (ftruncate), SCMP_SYS (memfd_create),
  SCMP_SYS (munmap), SCMP_SYS (mremap), SCMP_SYS (brk), SCMP_SYS (madvise),
  SCMP_SYS (futex), SCMP_SYS (set_robust_list), SCMP_SYS (rseq), SCMP_SYS (sched_yield),
  SCMP_SYS (sched_getaffinity), SCMP_SYS (getcpu),
  SCMP_SYS (rt_sigaction), SCMP_SYS (rt_sigprocmask), SCMP_SYS (rt_sigreturn), SCMP_SYS (sigaltstack),
  SCMP_SYS (restart_syscall), SCMP_SYS (getpid), SCMP_SYS (gettid), SCMP_SYS (getrusage), SCMP_SYS (sysinfo),
  SCMP_SYS (clock_gettime), SCMP_SYS (clock_getres), SCMP_SYS (clock_nanosleep), SCMP_SYS (nanosleep),
  SCMP_SYS (gettimeofday), SCMP_SYS (getrandom), SCMP_SYS (poll), SCMP_SYS (ppoll),
  SCMP_SYS (recvmsg), SCMP_SYS (recvfrom), SCMP_SYS (sendmsg), SCMP_SYS (exit), SCMP_SYS (exit_group),
};

static const int allowed_fcntl[] = {
  F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_DUPFD, F_ADD_SEALS, F_GET_SEALS,
};

static int
add_rules (scmp_filter_ctx filter)
{
  int failure = 0;

  for (gsize c = 0; failure == 0 && c < G_N_ELEMENTS (allowed_calls); c++)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, allowed_calls[c], 0);
  for (gsize c = 0; failure == 0 && c < G_N_ELEMENTS (allowed_fcntl); c++)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fcntl), 1, SCMP_A1 (SCMP_CMP_EQ, allowed_fcntl[c]));

  /* Messages of libraries; the socket is not written to but sent to. */
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (write), 1, SCMP_A0 (SCMP_CMP_EQ, STDERR_FILENO));
  /* glibc's fstat(): by descriptor, not by path. */
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (newfstatat), 1,
                                SCMP_A3 (SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
  /* No memory that was written becomes code. */
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1,
                                SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1,
                                SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  /* Threads, no processes. The flags of clone3() are behind a pointer, so it does not exist here and
   * glibc falls back to clone(). */
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (clone), 1,
                                SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0);
  /* Thread names; abort() of this process; limits of this process (hard limits only go down, but root
   * could raise them, so the one limit that matters cannot be touched). */
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prctl), 1, SCMP_A0 (SCMP_CMP_EQ, PR_SET_NAME));
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (tgkill), 1,
                                SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t) getpid ()));
  if (failure == 0)
    failure = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prlimit64), 2, SCMP_A0 (SCMP_CMP_EQ, 0),
                                SCMP_A1 (SCMP_CMP_EQ, RLIMIT_CPU));
  return failure;
}

static gboolean
enter_seccomp (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  int failure;

  if (filter == NULL)
    return FALSE;
  /* Threads that a library may have started already get the filter too. */
  failure = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
  if (failure == 0)
    failure = add_rules (filter);
  if (failure == 0)
    failure = seccomp_load (filter);
  if (failure != 0)
    fprintf (stderr, "whylight-loader: seccomp: %s\n", strerror (-failure));
  seccomp_release (filter);
  return failure == 0;
}

int
why_sandbox_enter (void)
{
  const gboolean landlock = enter_landlock ();
  const gboolean seccomp = enter_seccomp ();

  return (landlock ? 1 : 0) + (seccomp ? 1 : 0);
}

#else

int
why_sandbox_enter (void)
{
  fprintf (stderr, "whylight-loader: built without a sandbox\n");
  return 0;
}

#endif
