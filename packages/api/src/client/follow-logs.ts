import type { OutputStream } from "@aloha/core";
import { isTerminal } from "@aloha/core/vocabulary";
import type { Application } from "../schema/application.ts";
import { logHeaders } from "../schema/headers.ts";
import { ApiError } from "./api-error.ts";
import { logPath, numberHeader, readLogPage } from "./log-page.ts";
import type { MasterRequest, MasterResponse, Pause } from "./master-ring.ts";
import { waitForApplication } from "./wait-for-application.ts";

export interface LogPiece {
  readonly attempt: number;
  /** Offset of the first byte. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface FollowLogsSource {
  request(request: MasterRequest): Promise<MasterResponse>;
  get(wait?: {
    readonly waitMs: number;
    readonly attempt: number | undefined;
  }): Promise<Application>;
  readonly pause: Pause;
}

export interface FollowLogsOptions {
  readonly stream: OutputStream;
  readonly attempt?: number | "latest" | undefined;
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const retryPauseMs = 500;
/** Too much to do, and nobody leads just now. */
const passingStatuses: ReadonlySet<number | null> = new Set([429, 503]);
/** How long a worker that cannot be reached is asked again for the rest of an attempt that is over. */
const endedPatienceMs = 30_000;

/** Output as it is written; see `AlohaClient.followLogs`. */
export async function* followLogs(
  source: FollowLogsSource,
  id: string,
  options: FollowLogsOptions,
): AsyncGenerator<LogPiece, void, undefined> {
  const across = options.attempt === undefined || options.attempt === "latest";
  let attempt = typeof options.attempt === "number" ? options.attempt : 0;
  let offset = options.offset ?? 0;
  if (attempt === 0) {
    const first = await waitForAttempt(source, 1, options.signal);
    if (first === undefined) return;
    attempt = first.attempt;
  }
  for (;;) {
    yield* followAttempt(source, id, attempt, { ...options, offset });
    if (!across) return;
    const next = await waitForAttempt(source, attempt + 1, options.signal);
    if (next === undefined) return;
    attempt += 1;
    offset = 0;
  }
}

/** Waits until attempt `number` exists; undefined if the application ended without it. */
async function waitForAttempt(
  source: FollowLogsSource,
  number: number,
  signal: AbortSignal | undefined,
): Promise<Application | undefined> {
  const application = await waitForApplication(source, { attempt: number, signal });
  return application.attempt >= number ? application : undefined;
}

async function* followAttempt(
  source: FollowLogsSource,
  id: string,
  attempt: number,
  options: FollowLogsOptions,
): AsyncGenerator<LogPiece, void, undefined> {
  let offset = options.offset ?? 0;
  let failedMs = 0;
  for (;;) {
    try {
      for await (const piece of streamOnce(source, id, { ...options, attempt, offset })) {
        if (piece.bytes.length > 0) failedMs = 0;
        offset = piece.offset + piece.bytes.length;
        if (piece.bytes.length > 0) yield piece;
      }
      // The stream also ends in order when the master stops; only the attempt's own end is the end.
      if (offset >= 0) {
        const rest = await readLogPage((request) => source.request(request), id, {
          ...options,
          attempt,
          offset,
        });
        if (rest.bytes.length > 0) yield { attempt, offset: rest.offset, bytes: rest.bytes };
        offset = rest.nextOffset;
        if (rest.complete) return;
      }
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (!(await isWorthRetrying(source, thrown, failedMs))) throw thrown;
      failedMs += retryPauseMs;
    }
    await source.pause(retryPauseMs, options.signal);
    options.signal?.throwIfAborted();
  }
}

async function* streamOnce(
  source: FollowLogsSource,
  id: string,
  options: FollowLogsOptions & { readonly attempt: number; readonly offset: number },
): AsyncGenerator<LogPiece, void, undefined> {
  const { response } = await source.request({
    method: "GET",
    path: logPath(id, options, true),
    stream: true,
    signal: options.signal,
  });
  let offset = numberHeader(response, logHeaders.offset);
  yield { attempt: options.attempt, offset, bytes: new Uint8Array(0) };
  if (response.body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (;;) {
      const piece = await reader.read();
      if (piece.done) return;
      yield { attempt: options.attempt, offset, bytes: piece.value };
      offset += piece.value.length;
    }
  } finally {
    // Whoever reads has enough, or the answer broke off by itself: either way nothing more is wanted.
    await reader.cancel().catch(() => undefined);
  }
}

/** A worker or master may come back; the output of an attempt that is over and whose worker is gone will not. */
async function isWorthRetrying(
  source: FollowLogsSource,
  thrown: unknown,
  failedMs: number,
): Promise<boolean> {
  // What is no ApiError is a body that broke off.
  if (
    thrown instanceof ApiError &&
    thrown.code !== "unreachable" &&
    thrown.code !== "timeout" &&
    !passingStatuses.has(thrown.status)
  )
    return false;
  if (failedMs < endedPatienceMs) return true;
  const application = await source.get();
  return !isTerminal(application.state);
}
