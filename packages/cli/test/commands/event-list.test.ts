import { beforeEach, describe, expect, it } from "vitest";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("events", () => {
  beforeEach(() => {
    for (let sequence = 1; sequence <= 1200; sequence++) {
      cluster.master.events.push({
        kind: "alert",
        sequence,
        atMs: 0,
        code: "disk",
        message: `event ${sequence}`,
      });
    }
  });

  async function sequences(...flags: readonly string[]): Promise<readonly number[]> {
    const result = await cluster.aloha(["events", "-o", "json", ...flags]);
    expect(result.exitCode).toBe(0);
    const document = JSON.parse(result.out) as { readonly events: { readonly sequence: number }[] };
    return document.events.map(({ sequence }) => sequence);
  }

  it("prints the newest, a line each, without a number that might not be kept", async () => {
    const result = await cluster.aloha(["events", "--limit", "2"]);
    expect(result.exitCode).toBe(0);
    expect(result.out.split("\n").map((line) => line.split(": ")[1])).toEqual([
      "event 1199",
      "event 1200",
      undefined,
    ]);
    expect(cluster.master.asked.at(-1)?.query.has("after")).toBe(false);
    expect(await sequences()).toHaveLength(50);
  });

  it("prints all that are kept after the number that is given, in pages, and ends", async () => {
    const read = await sequences("--after", "100");
    expect([read.length, read[0], read.at(-1)]).toEqual([1100, 101, 1200]);
    expect(await sequences("--after", "1200")).toEqual([]);
    expect(await sequences("--after", "3", "--limit", "2")).toEqual([4, 5]);
    expect((await sequences("--limit", "1100"))[0]).toBe(101);
  });

  it("refuses to count what has not happened yet", async () => {
    expect((await cluster.aloha(["events", "-f", "--limit", "2"])).exitCode).toBe(2);
  });
});
