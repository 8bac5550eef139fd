import type { Logger } from "../logger.ts";
import type { Runtime } from "../runtime.ts";
import { jsonLogger } from "./json-logger.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";
import { systemTimers } from "./system-timers.ts";

/** The outside world of a real process. Logs go to `logger`; JSON lines on stderr unless told otherwise. */
export function createNodeRuntime(options: { readonly logger?: Logger } = {}): Runtime {
  return {
    clock: systemClock(),
    timers: systemTimers,
    random: systemRandom,
    logger: options.logger ?? jsonLogger(),
  };
}
