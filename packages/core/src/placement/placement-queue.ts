import { invariant } from "../error.ts";
import { explainWaiting } from "./explain-waiting.ts";
import type { WaitingExplanation } from "./explain-waiting.ts";
import { FreshShapes } from "./fresh-shapes.ts";
import { compareWorkers, OpenWorkers } from "./open-workers.ts";
import type { WorkerCapacity } from "./open-workers.ts";
import { Shape } from "./shape.ts";
import { haveGrown, needsOf, withoutResources } from "./resources.ts";
import type { Resources } from "./resources.ts";
import { ShapeDirectory } from "./shape-directory.ts";
import { shapeAmountMax } from "./shape-index.ts";
import { WaitingTable } from "./waiting-table.ts";

/** One application that waits for a worker. */
export interface WaitingApplication {
  readonly appId: string;
  /** Smaller goes first. */
  readonly order: number;
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly resources: Resources;
  readonly waitingSinceMs: number;
}

export interface Placement {
  readonly appId: string;
  readonly workerId: string;
}

/** Combinations of resources that may wait: each one costs every search a little. */
export const resourceCombinationsMax = 1_000;

/** Beyond this many changed workers it is cheaper to try every shape once than every changed worker for each placement. */
const changedWorkersMax = 16;

/**
 * Decides which waiting application goes to which worker. Of all that fit somewhere, the one with
 * the smallest order goes first, to the worker with the most free cores (then memory, then the smaller
 * id); one that does not fit is passed over. So that small ones do not starve a big one, the oldest
 * that has waited `reserveAfterMs` reserves the worker with the best prospects: nobody else is placed there
 * until it has found a place. At most half of the accepting workers, and at least one, may be reserved.
 *
 * Once `next` has answered undefined, nothing that waits fits anywhere. From then on only a worker
 * that changed, or a shape that is new, can make a pair: an event costs the same however many wait.
 */
export class PlacementQueue {
  readonly #reserveAfterMs: number;
  readonly #table = new WaitingTable();
  readonly #shapes: ShapeDirectory = new ShapeDirectory(this.#table);
  readonly #fresh = new FreshShapes();
  readonly #workers = new Map<string, WorkerCapacity>();
  readonly #open = new OpenWorkers();
  /** Ids of workers that may have room for something that has already been tried elsewhere. */
  readonly #changed = new Set<string>();
  /** By the id of the reserved worker. Each is a shape of one, outside the index. */
  readonly #reserved = new Map<string, Shape>();
  #acceptingCount = 0;
  #nextWakeMs = Number.POSITIVE_INFINITY;

  constructor(options: { readonly reserveAfterMs: number }) {
    this.#reserveAfterMs = options.reserveAfterMs;
  }

  /** How many applications wait. */
  get size(): number {
    return this.#table.size;
  }

  /** When to call `next` again though nothing happened, since a reservation falls due; infinite if never. Known once `next` has answered undefined. */
  get nextWakeMs(): number {
    return this.#nextWakeMs;
  }

  /** Whether one more application with these needs is within the limit of combinations of resources that wait. */
  admits(resources: Resources): boolean {
    return this.#shapes.size < resourceCombinationsMax || this.#shapes.has(needsOf(resources));
  }

  /** Adds an application, which must not be waiting already. */
  enqueue(application: WaitingApplication): void {
    const { appId, order, milliCores, memoryMiB } = application;
    invariant(
      isAmount(milliCores) && isAmount(memoryMiB),
      `${appId} needs ${milliCores} millicores and ${memoryMiB} MiB`,
    );
    const shape = this.#shapes.obtain(milliCores, memoryMiB, needsOf(application.resources));
    this.#join(shape, this.#table.add(appId, order, application.waitingSinceMs, shape));
  }

  /** Takes an application out; one that does not wait is ignored. */
  remove(appId: string): void {
    const slot = this.#table.slotOf(appId);
    if (slot !== undefined) this.#leave(slot);
  }

  /** Tells what a worker has to offer now. What `next` placed on it has been taken off already. */
  setWorker(worker: WorkerCapacity): void {
    const before = this.#workers.get(worker.workerId);
    const shape = this.#reserved.get(worker.workerId);
    if (before !== undefined) this.#open.delete(before);
    this.#acceptingCount += Number(worker.accepting) - Number(before?.accepting ?? false);
    this.#workers.set(worker.workerId, { ...worker });
    if (shape !== undefined && !(worker.accepting && shape.fitsTotal(worker))) {
      this.#release(shape);
    } else if (shape === undefined) this.#reopen(worker.workerId);
    if (hasGrown(before, worker)) this.#changed.add(worker.workerId);
    this.#releaseSurplus();
  }

