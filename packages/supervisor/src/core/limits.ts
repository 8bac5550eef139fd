/** What bounds a supervisor. All are defaults of its command line, and tests set them lower. */
export interface SupervisorLimits {
  /** Attempts with a process, or about to get one; a start beyond it is rejected with `limit`. */
  readonly liveMax: number;
  /** Attempts known at all, ended ones included; a start beyond it is not even recorded: the worker must forget first. */
  readonly attemptsMax: number;
  /** Processes started in one turn of the event loop, so that deadlines are compared in between. */
  readonly spawnsPerTurnMax: number;
  /** Stamps remembered; older ones are unknown. */
  readonly stampsMax: number;
  /** Clusters whose epochs are remembered; one that still has attempts here is never forgotten. */
  readonly clustersMax: number;
  /** Commands that wait for a newer epoch to become durable. */
  readonly deferredMax: number;
  /** How long processes that outlive the main process may take to obey the stop signal. */
  readonly leftoverGraceMs: number;
  /** A tree that is still alive this long after its first SIGKILL is reported to the operator. */
  readonly killAlertAfterMs: number;
  /** Processes that applications share, in all and for each pool. */
  readonly hostsMax: number;
  readonly hostsPerPoolMax: number;
  /** Attempts in one host at a time; more wait. */
  readonly hostMembersMax: number;
  /** How long a host may take to begin. */
  readonly hostStartMs: number;
  /** How long a host stays that nothing runs in. */
  readonly hostIdleMs: number;
  /** How long a host goes on that has an attempt in it which did not stop in its grace period. */
  readonly hostKillTimeoutMs: number;
  /** Without a worker and without attempts the supervisor ends itself after this time. */
  readonly idleExitMs: number;
}

export const defaultSupervisorLimits: SupervisorLimits = {
  liveMax: 2_000,
  attemptsMax: 20_000,
  spawnsPerTurnMax: 4,
  stampsMax: 1_024,
  clustersMax: 64,
  deferredMax: 10_000,
  leftoverGraceMs: 5_000,
  killAlertAfterMs: 30_000,
  hostsMax: 64,
  hostsPerPoolMax: 2,
  hostMembersMax: 1_000,
  hostStartMs: 30_000,
  hostIdleMs: 60_000,
  hostKillTimeoutMs: 10_000,
  idleExitMs: 600_000,
};
