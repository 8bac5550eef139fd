import type { AttemptOutcome } from "@aloha/core";
import type { Attempt } from "./state.ts";
import { recordOutcome, type Turn } from "./turn.ts";

type RejectCode = Extract<AttemptOutcome, { kind: "rejected" }>["code"];

/** The lease ended before the start. */
export function lapse(turn: Turn, attempt: Attempt): void {
  recordOutcome(
    turn,
    attempt,
    rejected(turn, "lapsed", `The lease of ${attempt.key} ended before it could be started.`),
  );
}

/** The outcome of an attempt that was not started here, and never will be. */
export function rejected(turn: Turn, code: RejectCode, message: string): AttemptOutcome {
  return { kind: "rejected", code, message, endedAtMs: turn.now.wallMs };
}
