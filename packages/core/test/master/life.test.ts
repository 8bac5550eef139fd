import { describe, expect, it } from "vitest";
import { describedApplication, fence, MasterScript, WorkerScript } from "./master-script.ts";
import { launched, ready } from "./ready-master.ts";

describe("the life of an application", () => {
  it("is placed on a worker, runs and finishes with its exit code", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    expect(master.application(appId).state).toBe("RUNNING");
    const reply = worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(reply?.acks).toEqual([2]);
    expect(reply?.directives).toEqual([{ kind: "forget", attempt }]);
    expect(master.application(appId)).toMatchObject({
      state: "FINISHED",
      end: { exitCode: 0, reason: "completed" },
    });
    expect(master.state.applications.size).toBe(0);
    expect(master.state.workers.get("w1")?.usedMilliCores).toBe(0);
  });

  it("fails with the exit code that its program gave", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.exited(attempt, { exitCode: 3 })] }));
    expect(master.application(appId).end).toMatchObject({
      state: "FAILED",
      reason: "exit-code",
      exitCode: 3,
    });
  });

  it("waits while no worker has room, and starts when one ends", () => {
    const { master, worker } = ready();
    const big = { ...describedApplication, milliCores: 4000 };
    const first = master.submit(big);
    const second = master.submit(big);
    const attempt = launched(master, worker, first);
    expect(master.application(second).state).toBe("SUBMITTED");
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(second).state).toBe("LAUNCHING");
  });

  it("returns to the line when its worker rejects it, and is placed again after a pause", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    const outcome = {
      kind: "rejected",
      code: "lapsed",
      message: "too late",
      endedAtMs: 1,
    } as const;
    worker.obey(worker.send({ reports: [worker.report(attempt, { kind: "ended", outcome })] }));
    expect(master.application(appId).state).toBe("SUBMITTED");
    master.advance(1000);
    expect(master.application(appId)).toMatchObject({ state: "LAUNCHING", attemptsTotal: 2 });
  });

  it("is restarted after failures as its policy says, with growing pauses, and then fails", () => {
    const { master, worker } = ready();
    const restart = { ...describedApplication.restart, on: ["failure" as const], maxAttempts: 2 };
    const appId = master.submit({ ...describedApplication, restart });
    for (const pauseMs of [5000, 10_000]) {
      const attempt = launched(master, worker, appId);
      worker.obey(worker.send({ reports: [worker.exited(attempt, { exitCode: 1 })] }));
      expect(master.application(appId).state).toBe("RELAUNCHING");
      master.advance(pauseMs - 1);
      expect(master.application(appId).state).toBe("RELAUNCHING");
      master.advance(1);
    }
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.exited(attempt, { exitCode: 1 })] }));
    expect(master.application(appId)).toMatchObject({ state: "FAILED", attemptsTotal: 3 });
  });

  it("gives the same application for the same requestId, and a conflict for another body", () => {
    const { master } = ready();
    const first = master.submit(describedApplication, { requestId: "r", bodyHash: "1" });
    expect(master.submit(describedApplication, { requestId: "r", bodyHash: "1" })).toBe(first);
    const token = master.token();
    const request = { requestId: "r", bodyHash: "2" };
    master.step({
      kind: "submit",
      token,
      description: describedApplication,
      prefix: "app",
      request,
    });
    expect(master.answers.get(token)).toMatchObject({ kind: "refused", code: "conflict" });
    master.restart();
    expect(master.submit(describedApplication, { requestId: "r", bodyHash: "1" })).toBe(first);
    master.advance(86_400_000 + 120_000);
    expect(master.submit(describedApplication, { requestId: "r", bodyHash: "1" })).not.toBe(first);
  });

  it("refuses more waiting applications than its limit", () => {
    const master = new MasterScript({ waitingApplicationsMax: 2 });
    master.submit();
    master.submit();
    const answer = master.ask((token) => ({
      kind: "submit",
      token,
      description: describedApplication,
      prefix: "app",
      request: null,
    }));
    expect(answer).toMatchObject({ kind: "refused", code: "limit-exceeded" });
  });
});

