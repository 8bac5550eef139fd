import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startAloha } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";
import { killAll, processesNaming } from "./support/processes.ts";

it("a worker that may start no supervisor waits for the one of another service, and may end without ending work", async () => {
  await using cluster = await Cluster.start({ workers: 0 });
  const work = join(mkdtempSync(join(tmpdir(), "aloha-service-e2e-")), "work");
  try {
    const worker = [
      ...["worker", "-d", work, "-c", "2", "-m", "1G", "-Daloha.supervisor.launch=false"],
      `aloha://127.0.0.1:${cluster.rpcPort}`,
    ];
    const env = { ALOHA_HOME: cluster.directory };
    await using first = startAloha(worker, { env });
    await first.untilOutput(/No supervisor answers yet; this worker waits for one/);
    expect(processesNaming(join(work, ".aloha/supervisor"))).toEqual([]);

    await using supervisor = startAloha(["supervisor", "-d", work], { env });
    await supervisor.untilOutput(/supervisor is ready/);
    await first.untilOutput(/Registered with the leader/);
    const id = await cluster.submit({ args: "sleep 300" });
    await cluster.untilState(id, "RUNNING");

    await using another = startAloha(["supervisor", "-d", work], { env });
    expect(await another.result).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining(`held by pid ${supervisor.pid}`) as string,
    });
    first.kill("SIGKILL");
    await first.result;
    await using second = startAloha(worker, { env });
    await second.untilOutput(/Registered with the leader/);
    await cluster.untilState(id, "RUNNING");
    expect(await cluster.aloha(["kill", "--wait", id])).toMatchObject({ exitCode: 0 });

    // As systemd stops them: the worker first.
    second.kill("SIGTERM");
    expect(await second.result).toMatchObject({ exitCode: 0 });
    supervisor.kill("SIGTERM");
    expect(await supervisor.result).toMatchObject({ exitCode: 0 });
  } finally {
    await killAll(() => processesNaming(work), "what the services left behind");
    rmSync(join(work, ".."), { recursive: true, force: true });
  }
});
