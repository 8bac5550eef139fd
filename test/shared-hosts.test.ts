import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { repository } from "./support/repository.ts";

const libs = [join(repository, "test/fixtures/applications")];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ cores: 8 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

function submitShared(
  entryPoint: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return cluster.submit({ entryPoint, libs, cores: 0.05, isolation: "shared", ...fields });
}

/** The process that an application runs in, which it wrote down. */
async function hostOf(id: string): Promise<number> {
  const path = cluster.outputPath(id);
  const written = await eventually(
    async () => {
      const { end } = await cluster.application(id);
      if (end !== null && !existsSync(path)) return `ended: ${end.message}`;
      return existsSync(path) && cluster.output(id).includes("\n") && cluster.output(id);
    },
    20_000,
    `${id} to run`,
  );
  expect(written).toMatch(/^waiting in \d+\n/);
  return Number(/\d+/.exec(written)?.[0]);
}

it("runs applications of the same code in one process, each with an output of its own", async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => submitShared("shares#Writes")));
  const ends = await Promise.all(ids.map((id) => cluster.untilEnded(id)));
  expect(new Set(ends.map(({ end }) => end?.message)).size).toBe(1);
  for (const id of ids) {
    const lines = [0, 1, 2, 3, 4].map((n) => `${id} ${n}\n${id} stdout\n`);
    expect(cluster.output(id)).toBe(lines.join(""));
    expect(cluster.output(id, "stderr")).toBe(`${id} stderr\n`.repeat(5));
  }
});

it("makes no directory for an application that writes nothing", async () => {
  const id = await submitShared("shares#Quick");
  expect((await cluster.untilEnded(id)).end).toMatchObject({
    state: "FINISHED",
    reason: "completed",
  });
  expect(existsSync(join(cluster.worker.workDirectory, id))).toBe(false);
  expect((await cluster.aloha(["logs", id])).stdout).toBe("");
});

it("follows the output of one that has not written anything yet", async () => {
  const file = join(cluster.directory, "go");
  const id = await submitShared("ends#WaitsForFile", { args: file });
  await using follower = cluster.startAloha(["logs", "-f", id]);
  await follower.untilOutput(/waiting/);
  writeFileSync(file, "");
  expect((await follower.result).stdout).toBe("waiting\n");
});

it.each([
  ["shares#ThrowsLater", 70, "an exception that nobody caught: Error: later"],
  ["shares#RejectsElsewhere", 70, "a rejection that nobody handled: Error: elsewhere"],
  ["shares#Exits", 9, "process.exit(9) was called before start() ended"],
  ["shares#Missing", 78, "exports no Missing"],
])(
  "ends %s with exit code %i, and nothing else in its host",
  async (entryPoint, exitCode, message) => {
    const other = await submitShared("shares#Waits");
    const pid = await hostOf(other);
    const { state, end } = await cluster.untilEnded(await submitShared(entryPoint));
    expect(end?.message).toContain(message);
    expect({ state, exitCode: end?.exitCode }).toEqual({ state: "FAILED", exitCode });
    await cluster.aloha(["stop", other]);
    expect((await cluster.untilEnded(other)).end).toMatchObject({ state: "KILLED", exitCode: 0 });
    expect(await hostOf(other)).toBe(pid);
  },
);

it("says what a host that crashed took with it, and relaunches what may be", async () => {
  const bystander = await submitShared("shares#Waits");
  const supervised = await submitShared("shares#Waits", { supervise: true, onDisconnect: "keep" });
  const pid = await hostOf(bystander);
  expect(await hostOf(supervised)).toBe(pid);
  await submitShared("shares#Aborts");
  const { state, end } = await cluster.untilEnded(bystander);
  expect({ state, reason: end?.reason }).toEqual({ state: "ERROR", reason: "host-crashed" });
  await eventually(
    async () => (await cluster.application(supervised)).attempts.length === 2,
    20_000,
    "the supervised one to be relaunched",
  );
  await eventually(async () => (await hostOf(supervised)) !== pid, 20_000, "it to run elsewhere");
  await cluster.aloha(["kill", supervised]);
  expect((await cluster.untilEnded(supervised)).state).toBe("KILLED");
});

it.runIf(process.getuid?.() === 0)(
  "runs as the account that is named, in a host of that account",
  async () => {
    // Its home is for this account alone.
    for (const path of [cluster.directory, cluster.worker.workDirectory]) chmodSync(path, 0o755);
    const fields = { user: "nobody", libs: await readableLibs() };
    for (const isolation of ["shared", "dedicated"]) {
      const id = await submitShared("account#Account", { ...fields, isolation });
      const { end } = await cluster.untilEnded(id);
      expect(end?.message).toBe("Finished with exit code 0: uid 65534");
      expect(cluster.output(id)).toBe("here\n");
    }
  },
);

/** Everybody may read it, and the host has the SDK. */
async function readableLibs(): Promise<readonly string[]> {
  const file = await cluster.write(
    "account.mjs",
    `import { AbstractApplication, ExitState } from "@aloha/sdk";
     export class Account extends AbstractApplication {
       async start() {
         console.log("here");
         return ExitState.finished("uid " + process.getuid());
       }
     }`,
  );
  return [file];
}

it("goes on while the worker is killed", async () => {
  const id = await submitShared("shares#Waits");
  const pid = await hostOf(id);
  await cluster.worker.kill("SIGKILL");
  await cluster.worker.start();
  await cluster.untilState(id, "RUNNING");
  await cluster.aloha(["stop", id]);
  const { end, attempts } = await cluster.untilEnded(id);
  expect(end).toMatchObject({ state: "KILLED", exitCode: 0 });
  expect(attempts).toHaveLength(1);
  expect(await hostOf(id)).toBe(pid);
});

it("kills a host for what does not stop, after its grace period and that of the host", async () => {
  const stubborn = await submitShared("shares#Stubborn", { stop: { grace: "100ms" } });
  const bystander = await submitShared("shares#Waits");
  expect(await hostOf(bystander)).toBe(await hostOf(stubborn));
  await cluster.aloha(["stop", stubborn]);
  const [first, second] = [await cluster.untilEnded(stubborn), await cluster.untilEnded(bystander)];
  expect(first.end).toMatchObject({ state: "KILLED", signal: "SIGKILL" });
  expect(second.end).toMatchObject({ state: "ERROR", reason: "host-killed" });
});
