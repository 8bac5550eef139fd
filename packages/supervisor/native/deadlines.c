#define _GNU_SOURCE
#include "agent.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* While there is a deadline, the clock is looked at so often. The supervisor acts first, at the
 * deadline itself; the agent only when it did not. */
enum { LOOK_MS = 250, SLACK_MS = 1000, ENVIRONMENT_BYTES = 256 * 1024, OVERDUE_MAX = 256 };

static const char mark[] = "ALOHA_ATTEMPT=";

/* Of all deadlines none is earlier; UINT64_MAX: there is none. */
static uint64_t earliest_ms = UINT64_MAX;

struct overdue {
  uint64_t now_ms;
  bool all;
  size_t live;
  /* Those that no cgroup holds. */
  struct attempt *groups[OVERDUE_MAX];
  bool found[OVERDUE_MAX];
  size_t groups_length;
};

static void note_deadline(uint64_t fence_boot_ms) {
  if (fence_boot_ms != 0 && fence_boot_ms + SLACK_MS < earliest_ms)
    earliest_ms = fence_boot_ms + SLACK_MS;
}

void set_fence(struct attempt *attempt, uint64_t fence_boot_ms) {
  attempt->fence_boot_ms = fence_boot_ms;
  note_deadline(fence_boot_ms);
}

int deadline_timeout(void) { return earliest_ms == UINT64_MAX ? -1 : LOOK_MS; }

static bool is_over(struct attempt *attempt) {
  if (attempt->state == START_FAILED) return true;
  if (attempt->state == EXITED && !attempt->empty) attempt->empty = is_cgroup_empty(attempt);
  return attempt->state == EXITED && attempt->empty;
}

/* What is left of its tree is killed, again at every look until it is gone. */
static void kill_if_overdue(struct attempt *attempt, void *context) {
  struct overdue *overdue = context;
  bool due = overdue->all ||
             (attempt->fence_boot_ms != 0 && overdue->now_ms >= attempt->fence_boot_ms + SLACK_MS);
  if (due && is_over(attempt)) return;
  note_deadline(attempt->fence_boot_ms);
  if (!due) return;
  overdue->live++;
  if (attempt->state == RUNNING) {
    attempt->fenced = true;
    /* It has not been collected, so its number is its own; as the leader of its group as well. */
    kill(-attempt->pid, SIGKILL);
    kill(attempt->pid, SIGKILL);
  }
  if (attempt->containment != CONTAINED_BY_GROUP) kill_cgroup(attempt);
  else if (overdue->groups_length < OVERDUE_MAX) overdue->groups[overdue->groups_length++] = attempt;
}

/* The mark in an environment: entries end with NUL. */
static const char *find_mark(const char *text, size_t length) {
  for (const char *entry = text; entry < text + length; entry += strlen(entry) + 1)
    if (strncmp(entry, mark, sizeof mark - 1) == 0) return entry + sizeof mark - 1;
  return NULL;
}

static void kill_if_marked(struct overdue *overdue, const char *pid, const char *key) {
  for (size_t at = 0; at < overdue->groups_length; at++) {
    if (strcmp(key, overdue->groups[at]->key) != 0) continue;
    kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
    overdue->found[at] = true;
  }
}

/* One look at all processes, for all trees that only their mark holds together. */
static void kill_marked(struct overdue *overdue) {
  static char text[ENVIRONMENT_BYTES];
  DIR *processes = overdue->groups_length > 0 ? opendir("/proc") : NULL;
  if (processes == NULL) return;
  for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
    char path[280];
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
    ssize_t length = read_text(path, text, sizeof text);
    const char *key = length > 0 ? find_mark(text, (size_t)length) : NULL;
    if (key != NULL) kill_if_marked(overdue, entry->d_name, key);
  }
  closedir(processes);
  /* No cgroup tells; that nobody carries its mark any more has to do. */
  for (size_t at = 0; at < overdue->groups_length; at++)
    if (!overdue->found[at] && overdue->groups[at]->state == EXITED) overdue->groups[at]->empty = true;
}

void enforce_deadlines(void) {
  uint64_t now_ms = boot_ms();
  if (now_ms < earliest_ms) return;
  struct overdue overdue = {.now_ms = now_ms};
  earliest_ms = UINT64_MAX;
  each_attempt(kill_if_overdue, &overdue);
  kill_marked(&overdue);
}

bool kill_everything(void) {
  struct overdue overdue = {.all = true};
  each_attempt(kill_if_overdue, &overdue);
  kill_marked(&overdue);
  return overdue.live > 0;
}
