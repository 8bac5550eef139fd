import { AlohaError, toAlohaError } from "@aloha/core";
import type { Runtime, Timer } from "@aloha/runtime";
import type { Leadership } from "../leadership.ts";
import type { ModuleDirectories } from "../modules/import-module.ts";
import { parseModuleReference } from "../modules/module-reference.ts";
import { Listener, type ListenerStatus } from "./listener.ts";
import { listenersMax, savePeriodMs, type ListenerSettings } from "./listener-settings.ts";

export interface ListenersOptions {
  /** `aloha.extraListeners`. */
  readonly modules: readonly string[];
  readonly directories: ModuleDirectories;
  readonly settings: ListenerSettings;
  readonly extensions: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
}

/**
 * The listeners of a master. They are loaded when it starts, run while it leads, and what each has handled is
 * remembered in the store, so that the next leader goes on there.
 */
export class Listeners {
  readonly #listeners: readonly Listener[];
  readonly #runtime: Runtime;
  #leadership: Leadership | undefined;
  #saveTimer: Timer | undefined;
  #saved: ReadonlyMap<string, number> = new Map();
  /** The save that is under way. */
  #saving: Promise<void> | undefined;

  /** Loads all of them. Rejects with `invalid-argument` that names everything that is wrong, and nothing is left running. */
  static async load(options: ListenersOptions): Promise<Listeners> {
    const { modules, ...rest } = options;
    refuseTooMany(modules);
    const listeners = modules.map(
      (text) =>
        new Listener({
          reference: parseModuleReference(text, "aloha.extraListeners"),
          ...rest,
        }),
    );
    const loads = await Promise.allSettled(listeners.map((listener) => listener.load()));
    const problems = loads.flatMap((load) =>
      load.status === "rejected" ? [toAlohaError(load.reason).message] : [],
    );
    if (problems.length === 0) return new Listeners(listeners, options.runtime);
    for (const listener of listeners) listener.kill();
    throw new AlohaError("invalid-argument", problems.join("\n"));
  }

  private constructor(listeners: readonly Listener[], runtime: Runtime) {
    this.#listeners = listeners;
    this.#runtime = runtime;
  }

  get statuses(): readonly ListenerStatus[] {
    return this.#listeners.map((listener) => listener.status);
  }

  /** Runs them under a leadership that has just begun. */
  lead(leadership: Leadership): void {
    if (this.#listeners.length === 0) return;
    this.#leadership = leadership;
    this.#saved = leadership.listenerPositions();
    for (const listener of this.#listeners)
      listener.lead(leadership, this.#saved.get(listener.name) ?? null);
    this.#saveTimer = this.#runtime.timers.every(savePeriodMs, () => this.#save(leadership), {
      keepAlive: false,
    });
  }

  /** The leadership was lost: whoever leads now runs its own. */
  kill(): void {
    this.#saveTimer?.clear();
    this.#leadership = undefined;
    for (const listener of this.#listeners) listener.kill();
  }

  /** Lets them handle what they were sent, and remembers where they stand. The store must still be open. */
  async close(): Promise<void> {
    this.#saveTimer?.clear();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    const leadership = this.#leadership;
    if (leadership === undefined) return;
    await this.#saving;
    this.#save(leadership);
    await this.#saving;
  }

  #save(leadership: Leadership): void {
    // A full disk keeps its last room for the ends of applications; meanwhile more events may come twice.
    if (leadership.state === "READ_ONLY") return;
    const positions = new Map<string, number>();
    for (const { name, position } of this.#listeners) {
      if (position !== null) positions.set(name, position);
    }
    if (this.#saving !== undefined || isSame(positions, this.#saved)) return;
    this.#saved = positions;
    this.#saving = leadership
      .saveListenerPositions(positions)
      .catch((thrown: unknown) => {
        this.#runtime.logger.warn("What the listeners have handled could not be saved", {
          error: thrown,
        });
      })
      .finally(() => {
        this.#saving = undefined;
      });
  }
}

function refuseTooMany(modules: readonly string[]): void {
  const repeated = modules.find((text, index) => modules.indexOf(text) !== index);
  if (repeated !== undefined)
    throw new AlohaError("invalid-argument", `aloha.extraListeners names ${repeated} twice.`);
  if (modules.length > listenersMax)
    throw new AlohaError(
      "invalid-argument",
      `aloha.extraListeners names ${modules.length} listeners; at most ${listenersMax} may run, each in a process of its own.`,
    );
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, position]) => b.get(name) === position);
}
