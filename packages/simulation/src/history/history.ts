import type { Checker } from "./checker.ts";
import type { Observation } from "./observation.ts";

/** A promise that was broken. */
export interface Violation {
  readonly checker: string;
  readonly message: string;
}

/** Everything that is observed in a run, shown to every checker. The first violation counts. */
export class History {
  readonly #checkers: readonly Checker[];
  #violation: Violation | null = null;

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
  }

  get violation(): Violation | null {
    return this.#violation;
  }

  observe(observation: Observation): void {
    for (const checker of this.#checkers) {
      const message = checker.observe(observation);
      if (message !== undefined) this.report(checker.name, message);
    }
  }

  /** Something that no checker watches for went wrong: a broken invariant, a process that gave up. */
  report(checker: string, message: string): void {
    this.#violation ??= { checker, message };
  }
}
