import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "@aloha/runtime/node";
import {
  activeStartOffset,
  listSegments,
  segmentBytes,
  type OutputStreamName,
  type Segment,
} from "./segment.ts";

/** What a read of output answers. Offsets count the bytes of the stream since its beginning, rolled ones included. */
export type OutputSlice =
  | {
      readonly kind: "read";
      readonly bytes: Buffer;
      /** Where the next read goes on. */
      readonly nextOffset: number;
      /** The oldest byte that is kept. */
      readonly firstOffset: number;
      /** All bytes written so far. */
      readonly sizeBytes: number;
    }
  /** The offset is older than what is kept: go on at `firstOffset`, and say that lines are missing. */
  | { readonly kind: "trimmed"; readonly firstOffset: number; readonly sizeBytes: number }
  /** The offset is beyond what was written so far. */
  | { readonly kind: "beyond-end"; readonly firstOffset: number; readonly sizeBytes: number }
  /** Nothing was ever written there. */
  | { readonly kind: "no-output" };

/** How often a read starts over because the file was rolled under it. */
const RETRIES_MAX = 10;
/** A file that was just rolled is there again at once; one that is missing still was never written. */
const MISSING_RETRIES_MAX = 2;

/**
 * Reads up to `maxBytes` of a stream from byte `offset`, through rolled and compressed segments
 * and the active file, while it is being written. One read ends at the end of a segment.
 */
export async function readOutput(
  outputDirectory: string,
  stream: OutputStreamName,
  offset: number,
  maxBytes: number,
): Promise<OutputSlice> {
  for (let retry = 0; ; retry++) {
    try {
      const slice = await readOnce(outputDirectory, stream, offset, maxBytes);
      if (slice !== "rolled") return slice;
      if (retry >= RETRIES_MAX)
        throw new Error(`${stream} in ${outputDirectory} is rolled faster than it can be read.`);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      if (retry >= MISSING_RETRIES_MAX) return { kind: "no-output" };
    }
  }
}

async function readOnce(
  directory: string,
  stream: OutputStreamName,
  offset: number,
  maxBytes: number,
): Promise<OutputSlice | "rolled"> {
  const segments = listSegments(directory, stream);
  const activePath = join(directory, stream);
  const activeStart = activeStartOffset(segments);
  const active = await stat(activePath);
  const kept = segments.find(
    (segment) => segment.startOffset >= activeStart || segmentBytes(segment) > 0,
  );
  const firstOffset = kept?.startOffset ?? activeStart;
  const sizeBytes = activeStart + active.size;
  // What was looked at as the active file must have been it: the size of the next one says nothing.
  const isRolled = (): boolean =>
    activeStartOffset(listSegments(directory, stream)) !== activeStart;
  if (offset < firstOffset) return { kind: "trimmed", firstOffset, sizeBytes };
  if (offset > sizeBytes)
    return isRolled() ? "rolled" : { kind: "beyond-end", firstOffset, sizeBytes };
  const rolled =
    offset < activeStart
      ? segments.findLast((segment) => segment.startOffset <= offset)
      : undefined;
  const bytes =
    rolled === undefined
      ? await readPlain(activePath, offset - activeStart, maxBytes)
      : await readSegment(rolled, offset - rolled.startOffset, maxBytes);
  // What was read as the active file must still have been it.
  if (rolled === undefined && activeStartOffset(listSegments(directory, stream)) !== activeStart)
    return "rolled";
  const nextOffset = offset + bytes.length;
  return {
    kind: "read",
    bytes,
    nextOffset,
    firstOffset,
    sizeBytes: Math.max(sizeBytes, nextOffset),
  };
}

async function readSegment(segment: Segment, position: number, maxBytes: number): Promise<Buffer> {
  if (!segment.compressed) return readPlain(segment.path, position, maxBytes);
  const { createGunzip } = await import("node:zlib");
  const file = createReadStream(segment.path);
  const plain = file.pipe(createGunzip());
  file.on("error", (error) => plain.destroy(error));
  const parts: Buffer[] = [];
  let passed = 0;
  let taken = 0;
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    const part = chunk.subarray(Math.max(0, position - passed)).subarray(0, maxBytes - taken);
    passed += chunk.length;
    if (part.length > 0) parts.push(part);
    taken += part.length;
    if (taken >= maxBytes) break;
  }
  file.destroy();
  return Buffer.concat(parts);
}

async function readPlain(path: string, position: number, maxBytes: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(maxBytes, size - position)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
