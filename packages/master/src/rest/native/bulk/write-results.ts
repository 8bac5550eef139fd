import type { ServerResponse } from "node:http";
import type { Timers } from "@aloha/runtime";
import { bulkLimits } from "./bulk-limits.ts";

/** Resolves once so little is unread that more may follow. Rejects if nothing is read for too long, or nobody is there to read. */
export async function writeResults(
  response: ServerResponse,
  results: string,
  timers: Timers,
): Promise<void> {
  if (response.destroyed) throw new Error("The client is gone");
  response.write(results);
  if (response.writableLength <= bulkLimits.unreadBytesMax) return;
  await new Promise<void>((resolve, reject) => {
    const finish = (error?: Error): void => {
      timer.clear();
      response.off("drain", drained);
      response.off("close", closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const drained = (): void => finish();
    const closed = (): void => finish(new Error("The client is gone"));
    const timer = timers.after(bulkLimits.idleTimeoutMs, () =>
      finish(new Error("The client read no results for too long")),
    );
    response.once("drain", drained);
    response.once("close", closed);
  });
}
