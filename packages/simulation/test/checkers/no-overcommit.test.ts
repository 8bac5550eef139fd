import { describe, expect, it } from "vitest";
import { noOvercommit } from "../../src/checkers/no-overcommit.ts";
import type { Observation } from "../../src/history/observation.ts";
import {
  appId,
  committed,
  described,
  gone,
  judge,
  started,
  withAttempts,
  written,
} from "./bad-history.ts";

const other = "app-20260101000000-0002";
const offer: Observation = {
  kind: "worker-offers",
  workerId: "worker-1",
  milliCores: 1500,
  memoryMiB: 8192,
  gpus: 1,
};
const both = committed(described(), described({}, other));
const first = written(withAttempts([{}]));
const second = written(withAttempts([{}], { id: other, number: 2 }));

describe("no-overcommit", () => {
  it("is content with one after the other", () => {
    const over = written(withAttempts([{ phase: "ENDED" }]));
    const history = [
      offer,
      both,
      first,
      started(1),
      gone(1),
      over,
      second,
      started(1, "worker-1", other),
    ];
    expect(judge(noOvercommit(), history)).toBeUndefined();
  });

  it("catches placements that exceed a worker", () => {
    expect(judge(noOvercommit(), [offer, both, first, second])).toContain(
      "2000 of 1500 millicores",
    );
  });

  it("catches processes that exceed a worker", () => {
    expect(
      judge(noOvercommit(), [offer, both, started(1), started(1, "worker-1", other)]),
    ).toContain("processes exceed");
    expect(appId).not.toBe(other);
  });
});
