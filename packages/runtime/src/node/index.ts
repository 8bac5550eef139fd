export { systemClock } from "./system-clock.ts";
export { systemTimers } from "./system-timers.ts";
export { systemRandom } from "./system-random.ts";
