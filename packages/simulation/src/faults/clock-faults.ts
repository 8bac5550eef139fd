/** Dates that jump: for people and records, never for deadlines. */
import type { Fault } from "./fault.ts";

const jumpMsMax = 120_000;

export const wallJump: Fault = {
  kind: "wall-jump",
  strike({ world, worker, master }) {
    const { host } = world.dice.chance(0.5) ? master : worker;
    const byMs = world.dice.integer(-jumpMsMax, jumpMsMax);
    host.clock.jumpWall(byMs);
    return `${host.name} ${byMs} ms`;
  },
};
