import { describe, expect, it } from "vitest";
import { workerLabels } from "../../src/master/worker-labels.ts";
import { fence, WorkerScript } from "./master-script.ts";
import type { MasterScript } from "./master-script.ts";
import { launched, ready } from "./ready-master.ts";

function drain(master: MasterScript, deadlineMs: number | null = null) {
  return master.ask((token) => ({
    kind: "drain-worker",
    token,
    workerId: "w1",
    deadlineMs,
    reason: "new kernel",
  }));
}

function resume(master: MasterScript) {
  return master.ask((token) => ({ kind: "resume-worker", token, workerId: "w1" }));
}

function label(master: MasterScript, labels: Readonly<Record<string, string | null>>) {
  return master.ask((token) => ({ kind: "label-worker", token, workerId: "w1", labels }));
}

const modeOf = (master: MasterScript) => master.store.workers.get("w1")?.mode;

describe("a drained worker", () => {
  it("keeps what it runs, and is given nothing more until it resumes", () => {
    const { master, worker } = ready();
    const running = master.submit();
    const attempt = launched(master, worker, running);
    expect(drain(master)).toMatchObject({
      kind: "worker",
      worker: { worker: { mode: "DRAINING" } },
    });
    const waiting = master.submit();
    expect(master.application(waiting).state).toBe("SUBMITTED");
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(running).state).toBe("FINISHED");
    expect(master.application(waiting).state).toBe("SUBMITTED");
    expect(resume(master)).toMatchObject({ worker: { worker: { mode: "ALIVE", drain: null } } });
    expect(master.application(waiting).state).toBe("LAUNCHING");
  });

  it("stays drained under another leader, when it registers again and after a silence", () => {
    const { master, worker } = ready();
    drain(master);
    master.restart();
    worker.register();
    worker.obey(worker.send({ applied: [] }));
    expect(modeOf(master)).toBe("DRAINING");
    master.advance(61_000);
    expect(modeOf(master)).toBe("UNKNOWN");
    worker.obey(worker.send());
    expect(modeOf(master)).toBe("DRAINING");
    expect(master.store.workers.get("w1")?.drain?.reason).toBe("new kernel");
    const waiting = master.submit();
    expect(master.application(waiting).state).toBe("SUBMITTED");
  });

  it("loses its work at the deadline: supervised applications go on elsewhere, others end as drained", () => {
    const { master, worker } = ready();
    const [supervised, plain] = [master.submit(fence()), master.submit()];
    const attempts = [supervised, plain].map((appId) => launched(master, worker, appId));
    worker.obey(worker.send({ reports: attempts.map((attempt) => worker.started(attempt)) }));
    drain(master, 20_000);
    const other = new WorkerScript(master, "w2", { hostId: "h2" });
    other.register();
    other.send();
    const held = worker.send();
    master.advance(20_000);
    const directives = [held, worker.send()].flatMap(
      (token) => worker.obey(token)?.directives ?? [],
    );
    for (const attempt of attempts)
      expect(directives).toContainEqual({ kind: "kill", attempt, immediately: false });
    const ended = attempts.map((attempt) =>
      worker.exited(attempt, { exitCode: null, signal: "SIGTERM", stopCause: "kill" }),
    );
    worker.obey(worker.send({ reports: ended }));
    expect(master.application(plain).end).toMatchObject({ state: "ERROR", reason: "drained" });
    expect(master.application(supervised)).toMatchObject({
      state: "LAUNCHING",
      attempts: [{ workerId: "w1" }, { workerId: "w2" }],
    });
  });

  it("keeps to its deadline under another leader, and forgets it when it resumes", () => {
    const { master, worker } = ready();
    const attempt = launched(master, worker, master.submit());
    drain(master, 20_000);
    master.advance(15_000);
    master.restart();
    worker.register();
    worker.obey(worker.send({ applied: [] }));
    const held = worker.send();
    master.advance(5_000);
    const directives = [held, worker.send()].flatMap(
      (token) => worker.obey(token)?.directives ?? [],
    );
    expect(directives).toContainEqual({ kind: "kill", attempt, immediately: false });

    const again = ready();
    const kept = launched(again.master, again.worker, again.master.submit());
    drain(again.master, 20_000);
    resume(again.master);
    const token = again.worker.send();
    again.master.advance(30_000);
    const all = [token, again.worker.send()].flatMap(
      (sent) => again.worker.obey(sent)?.directives ?? [],
    );
    expect(all.filter((directive) => directive.attempt === kept)).toEqual([]);
  });

  it("spares what it was not told to stop yet, when it resumes or is given more time", () => {
    for (const change of [resume, (master: MasterScript) => drain(master, 600_000)]) {
      const { master, worker } = ready();
      const attempt = launched(master, worker, master.submit());
      worker.obey(worker.send());
      drain(master, 1_000);
      master.advance(1_000);
      change(master);
      const tokens = [worker.send(), worker.send()];
      const told = tokens.flatMap((token) => worker.obey(token)?.directives ?? []);
      expect(told.filter((directive) => directive.attempt === attempt)).toEqual([]);
    }
  });

  it("must be known", () => {
    const { master } = ready();
    const answer = master.ask((token) => ({ kind: "show-worker", token, workerId: "w9" }));
    expect(answer).toMatchObject({ kind: "refused", code: "not-found" });
  });
});

describe("labels of a worker", () => {
  it("are those of its configuration, with what operators set and removed on top, for good", () => {
    const { master } = ready();
    const configured = new WorkerScript(master, "w1", { labels: { zone: "a", disk: "ssd" } });
    configured.register();
    label(master, { zone: "b", disk: null, gone: null });
    expect(master.store.workers.get("w1")).toMatchObject({
      labels: { zone: "a", disk: "ssd" },
      labelsSet: { zone: "b", disk: null },
    });
    master.restart();
    configured.register();
    expect(master.store.workers.get("w1")?.labelsSet).toEqual({ zone: "b", disk: null });
    label(master, { zone: null, disk: "hdd" });
    expect(workerLabels(master.store.workers.get("w1")!)).toEqual({ disk: "hdd" });
  });

  it("are bounded", () => {
    const { master } = ready();
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, "x"]));
    expect(label(master, many)).toMatchObject({ kind: "refused", code: "limit-exceeded" });
    expect(master.store.workers.get("w1")?.labelsSet).toEqual({});
  });
});
