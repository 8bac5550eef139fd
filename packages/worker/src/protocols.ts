import {
  masterEndpointName,
  masterMessageChecks,
  masterReplyChecks,
  workerEndpointName,
  workerMessageChecks,
} from "@aloha/core";
import type { MasterExchanges, WorkerExchanges } from "@aloha/core";
import { defineProtocol, type Protocol } from "@aloha/rpc";

export type MasterProtocol = { readonly [Kind in keyof MasterExchanges]: MasterExchanges[Kind] };
export type WorkerProtocol = { readonly [Kind in keyof WorkerExchanges]: WorkerExchanges[Kind] };

/** What this worker asks masters; their answers are looked at before they are believed. */
export const masterProtocol: Protocol<MasterProtocol> = defineProtocol<MasterProtocol>({
  name: masterEndpointName,
  kinds: {
    register: { check: masterMessageChecks.register, checkReply: masterReplyChecks.register },
    sync: { check: masterMessageChecks.sync, checkReply: masterReplyChecks.sync },
    probe: { check: masterMessageChecks.probe, checkReply: masterReplyChecks.probe },
  },
});

/** What this worker is asked. */
export const workerProtocol: Protocol<WorkerProtocol> = defineProtocol<WorkerProtocol>({
  name: workerEndpointName,
  kinds: { "read-log": { check: workerMessageChecks["read-log"] } },
});
