import type { AttemptKey } from "@aloha/core";
import type { SupervisorEffect, SupervisorInput, TreeReference } from "@aloha/supervisor/core";
import type { Host } from "../world/host.ts";
import type { MainExit } from "../world/process-table.ts";
import { decodeScript } from "../world/script.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import type { GuardianNode } from "./guardian-node.ts";

/** How often a fork fails. */
const spawnFailureProbability = 0.003;

export interface SupervisedTreesOptions {
  readonly world: World;
  readonly host: Host;
  readonly guardian: GuardianNode;
  /** Tells the core, if the process is still its own. */
  readonly feed: (process: SimulatedProcess, input: SupervisorInput) => void;
}

/** What a supervisor sees and does of the process trees on its host. */
export class SupervisedTrees {
  readonly #options: SupervisedTreesOptions;

  constructor(options: SupervisedTreesOptions) {
    this.#options = options;
  }

  /** Forks. A fence is in the guardian's table before. */
  spawn(process: SimulatedProcess, effect: Extract<SupervisorEffect, { kind: "spawn" }>): void {
    const { world, host, guardian, feed } = this.#options;
    const { attempt, spec, fenceBootMs } = effect;
    if (world.dice.chance(spawnFailureProbability)) {
      const message = "the fork failed";
      feed(process, { kind: "spawn-failed", attempt, code: "spawn-failed", message });
      return;
    }
    if (fenceBootMs !== null) guardian.add({ attempt, main: null, fenceBootMs });
    const pid = host.trees.spawn(attempt, decodeScript(spec.argv), (exit) => {
      process.run(() => this.#exited(process, attempt, exit));
    });
    world.note(host.name, `supervisor spawned ${attempt}`);
    feed(process, { kind: "spawned", attempt, pid, startTicks: pid });
  }

  /** Looks whether processes are left. */
  verify(process: SimulatedProcess, { attempt }: TreeReference): void {
    const { host, feed } = this.#options;
    if (host.trees.isAlive(attempt)) feed(process, { kind: "tree-alive", attempt });
    else feed(process, { kind: "tree-empty", attempt, tree: "verified" });
  }

  #exited(process: SimulatedProcess, attempt: AttemptKey, exit: MainExit): void {
    const { world, host, guardian, feed } = this.#options;
    const isEmpty = !host.trees.isAlive(attempt);
    const remark = isEmpty ? "" : ", not empty";
    world.note(host.name, `exit of ${attempt}: ${exit.exitCode ?? exit.signal}${remark}`);
    feed(process, {
      kind: "exited",
      attempt,
      ...exit,
      outOfMemory: false,
      guardianKilled: guardian.hasNoted(attempt),
      treeEmpty: isEmpty ? "verified" : null,
    });
  }
}
