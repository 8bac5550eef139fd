import type { ServerResponse } from "node:http";
import type { EventPage } from "@aloha/api";
import { epochHeader } from "@aloha/api/headers";
import type { AlohaEvent } from "@aloha/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { EventFollower } from "../../event-follower.ts";
import type { Leadership } from "../../leadership.ts";
import type { EventsRead } from "../../persistence/engine.ts";
import { queryOf } from "../request-parts.ts";
import { RequestError } from "../request-error.ts";
import { leading, type RestContext } from "../rest-context.ts";
import { goneSignal, write } from "../write-stream.ts";
import { parseInteger, refuseUnknown } from "./parse-query.ts";

const keepAliveMs = 15_000;
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
    const after = asked ?? leadership.events.lastSequence;
    const follower = new EventFollower(leadership, { after });
    streams++;
    try {
      eventsOf(await leadership.readEvents(after, 1), after);
      reply.hijack();
      await stream(context, leadership, follower, reply.raw);
      return reply;
    } finally {
      streams--;
      follower.close();
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
  follower: EventFollower,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    [epochHeader]: String(leadership.epoch.number),
  });
  const gone = goneSignal(response, context.stopping);
  gone.addEventListener("abort", () => follower.close(), { once: true });
  const keepAlive = context.runtime.timers.every(
    keepAliveMs,
    () => response.write(": still here\n\n"),
    { keepAlive: false },
  );
  try {
    // An id without data is no event, and tells a reader where to resume even if nothing ever happens.
    await write(response, `id: ${follower.after}\n\n`);
    for (;;) {
      const followed = await follower.next();
      // At a gap the stream ends: the reader resumes, and is answered 410.
      if (followed?.kind !== "events") return;
      for (const event of followed.events) {
        if (!(await write(response, formatEvent(event)))) return;
      }
    }
  } catch (error) {
    context.logger.debug("An event stream ended", { error });
  } finally {
    keepAlive.clear();
    response.end();
  }
}

function formatEvent(event: AlohaEvent): string {
  return `id: ${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}
