import type { Timers } from "@aloha/runtime";

/** Waits; ends early, without an error, when `signal` fires. */
export function pause(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.clear();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = timers.after(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
