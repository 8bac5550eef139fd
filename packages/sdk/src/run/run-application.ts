import type { ApplicationDescription } from "@aloha/core";
import type { AlohaConf } from "../aloha-conf.ts";
import type { ApplicationContext } from "../application-output.ts";
import { FAILED_CODE, toExitState } from "../exit-state.ts";
import { errorDetails, errorText, shortened } from "./error-text.ts";

/**
 * What exit codes say that no application chose. The first two are of sysexits(3), the third is
 * Node's own for a module whose promise cannot settle.
 */
export const hostExitCodes = { cannotLoad: 78, defect: 70, neverSettles: 13 } as const;

/** How an application ended: an exit code as any program has it, and what there is to say. */
export interface ApplicationEnd {
  readonly exitCode: number;
  readonly message: string | null;
}

/** What an application is told before it starts. */
export interface ApplicationOrder {
  readonly description: ApplicationDescription;
  readonly applicationDir: string;
  readonly conf: AlohaConf;
  readonly context: ApplicationContext;
}

/** An application that was started. */
export interface ApplicationRun {
  /** How it ended: the first thing that ended it. Never rejects. */
  readonly ended: Promise<ApplicationEnd>;
  /** Asks it to end. A second time is nothing. */
  shutdown(reason: string | null): void;
  /** Ends it from outside, unless it has ended: an exception that nobody caught, ... */
  end(end: ApplicationEnd): void;
  /** Calls `clean()`. To be called once it has ended. Never rejects; may take for ever. */
  clean(): Promise<void>;
}

/**
 * Takes one application through its life. `load` gives what its module exports; whatever it, the
 * constructor, or a method throws is an end with a message, and its stack is written to stderr.
 */
export function runApplication(load: () => unknown, order: ApplicationOrder): ApplicationRun {
  return new Run(load, order);
}

type Instance = Readonly<Record<string, unknown>>;

class Run implements ApplicationRun {
  readonly ended: Promise<ApplicationEnd>;
  readonly #order: ApplicationOrder;
  #settle: (end: ApplicationEnd) => void = () => {};
  #over = false;
  #instance: Instance | null = null;
  #stop: { readonly reason: string | null } | null = null;
  #told = false;

  constructor(load: () => unknown, order: ApplicationOrder) {
    this.#order = order;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    void this.#live(load);
  }

  shutdown(reason: string | null): void {
    this.#stop ??= { reason };
    this.#passStop();
  }

  end(end: ApplicationEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle({ ...end, message: end.message === null ? null : shortened(end.message) });
  }

  async clean(): Promise<void> {
    try {
      await call(this.#instance, "clean");
    } catch (error) {
      this.#complain("clean() failed, which changes nothing", error);
    }
  }

  async #live(load: () => unknown): Promise<void> {
    let instance: Instance;
    try {
      const made: unknown = await load();
      instance = this.#tell(make(made, this.#order.description.entryPoint));
    } catch (error) {
      const code = hostExitCodes.cannotLoad;
      this.#fail(code, `${this.#order.description.entryPoint} cannot be used`, error);
      return;
    }
    this.#instance = instance;
    try {
      const promise = call(instance, "start");
      this.#told = true;
      this.#passStop();
      this.#endAs(await promise);
    } catch (error) {
      this.#fail(FAILED_CODE, "start() failed", error);
    }
  }

  #tell(made: Instance): Instance {
    const { description, applicationDir, conf, context } = this.#order;
    let instance = made;
    for (const [method, value] of [
      ["withDescription", description],
      ["withApplicationDir", applicationDir],
      ["withAlohaConf", conf],
      ["withContext", context],
    ] as const) {
      const answer = call(instance, method, value);
      // The methods return the application to go on with, which may be another object.
      if (isInstance(answer)) instance = answer;
    }
    return instance;
  }

  #endAs(value: unknown): void {
    const state = toExitState(value);
    if (state === undefined) {
      const message =
        "start() was resolved with what is no exit state: use ExitState.finished() or ExitState.failed(message)";
      this.#complain(message, value);
      this.end({ exitCode: FAILED_CODE, message });
      return;
    }
    const exitCode = state.state === "FINISHED" ? 0 : state.code;
    this.end({ exitCode, message: state.message === "" ? null : state.message });
  }

  #fail(exitCode: number, what: string, error: unknown): void {
    if (this.#over) return;
    this.#complain(what, error);
    this.end({ exitCode, message: `${what}: ${errorText(error)}` });
  }

  /** It is told once, and not before it was started: then it has something to end. */
  #passStop(): void {
    if (this.#stop === null || !this.#told) return;
    this.#told = false;
    try {
      call(this.#instance, "shutdown", this.#stop.reason);
    } catch (error) {
      // It goes on until its grace period is over: an end of its own may follow all the same.
      this.#complain("shutdown() failed", error);
    }
  }

  #complain(what: string, error: unknown): void {
    this.#order.context.output.stderr(`aloha: ${what}: ${errorDetails(error)}\n`);
  }
}

function make(exported: unknown, entryPoint: string): Instance {
  if (typeof exported !== "function") {
    throw new TypeError(
      `${entryPoint} is ${exported === null ? "null" : `of type ${typeof exported}`}, not a class that implements Application`,
    );
  }
  const instance: unknown = Reflect.construct(exported, []);
  if (isInstance(instance)) return instance;
  throw new TypeError(
    `the class ${exported.name} is not an Application: its objects have no start()`,
  );
}

function isInstance(value: unknown): value is Instance {
  return (
    typeof value === "object" &&
    value !== null &&
    "start" in value &&
    typeof value.start === "function"
  );
}

/** Calls a method that plain JavaScript may have left out. */
function call(instance: Instance | null, name: string, ...values: readonly unknown[]): unknown {
  const method = instance?.[name];
  if (typeof method !== "function") return undefined;
  const answer: unknown = Reflect.apply(method, instance, values);
  return answer;
}
