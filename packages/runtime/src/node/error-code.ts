/** The system's code of an error (`ENOENT`, `EADDRINUSE` ...), or undefined if it carries none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
