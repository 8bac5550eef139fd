import { checkSupervisorCommand, checkSupervisorReport } from "@aloha/core";
import type { SupervisorCommand, SupervisorReport } from "@aloha/core";
import {
  createSupervisorState,
  defaultSupervisorLimits,
  guardTable,
  snapshotEntries,
  step,
} from "@aloha/supervisor/core";
import type {
  JournalEntry,
  SupervisorEffect,
  SupervisorInput,
  SupervisorState,
} from "@aloha/supervisor/core";
import type { History } from "../history/history.ts";
import { checkWellFormed } from "../history/well-formed.ts";
import type { Host } from "../world/host.ts";
import { LocalSocket } from "../world/local-socket.ts";
import type { SimulatedLog } from "../world/simulated-log.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import { GuardianNode } from "./guardian-node.ts";
import type { GuardedSupervisor } from "./guardian-node.ts";
import { SupervisedTrees } from "./supervised-trees.ts";
import { SupervisorJournal } from "./supervisor-journal.ts";

/** Deadlines are compared this often. */
const tickMs = 250;
/** After a kill the tree is looked at again this soon. */
const verifyAfterKillMs = 10;
/** From the start of the process until it listens. */
const launchMs = { min: 20, max: 400 };

/** A worker's end of a connection. */
export interface SupervisorConnection {
  send(command: SupervisorCommand): void;
}

export interface ConnectionCallbacks {
  readonly onOpen: (connection: SupervisorConnection) => void;
  readonly onReport: (report: SupervisorReport) => void;
  readonly onClosed: () => void;
}

type Socket = LocalSocket<SupervisorCommand, SupervisorReport>;

/** A supervisor with its guardian: the production core, on simulated processes, journal and socket. */
export class SupervisorNode {
  readonly guardian: GuardianNode;
  readonly #world: World;
  readonly #host: Host;
  readonly #history: History;
  readonly #journal: SimulatedLog<JournalEntry>;
  readonly #trees: SupervisedTrees;
  #process: SimulatedProcess | null = null;
  #isListening = false;
  #state: SupervisorState | null = null;
  #sockets = new Map<number, Socket>();
  #lastConnection = 0;
  #inputs: SupervisorInput[] = [];
  #isFeeding = false;
  #entries: JournalEntry[] = [];
  #writer: SupervisorJournal | null = null;
  #sequence = 0;
  #notesToClear = false;

