import { constants } from "node:os";
import type { Application } from "@aloha/api";
import { exitCodes } from "./exit-code.ts";

/** What a shell answers for a command that it cannot find, and for one that it may not run (POSIX, Shell 2.8.2). */
const commandNotFound = 127;
const commandNotExecutable = 126;

/** The exit status of whoever waited for an end: 0 FINISHED, 6 the end is unknown, 1 any other. */
export function exitCodeOfEnd({ end }: Pick<Application, "end">): number {
  if (end === null || isUnknown(end.reason)) return exitCodes.endUnknown;
  return end.state === "FINISHED" ? exitCodes.success : exitCodes.applicationFailed;
}

/**
 * The exit status of `aloha run`: the command's own, 128 + n where signal n ended it, 126 and 127
 * as in a shell. A command that was killed or timed out never gives 0, even if it ended with 0 when asked to stop.
 */
export function exitCodeOfRun({ end, attempts }: Pick<Application, "end" | "attempts">): number {
  if (end === null || isUnknown(end.reason)) return exitCodes.endUnknown;
  const outcome = attempts.at(-1)?.outcome;
  if (outcome?.kind === "start-failed") {
    if (outcome.code === "command-not-found") return commandNotFound;
    if (outcome.code === "not-executable") return commandNotExecutable;
  }
  const status = end.signal === null ? end.exitCode : signalStatus(end.signal);
  if (end.state === "FINISHED") return status ?? exitCodes.success;
  return status === null || status === 0 ? exitCodes.applicationFailed : status;
}

/** The exit status of `stop --wait` and `kill --wait`: it was asked to end, so any end is success, except one that nobody saw. */
export function exitCodeOfStop({ end }: Pick<Application, "end">): number {
  return end === null || isUnknown(end.reason) ? exitCodes.endUnknown : exitCodes.success;
}

function isUnknown(reason: NonNullable<Application["end"]>["reason"]): boolean {
  return reason === "exit-unknown" || reason === "host-rebooted" || reason === "worker-lost";
}

function signalStatus(signal: string): number | null {
  const known = Object.entries(constants.signals).find(([name]) => name === signal);
  return known === undefined ? null : 128 + known[1];
}
