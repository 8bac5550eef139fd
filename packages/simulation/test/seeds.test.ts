import { expect, it } from "vitest";
import { simulate } from "../src/simulate.ts";
import { describeFailure } from "./describe-failure.ts";

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

it.each(seeds)(
  "seed %i keeps every promise under faults, and ends everything without them",
  async (seed) => {
    const result = await simulate({ seed, minutes: 10 });
    expect(result.violation, describeFailure(result)).toBeNull();
    expect(result.acceptedCount).toBeGreaterThan(0);
  },
);