  constructor(world: World, history: History, host: Host) {
    this.#world = world;
    this.#host = host;
    this.#history = history;
    this.guardian = new GuardianNode(world, history, host);
    this.#journal = host.disk.createLog("supervisor");
    this.#trees = new SupervisedTrees({
      world,
      host,
      guardian: this.guardian,
      feed: (process, input) => this.#feed(process, input),
    });
  }

  get process(): SimulatedProcess | null {
    return this.#process;
  }

  /** Connects, starting a supervisor first where there is none. `onClosed` is called if that fails, too. */
  connect(client: SimulatedProcess, callbacks: ConnectionCallbacks): void {
    if (this.#process === null) this.#launch();
    client.after(this.#isListening ? 1 : launchMs.max, () => {
      const process = this.#process;
      if (process === null || !this.#isListening) {
        callbacks.onClosed();
        return;
      }
      callbacks.onOpen(this.#open(process, client, callbacks));
    });
  }

  #open(
    server: SimulatedProcess,
    client: SimulatedProcess,
    callbacks: ConnectionCallbacks,
  ): SupervisorConnection {
    const connection = ++this.#lastConnection;
    const socket: Socket = new LocalSocket(this.#world, {
      server,
      client,
      onUp: (command) => {
        if (command.kind === "shutdown") this.#endSupervision();
        this.#feed(server, { kind: "command", connection, command });
      },
      onDown: callbacks.onReport,
      onClientClosed: () => {
        this.#sockets.delete(connection);
        this.#feed(server, { kind: "disconnected", connection });
      },
      onServerClosed: callbacks.onClosed,
    });
    this.#sockets.set(connection, socket);
    return {
      send: (command) => {
        checkWellFormed(
          this.#history,
          checkSupervisorCommand,
          command,
          `the command ${command.kind}`,
        );
        socket.sendUp(command);
      },
    };
  }

  #launch(): void {
    if (!this.#host.isUp) return;
    const process = this.#host.startProcess("supervisor");
    this.#process = process;
    this.#world.note(this.#host.name, "supervisor starts");
    process.onDeath(() => {
      this.#endSupervision();
      this.#process = null;
      this.#isListening = false;
      this.#state = null;
      this.#journal.crash();
    });
    process.after(this.#world.dice.between(launchMs.min, launchMs.max), () => this.#begin(process));
  }

  #begin(process: SimulatedProcess): void {
    const { bootId, trees } = this.#host;
    const state = createSupervisorState({
      hostSocketPath: "/run/hosts",
      bootId,
      containment: "cgroup",
      limits: defaultSupervisorLimits,
    });
    this.#state = state;
    this.#writer = this.#openJournal(process, state);
    this.#sockets = new Map();
    this.#inputs = [];
    this.#entries = [];
    this.#isFeeding = false;
    this.#sequence = 0;
    for (const attempt of trees.attempts) trees.kill(attempt);
    const notes = this.guardian.begin();
    this.#notesToClear = notes.length > 0;
    this.#startGuardian(process);
    this.#feed(process, { kind: "recovered", entries: this.#journal.read(), notes, held: [] });
    process.every(tickMs, () => this.#feed(process, { kind: "tick" }));
    this.#isListening = true;
  }

  #startGuardian(process: SimulatedProcess): void {
    this.guardian.start(this.#guarded(process));
  }

  #guarded(process: SimulatedProcess): GuardedSupervisor {
    return {
      process,
      table: () => (this.#state === null ? [] : guardTable(this.#state)),
      onUp: () => this.#beginSupervision(process, "up"),
      onUnavailable: () => this.#beginSupervision(process, "unavailable"),
      onVanished: () => this.#endSupervision(),
      onLost: () => this.#feed(process, { kind: "guardian", event: "lost", message: "killed" }),
    };
  }

  #beginSupervision(process: SimulatedProcess, event: "up" | "unavailable"): void {
    this.#history.observe({ kind: "supervision-began", hostName: this.#host.name });
    this.#feed(process, { kind: "guardian", event, message: event });
  }

  #endSupervision(): void {
    this.#history.observe({ kind: "supervision-ended", hostName: this.#host.name });
  }

  /** What happens while a step is carried out is told next. */
  #feed(process: SimulatedProcess, input: SupervisorInput): void {
    const state = this.#state;
    if (state === null || process !== this.#process) return;
    this.#inputs.push(input);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    const { clock } = this.#host;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const now = { bootMs: clock.bootMs(), wallMs: clock.wallMs() };
      for (const effect of step(state, next, now)) this.#carryOut(process, effect);
    }
    this.#isFeeding = false;
    this.#writeJournal();
  }

  #writeJournal(): void {
    if (this.#entries.length === 0) return;
    const entries = this.#entries;
    const sequence = this.#sequence;
    this.#entries = [];
    this.#writer?.append(entries, sequence);
  }

  #openJournal(process: SimulatedProcess, state: SupervisorState): SupervisorJournal {
    return new SupervisorJournal({
      process,
      log: this.#journal,
      snapshot: () => snapshotEntries(state),
      onDurable: (sequence) => {
        if (this.#notesToClear) this.guardian.clearNotes();
        this.#notesToClear = false;
        this.#feed(process, { kind: "durable", sequence });
      },
      onFailed: () => this.#feed(process, { kind: "journal-failed", message: "no space left" }),
    });
  }

  #carryOut(process: SimulatedProcess, effect: SupervisorEffect): void {
    const { trees, name } = this.#host;
    switch (effect.kind) {
      case "append":
        this.#entries.push(effect.entry);
        this.#sequence = effect.sequence;
        return;
      case "spawn":
        this.#trees.spawn(process, effect);
        return;
      case "signal-tree":
        this.#world.note(name, `supervisor sends ${effect.signal} to ${effect.tree.attempt}`);
        trees.terminate(effect.tree.attempt);
        return;
      case "kill-tree":
        trees.kill(effect.tree.attempt);
        process.after(verifyAfterKillMs, () => this.#trees.verify(process, effect.tree));
        return;
      case "verify-tree":
        this.#trees.verify(process, effect.tree);
        return;
      case "drain-output":
        process.after(this.#world.dice.between(0, 20), () =>
          this.#feed(process, { kind: "output-drained", attempt: effect.attempt }),
        );
        return;
      case "report":
        checkWellFormed(
          this.#history,
          checkSupervisorReport,
          effect.report,
          `the report ${effect.report.kind}`,
        );
        this.#sockets.get(effect.connection)?.sendDown(effect.report);
        return;
      case "disconnect":
        this.#sockets.get(effect.connection)?.closeFromServer();
        this.#sockets.delete(effect.connection);
        return;
      case "guard-changed":
        this.guardian.changed(this.#guarded(process));
        return;
      case "start-guardian":
        this.#startGuardian(process);
        return;
      case "alert":
        this.#world.note(name, `supervisor alert ${effect.code}: ${effect.message}`);
        return;
      case "host-send":
        // No simulated application shares a host.
        return;
      case "again":
        process.soon(() => this.#feed(process, { kind: "turn" }));
        return;
      case "release":
        return;
      case "exit":
        this.#world.note(name, `supervisor exits: ${effect.reason}`);
        process.kill();
        return;
    }
  }
}
