import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { repository } from "./support/repository.ts";

const libs = [join(repository, "test/fixtures/applications")];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ cores: 4 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

function submitCode(
  entryPoint: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return cluster.submit({ entryPoint, libs, cores: 0.1, ...fields });
}

it("runs a class of a module, keeps its output apart, and says what it said of its end", async () => {
  const id = await submitCode("ends#Finishes", { args: "all rows" });
  const { state, end } = await cluster.untilEnded(id);
  expect({ state, message: end?.message, code: end?.exitCode }).toEqual({
    state: "FINISHED",
    message: "Finished with exit code 0: done with all rows",
    code: 0,
  });
  expect(cluster.output(id)).toBe(`out all rows in ${join(cluster.worker.workDirectory, id)}\n`);
  expect(cluster.output(id, "stderr")).toBe("err\n");
  const { stdout } = await cluster.aloha(["status", id]);
  expect(stdout).toContain("done with all rows");
});

it.each([
  ["ends#Fails", 7, "no such table"],
  ["ends#Throws", 1, "start() failed: OnlyHereKnown: thrown"],
  ["ends#Rejects", 1, 'start() failed: Object {"not":"an error"}'],
  ["ends#NeverSettles", 13, "the promise of start() can never settle"],
  ["ends#ThrowsInConstructor", 78, "cannot be used: OnlyHereKnown: constructed"],
  ["ends#ThrowsLater", 70, "an exception that nobody caught: OnlyHereKnown: later"],
  ["ends#RejectsElsewhere", 70, "a rejection that nobody handled: OnlyHereKnown: elsewhere"],
  ["ends#Exits", 9, "process.exit(9) was called before start() ended"],
  ["ends#Careless", 1, "no exit state"],
  ["ends#Missing", 78, "exports no Missing; it exports Careless, Exits"],
  ["ends#notAClass", 78, "is of type number, not a class"],
  ["ends#NotAnApplication", 78, "is not an Application: its objects have no start()"],
  ["broken#Broken", 78, "broken#Broken cannot be used: Error: Cannot find module"],
])("ends %s with exit code %i and a message", async (entryPoint, exitCode, message) => {
  const { state, end } = await cluster.untilEnded(await submitCode(entryPoint));
  expect(end?.message).toContain(message);
  expect({ state, exitCode: end?.exitCode }).toEqual({ state: "FAILED", exitCode });
});

it("runs CommonJS", async () => {
  const { end } = await cluster.untilEnded(await submitCode("common#Common"));
  expect(end).toMatchObject({
    state: "FINISHED",
    message: "Finished with exit code 0: from CommonJS",
  });
});

it("says where it looked for a module that is in none of the libs", async () => {
  const { end } = await cluster.untilEnded(await submitCode("orders#Orders"));
  expect(end).toMatchObject({ state: "ERROR", reason: "start-failed" });
  expect(end?.message).toContain(`${libs[0]} (has no such module)`);
});

it("calls shutdown when it is stopped, and kills what does not end in its grace period", async () => {
  const obeys = await submitCode("ends#Waits");
  const stubborn = await submitCode("ends#Stubborn", { stop: { grace: "300ms" } });
  for (const id of [obeys, stubborn]) {
    await eventually(() => cluster.output(id).includes("waiting"), 20_000, "both to run");
    await cluster.aloha(["stop", id]);
  }
  const [first, second] = [await cluster.untilEnded(obeys), await cluster.untilEnded(stubborn)];
  expect(first.end).toMatchObject({ state: "KILLED", exitCode: 0 });
  expect(first.attempts[0]?.outcome).toMatchObject({ message: "stopped" });
  expect(cluster.output(obeys)).toBe("waiting\nstopping\n");
  expect(second.end).toMatchObject({ state: "KILLED", signal: "SIGKILL" });
  expect(cluster.output(stubborn)).toBe("waiting\nI go on\n");
});

it("keeps the message of a shell application, too", async () => {
  const id = await cluster.submit({
    args: 'printf "no disk\\nleft" > "$ALOHA_MESSAGE_FILE"; exit 3',
    cores: 0.1,
  });
  expect((await cluster.untilEnded(id)).end?.message).toBe("Failed with exit code 3: no disk left");
});

it("goes on while its worker is killed, and is reported by the next one", async () => {
  const file = join(cluster.directory, "go");
  const id = await submitCode("ends#WaitsForFile", { args: file });
  await cluster.untilState(id, "RUNNING");
  await eventually(() => cluster.output(id).includes("waiting"), 20_000, "it to run");
  await cluster.worker.kill("SIGKILL");
  writeFileSync(file, "");
  await eventually(() => cluster.processes(id).length === 0, 20_000, "it to end meanwhile");
  await cluster.worker.start();
  const { end, attempts } = await cluster.untilEnded(id);
  expect(end?.message).toBe("Finished with exit code 0: the file is there");
  expect(attempts).toHaveLength(1);
});

it("loads nothing from outside of the roots that the worker allows, links followed", async () => {
  const root = join(cluster.directory, "allowed");
  mkdirSync(root);
  symlinkSync(join(libs[0] ?? "", "ends.mjs"), join(root, "ends.mjs"));
  await using limited = await Cluster.start({ settings: { "aloha.worker.libs.roots": root } });
  for (const [lib, reason] of [
    [libs[0], "not under"],
    [".", "a link that leads out"],
  ]) {
    const id = await limited.submit({ entryPoint: "ends#Finishes", libs: [lib] });
    expect((await limited.untilEnded(id)).end?.message).toContain(reason);
  }
});
