import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  acquireFileLock,
  processIdentity,
  type FileLock,
  type FileLockResult,
} from "@aloha/runtime/node";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../temporary-directory.ts";

async function acquired(result: Promise<FileLockResult>): Promise<FileLock> {
  const answer = await result;
  if (answer.kind !== "acquired") throw new Error(answer.message);
  return answer.lock;
}

/** Another process that locks `path` the way flock(1) does, and holds it until it is killed. */
async function lockingProcess(path: string): Promise<ChildProcess> {
  const child = spawn("flock", ["-x", "-n", path, "sh", "-c", "echo locked; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  onTestFinished(() => killGroup(child));
  await once(child.stdout!, "data");
  return child;
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

test("a lock is held by the kernel after the helper command has ended, and excludes others", async () => {
  const path = join(temporaryDirectory(), "lock");
  const lock = await acquired(acquireFileLock(path, { purpose: "aloha master" }));
  expect(lock.guard).toBe("kernel");
  const other = spawn("flock", ["-x", "-n", path, "true"], { stdio: "ignore" });
  expect(await once(other, "close")).toEqual([1, null]);
  await lock.release();
});

test("whoever finds it taken is told by whom, what it is, where and since when", async () => {
  const path = join(temporaryDirectory(), "lock");
  const options = { purpose: "aloha master", address: "aloha://127.0.0.1:7077" };
  const lock = await acquired(acquireFileLock(path, options));
  const second = await acquireFileLock(path, { purpose: "aloha worker" });
  expect(second).toMatchObject({
    kind: "held",
    holder: { ...processIdentity(process.pid), purpose: "aloha master" },
  });
  expect(second.kind === "held" && second.message).toMatch(
    new RegExp(`held by pid ${process.pid}, aloha master at aloha://127.0.0.1:7077, since \\d{4}-`),
  );
  await lock.release();
});

test("a holder that has not written its name is still a holder", async () => {
  const path = join(temporaryDirectory(), "lock");
  await lockingProcess(path);
  const answer = await acquireFileLock(path, { purpose: "aloha master" });
  expect(answer).toMatchObject({ kind: "held", holder: undefined });
});

test("a lock can be taken again after its release, and a free one names nobody", async () => {
  const path = join(temporaryDirectory(), "lock");
  const first = await acquired(acquireFileLock(path, { purpose: "first" }));
  await first.release();
  await first.release();
  expect(statSync(path).size).toBe(0);
  const second = await acquired(acquireFileLock(path, { purpose: "second" }));
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ purpose: "second" });
  await second.release();
});

test("a lock vanishes with a holder that is killed, whatever its file still says", async () => {
  const path = join(temporaryDirectory(), "lock");
  const holder = await lockingProcess(path);
  writeFileSync(path, '{"pid":1,"startTicks":0,"bootId":"other","purpose":"gone","since":"then"}');
  killGroup(holder);
  await once(holder, "close");
  const lock = await acquired(acquireFileLock(path, { purpose: "aloha master" }));
  await lock.release();
});

test("children of the holder do not keep the lock", async () => {
  const path = join(temporaryDirectory(), "lock");
  const lock = await acquired(acquireFileLock(path, { purpose: "aloha worker" }));
  const child = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  onTestFinished(() => killGroup(child));
  await once(child, "spawn");
  await lock.release();
  const again = await acquired(acquireFileLock(path, { purpose: "aloha worker" }));
  await again.release();
});

test("a lock that nobody refers to any more is still held", async () => {
  const path = join(temporaryDirectory(), "lock");
  await acquired(acquireFileLock(path, { purpose: "aloha master" }));
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  const other = await acquireFileLock(path, { purpose: "another" });
  expect(other.kind).toBe("held");
});

test("of many that ask at once exactly one gets it", async () => {
  const path = join(temporaryDirectory(), "lock");
  const asked = Array.from({ length: 8 }, () => acquireFileLock(path, { purpose: "one of many" }));
  const answers = await Promise.all(asked);
  const locks = answers.flatMap((answer) => (answer.kind === "acquired" ? [answer.lock] : []));
  expect(locks.length).toBe(1);
  await locks[0]?.release();
});

test("the lock is private to its owner", async () => {
  const path = join(temporaryDirectory(), "lock");
  const lock = await acquired(acquireFileLock(path, { purpose: "aloha master" }));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await lock.release();
});

test("without the flock command the lock rests on the identity written, and says so", async () => {
  const path = join(temporaryDirectory(), "lock");
  const options = { purpose: "aloha master", flockCommand: "/nonexistent/flock" };
  const lock = await acquired(acquireFileLock(path, options));
  expect(lock.guard).toBe("identity");
  await lock.release();

  const other = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  onTestFinished(() => killGroup(other));
  await once(other, "spawn");
  const holder = { ...processIdentity(other.pid!), purpose: "aloha master", since: "before" };
  writeFileSync(path, JSON.stringify(holder));
  expect(await acquireFileLock(path, options)).toMatchObject({ kind: "held", holder });

  killGroup(other);
  await once(other, "close");
  const afterwards = await acquired(acquireFileLock(path, options));
  await afterwards.release();
});

test("a command that fails for its own reasons is an error, not a lock that is taken", async () => {
  const directory = temporaryDirectory();
  const broken = join(directory, "flock");
  writeFileSync(broken, "#!/bin/sh\necho out of order >&2\nexit 66\n", { mode: 0o755 });
  const asked = acquireFileLock(join(directory, "lock"), {
    purpose: "aloha master",
    flockCommand: broken,
  });
  await expect(asked).rejects.toThrow(/Cannot lock .*ended with 66: out of order/);
});

test("a lock file that was replaced while it was being locked is locked anew", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "lock");
  const replacing = join(directory, "flock");
  writeFileSync(path, "");
  const script = `#!/bin/sh
[ -e ${directory}/done ] || { touch ${directory}/done; mv ${path} ${directory}/old; }
exec flock "$@"
`;
  writeFileSync(replacing, script, { mode: 0o755 });
  const lock = await acquired(
    acquireFileLock(path, { purpose: "aloha master", flockCommand: replacing }),
  );
  const other = await acquireFileLock(path, { purpose: "another" });
  expect(other.kind).toBe("held");
  await lock.release();
});

test("a directory that is missing is said", async () => {
  const directory = temporaryDirectory();
  renameSync(directory, `${directory}-away`);
  onTestFinished(() => rmSync(`${directory}-away`, { recursive: true }));
  await expect(acquireFileLock(join(directory, "lock"), { purpose: "x" })).rejects.toThrow(
    "ENOENT",
  );
});
