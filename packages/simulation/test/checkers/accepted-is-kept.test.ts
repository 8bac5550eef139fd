import { describe, expect, it } from "vitest";
import { acceptedIsKept } from "../../src/checkers/accepted-is-kept.ts";
import type { Observation } from "../../src/history/observation.ts";
import { appId, judge, record, written } from "./bad-history.ts";

const acknowledged: Observation = { kind: "submit-acknowledged", requestId: null, appId };
const asked: Observation = { kind: "read-asked", readId: 1, appId };
const notFound: Observation = { kind: "read-answered", readId: 1, appId, record: null };

describe("accepted-is-kept", () => {
  it("is content with an application that is durable, accepted and found", () => {
    const found: Observation = { kind: "read-answered", readId: 1, appId, record: record() };
    expect(
      judge(acceptedIsKept(), [written(record()), acknowledged, asked, found]),
    ).toBeUndefined();
  });

  it("catches a success for what is not durable", () => {
    expect(judge(acceptedIsKept(), [acknowledged])).toContain("not durable");
  });

  it("catches an accepted application that is not found later", () => {
    expect(judge(acceptedIsKept(), [written(record()), acknowledged, asked, notFound])).toContain(
      "not to exist",
    );
  });

  it("allows a read that began before the success to find nothing", () => {
    expect(
      judge(acceptedIsKept(), [asked, written(record()), acknowledged, notFound]),
    ).toBeUndefined();
  });
});
