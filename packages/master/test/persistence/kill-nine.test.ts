import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openFileSystemEngine } from "../../src/persistence/file-system/open-store.ts";
import { application, description, temporaryDirectory } from "../fixtures.ts";

const script = fileURLToPath(new URL("commit-until-killed.mjs", import.meta.url));

test("everything that was said to be durable is there after kill -9, and the directory is free at once", async () => {
  const directory = await temporaryDirectory();
  for (let round = 1; round <= 3; round++) {
    const record = JSON.stringify({ application: application(1), description: description() });
    const child = spawn(process.execPath, [script, directory, record], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    let said = 0;
    for await (const text of child.stdout.setEncoding("utf8")) {
      said = Number(String(text).trim().split("\n").at(-1));
      if (said >= 50) break;
    }
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    const engine = await openFileSystemEngine({ directory, address: "127.0.0.1:1" });
    const cluster = await engine.raiseEpoch({ clusterId: "c-2", nonce: `n-${round}` });
    expect(cluster.clusterId).toBe("c-1");
    expect(cluster.epoch.number).toBe(round * 2);
    const snapshot = engine.load(cluster);
    const numbers = [...snapshot.applications].map((entry) => entry.application.number);
    expect(numbers.length).toBeGreaterThanOrEqual(said);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    // A batch is there as a whole: with its events, or not at all.
    expect(snapshot.lastEventSequence).toBe(numbers.length);
    await engine.close();
  }
}, 30_000);

test("a second process is told who holds the directory", async () => {
  const directory = await temporaryDirectory();
  const record = JSON.stringify({ application: application(1), description: description() });
  const child = spawn(process.execPath, [script, directory, record], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  child.stdout.resume();
  await expect(openFileSystemEngine({ directory, address: "127.0.0.1:2" })).rejects.toMatchObject({
    code: "store-locked",
    message: expect.stringMatching(
      new RegExp(`held by pid ${child.pid}, aloha master at 127\\.0\\.0\\.1:1`),
    ),
  });
});