describe("a kill", () => {
  it("ends a waiting application at once", () => {
    const master = new MasterScript();
    const appId = master.submit();
    expect(master.kill(appId)).toEqual({ kind: "kill-accepted", appId });
    expect(master.application(appId)).toMatchObject({
      state: "KILLED",
      end: { reason: "killed-before-start" },
    });
  });

  it("waits for the tree to be gone before it says KILLED", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.kill(appId);
    expect(master.application(appId).state).toBe("KILLING");
    const reply = worker.obey(worker.send());
    expect(reply?.directives).toEqual([{ kind: "kill", attempt, immediately: false }]);
    expect(master.state.workers.get("w1")?.usedMilliCores).toBe(1000);
    worker.obey(
      worker.send({
        reports: [worker.exited(attempt, { exitCode: null, signal: "SIGTERM", stopCause: "kill" })],
      }),
    );
    expect(master.application(appId).state).toBe("KILLED");
    expect(master.state.workers.get("w1")?.usedMilliCores).toBe(0);
  });

  it("does not turn an exit that came before the signal into KILLED", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    master.kill(appId);
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(appId).state).toBe("FINISHED");
  });

  it("survives a failover and is repeated to the worker", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.kill(appId);
    master.restart();
    worker.register();
    const reply = worker.obey(worker.send());
    expect(reply?.directives).toEqual([{ kind: "kill", attempt, immediately: false }]);
  });

  it("is told again when a Sync was held to its end and the tree still lives", () => {
    const { master, worker } = ready();
    const attempt = launched(master, worker, master.submit());
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.kill(attempt.split("/")[1]!);
    worker.obey(worker.send());
    const hash = master.state.workers.get("w1")!.listHash.toString();
    const token = worker.send({ running: { kind: "hash", hash } });
    expect(worker.obey(token)).toBeUndefined();
    master.advance(5000);
    expect(worker.obey(token)?.directives).toEqual([{ kind: "kill", attempt, immediately: false }]);
  });

  it("withdraws a launch that has not left yet", () => {
    const { master } = ready();
    const appId = master.submit();
    expect(master.application(appId).state).toBe("LAUNCHING");
    master.kill(appId);
    expect(master.application(appId)).toMatchObject({
      state: "KILLED",
      end: { reason: "killed-before-start" },
    });
    expect(master.state.workers.get("w1")?.usedMilliCores).toBe(0);
  });
});

