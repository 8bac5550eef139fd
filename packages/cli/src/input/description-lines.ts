import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { AlohaError } from "@aloha/core/vocabulary";
import type { CommandContext } from "../command-context.ts";

/** One line of a file that has a description in each. */
export interface DescriptionLine {
  /** From 1 on. */
  readonly number: number;
  readonly text: string;
}

/** Far above what a description may take, and little enough to hold. */
const lineLengthMax = 2_000_000;
/** Read, and then submitted, at once. */
const pieceBytes = 1_048_576;

/** Whether a file is named like one that has a JSON document in each line. */
export function isLinesFile(path: string): boolean {
  return /\.(ndjson|jsonl)$/i.test(path);
}

/** The bytes of a file. Throws AlohaError (`invalid-argument`) if it cannot be read. */
export async function* openLines(
  context: CommandContext,
  file: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const path = resolve(context.workingDirectory, file);
    yield* createReadStream(path, { highWaterMark: pieceBytes });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AlohaError("invalid-argument", `${file} cannot be read: ${reason}`, { cause });
  }
}

/**
 * Reads the beginning of what has no name: a first line that is a JSON object by itself, and another after it, make a description of
 * each line. Gives the whole of it again.
 */
export async function peekLines(
  stdin: AsyncIterable<Uint8Array>,
): Promise<{ readonly isLines: boolean; readonly stdin: AsyncIterable<Uint8Array> }> {
  const pieces = stdin[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let isLines: boolean | undefined;
  while (isLines === undefined) {
    const piece = await pieces.next();
    if (piece.done === true) break;
    seen.push(piece.value);
    isLines = judge(Buffer.concat(seen).toString("utf8"));
  }
  const again = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* seen;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  return { isLines: isLines ?? false, stdin: again() };
}

/** The lines of each piece as it comes, without those that are empty. Throws AlohaError (`invalid-argument`) for a line beyond all measure. */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<readonly DescriptionLine[], void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let number = 0;
  const numbered = (texts: readonly string[]): readonly DescriptionLine[] =>
    texts.flatMap((text) => {
      number++;
      return text.trim() === "" ? [] : [{ number, text }];
    });
  for await (const piece of pieces) {
    const texts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = texts.pop() ?? "";
    if (rest.length > lineLengthMax) {
      throw new AlohaError(
        "invalid-argument",
        `${file}:${number + texts.length + 1}: the line is longer than ${lineLengthMax} characters`,
      );
    }
    const lines = numbered(texts);
    if (lines.length > 0) yield lines;
  }
  const last = numbered([rest + decoder.decode()]);
  if (last.length > 0) yield last;
}

/** Undefined: more has to be seen. */
function judge(text: string): boolean | undefined {
  const start = text.trimStart();
  const end = start.indexOf("\n");
  if (!start.startsWith("{") && start !== "") return false;
  if (end < 0) return start.length > lineLengthMax ? false : undefined;
  const next = start.slice(end + 1).trimStart();
  if (!isObjectText(start.slice(0, end))) return false;
  return next === "" ? undefined : next.startsWith("{");
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
