import { History } from "../../src/history/history.ts";
import { Host } from "../../src/world/host.ts";
import { World } from "../../src/world/world.ts";

export interface TestWorld {
  readonly world: World;
  readonly host: Host;
  readonly other: Host;
}

/** Two hosts on which nothing runs, watched by nobody. */
export function createTestWorld(seed = 1): TestWorld {
  const world = new World({ seed, sink: null });
  const history = new History([]);
  return {
    world,
    host: new Host(world, history, "host"),
    other: new Host(world, history, "other"),
  };
}
