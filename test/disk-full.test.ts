import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OverviewView } from "@aloha/api";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { inParallel } from "./support/in-parallel.ts";
import { SmallDisk } from "./support/small-disk.ts";

it(
  "accepts nothing new while the disk of the store is almost full, records every end, and goes on when there is room",
  { timeout: 60_000 },
  async () => {
    const base = mkdtempSync(join(tmpdir(), "aloha-disk-"));
    using _removed = { [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) };
    using disk = SmallDisk.mount(join(base, "store"), 320);
    await using cluster = await Cluster.start({
      cores: 2,
      masterArgs: ["--recovery-directory", join(disk.path, "recovery")],
    });
    const state = async (): Promise<string> =>
      (await cluster.get("/api/v1/overview")).json<OverviewView>().state;
    const gate = join(cluster.directory, "gate");
    const running = await inParallel(2, 2, (index) =>
      cluster.submit({ args: `while [ ! -e ${gate} ]; do sleep 0.05; done; exit ${30 + index}` }),
    );
    await inParallel(2, 2, (index) => cluster.untilState(running[index]!, "RUNNING"));
    const waiting = await cluster.submit({ args: "true" });

    disk.fill(32);
    await eventually(
      async () => (await state()) === "READ_ONLY",
      10_000,
      "the master to be read-only",
    );
    const body = { name: "late", entryPoint: "shell", args: "true" };
    const refused = await cluster.post("/api/v1/applications", body);
    expect(refused.status).toBe(503);
    expect(refused.json<{ error: { message: string } }>().error.message).toMatch(/disk|space/);
    const old = await cluster.post("/v1/submissions/create", {
      action: "CreateSubmissionRequest",
      ...body,
    });
    expect(old.json()).toMatchObject({ success: false });
    const told = await cluster.aloha(["submit", "--", "true"]);
    expect(told.exitCode).not.toBe(0);
    expect(told.stderr).toMatch(/disk|space/);

    const [killed, ended] = running as [string, string];
    expect((await cluster.aloha(["kill", killed, "--wait"])).exitCode).toBe(0);
    writeFileSync(gate, "");
    expect((await cluster.untilEnded(ended)).end).toMatchObject({ state: "FAILED", exitCode: 31 });
    // What was recorded on the full disk is durable.
    await cluster.master.restart("SIGKILL");
    expect((await cluster.application(ended)).end).toMatchObject({ state: "FAILED", exitCode: 31 });
    expect((await cluster.application(killed)).end).toMatchObject({ state: "KILLED" });

    disk.giveBack();
    await eventually(
      async () => (await state()) === "ALIVE",
      10_000,
      "the master to take new work again",
    );
    await cluster.untilState(waiting, "FINISHED");
    await cluster.untilState(await cluster.submit({ args: "true" }), "FINISHED");
  },
);

it(
  "makes a program wait while the disk of a worker is full, says so, still kills, and loses no line",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start({ workers: 0, cores: 4 });
    using disk = SmallDisk.mount(join(cluster.directory, "worker-1"), 96);
    const worker = await cluster.addWorker();
    const [first, lineCount, lineBytes] = [100_000_000, 6_000_000, 10];
    const killed = await cluster.submit({ args: "trap '' TERM; sleep 1000" });
    await cluster.untilState(killed, "RUNNING");
    disk.fill(16);
    const writer = await cluster.submit({
      args: ["seq", String(first), String(first + lineCount - 1)],
      logs: { segment: "8MiB", keep: 20, compress: false },
    });
    await eventually(() => disk.freeMiB === 0, 30_000, "the disk to be full");
    await eventually(
      () =>
        worker.log.includes(
          "The disk is full, so the program waits until its output can be written",
        ),
      10_000,
      "an alert",
    );
    expect(await cluster.application(writer)).toMatchObject({ state: "RUNNING", end: null });
    expect((await cluster.aloha(["kill", killed, "--wait"])).exitCode).toBe(0);
    expect((await cluster.application(killed)).end).toMatchObject({
      state: "KILLED",
      tree: "verified",
    });
    expect(await cluster.application(writer)).toMatchObject({ state: "RUNNING", end: null });

    disk.giveBack();
    expect((await cluster.untilEnded(writer)).end).toMatchObject({
      state: "FINISHED",
      exitCode: 0,
    });
    const response = await cluster.aloha(["logs", writer, "--stdout"]);
    expect(response.stdout.length).toBe(lineCount * lineBytes);
    let line = first;
    for (let offset = 0; offset < response.stdout.length; offset += lineBytes) {
      if (response.stdout.slice(offset, offset + lineBytes) !== `${line++}\n`)
        throw new Error(`line ${line - first} is missing or damaged`);
    }
    const next = await cluster.submit({ args: "echo goes on" });
    await cluster.untilState(next, "FINISHED");
    expect(readFileSync(cluster.outputPath(next), "utf8")).toBe("goes on\n");
    expect((await cluster.get("/api/v1/workers")).json()).toMatchObject({
      workers: [{ mode: "ALIVE" }],
    });
    await worker.stop();
  },
);
