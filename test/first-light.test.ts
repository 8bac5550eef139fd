import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";

it("runs a command on a cluster and passes its output and exit status on", async () => {
  await using cluster = await Cluster.start({ workers: 2 });
  const result = await cluster.aloha(["run", "--", "bash", "-c", "echo out; echo err >&2; exit 7"]);
  expect(result).toEqual({ exitCode: 7, signal: null, stdout: "out\n", stderr: "err\n" });
  await cluster.worker.restart("SIGKILL");
  await cluster.master.restart("SIGKILL");
  const id = await cluster.submit({ args: "sleep 100" });
  await cluster.untilState(id, "RUNNING");
});
