import type { ApplicationDescription, MasterInput } from "@aloha/core";
import type { History } from "../history/history.ts";
import type { ClientMessage, ClusterNetwork, MasterReply } from "../nodes/messages.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import { requestLabel } from "../history/request-label.ts";
import { drawApplication, drawServer } from "./application-mix.ts";

/** How often things are asked, on average. A burst is more than fits at once. */
const submitEveryMs = 4_000;
const burstProbability = 0.04;
const burstLengthMax = 25;
const killEveryMs = 15_000;
const readEveryMs = 1_500;
const drainEveryMs = 90_000;

const askTimeoutMs = 5_000;
/** Longer than any message is on its way. */
const lateMs = 60_000;

const retryMs = { min: 200, max: 4_000 };

/** How often an application is one that ends only if it is killed. */
const serverProbability = 0.04;

/** How many applications lie back at most that are read by preference. */
const recentLength = 20;

type Submit = Extract<ClientMessage, { readonly kind: "submit" }>;

export interface ClientOptions {
  readonly world: World;
  readonly history: History;
  readonly network: ClusterNetwork;
  readonly process: SimulatedProcess;
  readonly master: string;
  /** The ids of all workers. */
  readonly workers: readonly string[];
}

/** Users: they submit, and submit again when no answer came, kill, and look. */
export class Client {
  readonly #options: ClientOptions;
  readonly #accepted: string[] = [];
  readonly #killed = new Set<string>();
  readonly #servers: string[] = [];
  readonly #drained = new Set<string>();
  #isBusy = true;
  #openAsks = 0;
  #submits = 0;
  #reads = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Everything that a client knows to be accepted. */
  get acceptedCount(): number {
    return this.#accepted.length;
  }

  /** Whether nothing that was asked is still being repeated. */
  get isQuiet(): boolean {
    return this.#openAsks === 0;
  }

  start(): void {
    this.#repeat(submitEveryMs, () => this.#submitSome());
    this.#repeat(killEveryMs, () => this.#killOne());
    this.#repeat(readEveryMs, () => this.#readOne());
    this.#repeat(drainEveryMs, () => this.#drainOrResume());
  }

  /** Kills what does not end by itself, and asks for nothing new; what was asked is repeated until it is answered. */
  stop(): void {
    this.#isBusy = false;
    for (const appId of this.#servers) this.#kill(appId);
    for (const workerId of this.#options.workers) this.#resume(workerId);
    // A drain that was on its way for long may have come after that.
    this.#openAsks++;
    this.#options.world.after(lateMs, () => {
      this.#openAsks--;
      for (const workerId of this.#options.workers) this.#resume(workerId);
    });
  }

  /** Reads every application that was accepted. */
  readAll(): void {
    for (const appId of this.#accepted) this.#read(appId);
  }

  #repeat(meanMs: number, action: () => void): void {
    const { world } = this.#options;
    world.after(world.dice.exponential(meanMs), () => {
      if (!this.#isBusy) return;
      action();
      this.#repeat(meanMs, action);
    });
  }

  #submitSome(): void {
    const { dice } = this.#options.world;
    const count = dice.chance(burstProbability) ? dice.integer(2, burstLengthMax) : 1;
    for (let index = 0; index < count; index++) this.#submit();
  }

  #submit(): void {
    const { dice } = this.#options.world;
    const number = ++this.#submits;
    const requestId = dice.chance(0.8) ? `request-${number}` : null;
    // A server whose id is never learnt could not be killed.
    const isServer = requestId !== null && dice.chance(serverProbability);
    const labels: Record<string, string> = requestId === null ? {} : { [requestLabel]: requestId };
    const description = isServer
      ? drawServer(dice, `job-${number}`, labels)
      : drawApplication(dice, `job-${number}`, labels);
    const message: Submit = {
      kind: "submit",
      description,
      prefix: dice.chance(0.2) ? "driver" : "app",
      request: requestId === null ? null : { requestId, bodyHash: hashOf(description) },
    };
    // Without a requestId a second try might make a second application.
    this.#ask(message, requestId !== null, (reply) => {
      if (reply.kind === "refused") return true;
      if (reply.kind !== "submitted") return false;
      this.#options.history.observe({ kind: "submit-acknowledged", requestId, appId: reply.appId });
      this.#accepted.push(reply.appId);
      if (isServer) this.#servers.push(reply.appId);
      if (isServer && !this.#isBusy) this.#kill(reply.appId);
      return true;
    });
  }

  #killOne(): void {
    if (this.#accepted.length > 0) this.#kill(this.#pickRecent());
  }

  #kill(appId: string): void {
    const { dice } = this.#options.world;
    if (this.#killed.has(appId)) return;
    this.#killed.add(appId);
    const message: Omit<Extract<MasterInput, { kind: "kill" }>, "token"> = {
      kind: "kill",
      appId,
      immediately: dice.chance(0.3),
      reason: "a user's wish",
    };
    this.#ask(
      message,
      true,
      (reply) => reply.kind === "kill-accepted" || reply.kind === "not-live",
    );
  }

  /** One worker at a time is without work, now and then. */
  #drainOrResume(): void {
    const { dice } = this.#options.world;
    const [drained] = this.#drained;
    if (drained !== undefined) {
      this.#resume(drained);
      return;
    }
    const workerId = dice.pick(this.#options.workers);
    this.#drained.add(workerId);
    const deadlineMs = dice.chance(0.5) ? dice.integer(0, 60_000) : null;
    this.#ask(
      { kind: "drain-worker", workerId, deadlineMs, reason: "a new kernel" },
      false,
      () => true,
    );
  }

  #resume(workerId: string): void {
    this.#ask({ kind: "resume-worker", workerId }, true, (reply) => {
      const isSettled = reply.kind === "worker" || reply.kind === "refused";
      if (isSettled) this.#drained.delete(workerId);
      return isSettled;
    });
  }

  #readOne(): void {
    const { dice } = this.#options.world;
    if (this.#accepted.length === 0) return;
    this.#read(dice.chance(0.7) ? this.#pickRecent() : dice.pick(this.#accepted));
  }

  #read(appId: string): void {
    const { history } = this.#options;
    const readId = ++this.#reads;
    history.observe({ kind: "read-asked", readId, appId });
    this.#ask({ kind: "read", appId }, true, (reply) => {
      if (reply.kind !== "application") return false;
      history.observe({ kind: "read-answered", readId, appId, record: reply.record });
      return true;
    });
  }

  #pickRecent(): string {
    return this.#options.world.dice.pick(this.#accepted.slice(-recentLength));
  }

  /** Asks until `take` says that the answer settles it, or once. */
  #ask(message: ClientMessage, isRepeated: boolean, take: (reply: MasterReply) => boolean): void {
    const { world, network, process, master } = this.#options;
    this.#openAsks++;
    network.ask(process, master, message, askTimeoutMs, (outcome) => {
      this.#openAsks--;
      const isSettled = outcome.kind === "answered" && take(outcome.answer);
      if (isSettled || !isRepeated) return;
      this.#openAsks++;
      world.after(world.dice.between(retryMs.min, retryMs.max), () => {
        this.#openAsks--;
        this.#ask(message, isRepeated, take);
      });
    });
  }
}

function hashOf(description: ApplicationDescription): string {
  return JSON.stringify(description);
}
