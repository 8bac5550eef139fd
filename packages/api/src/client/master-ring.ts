import { epochHeader, leaderHeader } from "../schema/headers.ts";
import { ApiError, readApiError } from "./api-error.ts";
import type { HttpAnswer, HttpSend } from "./http-send.ts";

/** Waits `delayMs`; ends early, without an error, when `signal` fires. It must keep the process alive meanwhile. */
export type Pause = (delayMs: number, signal?: AbortSignal) => Promise<void>;

export interface MasterRingOptions {
  /** HTTP addresses of the masters: `http://host:6066` or `host:6066`, or several separated by commas. */
  readonly masters: readonly string[];
  readonly pause: Pause;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Time for one master to answer. */
  readonly timeoutMs?: number;
  /** How long masters that cannot be reached, or do not lead yet, are asked again. 0: each is asked once. */
  readonly patienceMs?: number;
  /** Sends the requests; `fetch` unless told otherwise. */
  readonly send?: HttpSend;
}

export interface MasterRequest {
  readonly method: "GET" | "POST";
  /** From `/` on, with its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of a `body`. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** True: only the head has to arrive in time, since the body is a stream. */
  readonly stream?: boolean;
  /** How long the master was asked to hold its answer: it gets that much more time. */
  readonly heldMs?: number;
  /** Overrides the ring's. */
  readonly patienceMs?: number;
  /** Also these statuses are answers, not failures. */
  readonly accept?: readonly number[];
}

export interface MasterResponse {
  readonly response: HttpAnswer;
  readonly master: string;
}

const timeoutDefaultMs = 10_000;
const patienceDefaultMs = 10_000;
const roundPauseMs = 250;

/**
 * Asks the masters in turn, beginning with the one that answered last. A master that cannot be
 * reached, does not lead, or answers with a lower epoch than one seen before is passed over. Every
 * request may therefore arrive more than once: only send what may be repeated.
 */
export class MasterRing {
  readonly #masters: readonly string[];
  readonly #options: MasterRingOptions;
  readonly #sendRequest: HttpSend;
  #current = 0;
  #epoch = 0;

  constructor(options: MasterRingOptions) {
    const masters = options.masters.flatMap((text) => text.split(",")).map((text) => text.trim());
    this.#masters = [...new Set(masters.filter((text) => text !== "").map(masterUrl))];
    if (this.#masters.length === 0) {
      throw new ApiError(
        "invalid-argument",
        "No master is named: give its HTTP address, for instance http://127.0.0.1:6066.",
        {
          status: null,
          master: null,
        },
      );
    }
    this.#options = options;
    this.#sendRequest = options.send ?? ((url, init) => fetch(url, init));
  }

  get masters(): readonly string[] {
    return this.#masters;
  }

  /** Resolves with the first answer that counts. Rejects with an ApiError, or with the reason of `signal`. */
  async request(request: MasterRequest): Promise<MasterResponse> {
    const patienceMs = request.patienceMs ?? this.#options.patienceMs ?? patienceDefaultMs;
    let waitedMs = 0;
    for (;;) {
      const failures: ApiError[] = [];
      for (let turn = 0; turn < this.#masters.length; turn++) {
        request.signal?.throwIfAborted();
        const answer = await this.#ask(this.#masters[this.#current]!, request);
        if (!(answer instanceof ApiError)) return answer;
        failures.push(answer);
        this.#current = (this.#current + 1) % this.#masters.length;
      }
      if (waitedMs >= patienceMs) throw summary(failures);
      await this.#options.pause(roundPauseMs, request.signal);
      request.signal?.throwIfAborted();
      waitedMs += roundPauseMs;
    }
  }

