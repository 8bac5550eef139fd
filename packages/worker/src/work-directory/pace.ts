import type { Timers } from "@aloha/runtime";

/** Called after each piece of work in the background; it settles when the next one may begin. */
export type Pace = () => Promise<void>;

/** A pause of `pauseMs` after every `pieces` pieces: in between, everything else has the event loop and the thread pool. */
export function evenPace(
  timers: Timers,
  { pieces, pauseMs }: { readonly pieces: number; readonly pauseMs: number },
): Pace {
  let done = 0;
  return async () => {
    done++;
    if (done % pieces !== 0) return;
    await new Promise<void>((resolve) => {
      timers.after(pauseMs, resolve, { keepAlive: false });
    });
  };
}
