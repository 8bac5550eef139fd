import type { ErrorCode } from "../error.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { AlohaEvent } from "../event.ts";
import type { Explanation } from "../placement/explanation.ts";
import type { ProbeReply, RegisterReply, SyncAnswer } from "../protocol/worker.ts";
import type { Token } from "./input.ts";
import type { StoreChange } from "./store-change.ts";
import type { WorkerView } from "./worker-view.ts";

export interface Overview {
  readonly state: "RECOVERING" | "ALIVE" | "READ_ONLY";
  readonly clusterId: string;
  readonly epoch: number;
  /** Live applications by state. */
  readonly applications: Readonly<Record<string, number>>;
  readonly waiting: number;
  readonly workers: Readonly<Record<string, number>>;
  readonly milliCores: { readonly total: number; readonly used: number };
  readonly memoryMiB: { readonly total: number; readonly used: number };
}

/** The reply to one question. */
export type MasterAnswer =
  | { readonly kind: "submitted"; readonly appId: string; readonly duplicate: boolean }
  | { readonly kind: "kill-accepted"; readonly appId: string }
  /** Not among the live: the shell tells from the store whether it ended or never was. */
  | { readonly kind: "not-live"; readonly appId: string }
  | { readonly kind: "register"; readonly reply: RegisterReply }
  | { readonly kind: "sync"; readonly reply: SyncAnswer }
  | { readonly kind: "probe"; readonly reply: ProbeReply }
  | { readonly kind: "explanation"; readonly explanation: Explanation }
  | { readonly kind: "workers"; readonly workers: readonly WorkerView[] }
  | { readonly kind: "worker"; readonly worker: WorkerView }
  | { readonly kind: "overview"; readonly overview: Overview }
  | { readonly kind: "barrier" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string };

/** What a step asks the shell to do. Answers, events and look-ups leave only after the batch is committed. */
export type MasterEffect =
  | { readonly kind: "persist"; readonly change: StoreChange }
  | { readonly kind: "event"; readonly event: AlohaEvent }
  | {
      readonly kind: "answer";
      readonly token: Token;
      readonly answer: MasterAnswer;
      /** A SyncReply that only renews leases may overtake the commit (DESIGN 2). */
      readonly urgent: boolean;
    }
  /** Read this application from the store and feed `looked-up`. */
  | {
      readonly kind: "look-up";
      readonly workerId: string;
      readonly appId: string;
      readonly attempt: AttemptKey;
    }
  /** Step again at this boot time at the latest. Replaces the wake before it. */
  | { readonly kind: "wake"; readonly atMs: number };
