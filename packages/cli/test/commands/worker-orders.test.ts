import { describe, expect, it } from "vitest";
import { endedApplication, sampleApplication, sampleWorker } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();
const { id } = sampleWorker;
const path = `/api/v1/workers/${id}`;

describe("the commands about one worker", () => {
  it("show it, as a page or as it was answered", async () => {
    const page = await cluster.aloha(["worker", "show", id]);
    expect(page).toMatchObject({ exitCode: 0, err: "" });
    for (const line of [/^id +worker-/m, /^state +ALIVE/m, /^labels +none/m])
      expect(page.out).toMatch(line);
    const json = await cluster.aloha(["worker", "show", id, "-o", "json"]);
    expect(JSON.parse(json.out)).toMatchObject({ id, mode: "ALIVE" });
  });

  it("drain it, with a deadline that has a unit, and show it then", async () => {
    const drained = await cluster.aloha([
      ...["worker", "drain", id, "--deadline", "10m", "--reason", "new kernel", "--wait"],
    ]);
    expect(drained.out).toMatch(/^state +DRAINING$[\s\S]*^drained .*: new kernel$/m);
    expect(cluster.master.asked).toMatchObject([
      {
        method: "POST",
        path: `${path}/drain`,
        body: { deadlineMs: 600_000, reason: "new kernel" },
      },
    ]);
    const wrong = await cluster.aloha(["worker", "drain", id, "--deadline", "10"]);
    expect(wrong).toMatchObject({ exitCode: 2, out: "" });
    expect(wrong.err).toContain('--deadline "10": write a duration with a unit, e.g. 10m');
  });

  it("let it resume", async () => {
    expect((await cluster.aloha(["worker", "resume", id])).exitCode).toBe(0);
    expect(cluster.master.asked).toMatchObject([{ method: "POST", path: `${path}/resume` }]);
  });

  it("set and remove labels", async () => {
    await cluster.aloha(["worker", "label", id, "zone=a=b", "disk-", "cold="]);
    expect(cluster.master.asked[0]).toMatchObject({
      path: `${path}/labels`,
      body: { labels: { zone: "a=b", disk: null, cold: "" } },
    });
    for (const label of ["zone", "=a", "-"]) {
      const wrong = await cluster.aloha(["worker", "label", id, label]);
      expect(wrong).toMatchObject({ exitCode: 2, out: "" });
    }
  });

  it("end with 3 where there is no such worker, and with 2 where none is named", async () => {
    expect(await cluster.aloha(["worker", "show", "w-9"])).toMatchObject({ exitCode: 3 });
    expect(await cluster.aloha(["worker", "drain"])).toMatchObject({ exitCode: 2 });
  });
});

describe("aloha rerun", () => {
  it("prints the id of the new application alone, and with --wait its end decides", async () => {
    const { applications } = cluster.master;
    const ended = { state: "FAILED", reason: "exit-code", exitCode: 3 } as const;
    applications.set("app-1", endedApplication(sampleApplication({ id: "app-1" }), ended));
    const rerun = await cluster.aloha(["rerun", "app-1"]);
    expect(rerun).toMatchObject({ exitCode: 0, err: "" });
    expect(rerun.out).toMatch(/^app-20251122160102-0002\n$/);
    expect(cluster.master.asked[0]).toMatchObject({
      path: "/api/v1/applications/app-1/rerun",
      body: { requestId: expect.any(String) as unknown },
    });
    cluster.master.onSubmit = (application) =>
      void applications.set(application.id, endedApplication(application, ended));
    expect((await cluster.aloha(["rerun", "app-1", "--wait"])).exitCode).toBe(1);
  });
});
