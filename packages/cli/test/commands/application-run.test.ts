import { describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/run-command-line.ts";
import { capturedContext } from "../support/captured-context.ts";
import { endedApplication } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("run", () => {
  it.each([
    [{ state: "FINISHED", reason: "completed", exitCode: 0 }, 0],
    [{ state: "FAILED", reason: "exit-code", exitCode: 42 }, 42],
    [{ state: "FAILED", reason: "signal", signal: "SIGKILL" }, 137],
    [{ state: "KILLED", reason: "killed", exitCode: 0 }, 1],
    [{ state: "ERROR", reason: "exit-unknown" }, 6],
  ] as const)("exits as its command ended %j: %i", async (end, exitCode) => {
    cluster.endWith(end, { stdout: "out\n", stderr: "err\n" });
    const result = await cluster.aloha(["run", "--", "cmd", "-o", "x"]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.out).toBe("out\n");
    expect(result.err).toContain("err\n");
    expect(cluster.master.asked[0]?.body).toMatchObject({ name: "cmd", args: ["cmd", "-o", "x"] });
  });

  it("takes everything from the command on as its arguments, also without `--`", async () => {
    cluster.endWith({ state: "FINISHED", reason: "completed", exitCode: 0 });
    await cluster.aloha(["run", "--cores", "2", "ls", "--name", "x"]);
    expect(cluster.master.asked[0]?.body).toMatchObject({
      name: "ls",
      cores: 2,
      args: ["ls", "--name", "x"],
    });
  });

  it("asks the application to stop at Ctrl-C, and kills it at the second", async () => {
    const asked: boolean[] = [];
    let submitted: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      submitted = resolve;
    });
    cluster.master.onSubmit = (application) => {
      cluster.master.applications.set(application.id, { ...application, state: "RUNNING" });
      submitted();
    };
    const context = capturedContext({ environment: { ALOHA_MASTER_URL: cluster.master.url } });
    cluster.master.onKill = (application, immediately) => {
      asked.push(immediately);
      if (immediately) {
        cluster.master.applications.set(
          application.id,
          endedApplication(application, { state: "KILLED", reason: "killed", signal: "SIGKILL" }),
        );
      } else {
        context.interrupt();
      }
    };
    const exited = runCommandLine(["run", "--", "sleep", "100"], context);
    await running;
    await waitFor(() => cluster.master.asked.some(({ method }) => method === "GET"));
    context.interrupt();
    expect(await exited).toBe(137);
    expect(asked).toEqual([false, true]);
  });
});

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
