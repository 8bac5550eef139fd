import type { ApplicationRecord, ApplicationState, AttemptPhase } from "@aloha/core";
import { expect, test } from "vitest";
import { dialectOf, submissionState } from "../../src/rest/submissions/submission-state.ts";
import { application } from "../fixtures.ts";

function inPhase(state: ApplicationState, phase: AttemptPhase): ApplicationRecord {
  const attempt = {
    number: 1,
    workerId: "w",
    phase,
    placedAtMs: 0,
    startedAtMs: null,
    endedAtMs: null,
    pid: null,
    outcome: null,
  };
  return { ...application(1, state), attempts: [attempt], attemptsTotal: 1 };
}

test.each([
  ["SUBMITTED", "SUBMITTED"],
  ["LAUNCHING", "SUBMITTED"],
  ["RUNNING", "RUNNING"],
  ["RELAUNCHING", "RELAUNCHING"],
  ["KILLING", "RUNNING"],
  ["FINISHED", "FINISHED"],
  ["FAILED", "FAILED"],
  ["KILLED", "KILLED"],
  ["TIMED_OUT", "FAILED"],
  ["ERROR", "ERROR"],
] as const)("%s is told as itself to Aloha's clients, and as %s to Spark's", (state, spark) => {
  expect(submissionState(application(1, state), "aloha")).toBe(state);
  expect(submissionState(application(1, state), "spark")).toBe(spark);
});

test("while a worker is not heard, clients are told the last state that was certain", () => {
  expect(submissionState(inPhase("UNKNOWN", "STARTED"), "aloha")).toBe("RUNNING");
  expect(submissionState(inPhase("UNKNOWN", "PLACED"), "aloha")).toBe("LAUNCHING");
  expect(submissionState(inPhase("UNKNOWN", "STARTED"), "spark")).toBe("RUNNING");
  expect(submissionState(inPhase("UNKNOWN", "PLACED"), "spark")).toBe("SUBMITTED");
});

test("the dialect is told by the id", () => {
  expect(dialectOf("app-20260101000000-0001")).toBe("aloha");
  expect(dialectOf("driver-20260101000000-0001")).toBe("spark");
});
