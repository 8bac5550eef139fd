import type {
  ApplicationRecord,
  MasterAnswer,
  MasterInput,
  Probe,
  ProbeReply,
  Register,
  RegisterReply,
  Sync,
  SyncAnswer,
} from "@aloha/core";
import type { Network } from "../world/network.ts";

/** What clients ask; a read looks into the store behind everything that was asked before it. */
export type ClientMessage =
  | Omit<Extract<MasterInput, { readonly kind: "submit" }>, "token">
  | Omit<Extract<MasterInput, { readonly kind: "kill" }>, "token">
  | Omit<Extract<MasterInput, { readonly kind: "drain-worker" }>, "token">
  | Omit<Extract<MasterInput, { readonly kind: "resume-worker" }>, "token">
  | { readonly kind: "read"; readonly appId: string };

export type WorkerMessage = Register | Sync | Probe;

/** What they are answered. */
export type MasterReply =
  | RegisterReply
  | SyncAnswer
  | ProbeReply
  | MasterAnswer
  | { readonly kind: "application"; readonly record: ApplicationRecord | null }
  /** This master does not lead, or has too much to do. */
  | { readonly kind: "unavailable" };

export type ClusterNetwork = Network<ClientMessage | WorkerMessage, MasterReply>;
