import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemTimers } from "@aloha/runtime/time";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManagedProcess } from "../../src/dev/managed-process.ts";

let directory: string;
let managed: ManagedProcess;
const heard: string[] = [];
let notify: (() => void) | undefined;

const daemon = `
  process.on("message", (message) => { console.log("asked to", message.kind); process.exit(0); });
  process.on("disconnect", () => { console.log("orphaned"); process.exit(0); });
  process.send({ kind: "ready", address: "127.0.0.1:1", url: null, summary: "pid " + process.pid });
`;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aloha-cli-"));
  heard.length = 0;
});

afterEach(async () => {
  managed.kill();
  await rm(directory, { recursive: true });
});

async function manage(script: string): Promise<ManagedProcess> {
  const file = join(directory, "daemon.mjs");
  await writeFile(file, script);
  managed = new ManagedProcess({
    name: "daemon",
    argv: [file],
    environment: process.env,
    logFile: join(directory, "daemon.log"),
    clock: systemClock(),
    timers: systemTimers,
    listener: {
      restarted: () => tell("restarted"),
      died: (how) => tell(`died: ${how}`),
    },
  });
  return managed;
}

function tell(what: string): void {
  heard.push(what);
  notify?.();
}

async function untilHeard(count: number): Promise<void> {
  while (heard.length < count) {
    await new Promise<void>((resolve) => {
      notify = resolve;
    });
  }
}

it("is ready when the daemon says so, and stops it when asked", async () => {
  const process = await manage(daemon);
  expect(await process.start()).toMatchObject({ kind: "ready", address: "127.0.0.1:1" });
  expect(await process.stop({ kind: "stop", stopWork: true }, 5000)).toBe("stopped");
  expect(await readFile(join(directory, "daemon.log"), "utf8")).toBe("asked to stop\n");
});

it("starts the daemon again when it is killed", async () => {
  const managed = await manage(daemon);
  await managed.start();
  const first = managed.pid ?? 0;
  process.kill(first, "SIGKILL");
  await untilHeard(2);
  expect(heard).toEqual(["died: was ended by SIGKILL", "restarted"]);
  expect(managed.pid).not.toBe(first);
});

it("fails to start where the daemon ends before it is ready, and does not try again", async () => {
  const managed = await manage("process.exit(3);");
  await expect(managed.start()).rejects.toThrow("ended with exit code 3");
  expect(heard).toEqual([]);
});

it("kills a daemon that does not stop in time", async () => {
  const managed = await manage(daemon.replace("process.exit(0)", "void 0"));
  await managed.start();
  expect(await managed.stop({ kind: "stop", stopWork: true }, 200)).toBe("killed");
});
