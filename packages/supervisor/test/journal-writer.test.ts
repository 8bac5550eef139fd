import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemTimers } from "@aloha/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JournalWriter } from "../src/journal-writer.ts";
import type { JournalEntry } from "../src/core/index.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aloha-journal-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

const epochEntry = (number: number): JournalEntry => ({
  kind: "epoch",
  clusterId: "c1",
  epoch: { number, nonce: "x".repeat(1_000) },
});

/** Opens the journal; `appended` stands for the state from which it can be written anew. */
async function openJournal(path: string) {
  const appended: JournalEntry[] = [];
  let durable = 0;
  let failure: string | null = null;
  const { writer, entries } = await JournalWriter.open({
    path,
    timers: systemTimers,
    snapshot: () => appended.slice(-3),
    onDurable: (sequence) => {
      durable = sequence;
    },
    onFailed: (message) => {
      failure = message;
    },
  });
  const append = (entry: JournalEntry): void => {
    appended.push(entry);
    writer.append([entry], appended.length);
  };
  const isDurable = async (): Promise<void> => {
    while (durable < appended.length) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { writer, entries, append, isDurable, failure: () => failure };
}

test("what was appended is read again", async () => {
  const path = join(directory, "journal");
  const first = await openJournal(path);
  first.append(epochEntry(1));
  first.append(epochEntry(2));
  await first.isDurable();
  await first.writer.close();
  const second = await openJournal(path);
  expect(second.entries).toEqual([epochEntry(1), epochEntry(2)]);
  await second.writer.close();
});

test("when the disk is full the ballast is given up, and the journal goes on from the state", async () => {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1100k", "tmpfs", directory]);
  try {
    const path = join(directory, "journal");
    const journal = await openJournal(path);
    // Whatever the ballast left is taken.
    expect(() => writeFileSync(join(directory, "filler"), Buffer.alloc(4 * 1024 * 1024))).toThrow(
      /ENOSPC/,
    );
    for (let number = 1; number <= 20; number++) journal.append(epochEntry(number));
    await journal.isDurable();
    expect(journal.failure()).toContain("ENOSPC");
    await journal.writer.close();
    const again = await openJournal(path);
    expect(again.entries.at(-1)).toEqual(epochEntry(20));
    await again.writer.close();
  } finally {
    execFileSync("umount", [directory]);
  }
});
