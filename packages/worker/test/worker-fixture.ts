import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  descriptionDefaults,
  isAttemptKey,
  type ApplicationDescription,
  type AttemptKey,
  type Directive,
} from "@aloha/core";
import { silentLogger, type Runtime } from "@aloha/runtime";
import { createNodeRuntime } from "@aloha/runtime/node";
import { startWorker, type RunningWorker, type WorkerStartOptions } from "../src/index.ts";
import { FakeMaster, testClusterId } from "./fake-master.ts";

export const runtime: Runtime = createNodeRuntime({ logger: silentLogger });

export function key(number: number, attempt = 1): AttemptKey {
  const text = `${testClusterId}/app-20260101000000-${String(number).padStart(4, "0")}/${attempt}`;
  if (!isAttemptKey(text)) throw new Error(`${text} is no attempt`);
  return text;
}

export function launch(
  attempt: AttemptKey,
  args: string | readonly string[],
  changes: Partial<ApplicationDescription> = {},
): Directive {
  const description: ApplicationDescription = {
    ...descriptionDefaults(),
    name: "test app",
    entryPoint: "shell",
    args,
    libs: [],
    milliCores: 100,
    memoryMiB: 64,
    supervise: false,
    restart: { on: [], maxAttempts: 3, windowMs: 1, backoffInitialMs: 1, backoffMaxMs: 1 },
    onDisconnect: "keep",
    timeoutMs: null,
    stop: { signal: "SIGTERM", graceMs: 500 },
    successExitCodes: [0],
    environment: {},
    labels: {},
    logs: { segmentBytes: 65_536, keep: 4, compress: false },
    ...changes,
  };
  return { kind: "launch", attempt, description };
}

/** A work directory of its own, a master, and workers on it; everything is ended and deleted with it. */
export class WorkerFixture implements AsyncDisposable {
  readonly directory: string;
  readonly master: FakeMaster;
  readonly workers: RunningWorker[] = [];

  static async create(): Promise<WorkerFixture> {
    return new WorkerFixture(
      await mkdtemp(join(tmpdir(), "aloha-worker-")),
      await FakeMaster.start(runtime),
    );
  }

  private constructor(directory: string, master: FakeMaster) {
    this.directory = directory;
    this.master = master;
  }

  async start(changes: Partial<WorkerStartOptions> = {}): Promise<RunningWorker> {
    const worker = await startWorker({
      runtime,
      listen: { host: "127.0.0.1", port: 0 },
      milliCores: 4000,
      memoryMiB: 2048,
      workDirectory: join(this.directory, "work"),
      masters: [this.master.address],
      trustRefusal: false,
      cleanup: null,
      softwareVersion: "test",
      environment: { PATH: process.env["PATH"], SECRET: "no", SHARED: "yes" },
      supervisorArguments: ["--containment", "group"],
      ...changes,
    });
    this.workers.push(worker);
    return worker;
  }

  path(...names: string[]): string {
    return join(this.directory, "work", ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workers.at(-1)?.stop({ stopWork: true });
    await this.master[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}
