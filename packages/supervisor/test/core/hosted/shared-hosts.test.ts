import { isHostKey } from "@aloha/core";
import type { AttemptKey, AttemptOutcome, StartSpec } from "@aloha/core";
import { guardTable, snapshotEntries, type SupervisorEffect } from "@aloha/supervisor/core";
import { describe, expect, it } from "vitest";
import { attachedSupervisor, BenchSupervisor, keyOf } from "../bench-supervisor.ts";

const limits = {
  hostsPerPoolMax: 2,
  hostMembersMax: 2,
  hostIdleMs: 60_000,
  hostKillTimeoutMs: 10_000,
  hostStartMs: 30_000,
};
const shared = (changes: Partial<StartSpec> = {}): { spec: Partial<StartSpec> } => ({
  spec: { onDisconnect: "keep", hosted: { pool: "p", order: "o" }, ...changes },
});

function bench(): BenchSupervisor {
  return attachedSupervisor({ limits });
}

/** Starts what the core asked to spawn, and says hello in its name. */
function bringUp(supervisor: BenchSupervisor, effects: readonly SupervisorEffect[]): AttemptKey {
  const [spawn] = effects.filter((effect) => effect.kind === "spawn");
  if (spawn?.kind !== "spawn") throw new Error("no host is spawned");
  supervisor.feed({ kind: "spawned", attempt: spawn.attempt, pid: 999, startTicks: 9 });
  supervisor.feed({
    kind: "host-reports",
    host: spawn.attempt,
    reports: [{ kind: "hello", host: spawn.attempt }],
  });
  return spawn.attempt;
}

/** Accepts attempts and gives the host that they are in. */
function runIn(
  supervisor: BenchSupervisor,
  numbers: readonly number[],
  spec = shared(),
): AttemptKey {
  for (const number of numbers) supervisor.start(number, spec);
  return bringUp(supervisor, supervisor.flush());
}

function membersIn(supervisor: BenchSupervisor, host: AttemptKey): readonly AttemptKey[] {
  return [...(supervisor.state.hosted.hosts.get(host)?.members.keys() ?? [])];
}

function endMember(
  supervisor: BenchSupervisor,
  host: AttemptKey,
  number: number,
  exitCode = 0,
  message: string | null = null,
): readonly SupervisorEffect[] {
  return supervisor.feed({
    kind: "host-reports",
    host,
    reports: [{ kind: "ended", attempt: keyOf(number), exitCode, message }],
  });
}

/** The process of a host ends, and its tree is gone. */
function endHost(supervisor: BenchSupervisor, host: AttemptKey, signal: string | null): void {
  supervisor.feed({
    kind: "exited",
    attempt: host,
    exitCode: signal === null ? 1 : null,
    signal,
    outOfMemory: false,
    guardianKilled: false,
    treeEmpty: "verified",
  });
  supervisor.feed({ kind: "output-drained", attempt: host });
  supervisor.flush();
}

function outcomeOf(supervisor: BenchSupervisor, number: number): AttemptOutcome | undefined {
  const report = supervisor.reports.findLast(
    (one) => one.kind === "ended" && one.attempt === keyOf(number),
  );
  return report?.kind === "ended" ? report.outcome : undefined;
}

