import type { AlohaEvent, ApplicationState, OutputStream } from "@aloha/core";
import type {
  Application,
  ApplicationPage,
  ApplicationSummary,
  AttemptList,
  KillBody,
  Killed,
  RerunBody,
  Submitted,
} from "../schema/application.ts";
import type { EventPage } from "../schema/event.ts";
import type {
  DrainBody,
  ExplanationView,
  Health,
  OverviewView,
  Version,
  Worker,
  WorkerLabelsBody,
  WorkerList,
} from "../schema/cluster.ts";
import { ApiError } from "./api-error.ts";
import { followEvents } from "./follow-events.ts";
import { followLogs, type LogPiece } from "./follow-logs.ts";
import { readLogPage, type LogPage } from "./log-page.ts";
import type { HttpAnswer } from "./http-send.ts";
import { MasterRing, type MasterRequest, type MasterRingOptions } from "./master-ring.ts";
import { submitMany, type BulkOutcome, type ManyApplications } from "./submit-many.ts";
import { waitForApplication } from "./wait-for-application.ts";

export interface AlohaClientOptions extends MasterRingOptions {
  /** Makes an id that nobody else makes: a submission that has none gets one, so that it may be repeated safely. */
  readonly newRequestId: () => string;
}

export interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends Cancellable {
  /** Only these states. */
  readonly state?: readonly ApplicationState[] | undefined;
  /** Exactly this name. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** `key` or `key=value`; all must match. */
  readonly label?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface LogOptions extends Cancellable {
  readonly stream: OutputStream;
  /** The newest unless told otherwise. */
  readonly attempt?: number | "latest" | undefined;
  /** First byte wanted; negative: that many bytes before the end. 0 unless told otherwise. */
  readonly offset?: number | undefined;
}

export interface GetOptions extends Cancellable {
  readonly waitMs?: number | undefined;
  /** Wait no longer than until there is an attempt of this number. */
  readonly attempt?: number | undefined;
}

export interface EventPageOptions extends Cancellable {
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

const pageLength = 500;

/** The native API of a cluster. Every method rejects with an `ApiError`, or with the reason of its signal. */
export class AlohaClient {
  readonly #ring: MasterRing;
  readonly #options: AlohaClientOptions;

  constructor(options: AlohaClientOptions) {
    this.#options = options;
    this.#ring = new MasterRing(options);
  }

  /** The masters' HTTP addresses, as URLs. */
  get masters(): readonly string[] {
    return this.#ring.masters;
  }

  /** Submits what a user wrote (the fields that `parseDescription` reads); the master judges it. Safe against repetition by its requestId. */
  submit(input: Readonly<Record<string, unknown>>, options: Cancellable = {}): Promise<Submitted> {
    const requestId = input["requestId"] ?? this.#options.newRequestId();
    return this.#post("/api/v1/applications", { ...input, requestId }, options);
  }

  /**
   * Submits any number, and gives what became of each, in order, as soon as it is durable; one that is refused keeps no
   * other from being accepted. Holds one piece at a time, and sends it at once. What an answer that broke off left open is sent
   * again, safely by its requestIds.
   */
  submitMany(
    pieces: ManyApplications,
    options: Cancellable = {},
  ): AsyncGenerator<BulkOutcome, void, undefined> {
    const { pause, newRequestId } = this.#options;
    return submitMany(
      { request: (request) => this.#ring.request(request), pause, newRequestId },
      pieces,
      options.signal,
    );
  }

  /** One page, newest first. */
  list(options: ListOptions = {}): Promise<ApplicationPage> {
    const query = new URLSearchParams();
    for (const state of options.state ?? []) query.append("state", state);
    for (const label of options.label ?? []) query.append("label", label);
    if (options.name !== undefined) query.set("name", options.name);
    if (options.namespace !== undefined) query.set("namespace", options.namespace);
    if (options.limit !== undefined) query.set("limit", String(options.limit));
    if (options.cursor !== undefined) query.set("cursor", options.cursor);
    return this.#get(
      `/api/v1/applications${query.size === 0 ? "" : `?${query.toString()}`}`,
      options,
    );
  }

  /** All pages, newest first. `limit` counts applications, not pages. */
  async *listAll(
    options: Omit<ListOptions, "cursor"> = {},
  ): AsyncGenerator<ApplicationSummary, void, undefined> {
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let cursor: string | undefined;
    while (left > 0) {
      const page = await this.list({ ...options, limit: Math.min(pageLength, left), cursor });
      yield* page.applications;
      left -= page.applications.length;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  /** With `waitMs` (30,000 at most) it is answered once the application has ended, or has the attempt that is waited for, or the time is over. */
  get(id: string, options: GetOptions = {}): Promise<Application> {
    const { waitMs = 0, attempt } = options;
    if (waitMs === 0) return this.#get(applicationPath(id), options);
    const query = new URLSearchParams({ waitMs: String(waitMs) });
    if (attempt !== undefined) query.set("attempt", String(attempt));
    return this.#get(`${applicationPath(id)}?${query.toString()}`, options, waitMs);
  }

  attempts(id: string, options: Cancellable = {}): Promise<AttemptList> {
    return this.#get(`${applicationPath(id)}/attempts`, options);
  }

  /** Why it waits, or where it runs. */
  why(id: string, options: Cancellable = {}): Promise<ExplanationView> {
    return this.#get(`${applicationPath(id)}/why`, options);
  }

  /** Asks for a kill. `accepted` is false if it had already ended. */
  kill(id: string, body: KillBody = {}, options: Cancellable = {}): Promise<Killed> {
    return this.#post(`${applicationPath(id)}/kill`, body, options);
  }

  /** Runs an application that has ended again, as a new one. Safe against repetition by its requestId. */
  rerun(id: string, options: Cancellable = {}): Promise<Submitted> {
    const body: RerunBody = { requestId: this.#options.newRequestId() };
    return this.#post(`${applicationPath(id)}/rerun`, body, options);
  }

  /** Waits until it has ended. */
  waitForEnd(id: string, options: Cancellable = {}): Promise<Application> {
    const { signal } = options;
    return waitForApplication(
      { get: (wait) => this.get(id, { ...wait, signal }), pause: this.#options.pause },
      { signal },
    );
  }

  /** One piece of output. `maxBytes`: at most that much (the master has a limit of its own). */
  logs(
    id: string,
    options: LogOptions & { readonly maxBytes?: number | undefined },
  ): Promise<LogPage> {
    return readLogPage((request) => this.#ring.request(request), id, options);
  }

  /**
   * Output as it is written, until the application has ended and all of it was read. `attempt`
   * "latest" (the default) goes on with the attempts that follow; a number ends with that attempt. Survives restarts
   * of master and worker: it resumes by offset, so that no byte comes twice. A piece whose
   * offset is above the end of the one before it says that output in between was rolled away.
   */
  followLogs(id: string, options: LogOptions): AsyncGenerator<LogPiece, void, undefined> {
    return followLogs(
      {
        request: (request) => this.#ring.request(request),
        get: (wait) => this.get(id, { ...wait, signal: options.signal }),
        pause: this.#options.pause,
      },
      id,
      options,
    );
  }

  /**
   * Events after the sequence `after`, or from now on, without end. Resumes after a break. Rejects with
   * status 410 if events in between are no longer kept.
   */
  events(
    options: Cancellable & { readonly after?: number | undefined } = {},
  ): AsyncGenerator<AlohaEvent, void, undefined> {
    return followEvents(
      { request: (request) => this.#ring.request(request), pause: this.#options.pause },
      options,
    );
  }

  /** A page of the events that are kept: the newest, or those after the sequence `after`, oldest first. Rejects as `events` does. */
  eventsPage(options: EventPageOptions = {}): Promise<EventPage> {
    const query = new URLSearchParams();
    if (options.after !== undefined) query.set("after", String(options.after));
    if (options.limit !== undefined) query.set("limit", String(options.limit));
    const path = `/api/v1/events${query.size === 0 ? "" : `?${query.toString()}`}`;
    return this.#get(path, options);
  }

  async workers(options: Cancellable = {}): Promise<readonly Worker[]> {
    const list = await this.#get<WorkerList>("/api/v1/workers", options);
    return list.workers;
  }

  worker(id: string, options: Cancellable = {}): Promise<Worker> {
    return this.#get(workerPath(id), options);
  }

  /** Gives it no more work. What runs there goes on, until `deadlineMs` have passed if they are given. */
  drainWorker(id: string, body: DrainBody = {}, options: Cancellable = {}): Promise<Worker> {
    return this.#post(`${workerPath(id)}/drain`, body, options);
  }

  resumeWorker(id: string, options: Cancellable = {}): Promise<Worker> {
    return this.#post(`${workerPath(id)}/resume`, {}, options);
  }

  /** Sets labels; null removes one. */
  labelWorker(
    id: string,
    labels: WorkerLabelsBody["labels"],
    options: Cancellable = {},
  ): Promise<Worker> {
    return this.#post(`${workerPath(id)}/labels`, { labels }, options);
  }

  overview(options: Cancellable = {}): Promise<OverviewView> {
    return this.#get("/api/v1/overview", options);
  }

  version(options: Cancellable = {}): Promise<Version> {
    return this.#get("/api/v1/version", options);
  }

  /** Whether the master that answers leads; asks once, without patience. */
  async ready(options: Cancellable = {}): Promise<Health> {
    const request: MasterRequest = {
      method: "GET",
      path: "/readyz",
      patienceMs: 0,
      accept: [503],
      signal: options.signal,
    };
    return readJson(await this.#ring.request(request));
  }

  /** `heldMs`: how long the master may hold the answer. */
  async #get<Body>(path: string, options: Cancellable, heldMs = 0): Promise<Body> {
    const headers = { accept: "application/json" };
    return readJson(
      await this.#ring.request({ method: "GET", path, headers, heldMs, signal: options.signal }),
    );
  }

  async #post<Body>(path: string, body: unknown, options: Cancellable): Promise<Body> {
    return readJson(
      await this.#ring.request({ method: "POST", path, body, signal: options.signal }),
    );
  }
}

function workerPath(id: string): string {
  return `/api/v1/workers/${encodeURIComponent(id)}`;
}

export function applicationPath(id: string): string {
  return `/api/v1/applications/${encodeURIComponent(id)}`;
}

/** The master and this client are released together: the shape is the contract's. */
async function readJson<Body>(answer: {
  readonly response: HttpAnswer;
  readonly master: string;
}): Promise<Body> {
  try {
    return (await answer.response.json()) as Body;
  } catch (cause) {
    throw new ApiError("unreachable", `The answer of ${answer.master} broke off or is not JSON`, {
      status: answer.response.status,
      master: answer.master,
      cause,
    });
  }
}
