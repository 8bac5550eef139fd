import type { AskFailure, Probe, Register, Sync } from "@aloha/core";
import type { ProbeReply, RegisterReply, SyncAnswer } from "@aloha/core";
import { masterEndpointName } from "@aloha/core";
import { RpcError, type RpcEnv, type RpcRef } from "@aloha/rpc";
import { masterProtocol, type MasterProtocol } from "./protocols.ts";

export type MasterAnswer =
  | { readonly kind: "answered"; readonly answer: RegisterReply | SyncAnswer | ProbeReply }
  | { readonly kind: "ask-failed"; readonly reason: AskFailure; readonly message: string };

/** References are kept for this many masters; a cluster has a handful. */
const refsMax = 64;

/** Asks masters by their `host:port`. */
export class MasterClient {
  readonly #rpc: RpcEnv;
  readonly #refs = new Map<string, RpcRef<MasterProtocol>>();

  constructor(rpc: RpcEnv) {
    this.#rpc = rpc;
  }

  /** Never rejects: what goes wrong is an answer too. */
  async ask(
    to: string,
    message: Register | Sync | Probe,
    timeoutMs: number,
  ): Promise<MasterAnswer> {
    try {
      const answer = await this.#ref(to).ask(message, { timeoutMs });
      return { kind: "answered", answer };
    } catch (error) {
      return {
        kind: "ask-failed",
        reason: reasonOf(error),
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }

  #ref(to: string): RpcRef<MasterProtocol> {
    const known = this.#refs.get(to);
    if (known !== undefined) return known;
    const url = `aloha://${masterEndpointName}@${to}`;
    const ref = this.#rpc.ref(url, masterProtocol, { priority: "control" });
    if (this.#refs.size >= refsMax) this.#refs.clear();
    this.#refs.set(to, ref);
    return ref;
  }
}

function reasonOf(error: unknown): AskFailure {
  if (!(error instanceof RpcError)) return "failed";
  switch (error.code) {
    case "refused":
    case "unreachable":
    case "timeout":
    case "disconnected":
    case "too-large":
      return error.code;
    default:
      return "failed";
  }
}
