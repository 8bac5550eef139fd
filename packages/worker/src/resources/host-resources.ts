import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";

export interface HostResources {
  readonly milliCores: number;
  readonly memoryMiB: number;
}

const mebi = 1024 * 1024;

/** What is left for the system and for Aloha itself. */
const memoryReserveMiB = 1024;

/** The least that is offered by default, however small the host. */
const memoryMinMiB = 256;

/**
 * What a worker offers unless told otherwise: all cores that this process may use, and all memory
 * less 1 GiB, both within the limits of its cgroup and of those above it (a container's).
 */
export function hostResources(): HostResources {
  const limits = cgroupLimits();
  const cores = Math.min(availableParallelism() * 1000, limits.milliCores);
  const memoryMiB = Math.floor(Math.min(totalmem(), limits.memoryBytes) / mebi);
  return {
    milliCores: Math.max(1, Math.floor(cores)),
    memoryMiB: Math.max(Math.min(memoryMinMiB, memoryMiB), memoryMiB - memoryReserveMiB),
  };
}

/** The tightest limits of this process's cgroup and its ancestors (cgroups(7): `cpu.max`, `memory.max` and their v1 names). */
function cgroupLimits(): { readonly milliCores: number; readonly memoryBytes: number } {
  let milliCores = Number.POSITIVE_INFINITY;
  let memoryBytes = Number.POSITIVE_INFINITY;
  for (const { controllers, path } of cgroupsOf(read("/proc/self/cgroup"))) {
    for (const directory of upwards(join("/sys/fs/cgroup", controllers), path)) {
      milliCores = Math.min(milliCores, cpuLimit(directory));
      memoryBytes = Math.min(memoryBytes, memoryLimit(directory));
    }
  }
  return { milliCores, memoryBytes };
}

/** The rows of /proc/PID/cgroup; v2 has one row without controllers. */
function cgroupsOf(
  text: string,
): readonly { readonly controllers: string; readonly path: string }[] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= 3)
    .map(([, controllers = "", ...path]) => ({ controllers, path: path.join(":") }));
}

/** In a container the path may lead nowhere: then only what is visible counts. */
function upwards(root: string, path: string): readonly string[] {
  const directories: string[] = [];
  for (let current = path; ; current = dirname(current)) {
    directories.push(join(root, current));
    if (current === "/" || current === ".") return directories;
  }
}

function cpuLimit(directory: string): number {
  const [quota, period] = read(join(directory, "cpu.max")).trim().split(" ");
  const quotaUs = toLimit(quota ?? "") ?? toLimit(read(join(directory, "cpu.cfs_quota_us")));
  const periodUs = toLimit(period ?? "") ?? toLimit(read(join(directory, "cpu.cfs_period_us")));
  if (quotaUs === undefined || periodUs === undefined) return Number.POSITIVE_INFINITY;
  return (quotaUs / periodUs) * 1000;
}

function memoryLimit(directory: string): number {
  return (
    toLimit(read(join(directory, "memory.max"))) ??
    toLimit(read(join(directory, "memory.limit_in_bytes"))) ??
    Number.POSITIVE_INFINITY
  );
}

/** A positive number; `max`, `-1` and what is not there are no limits. */
function toLimit(text: string): number | undefined {
  const value = Number(text.trim() === "" ? Number.NaN : text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Most of these files do not exist on any one host. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
