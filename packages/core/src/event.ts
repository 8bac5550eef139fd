import type { ApplicationState } from "./application/state.ts";
import type { WorkerMode } from "./master/store-change.ts";

interface EventBase {
  /** One sequence for the whole cluster, rising by one, across failovers. */
  readonly sequence: number;
  /** Wall-clock milliseconds. */
  readonly atMs: number;
}

/** What listeners and the event stream see. Folding the application events gives the applications' states. */
export type AlohaEvent = EventBase &
  (
    | {
        readonly kind: "application-state-changed";
        readonly appId: string;
        readonly name: string;
        /** Null at submission. */
        readonly from: ApplicationState | null;
        readonly to: ApplicationState;
        /** Number of the attempt concerned; 0 before the first. */
        readonly attempt: number;
        readonly workerId: string | null;
        readonly reason: string | null;
        readonly message: string | null;
      }
    | {
        readonly kind: "application-relaunched";
        readonly appId: string;
        readonly name: string;
        /** The attempt that ended, and why another follows. */
        readonly attempt: number;
        readonly reason: string;
        readonly message: string;
      }
    | {
        readonly kind: "worker-state-changed";
        readonly workerId: string;
        readonly from: WorkerMode | null;
        readonly to: WorkerMode;
        readonly message: string;
      }
    | {
        readonly kind: "master-state-changed";
        readonly to: "RECOVERING" | "ALIVE" | "READ_ONLY";
        readonly epoch: number;
        readonly message: string;
      }
    | { readonly kind: "alert"; readonly code: string; readonly message: string }
  );
