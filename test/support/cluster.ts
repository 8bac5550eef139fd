import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application, WorkerList } from "@aloha/api";
import { TestRunner, onTestFailed } from "vitest";
import { aloha, startAloha } from "./aloha.ts";
import type { Child, ChildOptions, ChildResult } from "./child.ts";
import { Daemon } from "./daemon.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-ports.ts";
import { http, type HttpAnswer } from "./http.ts";
import { killAll, listProcesses, processesNaming, type ProcessInfo } from "./processes.ts";
import { removeControlGroup } from "./remove-control-group.ts";
import { WorkerProcess } from "./worker-process.ts";

export interface ClusterOptions {
  /** How many workers to start (1). */
  readonly workers?: number;
  /** Of each worker (4). */
  readonly cores?: number;
  /** Of each worker (4G). */
  readonly memory?: string;
  readonly recoveryMode?: "FILESYSTEM" | "NONE";
  /** `aloha.*` settings of master and workers. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Begins with `aloha init`: everything asks for a proof. */
  readonly secured?: boolean;
  /** Beside PATH and HOME, of the master. */
  readonly masterEnv?: Readonly<Record<string, string>>;
  /** Beside PATH and HOME, of every worker. */
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** Further arguments of every master or worker. */
  readonly masterArgs?: readonly string[];
  readonly workerArgs?: readonly string[];
}

const endMs = 30_000;
const logTailLength = 6000;

/**
 * A master and workers of a test's own, each a real process, in a directory of their own. Where a test fails
 * their logs are printed. Disposing of it ends everything, supervisors and applications included.
 */
