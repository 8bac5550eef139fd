import type {
  AlohaEvent,
  ApplicationRecord,
  AttemptKey,
  MasterAnswer,
  StoreChange,
  Sync,
} from "@aloha/core";

/**
 * What an onlooker sees who can look everywhere: into the kernels, onto the master's disk, and at
 * whatever leaves the master. Checkers judge the order of these, and nothing else.
 */
export type Observation =
  /** What a worker has to give. Before anything is placed on it. */
  | {
      readonly kind: "worker-offers";
      readonly workerId: string;
      readonly milliCores: number;
      readonly memoryMiB: number;
      readonly gpus: number;
    }
  /** A tree's first process was forked. A host is named like its worker. */
  | { readonly kind: "tree-started"; readonly attempt: AttemptKey; readonly hostName: string }
  | {
      readonly kind: "main-exited";
      readonly attempt: AttemptKey;
      readonly exitCode: number | null;
      readonly signal: string | null;
    }
  /** It got a signal, from whoever it was, for the first time. */
  | { readonly kind: "tree-signalled"; readonly attempt: AttemptKey }
  /** A supervisor or its guardian vanished, or is to end all work: what runs on the host is going to be killed. */
  | { readonly kind: "supervision-ended"; readonly hostName: string }
  | { readonly kind: "supervision-began"; readonly hostName: string }
  /** A guardian killed it at its deadline; `isNeeded`: because its supervisor was stopped, or had tried. */
  | { readonly kind: "guardian-fenced"; readonly attempt: AttemptKey; readonly isNeeded: boolean }
  /** Its last process is gone. */
  | { readonly kind: "tree-gone"; readonly attempt: AttemptKey; readonly hostName: string }
  /** A batch became durable in the master's store. */
  | {
      readonly kind: "committed";
      readonly changes: readonly StoreChange[];
      readonly events: readonly AlohaEvent[];
    }
  /** A Sync reached the leader. */
  | { readonly kind: "sync-received"; readonly sync: Sync }
  /** An answer left the leader; `workerId` where it answers one. */
  | {
      readonly kind: "answer-left";
      readonly answer: MasterAnswer;
      readonly workerId: string | null;
    }
  | { readonly kind: "event-left"; readonly event: AlohaEvent }
  /** A client has read that its submit succeeded. */
  | {
      readonly kind: "submit-acknowledged";
      readonly requestId: string | null;
      readonly appId: string;
    }
  | { readonly kind: "read-asked"; readonly readId: number; readonly appId: string }
  /** A client has read an application; null: the master says that there is none. */
  | {
      readonly kind: "read-answered";
      readonly readId: number;
      readonly appId: string;
      readonly record: ApplicationRecord | null;
    }
  /** Faults are over, and time enough for everything that can end has passed. */
  | { readonly kind: "patience-over" };
