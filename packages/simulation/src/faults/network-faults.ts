/** What a network does to messages. */
import { fairWeather } from "../world/network.ts";
import type { Fault } from "./fault.ts";

const partitionMs = { min: 1_000, meanMs: 30_000, max: 180_000 };
const weatherMs = { min: 5_000, max: 60_000 };

export const partition: Fault = {
  kind: "partition",
  strike({ world, network, worker, master, repairs }) {
    const { name } = worker;
    const heals: (() => void)[] = [];
    const direction = world.dice.pick(["both", "to-master", "from-master"]);
    if (direction !== "from-master") heals.push(network.cut(name, master.host.name));
    if (direction !== "to-master") heals.push(network.cut(master.host.name, name));
    const lengthMs = Math.min(
      partitionMs.max,
      partitionMs.min + world.dice.exponential(partitionMs.meanMs),
    );
    repairs.later(lengthMs, () => {
      for (const heal of heals) heal();
    });
    return `${name} ${direction}`;
  },
};

export const connectionReset: Fault = {
  kind: "connection-reset",
  strike({ world, network, worker }) {
    const name = world.dice.chance(0.25) ? "client" : worker.name;
    network.reset(name);
    return name;
  },
};

/** Loss, copies and delays for everybody. */
export const badWeather: Fault = {
  kind: "bad-weather",
  strike({ world, network, repairs }) {
    if (network.weather !== fairWeather) return undefined;
    const { dice } = world;
    network.weather = {
      dropProbability: dice.pick([0, 0.02, 0.2]),
      duplicateProbability: dice.pick([0, 0.05, 0.3]),
      delayMs: { min: 0.1, max: dice.pick([3, 200, 3_000]) },
    };
    repairs.later(dice.between(weatherMs.min, weatherMs.max), () => {
      network.weather = fairWeather;
    });
    return `drop ${network.weather.dropProbability} duplicate ${network.weather.duplicateProbability} delay ${network.weather.delayMs.max}`;
  },
};
