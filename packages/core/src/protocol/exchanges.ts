import type { LogReply, ReadLog } from "./log.ts";
import type { Probe, ProbeReply, Register, RegisterReply, Sync, SyncAnswer } from "./worker.ts";

/** What the master's endpoint (named `master`) answers. The shape is that of an RPC protocol. */
export interface MasterExchanges {
  readonly register: { readonly message: Register; readonly reply: RegisterReply };
  readonly sync: { readonly message: Sync; readonly reply: SyncAnswer };
  readonly probe: { readonly message: Probe; readonly reply: ProbeReply };
}

/** What a worker's endpoint (named `worker`) answers. */
export interface WorkerExchanges {
  readonly "read-log": { readonly message: ReadLog; readonly reply: LogReply };
}

export const masterEndpointName = "master";
export const workerEndpointName = "worker";
