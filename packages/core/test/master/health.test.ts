import { describe, expect, it } from "vitest";
import { describedApplication } from "./master-script.ts";
import { launched, ready } from "./ready-master.ts";

const checked = {
  ...describedApplication,
  health: { probe: { kind: "silence" }, intervalMs: 1_000, failures: 3, action: "restart" },
} as const;

function running(description: typeof describedApplication = checked) {
  const { master, worker } = ready();
  const appId = master.submit(description);
  const attempt = launched(master, worker, appId);
  worker.obey(worker.send({ reports: [worker.started(attempt)] }));
  const say = (healthy: boolean, message: string) => {
    const report = {
      ...worker.started(attempt),
      event: { kind: "health", healthy, message } as const,
    };
    worker.obey(worker.send({ reports: [report] }));
  };
  return { master, worker, appId, attempt, say };
}

describe("the health of an application", () => {
  it("is kept with its attempt, and told when it changes", () => {
    const { master, appId, say } = running();
    say(true, "it writes output");
    expect(master.application(appId).attempts[0]?.health).toBeUndefined();
    say(false, "no output for 3 s");
    say(false, "no output for 4 s");
    say(true, "it writes output");
    expect(master.application(appId).attempts[0]?.health).toMatchObject({ healthy: true });
    const alerts = master.events.filter((event) => event.kind === "alert");
    expect(alerts).toMatchObject([
      {
        code: "application-unhealthy",
        message: expect.stringContaining("no output for 3 s") as unknown,
      },
      { code: "application-healthy" },
    ]);
  });

  it("restarts it within the bounds of restart, whatever restart.on says, and then ends it", () => {
    const { master, worker, appId, attempt } = running();
    const unhealthy = { exitCode: null, signal: "SIGTERM", stopCause: "unhealthy" };
    let current = attempt;
    for (let restarts = 1; restarts <= 3; restarts++) {
      worker.obey(worker.send({ reports: [worker.exited(current, unhealthy)] }));
      expect(master.application(appId)).toMatchObject({ state: "RELAUNCHING", end: null });
      master.advance(40_000);
      current = launched(master, worker, appId);
    }
    worker.obey(worker.send({ reports: [worker.exited(current, unhealthy)] }));
    expect(master.application(appId).end).toMatchObject({
      state: "FAILED",
      reason: "unhealthy",
      message: expect.stringMatching(/failed 3 times in a row; not restarted/) as unknown,
    });
  });

  it("does not restart what somebody has killed", () => {
    const { master, worker, appId, attempt } = running();
    master.kill(appId);
    const stopped = { exitCode: null, signal: "SIGTERM", stopCause: "unhealthy" };
    worker.obey(worker.send({ reports: [worker.exited(attempt, stopped)] }));
    expect(master.application(appId).end).toMatchObject({ state: "KILLED", reason: "killed" });
  });
});
