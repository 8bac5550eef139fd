import type { Observation } from "./observation.ts";

/** Watches one promise. */
export interface Checker {
  readonly name: string;
  /** Takes in what happened; says what is wrong with it, or undefined. */
  observe(observation: Observation): string | undefined;
}
