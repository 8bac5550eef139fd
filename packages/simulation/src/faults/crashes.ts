/** Processes and hosts that vanish, and come back. */
import type { Fault } from "./fault.ts";

/** Longer than a lease with its margin now and then. */
const downMs = { min: 100, meanMs: 20_000, max: 150_000 };

export const masterCrash: Fault = {
  kind: "master-crash",
  strike({ world, master, repairs }) {
    if (master.process === null) return undefined;
    master.process.kill();
    repairs.later(drawDownMs(world.dice), () => master.start());
    return "master";
  },
};

export const masterReboot: Fault = {
  kind: "master-reboot",
  strike({ world, master, repairs }) {
    if (!master.host.isUp) return undefined;
    master.host.goDown();
    repairs.later(drawDownMs(world.dice), () => {
      master.host.comeUp();
      master.start();
    });
    return "master";
  },
};

export const workerCrash: Fault = {
  kind: "worker-crash",
  strike({ world, worker, repairs }) {
    if (worker.process === null) return undefined;
    worker.process.kill();
    repairs.later(drawDownMs(world.dice), () => worker.start());
    return worker.name;
  },
};

/** An upgrade: the worker is asked to leave and comes back, its work running on. */
export const workerLeave: Fault = {
  kind: "worker-leave",
  strike({ worker }) {
    if (worker.process === null) return undefined;
    worker.askToStop(false);
    return worker.name;
  },
};

/** An operator stops a worker together with all its work. */
export const workerEnd: Fault = {
  kind: "worker-end",
  strike({ worker }) {
    if (worker.process === null) return undefined;
    worker.askToStop(true);
    return worker.name;
  },
};

/** Its guardian must be there: that not both vanish is what the promises assume. */
export const supervisorCrash: Fault = {
  kind: "supervisor-crash",
  strike({ worker }) {
    const { name, supervisor } = worker;
    if (supervisor.process === null || !supervisor.guardian.isWatching) return undefined;
    supervisor.process.kill();
    return name;
  },
};

export const guardianCrash: Fault = {
  kind: "guardian-crash",
  strike({ worker }) {
    const { name, supervisor } = worker;
    const isWatched = supervisor.process !== null && !supervisor.process.isStopped;
    if (!isWatched || supervisor.guardian.process === null) return undefined;
    supervisor.guardian.process.kill();
    return name;
  },
};

export const hostReboot: Fault = {
  kind: "host-reboot",
  strike({ world, worker, repairs }) {
    if (!worker.host.isUp) return undefined;
    worker.host.goDown();
    repairs.later(drawDownMs(world.dice), () => {
      worker.host.comeUp();
      worker.start();
    });
    return worker.name;
  },
};

function drawDownMs(dice: { exponential(meanMs: number): number }): number {
  return Math.min(downMs.max, downMs.min + dice.exponential(downMs.meanMs));
}
