import type { ApplicationRecord } from "../application/record.ts";
import { isTerminal } from "../application/state.ts";
import type { AlohaEvent } from "../event.ts";
import { joinLine, leaveLine } from "./key-line.ts";
import type { MasterAnswer, MasterEffect } from "./effect.ts";
import type { Now, Token } from "./input.ts";
import type { LiveApplication, MasterState } from "./state.ts";
import type { StoreChange, WorkerMode, WorkerRecord } from "./store-change.ts";
import type { WorkerEntry } from "./state.ts";
import { enqueue } from "./waiting.ts";

type Unsequenced<Event> = Event extends AlohaEvent ? Omit<Event, "sequence" | "atMs"> : never;

/** One step under way: the state it works on, the time at which it happens, and what it has asked for so far. */
export class StepContext {
  readonly state: MasterState;
  readonly now: Now;
  readonly effects: MasterEffect[] = [];

  constructor(state: MasterState, now: Now) {
    this.state = state;
    this.now = now;
  }

  persist(change: StoreChange): void {
    this.effects.push({ kind: "persist", change });
  }

  answer(token: Token, answer: MasterAnswer, options?: { readonly urgent: boolean }): void {
    this.effects.push({ kind: "answer", token, answer, urgent: options?.urgent ?? false });
  }

  emit(event: Unsequenced<AlohaEvent>): void {
    this.#tell({ ...event, ...this.#next() } as AlohaEvent);
  }

  alert(code: string, message: string): void {
    this.emit({ kind: "alert", code, message });
  }

  /** Remembers that this worker may have to be told something before the step ends. */
  stir(worker: WorkerEntry): void {
    this.state.stirred.add(worker);
  }

  /**
   * The one place where an application changes: the record is replaced and persisted, the change
   * of state is counted and told.
   */
  changeApplication(
    application: LiveApplication,
    change: Partial<Omit<ApplicationRecord, "id" | "number" | "submittedAtMs" | "changedAtMs">>,
    why: { readonly reason: string; readonly message: string } | null = null,
  ): void {
    const before = application.record;
    const to = change.state ?? before.state;
    const changed = to !== before.state;
    const record: ApplicationRecord = {
      ...before,
      ...change,
      changedAtMs: changed ? this.now.wallMs : before.changedAtMs,
    };
    application.record = record;
    this.persist({ kind: "application", application: record });
    if (!changed) return;
    this.#count(before.state, -1);
    if (isTerminal(to)) this.#endLife(application);
    else this.#count(to, +1);
    this.#tellState(application, before.state, why);
  }

  #endLife(application: LiveApplication): void {
    this.state.applications.delete(application.record.id);
    const next = leaveLine(this.state, application);
    if (next !== undefined) enqueue(this, next);
  }

  /** Takes up an application that has just been submitted. */
  addApplication(application: LiveApplication): void {
    const { record, description } = application;
    this.state.applications.set(record.id, application);
    joinLine(this.state, application);
    this.#count(record.state, +1);
    this.persist({ kind: "description", appId: record.id, description });
    this.persist({ kind: "application", application: record });
    this.#tellState(application, null, null);
  }

  /** The one place where a worker's durable record changes. */
  changeWorker(
    worker: WorkerEntry,
    change: Partial<Omit<WorkerRecord, "workerId">>,
    message = "",
  ): void {
    const from: WorkerMode | null = worker.record.mode;
    worker.record = { ...worker.record, ...change, changedAtMs: this.now.wallMs };
    this.persist({ kind: "worker", worker: worker.record });
    if (change.mode !== undefined && change.mode !== from) {
      this.emit({
        kind: "worker-state-changed",
        workerId: worker.record.workerId,
        from,
        to: change.mode,
        message,
      });
    }
    this.stir(worker);
  }

  /** Written out, not spread as by `emit`: these are nearly all the events that there are. */
  #tellState(
    { record, description }: LiveApplication,
    from: ApplicationRecord["state"] | null,
    why: { readonly reason: string; readonly message: string } | null,
  ): void {
    const { sequence, atMs } = this.#next();
    this.#tell({
      kind: "application-state-changed",
      appId: record.id,
      name: description.name,
      from,
      to: record.state,
      attempt: record.attemptsTotal,
      workerId: record.attempts.at(-1)?.workerId ?? null,
      reason: why?.reason ?? null,
      message: why?.message ?? null,
      sequence,
      atMs,
    });
  }

  #next(): { readonly sequence: number; readonly atMs: number } {
    return { sequence: ++this.state.eventSequence, atMs: this.now.wallMs };
  }

  #tell(event: AlohaEvent): void {
    this.effects.push({ kind: "event", event });
  }

  #count(state: ApplicationRecord["state"], difference: number): void {
    const { counts } = this.state;
    counts.set(state, (counts.get(state) ?? 0) + difference);
  }
}
