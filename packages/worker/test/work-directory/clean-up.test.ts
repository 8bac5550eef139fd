import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CleanupPolicy } from "../../src/index.ts";
import { CleanUp } from "../../src/work-directory/clean-up.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 20);
const old = (nowMs - 8 * dayMs) / 1000;

const policy: CleanupPolicy = {
  intervalMs: 30 * minuteMs,
  ttlMs: 7 * dayMs,
  diskShareMax: 1,
  applicationsMax: 1000,
};

let base: string;
let work: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "aloha-clean-up-"));
  work = join(base, "work");
  await mkdir(work);
});

afterEach(() => rm(base, { recursive: true }));

const id = (number: number): string => `app-20260101000000-${String(number).padStart(4, "0")}`;

/** An application whose directory and output were last written so long ago. */
async function application(number: number, agoMs: number, outputAgoMs = agoMs): Promise<string> {
  const directory = join(work, id(number));
  await mkdir(join(directory, "attempt-1"), { recursive: true });
  for (const name of ["stdout", "stderr", join("attempt-1", "stdout")]) {
    const file = join(directory, name);
    await writeFile(file, "x");
    await utimes(file, (nowMs - outputAgoMs) / 1000, (nowMs - outputAgoMs) / 1000);
  }
  await utimes(directory, (nowMs - agoMs) / 1000, (nowMs - agoMs) / 1000);
  return directory;
}

interface World {
  readonly cleanUp: CleanUp;
  readonly held: Set<string>;
  readonly failures: unknown[];
  now: number;
  paces: number;
}

function world(changes: Partial<CleanupPolicy> = {}, held: readonly string[] = []): World {
  const failures: unknown[] = [];
  const holds = new Set(held);
  const made: World = {
    held: holds,
    failures,
    now: nowMs,
    paces: 0,
    cleanUp: new CleanUp({
      workPath: work,
      policy: { ...policy, ...changes },
      wallMs: () => made.now,
      held: () => new Set(holds),
      pace: () => {
        made.paces++;
        return Promise.resolve();
      },
      onFailed: (_path, error) => failures.push(error),
    }),
  };
  return made;
}

const left = async (): Promise<readonly string[]> => (await readdir(work)).sort();

test("what nothing was written to for long goes; what is held, was written to or is no application's stays", async () => {
  await application(1, 8 * dayMs);
  await application(2, 8 * dayMs);
  await application(3, 8 * dayMs, dayMs);
  await application(4, dayMs, 8 * dayMs);
  await mkdir(join(work, "notes"));
  await utimes(join(work, "notes"), 1, 1);
  await writeFile(join(work, id(9)), "a file of such a name");
  const { cleanUp, failures } = world({}, [id(2)]);
  expect(await cleanUp.all()).toMatchObject({ removed: 1, removedForSpace: 0 });
  expect(await left()).toEqual([".aloha", id(2), id(3), id(4), id(9), "notes"]);
  expect(await readdir(join(work, ".aloha", "removed"))).toEqual([]);
  expect(failures).toEqual([]);
});

test("an application that wrote while no worker marked it counts from its last output", async () => {
  await application(1, 30 * dayMs, 6 * dayMs);
  await application(2, 7 * dayMs);
  const made = world({ ttlMs: 20 * dayMs, applicationsMax: 1, intervalMs: minuteMs });
  // Looked at first, since its directory is older; from then on in its place.
  expect(await made.cleanUp.all()).toMatchObject({ removed: 0 });
  expect(await made.cleanUp.all()).toMatchObject({ removed: 1 });
  expect(await left()).toEqual([".aloha", id(1)]);
});

