import { allCheckers } from "./checkers/all-checkers.ts";
import { nothingStuck } from "./checkers/nothing-stuck.ts";
import { createCluster, startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { FaultInjector } from "./faults/fault-injector.ts";
import { History } from "./history/history.ts";
import type { Violation } from "./history/history.ts";
import { setTripwire } from "./tripwire.ts";
import { World } from "./world/world.ts";

const minuteMs = 60_000;

/** Once all is healed something ends at least this often, however much waits: the longest run of an attempt, and its stop, are far shorter. */
const patienceMs = 30 * minuteMs;

export interface SimulationOptions {
  readonly seed: number;
  /** Length of the phase with faults. */
  readonly minutes: number;
  /** Gets every line of the trace. */
  readonly sink?: (line: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  /** Null: every promise was kept. */
  readonly violation: Violation | null;
  /** The same for the same seed, minutes and code. */
  readonly traceHash: string;
  readonly lastPage: readonly string[];
  readonly simulatedMs: number;
  readonly eventCount: number;
  readonly acceptedCount: number;
  /** How often each kind of fault struck. */
  readonly faults: ReadonlyMap<string, number>;
}

/**
 * One run: a cluster under faults for a while (anything may happen, no promise may break), then
 * without them until everything has ended (which it must).
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = new World({ seed: options.seed, sink: options.sink ?? null });
  const stuck = nothingStuck();
  const history = new History([...allCheckers(), stuck]);
  const cluster = createCluster(world, history);
  const injector = new FaultInjector(cluster);
  const removeTripwire = setTripwire();
  try {
    await runPhases(cluster, injector, options.minutes * minuteMs, () => stuck.pending);
  } catch (error) {
    history.report(
      "defect",
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    removeTripwire();
  }
  const { violation } = history;
  return {
    seed: options.seed,
    violation,
    traceHash: world.trace.hash,
    lastPage: world.trace.lastPage,
    simulatedMs: world.nowMs,
    eventCount: world.eventCount,
    acceptedCount: cluster.client.acceptedCount,
    faults: injector.counts,
  };
}

async function runPhases(
  cluster: Cluster,
  injector: FaultInjector,
  faultyMs: number,
  pending: () => number,
): Promise<void> {
  const { world, history, client } = cluster;
  const isBroken = (): boolean => history.violation !== null;
  startCluster(cluster);
  client.start();
  injector.start();
  await world.run(faultyMs, isBroken);
  if (isBroken()) return;
  world.note("world", "heals");
  injector.stop();
  client.stop();
  startCluster(cluster);
  await runUntilQuiet(cluster, pending, isBroken);
  if (isBroken()) return;
  history.observe({ kind: "patience-over" });
  client.readAll();
  await world.run(world.nowMs + minuteMs, () => isBroken() || client.isQuiet);
  if (!client.isQuiet)
    history.report("nothing-stuck", "reads are not answered although nothing is broken");
}

/** Goes on as long as something ends now and then. */
async function runUntilQuiet(
  { world, client }: Cluster,
  pending: () => number,
  isBroken: () => boolean,
): Promise<void> {
  const isQuiet = (): boolean => pending() === 0 && client.isQuiet;
  for (let before = Number.POSITIVE_INFINITY; pending() < before;) {
    before = pending();
    await world.run(world.nowMs + patienceMs, () => isBroken() || isQuiet());
    if (isBroken() || isQuiet()) return;
  }
}
