import type { AttemptKey } from "@aloha/core";
import type {
  GuardianNote,
  HeldAttempt,
  SupervisorEffect,
  SupervisorInput,
} from "../core/index.ts";

/** `agent`: the native one, which outlives the supervisor. `node`: this process itself, with a guardian beside it. */
export type SpawnerKind = "agent" | "node";

/** What a spawner answers. */
export type SpawnerInput = Extract<
  SupervisorInput,
  { kind: "spawned" | "spawn-failed" | "exited" | "output-drained" | "guardian" | "agent-lost" }
>;

/** One attempt to start, with its deadline if it is fenced. */
export type SpawnRequest = Omit<Extract<SupervisorEffect, { kind: "spawn" }>, "kind">;

/** What the last spawner left to this one. */
export interface Takeover {
  /** What its guardian did on its own. */
  readonly notes: readonly GuardianNote[];
  /** What goes on. */
  readonly held: readonly HeldAttempt[];
}

export interface SpawnerEvents {
  /** May be called while a method of the spawner runs. */
  readonly onInput: (input: SpawnerInput) => void;
  /** Something that an operator should know. */
  readonly onAlert: (code: string, message: string) => void;
}

/**
 * Starts processes, keeps their output, sees them end, and guards their deadlines while the
 * supervisor cannot. It decides nothing: each method carries out one effect of the core. Trees are
 * signalled, killed and verified by their containment, whoever started them.
 */
export interface Spawner {
  readonly kind: SpawnerKind;
  /** One line for the log. */
  readonly description: string;
  /** First, once: what an earlier supervisor left. Nothing is told before `resume`. */
  begin(): Takeover;
  /** The core knows what `begin` said. Answered by `guardian`, and by all that has happened to what is held. */
  resume(): void;
  /** What `begin` said is durable. */
  forgetNotes(): void;
  /** Starts an attempt: answered by `spawned` or `spawn-failed`, later by `exited`. Its deadline is guarded before it runs. */
  spawn(request: SpawnRequest): void;
  /** The tree is gone: answered by `output-drained` once all that it wrote is in its files. */
  drain(attempt: AttemptKey): void;
  /** The attempt is over: gives back all that was kept for it. */
  release(attempt: AttemptKey): void;
  /** Deadlines have changed: see `guardTable`. */
  guardChanged(): void;
  /** The guardian was lost: makes another one, answered by `guardian`. */
  replaceGuardian(): void;
  /** Nothing is left to supervise; or, for an agent, the next supervisor goes on (`leavesWork`). */
  close(leavesWork: boolean): void;
}
