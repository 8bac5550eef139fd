import { formatAttemptKey, supervisorProtocolVersion } from "@aloha/core";
import type {
  AttemptKey,
  Containment,
  StartSpec,
  SupervisorCommand,
  SupervisorReport,
} from "@aloha/core";
import {
  createSupervisorState,
  defaultSupervisorLimits,
  step,
  type GuardianNote,
  type HeldAttempt,
  type JournalEntry,
  type SupervisorEffect,
  type SupervisorInput,
  type SupervisorLimits,
  type SupervisorState,
} from "@aloha/supervisor/core";

export const epochOne = { number: 1, nonce: "one" } as const;

export function keyOf(number: number): AttemptKey {
  return formatAttemptKey({
    clusterId: "c1",
    appId: `app-20260101000000-${String(number).padStart(4, "0")}`,
    number: 1,
  });
}

export const specOf = (changes: Partial<StartSpec> = {}): StartSpec => ({
  argv: ["true"],
  workingDirectory: "/",
  environment: {},
  outputDirectory: "/out",
  logs: { segmentBytes: 1024, rollEveryMs: null, keep: 1, compress: false },
  stop: { signal: "SIGTERM", graceMs: 5_000 },
  onDisconnect: "fence",
  timeLimitMs: null,
  openFilesMax: null,
  account: null,
  messagePath: null,
  hosted: null,
  milliCores: 1,
  memoryMiB: 1,
  ...changes,
});

/** Drives the core by hand: nothing is durable, no time passes, until told. */
export class BenchSupervisor {
  readonly state: SupervisorState;
  readonly journal: JournalEntry[] = [];
  readonly reports: SupervisorReport[] = [];
  bootMs = 100_000;
  #sequence = 0;

  constructor(
    options: {
      containment?: Containment;
      limits?: Partial<SupervisorLimits>;
      entries?: readonly JournalEntry[];
      notes?: readonly GuardianNote[];
      held?: readonly HeldAttempt[];
      bootId?: string;
    } = {},
  ) {
    this.state = createSupervisorState({
      hostSocketPath: "/run/hosts",
      bootId: options.bootId ?? "boot-1",
      containment: options.containment ?? "cgroup",
      limits: { ...defaultSupervisorLimits, ...options.limits },
    });
    this.recovery = this.feed({
      kind: "recovered",
      entries: options.entries ?? [],
      notes: options.notes ?? [],
      held: options.held ?? [],
    });
    this.feed({ kind: "guardian", event: "up", message: "" });
  }

  readonly recovery: readonly SupervisorEffect[];

  feed(input: SupervisorInput): readonly SupervisorEffect[] {
    const effects = step(this.state, input, { bootMs: this.bootMs, wallMs: this.bootMs + 1e12 });
    for (const effect of effects) {
      if (effect.kind === "append") {
        this.journal.push(effect.entry);
        this.#sequence = effect.sequence;
      }
      if (effect.kind === "report") this.reports.push(effect.report);
    }
    return effects;
  }

  command(command: SupervisorCommand, connection = 1): readonly SupervisorEffect[] {
    return this.feed({ kind: "command", connection, command });
  }

  /** Everything appended so far reaches the disk. */
  flush(): readonly SupervisorEffect[] {
    const effects: SupervisorEffect[] = [];
    while (this.state.waiting.length > 0 || effects.length === 0) {
      const step = this.feed({ kind: "durable", sequence: this.#sequence });
      effects.push(...step);
      if (this.state.waiting.length === 0) break;
    }
    return effects;
  }

  advance(durationMs: number): readonly SupervisorEffect[] {
    this.bootMs += durationMs;
    return this.feed({ kind: "tick" });
  }

  attach(incarnation = 1, connection = 1, workerId = "w1"): readonly SupervisorEffect[] {
    const effects = this.command(
      { kind: "attach", version: supervisorProtocolVersion, workerId, incarnation },
      connection,
    );
    return [...effects, ...this.flush()];
  }

  start(
    number: number,
    options: {
      spec?: Partial<StartSpec>;
      leaseMs?: number;
      stamp?: number;
      epoch?: { number: number; nonce: string };
      incarnation?: number;
    } = {},
  ): readonly SupervisorEffect[] {
    return this.command({
      kind: "start",
      attempt: keyOf(number),
      spec: specOf(options.spec),
      stamp: options.stamp ?? 1,
      leaseMs: options.leaseMs ?? 60_000,
      authority: { epoch: options.epoch ?? epochOne, incarnation: options.incarnation ?? 1 },
    });
  }

  renew(numbers: readonly number[], stamp: number, leaseMs = 60_000): readonly SupervisorEffect[] {
    return this.command({
      kind: "renew",
      attempts: numbers.map(keyOf),
      stamp,
      leaseMs,
      authority: { epoch: epochOne, incarnation: 1 },
    });
  }

  kill(
    number: number,
    immediately = false,
    epoch: { number: number; nonce: string } = epochOne,
  ): readonly SupervisorEffect[] {
    return this.command({
      kind: "kill",
      attempt: keyOf(number),
      immediately,
      authority: { epoch, incarnation: 1 },
    });
  }

  /** An attempt with a process. */
  run(number: number, options: Parameters<BenchSupervisor["start"]>[1] = {}): void {
    this.start(number, options);
    this.flush();
    this.feed({ kind: "spawned", attempt: keyOf(number), pid: 100 + number, startTicks: number });
  }

  exit(
    number: number,
    exitCode: number | null,
    signal: string | null = null,
    treeEmpty: "verified" | null = "verified",
    guardianKilled = false,
  ): readonly SupervisorEffect[] {
    return this.feed({
      kind: "exited",
      attempt: keyOf(number),
      exitCode,
      signal,
      outOfMemory: false,
      guardianKilled,
      treeEmpty,
    });
  }

  /** From an exit with an empty tree to the durable end. */
  settle(number: number): void {
    this.feed({ kind: "output-drained", attempt: keyOf(number) });
    this.flush();
  }

  lastReport(kind: SupervisorReport["kind"]): SupervisorReport | undefined {
    return this.reports.findLast((report) => report.kind === kind);
  }
}

/** A supervisor with a worker attached and stamp 1 taken. */
export function attachedSupervisor(
  options?: ConstructorParameters<typeof BenchSupervisor>[0],
): BenchSupervisor {
  const bench = new BenchSupervisor(options);
  bench.attach();
  bench.command({ kind: "stamp", stamp: 1 });
  return bench;
}

export function kindsOf(effects: readonly SupervisorEffect[]): readonly string[] {
  return effects.map((effect) => effect.kind);
}
