import { constants } from "node:os";
import type { AttemptKey } from "@aloha/core";
import type { Runtime, Timer } from "@aloha/runtime";
import type { TreeContainment } from "./containment/containment.ts";
import {
  guardTable,
  snapshotEntries,
  step,
  type GuardianNote,
  type JournalEntry,
  type SupervisorEffect,
  type SupervisorInput,
  type SupervisorState,
  type TreeReference,
} from "./core/index.ts";
import type { Guardian } from "./guardian/guardian.ts";
import type { JournalWriter } from "./journal-writer.ts";
import type { OutputDrain } from "./output/output-drain.ts";
import type { CommandServer } from "./socket/command-server.ts";
import { spawnAttempt, type SpawnedAttempt, type SpawnTools } from "./spawn/spawn-attempt.ts";

/** Deadlines are compared this often; timers between are hints. */
const TICK_MS = 250;
/** After a kill the tree is looked at again this soon, so that an end is reported before the next tick. */
const VERIFY_AFTER_KILL_MS = 10;
/** How long a pipe may stay open in the hands of a process that is not of the tree. */
const OUTPUT_PATIENCE_MS = 5_000;

/** What carries out the decisions. */
export interface SupervisorParts {
  readonly runtime: Runtime;
  readonly state: SupervisorState;
  readonly containment: TreeContainment;
  readonly spawnTools: SpawnTools;
  readonly journal: JournalWriter;
  readonly guardian: Guardian;
  readonly server: CommandServer;
  readonly exit: (reason: string) => void;
}

/** The shell around the core: feeds it what happens, and does what it says, in its order. */
export class Supervisor {
  readonly #parts: () => SupervisorParts;
  readonly #inputs: SupervisorInput[] = [];
  readonly #drains = new Map<AttemptKey, readonly OutputDrain[]>();
  #feeding = false;
  #entries: JournalEntry[] = [];
  #sequence = 0;
  #ticker: Timer | null = null;
  #notesToClear = false;

  /** The parts call `feed`, so they are made after this; `parts` gives them. */
  constructor(parts: () => SupervisorParts) {
    this.#parts = parts;
  }

  /** Takes over from an earlier supervisor, then keeps the deadlines. */
  begin(entries: readonly JournalEntry[], notes: readonly GuardianNote[]): void {
    this.#notesToClear = notes.length > 0;
    this.feed({ kind: "recovered", entries, notes });
    this.#ticker = this.#parts().runtime.timers.every(TICK_MS, () => this.feed({ kind: "tick" }));
  }

  /** Tells the core what happened. What happens meanwhile is told next. */
  feed(input: SupervisorInput): void {
    this.#inputs.push(input);
    if (this.#feeding) return;
    this.#feeding = true;
    const { state, runtime } = this.#parts();
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const now = { bootMs: runtime.clock.bootMs(), wallMs: runtime.clock.wallMs() };
      for (const effect of step(state, next, now)) this.#carryOut(effect);
    }
    this.#feeding = false;
    this.#writeJournal();
  }

