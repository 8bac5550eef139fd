import { formatBytes } from "@aloha/core";

/** Cores for people: thousandths only where there are any. */
export function formatCores(milliCores: number): string {
  return String(milliCores / 1000);
}

/** Memory for people: `1.5 GiB`, `256 MiB`. */
export function formatMemory(memoryMiB: number): string {
  if (memoryMiB < 1024) return `${memoryMiB} MiB`;
  return `${trimZero((memoryMiB / 1024).toFixed(1))} GiB`;
}

/** An exact size where it is round, else the nearest tenth: `64MiB`, `1.3 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024 || bytes % 1024 === 0) return formatBytes(bytes);
  if (bytes < 1024 ** 2) return `${trimZero((bytes / 1024).toFixed(1))} KiB`;
  if (bytes < 1024 ** 3) return `${trimZero((bytes / 1024 ** 2).toFixed(1))} MiB`;
  return `${trimZero((bytes / 1024 ** 3).toFixed(1))} GiB`;
}

function trimZero(text: string): string {
  return text.endsWith(".0") ? text.slice(0, -2) : text;
}
