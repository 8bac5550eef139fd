import type { ApplicationIdPrefix } from "../application/application-id.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { ApplicationRecord } from "../application/record.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { Probe, Register, Sync } from "../protocol/worker.ts";

/** Names one question, so that its answer finds the way back. Given by the shell, rising. */
export type Token = number;

/** What happens to a master. A batch of these is one step. */
export type MasterInput =
  | {
      readonly kind: "submit";
      readonly token: Token;
      readonly description: ApplicationDescription;
      readonly prefix: ApplicationIdPrefix;
      readonly request: { readonly requestId: string; readonly bodyHash: string } | null;
      /** The ended application that this one runs again. */
      readonly rerunOf?: string;
    }
  | {
      readonly kind: "kill";
      readonly token: Token;
      readonly appId: string;
      readonly immediately: boolean;
      readonly reason: string;
    }
  | { readonly kind: "register"; readonly token: Token; readonly message: Register }
  | { readonly kind: "sync"; readonly token: Token; readonly message: Sync }
  | { readonly kind: "probe"; readonly token: Token; readonly message: Probe }
  /** Whoever asked under this token is gone: a Sync that is held for it must not be answered into the void. */
  | { readonly kind: "abandoned"; readonly token: Token }
  /** Why does it wait, or where does it run. */
  | { readonly kind: "explain"; readonly token: Token; readonly appId: string }
  | { readonly kind: "list-workers"; readonly token: Token }
  | { readonly kind: "overview"; readonly token: Token }
  | { readonly kind: "show-worker"; readonly token: Token; readonly workerId: string }
  /** Gives a worker no more work, and stops what it still has after `deadlineMs`; null: that may run to its end. */
  | {
      readonly kind: "drain-worker";
      readonly token: Token;
      readonly workerId: string;
      readonly deadlineMs: number | null;
      readonly reason: string;
    }
  | { readonly kind: "resume-worker"; readonly token: Token; readonly workerId: string }
  /** Sets labels of a worker; null removes one. */
  | {
      readonly kind: "label-worker";
      readonly token: Token;
      readonly workerId: string;
      readonly labels: Readonly<Record<string, string | null>>;
    }
  /** Answers once everything before it is committed: reads of the store that follow see all of it. */
  | { readonly kind: "barrier"; readonly token: Token }
  /** The answer to a `look-up` effect; null: the store holds no such application. */
  | {
      readonly kind: "looked-up";
      readonly workerId: string;
      readonly attempt: AttemptKey;
      readonly application: ApplicationRecord | null;
    }
  /** The disk is almost full, or has room again. */
  | { readonly kind: "store-space"; readonly low: boolean }
  /** Something outside the core that people should know: it becomes an event. */
  | { readonly kind: "alert"; readonly code: string; readonly message: string }
  /** Time has passed: some deadline named by a `wake` effect may be due. */
  | { readonly kind: "wake" };

/** The clocks at the moment of a step. */
export interface Now {
  /** Milliseconds since boot: all deadlines. */
  readonly bootMs: number;
  /** Milliseconds since 1970 UTC: all records. */
  readonly wallMs: number;
}
