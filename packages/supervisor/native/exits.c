#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <sys/wait.h>

static void note_exit(struct attempt *attempt, int status) {
  attempt_lost_pid(attempt);
  attempt->state = EXITED;
  attempt->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  attempt->exit_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  attempt->empty = is_cgroup_empty(attempt);
  attempt->pristine = is_cgroup_pristine(attempt);
  attempt->oom_kills = count_oom_kills(attempt->oom_file);
  /* Most have written little and are done: then this is all in one message. */
  for (unsigned stream = 0; stream < STREAMS; stream++) pump(attempt, stream);
  has_news(attempt, NEWS_EXITED);
}

/* Collects every child that has ended: attempts, starts that failed, and orphans of trees, whose parent the agent became. */
void collect_exits(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0 && errno != ECHILD) complain("children cannot be collected", "waitpid");
    if (pid <= 0) return;
    struct attempt *attempt = attempt_by_pid(pid);
    if (attempt != NULL) note_exit(attempt, status);
  }
}
