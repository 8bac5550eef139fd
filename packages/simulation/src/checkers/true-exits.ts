/**
 * P4. An exit in a record is the one that the kernel saw, and says why the program was stopped if it was; of an attempt that is recorded as never
 * started no process ever was; and what has ended by its record has no process left.
 */
import type { AttemptRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import {
  attemptName,
  attemptOf,
  committedApplications,
  mayLive,
} from "./committed-applications.ts";

interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Whether somebody had sent it a signal before. */
  readonly wasStopped: boolean;
}

export function trueExits(): Checker {
  const exits = new Map<string, Exit>();
  const live = new Set<string>();
  const started = new Set<string>();
  const signalled = new Set<string>();

  function judge(name: string, attempt: AttemptRecord): string | undefined {
    const { outcome } = attempt;
    if (!mayLive(attempt) && live.has(name))
      return `${name} is ${attempt.phase} by its record, and has processes`;
    if (outcome === null) return undefined;
    if (outcome.kind === "exited") {
      const exit = exits.get(name);
      const isStopUnsaid = exit?.wasStopped === true && outcome.stopCause === null;
      if (isStopUnsaid)
        return `${name} is recorded as if it had ended by itself, but it was stopped`;
      if (exit?.exitCode === outcome.exitCode && exit.signal === outcome.signal) return undefined;
      return `${name} is recorded with exit ${outcome.exitCode ?? outcome.signal}, but it ${exit === undefined ? "never exited" : `exited with ${exit.exitCode ?? exit.signal}`}`;
    }
    if (outcome.kind !== "exit-unknown" && started.has(name))
      return `${name} is recorded as ${outcome.kind}, but it was started`;
    return undefined;
  }

  return {
    name: "true-exits",
    observe(observation) {
      switch (observation.kind) {
        case "tree-started":
          live.add(attemptOf(observation.attempt).name);
          started.add(attemptOf(observation.attempt).name);
          return undefined;
        case "tree-signalled":
          signalled.add(attemptOf(observation.attempt).name);
          return undefined;
        case "main-exited": {
          const { name } = attemptOf(observation.attempt);
          exits.set(name, { ...observation, wasStopped: signalled.has(name) });
          return undefined;
        }
        case "tree-gone":
          live.delete(attemptOf(observation.attempt).name);
          return undefined;
        default:
          for (const { id, attempts } of committedApplications(observation)) {
            for (const attempt of attempts) {
              const wrong = judge(attemptName(id, attempt.number), attempt);
              if (wrong !== undefined) return wrong;
            }
          }
          return undefined;
      }
    },
  };
}
