import { describe, expect, it } from "vitest";
import { WorkerHarness, epoch, key, launch, leaseMs } from "./worker-harness.ts";
import type { AskFailure } from "../../src/index.ts";

function fencedWorker(
  masters: readonly string[] = ["127.0.0.1:7077", "127.0.0.2:7077"],
  trustRefusal = false,
): WorkerHarness {
  const worker = new WorkerHarness({ trustRefusal });
  worker.input({ kind: "begin" });
  worker.attach();
  worker.register(masters);
  const sync = worker.sync();
  worker.reply(sync, { masters, directives: [launch(key(1), { onDisconnect: "fence" })] });
  worker.flush();
  worker.prepare(key(1));
  worker.supervisor({ kind: "started", attempt: key(1), pid: 7, startedAtMs: 1 });
  worker.flush();
  const { token } = worker.sync();
  worker.input({ kind: "ask-failed", token, reason: "disconnected", message: "gone" });
  worker.ordered("stamp");
  worker.ordered("start");
  worker.effects = [];
  return worker;
}

interface Round {
  readonly stamp: number;
  readonly nonce: string;
  readonly probes: readonly { readonly to: string; readonly token: number }[];
}

/** Waits until a round is due and its masters are asked. */
function beginRound(worker: WorkerHarness): Round {
  worker.pass(leaseMs / 4);
  const [stamp] = worker.ordered("stamp");
  if (stamp === undefined) throw new Error("no stamp was taken");
  worker.supervisor({ kind: "stamped", stamp: stamp.stamp });
  const asks = worker.take("ask").filter(({ message }) => message.kind === "probe");
  return { stamp: stamp.stamp, nonce: asks[0]?.message.nonce ?? "", probes: asks };
}

function deny(
  worker: WorkerHarness,
  round: Round,
  index: number,
  changes: { nonce?: string; state?: "STANDBY" | "LOADING" } = {},
): void {
  const token = round.probes[index]?.token ?? 0;
  worker.input({
    kind: "answered",
    token,
    answer: { kind: "not-leader", nonce: round.nonce, state: "STANDBY", leader: null, ...changes },
  });
}

function fail(worker: WorkerHarness, round: Round, index: number, reason: AskFailure): void {
  const token = round.probes[index]?.token ?? 0;
  worker.input({ kind: "ask-failed", token, reason, message: reason });
}

describe("a grant", () => {
  it("renews the attempts that its Sync listed, from the stamp of that Sync", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.run(key(2));
    worker.ordered("renew");
    worker.pass(5_000);
    const sync = worker.sync();
    worker.reply(sync);
    expect(worker.ordered("renew")).toEqual([
      {
        kind: "renew",
        attempts: [key(1)],
        stamp: sync.message.stamp,
        leaseMs,
        authority: { epoch, incarnation: 1 },
      },
    ]);
  });

  it("does not renew an attempt that its Sync did not list", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const first = worker.sync();
    worker.reply(first, { directives: [launch(key(1), { onDisconnect: "fence" })] });
    worker.pass(5_000);
    const second = worker.sync();
    worker.flush();
    worker.prepare(key(1));
    worker.reply(second);
    expect(worker.ordered("renew")).toEqual([]);
  });

  it("of nothing renews nothing", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.ordered("renew");
    worker.pass(5_000);
    worker.reply(worker.sync(), { leaseMs: 0 });
    expect(worker.ordered("renew")).toEqual([]);
  });
});

describe("a denial round", () => {
  it("extends the leases from its stamp when every master denies leading", () => {
    const worker = fencedWorker();
    const round = beginRound(worker);
    expect(round.probes.map(({ to }) => to)).toEqual(["127.0.0.1:7077", "127.0.0.2:7077"]);
    deny(worker, round, 0);
    expect(worker.ordered("renew")).toEqual([]);
    deny(worker, round, 1);
    expect(worker.ordered("renew")).toEqual([
      {
        kind: "renew",
        attempts: [key(1)],
        stamp: round.stamp,
        leaseMs,
        authority: { epoch, incarnation: 1 },
      },
    ]);
  });

  it("is repeated while the leader is away", () => {
    const worker = fencedWorker();
    const first = beginRound(worker);
    deny(worker, first, 0);
    deny(worker, first, 1);
    const second = beginRound(worker);
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.stamp).toBeGreaterThan(first.stamp);
  });

  it("takes a refused connection on loopback for a denial", () => {
    const worker = fencedWorker();
    const round = beginRound(worker);
    deny(worker, round, 0);
    fail(worker, round, 1, "refused");
    expect(worker.ordered("renew")).toHaveLength(1);
  });

  it.each<AskFailure>(["timeout", "unreachable", "disconnected", "failed"])(
    "extends nothing when a master does not answer (%s)",
    (reason) => {
      const worker = fencedWorker();
      const round = beginRound(worker);
      fail(worker, round, 0, reason);
      deny(worker, round, 1);
      expect(worker.ordered("renew")).toEqual([]);
    },
  );

  it("takes a refusal from another host for a denial only where refusals are trusted", () => {
    for (const trust of [false, true]) {
      const worker = fencedWorker(["10.0.0.1:7077"], trust);
      fail(worker, beginRound(worker), 0, "refused");
      expect(worker.ordered("renew")).toHaveLength(trust ? 1 : 0);
    }
  });

  it("extends nothing on a denial with another nonce, or by a master that is about to lead", () => {
    for (const changes of [{ nonce: "old" }, { state: "LOADING" } as const]) {
      const worker = fencedWorker();
      const round = beginRound(worker);
      deny(worker, round, 0, changes);
      deny(worker, round, 1);
      expect(worker.ordered("renew")).toEqual([]);
    }
  });

  it("leads to the master that says that it leads", () => {
    const worker = fencedWorker();
    const round = beginRound(worker);
    while (worker.state.session.kind === "registering") {
      const { token } = worker.state.session;
      worker.input({ kind: "ask-failed", token, reason: "timeout", message: "" });
    }
    worker.take("ask");
    worker.input({
      kind: "answered",
      token: round.probes[1]?.token ?? 0,
      answer: { kind: "leading", nonce: round.nonce, epoch },
    });
    expect(worker.ask().to).toBe("127.0.0.2:7077");
    deny(worker, round, 0);
    expect(worker.ordered("renew")).toEqual([]);
  });

  it("does not begin while grants come", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    for (let turn = 0; turn < 20; turn++) {
      worker.pass(5_000);
      worker.reply(worker.sync());
    }
    expect(worker.effects.filter(({ kind }) => kind === "ask")).toEqual([]);
  });

  it("does not begin where nothing lives on a lease", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const { token } = worker.sync();
    worker.input({ kind: "ask-failed", token, reason: "timeout", message: "" });
    worker.pass(leaseMs);
    expect(worker.take("ask").every(({ message }) => message.kind === "register")).toBe(true);
  });
});
