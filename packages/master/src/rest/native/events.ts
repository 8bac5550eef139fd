import type { ServerResponse } from "node:http";
import type { EventPage } from "@aloha/api";
import { epochHeader } from "@aloha/api/headers";
import type { AlohaEvent } from "@aloha/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Subscription } from "../../event-bus.ts";
import type { Leadership } from "../../leadership.ts";
import type { EventsRead } from "../../persistence/engine.ts";
import { queryOf } from "../request-parts.ts";
import { RequestError } from "../request-error.ts";
import { leading, type RestContext } from "../rest-context.ts";
import { goneSignal, write } from "../write-stream.ts";
import { parseInteger, refuseUnknown } from "./parse-query.ts";

const keepAliveMs = 15_000;
/** Events read from the store at a time, while a reader catches up. */
const catchUpLength = 500;
const streamsMax = 500;
const parameters: ReadonlySet<string> = new Set(["after"]);
const pageParameters: ReadonlySet<string> = new Set(["after", "limit"]);
const pageLengthDefault = 100;
const pageLengthMax = 1_000;

/**
 * `GET /events`: events as they are committed (server-sent events), or, for who accepts `application/json`, a page of
 * those that are kept. With `Last-Event-ID` or `after` both go on strictly after that sequence; if what follows is no
 * longer kept the answer is 410, since a gap must not look like silence. A reader that is too slow for its queue is
 * served from the store.
 */
export function registerEvents(app: FastifyInstance, context: RestContext): void {
  let streams = 0;
  app.get("/events", async (request, reply) => {
    const leadership = leading(context);
    if (acceptsPage(request)) return readPage(leadership, queryOf(request));
    const asked = parseAfter(request);
    if (streams >= streamsMax)
      throw new RequestError(
        429,
        "limit-exceeded",
        `${streamsMax} event streams are open, which is the limit.`,
      );
    const subscription = leadership.events.subscribe();
    streams++;
    try {
      const after = asked ?? leadership.events.lastSequence;
      eventsOf(await leadership.read((engine) => engine.readEvents(after, 1)), after);
      reply.hijack();
      await stream(context, leadership, subscription, reply.raw, after);
      return reply;
    } finally {
      streams--;
      subscription.close();
    }
  });
}

function parseAfter(request: FastifyRequest): number | undefined {
  const query = queryOf(request);
  refuseUnknown(query, parameters);
  const header = request.headers["last-event-id"];
  const text = typeof header === "string" && header !== "" ? header : query.get("after");
  return text === null ? undefined : parseInteger("after", text, 0, Number.MAX_SAFE_INTEGER);
}

/** A browser's EventSource accepts event streams only, and who says nothing gets the stream too. */
function acceptsPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? "";
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

/** Without `after`: the newest. */
async function readPage(leadership: Leadership, query: URLSearchParams): Promise<EventPage> {
  refuseUnknown(query, pageParameters);
  const text = query.get("after");
  const asked = text === null ? undefined : parseInteger("after", text, 0, Number.MAX_SAFE_INTEGER);
  const limit = parseInteger(
    "limit",
    query.get("limit") ?? String(pageLengthDefault),
    1,
    pageLengthMax,
  );
  const { read, after, oldest } = await leadership.read((engine) => {
    const { oldestSequence, newestSequence } = engine.eventRange();
    const from = asked ?? Math.max(oldestSequence - 1, newestSequence - limit);
    return { read: engine.readEvents(from, limit), after: from, oldest: oldestSequence };
  });
  // A batch of events is read as a whole.
  const events = eventsOf(read, after).slice(0, limit);
  return { events, nextAfter: events.at(-1)?.sequence ?? after, oldest };
}

/** Throws 410 where there is a gap. */
function eventsOf(read: EventsRead, after: number): readonly AlohaEvent[] {
  if (read.kind === "events") return read.events;
  throw new RequestError(
    410,
    "not-found",
    `The events after ${after} are not kept any more, or never were: kept are ${read.oldestSequence} to ${read.newestSequence}. Read the present state, then follow from ${read.newestSequence} on.`,
  );
}

async function stream(
  context: RestContext,
  leadership: Leadership,
  subscription: Subscription,
  response: ServerResponse,
  after: number,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    [epochHeader]: String(leadership.epoch.number),
  });
  const gone = goneSignal(response, context.stopping);
  gone.addEventListener("abort", () => subscription.close(), { once: true });
  const keepAlive = context.runtime.timers.every(
    keepAliveMs,
    () => response.write(": still here\n\n"),
    { keepAlive: false },
  );
  try {
    // An id without data is no event, and tells a reader where to resume even if nothing ever happens.
    await write(response, `id: ${after}\n\n`);
    let sequence = await catchUp(leadership, response, after);
    while (sequence !== undefined) {
      const received = await subscription.next();
      if (received === undefined) return;
      for (const event of received.events) {
        if (event.sequence <= sequence) continue;
        if (!(await write(response, formatEvent(event)))) return;
        sequence = event.sequence;
      }
      if (received.dropped > 0) sequence = await catchUp(leadership, response, sequence);
    }
  } catch (error) {
    context.logger.debug("An event stream ended", { error });
  } finally {
    keepAlive.clear();
    response.end();
  }
}

/** Sends what the store has after `sequence`; returns the last one sent, or undefined if the stream has to end. */
async function catchUp(
  leadership: Leadership,
  response: ServerResponse,
  after: number,
): Promise<number | undefined> {
  let sequence = after;
  for (;;) {
    const from = sequence;
    const read = await leadership.read((engine) => engine.readEvents(from, catchUpLength));
    // The reader resumes, and is answered 410.
    if (read.kind === "gap") return undefined;
    if (read.events.length === 0) return sequence;
    for (const event of read.events) {
      if (!(await write(response, formatEvent(event)))) return undefined;
      sequence = event.sequence;
    }
  }
}

function formatEvent(event: AlohaEvent): string {
  return `id: ${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}
