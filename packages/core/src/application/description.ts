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

/**
 * Where code runs: in a process of its own, whose memory is limited and which is killed with certainty, or
 * in one that it shares with applications of the same code, which costs a thousandth of that.
 */
export type Isolation = "dedicated" | "shared";

/** What happens to a submission whose key is taken by an application that is live. */
export type OnConflict = "reject" | "replace" | "queue";

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type JsonObject = { readonly [name: string]: JsonValue };

/** How a running attempt is asked whether it still works. `silence`: it must write something in time. */
export type HealthProbe =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "exec"; readonly command: string | readonly string[] }
  | { readonly kind: "silence" };

export interface HealthPolicy {
  readonly probe: HealthProbe;
  readonly intervalMs: number;
  /** Failures in a row after which it counts as unhealthy. */
  readonly failures: number;
  readonly action: "alert" | "restart";
}

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
  /** By the schema of the type. */
  readonly options: JsonObject;
  readonly libs: readonly string[];
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** Counted extras by name, each at least 1. */
  readonly resources: Readonly<Record<string, number>>;
  /** RLIMIT_NOFILE of its processes. */
  readonly openFilesMax: number;
  readonly supervise: boolean;
  readonly restart: RestartPolicy;
  readonly onDisconnect: OnDisconnect;
  /** Longest life of one attempt; null: no limit. */
  readonly timeoutMs: number | null;
  /** Longest time from submission to the first start; null: no limit. */
  readonly waitTimeoutMs: number | null;
  /** Longest time from submission to the end; null: no limit. */
  readonly deadlineMs: number | null;
  readonly stop: StopPolicy;
  readonly successExitCodes: readonly number[];
  readonly health: HealthPolicy | null;
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  /** The account of the operating system that it runs as; null: as the worker decides. */
  readonly user: string | null;
  readonly namespace: string;
  /** At most one application per namespace and key is live and not waiting for another. */
  readonly key: string | null;
  readonly onConflict: OnConflict;
  readonly labels: Readonly<Record<string, string>>;
  /** For people. */
  readonly description: string;
  readonly isolation: Isolation;
  readonly logs: RequestedLogPolicy;
}
