const pollMs = 20;

/**
 * Waits until `fact` gives something that is neither false, null nor undefined, and gives that. What a
 * fact throws counts as not yet, and is said if the time runs out. `what` completes "waited for ...".
 */
export async function eventually<T>(
  fact: () => T | Promise<T>,
  timeoutMs: number,
  what = String(fact),
): Promise<Exclude<T, false | null | undefined>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await fact();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}; last: ${String(last)}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, pollMs);
    });
  }
}