describe("a worker that is not heard", () => {
  it("makes its applications UNKNOWN after a lease, and gives them back when it returns", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.advance(59_999);
    expect(master.application(appId).state).toBe("RUNNING");
    master.advance(1);
    expect(master.application(appId).state).toBe("UNKNOWN");
    expect(master.store.workers.get("w1")?.mode).toBe("UNKNOWN");
    worker.obey(worker.send());
    expect(master.application(appId).state).toBe("RUNNING");
    expect(master.store.workers.get("w1")?.mode).toBe("ALIVE");
  });

  it("lets a fenced application run elsewhere only after lease and margin", () => {
    const { master, worker } = ready();
    const appId = master.submit(fence());
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    const other = new WorkerScript(master, "w2", { hostId: "h2" });
    other.register();
    let token = other.send();
    for (let elapsedMs = 0; elapsedMs < 69_000; elapsedMs += 1000) {
      master.advance(1000);
      if (other.obey(token) !== undefined) token = other.send();
    }
    expect(master.application(appId)).toMatchObject({ state: "UNKNOWN", attemptsTotal: 1 });
    master.advance(1000);
    expect(master.application(appId)).toMatchObject({ state: "LAUNCHING", attemptsTotal: 2 });
    expect(master.application(appId).attempts.map(({ phase }) => phase)).toEqual([
      "FENCED",
      "PLACED",
    ]);
    expect(master.store.workers.get("w1")?.mode).toBe("DEAD");
  });

  it("never relaunches a keep application, however long its worker is away", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.advance(10 * 3_600_000);
    expect(master.application(appId)).toMatchObject({ state: "UNKNOWN", attemptsTotal: 1 });
  });

  it("is told to kill the attempt that was relaunched elsewhere, when it comes back with it", () => {
    const { master, worker } = ready();
    const appId = master.submit(fence());
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.advance(70_000);
    expect(master.application(appId).state).toBe("RELAUNCHING");
    worker.register();
    const reply = worker.obey(worker.send());
    expect(reply?.directives).toContainEqual({ kind: "kill", attempt, immediately: false });
    const exit = worker.exited(attempt, { exitCode: null, signal: "SIGKILL", stopCause: "fence" });
    const later = worker.obey(worker.send({ reports: [exit] }));
    expect(later?.directives).toContainEqual({ kind: "forget", attempt });
    expect(master.application(appId).attempts[0]).toMatchObject({
      phase: "FENCED",
      outcome: { stopCause: "fence" },
    });
  });

  it("keeps its work through an announced stop, for the maintenance lease", () => {
    const { master, worker } = ready();
    const appId = master.submit(fence());
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    const reply = worker.obey(worker.send({ intent: "stopping" }));
    expect(reply?.leaseMs).toBe(900_000);
    expect(master.store.workers.get("w1")).toMatchObject({
      mode: "MAINTENANCE",
      maxLeaseMs: 900_000,
    });
    master.advance(890_000);
    expect(master.application(appId).state).toBe("RUNNING");
    master.advance(10_000);
    expect(master.application(appId).state).toBe("UNKNOWN");
    master.advance(10_800);
    expect(master.application(appId).state).toBe("RELAUNCHING");
  });
});

describe("lost and stale messages", () => {
  it("sends a launch again when the worker neither obeyed nor awaits the reply that carried it", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const lost = worker.send();
    expect(master.answers.get(lost)).toMatchObject({ reply: { directives: [{ kind: "launch" }] } });
    const reply = worker.obey(worker.send({ applied: [], outstanding: [] }));
    expect(reply?.directives).toMatchObject([{ kind: "launch" }]);
    expect(master.application(appId).attemptsTotal).toBe(1);
  });

  it("does not send a launch twice while the reply that carries it is still awaited", () => {
    const { master, worker } = ready();
    master.submit();
    const first = worker.send();
    const second = worker.send({
      applied: [],
      outstanding: [worker.seq],
      running: { kind: "full", attempts: [] },
    });
    expect(master.answers.get(first)).toMatchObject({
      reply: { directives: [{ kind: "launch" }] },
    });
    expect(master.answers.get(second)).toBeUndefined();
  });

  it("drops a Sync that is not newer than the highest seen", () => {
    const { worker, master } = ready();
    const token = worker.send();
    worker.seq -= 1;
    const stale = worker.send();
    expect(master.answers.get(stale)).toBeUndefined();
    master.advance(5000);
    expect(master.answers.get(token)).toMatchObject({ kind: "sync" });
  });

  it("answers an overtaken Sync with nothing but its lease", () => {
    const { worker, master } = ready();
    const older = worker.send();
    worker.send({ outstanding: [worker.seq] });
    expect(master.answers.get(older)).toMatchObject({
      reply: { directives: [], acks: [], leaseMs: 60_000 },
    });
  });

  it("asks for a full list when the hash differs", () => {
    const { worker } = ready();
    const reply = worker.obey(worker.send({ running: { kind: "hash", hash: "1-abc-def" } }));
    expect(reply?.wantFull).toBe(true);
  });

  it("forgets an ended attempt again when its end is reported twice", () => {
    const { master, worker } = ready();
    const attempt = launched(master, worker, master.submit());
    const report = worker.exited(attempt);
    worker.send({ reports: [report] });
    const reply = worker.obey(worker.send({ reports: [report] }));
    expect(reply?.directives).toEqual([{ kind: "forget", attempt }]);
    expect(reply?.acks).toEqual([report.id]);
  });
});

