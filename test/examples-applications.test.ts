import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { repository } from "./support/repository.ts";

const directory = join(repository, "examples/applications");

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ settings: { "aloha.worker.libs.roots": `${repository},/tmp` } });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

const fields = { libs: [directory], cores: 0.1 };

it("greeting.yaml greets the world", async () => {
  const file = join(directory, "greeting.yaml");
  const { stdout, stderr } = await cluster.aloha(["submit", "-f", file, "--follow"]);
  expect(stdout).toBe("Hello, world!\n");
  expect(stderr).toContain("FINISHED: Finished with exit code 0: greeted world");
});

it("greeting says what is missing", async () => {
  const id = await cluster.submit({ ...fields, entryPoint: "greeting#Greeting" });
  expect((await cluster.untilEnded(id)).end?.message).toBe(
    "Failed with exit code 1: args says nobody to greet",
  );
});

it("greeting runs in a shared host as well", async () => {
  const id = await cluster.submit({
    ...fields,
    entryPoint: "greeting#Greeting",
    args: "all",
    isolation: "shared",
  });
  expect((await cluster.untilEnded(id)).state).toBe("FINISHED");
  expect(cluster.output(id)).toBe("Hello, all!\n");
});

it("greeting needs no node_modules beside it", async () => {
  const alone = join(cluster.directory, "alone");
  mkdirSync(alone);
  copyFileSync(join(directory, "greeting.mjs"), join(alone, "greeting.mjs"));
  const id = await cluster.submit({
    ...fields,
    entryPoint: "greeting#Greeting",
    libs: [join(alone, "greeting.mjs")],
    args: "you",
  });
  const { end } = await cluster.untilEnded(id);
  expect(end?.message).toBe("Finished with exit code 0: greeted you");
});

it("count-words counts with wc, and fails as wc does", async () => {
  const file = await cluster.write("three", "one two three\n");
  const good = await cluster.submit({
    ...fields,
    entryPoint: "count-words#CountWords",
    args: file,
  });
  expect((await cluster.untilEnded(good)).state).toBe("FINISHED");
  expect(cluster.output(good)).toBe(`3 ${file}\n`);
  const bad = await cluster.submit({
    ...fields,
    entryPoint: "count-words#CountWords",
    args: "/no",
  });
  expect((await cluster.untilEnded(bad)).end?.message).toContain("wc: its program ended");
});

it("watch-directory sees a change, and ends in order when it is stopped", async () => {
  const watched = join(cluster.directory, "watched");
  mkdirSync(watched);
  const id = await cluster.submit({
    ...fields,
    entryPoint: "watch-directory#WatchDirectory",
    args: watched,
  });
  await eventually(() => cluster.output(id).includes("watching"), 20_000, "it to watch");
  await eventually(
    () => {
      writeFileSync(join(watched, "file"), "x");
      return cluster.output(id).includes("file");
    },
    20_000,
    "the change to be seen",
  );
  await cluster.aloha(["stop", id, "--wait"]);
  const { state, attempts } = await cluster.application(id);
  expect(state).toBe("KILLED");
  expect(attempts[0]?.outcome).toMatchObject({
    exitCode: 0,
    message: expect.stringContaining("changes"),
  });
  expect(cluster.output(id)).toContain("no longer watching\n");
});

it("every file of the page on writing applications that is shown as an example is one", () => {
  const page = readFileSync(join(repository, "docs/writing-applications.md"), "utf8");
  const shown = [
    ...page.matchAll(/```js\n\/\/ (examples\/applications\/[\w-]+\.mjs)\n([\s\S]*?)```/g),
  ];
  expect(shown.length).toBeGreaterThan(1);
  for (const [, path = "", text] of shown) {
    expect(readFileSync(join(repository, path), "utf8")).toBe(text);
  }
});
