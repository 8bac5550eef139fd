import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import {
  engineConformance,
  type EngineUnderTest,
} from "../../src/persistence/conformance/engine-conformance.ts";
import { openFileSystemEngine } from "../../src/persistence/file-system/open-store.ts";
import { MemoryEngine } from "../../src/persistence/none/memory-engine.ts";

const engines: Readonly<Record<string, EngineUnderTest>> = {
  NONE: { durable: false, newStore: () => ({ open: () => new MemoryEngine() }) },
  FILESYSTEM: {
    durable: true,
    newStore: async () => {
      const directory = await mkdtemp(join(tmpdir(), "aloha-conformance-"));
      return {
        open: () => openFileSystemEngine({ directory, address: "127.0.0.1:1" }),
        remove: () => rm(directory, { recursive: true }),
      };
    },
  },
};

describe.each(Object.keys(engines))("recovery mode %s", (mode) => {
  test.each(engineConformance(engines[mode]!))("$title", ({ run }) => run());
});
