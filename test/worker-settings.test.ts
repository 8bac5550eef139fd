import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { SmallDisk } from "./support/small-disk.ts";
import type { WorkerProcess } from "./support/worker-process.ts";

const rolling = "aloha.executor.logs.rolling";

/** The sizes of the rolled files of an application, oldest first. */
function rolledSizes(worker: WorkerProcess, id: string): readonly number[] {
  const directory = join(worker.workDirectory, id);
  return readdirSync(directory)
    .filter((name) => /^stdout\.\d{15}$/.test(name))
    .toSorted()
    .map((name) => statSync(join(directory, name)).size);
}

it("rolls the output of applications as its worker says, and field by field as they say themselves", async () => {
  await using cluster = await Cluster.start({
    settings: {
      [`${rolling}.maxSize`]: "4K",
      [`${rolling}.maxRetainedFiles`]: "3",
      [`${rolling}.enableCompression`]: "false",
    },
  });
  const args = "seq 10000 19999";
  const silent = await cluster.submit({ args });
  const own = await cluster.submit({ args, logs: { segment: "16KiB" } });
  const all = await cluster.submit({ args, logs: { keep: 100 } });
  for (const id of [silent, own, all]) await cluster.untilState(id, "FINISHED");
  expect((await cluster.application(own)).logs).toEqual({
    segmentBytes: 16_384,
    rollEveryMs: null,
    keep: 3,
    compress: false,
  });
  expect((await cluster.aloha(["status", own])).stdout).toMatch(
    /^output +rolled at 16KiB, 3 kept$/m,
  );
  expect(rolledSizes(cluster.worker, silent)).toEqual([4096, 4096, 4096]);
  expect(rolledSizes(cluster.worker, own)).toEqual([16_384, 16_384, 16_384]);
  expect(rolledSizes(cluster.worker, all)).toEqual(Array.from({ length: 14 }, () => 4096));
});

it("rolls by time where it is told so, and reads across the files", async () => {
  await using cluster = await Cluster.start({
    settings: { [`${rolling}.strategy`]: "time", [`${rolling}.time.interval`]: "1" },
  });
  const id = await cluster.submit({
    args: "for line in 1 2 3 4 5 6; do echo $line; sleep 0.5; done",
    logs: { compress: false },
  });
  await cluster.untilState(id, "FINISHED");
  const rolled = rolledSizes(cluster.worker, id);
  expect(rolled.length).toBeGreaterThanOrEqual(2);
  for (const size of rolled) expect(size).toBeLessThanOrEqual(4);
  expect((await cluster.aloha(["logs", id, "--stdout"])).stdout).toBe("1\n2\n3\n4\n5\n6\n");
});

it(
  "gives the disk of a worker back: the applications that ended first go, those that live stay, and nobody notices",
  { timeout: 90_000 },
  async () => {
    const diskMiB = 96;
    await using cluster = await Cluster.start({
      workers: 0,
      cores: 4,
      settings: {
        "aloha.worker.cleanup.interval": "1s",
        "aloha.worker.cleanup.diskShare": "0.5",
        // A lease that heartbeats could lose.
        "aloha.worker.timeout": "5s",
      },
    });
    using disk = SmallDisk.mount(join(cluster.directory, "worker-1"), diskMiB);
    const worker = await cluster.addWorker();
    const lives = await cluster.submit({
      args: "head -c 8M /dev/zero; sleep 1000",
      supervise: true,
    });
    await cluster.untilState(lives, "RUNNING");
    const ended: string[] = [];
    for (let number = 0; number < 12; number++) {
      const id = await cluster.submit({
        args: "mkdir many; cd many; for i in $(seq 300); do echo $i >$i; done; head -c 8M /dev/zero",
      });
      await cluster.untilState(id, "FINISHED");
      ended.push(id);
    }
    const isLeft = (id: string): boolean => existsSync(join(worker.workDirectory, id));
    await eventually(() => disk.freeMiB > diskMiB / 2, 15_000, "room on the disk");
    const left = ended.filter(isLeft);
    // When one ended is known to a look: where it is still held at a look, it counts as ended at the next.
    expect(left.at(-1)).toBe(ended.at(-1));
    expect(ended.slice(0, 3).filter(isLeft)).toEqual([]);
    expect(left.length).toBeGreaterThanOrEqual(1);
    expect(left.length).toBeLessThanOrEqual(5);
    expect(isLeft(lives)).toBe(true);
    await eventually(
      () => worker.log.includes("before their time: the disk is too full"),
      10_000,
      "the worker to say what it removed",
    );
    const [gone = ""] = ended;
    const logs = await cluster.aloha(["logs", gone]);
    expect(logs).toMatchObject({ exitCode: 3, stdout: "" });
    expect(logs.stderr).toMatch(/output/);
    expect(await cluster.application(lives)).toMatchObject({
      state: "RUNNING",
      attempts: [{ number: 1 }],
    });
    await worker.stop();
  },
);

it("removes what is old, but not while the application lives, also if it was silent all the time", async () => {
  await using cluster = await Cluster.start({
    settings: { "aloha.worker.cleanup.interval": "1s", "aloha.worker.cleanup.appDataTtl": "1h" },
  });
  const gate = join(cluster.directory, "gate");
  const lives = await cluster.submit({ args: `until [ -e ${gate} ]; do sleep 0.1; done` });
  await cluster.untilState(lives, "RUNNING");
  const ended = await cluster.submit({ args: "echo x" });
  await cluster.untilState(ended, "FINISHED");
  const directoryOf = (id: string): string => join(cluster.worker.workDirectory, id);
  const twoHoursAgo = Date.now() / 1000 - 7200;
  for (const id of [lives, ended]) {
    const written = readdirSync(directoryOf(id));
    for (const name of [...written, ""])
      utimesSync(join(directoryOf(id), name), twoHoursAgo, twoHoursAgo);
  }
  await eventually(() => !existsSync(directoryOf(ended)), 10_000, "the old directory to be gone");
  // A look has passed since: the living one was seen, and its time begins at its end.
  expect(existsSync(directoryOf(lives))).toBe(true);
  await cluster.aloha(["kill", lives, "--wait"]);
  expect(statSync(directoryOf(lives)).mtimeMs).toBeGreaterThan(Date.now() - 3_600_000);
  expect(existsSync(directoryOf(lives))).toBe(true);
});

it("waits for the output that a worker has no longer than aloha.rpc.askTimeout", async () => {
  await using cluster = await Cluster.start({ settings: { "aloha.rpc.askTimeout": "300ms" } });
  const id = await cluster.submit({ args: "echo there" });
  await cluster.untilState(id, "FINISHED");
  const path = `/api/v1/applications/${id}/attempts/latest/logs/stdout`;
  expect((await cluster.get(path)).status).toBe(200);
  cluster.worker.pause();
  const askedAtMs = performance.now();
  const answer = await cluster.get(path);
  expect(performance.now() - askedAtMs).toBeLessThan(3_000);
  expect(answer.status).toBe(503);
  expect(answer.text).toMatch(/did not reply within 300 ms/);
  cluster.worker.resume();
  expect((await cluster.get(path)).status).toBe(200);
});
