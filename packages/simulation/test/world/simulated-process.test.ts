import { describe, expect, it } from "vitest";
import { createTestWorld } from "./test-world.ts";

describe("a simulated process", () => {
  it("does nothing while it is stopped, and then what waited, in order", async () => {
    const { world, host } = createTestWorld();
    const process = host.startProcess("p");
    const done: string[] = [];
    process.after(10, () => done.push("timer"));
    process.stop();
    process.run(() => done.push("message"));
    await world.run(1_000);
    expect(done).toEqual([]);
    process.continue();
    process.run(() => done.push("later"));
    await world.run(2_000);
    expect(done).toEqual(["message", "timer", "later"]);
  });

  it("does nothing any more once it is killed", async () => {
    const { world, host } = createTestWorld();
    const process = host.startProcess("p");
    const done: string[] = [];
    process.after(10, () => done.push("timer"));
    process.onDeath((cause) => done.push(cause));
    process.kill();
    process.run(() => done.push("message"));
    await world.run(1_000);
    expect(done).toEqual(["killed"]);
  });

  it("has timers that never fire before its own clock says so", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { world, host } = createTestWorld(seed);
      const process = host.startProcess("p");
      const startedMs = host.clock.bootMs();
      let firedMs = 0;
      process.after(60_000, () => (firedMs = host.clock.bootMs()));
      await world.run(61_000);
      // The clock is coarse: it may still show the step before.
      expect(firedMs - startedMs).toBeGreaterThanOrEqual(59_980);
    }
  });
});

describe("a host", () => {
  it("boots under a new id, with a clock that begins at zero and no process of before", () => {
    const { host } = createTestWorld();
    const process = host.startProcess("p");
    const { bootId } = host;
    host.goDown();
    host.comeUp();
    expect(process.isAlive).toBe(false);
    expect(host.bootId).not.toBe(bootId);
    expect(host.clock.bootMs()).toBe(0);
  });
});
