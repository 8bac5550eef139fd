import type { Application } from "@aloha/api";
import { expect, test, vi } from "vitest";
import { ApplicationWaits, type ApplicationWatch } from "../../src/application-waits.ts";
import { FakeWorker } from "../fake-worker.ts";
import { runningMaster } from "../running-master.ts";

async function submit(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/applications`, {
    method: "POST",
    body: JSON.stringify({ name: "job", entryPoint: "shell" }),
  });
  return String(((await response.json()) as { readonly id: string }).id);
}

test("a question that waits is answered when the application has ended", async () => {
  const { url, master } = await runningMaster();
  const id = await submit(url);
  const ended = fetch(`${url}/api/v1/applications/${id}?waitMs=30000`);
  const placed = fetch(`${url}/api/v1/applications/${id}?waitMs=30000&attempt=1`);
  const worker = await FakeWorker.start(master.address);
  expect((await (await placed).json()) as Application).toMatchObject({ attempt: 1, end: null });
  await vi.waitFor(() => expect(worker.launched).toHaveLength(1));
  worker.end(id, 3);
  expect((await (await ended).json()) as Application).toMatchObject({
    state: "FAILED",
    end: { exitCode: 3 },
  });
  const again = await fetch(`${url}/api/v1/applications/${id}?waitMs=30000&attempt=9`);
  expect((await again.json()) as Application).toMatchObject({ state: "FAILED" });
});

test("a question that waits is answered as it is when the time is over, and refused for an id that nobody has", async () => {
  const { url } = await runningMaster();
  const id = await submit(url);
  const response = await fetch(`${url}/api/v1/applications/${id}?waitMs=20`);
  expect((await response.json()) as Application).toMatchObject({ state: "SUBMITTED" });
  expect((await fetch(`${url}/api/v1/applications/app-1?waitMs=20`)).status).toBe(404);
  expect((await fetch(`${url}/api/v1/applications/${id}?waitMs=30001`)).status).toBe(400);
  expect((await fetch(`${url}/api/v1/applications/${id}?attempt=1`)).status).toBe(400);
});

test("who waits hears at once that the master stops", async () => {
  const { url, master } = await runningMaster();
  const id = await submit(url);
  const waiting = fetch(`${url}/api/v1/applications/${id}?waitMs=30000`);
  // Answered after the first has arrived: both come in order.
  await fetch(`${url}/api/v1/applications/${id}?waitMs=20`);
  await master.stop();
  const response = await waiting;
  expect([200, 503]).toContain(response.status);
});

test("what changes between opening a watch and waiting is not missed", async () => {
  const waits = new ApplicationWaits();
  using watch = opened(waits, "a");
  using other = opened(waits, "b");
  waits.publish(change("a"));
  const never = new AbortController();
  await watch.changed(never.signal);
  let woken = false;
  const waiting = other.changed(never.signal).then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  waits.close();
  await waiting;
});

test("so many may wait, and a place is free again when one has left", () => {
  const waits = new ApplicationWaits(2);
  const first = opened(waits, "a");
  const second = opened(waits, "a");
  expect(waits.watch("b")).toBeUndefined();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(waits.length).toBe(1);
  opened(waits, "b")[Symbol.dispose]();
  second[Symbol.dispose]();
  expect(waits.length).toBe(0);
});

function opened(waits: ApplicationWaits, appId: string): ApplicationWatch {
  const watch = waits.watch(appId);
  if (watch === undefined) throw new Error("no room");
  return watch;
}

function change(appId: string): Parameters<ApplicationWaits["publish"]>[0] {
  return {
    kind: "application-state-changed",
    sequence: 1,
    atMs: 1,
    appId,
    name: "job",
    from: "SUBMITTED",
    to: "LAUNCHING",
    attempt: 1,
    workerId: "w",
    reason: null,
    message: null,
  };
}
