import type { ApplicationRecord } from "@aloha/core";

/** Which words a client knows is told by the id that it holds. */
export type Dialect = "aloha" | "spark";

export function dialectOf(submissionId: string): Dialect {
  return submissionId.startsWith("driver-") ? "spark" : "aloha";
}

/** How a message calls an application of this dialect. */
export function nounOf(dialect: Dialect): string {
  return dialect === "spark" ? "Driver" : "App";
}

/**
 * The state as a client of the dialect knows it. Pollers take UNKNOWN for a final failure, so while a worker is
 * not heard they are told the last state that was certain.
 */
export function submissionState(application: ApplicationRecord, dialect: Dialect): string {
  const state = application.state === "UNKNOWN" ? lastCertain(application) : application.state;
  if (dialect === "aloha") return state;
  if (state === "LAUNCHING") return "SUBMITTED";
  if (state === "KILLING") return "RUNNING";
  return state === "TIMED_OUT" ? "FAILED" : state;
}

function lastCertain(application: ApplicationRecord): "LAUNCHING" | "RUNNING" {
  return application.attempts.at(-1)?.phase === "STARTED" ? "RUNNING" : "LAUNCHING";
}
