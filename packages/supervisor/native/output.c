#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, COPY_BYTES = 64 * 1024, RETRY_MS = 1000, DISCARD_BYTES = 4096, FILE_MODE = 0640 };

static const char *const stream_names[STREAMS] = {"stdout", "stderr"};

/* How many streams wait for room on a disk, and how many attempts are being drained. */
static size_t waiting_for_disk, draining;
static uint64_t retry_at_ms;

/* Whoever looks for the files of a program that runs finds both of them. Those of a program that ends at once and writes
 * nothing are spared: on a busy disk they cost more than its start. */
enum { FILES_AFTER_MS = 500 };

/* When the next files are due; 0: none are. */
static uint64_t files_due_ms;

static ssize_t move_some(struct stream *stream, size_t length);
static void end_stream(struct attempt *attempt, unsigned index);

/* The file of a stream, made if there is none. The program can write into this directory: a link in the place of
 * the file is not followed, and of a FIFO, which would block, nothing is expected. */
static int open_path(const struct attempt *attempt, unsigned index) {
  char path[PATH_BYTES];
  if (!join_path(path, sizeof path, attempt->output_directory, stream_names[index])) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
}

/* Opens the file at its end. Not with O_APPEND, into which nothing can be spliced: nobody else writes it. */
static bool open_file(struct attempt *attempt, unsigned index) {
  struct stream *stream = &attempt->streams[index];
  int file = open_path(attempt, index);
  if (file < 0) return false;
  struct stat status;
  off_t size = fstat(file, &status) == 0 && S_ISREG(status.st_mode) ? lseek(file, 0, SEEK_END) : -1;
  if (size < 0) {
    close(file);
    errno = EINVAL;
    return false;
  }
  stream->file = file;
  stream->size = (uint64_t)size;
  stream->limit = stream->segment_bytes;
  return true;
}

/* Whether room may come: of the disk, or of the system's tables. */
static bool is_full(int reason) {
  return reason == ENOSPC || reason == EDQUOT || reason == EMFILE || reason == ENFILE ||
         reason == ENOMEM;
}

static bool watch(struct attempt *attempt, unsigned index, bool wanted) {
  struct stream *stream = &attempt->streams[index];
  if (stream->watched == wanted) return true;
  struct epoll_event event = {.events = EPOLLIN,
                              .data.u64 = source_tag(SOURCE_STREAM, index, attempt->id)};
  if (epoll_ctl(epoll_fd, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, stream->pipe, &event) != 0) {
    complain("a pipe cannot be watched", stream_names[index]);
    return false;
  }
  stream->watched = wanted;
  return true;
}

/* A pipe whose write end blocks, as programs expect of their output. Its file is made with the first byte, or soon. */
bool open_output(struct attempt *attempt, unsigned index, int *write_end) {
  struct stream *stream = &attempt->streams[index];
  int ends[2];
  attempt->opened_ms = monotonic_ms();
  if (files_due_ms == 0) files_due_ms = attempt->opened_ms + FILES_AFTER_MS;
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  stream->pipe = ends[0];
  *write_end = ends[1];
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 || !watch(attempt, index, true)) return false;
  stream->flow = FLOWING;
  return true;
}

static void change_flow(struct attempt *attempt, unsigned index, enum flow flow) {
  struct stream *stream = &attempt->streams[index];
  if (stream->flow == DISK_FULL) waiting_for_disk--;
  if (flow == DISK_FULL) {
    waiting_for_disk++;
    retry_at_ms = monotonic_ms() + RETRY_MS;
  }
  stream->flow = flow;
  /* A pipe whose writers are gone would wake the loop again and again. */
  watch(attempt, index, flow == FLOWING);
}

void close_output(struct attempt *attempt) {
  for (unsigned index = 0; index < STREAMS; index++) {
    struct stream *stream = &attempt->streams[index];
    if (stream->pipe >= 0) {
      change_flow(attempt, index, ENDED);
      close(stream->pipe);
    }
    if (stream->file >= 0) close(stream->file);
    free(stream->unwritten);
    stream->pipe = stream->file = -1;
    stream->unwritten = NULL;
    stream->flow = ENDED;
  }
  if (attempt->draining && !attempt->drained) draining--;
  attempt->draining = false;
}

