import type { AttemptKey, HostCommand, StartSpec, SupervisorReport } from "@aloha/core";
import type { ProcessIdentity } from "@aloha/runtime";
import type { JournalEntry } from "./journal-entry.ts";

/** What a process tree is known by. The identity is null when the process may never have been started. */
export interface TreeReference {
  readonly attempt: AttemptKey;
  readonly main: ProcessIdentity | null;
}

/** What the shell is to do, in this order. */
export type SupervisorEffect =
  /** Answered by `durable` with this sequence or a later one. */
  | { readonly kind: "append"; readonly sequence: number; readonly entry: JournalEntry }
  /** Answered by `spawned` or `spawn-failed`. A fence is in the guardian's table before the fork. */
  | {
      readonly kind: "spawn";
      readonly attempt: AttemptKey;
      readonly spec: StartSpec;
      /** Null if the attempt is never fenced. */
      readonly fenceBootMs: number | null;
      readonly leaseMs: number;
    }
  /** Asks the tree to stop. */
  | { readonly kind: "signal-tree"; readonly tree: TreeReference; readonly signal: string }
  /** SIGKILL for every process of the tree; answered by `tree-empty` once it is. Repeated until then. */
  | { readonly kind: "kill-tree"; readonly tree: TreeReference }
  /** Answered by `tree-empty` or `tree-alive`. */
  | { readonly kind: "verify-tree"; readonly tree: TreeReference }
  /** Answered by `output-drained`. */
  | { readonly kind: "drain-output"; readonly attempt: AttemptKey }
  /** Says something to a host, over the connection on which it said hello. */
  | { readonly kind: "host-send"; readonly host: AttemptKey; readonly message: HostCommand }
  /** The attempt is over: what was kept for it (cgroup, pipes) can go. */
  | { readonly kind: "release"; readonly attempt: AttemptKey }
  | { readonly kind: "report"; readonly connection: number; readonly report: SupervisorReport }
  | { readonly kind: "disconnect"; readonly connection: number }
  /** The deadlines that the guardian must know have changed: see `guardTable`. */
  | { readonly kind: "guard-changed" }
  | { readonly kind: "start-guardian" }
  /** For the log; the report goes to the worker apart. */
  | { readonly kind: "alert"; readonly code: string; readonly message: string }
  /** Call `turn` in the next turn of the loop. */
  | { readonly kind: "again" }
  | {
      readonly kind: "exit";
      readonly reason: string;
      /** The spawn agent goes on with what is live. */
      readonly leavesWork: boolean;
    };
