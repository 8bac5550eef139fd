import { readFileSync } from "node:fs";

/** Resident memory right now in bytes (VmRSS of /proc/PID/status); Linux only. Throws if the process is gone. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`Process ${pid} has no memory any more.`);
  return Number(kibibytes) * 1024;
}
