import type { AttemptKey } from "@aloha/core";
import { isHostKey } from "@aloha/core";
import { snapshotEntries, type JournalEntry, type SupervisorEffect } from "@aloha/supervisor/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { attachedSupervisor, BenchSupervisor, epochOne } from "../bench-supervisor.ts";

const kinds = [
  "start",
  "start-fenced",
  "hello",
  "member-ends",
  "kill",
  "renew",
  "disconnect",
  "host-exits",
  "host-is-empty",
  "advance",
  "durable",
  "guardian",
] as const;

interface Action {
  readonly kind: (typeof kinds)[number];
  readonly number: number;
}

/** What leads to members that run comes more often. */
const weights: Partial<Record<Action["kind"], number>> = {
  start: 6,
  durable: 8,
  hello: 6,
  "member-ends": 3,
};

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.oneof(
    ...kinds.map((kind) => ({ weight: weights[kind] ?? 1, arbitrary: fc.constant(kind) })),
  ),
  number: fc.integer({ min: 1, max: 6 }),
});

const leaseMs = 20_000;
const limits = {
  hostsPerPoolMax: 2,
  hostMembersMax: 2,
  hostKillTimeoutMs: 2_000,
  hostStartMs: 5_000,
};

/** A host as the outside world sees it. */
interface World {
  connected: boolean;
  exited: boolean;
  gone: boolean;
  readonly running: Set<AttemptKey>;
}

/** Plays the worker, the disk, the hosts and the clock, and checks every effect. */
class Checker {
  readonly bench = attachedSupervisor({ limits });
  readonly #hosts = new Map<AttemptKey, World>();
  readonly #handed = new Map<AttemptKey, AttemptKey>();
  readonly #ended = new Set<AttemptKey>();
  #durable = 0;
  #checked = 0;
  #stamp = 1;

  get handedOver(): number {
    return this.#handed.size;
  }