describe("a new leader", () => {
  it("adopts what its workers still run, and is ALIVE as soon as they have reported", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.restart();
    expect(master.state.phase).toBe("RECOVERING");
    worker.register();
    worker.obey(worker.send());
    expect(master.state.phase).toBe("ALIVE");
    expect(master.application(appId).state).toBe("RUNNING");
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(appId).state).toBe("FINISHED");
  });

  it("takes in an exit that happened while no master was there", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    master.restart();
    worker.register();
    worker.obey(worker.send({ reports: [worker.exited(attempt, { exitCode: 7 })] }));
    expect(master.application(appId).end).toMatchObject({ state: "FAILED", exitCode: 7 });
  });

  it("launches the same attempt again where the worker never had it", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    expect(master.application(appId).attemptsTotal).toBe(1);
    master.restart();
    worker.register();
    const reply = worker.obey(worker.send());
    expect(reply?.directives).toMatchObject([{ kind: "launch" }]);
    expect(master.application(appId).attemptsTotal).toBe(1);
  });

  it("asks the store about an attempt whose application has ended, and lets the worker forget it", () => {
    const { master, worker } = ready();
    const appId = master.submit();
    const attempt = launched(master, worker, appId);
    const report = worker.exited(attempt);
    worker.send({ reports: [report] });
    master.restart();
    worker.register();
    worker.send({ reports: [report] });
    expect(master.lookUps).toMatchObject([{ appId, attempt }]);
    master.step({
      kind: "looked-up",
      workerId: "w1",
      attempt: attempt as never,
      application: master.application(appId),
    });
    const reply = worker.obey(worker.send({ reports: [report] }));
    expect(reply?.directives).toEqual([{ kind: "forget", attempt }]);
    expect(master.application(appId).state).toBe("FINISHED");
  });

  it("leaves an attempt alone that it has never heard of, and says so", () => {
    const { master, worker } = ready();
    worker.held.set("c1/app-20260101000000-9999/1", "started");
    worker.obey(worker.send());
    master.step({
      kind: "looked-up",
      workerId: "w1",
      attempt: "c1/app-20260101000000-9999/1" as never,
      application: null,
    });
    const reply = worker.obey(worker.send());
    expect(reply?.directives ?? []).toEqual([]);
    expect(master.events.at(-1)).toMatchObject({ kind: "alert", code: "unknown-attempt" });
    expect(master.state.workers.get("w1")?.usedMilliCores).toBe(1000);
  });

  it("keeps the order of those that wait, and never gives a number twice", () => {
    const master = new MasterScript();
    const ids = Array.from({ length: 5 }, () =>
      master.submit({ ...describedApplication, milliCores: 4000 }),
    );
    master.restart();
    const later = master.submit({ ...describedApplication, milliCores: 4000 });
    expect(master.application(later).number).toBeGreaterThan(
      master.application(ids.at(-1)!).number,
    );
    const worker = new WorkerScript(master);
    worker.register();
    for (const appId of [...ids, later]) {
      const attempt = launched(master, worker, appId);
      worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    }
  });

  it("does not declare a worker lost that it has not given a lease and a margin to report", () => {
    const { master, worker } = ready();
    const appId = master.submit(fence());
    const attempt = launched(master, worker, appId);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    master.advance(50_000);
    master.restart();
    master.advance(69_999);
    expect(master.application(appId).state).toBe("UNKNOWN");
    master.advance(1);
    expect(master.application(appId).state).toBe("RELAUNCHING");
  });
});
