import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isThere, processesOf, SupervisedDirectory, until } from "./supervised-directory.ts";

const stubborn = ["sh", "-c", 'trap "" TERM; setsid sleep 300 & while :; do sleep 1; done'];

/** Where processes are started from Node a guardian watches over them. */
const fromNode = ["--spawner", "node"];

describe.each([
  [[...fromNode, "--containment", "auto"]],
  [[...fromNode, "--containment", "group"]],
])("with %s", (launchArguments) => {
  test("if the supervisor is killed the guardian kills all trees, and the next supervisor says that the exits are unknown", async () => {
    await using host = new SupervisedDirectory(launchArguments);
    await host.start(1, stubborn);
    await host.start(2, stubborn, { onDisconnect: "keep" });
    await until(() => processesOf(1).length > 2 && processesOf(2).length > 2);
    const former = host.supervisorPid;
    const { guardianPid } = host;
    host.detach();
    // The table is told of a new tree's pid within this time; what is not in it is found by its mark.
    process.kill(former, "SIGKILL");
    await until(() => processesOf(1).length + processesOf(2).length === 0);
    await until(() => !isThere(guardianPid));
    host.reattach();
    expect(await host.ended(1)).toMatchObject({
      kind: "exit-unknown",
      reason: "supervisor-lost",
    });
    expect(await host.ended(2)).toMatchObject({
      kind: "exit-unknown",
      reason: "supervisor-lost",
    });
    expect(host.supervisorPid).not.toBe(former);
  });

  test("if the guardian is killed all trees are killed for that reason, and another guardian is there", async () => {
    await using host = new SupervisedDirectory(launchArguments);
    await host.start(1, stubborn);
    await host.started(1);
    const former = host.guardianPid;
    process.kill(former, "SIGKILL");
    expect(await host.ended(1)).toMatchObject({
      signal: "SIGKILL",
      stopCause: "supervision-lost",
    });
    expect(host.reports).toContainEqual(
      expect.objectContaining({ kind: "alert", code: "guardian-lost" }),
    );
    await host.start(2, ["true"]);
    expect(await host.ended(2)).toMatchObject({ exitCode: 0 });
    expect(host.guardianPid).not.toBe(former);
  });

  test("while the supervisor is stopped the guardian fences what is past its lease, and only that", async () => {
    await using host = new SupervisedDirectory(launchArguments);
    await host.start(1, stubborn, { leaseMs: 2_000 });
    await host.start(2, stubborn, { onDisconnect: "keep", leaseMs: 2_000 });
    await host.started(2);
    const { supervisorPid } = host;
    process.kill(supervisorPid, "SIGSTOP");
    try {
      // The main process stays as a zombie until its parent goes on; zombies carry no mark.
      await until(() => processesOf(1).length === 0);
      expect(processesOf(2).length).toBeGreaterThan(0);
    } finally {
      process.kill(supervisorPid, "SIGCONT");
    }
    expect(await host.ended(1)).toMatchObject({ signal: "SIGKILL", stopCause: "fence" });
    host.kill(2, true);
    expect(await host.ended(2)).toMatchObject({ stopCause: "kill" });
  });
});

test("a guardian that is stopped is replaced without ending work", async () => {
  await using host = new SupervisedDirectory(fromNode);
  await host.start(1, ["sleep", "60"]);
  await host.started(1);
  const former = host.guardianPid;
  process.kill(former, "SIGSTOP");
  await until(() => !isThere(former));
  await until(() => host.guardianPid !== former);
  host.kill(1);
  expect(await host.ended(1)).toMatchObject({ signal: "SIGTERM", stopCause: "kill" });
}, 20_000);

test("a second supervisor for the same directory does not start", async () => {
  await using host = new SupervisedDirectory();
  await host.attached();
  const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const second = spawnSync(
    process.execPath,
    [main, "--dir", host.path, "--socket", `${host.path}/second.sock`],
    { encoding: "utf8" },
  );
  expect(second).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(`is held by pid ${host.supervisorPid}`),
  });
});

test("SIGTERM does not end a supervisor with live attempts, which would end with it", async () => {
  await using host = new SupervisedDirectory(fromNode);
  await host.start(1, ["sleep", "60"]);
  await host.started(1);
  process.kill(host.supervisorPid, "SIGTERM");
  await host.report((report) =>
    report.kind === "alert" && report.code === "stop-refused" ? report : undefined,
  );
  host.kill(1);
  expect(await host.ended(1)).toMatchObject({ signal: "SIGTERM" });
});
