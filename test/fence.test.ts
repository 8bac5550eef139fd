import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { bootMs, heartbeat, quietest, readBeats, type Beat } from "./support/heartbeat.ts";
import { signalPid } from "./support/processes.ts";

const leaseMs = 3_000;
/** The supervisor compares deadlines at least this often; the rest is what a busy host takes from it. */
const lateMs = 750;
/** Where the supervisor is stopped, its guardian acts: it is given 5 s (DESIGN 1, P3). */
const guardianLateMs = 5_000;
/** A busy host may hold a program up for so long without anything being wrong. */
const hiccupMs = 1_500;
const settings = { "aloha.worker.timeout": `${leaseMs}ms` };

interface Work {
  readonly fenced: string;
  readonly kept: string;
  readonly beats: (which: "fenced" | "kept", attempt?: number) => readonly Beat[];
}

/** One application that is relaunched elsewhere when its worker is lost, and one that is left alone. */
async function startWork(cluster: Cluster): Promise<Work> {
  const path = (which: string): string => join(cluster.directory, `${which}.beats`);
  const fenced = await cluster.submit({
    args: heartbeat(path("fenced")),
    supervise: true,
    stop: { grace: "1m" },
  });
  const kept = await cluster.submit({ args: heartbeat(path("kept")) });
  const beats: Work["beats"] = (which, attempt = 1) =>
    readBeats(path(which)).filter((beat) => beat.attempt === attempt);
  await eventually(
    () => beats("fenced").length > 0 && beats("kept").length > 0,
    20_000,
    "both to run",
  );
  // The master knows as well: it may be killed next.
  for (const id of [fenced, kept]) await cluster.untilState(id, "RUNNING");
  return { fenced, kept, beats };
}

const lastOf = (beats: readonly Beat[]): number => beats.at(-1)?.atMs ?? Number.NaN;

it(
  "ends what is fenced before the lease of a hung worker is over, relaunches it elsewhere only then, and leaves the rest alone",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start({ settings });
    const { fenced, kept, beats } = await startWork(cluster);
    const second = await cluster.addWorker();
    cluster.worker.pause();
    const pausedMs = bootMs();
    const relaunched = await eventually(() => beats("fenced", 2)[0], 40_000, "the second attempt");
    expect(lastOf(beats("fenced"))).toBeLessThan(pausedMs + leaseMs + lateMs);
    expect(lastOf(beats("fenced"))).toBeLessThan(relaunched.atMs);
    expect(await cluster.application(fenced)).toMatchObject({
      attempt: 2,
      workerId: second.workerId,
    });
    expect(await cluster.application(kept)).toMatchObject({
      state: "UNKNOWN",
      attempt: 1,
      workerId: cluster.worker.workerId,
    });

    cluster.worker.resume();
    await cluster.untilState(kept, "RUNNING");
    const backMs = bootMs();
    await eventually(
      () => lastOf(beats("kept")) > backMs && lastOf(beats("fenced", 2)) > backMs,
      10_000,
      "both to go on",
    );
    expect(quietest(beats("kept"))).toBeLessThan(hiccupMs);
    const history = await eventually(
      async () => {
        const { attempts } = await cluster.application(fenced);
        return attempts[0]?.outcome !== null && attempts;
      },
      10_000,
      "the end of the first attempt to be told",
    );
    expect(history).toMatchObject([
      {
        number: 1,
        phase: "FENCED",
        outcome: { kind: "exited", stopCause: "fence", tree: "verified" },
      },
      { number: 2, phase: "STARTED", outcome: null },
    ]);
    expect(lastOf(beats("fenced"))).toBeLessThan(relaunched.atMs);
  },
);

it(
  "ends what is fenced in time when the supervisor itself is stopped, by its guardian",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ settings });
    const { fenced, kept, beats } = await startWork(cluster);
    const supervisor = cluster.worker.supervisorPid;
    signalPid(supervisor, "SIGSTOP");
    const stoppedMs = bootMs();
    await eventually(
      () => bootMs() - lastOf(beats("fenced")) > hiccupMs,
      20_000,
      "the fenced one to be dead",
    );
    expect(lastOf(beats("fenced"))).toBeLessThan(stoppedMs + leaseMs + guardianLateMs);
    expect(bootMs() - lastOf(beats("kept"))).toBeLessThan(hiccupMs);

    signalPid(supervisor, "SIGCONT");
    const relaunched = await eventually(() => beats("fenced", 2)[0], 30_000, "the second attempt");
    expect(lastOf(beats("fenced"))).toBeLessThan(relaunched.atMs);
    expect((await cluster.application(fenced)).attempts[0]).toMatchObject({
      outcome: { kind: "exited", stopCause: "fence" },
    });
    expect(await cluster.untilState(kept, "RUNNING")).toMatchObject({ attempt: 1 });
  },
);

it(
  "fences nothing while the only master is dead, which its refused port proves",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ settings });
    const { fenced, kept, beats } = await startWork(cluster);
    await cluster.master.kill("SIGKILL");
    const deadMs = bootMs();
    await eventually(
      () => lastOf(beats("fenced")) > deadMs + 2 * leaseMs,
      20_000,
      "two leases to go by",
    );
    await cluster.master.start();
    await cluster.untilState(fenced, "RUNNING");
    const backMs = bootMs();
    await eventually(
      () => lastOf(beats("fenced")) > backMs && lastOf(beats("kept")) > backMs,
      10_000,
      "both to go on",
    );
    for (const id of [fenced, kept])
      expect(await cluster.untilState(id, "RUNNING")).toMatchObject({ attempt: 1 });
    expect(quietest(beats("fenced"))).toBeLessThan(hiccupMs);
  },
);

it(
  "fences nothing while a worker is stopped in order, and takes the work up again afterwards",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ settings });
    const { fenced, kept, beats } = await startWork(cluster);
    const { pid } = (await cluster.untilState(fenced, "RUNNING")).attempts[0]!;
    expect(await cluster.worker.stop()).toEqual({ exitCode: 0, signal: null });
    const stoppedMs = bootMs();
    expect((await cluster.get("/api/v1/workers")).json()).toMatchObject({
      workers: [{ mode: "MAINTENANCE" }],
    });
    await eventually(
      () => lastOf(beats("fenced")) > stoppedMs + leaseMs + lateMs,
      20_000,
      "more than a lease to go by",
    );
    await cluster.worker.start();
    expect(await cluster.untilState(fenced, "RUNNING")).toMatchObject({
      attempt: 1,
      attempts: [{ pid }],
    });
    const backMs = bootMs();
    await eventually(
      () => lastOf(beats("fenced")) > backMs && lastOf(beats("kept")) > backMs,
      10_000,
      "both to go on",
    );
    expect(quietest(beats("fenced"))).toBeLessThan(hiccupMs);
    expect((await cluster.aloha(["kill", fenced, "--wait"])).exitCode).toBe(0);
    expect((await cluster.aloha(["kill", kept, "--wait"])).exitCode).toBe(0);
  },
);
