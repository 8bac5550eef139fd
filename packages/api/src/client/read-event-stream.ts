import type { Pause } from "./master-ring.ts";

/** One message of an event stream (WHATWG HTML, "Server-sent events"). */
export interface EventMessage {
  readonly id: string;
  readonly event: string;
  /** Empty where the message only moved the id. */
  readonly data: string;
}

/** A master writes a comment every 15 s when it has nothing to say: three times that means that it is gone. */
const silenceMaxMs = 45_000;
/** One event is far below this; what is longer did not come from a master. */
const messageLengthMax = 1024 * 1024;

/** Reads messages until the stream ends, breaks (rejects) or is silent for too long (ends). */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  pause: Pause,
): AsyncGenerator<EventMessage, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const piece = await readOrSilence(reader, pause);
      if (piece === "silent" || piece.done) return;
      text += decoder.decode(piece.value, { stream: true }).replaceAll("\r", "");
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const message = parseMessage(text.slice(0, end));
        text = text.slice(end + 2);
        if (message !== undefined) yield message;
      }
      if (text.length > messageLengthMax) return;
    }
  } finally {
    // A reader that breaks off, or a stream that broke by itself: either way nothing more is wanted.
    await reader.cancel().catch(() => undefined);
  }
}

async function readOrSilence(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pause: Pause,
): Promise<"silent" | Awaited<ReturnType<typeof reader.read>>> {
  const heard = new AbortController();
  try {
    return await Promise.race([
      reader.read(),
      pause(silenceMaxMs, heard.signal).then(() => "silent" as const),
    ]);
  } finally {
    heard.abort();
  }
}

/** Undefined for a block of comments. */
function parseMessage(block: string): EventMessage | undefined {
  const fields = { id: "", event: "message", data: "" };
  let seen = false;
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0 || line === "") continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") fields.data += fields.data === "" ? value : `\n${value}`;
    else if (name === "id" || name === "event") fields[name] = value;
    else continue;
    seen = true;
  }
  return seen ? fields : undefined;
}
