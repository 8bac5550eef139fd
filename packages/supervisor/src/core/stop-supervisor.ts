import { requestStop } from "./stop-attempt.ts";
import type { Attempt } from "./state.ts";
import { alert, isLive, workCount, type Turn } from "./turn.ts";

/**
 * A signal is no order to end other people's work. Without work the supervisor ends. With work it
 * ends only if a spawn agent keeps it for the next one (`workIsKept`); what runs in shared hosts
 * cannot be kept, since whoever is connected with them would be gone.
 */
export function onStopRequested(turn: Turn, workIsKept: boolean): void {
  const { state } = turn;
  const live = workCount(state);
  if (live === 0) {
    state.stopping = "when-empty";
    for (const { process } of state.hosted.hosts.values()) requestStop(turn, process, "kill", true);
    return;
  }
  if (workIsKept && ![...state.attempts.values()].some(isHosted)) {
    handOver(turn);
    return;
  }
  alert(
    turn,
    "stop-refused",
    `The supervisor was asked to stop while ${live} attempts are live, and goes on. Stop them first, or send it a shutdown with killAll.`,
  );
}

function isHosted({ phase, spec }: Attempt): boolean {
  return isLive(phase) && (phase.kind === "hosted" || (spec !== null && spec.hosted !== null));
}

/** What has no process yet never gets one here: its record says so, and it may start elsewhere. */
function handOver(turn: Turn): void {
  const { state } = turn;
  state.stopping = "handing-over";
  for (const attempt of state.attempts.values()) {
    const { kind } = attempt.phase;
    if (kind === "accepting" || kind === "queued") requestStop(turn, attempt, "kill", true);
  }
}

/** After each step: ends the supervisor once it has nothing left to do, and all is on disk. */
export function endIfStopped(turn: Turn): void {
  const { state } = turn;
  if (state.stopping === "no" || state.exited || state.waiting.length > 0) return;
  if (state.stopping === "when-empty" && state.liveCount > 0) return;
  state.exited = true;
  const leavesWork = state.stopping === "handing-over";
  const reason = leavesWork
    ? `asked to stop; the spawn agent keeps ${state.liveCount} attempts for the next supervisor`
    : "shut down";
  turn.effects.push({ kind: "exit", reason, leavesWork });
}
