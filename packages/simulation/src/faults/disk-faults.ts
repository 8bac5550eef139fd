/** Disks that are slow, and a store that fails. */
import type { Fault } from "./fault.ts";

const lastsMs = { min: 2_000, max: 40_000 };

export const slowStore: Fault = {
  kind: "slow-store",
  strike({ world, master, repairs }) {
    master.store.commitMaxMs = world.dice.pick([100, 1_000, 8_000]);
    repairs.later(world.dice.between(lastsMs.min, lastsMs.max), () => master.store.heal());
    return `${master.store.commitMaxMs} ms`;
  },
};

export const failingStore: Fault = {
  kind: "failing-store",
  strike({ world, master, repairs }) {
    master.store.failureProbability = world.dice.pick([0.01, 0.1, 0.5]);
    repairs.later(world.dice.between(lastsMs.min, lastsMs.max), () => master.store.heal());
    return `${master.store.failureProbability}`;
  },
};

/** Neither worker nor supervisor can journal anything until there is room again; then an operator restarts the worker. */
export const fullDisk: Fault = {
  kind: "full-disk",
  strike({ world, worker, repairs }) {
    const { disk } = worker.host;
    if (disk.isFull) return undefined;
    disk.isFull = true;
    repairs.later(world.dice.between(lastsMs.min, lastsMs.max), () => {
      disk.isFull = false;
      worker.process?.kill();
      worker.start();
    });
    return worker.name;
  },
};

/** The journals of a worker and its supervisor take long to become durable. */
export const slowDisk: Fault = {
  kind: "slow-disk",
  strike({ world, worker, repairs }) {
    const { name, host } = worker;
    host.disk.syncMaxMs = world.dice.pick([100, 1_000, 5_000]);
    repairs.later(world.dice.between(lastsMs.min, lastsMs.max), () => host.disk.heal());
    return `${name} ${host.disk.syncMaxMs} ms`;
  },
};
