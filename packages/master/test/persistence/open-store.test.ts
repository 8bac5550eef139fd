import { open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openFileSystemEngine } from "../../src/persistence/file-system/open-store.ts";
import { storeFiles } from "../../src/persistence/file-system/store-files.ts";
import { openTables } from "../../src/persistence/file-system/store-tables.ts";
import { alerts, application, became, submitted, temporaryDirectory } from "../fixtures.ts";

const address = "127.0.0.1:7077";
const names = { clusterId: "c-1", nonce: "n-1" };

/** A store with so many waiting applications, closed in order. */
async function writtenStore(count: number): Promise<string> {
  const directory = await temporaryDirectory();
  const engine = await openFileSystemEngine({ directory, address });
  await engine.raiseEpoch(names);
  const changes = Array.from({ length: count }, (_, index) => submitted(index + 1)).flat();
  await engine.commit({ changes, events: alerts(1, 10) });
  await engine.close();
  return directory;
}

async function sizeOf(directory: string): Promise<number> {
  return (await stat(join(directory, storeFiles.data))).size;
}

test("what was committed is there when the store is opened again", async () => {
  const directory = await writtenStore(3);
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  const cluster = await engine.raiseEpoch({ clusterId: "c-9", nonce: "n-2" });
  expect(cluster).toMatchObject({ clusterId: "c-1", epoch: { number: 2, nonce: "n-2" } });
  expect([...engine.load(cluster).applications]).toHaveLength(3);
  expect(engine.readEvents(7, 10)).toEqual({ kind: "events", events: alerts(8, 10) });
});

test("ten thousand waiting applications are loaded in well under a second", async () => {
  const directory = await writtenStore(10_000);
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  const cluster = await engine.raiseEpoch(names);
  const startedAt = performance.now();
  expect([...engine.load(cluster).applications]).toHaveLength(10_000);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test("a second master is told who holds the directory, and gets it once that one has closed", async () => {
  const directory = await temporaryDirectory();
  const first = await openFileSystemEngine({ directory, address });
  await expect(openFileSystemEngine({ directory, address: "127.0.0.1:1" })).rejects.toMatchObject({
    code: "store-locked",
    message: expect.stringContaining(`pid ${process.pid}, aloha master at ${address}`),
  });
  await first.close();
  await (await openFileSystemEngine({ directory, address })).close();
});

test("a deposed leader's commits are rejected as a whole, whoever deposed it", async () => {
  const directory = await temporaryDirectory();
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  await engine.raiseEpoch(names);
  const foreign = openTables(join(directory, storeFiles.data));
  const stored = foreign.cluster.get("cluster")!;
  await foreign.cluster.put("cluster", { ...stored, epoch: { number: 1, nonce: "another" } });
  await expect(
    engine.commit({ changes: submitted(1), events: alerts(1, 1) }),
  ).rejects.toMatchObject({ code: "not-leader" });
  await expect(
    engine.prune(0, { applicationsMax: 0, successesMs: 0, failuresMs: 0 }),
  ).resolves.toBe(0);
  expect(engine.readApplication(application(1).id)).toBeUndefined();
  expect(foreign.live.getKeysCount({})).toBe(0);
  await foreign.root.close();
});

test("a batch that cannot be written leaves nothing behind, and nothing is written after it", async () => {
  const directory = await temporaryDirectory();
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  await engine.raiseEpoch(names);
  const tooLong = { requestId: "r".repeat(3_000), appId: "a", bodyHash: "h", atMs: 0 };
  const batch = {
    changes: [...submitted(1), { kind: "request", request: tooLong } as const],
    events: alerts(1, 1),
  };
  await expect(engine.commit(batch)).rejects.toMatchObject({ code: "store-failed" });
  expect(engine.readApplication(application(1).id)).toBeUndefined();
  expect(engine.readEvents(0, 10)).toEqual({ kind: "events", events: [] });
  await expect(engine.commit({ changes: submitted(2), events: [] })).rejects.toMatchObject({
    code: "store-failed",
  });
  await expect(engine.raiseEpoch(names)).rejects.toMatchObject({ code: "store-failed" });
});

test("a store that a newer version wrote is refused, and stays as it is", async () => {
  const directory = await writtenStore(1);
  const tables = openTables(join(directory, storeFiles.data));
  await tables.format.put("format", { version: 2 });
  await tables.root.close();
  const before = await readFile(join(directory, storeFiles.data));
  await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
    code: "incompatible",
    message: expect.stringContaining("format 2; this version reads up to 1"),
  });
  expect(await readFile(join(directory, storeFiles.data))).toEqual(before);
});

