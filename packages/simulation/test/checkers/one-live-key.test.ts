import { describe, expect, it } from "vitest";
import { oneLiveKey } from "../../src/checkers/one-live-key.ts";
import {
  committed,
  described,
  end,
  gone,
  judge,
  started,
  withAttempts,
  written,
} from "./bad-history.ts";

const otherId = "app-20260101000000-0002";
const bothKeyed = committed(described({ key: "k" }), described({ key: "k" }, otherId));
const first = withAttempts([{}]);
const second = withAttempts([{}], { id: otherId, number: 2 });
const firstEnded = written({ ...first, state: "FINISHED", end: end("FINISHED") });

describe("one-live-key", () => {
  it("is content with one application after the other", () => {
    const history = [bothKeyed, written(first), started(1), gone(1), firstEnded, written(second)];
    expect(judge(oneLiveKey(), [...history, started(1, "worker-2", otherId)])).toBeUndefined();
  });

  it("catches one that is placed while the other may live", () => {
    expect(judge(oneLiveKey(), [bothKeyed, written(first), written(second)])).toContain(
      `was placed while ${first.id}`,
    );
  });

  it("catches one that is started while the other has processes", () => {
    const history = [bothKeyed, written(first), started(1), firstEnded, written(second)];
    expect(judge(oneLiveKey(), [...history, started(1, "worker-2", otherId)])).toContain(
      "has processes",
    );
  });

  it("knows that namespaces are apart, and that most applications have no key", () => {
    const apart = committed(
      described({ key: "k" }),
      described({ key: "k", namespace: "other" }, otherId),
    );
    expect(judge(oneLiveKey(), [apart, written(first), written(second)])).toBeUndefined();
    const none = committed(described(), described({}, otherId));
    expect(judge(oneLiveKey(), [none, written(first), written(second)])).toBeUndefined();
  });
});
