import { expect, it } from "vitest";
import { measurePlacementSteps } from "@aloha/core";

it("measures a step as the median of what its clock says", () => {
  let reads = 0;
  // The clock advances by 1, 2, 3, 1, 2, 3, ... between the two reads of a step.
  const nowUs = (): number =>
    Math.floor(reads / 2) * 10 + (reads++ % 2) * (1 + (Math.floor((reads - 1) / 2) % 3));
  expect(measurePlacementSteps({ waiting: 1000, shapes: 50, workers: 10, steps: 300, nowUs })).toBe(
    2,
  );
});
