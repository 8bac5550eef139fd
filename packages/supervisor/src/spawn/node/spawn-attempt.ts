import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, fchownSync, mkdirSync } from "node:fs";
import type { Account, AttemptKey, StartSpec } from "@aloha/core";
import { errorCode, readProcess } from "@aloha/runtime/node";
import type { Timers } from "@aloha/runtime";
import type { AttemptCgroups } from "../../containment/attempt-cgroups.ts";
import { OutputDrain } from "../../output/output-drain.ts";
import { RollingFile } from "../../output/rolling-file.ts";
import { outputStreams } from "../../output/segment.ts";
import type { SegmentCompressor } from "../../output/segment-compressor.ts";
import type { FifoPool } from "./fifo-pool.ts";
import { checkStart, failed, type FailedStart } from "../check-start.ts";
import { resolveCommand } from "../resolve-command.ts";

/** What a spawn needs besides the command. */
export interface SpawnTools {
  readonly cgroups: AttemptCgroups;
  readonly fifos: FifoPool;
  readonly compressor: SegmentCompressor;
  readonly timers: Timers;
  /** The date. */
  readonly wallMs: () => number;
  readonly onOutputTrouble: (attempt: AttemptKey, message: string) => void;
}

export interface SpawnedAttempt {
  readonly kind: "spawned";
  readonly child: ChildProcess;
  readonly pid: number;
  readonly startTicks: number;
  readonly drains: readonly OutputDrain[];
}

export type SpawnResult = SpawnedAttempt | FailedStart;

/** What another worker, or the same one later, may not run into. */
const resourceErrors: ReadonlySet<string> = new Set([
  "EAGAIN",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOSPC",
]);

/**
 * Takes the limit of open files that comes first (`-` for none), joins the cgroups whose files
 * precede `--`, then becomes the program: it never runs outside of them, and cannot fork before it is in.
 */
const LIMIT_JOIN_AND_EXEC =
  '[ "$1" = - ] || ulimit -n "$1" || exit 126; shift; while [ "$1" != -- ]; do echo 0 >"$1" || exit 126; shift; done; shift; exec "$@"';

/** Becomes another account, with its groups (util-linux): Node itself would drop all but one. */
const SET_ACCOUNT = "setpriv";

/** Starts a program in its own session, contained, with its output in real pipes. */
export function spawnAttempt(tools: SpawnTools, attempt: AttemptKey, spec: StartSpec): SpawnResult {
  const refusal = checkStart(attempt, spec);
  if (refusal !== null) return refusal;
  if (spec.account !== null && setAccountPath() === undefined) {
    return failed(
      "spawn-failed",
      "This host has no setpriv (util-linux), without which nothing can be started as another account. Install it, or let the spawn agent be built (cc).",
    );
  }
  const command = resolveCommand(spec);
  if (command.kind === "failed") return command;
  const writeFds: number[] = [];
  const drains: OutputDrain[] = [];
  const files: RollingFile[] = [];
  try {
    mkdirSync(spec.outputDirectory, { recursive: true });
    for (const stream of outputStreams) {
      const { outputDirectory: directory, logs: policy } = spec;
      const { compressor, wallMs } = tools;
      files.push(new RollingFile({ directory, stream, policy, compressor, wallMs }));
    }
  } catch (error) {
    for (const file of files) file.close();
    const code = resourceErrors.has(errorCode(error) ?? "") ? "limit" : "work-directory";
    return failed(
      code,
      `Output cannot be written below ${spec.outputDirectory}: ${messageOf(error)}`,
    );
  }
  try {
    for (const [index, file] of files.entries()) {
      const pipe = tools.fifos.open();
      writeFds.push(pipe.writeFd);
      // Or it could write, but not open /dev/stdout.
      if (spec.account !== null) fchownSync(pipe.writeFd, spec.account.uid, spec.account.gid);
      const onTrouble = (message: string): void =>
        tools.onOutputTrouble(attempt, `${outputStreams[index]}: ${message}`);
      drains.push(new OutputDrain({ readFd: pipe.readFd, file, timers: tools.timers, onTrouble }));
    }
    const child = fork(tools.cgroups.prepare(attempt, spec), command.file, spec, writeFds);
    const { pid } = child;
    if (pid === undefined) {
      // Node says why in an `error` event only; all causes that a user can mend were looked for before.
      child.once("error", (error) =>
        tools.onOutputTrouble(attempt, `The start failed: ${error.message}`),
      );
      abandon(drains, files);
      return failed(
        "limit",
        "The system could not make a process: its limit of processes, open files or memory is reached.",
      );
    }
    return { kind: "spawned", child, pid, startTicks: readProcess(pid)?.startTicks ?? 0, drains };
  } catch (error) {
    abandon(drains, files);
    const code = resourceErrors.has(errorCode(error) ?? "") ? "limit" : "spawn-failed";
    return failed(code, `The process could not be prepared: ${messageOf(error)}`);
  } finally {
    for (const fd of writeFds) closeSync(fd);
  }
}

/** Nothing will be written: pipes that were opened close with their drains. */
function abandon(drains: readonly OutputDrain[], files: readonly RollingFile[]): void {
  for (const drain of drains) drain.finish(0, () => {});
  for (const file of files.slice(drains.length)) file.close();
}

function fork(
  joinFiles: readonly string[],
  file: string,
  spec: StartSpec,
  writeFds: readonly number[],
): ChildProcess {
  const { account, openFilesMax } = spec;
  const rest = spec.argv.slice(1);
  const [stdout, stderr] = writeFds;
  const options = {
    cwd: spec.workingDirectory,
    env: { ...spec.environment },
    detached: true,
    stdio: ["ignore" as const, stdout, stderr],
  };
  if (joinFiles.length === 0 && account === null && openFilesMax === null)
    return spawn(file, rest, { ...options, argv0: spec.argv[0] ?? file });
  const limit = openFilesMax === null ? "-" : String(openFilesMax);
  const command = [...(account === null ? [] : asAccount(account)), file, ...rest];
  return spawn(
    "/bin/sh",
    ["-c", LIMIT_JOIN_AND_EXEC, "sh", limit, ...joinFiles, "--", ...command],
    options,
  );
}

/** The start of a command that runs the rest of it as this account. */
function asAccount({ uid, gid, groups }: Account): readonly string[] {
  const ofGroups = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return [setAccountPath() ?? SET_ACCOUNT, `--reuid=${uid}`, `--regid=${gid}`, ofGroups, "--"];
}

/** Where setpriv is; undefined where it is not. The program's own PATH has no say in it. */
function setAccountPath(): string | undefined {
  return ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    .map((directory) => `${directory}/${SET_ACCOUNT}`)
    .find((path) => existsSync(path));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
