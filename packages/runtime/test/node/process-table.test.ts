import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  childrenOf,
  currentBootId,
  descendantsOf,
  findMarkedProcesses,
  hasEnded,
  isRunning,
  isSameProcess,
  listProcesses,
  processIdentity,
  readProcess,
  type ProcessEntry,
} from "@aloha/runtime/node";
import { expect, onTestFinished, test } from "vitest";
import { parseStat } from "../../src/node/process-table.ts";

/** A shell in its own session that prints a line once it is up; killed with its group in the end. */
async function shell(script: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", script], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: { ...process.env, ...env },
  });
  onTestFinished(() => killGroup(child.pid!));
  await once(child.stdout!, "data");
  return child;
}

function killGroup(pgid: number): void {
  try {
    process.kill(-pgid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

function entryOf(pid: number, ppid: number): ProcessEntry {
  const rest = { pgid: 1, sid: 1, state: "S", startTicks: 1, isKernelThread: false, command: "x" };
  return { pid, ppid, ...rest };
}

test("this process is in the table under its parent", () => {
  const entry = listProcesses().find(({ pid }) => pid === process.pid);
  expect(entry).toMatchObject({ pid: process.pid, ppid: process.ppid, isKernelThread: false });
});

test("the boot id stays the same", () => {
  expect(currentBootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(currentBootId()).toBe(currentBootId());
});

test("a detached child leads its own session and group", async () => {
  const child = await shell("echo up; exec sleep 60");
  const entry = readProcess(child.pid!);
  expect(entry).toMatchObject({ pgid: child.pid, sid: child.pid });
});

test("an identity is true until its process is gone, and of no other process", async () => {
  const child = await shell("echo up; exec sleep 60");
  const identity = processIdentity(child.pid!)!;
  expect([isSameProcess(identity), isRunning(identity)]).toEqual([true, true]);
  const reused = { ...identity, startTicks: identity.startTicks + 1 };
  expect([isSameProcess(reused), isRunning(reused)]).toEqual([false, false]);
  const otherBoot = { ...identity, bootId: "another" };
  expect([isSameProcess(otherBoot), isRunning(otherBoot)]).toEqual([false, false]);
  child.kill("SIGKILL");
  await once(child, "close");
  expect(isSameProcess(identity)).toBe(false);
  expect(processIdentity(child.pid!)).toBeUndefined();
});

test("a zombie is still the same process, but not running", async () => {
  // The child ends only when the shell has become a sleep, which does not wait for children.
  const child = "until grep -q sleep /proc/$$/comm; do :; done";
  const parent = await shell(`(${child}) & echo up; exec sleep 60`);
  const zombie = await eventually(() => childrenOf(parent.pid!).find(hasEnded));
  const identity = processIdentity(zombie.pid)!;
  expect([isSameProcess(identity), isRunning(identity)]).toEqual([true, false]);
});

test("descendants include grandchildren, parents first", async () => {
  const parent = await shell("sh -c 'sleep 60 & echo up; wait' & wait");
  const [child, grandchild] = descendantsOf(parent.pid!);
  expect(child).toMatchObject({ ppid: parent.pid });
  expect(grandchild).toMatchObject({ ppid: child!.pid });
});

test("a table that changed between its rows cannot make the search run in circles", () => {
  const circle = [entryOf(1, 3), entryOf(2, 1), entryOf(3, 2)];
  expect(descendantsOf(1, circle).map(({ pid }) => pid)).toEqual([2, 3]);
});

test("a command with blanks and parentheses does not shift the fields", () => {
  const line = `42 (a) b (c) S 7 8 9 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 3133440 388 1`;
  expect(parseStat(line)).toEqual({
    pid: 42,
    ppid: 7,
    pgid: 8,
    sid: 9,
    state: "S",
    command: "a) b (c",
    startTicks: 98765,
    isKernelThread: false,
  });
});

test("a pid that nobody has is nobody", () => {
  expect(processIdentity(4_194_304)).toBeUndefined();
  expect(readProcess(4_194_304)).toBeUndefined();
});

test("the mark is found on whoever inherited it, even in another session", async () => {
  const mark = `attempt ${process.pid} é`;
  const parent = await shell("setsid sleep 60 & echo up; wait", { ALOHA_TEST_MARK: mark });
  const found = await eventually(() => {
    const { pids } = findMarkedProcesses("ALOHA_TEST_MARK", mark);
    return pids.length === 2 ? pids : undefined;
  });
  onTestFinished(() => {
    for (const pid of found) if (pid !== parent.pid) killGroup(pid);
  });
  expect(found).toContain(parent.pid);
});

test("a mark that only begins or ends alike is another mark", async () => {
  const mark = `mark-${process.pid}`;
  await shell("echo up; exec sleep 60", { ALOHA_TEST_MARK: `${mark}0` });
  await shell("echo up; exec sleep 60", { X_ALOHA_TEST_MARK: mark });
  expect(findMarkedProcesses("ALOHA_TEST_MARK", mark).pids).toEqual([]);
});

async function eventually<Value>(find: () => Value | undefined): Promise<Value> {
  for (const deadlineMs = performance.now() + 5000; performance.now() < deadlineMs;) {
    const value = find();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("It did not come about within 5 s.");
}
