import type { AlohaEvent } from "@aloha/core";
import { ApiError } from "./api-error.ts";
import type { MasterRequest, MasterResponse, Pause } from "./master-ring.ts";
import { readEventStream } from "./read-event-stream.ts";

export interface FollowEventsSource {
  request(request: MasterRequest): Promise<MasterResponse>;
  readonly pause: Pause;
}

const retryPauseMs = 500;

/** Events without end; see `AlohaClient.events`. */
export async function* followEvents(
  source: FollowEventsSource,
  options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<AlohaEvent, void, undefined> {
  let after = options.after;
  for (;;) {
    try {
      const { response } = await source.request({
        method: "GET",
        path: `/api/v1/events${after === undefined ? "" : `?after=${after}`}`,
        headers: { accept: "text/event-stream" },
        stream: true,
        signal: options.signal,
      });
      if (response.body !== null) {
        for await (const message of readEventStream(response.body, source.pause)) {
          // A message with an id and no data only says where to resume.
          if (message.id !== "") after = Number(message.id);
          if (message.data !== "") yield JSON.parse(message.data) as AlohaEvent;
        }
      }
    } catch (thrown) {
      options.signal?.throwIfAborted();
      const passing =
        !(thrown instanceof ApiError) ||
        thrown.code === "unreachable" ||
        thrown.code === "timeout" ||
        thrown.status === 503;
      if (!passing) throw thrown;
    }
    await source.pause(retryPauseMs, options.signal);
    options.signal?.throwIfAborted();
  }
}
