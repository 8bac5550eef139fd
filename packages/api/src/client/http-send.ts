/** What is read of an answer: a `Response` is one. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
  json(): Promise<unknown>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface HttpInit {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** When it fires, the request, or the body of its answer, fails with its reason. */
  readonly signal: AbortSignal;
  readonly redirect: "error";
}

/** Sends one request and resolves with the head of its answer: `fetch` is one. */
export type HttpSend = (url: string, init: HttpInit) => Promise<HttpAnswer>;
