import {
  AlohaError,
  formatAttemptKey,
  workerEndpointName,
  workerMessageChecks,
  workerReplyChecks,
} from "@aloha/core";
import type { AttemptRecord, LogChunk, OutputStream, WorkerExchanges } from "@aloha/core";
import { defineProtocol, formatRpcUrl, RpcError, type Protocol, type RpcEnv } from "@aloha/rpc";
import type { Leadership } from "../leadership.ts";

export type WorkerProtocol = { readonly [Kind in keyof WorkerExchanges]: WorkerExchanges[Kind] };

const workerProtocol: Protocol<WorkerProtocol> = defineProtocol<WorkerProtocol>({
  name: workerEndpointName,
  kinds: {
    "read-log": {
      check: workerMessageChecks["read-log"],
      checkReply: workerReplyChecks["read-log"],
    },
  },
});

/** One piece travels in one RPC frame, with room for the rest of the message. */
export const logChunkBytesMax: number = 512 * 1024;
/** A worker that does not answer within this is better reported than waited for. */
const askTimeoutMsMax = 5_000;

export interface LogRequest {
  readonly appId: string;
  readonly attempt: AttemptRecord;
  readonly stream: OutputStream;
  readonly offset: number;
  readonly maxBytes: number;
  /** How long the worker may wait for the first new byte. */
  readonly waitMs: number;
}

/** Reads the output of attempts where it lies: on their workers. */
export class WorkerLogs {
  readonly #rpc: RpcEnv;
  readonly #askTimeoutMs: number;

  /** `askTimeoutMs`: how long a worker may take to answer, if less than five seconds. */
  constructor(rpc: RpcEnv, askTimeoutMs: number = askTimeoutMsMax) {
    this.#rpc = rpc;
    this.#askTimeoutMs = Math.min(askTimeoutMs, askTimeoutMsMax);
  }

  /** Rejects with `unreachable` if the worker does not answer, with `not-found` if it no longer has the output. */
  async read(leadership: Leadership, request: LogRequest, signal: AbortSignal): Promise<LogChunk> {
    const { attempt } = request;
    const worker = await leadership.read((engine) => engine.readWorker(attempt.workerId));
    if (worker === undefined) {
      throw new AlohaError(
        "not-found",
        `The output of attempt ${attempt.number} lies on worker ${attempt.workerId}, which is no longer known.`,
      );
    }
    const ref = this.#rpc.ref(formatRpcUrl(workerEndpointName, worker.address), workerProtocol);
    const key = formatAttemptKey({
      clusterId: leadership.clusterId,
      appId: request.appId,
      number: attempt.number,
    });
    try {
      const reply = await ref.ask(
        {
          kind: "read-log",
          attempt: key,
          stream: request.stream,
          offset: request.offset,
          maxBytes: request.maxBytes,
          waitMs: request.waitMs,
        },
        { timeoutMs: this.#askTimeoutMs + request.waitMs, retry: true, signal },
      );
      if (reply.kind === "log-chunk") return reply;
      throw new AlohaError("not-found", reply.message);
    } catch (thrown) {
      if (!(thrown instanceof RpcError)) throw thrown;
      const { host, port } = worker.address;
      throw new AlohaError(
        "unreachable",
        `Worker ${attempt.workerId} at ${host}:${port}, which has the output, cannot be reached (${thrown.message}). Try again when it is back.`,
        { cause: thrown },
      );
    }
  }
}
