/** A pending timer. Clearing it twice, or after it fired, does nothing. */
export interface Timer {
  clear(): void;
}

/** Timers are hints: they may fire late, never early. Whoever keeps a deadline compares clocks. */
export interface Timers {
  /**
   * Calls `fire` once, `delayMs` from now at the earliest.
   * `keepAlive: false` lets the process end while the timer is pending.
   */
  after(delayMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): Timer;
  /** Calls `fire` every `periodMs` until cleared. */
  every(periodMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): Timer;
  /** Calls `run` in the next turn of the loop, after I/O that is ready. */
  soon(run: () => void): void;
}
