import { mkdirSync } from "node:fs";
import type { ApplicationDescription } from "@aloha/core";
import { AlohaConf } from "./aloha-conf.ts";
import type { Application } from "./application.ts";
import type { ApplicationContext, ApplicationOutput } from "./application-output.ts";
import type { ExitState } from "./exit-state.ts";

/**
 * An application that keeps what it is told. A class that extends it has to write `start()` alone:
 *
 *     export class Orders extends AbstractApplication {
 *       async start(): Promise<ExitState> {
 *         for (const order of await this.load(this.description.args)) {
 *           if (this.signal.aborted) return ExitState.failed("stopped");
 *           this.log(`order ${order}`);
 *         }
 *         return ExitState.finished("all orders are loaded");
 *       }
 *     }
 *
 * What it is told is there from `start()` on, not in the constructor.
 */
export abstract class AbstractApplication implements Application {
  #description: ApplicationDescription | null = null;
  #applicationDir: string | null = null;
  #context: ApplicationContext | null = null;
  #conf = new AlohaConf();
  readonly #stopping = new AbortController();

  /** Runs the application: see `Application.start`. */
  abstract start(): Promise<ExitState>;

  /**
   * Aborts `signal`, with `reason` as its reason. Override it to end otherwise.
   */
  shutdown(reason: string | null): void {
    this.#stopping.abort(reason ?? "The application is to stop.");
  }

  /** Nothing is left behind, unless this is overridden. */
  clean(): void | Promise<void> {}

  /** What was submitted, with every default filled in: `args`, `labels`, `environment` ... */
  get description(): ApplicationDescription {
    return told(this.#description, "description");
  }

  /** The path of the application's own directory, which exists. */
  get applicationDir(): string {
    const path = told(this.#applicationDir, "applicationDir");
    // With shared isolation it is made when it is needed.
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** The worker's `aloha.x.*` settings. */
  get conf(): AlohaConf {
    return this.#conf;
  }

  /** Aborted when the application is to end: hand it to fetch, timers, child processes. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Who this attempt is. */
  get context(): ApplicationContext {
    return told(this.#context, "context");
  }

  /** Stdout and stderr of this application; `console.log` and `process.stdout` lead there, too. */
  get output(): ApplicationOutput {
    return this.context.output;
  }

  /** Writes a line to stdout. */
  log(line: string): void {
    this.output.stdout(`${line}\n`);
  }

  withDescription(description: ApplicationDescription): this {
    this.#description = description;
    return this;
  }

  withApplicationDir(path: string): this {
    this.#applicationDir = path;
    return this;
  }

  withAlohaConf(conf: AlohaConf): this {
    this.#conf = conf;
    return this;
  }

  /** Tells it who this attempt is and where its output goes. */
  withContext(context: ApplicationContext): this {
    this.#context = context;
    return this;
  }
}

function told<Value>(value: Value | null, name: string): Value {
  if (value !== null) return value;
  throw new Error(`${name} is known from start() on, not before`);
}
