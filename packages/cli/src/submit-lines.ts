import type { AlohaClient, BulkOutcome } from "@aloha/api/client";
import type { ErrorCode } from "@aloha/core";
import type { CommandContext } from "./command-context.ts";
import { exitCodeOfError, exitCodes } from "./exit-code.ts";
import { readLines, type DescriptionLine } from "./input/description-lines.ts";
import { joinFields } from "./input/resolve-descriptions.ts";
import { printable } from "./output/printable.ts";

export interface SubmitLinesOptions {
  readonly client: AlohaClient;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** For messages. */
  readonly file: string;
  /** Set in every description. */
  readonly fromFlags: Readonly<Record<string, unknown>>;
  /** One JSON object a line in place of ids. */
  readonly isJson: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

interface LineError {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Submits one application a line as the lines come, in bounded memory, and prints the ids in their order. A line that is refused is told with
 * its number, and the others go on. Resolves with the exit code: of the gravest refusal, or success.
 */
export async function submitLines(
  context: CommandContext,
  { client, pieces, file, fromFlags, isJson }: SubmitLinesOptions,
): Promise<number> {
  const report = new LineReport(context, file, isJson);
  /** Line numbers of what was sent and has no outcome yet, by its index. */
  const sent = new Map<number, number>();
  let sentCount = 0;
  const applications = async function* (): AsyncGenerator<readonly Fields[], void, undefined> {
    for await (const lines of readLines(pieces, file)) {
      const readable: Fields[] = [];
      for (const line of lines) {
        const fields = readFields(line);
        if (typeof fields === "string")
          report.refused(line.number, { code: "invalid-argument", message: fields });
        else {
          sent.set(sentCount++, line.number);
          readable.push(joinFields(fields, fromFlags));
        }
      }
      yield readable;
      // All of the piece has its outcome: what it said may leave.
      await report.flush();
    }
  };
  for await (const outcome of client.submitMany(applications())) {
    const number = sent.get(outcome.index) ?? 0;
    sent.delete(outcome.index);
    report.take(number, outcome);
    if (report.isLong) await report.flush();
  }
  await report.end();
  return report.exitCode;
}

/** What is printed, gathered until there is something to write at once. */
class LineReport {
  readonly #context: CommandContext;
  readonly #file: string;
  readonly #isJson: boolean;
  #out: string[] = [];
  #err: string[] = [];
  #submitted = 0;
  #refused = 0;
  exitCode: number = exitCodes.success;

  constructor(context: CommandContext, file: string, isJson: boolean) {
    this.#context = context;
    this.#file = file;
    this.#isJson = isJson;
  }

  get isLong(): boolean {
    return this.#out.length + this.#err.length >= 1_000;
  }

  take(line: number, outcome: BulkOutcome): void {
    if ("error" in outcome) {
      this.refused(line, outcome.error);
      return;
    }
    this.#submitted++;
    const { id, duplicate } = outcome;
    this.#out.push(this.#isJson ? JSON.stringify({ line, id, duplicate }) : printable(id));
  }

  refused(line: number, error: LineError): void {
    this.#refused++;
    this.exitCode = Math.max(this.exitCode, exitCodeOfError(error.code));
    if (this.#isJson) this.#out.push(JSON.stringify({ line, error }));
    this.#err.push(`${this.#file}:${line}: ${printable(error.message)}`);
  }

  async flush(): Promise<void> {
    const [out, err] = [this.#out, this.#err];
    this.#out = [];
    this.#err = [];
    if (out.length > 0) await this.#context.stdout.write(`${out.join("\n")}\n`);
    if (err.length > 0) await this.#context.stderr.write(`${err.join("\n")}\n`);
  }

  async end(): Promise<void> {
    if (this.#refused > 0)
      this.#err.push(`${this.#submitted} submitted, ${this.#refused} not: see the lines above`);
    await this.flush();
  }
}

/** The fields of a line, or what is wrong with it. */
function readFields({ text }: DescriptionLine): Fields | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return `the line is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : "the line is not a JSON object";
}
