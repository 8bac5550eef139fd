import type { AttemptKey, StartSpec } from "@aloha/core";
import type { Attempt } from "../state.ts";

/**
 * A process that attempts of one pool share. It is an attempt of its own beside them, which the worker
 * does not know: so it is journalled, contained, fenced, guarded and found after a crash like any
 * other process. Its life: starting (no connection) -> taking -> retired (finishes what it has) -> over.
 */
export interface Host {
  readonly key: AttemptKey;
  readonly pool: string;
  readonly slot: number;
  readonly process: Attempt;
  readonly members: Map<AttemptKey, Attempt>;
  readonly startedBootMs: number;
  /** Over which it takes work. */
  connection: "none" | "open" | "lost";
  /** Whether it gets more work. */
  taking: boolean;
  /** When it is killed because of a member that did not stop; infinite: not. */
  killAtBootMs: number;
  /** When the last of its members ended. */
  idleSinceBootMs: number;
  /** Why it is ended, if it is for a reason that the supervisor has on its own. */
  end: "none" | "not-needed" | "killed" | "failed";
}

/** Attempts that run the same code in the same environment. */
export interface Pool {
  /** What its hosts are started with, but for what is each one's own. */
  readonly spec: StartSpec;
  readonly hosts: Host[];
  /** Accepted, and not handed over yet: first come, first served. */
  waiting: AttemptKey[];
}

export interface HostedState {
  /** Where hosts connect to. */
  readonly socketPath: string;
  readonly pools: Map<string, Pool>;
  readonly hosts: Map<AttemptKey, Host>;
  /** Attempts whose hosts a vanished supervisor left behind: they are over when those are. */
  orphans: AttemptKey[];
  hostsStarted: number;
}

export function createHostedState(socketPath: string): HostedState {
  return { socketPath, pools: new Map(), hosts: new Map(), orphans: [], hostsStarted: 0 };
}

/** The hosts that take work, the idlest first. */
export function takingHosts(pool: Pool): readonly Host[] {
  return pool.hosts
    .filter((host) => host.taking && host.process.stop === null)
    .toSorted((a, b) => a.members.size - b.members.size);
}
