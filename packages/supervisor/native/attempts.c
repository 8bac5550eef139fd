#include "agent.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Powers of two. */
enum { BUCKETS = 4096 };

static struct attempt *by_id[BUCKETS];
static struct attempt *by_pid[BUCKETS];
static size_t count;

/* A queue, oldest first. */
static struct attempt *news_first, *news_last;

static size_t bucket_of(uint32_t number) { return number % BUCKETS; }

/* NULL if the id is taken, the table is full, or there is no memory. */
struct attempt *add_attempt(uint32_t id) {
  if (count >= ATTEMPTS_MAX || attempt_by_id(id) != NULL) return NULL;
  struct attempt *attempt = calloc(1, sizeof *attempt);
  if (attempt == NULL) return NULL;
  attempt->id = id;
  for (unsigned stream = 0; stream < STREAMS; stream++) {
    attempt->streams[stream].flow = ENDED;
    attempt->streams[stream].pipe = -1;
    attempt->streams[stream].file = -1;
  }
  attempt->next_by_id = by_id[bucket_of(id)];
  by_id[bucket_of(id)] = attempt;
  count++;
  return attempt;
}

struct attempt *attempt_by_id(uint32_t id) {
  struct attempt *attempt = by_id[bucket_of(id)];
  while (attempt != NULL && attempt->id != id) attempt = attempt->next_by_id;
  return attempt;
}

struct attempt *attempt_by_pid(pid_t pid) {
  struct attempt *attempt = by_pid[bucket_of((uint32_t)pid)];
  while (attempt != NULL && attempt->pid != pid) attempt = attempt->next_by_pid;
  return attempt;
}

void attempt_has_pid(struct attempt *attempt, pid_t pid) {
  attempt->pid = pid;
  size_t bucket = bucket_of((uint32_t)pid);
  attempt->next_by_pid = by_pid[bucket];
  by_pid[bucket] = attempt;
}

/* Its process was collected: the number may now be another's. The attempt itself remembers it. */
void attempt_lost_pid(struct attempt *attempt) {
  struct attempt **link = &by_pid[bucket_of((uint32_t)attempt->pid)];
  while (*link != NULL && *link != attempt) link = &(*link)->next_by_pid;
  if (*link != NULL) *link = attempt->next_by_pid;
}

static void leave_news(struct attempt *attempt) {
  struct attempt **link = &news_first, *before = NULL;
  while (*link != NULL && *link != attempt) {
    before = *link;
    link = &(*link)->next_with_news;
  }
  if (*link == NULL) return;
  *link = attempt->next_with_news;
  if (news_last == attempt) news_last = before;
}

void remove_attempt(struct attempt *attempt) {
  struct attempt **link = &by_id[bucket_of(attempt->id)];
  while (*link != attempt) link = &(*link)->next_by_id;
  *link = attempt->next_by_id;
  attempt_lost_pid(attempt);
  if (attempt->news != 0) leave_news(attempt);
  count--;
  free(attempt->cgroups.items);
  free(attempt->failed_path);
  free(attempt->kept);
  free(attempt);
}

size_t attempt_count(void) { return count; }

/* `visit` may remove the attempt it is given, and no other. */
void each_attempt(void (*visit)(struct attempt *, void *), void *context) {
  for (size_t bucket = 0; count > 0 && bucket < BUCKETS; bucket++) {
    struct attempt *attempt = by_id[bucket];
    while (attempt != NULL) {
      struct attempt *next = attempt->next_by_id;
      visit(attempt, context);
      attempt = next;
    }
  }
}

void has_news(struct attempt *attempt, uint32_t news) {
  if (attempt->news == 0) {
    attempt->next_with_news = NULL;
    if (news_first == NULL) news_first = attempt;
    else news_last->next_with_news = attempt;
    news_last = attempt;
  }
  attempt->news |= news;
}

/* The one that has waited longest; NULL if there is no news. */
struct attempt *first_with_news(void) { return news_first; }

/* All that the first one had to tell was told. */
void news_was_told(void) {
  struct attempt *told = news_first;
  told->news = 0;
  news_first = told->next_with_news;
  if (news_first == NULL) news_last = NULL;
}

static void clear_news(struct attempt *attempt, void *context) {
  (void)context;
  attempt->news = 0;
}

void forget_news(void) {
  each_attempt(clear_news, NULL);
  news_first = news_last = NULL;
}
