import type { IncomingMessage, ServerResponse } from "node:http";
import { epochHeader } from "@aloha/api/headers";
import type { Timers } from "@aloha/runtime";
import type { Leadership } from "../../../leadership.ts";
import type { RestContext } from "../../rest-context.ts";
import { goneSignal } from "../../write-stream.ts";
import type { BulkGate } from "./bulk-gate.ts";
import { bulkLimits } from "./bulk-limits.ts";
import { LineSplitter, type Lines } from "./split-lines.ts";
import { submitLines } from "./submit-lines.ts";
import { writeResults } from "./write-results.ts";

export interface BulkExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RestContext;
  readonly leadership: Leadership;
  /** Shared by all requests. */
  readonly gate: BulkGate;
  readonly lineBytesMax: number;
}

/**
 * Serves one request from its first line to its last result. Groups of lines are submitted one behind the other, so that one is
 * read while another is made durable, and results leave in order. Whoever leaves early keeps what was accepted. Never rejects: if
 * the results cannot all be told, the answer breaks off instead of ending.
 */
export async function serveBulk(exchange: BulkExchange): Promise<void> {
  const { request, response, context, leadership } = exchange;
  const gone = goneSignal(response, context.stopping);
  response.writeHead(200, {
    "content-type": "application/x-ndjson; charset=utf-8",
    "cache-control": "no-store",
    [epochHeader]: String(leadership.epoch.number),
  });
  response.flushHeaders();
  const leave = (): void =>
    void request.destroy(new Error("The client is gone, or the master stops"));
  gone.addEventListener("abort", leave, { once: true });
  const underWay: Promise<void>[] = [];
  try {
    let before: Promise<void> = Promise.resolve();
    for await (const lines of readGroups(request, exchange.lineBytesMax, context.runtime.timers)) {
      before = submitGroup(lines, exchange, before);
      underWay.push(before);
      if (underWay.length >= bulkLimits.groupsOfRequestMax) await underWay.shift();
    }
    await before;
    response.end();
  } catch (error) {
    context.logger.debug("A bulk submission ended early", { error });
    response.destroy();
    // What is under way fails in its own time, and was told already.
    await Promise.allSettled(underWay);
  } finally {
    gone.removeEventListener("abort", leave);
  }
}

/** Submits a group once there is room for it, and writes its results behind those of the group before. */
async function submitGroup(
  lines: Lines,
  { response, context, leadership, gate, lineBytesMax }: BulkExchange,
  before: Promise<void>,
): Promise<void> {
  const { timers } = context.runtime;
  let results: string;
  await gate.enter();
  try {
    results = await submitLines(lines, { leadership, timers, lineBytesMax });
  } finally {
    gate.leave();
    // Whatever became of it is for whoever waits for it to say.
    await before.catch(() => undefined);
  }
  await before;
  await writeResults(response, results, timers);
}

/** Rejects if nothing comes for too long, and if the client is gone. */
async function* readGroups(
  request: IncomingMessage,
  lineBytesMax: number,
  timers: Timers,
): AsyncGenerator<Lines, void, undefined> {
  const splitter = new LineSplitter(lineBytesMax);
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const timer = timers.after(bulkLimits.idleTimeoutMs, () =>
      request.destroy(new Error("The client sent nothing for too long")),
    );
    const piece = await pieces.next();
    timer.clear();
    if (piece.done === true) break;
    yield* inGroups(splitter.push(piece.value));
  }
  yield* inGroups(splitter.end());
}

function* inGroups({ firstNumber, texts }: Lines): Generator<Lines, void, undefined> {
  const { groupLengthMax } = bulkLimits;
  for (let start = 0; start < texts.length; start += groupLengthMax) {
    yield { firstNumber: firstNumber + start, texts: texts.slice(start, start + groupLengthMax) };
  }
}
