import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AlohaClient } from "@aloha/api/client";
import { Daemon } from "./daemon.ts";

export interface BenchClusterOptions {
  /** Fresh; gets everything that the daemons write. */
  readonly directory: string;
  /** What the worker offers; no worker without. */
  readonly worker?: {
    readonly cores: number;
    readonly memory: string;
    /** `aloha.*` settings. */
    readonly settings?: Readonly<Record<string, string>>;
  };
}

const host = "127.0.0.1";
const REGISTER_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** A master that keeps what it accepts on disk, and a worker where asked for: real processes on free ports. */
export class BenchCluster implements AsyncDisposable {
  readonly url: string;
  readonly #master: Daemon;
  readonly #worker: Daemon | undefined;

  private constructor(url: string, master: Daemon, worker: Daemon | undefined) {
    this.url = url;
    this.#master = master;
    this.#worker = worker;
  }

  /** Settles when the master leads and the worker is registered. */
  static async start(options: BenchClusterOptions): Promise<BenchCluster> {
    const { directory } = options;
    const master = await Daemon.start(
      [
        ...["master", "--host", host, "--port", "0", "--rest-port", "0"],
        ...["--recovery-mode", "FILESYSTEM"],
        ...["--recovery-directory", join(directory, "recovery")],
      ],
      directory,
    );
    try {
      const { url, address } = master.ready;
      if (url === null) throw new Error("The master has no HTTP.");
      const worker = await startWorker(options, address);
      const cluster = new BenchCluster(url, master, worker);
      try {
        if (worker !== undefined) await cluster.#workerIsCountedOn();
        return cluster;
      } catch (error) {
        await worker?.stop();
        throw error;
      }
    } catch (error) {
      await master.stop();
      throw error;
    }
  }

  get client(): AlohaClient {
    return new AlohaClient({
      masters: [this.url],
      newRequestId: () => crypto.randomUUID(),
      pause,
    });
  }

  get masterPid(): number {
    return this.#master.pid;
  }

  get workerPid(): number {
    if (this.#worker === undefined) throw new Error("This cluster has no worker.");
    return this.#worker.pid;
  }

  /** The process that owns the applications: a child of the worker until the worker ends. */
  get supervisorPid(): number {
    const pid = childrenOf(this.workerPid).find((child) =>
      readFileSync(`/proc/${child}/cmdline`, "latin1").includes("supervisor"),
    );
    if (pid === undefined) throw new Error("The worker has no supervisor.");
    return pid;
  }

  /** Settles when the master would place something on the worker. */
  async #workerIsCountedOn(): Promise<void> {
    const { client } = this;
    const deadlineMs = performance.now() + REGISTER_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const workers = await client.workers();
      if (workers.some(({ mode }) => mode === "ALIVE")) return;
      await pause(POLL_MS);
    }
    throw new Error(`The worker was not registered within ${REGISTER_TIMEOUT_MS / 1000} s.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#worker?.stop();
    } finally {
      await this.#master.stop();
    }
  }
}

async function startWorker(
  { directory, worker }: BenchClusterOptions,
  masterAddress: string,
): Promise<Daemon | undefined> {
  if (worker === undefined) return undefined;
  return await Daemon.start(
    [
      ...["worker", "--host", host, "--port", "0", "--work-dir", join(directory, "work")],
      ...["--cores", String(worker.cores), "--memory", worker.memory],
      ...Object.entries(worker.settings ?? {}).map(([key, value]) => `-D${key}=${value}`),
      `aloha://${masterAddress}`,
    ],
    directory,
  );
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** Undefined if it has ended meanwhile. */
function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
