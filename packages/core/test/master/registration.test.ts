import { describe, expect, it } from "vitest";
import { MasterScript, WorkerScript } from "./master-script.ts";
import { ready } from "./ready-master.ts";

describe("registration", () => {
  it("refuses a work directory that was copied to another host", () => {
    const { master } = ready();
    const copy = new WorkerScript(master, "w1", { hostId: "h2" });
    expect(copy.register()).toMatchObject({
      reply: { kind: "register-refused", code: "other-host" },
    });
  });

  it("refuses an older incarnation", () => {
    const { master, worker } = ready();
    worker.incarnation = 2;
    worker.register();
    const older = new WorkerScript(master);
    expect(older.register()).toMatchObject({
      reply: { kind: "register-refused", code: "stale-incarnation" },
    });
  });

  it("refuses a worker that has seen a newer epoch of this cluster", () => {
    const master = new MasterScript();
    const worker = new WorkerScript(master, "w1", {
      epochSeen: { number: 9, nonce: "x" },
      clusterIdSeen: "c1",
    });
    expect(worker.register()).toMatchObject({
      reply: { kind: "register-refused", code: "stale-epoch" },
    });
  });

  it("sends a worker that it does not know to register", () => {
    const master = new MasterScript();
    const worker = new WorkerScript(master);
    const token = worker.send();
    expect(master.answers.get(token)).toMatchObject({ reply: { kind: "register-again" } });
  });
});
