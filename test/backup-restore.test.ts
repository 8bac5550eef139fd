import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

it("a backup is made while the master works, and a master restored from it takes its workers up with what they run", async () => {
  await using cluster = await Cluster.start();
  const recovery = join(cluster.directory, "recovery");
  const backups = join(cluster.directory, "backups");
  mkdirSync(backups);
  const before = await cluster.submit({ name: "before", args: "sleep 300" });
  const ended = await cluster.submit({ name: "ended", args: "echo kept" });
  await cluster.untilState(before, "RUNNING");
  await cluster.untilState(ended, "FINISHED");

  const backup = await cluster.aloha([
    "store",
    "backup",
    backups,
    "--recovery-directory",
    recovery,
  ]);
  expect(backup).toMatchObject({ exitCode: 0, stderr: "" });
  expect(backup.stdout).toMatch(/^applications +1 live, 1 ended$/m);
  const [name = ""] = readdirSync(backups);
  const file = join(backups, name);
  expect(await cluster.aloha(["store", "verify", file])).toMatchObject({ exitCode: 0 });

  const after = await cluster.submit({ name: "after", args: "sleep 300" });
  await cluster.untilState(after, "RUNNING");
  const restore = ["store", "restore", file, "--recovery-directory", recovery];
  expect(await cluster.aloha(restore)).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining(`held by pid ${cluster.master.pid}`) as string,
  });
  await cluster.master.kill();
  expect(await cluster.aloha(restore)).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("holds a store already") as string,
  });
  renameSync(recovery, join(cluster.directory, "lost"));
  expect(await cluster.aloha(restore)).toMatchObject({ exitCode: 0, stderr: "" });

  await cluster.master.start();
  await eventually(
    async () => (await cluster.aloha(["workers"])).stdout.includes("2 (+1 unknown)"),
    30_000,
    "the worker to be taken up with what it runs",
  );
  expect(await cluster.application(before)).toMatchObject({ state: "RUNNING" });
  expect(await cluster.application(ended)).toMatchObject({ state: "FINISHED" });
  expect((await cluster.get(`/api/v1/applications/${after}`)).status).toBe(404);
  // What the restored master does not know is left alone.
  expect(cluster.processes(after)).not.toEqual([]);
  expect((await cluster.aloha(["events"])).stdout).toMatch(
    /alert store-restored[^]*unknown-attempt/,
  );
  const next = await cluster.submit({ name: "next", args: "true" });
  expect(Number(next.split("-")[2])).toBeGreaterThan(1_000_000);
  await cluster.untilState(next, "FINISHED");
});

it("a store that was copied to another directory goes on there, and nothing is lost", async () => {
  await using cluster = await Cluster.start();
  const [from, to] = [join(cluster.directory, "recovery"), join(cluster.directory, "copy")];
  const running = await cluster.submit({ name: "running", args: "sleep 300" });
  await cluster.untilState(running, "RUNNING");
  await cluster.master.stop();
  const copied = await cluster.aloha(["store", "copy", "--from", from, "--to", to]);
  expect(copied).toMatchObject({ exitCode: 0, stderr: "" });
  expect(copied.stdout).toMatch(/^applications +1$/m);
  renameSync(from, join(cluster.directory, "old"));
  renameSync(to, from);
  await cluster.master.start();
  await cluster.untilState(running, "RUNNING");
  expect(await cluster.aloha(["kill", "--wait", running])).toMatchObject({ exitCode: 0 });
});
