import type { Attempt } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Asks the host of an attempt to stop it. */
export function signalMember(turn: Turn, member: Attempt): void {
  if (member.phase.kind !== "hosted") return;
  turn.effects.push({
    kind: "host-send",
    host: member.phase.host,
    message: { kind: "stop", attempt: member.key },
  });
}

/**
 * The attempt has had its time: its host gets no more work, and if the attempt is still there after
 * `hostKillTimeoutMs`, the host is killed, with all that is in it then.
 */
export function retireHost(turn: Turn, member: Attempt): void {
  if (member.phase.kind !== "hosted") return;
  const host = turn.state.hosted.hosts.get(member.phase.host);
  if (host === undefined) return;
  host.taking = false;
  host.killAtBootMs = Math.min(
    host.killAtBootMs,
    turn.now.bootMs + turn.state.limits.hostKillTimeoutMs,
  );
}
