import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { WorkerFixture, key, launch } from "./worker-fixture.ts";

const appDirectory = "app-20260101000000-0001";

describe("a worker", () => {
  it("runs what its master launches, and reports each step", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1), "echo hello; echo oops >&2; exit 3"));
    await fixture.master.report(key(1), "accepted");
    expect((await fixture.master.report(key(1), "started")).pid).toBeGreaterThan(1);
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "exited", exitCode: 3, stopCause: null });
    expect(await readFile(fixture.path(appDirectory, "stdout"), "utf8")).toBe("hello\n");
    expect(await readFile(fixture.path(appDirectory, "stderr"), "utf8")).toBe("oops\n");
  });

  it("runs a list without a shell, in the directory of the application", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1), ["/bin/pwd"]));
    await fixture.master.report(key(1), "ended");
    const printed = await readFile(fixture.path(appDirectory, "stdout"), "utf8");
    expect(printed.trim()).toBe(fixture.path(appDirectory));
  });

  it("gives an application its own variables and those that say who it is, and none of the worker's", async () => {
    await using fixture = await WorkerFixture.create();
    const { workerId } = await fixture.start();
    const environment = { OWN: "1", BORROWED: { worker: "SHARED" } };
    fixture.master.direct(
      launch(key(1), "env", { environment, libs: ["/etc/hosts", "/etc/passwd"] }),
    );
    await fixture.master.report(key(1), "ended");
    const lines = (await readFile(fixture.path(appDirectory, "stdout"), "utf8")).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "OWN=1",
        "BORROWED=yes",
        `ALOHA_ATTEMPT=${key(1)}`,
        `ALOHA_APP_ID=${appDirectory}`,
        "ALOHA_ATTEMPT_NUMBER=1",
        `ALOHA_WORKER_ID=${workerId}`,
        "ALOHA_APP_NAME=test app",
        "ALOHA_LIBS=/etc/hosts:/etc/passwd",
      ]),
    );
    expect(lines.some((line) => line.startsWith("SECRET="))).toBe(false);
  });

  it("says which variable of the worker is missing", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1), "true", { environment: { A: { worker: "NOWHERE" } } }));
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "start-failed", code: "environment" });
    expect(outcome).toMatchObject({ message: expect.stringContaining("NOWHERE") as string });
  });

  it("refuses an entryPoint that it does not know, and names those it does", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1), "true", { entryPoint: "cobol" }));
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "start-failed", code: "unknown-entry-point" });
    expect(outcome).toMatchObject({ message: expect.stringContaining("shell") as string });
  });

  it("kills on the master's word", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1), "sleep 600"));
    await fixture.master.report(key(1), "started");
    fixture.master.direct({ kind: "kill", attempt: key(1), immediately: false });
    const { outcome } = await fixture.master.report(key(1), "ended");
    expect(outcome).toMatchObject({ kind: "exited", signal: "SIGTERM", stopCause: "kill" });
  });

  it("moves the output of an earlier attempt aside when another one begins", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    fixture.master.direct(launch(key(1, 1), "echo one"));
    await fixture.master.report(key(1, 1), "ended");
    fixture.master.direct(launch(key(1, 2), "echo two"));
    await fixture.master.report(key(1, 2), "ended");
    expect(await readFile(fixture.path(appDirectory, "stdout"), "utf8")).toBe("two\n");
    expect(await readFile(fixture.path(appDirectory, "attempt-1", "stdout"), "utf8")).toBe("one\n");
  });

  it("runs hundreds of applications that are launched at once", async () => {
    await using fixture = await WorkerFixture.create();
    await fixture.start();
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
    fixture.master.direct(...numbers.map((number) => launch(key(number), ["/bin/true"])));
    await fixture.master.until(() => {
      const ended = [...fixture.master.reports.values()].filter(
        ({ event }) => event.kind === "ended",
      );
      return ended.length === numbers.length ? true : undefined;
    });
    for (const { event } of fixture.master.reports.values()) {
      if (event.kind === "ended") expect(event.outcome).toMatchObject({ exitCode: 0 });
    }
  });
});
