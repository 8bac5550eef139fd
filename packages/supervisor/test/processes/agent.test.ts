import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isThere, processesOf, SupervisedDirectory, until } from "./supervised-directory.ts";

const stubborn = ["sh", "-c", 'trap "" TERM; setsid sleep 300 & while :; do sleep 1; done'];

/** Until a worker attaches there is nobody who starts another supervisor. */
async function killSupervisor(host: SupervisedDirectory): Promise<void> {
  const former = host.supervisorPid;
  host.detach();
  process.kill(former, "SIGKILL");
  await until(() => !isThere(former));
}

describe.each([["auto"], ["group"]])("in %s containment", (containment) => {
  const launch = ["--spawner", "agent", "--containment", containment];

  test("work survives its supervisor, and the next one goes on with it", async () => {
    await using host = new SupervisedDirectory(launch);
    const gate = join(host.path, "gate");
    await host.start(1, [
      "sh",
      "-c",
      `echo one; while [ ! -e ${gate} ]; do sleep 0.05; done; echo two; exit 7`,
    ]);
    const pid = await host.started(1);
    const { agentPid } = host;
    await killSupervisor(host);
    const before = host.reports.length;
    host.reattach();
    const { attempts } = await host.attached(before);
    expect(attempts).toMatchObject([{ kind: "live", pid, stopCause: null }]);
    expect(host.agentPid).toBe(agentPid);
    await host.start(2, ["touch", gate]);
    expect(await host.ended(1)).toMatchObject({ kind: "exited", exitCode: 7, stopCause: null });
    expect(host.text(1)).toBe("one\ntwo\n");
    expect(await host.ended(2)).toMatchObject({ exitCode: 0 });
  });

  test("SIGTERM ends the supervisor, and the next one goes on with its work", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, ["sh", "-c", "sleep 1; exit 6"]);
    const pid = await host.started(1);
    const former = host.supervisorPid;
    host.detach();
    process.kill(former, "SIGTERM");
    await until(() => !isThere(former));
    expect(isThere(pid)).toBe(true);
    host.reattach();
    expect(await host.ended(1)).toMatchObject({ kind: "exited", exitCode: 6, stopCause: null });
  });

  test("an end that no supervisor saw is told to the next one", async () => {
    await using host = new SupervisedDirectory(launch);
    const gate = join(host.path, "gate");
    await host.start(1, ["sh", "-c", `while [ ! -e ${gate} ]; do sleep 0.05; done; exit 9`]);
    await host.start(2, ["sleep", "0.4"]);
    const pids = [await host.started(1), await host.started(2)];
    await killSupervisor(host);
    writeFileSync(gate, "");
    await until(() => pids.every((pid) => !isThere(pid)));
    host.reattach();
    expect(await host.ended(1)).toMatchObject({ kind: "exited", exitCode: 9 });
    expect(await host.ended(2)).toMatchObject({ kind: "exited", exitCode: 0 });
  });

  test("without a supervisor what is fenced dies at its deadline, and the rest goes on", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, stubborn, { leaseMs: 2_000 });
    await host.start(2, stubborn, { onDisconnect: "keep", leaseMs: 2_000 });
    await host.started(2);
    await until(() => processesOf(1).length > 1);
    await killSupervisor(host);
    await until(() => processesOf(1).length === 0);
    expect(processesOf(2).length).toBeGreaterThan(1);
    host.reattach();
    expect(await host.ended(1)).toMatchObject({ signal: "SIGKILL", stopCause: "fence" });
    host.kill(2, true);
    expect(await host.ended(2)).toMatchObject({ kind: "exited", stopCause: "kill" });
    expect(processesOf(2)).toEqual([]);
  });

  test("while the supervisor is stopped the agent fences what is past its lease, and only that", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, stubborn, { leaseMs: 2_000 });
    await host.start(2, stubborn, { onDisconnect: "keep", leaseMs: 2_000 });
    await host.started(2);
    const { supervisorPid } = host;
    process.kill(supervisorPid, "SIGSTOP");
    try {
      await until(() => processesOf(1).length === 0);
      expect(processesOf(2).length).toBeGreaterThan(0);
    } finally {
      process.kill(supervisorPid, "SIGCONT");
    }
    expect(await host.ended(1)).toMatchObject({ signal: "SIGKILL", stopCause: "fence" });
    host.kill(2, true);
    expect(await host.ended(2)).toMatchObject({ stopCause: "kill" });
  });

  test("if the agent is killed all trees are killed for that reason, and another agent is there", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, stubborn);
    await host.start(2, stubborn, { onDisconnect: "keep" });
    await until(() => processesOf(1).length > 1 && processesOf(2).length > 1);
    const former = host.agentPid;
    process.kill(former, "SIGKILL");
    for (const number of [1, 2]) {
      expect(await host.ended(number)).toMatchObject({
        kind: "exit-unknown",
        stopCause: "supervision-lost",
      });
      expect(processesOf(number)).toEqual([]);
    }
    expect(host.reports).toContainEqual(
      expect.objectContaining({ kind: "alert", code: "agent-lost" }),
    );
    await host.start(3, ["true"]);
    expect(await host.ended(3)).toMatchObject({ exitCode: 0 });
    expect(host.agentPid).not.toBe(former);
  });

  test("if agent and supervisor are killed the next supervisor ends what is left", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, stubborn);
    await until(() => processesOf(1).length > 1);
    const { agentPid } = host;
    await killSupervisor(host);
    process.kill(agentPid, "SIGKILL");
    host.reattach();
    expect(await host.ended(1)).toMatchObject({ kind: "exit-unknown", reason: "supervisor-lost" });
    expect(processesOf(1)).toEqual([]);
  });

  test("when the directory is removed the agent ends all work and itself", async () => {
    await using host = new SupervisedDirectory(launch);
    await host.start(1, stubborn, { onDisconnect: "keep" });
    await until(() => processesOf(1).length > 1);
    const { agentPid, supervisorPid } = host;
    host.detach();
    process.kill(supervisorPid, "SIGKILL");
    rmSync(host.path, { recursive: true });
    await until(() => processesOf(1).length === 0 && !isThere(agentPid));
    expect(existsSync(host.path)).toBe(false);
    host.reattach();
    await host.attached(host.reports.length);
  });
});

