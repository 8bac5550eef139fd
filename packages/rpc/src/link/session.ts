import type { RpcError } from "../rpc-error.ts";
import { CONTROL_BIT, FRAME, HEADER_BYTES, readUint16, readUint32 } from "../wire/frame.ts";
import type { Outbox } from "../wire/outbox.ts";
import type { IncomingCalls } from "./incoming-calls.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";

export interface SessionOptions {
  readonly incoming: IncomingCalls;
  readonly outgoing: OutgoingCalls;
  readonly outbox: Outbox;
  /** The peer lost sent messages of this side. */
  readonly onLoss: (error: RpcError) => void;
}

/** An open connection: gives each frame to whom it concerns. */
export class Session {
  readonly incoming: IncomingCalls;
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.incoming = options.incoming;
    this.#options = options;
  }

  /** Takes the frame from `start` to `end`. Gives what is wrong with it, if the connection cannot go on. */
  onFrame(bytes: Uint8Array, start: number, end: number): string | undefined {
    const { outgoing, outbox } = this.#options;
    const typeByte = bytes[start + 4]!;
    const lane = (typeByte & CONTROL_BIT) === 0 ? "bulk" : "control";
    const endpoint = readUint16(bytes, start + 5);
    const ask = readUint32(bytes, start + 7);
    const body = start + HEADER_BYTES;
    switch (typeByte & ~CONTROL_BIT) {
      case FRAME.send:
        return this.incoming.onMessage(endpoint, 0, lane, bytes, body, end);
      case FRAME.ask:
        if (ask === 0) return "an ask has the number 0";
        return this.incoming.onMessage(endpoint, ask, lane, bytes, body, end);
      case FRAME.reply:
        outgoing.onReply(ask, bytes, body, end);
        return undefined;
      case FRAME.fail: {
        const loss = outgoing.onFail(ask, bytes, body, end);
        if (loss !== undefined) this.#options.onLoss(loss);
        return undefined;
      }
      case FRAME.cancel:
        this.incoming.onCancel(ask);
        return undefined;
      case FRAME.bind:
        return this.incoming.onBind(endpoint, Buffer.from(bytes.subarray(body, end)).toString());
      case FRAME.ping:
        outbox.add("control", FRAME.pong, 0, 0, undefined);
        return undefined;
      case FRAME.pong:
        return undefined;
      default:
        return `it sent a frame of the unknown type ${typeByte & ~CONTROL_BIT}`;
    }
  }
}
