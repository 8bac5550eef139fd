import { describe, expect, it } from "vitest";
import { describedApplication, fence, WorkerScript } from "./master-script.ts";
import { launched, ready } from "./ready-master.ts";

const huge = { ...describedApplication, milliCores: 90_000 };

describe("waitTimeout", () => {
  it("ends what was not started in time, and says so", () => {
    const { master } = ready();
    const appId = master.submit({ ...huge, waitTimeoutMs: 60_000 });
    master.advance(59_999);
    expect(master.application(appId).state).toBe("SUBMITTED");
    master.advance(1);
    expect(master.application(appId).end).toMatchObject({
      state: "TIMED_OUT",
      reason: "wait-timeout",
      message: "Not started 1m after its submission, the longest wait that it allows",
      tree: null,
    });
  });

  it("counts on from submission under another leader", () => {
    const { master } = ready();
    const appId = master.submit({ ...huge, waitTimeoutMs: 60_000 });
    master.advance(40_000);
    master.restart();
    master.advance(19_999);
    expect(master.application(appId).end).toBeNull();
    master.advance(1);
    expect(master.application(appId).end?.reason).toBe("wait-timeout");
  });

  it("means nothing once a process of it has run, also between two attempts", () => {
    const { master, worker } = ready();
    const appId = master.submit({
      ...describedApplication,
      waitTimeoutMs: 60_000,
      restart: { ...describedApplication.restart, on: ["failure"], backoffInitialMs: 300_000 },
    });
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.exited(attempt, { exitCode: 1 })] }));
    expect(master.application(appId).state).toBe("RELAUNCHING");
    master.restart();
    master.advance(120_000);
    expect(master.application(appId).end).toBeNull();
  });

  it("ends a launch that nobody has heard of", () => {
    const { master, worker } = ready();
    const appId = master.submit({ ...describedApplication, waitTimeoutMs: 30_000 });
    const attempt = launched(master, worker, appId);
    worker.send();
    master.advance(30_000);
    expect(master.application(appId)).toMatchObject({
      state: "KILLING",
      killRequest: { cause: "wait-timeout" },
    });
    const outcome = { kind: "never-started", endedAtMs: master.wallMs } as const;
    worker.obey(worker.send({ reports: [worker.report(attempt, { kind: "ended", outcome })] }));
    expect(master.application(appId).end).toMatchObject({
      state: "TIMED_OUT",
      reason: "wait-timeout",
    });
  });
});

describe("deadline", () => {
  it("kills what runs, and the end is TIMED_OUT when its tree is gone", () => {
    const { master, worker } = ready();
    const appId = master.submit({ ...describedApplication, deadlineMs: 50_000 });
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    const held = worker.send();
    master.advance(50_000);
    expect(master.application(appId).state).toBe("KILLING");
    const directives = [held, worker.send()].flatMap(
      (token) => worker.obey(token)?.directives ?? [],
    );
    expect(directives).toContainEqual({ kind: "kill", attempt, immediately: false });
    const killed = worker.exited(attempt, { exitCode: null, signal: "SIGTERM", stopCause: "kill" });
    worker.obey(worker.send({ reports: [killed] }));
    expect(master.application(appId).end).toMatchObject({
      state: "TIMED_OUT",
      reason: "deadline",
      signal: "SIGTERM",
      tree: "verified",
    });
  });

  it("leaves an end that came before the signal as it is", () => {
    const { master, worker } = ready();
    const appId = master.submit({ ...describedApplication, deadlineMs: 50_000 });
    const attempt = launched(master, worker, appId);
    worker.send();
    master.advance(50_000);
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(appId).end?.state).toBe("FINISHED");
  });

  it("holds across relaunches and leaders: nothing is launched after it", () => {
    const { master, worker } = ready();
    const appId = master.submit(fence({ deadlineMs: 200_000 }));
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    const lost = worker.exited(attempt, { exitCode: null, signal: "SIGKILL", stopCause: "fence" });
    worker.obey(worker.send({ reports: [lost] }));
    expect(master.application(appId)).toMatchObject({ state: "LAUNCHING", attemptsTotal: 2 });
    master.restart();
    master.advance(199_999);
    expect(master.application(appId)).toMatchObject({ state: "RELAUNCHING", end: null });
    master.advance(1);
    expect(master.application(appId).end).toMatchObject({
      state: "TIMED_OUT",
      reason: "deadline",
      message: "Not ended 200s after its submission, its deadline",
    });
    const other = new WorkerScript(master, "w2", { hostId: "h2" });
    other.register();
    other.send();
    expect(master.application(appId).attemptsTotal).toBe(2);
  });

  it("yields to a kill that somebody asked for before", () => {
    const { master, worker } = ready();
    const appId = master.submit({ ...describedApplication, deadlineMs: 50_000 });
    const attempt = launched(master, worker, appId);
    master.kill(appId);
    master.advance(60_000);
    const killed = worker.exited(attempt, { exitCode: null, signal: "SIGTERM", stopCause: "kill" });
    worker.send({ reports: [killed] });
    expect(master.application(appId).end).toMatchObject({ state: "KILLED", reason: "killed" });
  });

  it("is forgotten with the applications that ended before it", () => {
    const { master } = ready();
    for (let count = 0; count < 3_000; count++) {
      const appId = master.submit({ ...huge, deadlineMs: 86_400_000 });
      master.kill(appId);
    }
    expect(master.state.timeLimits.size).toBeLessThan(1_100);
  });
});
