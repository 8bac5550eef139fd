import { AsyncLocalStorage } from "node:async_hooks";
import type { AttemptKey, HostCommand, HostReport } from "@aloha/core";
import { AlohaConf } from "@aloha/sdk";
import { errorText, hostExitCodes, runApplication } from "@aloha/sdk/hosting";
import type { ApplicationEnd, ApplicationRun } from "@aloha/sdk/hosting";
import { systemTimers } from "@aloha/runtime/time";
import { CLEAN_MS_MAX } from "../clean-limit.ts";
import { contextOf } from "../context-of.ts";
import { decodeHostOrder, type HostOrder } from "../host-order.ts";
import { loadExport } from "../module/load-export.ts";
import { FileOutput } from "./file-output.ts";

/** One application of many in this process. */
export interface Session {
  readonly run: ApplicationRun;
  readonly output: FileOutput;
}

/** Modules that were loaded, by path and name: loading one again takes far longer than a small application. */
const exportsKeptMax = 1_000;

/**
 * Runs applications side by side. What happens in one of them, and in whatever it calls, is known to
 * be its own by the asynchronous context: output, exceptions, and process.exit().
 */
export class SharedHost {
  readonly #report: (report: HostReport) => void;
  readonly #sessions = new Map<AttemptKey, Session>();
  readonly #context = new AsyncLocalStorage<Session>();
  readonly #exports = new Map<string, unknown>();
  #onEmpty: (() => void) | null = null;

  constructor(report: (report: HostReport) => void) {
    this.#report = report;
  }

  /** The application in whose name this code runs; undefined for none. */
  get current(): Session | undefined {
    return this.#context.getStore();
  }

  obey(command: HostCommand): void {
    if (command.kind === "stop") {
      const session = this.#sessions.get(command.attempt);
      if (session !== undefined) this.#stop(session, null);
      return;
    }
    if (!this.#sessions.has(command.attempt)) this.#start(command.attempt, command.order);
  }

  /** Asks all to end; `onEmpty` follows when they have. */
  stopAll(reason: string, onEmpty: () => void): void {
    this.#onEmpty = onEmpty;
    for (const session of this.#sessions.values()) this.#stop(session, reason);
    this.#lookWhetherEmpty();
  }

  #start(attempt: AttemptKey, text: string): void {
    const order = decodeHostOrder(text);
    const output = new FileOutput(order.applicationDir, order.logs);
    // The run is begun in the context of its session, which it is part of.
    const session: { run: ApplicationRun; readonly output: FileOutput } = { run: notYet, output };
    this.#context.run(session, () => {
      session.run = runApplication(() => this.#load(order), {
        description: order.description,
        applicationDir: order.applicationDir,
        conf: new AlohaConf(order.conf),
        context: contextOf(attempt, output),
      });
      this.#sessions.set(attempt, session);
      void this.#follow(attempt, session);
    });
  }

  async #follow(attempt: AttemptKey, session: Session): Promise<void> {
    const { exitCode, message } = await session.run.ended;
    await cleaned(session);
    session.output.close();
    this.#sessions.delete(attempt);
    this.#report({ kind: "ended", attempt, exitCode, message });
    this.#lookWhetherEmpty();
  }

  #load({ modulePath, exportName }: HostOrder): unknown {
    const name = `${modulePath}#${exportName}`;
    return this.#exports.get(name) ?? this.#loadAnew(name, modulePath, exportName);
  }

  async #loadAnew(name: string, modulePath: string, exportName: string): Promise<unknown> {
    const loaded = await loadExport(modulePath, exportName);
    if (this.#exports.size < exportsKeptMax) this.#exports.set(name, loaded);
    return loaded;
  }

  #stop(session: Session, reason: string | null): void {
    this.#context.run(session, () => session.run.shutdown(reason));
  }

  #lookWhetherEmpty(): void {
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }
}

/** Ends an application for what it let happen. */
export function endForDefect({ run, output }: Session, what: string, error: unknown): void {
  const message = `${what}: ${errorText(error)}`;
  const stack = error instanceof Error && typeof error.stack === "string" ? `${error.stack}\n` : "";
  output.stderr(`aloha: ${message}\n${stack}`);
  run.end({ exitCode: hostExitCodes.defect, message });
}

async function cleaned({ run, output }: Session): Promise<void> {
  await new Promise<void>((resolve) => {
    const patience = systemTimers.after(CLEAN_MS_MAX, () => {
      output.stderr(`aloha: clean() took more than ${CLEAN_MS_MAX} ms and was given up\n`);
      resolve();
    });
    void run.clean().then(() => {
      patience.clear();
      resolve();
    });
  });
}

/** Stands in for the run of a session while its very beginning runs. */
const notYet: ApplicationRun = {
  ended: new Promise<ApplicationEnd>(() => {}),
  shutdown() {},
  end() {},
  clean: () => Promise.resolve(),
};
