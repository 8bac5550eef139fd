import type { AttemptKey } from "../attempt-key.ts";
import type { ApplicationDescription, HealthProbe } from "../application/description.ts";
import type { SupervisorCommand } from "../protocol/supervisor.ts";
import type { Probe, Register, Sync } from "../protocol/worker.ts";
import type { WorkerJournalEntry } from "./journal-entry.ts";

/** Conditions an operator should know of. Each is raised once, and cleared when it is over. */
export type WorkerAlertCode =
  | "no-master"
  | "register-refused"
  | "epoch-conflict"
  | "other-cluster"
  | "journal-failed"
  | "supervisor-lost"
  | "supervisor-alert"
  | "lost-attempt";

/** What a step asks the shell to do, in this order. */
export type WorkerEffect =
  /** Connect to the supervisor, starting one where there is none, and say `attach`. Answered by its reports, or `detached`. */
  | { readonly kind: "attach"; readonly workerId: string; readonly incarnation: number }
  | { readonly kind: "supervise"; readonly command: SupervisorCommand }
  /** Answered by `answered` or `ask-failed`, once. */
  | {
      readonly kind: "ask";
      /** `host:port` of the master. */
      readonly to: string;
      readonly message: Register | Sync | Probe;
      readonly token: number;
      readonly timeoutMs: number;
    }
  /** Answered by `journalled` in the order of the tokens, or `journal-failed`. */
  | {
      readonly kind: "journal";
      readonly token: number;
      readonly entries: readonly WorkerJournalEntry[];
    }
  /** Replaces the journal; answered like `journal`. */
  | {
      readonly kind: "rewrite-journal";
      readonly token: number;
      readonly entries: readonly WorkerJournalEntry[];
    }
  /** Make the work directory and the command; answered by `prepared` or `prepare-failed`. */
  | {
      readonly kind: "prepare";
      readonly attempt: AttemptKey;
      readonly description: ApplicationDescription;
    }
  /** Look whether an attempt still works; answered by `health-checked`, once. */
  | {
      readonly kind: "check-health";
      readonly attempt: AttemptKey;
      readonly description: ApplicationDescription;
      readonly probe: HealthProbe;
      /** Wall-clock time of the start, from which silence counts at the earliest. */
      readonly startedAtMs: number;
      /** For `silence`: output of this long ago, or newer, is output. */
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  /** Feed `woke` at this boot time. Replaces the wake before it; null: none is needed. */
  | { readonly kind: "wake"; readonly atMs: number | null }
  | { readonly kind: "alert"; readonly code: WorkerAlertCode; readonly message: string }
  | { readonly kind: "alert-cleared"; readonly code: WorkerAlertCode }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn";
      readonly message: string;
      readonly fields?: Readonly<Record<string, string | number>>;
    }
  /** The last effect. What was journalled is to be on disk before the process ends. */
  | { readonly kind: "exit"; readonly code: number; readonly message: string };
