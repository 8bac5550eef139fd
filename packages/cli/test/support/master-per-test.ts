import { afterEach, beforeEach } from "vitest";
import { runCaptured } from "./captured-context.ts";
import type { CaptureOptions, CommandResult } from "./captured-context.ts";
import { endedApplication, startFakeMaster } from "./fake-master.ts";
import type { FakeMaster } from "./fake-master.ts";

/** A fake master for each test, and a command line that knows it. */
export interface MasterPerTest {
  readonly master: FakeMaster;
  aloha(argv: readonly string[], options?: CaptureOptions): Promise<CommandResult>;
  /** Applications that are submitted from now on end at once, like this. */
  endWith(
    end: Parameters<typeof endedApplication>[1],
    output?: { readonly stdout?: string; readonly stderr?: string },
  ): void;
}

/** To be called at the top of a test file. */
export function masterPerTest(): MasterPerTest {
  let master: FakeMaster | undefined;
  const current = (): FakeMaster => {
    if (master === undefined) throw new Error("the master is there during tests only");
    return master;
  };
  beforeEach(async () => {
    master = await startFakeMaster();
  });
  afterEach(async () => {
    await master?.[Symbol.asyncDispose]();
  });
  return {
    get master() {
      return current();
    },
    aloha: (argv, options = {}) =>
      runCaptured(argv, {
        ...options,
        environment: { ALOHA_MASTER_URL: current().url, ...options.environment },
      }),
    endWith(end, output = {}) {
      const fake = current();
      fake.onSubmit = (application) => {
        fake.applications.set(application.id, endedApplication(application, end));
        fake.output.set(`${application.id}/stdout`, output.stdout ?? "");
        fake.output.set(`${application.id}/stderr`, output.stderr ?? "");
      };
    },
  };
}
