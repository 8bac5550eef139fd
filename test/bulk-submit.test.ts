import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { listApplications } from "./support/list-applications.ts";

const count = 10_000;

it(
  "takes each of many lines exactly once and in order, with the master killed and started again in between",
  { timeout: 120_000 },
  async () => {
    await using cluster = await Cluster.start({ workers: 0 });
    const names = Array.from({ length: count }, (_, index) => `line-${index + 1}`);
    const file = await cluster.write(
      "many.ndjson",
      names
        .map((name) => `${JSON.stringify({ name, entryPoint: "shell", args: ["true"] })}\n`)
        .join(""),
    );
    await using submitting = cluster.startAloha(["submit", "-f", file]);
    await submitting.untilOutput(/app-/);
    await cluster.master.kill("SIGKILL");
    await cluster.master.start();
    const { exitCode, stdout, stderr } = await submitting.result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });

    const ids = stdout.trimEnd().split("\n");
    expect(ids).toHaveLength(count);
    const kept = await listApplications(cluster);
    expect(kept.map(({ name }) => name)).toEqual(names);
    expect(kept.map(({ id }) => id)).toEqual(ids);
  },
);
