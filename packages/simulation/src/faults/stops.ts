/** Processes that are stopped (SIGSTOP) for a while: they hold everything that they held, and do nothing. */
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { World } from "../world/world.ts";
import type { Fault } from "./fault.ts";
import type { Repairs } from "./repairs.ts";

const stoppedMs = { min: 5_000, max: 120_000 };

export const masterStop: Fault = {
  kind: "master-stop",
  strike: ({ world, master, repairs }) => stop(world, master.process, "master", repairs),
};

export const workerStop: Fault = {
  kind: "worker-stop",
  strike({ world, worker, repairs }) {
    const { name, process } = worker;
    return stop(world, process, name, repairs);
  },
};

/** Its guardian must be there: one of the two is scheduled, as the promises assume. */
export const supervisorStop: Fault = {
  kind: "supervisor-stop",
  strike({ world, worker, repairs }) {
    const { name, supervisor } = worker;
    return !supervisor.guardian.isWatching
      ? undefined
      : stop(world, supervisor.process, name, repairs);
  },
};

function stop(
  world: World,
  process: SimulatedProcess | null,
  name: string,
  repairs: Repairs,
): string | undefined {
  if (process === null || process.isStopped) return undefined;
  process.stop();
  repairs.later(world.dice.between(stoppedMs.min, stoppedMs.max), () => process.continue());
  return name;
}
