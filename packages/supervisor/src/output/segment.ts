import { closeSync, constants, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/** How output is opened for writing. The application can write into its directory: a link in the place of a file is refused, not followed. */
export const appendFlags: number = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW;

export const outputStreams = ["stdout", "stderr"] as const;
export type OutputStreamName = (typeof outputStreams)[number];

/**
 * A rolled part of a stream. Its name says at which byte of the stream it starts
 * (`stdout.000000000012345`, with `.gz` once compressed), so an offset means the same for ever.
 */
export interface Segment {
  readonly startOffset: number;
  readonly path: string;
  readonly compressed: boolean;
}

/** Room for a petabyte, so that names sort as numbers do. */
const OFFSET_DIGITS = 15;

export function segmentPath(directory: string, stream: string, startOffset: number): string {
  return join(directory, `${stream}.${String(startOffset).padStart(OFFSET_DIGITS, "0")}`);
}

/** The rolled segments of a stream, oldest first. One that is just being compressed is listed once, uncompressed. */
export function listSegments(directory: string, stream: string): readonly Segment[] {
  const found = new Map<number, Segment>();
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${stream}.`)) continue;
    const [, digits, suffix] = /^\.(\d{15})(\.gz)?$/.exec(name.slice(stream.length)) ?? [];
    if (digits === undefined) continue;
    const startOffset = Number(digits);
    const compressed = suffix !== undefined;
    if (compressed && found.has(startOffset)) continue;
    found.set(startOffset, { startOffset, path: join(directory, name), compressed });
  }
  return [...found.values()].sort((one, other) => one.startOffset - other.startOffset);
}

/** The bytes of output in a segment. A gzip file ends with the length of what it holds (RFC 1952). */
export function segmentBytes(segment: Segment): number {
  const { size } = statSync(segment.path);
  if (!segment.compressed) return size;
  const trailer = Buffer.alloc(4);
  const fd = openSync(segment.path, "r");
  try {
    readSync(fd, trailer, 0, 4, size - 4);
  } finally {
    closeSync(fd);
  }
  return trailer.readUInt32LE(0);
}

/** Where the active file begins: behind the last rolled segment. */
export function activeStartOffset(segments: readonly Segment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.startOffset + segmentBytes(last);
}
