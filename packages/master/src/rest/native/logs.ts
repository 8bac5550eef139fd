import type { ServerResponse } from "node:http";
import { epochHeader, logHeaders } from "@aloha/api/headers";
import { AlohaError, isTerminal, quote } from "@aloha/core";
import type { ApplicationRecord, AttemptRecord, LogChunk, OutputStream } from "@aloha/core";
import type { FastifyInstance } from "fastify";
import { awaitApplication } from "../await-application.ts";
import { findApplication } from "../find-application.ts";
import { queryOf } from "../request-parts.ts";
import { RequestError } from "../request-error.ts";
import { leading, type RestContext } from "../rest-context.ts";
import { goneSignal, write } from "../write-stream.ts";
import { logChunkBytesMax, type LogRequest } from "../worker-logs.ts";
import { parseFlag, parseInteger, refuseUnknown } from "./parse-query.ts";

const limitDefault = 256 * 1024;
/** How long a worker waits for new output before it says that there is none. */
const followWaitMs = 20_000;
const retryPauseMs = 500;
/** How long a follower waits for the head of its answer, where the worker cannot be reached. */
const firstByteMs = 8_000;
/** How often it is looked at again whether an attempt was made, beside whenever the application changes. */
const attemptWaitMs = 60_000;
const parameters: ReadonlySet<string> = new Set(["offset", "limit", "follow"]);

interface LogParams {
  readonly Params: { readonly id: string; readonly attempt: string; readonly stream: string };
}

/** `GET /applications/{id}/attempts/{n|latest}/logs/{stdout|stderr}`: the bytes themselves, with their offsets in headers. */
export function registerLogs(app: FastifyInstance, context: RestContext): void {
  app.get<LogParams>("/applications/:id/attempts/:attempt/logs/:stream", async (request, reply) => {
    const query = queryOf(request);
    refuseUnknown(query, parameters);
    const follow = parseFlag("follow", query.get("follow"));
    const wanted: Wanted = {
      appId: request.params.id,
      attempt: parseAttempt(request.params.attempt),
      stream: parseStream(request.params.stream),
      offset: parseInteger(
        "offset",
        query.get("offset") ?? "0",
        Number.MIN_SAFE_INTEGER,
        Number.MAX_SAFE_INTEGER,
      ),
      maxBytes: parseInteger(
        "limit",
        query.get("limit") ?? String(limitDefault),
        1,
        logChunkBytesMax,
      ),
    };
    const gone = goneSignal(reply.raw, context.stopping);
    if (!follow) {
      const attempt = await findAttempt(context, wanted);
      const chunk = await context.logs.read(
        leading(context),
        { ...logRequest(wanted, attempt), waitMs: 0 },
        gone,
      );
      const nextOffset = chunk.offset + chunk.bytes.length;
      return reply
        .headers({
          ...headersOf(attempt, chunk),
          [logHeaders.size]: chunk.sizeBytes,
          [logHeaders.nextOffset]: nextOffset,
          [logHeaders.complete]: String(chunk.complete && nextOffset >= chunk.sizeBytes),
        })
        .send(Buffer.from(chunk.bytes));
    }
    const { attempt, first } = await firstChunk(context, wanted, gone);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...headersOf(attempt, first),
      [epochHeader]: String(leading(context).epoch.number),
    });
    reply.raw.flushHeaders();
    await sendFollowed(
      context,
      { ...logRequest(wanted, attempt), waitMs: followWaitMs },
      first,
      reply.raw,
      gone,
    );
  });
}

interface Wanted {
  readonly appId: string;
  readonly attempt: number | "latest";
  readonly stream: OutputStream;
  readonly offset: number;
  readonly maxBytes: number;
}

/** Sends what the attempt writes until it is over and everything was sent. Ends early where output was rolled away: the reader resumes and sees the gap. */
async function sendFollowed(
  context: RestContext,
  request: LogRequest,
  first: LogChunk,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  let chunk: LogChunk | undefined = first;
  let offset = first.offset;
  try {
    while (!gone.aborted) {
      if (chunk !== undefined) {
        if (chunk.offset !== offset) return;
        if (chunk.bytes.length > 0 && !(await write(response, chunk.bytes))) return;
        offset += chunk.bytes.length;
        if (chunk.complete && offset >= chunk.sizeBytes) return;
      }
      chunk = await tryRead(context, { ...request, offset }, gone);
    }
  } catch (error) {
    context.logger.debug("A followed log ended early", { appId: request.appId, error });
    // Not ended in order: the reader must not take this for the end of the output.
    response.destroy();
  } finally {
    response.end();
  }
}

