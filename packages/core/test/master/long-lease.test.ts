import { describe, expect, it } from "vitest";
import type { MasterEffect } from "../../src/master/effect.ts";
import type { MasterInput } from "../../src/master/input.ts";
import type { Sync } from "../../src/protocol/worker.ts";
import { MasterScript, WorkerScript } from "./master-script.ts";

const maintenanceLeaseMs = 900_000;

function ready(): { master: MasterScript; worker: WorkerScript } {
  const master = new MasterScript();
  const worker = new WorkerScript(master);
  worker.register();
  worker.obey(worker.send());
  return { master, worker };
}

function stoppingSync(master: MasterScript, worker: WorkerScript): MasterInput {
  const message: Sync = {
    kind: "sync",
    workerId: worker.workerId,
    incarnation: worker.incarnation,
    seq: ++worker.seq,
    epochSeen: master.state.cluster.epoch,
    nonce: "n",
    stamp: worker.seq,
    applied: [],
    outstanding: [],
    intent: "stopping",
    reports: [],
    running: { kind: "full", attempts: [] },
  };
  return { kind: "sync", token: master.token(), message };
}

function grants(
  effects: readonly MasterEffect[],
): readonly { readonly leaseMs: number; readonly urgent: boolean }[] {
  return effects.flatMap((effect) => {
    if (
      effect.kind !== "answer" ||
      effect.answer.kind !== "sync" ||
      effect.answer.reply.kind !== "sync-reply"
    )
      return [];
    return [{ leaseMs: effect.answer.reply.leaseMs, urgent: effect.urgent }];
  });
}

/** Stops on purpose and comes back at once, as an upgrade does. */
function restart(worker: WorkerScript): void {
  worker.obey(worker.send({ intent: "stopping" }));
  worker.incarnation++;
  worker.seq = 0;
  worker.register();
  worker.obey(worker.send());
}

describe("the longer lease of a worker that stops", () => {
  it("never overtakes the commit that makes it durable, even if two Syncs arrive together", () => {
    const { master, worker } = ready();
    const effects = master.step(stoppingSync(master, worker), stoppingSync(master, worker));
    const long = grants(effects).filter(({ leaseMs }) => leaseMs === maintenanceLeaseMs);
    expect(long.map(({ urgent }) => urgent)).toEqual([false, false]);
  });

  it("stays the one that deadlines are counted from until the last of several has ended", () => {
    const { master, worker } = ready();
    restart(worker);
    const keepInTouch = (ms: number): void => {
      for (let passedMs = 0; passedMs < ms; passedMs += 30_000) {
        master.advance(30_000);
        worker.obey(worker.send());
      }
    };
    keepInTouch(600_000);
    restart(worker);
    keepInTouch(600_000);
    expect(master.store.workers.get("w1")?.maxLeaseMs).toBe(maintenanceLeaseMs);
    keepInTouch(400_000);
    expect(master.store.workers.get("w1")?.maxLeaseMs).toBe(60_000);
  });
});
