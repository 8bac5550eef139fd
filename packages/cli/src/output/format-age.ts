const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A span for people, in at most two units: `340ms`, `12s`, `3m 20s`, `5h 7m`, `12d 4h`. A negative one,
 * which differing clocks can bring about, reads as `0s`.
 */
export function formatAge(spanMs: number): string {
  if (spanMs <= 0) return "0s";
  if (spanMs < second) return `${Math.round(spanMs)}ms`;
  if (spanMs < minute) return `${Math.floor(spanMs / second)}s`;
  if (spanMs < hour) return pair(spanMs, minute, "m", second, "s");
  if (spanMs < day) return pair(spanMs, hour, "h", minute, "m");
  return pair(spanMs, day, "d", hour, "h");
}

/** A moment for people: `2025-11-22 16:01:02 UTC`. */
export function formatTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A short span with the precision that a start time deserves: `0.41 s`. */
export function formatSeconds(spanMs: number): string {
  return `${(spanMs / second).toFixed(2)} s`;
}

function pair(
  spanMs: number,
  large: number,
  largeUnit: string,
  small: number,
  smallUnit: string,
): string {
  const rest = Math.floor((spanMs % large) / small);
  const first = `${Math.floor(spanMs / large)}${largeUnit}`;
  return rest === 0 ? first : `${first} ${rest}${smallUnit}`;
}
