import type { Runtime } from "@aloha/runtime";
import { RpcError } from "../rpc-error.ts";
import type { RpcErrorCode } from "../rpc-error.ts";

export interface RetryOptions {
  readonly runtime: Runtime;
  /** Of all tries and pauses together. */
  readonly timeoutMs: number;
  readonly triesMax: number;
  readonly retryDelayMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Where nobody can tell whether the question arrived, or it did not. A refused connection is an answer: nobody listens there. */
const lostCodes: readonly RpcErrorCode[] = ["disconnected", "unreachable"];

/**
 * Does `once` again while the connection fails under it, after a pause each time, as long as tries and time are
 * left; it is given what is left of the time. What it does may happen several times.
 */
export async function retryLost<Reply>(
  { runtime, timeoutMs, triesMax, retryDelayMs, signal }: RetryOptions,
  once: (timeoutMs: number) => Promise<Reply>,
): Promise<Reply> {
  const { clock } = runtime;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (let tries = 1; ; tries++) {
    try {
      return await once(Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs())));
    } catch (error) {
      const isLost = error instanceof RpcError && lostCodes.includes(error.code);
      const inTime = clock.monotonicMs() + retryDelayMs < deadlineMs;
      if (!isLost || tries >= triesMax || !inTime) throw error;
      await pause(runtime, retryDelayMs, signal);
    }
  }
}

/** Ends early once the caller gives up: the next try then says so. */
function pause(
  { timers }: Runtime,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.clear();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = timers.after(delayMs, end, { keepAlive: false });
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted === true) end();
  });
}
