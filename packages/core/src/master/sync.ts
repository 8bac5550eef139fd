import { compareEpoch } from "../epoch.ts";
import { answerHeld, answerOvertaken, hasNews, settleSent } from "./directives.ts";
import type { MasterInput } from "./input.ts";
import { takeReport } from "./reports.ts";
import { reconcile } from "./reconcile.ts";
import { enterMaintenance, hear } from "./silence.ts";
import type { WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

type SyncInput = Extract<MasterInput, { readonly kind: "sync" }>;

/** The part of a lease for which a Sync is held while there is nothing to say. */
const holdFraction = 12;

/**
 * Takes in all that a worker says. The answer is written at the end of the step (`answerSyncs`),
 * so that it carries what the whole batch brought about.
 */
export function receiveSync(step: StepContext, { token, message }: SyncInput): void {
  const { state } = step;
  const worker = state.workers.get(message.workerId);
  if (
    worker === undefined ||
    !worker.registered ||
    worker.record.incarnation !== message.incarnation
  ) {
    const text = `This master does not know worker ${message.workerId} (incarnation ${message.incarnation}) yet`;
    step.answer(token, { kind: "sync", reply: { kind: "register-again", message: text } });
    return;
  }
  if (compareEpoch(state.cluster.epoch, message.epochSeen) !== "same") {
    const text = `The worker has seen epoch ${message.epochSeen.number}, this master leads in ${state.cluster.epoch.number}`;
    step.answer(token, { kind: "sync", reply: { kind: "register-again", message: text } });
    return;
  }
  if (message.seq <= worker.seq) return;
  if (worker.held !== null) answerOvertaken(step, worker, worker.held);
  worker.seq = message.seq;
  worker.held = { token, seq: message.seq, receivedAtMs: step.now.bootMs, intent: message.intent };
  worker.intent = message.intent;
  const listedAtMs = worker.heardAtMs;
  hear(step, worker);
  settleSent(step, worker, message.applied, message.outstanding);
  for (const report of message.reports) takeReport(step, worker, report);
  if (message.running.kind === "full") {
    reconcile(step, worker, message.running.attempts, listedAtMs);
  } else if (!worker.reconciled || message.running.hash !== worker.listHash.toString()) {
    worker.wantFull = true;
  }
  if (message.intent === "stopping" && worker.record.mode !== "MAINTENANCE")
    enterMaintenance(step, worker);
}

/** Answers the Syncs of the workers for which this step brought news; holds the others. */
export function answerSyncs(step: StepContext): void {
  const { stirred, settings, agenda } = step.state;
  for (const worker of stirred) {
    if (worker.held === null) continue;
    if (hasNews(worker)) {
      answerHeld(step, worker);
    } else if (worker.held.receivedAtMs === step.now.bootMs) {
      const { seq } = worker.held;
      const holdMs = Math.floor(settings.leaseMs / holdFraction);
      agenda.add(step.now.bootMs + holdMs, {
        kind: "hold-over",
        workerId: worker.record.workerId,
        seq,
      });
    }
  }
  stirred.clear();
}

/** A Sync was held long enough: its answer renews the leases. */
export function endHold(step: StepContext, worker: WorkerEntry, seq: number): void {
  if (worker.held?.seq === seq) answerHeld(step, worker);
}

/** Whoever sent a Sync has stopped waiting for its answer. */
export function abandon(step: StepContext, token: number): void {
  for (const worker of step.state.workers.values()) {
    if (worker.held?.token === token) worker.held = null;
  }
}
