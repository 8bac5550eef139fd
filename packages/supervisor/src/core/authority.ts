import { compareEpoch } from "@aloha/core";
import type { Authority } from "@aloha/core";
import { alert, journal, type Turn } from "./turn.ts";

/** `defer`: the epoch is new and must be durable before anything of it is obeyed. */
export type AuthorityCheck = "ok" | "defer" | "stale";

/**
 * Weighs the authority of a command. A newer epoch is noted and journalled at once; the same
 * number with another nonce is refused and alerted (two leaders took the same number).
 */
export function checkAuthority(turn: Turn, authority: Authority): AuthorityCheck {
  const { state } = turn;
  if (state.worker === null || authority.incarnation !== state.worker.incarnation) return "stale";
  switch (compareEpoch(authority.epoch, state.epochSeen)) {
    case "older":
      return "stale";
    case "conflict":
      alertConflict(turn, authority);
      return "stale";
    case "newer":
      state.epochSeen = authority.epoch;
      journal(
        turn,
        { kind: "epoch", epoch: authority.epoch },
        { kind: "epoch", epoch: authority.epoch },
      );
      return "defer";
    case "same":
      return state.epochDurable?.number === authority.epoch.number ? "ok" : "defer";
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
