#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* One supervisor at a time; the newest counts. Frames: a length of four bytes (little-endian), then so many bytes. */

enum { LENGTH_BYTES = 4, RECEIVE_BYTES = 256 * 1024, BACKLOG = 4, FRAMES_PER_TURN = 256 };

/* How far a new supervisor was told what is held. */
enum greeting { GREETING_WELCOME, GREETING_HELD, GREETING_DONE };

static int supervisor = -1;
static enum greeting greeting;
static bool waits_for_room;
static unsigned pings;
/* Attempts of which it was not told yet that they are held. */
static size_t held_left;

static uint8_t *received;
static size_t received_length, received_capacity, received_at;

static uint8_t sending[SEND_BYTES];
static struct writer writer = {sending, 0, sizeof sending};
static size_t sent;

int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -1;
  /* The supervisor that started this one found nobody listening there. */
  if (unlink(path) != 0 && errno != ENOENT) return -1;
  mode_t mask = umask(0177);
  int bound = bind(listener, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  return bound == 0 && listen(listener, BACKLOG) == 0 ? listener : -1;
}

bool has_supervisor(void) { return supervisor >= 0; }

static void leave_supervisor(void) {
  close(supervisor);
  supervisor = -1;
  received_length = received_at = 0;
  forget_news();
}

static void hold(struct attempt *attempt, void *context) {
  (void)context;
  uint32_t news = NEWS_HELD;
  held_left++;
  if (attempt->state == EXITED && !attempt->empty) attempt->empty = is_cgroup_empty(attempt);
  if (attempt->state == START_FAILED) news |= NEWS_STARTED;
  if (attempt->state == EXITED) news |= NEWS_EXITED;
  if (attempt->drained) news |= NEWS_DRAINED;
  for (unsigned stream = 0; stream < STREAMS; stream++) {
    if (attempt->streams[stream].flow == WANTS_ROLL) news |= (uint32_t)NEWS_ROLL << stream;
    if (attempt->streams[stream].flow == DISK_FULL) news |= (uint32_t)NEWS_TROUBLE << stream;
  }
  has_news(attempt, news);
}

/* Only this user, or root, may be a supervisor. */
static bool is_ours(int connection) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

void accept_supervisor(int listener) {
  int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection < 0) {
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
      complain("a supervisor was not accepted", "accept4");
    return;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = source_tag(SOURCE_SUPERVISOR, 0, 0)};
  if (!is_ours(connection) || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection, &event) != 0) {
    close(connection);
    return;
  }
  if (supervisor >= 0) leave_supervisor();
  supervisor = connection;
  writer.length = sent = 0;
  waits_for_room = false;
  pings = 0;
  greeting = GREETING_WELCOME;
  forget_news();
  held_left = 0;
  each_attempt(hold, NULL);
}

static void watch_for_room(bool wanted) {
  if (waits_for_room == wanted) return;
  struct epoll_event event = {.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
                              .data.u64 = source_tag(SOURCE_SUPERVISOR, 0, 0)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, supervisor, &event) == 0) waits_for_room = wanted;
  else leave_supervisor();
}

/* First who this is, then all that is held, then what happens. False if there is no room for more. */
static bool write_next(void) {
  if (greeting == GREETING_WELCOME) {
    if (!write_welcome(&writer)) return false;
    greeting = GREETING_HELD;
  }
  for (struct attempt *attempt = first_with_news(); attempt != NULL; attempt = first_with_news()) {
    if (greeting == GREETING_HELD && held_left == 0) break;
    bool is_new = (attempt->news & NEWS_HELD) != 0;
    bool all = write_news(&writer, attempt);
    if (is_new && (attempt->news & NEWS_HELD) == 0) held_left--;
    if (!all) return false;
    news_was_told();
  }
  if (greeting == GREETING_HELD) {
    if (!write_held_end(&writer)) return false;
    greeting = GREETING_DONE;
    return write_next();
  }
  for (; pings > 0; pings--)
    if (!write_pong(&writer)) return false;
  return true;
}

/* Sends what there is room for; the rest stays with its attempts, so that nothing piles up here. */
void send_news(void) {
  while (supervisor >= 0) {
    bool all = write_next();
    if (writer.length == 0) {
      watch_for_room(false);
      return;
    }
    ssize_t count = send(supervisor, sending + sent, writer.length - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      watch_for_room(true);
      return;
    }
    if (count < 0) {
      leave_supervisor();
      return;
    }
    sent += (size_t)count;
    if (sent < writer.length) continue;
    writer.length = sent = 0;
    if (all) {
      watch_for_room(false);
      return;
    }
  }
}

void answer_ping(void) {
  if (pings < 16) pings++;
}

static uint32_t frame_length(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Room for the rest of the frame that has begun to come, and no more than that. */
static bool make_room(void) {
  size_t left = received_length - received_at;
  if (received_at > 0) memmove(received, received + received_at, left);
  received_length = left;
  received_at = 0;
  size_t wanted = RECEIVE_BYTES;
  if (left >= LENGTH_BYTES && frame_length(received) + LENGTH_BYTES > wanted)
    wanted = frame_length(received) + LENGTH_BYTES;
  if (received_capacity == wanted) return true;
  if (left > wanted) return true;
  uint8_t *bytes = realloc(received, wanted);
  if (bytes == NULL) return false;
  received = bytes;
  received_capacity = wanted;
  return true;
}

bool has_unread_commands(void) {
  size_t left = received_length - received_at;
  return supervisor >= 0 && left >= LENGTH_BYTES &&
         left - LENGTH_BYTES >= frame_length(received + received_at);
}

#ifdef __SANITIZE_ADDRESS__
/* In a block of its own, so that a sanitizer sees who reads beyond its end. */
static bool obey_alone(const uint8_t *frame, size_t length) {
  uint8_t *alone = malloc(length == 0 ? 1 : length);
  if (alone == NULL) return false;
  memcpy(alone, frame, length);
  bool obeyed = obey(alone, length);
  free(alone);
  return obeyed;
}
#else
#define obey_alone obey
#endif

/* Obeys whole frames, as many as a turn allows. False if one is malformed. */
static bool obey_received(void) {
  for (int left = FRAMES_PER_TURN; left > 0 && spawn_budget > 0 && has_unread_commands(); left--) {
    const uint8_t *frame = received + received_at;
    received_at += LENGTH_BYTES + frame_length(frame);
    if (!obey_alone(frame + LENGTH_BYTES, frame_length(frame))) return false;
  }
  size_t left = received_length - received_at;
  return left < LENGTH_BYTES || frame_length(received + received_at) <= FRAME_BYTES_MAX;
}

void receive_commands(void) {
  if (supervisor < 0) return;
  if (!has_unread_commands()) {
    if (!make_room()) {
      complain("no memory for a command", "realloc");
      leave_supervisor();
      return;
    }
    ssize_t count =
        recv(supervisor, received + received_length, received_capacity - received_length, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
      leave_supervisor();
      return;
    }
    if (count > 0) received_length += (size_t)count;
  }
  if (obey_received()) return;
  errno = EPROTO;
  complain("what the supervisor sent is no command", "connection");
  leave_supervisor();
}
