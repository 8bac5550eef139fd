import type { AttemptOutcome } from "../application/outcome.ts";
import type { Authority, SupervisorCommand } from "../protocol/supervisor.ts";
import type { Epoch } from "../epoch.ts";
import type { WorkerAlertCode, WorkerEffect } from "./worker-effect.ts";
import type { WorkerNow } from "./worker-input.ts";
import type { WorkerState } from "./worker-state.ts";

/** One step under way: what every transition works on. */
export interface WorkerStep {
  readonly state: WorkerState;
  readonly now: WorkerNow;
  readonly effects: WorkerEffect[];
}

/** Sends a command, if the supervisor is there to hear it. Whatever must not be lost is repeated at the next attach. */
export function supervise(step: WorkerStep, command: SupervisorCommand): void {
  if (step.state.link.kind !== "attached") return;
  step.effects.push({ kind: "supervise", command });
}

/** Asks the supervisor to note its time; answered by `stamped` with the number that this returns. */
export function takeStamp(step: WorkerStep): number {
  const stamp = ++step.state.stamp;
  supervise(step, { kind: "stamp", stamp });
  return stamp;
}

export function authorityOf(step: WorkerStep, epoch: Epoch): Authority {
  return { epoch, incarnation: step.state.identity.incarnation };
}

/** Raises an alert, once as long as it says the same. */
export function raiseAlert(step: WorkerStep, code: WorkerAlertCode, message: string): void {
  if (step.state.alerts.get(code) === message) return;
  step.state.alerts.set(code, message);
  step.effects.push({ kind: "alert", code, message });
}

export function clearAlert(step: WorkerStep, code: WorkerAlertCode): void {
  if (step.state.alerts.delete(code)) step.effects.push({ kind: "alert-cleared", code });
}

export function log(
  step: WorkerStep,
  level: "info" | "warn",
  message: string,
  fields?: Readonly<Record<string, string | number>>,
): void {
  step.effects.push({
    kind: "log",
    level,
    message,
    ...(fields === undefined ? {} : { fields }),
  });
}

/** An attempt that was not started here and never will be: another worker may run its successor. */
export function rejected(
  step: WorkerStep,
  code: Extract<AttemptOutcome, { kind: "rejected" }>["code"],
  message: string,
): AttemptOutcome {
  return { kind: "rejected", code, message, endedAtMs: step.now.wallMs };
}

/** A wait that doubles from failure to failure up to `maxMs`, the second half of it random. */
export function backoffMs(
  step: WorkerStep,
  failures: number,
  initialMs: number,
  maxMs: number,
): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** Math.min(failures, 30));
  return Math.round(fullMs * (0.5 + step.state.random.fraction() / 2));
}
