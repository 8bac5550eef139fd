import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Application } from "@aloha/api";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

const applicationCount = 2000;
/** Every tenth is wide: two cores, which has to wait for room more often than the others. */
const wideEvery = 10;
const workerCores = [3, 5] as const;
const clientCount = 50;
const endWithinMs = 100_000;

interface Mark {
  readonly what: "start" | "end";
  readonly id: string;
  readonly attempt: number;
  readonly workerId: string;
  readonly cores: number;
}

it(
  "runs 2,000 applications that are submitted at once, each exactly once, in order, and never too many side by side",
  async () => {
    await using cluster = await Cluster.start({ workers: 0 });
    for (const cores of workerCores) await cluster.addWorker(["-c", String(cores)]);
    const marks = join(cluster.directory, "marks");

    const ids = await atOnce(clientCount, applicationCount, (index) => {
      const cores = index % wideEvery === 0 ? 2 : 1;
      const mark = (what: string): string =>
        `echo ${what} $ALOHA_APP_ID $ALOHA_ATTEMPT_NUMBER $ALOHA_WORKER_ID ${cores} >> ${marks}`;
      return cluster.submit({
        name: `many-${index}`,
        cores,
        memory: 1,
        args: `${mark("start")};${index % 2 === 0 ? " sleep 0.02;" : ""} ${mark("end")}`,
      });
    });
    expect(new Set(ids).size).toBe(applicationCount);
    await eventually(
      async () => {
        const { applications } = (await cluster.get("/api/v1/overview")).json<{
          readonly applications: Readonly<Record<string, number>>;
        }>();
        return Object.values(applications).every((count) => count === 0);
      },
      endWithinMs,
      "all applications to end",
    );

    const applications = await atOnce(clientCount, ids.length, (index) =>
      cluster.application(ids[index] ?? ""),
    );
    for (const application of applications) {
      expect(application).toMatchObject({
        state: "FINISHED",
        attempt: 1,
        end: { exitCode: 0, reason: "completed" },
      });
    }
    const read = readMarks(marks);
    for (const what of ["start", "end"] as const) {
      const marked = read.filter((mark) => mark.what === what).map((mark) => mark.id);
      expect(marked.toSorted()).toEqual(ids.toSorted());
    }
    for (const [index, cores] of workerCores.entries()) {
      const ofWorker = read.filter((mark) => mark.workerId === cluster.workers[index]?.workerId);
      // Whether all cores are ever in use at once is up to the host; that they are shared is not.
      expect(mostCores(ofWorker)).toBeLessThanOrEqual(cores);
      expect(mostCores(ofWorker)).toBeGreaterThan(1);
    }
    for (const cores of [1, 2])
      expectPlacedInOrder(applications.filter((application) => application.cores === cores));
    const { workers } = (await cluster.get("/api/v1/workers")).json<{
      readonly workers: readonly unknown[];
    }>();
    expect(workers).toMatchObject(
      workerCores.map(() => ({ usedCores: 0, usedMemoryMiB: 0, attempts: 0 })),
    );
  },
  endWithinMs + 60_000,
);

/** Runs `task` for 0 to `count` - 1, `width` of them at any time, and gives the results in order. */
async function atOnce<T>(
  width: number,
  count: number,
  task: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index);
  };
  await Promise.all(Array.from({ length: width }, run));
  return results;
}

/** In the order in which they were appended, which is the order in which they happened. */
function readMarks(path: string): readonly Mark[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [what, id = "", attempt, workerId = "", cores] = line.split(" ");
      if (what !== "start" && what !== "end") throw new Error(`no mark: ${line}`);
      return { what, id, attempt: Number(attempt), workerId, cores: Number(cores) };
    });
}

/** The most cores that were in use at any moment: an application runs at least from its first mark to its last. */
function mostCores(marks: readonly Mark[]): number {
  let used = 0;
  let most = 0;
  for (const { what, cores } of marks) {
    used += what === "start" ? cores : -cores;
    most = Math.max(most, used);
  }
  return most;
}

/** Whoever was accepted first and asks for as much is placed first. */
function expectPlacedInOrder(applications: readonly Application[]): void {
  const number = ({ id }: Application): number => Number(id.split("-").at(-1));
  const placedAtMs = applications
    .toSorted((one, other) => number(one) - number(other))
    .map(({ attempts }) => attempts[0]?.placedAtMs ?? 0);
  expect(placedAtMs).toEqual(placedAtMs.toSorted((one, other) => one - other));
}
