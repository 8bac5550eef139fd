import { isHostKey, supervisorProtocolVersion } from "@aloha/core";
import type { SupervisedAttempt, SupervisorCommand, SupervisorReport } from "@aloha/core";
import type { Attempt } from "./state.ts";
import { journal, type Turn } from "./turn.ts";

type Attach = Extract<SupervisorCommand, { kind: "attach" }>;

/** Binds a connection to the supervisor, or says why not. A newer connection replaces an older one. */
export function onAttach(turn: Turn, connection: number, attach: Attach): void {
  const { state } = turn;
  const refusal = refuse(turn, attach);
  if (refusal !== null) {
    turn.effects.push(
      { kind: "report", connection, report: refusal },
      { kind: "disconnect", connection },
    );
    return;
  }
  if (state.attached !== null && state.attached.connection !== connection) {
    turn.effects.push({ kind: "disconnect", connection: state.attached.connection });
  }
  state.attached = { connection, answered: false };
  const { workerId, incarnation } = attach;
  if (state.worker?.incarnation === incarnation) {
    answerAttached(turn, connection);
    return;
  }
  state.worker = { workerId, incarnation };
  // Stamps count within an incarnation; those of the former worker are void.
  state.stamps.clear();
  journal(turn, { kind: "worker", workerId, incarnation }, { kind: "attached", connection });
}

function refuse(
  turn: Turn,
  attach: Attach,
): Extract<SupervisorReport, { kind: "attach-refused" }> | null {
  const { worker } = turn.state;
  if (attach.version !== supervisorProtocolVersion) {
    const message = `This supervisor speaks protocol ${supervisorProtocolVersion}, the worker ${attach.version}. Drain the host, then stop the supervisor, so that a new one is started.`;
    return { kind: "attach-refused", code: "incompatible", message };
  }
  if (worker === null) return null;
  if (worker.workerId !== attach.workerId) {
    const message = `This supervisor belongs to worker ${worker.workerId}, not to ${attach.workerId}. Give each worker a work directory of its own.`;
    return { kind: "attach-refused", code: "other-worker", message };
  }
  if (attach.incarnation >= worker.incarnation) return null;
  const message = `A newer start of this worker (incarnation ${worker.incarnation}) has attached; incarnation ${attach.incarnation} must stop.`;
  return { kind: "attach-refused", code: "stale-incarnation", message };
}

/** Answers with everything that is known. */
export function answerAttached(turn: Turn, connection: number): void {
  const { state } = turn;
  if (state.attached?.connection !== connection) return;
  state.attached.answered = true;
  turn.effects.push({
    kind: "report",
    connection,
    report: {
      kind: "attached",
      version: supervisorProtocolVersion,
      bootId: state.bootId,
      containment: state.containment,
      guarded: state.guardian !== "unavailable",
      epochsSeen: [...state.epochs].flatMap(([clusterId, { durable }]) =>
        durable === null ? [] : [{ clusterId, epoch: durable }],
      ),
      attempts: [...state.attempts.values()].filter(({ key }) => !isHostKey(key)).map(describe),
    },
  });
}

/** An end that is not durable yet is still `starting` or `live` to the worker. */
function describe({ key, phase, stop }: Attempt): SupervisedAttempt {
  switch (phase.kind) {
    case "ended":
      return { kind: "ended", attempt: key, outcome: phase.outcome };
    case "running":
    case "emptying":
      return {
        kind: "live",
        attempt: key,
        pid: phase.main.pid,
        startedAtMs: phase.kind === "running" ? phase.startedAtMs : phase.exit.startedAtMs,
        stopCause: stop?.cause ?? null,
      };
    case "orphaned":
      return {
        kind: "live",
        attempt: key,
        pid: phase.main?.pid ?? 0,
        startedAtMs: phase.startedAtMs,
        stopCause: stop?.cause ?? null,
      };
    case "draining":
      return {
        kind: "live",
        attempt: key,
        pid: 0,
        startedAtMs: phase.exit.startedAtMs,
        stopCause: stop?.cause ?? null,
      };
    case "recording":
      if (phase.outcome.kind !== "exited") return { kind: "starting", attempt: key };
      return {
        kind: "live",
        attempt: key,
        pid: 0,
        startedAtMs: phase.outcome.startedAtMs,
        stopCause: phase.outcome.stopCause,
      };
    case "hosted":
      return {
        kind: "live",
        attempt: key,
        pid: 0,
        startedAtMs: phase.startedAtMs,
        stopCause: stop?.cause ?? null,
      };
    case "accepting":
    case "queued":
    case "spawning":
      return { kind: "starting", attempt: key };
  }
}
