/** Recovery mode CUSTOM: engine and election come from a module. Everything that may be wrong with it is said in its words. */
import { AlohaError, formatDuration, toAlohaError } from "@aloha/core";
import type { Timers } from "@aloha/runtime";
import type { ElectionAgent } from "../../election/agent.ts";
import { importModule, type ModuleDirectories } from "../../modules/import-module.ts";
import { parseModuleReference } from "../../modules/module-reference.ts";
import { isConstructor, pickExport, type Fit } from "../../modules/pick-export.ts";
import type { PersistenceEngine } from "../engine.ts";
import type { RecoveryModeContext, RecoveryModeFactory } from "./recovery-mode-factory.ts";

const key = "aloha.deploy.recoveryMode.factory";
/** Loading a module, and making an election agent, which does not seek election yet. */
const loadTimeoutMs = 30_000;
/** Opening a store may mean reading all of it. */
const openTimeoutMs = 600_000;

/** Every one that an engine has to have: the compiler sees to it that none is missing here. */
const engineMethods: Readonly<Record<Exclude<keyof PersistenceEngine, "durable">, true>> = {
  raiseEpoch: true,
  load: true,
  commit: true,
  readApplication: true,
  readWorker: true,
  findRequest: true,
  listApplications: true,
  readEvents: true,
  eventRange: true,
  readListenerPositions: true,
  saveListenerPositions: true,
  prune: true,
  removeEnded: true,
  close: true,
};

const agentMethods: Readonly<Record<keyof ElectionAgent, true>> = { start: true, stop: true };

export interface CustomRecoveryOptions {
  /** `path-or-package#Export`; undefined: it was not set. */
  readonly factory: string | undefined;
  readonly directories: ModuleDirectories;
  readonly timers: Timers;
}

export class CustomRecovery {
  readonly #name: string;
  readonly #factory: RecoveryModeFactory;
  readonly #timers: Timers;

  /** Loads the module. Rejects with `invalid-argument` if it is no recovery mode. */
  static async load(options: CustomRecoveryOptions): Promise<CustomRecovery> {
    const { factory: text, directories, timers } = options;
    if (text === undefined) {
      throw new AlohaError(
        "invalid-argument",
        `Recovery mode CUSTOM needs a module: set ${key} to path-or-package#Export.`,
      );
    }
    const reference = parseModuleReference(text, key);
    const loading = importModule(reference, directories).then((module) =>
      pickExport(module, reference, {
        what: "a recovery mode",
        lacks: "it has no createPersistenceEngine",
        fit,
      }),
    );
    const exported = await within(
      timers,
      loadTimeoutMs,
      loading,
      `${key}: ${text} did not finish loading`,
    );
    return new CustomRecovery(text, construct(text, exported), timers);
  }

  private constructor(name: string, factory: RecoveryModeFactory, timers: Timers) {
    this.#name = name;
    this.#factory = factory;
    this.#timers = timers;
  }

  async openEngine(context: RecoveryModeContext): Promise<PersistenceEngine> {
    const what = `createPersistenceEngine of ${this.#name}`;
    const engine = await this.#call(what, openTimeoutMs, () =>
      this.#factory.createPersistenceEngine(context),
    );
    requireMethods(engine, what, "a persistence engine", Object.keys(engineMethods));
    if (typeof engine.durable === "boolean") return engine;
    throw new AlohaError(
      "invalid-argument",
      `${what} gave an engine that does not say whether it is durable: true or false.`,
    );
  }

  /** The election that the module brings; null: it brings none. */
  election(context: RecoveryModeContext): ElectionAgent | null {
    if (this.#factory.createLeaderElectionAgent === undefined) return null;
    const what = `createLeaderElectionAgent of ${this.#name}`;
    let agent: ElectionAgent | undefined;
    return {
      start: async (candidate) => {
        const made = await this.#call(what, loadTimeoutMs, () =>
          this.#factory.createLeaderElectionAgent!(context),
        );
        requireMethods(made, what, "an election agent", Object.keys(agentMethods));
        agent = made;
        await agent.start(candidate);
      },
      stop: async () => agent?.stop(),
    };
  }

  async #call<Result>(
    what: string,
    timeoutMs: number,
    make: () => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      return await within(
        this.#timers,
        timeoutMs,
        Promise.resolve().then(make),
        "it did not finish",
      );
    } catch (thrown) {
      const { code, message } = toAlohaError(thrown, "store-failed");
      throw new AlohaError(code, `${what} failed: ${message}`, { cause: thrown });
    }
  }
}

function fit(value: unknown): Fit {
  if (isFactory(value)) return "yes";
  if (!isConstructor(value)) return "no";
  return isFactory(value.prototype) ? "yes" : "maybe";
}

function isFactory(value: unknown): value is RecoveryModeFactory {
  if (typeof value !== "object" || value === null) return false;
  const { createPersistenceEngine } = value as Readonly<Record<string, unknown>>;
  return typeof createPersistenceEngine === "function";
}

function construct(text: string, exported: unknown): RecoveryModeFactory {
  let made = exported;
  try {
    if (isConstructor(exported)) made = new exported();
  } catch (thrown) {
    throw new AlohaError(
      "invalid-argument",
      `${key}: the constructor of ${text} threw: ${messageOf(thrown)}`,
      { cause: thrown },
    );
  }
  if (isFactory(made)) return made;
  throw new AlohaError(
    "invalid-argument",
    `${key}: what the class of ${text} constructs has no createPersistenceEngine.`,
  );
}

function requireMethods(
  value: object | null | undefined,
  what: string,
  wanted: string,
  names: readonly string[],
): asserts value {
  const methods = (value ?? {}) as Readonly<Record<string, unknown>>;
  const missing = names.filter((name) => typeof methods[name] !== "function");
  if (missing.length === 0) return;
  throw new AlohaError(
    "invalid-argument",
    `${what} did not give ${wanted}: it lacks ${missing.join(", ")}.`,
  );
}

async function within<Result>(
  timers: Timers,
  timeoutMs: number,
  result: Promise<Result>,
  what: string,
): Promise<Result> {
  let late: () => void = () => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    late = () => reject(new AlohaError("timeout", `${what} within ${formatDuration(timeoutMs)}.`));
  });
  const timer = timers.after(timeoutMs, late);
  try {
    return await Promise.race([result, tooLate]);
  } finally {
    timer.clear();
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
