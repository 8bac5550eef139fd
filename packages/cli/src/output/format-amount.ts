/** Cores for people: thousandths only where there are any. */
export function formatCores(milliCores: number): string {
  return String(milliCores / 1000);
}

/** Memory for people: `1.5 GiB`, `256 MiB`. */
export function formatMemory(memoryMiB: number): string {
  if (memoryMiB < 1024) return `${memoryMiB} MiB`;
  return `${trimZero((memoryMiB / 1024).toFixed(1))} GiB`;
}

function trimZero(text: string): string {
  return text.endsWith(".0") ? text.slice(0, -2) : text;
}
