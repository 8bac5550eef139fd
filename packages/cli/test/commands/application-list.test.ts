import { beforeEach, describe, expect, it } from "vitest";
import { endedApplication, sampleApplication } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("ps", () => {
  beforeEach(() => {
    cluster.master.applications.set(
      "app-20251122160102-0001",
      sampleApplication({ name: "wait\u001b[2Jing" }),
    );
    cluster.master.applications.set(
      "app-20251122160102-0002",
      endedApplication(sampleApplication({ id: "app-20251122160102-0002", name: "old" }), {
        state: "FAILED",
        reason: "exit-code",
        exitCode: 3,
      }),
    );
  });

  it("shows the live ones in columns, with whole ids and readable ages", async () => {
    const result = await cluster.aloha(["ps"], { now: Date.UTC(2025, 10, 22, 16, 4, 22) });
    const [head, row, ...more] = result.out.trimEnd().split("\n");
    expect(head?.split(/\s+/)).toEqual([
      "ID",
      "NAME",
      "STATE",
      "CORES",
      "MEMORY",
      "AGE",
      "RAN",
      "END",
    ]);
    expect(row).toContain("app-20251122160102-0001");
    expect(row).toContain("3m 20s");
    expect(more).toEqual([]);
  });

  it("escapes control characters that came from outside", async () => {
    const result = await cluster.aloha(["ps"]);
    expect(result.out).toContain("wait\\u001b[2Jing");
    expect(result.out).not.toContain("\u001b");
  });

  it("shows the ended ones with -a, and how they ended", async () => {
    const result = await cluster.aloha(["ps", "-a"]);
    expect(result.out).toContain("app-20251122160102-0002");
    expect(result.out).toContain("exit code 3");
  });

  it("filters by state in any spelling, and refuses an unknown one", async () => {
    expect((await cluster.aloha(["ps", "--state", "failed"])).out).toContain("0002");
    const refused = await cluster.aloha(["ps", "--state", "gone"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain("FINISHED");
  });

  it("says when there are more than the limit", async () => {
    const result = await cluster.aloha(["ps", "-a", "--limit", "1", "-o", "json"]);
    expect(JSON.parse(result.out)).toMatchObject({ applications: [{ name: "old" }], more: true });
  });

  it("prints nothing to stdout where there is nothing", async () => {
    cluster.master.applications.clear();
    const result = await cluster.aloha(["ps"]);
    expect(result).toMatchObject({ exitCode: 0, out: "" });
    expect(result.err).toContain("aloha ps -a");
  });
});
