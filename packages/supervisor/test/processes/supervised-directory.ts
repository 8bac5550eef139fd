import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatAttemptKey } from "@aloha/core";
import type { AttemptKey, AttemptOutcome, StartSpec, SupervisorReport } from "@aloha/core";
import { createNodeRuntime, findMarkedProcesses } from "@aloha/runtime/node";
import { silentLogger } from "@aloha/runtime";
import { openSupervisorClient, type SupervisorClient } from "@aloha/supervisor";

const epoch = { number: 1, nonce: "one" };

/** A real supervisor in a directory of its own, and a worker attached to it. */
export class SupervisedDirectory implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "aloha-supervisor-"));
  readonly reports: SupervisorReport[] = [];
  readonly #arguments: readonly string[];
  #client: SupervisorClient;
  #watchers: (() => void)[] = [];
  #stamp = 0;
  #incarnation = 1;

  constructor(launchArguments: readonly string[] = []) {
    this.#arguments = launchArguments;
    this.#client = this.#open();
  }

  #open(): SupervisorClient {
    return openSupervisorClient({
      runtime: createNodeRuntime({ logger: silentLogger }),
      directory: this.path,
      workerId: "w1",
      incarnation: this.#incarnation,
      launch: { arguments: this.#arguments },
      onReport: (report) => {
        this.reports.push(report);
        for (const watcher of [...this.#watchers]) watcher();
      },
    });
  }

  /** The worker goes away; its supervisor stays. */
  detach(): void {
    this.#client.close();
  }

  /** A newly started worker. */
  reattach(): void {
    this.#incarnation++;
    this.#client = this.#open();
  }

  /** The first report (from number `from` on) for which `find` gives something. */
  async report<Found>(
    find: (report: SupervisorReport) => Found | undefined,
    from = 0,
  ): Promise<Found> {
    const look = (): Found | undefined => {
      for (const report of this.reports.slice(from)) {
        const found = find(report);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const already = look();
    if (already !== undefined) return already;
    return new Promise((resolve) => {
      const watcher = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#watchers = this.#watchers.filter((other) => other !== watcher);
        resolve(found);
      };
      this.#watchers.push(watcher);
    });
  }

  attached(from = 0): Promise<Extract<SupervisorReport, { kind: "attached" }>> {
    return this.report((report) => (report.kind === "attached" ? report : undefined), from);
  }

  async start(
    number: number,
    argv: readonly string[],
    changes: Partial<StartSpec> & { leaseMs?: number } = {},
  ): Promise<void> {
    await this.attached();
    const { leaseMs = 60_000, ...spec } = changes;
    const stamp = ++this.#stamp;
    const attempt = attemptKey(number);
    this.#client.send({ kind: "stamp", stamp });
    this.#client.send({
      kind: "start",
      attempt,
      stamp,
      leaseMs,
      authority: { epoch, incarnation: this.#incarnation },
      spec: {
        argv,
        workingDirectory: this.path,
        environment: { PATH: "/usr/bin:/bin", ALOHA_ATTEMPT: attempt },
        outputDirectory: this.output(number),
        logs: { segmentBytes: 1024 * 1024, rollEveryMs: null, keep: 4, compress: false },
        stop: { signal: "SIGTERM", graceMs: 300 },
        onDisconnect: "fence",
        timeLimitMs: null,
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: null,
        milliCores: 1000,
        memoryMiB: 256,
        ...spec,
      },
    });
  }

  async started(number: number): Promise<number> {
    return this.report((report) =>
      report.kind === "started" && report.attempt === attemptKey(number) ? report.pid : undefined,
    );
  }

  kill(number: number, immediately = false): void {
    this.#client.send({
      kind: "kill",
      attempt: attemptKey(number),
      immediately,
      authority: { epoch, incarnation: this.#incarnation },
    });
  }

  async ended(number: number): Promise<AttemptOutcome> {
    return this.report((report) => {
      if (report.kind === "ended")
        return report.attempt === attemptKey(number) ? report.outcome : undefined;
      if (report.kind !== "attached") return undefined;
      const listed = report.attempts.find((attempt) => attempt.attempt === attemptKey(number));
      return listed?.kind === "ended" ? listed.outcome : undefined;
    });
  }

  output(number: number): string {
    return join(this.path, "out", String(number));
  }

  text(number: number, name = "stdout"): string {
    return readFileSync(join(this.output(number), name), "utf8");
  }

  get supervisorPid(): number {
    return (JSON.parse(readFileSync(join(this.path, "supervisor.lock"), "utf8")) as { pid: number })
      .pid;
  }

  /** The guardian is the only shell that the supervisor has as a child. */
  get guardianPid(): number {
    const children = readFileSync(
      `/proc/${this.supervisorPid}/task/${this.supervisorPid}/children`,
      "utf8",
    );
    const pids = children
      .split(" ")
      .filter(
        (pid) =>
          pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("aloha-guardian"),
      );
    return Number(pids[0]);
  }

  /** The spawn agent is the only process that names this directory and is no supervisor. */
  get agentPid(): number {
    const agents = readdirSync("/proc").filter((name) => {
      const [program = "", , directory] = commandOf(Number(name)).split("\0");
      return program.includes("spawn-agent") && directory === this.path;
    });
    return Number(agents[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { supervisorPid } = this;
    this.#client.send({ kind: "shutdown", killAll: true });
    this.#client.close();
    await until(() => !isThere(supervisorPid));
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Of this run alone: processes are found by their mark on the whole host, where other tests may run. */
const clusterId = `test-${randomUUID()}`;

export function attemptKey(number: number): AttemptKey {
  return formatAttemptKey({
    clusterId,
    appId: `app-20260101000000-${String(number).padStart(4, "0")}`,
    number: 1,
  });
}

/** Processes of an attempt, wherever they are. */
export function processesOf(number: number, excluding = ""): readonly number[] {
  const pids = findMarkedProcesses("ALOHA_ATTEMPT", attemptKey(number)).pids;
  return pids.filter((pid) => excluding === "" || !commandOf(pid).includes(excluding));
}

function commandOf(pid: number): string {
  if (Number.isNaN(pid)) return "";
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

export function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function filesIn(directory: string): readonly string[] {
  return readdirSync(directory).sort();
}
