#define _GNU_SOURCE
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, DEPTH_MAX = 32, CONTROL_BYTES = 64 * 1024 };

int make_cgroup(const char *directory) {
  return mkdir(directory, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

/* Limits that this host does not offer are no obstacle; the supervisor says what applies. */
void apply_settings(const struct string_list *settings) {
  for (size_t at = 0; at + 1 < settings->length; at += 2) {
    if (write_text(settings->items[at], settings->items[at + 1]) != 0 && errno != ENOENT)
      complain("a limit was not set", settings->items[at]);
  }
}

/* Calls `visit` for each cgroup directly below. */
static void each_subgroup(const char *directory, int depth, void (*visit)(const char *, int)) {
  DIR *entries = depth < DEPTH_MAX ? opendir(directory) : NULL;
  if (entries == NULL) return;
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
    char path[PATH_BYTES];
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    if (join_path(path, sizeof path, directory, entry->d_name)) visit(path, depth + 1);
  }
  closedir(entries);
}

static void remove_subgroup(const char *directory, int depth) {
  if (rmdir(directory) == 0 || errno == ENOENT) return;
  each_subgroup(directory, depth, remove_subgroup);
  if (rmdir(directory) != 0 && errno != ENOENT) complain("a cgroup was not removed", directory);
}

/* Whatever the supervisor may have been told: nothing else is ever removed. */
static bool is_cgroup(const char *directory) {
  struct statfs status;
  return statfs(directory, &status) == 0 &&
         (status.f_type == CGROUP2_SUPER_MAGIC || status.f_type == CGROUP_SUPER_MAGIC);
}

void remove_cgroup(const char *directory) {
  if (is_cgroup(directory)) remove_subgroup(directory, 0);
}

/* The value after `key ` at the beginning of a line; `otherwise` if there is none. */
static uint64_t number_after(const char *text, const char *key, uint64_t otherwise) {
  size_t length = strlen(key);
  for (const char *line = text; line != NULL && *line != '\0';) {
    if (strncmp(line, key, length) == 0 && line[length] == ' ')
      return strtoull(line + length + 1, NULL, 10);
    line = strchr(line, '\n');
    if (line != NULL) line++;
  }
  return otherwise;
}

bool is_cgroup_empty(const struct attempt *attempt) {
  char path[PATH_BYTES], text[512];
  switch (attempt->containment) {
    case CONTAINED_BY_CGROUP2:
      if (!join_path(path, sizeof path, attempt->cgroup, "cgroup.events")) return false;
      if (read_text(path, text, sizeof text) < 0) return errno == ENOENT || errno == ENODEV;
      return number_after(text, "populated", 1) == 0;
    case CONTAINED_BY_FREEZER:
      /* What is in cgroups below is not listed here. */
      if (!is_cgroup_pristine(attempt)) return false;
      if (!join_path(path, sizeof path, attempt->cgroup, "cgroup.procs")) return false;
      return read_text(path, text, sizeof text) == 0;
    case CONTAINED_BY_GROUP:
      return false;
  }
  return false;
}

/* Whether nobody made cgroups below, so that another attempt may use it. */
bool is_cgroup_pristine(const struct attempt *attempt) {
  struct stat status;
  if (attempt->containment == CONTAINED_BY_GROUP) return false;
  return stat(attempt->cgroup, &status) == 0 && status.st_nlink == 2;
}

/* The `oom_kill` line of memory.events (v2) and memory.oom_control (v1, kernel 4.13). */
uint64_t count_oom_kills(const char *file) {
  char text[1024];
  if (file[0] == '\0' || read_text(file, text, sizeof text) < 0) return 0;
  return number_after(text, "oom_kill", 0);
}

static void kill_members(const char *directory, int depth) {
  char path[PATH_BYTES], *text = malloc(CONTROL_BYTES);
  if (text == NULL) return;
  if (join_path(path, sizeof path, directory, "cgroup.procs") &&
      read_text(path, text, CONTROL_BYTES) > 0) {
    for (char *at = text; *at != '\0';) {
      char *after;
      long pid = strtol(at, &after, 10);
      if (after == at) break;
      if (pid > 1) kill((pid_t)pid, SIGKILL);
      at = *after == '\n' ? after + 1 : after;
    }
  }
  free(text);
  each_subgroup(directory, depth, kill_members);
}

static void set_freezer(const char *directory, const char *state) {
  char path[PATH_BYTES];
  if (join_path(path, sizeof path, directory, "freezer.state") && write_text(path, state) != 0 &&
      errno != ENOENT)
    complain("a cgroup was not told its state", path);
}

static void thaw_subgroup(const char *directory, int depth) {
  each_subgroup(directory, depth, thaw_subgroup);
  set_freezer(directory, "THAWED");
}

/* Some may be left where there is no cgroup.kill: the caller repeats it. */
void kill_cgroup(const struct attempt *attempt) {
  char path[PATH_BYTES];
  switch (attempt->containment) {
    case CONTAINED_BY_CGROUP2:
      if (join_path(path, sizeof path, attempt->cgroup, "cgroup.kill") &&
          write_text(path, "1") != 0 && errno != ENOENT && errno != ENODEV)
        complain("a cgroup was not killed", path);
      return;
    case CONTAINED_BY_FREEZER:
      /* Frozen processes cannot fork away while they are counted; they die when thawed. */
      set_freezer(attempt->cgroup, "FROZEN");
      kill_members(attempt->cgroup, 0);
      thaw_subgroup(attempt->cgroup, 0);
      return;
    case CONTAINED_BY_GROUP:
      return;
  }
}
