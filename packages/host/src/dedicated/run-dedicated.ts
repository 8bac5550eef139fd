import { AlohaConf } from "@aloha/sdk";
import { errorText, hostExitCodes, runApplication } from "@aloha/sdk/hosting";
import type { ApplicationEnd, ApplicationRun } from "@aloha/sdk/hosting";
import { systemTimers } from "@aloha/runtime/time";
import { CLEAN_MS_MAX } from "../clean-limit.ts";
import { contextOf } from "../context-of.ts";
import type { HostOrder } from "../host-order.ts";
import { loadExport } from "../module/load-export.ts";
import { processOutput } from "./process-output.ts";
import { writeMessage } from "./write-message.ts";

/**
 * Runs one application as this process: its end is the end of the process, with the exit code it
 * said and its message in the file that ALOHA_MESSAGE_FILE names. Whatever else ends the process leaves a message, too.
 */
export function runDedicated(order: HostOrder): void {
  const run = runApplication(() => loadExport(order.modulePath, order.exportName), {
    description: order.description,
    applicationDir: order.applicationDir,
    conf: new AlohaConf(order.conf),
    context: contextOf(order.attempt, processOutput),
  });
  const host = new DedicatedHost(run);
  host.passSignals(order.description.stop.signal);
  host.watch();
}

/** Ties the life of an application to that of its process. */
class DedicatedHost {
  readonly #run: ApplicationRun;
  #end: ApplicationEnd | null = null;
  #exiting = false;

  constructor(run: ApplicationRun) {
    this.#run = run;
    void this.#follow();
  }

  /** Asks the application to end when the process is asked to. */
  passSignals(stopSignal: string): void {
    const onSignal = (): void => this.#run.shutdown(null);
    for (const signal of new Set(["SIGTERM", "SIGINT", "SIGHUP", stopSignal])) {
      try {
        process.on(signal, onSignal);
      } catch {
        // SIGKILL and the like, which nobody can catch: then there is nothing to pass on.
      }
    }
  }

  /** Makes every other way in which a program of Node ends an end with a message. */
  watch(): void {
    const onUncaught = (what: string) => (error: unknown) => {
      const message = `${what}: ${errorText(error)}`;
      processOutput.stderr(`aloha: ${message}\n${stackOf(error)}`);
      this.#run.end({ exitCode: hostExitCodes.defect, message });
    };
    process.on("uncaughtException", onUncaught("an exception that nobody caught"));
    process.on("unhandledRejection", onUncaught("a rejection that nobody handled"));
    process.on("beforeExit", () => {
      if (this.#end !== null) this.#exit(this.#end);
      const message =
        "the promise of start() can never settle: nothing is left in the process that could settle it";
      this.#run.end({ exitCode: hostExitCodes.neverSettles, message });
    });
    process.on("exit", (code) => {
      if (this.#exiting) return;
      const message = this.#end?.message ?? `process.exit(${code}) was called before start() ended`;
      writeMessage(message);
    });
  }

  async #follow(): Promise<void> {
    this.#end = await this.#run.ended;
    const patience = new Promise<void>((resolve) => {
      systemTimers.after(CLEAN_MS_MAX, () => {
        processOutput.stderr(`aloha: clean() took more than ${CLEAN_MS_MAX} ms and was given up\n`);
        resolve();
      });
    });
    await Promise.race([this.#run.clean(), patience]);
    this.#exit(this.#end);
  }

  #exit(end: ApplicationEnd): never {
    this.#exiting = true;
    if (end.message !== null) writeMessage(end.message);
    process.exit(end.exitCode);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error && typeof error.stack === "string" ? `${error.stack}\n` : "";
}
