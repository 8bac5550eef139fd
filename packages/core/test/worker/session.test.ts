import { describe, expect, it } from "vitest";
import { WorkerHarness, clusterId, epoch, key, launch, leaseMs } from "./worker-harness.ts";

const seeds = ["10.0.0.1:1", "10.0.0.2:1"];

function attachedWorker(options: ConstructorParameters<typeof WorkerHarness>[0]): WorkerHarness {
  const worker = new WorkerHarness(options);
  worker.input({ kind: "begin" });
  worker.attach();
  return worker;
}

function notLeader(worker: WorkerHarness, leader: string | null): string {
  const { token, to, message } = worker.ask();
  worker.input({
    kind: "answered",
    token,
    answer: { kind: "not-leader", nonce: message.nonce, state: "STANDBY", leader },
  });
  return to;
}

describe("registration", () => {
  it("waits for the supervisor, and tells what it said of the host", () => {
    const worker = new WorkerHarness();
    worker.input({ kind: "begin" });
    expect(worker.take("ask")).toEqual([]);
    worker.attach();
    expect(worker.ask().message).toMatchObject({
      kind: "register",
      bootId: "boot",
      containment: "cgroup",
      incarnation: 1,
      clusterIdSeen: null,
    });
  });

  it("asks the masters in turn, and the leader that one names first", () => {
    const worker = attachedWorker({ seeds });
    expect(notLeader(worker, null)).toBe(seeds[0]);
    expect(notLeader(worker, "10.0.0.9:1")).toBe(seeds[1]);
    expect(worker.ask().to).toBe("10.0.0.9:1");
  });

  it("does not run in circles between two masters that name each other", () => {
    const worker = attachedWorker({ seeds });
    for (let asked = 0; asked < 10 && worker.effects.some(({ kind }) => kind === "ask"); asked++) {
      const { token, to, message } = worker.ask();
      const leader = to === seeds[0] ? seeds[1] : seeds[0];
      worker.input({
        kind: "answered",
        token,
        answer: {
          kind: "not-leader",
          nonce: message.nonce,
          state: "STANDBY",
          leader: leader ?? null,
        },
      });
    }
    expect(worker.take("ask")).toEqual([]);
    worker.pass(10_000);
    expect(worker.take("ask")).toHaveLength(1);
  });

  it("waits longer from round to round, and never gives up", () => {
    const worker = attachedWorker({ seeds: ["10.0.0.1:1"] });
    const waits: number[] = [];
    for (let round = 0; round < 12; round++) {
      const { token } = worker.ask();
      worker.input({ kind: "ask-failed", token, reason: "unreachable", message: "no route" });
      const wake = worker.take("wake").at(-1);
      waits.push((wake?.atMs ?? 0) - worker.nowMs);
      worker.pass(waits.at(-1) ?? 0);
    }
    expect(waits[0]).toBeLessThan(300);
    expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    expect(worker.take("exit")).toEqual([]);
    expect(worker.take("alert")).toMatchObject([{ code: "no-master" }]);
  });

  it("raises an alert when it is refused, keeps trying, and clears the alert when it is taken", () => {
    const worker = attachedWorker({});
    const { token } = worker.ask();
    const answer = { kind: "register-refused", code: "other-host", message: "bound" } as const;
    worker.input({ kind: "answered", token, answer });
    expect(worker.take("alert")).toMatchObject([{ code: "register-refused" }]);
    worker.pass(5_000);
    worker.register();
    expect(worker.take("alert-cleared")).toEqual([
      { kind: "alert-cleared", code: "register-refused" },
    ]);
  });

  it("is on disk before the first Sync", () => {
    const worker = attachedWorker({});
    const { token } = worker.ask();
    const masters = ["127.0.0.1:7077"];
    worker.input({
      kind: "answered",
      token,
      answer: { kind: "registered", clusterId, epoch, leaseMs, masters },
    });
    worker.pass(1_000);
    expect(worker.ordered("stamp")).toEqual([]);
    worker.flush();
    expect(worker.disk).toEqual([{ kind: "joined", clusterId, epoch, leaseMs, masters }]);
    expect(worker.sync().message.epochSeen).toEqual(epoch);
  });

  it("refuses a master whose epoch is below the one seen", () => {
    const worker = attachedWorker({
      journal: [
        { kind: "joined", clusterId, epoch: { number: 9, nonce: "n" }, leaseMs, masters: seeds },
      ],
      seeds: [],
    });
    worker.register();
    expect(worker.state.session.kind).toBe("registering");
    expect(worker.state.epochSeen?.number).toBe(9);
  });

  it("takes the epochs of another cluster as they are", () => {
    const worker = attachedWorker({
      journal: [
        {
          kind: "joined",
          clusterId: "c0",
          epoch: { number: 9, nonce: "n" },
          leaseMs,
          masters: seeds,
        },
      ],
    });
    worker.register();
    expect(worker.state.session.kind).toBe("serving");
    expect(worker.state.epochSeen).toEqual(epoch);
    expect(worker.take("alert")).toEqual([]);
  });

  it("lists the attempts of another cluster, says so, and renews none of them", () => {
    const foreign = key(1, 1, "c0");
    const fence = {
      kind: "live",
      attempt: foreign,
      pid: 1,
      startedAtMs: 1,
      stopCause: null,
    } as const;
    const worker = new WorkerHarness();
    worker.serve([fence]);
    expect(worker.take("alert")).toMatchObject([{ code: "other-cluster" }]);
    const sync = worker.sync();
    expect(sync.message.running).toMatchObject({ kind: "full", attempts: [{ attempt: foreign }] });
    worker.reply(sync, { directives: [launch(key(2, 1, "c0"))] });
    expect(worker.ordered("renew")).toEqual([]);
    worker.flush();
    expect(worker.take("prepare")).toEqual([]);
  });
});