static void note_trouble(struct attempt *attempt, unsigned index, enum trouble kind) {
  struct stream *stream = &attempt->streams[index];
  if (stream->in_trouble) return;
  stream->in_trouble = true;
  stream->trouble_errno = errno;
  stream->trouble_kind = kind;
  has_news(attempt, (uint32_t)NEWS_TROUBLE << index);
}

/* What cannot be written, and not because the disk is full, is lost: its writer must not wait for ever. */
static size_t discard_some(struct stream *stream) {
  char bytes[DISCARD_BYTES];
  stream->unwritten_length = 0;
  ssize_t count = read(stream->pipe, bytes, sizeof bytes);
  return count > 0 ? (size_t)count : 0;
}

/* Whether there is more to write. If there will never be, the stream ends. */
static bool has_more(struct attempt *attempt, unsigned index) {
  struct stream *stream = &attempt->streams[index];
  struct pollfd state = {.fd = stream->pipe, .events = POLLIN};
  if (stream->unwritten_length > 0) return true;
  if (poll(&state, 1, 0) <= 0) return false;
  if ((state.revents & POLLIN) != 0) return true;
  end_stream(attempt, index);
  return false;
}

/* Most programs write nothing to one stream or the other: then no file is open. */
static bool has_file(struct attempt *attempt, unsigned index) {
  if (!has_more(attempt, index)) return false;
  if (open_file(attempt, index)) return true;
  bool may_pass = is_full(errno);
  note_trouble(attempt, index, may_pass ? TROUBLE_DISK_FULL : TROUBLE_OUTPUT_LOST);
  if (may_pass) change_flow(attempt, index, DISK_FULL);
  return !may_pass;
}

/* Moves what there is, up to the budget of a turn. */
void pump(struct attempt *attempt, unsigned index) {
  struct stream *stream = &attempt->streams[index];
  size_t budget = OUTPUT_BYTES_PER_TURN;
  while (stream->flow == FLOWING && budget > 0) {
    size_t length = budget;
    if (stream->file < 0 && !has_file(attempt, index)) return;
    if (stream->roll_due || (stream->limit > 0 && stream->size >= stream->limit)) {
      if (!has_more(attempt, index)) return;
      change_flow(attempt, index, WANTS_ROLL);
      has_news(attempt, (uint32_t)NEWS_ROLL << index);
      return;
    }
    if (stream->limit > 0 && length > stream->limit - stream->size)
      length = (size_t)(stream->limit - stream->size);
    ssize_t count = move_some(stream, length);
    if (count > 0) {
      stream->size += (uint64_t)count;
      stream->in_trouble = false;
      budget -= (size_t)count;
    } else if (count == 0) {
      end_stream(attempt, index);
    } else if (errno == EAGAIN) {
      return;
    } else if (is_full(errno)) {
      note_trouble(attempt, index, TROUBLE_DISK_FULL);
      change_flow(attempt, index, DISK_FULL);
    } else if (errno != EINTR) {
      note_trouble(attempt, index, TROUBLE_OUTPUT_LOST);
      size_t lost = discard_some(stream);
      if (lost == 0) return;
      budget -= lost < budget ? lost : budget;
    }
  }
}

static ssize_t write_unwritten(struct stream *stream, size_t length) {
  if (length > stream->unwritten_length) length = stream->unwritten_length;
  ssize_t count = write(stream->file, stream->unwritten, length);
  if (count <= 0) return count;
  stream->unwritten_length -= (size_t)count;
  memmove(stream->unwritten, stream->unwritten + count, stream->unwritten_length);
  return count;
}

static ssize_t copy_some(struct stream *stream, size_t length) {
  if (stream->unwritten_length == 0) {
    if (stream->unwritten == NULL) stream->unwritten = malloc(COPY_BYTES);
    if (stream->unwritten == NULL) {
      errno = ENOSPC;
      return -1;
    }
    ssize_t count = read(stream->pipe, stream->unwritten, COPY_BYTES);
    if (count <= 0) return count;
    stream->unwritten_length = (size_t)count;
  }
  return write_unwritten(stream, length);
}

/* Bytes moved; 0 at the end of the pipe; -1 and errno. What was not written is still in the pipe, or kept. */
static ssize_t move_some(struct stream *stream, size_t length) {
  if (!stream->copies) {
    ssize_t count = splice(stream->pipe, NULL, stream->file, NULL, length,
                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count >= 0 || errno != EINVAL) return count;
    stream->copies = true;
  }
  return copy_some(stream, length);
}

