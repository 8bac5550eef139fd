import { describe, expect, it } from "vitest";
import type { MasterAnswer, Sync, SyncReply, WorkerRecord } from "@aloha/core";
import { commitBeforeOutput } from "../../src/checkers/commit-before-output.ts";
import type { Observation } from "../../src/history/observation.ts";
import {
  appId,
  attempt,
  committed,
  described,
  exited,
  judge,
  record,
  withAttempts,
  written,
} from "./bad-history.ts";

const worker: WorkerRecord = {
  workerId: "worker-1",
  hostId: "h",
  bootId: "b",
  incarnation: 1,
  address: { host: "h", port: 1 },
  milliCores: 1,
  memoryMiB: 1,
  containment: "cgroup",
  guarded: true,
  resources: {},
  labels: {},
  labelsSet: {},
  drain: null,
  softwareVersion: "0",
  mode: "ALIVE",
  maxLeaseMs: 60_000,
  registeredAtMs: 0,
  changedAtMs: 0,
};
const known = committed({ kind: "worker", worker });

function left(answer: MasterAnswer): Observation {
  return { kind: "answer-left", answer, workerId: "worker-1" };
}

function replied(change: Partial<SyncReply>): Observation {
  const reply: SyncReply = {
    kind: "sync-reply",
    seq: 1,
    epoch: { number: 1, nonce: "n" },
    leaseMs: 60_000,
    masters: [],
    directives: [],
    acks: [],
    wantFull: false,
    ...change,
  };
  return left({ kind: "sync", reply });
}

function reported(event: Sync["reports"][number]["event"], incarnation = 1): Observation {
  const sync: Sync = {
    kind: "sync",
    workerId: "worker-1",
    incarnation,
    seq: 1,
    epochSeen: { number: 1, nonce: "n" },
    nonce: "n",
    stamp: 1,
    applied: [],
    outstanding: [],
    intent: "serving",
    reports: [{ id: 1, attempt: attempt(1), event }],
    running: { kind: "full", attempts: [] },
  };
  return { kind: "sync-received", sync };
}

describe("commit-before-output", () => {
  it("is content with answers that speak of what is durable", () => {
    const { description } = { description: described() };
    const directives =
      description.kind === "description"
        ? [{ kind: "launch" as const, attempt: attempt(1), description: description.description }]
        : [];
    const history = [
      known,
      written(withAttempts([{}])),
      replied({ directives }),
      left({ kind: "submitted", appId, duplicate: false }),
    ];
    expect(judge(commitBeforeOutput(), history)).toBeUndefined();
  });

  it("catches a success, a kill, a registration and an event that leave too early", () => {
    expect(
      judge(commitBeforeOutput(), [left({ kind: "submitted", appId, duplicate: false })]),
    ).toContain("accepted before");
    expect(
      judge(commitBeforeOutput(), [written(record()), left({ kind: "kill-accepted", appId })]),
    ).toContain("the kill of");
    const registered = {
      kind: "registered",
      clusterId: "c",
      epoch: { number: 1, nonce: "n" },
      leaseMs: 1,
      masters: [],
    } as const;
    expect(judge(commitBeforeOutput(), [left({ kind: "register", reply: registered })])).toContain(
      "registered before",
    );
    const event: Observation = {
      kind: "event-left",
      event: { kind: "alert", sequence: 1, atMs: 0, code: "c", message: "m" },
    };
    expect(judge(commitBeforeOutput(), [event])).toContain("event 1 left");
  });

  it("catches directives without a durable reason", () => {
    const kill = replied({
      directives: [{ kind: "kill", attempt: attempt(1), immediately: false }],
    });
    expect(judge(commitBeforeOutput(), [known, written(withAttempts([{}])), kill])).toContain(
      "without a durable reason",
    );
    const forget = replied({ directives: [{ kind: "forget", attempt: attempt(1) }] });
    expect(judge(commitBeforeOutput(), [known, written(withAttempts([{}])), forget])).toContain(
      "end is not durable",
    );
    const change = described();
    const directives =
      change.kind === "description"
        ? [{ kind: "launch" as const, attempt: attempt(1), description: change.description }]
        : [];
    expect(
      judge(commitBeforeOutput(), [known, written(record()), replied({ directives })]),
    ).toContain("before its placement");
  });

  it("catches acknowledgements of what is not durable", () => {
    const placed = written(withAttempts([{}]));
    const ack = replied({ acks: [1] });
    expect(
      judge(commitBeforeOutput(), [
        known,
        placed,
        reported({ kind: "ended", outcome: exited() }),
        ack,
      ]),
    ).toContain("the end of");
    expect(
      judge(commitBeforeOutput(), [
        known,
        placed,
        reported({ kind: "started", pid: 1, startedAtMs: 0 }),
        ack,
      ]),
    ).toContain("the start of");
    expect(judge(commitBeforeOutput(), [known, placed, ack])).toContain("never came");
  });

  it("is not misled by a Sync of an earlier incarnation that arrives late", () => {
    const running = written(withAttempts([{ phase: "STARTED" }]));
    const start = { kind: "started", pid: 1, startedAtMs: 0 } as const;
    const history = [
      known,
      running,
      reported(start, 2),
      reported(start, 1),
      replied({ acks: [1] }),
    ];
    expect(judge(commitBeforeOutput(), history)).toBeUndefined();
  });

  it("catches a lease that is longer than the durable one", () => {
    expect(judge(commitBeforeOutput(), [known, replied({ leaseMs: 900_000 })])).toContain(
      "durable is 60000 ms",
    );
  });
});
