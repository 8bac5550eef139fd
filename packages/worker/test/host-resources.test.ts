import { availableParallelism, totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { hostResources } from "../src/index.ts";

describe("what a worker offers by default", () => {
  it("is at most what the host has, and leaves some memory", () => {
    const { milliCores, memoryMiB } = hostResources();
    expect(milliCores).toBeGreaterThan(0);
    expect(milliCores).toBeLessThanOrEqual(availableParallelism() * 1000);
    expect(memoryMiB).toBeGreaterThan(0);
    expect(memoryMiB).toBeLessThan(totalmem() / 1024 / 1024);
  });
});
