import { readFileSync, readdirSync } from "node:fs";
import { eventually } from "./eventually.ts";

/** A process of this host as /proc shows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly commandLine: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

/** Every process that can be looked at. Zombies have neither command line nor environment, and do not count. */
export function listProcesses(): readonly ProcessInfo[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const commandLine = readList(`/proc/${name}/cmdline`);
    if (commandLine.length === 0) return [];
    const environment = readList(`/proc/${name}/environ`).map((entry): [string, string] => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    });
    return [{ pid: Number(name), commandLine, environment: new Map(environment) }];
  });
}

/**
 * The processes whose ALOHA_ATTEMPT (`clusterId/appId/n`) contains `part`: an application's id, `id/2` for its
 * second attempt, a cluster's id for all of its work. Clusters that run side by side may give the same id: where
 * that matters `Cluster.processes` is right.
 */
export function processesMarked(part: string): readonly ProcessInfo[] {
  return listProcesses().filter(
    (process) => process.environment.get("ALOHA_ATTEMPT")?.includes(part) === true,
  );
}

/** The processes that have `text` in an argument, such as the directory of a test. */
export function processesNaming(text: string): readonly ProcessInfo[] {
  return listProcesses().filter(
    ({ pid, commandLine }) =>
      pid !== process.pid && commandLine.some((argument) => argument.includes(text)),
  );
}

/** Sends a signal; that the process is gone already is no failure. */
export function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Kills what `find` finds until it finds nothing more. */
export async function killAll(find: () => readonly ProcessInfo[], what: string): Promise<void> {
  await eventually(
    () => {
      const found = find();
      for (const { pid } of found) signalPid(pid, "SIGKILL");
      return found.length === 0;
    },
    10_000,
    `the end of ${what}`,
  );
}

function readList(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\0")
      .filter((entry) => entry !== "");
  } catch {
    // It has ended, or belongs to somebody else.
    return [];
  }
}
