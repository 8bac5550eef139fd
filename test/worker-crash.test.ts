import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { inParallel } from "./support/in-parallel.ts";
import { listApplications } from "./support/list-applications.ts";
import { processesOf } from "./support/processes-of.ts";
import { readLines } from "./support/read-lines.ts";

const runningCount = 50;
const endingCount = 20;

it(
  "has every exit right and runs nothing twice when 20 of 50 end while the worker is dead",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start({ cores: 10 });
    const path = (name: string): string => join(cluster.directory, name);
    const exitCodes = Array.from({ length: runningCount }, (_, index) => (index * 7) % 250);
    const script = (index: number): string =>
      `echo ${index} >> ${path("starts")}; while [ ! -e ${path(index < endingCount ? "first" : "second")} ]; do sleep 0.1; done; echo ${index} >> ${path("ends")}; exit ${exitCodes[index]}`;
    const ids = await inParallel(runningCount, 10, (index) =>
      cluster.submit({ args: script(index), cores: 0.1, memory: 16 }),
    );
    await eventually(() => readLines(path("starts")).length === runningCount, 30_000, "all to run");

    await cluster.worker.kill("SIGKILL");
    await writeFile(path("first"), "");
    await eventually(
      () => ids.slice(0, endingCount).every((id) => processesOf(cluster, id).length === 0),
      20_000,
      "20 to end unseen",
    );
    const unseen = await cluster.application(ids[0]!);
    expect(unseen.end).toBeNull();

    await cluster.worker.start();
    const early = await inParallel(endingCount, 5, (index) => cluster.untilEnded(ids[index]!));
    expect(early.map(({ end }) => end?.exitCode)).toEqual(exitCodes.slice(0, endingCount));
    expect(await listApplications(cluster, "state=RUNNING")).toHaveLength(
      runningCount - endingCount,
    );

    await writeFile(path("second"), "");
    const all = await inParallel(runningCount, 5, (index) => cluster.untilEnded(ids[index]!));
    expect(all.map(({ end }) => end?.exitCode)).toEqual(exitCodes);
    expect(all.map(({ state }) => state)).toEqual(
      exitCodes.map((code) => (code === 0 ? "FINISHED" : "FAILED")),
    );
    expect(all.every(({ attempt }) => attempt === 1)).toBe(true);
    const once = Array.from({ length: runningCount }, (_, index) => String(index)).toSorted();
    expect(readLines(path("starts")).toSorted()).toEqual(once);
    expect(readLines(path("ends")).toSorted()).toEqual(once);
  },
);

it(
  "loses and repeats nothing of a stream of short applications while the worker is killed -9 again and again",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start({ cores: 8 });
    const count = 120;
    const starts = join(cluster.directory, "starts");
    const ids = await inParallel(count, 16, (index) =>
      cluster.submit({
        args: ["sh", "-c", `echo ${index} >> ${starts}; exit ${index}`],
        cores: 0.5,
        memory: 16,
      }),
    );
    for (let crash = 1; crash <= 3; crash++) {
      await eventually(
        () => readLines(starts).length >= (crash * count) / 5,
        30_000,
        "some to run",
      );
      await cluster.worker.kill("SIGKILL");
      await cluster.worker.start();
    }
    const ends = await inParallel(count, 8, (index) => cluster.untilEnded(ids[index]!));
    expect(ends.map(({ end }) => end?.exitCode)).toEqual(ends.map((_, index) => index));
    expect(readLines(starts).toSorted()).toEqual(ends.map((_, index) => String(index)).toSorted());
  },
);
