import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDescription } from "@aloha/core";
import { AlohaConf } from "../aloha-conf.ts";
import type { Application } from "../application.ts";
import {
  runApplication,
  type ApplicationEnd,
  type ApplicationRun,
} from "../run/run-application.ts";
import { CollectedOutput } from "./collected-output.ts";

/** What to run, and what it is told. */
export interface StartOptions {
  /**
   * Fields of the description, as one would submit them: `args`, `labels`, `environment` ... A
   * name and an entryPoint need not be given.
   */
  readonly description?: Readonly<Record<string, unknown>>;
  /** `aloha.x.*` settings. */
  readonly conf?: Readonly<Record<string, string>>;
  /** 1 by default. */
  readonly attemptNumber?: number;
}

/** An application that runs in the test's own process. */
export interface StartedApplication extends AsyncDisposable {
  /**
   * How it ends: exit code and message as `aloha status` would show them. Never rejects; whether an
   * end is FINISHED or FAILED follows from `successExitCodes`, which is [0] by default.
   */
  readonly ended: Promise<ApplicationEnd>;
  /** Calls `shutdown(reason)` as `aloha stop` does, and gives the end. There is no grace period here. */
  stop(reason?: string): Promise<ApplicationEnd>;
  /** What it wrote by `this.log`, `this.output`. What it writes by `console.log` goes where the test's own output goes. */
  readonly output: CollectedOutput;
  /** Its directory: temporary, and removed by dispose. */
  readonly applicationDir: string;
}

/**
 * Runs an application without a cluster, from constructor to `clean()`.
 *
 *     await using orders = startApplication(Orders, { description: { args: "2025-11-22" } });
 *     await orders.output.until("loading");
 *     expect(await orders.stop()).toEqual({ exitCode: 0, message: "stopped after 3 orders" });
 *
 * Throws Error if the description could not be submitted either.
 */
export function startApplication(
  type: new () => Application,
  options: StartOptions = {},
): StartedApplication {
  const parsed = parseDescription(
    { name: type.name, entryPoint: `test#${type.name}`, libs: ["test"], ...options.description },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw new Error(parsed.errors.map(({ message }) => message).join("\n"));
  const applicationDir = mkdtempSync(join(tmpdir(), "aloha-application-"));
  const output = new CollectedOutput();
  const attemptNumber = options.attemptNumber ?? 1;
  const appId = "app-20000101000000-0001";
  const run = runApplication(() => type, {
    description: parsed.description,
    applicationDir,
    conf: new AlohaConf(options.conf),
    context: { attempt: `test/${appId}/${attemptNumber}`, appId, attemptNumber, output },
  });
  const ended = endOf(run);
  return {
    ended,
    output,
    applicationDir,
    async stop(reason) {
      run.shutdown(reason ?? null);
      return ended;
    },
    async [Symbol.asyncDispose]() {
      run.shutdown("the test is over");
      await ended;
      rmSync(applicationDir, { recursive: true, force: true });
    },
  };
}

/** Runs an application to its end: `startApplication` for one that ends by itself. */
export async function runToEnd(
  type: new () => Application,
  options: StartOptions = {},
): Promise<ApplicationEnd & { readonly stdout: string; readonly stderr: string }> {
  const application = startApplication(type, options);
  try {
    const end = await application.ended;
    const { stdoutText, stderrText } = application.output;
    return { ...end, stdout: stdoutText, stderr: stderrText };
  } finally {
    rmSync(application.applicationDir, { recursive: true, force: true });
  }
}

async function endOf(run: ApplicationRun): Promise<ApplicationEnd> {
  const end = await run.ended;
  await run.clean();
  return end;
}
