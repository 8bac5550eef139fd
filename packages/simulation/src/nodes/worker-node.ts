import {
  createWorker,
  defaultLogPolicy,
  foldWorkerJournal,
  masterReplyChecks,
  stepWorker,
  workerLimits,
} from "@aloha/core";
import type {
  WorkerEffect,
  WorkerIdentity,
  WorkerInput,
  WorkerJournalEntry,
  WorkerState,
} from "@aloha/core";
import type { Timer } from "@aloha/runtime";
import type { History } from "../history/history.ts";
import { checkWellFormed } from "../history/well-formed.ts";
import type { AskOutcome } from "../world/network.ts";
import type { Host } from "../world/host.ts";
import type { SimulatedLog } from "../world/simulated-log.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import type { ClusterNetwork, MasterReply } from "./messages.ts";
import type { SupervisorConnection, SupervisorNode } from "./supervisor-node.ts";

/** How long it takes to make a work directory and a command, how often much longer, and how often that fails. */
const prepareMs = { min: 0.5, max: 60, slowMax: 5_000 };
const slowPrepareProbability = 0.1;
const prepareFailureProbability = 0.003;

/** How long whoever looks after a worker waits before it starts it again. */
const restartMs = 1_000;

/** How often a health check finds nothing wrong, and how long it takes at most. */
const healthyProbability = 0.6;
const checkMsMax = 3_000;

export interface WorkerNodeOptions {
  readonly world: World;
  readonly history: History;
  readonly network: ClusterNetwork;
  readonly host: Host;
  readonly supervisor: SupervisorNode;
  readonly masters: readonly string[];
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly trustRefusal: boolean;
}

/** A worker: the production core, with a journal on the host's disk and a local socket to its supervisor. */
export class WorkerNode {
  readonly host: Host;
  readonly supervisor: SupervisorNode;
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly #options: WorkerNodeOptions;
  readonly #journal: SimulatedLog<WorkerJournalEntry>;
  #process: SimulatedProcess | null = null;
  #state: WorkerState | null = null;
  #connection: SupervisorConnection | null = null;
  #wake: Timer | null = null;
  #incarnation = 0;

  constructor(options: WorkerNodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.supervisor = options.supervisor;
    this.milliCores = options.milliCores;
    this.memoryMiB = options.memoryMiB;
    this.#journal = options.host.disk.createLog("worker");
  }

  get name(): string {
    return this.host.name;
  }

  get process(): SimulatedProcess | null {
    return this.#process;
  }

  start(): void {
    const { world, host, masters, milliCores, memoryMiB, gpus, trustRefusal } = this.#options;
    if (this.#process !== null || !host.isUp) return;
    const process = host.startProcess(this.name);
    this.#process = process;
    process.onDeath(() => {
      this.#process = null;
      this.#connection = null;
      this.#journal.crash();
    });
    // Durable under the lock of the work directory before anything else.
    this.#incarnation++;
    const identity: WorkerIdentity = {
      workerId: this.name,
      hostId: `host-${this.name}`,
      incarnation: this.#incarnation,
      address: { host: this.name, port: 7078 },
      milliCores,
      memoryMiB,
      resources: { gpu: gpus },
      labels: {},
      softwareVersion: "0.1.0",
    };
    world.note(this.name, `starts as incarnation ${this.#incarnation}`);
    this.#state = createWorker({
      identity,
      limits: workerLimits,
      random: world.dice.source,
      seeds: masters,
      trustRefusal,
      logs: defaultLogPolicy,
      journalled: foldWorkerJournal(this.#journal.read()),
    });
    this.#feed(process, { kind: "begin" });
  }