  /** An answer, or why another master should be asked; throws what no other master would change. */
  async #ask(master: string, request: MasterRequest): Promise<MasterResponse | ApiError> {
    let response: HttpAnswer;
    try {
      response = await this.#send(master, request);
    } catch (thrown) {
      request.signal?.throwIfAborted();
      return unreachable(master, thrown);
    }
    const epoch = Number(response.headers.get(epochHeader) ?? Number.NaN);
    if (epoch < this.#epoch) {
      await response.body?.cancel();
      return new ApiError(
        "not-leader",
        `${master} answered for an older leadership (epoch ${epoch}, ${this.#epoch} was seen)`,
        {
          status: response.status,
          master,
        },
      );
    }
    if (epoch > this.#epoch) this.#epoch = epoch;
    if (response.ok || request.accept?.includes(response.status) === true)
      return { response, master };
    const leader = response.headers.get(leaderHeader);
    const error = await readApiError(response, master);
    if (error.code !== "not-leader" && error.code !== "not-ready") throw error;
    if (leader !== null) this.#follow(leader);
    return error;
  }

  async #send(master: string, request: MasterRequest): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(
      (this.#options.timeoutMs ?? timeoutDefaultMs) + (request.heldMs ?? 0),
    );
    const head = new AbortController();
    const giveUp = (): void => head.abort(timeout.reason);
    timeout.addEventListener("abort", giveUp, { once: true });
    const signals = request.signal === undefined ? [head.signal] : [head.signal, request.signal];
    const text =
      request.text ??
      (request.body === undefined
        ? undefined
        : { type: "application/json", content: JSON.stringify(request.body) });
    const response = await this.#sendRequest(`${master}${request.path}`, {
      method: request.method,
      headers: {
        ...(text === undefined ? {} : { "content-type": text.type }),
        ...(this.#options.token === undefined
          ? {}
          : { authorization: `Bearer ${this.#options.token}` }),
        ...request.headers,
      },
      ...(text === undefined ? {} : { body: text.content }),
      signal: AbortSignal.any(signals),
      redirect: "error",
    });
    if (request.stream === true) timeout.removeEventListener("abort", giveUp);
    return response;
  }

  /** The next to be asked is the leader, if it is one of ours: a token goes nowhere else. */
  #follow(leader: string): void {
    const index = this.#masters.indexOf(masterUrl(leader));
    if (index >= 0) this.#current = (index + this.#masters.length - 1) % this.#masters.length;
  }
}

/** `host:port` and `http://host:port/` as `http://host:port`. */
export function masterUrl(text: string): string {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch (cause) {
    throw notAnAddress(text, cause);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw notAnAddress(text);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function notAnAddress(text: string, cause?: unknown): ApiError {
  return new ApiError(
    "invalid-argument",
    `${JSON.stringify(text)} is not the HTTP address of a master: write http://host:6066.`,
    { status: null, master: null, cause },
  );
}

function unreachable(master: string, thrown: unknown): ApiError {
  if (thrown instanceof Error && thrown.name === "TimeoutError") {
    return new ApiError("timeout", `${master} did not answer in time`, {
      status: null,
      master,
      cause: thrown,
    });
  }
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const what =
    code === "ECONNREFUSED"
      ? "nothing listens there"
      : cause instanceof Error && cause.message !== ""
        ? cause.message
        : code || "no connection";
  return new ApiError("unreachable", `${master} cannot be reached: ${what}`, {
    status: null,
    master,
    cause: thrown,
  });
}

/** One failure speaks for itself; of several, all are told, and the most hopeful one gives the code. */
function summary(failures: readonly ApiError[]): ApiError {
  const first = failures[0]!;
  const leading =
    failures.find((failure) => failure.code === "not-ready" || failure.code === "not-leader") ??
    first;
  if (failures.length === 1) {
    if (first.code !== "unreachable") return first;
    return new ApiError(
      "unreachable",
      `${first.message}. Is the master running, and is this its HTTP address?`,
      first,
    );
  }
  return new ApiError(
    leading.code,
    `No master answers: ${failures.map((failure) => failure.message).join("; ")}`,
    {
      status: leading.status,
      master: null,
      details: failures.map((failure) => failure.message),
      cause: leading,
    },
  );
}
