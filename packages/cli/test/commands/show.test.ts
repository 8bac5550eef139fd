import { describe, expect, it } from "vitest";
import { endedApplication, sampleApplication } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("status, why, workers", () => {
  it("shows one application with its attempts", async () => {
    cluster.master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FAILED",
        reason: "exit-code",
        exitCode: 3,
      }),
    );
    const result = await cluster.aloha(["status", "app-1"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toContain("FAILED");
    expect(result.out).toContain("exit-code: ended as exit-code");
    expect(result.out).toContain("4711");
  });

  it("shows an argv as one would type it, a script on one line, and why it waits", async () => {
    const application = sampleApplication({ id: "app-1" });
    const description = { ...application.description, args: ["sh", "-c", "echo it's"] };
    cluster.master.applications.set("app-1", { ...application, description });
    const argv = await cluster.aloha(["status", "app-1"]);
    expect(argv.out).toContain("sh -c 'echo it'\\''s'\n");
    expect(argv.out).toContain("It needs 8 cores");
    cluster.master.applications.set("app-1", {
      ...application,
      state: "RUNNING",
      description: { ...description, args: "date\ntrue\n" },
    });
    const script = await cluster.aloha(["status", "app-1"]);
    expect(script.out).toContain("date\\u000atrue\n");
    expect(script.out).not.toContain("It needs");
  });

  it("says how output is rolled, if that is known", async () => {
    const application = sampleApplication({ id: "app-1" });
    const pageWith = async (logs: typeof application.logs): Promise<string> => {
      cluster.master.applications.set("app-1", { ...application, logs });
      return (await cluster.aloha(["status", "app-1"])).out;
    };
    const policy = { segmentBytes: 4096, rollEveryMs: 86_400_000, keep: 8, compress: true };
    expect(await pageWith(policy)).toMatch(
      /^output +rolled at 4KiB and every 1d, 8 kept, compressed$/m,
    );
    const unbounded = { segmentBytes: null, rollEveryMs: null, keep: null, compress: true };
    expect(await pageWith(unbounded)).toMatch(/^output +never rolled$/m);
    expect(await pageWith({ ...policy, rollEveryMs: null, keep: null })).toMatch(/, all kept, c/);
    expect(await pageWith(null)).not.toMatch(/^output/m);
  });

  it("does not say twice that it was killed", async () => {
    const killed = { state: "KILLED", reason: "killed", message: "Killed" } as const;
    cluster.master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), killed),
    );
    expect((await cluster.aloha(["status", "app-1"])).out).toMatch(/^reason +killed$/m);
    expect((await cluster.aloha(["kill", "app-1", "--wait"])).out).toBe("app-1 KILLED\n");
  });

  it("shows the cluster without an id", async () => {
    const result = await cluster.aloha(["status"]);
    expect(result.out).toContain("2 RUNNING, 1 SUBMITTED");
    expect(result.out).toContain("1.5 of 4 in use");
  });

  it("says why an application waits", async () => {
    cluster.master.applications.set("app-1", sampleApplication({ id: "app-1" }));
    const result = await cluster.aloha(["why", "app-1"]);
    expect(result.out).toContain("It needs 8 cores");
    expect(result.out).toContain("needs 8 cores, has 4");
  });

  it("lists the workers", async () => {
    const result = await cluster.aloha(["workers"]);
    expect(result.out).toContain("1.5/4");
    expect(result.out).toContain("127.0.0.1:40001");
  });
});
