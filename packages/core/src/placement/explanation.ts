/** Why one worker does not take a waiting application. */
export interface WorkerExplanation {
  readonly workerId: string;
  /** For people: `needs 8 cores, 3 free`. */
  readonly reason: string;
  /** True where no amount of waiting helps: the worker is too small in all. */
  readonly never: boolean;
}

/** Why an application waits, or where it is. */
export interface Explanation {
  readonly appId: string;
  readonly state: string;
  /** One sentence that answers the question. */
  readonly summary: string;
  /** 1 for the next in line; null when it does not wait for a place. */
  readonly position: number | null;
  /** No known worker is large enough in all. */
  readonly canNeverFit: boolean;
  readonly workers: readonly WorkerExplanation[];
}
