/*
 * The spawn agent: starts processes, keeps their output, sees them end, and kills trees whose
 * deadline has passed. It decides nothing and records nothing; see README.md.
 */
#ifndef ALOHA_AGENT_H
#define ALOHA_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Limits. */
enum {
  ATTEMPTS_MAX = 20000,
  STREAMS = 2,
  FRAME_BYTES_MAX = 8 * 1024 * 1024,
  KEPT_BYTES_MAX = 64 * 1024,
  SEND_BYTES = 256 * 1024,
  LIST_LENGTH_MAX = 2100000, /* arguments and variables have 2 MiB together */
  SPAWNS_PER_TURN = 8,
  OUTPUT_BYTES_PER_TURN = 256 * 1024,
};

/* How the tree of an attempt is held together. */
enum containment_kind { CONTAINED_BY_GROUP = 0, CONTAINED_BY_CGROUP2 = 1, CONTAINED_BY_FREEZER = 2 };

/* FLOWING: read whenever there is something. WANTS_ROLL: the supervisor has to rename the file
 * first. DISK_FULL: tried again every second. ENDED: all of it is in the file. */
enum flow { FLOWING, WANTS_ROLL, DISK_FULL, ENDED };

/* What an operator has to know of a stream. */
enum trouble { TROUBLE_DISK_FULL = 1, TROUBLE_OUTPUT_LOST = 2 };

struct stream {
  enum flow flow;
  bool watched; /* by epoll */
  bool in_trouble;
  bool roll_due; /* before the next byte */
  bool copies;  /* the file system cannot splice */
  int pipe;
  int file;
  uint64_t size;  /* of the file that is being written */
  uint64_t segment_bytes; /* at which a file is rolled; 0: never because of its size */
  uint64_t limit; /* at which this one is; 0: none */
  char *unwritten; /* read and not yet written; only where `copies` */
  size_t unwritten_length;
  int trouble_errno;
  enum trouble trouble_kind;
};

enum attempt_state { START_FAILED = 1, RUNNING = 2, EXITED = 3 };

/* What the supervisor has yet to be told of an attempt. */
enum news {
  NEWS_HELD = 1 << 0,
  NEWS_STARTED = 1 << 1, /* or failed to */
  NEWS_EXITED = 1 << 2,
  NEWS_DRAINED = 1 << 3,
  NEWS_ROLL = 1 << 4, /* shifted by the stream */
  NEWS_TROUBLE = 1 << 6, /* shifted by the stream */
};

struct string_list {
  const char **items; /* ends with NULL */
  size_t length;
};

struct attempt {
  struct attempt *next_by_id, *next_by_pid, *next_with_news;
  uint32_t id;
  enum attempt_state state;
  uint32_t news;
  char *kept; /* the strings below are in it */
  const char *key, *memo, *output_directory, *cgroup, *oom_file;
  struct string_list cgroups; /* removed with it, if the supervisor says so */
  bool makes_cgroups; /* else they are there, from an attempt before */
  enum containment_kind containment;
  pid_t pid;
  uint64_t start_ticks, started_wall_ms, started_boot_ms;
  uint64_t fence_boot_ms; /* 0: none */
  struct stream streams[STREAMS];
  /* START_FAILED */
  uint8_t failed_step;
  int failed_errno;
  char *failed_path;
  /* EXITED */
  int exit_code, exit_signal;
  bool empty, pristine, fenced;
  bool files_made; /* both files of output were looked after */
  uint64_t opened_ms;
  uint64_t oom_kills;
  bool draining, drained;
  uint64_t drain_until_ms;
};

/* Where a start can fail; the supervisor puts it into words. */
enum step {
  STEP_TABLE = 1,
  STEP_OUTPUT_DIRECTORY,
  STEP_OUTPUT_FILE,
  STEP_PIPE,
  STEP_CGROUP,
  STEP_CLONE,
  STEP_SESSION,
  STEP_JOIN,
  STEP_STDIO,
  STEP_LIMIT,
  STEP_IDENTITY,
  STEP_WORKING_DIRECTORY,
  STEP_EXEC,
  STEP_LAPSED,
};