  /** Asks it to leave in order, its work running on or ending with it; it is started again by whoever looks after it. */
  askToStop(stopWork: boolean): void {
    const process = this.#process;
    process?.run(() => this.#feed(process, { kind: "stop", stopWork }));
  }

  #feed(process: SimulatedProcess, input: WorkerInput): void {
    const state = this.#state;
    if (state === null || process !== this.#process) return;
    const { clock } = this.host;
    const now = { bootMs: clock.bootMs(), wallMs: clock.wallMs() };
    for (const effect of stepWorker(state, input, now)) this.#carryOut(process, effect);
  }

  #carryOut(process: SimulatedProcess, effect: WorkerEffect): void {
    const { world, history, network } = this.#options;
    switch (effect.kind) {
      case "attach":
        this.#attach(process, effect);
        return;
      case "supervise":
        this.#connection?.send(effect.command);
        return;
      case "ask": {
        const { token, message } = effect;
        if (message.kind !== "sync" || message.reports.length > 0)
          world.note(this.name, describeMessage(message));
        network.ask(process, effect.to, message, effect.timeoutMs, (outcome) => {
          if (outcome.kind === "answered" && outcome.answer.kind !== "unavailable") {
            checkWellFormed(
              history,
              masterReplyChecks[message.kind],
              outcome.answer,
              `the answer to a ${message.kind}`,
            );
          }
          this.#answered(process, token, outcome);
        });
        return;
      }
      case "journal":
        this.#journal.append(
          effect.entries,
          () => this.#later(process, { kind: "journalled", token: effect.token }),
          () => this.#later(process, { kind: "journal-failed", message: "no space left" }),
        );
        return;
      case "rewrite-journal":
        this.#journal.replace(
          effect.entries,
          () => this.#later(process, { kind: "journalled", token: effect.token }),
          () => this.#later(process, { kind: "journal-failed", message: "no space left" }),
        );
        return;
      case "prepare":
        this.#prepare(process, effect);
        return;
      case "check-health":
        this.#checkHealth(process, effect);
        return;
      case "wake":
        this.#setWake(process, effect.atMs);
        return;
      case "alert":
        world.note(this.name, `alert ${effect.code}: ${effect.message}`);
        return;
      case "log":
        world.note(this.name, `${effect.message} ${JSON.stringify(effect.fields ?? {})}`);
        return;
      case "alert-cleared":
        return;
      case "exit":
        this.#exit(process, effect);
        return;
    }
  }

  /** Applications of the simulation say nothing of their health: chance does. */
  #checkHealth(
    process: SimulatedProcess,
    { attempt }: Extract<WorkerEffect, { kind: "check-health" }>,
  ): void {
    const { dice } = this.#options.world;
    const healthy = dice.chance(healthyProbability);
    process.after(dice.between(1, checkMsMax), () =>
      this.#feed(process, { kind: "health-checked", attempt, healthy, message: "a throw of dice" }),
    );
  }

  #later(process: SimulatedProcess, input: WorkerInput): void {
    process.run(() => this.#feed(process, input));
  }

  #answered(process: SimulatedProcess, token: number, outcome: AskOutcome<MasterReply>): void {
    if (outcome.kind === "failed") {
      this.#feed(process, {
        kind: "ask-failed",
        token,
        reason: outcome.reason,
        message: outcome.reason,
      });
      return;
    }
    const { answer } = outcome;
    switch (answer.kind) {
      case "registered":
      case "register-refused":
      case "register-again":
      case "not-leader":
      case "sync-reply":
      case "leading":
        this.#noteReply(answer);
        this.#feed(process, { kind: "answered", token, answer });
        return;
      default:
        this.#feed(process, { kind: "ask-failed", token, reason: "failed", message: answer.kind });
    }
  }

  #noteReply(answer: MasterReply): void {
    if (answer.kind !== "sync-reply" || answer.directives.length + answer.acks.length === 0) return;
    const directives = answer.directives.map(({ kind, attempt }) => `${kind} ${attempt}`);
    this.#options.world.note(
      this.name,
      `reply ${answer.seq}: ${directives.join(", ")} acks ${answer.acks.join(",")}`,
    );
  }

  #attach(process: SimulatedProcess, effect: Extract<WorkerEffect, { kind: "attach" }>): void {
    const { supervisor } = this.#options;
    const { workerId, incarnation } = effect;
    supervisor.connect(process, {
      onOpen: (connection) => {
        this.#connection = connection;
        connection.send({ kind: "attach", version: 1, workerId, incarnation });
      },
      onReport: (report) => this.#feed(process, { kind: "supervisor", report }),
      onClosed: () => {
        this.#connection = null;
        this.#feed(process, { kind: "detached", message: "the connection ended" });
      },
    });
  }

  #prepare(
    process: SimulatedProcess,
    { attempt, description }: Extract<WorkerEffect, { kind: "prepare" }>,
  ): void {
    const { dice } = this.#options.world;
    const maxMs = dice.chance(slowPrepareProbability) ? prepareMs.slowMax : prepareMs.max;
    process.after(dice.between(prepareMs.min, maxMs), () => {
      if (dice.chance(prepareFailureProbability)) {
        this.#feed(process, {
          kind: "prepare-failed",
          attempt,
          code: "work-directory",
          message: "no room for a work directory",
        });
        return;
      }
      const command = {
        argv: [
          "simulated",
          typeof description.args === "string" ? description.args : description.args.join(" "),
        ],
        workingDirectory: "/simulated",
        outputDirectory: "/simulated",
        environment: {},
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: null,
      };
      this.#feed(process, { kind: "prepared", attempt, command });
    });
  }

  #setWake(process: SimulatedProcess, atMs: number | null): void {
    this.#wake?.clear();
    if (atMs === null) return;
    const delayMs = Math.max(0, atMs - this.host.clock.bootMs());
    this.#wake = process.after(delayMs, () => this.#feed(process, { kind: "woke" }));
  }

  #exit(
    process: SimulatedProcess,
    { code, message }: Extract<WorkerEffect, { kind: "exit" }>,
  ): void {
    const { world } = this.#options;
    world.note(this.name, `exits with ${code}: ${message}`);
    // What was journalled is on disk before it ends.
    const end = (): void => {
      process.kill();
      world.after(restartMs, () => this.start());
    };
    this.#journal.append([], end, end);
  }
}

function describeMessage(message: Extract<WorkerEffect, { kind: "ask" }>["message"]): string {
  if (message.kind !== "sync") return message.kind;
  const reports = message.reports.map(({ attempt, event }) => `${event.kind} ${attempt}`);
  return `sync ${message.seq}: ${reports.join(", ")}`;
}
