import { expect, it } from "vitest";
import { launched, ready } from "./ready-master.ts";

/** A record as it was written before these fields existed. */
function without<Stored extends object>(record: Stored, ...names: string[]): Stored {
  const left = Object.entries(record).filter(([name]) => !names.includes(name));
  return Object.fromEntries(left) as Stored;
}

it("takes up what was stored before some fields existed, with their defaults", () => {
  const { master, worker } = ready();
  const big = master.submit();
  const attempt = launched(master, worker, big);
  const { store } = master;
  for (const [id, description] of store.descriptions) {
    const added = ["options", "resources", "openFilesMax", "key", "deadlineMs", "waitTimeoutMs"];
    store.descriptions.set(id, without(description, ...added, "health", "namespace", "onConflict"));
  }
  for (const [id, record] of store.applications)
    store.applications.set(id, without(record, "firstStartedAtMs", "rerunOf"));
  for (const [id, record] of store.workers)
    store.workers.set(id, without(record, "resources", "labels", "labelsSet", "drain"));
  master.restart();
  const waiting = master.submit();
  worker.register();
  worker.obey(worker.send({ applied: [] }));
  expect(master.application(waiting).state).toBe("LAUNCHING");
  worker.obey(worker.send({ reports: [worker.started(attempt), worker.exited(attempt)] }));
  expect(master.application(big).end?.state).toBe("FINISHED");
  const view = master.ask((token) => ({ kind: "show-worker", token, workerId: "w1" }));
  expect(view).toMatchObject({ worker: { worker: { resources: {}, drain: null, labels: {} } } });
});
