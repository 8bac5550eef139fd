#define _GNU_SOURCE
#include "agent.h"

#include <stdlib.h>
#include <string.h>

/* The first byte of each frame from the supervisor. */
enum command {
  COMMAND_PING = 1,
  COMMAND_SPAWN = 2,
  COMMAND_RELEASE = 3,
  COMMAND_DEADLINES = 4,
  COMMAND_DRAIN = 5,
  COMMAND_GO_ON = 6,
  COMMAND_ROLL = 7,
  COMMAND_REMOVE_CGROUP = 8,
  COMMAND_END = 9,
};

int spawn_budget;

struct reader {
  const uint8_t *at, *end;
  bool bad;
};

static const uint8_t *take(struct reader *reader, size_t length) {
  if (reader->bad || (size_t)(reader->end - reader->at) < length) {
    reader->bad = true;
    return NULL;
  }
  const uint8_t *bytes = reader->at;
  reader->at += length;
  return bytes;
}

static uint64_t take_number(struct reader *reader, size_t length) {
  const uint8_t *bytes = take(reader, length);
  uint64_t number = 0;
  for (size_t at = 0; bytes != NULL && at < length; at++) number |= (uint64_t)bytes[at] << (8 * at);
  return number;
}

static uint8_t take_u8(struct reader *reader) { return (uint8_t)take_number(reader, 1); }
static uint32_t take_u32(struct reader *reader) { return (uint32_t)take_number(reader, 4); }
static uint64_t take_u64(struct reader *reader) { return take_number(reader, 8); }

/* A length, so many bytes without a NUL, and one NUL; it stays where it is. */
static const char *take_string(struct reader *reader) {
  uint32_t length = take_u32(reader);
  if (length > FRAME_BYTES_MAX) reader->bad = true;
  const char *string = (const char *)take(reader, (size_t)length + 1);
  if (string != NULL && strnlen(string, (size_t)length + 1) != length) reader->bad = true;
  return reader->bad ? "" : string;
}

static struct string_list take_strings(struct reader *reader) {
  struct string_list list = {NULL, 0};
  uint32_t length = take_u32(reader);
  if (length > LIST_LENGTH_MAX) reader->bad = true;
  if (reader->bad) return list;
  list.items = calloc((size_t)length + 1, sizeof *list.items);
  if (list.items == NULL) {
    reader->bad = true;
    return list;
  }
  for (; list.length < length && !reader->bad; list.length++)
    list.items[list.length] = take_string(reader);
  return list;
}

/* What is kept stands first in the frame, and is copied as a whole. */
static bool keep(struct attempt *attempt, const uint8_t *bytes, size_t length) {
  attempt->kept = malloc(length);
  if (attempt->kept == NULL) return false;
  memcpy(attempt->kept, bytes, length);
  struct reader reader = {(uint8_t *)attempt->kept, (uint8_t *)attempt->kept + length, false};
  attempt->key = take_string(&reader);
  attempt->memo = take_string(&reader);
  attempt->output_directory = take_string(&reader);
  attempt->containment = (enum containment_kind)take_u8(&reader);
  attempt->cgroup = take_string(&reader);
  attempt->oom_file = take_string(&reader);
  attempt->makes_cgroups = take_u8(&reader) != 0;
  attempt->cgroups = take_strings(&reader);
  set_fence(attempt, take_u64(&reader));
  uint64_t segment_bytes = take_u64(&reader);
  for (unsigned stream = 0; stream < STREAMS; stream++)
    attempt->streams[stream].segment_bytes = segment_bytes;
  return !reader.bad && attempt->containment <= CONTAINED_BY_FREEZER;
}

static bool take_groups(struct reader *reader, struct launch *launch) {
  uint32_t length = take_u32(reader);
  if (length > LIST_LENGTH_MAX) return false;
  launch->groups = calloc((size_t)length + 1, sizeof *launch->groups);
  if (launch->groups == NULL) return false;
  for (; launch->groups_length < length; launch->groups_length++)
    launch->groups[launch->groups_length] = take_u32(reader);
  return true;
}

