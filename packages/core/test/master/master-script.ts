import { createMaster } from "../../src/master/create-master.ts";
import type { MasterAnswer, MasterEffect } from "../../src/master/effect.ts";
import type { MasterInput } from "../../src/master/input.ts";
import { defaultMasterSettings } from "../../src/master/settings.ts";
import type { MasterSettings } from "../../src/master/settings.ts";
import type { MasterState } from "../../src/master/state.ts";
import { stepMaster } from "../../src/master/step.ts";
import type { StoreChange, StoreSnapshot } from "../../src/master/store-change.ts";
import { descriptionDefaults } from "../../src/application/parse-description.ts";
import type { ApplicationDescription } from "../../src/application/description.ts";
import type { ApplicationRecord } from "../../src/application/record.ts";
import type { AlohaEvent } from "../../src/event.ts";
import type { Register, Sync, SyncReply } from "../../src/protocol/worker.ts";

export const describedApplication: ApplicationDescription = {
  ...descriptionDefaults(),
  name: "job",
  args: "true",
};

export function fence(change: Partial<ApplicationDescription> = {}): ApplicationDescription {
  return { ...describedApplication, supervise: true, onDisconnect: "fence", ...change };
}

/** A master core driven by hand: what it asks for is kept, what it persists goes to a store that a successor can read. */
export class MasterScript {
  state: MasterState;
  bootMs = 1_000_000;
  readonly settings: MasterSettings;
  readonly store = new MemoryStore();
  readonly answers = new Map<number, MasterAnswer>();
  readonly events: AlohaEvent[] = [];
  readonly lookUps: Extract<MasterEffect, { kind: "look-up" }>[] = [];
  wakeAtMs = Number.POSITIVE_INFINITY;
  #token = 0;

  constructor(settings: Partial<MasterSettings> = {}) {
    this.settings = { ...defaultMasterSettings, masters: ["127.0.0.1:7077"], ...settings };
    this.state = this.#create();
  }

  get wallMs(): number {
    return 1_700_000_000_000 + this.bootMs;
  }

  /** Another leader takes over from what is in the store. */
  restart(): void {
    this.store.raiseEpoch();
    this.wakeAtMs = Number.POSITIVE_INFINITY;
    this.state = this.#create();
  }

  step(...inputs: MasterInput[]): MasterEffect[] {
    return this.#take(stepMaster(this.state, inputs, { bootMs: this.bootMs, wallMs: this.wallMs }));
  }

  /** Lets time pass, waking the master whenever it asked for it. */
  advance(ms: number): void {
    const untilMs = this.bootMs + ms;
    while (this.wakeAtMs <= untilMs) {
      this.bootMs = Math.max(this.bootMs, this.wakeAtMs);
      this.wakeAtMs = Number.POSITIVE_INFINITY;
      this.step({ kind: "wake" });
    }
    this.bootMs = untilMs;
  }

  token(): number {
    return ++this.#token;
  }

  ask(make: (token: number) => MasterInput): MasterAnswer | undefined {
    const token = this.token();
    this.step(make(token));
    return this.answers.get(token);
  }

  submit(
    description: ApplicationDescription = describedApplication,
    request: { requestId: string; bodyHash: string } | null = null,
  ): string {
    const answer = this.ask((token) => ({
      kind: "submit",
      token,
      description,
      prefix: "app",
      request,
    }));
    if (answer?.kind !== "submitted") throw new Error(`not submitted: ${JSON.stringify(answer)}`);
    return answer.appId;
  }

  kill(appId: string): MasterAnswer | undefined {
    return this.ask((token) => ({ kind: "kill", token, appId, immediately: false, reason: "" }));
  }

  application(appId: string): ApplicationRecord {
    const record = this.store.applications.get(appId);
    if (record === undefined) throw new Error(`${appId} was never persisted`);
    return record;
  }

  #create(): MasterState {
    const { state, effects } = createMaster({
      settings: this.settings,
      snapshot: this.store.snapshot(),
      now: { bootMs: this.bootMs, wallMs: this.wallMs },
    });
    this.#take([...effects]);
    return state;
  }

  #take(effects: MasterEffect[]): MasterEffect[] {
    for (const effect of effects) {
      if (effect.kind === "persist") this.store.apply(effect.change);
      else if (effect.kind === "answer") this.answers.set(effect.token, effect.answer);
      else if (effect.kind === "event") this.events.push(effect.event);
      else if (effect.kind === "look-up") this.lookUps.push(effect);
      else this.wakeAtMs = effect.atMs;
    }
    this.store.lastEventSequence = this.events.at(-1)?.sequence ?? 0;
    return effects;
  }
}

export class MemoryStore {
  cluster = { clusterId: "c1", epoch: { number: 1, nonce: "n1" }, nextNumber: 0 };
  lastEventSequence = 0;
  readonly applications = new Map<string, ApplicationRecord>();
  readonly descriptions = new Map<string, ApplicationDescription>();
  readonly workers = new Map<string, Extract<StoreChange, { kind: "worker" }>["worker"]>();
  readonly requests = new Map<string, Extract<StoreChange, { kind: "request" }>["request"]>();

