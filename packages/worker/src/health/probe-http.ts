import type { Timers } from "@aloha/runtime";
import type { Verdict } from "./health-checker.ts";

/** Asks `url`, and follows nothing: an answer from 200 to 399 within the time is health. */
export async function probeHttp(url: string, timeoutMs: number, timers: Timers): Promise<Verdict> {
  // Loaded by the first check: most workers have none.
  const isSecure = url.toLowerCase().startsWith("https:");
  const { get } = isSecure ? await import("node:https") : await import("node:http");
  return new Promise((resolve) => {
    const conclude = (healthy: boolean, message: string): void => {
      timer.clear();
      resolve({ healthy, message: `${url} ${message}` });
      request.destroy();
    };
    const request = get(url, { agent: false }, (answer) => {
      const status = answer.statusCode ?? 0;
      conclude(status >= 200 && status < 400, `answers ${status}`);
    });
    request.on("error", (error) => conclude(false, `does not answer: ${error.message}`));
    const timer = timers.after(timeoutMs, () =>
      conclude(false, `does not answer within ${timeoutMs} ms`),
    );
  });
}