describe("a worker that is served", () => {
  it("registers again with the same master when it is told to", () => {
    const worker = new WorkerHarness({ seeds });
    worker.serve();
    const { token } = worker.sync();
    worker.input({ kind: "answered", token, answer: { kind: "register-again", message: "who?" } });
    worker.pass(1_000);
    expect(worker.ask()).toMatchObject({ to: seeds[0], message: { kind: "register" } });
  });

  it("follows the leader that the master names", () => {
    const worker = new WorkerHarness({ seeds });
    worker.serve();
    const { token, message } = worker.sync();
    worker.input({
      kind: "answered",
      token,
      answer: {
        kind: "not-leader",
        nonce: message.nonce,
        state: "STANDBY",
        leader: seeds[1] ?? null,
      },
    });
    worker.pass(1_000);
    expect(worker.ask().to).toBe(seeds[1]);
  });

  it("reports and lists everything anew to the master that it registers with next", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const lost = worker.sync();
    worker.input({ kind: "ask-failed", token: lost.token, reason: "disconnected", message: "" });
    worker.pass(1_000);
    worker.register();
    const { message } = worker.sync();
    expect(message.running).toMatchObject({ kind: "full", attempts: [{ attempt: key(1) }] });
    expect(message.reports).toHaveLength(lost.message.reports.length);
  });

  it("puts a changed list of masters on disk before the grant that came with it", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.pass(10_000);
    const sync = worker.sync();
    worker.ordered("renew");
    worker.pass(5_000);
    const masters = ["127.0.0.1:7077", "10.0.0.3:1"];
    worker.reply(sync, { masters });
    expect(worker.ordered("renew")).toEqual([]);
    worker.flush();
    expect(worker.disk.at(-1)).toEqual({ kind: "masters", masters });
    expect(worker.ordered("renew")).toMatchObject([{ attempts: [key(1)], leaseMs }]);
  });
});
