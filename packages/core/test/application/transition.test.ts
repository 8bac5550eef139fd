import { describe, expect, it } from "vitest";
import type { AttemptOutcome } from "../../src/application/outcome.ts";
import type { ApplicationRecord } from "../../src/application/record.ts";
import { decideAfterAttempt } from "../../src/application/transition.ts";
import { describedApplication } from "../master/master-script.ts";

const running: ApplicationRecord = {
  id: "app-20260101000000-0001",
  number: 1,
  state: "RUNNING",
  submittedAtMs: 0,
  changedAtMs: 0,
  killRequest: null,
  firstStartedAtMs: null,
  rerunOf: null,
  attempts: [],
  attemptsTotal: 1,
  restartedAtMs: [],
  notBeforeMs: null,
  end: null,
};

const killed: AttemptOutcome = {
  kind: "exited",
  exitCode: null,
  signal: "SIGTERM",
  stopCause: "kill",
  outOfMemory: false,
  tree: "verified",
  startedAtMs: 0,
  endedAtMs: 1,
};

describe("an attempt that was killed", () => {
  it("ends its application as KILLED if somebody asked for that", () => {
    const application = {
      ...running,
      killRequest: { cause: "request" as const, atMs: 0, immediately: false, reason: "" },
    };
    expect(decideAfterAttempt(application, describedApplication, killed, 1)).toMatchObject({
      kind: "end",
      end: { state: "KILLED" },
    });
  });

  it("is followed by another if nobody did, since its worker was stopped with all its work, and it is supervised", () => {
    const after = decideAfterAttempt(
      running,
      { ...describedApplication, supervise: true },
      killed,
      1,
    );
    expect(after).toMatchObject({ kind: "relaunch", reason: "supervision-lost", restart: false });
  });

  it("ends an application that nobody asked to kill and that is not supervised in ERROR", () => {
    expect(decideAfterAttempt(running, describedApplication, killed, 1)).toMatchObject({
      kind: "end",
      end: { state: "ERROR", reason: "supervision-lost", signal: "SIGTERM" },
    });
  });
});
