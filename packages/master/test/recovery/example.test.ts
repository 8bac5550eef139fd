import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PersistenceEngine } from "../../src/recovery.ts";
import { engineConformance } from "../../src/recovery-testing.ts";
import { temporaryDirectory } from "../fixtures.ts";
import { runningMaster } from "../running-master.ts";

const path = fileURLToPath(
  new URL("../../../../examples/recovery/journal-recovery.mjs", import.meta.url),
);

const { openJournal } = (await import(path)) as {
  readonly openJournal: (path: string, address: string) => Promise<PersistenceEngine>;
};

describe("the example of a recovery mode passes", () => {
  const checks = engineConformance({
    durable: true,
    newStore: async () => {
      const directory = await mkdtemp(join(tmpdir(), "aloha-journal-"));
      return {
        open: () => openJournal(join(directory, "journal"), "127.0.0.1:1"),
        remove: () => rm(directory, { recursive: true }),
      };
    },
  });
  test.each(checks)("$title", ({ run }) => run());
});

test("a line that a crash cut short is left out", async () => {
  const journal = join(await temporaryDirectory(), "journal");
  const before = await openJournal(journal, "127.0.0.1:1");
  const names = { clusterId: "c", nonce: "n" };
  expect((await before.raiseEpoch(names)).epoch.number).toBe(1);
  await before.close();
  await appendFile(journal, '{"kind":"epoch","na');
  const after = await openJournal(journal, "127.0.0.1:1");
  onTestFinished(() => after.close());
  expect((await after.raiseEpoch(names)).epoch.number).toBe(2);
  await expect(openJournal(journal, "127.0.0.1:2")).rejects.toThrow("Another master");
});

test("a master leads with it, and finds everything again", async () => {
  const journal = join(await temporaryDirectory(), "journal");
  const options = {
    recoveryMode: "CUSTOM",
    recoveryFactory: path,
    extensionSettings: new Map([["aloha.x.journal", journal]]),
  } as const;
  const first = await runningMaster(options);
  const answer = await fetch(`${first.url}/api/v1/applications`, {
    method: "POST",
    body: JSON.stringify({ name: "kept", entryPoint: "shell" }),
  });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as { readonly id: string };
  await first.master.stop();
  const second = await runningMaster(options);
  const found = await fetch(`${second.url}/api/v1/applications/${id}`);
  expect(await found.json()).toMatchObject({ id, name: "kept", state: "SUBMITTED" });
  const overview = await fetch(`${second.url}/api/v1/overview`);
  expect(await overview.json()).toMatchObject({ epoch: 2 });
});
