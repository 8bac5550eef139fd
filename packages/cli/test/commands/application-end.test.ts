import { beforeEach, describe, expect, it } from "vitest";
import { endedApplication, sampleApplication } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("stop and kill", () => {
  beforeEach(() => {
    cluster.master.applications.set("app-1", sampleApplication({ id: "app-1", state: "RUNNING" }));
  });

  it("stop asks for grace, kill does not", async () => {
    cluster.master.onKill = () => {};
    expect((await cluster.aloha(["stop", "app-1"])).out).toBe("app-1 is being stopped\n");
    expect((await cluster.aloha(["kill", "app-1", "--reason", "wrong input"])).out).toBe(
      "app-1 is being killed\n",
    );
    expect(cluster.master.asked.map(({ body }) => body)).toEqual([
      { immediately: false },
      { immediately: true, reason: "wrong input" },
    ]);
  });

  it("with --wait succeeds once it is gone", async () => {
    const result = await cluster.aloha(["kill", "app-1", "--wait"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toContain("KILLED");
  });

  it("is no error for an application that has already ended", async () => {
    cluster.master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FINISHED",
        reason: "completed",
      }),
    );
    expect(await cluster.aloha(["kill", "app-1"])).toMatchObject({
      exitCode: 0,
      out: "app-1 had already ended: FINISHED\n",
    });
  });
});