static void check_drained(struct attempt *attempt) {
  if (!attempt->draining || attempt->drained) return;
  for (unsigned index = 0; index < STREAMS; index++)
    if (attempt->streams[index].flow != ENDED) return;
  attempt->drained = true;
  draining--;
  has_news(attempt, NEWS_DRAINED);
}

static void end_stream(struct attempt *attempt, unsigned index) {
  struct stream *stream = &attempt->streams[index];
  change_flow(attempt, index, ENDED);
  close(stream->pipe);
  if (stream->file >= 0 && close(stream->file) != 0) complain("output may be lost", stream_names[index]);
  stream->pipe = stream->file = -1;
  check_drained(attempt);
}

/* The next byte goes into another file. Of one that is empty no segment is made. */
void request_roll(struct attempt *attempt, unsigned index) {
  struct stream *stream = &attempt->streams[index];
  if (stream->flow != ENDED && stream->size > 0) stream->roll_due = true;
}

/* The file was renamed, and the next byte goes into another one; or it could not be, and goes on for as long again. */
void go_on(struct attempt *attempt, unsigned index, bool rolled) {
  struct stream *stream = &attempt->streams[index];
  if (stream->flow != WANTS_ROLL) return;
  stream->roll_due = false;
  if (rolled) {
    close(stream->file);
    stream->file = -1;
    stream->size = 0;
  } else if (stream->segment_bytes > 0) {
    stream->limit = stream->size + stream->segment_bytes;
  }
  change_flow(attempt, index, FLOWING);
}

/* The tree is gone. Whoever still holds a pipe open got it from one of it, and is waited for so long. */
void begin_drain(struct attempt *attempt, uint32_t patience_ms) {
  if (attempt->drained) {
    has_news(attempt, NEWS_DRAINED);
    return;
  }
  if (!attempt->draining) draining++;
  attempt->draining = true;
  attempt->drain_until_ms = monotonic_ms() + patience_ms;
  for (unsigned index = 0; index < STREAMS; index++) pump(attempt, index);
  check_drained(attempt);
}

int files_timeout(void) { return files_due_ms == 0 ? -1 : FILES_AFTER_MS; }

/* If one cannot be made now, the first byte tries again and says what is wrong. */
static void make_files(struct attempt *attempt, void *context) {
  const uint64_t *now_ms = context;
  if (attempt->files_made || attempt->state != RUNNING) return;
  uint64_t due_ms = attempt->opened_ms + FILES_AFTER_MS;
  if (*now_ms < due_ms) {
    if (files_due_ms == 0 || due_ms < files_due_ms) files_due_ms = due_ms;
    return;
  }
  attempt->files_made = true;
  for (unsigned index = 0; index < STREAMS; index++) {
    int file = attempt->streams[index].file < 0 ? open_path(attempt, index) : -1;
    if (file >= 0) close(file);
  }
}

void make_files_due(uint64_t now_ms) {
  if (files_due_ms == 0 || now_ms < files_due_ms) return;
  files_due_ms = 0;
  each_attempt(make_files, &now_ms);
}

bool output_needs_retry(void) { return waiting_for_disk > 0 || draining > 0; }

struct retry {
  uint64_t now_ms;
  bool disk;
};

static void retry_attempt(struct attempt *attempt, void *context) {
  const struct retry *retry = context;
  for (unsigned index = 0; index < STREAMS; index++) {
    struct stream *stream = &attempt->streams[index];
    if (retry->disk && stream->flow == DISK_FULL) {
      change_flow(attempt, index, FLOWING);
      pump(attempt, index);
    }
    if (attempt->draining && retry->now_ms >= attempt->drain_until_ms && stream->flow == FLOWING) {
      /* What the pipe holds by now is still moved. */
      pump(attempt, index);
      if (stream->flow == FLOWING) end_stream(attempt, index);
    }
  }
}

void retry_output(uint64_t now_ms) {
  if (!output_needs_retry()) return;
  struct retry retry = {now_ms, waiting_for_disk > 0 && now_ms >= retry_at_ms};
  if (retry.disk) retry_at_ms = now_ms + RETRY_MS;
  each_attempt(retry_attempt, &retry);
}
