import type { WorkerIntent } from "../protocol/worker.ts";
import { leaseGranted } from "./stopping.ts";
import { authorityOf, supervise } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { Grant } from "./worker-state.ts";

/** The part of a lease within which a second renewal would change little: masters answer many times a second under load. */
const renewFraction = 24;

/** A live lease is first defended by a denial round after this part of it went by without a grant. */
const defendFraction = 4;

/**
 * Passes a grant on: it renews the attempts that the Sync listed. The deadline is the time of
 * that Sync's stamp plus the lease, and only the supervisor computes it.
 */
export function renewLeases(step: WorkerStep, grant: Grant, intent: WorkerIntent): void {
  const { state, now } = step;
  if (grant.leaseMs <= 0) return;
  const { granted } = state;
  const recent =
    granted !== null &&
    granted.leaseMs === grant.leaseMs &&
    grant.stampedAtMs - granted.stampedAtMs < grant.leaseMs / renewFraction;
  if (recent && intent === "serving") return;
  state.granted = { leaseMs: grant.leaseMs, stampedAtMs: grant.stampedAtMs };
  state.denial.dueAtMs = now.bootMs + grant.leaseMs / defendFraction;
  const attempts = [...state.fenced].filter((attempt) => {
    const held = state.attempts.get(attempt);
    return (
      held !== undefined &&
      held.clusterId === state.clusterId &&
      held.listedFrom !== null &&
      held.listedFrom <= grant.seq
    );
  });
  if (attempts.length > 0) {
    supervise(step, {
      kind: "renew",
      attempts,
      stamp: grant.stamp,
      leaseMs: grant.leaseMs,
      authority: authorityOf(step, grant.epoch),
    });
  }
  if (intent === "stopping") leaseGranted(step);
}
