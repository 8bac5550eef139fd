import { silentLogger, type Runtime } from "@aloha/runtime";
import { createNodeRuntime } from "@aloha/runtime/node";
import { onTestFinished } from "vitest";
import { startMaster, type RunningMaster, type StartMasterOptions } from "../src/index.ts";

export const softwareVersion = "0.1.0-test";

export function testRuntime(): Runtime {
  return createNodeRuntime({ logger: silentLogger });
}

export interface TestMaster {
  readonly master: RunningMaster;
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/** A real master on free ports, stopped after the test. */
export async function runningMaster(
  options: Partial<StartMasterOptions> = {},
): Promise<TestMaster> {
  const master = await startMaster({
    host: "127.0.0.1",
    port: 0,
    rest: { host: "127.0.0.1", port: 0 },
    recoveryMode: "NONE",
    runtime: testRuntime(),
    softwareVersion,
    ...options,
  });
  onTestFinished(() => master.stop());
  return { master, url: `http://127.0.0.1:${master.restAddress?.port ?? 0}` };
}

/** An election that is never held. */
export const neverElected: NonNullable<StartMasterOptions["election"]> = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
