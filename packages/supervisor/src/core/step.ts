import { isHostKey } from "@aloha/core";
import { answerAttached } from "./attach.ts";
import { obeyDeferred, onCommand } from "./command.ts";
import type { SupervisorEffect } from "./effect.ts";
import {
  exitIsDurable,
  onExited,
  onOutputDrained,
  onTreeAlive,
  onTreeEmpty,
  pursueLeftovers,
} from "./end-attempt.ts";
import type { Now, SupervisorInput } from "./input.ts";
import {
  forgetHost,
  onHostDisconnected,
  onHostReports,
  reportStarted,
  settleHosts,
  watchHosts,
} from "./hosted/host-life.ts";
import { joinPool } from "./hosted/serve-pools.ts";
import { lapse } from "./lapse.ts";
import { onAgentLost } from "./lose-agent.ts";
import { onRecovered } from "./recover.ts";
import { onSpawned, onSpawnFailed, spawnQueued } from "./start-attempt.ts";
import type { Attempt, SupervisorState, Waiter } from "./state.ts";
import { enforceDeadlines, requestStop, stopIsDurable } from "./stop-attempt.ts";
import { endIfStopped, onStopRequested } from "./stop-supervisor.ts";
import { alert, attemptOf, report, treeOf, type Turn } from "./turn.ts";

/**
 * The supervisor's decisions: takes what happened and says what to do. Synchronous and without
 * access to anything; `state` is changed in place.
 */
export function step(
  state: SupervisorState,
  input: SupervisorInput,
  now: Now,
): readonly SupervisorEffect[] {
  const turn: Turn = { state, now, effects: [] };
  handle(turn, input);
  settleHosts(turn);
  endIfStopped(turn);
  return turn.effects;
}

function handle(turn: Turn, input: SupervisorInput): void {
  switch (input.kind) {
    case "recovered":
      onRecovered(turn, input);
      return;
    case "command":
      onCommand(turn, input.connection, input.command);
      return;
    case "disconnected":
      onDisconnected(turn, input.connection);
      return;
    case "durable":
      onDurable(turn, input.sequence);
      return;
    case "journal-failed":
      onJournalFailed(turn, input.message);
      return;
    case "spawned":
      onSpawned(turn, input);
      return;
    case "spawn-failed":
      onSpawnFailed(turn, input);
      return;
    case "exited":
      onExited(turn, input);
      return;
    case "tree-empty":
      onTreeEmpty(turn, input);
      return;
    case "tree-alive":
      onTreeAlive(turn, input);
      return;
    case "output-drained":
      onOutputDrained(turn, input);
      return;
    case "guardian":
      onGuardian(turn, input);
      return;
    case "host-reports":
      onHostReports(turn, input.host, input.reports);
      return;
    case "host-disconnected":
      onHostDisconnected(turn, input.host);
      return;
    case "agent-lost":
      onAgentLost(turn, input.message);
      return;
    case "tick":
      onTick(turn);
      return;
    case "turn":
      spawnQueued(turn);
      return;
    case "stop-requested":
      onStopRequested(turn, input.workIsKept);
      return;
  }
}

function onDisconnected(turn: Turn, connection: number): void {
  if (turn.state.attached?.connection !== connection) return;
  turn.state.attached = null;
  turn.state.deferred = [];
  turn.state.detachedAtBootMs = turn.now.bootMs;
}

function onDurable(turn: Turn, sequence: number): void {
  const { state } = turn;
  if (state.journalFailure !== null) {
    state.journalFailure = null;
    alert(turn, "journal-writable", "The supervisor's journal can be written again.");
  }
  let settled = 0;
  while (settled < state.waiting.length && state.waiting[settled]!.sequence <= sequence) settled++;
  for (const { waiter } of state.waiting.splice(0, settled)) resume(turn, waiter);
  spawnQueued(turn);
}

