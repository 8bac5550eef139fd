#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COMPLAINTS_BYTES_MAX = 1024 * 1024 };

static uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) {
    /* Without a clock no deadline can be kept: the supervisor takes over and kills the trees. */
    complain("a clock cannot be read", "clock_gettime");
    abort();
  }
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

uint64_t boot_ms(void) { return read_clock(CLOCK_BOOTTIME); }
uint64_t monotonic_ms(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t wall_ms(void) { return read_clock(CLOCK_REALTIME); }

/* One line on stderr with the system's reason; the file behind it begins anew when it is full. errno is
 * as before afterwards. */
void complain(const char *what, const char *path) {
  int reason = errno;
  struct stat status;
  if (fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > COMPLAINTS_BYTES_MAX && ftruncate(STDERR_FILENO, 0) != 0)
    return;
  fprintf(stderr, "%llu %s: %s: %s (errno %d)\n", (unsigned long long)wall_ms(), what, path,
          strerror(reason), reason);
  errno = reason;
}

/* Reads a small file, with a final NUL. -1 and errno if that cannot be done. */
ssize_t read_text(const char *path, char *buffer, size_t capacity) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t length = 0;
  while (length < capacity - 1) {
    ssize_t count = read(file, buffer + length, capacity - 1 - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int reason = errno;
      close(file);
      errno = reason;
      return -1;
    }
    if (count == 0) break;
    length += (size_t)count;
  }
  close(file);
  buffer[length] = '\0';
  return (ssize_t)length;
}

/* Writes a control file with one write, as the kernel demands. */
int write_text(const char *path, const char *value) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t length = strlen(value);
  ssize_t count = write(file, value, length);
  int reason = count < 0 ? errno : EIO;
  close(file);
  if (count == (ssize_t)length) return 0;
  errno = reason;
  return -1;
}

int make_directories(const char *path) {
  if (mkdir(path, 0777) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT) return -1;
  char parent[4096];
  const char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path) return -1;
  size_t length = (size_t)(slash - path);
  if (length >= sizeof parent) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(parent, path, length);
  parent[length] = '\0';
  if (make_directories(parent) != 0) return -1;
  return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

/* Field 22 of /proc/PID/stat (proc_pid_stat(5)); 0 if it cannot be read. */
uint64_t start_ticks_of(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_text(path, text, sizeof text) < 0) return 0;
  /* The command's name may hold spaces and parentheses; field 3 follows the last one. */
  char *at = strrchr(text, ')');
  if (at == NULL) return 0;
  for (int field = 2; field < 22; field++) {
    at = strchr(at + 1, ' ');
    if (at == NULL) return 0;
  }
  return strtoull(at + 1, NULL, 10);
}

bool join_path(char *buffer, size_t capacity, const char *directory, const char *name) {
  int length = snprintf(buffer, capacity, "%s/%s", directory, name);
  return length > 0 && (size_t)length < capacity;
}
