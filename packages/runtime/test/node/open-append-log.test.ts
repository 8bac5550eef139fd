import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import {
  AppendLogError,
  openAppendLog,
  type AppendLogOptions,
  type OpenedAppendLog,
} from "@aloha/runtime/node";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../temporary-directory.ts";

const options: AppendLogOptions<unknown> = {
  format: { name: "test-journal", version: 2 },
  decode: (value) => value,
};

afterEach(() => {
  vi.restoreAllMocks();
});

async function contentsOf(path: string): Promise<OpenedAppendLog<unknown>> {
  const opened = await openAppendLog(path, options);
  await opened.log.close();
  return opened;
}

/** A log of three synced writes, and where each of them ends. */
async function threeWrites(path: string): Promise<{ bytes: Buffer; ends: readonly number[] }> {
  const { log } = await openAppendLog(path, options);
  const ends = [log.sizeBytes];
  for (const entries of [[{ n: 1 }], [{ n: 2 }, "é\u0000"], [{ n: 3 }]]) {
    await log.append(entries);
    ends.push(log.sizeBytes);
  }
  await log.close();
  return { bytes: readFileSync(path), ends };
}

const WRITES = [[{ n: 1 }], [{ n: 2 }, "é\u0000"], [{ n: 3 }]];

test("what was appended is there after reopening, in order", async () => {
  const path = join(temporaryDirectory(), "log");
  const first = await openAppendLog(path, options);
  expect([first.entries, first.tornBytes, first.formatVersion]).toEqual([[], 0, 2]);
  await first.log.append([1, { two: 2 }]);
  await first.log.append(["three"]);
  await first.log.close();
  expect((await contentsOf(path)).entries).toEqual([1, { two: 2 }, "three"]);
});

test("the file is readable by its owner alone", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  await log.rewrite([1]);
  await log.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("appends that wait together share one sync and keep their order", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  const sync = vi.spyOn(await fileHandlePrototype(), "datasync");
  await Promise.all(Array.from({ length: 100 }, (_, index) => log.append([index])));
  expect(sync.mock.calls.length).toBeLessThanOrEqual(2);
  await log.close();
  expect((await contentsOf(path)).entries).toEqual(
    Array.from({ length: 100 }, (_, index) => index),
  );
});

test("an append settles only after its sync", async () => {
  const { log } = await openAppendLog(join(temporaryDirectory(), "log"), options);
  let release = (): void => {};
  vi.spyOn(await fileHandlePrototype(), "datasync").mockReturnValueOnce(
    new Promise((resolve) => (release = resolve)),
  );
  let settled = false;
  const append = log.append([1]).then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  release();
  await append;
  await log.close();
});

test("a file cut at any byte keeps every earlier write whole and invents nothing", async () => {
  const directory = temporaryDirectory();
  const { bytes, ends } = await threeWrites(join(directory, "whole"));
  const path = join(directory, "cut");
  for (let length = ends[0]!; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    const kept = ends.filter((end) => end > ends[0]! && end <= length).length;
    const opened = await contentsOf(path);
    expect(opened.entries).toEqual(WRITES.slice(0, kept).flat());
    expect(opened.tornBytes).toBe(length - ends[kept]!);
    expect(statSync(path).size).toBe(ends[kept]);
  }
});

test("a log cut inside its first line refuses to open and is left as it is", async () => {
  const directory = temporaryDirectory();
  const { bytes, ends } = await threeWrites(join(directory, "whole"));
  const path = join(directory, "cut");
  for (let length = 0; length < ends[0]!; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    await expect(openAppendLog(path, options)).rejects.toThrow("does not begin like");
    expect(statSync(path).size).toBe(length);
  }
});

