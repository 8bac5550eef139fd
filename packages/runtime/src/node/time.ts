/** The real clocks and timers alone: an entry for short-lived commands, which should not load file locks and journals to tell the time. */
export { systemClock } from "./system-clock.ts";
export { systemTimers } from "./system-timers.ts";