/** Undefined, after a pause, if the worker cannot be reached just now. */
async function tryRead(
  context: RestContext,
  request: LogRequest,
  gone: AbortSignal,
): Promise<LogChunk | undefined> {
  try {
    return await context.logs.read(leading(context), request, gone);
  } catch (thrown) {
    if (gone.aborted || !(thrown instanceof AlohaError) || thrown.code !== "unreachable")
      throw thrown;
    await pause(context, gone);
    return undefined;
  }
}

interface FollowedFrom {
  readonly attempt: AttemptRecord;
  readonly first: LogChunk;
}

/**
 * The first piece, which also tells where the answer begins. An attempt that was placed may not have begun, and is waited
 * for; an unreachable worker is asked again for some seconds, then it is said.
 */
async function firstChunk(
  context: RestContext,
  wanted: Wanted,
  gone: AbortSignal,
): Promise<FollowedFrom> {
  for (let waitedMs = 0; ; waitedMs += retryPauseMs) {
    const attempt = await waitForAttempt(context, wanted, gone);
    try {
      const request = { ...logRequest(wanted, attempt), waitMs: 0 };
      return { attempt, first: await context.logs.read(leading(context), request, gone) };
    } catch (thrown) {
      if (gone.aborted || !(thrown instanceof AlohaError)) throw thrown;
      const isAwaited = thrown.code === "not-found" && attempt.phase === "PLACED";
      const isAway = thrown.code === "unreachable" && waitedMs < firstByteMs;
      if (isAwaited) await waitForStart(context, wanted.appId, attempt, gone);
      else if (isAway) await pause(context, gone);
      else throw thrown;
    }
  }
}

async function findAttempt(context: RestContext, wanted: Wanted): Promise<AttemptRecord> {
  const { application } = await findApplication(leading(context), wanted.appId);
  const number = wanted.attempt === "latest" ? application.attemptsTotal : wanted.attempt;
  const attempt = application.attempts.find((candidate) => candidate.number === number);
  if (attempt !== undefined) return attempt;
  if (application.attemptsTotal === 0) {
    throw new RequestError(
      404,
      "not-found",
      `${wanted.appId} has no output: it ${isTerminal(application.state) ? "never started" : "has not started yet"}.`,
    );
  }
  throw new RequestError(
    404,
    "not-found",
    number > application.attemptsTotal
      ? `${wanted.appId} has no attempt ${number}: the newest is ${application.attemptsTotal}.`
      : `Attempt ${number} of ${wanted.appId} is no longer kept: the oldest kept is ${application.attempts[0]?.number ?? "none"}.`,
  );
}

/** Like findAttempt, but waits for an attempt that may still come. */
async function waitForAttempt(
  context: RestContext,
  wanted: Wanted,
  gone: AbortSignal,
): Promise<AttemptRecord> {
  const awaited = wanted.attempt === "latest" ? 1 : wanted.attempt;
  const isReached = ({ state, attemptsTotal }: ApplicationRecord): boolean =>
    isTerminal(state) || attemptsTotal >= awaited;
  for (;;) {
    const { application } = await awaitApplication(context, wanted.appId, {
      isReached,
      waitMs: attemptWaitMs,
      gone,
    });
    gone.throwIfAborted();
    if (isReached(application)) return findAttempt(context, wanted);
  }
}

/** For a while only: the worker may have its output before the master knows that it began. */
async function waitForStart(
  context: RestContext,
  appId: string,
  { number }: AttemptRecord,
  gone: AbortSignal,
): Promise<void> {
  const isReached = ({ attempts }: ApplicationRecord): boolean =>
    attempts.find((candidate) => candidate.number === number)?.phase !== "PLACED";
  await awaitApplication(context, appId, { isReached, waitMs: retryPauseMs, gone });
}

function pause(context: RestContext, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.clear();
      gone.removeEventListener("abort", finish);
      resolve();
    };
    const timer = context.runtime.timers.after(retryPauseMs, finish);
    gone.addEventListener("abort", finish, { once: true });
  });
}

function logRequest(wanted: Wanted, attempt: AttemptRecord): Omit<LogRequest, "waitMs"> {
  const { appId, stream, offset, maxBytes } = wanted;
  return { appId, attempt, stream, offset, maxBytes };
}

function headersOf(attempt: AttemptRecord, chunk: LogChunk): Record<string, string> {
  return {
    // What an application writes is shown, never run: not even by a browser that is sent here.
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    [logHeaders.attempt]: String(attempt.number),
    [logHeaders.offset]: String(chunk.offset),
    [logHeaders.firstOffset]: String(chunk.firstOffset),
  };
}

function parseAttempt(text: string): number | "latest" {
  return text === "latest" ? text : parseInteger("The attempt", text, 1, 1_000_000_000);
}

function parseStream(text: string): OutputStream {
  if (text === "stdout" || text === "stderr") return text;
  throw new RequestError(
    404,
    "not-found",
    `There is no output ${quote(text)}: stdout and stderr are kept.`,
  );
}
