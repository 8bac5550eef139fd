import { describe, expect, it } from "vitest";
import type { ApplicationDescription } from "../../src/application/description.ts";
import { keyLineLengthMax } from "../../src/master/key-line.ts";
import { describedApplication } from "./master-script.ts";
import type { MasterScript } from "./master-script.ts";
import { launched, ready } from "./ready-master.ts";

function keyed(
  onConflict: ApplicationDescription["onConflict"],
  change: Partial<ApplicationDescription> = {},
): ApplicationDescription {
  return { ...describedApplication, key: "nightly", onConflict, ...change };
}

function refusalOf(master: MasterScript, description: ApplicationDescription) {
  return master.ask((token) => {
    return { kind: "submit", token, description, prefix: "app", request: null };
  });
}

describe("a key that is taken", () => {
  it("refuses by default, and names the live application", () => {
    const { master } = ready();
    const first = master.submit(keyed("reject"));
    expect(refusalOf(master, keyed("reject"))).toMatchObject({
      kind: "refused",
      code: "conflict",
      message: expect.stringContaining(`is held by ${first}, which is live`) as unknown,
    });
    master.submit(keyed("reject", { namespace: "other" }));
    master.submit(keyed("reject", { key: "hourly" }));
    master.submit({ ...describedApplication });
  });

  it("is free again once the application has ended", () => {
    const { master, worker } = ready();
    const attempt = launched(master, worker, master.submit(keyed("reject")));
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    master.submit(keyed("reject"));
    expect(master.state.keyLines.size).toBe(1);
  });

  it("gives the same application to the same requestId, not a refusal", () => {
    const { master } = ready();
    const request = { requestId: "r", bodyHash: "h" };
    const appId = master.submit(keyed("reject"), request);
    expect(master.submit(keyed("reject"), request)).toBe(appId);
  });
});

describe("onConflict queue", () => {
  it("places one at a time, in the order of submission, whatever leader there is", () => {
    const { master, worker } = ready();
    const ids = [1, 2, 3].map(() => master.submit(keyed("queue")));
    let attempt = launched(master, worker, ids[0]!);
    for (const next of ids.slice(1)) {
      expect(master.application(next).state).toBe("SUBMITTED");
      master.restart();
      worker.register();
      worker.obey(worker.send({ applied: [] }));
      expect(master.application(next).state).toBe("SUBMITTED");
      worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
      expect(master.application(next).state).toBe("LAUNCHING");
      const key = [...worker.held.keys()].find((held) => held.includes(next));
      attempt = key ?? launched(master, worker, next);
    }
  });

  it("says what it waits for", () => {
    const { master } = ready();
    const [first, second] = [master.submit(keyed("queue")), master.submit(keyed("queue"))];
    const answer = master.ask((token) => ({ kind: "explain", token, appId: second }));
    expect(answer).toMatchObject({
      explanation: { summary: `It waits for ${first} to end, which holds the key "nightly"` },
    });
    const overview = master.ask((token) => ({ kind: "overview", token }));
    expect(overview).toMatchObject({ overview: { waiting: 1 } });
  });

  it("passes over one that was killed while it waited", () => {
    const { master, worker } = ready();
    const [first, second, third] = [1, 2, 3].map(() => master.submit(keyed("queue")));
    const attempt = launched(master, worker, first!);
    master.kill(second!);
    expect(master.application(second!).end?.reason).toBe("killed-before-start");
    expect(master.application(third!).state).toBe("SUBMITTED");
    worker.obey(worker.send({ reports: [worker.exited(attempt)] }));
    expect(master.application(third!).state).toBe("LAUNCHING");
  });

  it("is bounded", () => {
    const { master } = ready();
    for (let count = 0; count < keyLineLengthMax; count++) master.submit(keyed("queue"));
    expect(refusalOf(master, keyed("replace"))).toMatchObject({ code: "limit-exceeded" });
  });
});

describe("onConflict replace", () => {
  it("kills what has the key in the same step, and is placed only when its tree is gone", () => {
    const { master, worker } = ready();
    const first = master.submit(keyed("reject"));
    const waiting = master.submit(keyed("queue"));
    const attempt = launched(master, worker, first);
    worker.obey(worker.send({ reports: [worker.started(attempt)] }));
    const next = master.submit(keyed("replace"));
    expect(master.application(first)).toMatchObject({
      state: "KILLING",
      killRequest: { cause: "replaced", reason: `replaced by ${next}` },
    });
    expect(master.application(waiting).end).toMatchObject({ state: "KILLED", reason: "replaced" });
    expect(master.application(next).state).toBe("SUBMITTED");
    master.restart();
    worker.register();
    worker.obey(worker.send());
    expect(master.application(next).state).toBe("SUBMITTED");
    const killed = worker.exited(attempt, { exitCode: null, signal: "SIGTERM", stopCause: "kill" });
    worker.obey(worker.send({ reports: [killed] }));
    expect(master.application(first).end).toMatchObject({
      state: "KILLED",
      reason: "replaced",
      message: `Killed: replaced by ${next}`,
    });
    expect(master.application(next).state).toBe("LAUNCHING");
  });

  it("takes a free key like any other submission", () => {
    const { master } = ready();
    expect(master.application(master.submit(keyed("replace"))).state).toBe("LAUNCHING");
  });
});
