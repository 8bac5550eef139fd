import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";

const isRoot = process.getuid?.() === 0;
let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ cores: 8 });
  chmodSync(cluster.directory, 0o711);
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

describe("limits.openFiles", () => {
  it("is what its processes find, and no more than the host has", async () => {
    const id = await cluster.submit({ limits: { openFiles: 512 }, args: "ulimit -n; ulimit -Hn" });
    await cluster.untilState(id, "FINISHED");
    expect(cluster.output(id)).toBe("512\n512\n");
    const tooMany = await cluster.submit({ limits: { openFiles: 2 ** 30 }, args: "true" });
    expect((await cluster.untilState(tooMany, "ERROR")).end).toMatchObject({
      reason: "start-failed",
      message: expect.stringContaining("limits.openFiles is 1073741824") as unknown,
    });
  });
});

describe("libs", () => {
  it("are looked for on the worker, and handed on as real paths", async () => {
    const path = await cluster.write("a.jar", "");
    const id = await cluster.submit({ libs: [path, "/etc/hosts"], args: "echo $ALOHA_LIBS" });
    await cluster.untilState(id, "FINISHED");
    expect(cluster.output(id)).toBe(`${path}:/etc/hosts\n`);
    const missing = await cluster.submit({ libs: ["/no/such.jar"], args: "true" });
    expect((await cluster.untilState(missing, "ERROR")).end?.message).toContain(
      "/no/such.jar of libs is not on worker",
    );
  });
});

describe.runIf(isRoot)("user", () => {
  it("runs it as that account, with its groups and its home, in a directory of its own", async () => {
    const id = await cluster.submit({
      user: "nobody",
      args: "id -un; id -Gn; echo $USER $HOME; echo x > made; echo via-dev > /dev/stdout; grep -c . /proc/self/environ",
    });
    await cluster.untilState(id, "FINISHED");
    const [name, groups, home, viaDev] = cluster.output(id).split("\n");
    expect(name).toBe("nobody");
    expect(groups).toBe("nogroup");
    expect(home).toBe("nobody /nonexistent");
    expect(viaDev).toBe("via-dev");
    const made = join(cluster.worker.workDirectory, id, "made");
    expect(statSync(made).uid).toBe(statSync(join(made, "..")).uid);
    expect(statSync(made).uid).not.toBe(0);
  });

  it("is killed like any other, with all that it started", async () => {
    const id = await cluster.submit({ user: "nobody", args: "sleep 300 & setsid sleep 300" });
    await cluster.untilState(id, "RUNNING");
    expect((await cluster.aloha(["kill", id, "--wait"])).exitCode).toBe(0);
    expect(cluster.processes(id)).toEqual([]);
  });

  it("is refused where there is no such account, or it may not come to its directory", async () => {
    const ghost = await cluster.submit({ user: "no-such-account", args: "true" });
    expect((await cluster.untilState(ghost, "ERROR")).end?.message).toMatch(
      /There is no account no-such-account on the host of worker/,
    );
    await using other = await Cluster.start();
    const id = await other.submit({ user: "nobody", args: "true" });
    expect((await other.untilState(id, "ERROR")).end?.message).toContain(
      `may not enter ${other.directory} (mode 700)`,
    );
  });

  it("is that of the worker's configuration where none is named", async () => {
    await using other = await Cluster.start({
      settings: { "aloha.worker.defaultUser": "nobody" },
    });
    chmodSync(other.directory, 0o711);
    const id = await other.submit({ args: "id -un" });
    await other.untilState(id, "FINISHED");
    expect(other.output(id)).toBe("nobody\n");
    const refused = await other.addWorker(["-Daloha.worker.defaultUser=no-such-account"]).then(
      () => "started",
      (error: unknown) => String(error),
    );
    expect(refused).toContain("aloha.worker.defaultUser: There is no account no-such-account");
    const root = await other.submit({ user: "root", args: "id -un" });
    await other.untilState(root, "FINISHED");
    expect(other.output(root)).toBe("root\n");
  });
});
