import { writeFile } from "node:fs/promises";
import type { EventPage, ListenerList } from "@aloha/api";
import { processIdentity } from "@aloha/runtime/node";
import { expect, test } from "vitest";
import { startMaster, type Candidate } from "../../src/index.ts";
import { temporaryDirectory } from "../fixtures.ts";
import { runningMaster, softwareVersion, testRuntime } from "../running-master.ts";
import { listenerModule } from "./listener-module.ts";

const patience = { timeout: 15_000, interval: 20 };
const quick = { restartDelayMs: 10, eventTimeoutMs: 1_000 };

async function listenersOf(url: string): Promise<ListenerList["listeners"]> {
  return ((await (await fetch(`${url}/api/v1/listeners`)).json()) as ListenerList).listeners;
}

async function submit(url: string, count: number): Promise<void> {
  const line = `${JSON.stringify({ name: "job", entryPoint: "shell" })}\n`;
  const response = await fetch(`${url}/api/v1/applications/bulk`, {
    method: "POST",
    body: line.repeat(count),
  });
  expect(response.status).toBe(200);
  await response.text();
}

/** Code and text. */
async function alertsOf(url: string): Promise<readonly (readonly [string, string])[]> {
  const response = await fetch(`${url}/api/v1/events?limit=1000`, {
    headers: { accept: "application/json" },
  });
  const { events } = (await response.json()) as EventPage;
  return events.flatMap((event) =>
    event.kind === "alert" ? [[event.code, event.message] as const] : [],
  );
}

async function alertCodesOf(url: string): Promise<readonly string[]> {
  return (await alertsOf(url)).map(([code]) => code);
}

/** Says the sequence of everything. */
const recorder = `
  const record = ({ sequence }) => say(String(sequence));
  export default {
    onApplicationStateChange: record, onApplicationRelaunched: record, onOtherEvent: record,
    onMissed: ({ reason, after, next }) => say([reason, after, next].join(" ")),
    close: () => say("closed"),
  };`;

