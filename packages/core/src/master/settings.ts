/** The numbers a master core is run with. Milliseconds where not said otherwise. */
export interface MasterSettings {
  /** `aloha.worker.timeout`: the lease of a worker. */
  readonly leaseMs: number;
  /** The lease of a worker that stops on purpose. */
  readonly maintenanceLeaseMs: number;
  /** `aloha.scheduler.reserveAfter`. */
  readonly reserveAfterMs: number;
  readonly waitingApplicationsMax: number;
  readonly workersMax: number;
  /** Lease timeouts for which a worker that is dead and holds nothing stays listed (`aloha.dead.worker.persistence`). */
  readonly deadWorkerPersistence: number;
  readonly requestIdRetentionMs: number;
  /** `host:port` of every master, for the workers' durable lists. */
  readonly masters: readonly string[];
  /** An extra wait of a new leader before it declares an unheard worker lost: 10 s where several masters share a store, else 0. */
  readonly authorityMs: number;
}

export const defaultMasterSettings: Omit<MasterSettings, "masters"> = {
  leaseMs: 60_000,
  maintenanceLeaseMs: 900_000,
  reserveAfterMs: 60_000,
  waitingApplicationsMax: 1_000_000,
  workersMax: 10_000,
  deadWorkerPersistence: 15,
  requestIdRetentionMs: 86_400_000,
  authorityMs: 0,
};
