/** How an attempt is asked to stop before it is killed. */
export interface StopPolicy {
  readonly signal: string;
  readonly graceMs: number;
}

export type RestartCause = "failure" | "timeout" | "oom";

/** When an attempt that ended is followed by another. A lost worker is `supervise`'s business, not this one's. */
export interface RestartPolicy {
  readonly on: readonly RestartCause[];
  /** Restarts allowed within `windowMs`. */
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
}

/** What a description says of how output is rolled. Null: the worker that runs it decides. */
export interface RequestedLogPolicy {
  readonly segmentBytes: number | null;
  /** Rolled segments kept beside the one being written. */
  readonly keep: number | null;
  readonly compress: boolean | null;
}

/** What a worker does with a running attempt when it hears from no master until its lease ends. */
export type OnDisconnect = "keep" | "fence";

/** A literal value, or the name of a variable of the worker that runs the attempt. */
export type EnvironmentValue = string | { readonly worker: string };

/**
 * One application, validated and complete: every default is filled in, but those of its worker. What users write is
 * described by `descriptionFields`; `parseDescription` is the only way from there to here.
 */
export interface ApplicationDescription {
  readonly name: string;
  readonly entryPoint: string;
  readonly args: string | readonly string[];
  readonly libs: readonly string[];
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly supervise: boolean;
  readonly restart: RestartPolicy;
  readonly onDisconnect: OnDisconnect;
  /** Longest life of one attempt; null: no limit. */
  readonly timeoutMs: number | null;
  readonly stop: StopPolicy;
  readonly successExitCodes: readonly number[];
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly logs: RequestedLogPolicy;
}
