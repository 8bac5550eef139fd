import type { Placement, Resources, WaitingApplication, WorkerCapacity } from "@aloha/core";

/** The rules of placement as plainly as they can be written: everything is looked at every time. */
export class NaiveQueue {
  readonly waiting: WaitingApplication[] = [];
  readonly workers = new Map<string, WorkerCapacity>();
  /** By worker. */
  readonly reserved = new Map<string, string>();
  readonly #reserveAfterMs: number;

  constructor(reserveAfterMs: number) {
    this.#reserveAfterMs = reserveAfterMs;
  }

  enqueue(application: WaitingApplication): void {
    this.waiting.push(application);
    this.waiting.sort((a, b) => a.order - b.order);
  }

  remove(appId: string): void {
    const index = this.waiting.findIndex((application) => application.appId === appId);
    if (index >= 0) this.waiting.splice(index, 1);
    for (const [workerId, holder] of this.reserved)
      if (holder === appId) this.reserved.delete(workerId);
  }

  setWorker(worker: WorkerCapacity): void {
    this.workers.set(worker.workerId, worker);
    const holder = this.waiting.find(
      (application) => application.appId === this.reserved.get(worker.workerId),
    );
    if (holder !== undefined && !(worker.accepting && fitsTotal(holder, worker)))
      this.reserved.delete(worker.workerId);
    this.#releaseSurplus();
  }

  removeWorker(workerId: string): void {
    this.workers.delete(workerId);
    this.reserved.delete(workerId);
    this.#releaseSurplus();
  }

  next(nowMs: number): Placement | undefined {
    for (const application of this.waiting) {
      const [worker] = this.sorted().filter(
        (candidate) => this.allowed(application, candidate) && fitsFree(application, candidate),
      );
      if (worker === undefined) continue;
      this.workers.set(worker.workerId, {
        ...worker,
        freeMilliCores: worker.freeMilliCores - application.milliCores,
        freeMemoryMiB: worker.freeMemoryMiB - application.memoryMiB,
        freeResources: minus(worker.freeResources, application.resources),
      });
      this.remove(application.appId);
      return { appId: application.appId, workerId: worker.workerId };
    }
    while (this.#reserve(nowMs));
    return undefined;
  }

  allowed(application: WaitingApplication, worker: WorkerCapacity): boolean {
    const holder = this.reserved.get(worker.workerId);
    return worker.accepting && (holder === undefined || holder === application.appId);
  }

  sorted(): WorkerCapacity[] {
    return [...this.workers.values()].sort(
      (a, b) =>
        b.freeMilliCores - a.freeMilliCores ||
        b.freeMemoryMiB - a.freeMemoryMiB ||
        (a.workerId < b.workerId ? -1 : 1),
    );
  }

  #reserve(nowMs: number): boolean {
    if (this.reserved.size >= this.reservedMax()) return false;
    const holders = new Set(this.reserved.values());
    const open = this.sorted().filter(
      (worker) => worker.accepting && !this.reserved.has(worker.workerId),
    );
    const oldest = this.waiting.find(
      (application) =>
        !holders.has(application.appId) && open.some((worker) => fitsTotal(application, worker)),
    );
    if (oldest === undefined || oldest.waitingSinceMs + this.#reserveAfterMs > nowMs) return false;
    const candidates = open.filter((worker) => fitsTotal(oldest, worker));
    const least = Math.min(...candidates.map((worker) => shortfall(oldest, worker)));
    this.reserved.set(
      candidates.find((worker) => shortfall(oldest, worker) === least)!.workerId,
      oldest.appId,
    );
    return true;
  }

  reservedMax(): number {
    return Math.max(
      1,
      Math.floor([...this.workers.values()].filter((worker) => worker.accepting).length / 2),
    );
  }

  #releaseSurplus(): void {
    while (this.reserved.size > this.reservedMax()) {
      const youngest = this.waiting.findLast((application) =>
        [...this.reserved.values()].includes(application.appId),
      )!;
      for (const [workerId, holder] of this.reserved)
        if (holder === youngest.appId) this.reserved.delete(workerId);
    }
  }
}

export function fitsTotal(needs: WaitingApplication, worker: WorkerCapacity): boolean {
  return (
    needs.milliCores <= worker.totalMilliCores &&
    needs.memoryMiB <= worker.totalMemoryMiB &&
    covers(worker.totalResources, needs.resources)
  );
}

export function fitsFree(needs: WaitingApplication, worker: WorkerCapacity): boolean {
  return (
    needs.milliCores <= worker.freeMilliCores &&
    needs.memoryMiB <= worker.freeMemoryMiB &&
    covers(worker.freeResources, needs.resources)
  );
}

function shortfall(needs: WaitingApplication, worker: WorkerCapacity): number {
  return Math.max(
    0,
    1 - worker.freeMilliCores / needs.milliCores,
    1 - worker.freeMemoryMiB / needs.memoryMiB,
    ...Object.entries(needs.resources).map(
      ([name, amount]) => 1 - (worker.freeResources[name] ?? 0) / amount,
    ),
  );
}

function covers(available: Resources, needed: Resources): boolean {
  return Object.entries(needed).every(([name, amount]) => (available[name] ?? 0) >= amount);
}

function minus(available: Resources, needed: Resources): Resources {
  return Object.fromEntries(
    Object.entries(available).map(([name, amount]) => [name, amount - (needed[name] ?? 0)]),
  );
}
