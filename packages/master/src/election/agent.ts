/** Who wants to lead. Both are called in order, never at the same time. */
export interface Candidate {
  /** Lead from now on. */
  elected(): void;
  /** Lead no more: another does, or nobody knows. */
  deposed(reason: string): void;
}

/** Decides which of several masters leads. */
export interface ElectionAgent {
  /** Begins to seek leadership. The candidate must be able to deny leading by then: it listens. */
  start(candidate: Candidate): Promise<void>;
  /** Gives leadership up, without calling `deposed`. */
  stop(): Promise<void>;
}
