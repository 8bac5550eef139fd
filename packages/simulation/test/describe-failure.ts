import type { SimulationResult } from "../src/simulate.ts";

/** What somebody needs who finds a seed failed: the end of its trace, what broke, and how to see it again. */
export function describeFailure({ seed, violation, lastPage }: SimulationResult): string {
  if (violation === null) return "";
  return [
    ...lastPage,
    `${violation.checker}: ${violation.message}`,
    `replay: npm run sim -- --seed ${seed}`,
  ].join("\n");
}
