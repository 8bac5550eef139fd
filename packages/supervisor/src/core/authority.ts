import { compareEpoch, parseAttemptKey } from "@aloha/core";
import type { AttemptKey, Authority } from "@aloha/core";
import type { SupervisorState } from "./state.ts";
import { alert, journal, type Turn } from "./turn.ts";

/** `defer`: the epoch is new and must be durable before anything of it is obeyed. */
export type AuthorityCheck = "ok" | "defer" | "stale";

/**
 * Weighs the authority of a command over `attempts`, which must all belong to one cluster: its
 * epochs are the ones that count. A newer epoch is noted and journalled at once; the same number
 * with another nonce is refused and alerted (two leaders took the same number).
 */
export function checkAuthority(
  turn: Turn,
  authority: Authority,
  attempts: readonly AttemptKey[],
): AuthorityCheck {
  const { state } = turn;
  if (state.worker === null || authority.incarnation !== state.worker.incarnation) return "stale";
  const clusterId = clusterOf(attempts);
  if (clusterId === undefined) return "stale";
  const known = state.epochs.get(clusterId);
  const { epoch } = authority;
  switch (compareEpoch(epoch, known?.seen ?? null)) {
    case "older":
      return "stale";
    case "conflict":
      alertConflict(turn, authority);
      return "stale";
    case "newer":
      state.epochs.delete(clusterId);
      state.epochs.set(clusterId, { seen: epoch, durable: known?.durable ?? null });
      dropOldClusters(state);
      journal(turn, { kind: "epoch", clusterId, epoch }, { kind: "epoch", clusterId, epoch });
      return "defer";
    case "same":
      return known?.durable?.number === epoch.number ? "ok" : "defer";
  }
}

/** The cluster of all these attempts; undefined if they have none in common. */
function clusterOf(attempts: readonly AttemptKey[]): string | undefined {
  const clusterId = parseAttemptKey(attempts[0] ?? "")?.clusterId;
  const prefix = `${clusterId ?? ""}/`;
  return attempts.every((attempt) => attempt.startsWith(prefix)) ? clusterId : undefined;
}

/** Forgets the clusters whose epochs were raised longest ago, beyond the limit and unless they still have attempts here. */
function dropOldClusters(state: SupervisorState): void {
  for (const clusterId of state.epochs.keys()) {
    if (state.epochs.size <= state.limits.clustersMax) return;
    const isInUse = [...state.attempts.keys()].some((key) => key.startsWith(`${clusterId}/`));
    if (!isInUse) state.epochs.delete(clusterId);
  }
}

/** Once for each pretender: a deposed leader repeats itself. */
function alertConflict(turn: Turn, { epoch }: Authority): void {
  const name = `${epoch.number}/${epoch.nonce}`;
  if (turn.state.conflictAlerted === name) return;
  turn.state.conflictAlerted = name;
  alert(
    turn,
    "epoch-conflict",
    `Two leaders claim epoch ${epoch.number}; the second (nonce ${epoch.nonce}) is refused. Was a master's store restored from a copy? Stop one of the masters.`,
  );
}