describe("an attempt that shares a host", () => {
  it("is accepted durably, then a host is started for it, and it is handed over when that is there", () => {
    const supervisor = bench();
    const before = supervisor.start(1, shared());
    expect(before.some(({ kind }) => kind === "spawn")).toBe(false);
    const effects = supervisor.flush();
    const [spawn] = effects.filter((effect) => effect.kind === "spawn");
    expect(spawn).toMatchObject({
      spec: { memoryMiB: 0, environment: { ALOHA_HOST_SOCKET: "/run/hosts" }, hosted: null },
    });
    expect(effects.some(({ kind }) => kind === "host-send")).toBe(false);
    const host = bringUp(supervisor, effects);
    expect(isHostKey(host)).toBe(true);
    expect(membersIn(supervisor, host)).toEqual([keyOf(1)]);
  });

  it("ends as its host says, durably before it is reported, and costs no release", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    const effects = endMember(supervisor, host, 1, 3, "no table");
    expect(effects.map(({ kind }) => kind)).toEqual(["append"]);
    expect(outcomeOf(supervisor, 1)).toBeUndefined();
    supervisor.flush();
    expect(outcomeOf(supervisor, 1)).toMatchObject({
      kind: "exited",
      exitCode: 3,
      message: "no table",
      stopCause: null,
    });
  });

  it("shares with others as far as a host takes them; then there is a second host, and the rest wait", () => {
    const supervisor = bench();
    const first = runIn(supervisor, [1, 2, 3, 4, 5]);
    const second = bringUp(supervisor, supervisor.flush());
    expect(membersIn(supervisor, first)).toEqual([keyOf(1), keyOf(2)]);
    expect(membersIn(supervisor, second)).toEqual([keyOf(3), keyOf(4)]);
    endMember(supervisor, first, 1);
    expect(membersIn(supervisor, first)).toEqual([keyOf(2), keyOf(5)]);
  });

  it("is reported started only if it runs for a while, and hosts never are", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    expect(supervisor.lastReport("started")).toBeUndefined();
    supervisor.advance(250);
    supervisor.advance(250);
    const started = supervisor.reports.filter(({ kind }) => kind === "started");
    expect(started).toMatchObject([{ attempt: keyOf(1), pid: 999 }]);
    supervisor.attach(2, 2);
    const attached = supervisor.lastReport("attached");
    expect(attached).toMatchObject({ attempts: [{ kind: "live", attempt: keyOf(1) }] });
    expect(supervisor.state.attempts.has(host)).toBe(true);
  });

  it("is asked to stop once the cause is durable, and was killed if it then ends", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    expect(supervisor.kill(1).some(({ kind }) => kind === "host-send")).toBe(false);
    expect(supervisor.flush()).toContainEqual({
      kind: "host-send",
      host,
      message: { kind: "stop", attempt: keyOf(1) },
    });
    endMember(supervisor, host, 1);
    supervisor.flush();
    expect(outcomeOf(supervisor, 1)).toMatchObject({ exitCode: 0, stopCause: "kill" });
  });

  it("that does not stop takes its host with it, after grace period and host timeout", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1, 2]);
    supervisor.kill(1);
    supervisor.flush();
    supervisor.advance(5_000);
    supervisor.start(3, shared());
    const replacement = bringUp(supervisor, supervisor.flush());
    expect(membersIn(supervisor, replacement)).toEqual([keyOf(3)]);
    supervisor.advance(9_999);
    expect(supervisor.flush().some(({ kind }) => kind === "kill-tree")).toBe(false);
    supervisor.advance(1);
    expect(supervisor.flush()).toContainEqual(
      expect.objectContaining({
        kind: "kill-tree",
        tree: expect.objectContaining({ attempt: host }),
      }),
    );
    endHost(supervisor, host, "SIGKILL");
    expect(outcomeOf(supervisor, 1)).toMatchObject({ signal: "SIGKILL", stopCause: "kill" });
    expect(outcomeOf(supervisor, 2)).toMatchObject({ kind: "exit-unknown", reason: "host-killed" });
    expect(outcomeOf(supervisor, 3)).toBeUndefined();
  });

  it("that stops late spares its host, which ends when the others have", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1, 2]);
    supervisor.kill(1, true);
    supervisor.flush();
    supervisor.advance(5_000);
    endMember(supervisor, host, 1);
    supervisor.advance(10_000);
    expect(supervisor.flush().some(({ kind }) => kind === "kill-tree")).toBe(false);
    endMember(supervisor, host, 2);
    supervisor.advance(250);
    expect(supervisor.flush()).toContainEqual(
      expect.objectContaining({ kind: "signal-tree", signal: "SIGTERM" }),
    );
    endHost(supervisor, host, null);
    expect(outcomeOf(supervisor, 2)).toMatchObject({
      kind: "exited",
      exitCode: 0,
      stopCause: null,
    });
  });

  it("has its time limit", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1], shared({ timeLimitMs: 1_000 }));
    supervisor.advance(1_000);
    expect(supervisor.flush()).toContainEqual(
      expect.objectContaining({
        kind: "host-send",
        host,
        message: { kind: "stop", attempt: keyOf(1) },
      }),
    );
    endMember(supervisor, host, 1);
    supervisor.flush();
    expect(outcomeOf(supervisor, 1)).toMatchObject({ stopCause: "timeout" });
  });

  it("never starts if it is killed while it waits for a host", () => {
    const supervisor = bench();
    supervisor.start(1, shared());
    const effects = supervisor.flush();
    supervisor.kill(1);
    const host = bringUp(supervisor, effects);
    supervisor.flush();
    expect(membersIn(supervisor, host)).toEqual([]);
    expect(outcomeOf(supervisor, 1)).toMatchObject({ kind: "never-started" });
  });
});

