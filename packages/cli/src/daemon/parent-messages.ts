/**
 * What `aloha dev` and the daemons it starts say to each other over Node's channel between
 * parent and child. Any program that forks `aloha master` or `aloha worker` may speak it.
 */
export type ToParent = {
  readonly kind: "ready";
  /** `host:port` of the RPC endpoint. */
  readonly address: string;
  /** Where the REST API answers; null where the daemon has none. */
  readonly url: string | null;
  /** One line for people about what runs: containment, recovery mode. */
  readonly summary: string;
};

export type ToChild = {
  readonly kind: "stop";
  /** Whether running applications are ended too; otherwise they go on. */
  readonly stopWork: boolean;
};

export function isToParent(value: unknown): value is ToParent {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    value.kind === "ready" &&
    "address" in value &&
    typeof value.address === "string" &&
    "url" in value &&
    (value.url === null || typeof value.url === "string") &&
    "summary" in value &&
    typeof value.summary === "string"
  );
}

export function isToChild(value: unknown): value is ToChild {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    value.kind === "stop" &&
    "stopWork" in value &&
    typeof value.stopWork === "boolean"
  );
}
