import { createMaster, defaultMasterSettings, masterMessageChecks, stepMaster } from "@aloha/core";
import type {
  AlohaError,
  AlohaEvent,
  Batch,
  ClusterRecord,
  MasterAnswer,
  MasterInput,
  MasterSettings,
} from "@aloha/core";
import { Pipeline } from "@aloha/master/pipeline";
import type { History } from "../history/history.ts";
import { checkWellFormed } from "../history/well-formed.ts";
import type { Host } from "../world/host.ts";
import type { Call } from "../world/network.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import type { ClientMessage, ClusterNetwork, MasterReply, WorkerMessage } from "./messages.ts";
import { SimulatedStore } from "./simulated-store.ts";

/** From the start of the process to the attempt to lead, and from the raised epoch to the loaded state. */
const standbyMs = { min: 20, max: 500 };
const loadMs = { min: 1, max: 300 };

/** How long a master that gave up is away before it is started again. */
const restartMs = { min: 100, max: 2_000 };

export interface MasterNodeOptions {
  readonly world: World;
  readonly history: History;
  readonly network: ClusterNetwork;
  readonly host: Host;
  readonly address: string;
}

type Question = Extract<MasterInput, { readonly token: number }>;

type Standing = "STANDBY" | "ELECTED" | "LOADING" | "LEADING";

/**
 * A master: the production core behind the production pipeline, on a simulated store. It listens
 * before it seeks to lead, denies leading until it does, and is started anew after a failed commit.
 */
export class MasterNode {
  readonly host: Host;
  readonly store: SimulatedStore;
  readonly #options: MasterNodeOptions;
  readonly #settings: MasterSettings;
  #process: SimulatedProcess | null = null;
  #standing: Standing = "STANDBY";
  #pipeline: Pipeline | null = null;
  #lastToken = 0;
  #asked = new Map<number, (answer: MasterAnswer) => void>();

  constructor(options: MasterNodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.store = new SimulatedStore(options.world, options.history);
    this.#settings = { ...defaultMasterSettings, masters: [options.address] };
    options.network.addAddress(options.address, options.host);
  }

  get process(): SimulatedProcess | null {
    return this.#process;
  }

  start(): void {
    const { world, network, address, host } = this.#options;
    if (this.#process !== null || !host.isUp) return;
    const process = host.startProcess("master");
    this.#process = process;
    this.#standing = "STANDBY";
    this.#asked = new Map();
    world.note("master", "starts");
    process.onDeath(() => {
      this.#process = null;
      this.#pipeline = null;
      this.store.crash();
    });
    network.listen(address, process, (message, call) => this.#receive(process, message, call));
    process.after(world.dice.between(standbyMs.min, standbyMs.max), () => {
      this.#standing = "ELECTED";
      this.store.raiseEpoch((cluster) => process.run(() => this.#load(process, cluster)));
    });
  }

  #load(process: SimulatedProcess, cluster: ClusterRecord): void {
    this.#standing = "LOADING";
    const { dice } = this.#options.world;
    process.after(dice.between(loadMs.min, loadMs.max), () => this.#lead(process, cluster));
  }

  #lead(process: SimulatedProcess, cluster: ClusterRecord): void {
    const { world, history, host } = this.#options;
    const { clock } = host;
    const now = { bootMs: clock.bootMs(), wallMs: clock.wallMs() };
    const { state, effects } = createMaster({
      settings: this.#settings,
      snapshot: this.store.load(),
      now,
    });
    const pipeline = new Pipeline({
      step: (inputs, at) => stepMaster(state, inputs, at),
      commit: (batch) => this.#commit(process, batch),
      outputs: {
        answer: (token, answer) => {
          const asker = this.#asked.get(token);
          this.#asked.delete(token);
          asker?.(answer);
        },
        event: (event) => {
          world.note("master", `event ${event.sequence} ${describeEvent(event)}`);
          history.observe({ kind: "event-left", event });
        },
        lookUp: ({ workerId, appId, attempt }) => {
          const application = this.store.readApplication(appId);
          pipeline.push({ kind: "looked-up", workerId, attempt, application });
        },
      },
      failed: (error) => this.#fail(process, error),
      clock,
      timers: process,
    });
    world.note("master", `leads in epoch ${cluster.epoch.number}`);
    this.#standing = "LEADING";
    this.#pipeline = pipeline;
    pipeline.begin(effects);
  }

  /** The pipeline goes on only in a process that lives and is not stopped. */
  #commit(process: SimulatedProcess, batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: AlohaError): void => process.run(() => reject(error));
      this.store.commit(batch, () => process.run(resolve), failed);
    });
  }