test("a file that is not a store is refused, and stays as it is", async () => {
  const directory = await temporaryDirectory();
  const content = Buffer.alloc(20_000, "garbage ");
  await writeFile(join(directory, storeFiles.data), content);
  await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
    code: "store-corrupt",
    message: expect.stringContaining("Nothing was changed"),
  });
  expect(await readFile(join(directory, storeFiles.data))).toEqual(content);
});

test.each([0.9, 0.5, 0.1])(
  "a file cut to %f of its length is refused, and stays as it is",
  async (share) => {
    const directory = await writtenStore(500);
    const cut = Math.floor((await sizeOf(directory)) * share);
    await truncate(join(directory, storeFiles.data), cut);
    await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
      code: "store-corrupt",
    });
    expect(await sizeOf(directory)).toBe(cut);
  },
);

test("a file that was emptied or deleted is refused, since the directory held a cluster", async () => {
  const directory = await writtenStore(1);
  await truncate(join(directory, storeFiles.data), 0);
  await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
    code: "store-corrupt",
    message: expect.stringContaining("it belongs to cluster c-1, and data.mdb is missing or empty"),
  });
  await rm(join(directory, storeFiles.data));
  await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
    code: "store-corrupt",
  });
});

test("a damaged first meta page is no harm while the second is whole, and two damaged ones are refused", async () => {
  const directory = await writtenStore(1);
  const file = await open(join(directory, storeFiles.data), "r+");
  await file.write(Buffer.alloc(64, 0xff), 0, 64, 0);
  await file.write(Buffer.alloc(64, 0xff), 0, 64, 4096);
  await file.close();
  await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
    code: "store-corrupt",
  });
});

test.each([0x00, 0x5a, 0xff])(
  "pages overwritten with %i are refused, although LMDB itself would end the process, and stay as they are",
  async (byte) => {
    const directory = await writtenStore(200);
    const path = join(directory, storeFiles.data);
    const damaged = (await readFile(path)).fill(byte, 2 * 4096);
    await writeFile(path, damaged);
    await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
      code: "store-corrupt",
      message: expect.stringContaining("Nothing was changed"),
    });
    expect((await readFile(path)).equals(damaged)).toBe(true);
  },
);

test("a value that cannot be read is refused when it is read", async () => {
  const directory = await writtenStore(3);
  const tables = openTables(join(directory, storeFiles.data));
  const raw = tables.root.openDB<string, number>("live", { encoding: "string", cache: false });
  await raw.put(2, '{"id": "app-1970');
  await tables.root.close();
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  const cluster = await engine.raiseEpoch(names);
  expect(() => [...engine.load(cluster).applications]).toThrow(
    expect.objectContaining({ code: "store-corrupt" }),
  );
});

test("a directory that cannot be used is said in one message", async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, "file");
  await writeFile(file, "");
  await expect(
    openFileSystemEngine({ directory: join(file, "below"), address }),
  ).rejects.toMatchObject({
    code: "store-failed",
    message: expect.stringMatching(/cannot be used: .*ENOTDIR.*aloha\.deploy\.recoveryDirectory/),
  });
});

test("a store of which only terminal applications are left loads nothing", async () => {
  const directory = await writtenStore(2);
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  const cluster = await engine.raiseEpoch(names);
  await engine.commit({ changes: [became(1, "FINISHED"), became(2, "FAILED")], events: [] });
  expect([...engine.load(cluster).applications]).toEqual([]);
});
