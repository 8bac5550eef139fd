import {
  createWorker,
  defaultLogPolicy,
  descriptionDefaults,
  foldWorkerJournal,
  stepWorker,
  workerLimits,
} from "../../src/index.ts";
import type {
  ApplicationDescription,
  AttemptKey,
  Directive,
  Epoch,
  LogPolicy,
  SupervisedAttempt,
  SupervisorCommand,
  SupervisorReport,
  Sync,
  SyncReply,
  WorkerEffect,
  WorkerInput,
  WorkerJournalEntry,
  WorkerLimits,
  WorkerState,
} from "../../src/index.ts";
import { isAttemptKey } from "../../src/index.ts";

export const clusterId = "c1";
export const epoch: Epoch = { number: 3, nonce: "n3" };
export const leaseMs = 60_000;
export const maintenanceLeaseMs = 900_000;

type Ask = Extract<WorkerEffect, { kind: "ask" }>;

export interface HarnessOptions {
  readonly journal?: readonly WorkerJournalEntry[];
  readonly seeds?: readonly string[];
  readonly trustRefusal?: boolean;
  readonly incarnation?: number;
  readonly limits?: Partial<WorkerLimits>;
  readonly logs?: LogPolicy;
}

export function key(number: number, attempt = 1, cluster = clusterId): AttemptKey {
  const text = `${cluster}/app-20260101000000-${String(number).padStart(4, "0")}/${attempt}`;
  if (!isAttemptKey(text)) throw new Error(`${text} is no attempt`);
  return text;
}

export function description(changes: Partial<ApplicationDescription> = {}): ApplicationDescription {
  return {
    ...descriptionDefaults(),
    name: "test",
    entryPoint: "shell",
    args: "true",
    libs: [],
    milliCores: 1000,
    memoryMiB: 64,
    supervise: false,
    restart: { on: [], maxAttempts: 3, windowMs: 1, backoffInitialMs: 1, backoffMaxMs: 1 },
    onDisconnect: "keep",
    timeoutMs: null,
    stop: { signal: "SIGTERM", graceMs: 1000 },
    successExitCodes: [0],
    environment: {},
    labels: {},
    logs: { segmentBytes: 1, keep: 1, compress: false },
    ...changes,
  };
}

export function launch(
  attempt: AttemptKey,
  changes: Partial<ApplicationDescription> = {},
): Directive {
  return { kind: "launch", attempt, description: description(changes) };
}

export const exited0 = {
  kind: "exited",
  exitCode: 0,
  signal: null,
  stopCause: null,
  outOfMemory: false,
  tree: "verified",
  startedAtMs: 1,
  endedAtMs: 2,
} as const;

/** A worker whose surroundings do what the test says, and no more. */
export class WorkerHarness {
  readonly state: WorkerState;
  nowMs = 1_000_000;
  /** Effects of all steps so far that no helper has consumed. */
  effects: WorkerEffect[] = [];
  /** What is on disk. */
  readonly disk: WorkerJournalEntry[];

  constructor(options: HarnessOptions = {}) {
    this.disk = [...(options.journal ?? [])];
    let drawn = 0;
    this.state = createWorker({
      identity: {
        workerId: "worker-1",
        hostId: "host",
        incarnation: options.incarnation ?? 1,
        address: { host: "127.0.0.1", port: 1 },
        milliCores: 4000,
        memoryMiB: 4096,
        resources: {},
        labels: {},
        softwareVersion: "test",
      },
      limits: { ...workerLimits, ...options.limits },
      random: { fraction: () => 0.5, hex: () => `nonce${++drawn}` },
      seeds: options.seeds ?? ["127.0.0.1:7077"],
      trustRefusal: options.trustRefusal ?? false,
      logs: options.logs ?? defaultLogPolicy,
      journalled: foldWorkerJournal(this.disk),
    });
  }

  input(input: WorkerInput): readonly WorkerEffect[] {
    const effects = stepWorker(this.state, input, { bootMs: this.nowMs, wallMs: this.nowMs });
    this.effects.push(...effects);
    return effects;
  }

  supervisor(report: SupervisorReport): readonly WorkerEffect[] {
    return this.input({ kind: "supervisor", report });
  }

  /** Lets time pass, and wakes the worker. */
  pass(ms: number): readonly WorkerEffect[] {
    this.nowMs += ms;
    return this.input({ kind: "woke" });
  }

  attach(attempts: readonly SupervisedAttempt[] = []): void {
    this.take("attach");
    this.supervisor({
      kind: "attached",
      version: 1,
      bootId: "boot",
      containment: "cgroup",
      guarded: true,
      epochsSeen: [],
      attempts,
    });
  }