  play({ kind, number }: Action): void {
    const { bench } = this;
    const host = [...this.#hosts.keys()][number % Math.max(1, this.#hosts.size)];
    const world = host === undefined ? undefined : this.#hosts.get(host);
    switch (kind) {
      case "start":
      case "start-fenced":
        this.#start(number, kind === "start-fenced");
        return;
      case "kill":
        this.check(bench.kill(number, number % 2 === 0));
        return;
      case "renew":
        bench.command({ kind: "stamp", stamp: ++this.#stamp });
        this.check(bench.renew([number], this.#stamp, leaseMs));
        return;
      case "advance":
        this.check(bench.advance(number * 700));
        return;
      case "durable":
        this.flush(Math.min(6, 2 * number));
        return;
      case "guardian":
        this.check(bench.feed({ kind: "guardian", event: "lost", message: "" }));
        this.check(bench.feed({ kind: "guardian", event: "up", message: "" }));
        return;
      case "hello":
      case "member-ends":
      case "disconnect":
      case "host-exits":
      case "host-is-empty":
        if (host !== undefined && world !== undefined) this.#host(kind, host, world, number);
        return;
    }
  }

  #start(number: number, fenced: boolean): void {
    const { bench } = this;
    bench.command({ kind: "stamp", stamp: ++this.#stamp });
    this.check(
      bench.start(number, {
        stamp: this.#stamp,
        leaseMs,
        epoch: epochOne,
        spec: {
          onDisconnect: fenced ? "fence" : "keep",
          stop: { signal: "SIGTERM", graceMs: 1_000 },
          hosted: { pool: fenced ? "fenced" : "kept", order: "o" },
        },
      }),
    );
  }

  #host(kind: Action["kind"], host: AttemptKey, world: World, number: number): void {
    const { bench } = this;
    if (kind === "hello" && !world.connected && !world.exited) {
      world.connected = true;
      this.check(bench.feed({ kind: "host-reports", host, reports: [{ kind: "hello", host }] }));
    } else if (kind === "member-ends" && world.connected && !world.exited) {
      const attempt = [...world.running][number % Math.max(1, world.running.size)];
      if (attempt === undefined) return;
      world.running.delete(attempt);
      const report = { kind: "ended", attempt, exitCode: 0, message: null } as const;
      this.check(bench.feed({ kind: "host-reports", host, reports: [report] }));
    } else if (kind === "disconnect" && world.connected) {
      world.connected = false;
      this.check(bench.feed({ kind: "host-disconnected", host }));
    } else if (kind === "host-exits" && !world.exited) {
      world.exited = true;
      this.check(
        bench.feed({
          kind: "exited",
          attempt: host,
          exitCode: null,
          signal: "SIGKILL",
          outOfMemory: false,
          guardianKilled: false,
          treeEmpty: null,
        }),
      );
    } else if (kind === "host-is-empty" && world.exited && !world.gone) {
      world.gone = true;
      this.check(bench.feed({ kind: "tree-empty", attempt: host, tree: "verified" }));
      this.check(bench.feed({ kind: "output-drained", attempt: host }));
    }
  }

  check(effects: readonly SupervisorEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "spawn") this.#checkSpawn(effect.attempt);
      if (effect.kind === "host-send") this.#checkSend(effect);
      if (effect.kind === "report" && "attempt" in effect.report)
        expect(isHostKey(effect.report.attempt)).toBe(false);
      if (effect.kind === "report" && effect.report.kind === "ended") {
        const { attempt } = effect.report;
        expect(
          this.#isDurable((entry) => entry.kind === "ended" && entry.attempt === attempt),
        ).toBe(true);
      }
    }
    this.#checkEnds();
  }

  #checkSpawn(attempt: AttemptKey): void {
    expect(isHostKey(attempt)).toBe(true);
    expect(this.#hosts.has(attempt)).toBe(false);
    this.#hosts.set(attempt, {
      connected: false,
      exited: false,
      gone: false,
      running: new Set(),
    });
    this.check(this.bench.feed({ kind: "spawned", attempt, pid: 7, startTicks: 7 }));
  }

  #checkSend({ host, message }: Extract<SupervisorEffect, { kind: "host-send" }>): void {
    const world = this.#hosts.get(host);
    if (message.kind === "stop") {
      const { attempt } = message;
      expect(this.#isDurable((entry) => entry.kind === "stop" && entry.attempt === attempt)).toBe(
        true,
      );
      return;
    }
    const { attempt } = message;
    expect(this.#handed.has(attempt)).toBe(false);
    expect(world?.connected).toBe(true);
    expect(this.#isDurable((entry) => entry.kind === "accepted" && entry.attempt === attempt)).toBe(
      true,
    );
    const known = this.bench.state.attempts.get(attempt);
    expect(this.bench.bootMs).toBeLessThan(known?.deadlineBootMs ?? 0);
    this.#handed.set(attempt, host);
    if (world?.exited === false) world.running.add(attempt);
  }

  /** No attempt ends twice, and none while it may still run in a host. */
  #checkEnds(): void {
    const { journal } = this.bench;
    for (const entry of journal.slice(this.#checked)) {
      if (entry.kind !== "ended") continue;
      expect(this.#ended.has(entry.attempt)).toBe(false);
      this.#ended.add(entry.attempt);
      const host = this.#handed.get(entry.attempt);
      const world = host === undefined ? undefined : this.#hosts.get(host);
      if (world !== undefined && !world.gone) expect(world.running.has(entry.attempt)).toBe(false);
    }
    this.#checked = journal.length;
  }

  #isDurable(matches: (entry: JournalEntry) => boolean): boolean {
    return this.bench.journal.slice(0, this.#durable).some(matches);
  }

  /** Some of what was appended reaches the disk. */
  flush(share: number): void {
    this.#durable += Math.ceil(((this.bench.journal.length - this.#durable) * share) / 6);
    this.check(this.bench.feed({ kind: "durable", sequence: this.#durable }));
  }

  /** All hosts end, the disk catches up, and time passes: everything must come to an end. */
  settle(): void {
    for (let round = 0; round < 12; round++) {
      for (const [host, world] of this.#hosts) {
        for (const kind of ["host-exits", "disconnect", "host-is-empty"] as const)
          this.#host(kind, host, world, 0);
      }
      this.flush(6);
      this.check(this.bench.advance(5_000));
    }
    const { state } = this.bench;
    for (const { key, phase } of state.attempts.values())
      expect([key, phase.kind]).toEqual([key, "ended"]);
    expect(state.liveCount).toBe(0);
    expect(state.hosted.hosts.size).toBe(0);
    expect(state.hosted.pools.size).toBe(0);
  }
}

let handedOver = 0;

test("whatever happens in whatever order: handed over once, under its lease, ended once, and never while it may run", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80, size: "max" }), (actions) => {
      const checker = new Checker();
      for (const next of actions) checker.play(next);
      checker.settle();
      handedOver += checker.handedOver;
    }),
    { numRuns: 400 },
  );
  // Or the property would say little.
  expect(handedOver).toBeGreaterThan(400);
});

test("what was in hosts comes to an end after any crash, once all hosts of that time are gone", () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60, size: "max" }),
      fc.boolean(),
      (actions, rewritten) => {
        const checker = new Checker();
        for (const next of actions) checker.play(next);
        const { journal, state } = checker.bench;
        const after = new BenchSupervisor({
          limits,
          entries: rewritten ? snapshotEntries(state) : journal,
        });
        const hosts = [...after.state.attempts.keys()].filter(isHostKey);
        for (const host of hosts) {
          for (const { key, phase } of after.state.attempts.values())
            if (!isHostKey(key) && phase.kind === "recording") expect(hosts).toHaveLength(0);
          after.feed({ kind: "tree-empty", attempt: host, tree: "verified" });
        }
        for (let round = 0; round < 4; round++) after.flush();
        for (const { key, phase } of after.state.attempts.values())
          expect([key, phase.kind]).toEqual([key, "ended"]);
        expect([...after.state.attempts.keys()].some(isHostKey)).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
});
