import { describe, expect, it } from "vitest";
import { simulate } from "../src/simulate.ts";
import { setTripwire } from "../src/tripwire.ts";

describe("a run", () => {
  it("has the same trace whenever its seed is the same", async () => {
    const first = await simulate({ seed: 7, minutes: 3 });
    const second = await simulate({ seed: 7, minutes: 3 });
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.eventCount).toBe(first.eventCount);
  });

  it("has another trace for another seed", async () => {
    const first = await simulate({ seed: 7, minutes: 1 });
    const second = await simulate({ seed: 8, minutes: 1 });
    expect(second.traceHash).not.toBe(first.traceHash);
  });

  it("gives its whole trace to a sink, and is not changed by that", async () => {
    const lines: string[] = [];
    const traced = await simulate({ seed: 9, minutes: 1, sink: (line) => lines.push(line) });
    const silent = await simulate({ seed: 9, minutes: 1 });
    expect(traced.traceHash).toBe(silent.traceHash);
    expect(lines.slice(-silent.lastPage.length)).toEqual(silent.lastPage);
  });

  it("lets faults strike and applications of all kinds end", async () => {
    const lines: string[] = [];
    const kinds = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { faults } = await simulate({ seed, minutes: 10, sink: (line) => lines.push(line) });
      for (const kind of faults.keys()) kinds.add(kind);
    }
    const text = lines.join("\n");
    for (const end of [
      "FINISHED (completed)",
      "FAILED (exit-code)",
      "KILLED (killed)",
      "KILLED (killed-before-start)",
      "TIMED_OUT",
    ]) {
      expect(text).toContain(`-> ${end}`);
    }
    for (const cause of [
      "fenced",
      "worker-lost",
      "host-rebooted",
      "supervision-lost",
      "exit-unknown",
      "exit-code",
      "timeout",
    ]) {
      expect(text).toContain(`-> RELAUNCHING (${cause})`);
    }
    expect(kinds.size).toBeGreaterThanOrEqual(16);
  });
});

describe("the tripwire", () => {
  it("makes real time and real chance throw until it is removed", () => {
    const remove = setTripwire();
    try {
      expect(() => Date.now()).toThrow("was used in a simulation");
      expect(() => Math.random()).toThrow("was used in a simulation");
      expect(() => setTimeout(() => {}, 0)).toThrow("was used in a simulation");
      expect(() => performance.now()).toThrow("was used in a simulation");
    } finally {
      remove();
    }
    expect(Date.now()).toBeGreaterThan(0);
    expect(performance.now()).toBeGreaterThan(0);
  });
});