function resume(turn: Turn, waiter: Waiter): void {
  const { state } = turn;
  if (waiter.kind === "attached") {
    answerAttached(turn, waiter.connection);
    return;
  }
  if (waiter.kind === "epoch") {
    const { clusterId, epoch } = waiter;
    state.epochs.set(clusterId, {
      seen: state.epochs.get(clusterId)?.seen ?? epoch,
      durable: epoch,
    });
    obeyDeferred(turn);
    return;
  }
  const attempt = attemptOf(turn, waiter.attempt);
  if (attempt === undefined) return;
  switch (waiter.kind) {
    case "accepted":
      if (attempt.phase.kind !== "accepting") return;
      if (attempt.spec?.hosted) {
        joinPool(turn, attempt);
        return;
      }
      attempt.phase = { kind: "queued" };
      state.spawnQueue.push(attempt.key);
      return;
    case "stop":
      stopIsDurable(turn, attempt);
      return;
    case "exited":
      exitIsDurable(turn, attempt);
      return;
    case "ended":
      if (attempt.phase.kind !== "recording") return;
      attempt.phase = { kind: "ended", outcome: attempt.phase.outcome };
      if (isHostKey(attempt.key)) {
        forgetHost(turn, attempt.key);
        return;
      }
      report(turn, { kind: "ended", attempt: attempt.key, outcome: attempt.phase.outcome });
      return;
  }
}

function onJournalFailed(turn: Turn, message: string): void {
  if (turn.state.journalFailure !== null) return;
  turn.state.journalFailure = message;
  alert(
    turn,
    "journal-failed",
    `The supervisor cannot write its journal, so it starts nothing and reports no ends until it can: ${message}`,
  );
}

function onGuardian(turn: Turn, input: Extract<SupervisorInput, { kind: "guardian" }>): void {
  const { state } = turn;
  state.guardian = input.event;
  if (input.event === "up") {
    turn.effects.push({ kind: "guard-changed" });
    spawnQueued(turn);
    return;
  }
  if (input.event === "unavailable") {
    alert(
      turn,
      "unguarded",
      `No guardian can run, so applications with onDisconnect "fence" are treated as "keep": ${input.message}`,
    );
    spawnQueued(turn);
    return;
  }
  // Unguarded processes could outlive their lease if this process vanished too, so they end now.
  turn.effects.push({ kind: "start-guardian" });
  alert(
    turn,
    "guardian-lost",
    `The guardian vanished (${input.message}); every live attempt is being killed, and a new guardian started.`,
  );
  for (const attempt of state.attempts.values()) {
    const { kind } = attempt.phase;
    if (kind === "running" || kind === "spawning" || kind === "emptying") {
      requestStop(turn, attempt, "supervision-lost", true);
    }
  }
}

function onTick(turn: Turn): void {
  const { state, now } = turn;
  for (const attempt of state.attempts.values()) checkAttempt(turn, attempt);
  watchHosts(turn);
  spawnQueued(turn);
  const idle = state.attached === null && state.attempts.size === 0;
  if (!idle || state.exited || now.bootMs - state.detachedAtBootMs < state.limits.idleExitMs)
    return;
  state.exited = true;
  turn.effects.push({ kind: "exit", reason: "no worker and no attempts", leavesWork: false });
}

function checkAttempt(turn: Turn, attempt: Attempt): void {
  const { phase } = attempt;
  switch (phase.kind) {
    case "accepting":
    case "queued":
      if (turn.now.bootMs >= attempt.deadlineBootMs) lapse(turn, attempt);
      return;
    case "running":
      enforceDeadlines(turn, attempt, phase);
      return;
    case "emptying":
      pursueLeftovers(turn, attempt, phase);
      return;
    case "orphaned":
      if (!phase.hosted) turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
      return;
    case "hosted":
      reportStarted(turn, attempt);
      enforceDeadlines(turn, attempt, phase);
      return;
    case "spawning":
    case "draining":
    case "recording":
    case "ended":
      return;
  }
}