  raiseEpoch(): void {
    const number = this.cluster.epoch.number + 1;
    this.cluster = { ...this.cluster, epoch: { number, nonce: `n${number}` } };
  }

  apply(change: StoreChange): void {
    if (change.kind === "cluster") this.cluster = { ...change.cluster };
    else if (change.kind === "application")
      this.applications.set(change.application.id, change.application);
    else if (change.kind === "description") this.descriptions.set(change.appId, change.description);
    else if (change.kind === "worker") this.workers.set(change.worker.workerId, change.worker);
    else if (change.kind === "remove-worker") this.workers.delete(change.workerId);
    else if (change.kind === "request") this.requests.set(change.request.requestId, change.request);
    else this.requests.delete(change.requestId);
  }

  snapshot(): StoreSnapshot {
    const live = [...this.applications.values()].filter((application) => application.end === null);
    return {
      cluster: this.cluster,
      applications: live
        .sort((left, right) => left.number - right.number)
        .map((application) => ({
          application,
          description: this.descriptions.get(application.id)!,
        })),
      workers: [...this.workers.values()],
      requests: [...this.requests.values()],
      lastEventSequence: this.lastEventSequence,
    };
  }
}

/** A worker's side of the exchange, as dumb as possible: the test says what it holds and reports. */
export class WorkerScript {
  readonly workerId: string;
  readonly #master: MasterScript;
  readonly #facts: Partial<Register>;
  incarnation = 1;
  seq = 0;
  readonly held = new Map<string, "accepted" | "started" | "ended">();
  #applied: number[] = [];
  #reportId = 0;

  constructor(master: MasterScript, workerId = "w1", facts: Partial<Register> = {}) {
    this.#master = master;
    this.workerId = workerId;
    this.#facts = facts;
  }

  register(): MasterAnswer | undefined {
    const message: Register = {
      kind: "register",
      version: 1,
      workerId: this.workerId,
      hostId: "h1",
      bootId: "b1",
      incarnation: this.incarnation,
      epochSeen: null,
      clusterIdSeen: null,
      nonce: "n",
      address: { host: "127.0.0.1", port: 1 },
      milliCores: 4000,
      memoryMiB: 8192,
      containment: "cgroup",
      guarded: true,
      resources: {},
      labels: {},
      softwareVersion: "0.1.0",
      ...this.#facts,
    };
    return this.#master.ask((token) => ({ kind: "register", token, message }));
  }

  /** Sends a Sync; the token under which it will be answered, perhaps later. */
  send(change: Partial<Sync> = {}): number {
    const token = this.#master.token();
    const message: Sync = {
      kind: "sync",
      workerId: this.workerId,
      incarnation: this.incarnation,
      seq: ++this.seq,
      epochSeen: this.#master.state.cluster.epoch,
      nonce: "n",
      stamp: this.seq,
      applied: this.#applied,
      outstanding: [],
      intent: "serving",
      reports: [],
      running: { kind: "full", attempts: this.list() },
      ...change,
    };
    this.#master.step({ kind: "sync", token, message });
    return token;
  }

  list(): {
    attempt: never;
    phase: "accepted" | "started" | "ended";
    milliCores: number;
    memoryMiB: number;
  }[] {
    return [...this.held].map(([attempt, phase]) => ({
      attempt: attempt as never,
      phase,
      milliCores: 1000,
      memoryMiB: 1024,
    }));
  }

  /** The answer to a Sync that has been answered; obeys its directives. */
  obey(token: number): SyncReply | undefined {
    const answer = this.#master.answers.get(token);
    if (answer?.kind !== "sync" || answer.reply.kind !== "sync-reply") return undefined;
    const { reply } = answer;
    this.#applied = [reply.seq];
    for (const directive of reply.directives) {
      if (directive.kind === "launch") this.held.set(directive.attempt, "accepted");
      if (directive.kind === "forget") this.held.delete(directive.attempt);
    }
    return reply;
  }

  report(attempt: string, event: Sync["reports"][number]["event"]): Sync["reports"][number] {
    if (event.kind !== "accepted")
      this.held.set(attempt, event.kind === "started" ? "started" : "ended");
    return { id: ++this.#reportId, attempt: attempt as never, event };
  }

  started(attempt: string): Sync["reports"][number] {
    return this.report(attempt, { kind: "started", pid: 42, startedAtMs: this.#master.wallMs });
  }

  exited(attempt: string, change: object = {}): Sync["reports"][number] {
    return this.report(attempt, {
      kind: "ended",
      outcome: {
        kind: "exited",
        exitCode: 0,
        signal: null,
        stopCause: null,
        outOfMemory: false,
        tree: "verified",
        startedAtMs: this.#master.wallMs,
        endedAtMs: this.#master.wallMs,
        ...change,
      },
    });
  }
}