test("no flipped bit goes unnoticed: only the last write may be taken for torn", async () => {
  const directory = temporaryDirectory();
  const { bytes, ends } = await threeWrites(join(directory, "whole"));
  const path = join(directory, "flipped");
  const lastWrite = ends.at(-2)!;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    const at = bit >> 3;
    damaged[at] = damaged[at]! ^ (1 << (bit & 7));
    writeFileSync(path, damaged);
    if (at < lastWrite) {
      await expect(openAppendLog(path, options), `bit ${bit}`).rejects.toBeInstanceOf(
        AppendLogError,
      );
      expect(readFileSync(path).equals(damaged)).toBe(true);
    } else {
      const opened = await contentsOf(path);
      expect([opened.entries, opened.tornBytes]).toEqual([
        WRITES.slice(0, 2).flat(),
        bytes.length - lastWrite,
      ]);
    }
  }
});

test("a tail of zeros, as a crash leaves it where the size was written before the data, is cut off", async () => {
  const path = join(temporaryDirectory(), "log");
  const { bytes } = await threeWrites(path);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(5000)]));
  const opened = await contentsOf(path);
  expect([opened.entries, opened.tornBytes]).toEqual([WRITES.flat(), 5000]);
});

test("what is cut off as torn is kept beside", async () => {
  const path = join(temporaryDirectory(), "log");
  const { bytes, ends } = await threeWrites(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 1));
  await contentsOf(path);
  expect(readFileSync(`${path}.torn`)).toEqual(bytes.subarray(ends[2], bytes.length - 1));
});

test("a damaged write with a torn one behind it is damage, and says where", async () => {
  const path = join(temporaryDirectory(), "log");
  const { bytes, ends } = await threeWrites(path);
  const damaged = Buffer.from(bytes.subarray(0, bytes.length - 1));
  damaged[ends[2]! - 2] = 0;
  writeFileSync(path, damaged);
  await expect(openAppendLog(path, options)).rejects.toThrow(`damaged at byte ${ends[1]}`);
});

test("any writes, cut anywhere and appended to again, read back as a prefix and the new writes", async () => {
  const directory = temporaryDirectory();
  let run = 0;
  const writes = fc.array(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(writes, fc.nat(), async (batches, cutSeed) => {
      const path = join(directory, `log-${run++}`);
      const { log } = await openAppendLog(path, options);
      const headerBytes = log.sizeBytes;
      for (const batch of batches) await log.append(batch);
      await log.close();
      const bytes = readFileSync(path);
      const length = headerBytes + (cutSeed % (bytes.length - headerBytes + 1));
      writeFileSync(path, bytes.subarray(0, length));
      const reopened = await openAppendLog(path, options);
      await reopened.log.append(["new"]);
      await reopened.log.close();
      const all = JSON.parse(JSON.stringify(batches.flat()));
      expect(all.slice(0, reopened.entries.length)).toEqual(reopened.entries);
      expect((await contentsOf(path)).entries).toEqual([...reopened.entries, "new"]);
    }),
    { numRuns: 60 },
  );
});

test("a rewrite replaces everything, and appends go on behind it", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  await log.append(["old"]);
  const appendedBefore = log.append(["old too"]);
  const rewritten = log.rewrite(["kept"]);
  const appendedAfter = log.append(["new"]);
  await Promise.all([appendedBefore, rewritten, appendedAfter]);
  expect(log.sizeBytes).toBe(statSync(path).size);
  await log.close();
  expect((await contentsOf(path)).entries).toEqual(["kept", "new"]);
});

test("an empty rewrite leaves an empty log", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  await log.append([1]);
  await log.rewrite([]);
  await log.close();
  expect((await contentsOf(path)).entries).toEqual([]);
});