  #fail(process: SimulatedProcess, error: AlohaError): void {
    const { world, history } = this.#options;
    world.note("master", `fails: ${error.message}`);
    if (error.code !== "store-failed")
      history.report("defect", `the master's core threw: ${error.stack ?? error.message}`);
    process.kill();
    world.after(world.dice.between(restartMs.min, restartMs.max), () => this.start());
  }

  #receive(
    process: SimulatedProcess,
    message: ClientMessage | WorkerMessage,
    call: Call<MasterReply>,
  ): void {
    switch (message.kind) {
      case "register":
      case "sync":
      case "probe":
        this.#receiveFromWorker(process, message, call);
        return;
      case "read":
        this.#ask({ kind: "barrier", token: 0 }, call, () => {
          call.answer({ kind: "application", record: this.store.readApplication(message.appId) });
        });
        return;
      case "submit":
      case "kill":
      case "drain-worker":
      case "resume-worker":
        this.#ask({ ...message, token: 0 }, call, (answer) =>
          this.#release(answer, null, () => call.answer(answer)),
        );
    }
  }

  #receiveFromWorker(
    process: SimulatedProcess,
    message: WorkerMessage,
    call: Call<MasterReply>,
  ): void {
    const { history } = this.#options;
    const standing = this.#standing;
    if (standing !== "LEADING") {
      call.answer({ kind: "not-leader", nonce: message.nonce, state: standing, leader: null });
      return;
    }
    checkWellFormed(history, masterMessageChecks[message.kind], message, message.kind);
    if (message.kind === "sync") history.observe({ kind: "sync-received", sync: message });
    this.#ask(asQuestion(message), call, (answer) => {
      if (!process.isAlive) return;
      this.#release(answer, message.workerId, () => {
        if (answer.kind === "register" || answer.kind === "sync" || answer.kind === "probe")
          call.answer(answer.reply);
      });
    });
  }

  #ask(question: Question, call: Call<MasterReply>, then: (answer: MasterAnswer) => void): void {
    const token = ++this.#lastToken;
    if (this.#pipeline?.push({ ...question, token }) !== true) {
      call.answer({ kind: "unavailable" });
      return;
    }
    this.#asked.set(token, then);
    const pipeline = this.#pipeline;
    call.onAbandoned = () => {
      if (this.#asked.delete(token)) pipeline.push({ kind: "abandoned", token });
    };
  }

  #release(answer: MasterAnswer, workerId: string | null, send: () => void): void {
    this.#options.history.observe({ kind: "answer-left", answer, workerId });
    send();
  }
}

function asQuestion(
  message: WorkerMessage,
): Extract<MasterInput, { readonly kind: WorkerMessage["kind"] }> {
  switch (message.kind) {
    case "register":
      return { kind: "register", token: 0, message };
    case "sync":
      return { kind: "sync", token: 0, message };
    case "probe":
      return { kind: "probe", token: 0, message };
  }
}

function describeEvent(event: AlohaEvent): string {
  switch (event.kind) {
    case "application-state-changed":
      return `${event.appId}/${event.attempt} ${event.from ?? "-"} -> ${event.to}${event.reason === null ? "" : ` (${event.reason})`}`;
    case "application-relaunched":
      return `${event.appId} relaunched after attempt ${event.attempt} (${event.reason})`;
    case "worker-state-changed":
      return `${event.workerId} ${event.from ?? "-"} -> ${event.to}`;
    case "master-state-changed":
      return `master ${event.to}`;
    case "alert":
      return `alert ${event.code}: ${event.message}`;
  }
}
