const open = new Set<AsyncDisposable>();

/** Has `resource` closed if the benchmarks are interrupted; call what this gives once it is closed. */
export function closeIfInterrupted(resource: AsyncDisposable): () => void {
  open.add(resource);
  return () => {
    open.delete(resource);
  };
}

/** Closes what is open, the newest first. A failure is said on stderr and keeps nothing else open. */
export async function closeOpenResources(): Promise<void> {
  for (const resource of [...open].toReversed()) {
    try {
      await resource[Symbol.asyncDispose]();
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
