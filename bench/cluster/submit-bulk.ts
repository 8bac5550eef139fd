import { request, type IncomingMessage } from "node:http";
import { once } from "node:events";

export interface SubmitBulkOptions {
  /** The bulk route. */
  readonly url: string;
  readonly count: number;
  readonly body: (index: number) => unknown;
}

/** Lines that are written at once. */
const CHUNK_LINES = 500;

/** Submits `count` bodies, one a line, in one request, and reads results meanwhile. Resolves with results a second; rejects unless each is a success. */
export async function submitBulk({ url, count, body }: SubmitBulkOptions): Promise<number> {
  // Prepared first: what the client computes would be taken from the master's cores.
  const chunks: string[] = [];
  for (let start = 0; start < count; start += CHUNK_LINES) {
    const length = Math.min(CHUNK_LINES, count - start);
    const lines = Array.from({ length }, (_, index) => `${JSON.stringify(body(start + index))}\n`);
    chunks.push(lines.join(""));
  }
  const startedMs = performance.now();
  const sent = request(url, { method: "POST" });
  const results = new Promise<number>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response: IncomingMessage) => {
      countSuccesses(response).then(resolve, reject);
    });
  });
  // Awaited below: a failure while lines are written is told there.
  results.catch(() => undefined);
  for (const chunk of chunks) {
    if (!sent.write(chunk)) await Promise.race([once(sent, "drain"), results]);
  }
  sent.end();
  const successes = await results;
  if (successes !== count) throw new Error(`${url} took ${successes} of ${count} applications`);
  return (count * 1000) / (performance.now() - startedMs);
}

/** Counts the lines that tell of an id: a search, since parsing would cost more than the sending. */
async function countSuccesses(response: IncomingMessage): Promise<number> {
  let successes = 0;
  let rest = "";
  response.setEncoding("latin1");
  for await (const piece of response as AsyncIterable<string>) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.includes('"id":"')) successes++;
  }
  return successes;
}
