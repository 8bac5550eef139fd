import { isTerminal } from "@aloha/core/vocabulary";
import type { Application } from "../schema/application.ts";
import { ApiError } from "./api-error.ts";
import type { Pause } from "./master-ring.ts";

export interface WaitSource {
  get(options: {
    readonly waitMs: number;
    readonly attempt: number | undefined;
  }): Promise<Application>;
  readonly pause: Pause;
}

/** How long the master holds an answer. Short of what proxies commonly cut off, 30 s. */
const waitMs = 25_000;
/** Between two questions: after one that was answered early, or refused since too many wait, this keeps us from asking without end. */
const pauseMs = 250;
const tooManyRequests = 429;

/** The application once it has ended, or, if `attempt` is given, has an attempt of that number. */
export async function waitForApplication(
  source: WaitSource,
  options: { readonly attempt?: number; readonly signal?: AbortSignal | undefined },
): Promise<Application> {
  const { attempt, signal } = options;
  for (;;) {
    const application = await getIfThereIsRoom(source, attempt);
    if (application !== undefined) {
      if (isTerminal(application.state)) return application;
      if (attempt !== undefined && application.attempt >= attempt) return application;
    }
    await source.pause(pauseMs, signal);
    signal?.throwIfAborted();
  }
}

async function getIfThereIsRoom(
  source: WaitSource,
  attempt: number | undefined,
): Promise<Application | undefined> {
  try {
    return await source.get({ waitMs, attempt });
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === tooManyRequests) return undefined;
    throw thrown;
  }
}
