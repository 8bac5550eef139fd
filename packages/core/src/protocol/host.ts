import type { AttemptKey } from "../attempt-key.ts";

/**
 * Supervisor and host (the process that several applications share) talk over a local socket: lines of
 * JSON, each a list of messages, so that what comes in one turn travels at once. A host is of the very
 * release of the worker that names it.
 */
export type HostCommand =
  /** Runs an attempt; answered by `ended`, whatever happens. */
  | { readonly kind: "run"; readonly attempt: AttemptKey; readonly order: string }
  /** Asks an attempt to end. */
  | { readonly kind: "stop"; readonly attempt: AttemptKey };

export type HostReport =
  /** First: which host this is, by its ALOHA_ATTEMPT. */
  | { readonly kind: "hello"; readonly host: AttemptKey }
  | {
      readonly kind: "ended";
      readonly attempt: AttemptKey;
      readonly exitCode: number;
      readonly message: string | null;
    };
