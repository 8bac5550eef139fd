import { AlohaError, createMaster, stepMaster, toAlohaError } from "@aloha/core";
import type { ClusterRecord, Epoch, MasterAnswer, MasterSettings } from "@aloha/core";
import type { Runtime, Timers } from "@aloha/runtime";
import { ApplicationWaits } from "./application-waits.ts";
import { EventBus } from "./event-bus.ts";
import { checkRaised } from "./persistence/check-raised.ts";
import type { EventsRead, PersistenceEngine, Retention } from "./persistence/engine.ts";
import { RetentionKeeper } from "./persistence/retention-keeper.ts";
import { Pipeline, type LookUp, type PipelineLimits } from "./pipeline.ts";
import { Questions, type Question } from "./questions.ts";

/** How long a leadership that ends in order waits for its last commits: a disk that hangs must not keep a master from stopping. */
const endTimeoutMs = 10_000;

export type LeadershipState = "RECOVERING" | "ALIVE" | "READ_ONLY";

export interface LeadershipOptions {
  readonly engine: PersistenceEngine;
  readonly settings: MasterSettings;
  readonly retention: Retention;
  readonly runtime: Runtime;
  /** Called once if the leadership ends by itself: the store failed, or another master took over. */
  readonly lost: (error: AlohaError) => void;
  readonly limits?: Partial<PipelineLimits>;
}

/** One leadership, from the raised epoch to its end: the core, its pipeline, and whoever waits for an answer. */
export class Leadership {
  readonly events: EventBus;
  readonly waits: ApplicationWaits = new ApplicationWaits();
  readonly #engine: PersistenceEngine;
  readonly #pipeline: Pipeline;
  readonly #questions: Questions;
  readonly #retention: RetentionKeeper;
  readonly #lost: (error: AlohaError) => void;
  readonly #cluster: ClusterRecord;
  readonly #timers: Timers;
  readonly #beganAfter: number;
  #state: LeadershipState = "RECOVERING";
  #over = false;

  /** Raises the epoch durably, then loads, then leads: what it begins with is committed when this resolves. Rejects with the engine's error. */
  static async begin(options: LeadershipOptions): Promise<Leadership> {
    const { random } = options.runtime;
    const nonce = random.hex(16);
    const names = { clusterId: `c-${random.hex(8)}`, nonce };
    const cluster = checkRaised(await options.engine.raiseEpoch(names), nonce);
    const leadership = new Leadership(options, cluster);
    await leadership.ask({ kind: "barrier" });
    return leadership;
  }

  private constructor(options: LeadershipOptions, cluster: ClusterRecord) {
    const { engine, runtime } = options;
    const { clock, timers } = runtime;
    this.#engine = engine;
    this.#cluster = cluster;
    this.#lost = options.lost;
    this.#timers = timers;
    const snapshot = engine.load(cluster);
    this.#beganAfter = snapshot.lastEventSequence;
    this.events = new EventBus({ lastSequence: snapshot.lastEventSequence });
    const now = { bootMs: clock.bootMs(), wallMs: clock.wallMs() };
    const { state, effects } = createMaster({ settings: options.settings, snapshot, now });
    this.#questions = new Questions((input) => this.#pipeline.push(input));
    this.#pipeline = new Pipeline({
      step: (inputs, at) => stepMaster(state, inputs, at),
      commit: (batch) => engine.commit(batch),
      outputs: {
        answer: (token, answer) => this.#questions.answer(token, answer),
        event: (event) => {
          if (event.kind === "master-state-changed") this.#state = event.to;
          this.events.publish(event);
          this.waits.publish(event);
        },
        lookUp: (lookUp) => this.#lookUp(lookUp),
      },
      failed: (error) => this.#fail(error),
      clock,
      timers,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#retention = new RetentionKeeper({
      prune: () => engine.prune(clock.wallMs(), options.retention),
      timers,
      failed: (error) => this.#fail(error),
    });
    this.#pipeline.begin(effects);
    this.#retention.start();
  }

  get state(): LeadershipState {
    return this.#state;
  }

  get clusterId(): string {
    return this.#cluster.clusterId;
  }

  get epoch(): Epoch {
    return this.#cluster.epoch;
  }

  /** Sequence of the newest event before this leadership; 0 if there was none. */
  get beganAfter(): number {
    return this.#beganAfter;
  }

  /** Puts a question to the core; see `Questions.ask`. */
  ask(question: Question, signal?: AbortSignal): Promise<MasterAnswer> {
    return this.#questions.ask(question, signal);
  }

  /** Puts several questions at once; see `Questions.askAll`. */
  askAll(questions: readonly Question[]): Promise<readonly (MasterAnswer | undefined)[]> {
    return this.#questions.askAll(questions);
  }

  /** Reads the store behind everything that was asked before: it sees all of that, and nothing that is not committed. */
  async read<Result>(read: (engine: PersistenceEngine) => Result): Promise<Result> {
    await this.#questions.ask({ kind: "barrier" });
    return read(this.#engine);
  }

  /** Events after a sequence, as `read` sees them. */
  readEvents(afterSequence: number, limit: number): Promise<EventsRead> {
    return this.read((engine) => engine.readEvents(afterSequence, limit));
  }

  /** Forgets those of these applications that have ended; resolves with how many. */
  async removeEnded(appIds: readonly string[]): Promise<number> {
    return this.#engine.removeEnded(appIds);
  }

  /** Tells the core that the store's disk is almost full, or has room again. */
  setStoreSpace(low: boolean): void {
    this.#pipeline.push({ kind: "store-space", low });
  }

  /** Tells everybody who reads events of something that the core does not see by itself. */
  alert(code: string, message: string): void {
    this.#pipeline.push({ kind: "alert", code, message });
  }

  /** Which event each listener handled last, as it was saved. Readable as long as the engine is open. */
  listenerPositions(): ReadonlyMap<string, number> {
    return this.#engine.readListenerPositions();
  }

  /** Remembers which event each listener handled last, also while this leadership ends in order. */
  saveListenerPositions(positions: ReadonlyMap<string, number>): Promise<void> {
    return this.#engine.saveListenerPositions(positions);
  }

  /** Ends it in order: what was taken is answered, and then nobody is served any more. The engine stays open. */
  async end(): Promise<void> {
    const timer = this.#timers.after(endTimeoutMs, () => this.#pipeline.abort());
    await this.#pipeline.close();
    timer.clear();
    this.#finish(new AlohaError("not-leader", "This master is stopping and leads no more."));
  }

  #lookUp({ workerId, appId, attempt }: LookUp): void {
    try {
      const application = this.#engine.readApplication(appId)?.application ?? null;
      this.#pipeline.push({ kind: "looked-up", workerId, attempt, application });
    } catch (thrown) {
      this.#fail(toAlohaError(thrown, "store-corrupt"));
    }
  }

  #fail(error: AlohaError): void {
    if (this.#over) return;
    this.#finish(error);
    this.#pipeline.abort();
    this.#lost(error);
  }

  #finish(error: AlohaError): void {
    this.#over = true;
    this.#retention.stop();
    this.#questions.end(error);
    this.events.close();
    this.waits.close();
  }
}
