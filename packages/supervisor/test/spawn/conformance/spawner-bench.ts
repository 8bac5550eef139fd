import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { formatAttemptKey } from "@aloha/core";
import type { AttemptKey, StartSpec } from "@aloha/core";
import { silentLogger } from "@aloha/runtime";
import { createNodeRuntime } from "@aloha/runtime/node";
import { detectContainment } from "../../../src/containment/detect-containment.ts";
import type { TreeContainment } from "../../../src/containment/containment.ts";
import type { GuardEntry } from "../../../src/core/index.ts";
import type { AgentPlace } from "../../../src/spawn/agent/open-agent.ts";
import type { AgentChoice } from "../../../src/spawn/choose-agent.ts";
import { createSpawner } from "../../../src/spawn/create-spawner.ts";
import type { Spawner, SpawnerInput } from "../../../src/spawn/spawner.ts";

/** Chooses the spawner to be tried out. */
export type OpenSpawner = (place: AgentPlace) => Promise<AgentChoice>;

export type InputOf<Kind extends SpawnerInput["kind"]> = Extract<SpawnerInput, { kind: Kind }>;

/** A spawner with nothing behind it that decides: what it says is noted, what it is to do is told by hand. */
export class SpawnerBench implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "aloha-spawner-"));
  readonly inputs: SpawnerInput[] = [];
  readonly alerts: string[] = [];
  readonly runtime = createNodeRuntime({ logger: silentLogger });
  readonly containment: TreeContainment;
  readonly fences = new Map<AttemptKey, number>();
  readonly #clusterId = `spawner-${randomUUID()}`;
  #spawner: Spawner | null = null;
  #watchers: (() => void)[] = [];
  #last = 0;

  private constructor() {
    this.containment = detectContainment({
      directory: this.directory,
      mode: "auto",
      cgroupRoot: null,
      limits: true,
      timers: this.runtime.timers,
    });
  }

  static async open(open: OpenSpawner): Promise<SpawnerBench> {
    const bench = new SpawnerBench();
    const { runtime, directory } = bench;
    const agentPlace = { runtime, directory, socketPath: join(directory, "agent") };
    bench.#spawner = createSpawner(await open(agentPlace), {
      runtime,
      logger: silentLogger,
      containment: bench.containment,
      agentPlace,
      prefix: join(directory, "spawner"),
      table: () => bench.#table(),
      events: {
        onInput: (input) => {
          bench.inputs.push(input);
          for (const watcher of [...bench.#watchers]) watcher();
        },
        onAlert: (_code, message) => void bench.alerts.push(message),
      },
    });
    bench.spawner.begin();
    bench.spawner.resume();
    await bench.input("guardian");
    return bench;
  }

  get spawner(): Spawner {
    if (this.#spawner === null) throw new Error("not open yet");
    return this.#spawner;
  }

  /** Starts `argv`, and says under which name. */
  start(
    argv: readonly string[],
    changes: Partial<StartSpec> & { fenceBootMs?: number } = {},
  ): AttemptKey {
    const { fenceBootMs = null, ...spec } = changes;
    const attempt = formatAttemptKey({
      clusterId: this.#clusterId,
      appId: `app-20260101000000-${String(++this.#last).padStart(4, "0")}`,
      number: 1,
    });
    if (fenceBootMs !== null) this.fences.set(attempt, fenceBootMs);
    this.spawner.spawn({
      attempt,
      fenceBootMs,
      leaseMs: 60_000,
      spec: {
        argv,
        workingDirectory: this.directory,
        environment: { PATH: "/usr/bin:/bin", ALOHA_ATTEMPT: attempt },
        outputDirectory: this.outputOf(attempt),
        logs: { segmentBytes: 1024 * 1024, rollEveryMs: null, keep: 4, compress: false },
        stop: { signal: "SIGTERM", graceMs: 300 },
        onDisconnect: fenceBootMs === null ? "keep" : "fence",
        timeLimitMs: null,
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: null,
        milliCores: 1000,
        memoryMiB: 64,
        ...spec,
      },
    });
    return attempt;
  }

  /** The first input of that kind, about that attempt if one is named. */
  async input<Kind extends SpawnerInput["kind"]>(
    kind: Kind,
    attempt?: AttemptKey,
  ): Promise<InputOf<Kind>> {
    const find = (): InputOf<Kind> | undefined =>
      this.inputs.find(
        (input): input is InputOf<Kind> =>
          input.kind === kind &&
          (attempt === undefined || ("attempt" in input && input.attempt === attempt)),
      );
    const already = find();
    if (already !== undefined) return already;
    return new Promise((resolve) => {
      const watcher = (): void => {
        const found = find();
        if (found === undefined) return;
        this.#watchers = this.#watchers.filter((other) => other !== watcher);
        resolve(found);
      };
      this.#watchers.push(watcher);
    });
  }

  /** Waits for the end of an attempt, makes sure of it as the supervisor would, and lets go of it. */
  async ended(attempt: AttemptKey): Promise<InputOf<"exited">> {
    const exited = await this.input("exited", attempt);
    const main = null;
    if (exited.treeEmpty === null) this.containment.kill({ attempt, main });
    this.spawner.drain(attempt);
    await this.input("output-drained", attempt);
    this.spawner.release(attempt);
    this.fences.delete(attempt);
    return exited;
  }

  outputOf(attempt: AttemptKey): string {
    return join(this.directory, "out", attempt.replaceAll("/", "_"));
  }

  /** Everything in the file of a stream; nothing if there is no file. */
  textOf(attempt: AttemptKey, stream = "stdout"): string {
    try {
      return readFileSync(join(this.outputOf(attempt), stream), "utf8");
    } catch {
      return "";
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.spawner.close(false);
    this.containment.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #table(): readonly GuardEntry[] {
    return [...this.fences].map(([attempt, fenceBootMs]) => ({ attempt, main: null, fenceBootMs }));
  }
}
