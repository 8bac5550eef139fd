import { errorCodes, type ErrorCode } from "@aloha/core/vocabulary";
import type { BulkResult } from "../schema/bulk.ts";
import { ApiError } from "./api-error.ts";
import type { MasterRequest, MasterResponse, Pause } from "./master-ring.ts";

/** What became of one of many: `index` counts them from 0 on, in the order in which they were given. */
export type BulkOutcome =
  | { readonly index: number; readonly id: string; readonly duplicate: boolean }
  | {
      readonly index: number;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly details: readonly string[];
      };
    };

export type WrittenApplication = Readonly<Record<string, unknown>>;

/** Many descriptions, in pieces that are sent as they come. */
export type ManyApplications =
  | Iterable<readonly WrittenApplication[]>
  | AsyncIterable<readonly WrittenApplication[]>;

export interface SubmitManySource {
  request(request: MasterRequest): Promise<MasterResponse>;
  readonly pause: Pause;
  readonly newRequestId: () => string;
}

/** Of one request: so much is sent again at most when an answer breaks off. */
const linesMax = 4_000;
const charactersMax = 4_194_304;
/** So that ids are in the order of their numbers. */
const numberDigits = 9;
const batchTimeoutMs = 120_000;
const retryPauseMs = 500;
const fruitlessMax = 20;

/** Submits them all in bounded memory; see `AlohaClient.submitMany`. */
export async function* submitMany(
  source: SubmitManySource,
  pieces: ManyApplications,
  signal: AbortSignal | undefined,
): AsyncGenerator<BulkOutcome, void, undefined> {
  // One id and a count: ids that follow one another cost the master's store much less than ids at random.
  const submission = source.newRequestId();
  let index = 0;
  for await (const piece of pieces) {
    for (const batch of inBatches(piece, index, submission)) {
      yield* submitBatch(source, batch, index, signal);
      index += batch.length;
    }
  }
}

/** Lines to send, each with a requestId, so that it may be sent again. */
function* inBatches(
  piece: readonly WrittenApplication[],
  firstIndex: number,
  submission: string,
): Generator<readonly string[], void, undefined> {
  let lines: string[] = [];
  let characters = 0;
  for (const [position, application] of piece.entries()) {
    const number = String(firstIndex + position).padStart(numberDigits, "0");
    const requestId = application["requestId"] ?? `${submission}-${number}`;
    const line = `${JSON.stringify({ ...application, requestId })}\n`;
    if (
      lines.length >= linesMax ||
      (lines.length > 0 && characters + line.length > charactersMax)
    ) {
      yield lines;
      lines = [];
      characters = 0;
    }
    lines.push(line);
    characters += line.length;
  }
  if (lines.length > 0) yield lines;
}

/** Sends what has no result yet, until all have one. */
async function* submitBatch(
  source: SubmitManySource,
  batch: readonly string[],
  firstIndex: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<BulkOutcome, void, undefined> {
  let done = 0;
  for (let fruitless = 0; done < batch.length; fruitless++) {
    const before = done;
    try {
      const { response } = await source.request(requestOf(batch.slice(before), signal));
      for await (const result of readResults(response.body)) {
        done = before + result.line;
        yield outcomeOf(result, firstIndex + done - 1);
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      // What is no ApiError is an answer that broke off: what it left open is sent again.
      if (thrown instanceof ApiError && thrown.status !== 429) throw thrown;
    }
    if (done === batch.length) return;
    if (done > before) fruitless = 0;
    if (fruitless >= fruitlessMax)
      throw new ApiError(
        "unreachable",
        `The master's answers break off: what became of ${batch.length - done} applications from number ${firstIndex + done + 1} on is not known. Submit them again with the same requestIds`,
        { status: null, master: null },
      );
    await source.pause(retryPauseMs, signal);
    signal?.throwIfAborted();
  }
}

function requestOf(lines: readonly string[], signal: AbortSignal | undefined): MasterRequest {
  const timeout = AbortSignal.timeout(batchTimeoutMs);
  return {
    method: "POST",
    path: "/api/v1/applications/bulk",
    text: { type: "application/x-ndjson", content: lines.join("") },
    stream: true,
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  };
}

async function* readResults(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<BulkResult, void, undefined> {
  if (body === null) return;
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const piece = await reader.read();
      if (piece.done) return;
      const lines = (rest + decoder.decode(piece.value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      // The master and this client are released together: the shape is the contract's.
      for (const line of lines) yield JSON.parse(line) as BulkResult;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function outcomeOf(result: BulkResult, index: number): BulkOutcome {
  if (!("error" in result)) return { index, id: result.id, duplicate: result.duplicate };
  const { code, message, details = [] } = result.error;
  const known = errorCodes.find((candidate) => candidate === code) ?? "internal";
  return { index, error: { code: known, message, details } };
}
