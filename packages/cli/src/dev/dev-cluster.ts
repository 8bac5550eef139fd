import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AlohaError } from "@aloha/core/vocabulary";
import type { Clock } from "@aloha/runtime";
import type { CommandContext } from "../command-context.ts";
import { openClient } from "../client-options.ts";
import { requireFreePort } from "../free-port.ts";
import { formatSeconds } from "../output/format-age.ts";
import { pause } from "../pause.ts";
import { untilEarlierWorkerLeft } from "./earlier-worker.ts";
import { openDevDirectory } from "./dev-directory.ts";
import type { DevDirectory } from "./dev-directory.ts";
import type { DevScreen } from "./dev-screen.ts";
import { ManagedProcess } from "./managed-process.ts";

export interface DevClusterOptions {
  readonly directory: string;
  readonly port: number;
  readonly restPort: number;
  readonly cores: string | undefined;
  readonly memory: string | undefined;
  /** `aloha.x=y` of every `-D`, for master and worker. */
  readonly properties: readonly string[];
}

const host = "127.0.0.1";
/** Daemons of an earlier run that was killed stop by themselves; their ports are free after that. */
const portPatienceMs = 5000;
const workerStopLimitMs = 30_000;
const masterStopLimitMs = 15_000;
const logTailLength = 2000;
const registrationLimitMs = 15_000;
const registrationPollMs = 50;

/** A master and a worker on this host, each a process of its own that is started again when it dies. */
export class DevCluster {
  readonly url: string;
  readonly directory: DevDirectory;
  readonly #screen: DevScreen;
  readonly #clock: Clock;
  readonly #master: ManagedProcess;
  readonly #worker: ManagedProcess;

  private constructor(
    context: CommandContext,
    options: DevClusterOptions,
    directory: DevDirectory,
    screen: DevScreen,
  ) {
    this.url = `http://${host}:${options.restPort}`;
    this.directory = directory;
    this.#screen = screen;
    this.#clock = context.clock;
    this.#master = this.#managed(context, "master", [
      ...[
        "master",
        "--host",
        host,
        "--port",
        String(options.port),
        "--rest-port",
        String(options.restPort),
      ],
      ...["--recovery-mode", "FILESYSTEM", "--recovery-directory", directory.recovery],
      ...["--log-format", "text"],
      ...options.properties.map((property) => `-D${property}`),
    ]);
    this.#worker = this.#managed(context, "worker", [
      ...["worker", "--host", host, "--port", "0", "--work-dir", directory.work],
      ...["--log-format", "text"],
      ...(options.cores === undefined ? [] : ["--cores", options.cores]),
      ...(options.memory === undefined ? [] : ["--memory", options.memory]),
      ...options.properties.map((property) => `-D${property}`),
      `aloha://${host}:${options.port}`,
    ]);
  }

  /** Starts both; throws AlohaError that says what is wrong, with nothing left behind. */
  static async start(
    context: CommandContext,
    options: DevClusterOptions,
    screen: DevScreen,
  ): Promise<DevCluster> {
    const directory = await openDevDirectory(options.directory);
    const cluster = new DevCluster(context, options, directory, screen);
    try {
      const patienceMs = directory.wasUsed ? portPatienceMs : 0;
      await requireFreePort(context, { host, port: options.port, flag: "--port" }, patienceMs);
      await requireFreePort(
        context,
        { host, port: options.restPort, flag: "--rest-port" },
        patienceMs,
      );
      await cluster.#startPart(cluster.#master, () => Promise.resolve());
      if (directory.wasUsed) await untilEarlierWorkerLeft(context, directory.work);
      await cluster.#startPart(cluster.#worker, () => cluster.#untilWorkerServes(context));
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Ends the worker with its work and its supervisor, then the master. */
  async stop(): Promise<void> {
    for (const [part, limitMs] of [
      [this.#worker, workerStopLimitMs],
      [this.#master, masterStopLimitMs],
    ] as const) {
      const startedAt = this.#clock.monotonicMs();
      const outcome = await part.stop({ kind: "stop", stopWork: true }, limitMs);
      const took = formatSeconds(this.#clock.monotonicMs() - startedAt);
      if (outcome === "stopped") this.#screen.say(part.name, `stopped in ${took}`);
      if (outcome === "killed")
        this.#screen.say(part.name, `did not stop within ${limitMs / 1000} s and was killed`);
    }
    await this.directory.lock.release();
  }

  /** Ends both processes at once. The supervisor then ends its applications when their lease is over, or goes on with them. */
  kill(): void {
    this.#worker.kill();
    this.#master.kill();
  }

  #managed(context: CommandContext, name: string, argv: readonly string[]): ManagedProcess {
    const logFile = join(this.directory.logs, `${name}.log`);
    return new ManagedProcess({
      name,
      argv: [fileURLToPath(new URL("../main.js", import.meta.url)), ...argv],
      environment: { ...context.environment, ALOHA_CONF_DIR: this.directory.configuration },
      logFile,
      clock: context.clock,
      timers: context.timers,
      listener: {
        restarted: (message, startupMs) => this.#screen.ready(name, startupMs, message.summary),
        died: (how, restartMs) =>
          this.#screen.say(
            name,
            `${how}; starting it again in ${formatSeconds(restartMs)} (log: ${logFile})`,
          ),
      },
    });
  }

  /** Starts one part and says so once it serves. */
  async #startPart(part: ManagedProcess, serves: () => Promise<void>): Promise<void> {
    const startedAt = this.#clock.monotonicMs();
    try {
      const { summary } = await part.start();
      await serves();
      this.#screen.ready(part.name, this.#clock.monotonicMs() - startedAt, summary);
    } catch (error) {
      const how = error instanceof Error ? error.message : String(error);
      const log = join(this.directory.logs, `${part.name}.log`);
      throw new AlohaError(
        "refused",
        `the ${part.name} ${how}. The end of ${log}:\n${await tail(log)}`,
        { cause: error },
      );
    }
  }

  /** A worker is of use once the master counts on it. */
  async #untilWorkerServes(context: CommandContext): Promise<void> {
    const client = await openClient(context, { master: this.url });
    const deadline = this.#clock.monotonicMs() + registrationLimitMs;
    for (;;) {
      const workers = await client.workers();
      if (workers.some((worker) => worker.mode === "ALIVE" && worker.heardMsAgo !== null)) return;
      if (this.#clock.monotonicMs() > deadline) {
        throw new Error(`did not register with the master within ${registrationLimitMs / 1000} s`);
      }
      await pause(context.timers, registrationPollMs);
    }
  }
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  return text.slice(-logTailLength).trim();
}
