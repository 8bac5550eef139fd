#include "agent.h"

#include <string.h>
#include <unistd.h>

/* The first byte of each frame to the supervisor. */
enum report {
  REPORT_WELCOME = 65,
  REPORT_HELD = 66,
  REPORT_HELD_END = 67,
  REPORT_STARTED = 68,
  REPORT_START_FAILED = 69,
  REPORT_EXITED = 70,
  REPORT_DRAINED = 71,
  REPORT_ROLL = 72,
  REPORT_TROUBLE = 73,
  REPORT_PONG = 74,
};

enum { LENGTH_BYTES = 4 };

static void put_number(struct writer *writer, uint64_t number, size_t length) {
  /* Beyond the end only the length counts: the caller sees that it did not fit. */
  for (size_t at = 0; at < length; at++, writer->length++)
    if (writer->length < writer->capacity) writer->bytes[writer->length] = (uint8_t)(number >> (8 * at));
}

static void put_u8(struct writer *writer, unsigned number) { put_number(writer, number, 1); }
static void put_u32(struct writer *writer, uint32_t number) { put_number(writer, number, 4); }
static void put_u64(struct writer *writer, uint64_t number) { put_number(writer, number, 8); }

static void put_string(struct writer *writer, const char *string) {
  size_t length = strlen(string);
  put_u32(writer, (uint32_t)length);
  if (writer->length + length <= writer->capacity)
    memcpy(writer->bytes + writer->length, string, length);
  writer->length += length;
}

static size_t begin_frame(struct writer *writer, enum report report, uint32_t id) {
  size_t begin = writer->length;
  put_u32(writer, 0);
  put_u8(writer, report);
  put_u32(writer, id);
  return begin;
}

/* False, and the frame is taken back, if it did not fit. */
static bool end_frame(struct writer *writer, size_t begin) {
  size_t end = writer->length;
  if (end > writer->capacity) {
    writer->length = begin;
    return false;
  }
  writer->length = begin;
  put_u32(writer, (uint32_t)(end - begin - LENGTH_BYTES));
  writer->length = end;
  return true;
}

bool write_welcome(struct writer *writer) {
  size_t begin = begin_frame(writer, REPORT_WELCOME, AGENT_PROTOCOL);
  put_u32(writer, (uint32_t)attempt_count());
  put_u32(writer, (uint32_t)getpid());
  return end_frame(writer, begin);
}

bool write_held_end(struct writer *writer) {
  return end_frame(writer, begin_frame(writer, REPORT_HELD_END, 0));
}

bool write_pong(struct writer *writer) {
  return end_frame(writer, begin_frame(writer, REPORT_PONG, 0));
}

static bool write_held(struct writer *writer, const struct attempt *attempt) {
  size_t begin = begin_frame(writer, REPORT_HELD, attempt->id);
  put_string(writer, attempt->key);
  put_string(writer, attempt->memo);
  put_string(writer, attempt->cgroup);
  put_u32(writer, (uint32_t)attempt->pid);
  put_u64(writer, attempt->start_ticks);
  put_u64(writer, attempt->started_wall_ms);
  put_u64(writer, attempt->started_boot_ms);
  put_u64(writer, attempt->fence_boot_ms);
  return end_frame(writer, begin);
}

static bool write_started(struct writer *writer, const struct attempt *attempt) {
  bool failed = attempt->state == START_FAILED;
  size_t begin = begin_frame(writer, failed ? REPORT_START_FAILED : REPORT_STARTED, attempt->id);
  if (failed) {
    put_u8(writer, attempt->failed_step);
    put_u32(writer, (uint32_t)attempt->failed_errno);
    put_string(writer, attempt->failed_path == NULL ? "" : attempt->failed_path);
    put_string(writer, strerror(attempt->failed_errno));
  } else {
    put_u32(writer, (uint32_t)attempt->pid);
    put_u64(writer, attempt->start_ticks);
  }
  return end_frame(writer, begin);
}

static bool has_all_output(const struct attempt *attempt) {
  for (unsigned stream = 0; stream < STREAMS; stream++)
    if (attempt->streams[stream].flow != ENDED) return false;
  return true;
}

static bool write_exited(struct writer *writer, const struct attempt *attempt) {
  size_t begin = begin_frame(writer, REPORT_EXITED, attempt->id);
  put_u32(writer, (uint32_t)attempt->exit_code);
  put_u32(writer, (uint32_t)attempt->exit_signal);
  put_u8(writer, attempt->empty);
  put_u8(writer, attempt->pristine);
  put_u8(writer, attempt->fenced);
  put_u8(writer, has_all_output(attempt));
  put_u64(writer, attempt->oom_kills);
  return end_frame(writer, begin);
}

static bool write_roll(struct writer *writer, const struct attempt *attempt, unsigned stream) {
  const struct stream *of = &attempt->streams[stream];
  size_t begin = begin_frame(writer, REPORT_ROLL, attempt->id);
  put_u8(writer, stream);
  put_u64(writer, of->size);
  return end_frame(writer, begin);
}

static bool write_trouble(struct writer *writer, const struct attempt *attempt, unsigned stream) {
  const struct stream *of = &attempt->streams[stream];
  size_t begin = begin_frame(writer, REPORT_TROUBLE, attempt->id);
  put_u8(writer, stream);
  put_u8(writer, of->trouble_kind);
  put_string(writer, strerror(of->trouble_errno));
  return end_frame(writer, begin);
}

static bool write_one(struct writer *writer, const struct attempt *attempt, uint32_t news) {
  switch (news) {
    case NEWS_HELD:
      return write_held(writer, attempt);
    case NEWS_STARTED:
      return write_started(writer, attempt);
    case NEWS_EXITED:
      return write_exited(writer, attempt);
    case NEWS_DRAINED:
      return end_frame(writer, begin_frame(writer, REPORT_DRAINED, attempt->id));
    case NEWS_ROLL:
      return write_roll(writer, attempt, 0);
    case NEWS_ROLL << 1:
      return write_roll(writer, attempt, 1);
    case NEWS_TROUBLE:
      return write_trouble(writer, attempt, 0);
    default:
      return write_trouble(writer, attempt, 1);
  }
}

/* In the order of the bits, which is the order of a life. False if there is no room for all. */
bool write_news(struct writer *writer, struct attempt *attempt) {
  for (uint32_t news = NEWS_HELD; news <= NEWS_TROUBLE << 1; news <<= 1) {
    if ((attempt->news & news) == 0) continue;
    if (!write_one(writer, attempt, news)) return false;
    attempt->news &= ~news;
    /* The queue counts on it. */
    if (attempt->news == 0) return true;
  }
  return true;
}