  removeWorker(workerId: string): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return;
    this.#open.delete(worker);
    this.#workers.delete(workerId);
    this.#acceptingCount -= Number(worker.accepting);
    this.#changed.delete(workerId);
    const shape = this.#reserved.get(workerId);
    if (shape !== undefined) this.#release(shape);
    this.#releaseSurplus();
  }

  /**
   * The next placement, or undefined if nothing fits. The application has left the queue and the
   * worker's free amounts are lowered when this returns.
   */
  next(nowMs: number): Placement | undefined {
    if (this.#changed.size > changedWorkersMax) this.#tryEverything();
    const shape = this.#oldestThatFits();
    if (shape !== undefined) return this.#place(shape);
    this.#nextWakeMs = Number.POSITIVE_INFINITY;
    while (this.#reserveForOldest(nowMs));
    return undefined;
  }

  /** Why an application waits; undefined if it does not wait. For people: looks at everything once. */
  explain(appId: string): WaitingExplanation | undefined {
    const slot = this.#table.slotOf(appId);
    if (slot === undefined) return undefined;
    const shape = this.#table.shape(slot);
    const waiting = {
      milliCores: shape.milliCores,
      memoryMiB: shape.memoryMiB,
      needs: shape.needs,
      position: this.#table.countBefore(this.#table.order(slot)) + 1,
      reservedWorkerId: shape.reservedWorkerId,
    };
    return explainWaiting(waiting, [...this.#workers.values()], (workerId) => {
      const holder = this.#reserved.get(workerId);
      return holder === undefined || holder === shape ? undefined : this.#table.appId(holder.head);
    });
  }

  /** Of all pairs that fit, one half is new: a fresh shape with any worker, or any shape with a changed worker. */
  #oldestThatFits(): Shape | undefined {
    let best: Shape | undefined;
    for (const workerId of this.#changed) {
      const shape = this.#oldestFor(workerId);
      if (shape === undefined) this.#changed.delete(workerId);
      else if (best === undefined || shape.headOrder < best.headOrder) best = shape;
    }
    for (;;) {
      const shape = this.#fresh.oldest();
      if (shape === undefined || (best !== undefined && best.headOrder <= shape.headOrder))
        return best;
      if (this.#workerFor(shape) !== undefined) return shape;
      this.#fresh.settleOldest();
    }
  }

  #oldestFor(workerId: string): Shape | undefined {
    const worker = this.#workers.get(workerId);
    if (worker === undefined || !worker.accepting) return undefined;
    const { freeMilliCores, freeMemoryMiB, freeResources } = worker;
    const holder = this.#reserved.get(workerId);
    if (holder !== undefined) return holder.fitsFree(worker) ? holder : undefined;
    let best = this.#shapes.oldestWithin(freeMilliCores, freeMemoryMiB, freeResources);
    for (const shape of this.#reserved.values()) {
      const older = best === undefined || shape.headOrder < best.headOrder;
      if (older && shape.fitsFree(worker)) best = shape;
    }
    return best;
  }

  #workerFor(shape: Shape): WorkerCapacity | undefined {
    const open = this.#open.bestFor(shape);
    const own =
      shape.reservedWorkerId === null ? undefined : this.#workers.get(shape.reservedWorkerId);
    if (own === undefined || !shape.fitsFree(own)) return open;
    return open === undefined || compareWorkers(own, open) < 0 ? own : open;
  }

  #place(shape: Shape): Placement {
    const worker = this.#workerFor(shape);
    invariant(worker !== undefined, "the oldest shape that fits has a worker");
    const appId = this.#table.appId(shape.head);
    this.#leave(shape.head);
    const after = {
      ...worker,
      freeMilliCores: worker.freeMilliCores - shape.milliCores,
      freeMemoryMiB: worker.freeMemoryMiB - shape.memoryMiB,
      freeResources: withoutResources(worker.freeResources, shape.needs),
    };
    this.#workers.set(worker.workerId, after);
    this.#open.delete(worker);
    this.#open.add(after);
    return { appId, workerId: worker.workerId };
  }

  #join(shape: Shape, slot: number): void {
    const headBefore = shape.headOrder;
    const isNew = shape.isEmpty;
    shape.add(slot);
    if (shape.headOrder === headBefore) return;
    this.#shapes.headChanged(shape);
    // The head of a shape that was tried everywhere may be replaced: the new one fits no better.
    if (isNew || shape.fresh) this.#fresh.add(shape);
  }

  #leave(slot: number): void {
    const shape = this.#table.shape(slot);
    this.#stepOut(shape, slot);
    this.#table.delete(slot);
    if (shape.reservedWorkerId !== null) this.#endReservation(shape, shape.reservedWorkerId);
  }

  #stepOut(shape: Shape, slot: number): void {
    const headBefore = shape.headOrder;
    shape.remove(slot);
    if (shape.node === null || shape.headOrder === headBefore) return;
    this.#shapes.headChanged(shape);
    if (shape.fresh) this.#fresh.add(shape);
  }

  #tryEverything(): void {
    this.#changed.clear();
    for (const shape of this.#shapes.shapes()) this.#fresh.add(shape);
    for (const shape of this.#reserved.values()) this.#fresh.add(shape);
  }

  /** Makes one reservation if one is due. Only called when nothing fits anywhere. */
  #reserveForOldest(nowMs: number): boolean {
    if (this.#reserved.size >= this.#reservedMax()) return false;
    const shape = this.#oldestFeasible();
    if (shape === undefined) return false;
    const slot = shape.head;
    const dueAtMs = this.#table.sinceMs(slot) + this.#reserveAfterMs;
    if (dueAtMs > nowMs) {
      this.#nextWakeMs = dueAtMs;
      return false;
    }
    const worker = this.#open.bestProspect(shape);
    invariant(worker !== undefined, "a feasible shape has a worker that is large enough");
    this.#stepOut(shape, slot);
    const alone = new Shape(shape.milliCores, shape.memoryMiB, shape.needs, this.#table);
    alone.reservedWorkerId = worker.workerId;
    alone.add(slot);
    this.#table.setShape(slot, alone);
    this.#reserved.set(worker.workerId, alone);
    this.#open.delete(worker);
    return true;
  }

  #oldestFeasible(): Shape | undefined {
    let best: Shape | undefined;
    for (const worker of this.#open.largest()) {
      const shape = this.#shapes.oldestWithin(
        worker.totalMilliCores,
        worker.totalMemoryMiB,
        worker.totalResources,
      );
      if (shape !== undefined && (best === undefined || shape.headOrder < best.headOrder))
        best = shape;
    }
    return best;
  }

  #reservedMax(): number {
    return Math.max(1, Math.floor(this.#acceptingCount / 2));
  }

  #releaseSurplus(): void {
    while (this.#reserved.size > this.#reservedMax()) {
      let youngest: Shape | undefined;
      for (const shape of this.#reserved.values()) {
        if (youngest === undefined || shape.headOrder > youngest.headOrder) youngest = shape;
      }
      this.#release(youngest!);
    }
  }

  /** Gives a reservation up: its application waits among the others again. */
  #release(reserved: Shape): void {
    const slot = reserved.head;
    reserved.remove(slot);
    this.#endReservation(reserved, reserved.reservedWorkerId!);
    const shape = this.#shapes.obtain(reserved.milliCores, reserved.memoryMiB, reserved.needs);
    this.#table.setShape(slot, shape);
    this.#join(shape, slot);
  }

  #endReservation(reserved: Shape, workerId: string): void {
    reserved.fresh = false;
    reserved.reservedWorkerId = null;
    this.#reserved.delete(workerId);
    this.#reopen(workerId);
    this.#changed.add(workerId);
  }

  #reopen(workerId: string): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined && worker.accepting) this.#open.add(worker);
  }
}

function isAmount(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 0 && amount <= shapeAmountMax;
}

function hasGrown(before: WorkerCapacity | undefined, now: WorkerCapacity): boolean {
  return (
    before === undefined ||
    (now.accepting && !before.accepting) ||
    now.freeMilliCores > before.freeMilliCores ||
    now.freeMemoryMiB > before.freeMemoryMiB ||
    haveGrown(before.freeResources, now.freeResources)
  );
}
