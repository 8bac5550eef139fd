import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { signalPid } from "./support/processes.ts";
import { isRunning } from "./support/recorded-pids.ts";
import { repository } from "./support/repository.ts";

const libs = [join(repository, "test/fixtures/applications")];

/** With the spawn agent processes outlive the supervisor; hosts do not, since nobody else hears what happens in them. */
it.each(["agent", "node"])(
  "says what a supervisor that vanished had in hosts, once the host is gone, and serves what comes next (%s)",
  async (spawner) => {
    await using cluster = await Cluster.start({
      settings: { "aloha.supervisor.spawner": spawner },
    });
    const fields = { entryPoint: "shares#Waits", libs, cores: 0.1, isolation: "shared" };
    const plain = await cluster.submit(fields);
    const supervised = await cluster.submit({ ...fields, supervise: true, onDisconnect: "keep" });
    const pidOf = (id: string): Promise<number> =>
      eventually(
        () => Number(/waiting in (\d+)\n/.exec(readFileSync(cluster.outputPath(id), "utf8"))?.[1]),
        20_000,
        `${id} to run`,
      );
    const host = await pidOf(plain);
    expect(await pidOf(supervised)).toBe(host);
    signalPid(cluster.worker.supervisorPid, "SIGKILL");
    const { state, end } = await cluster.untilEnded(plain);
    expect({ state, reason: end?.reason }).toEqual({ state: "ERROR", reason: "exit-unknown" });
    expect(isRunning(host)).toBe(false);
    await eventually(
      async () => (await cluster.application(supervised)).attempt === 2,
      20_000,
      "the second attempt",
    );
    await eventually(async () => (await pidOf(supervised)) !== host, 20_000, "another host");
    const next = await cluster.submit({ ...fields, entryPoint: "shares#Quick" });
    expect((await cluster.untilEnded(next)).state).toBe("FINISHED");
  },
);
