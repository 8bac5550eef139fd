import type { AlohaClient, LogPage } from "@aloha/api/client";
import type { OutputStream } from "@aloha/core";

/**
 * The output that an attempt had written when it was first asked for, in pages: of a running
 * application this ends too, however fast it writes.
 */
export async function* readOutput(
  client: AlohaClient,
  id: string,
  options: {
    readonly stream: OutputStream;
    readonly attempt: number | undefined;
    readonly offset: number;
  },
): AsyncGenerator<LogPage, void, undefined> {
  let { offset, attempt } = options;
  let end: number | undefined;
  for (;;) {
    const page = await client.logs(id, { stream: options.stream, attempt, offset });
    end ??= page.sizeBytes;
    // A relaunch between two pages must not mix two attempts.
    attempt = page.attempt;
    yield page;
    if (page.nextOffset >= end || page.bytes.length === 0) return;
    offset = page.nextOffset;
  }
}
