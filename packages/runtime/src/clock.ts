/**
 * Time as the rest of Aloha may know it. Three clocks, because they answer three questions:
 * a lease must count time asleep (`bootMs`), a record needs a date (`wallMs`), and a duration
 * within one process must never jump (`monotonicMs`).
 */
export interface Clock {
  /** Milliseconds since boot, time asleep included (CLOCK_BOOTTIME). Comparable between processes of one boot. */
  bootMs(): number;
  /** Milliseconds on a clock that never jumps and stops while asleep. Comparable within this process only. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC. May jump: for people and records, never for deadlines. */
  wallMs(): number;
}
