import type { PersistenceEngine } from "../engine.ts";
import type { ConformanceCheck, StoreUnderTest } from "./conformance-check.ts";
import { durabilityChecks } from "./durability-checks.ts";
import { engineChecks } from "./engine-checks.ts";

export interface EngineUnderTest {
  /** Whether what it stores survives it: adds the checks of that. */
  readonly durable: boolean;
  /** Whether several masters may have one store open at a time; false unless told otherwise. */
  readonly isShared?: boolean;
  /** Makes a store that no other check uses, and says how to open it. Called once for each check. */
  readonly newStore: () => Promise<NewStore> | NewStore;
}

export interface NewStore {
  readonly open: () => Promise<PersistenceEngine> | PersistenceEngine;
  /** Removes it, after every engine is closed. */
  readonly remove?: () => Promise<void> | void;
}

/** A check that is ready to run. */
export interface BoundCheck {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/**
 * Every check that a persistence engine has to pass, for any test runner:
 * `for (const { title, run } of engineConformance(mine)) test(title, run)`. The engines that Aloha brings pass the same.
 */
export function engineConformance(subject: EngineUnderTest): readonly BoundCheck[] {
  const checks = subject.durable ? [...engineChecks, ...durabilityChecks] : engineChecks;
  return checks.map((check) => ({ title: check.title, run: () => runCheck(check, subject) }));
}

async function runCheck(check: ConformanceCheck, subject: EngineUnderTest): Promise<void> {
  const made = await subject.newStore();
  const opened: PersistenceEngine[] = [];
  const store: StoreUnderTest = {
    isShared: subject.isShared ?? false,
    open: async () => {
      const engine = await made.open();
      opened.push(engine);
      return engine;
    },
  };
  try {
    await check.run(store);
  } finally {
    // Closing twice does nothing.
    for (const engine of opened) await engine.close();
    await made.remove?.();
  }
}
