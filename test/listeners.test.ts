import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ListenerList } from "@aloha/api";
import { afterAll, expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { inParallel } from "./support/in-parallel.ts";
import { listProcesses } from "./support/processes.ts";
import { repository } from "./support/repository.ts";

const directory = mkdtempSync(join(tmpdir(), "aloha-listeners-"));
afterAll(() => rmSync(directory, { recursive: true }));

interface Recorded {
  readonly kind: string;
  readonly sequence: number;
  readonly appId?: string;
  readonly to?: string;
}

/** Writes a listener and gives its path. */
async function listener(name: string, source: string): Promise<string> {
  const path = join(directory, `${name}.mjs`);
  await writeFile(path, source);
  return path;
}

/** A listener that writes every event to a file, takes its time for it, and has no memory of its own. */
async function recorder(
  name: string,
  eventMs = 0,
): Promise<{ readonly path: string; readonly file: string }> {
  const file = join(directory, `${name}.ndjson`);
  const path = await listener(
    name,
    `import { appendFileSync } from "node:fs";
    const record = (event) => {
      appendFileSync(${JSON.stringify(file)}, JSON.stringify(event) + "\\n");
      if (${eventMs} > 0) return new Promise((done) => setTimeout(done, ${eventMs}));
    };
    export default { onApplicationStateChange: record, onApplicationRelaunched: record, onOtherEvent: record, onMissed: record };`,
  );
  return { path, file };
}

function recorded(file: string): readonly Recorded[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Recorded);
}

async function statuses(cluster: Cluster): Promise<ListenerList["listeners"]> {
  return (await cluster.get("/api/v1/listeners")).json<ListenerList>().listeners;
}

/** Once this listener has heard everything that happened. */
function untilCaughtUp(cluster: Cluster, name: string): Promise<unknown> {
  return eventually(
    async () => {
      const status = (await statuses(cluster)).find((candidate) => candidate.name === name);
      return status?.state === "RUNNING" && status.queued === 0;
    },
    30_000,
    `${name} to have heard everything`,
  );
}

function listening(
  paths: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): { readonly settings: Readonly<Record<string, string>> } {
  return { settings: { "aloha.extraListeners": paths.join(","), ...settings } };
}

it(
  "tells a listener everything in order, whatever those beside it do",
  { timeout: 120_000 },
  async () => {
    const good = await recorder("good");
    const paths = [
      good.path,
      await listener(
        "throws",
        "export default { onOtherEvent() { throw new Error('no'); }, onApplicationStateChange() { throw new Error('no'); } };",
      ),
      await listener("hangs", "export class Hangs { onOtherEvent() { for (;;); } }"),
      await listener(
        "slow",
        "export class Slow { onApplicationStateChange() { return new Promise((done) => setTimeout(done, 200)); } }",
      ),
      await listener(
        "exits",
        "export class Exits { onApplicationStateChange() { process.exit(3); } }",
      ),
    ];
    await using cluster = await Cluster.start(
      listening(paths, { "aloha.listeners.eventTimeout": "2s" }),
    );
    const ids = await inParallel(30, 8, (index) =>
      cluster.submit({ args: `exit ${index % 2}`, cores: 0.1 }),
    );
    const ends = await inParallel(ids.length, 8, (index) => cluster.untilEnded(ids[index]!));
    expect(ends.map(({ state }) => state)).toEqual(
      ids.map((_, index) => (index % 2 === 0 ? "FINISHED" : "FAILED")),
    );
    await untilCaughtUp(cluster, good.path);
    const events = recorded(good.file);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    for (const [index, id] of ids.entries()) {
      const states = events.filter(({ appId }) => appId === id).map(({ to }) => to);
      expect(states).toEqual([
        "SUBMITTED",
        "LAUNCHING",
        "RUNNING",
        index % 2 === 0 ? "FINISHED" : "FAILED",
      ]);
    }
    await eventually(
      async () => {
        const [, throws, hangs, slow, exits] = await statuses(cluster);
        return (
          throws!.errors >= 120 &&
          throws!.restarts === 0 &&
          hangs!.restarts > 0 &&
          slow!.restarts === 0 &&
          exits!.restarts > 0
        );
      },
      20_000,
      "each to be told of as it is",
    );
  },
);

