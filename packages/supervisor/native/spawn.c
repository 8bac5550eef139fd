#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHILD_STACK_BYTES = 256 * 1024, PATH_BYTES = 4096 };

/* What execvp(3) searches when PATH is unset. */
static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

/*
 * Shared with the child, which runs in this very memory until it becomes the program (the agent
 * waits so long): a fork would have to copy its page tables.
 */
struct child {
  const struct launch *launch;
  const char **shell_argv; /* room for argv and two more */
  int outputs[STREAMS];
  enum step step;
  int reason; /* errno; 0: it runs */
  const char *path;
};

static char *child_stack;

#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

static int run_child(void *argument);
static bool prepare_files(struct attempt *attempt, const struct launch *launch, struct child *child);
static void fail(struct attempt *attempt, enum step step, int reason, const char *path);

void prepare_to_spawn(void) {
  child_stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (child_stack != MAP_FAILED) return;
  complain("no memory for a stack", "mmap");
  exit(1);
}

void spawn_attempt(struct attempt *attempt, const struct launch *launch) {
  struct child child = {.launch = launch, .outputs = {-1, -1}, .path = ""};
  attempt->started_wall_ms = wall_ms();
  attempt->started_boot_ms = boot_ms();
  if (attempt->fence_boot_ms != 0 && attempt->started_boot_ms >= attempt->fence_boot_ms) {
    fail(attempt, STEP_LAPSED, ETIME, "");
    return;
  }
  child.shell_argv = calloc(launch->argv.length + 2, sizeof *child.shell_argv);
  if (child.shell_argv == NULL) {
    fail(attempt, STEP_TABLE, ENOMEM, "");
    return;
  }
  if (prepare_files(attempt, launch, &child)) {
    pid_t pid = clone(run_child, child_stack + CHILD_STACK_BYTES, CLONE_VM | CLONE_VFORK | SIGCHLD,
                      &child);
    if (pid < 0) {
      fail(attempt, STEP_CLONE, errno, "");
    } else if (child.reason != 0) {
      /* It has ended; its number is nobody else's until it is collected, along with all others. */
      fail(attempt, child.step, child.reason, child.path);
    } else {
      attempt->state = RUNNING;
      attempt_has_pid(attempt, pid);
      attempt->start_ticks = start_ticks_of(pid);
      has_news(attempt, NEWS_STARTED);
    }
  }
  for (unsigned stream = 0; stream < STREAMS; stream++)
    if (child.outputs[stream] >= 0) close(child.outputs[stream]);
  free(child.shell_argv);
}

static void fail(struct attempt *attempt, enum step step, int reason, const char *path) {
  attempt->state = START_FAILED;
  attempt->failed_step = (uint8_t)step;
  attempt->failed_errno = reason;
  attempt->failed_path = strdup(path);
  close_output(attempt);
  has_news(attempt, NEWS_STARTED);
}

static bool prepare_files(struct attempt *attempt, const struct launch *launch, struct child *child) {
  if (make_directories(attempt->output_directory) != 0) {
    fail(attempt, STEP_OUTPUT_DIRECTORY, errno, attempt->output_directory);
    return false;
  }
  if (access(attempt->output_directory, W_OK | X_OK) != 0) {
    fail(attempt, STEP_OUTPUT_FILE, errno, attempt->output_directory);
    return false;
  }
  /* The pipes are its own account's, or it could write, but not open /dev/stdout. */
  for (unsigned stream = 0; stream < STREAMS; stream++) {
    if (open_output(attempt, stream, &child->outputs[stream]) &&
        (!launch->has_account || fchown(child->outputs[stream], launch->uid, launch->gid) == 0))
      continue;
    fail(attempt, STEP_PIPE, errno, "");
    return false;
  }
  for (size_t at = 0; attempt->makes_cgroups && at < attempt->cgroups.length; at++) {
    if (make_cgroup(attempt->cgroups.items[at]) == 0) continue;
    fail(attempt, STEP_CGROUP, errno, attempt->cgroups.items[at]);
    return false;
  }
  apply_settings(&launch->settings);
  return true;
}

/* -- From here on: in the child, in the agent's memory. It must leave nothing changed but `child`. */

