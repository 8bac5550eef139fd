import { describe, expect, it } from "vitest";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("events", () => {
  it("prints those that are kept, after the number that is given, and ends", async () => {
    for (const sequence of [1, 2, 3]) {
      cluster.master.events.push({
        kind: "alert",
        sequence,
        atMs: 0,
        code: "disk",
        message: `event ${sequence}`,
      });
    }
    const result = await cluster.aloha(["events", "--after", "1"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).not.toContain("event 1");
    expect(result.out).toContain("event 2");
    expect(result.out).toContain("event 3");
  });
});
