import { createHash } from "node:crypto";
import { copyFile, readFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OverviewView } from "@aloha/api";
import { expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/free-ports.ts";

/** Runs one more master on a recovery directory, which is expected to end by itself. */
async function runMaster(
  cluster: Cluster,
  recoveryDirectory: string,
): Promise<{ exitCode: number | null; said: string }> {
  const ports = ["-p", String(await freePort()), "--rest-port", String(await freePort())];
  const result = await aloha(
    [
      "master",
      ...ports,
      "--recovery-mode",
      "FILESYSTEM",
      "--recovery-directory",
      recoveryDirectory,
    ],
    {
      env: { ALOHA_HOME: cluster.directory, ALOHA_CONF_DIR: join(cluster.directory, "conf") },
    },
  );
  return { exitCode: result.exitCode, said: result.stdout + result.stderr };
}

/** Who has the directory open is written down by every master that looks into it; all else is data. */
const locks: readonly string[] = ["master.lock", "data.mdb-lock"];

async function digests(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(directory)).filter((name) => !locks.includes(name)).toSorted();
  const entries = await Promise.all(
    names.map(async (name): Promise<[string, string]> => [
      name,
      createHash("sha256")
        .update(await readFile(join(directory, name)))
        .digest("hex"),
    ]),
  );
  return Object.fromEntries(entries);
}

it("refuses a second master on a recovery directory, names the first, and leaves that alone", async () => {
  await using cluster = await Cluster.start();
  const { exitCode, said } = await runMaster(cluster, join(cluster.directory, "recovery"));
  expect(exitCode).not.toBe(0);
  expect(said).toContain("Another master uses this recovery directory");
  expect(said).toContain(String(cluster.master.pid));
  expect(said).toContain(`127.0.0.1:${cluster.rpcPort}`);
  const id = await cluster.submit({ args: "exit 4" });
  expect((await cluster.untilEnded(id)).end).toMatchObject({ exitCode: 4 });
  // A lock that its holder's death does not release would need an operator.
  await cluster.master.restart("SIGKILL");
  expect((await cluster.application(id)).end).toMatchObject({ exitCode: 4 });
});

it(
  "refuses a store that was cut short or overwritten, says which file, and changes none of it",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start();
    const recovery = join(cluster.directory, "recovery");
    const data = join(recovery, "data.mdb");
    const id = await cluster.submit({ args: "exit 6" });
    await cluster.untilEnded(id);
    await cluster.master.stop();
    const whole = join(cluster.directory, "whole.mdb");
    await copyFile(data, whole);
    const { length } = await readFile(whole);

    const damages: readonly (readonly [string, () => Promise<void>])[] = [
      ["cut in half", () => truncate(data, Math.floor(length / 2 / 4096) * 4096)],
      ["cut to a few bytes", () => truncate(data, 100)],
      ["emptied", () => truncate(data, 0)],
      ["overwritten", () => writeFile(data, Buffer.alloc(length, 0x5a))],
      ["overwritten behind its head", () => overwriteTail(data, 2 * 4096)],
      ["gone", () => rm(data)],
    ];
    for (const [what, damage] of damages) {
      await copyFile(whole, data);
      await damage();
      const before = await digests(recovery);
      const { exitCode, said } = await runMaster(cluster, recovery);
      expect([what, exitCode]).not.toEqual([what, 0]);
      expect([what, said]).toEqual([what, expect.stringContaining(recovery)]);
      // No stack: whoever reads this is to be told what to do.
      expect([what, said]).toEqual([what, expect.not.stringMatching(/\n\s+at /)]);
      expect([what, await digests(recovery)]).toEqual([what, before]);
    }

    await rename(whole, data);
    await cluster.master.start();
    expect((await cluster.application(id)).end).toMatchObject({ exitCode: 6 });
  },
);

async function overwriteTail(path: string, from: number): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0x5a, from));
}

it(
  "forgets with recovery mode NONE, founds another cluster at every start, and ends nothing of the former one unasked",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ recoveryMode: "NONE", cores: 2 });
    const gate = join(cluster.directory, "gate");
    const overview = async (): Promise<OverviewView> =>
      (await cluster.get("/api/v1/overview")).json<OverviewView>();
    const before = await overview();
    const id = await cluster.submit({
      args: `while [ ! -e ${gate} ]; do sleep 0.1; done; echo over`,
    });
    await cluster.untilState(id, "RUNNING");
    await cluster.master.restart("SIGKILL");
    expect((await overview()).clusterId).not.toBe(before.clusterId);
    expect((await cluster.get(`/api/v1/applications/${id}`)).status).toBe(404);
    await eventually(
      async () =>
        (await cluster.get("/api/v1/workers"))
          .json<{ workers: { mode: string; quarantined: string[] }[] }>()
          .workers.some(({ mode, quarantined }) => mode === "ALIVE" && quarantined.length === 1),
      20_000,
      "the worker to be back with what it runs",
    );
    // Its cores stay taken, and the rest serves.
    const next = await cluster.submit({ args: "exit 3" });
    expect(next).not.toBe(id);
    expect((await cluster.untilEnded(next)).end).toMatchObject({ exitCode: 3 });
    const tooLarge = await cluster.submit({ args: "true", cores: 2 });
    await writeFile(gate, "");
    await cluster.untilState(tooLarge, "FINISHED");
    expect(cluster.output(id)).toBe("over\n");
  },
);
