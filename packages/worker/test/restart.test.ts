import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { WorkerFixture, key, launch } from "./worker-fixture.ts";

describe("a worker that is stopped", () => {
  it("leaves its work running under a maintenance lease, and takes it up again", async () => {
    await using fixture = await WorkerFixture.create();
    const first = await fixture.start();
    fixture.master.direct(launch(key(1), "sleep 600", { onDisconnect: "fence" }));
    const { pid } = await fixture.master.report(key(1), "started");
    expect(await first.stop({ stopWork: false })).toMatchObject({ code: 0 });
    expect(fixture.master.syncs.at(-1)?.intent).toBe("stopping");
    process.kill(pid, 0);

    fixture.master.reports.clear();
    const second = await fixture.start();
    expect(second.workerId).toBe(first.workerId);
    expect((await fixture.master.report(key(1), "started")).pid).toBe(pid);
    expect(fixture.master.syncs.at(-1)?.incarnation).toBe(2);
  });

  it("reports what ended while it was away", async () => {
    await using fixture = await WorkerFixture.create();
    const first = await fixture.start();
    fixture.master.direct(launch(key(1), ["/bin/sleep", "600"]));
    const { pid } = await fixture.master.report(key(1), "started");
    await first.stop({ stopWork: false });
    process.kill(pid, "SIGKILL");
    await fixture.start();
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "exited", signal: "SIGKILL", stopCause: null });
  });

  it("ends all work when it is told to, and reports the ends", async () => {
    await using fixture = await WorkerFixture.create();
    const worker = await fixture.start();
    fixture.master.direct(launch(key(1), "sleep 600"));
    const { pid } = await fixture.master.report(key(1), "started");
    expect(await worker.stop({ stopWork: true })).toMatchObject({ code: 0 });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect((await fixture.master.report(key(1), "ended")).outcome).toMatchObject({
      stopCause: "kill",
    });
  });
});

describe("a work directory", () => {
  it("belongs to one worker at a time", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    await expect(fixture.start()).rejects.toThrow(
      /Another worker has the work directory.*--work-dir/,
    );
  });

  it("that belongs to another host is refused with what to do", async () => {
    await using fixture = await WorkerFixture.create();
    const worker = await fixture.start();
    await worker.stop({ stopWork: true });
    const path = fixture.path(".aloha", "identity.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"hostId": "[^"]*"/, '"hostId": "elsewhere"'));
    await expect(fixture.start()).rejects.toThrow(/on another host/);
    await writeFile(path, text);
    await fixture.start();
  });

  it("that cannot be written is refused with one message", async () => {
    await using fixture = await WorkerFixture.create();
    await writeFile(fixture.path("..", "file"), "");
    await expect(
      fixture.start({ workDirectory: fixture.path("..", "file", "work") }),
    ).rejects.toThrow(/The work directory .* cannot be used: .*ENOTDIR.*--work-dir/);
  });
});

describe("a port that is in use", () => {
  it("is named with its occupant", async () => {
    await using fixture = await WorkerFixture.create();
    const port = fixture.master.rpc.address?.port ?? 0;
    await expect(fixture.start({ listen: { host: "127.0.0.1", port } })).rejects.toThrow(
      new RegExp(`Port ${port} is in use by pid ${process.pid}`),
    );
  });
});
