import { open, readFile, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendLog, AppendLogContents } from "../append-log.ts";
import { AppendLogError } from "./append-log-error.ts";
import {
  decodeLog,
  encodeLogHeader,
  type AppendLogFormat,
  type DecodedPayload,
} from "./append-log-format.ts";
import { syncDirectory, writeFileDurably } from "./durable-file.ts";
import { errorCode } from "./error-code.ts";
import { FileAppendLog } from "./file-append-log.ts";

/** Options of openAppendLog. */
export interface AppendLogOptions<Entry> {
  readonly format: AppendLogFormat;
  /** Makes an entry of what JSON held; throws if it does not understand it, and the log then refuses to open. */
  readonly decode: (value: unknown) => Entry;
  /** The longest entry as JSON in UTF-8; a longer one is refused before anything is written. 1 MiB. */
  readonly entryBytesMax?: number;
  /** The longest log; an append beyond it is refused, and a rewrite makes room. 1 GiB. */
  readonly logBytesMax?: number;
}

/** An opened log and what it held. */
export interface OpenedAppendLog<Entry> extends AppendLogContents<Entry> {
  readonly log: AppendLog<Entry>;
  /** The version that the file was written with; it stays until the next rewrite. */
  readonly formatVersion: number;
}

const ENTRY_BYTES_MAX = 1024 * 1024;
const LOG_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Opens the log at `path`, creating it (mode 0600) where there is none, and reads all of it.
 *
 * A torn tail is cut off, after a copy was put to `<path>.torn`; `tornBytes` reports it. Rejects
 * with AppendLogError for damage before the tail, for another or a newer format, and for
 * entries that `decode` does not understand: the file is then left as it is. The caller holds a lock
 * that keeps other processes from opening the same log.
 */
export async function openAppendLog<Entry>(
  path: string,
  options: AppendLogOptions<Entry>,
): Promise<OpenedAppendLog<Entry>> {
  const header = encodeLogHeader(options.format);
  await rm(`${path}.new`, { force: true });
  const bytes = await readOrCreate(path, header);
  const decoded = decodeLog(bytes, path, options.format);
  const entries = decoded.payloads.flatMap((payload) => decodeEntries(payload, path, options));
  const file = await open(path, "r+");
  try {
    const tornBytes = bytes.length - decoded.endOffset;
    if (tornBytes > 0) await cutTornTail(file, path, bytes, decoded.endOffset);
    const log = new FileAppendLog<Entry>(path, file, decoded.endOffset, {
      header,
      entryBytesMax: options.entryBytesMax ?? ENTRY_BYTES_MAX,
      logBytesMax: options.logBytesMax ?? LOG_BYTES_MAX,
    });
    return { log, entries, tornBytes, formatVersion: decoded.formatVersion };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A new log appears with its header whole and synced, so that a log without one is damaged. */
async function readOrCreate(path: string, header: Buffer): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  await writeFileDurably(path, header);
  return header;
}

function decodeEntries<Entry>(
  payload: DecodedPayload,
  path: string,
  options: AppendLogOptions<Entry>,
): readonly Entry[] {
  return payload.entries.map((value) => {
    try {
      return options.decode(value);
    } catch (error) {
      throw new AppendLogError(
        "unknown-entry",
        `${path} holds an entry at byte ${payload.offset} that this release does not understand: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  });
}

async function cutTornTail(
  file: FileHandle,
  path: string,
  bytes: Buffer,
  endOffset: number,
): Promise<void> {
  await writeFileDurably(`${path}.torn`, bytes.subarray(endOffset));
  await file.truncate(endOffset);
  await file.sync();
  await syncDirectory(dirname(path));
}
