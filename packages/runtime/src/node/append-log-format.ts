import { crc32 } from "node:zlib";
import { AppendLogError } from "./append-log-error.ts";

/**
 * The bytes of an append log:
 *
 *     aloha-log 1 <format name> <format version> <crc32 of what precedes, hex>\n
 *     frame*
 *     frame = length u32le, crc32(length) u32le, crc32(payload) u32le, payload
 *
 * A payload is a JSON array: the entries of one synced write. The next frame is written only
 * after the one before was synced, and that is what tells a torn tail from damage: only the very last
 * frame can be torn, so an unreadable frame with anything readable behind it is damage, and refused.
 * The length has a checksum of its own, since a damaged length would make a whole log look like a torn tail.
 */
export interface AppendLogFormat {
  /** What the entries are, for instance "worker-journal": lower case letters, digits and hyphens. */
  readonly name: string;
  /** Raised when an older release could not read the entries. */
  readonly version: number;
}

/** What the bytes of a log hold. */
export interface DecodedLog {
  readonly formatVersion: number;
  readonly payloads: readonly DecodedPayload[];
  /** Where the readable part ends: the rest is a torn tail. */
  readonly endOffset: number;
}

export interface DecodedPayload {
  readonly offset: number;
  readonly entries: readonly unknown[];
}

const CONTAINER_VERSION = 1;
const FRAME_HEADER_BYTES = 12;
const HEADER_BYTES_MAX = 200;

/** The first line of a log of this format. */
export function encodeLogHeader(format: AppendLogFormat): Buffer {
  const text = `aloha-log ${CONTAINER_VERSION} ${format.name} ${format.version} `;
  return Buffer.from(`${text}${crc32(text).toString(16).padStart(8, "0")}\n`);
}

/** One frame that holds the entries, each already serialized to JSON. */
export function encodeFrame(serializedEntries: readonly string[]): Buffer {
  const payload = Buffer.from(`[${serializedEntries.join(",")}]`);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(frame.subarray(0, 4)), 4);
  frame.writeUInt32LE(crc32(payload), 8);
  payload.copy(frame, FRAME_HEADER_BYTES);
  return frame;
}

/** Reads a whole log. Throws AppendLogError if it is anything but a log of this format with at most a torn tail. */
export function decodeLog(bytes: Buffer, path: string, format: AppendLogFormat): DecodedLog {
  const { formatVersion, headerBytes } = decodeHeader(bytes, path, format);
  const payloads: DecodedPayload[] = [];
  let offset = headerBytes;
  while (offset < bytes.length) {
    const frame = readFrame(bytes, offset);
    if (frame.kind !== "whole") {
      refuseDamage(bytes, path, offset, frame);
      break;
    }
    payloads.push({ offset, entries: parsePayload(frame.payload, path, offset) });
    offset = frame.endOffset;
  }
  return { formatVersion, payloads, endOffset: offset };
}

type Frame =
  | { readonly kind: "whole"; readonly payload: Buffer; readonly endOffset: number }
  /** The length is good but the file ends inside the payload. */
  | { readonly kind: "cut" }
  /** The length is good, the payload is all there, and its checksum is wrong. */
  | { readonly kind: "bad-payload"; readonly endOffset: number }
  /** No length that can be believed. */
  | { readonly kind: "bad-header" };

function readFrame(bytes: Buffer, offset: number): Frame {
  const start = offset + FRAME_HEADER_BYTES;
  if (start > bytes.length) return { kind: "bad-header" };
  const length = bytes.readUInt32LE(offset);
  if (crc32(bytes.subarray(offset, offset + 4)) !== bytes.readUInt32LE(offset + 4)) {
    return { kind: "bad-header" };
  }
  const endOffset = start + length;
  if (endOffset > bytes.length) return { kind: "cut" };
  const payload = bytes.subarray(start, endOffset);
  return crc32(payload) === bytes.readUInt32LE(offset + 8)
    ? { kind: "whole", payload, endOffset }
    : { kind: "bad-payload", endOffset };
}

/** Throws if anything was written behind the unreadable frame at `offset`, which a torn write cannot have. */
function refuseDamage(
  bytes: Buffer,
  path: string,
  offset: number,
  frame: Exclude<Frame, { kind: "whole" }>,
): void {
  if (frame.kind === "cut") return;
  const later = frame.kind === "bad-payload" ? frame.endOffset : findWholeFrame(bytes, offset + 1);
  if (later === undefined || later >= bytes.length) return;
  throw new AppendLogError(
    "corrupt",
    `${path} is damaged at byte ${offset}, and entries written later follow at byte ${later}. ` +
      `It is left as it is: restore it from a backup, or move it away to start without it.`,
  );
}

function findWholeFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
    if (readFrame(bytes, at).kind === "whole") return at;
  }
  return undefined;
}

function decodeHeader(
  bytes: Buffer,
  path: string,
  format: AppendLogFormat,
): { formatVersion: number; headerBytes: number } {
  const end = bytes.subarray(0, HEADER_BYTES_MAX).indexOf("\n");
  const [, text = "", container, name, version, checksum] =
    /^(aloha-log (\d+) ([a-z0-9-]+) (\d+) )([0-9a-f]{8})$/.exec(
      bytes.toString("latin1", 0, Math.max(0, end)),
    ) ?? [];
  if (checksum === undefined || crc32(text) !== Number.parseInt(checksum, 16)) {
    throw new AppendLogError(
      "corrupt",
      `${path} does not begin like an Aloha log. It is left as it is: restore it from a backup, or move it away to start without it.`,
    );
  }
  if (name !== format.name) {
    throw new AppendLogError(
      "other-format",
      `${path} is a log of "${name}", where "${format.name}" was expected.`,
    );
  }
  if (Number(container) > CONTAINER_VERSION || Number(version) > format.version) {
    throw new AppendLogError(
      "newer-format",
      `${path} was written by a newer release (format ${container}.${version}, this one reads up to ${CONTAINER_VERSION}.${format.version}). Start that release again.`,
    );
  }
  return { formatVersion: Number(version), headerBytes: end + 1 };
}

function parsePayload(payload: Buffer, path: string, offset: number): readonly unknown[] {
  const value: unknown = JSON.parse(payload.toString("utf8"));
  if (Array.isArray(value)) return value;
  throw new AppendLogError("corrupt", `${path} holds no list of entries at byte ${offset}.`);
}
