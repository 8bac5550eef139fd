import type { PersistenceEngine } from "../engine.ts";

/** A store of one check's own. */
export interface StoreUnderTest {
  /** Opens the store: the first time empty, later with what was written before. The caller closes the engine. */
  readonly open: () => Promise<PersistenceEngine>;
  /** Whether several masters may have it open at a time, as with a database on the network. */
  readonly isShared: boolean;
}

/** One thing that an engine has to do. */
export interface ConformanceCheck {
  /** A sentence. */
  readonly title: string;
  /** Rejects with an AssertionError, or whatever the engine threw, if it does not. */
  readonly run: (store: StoreUnderTest) => Promise<void>;
}