function sequences(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

test(
  "a listener hears everything in order, and the next master goes on where it was",
  { timeout: 30_000 },
  async () => {
    const listener = await listenerModule(recorder);
    const options = {
      recoveryMode: "FILESYSTEM",
      recoveryDirectory: await temporaryDirectory(),
      extraListeners: [listener.path],
    } as const;
    const first = await runningMaster(options);
    await submit(first.url, 100);
    await expect.poll(() => listener.lines().length, patience).toBe(102);
    expect(await listenersOf(first.url)).toMatchObject([
      {
        name: listener.path,
        state: "RUNNING",
        lastSequence: 102,
        queued: 0,
        missed: 0,
        restarts: 0,
      },
    ]);
    await first.master.stop();
    expect(listener.lines()).toEqual([...sequences(1, 102), "closed"]);
    const second = await runningMaster(options);
    await expect.poll(() => listener.lines().slice(103), patience).toEqual(["103", "104"]);
    await second.master.stop();
  },
);

test("what a listener throws is counted and told, and it goes on", async () => {
  const listener = await listenerModule(
    `export class Broken { onOtherEvent() { throw new Error("no"); } onApplicationStateChange() { say("heard"); } }`,
  );
  const { url } = await runningMaster({ extraListeners: [`${listener.path}#Broken`] });
  await submit(url, 1);
  await expect.poll(() => listener.lines(), patience).toEqual(["heard"]);
  await expect.poll(() => alertCodesOf(url), patience).toEqual(["listener-threw"]);
  const [status] = await listenersOf(url);
  expect(status).toMatchObject({ state: "RUNNING", restarts: 0 });
  expect(status?.errors).toBeGreaterThanOrEqual(2);
  expect(status?.lastError).toContain("Error: no");
});

test.each([
  ["an endless loop", "for (;;);", "did not handle an event within 1s"],
  [
    "a promise that never settles",
    "return new Promise(() => {});",
    "did not handle an event within 1s",
  ],
  ["process.exit", "process.exit(7);", "exit code 7"],
  [
    "an error that nobody catches",
    "setTimeout(() => { throw new TypeError('later') }); return new Promise(() => {});",
    "TypeError: later",
  ],
  [
    "too much memory",
    "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));",
    "heap",
  ],
])(
  "%s at one event ends the process, never the master, and the event is skipped in the end",
  { timeout: 60_000 },
  async (_what, harm, why) => {
    const listener = await listenerModule(`
    export default {
      onOtherEvent({ sequence }) {
        if (sequence !== 1) return;
        say("harm");
        ${harm}
      },
      onApplicationStateChange({ sequence }) { say(String(sequence)); },
      onMissed({ reason, after, next }) { say([reason, after, next].join(" ")); },
    };`);
    const other = await listenerModule(recorder);
    const { url } = await runningMaster({
      extraListeners: [listener.path, other.path],
      listeners: {
        ...quick,
        eventTimeoutMs: why.includes("within 1s") ? 1_000 : 30_000,
        memoryBytesMax: 32 * 1024 ** 2,
      },
    });
    await submit(url, 1);
    await expect.poll(() => other.lines(), patience).toContain("3");
    await expect.poll(() => listener.lines().at(-1), { ...patience, timeout: 45_000 }).toBe("3");
    const lines = listener.lines();
    expect(lines.filter((line) => line !== "harm")).toEqual(["skipped 0 2", "3"]);
    // Once among others, then alone until it is given up.
    expect(lines.filter((line) => line === "harm").length).toBeLessThanOrEqual(4);
    const [status] = await listenersOf(url);
    expect(status).toMatchObject({ state: "RUNNING", missed: 1 });
    expect(status?.restarts).toBeGreaterThanOrEqual(3);
    const alerts = await alertsOf(url);
    const restarted = alerts.find(([code]) => code === "listener-restarted");
    expect(restarted?.[1]).toContain(why);
    expect(alerts.map(([code]) => code)).toContain("listener-missed-events");
  },
);

test(
  "a listener that is too slow for the event log is told what it misses, and it is counted",
  { timeout: 40_000 },
  async () => {
    const listener = await listenerModule(`
    ${recorder.replace("export default {", "const listener = {")}
    const wait = () => new Promise((done) => { const look = setInterval(() => { if (existsSync(directory + "/go")) { clearInterval(look); done(); } }, 20); });
    listener.onOtherEvent = wait;
    export default listener;`);
    const { url } = await runningMaster({
      extraListeners: [listener.path],
      listeners: { queueLengthMax: 100 },
    });
    await submit(url, 25_000);
    await writeFile(listener.file("go"), "");
    await expect
      .poll(async () => (await listenersOf(url))[0]?.queued, { ...patience, timeout: 30_000 })
      .toBe(0);
    const lines = listener.lines();
    const gap = lines.findIndex((line) => line.startsWith("not-kept"));
    const [, after, next] = lines[gap]!.split(" ").map(Number);
    expect(lines[gap - 1]).toBe(String(after));
    expect(lines[gap + 1]).toBe(String(next));
    expect((await listenersOf(url))[0]?.missed).toBe(next! - after! - 1);
    await expect.poll(() => alertCodesOf(url), patience).toContain("listener-missed-events");
  },
);

test("a listener says itself where it resumes", { timeout: 30_000 }, async () => {
  const listener = await listenerModule(`
    const done = directory + "/done";
    export class Exact {
      constructor({ conf }) {
        if (conf.get("aloha.x.mode") !== "exact") throw new Error("no settings");
      }
      resumeAfter({ clusterId, newest }) {
        if (!clusterId.startsWith("c-") || newest < 1) throw new Error("no start");
        return existsSync(done) ? Number(readFileSync(done, "utf8")) : 0;
      }
      onOtherEvent = (event) => this.onApplicationStateChange(event);
      onApplicationStateChange({ sequence }) {
        say(String(sequence));
        writeFileSync(done, String(sequence));
        if (sequence % 10 === 0) process.exit(1);
      }
    }`);
  const { url } = await runningMaster({
    extensionSettings: new Map([["aloha.x.mode", "exact"]]),
    extraListeners: [listener.path],
    listeners: quick,
  });
  await submit(url, 38);
  await expect.poll(() => listener.lines().length, patience).toBeGreaterThanOrEqual(40);
  await expect.poll(async () => (await listenersOf(url))[0]?.queued, patience).toBe(0);
  const [status] = await listenersOf(url);
  expect(status?.missed).toBe(0);
  // The events that say of its restarts come on top.
  expect(listener.lines()).toEqual(sequences(1, listener.lines().length));
});

test("a listener that cannot begin yet is tried again", async () => {
  const listener = await listenerModule(`
    export class Late {
      constructor() { if (!existsSync(directory + "/go")) { say("too early"); throw new Error("no database yet"); } }
      onOtherEvent({ sequence }) { say(String(sequence)); }
    }`);
  const { url } = await runningMaster({ extraListeners: [listener.path], listeners: quick });
  await expect.poll(() => listener.lines().length, patience).toBeGreaterThan(0);
  await expect
    .poll(async () => (await listenersOf(url))[0], patience)
    .toMatchObject({
      state: "RESTARTING",
      lastError: expect.stringContaining("no database yet") as string,
    });
  await writeFile(listener.file("go"), "");
  await expect.poll(() => listener.lines(), patience).toContain("1");
});

test("a listener that hangs between events is noticed", { timeout: 30_000 }, async () => {
  const listener = await listenerModule(`
    export default { onOtherEvent() {} };
    const isFirst = !existsSync(directory + "/hung");
    writeFileSync(directory + "/hung", "");
    if (isFirst) setTimeout(() => { say("hangs"); for (;;); }, 500);`);
  const { url } = await runningMaster({
    extraListeners: [listener.path],
    listeners: { ...quick, pingPeriodMs: 100 },
  });
  await expect
    .poll(async () => (await listenersOf(url))[0], patience)
    .toMatchObject({ restarts: 1, lastError: expect.stringContaining("did not answer") as string });
  await expect.poll(async () => (await listenersOf(url))[0]?.state, patience).toBe("RUNNING");
});

test("a master that is deposed ends its listeners at once", async () => {
  const listener = await listenerModule(recorder);
  let candidate: Candidate | undefined;
  const { master, url } = await runningMaster({
    extraListeners: [listener.path],
    election: {
      start: (given) => {
        candidate = given;
        given.elected();
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
    },
  });
  await expect.poll(() => listener.lines(), patience).toEqual(["1", "2"]);
  const pid = (await listenersOf(url))[0]!.pid!;
  expect(processIdentity(pid)).toBeDefined();
  candidate?.deposed("another is older");
  await master.ended;
  await expect.poll(() => processIdentity(pid), patience).toBeUndefined();
  expect(listener.lines()).toEqual(["1", "2"]);
});

test("a class that constructs no listener stays down, and is told", async () => {
  const listener = await listenerModule("export class Nothing {}");
  const { url } = await runningMaster({ extraListeners: [listener.path] });
  await expect
    .poll(() => listenersOf(url), patience)
    .toMatchObject([
      { state: "FAILED", lastError: expect.stringContaining("is not a listener") as string },
    ]);
  await expect.poll(() => alertCodesOf(url), patience).toEqual(["listener-failed"]);
});

test(
  "what cannot be a listener refuses the start, everything at once",
  { timeout: 30_000 },
  async () => {
    const modules = await Promise.all([
      listenerModule("export const answer = 42;"),
      listenerModule("export class A { onOtherEvent() {} } export class B { onOtherEvent() {} }"),
      listenerModule("throw new Error('not like this')"),
      listenerModule("export {"),
      listenerModule("await new Promise(() => setInterval(() => {}, 1000))"),
    ]);
    const paths = modules.map(({ path }) => path);
    const starting = startMaster({
      host: "127.0.0.1",
      port: 0,
      rest: null,
      recoveryMode: "NONE",
      runtime: testRuntime(),
      softwareVersion,
      extraListeners: [...paths, `${paths[1]}#C`, "./nowhere.mjs", "not-installed"],
      listeners: { startTimeoutMs: 5_000 },
    });
    const message = await starting.then(
      async (master) => {
        await master.stop();
        return "started";
      },
      (thrown: unknown) => (thrown as Error).message,
    );
    const expected = [
      "nothing that it exports is a listener",
      "several exports may be meant (A, B): write",
      "Error: not like this",
      "SyntaxError",
      "did not load its module within 5s",
      "it has no export C; it exports A, B",
      "nowhere.mjs: there is no such file",
      "there is no package not-installed in node_modules of",
    ];
    expect(message.split("aloha.extraListeners: ").length - 1).toBe(expected.length);
    for (const text of expected) expect(message).toContain(text);
  },
);

test("a listener named twice, or one too many, is refused", async () => {
  const { path } = await listenerModule(recorder);
  const start = (extraListeners: readonly string[]): Promise<unknown> =>
    runningMaster({ extraListeners });
  await expect(start([path, path])).rejects.toThrow("twice");
  const many = Array.from({ length: 17 }, (_, index) => `${path}#${index}`);
  await expect(start(many)).rejects.toThrow("at most 16");
});
