import { request as requestHttp, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import type { HttpAnswer, HttpInit } from "@aloha/api/client";

/**
 * What `fetch` does, as far as the client needs it, by node's own HTTP: the first use of `fetch` costs a command as
 * much as node's whole start. Rejects with the signal's reason, or the system's error. A redirection is an answer, and not followed.
 */
export async function httpSend(url: string, init: HttpInit): Promise<HttpAnswer> {
  const send = url.startsWith("https:") ? (await import("node:https")).request : requestHttp;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = send(url, {
      method: init.method,
      headers: init.headers,
      signal: init.signal,
    });
    request.once("response", resolve);
    request.once("error", (error) =>
      reject(init.signal.aborted ? toError(init.signal.reason) : error),
    );
    request.end(init.body);
  });
  return answerOf(message);
}

function answerOf(message: IncomingMessage): HttpAnswer {
  const status = message.statusCode ?? 0;
  return {
    status,
    statusText: message.statusMessage ?? "",
    ok: status >= 200 && status < 300,
    headers: {
      get: (name) => {
        const value = message.headers[name];
        return value === undefined ? null : String(value);
      },
    },
    get body() {
      return Readable.toWeb(message) as ReadableStream<Uint8Array>;
    },
    json: async () => JSON.parse(await text(message)) as unknown,
    text: () => text(message),
    arrayBuffer: async () => new Uint8Array(await buffer(message)).buffer,
  };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
