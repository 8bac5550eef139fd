import type { LogChunk, ReadLog } from "@aloha/core";
import { readOutput } from "@aloha/supervisor";

/** One piece travels in one RPC frame (1 MiB), with room for the rest of the message. */
export const chunkBytesMax: number = 512 * 1024;

/** Reads the piece of output that is asked for, without waiting. `live`: more may still be written. */
export async function readChunk(
  directory: string,
  { stream, offset, maxBytes }: Pick<ReadLog, "stream" | "offset" | "maxBytes">,
  live: boolean,
): Promise<LogChunk> {
  const limit = Math.min(maxBytes, chunkBytesMax);
  const from = offset >= 0 ? offset : await offsetFromEnd(directory, stream, offset);
  let slice = await readOutput(directory, stream, from, limit);
  let start = from;
  // Trimmed again under a reader that is slower than the writer: the next try begins later still.
  while (slice.kind === "trimmed") {
    start = slice.firstOffset;
    slice = await readOutput(directory, stream, start, limit);
  }
  switch (slice.kind) {
    case "read":
      return {
        kind: "log-chunk",
        offset: start,
        bytes: slice.bytes,
        firstOffset: slice.firstOffset,
        sizeBytes: slice.sizeBytes,
        complete: !live && slice.nextOffset >= slice.sizeBytes,
      };
    case "beyond-end":
      return emptyChunk(slice.sizeBytes, slice.firstOffset, !live);
    case "no-output":
      return emptyChunk(0, 0, !live);
  }
}

async function offsetFromEnd(
  directory: string,
  stream: ReadLog["stream"],
  offset: number,
): Promise<number> {
  const end = await readOutput(directory, stream, Number.MAX_SAFE_INTEGER, 0);
  if (end.kind !== "beyond-end") return 0;
  return Math.max(end.firstOffset, end.sizeBytes + offset);
}

function emptyChunk(sizeBytes: number, firstOffset: number, complete: boolean): LogChunk {
  return {
    kind: "log-chunk",
    offset: sizeBytes,
    bytes: new Uint8Array(0),
    firstOffset,
    sizeBytes,
    complete,
  };
}
