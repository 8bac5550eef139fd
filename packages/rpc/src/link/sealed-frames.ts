import type { FrameProtection } from "../security/security.ts";
import type { FrameType } from "../wire/frame.ts";
import { HEADER_BYTES, LENGTH_BYTES, readUint32, writeHeader } from "../wire/frame.ts";

/** A frame of its own, for the handshake. */
export function writeFrame(type: FrameType, body: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(HEADER_BYTES + body.length);
  writeHeader(frame, 0, body.length, type, 0, 0);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** The same frames, each lengthened by its tag. The tag covers the frame with its final length. */
export function sealFrames(frames: Uint8Array, protection: FrameProtection): Uint8Array {
  const parts: Uint8Array[] = [];
  let position = 0;
  while (position < frames.length) {
    const length = readUint32(frames, position);
    const frame = frames.subarray(position, position + LENGTH_BYTES + length);
    const sealedLength = length + protection.tagBytes;
    frame[0] = sealedLength >>> 24;
    frame[1] = sealedLength >>> 16;
    frame[2] = sealedLength >>> 8;
    frame[3] = sealedLength;
    parts.push(frame, protection.tag(frame));
    position += frame.length;
  }
  return Buffer.concat(parts);
}