describe("a host", () => {
  it("that ends by itself ends all that is in it, and a new one serves what comes then", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1, 2]);
    supervisor.feed({ kind: "host-disconnected", host });
    endHost(supervisor, host, "SIGSEGV");
    for (const number of [1, 2]) {
      expect(outcomeOf(supervisor, number)).toMatchObject({
        kind: "exit-unknown",
        reason: "host-crashed",
      });
    }
    supervisor.start(3, shared());
    expect(bringUp(supervisor, supervisor.flush())).not.toBe(host);
    expect(supervisor.state.attempts.has(host)).toBe(false);
  });

  it("that loses its connection is killed, since nobody would hear of ends in it", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    supervisor.feed({ kind: "host-disconnected", host });
    expect(supervisor.flush().some(({ kind }) => kind === "kill-tree")).toBe(true);
    endHost(supervisor, host, "SIGKILL");
    expect(outcomeOf(supervisor, 1)).toMatchObject({ reason: "host-crashed" });
  });

  it("that ends before it took work ends what waits for it with a message, instead of trying for ever", () => {
    const supervisor = bench();
    supervisor.start(1, shared());
    const [spawn] = supervisor.flush().filter((effect) => effect.kind === "spawn");
    if (spawn?.kind !== "spawn") throw new Error("no host is spawned");
    supervisor.feed({ kind: "spawned", attempt: spawn.attempt, pid: 9, startTicks: 9 });
    endHost(supervisor, spawn.attempt, null);
    expect(outcomeOf(supervisor, 1)).toMatchObject({ kind: "start-failed", code: "spawn-failed" });
  });

  it("that does not begin in time is killed", () => {
    const supervisor = bench();
    supervisor.start(1, shared());
    const [spawn] = supervisor.flush().filter((effect) => effect.kind === "spawn");
    if (spawn?.kind !== "spawn") throw new Error("no host is spawned");
    supervisor.feed({ kind: "spawned", attempt: spawn.attempt, pid: 9, startTicks: 9 });
    supervisor.advance(30_000);
    expect(supervisor.flush().some(({ kind }) => kind === "kill-tree")).toBe(true);
  });

  it("that nobody is in ends after a while", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    endMember(supervisor, host, 1);
    supervisor.advance(59_000);
    expect(supervisor.flush().some(({ kind }) => kind === "signal-tree")).toBe(false);
    supervisor.advance(1_000);
    expect(supervisor.flush().some(({ kind }) => kind === "signal-tree")).toBe(true);
    endHost(supervisor, host, null);
    expect(supervisor.state.hosted.pools.size).toBe(0);
  });

  it("does not keep a supervisor from stopping", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    endMember(supervisor, host, 1);
    supervisor.flush();
    supervisor.command({ kind: "shutdown", killAll: false });
    supervisor.flush();
    expect(supervisor.lastReport("shutdown-refused")).toBeUndefined();
    endHost(supervisor, host, "SIGKILL");
    expect(supervisor.state.exited).toBe(true);
  });

  it("is fenced at the end of the lease that ends first, which its guardian knows", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1, 2], shared({ onDisconnect: "fence" }));
    const deadline = (): number | null | undefined =>
      guardTable(supervisor.state).find(({ attempt }) => attempt === host)?.fenceBootMs;
    expect(deadline()).toBe(160_000);
    supervisor.bootMs += 10_000;
    supervisor.command({ kind: "stamp", stamp: 2 });
    supervisor.renew([1, 2], 2);
    supervisor.advance(0);
    expect(deadline()).toBe(170_000);
    supervisor.advance(50_000);
    expect(supervisor.flush().some(({ kind }) => kind === "signal-tree")).toBe(true);
    endMember(supervisor, host, 1);
    endHost(supervisor, host, "SIGKILL");
    expect(outcomeOf(supervisor, 1)).toMatchObject({ exitCode: 0, stopCause: "fence" });
    expect(outcomeOf(supervisor, 2)).toMatchObject({ signal: "SIGKILL", stopCause: "fence" });
  });

  it("is killed when nobody guards it, and says so of all that was in it", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    supervisor.feed({ kind: "guardian", event: "lost", message: "SIGKILL" });
    expect(supervisor.flush().some(({ kind }) => kind === "kill-tree")).toBe(true);
    endHost(supervisor, host, "SIGKILL");
    expect(outcomeOf(supervisor, 1)).toMatchObject({
      signal: "SIGKILL",
      stopCause: "supervision-lost",
    });
  });

  it("waits for a guardian before it gets work", () => {
    const supervisor = bench();
    const host = runIn(supervisor, [1]);
    endMember(supervisor, host, 1);
    supervisor.flush();
    supervisor.state.guardian = "starting";
    supervisor.start(2, shared());
    supervisor.flush();
    expect(membersIn(supervisor, host)).toEqual([]);
    supervisor.feed({ kind: "guardian", event: "up", message: "" });
    expect(membersIn(supervisor, host)).toEqual([keyOf(2)]);
  });

  it("that a vanished supervisor left is killed, and only then are its members over", () => {
    const before = bench();
    const host = runIn(before, [1]);
    for (const entries of [before.journal, snapshotEntries(before.state)]) {
      const after = new BenchSupervisor({ limits, entries });
      expect(after.recovery).toContainEqual(
        expect.objectContaining({
          kind: "kill-tree",
          tree: expect.objectContaining({ attempt: host }),
        }),
      );
      after.attach(2);
      expect(outcomeOf(after, 1)).toBeUndefined();
      after.feed({ kind: "tree-empty", attempt: host, tree: "verified" });
      after.flush();
      expect(outcomeOf(after, 1)).toMatchObject({
        kind: "exit-unknown",
        reason: "supervisor-lost",
      });
      after.flush();
      expect(after.state.attempts.has(host)).toBe(false);
    }
  });
});
