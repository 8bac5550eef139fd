import { constants } from "node:os";
import type { Runtime, Timer } from "@aloha/runtime";
import type { TreeContainment } from "./containment/containment.ts";
import {
  guardTable,
  snapshotEntries,
  step,
  type JournalEntry,
  type SupervisorEffect,
  type SupervisorInput,
  type SupervisorState,
  type TreeReference,
} from "./core/index.ts";
import type { JournalWriter } from "./journal-writer.ts";
import { readEndMessage } from "./output/read-end-message.ts";
import type { CommandServer } from "./socket/command-server.ts";
import type { HostServer } from "./socket/host-server.ts";
import type { Spawner, Takeover } from "./spawn/spawner.ts";

/** Deadlines are compared this often; timers between are hints. */
const TICK_MS = 250;
/** After a kill the tree is looked at again this soon, so that an end is reported before the next tick. */
const VERIFY_AFTER_KILL_MS = 10;

/** What carries out the decisions. */
export interface SupervisorParts {
  readonly runtime: Runtime;
  readonly state: SupervisorState;
  readonly containment: TreeContainment;
  readonly spawner: Spawner;
  readonly journal: JournalWriter;
  readonly server: CommandServer;
  readonly hosts: HostServer;
  readonly exit: (reason: string, leavesWork: boolean) => void;
}

/** The shell around the core: feeds it what happens, and does what it says, in its order. */
export class Supervisor {
  readonly #parts: () => SupervisorParts;
  readonly #inputs: SupervisorInput[] = [];
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
  begin(entries: readonly JournalEntry[], { notes, held }: Takeover): void {
    this.#notesToClear = notes.length > 0;
    this.feed({ kind: "recovered", entries, notes, held });
    this.#parts().spawner.resume();
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
      for (const effect of step(state, this.#complete(next), now)) this.#carryOut(effect);
    }
    this.#feeding = false;
    this.#writeJournal();
  }

  /** Whoever sees the exit of an attempt does not know of its last words. */
  #complete(input: SupervisorInput): SupervisorInput {
    if (input.kind !== "exited") return input;
    const path = this.#parts().state.attempts.get(input.attempt)?.spec?.messagePath;
    const message = path === undefined || path === null ? undefined : readEndMessage(path);
    return message === undefined ? input : { ...input, message };
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
    if (this.#notesToClear) this.#parts().spawner.forgetNotes();
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
    const { containment, runtime, server, spawner } = this.#parts();
    switch (effect.kind) {
      case "append":
        this.#entries.push(effect.entry);
        this.#sequence = effect.sequence;
        return;
      case "spawn":
        spawner.spawn(effect);
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
        spawner.drain(effect.attempt);
        return;
      case "release":
        spawner.release(effect.attempt);
        return;
      case "host-send":
        this.#parts().hosts.send(effect.host, effect.message);
        return;
      case "report":
        server.send(
          effect.connection,
          effect.report.kind === "attached"
            ? { ...effect.report, spawner: spawner.description }
            : effect.report,
        );
        return;
      case "disconnect":
        server.disconnect(effect.connection);
        return;
      case "guard-changed":
        spawner.guardChanged();
        return;
      case "start-guardian":
        spawner.replaceGuardian();
        return;
      case "alert":
        runtime.logger.warn(effect.message, { code: effect.code });
        return;
      case "again":
        runtime.timers.soon(() => this.feed({ kind: "turn" }));
        return;
      case "exit":
        this.#ticker?.clear();
        this.#parts().exit(effect.reason, effect.leavesWork);
        return;
    }
  }

  #verify(tree: TreeReference): void {
    const { attempt } = tree;
    this.#parts().containment.verify(tree, (end) => {
      // A main process that was not collected yet is no longer counted, but its exit comes first.
      if (end === null) this.feed({ kind: "tree-alive", attempt });
      else this.feed({ kind: "tree-empty", attempt, tree: end });
    });
  }
}

/** `SIGTERM`, or `TERM` as the kill command takes it; SIGTERM for what is no signal. */
function toSignal(name: string): NodeJS.Signals {
  const candidates = [name, `SIG${name}`];
  const known = Object.keys(constants.signals) as NodeJS.Signals[];
  return known.find((signal) => candidates.includes(signal)) ?? "SIGTERM";
}
