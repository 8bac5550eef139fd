import type { AttemptKey } from "@aloha/core";
import type { History } from "../history/history.ts";
import type { Script } from "./script.ts";
import type { World } from "./world.ts";

/** How long a process takes at most to act on SIGTERM. */
const termMaxMs = 500;

/** How a main process ended, told to whoever is its parent. */
export interface MainExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

interface Tree {
  readonly attempt: AttemptKey;
  readonly pid: number;
  readonly script: Script;
  readonly onExit: (exit: MainExit) => void;
  main: boolean;
  daemon: boolean;
  signalled: boolean;
  killed: boolean;
}

/** The process trees on one host, as the kernel knows them: the truth that logs are compared with. */
export class ProcessTable {
  readonly #world: World;
  readonly #history: History;
  readonly #hostName: string;
  readonly #trees = new Map<AttemptKey, Tree>();
  #lastPid = 100;

  constructor(world: World, history: History, hostName: string) {
    this.#world = world;
    this.#history = history;
    this.#hostName = hostName;
  }

  get attempts(): readonly AttemptKey[] {
    return [...this.#trees.keys()];
  }

  isAlive(attempt: AttemptKey): boolean {
    return this.#trees.has(attempt);
  }

  /** Whether SIGKILL was sent to it. */
  isKilled(attempt: AttemptKey): boolean {
    return this.#trees.get(attempt)?.killed === true;
  }

  /** Forks. `onExit` is called when the main process ends, whoever is there to hear it. */
  spawn(attempt: AttemptKey, script: Script, onExit: (exit: MainExit) => void): number {
    const tree: Tree = {
      attempt,
      pid: ++this.#lastPid,
      script,
      onExit,
      main: true,
      daemon: script.daemonMs > 0,
      signalled: false,
      killed: false,
    };
    this.#history.observe({ kind: "tree-started", attempt, hostName: this.#hostName });
    this.#trees.set(attempt, tree);
    this.#world.after(script.runMs, () => {
      if (!tree.killed) this.#endMain(tree, { exitCode: script.exitCode, signal: null });
    });
    return tree.pid;
  }

  /** Sends SIGTERM to every process of the tree. */
  terminate(attempt: AttemptKey): void {
    const tree = this.#trees.get(attempt);
    if (tree === undefined) return;
    this.#noteSignal(tree);
    const { onTerm } = tree.script;
    if (onTerm === "ignore") return;
    const exit =
      onTerm === "exit-0" ? { exitCode: 0, signal: null } : { exitCode: null, signal: "SIGTERM" };
    this.#world.after(this.#world.dice.between(0, termMaxMs), () => {
      this.#endMain(tree, exit);
      this.#endDaemon(tree);
    });
  }

  /** Sends SIGKILL to every process of the tree. They vanish in their own time. */
  kill(attempt: AttemptKey): void {
    const tree = this.#trees.get(attempt);
    if (tree === undefined || tree.killed) return;
    this.#noteSignal(tree);
    tree.killed = true;
    this.#world.after(this.#world.dice.between(0, tree.script.dieMs), () => {
      this.#endMain(tree, { exitCode: null, signal: "SIGKILL" });
      this.#endDaemon(tree);
    });
  }

  /** The host is gone, and all of them with it. */
  vanish(): void {
    for (const tree of this.#trees.values()) {
      tree.main = false;
      tree.daemon = false;
      this.#history.observe({ kind: "tree-gone", attempt: tree.attempt, hostName: this.#hostName });
    }
    this.#trees.clear();
  }

  #noteSignal(tree: Tree): void {
    if (tree.signalled) return;
    tree.signalled = true;
    this.#history.observe({ kind: "tree-signalled", attempt: tree.attempt });
  }

  #endMain(tree: Tree, exit: MainExit): void {
    if (!tree.main) return;
    tree.main = false;
    this.#history.observe({ kind: "main-exited", attempt: tree.attempt, ...exit });
    if (tree.daemon) this.#world.after(tree.script.daemonMs, () => this.#endDaemon(tree));
    this.#collect(tree);
    tree.onExit(exit);
  }

  #endDaemon(tree: Tree): void {
    if (!tree.daemon) return;
    tree.daemon = false;
    this.#collect(tree);
  }

  #collect(tree: Tree): void {
    if (tree.main || tree.daemon) return;
    this.#trees.delete(tree.attempt);
    this.#history.observe({ kind: "tree-gone", attempt: tree.attempt, hostName: this.#hostName });
  }
}
