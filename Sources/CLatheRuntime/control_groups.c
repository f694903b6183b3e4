// What the control groups and the machine leave to this process.
#include "control_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LENGTH = 4096 };

/// Takes one file's contribution to a limit: lowers `limit` if the file says less.
typedef void (*limit_reader)(const char *folder, int64_t *limit);

/// Reads the first line of `folder/name`; false if there is none.
static int read_line(const char *folder, const char *name, char *line, int size) {
  char path[PATH_LENGTH + 64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  int found = fgets(line, size, file) != NULL;
  fclose(file);
  return found;
}

/// Applies `reader` to every folder from `root` + `path` up to `root`.
static void visit(const char *root, const char *path, limit_reader reader, int64_t *limit) {
  char folder[PATH_LENGTH];
  int length = snprintf(folder, sizeof folder, "%s%s", root, path);
  if (length < 0 || length >= (int)sizeof folder) return;
  size_t root_length = strlen(root);
  for (;;) {
    reader(folder, limit);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || (size_t)(slash - folder) < root_length) return;
    *slash = 0;
  }
}

/// The path of this process in the hierarchy that `controller` names in /proc/self/cgroup:
/// "" for version 2. Returns "/" if there is none.
static void own_path(const char *controller, char *path, size_t size) {
  snprintf(path, size, "/");
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (file == NULL) return;
  char line[PATH_LENGTH];
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    if (controllers == NULL) continue;
    char *found = strchr(++controllers, ':');
    if (found == NULL) continue;
    *found++ = 0;
    // A version 1 hierarchy may list several, such as "cpu,cpuacct".
    size_t length = strlen(controller);
    if (strncmp(controllers, controller, length) != 0) continue;
    if (controllers[length] != 0 && (length == 0 || controllers[length] != ',')) continue;
    snprintf(path, size, "%s", found);
    break;
  }
  fclose(file);
}

static int64_t lowest_limit(const char *controller, const char *root, limit_reader reader) {
  int64_t limit = INT64_MAX;
  char path[PATH_LENGTH];
  own_path(controller, path, sizeof path);
  visit(root, strcmp(path, "/") == 0 ? "" : path, reader, &limit);
  return limit;
}

static void lower(int64_t *limit, int64_t to) {
  if (to > 0 && to < *limit) *limit = to;
}

static int64_t rounded_up(double quota, double period) {
  return period <= 0 ? 0 : (int64_t)(quota / period + 0.999);
}

static void read_processors(const char *folder, int64_t *limit) {
  char line[128];
  double quota, period;
  if (read_line(folder, "cpu.max", line, sizeof line) &&
      sscanf(line, "%lf %lf", &quota, &period) == 2) {
    lower(limit, rounded_up(quota, period));
  }
}

static void read_processors_version_1(const char *folder, int64_t *limit) {
  char quota[64], period[64];
  if (read_line(folder, "cpu.cfs_quota_us", quota, sizeof quota) &&
      read_line(folder, "cpu.cfs_period_us", period, sizeof period)) {
    lower(limit, rounded_up(atof(quota), atof(period)));
  }
}

static void read_memory(const char *folder, int64_t *limit) {
  char line[128];
  if (read_line(folder, "memory.max", line, sizeof line)) lower(limit, atoll(line));
}

static void read_memory_version_1(const char *folder, int64_t *limit) {
  char line[128];
  if (read_line(folder, "memory.limit_in_bytes", line, sizeof line)) lower(limit, atoll(line));
}

int64_t lathe_memory_available(void) {
  int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  int64_t limit = lowest_limit("", "/sys/fs/cgroup", read_memory);
  lower(&limit, lowest_limit("memory", "/sys/fs/cgroup/memory", read_memory_version_1));
  if (bytes <= 0) return limit == INT64_MAX ? 0 : limit;
  return bytes < limit ? bytes : limit;
}

int32_t lathe_processor_quota(void) {
  int64_t limit = lowest_limit("", "/sys/fs/cgroup", read_processors);
  lower(&limit, lowest_limit("cpu", "/sys/fs/cgroup/cpu", read_processors_version_1));
  return limit > INT32_MAX ? INT32_MAX : (int32_t)limit;
}
