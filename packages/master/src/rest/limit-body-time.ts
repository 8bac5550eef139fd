import type { IncomingMessage } from "node:http";
import type { Timers } from "@aloha/runtime";

/**
 * Ends the connection of a client whose body has not arrived in time. `node:http` has one such limit for
 * all requests (`requestTimeout`), and a stream of descriptions may take as long as it likes while it goes on.
 */
export function limitBodyTime(request: IncomingMessage, timers: Timers, timeoutMs: number): void {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined ||
    (request.headers["content-length"] ?? "0") !== "0";
  if (!hasBody) return;
  const timer = timers.after(timeoutMs, () => {
    if (request.complete) return;
    // What node itself answers at its limit.
    request.socket.write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    request.socket.destroySoon();
  });
  request.once("close", () => timer.clear());
}
