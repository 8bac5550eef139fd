import { describe, expect, it } from "vitest";
import { FakeMaster } from "./fake-master.ts";
import { WorkerFixture, key, launch, runtime } from "./worker-fixture.ts";

const leaseMs = 2_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function runFenced(fixture: WorkerFixture): Promise<number> {
  fixture.master.leaseMs = leaseMs;
  await fixture.start();
  const stop = { signal: "SIGTERM", graceMs: 200 };
  fixture.master.direct(launch(key(1), "sleep 600", { onDisconnect: "fence", stop }));
  return (await fixture.master.report(key(1), "started")).pid;
}

/** Watches a process for a time, or until it is gone. */
async function watch(pid: number, durationMs: number): Promise<boolean> {
  const untilMs = runtime.clock.monotonicMs() + durationMs;
  while (isAlive(pid) && runtime.clock.monotonicMs() < untilMs) {
    await new Promise<void>((resolve) => runtime.timers.after(50, resolve));
  }
  return isAlive(pid);
}

describe("work that lives on a lease", () => {
  it("goes on as long as the master answers", async () => {
    await using fixture = await WorkerFixture.create();
    const pid = await runFenced(fixture);
    expect(await watch(pid, 2 * leaseMs)).toBe(true);
  });

  it("ends when the master falls silent, and says that it was fenced", async () => {
    await using fixture = await WorkerFixture.create();
    const pid = await runFenced(fixture);
    fixture.master.silent = true;
    expect(await watch(pid, 3 * leaseMs)).toBe(false);
    fixture.master.silent = false;
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "exited", stopCause: "fence" });
  }, 20_000);

  it("goes on when every master denies leading: on this host a refused connection is a denial", async () => {
    await using fixture = await WorkerFixture.create();
    const pid = await runFenced(fixture);
    const port = fixture.master.rpc.address?.port ?? 0;
    await fixture.master[Symbol.asyncDispose]();
    expect(await watch(pid, 3 * leaseMs)).toBe(true);
    await using successor = await FakeMaster.start(runtime, port);
    await successor.until(() => (successor.syncs.length > 0 ? true : undefined));
    expect(successor.syncs[0]?.running).toMatchObject({
      attempts: [{ attempt: key(1), phase: "started" }],
    });
  }, 20_000);
});
