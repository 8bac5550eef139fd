import type { AttemptKey } from "../attempt-key.ts";

export type OutputStream = "stdout" | "stderr";

/** master -> worker: a piece of an attempt's output. Offsets count bytes since the attempt began, and mean the same for ever. */
export interface ReadLog {
  readonly kind: "read-log";
  readonly attempt: AttemptKey;
  readonly stream: OutputStream;
  /** First byte wanted; negative: that many bytes before the end. */
  readonly offset: number;
  readonly maxBytes: number;
  /** How long to wait for the first new byte when there is none yet, in milliseconds. */
  readonly waitMs: number;
}

export interface LogChunk {
  readonly kind: "log-chunk";
  /** Offset of the first byte of `bytes`: above the one asked for where older output was rolled away. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** First byte that is still kept, and the number of bytes written so far. */
  readonly firstOffset: number;
  readonly sizeBytes: number;
  /** The attempt has ended and no byte will follow. */
  readonly complete: boolean;
}

export interface LogUnavailable {
  readonly kind: "log-unavailable";
  readonly message: string;
}

export type LogReply = LogChunk | LogUnavailable;
