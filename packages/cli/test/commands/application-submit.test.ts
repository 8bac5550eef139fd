import { describe, expect, it } from "vitest";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("submit", () => {
  it("prints the id alone", async () => {
    const result = await cluster.aloha(["submit", "--name", "orders", "--", "sleep", "5"]);
    expect(result).toEqual({ exitCode: 0, out: "app-20251122160102-0001\n", err: "" });
    expect(cluster.master.asked[0]?.body).toMatchObject({
      name: "orders",
      entryPoint: "shell",
      args: ["sleep", "5"],
    });
  });

  it("sends a request id, so that a repeated request is accepted once", async () => {
    await cluster.aloha(["submit", "--", "true"]);
    expect(cluster.master.asked[0]?.body["requestId"]).toMatch(/^[0-9a-f-]{36}$/);
    await cluster.aloha(["submit", "--request-id", "nightly-1", "--", "true"]);
    expect(cluster.master.asked[1]?.body["requestId"]).toBe("nightly-1");
  });

  it("turns flags into the fields of a description", async () => {
    const result = await cluster.aloha(
      [
        "submit",
        "--args",
        "echo $A",
        "--cores",
        "0.5",
        "--memory",
        "2GiB",
        "--supervise",
        "--env",
        "A=1=2",
        "--env",
        "HOME",
        "--label",
        "team=x",
        "--timeout",
        "30s",
        "--restart-on",
        "failure,oom",
        "--restarts",
        "5",
        "--grace",
        "3s",
      ],
      { environment: { HOME: "/home/me" } },
    );
    expect(result.err).toBe("");
    expect(cluster.master.asked[0]?.body).toMatchObject({
      name: "shell",
      args: "echo $A",
      cores: 0.5,
      memory: "2GiB",
      supervise: true,
      environment: { A: "1=2", HOME: "/home/me" },
      labels: { team: "x" },
      timeout: "30s",
      stop: { grace: "3s" },
      restart: { on: ["failure", "oom"], maxAttempts: 5 },
    });
  });

  it("refuses a bad flag by its name, with exit status 2 and nothing submitted", async () => {
    const result = await cluster.aloha([
      "submit",
      "--memory",
      "lots",
      "--cores",
      "-1",
      "--",
      "true",
    ]);
    expect(result.exitCode).toBe(2);
    expect(result.out).toBe("");
    expect(result.err).toContain("--memory: ");
    expect(result.err).toContain("--cores: ");
    expect(cluster.master.asked).toEqual([]);
  });

  it.each([
    [{ state: "FINISHED", reason: "completed", exitCode: 0 }, 0],
    [{ state: "FAILED", reason: "exit-code", exitCode: 3 }, 1],
    [{ state: "KILLED", reason: "killed" }, 1],
    [{ state: "TIMED_OUT", reason: "timeout" }, 1],
    [{ state: "ERROR", reason: "start-failed" }, 1],
    [{ state: "ERROR", reason: "exit-unknown" }, 6],
  ] as const)("with --wait exits by the end %j: %i", async (end, exitCode) => {
    cluster.endWith(end);
    const result = await cluster.aloha(["submit", "--wait", "--", "true"]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.out).toBe("app-20251122160102-0001\n");
    expect(result.err).toContain(`${end.state}: ended as ${end.reason}`);
  });

  it("with --follow prints the application's output and nothing else to stdout", async () => {
    cluster.endWith(
      { state: "FINISHED", reason: "completed", exitCode: 0 },
      { stdout: "1\n2\n", stderr: "oops\n" },
    );
    const result = await cluster.aloha(["submit", "--follow", "--", "seq", "2"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toBe("1\n2\n");
    expect(result.err).toContain("oops\n");
  });

  it("with -o json gives one document", async () => {
    const result = await cluster.aloha(["submit", "-o", "json", "--", "true"]);
    expect(JSON.parse(result.out)).toEqual({
      applications: [{ id: "app-20251122160102-0001", name: "true", duplicate: false }],
    });
  });
});
