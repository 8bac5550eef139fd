import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processesOf, SupervisedDirectory, until } from "./supervised-directory.ts";
import {
  detectContainment,
  type ContainmentMode,
} from "../../src/containment/detect-containment.ts";
import { systemTimers } from "@aloha/runtime/node";

/** Those that this host offers; `group` always. */
const modes = (["cgroup2", "freezer", "group"] as const).filter(isOffered);

function isOffered(mode: ContainmentMode): boolean {
  const containment = detectContainment({
    directory: `/kill-tree-test-${process.pid}`,
    mode,
    cgroupRoot: null,
    limits: false,
    timers: systemTimers,
  });
  containment.close();
  return containment.mechanism === mode;
}

const ignoresTerm = 'trap "" TERM; while :; do sleep 1; done';
/** Leaves its session, its parent and its process group, and ignores SIGTERM. */
const withDaemon = (then: string): readonly string[] => [
  "sh",
  "-c",
  `setsid sh -c '(trap "" TERM; echo ready; while :; do sleep 1; done) &' ; ${then}`,
];

describe.each(modes)("in %s containment", (mode) => {
  let host: SupervisedDirectory;
  const tree = mode === "group" ? "best-effort" : "verified";

  beforeAll(async () => {
    host = new SupervisedDirectory(["--containment", mode]);
    await host.attached();
  });

  afterAll(() => host[Symbol.asyncDispose]());

  test("SIGTERM comes first, and a program that obeys it is not killed", async () => {
    await host.start(1, ["sleep", "60"]);
    await host.started(1);
    host.kill(1);
    expect(await host.ended(1)).toMatchObject({ signal: "SIGTERM", stopCause: "kill", tree });
  });

  test("a program that ignores SIGTERM and its daemon, which left the session, are gone when the end is reported", async () => {
    await host.start(2, withDaemon(ignoresTerm));
    await until(() => processesOf(2).length >= 3);
    host.kill(2);
    expect(await host.ended(2)).toMatchObject({ signal: "SIGKILL", stopCause: "kill", tree });
    expect(processesOf(2)).toEqual([]);
  });

  test("when the main process ends by itself its daemon is ended too, and the exit code is kept", async () => {
    await host.start(3, withDaemon("sleep 0.2; exit 5"));
    expect(await host.ended(3)).toMatchObject({ exitCode: 5, signal: null, stopCause: null, tree });
    expect(processesOf(3)).toEqual([]);
  });

  test("a kill without grace does not wait", async () => {
    await host.start(4, ["sh", "-c", ignoresTerm], { stop: { signal: "TERM", graceMs: 60_000 } });
    await host.started(4);
    host.kill(4, true);
    expect(await host.ended(4)).toMatchObject({ signal: "SIGKILL", stopCause: "kill" });
  });

  test("a lease that is not renewed ends in a fence", async () => {
    await host.start(5, withDaemon(ignoresTerm), { leaseMs: 1_500 });
    await host.started(5);
    expect(await host.ended(5)).toMatchObject({ signal: "SIGKILL", stopCause: "fence" });
    expect(processesOf(5)).toEqual([]);
  });
});