test("a rewrite that finds the disk full leaves the log as it was and usable", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  await log.append(["old"]);
  vi.spyOn(await fileHandlePrototype(), "writeFile").mockRejectedValueOnce(systemError("ENOSPC"));
  await expect(log.rewrite(["new"])).rejects.toThrow(/Cannot write .*ENOSPC/);
  await log.append(["later"]);
  await log.close();
  expect((await contentsOf(path)).entries).toEqual(["old", "later"]);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("what a crashed rewrite left behind is removed, and the old content read", async () => {
  const path = join(temporaryDirectory(), "log");
  await threeWrites(path);
  writeFileSync(`${path}.new`, "half of a rewri");
  expect((await contentsOf(path)).entries).toEqual(WRITES.flat());
  expect(existsSync(`${path}.new`)).toBe(false);
});

test.each(["ENOSPC", "EIO"])(
  "after %s in a sync every later append fails with that cause",
  async (code) => {
    const path = join(temporaryDirectory(), "log");
    const { log } = await openAppendLog(path, options);
    await log.append(["kept"]);
    const failure = systemError(code);
    vi.spyOn(await fileHandlePrototype(), "datasync").mockRejectedValueOnce(failure);
    const failed = expect(log.append(["lost"])).rejects;
    await failed.toMatchObject({ code: "write-failed", cause: failure });
    await expect(log.append(["later"])).rejects.toMatchObject({ cause: failure });
    await expect(log.rewrite(["later"])).rejects.toMatchObject({ cause: failure });
    await log.close();
  },
);

test("a log of another kind is refused by name", async () => {
  const path = join(temporaryDirectory(), "log");
  await threeWrites(path);
  const other = { ...options, format: { name: "other-journal", version: 2 } };
  await expect(openAppendLog(path, other)).rejects.toMatchObject({ code: "other-format" });
});

test("a newer version is refused, an older one is read and reported", async () => {
  const path = join(temporaryDirectory(), "log");
  await threeWrites(path);
  const older = { ...options, format: { name: "test-journal", version: 1 } };
  await expect(openAppendLog(path, older)).rejects.toMatchObject({ code: "newer-format" });
  const newer = { ...options, format: { name: "test-journal", version: 3 } };
  const opened = await openAppendLog(path, newer);
  expect([opened.formatVersion, opened.entries]).toEqual([2, WRITES.flat()]);
  await opened.log.rewrite(opened.entries);
  await opened.log.close();
  await expect(openAppendLog(path, options)).rejects.toMatchObject({ code: "newer-format" });
});

test("an entry that its owner does not understand refuses the whole log", async () => {
  const path = join(temporaryDirectory(), "log");
  await threeWrites(path);
  const picky = {
    ...options,
    decode: (value: unknown): unknown => {
      if (typeof value === "string") throw new Error("no strings here");
      return value;
    },
  };
  await expect(openAppendLog(path, picky)).rejects.toThrow(/does not understand: no strings here/);
});

test("an entry at the limit is taken, one byte more is refused before anything is written", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, { ...options, entryBytesMax: 10 });
  await log.append(["12345678"]);
  const sizeBytes = log.sizeBytes;
  await expect(log.append(["123456789"])).rejects.toMatchObject({ code: "entry-too-large" });
  expect(log.sizeBytes).toBe(sizeBytes);
  await log.append(["again"]);
  await log.close();
});

test("a full log refuses appends until a rewrite makes room", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, { ...options, logBytesMax: 400 });
  const fill = async (): Promise<void> => {
    for (;;) await log.append(["x".repeat(50)]);
  };
  await expect(fill()).rejects.toMatchObject({ code: "log-full" });
  expect(statSync(path).size).toBeLessThanOrEqual(400);
  await log.rewrite(["kept"]);
  await log.append(["more"]);
  await log.close();
});

test("closing waits for what was appended, and refuses what comes later", async () => {
  const path = join(temporaryDirectory(), "log");
  const { log } = await openAppendLog(path, options);
  const appended = log.append([1]);
  await log.close();
  await appended;
  await expect(log.append([2])).rejects.toMatchObject({ code: "closed" });
  await log.close();
  expect((await contentsOf(path)).entries).toEqual([1]);
});

interface Writes {
  datasync(): Promise<void>;
  writeFile(content: string | Uint8Array): Promise<void>;
}

/** Where a test can make the disk fail: the methods that every file handle shares. */
async function fileHandlePrototype(): Promise<Writes> {
  const probe = await open("/dev/null", "r");
  const prototype: Writes = Object.getPrototypeOf(probe);
  await probe.close();
  return prototype;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by the test`), { code });
}
