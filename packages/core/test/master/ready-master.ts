import { expect } from "vitest";
import { MasterScript, WorkerScript } from "./master-script.ts";

/** Lets the worker hear of a launch of this application, if it has not yet. */
export function launched(master: MasterScript, worker: WorkerScript, appId: string): string {
  const held = (): string | undefined =>
    [...worker.held].find(([key, phase]) => key.includes(appId) && phase === "accepted")?.[0];
  if (held() === undefined) worker.obey(worker.send());
  const attempt = held();
  if (attempt === undefined) throw new Error(`${appId} was not launched`);
  expect(master.application(appId).state).toBe("LAUNCHING");
  return attempt;
}

/** A master with one worker of four cores that has registered and is reconciled. */
export function ready(settings = {}): { master: MasterScript; worker: WorkerScript } {
  const master = new MasterScript(settings);
  const worker = new WorkerScript(master);
  worker.register();
  const token = worker.send();
  master.advance(5000);
  worker.obey(token);
  return { master, worker };
}
