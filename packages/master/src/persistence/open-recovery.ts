import { AlohaError } from "@aloha/core";
import type { MasterSettings } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import { Leadership } from "../leadership.ts";
import type { PipelineLimits } from "../pipeline.ts";
import type { PersistenceEngine, Retention } from "./engine.ts";
import { MemoryEngine } from "./none/memory-engine.ts";

export type RecoveryMode = "NONE" | "FILESYSTEM" | "ZOOKEEPER" | "CUSTOM";

export interface RecoveryOptions {
  readonly mode: RecoveryMode;
  readonly directory: string | undefined;
  /** For CUSTOM: opens the engine. */
  readonly custom: (() => Promise<PersistenceEngine>) | undefined;
  /** `host:port` of this master: shown to another that finds the store locked. */
  readonly address: string;
  readonly runtime: Runtime;
  readonly settings: MasterSettings;
  readonly retention: Retention;
  readonly limits: Partial<PipelineLimits>;
}

/** Where leaderships begin and what they leave behind. */
export interface Recovery {
  lead(lost: (error: AlohaError) => void): Promise<Leadership>;
  /** Closes the store. */
  leave(): Promise<void>;
}

/** The recovery mode as something to lead with. Nothing is opened before `lead`. */
export function openRecovery(options: RecoveryOptions): Recovery {
  let close: () => Promise<void> = () => Promise.resolve();
  return {
    lead: async (lost) => {
      const { engine, watchSpace } = await openEngine(options);
      close = () => engine.close();
      const { settings, retention, runtime, limits } = options;
      const leadership = await Leadership.begin({
        engine,
        settings,
        retention,
        runtime,
        lost,
        limits,
      });
      const stopWatching = watchSpace(leadership);
      close = async () => {
        await stopWatching();
        await engine.close();
      };
      return leadership;
    },
    leave: () => close(),
  };
}

/** Applications that a master without a store may take in the second of its start before their ids could repeat. */
const numbersPerMillisecond = 10_000;

/**
 * Where numbers begin when nothing tells which ones were given: ids carry the second, so a master
 * that starts again within it must begin elsewhere, or two applications would share a directory.
 */
function numberOfThisMoment(wallMs: number): number {
  return Math.floor(wallMs % 1000) * numbersPerMillisecond + 1;
}

interface OpenedEngine {
  readonly engine: PersistenceEngine;
  /** Begins to keep watch over the disk; returns how to stop that. */
  readonly watchSpace: (leadership: Leadership) => () => Promise<void>;
}

function watchNothing(): () => Promise<void> {
  return () => Promise.resolve();
}

async function openEngine({
  mode,
  directory,
  custom,
  address,
  runtime,
}: RecoveryOptions): Promise<OpenedEngine> {
  if (mode === "NONE") {
    const firstNumber = numberOfThisMoment(runtime.clock.wallMs());
    const engine = new MemoryEngine({ firstNumber });
    return { engine, watchSpace: watchNothing };
  }
  if (custom !== undefined) return { engine: await custom(), watchSpace: watchNothing };
  if (mode === "ZOOKEEPER") {
    throw new AlohaError(
      "not-available-yet",
      "Recovery mode ZOOKEEPER is not available yet: set aloha.deploy.recoveryMode to FILESYSTEM.",
    );
  }
  if (directory === undefined) {
    throw new AlohaError(
      "invalid-argument",
      "Recovery mode FILESYSTEM needs a directory: set aloha.deploy.recoveryDirectory.",
    );
  }
  // A master that keeps nothing does not load a database.
  const [{ openFileSystemEngine }, { SpaceGuard }] = await Promise.all([
    import("./file-system/open-store.ts"),
    import("./file-system/space-guard.ts"),
  ]);
  return {
    engine: await openFileSystemEngine({ directory, address }),
    watchSpace: (leadership) => {
      const guard = new SpaceGuard({
        directory,
        changed: (low) => leadership.setStoreSpace(low),
        timers: runtime.timers,
        logger: runtime.logger,
      });
      void guard.start();
      return () => guard.stop();
    },
  };
}
