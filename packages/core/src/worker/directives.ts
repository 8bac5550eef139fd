import { formatAttemptKey, isAttemptKey } from "../attempt-key.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { Directive } from "../protocol/worker.ts";
import { addAttempt } from "./attempt-table.ts";
import { holdAttempt, isSupervised, mayRun } from "./held-attempt.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { WorkerJournalEntry } from "./journal-entry.ts";
import { restateAttempt } from "./reports.ts";
import { authorityOf, log, rejected, supervise } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { Grant, WorkerState } from "./worker-state.ts";

/** What a reply changes in the list once it is durable. */
export interface Obeyed {
  readonly accepted: AttemptKey[];
  readonly settled: AttemptKey[];
  readonly listed: AttemptKey[];
  readonly forgotten: Set<AttemptKey>;
}

/**
 * Obeys the directives of a reply that came in time. What must be durable first is added to
 * `entries`, and named in what this returns; kills of running attempts leave at once.
 */
export function obeyDirectives(
  step: WorkerStep,
  directives: readonly Directive[],
  grant: Grant,
  entries: WorkerJournalEntry[],
): Obeyed {
  const obeyed: Obeyed = { accepted: [], settled: [], listed: [], forgotten: new Set() };
  for (const directive of directives) {
    if (!isAttemptKey(directive.attempt)) {
      log(step, "warn", "The master named no attempt", { directive: directive.kind });
      continue;
    }
    switch (directive.kind) {
      case "launch":
        launch(step, directive, grant, entries, obeyed);
        break;
      case "kill":
        kill(step, directive, grant, entries, obeyed);
        break;
      case "forget":
        forget(step, directive.attempt, obeyed);
        break;
    }
  }
  if (obeyed.forgotten.size > 0) {
    entries.push({ kind: "forgotten", attempts: [...obeyed.forgotten] });
  }
  return obeyed;
}

function launch(
  step: WorkerStep,
  directive: Extract<Directive, { kind: "launch" }>,
  grant: Grant,
  entries: WorkerJournalEntry[],
  obeyed: Obeyed,
): void {
  const { state } = step;
  const { attempt, description } = directive;
  const known = state.attempts.get(attempt);
  if (known !== undefined) {
    if (known.listedFrom === null) obeyed.listed.push(attempt);
    restateAttempt(state, known);
    return;
  }
  if (grant.leaseMs <= 0) {
    // Not obeyed: the list goes without it, and the master sends it again.
    log(step, "warn", "A launch came without a lease", { attempt });
    return;
  }
  const held = holdAttempt(attempt, description, {
    kind: "accepting",
    order: { stamp: grant.stamp, leaseMs: grant.leaseMs, epoch: grant.epoch },
  });
  const refusal = refusalOf(step, held);
  addAttempt(state, held);
  if (refusal === null) {
    entries.push({ kind: "accepted", attempt, description });
    obeyed.accepted.push(attempt);
    return;
  }
  settle(held, refusal, entries, obeyed);
  obeyed.listed.push(attempt);
}

/** Why a launch of an attempt that was never seen is refused; null: it is not. */
function refusalOf(step: WorkerStep, held: HeldAttempt): AttemptOutcome | null {
  const { state } = step;
  if (state.stopping.kind !== "no") return rejected(step, "stopping", "the worker is stopping");
  if (state.journal.failure !== null) {
    return rejected(
      step,
      "journal-failed",
      `the worker's journal cannot be written: ${state.journal.failure}`,
    );
  }
  if (held.clusterId !== state.clusterId) {
    return rejected(step, "stale-epoch", `the worker serves cluster ${state.clusterId}`);
  }
  const others = state.numbers.get(`${held.clusterId}/${held.appId}`) ?? [];
  const newer = others.find((number) => number > held.number);
  if (newer !== undefined) {
    return rejected(step, "stale-epoch", `the worker has seen the newer attempt ${newer}`);
  }
  const earlier = others.map((number) => attemptOf(state, held, number));
  if (earlier.some((other) => other !== undefined && mayRun(other))) {
    return rejected(step, "limit", "an earlier attempt of the application is still on the worker");
  }
  if (state.attempts.size >= state.limits.attemptsHeldMax) {
    return rejected(step, "limit", `the worker holds ${state.attempts.size} attempts, its limit`);
  }
  return null;
}

function attemptOf(state: WorkerState, held: HeldAttempt, number: number): HeldAttempt | undefined {
  const { clusterId, appId } = held;
  return state.attempts.get(formatAttemptKey({ clusterId, appId, number }));
}

function kill(
  step: WorkerStep,
  { attempt, immediately }: Extract<Directive, { kind: "kill" }>,
  grant: Grant,
  entries: WorkerJournalEntry[],
  obeyed: Obeyed,
): void {
  const { state, now } = step;
  const neverStarted: AttemptOutcome = { kind: "never-started", endedAtMs: now.wallMs };
  const known = state.attempts.get(attempt);
  if (known === undefined) {
    const refused = holdAttempt(attempt, null, { kind: "settling", outcome: neverStarted });
    addAttempt(state, refused);
    settle(refused, neverStarted, entries, obeyed);
    return;
  }
  if (known.phase.kind === "accepting" || known.phase.kind === "preparing") {
    settle(known, neverStarted, entries, obeyed);
  } else if (isSupervised(known)) {
    known.kill = {
      immediately: immediately || known.kill?.immediately === true,
      epoch: grant.epoch,
    };
    supervise(step, {
      kind: "kill",
      attempt,
      immediately: known.kill.immediately,
      authority: authorityOf(step, grant.epoch),
    });
  } else {
    restateAttempt(state, known);
  }
}

function forget(step: WorkerStep, attempt: AttemptKey, obeyed: Obeyed): void {
  const known = step.state.attempts.get(attempt);
  if (known === undefined) return;
  if (mayRun(known)) {
    // It stays in the list, where the master sees it.
    log(step, "warn", "The master wants an attempt forgotten that has not ended", { attempt });
    return;
  }
  obeyed.forgotten.add(attempt);
}

/** Decides an end that the supervisor has no part in; it counts once it is durable. */
function settle(
  held: HeldAttempt,
  outcome: AttemptOutcome,
  entries: WorkerJournalEntry[],
  obeyed: Obeyed,
): void {
  held.phase = { kind: "settling", outcome };
  entries.push({ kind: "settled", attempt: held.attempt, outcome });
  obeyed.settled.push(held.attempt);
}