static bool take_launch(struct reader *reader, struct launch *launch) {
  launch->argv = take_strings(reader);
  launch->environment = take_strings(reader);
  launch->working_directory = take_string(reader);
  launch->settings = take_strings(reader);
  launch->joins = take_strings(reader);
  launch->open_files_max = take_u64(reader);
  launch->has_account = take_u8(reader) != 0;
  launch->uid = take_u32(reader);
  launch->gid = take_u32(reader);
  return take_groups(reader, launch) && !reader->bad && launch->argv.length > 0;
}

static bool obey_spawn(struct reader *reader) {
  uint32_t id = take_u32(reader);
  uint32_t kept_length = take_u32(reader);
  const uint8_t *kept = kept_length <= KEPT_BYTES_MAX ? take(reader, kept_length) : NULL;
  struct launch launch = {.has_account = false};
  bool good = kept != NULL && take_launch(reader, &launch);
  spawn_budget--;
  struct attempt *attempt = good ? add_attempt(id) : NULL;
  if (attempt != NULL && keep(attempt, kept, kept_length)) spawn_attempt(attempt, &launch);
  else good = false;
  if (!good && attempt != NULL) remove_attempt(attempt);
  free(launch.argv.items);
  free(launch.environment.items);
  free(launch.settings.items);
  free(launch.joins.items);
  free(launch.groups);
  return good;
}

static bool obey_release(struct reader *reader) {
  struct attempt *attempt = attempt_by_id(take_u32(reader));
  bool removes_cgroups = take_u8(reader) != 0;
  if (reader->bad || attempt == NULL) return !reader->bad;
  /* Its end may not have been noticed yet. What runs is not let go of: its end would be nobody's. */
  if (attempt->state == RUNNING) collect_exits();
  if (attempt->state == RUNNING) {
    complain("an attempt that runs was to be released", attempt->key);
    return true;
  }
  close_output(attempt);
  for (size_t at = 0; removes_cgroups && at < attempt->cgroups.length; at++)
    remove_cgroup(attempt->cgroups.items[at]);
  remove_attempt(attempt);
  return true;
}

static bool obey_deadlines(struct reader *reader) {
  uint32_t length = take_u32(reader);
  for (uint32_t at = 0; at < length && !reader->bad; at++) {
    struct attempt *attempt = attempt_by_id(take_u32(reader));
    uint64_t fence_boot_ms = take_u64(reader);
    if (attempt != NULL && !reader->bad) set_fence(attempt, fence_boot_ms);
  }
  return !reader->bad;
}

static bool obey_go_on(struct reader *reader) {
  struct attempt *attempt = attempt_by_id(take_u32(reader));
  uint8_t stream = take_u8(reader);
  bool rolled = take_u8(reader) != 0;
  if (reader->bad || stream >= STREAMS) return false;
  if (attempt != NULL) go_on(attempt, stream, rolled);
  return true;
}

static bool obey_roll(struct reader *reader) {
  struct attempt *attempt = attempt_by_id(take_u32(reader));
  if (attempt == NULL || reader->bad) return !reader->bad;
  for (unsigned stream = 0; stream < STREAMS; stream++) request_roll(attempt, stream);
  return true;
}

static bool obey_drain(struct reader *reader) {
  struct attempt *attempt = attempt_by_id(take_u32(reader));
  uint32_t patience_ms = take_u32(reader);
  if (reader->bad) return false;
  if (attempt != NULL && attempt->state == EXITED) begin_drain(attempt, patience_ms);
  return true;
}

static bool obey_remove_cgroup(struct reader *reader) {
  const char *directory = take_string(reader);
  if (reader->bad || directory[0] != '/') return false;
  remove_cgroup(directory);
  return true;
}

bool obey(const uint8_t *frame, size_t length) {
  struct reader reader = {frame, frame + length, false};
  switch ((enum command)take_u8(&reader)) {
    case COMMAND_PING:
      answer_ping();
      return true;
    case COMMAND_SPAWN:
      return obey_spawn(&reader);
    case COMMAND_RELEASE:
      return obey_release(&reader);
    case COMMAND_DEADLINES:
      return obey_deadlines(&reader);
    case COMMAND_DRAIN:
      return obey_drain(&reader);
    case COMMAND_GO_ON:
      return obey_go_on(&reader);
    case COMMAND_ROLL:
      return obey_roll(&reader);
    case COMMAND_REMOVE_CGROUP:
      return obey_remove_cgroup(&reader);
    case COMMAND_END:
      told_to_end = true;
      return true;
  }
  return false;
}
