import { descriptionDefaults, formatAttemptKey } from "@aloha/core";
import type {
  ApplicationDescription,
  ApplicationEnd,
  ApplicationRecord,
  AttemptKey,
  AttemptOutcome,
  AttemptRecord,
  StoreChange,
} from "@aloha/core";
import type { Checker } from "../../src/history/checker.ts";
import type { Observation } from "../../src/history/observation.ts";

export const appId = "app-20260101000000-0001";

/** What a checker says to a history: its first complaint, or undefined. */
export function judge(checker: Checker, history: readonly Observation[]): string | undefined {
  for (const observation of history) {
    const complaint = checker.observe(observation);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

export function committed(...changes: readonly StoreChange[]): Observation {
  return { kind: "committed", changes, events: [] };
}

export function written(application: ApplicationRecord): Observation {
  return committed({ kind: "application", application });
}

export function record(change: Partial<ApplicationRecord> = {}): ApplicationRecord {
  return {
    id: appId,
    number: 1,
    state: "SUBMITTED",
    submittedAtMs: 0,
    changedAtMs: 0,
    killRequest: null,
    firstStartedAtMs: null,
    rerunOf: null,
    attempts: [],
    attemptsTotal: 0,
    restartedAtMs: [],
    notBeforeMs: null,
    end: null,
    ...change,
  };
}

/** A record with attempts 1, 2, ... as given. */
export function withAttempts(
  attempts: readonly Partial<AttemptRecord>[],
  change: Partial<ApplicationRecord> = {},
): ApplicationRecord {
  return record({
    state: "LAUNCHING",
    attempts: attempts.map((attempt, index) => ({
      number: index + 1,
      workerId: "worker-1",
      phase: "PLACED",
      placedAtMs: 0,
      startedAtMs: null,
      endedAtMs: null,
      pid: null,
      outcome: null,
      ...attempt,
    })),
    attemptsTotal: attempts.length,
    ...change,
  });
}

export function end(state: ApplicationEnd["state"]): ApplicationEnd {
  return {
    state,
    reason: "completed",
    message: "",
    exitCode: 0,
    signal: null,
    outOfMemory: false,
    tree: "verified",
    endedAtMs: 0,
  };
}

export function exited(
  change: Partial<Extract<AttemptOutcome, { kind: "exited" }>> = {},
): AttemptOutcome {
  return {
    kind: "exited",
    exitCode: 0,
    signal: null,
    stopCause: null,
    outOfMemory: false,
    tree: "verified",
    startedAtMs: 0,
    endedAtMs: 0,
    ...change,
  };
}

export function attempt(number: number, id: string = appId): AttemptKey {
  return formatAttemptKey({ clusterId: "c", appId: id, number });
}

export function started(number: number, hostName = "worker-1", id: string = appId): Observation {
  return { kind: "tree-started", attempt: attempt(number, id), hostName };
}

export function gone(number: number, hostName = "worker-1", id: string = appId): Observation {
  return { kind: "tree-gone", attempt: attempt(number, id), hostName };
}

export function described(
  change: Partial<ApplicationDescription> = {},
  id: string = appId,
): StoreChange {
  const description: ApplicationDescription = {
    ...descriptionDefaults(),
    name: "job",
    entryPoint: "shell",
    args: "",
    libs: [],
    milliCores: 1000,
    memoryMiB: 1024,
    supervise: false,
    restart: { on: [], maxAttempts: 0, windowMs: 1, backoffInitialMs: 0, backoffMaxMs: 0 },
    onDisconnect: "keep",
    timeoutMs: null,
    stop: { signal: "SIGTERM", graceMs: 0 },
    successExitCodes: [0],
    environment: {},
    labels: {},
    logs: { segmentBytes: 1024, keep: 1, compress: false },
    ...change,
  };
  return { kind: "description", appId: id, description };
}
