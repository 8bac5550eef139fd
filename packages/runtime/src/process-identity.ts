/**
 * A process is its pid together with its start time and the boot it belongs to, never a pid
 * alone: pids are reused within minutes on a busy host.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat). */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id of the boot in which it ran. */
  readonly bootId: string;
}