it(
  "goes on after kill -9 of the master: nothing is lost, nothing comes twice but what was under way",
  { timeout: 120_000 },
  async () => {
    const plain = await recorder("plain", 10);
    const exact = join(repository, "examples/listeners/append-to-file.mjs");
    const exactFile = join(directory, "exact.ndjson");
    const spins = await listener("spins", "export default { onOtherEvent() { for (;;); } };");
    await using cluster = await Cluster.start({
      ...listening([plain.path, exact, spins]),
      masterEnv: { EVENTS_FILE: exactFile },
    });
    const submitSome = (count: number): Promise<readonly string[]> =>
      inParallel(count, 8, () => cluster.submit({ args: "true", cores: 0.1 }));
    await submitSome(40);
    await eventually(() => recorded(plain.file).length > 60, 20_000, "some to be heard");
    const [behind, ...others] = await statuses(cluster);
    expect(behind!.queued).toBeGreaterThan(0);
    const before = [behind, ...others].map((status) => status!.pid);
    await cluster.master.kill("SIGKILL");
    await eventually(
      () => !listProcesses().some(({ pid }) => before.includes(pid)),
      10_000,
      "the listeners to end with their master, also the one in an endless loop",
    );
    const heardBefore = recorded(plain.file).length;
    await cluster.master.start();
    const ids = await submitSome(20);
    await inParallel(ids.length, 8, (index) => cluster.untilEnded(ids[index]!));
    for (const path of [plain.path, exact]) await untilCaughtUp(cluster, path);

    const once = recorded(exactFile).map(({ sequence }) => sequence);
    expect(once).toEqual(once.map((_, index) => index + 1));
    const sequences = recorded(plain.file).map(({ sequence }) => sequence);
    const distinct = [...new Set(sequences)];
    expect(distinct).toEqual(distinct.map((_, index) => index + 1));
    // What comes again was heard before the kill and had not been saved yet; then everything is new.
    const again = sequences[heardBefore]!;
    expect(sequences.slice(heardBefore)).toEqual(
      sequences.slice(heardBefore).map((_, index) => again + index),
    );
    expect(again).toBeLessThanOrEqual(sequences[heardBefore - 1]! + 1);
  },
);

it("refuses to start with what is no listener, and says why", async () => {
  const wrong = await listener("wrong", "export const answer = 42;");
  const master = (module: string): ReturnType<typeof aloha> =>
    aloha(["master", "-p", "0", "--rest-port", "0", `-Daloha.extraListeners=${module}`], {
      env: { ALOHA_HOME: directory },
    });
  const refused = await master(wrong);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(
    `aloha.extraListeners: ${wrong} cannot be used: nothing that it exports is a listener`,
  );
  const missing = await master("./nowhere.mjs");
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain(`${resolve("nowhere.mjs")}: there is no such file`);
});

it("is taught with the example that is run here", () => {
  const example = readFileSync(
    join(repository, "examples/listeners/notify-on-failure.mjs"),
    "utf8",
  );
  const page = readFileSync(join(repository, "docs/listeners.md"), "utf8");
  expect(page).toContain(example.slice(example.indexOf("export class")));
});

it("posts to a hook what fails, as the example does", { timeout: 60_000 }, async () => {
  const posted: string[] = [];
  await using hook = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => posted.push(text));
    request.on("end", () => response.end());
  });
  await new Promise<void>((done) => {
    hook.listen(0, "127.0.0.1", done);
  });
  const { port } = hook.address() as AddressInfo;
  const examples = ["notify-on-failure", "count-states"].map((name) =>
    join(repository, `examples/listeners/${name}.mjs`),
  );
  await using cluster = await Cluster.start({
    ...listening(examples),
    masterEnv: { HOOK_URL: `http://127.0.0.1:${port}` },
  });
  await cluster.submit({ args: "true" });
  const id = await cluster.submit({ name: "orders", args: "exit 3" });
  await eventually(() => posted.length > 0, 20_000, "a message");
  expect(posted).toEqual([
    JSON.stringify({ text: `orders (${id}) is FAILED: Failed with exit code 3` }),
  ]);
});
