import type { AttemptKey } from "@aloha/core";
import type { GuardEntry, GuardianNote } from "@aloha/supervisor/core";
import type { History } from "../history/history.ts";
import type { Host } from "../world/host.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";

/** How often the guardian looks, and how long after a deadline it acts: the supervisor goes first. */
const lookMs = 1_000;
const slackMs = 1_000;

/** How often a table that changed is rewritten at most. */
const tableDelayMs = 250;

/** How often a host can run no guardian: fences are then treated as `keep`. */
const unavailableProbability = 0.15;

/** Whom it guards, and who hears of its end. */
export interface GuardedSupervisor {
  readonly process: SimulatedProcess;
  readonly table: () => readonly GuardEntry[];
  readonly onUp: () => void;
  readonly onUnavailable: () => void;
  /** At once, for whoever looks on from outside. */
  readonly onVanished: () => void;
  readonly onLost: () => void;
}

/**
 * The guardians of one host: a small process beside the supervisor that looks once a second
 * whether that is still there, and whether a deadline has passed that it should have kept.
 * Its notes survive it, as files in memory do, until the host goes down.
 */
export class GuardianNode {
  readonly #world: World;
  readonly #host: Host;
  /** Whether this host can run guardians. */
  readonly isAvailable: boolean;
  readonly #history: History;
  #process: SimulatedProcess | null = null;
  #table: readonly GuardEntry[] = [];
  #rewriteScheduled = false;
  #notes: GuardianNote[] = [];
  #notesOfBoot: string;

  constructor(world: World, history: History, host: Host) {
    this.#world = world;
    this.#history = history;
    this.#host = host;
    this.#notesOfBoot = host.bootId;
    this.isAvailable = !world.dice.chance(unavailableProbability);
  }

  /** Whether somebody will kill the trees if the supervisor does not, or nobody has to. */
  get isWatching(): boolean {
    return this.#process !== null || !this.isAvailable;
  }

  get process(): SimulatedProcess | null {
    return this.#process;
  }

  get notes(): readonly GuardianNote[] {
    if (this.#notesOfBoot !== this.#host.bootId) this.clearNotes();
    return this.#notes;
  }

  clearNotes(): void {
    this.#notesOfBoot = this.#host.bootId;
    this.#notes = [];
  }

  /** A new supervisor: the guardian of the former one would take its trees for that one's. */
  begin(): readonly GuardianNote[] {
    this.#process?.kill();
    this.#table = [];
    return [...this.notes];
  }

  start(guarded: GuardedSupervisor): void {
    if (!this.isAvailable) {
      this.#world.after(1, () => guarded.process.run(guarded.onUnavailable));
      return;
    }
    const process = this.#host.startProcess("guardian");
    this.#process = process;
    process.onDeath((cause) => {
      if (this.#process === process) this.#process = null;
      guarded.onVanished();
      if (cause === "killed") this.#world.after(1, () => guarded.process.run(guarded.onLost));
    });
    process.every(lookMs, () => this.#look(process, guarded));
    this.#world.after(this.#world.dice.between(1, 20), () => guarded.process.run(guarded.onUp));
  }

  /** Known before the process is started. */
  add(entry: GuardEntry): void {
    this.#table = [...this.#table, entry];
  }

  changed(guarded: GuardedSupervisor): void {
    if (this.#rewriteScheduled) return;
    this.#rewriteScheduled = true;
    guarded.process.onDeath(() => {
      this.#rewriteScheduled = false;
    });
    guarded.process.after(tableDelayMs, () => {
      this.#rewriteScheduled = false;
      this.#table = guarded.table();
    });
  }

  #look(process: SimulatedProcess, guarded: GuardedSupervisor): void {
    const { trees, clock } = this.#host;
    if (!guarded.process.isAlive) {
      if (trees.attempts.length > 0)
        this.#note("all", { attempt: null, cause: "supervision-lost" });
      for (const attempt of trees.attempts) trees.kill(attempt);
      if (trees.attempts.length === 0) process.kill();
      return;
    }
    for (const { attempt, fenceBootMs } of this.#table) {
      if (fenceBootMs === null || clock.bootMs() < fenceBootMs + slackMs || !trees.isAlive(attempt))
        continue;
      if (!this.hasNoted(attempt)) this.#note(`fence ${attempt}`, { attempt, cause: "fence" });
      this.#history.observe({
        kind: "guardian-fenced",
        attempt,
        isNeeded: guarded.process.isStopped || trees.isKilled(attempt),
      });
      trees.kill(attempt);
    }
  }

  hasNoted(attempt: AttemptKey): boolean {
    return this.notes.some((note) => note.attempt === attempt);
  }

  #note(text: string, note: GuardianNote): void {
    this.#world.note(this.#host.name, `guardian: ${text}`);
    this.#notes = [...this.notes, note];
  }
}
