import { describe, expect, it } from "vitest";
import { createTestWorld } from "./test-world.ts";

const ignore = (): void => {};

describe("a simulated log", () => {
  it("says that entries are durable in the order in which they were written, and gives them to the next reader", async () => {
    const { world, host } = createTestWorld();
    const log = host.disk.createLog<number>("log");
    const said: number[] = [];
    log.append([1], () => said.push(1), ignore);
    log.append([2, 3], () => said.push(2), ignore);
    expect(log.read()).toEqual([]);
    await world.run(1_000);
    expect(said).toEqual([1, 2]);
    expect(log.read()).toEqual([1, 2, 3]);
  });

  it("keeps a prefix of what was not durable at a crash, and never tells its writer", async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const { world, host } = createTestWorld(seed);
      const log = host.disk.createLog<number>("log");
      let said = 0;
      log.append([1, 2], () => said++, ignore);
      log.append([3, 4], () => said++, ignore);
      host.goDown();
      await world.run(1_000);
      const kept = log.read();
      expect([1, 2, 3, 4].slice(0, kept.length)).toEqual(kept);
      expect(said).toBe(0);
      lengths.add(kept.length);
    }
    expect(lengths).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it("fails writes while the disk is full, and replaces its content whole", async () => {
    const { world, host } = createTestWorld();
    const log = host.disk.createLog<number>("log");
    const said: string[] = [];
    host.disk.isFull = true;
    log.append(
      [1],
      () => said.push("durable"),
      () => said.push("failed"),
    );
    await world.run(1_000);
    host.disk.isFull = false;
    log.replace([7, 8], () => said.push("replaced"), ignore);
    await world.run(2_000);
    expect(said).toEqual(["failed", "replaced"]);
    expect(log.read()).toEqual([7, 8]);
  });
});
