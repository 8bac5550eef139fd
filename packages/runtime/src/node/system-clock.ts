import { openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Clock } from "../clock.ts";

/**
 * The host's clocks. Boot time is read from /proc/uptime (10 ms resolution, time asleep
 * included, see proc(5)) and may lag by as much again; where there is none, it is the
 * monotonic clock, which is right except across a suspend.
 */
export function systemClock(): Clock {
  return {
    bootMs: readBootMs,
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
  };
}

/** What was read is good for as long as its resolution; the monotonic clock, which says so, costs a hundredth. */
const freshForMs = 10;

/** Opened once and kept: a lease asks for the time often. -1 where there is no such file. */
let uptimeDescriptor: number | undefined;
const uptimeText = Buffer.alloc(64);
let bootMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function readBootMs(): number {
  const monotonicMs = performance.now();
  if (monotonicMs - readAtMs < freshForMs) return bootMs;
  readAtMs = monotonicMs;
  bootMs = readUptimeMs();
  return bootMs;
}

function readUptimeMs(): number {
  uptimeDescriptor ??= openUptime();
  if (uptimeDescriptor < 0) return Number(process.hrtime.bigint() / 1_000_000n);
  const length = readSync(uptimeDescriptor, uptimeText, 0, uptimeText.length, 0);
  return Math.round(Number.parseFloat(uptimeText.toString("latin1", 0, length)) * 1000);
}

function openUptime(): number {
  try {
    return openSync("/proc/uptime", "r");
  } catch {
    return -1;
  }
}