export class Cluster implements AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly rpcPort: number;
  readonly restPort: number;
  readonly master: Daemon;
  readonly workers: WorkerProcess[] = [];
  readonly #options: ClusterOptions;
  #lastLogs = "";
  #token: string | undefined;

  private constructor(
    options: ClusterOptions,
    directory: string,
    rpcPort: number,
    restPort: number,
  ) {
    this.#options = options;
    this.directory = directory;
    this.rpcPort = rpcPort;
    this.restPort = restPort;
    this.url = `http://127.0.0.1:${restPort}`;
    this.master = new Daemon({
      name: "master",
      args: [
        ...["master", "-h", "127.0.0.1", "-p", String(rpcPort), "--rest-port", String(restPort)],
        ...[
          "--recovery-mode",
          options.recoveryMode ?? "FILESYSTEM",
          "--recovery-directory",
          join(directory, "recovery"),
        ],
        ...settingArguments(options),
        ...(options.masterArgs ?? []),
      ],
      env: { ...this.#environment(), ...options.masterEnv },
      logFile: join(directory, "master.log"),
      isReady: async () => (await http("GET", `${this.url}/readyz`)).status === 200,
    });
  }

  /** Starts a master and its workers; settles once all of them serve. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), "aloha-e2e-"));
    const cluster = new Cluster(options, directory, await freePort(), await freePort());
    if (TestRunner.getCurrentTest() !== undefined) cluster.showLogsIfTestFails();
    try {
      await mkdir(join(directory, "conf"));
      if (options.secured === true) await cluster.#secure();
      await cluster.master.start();
      for (let n = 0; n < (options.workers ?? 1); n += 1) await cluster.addWorker();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The first worker. */
  get worker(): WorkerProcess {
    const [first] = this.workers;
    if (first === undefined) throw new Error("the cluster has no worker");
    return first;
  }

  /** Starts one more worker; `args` are stronger than those of the cluster, `masterPort` is of a proxy in between. */
  async addWorker(
    args: readonly string[] = [],
    masterPort: number = this.rpcPort,
  ): Promise<WorkerProcess> {
    const name = `worker-${this.workers.length + 1}`;
    const port = await freePort();
    const workDirectory = join(this.directory, name);
    const worker: WorkerProcess = new WorkerProcess(workDirectory, {
      name,
      args: [
        ...["worker", "-h", "127.0.0.1", "-p", String(port), "-d", workDirectory],
        ...["-c", String(this.#options.cores ?? 4), "-m", this.#options.memory ?? "4G"],
        ...settingArguments(this.#options),
        ...(this.#options.workerArgs ?? []),
        ...args,
        `aloha://127.0.0.1:${masterPort}`,
      ],
      env: { ...this.#environment(), ...this.#options.workerEnv },
      logFile: join(this.directory, `${name}.log`),
      isReady: () => this.#countsOn(worker, port),
    });
    this.workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Runs `aloha` against this cluster. */
  aloha(args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
    return aloha(args, { ...options, env: this.#clientEnvironment(options) });
  }

  startAloha(args: readonly string[], options: ChildOptions = {}): Child {
    return startAloha(args, { ...options, env: this.#clientEnvironment(options) });
  }

  get(path: string): Promise<HttpAnswer> {
    return http("GET", this.url + path, undefined, this.#token);
  }

  post(path: string, body: unknown): Promise<HttpAnswer> {
    return http("POST", this.url + path, body, this.#token);
  }

  /** Submits over HTTP and gives the id. `name` is test and `entryPoint` shell unless told otherwise. */
  async submit(fields: Readonly<Record<string, unknown>>): Promise<string> {
    const answer = await this.post("/api/v1/applications", {
      name: "test",
      entryPoint: "shell",
      memory: 64,
      ...fields,
    });
    if (answer.status !== 201) throw new Error(`not submitted: ${answer.status} ${answer.text}`);
    return answer.json<{ readonly id: string }>().id;
  }

  async application(id: string): Promise<Application> {
    const answer = await this.get(`/api/v1/applications/${id}`);
    if (answer.status !== 200) throw new Error(`no application: ${answer.status} ${answer.text}`);
    return answer.json<Application>();
  }

  untilState(id: string, state: Application["state"], timeoutMs = endMs): Promise<Application> {
    return this.#until(id, `be ${state}`, timeoutMs, (application) => application.state === state);
  }

  untilEnded(id: string, timeoutMs = endMs): Promise<Application> {
    return this.#until(id, "end", timeoutMs, (application) => application.end !== null);
  }

  /** The processes of an application (of all, without an id) on the workers of this very cluster: ids are unique within a cluster only. */
  processes(id?: string): readonly ProcessInfo[] {
    const workers = new Set(this.workers.flatMap((worker) => worker.workerIdIfKnown ?? []));
    return listProcesses().filter(
      ({ environment }) =>
        workers.has(environment.get("ALOHA_WORKER_ID") ?? "") &&
        (id === undefined || environment.get("ALOHA_APP_ID") === id),
    );
  }

  /** Where the output of an application is, which one of the workers has. */
  outputPath(
    id: string,
    stream: "stdout" | "stderr" = "stdout",
    worker: WorkerProcess = this.worker,
  ): string {
    return join(worker.workDirectory, id, stream);
  }

  output(
    id: string,
    stream: "stdout" | "stderr" = "stdout",
    worker: WorkerProcess = this.worker,
  ): string {
    return readFileSync(this.outputPath(id, stream, worker), "utf8");
  }

  /** Writes a file into the directory of the cluster and gives its path. */
  async write(name: string, text: string | Uint8Array): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  /** To be called in `beforeEach` where tests share a cluster. */
  showLogsIfTestFails(): void {
    onTestFailed(() => {
      process.stderr.write(this.#lastLogs === "" ? this.#logs() : this.#lastLogs);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lastLogs = this.#logs();
    for (const daemon of [...this.workers, this.master]) {
      if (daemon.isRunning) await daemon.kill("SIGKILL");
    }
    const sockets = processesNaming(`${this.directory}/`).flatMap(({ commandLine }) =>
      commandLine.filter((argument) => argument.endsWith(".sock")),
    );
    // Supervisors name their directory; what they run, and their guardians, end with them or are found by their mark.
    await killAll(() => processesNaming(`${this.directory}/`), "daemons and supervisors");
    await killAll(() => this.processes(), "applications");
    for (const worker of this.workers) await removeControlGroup(worker.workDirectory);
    for (const socket of sockets) rmSync(socket, { force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #until(
    id: string,
    what: string,
    timeoutMs: number,
    isSo: (application: Application) => boolean,
  ): Promise<Application> {
    let seen = "unknown";
    return eventually(
      async () => {
        const application = await this.application(id);
        seen = application.state;
        return isSo(application) ? application : undefined;
      },
      timeoutMs,
      `${id} to ${what}`,
    ).catch((error: unknown) => {
      throw new Error(`${id} is ${seen}`, { cause: error });
    });
  }

  /** The master has heard from this very start of the worker. */
  async #countsOn(worker: WorkerProcess, port: number): Promise<boolean> {
    const { workers } = (await this.get("/api/v1/workers")).json<WorkerList>();
    const known = workers.find(
      (candidate) => candidate.port === port && candidate.id === worker.workerIdIfKnown,
    );
    return (
      known !== undefined &&
      known.mode === "ALIVE" &&
      known.heardMsAgo !== null &&
      known.incarnation === worker.incarnation
    );
  }

  async #secure(): Promise<void> {
    const made = await aloha(["init"], { env: this.#environment() });
    if (made.exitCode !== 0) throw new Error(`aloha init: ${made.stderr}`);
    this.#token = readFileSync(join(this.directory, "conf/security/admin.token"), "utf8").trim();
  }

  /** A command on the same host finds the administrator's token where the daemons' configuration is. */
  #clientEnvironment({ env }: ChildOptions): Record<string, string> {
    const secrets = this.#options.secured === true ? this.#environment() : {};
    return { ALOHA_MASTER_URL: this.url, ...secrets, ...env };
  }

  #environment(): Record<string, string> {
    return { ALOHA_HOME: this.directory, ALOHA_CONF_DIR: join(this.directory, "conf") };
  }

  #logs(): string {
    const files = [this.master, ...this.workers].flatMap((daemon) => [
      daemon.logFile,
      ...supervisorLogs(daemon),
    ]);
    return files.map((file) => `--- ${file}\n${tail(file)}\n`).join("");
  }
}

const spawnerKey = "aloha.supervisor.spawner";

/** ALOHA_TEST_SPAWNER=node runs every test that does not say otherwise with processes started from Node. */
function settingArguments({ settings = {} }: ClusterOptions): readonly string[] {
  const spawner = process.env["ALOHA_TEST_SPAWNER"];
  const all = { ...(spawner === undefined ? {} : { [spawnerKey]: spawner }), ...settings };
  return Object.entries(all).map(([key, value]) => `-D${key}=${value}`);
}

function supervisorLogs(daemon: Daemon): readonly string[] {
  if (!(daemon instanceof WorkerProcess)) return [];
  return ["supervisor.log", "supervisor.err"].map((name) =>
    join(daemon.workDirectory, ".aloha/supervisor", name),
  );
}

function tail(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-logTailLength);
  } catch {
    return "(no log)";
  }
}