  /** Takes the effects of this kind out of what has gathered. */
  take<Kind extends WorkerEffect["kind"]>(kind: Kind): Extract<WorkerEffect, { kind: Kind }>[] {
    const taken: Extract<WorkerEffect, { kind: Kind }>[] = [];
    const isWanted = (effect: WorkerEffect): effect is Extract<WorkerEffect, { kind: Kind }> =>
      effect.kind === kind;
    this.effects = this.effects.filter((effect) => {
      if (!isWanted(effect)) return true;
      taken.push(effect);
      return false;
    });
    return taken;
  }

  commands(): SupervisorCommand[] {
    return this.take("supervise").map(({ command }) => command);
  }

  /** Takes the commands of one kind, and leaves the others. */
  ordered<Kind extends SupervisorCommand["kind"]>(
    kind: Kind,
  ): Extract<SupervisorCommand, { kind: Kind }>[] {
    const isWanted = (
      command: SupervisorCommand,
    ): command is Extract<SupervisorCommand, { kind: Kind }> => command.kind === kind;
    const taken: Extract<SupervisorCommand, { kind: Kind }>[] = [];
    for (const command of this.commands()) {
      if (isWanted(command)) taken.push(command);
      else this.effects.push({ kind: "supervise", command });
    }
    return taken;
  }

  private takeJournal(): Extract<WorkerEffect, { kind: "journal" | "rewrite-journal" }>[] {
    return this.effects.flatMap((effect) => {
      if (effect.kind !== "journal" && effect.kind !== "rewrite-journal") return [];
      this.effects = this.effects.filter((other) => other !== effect);
      return [effect];
    });
  }

  /** Puts everything that waits onto the disk. */
  flush(): void {
    for (let taken = this.takeJournal(); taken.length > 0; taken = this.takeJournal()) {
      for (const { token, entries, kind } of taken) {
        if (kind === "rewrite-journal") this.disk.length = 0;
        this.disk.push(...entries);
        this.input({ kind: "journalled", token });
      }
    }
  }

  /** Answers the stamps that were asked for. */
  stamp(): void {
    for (const command of this.commands()) {
      if (command.kind === "stamp") this.supervisor({ kind: "stamped", stamp: command.stamp });
      else this.effects.push({ kind: "supervise", command });
    }
  }

  /** Takes the one ask that is under way. */
  ask(): Ask {
    const asks = this.take("ask");
    const [first] = asks;
    if (asks.length !== 1 || first === undefined) {
      throw new Error(`${asks.length} asks instead of one: ${JSON.stringify(asks)}`);
    }
    return first;
  }

  /** Begins, attaches and registers; the first Sync is under way then. */
  serve(attempts: readonly SupervisedAttempt[] = []): void {
    this.input({ kind: "begin" });
    this.attach(attempts);
    this.flush();
    this.register();
  }

  register(masters: readonly string[] = ["127.0.0.1:7077"]): void {
    const { token } = this.ask();
    this.input({
      kind: "answered",
      token,
      answer: { kind: "registered", clusterId, epoch, leaseMs, masters },
    });
    this.flush();
  }

  /** The Sync that is sent next, with its stamp answered. */
  sync(): { readonly token: number; readonly message: Sync } {
    this.pass(this.state.limits.syncSpacingMs);
    this.stamp();
    const { token, message } = this.ask();
    if (message.kind !== "sync") throw new Error(`a ${message.kind} instead of a sync`);
    return { token, message };
  }

  reply(
    sync: { readonly token: number; readonly message: Sync },
    changes: Partial<SyncReply> = {},
  ): void {
    this.input({
      kind: "answered",
      token: sync.token,
      answer: {
        kind: "sync-reply",
        seq: sync.message.seq,
        epoch,
        leaseMs,
        masters: ["127.0.0.1:7077"],
        directives: [],
        acks: [],
        wantFull: false,
        ...changes,
      },
    });
  }

  /** One Sync, answered with these directives, everything journalled. */
  obey(...directives: Directive[]): Sync {
    const sync = this.sync();
    this.reply(sync, { directives });
    this.flush();
    return sync.message;
  }

  prepare(attempt: AttemptKey): void {
    this.take("prepare");
    this.input({
      kind: "prepared",
      attempt,
      command: {
        argv: ["true"],
        workingDirectory: "/w",
        outputDirectory: "/w",
        environment: {},
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: null,
      },
    });
  }

  /** Launches it and lets it run. */
  run(attempt: AttemptKey, changes: Partial<ApplicationDescription> = {}): void {
    this.obey(launch(attempt, changes));
    this.prepare(attempt);
    this.supervisor({ kind: "started", attempt, pid: 7, startedAtMs: 1 });
    this.flush();
  }
}
