import { compareEpoch } from "../epoch.ts";
import type { SyncAnswer, SyncReply } from "../protocol/worker.ts";
import type { WorkerJournalEntry } from "./journal-entry.ts";
import { journal } from "./journal.ts";
import { obeyDirectives } from "./directives.ts";
import { conflictingEpoch, leaveMaster } from "./registration.ts";
import { renewLeases } from "./renewal.ts";
import { acknowledgeReports } from "./reports.ts";
import { clearAlert, log, raiseAlert } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { AskFailure } from "./worker-input.ts";
import type { Flight } from "./worker-state.ts";

/** The answer to a Sync. One that is no longer under way was given up: its answer counts for nothing. */
export function syncAnswered(step: WorkerStep, token: number, answer: SyncAnswer): boolean {
  const { state } = step;
  const { session, sync } = state;
  const flight = sync.flights.find((candidate) => candidate.token === token);
  if (flight === undefined || session.kind !== "serving") return false;
  sync.flights = sync.flights.filter((candidate) => candidate !== flight);
  switch (answer.kind) {
    case "sync-reply":
      replyReceived(step, flight, answer, session.master);
      break;
    case "not-leader":
      leaveMaster(step, "it does not lead", answer.nonce === flight.nonce ? answer.leader : null);
      break;
    case "register-again":
      leaveMaster(step, answer.message, session.master);
      break;
    case "register-refused":
      raiseAlert(
        step,
        answer.code === "other-cluster" ? "other-cluster" : "register-refused",
        `${session.master} refuses this worker (${answer.code}): ${answer.message}`,
      );
      leaveMaster(step, answer.message, null);
      break;
  }
  return true;
}

/** A Sync brought no answer. What was in its reply, if there was one, is never obeyed. */
export function syncFailed(
  step: WorkerStep,
  token: number,
  reason: AskFailure,
  message: string,
): boolean {
  const { sync } = step.state;
  if (!sync.flights.some((flight) => flight.token === token)) return false;
  if (reason === "too-large") {
    sync.reportsMax = Math.max(1, Math.floor(sync.reportsMax / 2));
    log(step, "warn", "A Sync did not fit into a frame; the next reports less at once", {
      reportsMax: sync.reportsMax,
    });
  }
  leaveMaster(step, message, null);
  return true;
}

function replyReceived(step: WorkerStep, flight: Flight, reply: SyncReply, master: string): void {
  const { state } = step;
  if (reply.seq !== flight.seq) {
    leaveMaster(step, `it answered Sync ${flight.seq} as ${reply.seq}`, null);
    return;
  }
  const order = compareEpoch(reply.epoch, state.epochSeen);
  if (order === "older") {
    leaveMaster(step, "its epoch was superseded", null);
    return;
  }
  if (order === "conflict") {
    conflictingEpoch(step, master, reply.epoch.number);
    leaveMaster(step, "its epoch conflicts with the one seen", null);
    return;
  }
  state.seekFailures = 0;
  clearAlert(step, "no-master");
  const entries: WorkerJournalEntry[] = [];
  if (order === "newer") {
    state.epochSeen = reply.epoch;
    entries.push({ kind: "epoch", epoch: reply.epoch });
  }
  const mastersChanged = !sameMasters(reply.masters, state.masters);
  if (mastersChanged) {
    state.masters = reply.masters;
    entries.push({ kind: "masters", masters: reply.masters });
  }
  if (reply.wantFull) state.sync.wantFull = true;
  acknowledgeReports(state.reports, reply.acks);
  const grant = {
    seq: flight.seq,
    stamp: flight.stamp,
    stampedAtMs: flight.stampedAtMs,
    leaseMs: reply.leaseMs,
    epoch: reply.epoch,
  };
  // A denial round after this grant must ask the masters that it came with, also after a crash.
  if (!mastersChanged) renewLeases(step, grant, flight.intent);
  const obeyed = obeyDirectives(step, reply.directives, grant, entries);
  state.sync.replies.push({
    seq: flight.seq,
    named: flight.named,
    intent: flight.intent,
    durable: entries.length === 0,
    grant: mastersChanged ? grant : null,
    ...obeyed,
  });
  if (entries.length > 0) journal(step, entries, { kind: "reply", seq: flight.seq });
}

function sameMasters(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((master, index) => master === right[index]);
}