test("the time of a silent application begins at its end, also for the worker that is started after it", async () => {
  await application(1, 8 * dayMs);
  const first = world({}, [id(1)]);
  expect(await first.cleanUp.all()).toMatchObject({ removed: 0 });
  first.held.clear();
  first.now += minuteMs;
  expect(await first.cleanUp.all()).toMatchObject({ removed: 0 });
  const second = world();
  second.now = nowMs + 6 * dayMs;
  expect(await second.cleanUp.all()).toMatchObject({ removed: 0 });
  second.now = nowMs + 8 * dayMs;
  expect(await second.cleanUp.all()).toMatchObject({ removed: 1 });
});

test("an application that ended since the worker started counts as silent until now", async () => {
  await application(1, 8 * dayMs);
  const { cleanUp, held } = world({}, [id(1)]);
  held.clear();
  expect(await cleanUp.all()).toMatchObject({ removed: 0 });
  expect(await world().cleanUp.all()).toMatchObject({ removed: 0 });
});

test("of more than may stay those that ended first go, but none of the last interval", async () => {
  for (let number = 1; number <= 6; number++)
    await application(number, (7 - number) * minuteMs * 10);
  // 60, 50, 40, 30, 20 and 10 minutes old.
  const five = world({ applicationsMax: 5, intervalMs: minuteMs });
  expect(await five.cleanUp.all()).toMatchObject({ removed: 1 });
  // Two may stay, but three are of the last half hour.
  const { cleanUp } = world({ applicationsMax: 2, intervalMs: 31 * minuteMs });
  expect(await cleanUp.all()).toMatchObject({ removed: 2 });
  expect(await left()).toEqual([".aloha", id(4), id(5), id(6)]);
  const none = world({ applicationsMax: 0, intervalMs: minuteMs });
  expect(await none.cleanUp.all()).toMatchObject({ removed: 3 });
});

test("an attempt that begins while its old directory is about to be removed keeps it", async () => {
  await application(1, 8 * dayMs);
  await application(2, 9 * dayMs);
  let asked = 0;
  const cleanUp = new CleanUp({
    workPath: work,
    policy,
    wallMs: () => nowMs,
    // Held from the moment at which the other one has been removed.
    held: () => (++asked > 3 ? new Set([id(1)]) : new Set()),
    pace: () => Promise.resolve(),
    onFailed: (path, error) => expect.fail(`${path}: ${String(error)}`),
  });
  expect(await cleanUp.all()).toMatchObject({ removed: 1 });
  expect(await left()).toEqual([".aloha", id(1)]);
});

test("links are removed, and nothing that they lead to", async () => {
  const outside = join(base, "outside");
  await mkdir(join(outside, "deep"), { recursive: true });
  await writeFile(join(outside, "deep", "precious"), "x");
  const directory = await application(1, 8 * dayMs);
  await symlink(outside, join(directory, "link"));
  await symlink(join(outside, "deep", "precious"), join(directory, "attempt-1", "link"));
  await utimes(directory, old, old);
  // An application directory that is a link itself is not one.
  await symlink(outside, join(work, id(2)));
  const { cleanUp, failures } = world();
  expect(await cleanUp.all()).toMatchObject({ removed: 1 });
  expect(failures).toEqual([]);
  expect(await left()).toEqual([".aloha", id(2)]);
  expect(existsSync(join(outside, "deep", "precious"))).toBe(true);
});

test("a removal that was interrupted is ended by the next look", async () => {
  const rest = join(work, ".aloha", "removed", `${id(1)}.1`, "a", "b");
  await mkdir(rest, { recursive: true });
  await writeFile(join(rest, "c"), "x");
  const { cleanUp } = world();
  await cleanUp.all();
  expect(await readdir(join(work, ".aloha", "removed"))).toEqual([]);
});

test("every file and directory gives way to other work", async () => {
  const directory = await application(1, 8 * dayMs);
  for (let file = 0; file < 50; file++) await writeFile(join(directory, `file-${file}`), "");
  await utimes(directory, old, old);
  const made = world();
  await made.cleanUp.all();
  expect(made.paces).toBeGreaterThan(50);
});
