/** Records as a master writes them: what the conformance checks, and the tests of this package, put into a store. */
import { formatApplicationId, isTerminal, parseDescription } from "@aloha/core";
import type {
  AlohaEvent,
  ApplicationDescription,
  ApplicationRecord,
  ApplicationState,
  StoreChange,
  WorkerRecord,
} from "@aloha/core";

export function description(
  fields: Readonly<Record<string, unknown>> = {},
): ApplicationDescription {
  const parsed = parseDescription(
    { name: "job", entryPoint: "shell", ...fields },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.description;
}

export function application(
  number: number,
  state: ApplicationState = "SUBMITTED",
  endedAtMs = 1_000,
): ApplicationRecord {
  return {
    id: formatApplicationId("app", 0, number),
    number,
    state,
    submittedAtMs: 0,
    changedAtMs: 0,
    killRequest: null,
    firstStartedAtMs: null,
    rerunOf: null,
    attempts: [],
    attemptsTotal: 0,
    restartedAtMs: [],
    notBeforeMs: null,
    end: isTerminal(state)
      ? {
          state,
          reason: "completed",
          message: "It ended",
          exitCode: 0,
          signal: null,
          outOfMemory: false,
          tree: null,
          endedAtMs,
        }
      : null,
  };
}

/** What submitting an application changes. */
export function submitted(
  number: number,
  fields: Readonly<Record<string, unknown>> = {},
): readonly StoreChange[] {
  const record = application(number);
  return [
    { kind: "description", appId: record.id, description: description(fields) },
    { kind: "application", application: record },
  ];
}

export function became(number: number, state: ApplicationState, endedAtMs?: number): StoreChange {
  return { kind: "application", application: application(number, state, endedAtMs) };
}

export function worker(workerId: string): WorkerRecord {
  return {
    workerId,
    hostId: "host",
    bootId: "boot",
    incarnation: 1,
    address: { host: "127.0.0.1", port: 4711 },
    milliCores: 4000,
    memoryMiB: 4096,
    resources: {},
    labels: {},
    labelsSet: {},
    drain: null,
    containment: "cgroup",
    guarded: true,
    softwareVersion: "0.1.0",
    mode: "ALIVE",
    maxLeaseMs: 60_000,
    registeredAtMs: 0,
    changedAtMs: 0,
  };
}

export function alerts(from: number, to: number): readonly AlohaEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    kind: "alert",
    code: "test",
    message: `event ${from + index}`,
    sequence: from + index,
    atMs: 0,
  }));
}
