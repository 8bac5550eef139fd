import { describe, expect, it } from "vitest";
import { oneApplicationARequest } from "../../src/checkers/one-application-a-request.ts";
import type { Observation } from "../../src/history/observation.ts";
import { committed, described, judge } from "./bad-history.ts";

const durable = (requestId: string, appId: string): Observation =>
  committed({ kind: "request", request: { requestId, appId, bodyHash: "", atMs: 0 } });
const acknowledged = (requestId: string, appId: string): Observation => ({
  kind: "submit-acknowledged",
  requestId,
  appId,
});

describe("one-application-a-request", () => {
  it("is content with the same answer twice", () => {
    const history = [durable("r1", "a1"), acknowledged("r1", "a1"), acknowledged("r1", "a1")];
    expect(judge(oneApplicationARequest(), history)).toBeUndefined();
  });

  it("catches a request that made two applications", () => {
    expect(
      judge(oneApplicationARequest(), [durable("r1", "a1"), acknowledged("r1", "a2")]),
    ).toContain("made both");
  });

  it("catches a request that was forgotten and made another application", () => {
    const labels = { request: "r1" };
    const history = [
      committed(described({ labels }, "a1")),
      committed(described({ labels }, "a2")),
    ];
    expect(judge(oneApplicationARequest(), history)).toContain("made both");
  });

  it("catches an application that two requests made", () => {
    expect(judge(oneApplicationARequest(), [durable("r1", "a1"), durable("r2", "a1")])).toContain(
      "made by both",
    );
  });
});