IN_CHILD static int give_up(struct child *child, enum step step, const char *path) {
  child->step = step;
  child->reason = errno == 0 ? EIO : errno;
  child->path = path;
  _exit(127);
}

/* Of both, the group first: afterwards there would be no right to change it. System calls, since the
 * library's functions of these names would tell all threads of a process that is not theirs. */
IN_CHILD static void become(struct child *child) {
  const struct launch *launch = child->launch;
  if (!launch->has_account) return;
  /* Or it could write its output, but not open /dev/stdout. */
  if (fchown(1, launch->uid, launch->gid) != 0 || fchown(2, launch->uid, launch->gid) != 0)
    give_up(child, STEP_IDENTITY, "");
  if (syscall(SYS_setgroups, launch->groups_length, launch->groups) != 0 ||
      syscall(SYS_setresgid, launch->gid, launch->gid, launch->gid) != 0 ||
      syscall(SYS_setresuid, launch->uid, launch->uid, launch->uid) != 0)
    give_up(child, STEP_IDENTITY, "");
}

IN_CHILD static void join_cgroups(struct child *child) {
  const struct string_list *joins = &child->launch->joins;
  for (size_t at = 0; at < joins->length; at++) {
    int file = open(joins->items[at], O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) give_up(child, STEP_JOIN, joins->items[at]);
    close(file);
  }
}

IN_CHILD static void limit_open_files(struct child *child) {
  struct rlimit limit = inherited_open_files;
  if (child->launch->open_files_max > 0)
    limit.rlim_cur = limit.rlim_max = (rlim_t)child->launch->open_files_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up(child, STEP_LIMIT, "open files");
}

/* Becomes `path`; like execvp(3), a file that names no interpreter is a shell's. Returns if it cannot be. */
IN_CHILD static void execute(struct child *child, const char *path) {
  const struct launch *launch = child->launch;
  char *const *environment = (char *const *)(uintptr_t)launch->environment.items;
  execve(path, (char *const *)(uintptr_t)launch->argv.items, environment);
  if (errno != ENOEXEC) return;
  child->shell_argv[0] = "/bin/sh";
  child->shell_argv[1] = path;
  for (size_t at = 1; at < launch->argv.length; at++)
    child->shell_argv[at + 1] = launch->argv.items[at];
  execve("/bin/sh", (char *const *)(uintptr_t)child->shell_argv, environment);
}

IN_CHILD static const char *path_of(const struct launch *launch) {
  for (size_t at = 0; at < launch->environment.length; at++) {
    const char *entry = launch->environment.items[at];
    if (strncmp(entry, "PATH=", 5) == 0) return entry + 5;
  }
  return default_path;
}

/* A file that may not be executed is only the answer if there is no other. */
IN_CHILD static void search_and_execute(struct child *child) {
  const char *name = child->launch->argv.items[0];
  char path[PATH_BYTES];
  int reason = ENOENT;
  for (const char *at = path_of(child->launch); at != NULL;) {
    const char *end = strchr(at, ':');
    size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
    if (length + 1 + strlen(name) + 1 <= sizeof path) {
      memcpy(path, at, length);
      if (length > 0) path[length++] = '/';
      strcpy(path + length, name);
      execute(child, path);
      if (errno == EACCES) reason = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR) return;
    }
    at = end == NULL ? NULL : end + 1;
  }
  errno = reason;
}

IN_CHILD static int run_child(void *argument) {
  struct child *child = argument;
  const struct launch *launch = child->launch;
  sigset_t none;
  if (setsid() < 0) give_up(child, STEP_SESSION, "");
  join_cgroups(child);
  if (dup2(null_fd, 0) < 0 || dup2(child->outputs[0], 1) < 0 || dup2(child->outputs[1], 2) < 0)
    give_up(child, STEP_STDIO, "");
  limit_open_files(child);
  become(child);
  /* An extra: it reaches this process alone, and not all programs keep it. Cleared by a change of identity. */
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (chdir(launch->working_directory) != 0)
    give_up(child, STEP_WORKING_DIRECTORY, launch->working_directory);
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) give_up(child, STEP_SESSION, "");
  const char *command = launch->argv.items[0];
  if (strchr(command, '/') != NULL) execute(child, command);
  else search_and_execute(child);
  return give_up(child, STEP_EXEC, command);
}
