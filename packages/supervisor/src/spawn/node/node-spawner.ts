import type { AttemptKey } from "@aloha/core";
import { AttemptCgroups } from "../../containment/attempt-cgroups.ts";
import type { TreeContainment } from "../../containment/containment.ts";
import type { Guardian } from "../../guardian/guardian.ts";
import type { OutputDrain } from "../../output/output-drain.ts";
import type { Spawner, SpawnerEvents, SpawnRequest, Takeover } from "../spawner.ts";
import { spawnAttempt, type SpawnTools } from "./spawn-attempt.ts";

/** How long a pipe may stay open in the hands of a process that is not of the tree. */
const OUTPUT_PATIENCE_MS = 5_000;

export interface NodeSpawnerParts extends Omit<SpawnTools, "cgroups" | "onOutputTrouble"> {
  readonly containment: TreeContainment;
  readonly guardian: Guardian;
  readonly events: SpawnerEvents;
}

/** Starts processes from this very process: for hosts on which the agent cannot be built. */
export class NodeSpawner implements Spawner {
  readonly kind = "node";
  readonly description: string;
  readonly #parts: NodeSpawnerParts;
  readonly #tools: SpawnTools;
  readonly #drains = new Map<AttemptKey, readonly OutputDrain[]>();

  /** `reason`: why it is this one. */
  constructor(parts: NodeSpawnerParts, reason: string) {
    this.description = `Node with a guardian beside it (${reason})`;
    this.#parts = parts;
    this.#tools = {
      ...parts,
      cgroups: new AttemptCgroups(parts.containment),
      onOutputTrouble: (attempt, message) =>
        parts.events.onAlert("output", `${attempt}: ${message}`),
    };
  }

  begin(): Takeover {
    return { notes: this.#parts.guardian.begin(), held: [] };
  }

  resume(): void {
    this.#parts.guardian.start();
  }

  forgetNotes(): void {
    this.#parts.guardian.clearNotes();
  }

  spawn({ attempt, spec, fenceBootMs }: SpawnRequest): void {
    const { containment, guardian, events } = this.#parts;
    if (fenceBootMs !== null || containment.kind === "group")
      guardian.add({ attempt, main: null, fenceBootMs });
    const result = spawnAttempt(this.#tools, attempt, spec);
    if (result.kind === "failed") {
      const { code, message } = result;
      events.onInput({ kind: "spawn-failed", attempt, code, message });
      return;
    }
    const { child, pid, startTicks, drains } = result;
    this.#drains.set(attempt, drains);
    child.once("exit", (exitCode, signal) => this.#onExit(attempt, exitCode, signal));
    events.onInput({ kind: "spawned", attempt, pid, startTicks });
  }

  drain(attempt: AttemptKey): void {
    const drains = this.#drains.get(attempt) ?? [];
    this.#drains.delete(attempt);
    let left = drains.length;
    const done = (): void => {
      left--;
      if (left <= 0) this.#parts.events.onInput({ kind: "output-drained", attempt });
    };
    for (const drain of drains) drain.finish(OUTPUT_PATIENCE_MS, done);
    if (drains.length === 0) done();
  }

  release(attempt: AttemptKey): void {
    this.#tools.cgroups.release(attempt);
  }

  guardChanged(): void {
    this.#parts.guardian.changed();
  }

  replaceGuardian(): void {
    this.#parts.guardian.start();
  }

  close(): void {
    this.#parts.guardian.end();
    this.#parts.fifos.close();
  }

  #onExit(attempt: AttemptKey, exitCode: number | null, signal: string | null): void {
    const { containment, guardian, events } = this.#parts;
    events.onInput({
      kind: "exited",
      attempt,
      exitCode,
      signal,
      outOfMemory: this.#tools.cgroups.ranOutOfMemory(attempt),
      guardianKilled: guardian.readNotes().some((note) => note.attempt === attempt),
      treeEmpty: containment.isEmptyNow(attempt),
    });
  }
}
