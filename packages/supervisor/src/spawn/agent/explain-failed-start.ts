import { constants } from "node:os";
import type { StartSpec } from "@aloha/core";
import { failed, type FailedStart } from "../check-start.ts";
import { resolveCommand } from "../resolve-command.ts";
import type { StartFailedReport } from "./agent-report.ts";

/** Where a start can fail, by number (enum step of native/agent.h). */
const steps: readonly string[] = [
  "",
  "keeping it in mind",
  "output",
  "output",
  "making a pipe",
  "making its cgroup",
  "making a process",
  "making a session",
  "joining its cgroup",
  "passing its output on",
  "limiting its open files",
  "changing to its account",
  "working-directory",
  "exec",
  "lapsed",
];

const { EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC, EACCES } = constants.errno;
/** What another worker, or the same one later, may not run into. */
const resourceErrors: ReadonlySet<number> = new Set([EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC]);

/** Puts into words why the agent could not start an attempt; `spec` is null if it was given to an earlier supervisor. */
export function explainFailedStart(report: StartFailedReport, spec: StartSpec | null): FailedStart {
  const { errno, path, reason } = report;
  const step = steps[report.step] ?? `step ${report.step}`;
  if (step === "lapsed") return failed("lapsed", "Its lease ended before it could be started.");
  const isShort = resourceErrors.has(errno);
  if (step === "output")
    return failed(
      isShort ? "limit" : "work-directory",
      `Output cannot be written below ${path}: ${reason}`,
    );
  if (isShort)
    return failed("limit", `The system has no room for another process (${step}): ${reason}`);
  if (step !== "exec" && step !== "working-directory") {
    const where = path === "" ? "" : ` (${path})`;
    return failed("spawn-failed", `The process could not be prepared: ${step}${where}: ${reason}`);
  }
  // The system's one word is not what helps; looking again does, unless things have changed meanwhile.
  const found = spec === null ? null : resolveCommand(spec);
  if (found?.kind === "failed") return found;
  if (step === "working-directory")
    return failed("work-directory", `The working directory ${path} cannot be entered: ${reason}.`);
  if (errno === EACCES)
    return failed("not-executable", `${path} is not executable by its account: ${reason}.`);
  return failed("spawn-failed", `${path} could not be executed: ${reason}.`);
}
