/**
 * The frame, all numbers big-endian:
 *
 *   u32 length    bytes after this field
 *   u8  type      one of FRAME; the highest bit marks the control lane
 *   u16 endpoint  which of the names bound on this connection (send, ask, bind), else 0
 *   u32 ask       which ask (ask, reply, fail, cancel), else 0
 *       body      a MessagePack value (send, ask, reply, fail), text (bind, reject) or bytes (hello, auth)
 */
export const FRAME = {
  hello: 1,
  auth: 2,
  reject: 3,
  bind: 4,
  send: 5,
  ask: 6,
  reply: 7,
  fail: 8,
  cancel: 9,
  ping: 10,
  pong: 11,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** Set in the type of a frame that travels in the control lane. */
export const CONTROL_BIT = 0x80;

/** Bytes of the length field. */
export const LENGTH_BYTES = 4;

/** Bytes from the start of a frame to its body. */
export const HEADER_BYTES = 11;

/** The smallest value of the length field: a frame without a body. */
export const FRAME_LENGTH_MIN: number = HEADER_BYTES - LENGTH_BYTES;

/** Writes a header at `offset`. Byte by byte: for so few bytes that beats the DataView and the Buffer methods. */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  bodyBytes: number,
  type: number,
  endpoint: number,
  ask: number,
): void {
  const length = bodyBytes + FRAME_LENGTH_MIN;
  target[offset] = length >>> 24;
  target[offset + 1] = length >>> 16;
  target[offset + 2] = length >>> 8;
  target[offset + 3] = length;
  target[offset + 4] = type;
  target[offset + 5] = endpoint >>> 8;
  target[offset + 6] = endpoint;
  target[offset + 7] = ask >>> 24;
  target[offset + 8] = ask >>> 16;
  target[offset + 9] = ask >>> 8;
  target[offset + 10] = ask;
}

/** Reads a u32; `bytes` holds at least four from `offset`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!) >>>
    0
  );
}

/** Reads a u16; `bytes` holds at least two from `offset`. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
