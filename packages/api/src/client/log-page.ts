import type { OutputStream } from "@aloha/core";
import { logHeaders } from "../schema/headers.ts";
import type { HttpAnswer } from "./http-send.ts";
import type { MasterRequest, MasterResponse } from "./master-ring.ts";

/** A piece of an attempt's output. Offsets count bytes since the attempt began, and mean the same for ever. */
export interface LogPage {
  readonly attempt: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly firstOffset: number;
  readonly sizeBytes: number;
  readonly nextOffset: number;
  /** The attempt has ended and no byte follows. */
  readonly complete: boolean;
}

export interface LogPageOptions {
  readonly stream: OutputStream;
  readonly attempt?: number | "latest" | undefined;
  readonly offset?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function readLogPage(
  request: (request: MasterRequest) => Promise<MasterResponse>,
  id: string,
  options: LogPageOptions,
): Promise<LogPage> {
  const { response } = await request({
    method: "GET",
    path: logPath(id, options, false),
    signal: options.signal,
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    attempt: numberHeader(response, logHeaders.attempt),
    offset: numberHeader(response, logHeaders.offset),
    bytes,
    firstOffset: numberHeader(response, logHeaders.firstOffset),
    sizeBytes: numberHeader(response, logHeaders.size),
    nextOffset: numberHeader(response, logHeaders.nextOffset),
    complete: response.headers.get(logHeaders.complete) === "true",
  };
}

export function logPath(id: string, options: LogPageOptions, follow: boolean): string {
  const query = new URLSearchParams({ offset: String(options.offset ?? 0) });
  if (options.maxBytes !== undefined) query.set("limit", String(options.maxBytes));
  if (follow) query.set("follow", "true");
  const attempt = options.attempt ?? "latest";
  return `/api/v1/applications/${encodeURIComponent(id)}/attempts/${attempt}/logs/${options.stream}?${query.toString()}`;
}

export function numberHeader(response: HttpAnswer, name: string): number {
  return Number(response.headers.get(name) ?? 0);
}
