import { chmod, copyFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { copyStore } from "../../src/persistence/copy-store.ts";
import { backupStore } from "../../src/persistence/file-system/backup-store.ts";
import { copyStoreDirectory } from "../../src/persistence/file-system/copy-directory.ts";
import { openFileSystemEngine } from "../../src/persistence/file-system/open-store.ts";
import { restoreStore } from "../../src/persistence/file-system/restore-store.ts";
import { storeFiles } from "../../src/persistence/file-system/store-files.ts";
import { openTables } from "../../src/persistence/file-system/store-tables.ts";
import { verifyStore } from "../../src/persistence/file-system/verify-store.ts";
import { MemoryEngine } from "../../src/persistence/none/memory-engine.ts";
import { alerts, application, became, submitted, temporaryDirectory } from "../fixtures.ts";

const address = "127.0.0.1:7077";
const wallMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const firstFormat = fileURLToPath(new URL("format-1/data.mdb", import.meta.url));

/** Three applications, the first of which has ended, and ten events. */
async function writtenEngine(): ReturnType<typeof openFileSystemEngine> {
  const directory = await temporaryDirectory();
  const engine = await openFileSystemEngine({ directory, address });
  onTestFinished(() => engine.close());
  const cluster = await engine.raiseEpoch({ clusterId: "c-1", nonce: "n" });
  await engine.commit({
    changes: [
      { kind: "cluster", cluster: { ...cluster, nextNumber: 1001 } },
      ...[1, 2, 3].flatMap((number) => submitted(number)),
      {
        kind: "request",
        request: { requestId: "r", appId: application(2).id, bodyHash: "h", atMs: 0 },
      },
      became(1, "FINISHED"),
    ],
    events: alerts(1, 10),
  });
  await engine.saveListenerPositions(new Map([["mail", 7]]));
  directoryOf.set(engine, directory);
  return engine;
}
const directoryOf = new WeakMap<object, string>();

async function backedUp(): Promise<string> {
  const engine = await writtenEngine();
  const target = join(await temporaryDirectory(), "backup.mdb");
  await backupStore({ directory: directoryOf.get(engine)!, target, wallMs });
  return target;
}

describe("a backup", () => {
  test("is made while the store is being written, and holds one moment of it", async () => {
    const engine = await writtenEngine();
    const target = await temporaryDirectory();
    let next = 4;
    let writing = true;
    const written = (async () => {
      for (; writing; next++)
        await engine.commit({ changes: submitted(next), events: alerts(next + 7, next + 7) });
    })();
    const backup = await backupStore({ directory: directoryOf.get(engine)!, target, wallMs });
    writing = false;
    await written;
    expect(backup.file).toBe(join(target, "aloha-c-1-20260102030405.mdb"));
    expect(backup.report).toMatchObject({ clusterId: "c-1", ended: 1, requests: 1, problems: [] });
    expect(backup.report.events).toBe(backup.report.live + 8);
    expect((await stat(backup.file)).mode & 0o777).toBe(0o600);
    expect(await readdir(target)).toEqual(["aloha-c-1-20260102030405.mdb"]);
  });

  test("never overwrites anything, and leaves nothing behind where it cannot be made", async () => {
    const engine = await writtenEngine();
    const directory = directoryOf.get(engine)!;
    const folder = await temporaryDirectory();
    const target = join(folder, "precious");
    await writeFile(target, "precious");
    await expect(backupStore({ directory, target, wallMs })).rejects.toMatchObject({
      code: "refused",
      message: `${target} exists already. A backup never overwrites anything.`,
    });
    expect(await readFile(target, "utf8")).toBe("precious");
    await expect(
      backupStore({ directory, target: join(folder, "no/where"), wallMs }),
    ).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("ENOENT") });
    await expect(
      backupStore({ directory: folder, target: join(folder, "b"), wallMs }),
    ).rejects.toMatchObject({ code: "not-found" });
    expect(await readdir(folder)).toEqual(["precious"]);
  });

  test("of a damaged store is refused", async () => {
    const backup = await backedUp();
    const directory = await temporaryDirectory();
    const bytes = (await readFile(backup)).fill(0x5a, 2 * 4096);
    await writeFile(join(directory, storeFiles.data), bytes);
    const folder = await temporaryDirectory();
    await expect(backupStore({ directory, target: folder, wallMs })).rejects.toMatchObject({
      code: "store-corrupt",
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a verification", () => {
  test("reads a backup and the store of a running master alike, and leaves no file behind", async () => {
    const engine = await writtenEngine();
    const { report } = await verifyStore(directoryOf.get(engine)!);
    expect(report).toEqual({
      formatVersion: 1,
      clusterId: "c-1",
      epoch: 1,
      nextNumber: 1001,
      live: 2,
      ended: 1,
      workers: 0,
      requests: 1,
      events: 10,
      newestEvent: 10,
      problems: [],
    });
    const backup = await backedUp();
    expect((await verifyStore(backup)).report).toEqual(report);
    expect(await readdir(join(backup, ".."))).toEqual(["backup.mdb"]);
  });

  test("says that a file is cut off, is no store, or is not there", async () => {
    const backup = await backedUp();
    await truncate(backup, 4096 * 3);
    await expect(verifyStore(backup)).rejects.toMatchObject({
      code: "store-corrupt",
      message: expect.stringMatching(/cut off, with 12288 of \d+ bytes\.$/),
    });
    await writeFile(backup, Buffer.alloc(20_000, "garbage "));
    await expect(verifyStore(backup)).rejects.toMatchObject({
      code: "store-corrupt",
      message: `${backup} does not begin as a store does.`,
    });
    await expect(verifyStore(join(backup, "../missing"))).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("names what contradicts what", async () => {
    const backup = await backedUp();
    const tables = openTables(backup);
    await tables.descriptions.remove(2);
    await tables.live.put(5, application(5, "FINISHED"));
    await tables.expiry.remove(["success", 1_000, 1]);
    await tables.events.put(20, alerts(20, 20));
    await tables.root.close();
    await expect(verifyStore(backup)).rejects.toMatchObject({
      code: "store-corrupt",
      message: [
        `${backup} contradicts itself:`,
        `  ${application(2).id} has no description`,
        `  ${application(5).id} has no description`,
        `  ${application(5).id} is FINISHED and stands among the live applications`,
        '  the order of removal lacks ["success",1000,1]',
        "  the event 10 is followed by 20",
      ].join("\n"),
    });
  });
});

describe("a restored store", () => {
  test("holds the backup, and goes on above the epochs, numbers and events that were there since", async () => {
    const directory = join(await temporaryDirectory(), "recovery");
    const backup = await backedUp();
    const before = await readFile(backup);
    await restoreStore({ backup, directory, wallMs });
    expect(await readFile(backup)).toEqual(before);
    const engine = await openFileSystemEngine({ directory, address });
    onTestFinished(() => engine.close());
    const cluster = await engine.raiseEpoch({ clusterId: "c-2", nonce: "m" });
    expect(cluster).toEqual({
      clusterId: "c-1",
      epoch: { number: 1_000_002, nonce: "m" },
      nextNumber: 1_001_001,
    });
    expect([...engine.load(cluster).applications].map((live) => live.application.number)).toEqual([
      2, 3,
    ]);
    expect(engine.readApplication(application(1).id)?.application.state).toBe("FINISHED");
    expect(engine.findRequest("r")).toBeDefined();
    for (const sequence of [0, 5, 10, 500]) {
      expect(engine.readEvents(sequence, 10)).toMatchObject({ kind: "gap" });
    }
    expect(engine.readEvents(1_000_009, 10)).toMatchObject({
      kind: "events",
      events: [{ sequence: 1_000_010, kind: "alert", code: "store-restored", atMs: wallMs }],
    });
  });

  test("never replaces a store, and not even the remains of one", async () => {
    const backup = await backedUp();
    const engine = await writtenEngine();
    const used = directoryOf.get(engine)!;
    await expect(restoreStore({ backup, directory: used, wallMs })).rejects.toMatchObject({
      code: "store-locked",
    });
    await engine.close();
    await expect(restoreStore({ backup, directory: used, wallMs })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("holds a store already"),
    });
    const remains = await temporaryDirectory();
    await writeFile(join(remains, storeFiles.clusterId), "c-9\n");
    await expect(restoreStore({ backup, directory: remains, wallMs })).rejects.toMatchObject({
      code: "refused",
    });
  });

  test("is not made of a damaged backup, and nothing is left of the attempt", async () => {
    const backup = await backedUp();
    await writeFile(backup, (await readFile(backup)).fill(0xff, 2 * 4096));
    const directory = await temporaryDirectory();
    await expect(restoreStore({ backup, directory, wallMs })).rejects.toMatchObject({
      code: "store-corrupt",
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a copied store", () => {
  test("holds everything, ends, events and listeners included, under an epoch that deposes the original's master", async () => {
    const engine = await writtenEngine();
    const to = join(await temporaryDirectory(), "new");
    const from = directoryOf.get(engine)!;
    await expect(copyStoreDirectory({ from, to, nonce: "copy" })).rejects.toMatchObject({
      code: "store-locked",
    });
    await engine.close();
    expect(await copyStoreDirectory({ from, to, nonce: "copy" })).toEqual({
      clusterId: "c-1",
      applications: 3,
      workers: 0,
      requests: 1,
      events: 10,
    });
    const { report } = await verifyStore(to);
    expect(report).toEqual({ ...(await verifyStore(from)).report, epoch: 2 });
    const copy = await openFileSystemEngine({ directory: to, address });
    onTestFinished(() => copy.close());
    expect(copy.readEvents(9, 10)).toEqual({ kind: "events", events: alerts(10, 10) });
    expect(copy.readListenerPositions()).toEqual(new Map([["mail", 7]]));
    await expect(copyStoreDirectory({ from, to, nonce: "copy" })).rejects.toMatchObject({
      code: "refused",
    });
  });

  test("may lie in an engine of another kind, and is refused where a cluster is already", async () => {
    const engine = await writtenEngine();
    const memory = new MemoryEngine({ firstNumber: 1 });
    expect(await copyStore(engine, memory, "copy")).toMatchObject({ applications: 3, events: 10 });
    expect(memory.readApplication(application(3).id)?.application).toEqual(application(3));
    const other = await writtenEngine();
    await expect(copyStore(memory, other, "copy")).rejects.toMatchObject({ code: "refused" });
  });
});

describe("the format of a store", () => {
  const next = { oldest: 1, newest: 2 };

  test("stays as it is when a newer version runs on it, so that the older one can be started again", async () => {
    const engine = await writtenEngine();
    const directory = directoryOf.get(engine)!;
    await engine.close();
    const newer = await openFileSystemEngine({ directory, address, formats: next });
    await newer.raiseEpoch({ clusterId: "-", nonce: "n-2" });
    await newer.commit({ changes: submitted(9), events: [] });
    await newer.close();
    const older = await openFileSystemEngine({ directory, address });
    onTestFinished(() => older.close());
    expect(await older.raiseEpoch({ clusterId: "-", nonce: "n-3" })).toMatchObject({
      epoch: { number: 3 },
    });
    expect(older.readApplication(application(9).id)).toBeDefined();
  });

  test("is the newest in a store that a version makes itself, which the one before refuses", async () => {
    const directory = await temporaryDirectory();
    const newer = await openFileSystemEngine({ directory, address, formats: next });
    await newer.raiseEpoch({ clusterId: "c-1", nonce: "n" });
    await newer.close();
    await expect(openFileSystemEngine({ directory, address })).rejects.toMatchObject({
      code: "incompatible",
      message: expect.stringContaining("format 2; this version reads up to 1"),
    });
    await expect(verifyStore(directory)).rejects.toMatchObject({ code: "incompatible" });
  });

  test("is refused where it is too old for this version", async () => {
    const engine = await writtenEngine();
    const directory = directoryOf.get(engine)!;
    await engine.close();
    await expect(
      openFileSystemEngine({ directory, address, formats: { oldest: 2, newest: 3 } }),
    ).rejects.toMatchObject({
      code: "incompatible",
      message: expect.stringContaining("format 1; this version reads from 2 on"),
    });
  });

  test("1 as the first version of Aloha wrote it is read whole", async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, storeFiles.data);
    await copyFile(firstFormat, file);
    await chmod(file, 0o600);
    expect((await verifyStore(directory)).report).toMatchObject({
      live: 2,
      ended: 2,
      problems: [],
    });
    const engine = await openFileSystemEngine({ directory, address });
    onTestFinished(() => engine.close());
    const cluster = await engine.raiseEpoch({ clusterId: "-", nonce: "n" });
    const live = [...engine.load(cluster).applications];
    expect(live.map(({ description }) => description.name)).toEqual(["running", "waiting"]);
    expect(live[0]?.description.labels).toEqual({ team: "a" });
  });
});
