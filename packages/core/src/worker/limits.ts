/** What bounds a worker, and how long it waits for what. Times are milliseconds. */
export interface WorkerLimits {
  /** Reports in one Sync: with a full list of `attemptsHeldMax` it stays within one RPC frame. */
  readonly reportsPerSyncMax: number;
  /** Attempts held, ended ones included; a launch beyond it is rejected with `limit`. */
  readonly attemptsHeldMax: number;
  /** Forgotten attempts remembered, in case the supervisor was not told before a crash. */
  readonly forgottenMax: number;
  /** Journal entries beyond those of the attempts held, after which it is rewritten. */
  readonly journalSlackMax: number;
  /** A Sync follows the one before it by this at least: so news gathers, and stamps last. */
  readonly syncSpacingMs: number;
  /** The same for a Sync without news while the worker is stopping. */
  readonly stoppingSyncSpacingMs: number;
  readonly registerTimeoutMs: number;
  /** Wait after the first round of masters that brought none; doubles from round to round. */
  readonly seekBackoffInitialMs: number;
  readonly seekBackoffMaxMs: number;
  /** How long the supervisor may take to answer before an alert is raised. */
  readonly attachPatienceMs: number;
  readonly attachBackoffInitialMs: number;
  readonly attachBackoffMaxMs: number;
  /** How long an orderly stop waits for the maintenance lease. */
  readonly leaveWaitMaxMs: number;
  /** How long a stop that ends all work waits for the supervisor. */
  readonly endWorkWaitMaxMs: number;
  /** How long it then waits for the master to acknowledge the ends. */
  readonly endReportWaitMaxMs: number;
}

export const workerLimits: WorkerLimits = {
  reportsPerSyncMax: 1_000,
  attemptsHeldMax: 4_000,
  forgottenMax: 4_096,
  journalSlackMax: 10_000,
  syncSpacingMs: 10,
  stoppingSyncSpacingMs: 250,
  registerTimeoutMs: 5_000,
  seekBackoffInitialMs: 250,
  seekBackoffMaxMs: 5_000,
  attachPatienceMs: 10_000,
  attachBackoffInitialMs: 100,
  attachBackoffMaxMs: 5_000,
  leaveWaitMaxMs: 10_000,
  endWorkWaitMaxMs: 120_000,
  endReportWaitMaxMs: 3_000,
};
