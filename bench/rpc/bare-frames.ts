/**
 * Length-prefixed frames over a socket, and nothing else: no codec, no checks, no dispatch. What this reaches
 * bounds what calls of the same sizes can. The first byte after the length says what a frame is.
 */
import type { Socket } from "node:net";

/** What the messages of `protocol.ts` take on the wire, headers of the RPC included. */
export const frameBytes = { question: 67, answer: 35, report: 79 } as const;

export const frameKinds = { question: 1, answer: 2, report: 3, count: 4 } as const;

const KIND_OFFSET = 4;
const PAYLOAD_OFFSET = 5;

/** A frame of `totalBytes`; `payload` is a number that comes after the kind. */
export function bareFrame(kind: number, totalBytes: number, payload = 0): Buffer {
  const frame = Buffer.alloc(totalBytes, 0x2e);
  frame.writeUInt32LE(totalBytes, 0);
  frame.writeUInt8(kind, KIND_OFFSET);
  frame.writeUInt32LE(payload, PAYLOAD_OFFSET);
  return frame;
}

/** Takes chunks as they arrive and calls `onFrame` for each whole frame. */
export class FrameReader {
  readonly #onFrame: (kind: number, payload: number) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: (kind: number, payload: number) => void) {
    this.#onFrame = onFrame;
  }

  take(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + KIND_OFFSET <= data.length) {
      const end = at + data.readUInt32LE(at);
      if (end > data.length) break;
      this.#onFrame(data.readUInt8(at + KIND_OFFSET), data.readUInt32LE(at + PAYLOAD_OFFSET));
      at = end;
    }
    this.#rest = data.subarray(at);
  }
}

/** Writes the frame `count` times: a write each, gathered into one system call as a plain Node program would. */
export function writeFrames(socket: Socket, frame: Buffer, count: number): void {
  socket.cork();
  for (let index = 0; index < count; index++) socket.write(frame);
  process.nextTick(() => socket.uncork());
}
