import type { AttemptKey } from "@aloha/core";
import type { GuardianNote, SupervisorEffect, SupervisorInput } from "../core/index.ts";

/** `agent`: the native one, which outlives the supervisor. `node`: this process itself, with a guardian beside it. */
export type SpawnerKind = "agent" | "node";

/** What a spawner answers. */
export type SpawnerInput = Extract<
  SupervisorInput,
  { kind: "spawned" | "spawn-failed" | "exited" | "output-drained" | "guardian" }
>;

/** One attempt to start, with its deadline if it is fenced. */
export type SpawnRequest = Omit<Extract<SupervisorEffect, { kind: "spawn" }>, "kind">;

export interface SpawnerEvents {
  /** Never called before `begin`; may be called while a method of the spawner runs. */
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
  /** First, once: takes over from an earlier supervisor's spawner, and says what its guardian did. Answered by `guardian`, at once or soon. */
  begin(): readonly GuardianNote[];
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
  /** Nothing is left to supervise. */
  close(): void;
}
