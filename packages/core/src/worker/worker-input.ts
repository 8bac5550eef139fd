import type { AttemptKey } from "../attempt-key.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { Account, HostedStart, SupervisorReport } from "../protocol/supervisor.ts";
import type { ProbeReply, RegisterReply, SyncAnswer } from "../protocol/worker.ts";

/** The clocks at the moment of a step. */
export interface WorkerNow {
  /** Milliseconds since boot, time asleep included: all waiting. */
  readonly bootMs: number;
  /** Milliseconds since 1970 UTC: all records. */
  readonly wallMs: number;
}

/**
 * Why a question brought no answer. `refused`: nobody listens at the address (ECONNREFUSED);
 * `too-large`: the message did not fit into a frame and was not sent; `failed`: anything else.
 */
export type AskFailure =
  | "refused"
  | "unreachable"
  | "timeout"
  | "disconnected"
  | "too-large"
  | "failed";

/** What the worker adds to a description so that it can be started. */
export interface PreparedCommand {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly outputDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly openFilesMax: number | null;
  readonly account: Account | null;
  readonly messagePath: string | null;
  readonly hosted: HostedStart | null;
}

export type PrepareFailure = Extract<AttemptOutcome, { kind: "start-failed" }>["code"];

/** Everything that can happen to a worker. */
export type WorkerInput =
  /** First, once: nothing happens before it. */
  | { readonly kind: "begin" }
  | { readonly kind: "supervisor"; readonly report: SupervisorReport }
  /** The connection to the supervisor is gone, or could not be made. */
  | { readonly kind: "detached"; readonly message: string }
  | {
      readonly kind: "answered";
      readonly token: number;
      readonly answer: RegisterReply | SyncAnswer | ProbeReply;
    }
  | {
      readonly kind: "ask-failed";
      readonly token: number;
      readonly reason: AskFailure;
      readonly message: string;
    }
  /** What was journalled under this token, and everything before it, is on disk. */
  | { readonly kind: "journalled"; readonly token: number }
  /** The journal cannot be written any more. */
  | { readonly kind: "journal-failed"; readonly message: string }
  | {
      readonly kind: "prepared";
      readonly attempt: AttemptKey;
      readonly command: PreparedCommand;
    }
  | {
      readonly kind: "prepare-failed";
      readonly attempt: AttemptKey;
      readonly code: PrepareFailure;
      readonly message: string;
    }
  /** The answer to a `check-health` effect; `message` says what was found. */
  | {
      readonly kind: "health-checked";
      readonly attempt: AttemptKey;
      readonly healthy: boolean;
      readonly message: string;
    }
  /** Time has passed: what a `wake` effect named may be due. */
  | { readonly kind: "woke" }
  /** `stopWork`: end all work first. Asked a second time, the worker leaves at once. */
  | { readonly kind: "stop"; readonly stopWork: boolean };
