import { spawn, type ChildProcess } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import type { Runtime, Timer } from "@aloha/runtime";
import { processIdentity } from "@aloha/runtime/node";
import type { TreeContainment } from "../containment/containment.ts";
import { signalProcess } from "../containment/signal-process.ts";
import type { GuardEntry, GuardianNote } from "../core/index.ts";
import {
  endFormerGuardian,
  guardianPaths,
  readLines,
  readNotes,
  removeNotes,
  type GuardianPaths,
} from "./former-guardian.ts";
import { GuardFile } from "./guard-file.ts";
import { guardianScript } from "./guardian-script.ts";

/** How often the guardian's sign of life is looked at. */
const BEAT_CHECK_MS = 1_000;
/** After so many looks without a new sign of life the guardian is taken to be stopped, and replaced. */
const BEATS_MISSED_MAX = 6;
/** The table is rewritten at most this often. */
const TABLE_DELAY_MS = 250;

export interface GuardianOptions {
  readonly runtime: Runtime;
  readonly containment: TreeContainment;
  /** Path prefix of its files; best on a file system in memory, which does not fill up with the disk. */
  readonly prefix: string;
  /** The deadlines as they are now. */
  readonly table: () => readonly GuardEntry[];
  readonly onEvent: (event: "up" | "lost" | "unavailable", message: string) => void;
  readonly onReplaced: (message: string) => void;
}

/** Keeps a guardian running, and keeps it informed. */
export class Guardian {
  readonly #options: GuardianOptions;
  readonly #table: GuardFile;
  readonly #paths: GuardianPaths;
  #child: ChildProcess | null = null;
  #tableTimer: Timer | null = null;
  #beatTimer: Timer | null = null;
  #beat = "";
  #beatsMissed = 0;

  constructor(options: GuardianOptions) {
    this.#options = options;
    this.#paths = guardianPaths(options.prefix);
    this.#table = new GuardFile(this.#paths.table);
  }

  /** Ends the guardian of an earlier supervisor, and says what it did. The first one is started apart. */
  begin(): readonly GuardianNote[] {
    endFormerGuardian(this.#paths);
    const notes = this.readNotes();
    this.#table.replace([]);
    this.#beatTimer = this.#options.runtime.timers.every(BEAT_CHECK_MS, () => this.#checkBeat());
    return notes;
  }

  /** Starts a guardian; `onEvent` says whether one is up. */
  start(): void {
    const own = processIdentity(process.pid);
    if (own === undefined || own.startTicks === 0) {
      this.#options.onEvent("unavailable", "there is no /proc");
      return;
    }
    const { containment } = this.#options;
    const { table, note, beat } = this.#paths;
    const facts = [
      String(own.pid),
      String(own.startTicks),
      containment.mechanism,
      containment.root ?? "-",
      table,
      note,
      beat,
    ];
    const child = spawn("/bin/sh", ["-c", guardianScript, "aloha-guardian", ...facts], {
      detached: true,
      stdio: "ignore",
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    });
    if (child.pid === undefined) {
      child.once("error", () => {});
      this.#options.onEvent("unavailable", "/bin/sh could not be started");
      return;
    }
    this.#child = child;
    this.#beatsMissed = 0;
    child.once("exit", (code, signal) => this.#onExit(child, signal ?? `exit code ${code}`));
    this.#writeIdentity(child.pid);
    this.#options.onEvent("up", `pid ${child.pid}`);
  }

  /** The table changed; it is rewritten soon. */
  changed(): void {
    this.#tableTimer ??= this.#options.runtime.timers.after(TABLE_DELAY_MS, () => {
      this.#tableTimer = null;
      this.#table.replace(this.#options.table());
    });
  }

  /** Makes one entry known now, before the process is started. */
  add(entry: GuardEntry): void {
    this.#table.add(entry);
  }

  /** What a guardian did on its own since the notes were last cleared. */
  readNotes(): readonly GuardianNote[] {
    return readNotes(this.#paths);
  }

  clearNotes(): void {
    removeNotes(this.#paths);
  }

  /** Ends the guardian: nothing is left to guard. */
  end(): void {
    this.#tableTimer?.clear();
    this.#beatTimer?.clear();
    const child = this.#child;
    this.#child = null;
    if (child?.pid !== undefined) signalProcess(child.pid, "SIGKILL");
    this.#table.remove();
    for (const path of [this.#paths.beat, this.#paths.identity, this.#paths.note])
      rmSync(path, { force: true });
  }

  #onExit(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#options.onEvent("lost", how);
  }

  /** Counts looks, not time: if this process was stopped, the guardian is not to blame. */
  #checkBeat(): void {
    if (this.#child === null) return;
    const beat = readLines(this.#paths.beat)[0] ?? "";
    this.#beatsMissed = beat === this.#beat ? this.#beatsMissed + 1 : 0;
    this.#beat = beat;
    if (this.#beatsMissed < BEATS_MISSED_MAX) return;
    const stopped = this.#child;
    this.#child = null;
    if (stopped.pid !== undefined) signalProcess(stopped.pid, "SIGKILL");
    this.#options.onReplaced(
      `The guardian (pid ${stopped.pid}) gave no sign of life for ${BEATS_MISSED_MAX} s and was replaced. Was it stopped?`,
    );
    this.start();
  }

  #writeIdentity(pid: number): void {
    const identity = processIdentity(pid);
    if (identity === undefined) return;
    writeFileSync(
      this.#paths.identity,
      `${identity.pid} ${identity.startTicks} ${identity.bootId}\n`,
      { mode: 0o600 },
    );
  }
}