/* What a start needs beside what is kept; points into the frame. */
struct launch {
  struct string_list argv, environment, joins;
  struct string_list settings; /* path, value, path, value ... */
  const char *working_directory;
  bool has_account;
  uid_t uid;
  gid_t gid;
  gid_t *groups;
  size_t groups_length;
  uint64_t open_files_max; /* 0: as the agent was started with */
};

/* system.c */
uint64_t boot_ms(void);
uint64_t monotonic_ms(void);
uint64_t wall_ms(void);
void complain(const char *what, const char *path);
ssize_t read_text(const char *path, char *buffer, size_t capacity);
int write_text(const char *path, const char *value);
int make_directories(const char *path);
uint64_t start_ticks_of(pid_t pid);
/* `directory/name` in `buffer`; false if it does not fit. */
bool join_path(char *buffer, size_t capacity, const char *directory, const char *name);

/* attempts.c */
struct attempt *add_attempt(uint32_t id);
struct attempt *attempt_by_id(uint32_t id);
struct attempt *attempt_by_pid(pid_t pid);
void attempt_has_pid(struct attempt *attempt, pid_t pid);
void attempt_lost_pid(struct attempt *attempt);
void remove_attempt(struct attempt *attempt);
size_t attempt_count(void);
void each_attempt(void (*visit)(struct attempt *, void *), void *context);
void has_news(struct attempt *attempt, uint32_t news);
struct attempt *first_with_news(void);
void news_was_told(void);
void forget_news(void);

/* spawn.c */
void prepare_to_spawn(void);
/* Starts what the launch says. On failure the attempt says why. */
void spawn_attempt(struct attempt *attempt, const struct launch *launch);

/* output.c */
bool open_output(struct attempt *attempt, unsigned stream, int *write_end);
void close_output(struct attempt *attempt);
void pump(struct attempt *attempt, unsigned stream);
void request_roll(struct attempt *attempt, unsigned stream);
void go_on(struct attempt *attempt, unsigned stream, bool rolled);
void begin_drain(struct attempt *attempt, uint32_t patience_ms);
void retry_output(uint64_t now_ms);
int files_timeout(void);
void make_files_due(uint64_t now_ms);
bool output_needs_retry(void);

/* cgroup.c */
int make_cgroup(const char *directory);
void apply_settings(const struct string_list *settings);
void remove_cgroup(const char *directory);
/* Whether the tree is gone, as far as the cgroup alone can tell. */
bool is_cgroup_empty(const struct attempt *attempt);
bool is_cgroup_pristine(const struct attempt *attempt);
uint64_t count_oom_kills(const char *file);
void kill_cgroup(const struct attempt *attempt);

/* deadlines.c */
void set_fence(struct attempt *attempt, uint64_t fence_boot_ms);
void enforce_deadlines(void);
/* Milliseconds until the next look at the clock; -1: none is needed. */
int deadline_timeout(void);
/* SIGKILL for all trees; false once none is left. */
bool kill_everything(void);

/* exits.c */
void collect_exits(void);

/* connection.c */
int listen_at(const char *path);
void accept_supervisor(int listener);
void receive_commands(void);
void send_news(void);
void answer_ping(void);
bool has_supervisor(void);
bool has_unread_commands(void);

/* commands.c */
/* Obeys one frame; false if it is malformed. */
bool obey(const uint8_t *frame, size_t length);
/* Spawns that may still be done in this turn. */
extern int spawn_budget;

/* news.c: appends what is to be told to a buffer. */
struct writer {
  uint8_t *bytes;
  size_t length, capacity;
};
/* Each is false, and nothing is written, if there is no room. */
bool write_welcome(struct writer *writer);
bool write_held_end(struct writer *writer);
bool write_pong(struct writer *writer);
/* Writes what fits; false if something is left. */
bool write_news(struct writer *writer, struct attempt *attempt);

/* spawn-agent.c */
extern int epoll_fd, null_fd;
extern struct rlimit inherited_open_files;
extern bool told_to_end;
enum source { SOURCE_LISTENER, SOURCE_SUPERVISOR, SOURCE_SIGNALS, SOURCE_STREAM };
uint64_t source_tag(enum source source, unsigned stream, uint32_t id);

#define AGENT_PROTOCOL 1

#endif
