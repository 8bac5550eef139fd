import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { startMaster, type StartMasterOptions } from "../../src/index.ts";
import { temporaryDirectory } from "../fixtures.ts";
import { runningMaster, softwareVersion, testRuntime } from "../running-master.ts";

async function moduleWith(source: string): Promise<string> {
  const path = join(await temporaryDirectory(), "recovery.mjs");
  await writeFile(path, source);
  return path;
}

async function refusal(
  source: string,
  options: Partial<StartMasterOptions> = {},
): Promise<{ readonly message: string; readonly path: string }> {
  const path = await moduleWith(source);
  const starting = startMaster({
    host: "127.0.0.1",
    port: 0,
    rest: null,
    recoveryMode: "CUSTOM",
    recoveryFactory: path,
    runtime: testRuntime(),
    softwareVersion,
    ...options,
  });
  const error: unknown = await starting.then(
    (master) => master.stop(),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("The master started.");
  return { message: error.message, path };
}

test.each([
  ["exports nothing", "", "it exports nothing"],
  ["throws", "throw new Error('no luck')", "no luck"],
  ["exports something else", "export const x = 1;", "it has no createPersistenceEngine"],
  [
    "exports several",
    "export class A { createPersistenceEngine() {} } export class B { createPersistenceEngine() {} }",
    "several exports may be meant (A, B)",
  ],
  [
    "has a constructor that throws",
    "export class A { constructor() { throw new Error('not today') } createPersistenceEngine() {} }",
    "the constructor of",
  ],
  ["constructs something else", "export class A {}", "has no createPersistenceEngine"],
  [
    "throws when asked for an engine",
    "export default { createPersistenceEngine() { throw new Error('no disk') } };",
    "no disk",
  ],
  [
    "gives no engine",
    "export default { createPersistenceEngine() {} };",
    "did not give a persistence engine: it lacks raiseEpoch, load, commit",
  ],
  [
    "gives no election agent",
    "export default { createPersistenceEngine() {}, createLeaderElectionAgent: () => ({ start() {} }) };",
    "did not give an election agent: it lacks stop",
  ],
])("a module that %s is refused, and the message says so", async (_what, source, message) => {
  const refused = await refusal(source);
  expect(refused.message).toContain(message);
  expect(refused.message).toContain(refused.path);
});

test("a module that is not there, or not set, is refused", async () => {
  const missing = "./nowhere.mjs";
  expect((await refusal("", { recoveryFactory: missing })).message).toContain(
    "nowhere.mjs: there is no such file",
  );
  expect((await refusal("", { recoveryFactory: "nobody-has-this" })).message).toContain(
    "there is no package nobody-has-this",
  );
  expect((await refusal("", { recoveryFactory: "#Export" })).message).toContain(
    "does not name a module",
  );
});

test("an engine that mixes up the epoch is not led with", async () => {
  const memory = pathToFileURL(
    join(import.meta.dirname, "../../src/persistence/none/memory-engine.ts"),
  ).href;
  const { message } = await refusal(`
    import { MemoryEngine } from ${JSON.stringify(memory)};
    class Engine extends MemoryEngine {
      raiseEpoch() { return super.raiseEpoch({ clusterId: "c", nonce: "mine" }); }
    }
    export default { createPersistenceEngine: () => new Engine() };
  `);
  expect(message).toContain("is not a cluster record with the nonce");
});

test("its election agent says when the master leads", async () => {
  const memory = pathToFileURL(
    join(import.meta.dirname, "../../src/persistence/none/memory-engine.ts"),
  ).href;
  const path = await moduleWith(`
    import { MemoryEngine } from ${JSON.stringify(memory)};
    export let candidate;
    export let stopped = false;
    export class Recovery {
      createPersistenceEngine() { return new MemoryEngine(); }
      createLeaderElectionAgent({ conf }) {
        if (conf.get("aloha.x.group") !== "g") throw new Error("no settings");
        return {
          async start(given) { candidate = given; },
          async stop() { stopped = true; },
        };
      }
    }
  `);
  const { master, url } = await runningMaster({
    recoveryMode: "CUSTOM",
    recoveryFactory: `${path}#Recovery`,
    extensionSettings: new Map([["aloha.x.group", "g"]]),
  });
  const module = (await import(path)) as {
    readonly candidate: { elected(): void; deposed(reason: string): void };
    readonly stopped: boolean;
  };
  expect(master.phase).toBe("STANDBY");
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  module.candidate.elected();
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
  module.candidate.deposed("another is older");
  expect(await master.ended).toMatchObject({ kind: "failed" });
  await master.stop();
  expect(module.stopped).toBe(true);
});
