import { AlohaClient } from "@aloha/api/client";
import { systemTimers } from "@aloha/runtime/time";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { DevScreen } from "../../src/dev/dev-screen.ts";
import { endApplications } from "../../src/dev/end-applications.ts";
import { pause } from "../../src/pause.ts";
import { endedApplication, sampleApplication, startFakeMaster } from "../support/fake-master.ts";
import type { FakeMaster } from "../support/fake-master.ts";

let master: FakeMaster;
let client: AlohaClient;
const said: string[] = [];
const screen: DevScreen = {
  ready: () => {},
  say: (_part, message) => void said.push(message),
  text: () => {},
};

beforeEach(async () => {
  said.length = 0;
  master = await startFakeMaster();
  client = new AlohaClient({
    masters: [master.url],
    patienceMs: 0,
    newRequestId: () => "r",
    pause: (delayMs, signal) => pause(systemTimers, delayMs, signal),
  });
  for (const id of ["app-1", "app-2"])
    master.applications.set(id, sampleApplication({ id, state: "RUNNING" }));
});

afterEach(async () => {
  await master[Symbol.asyncDispose]();
});

it("asks every live application to stop and says when all are gone", async () => {
  await endApplications(client, systemTimers, screen, new AbortController().signal);
  expect([...master.applications.values()].map(({ state }) => state)).toEqual(["KILLED", "KILLED"]);
  expect(said.at(-1)).toBe("all of them have ended, and their processes are gone");
});

it("kills without grace once it is forced", async () => {
  const force = new AbortController();
  const asked: boolean[] = [];
  master.onKill = (application, immediately) => {
    asked.push(immediately);
    if (asked.length === 2) force.abort();
    if (immediately)
      master.applications.set(
        application.id,
        endedApplication(application, { state: "KILLED", reason: "killed" }),
      );
  };
  await endApplications(client, systemTimers, screen, force.signal);
  expect(asked).toEqual([false, false, true, true]);
});

it("says nothing where nothing runs, and goes on where the master does not answer", async () => {
  master.applications.clear();
  await endApplications(client, systemTimers, screen, new AbortController().signal);
  expect(said).toEqual([]);
  master.refusal = { status: 500, code: "internal", message: "broken" };
  await endApplications(client, systemTimers, screen, new AbortController().signal);
  expect(said).toEqual(["broken; the worker ends what is left"]);
});
