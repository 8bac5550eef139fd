#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * spawn-agent SOCKET DIRECTORY: serves the supervisor of DIRECTORY. Prints `ready` once it listens.
 * Ends when it is told to; after a minute without work and without a supervisor; and, with all
 * work, when DIRECTORY is gone.
 */

enum { EVENTS = 64, RETRY_MS = 250, IDLE_END_MS = 60000, DIRECTORY_LOOK_MS = 2000, ENDING_LOOK_MS = 20, ENDING_PATIENCE_MS = 10000 };

int epoll_fd, null_fd;
struct rlimit inherited_open_files;
bool told_to_end;

static int signals_fd, listener;
static const char *directory;
static struct stat directory_status, socket_status;
static bool directory_is_gone;
static uint64_t idle_since_ms, looked_at_directory_ms;

static void prepare_process(void);
static void prepare_events(const char *socket_path);
static void say_ready(void);
static void take_turn(void);
static void remove_socket(const char *path);
static void kill_all_and_end(void);

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "--version") == 0) {
    printf("aloha spawn-agent protocol %d\n", AGENT_PROTOCOL);
    return 0;
  }
  if (count != 3) {
    fprintf(stderr, "usage: spawn-agent SOCKET DIRECTORY\n");
    return 2;
  }
  directory = arguments[2];
  prepare_process();
  prepare_events(arguments[1]);
  prepare_to_spawn();
  say_ready();
  idle_since_ms = looked_at_directory_ms = monotonic_ms();
  while (!told_to_end) take_turn();
  if (directory_is_gone) kill_all_and_end();
  remove_socket(arguments[1]);
  return 0;
}

static void die(const char *what, const char *path) {
  complain(what, path);
  exit(1);
}

static void prepare_process(void) {
  umask(027);
  /* Orphans of trees become children of the agent, which collects them. */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) complain("no subreaper", "prctl");
  if (getrlimit(RLIMIT_NOFILE, &inherited_open_files) != 0) die("limits cannot be read", "getrlimit");
  struct rlimit all = {inherited_open_files.rlim_max, inherited_open_files.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &all) != 0) complain("the limit of open files stays", "setrlimit");
  if (stat(directory, &directory_status) != 0) die("the directory is not there", directory);
  null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null_fd < 0) die("cannot be opened", "/dev/null");
  if (chdir("/") != 0) complain("the directory stays in use", "/");
}

uint64_t source_tag(enum source source, unsigned stream, uint32_t id) {
  return (uint64_t)source << 40 | (uint64_t)stream << 32 | id;
}

static void watch_source(int fd, enum source source, const char *name) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = source_tag(source, 0, 0)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("cannot be watched", name);
}

static void prepare_events(const char *socket_path) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGQUIT);
  if (sigprocmask(SIG_SETMASK, &signals, NULL) != 0) die("signals cannot be blocked", "sigprocmask");
  signals_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_fd < 0) die("signals cannot be read", "signalfd");
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("nothing can be watched", "epoll_create1");
  listener = listen_at(socket_path);
  if (listener < 0 || stat(socket_path, &socket_status) != 0) die("cannot listen", socket_path);
  watch_source(signals_fd, SOURCE_SIGNALS, "signals");
  watch_source(listener, SOURCE_LISTENER, socket_path);
}

/* Whoever started it waits for this line, and then keeps nothing of it. */
static void say_ready(void) {
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) complain("nobody reads", "stdout");
  if (dup2(null_fd, STDOUT_FILENO) < 0 || dup2(null_fd, STDIN_FILENO) < 0) die("cannot be replaced", "stdout");
}

static void obey_signals(void) {
  struct signalfd_siginfo info;
  while (read(signals_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    /* A signal is no order to end other people's work. */
    if (info.ssi_signo != SIGCHLD && attempt_count() == 0) told_to_end = true;
  }
  collect_exits();
}

static void handle(const struct epoll_event *event) {
  uint64_t tag = event->data.u64;
  struct attempt *attempt;
  switch ((enum source)(tag >> 40)) {
    case SOURCE_LISTENER:
      accept_supervisor(listener);
      return;
    case SOURCE_SUPERVISOR:
      if ((event->events & ~(uint32_t)EPOLLOUT) != 0) receive_commands();
      return;
    case SOURCE_SIGNALS:
      obey_signals();
      return;
    case SOURCE_STREAM:
      attempt = attempt_by_id((uint32_t)tag);
      if (attempt != NULL) pump(attempt, (unsigned)(tag >> 32) & 0xff);
      return;
  }
}

static int shorter(int one, int other) {
  if (one < 0) return other;
  return other < 0 || one < other ? one : other;
}

static int timeout_ms(void) {
  if (has_unread_commands()) return 0;
  int timeout = shorter(shorter(deadline_timeout(), files_timeout()), DIRECTORY_LOOK_MS);
  return output_needs_retry() ? shorter(timeout, RETRY_MS) : timeout;
}

static void look_at_directory(uint64_t now_ms) {
  struct stat status;
  if (now_ms - looked_at_directory_ms < DIRECTORY_LOOK_MS) return;
  looked_at_directory_ms = now_ms;
  if (stat(directory, &status) == 0) {
    directory_is_gone =
        status.st_ino != directory_status.st_ino || status.st_dev != directory_status.st_dev;
  } else {
    /* What merely cannot be looked at just now does not count. */
    directory_is_gone = errno == ENOENT;
  }
  if (directory_is_gone) told_to_end = true;
}

static void end_if_idle(uint64_t now_ms) {
  if (has_supervisor() || attempt_count() > 0) idle_since_ms = now_ms;
  if (now_ms - idle_since_ms >= IDLE_END_MS) told_to_end = true;
}

static void take_turn(void) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(epoll_fd, events, EVENTS, timeout_ms());
  if (count < 0 && errno != EINTR) die("nothing can be waited for", "epoll_wait");
  spawn_budget = SPAWNS_PER_TURN;
  for (int at = 0; at < count; at++) handle(&events[at]);
  if (has_unread_commands() && spawn_budget == SPAWNS_PER_TURN) receive_commands();
  uint64_t now_ms = monotonic_ms();
  enforce_deadlines();
  retry_output(now_ms);
  make_files_due(now_ms);
  send_news();
  look_at_directory(now_ms);
  end_if_idle(now_ms);
}

/* Another agent may have taken the name since. */
static void remove_socket(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return;
  if (status.st_ino == socket_status.st_ino && status.st_dev == socket_status.st_dev) unlink(path);
}

/* Its supervisor ends as well, and nobody else knows of this work. */
static void kill_all_and_end(void) {
  errno = ENOENT;
  complain("all work is ended, since the directory was removed", directory);
  uint64_t patience_until_ms = monotonic_ms() + ENDING_PATIENCE_MS;
  while (kill_everything() && monotonic_ms() < patience_until_ms) {
    struct epoll_event events[EVENTS];
    epoll_wait(epoll_fd, events, EVENTS, ENDING_LOOK_MS);
    collect_exits();
  }
}