test("a stopped agent is told to go on, without ending work", { timeout: 20_000 }, async () => {
  await using host = new SupervisedDirectory(["--spawner", "agent"]);
  await host.start(1, ["sleep", "60"]);
  await host.started(1);
  const { agentPid } = host;
  process.kill(agentPid, "SIGSTOP");
  await host.report((report) =>
    report.kind === "alert" && report.code === "agent-stopped" ? report : undefined,
  );
  host.kill(1);
  expect(await host.ended(1)).toMatchObject({ signal: "SIGTERM", stopCause: "kill" });
  expect(host.agentPid).toBe(agentPid);
});

test("an agent that was stopped is told to go on by the next supervisor", async () => {
  await using host = new SupervisedDirectory(["--spawner", "agent"]);
  await host.start(1, ["sh", "-c", "sleep 0.5; exit 8"]);
  await host.started(1);
  process.kill(host.agentPid, "SIGSTOP");
  await killSupervisor(host);
  host.reattach();
  expect(await host.ended(1)).toMatchObject({ kind: "exited", exitCode: 8 });
});

test("want of memory is told of the attempt that had it only, also by the next supervisor", async () => {
  await using host = new SupervisedDirectory(["--spawner", "agent"]);
  await host.start(1, ["python3", "-c", "x = bytearray(200 << 20)"], { memoryMiB: 32 });
  const first = await host.ended(1);
  await host.start(2, ["sh", "-c", "sleep 0.5"], { memoryMiB: 32 });
  await host.started(2);
  await killSupervisor(host);
  host.reattach();
  expect(await host.ended(2)).toMatchObject({ exitCode: 0, outOfMemory: false });
  expect(first).toMatchObject({ kind: "exited" });
});

test("there is no agent where processes are to be started from Node", async () => {
  await using host = new SupervisedDirectory(["--spawner", "node"]);
  await host.start(1, ["true"]);
  expect(await host.ended(1)).toMatchObject({ exitCode: 0 });
  expect(host.agentPid).toBeNaN();
});
