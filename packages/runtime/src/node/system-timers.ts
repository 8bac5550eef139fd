import type { Timers } from "../timers.ts";

/** The longest delay that setTimeout keeps; a longer one would fire at once. */
const DELAY_MAX_MS = 2_147_483_647;

/** The event loop's timers. Delays beyond 24.8 days fire after 24.8 days: timers are hints. */
export const systemTimers: Timers = {
  after(delayMs, fire, options) {
    const handle = setTimeout(fire, Math.min(Math.max(0, delayMs), DELAY_MAX_MS));
    if (options?.keepAlive === false) handle.unref();
    return { clear: () => clearTimeout(handle) };
  },
  every(periodMs, fire, options) {
    const handle = setInterval(fire, Math.min(Math.max(1, periodMs), DELAY_MAX_MS));
    if (options?.keepAlive === false) handle.unref();
    return { clear: () => clearInterval(handle) };
  },
  soon(run) {
    setImmediate(run);
  },
};
