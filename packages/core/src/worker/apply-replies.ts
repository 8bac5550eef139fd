import type { AttemptKey } from "../attempt-key.ts";
import { listAttempt, removeAttempt } from "./attempt-table.ts";
import { finishAttempt, prepareAttempt } from "./attempt-life.ts";
import { renewLeases } from "./renewal.ts";
import { joined } from "./registration.ts";
import { supervise } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { JournalContinuation, PendingReply } from "./worker-state.ts";

/** Goes on with everything that waited for the journal and need wait no longer. */
export function continueJournalled(step: WorkerStep): void {
  const { ready } = step.state.journal;
  for (let then = ready.shift(); then !== undefined; then = ready.shift()) {
    continueWith(step, then);
  }
  applyReplies(step);
}

function continueWith(step: WorkerStep, then: JournalContinuation): void {
  const { state } = step;
  switch (then.kind) {
    case "nothing":
      break;
    case "joined":
      joined(step);
      break;
    case "reply": {
      const reply = state.sync.replies.find(({ seq }) => seq === then.seq);
      if (reply !== undefined) reply.durable = true;
      break;
    }
    case "settled":
      settled(step, then.attempts);
      break;
  }
}

/** Replies take effect whole and in the order in which they came, so that the list is always that of the replies obeyed. */
function applyReplies(step: WorkerStep): void {
  const { replies } = step.state.sync;
  for (let reply = replies[0]; reply?.durable === true; reply = replies[0]) {
    replies.shift();
    apply(step, reply);
  }
}

function apply(step: WorkerStep, reply: PendingReply): void {
  const { state } = step;
  const { sync, attempts } = state;
  sync.applied = sync.applied.filter(({ seq }) => !reply.named.includes(seq));
  if (reply.grant !== null) renewLeases(step, reply.grant, reply.intent);
  for (const attempt of [...reply.accepted, ...reply.listed]) {
    const held = attempts.get(attempt);
    if (held !== undefined) listAttempt(state, held);
  }
  for (const attempt of reply.accepted) {
    const held = attempts.get(attempt);
    if (held?.phase.kind === "accepting") prepareAttempt(step, held, held.phase.order);
  }
  settled(step, reply.settled);
  forget(step, reply.forgotten);
  const listChanged = reply.accepted.length + reply.listed.length + reply.forgotten.size > 0;
  sync.applied.push({ seq: reply.seq, listChanged, named: false });
}

/**
 * The supervisor is told only now: were it told before, a crash in between would leave an entry
 * without a record. What it did not hear it is told again when it lists the attempt (supervisor-link.ts).
 */
function forget(step: WorkerStep, keys: ReadonlySet<AttemptKey>): void {
  if (keys.size === 0) return;
  for (const attempt of keys) {
    const held = step.state.attempts.get(attempt);
    if (held !== undefined) removeAttempt(step.state, held);
  }
  supervise(step, { kind: "forget", attempts: [...keys] });
}

function settled(step: WorkerStep, keys: readonly AttemptKey[]): void {
  for (const attempt of keys) {
    const held = step.state.attempts.get(attempt);
    if (held?.phase.kind === "settling") finishAttempt(step, held, held.phase.outcome);
  }
}
