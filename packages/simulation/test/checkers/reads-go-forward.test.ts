import { describe, expect, it } from "vitest";
import { readsGoForward } from "../../src/checkers/reads-go-forward.ts";
import type { ApplicationRecord } from "@aloha/core";
import type { Observation } from "../../src/history/observation.ts";
import { appId, judge, record, withAttempts, written } from "./bad-history.ts";

const older = record();
const newer = withAttempts([{}]);
const asked = (readId: number): Observation => ({ kind: "read-asked", readId, appId });
const answered = (readId: number, read: ApplicationRecord | null): Observation => ({
  kind: "read-answered",
  readId,
  appId,
  record: read,
});

describe("reads-go-forward", () => {
  it("is content with reads that follow the commits, and with overlapping ones in any order", () => {
    const history = [
      written(older),
      asked(1),
      asked(2),
      written(newer),
      answered(2, newer),
      answered(1, older),
    ];
    expect(judge(readsGoForward(), history)).toBeUndefined();
  });

  it("catches a read of what is not durable", () => {
    expect(judge(readsGoForward(), [written(older), asked(1), answered(1, newer)])).toContain(
      "never durable",
    );
  });

  it("catches a read that goes back", () => {
    const history = [written(older), written(newer), asked(1), answered(1, newer), asked(2)];
    expect(judge(readsGoForward(), [...history, answered(2, older)])).toContain(
      "newer had been read",
    );
    expect(judge(readsGoForward(), [...history, answered(2, null)])).toContain("not found");
  });
});