  /** What is written when the journal is made anew. */
  snapshot(): readonly JournalEntry[] {
    return snapshotEntries(this.#parts().state);
  }

  /** What the guardian has to know. */
  guardTable(): ReturnType<typeof guardTable> {
    return guardTable(this.#parts().state);
  }

  /** Tells the operator something that the core does not decide on. */
  alert(code: string, message: string): void {
    const { state, runtime, server } = this.#parts();
    runtime.logger.warn(message, { code });
    if (state.attached?.answered === true)
      server.send(state.attached.connection, { kind: "alert", code, message });
  }

  /** The journal is on disk up to there. */
  durable(sequence: number): void {
    if (this.#notesToClear) this.#parts().guardian.clearNotes();
    this.#notesToClear = false;
    this.feed({ kind: "durable", sequence });
  }

  #writeJournal(): void {
    if (this.#entries.length === 0) return;
    const entries = this.#entries;
    this.#entries = [];
    this.#parts().journal.append(entries, this.#sequence);
  }

  #carryOut(effect: SupervisorEffect): void {
    const { containment, guardian, runtime, server } = this.#parts();
    switch (effect.kind) {
      case "append":
        this.#entries.push(effect.entry);
        this.#sequence = effect.sequence;
        return;
      case "spawn":
        this.#spawn(effect);
        return;
      case "signal-tree":
        containment.signal(effect.tree, toSignal(effect.signal));
        return;
      case "kill-tree":
        containment.kill(effect.tree);
        runtime.timers.after(VERIFY_AFTER_KILL_MS, () => this.#verify(effect.tree));
        return;
      case "verify-tree":
        this.#verify(effect.tree);
        return;
      case "drain-output":
        this.#drain(effect.attempt);
        return;
      case "release":
        containment.release(effect.attempt);
        return;
      case "report":
        server.send(effect.connection, effect.report);
        return;
      case "disconnect":
        server.disconnect(effect.connection);
        return;
      case "guard-changed":
        guardian.changed();
        return;
      case "start-guardian":
        guardian.start();
        return;
      case "alert":
        runtime.logger.warn(effect.message, { code: effect.code });
        return;
      case "again":
        runtime.timers.soon(() => this.feed({ kind: "turn" }));
        return;
      case "exit":
        this.#ticker?.clear();
        this.#parts().exit(effect.reason);
        return;
    }
  }

  #spawn({ attempt, spec, fenceBootMs }: Extract<SupervisorEffect, { kind: "spawn" }>): void {
    const { containment, guardian, spawnTools } = this.#parts();
    if (fenceBootMs !== null || containment.kind === "group")
      guardian.add({ attempt, main: null, fenceBootMs });
    const result = spawnAttempt(spawnTools, attempt, spec);
    if (result.kind === "failed") {
      this.feed({ kind: "spawn-failed", attempt, code: result.code, message: result.message });
      return;
    }
    this.#drains.set(attempt, result.drains);
    result.child.once("exit", (exitCode, signal) =>
      this.#onExit(attempt, result, exitCode, signal),
    );
    this.feed({ kind: "spawned", attempt, pid: result.pid, startTicks: result.startTicks });
  }

  #onExit(
    attempt: AttemptKey,
    { drains }: SpawnedAttempt,
    exitCode: number | null,
    signal: string | null,
  ): void {
    const { containment, guardian } = this.#parts();
    this.#drains.set(attempt, drains);
    const guardianKilled = guardian.readNotes().some((note) => note.attempt === attempt);
    const outOfMemory = containment.ranOutOfMemory(attempt);
    const treeEmpty = containment.isEmptyNow(attempt);
    this.feed({
      kind: "exited",
      attempt,
      exitCode,
      signal,
      outOfMemory,
      guardianKilled,
      treeEmpty,
    });
  }

  #verify(tree: TreeReference): void {
    const { attempt } = tree;
    this.#parts().containment.verify(tree, (end) => {
      // A main process that was not collected yet is no longer counted, but its exit comes first.
      if (end === null) this.feed({ kind: "tree-alive", attempt });
      else this.feed({ kind: "tree-empty", attempt, tree: end });
    });
  }

  #drain(attempt: AttemptKey): void {
    const drains = this.#drains.get(attempt) ?? [];
    this.#drains.delete(attempt);
    let left = drains.length;
    const done = (): void => {
      left--;
      if (left <= 0) this.feed({ kind: "output-drained", attempt });
    };
    for (const drain of drains) drain.finish(OUTPUT_PATIENCE_MS, done);
    if (drains.length === 0) done();
  }
}

/** `SIGTERM`, or `TERM` as the kill command takes it; SIGTERM for what is no signal. */
function toSignal(name: string): NodeJS.Signals {
  const candidates = [name, `SIG${name}`];
  const known = Object.keys(constants.signals) as NodeJS.Signals[];
  return known.find((signal) => candidates.includes(signal)) ?? "SIGTERM";
}
