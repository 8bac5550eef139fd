import { readFileSync } from "node:fs";
import { release } from "node:os";
import { failure, fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const nodeMin = { major: 20, minor: 19 } as const;
/** A supervisor takes six for each running application, and some for itself (see `supervisor-options.ts`). */
const openFilesMin = 8_192;
const filesPerApplication = 6;
const filesReserved = 200;
const processesMin = 4_096;

/** Node, the operating system, and what one user may have open and running. */
export function checkPlatform(
  nodeVersion: string = process.version,
  platform: string = process.platform,
  limits: string = readLimits(),
): readonly Finding[] {
  return [checkNode(nodeVersion), checkSystem(platform), ...checkLimits(limits)];
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  if (major > nodeMin.major || (major === nodeMin.major && minor >= nodeMin.minor))
    return fine("node", version);
  return failure("node", version, `Install Node ${nodeMin.major}.${nodeMin.minor} or newer.`);
}

function checkSystem(platform: string): Finding {
  if (platform === "linux") return fine("system", `Linux ${release()}`);
  if (platform === "darwin")
    return warning("system", "macOS", "Use it for `aloha dev` only: kills are best-effort here.");
  return failure("system", platform, "Use Linux, or WSL on Windows.");
}

function checkLimits(limits: string): readonly Finding[] {
  const files = softLimit(limits, "Max open files");
  const processes = softLimit(limits, "Max processes");
  return [
    ...(files === undefined ? [] : [checkOpenFiles(files)]),
    ...(processes === undefined ? [] : [checkProcesses(processes)]),
  ];
}

function checkOpenFiles(files: number): Finding {
  const room = Math.max(0, Math.floor((files - filesReserved) / filesPerApplication));
  const found = `${files}, which is room for ${room} running applications`;
  return files >= openFilesMin
    ? fine("open files", String(files))
    : warning(
        "open files",
        found,
        `Raise it where the daemons are started: ulimit -n 65536, or LimitNOFILE=65536 in the unit.`,
      );
}

function checkProcesses(processes: number): Finding {
  return processes >= processesMin
    ? fine("processes", processes === Number.POSITIVE_INFINITY ? "unlimited" : String(processes))
    : warning(
        "processes",
        `${processes} for this user`,
        "Raise it where the daemons are started: ulimit -u, or LimitNPROC in the unit.",
      );
}

/** A row of /proc/PID/limits (proc_pid_limits(5)). */
function softLimit(limits: string, name: string): number | undefined {
  const [, soft] = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    // No /proc: nothing is known of limits.
    return "";
  }
}
